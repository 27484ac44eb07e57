"""The ways behind travel times, drawn from place to place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import shapely

from geo.road_network import UNREACHABLE
from geo.shortest_ways import ways
from geo.spots import links_in, links_out, same_edge_ms

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from geo.road_network import RoadNetwork
    from geo.shortest_ways import Engine, Way

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]
    Shapes = npt.NDArray[np.object_]

# Straight from place to place, and along the one edge that both are on.
WALKED: Literal["walked"] = "walked"
ALONG_EDGE: Literal["along_edge"] = "along_edge"
Chosen: TypeAlias = 'Way | Literal["walked", "along_edge"] | None'


def leg_lines(
    network: RoadNetwork, from_: pd.DataFrame, to: pd.DataFrame, ms: Ints, *, engine: Engine
) -> Shapes:
    """
    Return the line of the way from each spot to the one beside it; None where there is none.

    Parameters
    ----------
    from_, to
        Rows of `RoadNetwork.snapped`.
    ms
        What each way takes: the line is of the very way that takes so long.
    """
    lines = np.full(len(ms), None, dtype=object)
    chosen = chosen_ways(network, from_, to, ms, engine=engine)
    ends: list[tuple[Any, Any]] = list(zip(from_.itertuples(), to.itertuples(), strict=True))
    for i, ((one, other), way) in enumerate(zip(ends, chosen, strict=True)):
        if way == WALKED:
            lines[i] = _line(one, [], other)
        elif way == ALONG_EDGE:
            lines[i] = _line(one, [_on_edge(network, one.edge, one.at_m, other.at_m)], other)
        elif way is not None:
            lines[i] = _line(one, _stretches(network, one, way, other), other)
    return lines


def chosen_ways(
    network: RoadNetwork, from_: pd.DataFrame, to: pd.DataFrame, ms: Ints, *, engine: Engine
) -> list[Chosen]:
    """
    Return which way leads from each spot to the one beside it: `WALKED`, `ALONG_EDGE`, over nodes, or none.

    Parameters
    ----------
    from_, to, ms
        As `leg_lines`.
    """
    here, found = from_.index == to.index, ms < UNREACHABLE
    on_edge = found & ~here & (from_["edge"].to_numpy() == to["edge"].to_numpy())
    along, straight = np.full((2, len(ms)), UNREACHABLE, dtype=np.int64)
    along[on_edge], straight[on_edge] = same_edge_ms(network, from_[on_edge], to[on_edge])
    walked = found & (here | (straight == ms))
    along_edge = found & ~walked & (along == ms)
    chosen: list[Chosen] = [
        WALKED if on_foot else ALONG_EDGE if beside else None
        for on_foot, beside in zip(walked.tolist(), along_edge.tolist(), strict=True)
    ]
    rest = np.flatnonzero(found & ~walked & ~along_edge)
    origins, destinations = links_out(network, from_.iloc[rest]), links_in(network, to.iloc[rest])
    for i, way in zip(rest.tolist(), ways(network, origins, destinations, engine=engine), strict=True):
        chosen[i] = way
    return chosen


def _stretches(network: RoadNetwork, one: Any, way: Way, other: Any) -> list[Floats]:
    """Return the stretches of a way: to the first node, along the arcs, from the last node."""
    layout, count = network.layout, len(network.layout.start)
    leave = (layout.length_m[one.edge], 0.0)[way.first]
    come = (0.0, layout.length_m[other.edge])[way.last]
    stretches = [_on_edge(network, one.edge, one.at_m, leave)]
    for arc in way.arcs.tolist():
        points = shapely.get_coordinates(layout.shapes[arc % count])
        stretches.append(points if arc < count else points[::-1])
    return [*stretches, _on_edge(network, other.edge, come, other.at_m)]


def _on_edge(network: RoadNetwork, edge: int, from_m: float, to_m: float) -> Floats:
    """Return the points of an edge between two distances along it, in the direction of travel."""
    points = stretch(network.layout.shapes[edge], min(from_m, to_m), max(from_m, to_m))
    return points if from_m <= to_m else points[::-1]


def stretch(line: shapely.LineString, low_m: float, high_m: float) -> Floats:
    """Return the points of a line between two distances along it."""
    points = shapely.get_coordinates(line)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    ends = shapely.get_coordinates(shapely.line_interpolate_point(line, [low_m, high_m]))
    return np.vstack([ends[:1], points[(along > low_m) & (along < high_m)], ends[1:]])


def _line(one: Any, stretches: list[Floats], other: Any) -> Any:
    """Return one line from place to place; points that repeat are left out."""
    start, end = (one.x, one.y), (other.x, other.y)
    points = np.vstack([start, *stretches, end])
    moved = np.ones(len(points), dtype=bool)
    moved[1:] = (np.abs(np.diff(points, axis=0)) > 1e-6).any(axis=1)
    points = points[moved]
    return shapely.linestrings(points if len(points) > 1 else np.vstack([start, end]))
