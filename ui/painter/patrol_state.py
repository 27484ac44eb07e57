"""What the panel beside the patrols' map says of a plan: figures, verdict, what is left out, who else may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planning.patrol.offers import offers
from ui.named_reasons import named_reason
from ui.patrol_effects import signed_minutes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planning.patrol.offers import Offer
    from planning.patrol.plan import DayPlan, DayProblem, Unvisited
    from ui.names import PlaceNames
    from ui.words import Words

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
    yield (
        t("patrols.figure_teams"),
        t.number(len(out)),
        t("patrols.of_teams", teams=t.number(len(problem.teams))),
    )
    yield t("patrols.figure_people"), t.number(int(out["members"].sum())), ""
    yield (
        t("patrols.figure_stops"),
        t.number(summary["stops"]),
        t("patrols.of_stops", stops=t.number(len(problem.stops))),
    )
    yield t("patrols.figure_hours"), t.number(summary["hours"], 1), t("patrols.hours_unit")
    yield t("patrols.figure_longest"), t.number(summary["longest_shift_h"], 1), t("patrols.hours_unit")
    yield t("patrols.figure_distance"), t.number(summary["distance_km"]), t("patrols.km_unit")


def _verdict(plan: DayPlan, t: Words, names: PlaceNames) -> dict[str, Any]:
    faults = [named_reason(fault, t, names) for fault in plan.faults[:_FAULTS_SHOWN]]
    must = sum(stop.priority == 1 for stop in plan.unvisited)
    if faults:
        text = t("patrols.verdict_faults", count=t.number(len(plan.faults)))
    elif must:
        text = t("patrols.verdict_missed", count=t.number(must))
    else:
        text = t("patrols.verdict_fine")
    return {"ok": plan.feasible, "text": text, "faults": faults}


def _missed(stop: Unvisited, t: Words, names: PlaceNames) -> dict[str, Any]:
    told = dict.fromkeys(named_reason(refusal.why, t, names) for refusal in stop.refusals[:1])
    others = len(stop.refusals) - len(told)
    why = [*told, *([t("patrols.nobody_else", teams=t.number(others))] if told and others else [])]
    return {
        "stop": stop.stop_id,
        "why": why,
        "remedies": [named_reason(remedy, t, names) for remedy in stop.remedies],
    }


def options_told(
    problem: DayProblem, plan: DayPlan, stop_id: str, t: Words, names: PlaceNames
) -> list[dict[str, Any]]:
    """Return what giving a stop to each other team would do (`planning.patrol.offers`), the best first."""
    return [
        {"team": offer.team_id, "text": _offered(offer, t, names), "bad": offer.why_not is not None}
        for offer in offers(problem, plan, stop_id)
    ]


def _offered(offer: Offer, t: Words, names: PlaceNames) -> str:
    change = t("patrols.effect_total", change=signed_minutes(offer.change_ms, t))
    if offer.why_not is None:
        return change
    return t("patrols.option_bad", change=change, why=named_reason(offer.why_not, t, names))
