"""Days of patrols over open country: ways are straight, plans are made by hand."""

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import Point

from geo.straight_times import straight_times
from planning.patrol.plan import DayPlan, DayProblem, Route, Visit

MINUTE, HOUR = 60_000, 3_600_000
CRS = "EPSG:4549"


def points(named, *, origin=(540_000.0, 3_310_000.0), crs=CRS):
    """Points by label, in metres from an origin."""
    return gpd.GeoSeries({k: Point(origin[0] + x, origin[1] + y) for k, (x, y) in named.items()}, crs=crs)


def problem(places, teams, stops, *, ms_per_m=120, force="squad", mode="joint", travel=None):
    """A day; teams and stops are dicts of dicts, with defaults for what a test does not care about."""
    team_rows = {
        "name": "",
        "station_id": "",
        "village_id": "",
        "members": 3,
        "travel_mode": "car",
        "shift_start_ms": 20 * HOUR,
        "shift_end_ms": 28 * HOUR,
        "skills": (),
    }
    stop_rows = {
        "name": "",
        "kind": "hot_spot",
        "station_id": "",
        "village_id": "",
        "dwell_ms": 15 * MINUTE,
        "windows": (),
        "priority": 1,
        "skill": "",
    }
    mode_of = travel or {
        "car": straight_times(places, kmh=3_600 / ms_per_m, detour=1.0),
        "walk": straight_times(places, kmh=600 / ms_per_m, detour=1.0),
    }
    return DayProblem(
        force=force,
        mode=mode,
        teams=_frame(teams, team_rows, "team_id"),
        stops=_frame(stops, stop_rows, "stop_id"),
        travel=mode_of,
        allowed=np.ones((len(teams), len(stops)), dtype=bool),
    )


def _frame(rows, defaults, name):
    frame = pd.DataFrame([{**defaults, **row} for row in rows.values()], index=pd.Index(rows, name=name))
    return frame.astype({column: object for column in ("windows", "skills") if column in frame})


def driven(day, rounds, *, begin=None, **facts):
    """The plan in which each team makes its round as soon as it can."""
    routes = tuple(_route(day, team, stops, (begin or {}).get(team)) for team, stops in rounds.items())
    said = {"objective": "hours", "unvisited": (), "faults": (), "seed": 0, "seconds": 0.0, **facts}
    return DayPlan(force=day.force, mode=day.mode, routes=routes, **said)


def _route(day, team, stops, begin):
    row = day.teams.loc[team]
    travel = day.travel[row["travel_mode"]]
    at, now, visits = row["start"], begin if begin is not None else int(row["shift_start_ms"]), []
    start = now
    for stop in stops:
        there = day.stops.loc[stop]
        ms, m = _leg(travel, at, there["place"])
        arrive = now + ms
        opens = [max(arrive, a) for a, b in there["windows"] if arrive <= b] or [arrive]
        leave = opens[0] + int(there["dwell_ms"])
        visits.append(
            Visit(stop_id=stop, leg_ms=ms, leg_m=m, arrive_ms=arrive, begin_ms=opens[0], leave_ms=leave)
        )
        at, now = there["place"], leave
    ms, m = _leg(travel, at, row["start"])
    return Route(team_id=team, visits=tuple(visits), start_ms=start, end_ms=now + ms, home_ms=ms, home_m=m)


def _leg(travel, a, b):
    (row,) = travel.legs([(a, b)]).itertuples()
    return int(row.ms), int(row.m)
