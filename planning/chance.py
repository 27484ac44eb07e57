"""
Whether two counts differ by more than chance, and by how much more than Poisson counts vary.

Given their sum, two Poisson counts of the same rate divide it as a binomial does (Przyborowski & Wilenski
1940): an exact test. Calls come in clusters and vary more than that. If each rate also wavers from period to
period as a gamma variable with mean 1 and variance k, the counts divide their sum as a beta-binomial.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq
from scipy.special import betaln, gammaln
from scipy.stats import binom

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

# Rates that waver by more than this many times their mean are no rates.
_MOST_EXCESS = 100.0
_LEAST_EXCESS = 1e-9


def change_p_values(
    now: ArrayLike,
    before: ArrayLike,
    *,
    days_now: float,
    days_before: float,
    excess_now: ArrayLike = 0.0,
    excess_before: ArrayLike = 0.0,
    level: float = 0.05,
) -> tuple[Floats, Floats]:
    """
    Return how likely a change as large as each is if the rate has not changed, two-sided.

    Twice the smaller tail, 1 at most: the test that belongs to the Clopper–Pearson interval (Fay 2010). With
    excess it is exact for periods of equal length, and for others matched in mean and variance of the log
    odds.

    Parameters
    ----------
    now, before
        Counts, whole and from 0.
    days_now, days_before
        Length of the two periods.
    excess_now, excess_before
        Variance k of each rate in the two periods (`excess_variance`).
    level
        Of which the second array tells how likely a p below it is.

    Returns
    -------
    tuple
        p of each change; and how likely it would be below `level` if the rate had not changed, given the sum
        of the two counts: less than `level`, since counts are whole, and 0 for sums too small to show any.
    """
    new, old = (np.atleast_1d(np.asarray(counts, dtype=np.int64)) for counts in (now, before))
    excess = np.broadcast_to(np.asarray(excess_now, dtype=float) + excess_before, new.shape)
    share = days_now / (days_now + days_before)
    found = [
        _judged(int(x), int(x + y), share, float(k), level) for x, y, k in zip(new, old, excess, strict=True)
    ]
    p, false = np.array(found, dtype=float).reshape(-1, 2).T
    return p, false


def excess_variance(counts: ArrayLike) -> float:
    """
    Return the variance k of the places' own rates from period to period, beyond Poisson; from 0.

    What all places have in common (season, trend) is taken out: a count is expected to be its place's share
    of its period's sum. k makes Pearson's statistic equal to its degrees of freedom (Breslow 1984).

    Parameters
    ----------
    counts
        A row per place, a column per period; at least two of each with calls, else 0.
    """
    table = np.asarray(counts, dtype=float)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if min(table.shape) < 2:
        return 0.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    freedom = (table.shape[0] - 1) * (table.shape[1] - 1)

    def surplus(k: float) -> float:
        return float(((table - expected) ** 2 / (expected + k * expected**2)).sum() - freedom)

    if surplus(0.0) <= 0:
        return 0.0
    return float(brentq(surplus, 0.0, _MOST_EXCESS)) if surplus(_MOST_EXCESS) < 0 else _MOST_EXCESS


def excess_of_sum(excess: float, shares: ArrayLike) -> float:
    """
    Return the variance k of the rate of several places together that waver apart from one another.

    Parameters
    ----------
    excess
        k of a single place.
    shares
        Calls of each place, or its share of them.
    """
    weights = np.asarray(shares, dtype=float)
    total = weights.sum()
    return float(excess * ((weights / total) ** 2).sum()) if total > 0 else 0.0


def _judged(new: int, total: int, share: float, excess: float, level: float) -> tuple[float, float]:
    """Return p of `new` of `total`, and how likely a p below `level` is."""
    chances = _chances(total, share, excess)
    below = np.minimum(np.cumsum(chances), 1.0)
    above = np.minimum(np.cumsum(chances[::-1])[::-1], 1.0)
    p = np.minimum(1.0, 2 * np.minimum(below, above))
    return float(p[new]), float(chances[p < level].sum())


@lru_cache(maxsize=512)
def _chances(total: int, share: float, excess: float) -> Floats:
    """Return how likely each part of a sum is to fall into the new period."""
    of = np.arange(total + 1)
    if excess < _LEAST_EXCESS:
        return np.asarray(binom.pmf(of, total, share))
    spread = 1 / (share * (1 - share) * excess)
    a, b = share * spread, (1 - share) * spread
    ways = gammaln(total + 1) - gammaln(of + 1) - gammaln(total - of + 1)
    return np.asarray(np.exp(ways + betaln(of + a, total - of + b) - betaln(a, b)))
