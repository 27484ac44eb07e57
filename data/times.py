"""Days and hours out of the many ways in which tables write them."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data.schemas import DATE, HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

WHY = "why"
WITHOUT_DATE, UNREADABLE, AMBIGUOUS = "date_missing", "date_unreadable", "date_ambiguous"
# What lies outside is a placeholder (1900-01-01, 9999-12-31) or a number that is no date.
_YEARS = (1980, 2100)
_EXCEL_DAY_ZERO = np.datetime64("1899-12-30", "D")
_CLOCK = (
    r"(?:[\sT]*(?P<before>上午|下午|晚上|中午|凌晨)?\s*(?P<hour>\d{1,2})\s*(?:[:：时點点]\s*(?P<minute>\d{1,2})?"
    r"\s*(?:[:：分]\s*(?P<second>\d{1,2})?(?:[.,](?P<fraction>\d+))?\s*秒?)?)?"
    r"\s*(?P<after>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?)?\s*$"
)
_YEAR_FIRST = (
    r"^\s*(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*[日号]?" + _CLOCK
)
_YEAR_LAST = r"^\s*(?P<first>\d{1,2})[-/.](?P<other>\d{1,2})[-/.](?P<year>\d{4})" + _CLOCK
_COMPACT = (
    r"^\s*(?P<year>\d{4})(?P<month>[01]\d)(?P<day>[0-3]\d)"
    r"(?:[\sT]?(?P<hour>\d{2})(?::?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?P<fraction>\d{3})?)?)?)?(?:\.0+)?\s*$"
)
_SERIAL = r"^\s*(?P<serial>\d{5}(?:\.\d+)?)\s*$"
_EPOCH = r"^\s*(?P<seconds>[01]?\d{9})(?:(?P<milliseconds>\d{3}))?(?:\.0+)?\s*$"
_HOUR_ALONE = (
    r"^\s*(?P<before>上午|下午|晚上|中午|凌晨)?\s*(?P<hour>\d{1,2})(?:\.0+)?\s*(?:[:：时點点].{0,9})?$"
)


def parse_times(
    values: pd.Series, *, day_first: bool | None = None, utc_offset_hours: int = 8
) -> pd.DataFrame:
    """
    Return the day and the hour that each value states.

    Read are ISO 8601, ``2026/1/5 13:20``, ``2026年1月5日 13时20分``, ``20260105132000``, ``20260105``,
    spreadsheet serial numbers (``46030.5555``), seconds and milliseconds since 1970, and dates with the
    year last where day and month cannot be mistaken for one another.

    Parameters
    ----------
    values
        Texts, numbers or times.
    day_first
        Whether dates with the year last begin with the day; by default the values settle it by a
        number above 12. Settle it once (`day_comes_first`) for values that come in batches.
    utc_offset_hours
        Clock of the place, for values that name another (Z, +00:00), and for seconds since 1970.

    Returns
    -------
    DataFrame
        Columns ``date`` (ISO text or missing), ``hour`` (0-23 or missing) and ``why`` (``date_missing``,
        ``date_unreadable``, ``date_ambiguous``; missing where the date is known), on the values' index.
        No hour is known where only a day is stated, or where every clock in `values` shows midnight.
    """
    if pd.api.types.is_datetime64_any_dtype(values):
        return _of_moments(values, utc_offset_hours)
    distinct, text = _distinct_texts(values)
    days, minutes, ambiguous = _parsed(text, day_first, utc_offset_hours)
    missing = np.array([not word for word in text.to_pylist()], dtype=bool)
    why = np.where(missing, WITHOUT_DATE, np.where(ambiguous, AMBIGUOUS, UNREADABLE)).astype(object)
    why[~np.isnat(days)] = None
    return _frame(days[distinct], minutes[distinct], why[distinct], values.index)


def day_comes_first(values: pd.Series) -> bool | None:
    """Return whether dates with the year last begin with the day; None where the values don't settle it."""
    return _settled_order(_matched(_distinct_texts(values)[1], _YEAR_LAST))


def parse_hours(values: pd.Series) -> pd.Series:
    """Return the hour (0-23, missing where none) of ``13``, ``13时``, ``13:20``, ``下午1点``."""
    distinct, text = _distinct_texts(values)
    found = _matched(text, _HOUR_ALONE)
    hours = _afternoon(_number(found, "hour"), found.field("before"), None)
    hours = np.where(hours == 24, 0, hours)[distinct]
    return pd.Series(hours, index=values.index).where((hours >= 0) & (hours < 24)).astype("Int64")


def _of_moments(values: pd.Series, offset: int) -> pd.DataFrame:
    if values.dt.tz is not None:
        values = values.dt.tz_convert("UTC").dt.tz_localize(None) + pd.Timedelta(hours=offset)
    moments = values.to_numpy(dtype="datetime64[m]")
    days = moments.astype("datetime64[D]")
    minutes = (moments - days).astype(np.int64)
    minutes = np.where(np.isnat(days), -1, minutes)
    why = np.full(len(values), None, dtype=object)
    why[np.isnat(days)] = WITHOUT_DATE
    return _frame(days, minutes, why, values.index)


