"""Longitudes and latitudes as people write them: 120.5, or 120°30′36″."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Hashable

_DEGREES = re.compile(
    r"^\s*(?P<sign>-?)(?P<before>[NSEW东西南北]?)\s*(?P<degrees>\d{1,3})\s*[°度]"
    r"\s*(?:(?P<minutes>\d{1,2}(?:\.\d+)?)\s*[′'分])?"
    r"\s*(?:(?P<seconds>\d{1,2}(?:\.\d+)?)\s*(?:″|\"|''|秒))?\s*(?P<after>[NSEW东西南北]?)\s*$"
)
_NEGATIVE = frozenset("SW西南")


def as_degrees(values: pd.Series) -> pd.Series:
    """Return numbers from plain ones and from degrees, minutes and seconds; NaN for anything else."""
    numbers = pd.to_numeric(values, errors="coerce").astype("float64")
    odd = numbers.isna() & values.notna()
    if odd.any():
        numbers = numbers.mask(odd, values[odd].map(_from_sexagesimal).reindex(values.index))
    return numbers


def _from_sexagesimal(text: Hashable) -> float:
    match = _DEGREES.match(str(text))
    if match is None:
        return float("nan")
    size = float(match["degrees"]) + float(match["minutes"] or 0) / 60 + float(match["seconds"] or 0) / 3600
    return -size if match["sign"] or {match["before"], match["after"]} & _NEGATIVE else size
