"""
Which assumption the result hangs on: variance-based sensitivity indices.

Saltelli, Annoni, Azzini, Campolongo, Ratto and Tarantola (2010), Computer Physics Communications 181: first
order by their estimator (b), total order by Jansen's (1999); Saisana, Saltelli and Tarantola (2005), JRSS A
168, for composite indicators.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import qmc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def sobol_design(points: int, factors: int, *, seed: int = 0) -> Floats:
    """
    Return the points at which a model is to be run: two samples A, B and A with each column of B in turn.

    Parameters
    ----------
    points
        Of each sample; rounded up to a power of 2, which the Sobol' sequence wants.
    factors
        How many uncertain inputs there are.

    Returns
    -------
    NDArray
        N (factors + 2) rows, a column per factor, from 0 to below 1: A, B, AB of the first factor …
    """
    exponent = max(1, int(np.ceil(np.log2(points))))
    base = qmc.Sobol(2 * factors, rng=np.random.default_rng(seed)).random_base2(exponent)
    first, second = base[:, :factors], base[:, factors:]
    mixed = []
    for factor in range(factors):
        with_one = first.copy()
        with_one[:, factor] = second[:, factor]
        mixed.append(with_one)
    return np.vstack([first, second, *mixed])


def sobol_indices(
    outputs: Floats, names: Sequence[str], *, resamples: int = 0, centred: bool = True, seed: int = 0
) -> pd.DataFrame:
    """
    Return how much of an output's variance each factor explains.

    Parameters
    ----------
    outputs
        The model's output at each point of `sobol_design`, in its order.
    names
        Of the factors, in their order.
    resamples
        Bootstrap draws for the intervals; 0 for none.
    centred
        Whether the mean is taken off first, which makes first-order indices far less noisy; COINr does not.

    Returns
    -------
    DataFrame
        Indexed by factor: first (by itself), total (with all its interactions); with resamples
        first_low, first_high, total_low, total_high (5 % and 95 %). Sampling can make single ones negative.
        All 0, intervals too, if the output does not vary.
    """
    points = len(outputs) // (len(names) + 2)
    at_a, at_b = outputs[:points], outputs[points : 2 * points]
    mixed = outputs[2 * points :].reshape(len(names), points)
    variance = float(np.var(outputs[: 2 * points], ddof=1))
    if variance == 0:
        bounds = [f"{name}_{end}" for name in ("first", "total") for end in ("low", "high")]
        columns = ["first", "total", *(bounds if resamples else [])]
        return pd.DataFrame(0.0, index=pd.Index(names, name="factor"), columns=columns)
    middle = float(outputs[: 2 * points].mean()) if centred else 0.0
    firsts = (at_b - middle) * (mixed - at_a) / variance
    totals = (at_a - mixed) ** 2 / (2 * variance)
    found = pd.DataFrame(
        {"first": firsts.mean(axis=1), "total": totals.mean(axis=1)}, index=pd.Index(names, name="factor")
    )
    if resamples:
        rng = np.random.default_rng(seed)
        chosen = rng.integers(0, points, (resamples, points))
        for name, parts in (("first", firsts), ("total", totals)):
            drawn = np.stack([part[chosen].mean(axis=1) for part in parts])
            found[f"{name}_low"], found[f"{name}_high"] = np.quantile(drawn, [0.05, 0.95], axis=1)
    return found
