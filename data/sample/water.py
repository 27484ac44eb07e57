"""Water: one river across the district, canals in the plain, lakes, reservoirs and mountain streams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry import LineString, MultiPolygon, Polygon

from data.sample.frame import (
    CORNER,
    HEIGHT_M,
    METRIC_CRS,
    WIDTH_M,
    Floats,
    Noise,
    place,
    relaxed,
    smoothed,
    stream,
)
from data.sample.names import Namer
from data.sample.terrain import Terrain, foot_y, node_xy
from data.schemas import KIND, NAME

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

RIVER, CANAL, LAKE, RESERVOIR = "river", "canal", "lake", "reservoir"
_STREAM_KM2 = 5.0


@dataclass(frozen=True, kw_only=True)
class Water:
    """
    The district's water before it is cut to the outline.

    Parameters
    ----------
    river
        Centre line of the main river, west to east.
    streams
        Centre lines of the mountain streams, each from its head down to the river.
    canals
        Centre lines of the canals.
    bodies
        Named polygons with their kind.
    """

    river: LineString
    streams: list[LineString]
    canals: list[LineString]
    bodies: list[tuple[str, str, BaseGeometry]]

    def still(self) -> BaseGeometry:
        """Return lakes and reservoirs as one geometry."""
        return shapely.union_all([shape for _, kind, shape in self.bodies if kind in (LAKE, RESERVOIR)])


def make_water(seed: int, terrain: Terrain, centres: Floats) -> Water:
    """
    Return the invented water.

    Parameters
    ----------
    seed
        The district's seed.
    terrain
        Relief whose streams are followed.
    centres
        Town centres, which lakes keep clear of.
    """
    rng, namer = stream(seed, "water"), Namer(stream(seed, "water names"))
    river = _river(seed, rng)
    streams, widths = _streams(rng, terrain, river)
    canals = _canals(rng, river)
    bodies: list[tuple[str, str, BaseGeometry]] = [
        (namer.draw("{}江"), RIVER, _ribbon(rng, river, 105.0, 45.0))
    ]
    bodies += [
        (namer.draw("{}溪"), RIVER, line.buffer(width, quad_segs=3))
        for line, width in zip(streams, widths, strict=True)
    ]
    bodies += [(namer.draw("{}河"), CANAL, line.buffer(rng.uniform(9, 20), quad_segs=2)) for line in canals]
    bodies += [(namer.draw("{}湖"), LAKE, shape) for shape in _lakes(rng, river, centres)]
    bodies += [(namer.draw("{}水库"), RESERVOIR, shape) for shape in _reservoirs(rng, terrain)]
    return Water(river=river, streams=streams, canals=canals, bodies=bodies)


def water_table(water: Water, outline: BaseGeometry) -> gpd.GeoDataFrame:
    """Return the water inside the outline as the `water` table; still water lies over flowing."""
    names, kinds, shapes = zip(*water.bodies, strict=True)
    cut = shapely.intersection(np.array(shapes, dtype=object), outline)
    order = {LAKE: 0, RESERVOIR: 0, RIVER: 1, CANAL: 2}
    above: BaseGeometry = Polygon()
    rows = []
    for i in sorted(range(len(cut)), key=lambda i: order[kinds[i]]):
        shape = _polygons(shapely.difference(cut[i], above))
        if not shape.is_empty:
            rows.append({NAME: names[i], KIND: kinds[i], "geometry": shape})
            above = shapely.union(above, shape)
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=METRIC_CRS)


def _polygons(shape: BaseGeometry) -> BaseGeometry:
    parts = [p for p in shapely.get_parts(shape) if isinstance(p, Polygon) and p.area > 400]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def _river(seed: int, rng: np.random.Generator) -> LineString:
    x = np.linspace(CORNER[0] - 500, CORNER[0] + WIDTH_M + 500, 420)
    wide, fine = Noise(rng, wavelength_m=11_000), Noise(rng, wavelength_m=3_600, octaves=2)
    along = np.column_stack([x, np.full(len(x), CORNER[1])])
    middle = CORNER[1] + HEIGHT_M * (0.585 + 0.05 * (x - CORNER[0]) / WIDTH_M)
    y = middle + 1_100 * wide(along) + 420 * fine(along)
    y = np.maximum(y, foot_y(seed, x) + 900)
    sway = 320 * fine(along + [0, 20_000])
    # Never back westwards: a river that crosses itself has no banks.
    east = np.maximum.accumulate(x + sway)
    return LineString(smoothed(relaxed(np.column_stack([east, y]), 12), 1))


def _ribbon(rng: np.random.Generator, line: LineString, half: float, spread: float) -> BaseGeometry:
    noise = Noise(rng, wavelength_m=5_000)
    coords = np.asarray(line.coords)
    halves = np.maximum(half + spread * noise(coords), 55)
    pieces = [
        LineString(coords[i : i + 4]).buffer(halves[i], quad_segs=4) for i in range(0, len(coords) - 3, 3)
    ]
    return shapely.union_all(pieces).simplify(4)


def _streams(
    rng: np.random.Generator, terrain: Terrain, river: LineString
) -> tuple[list[LineString], list[float]]:
    drained, downstream = terrain.drained_km2.ravel(), terrain.downstream
    wet = np.flatnonzero(drained >= _STREAM_KM2)
    fed: dict[int, list[int]] = {}
    for node in wet.tolist():
        fed.setdefault(int(downstream[node]), []).append(node)
    lines, widths = [], []
    # Each stream follows its largest feeder upwards; smaller feeders are streams of their own.
    heads = [(int(outlet), -1) for outlet in terrain.outlets]
    while heads:
        node, mouth = heads.pop()
        trail = [mouth] if mouth >= 0 else []
        at = node
        while True:
            trail.append(at)
            feeders = sorted(fed.get(at, []), key=lambda n: -drained[n])
            if not feeders:
                break
            heads += [(feeder, at) for feeder in feeders[1:]]
            at = feeders[0]
        coords = node_xy(np.array(trail))
        if mouth < 0:
            coords = np.vstack([_to_river(rng, coords[0], river), coords])
        if len(coords) > 5:
            jitter = rng.normal(0, 25, coords.shape)
            jitter[[0, -1]] = 0
            lines.append(LineString(smoothed(relaxed(coords + jitter, 2), 2)))
            widths.append(float(np.clip(2.5 * np.sqrt(drained[node]), 5, 26)))
    return lines, widths


def _to_river(rng: np.random.Generator, outlet: Floats, river: LineString) -> Floats:
    end = np.asarray(
        river.interpolate(river.project(shapely.Point(outlet)) + rng.uniform(200, 1_200)).coords[0]
    )
    steps = np.linspace(0, 1, 9)[:-1, None]
    across = np.array([-(outlet - end)[1], (outlet - end)[0]])
    bend = 0.18 * np.sin(steps * np.pi * rng.choice([1, 2])) * rng.choice([-1, 1])
    return np.asarray(end + (outlet - end) * steps + across * bend)


def _canals(rng: np.random.Generator, river: LineString) -> list[LineString]:
    bend, fine = Noise(rng, wavelength_m=8_000), Noise(rng, wavelength_m=2_200)
    t = np.linspace(0, 1, 140)
    north_of_river = shapely.Polygon([*river.coords, *place([(1.05, 1.1), (-0.05, 1.1)])])
    lines = []
    for row in np.linspace(0.655, 0.93, 6) + rng.uniform(-0.012, 0.012, 6):
        lines.append(place(np.column_stack([t, np.full(len(t), row)])))
    for column in np.linspace(0.15, 0.85, 8) + rng.uniform(-0.025, 0.025, 8):
        lines.append(place(np.column_stack([np.full(len(t), column), 0.55 + 0.42 * t])))
    canals = []
    for line in lines:
        shift = np.column_stack(
            [bend(line) * 650 + fine(line) * 110, bend(line + 9_000) * 650 + fine(line + 5_000) * 110]
        )
        cut = shapely.intersection(LineString(smoothed(line + shift, 1)), north_of_river)
        canals += [part for part in shapely.get_parts(cut) if part.length > 2_000]
    return canals


def _blob(rng: np.random.Generator, middle: Floats, radius: float) -> Polygon:
    turn = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    reach = np.ones(len(turn))
    for wave in range(2, 9):
        reach += rng.normal(0, 0.42 / wave) * np.cos(wave * turn + rng.uniform(0, 6.3))
    stretch = rng.uniform(0.6, 1.0)
    ring = radius * np.maximum(reach, 0.25)[:, None] * np.column_stack([np.cos(turn), stretch * np.sin(turn)])
    return Polygon(middle + ring)


def _lakes(rng: np.random.Generator, river: LineString, centres: Floats) -> list[Polygon]:
    lakes: list[Polygon] = []
    while len(lakes) < 5:
        middle = place([(rng.uniform(0.26, 0.74), rng.uniform(0.66, 0.87))])[0]
        radius = rng.uniform(450, 1_000)
        clear = np.hypot(*(centres - middle).T).min() > radius + 900
        lake = _blob(rng, middle, radius)
        if clear and river.distance(lake) > 700 and all(other.distance(lake) > 1_500 for other in lakes):
            lakes.append(lake)
    return lakes


def _reservoirs(rng: np.random.Generator, terrain: Terrain) -> list[BaseGeometry]:
    drained, downstream = terrain.drained_km2.ravel(), terrain.downstream
    xy = node_xy(np.arange(len(drained)))
    inside = (np.abs(xy[:, 0] - CORNER[0] - WIDTH_M / 2) < 7_500) & (
        np.abs(xy[:, 1] - CORNER[1] - 15_000) < 8_000
    )
    dams: list[int] = []
    for node in rng.permutation(np.flatnonzero((drained > 14) & (drained < 30) & inside)).tolist():
        if all(np.hypot(*(xy[node] - xy[other])) > 5_000 for other in dams):
            dams.append(node)
        if len(dams) == 2:
            break
    fed: dict[int, list[int]] = {}
    for node in np.flatnonzero(drained > 0.4).tolist():
        fed.setdefault(int(downstream[node]), []).append(node)
    return [_drowned(xy, drained, fed, dam) for dam in dams]


def _drowned(xy: Floats, drained: Floats, fed: dict[int, list[int]], dam: int) -> BaseGeometry:
    arms, ahead = [], [(dam, 0.0)]
    while ahead:
        node, far = ahead.pop()
        for feeder in fed.get(node, []):
            on = far + float(np.hypot(*(xy[feeder] - xy[node])))
            # The lake narrows up each arm and ends where the floor has risen to its level.
            half = 230 * (1 - on / 2_600) * min(1.0, (drained[feeder] / 6.0) ** 0.3)
            if half > 45:
                arms.append(LineString([xy[node], xy[feeder]]).buffer(half, quad_segs=3))
                ahead.append((feeder, on))
    return shapely.union_all(arms).buffer(60).buffer(-95).buffer(35).simplify(8)
