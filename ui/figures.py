"""The figures of the overview, from whatever tables there are; what is missing is None, never zero."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from data.schemas import (
    BASIS,
    COMMUNITY,
    COUNT,
    DATE,
    EXPOSURE,
    FLOATING,
    GRID_ID,
    HOUR,
    INDICATOR,
    KIND,
    NAME,
    PERIOD_END,
    PLACE_ID,
    REPORTED,
    RESIDENTS,
    ROLE,
    SOURCE,
    STATION_ID,
    TOWN_ID,
    VALUE,
    VILLAGE_ID,
    ZONE_ID,
)
from data.synonyms import VALUE_SYNONYMS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    import geopandas as gpd

# Posts that are not a village's own: 企业, 园区, 高校, 景区.
SPECIAL_POST = "special"
POST_KINDS = ("police_room", "workstation", SPECIAL_POST)
_BUSIEST = 3
_LEVELS = {"villages": VILLAGE_ID, "zones": ZONE_ID, "stations": STATION_ID}
# 有效, 非警务, 无效: together they are the calls received (接报).
_PARTS = ("valid", "non_police", "invalid")


@dataclass(frozen=True, kw_only=True)
class Incidents:
    """
    Calls of one full month, reported by the public alone.

    Parameters
    ----------
    month
        First day of the month.
    total, last_month, last_year
        Calls then, in the month before, in the same month a year before; None where not covered.
    towns
        Busiest towns with their calls.
    hours
        Calls by hour of day, 24 of them; empty where hours are not known.
    source_known, basis
        Whether reported calls could be told from patrol finds; the 统计口径 that was counted, if only one.
    parts
        Calls by 统计口径 (有效, 非警务, 无效) where they divide the total.
    """

    month: dt.date
    total: int
    last_month: int | None
    last_year: int | None
    towns: tuple[tuple[str, int], ...] = ()
    hours: tuple[int, ...] = ()
    source_known: bool = True
    basis: str | None = None
    parts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What the overview shows; None where the table for it is missing."""

    rows: Mapping[str, int]
    villages: int | None = None
    communities: int | None = None
    villages_with_post: int | None = None
    posts: Mapping[str, int] = field(default_factory=dict)
    residents: int | None = None
    floating: int | None = None
    # Level (villages, zones, stations) → role → people; levels hold one another and are never added up.
    staff: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    area_m2: float | None = None
    roads_m: float | None = None
    facilities: Mapping[str, int] = field(default_factory=dict)
    areas: Mapping[str, int] = field(default_factory=dict)
    key_units: int | None = None
    # Indicator → sum of values and of exposures over all villages, in the latest period.
    indicators: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    indicators_until: str | None = None

    @property
    def own_posts(self) -> int:
        """Posts in villages and communities."""
        return sum(count for kind, count in self.posts.items() if kind != SPECIAL_POST)

    @property
    def special_posts(self) -> int:
        """Posts in businesses, parks, universities, sights."""
        return self.posts.get(SPECIAL_POST, 0)


def district_figures(tables: Mapping[str, Any], *, rows: Mapping[str, int] | None = None) -> Figures:
    """Return the overview's figures from the district's tables; each of them may be missing or empty."""
    villages, grids = _filled(tables, "villages"), _filled(tables, "grids")
    latest, until = _latest_indicators(_filled(tables, "indicators"))
    return Figures(
        rows=rows or {name: len(frame) for name, frame in tables.items() if frame is not None},
        villages=None if villages is None else int((_kinds(villages) != COMMUNITY).sum()),
        communities=None if villages is None else int((_kinds(villages) == COMMUNITY).sum()),
        villages_with_post=_villages_with_post(villages, _filled(tables, "posts")),
        posts=_posts(tables),
        residents=_sum(grids, RESIDENTS),
        floating=_sum(grids, FLOATING),
        staff=_staff(tables),
        area_m2=_area(tables),
        roads_m=_length(_filled(tables, "roads")),
        facilities=_by(tables, "facilities", KIND),
        areas=_by(tables, "areas", KIND),
        key_units=_sum(grids, "key_units"),
        indicators=latest,
        indicators_until=until,
    )


def post_kind(kind: str) -> str:
    """Return the kind of a post as we keep it, whichever way the bureau writes it."""
    return VALUE_SYNONYMS["posts"][KIND].get(kind.strip(), kind.strip())


def last_full_month(days: pd.Series) -> pd.Period:
    """Return the last month that the days cover to its end."""
    last = days.max()
    month = last.to_period("M")
    return month if last.normalize() == month.end_time.normalize() else month - 1


def month_of_calls(tables: Mapping[str, Any]) -> Incidents | None:
    """Return the calls of the last full month, or None where no month is covered to its end."""
    frame = _filled(tables, "incidents")
    if frame is None:
        return None
    source_known = SOURCE in frame and frame[SOURCE].notna().any()
    calls = frame[frame[SOURCE] == REPORTED] if source_known else frame
    basis = _main_basis(calls)
    if basis is not None:
        calls = calls[calls[BASIS] == basis]
    divided = basis is None and BASIS in calls and calls[BASIS].notna().any()
    if calls.empty:
        return None
    days = pd.to_datetime(calls[DATE], format="ISO8601")
    months, first = days.dt.to_period("M"), days.min()
    month = last_full_month(days)
    if month < months.min():
        # The data begins in the month that is not over yet: the one before it is unknown, not quiet.
        return None
    now = calls[months == month]

    def total(of: pd.Period) -> int | None:
        return int(calls.loc[months == of, COUNT].sum()) if of.start_time >= first.normalize() else None

    return Incidents(
        month=month.start_time.date(),
        total=int(now[COUNT].sum()),
        last_month=total(month - 1),
        last_year=total(month - 12),
        towns=_busiest_towns(now, tables),
        hours=_hours(now),
        source_known=bool(source_known),
        basis=basis,
        parts={str(k): int(v) for k, v in now[COUNT].groupby(now[BASIS]).sum().items()} if divided else {},
    )


