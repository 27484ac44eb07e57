"""
Slack induction by string removals, compiled: rounds are torn near a stop and mended greedily, with annealing.

Christiaens and Vanden Berghe, Transp. Sci. 54(2):417-433, 2020. One file on purpose: numba's cache does not
notice a change in another file.

A stretch of a round is three numbers (of its windows one each is chosen): how soon it is over, how long it
takes without waiting, how late it may begin; any two stretches are joined in a few operations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

# Stops torn out at a time, on average; the longest string; how often a good place is overlooked.
_TORN, _STRING, _BLINK = 10, 10, 0.01
# How often a string is torn around a piece that stays, and how that piece grows.
_SPLIT, _GROWS = 0.5, 0.5
# How often what counts more is put in first, where stops differ.
_BY_PRIZE = 0.5
# Of the stops that are left out so many are tried besides those torn out.
_ALSO_TRIED = 12
_NEVER = -(2**62)
_TOO_MUCH = 2**62


class Ground(NamedTuple):
    """
    What is asked; teams and stops numbered, stops first among the nodes.

    Attributes
    ----------
    ms
        (mode, node, node).
    mode, start, end, begin, finish, cap, capacity, kind
        Of each team; like teams are of one kind.
    able
        (team, stop).
    load, dwell, prize
        Of each stop.
    first, opens, closes
        Windows of stop i: first[i] to first[i + 1].
    near
        (stop, …): the stops from the nearest on, itself first.
    rates
        What a ms of duty costs, a ms on the road, and a team that goes out.
    """

    ms: NDArray[np.int64]
    mode: Ints
    start: Ints
    end: Ints
    begin: Ints
    finish: Ints
    cap: Ints
    capacity: Ints
    kind: Ints
    able: NDArray[np.bool_]
    load: Ints
    dwell: Ints
    prize: Ints
    first: Ints
    opens: Ints
    closes: Ints
    near: NDArray[np.int64]
    rates: Ints


class State(NamedTuple):
    """
    Rounds, and what is known of their stretches.

    Attributes
    ----------
    stops, count
        Of each team, in order.
    team, window
        Of each stop; team -1 for a stop that is left out.
    cost, load, travel
        Of each round.
    head, tail
        (team, place, 3): the stretch up to before a place, and from the stop at it on; soonest, busy, latest.
    missed
        How often each stop has been left out.
    random
        State of the generator.
    """

    stops: NDArray[np.int64]
    count: Ints
    team: Ints
    window: Ints
    cost: Ints
    load: Ints
    travel: Ints
    head: NDArray[np.int64]
    tail: NDArray[np.int64]
    missed: Ints
    random: NDArray[np.uint64]


@njit(cache=True, nogil=True, inline="always")
def _random(state: NDArray[np.uint64]) -> float:
    """Return the next number in [0, 1) of an xorshift64* generator (Vigna 2016)."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@njit(cache=True, nogil=True)
