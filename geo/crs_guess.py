"""
Which CRS coordinates are in, guessed from their magnitudes alone, where a file does not say.

What magnitudes can tell: degrees from metres, swapped axes, Chinese zone numbers (an easting of
40 557 122 is zone 40 of the 3-degree Gauss-Krueger grid), Web Mercator. What they cannot: the central
meridian of eastings without zone number, unless one knows what lies near; and the datum. Beijing 1954,
Xian 1980 and CGCS2000 have the same grid and differ by 50-100 m at most places, and GCJ-02 has the
magnitudes of WGS84. Guesses are therefore CGCS2000 (WGS84 outside China), never an older datum, and the
reason that goes with every guess (`crs_guessed`) warns of it.

Eastings without zone number read the same in the 3-degree and the 6-degree grid where the two share a
central meridian; the 3-degree CRS stands for both, and the 6-degree one is given where the place lies
too far from the meridian for a 3-degree zone. UTM north differs from it by 0.04 % only (1.3 km at
30 N): CGCS2000 comes first, UTM after it, never as certain.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import shapely
from pyproj import CRS, Transformer

from geo.crs import LONLAT, in_china_box
from geo.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

__all__ = ["CrsGuess", "guess_crs", "guess_reasons"]

Span: TypeAlias = tuple[float, float]

# Why a guess was made, strongest first.
ZONE_NUMBER, DEGREES, MERCATOR, MERIDIAN, UTM = "zone_number", "degrees", "mercator", "meridian", "utm"

_CGCS2000_LONLAT, _WEB_MERCATOR = 4490, 3857
# First EPSG code and first zone or central meridian of each series of CGCS2000 grids.
_ZONED_3, _ZONED_6 = (4513, 25), (4491, 13)
_PLAIN_3, _PLAIN_6 = (4534, 75), (4502, 75)
_LAST_MERIDIAN = 135
_MILLION = 1e6
_MID_EASTING = 500_000.0
_UTM_NORTH, _UTM_SOUTH = 32600, 32700
# UTM zones 43 to 53 north have the meridians 75 to 135 of the Chinese grids.
_UTM_OF_CHINA = range(_UTM_NORTH + 43, _UTM_NORTH + 54)
# How far from the central meridian eastings may be: bureaus stretch one zone over all their county.
_HALF_WIDTH_3_M, _HALF_WIDTH_6_M = 200_000.0, 420_000.0
_HALF_WIDTH_3_DEG, _HALF_WIDTH_6_DEG = 1.75, 3.5
_NORTHING = (90_000.0, 6_200_000.0)
_MERCATOR_X, _MERCATOR_Y = (8.0e6, 15.4e6), (90_000.0, 7.6e6)
# A layer belongs to what is loaded if its middle is as near as this; meridians are 3 degrees apart.
_NEAR_DEG = 1.2
# Missing coordinates are often written as 0, and a few others are often wrong.
_STRAYS = 0.05
_FARTHEST = 1e9
# A rough hull of where Chinese districts lie, islands included, half a degree and more outside: no border.
_DISTRICTS = shapely.Polygon(
    [
        (72.8, 40.2), (73.0, 37.0), (75.0, 35.2), (77.6, 31.5), (80.5, 29.3), (85.5, 27.0), (91.0, 26.0),
        (97.0, 26.5), (97.0, 23.3), (98.8, 21.0), (101.5, 20.5), (106.0, 20.8), (107.5, 3.0), (118.5, 3.0),
        (119.5, 20.5), (123.0, 21.5), (124.5, 26.0), (124.0, 33.0), (124.0, 38.5), (128.5, 40.8),
        (132.0, 42.0), (132.0, 44.0), (135.8, 47.5), (135.8, 49.2), (131.8, 50.0), (128.0, 53.0),
        (121.0, 54.3), (118.5, 50.5), (115.0, 49.0), (114.8, 47.0), (110.5, 44.0), (104.5, 42.8),
        (97.0, 43.8), (91.5, 47.5), (88.0, 50.0), (84.5, 48.5), (81.5, 46.6), (79.0, 45.8), (79.2, 43.0),
    ]
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class CrsGuess:
    """
    One CRS that the coordinates may be in.

    Parameters
    ----------
    crs
        The CRS, x being longitude or easting.
    swapped
        Whether x and y must change places first.
    why
        What tells it: ``zone_number``, ``degrees``, ``mercator``, ``meridian`` (of several) or ``utm``.
    lon, lat
        Where the layer's middle would lie, in degrees.
    certain
        Whether no other guess is as good; otherwise people are asked.
    """

    crs: CRS
    swapped: bool
    why: str
    lon: float
    lat: float
    certain: bool


def guess_crs(x: ArrayLike, y: ArrayLike, *, near: tuple[float, float] | None = None) -> list[CrsGuess]:
    """
    Return the CRSs that coordinates may be in, the best first; none if the magnitudes fit no CRS.

    Parameters
    ----------
    x, y
        Coordinates as they stand in the file, or just the bounds (two of each). Values that are not
        finite, pairs of zeros and the outermost twentieth are passed over.
    near
        Longitude and latitude of what is already loaded: settles the central meridian, and which place
        outside China is meant. Without it, meridians are listed from west to east, none certain.
    """
    spans = _spans(x, y)
    if spans is None:
        return []
    found = list(_guesses(*spans, swapped=False, near=near))
    found += _guesses(spans[1], spans[0], swapped=True, near=near)
    if near is None:
        # Swapped axes are rarer than straight ones, and equal guesses stay from west to east.
        found.sort(key=lambda guess: (_RANK[guess.why], guess.swapped))
    else:
        found.sort(key=lambda guess: (not _is_near(guess, near), _RANK[guess.why], _apart(guess, near)))
    found = _without_twins(found)
    return [_with_certainty(guess, found, near) for guess in found]


def guess_reasons(guesses: list[CrsGuess]) -> tuple[Reason, ...]:
    """
    Return what people must be told of guesses that `guess_crs` made, before the first is used.

    ``crs_guessed`` (found, lon, lat) or, where none is certain, ``crs_ambiguous`` (candidates);
    ``axes_swapped`` besides; nothing for no guesses.
    """
    if not guesses:
        return ()
    best = guesses[0]
    if best.certain:
        told = [Reason("crs_guessed", {"found": _name(best.crs), "lon": best.lon, "lat": best.lat})]
    else:
        told = [Reason("crs_ambiguous", {"candidates": tuple(_name(guess.crs) for guess in guesses)})]
    if best.swapped:
        told.append(Reason("axes_swapped", {}))
    return tuple(told)


def _without_twins(found: list[CrsGuess]) -> list[CrsGuess]:
    """Return the guesses without degrees read the other way round too: nobody could choose between them."""
    first = next((guess for guess in found if guess.why == DEGREES), None)
    return [guess for guess in found if guess is first or guess.why != DEGREES]


_RANK = {ZONE_NUMBER: 1, DEGREES: 0, MERCATOR: 0, MERIDIAN: 2, UTM: 3}


def _spans(x: ArrayLike, y: ArrayLike) -> tuple[Span, Span] | None:
    xs, ys = np.asarray(x, dtype=float).ravel(), np.asarray(y, dtype=float).ravel()
    # Nothing on earth is farther; and sums of larger numbers run over.
    used = (np.abs(xs) < _FARTHEST) & (np.abs(ys) < _FARTHEST) & ((xs != 0) | (ys != 0))
    if not used.any():
        return None
    return _span(xs[used]), _span(ys[used])


def _span(values: NDArray[np.float64]) -> Span:
    low = np.quantile(values, _STRAYS, method="lower")
    high = np.quantile(values, 1 - _STRAYS, method="higher")
    return float(low), float(high)


def _within(span: Span, limits: Span) -> bool:
    return limits[0] <= span[0] and span[1] <= limits[1]


def _guesses(x: Span, y: Span, *, swapped: bool, near: tuple[float, float] | None) -> Iterator[CrsGuess]:
    for epsg, why in [*_by_degrees(x, y, swapped), *_by_metres(x, y), *_by_utm(x, y, near)]:
        lon, lat = _lonlat(epsg, sum(x) / 2, sum(y) / 2)
        guess = CrsGuess(crs=_crs(epsg), swapped=swapped, why=why, lon=lon, lat=lat, certain=False)
        if _is_plausible(guess, epsg, near):
            yield guess


def _by_degrees(x: Span, y: Span, swapped: bool) -> Iterator[tuple[int, str]]:
    if not (_within(x, (-180.0, 180.0)) and _within(y, (-90.0, 90.0))):
        return
    middle = sum(x) / 2, sum(y) / 2
    if _in_districts(*middle):
        yield _CGCS2000_LONLAT, DEGREES
    # The other way round inside China: that is what the numbers mean.
    elif not _in_districts(*middle[::-1]):
        yield 4326, DEGREES


def _by_metres(x: Span, y: Span) -> Iterator[tuple[int, str]]:
    if _within(x, _MERCATOR_X) and _within(y, _MERCATOR_Y):
        yield _WEB_MERCATOR, MERCATOR
    if not _within(y, _NORTHING):
        return
    zone = int(sum(x) / 2 // _MILLION)
    easting = x[0] - zone * _MILLION, x[1] - zone * _MILLION
    if 25 <= zone <= 45 and _within(easting, _around(_HALF_WIDTH_3_M)):
        yield _ZONED_3[0] + zone - _ZONED_3[1], ZONE_NUMBER
    if 13 <= zone <= 23 and _within(easting, _around(_HALF_WIDTH_6_M)):
        yield _ZONED_6[0] + zone - _ZONED_6[1], ZONE_NUMBER
    if _within(x, _around(_HALF_WIDTH_6_M)):
        for meridian in range(_PLAIN_3[1], _LAST_MERIDIAN + 1, 3):
            yield _PLAIN_3[0] + (meridian - _PLAIN_3[1]) // 3, MERIDIAN
        for meridian in range(_PLAIN_6[1], _LAST_MERIDIAN + 1, 6):
            yield _PLAIN_6[0] + (meridian - _PLAIN_6[1]) // 6, MERIDIAN


def _by_utm(x: Span, y: Span, near: tuple[float, float] | None) -> Iterator[tuple[int, str]]:
    """Yield UTM zones: of what is near, or in China of the meridians that CGCS2000 has too."""
    if not (_within(x, _around(_HALF_WIDTH_6_M)) and _within(y, (0.0, 10_000_000.0))):
        return
    if near is None:
        if _within(y, _NORTHING):
            yield from ((epsg, UTM) for epsg in _UTM_OF_CHINA)
        return
    zone = int((near[0] + 180) // 6) % 60 + 1
    for neighbour in (zone - 1, zone, zone + 1):
        yield (_UTM_NORTH if near[1] >= 0 else _UTM_SOUTH) + (neighbour - 1) % 60 + 1, UTM


def _around(half_width_m: float) -> Span:
    return _MID_EASTING - half_width_m, _MID_EASTING + half_width_m


def _is_plausible(guess: CrsGuess, epsg: int, near: tuple[float, float] | None) -> bool:
    if not (np.isfinite(guess.lon) and np.isfinite(guess.lat)):
        return False
    if guess.why == DEGREES:
        return True
    if near is not None and not in_china_box(*near) and guess.why in (UTM, MERCATOR):
        return _is_near(guess, near)
    if not _in_districts(guess.lon, guess.lat):
        return False
    if guess.why != MERIDIAN:
        return True
    wide = epsg < _PLAIN_3[0]
    first, step = (_PLAIN_6, 6) if wide else (_PLAIN_3, 3)
    off = abs(guess.lon - (first[1] + step * (epsg - first[0])))
    return _HALF_WIDTH_3_DEG < off <= _HALF_WIDTH_6_DEG if wide else off <= _HALF_WIDTH_3_DEG


def _with_certainty(guess: CrsGuess, found: list[CrsGuess], near: tuple[float, float] | None) -> CrsGuess:
    if near is None:
        rivals = [other for other in found if other is not guess]
        told = guess.why in (ZONE_NUMBER, DEGREES) or _in_districts(guess.lon, guess.lat)
        certain = told and not rivals
    else:
        # UTM is no rival of the CGCS2000 grid where that fits.
        rivals = [
            other for other in found if other is not guess and other.why != UTM and _is_near(other, near)
        ]
        certain = _is_near(guess, near) and not rivals
        certain = certain and (guess.why != UTM or not in_china_box(*near))
        certain = certain or (len(found) == 1 and guess.why in (ZONE_NUMBER, DEGREES, MERCATOR))
    return CrsGuess(
        crs=guess.crs, swapped=guess.swapped, why=guess.why, lon=guess.lon, lat=guess.lat, certain=certain
    )


def _apart(guess: CrsGuess, near: tuple[float, float]) -> float:
    """Return the distance in degrees of latitude, near enough."""
    east = (guess.lon - near[0]) * np.cos(np.radians((guess.lat + near[1]) / 2))
    return float(np.hypot(east, guess.lat - near[1]))


def _is_near(guess: CrsGuess, near: tuple[float, float]) -> bool:
    return _apart(guess, near) <= _NEAR_DEG


def _in_districts(lon: float, lat: float) -> bool:
    return bool(shapely.contains_xy(_DISTRICTS, lon, lat))


def _name(crs: CRS) -> str:
    return f"{crs.to_string()} ({crs.name})"


@cache
def _crs(epsg: int) -> CRS:
    return CRS.from_epsg(epsg)


@cache
def _to_lonlat(epsg: int) -> Transformer:
    return Transformer.from_crs(_crs(epsg), LONLAT, always_xy=True)


def _lonlat(epsg: int, x: float, y: float) -> tuple[float, float]:
    if epsg in (_CGCS2000_LONLAT, 4326):
        return x, y
    lon, lat = _to_lonlat(epsg).transform(x, y)
    return float(lon), float(lat)
