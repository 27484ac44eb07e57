"""
The fixed table of calls, a row per place or category: 本期、上期、环比、去年同期、同比、累计、累计同比.

A change from nothing is no percentage, and a period without data is unknown: both are missing. Each change
says whether it is within chance (`planning.chance`), with the clustering of calls taken into account.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.errors import Reason, SettingError
from planning.calls import count_by_period, running_days
from planning.chance import change_p_values, excess_of_sum, excess_variance
from planning.periods import SPAN, Comparison, Period, compared, period_of, trailing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from planning.calls import Calls

    Floats = NDArray[np.float64]

CURRENT, PREVIOUS, YEAR_BEFORE = "current", "previous", "year_before"
CUMULATIVE, CUMULATIVE_BEFORE = "cumulative", "cumulative_before"
WINDOWS = (CURRENT, PREVIOUS, YEAR_BEFORE, CUMULATIVE, CUMULATIVE_BEFORE)
# 环比, 同比, 累计同比: what is compared with what.
CHANGES: Mapping[str, tuple[str, str]] = {
    "previous": (CURRENT, PREVIOUS),
    "year": (CURRENT, YEAR_BEFORE),
    "cumulative": (CUMULATIVE, CUMULATIVE_BEFORE),
}
# What is told of each of them (`ChangeTable.rows`).
ABOUT_A_CHANGE = ("change", "p", "chance", "false")
# The label of calls without a place, or without a category.
NOWHERE = ""

_HISTORY, _LEAST_HISTORY = 12, 4
_FALL_BACK = dt.timedelta(days=30)
_ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class ChangeTable:
    """
    The fixed table.

    Parameters
    ----------
    rows
        By label (place or category), `NOWHERE` last: the count in each of `WINDOWS`, missing where it is
        unknown; for each of `CHANGES` ``<name>_change`` (0.1 is 10 % more; missing from nothing or where
        either is unknown), ``<name>_p``, ``<name>_chance`` (whether it is within chance), and
        ``<name>_false`` (how likely it would be beyond chance if nothing had changed).
    total
        The same of all rows together.
    pieces
        Calls of each row in the pieces of time into which the windows cut one another, by first day.
    comparison
        The periods that were counted.
    unknown
        Those of `WINDOWS` over which calls are not known.
    per_day
        Whether changes are of the calls a day, not of their sums.
    level
        Changes with a smaller p are beyond chance.
    excess
        Variance k of each row's rate from one such period to the next; 0 where it could not be told.
    notes
        What was cut short, left out or could not be told.
    """

    rows: pd.DataFrame
    total: pd.Series
    pieces: pd.DataFrame
    comparison: Comparison
    unknown: frozenset[str]
    per_day: bool
    level: float
    excess: pd.Series
    notes: tuple[Reason, ...] = ()

    @property
    def expected_false(self) -> float:
        """How many changes, the total's too, would be held for more than chance if nothing had changed."""
        told = [
            *(self.rows[f"{name}_false"] for name in CHANGES),
            self.total[[f"{name}_false" for name in CHANGES]],
        ]
        return float(sum(pd.to_numeric(part).sum() for part in told))


def change_table(
    calls: Calls,
    labels: pd.Series,
    period: Period,
    *,
    rows: Iterable[str] = (),
    units: pd.Series | None = None,
    spring_festival: bool = False,
    per_day: bool = False,
    level: float = 0.05,
) -> ChangeTable:
    """
    Return the fixed table of a period.

    Parameters
    ----------
    calls
        What is counted (`planning.calls.counted_calls`).
    labels
        Row of each call, on the index of ``calls.rows``; `NOWHERE` for those without one.
    period
        本期. Where calls end within it, as many of its first days as are known are compared.
    rows
        Labels that have a row also without a call. Rows come in the order of their codes.
    units
        Place of each call, where rows are no places themselves. Chance is what places do apart from one
        another; what they have in common moves a row for a reason.
    spring_festival
        As for `planning.periods.compared`.
    per_day
        Whether changes are of the calls a day, for periods that differ in length.
    level
        Between 0 and 1.

    Raises
    ------
    SettingError
        As `planning.calls.running_days` and `planning.periods.compared`; ``setting_wrong``.
    """
    if not 0 < level < 1:
        raise SettingError("setting_wrong", name="level", found=level, allowed="0–1")
    days, notes = running_days(calls.known, period)
    comparison = compared(period, spring_festival=spring_festival, days=days)
    windows = {name: getattr(comparison, name) for name in WINDOWS}
    unknown = frozenset(name for name, window in windows.items() if not calls.known.covers(window))
    order = [*sorted({*rows, *labels.unique()} - {NOWHERE}), NOWHERE]
    noise = _noise(calls, labels, order, units, comparison.current)
    pieces = count_by_period(calls.rows, labels, order, cut_pieces(comparison))
    counts = _window_sums(pieces, windows).astype("Int64")
    total = counts.sum().to_frame().T.astype("Int64")
    counts[list(unknown)] = total[list(unknown)] = pd.NA
    case = _Case(windows=windows, base_days=noise.days, per_day=per_day, level=level)
    # Nothing is without a place: no row for it.
    kept = slice(None) if pieces.loc[NOWHERE].any() else slice(-1)
    return ChangeTable(
        rows=_with_changes(counts, case, noise.rows)[kept],
        total=_with_changes(total, case, np.array([noise.total])).iloc[0].rename(None),
        pieces=pieces[kept],
        comparison=comparison,
        unknown=unknown,
        per_day=per_day,
        level=level,
        excess=pd.Series(noise.rows, index=counts.index)[kept],
        notes=(
            *calls.doubts,
            *notes,
            *noise.notes,
            *_notes(case, calls, comparison, unknown, spring_festival),
        ),
    )


