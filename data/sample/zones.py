"""Today's zones on paper: unions of whole villages inside one station, deliberately uneven."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq

from data.sample.frame import Floats, Ints, apportion, stream

if TYPE_CHECKING:
    from data.sample.hierarchy import Hierarchy
    from data.sample.mesh import Mesh

ZONES, PRESENT = 142, 1_056_000.0
# What 142 zones of a real county look like: loads spread by 30 % around their mean.
LOAD_CV = 0.30
_SPLIT_ABOVE = 1.35  # times a station's mean zone: larger communities are shared by zones
_ROUNDS, _STARTS = 60, 6


@dataclass(frozen=True, kw_only=True)
class ZonePlan:
    """
    The intended zones.

    Parameters
    ----------
    zone
        Zone of each grid.
    zone_town
        Town (and so station) of each zone.
    present
        Present population of each grid, evened so that zones spread as wanted.
    neighbours
        Neighbouring grids of each grid.
    """

    zone: Ints
    zone_town: Ints
    present: Floats
    neighbours: list[set[int]]


def make_zones(seed: int, mesh: Mesh, hierarchy: Hierarchy) -> ZonePlan:
    """Return the zones that the bureau intended, before anybody drew them."""
    rng = stream(seed, "zones")
    present = _grid_present(hierarchy)
    neighbours = grid_neighbours(mesh, hierarchy.grid, len(present))
    grid_town = hierarchy.village_town[hierarchy.grid_village]
    loads = np.bincount(grid_town, present).astype(float)
    counts = apportion(ZONES, loads**0.97, least=3)
    zone, zone_town = np.full(len(present), -1, dtype=np.int64), np.repeat(np.arange(len(counts)), counts)
    first = 0
    for town, count in enumerate(counts.tolist()):
        units = _units(np.flatnonzero(grid_town == town), hierarchy, present, neighbours, loads[town] / count)
        wanted = np.exp(0.30 * rng.standard_normal(count))
        parts = _parted(rng, units, present, neighbours, wanted / wanted.sum() * loads[town])
        for unit, part in zip(units, parts, strict=True):
            zone[unit] = first + part
        first += count
    even = evened(np.bincount(zone, present).astype(float), LOAD_CV)
    present = np.asarray(present * even[zone])
    present *= PRESENT / present.sum()
    return ZonePlan(zone=zone, zone_town=zone_town, present=present, neighbours=neighbours)


def evened(loads: Floats, cv: float) -> Floats:
    """Return factors that bring the loads' coefficient of variation to `cv`, their order kept."""
    relative = loads / loads.mean()

    def excess(power: float) -> float:
        spread = relative**power
        return float(spread.std() / spread.mean() - cv)

    power = float(brentq(excess, 0.05, 4.0))
    wanted = relative**power
    return np.asarray(wanted / wanted.mean() / relative)


def grid_neighbours(mesh: Mesh, grid: Ints, count: int) -> list[set[int]]:
    """Return each grid's neighbours across a shared border."""
    pairs = grid[mesh.links]
    pairs = np.unique(pairs[(pairs[:, 0] != pairs[:, 1]) & (pairs >= 0).all(axis=1)], axis=0)
    neighbours: list[set[int]] = [set() for _ in range(count)]
    for a, b in pairs.tolist():
        neighbours[a].add(b)
        neighbours[b].add(a)
    return neighbours


def _grid_present(hierarchy: Hierarchy) -> Floats:
    inside = hierarchy.grid >= 0
    people = hierarchy.people[inside] * hierarchy.village_people[hierarchy.village[inside]]
    # Even an empty hillside has a few farms.
    return np.asarray(np.bincount(hierarchy.grid[inside], people) + 60.0)


def _units(
    grids: Ints, hierarchy: Hierarchy, present: Floats, neighbours: list[set[int]], mean_load: float
) -> list[list[int]]:
    """Whole villages; communities too large for one zone in connected halves or thirds."""
    units: list[list[int]] = []
    village = hierarchy.grid_village[grids]
    for v in np.unique(village).tolist():
        members = grids[village == v].tolist()
        load = present[members].sum()
        if hierarchy.village_community[v] and load > _SPLIT_ABOVE * mean_load and len(members) >= 6:
            units += _halved(members, present, neighbours)
        else:
            units.append(members)
    return units


def _halved(members: list[int], present: Floats, neighbours: list[set[int]]) -> list[list[int]]:
    inside = set(members)
    walk = _walk(members[0], inside, neighbours)
    walk = _walk(walk[-1], inside, neighbours)
    half, load = set(walk[:1]), present[walk[0]]
    for grid in walk[1:]:
        rest = inside - half - {grid}
        if load > present[members].sum() / 2:
            break
        if len(_walk(min(rest), rest, neighbours)) == len(rest) and neighbours[grid] & half:
            half.add(grid)
            load += present[grid]
    return [sorted(half), sorted(inside - half)]


