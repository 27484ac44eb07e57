"""How a zone in pieces can be made whole again: by grids that link its parts, or by giving parts away."""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.schemas import STATION_ID, TOWN_ID, VILLAGE_ID
from planning.dual_graph import OUTLINE_M, PRESENT, WORKLOAD
from planning.zone_loads import placed_on

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from planning.dual_graph import DualGraph

    # Breaks, workload, grids: compared in this order.
    Cost = tuple[int, float, int]

LINK, GIVE, GIVE_OTHER = "link", "give", "give_other"


@dataclass(frozen=True, kw_only=True)
class Mend:
    """
    A change after which a zone hangs together.

    Parameters
    ----------
    zone
        The zone that it mends.
    kind
        ``link``: the zone takes grids that join its parts. ``give``: its smaller parts go to the zones that
        they share the longest border with. ``give_other``: they go to the next best where there is one.
    grids
        The zone that each grid goes to, by grid_id.
    workload, present
        What these grids carry.
    breaks
        Other zones that it leaves in more parts than they are in, or without a grid.
    splits
        Villages that lie in one zone and would then lie in several.
    """

    zone: str
    kind: str
    grids: Mapping[str, str]
    workload: float
    present: float
    breaks: tuple[str, ...]
    splits: tuple[str, ...]


def mends(
    graph: DualGraph,
    assignment: pd.Series,
    zone: str,
    *,
    locked: Collection[str] = (),
    whole_villages: bool = True,
    at_most: int = 3,
) -> tuple[Mend, ...]:
    """
    Return how a zone can be made whole: at most one way of each kind, the best first.

    The best breaks no other zone, then splits no village, then moves least workload. The part with most
    grids is the one that stays. A link between two parts is the one with least workload (Dijkstra 1959, on
    grids instead of edges); several parts are joined one after another, the cheapest first. Where the link
    would break a neighbour, another that does not is looked for. Grids stay in their station and town, and a
    zone whose home is elsewhere gives and takes none.

    Parameters
    ----------
    graph
        The district's grids.
    assignment
        zone_id of each grid, by grid_id; missing or "" for none.
    zone
        Its id; a zone that hangs together, or has no grid, has no mends.
    locked
        What stays as it is: ``zone:ID``, ``grid:ID``, ``village:ID``.
    whole_villages
        Whether a link takes what a zone holds of a village as a whole.
    at_most
        How many to return.

    Raises
    ------
    SettingError
        ``assignment_unknown_grids`` or ``assignment_repeats``, naming the grids.
    """
    mender = Mender(graph, whole_villages=whole_villages)
    return mender.mends(assignment, [zone], locked=locked, at_most=at_most)[zone]


class Mender:
    """
    Finds the mends of one plan after another on the same ground (`mends`).

    Parameters
    ----------
    graph
        The district's grids.
    whole_villages
        Whether a link takes what a zone holds of a village as a whole.
    """

    def __init__(self, graph: DualGraph, *, whole_villages: bool = True) -> None:
        self._grids = graph.grids.index
        self._terrain = _Terrain(graph)
        self._whole_villages = whole_villages

    def mends(
        self,
        assignment: pd.Series,
        zones: Iterable[str],
        *,
        locked: Collection[str] = (),
        at_most: int = 3,
    ) -> dict[str, tuple[Mend, ...]]:
        """Return the mends of some zones of a plan, by zone_id; parameters and errors as for `mends`."""
        known = assignment.index.equals(self._grids)
        plan = (assignment if known else placed_on(assignment, self._grids)).fillna("").astype(str)
        ground = _Ground(self._terrain, plan, frozenset(locked), whole_villages=self._whole_villages)
        return {zone: _mends(ground, zone)[:at_most] for zone in zones}


def _mends(ground: _Ground, zone: str) -> tuple[Mend, ...]:
    parts = ground.parts(ground.members(zone))
    if len(parts) < 2 or f"zone:{zone}" in ground.locked:
        return ()
    return tuple(sorted([*_best_link(ground, zone, parts), *_gifts(ground, zone, parts)], key=_rank))