def measure(ground: Ground, state: State, team: int) -> None:
    """Work out the stretches and the cost of a round that can be driven."""
    count, ms = state.count[team], ground.ms[ground.mode[team]]
    head, tail, stops = state.head[team], state.tail[team], state.stops[team]
    head[0, 0], head[0, 1], head[0, 2] = ground.begin[team], 0, ground.finish[team]
    node, travel, load = ground.start[team], 0, 0
    for place in range(count):
        stop = stops[place]
        leg = ms[node, stop]
        opens, closes = ground.opens[state.window[stop]], ground.closes[state.window[stop]]
        busy = head[place, 1] + leg
        head[place + 1, 0] = max(head[place, 0] + leg, opens) + ground.dwell[stop]
        head[place + 1, 1] = busy + ground.dwell[stop]
        head[place + 1, 2] = min(head[place, 2], closes - busy)
        node = stop
        travel += leg
        load += ground.load[stop]
    travel += ms[node, ground.end[team]]
    tail[count, 0], tail[count, 1], tail[count, 2] = _NEVER, 0, ground.finish[team]
    node = ground.end[team]
    for place in range(count - 1, -1, -1):
        stop = stops[place]
        leg = ms[stop, node]
        opens, closes = ground.opens[state.window[stop]], ground.closes[state.window[stop]]
        busy = ground.dwell[stop] + leg + tail[place + 1, 1]
        tail[place, 0] = max(tail[place + 1, 0], opens + busy)
        tail[place, 1] = busy
        tail[place, 2] = min(closes, tail[place + 1, 2] - leg - ground.dwell[stop])
        node = stop
    state.load[team], state.travel[team], state.cost[team] = load, travel, 0
    if count > 0:
        leg = ms[ground.start[team], stops[0]]
        busy, latest = leg + tail[0, 1], min(ground.finish[team], tail[0, 2] - leg)
        soonest = max(ground.begin[team] + busy, tail[0, 0])
        duration = max(busy, soonest - latest)
        state.cost[team] = duration * ground.rates[0] + travel * ground.rates[1] + ground.rates[2]


@njit(cache=True, nogil=True)
def _best_insertion(ground: Ground, state: State, stop: int, blink: float) -> tuple[int, int, int, int]:
    """Return team, place, window and cost of the cheapest place for a stop; team -1 if there is none."""
    best_team, best_place, best_window, best = -1, 0, 0, _TOO_MUCH
    dwell, per_duty, per_way = ground.dwell[stop], ground.rates[0], ground.rates[1]
    tried_empty = np.zeros(len(ground.kind), dtype=np.bool_)
    for team in range(len(ground.kind)):
        if not ground.able[team, stop] or state.load[team] + ground.load[stop] > ground.capacity[team]:
            continue
        count = state.count[team]
        if count == 0:
            # Like teams that stay at home need trying once.
            if tried_empty[ground.kind[team]]:
                continue
            tried_empty[ground.kind[team]] = True
        ms, stops = ground.ms[ground.mode[team]], state.stops[team]
        head, tail, begin, old = state.head[team], state.tail[team], ground.begin[team], state.cost[team]
        price = ground.rates[2] if count == 0 else 0
        # A round gets longer by the detour and the stay at least, less what was waited for in it.
        duty = old - state.travel[team] * per_way - (ground.rates[2] if count else 0)
        waits = max(duty - per_duty * (head[count, 1] + ms[stops[count - 1], ground.end[team]]), 0) if count else 0
        previous = ground.start[team]
        for place in range(count + 1):
            following = stops[place] if place < count else ground.end[team]
            there, on = ms[previous, stop], ms[stop, following]
            detour = there + on - (ms[previous, following] if count else 0)
            previous = following
            least = price + detour * per_way + per_duty * (detour + dwell) - waits
            if least >= best or (blink > 0 and _random(state.random) < blink):
                continue
            for window in range(ground.first[stop], ground.first[stop + 1]):
                closes = ground.closes[window]
                arrive, busy = head[place, 0] + there, head[place, 1] + there
                if arrive > closes:
                    continue
                leave = max(arrive, ground.opens[window]) + dwell
                latest = min(head[place, 2], closes - busy)
                reach, whole = leave + on, busy + dwell + on
                if reach > tail[place, 2]:
                    continue
                latest = min(latest, tail[place, 2] - whole)
                if latest < begin:
                    continue
                whole += tail[place, 1]
                duration = max(whole, max(reach + tail[place, 1], tail[place, 0]) - latest)
                if duration > ground.cap[team]:
                    continue
                cost = duration * per_duty + (state.travel[team] * (count > 0) + detour) * per_way
                cost += ground.rates[2] - old
                if cost < best:
                    best_team, best_place, best_window, best = team, place, window, cost
    return best_team, best_place, best_window, best


