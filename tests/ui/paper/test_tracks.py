"""Tracks for phones: opened again they are the route that was planned, in WGS84, with its Chinese names."""

from xml.etree import ElementTree as ET

import geopandas as gpd
import gpxpy
import pytest

from tests.ui.paper.conftest import lonlat
from ui.paper.tracks import gpx, kml, track

KML = "{http://www.opengis.net/kml/2.2}"
CALLS = ["中心警务室", "1 南湖村", "2 实验小学", "3 夜市路口"]


def positions(points):
    return [(point.longitude, point.latitude) for point in points]


def test_gpx_has_the_stops_as_waypoints_a_route_and_the_track_on_the_road(night):
    found = gpxpy.parse(gpx(track(night, night.plan.routes[0])).decode())
    at = lonlat(night.places)
    expected = [at[label] for label in ("post", "v", "school", "hot", "post")]
    assert [point.name for point in found.waypoints] == CALLS
    assert positions(found.waypoints) == [pytest.approx(xy, abs=2e-7) for xy in expected[:-1]]
    (route,) = found.routes
    assert route.name == "专职01队"
    assert positions(route.points) == [pytest.approx(xy, abs=2e-7) for xy in expected]
    (road,) = found.tracks
    legs = night.legs_of(night.plan.routes[0]).to_crs("EPSG:4326").geometry
    assert len(road.segments) == len(legs) == 4
    for segment, leg in zip(road.segments, legs, strict=True):
        assert positions(segment.points) == [pytest.approx(xy, abs=2e-7) for xy in leg.coords]
    assert "21:00–21:15" in found.waypoints[2].description
    assert found.waypoints[2].type == "school"


def test_kml_opens_as_points_and_a_line_a_team(night, tmp_path):
    path = tmp_path / "全部.kml"
    path.write_bytes(kml([track(night, route) for route in night.plan.routes], name="夜巡"))
    layers = {name: gpd.read_file(path, layer=name) for name in ("专职01队", "专职02队")}
    first = layers["专职01队"]
    assert first["Name"].tolist() == [*CALLS, "专职01队"]
    at = lonlat(night.places)
    for label, point in zip(("post", "v", "school", "hot"), first.geometry, strict=False):
        assert (point.x, point.y) == pytest.approx(at[label], abs=2e-7)
    line = first.geometry.iloc[-1]
    assert (line.coords[0][:2], line.coords[-1][:2]) == (pytest.approx(at["post"], abs=2e-7),) * 2
    # Where a leg goes on from the one before, the point is written once.
    assert len(line.coords) == 5


def test_teams_that_stay_where_they_are_have_no_line(make_night):
    stops = {"s": {"name": "门口", "place": "post"}}
    night = make_night(stops=stops, rounds={"Q1": ["s"]})
    found = track(night, night.plan.routes[0])
    assert len(found.calls) == 3
    assert gpxpy.parse(gpx(found).decode()).waypoints[1].name == "1 门口"
    assert b"<Point>" in kml([found], name="x")


def test_names_stay_text(make_night, hostile):
    script = f'{hostile[0]}&<b>"\x07'
    night = make_night(
        district=script,
        teams={"Q1": {"name": script, "start": "post"}},
        stops={"s": {"name": script, "place": "v"}},
        rounds={"Q1": ["s"]},
    )
    found = track(night, night.plan.routes[0])
    shown = script.rstrip("\x07")
    assert gpxpy.parse(gpx(found).decode()).waypoints[1].name == f"1 {shown}"
    root = ET.fromstring(kml([found], name=script))
    names = [element.text for element in root.iter(f"{KML}name")]
    assert f"1 {shown}" in names
    # Globes show descriptions as HTML.
    assert not [e for e in root.iter(f"{KML}description") if "<script" in (e.text or "")]
