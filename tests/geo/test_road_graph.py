from itertools import pairwise

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiLineString, Point
from shapely.ops import unary_union

from geo.errors import CrsError, SettingError
from geo.osm import read_osm
from geo.road_graph import parts_of, road_graph

CRS = "EPSG:4549"


def roads(*lines, **columns):
    shapes = [line if hasattr(line, "geom_type") or line is None else LineString(line) for line in lines]
    return gpd.GeoDataFrame(
        {"road_id": [f"R{i}" for i in range(len(lines))], **columns}, geometry=shapes, crs=CRS
    )


def edges(graph):
    """Edges as road_id and coordinates, without those that merely reverse another."""
    return sorted(
        (data["road_id"], [tuple(round(c, 6) for c in xy) for xy in data["geometry"].coords])
        for _, _, data in graph.edges(data=True)
        if not data["reversed"]
    )


def pieces(graph):
    """How many edges each road became."""
    ids = [road_id for road_id, _ in edges(graph)]
    return {road_id: ids.count(road_id) for road_id in sorted(set(ids))}


def joined(graph, one, other):
    at = {(data["x"], data["y"]): node for node, data in graph.nodes(data=True)}
    return nx.has_path(graph, at[one], at[other])


WEST_EAST, NORTH_SOUTH = [(-100, 0), (100, 0)], [(0, -100), (0, 100)]


def test_roads_that_share_an_end_meet_there():
    graph = road_graph(roads([(0, 0), (100, 0)], [(100, 0), (100, 50)]))
    assert graph.number_of_nodes() == 3
    assert graph.number_of_edges() == 4
    assert {round(d["length_m"]) for _, _, d in graph.edges(data=True)} == {100, 50}


def test_an_arc_carries_what_is_known_of_its_road():
    layer = roads([(0, 0), (30, 40)], name=["解放路"], bridge=[1], oneway=[1], **{"class": ["primary"]})
    ((u, v, data),) = road_graph(layer).edges(data=True)
    geometry = data.pop("geometry")
    assert data == {
        "length_m": 50.0,
        "road_class": "primary",
        "name": "解放路",
        "road_id": "R0",
        "bridge": True,
        "oneway": True,
        "reversed": False,
    }
    graph = road_graph(layer)
    assert geometry.coords[0] == (graph.nodes[u]["x"], graph.nodes[u]["y"])
    assert geometry.coords[-1] == (graph.nodes[v]["x"], graph.nodes[v]["y"])


def test_a_two_way_road_is_an_arc_each_way_under_one_key():
    graph = road_graph(roads([(0, 0), (5, 5), (100, 0)]))
    (ahead,), (back,) = (
        [d for *_, d in graph.edges(data=True) if d["reversed"] is flag] for flag in (False, True)
    )
    assert list(back["geometry"].coords) == list(ahead["geometry"].coords)[::-1]
    assert {key for *_, key in graph.edges(keys=True)} == {0}


def test_a_layer_without_any_columns_is_a_graph_all_the_same():
    layer = gpd.GeoDataFrame(geometry=[LineString(WEST_EAST)], index=["a"], crs=CRS)
    graph = road_graph(layer)
    assert {(d["road_id"], d["road_class"], d["name"]) for *_, d in graph.edges(data=True)} == {
        ("a", "residential", "")
    }
    assert graph.graph["report"]["class_unstated"] == 1


def test_an_unknown_class_is_counted_and_taken_for_a_residential_street():
    layer = roads(WEST_EAST, NORTH_SOUTH, [(5, 5), (6, 6)], **{"class": ["primary", "canal", None]})
    graph = road_graph(layer)
    assert graph.graph["report"]["class_unstated"] == 2


def test_an_end_that_touches_another_roads_inside_splits_it():
    graph = road_graph(roads(WEST_EAST, [(20, 0), (20, 50)]))
    assert edges(graph) == [
        ("R0", [(-100, 0), (20, 0)]),
        ("R0", [(20, 0), (100, 0)]),
        ("R1", [(20, 0), (20, 50)]),
    ]
    assert graph.graph["report"]["touches"] == 1