def _walk(start: int, inside: set[int], neighbours: list[set[int]]) -> list[int]:
    """Return the part of `inside` connected to `start`, nearest first."""
    seen, order, ahead = {start}, [], deque([start])
    while ahead:
        at = ahead.popleft()
        order.append(at)
        for other in sorted(neighbours[at] & inside - seen):
            seen.add(other)
            ahead.append(other)
    return order


def _parted(
    rng: np.random.Generator,
    units: list[list[int]],
    present: Floats,
    neighbours: list[set[int]],
    wanted: Floats,
) -> list[int]:
    """Share connected units among as many parts as there are wanted loads, each connected."""
    owner = {grid: i for i, unit in enumerate(units) for grid in unit}
    beside = [
        {owner[g] for grid in unit for g in neighbours[grid] if g in owner} - {i}
        for i, unit in enumerate(units)
    ]
    load = np.array([present[unit].sum() for unit in units])
    shut = [all(g in owner for grid in unit for g in neighbours[grid]) for unit in units]
    tries = [_balanced(rng, beside, load, wanted) for _ in range(_STARTS)]

    def badness(part: list[int]) -> float:
        sums = np.bincount(part, load, minlength=len(wanted))
        return float(((sums / wanted - 1) ** 2).sum() + 0.5 * _surrounded(part, beside, shut))

    return min(tries, key=badness)


def _surrounded(part: list[int], beside: list[set[int]], shut: list[bool]) -> int:
    """Count parts that lie wholly inside another: nobody would want to run one."""
    around: dict[int, set[int]] = {}
    for unit, others in enumerate(beside):
        # -1: a part that reaches the station's border is not surrounded.
        around.setdefault(part[unit], set()).update(
            {part[o] for o in others} | (set() if shut[unit] else {-1})
        )
    return sum(len(near - {number}) == 1 for number, near in around.items())


def _balanced(rng: np.random.Generator, beside: list[set[int]], load: Floats, wanted: Floats) -> list[int]:
    """Grow parts from far-off units, then move units while loads come closer to what is wanted."""
    part = _first_parts(rng, beside, load, wanted)
    sums = np.bincount(part, load, minlength=len(wanted))
    for _ in range(_ROUNDS):
        moved = False
        for unit in rng.permutation(len(part)).tolist():
            here = part[unit]
            if part.count(here) == 1:
                continue
            for there in sorted({part[other] for other in beside[unit]} - {here}):
                now = (sums[here] / wanted[here] - 1) ** 2 + (sums[there] / wanted[there] - 1) ** 2
                then = ((sums[here] - load[unit]) / wanted[here] - 1) ** 2
                then += ((sums[there] + load[unit]) / wanted[there] - 1) ** 2
                if then < now - 1e-9 and _holds_without(unit, part, beside):
                    sums[here] -= load[unit]
                    sums[there] += load[unit]
                    part[unit] = there
                    moved = True
                    break
        if not moved:
            break
    return part


def _first_parts(rng: np.random.Generator, beside: list[set[int]], load: Floats, wanted: Floats) -> list[int]:
    part = [-1] * len(beside)
    start = int(rng.integers(len(beside)))
    gap = np.full(len(beside), np.inf)
    everywhere = set(range(len(beside)))
    sums = np.zeros(len(wanted))
    for number in range(len(wanted)):
        part[start] = number
        sums[number] = load[start]
        hops = np.full(len(beside), np.inf)
        hops[start] = 0
        for unit in _walk(start, everywhere, beside)[1:]:
            hops[unit] = min(hops[other] for other in beside[unit]) + 1
        gap = np.minimum(gap, hops)
        start = int(np.argmax(gap + rng.uniform(0, 0.5, len(gap))))
    while -1 in part:
        open_to = {
            p: [u for u in range(len(part)) if part[u] < 0 and any(part[o] == p for o in beside[u])]
            for p in range(len(wanted))
        }
        number = min((p for p in open_to if open_to[p]), key=lambda p: sums[p] / wanted[p])
        # The unit most surrounded by the part already keeps the part round.
        unit = max(open_to[number], key=lambda u: sum(part[o] == number for o in beside[u]) / len(beside[u]))
        part[unit] = number
        sums[number] += load[unit]
    return part


def _holds_without(unit: int, part: list[int], beside: list[set[int]]) -> bool:
    rest = {u for u in range(len(part)) if part[u] == part[unit]} - {unit}
    return len(_walk(min(rest), rest, beside)) == len(rest)
