"""Keeping a day of patrols: the same rows behind the page and the terminal, read back as the plan that it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from data.patrol_plans import (
    ROUTE_COLUMNS,
    VISIT_COLUMNS,
    change_patrol_plan,
    read_patrol_plan,
    save_patrol_plan,
)
from geo.errors import Reason
from planning.patrol.checking import checked
from planning.patrol.plan import DayPlan, Refusal, Route, Unvisited, Visit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from data.patrol_plans import SavedPatrol
    from data.workspace import Workspace
    from planning.patrol.plan import DayProblem
    from ui.patrol_ground import Day

# Of each stop that is left out, so many near misses are kept; the others can be worked out again.
_REFUSALS_KEPT = 3
# What a plan's summary has that is not worked out from its routes.
_OWN_FACTS = ("parts", "exact_parts")


def save_day(
    workspace: Workspace,
    day: Day,
    plan: DayPlan,
    *,
    name: str,
    author: str = "",
    params: Mapping[str, Any] | None = None,
    stamp: str | None = None,
) -> str:
    """
    Keep a plan of a day, and return its id; raises as `data.patrol_plans.save_patrol_plan`.

    Parameters
    ----------
    params
        What else was asked, besides the day's order.
    """
    routes, visits = route_frames(plan)
    return save_patrol_plan(
        workspace,
        routes,
        visits,
        name=name,
        force=plan.force,
        mode=plan.mode,
        date=day.order.date.isoformat(),
        params={"order": day.order.to_dict(), "seconds": plan.seconds, **(params or {})},
        summary=day_summary(day.problem, plan),
        report=_report(day.problem, plan),
        author=author,
        stamp=stamp,
    )


def change_day(
    workspace: Workspace, plan_id: str, problem: DayProblem, plan: DayPlan, *, rev: int, who: str = ""
) -> int:
    """Keep a plan that was changed by hand, and return its revision; raises as `change_patrol_plan`."""
    routes, visits = route_frames(plan)
    return change_patrol_plan(
        workspace,
        plan_id,
        rev=rev,
        who=who,
        routes=routes,
        visits=visits,
        changes={"summary": day_summary(problem, plan), "report": _report(problem, plan)},
    )


def day_summary(problem: DayProblem, plan: DayPlan) -> dict[str, Any]:
    """Return a plan's figures: its own, the people who go out, and how much of what is due is visited."""
    out = problem.teams.loc[[route.team_id for route in plan.routes]]
    due = len(problem.stops)
    return {
        **plan.summary(),
        "people": int(out["members"].sum()),
        "teams_on_duty": len(problem.teams),
        "due": due,
        "coverage": plan.summary()["stops"] / due if due else None,
        "missed_must": sum(stop.priority == 1 for stop in plan.unvisited),
        "faults": len(plan.faults),
    }


def route_frames(plan: DayPlan) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a plan's routes and visits as rows."""
    routes = [[getattr(route, name) for name in ROUTE_COLUMNS] for route in plan.routes]
    visits = [
        [route.team_id, number, *(getattr(visit, name) for name in VISIT_COLUMNS[2:])]
        for route in plan.routes
        for number, visit in enumerate(route.visits, start=1)
    ]
    return pd.DataFrame(routes, columns=[*ROUTE_COLUMNS]), pd.DataFrame(visits, columns=[*VISIT_COLUMNS])


def _report(problem: DayProblem, plan: DayPlan) -> dict[str, Any]:
    return {
        "unvisited": [_kept_stop(stop) for stop in plan.unvisited],
        "faults": [_kept(fault) for fault in plan.faults],
        "left_out": [_kept(reason) for reason in problem.left_out],
    }


def _kept(reason: Reason) -> list[Any]:
    return [reason.code, dict(reason.facts)]


def _kept_stop(stop: Unvisited) -> dict[str, Any]:
    return {
        "stop_id": stop.stop_id,
        "priority": stop.priority,
        "refusals": [
            [found.team_id, _kept(found.why), found.position, found.detour_ms]
            for found in stop.refusals[:_REFUSALS_KEPT]
        ],
        "remedies": [_kept(remedy) for remedy in stop.remedies],
    }


def read_day_plan(workspace: Workspace, plan_id: str, problem: DayProblem) -> tuple[DayPlan, int]:
    """
    Return a plan as it was kept, checked against the day as it is now, and its revision.

    Teams and stops that the day no longer has are not in it; where that spoils a route, the plan's faults
    say so.

    Raises
    ------
    SettingError
        ``patrol_plan_unknown``.
    """
    saved = read_patrol_plan(workspace, plan_id)
    return checked(problem, plan_of(saved, problem)), saved.rev


def plan_of(saved: SavedPatrol, problem: DayProblem) -> DayPlan:
    """Return a saved plan of a day as far as the day still has its teams and stops; not checked."""
    known = saved.visits[
        saved.visits["team_id"].isin(problem.teams.index) & saved.visits["stop_id"].isin(problem.stops.index)
    ]
    by_team = dict(iter(known.groupby("team_id", sort=False)))
    rows = saved.routes.set_index("team_id")
    routes = tuple(_route(rows.loc[team], visits) for team, visits in by_team.items())
    order, summary = saved.params.get("order", {}), saved.summary
    visited = {visit.stop_id for route in routes for visit in route.visits}
    return DayPlan(
        force=saved.force,
        mode=saved.mode,
        objective=str(order.get("objective", summary.get("objective", "hours"))),
        routes=routes,
        unvisited=tuple(_unvisited(saved, problem, visited)),
        faults=(),
        seed=int(order.get("seed", 1)),
        seconds=float(summary.get("seconds", 0.0)),
        cap_ms=order.get("cap_ms"),
        facts={name: summary[name] for name in _OWN_FACTS if name in summary},
    )


def _route(row: pd.Series, visits: pd.DataFrame) -> Route:
    return Route(
        team_id=str(row.name),
        visits=tuple(
            Visit(**{name: row[name] if name == "stop_id" else int(row[name]) for name in VISIT_COLUMNS[2:]})
            for row in visits.sort_values("number").to_dict("records")
        ),
        **{name: int(row[name]) for name in ROUTE_COLUMNS[1:]},
    )


def _unvisited(saved: SavedPatrol, problem: DayProblem, visited: set[str]) -> list[Unvisited]:
    kept = {stop["stop_id"]: stop for stop in saved.report.get("unvisited", [])}
    left = [stop for stop in problem.stops.index if stop not in visited]
    return [_missed(str(stop), kept.get(stop, {}), int(problem.stops.at[stop, "priority"])) for stop in left]


def _missed(stop: str, kept: Mapping[str, Any], priority: int) -> Unvisited:
    return Unvisited(
        stop_id=stop,
        priority=priority,
        refusals=tuple(
            Refusal(team_id=team, why=_reason(why), position=position, detour_ms=detour)
            for team, why, position, detour in kept.get("refusals", ())
        ),
        remedies=tuple(_reason(remedy) for remedy in kept.get("remedies", ())),
    )


def _reason(kept: Sequence[Any]) -> Reason:
    return Reason(str(kept[0]), dict(kept[1]))


def left_out(saved: SavedPatrol) -> list[Reason]:
    """Return what was left out of a saved plan or assumed for it."""
    return [_reason(kept) for kept in saved.report.get("left_out", [])]
