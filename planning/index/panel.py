"""What a safety index is made of: counts, and of what, by village, indicator and span of days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from geo.errors import Reason
    from planning.index.profile import IndexProfile
    from planning.periods import Period

# Spans of days: the period itself, those it is compared with, the window that is looked back on, and the
# year in which goalposts are set.
CURRENT, PREVIOUS, YEAR_BEFORE, WINDOW, BASE = "current", "previous", "year_before", "window", "base"
DAYS_A_YEAR = 365.25


@dataclass(frozen=True, kw_only=True)
class Span:
    """
    What is known of some days: frames with a row per village, a column per indicator.

    Parameters
    ----------
    days
        From the first to the last.
    counts
        Events of a rate, successes of a share, the value of a level; NaN where nothing is known.
    exposure
        Denominator times years of a rate, trials of a share; NaN of a level.
    """

    days: Period
    counts: pd.DataFrame
    exposure: pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class Panel:
    """
    All that a safety index is computed from.

    Parameters
    ----------
    villages
        Indexed by village_id: name, kind, town_id, station_id, class, and the denominators.
    spans
        By name: current, previous, year_before, window, base.
    carried
        Whether the latest report of a village's indicator is overdue, though not so long that it is missing.
    period
        That is asked about.
    basis
        统计口径 of the calls; "" without calls.
    profile
        For which it was gathered.
    notes
        What was left out, counted twice, or could not be told.
    """

    villages: pd.DataFrame
    spans: Mapping[str, Span]
    carried: pd.DataFrame
    period: Period
    basis: str
    profile: IndexProfile
    notes: tuple[Reason, ...] = ()
