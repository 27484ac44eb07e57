"""Periods as people call them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from babel.dates import format_interval, format_skeleton

if TYPE_CHECKING:
    from planning.periods import Period
    from ui.words import Words

_TEN_DAYS = ("period.early", "period.middle", "period.late")


def period_label(period: Period, t: Words) -> str:
    """Return what a period is called: 2026年10月, 2026年第41周, 2026年9月26日至10月25日."""
    match period.kind:
        case "month":
            return str(format_skeleton("yMMMM", period.first, locale=t.lang))
        case "quarter":
            return str(format_skeleton("yQQQQ", period.first, locale=t.lang))
        case "year":
            return str(format_skeleton("y", period.first, locale=t.lang))
        case "week":
            year, week, _ = period.first.isocalendar()
            return t("period.week", year=year, week=week)
        case "ten_days":
            month = format_skeleton("yMMMM", period.first, locale=t.lang)
            return t("period.ten_days", month=month, part=t(_TEN_DAYS[period.first.day // 10]))
        case _:
            return days_label(period, t)


def days_label(period: Period, t: Words) -> str:
    """Return the first and the last day of a period: 2026年10月1日至31日."""
    return str(format_interval(period.first, period.last, "yMMMd", locale=t.lang))
