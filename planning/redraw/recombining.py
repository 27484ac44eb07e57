"""Better plans out of good ones: zones of many, chosen so that each unit lies in one (set partitioning)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csc_array

from planning.redraw.annealing import Annealer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planning.redraw.annealing import Aim
    from planning.redraw.problem import Problem
    from planning.redraw.search import Found

# Beyond this many units in a region the choice takes longer than annealing anew.
_MOST_UNITS = 400
# A limit on nodes, not on seconds: the same run must give the same plan on any machine.
_NODES = 500
# Whoever asks for a plan at once gets it at once.
_LEAST_ROUNDS = 4


@dataclass(frozen=True, kw_only=True)
class _Column:
    """A zone that some plan draws: its units (ascending), its label, and what it costs."""

    units: NDArray[np.int64]
    zone: int
    cost: float


def recombined(
    problem: Problem,
    tolerance: NDArray[np.float64],
    found: Found,
    *,
    asked: float | None = None,
    aims: Sequence[Aim],
    workers: int = 1,
) -> dict[str, NDArray[np.int64]]:
    """
    Return for each aim the best plan made of zones of any plan found; never a worse one than was found.

    Set partitioning by branch and bound (HiGHS) over the zones that the search came upon, region by region;
    regions of more than 400 units are left as they are, and so is what a search of few rounds found.

    Parameters
    ----------
    tolerance
        Of each zone.
    found
        What the search found.
    asked
        The tolerance that was asked for, where `tolerance` had to be larger.
    aims
        What the plans are aimed at.
    workers
        Regions that are worked on at once.
    """
    if found.effort.rounds < _LEAST_ROUNDS:
        return dict(found.plans)
    annealer = Annealer(problem, tolerance, asked=asked)
    jobs = [(aim, region) for aim in aims for region in range(len(problem.region_names))]
    with ThreadPoolExecutor(workers) as pool:
        parts = list(pool.map(lambda job: _best(annealer, found, *job), jobs))
    plans = {name: plan.copy() for name, plan in found.plans.items()}
    for (aim, region), part in zip(jobs, parts, strict=True):
        plan = plans[aim.name]
        plans[aim.name] = np.where(problem.region == region, part, plan)
    return plans


def _best(annealer: Annealer, found: Found, aim: Aim, region: int) -> NDArray[np.int64]:
    """Return a plan whose zones in one region are the best choice for an aim."""
    problem, best = annealer.problem, found.plans[aim.name]
    inside = np.flatnonzero(problem.region == region)
    if len(inside) > _MOST_UNITS or (problem.zone_region == region).sum() < 2:
        return best
    columns = _columns(annealer, [*found.plans.values(), *found.pools[aim.name]], aim, region)
    chosen = _partition(columns, inside, np.flatnonzero(problem.zone_region == region))
    if chosen is None:
        return best
    plan = best.copy()
    for column in chosen:
        plan[column.units] = column.zone
    energy = annealer.region_energies(plan, aim)[region]
    return plan if energy < annealer.region_energies(best, aim)[region] else best


def _columns(annealer: Annealer, plans: Sequence[NDArray[np.int64]], aim: Aim, region: int) -> list[_Column]:
    problem = annealer.problem
    zones = np.flatnonzero(problem.zone_region == region)
    seen: dict[tuple[int, bytes], _Column] = {}
    for plan in plans:
        energy = annealer.zone_energies(plan, aim)
        for zone in zones.tolist():
            units = np.flatnonzero(plan == zone)
            seen.setdefault(
                (zone, units.tobytes()), _Column(units=units, zone=zone, cost=float(energy[zone]))
            )
    return list(seen.values())


def _partition(
    columns: list[_Column], units: NDArray[np.int64], zones: NDArray[np.int64]
) -> list[_Column] | None:
    """Return the cheapest columns that hold each unit once and each zone once; None if none was found."""
    row = {int(u): i for i, u in enumerate(units)}
    row_of_zone = {int(z): len(units) + i for i, z in enumerate(zones)}
    rows = [np.array([*(row[int(u)] for u in c.units), row_of_zone[c.zone]]) for c in columns]
    first = np.cumsum([0, *map(len, rows)])
    ones = np.ones(int(first[-1]))
    matrix = csc_array((ones, np.concatenate(rows), first), shape=(len(units) + len(zones), len(columns)))
    solved = milp(
        np.array([c.cost for c in columns]),
        integrality=np.ones(len(columns)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, 1, 1),
        options={"node_limit": _NODES, "mip_rel_gap": 1e-6},
    )
    if solved.x is None:
        return None
    return [column for column, taken in zip(columns, solved.x, strict=True) if taken > 0.5]
