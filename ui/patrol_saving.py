"""Days of patrols kept in the workspace, and read back as plans that are checked anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from data.patrol_plans import (
    ROUTE_COLUMNS,
    VISIT_COLUMNS,
    change_patrol_plan,
    save_patrol_plan,
)
from geo.errors import Reason
from planning.patrol.checking import checked
from planning.patrol.comparing import plan_figures
from planning.patrol.plan import DayPlan, Refusal, Route, Unvisited, Visit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from data.patrol_plans import SavedPatrol
    from data.workspace import Workspace
    from planning.patrol.plan import DayProblem
    from ui.patrol_ground import Day

# Of the teams that cannot serve a stop, the nearest misses are enough to be kept.
_REFUSALS_KEPT = 5


def keep_day(
    workspace: Workspace,
    day: Day,
    plan: DayPlan,
    *,
    name: str,
    author: str = "",
    note: str = "",
    asked: Mapping[str, Any] | None = None,
    stamp: str | None = None,
) -> str:
    """
    Keep a planned day, and return its id.

    Parameters
    ----------
    day, plan
        What was asked, and the answer.
    asked
        What else was asked, besides the day's order: for a form to be shown again.
    stamp
        `Workspace.stamp` of the tables that it was made from, if it must still hold.

    Raises
    ------
    ConflictError, SettingError
        As `data.patrol_plans.save_patrol_plan`.
    """
    routes, visits = route_rows(plan)
    return save_patrol_plan(
        workspace,
        routes,
        visits,
        name=name,
        force=plan.force,
        mode=plan.mode,
        date=day.order.date.isoformat(),
        params={**(asked or {}), **day.order.to_dict()},
        summary=summary_of(plan, day.problem),
        report=report_of(plan, day.problem),
        author=author,
        note=note,
        stamp=stamp,
    )


def keep_changed_day(
    workspace: Workspace, plan_id: str, day: Day, plan: DayPlan, *, rev: int, who: str = ""
) -> int:
    """
    Keep a plan that was changed by hand or planned anew, and return its new revision.

    Raises
    ------
    ConflictError, SettingError
        As `data.patrol_plans.change_patrol_plan`.
    """
    routes, visits = route_rows(plan)
    changes = {
        "summary": summary_of(plan, day.problem),
        "report": report_of(plan, day.problem),
    }
    return change_patrol_plan(
        workspace, plan_id, rev=rev, who=who, routes=routes, visits=visits, changes=changes
    )


def kept_plan(saved: SavedPatrol, problem: DayProblem) -> DayPlan:
    """
    Return a plan that was kept, checked against the problem as it is now.

    Stops and teams that are not in it any more, and times that have changed with the roads, are among its
    faults.

    Parameters
    ----------
    problem
        What was asked (``ordered_day(ground, DayOrder.from_dict(saved.params))``), as the tables are now.
    """
    visits = {str(team): rows for team, rows in saved.visits.groupby("team_id", sort=False)}
    routes = tuple(
        Route(
            team_id=str(row["team_id"]),
            visits=tuple(Visit(**visit) for visit in _visit_fields(visits[str(row["team_id"])])),
            start_ms=int(row["start_ms"]),
            end_ms=int(row["end_ms"]),
            home_ms=int(row["home_ms"]),
            home_m=int(row["home_m"]),
        )
        for row in saved.routes.to_dict("records")
    )
    cap_ms = saved.params.get("cap_ms")
    plan = DayPlan(
        force=saved.force,
        mode=saved.mode,
        objective=str(saved.summary.get("objective", "")),
        routes=routes,
        unvisited=tuple(_unvisited(out) for out in saved.report.get("unvisited", ())),
        faults=(),
        seed=int(saved.summary.get("seed", 0)),
        seconds=float(saved.summary.get("seconds", 0.0)),
        cap_ms=cap_ms,
        facts=saved.report.get("facts", {}),
    )
    return checked(problem, plan)


def route_rows(plan: DayPlan) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a plan's routes and visits as the workspace keeps them."""
    routes = [(r.team_id, r.start_ms, r.end_ms, r.home_ms, r.home_m) for r in plan.routes]
    visits = [
        (r.team_id, number, v.stop_id, v.leg_ms, v.leg_m, v.arrive_ms, v.begin_ms, v.leave_ms)
        for r in plan.routes
        for number, v in enumerate(r.visits, start=1)
    ]
    return (
        pd.DataFrame(routes, columns=[*ROUTE_COLUMNS]),
        pd.DataFrame(visits, columns=[*VISIT_COLUMNS]),
    )


def summary_of(plan: DayPlan, problem: DayProblem) -> dict[str, Any]:
    """Return a plan's figures as they are kept: what it takes and reaches, and how many faults it has."""
    return {**plan.summary(), **plan_figures(problem, plan), "faults": len(plan.faults)}


def report_of(plan: DayPlan, problem: DayProblem) -> dict[str, Any]:
    """Return what a plan leaves out and why, what the checker found, and what was assumed, for JSON."""
    return {
        "unvisited": [
            {
                "stop_id": out.stop_id,
                "priority": out.priority,
                "refusals": [
                    {
                        "team_id": refusal.team_id,
                        "why": _plain(refusal.why),
                        "position": refusal.position,
                        "detour_ms": refusal.detour_ms,
                    }
                    for refusal in nearest_misses(out)[:_REFUSALS_KEPT]
                ],
                "remedies": [_plain(remedy) for remedy in out.remedies],
            }
            for out in plan.unvisited
        ],
        "faults": [_plain(fault) for fault in plan.faults],
        "left_out": [_plain(reason) for reason in problem.left_out],
        "facts": dict(plan.facts),
    }


def nearest_misses(out: Unvisited) -> list[Refusal]:
    """Return why teams do not serve a stop, those first that would be allowed to."""
    return sorted(out.refusals, key=lambda refusal: refusal.why.code == "not_allowed")


def _unvisited(kept: Mapping[str, Any]) -> Unvisited:
    return Unvisited(
        stop_id=kept["stop_id"],
        priority=kept["priority"],
        refusals=tuple(
            Refusal(**{**refusal, "why": Reason(**refusal["why"])}) for refusal in kept["refusals"]
        ),
        remedies=tuple(Reason(**remedy) for remedy in kept["remedies"]),
    )


def _visit_fields(rows: pd.DataFrame) -> list[dict[str, Any]]:
    columns = [name for name in VISIT_COLUMNS if name not in ("team_id", "number")]
    return [
        {name: value if name == "stop_id" else int(value) for name, value in row.items()}
        for row in rows.sort_values("number")[columns].to_dict("records")
    ]


def _plain(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "facts": dict(reason.facts)}
