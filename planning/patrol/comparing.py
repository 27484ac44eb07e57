"""Plans of one day side by side: the three modes on the same data, or whatever else was tried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from planning.patrol.plan import MS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planning.patrol.plan import DayPlan, DayProblem

_OF_PLAN = (
    "mode",
    "teams",
    "hours",
    "travel_h",
    "wait_h",
    "longest_shift_h",
    "distance_km",
    "stops",
    "feasible",
)


def compared(plans: Mapping[str, tuple[DayProblem, DayPlan]]) -> pd.DataFrame:
    """
    Return the figures of several plans, a row each.

    Parameters
    ----------
    plans
        What was asked and what was answered, by what the row is to be called: the mode, or another name.

    Returns
    -------
    DataFrame
        See `plan_figures` for the columns; empty without plans.
    """
    rows = [plan_figures(problem, plan) for problem, plan in plans.values()]
    return pd.DataFrame(rows, index=pd.Index(plans.keys(), name="plan"))


def plan_figures(problem: DayProblem, plan: DayPlan) -> dict[str, Any]:
    """
    Return what a plan takes and what it reaches.

    mode, teams (that go out), members (people who go out), hours and member_hours of duty, travel_h, wait_h,
    longest_shift_h, distance_km, stops and stops_due, villages and villages_due (that have stops, and that
    have one visited), unvisited, unvisited_must (of priority 1), feasible.
    """
    figures = plan.summary()
    visited = {visit.stop_id for route in plan.routes for visit in route.visits}
    village = problem.stops["village_id"].fillna("").replace("", pd.NA).dropna()
    members = problem.teams["members"].to_dict()
    return {
        **{name: figures[name] for name in _OF_PLAN},
        "members": sum(int(members[route.team_id]) for route in plan.routes),
        "member_hours": sum(int(members[r.team_id]) * r.duration_ms for r in plan.routes) / MS_PER_HOUR,
        "stops_due": len(problem.stops),
        "villages": int(village[village.index.isin(visited)].nunique()),
        "villages_due": int(village.nunique()),
        "unvisited": len(plan.unvisited),
        "unvisited_must": sum(out.priority == 1 for out in plan.unvisited),
    }
