"""What a day of patrols is drawn on: villages in outline, roads, water, towns; no grids are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from data.schemas import STATION_ID, TABLES
from geo.coverage import has_shape
from geo.crs import to_lonlat
from planning.hierarchy import layer_shapes
from ui.painter.coverage import SCALE, drawable, encoded, units
from ui.painter.ground import ground

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from ui.names import PlaceNames

# The first of these that has polygons is drawn in outline.
_AREAS = ("villages", "grids", "stations", "towns")
_EXTENT = ("roads", "posts", "facilities")
GROUND_TABLES = (*_AREAS, *_EXTENT, "water")


def patrol_geometry(tables: Mapping[str, pd.DataFrame], names: PlaceNames) -> dict[str, Any]:
    """
    Return what lies under the routes, all of it JSON, encoded as in `ui.painter.coverage.geometry`.

    ``extent`` is the box of all there is (west, south, east, north, times `SCALE`): without any polygon the
    map is opened on it.

    Parameters
    ----------
    tables
        Those of `GROUND_TABLES` that there are.
    names
        Of the places.
    """
    table, shapes = _areas(tables)
    labels = pd.Index([], dtype=object) if shapes is None else shapes.index
    rings, runs, at, origin = encoded(None if shapes is None else drawable(shapes), len(labels))
    stations, station_at = units(_stations(tables, table, labels))
    return {
        "scale": SCALE,
        "origin": origin,
        "extent": _extent(tables, shapes),
        "grids": {
            "ids": labels.astype(str).tolist(),
            "names": names.all(table, labels),
            "stations": station_at,
            "rings": rings,
            "runs": runs,
            "at": at,
        },
        "stations": {"ids": stations, "names": names.all("stations", stations)},
        "base": ground(tables),
    }


def _areas(tables: Mapping[str, pd.DataFrame]) -> tuple[str, gpd.GeoSeries | None]:
    for table in _AREAS:
        shapes = layer_shapes(tables, table)
        if shapes is not None:
            return table, shapes
    return _AREAS[0], None


def _stations(tables: Mapping[str, pd.DataFrame], table: str, labels: pd.Index) -> pd.Series:
    """Return the station of each area, "" where it has none."""
    if table == "stations":
        return pd.Series(labels, index=labels)
    if not len(labels) or STATION_ID not in tables[table]:
        return pd.Series("", index=labels)
    rows = tables[table].drop_duplicates(TABLES[table].key[0]).set_index(TABLES[table].key[0])
    return rows[STATION_ID].reindex(labels)


def _extent(tables: Mapping[str, Any], shapes: gpd.GeoSeries | None) -> list[int]:
    layers = [shapes] if shapes is not None else [tables[t].geometry for t in _EXTENT if t in tables]
    boxes = [to_lonlat(layer).total_bounds for layer in layers if has_shape(layer).any()]
    if not boxes:
        return []
    low, high = np.min(boxes, axis=0)[:2], np.max(boxes, axis=0)[2:]
    return np.rint(np.concatenate([low, high]) * SCALE).astype(int).tolist()  # type: ignore[no-any-return]
