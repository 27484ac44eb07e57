"""
How well a new layer fits what is loaded, read as it stands or as GCJ-02 or BD-09.

No file declares the shifts of Chinese map services, but they show against a layer known to be right:
borders that should meet miss each other by some 500 m. Each polygon of the finer layer is compared with
its best partner in the coarser one, under each reading, and under the opposite shift as a control.

- Where both are drawings of the same thing (they overlap by 0.8 under some reading), by intersection
  over union. Old or simplified drawings never reach 1, so what counts is the slope: put right, the fit
  rises about as much as the opposite shift lowers it.
- Otherwise by the share inside the partner, everything outside the coarser layer being one partner
  too. A layer that nests comes out near 1 when put right. Tessellations that do not nest fit about
  equally badly under all readings, so the misfit must at least halve, clearly beyond chance.

Polygons that lie inside one partner under all readings say nothing and are not counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Geod

from geo.coverage import has_shape
from geo.crs import LONLAT, choose_metric_crs, require_metric, to_lonlat, to_metric
from geo.errors import CrsError
from geo.gcj02 import SYSTEMS, from_wgs84, to_wgs84
from geo.overlay import overlap_areas

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

__all__ = ["RAW", "distance_apart_m", "point_fits", "reading_fits", "suggested_system"]

Floats: TypeAlias = NDArray[np.float64]
Shapes: TypeAlias = NDArray[np.object_]

RAW = "raw"
SAME, NESTED, POINTS, NOTHING = "same", "nested", "points", "nothing"

_POLYGONS, _POINT = (3, 6), 0
_EARTH = Geod(ellps="WGS84")
_LOOKED_AT = 4  # times as many polygons are looked at as are counted
_SAME_IOU = 0.8
_TINY = 1e-6  # of a polygon's area: what rounding cuts off
# The rule of `suggested_system`; how it was measured is in tests/geo/test_fit.py.
_LEAST_GAIN, _SLOPE = 0.01, 0.4
# Only the few points near the district's edge tell anything, but there are thousands of points.
_LEAST_GAIN_OF_POINTS = 0.002
_MOST_MISFIT_KEPT, _STANDARD_ERRORS, _LEAST_COUNTED = 0.5, 3.5, 8


def reading_fits(
    layer: gpd.GeoSeries, loaded: gpd.GeoSeries, *, max_features: int = 400, seed: int = 0
) -> pd.DataFrame:
    """
    Return how well a layer fits what is loaded under each reading of its coordinates.

    Parameters
    ----------
    layer
        New polygons or points as they stand in the file, in any CRS; other kinds fit nothing.
    loaded
        Polygons known to be right, in any CRS.
    max_features
        Polygons or points that are counted at most, drawn at random.
    seed
        Of the draw.

    Returns
    -------
    pd.DataFrame
        One row per reading, ``raw`` first: system; fit (0 to 1, NaN if the two lie apart);
        fit_opposite (the same shift the wrong way, NaN for ``raw``); gain_se (standard error of the gain
        over ``raw``); kind (``same``, ``nested``, ``points`` or ``nothing``); counted (features).

    Raises
    ------
    CrsError
        If a CRS is missing or refused.
    """
    crs = _metric_crs(loaded)
    held = np.asarray(_usable(to_metric(loaded, crs), _POLYGONS).array, dtype=object)
    new = np.asarray(to_lonlat(_usable(layer, (*_POLYGONS, _POINT))).array, dtype=object)
    if not len(new) or not len(held):
        return _fits({}, NOTHING)
    points = shapely.get_type_id(new) == _POINT
    if points.mean() <= 0.5:
        return _polygon_fits(new[~points], held, crs, max_features, seed)
    drawn = new[points][_draw(int(points.sum()), _LOOKED_AT * max_features, seed)]
    values = {name: _inside_any(read, held) for name, read in _readings(drawn, crs).items()}
    met = any(inside.any() for inside in values.values())
    return _fits(values if met else {}, POINTS if met else NOTHING)


def point_fits(
    points: gpd.GeoSeries,
    own: pd.Series,
    partners: gpd.GeoSeries,
    *,
    max_features: int = 4_000,
    seed: int = 0,
) -> pd.DataFrame:
    """
    Return which share of points lies in the polygon each says it belongs to, under each reading.

    Parameters
    ----------
    points
        Points as they stand in the file, in any CRS.
    own
        Label of each point's polygon, indexed as `points`; points without one, or with one that
        `partners` does not have, are not counted.
    partners
        Polygons known to be right, by unique label, in any CRS.
    max_features, seed
        As in `reading_fits`.

    Returns
    -------
    pd.DataFrame
        As `reading_fits`, kind ``points``.

    Raises
    ------
    CrsError
        If a CRS is missing or refused.
    """
    crs = _metric_crs(partners)
    held = to_metric(partners, crs)
    position = held.index.get_indexer(pd.Index(own.reindex(points.index)))
    usable = (position >= 0) & points.index.isin(_usable(points, (_POINT,)).index)
    if not usable.any():
        return _fits({}, NOTHING)
    chosen = np.flatnonzero(usable)[_draw(int(usable.sum()), max_features, seed)]
    shapes = np.asarray(to_lonlat(points.iloc[chosen]).array, dtype=object)
    homes = np.asarray(held.array, dtype=object)[position[chosen]]
    shapely.prepare(homes)
    return _fits(
        {
            name: shapely.intersects(homes, read).astype(float)
            for name, read in _readings(shapes, crs).items()
        },
        POINTS,
    )


def suggested_system(fits: pd.DataFrame) -> str | None:
    """
    Return the system that a layer's coordinates seem to be in, or None if they are best left alone.

    Parameters
    ----------
    fits
        From `reading_fits` or `point_fits`.
    """
    read = {str(row["system"]): row for row in fits.to_dict("records")}
    likely = [system for system in SYSTEMS if _is_clear(read[system], read[RAW])]
    return max(likely, key=lambda system: float(read[system]["fit"]), default=None)


def distance_apart_m(layer: gpd.GeoSeries, loaded: gpd.GeoSeries) -> float:
    """
    Return how far a new layer lies from what is loaded, in metres: 0 if they touch, NaN if one is empty.

    Parameters
    ----------
    layer, loaded
        Shapes in any CRS. Beyond a few kilometres the distance is that of their bounding boxes.

    Raises
    ------
    CrsError
        If a CRS is missing or refused.
    """
    ours, theirs = to_lonlat(layer[has_shape(layer)]), to_lonlat(loaded[has_shape(loaded)])
    if not len(ours) or not len(theirs):
        return float("nan")
    between_boxes = _box_distance_m(ours.total_bounds, theirs.total_bounds)
    if between_boxes > 5_000.0:
        return between_boxes
    crs = _metric_crs(loaded)
    tree = shapely.STRtree(np.asarray(to_metric(loaded, crs).array, dtype=object))
    near = np.asarray(to_metric(layer[has_shape(layer)], crs).array, dtype=object)
    apart = tree.query_nearest(near, return_distance=True, all_matches=False)[1]
    return float(apart.min())


def _is_clear(read: Mapping[Hashable, Any], raw: Mapping[Hashable, Any]) -> bool:
    gain = read["fit"] - raw["fit"]
    if not gain > 0:  # nor if there is no fit at all
        return False
    if read["kind"] == SAME:
        return bool(gain >= max(_LEAST_GAIN, _SLOPE * (raw["fit"] - read["fit_opposite"])))
    return bool(
        read["counted"] >= _LEAST_COUNTED
        and gain >= (_LEAST_GAIN_OF_POINTS if read["kind"] == POINTS else _LEAST_GAIN)
        and 1 - read["fit"] <= _MOST_MISFIT_KEPT * (1 - raw["fit"])
        and gain >= _STANDARD_ERRORS * read["gain_se"]
    )


def _polygon_fits(shapes: Shapes, held: Shapes, crs: CRS, max_features: int, seed: int) -> pd.DataFrame:
    """Return the fits of polygons, `shapes` in lon/lat and `held` in metric `crs`."""
    finer = np.median(shapely.area(_projected(shapes, crs))) <= np.median(shapely.area(held))
    shapes = shapes[_draw(len(shapes), _LOOKED_AT * max_features, seed)]
    readings = _readings(shapes, crs)
    inside, iou = _measured({name: (read, held) for name, read in readings.items()}, crs)
    fits = _fits_of_told(inside, iou, max_features, seed)
    if finer or (fits["kind"] == SAME).all():
        return fits
    held = held[_draw(len(held), _LOOKED_AT * max_features, seed)]
    inside, iou = _measured({name: (held, read) for name, read in readings.items()}, crs)
    return _fits_of_told(inside, iou, max_features, seed)


def _fits_of_told(
    inside: dict[str, Floats], iou: dict[str, Floats], max_features: int, seed: int
) -> pd.DataFrame:
    """Return the fits, of the polygons that tell the readings apart."""
    told = np.flatnonzero((np.stack(list(inside.values())) < 1 - _TINY).any(axis=0))
    told = told[_draw(len(told), max_features, seed)]
    if not len(told):
        met = any((values > 0).any() for values in iou.values())
        return _fits({name: np.ones(0) for name in inside} if met else {}, NESTED if met else NOTHING)
    same = np.stack(list(iou.values())).max(axis=0)[told] >= _SAME_IOU
    values = {name: np.where(same, iou[name][told], inside[name][told]) for name in inside}
    return _fits(values, SAME if same.mean() > 0.5 else NESTED)


def _measured(
    pairs: dict[str, tuple[Shapes, Shapes]], crs: CRS
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    both = {name: _with_best_partner(fine, coarse, crs) for name, (fine, coarse) in pairs.items()}
    return {name: pair[0] for name, pair in both.items()}, {name: pair[1] for name, pair in both.items()}


def _with_best_partner(fine: Shapes, coarse: Shapes, crs: CRS) -> tuple[Floats, Floats]:
    """Return the share of each fine polygon inside its best partner, and their intersection over union."""
    pairs = overlap_areas(gpd.GeoSeries(fine, crs=crs), gpd.GeoSeries(coarse, crs=crs))
    area, area_of_partner = shapely.area(fine), shapely.area(coarse)
    best = pairs.sort_values(["left", "area_m2"]).drop_duplicates("left", keep="last")
    left, right = best["left"].to_numpy(np.int64), best["right"].to_numpy(np.int64)
    most, total = np.zeros(len(fine)), np.zeros(len(fine))
    most[left] = best["area_m2"]
    np.add.at(total, pairs["left"].to_numpy(np.int64), pairs["area_m2"].to_numpy())
    iou = np.zeros(len(fine))
    iou[left] = most[left] / (area[left] + area_of_partner[right] - most[left])
    # What lies mostly outside the coarser layer belongs there: next to it is no misfit.
    inside = np.maximum(most, area - total) / area
    return np.clip(inside, 0, 1), np.clip(iou, 0, 1)


def _fits(values: dict[str, Floats], kind: str) -> pd.DataFrame:
    """Return the table of `reading_fits` from each feature's fit under each reading."""
    counted = len(values.get(RAW, ()))
    rows = []
    for system in (RAW, *SYSTEMS):
        row: dict[str, object] = {"system": system, "fit": _mean(values, system)}
        row["fit_opposite"] = _mean(values, f"-{system}")
        gain = values[system] - values[RAW] if counted > 1 else np.zeros(0)
        row["gain_se"] = float(gain.std(ddof=1) / np.sqrt(counted)) if counted > 1 else np.nan
        rows.append({**row, "kind": kind, "counted": counted})
    return pd.DataFrame(rows)


