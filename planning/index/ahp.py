"""
Weights from judgements in pairs (Analytic Hierarchy Process).

Saaty, A scaling method for priorities in hierarchical structures, Journal of Mathematical Psychology 15
(1977); How to make a decision, European Journal of Operational Research 48 (1990).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.errors import Reason, SettingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# Mean consistency index of matrices filled at random, by their size (Saaty 1980; 11 to 15 Saaty and Tran).
RANDOM_INDEX = (
    0.0,
    0.0,
    0.58,
    0.90,
    1.12,
    1.24,
    1.32,
    1.41,
    1.45,
    1.49,
    1.51,
    1.48,
    1.56,
    1.57,
    1.59,
)
# Above it the judgements are too much at odds with each other, and should be looked over.
MOST_INCONSISTENT = 0.10


@dataclass(frozen=True, kw_only=True)
class Judged:
    """
    Weights that follow from judgements in pairs.

    Parameters
    ----------
    weights
        The principal eigenvector, summing to 1.
    largest_eigenvalue
        As large as the matrix if no judgement contradicts the others, else greater.
    index, ratio
        Consistency index (λ - n) / (n - 1), and that as a share of `RANDOM_INDEX`.
    worst
        The pair whose judgement is most at odds with the others, and what would agree with them.
    """

    weights: pd.Series
    largest_eigenvalue: float
    index: float
    ratio: float
    worst: tuple[str, str, float]

    @property
    def consistent(self) -> bool:
        """Whether the judgements contradict each other no more than is bearable."""
        return self.ratio <= MOST_INCONSISTENT


def judge(matrix: pd.DataFrame) -> Judged:
    """
    Return the weights that judgements in pairs amount to.

    Parameters
    ----------
    matrix
        How many times as important the row is as the column: 1 to 9, and 1/9 to 1 the other way round. Rows
        and columns by the same names.

    Raises
    ------
    SettingError
        ``judgements_wrong`` with a reason for each pair that is not the other's reciprocal.
    """
    judgements = matrix.to_numpy(dtype=float)
    _require_reciprocal(matrix)
    values, vectors = np.linalg.eig(judgements)
    first = int(np.argmax(values.real))
    weights = np.abs(vectors[:, first].real)
    weights = weights / weights.sum()
    size, largest = len(judgements), float(values[first].real)
    index = (largest - size) / (size - 1) if size > 1 else 0.0
    random = RANDOM_INDEX[min(size, len(RANDOM_INDEX)) - 1]
    return Judged(
        weights=pd.Series(weights, index=matrix.index, name="weight"),
        largest_eigenvalue=largest,
        index=index,
        ratio=index / random if random > 0 else 0.0,
        worst=_worst(matrix, weights),
    )


def judgements(names: Sequence[str], upper: Sequence[Sequence[float | str]]) -> pd.DataFrame:
    """
    Return the full matrix from the judgements above its diagonal.

    Parameters
    ----------
    upper
        A row for each name but the last: how many times as important it is as each of those after it;
        numbers, or texts such as ``1/3``.

    Raises
    ------
    SettingError
        ``judgements_shape``, ``judgements_unreadable``.
    """
    wanted = [len(names) - 1 - at for at in range(len(names) - 1)]
    if [len(row) for row in upper] != wanted:
        raise SettingError("judgements_shape", found=[len(row) for row in upper], allowed=wanted)
    matrix = pd.DataFrame(np.eye(len(names)), index=list(names), columns=list(names))
    for row, given in enumerate(upper):
        for column, text in enumerate(given, start=row + 1):
            value = _read(text)
            matrix.iloc[row, column], matrix.iloc[column, row] = value, 1.0 / value
    return matrix


def joined(matrices: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the judgements of several people as one: their geometric mean, which keeps reciprocals."""
    logs = [np.log(matrix.to_numpy(dtype=float)) for matrix in matrices]
    first = matrices[0]
    return pd.DataFrame(np.exp(np.mean(logs, axis=0)), index=first.index, columns=first.columns)


def _read(text: float | str) -> float:
    try:
        value = float(Fraction(str(text).replace(" ", "")))
    except (ValueError, ZeroDivisionError):
        value = 0.0
    if not 1 / 9 - 1e-12 <= value <= 9:
        raise SettingError("judgements_unreadable", found=text)
    return value


def _require_reciprocal(matrix: pd.DataFrame) -> None:
    values = matrix.to_numpy(dtype=float)
    names = [str(name) for name in matrix.index]
    if list(matrix.index) != list(matrix.columns) or not len(names):
        raise SettingError("judgements_shape", found=list(matrix.columns), allowed=names)
    off = ~(values > 0) | ~np.isclose(values * values.T, 1.0, rtol=1e-3)
    reasons = tuple(
        Reason("judgement_not_reciprocal", {"name": names[i], "other": names[j], "found": values[i, j]})
        for i, j in np.argwhere(off).tolist()
        if i <= j
    )
    if reasons:
        raise SettingError("judgements_wrong", count=len(reasons), reasons=reasons)


def _worst(matrix: pd.DataFrame, weights: Floats) -> tuple[str, str, float]:
    agreed = weights[:, None] / weights[None, :]
    strain = np.abs(np.log(matrix.to_numpy(dtype=float) / agreed))
    row, column = divmod(int(np.argmax(strain)), len(weights))
    if agreed[row, column] < 1:
        row, column = column, row
    return str(matrix.index[row]), str(matrix.columns[column]), float(agreed[row, column])
