"""
Ruin and recreate over all days of a period, compiled: a stop that is torn out comes back on its best days.

Strings of stops are torn out of one day's rounds near a stop (Christiaens and Vanden Berghe, Transp. Sci.
54(2):417-433, 2020), and, of some, the visits on other days too. A stop is put back where its promise costs
least: the cheapest place in any round is worked out for each day, and of all sets of days that keep the
promise the cheapest is found by dynamic programming, or from a list. One file on purpose: numba's cache does
not notice a change in another file.

A round is a team on a day. A stretch of it is three numbers (of each stop's windows one is chosen): how soon
it is over, how long it takes without waiting, how late it may begin; any two stretches are joined in a few
operations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from numpy.typing import NDArray

    F = TypeVar("F", bound=Callable[..., Any])

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

# The longest string; how often a good place is overlooked.
_STRING, _BLINK = 10, 0.01
# How often a string is torn around a piece that stays, and how that piece grows.
_SPLIT, _GROWS = 0.5, 0.5
# Of the stops whose promise is not kept so many are tried besides those torn out.
_ALSO_TRIED = 6
# A visit comes back on the day it was torn from; on any day, the stop's others stay; all of them anew.
_SAME_DAY, _ANY_DAY, _ALL_DAYS = 0, 1, 2
_DAYS_A_WEEK = 7
_NEVER = -(2**62)
_TOO_MUCH = 2**62

# Wrappers that Python could call take longer to compile than what they wrap.
_inner: Callable[[F], F] = njit(  # type: ignore[call-overload]
    cache=True, nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True
)


class Ground(NamedTuple):
    """
    What is asked; stops first among the nodes, round d * teams + t is team t on day d.

    Attributes
    ----------
    ms, toll
        (kind of ways, node, node): ms, and what a leg costs beyond the time on duty.
    way, tolled
        Of each round, which of them.
    begin, finish, cap, kind
        Of each round; like teams are of one kind; finish <= begin for who is not out.
    start, end, capacity, total
        Of each team; total is the longest that it may be out in all.
    able
        (team, stop).
    open
        (stop, day): whether it may be visited.
    frozen
        Of each day: whether it stays as it is.
    load, dwell, prize
        Of each stop; a prize for each visit that is promised.
    first, opens, closes
        Windows of stop i: first[i] to first[i + 1].
    near
        (stop, …): the stops from the nearest on, itself first.
    listed, patterns
        Patterns of stop i: rows listed[i] to listed[i + 1] of (pattern, day); none for any that keeps what
        visits, block, least, most and last say, see `PeriodProblem`.
    whim, home
        (stop, day): what a visit costs on that day, and the team that a visit by another is a change from.
    rates
        What a ms of duty costs, a team that goes out, the same weekday as the visit before, a change.
    """

    ms: NDArray[np.int64]
    toll: NDArray[np.int64]
    way: Ints
    tolled: Ints
    begin: Ints
    finish: Ints
    cap: Ints
    kind: Ints
    start: Ints
    end: Ints
    capacity: Ints
    total: Ints
    able: NDArray[np.bool_]
    open: NDArray[np.bool_]
    frozen: Bools
    load: Ints
    dwell: Ints
    prize: Ints
    first: Ints
    opens: Ints
    closes: Ints
    near: NDArray[np.int64]
    listed: Ints
    patterns: NDArray[np.bool_]
    visits: Ints
    block: Ints
    least: Ints
    most: Ints
    last: Ints
    whim: NDArray[np.int64]
    home: NDArray[np.int64]
    rates: Ints


class State(NamedTuple):
    """
    Rounds, and what is known of their stretches.

    Attributes
    ----------
    stops, size
        Of each round: in order, and how many.
    team, window
        (stop, day): team -1 where there is no visit.
    price
        Of each stop, for its days: whims, changes, and prizes of the visits that are missing.
    duty, cost, toll, load
        Of each round.
    worked
        Of each team, over all days.
    head, tail
        (round, place, 3): the stretch up to before a place, and from its stop on; soonest, busy, latest.
    random
        State of the generator.
    """

    stops: NDArray[np.int64]
    size: Ints
    team: NDArray[np.int64]
    window: NDArray[np.int64]
    price: Ints
    duty: Ints
    cost: Ints
    toll: Ints
    load: Ints
    worked: Ints
    head: NDArray[np.int64]
    tail: NDArray[np.int64]
    random: NDArray[np.uint64]


class Room(NamedTuple):
    """
    Room for a step's work.

    Attributes
    ----------
    touched, which
        Whether a round was changed, and the numbers of those that were (their count last).
    stops, size, before
        Changed rounds as they were, and what they cost.
    team, window, price
        Torn stops as they were.
    is_out, out, key
        Whether a stop is torn out; the stops that are, and what they are sorted by.
    lacking
        Stops whose promise is not kept.
    cost, place, by, slot, kept, chosen
        Of each day, for the stop at hand: cost of its cheapest place, place, team, window; whether its visit
        stays; whether it is chosen.
    table, back
        (day, visits in the block): least cost of a pattern that ends there, and where it comes from.
    """

    touched: Bools
    which: Ints
    stops: NDArray[np.int64]
    size: Ints
    before: Ints
    team: NDArray[np.int64]
    window: NDArray[np.int64]
    price: Ints
    is_out: Bools
    out: Ints
    key: NDArray[np.float64]
    lacking: Ints
    cost: Ints
    place: Ints
    by: Ints
    slot: Ints
    kept: Bools
    chosen: Bools
    table: NDArray[np.int64]
    back: NDArray[np.int64]


@_inner
def _random(state: NDArray[np.uint64]) -> float:
    """Return the next number in [0, 1) of an xorshift64* generator (Vigna 2016)."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@njit(cache=True, nogil=True)
