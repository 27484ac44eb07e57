"""Calls of each village month by month, and what lies behind them once chance is drawn in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.schemas import GRID_ID
from geo.errors import SettingError
from planning.calls import count_by_period, counted_calls
from planning.index.panel import DAYS_A_YEAR
from planning.index.places import CLASS, village_of_grid
from planning.index.smoothing import smooth_rates
from planning.periods import containing
from planning.profile import PRESENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planning.periods import Period

MONTH, COUNT, SMOOTHED, LOW, HIGH = "month", "count", "smoothed", "low", "high"


def monthly_calls(
    tables: Mapping[str, pd.DataFrame],
    villages: pd.DataFrame,
    period: Period,
    *,
    basis: str | None = None,
    months: int = 12,
) -> pd.DataFrame:
    """
    Return the calls of villages in the months up to a period's last day, smoothed among villages of a class.

    Months that are not over by then, or not known as a whole, are left out.

    Parameters
    ----------
    tables
        incidents and grids.
    villages
        By village_id: class and present.
    basis
        统计口径 of the calls; None for the widest.

    Returns
    -------
    DataFrame
        village_id, month (its first day, ISO), count, and smoothed, low, high: how many calls such a month
        brings on average, with the bounds of 90 % (NaN where nobody lives). Empty where no calls are known.
    """
    columns = ["village_id", MONTH, COUNT, SMOOTHED, LOW, HIGH]
    try:
        calls = counted_calls(tables.get("incidents"), basis=basis or None)
    except SettingError:
        return pd.DataFrame(columns=columns)
    spans = [span for span in _months(period, months) if calls.known.covers(span)]
    if not spans:
        return pd.DataFrame(columns=columns)
    homes = calls.rows[GRID_ID].map(village_of_grid(tables))
    counts = count_by_period(calls.rows, homes, [*villages.index], spans)
    groups = villages[CLASS].to_numpy()
    parts = []
    for span, month in zip(spans, counts.columns, strict=True):
        found = counts[month].to_numpy(dtype=float)
        people = villages[PRESENT].to_numpy(dtype=float) * span.days / DAYS_A_YEAR
        people = np.where(people > 0, people, np.nan)
        rates = smooth_rates(found, people, groups=groups)
        low, high = rates.interval()
        told = {COUNT: found, SMOOTHED: rates.mean * people, LOW: low * people, HIGH: high * people}
        parts.append(pd.DataFrame({"village_id": villages.index, MONTH: month, **told}))
    return pd.concat(parts, ignore_index=True)


def _months(period: Period, months: int) -> list[Period]:
    """Return so many months, the last of which is over by a period's last day."""
    last = containing(period.last, "month")
    if last.last > period.last:
        last = last.previous()
    found = [last]
    while len(found) < months:
        found.append(found[-1].previous())
    return found[::-1]