def _rank(mend: Mend) -> tuple[int, int, float, int, str]:
    return (len(mend.breaks), len(mend.splits), mend.workload, len(mend.grids), mend.kind)


class _Places:
    """Where each name stands in a list, ascending; [] for names that it does not hold."""

    def __init__(self, names: list[str]) -> None:
        self._numbers, held = pd.factorize(np.array(names, dtype=object))
        self._number = {name: i for i, name in enumerate(held)}
        self._found: dict[str, list[int]] = {}

    def __getitem__(self, name: str) -> list[int]:
        if name not in self._found:
            self._found[name] = np.flatnonzero(self._numbers == self._number.get(name, -1)).tolist()
        return self._found[name]


class _Terrain:
    """What no plan changes, by the grids' places in the graph."""

    def __init__(self, graph: DualGraph) -> None:
        rows = graph.grids
        self.ids, self.village, self.station, self.town = (
            np.asarray(names, dtype=object).tolist()
            for names in (rows.index, rows[VILLAGE_ID], rows[STATION_ID], rows[TOWN_ID])
        )
        self.work: list[float] = rows[WORKLOAD].fillna(0.0).tolist()
        self.present: list[float] = rows[PRESENT].fillna(0.0).tolist()
        self.drawn: list[bool] = rows[OUTLINE_M].notna().tolist()
        # Looked up as they are needed: a mend sees few of the district's villages.
        self.villages = _Places(self.village)
        self._set_neighbours(graph)

    def _set_neighbours(self, graph: DualGraph) -> None:
        index, borders = graph.grids.index, graph.borders
        left, right = (index.get_indexer(pd.Index(borders[end])) for end in ("left", "right"))
        known = (left >= 0) & (right >= 0)
        ends = np.concatenate([left[known], right[known]])
        order = np.argsort(ends, kind="stable")
        self._first = np.searchsorted(ends[order], np.arange(len(index) + 1)).tolist()
        self._near = np.concatenate([right[known], left[known]])[order].tolist()
        self._length = np.tile(borders["length_m"].to_numpy(dtype=float)[known], 2)[order].tolist()

    def near(self, place: int) -> list[int]:
        """Return the neighbours of a grid."""
        found: list[int] = self._near[self._first[place] : self._first[place + 1]]
        return found

    def borders(self, place: int) -> Iterator[tuple[int, float]]:
        """Yield the neighbours of a grid and the length of the border."""
        around = slice(self._first[place], self._first[place + 1])
        yield from zip(self._near[around], self._length[around], strict=True)


