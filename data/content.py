"""What the values of a column look like: enough to tell whether it can be what its name says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from data.clock import clock_ms, windows_fault
from data.degrees import as_degrees
from data.schemas import HOUR
from data.times import parse_hours, parse_times

if TYPE_CHECKING:
    from collections.abc import Callable

_ROWS = 2_000
NEARLY_ALL = 0.8
_WKT = re.compile(r"^\s*(?:SRID=\d+;)?\s*(?:MULTI)?(?:POINT|LINESTRING|POLYGON)\b", re.IGNORECASE)
# Two Chinese characters, or words without any digit: names; codes have digits or are short.
_NAME = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]{2}|^[^\W\d_]{5,}$|[^\W\d_]{3,}\s+\S")
_CODE = re.compile(r"^[\w\-./]{1,40}$")
_CLOCK_ALONE = re.compile(r"^\s*\d{1,2}\s*[:：时點点]")


@dataclass(frozen=True)
class Content:
    """
    A column's first values.

    Parameters
    ----------
    values
        The column as it was read.
    """

    values: pd.Series

    @cached_property
    def words(self) -> pd.Series:
        """Values that are not blank, as texts."""
        values = self.values.iloc[:_ROWS].dropna()
        if pd.api.types.is_float_dtype(values) and bool(((values % 1 == 0) & (values.abs() < 2**53)).all()):
            values = values.astype("Int64")
        text = values.astype("string").str.strip()
        return text[text != ""]

    @property
    def empty(self) -> bool:
        """Whether every value is blank."""
        return self.words.empty

    @cached_property
    def filled(self) -> float:
        """Share of values that are not blank."""
        return len(self.words) / max(1, len(self.values.iloc[:_ROWS]))

    @cached_property
    def distinct(self) -> int:
        """How many different values there are."""
        return int(self.words.nunique())

    @property
    def uniqueness(self) -> float:
        """Share of different values among those that are not blank."""
        return self.distinct / max(1, len(self.words))

    @cached_property
    def longest(self) -> float:
        """Mean length of the texts."""
        return float(self.words.str.len().mean()) if len(self.words) else 0.0

    @cached_property
    def numbers(self) -> pd.Series:
        """Values that are numbers, thousands' commas allowed."""
        return pd.to_numeric(self.words.str.replace(",", ""), errors="coerce").dropna().astype(float)

    @property
    def numeric(self) -> bool:
        """Whether nearly every value is a number."""
        return not self.empty and len(self.numbers) >= 0.9 * len(self.words)

    @cached_property
    def coordinates(self) -> pd.Series:
        """Values that are numbers, or degrees, minutes and seconds."""
        return as_degrees(self.words).dropna()

    @property
    def located(self) -> bool:
        """Whether nearly every value can be a coordinate."""
        return not self.empty and len(self.coordinates) >= 0.9 * len(self.words)

    @property
    def counts(self) -> bool:
        """Whether nearly all values can be counts, whole numbers from 0: a slip is for the report to name."""
        fit = (self.numbers >= 0) & (self.numbers % 1 == 0)
        return not self.empty and int(fit.sum()) >= NEARLY_ALL * len(self.words)

    @cached_property
    def names(self) -> bool:
        """Whether most values read like names rather than codes."""
        return not self.empty and float(self.words.map(lambda word: bool(_NAME.search(word))).mean()) > 0.5

    @cached_property
    def codes(self) -> bool:
        """Whether every value can be a code: a word, no fraction, no name."""
        fractions = self.numeric and bool((self.numbers % 1 != 0).any())
        return not fractions and bool(self.words.map(lambda word: bool(_CODE.match(word))).all())

    @cached_property
    def wkt(self) -> bool:
        """Whether the values are shapes in well-known text."""
        return not self.empty and bool(self.words.map(lambda word: bool(_WKT.match(word))).all())

    @cached_property
    def days(self) -> bool:
        """Whether nearly every value states a day."""
        return not self.empty and float((self._times["why"] != "date_unreadable").mean()) >= 0.8

    @cached_property
    def clocks(self) -> bool:
        """Whether the values state hours beside their days."""
        return self.days and bool(self._times[HOUR].notna().any())

    @cached_property
    def hours(self) -> bool:
        """Whether nearly every value is an hour of the day."""
        return not self.empty and float(parse_hours(self.words).notna().mean()) >= 0.8

    @cached_property
    def clock_alone(self) -> bool:
        """Whether the values are clock times without a day."""
        return not self.empty and bool(self.words.map(lambda word: bool(_CLOCK_ALONE.match(word))).all())

    @cached_property
    def times_of_day(self) -> float:
        """Share of values that are times of the day."""
        return self._share(lambda word: clock_ms(word) is not None)

    @cached_property
    def windows(self) -> float:
        """Share of values that state windows of a day, backwards or not."""
        return self._share(lambda word: windows_fault(word) != "windows_wrong")

    def _share(self, fits: Callable[[str], bool]) -> float:
        return 0.0 if self.empty else float(self.words.map(fits).mean())

    @cached_property
    def _times(self) -> pd.DataFrame:
        return parse_times(self.words)

    def within(self, low: float, high: float) -> bool:
        """Return whether the coordinates that are not 0 lie between two bounds."""
        numbers = self.coordinates[self.coordinates != 0]
        return self.located and bool(numbers.between(low, high).all())
