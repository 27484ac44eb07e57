"""
Slack induction by string removals, compiled: rounds are torn near a stop and mended greedily, with annealing.

Christiaens and Vanden Berghe, Transp. Sci. 54(2):417-433, 2020; here a stop is tried beside its nearest stops
first. One file on purpose: numba's cache does not notice a change in another file.

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

# Stops torn out at a time, on average; the longest string; how often a place is overlooked.
_TORN, _STRING, _BLINK = 10.0, 10.0, 0.01
# How often a string is torn around a piece that stays, and how often that piece grows by a stop.
_SPLIT, _GROWS = 0.5, 0.5
# How often what counts more is put in first, where stops differ.
_BY_PRIZE = 0.5
# Of the stops that are left out so many are tried besides those torn out.
_ALSO_TRIED = 12
# A stop is put in beside one of so many nearest ones, if it fits there.
_NEAREST = 40
_NEVER, _TOO_MUCH = -(2**62), 2**62
# Parts of a stretch, and of a candidate.
_SOONEST, _BUSY, _LATEST = 0, 1, 2
_TEAM, _PLACE = 0, 1
# What a ms of duty costs, a ms on the road, and a team that goes out.
DUTY, WAY, OUT = 0, 1, 2
# Cost of the rounds, and of the best.
NOW, BEST = 0, 1


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
    load, dwell, prize, far
        Of each stop; `far` is the way there from the nearest team.
    first, opens, closes
        Windows of stop i: first[i] to first[i + 1].
    near
        (stop, …): the stops from the nearest on, itself first.
    rates
        See DUTY, WAY, OUT.
    most
        How many teams may go out.
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
    far: Ints
    first: Ints
    opens: Ints
    closes: Ints
    near: NDArray[np.int64]
    rates: Ints
    most: int


class State(NamedTuple):
    """
    Rounds, and what is known of their stretches.

    Attributes
    ----------
    stops, visits
        Of each team, in order, and how many.
    team, place, window
        Of each stop; team -1 for a stop that is left out.
    cost, load, travel, wait
        Of each round.
    head, tail
        (team, place, part): the stretch up to before a place, and from the stop at it on.
    missed
        How often each stop has been left out.
    tries
        Room for candidates: (team or place, number).
    random
        State of the generator.
    """

    stops: NDArray[np.int64]
    visits: Ints
    team: Ints
    place: Ints
    window: Ints
    cost: Ints
    load: Ints
    travel: Ints
    wait: Ints
    head: NDArray[np.int64]
    tail: NDArray[np.int64]
    missed: Ints
    tries: NDArray[np.int64]
    random: NDArray[np.uint64]


class Kept(NamedTuple):
    """
    Rounds as they were at some time.

    Attributes
    ----------
    stops, visits
        Of each team, in order, and how many.
    window
        Of each stop.
    touched
        Teams whose rounds were changed since.
    """

    stops: NDArray[np.int64]
    visits: Ints
    window: Ints
    touched: NDArray[np.bool_]


@njit(cache=True, nogil=True, inline="always")
def _random(state: NDArray[np.uint64]) -> float:
    """Return the next number in [0, 1) of an xorshift64* generator (Vigna 2016)."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    drawn: float = float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) * (1.0 / 9007199254740992.0)
    return drawn


@njit(cache=True, nogil=True)
def measure(ground: Ground, state: State, team: int) -> None:
    """Work out the stretches and the cost of a round that can be driven."""
    count, ms = state.visits[team], ground.ms[ground.mode[team]]
    head, tail, stops = state.head[team], state.tail[team], state.stops[team]
    head[0, _SOONEST], head[0, _BUSY], head[0, _LATEST] = ground.begin[team], 0, ground.finish[team]
    node, travel, load = ground.start[team], 0, 0
    for place in range(count):
        stop = stops[place]
        state.place[stop] = place
        leg, dwell, window = ms[node, stop], ground.dwell[stop], state.window[stop]
        busy = head[place, _BUSY] + leg
        head[place + 1, _SOONEST] = max(head[place, _SOONEST] + leg, ground.opens[window]) + dwell
        head[place + 1, _BUSY] = busy + dwell
        head[place + 1, _LATEST] = min(head[place, _LATEST], ground.closes[window] - busy)
        node = stop
        travel += leg
        load += ground.load[stop]
    travel += ms[node, ground.end[team]]
    tail[count, _SOONEST], tail[count, _BUSY], tail[count, _LATEST] = _NEVER, 0, ground.finish[team]
    node = ground.end[team]
    for place in range(count - 1, -1, -1):
        stop = stops[place]
        leg, dwell, window = ms[stop, node], ground.dwell[stop], state.window[stop]
        busy = dwell + leg + tail[place + 1, _BUSY]
        tail[place, _SOONEST] = max(tail[place + 1, _SOONEST], ground.opens[window] + busy)
        tail[place, _BUSY] = busy
        tail[place, _LATEST] = min(ground.closes[window], tail[place + 1, _LATEST] - leg - dwell)
        node = stop
    state.load[team], state.travel[team], state.cost[team], state.wait[team] = load, travel, 0, 0
    if count > 0:
        leg = ms[ground.start[team], stops[0]]
        busy, latest = leg + tail[0, _BUSY], min(ground.finish[team], tail[0, _LATEST] - leg)
        duration = max(busy, max(ground.begin[team] + busy, tail[0, _SOONEST]) - latest)
        state.wait[team] = duration - busy
        state.cost[team] = duration * ground.rates[DUTY] + travel * ground.rates[WAY] + ground.rates[OUT]


