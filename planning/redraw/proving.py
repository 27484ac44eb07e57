"""Proofs for a redraw: how near its least-change plan is to the least there can be, and a better one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from planning.redraw.feasibility import proved_bound
from planning.redraw.front import LEAST_CHANGE
from planning.redraw.proof import prove
from planning.redraw.reasons import changes_with_reasons
from planning.redraw.redrawing import is_regular, named_plan

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    from planning.dual_graph import DualGraph
    from planning.redraw.feasibility import Unmet
    from planning.redraw.redrawing import Proposal, Redraw
    from planning.scorecard import Scorer

_SMALL = 1e-9
# Share of the time that goes into tolerances that were not met, where there are any.
_FOR_TOLERANCES = 0.3


@dataclass(frozen=True, kw_only=True)
class Proved:
    """
    A redraw with its proofs.

    Parameters
    ----------
    redraw
        As it was, with the bounds that were proved; a plan that was found to change less has taken the
        place of the least-change plan.
    regions
        A row for each station, or its share of a town (`planning.redraw.proof.RegionProof`).
    better
        Whether a plan has taken its place.
    """

    redraw: Redraw
    regions: pd.DataFrame
    better: bool


def proved(
    found: Redraw,
    graph: DualGraph,
    today: pd.Series,
    *,
    scorer: Scorer,
    seconds: float,
    workers: int = 2,
    tell: Callable[[str, float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Proved:
    """
    Prove how near the least-change plan of a redraw is to the least change there can be.

    Before that, where a tolerance could not be met, how near to it any plan can come.

    Parameters
    ----------
    graph, today
        What was redrawn.
    scorer
        What scored its plans.
    seconds
        For all stations together; above 0.
    workers
        Stations that are worked on at once.
    tell
        Called with the stage (bounds, prove) and the share of it that is done.
    cancelled
        Asked now and then; once it says True the proofs end with what there is.

    Raises
    ------
    SettingError
        ``setting_wrong`` for no time or no workers.
    """
    problem = found.built.problem
    least = next((p for p in found.proposals if p.name == LEAST_CHANGE), found.proposals[0])
    plan = least.zone_of
    first = _FOR_TOLERANCES * seconds if found.unmet else 0.0
    unmet = _bounded(found, seconds=first, workers=workers, tell=tell, cancelled=cancelled)
    proof = prove(
        problem,
        plan,
        tolerances=found.tolerances,
        seconds=seconds - first,
        workers=workers,
        seed=found.effort.seed,
        tell=None if tell is None else lambda done, count: tell("prove", done / count),
        cancelled=cancelled,
    )
    # Of a region in which no plan keeps the tolerance nothing is proved that a plan could be held against.
    rows = proof.regions
    needed = rows["bound"].where(np.isfinite(rows["bound"]), rows["floor"])
    # Where zones of today cross regions, what is proved holds for the names in the numbers only.
    bound = float(needed.sum() / problem.weight.sum()) if is_regular(problem, today) else 0.0
    # Where the tolerance cannot be met, what moves least is not what is fairest.
    relaxed = found.tolerances > found.params.tolerance + _SMALL
    kept = np.isin(problem.region, problem.zone_region[relaxed])
    least_moved = np.where(kept, plan, proof.zone_of)
    better = problem.moved(least_moved) < problem.moved(plan) - _SMALL
    proposals = tuple(
        replace(
            _replaced(found, proposal, least_moved, graph, today, scorer)
            if better and proposal is least
            else proposal,
            bound=max(proposal.bound, bound),
        )
        for proposal in found.proposals
    )
    return Proved(redraw=replace(found, proposals=proposals, unmet=unmet), regions=rows, better=better)


def _bounded(
    found: Redraw,
    *,
    seconds: float,
    workers: int,
    tell: Callable[[str, float], None] | None,
    cancelled: Callable[[], bool] | None,
) -> tuple[Unmet, ...]:
    """Return the stations whose tolerance was not met, with what is proved of it."""
    raised = []
    for done, unmet in enumerate(found.unmet):
        if tell is not None:
            tell("bounds", done / len(found.unmet))
        regions = [i for i, name in enumerate(found.built.station_of_region) if name == unmet.station]
        bound = proved_bound(
            found.built,
            found.kept,
            regions,
            unmet.met,
            seconds=seconds / len(found.unmet),
            workers=workers,
            seed=found.effort.seed,
            cancelled=cancelled,
        )
        raised.append(replace(unmet, bound=max(unmet.bound, bound)))
    return tuple(raised)


def _replaced(
    found: Redraw,
    proposal: Proposal,
    zone_of: NDArray[np.int64],
    graph: DualGraph,
    today: pd.Series,
    scorer: Scorer,
) -> Proposal:
    problem = found.built.problem
    asked = np.full(problem.zones, found.params.tolerance)
    assignment = named_plan(graph, problem, zone_of, today, found.params)
    return replace(
        proposal,
        assignment=assignment,
        zone_of=zone_of,
        scorecard=scorer.score(assignment),
        changes=changes_with_reasons(graph, problem, zone_of, today, tolerance=asked, assignment=assignment),
    )