def measure(ground: Ground, state: State, at: int) -> None:
    """Work out the stretches and the cost of a round that can be driven."""
    teams = len(ground.start)
    team, day = at % teams, at // teams
    count, ms, toll = state.size[at], ground.ms[ground.way[at]], ground.toll[ground.tolled[at]]
    head, tail, stops = state.head[at], state.tail[at], state.stops[at]
    head[0, 0], head[0, 1], head[0, 2] = ground.begin[at], 0, ground.finish[at]
    node, tolls, load = ground.start[team], 0, 0
    for place in range(count):
        stop = stops[place]
        leg, window = ms[node, stop], state.window[stop, day]
        busy = head[place, 1] + leg
        head[place + 1, 0] = max(head[place, 0] + leg, ground.opens[window]) + ground.dwell[stop]
        head[place + 1, 1] = busy + ground.dwell[stop]
        head[place + 1, 2] = min(head[place, 2], ground.closes[window] - busy)
        tolls += toll[node, stop]
        load += ground.load[stop]
        node = stop
    tolls += toll[node, ground.end[team]]
    tail[count, 0], tail[count, 1], tail[count, 2] = _NEVER, 0, ground.finish[at]
    node = ground.end[team]
    for place in range(count - 1, -1, -1):
        stop = stops[place]
        leg, window = ms[stop, node], state.window[stop, day]
        busy = ground.dwell[stop] + leg + tail[place + 1, 1]
        tail[place, 0] = max(tail[place + 1, 0], ground.opens[window] + busy)
        tail[place, 1] = busy
        tail[place, 2] = min(ground.closes[window], tail[place + 1, 2] - leg - ground.dwell[stop])
        node = stop
    duty = 0
    state.load[at], state.toll[at], state.cost[at] = load, 0, 0
    if count > 0:
        leg = ms[ground.start[team], stops[0]]
        busy, latest = leg + tail[0, 1], min(ground.finish[at], tail[0, 2] - leg)
        duty = max(busy, max(ground.begin[at] + busy, tail[0, 0]) - latest)
        state.toll[at] = tolls
        state.cost[at] = duty * ground.rates[0] + tolls + ground.rates[1]
    state.worked[team] += duty - state.duty[at]
    state.duty[at] = duty


