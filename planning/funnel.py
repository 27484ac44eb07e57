"""
Funnel plots: which places lie apart from the others by more than their size lets chance do.

After Spiegelhalter (2005), Statistics in Medicine 24: 1185–1202: limits around the common rate that narrow
with the residents of a place, exact Poisson, or widened by the factor φ by which places differ anyway.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import norm, poisson

from geo.errors import SettingError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

# 95 % and 99.8 %: warning and alarm.
WARNING, ALARM = 0.95, 0.998
# Share of the highest and of the lowest scores that are drawn in before φ is told.
WINSORISED = 0.1


@dataclass(frozen=True, kw_only=True)
class Funnel:
    """
    A funnel plot's figures.

    Parameters
    ----------
    rows
        By place: observed, exposure, rate, expected, z (unadjusted), low_warning, high_warning, low_alarm,
        high_alarm (limits of the rate), position (-2 below both, -1 below the warning, 0 inside, 1, 2 above).
        Rates are per exposure; places without exposure have no rate and no position.
    target
        The rate of all places together.
    dispersion
        φ, from the winsorised scores.
    adjusted
        Whether φ is beyond chance, and limits are widened by its root.
    """

    rows: pd.DataFrame
    target: float
    dispersion: float
    adjusted: bool

    def limits(self, exposures: ArrayLike, level: float) -> tuple[Floats, Floats]:
        """Return the limits of the rate for places of some exposures, to draw the funnel's lines with."""
        return funnel_limits(
            self.target, exposures, level=level, dispersion=self.dispersion if self.adjusted else None
        )


def funnel(observed: pd.Series, exposure: pd.Series, *, winsorised: float = WINSORISED) -> Funnel:
    """
    Return a funnel plot's figures.

    Parameters
    ----------
    observed
        Counts by place, whole and from 0.
    exposure
        Residents of each place, or residents times time.
    winsorised
        Share of scores at either end, from 0 to below 0.5.

    Raises
    ------
    SettingError
        ``funnel_few_places`` with fewer than three that have exposure; ``funnel_empty`` without any count;
        ``setting_wrong``.
    """
    if not 0 <= winsorised < 0.5:
        raise SettingError("setting_wrong", name="winsorised", found=winsorised, allowed="0–0.5")
    base = exposure.reindex(observed.index).astype(float)
    kept = (base > 0) & np.isfinite(base)
    if kept.sum() < 3:
        raise SettingError("funnel_few_places", found=int(kept.sum()))
    counts, people = observed[kept].to_numpy(dtype=float), base[kept].to_numpy()
    if counts.sum() <= 0:
        raise SettingError("funnel_empty")
    target = float(counts.sum() / people.sum())
    scores = (counts - target * people) / np.sqrt(target * people)
    ends = np.quantile(scores, [winsorised, 1 - winsorised])
    dispersion = float(np.mean(np.clip(scores, *ends) ** 2))
    # φ of places that differ by chance alone has mean 1 and variance 2 / places.
    adjusted = dispersion > 1 + 2 * math.sqrt(2 / len(counts))
    rows = pd.DataFrame({"observed": observed, "exposure": base})
    rows["rate"] = rows["observed"] / base.where(kept)
    rows["expected"] = target * base.where(kept)
    rows["z"] = pd.Series(scores, index=observed.index[kept])
    for level, name in ((WARNING, "warning"), (ALARM, "alarm")):
        low, high = funnel_limits(target, people, level=level, dispersion=dispersion if adjusted else None)
        rows[f"low_{name}"] = pd.Series(low, index=observed.index[kept])
        rows[f"high_{name}"] = pd.Series(high, index=observed.index[kept])
    above = (rows["rate"] > rows["high_warning"]).astype(int) + (rows["rate"] > rows["high_alarm"])
    below = (rows["rate"] < rows["low_warning"]).astype(int) + (rows["rate"] < rows["low_alarm"])
    rows["position"] = (above - below).astype("Int64").where(kept)
    return Funnel(rows=rows, target=target, dispersion=dispersion, adjusted=adjusted)


def funnel_limits(
    target: float, exposures: ArrayLike, *, level: float, dispersion: float | None = None
) -> tuple[Floats, Floats]:
    """
    Return the lower and the upper limit of the rate of places that differ by chance alone.

    Parameters
    ----------
    target
        The common rate, above 0.
    exposures
        Above 0.
    level
        Share of places inside, between 0 and 1.
    dispersion
        φ to widen normal limits by; None for exact Poisson limits, interpolated between counts.
    """
    people = np.asarray(exposures, dtype=float)
    tail = (1 - level) / 2
    expected = target * people
    if dispersion is not None:
        half = float(norm.ppf(1 - tail)) * np.sqrt(dispersion * expected)
        return np.maximum(expected - half, 0.0) / people, (expected + half) / people
    low, high = (np.maximum(_exact(expected, p), 0.0) / people for p in (tail, 1 - tail))
    return low, high


def _exact(expected: Floats, p: float) -> Floats:
    """Return the count below which Poisson counts lie with probability p, interpolated (appendix A.1.1)."""
    count = poisson.ppf(p, expected)
    over = poisson.cdf(count, expected) - p
    return np.asarray(count - over / poisson.pmf(count, expected))