def _main_basis(calls: pd.DataFrame) -> str | None:
    if BASIS not in calls or calls[BASIS].dropna().isin(_PARTS).all():
        return None
    # Other bases may count the same call twice over (接报 holds 有效): only one of them is ever added up.
    return str(calls.groupby(BASIS)[COUNT].sum().idxmax())


def _busiest_towns(calls: pd.DataFrame, tables: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    grids, villages, towns = (_filled(tables, name) for name in ("grids", "villages", "towns"))
    if (
        grids is None
        or villages is None
        or towns is None
        or VILLAGE_ID not in grids
        or TOWN_ID not in villages
    ):
        return ()
    village = calls[GRID_ID].map(_lookup(grids, GRID_ID, VILLAGE_ID))
    town = village.map(_lookup(villages, VILLAGE_ID, TOWN_ID)).map(_names(towns, TOWN_ID))
    counts = calls[COUNT].groupby(town).sum().sort_values(ascending=False, kind="stable")
    return tuple((str(name), int(count)) for name, count in counts.head(_BUSIEST).items())


def _hours(calls: pd.DataFrame) -> tuple[int, ...]:
    if HOUR not in calls or not calls[HOUR].notna().any():
        return ()
    counts = calls.groupby(calls[HOUR].astype(float))[COUNT].sum()
    return tuple(int(counts.get(float(hour), 0)) for hour in range(24))


def _latest_indicators(frame: pd.DataFrame | None) -> tuple[dict[str, tuple[float, float]], str | None]:
    if frame is None:
        return {}, None
    until = frame[PERIOD_END].max()
    latest = frame[frame[PERIOD_END] == until]
    latest = latest if EXPOSURE in latest else latest.assign(**{EXPOSURE: float("nan")})
    sums = latest.groupby(INDICATOR)[[VALUE, EXPOSURE]].sum(min_count=1).dropna(subset=VALUE)
    pairs = zip(sums.index, sums[VALUE], sums[EXPOSURE], strict=True)
    return {str(name): (float(value), float(exposure)) for name, value, exposure in pairs}, str(until)


def _staff(tables: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    staff, found = _filled(tables, "staff"), {}
    for level, key in _LEVELS.items():
        frame = _filled(tables, level)
        if staff is not None and frame is not None:
            mine = staff[staff[PLACE_ID].isin(frame[key])]
            found[level] = {str(role): int(count) for role, count in mine.groupby(ROLE)[COUNT].sum().items()}
    return found


def _villages_with_post(villages: pd.DataFrame | None, posts: pd.DataFrame | None) -> int | None:
    if villages is None or posts is None or VILLAGE_ID not in posts:
        return None
    return int(villages[VILLAGE_ID].isin(posts[VILLAGE_ID].dropna()).sum())


def _area(tables: Mapping[str, Any]) -> float | None:
    for name in ("towns", "villages", "grids", "zones"):
        frame = _filled(tables, name)
        if frame is not None and "geometry" in frame and frame.geometry.notna().any():
            return float(frame.geometry.area.sum())
    return None


def _length(roads: gpd.GeoDataFrame | None) -> float | None:
    return None if roads is None else float(roads.geometry.length.sum())


def _posts(tables: Mapping[str, Any]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for kind, count in _by(tables, "posts", KIND).items():
        counts[post_kind(kind)] = counts.get(post_kind(kind), 0) + count
    # In a fixed order, so that a row stays in its place when a post is added.
    places = [*POST_KINDS, *sorted(set(counts) - set(POST_KINDS))]
    return {kind: counts[kind] for kind in places if kind in counts}


def _by(tables: Mapping[str, Any], name: str, column: str) -> dict[str, int]:
    frame = _filled(tables, name)
    if frame is None:
        return {}
    if column not in frame:
        return {"": len(frame)}
    return {str(kind): int(count) for kind, count in frame[column].fillna("").value_counts().items()}


def _sum(frame: pd.DataFrame | None, column: str) -> int | None:
    if frame is None or column not in frame or not frame[column].notna().any():
        return None
    return int(frame[column].sum())


def _kinds(villages: pd.DataFrame) -> pd.Series:
    return villages[KIND] if KIND in villages else pd.Series("", index=villages.index)


def _lookup(frame: pd.DataFrame, key: str, value: str) -> dict[str, str]:
    return dict(zip(frame[key], frame[value], strict=True))


def _names(frame: pd.DataFrame, key: str) -> dict[str, str]:
    """Return id → name, the id itself where there is no name."""
    names = frame[NAME].where(frame[NAME].notna(), frame[key]) if NAME in frame else frame[key]
    return dict(zip(frame[key], names, strict=True))


def _filled(tables: Mapping[str, Any], name: str) -> Any:
    frame = tables.get(name)
    return None if frame is None or frame.empty else frame
