import geopandas as gpd
import pandas as pd
from shapely.geometry import LineString

from planning.dual_graph import dual_graph, grid_road_links
from planning.nesting import district_ground
from planning.scorecard import score

RIVER = LineString([(300, -10), (300, 110)])


def layer(tables, *lines, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(lines), crs=tables["grids"].crs)


def neighbours(tables):
    workload = pd.Series(1.0, index=tables["grids"]["grid_id"])
    borders = dual_graph(tables, district_ground(tables), workload).borders
    borders = borders[~borders["link"]]
    return set(zip(borders["left"], borders["right"], strict=True))


def test_a_river_parts_the_grids_on_its_banks_unless_a_road_leads_across(district):
    assert ("g3", "g4") in neighbours(district)
    tables = {**district, "barriers": layer(district, RIVER, kind=["river"])}
    assert neighbours(tables) == neighbours(district) - {("g3", "g4")}
    street = layer(district, LineString([(250, 50), (350, 50)]), **{"class": ["residential"]})
    assert neighbours({**tables, "roads": street}) == neighbours(district)


def test_a_motorway_leads_from_no_grid_into_the_next(district):
    motorway = layer(district, LineString([(250, 50), (350, 50)]), **{"class": ["motorway"]})
    tables = {**district, "barriers": layer(district, RIVER, kind=["river"]), "roads": motorway}
    assert ("g3", "g4") not in neighbours(tables)
    assert grid_road_links(tables).empty


def test_road_links_need_roads_and_polygons(district):
    assert grid_road_links(district) is None
    street = layer(district, LineString([(250, 50), (350, 50)]))
    assert grid_road_links({**district, "roads": street}).to_numpy().tolist() == [["g3", "g4"]]
    assert grid_road_links({"grids": pd.DataFrame(district["grids"]["grid_id"]), "roads": street}) is None


def test_empty_barriers_part_nobody(district):
    assert neighbours({**district, "barriers": layer(district)}) == neighbours(district)


def test_a_border_along_a_barrier_is_no_edge_of_a_zone_on_both_banks(district):
    tables = {**district, "barriers": layer(district, RIVER, kind=["river"])}
    workload = pd.Series(1.0, index=tables["grids"]["grid_id"])
    graphs = [dual_graph(t, district_ground(t), workload) for t in (district, tables)]
    one = pd.Series("z", index=graphs[0].grids.index)
    without, beside = (score(graph, one).zones["perimeter_m"].tolist() for graph in graphs)
    assert beside == without
