"""
The periods that figures are told for, and the ones that they are compared with.

A period runs from its first to its last day, both of them included. 环比 compares with the period before,
同比 with the same one of last year, 累计 adds up from the year's start.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import holidays

from geo.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

Kind = Literal["day", "week", "ten_days", "month", "shifted_month", "quarter", "year", "span"]
DAY: Kind = "day"
WEEK: Kind = "week"
TEN_DAYS: Kind = "ten_days"
MONTH: Kind = "month"
# From the 26th to the 25th, or from another day: named after the month that it ends in.
SHIFTED_MONTH: Kind = "shifted_month"
QUARTER: Kind = "quarter"
YEAR: Kind = "year"
SPAN: Kind = "span"

FORMS = (
    "2026-10",
    "2026-10-05",
    "2026-W41",
    "2026-10-X1",
    "2026-Q4",
    "2026",
    "2026-09-26..2026-10-25",
)
# As `data.times` has them: what lies outside is a slip of the pen.
YEARS = range(1980, 2101)
_LATEST_FIRST_DAY = 28
_ONE_DAY = dt.timedelta(days=1)
# 春运: from 15 days before the Spring Festival to 25 days after it, people are not where they usually are.
_SEASON = range(-15, 26)

_DATE = r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
# The year of the last day may be left out where it is that of the first.
_LAST_DATE = r"(?:(\d{4})[-/.年])?(\d{1,2})[-/.月](\d{1,2})日?"
_SPAN_FORM = re.compile(rf"{_DATE}\s*(?:\.\.|~|至|—|–)\s*{_LAST_DATE}")
_DAY_FORM = re.compile(_DATE)
_MONTH_FORM = re.compile(r"(\d{4})[-/.年](\d{1,2})月?")
_TEN_DAYS_FORM = re.compile(r"(\d{4})[-/.年](\d{1,2})月?-?(?:[Xx]([123])|([上中下])旬)")
_WEEK_FORM = re.compile(r"(\d{4})-?(?:[Ww]|年第)(\d{1,2})周?")
_QUARTER_FORM = re.compile(r"(\d{4})-?(?:[Qq]|年第)([1-4一二三四])(?:季度)?")
_YEAR_FORM = re.compile(r"(\d{4})年?")


@dataclass(frozen=True, kw_only=True)
class Period:
    """
    Days in a row.

    Parameters
    ----------
    first, last
        Both belong to it.
    kind
        What steps from one such period to the next. `period_of` finds it.
    """

    first: dt.date
    last: dt.date
    kind: Kind

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def year(self) -> int:
        """The year that it counts for: of an ISO week its ISO year, else the year of its last day."""
        return self.last.isocalendar().year if self.kind == WEEK else self.last.year

    @property
    def name(self) -> str:
        """The shortest text that `parse_period` reads back."""
        first = self.first
        match self.kind:
            case "day":
                return first.isoformat()
            case "week":
                year, week, _ = first.isocalendar()
                return f"{year:04d}-W{week:02d}"
            case "ten_days":
                return f"{first:%Y-%m}-X{first.day // 10 + 1}"
            case "month":
                return f"{first:%Y-%m}"
            case "quarter":
                return f"{first:%Y}-Q{(first.month + 2) // 3}"
            case "year":
                return f"{first:%Y}"
            case _:
                return f"{first.isoformat()}..{self.last.isoformat()}"

    def previous(self) -> Period:
        """Return the period before (上期): of a span, as many days before it."""
        if self.kind == SPAN:
            return period_of(self.first - dt.timedelta(days=self.days), self.first - _ONE_DAY)
        return containing(self.first - _ONE_DAY, self.kind, first_day=self.first.day)

    def year_before(self) -> Period:
        """
        Return the same period of last year (去年同期).

        Weeks are matched by their ISO number, week 53 with the week 52 weeks before where last year has
        none. Spans and days are matched by their dates, 29 February with 28 February.
        """
        if self.kind == WEEK:
            year, week, _ = self.first.isocalendar()
            if week > _weeks(year - 1):
                return containing(self.first - dt.timedelta(weeks=52), WEEK)
            return containing(dt.date.fromisocalendar(year - 1, week, 1), WEEK)
        first = _a_year_earlier(self.first)
        if self.kind == SPAN:
            return Period(first=first, last=_a_year_earlier(self.last), kind=SPAN)
        return containing(first, self.kind, first_day=self.first.day)

    def cumulative(self) -> Period:
        """Return the days from the year's start to the last of this period (累计)."""
        return period_of(self.year_start(self.year), self.last)

    def head(self, days: int) -> Period:
        """Return its first days, all of it if it has no more; from 1."""
        return period_of(self.first, self.first + dt.timedelta(days=min(days, self.days) - 1))

    def holds(self, dates: pd.Series) -> pd.Series:
        """Return which of the dates (ISO texts, ``2026-10-31``) lie in it; missing ones do not."""
        inside = dates.between(self.first.isoformat(), self.last.isoformat())
        return inside.fillna(value=False).astype(bool)

    def year_start(self, year: int) -> dt.date:
        """
        Return the day on which a year begins for periods of this kind.

        1 January; for weeks the Monday of ISO week 1; for months that begin on the 26th the one that ends
        in January.
        """
        if self.kind == WEEK:
            return dt.date.fromisocalendar(year, 1, 1)
        if self.kind == SHIFTED_MONTH:
            return dt.date(year - 1, 12, self.first.day)
        return dt.date(year, 1, 1)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """
    A period and the ones that it is compared with.

    Parameters
    ----------
    current
        本期.
    previous
        上期.
    year_before
        去年同期.
    cumulative, cumulative_before
        累计 and 去年累计.
    aligned
        Whether `year_before` lies as many days from last year's Spring Festival as `current` from this
        year's.
    """

    current: Period
    previous: Period
    year_before: Period
    cumulative: Period
    cumulative_before: Period
    aligned: bool = False