class _Ground:
    """A plan and what lies around it, by the grids' places in the graph."""

    def __init__(
        self, terrain: _Terrain, plan: pd.Series, locked: frozenset[str], *, whole_villages: bool
    ) -> None:
        self.ids, self.village = terrain.ids, terrain.village
        self.station, self.town = terrain.station, terrain.town
        self.work, self.present, self.drawn = terrain.work, terrain.present, terrain.drawn
        self.near, self.borders = terrain.near, terrain.borders
        self.whole_villages = whole_villages
        self.locked = locked
        self.zone: list[str] = np.asarray(plan, dtype=object).tolist()
        self._zones, self._villages = _Places(self.zone), terrain.villages
        self._homes: dict[str, str] = {}
        self._towns_of: dict[str, set[str]] = {}
        self._held: dict[tuple[str, str], list[int]] = {}
        self._broken_by: dict[int, bool] = {}

    def members(self, zone: str) -> set[int]:
        """Return the grids of a zone."""
        return set(self._zones[zone])

    def parts(self, places: Collection[int]) -> list[set[int]]:
        """Return the parts that drawn grids hang together in, the one with most grids first."""
        left, parts = {place for place in places if self.drawn[place]}, []
        for start in sorted(left):
            if start not in left:
                continue
            left.remove(start)
            part, front = {start}, [start]
            while front:
                found = [other for other in self.near(front.pop()) if other in left]
                left.difference_update(found)
                part.update(found)
                front.extend(found)
            parts.append(part)
        return sorted(parts, key=len, reverse=True)

    def fixed(self, place: int) -> bool:
        """Return whether a grid has to stay in its zone."""
        if not self.locked:
            return False
        names = (
            f"grid:{self.ids[place]}",
            f"zone:{self.zone[place]}",
            f"village:{self.village[place]}",
        )
        return any(name in self.locked for name in names)

    def unit(self, place: int) -> list[int]:
        """Return the grids that move together with a grid, itself among them, ascending."""
        if not self.whole_villages or not self.village[place]:
            return [place]
        key = (self.zone[place], self.village[place])
        if key not in self._held:
            self._held[key] = [p for p in self._zones[key[0]] if self.village[p] == key[1]]
        return self._held[key]

    def fits(self, places: Collection[int], zone: str) -> bool:
        """Return whether a zone may have some grids: none is of another station or town than it."""
        home, towns = self._home(zone), self._towns(zone)
        if home and any(self.station[place] not in ("", home) for place in places):
            return False
        # A zone that lies in several towns is to be mended otherwise; it may take what is near.
        return len(towns) != 1 or all(self.town[place] in ("", *towns) for place in places)

    def _towns(self, zone: str) -> set[str]:
        """Return the towns that a zone lies in."""
        if zone not in self._towns_of:
            self._towns_of[zone] = {self.town[place] for place in self._zones[zone]} - {""}
        return self._towns_of[zone]

    def _home(self, zone: str) -> str:
        """Return the station that is home to a zone, as `planning.zone_loads.home_places` has it."""
        if zone not in self._homes:
            work, grids = defaultdict[str, float](float), defaultdict[str, int](int)
            for place in self._zones[zone]:
                work[self.station[place]] += self.work[place]
                grids[self.station[place]] += 1
            ranked = sorted(grids, key=lambda name: (name == "", -work[name], -grids[name], name))
            self._homes[zone] = ranked[0] if ranked else ""
        return self._homes[zone]

    def load(self, zone: str) -> float:
        """Return what a zone carries."""
        return sum(self.work[place] for place in self._zones[zone])

    def broken_by(self, unit: list[int]) -> bool:
        """Return whether a zone that loses a unit alone is broken."""
        if unit[0] not in self._broken_by:
            self._broken_by[unit[0]] = self._breaks(self.zone[unit[0]], set(unit), set())
        return self._broken_by[unit[0]]

    def _breaks(self, zone: str, lost: set[int], gained: set[int]) -> bool:
        if not zone:
            return False
        before = self.members(zone)
        after = (before - lost) | gained
        return not after or len(self.parts(after)) > max(len(self.parts(before)), 1)

    def mend(self, zone: str, kind: str, moves: Mapping[int, str]) -> Mend:
        """Return a mend with what it does."""
        return Mend(
            zone=zone,
            kind=kind,
            grids={self.ids[place]: moves[place] for place in sorted(moves)},
            workload=float(sum(self.work[place] for place in sorted(moves))),
            present=float(sum(self.present[place] for place in sorted(moves))),
            breaks=tuple(sorted(self._broken(zone, moves))),
            splits=tuple(sorted(self._split(moves))),
        )

    def _broken(self, mended: str, moves: Mapping[int, str]) -> Iterator[str]:
        for zone in ({self.zone[place] for place in moves} | set(moves.values())) - {mended, ""}:
            gained = {place for place, to in moves.items() if to == zone}
            if self._breaks(zone, set(moves) - gained, gained):
                yield zone

    def _split(self, moves: Mapping[int, str]) -> Iterator[str]:
        for village in {self.village[place] for place in moves} - {""}:
            places = self._villages[village]
            before = {self.zone[place] for place in places} - {""}
            after = {moves.get(place, self.zone[place]) for place in places} - {""}
            if len(before) <= 1 < len(after):
                yield village


