"""What is wrong with a layer that should cover its place once: invalid rings, overlaps, gaps."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.overlay import overlap_areas, repaired

__all__ = ["dissolve_by", "dissolved", "gaps", "has_shape", "invalid_reasons", "overlaps", "repaired"]


def has_shape(layer: gpd.GeoSeries) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return whether each row has a geometry that is neither null nor empty."""
    shapes = np.asarray(layer.to_numpy(), dtype=object)
    present: np.ndarray[Any, np.dtype[np.bool_]] = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    return present


def invalid_reasons(layer: gpd.GeoSeries) -> pd.Series:
    """Return GEOS's reason for each polygon that is not valid, by label; nulls and empties are left out."""
    shapes = np.asarray(layer.to_numpy(), dtype=object)
    bad = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    return pd.Series(shapely.is_valid_reason(shapes[bad]), index=layer.index[bad], dtype="str")


def overlaps(layer: gpd.GeoSeries, *, min_area_m2: float = 1.0) -> gpd.GeoDataFrame:
    """
    Return where the polygons of one layer lie on top of each other.

    Parameters
    ----------
    layer
        Polygons with unique labels, in a projected CRS in metres.
    min_area_m2
        Smaller overlaps are passed over.

    Returns
    -------
    GeoDataFrame
        left, right (labels), area_m2, geometry of the overlap.
    """
    pairs = overlap_areas(layer, layer, min_area_m2=min_area_m2)
    position = pd.Series(np.arange(len(layer)), index=layer.index)
    left, right = position[pairs["left"]].to_numpy(), position[pairs["right"]].to_numpy()
    pairs = pairs[left < right].reset_index(drop=True)
    shapes = repaired(np.asarray(layer.to_numpy(), dtype=object))
    common = shapely.intersection(shapes[position[pairs["left"]]], shapes[position[pairs["right"]]])
    return gpd.GeoDataFrame(pairs, geometry=common, crs=layer.crs)


def gaps(layer: gpd.GeoSeries, *, min_area_m2: float = 1.0) -> gpd.GeoDataFrame:
    """
    Return the holes that the layer as a whole leaves open.

    Bays that open to the outside are no holes.

    Returns
    -------
    GeoDataFrame
        area_m2, width_m (twice the area over the perimeter: small for slivers), geometry.
    """
    outline = shapely.get_parts(dissolved(layer))
    rings = np.concatenate([shapely.get_rings(part)[1:] for part in outline]) if outline.size else outline
    holes = shapely.polygons(rings)
    area = shapely.area(holes)
    frame = gpd.GeoDataFrame(
        {"area_m2": area, "width_m": 2 * area / np.maximum(shapely.length(holes), 1e-9)},
        geometry=holes,
        crs=layer.crs,
    )
    return frame[frame["area_m2"] >= min_area_m2].reset_index(drop=True)


def dissolved(layer: gpd.GeoSeries) -> Any:
    """Return the union of a layer as one geometry, the fast way where its borders match exactly."""
    shapes = repaired(np.asarray(layer[has_shape(layer)].to_numpy(), dtype=object))
    if not shapes.size:
        return shapely.MultiPolygon()
    exact = bool(shapely.coverage_is_valid(shapes))
    return shapely.coverage_union_all(shapes) if exact else shapely.union_all(shapes)


def dissolve_by(layer: gpd.GeoSeries, groups: pd.Series) -> gpd.GeoSeries:
    """
    Return the union of each group's polygons, indexed by group, in sorted order.

    Parameters
    ----------
    groups
        Group of each polygon, indexed as the layer; polygons without one are left out.
    """
    good = repaired(np.asarray(layer.to_numpy(), dtype=object))
    usable = ~(shapely.is_missing(good) | shapely.is_empty(good))
    exact = bool(shapely.coverage_is_valid(good[usable]))
    union = shapely.coverage_union_all if exact else shapely.union_all
    labels = groups.reindex(layer.index).where(usable)
    members = labels.groupby(labels).indices
    names = pd.Index(sorted(members, key=str), name=groups.name)
    return gpd.GeoSeries([union(good[members[name]]) for name in names], index=names, crs=layer.crs)
