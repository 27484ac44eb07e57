"""A redraw from a planner's question to a front of plans that can be shown, compared and kept."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from planning.redraw.building import build_problem
from planning.redraw.feasibility import Unmet, explain_unmet
from planning.redraw.floor import floors
from planning.redraw.front import BALANCED, BETWEEN, LEAST_CHANGE, front, named
from planning.redraw.params import RedrawParams
from planning.redraw.reasons import changes_with_reasons
from planning.redraw.recombining import recombined
from planning.redraw.search import AIMS, Limits, reachable, search
from planning.scorecard import ScoreParams, Scorer

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from geo.errors import Reason
    from planning.dual_graph import DualGraph
    from planning.redraw.building import Built
    from planning.redraw.search import Effort
    from planning.scorecard import Scorecard

# 方案一, 方案二, 方案三
MARKED = (LEAST_CHANGE, BALANCED, BETWEEN)
# The rest goes into recombining, scoring and giving reasons.
_SEARCH_SHARE = 0.75


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """
    One plan of the front.

    Parameters
    ----------
    name
        What it is best at: least_change, balanced, between, best_shape, or what it aimed at.
    mark
        1, 2 or 3 for 方案一/二/三; None for the others.
    assignment
        zone_id by grid_id.
    scorecard
        The same that any plan gets.
    floor
        Share of the workload that has to change zone, whatever the plan, for the tolerance to be kept.
    bound
        The greatest share known that has to; the floor, or a proved bound above it.
    changes
        A row for each grid that changes zone: grid_id, village_id, from_zone, to_zone, present, workload,
        reason (a code), facts.
    """

    name: str
    mark: int | None
    assignment: pd.Series
    scorecard: Scorecard
    floor: float
    bound: float
    changes: pd.DataFrame

    @property
    def gap(self) -> float:
        """How much more workload changes zone than the bound proves necessary, as a share of all."""
        moved = self.scorecard.summary()["workload_moved"]
        return 0.0 if moved is None else max(float(moved) - self.bound, 0.0)


@dataclass(frozen=True, kw_only=True)
class Redraw:
    """
    What a redraw found.

    Parameters
    ----------
    proposals
        The front, least change first.
    params
        What was asked.
    stations
        Indexed by station_id ("" where zones may cross stations): zones, tolerance (the smallest that was
        met, at least what was asked).
    tolerances, kept
        Of each zone of the problem, what every plan keeps; and the plan that showed that it can be kept.
    unmet
        The stations in which what was asked cannot be met.
    notes
        What was decided on the way.
    effort
        How much was searched.
    seconds
        How long it took.
    built
        The numbers it was worked out from, for proofs.
    """

    proposals: tuple[Proposal, ...]
    params: RedrawParams
    stations: pd.DataFrame
    tolerances: NDArray[np.float64]
    kept: NDArray[np.int64]
    unmet: tuple[Unmet, ...]
    notes: tuple[Reason, ...]
    effort: Effort
    seconds: float
    built: Built


def redraw(
    graph: DualGraph,
    today: pd.Series | None,
    *,
    params: RedrawParams | None = None,
    limits: Limits | None = None,
    scorer: Scorer | None = None,
    tell: Callable[[str, float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Redraw:
    """
    Redraw the zones of a district: return plans from least change to best balance to best shape.

    Every plan keeps the hard constraints: each grid in one zone, zones contiguous and inside their station
    (and town), villages whole, locks; and the tolerance, or the smallest that can be met.

    Parameters
    ----------
    graph
        The grids, with their workload (`planning.dual_graph`).
    today
        zone_id of each grid in today's plan; None to draw from nothing.
    params
        What is asked.
    limits
        How long to search, or which search to repeat.
    scorer
        What scores the plans, where roads, staff or rules are to count; made from the graph by default.
    tell
        Called with a stage (reach, explain, search, score) and the share of it that is done.
    cancelled
        Asked now and then; once it says True the redraw ends with what there is.

    Raises
    ------
    SettingError
        What cannot be built (`building.build_problem`).
    """
    began = time.monotonic()
    params, limits = params or RedrawParams(), limits or Limits()
    say = tell or (lambda stage, share: None)
    built = build_problem(graph, today, params=params)
    problem = built.problem
    say("reach", 0.0)
    asked = np.full(len(problem.region_names), params.tolerance)
    workers = limits.workers or os.cpu_count() or 1
    met, kept = reachable(problem, asked, seed=limits.seed, workers=workers)
    say("explain", 0.0)
    unmet = explain_unmet(
        graph,
        today,
        built,
        met,
        kept,
        params=params,
        seed=limits.seed,
        workers=workers,
        cancelled=cancelled,
    )
    tolerance = met[problem.zone_region]
    found = search(
        problem,
        tolerance,
        limits=_what_is_left(limits, time.monotonic() - began),
        asked=params.tolerance,
        known=(kept,),
        tell=lambda share: say("search", share),
        cancelled=cancelled,
    )
    say("score", 0.0)
    plans = recombined(
        problem, tolerance, found, asked=params.tolerance, aims=AIMS, workers=found.effort.workers
    )
    scoring = ScoreParams(tolerance=params.tolerance, across_stations=params.across_stations)
    scorer = scorer or Scorer(graph, today=today, params=scoring)
    proposals = _proposals(graph, today, built, tolerance, plans, params, scorer)
    return Redraw(
        proposals=proposals,
        params=params,
        stations=_stations(built, met),
        tolerances=tolerance,
        kept=kept,
        unmet=unmet,
        notes=built.notes,
        effort=found.effort,
        seconds=time.monotonic() - began,
        built=built,
    )


def _what_is_left(limits: Limits, seconds: float) -> Limits:
    if limits.seconds is None:
        return limits
    return replace(limits, seconds=max(_SEARCH_SHARE * limits.seconds - seconds, 0.0))


def _proposals(
    graph: DualGraph,
    today: pd.Series | None,
    built: Built,
    tolerance: NDArray[np.float64],
    plans: dict[str, NDArray[np.int64]],
    params: RedrawParams,
    scorer: Scorer,
) -> tuple[Proposal, ...]:
    problem = built.problem
    names, zones = list(plans), list(plans.values())
    cards = [scorer.score(problem.assignment(zone_of)) for zone_of in zones]
    costs = np.array([_costs(card.summary()) for card in cards])
    shown = front(costs)
    called = named(costs[shown], [names[i] for i in shown])
    floor = float(floors(problem, tolerance).sum() / problem.weight.sum())
    held = today if today is not None else pd.Series(dtype=object)
    asked = np.full(problem.zones, params.tolerance)
    return tuple(
        Proposal(
            name=name,
            mark=MARKED.index(name) + 1 if name in MARKED else None,
            assignment=problem.assignment(zones[i]),
            scorecard=cards[i],
            floor=floor,
            bound=floor,
            changes=changes_with_reasons(graph, problem, zones[i], held, tolerance=asked),
        )
        for i, name in zip(shown, called, strict=True)
    )


def _costs(summary: dict[str, Any]) -> tuple[float, float, float]:
    return (summary["workload_moved"] or 0.0, summary["cv"], 1.0 - (summary["polsby_popper"] or 0.0))


def _stations(built: Built, met: NDArray[np.float64]) -> pd.DataFrame:
    stations = np.asarray(built.station_of_region, dtype=object)
    zones = pd.Series(stations[built.problem.zone_region]).value_counts()
    tolerance = pd.Series(met).groupby(pd.Series(stations)).max()
    return pd.DataFrame({"zones": zones, "tolerance": tolerance}).rename_axis("station_id").sort_index()