@njit(cache=True, nogil=True)
def _near_places(ground: Ground, state: State, stop: int) -> int:
    """List the places beside the nearest stops, and teams at home if more may go; return how many."""
    tries, found, going = state.tries, 0, 0
    tried = np.zeros(len(ground.kind), dtype=np.bool_)
    for team in range(len(ground.kind)):
        if state.visits[team] > 0:
            going += 1
        elif not tried[ground.kind[team]]:
            tried[ground.kind[team]] = True
            tries[_TEAM, found], tries[_PLACE, found] = team, 0
            found += 1
    if going >= ground.most:
        found = 0
    for i in range(1, min(_NEAREST + 1, ground.near.shape[1])):
        other = ground.near[stop, i]
        if state.team[other] >= 0:
            for place in range(state.place[other], state.place[other] + 2):
                tries[_TEAM, found], tries[_PLACE, found] = state.team[other], place
                found += 1
    return found


@njit(cache=True, nogil=True)
def _all_places(state: State) -> int:
    """List the places in all rounds; return how many."""
    tries, found = state.tries, 0
    for team in range(len(state.visits)):
        if state.visits[team] > 0:
            for place in range(state.visits[team] + 1):
                tries[_TEAM, found], tries[_PLACE, found] = team, place
                found += 1
    return found


@njit(cache=True, nogil=True)
def _cheapest(
    ground: Ground, state: State, stop: int, listed: int, blink: float
) -> tuple[int, int, int, int]:
    """Return team, place, window and cost of the cheapest of the places listed; team -1 if none is fit."""
    # In local names, which numba counts once: what is looked up in a loop is looked up slowly.
    ms, mode, start, end, begin, cap = (
        ground.ms,
        ground.mode,
        ground.start,
        ground.end,
        ground.begin,
        ground.cap,
    )
    able, capacity, opens, closes, rates = (
        ground.able,
        ground.capacity,
        ground.opens,
        ground.closes,
        ground.rates,
    )
    stops, visits, head, tail, tries = state.stops, state.visits, state.head, state.tail, state.tries
    travel, costs, loads, wait, random = state.travel, state.cost, state.load, state.wait, state.random
    load, dwell = ground.load[stop], ground.dwell[stop]
    first, last = ground.first[stop], ground.first[stop + 1]
    best_team, best_place, best_window, best = -1, 0, 0, _TOO_MUCH
    for i in range(listed):
        team, place = tries[_TEAM, i], tries[_PLACE, i]
        if loads[team] + load > capacity[team] or not able[team, stop]:
            continue
        count, by = visits[team], mode[team]
        previous = stops[team, place - 1] if place > 0 else start[team]
        following = stops[team, place] if place < count else end[team]
        there, on = ms[by, previous, stop], ms[by, stop, following]
        detour = there + on - (ms[by, previous, following] if count > 0 else 0)
        # A round gets longer by the detour and the stay at least, less what was waited for in it.
        least = rates[DUTY] * (detour + dwell - wait[team]) + rates[WAY] * detour
        least += rates[OUT] if count == 0 else 0
        if least >= best or _random(random) < blink:
            continue
        for window in range(first, last):
            arrive, busy = head[team, place, _SOONEST] + there, head[team, place, _BUSY] + there
            reach, whole = max(arrive, opens[window]) + dwell + on, busy + dwell + on
            latest = min(head[team, place, _LATEST], closes[window] - busy)
            latest = min(latest, tail[team, place, _LATEST] - whole)
            if arrive > closes[window] or reach > tail[team, place, _LATEST] or latest < begin[team]:
                continue
            whole += tail[team, place, _BUSY]
            soonest = max(reach + tail[team, place, _BUSY], tail[team, place, _SOONEST])
            duration = max(whole, soonest - latest)
            if duration > cap[team]:
                continue
            way = detour + (travel[team] if count > 0 else 0)
            cost = duration * rates[DUTY] + way * rates[WAY] + rates[OUT] - costs[team]
            if cost < best:
                best_team, best_place, best_window, best = team, place, window, cost
    return best_team, best_place, best_window, best


