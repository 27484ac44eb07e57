"""Who patrols together: groups of neighbouring villages with one round, areas that all their teams share."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import connected_components

from data.schemas import STATION_ID, VILLAGE_ID
from geo.errors import SettingError
from geo.travel_times import UNREACHABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy.typing as npt

    from geo.travel_times import TravelTimes

    Ints = npt.NDArray[np.int64]

# How many places the groups of a station are grown from before the best of them counts.
_STARTS = 6


def village_groups(
    villages: pd.DataFrame, travel: TravelTimes, *, shift_ms: int, most: int | None = None
) -> pd.DataFrame:
    """
    Gather neighbouring villages into groups, each of which one team patrols in one round.

    A group lies in one station and hangs together: two villages are neighbours unless a third is nearer by
    road to both than they are to each other. There are as few groups as rounds fit into a shift, and their
    rounds take about as long as each other.

    Parameters
    ----------
    villages
        By village_id: station_id, place (label in the travel times), dwell_ms (how long a team stays there in
        all); optional: has_team (whether it has a team that may lead a group; all have by default).
    travel
        Travel times between their places.
    shift_ms
        How long a round may take.
    most
        At most so many villages a group, whatever their rounds take; None for as many as a shift allows.

    Returns
    -------
    DataFrame
        By village_id, in the order of `villages`: group_id (that of its first village), lead (village whose
        team goes: of those with a team the nearest to the others; "" if none has), round_ms (how long the
        group's round takes with all stays).

    Raises
    ------
    SettingError
        ``setting_wrong`` for a shift or a number that is not positive.
    """
    for name, value in (("shift_ms", shift_ms), ("most", most)):
        if value is not None and value <= 0:
            raise SettingError("setting_wrong", name=name, found=value, allowed="> 0")
    at = travel.labels.get_indexer(pd.Index(villages["place"]))
    ms = travel.ms[np.ix_(at, at)]
    dwell = villages["dwell_ms"].to_numpy(dtype=np.int64)
    may_lead = np.ones(len(at), dtype=bool)
    if "has_team" in villages:
        may_lead = villages["has_team"].to_numpy(dtype=bool)
    found = pd.DataFrame({"group_id": "", "lead": "", "round_ms": 0}, index=villages.index)
    for rows in _clusters(villages[STATION_ID].fillna("").to_numpy(), ms):
        station = _Station(ms=ms[np.ix_(rows, rows)], dwell=dwell[rows], shift=shift_ms, most=most)
        for group in station.grouped():
            members = rows[list(group.tour)]
            ids = villages.index[np.sort(members)]
            lead = _lead(ms[np.ix_(members, members)], may_lead[members])
            found.loc[ids, "group_id"] = ids[0]
            found.loc[ids, "lead"] = "" if lead is None else villages.index[members[lead]]
            found.loc[ids, "round_ms"] = group.work
    return found.rename_axis(VILLAGE_ID)


def areas(stations: Iterable[str], *, joined: Sequence[Sequence[str]] = ()) -> dict[str, str]:
    """
    Return the area of each station (or zone): itself, or what it is joined with.

    Parameters
    ----------
    stations
        Their ids.
    joined
        Stations that patrol together; those that share one are one area.

    Returns
    -------
    dict
        Area by station, named after its first station.

    Raises
    ------
    SettingError
        ``station_unknown`` where there are none of that name.
    """
    known = list(dict.fromkeys(stations))
    if unknown := sorted({name for names in joined for name in names} - set(known)):
        raise SettingError("station_unknown", ids=", ".join(unknown))
    area = {name: name for name in known}
    for names in joined:
        held = [area[name] for name in names]
        first = min(held, key=known.index, default="")
        area = {name: first if of in held else of for name, of in area.items()}
    return area


def neighbours(ms: Ints) -> npt.NDArray[np.bool_]:
    """Return which places are neighbours: no third is nearer to both than they are to each other."""
    way = np.maximum(ms, ms.T)
    between = np.full_like(way, UNREACHABLE)
    for third in way:
        np.minimum(between, np.maximum.outer(third, third), out=between)
    near: npt.NDArray[np.bool_] = (way < UNREACHABLE) & (between >= way)
    np.fill_diagonal(near, False)
    return near


@dataclass(frozen=True)
class _Group:
    """Villages in the order of their round, and how long it takes with all stays."""

    tour: tuple[int, ...]
    work: int


class _Station:
    """Villages of a station that roads join, to be shared out into groups."""

    def __init__(self, *, ms: Ints, dwell: Ints, shift: int, most: int | None) -> None:
        self.ms, self.dwell, self.shift, self.most = ms, dwell, shift, most
        near = neighbours(ms)
        self.near = [np.flatnonzero(row).tolist() for row in near]
        self.count = len(dwell)
        self._known: dict[tuple[int, ...], _Group] = {}

    def grouped(self) -> list[_Group]:
        """Return the groups: as few as fit, and of those the evenest found."""
        # What does not fit by itself cannot be helped by more groups.
        alone = sum(self.excess(self.group((village,))) for village in range(self.count))
        for number in range(self._least(), self.count + 1):
            tries = [self._improved(self._grown(first, number)) for first in self._firsts()]
            groups = min(tries, key=self.badness)
            if self.badness(groups)[0] <= alone:
                break
        return sorted(groups, key=lambda group: min(group.tour))

    def group(self, members: Iterable[int]) -> _Group:
        """Return villages in the order of a short round."""
        key = tuple(sorted(members))
        if key not in self._known:
            tour = _round(self.ms, key)
            self._known[key] = _Group(tour, _length(self.ms, tour) + int(self.dwell[list(key)].sum()))
        return self._known[key]

    def excess(self, group: _Group) -> int:
        """Return by how much a group is too large."""
        if self.most is not None:
            return max(len(group.tour) - self.most, 0)
        return max(group.work - self.shift, 0)

    def badness(self, groups: Sequence[_Group]) -> tuple[int, int]:
        """Return what is to be small: how much is too large, then unevenness and ways together."""
        return sum(self.excess(group) for group in groups), sum(group.work**2 for group in groups)

    def _least(self) -> int:
        if self.most is not None:
            return math.ceil(self.count / self.most)
        return min(max(1, math.ceil(int(self.dwell.sum()) / self.shift)), self.count)

    def _firsts(self) -> list[int]:
        """Return villages to grow from: those farthest from all, and from each other."""
        return self._apart(int(self.ms.sum(axis=1).argmax()), min(_STARTS, self.count))

    def _apart(self, first: int, number: int) -> list[int]:
        """Return villages far from each other, beginning with one."""
        chosen = [first]
        while len(chosen) < number:
            chosen.append(int(self.ms[chosen].min(axis=0).argmax()))
        return chosen

    def _grown(self, first: int, number: int) -> list[_Group]:
        """Grow groups from villages apart from each other; the group with the least work takes the next."""
        groups = [self.group((village,)) for village in self._apart(first, number)]
        free = set(range(self.count)) - {group.tour[0] for group in groups}
        while free:
            for i in sorted(range(number), key=lambda i: (groups[i].work, i)):
                edge = {v for member in groups[i].tour for v in self.near[member]} & free
                if edge:
                    bigger = [self.group((*groups[i].tour, village)) for village in sorted(edge)]
                    groups[i] = min(bigger, key=lambda group: group.work)
                    free -= set(groups[i].tour)
                    break
        return groups

    def _improved(self, groups: list[_Group]) -> list[_Group]:
        """Let neighbouring groups give and swap villages as long as that makes them better."""
        pairs = list(itertools.combinations(range(len(groups)), 2))
        better = True
        while better:
            better = False
            for a, b in pairs:
                found = self._better_pair(groups[a], groups[b])
                if found is not None:
                    groups[a], groups[b] = found
                    better = True
        return groups

    def _better_pair(self, one: _Group, other: _Group) -> tuple[_Group, _Group] | None:
        """Return two groups after the exchange of villages that makes them best; None if none does."""
        best, found = self.badness((one, other)), None
        for given, taken in self._exchanges(one, other):
            first = {*one.tour} - given | taken
            second = {*other.tour} - taken | given
            if first and second and self._is_whole(first) and self._is_whole(second):
                pair = self.group(first), self.group(second)
                if self.badness(pair) < best:
                    best, found = self.badness(pair), pair
        return found

    def _exchanges(self, one: _Group, other: _Group) -> Iterator[tuple[set[int], set[int]]]:
        """Yield what may go over: a village on the border one way, or one each way."""
        gives = [{v} for v in sorted(one.tour) if not {*other.tour}.isdisjoint(self.near[v])]
        takes = [{v} for v in sorted(other.tour) if not {*one.tour}.isdisjoint(self.near[v])]
        yield from ((give, set()) for give in gives)
        yield from ((set(), take) for take in takes)
        yield from itertools.product(gives, takes)

    def _is_whole(self, members: set[int]) -> bool:
        """Return whether villages hang together."""
        reached, edge = set(), [min(members)]
        while edge:
            village = edge.pop()
            if village not in reached:
                reached.add(village)
                edge += [v for v in self.near[village] if v in members]
        return len(reached) == len(members)


def _clusters(station: npt.NDArray[np.object_], ms: Ints) -> Iterator[Ints]:
    """Yield the villages of each station that roads join."""
    for name in dict.fromkeys(station.tolist()):
        rows = np.flatnonzero(station == name)
        way = np.maximum(ms[np.ix_(rows, rows)], ms[np.ix_(rows, rows)].T)
        label = connected_components(way < UNREACHABLE, directed=False)[1]
        for part in range(int(label.max(initial=-1)) + 1):
            yield rows[label == part]


def _lead(ms: Ints, may: npt.NDArray[np.bool_]) -> int | None:
    """Return the place nearest to all others, of those that may lead."""
    if not may.any():
        return None
    return int(np.where(may, ms.sum(axis=0) + ms.sum(axis=1), np.iinfo(np.int64).max).argmin())


def _round(ms: Ints, members: Sequence[int]) -> tuple[int, ...]:
    """Return places in the order of a short round: each put where it costs least, then stretches reversed."""
    way = ms[np.ix_(members, members)].tolist()
    tour = [0]
    for place in range(1, len(members)):
        costs = [
            way[a][place] + way[place][b] - way[a][b] for a, b in zip(tour, tour[1:] + tour[:1], strict=True)
        ]
        tour.insert(costs.index(min(costs)) + 1, place)
    length, better = _length(way, tour), len(tour) > 3
    while better:
        better = False
        for i, j in itertools.combinations(range(1, len(tour) + 1), 2):
            turned = tour[:i] + tour[i:j][::-1] + tour[j:]
            if _length(way, turned) < length:
                tour, length, better = turned, _length(way, turned), True
    return tuple(members[place] for place in tour)


def _length(way: Sequence[Sequence[int]] | Ints, tour: Sequence[int]) -> int:
    return sum(int(way[a][b]) for a, b in zip(tour, (*tour[1:], tour[0]), strict=True))
