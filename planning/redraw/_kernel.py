"""
Simulated annealing of a plan by flips, chains of two flips and merge-splits, compiled.

One file on purpose: numba's cache does not notice a change in another file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Places in the array of coefficients.
OVER, BALANCE, SHAPE, CUT, MOVED, UNFAIR, TORN = 0, 1, 2, 3, 4, 5, 6
COEFFICIENTS = 7
# The penalty for what lies beyond the tolerance is linear, so that it is exact, and steeper far out.
_STEEPER = 4.0
_CHECK_EVERY = 4096
_NONE = -1


@njit(cache=True, nogil=True, inline="always")
def _random(state: NDArray[np.uint64]) -> float:
    """Return the next number in [0, 1) of an xorshift64* generator (Vigna 2016)."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    drawn: float = float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) * (1.0 / 9007199254740992.0)
    return float(drawn)


@njit(cache=True, nogil=True, inline="always")
def _zone_energy(
    weight: float,
    area: float,
    outline: float,
    target: float,
    tolerance: float,
    asked: float,
    c: NDArray[np.float64],
) -> float:
    deviation = (weight - target) / target
    energy = c[BALANCE] * deviation * deviation
    unfair = abs(deviation) - asked
    if unfair > 0.0:
        energy += c[UNFAIR] * unfair
    over = abs(deviation) - tolerance
    if over > 0.0:
        energy += c[OVER] * over * (1.0 + _STEEPER * over)
    if c[SHAPE] > 0.0 and outline > 0.0:
        energy += c[SHAPE] * (1.0 - 12.566370614359172 * area / (outline * outline))
    return float(energy)


@njit(cache=True, nogil=True, inline="always")
def _stay(
    unit: int,
    zone: int,
    stay_first: NDArray[np.int32],
    stay_zone: NDArray[np.int32],
    stay_weight: NDArray[np.float64],
) -> float:
    for i in range(stay_first[unit], stay_first[unit + 1]):
        if stay_zone[i] == zone:
            return float(stay_weight[i])
    return 0.0


@njit(cache=True, nogil=True)
def _stays_whole(
    unit: int,
    zone: int,
    zone_of: NDArray[np.int32],
    first: NDArray[np.int32],
    neighbours: NDArray[np.int32],
    mark: NDArray[np.int64],
    queue: NDArray[np.int32],
    stamp: NDArray[np.int64],
) -> bool:
    """Return whether the zone still hangs together when the unit, one of its own, leaves it."""
    stamp[0] += 2
    wanted, seen = stamp[0], stamp[0] + 1
    left, start = 0, _NONE
    for i in range(first[unit], first[unit + 1]):
        v = neighbours[i]
        if zone_of[v] == zone:
            mark[v] = wanted
            left += 1
            start = v
    if left == 0:
        return False
    mark[start] = seen
    left -= 1
    head, tail = 0, 1
    queue[0] = start
    # First among the unit's own neighbours, which nearly always settles it; then through the zone.
    while head < tail and left > 0:
        v = queue[head]
        head += 1
        for i in range(first[v], first[v + 1]):
            t = neighbours[i]
            if mark[t] == wanted:
                mark[t] = seen
                left -= 1
                queue[tail] = t
                tail += 1
    if left == 0:
        return True
    head = 0
    while head < tail:
        v = queue[head]
        head += 1
        for i in range(first[v], first[v + 1]):
            t = neighbours[i]
            if t == unit or zone_of[t] != zone or mark[t] == seen:
                continue
            if mark[t] == wanted:
                left -= 1
                if left == 0:
                    return True
            mark[t] = seen
            queue[tail] = t
            tail += 1
    return False


