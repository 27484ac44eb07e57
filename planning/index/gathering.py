"""From the workspace's tables to the panel that an index is computed from."""

from __future__ import annotations

import datetime as dt
import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.schemas import BASIS as BASIS_COLUMN
from data.schemas import CATEGORY, COUNT, DATE, GRID_ID, HOUR
from data.schemas import SOURCE as SOURCE_COLUMN
from geo.errors import Reason, SchemaError, SettingError
from planning.calls import counted_calls
from planning.index.panel import (
    BASE,
    CURRENT,
    DAYS_A_YEAR,
    PREVIOUS,
    WINDOW,
    YEAR_BEFORE,
    Panel,
    Span,
)
from planning.index.places import classes_of, denominators, known_denominators, village_of_grid, villages_of
from planning.index.reports import PER_EXPOSURE, PER_VILLAGE, read_reports
from planning.periods import period_of
from planning.profile import PRESENT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from numpy.typing import NDArray

    from planning.calls import Calls
    from planning.index.profile import IndexProfile, Indicator
    from planning.index.reports import Reports
    from planning.periods import Period

_ONE_DAY = dt.timedelta(days=1)
# Goalposts that rest on less of their year are told to be provisional.
_LEAST_OF_YEAR = 0.5


def gather(
    tables: Mapping[str, pd.DataFrame], profile: IndexProfile, period: Period, *, basis: str | None = None
) -> Panel:
    """
    Return what a profile wants to know of each village for a period.

    Parameters
    ----------
    tables
        villages or grids; incidents, indicators and roads where the profile asks for them.
    basis
        统计口径 of the calls; None for the profile's.

    Raises
    ------
    SettingError
        ``index_without_villages``; ``period_without_data`` with the days that are known;
        ``denominator_unknown`` with the nearest name, ``denominator_strange`` where none is near;
        ``calls_basis_unknown``.
    SchemaError
        ``index_values_wrong`` with a reason for every count that is negative, every report that is there
        twice, ends before it begins, or overlaps another.
    """
    notes: list[Reason] = []
    villages = _villages(tables, profile, period)
    calls = _calls(tables, profile, basis, notes)
    series = {
        name: item
        for item in profile.indicators
        if item.source == "indicators"
        for name in item.series or (item.code,)
    }
    reports = read_reports(tables.get("indicators"), villages.index, series, notes)
    source = _Source(
        villages=villages,
        placed=villages.index.isin(village_of_grid(tables)),
        calls=calls,
        counted=_counted(tables, villages.index, calls, notes),
        reports=reports,
    )
    _require_days(source, period)
    days = _days(profile, period, source, notes)
    current, _ = days[CURRENT]
    comparable = source.known_days(current) == current.days
    spans = {name: source.span(profile, name, *of, comparable=comparable) for name, of in days.items()}
    spans[WINDOW], spans[CURRENT], carried = _latest(profile, source, period, spans)
    _note_what_lacks(profile, source, spans, notes)
    _note_what_points_lack(profile, spans, notes)
    return Panel(
        villages=villages,
        spans=spans,
        carried=carried,
        period=period,
        basis=calls.basis if calls else "",
        profile=profile,
        notes=tuple(notes),
    )


