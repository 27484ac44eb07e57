"""Who is on duty on a day and what is due: teams and stops as tables give them, and what they leave open."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from data.clock import MS_PER_DAY, MS_PER_MINUTE
from data.schemas import FORCES, STATION_ID, VILLAGE
from geo.errors import Reason, SettingError
from planning.patrol.calendar import day_kind
from planning.patrol.cells import held
from planning.patrol.due import SCHOOL, as_visits, begin_windows, visits_due
from planning.patrol.duty import ROUTINE, DutySettings
from planning.patrol.places import village_places
from planning.patrol.stops_out import force_stops
from planning.patrol.teams_out import force_teams

if TYPE_CHECKING:
    import datetime as dt

    from planning.patrol.cells import Tables
    from planning.patrol.due import Windows
    from planning.patrol.duty import DutyLevel


@dataclass(frozen=True, kw_only=True)
class OnDuty:
    """
    Who is on duty on a day, and what is due.

    Parameters
    ----------
    force, duty, date, seed
        As asked.
    teams
        By team_id: name, station_id, village_id ("" where none), members, travel_mode, shift_start_ms,
        shift_end_ms, skills (tuple), point.
    stops
        A row a visit, by stop_id: name, kind, station_id, village_id, dwell_ms, windows, priority, skill,
        point, visit.
    left_out
        What was assumed, and what is not in it and why.
    """

    force: str
    duty: str
    date: dt.date
    seed: int
    teams: pd.DataFrame
    stops: pd.DataFrame
    left_out: tuple[Reason, ...]


def on_duty(
    tables: Tables,
    *,
    force: str = VILLAGE,
    duty: str = ROUTINE,
    date: dt.date,
    settings: DutySettings | None = None,
    seed: int = 1,
) -> OnDuty:
    """
    Return who is on duty on a day and what is due.

    Where there are no teams, every village is taken to have one at its post and every station a car; where
    there are no stops, every village is one, and for squads the facilities are, else the villages. What was
    taken for granted is told.

    Parameters
    ----------
    tables
        villages, posts, stations, teams, stops, facilities: those that there are.
    force
        ``village`` or ``squad``.
    duty
        Code of a level of the settings.
    date
        The day on which the shifts begin.
    seed
        For the spreading of visits that are due less than daily.

    Raises
    ------
    SettingError
        ``force_unknown``, ``duty_unknown``, ``holidays_unknown``; ``patrol_needs_villages``: there is
        nobody and nothing to plan for.
    """
    if force not in FORCES:
        raise SettingError("force_unknown", found=force, known=list(FORCES))
    settings = settings or DutySettings()
    level = settings.level(duty)
    told: list[Reason] = []
    villages = village_places(tables, date=date)
    teams = force_teams(tables, villages, force, settings, told)
    stops = force_stops(tables, villages, force, settings, told)
    if teams.empty and stops.empty:
        raise SettingError("patrol_needs_villages")
    day = day_kind(date, breaks=settings.school_breaks)
    visits, reasons = visits_due(stops, level=level, force=force, day=day, seed=seed)
    teams = _out(teams, level.team_share[force], date, told)
    teams["shift_end_ms"] += _longer(teams, level)
    stops["dwell_ms"] = (stops["dwell_ms"] * level.dwell_factor).round().astype("int64")
    span = (int(teams["shift_start_ms"].min()), int(teams["shift_end_ms"].max())) if len(teams) else (0, 0)
    due = as_visits(stops, visits, span=span)
    if not_due := int((visits == 0).sum()):
        told.append(Reason("stops_not_due", {"count": not_due, "due": len(stops) - not_due}))
    stated = zip(due["kind"], due["windows"], due["dwell_ms"], strict=True)
    due["windows"] = held((_begins(*each, span=span) for each in stated), due.index)
    return OnDuty(
        force=force,
        duty=duty,
        date=date,
        seed=seed,
        teams=teams,
        stops=due.drop(columns="due"),
        left_out=(*told, *reasons),
    )


def _out(teams: pd.DataFrame, share: float, date: dt.date, told: list[Reason]) -> pd.DataFrame:
    """Return the teams that are on duty: of each station its share, by turns from day to day."""
    if share >= 1 or teams.empty:
        return teams.copy()
    on = pd.Series(data=False, index=teams.index)
    for _, members in teams.groupby(STATION_ID, sort=True):
        count = math.ceil(share * len(members))
        first = date.toordinal() % len(members)
        on[[members.index[(first + k) % len(members)] for k in range(count)]] = True
    if resting := int((~on).sum()):
        told.append(Reason("teams_resting", {"count": resting, "teams": int(on.sum())}))
    return teams[on].copy()


def _longer(teams: pd.DataFrame, level: DutyLevel) -> pd.Series:
    """Return by how much shifts go on longer, none over a whole day."""
    room = MS_PER_DAY - (teams["shift_end_ms"] - teams["shift_start_ms"])
    longer = pd.Series(level.shift_longer_min * MS_PER_MINUTE, index=teams.index, dtype="int64")
    shortest = MS_PER_MINUTE - (teams["shift_end_ms"] - teams["shift_start_ms"])
    return longer.clip(lower=shortest, upper=room)


def _begins(kind: str, windows: Windows, dwell_ms: int, *, span: tuple[int, int]) -> Windows:
    """
    Return when a visit may begin.

    Windows that open before anybody is out are there once more after midnight, for shifts that go on until
    then; not a school's, whose next morning may be none of school.

    Parameters
    ----------
    span
        From when to when teams are out, in ms.
    """
    first, last = span
    if kind != SCHOOL:
        early = [(opens + MS_PER_DAY, closes + MS_PER_DAY) for opens, closes in windows if opens < first]
        windows = tuple(sorted({*windows, *(window for window in early if window[0] < last)}))
    return begin_windows(windows, dwell_ms)
