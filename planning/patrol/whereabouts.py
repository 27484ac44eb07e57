"""Where the teams of a plan are at any moment: at their post, on the way, waiting, at a stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.travel_times import SPOT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    import numpy.typing as npt

    from geo.travel_times import TravelTimes
    from planning.patrol.plan import DayPlan, DayProblem, Route

    Ints = npt.NDArray[np.int64]

POST, WAY, WAITING, STOP = "post", "way", "waiting", "stop"
_LEG = ["team_id", "position", "stop_id", "origin", "destination", "depart_ms", "arrive_ms"]


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


def ends(problem: DayProblem, team_id: str) -> tuple[str, str]:
    """Return the labels of the places where a team's round begins and ends."""
    row = problem.teams.loc[team_id]
    start, end = str(row["start"]), row.get("end")
    return start, end if isinstance(end, str) else start


def route_legs(problem: DayProblem, plan: DayPlan) -> gpd.GeoDataFrame:
    """
    Return every leg of a plan with its way on the road, in the order of the routes.

    Returns
    -------
    GeoDataFrame
        team_id, position (of the visit that it leads to; the way back is the last), stop_id ("" for the way
        back), origin, destination (labels), depart_ms, arrive_ms, ms, m, geometry (metric CRS).
    """
    rows = [row for route in plan.routes for row in _leg_rows(problem, route)]
    legs = pd.DataFrame(rows, columns=_LEG)
    mode = legs["team_id"].map(problem.teams["travel_mode"])
    found = []
    for name, part in legs.groupby(mode, sort=False):
        ways = problem.travel[str(name)].legs([*zip(part["origin"], part["destination"], strict=True)])
        found.append(ways[["ms", "m", "geometry"]].set_axis(part.index))
    if not found:
        return gpd.GeoDataFrame(legs.assign(ms=[], m=[]), geometry=[])
    return gpd.GeoDataFrame(legs.join(pd.concat(found)), geometry="geometry", crs=found[0].crs)


def whereabouts(
    problem: DayProblem, plan: DayPlan, moments: Ints, *, teams: Collection[str] | None = None
) -> pd.DataFrame:
    """
    Return where each team is at each moment of its shift, on a leg at the very point of its way.

    Parameters
    ----------
    moments
        ms since midnight, ascending.
    teams
        Ids; all by default.

    Returns
    -------
    DataFrame
        team_id, at_ms, doing, stop_id, x, y (metric CRS) and edge, at_m, snap_m (on the roads, see
        `geo.road_network.RoadNetwork.snapped`), by team and moment; no row outside a team's shift.

    Raises
    ------
    SettingError
        As `geo.travel_times.TravelTimes.spots_along`.
    """
    frames = [
        _whereabouts(problem.travel[str(problem.teams.at[team, "travel_mode"])], team, found, moments)
        for team, found in spells(problem, plan).items()
        if teams is None or team in teams
    ]
    empty = pd.DataFrame(columns=["team_id", "at_ms", "doing", "stop_id", *SPOT])
    return pd.concat(frames, ignore_index=True) if frames else empty


def _whereabouts(travel: TravelTimes, team: str, found: Sequence[Spell], moments: Ints) -> pd.DataFrame:
    inside = moments[(moments >= found[0].begin_ms) & (moments <= found[-1].end_ms)]
    # At the moment at which one spell ends the next has begun.
    turn = np.searchsorted([spell.begin_ms for spell in found], inside, side="right") - 1
    told = {"team_id": team, "at_ms": inside, "doing": [found[i].doing for i in turn]}
    told["stop_id"] = [found[i].stop_id for i in turn]
    spots = travel.spots_of(found[i].destination for i in turn)
    ways = [i for i, spell in enumerate(found) if spell.doing == WAY]
    on = [np.flatnonzero(turn == i) for i in ways]
    passed = [inside[rows] - found[i].begin_ms for i, rows in zip(ways, on, strict=True)]
    if ways:
        along = travel.spots_along(((found[i].origin, found[i].destination) for i in ways), passed)
        spots.iloc[np.concatenate(on)] = along.to_numpy()
    return pd.DataFrame(told).join(spots)


def _spells(problem: DayProblem, team: str, route: Route | None) -> Iterator[Spell]:
    row = problem.teams.loc[team].to_dict()
    begin, end = int(row["shift_start_ms"]), int(row["shift_end_ms"])
    home, last = ends(problem, team)
    if route is None:
        yield Spell(doing=POST, begin_ms=begin, end_ms=end, origin=home, destination=home)
        return
    if route.start_ms > begin:
        yield Spell(doing=POST, begin_ms=begin, end_ms=route.start_ms, origin=home, destination=home)
    yield from _round(problem, route, home, last)
    if end >= route.end_ms:
        yield Spell(doing=POST, begin_ms=route.end_ms, end_ms=end, origin=last, destination=last)


def _round(problem: DayProblem, route: Route, home: str, last: str) -> Iterator[Spell]:
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
        yield Spell(doing=WAY, begin_ms=now, end_ms=route.end_ms, origin=at, destination=last)


def _leg_rows(problem: DayProblem, route: Route) -> Iterator[tuple[object, ...]]:
    (at, last), now = ends(problem, route.team_id), route.start_ms
    for position, visit in enumerate(route.visits):
        place = str(problem.stops.at[visit.stop_id, "place"])
        yield route.team_id, position, visit.stop_id, at, place, now, visit.arrive_ms
        at, now = place, visit.leave_ms
    yield route.team_id, len(route.visits), "", at, last, now, route.end_ms
