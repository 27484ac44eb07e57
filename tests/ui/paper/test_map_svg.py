"""Printed maps: neighbours differ, labels keep apart, names stay text."""

from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, box

from planning.dual_graph import DualGraph
from ui.paper.map_labels import LabelRoom, shortened, text_width, without_shared_beginning
from ui.paper.map_svg import MapLayers, MapText, map_svg, zone_paint
from ui.words import words

SVG = "{http://www.w3.org/2000/svg}"


def squares(n=4, side=100.0):
    ids = [f"g{i}{j}" for i in range(n) for j in range(n)]
    shapes = [box(i * side, j * side, (i + 1) * side, (j + 1) * side) for i in range(n) for j in range(n)]
    return gpd.GeoSeries(shapes, index=ids, crs=4549)


def bordered(shapes):
    pairs = [
        (a, b)
        for a in shapes.index
        for b in shapes.index
        if a < b and shapes[a].intersection(shapes[b]).length
    ]
    borders = pd.DataFrame(pairs, columns=["left", "right"]).assign(length_m=1.0, link=False)
    return DualGraph(grids=pd.DataFrame(index=shapes.index), borders=borders, shapes=shapes)


def layers(names=("一区", "二区"), roads=None, stations=None):
    grids = squares()
    halves = {"a": box(0, 0, 200, 400), "b": box(200, 0, 400, 400)}
    return MapLayers(
        zones=gpd.GeoSeries(halves, crs=4549),
        colours={"a": "#56b4e9", "b": "#e69f00"},
        zone_names={"a": (names[0],), "b": (names[1],)},
        grids=grids,
        marked={"g00": 1, "g33": 2},
        stations=stations if stations is not None else gpd.GeoSeries([], crs=4549),
        station_names={"s": "一所"},
        roads=roads,
    )


def drawn(found, **text):
    said = {"title": "题", "marked": "调出", "credit": "审图号", "mark": "内部资料", **text}
    return ET.fromstring(map_svg(found, MapText(**said), width_mm=182, height_mm=268, t=words("zh")))


def texts(drawing):
    return {element.text for element in drawing.iter(f"{SVG}text")}


def test_neighbours_in_either_plan_have_different_colours_and_a_zone_keeps_its_own():
    shapes = squares(6)
    graph = bordered(shapes)
    before = pd.Series([g[1] for g in shapes.index], index=shapes.index)
    after = pd.Series([g[2] for g in shapes.index], index=shapes.index)
    colours = zone_paint(graph, before, after)
    assert set(colours) == set("012345")
    for plan in (before, after):
        for left, right in zip(graph.borders["left"], graph.borders["right"], strict=True):
            assert plan[left] == plan[right] or colours[plan[left]] != colours[plan[right]]


def test_map_says_zones_numbers_scale_north_and_credit():
    said = texts(drawn(layers()))
    assert {"一区", "二区", "1", "2", "N", "审图号", "内部资料", "调出", "50 米", "警务区界"} <= said


def test_hatched_are_the_marked_grids():
    drawing = drawn(layers())
    (hatched,) = [p for p in drawing.iter(f"{SVG}path") if p.get("fill", "").startswith("url(")]
    assert hatched.get("d").count("M") == 2


def test_names_stay_text():
    hostile = '<script>alert("&")</script>\x00'
    drawing = drawn(layers(names=(hostile, "二区")), title=hostile, credit=hostile)
    assert not list(drawing.iter(f"{SVG}script"))
    assert hostile.rstrip("\x00") in texts(drawing)


def test_roads_that_miss_the_map_or_are_empty_are_no_fault():
    roads = gpd.GeoSeries([LineString([(1e6, 1e6), (1e6, 2e6)]), LineString(), None], crs=4549)
    assert "主要道路" in texts(drawn(layers(roads=roads)))


def test_several_stations_are_named_and_grids_bear_no_numbers():
    stations = gpd.GeoSeries({"s": box(0, 0, 200, 400), "r": box(200, 0, 400, 400)}, crs=4549)
    found = layers(stations=stations)
    found.station_names["r"] = "二所"
    said = texts(drawn(found))
    assert {"一所", "二所"} <= said
    assert not {"1", "2"} & said


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.text("警务区ab c", min_size=1, max_size=12), st.floats(0, 900), st.floats(0, 600)),
        max_size=40,
    )
)
def test_labels_never_cover_one_another_nor_leave_the_map(wanted):
    room = LabelRoom(900, 600)
    boxes = []
    for text, x, y in wanted:
        label = room.place([text], x, y, sizes=(40, 25))
        if label is None:
            continue
        wide = max(text_width(line) for line in label.lines) * label.size
        high = len(label.lines) * label.size * 1.15
        boxes.append(box(label.x - wide / 2, label.y - high / 2, label.x + wide / 2, label.y + high / 2))
    assert all(box(-0.01, -0.01, 900.01, 600.01).contains(one) for one in boxes)
    overlaps = [a.intersection(b).area for i, a in enumerate(boxes) for b in boxes[:i]]
    assert max(overlaps, default=0) == pytest.approx(0, abs=1e-6)


def test_label_that_fits_nowhere_is_left_out():
    room = LabelRoom(100, 100)
    assert room.place(["很长的名字"], 50, 50, sizes=(60,)) is None
    assert room.place(["短"], 50, 50, sizes=(60, 20), fits=lambda box: False) is None


@pytest.mark.parametrize(
    ("names", "cut"),
    [
        (["玉埠所一警区", "玉埠所二十警区"], ["一警区", "二十警区"]),
        (["Zone 12", "Zone 13"], ["12", "13"]),
        (["甲", "甲"], ["甲", "甲"]),  # nothing would be left
        (["一区"], ["一区"]),
        (["12", "13"], ["12", "13"]),  # not within a number
    ],
)
def test_what_all_names_begin_with_is_left_out(names, cut):
    found = without_shared_beginning(dict(enumerate(names)))
    assert list(found.values()) == cut


def test_long_names_are_cut_on_maps():
    assert shortened("区" * 99) == "区" * 23 + "…"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("玉埠所二十一警区", ("玉埠所", "二十一警区")),  # twenty-one is one number
        ("湖东路警务区", ("湖东路", "警务区")),
        ("Beat 0114 north", ("Beat 0114", "north")),
        ("0123456789", None),  # nowhere to break it
    ],
)
def test_a_long_name_is_broken_where_people_would(text, lines):
    narrow = LabelRoom(text_width(text) * 10 - 1, 100)
    label = narrow.place([text], narrow.width / 2, 50, sizes=(10,))
    assert (label and label.lines) == lines
