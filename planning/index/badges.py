"""Badges of villages (四无村社) and what is still open there: counts that came to zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from data.schemas import INDICATOR, PERIOD_END, VALUE, VILLAGE_ID

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from planning.index.index import SafetyIndex

# 无刑事警情, 无治安警情, 无火灾, 无信访: by badge, the indicators or pillars that have to be at zero.
FOUR_WITHOUT: Mapping[str, tuple[str, ...]] = {
    "no_crime": ("criminal",),
    "no_disorder": ("order",),
    "no_fire": ("fires",),
    "no_petition": ("petitions",),
}
# 安全隐患, 矛盾纠纷: what was found, and what was closed of it.
BACKLOGS: Mapping[str, tuple[str, str]] = {
    "hazards": ("hazards_opened", "hazards_closed"),
    "disputes": ("disputes_opened", "disputes_closed"),
}


def badges(index: SafetyIndex, *, four: Mapping[str, Sequence[str]] = FOUR_WITHOUT) -> pd.DataFrame:
    """
    Return which badges each village has for the period of an index.

    Parameters
    ----------
    index
        The internal edition: small counts are needed.
    four
        By badge, the indicators or pillars of the profile whose counts have to be zero.

    Returns
    -------
    DataFrame
        A row per village, a column per badge that the profile can tell: True, False, or missing where a
        count is not known.
    """
    rows = index.indicators
    found = pd.DataFrame(index=index.villages.index)
    for badge, codes in four.items():
        mine = rows[rows["indicator"].isin(codes) | rows["pillar"].isin(codes)]
        if mine.empty:
            continue
        counts = mine.groupby("village_id")["count"].agg(["sum", "count", "size"]).reindex(found.index)
        told = pd.Series(counts["sum"] == 0, index=found.index, dtype="boolean")
        # A count above zero settles it; an unknown one leaves a zero unsettled.
        unknown = (counts["sum"] == 0) & (counts["count"] < counts["size"])
        found[badge] = told.mask(unknown | counts["size"].isna())
    return found


def backlog(indicators: pd.DataFrame, *, through: dt.date) -> pd.DataFrame:
    """
    Return how many hazards and disputes are still open in each village (清零): found less closed.

    Parameters
    ----------
    indicators
        The district's table of reports.
    through
        Reports of periods that end later do not count.

    Returns
    -------
    DataFrame
        Indexed by village_id, a column per kind of `BACKLOGS` that is reported; never below zero: what was
        closed of years before the first report is not known to have been found.
    """
    rows = indicators[pd.to_datetime(indicators[PERIOD_END]) <= pd.Timestamp(through)]
    sums = rows.pivot_table(index=VILLAGE_ID, columns=INDICATOR, values=VALUE, aggfunc="sum", fill_value=0.0)
    found = {
        kind: (sums[opened] - sums.get(closed, 0.0)).clip(lower=0.0)
        for kind, (opened, closed) in BACKLOGS.items()
        if opened in sums
    }
    return pd.DataFrame(found, index=sums.index)
