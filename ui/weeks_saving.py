"""Weeks of patrols kept in the workspace, and read back as plans that are checked anew."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from data.patrol_plans import PERIOD, ROUTE_COLUMNS, VISIT_COLUMNS, read_patrol_plan, save_patrol_plan
from geo.errors import Reason, SettingError
from planning.patrol.period.checking import checked_period
from planning.patrol.period.problem import PeriodPlan, Short
from planning.patrol.plan import DayPlan, Refusal, Route, Visit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from data.patrol_plans import SavedPatrol
    from data.workspace import Workspace
    from ui.weeks_order import Weeks


def keep_weeks(
    workspace: Workspace,
    weeks: Weeks,
    plan: PeriodPlan,
    *,
    name: str,
    author: str = "",
    note: str = "",
    stamp: str | None = None,
) -> str:
    """
    Keep planned weeks as one plan, day by day, and return its id.

    Raises
    ------
    ConflictError, SettingError
        As `data.patrol_plans.save_patrol_plan`.
    """
    routes, visits = _rows(plan)
    report = {
        "short": [_kept_short(short) for short in plan.short],
        "faults": [_plain(fault) for fault in plan.faults],
        "left_out": [_plain(reason) for reason in weeks.problem.base.left_out],
        "facts": _json_able(plan.facts),
    }
    return save_patrol_plan(
        workspace,
        routes,
        visits,
        name=name,
        force=weeks.order.force,
        mode=weeks.order.mode,
        date=weeks.order.first.isoformat(),
        kind=PERIOD,
        params=weeks.order.to_dict(),
        summary=_json_able(plan.summary()),
        report=report,
        author=author,
        note=note,
        stamp=stamp,
    )


def read_weeks(workspace: Workspace, plan_id: str) -> SavedPatrol:
    """
    Return kept weeks as they were kept.

    Raises
    ------
    SettingError
        ``patrol_plan_unknown``; ``plan_not_of_weeks`` for the plan of a single day.
    """
    saved = read_patrol_plan(workspace, plan_id)
    if saved.kind != PERIOD:
        raise SettingError("plan_not_of_weeks", plan=plan_id)
    return saved


def kept_weeks(saved: SavedPatrol, weeks: Weeks) -> PeriodPlan:
    """Return kept weeks as a plan, checked against what is asked now."""
    params = weeks.order.params()
    by_route = {key: rows for key, rows in saved.visits.groupby(["day", "team_id"], sort=False)}
    routes: dict[int, list[Route]] = {}
    for row in saved.routes.to_dict("records"):
        visits = by_route[row["day"], row["team_id"]].sort_values("number")
        columns = [name for name in VISIT_COLUMNS if name not in ("team_id", "number")]
        route = Route(
            team_id=str(row["team_id"]),
            visits=tuple(Visit(**_whole(visit)) for visit in visits[columns].to_dict("records")),
            **{name: int(row[name]) for name in ROUTE_COLUMNS if name != "team_id"},
        )
        routes.setdefault(int(row["day"]), []).append(route)
    days = tuple(
        DayPlan(
            force=saved.force,
            mode=saved.mode,
            objective=params.objective,
            routes=tuple(routes.get(number, ())),
            unvisited=(),
            faults=(),
            seed=weeks.order.seed,
            seconds=0.0,
            cap_ms=params.cap_ms,
        )
        for number in range(len(weeks.problem.days))
    )
    plan = PeriodPlan(
        days=days,
        short=tuple(_read_short(kept) for kept in saved.report.get("short", ())),
        faults=(),
        params=params,
        seed=weeks.order.seed,
        seconds=float(saved.summary.get("seconds", 0.0)),
        facts=saved.report.get("facts", {}),
    )
    return checked_period(weeks.problem, plan)


def last_visits(saved: SavedPatrol) -> tuple[tuple[str, str], ...]:
    """Return when each stop was visited last in kept weeks: pairs of stop_id and ISO date."""
    first = pd.Timestamp(saved.date)
    last = saved.visits.groupby("stop_id")["day"].max()
    return tuple(
        (str(stop), (first + pd.Timedelta(days=int(day))).date().isoformat()) for stop, day in last.items()
    )


def _rows(plan: PeriodPlan) -> tuple[pd.DataFrame, pd.DataFrame]:
    routes = [
        (number, r.team_id, r.start_ms, r.end_ms, r.home_ms, r.home_m)
        for number, day in enumerate(plan.days)
        for r in day.routes
    ]
    return pd.DataFrame(routes, columns=["day", *ROUTE_COLUMNS]), plan.visits()


def _whole(visit: dict[str, Any]) -> dict[str, Any]:
    return {name: value if name == "stop_id" else int(value) for name, value in visit.items()}


def _plain(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "facts": dict(reason.facts)}


def _kept_short(short: Short) -> dict[str, Any]:
    return {
        "stop_id": short.stop_id,
        "why": _plain(short.why),
        "day": short.day,
        "refusals": [
            {"team_id": r.team_id, "why": _plain(r.why), "position": r.position, "detour_ms": r.detour_ms}
            for r in short.refusals
        ],
        "remedies": [_plain(remedy) for remedy in short.remedies],
    }


def _read_short(kept: Mapping[str, Any]) -> Short:
    return Short(
        stop_id=kept["stop_id"],
        why=Reason(**kept["why"]),
        day=kept["day"],
        refusals=tuple(Refusal(**{**r, "why": Reason(**r["why"])}) for r in kept["refusals"]),
        remedies=tuple(Reason(**remedy) for remedy in kept["remedies"]),
    )


def _json_able(facts: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(dict(facts), default=float))
    return found
