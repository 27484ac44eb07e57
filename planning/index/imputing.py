"""Values in the place of missing ones, each of them marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pandas as pd

from geo.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planning.index.structure import Structure

By = Literal["none", "mean", "median", "group_mean", "group_median"]
BYS: tuple[By, ...] = ("none", "mean", "median", "group_mean", "group_median")


def impute(
    values: pd.DataFrame, by: By = "group_median", *, groups: pd.Series | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """
    Return the values with missing ones made good, and which those are.

    A column of which nothing is known stays missing, and so does, by group, what a whole group lacks.

    Parameters
    ----------
    by
        mean or median of the column, or of the unit's group in it.
    groups
        Group of each unit; those of none are not imputed by group.

    Raises
    ------
    SettingError
        ``imputing_needs_groups`` without groups where they are needed.
    """
    missing = values.isna()
    if by == "none":
        return values.copy(), missing & False
    if by in ("mean", "median"):
        filled = values.fillna(values.agg(by))
    elif groups is None:
        raise SettingError("imputing_needs_groups", found=by)
    else:
        by_group = values.groupby(groups.reindex(values.index))
        of_group = by_group.transform("mean" if by == "group_mean" else "median")
        filled = values.fillna(of_group)
    return filled, missing & filled.notna()


def impute_rows(
    values: pd.DataFrame, structure: Structure, *, level: int = 2, by: Literal["mean", "median"] = "mean"
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """
    Return missing values made good from the same unit's other indicators of the group, and which those are.

    Each indicator is put on a scale from 0 to 1 (better is higher) for it, and back again.

    Parameters
    ----------
    level
        The level whose groups' indicators stand in for each other.
    """
    filled = values.astype(float)
    for group in structure.level(level):
        names = list(structure.below(group))
        signed = filled[names] * [structure.direction(name) for name in names]
        low, span = signed.min(), signed.max() - signed.min()
        scaled = (signed - low) / span
        usual = scaled.agg(by, axis=1)
        stand_ins = {name: (usual * span[name] + low[name]) * structure.direction(name) for name in names}
        filled[names] = filled[names].fillna(pd.DataFrame(stand_ins))
    return filled, values.isna() & filled.notna()


def carry_forward(
    panel: Sequence[pd.DataFrame], *, most_periods: int | None = 1
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """
    Return the last of several periods' values, missing ones taken from the periods before, and from how long.

    Parameters
    ----------
    panel
        One frame per period, the oldest first, all with the same columns; units may come and go.
    most_periods
        How many periods a value may be old; None for all there are.

    Returns
    -------
    values, age
        In the shape of the last frame; age is how many periods each value is old, 0 for those that were
        there or still lack.
    """
    last = panel[-1].copy()
    age = pd.DataFrame(0, index=last.index, columns=last.columns)
    earlier = list(reversed(panel[:-1]))
    for back, frame in enumerate(earlier if most_periods is None else earlier[:most_periods], start=1):
        found = frame.reindex(index=last.index, columns=last.columns)
        taken = last.isna() & found.notna()
        last, age = last.where(~taken, found), age.mask(taken, back)
    return last, age
