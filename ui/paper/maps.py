"""The maps of a hand-over: the whole district and each station that changes, before and after."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from data.schemas import CLASS, STATION_ID
from geo.coverage import dissolve_by
from geo.overlay import repaired
from ui.paper.map_labels import without_shared_beginning
from ui.paper.map_svg import MapLayers, MapText, map_svg, zone_paint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from ui.paper.handing import HandOver

# The longer and the shorter side of a map's sheet in mm: the page without its margins.
SHEETS_MM = {"A4": (268.0, 182.0), "A3": (391.0, 269.0)}
_MAIN_ROADS = ("motorway", "trunk", "primary")


@dataclass(frozen=True, kw_only=True)
class PaperMap:
    """
    A map of a hand-over.

    Parameters
    ----------
    station_id
        "" for the whole district.
    title
        Above it.
    after
        Whether it shows the plan, or today's.
    lying
        Whether it is wider than high.
    draw
        Returns it as SVG, for a size of paper.
    """

    station_id: str
    title: str
    after: bool
    lying: bool
    draw: Callable[[str], str]


def paper_maps(handing: HandOver, numbers: dict[str, int], stations: tuple[str, ...]) -> tuple[PaperMap, ...]:
    """
    Return the maps; none where the grids have no polygons, and none of before where nothing changes.

    Parameters
    ----------
    numbers
        Number of each changed grid in the table.
    stations
        The stations that change, each with maps of its own where the district has others.
    """
    graph = handing.standing.graph
    if graph.shapes is None or not len(graph.shapes):
        return ()
    drawing = _Drawing(handing, numbers)
    views = ["", *(stations if drawing.stations_known else ())]
    sides = [
        side for side, plan in ((False, handing.today), (True, handing.assignment)) if (plan != "").any()
    ]
    return tuple(
        drawing.view(station, after=side)
        for station in views
        for side in (sides if numbers else sides[-1:])
        if drawing.has(station, after=side)
    )


class _Drawing:
    """Shapes that several maps share."""

    def __init__(self, handing: HandOver, numbers: dict[str, int]) -> None:
        self.handing, self.numbers = handing, numbers
        graph, tables = handing.standing.graph, handing.standing.tables
        assert graph.shapes is not None  # noqa: S101 - there are no maps without
        # What crosses itself cannot be cut by a label's box.
        drawn = graph.shapes[~(graph.shapes.isna() | graph.shapes.is_empty)]
        whole = repaired(np.asarray(drawn.to_numpy(), dtype=object))
        self.grids = gpd.GeoSeries(whole, index=drawn.index, crs=drawn.crs)
        self.station_of = graph.grids[STATION_ID].reindex(self.grids.index).fillna("")
        self.stations_known = self.station_of.nunique() > 1
        self.colours = zone_paint(graph, handing.today, handing.assignment)
        self.plans = {
            False: handing.today.reindex(self.grids.index),
            True: handing.assignment.reindex(self.grids.index),
        }
        self.stations = dissolve_by(self.grids, _known(self.station_of))
        roads = tables.get("roads")
        self.roads = None
        if roads is not None and CLASS in roads:
            self.roads = roads[roads[CLASS].isin(_MAIN_ROADS)].geometry

    def has(self, station: str, *, after: bool) -> bool:
        """Whether anything would be on a map."""
        return bool((self._members(station, after=after) != "").any())

    def view(self, station: str, *, after: bool) -> PaperMap:
        """Return the map of a station, or of the district."""
        handing, t = self.handing, self.handing.t
        place = handing.names("stations", station) if station else handing.district
        layers, whole = self._layers(station, after=after), not station and self.stations_known
        marked = ("paper.map_joins" if after else "paper.map_leaves") if whole else ""
        text = MapText(
            title=t("paper.map_after" if after else "paper.map_before", place=place),
            marked=t(marked or ("paper.map_taken" if after else "paper.map_given")),
            credit=handing.credit,
            mark=t("paper.mark"),
        )
        west, south, east, north = layers.zones.total_bounds
        lying = bool(east - west > 1.1 * (north - south))

        @cache
        def draw(paper: str) -> str:
            long, short = SHEETS_MM[paper]
            wide, high = (long, short) if lying else (short, long)
            return map_svg(layers, text, width_mm=wide, height_mm=high, t=t)

        return PaperMap(station_id=station, title=text.title, after=after, lying=lying, draw=draw)

    def _members(self, station: str, *, after: bool) -> pd.Series:
        plan = self.plans[after]
        return plan if not station else plan[self.station_of == station]

    def _layers(self, station: str, *, after: bool) -> MapLayers:
        names, members = self.handing.names, self._members(station, after=after)
        grids = self.grids.loc[members.index]
        zones = dissolve_by(grids, _known(members))
        marked = {grid: self.numbers[grid] for grid in grids.index if grid in self.numbers}
        stations = self.stations[self.stations.index == station] if station else self.stations
        return MapLayers(
            zones=zones,
            colours=self.colours,
            zone_names=dict(self._called(members, short=not station and self.stations_known)),
            grids=grids,
            marked=marked,
            stations=stations if self.stations_known else gpd.GeoSeries([], crs=self.grids.crs),
            station_names={str(label): names("stations", label) for label in stations.index},
            roads=self.roads,
        )

    def _called(self, members: pd.Series, *, short: bool) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield what each zone may be called; beside its station's name, what they share is left out."""
        for _, part in members[members != ""].groupby(self.station_of.reindex(members.index)):
            zones = sorted({*part})
            whole = dict(zip(zones, self.handing.names.all("zones", zones), strict=True))
            brief = without_shared_beginning(whole)
            yield from ((zone, (brief[zone],) if short else (whole[zone], brief[zone])) for zone in zones)


def _known(groups: pd.Series) -> pd.Series:
    return groups.where(groups != "")