def _best_link(ground: _Ground, zone: str, parts: list[set[int]]) -> Iterator[Mend]:
    """Yield the best of the links found: the cheapest, then such as spare what that one breaks."""
    found: list[Mend] = []
    spared: set[str] = set()
    for careful in (False, True, True, True):
        taken = _link(ground, zone, parts, careful=careful, spared=spared)
        if taken is None:
            break
        found.append(ground.mend(zone, LINK, dict.fromkeys(taken, zone)))
        if not found[-1].breaks:
            break
        # Units may break a zone together that do not one by one.
        spared = spared | set(found[-1].breaks) if careful else spared
    if found:
        yield min(found, key=_rank)


def _link(
    ground: _Ground, zone: str, parts: list[set[int]], *, careful: bool, spared: set[str]
) -> set[int] | None:
    """Return grids that join the parts of a zone; None where there are none."""

    def cost(unit: list[int]) -> Cost | None:
        giver = ground.zone[unit[0]]
        barred = giver == zone or giver in spared or any(ground.fixed(place) for place in unit)
        if barred or not ground.fits(unit, zone):
            return None
        broken = careful and ground.broken_by(unit)
        return (int(broken), sum(ground.work[place] for place in unit), len(unit))

    taken: set[int] = set()
    # A unit that does not hang together itself may add a part, but not without end.
    for _ in range(2 * len(parts)):
        if len(parts) < 2:
            return taken
        path = _path(ground, parts[0], set().union(*parts[1:]), cost)
        if path is None:
            return None
        taken |= path
        parts = ground.parts(ground.members(zone) | taken)
    return taken if len(parts) < 2 else None


def _path(
    ground: _Ground, source: set[int], targets: set[int], cost: Callable[[list[int]], Cost | None]
) -> set[int] | None:
    """Return the cheapest grids that lead from one part to any of the others."""
    came: dict[int, int] = {}
    heap: list[tuple[Cost, int, int]] = []

    def reach(places: Iterable[int], so_far: Cost, before: int) -> None:
        for place in {ground.unit(other)[0] for p in places for other in ground.near(p)}:
            if place in came or place in own:
                continue
            step = cost(ground.unit(place))
            if step is not None:
                ahead = (so_far[0] + step[0], so_far[1] + step[1], so_far[2] + step[2])
                heapq.heappush(heap, (ahead, place, before))

    own = {ground.unit(place)[0] for place in source | targets}
    reach(source, (0, 0.0, 0), -1)
    while heap:
        so_far, place, before = heapq.heappop(heap)
        if place in came:
            continue
        came[place] = before
        unit = ground.unit(place)
        if any(other in targets for p in unit for other in ground.near(p)):
            return set(_trace(ground, came, place))
        reach(unit, so_far, place)
    return None


def _trace(ground: _Ground, came: Mapping[int, int], place: int) -> Iterator[int]:
    while place >= 0:
        yield from ground.unit(place)
        place = came[place]


def _gifts(ground: _Ground, zone: str, parts: list[set[int]]) -> Iterator[Mend]:
    """Yield the ways to give the smaller parts to neighbours; none where one of them has no taker."""
    smaller = parts[1:]
    if any(ground.fixed(place) for part in smaller for place in part):
        return
    takers = [_takers(ground, zone, part) for part in smaller]
    if not all(takers):
        return
    for kind, choice in ((GIVE, 0), (GIVE_OTHER, 1)):
        if kind == GIVE or any(len(names) > 1 for names in takers):
            chosen = [names[min(choice, len(names) - 1)] for names in takers]
            moves = {p: to for part, to in zip(smaller, chosen, strict=True) for p in part}
            yield ground.mend(zone, kind, moves)


def _takers(ground: _Ground, zone: str, part: set[int]) -> list[str]:
    """Return the zones that may have a part, those with the longest border first."""
    shared: dict[str, float] = defaultdict(float)
    for place in sorted(part):
        for other, length in ground.borders(place):
            shared[ground.zone[other]] += length
    fit = [
        name
        for name in shared
        if name not in ("", zone) and f"zone:{name}" not in ground.locked and ground.fits(part, name)
    ]
    return sorted(fit, key=lambda name: (-shared[name], ground.load(name), name))
