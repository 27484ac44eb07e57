"""The pale ground under the grids: roads by class, water, names of towns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from data.schemas import CLASS, NAME, ROAD_CLASSES
from geo.crs import to_lonlat

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

# A hundred-thousandth of a degree is a metre: enough for what only lies below.
SCALE = 100_000
# Minor classes of roads are left out once the roads hold more numbers than this.
NUMBERS_AT_MOST = 90_000
_TOLERANCE_M = {"motorway": 15.0, "trunk": 15.0, "primary": 12.0, "secondary": 10.0, "tertiary": 10.0}
_MINOR_M, _WATER_M, _LEAST_WATER_M2 = 8.0, 8.0, 5_000.0


def ground(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """
    Return roads, water and towns as lists of whole numbers.

    Paths hold longitude and latitude times `SCALE`, then differences; their origin is 0, 0.

    Parameters
    ----------
    tables
        roads, water and towns, where they are there.
    """
    return {
        "scale": SCALE,
        "roads": _roads(_present(tables, "roads")),
        "water": _water(_present(tables, "water")),
        "towns": _towns(_present(tables, "towns")),
    }


def _present(tables: Mapping[str, Any], name: str) -> gpd.GeoDataFrame | None:
    frame = tables.get(name)
    if not isinstance(frame, gpd.GeoDataFrame):
        return None
    located = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    return None if located.empty else located


def _roads(roads: gpd.GeoDataFrame | None) -> list[list[Any]]:
    if roads is None:
        return []
    classes = roads[CLASS].to_numpy() if CLASS in roads else np.full(len(roads), "tertiary", dtype=object)
    lines, used = [], 0
    for name in ROAD_CLASSES:
        found = roads.geometry.to_numpy()[classes == name]
        if not len(found):
            continue
        found = paths(_merged(found, _TOLERANCE_M.get(name, _MINOR_M)), roads.crs)
        used += sum(map(len, found))
        if used > NUMBERS_AT_MOST:
            break
        lines += [[name, *path] for path in found]
    return lines


def _merged(lines: np.ndarray[Any, Any], tolerance_m: float) -> np.ndarray[Any, Any]:
    merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(shapely.get_parts(lines))))
    # Line by line: keeping the topology of the whole costs ten times as much and nothing here needs it.
    return shapely.simplify(merged, tolerance_m, preserve_topology=False)


def _water(water: gpd.GeoDataFrame | None) -> list[list[int]]:
    if water is None:
        return []
    areas = water.geometry[water.geometry.area > _LEAST_WATER_M2].to_numpy()
    drawn = shapely.get_parts(shapely.simplify(areas, _WATER_M))
    drawn = drawn[shapely.get_dimensions(drawn) == 2]
    return paths(shapely.get_rings(shapely.orient_polygons(drawn)), water.crs)


def _towns(towns: gpd.GeoDataFrame | None) -> list[dict[str, Any]]:
    if towns is None or NAME not in towns:
        return []
    inside = to_lonlat(gpd.GeoSeries(towns.geometry.representative_point(), crs=towns.crs))
    at = np.rint(shapely.get_coordinates(inside.to_numpy()) * SCALE).astype(int).tolist()
    names = towns[NAME].fillna("").astype(str)
    return [{"name": name, "at": place} for name, place in zip(names, at, strict=True) if name]


def paths(lines: np.ndarray[Any, Any], crs: Any) -> list[list[int]]:
    """Return lines in a CRS as lists of whole numbers: see `ground`."""
    degrees = to_lonlat(gpd.GeoSeries(lines, crs=crs)).to_numpy()
    points, line = shapely.get_coordinates(degrees, return_index=True)
    numbers = np.rint(points * SCALE).astype(np.int64)
    starts = np.flatnonzero(np.diff(line, prepend=-1))
    steps = np.diff(numbers, axis=0, prepend=0)
    steps[starts] = numbers[starts]
    flat = steps.ravel().tolist()
    ends = [*(starts[1:] * 2).tolist(), len(flat)]
    return [flat[start:end] for start, end in zip((starts * 2).tolist(), ends, strict=True)]
