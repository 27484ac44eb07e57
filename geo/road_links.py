"""Which polygons are joined by a road that leads from the one straight into the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from geo.crs import require_same_metric_crs
from geo.errors import SettingError

if TYPE_CHECKING:
    import geopandas as gpd

_CHUNK = 200_000


def road_links(grids: gpd.GeoSeries, roads: gpd.GeoDataFrame, *, step_m: float = 40.0) -> pd.DataFrame:
    """
    Return the pairs of polygons between which a road runs without a third one in between.

    Every road is walked in steps; two steps in a row that lie in different polygons link these. Stretches
    outside every polygon (a bridge over a river that no grid covers) are passed over. A polygon whose
    roads all end inside it has no link.

    Parameters
    ----------
    grids
        Polygons with unique labels in a metric CRS; nulls and empties are passed over.
    roads
        Lines in the same CRS.
    step_m
        Length of a step (m), above 0: corners of polygons that are cut shorter than this may be missed.

    Returns
    -------
    DataFrame
        left, right (labels; left stands before right in `grids`), each pair once, in that order.

    Raises
    ------
    CrsError
        If a layer is not in a metric CRS, or the two differ.
    SettingError
        ``setting_wrong`` if the step is not above 0.
    """
    if not step_m > 0:
        raise SettingError("setting_wrong", name="step_m", found=step_m, allowed="> 0")
    require_same_metric_crs(grids=grids, roads=roads)
    lines = shapely.get_parts(np.asarray(roads.geometry.array, dtype=object))
    lines = lines[~shapely.is_empty(lines)]
    points, line = shapely.get_coordinates(shapely.segmentize(lines, step_m), return_index=True)
    place = _places(np.asarray(grids.array, dtype=object), points)
    inside = place >= 0
    place, line = place[inside], line[inside]
    leads = (line[1:] == line[:-1]) & (place[1:] != place[:-1])
    pairs = np.sort(np.column_stack([place[:-1][leads], place[1:][leads]]), axis=1)
    left, right = np.unique(pairs, axis=0).T if len(pairs) else (pairs[:, 0], pairs[:, 1])
    return pd.DataFrame({"left": grids.index[left], "right": grids.index[right]})


def _places(shapes: np.ndarray[Any, Any], points: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the first polygon that holds each point, -1 where none does."""
    # Where roads are split at a border, both ends of the cut must fall into the same polygon.
    place = np.full(len(points), -1, dtype=np.int64)
    shapely.prepare(shapes)
    tree = shapely.STRtree(shapes)
    for start in range(0, len(points), _CHUNK):
        which, found = tree.query(shapely.points(points[start : start + _CHUNK]), predicate="intersects")
        order = np.argsort(-found, kind="stable")
        place[start + which[order]] = found[order]
    return place
