"""A redraw from a planner's question to a front of plans that can be shown, compared and kept."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from data.schemas import ZONE_ID
from planning.change import renaming
from planning.dual_graph import WORKLOAD
from planning.floor_of_change import unavoidable
from planning.redraw.building import build_problem
from planning.redraw.chosen import chosen_stations
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
    from planning.redraw.chosen import Chosen
    from planning.redraw.problem import Problem
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
    zone_of
        The same as numbers of the problem's zones, whose names may be others.
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
    zone_of: NDArray[np.int64]
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
    part = chosen_stations(graph, today, params=params)
    built = build_problem(part.graph, part.today, params=part.params)
    problem = built.problem
    say("reach", 0.0)
    asked = np.full(len(problem.region_names), params.tolerance)
    workers = limits.workers or os.cpu_count() or 1
    met, kept = reachable(problem, asked, seed=limits.seed, workers=workers, cancelled=cancelled)
    say("explain", 0.0)
    unmet = explain_unmet(
        part.graph,
        part.today,
        built,
        met,
        kept,
        params=part.params,
        seed=limits.seed,
        workers=workers,
        cancelled=cancelled,
    )
    tolerance = met[problem.zone_region]
    # Who frees all villages wants least change more than whole villages.
    aims = tuple(replace(aim, torn=aim.torn / 10) for aim in AIMS) if params.split_villages else AIMS
    found = search(
        problem,
        tolerance,
        aims=aims,
        limits=_what_is_left(limits, time.monotonic() - began),
        asked=params.tolerance,
        known=(kept,),
        tell=lambda share: say("search", share),
        cancelled=cancelled,
    )
    say("score", 0.0)
    plans = recombined(
        problem, tolerance, found, asked=params.tolerance, aims=aims, workers=found.effort.workers
    )
    scoring = ScoreParams(tolerance=params.tolerance, across_stations=params.across_stations)
    scorer = scorer or Scorer(graph, today=today, params=scoring)
    proposals = _proposals(part, today, built, tolerance, plans, scorer)
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
    part: Chosen,
    today: pd.Series | None,
    built: Built,
    tolerance: NDArray[np.float64],
    plans: dict[str, NDArray[np.int64]],
    scorer: Scorer,
) -> tuple[Proposal, ...]:
    problem, params = built.problem, part.params
    names, zones = list(plans), list(plans.values())
    plans_named = [
        part.whole(named_plan(part.graph, problem, zone_of, part.today, params)) for zone_of in zones
    ]
    cards = [scorer.score(plan) for plan in plans_named]
    costs = np.array([_costs(card.summary()) for card in cards])
    shown = front(costs)
    called = named(costs[shown], [names[i] for i in shown])
    floor = part.share * floor_of_all(part.graph, part.today, built, tolerance)
    held = today if today is not None else pd.Series(dtype=object)
    asked = np.full(problem.zones, params.tolerance)
    return tuple(
        Proposal(
            name=name,
            mark=MARKED.index(name) + 1 if name in MARKED else None,
            assignment=plans_named[i],
            zone_of=zones[i],
            scorecard=cards[i],
            floor=floor,
            bound=floor,
            changes=changes_with_reasons(
                part.graph, problem, zones[i], held, tolerance=asked, assignment=plans_named[i]
            ),
        )
        for i, name in zip(shown, called, strict=True)
    )


def named_plan(
    graph: DualGraph,
    problem: Problem,
    zone_of: NDArray[np.int64],
    today: pd.Series | None,
    params: RedrawParams,
) -> pd.Series:
    """
    Return a plan as zone_id by grid_id, its zones named so that most workload keeps its zone.

    Inside a region the search names them so already; where zones of today cross regions or are given up,
    a name may be better used elsewhere. Locks hold names fast.
    """
    plan = problem.assignment(zone_of)
    if today is None or params.locked:
        return plan
    names = renaming(plan, today, graph.grids[WORKLOAD])
    known = {*problem.zone_ids, *today.dropna().unique()}
    taken = {old: new for old, new in names.items() if new in known}
    used = set(taken.values())
    spare = dict.fromkeys(zone for zone in problem.zone_ids if zone not in used)
    for zone in problem.zone_ids:
        if zone not in taken:
            taken[zone] = zone if zone in spare else next(iter(spare))
            del spare[taken[zone]]
    return pd.Series(plan.map(taken), dtype="str", name=ZONE_ID)


def floor_of_all(
    graph: DualGraph, today: pd.Series | None, built: Built, tolerance: NDArray[np.float64]
) -> float:
    """Return the share of the workload that has to change zone in any plan that keeps the tolerance."""
    problem = built.problem
    floor = float(floors(problem, tolerance).sum() / problem.weight.sum())
    if today is None or is_regular(problem, today):
        return floor
    zones = pd.Series(built.station_of_region)[problem.zone_region].value_counts()
    counts = {str(station): int(n) for station, n in zones.items()}
    most = float(tolerance.max())
    return min(floor, unavoidable(graph, today, tolerance=most, zones_per_station=counts))


def is_regular(problem: Problem, today: pd.Series) -> bool:
    """Return whether every zone of today lies in one region and is still there, and none is new."""
    owner = np.repeat(np.arange(problem.units), np.diff(problem.stay_first))
    inside = problem.zone_region[problem.stay_zone] == problem.region[owner]
    return bool(inside.all()) and set(problem.zone_ids) == set(today.dropna())


def _costs(summary: dict[str, Any]) -> tuple[float, float, float, float]:
    shape = 1.0 - (summary["polsby_popper"] or 0.0)
    return (summary["workload_moved"] or 0.0, summary["cv"], shape, float(summary["cut_edges"] or 0))


def _stations(built: Built, met: NDArray[np.float64]) -> pd.DataFrame:
    stations = np.asarray(built.station_of_region, dtype=object)
    zones = pd.Series(stations[built.problem.zone_region]).value_counts()
    tolerance = pd.Series(met).groupby(pd.Series(stations)).max()
    return pd.DataFrame({"zones": zones, "tolerance": tolerance}).rename_axis("station_id").sort_index()