@njit(cache=True, nogil=True)
def _delta(
    unit: int,
    a: int,
    b: int,
    zone_of: NDArray[np.int32],
    first: NDArray[np.int32],
    neighbours: NDArray[np.int32],
    shared: NDArray[np.float64],
    weight: NDArray[np.float64],
    area: NDArray[np.float64],
    outline: NDArray[np.float64],
    target: NDArray[np.float64],
    tolerance: NDArray[np.float64],
    asked: float,
    stay_first: NDArray[np.int32],
    stay_zone: NDArray[np.int32],
    stay_weight: NDArray[np.float64],
    zone_weight: NDArray[np.float64],
    zone_area: NDArray[np.float64],
    zone_outline: NDArray[np.float64],
    zone_energy: NDArray[np.float64],
    village: NDArray[np.int32],
    pieces: NDArray[np.int32],
    c: NDArray[np.float64],
    out: NDArray[np.float64],
) -> float:
    """Return what moving a unit from zone a to b adds to the energy; `out` gets both zones' figures."""
    with_a = with_b = 0.0
    cut = 0
    for i in range(first[unit], first[unit + 1]):
        z = zone_of[neighbours[i]]
        if z == a:
            with_a += shared[i]
            cut += 1
        elif z == b:
            with_b += shared[i]
            cut -= 1
    out[0] = zone_outline[a] - outline[unit] + 2.0 * with_a
    out[1] = zone_outline[b] + outline[unit] - 2.0 * with_b
    w, s = weight[unit], area[unit]
    out[2] = _zone_energy(zone_weight[a] - w, zone_area[a] - s, out[0], target[a], tolerance[a], asked, c)
    out[3] = _zone_energy(zone_weight[b] + w, zone_area[b] + s, out[1], target[b], tolerance[b], asked, c)
    delta = out[2] + out[3] - zone_energy[a] - zone_energy[b] + c[CUT] * cut
    if c[MOVED] > 0.0:
        stays = _stay(unit, a, stay_first, stay_zone, stay_weight)
        stays -= _stay(unit, b, stay_first, stay_zone, stay_weight)
        delta += c[MOVED] * stays
    v = village[unit]
    if v >= 0:
        if pieces[v, a] == 1:
            delta -= c[TORN]
        if pieces[v, b] == 0:
            delta += c[TORN]
    return float(delta)


@njit(cache=True, nogil=True, inline="always")
def _flip(
    unit: int,
    a: int,
    b: int,
    zone_of: NDArray[np.int32],
    weight: NDArray[np.float64],
    area: NDArray[np.float64],
    zone_weight: NDArray[np.float64],
    zone_area: NDArray[np.float64],
    zone_outline: NDArray[np.float64],
    zone_energy: NDArray[np.float64],
    zone_size: NDArray[np.int32],
    village: NDArray[np.int32],
    pieces: NDArray[np.int32],
    out: NDArray[np.float64],
) -> None:
    zone_of[unit] = b
    if village[unit] >= 0:
        pieces[village[unit], a] -= 1
        pieces[village[unit], b] += 1
    zone_weight[a] -= weight[unit]
    zone_weight[b] += weight[unit]
    zone_area[a] -= area[unit]
    zone_area[b] += area[unit]
    zone_outline[a], zone_outline[b] = out[0], out[1]
    zone_energy[a], zone_energy[b] = out[2], out[3]
    zone_size[a] -= 1
    zone_size[b] += 1


@njit(cache=True, nogil=True, inline="always")
def _shift(village: int, a: int, b: int, pieces: NDArray[np.int32]) -> int:
    """Let a unit of a village go from zone a to b; return how many more pieces the village then has."""
    more = 0
    pieces[village, a] -= 1
    if pieces[village, a] == 0:
        more -= 1
    if pieces[village, b] == 0:
        more += 1
    pieces[village, b] += 1
    return more


@njit(cache=True, nogil=True)
def _root(parent: NDArray[np.int32], x: int) -> int:
    while parent[x] != x:
        parent[x] = parent[parent[x]]
        x = parent[x]
    return x


