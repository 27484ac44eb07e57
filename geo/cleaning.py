"""
Shapes as files bring them, made fit to be kept, with every change in a log.

What changes no place is always done: heights and measures fall away, points repeated one after the other
are taken out, multi-geometries of one part are unwrapped (the only step not logged: nothing is lost).
What changes a place is done only if asked (`mend`), and told either way: invalid polygons, collections of
several kinds, closed lines and points wanted where there are lines and polygons.

Curves need no step: shapely 2.2 knows no curved geometry, so readers straighten them.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.errors import GEOSException

from geo.overlay import repaired

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shapely.geometry.base import BaseGeometry

__all__ = ["CODES", "LOG_COLUMNS", "MENDABLE", "WHYS", "Cleaned", "clean"]

Shapes: TypeAlias = NDArray[np.object_]
Bools: TypeAlias = NDArray[np.bool_]
Positions: TypeAlias = NDArray[np.int64]
Kind: TypeAlias = Literal["polygon", "line", "point"]

# A code of `MENDABLE` stands for what was found; with `_mended` added, for what was found and mended.
MENDABLE = ("shape_invalid", "shape_collapsed", "parts_dropped", "line_closed", "shape_to_point")
CODES = (
    *("shape_null", "shape_empty", "shape_not_finite", "shape_kind", "shape_3d", "points_repeated"),
    *MENDABLE,
    *(f"{code}_mended" for code in MENDABLE),
)
LOG_COLUMNS = {
    "position": "int64",
    "code": "str",
    "mended": "bool",
    "found_kind": "str",
    "expected": "str",
    "why": "str",
    "count": "float64",
    "area_before_m2": "float64",
    "area_after_m2": "float64",
    "x": "float64",
    "y": "float64",
}

_POINT, _LINE, _RING, _POLYGON, _MULTIPOINT, _MULTILINE, _MULTIPOLYGON, _COLLECTION = range(8)
_WANTED: dict[str, tuple[int, ...]] = {
    "polygon": (_POLYGON, _MULTIPOLYGON),
    "line": (_LINE, _RING, _MULTILINE),
    "point": (_POINT,),
}
_SINGLE = {"polygon": _POLYGON, "line": _LINE, "point": _POINT}
_KIND_NAMES = np.array(
    ["point", "line", "line", "polygon", "multipoint", "line", "polygon", "collection", "other"], dtype=object
)
_OTHER = len(_KIND_NAMES) - 1
_MULTI_CLASSES = (shapely.MultiPoint, shapely.MultiLineString, shapely.MultiPolygon)
_JOINED: dict[str, Callable[..., BaseGeometry]] = {
    "polygon": shapely.multipolygons,
    "line": shapely.multilinestrings,
}
_CLOSING_M = 0.001
# GEOS's own words for what is wrong (operation/valid/TopologyValidationError), and where.
_GEOS_REASON = re.compile(r"^(?P<why>[^\[]*)(?:\[(?P<x>\S+) (?P<y>\S+)\])?$")
_WHY = {
    "Self-intersection": "self_intersection",
    "Ring Self-intersection": "ring_self_intersection",
    "Hole lies outside shell": "hole_outside",
    "Holes are nested": "holes_nested",
    "Interior is disconnected": "interior_cut",
    "Nested shells": "shells_nested",
    "Duplicate Rings": "rings_repeated",
    "Too few points in geometry component": "too_few_points",
    "Ring is not closed": "ring_open",
}
# All that a log gives as the reason for an invalid shape.
WHYS = frozenset({*_WHY.values(), "other"})


@dataclass(frozen=True, kw_only=True)
class Cleaned:
    """
    Shapes after cleaning, and what was found.

    Parameters
    ----------
    shapes
        As many as were given; None where there was or is left nothing.
    log
        One row per finding, by position, with the columns of `LOG_COLUMNS`: position, code, whether it
        was mended, and facts (empty or NaN where they do not apply): found_kind and expected, why a
        shape is invalid, count of points or parts taken out, areas before (of the rings as drawn, turned
        parts counting negative) and after, and x, y of the place.
    """

    shapes: Shapes
    log: pd.DataFrame


def clean(shapes: Shapes, *, shape: Kind, mend: bool) -> Cleaned:
    """
    Return shapes made fit to be kept, and a log of every finding.

    Parameters
    ----------
    shapes
        shapely geometries or None, in a metric CRS. They are not changed.
    shape
        What the table holds: ``polygon``, ``line`` (both may have several parts) or ``point``.
    mend
        Whether what is wrong is put right; if not, it is told and left as it is. Invalid polygons are
        made valid as `geo.overlay.repaired` does; of collections the wanted kind is kept; lines that
        close within 1 mm become polygons; polygons become a point inside where points are wanted.
    """
    found: list[pd.DataFrame] = []
    result = np.array(shapes, dtype=object)
    missing, empty, finite = shapely.is_missing(result), shapely.is_empty(result), _are_finite(result)
    for code, odd in (("shape_null", missing), ("shape_empty", empty), ("shape_not_finite", ~finite)):
        found.append(_rows(result, np.flatnonzero(odd), code, expected=shape))
    usable = np.flatnonzero(finite & ~missing & ~empty)
    work = result[usable]
    faults: list[pd.DataFrame] = []
    work = _unwrapped(_without_repeats(_flat(work, faults), faults))
    work = _of_wanted_kind(work, faults, shape, mend)
    work = _valid(work, faults, shape, mend)
    result[usable] = work
    found += [rows.assign(position=usable[rows["position"].to_numpy()]) for rows in faults]
    return Cleaned(shapes=result, log=_log(found))


def _are_finite(shapes: Shapes) -> Bools:
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    finite = np.ones(len(shapes), dtype=bool)
    finite[owner[~np.isfinite(xy).all(axis=1)]] = False
    return finite


def _flat(work: Shapes, found: list[pd.DataFrame]) -> Shapes:
    raised = np.flatnonzero(shapely.has_z(work) | shapely.has_m(work))
    if not len(raised):
        return work
    found.append(_rows(work, raised, "shape_3d", mended=True))
    work = work.copy()
    work[raised] = shapely.force_2d(work[raised])
    return work


def _without_repeats(work: Shapes, found: list[pd.DataFrame]) -> Shapes:
    """Take out points that exactly repeat the one before, unless a ring is nothing but one point."""
    xy, owner = shapely.get_coordinates(work, return_index=True)
    again = (xy[1:] == xy[:-1]).all(axis=1) & (owner[1:] == owner[:-1])
    suspects = np.unique(owner[1:][again])
    if not len(suspects):
        return work
    before = shapely.get_num_coordinates(work[suspects])
    work = work.copy()
    work[suspects] = _thinned(work[suspects])
    fewer = before - shapely.get_num_coordinates(work[suspects])
    where = fewer > 0
    found.append(_rows(work, suspects[where], "points_repeated", mended=True, count=fewer[where]))
    return work


def _thinned(shapes: Shapes) -> Shapes:
    try:
        return np.asarray(shapely.remove_repeated_points(shapes, 0.0), dtype=object)
    except GEOSException:  # one of them has a ring of a single point: it stays, for `_valid` to tell of
        if len(shapes) == 1:
            return shapes
        return np.concatenate([_thinned(half) for half in np.array_split(shapes, 2)])


def _unwrapped(work: Shapes) -> Shapes:
    lone = (shapely.get_type_id(work) >= _MULTIPOINT) & (shapely.get_num_geometries(work) == 1)
    if not lone.any():
        return work
    work = work.copy()
    work[lone] = shapely.get_geometry(work[lone], 0)
    return _unwrapped(work)  # a collection may have held a multi-geometry of one part


def _of_wanted_kind(work: Shapes, found: list[pd.DataFrame], shape: Kind, mend: bool) -> Shapes:
    kinds = shapely.get_type_id(work)
    wrong = np.flatnonzero(~np.isin(kinds, _WANTED[shape]))
    if not len(wrong):
        return work
    made = pd.DataFrame([_remade(one, shape) for one in work[wrong]], columns=["code", "shape", "count"])
    result = work.copy()
    for code, group in made.groupby("code", sort=True):
        where, mended = wrong[group.index], mend and code in MENDABLE
        facts = {"found_kind": _KIND_NAMES[np.minimum(kinds[where], _OTHER)], "expected": shape}
        name = f"{code}_mended" if mended else str(code)
        found.append(_rows(work, where, name, mended=mended, count=group["count"].to_numpy(), **facts))
        if mended:
            result[where] = group["shape"].to_numpy()
    return result


def _remade(one: BaseGeometry, shape: Kind) -> tuple[str, BaseGeometry | None, float]:
    """Return what a shape of the wrong kind is called, becomes if mended, and how many parts it loses."""
    if shape == "point" and isinstance(one, (shapely.Polygon, shapely.MultiPolygon)):
        return "shape_to_point", _point_inside(one), np.nan
    if shape == "polygon" and isinstance(one, shapely.LineString):
        ring = _as_polygon(one)
        return ("shape_kind", None, np.nan) if ring is None else ("line_closed", ring, np.nan)
    if isinstance(one, shapely.GeometryCollection) and not isinstance(one, _MULTI_CLASSES):
        leaves = [leaf for leaf in _leaves(one) if not leaf.is_empty]
        kept = [leaf for leaf in leaves if shapely.get_type_id(leaf) == _SINGLE[shape]]
        if kept and (shape != "point" or len(kept) == 1):
            whole = kept[0] if len(kept) == 1 else _JOINED[shape](kept)
            return "parts_dropped", whole, float(len(leaves) - len(kept))
    return "shape_kind", None, np.nan


def _point_inside(area: BaseGeometry) -> BaseGeometry:
    good = repaired(np.array([area], dtype=object))[0]
    return shapely.point_on_surface(area.centroid if good.is_empty else good)


def _as_polygon(line: shapely.LineString) -> shapely.Polygon | None:
    """Return the polygon that a line encloses, its ends meeting within `_CLOSING_M`; None if it is open."""
    xy = shapely.get_coordinates(line)
    if len(set(map(tuple, xy.tolist()))) < 3 or math.dist(xy[0], xy[-1]) > _CLOSING_M:
        return None
    if len(xy) < 4:
        return None
    xy[-1] = xy[0]
    return shapely.Polygon(xy)


def _leaves(shape: BaseGeometry) -> Iterator[BaseGeometry]:
    for part in shapely.get_parts(shape):
        if shapely.get_type_id(part) >= _MULTIPOINT:
            yield from _leaves(part)
        else:
            yield part


def _valid(work: Shapes, found: list[pd.DataFrame], shape: Kind, mend: bool) -> Shapes:
    """Make valid, or only tell; what is left with no extent becomes None."""
    bad = np.flatnonzero(~shapely.is_valid(work) & np.isin(shapely.get_type_id(work), _WANTED[shape]))
    if not len(bad):
        return work
    made = _unwrapped(repaired(work[bad]))
    gone = shapely.is_empty(made)
    why = pd.Series(shapely.is_valid_reason(work[bad])).str.extract(_GEOS_REASON)
    areas = (shapely.area(work[bad]), shapely.area(made)) if shape == "polygon" else (np.nan, np.nan)
    rows = _rows(
        work,
        bad,
        np.where(gone, "shape_collapsed", "shape_invalid") + ("_mended" if mend else ""),
        mended=mend,
        why=why["why"].str.strip().map(_WHY).fillna("other").to_numpy(),
        area_before_m2=areas[0],
        area_after_m2=areas[1],
    )
    for axis in ("x", "y"):
        rows[axis] = pd.to_numeric(why[axis], errors="coerce").fillna(rows[axis]).to_numpy()
    found.append(rows)
    if not mend:
        return work
    work = work.copy()
    made[gone] = None
    work[bad] = made
    return work


def _rows(work: Shapes, where: Positions, code: object, **facts: object) -> pd.DataFrame:
    """Return log rows for the shapes at `where`, each placed at the middle of its bounds."""
    box = shapely.bounds(work[where])
    columns = {"position": where, "code": code, "mended": False, **facts}
    middle = {"x": (box[:, 0] + box[:, 2]) / 2, "y": (box[:, 1] + box[:, 3]) / 2}
    return pd.DataFrame({**columns, **middle}, index=range(len(where)))


def _log(found: list[pd.DataFrame]) -> pd.DataFrame:
    """Return all rows by position; findings of one shape in the order of the steps."""
    some = [rows for rows in found if len(rows)]
    log = pd.concat(some, ignore_index=True) if some else pd.DataFrame()
    log = log.reindex(columns=list(LOG_COLUMNS))
    for name, kind in LOG_COLUMNS.items():
        if kind == "str":
            log[name] = log[name].astype(object).where(log[name].notna(), "")
    log = log.astype(LOG_COLUMNS).sort_values("position", kind="stable", ignore_index=True)
    log[["x", "y"]] = log[["x", "y"]].where(np.isfinite(log[["x", "y"]]))
    return log
