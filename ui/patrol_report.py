"""A day of patrols told: the facts by the names that the terminal's JSON has, and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ui.named_reasons import named_reason
from ui.patrol_names import day_names
from ui.patrol_saving import nearest_misses

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geo.errors import Reason
    from planning.patrol.plan import DayPlan, Route, Unvisited
    from ui.names import PlaceNames
    from ui.patrol_ground import Day
    from ui.words import Words

_MINUTE_MS = 60_000
# Reasons of one stop, the nearest misses first.
_REASONS = 3
# Stops that are told of one by one.
_TOLD = 10
_PER_HOUR = 3_600_000


def day_facts(day: Day, plan: DayPlan, t: Words, names: PlaceNames) -> dict[str, Any]:
    """
    Return a planned day as JSON has it; keys are documented in the README and stay.

    Parameters
    ----------
    names
        Of the district's places.
    """
    called = day_names(day.problem, names)
    return {
        **plan.summary(),
        "date": day.order.date.isoformat(),
        "duty": day.order.duty,
        "when": day.when,
        "by_road": day.by_road,
        "cap_h": None if day.order.cap_ms is None else day.order.cap_ms / _PER_HOUR,
        "members": _members(day, plan),
        "teams_on_duty": len(day.on.teams),
        "stops_due": len(day.problem.stops),
        "dwell_h": sum(route.dwell_ms for route in plan.routes) / _PER_HOUR,
        "unvisited": [_left(day, out, t, called) for out in plan.unvisited],
        "faults": [_said(fault, t, called) for fault in plan.faults],
        "notes": [_said(note, t, called) for note in day.problem.left_out],
        "routes": [_round(day, route, t) for route in plan.routes],
    }


def day_lines(day: Day, plan: DayPlan, t: Words, names: PlaceNames) -> list[str]:
    """Return a planned day as lines to read."""
    called = day_names(day.problem, names)
    figures = plan.summary()
    lines = [
        t(
            "patrol.heading",
            date=day.order.date.isoformat(),
            force=t.name("force", plan.force),
            mode=t.name("patrol_mode", plan.mode),
            duty=t.name("duty", day.order.duty),
        ),
        t(
            "patrol.figures",
            teams=t.number(figures["teams"]),
            members=t.number(_members(day, plan)),
            stops=t.number(figures["stops"]),
            due=t.number(len(day.problem.stops)),
            hours=t.number(figures["hours"], 1),
            longest=t.number(figures["longest_shift_h"], 1),
            km=t.number(figures["distance_km"], 1),
        ),
        t("patrol.feasible" if plan.feasible else "patrol.infeasible"),
    ]
    lines += [f"{t('patrol.fault')}{named_reason(fault, t, called)}" for fault in plan.faults]
    lines += _lines_of_unvisited(day, plan, t, called)
    lines += [f"{t('score.note')}{named_reason(note, t, called)}" for note in day.problem.left_out]
    return lines


def compared_lines(compared: Iterable[dict[str, Any]], t: Words) -> list[str]:
    """Return plans of several modes as a table to read, a line each."""
    heads = ("mode", "teams", "members", "hours", "member_hours", "longest", "km", "stops", "must", "kept")
    lines = ["\t".join(t(f"patrol.head_{head}") for head in heads)]
    for one in compared:
        cells = [
            t.name("patrol_mode", one["mode"]),
            t.number(one["teams"]),
            t.number(one["members"]),
            t.number(one["hours"], 1),
            t.number(one["member_hours"], 1),
            t.number(one["longest_shift_h"], 1),
            t.number(one["distance_km"], 1),
            f"{t.number(one['stops'])}/{t.number(one['stops_due'])}",
            t.number(one["unvisited_must"]),
            t("patrol.can" if one["feasible"] else "patrol.cannot"),
        ]
        lines.append("\t".join(cells))
    return lines


def round_lines(day: Day, plan: DayPlan, t: Words) -> list[str]:
    """Return a line for each team that goes out: when, how far, and its stops in order."""
    return [
        t(
            "patrol.round",
            team=day.problem.teams.at[route.team_id, "name"],
            start=t.clock(route.start_ms),
            end=t.clock(route.end_ms),
            km=t.number(route.distance_m / 1000, 1),
            stops=t.listed((_stop_name(day, v.stop_id) for v in route.visits), at_most=len(route.visits)),
        )
        for route in plan.routes
    ]


def _lines_of_unvisited(day: Day, plan: DayPlan, t: Words, called: PlaceNames) -> Iterable[str]:
    if not plan.unvisited:
        return
    must = sum(1 for out in plan.unvisited if out.priority == 1)
    yield t("patrol.unvisited", count=t.number(len(plan.unvisited)), must=t.number(must))
    ordered = sorted(plan.unvisited, key=lambda out: out.priority)
    for out in ordered[:_TOLD]:
        reasons = [named_reason(refusal.why, t, called) for refusal in nearest_misses(out)[:1]]
        helps = [named_reason(remedy, t, called) for remedy in out.remedies[:2]]
        yield t(
            "patrol.unvisited_one",
            stop=_stop_name(day, out.stop_id),
            priority=t.name("priority", str(out.priority)),
            why=reasons[0] if reasons else t("patrol.nobody"),
            helps=t("patrol.helps", what=t("patrol.or").join(helps)) if helps else "",
        )
    if (rest := len(plan.unvisited) - _TOLD) > 0:
        yield t("cli.more_faults", count=t.number(rest))


def _members(day: Day, plan: DayPlan) -> int:
    return int(day.problem.teams.loc[[route.team_id for route in plan.routes], "members"].sum())


def _stop_name(day: Day, stop_id: str) -> str:
    stops = day.problem.stops
    return str(stops.at[stop_id, "name"]) if stop_id in stops.index else stop_id


def _left(day: Day, out: Unvisited, t: Words, called: PlaceNames) -> dict[str, Any]:
    return {
        "stop_id": out.stop_id,
        "name": _stop_name(day, out.stop_id),
        "priority": out.priority,
        "reasons": [
            {**_said(refusal.why, t, called), "team_id": refusal.team_id}
            for refusal in nearest_misses(out)[:_REASONS]
        ],
        "remedies": [_said(remedy, t, called) for remedy in out.remedies],
    }


def _said(reason: Reason, t: Words, called: PlaceNames) -> dict[str, Any]:
    return {"code": reason.code, "facts": dict(reason.facts), "text": named_reason(reason, t, called)}


def _round(day: Day, route: Route, t: Words) -> dict[str, Any]:
    team = day.problem.teams.loc[route.team_id]
    return {
        "team_id": route.team_id,
        "name": str(team["name"]),
        "members": int(team["members"]),
        "travel_mode": str(team["travel_mode"]),
        "start": t.clock(route.start_ms),
        "end": t.clock(route.end_ms),
        "hours": route.duration_ms / _PER_HOUR,
        "distance_km": route.distance_m / 1000,
        "home_min": round(route.home_ms / _MINUTE_MS, 1),
        "visits": [
            {
                "stop_id": visit.stop_id,
                "name": _stop_name(day, visit.stop_id),
                "leg_min": round(visit.leg_ms / _MINUTE_MS, 1),
                "leg_m": visit.leg_m,
                "arrive": t.clock(visit.arrive_ms),
                "begin": t.clock(visit.begin_ms),
                "leave": t.clock(visit.leave_ms),
            }
            for visit in route.visits
        ],
    }
