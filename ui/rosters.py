"""Duty rosters from the tables of a district, told and written as 值班备勤表."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from data.schemas import STATION_ID
from planning.patrol.calendar import HOLIDAY, WEEKEND, day_kind
from planning.patrol.cells import names
from planning.patrol.duty import DutySettings
from planning.patrol.period.roster import RosterProblem, teams_needed
from planning.patrol.places import village_places
from planning.patrol.teams_out import force_teams
from ui.named_reasons import named_reason
from ui.names import PlaceNames
from ui.paper.layout import ROW, Column, Table
from ui.paper.workbooks import write_workbook

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from planning.patrol.period.building import Absence
    from planning.patrol.period.roster import Roster, Shift
    from ui.words import Words

_SHOWN = 12


@dataclass(frozen=True, kw_only=True)
class AskedRosters:
    """
    Rosters that are asked for.

    Parameters
    ----------
    groups
        What is asked of each, by station ("" for all together).
    teams
        By team_id, with names.
    stations
        Names by station_id.
    dates, shifts
        As asked.
    """

    groups: Mapping[str, RosterProblem]
    teams: pd.DataFrame
    stations: Mapping[str, str]
    dates: Sequence[dt.date]
    shifts: Sequence[Shift]


def roster_problems(
    tables: Mapping[str, pd.DataFrame],
    *,
    force: str,
    dates: Sequence[dt.date],
    shifts: Sequence[Shift],
    gap: int,
    absences: Sequence[Absence],
    pooled: bool,
) -> AskedRosters:
    """Return a roster's problem for each station that has teams, or one for all."""
    villages = village_places(tables, date=dates[0])
    teams = force_teams(tables, villages, force, DutySettings(), [])
    off = {date for date in dates if day_kind(date).no_school in (WEEKEND, HOLIDAY)}
    away = {(a.team_id, date) for a in absences for date in dates if a.first <= date <= a.until}
    keys = teams[STATION_ID].where(~teams[STATION_ID].isna() & (not pooled), "")
    groups = {
        str(station): RosterProblem(
            teams=[*members.index], dates=dates, shifts=shifts, days_off=off, gap=gap, away=away
        )
        for station, members in teams.groupby(keys, sort=True)
    }
    stations = tables.get("stations")
    known = {} if stations is None else names(stations.set_index(STATION_ID)).to_dict()
    return AskedRosters(groups=groups, teams=teams, stations=known, dates=dates, shifts=shifts)


def roster_facts(asked: AskedRosters, found: Mapping[str, Roster], t: Words) -> dict[str, Any]:
    """Return rosters as JSON has them: rows by date, shift and team, and each team's turns."""
    called = _called(asked)
    return {
        "rosters": [
            {
                "station_id": key,
                "name": _group(asked, key, t),
                "teams": len(asked.groups[key].teams),
                "teams_needed": teams_needed(asked.groups[key]),
                "rows": [
                    {"date": date.isoformat(), "shift": shift, "team_id": team, "team": called("teams", team)}
                    for date, shift, team in roster.rows.itertuples(index=False)
                ],
                "turns": roster.turns(asked.groups[key]).reset_index().to_dict("records"),
                "faults": [
                    {"code": f.code, "facts": dict(f.facts), "text": named_reason(f, t, called)}
                    for f in roster.faults
                ],
            }
            for key, roster in found.items()
        ]
    }


def roster_lines(asked: AskedRosters, found: Mapping[str, Roster], t: Words) -> list[str]:
    """Return rosters as lines to read: how many turns there are, who has most and least, what is missing."""
    called, lines = _called(asked), []
    for key, roster in found.items():
        problem, turns = asked.groups[key], roster.turns(asked.groups[key])
        lines.append(
            t(
                "weeks.roster_line",
                group=_group(asked, key, t),
                teams=len(problem.teams),
                turns=len(roster.rows),
                least=int(turns["all"].min()),
                most=int(turns["all"].max()),
                nights=int(turns["night"].max()),
                off=int(turns["off"].max()),
            )
        )
        if roster.faults:
            needed = teams_needed(problem)
            lines.append(
                t("weeks.roster_short", count=len(roster.faults), needed=needed, teams=len(problem.teams))
            )
            lines += [f"　{named_reason(fault, t, called)}" for fault in roster.faults[:3]]
    return lines[: 3 * _SHOWN]


def roster_book(asked: AskedRosters, found: Mapping[str, Roster], t: Words) -> bytes:
    """Return the 值班备勤表: a row a day, the shifts of each station under its name."""
    called = _called(asked)
    cells: dict[tuple[str, str, dt.date], list[str]] = {}
    for key, roster in found.items():
        for date, shift, team in roster.rows.itertuples(index=False):
            cells.setdefault((key, shift, date), []).append(called("teams", team))
    columns = [
        Column(name=f"{key} {shift.code}", label=shift.code, width=14, group=_group(asked, key, t))
        for key in found
        for shift in asked.shifts
    ]
    heads = (
        Column(name="date", label=t("weeks.head_date"), width=12),
        Column(name="weekday", label=t("weeks.head_weekday"), width=8),
    )
    rows = [
        (
            date.isoformat(),
            t(f"patrols.weekday_{date.isoweekday()}"),
            *("\n".join(cells.get((key, shift.code, date), ())) for key in found for shift in asked.shifts),
        )
        for date in asked.dates
    ]
    title = t("weeks.title_roster", first=asked.dates[0].isoformat(), last=asked.dates[-1].isoformat())
    table = Table(title=title, columns=(*heads, *columns), rows=tuple((ROW, row) for row in rows))
    return write_workbook({t("weeks.sheet_roster"): [table]}, mark=t("paper.mark"), stamp=datetime.now(UTC))


def _called(asked: AskedRosters) -> PlaceNames:
    teams = asked.teams["name"].fillna("").astype(str)
    return PlaceNames({"teams": {str(team): name for team, name in teams.items() if name}})


def _group(asked: AskedRosters, key: str, t: Words) -> str:
    return asked.stations.get(key, key) if key else t("weeks.all_stations")
