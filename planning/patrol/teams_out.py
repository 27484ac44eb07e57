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
    mine = None if rows is None else rows[texts(rows, FORCE) == force].set_index(TEAM_ID)
    if mine is None or mine.empty:
        return _assumed_teams(tables, villages, force, settings, told)
    return _stated_teams(mine, tables, villages, force, settings, told)


def _stated_teams(
    rows: pd.DataFrame,
    tables: Tables,
    villages: pd.DataFrame,
    force: str,
    settings: DutySettings,
    told: list[Reason],
) -> pd.DataFrame:
    teams = pd.DataFrame(
        {NAME: names(rows), STATION_ID: texts(rows, STATION_ID), VILLAGE_ID: texts(rows, VILLAGE_ID)}
    )
    teams[VILLAGE_ID] = known_villages(teams, villages.index, "teams_village_unknown", told)
    of_village = looked_up(teams[VILLAGE_ID], villages[STATION_ID])
    teams[STATION_ID] = teams[STATION_ID].where(teams[STATION_ID] != "", of_village)
    teams["members"] = numbers(rows, MEMBERS).fillna(1).astype("int64")
    teams["travel_mode"] = _travel_modes(rows, settings.travel_modes[force], told)
    teams["shift_start_ms"], teams["shift_end_ms"] = _stated_shifts(rows, settings.shifts[force], told)
    skills = (tuple(filter(None, _MARKS.split(text))) for text in texts(rows, SKILLS))
    teams["skills"] = held(skills, teams.index)
    teams["point"] = own_points(rows)
    for labels, known in (
        (texts(rows, POST_ID), post_places(tables)),
        (teams[VILLAGE_ID], villages["point"]),
        (teams[STATION_ID], station_places(tables, villages)),
    ):
        teams["point"] = teams["point"].fillna(looked_up(labels, known, else_=None))
    return placed(teams, "teams_without_place", told)


def _travel_modes(rows: pd.DataFrame, usual: str, told: list[Reason]) -> pd.Series:
    stated = texts(rows, TRAVEL_MODE)
    if count := int((stated == "").sum()):
        told.append(Reason("travel_mode_assumed", {"count": count, "travel_mode": usual}))
    return stated.where(stated != "", usual)


def _stated_shifts(
    rows: pd.DataFrame, usual: tuple[str, str], told: list[Reason]
) -> tuple[pd.Series, pd.Series]:
    start, end = (texts(rows, name) for name in (SHIFT_START, SHIFT_END))
    assumed = (start == "") | (end == "")
    if count := int(assumed.sum()):
        told.append(Reason("shift_assumed", {"count": count, "from": usual[0], "until": usual[1]}))
    return _shifts(start.mask(assumed, usual[0]), end.mask(assumed, usual[1]))


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
