"""
What a reader can work out of published counts: of places within places, by category and of all of them.

Counts that are shown are sums over smallest areas and categories: a linear system. A count does not follow
from it if the areas can be changed so that everything that is shown stays as it is, and the count does not.
One change at random of all that are possible tells that of every count at once; counted modulo a prime, it is
told exactly.
"""

from __future__ import annotations

import heapq
import random
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Ints = NDArray[np.int64]
    # Coefficient of each unknown in a sum.
    Row = dict[int, int]

_PRIME = 2**31 - 1


class Reader:
    """
    Somebody who adds up and subtracts what is shown.

    Parameters
    ----------
    members
        Which of the smallest areas each place is made of: a row per place, a column per area.
    categories
        How many there are; counts are of each of them, and in the last column of all together.
    """

    def __init__(self, members: Flags, categories: int) -> None:
        kinds = sparse.csr_array(np.vstack([np.eye(categories), np.ones((1, categories))]).astype(np.int64))
        # A row per place and column, over areas by category.
        self.counts = sparse.csr_array(sparse.kron(sparse.csr_array(members.astype(np.int64)), kinds))
        self.counts.eliminate_zeros()
        self.shape = (len(members), categories + 1)

    def works_out(self, shown: Flags) -> Flags:
        """Return which counts follow from those that are shown (place by column): these among them."""
        rows = self.counts[np.flatnonzero(shown.ravel())]
        change, draw = np.zeros(self.counts.shape[1], dtype=np.int64), random.Random(0)
        free = _not_single(rows)
        kinds, kind = _alike(rows[:, free])
        together = _change_of(_rows_of(kinds), kinds.shape[1], draw)
        change[free] = _parted(together, kind, draw)
        return np.asarray((self.counts @ change % _PRIME == 0).reshape(self.shape))

    def accomplices(self, shown: Flags, places: Iterable[tuple[int, int]]) -> list[list[tuple[int, int]]]:
        """Return for each count (place, column) that follows from others some from which it does."""
        cells = np.flatnonzero(shown.ravel())
        rows, size = self.counts[cells], self.counts.shape[1]
        # A mark of its own in each sum tells in the end which ones were taken together.
        marked: list[Row] = [
            {**dict.fromkeys(rows.indices[a:b].tolist(), 1), size + at: 1}
            for at, (a, b) in enumerate(zip(rows.indptr, rows.indptr[1:], strict=False))
        ]
        told, found = _eliminated(marked, unknowns=size), []
        for place, column in places:
            at = place * self.shape[1] + column
            row = dict.fromkeys(self.counts[[at]].indices.tolist(), 1)
            for unknown, pivot in told:
                if unknown in row:
                    _take(row, pivot, unknown)
            marks = [mark - size for mark in row if mark >= size]
            found.append([divmod(int(cells[mark]), self.shape[1]) for mark in sorted(marks)])
        return found


def _not_single(rows: sparse.csr_array) -> Flags:
    """Return the unknowns that are not what a sum leaves when known ones are subtracted."""
    free = np.ones(rows.shape[1], dtype=bool)
    while True:
        known = np.asarray(rows[(rows @ free.astype(np.int64)) == 1].sum(axis=0)).ravel() > 0
        if not (known & free).any():
            return free
        free &= ~known


def _alike(rows: sparse.csr_array) -> tuple[sparse.csr_array, Ints]:
    """Return the sums with one unknown for all that are in the same of them, and which each belongs to."""
    sign = np.random.default_rng(0).integers(0, 2**62, rows.shape[0], dtype=np.int64)
    # Sums wrap around, which keeps those of different sets apart all the same.
    _, first, kind = np.unique(rows.T @ sign, return_index=True, return_inverse=True)
    return sparse.csr_array(rows[:, first]), kind.ravel().astype(np.int64)


def _parted(together: Ints, kind: Ints, draw: random.Random) -> Ints:
    """Return changes of single unknowns at random that make those of all that are alike."""
    change = np.array([draw.randrange(_PRIME) for _ in kind], dtype=np.int64)
    if not len(kind):
        return change
    left = np.zeros(len(together), dtype=np.int64)
    np.add.at(left, kind, change)
    _, last = np.unique(kind, return_index=True)
    change[last] = (change[last] + together - left) % _PRIME
    return change


def _rows_of(rows: sparse.csr_array) -> list[Row]:
    """Return the sums, each once, as coefficients by unknown."""
    found = {
        tuple(sorted(rows.indices[a:b].tolist())) for a, b in zip(rows.indptr, rows.indptr[1:], strict=False)
    }
    return [dict.fromkeys(unknowns, 1) for unknowns in sorted(found) if unknowns]


def _change_of(rows: list[Row], size: int, draw: random.Random) -> Ints:
    """Return a change of the unknowns at random that leaves all sums as they are."""
    change = [draw.randrange(_PRIME) for _ in range(size)]
    for unknown, row in reversed(_eliminated(rows, unknowns=size)):
        rest = sum(part * change[other] for other, part in row.items() if other != unknown)
        change[unknown] = -rest * pow(row[unknown], -1, _PRIME) % _PRIME
    return np.array(change, dtype=np.int64)


def _eliminated(rows: list[Row], *, unknowns: int) -> list[tuple[int, Row]]:
    """
    Return unknowns, each with a sum that tells it by those that follow; the least entangled come first.

    What is numbered from `unknowns` on is carried along.
    """
    within: dict[int, set[int]] = defaultdict(set)
    for at, row in enumerate(rows):
        for unknown in row:
            within[unknown].add(at)
    queue = [(len(where), unknown) for unknown, where in within.items() if unknown < unknowns]
    heapq.heapify(queue)
    told = []
    while queue:
        count, unknown = heapq.heappop(queue)
        where = within[unknown]
        if not where or count != len(where):
            continue
        pivot = min(where, key=lambda at: (len(rows[at]), at))
        told.append((unknown, rows[pivot]))
        changed = set(rows[pivot]) - {unknown}
        for other in rows[pivot]:
            within[other].discard(pivot)
        for at in sorted(where):
            came, left = _take(rows[at], rows[pivot], unknown)
            for other in came:
                within[other].add(at)
            for other in left:
                within[other].discard(at)
        for other in changed:
            if other < unknowns:
                heapq.heappush(queue, (len(within[other]), other))
    return told


def _take(row: Row, pivot: Row, unknown: int) -> tuple[list[int], list[int]]:
    """Take an unknown out of a sum by another sum; return the unknowns that came into it, and that left."""
    times, came, gone = row[unknown] * pow(pivot[unknown], -1, _PRIME) % _PRIME, [], []
    for other, part in pivot.items():
        before = row.get(other, 0)
        after = (before - times * part) % _PRIME
        if after:
            row[other] = after
            if not before:
                came.append(other)
        elif before:
            del row[other]
            gone.append(other)
    return came, gone