def compared(period: Period, *, spring_festival: bool = False, days: int | None = None) -> Comparison:
    """
    Return a period and the ones that it is compared with.

    Parameters
    ----------
    spring_festival
        Whether 去年同期 are the same days relative to the Spring Festival (春节), where the calendar's hold
        other days of the weeks around it (15 days before to 25 days after). 累计 keep to the calendar.
    days
        Compare the first so many days of each (a period that is still running); None for all of them.

    Raises
    ------
    SettingError
        ``period_festival_unknown``.
    """
    current, previous, year_before = (
        whole if days is None else whole.head(days)
        for whole in (period, period.previous(), period.year_before())
    )
    aligned = spring_festival and festival_days(current) != festival_days(year_before)
    return Comparison(
        current=current,
        previous=previous,
        year_before=_aligned(current) if aligned else year_before,
        cumulative=period_of(period.year_start(period.year), current.last),
        cumulative_before=period_of(period.year_start(period.year - 1), year_before.last),
        aligned=aligned,
    )


def trailing(period: Period, count: int) -> tuple[Period, ...]:
    """Return so many periods in a row, the oldest first, the last of them `period`."""
    found = [period]
    while len(found) < count:
        found.append(found[-1].previous())
    return tuple(reversed(found[:count]))


def containing(day: dt.date, kind: Kind, *, first_day: int = 1) -> Period:
    """
    Return the period of a kind that a day lies in.

    Parameters
    ----------
    kind
        Any but `SPAN`.
    first_day
        Day on which a `SHIFTED_MONTH` begins, 2 to 28.

    Raises
    ------
    ValueError
        For a `SPAN`, which no day tells.
    """
    if kind == SPAN:
        raise ValueError("a span is not told by one of its days")
    first = _FIRST_DAYS[kind](day, first_day)
    return Period(first=first, last=_LAST_DAYS[kind](first), kind=kind)


def period_of(first: dt.date, last: dt.date) -> Period:
    """
    Return the period of these days, of the kind that they make up.

    A whole natural month is a month, a Monday to the Sunday after a week, the 26th to the 25th a shifted
    month; what is nothing else is a span.

    Raises
    ------
    SettingError
        ``period_reversed``.
    """
    if last < first:
        raise SettingError("period_reversed", first=first.isoformat(), last=last.isoformat())
    for kind in _FIRST_DAYS:
        if kind == SHIFTED_MONTH and not 1 < first.day <= _LATEST_FIRST_DAY:
            continue
        if _FIRST_DAYS[kind](first, first.day) == first and _LAST_DAYS[kind](first) == last:
            return Period(first=first, last=last, kind=kind)
    return Period(first=first, last=last, kind=SPAN)


def parse_period(text: str) -> Period:
    """
    Return the period that a text names.

    Read are a month ``2026-10``, a day ``2026-10-05``, an ISO week ``2026-W41``, the ten days of a month (旬)
    ``2026-10-X1``, ``X2``, ``X3``, a quarter ``2026-Q4``, a year ``2026``, and from..to
    ``2026-09-26..2026-10-25``; also as Chinese writes them: 2026年10月, 2026年10月上旬, 2026年第41周,
    2026年第四季度, 2026年9月26日至10月25日. From..to that make up a month or week are that (`period_of`).

    Raises
    ------
    SettingError
        ``period_unreadable``, ``period_day_impossible``, ``period_week_missing``, ``period_reversed``,
        ``period_year_outside``.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    for form, read in _READERS:
        if found := form.fullmatch(plain):
            return read(found, text)
    raise SettingError("period_unreadable", found=text, allowed=" | ".join(FORMS))


@lru_cache(maxsize=256)
def spring_festival_day(year: int) -> dt.date:
    """
    Return the first day of the lunar year (春节) that begins in a year.

    Raises
    ------
    SettingError
        ``period_festival_unknown`` for years that the calendar does not hold.
    """
    known = holidays.country_holidays("CN", years=year, language="zh_CN", observed=False)
    named = [day for day, name in known.items() if name.startswith("春节")]
    if not named:
        raise SettingError("period_festival_unknown", year=year)
    return min(named)


def festival_days(period: Period) -> range:
    """Return the days of the festival's weeks that lie in a period, counted from the Spring Festival."""
    day = _nearest_festival(period)
    begin = max((period.first - day).days, _SEASON.start)
    end = min((period.last - day).days + 1, _SEASON.stop)
    return range(begin, end) if begin < end else range(0)


