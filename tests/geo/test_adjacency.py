import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Polygon, box

from geo.adjacency import border_graph, detached, shared_borders


def layer(**shapes):
    return gpd.GeoSeries(shapes, crs="EPSG:4549")


def as_dict(borders):
    return {(r.left, r.right): pytest.approx(r.length_m, abs=0.6) for r in borders.itertuples()}


def test_neighbours_share_their_common_line():
    squares = layer(a=box(0, 0, 100, 100), b=box(100, 0, 200, 100), c=box(0, 100, 100, 200))
    assert as_dict(shared_borders(squares)) == {("a", "b"): 100, ("a", "c"): 100}


def test_corner_is_no_border():
    assert shared_borders(layer(a=box(0, 0, 10, 10), b=box(10, 10, 20, 20))).empty


def test_line_drawn_twice_with_other_vertices_is_a_border():
    left = Polygon([(0, 0), (100, 0), (100.1, 33), (99.9, 71), (100, 100), (0, 100)])
    right = Polygon([(100, 0), (200, 0), (200, 100), (100, 100), (100.1, 50)])
    borders = shared_borders(layer(a=left, b=right))
    assert borders["length_m"].iloc[0] == pytest.approx(100, abs=2)


def test_null_and_empty_shapes_touch_nothing():
    assert shared_borders(layer(a=box(0, 0, 1, 1), b=None, c=Polygon())).empty
    assert shared_borders(layer(a=None)).empty


def test_borders_make_a_graph_of_the_members_asked_for():
    squares = layer(a=box(0, 0, 10, 10), b=box(10, 0, 20, 10), c=box(20, 0, 30, 10))
    graph = border_graph(shared_borders(squares), pd.Index(["a", "b"]))
    assert graph.edges["a", "b"]["length_m"] == 10
    assert "c" not in graph


def test_smaller_part_of_a_group_is_detached():
    chain = layer(**{name: box(10 * i, 0, 10 * i + 10, 10) for i, name in enumerate("abcde")})
    zones = pd.Series({"a": "z1", "b": "z1", "c": "z2", "d": "z1", "e": None})
    assert list(detached(zones, shared_borders(chain))) == [False, False, False, True, False]


def test_size_decides_which_part_is_the_main_one():
    chain = layer(a=box(0, 0, 10, 10), b=box(10, 0, 20, 10), c=box(20, 0, 90, 10))
    zones = pd.Series({"a": "z1", "b": "z2", "c": "z1"})
    assert list(detached(zones, shared_borders(chain), size=chain.area)) == [True, False, False]
    assert list(detached(zones, shared_borders(chain))) == [False, False, True]


def test_line_drawn_half_exactly_and_half_by_eye_is_one_border():
    """1 m of the common line is exact, the other 99 m run 2 cm apart."""
    left = Polygon([(0, 0), (100, 0), (100, 1), (99.98, 50), (100, 100), (0, 100)])
    right = Polygon([(100, 0), (200, 0), (200, 100), (100, 100), (100, 1)])
    assert as_dict(shared_borders(layer(a=left, b=right))) == {("a", "b"): 100}


def test_longer_exact_stretch_does_not_hide_the_rest_of_a_border():
    left = Polygon([(0, 0), (100, 0), (100, 10), (99.98, 50), (100, 100), (0, 100)])
    right = Polygon([(100, 0), (200, 0), (200, 100), (100, 100), (100, 10)])
    assert as_dict(shared_borders(layer(a=left, b=right))) == {("a", "b"): 100}
