"""Coordinate reference systems: one metric CRS per district, lon/lat only at its doors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

from pyproj import CRS

from geo.errors import CrsError

if TYPE_CHECKING:
    import geopandas as gpd

Layer = TypeVar("Layer", "gpd.GeoDataFrame", "gpd.GeoSeries")

LONLAT = CRS.from_epsg(4326)
# CGCS2000 / 3-degree Gauss-Krueger CM 75E .. CM 135E, eastings without zone number.
_CGCS2000_FIRST_EPSG, _CGCS2000_FIRST_MERIDIAN, _CGCS2000_LAST_MERIDIAN = 4534, 75, 135
_CHINA_LON, _CHINA_LAT = (72.004, 137.8347), (0.8293, 55.8271)
# pyproj passes these datums through to CGCS2000 unshifted, tens of metres wrong, without a word.
_REFUSED_DATUMS = {"beijing 1954": "Beijing 1954", "xian 1980": "Xian 1980"}


def choose_metric_crs(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> CRS:
    """
    Return the metric CRS that suits the data's place on Earth.

    CGCS2000 3-degree Gauss-Krueger without zone number (EPSG:4534-4554) in China, UTM elsewhere.

    Parameters
    ----------
    frame
        Any layer with a CRS and at least one geometry.

    Raises
    ------
    CrsError
        If the layer has no CRS, one that is refused, no geometry at all, or coordinates that are no
        longitudes and latitudes though its CRS says so.
    """
    lonlat = to_lonlat(frame)
    west, south, east, north = lonlat.total_bounds
    if not math.isfinite(west):
        raise CrsError("crs_of_nothing")
    if west < -180 or east > 180 or south < -90 or north > 90:
        raise CrsError(
            "crs_not_lonlat", found=str(CRS.from_user_input(frame.crs).to_string()), x=west, y=south
        )
    lon, lat = (west + east) / 2, (south + north) / 2
    if _CHINA_LON[0] <= lon <= _CHINA_LON[1] and _CHINA_LAT[0] <= lat <= _CHINA_LAT[1]:
        meridian = min(max(3 * round(lon / 3), _CGCS2000_FIRST_MERIDIAN), _CGCS2000_LAST_MERIDIAN)
        return CRS.from_epsg(_CGCS2000_FIRST_EPSG + (meridian - _CGCS2000_FIRST_MERIDIAN) // 3)
    return CRS.from_user_input(lonlat.estimate_utm_crs())


def to_metric(frame: Layer, crs: CRS) -> Layer:
    """
    Return the layer in the metric CRS `crs`.

    Raises
    ------
    CrsError
        If the layer has no CRS or one whose datum shift is unknown here (Beijing54, Xian80),
        or if `crs` is not projected in metres.
    """
    require_metric(crs, layer="district")
    refuse_unknown(frame.crs)
    return frame if CRS.from_user_input(frame.crs).equals(crs) else frame.to_crs(crs)


def to_lonlat(frame: Layer) -> Layer:
    """Return the layer in WGS84 longitude and latitude (CGCS2000 agrees with it at our scale)."""
    refuse_unknown(frame.crs)
    return frame.to_crs(LONLAT)


def refuse_unknown(crs: object) -> None:
    """
    Raise unless coordinates in `crs` can be brought to CGCS2000.

    Raises
    ------
    CrsError
        ``crs_missing`` without a CRS; ``crs_refused`` for Beijing 1954 and Xian 1980, whose local
        shift parameters are not public: the remedy is a conversion by the surveying office.
    """
    if crs is None:
        raise CrsError("crs_missing")
    text = CRS.from_user_input(crs).to_wkt().lower()
    for needle, name in _REFUSED_DATUMS.items():
        if needle in text:
            raise CrsError("crs_refused", found=name)


def require_metric(crs: object, *, layer: str) -> None:
    """
    Raise unless `crs` is projected, in metres.

    Raises
    ------
    CrsError
        ``crs_not_metric``, naming `layer` and what was found.
    """
    if crs is None:
        raise CrsError("crs_missing", layer=layer)
    found = CRS.from_user_input(crs)
    if not found.is_projected or any(axis.unit_name not in ("metre", "meter") for axis in found.axis_info):
        raise CrsError("crs_not_metric", layer=layer, found=found.to_string())


def require_same_metric_crs(**layers: gpd.GeoDataFrame | gpd.GeoSeries) -> CRS:
    """
    Return the CRS that all layers share.

    Raises
    ------
    CrsError
        ``crs_not_metric`` or ``crs_differ``, naming the layers.
    """
    for name, layer in layers.items():
        require_metric(layer.crs, layer=name)
    (first, crs), *others = [(name, CRS.from_user_input(layer.crs)) for name, layer in layers.items()]
    for name, other in others:
        if not other.equals(crs):
            raise CrsError(
                "crs_differ",
                first=first,
                first_crs=crs.to_string(),
                second=name,
                second_crs=other.to_string(),
            )
    return crs
