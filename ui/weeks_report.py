"""Weeks of patrols told: the facts by the names that the terminal's JSON has, and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planning.patrol.period.checking import date_of
from ui.named_reasons import named_reason
from ui.patrol_names import day_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from geo.errors import Reason
    from planning.patrol.period.problem import PeriodPlan, Short
    from planning.patrol.period.replanning import Replanned
    from planning.patrol.plan import DayPlan
    from ui.names import PlaceNames
    from ui.weeks_order import Weeks
    from ui.words import Words

_PER_HOUR = 3_600_000
# Broken promises, and changes, that are told of one by one.
_TOLD = 10
_REASONS = 3
# Hours a week that are worth telling.
_NOTED_H = 0.05
_FORESEEN = ("overlap", "spread_min", "same_hour", "entropy", "weekday_entropy", "hour_entropy")


def weeks_facts(weeks: Weeks, plan: PeriodPlan, t: Words, names: PlaceNames) -> dict[str, Any]:
    """
    Return planned weeks as JSON has them; keys are documented in the README and stay.

    Parameters
    ----------
    names
        Of the district's places.
    """
    called = day_names(weeks.problem.base, names)
    figures = plan.summary()
    order = weeks.order
    return {
        **figures,
        "from": order.first.isoformat(),
        "force": order.force,
        "mode": order.mode,
        "duty": order.duty,
        "objective": order.objective,
        "by_road": weeks.by_road,
        "teams_on_duty": len(weeks.problem.base.teams),
        "stops": len(weeks.problem.promises),
        "spread": figures.get("spread_min"),
        "price": figures.get("price_pct"),
        "short": [_short(weeks, short, t, called) for short in plan.short],
        "faults": [_said(fault, t, called) for fault in plan.faults],
        "notes": [_said(note, t, called) for note in weeks.problem.base.left_out],
        "days": [_day(weeks, number, day, t) for number, day in enumerate(plan.days)],
    }


def weeks_lines(weeks: Weeks, plan: PeriodPlan, t: Words, names: PlaceNames) -> list[str]:
    """Return planned weeks as lines to read."""
    called, figures, order = day_names(weeks.problem.base, names), plan.summary(), weeks.order
    return [
        t(
            "weeks.heading",
            first=order.first.isoformat(),
            days=t.number(order.days),
            force=t.name("force", order.force),
            mode=t.name("patrol_mode", order.mode),
            duty=t.name("duty", order.duty),
        ),
        t(
            "weeks.figures",
            visits=t.number(figures["visits"]),
            rounds=t.number(figures["rounds"]),
            teams=t.number(figures["teams"]),
            hours=t.number(figures["hours"], 1),
            longest=t.number(figures["longest_shift_h"], 1),
            km=t.number(figures["distance_km"], 1),
        ),
        t("weeks.kept" if plan.feasible else "weeks.not_kept", count=t.number(len(plan.short))),
        *_foreseen_lines(figures, t),
        *(f"{t('weeks.fault')}{_dated(fault, t, called)}" for fault in plan.faults[:_TOLD]),
        *_short_lines(weeks, plan, t, called),
        *(f"{t('score.note')}{named_reason(note, t, called)}" for note in weeks.problem.base.left_out),
    ]


def day_rows(weeks: Weeks, plan: PeriodPlan, t: Words) -> list[str]:
    """Return a line a day: date, rounds, visits, hours."""
    return [
        t(
            "weeks.day",
            date=date_of(weeks.problem, number),
            weekday=weekday(weeks, number, t),
            rounds=t.number(len(day.routes)),
            visits=t.number(sum(len(route.visits) for route in day.routes)),
            hours=t.number(sum(route.duration_ms for route in day.routes) / _PER_HOUR, 1),
        )
        for number, day in enumerate(plan.days)
    ]


def weekday(weeks: Weeks, number: int, t: Words) -> str:
    """Return the weekday of a day by name."""
    return t(f"patrols.weekday_{weeks.problem.days['date'].iloc[number].isoweekday()}")


def change_facts(weeks: Weeks, found: Replanned, t: Words) -> dict[str, Any]:
    """Return what changed, as JSON has it."""
    rows = [_change(weeks, row, t) for row in found.changes.to_dict("records")]
    return {
        "moved": found.moved,
        "moved_of": found.of,
        "moved_share": found.share,
        "moved_at_most": found.limit,
        "within": found.within,
        "changes": rows,
    }


def change_lines(weeks: Weeks, found: Replanned, t: Words) -> list[str]:
    """Return what changed, as lines to read."""
    key = "weeks.moved" if found.within else "weeks.moved_more"
    counts = {"moved": t.number(found.moved), "of": t.number(found.of)}
    lines = [t(key, **counts, share=t.percent(found.share), most=t.percent(found.limit))]
    rows = [_change(weeks, row, t) for row in found.changes.to_dict("records")]
    lines += [change_text(row, t) for row in rows[: 3 * _TOLD]]
    if (rest := len(rows) - 3 * _TOLD) > 0:
        lines.append(t("weeks.more", count=t.number(rest)))
    return lines


def change_text(row: dict[str, Any], t: Words) -> str:
    """Return one change as a sentence."""
    return t(
        f"weeks.change_{row['what']}",
        stop=row["name"],
        before=" ".join(filter(None, (row["from_date"], row["from_team"], row["from_time"]))),
        after=" ".join(filter(None, (row["to_date"], row["to_team"], row["to_time"]))),
    )


def _change(weeks: Weeks, row: dict[str, Any], t: Words) -> dict[str, Any]:
    base = weeks.problem.base

    def name_of(team: str | None) -> str:
        if not isinstance(team, str):
            return ""
        return str(base.teams["name"].get(team, "")) or team

    return {
        "stop_id": row["stop_id"],
        "name": stop_name(weeks, row["stop_id"]),
        "what": row["what"],
        **{
            f"{end}_{what}": value
            for end in ("from", "to")
            for what, value in (
                ("date", date_of(weeks.problem, row[f"{end}_day"]) if row[f"{end}_day"] >= 0 else None),
                ("team", name_of(row[f"{end}_team"]) or None),
                ("time", t.clock(row[f"{end}_ms"]) if row[f"{end}_ms"] >= 0 else None),
            )
        },
    }


def compared_facts(weeks: Weeks, frame: pd.DataFrame) -> dict[str, Any]:
    """Return this period against another, as JSON has it: a week of all, and of each place."""
    rows = [
        {"stop_id": stop, "name": stop_name(weeks, str(stop)), **{name: float(row[name]) for name in frame}}
        for stop, row in zip(frame.index, frame.to_dict("records"), strict=True)
    ]
    return {"all": {name: float(frame[name].sum()) for name in frame}, "stops": rows}


def compared_lines(weeks: Weeks, frame: pd.DataFrame, t: Words) -> list[str]:
    """Return this period against another: the sums, and the places that changed most."""
    lines = [t("weeks.compared", **_compared_words(frame.sum(), t))]
    biggest = frame["hours_change"].abs().sort_values(ascending=False, kind="stable").index[:_TOLD]
    for stop in biggest:
        if abs(frame.at[stop, "hours_change"]) > _NOTED_H:
            words = _compared_words(frame.loc[stop], t)
            lines.append(t("weeks.compared_one", stop=stop_name(weeks, str(stop)), **words))
    return lines


def _compared_words(row: pd.Series, t: Words) -> dict[str, str]:
    return {
        f"{name}{end}": t.number(float(row[f"{name}{end}"]), 1)
        for name in ("visits", "hours", "km")
        for end in ("", "_before")
    }


def stop_name(weeks: Weeks, stop_id: str) -> str:
    """Return what a stop is called."""
    stops = weeks.problem.base.stops
    return str(stops.at[stop_id, "name"]) if stop_id in stops.index else stop_id


def _foreseen_lines(figures: dict[str, Any], t: Words) -> Iterable[str]:
    known = {name: figures.get(name) for name in _FORESEEN}
    if known["overlap"] is None and known["spread_min"] is None:
        return
    yield t("weeks.foreseen", **_foreseen_words(known, t))
    if before := figures.get("predictable"):
        price = figures.get("price_pct")
        yield t(
            "weeks.price",
            hours=t.number(before["hours"], 1),
            price=t.percent(None if price is None else price / 100, signed=True),
            **_foreseen_words(before, t),
        )


def _foreseen_words(figures: dict[str, Any], t: Words) -> dict[str, str]:
    return {
        "overlap": t.percent(figures["overlap"]),
        "spread": t.number(figures["spread_min"]),
        "entropy": t.number(figures["entropy"], 2),
    }


def _short_lines(weeks: Weeks, plan: PeriodPlan, t: Words, called: PlaceNames) -> Iterable[str]:
    for short in plan.short[:_TOLD]:
        reasons = [named_reason(refusal.why, t, called) for refusal in short.refusals[:1]]
        helps = [named_reason(remedy, t, called) for remedy in short.remedies[:2]]
        yield t(
            "weeks.short_one",
            what=named_reason(short.why, t, called),
            why=reasons[0] if reasons else t("weeks.no_day"),
            helps=t("patrol.helps", what=t("patrol.or").join(helps)) if helps else "",
        )
    if (rest := len(plan.short) - _TOLD) > 0:
        yield t("weeks.more", count=t.number(rest))


def _dated(fault: Reason, t: Words, called: PlaceNames) -> str:
    date = fault.facts.get("date")
    text = named_reason(fault, t, called)
    return text if date is None else t("weeks.on", date=date, what=text)


def _said(reason: Reason, t: Words, called: PlaceNames) -> dict[str, Any]:
    return {"code": reason.code, "facts": dict(reason.facts), "text": named_reason(reason, t, called)}


def _short(weeks: Weeks, short: Short, t: Words, called: PlaceNames) -> dict[str, Any]:
    return {
        "stop_id": short.stop_id,
        "name": stop_name(weeks, short.stop_id),
        **_said(short.why, t, called),
        "date": None if short.day is None else date_of(weeks.problem, short.day),
        "reasons": [
            {**_said(refusal.why, t, called), "team_id": refusal.team_id}
            for refusal in short.refusals[:_REASONS]
        ],
        "remedies": [_said(remedy, t, called) for remedy in short.remedies],
    }


def _day(weeks: Weeks, number: int, day: DayPlan, t: Words) -> dict[str, Any]:
    teams = weeks.problem.base.teams
    return {
        "date": date_of(weeks.problem, number),
        "half": weeks.problem.days["half"].iloc[number],
        "hours": sum(route.duration_ms for route in day.routes) / _PER_HOUR,
        "visits": sum(len(route.visits) for route in day.routes),
        "routes": [
            {
                "team_id": route.team_id,
                "name": str(teams.at[route.team_id, "name"]),
                "start": t.clock(route.start_ms),
                "end": t.clock(route.end_ms),
                "hours": route.duration_ms / _PER_HOUR,
                "distance_km": route.distance_m / 1000,
                "visits": [
                    {
                        "stop_id": visit.stop_id,
                        "name": stop_name(weeks, visit.stop_id),
                        "begin": t.clock(visit.begin_ms),
                        "leave": t.clock(visit.leave_ms),
                    }
                    for visit in route.visits
                ],
            }
            for route in day.routes
        ],
    }
