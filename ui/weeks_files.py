"""Weeks of patrols as files: the plan as JSON, and a workbook with calendar, 值班备勤表 and changes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from planning.patrol.period.building import OFF
from planning.patrol.period.comparing import FIGURES
from ui.paper.layout import ROW, Column, Table
from ui.paper.workbooks import write_workbook
from ui.weeks_report import change_facts, stop_name, weekday

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from planning.patrol.period.problem import PeriodPlan
    from planning.patrol.period.replanning import Replanned
    from ui.weeks_order import Weeks
    from ui.words import Words

_WEEK = 7


def weeks_files(
    weeks: Weeks,
    plan: PeriodPlan,
    facts: Mapping[str, Any],
    t: Words,
    *,
    changed: Replanned | None = None,
    compared: pd.DataFrame | None = None,
) -> dict[str, bytes]:
    """
    Return the files of planned weeks by name: weeks.json and weeks.xlsx.

    Parameters
    ----------
    facts
        What `gridbeat patrol week --json` says.
    changed
        What is other than before, for a sheet of its own.
    compared
        This period against another (`planning.patrol.period.comparing.compared`), for a sheet of its own.
    """
    sheets = {
        t("weeks.sheet_calendar"): [calendar(weeks, plan, t)],
        t("weeks.sheet_roster"): [duty_table(weeks, plan, t)],
    }
    if changed is not None:
        sheets[t("weeks.sheet_changes")] = [_changes(weeks, changed, t)]
    if compared is not None:
        sheets[t("weeks.sheet_compared")] = [_compared(weeks, compared, t)]
    book = write_workbook(sheets, mark=t("paper.mark"), stamp=datetime.now(UTC))
    return {"weeks.json": json.dumps(facts, ensure_ascii=False, indent=1).encode(), "weeks.xlsx": book}


def calendar(weeks: Weeks, plan: PeriodPlan, t: Words) -> Table:
    """Return stops by days: who comes, and when."""
    stops, teams = weeks.problem.base.stops, weeks.problem.base.teams
    cells: dict[tuple[str, int], str] = {}
    for number, day in enumerate(plan.days):
        for route in day.routes:
            for visit in route.visits:
                cells[visit.stop_id, number] = f"{t.clock(visit.begin_ms)}\n{teams.at[route.team_id, 'name']}"
    heads = (
        Column(name="stop", label=t("weeks.head_stop"), width=16),
        Column(name="kind", label=t("weeks.head_kind"), width=9),
        Column(name="promised", label=t("weeks.head_promised"), width=12),
        Column(name="visits", label=t("weeks.head_visits"), width=7, kind="count"),
    )
    pattern = plan.pattern()
    rows = [
        (
            stop_name(weeks, stop),
            t.name("stop_kind", stops.at[stop, "kind"]),
            _promise(promise, t),
            len(pattern.get(stop, ())),
            *(cells.get((stop, number)) for number in range(len(plan.days))),
        )
        for stop, promise in zip(stops.index, weeks.problem.promises.to_dict("records"), strict=True)
    ]
    return Table(
        title=_title("weeks.title_calendar", weeks, t),
        columns=(*heads, *_day_columns(weeks, t, width=11)),
        rows=tuple((ROW, row) for row in rows),
        notes=(t("weeks.calendar_note"),),
    )


def duty_table(weeks: Weeks, plan: PeriodPlan, t: Words) -> Table:
    """Return teams by days (值班备勤表): from when to when a team is out, or that it stands by or is away."""
    teams, shifts = weeks.problem.base.teams, weeks.problem.shifts()
    away = {(row.team_id, row.day): row.why for row in weeks.problem.absences.itertuples() if not row.half}
    out = {(r.team_id, number): r for number, day in enumerate(plan.days) for r in day.routes}
    worked = plan.worked_ms()

    def cell(at: int, team: str, number: int) -> str:
        if route := out.get((team, number)):
            return f"{t.clock(route.start_ms)}–{t.clock(route.end_ms)}"
        if shifts[number, at, 0] < shifts[number, at, 1]:
            return t("weeks.stands_by")
        return t(f"weeks.cell_{away.get((team, number), OFF)}")

    heads = (
        Column(name="team", label=t("weeks.head_team"), width=16),
        Column(name="shift", label=t("weeks.head_shift"), width=12),
        Column(name="rounds", label=t("weeks.head_rounds"), width=7, kind="count"),
        Column(name="hours", label=t("weeks.head_hours"), width=8),
    )
    rows = [
        (
            str(row["name"]) or team,
            f"{t.clock(row['shift_start_ms'])}–{t.clock(row['shift_end_ms'])}",
            sum((team, number) in out for number in range(len(plan.days))),
            t.number(worked.get(team, 0) / 3_600_000, 1),
            *(cell(at, team, number) for number in range(len(plan.days))),
        )
        for at, (team, row) in enumerate(zip(teams.index, teams.to_dict("records"), strict=True))
    ]
    return Table(
        title=_title("weeks.title_roster", weeks, t),
        columns=(*heads, *_day_columns(weeks, t, width=12)),
        rows=tuple((ROW, row) for row in rows),
        notes=(t("weeks.roster_note"),),
    )


def _day_columns(weeks: Weeks, t: Words, *, width: float) -> Iterator[Column]:
    days = weeks.problem.days
    for number, (date, half) in enumerate(zip(days["date"], days["half"], strict=True)):
        first = days["date"].iloc[number - number % _WEEK]
        last = days["date"].iloc[min(number - number % _WEEK + _WEEK, len(days)) - 1]
        week = t("weeks.week", number=number // _WEEK + 1, first=f"{first:%m-%d}", last=f"{last:%m-%d}")
        label = f"{date:%m-%d}\n{weekday(weeks, number, t)}"
        label += f"\n{t.name('weeks_half', half)}" if half else ""
        yield Column(name=str(number), label=label, width=width, group=week)


def _promise(promise: Mapping[str, Any], t: Words) -> str:
    if promise["patterns"]:
        return t("weeks.promise_listed", visits=promise["visits"])
    return t("weeks.promise", visits=promise["visits"], block=promise["block"])


def _changes(weeks: Weeks, found: Replanned, t: Words) -> Table:
    columns = (
        ("name", "weeks.head_stop", 16),
        ("what", "weeks.head_what", 14),
        ("from_date", "weeks.head_date", 12),
        ("from_team", "weeks.head_team", 16),
        ("from_time", "weeks.head_time", 8),
        ("to_date", "weeks.head_date", 12),
        ("to_team", "weeks.head_team", 16),
        ("to_time", "weeks.head_time", 8),
    )
    group = {"from": t("weeks.head_before"), "to": t("weeks.head_after")}
    rows = change_facts(weeks, found, t)["changes"]
    return Table(
        title=_title("weeks.title_changes", weeks, t),
        columns=tuple(
            Column(name=name, label=t(key), width=width, group=group.get(name.split("_")[0], ""))
            for name, key, width in columns
        ),
        rows=tuple(
            (ROW, tuple(t.name("weeks_what", row[n]) if n == "what" else row[n] for n, _, _ in columns))
            for row in rows
        ),
    )


def _compared(weeks: Weeks, frame: pd.DataFrame, t: Words) -> Table:
    columns = [
        Column(
            name=f"{name}{end}",
            label=t(f"weeks.head{end or '_now'}"),
            width=9,
            group=t(f"weeks.head_{name}_a_week"),
        )
        for name in FIGURES
        for end in ("_before", "", "_change")
    ]
    values = [
        (stop_name(weeks, str(stop)), *(t.number(row[column.name], 1) for column in columns))
        for stop, row in zip(frame.index, frame.to_dict("records"), strict=True)
    ]
    return Table(
        title=_title("weeks.title_compared", weeks, t),
        columns=(Column(name="stop", label=t("weeks.head_stop"), width=16), *columns),
        rows=tuple((ROW, row) for row in values),
    )


def _title(key: str, weeks: Weeks, t: Words) -> str:
    days = weeks.problem.days["date"]
    return t(key, first=days.iloc[0].isoformat(), last=days.iloc[-1].isoformat())