@dataclass(frozen=True, kw_only=True)
class _Source:
    """The villages with all calls and reports of them; placed says which have a grid that calls may name."""

    villages: pd.DataFrame
    placed: NDArray[np.bool_]
    calls: Calls | None
    counted: pd.DataFrame
    reports: Reports

    @property
    def firsts(self) -> dict[str, dt.date]:
        """The earliest days that calls and reports are known of, by table."""
        days = {"incidents": self.calls.known.first if self.calls else None, "indicators": self.reports.first}
        return {table: day for table, day in days.items() if day is not None}

    @property
    def last(self) -> dt.date:
        """The last day that anything is known of."""
        days = [self.calls.known.last] if self.calls else []
        return max([*days, *([self.reports.last] if self.reports.last else [])], default=dt.date.max)

    def known_days(self, days: Period) -> int:
        """Return how many of some days calls are known of."""
        if self.calls is None:
            return 0
        known = self.calls.known
        inside = _overlap(days.first, days.last, known.first, known.last)
        return inside - sum(_overlap(days.first, days.last, *gap) for gap in known.gaps)

    def span(
        self, profile: IndexProfile, name: str, days: Period, reported: Period, *, comparable: bool
    ) -> Span:
        """
        Return what is known of some days by calls, and of those by reports.

        Parameters
        ----------
        comparable
            Whether the period itself is known without gaps, so that calls of others can be compared with it.
        """
        counts, exposure = {}, {}
        compared = name in (PREVIOUS, YEAR_BEFORE)
        for item in profile.indicators:
            if item.source == "incidents":
                known = self.known_days(days) if comparable or not compared else 0
                found = self._of_calls(item, days, 0 if compared and known < days.days else known)
            else:
                found = self.reports.within(item, reported, self.villages)
            counts[item.code], exposure[item.code] = found
        index = self.villages.index
        return Span(
            days=days,
            counts=pd.DataFrame(counts, index=index, dtype=float),
            exposure=pd.DataFrame(exposure, index=index, dtype=float),
        )

    def _of_calls(self, item: Indicator, days: Period, known: int) -> tuple[pd.Series, pd.Series]:
        """Return counts and exposure; missing where none of the days are known."""
        nothing = pd.Series(np.nan, index=self.villages.index)
        kinds = item.categories
        if known == 0 or not self._has(kinds):
            return nothing, nothing
        rows = self.counted
        kept = rows["day"].between(days.first.toordinal(), days.last.toordinal())
        if kinds:
            kept &= rows[CATEGORY].isin(kinds)
        mine = rows[kept]
        sums = np.bincount(mine["village"], mine[COUNT], minlength=len(self.villages))
        # Of a village without a grid no call is known to be there, or not to be.
        counts = pd.Series(sums, index=self.villages.index, dtype=float).where(self.placed)
        below = self.villages[item.per] if item.per != PER_VILLAGE else nothing.fillna(1.0)
        # Where nobody is there to be counted of, a rate is unknown, how many there were is known.
        return counts, below * known / DAYS_A_YEAR

    def _has(self, categories: Collection[str]) -> bool:
        if self.calls is None:
            return False
        return not categories or bool(self.calls.rows[CATEGORY].isin(categories).any())


def _villages(tables: Mapping[str, pd.DataFrame], profile: IndexProfile, period: Period) -> pd.DataFrame:
    villages = villages_of(tables, period)
    asked = dict.fromkeys([PRESENT, *(item.per for item in profile.indicators if item.measure == "rate")])
    names = [name for name in asked if name not in (PER_EXPOSURE, PER_VILLAGE)]
    found, unknown = denominators(tables, villages.index, names)
    known = known_denominators(tables)
    if slips := [name for name in unknown if name not in known]:
        wrong = ", ".join(slips)
        if nearest := _nearest(slips, known):
            raise SettingError("denominator_unknown", found=wrong, nearest=nearest, allowed=known)
        raise SettingError("denominator_strange", found=wrong, allowed=known)
    villages = villages.join(found)
    for name in unknown:
        villages[name] = np.nan
    classes = classes_of(villages, villages[PRESENT], profile.classes, size_bands=profile.size_bands)
    return villages.assign(**{"class": classes})


def _calls(
    tables: Mapping[str, pd.DataFrame], profile: IndexProfile, basis: str | None, notes: list[Reason]
) -> Calls | None:
    incidents = tables.get("incidents")
    if incidents is None or incidents.empty or all(i.source != "incidents" for i in profile.indicators):
        return None
    counts = pd.to_numeric(incidents[COUNT], errors="coerce")
    wrong = incidents[~(counts >= 0) | np.isinf(counts)]
    if len(wrong):
        reasons = tuple(
            Reason("count_negative", {"id": str(row[GRID_ID]), "date": row[DATE], "found": row[COUNT]})
            for row in wrong.to_dict("records")
        )
        raise SchemaError("index_values_wrong", count=len(reasons), reasons=reasons)
    keys = [
        name
        for name in (GRID_ID, DATE, HOUR, CATEGORY, SOURCE_COLUMN, BASIS_COLUMN, COUNT)
        if name in incidents
    ]
    if twice := int(incidents.duplicated(keys).sum()):
        notes.append(Reason("calls_repeated", {"count": twice}))
    calls = counted_calls(incidents, basis=basis or profile.basis)
    notes += calls.notes
    return calls


