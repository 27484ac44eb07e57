"""The best rounds of a few teams for a few stops: every set of stops in its best order, every sharing out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geo.travel_times import UNREACHABLE
from planning.patrol.indexed import prizes, team_price
from planning.patrol.params import LONGEST, TRAVEL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planning.patrol.indexed import Indexed, Part, Rounds

    # Stops in their order, of a set of stops given by its bits.
    Tours = dict[int, tuple[int, tuple[int, ...]]]

# Beyond these the search is quicker, and finds the same.
MOST_STOPS, MOST_TEAMS = 6, 3


@dataclass(frozen=True, slots=True)
class _Path:
    """Stops in an order: how soon the last is left, how long that takes without waiting, the latest start."""

    soonest: int
    busy: int
    latest: int
    stops: tuple[int, ...]

    def beats(self, other: _Path) -> bool:
        return self.soonest <= other.soonest and self.busy <= other.busy and self.latest >= other.latest


def is_small(part: Part) -> bool:
    """Return whether a part is worked out exactly."""
    return len(part.stops) <= MOST_STOPS and len(part.teams) <= MOST_TEAMS


def best_rounds(ix: Indexed, part: Part) -> Rounds:
    """Return the best rounds of a small part, by stops left out and then by the objective."""
    tours = {team: _tours(ix, part, team) for team in part.teams}
    if part.objective != LONGEST:
        return _shared_out(ix, part, tours)
    found = _shared_out(ix, part, tours, longest=True)
    longest = max((tours[team][_bits(part, stops)][0] for team, stops in found.items()), default=0)
    short = {t: {s: tour for s, tour in of.items() if tour[0] <= longest} for t, of in tours.items()}
    return _shared_out(ix, part, short)


def _shared_out(ix: Indexed, part: Part, tours: dict[int, Tours], *, longest: bool = False) -> Rounds:
    """Share the stops out among the teams; with `longest` the longest tour is to be short, not their sum."""
    count, price = len(part.stops), team_price(ix, part)
    worth = prizes(ix, part).tolist()
    left = [sum(worth[i] for i in range(count) if not chosen >> i & 1) for chosen in range(1 << count)]
    best: dict[int, tuple[int, Rounds]] = {0: (0, {})}
    for team in part.teams:
        better = dict(best)
        for chosen, (cost, rounds) in best.items():
            for tour, (length, stops) in tours[team].items():
                if tour & chosen:
                    continue
                total = max(cost, length) if longest else cost + length + price
                both = chosen | tour
                if both not in better or total < better[both][0]:
                    better[both] = (total, {**rounds, team: stops})
        best = better
    return min(best.items(), key=lambda found: (left[found[0]] + found[1][0], found[0]))[1][1]


def _tours(ix: Indexed, part: Part, team: int) -> Tours:
    """Return the best order of every set of stops that a team can serve in one round."""
    paths: dict[tuple[int, int], list[_Path]] = {}
    begin, finish = ix.shift[team].tolist()
    start = _Path(soonest=begin, busy=0, latest=finish, stops=())
    for place, path in _next(ix, part, team, start, int(ix.start[team]), 0):
        paths.setdefault((1 << place, place), []).append(path)
    for chosen in range(1, 1 << len(part.stops)):
        for last in range(len(part.stops)):
            for path in paths.get((chosen, last), ()):
                node = int(ix.node[part.stops[last]])
                for place, longer in _next(ix, part, team, path, node, chosen):
                    held = paths.setdefault((chosen | 1 << place, place), [])
                    if not any(other.beats(longer) for other in held):
                        held[:] = [other for other in held if not longer.beats(other)] + [longer]
    tours: Tours = {}
    for (chosen, last), held in paths.items():
        home = int(ix.travel(team)[ix.node[part.stops[last]], ix.end[team]])
        for path in held:
            length = _length(ix, part, team, path, home)
            if length is not None and (chosen not in tours or (length, path.stops) < tours[chosen]):
                tours[chosen] = (length, path.stops)
    return tours


def _next(
    ix: Indexed, part: Part, team: int, path: _Path, node: int, chosen: int
) -> Iterator[tuple[int, _Path]]:
    """Yield what a path can go on with, once for each window."""
    begin, finish = ix.shift[team].tolist()
    free = int(ix.capacity[team]) - sum(int(ix.load[stop]) for stop in path.stops)
    for place, stop in enumerate(part.stops):
        leg = int(ix.travel(team)[node, ix.node[stop]])
        if chosen >> place & 1 or not ix.able[team, stop] or leg >= UNREACHABLE or ix.load[stop] > free:
            continue
        dwell, there = int(ix.dwell[stop]), path.busy + leg
        for opens, closes in ix.windows[stop] or ((begin, finish),):
            latest = min(path.latest, closes - there)
            if path.soonest + leg <= closes and latest >= begin:
                soonest = max(path.soonest + leg, opens) + dwell
                yield place, _Path(soonest, there + dwell, latest, (*path.stops, stop))


def _length(ix: Indexed, part: Part, team: int, path: _Path, home: int) -> int | None:
    """Return the time out of a path once back, or on the road; None where shift or cap forbid it."""
    begin, finish = (int(t) for t in ix.shift[team])
    soonest, busy = path.soonest + home, path.busy + home
    latest = min(path.latest, finish - busy)
    if home >= UNREACHABLE or soonest > finish or latest < begin:
        return None
    duration = max(busy, soonest - latest)
    if part.cap is not None and duration > part.cap:
        return None
    dwell = sum(int(ix.dwell[stop]) for stop in path.stops)
    return busy - dwell if part.objective == TRAVEL else duration


def _bits(part: Part, stops: tuple[int, ...]) -> int:
    return sum(1 << part.stops.index(stop) for stop in stops)
