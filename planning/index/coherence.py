"""
Whether the indicators of an index belong together: what one looks at before one trusts it.

The JRC's statistical audit: correlations inside groups and upwards, consistency, principal components.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import kendalltau, pearsonr, spearmanr

from planning.index.treating import kurtosis, skewness
from planning.index.weighting import principal_components

if TYPE_CHECKING:
    from planning.index.structure import Structure
    from planning.index.weighting import Correlation

# Below the first an indicator says little in its group, above the second little that the others don't (JRC).
WEAK, REDUNDANT = 0.30, 0.92
_TESTS = {"pearson": pearsonr, "spearman": spearmanr, "kendall": kendalltau}


def statistics(values: pd.DataFrame) -> pd.DataFrame:
    """
    Return what is to be known of each column before it is used.

    Returns
    -------
    DataFrame
        Indexed by indicator: known, nonzero, unique (counts), min, p5, p25, median, mean, p75, p95, max,
        deviation, skewness, kurtosis, outliers (whether both are beyond 2 and 3.5).
    """
    rows = {}
    for name in values.columns:
        column = values[name].to_numpy(dtype=float)
        known = column[~np.isnan(column)]
        marks = np.quantile(known, [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1]) if len(known) else np.full(7, np.nan)
        lean, peak = skewness(column), kurtosis(column)
        rows[name] = {
            "known": len(known),
            "nonzero": int((known != 0).sum()),
            "unique": len(np.unique(known)),
            **dict(zip(("min", "p5", "p25", "median", "p75", "p95", "max"), marks.tolist(), strict=True)),
            "mean": float(known.mean()) if len(known) else np.nan,
            "deviation": float(known.std(ddof=1)) if len(known) > 1 else np.nan,
            "skewness": lean,
            "kurtosis": peak,
            "outliers": abs(lean) > 2 and peak > 3.5,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("indicator")


def correlations(
    values: pd.DataFrame,
    others: pd.DataFrame | None = None,
    *,
    by: Correlation = "pearson",
    significance: float | None = None,
) -> pd.DataFrame:
    """
    Return the correlation of each column with each of the others, of the units that both know.

    Parameters
    ----------
    others
        Further columns of the same units; None for the columns themselves.
    significance
        Correlations with a greater p are left out (NaN); None keeps all.
    """
    against = values if others is None else others
    found = {
        name: [_correlation(values[row], against[name], by, significance) for row in values.columns]
        for name in against.columns
    }
    return pd.DataFrame(found, index=values.columns)


def correlation_flags(
    values: pd.DataFrame,
    structure: Structure,
    *,
    level: int = 2,
    above: float | None = 0.9,
    below: float | None = None,
    by: Correlation = "pearson",
) -> pd.DataFrame:
    """
    Return the pairs of indicators of one group that say nearly the same, or contradict each other.

    Parameters
    ----------
    level
        Of the groups.
    above, below
        Correlations that are flagged; None for none.

    Returns
    -------
    DataFrame
        group, first, second, correlation; each pair once.
    """
    rows = []
    for group in structure.level(level):
        names = list(structure.below(group))
        matrix = values[names].corr(method=by).to_numpy()
        for i, j in zip(*np.triu_indices(len(names), k=1), strict=True):
            found = matrix[i, j]
            if (above is not None and found > above) or (below is not None and found < below):
                rows.append((group, names[i], names[j], float(found)))
    return pd.DataFrame(rows, columns=["group", "first", "second", "correlation"])


def upward_correlations(
    scores: pd.DataFrame, structure: Structure, *, by: Correlation = "pearson"
) -> pd.DataFrame:
    """
    Return how each indicator and group goes with its own group and with the whole.

    Parameters
    ----------
    scores
        As `planning.index.aggregating.aggregate` gives them.

    Returns
    -------
    DataFrame
        Indexed by name: group, with_group, with_whole, flag ("against" below 0, "weak" below 0.30,
        "redundant" above 0.92, else "").
    """
    rows = {}
    for name, group in structure.parents.items():
        own = _correlation(scores[name], scores[group], by, None)
        rows[name] = {
            "group": group,
            "with_group": own,
            "with_whole": _correlation(scores[name], scores[structure.root], by, None),
            "flag": _flag(own, alone=len(structure.members(group)) == 1),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def denominator_correlations(
    values: pd.DataFrame, denominators: pd.DataFrame, *, above: float = 0.6
) -> pd.DataFrame:
    """Return indicators that go with a denominator, and so perhaps should be divided by it."""
    matrix = correlations(values, denominators)
    found = matrix.to_numpy()
    rows = [
        (str(matrix.index[i]), str(matrix.columns[j]), float(found[i, j]))
        for i, j in np.argwhere(np.abs(found) > above).tolist()
    ]
    return pd.DataFrame(rows, columns=["indicator", "denominator", "correlation"])


def cronbach(values: pd.DataFrame) -> float:
    """
    Return Cronbach's alpha of the columns: 1 if they measure the same, 0 if nothing in common.

    Cronbach (1951), Psychometrika 16; from pairwise covariances. NaN for fewer than two columns.
    """
    covariance = values.cov().to_numpy()
    count, total = len(covariance), covariance.sum()
    if count < 2 or total == 0:
        return float("nan")
    return float(count / (count - 1) * (1.0 - np.trace(covariance) / total))


def consistency(scores: pd.DataFrame, structure: Structure) -> pd.DataFrame:
    """
    Return for each group with two members or more how well they hang together.

    Returns
    -------
    DataFrame
        Indexed by group: members, alpha (Cronbach), first_component (share of variance that one axis
        explains), correlation (mean of all pairs).
    """
    rows = {}
    for group in structure.groups:
        members = scores[list(structure.members(group))]
        moving = members.loc[:, members.nunique() > 1]
        if len(moving.columns) < 2 or len(moving.dropna()) < 2:
            continue
        pairs = moving.corr().to_numpy()[np.triu_indices(len(moving.columns), k=1)]
        rows[group] = {
            "members": len(members.columns),
            "alpha": cronbach(moving),
            "first_component": float(principal_components(moving)["variance"]["share"].iloc[0]),
            "correlation": float(np.nanmean(pairs)),
        }
    columns = ["members", "alpha", "first_component", "correlation"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("group")


def _flag(correlation: float, *, alone: bool) -> str:
    if np.isnan(correlation) or alone:
        return ""
    if correlation < 0:
        return "against"
    if correlation < WEAK:
        return "weak"
    return "redundant" if correlation > REDUNDANT else ""


def _correlation(first: pd.Series, second: pd.Series, by: Correlation, significance: float | None) -> float:
    both = first.notna() & second.notna()
    x, y = first[both].to_numpy(dtype=float), second[both].to_numpy(dtype=float)
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    if len(x) == 2:
        return float(np.sign((x[1] - x[0]) * (y[1] - y[0])))
    found = _TESTS[by](x, y)
    if significance is not None and found.pvalue > significance:
        return float("nan")
    return float(found.statistic)
