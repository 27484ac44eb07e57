"""Maps on tiny frames: compact data, hostile names, missing tables."""

import json

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from planning.nesting import nest_district
from planning.repair import repair_district
from ui.maps.base import add_base, base_map, present
from ui.maps.layers import Layer, Style, encode, script_json
from ui.maps.nesting import nesting_map, status_of
from ui.maps.offline import offline_html, outside_references
from ui.maps.overview import elements_map

LONLAT = "EPSG:4326"


def decode(path, scale=1_000_000):
    return np.cumsum(np.array(path).reshape(-1, 2), axis=0) / scale


def frame(*shapes, crs=LONLAT):
    return gpd.GeoDataFrame(geometry=list(shapes), crs=crs)


def test_points_are_whole_numbers():
    assert encode(frame(Point(120.5, 30.25))) == ("point", [[120_500_000, 30_250_000]])


def test_lines_come_back_within_a_tenth_of_a_metre():
    line = LineString([(120, 30), (120.001, 30.002), (120.003, 29.999)])
    shape, rows = encode(frame(line))
    assert shape == "line"
    assert np.allclose(decode(rows[0][0]), shapely.get_coordinates(line), atol=1e-6)


def test_holes_stay_with_their_part():
    holed = Polygon(box(0, 0, 1, 1).exterior.coords, [box(0.2, 0.2, 0.4, 0.4).exterior.coords])
    shape, rows = encode(frame(MultiPolygon([box(2, 2, 3, 3), holed]), box(5, 5, 6, 6)))
    assert shape == "polygon"
    assert [len(part) for part in rows[0]] == [1, 2]
    assert [len(part) for part in rows[1]] == [1]
    # Four corners: the browser closes the ring.
    assert len(decode(rows[1][0][0])) == 4


def test_vertices_that_round_to_the_same_place_are_dropped():
    line = LineString([(120, 30), (120.00000001, 30), (120.1, 30)])
    assert len(decode(encode(frame(line))[1][0][0])) == 2


def test_input_frames_are_left_alone(squares):
    before = squares["grids"].copy()
    elements_map(squares)
    assert before.equals(squares["grids"])


def test_data_cannot_end_its_script():
    text = script_json({"name": "</script><script>alert(1)</script>\u2028"})
    assert "</script>" not in text
    assert json.loads(text)["name"].startswith("</script>")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_elements_map_is_whole_and_runs_no_name(squares, hostile, lang):
    html = offline_html(elements_map(squares, lang=lang, credit="<b>审图号</b>"))
    assert outside_references(html) == []
    assert hostile[0] not in html
    assert "\\u003cscript>" in html


def test_the_elements_map_shows_what_there_is(squares):
    only = {"zones": squares["zones"], "grids": squares["grids"].iloc[:0]}
    assert outside_references(offline_html(elements_map(only))) == []
    assert outside_references(offline_html(elements_map({}))) == []


def test_a_map_can_be_added_to(squares):
    m = base_map(squares["grids"])
    assert elements_map(squares, m=m) is m


def test_minor_roads_are_left_out_beyond_the_budget(squares):
    assert add_base(squares, m=base_map(squares["grids"]), budget=60) != []
    assert add_base(squares, m=base_map(squares["grids"])) == []


def test_rows_without_geometry_are_not_drawn(squares):
    squares["zones"].loc[0, "geometry"] = None
    assert len(present(squares, "zones")) == len(squares["zones"]) - 1
    assert outside_references(offline_html(elements_map(squares))) == []


def test_long_columns_of_few_texts_become_a_dictionary():
    points = frame(*[Point(120 + i / 100, 30) for i in range(20)])
    layer = Layer(key="k", title="t", frame=points, styles=[Style()], fields={"f": ["a", "b"] * 10})
    assert layer.data()["fields"] == [["f", ["a", "b"], [0, 1] * 10]]


def test_exempt_and_enclave_come_before_the_status():
    import pandas as pd

    grids = pd.DataFrame(
        {"status": ["nested"] * 3, "enclave": [False, True, True], "exempt": [False, False, True]}
    )
    assert status_of(grids).tolist() == ["nested", "enclave", "exempt"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_nesting_map_is_whole_before_and_after(squares, hostile, lang):
    nesting = nest_district(squares)
    assert nesting.summary()["straddling"] == 3
    repaired = repair_district(squares, nesting)
    for repair in (None, repaired):
        html = offline_html(nesting_map(squares, nesting, repaired=repair, lang=lang))
        assert outside_references(html) == []
        assert hostile[0] not in html
        assert ('"key":"moved"' in html) == (repair is not None)


def test_grids_are_sent_once_for_before_and_after(squares):
    nesting = nest_district(squares)
    html = offline_html(nesting_map(squares, nesting, repaired=repair_district(squares, nesting)))
    assert '"shares":"status"' in html
