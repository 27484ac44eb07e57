"""
Compiled half of `geo.overlay`: certified crossings and areas of pairs of polygons.

Every polygon carries a small tree of bounding boxes over its consecutive segments. For a pair, both
trees are walked together, so that only segments lying close to each other are ever compared. The sign
of every comparison is proven by an error bound (Shewchuk 1997, doi:10.1007/PL00009321, stage A);
what cannot be proven is handed back to the caller as `DOUBTFUL` instead of being guessed.

All of it stands in one file: numba's cache renews a function when its own file changes, not when a
function that it calls changes in another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, ParamSpec, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Bytes = NDArray[np.int8]
P = ParamSpec("P")
R = TypeVar("R")

FANOUT = 8  # segments in a leaf and children of a node; 4 to 12 measured alike
STACK = 2048  # nodes waiting: at most 36 a level, and a billion segments make ten levels
ORIENT_BOUND = (3.0 + 16.0 * 2.0**-53) * 2.0**-53  # Shewchuk's ccwerrboundA
DUST = 4e-15  # rounding of a sum of cross products, as a share of the polygons' areas
UNKNOWN = -9

FIRST, LAST, IS_LEAF = 0, 1, 2  # columns of Layer.node
# What became of a pair.
SURE, DOUBTFUL = 0, 1


def _compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile for threads, and keep the machine code on disk: a first call takes many seconds."""
    return cast("Callable[P, R]", njit(nogil=True, cache=True, error_model="numpy")(function))


class Layer(NamedTuple):
    """
    Polygons as plain arrays: exteriors counter-clockwise, holes clockwise, rings closed.

    A node's children are nodes FIRST to LAST; a leaf's are the segments that start at these vertices.
    """

    xy: Floats
    ring_start: Ints  # first vertex of each ring, and the end
    ring_twice_area: Floats  # signed: holes are negative
    polygon_ring: Ints  # first ring of each polygon, and the end
    polygon_area: Floats
    root: Ints  # -1: no rings
    box: Floats
    node: Ints  # columns FIRST, LAST (child or segment) and IS_LEAF
    leaf_swept: Floats  # twice the area swept about the polygon's origin from ring start to leaf


@_compiled
def _count_nodes(ring_start: Ints, polygon_ring: Ints) -> int:
    nodes = 0
    for polygon in range(len(polygon_ring) - 1):
        width = 0
        for ring in range(polygon_ring[polygon], polygon_ring[polygon + 1]):
            width += (ring_start[ring + 1] - ring_start[ring] - 2) // FANOUT + 1
        nodes += width
        while width > 1:
            width = (width - 1) // FANOUT + 1
            nodes += width
    return nodes


@_compiled
def _orient_ring(xy: Floats, start: int, end: int, is_hole: bool) -> None:
    twice_area = 0.0
    for k in range(start, end - 1):
        x, y = xy[k, 0] - xy[start, 0], xy[k, 1] - xy[start, 1]
        twice_area += x * (xy[k + 1, 1] - xy[k, 1]) - y * (xy[k + 1, 0] - xy[k, 0])
    if (twice_area < 0.0) == is_hole:
        return
    low, high = start, end - 1
    while low < high:
        for axis in range(2):
            xy[low, axis], xy[high, axis] = xy[high, axis], xy[low, axis]
        low, high = low + 1, high - 1


