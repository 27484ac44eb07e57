import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon, box

from geo.errors import SettingError
from geo.nesting import NestingParams, area_shares, best_parents, point_shares


def layer(**shapes):
    return gpd.GeoSeries(shapes, crs="EPSG:4549")


def pairs(*rows):
    frame = pd.DataFrame(rows, columns=["child", "parent", "share"])
    return frame.assign(area_m2=frame["share"] * 100)


GRIDS = layer(a=box(0, 0, 10, 10), b=box(10, 0, 20, 10))
ZONES = layer(z1=box(0, 0, 14, 10), z2=box(14, 0, 20, 10))


def test_shares_are_of_the_childs_area():
    shares = area_shares(GRIDS, ZONES).set_index(["child", "parent"])["share"]
    assert shares.to_dict() == pytest.approx({("a", "z1"): 1.0, ("b", "z1"): 0.4, ("b", "z2"): 0.6})


def test_shares_of_invalid_shapes_are_of_what_they_cover():
    bowtie = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    twice = MultiPolygon([box(0, 0, 10, 6), box(0, 4, 10, 10)])
    shares = area_shares(layer(a=bowtie, b=twice), layer(z=box(-5, -5, 15, 15)))["share"]
    assert shares.to_numpy() == pytest.approx(1.0)


def test_residents_may_outvote_area():
    people = gpd.GeoSeries([Point(11, 5), Point(12, 5), Point(19, 5)], crs="EPSG:4549")
    shares = point_shares(GRIDS, ZONES, people, pd.Series([50, 30, 20]), by_area=area_shares(GRIDS, ZONES))
    shares = shares.set_index(["child", "parent"])["share"]
    assert shares["b", "z1"] == pytest.approx(0.8)
    assert shares["b", "z2"] == pytest.approx(0.2)
    assert shares["a", "z1"] == pytest.approx(1.0), "nobody lives in a: its area decides"


def test_residents_outside_every_zone_lower_the_shares():
    people = gpd.GeoSeries([Point(11, 5), Point(19, 5)], crs="EPSG:4549")
    some = ZONES.drop("z2")
    shares = point_shares(GRIDS, some, people, pd.Series([1, 3]), by_area=area_shares(GRIDS, some))
    assert shares.set_index(["child", "parent"])["share"]["b", "z1"] == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("rows", "status", "parent"),
    [
        ([("a", "z1", 0.995), ("a", "z2", 0.005)], "nested", "z1"),
        ([("a", "z1", 0.99)], "nested", "z1"),
        ([("a", "z1", 0.98), ("a", "z2", 0.02)], "straddling", "z1"),
        ([("a", "z1", 0.5), ("a", "z2", 0.5)], "tie", "z1"),
        ([("a", "z2", 0.505), ("a", "z1", 0.495)], "tie", "z2"),
        ([("a", "z1", 1.0), ("a", "z2", 1.0)], "tie", "z1"),  # two zones drawn over each other
        ([("a", "z1", 0.3)], "straddling", "z1"),  # the rest lies in no zone
        ([("a", "z1", 0.06), ("a", "z2", 0.05)], "tie", "z1"),
        ([("a", "z1", 0.11)], "straddling", "z1"),
        ([("a", "z1", 0.05), ("a", "z2", 0.05)], "orphan", None),  # a tenth at most: spilt lines
        ([], "orphan", None),
    ],
)
def test_status_follows_the_shares(rows, status, parent):
    best = best_parents(pairs(*rows), ["a"], NestingParams()).loc["a"]
    assert (best["status"], best["parent"]) == (status, parent)


@settings(max_examples=50, deadline=None)
@given(st.permutations([("a", "z3", 0.4), ("a", "z1", 0.4), ("a", "z2", 0.2), ("b", "z9", 1.0)]))
def test_order_of_rows_never_matters(rows):
    best = best_parents(pairs(*rows), ["a", "b"], NestingParams())
    assert best["parent"].tolist() == ["z1", "z9"]
    assert best.at["a", "second"] == "z3"


@pytest.mark.parametrize(
    "wrong",
    [
        {"nested_share": 0.5},  # two parents could both hold it
        {"nested_share": 1.01},
        {"orphan_share": 0.6},
        {"tie_margin": -0.1},
        {"tie_margin": 0.5},
        {"by": "households"},
    ],
)
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(SettingError, match="setting_wrong"):
        NestingParams(**wrong)