@njit(cache=True, nogil=True)
def fits(ground: Ground, state: State, at: int) -> bool:
    """Whether a round that has been measured can be driven."""
    teams = len(ground.start)
    team, day = at % teams, at // teams
    count, ms = state.size[at], ground.ms[ground.way[at]]
    if count == 0:
        return True
    now, node = ground.begin[at], ground.start[team]
    for place in range(count):
        stop = state.stops[at, place]
        window = state.window[stop, day]
        now += ms[node, stop]
        if now > ground.closes[window] or not ground.able[team, stop] or not ground.open[stop, day]:
            return False
        now = max(now, ground.opens[window]) + ground.dwell[stop]
        node = stop
    within = now + ms[node, ground.end[team]] <= ground.finish[at] and state.duty[at] <= ground.cap[at]
    light = state.load[at] <= ground.capacity[team]
    return bool(within and light and state.worked[team] <= ground.total[team])


@_inner
def _best_place(ground: Ground, state: State, stop: int, day: int, blink: float) -> tuple[int, int, int, int]:
    """Return team, place, window and cost of the cheapest place for a stop on a day; team -1 for none."""
    best_team, best_place, best_window, best = -1, 0, 0, _TOO_MUCH
    teams, dwell = len(ground.start), ground.dwell[stop]
    per_duty, per_team, per_change = ground.rates[0], ground.rates[1], ground.rates[3]
    home = ground.home[stop, day]
    empty_seen = -1
    for team in range(teams):
        at = day * teams + team
        begin = ground.begin[at]
        if not ground.able[team, stop] or ground.finish[at] <= begin:
            continue
        if state.load[at] + ground.load[stop] > ground.capacity[team]:
            continue
        count, stops = state.size[at], state.stops[at]
        if count == len(stops):
            continue
        if count == 0:
            # Like teams that stay at home need trying once.
            if per_change == 0 and ground.kind[at] == empty_seen:
                continue
            empty_seen = ground.kind[at]
        ms, toll = ground.ms[ground.way[at]], ground.toll[ground.tolled[at]]
        head, tail, duty = state.head[at], state.tail[at], state.duty[at]
        longest = min(ground.cap[at], ground.total[team] - state.worked[team] + duty)
        extra = (per_team if count == 0 else 0) + (per_change if team != home else 0)
        # A round gets longer by the detour and the stay at least, less what was waited for in it.
        waits = duty - head[count, 1] - ms[stops[count - 1], ground.end[team]] if count else 0
        previous = ground.start[team]
        for place in range(count + 1):
            following = stops[place] if place < count else ground.end[team]
            there, on = ms[previous, stop], ms[stop, following]
            detour, more = there + on, toll[previous, stop] + toll[stop, following]
            if count:
                detour -= ms[previous, following]
                more -= toll[previous, following]
            previous = following
            least = extra + more + per_duty * (detour + dwell - waits)
            if least >= best or (blink > 0 and _random(state.random) < blink):
                continue
            for window in range(ground.first[stop], ground.first[stop + 1]):
                closes = ground.closes[window]
                arrive, busy = head[place, 0] + there, head[place, 1] + there
                if arrive > closes:
                    continue
                reach, whole = max(arrive, ground.opens[window]) + dwell + on, busy + dwell + on
                if reach > tail[place, 2]:
                    continue
                latest = min(min(head[place, 2], closes - busy), tail[place, 2] - whole)
                if latest < begin:
                    continue
                whole += tail[place, 1]
                duration = max(whole, max(reach + tail[place, 1], tail[place, 0]) - latest)
                if duration > longest:
                    continue
                cost = extra + more + (duration - duty) * per_duty
                if cost < best:
                    best_team, best_place, best_window, best = team, place, window, cost
    return best_team, best_place, best_window, best