@njit(cache=True, nogil=True)
def _keep(state: State, kept: Kept, team: int) -> None:
    """Remember a round before it is changed."""
    if kept.touched[team]:
        return
    kept.touched[team] = True
    kept.visits[team] = state.visits[team]
    for place in range(state.visits[team]):
        stop = state.stops[team, place]
        kept.stops[team, place] = stop
        kept.window[stop] = state.window[stop]


@njit(cache=True, nogil=True)
def restore(ground: Ground, state: State, kept: Kept) -> None:
    """Put the rounds that were changed back as they were."""
    for team in range(len(kept.touched)):
        if kept.touched[team]:
            for place in range(state.visits[team]):
                state.team[state.stops[team, place]] = -1
    for team in range(len(kept.touched)):
        if kept.touched[team]:
            state.visits[team] = kept.visits[team]
            for place in range(kept.visits[team]):
                stop = kept.stops[team, place]
                state.stops[team, place] = stop
                state.team[stop], state.window[stop] = team, kept.window[stop]
            measure(ground, state, team)


@njit(cache=True, nogil=True)
def _take_out(state: State, team: int, place: int, length: int, out: Ints, held: int) -> int:
    """Take a string of stops out of a round; return how many are out."""
    count, stops = state.visits[team], state.stops[team]
    for i in range(place, place + length):
        out[held] = stops[i]
        state.team[stops[i]] = -1
        held += 1
    for i in range(place + length, count):
        stops[i - length] = stops[i]
    state.visits[team] = count - length
    return held


@njit(cache=True, nogil=True)
def _tear_one(state: State, team: int, stop: int, longest: float, out: Ints, held: int) -> int:
    """Tear a string around a stop out of a round, whole or but for a piece; return how many stops are out."""
    count, place, random = state.visits[team], state.place[stop], state.random
    length = min(int(_random(random) * min(longest, float(count)) + 1.0), count)
    stays = 0
    if 1 < length < count and _random(random) < _SPLIT:
        stays = 1
        while length + stays < count and _random(random) < _GROWS:
            stays += 1
    least, most = max(place - length - stays + 1, 0), min(place, count - length - stays)
    first = least + int(_random(random) * (most - least + 1))
    if stays == 0:
        return _take_out(state, team, first, length, out, held)
    before = 1 + int(_random(random) * (length - 1))
    held = _take_out(state, team, first, before, out, held)
    return _take_out(state, team, first + stays, length - before, out, held)


@njit(cache=True, nogil=True)
def _tear(ground: Ground, state: State, kept: Kept, seed: int, out: Ints) -> int:
    """Tear strings out of the rounds near a stop; return how many stops are out."""
    going, placed = 0, 0
    for team in range(len(state.visits)):
        going += state.visits[team] > 0
        placed += state.visits[team]
    if placed == 0:
        return 0
    longest = min(_STRING, placed / going)
    strings = int(_random(state.random) * (4.0 * _TORN / (1.0 + longest) - 1.0) + 1.0)
    held = 0
    for i in range(ground.near.shape[1]):
        stop = ground.near[seed, i]
        team = state.team[stop]
        if team < 0 or kept.touched[team]:
            continue
        _keep(state, kept, team)
        held = _tear_one(state, team, stop, longest, out, held)
        measure(ground, state, team)
        strings -= 1
        if strings == 0:
            break
    return held


@njit(cache=True, nogil=True)
def _draw_key(ground: Ground, state: State, out: Ints, held: int, key: NDArray[np.float64]) -> None:
    """Draw by what the stops that are out are put in: by chance, or the awkward ones first."""
    differ = False
    for i in range(1, held):
        differ = differ or ground.prize[out[i]] != ground.prize[out[0]]
    by_prize, way = differ and _random(state.random) < _BY_PRIZE, _random(state.random) * 14.0
    for i in range(held):
        stop = out[i]
        opens, closes = ground.opens[ground.first[stop]], ground.closes[ground.first[stop + 1] - 1]
        if by_prize:
            key[i] = -float(ground.prize[stop])
        elif way < 4.0:
            key[i] = _random(state.random)
        elif way < 6.0:
            key[i] = -float(ground.load[stop] + ground.dwell[stop])
        elif way < 8.0:
            key[i] = -float(ground.far[stop])
        elif way < 9.0:
            key[i] = float(ground.far[stop])
        elif way < 11.0:
            key[i] = float(closes - opens)
        elif way < 12.5:
            key[i] = float(opens)
        else:
            key[i] = -float(closes)


