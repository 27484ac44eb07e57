"""The links of a team's round: to each next stop, back to its post, and along the whole of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely

from geo.crs import to_lonlat
from ui.paper.map_links import amap_link, amap_route_links, baidu_link

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planning.patrol.plan import Route
    from ui.paper.patrol_day import PatrolDay

# Longer names make codes that are hard to read, and phones cut them anyway.
_LONGEST_NAME = 16


@dataclass(frozen=True, kw_only=True)
class StopLink:
    """
    Where a round goes next.

    Parameters
    ----------
    number, name
        Of the stop in the round; the post at the end has no number.
    time
        When the team should be there.
    addresses
        By map service.
    """

    number: str
    name: str
    time: str
    addresses: Mapping[str, str]


def stop_links(day: PatrolDay, route: Route) -> list[StopLink]:
    """Return the link to each stop of a round and back to its post; [] where none are allowed."""
    if not day.services:
        return []
    t, mode = day.t, str(day.problem.teams.at[route.team_id, "travel_mode"])
    spots = _spots(day, route)
    times = [t.clock(visit.begin_ms) for visit in route.visits]
    numbers = [*map(str, range(1, len(route.visits) + 1)), ""]
    found = []
    for i, (number, time) in enumerate(zip(numbers, [*times, t.clock(route.end_ms)], strict=True)):
        make = {
            "amap": lambda a, b: amap_link(b, travel_mode=mode),
            "baidu": lambda a, b: baidu_link(a, b, travel_mode=mode, region=day.district),
        }
        addresses = {service: make[service](spots[i], spots[i + 1]) for service in day.services}
        found.append(StopLink(number=number, name=spots[i + 1][2], time=time, addresses=addresses))
    return found


def whole_route_links(day: PatrolDay, route: Route) -> list[str]:
    """Return the addresses of a whole round, for cars and where Amap is allowed: other apps take no vias."""
    if "amap" not in day.services or day.problem.teams.at[route.team_id, "travel_mode"] != "car":
        return []
    first, *stops, last = _spots(day, route)
    # By number: sixteen names are more than a code can hold and still be read.
    numbered = [(lon, lat, str(number)) for number, (lon, lat, _) in enumerate(stops, start=1)]
    return amap_route_links([first, *numbered, last])


def _spots(day: PatrolDay, route: Route) -> list[tuple[float, float, str]]:
    stops = (day.stop(visit.stop_id) for visit in route.visits)
    names = [day.post(route.team_id), *stops, day.end(route.team_id)]
    points = shapely.get_coordinates(to_lonlat(day.places.loc[day.calls(route)]).to_numpy())
    return [
        (float(lon), float(lat), name[:_LONGEST_NAME]) for (lon, lat), name in zip(points, names, strict=True)
    ]
