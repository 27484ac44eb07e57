import geopandas as gpd
import pytest
from shapely.geometry import LineString, MultiLineString, box

from geo.errors import CrsError, SettingError
from geo.road_links import road_links

CRS = "EPSG:4549"


def squares():
    """Four squares of 100 m in a row: a b c d, and a gap of 50 m before e."""
    shapes = {name: box(100 * i, 0, 100 * i + 100, 100) for i, name in enumerate("abcd")}
    return gpd.GeoSeries({**shapes, "e": box(450, 0, 550, 100)}, crs=CRS)


def roads(*lines):
    return gpd.GeoDataFrame({"name": [""] * len(lines)}, geometry=list(lines), crs=CRS)


def links(*lines):
    found = road_links(squares(), roads(*lines))
    return list(zip(found["left"], found["right"], strict=True))


def test_a_road_links_those_it_leads_through_one_after_another():
    assert links(LineString([(10, 50), (290, 50)])) == [("a", "b"), ("b", "c")]


def test_a_road_that_stays_inside_links_nothing():
    assert links(LineString([(110, 10), (190, 90)])) == []
    assert links() == []


def test_a_pair_is_listed_once_whichever_way_roads_run():
    there, back = LineString([(50, 50), (150, 50)]), LineString([(150, 20), (50, 20)])
    assert links(there, back) == [("a", "b")]


def test_roads_split_at_the_border_link_as_one_road_does():
    assert links(LineString([(50, 50), (100, 50)]), LineString([(100, 50), (150, 50)])) == [("a", "b")]


def test_a_bridge_over_what_no_grid_covers_links_its_ends():
    assert links(LineString([(390, 50), (460, 50)])) == [("d", "e")]


def test_roads_that_do_not_meet_link_nothing():
    assert links(LineString([(50, 50), (99, 50)]), LineString([(101, 50), (150, 50)])) == []


def test_parts_of_a_road_are_walked_by_themselves():
    apart = MultiLineString([[(10, 50), (90, 50)], [(210, 50), (290, 50)]])
    assert links(apart, LineString()) == []


def test_null_shapes_and_roads_are_passed_over():
    shapes = gpd.GeoSeries({"a": box(0, 0, 100, 100), "none": None, "b": box(100, 0, 200, 100)}, crs=CRS)
    found = road_links(shapes, roads(LineString([(50, 50), (150, 50)]), None))
    assert found.to_numpy().tolist() == [["a", "b"]]


def test_other_coordinates_and_no_step_are_refused():
    line = roads(LineString([(0, 0), (1, 1)]))
    with pytest.raises(CrsError):
        road_links(squares(), line.set_crs("EPSG:4550", allow_override=True))
    with pytest.raises(SettingError, match="step_m"):
        road_links(squares(), line, step_m=0)
