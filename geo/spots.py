"""Spots: places as they hang on a road network, by the edge that they lie on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geo.road_network import UNREACHABLE
from geo.shortest_ways import Links

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from geo.road_network import RoadNetwork

    Ints = npt.NDArray[np.int64]


def links_out(network: RoadNetwork, spots: pd.DataFrame) -> Links:
    """Return how one leaves each spot: to the end of its edge, and to its start."""
    edge, ahead, behind = _stretches(network, spots)
    # Who is at an end of an edge is at its node, whichever way it may be gone.
    behind = np.where(network.open_back[edge] | (behind == 0), behind, UNREACHABLE)
    node = np.column_stack([network.layout.end[edge], network.layout.start[edge]])
    return Links(node=node, ms=np.column_stack([ahead, behind]))


def links_in(network: RoadNetwork, spots: pd.DataFrame) -> Links:
    """Return how one comes to each spot: from the start of its edge, and from its end."""
    edge, ahead, behind = _stretches(network, spots)
    ahead = np.where(network.open_back[edge] | (ahead == 0), ahead, UNREACHABLE)
    node = np.column_stack([network.layout.start[edge], network.layout.end[edge]])
    return Links(node=node, ms=np.column_stack([behind, ahead]))


def _stretches(network: RoadNetwork, spots: pd.DataFrame) -> tuple[Ints, Ints, Ints]:
    edge, at_m = spots["edge"].to_numpy(), spots["at_m"].to_numpy()
    rest_m = np.maximum(network.layout.length_m[edge] - at_m, 0)
    return edge, network.along_ms(edge, rest_m), network.along_ms(edge, at_m)


def same_edge_ms(network: RoadNetwork, from_: pd.DataFrame, to: pd.DataFrame) -> Ints:
    """Return (2, pair) for pairs on one edge: along it without leaving it, and straight on foot."""
    edge = from_["edge"].to_numpy()
    ahead_m = to["at_m"].to_numpy() - from_["at_m"].to_numpy()
    snap_m = from_["snap_m"].to_numpy(), to["snap_m"].to_numpy()
    along = network.along_ms(edge, np.abs(ahead_m))
    along += network.access_ms(snap_m[0]) + network.access_ms(snap_m[1])
    along = np.where((ahead_m >= 0) | network.open_back[edge], along, UNREACHABLE)
    straight_m = np.hypot(*(from_[["x", "y"]].to_numpy() - to[["x", "y"]].to_numpy()).T)
    near = straight_m <= snap_m[0] + snap_m[1]
    return np.vstack([along, np.where(near, network.access_ms(straight_m), UNREACHABLE)])
