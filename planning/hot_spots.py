"""Stops proposed for places and hours that are hot and thinly covered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.clock import MS_PER_HOUR, windows_ms, windows_text
from data.schemas import (
    DWELL_MIN,
    FORCE,
    GRID_ID,
    KIND,
    NAME,
    PRIORITY,
    STOP_ID,
    TABLES,
    VILLAGE_ID,
    WINDOWS,
)
from geo.coverage import has_shape
from geo.errors import Reason, SettingError
from planning.heat import GRID, VILLAGE, HeatParams, heat_table
from planning.patrol.duty import ROUTINE, DutySettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from planning.heat import Heat

    Tables = Mapping[str, pd.DataFrame]
    Floats = npt.NDArray[np.float64]

_HOURS = 24
_HOT_SPOT = "hot_spot"
_LAYERS = {GRID: ("grids", GRID_ID), VILLAGE: ("villages", VILLAGE_ID)}
_WHY = ("place", "hours", "calls", "per_week", "visits", "per_visit")
_SHOULD = 2
# From this share of the hottest part of the day the one beside it is hot too.
_NEARLY = 0.8


@dataclass(frozen=True, kw_only=True)
class HotSpots:
    """
    Places and hours that are hot and thinly covered.

    Parameters
    ----------
    stops
        Rows for the table `stops` (without ids): kind ``hot_spot``, a window of the hot hours.
    why
        A row a stop, in the same order: place, hours (``21:00-24:00``), calls (in the period), per_week
        (smoothed), visits (a week, by the stops that there are), per_visit (calls a week for each visit, the
        proposed one among them).
    notes
        What was left out; ``hot_spots_need_shapes`` where no place has a shape.
    """

    stops: gpd.GeoDataFrame
    why: pd.DataFrame
    notes: tuple[Reason, ...]


def hot_spots(
    tables: Tables,
    params: HeatParams | None = None,
    *,
    count: int = 20,
    slot_hours: int = 3,
    force: str | None = None,
    duty: str = ROUTINE,
    settings: DutySettings | None = None,
) -> HotSpots:
    """
    Propose stops where many calls come and few visits are made.

    Calls are counted by grid (or village) and part of the day, and smoothed: a cell's rate is drawn towards
    what the place and the hour usually have, the more the fewer its calls (Clayton & Kaldor 1987,
    Biometrics 43: 671). A stop is open in the hottest part of the day of its place, and in the one beside it
    where that is nearly as hot.

    Parameters
    ----------
    tables
        incidents, grids, and stops where there are any.
    params
        By ``village`` stops are proposed by village, else by grid, or village where grids have no shapes.
    count
        How many stops to propose at most.
    slot_hours
        Length of the parts of the day; a divisor of 24.
    force
        Whose visits count, and whose stops they are to be; None for both.
    duty, settings
        How often the stops that there are are visited.

    Raises
    ------
    SettingError
        ``setting_wrong``.
    """
    params = params or HeatParams()
    by = _finest(tables, params.by)
    if slot_hours < 1 or _HOURS % slot_hours:
        raise SettingError(
            "setting_wrong", name="slot_hours", found=slot_hours, allowed="1, 2, 3, 4, 6, 8, 12"
        )
    if by is None:
        return _no_hot_spots(tables)
    shapes = _shapes(tables, by)
    heat = heat_table(tables, HeatParams(**{**vars(params), "by": by}))
    calls = _slots(heat, shapes.index, slot_hours)
    rate = smoothed(calls) / max(heat.weeks, 1e-9)
    level = (settings or DutySettings()).level(duty)
    visits = _visits(tables, shapes, slot_hours, force, level.visits_a_week)
    per_visit = rate / (1.0 + visits)
    need = np.where(calls > 0, per_visit, 0.0)
    rows = [row for row in np.argsort(-need.max(axis=1), kind="stable").tolist() if need[row].max() > 0]
    why = pd.DataFrame(
        [
            {
                "place": str(shapes.index[row]),
                "hours": _window_text(slots, slot_hours),
                "calls": int(calls[row, slots].sum()),
                "per_week": float(rate[row, slots].sum()),
                "visits": float(visits[row, slots].sum()),
                "per_visit": float(need[row].max()),
            }
            for row in rows[: max(count, 0)]
            if (slots := _hottest(need[row]))
        ],
        columns=[*_WHY],
    )
    return HotSpots(stops=_as_stops(why, shapes, force), why=why, notes=heat.notes)


def smoothed(counts: Floats) -> Floats:
    """
    Return counts drawn towards what their row and their column have, the more the smaller they are.

    With e what row and column alone would give, and a the precision of the ratios about it (by moments),
    the result is e (c + a) / (e + a); where counts differ no more than by chance it is e.
    """
    total = counts.sum()
    if total <= 0:
        return np.zeros_like(counts)
    expected: Floats = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / total
    known = expected > 0
    spread = float(((counts - expected)[known] ** 2 - expected[known]).sum() / (expected[known] ** 2).sum())
    if spread <= 0:
        return expected
    precision = 1.0 / spread
    drawn: Floats = np.where(known, expected * (counts + precision) / (expected + precision), 0.0)
    return drawn


def _slots(heat: Heat, places: pd.Index, hours: int) -> Floats:
    """Return the calls of each place in each part of the day."""
    row = places.get_indexer(pd.Index(heat.cells["place"]))
    slot = (heat.cells["hour"] // hours).to_numpy(dtype=np.int64)
    counts = np.zeros((len(places), _HOURS // hours))
    known = row >= 0
    np.add.at(counts, (row[known], slot[known]), heat.cells["calls"].to_numpy(dtype=float)[known])
    return counts


def _finest(tables: Tables, by: str) -> str | None:
    """Return what hot places are: grids, unless villages are asked for or alone have shapes."""
    for place in (VILLAGE, GRID) if by == VILLAGE else (GRID, VILLAGE):
        layer = tables.get(_LAYERS[place][0])
        if isinstance(layer, gpd.GeoDataFrame) and has_shape(layer.geometry).any():
            return place
    return None


def _no_hot_spots(tables: Tables) -> HotSpots:
    empty = gpd.GeoDataFrame({VILLAGE_ID: [], NAME: []}, geometry=[])
    why = pd.DataFrame(columns=[*_WHY])
    notes = (Reason("hot_spots_need_shapes", {"layer": "grids"}),)
    return HotSpots(stops=_as_stops(why, empty, None), why=why, notes=notes)


def _shapes(tables: Tables, by: str) -> gpd.GeoDataFrame:
    """Return name, village_id and shape of each place that has one, by its id."""
    table, key = _LAYERS[by]
    layer = tables[table]
    rows = layer[has_shape(layer.geometry)].drop_duplicates(key).set_index(key, drop=False)
    blank = pd.Series(None, index=rows.index, dtype=object)
    frame = {NAME: rows.get(NAME, blank), VILLAGE_ID: rows.get(VILLAGE_ID, blank)}
    return gpd.GeoDataFrame(frame, geometry=rows.geometry, crs=layer.crs)


def _visits(
    tables: Tables,
    shapes: gpd.GeoDataFrame,
    hours: int,
    force: str | None,
    per_week: Mapping[str, Mapping[str, float]],
) -> Floats:
    """Return the visits a week that stops bring to each place in each part of the day."""
    found = np.zeros((len(shapes), _HOURS // hours))
    stops = tables.get("stops")
    if not isinstance(stops, gpd.GeoDataFrame) or stops.empty:
        return found
    stops = stops[has_shape(stops.geometry)]
    if force is not None and FORCE in stops:
        stops = stops[stops[FORCE].fillna(force) == force]
    tree = shapely.STRtree(shapes.geometry.to_numpy())
    stop, place = tree.query(stops.geometry.to_numpy(), predicate="intersects")
    for one, at in zip(stop.tolist(), place.tolist(), strict=True):
        row = stops.iloc[one]
        forces = [force] if force else [row[FORCE]] if isinstance(row.get(FORCE), str) else list(per_week)
        week = sum(per_week[each].get(str(row.get(KIND)), 0.0) for each in forces)
        found[at] += week * _shares(row.get(WINDOWS), hours)
    return found


def _shares(windows: object, hours: int) -> Floats:
    """Return the share of a visit that falls into each part of the day, by the length of its windows."""
    length = hours * MS_PER_HOUR
    minutes = np.zeros(_HOURS // hours)
    for opens, closes in (windows_ms(windows) if isinstance(windows, str) else None) or (
        (0, 24 * MS_PER_HOUR),
    ):
        for slot in range(opens // length, -(-closes // length)):
            low, high = max(opens, slot * length), min(closes, (slot + 1) * length)
            minutes[slot % len(minutes)] += high - low
    return np.asarray(minutes / minutes.sum())


def _hottest(need: Floats) -> list[int]:
    """Return the part of the day that needs a visit most, with its neighbour where that is nearly as hot."""
    best = int(need.argmax())
    beside = [slot for slot in (best - 1, best + 1) if 0 <= slot < len(need)]
    nearly = [slot for slot in beside if need[slot] >= _NEARLY * need[best]]
    return sorted([best, max(nearly, key=lambda slot: need[slot])]) if nearly else [best]


def _window_text(slots: list[int], hours: int) -> str:
    return windows_text(((slots[0] * hours * MS_PER_HOUR, (slots[-1] + 1) * hours * MS_PER_HOUR),))


def _as_stops(why: pd.DataFrame, shapes: gpd.GeoDataFrame, force: str | None) -> gpd.GeoDataFrame:
    places = shapes.loc[why["place"]]
    columns = {name: pd.Series(None, index=why.index, dtype=object) for name in TABLES["stops"].columns}
    del columns[STOP_ID]
    names = places[NAME].where(places[NAME].notna(), places.index.to_series())
    columns[NAME] = pd.Series(names.to_numpy(), index=why.index)
    columns[KIND] = pd.Series(_HOT_SPOT, index=why.index)
    columns[VILLAGE_ID] = pd.Series(places[VILLAGE_ID].to_numpy(), index=why.index)
    columns[FORCE] = pd.Series(force, index=why.index, dtype=object)
    columns[DWELL_MIN] = pd.Series(15.0, index=why.index)
    columns[WINDOWS] = why["hours"]
    columns[PRIORITY] = pd.Series(_SHOULD, index=why.index)
    points = places.geometry.representative_point()
    return gpd.GeoDataFrame(columns, geometry=points.to_numpy(), crs=shapes.crs)