@njit(cache=True, nogil=True)
def _merge_split(
    a: int,
    b: int,
    seed_unit: int,
    zone_of: NDArray[np.int32],
    first: NDArray[np.int32],
    neighbours: NDArray[np.int32],
    weight: NDArray[np.float64],
    target: NDArray[np.float64],
    tolerance: NDArray[np.float64],
    fixed: NDArray[np.bool_],
    mark: NDArray[np.int64],
    queue: NDArray[np.int32],
    place: NDArray[np.int32],
    stamp: NDArray[np.int64],
    state: NDArray[np.uint64],
    side: NDArray[np.int32],
) -> int:
    """
    Cut a random spanning tree of two zones in two balanced parts (ReCom: DeFord, Duchin, Solomon 2021).

    Returns how many units the two zones have, listed in `queue`, and their part (0 or 1) in `side`; 0 if the
    tree has no balanced cut.
    """
    stamp[0] += 2
    seen = stamp[0]
    n = 1
    queue[0] = seed_unit
    mark[seed_unit] = seen
    place[seed_unit] = 0
    head = 0
    edges = 0
    while head < n:
        u = queue[head]
        head += 1
        for i in range(first[u], first[u + 1]):
            v = neighbours[i]
            if zone_of[v] != a and zone_of[v] != b:
                continue
            edges += 1
            if mark[v] != seen:
                mark[v] = seen
                place[v] = n
                queue[n] = v
                n += 1
    edges //= 2
    left, right, key = np.empty(edges, np.int32), np.empty(edges, np.int32), np.empty(edges, np.float64)
    e = 0
    for i in range(n):
        u = queue[i]
        for j in range(first[u], first[u + 1]):
            v = neighbours[j]
            if v > u and mark[v] == seen:
                left[e], right[e], key[e] = i, place[v], _random(state)
                e += 1
    parent = np.arange(n).astype(np.int32)
    degree, tree_left, tree_right = np.zeros(n + 1, np.int32), np.empty(n, np.int32), np.empty(n, np.int32)
    taken = 0
    for k in np.argsort(key):
        x, y = _root(parent, left[k]), _root(parent, right[k])
        if x != y:
            parent[x] = y
            tree_left[taken], tree_right[taken] = left[k], right[k]
            degree[left[k] + 1] += 1
            degree[right[k] + 1] += 1
            taken += 1
            if taken == n - 1:
                break
    if taken < n - 1:
        return 0
    at = np.cumsum(degree)
    fill, branch = at.copy(), np.empty(2 * taken + 1, np.int32)
    for k in range(taken):
        branch[fill[tree_left[k]]] = tree_right[k]
        fill[tree_left[k]] += 1
        branch[fill[tree_right[k]]] = tree_left[k]
        fill[tree_right[k]] += 1
    order, above, below = np.empty(n, np.int32), np.full(n, _NONE, np.int32), np.zeros(n, np.float64)
    order[0] = 0
    tail, head, whole = 1, 0, 0.0
    while head < tail:
        u = order[head]
        head += 1
        below[u] += weight[queue[u]]
        whole += weight[queue[u]]
        for i in range(at[u], at[u + 1]):
            v = branch[i]
            if v != above[u]:
                above[v] = u
                order[tail] = v
                tail += 1
    for k in range(n - 1, 0, -1):
        below[above[order[k]]] += below[order[k]]
    best, cut, flipped, ties = 1e300, _NONE, 0, 0
    for k in range(1, n):
        u = order[k]
        for way in range(2):
            wa = below[u] if way == 0 else whole - below[u]
            da, db = abs(wa - target[a]) / target[a], abs(whole - wa - target[b]) / target[b]
            # All cuts inside the tolerance are alike: one of them is drawn.
            value = max(0.0, da - tolerance[a]) + max(0.0, db - tolerance[b])
            if value < best - 1e-12:
                best, cut, flipped, ties = value, u, way, 1
            elif value <= best + 1e-12:
                ties += 1
                if _random(state) * ties < 1.0:
                    best, cut, flipped = min(value, best), u, way
    if cut == _NONE:
        return 0
    for k in range(n):
        side[k] = 1
    stack = np.empty(n, np.int32)
    stack[0] = cut
    height = 1
    while height > 0:
        height -= 1
        u = stack[height]
        side[u] = 0
        for i in range(at[u], at[u + 1]):
            v = branch[i]
            if v != above[u]:
                stack[height] = v
                height += 1
    if flipped:
        for k in range(n):
            side[k] = 1 - side[k]
    for k in range(n):
        if fixed[queue[k]] and (a if side[k] == 0 else b) != zone_of[queue[k]]:
            return 0
    return n