@pytest.mark.parametrize("gap", [0.02, 0.3, -0.02, -0.3])
def test_an_end_that_misses_by_little_touches_too(gap):
    graph = road_graph(roads(WEST_EAST, [(20, gap), (20, 50)]))
    assert graph.number_of_nodes() == 4
    assert joined(graph, (-100, 0), (20, 50))


def test_an_end_that_misses_by_more_than_the_tolerance_does_not_touch():
    layer = roads(WEST_EAST, [(20, 0.8), (20, 50)])
    assert not joined(road_graph(layer), (-100, 0), (20, 50))
    assert joined(road_graph(layer, tolerance_m=1.0), (-100, 0), (20, 50))


def test_ends_that_miss_each_other_by_centimetres_meet():
    graph = road_graph(roads([(0, 0), (100, 0)], [(100.05, 0.02), (200, 0)], [(100, -0.04), (100, -90)]))
    assert graph.number_of_nodes() == 4
    assert graph.graph["report"]["ends_joined"] == 2
    nodes = graph.nodes
    for u, v, data in graph.edges(data=True):
        assert data["geometry"].coords[0] == (nodes[u]["x"], nodes[u]["y"])
        assert data["geometry"].coords[-1] == (nodes[v]["x"], nodes[v]["y"])


def test_roads_that_share_a_vertex_meet_there():
    graph = road_graph(
        roads([(-100, 0), (0, 0), (100, 0)], [(0, -100), (0, 0), (0, 100)], [(500, 0), (501, 0)]),
        crossings=False,
    )
    assert pieces(graph) == {"R0": 2, "R1": 2, "R2": 1}
    assert (graph.graph["report"]["touches"], graph.graph["report"]["vertices"]) == (0, 2)


def test_roads_meet_where_a_vertex_of_one_lies_on_the_other():
    graph = road_graph(roads(WEST_EAST, [(-50, 80), (0, 0), (50, 80)]), crossings=False)
    assert pieces(graph) == {"R0": 2, "R1": 2}


def grid():
    """Six streets across six, none of them split where they cross."""
    lines = [[(0, 100 * i), (700, 100 * i)] for i in range(1, 7)]
    return [*lines, *([(100 * i, 0), (100 * i, 700)] for i in range(1, 7))]


def blocks(line):
    points = [LineString(line).interpolate(100 * k).coords[0] for k in range(8)]
    return pairwise(points)


def test_crossings_join_in_a_layer_that_is_not_split_there():
    graph = road_graph(roads(*grid()))
    assert graph.number_of_nodes() == 36 + 24
    assert len(edges(graph)) == 12 * 7
    assert graph.graph["report"]["crossings"] == 36


def test_a_stray_crossing_in_a_split_layer_is_none():
    split = [block for line in grid() for block in blocks(line)]
    over = [(150, -50), (150, 250)]
    graph = road_graph(roads(*split, over))
    assert graph.graph["report"]["crossings_passed"] == 2
    assert pieces(graph)[f"R{len(split)}"] == 1
    assert pieces(road_graph(roads(*split, over), crossings=True))[f"R{len(split)}"] == 3


def test_bridges_pass_over_what_they_cross():
    graph = road_graph(roads(WEST_EAST, NORTH_SOUTH, bridge=[0, 1]), crossings=True)
    assert pieces(graph) == {"R0": 1, "R1": 1}
    assert not joined(graph, (-100, 0), (0, 100))


def test_a_bridge_passes_over_roads_that_are_split_beneath_it():
    beneath = [(-100, 0), (0, 0)], [(0, 0), (100, 0)]
    graph = road_graph(roads(*beneath, NORTH_SOUTH, bridge=[0, 0, 1]))
    assert not joined(graph, (-100, 0), (0, 100))
    assert pieces(graph)["R2"] == 1


def test_a_bridge_shares_no_vertex_with_what_it_crosses():
    crossing = [(-100, 0), (0, 0), (100, 0)], [(0, -100), (0, 0), (0, 100)]
    assert pieces(road_graph(roads(*crossing, bridge=[0, 1]), crossings=True)) == {"R0": 1, "R1": 1}


