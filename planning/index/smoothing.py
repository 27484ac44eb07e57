"""
Small numbers: rates and shares of small places drawn towards those of places like them (empirical Bayes).

A village of 600 people has one theft one year and none the next; its own rate is mostly chance. Counts are
taken as Poisson with a rate that varies from place to place as a gamma distribution does, shares as binomial
with a beta distribution. Both distributions are found from all places, each place's own follows from Bayes'
rule: the less it has been observed, the more it is drawn in. Clayton and Kaldor (1987), Biometrics 43;
moments after Marshall (1991), JRSS C 40.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import betaln, digamma, gammaln
from scipy.stats import beta as beta_distribution
from scipy.stats import gamma as gamma_distribution

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Fit = Literal["likelihood", "moments"]
# A prior worth more observations than this leaves no difference between places that could matter.
_MOST_CERTAIN = 1e6
_LEAST_CERTAIN = 1e-2
# Fewer places than this say nothing of how places differ.
_LEAST_PLACES = 8


@dataclass(frozen=True, kw_only=True)
class Smoothed:
    """
    Rates or shares of places after smoothing: arrays with an entry per place, NaN where nothing was observed.

    Parameters
    ----------
    kind
        gamma for rates, beta for shares.
    first, second
        Of each place's own distribution: shape and rate of the gamma, alpha and beta of the beta.
    own
        How much of the smoothed value is the place's own, 0 to 1; the rest is that of the places like it.
    """

    kind: Literal["gamma", "beta"]
    first: Floats
    second: Floats
    own: Floats

    @property
    def mean(self) -> Floats:
        """The smoothed rate or share of each place."""
        whole = self.second if self.kind == "gamma" else self.first + self.second
        return self.first / whole

    def interval(self, share: float = 0.90) -> tuple[Floats, Floats]:
        """Return the bounds within which each place's rate or share lies with that probability."""
        tails = (1.0 - share) / 2.0, (1.0 + share) / 2.0
        if self.kind == "gamma":
            low, high = (gamma_distribution.ppf(tail, self.first, scale=1.0 / self.second) for tail in tails)
        else:
            low, high = (beta_distribution.ppf(tail, self.first, self.second) for tail in tails)
        return np.asarray(low), np.asarray(high)


def smooth_rates(
    counts: Floats, exposure: Floats, *, groups: NDArray[np.generic] | None = None, fit: Fit = "likelihood"
) -> Smoothed:
    """
    Return the rates of places: counts per exposure, smoothed.

    Parameters
    ----------
    counts
        Whole numbers from 0, or NaN.
    exposure
        What they are counted of: person-years; NaN or 0 where there is none.
    groups
        Places are drawn towards their own group, where it has 8 or more; None: towards all.
    fit
        How the gamma distribution is found.
    """
    return _smooth("gamma", counts, exposure, groups, fit)


def smooth_shares(
    counts: Floats, trials: Floats, *, groups: NDArray[np.generic] | None = None, fit: Fit = "likelihood"
) -> Smoothed:
    """Return the shares of places: counts of trials, smoothed; see `smooth_rates`."""
    return _smooth("beta", counts, trials, groups, fit)


def gamma_prior(counts: Floats, exposure: Floats, fit: Fit = "likelihood") -> tuple[float, float]:
    """
    Return shape and rate of the gamma distribution that places' rates follow.

    Where places differ no more than chance makes them, shape and rate are so great that all places get the
    common rate; where nothing was ever counted, the common rate is half an event in all the exposure.
    """
    total, whole = float(counts.sum()), float(exposure.sum())
    if total == 0:
        return 0.5, max(whole, 1e-300)
    mean = total / whole
    between = _between(counts / exposure, exposure, mean, mean)
    shape = float(np.clip(mean**2 / between if between > 0 else np.inf, _LEAST_CERTAIN, _MOST_CERTAIN))
    if fit == "moments":
        return shape, shape / mean
    best = _most_likely(lambda at: _gamma_loss(at, counts, exposure), [np.log(mean), np.log(shape)])
    return best[1], best[1] / best[0]


