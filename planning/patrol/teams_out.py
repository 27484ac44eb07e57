"""The teams of a force as the tables give them, and those taken for granted where they give none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from data.clock import MS_PER_DAY, clock_ms
from data.schemas import (
    FORCE,
    MEMBERS,
    NAME,
    POST_ID,
    SHIFT_END,
    SHIFT_START,
    SKILLS,
    STATION_ID,
    TEAM_ID,
    TRAVEL_MODE,
    VILLAGE,
    VILLAGE_ID,
)
from geo.errors import Reason
from planning.patrol.cells import held, known_villages, looked_up, names, numbers, placed, texts
from planning.patrol.places import own_points, post_places, station_places

if TYPE_CHECKING:
    from planning.patrol.cells import Tables
    from planning.patrol.duty import DutySettings

_MARKS = re.compile(r"[、,，;；/|\s]+")


def force_teams(
    tables: Tables, villages: pd.DataFrame, force: str, settings: DutySettings, told: list[Reason]
) -> pd.DataFrame:
    """
    Return the teams of a force: the stated ones, else one for each village or station.

    Parameters
    ----------
    villages
        As `planning.patrol.places.village_places` returns them.
    told
        What was taken for granted, or had to be left out, is added to it.

    Returns
    -------
    DataFrame
        As `planning.patrol.on_duty.OnDuty.teams`.
    """
    rows = tables.get("teams")
    rows = rows[texts(rows, FORCE) == force] if rows is not None and len(rows) else None
    if rows is None or rows.empty:
        return _assumed_teams(tables, villages, force, settings, told)
    rows = rows.set_index(TEAM_ID)
    teams = pd.DataFrame(
        {NAME: names(rows), STATION_ID: texts(rows, STATION_ID), VILLAGE_ID: texts(rows, VILLAGE_ID)}
    )
    teams[VILLAGE_ID] = known_villages(teams, villages.index, "teams_village_unknown", told)
    known = looked_up(teams[VILLAGE_ID], villages[STATION_ID])
    teams[STATION_ID] = teams[STATION_ID].where(teams[STATION_ID] != "", known)
    teams["members"] = numbers(rows, MEMBERS).fillna(1).astype("int64")
    travel_mode = texts(rows, TRAVEL_MODE)
    if count := int((travel_mode == "").sum()):
        told.append(
            Reason("travel_mode_assumed", {"count": count, "travel_mode": settings.travel_modes[force]})
        )
    teams["travel_mode"] = travel_mode.where(travel_mode != "", settings.travel_modes[force])
    start, end = (texts(rows, name) for name in (SHIFT_START, SHIFT_END))
    usual, assumed = settings.shifts[force], (start == "") | (end == "")
    if assumed.any():
        facts = {"count": int(assumed.sum()), "from": usual[0], "until": usual[1]}
        told.append(Reason("shift_assumed", facts))
    teams["shift_start_ms"], teams["shift_end_ms"] = _shifts(
        start.mask(assumed, usual[0]), end.mask(assumed, usual[1])
    )
    skills = (tuple(filter(None, _MARKS.split(text))) for text in texts(rows, SKILLS))
    teams["skills"] = held(skills, teams.index)
    points = own_points(rows)
    for labels, known in (
        (texts(rows, POST_ID), post_places(tables)),
        (teams[VILLAGE_ID], villages["point"]),
        (teams[STATION_ID], station_places(tables, villages)),
    ):
        points = points.fillna(looked_up(labels, known, else_=None))
    teams["point"] = points
    return placed(teams, "teams_without_place", told)


def _assumed_teams(
    tables: Tables, villages: pd.DataFrame, force: str, settings: DutySettings, told: list[Reason]
) -> pd.DataFrame:
    """Return a team for each village, or each station, at its place."""
    if force == VILLAGE:
        places, layer = villages, "villages"
        columns = {
            NAME: villages[NAME],
            STATION_ID: villages[STATION_ID],
            VILLAGE_ID: villages.index.to_series(),
        }
    else:
        stations = tables.get("stations")
        points, layer = station_places(tables, villages), "stations"
        called = names(stations.set_index(STATION_ID)) if stations is not None else pd.Series(dtype=object)
        places = pd.DataFrame({NAME: called.reindex(points.index), "point": points})
        columns = {NAME: places[NAME], STATION_ID: points.index.to_series()}
        columns[VILLAGE_ID] = pd.Series("", index=points.index, dtype=object)
    teams = pd.DataFrame({**columns, "members": 1, "travel_mode": settings.travel_modes[force]})
    start, end = settings.shifts[force]
    teams["shift_start_ms"], teams["shift_end_ms"] = _shifts(
        pd.Series(start, index=teams.index), pd.Series(end, index=teams.index)
    )
    teams["skills"] = held([()] * len(teams), teams.index)
    teams["point"] = places["point"]
    teams.index = pd.Index([f"team:{label}" for label in teams.index], name=TEAM_ID, dtype=object)
    if len(teams):
        facts = {"count": len(teams), "layer": layer, "from": start, "until": end}
        told.append(Reason("teams_assumed", {**facts, "travel_mode": settings.travel_modes[force]}))
    return placed(teams, "teams_without_place", told)


def _shifts(start: pd.Series, end: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return when shifts begin and end, in ms; those that end before they begin do so on the next day."""
    begins = start.map(lambda text: clock_ms(text) or 0).astype("int64")
    ends = end.map(lambda text: clock_ms(text) or 0).astype("int64")
    return begins, ends.where(ends > begins, ends + MS_PER_DAY)
