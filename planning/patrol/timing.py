"""When a team has to leave for a round in a given order, and where a stop costs least in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geo.travel_times import UNREACHABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from planning.patrol.indexed import Indexed, Windows


@dataclass(frozen=True, kw_only=True)
class Timed:
    """
    A round with its times, whether it can be kept or not.

    Parameters
    ----------
    start, end
        When the team leaves and is back.
    legs
        Travel to each stop, and back.
    arrive, begin, leave
        At each stop.
    late
        By how much each visit begins after its windows have closed.
    over
        By how much the shift or the cap is exceeded.
    overload
        By how much the capacity is exceeded.
    unreachable
        How many legs there is no way for.
    """

    start: int
    end: int
    legs: tuple[int, ...]
    arrive: tuple[int, ...]
    begin: tuple[int, ...]
    leave: tuple[int, ...]
    late: tuple[int, ...]
    over: int
    overload: int
    unreachable: int

    @property
    def duration(self) -> int:
        """From leaving to being back."""
        return self.end - self.start

    @property
    def badness(self) -> tuple[int, int, int]:
        """How far it is from being possible; zeros for a round that is."""
        return self.unreachable, self.overload, sum(self.late) + self.over

    @property
    def possible(self) -> bool:
        """Whether the round can be kept."""
        return not any(self.badness)


def timed(ix: Indexed, team: int, stops: Sequence[int], *, cap: int | None = None) -> Timed:
    """
    Time a round so that it takes as short as it can; if it cannot be kept, so that least is amiss.

    Parameters
    ----------
    ix, team, stops
        The stops in their order.
    cap
        Longest time out.
    """
    start = _best_start(ix, team, stops)
    return run(ix, team, stops, int(ix.shift[team, 0]) if start is None else start, cap=cap)


def best_place(
    ix: Indexed, team: int, stops: Sequence[int], stop: int, *, cap: int | None = None
) -> tuple[int, Timed]:
    """
    Return before which of a round's stops another one fits best, and the round with it.

    Where it fits, that is where the round stays shortest; where it does not, where the least is missing.
    """
    misses = missing(ix, team, stops, stop)
    least = min(misses)
    places = [place for place, miss in enumerate(misses) if miss == least]
    rounds = [(place, timed(ix, team, [*stops[:place], stop, *stops[place:]], cap=cap)) for place in places]
    return min(rounds, key=lambda found: (found[1].badness, found[1].duration, found[0]))


def missing(ix: Indexed, team: int, stops: Sequence[int], stop: int) -> list[int]:
    """
    Return for each place in a round by how much a stop comes too late there, or makes what follows late.

    0 where it fits, the cap and the capacity aside.
    """
    ms, node = ix.travel(team), int(ix.node[stop])
    path = [int(ix.start[team]), *(int(ix.node[s]) for s in stops), int(ix.end[team])]
    leave, latest = _soonest(ix, team, stops), _latest(ix, team, stops)
    windows, dwell = ix.windows[stop], int(ix.dwell[stop])
    found = []
    for place in range(len(stops) + 1):
        arrive = leave[place] + int(ms[path[place], node])
        begin = windows_from(windows, arrive)
        late = 0 if begin is not None else arrive - max(closes for _, closes in windows)
        following = (arrive if begin is None else begin) + dwell + int(ms[node, path[place + 1]])
        found.append(max(late, following - latest[place], 0))
    return found


def _soonest(ix: Indexed, team: int, stops: Sequence[int]) -> list[int]:
    """Return when the start and each stop are left if the team goes as early as it can."""
    begin = int(ix.shift[team, 0])
    return [begin, *run(ix, team, stops, begin).leave]


def _latest(ix: Indexed, team: int, stops: Sequence[int]) -> list[int]:
    """Return when each stop, and home, have to be reached at the latest for all that follows."""
    legs, latest = ix.legs(team, stops), [int(ix.shift[team, 1])]
    for stop, leg in zip(reversed(stops), reversed(legs), strict=False):
        begin = latest[-1] - leg - int(ix.dwell[stop])
        open_by = (min(begin, closes) for opens, closes in ix.windows[stop] if opens <= begin)
        latest.append(max(open_by, default=begin))
    return latest[::-1]


def windows_from(windows: Windows, time: int) -> int | None:
    """Return the first time from `time` on at which a visit may begin; None if there is none."""
    if not windows:
        return time
    return next((max(opens, time) for opens, closes in windows if closes >= time), None)


def latest_start(ix: Indexed, team: int, stops: Sequence[int]) -> int | None:
    """Return the latest start with which a round can be kept; None if it cannot."""
    return max((latest for _, latest, _ in _ends(ix, team, stops)), default=None)


def _best_start(ix: Indexed, team: int, stops: Sequence[int]) -> int | None:
    """Return the earliest start that makes a round as short as it can be; None if it cannot be kept."""
    begin = int(ix.shift[team, 0])
    starts = [
        (max(busy, soonest - latest), min(latest, max(soonest - busy, begin)))
        for soonest, latest, busy in _ends(ix, team, stops)
    ]
    return min(starts)[1] if starts else None


def _ends(ix: Indexed, team: int, stops: Sequence[int]) -> list[tuple[int, int, int]]:
    """
    Return how the end of a round depends on its start: soonest end, latest start, time without waiting.

    For one choice of windows the end is max(soonest, start + busy), for every start up to `latest`; of all
    choices only those are kept that are soonest for their latest start.
    """
    begin, finish = (int(t) for t in ix.shift[team])
    busy, choices, legs = 0, [(begin, finish)], ix.legs(team, stops)
    for leg, stop in zip(legs, stops, strict=False):
        busy += leg
        windows = ix.windows[stop] or ((0, 2 * UNREACHABLE),)
        choices = _pruned(
            (max(soonest + leg, opens), min(latest, closes - busy))
            for soonest, latest in choices
            for opens, closes in windows
            if soonest + leg <= closes and begin <= closes - busy
        )
        dwell = int(ix.dwell[stop])
        busy += dwell
        choices = [(soonest + dwell, latest) for soonest, latest in choices]
    busy += legs[-1]
    ends = [(soonest + legs[-1], min(latest, finish - busy), busy) for soonest, latest in choices]
    return [end for end in ends if end[0] <= finish and end[1] >= begin]


def _pruned(choices: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    kept: list[tuple[int, int]] = []
    for soonest, latest in sorted(choices, key=lambda choice: (choice[0], -choice[1])):
        if not kept or latest > kept[-1][1]:
            kept.append((soonest, latest))
    return kept


def run(ix: Indexed, team: int, stops: Sequence[int], start: int, *, cap: int | None = None) -> Timed:
    """Time a round that starts at a given time, each visit as soon as it can be."""
    legs, now = ix.legs(team, stops), start
    arrive, begin, leave, late = [], [], [], []
    for leg, stop in zip(legs, stops, strict=False):
        now += leg
        arrive.append(now)
        opens = windows_from(ix.windows[stop], now)
        late.append(now - max(closes for _, closes in ix.windows[stop]) if opens is None else 0)
        begin.append(now if opens is None else opens)
        now = begin[-1] + int(ix.dwell[stop])
        leave.append(now)
    now += legs[-1]
    over = max(now - int(ix.shift[team, 1]), 0)
    if cap is not None:
        over = max(over, now - start - cap)
    return Timed(
        start=start,
        end=now,
        legs=tuple(legs),
        arrive=tuple(arrive),
        begin=tuple(begin),
        leave=tuple(leave),
        late=tuple(late),
        over=over,
        overload=max(sum(int(ix.load[s]) for s in stops) - int(ix.capacity[team]), 0),
        unreachable=sum(leg >= UNREACHABLE for leg in legs),
    )


def able_alone(ix: Indexed, *, cap: int | None = None) -> npt.NDArray[np.bool_]:
    """Return whether each team can serve each stop if it serves no other: (team, stop)."""
    able = ix.able.copy()
    begin, finish = ix.shift[:, 0], ix.shift[:, 1]
    for stop in range(len(ix.stop_ids)):
        there = np.array([ix.travel(t)[ix.start[t], ix.node[stop]] for t in range(len(ix.team_ids))])
        back = np.array([ix.travel(t)[ix.node[stop], ix.end[t]] for t in range(len(ix.team_ids))])
        stay = int(ix.dwell[stop])
        # Whoever comes before a window opens leaves later instead, so that only travel and dwell count.
        fits = np.zeros(len(ix.team_ids), dtype=bool)
        for opens, closes in ix.windows[stop] or ((0, UNREACHABLE),):
            begins = np.maximum(begin + there, opens)
            fits |= (begins <= closes) & (begins + stay + back <= finish)
        if cap is not None:
            fits &= there + stay + back <= cap
        able[:, stop] &= fits & (ix.load[stop] <= ix.capacity)
    return able
