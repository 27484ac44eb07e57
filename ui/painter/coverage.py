"""A district's grids as the map component gets them: compact whole numbers, and who lies beside whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.schemas import KIND, STATION_ID, VILLAGE_ID, ZONE_ID
from geo.crs import to_lonlat
from planning.dual_graph import PRESENT, WORKLOAD
from ui.painter.ground import ground

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from planning.dual_graph import DualGraph
    from ui.names import PlaceNames

# A millionth of a degree is a tenth of a metre.
SCALE = 1_000_000
# More vertices than this are thinned before they go to the browser, borders of neighbours alike.
VERTICES_AT_MOST = 400_000
_THINNED_M = (1.0, 2.0, 5.0, 10.0)
# How far outside a segment its other side is looked for, where borders were digitised apart.
_BESIDE_M = (0.7, 2.0)


def geometry(
    graph: DualGraph,
    tables: Mapping[str, pd.DataFrame],
    names: PlaceNames,
    *,
    today: pd.Series | None = None,
) -> dict[str, Any]:
    """
    Return what the component draws, all of it JSON.

    Rings are lists of whole numbers: the first point times `SCALE` less the origin, then differences; they
    close by themselves. ``runs`` say of each ring's segments, in order, which grid lies on the other side:
    grid (−1 for none), segments, grid, segments… Borders are ``[i, j, i, j, …]``, links included.

    Parameters
    ----------
    graph
        The grids; those without a polygon have no rings.
    tables
        zones, villages and stations for their names and kinds; roads, water and towns for the ground.
    names
        Of the places.
    today
        zone_id by grid_id.
    """
    grids = graph.grids
    shapes = None if graph.shapes is None else drawable(graph.shapes.reindex(grids.index))
    rings, runs, at, origin = encoded(shapes, len(grids))
    villages, village_at = units(grids[VILLAGE_ID])
    stations, station_at = units(grids[STATION_ID])
    zones, zone_at = units(pd.Series("", index=grids.index) if today is None else today.reindex(grids.index))
    return {
        "scale": SCALE,
        "origin": origin,
        "grids": {
            "ids": grids.index.astype(str).tolist(),
            "names": names.all("grids", grids.index),
            "villages": village_at,
            "stations": station_at,
            "workload": _rounded(grids[WORKLOAD], 4),
            "present": _rounded(grids[PRESENT], 1),
            "today": zone_at,
            "rings": rings,
            "runs": runs,
            "at": at,
        },
        "villages": {
            "ids": villages,
            "names": names.all("villages", villages),
            "kinds": _kinds(grids, villages),
        },
        "stations": {"ids": stations, "names": names.all("stations", stations)},
        "zones_today": [{"id": zone, "name": names("zones", zone)} for zone in zones],
        "zone_stations": _zone_stations(tables, stations),
        "borders": _border_pairs(graph),
        "base": ground({} if shapes is None else tables),
    }


def beside(
    points: NDArray[np.int64],
    ring: NDArray[np.int64],
    owner: NDArray[np.int64],
    metric: NDArray[np.float64],
    shapes: NDArray[Any],
) -> NDArray[np.int64]:
    """
    Return for each segment the number of the grid on its other side, −1 where there is none.

    Parameters
    ----------
    points
        Whole-number coordinates of all rings' vertices, each ring once round without its closing point.
    ring, owner
        Number of the ring and of the grid that each vertex belongs to.
    metric
        The same vertices in metres; interiors lie on the left of the segments.
    shapes
        Polygons of the grids in metres.
    """
    if not len(points):
        return np.empty(0, dtype=np.int64)
    after = _next_in_ring(ring)
    found = _exact(points, after, owner)
    open_ = np.flatnonzero(found < 0)
    tree = shapely.STRtree(shapes)
    for far in _BESIDE_M:
        outside = _outside(metric[open_], metric[after[open_]], far)
        which, grid = tree.query(outside, predicate="intersects")
        other = grid != owner[open_[which]]
        found[open_[which[other]]] = grid[other]
        open_ = open_[found[open_] < 0]
    return found


def drawable(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return polygons as they are drawn, exteriors counter-clockwise; thinned if they are many."""
    present = shapes.notna().to_numpy() & ~shapes.is_empty.to_numpy()
    drawn = shapely.force_2d(shapes.to_numpy())
    for tolerance in _THINNED_M:
        if shapely.get_num_coordinates(drawn).sum() <= VERTICES_AT_MOST:
            break
        thinned = shapely.coverage_simplify(drawn[present], tolerance)
        kept = [
            old if new is None or new.is_empty else new
            for old, new in zip(drawn[present], thinned, strict=True)
        ]
        drawn = drawn.copy()
        drawn[present] = kept
    return gpd.GeoSeries(shapely.orient_polygons(drawn), index=shapes.index, crs=shapes.crs)