@_compiled
def build_layer(xy: Floats, ring_start: Ints, ring_is_hole: Bools, polygon_ring: Ints) -> Layer:
    """
    Orient the rings (in place) and build every polygon's tree of boxes.

    Parameters
    ----------
    xy
        Vertices of closed rings, in metres from a nearby origin; changed in place.
    ring_start, ring_is_hole
        First vertex of each ring (and the end); whether it is a hole.
    polygon_ring
        First ring of each polygon (and the end).
    """
    polygons, rings = len(polygon_ring) - 1, len(ring_start) - 1
    nodes = _count_nodes(ring_start, polygon_ring)
    ring_twice_area, polygon_area = np.zeros(rings), np.zeros(polygons)
    root = np.full(polygons, -1, np.int64)
    box = np.empty((nodes, 4))
    table, leaf_swept = np.zeros((nodes, 3), np.int64), np.zeros(nodes)
    node = 0
    for polygon in range(polygons):
        if polygon_ring[polygon] == polygon_ring[polygon + 1]:
            continue
        level = node
        origin = ring_start[polygon_ring[polygon]]
        for ring in range(polygon_ring[polygon], polygon_ring[polygon + 1]):
            start, end = ring_start[ring], ring_start[ring + 1]
            _orient_ring(xy, start, end, ring_is_hole[ring])
            swept, lost = 0.0, 0.0
            for leaf_first in range(start, end - 1, FANOUT):
                leaf_last = min(leaf_first + FANOUT, end - 1)
                table[node, FIRST], table[node, LAST], table[node, IS_LEAF] = leaf_first, leaf_last, 1
                leaf_swept[node] = swept + lost
                x0, y0 = xy[leaf_first, 0], xy[leaf_first, 1]
                x1, y1 = x0, y0
                for k in range(leaf_first, leaf_last):
                    ax, ay, bx, by = xy[k, 0], xy[k, 1], xy[k + 1, 0], xy[k + 1, 1]
                    x0, x1, y0, y1 = min(x0, bx), max(x1, bx), min(y0, by), max(y1, by)
                    piece = (ax - xy[origin, 0]) * (by - ay) - (ay - xy[origin, 1]) * (bx - ax)
                    # Neumaier's sum: a province's outline has 1e5 pieces of up to 1e11 m2.
                    total = swept + piece
                    lost += (swept - total) + piece if abs(swept) >= abs(piece) else (piece - total) + swept
                    swept = total
                box[node, 0], box[node, 1], box[node, 2], box[node, 3] = x0, y0, x1, y1
                node += 1
            ring_twice_area[ring] = swept + lost
            polygon_area[polygon] += 0.5 * (swept + lost)
        while node - level > 1:
            level_end = node
            for child in range(level, level_end, FANOUT):
                child_end = min(child + FANOUT, level_end)
                table[node, FIRST], table[node, LAST] = child, child_end
                box[node] = box[child]
                for other in range(child + 1, child_end):
                    box[node, 0] = min(box[node, 0], box[other, 0])
                    box[node, 1] = min(box[node, 1], box[other, 1])
                    box[node, 2] = max(box[node, 2], box[other, 2])
                    box[node, 3] = max(box[node, 3], box[other, 3])
                node += 1
            level = level_end
        root[polygon] = level
    return Layer(
        xy,
        ring_start,
        ring_twice_area,
        polygon_ring,
        polygon_area,
        root,
        box,
        table,
        leaf_swept,
    )


@_compiled
def _side(ax: float, ay: float, bx: float, by: float, px: float, py: float) -> int:
    """Return 1 if p is provably left of a→b, -1 if provably right, 0 if that is not certain."""
    plus, minus = (ax - px) * (by - py), (ay - py) * (bx - px)
    bound = ORIENT_BOUND * (abs(plus) + abs(minus))
    if plus - minus > bound:
        return 1
    if plus - minus < -bound:
        return -1
    return 0


@_compiled
def _crossing(px: float, py: float, qx: float, qy: float, rx: float, ry: float, sx: float, sy: float) -> int:
    """Return 1 or -1 if p→q provably crosses r→s to its left or right, 0 if it does not, or UNKNOWN."""
    from_side, to_side = _side(rx, ry, sx, sy, px, py), _side(rx, ry, sx, sy, qx, qy)
    if from_side * to_side > 0:
        return 0
    ends = _side(px, py, qx, qy, rx, ry) * _side(px, py, qx, qy, sx, sy)
    if ends > 0:
        return 0
    if ends == 0 or from_side * to_side == 0:
        return UNKNOWN
    return to_side


@_compiled
def _twice(pairs: Ints) -> Ints:
    room = np.empty((2 * len(pairs), pairs.shape[1]), np.int64)
    room[: len(pairs)] = pairs
    return room