def test_a_ramp_that_ends_on_a_bridge_joins_it():
    graph = road_graph(roads(NORTH_SOUTH, [(0, 30), (80, 30)], bridge=[1, 0]))
    assert joined(graph, (0, -100), (80, 30))


def test_a_bridge_joins_the_roads_at_its_ends():
    graph = road_graph(roads([(-100, 0), (0, 0)], [(0, 0), (50, 0)], [(50, 0), (100, 0)], bridge=[0, 1, 0]))
    assert joined(graph, (-100, 0), (100, 0))


def test_motorways_pass_over_what_they_cross_and_take_ramps():
    layer = roads(
        WEST_EAST, NORTH_SOUTH, [(50, 0), (80, 60)], **{"class": ["motorway", "residential", "trunk"]}
    )
    graph = road_graph(layer, crossings=True)
    assert not joined(graph, (-100, 0), (0, 100))
    assert joined(graph, (-100, 0), (80, 60))


def test_a_road_drawn_twice_counts_once():
    graph = road_graph(roads(WEST_EAST, WEST_EAST, WEST_EAST[::-1]))
    assert edges(graph) == [("R0", WEST_EAST)]
    assert graph.graph["report"]["duplicates"] == 2


def test_two_one_ways_drawn_on_each_other_are_both_kept():
    graph = road_graph(roads(WEST_EAST, WEST_EAST[::-1], WEST_EAST, oneway=[1, 1, 1]))
    assert [road_id for road_id, _ in edges(graph)] == ["R0", "R1"]
    assert joined(graph, (-100, 0), (100, 0))
    assert joined(graph, (100, 0), (-100, 0))


def test_a_two_way_road_makes_a_one_way_on_it_needless():
    graph = road_graph(roads(WEST_EAST, WEST_EAST[::-1], oneway=[1, 0]))
    assert edges(graph) == [("R1", WEST_EAST[::-1])]


def test_two_roads_between_the_same_junctions_are_both_kept():
    graph = road_graph(roads(WEST_EAST, [(-100, 0), (0, 50), (100, 0)]))
    assert len(edges(graph)) == 2
    assert graph.number_of_edges() == 4


def test_lines_without_length_and_rows_without_shape_are_left_out():
    layer = roads(WEST_EAST, [(3, 3), (3, 3)], None, LineString(), Point(0, 0))
    graph = road_graph(layer)
    report = graph.graph["report"]
    assert len(edges(graph)) == 1
    assert (report["roads"], report["without_length"], report["without_shape"]) == (5, 1, 3)


def test_multilinestrings_and_heights_are_taken_apart():
    several = MultiLineString(
        [[(0, 0, 5), (10, 0, 6)], [(10, 0, 6), (10, 10, 9)], [(50, 50, 1), (60, 60, 1)]]
    )
    graph = road_graph(roads(several))
    assert pieces(graph) == {"R0": 3}
    assert all(not data["geometry"].has_z for *_, data in graph.edges(data=True))
    assert joined(graph, (0, 0), (10, 10))


def test_a_ring_road_is_a_loop_that_can_be_gone_round():
    ring = [(0, 0), (50, 0), (50, 50), (0, 50), (0, 0)]
    graph = road_graph(roads(ring, [(0, 0), (-50, 0)]))
    assert graph.number_of_nodes() == 2
    assert sorted(round(d["length_m"]) for *_, d in graph.edges(data=True)) == [50, 50, 200]


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ([(0, 0), (10, 0), (10, 10), (5, 0)], 2),  # a 6: its end touches itself
        ([(0, 0), (10, 10), (10, 0), (0, 10)], 3),  # an 8 crosses itself
        ([(0, 0), (10, 0), (0, 0)], 1),  # there and back
        ([(0, 0), (10, 0), (5, 0), (5, 20)], 3),  # back a part of the way
    ],
)
def test_a_line_that_meets_itself_is_cut_there(line, count):
    graph = road_graph(roads(line))
    assert len(edges(graph)) == count
    assert unary_union([d["geometry"] for *_, d in graph.edges(data=True)]).equals(
        unary_union(LineString(line))
    )


