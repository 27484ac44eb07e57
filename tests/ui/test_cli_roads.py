"""`gridbeat roads`: from OSM files, road layers and OpenStreetMap's servers."""

import json

import geopandas as gpd
import pytest
import requests
from shapely.geometry import LineString, Point
from typer.testing import CliRunner

from data.workspace import Workspace
from ui import cli

NODES = {1: (0, 0), 2: (1, 0), 3: (2, 0), 4: (1, 1), 5: (90, 0), 6: (91, 0)}
WAYS = {10: ([1, 2, 3], "primary"), 11: ([2, 4], "residential"), 12: ([5, 6], "track")}


def town(path, nodes=NODES):
    """Two roads that meet at 120 E 30 N, and a track 8 km to the east."""
    lines = ['<?xml version="1.0"?><osm version="0.6">']
    lines += [f'<node id="{i}" lat="{30 + y / 1e3}" lon="{120 + x / 1e3}"/>' for i, (x, y) in nodes.items()]
    for way, (refs, highway) in WAYS.items():
        refs = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        lines.append(f'<way id="{way}">{refs}<tag k="highway" v="{highway}"/></way>')
    path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
    return path


@pytest.fixture
def run():
    return lambda *words, lang="zh": CliRunner().invoke(cli.door, [*map(str, words), "--lang", lang])


@pytest.fixture
def county(tmp_path):
    """A county with two posts: one on the roads, one far from any."""
    made = Workspace.create(tmp_path / "县.gpkg", name="县", crs="EPSG:4549")
    posts = gpd.GeoDataFrame(
        {"post_id": ["P1", "P2"]}, geometry=[Point(120.0005, 30), Point(120.02, 30.02)], crs="EPSG:4326"
    )
    made.write("posts", posts)
    return tmp_path / "县.gpkg"


def facts(result):
    assert result.exit_code == 0, result.output
    (line,) = result.stdout.strip().splitlines()
    return json.loads(line)


def test_an_osm_file_makes_a_workspace_and_is_told_of(run, tmp_path):
    told = facts(run("roads", tmp_path / "县.gpkg", town(tmp_path / "t.osm"), "--json"))
    assert (told["rows"], told["import_id"], told["source"]) == (4, "I1", "t.osm")
    assert list(told["classes"]) == ["primary", "residential", "track"]
    assert told["km"] == pytest.approx(sum(told["classes"].values()))
    assert told["parts"] == 2
    assert told["places"] == 0
    assert len(Workspace.open(tmp_path / "县.gpkg").read("roads")) == 4


@pytest.mark.parametrize(
    ("lang", "words"), [("zh", ("主干路", "P2", "撤销")), ("en", ("Primary", "P2", "takes them back"))]
)
def test_kilometres_and_missed_places_are_said_in_words(run, tmp_path, county, lang, words):
    done = run("roads", county, town(tmp_path / "t.osm"), lang=lang)
    assert done.exit_code == 0
    assert all(word.lower() in done.output.lower() for word in words)


def test_a_file_is_cut_to_the_districts_surroundings_unless_whole(run, tmp_path, county):
    file = town(tmp_path / "t.osm")
    assert facts(run("roads", county, file, "--json"))["rows"] == 3
    assert facts(run("roads", county, file, "--whole", "--json"))["rows"] == 4
    assert facts(run("roads", county, file, "--bbox", "120.08,29,121,31", "--json"))["rows"] == 1


def test_any_road_layer_will_do(run, tmp_path):
    layer = gpd.GeoDataFrame(
        {"道路等级": ["国道", "村道"]},
        geometry=[
            LineString([(500_000, 3_300_000), (500_900, 3_300_000)]),
            LineString([(500_400, 3_300_000), (500_400, 3_300_300)]),
        ],
        crs="EPSG:4549",
    )
    layer.to_file(tmp_path / "道路.shp", encoding="gbk")
    told = facts(run("roads", tmp_path / "县.gpkg", tmp_path / "道路.shp", "--json"))
    assert told["classes"] == {"trunk": pytest.approx(0.9), "residential": pytest.approx(0.3)}
    assert (told["graph"]["touches"], told["parts"]) == (1, 1)


def test_a_clipped_file_is_refused_with_the_remedy(run, tmp_path):
    file = town(tmp_path / "t.osm", {i: xy for i, xy in NODES.items() if i != 3})
    done = run("roads", tmp_path / "县.gpkg", file)
    assert done.exit_code == 2
    assert "--incomplete" in done.stderr
    assert not (tmp_path / "县.gpkg").exists()
    assert facts(run("roads", tmp_path / "县.gpkg", file, "--incomplete", "--json"))["rows"] == 3


@pytest.mark.parametrize(
    "words",
    [
        (),  # no source
        ("FILE", "--place", "柯桥"),
        ("--place", "柯桥", "--around"),
        ("--bbox", "1,2,3"),
        ("--bbox", "a,b,c,d"),
        ("FILE", "--bbox", "3,2,1,4"),
        ("--around",),  # of a district without layers
        ("nothing.osm",),
    ],
)
def test_wrong_asks_are_refused_in_words(run, tmp_path, words):
    file = town(tmp_path / "t.osm")
    done = run("roads", tmp_path / "县.gpkg", *(file if word == "FILE" else word for word in words))
    assert done.exit_code == 2
    assert "Traceback" not in done.output
    assert not (tmp_path / "县.gpkg").exists()


def test_a_box_cuts_no_other_files(run, tmp_path):
    layer = gpd.GeoDataFrame(geometry=[LineString([(120, 30), (120.1, 30)])], crs="EPSG:4326")
    layer.to_file(tmp_path / "a.geojson")
    done = run("roads", tmp_path / "县.gpkg", tmp_path / "a.geojson", "--bbox", "1,2,3,4")
    assert done.exit_code == 2
    assert "a.geojson" in done.stderr


@pytest.mark.parametrize(("lang", "words"), [("zh", "连不上"), ("en", "cannot be reached")])
def test_without_a_network_a_place_is_refused_with_another_way(run, tmp_path, monkeypatch, lang, words):
    import osmnx

    def unreachable(*_, **__):
        raise requests.exceptions.ConnectionError("no route")

    monkeypatch.setattr(osmnx, "geocode_to_gdf", unreachable)
    done = run("roads", tmp_path / "县.gpkg", "--place", "Monaco", lang=lang)
    assert done.exit_code == 2
    assert words in done.stderr
    assert not (tmp_path / "县.gpkg").exists()


def test_the_surroundings_of_a_district_are_asked_for(run, tmp_path, county, monkeypatch):
    from geo import osm

    asked = []

    def answer(**where):
        asked.append(where)
        return osm.read_osm(town(tmp_path / "t.osm"))

    monkeypatch.setattr(osm, "fetch_osm", answer)
    told = facts(run("roads", county, "--around", "--json"))
    assert told["source"].startswith("OpenStreetMap: 119.9")
    (where,) = asked
    assert where["bbox"] == pytest.approx((119.949, 29.955, 120.072, 30.065), abs=2e-3)
