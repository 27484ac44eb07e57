"""Which of many plans to show: none dominated, from least change to best balance to best shape."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LEAST_CHANGE, BALANCED, BETWEEN, BEST_SHAPE = "least_change", "balanced", "between", "best_shape"
_ALIKE = 1e-9


def front(costs: NDArray[np.float64], *, most: int = 10) -> list[int]:
    """
    Return the rows to show: none dominated by another, at most so many, spread over the whole range.

    Parameters
    ----------
    costs
        A row for each plan, a column for each thing that should be small.
    most
        How many rows at most; the smallest of each column are always among them.
    """
    kept = [i for i in range(len(costs)) if not _dominated(costs, i)]
    if len(kept) <= most:
        return sorted(kept, key=lambda i: tuple(costs[i]))
    low, high = costs[kept].min(axis=0), costs[kept].max(axis=0)
    scaled = (costs - low) / np.where(high > low, high - low, 1.0)
    chosen = list(dict.fromkeys(_smallest(costs, kept, column) for column in range(costs.shape[1])))
    while len(chosen) < most:
        rest = [i for i in kept if i not in chosen]
        away = {i: np.linalg.norm(scaled[chosen] - scaled[i], axis=1).min() for i in rest}
        chosen.append(max(rest, key=away.__getitem__))
    return sorted(chosen, key=lambda i: tuple(costs[i]))


def named(costs: NDArray[np.float64], names: Sequence[str]) -> list[str]:
    """
    Return what to call each plan of a front: the three that are marked, the best shaped, and the others.

    Least change has the smallest first cost, balanced the smallest second, best shape the smallest third;
    between is, of the others, the one nearest to having the smallest of the first two.

    Parameters
    ----------
    costs
        A row for each plan: workload moved, CV, what is lacking in shape, and more that should be small.
    names
        What each was aimed at; kept where nothing better is to be said, numbered if that repeats.
    """
    given: dict[int, str] = {}
    for name, column in ((LEAST_CHANGE, 0), (BALANCED, 1), (BEST_SHAPE, 2)):
        free = [i for i in range(len(costs)) if i not in given]
        if free and (name != BEST_SHAPE or len(costs) > 3):
            given[_smallest(costs, free, column)] = name
    free = [i for i in range(len(costs)) if i not in given]
    if free:
        low, high = costs.min(axis=0), costs.max(axis=0)
        scaled = (costs - low) / np.where(high > low, high - low, 1.0)
        given[min(free, key=lambda i: (float(np.hypot(scaled[i, 0], scaled[i, 1])), i))] = BETWEEN
    taken = set(given.values())
    for i in range(len(costs)):
        if i not in given:
            numbers = itertools.count(2)
            given[i] = names[i]
            while given[i] in taken:
                given[i] = f"{names[i]}_{next(numbers)}"
            taken.add(given[i])
    return [given[i] for i in range(len(costs))]


def _smallest(costs: NDArray[np.float64], rows: Sequence[int], column: int) -> int:
    """Return the row with the smallest value of a column; of equals, with the smallest of the next ones."""
    return min(rows, key=lambda i: tuple(np.roll(costs[i], -column)))


def _dominated(costs: NDArray[np.float64], i: int) -> bool:
    no_worse = (costs <= costs[i] + _ALIKE).all(axis=1)
    better = (costs < costs[i] - _ALIKE).any(axis=1)
    twin = (np.abs(costs - costs[i]) <= _ALIKE).all(axis=1)
    return bool((no_worse & better).any() or twin[:i].any())
