"""Single calls into counts by grid, day, hour, category, source and basis: all that is kept of them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.schemas import BASIS, CATEGORY, COUNT, DATE, GRID_ID, HOUR, MOST, SOURCE, TIME
from data.times import AMBIGUOUS, WHY, parse_hours, parse_times
from geo.coverage import has_shape
from geo.crs import require_same_metric_crs
from geo.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Collection

KEYS = (GRID_ID, DATE, HOUR, CATEGORY, SOURCE, BASIS)
# More kinds of calls than any bureau's list holds: a column of free text.
MOST_CATEGORIES = 200
_WAITING_AT_LEAST = 50_000


@dataclass(frozen=True, kw_only=True)
class Left:
    """
    Rows that could not be counted, by reason.

    Parameters
    ----------
    incidents_outside
        In no grid.
    incidents_without_place
        With neither a point nor a grid.
    incidents_grid_unknown
        Of a grid that the district does not have.
    incidents_without_date
        Without a day, or with one that cannot be read.
    dates_ambiguous
        Of a day that can be read in two ways (1/5/2026).
    incidents_without_count
        Of a table of counts, without a whole count from 0.
    """

    incidents_outside: int = 0
    incidents_without_place: int = 0
    incidents_grid_unknown: int = 0
    incidents_without_date: int = 0
    dates_ambiguous: int = 0
    incidents_without_count: int = 0

    def __add__(self, other: Left) -> Left:
        """Return what both batches lost."""
        return Left(
            **{field.name: getattr(self, field.name) + getattr(other, field.name) for field in fields(self)}
        )

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(getattr(self, field.name) for field in fields(self))

    def reasons(self) -> tuple[Reason, ...]:
        """Return a reason for each kind of loss there was."""
        counts = {field.name: getattr(self, field.name) for field in fields(self)}
        return tuple(Reason(code, {"count": count}) for code, count in counts.items() if count)


class GridFinder:
    """
    Grids, prepared for finding which of them holds a point, batch after batch.

    Parameters
    ----------
    grids
        Layer with ``grid_id`` and polygons, in a metric CRS; rows without a shape hold nothing.
    """

    def __init__(self, grids: gpd.GeoDataFrame) -> None:
        drawn = grids[has_shape(grids.geometry)].sort_values(GRID_ID, kind="stable")
        self._frame = grids.geometry.iloc[:0]
        self.ids = frozenset(grids[GRID_ID].astype(str))
        self._id = drawn[GRID_ID].astype(str).to_numpy(dtype=object)
        self._shapes = np.array(drawn.geometry.to_numpy(), dtype=object)
        shapely.prepare(self._shapes)
        self._tree = shapely.STRtree(self._shapes)

    def find(self, points: gpd.GeoSeries) -> pd.Series:
        """
        Return each point's grid, missing where it lies in none or is empty.

        A point on a border counts for the first of its grids in the order of their ids.

        Parameters
        ----------
        points
            Points in the grids' CRS.

        Raises
        ------
        CrsError
            ``crs_missing``, ``crs_not_metric``, ``crs_differ``.
        """
        require_same_metric_crs(grids=self._frame, incidents=points)
        x, y = shapely.get_x(points.to_numpy()), shapely.get_y(points.to_numpy())
        row, grid = self._tree.query(shapely.points(x, y))
        inside = shapely.intersects_xy(self._shapes[grid], x[row], y[row])
        first = np.full(len(points), len(self._id))
        np.minimum.at(first, row[inside], grid[inside])
        ids = np.array([*self._id, None], dtype=object)
        return pd.Series(ids[first], index=points.index, name=GRID_ID, dtype="str")


def counted(
    batch: pd.DataFrame, finder: GridFinder | None = None, *, day_first: bool | None = None
) -> tuple[pd.DataFrame, Left]:
    """
    Return the counts of a batch of calls, and what could not be counted.

    Rows counted and rows left add up to the batch.

    Parameters
    ----------
    batch
        Rows of calls under our names: ``time`` or ``date``, ``hour``, ``category``, ``source``, ``basis``,
        ``count`` (1 each where there is none), ``grid_id``; points, where it is a GeoDataFrame, in the
        finder's CRS. A stated grid comes before a point.
    finder
        The district's grids; without it every stated grid is taken, and no point.
    day_first
        As for `data.times.parse_times`.
    """
    grid, without_place, outside, unknown = _places(batch, finder)
    times = _times(batch, day_first)
    count = _counts(batch)
    left, taken = {}, pd.Series(data=False, index=batch.index)
    for code, mask in (
        ("incidents_without_place", without_place),
        ("incidents_outside", outside),
        ("incidents_grid_unknown", unknown),
        ("dates_ambiguous", times[WHY] == AMBIGUOUS),
        ("incidents_without_date", times[DATE].isna()),
        ("incidents_without_count", count.isna()),
    ):
        # A row that is lost for two reasons counts once, for the first.
        left[code] = int((mask & ~taken).sum())
        taken |= mask
    frame = pd.DataFrame({GRID_ID: grid, DATE: times[DATE]})
    if times[HOUR].notna().any():
        frame[HOUR] = times[HOUR]
    for name in (CATEGORY, SOURCE, BASIS):
        if name in batch:
            text = batch[name].astype("string").str.strip()
            frame[name] = text.mask(text == "").astype("str")
    frame[COUNT] = count
    return tally(frame[~taken]), Left(**left)


def tally(frame: pd.DataFrame) -> pd.DataFrame:
    """
    Return one row for each grid, day, hour, category, source and basis, in their order.

    Parameters
    ----------
    frame
        Rows with ``grid_id`` and ``date``, and ``hour``, ``category``, ``source``, ``basis`` as far as
        known; ``count`` is summed, each row counts 1 where there is none.
    """
    keys = [name for name in KEYS if name in frame]
    rows = frame[keys].copy()
    rows[COUNT] = frame.get(COUNT, 1)
    if HOUR in rows:
        rows[HOUR] = rows[HOUR].astype("Int64")
    summed = rows.groupby(keys, dropna=False, sort=True)[COUNT].sum().reset_index()
    return summed.astype({COUNT: np.int64})


def merge_tallies(*tallies: pd.DataFrame) -> pd.DataFrame:
    """Return the sum of tallies; what only one of them knows stays missing in the others' rows."""
    known = [name for name in (*KEYS, COUNT) if any(name in part for part in tallies)]
    parts = [part.reindex(columns=known) for part in tallies if len(part)]
    return tally(pd.concat(parts, ignore_index=True)) if parts else tallies[0]


