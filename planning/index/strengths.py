"""What a unit does well and badly, next to units like it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from planning.index.structure import Structure


def strengths(
    normalised: pd.DataFrame,
    structure: Structure,
    unit: str,
    *,
    count: int = 5,
    classes: pd.Series | None = None,
    least_unique: float = 0.0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """
    Return the indicators in which a unit stands best and worst.

    Indicators in which it shares the last place with others are no strength, and those in which it shares the
    first are no weakness, however few they may be.

    Parameters
    ----------
    normalised
        Indicators on one scale, higher being better.
    count
        Of each at most.
    classes
        Class of each unit: places are told among units of its own; None for all of them.
    least_unique
        Indicators with a smaller share of different values are passed over.

    Returns
    -------
    strengths, weaknesses
        indicator, group, score, rank, of (units that are compared); best first, worst first.
    """
    mine = normalised if classes is None else normalised[classes.reindex(normalised.index) == classes[unit]]
    places = mine.rank(ascending=False, method="min")
    count_known = mine.notna().sum()
    table = pd.DataFrame(
        {
            "group": [structure.parents.get(str(name), "") for name in mine.columns],
            "score": mine.loc[unit],
            "rank": places.loc[unit],
            "of": count_known,
        }
    ).rename_axis("indicator")
    usable = table["rank"].notna() & (mine.nunique() / count_known > least_unique)
    known = table[usable].reset_index()
    last = known["indicator"].map(places.max())
    strong = known[known["rank"] < last].sort_values(
        ["rank", "score"], ascending=[True, False], kind="stable"
    )
    weak = known[known["rank"] > 1].sort_values(["rank", "score"], ascending=[False, True], kind="stable")
    return strong.head(count).reset_index(drop=True), weak.head(count).reset_index(drop=True)
