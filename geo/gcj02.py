"""
GCJ-02 (Amap, Tencent, Google in China) and BD-09 (Baidu): the shifts of Chinese map services, both ways.

Neither is a CRS that a file could declare: shifted coordinates claim to be WGS84. WGS84 and CGCS2000
agree within about a metre, so one stands for the other here.

Sources
-------
The GCJ-02 formula has never been published officially; the one in use since 2010 is the same in
eviltransform (googollee/eviltransform), coordtransform (wandergis) and gcoord (hujiulong): an offset of
up to 700 m as a series of sines of longitude and latitude, in metres on the Krassowsky ellipsoid.
Baidu's second step is ``bd_encrypt`` as coordtransform and gcoord have it (eviltransform writes plain pi
for 3000 pi / 180 there and is 10 to 40 m off).
The customary inverses subtract the offset once (up to 4 m wrong) or turn ``bd_encrypt`` round term by
term (0.2 m); here both are solved by fixed-point iteration.

Where it applies
----------------
As everywhere in use, inside the customary box of China (`geo.crs.in_china_box`) and nowhere else. The
box is far larger than the country: it also holds Korea, Mongolia, northern India and much of
South-East Asia, which map services do not shift, and Hong Kong, Macao and Taiwan, which they do not
all shift. So nothing is ever put right unasked: people are shown what fits and decide.
Within 700 m of the box's edge, far outside any district, the way back is not defined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo.crs import in_china_box
from geo.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SYSTEMS", "from_wgs84", "shapes_to_wgs84", "to_wgs84"]

Floats: TypeAlias = NDArray[np.float64]
Conversion: TypeAlias = "Callable[[Floats, Floats], tuple[Floats, Floats]]"

SYSTEMS = ("gcj02", "bd09")
# Krassowsky 1940, as the formula has it: its offsets in metres become degrees on this ellipsoid.
_SEMI_MAJOR_M, _ECCENTRICITY2 = 6378245.0, 0.00669342162296594323
_LON_0, _LAT_0 = 105.0, 35.0
_BD_LON, _BD_LAT = 0.0065, 0.006
_BD_RADIANS = np.pi * 3000.0 / 180.0
_CLOSE_ENOUGH_DEG = 1e-11  # about a micrometre
_MOST_ROUNDS = 20  # four are enough: each takes the error down to 2 % or less


def from_wgs84(lon: ArrayLike, lat: ArrayLike, *, system: str) -> tuple[Floats, Floats]:
    """
    Return WGS84 longitude and latitude as `system` shows them; outside China unchanged.

    Parameters
    ----------
    lon, lat
        WGS84 or CGCS2000, in degrees, of the same shape.
    system
        One of `SYSTEMS`.

    Raises
    ------
    SettingError
        ``system_unknown``.
    """
    return _where_china(_forward(system), lon, lat)


def to_wgs84(lon: ArrayLike, lat: ArrayLike, *, system: str) -> tuple[Floats, Floats]:
    """
    Return the WGS84 longitude and latitude of coordinates in `system`; outside China unchanged.

    The exact inverse of `from_wgs84`, to better than 1e-9 degrees.

    Parameters
    ----------
    lon, lat
        GCJ-02 or BD-09, in degrees, of the same shape.
    system
        One of `SYSTEMS`.

    Raises
    ------
    SettingError
        ``system_unknown``.
    """
    forward = _forward(system)

    def backward(x: Floats, y: Floats) -> tuple[Floats, Floats]:
        lon, lat = x, y
        for _ in range(_MOST_ROUNDS):
            there_x, there_y = forward(lon, lat)
            step_x, step_y = x - there_x, y - there_y
            lon, lat = lon + step_x, lat + step_y
            if max(np.abs(step_x).max(), np.abs(step_y).max()) < _CLOSE_ENOUGH_DEG:
                break
        return lon, lat

    return _where_china(backward, lon, lat)


def shapes_to_wgs84(shapes: NDArray[np.object_], *, system: str) -> NDArray[np.object_]:
    """
    Return the shapes, in lon/lat of `system`, in WGS84 lon/lat; heights (z) fall away, nulls stay.

    Parameters
    ----------
    shapes
        shapely geometries, x = longitude.
    system
        One of `SYSTEMS`.

    Raises
    ------
    SettingError
        ``system_unknown``.
    """

    def moved(xy: Floats) -> Floats:
        return np.column_stack(to_wgs84(xy[:, 0], xy[:, 1], system=system))

    _forward(system)
    changed: NDArray[np.object_] = shapely.transform(np.asarray(shapes, dtype=object), moved)
    return changed


def _where_china(convert: Conversion, lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    x, y = np.array(lon, dtype=float), np.array(lat, dtype=float)
    inside = in_china_box(x, y)
    if inside.any():
        x[inside], y[inside] = convert(x[inside], y[inside])
    return x, y


def _forward(system: str) -> Conversion:
    """Return the shift of `system` as if all the world were China."""
    if system not in SYSTEMS:
        raise SettingError("system_unknown", found=system, known=SYSTEMS)
    return _gcj02 if system == "gcj02" else lambda lon, lat: _bd09(*_gcj02(lon, lat))


def _gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    x, y = lon - _LON_0, lat - _LAT_0
    common = 20.0 * _sin(6.0 * x) + 20.0 * _sin(2.0 * x)
    root = np.sqrt(np.abs(x))
    north_m = (
        -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
        + (common + 20.0 * _sin(y) + 40.0 * _sin(y / 3.0) + 160.0 * _sin(y / 12.0) + 320.0 * _sin(y / 30.0))
        * 2.0 / 3.0
    )  # fmt: skip
    east_m = (
        300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
        + (common + 20.0 * _sin(x) + 40.0 * _sin(x / 3.0) + 150.0 * _sin(x / 12.0) + 300.0 * _sin(x / 30.0))
        * 2.0 / 3.0
    )  # fmt: skip
    phi = np.radians(lat)
    w2 = 1.0 - _ECCENTRICITY2 * np.sin(phi) ** 2
    meridian_radius = _SEMI_MAJOR_M * (1.0 - _ECCENTRICITY2) / (w2 * np.sqrt(w2))
    parallel_radius = _SEMI_MAJOR_M / np.sqrt(w2) * np.cos(phi)
    return lon + np.degrees(east_m / parallel_radius), lat + np.degrees(north_m / meridian_radius)


def _bd09(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_RADIANS)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_RADIANS)
    return radius * np.cos(angle) + _BD_LON, radius * np.sin(angle) + _BD_LAT


def _sin(half_turns: Floats) -> Floats:
    return np.asarray(np.sin(half_turns * np.pi))