def beta_prior(counts: Floats, trials: Floats, fit: Fit = "likelihood") -> tuple[float, float]:
    """Return alpha and beta of the beta distribution that places' shares follow; see `gamma_prior`."""
    # Half a trial of either kind keeps a share of all or none off the edge.
    mean = (float(counts.sum()) + 0.5) / (float(trials.sum()) + 1.0)
    between = _between(counts / trials, trials, mean, mean * (1.0 - mean))
    size = mean * (1.0 - mean) / between - 1.0 if between > 0 else np.inf
    size = float(np.clip(size, _LEAST_CERTAIN, _MOST_CERTAIN))
    if fit == "likelihood":
        start = [np.log(mean / (1.0 - mean)), np.log(size)]
        odds, size = _most_likely(lambda at: _beta_loss(at, counts, trials), start)
        mean = odds / (1.0 + odds)
    return mean * size, (1.0 - mean) * size


def smoothed_table(smoothed: Smoothed, places: pd.Index, *, share: float = 0.90) -> pd.DataFrame:
    """Return the smoothed values as a frame: value, low, high, own."""
    low, high = smoothed.interval(share)
    columns = {"value": smoothed.mean, "low": low, "high": high, "own": smoothed.own}
    return pd.DataFrame(columns, index=places)


def _smooth(
    kind: Literal["gamma", "beta"],
    counts: Floats,
    exposure: Floats,
    groups: NDArray[np.generic] | None,
    fit: Fit,
) -> Smoothed:
    observed = ~np.isnan(counts) & (np.nan_to_num(exposure) > 0)
    first, second, own = (np.full(len(counts), np.nan) for _ in range(3))
    for members in _groups(observed, groups):
        given = members if members.sum() >= _LEAST_PLACES else observed
        if not members.any():
            continue
        y, e = counts[members], exposure[members]
        if kind == "gamma":
            shape, rate = gamma_prior(counts[given], exposure[given], fit)
            first[members], second[members], own[members] = shape + y, rate + e, e / (rate + e)
        else:
            alpha, beta = beta_prior(counts[given], exposure[given], fit)
            first[members], second[members] = alpha + y, beta + e - y
            own[members] = e / (alpha + beta + e)
    return Smoothed(kind=kind, first=first, second=second, own=own)


def _groups(observed: NDArray[np.bool_], groups: NDArray[np.generic] | None) -> list[NDArray[np.bool_]]:
    if groups is None:
        return [observed]
    return [observed & (groups == group) for group in pd.unique(pd.Series(groups).dropna())]


def _between(rates: Floats, weights: Floats, mean: float, chance: float) -> float:
    """Return the variance between places beyond what chance makes of it (Marshall 1991)."""
    spread = float((weights * (rates - mean) ** 2).sum() / weights.sum())
    return spread - chance / float(weights.mean())


def _most_likely(loss: Callable[[Floats], tuple[float, Floats]], start: list[float]) -> tuple[float, float]:
    limits = [(None, None), (np.log(_LEAST_CERTAIN), np.log(_MOST_CERTAIN))]
    # Two unknowns are no work for BLAS, whose threads would wait for each other longer than they compute.
    found = minimize(loss, np.array(start), jac=True, method="TNC", bounds=limits)
    first, second = np.exp(found.x)
    return float(first), float(second)


def _gamma_loss(at: Floats, y: Floats, e: Floats) -> tuple[float, Floats]:
    """Return the negative binomial's loss and its slope at log mean, log shape."""
    mean, shape = np.exp(at)
    expected = mean * e
    whole = shape + expected
    value = gammaln(shape + y) - gammaln(shape) + shape * np.log(shape / whole) + y * np.log(expected / whole)
    by_mean = y - (shape + y) * expected / whole
    by_shape = digamma(shape + y) - digamma(shape) + np.log(shape / whole) + 1.0 - (shape + y) / whole
    return -float(value.sum()), -np.array([by_mean.sum(), shape * by_shape.sum()])


def _beta_loss(at: Floats, y: Floats, n: Floats) -> tuple[float, Floats]:
    """Return the beta-binomial's loss and its slope at log odds of the mean, log size."""
    mean, size = 1.0 / (1.0 + np.exp(-at[0])), np.exp(at[1])
    alpha, beta = mean * size, (1.0 - mean) * size
    value = betaln(alpha + y, beta + n - y) - betaln(alpha, beta)
    whole = digamma(size + n) - digamma(size)
    by_alpha = (digamma(alpha + y) - digamma(alpha) - whole).sum()
    by_beta = (digamma(beta + n - y) - digamma(beta) - whole).sum()
    slope = mean * (1.0 - mean) * size
    return -float(value.sum()), -np.array([slope * (by_alpha - by_beta), alpha * by_alpha + beta * by_beta])