def _counted(
    tables: Mapping[str, pd.DataFrame], villages: pd.Index, calls: Calls | None, notes: list[Reason]
) -> pd.DataFrame:
    """Return the calls with the position of their village and their day, counted from year 1."""
    if calls is None:
        return pd.DataFrame({"village": [], "day": [], CATEGORY: [], COUNT: []})
    rows = calls.rows
    home = village_of_grid(tables)
    place = pd.Index(home.reindex(pd.Index(rows[GRID_ID])).astype("str"))
    codes, texts = pd.factorize(rows[DATE])
    ordinals = [dt.date.fromisoformat(str(text)[:10]).toordinal() for text in texts]
    found = pd.DataFrame(
        {
            "village": villages.get_indexer(place),
            "day": np.array(ordinals, dtype=np.int64)[codes],
            CATEGORY: rows[CATEGORY].astype("category"),
            COUNT: rows[COUNT].to_numpy(),
        }
    )
    if lost := int(found.loc[found["village"] < 0, COUNT].sum()):
        notes.append(Reason("calls_of_unknown_villages", {"count": lost}))
    return found[found["village"] >= 0]


def _require_days(source: _Source, period: Period) -> None:
    if source.calls is not None:
        known = source.calls.known
        if source.known_days(period) == 0:
            raise _without_data(period, known.first, known.last)
        return
    rows = source.reports.rows
    if rows.empty:
        raise SettingError("index_without_data")
    first, last = (dt.date.fromordinal(int(day)) for day in (rows["first"].min(), rows["last"].max()))
    if last < period.first or first > period.last:
        raise _without_data(period, first, last)


def _without_data(period: Period, first: dt.date, last: dt.date) -> SettingError:
    return SettingError(
        "period_without_data", found=period.name, first=first.isoformat(), last=last.isoformat()
    )


def _days(
    profile: IndexProfile, period: Period, source: _Source, notes: list[Reason]
) -> dict[str, tuple[Period, Period]]:
    """Return the days of each span for calls and for reports, and note what is known in part only."""
    window = _back(period, profile.window_months)
    bases, provisional = {}, {}
    for table in ("incidents", "indicators"):
        bases[table], short = _base_year(period, source.firsts.get(table))
        if short:
            provisional[table] = {"first": bases[table].first, "last": bases[table].last}
    for table, facts in provisional.items():
        notes.append(Reason("goalposts_provisional", {"table": table, **facts}))
    current, previous, year_before = _as_far_as_known(profile, period, source, notes)
    if source.calls is not None:
        for code, days in (("period_incomplete", period), ("window_short", window)):
            if (known := source.known_days(days)) < days.days:
                notes.append(Reason(code, {"found": known, "days": days.days}))
    return {
        CURRENT: (current, period),
        PREVIOUS: (previous, period.previous()),
        YEAR_BEFORE: (year_before, period.year_before()),
        WINDOW: (window, window),
        BASE: (bases["incidents"], bases["indicators"]),
    }


def _base_year(period: Period, begins: dt.date | None) -> tuple[Period, bool]:
    """Return the days of the year before that a table knows, or of its own first year; and if it is that."""
    year = period.last.year - 1
    base = period_of(dt.date(year, 1, 1), dt.date(year, 12, 31))
    if begins is None or begins <= base.first:
        return base, False
    if _overlap(base.first, base.last, begins, base.last) >= _LEAST_OF_YEAR * base.days:
        return period_of(begins, base.last), False
    return period_of(begins, max(begins, min(_years_later(begins), period.last))), True


def _as_far_as_known(
    profile: IndexProfile, period: Period, source: _Source, notes: list[Reason]
) -> tuple[Period, Period, Period]:
    """
    Return a period, the one before and last year's for calls: all cut where a running one is not over.

    As many days of each are compared as the running one has; with days missing in between, where nothing can
    be compared, the note says so.
    """
    whole = (period, period.previous(), period.year_before())
    known = source.known_days(period)
    if source.calls is None or known == period.days:
        return whole
    elapsed = source.calls.known.elapsed(period)
    compares = any(
        rule.kind == "change" and rule.against != "district_base"
        for item in profile.indicators
        if item.source == "incidents"
        for rule in item.rules
    )
    if compares:
        code = "changes_of_equal_days" if known == elapsed else "changes_unknown"
        notes.append(Reason(code, {"found": known, "days": period.days}))
    current, previous, year_before = (days.head(elapsed) for days in whole)
    return current, previous, year_before


