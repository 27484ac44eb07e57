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
        By how much visits begin after their windows have closed, in all.
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
    late: int
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
        return self.unreachable, self.overload, self.late + self.over

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
    legs = ix.legs(team, stops)
    start = _best_start(ix, team, stops, legs)
    return _run(ix, team, stops, legs, int(ix.shift[team, 0]) if start is None else start, cap)


def best_place(
    ix: Indexed, team: int, stops: Sequence[int], stop: int, *, cap: int | None = None
) -> tuple[int, Timed]:
    """Return before which of a round's stops another one fits best, and the round with it."""
    tries = (
        (place, timed(ix, team, [*stops[:place], stop, *stops[place:]], cap=cap))
        for place in range(len(stops) + 1)
    )
    return min(tries, key=lambda found: (found[1].badness, found[1].duration, found[0]))


def windows_from(windows: Windows, time: int) -> int | None:
    """Return the first time from `time` on at which a visit may begin; None if there is none."""
    if not windows:
        return time
    return next((max(opens, time) for opens, closes in windows if closes >= time), None)


def _best_start(ix: Indexed, team: int, stops: Sequence[int], legs: Sequence[int]) -> int | None:
    """
    Return the earliest start that makes a round as short as it can be; None if it cannot be kept.

    For one choice of windows the end depends on the start as max(soonest, start + busy), for every start up
    to `latest`; of all choices only those are kept that are soonest for their latest start.
    """
    begin, finish = (int(t) for t in ix.shift[team])
    busy, choices = 0, [(begin, finish)]
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
    ends = [(soonest + legs[-1], min(latest, finish - busy)) for soonest, latest in choices]
    ends = [(soonest, latest) for soonest, latest in ends if soonest <= finish and latest >= begin]
    if not ends:
        return None
    return min(
        (max(busy, soonest - latest), min(latest, max(soonest - busy, begin))) for soonest, latest in ends
    )[1]


def _pruned(choices: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    kept: list[tuple[int, int]] = []
    for soonest, latest in sorted(choices, key=lambda choice: (choice[0], -choice[1])):
        if not kept or latest > kept[-1][1]:
            kept.append((soonest, latest))
    return kept


def _run(
    ix: Indexed, team: int, stops: Sequence[int], legs: Sequence[int], start: int, cap: int | None
) -> Timed:
    now, late = start, 0
    arrive, begin, leave = [], [], []
    for leg, stop in zip(legs, stops, strict=False):
        now += leg
        arrive.append(now)
        opens = windows_from(ix.windows[stop], now)
        if opens is None:
            late += now - max(closes for _, closes in ix.windows[stop])
            opens = now
        begin.append(opens)
        now = opens + int(ix.dwell[stop])
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
        late=late,
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