# Arrays are passed one by one where it is hot: numba counts references for each member of a tuple.
@_compiled
def _near_segments(
    xy: Floats,
    box: Floats,
    node: Ints,
    root: int,
    other_xy: Floats,
    other_box: Floats,
    other_node: Ints,
    other_root: int,
    same: bool,
    stack: Ints,
    near: Ints,
) -> tuple[Ints, int]:
    """
    List the pairs of segments whose boxes meet, as (segment, other segment, leaf, other leaf).

    With `same`, of one ring with itself: each pair once, without neighbours.
    """
    count, depth = 0, 1
    stack[0, 0], stack[0, 1] = root, other_root
    while depth > 0:
        depth -= 1
        a, b = stack[depth, 0], stack[depth, 1]
        ax0, ay0, ax1, ay1 = box[a, 0], box[a, 1], box[a, 2], box[a, 3]
        bx0, by0, bx1, by1 = other_box[b, 0], other_box[b, 1], other_box[b, 2], other_box[b, 3]
        if (ax1 < bx0) | (bx1 < ax0) | (ay1 < by0) | (by1 < ay0):
            continue
        a_is_leaf, b_is_leaf = node[a, IS_LEAF] == 1, other_node[b, IS_LEAF] == 1
        if not (a_is_leaf and b_is_leaf):
            if b_is_leaf or (not a_is_leaf and ax1 - ax0 + ay1 - ay0 >= bx1 - bx0 + by1 - by0):
                for c in range(node[a, FIRST], node[a, LAST]):
                    if (bx1 < box[c, 0]) | (box[c, 2] < bx0) | (by1 < box[c, 1]) | (box[c, 3] < by0):
                        continue
                    stack[depth, 0], stack[depth, 1] = c, b
                    depth += 1
            else:
                for c in range(other_node[b, FIRST], other_node[b, LAST]):
                    if (
                        (ax1 < other_box[c, 0])
                        | (other_box[c, 2] < ax0)
                        | (ay1 < other_box[c, 1])
                        | (other_box[c, 3] < ay0)
                    ):
                        continue
                    stack[depth, 0], stack[depth, 1] = a, c
                    depth += 1
            continue
        if same and b < a:
            continue
        for k in range(node[a, FIRST], node[a, LAST]):
            px, py, qx, qy = xy[k, 0], xy[k, 1], xy[k + 1, 0], xy[k + 1, 1]
            x0, x1, y0, y1 = min(px, qx), max(px, qx), min(py, qy), max(py, qy)
            if (x1 < bx0) | (bx1 < x0) | (y1 < by0) | (by1 < y0):
                continue
            m_first = max(other_node[b, FIRST], k + 2) if same else other_node[b, FIRST]
            for m in range(m_first, other_node[b, LAST]):
                rx, ry, sx, sy = other_xy[m, 0], other_xy[m, 1], other_xy[m + 1, 0], other_xy[m + 1, 1]
                if (max(rx, sx) < x0) | (x1 < min(rx, sx)) | (max(ry, sy) < y0) | (y1 < min(ry, sy)):
                    continue
                if count == len(near):
                    near = _twice(near)
                near[count, 0], near[count, 1], near[count, 2], near[count, 3] = k, m, a, b
                count += 1
    return near, count


@_compiled
def _turns_cleanly(xy: Floats, start: int, end: int) -> bool:
    """Tell whether a ring nowhere folds back onto itself at a vertex."""
    ax, ay, bx, by = xy[end - 2, 0], xy[end - 2, 1], xy[start, 0], xy[start, 1]
    for k in range(start + 1, end):
        cx, cy = xy[k, 0], xy[k, 1]
        onward = (bx - ax) * (cx - bx) + (by - ay) * (cy - by) > 0.0
        if not onward and _side(ax, ay, bx, by, cx, cy) == 0:
            return False
        ax, ay, bx, by = bx, by, cx, cy
    return True


@_compiled
def _is_star(xy: Floats, start: int, end: int, x: float, y: float) -> bool:
    """Tell whether a ring provably goes once round a point, always onward: then it is simple."""
    rounds = 0
    for k in range(start, end - 1):
        ax, ay, bx, by = xy[k, 0], xy[k, 1], xy[k + 1, 0], xy[k + 1, 1]
        if _side(x, y, ax, ay, bx, by) != 1:
            return False
        # Going left round the point, a segment that passes its height upward does so on its right.
        rounds += ay <= y and by > y
    return rounds == 1


