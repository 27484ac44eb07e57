"""The districts that `benchmarks/redraw.py` redraws: the sample, and a larger one drawn from a seed."""

from __future__ import annotations

import heapq
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.cluster.vq import kmeans2

from geo.adjacency import shared_borders
from planning.dual_graph import DualGraph, dual_graph
from planning.nesting import nest_district

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

METRIC, ORIGIN, SPACING_M = "EPSG:4549", (480_000.0, 3_300_000.0), 600.0
LARGE = (150, 100)
LARGE_ZONES, LARGE_STATIONS = 1_500, 166
# Median and spread (σ of the logarithm) of each criterion, and its weight in the workload.
CRITERIA = {
    "residents": (800.0, 0.5, 1.0),
    "floating": (250.0, 0.9, 1.0),
    "calls": (12.0, 0.8, 20.0),
    "disputes": (2.0, 0.7, 60.0),
    "key_units": (1.5, 0.6, 80.0),
}
TABLES = (
    "grids",
    "zones",
    "villages",
    "stations",
    "towns",
    "population",
    "exemptions",
    "declared_assignment",
)


@dataclass(frozen=True, kw_only=True)
class Instance:
    """
    A district to redraw, as the engines of others want it: grids and zones counted from 0.

    Parameters
    ----------
    name
        As the table calls it.
    graph, assignment
        The same district as GridBeat's engine wants it: dual graph, and today's zone_id by grid_id.
    weight, area, outline, x, y, station, today
        Of each grid: workload, m², m, a point inside (m), its station, its zone of today.
    left, right, length
        Of each pair of neighbours: the grids, and the border they share (m).
    zones
        How many zones there are, today as after the redraw.
    """

    name: str
    graph: DualGraph
    assignment: pd.Series
    weight: NDArray[np.float64]
    area: NDArray[np.float64]
    outline: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    station: NDArray[np.int64]
    today: NDArray[np.int64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    length: NDArray[np.float64]
    zones: int

    @property
    def grids(self) -> int:
        """How many grids there are."""
        return len(self.weight)


def as_instance(name: str, graph: DualGraph, assignment: pd.Series) -> Instance:
    """Return a dual graph and today's assignment as numbers."""
    grids = graph.grids
    today, _ = pd.factorize(assignment.reindex(grids.index), sort=True)
    station, _ = pd.factorize(grids["station_id"], sort=True)
    if (today < 0).any():
        raise SystemExit(f"{name}: {int((today < 0).sum())} grids are in no zone today")
    return Instance(
        name=name,
        graph=graph,
        assignment=assignment.reindex(grids.index),
        weight=grids["workload"].to_numpy(dtype=float),
        area=grids["area_m2"].to_numpy(dtype=float),
        outline=grids["outline_m"].to_numpy(dtype=float),
        x=grids["x"].to_numpy(dtype=float),
        y=grids["y"].to_numpy(dtype=float),
        station=station.astype(np.int64),
        today=today.astype(np.int64),
        left=grids.index.get_indexer(graph.borders["left"]),
        right=grids.index.get_indexer(graph.borders["right"]),
        length=graph.borders["length_m"].to_numpy(dtype=float),
        zones=int(today.max()) + 1,
    )


def sample(workspace: Path | None = None) -> Instance:
    """Return the sample district at grid level, residents and floating people as workload."""
    from data.workspace import Workspace
    from ui.opening import make_sample

    with tempfile.TemporaryDirectory() as folder:
        path = workspace or make_sample(Path(folder) / "sample.gpkg")
        tables = Workspace.open(path).read_all(TABLES)
    nesting = nest_district(tables)
    rows = tables["grids"].set_index("grid_id")
    workload = (rows["residents"].fillna(0) + rows["floating"].fillna(0)).astype(float)
    today = nesting.grids["suggested_zone_id"]
    return as_instance("sample", dual_graph(tables, nesting.ground, workload, today=today), today)


def large(seed: int = 1, *, size: tuple[int, int] = LARGE, zones: int = LARGE_ZONES) -> Instance:
    """
    Return a district of Voronoi cells whose zones have grown unevenly.

    Parameters
    ----------
    seed
        Another seed draws another district.
    size
        Columns and rows of the lattice whose jittered points make the cells.
    zones
        How many zones there are; a station has about ten, as many as its cells ask for.
    """
    rng = np.random.default_rng(seed)
    shapes = voronoi_cells(size, rng)
    borders = shared_borders(shapes).assign(link=False)
    # A string index: ids are strings, and the engine sorts them.
    left, right = (shapes.index.get_indexer(borders[side]) for side in ("left", "right"))
    points = shapely.get_coordinates(shapely.point_on_surface(shapes.array))
    ways = _ways(left, right, points)
    stations = max(1, round(LARGE_STATIONS * zones / LARGE_ZONES))
    station = grown(_seeds(points, stations, rng), np.ones(stations), ways, np.ones(len(points), dtype=bool))
    today = _zones_in_stations(station, points, ways, zones, rng)
    graph = DualGraph(grids=_grids(shapes, points, station, rng), borders=borders, shapes=shapes)
    names = pd.Series([f"z{zone:04}" for zone in today], index=shapes.index, name="zone_id")
    return as_instance("large", graph, names)


def voronoi_cells(size: tuple[int, int], rng: np.random.Generator) -> gpd.GeoSeries:
    """Return one cell per jittered lattice point, clipped to the lattice's box."""
    columns, rows = size
    lattice = np.stack(np.meshgrid(np.arange(columns), np.arange(rows), indexing="ij"), axis=-1)
    points = lattice.reshape(-1, 2) + rng.uniform(0.1, 0.9, (columns * rows, 2))
    points = points * SPACING_M + np.array(ORIGIN)
    east, north = (at + count * SPACING_M for at, count in zip(ORIGIN, size, strict=True))
    box = shapely.box(*ORIGIN, east, north)
    drawn = shapely.voronoi_polygons(shapely.multipoints(points), extend_to=box, ordered=True)
    cells = shapely.intersection(shapely.get_parts(drawn), box)
    index = pd.Index([f"g{number:05}" for number in range(len(cells))], name="grid_id")
    return gpd.GeoSeries(cells, index=index, crs=METRIC, name="grids")


def grown(
    seeds: Sequence[int],
    speed: NDArray[np.float64],
    ways: list[list[tuple[int, float]]],
    inside: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Return which seed reaches each place first, each growing at its own speed."""
    reached = np.full(len(ways), -1, dtype=np.int64)
    front = [(0.0, place, number) for number, place in enumerate(seeds)]
    heapq.heapify(front)
    while front:
        when, place, number = heapq.heappop(front)
        if reached[place] >= 0 or not inside[place]:
            continue
        reached[place] = number
        for other, far in ways[place]:
            if reached[other] < 0:
                heapq.heappush(front, (when + far / speed[number], other, number))
    return reached


def _ways(
    left: NDArray[np.int64], right: NDArray[np.int64], points: NDArray[np.float64]
) -> list[list[tuple[int, float]]]:
    far = np.hypot(*(points[left] - points[right]).T)
    ways: list[list[tuple[int, float]]] = [[] for _ in points]
    for one, other, metres in zip(left.tolist(), right.tolist(), far.tolist(), strict=True):
        ways[one].append((other, metres))
        ways[other].append((one, metres))
    return ways


def _seeds(points: NDArray[np.float64], count: int, rng: np.random.Generator) -> list[int]:
    """Return well spread places: the nearest to the centres of k-means, each taken once."""
    centres, _ = kmeans2(points, count, minit="++", rng=rng)
    taken: list[int] = []
    for centre in centres:
        nearest = np.argsort(((points - centre) ** 2).sum(axis=1), kind="stable")
        taken.append(next(int(place) for place in nearest if int(place) not in taken))
    return taken


def _zones_in_stations(
    station: NDArray[np.int64],
    points: NDArray[np.float64],
    ways: list[list[tuple[int, float]]],
    zones: int,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    share = np.bincount(station) * zones / len(station)
    counts = np.floor(share).astype(int)
    counts[np.argsort(counts - share, kind="stable")[: zones - counts.sum()]] += 1
    today = np.full(len(station), -1, dtype=np.int64)
    for number, count in enumerate(counts):
        inside = station == number
        places = np.flatnonzero(inside)
        seeds = places[_seeds(points[places], count, rng)]
        speed = np.clip(np.exp(rng.normal(0.0, 0.3, count)), 0.6, 1.6)
        reached = grown(seeds.tolist(), speed, ways, inside)
        today[inside] = reached[inside] + counts[:number].sum()
    return today


def _grids(
    shapes: gpd.GeoSeries, points: NDArray[np.float64], station: NDArray[np.int64], rng: np.random.Generator
) -> pd.DataFrame:
    """Draw the criteria, dearer in the middle of the district, and add them up."""
    centre = points.mean(axis=0)
    middle = np.exp(-(((points - centre) / (points.std(axis=0) * 1.5)) ** 2).sum(axis=1))
    drawn = {
        name: median * np.exp(rng.normal(0.0, spread, len(shapes))) * (1.0 + 0.2 * middle)
        for name, (median, spread, _) in CRITERIA.items()
    }
    workload = sum(np.round(drawn[name]) * weight for name, (_, _, weight) in CRITERIA.items())
    return pd.DataFrame(
        {
            "workload": workload,
            "present": np.round(drawn["residents"]) + np.round(drawn["floating"]),
            "area_m2": shapely.area(shapes.array),
            "x": points[:, 0],
            "y": points[:, 1],
            "outline_m": shapely.length(shapes.array),
            "village_id": "",
            "station_id": [f"s{number:03}" for number in station],
            "town_id": "",
            "kind": "",
        },
        index=shapes.index,
    )
