"""Patrols: a team in every village, squads at the stations by workload, and the places that they visit."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from data.sample.calls import LAST_DAY
from data.sample.frame import COUNTY_CODE, METRIC_CRS, apportion, stream
from data.schemas import (
    COMMUNITY,
    COUNT,
    DUE,
    DWELL_MIN,
    FACILITY_ID,
    FLOATING,
    FORCE,
    GEOMETRY,
    GRID_ID,
    KIND,
    MEMBERS,
    NAME,
    POST_ID,
    PRIORITY,
    REPORTED,
    RESIDENTS,
    SHIFT_END,
    SHIFT_START,
    SKILL,
    SKILLS,
    SOURCE,
    SQUAD,
    STATION_ID,
    STOP_ID,
    TEAM_ID,
    TRAVEL_MODE,
    VILLAGE,
    VILLAGE_ID,
    WINDOWS,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    Tables = Mapping[str, gpd.GeoDataFrame | pd.DataFrame]

SQUADS = 30
_A_SQUAD, _A_VILLAGE, _A_COMMUNITY = 4, 5, 10
# 白班, 夜班 of the squads; evenings of the villages' teams, who have work by day.
_SHIFTS = (("07:00", "19:00"), ("19:00", "07:00"))
_EVENINGS = (("18:30", "21:00"), ("19:00", "21:30"), ("19:30", "22:00"))
# Communities are walked, villages mostly ridden.
_ON_FOOT = {True: 0.7, False: 0.2}
FIRE_CHECKS = "消防检查"
_NUMERALS = "一二三四五六七八九"
_INSPECTED = 12
# The other schools' gates are looked after by their own people.
_GUARDED_SCHOOLS = 3


@dataclass(frozen=True, kw_only=True)
class _Visited:
    """How places of a kind are visited."""

    kind: str
    force: str
    dwell_min: float
    priority: int
    windows: str | None = None


_BY_FACILITY = {
    "primary_school": _Visited(
        kind="school", force=SQUAD, dwell_min=20, priority=2, windows="07:20-08:10;15:40-16:30"
    ),
    "middle_school": _Visited(
        kind="school", force=SQUAD, dwell_min=20, priority=2, windows="07:00-07:50;16:40-17:30"
    ),
    "hospital": _Visited(kind="hospital", force=SQUAD, dwell_min=15, priority=1),
    "bus_station": _Visited(kind="venue", force=SQUAD, dwell_min=20, priority=1),
    "bank": _Visited(kind="key_unit", force=SQUAD, dwell_min=10, priority=2, windows="09:00-17:00"),
    "petrol_station": _Visited(kind="key_unit", force=SQUAD, dwell_min=10, priority=2),
    "mall": _Visited(kind="venue", force=SQUAD, dwell_min=15, priority=2, windows="18:00-22:00"),
    "market": _Visited(kind="venue", force=VILLAGE, dwell_min=10, priority=2),
    "clinic": _Visited(kind="hospital", force=VILLAGE, dwell_min=5, priority=3),
    "enterprise": _Visited(kind="enterprise", force=VILLAGE, dwell_min=5, priority=3),
}
_BY_AREA = {
    "complex": _Visited(kind="hot_spot", force=SQUAD, dwell_min=15, priority=1, windows="17:00-02:00"),
    "scenic": _Visited(kind="festival", force=SQUAD, dwell_min=30, priority=3, windows="09:00-17:00"),
}
_BY_VILLAGE = _Visited(kind="village", force=VILLAGE, dwell_min=15, priority=1)
_BY_DUE_DATE = _Visited(
    kind="inspection", force=SQUAD, dwell_min=30, priority=2, windows="08:30-11:30;13:30-17:00"
)


def teams_table(seed: int, tables: Tables) -> pd.DataFrame:
    """
    Return the `teams` table: one for each village, `SQUADS` for the stations.

    Parameters
    ----------
    tables
        Stations, villages, grids, posts and incidents of the sample.
    """
    rows = [*_village_teams(seed, tables), *_squads(tables)]
    teams = pd.DataFrame(rows)
    teams.insert(0, TEAM_ID, [f"{COUNTY_CODE}T{number + 1:03d}" for number in range(len(teams))])
    return teams


def stops_table(seed: int, tables: Tables) -> gpd.GeoDataFrame:
    """
    Return the `stops` table: villages, schools, hospitals, key units, venues, hot spots, inspections.

    Parameters
    ----------
    tables
        Villages, facilities and areas of the sample.
    """
    facilities, areas = tables["facilities"], tables["areas"]
    centres = facilities[facilities[KIND] == "governance_centre"]
    names = tables["villages"].set_index(VILLAGE_ID)[NAME]
    parts = [_visited(centres, _BY_VILLAGE).assign(**{NAME: centres[VILLAGE_ID].map(names)})]
    parts += [_visited(facilities[facilities[KIND] == kind], how) for kind, how in _BY_FACILITY.items()]
    middles = areas.assign(geometry=gpd.GeoSeries(areas[GEOMETRY]).representative_point())
    parts += [_visited(middles[middles[KIND] == kind], how) for kind, how in _BY_AREA.items()]
    stops = pd.concat([*parts, _inspections(seed, facilities)], ignore_index=True)
    stops = _school_posts(stops, tables["villages"])
    stops.insert(0, STOP_ID, [f"{COUNTY_CODE}B{number + 1:04d}" for number in range(len(stops))])
    return gpd.GeoDataFrame(stops, geometry=GEOMETRY, crs=METRIC_CRS)


def _village_teams(seed: int, tables: Tables) -> list[dict[str, Any]]:
    rng = stream(seed, "patrols")
    posts = tables["posts"].drop_duplicates(VILLAGE_ID).set_index(VILLAGE_ID)[POST_ID]
    rows = []
    for village in tables["villages"].to_dict("records"):
        community = village[KIND] == COMMUNITY
        on_foot, evening = rng.random() < _ON_FOOT[community], int(rng.integers(len(_EVENINGS)))
        rows.append(
            {
                NAME: f"{village[NAME]}巡防队",
                FORCE: VILLAGE,
                TRAVEL_MODE: "walk" if on_foot else "ebike",
                POST_ID: posts[village[VILLAGE_ID]],
                VILLAGE_ID: village[VILLAGE_ID],
                STATION_ID: village[STATION_ID],
                MEMBERS: _A_COMMUNITY if community else _A_VILLAGE,
                SHIFT_START: _EVENINGS[evening][0],
                SHIFT_END: _EVENINGS[evening][1],
                SKILLS: None,
            }
        )
    return rows


def _squads(tables: Tables) -> list[dict[str, Any]]:
    stations = tables["stations"]
    teams = apportion(SQUADS, _workload(tables).to_numpy(), least=1)
    centre = _station_posts(tables)
    rows = []
    for station, name, count in zip(stations[STATION_ID], stations[NAME], teams.tolist(), strict=True):
        for number in range(count):
            start, end = _SHIFTS[number % len(_SHIFTS)]
            rows.append(
                {
                    NAME: f"{name.removesuffix('派出所')}所专职{_NUMERALS[number]}队",
                    FORCE: SQUAD,
                    TRAVEL_MODE: "car",
                    POST_ID: centre[station],
                    VILLAGE_ID: None,
                    STATION_ID: station,
                    MEMBERS: _A_SQUAD,
                    SHIFT_START: start,
                    SHIFT_END: end,
                    SKILLS: FIRE_CHECKS if number == 0 else None,
                }
            )
    return rows


def _workload(tables: Tables) -> pd.Series:
    """Return each station's part of the people present and of the calls, in the order of the stations."""
    grids, incidents = tables["grids"].set_index(GRID_ID), tables["incidents"]
    reported = incidents[incidents[SOURCE] == REPORTED]
    people = (grids[RESIDENTS] + grids[FLOATING]).groupby(grids[STATION_ID]).sum()
    calls = reported[COUNT].groupby(reported[GRID_ID].map(grids[STATION_ID])).sum()
    parts = people / people.sum() + calls / calls.sum()
    return parts.reindex(tables["stations"][STATION_ID]).fillna(0.0)


