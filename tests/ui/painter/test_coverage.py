"""The geometry payload: it decodes to the shapes, and says rightly who lies beside whom."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import shapely.affinity
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Polygon, box

from geo.crs import to_lonlat
from planning.dual_graph import DualGraph
from ui.names import PlaceNames
from ui.painter import coverage
from ui.painter.coverage import geometry

CRS, WEST, SOUTH = "EPSG:4549", 500_000.0, 3_300_000.0


def district(shapes, **columns):
    ids = [f"g{number}" for number in range(len(shapes))]
    series = gpd.GeoSeries([None if s is None else moved(s) for s in shapes], index=ids, crs=CRS)
    frame = {"workload": 1.0, "present": 2.0, "village_id": "", "station_id": "", "town_id": "", "kind": ""}
    grids = pd.DataFrame({**frame, **columns}, index=pd.Index(ids, name="grid_id"))
    borders = pd.DataFrame({"left": ids[:-1], "right": ids[1:], "length_m": 1.0, "link": False})
    return DualGraph(grids=grids, borders=borders, shapes=series)


def moved(shape):
    return shapely.transform(shape, lambda points: points + (WEST, SOUTH))


def payload(shapes, *, today=None, tables=None, **columns):
    return geometry(district(shapes, **columns), tables or {}, PlaceNames({}), today=today)


def decoded(found):
    """Rings in degrees, by grid, as a browser would read them."""
    scale, origin = found["scale"], np.array(found["origin"])
    return [
        [(np.cumsum(np.reshape(ring, (-1, 2)), axis=0) + origin) / scale for ring in rings]
        for rings in found["grids"]["rings"]
    ]


def neighbours(found, grid):
    """The other side of each segment of a grid's first ring, by the middle of the segment in metres."""
    points = decoded(found)[grid][0]
    line = gpd.GeoSeries(gpd.points_from_xy(*points.T), crs=4326).to_crs(CRS)
    xy = shapely.get_coordinates(line.to_numpy()) - (WEST, SOUTH)
    middles = np.rint((xy + np.roll(xy, -1, axis=0)) / 2).astype(int)
    runs = np.reshape(found["grids"]["runs"][grid][0], (-1, 2))
    others = np.repeat(runs[:, 0], runs[:, 1])
    assert len(others) == len(points)
    return {tuple(middle): int(other) for middle, other in zip(middles.tolist(), others, strict=True)}


def test_what_is_decoded_is_the_shapes():
    holed = Polygon(
        [(0, 0), (300, 0), (300, 300), (0, 300)], [[(100, 100), (100, 200), (200, 200), (200, 100)]]
    )
    parted = MultiPolygon([box(400, 0, 500, 100), box(600, 0, 700, 100)])
    shapes = [holed, parted, box(100, 100, 200, 200)]
    found = payload(shapes)
    lonlat = to_lonlat(gpd.GeoSeries([moved(shape) for shape in shapes], crs=CRS))
    for rings, shape in zip(decoded(found), lonlat, strict=True):
        expected = shapely.get_rings(shapely.get_parts(shape))
        assert len(rings) == len(expected)
        for ring, line in zip(rings, expected, strict=True):
            # Half a unit of the scale, in degrees.
            assert shapely.hausdorff_distance(Polygon(ring), Polygon(line)) < 1e-6


def test_grids_without_a_shape_have_no_rings():
    found = payload([box(0, 0, 100, 100), None])
    assert [len(rings) for rings in found["grids"]["rings"]] == [1, 0]
    assert found["grids"]["at"][1] == []


def test_a_district_without_shapes_is_no_fault():
    graph = district([box(0, 0, 1, 1)] * 2)
    bare = DualGraph(grids=graph.grids, borders=graph.borders, shapes=None)
    assert geometry(bare, {}, PlaceNames({}))["grids"]["rings"] == [[], []]


def test_squares_with_the_same_vertices_know_their_neighbours():
    #   2 3
    #   0 1
    found = payload([box(100 * i, 100 * j, 100 * i + 100, 100 * j + 100) for j in (0, 1) for i in (0, 1)])
    assert neighbours(found, 0) == {(100, 50): 1, (50, 100): 2, (0, 50): -1, (50, 0): -1}
    assert neighbours(found, 3) == {(100, 150): 2, (150, 100): 1, (200, 150): -1, (150, 200): -1}


def test_squares_with_other_vertices_know_their_neighbours():
    # The right one has a vertex in the middle of the common border; the left one has not.
    right = Polygon([(100, 0), (200, 0), (200, 100), (100, 100), (100, 40)])
    found = payload([box(0, 0, 100, 100), right])
    assert neighbours(found, 0)[100, 50] == 1
    assert neighbours(found, 1)[100, 20] == 0
    assert neighbours(found, 1)[100, 70] == 0