def test_the_inputs_are_left_alone():
    layer = roads(WEST_EAST, [(20, 0.02), (20, 50)])
    before = layer.copy()
    road_graph(layer)
    assert layer.geom_equals_exact(before, 0).all()
    assert layer.equals(before)


def test_the_same_roads_give_the_same_graph():
    one, other = road_graph(roads(*grid())), road_graph(roads(*grid()))
    assert edges(one) == edges(other)
    assert dict(one.nodes(data=True)) == dict(other.nodes(data=True))


def test_no_roads_are_an_empty_graph():
    graph = road_graph(roads(WEST_EAST).iloc[:0])
    assert (graph.number_of_nodes(), graph.number_of_edges()) == (0, 0)
    assert parts_of(graph).empty


def test_roads_must_be_in_metres():
    with pytest.raises(CrsError, match="crs_not_metric"):
        road_graph(roads(WEST_EAST).set_crs("EPSG:4326", allow_override=True))
    with pytest.raises(CrsError, match="crs_missing"):
        road_graph(gpd.GeoDataFrame(geometry=[LineString(WEST_EAST)]))


@pytest.mark.parametrize("tolerance_m", [0, -1, float("nan")])
def test_the_tolerance_is_above_nothing(tolerance_m):
    with pytest.raises(SettingError, match="setting_wrong"):
        road_graph(roads(WEST_EAST), tolerance_m=tolerance_m)


def test_parts_are_told_with_the_longest_first():
    apart = roads([(0, 0), (100, 0)], [(1000, 0), (1300, 0)], [(1300, 0), (1300, 600)], [(50, 0), (50, 9)])
    parts = parts_of(road_graph(apart))
    assert parts["km"].round(3).tolist() == [0.9, 0.109]
    assert parts["nodes"].tolist() == [3, 4]
    assert parts["edges"].tolist() == [2, 3]
    assert parts["share_km"].sum() == pytest.approx(1)
    assert (parts.loc[0, "x"], parts.loc[0, "y"]) in {(1000, 0), (1300, 0), (1300, 600)}


coordinates = st.integers(0, 6).map(lambda n: n * 10.0)
lines = st.lists(
    st.lists(st.tuples(coordinates, coordinates), min_size=2, max_size=4), min_size=1, max_size=9
)


@settings(max_examples=60)
@given(lines)
def test_roads_in_one_drawn_piece_are_one_part_when_crossings_join(drawn):
    layer = roads(*drawn)
    graph = road_graph(layer, tolerance_m=0.01, crossings=True)
    drawing = unary_union([line for line in layer.geometry if line.length])
    if drawing.is_empty:
        assert graph.number_of_edges() == 0
        return
    # What touches in the drawing hangs together, and no road is lost or counted twice.
    assert sum(d["length_m"] for *_, d in graph.edges(data=True) if not d["reversed"]) == pytest.approx(
        drawing.length, abs=0.2
    )
    touching = unary_union(drawing.buffer(0.001))
    assert len(parts_of(graph)) == (len(touching.geoms) if touching.geom_type == "MultiPolygon" else 1)


@settings(max_examples=30)
@given(lines)
def test_lengths_are_those_of_the_pieces(drawn):
    graph = road_graph(roads(*drawn))
    for u, v, data in graph.edges(data=True):
        assert data["length_m"] > 0
        assert data["length_m"] == pytest.approx(data["geometry"].length)
        ends = np.array([data["geometry"].coords[0], data["geometry"].coords[-1]])
        assert ends.tolist() == [[graph.nodes[n]["x"], graph.nodes[n]["y"]] for n in (u, v)]


def test_monacos_streets_hang_together(real_data):
    streets = read_osm(real_data / "roads" / "monaco.osm.gz")
    graph = road_graph(streets.to_crs("EPSG:32632"))
    assert graph.number_of_nodes() == pytest.approx(1161, rel=0.05)
    assert parts_of(graph)["share_km"].iloc[0] > 0.98