def _nearest_festival(period: Period) -> dt.date:
    middle = period.first + (period.last - period.first) / 2
    near = [spring_festival_day(year) for year in (middle.year - 1, middle.year, middle.year + 1)]
    return min(near, key=lambda day: abs(day - middle))


def _aligned(period: Period) -> Period:
    festival = _nearest_festival(period)
    shift = spring_festival_day(festival.year - 1) - festival
    return period_of(period.first + shift, period.last + shift)


def _a_year_earlier(day: dt.date) -> dt.date:
    last = calendar.monthrange(day.year - 1, day.month)[1]
    return dt.date(day.year - 1, day.month, min(day.day, last))


def _weeks(year: int) -> int:
    # 28 December lies in the last week of its year (ISO 8601).
    return dt.date(year, 12, 28).isocalendar().week


def _month_end(day: dt.date) -> dt.date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _first_of_shifted(day: dt.date, first_day: int) -> dt.date:
    if day.day >= first_day:
        return day.replace(day=first_day)
    return (day.replace(day=1) - _ONE_DAY).replace(day=first_day)


# In the order in which `period_of` tries them.
_FIRST_DAYS: dict[Kind, Callable[[dt.date, int], dt.date]] = {
    DAY: lambda day, _: day,
    WEEK: lambda day, _: day - dt.timedelta(days=day.weekday()),
    TEN_DAYS: lambda day, _: day.replace(day=min((day.day - 1) // 10, 2) * 10 + 1),
    MONTH: lambda day, _: day.replace(day=1),
    QUARTER: lambda day, _: day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
    YEAR: lambda day, _: day.replace(month=1, day=1),
    SHIFTED_MONTH: _first_of_shifted,
}
_LAST_DAYS: dict[Kind, Callable[[dt.date], dt.date]] = {
    DAY: lambda first: first,
    WEEK: lambda first: first + dt.timedelta(days=6),
    TEN_DAYS: lambda first: _month_end(first) if first.day > 20 else first + dt.timedelta(days=9),
    MONTH: _month_end,
    QUARTER: lambda first: _month_end(first.replace(month=(first.month + 2) // 3 * 3)),
    YEAR: lambda first: first.replace(month=12, day=31),
    SHIFTED_MONTH: lambda first: _month_end(first) + dt.timedelta(days=first.day - 1),
}


def _require_year(year: int) -> None:
    if year not in YEARS:
        years = f"{YEARS.start}–{YEARS.stop - 1}"
        raise SettingError("period_year_outside", year=year, allowed=years)


def _date(year: str, month: str, day: str, text: str) -> dt.date:
    _require_year(int(year))
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        raise SettingError("period_day_impossible", found=text) from None


def _read_span(found: re.Match[str], text: str) -> Period:
    year, month, day, to_year, to_month, to_day = found.groups()
    return period_of(_date(year, month, day, text), _date(to_year or year, to_month, to_day, text))


def _read_day(found: re.Match[str], text: str) -> Period:
    year, month, day = found.groups()
    return containing(_date(year, month, day, text), DAY)


def _read_month(found: re.Match[str], text: str) -> Period:
    year, month = found.groups()
    return containing(_date(year, month, "1", text), MONTH)


def _read_ten_days(found: re.Match[str], text: str) -> Period:
    year, month, number, word = found.groups()
    part = int(number) - 1 if number else "上中下".index(word)
    return containing(_date(year, month, str(part * 10 + 1), text), TEN_DAYS)


def _read_week(found: re.Match[str], text: str) -> Period:
    year, week = map(int, found.groups())
    _require_year(year)
    if not 1 <= week <= _weeks(year):
        raise SettingError("period_week_missing", found=text, year=year, weeks=_weeks(year))
    return containing(dt.date.fromisocalendar(year, week, 1), WEEK)


def _read_quarter(found: re.Match[str], text: str) -> Period:
    year, number = found.groups()
    quarter = int(number) if number.isascii() else "一二三四".index(number) + 1
    return containing(_date(year, str(quarter * 3), "1", text), QUARTER)


def _read_year(found: re.Match[str], text: str) -> Period:
    return containing(_date(found[1], "1", "1", text), YEAR)


_READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], str], Period]], ...] = (
    (_SPAN_FORM, _read_span),
    (_TEN_DAYS_FORM, _read_ten_days),
    (_DAY_FORM, _read_day),
    (_QUARTER_FORM, _read_quarter),
    (_WEEK_FORM, _read_week),
    (_MONTH_FORM, _read_month),
    (_YEAR_FORM, _read_year),
)
