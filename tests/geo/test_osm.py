import bz2
import gzip
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmnx
import pytest
import requests
import shapely
from shapely.geometry import box

from geo.errors import FileError, GridBeatError, SettingError
from geo.osm import HIGHWAYS, fetch_osm, is_osm, read_osm
from geo.road_graph import parts_of, road_graph
from geo.speeds import ROAD_CLASSES

# Nodes of a small town, in thousandths of a degree east and north of 120 E 30 N.
NODES = {1: (0, 0), 2: (1, 0), 3: (2, 0), 4: (1, 1), 5: (1, 2), 6: (3, 0), 7: (2, 1), 8: (9, 9), 9: (9, 8)}
MAIN = (10, [1, 2, 3], {"highway": "primary", "name": "解放路"})
SIDE = (11, [2, 4, 5], {"highway": "residential"})


def written(path, *ways, nodes=NODES):
    """Write an OSM file in XML."""
    lines = ["<?xml version='1.0' encoding='UTF-8'?>", '<osm version="0.6" generator="hand">']
    lines += [f'<node id="{i}" lat="{30 + y / 1e3}" lon="{120 + x / 1e3}"/>' for i, (x, y) in nodes.items()]
    for way_id, refs, tags in ways:
        lines.append(f'<way id="{way_id}">')
        lines += [f'<nd ref="{ref}"/>' for ref in refs]
        lines += [f'<tag k="{key}" v="{value}"/>' for key, value in tags.items()]
        lines.append("</way>")
    path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
    return path


def drawn(roads):
    """Roads as id and coordinates in thousandths of a degree."""
    at = [np.rint((shapely.get_coordinates(line) - (120, 30)) * 1e3).astype(int) for line in roads.geometry]
    return {
        name: [tuple(xy.tolist()) for xy in line] for name, line in zip(roads["road_id"], at, strict=True)
    }


def test_ways_are_split_where_they_meet_and_two_way_ones_listed_once(tmp_path):
    roads = read_osm(written(tmp_path / "town.osm", MAIN, SIDE))
    assert roads.crs == "EPSG:4326"
    lines = {name: sorted(line) for name, line in drawn(roads).items()}
    assert lines == {"10-1": [(0, 0), (1, 0)], "10-2": [(1, 0), (2, 0)], "11": [(1, 0), (1, 1), (1, 2)]}
    assert roads["name"].tolist() == ["解放路", "解放路", ""]
    assert roads["class"].tolist() == ["primary", "primary", "residential"]
    assert roads["oneway"].tolist() == [0, 0, 0]
    metres = roads.to_crs("EPSG:4549").length
    assert roads["length_m"].tolist() == pytest.approx(metres.tolist(), rel=5e-3)


@pytest.mark.parametrize(
    ("tags", "line"),
    [
        ({"oneway": "yes"}, [(0, 0), (1, 0), (2, 0)]),
        ({"oneway": "-1"}, [(2, 0), (1, 0), (0, 0)]),
        ({"junction": "roundabout"}, [(0, 0), (1, 0), (2, 0)]),
    ],
)
def test_one_ways_run_in_their_direction(tmp_path, tags, line):
    roads = read_osm(written(tmp_path / "a.osm", (10, [1, 2, 3], {"highway": "primary", **tags})))
    assert drawn(roads) == {"10": line}
    assert roads["oneway"].tolist() == [1]


@pytest.mark.parametrize(
    ("tags", "bridge"),
    [
        ({"bridge": "yes"}, 1),
        ({"bridge": "viaduct"}, 1),
        ({"tunnel": "yes"}, 1),
        ({"bridge": "no"}, 0),
        ({}, 0),
    ],
)
def test_bridges_and_tunnels_are_known(tmp_path, tags, bridge):
    roads = read_osm(written(tmp_path / "a.osm", (10, [1, 2], {"highway": "primary", **tags})))
    assert roads["bridge"].tolist() == [bridge]


def test_a_road_is_not_merged_with_the_bridge_it_goes_on_over(tmp_path):
    over = (12, [3, 6], {"highway": "primary", "name": "解放路", "bridge": "yes"})
    roads = read_osm(written(tmp_path / "a.osm", MAIN, over)).set_index("road_id")
    assert roads["bridge"].to_dict() == {"10": 0, "12": 1}


def test_ways_that_cross_without_a_common_node_stay_apart(tmp_path):
    crossing = (12, [1, 7], {"highway": "residential"}), (13, [4, 2], {"highway": "residential"})
    roads = read_osm(written(tmp_path / "a.osm", *crossing))
    assert len(roads) == 2
    assert roads.geometry.iloc[0].crosses(roads.geometry.iloc[1])


def test_a_one_way_drawn_on_a_two_way_road_hides_neither(tmp_path):
    over = (9, [1, 2, 3], {"highway": "primary", "oneway": "yes"})
    roads = read_osm(written(tmp_path / "a.osm", MAIN, over))
    metres = roads["length_m"].groupby([roads["road_id"].str.split("-").str[0], roads["oneway"]]).sum()
    assert metres.index.tolist() == [("10", 0), ("9", 1)]
    assert metres.iloc[0] == pytest.approx(metres.iloc[1])


