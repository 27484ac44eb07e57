"""A period's plan against another's, place by place: visits, hours, ways (每月优化巡防路线)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from data.clock import MS_PER_HOUR

if TYPE_CHECKING:
    from planning.patrol.period.problem import PeriodPlan

FIGURES = ("visits", "hours", "km")
_WEEK = 7


def figures_by_stop(visits: pd.DataFrame, *, days: int) -> pd.DataFrame:
    """
    Return what each stop gets a week, by stop_id: visits, hours (way there and stay), km (way there).

    Parameters
    ----------
    visits
        As `PeriodPlan.visits`.
    days
        Of the period.
    """
    spent = visits["leg_ms"] + visits["leave_ms"] - visits["arrive_ms"]
    frame = pd.DataFrame(
        {
            "visits": 1.0,
            "hours": spent.astype(float) / MS_PER_HOUR,
            "km": visits["leg_m"].astype(float) / 1000,
        }
    )
    weeks = days / _WEEK
    return frame.groupby(visits["stop_id"]).sum() / weeks


def compared(before: pd.DataFrame, plan: PeriodPlan, *, days_before: int) -> pd.DataFrame:
    """
    Return what each stop gets a week, before and now.

    Parameters
    ----------
    before
        Visits of the other period, as `PeriodPlan.visits` has them.
    plan
        This period's.
    days_before
        How many days the other period had.

    Returns
    -------
    DataFrame
        By stop_id: visits, hours, km; each as it was with ``_before``, and its change with ``_change``.
    """
    was = figures_by_stop(before, days=days_before)
    now = figures_by_stop(plan.visits(), days=len(plan.days))
    index = now.index.union(was.index)
    was, now = was.reindex(index).fillna(0.0), now.reindex(index).fillna(0.0)
    columns = {}
    for name in FIGURES:
        columns[f"{name}_before"], columns[name] = was[name], now[name]
        columns[f"{name}_change"] = now[name] - was[name]
    return pd.DataFrame(columns, index=index)
