"""
Lasting changes too small for a single period to show: cumulative sums of what each period was off by.

One-sided sums S = max(0, S + z - 0.5) of normal scores z (Page 1954) signal above h, which is chosen for how
rarely they do if nothing has changed. Scores against predictions from a place's own past need no other
baseline (Hawkins 1987).

A lasting change is no news of one period: the alarm stands until the sum is back at zero. A sum that
signalled goes on from 2, so that it is soon back there where the signal was false.
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
# What a sum goes on from after a signal.
HELD_FROM = 2.0
_NODES = 64
_HIGH = 12.0
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
        After each period; where one signalled, what made it signal, and the next goes on from `HELD_FROM`.
    signals
        Whether it signalled.
    stands
        Whether it signalled, or did before and has not been back at zero since.
    since
        Column in which the run that the sum is made of began.
    told
        Column in which an alarm that stands was first told; -1 where none does.
    """

    sums: Floats
    signals: Flags
    stands: Flags
    since: Ints
    told: Ints


def cumulative_sums(
    scores: Floats, *, limit: float, allowance: float = ALLOWANCE, anew: Flags | None = None
) -> Sums:
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
    anew
        Where sums begin from zero with a period, and alarms end: something was done about it.
    """
    shape = scores.shape
    sums, since, told = np.zeros(shape), np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    signals = np.zeros(shape, dtype=bool)
    running, begun, first = np.zeros(shape[0]), np.zeros(shape[0], dtype=np.int64), np.full(shape[0], -1)
    for at in range(shape[1]):
        if anew is not None:
            running, first = np.where(anew[:, at], 0.0, running), np.where(anew[:, at], -1, first)
        begun = np.where(running > 0, begun, at)
        running = np.maximum(0.0, running + np.clip(scores[:, at], -_MOST, _MOST) - allowance)
        signal = running > limit
        first = np.where(running > 0, np.where(signal & (first < 0), at, first), -1)
        sums[:, at], since[:, at], signals[:, at], told[:, at] = running, begun, signal, first
        running = np.where(signal, HELD_FROM, running)
    return Sums(sums=sums, signals=signals, stands=told >= 0, since=since, told=told)


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


def time_held(*, allowance: float = ALLOWANCE) -> float:
    """Return for how many periods on average the alarm of a false signal stands, the first among them."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    # No sum that is on its way back to zero climbs as high without a cause, but once in thousands of times.
    at, width = (nodes + 1) * _HIGH / 2, weights * _HIGH / 2
    points = np.concatenate([[HELD_FROM], at])
    kernel = norm.pdf(at[None, :] - points[:, None] + allowance) * width
    matrix = np.column_stack([np.zeros(len(points)), kernel])
    return float(np.linalg.solve(np.eye(len(points)) - matrix, np.ones(len(points)))[0])


@lru_cache(maxsize=64)
def limit_for(share: float, *, allowance: float = ALLOWANCE) -> float:
    """
    Return the limit with which alarms stand in such a share of periods if nothing has changed.

    Signals follow one another after the time that they are held and that it takes from zero to the next.
    """
    run_length = time_held(allowance=allowance) * (1 / share - 1)

    def longer(limit: float) -> float:
        return float(np.log(average_run_length(limit, allowance=allowance) / run_length))

    return float(brentq(longer, 1e-6, _LARGEST_LIMIT))