@njit(cache=True, nogil=True)
def _order(ground: Ground, state: State, out: Ints, held: int, key: NDArray[np.float64]) -> None:
    """Sort the stops that are out, by insertion: they are few."""
    _draw_key(ground, state, out, held, key)
    for i in range(1, held):
        stop, by, j = out[i], key[i], i
        while j > 0 and key[j - 1] > by:
            out[j], key[j] = out[j - 1], key[j - 1]
            j -= 1
        out[j], key[j] = stop, by


@njit(cache=True, nogil=True)
def _put_in(ground: Ground, state: State, stop: int, team: int, place: int, window: int) -> None:
    """Put a stop into a round."""
    stops, count = state.stops[team], state.visits[team]
    for i in range(count, place, -1):
        stops[i] = stops[i - 1]
    stops[place] = stop
    state.visits[team] = count + 1
    state.team[stop], state.window[stop] = team, window
    measure(ground, state, team)


@njit(cache=True, nogil=True)
def mend(ground: Ground, state: State, kept: Kept, out: Ints, held: int, blink: float) -> int:
    """
    Put stops where they cost least; return how many find no place, the first ones of `out` then.

    Parameters
    ----------
    out, held
        The stops in their order, and how many they are.
    blink
        How often a place is overlooked.
    """
    left = 0
    for i in range(held):
        stop = out[i]
        team, place, window, cost = _cheapest(ground, state, stop, _near_places(ground, state, stop), blink)
        if team < 0:
            team, place, window, cost = _cheapest(ground, state, stop, _all_places(state), blink)
        if team < 0 or cost >= ground.prize[stop]:
            out[left] = stop
            left += 1
        else:
            _keep(state, kept, team)
            _put_in(ground, state, stop, team, place, window)
    return left


@njit(cache=True, nogil=True)
def copy(state: State, best: Kept) -> None:
    """Remember all rounds."""
    best.touched[:] = False
    for team in range(len(state.visits)):
        _keep(state, best, team)


@njit(cache=True, nogil=True)
def _left_out(state: State, out: Ints) -> tuple[int, float]:
    """List the stops that are left out; return how many, and how often they have been all in all."""
    found, weight = 0, 0.0
    for stop in range(len(state.team)):
        if state.team[stop] < 0:
            out[found] = stop
            found += 1
            weight += state.missed[stop]
    return found, weight


@njit(cache=True, nogil=True)
def _also_tried(state: State, missing: Ints, count: int, out: Ints, held: int) -> int:
    """Add some of the missing stops to those that are out; return how many are out."""
    for i in range(min(count, _ALSO_TRIED)):
        j = i + int(_random(state.random) * (count - i))
        missing[i], missing[j] = missing[j], missing[i]
        out[held] = missing[i]
        held += 1
    return held


@njit(cache=True, nogil=True)
def cost_of(ground: Ground, state: State) -> float:
    """Return what the rounds cost, and what is left out."""
    cost = 0.0
    for team in range(len(state.visits)):
        cost += state.cost[team]
    for stop in range(len(state.team)):
        if state.team[stop] < 0:
            cost += ground.prize[stop]
    return cost


@njit(cache=True, nogil=True)
def improve(
    ground: Ground,
    state: State,
    best: Kept,
    spare: Kept,
    costs: NDArray[np.float64],
    times: int,
    heat: float,
    complete: bool,
) -> int:
    """
    Tear and mend so many times; return how many times it was done.

    Parameters
    ----------
    state, best, spare
        The rounds, the best so far, and room for those that are changed.
    costs
        See NOW, BEST.
    heat
        How much worse rounds may get, on average.
    complete
        Whether only leaving out counts, above all what was often left out: it ends when nothing is.
    """
    stops = len(state.team)
    out, missing = np.empty(stops, dtype=np.int64), np.empty(stops, dtype=np.int64)
    key = np.empty(stops)
    for number in range(times):
        count, weight = _left_out(state, missing)
        if complete and count == 0:
            return number
        spare.touched[:] = False
        seed = int(_random(state.random) * stops)
        if count > 0 and _random(state.random) < 0.5:
            seed = missing[int(_random(state.random) * count)]
        held = _tear(ground, state, spare, seed, out)
        held = _also_tried(state, missing, count, out, held)
        _order(ground, state, out, held, key)
        left = mend(ground, state, spare, out, held, _BLINK)
        cost = cost_of(ground, state)
        better = cost < costs[NOW] - heat * np.log(1.0 - _random(state.random))
        if complete:
            new_weight = _left_out(state, missing)[1]
            better = new_weight < weight or (new_weight == weight and better)
            for i in range(left):
                state.missed[out[i]] += 1
        if better:
            costs[NOW] = cost
            if cost < costs[BEST]:
                costs[BEST] = cost
                copy(state, best)
        else:
            restore(ground, state, spare)
    return times