def _mean(values: dict[str, Floats], name: str) -> float:
    if name not in values:
        return float("nan")
    return float(values[name].mean()) if len(values[name]) else 1.0


def _readings(lonlat: Shapes, crs: CRS) -> dict[str, Shapes]:
    """Return the shapes in metric `crs` under each reading: raw, put right, and (``-``) put more wrong."""
    read = {RAW: lonlat}
    for system in SYSTEMS:
        read[system] = shapely.transform(lonlat, _move(to_wgs84, system))
        read[f"-{system}"] = shapely.transform(lonlat, _move(from_wgs84, system))
    return {name: _projected(shapes, crs) for name, shapes in read.items()}


def _move(convert: Callable[..., tuple[Floats, Floats]], system: str) -> Callable[[Floats], Floats]:
    return lambda xy: np.column_stack(convert(xy[:, 0], xy[:, 1], system=system))


def _projected(lonlat: Shapes, crs: CRS) -> Shapes:
    return np.asarray(to_metric(gpd.GeoSeries(lonlat, crs=LONLAT), crs).array, dtype=object)


def _inside_any(points: Shapes, partners: Shapes) -> Floats:
    inside = np.zeros(len(points))
    inside[np.unique(shapely.STRtree(partners).query(points, predicate="intersects")[0])] = 1.0
    return inside