@_inner
def _promised(ground: Ground, stop: int, block: int, days: int) -> int:
    """Return how many visits a block is to have: of one that is cut off, its share rounded down."""
    length = min(ground.block[stop], days - block * ground.block[stop])
    return int(ground.visits[stop] * length // ground.block[stop])


@_inner
def _choose(ground: Ground, room: Room, stop: int) -> int:
    """Choose the days of a stop by `room.cost`, those that are `kept` among them; return what that costs."""
    if ground.listed[stop] < ground.listed[stop + 1]:
        return _choose_listed(ground, room, stop)
    return _choose_free(ground, room, stop)


@_inner
def _choose_listed(ground: Ground, room: Room, stop: int) -> int:
    days, prize = len(room.cost), ground.prize[stop]
    best, found = _TOO_MUCH, -1
    for row in range(ground.listed[stop], ground.listed[stop + 1]):
        cost = 0
        for day in range(days):
            if ground.patterns[row, day]:
                cost += min(room.cost[day], prize)
            elif room.kept[day]:
                cost = _TOO_MUCH
                break
        if cost < best:
            best, found = cost, row
    for day in range(days):
        listed = found >= 0 and ground.patterns[found, day] and room.cost[day] < prize
        room.chosen[day] = room.kept[day] or listed
    return best if found >= 0 else prize * days


@_inner
def _choose_free(ground: Ground, room: Room, stop: int) -> int:
    days, prize, kept, table, back = len(room.cost), ground.prize[stop], room.kept, room.table, room.back
    visits, block, last = ground.visits[stop], ground.block[stop], ground.last[stop]
    least, most = ground.least[stop], ground.most[stop]
    since = last if last < 0 else -1
    missing = 0
    for b in range((days + block - 1) // block):
        missing += _promised(ground, stop, b, days)
    # No visit at all, unless one stays.
    best, end_day, end_count = missing * prize, -1, 0
    if most > 0 and days - since > most:
        best += prize
    any_kept = False
    for day in range(days):
        b = day // block
        for k in range(1, visits + 1):
            table[day, k] = _TOO_MUCH
        if room.cost[day] < _TOO_MUCH:
            if not any_kept and (last >= 0 or day - last >= least or kept[day]):
                cost = room.cost[day] + b * visits * prize
                if most > 0 and day - since > most:
                    cost += prize
                table[day, 1], back[day, 1] = cost, -1
            for before in range(day - 1, -1, -1):
                gap = day - before
                if gap >= least or (kept[day] and kept[before]):
                    extra = room.cost[day]
                    if most > 0 and gap > most:
                        extra += prize
                    if gap % _DAYS_A_WEEK == 0:
                        extra += ground.rates[2]
                    skipped = b - before // block
                    if skipped == 0:
                        for k in range(1, visits):
                            if table[before, k] + extra < table[day, k + 1]:
                                table[day, k + 1], back[day, k + 1] = (
                                    table[before, k] + extra,
                                    before * 64 + k,
                                )
                    else:
                        for k in range(1, visits + 1):
                            cost = table[before, k] + extra + prize * (skipped * visits - k)
                            if cost < table[day, 1]:
                                table[day, 1], back[day, 1] = cost, before * 64 + k
                if kept[before]:
                    break
        any_kept = any_kept or kept[day]
    if any_kept:
        best = _TOO_MUCH
    missing = 0
    for day in range(days - 1, -1, -1):
        b = day // block
        if day == days - 1 or (day + 1) // block != b:
            missing += 0 if day == days - 1 else _promised(ground, stop, b + 1, days)
        ends_late = prize if most > 0 and days - day > most else 0
        for k in range(1, visits + 1):
            if table[day, k] < _TOO_MUCH:
                short = max(_promised(ground, stop, b, days) - k, 0)
                cost = table[day, k] + prize * (missing + short) + ends_late
                if cost < best:
                    best, end_day, end_count = cost, day, k
        if kept[day]:
            break
    for day in range(days):
        # What stays breaks the promise as it is, where nothing else is left.
        room.chosen[day] = best >= _TOO_MUCH and kept[day]
    while end_day >= 0:
        room.chosen[end_day] = True
        link = back[end_day, end_count]
        end_day, end_count = (link // 64, link % 64) if link >= 0 else (-1, 0)
    return int(best if best < _TOO_MUCH else prize * days)


@njit(cache=True, nogil=True)
def price_of(ground: Ground, state: State, room: Room, stop: int) -> int:
    """Return what a stop's days cost, apart from the rounds."""
    for day in range(len(room.cost)):
        team = state.team[stop, day]
        room.kept[day] = team >= 0
        room.cost[day] = _TOO_MUCH
        if team >= 0:
            changed = team != ground.home[stop, day]
            room.cost[day] = ground.whim[stop, day] + (ground.rates[3] if changed else 0)
    return _choose(ground, room, stop)


@_inner
def _touch(state: State, room: Room, at: int) -> None:
    """Remember a round before it is changed."""
    if room.touched[at]:
        return
    room.touched[at] = True
    room.which[room.which[-1]] = at
    room.which[-1] += 1
    room.size[at], room.before[at] = state.size[at], state.cost[at]
    for place in range(state.size[at]):
        room.stops[at, place] = state.stops[at, place]


@_inner
def _note_out(state: State, room: Room, stop: int, held: int) -> int:
    """Remember a stop before it is torn out; return how many are."""
    if room.is_out[stop]:
        return held
    room.is_out[stop] = True
    room.out[held] = stop
    for day in range(len(room.cost)):
        room.team[stop, day] = state.team[stop, day]
        room.window[stop, day] = state.window[stop, day]
    room.price[stop] = state.price[stop]
    return held + 1


@_inner
def _take_out(state: State, room: Room, at: int, day: int, place: int, length: int, held: int) -> int:
    """Take a string of stops out of a round; return how many are out."""
    count, stops = state.size[at], state.stops[at]
    for i in range(place, place + length):
        held = _note_out(state, room, stops[i], held)
        state.team[stops[i], day] = -1
    for i in range(place + length, count):
        stops[i - length] = stops[i]
    state.size[at] = count - length
    return held


@_inner
def _tear(ground: Ground, state: State, room: Room, seed: int, day: int, torn: float) -> int:
    """Tear strings near a stop out of a day's rounds, of all days for -1; return how many stops are out."""
    teams, days = len(ground.start), len(ground.frozen)
    going, placed = 0, 0
    for at in range(len(state.size)):
        if day < 0 or at // teams == day:
            going += state.size[at] > 0
            placed += state.size[at]
    if placed == 0:
        return 0
    longest = min(float(_STRING), placed / going)
    strings = int(_random(state.random) * (4.0 * torn / (1.0 + longest) - 1.0) + 1.0)
    held = 0
    for i in range(ground.near.shape[1]):
        stop = ground.near[seed, i]
        first = day if day >= 0 else int(_random(state.random) * days)
        for j in range(1 if day >= 0 else days):
            here = (first + j) % days
            team = state.team[stop, here]
            at = here * teams + team
            if team < 0 or ground.frozen[here] or room.touched[at]:
                continue
            held = _tear_string(ground, state, room, at, stop, longest, held)
            strings -= 1
            if strings == 0:
                return held
    return held


@_inner
def _tear_string(
    ground: Ground, state: State, room: Room, at: int, stop: int, longest: float, held: int
) -> int:
    """Tear a string that holds a stop out of a round; return how many stops are out."""
    day = at // len(ground.start)
    _touch(state, room, at)
    count = state.size[at]
    length = min(int(_random(state.random) * min(longest, float(count)) + 1.0), count)
    place = 0
    while state.stops[at, place] != stop:
        place += 1
    stays = 0
    if 1 < length < count and _random(state.random) < _SPLIT:
        stays = 1
        while length + stays < count and _random(state.random) < _GROWS:
            stays += 1
    first, most = max(place - length - stays + 1, 0), min(place, count - length - stays)
    first += int(_random(state.random) * (most - first + 1))
    if stays == 0:
        held = _take_out(state, room, at, day, first, length, held)
    else:
        before = 1 + int(_random(state.random) * (length - 1))
        held = _take_out(state, room, at, day, first, before, held)
        held = _take_out(state, room, at, day, first + stays, length - before, held)
    measure(ground, state, at)
    return held


@_inner
def _tear_other_days(ground: Ground, state: State, room: Room, held: int) -> None:
    """Take the stops that are out out of all days, but those that have one pattern only."""
    teams = len(ground.start)
    for i in range(held):
        stop = room.out[i]
        if ground.listed[stop + 1] - ground.listed[stop] == 1:
            continue
        for day in range(len(ground.frozen)):
            team = state.team[stop, day]
            if team < 0 or ground.frozen[day]:
                continue
            at = day * teams + team
            _touch(state, room, at)
            place = 0
            while state.stops[at, place] != stop:
                place += 1
            _take_out(state, room, at, day, place, 1, held)
            measure(ground, state, at)


@_inner
def _order(ground: Ground, state: State, room: Room, held: int, far: Ints) -> None:
    """Sort the stops that are out: at random, or the awkward ones first."""
    key = room.key
    way = _random(state.random) * 12.0
    for i in range(held):
        stop = room.out[i]
        if way < 4.0:
            key[i] = _random(state.random)
        elif way < 6.0:
            key[i] = -float(ground.load[stop] + ground.dwell[stop])
        elif way < 8.0:
            key[i] = -float(far[stop])
        elif way < 9.0:
            key[i] = float(far[stop])
        elif way < 10.0:
            key[i] = float(ground.closes[ground.first[stop + 1] - 1] - ground.opens[ground.first[stop]])
        elif way < 11.0:
            key[i] = -float(ground.prize[stop])
        else:
            key[i] = -float(ground.visits[stop]) / ground.block[stop]
    for i in range(1, held):
        stop, value, j = room.out[i], key[i], i
        while j > 0 and key[j - 1] > value:
            room.out[j], key[j] = room.out[j - 1], key[j - 1]
            j -= 1
        room.out[j], key[j] = stop, value


@_inner
def _put_back(ground: Ground, state: State, room: Room, stop: int, only: int) -> None:
    """Put a stop back on the days that cost least, or on one day only."""
    teams = len(ground.start)
    days = len(room.cost)
    for day in range(days):
        room.kept[day] = state.team[stop, day] >= 0
        room.cost[day] = 0 if room.kept[day] else _TOO_MUCH
        if room.kept[day] or ground.frozen[day] or not ground.open[stop, day] or (only >= 0 and day != only):
            continue
        team, place, window, cost = _best_place(ground, state, stop, day, _BLINK)
        if team >= 0:
            room.by[day], room.place[day], room.slot[day] = team, place, window
            room.cost[day] = cost + ground.whim[stop, day]
    _choose(ground, room, stop)
    for day in range(days):
        if not room.chosen[day] or room.kept[day]:
            continue
        team, place = room.by[day], room.place[day]
        at = day * teams + team
        _touch(state, room, at)
        stops, count = state.stops[at], state.size[at]
        for p in range(count, place, -1):
            stops[p] = stops[p - 1]
        stops[place] = stop
        state.size[at] = count + 1
        state.team[stop, day], state.window[stop, day] = team, room.slot[day]
        measure(ground, state, at)
        if state.worked[team] > ground.total[team]:
            # Each visit by itself was within the team's hours; all together are not.
            for p in range(place, count):
                stops[p] = stops[p + 1]
            state.size[at] = count
            state.team[stop, day] = -1
            measure(ground, state, at)


@_inner
def _restore(ground: Ground, state: State, room: Room, held: int) -> None:
    """Put changed rounds and torn stops back as they were."""
    for i in range(held):
        stop = room.out[i]
        for day in range(len(room.cost)):
            state.team[stop, day] = room.team[stop, day]
            state.window[stop, day] = room.window[stop, day]
        state.price[stop] = room.price[stop]
    for i in range(room.which[-1]):
        at = room.which[i]
        state.size[at] = room.size[at]
        for place in range(room.size[at]):
            state.stops[at, place] = room.stops[at, place]
        measure(ground, state, at)


@_inner
def _copy(state: State, best: State) -> None:
    for at in range(len(state.size)):
        best.size[at] = state.size[at]
        for place in range(state.size[at]):
            best.stops[at, place] = state.stops[at, place]
    for stop in range(len(state.price)):
        best.price[stop] = state.price[stop]
        for day in range(state.team.shape[1]):
            best.team[stop, day], best.window[stop, day] = state.team[stop, day], state.window[stop, day]


@_inner
def _seed(ground: Ground, state: State, lacking: Ints, lacks: int) -> tuple[int, int]:
    """Return a stop and one of its days around which to tear; day -1 if there is none."""
    days = len(ground.frozen)
    stop = int(_random(state.random) * len(ground.load))
    if lacks > 0 and _random(state.random) < 0.5:
        stop = lacking[int(_random(state.random) * lacks)]
    day = int(_random(state.random) * days)
    for visited in (True, False):
        for i in range(days):
            d = (day + i) % days
            if not ground.frozen[d] and (state.team[stop, d] >= 0 or (not visited and ground.open[stop, d])):
                return stop, d
    return stop, -1


@njit(cache=True, nogil=True)
def improve(
    ground: Ground,
    state: State,
    best: State,
    room: Room,
    far: Ints,
    figures: NDArray[np.float64],
    shares: NDArray[np.float64],
    steps: int,
    heat: float,
) -> None:
    """
    Tear and mend so many times.

    Parameters
    ----------
    state, best, room
        The rounds, the best so far, and room to work in.
    far
        How far each stop is from any team's place.
    figures
        Cost of all now and of the best.
    shares
        Of the steps, those in which a visit may change its day, and those in which stops get all days anew;
        and how many stops are torn out at a time, on average.
    steps
        How many times.
    heat
        How much worse all may get, on average.
    """
    count = len(ground.load)
    lacking = room.lacking
    for _ in range(steps):
        lacks = 0
        for stop in range(count):
            if state.price[stop] >= ground.prize[stop]:
                lacking[lacks] = stop
                lacks += 1
        seed, day = _seed(ground, state, lacking, lacks)
        if day < 0:
            continue
        drawn = _random(state.random)
        reach = _ALL_DAYS if drawn < shares[1] else _ANY_DAY if drawn < shares[0] + shares[1] else _SAME_DAY
        room.which[-1] = 0
        held = _tear(ground, state, room, seed, day if reach == _SAME_DAY else -1, shares[2])
        for i in range(min(lacks, _ALSO_TRIED)):
            j = i + int(_random(state.random) * (lacks - i))
            lacking[i], lacking[j] = lacking[j], lacking[i]
            held = _note_out(state, room, lacking[i], held)
        if reach == _ALL_DAYS:
            _tear_other_days(ground, state, room, held)
        _order(ground, state, room, held, far)
        for i in range(held):
            stop = room.out[i]
            same_day = reach == _SAME_DAY and room.price[stop] < ground.prize[stop]
            _put_back(ground, state, room, stop, day if same_day else -1)
            state.price[stop] = price_of(ground, state, room, stop)
        cost = figures[0]
        for i in range(held):
            stop = room.out[i]
            cost += state.price[stop] - room.price[stop]
            room.is_out[stop] = False
        for i in range(room.which[-1]):
            cost += state.cost[room.which[i]] - room.before[room.which[i]]
        if cost < figures[0] - heat * np.log(1.0 - _random(state.random)):
            figures[0] = cost
            if cost < figures[1]:
                figures[1] = cost
                _copy(state, best)
        else:
            _restore(ground, state, room, held)
        for i in range(room.which[-1]):
            room.touched[room.which[i]] = False
