"""Cells of files as a table's values: ids as text, counts as integers, days as ISO, times as 08:30."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.clock import clock_ms, clock_text, windows_ms, windows_text
from data.schemas import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable

_GUARDED = re.compile(r"'\s*[=+\-@\t\r]")
_CHINESE_DAY = re.compile(r"^\s*(\d{4})\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})\s*日?\s*$")
_THOUSANDS = re.compile(r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$")

# What people write where there is nothing to count.
_NOTHING = ("/", "／", "-", "－", "—", "--", "——", "无", "暂无")
# Beyond it, not every whole number is a number of its own.
_EXACT = 2.0**53


def shaped(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """
    Return a frame whose columns hold values of their kinds, as far as they can be read as such.

    What cannot is left as it is, for the schema's check to name the row. No row's value depends on
    another row's, so batches of one file come out alike.

    Parameters
    ----------
    frame
        Columns named as the table's; others are left alone.
    """
    result = frame.copy()
    for name, column in TABLES[table].columns.items():
        if name in result:
            result[name] = _SHAPERS[column.kind](without_blanks(result[name]))
    return result


def without_blanks(values: pd.Series) -> pd.Series:
    """Return texts without surrounding blanks, empty ones as missing; other values as they are."""
    if values.dtype == object:
        values = values.map(lambda value: value.strip() if isinstance(value, str) else value)
        quoted = values.map(lambda value: isinstance(value, str) and value.startswith("'"))
    elif pd.api.types.is_string_dtype(values):
        values = values.str.strip()
        quoted = values.str.startswith("'").fillna(False)
    else:
        return values
    # What our own files guard against being run as a formula comes back without its guard.
    guarded = values[quoted.astype(bool)]
    guarded = guarded[guarded.map(lambda value: _GUARDED.match(value) is not None)]
    if len(guarded):
        values = values.copy()
        values[guarded.index] = guarded.str[1:]
    blank: pd.Series = values.mask(values == "")
    return blank


def _as_text(values: pd.Series) -> pd.Series:
    if pd.api.types.is_float_dtype(values):
        values = values.astype(object).map(_number_text, na_action="ignore")
    return values.astype("string").astype("str")


def _number_text(value: float) -> str:
    # An id that a spreadsheet keeps as 1001.0 is 1001.
    return str(int(value)) if np.isfinite(value) and value % 1 == 0 else repr(float(value))


def _as_day(values: pd.Series) -> pd.Series:
    texts = values.astype("string").str.replace(_CHINESE_DAY, _iso_day, regex=True)
    days = pd.to_datetime(texts, errors="coerce", format="ISO8601")
    wrong = values.notna() & days.isna()
    return days.dt.strftime("%Y-%m-%d").astype("str").mask(wrong, _as_text(values))


def _iso_day(match: re.Match[str]) -> str:
    year, month, day = match.groups()
    return f"{year}-{int(month):02}-{int(day):02}"


def _as_number(values: pd.Series) -> pd.Series:
    values = values.mask(values.isin(_NOTHING))
    if pd.api.types.is_string_dtype(values) or values.dtype == object:
        values = values.map(_without_thousands, na_action="ignore")
    numbers = pd.to_numeric(values, errors="coerce")
    if bool((values.notna() & numbers.isna()).any()) or bool((numbers.abs() > _EXACT).any()):
        # Also what no integer column could hold: a text that the schema's check then names.
        return values.astype("string").astype("str")
    whole = numbers.dropna() % 1 == 0
    return numbers.astype("Int64") if bool(whole.all()) else numbers


def _without_thousands(value: object) -> object:
    return value.replace(",", "") if isinstance(value, str) and _THOUSANDS.match(value) else value


def _as_clock(values: pd.Series) -> pd.Series:
    return _as_text(values).map(_clock, na_action="ignore").astype("str")


def _clock(text: str) -> str:
    ms = clock_ms(text)
    return text if ms is None else clock_text(ms)


def _as_windows(values: pd.Series) -> pd.Series:
    texts = _as_text(values).map(_windows, na_action="ignore").astype("str")
    return texts.mask(texts == "")


def _windows(text: str) -> str:
    windows = windows_ms(text)
    return text if windows is None else windows_text(windows)


_SHAPERS: dict[str, Callable[[pd.Series], pd.Series]] = {
    "text": _as_text,
    "date": _as_day,
    "integer": _as_number,
    "real": _as_number,
    "clock": _as_clock,
    "windows": _as_windows,
}
