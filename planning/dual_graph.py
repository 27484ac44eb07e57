"""The dual graph of a district: a node per grid with what it carries, an edge per border it shares."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pandas as pd
import shapely

from data.schemas import CLASS, FLOATING, GRID_ID, KIND, RESIDENTS, STATION_ID, TOWN_ID, VILLAGE_ID
from geo.adjacency import border_graph
from geo.barriers import barrier_crossings, without_barriers
from geo.road_links import road_links
from planning.hierarchy import layer_shapes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import geopandas as gpd

    from planning.nesting import Ground

WORKLOAD, PRESENT, AREA_M2, OUTLINE_M, LINK = "workload", "present", "area_m2", "outline_m", "link"
_UNITS = (VILLAGE_ID, STATION_ID, TOWN_ID)


@dataclass(frozen=True, kw_only=True)
class DualGraph:
    """
    What a scorecard and a redraw see of a district's grids.

    Parameters
    ----------
    grids
        Indexed by grid_id: workload, present (实有人口: registered and floating residents), area_m2, x, y (a
        point inside, m), outline_m, village_id, station_id, town_id ("" where not known), kind (of the
        village, "" where not known). Measures of grids without a polygon are missing.
    borders
        left, right (grid_ids), length_m, link: True where two grids do not touch but count as neighbours,
        because one of them is an island or a known enclave (飞地). Grids that touch along a barrier which no
        road crosses are no neighbours and not listed.
    shapes
        Polygons by grid_id in the district's metric CRS; None where there are none.
    parted
        left, right, length_m of borders that a barrier runs along: no way leads across, but they are no edge
        of a zone that lies on both sides.
    """

    grids: pd.DataFrame
    borders: pd.DataFrame
    shapes: gpd.GeoSeries | None
    parted: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["left", "right", "length_m"]))

    def without_stations(self) -> DualGraph:
        """Return the same graph with stations and towns left out: for zones that may cross them."""
        grids = self.grids.assign(**{STATION_ID: "", TOWN_ID: ""})
        return replace(self, grids=grids)

    def within(self, members: pd.Index) -> DualGraph:
        """Return the part of the graph that some grids make up."""
        inside = self.borders["left"].isin(members) & self.borders["right"].isin(members)
        return replace(
            self,
            grids=self.grids.loc[self.grids.index.isin(members)],
            borders=self.borders[inside].reset_index(drop=True),
            shapes=None if self.shapes is None else self.shapes[self.shapes.index.isin(members)],
        )


def dual_graph(
    tables: Mapping[str, pd.DataFrame],
    ground: Ground,
    workload: pd.Series,
    *,
    today: pd.Series | None = None,
) -> DualGraph:
    """
    Build the dual graph of a district's grids.

    Parts of a village, of a station, and exempted enclaves of today's zones that touch nothing of their own
    are linked to the nearest grid of it. A part of a station that holds whole zones of its own needs no
    link and gets none.

    Parameters
    ----------
    tables
        grids, and where they are there villages, exemptions, barriers, and the roads that cross them.
    ground
        Borders and units of the grids (`planning.nesting.district_ground`).
    workload
        Indexed by grid_id.
    today
        zone_id of each grid in today's plan, indexed by grid_id.
    """
    shapes = layer_shapes(tables, "grids")
    grids = _described(tables, ground, workload, shapes)
    borders = whole = ground.borders.assign(link=False)
    if shapes is not None:
        borders = _passable(tables, borders, shapes)
        # Where a few grids have no station known, their neighbours say which; else nothing could hold them.
        stations = stations_of_grids(DualGraph(grids=grids, borders=borders, shapes=shapes))
        grids = grids.assign(**{STATION_ID: stations})
        # The same island may be a part of its village, of its station and of its zone.
        links = list(dict.fromkeys(tuple(sorted(pair)) for pair in _links(tables, grids, borders, today)))
        added = pd.DataFrame(links, columns=["left", "right"]).assign(length_m=0.0, link=True)
        borders = pd.concat([borders, added], ignore_index=True) if links else borders
    touching = borders.loc[~borders["link"]].set_index(["left", "right"]).index
    parted = whole[~whole.set_index(["left", "right"]).index.isin(touching)]
    return DualGraph(grids=grids, borders=borders, shapes=shapes, parted=parted.drop(columns="link"))


def stations_of_grids(graph: DualGraph) -> pd.Series:
    """Return the station of each grid; where none is known that of most neighbours, as far as it goes."""
    station = graph.grids[STATION_ID].astype(str)
    if (station == "").all():
        return station
    both = pd.concat([graph.borders, graph.borders.rename(columns={"left": "right", "right": "left"})])
    while (open_grids := station.index[station == ""]).size:
        edges = both[both["left"].isin(open_grids)]
        edges = edges.assign(station=station.reindex(edges["right"]).to_numpy())
        edges = edges[edges["station"] != ""]
        if edges.empty:
            largest = station[station != ""].mode().iloc[0]
            return station.where(station != "", largest)
        sums: pd.DataFrame = edges.groupby(["left", "station"], as_index=False)[["length_m"]].sum()
        ranked = sums.sort_values(["left", "length_m", "station"], ascending=[True, False, True])
        best = ranked.drop_duplicates("left").set_index("left")["station"]
        station = station.where(~station.index.isin(best.index), best.reindex(station.index))
    return station


def grid_road_links(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame | None:
    """
    Return the pairs of grids that a road joins (`geo.road_links.road_links`); None without grids or roads.

    Motorways are left out: nobody turns off one at the border of a grid.
    """
    shapes, roads = layer_shapes(tables, "grids"), _local_roads(tables)
    return None if shapes is None or roads is None else road_links(shapes, roads)


def _local_roads(tables: Mapping[str, pd.DataFrame]) -> gpd.GeoDataFrame | None:
    roads = tables.get("roads")
    if roads is None or roads.empty:
        return None
    return roads[roads[CLASS] != "motorway"] if CLASS in roads else roads


def _passable(
    tables: Mapping[str, pd.DataFrame], borders: pd.DataFrame, shapes: gpd.GeoSeries
) -> pd.DataFrame:
    barriers, roads = tables.get("barriers"), _local_roads(tables)
    if barriers is None or barriers.empty:
        return borders
    crossings = None if roads is None else barrier_crossings(shapes, roads, barriers)
    return without_barriers(borders, shapes, barriers, crossings)


def _described(
    tables: Mapping[str, pd.DataFrame],
    ground: Ground,
    workload: pd.Series,
    shapes: gpd.GeoSeries | None,
) -> pd.DataFrame:
    rows = tables["grids"].drop_duplicates(GRID_ID).set_index(GRID_ID)
    ids = ground.units.index
    people = sum(
        (rows[name].reindex(ids).fillna(0.0).astype(float) for name in (RESIDENTS, FLOATING) if name in rows),
        start=pd.Series(0.0, index=ids),
    )
    drawn = np.full(len(ids), None, dtype=object) if shapes is None else shapes.reindex(ids).to_numpy()
    inside = shapely.centroid(drawn)
    units = {unit: ground.units[unit].astype(object).where(ground.units[unit].notna(), "") for unit in _UNITS}
    villages = tables.get("villages")
    kinds = pd.Series(dtype=object)
    if villages is not None and KIND in villages:
        kinds = villages.drop_duplicates(VILLAGE_ID).set_index(VILLAGE_ID)[KIND].astype(object)
    return pd.DataFrame(
        {
            WORKLOAD: workload.reindex(ids).astype(float),
            PRESENT: people,
            AREA_M2: shapely.area(drawn),
            "x": shapely.get_x(inside),
            "y": shapely.get_y(inside),
            OUTLINE_M: shapely.length(drawn),
            **units,
            KIND: units[VILLAGE_ID].map(kinds).fillna("") if len(kinds) else "",
        },
        index=ids,
    ).rename_axis(GRID_ID)


def _links(
    tables: Mapping[str, pd.DataFrame], grids: pd.DataFrame, borders: pd.DataFrame, today: pd.Series | None
) -> Iterator[tuple[str, str]]:
    placed = grids.dropna(subset=["x", "y"])
    whole = today.reindex(grids.index) if today is not None else None
    for key in (VILLAGE_ID, STATION_ID):
        for label, members in placed.groupby(key).groups.items():
            if label != "" or key == STATION_ID:
                yield from _joined(
                    placed, border_graph(borders, members), whole if key == STATION_ID else None
                )
    listed = tables.get("exemptions")
    if whole is None or listed is None or listed.empty:
        return
    known = set(listed[GRID_ID])
    for _, members in placed.groupby(whole.reindex(placed.index)).groups.items():
        if known & set(members):
            graph = border_graph(borders, members)
            parts = sorted(nx.connected_components(graph), key=lambda part: (-len(part), min(part)))
            for part in parts[1:]:
                if part <= known:
                    yield _nearest(placed, part, set(members) - part)


def _joined(placed: pd.DataFrame, graph: nx.Graph[Any], today: pd.Series | None) -> Iterator[tuple[str, str]]:
    """Yield what joins the parts of a graph, the largest first; parts made of whole zones stay apart."""
    parts = sorted(nx.connected_components(graph), key=lambda part: (-len(part), min(part)))
    joined = set(parts[0])
    for part in parts[1:]:
        if today is None or not _of_whole_zones(part, today):
            yield _nearest(placed, part, joined)
            joined |= part


def _of_whole_zones(part: set[str], today: pd.Series) -> bool:
    zones = set(today.reindex(sorted(part)).dropna())
    return bool(zones) and set(today.index[today.isin(zones)]) <= part


def _nearest(placed: pd.DataFrame, part: set[str], others: set[str]) -> tuple[str, str]:
    mine, theirs = sorted(part), sorted(others)
    a, b = placed.loc[mine, ["x", "y"]].to_numpy(), placed.loc[theirs, ["x", "y"]].to_numpy()
    squares = ((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=2)
    i, j = np.unravel_index(int(squares.argmin()), squares.shape)
    return mine[i], theirs[j]