def test_ways_that_an_editor_has_not_sent_up_keep_their_numbers(tmp_path):
    town = written(tmp_path / "a.osm", (-7, [1, 2], {"highway": "primary"}))
    assert read_osm(town)["road_id"].tolist() == ["-7"]


@pytest.mark.parametrize(
    "tags",
    [
        {"building": "yes"},  # osmnx alone would make streets of its walls
        {"highway": "construction"},
        {"highway": "proposed"},
        {"highway": "pedestrian", "area": "yes"},
        {"highway": "service", "access": "no"},
        {"railway": "rail"},
    ],
)
def test_what_is_no_road_in_use_is_left_out(tmp_path, tags):
    roads = read_osm(written(tmp_path / "a.osm", MAIN, (20, [4, 5, 7, 4], tags)))
    assert roads["road_id"].tolist() == ["10"]


def test_every_highway_has_one_class():
    values = " ".join(HIGHWAYS.values()).split()
    assert tuple(HIGHWAYS) == ROAD_CLASSES
    assert len(values) == len(set(values))


def test_a_number_stands_for_a_name(tmp_path):
    roads = read_osm(written(tmp_path / "a.osm", (10, [1, 2], {"highway": "trunk", "ref": "G104"})))
    assert roads["name"].tolist() == ["G104"]


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
def test_compressed_files_are_the_same(tmp_path, suffix, pack):
    plain = written(tmp_path / "a.osm", MAIN, SIDE)
    packed = tmp_path / f"A.OSM{suffix}"
    packed.write_bytes(pack(plain.read_bytes()))
    assert read_osm(packed).equals(read_osm(plain))


def test_a_box_takes_the_roads_that_reach_into_it_whole(tmp_path):
    far = (30, [8, 9], {"highway": "track"})
    file = written(tmp_path / "a.osm", MAIN, SIDE, far)
    around = read_osm(file, bbox=(119.9995, 29.9995, 120.0005, 30.0005))
    assert sorted(drawn(around)) == ["10"]
    assert sorted(drawn(read_osm(file, bbox=(119, 29, 120.005, 31)))) == ["10-1", "10-2", "11"]
    with pytest.raises(FileError, match="osm_without_roads"):
        read_osm(file, bbox=(0, 0, 1, 1))


def test_a_clipped_file_is_told_and_may_be_taken_as_it_is(tmp_path):
    nodes = {i: xy for i, xy in NODES.items() if i not in (4, 7)}
    beyond = (12, [5, 4, 3, 6], {"highway": "residential"}), (13, [7, 8], {"highway": "residential"})
    file = written(tmp_path / "a.osm", MAIN, *beyond, nodes=nodes)
    with pytest.raises(FileError, match="osm_clipped") as caught:
        read_osm(file)
    assert (caught.value.facts["roads"], caught.value.facts["count"]) == (3, 2)
    assert {name: len(line) for name, line in drawn(read_osm(file, incomplete=True)).items()} == {
        "10": 3,
        "12": 2,
    }


def test_a_way_that_leaves_the_file_and_comes_back_is_two_roads(tmp_path):
    nodes = {i: xy for i, xy in NODES.items() if i != 4}
    way = (12, [1, 2, 4, 3, 6], {"highway": "residential"})
    roads = read_osm(written(tmp_path / "a.osm", way, nodes=nodes), incomplete=True)
    assert {name: sorted(line) for name, line in drawn(roads).items()} == {
        "12-1": [(0, 0), (1, 0)],
        "12-2": [(2, 0), (3, 0)],
    }


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.osm", b"hello", "osm_unreadable"),
        ("a.osm", b"<osm version='0.6'><node id='1'", "osm_unreadable"),
        ("a.osm", b"<?xml version='1.0'?><osm version='0.6'></osm>", "osm_without_roads"),
        ("a.osm.pbf", b"hello, this is no blob", "osm_unreadable"),
        ("a.osm.gz", b"hello", "osm_unreadable"),
        ("a.shp", b"hello", "file_kind_unknown"),
    ],
)
def test_files_that_hold_no_roads_are_refused_in_words(tmp_path, name, content, code):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileError, match=code):
        read_osm(tmp_path / name)


