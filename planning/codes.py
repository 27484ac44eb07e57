"""
What the codes of grids say of their place: 12 digits of the village, then the grid's number.

统计用区划代码: 6 digits of the county, 3 of the town, 3 of the village; DB11 and the cities that
follow it number grids with 3 digits more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from planning.findings import finding

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOWN_DIGITS, _VILLAGE_DIGITS, _GRID_DIGITS = 9, 12, (13, 16)
# Below this share of coded ids the layer follows some other rule, and single ids are no fault.
_RULE_SHARE = 0.8


def follows_rule(grids: pd.Index) -> pd.Series:
    """Return whether each id is a village code of 12 digits and a number of 1 to 4, indexed by id."""
    text = grids.to_series().astype("str")
    return text.str.isdigit() & text.str.len().between(*_GRID_DIGITS)


def village_codes(grids: pd.Index) -> pd.Series:
    """Return the village code that each grid id begins with; missing where the ids follow another rule."""
    return _prefixes(grids, _VILLAGE_DIGITS)


def town_codes(grids: pd.Index) -> pd.Series:
    """Return the town code that each grid id begins with; missing where the ids follow another rule."""
    return _prefixes(grids, _TOWN_DIGITS)


def code_findings(grids: pd.Index, stated: pd.Series) -> Iterator[dict[str, Any]]:
    """
    Yield the ids that break the rule which the others follow, or that name another village than stated.

    Parameters
    ----------
    stated
        Village of each grid as its table says, indexed by grid; missing where it does not.
    """
    coded = follows_rule(grids)
    if coded.empty or coded.mean() < _RULE_SHARE:
        return
    for grid in grids[~coded]:
        yield finding("grid_code_odd", "grids", grid)
    codes = village_codes(grids)
    stated = stated.reindex(grids)
    looks_coded = stated.astype("str").str.fullmatch(r"\d{12}").fillna(False).astype(bool)
    for grid in grids[codes.notna() & looks_coded & (codes != stated)]:
        yield finding("grid_code_mismatch", "grids", grid, other=codes[grid], stated=stated[grid])


def _prefixes(grids: pd.Index, digits: int) -> pd.Series:
    coded = follows_rule(grids)
    if coded.empty or coded.mean() < _RULE_SHARE:
        return pd.Series([None] * len(grids), index=grids, dtype=object)
    return grids.to_series().astype("str").str[:digits].astype(object).where(coded, None)
