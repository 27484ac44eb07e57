"""What the panel beside the patrols' map says of a plan: figures, verdict, what is left out, who else could go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from planning.patrol.moving import moved
from planning.patrol.plan import MS_PER_HOUR
from ui.named_reasons import named_reason
from ui.patrol_effects import signed_minutes, total_ms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planning.patrol.plan import DayPlan, DayProblem, Unvisited
    from ui.names import PlaceNames
    from ui.words import Words

# A list that is read, not scrolled through.
_OPTIONS_AT_MOST = 12
_FAULTS_SHOWN = 30


def plan_state(problem: DayProblem, plan: DayPlan, t: Words, names: PlaceNames) -> dict[str, Any]:
    """
    Return what is said of a plan as a whole.

    Parameters
    ----------
    names
        Of places, teams and stops (`ui.patrol_names.day_names`).

    Returns
    -------
    dict
        figures (label, value, note), verdict (ok, text, faults), unvisited (stop, why, remedies).
    """
    return {
        "figures": [{"label": a, "value": b, "note": c} for a, b, c in plan_figures(problem, plan, t)],
        "verdict": _verdict(plan, t, names),
        "unvisited": [_missed(stop, t, names) for stop in sorted(plan.unvisited, key=lambda s: s.priority)],
    }


def plan_figures(problem: DayProblem, plan: DayPlan, t: Words) -> Iterator[tuple[str, str, str]]:
    """Yield what a plan comes to: label, value, and a note on it."""
    summary = plan.summary()
    out = problem.teams.loc[[route.team_id for route in plan.routes]]
    yield t("patrol.figure_teams"), t.number(len(out)), t("patrol.of_teams", teams=t.number(len(problem.teams)))
    yield t("patrol.figure_people"), t.number(int(out["members"].sum())), ""
    yield (
        t("patrol.figure_stops"),
        t.number(summary["stops"]),
        t("patrol.of_stops", stops=t.number(len(problem.stops))),
    )
    yield t("patrol.figure_hours"), t.number(summary["hours"], 1), t("patrol.hours_unit")
    yield t("patrol.figure_longest"), t.number(summary["longest_shift_h"], 1), t("patrol.hours_unit")
    yield t("patrol.figure_distance"), t.number(summary["distance_km"]), t("patrol.km_unit")


def _verdict(plan: DayPlan, t: Words, names: PlaceNames) -> dict[str, Any]:
    faults = [named_reason(fault, t, names) for fault in plan.faults[:_FAULTS_SHOWN]]
    must = sum(stop.priority == 1 for stop in plan.unvisited)
    if faults:
        text = t("patrol.verdict_faults", count=t.number(len(plan.faults)))
    elif must:
        text = t("patrol.verdict_missed", count=t.number(must))
    else:
        text = t("patrol.verdict_fine")
    return {"ok": plan.feasible, "text": text, "faults": faults}


def _missed(stop: Unvisited, t: Words, names: PlaceNames) -> dict[str, Any]:
    told = dict.fromkeys(named_reason(refusal.why, t, names) for refusal in stop.refusals[:1])
    others = len(stop.refusals) - len(told)
    why = [*told, *([t("patrol.nobody_else", teams=t.number(others))] if told and others else [])]
    return {
        "stop": stop.stop_id,
        "why": why,
        "remedies": [named_reason(remedy, t, names) for remedy in stop.remedies],
    }


def options_told(
    problem: DayProblem, plan: DayPlan, stop_id: str, t: Words, names: PlaceNames
) -> list[dict[str, Any]]:
    """Return what giving a stop to each other team would do, the best first; of many, the nearest ones."""
    if stop_id not in problem.stops.index:
        return []
    found = []
    for team in _candidates(problem, plan, stop_id):
        after = moved(problem, plan, stop_id, team)
        new = [fault for fault in after.faults if fault not in plan.faults]
        change = total_ms(after) - total_ms(plan)
        text = t("patrol.option", change=signed_minutes(change, t))
        said = [text, *(named_reason(fault, t, names) for fault in new[:1])]
        found.append((bool(new), change, {"team": team, "text": t("patrol.joint").join(said), "bad": bool(new)}))
    return [option for *_, option in sorted(found, key=lambda each: each[:2])]


def _candidates(problem: DayProblem, plan: DayPlan, stop_id: str) -> list[str]:
    """Return the teams that may take a stop and have it not yet, those that come nearest to it first."""
    allowed = problem.allowed[:, problem.stops.index.get_loc(stop_id)]
    own = next((r.team_id for r in plan.routes if any(v.stop_id == stop_id for v in r.visits)), None)
    teams = [str(team) for team in problem.teams.index[allowed] if team != own]
    return sorted(teams, key=lambda team: _nearest_ms(problem, plan, team, stop_id))[:_OPTIONS_AT_MOST]


def _nearest_ms(problem: DayProblem, plan: DayPlan, team: str, stop_id: str) -> int:
    travel = problem.travel[problem.teams.at[team, "travel_mode"]]
    visits = next((route.visits for route in plan.routes if route.team_id == team), ())
    around = [problem.teams.at[team, "start"], *(problem.stops.at[visit.stop_id, "place"] for visit in visits)]
    to = travel.labels.get_loc(problem.stops.at[stop_id, "place"])
    return int(np.min(travel.ms[travel.labels.get_indexer(around), to]))