def test_entities_in_a_file_are_never_followed(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret", encoding="utf-8")
    town = written(tmp_path / "a.osm", (10, [1, 2], {"highway": "primary", "name": "&x;"}))
    text = town.read_text(encoding="utf-8")
    declared = f"<!DOCTYPE osm [<!ENTITY x SYSTEM 'file://{secret}'>]>"
    town.write_text(text.replace("<osm", declared + "<osm", 1), encoding="utf-8")
    with pytest.raises(FileError, match="osm_unreadable"):
        read_osm(town)


def test_a_missing_file_and_a_box_that_is_none_are_refused(tmp_path):
    with pytest.raises(FileError, match="file_missing"):
        read_osm(tmp_path / "a.osm")
    town = written(tmp_path / "a.osm", MAIN)
    for bbox in ((2, 0, 1, 1), (0, 1, 1, 0), (0, 0, 200, 1)):
        with pytest.raises(SettingError, match="bbox"):
            read_osm(town, bbox=bbox)


def test_reading_leaves_nothing_in_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = dict(vars(osmnx.settings))
    read_osm(written(tmp_path / "a.osm", MAIN))
    assert [path.name for path in tmp_path.iterdir()] == ["a.osm"]
    assert dict(vars(osmnx.settings)) == before


@pytest.mark.parametrize("name", ["a.osm", "B.OSM.PBF", "c.pbf", "d.osm.gz"])
def test_openstreetmaps_files_are_known_by_name(name):
    assert is_osm(name)
    assert not is_osm(Path(name).with_suffix(".shp"))


class Servers:
    """osmnx's two ways to its servers, answered without a network."""

    def __init__(self, monkeypatch):
        self.asked = []
        monkeypatch.setattr(osmnx, "geocode_to_gdf", self.geocode)
        monkeypatch.setattr(osmnx, "graph_from_polygon", self.graph)
        self.fault = None

    def geocode(self, place):
        self.asked.append(place)
        if self.fault is not None:
            raise self.fault
        return gpd.GeoDataFrame(geometry=[box(120, 30, 121, 31)], crs="EPSG:4326")

    def graph(self, polygon, **options):
        self.asked.append((polygon.bounds, options))
        if self.fault is not None:
            raise self.fault
        return self.answer


@pytest.fixture
def servers(monkeypatch, tmp_path):
    answers = Servers(monkeypatch)
    with monkeypatch.context() as context:
        context.setattr(osmnx.settings, "useful_tags_way", ["highway", "name", "oneway"])
        file = written(tmp_path / "a.osm", MAIN, SIDE)
        answers.answer = osmnx.graph_from_xml(file, simplify=False, retain_all=True)
    return answers


@pytest.mark.parametrize(
    ("where", "bounds"),
    [
        ({"place": "Monaco"}, (120, 30, 121, 31)),
        ({"bbox": (119, 29, 120, 30)}, (119, 29, 120, 30)),
        ({"polygon": box(1, 2, 3, 4)}, (1, 2, 3, 4)),
    ],
)
def test_places_boxes_and_outlines_are_asked_for_highways_alone(servers, where, bounds):
    roads = fetch_osm(**where)
    assert sorted(drawn(roads)) == ["10-1", "10-2", "11"]
    asked, options = servers.asked[-1]
    assert asked == bounds
    assert "primary_link" in options["custom_filter"]
    assert "construction" not in options["custom_filter"]


@pytest.mark.parametrize(
    ("fault", "where", "code"),
    [
        (requests.exceptions.ConnectionError("no route"), {"place": "x"}, "osm_no_network"),
        (requests.exceptions.ReadTimeout("slow"), {"bbox": (1, 2, 3, 4)}, "osm_no_network"),
        (osmnx._errors.ResponseStatusCodeError("504"), {"bbox": (1, 2, 3, 4)}, "osm_server_refused"),
        (osmnx._errors.InsufficientResponseError("none"), {"bbox": (1, 2, 3, 4)}, "osm_without_roads"),
        (osmnx._errors.InsufficientResponseError("none"), {"place": "x"}, "osm_place_unknown"),
        (TypeError("a point"), {"place": "x"}, "osm_place_unknown"),
    ],
)
def test_what_servers_refuse_is_said_in_words(servers, fault, where, code):
    servers.fault = fault
    with pytest.raises(GridBeatError, match=code):
        fetch_osm(**where)


@pytest.mark.parametrize(("name", "rows"), [("shanghai_centre_osmnx.osm", 1006), ("monaco.osm.gz", 1544)])
def test_real_towns_are_read_and_hang_together(real_data, name, rows):
    roads = read_osm(real_data / "roads" / name)
    assert len(roads) == pytest.approx(rows, rel=0.02)
    assert roads["road_id"].is_unique
    assert roads["oneway"].mean() > 0.2
    parts = parts_of(road_graph(roads.to_crs(roads.estimate_utm_crs())))
    assert parts["share_km"].iloc[0] > 0.9


def test_the_clipped_finnish_file_is_told_and_usable_all_the_same(real_data):
    clipped = real_data / "roads" / "pyrosm_test_finland.osm.pbf"
    with pytest.raises(FileError, match="osm_clipped") as caught:
        read_osm(clipped)
    assert caught.value.facts["count"] == 54
    assert len(read_osm(clipped, incomplete=True)) > 500


def test_a_valley_is_read_from_a_box_of_its_country(real_data):
    valley = read_osm(real_data / "roads" / "andorra.osm.pbf", bbox=(1.48, 42.49, 1.54, 42.52))
    assert 200 < len(valley) < 2_000
    assert set(valley["class"]) <= set(ROAD_CLASSES)
