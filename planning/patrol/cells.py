"""Cells of teams and stops as values, and rows that cannot be used told of."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from data.clock import MS_PER_MINUTE
from data.schemas import NAME, VILLAGE_ID
from geo.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Tables = Mapping[str, pd.DataFrame]

_SHOWN = 5


def texts(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return a column as texts, "" where it is blank or not there."""
    if name not in frame:
        return pd.Series("", index=frame.index, dtype=object)
    return frame[name].astype(object).where(frame[name].notna(), "").astype(str).astype(object)


def numbers(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return a column as numbers, NaN where it is blank or not there."""
    if name not in frame:
        return pd.Series(math.nan, index=frame.index)
    return pd.to_numeric(frame[name], errors="coerce").astype(float)


def names(frame: pd.DataFrame) -> pd.Series:
    """Return each row's name, its label where it has none."""
    named = texts(frame, NAME)
    return named.where(named != "", frame.index.to_series().astype(str))


def held(values: Iterable[object], index: pd.Index) -> pd.Series:
    """Return a column of objects, tuples among them, one a row."""
    return pd.Series([*values], index=index, dtype=object)


def looked_up(labels: pd.Series, known: pd.Series, *, else_: object = "") -> pd.Series:
    """Return what is known of each label, and `else_` of those that nothing is known of."""
    found = {label: value for label, value in known.items() if value is not None}
    return held((found.get(label, else_) for label in labels), labels.index)


def minutes_as_ms(minutes: pd.Series) -> pd.Series:
    """Return minutes as whole milliseconds."""
    return (minutes.astype(float) * MS_PER_MINUTE).round().astype("int64")


def known_villages(frame: pd.DataFrame, villages: pd.Index, code: str, told: list[Reason]) -> pd.Series:
    """Return each row's village, "" where there is none or it is not there, which is told."""
    stated = frame[VILLAGE_ID]
    unknown = (stated != "") & ~stated.isin(villages)
    if unknown.any():
        facts = {"count": int(unknown.sum()), "names": frame.loc[unknown, NAME].head(_SHOWN).tolist()}
        told.append(Reason(code, {**facts, "ids": sorted(set(stated[unknown]))[:_SHOWN]}))
    return stated.mask(unknown, "")


def placed(frame: pd.DataFrame, code: str, told: list[Reason]) -> pd.DataFrame:
    """Return the rows that have a point; the others are told of."""
    lost = frame["point"].isna()
    if lost.any():
        facts = {"count": int(lost.sum()), "names": frame.loc[lost, NAME].head(_SHOWN).tolist()}
        told.append(Reason(code, facts))
    return frame[~lost].copy()
