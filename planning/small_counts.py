"""
Small counts kept out of tables that leave the house, also where the rest of a table would give them away.

A row's windows overlap in time, so that one can be the difference of others, and rows add up to totals. What
a reader can work out exactly is the linear span of what is shown, and no total below the limit may lie in
it. What he can only narrow down to a range is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.linalg import null_space

from planning.change_table import CHANGES, WINDOWS, pieces_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from planning.change_table import ChangeTable

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Ints = NDArray[np.intp]

SMALLEST_SHOWN = 10
_EXACT = 1e-9


@dataclass(frozen=True, kw_only=True)
class Published:
    """
    A table as it may leave the house.

    Parameters
    ----------
    table
        Without what is hidden, which is missing in it; without pieces.
    hidden_rows, hidden_total
        Which of the windows are hidden in each row, and in the total: known, and not shown.
    """

    table: ChangeTable
    hidden_rows: pd.DataFrame
    hidden_total: pd.Series


def publishable(
    table: ChangeTable, *, under: int = SMALLEST_SHOWN, groups: Iterable[pd.Series] = ()
) -> Published:
    """
    Return a table from which no total under a limit can be read or worked out.

    Parameters
    ----------
    table
        With its pieces.
    under
        Totals below it are hidden, also those of the time by which two windows differ, and those of the rows
        that are hidden together; from 1.
    groups
        Of each row, by its label: the larger places (town, station) whose totals others may know from tables
        of their own.
    """
    known = [name for name in WINDOWS if name not in table.unknown]
    patterns = _patterns(table, known)
    sums = table.pieces.to_numpy() @ patterns.totals.T
    shown = patterns.best(sums >= under)
    for group in _groups(table, groups):
        shown = _guarded(shown, sums, group, patterns, under)
    whole = _total_pattern(shown, sums, patterns, under)
    hidden = ~patterns.windows[shown]
    rows = pd.DataFrame(hidden, index=table.rows.index, columns=known).reindex(
        columns=list(WINDOWS), fill_value=False
    )
    total = pd.Series(~patterns.windows[whole], index=known).reindex(list(WINDOWS), fill_value=False)
    return Published(
        table=replace(
            table,
            rows=_without(table.rows, rows),
            total=_without(table.total.to_frame().T, total.to_frame().T).iloc[0].rename(None),
            pieces=table.pieces.iloc[:, :0],
        ),
        hidden_rows=rows,
        hidden_total=total,
    )


@dataclass(frozen=True, kw_only=True)
class _Patterns:
    """
    Which windows can be shown together, and what follows from each such pattern.

    Parameters
    ----------
    windows
        A row per pattern, the fullest first: which windows it shows.
    vectors
        A row per window: the pieces that it is the sum of.
    totals
        A row per total that follows from all windows together: its pieces.
    tells
        Pattern by total: whether it follows.
    """

    windows: Flags
    vectors: Floats
    totals: Floats
    tells: Flags

    def best(self, large: Flags) -> Ints:
        """Return for each row the fullest pattern that tells none but large totals."""
        return np.asarray((~(self.tells[None] & ~large[:, None]).any(axis=2)).argmax(axis=1))

    def span(self, pattern: int) -> Floats:
        return np.asarray(self.vectors[self.windows[pattern]])

    def within(self, pattern: int) -> Flags:
        """Return which patterns show no window that this one does not show."""
        return np.asarray(~(self.windows & ~self.windows[pattern]).any(axis=1))


def _patterns(table: ChangeTable, known: list[str]) -> _Patterns:
    firsts = table.pieces.columns
    vectors = np.zeros((len(known), len(firsts)))
    for at, name in enumerate(known):
        vectors[at, firsts.isin(pieces_of(firsts, getattr(table.comparison, name)))] = 1
    subsets = [
        subset for size in range(len(known), -1, -1) for subset in combinations(range(len(known)), size)
    ]
    windows = np.array([[at in subset for at in range(len(known))] for subset in subsets], dtype=bool)
    unions = (np.arange(1, 2 ** len(firsts))[:, None] >> np.arange(len(firsts)) & 1).astype(float)
    totals = unions[_follow(unions, vectors)]
    tells = np.array([_follow(totals, vectors[pattern]) for pattern in windows])
    return _Patterns(windows=windows, vectors=vectors, totals=totals, tells=tells)


def _follow(totals: Floats, span: Floats) -> Flags:
    """Return which totals are linear combinations of what is shown."""
    if not len(span):
        return np.zeros(len(totals), dtype=bool)
    known = np.linalg.pinv(span) @ span
    return np.asarray(np.linalg.norm(totals @ known - totals, axis=1) < _EXACT)


def _groups(table: ChangeTable, groups: Iterable[pd.Series]) -> Iterator[Ints]:
    yield np.arange(len(table.rows))
    for series in groups:
        code, _ = pd.factorize(series.reindex(table.rows.index))
        for number in range(code.max(initial=-1) + 1):
            yield np.flatnonzero(code == number)


def _guarded(shown: Ints, sums: Floats, group: Ints, patterns: _Patterns, under: int) -> Ints:
    """Return patterns that hide so much more that the group's sum gives no small total away."""
    shown = shown.copy()
    whole = int(patterns.best((sums[group].sum(axis=0) >= under)[None])[0])
    while (leak := _leak(shown[group], sums[group], whole, patterns, under)) is not None:
        holders, total = leak
        others = np.setdiff1d(np.arange(len(group)), holders)
        victim = int(others[np.argmin(sums[group][others, total])])
        shown[group[victim]] = _less(shown[group], victim, leak, whole, patterns)
    return shown


