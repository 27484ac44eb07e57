"""Plans to start from: today's, made to keep the hard constraints, or zones grown from seeds."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

from geo.errors import Reason, SettingError
from planning.redraw.apportion import webster

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from planning.redraw.problem import Problem

_FREE = -1


def settled(problem: Problem) -> tuple[NDArray[np.int64], tuple[Reason, ...]]:
    """
    Return today's plan, changed as little as makes it keep the hard constraints, and what was changed.

    Every unit goes to the zone that has most of its workload today; parts apart from the main part of a
    zone go to a neighbouring zone; zones left without a unit begin where no other zone could come to, else
    take one from the fullest zone near by.

    Parameters
    ----------
    problem
        Its `start` needs the zones of fixed units only (others are negative).

    Raises
    ------
    SettingError
        ``lock_breaks_zone`` if locked grids of one zone do not hang together, ``redraw_cut_off`` if grids
        are cut off from every zone that may take them.
    """
    zone_of = _by_stay(problem)
    loose = _parts_apart(problem, zone_of)
    zone_of[loose] = _FREE
    free = int((zone_of == _FREE).sum())
    _begin_cut_off(problem, zone_of)
    _fill(problem, zone_of)
    _fill_empty(problem, zone_of)
    return zone_of, (Reason("redraw_mended", {"units": free}),) if free else ()


def grown(problem: Problem, *, seed: int) -> NDArray[np.int64]:
    """
    Return a plan drawn from nothing: each zone grows from a seed, the emptiest first.

    Raises
    ------
    SettingError
        ``redraw_cut_off`` as `settled`.
    """
    rng = np.random.default_rng(seed)
    zone_of = np.where(problem.fixed, problem.start, _FREE)
    _join_fixed(problem, zone_of)
    for region in range(len(problem.region_names)):
        for part, zones in _parts_and_zones(problem, zone_of, region):
            for zone, unit in zip(zones, _seeds(problem, part, len(zones), rng), strict=True):
                zone_of[unit] = zone
    _fill(problem, zone_of)
    _fill_empty(problem, zone_of)
    return zone_of


def _join_fixed(problem: Problem, zone_of: NDArray[np.int64]) -> None:
    """Leave zones whole whose fixed units do not hang together by themselves."""
    for zone in set(zone_of[problem.fixed].tolist()):
        if not problem.closed[zone] and len(components(problem, np.flatnonzero(zone_of == zone))) > 1:
            zone_of[problem.start == zone] = zone


def components(problem: Problem, units: Iterable[int]) -> list[list[int]]:
    """Return what hangs together among some units, each part ascending, the first unit's part first."""
    left = dict.fromkeys(int(u) for u in units)
    parts = []
    for unit in list(left):
        if unit not in left:
            continue
        del left[unit]
        part, at = [unit], 0
        while at < len(part):
            u = part[at]
            at += 1
            for v in near(problem, u):
                if v in left:
                    del left[v]
                    part.append(v)
        parts.append(sorted(part))
    return parts


def near(problem: Problem, unit: int) -> list[int]:
    """Return the neighbours of a unit."""
    found: list[int] = problem.neighbours[problem.first[unit] : problem.first[unit + 1]].tolist()
    return found


def _by_stay(problem: Problem) -> NDArray[np.int64]:
    zone_of = np.where(problem.fixed, problem.start, _FREE)
    for unit in np.flatnonzero(~problem.fixed):
        best = (0.0, _FREE)
        for i in range(problem.stay_first[unit], problem.stay_first[unit + 1]):
            zone = int(problem.stay_zone[i])
            allowed = problem.zone_region[zone] == problem.region[unit] and not problem.closed[zone]
            if allowed and (problem.stay_weight[i] > best[0] or best[1] == _FREE):
                best = (float(problem.stay_weight[i]), zone)
        zone_of[unit] = best[1]
    return zone_of


def _parts_apart(problem: Problem, zone_of: NDArray[np.int64]) -> list[int]:
    loose: list[int] = []
    members: dict[int, list[int]] = {}
    for unit, zone in enumerate(zone_of.tolist()):
        if zone != _FREE and not problem.closed[zone]:
            members.setdefault(zone, []).append(unit)
    for zone, units in members.items():
        parts = components(problem, units)
        if len(parts) < 2:
            continue
        parts.sort(
            key=lambda part: (-int(problem.fixed[part].any()), -float(problem.weight[part].sum()), part[0])
        )
        if any(problem.fixed[part].any() for part in parts[1:]):
            raise SettingError("lock_breaks_zone", zone=problem.zone_ids[zone])
        loose.extend(unit for part in parts[1:] for unit in part)
    return loose


def _begin_cut_off(problem: Problem, zone_of: NDArray[np.int64]) -> None:
    """Begin an empty zone in each part of a region that no zone could come to otherwise."""
    sizes = np.bincount(zone_of[zone_of >= 0], minlength=problem.zones)
    for region in range(len(problem.region_names)):
        empty = np.flatnonzero((problem.zone_region == region) & (sizes == 0)).tolist()
        cut_off = [
            part for part in _free_parts(problem, zone_of, region) if not _begun(problem, zone_of, part)
        ]
        cut_off.sort(key=lambda part: (-float(problem.weight[part].sum()), part[0]))
        for zone, part in zip(empty, cut_off, strict=False):
            zone_of[part[int(problem.weight[part].argmax())]] = zone


