"""
One scale for all indicators.

Every function takes the units along the last axis, skips what is missing and expects values in one direction:
the higher the better (multiply by the direction before, as `normalise` does). The formulas are those of
COINr's ``n_*`` functions; OECD/JRC, Handbook on Constructing Composite Indicators (2008), step 5. What
divides by a range gives NaN where all values are equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from geo.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Scaling = Literal[
    "goalposts",
    "minmax",
    "zscore",
    "scaled",
    "rank",
    "percentile_rank",
    "borda",
    "distance_to_max",
    "distance_to_reference",
    "distance_to_target",
    "fraction_of_max",
    "none",
]
Ties = Literal["min", "average", "max", "dense", "ordinal"]


def goalposts(
    values: Floats, *, low: float, high: float, scale: float = 100.0, truncate: bool = True
) -> Floats:
    """
    Return how far each value is on the way from one post to the other.

    The posts stand still whatever the values are, so that periods can be compared.

    Parameters
    ----------
    low, high
        What gives 0, and what gives `scale`; `low` is the greater one where less is better.
    truncate
        Whether what lies beyond a post counts as at it.
    """
    way = _ratio(values - low, np.asarray(high - low))
    return (np.clip(way, 0.0, 1.0) if truncate else way) * scale


def minmax(values: Floats, *, low: float = 0.0, high: float = 100.0) -> Floats:
    """Return values stretched so that the least is `low` and the greatest `high`."""
    least, most = _extremes(values)
    return _ratio(values - least, most - least) * (high - low) + low


def zscore(values: Floats, *, mean: float = 0.0, deviation: float = 1.0) -> Floats:
    """Return values shifted and stretched to a mean and a standard deviation (of the sample, n - 1)."""
    with np.errstate(invalid="ignore"):
        middle = np.nanmean(values, axis=-1, keepdims=True)
        spread = np.nanstd(values, axis=-1, ddof=1, keepdims=True)
    return _ratio(values - middle, spread) * deviation + mean


def scaled(values: Floats, *, low: float = 0.0, high: float = 100.0) -> Floats:
    """Return 100 (x - low) / (high - low), whatever the values are."""
    return _ratio(values - low, np.asarray(high - low)) * 100.0


def rank(values: Floats, *, ties: Ties = "min") -> Floats:
    """Return ranks from 1; higher values have higher ranks."""
    return np.asarray(rankdata(values, method=ties, axis=-1, nan_policy="omit"), dtype=float)


def percentile_rank(values: Floats, *, ties: Ties = "min", scale: float = 1.0) -> Floats:
    """Return ranks on a scale from 0 to 1."""
    known = (~np.isnan(values)).sum(axis=-1, keepdims=True)
    return _ratio(rank(values, ties=ties) - 1.0, known - 1.0) * scale


def borda(values: Floats, *, ties: Ties = "min") -> Floats:
    """Return how many units each one leaves behind: rank - 1."""
    return rank(values, ties=ties) - 1.0


def distance_to_max(values: Floats) -> Floats:
    """Return 1 - (max - x) / (max - min)."""
    least, most = _extremes(values)
    return 1.0 - _ratio(most - values, most - least)


def distance_to_reference(values: Floats, *, reference: int, cap: bool = False) -> Floats:
    """
    Return 1 - (ref - x) / (ref - min).

    Parameters
    ----------
    reference
        Position of the unit that all are compared with.
    cap
        Whether what is above it counts as it.
    """
    least, _ = _extremes(values)
    target = np.take(values, [reference], axis=-1)
    return _capped(1.0 - _ratio(target - values, target - least), cap=cap)


def distance_to_target(values: Floats, *, target: float, cap: bool = False) -> Floats:
    """Return 1 - (target - x) / (target - min); `cap` tells whether what is above counts as the target."""
    least, _ = _extremes(values)
    return _capped(1.0 - _ratio(target - values, target - least), cap=cap)


def fraction_of_max(values: Floats) -> Floats:
    """Return x / max."""
    _, most = _extremes(values)
    return _ratio(values, most)


def untouched(values: Floats) -> Floats:
    """Return the values as they are."""
    return values


SCALINGS: Mapping[Scaling, Any] = {
    "goalposts": goalposts,
    "minmax": minmax,
    "zscore": zscore,
    "scaled": scaled,
    "rank": rank,
    "percentile_rank": percentile_rank,
    "borda": borda,
    "distance_to_max": distance_to_max,
    "distance_to_reference": distance_to_reference,
    "distance_to_target": distance_to_target,
    "fraction_of_max": fraction_of_max,
    "none": untouched,
}
# Settings that are values of the indicator, and turn round with it.
_VALUES_OF_IT = {
    "goalposts": ("low", "high"),
    "distance_to_target": ("target",),
    "scaled": ("low", "high"),
}


def normalise(
    values: pd.DataFrame,
    scaling: Scaling = "minmax",
    *,
    directions: Mapping[str, int] | None = None,
    single: Mapping[str, tuple[Scaling, Mapping[str, Any]]] | None = None,
    **settings: Any,
) -> pd.DataFrame:
    """
    Return the columns on one scale, higher being better.

    Parameters
    ----------
    scaling
        One of `SCALINGS`, with its settings; goalposts, targets and bounds are told as the indicator's own
        values: for one of which less is better, the low goalpost is the worst value, thus the greater one.
    directions
        1 (the default) or -1 for each column.
    single
        Another scaling with its settings for single columns.

    Raises
    ------
    SettingError
        ``scaling_unknown``; ``direction_wrong``.
    """
    columns = {}
    for name in values.columns:
        chosen, given = (single or {}).get(name, (scaling, settings))
        if chosen not in SCALINGS:
            raise SettingError("scaling_unknown", found=chosen, allowed=", ".join(SCALINGS))
        direction = (directions or {}).get(str(name), 1)
        if direction not in (1, -1):
            raise SettingError("direction_wrong", name=name, found=direction)
        turned = {
            key: value * direction if key in _VALUES_OF_IT.get(chosen, ()) else value
            for key, value in given.items()
        }
        columns[name] = SCALINGS[chosen](np.asarray(values[name], dtype=float) * direction, **turned)
    return pd.DataFrame(columns, index=values.index)


def _extremes(values: Floats) -> tuple[Floats, Floats]:
    known = ~np.isnan(values)
    least = np.where(known, values, np.inf).min(axis=-1, keepdims=True)
    most = np.where(known, values, -np.inf).max(axis=-1, keepdims=True)
    return least, most


def _ratio(above: Floats, below: Floats) -> Floats:
    whole = np.broadcast_to(np.asarray(below, dtype=float), above.shape)
    usable = (whole != 0) & np.isfinite(whole)
    found: Floats = np.divide(above, whole, out=np.full(above.shape, np.nan), where=usable)
    return found


def _capped(values: Floats, *, cap: bool) -> Floats:
    return np.minimum(values, 1.0) if cap else values
