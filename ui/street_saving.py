"""Patrols of streets kept in the workspace, and read back as plans that are checked anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from data.patrol_plans import ROUTE_COLUMNS, STREETS, VISIT_COLUMNS, save_patrol_plan
from planning.patrol.streets.checking import checked
from planning.patrol.streets.plan import PASSING, Step, StreetPlan, StreetRoute

if TYPE_CHECKING:
    from data.patrol_plans import SavedPatrol
    from data.workspace import Workspace
    from planning.patrol.streets.problem import StreetProblem
    from ui.street_report import StreetReport


def keep_streets(
    workspace: Workspace, report: StreetReport, *, name: str, author: str = "", stamp: str | None = None
) -> str:
    """
    Keep a patrol of streets, and return its id.

    Raises
    ------
    ConflictError, SettingError
        As `data.patrol_plans.save_patrol_plan`.
    """
    plan, order = report.plan, report.streets.order
    routes = [(r.team_id, r.start_ms, r.start_ms + r.duration_ms, 0, 0) for r in plan.routes]
    legs = report.legs.drop(columns="geometry").itertuples()
    visits = [
        (
            leg.team_id,
            leg.number,
            leg.road_id,
            leg.ms,
            leg.m,
            leg.begin_ms,
            leg.begin_ms,
            leg.begin_ms + leg.ms,
        )
        for leg in legs
    ]
    return save_patrol_plan(
        workspace,
        pd.DataFrame(routes, columns=[*ROUTE_COLUMNS]),
        pd.DataFrame(visits, columns=[*VISIT_COLUMNS]),
        name=name,
        force=order.force,
        mode=STREETS,
        date=order.date.isoformat(),
        kind=STREETS,
        params=order.to_dict(),
        summary=report.figures,
        report={
            "arcs": {route.team_id: [[step.arc, step.task] for step in route.steps] for route in plan.routes},
            "bound_ms": plan.bound_ms,
        },
        author=author,
        stamp=stamp,
    )


def kept_streets(saved: SavedPatrol, problem: StreetProblem) -> StreetPlan:
    """
    Return a patrol of streets that was kept, checked against the roads as they are now.

    Parameters
    ----------
    problem
        What was asked (``ordered_streets(ground, tables, StreetOrder.from_dict(saved.params))``): roads that
        have changed since are among the plan's faults.
    """
    ms, task_ms = problem.graph.ms, problem.tasks["ms"]
    starts = dict(zip(saved.routes["team_id"].astype(str), saved.routes["start_ms"], strict=True))

    def step(arc: int, task: int) -> Step:
        known = 0 <= arc < len(ms) and task < len(task_ms)
        takes = 0 if not known else int(ms[arc] if task == PASSING else task_ms.iloc[task])
        return Step(arc=arc, task=task, ms=takes)

    routes = tuple(
        StreetRoute(
            team_id=team, start_ms=int(starts[team]), steps=tuple(step(arc, task) for arc, task in arcs)
        )
        for team, arcs in saved.report.get("arcs", {}).items()
    )
    done = {one.task for route in routes for one in route.steps}
    plan = StreetPlan(
        objective=str(saved.summary.get("objective", "")),
        cap_ms=saved.params.get("cap_ms"),
        routes=routes,
        uncovered=tuple(task for task in range(len(problem.tasks)) if task not in done),
        faults=(),
        exact=False,
        bound_ms=saved.report.get("bound_ms"),
        seed=int(saved.summary.get("seed", 0)),
        seconds=float(saved.summary.get("seconds", 0.0)),
    )
    return checked(problem, plan)
