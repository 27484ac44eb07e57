import geopandas as gpd
import pytest
from shapely.geometry import LineString, Point, box

from geo.speeds import Speeds
from planning.road_report import road_report

CRS = "EPSG:4549"


@pytest.fixture
def tables():
    """A main road of 2 km with a one-way and a bridge, an islet of 200 m, a path up the hill."""
    lines = [
        [(0, 0), (1_000, 0)],
        [(1_000, 0), (2_000, 0)],
        [(1_000, 0), (1_000, 500)],
        [(5_000, 0), (5_200, 0)],
        [(0, 0), (0, 3_000)],
    ]
    roads = gpd.GeoDataFrame(
        {
            "road_id": list("abcde"),
            "class": ["primary", "primary", "residential", "service", "path"],
            "oneway": [0, 0, 1, 0, 0],
            "bridge": [0, 1, 0, 0, 0],
        },
        geometry=[LineString(line) for line in lines],
        crs=CRS,
    )
    villages = gpd.GeoDataFrame(
        {"village_id": ["V1", "V2", "V3", "V4"]},
        geometry=[
            box(x, y, x + 20, y + 20) for x, y in ((500, 10), (5_100, 10), (10, 2_900), (9_000, 9_000))
        ],
        crs=CRS,
    )
    posts = gpd.GeoDataFrame({"post_id": ["P1"]}, geometry=[Point(700, 4)], crs=CRS)
    return {"roads": roads, "villages": villages, "posts": posts}


def codes(report, travel_mode):
    return {reason.facts["id"]: reason.code for reason in report.missed[travel_mode]}


def test_kilometres_are_told_by_class(tables):
    report = road_report(tables)
    assert report.km == {"primary": 2.0, "residential": 0.5, "service": 0.2, "path": 3.0}
    assert (report.oneway_km, report.bridge_km) == (0.5, 1.0)
    assert report.parts["km"].tolist() == [5.5, 0.2]


def test_places_are_missed_by_what_each_travel_mode_may_use(tables):
    report = road_report(tables)
    assert report.places == 5
    assert codes(report, "walk") == {"V2": "place_cut_off", "V4": "place_off_roads"}
    assert codes(report, "car") == {
        "V2": "place_cut_off",
        "V3": "place_off_roads",
        "V4": "place_off_roads",
    }


def test_edited_speeds_say_who_may_go_where(tables):
    speeds = Speeds().replaced("car", "day", {"path": 5.0})
    assert "V3" not in codes(road_report(tables, speeds=speeds), "car")


def test_a_district_of_roads_alone_has_a_report(tables):
    report = road_report({"roads": tables["roads"]})
    assert (report.places, report.missed["car"]) == (0, ())
    summary = report.summary()
    assert summary["km"] == pytest.approx(5.7)
    assert summary["largest_share"] == pytest.approx(5.5 / 5.7)


def test_no_roads_at_all_are_no_fault(tables):
    report = road_report({**tables, "roads": tables["roads"].iloc[:0]})
    assert report.km == {}
    assert report.summary()["largest_share"] is None
    assert set(codes(report, "walk").values()) == {"place_off_roads"}
