"""Courses: where on the road network one is at any moment of a way between two places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from geo.legs import ALONG_EDGE, WALKED, chosen_ways

if TYPE_CHECKING:
    import numpy.typing as npt

    from geo.legs import Chosen
    from geo.road_network import RoadNetwork
    from geo.shortest_ways import Engine, Way

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """
    A way in pieces, each on one edge or on foot between a place and its road.

    Parameters
    ----------
    end_ms
        When each piece is done, since setting out; ascending.
    edge
        The edge that each is on, or beside.
    at_m
        (piece, 2): how far along the edge it begins and ends.
    off
        (piece, 2, 2): x and y of how far off the edge it begins and ends, in metres.
    """

    end_ms: Ints
    edge: Ints
    at_m: Floats
    off: Floats

    def spots(self, network: RoadNetwork, ms: Ints) -> pd.DataFrame:
        """
        Return where one is at some moments since setting out, as rows of `RoadNetwork.snapped`.

        Within a piece one moves evenly.
        """
        begin = np.concatenate([[0], self.end_ms[:-1]])
        piece = np.minimum(np.searchsorted(self.end_ms, ms, side="right"), len(self.edge) - 1)
        share = (ms - begin[piece]) / np.maximum(self.end_ms[piece] - begin[piece], 1)
        share = np.clip(share, 0.0, 1.0)
        at_m = self.at_m[piece, 0] + share * (self.at_m[piece, 1] - self.at_m[piece, 0])
        off = self.off[piece, 0] + share[:, None] * (self.off[piece, 1] - self.off[piece, 0])
        road = shapely.line_interpolate_point(network.layout.shapes[self.edge[piece]], at_m)
        xy = shapely.get_coordinates(road) + off
        return pd.DataFrame(
            {"x": xy[:, 0], "y": xy[:, 1], "edge": self.edge[piece], "at_m": at_m, "snap_m": np.hypot(*off.T)}
        )


def courses(
    network: RoadNetwork, from_: pd.DataFrame, to: pd.DataFrame, ms: Ints, *, engine: Engine
) -> list[Course | None]:
    """
    Return the course of the way from each spot to the one beside it; None where there is none.

    Parameters
    ----------
    from_, to, ms
        As `geo.legs.leg_lines`, whose lines they follow.
    """
    chosen = chosen_ways(network, from_, to, ms, engine=engine)
    ends = zip(from_.itertuples(), to.itertuples(), chosen, strict=True)
    return [_course(network, one, other, way) for one, other, way in ends]


def _course(network: RoadNetwork, one: Any, other: Any, way: Chosen) -> Course | None:
    if way is None or one.edge < 0 or other.edge < 0:
        return None
    if way == WALKED:
        return _on_foot(network, one, other)
    if way == ALONG_EDGE:
        edges, at_m = [one.edge], [(one.at_m, other.at_m)]
        ms = network.along_ms(np.array(edges), np.array([abs(other.at_m - one.at_m)]))
    else:
        edges, at_m, ms = _over_nodes(network, one, way, other)
    walks = network.access_ms(np.array([one.snap_m, other.snap_m]))
    off = np.zeros((len(edges) + 2, 2, 2))
    off[0, 0], off[-1, 1] = _off_road(one), _off_road(other)
    return Course(
        end_ms=np.cumsum([walks[0], *ms, walks[1]]),
        edge=np.array([one.edge, *edges, other.edge]),
        at_m=np.array([(one.at_m, one.at_m), *at_m, (other.at_m, other.at_m)]),
        off=off,
    )


def _over_nodes(
    network: RoadNetwork, one: Any, way: Way, other: Any
) -> tuple[list[int], list[tuple[float, float]], Ints]:
    """Return edge, beginning and end, and ms of each stretch of a way over nodes."""
    layout, count = network.layout, len(network.layout.start)
    leave = (layout.length_m[one.edge], 0.0)[way.first]
    come = (0.0, layout.length_m[other.edge])[way.last]
    arcs = way.arcs.tolist()
    edges = [one.edge, *(arc % count for arc in arcs), other.edge]
    at_m = [(one.at_m, leave)]
    for arc in arcs:
        length = layout.length_m[arc % count]
        at_m.append((0.0, length) if arc < count else (length, 0.0))
    at_m.append((come, other.at_m))
    ends_m = np.abs([leave - one.at_m, other.at_m - come])
    first, last = network.along_ms(np.array([one.edge, other.edge]), ends_m)
    return edges, at_m, np.array([first, *network.arc_ms[way.arcs], last])


def _on_foot(network: RoadNetwork, one: Any, other: Any) -> Course:
    """Return the course straight across: beside the first spot's edge, from half way on beside the other."""
    start, end = np.array([one.x, one.y]), np.array([other.x, other.y])
    feet = np.array([start, end]) - [_off_road(one), _off_road(other)]
    middle = (start + end) / 2
    whole = int(network.access_ms(np.hypot(*(end - start))))
    return Course(
        end_ms=np.array([whole // 2, whole]),
        edge=np.array([one.edge, other.edge]),
        at_m=np.array([(one.at_m, one.at_m), (other.at_m, other.at_m)]),
        off=np.array([[start - feet[0], middle - feet[0]], [middle - feet[1], end - feet[1]]]),
    )


def _off_road(spot: Any) -> Floats:
    return np.array([spot.x - spot.road_x, spot.y - spot.road_y])
