"""
Adding up: indicators into groups, groups into the index, by means that let more or less be made good.

The means take their members along the last axis and skip what is missing, as COINr's ``a_amean``,
``a_gmean``, ``a_hmean`` and ``a_genmean`` do; OECD/JRC, Handbook on Constructing Composite Indicators (2008),
step 7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from geo.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from planning.index.structure import Method, Structure

    Floats = NDArray[np.float64]

_Table = TypeVar("_Table", "pd.DataFrame", "pd.Series")

# One block of pairs at a time: of 30,000 units all pairs would take gigabytes.
_PAIRS_AT_ONCE = 4_000_000


def arithmetic_mean(values: Floats, weights: Floats) -> Floats:
    """Return the weighted mean along the last axis; NaN where nothing that weighs is known."""
    if not np.isnan(values).any() and (whole := weights.sum(axis=-1)) > 0:
        plain: Floats = (values * weights).sum(axis=-1) / whole
        return plain
    known = ~np.isnan(values)
    total = np.where(known, weights, 0.0).sum(axis=-1)
    sums = np.where(known, values * weights, 0.0).sum(axis=-1)
    found: Floats = np.divide(sums, total, out=np.full(sums.shape, np.nan), where=total > 0)
    return found


def geometric_mean(values: Floats, weights: Floats) -> Floats:
    """
    Return the weighted geometric mean along the last axis; NaN where nothing is known.

    Raises
    ------
    SettingError
        ``mean_needs_positive`` for values that are not above 0.
    """
    _require_positive(values, "geometric")
    return np.asarray(np.exp(arithmetic_mean(np.log(values), weights)))


def harmonic_mean(values: Floats, weights: Floats) -> Floats:
    """
    Return the weighted harmonic mean along the last axis; NaN where nothing is known.

    Raises
    ------
    SettingError
        ``mean_needs_positive`` for values that are not above 0.
    """
    _require_positive(values, "harmonic")
    return np.asarray(1.0 / arithmetic_mean(1.0 / values, weights))


def generalised_mean(values: Floats, weights: Floats, power: float) -> Floats:
    """
    Return the weighted power mean along the last axis; power 0 is the geometric mean.

    Raises
    ------
    SettingError
        ``mean_needs_positive`` for values that are not above 0 where the power is not 1.
    """
    if power == 0:
        return geometric_mean(values, weights)
    if power != 1:
        _require_positive(values, "generalised")
    return np.asarray(arithmetic_mean(values**power, weights) ** (1.0 / power))


def outranking_matrix(values: Floats, weights: Floats) -> Floats:
    """
    Return for each pair of units the weight of the indicators in which the first is ahead; ties count half.

    An indicator that one of the two lacks counts for neither (as in COINr's ``outrankMatrix``).

    Parameters
    ----------
    values
        A row per unit, a column per indicator.
    """
    share = weights / weights.sum()
    matrix = np.zeros((len(values), len(values)))
    for column, weight in zip(values.T, share, strict=True):
        ahead = np.subtract.outer(column, column)
        matrix += weight * np.where(np.isnan(ahead), 0.0, (np.sign(ahead) + 1) / 2)
    np.fill_diagonal(matrix, 0.0)
    return matrix


def outranking_scores(values: Floats, weights: Floats) -> Floats:
    """
    Return the row sums of the outranking matrix, which COINr's ``a_copeland`` gives, without the matrix.

    They are weighted sums of how many units each one leaves behind, so ranks do for them.
    """
    share = weights / weights.sum()
    behind = rankdata(values, method="average", axis=0, nan_policy="omit") - 1.0
    return np.asarray(np.nansum(behind * share, axis=1))


def copeland_scores(values: Floats, weights: Floats) -> Floats:
    """
    Return for each unit how many others it beats less how many beat it (Copeland 1951).

    One unit beats another if it is ahead by weight of indicators; nothing is made good by how far.
    """
    share, count = weights / weights.sum(), len(values)
    net = np.zeros(count)
    block = max(1, _PAIRS_AT_ONCE // max(count, 1))
    for first in range(0, count, block):
        mine = values[first : first + block]
        lead = np.zeros((len(mine), count))
        for column, theirs, weight in zip(mine.T, values.T, share, strict=True):
            lead += weight * np.nan_to_num(np.sign(np.subtract.outer(column, theirs)))
        # Sums of weights that should cancel out may miss 0 by a last digit.
        net[first : first + block] = np.where(np.abs(lead) > 1e-12, np.sign(lead), 0.0).sum(axis=1)
    return net


def combine(values: Floats, weights: Floats, method: Method, *, power: float = 1.0) -> Floats:
    """
    Return the members along the last axis as one value, by one of `planning.index.structure.METHODS`.

    NaN where none of them weighs anything.

    Raises
    ------
    SettingError
        ``mean_needs_positive``.
    """
    if not weights.sum() > 0:
        return np.full(values.shape[:-1], np.nan)
    match method:
        case "arithmetic":
            return arithmetic_mean(values, weights)
        case "geometric":
            return geometric_mean(values, weights)
        case "harmonic":
            return harmonic_mean(values, weights)
        case "generalised":
            return generalised_mean(values, weights, power)
        case "outranking":
            return outranking_scores(values, weights)
        case "copeland":
            return copeland_scores(values, weights)


def aggregate(
    values: pd.DataFrame, structure: Structure, *, least_known: float | Sequence[float] = 0.0
) -> pd.DataFrame:
    """
    Return the units' indicators with a column for each group, the root's last.

    Parameters
    ----------
    values
        A row per unit, a column per indicator, on one scale and in one direction.
    structure
        The tree; each group adds up its members by its own method.
    least_known
        Share of a group's members that have to be known, else it is missing; one for all levels, or one for
        each from level 2 on.

    Raises
    ------
    SettingError
        ``indicator_missing`` for indicators of the tree that have no column; ``mean_needs_positive``.
    """
    if missing := [name for name in structure.indicators if name not in values]:
        raise SettingError("indicator_missing", found=", ".join(missing))
    matrix = values[list(structure.indicators)].to_numpy(dtype=float)
    columns = dict(zip(structure.indicators, matrix.T, strict=True))
    return pd.DataFrame(add_groups(columns, structure, least_known), index=values.index)


def add_groups(
    columns: Mapping[str, Floats], structure: Structure, least_known: float | Sequence[float] = 0.0
) -> dict[str, Floats]:
    """Return the indicators' values with those of each group, the root's last; see `aggregate`."""
    found = dict(columns)
    for group in structure.groups:
        members = structure.members(group)
        block = np.column_stack([found[member] for member in members])
        weights = np.array([structure.weight(member) for member in members])
        power = structure.powers.get(group, 1.0)
        found[group] = combine(block, weights, structure.method(group), power=power)
        if isinstance(least_known, (int, float)):
            limit = float(least_known)
        else:
            limit = least_known[structure.height(group) - 2]
        if limit > 0:
            found[group] = np.where((~np.isnan(block)).mean(axis=1) >= limit, found[group], np.nan)
    return found


def ranks(scores: _Table) -> _Table:
    """Return the place of each unit, 1 for the highest score; equal ones share the better place."""
    return scores.rank(ascending=False, method="min")


def _require_positive(values: Floats, mean: str) -> None:
    if (values <= 0).any():
        raise SettingError("mean_needs_positive", name=mean, found=float(np.nanmin(values)))
