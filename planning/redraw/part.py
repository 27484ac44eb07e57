"""What exact methods see of one region: its open units and zones, whole numbers, what parts a zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from planning.redraw.problem import Problem

# Sums of floats: what is on the line is inside.
_ON_THE_LINE = 1e-9
_LARGEST_TOTAL = 2**31


@dataclass(frozen=True, kw_only=True)
class Part:
    """
    What of a region is open: its closed zones and their units are left out; all is counted from 0.

    Parameters
    ----------
    units, zones
        Their numbers in the problem.
    weight, target
        Of each unit, of each zone: workload.
    stay
        Units by zones: workload that would not move.
    links
        Units by units: 1 where they are neighbours.
    fixed
        Zone in which a unit is locked, -1 elsewhere.
    """

    units: NDArray[np.int64]
    zones: NDArray[np.int64]
    weight: NDArray[np.float64]
    target: NDArray[np.float64]
    stay: NDArray[np.float64]
    links: csr_array
    fixed: NDArray[np.int64]

    def neighbours(self, unit: int) -> NDArray[np.int64]:
        """Return the neighbours of a unit."""
        found: NDArray[np.int64] = self.links.indices[self.links.indptr[unit] : self.links.indptr[unit + 1]]
        return found

    def moved(self, zone_of: NDArray[np.int64]) -> float:
        """Return the workload that a plan (zones of this part) takes out of its zone of today."""
        return float((self.weight - self.stay[np.arange(len(self.units)), zone_of]).sum())

    def deviation(self, zone_of: NDArray[np.int64]) -> float:
        """Return the largest deviation from its target that a zone has in a plan."""
        loads = np.bincount(zone_of, self.weight, minlength=len(self.zones))
        return float((np.abs(loads - self.target) / self.target).max())

    def zone_numbers(self, zone_of: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return a plan of the problem as zones of this part, by unit of it."""
        found: NDArray[np.int64] = np.searchsorted(self.zones, zone_of[self.units])
        return found


def open_part(problem: Problem, region: int) -> Part:
    """Return what is open in a region."""
    zones = np.flatnonzero((problem.zone_region == region) & ~problem.closed)
    units = np.flatnonzero((problem.region == region) & ~problem.closed[problem.start])
    number = np.full(problem.zones, -1)
    number[zones] = np.arange(len(zones))
    stay = np.zeros((len(units), problem.zones))
    if len(problem.stay_zone):
        owner = np.repeat(np.arange(problem.units), np.diff(problem.stay_first))
        place = np.full(problem.units, -1)
        place[units] = np.arange(len(units))
        mine = place[owner] >= 0
        np.add.at(stay, (place[owner[mine]], problem.stay_zone[mine]), problem.stay_weight[mine])
    else:
        stay[:] = problem.weight[units][:, None]
    ones = np.ones(len(problem.neighbours))
    everywhere = csr_array((ones, problem.neighbours, problem.first), shape=(problem.units, problem.units))
    return Part(
        units=units,
        zones=zones,
        weight=problem.weight[units],
        target=problem.target[zones],
        stay=stay[:, zones],
        links=csr_array(everywhere[units][:, units]),
        fixed=np.where(problem.fixed[units], number[problem.start[units]], -1),
    )


@dataclass(frozen=True, kw_only=True)
class Whole:
    """
    Loads in whole numbers, rounded so that every plan that is allowed in truth is allowed in them.

    Parameters
    ----------
    scale
        Whole numbers per unit of workload.
    under, over
        Weights rounded down and up.
    cost
        Units by zones: workload moved, rounded down.
    low, high
        Of each zone: the least that `over` may sum to, and the most that `under` may.
    """

    scale: float
    under: NDArray[np.int64]
    over: NDArray[np.int64]
    cost: NDArray[np.int64]
    low: NDArray[np.int64]
    high: NDArray[np.int64]


