"""The edges of a road graph as arrays, and the contraction hierarchy over them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from pyproj import CRS

from geo.errors import SettingError
from geo.speeds import ROAD_CLASSES

if TYPE_CHECKING:
    import networkx as nx
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]
    Shapes = npt.NDArray[np.object_]

_NEEDED = ("length_m", "road_class", "road_id", "bridge", "oneway", "reversed", "geometry")


@dataclass(frozen=True, kw_only=True, eq=False)
class RoadLayout:
    """
    The edges of a road graph as arrays, in the order of their keys; what never changes with traffic.

    Parameters
    ----------
    crs
        Metric CRS.
    xy
        (node, 2).
    start, end
        Nodes of each edge, in drawing direction.
    length_m
        Above 0.
    road_class
        Position in `geo.speeds.ROAD_CLASSES`.
    road_id
        Of the road that an edge is a piece of.
    bridge, oneway
        As in the graph.
    shapes
        LineStrings from start to end.
    """

    crs: CRS
    xy: Floats
    start: Ints
    end: Ints
    length_m: Floats
    road_class: Ints
    road_id: Shapes
    bridge: Flags
    oneway: Flags
    shapes: Shapes

    @classmethod
    def from_graph(cls, graph: nx.MultiDiGraph[Any]) -> RoadLayout:
        """
        Return the layout of a graph that `geo.road_graph.road_graph` made.

        Raises
        ------
        SettingError
            ``road_graph_wrong`` (attribute, count) where arcs lack an attribute, or have a length that is
            no number above 0: networkx itself would take it for 1.
        """
        nodes = {node: number for number, node in enumerate(graph.nodes)}
        xy = np.array([(data["x"], data["y"]) for _, data in graph.nodes(data=True)], dtype=float)
        by_key = sorted(graph.edges(keys=True, data=True), key=lambda arc: arc[2])
        arcs = [(nodes[u], nodes[v], data) for u, v, _, data in by_key]
        for name in _NEEDED:
            if lacking := sum(name not in data for _, _, data in arcs):
                raise SettingError("road_graph_wrong", attribute=name, count=lacking)
        arcs = [arc for arc in arcs if not arc[2]["reversed"]]
        length_m = np.array([data["length_m"] for _, _, data in arcs], dtype=float)
        if wrong := int((~(np.isfinite(length_m) & (length_m > 0))).sum()):
            raise SettingError("road_graph_wrong", attribute="length_m", count=wrong)
        classes = {name: number for number, name in enumerate(ROAD_CLASSES)}
        shapes = np.empty(len(arcs), dtype=object)
        shapes[:] = [data["geometry"] for _, _, data in arcs]
        return cls(
            crs=CRS.from_user_input(graph.graph["crs"]),
            xy=xy.reshape(-1, 2),
            start=np.array([u for u, _, _ in arcs], dtype=np.int64),
            end=np.array([v for _, v, _ in arcs], dtype=np.int64),
            length_m=length_m,
            road_class=np.array([classes[data["road_class"]] for _, _, data in arcs], dtype=np.int64),
            road_id=np.array([data["road_id"] for _, _, data in arcs], dtype=object),
            bridge=np.array([data["bridge"] for _, _, data in arcs], dtype=bool),
            oneway=np.array([data["oneway"] for _, _, data in arcs], dtype=bool),
            shapes=shapes,
        )

    @cached_property
    def order(self) -> Ints:
        """Contraction order of the nodes, by nested dissection: all that takes time to prepare."""
        import routingkit_cch

        tail, head = self._arcs()
        x, y = self.xy.T
        order = routingkit_cch.compute_order_inertial(len(self.xy), tail, head, y, x)
        return np.array(order, dtype=np.int64)

    @cached_property
    def cch(self) -> Any:
        """The contraction hierarchy of both directions of every edge, to be customised by weights."""
        import routingkit_cch

        return routingkit_cch.CCH(self.order.astype(np.uint32), *self._arcs(), False)  # type: ignore[arg-type]

    def __getstate__(self) -> dict[str, Any]:
        """Return what goes to another process: the hierarchy is made anew there, from its order."""
        return {name: value for name, value in self.__dict__.items() if name != "cch"}

    def _arcs(self) -> tuple[Any, Any]:
        """Return tails and heads of `RoadNetwork.arc_ms`."""
        tail, head = np.concatenate([self.start, self.end]), np.concatenate([self.end, self.start])
        return tail.astype(np.uint32), head.astype(np.uint32)