def _leak(shown: Ints, sums: Floats, whole: int, patterns: _Patterns, under: int) -> tuple[Ints, int] | None:
    """Return rows and a small total of theirs together that follow from the others and the sum; or None."""
    if len(shown) < 2:
        return None
    # Of two rows with the same pattern neither follows from the other.
    alone = np.flatnonzero(np.bincount(shown, minlength=len(patterns.windows))[shown] == 1)
    for row in alone:
        given_away = _given_away(int(row), shown, whole, patterns) & (sums[row] < under)
        if given_away.any():
            return np.array([row]), int(given_away.argmax())
    for total in np.flatnonzero(patterns.tells[whole]):
        holders = np.flatnonzero(~patterns.tells[shown, total])
        if 1 < len(holders) < len(shown) and sums[holders, total].sum() < under:
            return holders, int(total)
    return None


def _given_away(row: int, shown: Ints, whole: int, patterns: _Patterns) -> Flags:
    """Return which totals of a row follow from what is shown of it, of the others and of their sum."""
    # What is known of the sum and of every other row is known of the row that is left.
    span = _common(patterns.span(whole), _common_to_all(np.delete(shown, row), patterns))
    return _follow(patterns.totals, np.vstack([patterns.span(int(shown[row])), span]))


def _total_pattern(shown: Ints, sums: Floats, patterns: _Patterns, under: int) -> int:
    """Return the fullest pattern of the sum of all rows with which it tells no small total."""
    small = sums.sum(axis=0) < under
    added_up = _common_to_all(shown, patterns)
    tells = (
        (_follow(patterns.totals, np.vstack([patterns.span(pattern), added_up])) & small).any()
        for pattern in range(len(patterns.windows))
    )
    return next(pattern for pattern, told in enumerate(tells) if not told)


def _common_to_all(shown: Ints, patterns: _Patterns) -> Floats:
    spans = [patterns.span(int(pattern)) for pattern in np.unique(shown)]
    return reduce(_common, spans)


def _common(span: Floats, other: Floats) -> Floats:
    """Return vectors that span what two spans have in common."""
    if not len(span) or not len(other):
        return span[:0]
    return np.asarray(null_space(np.vstack([span, -other]).T).T[:, : len(span)] @ span)


def _less(shown: Ints, victim: int, leak: tuple[Ints, int], whole: int, patterns: _Patterns) -> int:
    """Return the fullest pattern with which a row no longer helps to give a total away."""
    holders, total = leak
    for pattern in np.flatnonzero(patterns.within(int(shown[victim]))):
        trial = shown.copy()
        trial[victim] = pattern
        if len(holders) == 1:
            if not _given_away(int(holders[0]), trial, whole, patterns)[total]:
                return int(pattern)
        elif not patterns.tells[pattern, total]:
            return int(pattern)
    raise AssertionError("a row that shows nothing gives nothing away")


def _without(rows: pd.DataFrame, hidden: pd.DataFrame) -> pd.DataFrame:
    kept = rows.copy()
    for name in WINDOWS:
        kept[name] = kept[name].mask(hidden[name].to_numpy())
    for name, (now, before) in CHANGES.items():
        either = (hidden[now] | hidden[before]).to_numpy()
        for column in (f"{name}_change", f"{name}_p", f"{name}_chance"):
            kept[column] = kept[column].mask(either)
    return kept
