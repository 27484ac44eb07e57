"""
Outliers: a column that is skewed beyond limits is winsorised, and if that does not do, put on a log scale.

The rule of the COIN Tool (JRC) as COINr's ``Treat`` and ``qTreat`` have it: a column is in order unless its
skewness is above 2 in size *and* its kurtosis above 3.5 (both as Excel and e1071's type 2 compute them).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Log = Literal["log", "log_ct", "log_ct_original", "log_gii", "box_cox"]


@dataclass(frozen=True, kw_only=True)
class TreatParams:
    """
    When and how outliers are treated.

    Parameters
    ----------
    most_points
        How many values may be winsorised; None for no limit; from 0.
    skewness, kurtosis
        A column is treated if it is beyond both.
    log
        What is tried on the untreated column where winsorising does not do; None: the winsorised one stays.
    power
        Of a Box–Cox transformation; 0 is the logarithm.
    winsorised
        Whether the logarithm is taken of the winsorised column rather than of the untreated one.
    """

    most_points: int | None = 5
    skewness: float = 2.0
    kurtosis: float = 3.5
    log: Log | None = "log_ct"
    power: float = 0.0
    winsorised: bool = False


@dataclass(frozen=True, kw_only=True)
class Treatment:
    """
    What became of a column; can be applied to other values of the same indicator.

    Parameters
    ----------
    low, high
        Values beyond are drawn in to them.
    points_low, points_high
        How many values that were.
    log
        Transformation, if any, with the smallest and the largest value it is made for.
    smallest, largest, power
        Of the transformation.
    skewness, kurtosis
        As they are afterwards.
    passed
        Whether they are in order.
    """

    low: float = -math.inf
    high: float = math.inf
    points_low: int = 0
    points_high: int = 0
    log: Log | None = None
    smallest: float = 0.0
    largest: float = 0.0
    power: float = 0.0
    skewness: float = math.nan
    kurtosis: float = math.nan
    passed: bool = True

    def apply(self, values: Floats) -> Floats:
        """Return values treated in the same way; what a logarithm was not made for meets its edge."""
        drawn_in = np.clip(values, self.low, self.high)
        if self.log is None:
            return drawn_in
        inside = np.clip(drawn_in, self.smallest, self.largest)
        return _transformed(inside, self.log, self.smallest, self.largest, self.power)


def skewness(values: Floats) -> float:
    """Return the sample skewness G1 of the values that are known; NaN for fewer than 3 or equal ones."""
    x, n, scale = _centred(values)
    if n < 3 or scale == 0:
        return math.nan
    return float(math.sqrt(n) * (x**3).sum() / scale**1.5 * math.sqrt(n * (n - 1)) / (n - 2))


def kurtosis(values: Floats) -> float:
    """Return the sample excess kurtosis G2 of the known values; NaN for fewer than 4 or equal ones."""
    x, n, scale = _centred(values)
    if n < 4 or scale == 0:
        return math.nan
    raw = n * (x**4).sum() / scale**2
    return float(((n + 1) * (raw - 3) + 6) * (n - 1) / ((n - 2) * (n - 3)))


def _centred(values: Floats) -> tuple[Floats, int, float]:
    known = values[~np.isnan(values)]
    if len(known) == 0 or known.min() == known.max():
        return known, len(known), 0.0
    x = known - known.mean()
    # The shape does not hang on the scale, but powers of the smallest and greatest numbers do.
    x /= np.abs(x).max()
    return x, len(x), float((x**2).sum())


def fit_treatment(values: Floats, params: TreatParams | None = None) -> Treatment:
    """
    Return what is to be done with a column.

    Points are drawn in to the next value one by one, at the side to which the column leans, until it is in
    order or the limit is met; equal values at the edge count each. If it is not in order then, the logarithm
    of the column is taken instead. A column is never drawn together into one single value.
    """
    params = params or TreatParams()
    column = np.array(values, dtype=float)
    if _in_order(column, params):
        return _told(Treatment(), column, params)
    drawn_in = _winsorised(column, params)
    after = drawn_in.apply(column)
    if params.log is None or _in_order(after, params):
        return _told(drawn_in, after, params)
    start = drawn_in if params.winsorised else Treatment()
    base = start.apply(column)
    smallest, largest = float(np.nanmin(base)), float(np.nanmax(base))
    if params.log == "log" and smallest <= 0:
        return _told(drawn_in, after, params)
    logged = Treatment(
        low=start.low,
        high=start.high,
        points_low=start.points_low,
        points_high=start.points_high,
        log=params.log,
        smallest=smallest,
        largest=largest,
        power=params.power,
    )
    return _told(logged, logged.apply(column), params)


def treat(
    values: pd.DataFrame,
    params: TreatParams | None = None,
    *,
    single: Mapping[str, TreatParams | None] | None = None,
) -> tuple[pd.DataFrame, dict[str, Treatment]]:
    """
    Return the columns treated, and what was done with each.

    Parameters
    ----------
    single
        Settings of single columns; None leaves a column as it is.
    """
    single = single or {}
    found = {}
    for name in values.columns:
        chosen = single.get(name, params) if name not in single or single[name] is not None else None
        column = np.asarray(values[name], dtype=float)
        left = name in single and single[name] is None
        found[str(name)] = Treatment() if left else fit_treatment(column, chosen)
    treated = {name: found[str(name)].apply(np.asarray(values[name], dtype=float)) for name in values.columns}
    return pd.DataFrame(treated, index=values.index), found


def treatment_table(found: Mapping[str, Treatment]) -> pd.DataFrame:
    """Return what was done with each column: points_low, points_high, log, skewness, kurtosis, passed."""
    rows = {
        name: {
            "points_low": done.points_low,
            "points_high": done.points_high,
            "log": done.log or "",
            "skewness": done.skewness,
            "kurtosis": done.kurtosis,
            "passed": done.passed,
        }
        for name, done in found.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("indicator")


def _in_order(column: Floats, params: TreatParams) -> bool:
    # A column of equal or of too few values has no shape that could be out of order.
    return not (abs(skewness(column)) > params.skewness and kurtosis(column) > params.kurtosis)


def _winsorised(column: Floats, params: TreatParams) -> Treatment:
    limit = math.inf if params.most_points is None else params.most_points
    low, high = -math.inf, math.inf
    now, at_top, at_bottom = column.copy(), 0, 0
    while at_top + at_bottom < limit and not _in_order(now, params):
        levels = np.unique(now[~np.isnan(now)])
        if len(levels) < 3:
            break
        if skewness(now) >= 0:
            high, at_top = float(levels[-2]), int((now == levels[-1]).sum())
        else:
            low, at_bottom = float(levels[1]), int((now == levels[0]).sum())
        now = np.clip(column, low, high)
    return Treatment(low=low, high=high, points_low=at_bottom, points_high=at_top)


def _told(done: Treatment, after: Floats, params: TreatParams) -> Treatment:
    return Treatment(
        **{
            **done.__dict__,
            "skewness": skewness(after),
            "kurtosis": kurtosis(after),
            "passed": _in_order(after, params),
        }
    )


def _transformed(x: Floats, log: Log, smallest: float, largest: float, power: float) -> Floats:
    span = largest - smallest
    match log:
        case "log":
            return np.asarray(np.log(x))
        case "log_ct":
            return np.asarray(np.log(x - smallest + 0.01 * span))
        case "log_ct_original":
            return np.asarray(np.log(x - smallest + 1.0))
        case "log_gii":
            return np.asarray(np.log((largest - 1.0) * (x - smallest) / span + 1.0))
        case "box_cox":
            above = x - smallest + 1.0
            return np.asarray(np.log(above) if power == 0 else (above**power - 1.0) / power)
