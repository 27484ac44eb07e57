import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, box

from geo.adjacency import shared_borders
from geo.compactness import moment_of_inertia, outlines, polsby_popper, reock

CRS = "EPSG:4549"


def squares(columns, rows, side=100.0):
    shapes = {
        f"{i}{j}": box(side * i, side * j, side * i + side, side * j + side)
        for j in range(rows)
        for i in range(columns)
    }
    return gpd.GeoSeries(shapes, crs=CRS)


def outlined(shapes, groups):
    return outlines(shapes.area, shapes.length, shared_borders(shapes), groups)


def test_outline_of_a_group_leaves_out_the_borders_inside():
    """A ring of eight squares about a hole of one: 4 sides inside and 12 outside."""
    shapes = squares(3, 3)
    groups = pd.Series("ring", index=shapes.index)
    groups["11"] = "hole"
    result = outlined(shapes, groups)
    assert result.index.tolist() == ["hole", "ring"]
    assert result["area_m2"].tolist() == [10_000, 80_000]
    assert result["perimeter_m"].tolist() == [400, 1600]


def test_a_group_counts_as_its_union_would():
    shapes = squares(4, 4)
    groups = pd.Series(list("aabbaabbccddccdd"), index=shapes.index)
    result = outlined(shapes, groups)
    union = shapes.groupby(groups).apply(lambda s: shapely.union_all(s.array))
    assert np.allclose(result["perimeter_m"], union.map(lambda s: s.length))


def test_slivers_between_members_are_no_outline():
    shapes = gpd.GeoSeries({"a": box(0, 0, 100, 100), "b": box(100.2, 0, 200, 100)}, crs=CRS)
    result = outlined(shapes, pd.Series("z", index=shapes.index))
    assert result["perimeter_m"].iloc[0] == pytest.approx(600, abs=2)


def test_members_without_group_or_polygon_are_left_out():
    shapes = squares(2, 1)
    area = pd.Series({"00": 10_000.0, "10": 10_000.0, "none": np.nan})
    groups = pd.Series({"00": "z", "10": None, "none": "y"})
    result = outlines(area, shapes.length, shared_borders(shapes), groups)
    assert result.loc["z"].tolist() == [10_000, 400]
    assert result.loc["y"].isna().all()


def test_no_outline_is_shorter_than_a_circle():
    borders = pd.DataFrame({"left": ["a"], "right": ["b"], "length_m": [500.0]})
    each = pd.Series({"a": 100.0, "b": 100.0})
    result = outlines(each, 4 * each, borders, pd.Series("z", index=each.index))
    assert polsby_popper(result["area_m2"], result["perimeter_m"]).iloc[0] == pytest.approx(1.0)


def test_polsby_popper_of_a_square_a_circle_and_nothing():
    area = pd.Series({"square": 1.0, "circle": math.pi, "none": 0.0})
    perimeter = pd.Series({"square": 4.0, "circle": 2 * math.pi, "none": 0.0})
    result = polsby_popper(area, perimeter)
    assert result["square"] == pytest.approx(math.pi / 4)
    assert result["circle"] == pytest.approx(1.0)
    assert math.isnan(result["none"])


def test_reock_of_a_square_is_two_over_pi_however_it_is_made_up():
    shapes = squares(4, 4)
    groups = pd.Series("z", index=shapes.index)
    area = pd.Series({"z": 160_000.0})
    assert reock(area, shapes, groups)["z"] == pytest.approx(2 / math.pi)
    assert reock(area, shapes.convex_hull, groups)["z"] == pytest.approx(2 / math.pi)


def test_reock_takes_each_group_by_itself_and_knows_none_of_those_without_shapes():
    shapes = gpd.GeoSeries({"a": Point(0, 0).buffer(50, 64), "b": box(0, 0, 300, 100), "c": None}, crs=CRS)
    area = pd.Series({"y": 30_000.0, "x": shapes["a"].area, "w": 1.0})
    result = reock(area, shapes, pd.Series({"a": "x", "b": "y", "c": "w"}))
    assert result.index.tolist() == ["y", "x", "w"]
    assert result["x"] == pytest.approx(1.0, abs=1e-3)
    assert result["y"] == pytest.approx(30_000 / (math.pi * (100**2 + 300**2) / 4))
    assert math.isnan(result["w"])


def test_moment_of_inertia_by_hand():
    """Weights 1 and 3 at 0 and 4 m: centre at 3 m, 1·9 + 3·1 = 12. One alone has none."""
    points = pd.DataFrame({"x": [0.0, 4.0, 9.0, np.nan], "y": [0.0, 0.0, 1.0, 0.0]}, index=list("abcd"))
    weight = pd.Series([1.0, 3.0, 2.0, 5.0], index=list("abcd"))
    result = moment_of_inertia(points, weight, pd.Series(list("yyzy"), index=list("abcd")))
    assert result.to_dict() == {"y": pytest.approx(12.0), "z": 0.0}


def test_groups_without_weight_have_no_inertia():
    points = pd.DataFrame({"x": [0.0, 4.0], "y": [0.0, 1.0]})
    assert moment_of_inertia(points, pd.Series([0.0, 0.0]), pd.Series(["z", "z"])).tolist() == [0.0]


@given(st.lists(st.sampled_from("xyz"), min_size=9, max_size=9))
def test_every_measure_lies_between_nothing_and_a_circle(groups):
    shapes = squares(3, 3)
    groups = pd.Series(groups, index=shapes.index)
    result = outlined(shapes, groups)
    for value in (
        *polsby_popper(result["area_m2"], result["perimeter_m"]),
        *reock(result["area_m2"], shapes, groups),
    ):
        assert 0 < value <= 2 / math.pi + 0.2
    assert result["area_m2"].sum() == pytest.approx(90_000)