@njit(cache=True, nogil=True)
def anneal(
    zone_of: NDArray[np.int32],
    first: NDArray[np.int32],
    neighbours: NDArray[np.int32],
    owner: NDArray[np.int32],
    shared: NDArray[np.float64],
    weight: NDArray[np.float64],
    area: NDArray[np.float64],
    outline: NDArray[np.float64],
    target: NDArray[np.float64],
    tolerance: NDArray[np.float64],
    asked: float,
    stay_first: NDArray[np.int32],
    stay_zone: NDArray[np.int32],
    stay_weight: NDArray[np.float64],
    fixed: NDArray[np.bool_],
    closed: NDArray[np.bool_],
    village: NDArray[np.int32],
    villages: int,
    c: NDArray[np.float64],
    moves: int,
    hot: float,
    cold: float,
    chain_share: float,
    merge_share: float,
    seed: int,
    stop: NDArray[np.uint8],
) -> int:
    """
    Improve a plan in place by simulated annealing; return how many moves were proposed.

    Every state on the way keeps the hard constraints that the first one keeps: contiguity, fixed units,
    closed zones, no zone empty. `neighbours` must hold neighbours of the same region only, `owner` the unit
    of each of its entries.

    Parameters
    ----------
    tolerance, asked
        Of each zone, what must be kept; and what was asked for, which is fair to come near to.
    stay_weight
        In units of a mean target, as the deviations are.
    village, villages
        Village of each unit that does not hold all of its village (negative for the others), and how many
        such villages there are.
    c
        Coefficients of the energy: over tolerance, balance, shape, cut edges, moved, over what was asked,
        pieces of villages.
    hot, cold
        First and last temperature, of a geometric schedule.
    chain_share, merge_share
        Share of the proposals that move two units, or merge two zones and split them anew.
    stop
        One flag that another thread may raise: the annealing then ends at once.
    """
    n, zones = len(weight), len(target)
    state = np.empty(1, np.uint64)
    state[0] = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0xD1B54A32D192ED03)
    for _ in range(8):
        _random(state)
    mark, queue, stamp = np.zeros(n, np.int64), np.empty(n, np.int32), np.zeros(1, np.int64)
    place, side, kept = np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int32)
    zone_weight, zone_area, zone_outline = np.zeros(zones), np.zeros(zones), np.zeros(zones)
    zone_energy, zone_size = np.zeros(zones), np.zeros(zones, np.int32)
    pieces = np.zeros((villages, zones), np.int32)
    for u in range(n):
        z = zone_of[u]
        zone_weight[z] += weight[u]
        zone_area[z] += area[u]
        zone_outline[z] += outline[u]
        zone_size[z] += 1
        if village[u] >= 0:
            pieces[village[u], z] += 1
        for i in range(first[u], first[u + 1]):
            if zone_of[neighbours[i]] == z:
                zone_outline[z] -= shared[i]
    for z in range(zones):
        zone_energy[z] = _zone_energy(
            zone_weight[z], zone_area[z], zone_outline[z], target[z], tolerance[z], asked, c
        )
    edges = len(neighbours)
    if edges == 0 or zones < 2:
        return 0
    out, second = np.empty(4), np.empty(4)
    undo_a, undo_b = np.empty(4), np.empty(4)
    temperature = hot
    cooling = (cold / hot) ** (_CHECK_EVERY / max(moves, 1)) if hot > 0.0 else 1.0
    for step in range(moves):
        if step % _CHECK_EVERY == _CHECK_EVERY - 1:
            temperature *= cooling
            if stop[0] != 0:
                return step
        e = int(_random(state) * edges)
        u, a, b = owner[e], zone_of[owner[e]], zone_of[neighbours[e]]
        if a == b or closed[a] or closed[b]:
            continue
        kind = _random(state)
        # What a move may cost is drawn beforehand, so that most are turned down before the costly checks.
        allowance = -temperature * np.log(1.0 - _random(state))
        if kind < merge_share:
            size = _merge_split(
                a, b, u, zone_of, first, neighbours, weight, target, tolerance, fixed,
                mark, queue, place, stamp, state, side,
            )  # fmt: skip
            if size == 0:
                continue
            before, after = zone_energy[a] + zone_energy[b], 0.0
            wa = sa = oa = wb = sb = ob = 0.0
            cut = 0.0
            moved = 0.0
            count = 0
            for k in range(size):
                v = queue[k]
                kept[k] = zone_of[v]
            for k in range(size):
                v = queue[k]
                new = a if side[k] == 0 else b
                for i in range(first[v], first[v + 1]):
                    t = neighbours[i]
                    if t > v and (zone_of[t] == a or zone_of[t] == b) and zone_of[t] != zone_of[v]:
                        cut -= 1.0
                if c[MOVED] > 0.0:
                    moved += _stay(v, kept[k], stay_first, stay_zone, stay_weight)
                    moved -= _stay(v, new, stay_first, stay_zone, stay_weight)
            torn = 0
            for k in range(size):
                v = queue[k]
                zone_of[v] = a if side[k] == 0 else b
                if village[v] >= 0 and zone_of[v] != kept[k]:
                    torn += _shift(village[v], kept[k], zone_of[v], pieces)
            for k in range(size):
                v = queue[k]
                z = zone_of[v]
                inner = outline[v]
                for i in range(first[v], first[v + 1]):
                    t = neighbours[i]
                    if zone_of[t] == z:
                        inner -= shared[i]
                    elif t > v and (zone_of[t] == a or zone_of[t] == b):
                        cut += 1.0
                if z == a:
                    wa, sa, oa, count = wa + weight[v], sa + area[v], oa + inner, count + 1
                else:
                    wb, sb, ob = wb + weight[v], sb + area[v], ob + inner
            ea = _zone_energy(wa, sa, oa, target[a], tolerance[a], asked, c)
            eb = _zone_energy(wb, sb, ob, target[b], tolerance[b], asked, c)
            after = ea + eb + c[CUT] * cut + c[MOVED] * moved + c[TORN] * torn
            if after - before > allowance:
                for k in range(size):
                    v = queue[k]
                    if village[v] >= 0 and zone_of[v] != kept[k]:
                        _shift(village[v], zone_of[v], kept[k], pieces)
                    zone_of[v] = kept[k]
                continue
            zone_weight[a], zone_weight[b] = wa, wb
            zone_area[a], zone_area[b] = sa, sb
            zone_outline[a], zone_outline[b] = oa, ob
            zone_energy[a], zone_energy[b] = ea, eb
            zone_size[a], zone_size[b] = count, size - count
            continue
        if fixed[u] or zone_size[a] == 1:
            continue
        delta = _delta(
            u, a, b, zone_of, first, neighbours, shared, weight, area, outline, target, tolerance, asked,
            stay_first, stay_zone, stay_weight, zone_weight, zone_area, zone_outline, zone_energy,
            village, pieces, c, out,
        )  # fmt: skip
        if kind >= merge_share + chain_share:
            if delta <= allowance and _stays_whole(u, a, zone_of, first, neighbours, mark, queue, stamp):
                _flip(
                    u, a, b, zone_of, weight, area, zone_weight, zone_area, zone_outline, zone_energy,
                    zone_size, village, pieces, out,
                )  # fmt: skip
            continue
        # A chain: another unit, near the first, leaves the zone that the first comes to.
        v = neighbours[e]
        if _random(state) < 0.5:
            v = neighbours[first[v] + int(_random(state) * (first[v + 1] - first[v]))]
        if v == u or zone_of[v] != b or fixed[v]:
            continue
        t = neighbours[first[v] + int(_random(state) * (first[v + 1] - first[v]))]
        d = a if t == u else zone_of[t]
        if d == b or closed[d]:
            continue
        if not _stays_whole(u, a, zone_of, first, neighbours, mark, queue, stamp):
            continue
        undo_a[0], undo_b[0] = zone_outline[a], zone_outline[b]
        undo_a[1], undo_b[1] = zone_energy[a], zone_energy[b]
        undo_a[2], undo_b[2] = zone_weight[a], zone_weight[b]
        undo_a[3], undo_b[3] = zone_area[a], zone_area[b]
        _flip(
            u, a, b, zone_of, weight, area, zone_weight, zone_area, zone_outline, zone_energy, zone_size,
            village, pieces, out,
        )  # fmt: skip
        more = _delta(
            v, b, d, zone_of, first, neighbours, shared, weight, area, outline, target, tolerance, asked,
            stay_first, stay_zone, stay_weight, zone_weight, zone_area, zone_outline, zone_energy,
            village, pieces, c, second,
        )  # fmt: skip
        touches = False
        for i in range(first[v], first[v + 1]):
            if zone_of[neighbours[i]] == d:
                touches = True
                break
        if (
            touches
            and delta + more <= allowance
            and _stays_whole(v, b, zone_of, first, neighbours, mark, queue, stamp)
        ):
            _flip(
                v, b, d, zone_of, weight, area, zone_weight, zone_area, zone_outline, zone_energy,
                zone_size, village, pieces, second,
            )  # fmt: skip
            continue
        zone_of[u] = a
        if village[u] >= 0:
            pieces[village[u], a] += 1
            pieces[village[u], b] -= 1
        zone_size[a] += 1
        zone_size[b] -= 1
        zone_outline[a], zone_outline[b] = undo_a[0], undo_b[0]
        zone_energy[a], zone_energy[b] = undo_a[1], undo_b[1]
        zone_weight[a], zone_weight[b] = undo_a[2], undo_b[2]
        zone_area[a], zone_area[b] = undo_a[3], undo_b[3]
    return moves
