"""A day of patrols as the map takes it: places by number, times in seconds, ways as whole numbers."""

from __future__ import annotations

import math
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from geo.crs import to_lonlat
from planning.patrol.due import visit_windows
from ui.painter.ground import SCALE, paths

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from planning.patrol.plan import DayProblem, Route
    from ui.names import PlaceNames
    from ui.words import Words

# Vertices of all ways together; beyond them all are drawn coarser.
VERTICES_AT_MOST = 40_000
_TOLERANCES_M = (2.0, 4.0, 8.0, 15.0)


def day_frame(problem: DayProblem, places: gpd.GeoSeries, *, names: PlaceNames, t: Words) -> dict[str, Any]:
    """
    Return what holds for every plan of a problem: its teams, its stops, and who may take which stop.

    Parameters
    ----------
    places
        Point of each label of the travel times, in the metric CRS.
    names
        Of the stations.
    t
        Words of the browser's language.

    Returns
    -------
    dict
        teams, stops (in the problem's order) and circles (lists of team numbers: of each stop the number of
        the circle that may take it). Positions are longitude and latitude times ``scale``; times are seconds.
    """
    at = dict(zip(places.index, _positions(places), strict=True))
    circles, circle_of = _circles(problem.allowed, stops=len(problem.stops))
    teams, stops = problem.teams.to_dict("index"), problem.stops.to_dict("index")
    return {
        "scale": SCALE,
        "teams": [_team(str(team), row, at, names, t) for team, row in teams.items()],
        "stops": [
            {**_stop(str(stop), row, at, t), "circle": circle}
            for (stop, row), circle in zip(stops.items(), circle_of, strict=True)
        ],
        "circles": circles,
    }


def _positions(places: gpd.GeoSeries) -> list[list[int]]:
    degrees = shapely.get_coordinates(to_lonlat(places).to_numpy())
    return np.rint(degrees * SCALE).astype(int).tolist()  # type: ignore[no-any-return]


def _team(
    team: str, row: Mapping[str, Any], at: Mapping[str, Any], names: PlaceNames, t: Words
) -> dict[str, Any]:
    return {
        "id": team,
        "name": row["name"] or team,
        "station": names("stations", row["station_id"]) if isinstance(row["station_id"], str) else "",
        "travel": t.name("travel_mode", row["travel_mode"]),
        "members": int(row["members"]),
        "at": at[row["start"]],
        "shift": [seconds(row["shift_start_ms"]), seconds(row["shift_end_ms"])],
    }


def _stop(stop: str, row: Mapping[str, Any], at: Mapping[str, Any], t: Words) -> dict[str, Any]:
    return {
        "id": stop,
        "name": row["name"] or stop,
        "kind": row["kind"],
        "kind_name": t.name("stop_kind", row["kind"]),
        "at": at[row["place"]],
        "dwell": seconds(row["dwell_ms"]),
        "windows": [
            [seconds(opens), seconds(closes)]
            for opens, closes in visit_windows(row["windows"], row["dwell_ms"])
        ],
        "priority": int(row["priority"]),
        "rank": t.name("priority", int(row["priority"])),
    }


def _circles(allowed: NDArray[np.bool_], *, stops: int) -> tuple[list[list[int]], list[int]]:
    """Return the distinct sets of teams that may take a stop, and the number of each stop's."""
    if not allowed.size:
        return [[]], [0] * stops
    distinct, of = np.unique(allowed.T, axis=0, return_inverse=True)
    return [np.flatnonzero(row).tolist() for row in distinct], of.ravel().tolist()


def route_rows(
    problem: DayProblem, routes: Sequence[Route], *, tolerance_m: float | None = None
) -> list[dict[str, Any]]:
    """
    Return routes with their ways on the road.

    Parameters
    ----------
    tolerance_m
        How coarsely ways are drawn; None for as finely as a browser takes them all.

    Returns
    -------
    list of dict
        team (its number), start, end, home (seconds and metres of the way back), visits (stop number, seconds
        and metres of the way there, when the team comes, begins and goes on), ways (one a visit, and the way
        back; lists of whole numbers as `ui.painter.ground.paths` has them, [] for no way at all).
    """
    stops = {stop: i for i, stop in enumerate(problem.stops.index)}
    teams = {team: i for i, team in enumerate(problem.teams.index)}
    ways = iter(_encoded(_ways(problem, routes), tolerance_m))
    return [
        {
            "team": teams[route.team_id],
            "start": seconds(route.start_ms),
            "end": seconds(route.end_ms),
            "home": [seconds(route.home_ms), int(route.home_m)],
            "visits": [
                [
                    stops[visit.stop_id],
                    seconds(visit.leg_ms),
                    int(visit.leg_m),
                    *map(seconds, (visit.arrive_ms, visit.begin_ms, visit.leave_ms)),
                ]
                for visit in route.visits
            ],
            "ways": list(islice(ways, len(route.visits) + 1)),
        }
        for route in routes
    ]


def _ways(problem: DayProblem, routes: Sequence[Route]) -> gpd.GeoSeries:
    """Return the way to each visit and the way back, of all routes one after the other."""
    called = [pair for route in routes for pair in _legs(problem, route)]
    # One question a travel mode: each of them costs a preparation.
    found = {
        mode: problem.travel[mode].legs([pair for asked, pair in called if asked == mode]).geometry
        for mode in dict.fromkeys(asked for asked, _ in called)
    }
    if not found:
        return gpd.GeoSeries([])
    turns = {mode: iter(ways) for mode, ways in found.items()}
    crs = next(iter(found.values())).crs
    return gpd.GeoSeries([next(turns[mode]) for mode, _ in called], crs=crs)


def _legs(problem: DayProblem, route: Route) -> list[tuple[str, tuple[str, str]]]:
    """Return the travel mode of a route and the labels of each of its legs."""
    home, mode = problem.teams.loc[route.team_id, ["start", "travel_mode"]]
    places = [home, *problem.stops.loc[[visit.stop_id for visit in route.visits], "place"], home]
    return [(mode, pair) for pair in pairwise(places)]


def _encoded(ways: gpd.GeoSeries, tolerance_m: float | None) -> list[list[int]]:
    lines = ways.to_numpy()
    coarse = tolerance_m or _tolerance_of(int(shapely.get_num_coordinates(lines).sum()))
    lines = shapely.simplify(lines, coarse, preserve_topology=False)
    drawn = shapely.get_num_coordinates(lines) > 0
    found = iter(paths(lines[drawn], ways.crs)) if drawn.any() else iter(())
    return [next(found) if there else [] for there in drawn]


def _tolerance_of(vertices: int) -> float:
    # Each step leaves about half of them.
    steps = 0 if vertices <= VERTICES_AT_MOST else math.ceil(math.log2(vertices / VERTICES_AT_MOST))
    return _TOLERANCES_M[min(steps, len(_TOLERANCES_M) - 1)]


def seconds(ms: float) -> int:
    """Return milliseconds as whole seconds."""
    return round(float(ms) / 1000)
