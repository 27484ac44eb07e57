"""Proofs for a redraw: how near its least-change plan is to the least there can be, and a better one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from planning.redraw.front import LEAST_CHANGE
from planning.redraw.proof import prove
from planning.redraw.reasons import changes_with_reasons

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    from planning.dual_graph import DualGraph
    from planning.redraw.problem import Problem
    from planning.redraw.redrawing import Proposal, Redraw
    from planning.scorecard import Scorer

_SMALL = 1e-9


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
        Called with the stage (prove) and the share of it that is done.
    cancelled
        Asked now and then; once it says True the proofs end with what there is.

    Raises
    ------
    SettingError
        ``setting_wrong`` for no time or no workers.
    """
    problem = found.built.problem
    least = next((p for p in found.proposals if p.name == LEAST_CHANGE), found.proposals[0])
    plan = _numbers(problem, least.assignment)
    tolerances = _tolerances(found)
    proof = prove(
        problem,
        plan,
        tolerances=tolerances,
        seconds=seconds,
        workers=workers,
        seed=found.effort.seed,
        tell=None if tell is None else lambda done, count: tell("prove", done / count),
        cancelled=cancelled,
    )
    # Of a region in which no plan keeps the tolerance nothing is proved that a plan could be held against.
    rows = proof.regions
    needed = rows["bound"].where(np.isfinite(rows["bound"]), rows["floor"])
    bound = float(needed.sum() / problem.weight.sum())
    better = problem.moved(proof.zone_of) < problem.moved(plan) - _SMALL
    proposals = tuple(
        replace(
            _replaced(found, proposal, proof.zone_of, graph, today, scorer, tolerances)
            if better and proposal is least
            else proposal,
            bound=max(proposal.bound, bound),
        )
        for proposal in found.proposals
    )
    return Proved(redraw=replace(found, proposals=proposals), regions=rows, better=better)


def _replaced(
    found: Redraw,
    proposal: Proposal,
    zone_of: NDArray[np.int64],
    graph: DualGraph,
    today: pd.Series,
    scorer: Scorer,
    tolerances: NDArray[np.float64],
) -> Proposal:
    problem = found.built.problem
    assignment = problem.assignment(zone_of)
    return replace(
        proposal,
        assignment=assignment,
        scorecard=scorer.score(assignment),
        changes=changes_with_reasons(graph, problem, zone_of, today, tolerance=tolerances),
    )


def _numbers(problem: Problem, assignment: pd.Series) -> NDArray[np.int64]:
    """Return a plan as the number of each unit's zone."""
    number = {zone: i for i, zone in enumerate(problem.zone_ids)}
    zone_of = np.zeros(problem.units, dtype=np.int64)
    zone_of[problem.unit_of_grid] = [number[zone] for zone in assignment.reindex(list(problem.grid_ids))]
    return zone_of


def _tolerances(found: Redraw) -> NDArray[np.float64]:
    """Return the tolerance of each zone: what its station's zones keep."""
    stations = np.asarray(found.built.station_of_region, dtype=object)
    kept: NDArray[np.float64] = (
        found.stations["tolerance"].reindex(stations[found.built.problem.zone_region]).to_numpy(dtype=float)
    )
    return kept
