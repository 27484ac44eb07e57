"""
Small counts kept out of tables that leave the house, also where other figures would give them away.

What may be shown of a period is settled for all its tables at once: stations, towns, zones and villages, each
category and all calls, every window. So it does not matter which of them are published, or when. What is
hidden cannot be worked out of all that is shown, and no sum of what is hidden together is small.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from data.schemas import CATEGORY
from planning.calls import count_by_period
from planning.change_table import ABOUT_A_CHANGE, CHANGES, NOWHERE, WINDOWS, cut_pieces, pieces_of
from planning.given_away import Reader

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planning.calls import Calls
    from planning.change_table import ChangeTable

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Ints = NDArray[np.int64]

SMALLEST_SHOWN = 10
# The level of the district as a whole, and the column of all calls.
DISTRICT, ALL = "district", None
_EXACT = 1e-9
# Where windows follow from one another, the first ones are shown by themselves.
_PREFERRED = ("current", "year_before", "cumulative", "cumulative_before", "previous")


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


@dataclass(frozen=True, kw_only=True)
class Shown:
    """
    What may be shown of a period.

    Parameters
    ----------
    cells
        By level, place and category (`ALL` for all calls): which windows may be shown. Places without any
        call are not in it: nothing may be shown of them.
    """

    cells: pd.DataFrame

    def of(self, level: str, category: str | None) -> pd.DataFrame:
        """Return which windows may be shown of the places of a level."""
        found = self.cells
        kept = (found["level"] == level) & (
            found["category"].isna() if category is None else _is(found, category)
        )
        return found[kept].set_index("place")[list(WINDOWS)]

    def total(self, category: str | None) -> pd.Series:
        """Return which windows may be shown of the district; none of a category without calls."""
        return self.of(DISTRICT, category).reindex([NOWHERE], fill_value=False).iloc[0]

    def by_category(self) -> pd.DataFrame:
        """Return which windows may be shown of the categories in the district."""
        found = self.cells[(self.cells["level"] == DISTRICT) & self.cells["category"].notna()]
        return found.set_index("category")[list(WINDOWS)]


def _is(cells: pd.DataFrame, category: str) -> pd.Series:
    return (cells["category"] == category).fillna(value=False).astype(bool)


def shown_of(calls: Calls, places: pd.DataFrame, table: ChangeTable, *, under: int = SMALLEST_SHOWN) -> Shown:
    """
    Return what may be shown of a period in all tables of its calls.

    Parameters
    ----------
    calls
        Of one 统计口径 and all categories.
    places
        Of each call, on the index of ``calls.rows``: a column per level (station, town, zone, village) of
        which a table may be made, `NOWHERE` for calls without a place.
    table
        One of the period's tables: its windows hold for the others too.
    under
        Totals below it are hidden, also those of the time by which two windows differ, and those of what is
        hidden together; from 1.
    """
    known = [name for name in _PREFERRED if name not in table.unknown]
    cells = _Cells.of(calls, places, table)
    times = _Times.of(table, known)
    shown = _Search(cells, times, under).run()
    every = times.follow(shown)
    index = pd.MultiIndex.from_tuples(
        [(level, place, category) for level, place in cells.places for category in (*cells.categories, ALL)],
        names=["level", "place", "category"],
    )
    flags = pd.DataFrame(every.reshape(len(index), -1), index=index, columns=known)
    return Shown(cells=flags.reindex(columns=list(WINDOWS), fill_value=False).reset_index())


def publishable(table: ChangeTable, rows: pd.DataFrame, total: pd.Series) -> Published:
    """
    Return a table without what may not be shown.

    Parameters
    ----------
    rows, total
        Which of the windows may be shown, in each row and in the sum (`Shown.of`); rows that are not told of
        show nothing.
    """
    known = pd.Series({name: name not in table.unknown for name in WINDOWS})
    may = rows.reindex(table.rows.index, fill_value=False).reindex(columns=list(WINDOWS)).astype(bool)
    hidden_rows, hidden_total = ~may & known, ~total.reindex(list(WINDOWS)).astype(bool) & known
    return Published(
        table=replace(
            table,
            rows=_without(table.rows, hidden_rows),
            total=_without(table.total.to_frame().T, hidden_total.to_frame().T).iloc[0].rename(None),
            pieces=table.pieces.iloc[:, :0],
        ),
        hidden_rows=hidden_rows,
        hidden_total=hidden_total,
    )


@dataclass(frozen=True, kw_only=True)
class _Cells:
    """
    All counts of a period.

    Parameters
    ----------
    places
        Level and label of each, the district among them.
    categories
        Those that there are.
    members
        Place by smallest area: what it is made of.
    pieces
        Calls by place, category (the last column for all of them) and piece of time.
    """

    places: list[tuple[str, str]]
    categories: tuple[str, ...]
    members: Flags
    pieces: Ints

    @classmethod
    def of(cls, calls: Calls, places: pd.DataFrame, table: ChangeTable) -> _Cells:
        times = cut_pieces(table.comparison)
        whole = places.assign(**{DISTRICT: NOWHERE})
        area = whole.groupby(list(whole.columns), sort=True).ngroup()
        areas = whole.assign(area=area).drop_duplicates("area").set_index("area").sort_index()
        categories = sorted(set(calls.rows[CATEGORY]))
        code = area * len(categories) + pd.Index(categories).get_indexer(pd.Index(calls.rows[CATEGORY]))
        order = [str(number) for number in range(len(areas) * len(categories))]
        flat = count_by_period(calls.rows, code.astype("str"), order, times).to_numpy()
        counts = flat.reshape(len(areas), len(categories), len(times))
        # Tables have no row for what is without a category, or a place, where there is none of it.
        there = [at for at, name in enumerate(categories) if name != NOWHERE or counts[:, at].any()]
        counts = counts[:, there]
        found = [(str(level), label) for level in whole for label in sorted(set(areas[level]))]
        members = np.array([(areas[level] == label).to_numpy() for level, label in found])
        parts = np.tensordot(members.astype(np.int64), counts, axes=1)
        pieces = np.concatenate([parts, parts.sum(axis=1, keepdims=True)], axis=1)
        kept = [
            at for at, (level, label) in enumerate(found) if level == DISTRICT or label or pieces[at].any()
        ]
        return cls(
            places=[found[at] for at in kept],
            categories=tuple(categories[at] for at in there),
            members=members[kept],
            pieces=pieces[kept],
        )

    @property
    def nothing(self) -> Flags:
        """Place by category: which are known to be empty, since tables have no row for them."""
        nowhere = np.array([level != DISTRICT and label == NOWHERE for level, label in self.places])
        return nowhere[:, None] & ~self.pieces.any(axis=2)

    def lines(self) -> tuple[Ints, Flags]:
        """Return places, and for each the places of one level that add up to it."""
        inside = self.members.astype(np.float32)
        size = inside.sum(axis=1)
        within = inside @ inside.T == size[None, :]
        levels = np.array([level for level, _ in self.places])
        sums, parts = [], []
        for level in dict.fromkeys(levels):
            children = within & (levels == level)[None, :]
            whole = (children @ size == size) & (levels != level)
            sums.append(np.flatnonzero(whole))
            parts.append(children[whole])
        return np.concatenate(sums), np.concatenate(parts)


@dataclass(frozen=True, kw_only=True)
class _Times:
    """
    How windows follow from one another.

    Parameters
    ----------
    basis
        Windows that do not follow from one another (numbers among those that are known); all others do.
    totals
        A row per total of time that follows from all windows together: which pieces make it up.
    made_of
        Total by window of the basis: whether it takes part.
    windows
        Which total each known window is.
    """

    basis: tuple[int, ...]
    totals: Floats
    made_of: Flags
    windows: tuple[int, ...]

    @classmethod
    def of(cls, table: ChangeTable, known: list[str]) -> _Times:
        firsts = table.pieces.columns
        vectors = np.array(
            [firsts.isin(pieces_of(firsts, getattr(table.comparison, name))) for name in known], dtype=float
        )
        basis: list[int] = []
        for at in range(len(known)):
            if np.linalg.matrix_rank(vectors[[*basis, at]]) > len(basis):
                basis.append(at)
        unions = (np.arange(1, 2 ** len(firsts))[:, None] >> np.arange(len(firsts)) & 1).astype(float)
        parts = unions @ np.linalg.pinv(vectors[basis])
        follows = np.linalg.norm(parts @ vectors[basis] - unions, axis=1) < _EXACT
        totals, made_of = unions[follows], np.abs(parts[follows]) > _EXACT
        # Totals of few windows first: what is hidden for them may settle those of more.
        order = np.argsort(made_of.sum(axis=1), kind="stable")
        totals = totals[order]
        windows = tuple(int((totals == vector).all(axis=1).argmax()) for vector in vectors)
        return cls(basis=tuple(basis), totals=totals, made_of=made_of[order], windows=windows)

    def hidden(self, shown: Flags, total: int) -> Flags:
        """Return of which cells a total does not follow from the windows (last axis) that are shown."""
        return np.asarray(~shown[..., self.made_of[total]].all(axis=-1))

    def follow(self, shown: Flags) -> Flags:
        """Return which of all known windows follow from those of the basis that are shown."""
        return np.stack([~self.hidden(shown, total) for total in self.windows], axis=-1)

    def fullest(self, large: Flags) -> Flags:
        """Return the most windows of the basis that tell of a cell none but large totals (last axis)."""
        size = self.made_of.shape[1]
        subsets = [subset for count in range(size, -1, -1) for subset in combinations(range(size), count)]
        patterns = np.array([[at in subset for at in range(size)] for subset in subsets], dtype=bool)
        tells = ~(self.made_of[None] & ~patterns[:, None]).any(axis=2)
        # A cell of few kinds of smallness: each is settled once.
        kinds, kind = np.unique(large.reshape(-1, large.shape[-1]), axis=0, return_inverse=True)
        best = (~(tells[None] & ~kinds[:, None]).any(axis=2)).argmax(axis=1)
        return np.asarray(patterns[best[kind.ravel()]].reshape(*large.shape[:-1], size))


class _Search:
    """
    Hides more and more, until nothing that is hidden follows from what is shown.

    Parameters
    ----------
    cells, times
        What there is to be shown.
    under
        Totals below it are hidden.
    """

    def __init__(self, cells: _Cells, times: _Times, under: int) -> None:
        self.times, self.under = times, under
        self.reader = Reader(cells.members, len(cells.categories))
        # Place by category by total of time.
        self.sums = cells.pieces @ times.totals.T.astype(np.int64)
        self.empty = cells.nothing
        # What follows from a row that a table does not have cannot be hidden.
        self.known = np.repeat(self.empty[..., None], times.made_of.shape[1], axis=2)
        self.whole, self.parts = cells.lines()
        self.adding = sparse.csr_array(self.parts.astype(np.int64))
        self.shown = times.fullest((self.sums >= under) | self.empty[..., None])

    def run(self) -> Flags:
        """Return which windows of the basis are shown: by place, category, window."""
        settled = np.zeros_like(self.shown)
        while True:
            while self._along_places() or self._along_categories():
                pass
            changed = (settled != self.shown).any(axis=(0, 1))
            settled = self.shown.copy()
            if not any([self._break(window) for window in np.flatnonzero(changed).tolist()]):
                return self.shown

    def _along_places(self) -> bool:
        """Hide more where places that are hidden follow from a sum of places; tell whether there were any."""
        found = False
        for total in range(len(self.times.totals)):
            hidden = self.times.hidden(self.shown, total)
            open_ = ~hidden[self.whole]
            count, left = self._left(hidden, total)
            wrong = open_ & ~self.empty[self.whole] & (count > 0) & self._too_few(count, left, total)
            for line, column in np.argwhere(wrong).tolist():
                cells = [(place, column) for place in np.flatnonzero(self.parts[line]).tolist()]
                self._cover(cells, (int(self.whole[line]), column), total)
                found = True
        return found

    def _left(self, hidden: Flags, total: int) -> tuple[Ints, Ints]:
        """Return how many parts of each line are hidden, and what they add up to."""
        count = self.adding @ hidden.astype(np.int64)
        return count, self.adding @ (self.sums[..., total] * hidden)

    def _along_categories(self) -> bool:
        found = False
        for total in range(len(self.times.totals)):
            hidden = self.times.hidden(self.shown, total)
            count = hidden[:, :-1].sum(axis=1)
            left = (self.sums[:, :-1, total] * hidden[:, :-1]).sum(axis=1)
            wrong = ~hidden[:, -1] & (count > 0) & self._too_few(count, left, total)
            for place in np.flatnonzero(wrong).tolist():
                cells = [(place, column) for column in range(hidden.shape[1] - 1)]
                self._cover(cells, (place, hidden.shape[1] - 1), total)
                found = True
        return found

    def _too_few(self, count: Ints, left: Ints, total: int) -> Flags:
        # One that is hidden alone is what the others leave of the sum.
        alone = (count < 2) & (self.times.made_of[total].sum() == 1)
        return np.asarray(alone | (left < self.under))

    def _cover(self, cells: list[tuple[int, int]], whole: tuple[int, int], total: int) -> None:
        """Hide the smallest of cells beside the hidden ones until these give none away; or their sum."""
        sums = {cell: int(self.sums[(*cell, total)]) for cell in cells}
        hidden = [cell for cell in cells if not self.shown[cell][self.times.made_of[total]].all()]
        others = sorted(
            (c for c in cells if c not in set(hidden) and not self.empty[c]), key=sums.__getitem__
        )
        count, left = len(hidden), sum(sums[cell] for cell in hidden)
        for cell in (*others, whole):
            if not self._too_few(np.array(count), np.array(left), total):
                return
            self._hide(cell, total)
            count, left = count + 1, left + sums.get(cell, 0)

    def _hide(self, cell: tuple[int, int], total: int) -> None:
        self.shown[cell][np.flatnonzero(self.times.made_of[total])[-1]] = False

    def _break(self, window: int) -> bool:
        """Hide the smallest count from which each follows that should not; tell whether there were any."""
        before = self.shown[..., window].copy()
        known = before | self.known[..., window]
        told = np.argwhere(self.reader.works_out(known) & ~known)
        leaks = [(int(place), int(column)) for place, column in told]
        total = self.times.windows[self.times.basis[window]]
        for helps in self.reader.accomplices(known, leaks) if leaks else ():
            shown = [cell for cell in helps if self.shown[(*cell, window)] and not self.empty[cell]]
            if shown:
                self.shown[(*min(shown, key=lambda cell: int(self.sums[(*cell, total)])), window)] = False
        # One that was hidden for another leak may have mended this one too; where none could be, it stays.
        if leaks and (self.shown[..., window] == before).all():
            self.known[(*np.array(leaks).T, window)] = True
        return bool(leaks)


def _without(rows: pd.DataFrame, hidden: pd.DataFrame) -> pd.DataFrame:
    kept = rows.copy()
    for name in WINDOWS:
        kept[name] = kept[name].mask(hidden[name].to_numpy())
    for name, (now, before) in CHANGES.items():
        either = (hidden[now] | hidden[before]).to_numpy()
        for what in ABOUT_A_CHANGE:
            kept[f"{name}_{what}"] = kept[f"{name}_{what}"].mask(either)
    return kept
