"""Rounds along streets as people go them: a leg a street, with where to turn, when and how far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.legs import stretch
from planning.patrol.streets.plan import PASSING
from planning.patrol.streets.problem import LINKS
from planning.patrol.streets.turning import headings, turned

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy.typing as npt

    from planning.patrol.streets.plan import Step, StreetPlan, StreetRoute
    from planning.patrol.streets.problem import StreetProblem

    Floats = npt.NDArray[np.float64]

# How one goes on from leg to leg.
START, STRAIGHT, LEFT, RIGHT, BACK = "start", "straight", "left", "right", "back"
# A turn of less is none, one of more leads back.
_STRAIGHT_DEG, _BACK_DEG = 35.0, 160.0
_COLUMNS = ["team_id", "number", "road_id", "name", "covers", "turn", "heading_deg", "begin_ms", "ms", "m"]


@dataclass
class _Leg:
    road_id: str
    covers: bool
    turn: str
    heading_deg: float
    begin_ms: int
    ms: int
    metres: float
    points: list[Floats]


def street_legs(problem: StreetProblem, plan: StreetPlan, names: Mapping[str, str]) -> gpd.GeoDataFrame:
    """
    Return every leg of a plan of streets, in the order of the routes.

    What follows on one road, and either covers it or only passes it, is one leg.

    Parameters
    ----------
    names
        Of roads, by road_id; those without one are legs each by itself.

    Returns
    -------
    GeoDataFrame
        team_id, number (from 1), road_id ("" between a team's place and the roads), name ("" where none),
        covers, turn (`START`, `STRAIGHT`, `LEFT`, `RIGHT`, `BACK`), heading_deg (from north, clockwise),
        begin_ms, ms, m (whole metres), geometry (metric CRS).

    Raises
    ------
    ValueError
        If the problem has no roads.
    """
    if problem.network is None or problem.spots is None:
        raise ValueError("a plan without roads has no legs")
    ways = _Ways(problem)
    rows: list[tuple[Any, ...]] = []
    lines: list[Any] = []
    for route in plan.routes:
        for number, leg in enumerate(_legs(ways, route, names), start=1):
            name = names.get(leg.road_id, "")
            said = (leg.road_id, name, leg.covers, leg.turn, leg.heading_deg, leg.begin_ms, leg.ms)
            rows.append((route.team_id, number, *said, round(leg.metres)))
            lines.append(_line(leg.points))
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    return gpd.GeoDataFrame(frame, geometry=lines, crs=problem.network.layout.crs)


class _Ways:
    """Arcs as they lie on the ground: points, road and direction."""

    def __init__(self, problem: StreetProblem) -> None:
        assert problem.network is not None
        assert problem.spots is not None
        self.problem, self.layout, self.spots = problem, problem.network.layout, problem.spots
        self.count = len(self.layout.start)
        self.leave, self.arrive = headings(self.layout)

    def points(self, arc: int) -> Floats:
        """Return the points of an arc in the direction of travel."""
        if arc < 2 * self.count:
            points = shapely.get_coordinates(self.layout.shapes[arc % self.count])
            return points if arc < self.count else points[::-1]
        place, link = divmod(arc - 2 * self.count, LINKS)
        spot = self.spots.iloc[place]
        line, at_m = self.layout.shapes[int(spot["edge"])], float(spot["at_m"])
        here = np.array([[spot["x"], spot["y"]]])
        length_m = float(shapely.length(line))
        ahead = stretch(line, at_m, length_m) if link in (0, 3) else stretch(line, 0.0, at_m)[::-1]
        out = np.vstack([here, ahead])
        return out if link in (0, 1) else out[::-1]

    def road(self, arc: int) -> str:
        """Return the road of an arc; "" between a team's place and the roads."""
        return str(self.layout.road_id[arc % self.count]) if arc < 2 * self.count else ""

    def turn(self, came: int, goes: int) -> str:
        """Return how one goes on from an arc with the next."""
        if max(came, goes) >= 2 * self.count:
            return STRAIGHT if came >= 2 * self.count else BACK if came == goes else STRAIGHT
        if came % self.count == goes % self.count and came != goes:
            return BACK
        by = turned(self.arrive[came], self.leave[goes])
        if abs(by) < _STRAIGHT_DEG:
            return STRAIGHT
        return BACK if abs(by) > _BACK_DEG else RIGHT if by > 0 else LEFT


def _legs(ways: _Ways, route: StreetRoute, names: Mapping[str, str]) -> Iterator[_Leg]:
    leg: _Leg | None = None
    now, came = route.start_ms, -1
    for step in route.steps:
        road, covers = ways.road(step.arc), step.task != PASSING
        turn = START if came < 0 else ways.turn(came, step.arc)
        if leg is None or not _goes_on(leg, road, covers, turn, names):
            if leg is not None:
                yield leg
            leg = _begun(ways, step, road, covers, turn, now)
        leg.ms += step.ms
        leg.metres += float(ways.problem.metres[step.arc])
        leg.points.append(ways.points(step.arc))
        now, came = now + step.ms, step.arc
    if leg is not None:
        yield leg


def _begun(ways: _Ways, step: Step, road: str, covers: bool, turn: str, now: int) -> _Leg:
    points = ways.points(step.arc)
    east, north = points[min(1, len(points) - 1)] - points[0]
    heading = float(np.degrees(np.arctan2(east, north)) % 360)
    return _Leg(
        road_id=road, covers=covers, turn=turn, heading_deg=heading, begin_ms=now, ms=0, metres=0.0, points=[]
    )


def _goes_on(leg: _Leg, road: str, covers: bool, turn: str, names: Mapping[str, str]) -> bool:
    """Whether an arc is one leg with those before it: the same road by name or number, gone on along."""
    same = road == leg.road_id or (names.get(road, "") != "" and names.get(road) == names.get(leg.road_id))
    return same and covers == leg.covers and turn != BACK


def _line(runs: list[Floats]) -> Any:
    points = np.vstack(runs)
    moved = np.ones(len(points), dtype=bool)
    moved[1:] = (np.abs(np.diff(points, axis=0)) > 1e-6).any(axis=1)
    kept = points[moved]
    return shapely.linestrings(kept if len(kept) > 1 else np.vstack([points[:1], points[:1]]))