@pytest.mark.parametrize("apart", [0.4, 1.2, -0.5])
def test_squares_digitised_apart_or_over_each_other_know_their_neighbours(apart):
    found = payload([box(0, 0, 100, 100), box(100 + apart, 0, 200, 100)])
    assert 1 in neighbours(found, 0).values()
    assert 0 in neighbours(found, 1).values()


def test_squares_far_apart_are_no_neighbours():
    found = payload([box(0, 0, 100, 100), box(110, 0, 200, 100)])
    assert set(neighbours(found, 0).values()) == {-1}


def test_a_grid_in_the_hole_of_another_is_its_neighbour():
    ring = box(0, 0, 300, 300).difference(box(100, 100, 200, 200))
    found = payload([ring, box(100, 100, 200, 200)])
    assert set(neighbours(found, 1).values()) == {0}
    outer, inner = found["grids"]["runs"][0]
    assert outer[::2] == [-1]
    assert inner[::2] == [1]


@settings(max_examples=20)
@given(st.lists(st.floats(5, 95), min_size=2, max_size=6, unique=True), st.integers(0, 3))
def test_runs_of_shared_borders_agree_from_both_sides(cuts, turn):
    edges = [0.0, *sorted(cuts), 100.0]
    strips = [box(a * 20, 0, b * 20, 300) for a, b in zip(edges[:-1], edges[1:], strict=True) if b - a > 0.5]
    shapes = [shapely.affinity.rotate(strip, 90 * turn, origin=(0, 0)) for strip in strips]
    found = payload(shapes)
    seen = {
        (grid, other)
        for grid, rings in enumerate(found["grids"]["runs"])
        for ring in rings
        for other in ring[::2]
        if other >= 0
    }
    assert seen == {(b, a) for a, b in seen}


def test_many_vertices_are_thinned_alike_on_both_sides(monkeypatch):
    wave = [(100 + 0.3 * np.sin(k), k) for k in np.linspace(0, 100, 400)]
    left = Polygon([(0, 0), *wave, (0, 100)])
    right = Polygon([*wave, (200, 100), (200, 0)])
    monkeypatch.setattr(coverage, "VERTICES_AT_MOST", 100)
    found = payload([left, right])
    assert sum(len(ring) for rings in found["grids"]["rings"] for ring in rings) <= 200
    assert 1 in [other for other in found["grids"]["runs"][0][0][::2]]


def test_units_zones_and_borders_are_numbered():
    today = pd.Series({"g0": "z2", "g1": "z1"})
    zones = pd.DataFrame({"zone_id": ["z1", "z2"], "station_id": ["s1", "s9"]})
    found = payload(
        [box(100 * i, 0, 100 * i + 100, 100) for i in range(3)],
        today=today,
        tables={"zones": zones},
        village_id=["v1", "", "v1"],
        station_id=["s1", "s1", "s2"],
        kind=["village", "", "village"],
    )
    assert found["grids"]["villages"] == [0, -1, 0]
    assert found["villages"]["kinds"] == ["village"]
    assert found["grids"]["stations"] == [0, 0, 1]
    assert [zone["id"] for zone in found["zones_today"]] == ["z1", "z2"]
    assert found["grids"]["today"] == [1, 0, -1]
    assert found["zone_stations"] == {"z1": 0}
    assert found["borders"] == [0, 1, 1, 2]
    json.dumps(found, allow_nan=False)


def test_roads_water_and_towns_lie_below():
    shape = moved(box(0, 0, 2000, 2000))
    line = moved(shapely.LineString([(0, 500), (2000, 500)]))
    tables = {
        "roads": gpd.GeoDataFrame({"class": ["primary", "footway"]}, geometry=[line, line], crs=CRS),
        "water": gpd.GeoDataFrame({"name": ["湖"]}, geometry=[moved(box(0, 0, 400, 400))], crs=CRS),
        "towns": gpd.GeoDataFrame({"name": ["南镇"]}, geometry=[shape], crs=CRS),
    }
    base = payload([box(0, 0, 2000, 2000)], tables=tables)["base"]
    assert [road[0] for road in base["roads"]] == ["primary"]
    assert len(base["water"]) == 1
    west, south = np.array(base["towns"][0]["at"]) / base["scale"]
    assert 119 < west < 121
    assert 29 < south < 31
    assert base["towns"][0]["name"] == "南镇"
