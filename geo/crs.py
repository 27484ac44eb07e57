"""Coordinate reference systems: one metric CRS per district, lon/lat only at its doors."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from pyproj import CRS

from geo.errors import CrsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from numpy.typing import ArrayLike, NDArray

Layer = TypeVar("Layer", "gpd.GeoDataFrame", "gpd.GeoSeries")

LONLAT = CRS.from_epsg(4326)
# CGCS2000 / 3-degree Gauss-Krueger CM 75E .. CM 135E, eastings without zone number.
_CGCS2000_FIRST_EPSG, _CGCS2000_FIRST_MERIDIAN, _CGCS2000_LAST_MERIDIAN = 4534, 75, 135
_CHINA_LON, _CHINA_LAT = (72.004, 137.8347), (0.8293, 55.8271)
# pyproj passes coordinates on these datums to CGCS2000 unshifted, tens of metres wrong, without a word.
_REFUSED_DATUMS = {"newbeijing": "New Beijing", "beijing": "Beijing 1954", "xian": "Xian 1980"}
_REFUSED_NAMES = {
    r"\b(beijing|peking|bj|北京) ?(坐标系)? ?(19)?54(?!\d)": "Beijing 1954",
    r"\b(xi ?an|西安) ?(坐标系)? ?(19)?80(?!\d)": "Xian 1980",
    r"\bnew ?beijing|新北京": "New Beijing",
}
# Semi-major axis in m and inverse flattening of Krassowsky 1940 and IAG 1975.
_REFUSED_ELLIPSOIDS = {(6378245.0, 298.3): "Krassowsky 1940", (6378140.0, 298.257): "IAG 1975"}
_KRASSOWSKY_ELSEWHERE = (
    "pulkovo", "s42", "ukraine", "albanian", "hanoi", "vientiane", "lao", "southyemen", "afgooye",
)  # fmt: skip


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
    if in_china_box(lon, lat):
        meridian = min(max(3 * round(lon / 3), _CGCS2000_FIRST_MERIDIAN), _CGCS2000_LAST_MERIDIAN)
        return CRS.from_epsg(_CGCS2000_FIRST_EPSG + (meridian - _CGCS2000_FIRST_MERIDIAN) // 3)
    return CRS.from_user_input(lonlat.estimate_utm_crs())


def in_china_box(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
    """
    Return which places lie in the customary box of China, by longitude and latitude in degrees.

    The box that GCJ-02 converters agree on. It is larger than the country: Korea, Mongolia and parts of
    other neighbours lie in it too. NaN lies outside.
    """
    x, y = np.asarray(lon), np.asarray(lat)
    return (_CHINA_LON[0] <= x) & (x <= _CHINA_LON[1]) & (_CHINA_LAT[0] <= y) & (y <= _CHINA_LAT[1])


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

    Refused are Beijing 1954, Xian 1980 and New Beijing however a file states them: by EPSG or ESRI code,
    WKT of either kind, PROJ string, inside a compound CRS, and with somebody's shift parameters attached
    (TOWGS84: what old programs write there is good for tens of metres only). Many Chinese files name no
    datum at all, just an ellipsoid. IAG 1975 was used in China alone; Krassowsky 1940 also by other
    countries, whose datums are let through where they are named (`_KRASSOWSKY_ELSEWHERE`: their shift is
    in the EPSG registry). An unnamed datum on either is refused wherever its data lie, since nobody can
    tell its shift. Pulkovo 1942 is let through, although some old programs wrote it for Beijing 1954.

    Raises
    ------
    CrsError
        ``crs_missing`` without a CRS; ``crs_refused`` for Beijing 1954 and Xian 1980, whose local
        shift parameters are not public: the remedy is a conversion by the surveying office;
        ``crs_local`` for a local CRS that says nothing of its place on Earth.
    """
    if crs is None:
        raise CrsError("crs_missing")
    for part in _parts(CRS.from_user_input(crs)):
        name = _refused_datum(part)
        if name is not None:
            raise CrsError("crs_refused", found=name)
        if part.is_engineering:
            raise CrsError("crs_local", found=part.name)


def _parts(crs: CRS) -> Iterator[CRS]:
    """Yield the CRS and all it is built on; what a bound CRS is bound to is left out."""
    yield crs
    bases = [crs.source_crs] if crs.source_crs is not None else []
    for part in [*bases, *crs.sub_crs_list]:
        yield from _parts(part)
    base = crs.geodetic_crs
    if base is not None and base != crs:
        yield base


def _refused_datum(crs: CRS) -> str | None:
    """Return the refused datum that a single CRS is on, or None."""
    stated = "" if crs.datum is None else _plain(crs.datum.name)
    datum = stated.replace(" ", "")
    for name, known in _REFUSED_DATUMS.items():
        if name in datum:
            return known
    for pattern, known in _REFUSED_NAMES.items():
        if re.search(pattern, _plain(crs.name)) or re.search(pattern, stated):
            return known
    ellipsoid = crs.ellipsoid
    if ellipsoid is None or any(name in datum for name in _KRASSOWSKY_ELSEWHERE):
        return None
    for (semi_major_m, inverse_flattening), known in _REFUSED_ELLIPSOIDS.items():
        if (
            abs(ellipsoid.semi_major_metre - semi_major_m) < 1.0
            and abs(ellipsoid.inverse_flattening - inverse_flattening) < 0.01
        ):
            return known
    return None


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", " ", name.lower())


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
