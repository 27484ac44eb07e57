"""Moments to the second out of the many ways in which devices and tables write them."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.clock import MS_PER_DAY, MS_PER_HOUR, clock_ms

if TYPE_CHECKING:
    from collections.abc import Iterable

_EPOCH = dt.datetime(1970, 1, 1)
_EXCEL_ZERO = dt.datetime(1899, 12, 30)
_CLOCK = r"(?:[T\s]*(\d{1,2})[:：时](\d{1,2})(?:[:：分](\d{1,2})(?:[.,](\d+))?秒?|分)?)?"
_ZONE = r"\s*(Z|[+-]\d{2}:?\d{2})?"
_DAY_FIRST_YEAR = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?" + _CLOCK + _ZONE)
_COMPACT = re.compile(r"(20\d{2})(\d{2})(\d{2})[T\s]?(\d{2}):?(\d{2}):?(\d{2})(?:\.(\d+))?" + _ZONE)
_SECONDS, _MILLISECONDS = re.compile(r"1\d{9}(?:\.\d+)?"), re.compile(r"1\d{12}")
_SERIAL = re.compile(r"[2-9]\d{4}\.\d+")
_ALONE = re.compile(r"\d{1,2}[:：]\d{2}(?:[:：]\d{2})?(?:\.\d+)?")


def moments_ms(values: Iterable[object], *, date: dt.date, utc_offset_hours: float = 8.0) -> pd.Series:
    """
    Return each value as milliseconds since midnight of a day, by the clock of the place.

    Read are ``2026-11-03 19:05:12``, ``2026/11/3 19:05``, ``2026年11月3日19时5分12秒``,
    ``20261103190512``, ISO 8601 with a zone, seconds and milliseconds since 1970, a spreadsheet's serial
    numbers, and ``19:05:12`` alone, which is of the day. What cannot be read is missing.

    Parameters
    ----------
    date
        The day.
    utc_offset_hours
        Clock of the place, for values that state another zone, or count from 1970.
    """
    midnight = dt.datetime.combine(date, dt.time())
    offset = dt.timedelta(hours=utc_offset_hours)
    index = values.index if isinstance(values, pd.Series) else None
    found = [_ms(unicodedata.normalize("NFKC", str(value)).strip(), midnight, offset) for value in values]
    return pd.Series([np.nan if ms is None else ms for ms in found], index=index, dtype=float)


def _ms(text: str, midnight: dt.datetime, offset: dt.timedelta) -> float | None:
    if _ALONE.fullmatch(text):
        seconds = re.fullmatch(r"(\d{1,2}:\d{2})(?::(\d{2}))?(?:\.\d+)?", text)
        at = None if seconds is None else clock_ms(seconds[1])
        return None if at is None or seconds is None else float(at + int(seconds[2] or 0) * 1000)
    moment = _moment(text, offset)
    return None if moment is None else (moment - midnight) / dt.timedelta(milliseconds=1)


def _moment(text: str, offset: dt.timedelta) -> dt.datetime | None:
    """Return a moment by the clock of the place."""
    if _SECONDS.fullmatch(text):
        return _EPOCH + dt.timedelta(seconds=float(text)) + offset
    if _MILLISECONDS.fullmatch(text):
        return _EPOCH + dt.timedelta(milliseconds=int(text)) + offset
    if _SERIAL.fullmatch(text):
        return _EXCEL_ZERO + dt.timedelta(seconds=round(float(text) * MS_PER_DAY / 1000))
    stated = _DAY_FIRST_YEAR.fullmatch(text) or _COMPACT.fullmatch(text)
    if stated is None or stated[4] is None:
        return None
    year, month, day, hour, minute = (int(stated[i]) for i in range(1, 6))
    fraction = float(f"0.{stated[7]}") if stated[7] else 0.0
    try:
        moment = dt.datetime(year, month, day, hour % 24, minute, int(stated[6] or 0))
    except ValueError:
        return None
    moment += dt.timedelta(days=hour // 24, seconds=fraction)
    zone = stated[8]
    return moment if zone is None else moment - _offset(zone) + offset


def _offset(zone: str) -> dt.timedelta:
    if zone == "Z":
        return dt.timedelta()
    ms = int(zone[1:3]) * MS_PER_HOUR + int(zone[-2:]) * 60_000
    return dt.timedelta(milliseconds=-ms if zone[0] == "-" else ms)