def encoded(
    shapes: gpd.GeoSeries | None, count: int
) -> tuple[list[list[list[int]]], list[list[list[int]]], list[list[int]], list[int]]:
    """Return rings, runs and label points of each polygon, and the origin; see `geometry`."""
    if shapes is None or shapes.isna().all():
        nothing: list[Any] = [[] for _ in range(count)]
        return nothing, list(nothing), list(nothing), [0, 0]
    metric, ring, owner = _vertices(shapes.to_numpy())
    lonlat = to_lonlat(shapes)
    degrees, _, _ = _vertices(lonlat.to_numpy())
    points = np.rint(degrees * SCALE).astype(np.int64)
    kept = _moved(points, ring)
    points, metric, ring, owner = points[kept], metric[kept], ring[kept], owner[kept]
    other = beside(points, ring, owner, metric, shapes.to_numpy())
    origin = points.min(axis=0)
    rings = _by_grid(_flat_rings(points - origin, ring), ring, owner, len(shapes))
    runs = _by_grid(_flat_runs(other, ring), ring, owner, len(shapes))
    inside = shapely.get_coordinates(shapely.point_on_surface(lonlat.to_numpy()[~shapes.isna().to_numpy()]))
    placed = iter((np.rint(inside * SCALE).astype(np.int64) - origin).tolist())
    at = [[] if missing else next(placed) for missing in shapes.isna()]
    return rings, runs, at, origin.tolist()


