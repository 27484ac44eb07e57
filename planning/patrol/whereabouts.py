"""Where the teams of a plan are at any moment: at their post, on the way, waiting, at a stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from planning.patrol.plan import DayPlan, DayProblem, Route

POST, WAY, WAITING, STOP = "post", "way", "waiting", "stop"


@dataclass(frozen=True, kw_only=True)
class Spell:
    """
    What a team does for a while.

    Parameters
    ----------
    doing
        `POST`, `WAY`, `WAITING` or `STOP`.
    begin_ms, end_ms
        From and until when.
    origin, destination
        Labels in the travel times; the same where the team stands.
    stop_id
        Where it is, or is going to; "" for its post.
    """

    doing: str
    begin_ms: int
    end_ms: int
    origin: str
    destination: str
    stop_id: str = ""


def spells(problem: DayProblem, plan: DayPlan) -> dict[str, list[Spell]]:
    """
    Return what each team does from the beginning of its shift to its end, without gaps, by team_id.

    A team without a route stands at its post for the whole shift.
    """
    routes = {route.team_id: route for route in plan.routes}
    return {str(team): [*_spells(problem, str(team), routes.get(str(team)))] for team in problem.teams.index}


def route_legs(problem: DayProblem, plan: DayPlan) -> gpd.GeoDataFrame:
    """
    Return every leg of a plan with its way on the road, in the order of the routes.

    Returns
    -------
    GeoDataFrame
        team_id, position (of the visit that it leads to; the way back is the last), stop_id ("" for the way
        back), origin, destination (labels), depart_ms, arrive_ms, ms, m, geometry (metric CRS; empty where
        a leg is no way at all).
    """
    rows = [row for route in plan.routes for row in _leg_rows(problem, route)]
    legs = pd.DataFrame(rows, columns=["team_id", "position", "stop_id", "origin", "destination", *_TIMES])
    mode = legs["team_id"].map(problem.teams["travel_mode"])
    found = []
    for name, part in legs.groupby(mode, sort=False):
        ways = problem.travel[str(name)].legs([*zip(part["origin"], part["destination"], strict=True)])
        found.append(ways[["ms", "m", "geometry"]].set_axis(part.index))
    if not found:
        return gpd.GeoDataFrame(legs.assign(ms=[], m=[]), geometry=[])
    return gpd.GeoDataFrame(legs.join(pd.concat(found)), geometry="geometry", crs=found[0].crs)


_TIMES = ("depart_ms", "arrive_ms")


def whereabouts(
    problem: DayProblem,
    plan: DayPlan,
    legs: gpd.GeoDataFrame,
    places: gpd.GeoSeries,
    moments: npt.NDArray[np.int64],
) -> gpd.GeoDataFrame:
    """
    Return where each team is at each moment of its shift.

    On a leg it is so far along the way as the time of the leg has passed.

    Parameters
    ----------
    legs
        As `route_legs` has them.
    places
        Point of each label of the travel times, in the metric CRS.
    moments
        Ascending.

    Returns
    -------
    GeoDataFrame
        team_id, at_ms, doing, stop_id and geometry; no row outside a team's shift.
    """
    ways = legs.set_index(["team_id", "stop_id"]).geometry
    rows, points = [], []
    for team, turns in spells(problem, plan).items():
        begins = np.array([turn.begin_ms for turn in turns])
        inside = moments[(moments >= begins[0]) & (moments <= turns[-1].end_ms)]
        for at, turn in zip(inside.tolist(), np.searchsorted(begins, inside, side="right") - 1, strict=True):
            spell = turns[turn]
            rows.append((team, at, spell.doing, spell.stop_id))
            way = ways.get((team, spell.stop_id)) if spell.doing == WAY else None
            points.append(_along(way, spell, at, places))
    frame = pd.DataFrame(rows, columns=["team_id", "at_ms", "doing", "stop_id"])
    return gpd.GeoDataFrame(frame, geometry=points, crs=places.crs)


def _along(
    way: shapely.Geometry | None, spell: Spell, at: int, places: gpd.GeoSeries
) -> shapely.Geometry | None:
    if way is None or way.is_empty:
        return places.get(spell.destination)
    share = (at - spell.begin_ms) / max(spell.end_ms - spell.begin_ms, 1)
    return shapely.line_interpolate_point(way, share, normalized=True)


def _spells(problem: DayProblem, team: str, route: Route | None) -> Iterator[Spell]:
    row = problem.teams.loc[team]
    home, begin, end = str(row["start"]), int(row["shift_start_ms"]), int(row["shift_end_ms"])
    if route is None:
        yield Spell(doing=POST, begin_ms=begin, end_ms=end, origin=home, destination=home)
        return
    at, now = home, min(begin, route.start_ms)
    for spell in _round(problem, route, home):
        if spell.begin_ms > now:
            # Before it leaves its post: nowhere else is there time that belongs to nothing.
            yield Spell(doing=POST, begin_ms=now, end_ms=spell.begin_ms, origin=at, destination=at)
        yield spell
        at, now = spell.destination, spell.end_ms
    if end >= now:
        yield Spell(doing=POST, begin_ms=now, end_ms=end, origin=home, destination=home)


def _round(problem: DayProblem, route: Route, home: str) -> Iterator[Spell]:
    at, now = home, route.start_ms
    for visit in route.visits:
        place, stop = str(problem.stops.at[visit.stop_id, "place"]), visit.stop_id
        turns = ((WAY, now, visit.arrive_ms, at), (WAITING, visit.arrive_ms, visit.begin_ms, place))
        for doing, begin, end, origin in (*turns, (STOP, visit.begin_ms, visit.leave_ms, place)):
            if end > begin:
                yield Spell(
                    doing=doing, begin_ms=begin, end_ms=end, origin=origin, destination=place, stop_id=stop
                )
        at, now = place, visit.leave_ms
    if route.end_ms > now:
        yield Spell(doing=WAY, begin_ms=now, end_ms=route.end_ms, origin=at, destination=home)


def _leg_rows(problem: DayProblem, route: Route) -> Iterator[tuple[object, ...]]:
    home = str(problem.teams.at[route.team_id, "start"])
    at, now = home, route.start_ms
    for position, visit in enumerate(route.visits):
        place = str(problem.stops.at[visit.stop_id, "place"])
        yield route.team_id, position, visit.stop_id, at, place, now, visit.arrive_ms
        at, now = place, visit.leave_ms
    yield route.team_id, len(route.visits), "", at, home, now, route.end_ms
