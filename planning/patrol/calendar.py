"""What kind of day it is: whether schools are open, and whether it is a public holiday's."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import holidays

from geo.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Sequence

WEEKEND, HOLIDAY, BREAK = "weekend", "holiday", "break"
_DAY = dt.timedelta(days=1)
# 暑假 and 寒假 as most provinces have them, month and day; the bureau may set its own.
SCHOOL_BREAKS = (("07-05", "08-31"), ("01-25", "02-22"))
# Longer than any run of days off.
_LONGEST_RUN = 20


@dataclass(frozen=True, kw_only=True)
class DayKind:
    """
    What kind of day a date is.

    Parameters
    ----------
    date
        The day.
    festive
        It is a public holiday, or a weekend that hangs on one.
    no_school
        Why there is no school: ``weekend``, ``holiday`` or ``break``; None where there is.
    """

    date: dt.date
    festive: bool
    no_school: str | None

    @property
    def school(self) -> bool:
        """Whether schools are open."""
        return self.no_school is None


def day_kind(date: dt.date, *, breaks: Sequence[tuple[str, str]] = SCHOOL_BREAKS) -> DayKind:
    """
    Return what kind of day a date is in China, weekends that are worked (调休) taken into account.

    The days of a year are known once the State Council has published them; of later years the holidays
    are right and what is worked instead is not.

    Parameters
    ----------
    breaks
        First and last day of each school break, ``MM-DD``; one may go over New Year.

    Raises
    ------
    SettingError
        ``holidays_unknown`` (year, first, last) beyond the years that the calendar covers.
    """
    known = _calendar(date.year)
    festive = _run_holds_holiday(date)
    if not known.is_working_day(date):
        return DayKind(date=date, festive=festive, no_school=HOLIDAY if festive else WEEKEND)
    off = any(_within(date, first, last) for first, last in breaks)
    return DayKind(date=date, festive=festive, no_school=BREAK if off else None)


@cache
def _calendar(year: int) -> holidays.HolidayBase:
    known = holidays.country_holidays("CN", years=[year], language="en_US")
    if not known.start_year <= year <= known.end_year:
        raise SettingError("holidays_unknown", year=year, first=known.start_year, last=known.end_year)
    return known


def _run_holds_holiday(date: dt.date) -> bool:
    """Whether the days off around a date hold a public holiday."""
    for step in (_DAY, -_DAY):
        day = date
        for _ in range(_LONGEST_RUN):
            known = _calendar(day.year)
            if known.is_working_day(day):
                break
            if day in known:
                return True
            day += step
    return False


def _within(date: dt.date, first: str, last: str) -> bool:
    day = f"{date:%m-%d}"
    return first <= day <= last if first <= last else day >= first or day <= last