def _vertices(shapes: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return all vertices without the closing ones, the ring of each and its grid."""
    parts, grid = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    closing = np.append(np.diff(ring) > 0, True)
    ring = ring[~closing]
    return points[~closing], ring, grid[part][ring]


def _moved(points: NDArray[np.int64], ring: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which vertices differ from the one before them in their ring; three of each ring stay."""
    before = _previous_in_ring(ring)
    moved = (points != points[before]).any(axis=1)
    left = np.bincount(ring, weights=moved, minlength=int(ring.max(initial=-1)) + 1)
    return moved | (left[ring] < 3)


def _next_in_ring(ring: NDArray[np.int64]) -> NDArray[np.int64]:
    after = np.arange(1, len(ring) + 1)
    starts = np.flatnonzero(np.diff(ring, prepend=-1))
    after[np.append(starts[1:], len(ring)) - 1] = starts
    return after


def _previous_in_ring(ring: NDArray[np.int64]) -> NDArray[np.int64]:
    before = np.arange(-1, len(ring) - 1)
    starts = np.flatnonzero(np.diff(ring, prepend=-1))
    before[starts] = np.append(starts[1:], len(ring)) - 1
    return before


def _exact(
    points: NDArray[np.int64], after: NDArray[np.int64], owner: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the owner of the same segment drawn the other way, −1 where nobody draws it."""
    _, number = np.unique(points[:, 0] << 32 | (points[:, 1] & 0xFFFFFFFF), return_inverse=True)
    count = int(number.max()) + 1
    key, wanted = number * count + number[after], number[after] * count + number
    order = np.argsort(key, kind="stable")
    place = np.minimum(np.searchsorted(key, wanted, sorter=order), len(key) - 1)
    match = order[place]
    hit = (key[match] == wanted) & (owner[match] != owner)
    return np.where(hit, owner[match], -1)


def _outside(start: NDArray[np.float64], end: NDArray[np.float64], far: float) -> NDArray[Any]:
    along = end - start
    length = np.hypot(along[:, 0], along[:, 1])
    right = np.stack([along[:, 1], -along[:, 0]], axis=1) / np.where(length > 0, length, 1.0)[:, None]
    return shapely.points((start + end) / 2 + right * far)


def _flat_rings(points: NDArray[np.int64], ring: NDArray[np.int64]) -> list[list[int]]:
    starts = np.flatnonzero(np.diff(ring, prepend=-1))
    steps = np.diff(points, axis=0, prepend=0)
    steps[starts] = points[starts]
    return _split(steps.ravel(), starts * 2)


def _flat_runs(other: NDArray[np.int64], ring: NDArray[np.int64]) -> list[list[int]]:
    change = np.flatnonzero((np.diff(ring, prepend=-1) != 0) | (np.diff(other, prepend=-2) != 0))
    lengths = np.diff(np.append(change, len(other)))
    pairs = np.stack([other[change], lengths], axis=1)
    starts = np.flatnonzero(np.diff(ring[change], prepend=-1))
    return _split(pairs.ravel(), starts * 2)


def _split(flat: NDArray[np.int64], starts: NDArray[np.int64]) -> list[list[int]]:
    numbers = flat.tolist()
    ends = [*starts[1:].tolist(), len(numbers)]
    return [numbers[start:end] for start, end in zip(starts.tolist(), ends, strict=True)]


def _by_grid(
    lists: list[list[int]], ring: NDArray[np.int64], owner: NDArray[np.int64], count: int
) -> list[list[list[int]]]:
    rows: list[list[list[int]]] = [[] for _ in range(count)]
    first = np.flatnonzero(np.diff(ring, prepend=-1))
    for grid, found in zip(owner[first].tolist(), lists, strict=True):
        rows[grid].append(found)
    return rows


def stations_of(graph: DualGraph) -> list[str]:
    """Return the stations in the order in which the component counts them."""
    return units(graph.grids[STATION_ID])[0]


def units(labels: pd.Series) -> tuple[list[str], list[int]]:
    """Return the labels there are, sorted, and of each row the place of its own; −1 without one."""
    texts = labels.astype(object).where(labels.notna(), "").astype(str)
    known = sorted(set(texts) - {""})
    place = {label: at for at, label in enumerate(known)}
    return known, [place.get(text, -1) for text in texts]


def _kinds(grids: pd.DataFrame, villages: Iterable[str]) -> list[str]:
    kind = grids.drop_duplicates(VILLAGE_ID).set_index(VILLAGE_ID)[KIND].astype(str)
    return [str(kind.get(village, "")) for village in villages]


def _zone_stations(tables: Mapping[str, pd.DataFrame], stations: list[str]) -> dict[str, int]:
    zones = tables.get("zones")
    if zones is None or STATION_ID not in zones:
        return {}
    place = {label: at for at, label in enumerate(stations)}
    pairs = zip(zones[ZONE_ID].astype(str), zones[STATION_ID].astype(str), strict=True)
    return {zone: place[station] for zone, station in pairs if station in place}


def _border_pairs(graph: DualGraph) -> list[int]:
    left, right = (graph.grids.index.get_indexer(graph.borders[side]) for side in ("left", "right"))
    return np.stack([left, right], axis=1).ravel().tolist()  # type: ignore[no-any-return]


def _rounded(values: pd.Series, digits: int) -> list[float]:
    return values.fillna(0.0).astype(float).round(digits).tolist()  # type: ignore[no-any-return]
