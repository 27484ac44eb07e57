"""
Lasting changes too small for a single period to show: cumulative sums of what each period was off by.

One-sided sums S = max(0, S + z - 0.5) of normal scores z (Page 1954) signal above h, which is chosen for how
rarely they do if nothing has changed. Scores against predictions from a place's own past need no other
baseline (Hawkins 1987).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

# Tuned to shifts of one standard deviation.
ALLOWANCE = 0.5
_NODES = 64
# Signals falsely once in 100 million periods; beyond it the equation cannot be solved with any accuracy.
_LARGEST_LIMIT = 17.0
# Scores beyond this are as good as certain, and infinite ones cannot be added up.
_MOST = 6.0


@dataclass(frozen=True, kw_only=True)
class Sums:
    """
    One-sided cumulative sums, a row per place, a column per period.

    Parameters
    ----------
    sums
        After each period; where one signalled, what made it signal, and the next begins from 0.
    signals
        Whether it signalled.
    since
        Column in which the run that the sum is made of began.
    """

    sums: Floats
    signals: Flags
    since: Ints


def cumulative_sums(scores: Floats, *, limit: float, allowance: float = ALLOWANCE) -> Sums:
    """
    Return the sums of scores upwards; of their negatives for those downwards.

    Parameters
    ----------
    scores
        Standard normal if nothing has changed: a row per place, a column per period, from the earliest on.
    limit
        h, above 0: a sum above it is a signal.
    allowance
        k: half of the shift that is to be found.
    """
    places, periods = scores.shape
    sums, since = np.zeros((places, periods)), np.zeros((places, periods), dtype=np.int64)
    signals = np.zeros((places, periods), dtype=bool)
    running, begun = np.zeros(places), np.zeros(places, dtype=np.int64)
    for at in range(periods):
        begun = np.where(running > 0, begun, at)
        running = np.maximum(0.0, running + np.clip(scores[:, at], -_MOST, _MOST) - allowance)
        sums[:, at], since[:, at], signals[:, at] = running, begun, running > limit
        running = np.where(signals[:, at], 0.0, running)
    return Sums(sums=sums, signals=signals, since=since)


def average_run_length(limit: float, *, shift: float = 0.0, allowance: float = ALLOWANCE) -> float:
    """
    Return how many periods pass on average until a one-sided sum signals.

    Page's integral equation, solved at Gauss–Legendre nodes (Goel & Wu 1971).

    Parameters
    ----------
    limit, allowance
        h and k.
    shift
        Mean of the scores; 0 if nothing has changed.
    """
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    at, width = (nodes + 1) * limit / 2, weights * limit / 2
    points = np.concatenate([[0.0], at])
    # From each point to 0, and to each node.
    kernel = norm.pdf(at[None, :] - points[:, None] + allowance - shift) * width
    matrix = np.column_stack([norm.cdf(-points + allowance - shift), kernel])
    return float(np.linalg.solve(np.eye(len(points)) - matrix, np.ones(len(points)))[0])


@lru_cache(maxsize=64)
def limit_for(run_length: float, *, allowance: float = ALLOWANCE) -> float:
    """Return the limit with which a sum signals falsely once in so many periods; from 2."""

    def longer(limit: float) -> float:
        return float(np.log(average_run_length(limit, allowance=allowance) / run_length))

    return float(brentq(longer, 1e-6, _LARGEST_LIMIT))
