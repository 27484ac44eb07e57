"""Rivers, expressways, railways: polygons that touch along one are no neighbours unless a road crosses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo.crs import require_same_metric_crs
from geo.road_links import road_links

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

# Two drawings of one border may run this far apart (as in `geo.adjacency.shared_borders`).
_TWICE_DRAWN_M = 0.5
# A barrier that merely crosses a border passes through a band of this share of its length on either side
# in less than half of it, however short the border is.
_BAND_SHARE = 0.2


def without_barriers(
    borders: pd.DataFrame,
    shapes: gpd.GeoSeries,
    barriers: gpd.GeoDataFrame | gpd.GeoSeries,
    crossings: pd.DataFrame | None = None,
    *,
    within_m: float = 15.0,
    share: float = 0.5,
) -> pd.DataFrame:
    """
    Return the borders that can be crossed: those along a barrier go, unless a road leads across.

    Parameters
    ----------
    borders
        left, right, length_m (`geo.adjacency.shared_borders`); further columns are kept.
    shapes
        Polygons by label, in a metric CRS.
    barriers
        Lines in the same CRS.
    crossings
        left, right: pairs that a road joins (`barrier_crossings`); None if no roads are known, and every
        barrier cuts.
    within_m
        A border runs along a barrier where it lies at most this far from it (m); for borders shorter than
        five times that, a fifth of their length.
    share
        The share of a border's length that has to run along barriers for them to cut it, in (0, 1].

    Returns
    -------
    DataFrame
        The rows of `borders` that are left, numbered anew.

    Raises
    ------
    CrsError
        If a layer is not in a metric CRS, or the two differ.
    """
    require_same_metric_crs(shapes=shapes, barriers=barriers)
    lines = _lines(barriers)
    bridged = set() if crossings is None else _pairs(crossings)
    open_to = np.array([pair in bridged for pair in _ordered(borders)], dtype=bool)
    cut = np.zeros(len(borders), dtype=bool)
    asked = np.flatnonzero(~open_to)
    if len(lines) and len(asked):
        cut[asked] = _along(borders.iloc[asked], shapes, lines, within_m) >= share
    return borders[~cut].reset_index(drop=True)


def barrier_crossings(
    shapes: gpd.GeoSeries,
    roads: gpd.GeoDataFrame,
    barriers: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    within_m: float = 15.0,
) -> pd.DataFrame:
    """
    Return the pairs of polygons that a road joins, those roads left out that only run along a barrier.

    An expressway is often in both layers, and where it wavers about a border it crosses nothing.

    Parameters
    ----------
    shapes, roads, barriers
        Polygons by label and two layers of lines, in the same metric CRS.
    within_m
        A road runs along a barrier if most of it, and more than three times this length, lies at most this
        far from it (m): a bridge is shorter.

    Returns
    -------
    DataFrame
        left, right, as `geo.road_links.road_links` gives them.
    """
    require_same_metric_crs(shapes=shapes, roads=roads, barriers=barriers)
    lines, drawn = _lines(barriers), np.asarray(roads.geometry.array, dtype=object)
    along = np.zeros(len(drawn), dtype=bool)
    if len(lines):
        near = np.unique(shapely.STRtree(lines).query(drawn, predicate="dwithin", distance=within_m)[0])
        band = shapely.union_all(shapely.buffer(lines, within_m, quad_segs=2))
        shapely.prepare(band)
        inside = shapely.length(shapely.intersection(drawn[near], band))
        along[near] = (inside > 3.0 * within_m) & (inside > 0.5 * shapely.length(drawn[near]))
    return road_links(shapes, roads[~along])


def _lines(barriers: gpd.GeoDataFrame | gpd.GeoSeries) -> np.ndarray[Any, Any]:
    drawn = np.asarray(barriers.geometry.array, dtype=object)
    kept: np.ndarray[Any, Any] = drawn[~(shapely.is_missing(drawn) | shapely.is_empty(drawn))]
    return kept


def _ordered(borders: pd.DataFrame) -> list[tuple[str, str]]:
    ends = zip(borders["left"].astype(str), borders["right"].astype(str), strict=True)
    return [(a, b) if a <= b else (b, a) for a, b in ends]


def _pairs(borders: pd.DataFrame) -> set[tuple[str, str]]:
    return set(_ordered(borders))


def _along(
    borders: pd.DataFrame, shapes: gpd.GeoSeries, lines: np.ndarray[Any, Any], within_m: float
) -> np.ndarray[Any, Any]:
    """Return the share of each border that runs along one of the lines."""
    left, right = (np.asarray(shapes.reindex(borders[end]).array, dtype=object) for end in ("left", "right"))
    result = np.zeros(len(borders))
    tree = shapely.STRtree(lines)
    near = [tree.query(side, predicate="dwithin", distance=within_m)[0] for side in (left, right)]
    both = np.intersect1d(near[0], near[1])
    if not len(both):
        return result
    band = shapely.buffer(shapely.boundary(right[both]), _TWICE_DRAWN_M, quad_segs=2)
    shared = shapely.intersection(shapely.boundary(left[both]), band)
    length = shapely.length(shared)
    reach = np.minimum(within_m, _BAND_SHARE * length)
    which, line = tree.query(shared, predicate="dwithin", distance=within_m)
    strips = shapely.buffer(lines[line], reach[which], quad_segs=4)
    # Several lines beside one border (both tracks of a railway) count once.
    owner, place = np.unique(which, return_inverse=True)
    merged = [shapely.union_all(strips[place == i]) for i in range(len(owner))]
    inside = shapely.length(shapely.intersection(shared[owner], np.array(merged, dtype=object)))
    result[both[owner]] = inside / np.where(length[owner] > 0, length[owner], 1.0)
    return result
