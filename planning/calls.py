"""
Which calls are counted: their source, their 统计口径 and category; and over which days they are known.

有效, 非警务 and 无效 calls together are the calls received (接报). What patrols found is never among them.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.schemas import BASIS, CATEGORY, COUNT, DATE, GRID_ID, MOST, PATROL, SOURCE, TABLES
from geo.errors import Reason, SchemaError, SettingError
from planning.periods import YEARS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planning.periods import Period

RECEIVED, VALID, NON_POLICE, INVALID = "received", "valid", "non_police", "invalid"
# Bases that divide the calls received: only they may be added up.
PARTS = (VALID, NON_POLICE, INVALID)
# 接报 has no code in an imported table, where it would hold the calls of the parts again.
_RECEIVED_WORDS = ("接报", RECEIVED)
# A silence less likely than this is no quiet time: calls were not imported.
_SILENCE = 1e-6
# Dates that never lie closer stand for weeks or months; of their usual distance, one that is left out takes
# more than this.
_DATED_APART, _ONE_LEFT_OUT = 7, 1.5
_ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class KnownDays:
    """
    The days over which calls are known: what lies outside is unknown, not quiet.

    Parameters
    ----------
    first, last
        Of the days that calls were imported for.
    gaps
        First and last day of each silence in between that is too long for chance.
    step
        Days that lie at least between two dates, where these stand for weeks or months; else 1.
    """

    first: dt.date
    last: dt.date
    gaps: tuple[tuple[dt.date, dt.date], ...] = ()
    step: int = 1

    def covers(self, period: Period) -> bool:
        """Whether every day of a period is known."""
        inside = self.first <= period.first and period.last <= self.last
        return inside and not any(begin <= period.last and period.first <= end for begin, end in self.gaps)

    def elapsed(self, period: Period) -> int:
        """Return how many days of a period are over by the last known one."""
        return max((min(period.last, self.last) - period.first).days + 1, 0)


@dataclass(frozen=True, kw_only=True)
class Calls:
    """
    The calls that are counted.

    Parameters
    ----------
    rows
        grid_id, date (ISO), category ("" where it is not known), count.
    basis
        Their 统计口径: `RECEIVED`, one of `PARTS`, or another that the table holds.
    category
        The only category among them; None for all.
    source_known
        Whether what patrols found could be told apart, and is left out.
    known
        The days over which the district's calls are known.
    repeated
        Rows of the table that are there a second time, and are counted twice.
    notes
        What was left out or could not be told.
    """

    rows: pd.DataFrame
    basis: str
    category: str | None
    source_known: bool
    known: KnownDays
    repeated: int = 0
    notes: tuple[Reason, ...] = ()

    @property
    def doubts(self) -> tuple[Reason, ...]:
        """What readers of a count are told: the notes, and that rows are there twice."""
        twice = (Reason("calls_repeated", {"count": self.repeated}),) if self.repeated else ()
        return (*self.notes, *twice)


def counted_calls(
    incidents: pd.DataFrame | None, *, basis: str | None = None, category: str | None = None
) -> Calls:
    """
    Return the calls that the public reported, of one 统计口径 and category.

    Parameters
    ----------
    incidents
        The incidents table, or none.
    basis
        A 统计口径; None for the widest that the table can answer (接报 where it holds the parts of it).
    category
        Only this one; None for all.

    Raises
    ------
    SettingError
        ``calls_none``; ``calls_basis_unknown``, ``calls_category_unknown`` with what there is.
    SchemaError
        ``calls_wrong`` with a reason for each row whose count or date is none.
    """
    notes: list[Reason] = []
    _require_right(incidents)
    rows = _reported(incidents, notes)
    known = known_days(rows)
    kinds = _texts(rows, CATEGORY)
    if category is not None and not (kinds == category).any():
        categories = tuple(sorted(set(kinds) - {""}))
        raise SettingError("calls_category_unknown", category=category, categories=categories)
    kept, chosen = _of_basis(rows, basis, notes)
    if category is not None:
        kept &= kinds == category
    rows = rows[kept]
    return Calls(
        rows=pd.DataFrame(
            {
                GRID_ID: rows[GRID_ID].astype("str"),
                DATE: rows[DATE],
                CATEGORY: kinds[kept],
                COUNT: pd.to_numeric(rows[COUNT]).astype(np.int64),
            }
        ).reset_index(drop=True),
        basis=chosen,
        category=category,
        source_known=SOURCE in rows and bool(rows[SOURCE].notna().any()),
        known=known,
        repeated=_repeated(rows),
        notes=tuple(notes),
    )


def known_days(rows: pd.DataFrame) -> KnownDays:
    """
    Return the days over which calls are known.

    A silence counts as a gap if calls as frequent as the district's would fall silent for so long less than
    once in a million times; where calls are dated by the week or the month, if one of these is left out.
    Months that begin or end with a shorter silence are known as a whole.

    Parameters
    ----------
    rows
        date (ISO) and count; at least one row.
    """
    told = rows.loc[rows[COUNT] > 0, DATE]
    days = [dt.date.fromisoformat(str(day)[:10]) for day in sorted(told.unique())]
    apart = [(after - before).days for before, after in pairwise(days)] or [1]
    if min(apart) >= _DATED_APART:
        longest = math.floor(_ONE_LEFT_OUT * float(np.median(apart)))
    else:
        longest = _longest_silence((days[-1] - days[0]).days + 1, len(days), len(told))
    first, last = _known_from(days[0], longest), _known_until(days[-1], longest)
    silences = (
        (_known_until(before, longest) + _ONE_DAY, _known_from(after, longest) - _ONE_DAY)
        for before, after in pairwise(days)
        if (after - before).days - 1 > longest
    )
    gaps = tuple((begin, end) for begin, end in silences if begin <= end)
    return KnownDays(first=first, last=last, gaps=gaps, step=min(apart) if min(apart) >= _DATED_APART else 1)


def _longest_silence(span: int, days: int, rows: int) -> int:
    """Return the longest silence that chance may bring about."""
    # A day is silent as often as days are, or as a day of so many rows is; whichever is less.
    silent = min(math.log((span - days + 1) / (span + 2)), -rows / span)
    return math.floor(math.log(_SILENCE) / silent)


def _known_from(day: dt.date, longest: int) -> dt.date:
    first = day.replace(day=1)
    return first if (day - first).days <= longest else day


def _known_until(day: dt.date, longest: int) -> dt.date:
    last = (day.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - _ONE_DAY
    return last if (last - day).days <= longest else day


def running_days(known: KnownDays, period: Period) -> tuple[int | None, tuple[Reason, ...]]:
    """
    Return how many days of a period are known, None for all of it, and a note where it is still running.

    Raises
    ------
    SettingError
        ``period_after_calls``, ``period_before_calls``, ``period_in_gap``: none of it, or not from its first
        day on. ``period_too_short`` for calls that are dated by the week or the month.
    """
    name = period.name
    if period.days < known.step:
        raise SettingError("period_too_short", period=name, count=known.step)
    if known.last < period.first:
        raise SettingError("period_after_calls", period=name, last=known.last.isoformat())
    if period.first < known.first:
        raise SettingError("period_before_calls", period=name, first=known.first.isoformat())
    for begin, end in known.gaps:
        if begin <= period.last and period.first <= end:
            raise SettingError("period_in_gap", period=name, first=begin.isoformat(), last=end.isoformat())
    days = known.elapsed(period)
    if days == period.days:
        return None, ()
    facts = {"period": name, "last": known.last.isoformat(), "found": days, "count": period.days}
    return days, (Reason("period_running", facts),)


def count_by_period(
    rows: pd.DataFrame, labels: pd.Series, order: Sequence[str], periods: Sequence[Period]
) -> pd.DataFrame:
    """
    Return the calls of each label in each period: labels in rows, the periods' first days (ISO) in columns.

    Parameters
    ----------
    rows
        date (ISO) and count.
    labels
        Of each row, on the same index; what `order` does not hold is left out.
    order
        Labels, each once.
    periods
        From the earliest to the latest, none of them overlapping.
    """
    firsts = np.array([period.first.isoformat() for period in periods], dtype=object)
    lasts = np.array([period.last.isoformat() for period in periods], dtype=object)
    number, days = pd.factorize(rows[DATE])
    texts = np.array([str(day)[:10] for day in days], dtype=object)
    at = np.searchsorted(firsts, texts, side="right") - 1
    column = np.where((at >= 0) & (texts <= lasts[at]), at, -1)[number] if len(rows) else np.array([], int)
    row = pd.Index(list(order), dtype="str").get_indexer(pd.Index(labels))
    inside = (row >= 0) & (column >= 0)
    cell = row[inside] * len(periods) + column[inside]
    sums = np.bincount(cell, rows[COUNT].to_numpy()[inside], minlength=len(order) * len(periods))
    table = sums.reshape(len(order), len(periods)).astype(np.int64)
    return pd.DataFrame(table, index=pd.Index(list(order), dtype="str"), columns=firsts)


def can_be_added(rows: pd.DataFrame) -> pd.Series:
    """
    Return which rows can be added up: other bases (接报) hold the calls of the single ones again.

    Parameters
    ----------
    rows
        basis and count. Where the table knows none of `PARTS`, the largest basis counts.
    """
    basis = _texts(rows, BASIS)
    other = ~basis.isin((*PARTS, ""))
    if not other.any() or basis.isin(PARTS).any():
        return ~other
    return (basis == "") | (basis == _largest(rows, basis[other]))


def places_of(calls: pd.DataFrame, places: pd.Series) -> pd.Series:
    """
    Return the place of each call, "" where its grid has none.

    Parameters
    ----------
    calls
        With grid_id.
    places
        Place of each grid, indexed by grid_id; missing where it has none.
    """
    by_grid = places[~places.index.duplicated()].dropna()
    return calls[GRID_ID].map(by_grid).fillna("").astype("str")


def _require_right(incidents: pd.DataFrame | None) -> None:
    """Refuse counts that are none, or more than there can be, and days that there are not."""
    if incidents is None or incidents.empty:
        return
    counts = pd.to_numeric(incidents[COUNT], errors="coerce").astype(float)
    wrong = {
        "calls_count_wrong": ~((counts >= 0) & (counts <= MOST) & (counts % 1 == 0)).to_numpy(),
        "calls_date_wrong": ~right_days(incidents[DATE]),
    }
    columns = {"calls_count_wrong": COUNT, "calls_date_wrong": DATE}
    reasons = tuple(
        Reason(code, _where(incidents, at, columns[code]))
        for code, rows in wrong.items()
        for at in np.flatnonzero(rows).tolist()
    )
    if reasons:
        raise SchemaError("calls_wrong", table="incidents", count=len(reasons), reasons=reasons)


def _where(incidents: pd.DataFrame, at: int, column: str) -> dict[str, object]:
    row = incidents.iloc[at]
    found = "" if pd.isna(row[column]) else str(row[column])
    return {"table": "incidents", "row": at + 1, "id": str(row[GRID_ID]), "found": found}


def right_days(days: pd.Series) -> NDArray[np.bool_]:
    """Return which values are days (ISO), of years that periods may have."""
    number, values = pd.factorize(days)
    right = [_is_day(str(value)[:10]) for value in values]
    # What is missing has number -1.
    return np.array([*right, False])[number]


def _is_day(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).year in YEARS
    except ValueError:
        return False


def _repeated(rows: pd.DataFrame) -> int:
    """Return how many rows are there a second time."""
    return int(rows.duplicated([name for name in TABLES["incidents"].columns if name in rows]).sum())


def _reported(incidents: pd.DataFrame | None, notes: list[Reason]) -> pd.DataFrame:
    if incidents is None or incidents.empty:
        raise SettingError("calls_none")
    rows = incidents.assign(**{COUNT: pd.to_numeric(incidents[COUNT])})
    if SOURCE in rows and rows[SOURCE].notna().any():
        rows = rows[(rows[SOURCE] != PATROL).fillna(value=True).astype(bool)]
    else:
        notes.append(Reason("calls_without_source", {}))
    if not (rows[COUNT] > 0).any():
        raise SettingError("calls_none")
    return rows


def _of_basis(rows: pd.DataFrame, asked: str | None, notes: list[Reason]) -> tuple[pd.Series, str]:
    """Return which rows are of the basis that is asked for, and which basis that is."""
    basis = _texts(rows, BASIS)
    there = sorted(set(basis) - {""})
    parts = [name for name in PARTS if name in there]
    whole = next((word for word in _RECEIVED_WORDS if word in there), None)
    if not there:
        notes.append(Reason("calls_basis_unstated", {}))
    # A table with one of the parts alone does not know what else was received.
    received = whole is not None or not there or len(parts) > 1
    known = (*((RECEIVED,) if received else ()), *(name for name in there if name != whole))
    if asked in _RECEIVED_WORDS:
        asked = RECEIVED
    chosen = asked or (RECEIVED if received else (parts or [_largest(rows, basis)])[0])
    if chosen not in known:
        raise SettingError("calls_basis_unknown", count_basis=chosen, count_bases=known)
    if chosen == RECEIVED:
        kept = basis == whole if whole and not parts else basis.isin((*PARTS, ""))
    else:
        kept = basis == chosen
        if lost := int(rows.loc[basis == "", COUNT].sum()):
            notes.append(Reason("calls_basis_missing", {"count": lost}))
    return kept, chosen


def _largest(rows: pd.DataFrame, basis: pd.Series) -> str:
    return str(rows.loc[basis.index, COUNT].groupby(basis).sum().idxmax())


def _texts(rows: pd.DataFrame, column: str) -> pd.Series:
    if column not in rows:
        return pd.Series("", index=rows.index, dtype="str")
    return rows[column].astype("str").fillna("")
