"""When and where calls come: hours by weekdays (时段 × 星期), place by place."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from data.schemas import (
    BASIS,
    CATEGORY,
    COUNT,
    DATE,
    GRID_ID,
    HOUR,
    PATROL,
    SOURCE,
    STATION_ID,
    VILLAGE_ID,
)
from geo.errors import Reason, SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    Tables = Mapping[str, pd.DataFrame]

DISTRICT, STATION, ZONE, VILLAGE, GRID = BYS = ("district", "station", "zone", "village", "grid")
_HOURS, _WEEKDAYS = 24, 7
# False alarms say nothing of a place.
_INVALID = "invalid"
_WEEKS_SHOWN = 52
_HOT_SPOT = "hot_spot"
_SHOULD = 2


@dataclass(frozen=True, kw_only=True)
class HeatParams:
    """
    What a heat table is made of.

    Parameters
    ----------
    by
        What places are: one of `BYS`.
    first_day, last_day
        ISO dates, both counted; by default the last 52 weeks of which there are calls.
    categories
        Kinds of calls that count; all by default.
    least_calls
        A cell with fewer calls is thin: its rate is hardly known.
    """

    by: str = STATION
    first_day: str | None = None
    last_day: str | None = None
    categories: tuple[str, ...] | None = None
    least_calls: int = 5

    def __post_init__(self) -> None:
        """Check the choice, the days and the number."""
        if self.by not in BYS:
            raise SettingError("setting_wrong", name="by", found=self.by, allowed=", ".join(BYS))
        for name in ("first_day", "last_day"):
            if (text := getattr(self, name)) is not None:
                _day(name, text)
        if self.first_day and self.last_day and self.first_day > self.last_day:
            raise SettingError("period_backwards", first=self.first_day, last=self.last_day)
        if self.least_calls < 0:
            raise SettingError("setting_wrong", name="least_calls", found=self.least_calls, allowed=">= 0")


@dataclass(frozen=True, kw_only=True)
class Heat:
    """
    How many calls come when, place by place.

    Parameters
    ----------
    by
        What places are.
    first_day, last_day
        The period.
    days
        How many days of each weekday it has, Monday first.
    least_calls
        A cell with fewer calls is thin.
    cells
        place, weekday (1 Monday … 7), hour, calls, per_week (calls in that hour of such a day), thin: a row
        for each hour of each weekday of each place that has a call.
    notes
        What was left out.
    """

    by: str
    first_day: str
    last_day: str
    days: tuple[int, ...]
    least_calls: int
    cells: pd.DataFrame
    notes: tuple[Reason, ...]

    @property
    def weeks(self) -> float:
        """How many weeks the period has."""
        return sum(self.days) / _WEEKDAYS

    @property
    def places(self) -> list[str]:
        """The places, the one with the most calls first."""
        calls = self.cells.groupby("place")["calls"].sum()
        return [str(place) for place in calls.sort_values(ascending=False, kind="stable").index]

    def table(self, place: str | None = None, *, value: str = "per_week") -> pd.DataFrame:
        """
        Return hours by weekdays, 24 rows and 7 columns.

        Parameters
        ----------
        place
            One of `places`; all together by default.
        value
            ``per_week``, ``calls`` or ``thin``.
        """
        cells = self.cells if place is None else self.cells[self.cells["place"] == place]
        calls = cells.pivot_table(index="hour", columns="weekday", values="calls", aggfunc="sum")
        calls = calls.reindex(index=range(_HOURS), columns=range(1, _WEEKDAYS + 1)).fillna(0.0)
        if value == "calls":
            return calls
        if value == "thin":
            return calls < self.least_calls
        return calls.div([max(days, 1) for days in self.days], axis=1)


def heat_table(
    tables: Tables, params: HeatParams | None = None, *, assignment: pd.Series | None = None
) -> Heat:
    """
    Return how many reported calls come in which hour of which weekday, place by place.

    What patrols found themselves never counts: it would send them where they already are. Nor do false
    alarms.

    Parameters
    ----------
    tables
        incidents, grids, and villages where places are stations and grids do not say theirs.
    assignment
        zone_id by grid_id of a plan, where places are zones.

    Raises
    ------
    SettingError
        ``heat_needs_plan`` for zones without an assignment.
    """
    params = params or HeatParams()
    if params.by == ZONE and assignment is None:
        raise SettingError("heat_needs_plan")
    notes: list[Reason] = []
    calls = _reported(tables.get("incidents"), params, notes)
    first, last = _period(calls, params)
    calls = calls[(calls["day"] >= pd.Timestamp(first)) & (calls["day"] <= pd.Timestamp(last))]
    if calls.empty:
        notes.append(Reason("heat_without_calls", {"first": first, "last": last}))
    if lost := float(calls.loc[calls[HOUR].isna(), COUNT].sum()):
        notes.append(Reason("calls_without_hour", {"count": round(lost)}))
    calls = calls[calls[HOUR].notna()]
    place = _places(tables, calls[GRID_ID], params.by, assignment)
    if lost := float(calls.loc[place == "", COUNT].sum()):
        notes.append(Reason("calls_without_place", {"count": round(lost)}))
    calls = calls.assign(place=place)[place != ""]
    days = _weekdays(first, last)
    if any(days) and sum(days) < _WEEKDAYS:
        notes.append(Reason("period_short", {"days": sum(days)}))
    return Heat(
        by=params.by,
        first_day=first,
        last_day=last,
        days=days,
        least_calls=params.least_calls,
        cells=_cells(calls, days, params.least_calls),
        notes=tuple(notes),
    )


def _reported(incidents: pd.DataFrame | None, params: HeatParams, notes: list[Reason]) -> pd.DataFrame:
    """Return grid_id, day, hour (missing where not known) and count of the calls that count."""
    if incidents is None or incidents.empty:
        return pd.DataFrame(
            {
                GRID_ID: pd.Series(dtype=object),
                "day": pd.Series(dtype="datetime64[ns]"),
                HOUR: pd.Series(dtype=float),
                COUNT: pd.Series(dtype=float),
            }
        )
    kept = pd.Series(data=True, index=incidents.index)
    if SOURCE in incidents:
        kept &= incidents[SOURCE].fillna("") != PATROL
    else:
        notes.append(Reason("calls_without_source", {}))
    if BASIS in incidents:
        kept &= incidents[BASIS].fillna("") != _INVALID
    if params.categories is not None:
        named = incidents[CATEGORY] if CATEGORY in incidents else pd.Series(None, index=incidents.index)
        kept &= named.isin(params.categories)
    rows = incidents[kept]
    hours = rows[HOUR] if HOUR in rows else pd.Series(math.nan, index=rows.index)
    return pd.DataFrame(
        {
            GRID_ID: rows[GRID_ID].astype(object),
            "day": pd.to_datetime(rows[DATE], format="ISO8601", errors="coerce"),
            HOUR: pd.to_numeric(hours, errors="coerce").astype(float),
            COUNT: pd.to_numeric(rows[COUNT], errors="coerce").fillna(0.0).astype(float),
        }
    )


def _period(calls: pd.DataFrame, params: HeatParams) -> tuple[str, str]:
    """Return the period as asked, else the last year of weeks that has calls."""
    today = dt.date.today().isoformat() if calls.empty else f"{calls['day'].max():%Y-%m-%d}"
    last = params.last_day or max(today, params.first_day or "")
    if params.first_day:
        return params.first_day, last
    begin = _day("last_day", last) - dt.timedelta(days=_WEEKS_SHOWN * _WEEKDAYS - 1)
    known = begin if calls.empty else max(begin, calls["day"].min().date())
    return min(known.isoformat(), last), last


def _weekdays(first: str, last: str) -> tuple[int, ...]:
    """Return how many Mondays … Sundays a period has."""
    begin, length = _day("first_day", first), (_day("last_day", last) - _day("first_day", first)).days + 1
    whole, rest = divmod(max(length, 0), _WEEKDAYS)
    extra = {(begin.weekday() + day) % _WEEKDAYS for day in range(rest)}
    return tuple(whole + (weekday in extra) for weekday in range(_WEEKDAYS))


def _day(name: str, text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise SettingError("setting_wrong", name=name, found=text, allowed="2026-10-31") from None


def _places(tables: Tables, grids: pd.Series, by: str, assignment: pd.Series | None) -> pd.Series:
    """Return the place of each call's grid; "" where it is not known."""
    if by == DISTRICT:
        return pd.Series(DISTRICT, index=grids.index, dtype=object)
    if by == GRID:
        return grids.fillna("")
    if by == ZONE and assignment is not None:
        return grids.map(assignment.to_dict()).fillna("").astype(object)
    table = tables.get("grids")
    known: dict[Any, Any] = {}
    if table is not None:
        rows = table.drop_duplicates(GRID_ID).set_index(GRID_ID)
        column = VILLAGE_ID if by == VILLAGE else STATION_ID
        if column in rows:
            known = rows[column].dropna().to_dict()
        elif VILLAGE_ID in rows and (villages := tables.get("villages")) is not None and column in villages:
            of_village = villages.drop_duplicates(VILLAGE_ID).set_index(VILLAGE_ID)[column].dropna().to_dict()
            known = rows[VILLAGE_ID].map(of_village).dropna().to_dict()
    return pd.Series([known.get(grid, "") for grid in grids], index=grids.index, dtype=object)


def _cells(calls: pd.DataFrame, days: tuple[int, ...], least: int) -> pd.DataFrame:
    keyed = pd.DataFrame(
        {
            "place": calls["place"],
            "weekday": calls["day"].dt.day_of_week + 1,
            "hour": calls[HOUR].astype("int64"),
            "calls": calls[COUNT],
        }
    )
    cells = keyed.groupby(["place", "weekday", "hour"], as_index=False)["calls"].sum()
    per_day = cells["weekday"].map({weekday + 1: max(count, 1) for weekday, count in enumerate(days)})
    told: pd.DataFrame = cells.assign(
        per_week=cells["calls"] / per_day.astype(float), thin=cells["calls"] < least
    )
    return told