def _free_parts(problem: Problem, zone_of: NDArray[np.int64], region: int) -> list[list[int]]:
    return components(problem, np.flatnonzero((problem.region == region) & (zone_of == _FREE)))


def _begun(problem: Problem, zone_of: NDArray[np.int64], part: list[int]) -> bool:
    """Return whether a part touches an open zone, so that it can be filled from there."""
    zones = {int(zone_of[v]) for u in part for v in near(problem, u)} - {_FREE}
    return any(not problem.closed[zone] for zone in zones)


def _fill(problem: Problem, zone_of: NDArray[np.int64]) -> None:
    """Give every free unit to an open neighbouring zone: the emptiest zone takes next."""
    taken = zone_of >= 0
    load: list[float] = np.bincount(zone_of[taken], problem.weight[taken], minlength=problem.zones).tolist()
    target: list[float] = problem.target.tolist()
    heap: list[tuple[float, float, int, int]] = []

    def offer(unit: int) -> None:
        zone = int(zone_of[unit])
        if not problem.closed[zone]:
            for v in near(problem, unit):
                if zone_of[v] == _FREE:
                    heapq.heappush(heap, (load[zone] / target[zone], -_stay(problem, v, zone), v, zone))

    for begun in np.flatnonzero(taken).tolist():
        offer(begun)
    while heap:
        told, stay, unit, zone = heapq.heappop(heap)
        if zone_of[unit] != _FREE:
            continue
        now = load[zone] / target[zone]
        if now > told + 1e-12:
            heapq.heappush(heap, (now, stay, unit, zone))
            continue
        zone_of[unit] = zone
        load[zone] += float(problem.weight[unit])
        offer(unit)
    if (zone_of == _FREE).any():
        _tell_cut_off(problem, np.flatnonzero(zone_of == _FREE))


def _tell_cut_off(problem: Problem, units: NDArray[np.int64]) -> None:
    cut_off = np.isin(problem.unit_of_grid, units)
    grids = [grid for grid, off in zip(problem.grid_ids, cut_off, strict=True) if off]
    raise SettingError("redraw_cut_off", grids=", ".join(grids[:10]), count=len(grids))


def _stay(problem: Problem, unit: int, zone: int) -> float:
    for i in range(problem.stay_first[unit], problem.stay_first[unit + 1]):
        if problem.stay_zone[i] == zone:
            return float(problem.stay_weight[i])
    return 0.0


def _fill_empty(problem: Problem, zone_of: NDArray[np.int64]) -> None:
    sizes = np.bincount(zone_of, minlength=problem.zones)
    for zone in np.flatnonzero(sizes == 0):
        load = problem.zone_weights(zone_of) / problem.target
        rivals = np.flatnonzero((problem.zone_region == problem.zone_region[zone]) & ~problem.closed)
        for giver in rivals[np.argsort(-load[rivals], kind="stable")]:
            unit = _spare(problem, zone_of, int(giver))
            if unit is not None:
                zone_of[unit] = zone
                break
        else:
            raise SettingError("redraw_zone_empty", zone=problem.zone_ids[zone])


def _spare(problem: Problem, zone_of: NDArray[np.int64], zone: int) -> int | None:
    """Return the heaviest unit that a zone can do without, if there is any."""
    members = np.flatnonzero(zone_of == zone)
    if len(members) < 2:
        return None
    for unit in members[np.argsort(-problem.weight[members], kind="stable")]:
        rest = [int(u) for u in members if u != unit]
        if not problem.fixed[unit] and len(components(problem, rest)) == 1:
            return int(unit)
    return None


def _parts_and_zones(
    problem: Problem, zone_of: NDArray[np.int64], region: int
) -> list[tuple[list[int], list[int]]]:
    """Return the parts of a region that hang together, without what is taken, and the zones for each."""
    taken = set(zone_of[zone_of >= 0].tolist())
    zones = [int(z) for z in np.flatnonzero(problem.zone_region == region) if z not in taken]
    parts = _free_parts(problem, zone_of, region)
    needy = [part for part in parts if not _begun(problem, zone_of, part)] or parts
    if not zones or len(zones) < len(needy):
        return []
    shares = webster(np.array([problem.weight[part].sum() for part in needy]), len(zones))
    shares = np.minimum(shares, [len(part) for part in needy])
    ends = np.cumsum(shares)
    return [
        (part, zones[end - share : end])
        for part, share, end in zip(needy, shares.tolist(), ends.tolist(), strict=True)
    ]


def _seeds(problem: Problem, part: list[int], count: int, rng: np.random.Generator) -> list[int]:
    """Return units far from one another, drawn with the square of the distance (k-means++)."""
    xy = np.column_stack([problem.x[part], problem.y[part]])
    chosen = [int(rng.integers(len(part)))]
    nearest = np.full(len(part), np.inf)
    while len(chosen) < count:
        nearest = np.minimum(nearest, ((xy - xy[chosen[-1]]) ** 2).sum(axis=1))
        chance = nearest.copy()
        chance[chosen] = 0.0
        if chance.sum() <= 0:
            rest = [i for i in range(len(part)) if i not in chosen]
            chosen.append(rest[0])
            continue
        chosen.append(int(rng.choice(len(part), p=chance / chance.sum())))
    return [part[i] for i in chosen]