@dataclass(frozen=True, kw_only=True)
class _Case:
    """What a table compares: its windows, the days for which the excess holds, and how."""

    windows: Mapping[str, Period]
    base_days: float
    per_day: bool
    level: float


@dataclass(frozen=True, kw_only=True)
class _Noise:
    """Excess of each row and of their sum in periods of so many days."""

    rows: Floats
    total: float
    days: float
    notes: tuple[Reason, ...] = ()


def cut_pieces(comparison: Comparison) -> list[Period]:
    """Return the pieces of time into which the windows of a comparison cut one another."""
    windows = [getattr(comparison, name) for name in WINDOWS]
    borders = sorted({day for window in windows for day in (window.first, window.last + _ONE_DAY)})
    return [
        Period(first=first, last=after - _ONE_DAY, kind=SPAN)
        for first, after in zip(borders, borders[1:], strict=False)
        if any(window.first <= first <= window.last for window in windows)
    ]


def _window_sums(pieces: pd.DataFrame, windows: Mapping[str, Period]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: pieces.loc[:, pieces_of(pieces.columns, window)].sum(axis=1)
            for name, window in windows.items()
        }
    )


def pieces_of(firsts: pd.Index, window: Period) -> list[str]:
    """Return those pieces of time, named by their first day (ISO), that make up a window."""
    return [first for first in firsts if window.first.isoformat() <= first <= window.last.isoformat()]


def _noise(
    calls: Calls, labels: pd.Series, order: Sequence[str], units: pd.Series | None, current: Period
) -> _Noise:
    history = _history(calls, current)
    if not history:
        nothing = np.zeros(len(order))
        return _Noise(rows=nothing, total=0.0, days=1.0, notes=(Reason("chance_without_history", {}),))
    days = float(np.mean([period.days for period in history]))
    if units is None:
        table = count_by_period(calls.rows, labels, order[:-1], history)
        alike = excess_variance(table)
        total = excess_of_sum(alike, table.sum(axis=1))
        return _Noise(rows=np.full(len(order), alike), total=total, days=days)
    places = sorted(set(units) - {NOWHERE})
    every = pd.Series(data=True, index=labels.index)
    excess = []
    for kept in (*(labels == label for label in order), every):
        table = count_by_period(calls.rows[kept], units[kept], places, history)
        excess.append(excess_of_sum(excess_variance(table), table.sum(axis=1)))
    return _Noise(rows=np.array(excess[:-1]), total=excess[-1], days=days)


def _history(calls: Calls, current: Period) -> list[Period]:
    """Return periods before the current one that tell how much counts vary; none if there are too few."""
    before = period_of(current.first - _FALL_BACK, current.first - _ONE_DAY)
    for last in (current.previous(), before):
        found = [period for period in trailing(last, _HISTORY) if calls.known.covers(period)]
        if len(found) >= _LEAST_HISTORY:
            return found
    return []


def _with_changes(counts: pd.DataFrame, case: _Case, excess: Floats) -> pd.DataFrame:
    table = counts.copy()
    for name, (now, before) in CHANGES.items():
        new, old = case.windows[now], case.windows[before]
        scale = old.days / new.days if case.per_day else 1.0
        base = counts[before].astype("Float64").where(counts[before] > 0)
        table[f"{name}_change"] = counts[now] / base * scale - 1.0
        known = (counts[now].notna() & counts[before].notna()).to_numpy()
        p, false = np.full((2, len(counts)), np.nan)
        p[known], false[known] = change_p_values(
            counts[now][known],
            counts[before][known],
            days_now=new.days,
            days_before=old.days,
            # Waverings of single periods cancel out over several of them.
            excess_now=excess[known] * case.base_days / new.days,
            excess_before=excess[known] * case.base_days / old.days,
            level=case.level,
        )
        table[f"{name}_p"] = pd.array(p, dtype="Float64")
        table[f"{name}_chance"] = (table[f"{name}_p"] >= case.level).astype("boolean")
        table[f"{name}_false"] = pd.array(false, dtype="Float64")
    return table


def _notes(
    case: _Case, calls: Calls, comparison: Comparison, unknown: frozenset[str], spring_festival: bool
) -> Iterator[Reason]:
    for name in WINDOWS:
        if name in unknown:
            facts = {"window": name, "first": calls.known.first.isoformat()}
            yield Reason("window_unknown", facts)
    if spring_festival:
        yield Reason("festival_aligned" if comparison.aligned else "festival_alike", {})
    for name, (now, before) in CHANGES.items():
        days, other = case.windows[now].days, case.windows[before].days
        if days != other and not case.per_day and not {now, before} & unknown:
            yield Reason("window_days_differ", {"change": name, "days": days, "other_days": other})