@_compiled
def surely_valid(layer: Layer) -> Bools:
    """
    Return True for polygons of one ring that provably nowhere touches itself.

    Much cheaper than GEOS's full answer, which is then needed only for the rest.
    """
    polygons = len(layer.root)
    sure = np.zeros(polygons, np.bool_)
    stack, near = np.empty((STACK, 2), np.int64), np.empty((256, 4), np.int64)
    xy = layer.xy
    for polygon in range(polygons):
        ring = layer.polygon_ring[polygon]
        if layer.polygon_ring[polygon + 1] - ring != 1:
            continue
        start, end = layer.ring_start[ring], layer.ring_start[ring + 1]
        root = layer.root[polygon]
        x, y = layer.box[root, 0] + layer.box[root, 2], layer.box[root, 1] + layer.box[root, 3]
        if _is_star(xy, start, end, 0.5 * x, 0.5 * y):
            sure[polygon] = True
            continue
        if not _turns_cleanly(xy, start, end):
            continue
        near, count = _near_segments(
            xy, layer.box, layer.node, root, xy, layer.box, layer.node, root, True, stack, near
        )
        clear = True
        for n in range(count):
            k, m = near[n, 0], near[n, 1]
            if m - k == end - start - 2:  # the last segment ends where the first begins
                continue
            if (
                _crossing(
                    xy[k, 0],
                    xy[k, 1],
                    xy[k + 1, 0],
                    xy[k + 1, 1],
                    xy[m, 0],
                    xy[m, 1],
                    xy[m + 1, 0],
                    xy[m + 1, 1],
                )
                != 0
            ):
                clear = False
                break
        sure[polygon] = clear
    return sure


@_compiled
def _winding(xy: Floats, box: Floats, node: Ints, root: int, x: float, y: float, stack: Ints) -> int:
    """Return how often a polygon winds about a point, or UNKNOWN."""
    winding, depth = 0, 1
    stack[0, 0] = root
    while depth > 0:
        depth -= 1
        a = stack[depth, 0]
        if (box[a, 2] < x) | (box[a, 1] > y) | (box[a, 3] < y):
            continue
        if node[a, IS_LEAF] == 0:
            for child in range(node[a, FIRST], node[a, LAST]):
                stack[depth, 0] = child
                depth += 1
            continue
        for k in range(node[a, FIRST], node[a, LAST]):
            ay, by = xy[k, 1], xy[k + 1, 1]
            if (ay <= y) == (by <= y):
                continue
            side = _side(xy[k, 0], ay, xy[k + 1, 0], by, x, y)
            if side == 0:
                return UNKNOWN
            if (side > 0) == (by > ay):
                winding += side
    return winding


@_compiled
def _swept(xy: Floats, first: int, segment: int, x: float, y: float, ox: float, oy: float) -> float:
    """Twice the area swept about (ox, oy) along a ring, from a vertex to (x, y) on a later segment."""
    swept: float = 0.0
    for k in range(first, segment):
        swept += (xy[k, 0] - ox) * (xy[k + 1, 1] - xy[k, 1]) - (xy[k, 1] - oy) * (xy[k + 1, 0] - xy[k, 0])
    ax, ay = xy[segment, 0], xy[segment, 1]
    swept += (ax - ox) * (y - ay) - (ay - oy) * (x - ax)
    return swept


@_compiled
def _ring_start(layer: Layer, polygon: int, vertex: int) -> int:
    low, high = layer.polygon_ring[polygon], layer.polygon_ring[polygon + 1] - 1
    while low < high:
        middle = (low + high + 1) // 2
        if layer.ring_start[middle] <= vertex:
            low = middle
        else:
            high = middle - 1
    start: int = layer.ring_start[low]
    return start


class Crossings(NamedTuple):
    """Where the boundaries of one pair cross: column 0 is the left polygon's, column 1 the right's."""

    segment: Ints
    along: Floats  # share of the segment passed
    enters: Bytes  # 1: the left boundary enters the right polygon


