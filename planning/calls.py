"""
Which calls are counted: their source, their 统计口径 and category; and over which days they are known.

有效, 非警务 and 无效 calls together are the calls received (接报). What patrols found is never among them.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.schemas import BASIS, CATEGORY, COUNT, DATE, GRID_ID, PATROL, SOURCE
from geo.errors import Reason, SettingError

if TYPE_CHECKING:
    from planning.periods import Period

RECEIVED, VALID, NON_POLICE, INVALID = "received", "valid", "non_police", "invalid"
# Bases that divide the calls received: only they may be added up.
PARTS = (VALID, NON_POLICE, INVALID)
# 接报 has no code in an imported table, where it would hold the calls of the parts again.
_RECEIVED_WORDS = ("接报", RECEIVED)
# A silence less likely than this is no quiet time: calls were not imported.
_SILENCE = 1e-6
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
    """

    first: dt.date
    last: dt.date
    gaps: tuple[tuple[dt.date, dt.date], ...] = ()

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
    notes
        What was left out or could not be told.
    """

    rows: pd.DataFrame
    basis: str
    category: str | None
    source_known: bool
    known: KnownDays
    notes: tuple[Reason, ...] = ()


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
    """
    notes: list[Reason] = []
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
                COUNT: rows[COUNT].astype(np.int64),
            }
        ).reset_index(drop=True),
        basis=chosen,
        category=category,
        source_known=SOURCE in rows and bool(rows[SOURCE].notna().any()),
        known=known,
        notes=tuple(notes),
    )


def known_days(rows: pd.DataFrame) -> KnownDays:
    """
    Return the days over which calls are known.

    A silence counts as a gap if calls as frequent as the district's would fall silent for so long less than
    once in a million times. Months that begin or end with a likelier silence are known as a whole.

    Parameters
    ----------
    rows
        date (ISO) and count; at least one row.
    """
    by_day = rows.groupby(DATE)[COUNT].sum()
    by_day = by_day[by_day > 0].sort_index()
    days = [dt.date.fromisoformat(str(day)[:10]) for day in by_day.index]
    # The mean over the days that are not part of a gap; a gap that is counted in makes it a little small.
    a_day = float(by_day.sum()) / ((days[-1] - days[0]).days + 1)
    longest = math.floor(-math.log(_SILENCE) / a_day)
    gaps = tuple(
        (before + _ONE_DAY, after - _ONE_DAY)
        for before, after in zip(days, days[1:], strict=False)
        if (after - before).days - 1 > longest
    )
    first, last = days[0].replace(day=1), _month_end(days[-1])
    return KnownDays(
        first=first if (days[0] - first).days <= longest else days[0],
        last=last if (last - days[-1]).days <= longest else days[-1],
        gaps=gaps,
    )


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


def _reported(incidents: pd.DataFrame | None, notes: list[Reason]) -> pd.DataFrame:
    if incidents is None or incidents.empty:
        raise SettingError("calls_none")
    rows = incidents
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


def _month_end(day: dt.date) -> dt.date:
    return (day.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - _ONE_DAY
