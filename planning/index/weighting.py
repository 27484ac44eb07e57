"""Weights that come out of the data, and weights with noise; weights that people judge are in `ahp`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from geo.errors import SettingError
from planning.index.aggregating import add_groups

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from planning.index.structure import Structure

    Floats = NDArray[np.float64]

Correlation = Literal["pearson", "spearman", "kendall"]


def equal_weights(structure: Structure) -> dict[str, float]:
    """Return 1 for everything: all members of a group weigh the same."""
    return dict.fromkeys(structure.parents, 1.0)


def entropy_weights(values: pd.DataFrame) -> pd.Series:
    """
    Return weights by how much the columns differ between units, summing to 1 (Shannon's entropy).

    With p_ij the share of unit i in column j and E_j = -sum p_ij ln p_ij / ln n the weight is (1 - E_j) over
    the sum of all of them; Hwang and Yoon, Multiple Attribute Decision Making (1981), 3.2. Rows with missing
    values are left out. A column of equal values weighs nothing; if all are, all weigh the same.

    Raises
    ------
    SettingError
        ``entropy_needs_counts`` for negative values; ``weights_need_units`` for fewer than two full rows.
    """
    difference = 1.0 - entropies(values)
    total = difference.sum()
    even = pd.Series(1.0 / len(difference), index=difference.index)
    return (difference / total if total > 0 else even).rename("weight")


def entropies(values: pd.DataFrame) -> pd.Series:
    """Return how evenly each column is spread over units: 1 if all have the same; see `entropy_weights`."""
    known = _complete(values)
    if (known < 0).any():
        raise SettingError("entropy_needs_counts", found=float(known.min()))
    sums = known.sum(axis=0)
    shares = np.divide(known, sums, out=np.full(known.shape, 1.0 / len(known)), where=sums > 0)
    logs = np.log(shares, out=np.zeros(shares.shape), where=shares > 0)
    found = -(shares * logs).sum(axis=0) / np.log(len(known))
    # Rounding leaves some last digit of columns of equal values.
    found[found > 1.0 - 1e-12] = 1.0
    return pd.Series(found, index=values.columns, name="entropy")


def pca_weights(values: pd.DataFrame) -> pd.Series:
    """
    Return the loadings of the first principal component of the standardised columns, as COINr's ``get_PCA``.

    Their sum is positive, their squares sum to 1. A negative one says that the column runs against the
    others: no weight for it makes sense then. Columns of equal values load nothing.

    Raises
    ------
    SettingError
        ``weights_need_units`` for fewer than two full rows.
    """
    loadings = principal_components(values)["loadings"].iloc[:, 0]
    return (loadings if loadings.sum() >= 0 else -loadings).rename("weight")


def principal_components(values: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """
    Return the principal components of the standardised columns.

    Returns
    -------
    loadings
        A row per column, a column per component: PC1, PC2 …
    variance
        A row per component: variance, share, cumulated.

    Raises
    ------
    SettingError
        ``weights_need_units`` for fewer than two full rows.
    """
    known = _complete(values)
    spread = known.std(axis=0, ddof=1)
    standard = np.divide(known - known.mean(axis=0), spread, out=np.zeros(known.shape), where=spread > 0)
    _, singular, axes = np.linalg.svd(standard, full_matrices=False)
    names = [f"PC{i + 1}" for i in range(len(singular))]
    variance = singular**2 / (len(known) - 1)
    share = variance / variance.sum() if variance.sum() > 0 else np.zeros(len(variance))
    return {
        "loadings": pd.DataFrame(axes.T, index=values.columns, columns=names),
        "variance": pd.DataFrame(
            {"variance": variance, "share": share, "cumulated": share.cumsum()}, index=names
        ),
    }


def optimised_weights(
    values: pd.DataFrame,
    structure: Structure,
    *,
    level: int,
    importance: Mapping[str, float] | None = None,
    correlation: Correlation = "pearson",
) -> pd.DataFrame:
    """
    Return weights under which what stands at a level matters as much for the whole as it is meant to.

    What a weight of 2 brings depends on how the members correlate. Here a member's importance is its
    correlation with the whole, as a share of all of the level's; Becker, Saisana, Paruolo and Vandecasteele
    (2017), Ecological Indicators 80, in the linear form of COINr's ``get_opt_weights``.

    Parameters
    ----------
    values
        Normalised indicators.
    level
        Whose weights are sought, from 1.
    importance
        Wanted of each that stands at the level, in proportion; None for the same of all.
    correlation
        By which the importance is measured.

    Returns
    -------
    DataFrame
        Indexed by name: wanted, obtained (shares), weight (of 1).
    """
    names = structure.level(level)
    wanted = np.array([float((importance or {}).get(name, 0.0 if importance else 1.0)) for name in names])
    if wanted.sum() <= 0:
        raise SettingError("importance_empty", allowed=", ".join(names))
    wanted = wanted / wanted.sum()

    leaves = structure.indicators
    columns = dict(zip(leaves, values[list(leaves)].to_numpy(dtype=float).T, strict=True))

    def obtained(weights: Floats) -> Floats:
        tree = structure.with_weights(dict(zip(names, weights.tolist(), strict=True)))
        scores = add_groups(columns, tree)
        found = _correlations([scores[name] for name in names], scores[tree.root], correlation)
        return np.asarray(found / found.sum(), dtype=float)

    def weights_of(free: Floats) -> Floats:
        raised = np.exp(free - free.max())
        return np.asarray(raised / raised.sum())

    start = np.log(np.maximum(wanted, 1e-6))
    best = minimize(
        lambda free: float(((wanted - obtained(weights_of(free))) ** 2).sum()),
        start,
        method="Nelder-Mead",
        options={"xatol": 1e-6, "fatol": 1e-14, "maxiter": 400 * len(names)},
    )
    weights = weights_of(best.x)
    return pd.DataFrame(
        {"wanted": wanted, "obtained": obtained(weights), "weight": weights}, index=pd.Index(names)
    )


def noisy_weights(
    structure: Structure, noise: Mapping[int, float], *, draws: int, seed: int | np.random.Generator = 0
) -> pd.DataFrame:
    """
    Return weights with noise: a row per draw, a column per indicator and group.

    Parameters
    ----------
    noise
        By level, the share by which a weight may be off, evenly to either side: 0.25 for a quarter.
    """
    rng = np.random.default_rng(seed)
    names = list(structure.parents)
    given = np.array([structure.weight(name) for name in names])
    off = np.array([noise.get(structure.height(name), 0.0) for name in names])
    drawn = given * (1.0 + off * rng.uniform(-1.0, 1.0, (draws, len(names))))
    return pd.DataFrame(drawn, columns=names)


def _correlations(members: list[Floats], whole: Floats, by: Correlation) -> Floats:
    if by != "pearson" or np.isnan(whole).any() or any(np.isnan(member).any() for member in members):
        frame = pd.DataFrame(dict(enumerate(members)))
        return np.asarray(frame.corrwith(pd.Series(whole), method=by), dtype=float)
    centred = np.array([member - member.mean() for member in members])
    rest = whole - whole.mean()
    spread = np.sqrt((centred**2).sum(axis=1) * (rest**2).sum())
    found: Floats = np.divide(centred @ rest, spread, out=np.zeros(len(centred)), where=spread > 0)
    return found


def _complete(values: pd.DataFrame) -> Floats:
    known = values.dropna().to_numpy(dtype=float)
    if len(known) < 2:
        raise SettingError("weights_need_units", found=len(known))
    return known