def _distinct_texts(values: pd.Series) -> tuple[NDArray[np.intp], pa.Array]:
    """Return for every value its place among the distinct ones, and those as texts ("" where missing)."""
    if pd.api.types.is_float_dtype(values) and bool((values.dropna() % 1 == 0).all()):
        values = values.astype("Int64")
    texts = pa.array(values.astype("string").fillna("").str.strip(), type=pa.string())
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    coded = texts.dictionary_encode()
    return coded.indices.to_numpy(zero_copy_only=False).astype(np.intp), coded.dictionary


def _parsed(
    text: pa.Array, day_first: bool | None, utc_offset_hours: int
) -> tuple[NDArray[np.datetime64], NDArray[np.int64], NDArray[np.bool_]]:
    days = np.full(len(text), np.datetime64("NaT", "D"))
    minutes = np.full(len(text), -1, dtype=np.int64)
    ambiguous = np.zeros(len(text), dtype=bool)
    for reader in (_year_first, _compact, _serial, _epoch):
        left = np.flatnonzero(np.isnat(days))
        if left.size:
            days[left], minutes[left] = reader(text.take(pa.array(left)), utc_offset_hours)
    left = np.flatnonzero(np.isnat(days))
    if left.size:
        days[left], minutes[left], ambiguous[left] = _year_last(
            text.take(pa.array(left)), day_first, utc_offset_hours
        )
    left = np.flatnonzero(np.isnat(days) & ~ambiguous)
    plain = [unicodedata.normalize("NFKC", word) for word in text.take(pa.array(left)).to_pylist()]
    if plain != text.take(pa.array(left)).to_pylist():
        # Full-width digits are rare: only what could not be read is made plain and read once more.
        days[left], minutes[left], ambiguous[left] = _parsed(
            pa.array(plain, type=pa.string()), day_first, utc_offset_hours
        )
    return days, minutes, ambiguous


def _year_first(text: pa.Array, offset: int) -> tuple[NDArray[np.datetime64], NDArray[np.int64]]:
    found = _matched(text, _YEAR_FIRST)
    days = _days(_number(found, "year"), _number(found, "month"), _number(found, "day"))
    return _at_clock(days, found, offset)


def _compact(text: pa.Array, offset: int) -> tuple[NDArray[np.datetime64], NDArray[np.int64]]:
    found = _matched(text, _COMPACT)
    days = _days(_number(found, "year"), _number(found, "month"), _number(found, "day"))
    hours = _number(found, "hour")
    days[hours > 24] = np.datetime64("NaT")
    minutes = _minutes(hours, _number(found, "minute"), np.isnat(days))
    return _carried(days, minutes, minutes >= 0)


