"""The best plan that can be put together from zones of many plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planning.redraw.problem import Problem

Column = tuple["NDArray[np.int64]", int, float]


def best_partition(
    problem: Problem, region: int, columns: Sequence[Column], *, seconds: float
) -> NDArray[np.int64] | None:
    """
    Put a region's cheapest plan together from known zones (set partitioning, solved by HiGHS).

    Parameters
    ----------
    problem
        The redraw.
    region
        Number of the region.
    columns
        Units, zone and cost of each known zone; of equal ones the cheapest counts. Units are numbers of the
        problem, sets are contiguous already; those with units or a zone of another region, or that break a
        lock, are left out.
    seconds
        After which the best plan so far is taken.

    Returns
    -------
    Zone of each unit of the region, in the order of their numbers, or None if no plan was found. Where the
    columns of a plan were given, nothing costlier than it is returned unless time ran out before any plan
    was found or beaten: compare.
    """
    units = np.flatnonzero(problem.region == region)
    zones = np.flatnonzero(problem.zone_region == region)
    known = _cheapest(problem, region, columns)
    if not known or not len(zones):
        return None
    cost = np.array([known[key] for key in known])
    sets = [np.frombuffer(members, dtype=np.int64) for members, _ in known]
    rows = np.concatenate(
        [
            np.searchsorted(units, np.concatenate(sets)),
            len(units) + np.searchsorted(zones, [zone for _, zone in known]),
        ]
    )
    every = np.arange(len(known))
    at = np.concatenate([np.repeat(every, [len(members) for members in sets]), every])
    once = csr_array((np.ones(len(rows)), (rows, at)), shape=(len(units) + len(zones), len(known)))
    # Costs are stretched to what the solver's tolerances are made for.
    size = max(float(np.abs(cost).max()), 1e-300)
    found = milp(
        cost / size,
        integrality=np.ones(len(known)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(once, 1, 1),
        options={"time_limit": seconds, "mip_rel_gap": 0.0},
    )
    if found.x is None:
        return None
    zone_of = np.full(len(units), -1, dtype=np.int64)
    for column in np.flatnonzero(found.x > 0.5).tolist():
        zone_of[np.searchsorted(units, sets[column])] = list(known)[column][1]
    return zone_of


def _cheapest(problem: Problem, region: int, columns: Sequence[Column]) -> dict[tuple[bytes, int], float]:
    """Return the cost of each column that may be used, by its units and zone."""
    known: dict[tuple[bytes, int], float] = {}
    for units, zone, cost in columns:
        members = np.unique(np.asarray(units, dtype=np.int64))
        if _allowed(problem, region, members, zone):
            key = (members.tobytes(), int(zone))
            known[key] = min(cost, known.get(key, np.inf))
    return known


def _allowed(problem: Problem, region: int, members: NDArray[np.int64], zone: int) -> bool:
    if not len(members) or problem.zone_region[zone] != region or (problem.region[members] != region).any():
        return False
    if (problem.start[members[problem.fixed[members]]] != zone).any():
        return False
    home = problem.start[members]
    if problem.closed[home[home != zone]].any():
        return False
    return not problem.closed[zone] or np.array_equal(members, np.flatnonzero(problem.start == zone))
