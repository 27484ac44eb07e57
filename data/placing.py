"""Where a file's rows lie: its coordinates' system settled, its points made, its shapes brought home."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError as UnknownCrs

from data.degrees import as_degrees
from data.schemas import LAT, LON, WKT
from geo.crs import LONLAT, refuse_unknown
from geo.crs_guess import guess_crs, guess_reasons
from geo.errors import CrsError
from geo.gcj02 import SYSTEMS, shapes_to_wgs84

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from data.reporting import Findings


@dataclass(frozen=True, kw_only=True)
class Reading:
    """
    How a file's coordinates are to be read.

    Parameters
    ----------
    crs
        Of its x and y.
    system
        ``gcj02`` or ``bd09`` where they are shifted so; no file says that.
    swapped
        Whether the file gives y before x.
    """

    crs: CRS
    system: str | None = None
    swapped: bool = False

    @property
    def label(self) -> str:
        """The system or the CRS by its short name."""
        return self.system or self.crs.to_string()


def settled_reading(
    sample: np.ndarray[Any, Any],
    *,
    declared: CRS | None,
    stated: str | None,
    near: tuple[float, float] | None,
    findings: Findings,
) -> Reading:
    """
    Return how coordinates are read: as stated, else as the file declares, else as they look.

    Parameters
    ----------
    sample
        Some of the file's geometries.
    declared
        The file's CRS, if it has one.
    stated
        A CRS as pyproj takes it, ``gcj02`` or ``bd09``.
    near
        Longitude and latitude of what the district holds already.

    Raises
    ------
    CrsError
        ``crs_unknown``, ``crs_refused``; ``crs_missing`` or ``crs_ambiguous`` where one has to be stated;
        ``crs_not_lonlat`` where coordinates are no degrees though the file says so.
    """
    x, y = _coordinates(sample)
    if stated is not None and stated.lower() in SYSTEMS:
        return Reading(crs=LONLAT, system=stated.lower())
    crs = declared if stated is None else stated_crs(stated)
    if crs is None:
        return _guessed(x, y, near, findings)
    refuse_unknown(crs)
    if crs.is_geographic and x.size and not _are_degrees(x, y):
        return _not_degrees(x, y, crs, near, findings)
    return Reading(crs=crs)


def stated_crs(text: str) -> CRS:
    """
    Return the CRS that a text names.

    Raises
    ------
    CrsError
        ``crs_unknown``.
    """
    try:
        return CRS.from_user_input(int(text) if text.strip().isdigit() else text)
    except UnknownCrs as fault:
        raise CrsError("crs_unknown", found=text) from fault


def shapes_of(
    frame: pd.DataFrame, mapping: Mapping[str, str], findings: Findings
) -> np.ndarray[Any, Any] | None:
    """
    Return each row's geometry in the file's coordinates, its own or made of columns; None without any.

    Parameters
    ----------
    frame
        Rows of the file, its own column names.
    mapping
        Field → column; ``lon`` and ``lat``, or ``wkt``, make points and shapes.
    """
    if LON in mapping and LAT in mapping:
        return _points(frame[mapping[LON]], frame[mapping[LAT]], findings)
    if WKT in mapping:
        return _from_wkt(frame[mapping[WKT]], findings)
    if isinstance(frame, gpd.GeoDataFrame):
        return np.asarray(frame.geometry.to_numpy(), dtype=object)
    return None


def moved(shapes: np.ndarray[Any, Any], reading: Reading, crs: CRS) -> np.ndarray[Any, Any]:
    """Return shapes in the CRS `crs`, from the file's coordinates; missing ones stay missing."""
    if reading.swapped:
        shapes = shapely.transform(shapes, lambda xy: xy[:, ::-1])
    if reading.system is not None:
        shapes = shapes_to_wgs84(shapes, system=reading.system)
    if reading.crs.equals(crs):
        return shapes
    return np.asarray(gpd.GeoSeries(shapes, crs=reading.crs).to_crs(crs).to_numpy(), dtype=object)


def _coordinates(shapes: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    x, y = shapely.get_coordinates(shapes).T
    finite = np.isfinite(x) & np.isfinite(y)
    return x[finite], y[finite]


def _are_degrees(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> bool:
    return bool((np.abs(x) <= 180).all() and (np.abs(y) <= 90).all())


def _guessed(
    x: np.ndarray[Any, Any], y: np.ndarray[Any, Any], near: tuple[float, float] | None, findings: Findings
) -> Reading:
    if not x.size:
        raise CrsError("crs_missing")
    guesses = guess_crs(x, y, near=near)
    if not guesses:
        raise CrsError("crs_missing")
    best = guesses[0]
    reasons = guess_reasons(guesses)
    if not best.certain:
        candidates = reasons[0].facts.get("candidates")
        raise CrsError("crs_ambiguous", candidates=candidates, x=float(x[0]), y=float(y[0]))
    findings.add_all("note", reasons)
    return Reading(crs=best.crs, swapped=best.swapped)


def _not_degrees(
    x: np.ndarray[Any, Any],
    y: np.ndarray[Any, Any],
    crs: CRS,
    near: tuple[float, float] | None,
    findings: Findings,
) -> Reading:
    """Latitude first can be put right; metres that call themselves degrees must be stated."""
    guesses = guess_crs(x, y, near=near)
    if guesses and guesses[0].certain and guesses[0].swapped and guesses[0].crs.is_geographic:
        findings.add("note", "axes_swapped")
        return Reading(crs=crs, swapped=True)
    candidates = ", ".join(guess.crs.to_string() for guess in guesses[:4])
    raise CrsError(
        "crs_not_lonlat", found=crs.to_string(), x=float(x[0]), y=float(y[0]), candidates=candidates
    )


def _points(lon: pd.Series, lat: pd.Series, findings: Findings) -> np.ndarray[Any, Any]:
    x, y = as_degrees(lon).to_numpy(), as_degrees(lat).to_numpy()
    given = lon.astype("string").str.strip().fillna("").ne("") | lat.astype("string").str.strip().fillna(
        ""
    ).ne("")
    # 0, 0 is what devices and forms write when they know nothing.
    known = np.isfinite(x) & np.isfinite(y) & ~((x == 0) & (y == 0))
    for row in lon.index[given.to_numpy() & ~known]:
        findings.add("note", "coordinates_unreadable", row=int(row))
    points = np.full(len(x), None, dtype=object)
    points[known] = shapely.points(x[known], y[known])
    return points


def _from_wkt(texts: pd.Series, findings: Findings) -> np.ndarray[Any, Any]:
    shapes = np.asarray(
        shapely.from_wkt(
            texts.astype(object).where(texts.notna() & (texts != ""), None), on_invalid="ignore"
        ),
        dtype=object,
    )
    unread = shapely.is_missing(shapes) & (texts.notna() & (texts != "")).to_numpy()
    for row in texts.index[unread]:
        findings.add("note", "coordinates_unreadable", row=int(row))
    return shapes
