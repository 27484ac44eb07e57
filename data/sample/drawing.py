"""Today's zones as clerks drew them: a few metres off, with shortcuts, a hole and an enclave."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial import cKDTree
from shapely import affinity
from shapely.geometry import MultiPolygon, Polygon, box

from data.sample.frame import Floats, Ints, Noise, stream

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from data.sample.zones import ZonePlan

_CUTS = 85
# Noise in metres per metre of (area / perimeter): small grids are drawn with more care, so that
# noise alone takes less than 1 % of any grid.
_CARE, _LEAST_M, _MOST_M = 0.016, 0.15, 6.0
_DOUBLE_DRAWN = 26


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """
    The zones as drawn.

    Parameters
    ----------
    shapes
        One polygon a zone; one zone in two parts.
    zone
        The zone that each grid was meant for, the enclave included; -1 for the grid left out.
    """

    shapes: list[BaseGeometry]
    zone: Ints


def draw_zones(seed: int, plan: ZonePlan, grids: list[Polygon]) -> Drawing:
    """
    Return the intended zones redrawn by hand.

    Parameters
    ----------
    seed
        The district's seed.
    plan
        Intended zone of each grid.
    grids
        Exact coverage of the grids.
    """
    rng = stream(seed, "drawing")
    zone = plan.zone.copy()
    whole = np.array(grids, dtype=object)
    rim = shapely.boundary(shapely.coverage_union_all(whole))
    inner = np.flatnonzero(~shapely.intersects(whole, rim))
    enclave = _enclave(rng, plan, inner)
    zone[list(enclave[0])] = enclave[1]
    hole = _hole(rng, zone, plan, inner, avoid=enclave[0])
    zone[hole] = -1
    shapes = [
        shapely.coverage_union_all(np.array(grids, dtype=object)[zone == z])
        for z in range(len(plan.zone_town))
    ]
    special = {hole} | enclave[0] | plan.neighbours[hole].union(*(plan.neighbours[g] for g in enclave[0]))
    _shortcuts(rng, shapes, zone, plan, grids, special)
    return Drawing(shapes=_redrawn(seed, rng, shapes, zone, grids, special), zone=zone)


def _enclave(rng: np.random.Generator, plan: ZonePlan, inner: Ints) -> tuple[set[int], int]:
    """Return a grid surrounded by its zone, and a near zone of the station to own it instead."""
    for grid in rng.permutation(inner).tolist():
        home = plan.zone[grid]
        near = plan.neighbours[grid]
        if any(plan.zone[n] != home for n in near) or len(near) < 4:
            continue
        rest = set(np.flatnonzero(plan.zone == home).tolist()) - {grid}
        beyond = {int(plan.zone[o]) for n in near for m in plan.neighbours[n] for o in plan.neighbours[m]}
        owners = sorted(z for z in beyond - {home} if plan.zone_town[z] == plan.zone_town[home])
        if owners and _connected(rest, plan.neighbours):
            return {grid}, owners[0]
    raise AssertionError("no grid lies inside its zone")


def _hole(rng: np.random.Generator, zone: Ints, plan: ZonePlan, inner: Ints, *, avoid: set[int]) -> int:
    for grid in rng.permutation(inner).tolist():
        near = plan.neighbours[grid]
        same = [n for n in near if zone[n] == zone[grid]]
        rest = set(np.flatnonzero(zone == zone[grid]).tolist()) - {grid}
        apart = not (near | {grid}) & avoid and zone[grid] not in {zone[a] for a in avoid}
        if apart and len(same) == len(near) >= 4 and _connected(rest, plan.neighbours):
            return int(grid)
    raise AssertionError("no grid can be left out")


def _connected(grids: set[int], neighbours: list[set[int]]) -> bool:
    seen, ahead = set(), [min(grids)]
    while ahead:
        at = ahead.pop()
        if at not in seen:
            seen.add(at)
            ahead += neighbours[at] & grids - seen
    return seen == grids


def _shortcuts(
    rng: np.random.Generator,
    shapes: list[BaseGeometry],
    zone: Ints,
    plan: ZonePlan,
    grids: list[Polygon],
    special: set[int],
) -> None:
    """Let zone lines cut across grids: a part of each chosen grid goes to the zone next door."""
    left, touched = _CUTS, set(special)
    for grid in rng.permutation(len(grids)).tolist():
        # Neighbours of a cut grid stay whole, so that each cut is read on its own.
        if left == 0 or grid in touched or np.count_nonzero(zone == zone[grid]) < 3:
            continue
        others = sorted(n for n in plan.neighbours[grid] if zone[n] not in (-1, zone[grid]))
        if not others:
            continue
        other = int(rng.choice(others))
        share = float(np.clip(0.55 + 0.42 * rng.beta(2.0, 1.1), 0.53, 0.975))
        piece = _corner(rng, grids[grid], grids[other], 1 - share)
        if piece is None:
            continue
        here, there = int(zone[grid]), int(zone[other])
        less, more = shapely.difference(shapes[here], piece), shapely.union(shapes[there], piece)
        if _parts(less) == _parts(shapes[here]) and _parts(more) == _parts(shapes[there]):
            shapes[here], shapes[there] = less, more
            touched |= {grid} | plan.neighbours[grid]
            left -= 1


def _parts(shape: BaseGeometry) -> tuple[int, int]:
    """Return the counts of parts and of holes, which a shortcut must not change."""
    parts = shapely.get_parts(shape)
    return len(parts), int(shapely.get_num_interior_rings(parts).sum())


def _corner(rng: np.random.Generator, grid: Polygon, other: Polygon, share: float) -> Polygon | None:
    """Return the part of a grid beyond a line, towards its neighbour, holding `share` of its area."""
    border = shapely.intersection(grid, other)
    if border.length < 60:
        return None
    middle, edge = (
        grid.centroid,
        border.interpolate(0.5, normalized=True) if border.geom_type == "LineString" else border.centroid,
    )
    angle = float(np.degrees(np.arctan2(edge.y - middle.y, edge.x - middle.x))) + rng.uniform(-20, 20)
    # Turned so that the neighbour lies in the east; the cut is then a line of constant x.
    turned = affinity.rotate(grid, -angle, origin=middle)
    west, south, east, north = turned.bounds
    low, high = west, east
    for _ in range(24):
        at = (low + high) / 2
        beyond = shapely.intersection(turned, box(at, south - 1, east + 1, north + 1)).area
        low, high = (at, high) if beyond > share * grid.area else (low, at)
    piece = shapely.intersection(
        grid, affinity.rotate(box(low, south - 1, east + 1, north + 1), angle, origin=middle)
    )
    largest = max(shapely.get_parts(piece), key=lambda p: p.area)
    fine = isinstance(largest, Polygon) and largest.area > 0.85 * piece.area
    return largest if fine and shapely.intersection(largest, other).length > 30 else None


def _redrawn(
    seed: int,
    rng: np.random.Generator,
    shapes: list[BaseGeometry],
    zone: Ints,
    grids: list[Polygon],
    special: set[int],
) -> list[BaseGeometry]:
    noise = [Noise(stream(seed, f"clerk {i}"), wavelength_m=420, octaves=2) for i in range(4)]
    areas, rims = shapely.area(grids), shapely.length(grids)
    corners, owner = shapely.get_coordinates(np.array(grids, dtype=object), return_index=True)
    care, tree = (areas / rims)[owner], cKDTree(corners)
    slips = _slips(rng, corners, owner, zone, special)

    def drawn(number: int, coords: Floats) -> Floats:
        near = tree.query(coords, k=6)[1]
        reach = np.clip(_CARE * care[near].min(axis=1), _LEAST_M, _MOST_M)
        shift = np.column_stack([noise[0](coords), noise[1](coords)])
        for spot, radius, clerk in slips:
            if clerk == number:
                weight = np.exp(-(((coords - spot) ** 2).sum(axis=1)) / radius**2)[:, None]
                shift += weight * np.column_stack([noise[2](coords), noise[3](coords)]) * 1.6
        return np.asarray(np.round(coords + np.clip(shift, -2.2, 2.2) * reach[:, None] * 0.7, 3))

    return [_clean(shapely.transform(shape, partial(drawn, number))) for number, shape in enumerate(shapes)]


def _slips(
    rng: np.random.Generator, corners: Floats, owner: Ints, zone: Ints, special: set[int]
) -> list[tuple[Floats, float, int]]:
    """Return places where the clerk of one zone drew the line again, and not quite the same."""
    allowed = np.flatnonzero(~np.isin(owner, list(special)))
    picks = rng.choice(allowed, _DOUBLE_DRAWN, replace=False)
    return [(corners[p], float(rng.uniform(250, 700)), int(zone[owner[p]])) for p in picks]


def _clean(shape: BaseGeometry) -> BaseGeometry:
    if not shape.is_valid:
        shape = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    parts = [p for p in shapely.get_parts(shape) if isinstance(p, Polygon) and p.area > 200]
    # Holes smaller than a room are knots of the pencil, not places left out.
    parts = [Polygon(p.exterior, [r for r in p.interiors if Polygon(r).area > 200]) for p in parts]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)