def whole(part: Part, tolerance: NDArray[np.float64]) -> Whole:
    """Return a part's loads and limits in whole numbers; tolerances are of each zone."""
    scale = _scale(part)
    limits = part.target * scale
    slack = np.maximum(limits, 1.0) * _ON_THE_LINE
    cost = np.maximum(part.weight[:, None] - part.stay, 0.0)
    return Whole(
        scale=scale,
        under=_down(part.weight * scale),
        over=-_down(-part.weight * scale),
        cost=_down(cost * scale),
        low=-_down(-(limits * (1 - tolerance) - slack)),
        high=_down(limits * (1 + tolerance) + slack),
    )


def _down(values: NDArray[np.float64]) -> NDArray[np.int64]:
    # A whole number that floats miss by a hair stays that number.
    near = np.rint(values)
    close = np.abs(values - near) <= 1e-9 * np.maximum(np.abs(values), 1.0)
    return np.where(close, near, np.floor(values)).astype(np.int64)


def _scale(part: Part) -> float:
    total = max(float(part.weight.sum()), 1e-300)
    numbers = np.concatenate([part.weight, part.stay.ravel()])
    for scale in (1.0, 10.0, 100.0, 1000.0):
        if total * scale > _LARGEST_TOTAL:
            break
        # Next to nothing is no whole number of anything.
        whole = total * scale >= 1 - _ON_THE_LINE
        if whole and np.allclose(numbers * scale, np.rint(numbers * scale), rtol=0.0, atol=1e-7):
            return scale
    return _LARGEST_TOTAL / total


def hops(part: Part, source: int) -> NDArray[np.float64]:
    """Return how many steps each unit is from one; infinite where there is no way."""
    return np.asarray(dijkstra(part.links, indices=source, unweighted=True))


def ways(
    part: Part, source: int, *, inside: NDArray[np.bool_], weight: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the weight of the lightest way from a unit to each, both ends counted, staying inside."""
    arcs = part.links.tocoo()
    keep = inside[arcs.row] & inside[arcs.col]
    # A length of 0 would be read as no way at all; whole numbers are never so near.
    length = np.maximum(weight[arcs.col[keep]], 1e-6)
    graph = csr_array((length, (arcs.row[keep], arcs.col[keep])), shape=part.links.shape)
    found = np.asarray(dijkstra(graph, indices=source)) + weight[source]
    return np.where(inside, np.floor(found), np.inf)


def split_zones(
    part: Part, zone_of: NDArray[np.int64], anchors: NDArray[np.int64]
) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.int64]]]:
    """Yield zone, main piece, and other piece of every zone in pieces; the main one holds the anchor."""
    for zone in range(len(anchors)):
        members = np.flatnonzero(zone_of == zone)
        if len(members) < 2:
            continue
        count, label = connected_components(part.links[members][:, members], directed=False)
        if count < 2:
            continue
        at = np.flatnonzero(members == anchors[zone])
        main = label[at[0]] if len(at) else int(np.bincount(label, part.weight[members]).argmax())
        for piece in range(count):
            if piece != main:
                yield zone, members[label == main], members[label == piece]


def separators(
    part: Part, inside: NDArray[np.bool_], main: NDArray[np.int64], piece: NDArray[np.int64]
) -> list[NDArray[np.int64]]:
    """Return minimal sets of units that part two pieces, one near each (Fischetti et al. 2017)."""
    near_piece = _separator(part, inside, piece, main)
    near_main = _separator(part, inside, main, piece)
    return [near_piece] if np.array_equal(near_piece, near_main) else [near_piece, near_main]


def _separator(
    part: Part, inside: NDArray[np.bool_], source: NDArray[np.int64], goal: NDArray[np.int64]
) -> NDArray[np.int64]:
    ring = np.zeros(len(inside), bool)
    ring[np.concatenate([part.neighbours(int(unit)) for unit in source])] = True
    ring[source] = False
    ring &= inside
    free = inside & ~ring
    seen = np.zeros(len(inside), bool)
    seen[goal] = True
    stack, touched = list(goal), []
    while stack:
        for unit in part.neighbours(int(stack.pop())):
            if ring[unit]:
                touched.append(unit)
            elif free[unit] and not seen[unit]:
                seen[unit] = True
                stack.append(unit)
    return np.unique(np.array(touched, dtype=np.int64))
