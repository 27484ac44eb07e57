"""
Places whose count of a period is more, or less, than chance allows given their own past.

A gamma–Poisson prediction. Each place has a rate of its own, which its past periods tell and, where they say
little, the rates of the other places (Clayton & Kaldor 1987). What all places share in a period (season,
trend, festival, weather) is told by the others' calls in it. The rate wavers besides from period to period
with variance k (`planning.chance.excess_variance`). So the count to be expected is negative binomial, and an
alarm is one that is reached with less than the probability that is set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import nbinom, norm

from geo.errors import SettingError
from planning.chance import excess_variance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LEAST_PERIODS = 6
# Of a place of which nothing is known: half a call, as Jeffreys' prior has it.
_HALF = 0.5
# Rates of places differ at least so much, relative to their mean; no place has quite all calls.
_LEAST_SPREAD, _MOST_SHARE = 1e-3, 0.999


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """
    What was to be expected of each place's last period.

    Parameters
    ----------
    rows
        By place: observed, expected, low, high (95 of 100 counts lie from one to the other), p_upper, p_lower
        (of as many and more, of as few and fewer), alarm_from, fall_to (the counts that are an alarm, a fall;
        the latter -1 where none can be), alarm, fall, chance_of_alarm, chance_of_fall (if nothing changed).
    excess
        Variance k of rates from period to period.
    periods
        How many past periods were used.
    """

    rows: pd.DataFrame
    excess: float
    periods: int


def predicted(counts: pd.DataFrame, *, exposure: pd.Series | None = None, level: float = 0.001) -> Prediction:
    """
    Compare each place's count of the last period with what was to be expected of it.

    Parameters
    ----------
    counts
        A row per place, a column per period (its first day), from the earliest to the one that is judged;
        whole, from 0.
    exposure
        Residents of each place. Places that have none, or of which they are not known, are told by their own
        past alone.
    level
        Probability, between 0 and 1, below which a count is an alarm or a fall.

    Raises
    ------
    SettingError
        ``alerts_history_short`` with fewer than 6 past periods, ``alerts_few_places`` with fewer than two
        places, ``alerts_disordered`` for periods that are not in order, ``setting_wrong``.
    """
    if not 0 < level < 1:
        raise SettingError("setting_wrong", name="level", found=level, allowed="0–1")
    _check(counts)
    past, now = _past_and_now(counts)
    excess = excess_variance(past)
    law, expected = _law(past, now, excess, _shares(exposure, counts.index))
    alarm_from, fall_to = law.isf(level) + 1, law.ppf(level) - 1
    rows = pd.DataFrame(
        {
            "observed": now.astype(np.int64),
            "expected": expected,
            "low": law.ppf(0.025).astype(np.int64),
            "high": law.ppf(0.975).astype(np.int64),
            "p_upper": law.sf(now - 1),
            "p_lower": law.cdf(now),
            "alarm_from": alarm_from.astype(np.int64),
            "fall_to": fall_to.astype(np.int64),
            "alarm": now >= alarm_from,
            "fall": now <= fall_to,
            "chance_of_alarm": law.sf(alarm_from - 1),
            "chance_of_fall": law.cdf(fall_to),
        },
        index=counts.index,
    )
    return Prediction(rows=rows, excess=excess, periods=past.shape[1])


def normal_scores(counts: pd.DataFrame, *, exposure: pd.Series | None = None, history: int = 24) -> Floats:
    """
    Return by how much each place was off in each period, as standard normal scores if nothing changed.

    Each period is held against what was to be expected of it from the periods before it alone, so that scores
    do not depend on one another. A count scores by the probability of fewer and half that of as many.

    Parameters
    ----------
    counts, exposure
        As for `predicted`.
    history
        Periods before it that a prediction rests on, at most.

    Returns
    -------
    array
        A row per place, a column per period from the 7th on.
    """
    _check(counts)
    people = _shares(exposure, counts.index)
    scores = []
    for last in range(LEAST_PERIODS, counts.shape[1]):
        past, now = _past_and_now(counts.iloc[:, max(0, last - history) : last + 1])
        law, _ = _law(past, now, excess_variance(past), people)
        scores.append(norm.ppf(law.cdf(now - 1) + law.pmf(now) / 2))
    return np.column_stack(scores)


def _past_and_now(counts: pd.DataFrame) -> tuple[Floats, Floats]:
    table = counts.to_numpy(dtype=float)
    return table[:, :-1], table[:, -1]


def _law(past: Floats, now: Floats, excess: float, exposure: Floats) -> tuple[Any, Floats]:
    """Return the negative binomial of each place's present count, and its mean."""
    expected, spread = _forecast(past, now, excess, exposure)
    size = 1 / spread
    return nbinom(size, size / (size + expected)), expected


def _forecast(past: Floats, now: Floats, excess: float, exposure: Floats) -> tuple[Floats, Floats]:
    """Return mean and squared coefficient of variation (beyond Poisson) of each place's present count."""
    seen, every = past.sum(axis=1), float(past.sum())
    share = seen / every if every > 0 else np.full(len(seen), 1 / len(seen))
    usual = np.outer(share, past.sum(axis=0))
    # A period that wavers by k tells as much of a lasting rate as its calls / (1 + k × calls).
    told = (usual / (1 + excess * usual)).sum(axis=1)
    told = np.divide(told, seen, out=np.ones(len(seen)), where=seen > 0)
    shape, weight = _prior(share, told * every, exposure)
    posterior = shape + seen * told
    share = np.divide(posterior, weight + every * told, out=share.copy(), where=weight + every * told > 0)
    share = np.minimum(share, _MOST_SHARE)
    # What all places share is told without the place itself, and not quite surely.
    others = now.sum() - now + _HALF
    shares_of_others = ((share**2).sum() - share**2) / (1 - share) ** 2
    common = 1 / others + excess * shares_of_others
    return share * others / (1 - share), excess + (1 + excess) / posterior + common


def _prior(share: Floats, told: Floats, exposure: Floats) -> tuple[Floats, Floats]:
    """Return shape and weight of each place's prior: the rates of the places that have residents."""
    known = exposure > 0
    shape, weight = np.full(len(share), _HALF), np.zeros(len(share))
    if known.sum() < 2 or not share[known].any():
        return shape, weight
    people = exposure[known] / exposure[known].sum()
    mean = share[known].sum()
    rates = share[known] / people
    by_chance = float((mean / np.maximum(told[known], _HALF)).sum())
    apart = float((people * (rates - mean) ** 2).sum()) - by_chance
    shape[known] = mean**2 / max(apart, _LEAST_SPREAD * mean**2)
    weight[known] = shape[known] / (mean * people)
    return shape, weight


def _shares(exposure: pd.Series | None, places: pd.Index) -> Floats:
    if exposure is None:
        return np.ones(len(places))
    return np.asarray(np.nan_to_num(exposure.reindex(places).to_numpy(dtype=float), nan=0.0))


def _check(counts: pd.DataFrame) -> None:
    periods = [str(period) for period in counts.columns]
    if periods != sorted(set(periods)):
        raise SettingError("alerts_disordered", found=tuple(periods))
    if len(periods) - 1 < LEAST_PERIODS:
        raise SettingError("alerts_history_short", found=len(periods) - 1, needed=LEAST_PERIODS)
    if len(counts) < 2:
        raise SettingError("alerts_few_places", found=len(counts))
