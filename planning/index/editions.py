"""The external edition: what leaves the building tells no count under 10, nor what gives one away."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd

    from planning.index.index import SafetyIndex

SMALLEST_TOLD = 10
# What follows from a small count by a rule that everyone knows tells the count.
_TELLTALES = ("count", "compared", "quantity", "effect", "running")
_OF_WINDOW = ("value", "low", "high", "normalised")


def suppressed(index: SafetyIndex) -> SafetyIndex:
    """
    Return an index without counts under 10, zeros among them.

    Scores, grades, places and the sum of points stay. Lines whose count, or what it is compared with, is
    small lose their figures; running sums end at the first of them and come back at the last line; points of
    pillars are left out where one of their lines is. Rates and shares of small counts are left out, smoothed
    ones too: two villages of a class whose counts are told give away how it was smoothed, and so all others.
    """
    lines = _lines(index.points.lines)
    pillars = index.points.pillars.copy()
    gaps = lines.loc[lines["suppressed"], ["village_id", "pillar"]].drop_duplicates()
    for village, pillar in gaps.to_numpy():
        pillars.loc[village, pillar] = np.nan
    levels = {item.code for item in index.profile.indicators if item.measure == "level"}
    villages = index.villages.copy()
    for code in pillars:
        villages[f"points_{code}"] = pillars[code]
    return replace(
        index,
        villages=villages,
        indicators=_indicators(index.indicators, levels),
        points=replace(index.points, lines=lines, pillars=pillars),
        edition="external",
    )


def _lines(lines: pd.DataFrame) -> pd.DataFrame:
    found = lines.copy()
    of_counts = found["what"].isin(["each", "rate", "share", "change", "veto"])
    told_against = found["what"].isin(["share", "change"])
    small = of_counts & (_small(found["count"]) | (told_against & _small(found["compared"])))
    # 29 of 30 tells of one.
    small |= (found["what"] == "share") & _small(found["compared"] - found["count"])
    small |= _companions(found, small)
    # What a cap gives back tells the sum of what it caps.
    group = found["village_id"] + "/" + found["pillar"]
    small |= (found["kind"] == "full") & group.isin(group[small])
    found["suppressed"] = small
    found.loc[small, list(_TELLTALES)] = np.nan
    # Sums after a gap would tell what is in it, all but the last.
    after = found.groupby("village_id")["suppressed"].cummax()
    last = ~found.duplicated("village_id", keep="last")
    found["running"] = lines["running"].where(last | ~after)
    return found


def _companions(lines: pd.DataFrame, small: pd.Series) -> pd.Series:
    """
    Return the lines that have to go with a village's only small indicator.

    All other lines and the total would tell what stands in its lines; the indicator with the next smallest
    count goes as well.
    """
    rule = lines["kind"] == "rule"
    hidden = lines[rule & small].groupby("village_id")["indicator"].nunique()
    alone = lines["village_id"].isin(hidden.index[hidden == 1])
    told = lines[rule & ~small & alone & lines["count"].notna()].sort_values("count", kind="stable")
    chosen = told.drop_duplicates("village_id").set_index("village_id")["indicator"]
    return rule & lines["indicator"].eq(lines["village_id"].map(chosen))


def _indicators(indicators: pd.DataFrame, levels: Collection[str]) -> pd.DataFrame:
    found = indicators.copy()
    if "count" not in found:
        return found
    small, small_window = _small(found["count"]), _small(found["window_count"])
    found.loc[small, "count"] = np.nan
    found.loc[small_window, ["window_count", "raw"]] = np.nan
    counted = small_window & ~found["indicator"].isin(levels)
    found.loc[counted, list(_OF_WINDOW)] = np.nan
    found["suppressed"] = small | small_window
    return found


def _small(counts: pd.Series) -> pd.Series:
    return counts < SMALLEST_TOLD