def _latest(
    profile: IndexProfile, source: _Source, period: Period, spans: Mapping[str, Span]
) -> tuple[Span, Span, pd.DataFrame]:
    """Return window and current span with levels as last reported, without what is overdue for too long."""
    window, current = spans[WINDOW], spans[CURRENT]
    seen, now, exposure = window.counts.copy(), current.counts.copy(), window.exposure.copy()
    carried = pd.DataFrame(data=False, index=seen.index, columns=seen.columns)
    for item in profile.indicators:
        if item.source != "indicators":
            continue
        # Of days to come nobody is overdue.
        latest = source.reports.latest(item, min(period.last, source.last))
        fresh = latest["overdue"] <= profile.carry
        if item.measure == "level":
            seen[item.code] = now[item.code] = latest["value"]
            now[item.code] = now[item.code].where(fresh)
        seen[item.code], exposure[item.code] = seen[item.code].where(fresh), exposure[item.code].where(fresh)
        carried[item.code] = fresh & (latest["overdue"] > 0)
    return (
        Span(days=window.days, counts=seen, exposure=exposure),
        Span(days=current.days, counts=now, exposure=current.exposure),
        carried,
    )


def _note_what_points_lack(profile: IndexProfile, spans: Mapping[str, Span], notes: list[Reason]) -> None:
    """Note the indicators that the window knows and the period does not: reports of other days than these."""
    seen, now = (spans[name].counts.notna().any() for name in (WINDOW, CURRENT))
    ruled = [item.code for item in profile.indicators if item.rules and not item.optional]
    lost = tuple(code for code in ruled if seen[code] and not now[code])
    if lost:
        notes.append(Reason("points_without_reports", {"found": lost, "count": len(lost), "of": len(ruled)}))


def _note_what_lacks(
    profile: IndexProfile, source: _Source, spans: Mapping[str, Span], notes: list[Reason]
) -> None:
    known = spans[WINDOW].counts.notna().any()
    there = {
        "incidents": tuple(source.calls.rows[CATEGORY].unique()) if source.calls else (),
        "indicators": source.reports.series,
    }
    for item in profile.indicators:
        if known[item.code] or item.optional:
            continue
        wanted = item.categories or item.series or (item.code,)
        facts = {"code": item.code, "wanted": wanted}
        if any(name in there[item.source] for name in wanted):
            notes.append(Reason("indicator_without_current_data", facts))
        elif nearest := _nearest(wanted, there[item.source]):
            notes.append(Reason("indicator_misspelt", {**facts, "nearest": nearest}))
        else:
            notes.append(Reason("indicator_without_data", facts))
    for pillar in profile.pillars:
        leaves = profile.structure().below(pillar.code)
        if not any(known[leaf] for leaf in leaves) and not pillar.optional:
            notes.append(Reason("pillar_without_data", {"code": pillar.code}))


def _nearest(names: Iterable[str], known: Collection[str]) -> str:
    near = (next(iter(difflib.get_close_matches(name, known, n=1)), "") for name in names)
    return ", ".join(filter(None, near))


def _overlap(first: dt.date, last: dt.date, begin: dt.date, end: dt.date) -> int:
    return max((min(last, end) - max(first, begin)).days + 1, 0)


def _back(period: Period, months: int) -> Period:
    """Return the days that end with a period and begin so many months before its end."""
    if months == 0:
        return period
    after = period.last + _ONE_DAY
    number = after.year * 12 + after.month - 1 - months
    year, month = divmod(number, 12)
    last_day = (dt.date(year + month // 11, (month + 1) % 12 + 1, 1) - _ONE_DAY).day
    return period_of(dt.date(year, month + 1, min(after.day, last_day)), period.last)


def _years_later(day: dt.date) -> dt.date:
    """Return the last day of the twelve months that begin with a day."""
    return dt.date(day.year + 1, day.month, min(day.day, 28)) - _ONE_DAY
