"""Turns at junctions: how far one turns from street to street, and which turns are unwelcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from geo.road_layout import RoadLayout
    from planning.patrol.streets.problem import StreetProblem

    Floats = npt.NDArray[np.float64]

# Turning back counts as more than any other turn; staying on the same road is worth that many degrees.
_BACK_DEG, _SAME_ROAD_DEG = 180.0, 30.0


def headings(layout: RoadLayout) -> tuple[Floats, Floats]:
    """
    Return in which direction one sets out on each arc and comes to its end, in degrees from north, clockwise.

    Arcs are numbered as `geo.road_network.RoadNetwork.arc_ms`.
    """
    ends = [shapely.get_coordinates(shapely.get_point(layout.shapes, at)) for at in (0, 1, -2, -1)]
    first, last = _bearing(ends[0], ends[1]), _bearing(ends[2], ends[3])
    return np.concatenate([first, (last + 180) % 360]), np.concatenate([last, (first + 180) % 360])


def turned(arrive_deg: float, leave_deg: float) -> float:
    """Return by how much one turns, in degrees from -180 to 180; to the right is positive."""
    return float((leave_deg - arrive_deg + 180) % 360 - 180)


def turn_cost(problem: StreetProblem) -> Callable[[int, int], float] | None:
    """Return how unwelcome going on from one arc with another is; None where nothing tells directions."""
    if problem.network is None:
        return None
    layout = problem.network.layout
    leave, arrive = headings(layout)
    count, road = len(layout.start), layout.road_id

    def cost(came: int, goes: int) -> float:
        if came >= 2 * count or goes >= 2 * count:
            return 0.0
        one, other = came % count, goes % count
        if one == other:
            return 2 * _BACK_DEG
        bonus = _SAME_ROAD_DEG if road[one] == road[other] else 0.0
        return abs(turned(arrive[came], leave[goes])) - bonus

    return cost


def _bearing(from_: Floats, to: Floats) -> Floats:
    east, north = (to - from_).T
    return np.asarray(np.degrees(np.arctan2(east, north)) % 360)