@_compiled
def _room(size: int) -> Crossings:
    return Crossings(np.empty((size, 2), np.int64), np.empty((size, 2)), np.empty(size, np.int8))


@_compiled
def _cross(
    left: Layer, right: Layer, i: int, j: int, dx: float, dy: float, near: Ints, count: int, found: Crossings
) -> tuple[int, float, float]:
    """
    Note the crossings among `count` near segments in `found`.

    Returns how many there are (or UNKNOWN), their flux (twice an area) and the length in doubt.
    """
    crossings, flux, length = 0, 0.0, 0.0
    here = left.ring_start[left.polygon_ring[i]]
    there = right.ring_start[right.polygon_ring[j]]
    ox, oy = left.xy[here, 0], left.xy[here, 1]
    rx, ry = right.xy[there, 0], right.xy[there, 1]
    for n in range(count):
        k, m, a, b = near[n, 0], near[n, 1], near[n, 2], near[n, 3]
        px, py, qx, qy = left.xy[k, 0], left.xy[k, 1], left.xy[k + 1, 0], left.xy[k + 1, 1]
        ux, uy, vx, vy = right.xy[m, 0], right.xy[m, 1], right.xy[m + 1, 0], right.xy[m + 1, 1]
        enters = _crossing(px, py, qx, qy, ux, uy, vx, vy)
        if enters == 0:
            continue
        if enters == UNKNOWN:
            return UNKNOWN, 0.0, 0.0
        before = (ux - px) * (vy - py) - (uy - py) * (vx - px)
        after = (ux - qx) * (vy - qy) - (uy - qy) * (vx - qx)
        t = before / (before - after)
        # One common point for both boundaries closes the loop exactly, wherever rounding put it.
        x, y = px + t * (qx - px), py + t * (qy - py)
        squared = (vx - ux) * (vx - ux) + (vy - uy) * (vy - uy)
        found.segment[crossings, 0], found.segment[crossings, 1] = k, m
        found.along[crossings, 0] = t
        found.along[crossings, 1] = ((x - ux) * (vx - ux) + (y - uy) * (vy - uy)) / squared
        found.enters[crossings] = enters
        crossings += 1
        # The right layer was moved to break ties; its area is taken where it really lies.
        sx, sy = x + dx, y + dy
        start = _ring_start(right, j, m)
        swept_left = left.leaf_swept[a] + _swept(left.xy, left.node[a, FIRST], k, x, y, ox, oy)
        swept_right = right.leaf_swept[b] + _swept(right.xy, right.node[b, FIRST], m, sx, sy, rx, ry)
        swept_right -= (ox + dx - rx) * (sy - right.xy[start, 1]) - (oy + dy - ry) * (sx - right.xy[start, 0])
        flux += enters * (swept_left - swept_right)
        length += abs(vx - ux) + abs(vy - uy)
    return crossings, flux, length


@_compiled
def _sort_along(found: Crossings, count: int, column: int) -> None:
    """Put crossings in the order in which one of the boundaries meets them (Shell's sort)."""
    segment, along, enters = found.segment, found.along, found.enters
    gap = 1
    while gap < count // 3:
        gap = 3 * gap + 1
    while gap > 0:
        for n in range(gap, count):
            s0, s1, t0, t1, e = segment[n, 0], segment[n, 1], along[n, 0], along[n, 1], enters[n]
            s, t = segment[n, column], along[n, column]
            m = n
            while m >= gap:
                other = segment[m - gap, column]
                if other < s or (other == s and along[m - gap, column] <= t):
                    break
                segment[m, 0], segment[m, 1] = segment[m - gap, 0], segment[m - gap, 1]
                along[m, 0], along[m, 1] = along[m - gap, 0], along[m - gap, 1]
                enters[m] = enters[m - gap]
                m -= gap
            segment[m, 0], segment[m, 1], along[m, 0], along[m, 1], enters[m] = s0, s1, t0, t1, e
        gap //= 3


