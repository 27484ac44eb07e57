"""What a district's roads come to: kilometres, how they hang together, and which places they miss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from data.schemas import POST_ID, VILLAGE_ID
from geo.coverage import has_shape
from geo.road_graph import parts_of, road_graph
from geo.road_network import RoadNetwork
from geo.speeds import ROAD_CLASSES, TRAVEL_MODES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.errors import Reason
    from geo.speeds import Speeds

_PLACES = {"villages": VILLAGE_ID, "posts": POST_ID}


@dataclass(frozen=True, kw_only=True)
class RoadReport:
    """
    What a district's roads come to.

    Parameters
    ----------
    km
        Kilometres of the network by class of road, in the order of `geo.speeds.ROAD_CLASSES`.
    oneway_km, bridge_km
        Of those.
    graph
        What making the network did to the layer: `geo.road_graph.road_graph`.
    parts
        What hangs together, the longest first: `geo.road_graph.parts_of`.
    places
        How many villages and posts were looked at.
    missed
        Travel mode → villages and posts that its roads do not reach, and why.
    """

    km: Mapping[str, float]
    oneway_km: float
    bridge_km: float
    graph: Mapping[str, int]
    parts: pd.DataFrame
    places: int
    missed: Mapping[str, tuple[Reason, ...]]

    def summary(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return {
            "km": sum(self.km.values()),
            "classes": dict(self.km),
            "oneway_km": self.oneway_km,
            "bridge_km": self.bridge_km,
            "graph": dict(self.graph),
            "parts": len(self.parts),
            "largest_share": float(self.parts["share_km"].max()) if len(self.parts) else None,
            "places": self.places,
            "missed": {
                mode: [{"code": reason.code, "facts": dict(reason.facts)} for reason in reasons]
                for mode, reasons in self.missed.items()
            },
        }


def road_report(tables: Mapping[str, pd.DataFrame], *, speeds: Speeds | None = None) -> RoadReport:
    """
    Return what a district's roads come to.

    Parameters
    ----------
    tables
        ``roads``, and ``villages`` and ``posts`` where there are any.
    speeds
        Which roads each travel mode may use; the defaults without.
    """
    graph = road_graph(tables["roads"])
    edges = pd.DataFrame(
        [
            (data["road_class"], data["length_m"] / 1000, data["oneway"], data["bridge"])
            for *_, data in graph.edges(data=True)
            if not data["reversed"]
        ],
        columns=["road_class", "km", "oneway", "bridge"],
    )
    by_class = edges.groupby("road_class")["km"].sum()
    network = RoadNetwork.from_graph(graph, travel_mode="car", speeds=speeds)
    places = _places(tables)
    return RoadReport(
        km={name: float(by_class[name]) for name in ROAD_CLASSES if name in by_class},
        oneway_km=float(edges.loc[edges["oneway"].astype(bool), "km"].sum()),
        bridge_km=float(edges.loc[edges["bridge"].astype(bool), "km"].sum()),
        graph=graph.graph["report"],
        parts=parts_of(graph),
        places=len(places),
        missed={mode: network.replaced(travel_mode=mode).missed(places) for mode in TRAVEL_MODES},
    )


def _places(tables: Mapping[str, pd.DataFrame]) -> gpd.GeoSeries:
    """Return a point of every village and post, by id."""
    found = []
    for table, key in _PLACES.items():
        frame = tables.get(table)
        if isinstance(frame, gpd.GeoDataFrame):
            frame = frame[has_shape(frame.geometry)].drop_duplicates(key).set_index(key)
            points = shapely.point_on_surface(frame.geometry.to_numpy())
            found.append(gpd.GeoSeries(points, index=frame.index, crs=frame.crs))
    if not found:
        return gpd.GeoSeries([], crs=tables["roads"].crs)
    together = pd.concat(found)
    return together[~together.index.duplicated()]
