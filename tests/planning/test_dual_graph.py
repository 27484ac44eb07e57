import numpy as np
import pandas as pd
import pytest

from planning.dual_graph import DualGraph, dual_graph
from planning.nesting import district_ground
from tests.planning.redraw.lattices import tables


def graph_of(zones, *, exempt=(), residents=None, floating=None, today=True, **drawn):
    """Return the dual graph of a drawn district with real polygons."""
    found, plan = tables(zones, **drawn)
    if residents is not None:
        found["grids"]["residents"] = residents
    if floating is not None:
        found["grids"]["floating"] = floating
    if exempt:
        found["exemptions"] = pd.DataFrame({"grid_id": list(exempt)})
    workload = pd.Series(np.arange(1.0, len(plan) + 1), index=plan.index)
    return dual_graph(found, district_ground(found), workload, today=plan if today else None)


def links(graph):
    rows = graph.borders[graph.borders["link"]]
    assert (rows["length_m"] == 0).all()
    return sorted(tuple(sorted(pair)) for pair in zip(rows["left"], rows["right"], strict=True))


def test_grids_carry_measures_units_and_people():
    graph = graph_of(
        "12/12", villages="ab/ab", stations="ss/st", towns="xy/xy", kinds={"a": "community"},
        residents=[1, 2, 3, None], floating=[10, None, 30, 40],
    )  # fmt: skip
    row = graph.grids.loc["00"]
    assert (row["area_m2"], row["outline_m"], row["x"], row["y"]) == (10_000, 400, 50, -50)
    assert graph.grids["workload"].tolist() == [1, 2, 3, 4]
    assert graph.grids["present"].tolist() == [11, 2, 33, 40]
    assert graph.grids["village_id"].tolist() == ["a", "b", "a", "b"]
    assert graph.grids["station_id"].tolist() == ["s", "s", "s", "t"]
    assert graph.grids["town_id"].tolist() == ["x", "y", "x", "y"]
    assert graph.grids["kind"].tolist() == ["community", "", "community", ""]
    assert graph.grids.index.tolist() == ["00", "01", "10", "11"]
    assert graph.shapes.index.tolist() == graph.grids.index.tolist()


def test_what_is_not_known_is_empty_and_nobody_is_counted():
    graph = graph_of("12")
    assert (graph.grids[["village_id", "station_id", "town_id", "kind"]] == "").all(axis=None)
    assert graph.grids["present"].tolist() == [0, 0]


def test_borders_are_the_shared_sides():
    graph = graph_of("12/12")
    found = {(a, b): length for a, b, length in graph.borders[["left", "right", "length_m"]].to_numpy()}
    assert found == pytest.approx(
        {("00", "01"): 100, ("00", "10"): 100, ("01", "11"): 100, ("10", "11"): 100}
    )
    assert links(graph) == []


def test_workload_of_a_grid_that_is_not_listed_is_missing():
    found, plan = tables("12")
    graph = dual_graph(found, district_ground(found), pd.Series({"00": 5.0, "elsewhere": 7.0}), today=plan)
    assert graph.grids["workload"].tolist()[0] == 5
    assert graph.grids["workload"].isna().tolist() == [False, True]


def test_part_of_a_village_is_linked_to_the_nearest_of_its_grids():
    # Village a: two grids to the left, one behind village b.
    assert links(graph_of("1111/1111", villages="aaba/bbbb", stations="ssss/ssss")) == [("01", "03")]


def test_part_of_a_station_without_whole_zones_is_linked():
    assert links(graph_of("11.1")) == [("01", "03")]


def test_part_of_a_station_with_zones_of_its_own_is_not():
    assert links(graph_of("11.2")) == []
    assert links(graph_of("11.2", stations="ss.s")) == []


def test_part_of_a_station_is_linked_where_there_is_no_plan():
    assert links(graph_of("11.2", today=False)) == [("01", "03")]


def test_two_islands_hang_on_each_other_if_that_is_nearer():
    # The nearer island is linked first to the mainland or the farther one through it: all hang together.
    assert links(graph_of("111.1.1")) == [("02", "04"), ("04", "06")]


def test_known_enclave_is_linked_to_its_zone_and_an_unknown_is_not():
    assert links(graph_of("1121")) == []
    assert links(graph_of("1121", exempt=["03"])) == [("01", "03")]


def test_link_found_twice_is_there_once():
    # The island is a part of its village and of its station alike.
    assert links(graph_of("11.1", villages="ab.b", stations="ss.s")) == [("01", "03")]


def test_grids_without_polygons_have_no_measures_and_no_borders():
    frame = pd.DataFrame({"grid_id": ["g1", "g2"], "village_id": ["a", "a"], "residents": [3, 4]})
    bare = {"grids": frame}
    graph = dual_graph(bare, district_ground(bare), pd.Series({"g1": 1.0, "g2": 2.0}))
    assert graph.shapes is None
    assert graph.borders.empty
    assert list(graph.borders) == ["left", "right", "length_m", "link"]
    assert graph.grids[["area_m2", "outline_m", "x", "y"]].isna().all(axis=None)
    assert graph.grids["present"].tolist() == [3, 4]


def test_grid_without_a_polygon_among_others_is_kept_without_links():
    found, plan = tables("112")
    found["grids"].loc[1, "geometry"] = None
    graph = dual_graph(found, district_ground(found), pd.Series(1.0, index=plan.index), today=plan)
    assert graph.grids.index.tolist() == ["00", "01", "02"]
    assert graph.grids["area_m2"].isna().tolist() == [False, True, False]
    assert "01" not in {*graph.borders["left"], *graph.borders["right"]}


def test_inputs_are_left_alone():
    found, plan = tables("11.1/1121", villages="ab.b/abbb")
    before = {name: table.copy() for name, table in found.items()}
    ground = district_ground(found)
    borders, held = ground.borders.copy(), plan.copy()
    assert isinstance(dual_graph(found, ground, pd.Series(1.0, index=plan.index), today=plan), DualGraph)
    for name, table in before.items():
        pd.testing.assert_frame_equal(found[name], table)
    pd.testing.assert_frame_equal(ground.borders, borders)
    pd.testing.assert_series_equal(plan, held)