def _metric_crs(layer: gpd.GeoSeries) -> CRS:
    """Return the layer's own CRS if it is metric, else the one that suits its place."""
    try:
        require_metric(layer.crs, layer="loaded")
    except CrsError:
        return choose_metric_crs(layer)
    return CRS.from_user_input(layer.crs)


def _usable(layer: gpd.GeoSeries, kinds: tuple[int, ...]) -> gpd.GeoSeries:
    """Return the shapes of these kinds whose coordinates are all finite."""
    shapes = np.asarray(layer.array, dtype=object)
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    finite = np.ones(len(shapes), dtype=bool)
    finite[owner[~np.isfinite(xy).all(axis=1)]] = False
    return layer[has_shape(layer) & finite & np.isin(shapely.get_type_id(shapes), kinds)]


def _draw(count: int, at_most: int, seed: int) -> NDArray[np.int64]:
    """Return positions of at most `at_most` things, in order, drawn evenly at random."""
    if count <= at_most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, at_most, replace=False))


def _box_distance_m(ours: Floats, theirs: Floats) -> float:
    """Return the distance of two boxes in lon/lat, measured between their nearest corners or sides."""
    east = max(theirs[0] - ours[2], ours[0] - theirs[2], 0.0)
    north = max(theirs[1] - ours[3], ours[1] - theirs[3], 0.0)
    if east == 0 and north == 0:
        return 0.0
    lat = float(np.clip((ours[1] + ours[3]) / 2, theirs[1], theirs[3]))
    return float(_EARTH.inv(0.0, np.clip(lat, -89, 89), east, np.clip(lat + north, -89, 89))[2])