def _station_posts(tables: Tables) -> dict[str, str]:
    """Return the post from which each station's squads start: that of its most populous village."""
    grids = tables["grids"]
    people = (grids[RESIDENTS] + grids[FLOATING]).groupby(grids[VILLAGE_ID]).sum()
    villages = tables["villages"].assign(people=tables["villages"][VILLAGE_ID].map(people))
    busiest = villages.sort_values("people", ascending=False).drop_duplicates(STATION_ID)
    posts = tables["posts"].drop_duplicates(VILLAGE_ID).set_index(VILLAGE_ID)[POST_ID]
    return dict(zip(busiest[STATION_ID], busiest[VILLAGE_ID].map(posts), strict=True))


def _visited(places: gpd.GeoDataFrame | pd.DataFrame, how: _Visited) -> pd.DataFrame:
    blank = pd.Series(None, index=places.index, dtype=object)
    return pd.DataFrame(
        {
            NAME: places[NAME],
            KIND: how.kind,
            VILLAGE_ID: places.get(VILLAGE_ID, blank),
            FORCE: how.force,
            DWELL_MIN: float(how.dwell_min),
            WINDOWS: how.windows,
            PRIORITY: how.priority,
            SKILL: blank,
            DUE: blank,
            GEOMETRY: places[GEOMETRY],
        }
    )


def _inspections(seed: int, facilities: pd.DataFrame) -> pd.DataFrame:
    """Return petrol stations whose fire check of the quarter is due in the month after the calls end."""
    rng = stream(seed, "inspections")
    stations = facilities[facilities[KIND] == "petrol_station"].sort_values(FACILITY_ID)
    due = stations.iloc[np.sort(rng.choice(len(stations), _INSPECTED, replace=False))]
    days = [LAST_DAY + dt.timedelta(days=int(day)) for day in rng.integers(1, 31, _INSPECTED)]
    checks = _visited(due, _BY_DUE_DATE)
    checks[NAME] += FIRE_CHECKS
    checks[SKILL], checks[DUE] = FIRE_CHECKS, [day.isoformat() for day in days]
    return checks


def _school_posts(stops: pd.DataFrame, villages: pd.DataFrame) -> pd.DataFrame:
    """Return the stops with the first few schools of each station (护学岗), one that has to be guarded."""
    stations = stops[VILLAGE_ID].map(villages.set_index(VILLAGE_ID)[STATION_ID])
    schools = stops[KIND] == "school"
    number = stops[schools].groupby(stations[schools]).cumcount().reindex(stops.index, fill_value=0)
    stops[PRIORITY] = stops[PRIORITY].mask(schools & (number == 0), 1)
    return stops[~schools | (number < _GUARDED_SCHOOLS)].reset_index(drop=True)
