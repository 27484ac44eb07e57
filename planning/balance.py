"""How evenly work is shared among zones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Balance:
    """
    How far zones are from their targets.

    Parameters
    ----------
    max_deviation
        Largest abs(W - T) / T of a zone.
    mean_deviation
        Mean of abs(W - T) / T.
    cv
        Standard deviation of W / T (of the whole, not of a sample) over its mean.
    gini
        Gini coefficient of W / T.
    p90_p10
        90th over 10th percentile of W / T; missing where the latter is 0.
    within
        Share of zones inside the tolerance.
    """

    max_deviation: float
    mean_deviation: float
    cv: float
    gini: float
    p90_p10: float
    within: float


def balance(workload: pd.Series, target: pd.Series, *, tolerance: float) -> Balance:
    """
    Measure how evenly zones are loaded.

    Parameters
    ----------
    workload, target
        Of each zone, indexed by zone; targets are positive.
    tolerance
        Deviation that is still fair, as a share of the target.
    """
    load = (workload / target.reindex(workload.index)).to_numpy(dtype=float)
    if not load.size:
        return Balance(
            max_deviation=0.0, mean_deviation=0.0, cv=0.0, gini=0.0, p90_p10=float("nan"), within=1.0
        )
    off = np.abs(load - 1.0)
    low, high = np.percentile(load, [10, 90])
    return Balance(
        max_deviation=float(off.max()),
        mean_deviation=float(off.mean()),
        cv=float(load.std() / load.mean()) if load.mean() > 0 else 0.0,
        gini=gini(load),
        p90_p10=float(high / low) if low > 0 else float("nan"),
        # Sums of floats: what is on the line is inside.
        within=float((off <= tolerance + 1e-9).mean()),
    )


def gini(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """
    Return the Gini coefficient of non-negative values: 0 if all are equal.

    Sum of (2i - n - 1) x_(i) over n times the sum of x, x sorted ascending and i from 1 (Gini 1912).
    """
    ranked = np.sort(values)
    total = ranked.sum()
    if total <= 0:
        return 0.0
    n = len(ranked)
    return float(((2 * np.arange(1, n + 1) - n - 1) * ranked).sum() / (n * total))