@njit(cache=True, nogil=True)
def _take_out(ground: Ground, state: State, team: int, place: int, length: int, out: Ints, held: int) -> int:
    """Take a string of stops out of a round; return how many are out."""
    count, stops = state.count[team], state.stops[team]
    for i in range(place, place + length):
        out[held] = stops[i]
        state.team[stops[i]] = -1
        held += 1
    for i in range(place + length, count):
        stops[i - length] = stops[i]
    state.count[team] = count - length
    return held


@njit(cache=True, nogil=True)
def _tear(
    ground: Ground, state: State, seed: int, out: Ints, touched: NDArray[np.bool_], spare: State
) -> int:
    """Tear strings out of the rounds near a stop; return how many stops are out."""
    going, placed = 0, 0
    for team in range(len(state.count)):
        going += state.count[team] > 0
        placed += state.count[team]
    if placed == 0:
        return 0
    longest = min(float(_STRING), placed / going)
    strings = int(_random(state.random) * (4.0 * _TORN / (1.0 + longest) - 1.0) + 1.0)
    held = 0
    for i in range(ground.near.shape[1]):
        if strings == 0:
            break
        stop = ground.near[seed, i]
        team = state.team[stop]
        if team < 0 or touched[team]:
            continue
        _keep(state, spare, team, touched)
        count = state.count[team]
        length = int(_random(state.random) * min(longest, float(count)) + 1.0)
        length = min(length, count)
        place = 0
        while state.stops[team, place] != stop:
            place += 1
        kept = 0
        if 1 < length < count and _random(state.random) < _SPLIT:
            kept = 1
            while length + kept < count and _random(state.random) < _GROWS:
                kept += 1
        least, most = max(place - length - kept + 1, 0), min(place, count - length - kept)
        first = least + int(_random(state.random) * (most - least + 1))
        if kept == 0:
            held = _take_out(ground, state, team, first, length, out, held)
        else:
            before = 1 + int(_random(state.random) * (length - 1))
            held = _take_out(ground, state, team, first, before, out, held)
            held = _take_out(ground, state, team, first + kept, length - before, out, held)
        measure(ground, state, team)
        strings -= 1
    return held


@njit(cache=True, nogil=True)
def _keep(state: State, spare: State, team: int, touched: NDArray[np.bool_]) -> None:
    """Remember a round before it is changed."""
    touched[team] = True
    spare.count[team] = state.count[team]
    for place in range(state.count[team]):
        stop = state.stops[team, place]
        spare.stops[team, place] = stop
        spare.window[stop] = state.window[stop]


@njit(cache=True, nogil=True)
def _restore(ground: Ground, state: State, spare: State, touched: NDArray[np.bool_]) -> None:
    """Put changed rounds back as they were."""
    for team in range(len(touched)):
        if touched[team]:
            for place in range(state.count[team]):
                state.team[state.stops[team, place]] = -1
    for team in range(len(touched)):
        if touched[team]:
            state.count[team] = spare.count[team]
            for place in range(spare.count[team]):
                stop = spare.stops[team, place]
                state.stops[team, place] = stop
                state.team[stop] = team
                state.window[stop] = spare.window[stop]
            measure(ground, state, team)


@njit(cache=True, nogil=True)
def _order(ground: Ground, state: State, out: Ints, held: int, far: Ints) -> None:
    """Sort the stops that are out: at random, or the awkward ones first."""
    key = np.empty(held)
    least = most = ground.prize[out[0]] if held > 0 else 0
    for i in range(held):
        least, most = min(least, ground.prize[out[i]]), max(most, ground.prize[out[i]])
    by_prize = most > least and _random(state.random) < _BY_PRIZE
    way = _random(state.random) * 14.0
    for i in range(held):
        stop = out[i]
        if by_prize:
            key[i] = -float(ground.prize[stop])
        elif way < 4.0:
            key[i] = _random(state.random)
        elif way < 6.0:
            key[i] = -float(ground.load[stop] + ground.dwell[stop])
        elif way < 8.0:
            key[i] = -float(far[stop])
        elif way < 9.0:
            key[i] = float(far[stop])
        else:
            opens, closes = ground.opens[ground.first[stop]], ground.closes[ground.first[stop + 1] - 1]
            key[i] = float(closes - opens if way < 11.0 else (opens if way < 12.5 else -closes))
    chosen = np.argsort(key)
    sorted_ = out[:held][chosen]
    for i in range(held):
        out[i] = sorted_[i]