@_compiled
def _inside_at_start(
    layer: Layer,
    polygon: int,
    other: Layer,
    other_polygon: int,
    found: Crossings,
    count: int,
    column: int,
    stack: Ints,
) -> tuple[float, bool]:
    """
    Return twice the area of the rings that start inside the other polygon, and whether all is proven.

    Along a ring, entering and leaving must alternate and come in pairs: the check on every walk.
    """
    twice_area, n = 0.0, 0
    flip = 1 if column == 0 else -1
    root = other.root[other_polygon]
    x0, y0, x1, y1 = other.box[root, 0], other.box[root, 1], other.box[root, 2], other.box[root, 3]
    for ring in range(layer.polygon_ring[polygon], layer.polygon_ring[polygon + 1]):
        start, end = layer.ring_start[ring], layer.ring_start[ring + 1]
        if n == count or found.segment[n, column] >= end:
            x, y = layer.xy[start, 0], layer.xy[start, 1]
            if (x < x0) | (x > x1) | (y < y0) | (y > y1):
                continue
            winding = _winding(other.xy, other.box, other.node, root, x, y, stack)
            if winding < 0 or winding > 1:
                return 0.0, False
            twice_area += winding * layer.ring_twice_area[ring]
            continue
        first = flip * found.enters[n]
        if first < 0:
            twice_area += layer.ring_twice_area[ring]
        expected = first
        while n < count and found.segment[n, column] < end:
            if flip * found.enters[n] != expected:
                return 0.0, False
            expected, n = -expected, n + 1
        if expected != first:
            return 0.0, False
    return twice_area, True


@_compiled
def _pair_area(
    left: Layer,
    right: Layer,
    i: int,
    j: int,
    dx: float,
    dy: float,
    near: Ints,
    candidates: int,
    found: Crossings,
    stack: Ints,
) -> tuple[float, int]:
    count, flux, length = _cross(left, right, i, j, dx, dy, near, candidates, found)
    if count == UNKNOWN:
        return 0.0, DOUBTFUL
    _sort_along(found, count, 0)
    left_twice, left_sure = _inside_at_start(left, i, right, j, found, count, 0, stack)
    if not left_sure:
        return 0.0, DOUBTFUL
    _sort_along(found, count, 1)
    right_twice, right_sure = _inside_at_start(right, j, left, i, found, count, 1, stack)
    if not right_sure:
        return 0.0, DOUBTFUL
    area = 0.5 * (left_twice + right_twice - flux)
    if count == 0:  # nothing was rounded: apart, or one holds the other
        return area, SURE
    noise = DUST * (left.polygon_area[i] + right.polygon_area[j]) + length * (abs(dx) + abs(dy))
    if area < -4.0 * noise or area > min(left.polygon_area[i], right.polygon_area[j]) + 4.0 * noise:
        return 0.0, DOUBTFUL
    # Below the noise two polygons only touch.
    return (area if area > noise else 0.0), SURE


@_compiled
def overlap_pairs(left: Layer, right: Layer, pairs: Ints, dx: float, dy: float) -> tuple[Floats, Bytes]:
    """
    Return the area in common of pairs of valid polygons, and which of them are DOUBTFUL.

    Area of A∩B = ½∮ over ∂A inside B + ½∮ over ∂B inside A. A ring's part of this is its whole integral
    if it starts inside, minus, for each crossing, ± the integral from its start up to there. So the
    cost lies in finding the crossings alone, and no geometry is built.

    Parameters
    ----------
    left, right
        Layers in the same local coordinates in metres, except that `right` was moved by (dx, dy).
    pairs
        Column 0: numbers of left polygons; column 1: of right polygons.
    """
    area, doubt = np.zeros(len(pairs)), np.zeros(len(pairs), np.int8)
    stack, near = np.empty((STACK, 2), np.int64), np.empty((256, 4), np.int64)
    found = _room(256)
    for n in range(len(pairs)):
        i, j = pairs[n, 0], pairs[n, 1]
        a, b = left.root[i], right.root[j]
        if a < 0 or b < 0:
            continue
        near, count = _near_segments(
            left.xy, left.box, left.node, a, right.xy, right.box, right.node, b, False, stack, near
        )
        if len(found.enters) < len(near):
            found = _room(len(near))
        area[n], doubt[n] = _pair_area(left, right, i, j, dx, dy, near, count, found, stack)
    return area, doubt