class Gathered:
    """Tallies of a long file's batches, summed up now and then: each row is merged a few times only."""

    def __init__(self) -> None:
        self._summed = pd.DataFrame()
        self._waiting: list[pd.DataFrame] = []

    def add(self, tallied: pd.DataFrame) -> None:
        """Take a batch's tally."""
        self._waiting.append(tallied)
        if sum(map(len, self._waiting)) > max(len(self._summed), _WAITING_AT_LEAST):
            self.summed()

    def summed(self) -> pd.DataFrame:
        """Return the sum of all tallies so far."""
        if self._waiting:
            self._summed, self._waiting = merge_tallies(*self._waiting, self._summed), []
        return self._summed


def category_faults(tallied: pd.DataFrame) -> tuple[Reason, ...]:
    """Return ``categories_many`` (column, count, limit) for a column that holds free text, not categories."""
    if CATEGORY not in tallied:
        return ()
    found = int(tallied[CATEGORY].nunique())
    if found <= MOST_CATEGORIES:
        return ()
    return (Reason("categories_many", {"column": CATEGORY, "count": found, "limit": MOST_CATEGORIES}),)


def _places(
    batch: pd.DataFrame, finder: GridFinder | None
) -> tuple[pd.Series, pd.Series, pd.Series, pd.Series]:
    """Return each row's grid, and which rows have no place, lie outside, or name a grid that is unknown."""
    nothing = pd.Series(data=False, index=batch.index)
    stated = pd.Series(pd.NA, index=batch.index, dtype="string")
    if GRID_ID in batch:
        stated = batch[GRID_ID].astype("string").str.strip()
        stated = stated.mask(stated == "")
    known: Collection[str] = finder.ids if finder is not None else stated.dropna().unique()
    unknown = stated.notna() & ~stated.isin(known)
    located = nothing
    found = pd.Series(None, index=batch.index, dtype="str")
    if finder is not None and isinstance(batch, gpd.GeoDataFrame):
        located = _is_somewhere(batch.geometry) & stated.isna()
        found = finder.find(batch.geometry.where(located))
    grid = stated.astype("str").where(stated.notna(), found)
    return grid, stated.isna() & ~located, located & found.isna(), unknown


def _is_somewhere(points: gpd.GeoSeries) -> pd.Series:
    # Points made of missing coordinates are neither null nor empty to GEOS.
    x = shapely.get_x(np.asarray(points.to_numpy(), dtype=object))
    return pd.Series(np.isfinite(x) & has_shape(points), index=points.index)


def _times(batch: pd.DataFrame, day_first: bool | None) -> pd.DataFrame:
    given = next((batch[name] for name in (TIME, DATE) if name in batch), None)
    if given is None:
        given = pd.Series(None, index=batch.index, dtype="str")
    times = parse_times(given, day_first=day_first)
    if HOUR in batch:
        times[HOUR] = parse_hours(batch[HOUR]).fillna(times[HOUR])
    return times


def _counts(batch: pd.DataFrame) -> pd.Series:
    if COUNT not in batch:
        return pd.Series(1, index=batch.index, dtype="Int64")
    numbers = pd.to_numeric(batch[COUNT], errors="coerce").astype("Float64")
    whole = (numbers >= 0) & (numbers <= MOST) & (numbers % 1 == 0)
    return numbers.where(whole.fillna(False)).astype("Int64")