def _serial(text: pa.Array, offset: int) -> tuple[NDArray[np.datetime64], NDArray[np.int64]]:
    words = _matched(text, _SERIAL).field("serial").to_pylist()
    serial = np.array([float(word) if word else np.nan for word in words])
    # Half a second mends what the fraction of a day cannot hold.
    seconds = np.floor(np.nan_to_num(serial) * 86400 + 0.5).astype(np.int64)
    days = _EXCEL_DAY_ZERO + (seconds // 86400).astype("timedelta64[D]")
    days[np.isnan(serial) | ~_plausible(days)] = np.datetime64("NaT")
    stated = ~np.isnat(days) & (np.nan_to_num(serial) % 1 > 0)
    return days, np.where(stated, seconds % 86400 // 60, -1)


def _epoch(text: pa.Array, offset: int) -> tuple[NDArray[np.datetime64], NDArray[np.int64]]:
    seconds = _number(_matched(text, _EPOCH), "seconds")
    local = seconds + offset * 3600
    days = np.datetime64("1970-01-01", "D") + (local // 86400).astype("timedelta64[D]")
    days[(seconds < 0) | ~_plausible(days)] = np.datetime64("NaT")
    return days, np.where(np.isnat(days), -1, local % 86400 // 60)


def _year_last(
    text: pa.Array, day_first: bool | None, offset: int
) -> tuple[NDArray[np.datetime64], NDArray[np.int64], NDArray[np.bool_]]:
    found = _matched(text, _YEAR_LAST)
    first, other, year = _number(found, "first"), _number(found, "other"), _number(found, "year")
    if day_first is None:
        day_first = _settled_order(found)
    certain = (first > 12) | (other > 12) | (first == other)
    by_day = (first > 12) if day_first is None else (other <= 12) & (day_first | (first > 12))
    days = _days(year, np.where(by_day, other, first), np.where(by_day, first, other))
    ambiguous = ~np.isnat(days) & ~certain & (day_first is None)
    days[ambiguous] = np.datetime64("NaT")
    days, minutes = _at_clock(days, found, offset)
    return days, minutes, ambiguous


def _settled_order(found: pa.StructArray) -> bool | None:
    first, other = _number(found, "first"), _number(found, "other")
    day, month = bool((first > 12).any()), bool((other > 12).any())
    return None if day == month else day


def _matched(text: pa.Array, pattern: str) -> pa.StructArray:
    return pc.extract_regex(text, pattern=pattern)


def _number(found: pa.StructArray, name: str) -> NDArray[np.int64]:
    # A group that took no part is "", a text that did not match is null: both are -1.
    field = pc.struct_field(found, name)
    field = pc.if_else(pc.equal(field, ""), "-1", field)
    return np.asarray(pc.cast(pc.fill_null(field, "-1"), pa.int64()).to_numpy(zero_copy_only=False))


def _days(
    year: NDArray[np.int64], month: NDArray[np.int64], day: NDArray[np.int64]
) -> NDArray[np.datetime64]:
    right = (year >= _YEARS[0]) & (year <= _YEARS[1]) & (month >= 1) & (month <= 12) & (day >= 1)
    months = (np.where(right, year, 1970) - 1970) * 12 + np.where(right, month, 1) - 1
    start = months.astype("datetime64[M]")
    days: NDArray[np.datetime64] = start.astype("datetime64[D]") + (day - 1).astype("timedelta64[D]")
    days[~right | (days.astype("datetime64[M]") != start)] = np.datetime64("NaT")
    return days


def _at_clock(
    days: NDArray[np.datetime64], found: pa.StructArray, offset: int
) -> tuple[NDArray[np.datetime64], NDArray[np.int64]]:
    hours = _afternoon(_number(found, "hour"), found.field("before"), found.field("after"))
    days[hours > 24] = np.datetime64("NaT")
    minutes = _minutes(hours, _number(found, "minute"), np.isnat(days))
    zones, distinct = pd.factorize(found.field("zone").to_pandas().fillna(""))
    shift = np.array([0 if not zone else offset * 60 - _zone_minutes(zone) for zone in distinct])
    return _carried(days, minutes + shift[zones], minutes >= 0)


def _zone_minutes(zone: str) -> int:
    if zone == "Z":
        return 0
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    return -minutes if zone[0] == "-" else minutes


def _carried(
    days: NDArray[np.datetime64], minutes: NDArray[np.int64], stated: NDArray[np.bool_]
) -> tuple[NDArray[np.datetime64], NDArray[np.int64]]:
    """Bring minutes past midnight (24:00, or another clock's) to the day that they fall on."""
    days = days + np.where(stated, minutes // 1440, 0).astype("timedelta64[D]")
    return days, np.where(stated, minutes % 1440, -1)


def _afternoon(hours: NDArray[np.int64], before: pa.Array, after: pa.Array | None) -> NDArray[np.int64]:
    late = pc.is_in(before, value_set=pa.array(["下午", "晚上"]))
    early = pc.is_in(before, value_set=pa.array(["上午", "凌晨"]))
    if after is not None:
        late = pc.or_(late, pc.fill_null(pc.match_substring_regex(after, "^[Pp]"), False))
        early = pc.or_(early, pc.fill_null(pc.match_substring_regex(after, "^[Aa]"), False))
    is_late = np.asarray(late.to_numpy(zero_copy_only=False))
    is_early = np.asarray(early.to_numpy(zero_copy_only=False))
    hours = np.where(is_late & (hours >= 0) & (hours < 12), hours + 12, hours)
    return np.where(is_early & (hours == 12), 0, hours)


def _minutes(
    hours: NDArray[np.int64], minutes: NDArray[np.int64], absent: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return minutes since midnight, -1 where no hour is stated."""
    total = hours * 60 + np.clip(minutes, 0, 59)
    return np.where((hours < 0) | absent, -1, total)


def _plausible(days: NDArray[np.datetime64]) -> NDArray[np.bool_]:
    years = days.astype("datetime64[Y]").astype(np.int64) + 1970
    return np.asarray((years >= _YEARS[0]) & (years <= _YEARS[1]))


def _frame(
    days: NDArray[np.datetime64], minutes: NDArray[np.int64], why: NDArray[np.object_], index: pd.Index
) -> pd.DataFrame:
    # A column of days that was written out with clocks shows midnight everywhere.
    hours = np.where(minutes > 0, minutes // 60, 0 if (minutes > 0).any() else -1)
    hours = np.where(minutes < 0, -1, hours)
    codes, distinct = pd.factorize(days)
    iso = np.array([*np.datetime_as_string(distinct.astype("datetime64[D]")), None], dtype=object)
    return pd.DataFrame(
        {
            DATE: pd.Series(iso[codes], index=index, dtype="str"),
            HOUR: pd.Series(hours, index=index, dtype="Int64").mask(hours < 0),
            WHY: pd.Series(why, index=index, dtype="str"),
        }
    )
