import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import MultiPolygon, Polygon, box

from geo.coverage import dissolve_by, dissolved, gaps, invalid_reasons, overlaps, repaired

BOWTIE = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])


def layer(**shapes):
    return gpd.GeoSeries(shapes, crs="EPSG:4549")


def test_overlap_is_measured_once_per_pair():
    found = overlaps(layer(a=box(0, 0, 10, 10), b=box(8, 0, 20, 10), c=box(20, 0, 30, 10)))
    assert list(found["left"] + found["right"]) == ["ab"]
    assert found["area_m2"].iloc[0] == pytest.approx(20)
    assert found.geometry.iloc[0].area == pytest.approx(20)


def test_three_on_top_of_each_other_are_three_overlaps():
    square = box(0, 0, 10, 10)
    assert len(overlaps(layer(a=square, b=square, c=square))) == 3


def test_hole_between_polygons_is_a_gap_and_a_bay_is_not():
    frame = box(0, 0, 30, 30).difference(box(10, 10, 20, 20)).difference(box(25, 0, 27, 20))
    found = gaps(layer(a=frame))
    assert found["area_m2"].tolist() == [pytest.approx(100)]
    assert found["width_m"].iloc[0] == pytest.approx(5)


def test_clean_layer_has_no_faults():
    clean = layer(a=box(0, 0, 10, 10), b=box(10, 0, 20, 10))
    assert gaps(clean).empty
    assert overlaps(clean).empty
    assert invalid_reasons(clean).empty


def test_invalid_ring_is_named_with_its_reason():
    assert "Self-intersection" in invalid_reasons(layer(a=BOWTIE, b=box(0, 0, 1, 1), c=None))["a"]


def test_union_of_matching_and_of_crossing_polygons_is_whole():
    assert dissolved(layer(a=box(0, 0, 10, 10), b=box(10, 0, 20, 10))).area == pytest.approx(200)
    assert dissolved(layer(a=box(0, 0, 10, 10), b=box(9, 0, 20, 10))).area == pytest.approx(200)
    assert dissolved(layer(a=BOWTIE)).area == pytest.approx(50)
    assert dissolved(layer(a=None)).is_empty


def test_groups_are_united_in_sorted_order_and_strangers_left_out():
    squares = layer(a=box(0, 0, 10, 10), b=box(10, 0, 20, 10), c=box(20, 0, 30, 10), d=None)
    groups = pd.Series({"a": "z2", "b": "z2", "c": "z1", "d": "z3"}, name="zone_id")
    united = dissolve_by(squares, groups)
    assert list(united.index) == ["z1", "z2"]
    assert united["z2"].area == pytest.approx(200)
    assert united.index.name == "zone_id"


SPIKE = Polygon([(0, 0), (100, 0), (100, 100), (100, 200), (100, 100), (0, 100)])
TWICE = MultiPolygon([box(0, 0, 100, 60), box(0, 40, 100, 100)])
LINE = Polygon([(0, 0), (100, 0), (100, 0), (0, 0)])


@pytest.mark.parametrize(
    ("shape", "area"),
    [
        (SPIKE, 10_000),  # a line sticks out
        (TWICE, 10_000),  # parts lie on top of each other
        (BOWTIE, 50),
        (LINE, 0),  # no area at all
    ],
)
def test_whatever_is_drawn_is_repaired_to_polygons(shape, area):
    whole = repaired(np.array([shape, None], dtype=object))
    assert whole[0].geom_type in ("Polygon", "MultiPolygon")
    assert whole[0].area == pytest.approx(area)
    assert whole[1] is None
    beside = box(100, 0, 200, 100)
    both = layer(a=shape, b=beside)
    assert dissolved(both).area == pytest.approx(area + 10_000)
    united = dissolve_by(both, pd.Series({"a": "z1", "b": "z1"}, name="zone_id"))
    assert united["z1"].area == pytest.approx(area + 10_000)
    doubled = overlaps(layer(a=shape, b=box(0, 0, 200, 200)))
    assert doubled["area_m2"].sum() == pytest.approx(area)
    assert gaps(both).empty
