"""Which units have enough data to be judged; who has not is told so, and not given the worst mark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from planning.index.structure import Structure

# COIN Tool User Guide (JRC, 2019): at least 65 % of a unit's indicators.
LEAST_KNOWN = 0.65


def coverage(values: pd.DataFrame, indicators: Iterable[str] | None = None) -> pd.Series:
    """Return the share of indicators that are known of each unit; 0 where there is no indicator."""
    chosen = values if indicators is None else values[list(indicators)]
    return chosen.notna().mean(axis=1).fillna(0.0).rename("coverage")


def screen(
    values: pd.DataFrame,
    *,
    least_known: float = LEAST_KNOWN,
    least_nonzero: float = 0.0,
    forced: Mapping[str, bool] | None = None,
) -> pd.DataFrame:
    """
    Return what is known of each unit and whether it is kept.

    Parameters
    ----------
    least_known
        Share of the indicators that has to be known.
    least_nonzero
        Share of the known indicators that has to differ from 0.
    forced
        Units that are kept or left out whatever the shares.

    Returns
    -------
    DataFrame
        missing, zero (counts), known, nonzero (shares; nonzero of what is known), kept.
    """
    missing, zero = values.isna().sum(axis=1), (values == 0).sum(axis=1)
    known = coverage(values)
    nonzero = 1.0 - zero / (len(values.columns) - missing)
    kept = (known >= least_known) & ~(nonzero < least_nonzero)
    for unit, keep in (forced or {}).items():
        kept[unit] = keep
    return pd.DataFrame({"missing": missing, "zero": zero, "known": known, "nonzero": nonzero, "kept": kept})


def group_coverage(values: pd.DataFrame, structure: Structure) -> pd.DataFrame:
    """Return the share of indicators known of each unit in each group, the root's last."""
    shares = {group: coverage(values, structure.below(group)) for group in structure.groups}
    return pd.DataFrame(shares, index=values.index)