@njit(cache=True, nogil=True)
def _mend(ground: Ground, state: State, out: Ints, held: int, touched: NDArray[np.bool_], spare: State) -> int:
    """Put stops where they cost least; return how many find no place."""
    left = 0
    for i in range(held):
        stop = out[i]
        team, place, window, cost = _best_insertion(ground, state, stop, _BLINK)
        if team < 0 or cost >= ground.prize[stop]:
            out[left] = stop
            left += 1
            continue
        if not touched[team]:
            _keep(state, spare, team, touched)
        stops, count = state.stops[team], state.count[team]
        for p in range(count, place, -1):
            stops[p] = stops[p - 1]
        stops[place] = stop
        state.count[team] = count + 1
        state.team[stop], state.window[stop] = team, window
        measure(ground, state, team)
    return left


@njit(cache=True, nogil=True)
def _copy(state: State, best: State) -> None:
    for team in range(len(state.count)):
        best.count[team] = state.count[team]
        for place in range(state.count[team]):
            best.stops[team, place] = state.stops[team, place]
    for stop in range(len(state.team)):
        best.team[stop], best.window[stop] = state.team[stop], state.window[stop]


@njit(cache=True, nogil=True)
def improve(
    ground: Ground,
    state: State,
    best: State,
    spare: State,
    far: Ints,
    figures: NDArray[np.float64],
    rounds: int,
    heat: float,
    complete: bool,
) -> int:
    """
    Tear and mend so many times; return how many times it was done.

    Parameters
    ----------
    state, best, spare
        The rounds, the best so far, and room for those that are changed.
    far
        How far each stop is from any team's place.
    figures
        Cost of the rounds and of the best, prizes of what they leave out among it.
    heat
        How much worse rounds may get, on average.
    complete
        Whether only leaving out counts: it ends when nothing is left out.
    """
    stops, teams = len(state.team), len(state.count)
    out = np.empty(stops, dtype=np.int64)
    touched = np.zeros(teams, dtype=np.bool_)
    left_out = np.empty(stops, dtype=np.int64)
    for number in range(rounds):
        missing, weight = 0, 0.0
        for stop in range(stops):
            if state.team[stop] < 0:
                left_out[missing] = stop
                missing += 1
                weight += state.missed[stop]
        if complete and missing == 0:
            return number
        touched[:] = False
        seed = int(_random(state.random) * stops)
        if missing > 0 and _random(state.random) < 0.5:
            seed = left_out[int(_random(state.random) * missing)]
        held = _tear(ground, state, seed, out, touched, spare)
        also = missing if complete else min(missing, _ALSO_TRIED)
        for i in range(also):
            j = i + int(_random(state.random) * (missing - i))
            left_out[i], left_out[j] = left_out[j], left_out[i]
            out[held] = left_out[i]
            held += 1
        _order(ground, state, out, held, far)
        unplaced = _mend(ground, state, out, held, touched, spare)
        cost = 0.0
        for team in range(teams):
            cost += state.cost[team]
        new_weight = 0.0
        for stop in range(stops):
            if state.team[stop] < 0:
                cost += ground.prize[stop]
                new_weight += state.missed[stop]
        if complete:
            for i in range(unplaced):
                state.missed[out[i]] += 1
        better = cost < figures[0] - heat * np.log(1.0 - _random(state.random))
        if complete and new_weight != weight:
            better = new_weight < weight
        if better:
            figures[0] = cost
            if cost < figures[1]:
                figures[1] = cost
                _copy(state, best)
        else:
            _restore(ground, state, spare, touched)
    return rounds
