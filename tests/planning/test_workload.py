"""The workload of grids: four squares known by heart, roads measured twice, and what must be refused."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from shapely.geometry import LineString, Polygon, box

from geo.errors import CrsError, SchemaError, SettingError
from planning.profile import DEFAULT_PROFILE, Profile
from planning.workload import grid_workload, known_factors, reported_calls, road_lengths

CRS = "EPSG:4549"


def squares(count=4, **columns):
    """A strip of squares of 1 km: a, b, c, d."""
    return gpd.GeoDataFrame(
        {"grid_id": list("abcdefgh"[:count]), **columns},
        geometry=[box(1000 * i, 0, 1000 * i + 1000, 1000) for i in range(count)],
        crs=CRS,
    )


def incidents(*rows):
    """Calls as grid, date, source, basis, count."""
    return pd.DataFrame(rows, columns=["grid_id", "date", "source", "basis", "count"])


def lines(*coordinates):
    return gpd.GeoDataFrame(
        {"road_id": [f"r{i}" for i in range(len(coordinates))]},
        geometry=[LineString(c) for c in coordinates],
        crs=CRS,
    )


def codes(notes):
    return [note.code for note in notes]


def test_workload_is_the_weighted_share_of_each_factor_in_thousandths():
    """Residents 1:2:3:4, venues all in b: 3/4 of 100..400 and 1/4 of 1000 to b."""
    grids = squares(residents=[10, 20, 30, 40], venues=[0, 5, 0, 0])
    work = grid_workload({"grids": grids}, Profile(weights={"residents": 3, "venues": 1}))
    assert work.total.tolist() == pytest.approx([75, 150 + 250, 225, 300])
    assert work.total.index.tolist() == list("abcd")
    assert work.total.index.name == "grid_id"
    assert work.profile.weights == {"residents": 0.75, "venues": 0.25}
    assert work.factors["venues"].tolist() == [0, 5, 0, 0]
    assert work.shares.sum().tolist() == pytest.approx([1, 1])
    assert work.notes == ()


def test_present_is_residents_and_floating_even_where_one_of_them_is_missing():
    grids = squares(residents=[10, None, 30, None], floating=[5, 7, None, None])
    work = grid_workload({"grids": grids}, Profile(weights={"present": 1}))
    assert work.factors["present"].tolist() == [15, 7, 30, 0]
    assert [(n.code, n.facts["count"]) for n in work.notes] == [
        ("factor_missing", 1),
        ("grids_without_work", 1),
    ]


def test_a_district_may_bring_a_derived_factor_ready_made():
    work = grid_workload({"grids": squares(present=[1, 1, 2, 0])}, Profile(weights={"present": 1}))
    assert work.total.tolist() == pytest.approx([250, 250, 500, 0])


def test_any_further_numeric_column_is_a_factor():
    work = grid_workload({"grids": squares(disputes=[1, 0, 0, 3])}, Profile(weights={"disputes": 2}))
    assert work.total.tolist() == pytest.approx([250, 0, 0, 750])


def test_patrol_finds_never_count_and_diverted_calls_leave():
    calls = incidents(
        ("a", "2026-01-01", "reported", "valid", 4),
        ("a", "2026-01-01", "reported", "non_police", 10),
        ("b", "2026-01-02", "reported", "invalid", 1),
        ("b", "2026-01-02", "patrol", "valid", 50),
        ("b", "2026-01-03", None, "valid", 3),
    )
    tables = {"grids": squares(), "incidents": calls}
    for diverted, expected in ((1.0, [4, 4, 0, 0]), (0.5, [9, 4, 0, 0]), (0.0, [14, 4, 0, 0])):
        work = grid_workload(tables, Profile(weights={"calls": 1}, diverted=diverted))
        assert work.factors["calls"].tolist() == pytest.approx(expected)


def test_calls_count_from_the_first_to_the_last_day_both_included():
    days = ("2025-12-31", "2026-01-01", "2026-01-31", "2026-02-01")
    calls = incidents(*((g, d, "reported", "valid", 1) for g, d in zip("abcd", days, strict=True)))
    profile = Profile(weights={"calls": 1}, first_day="2026-01-01", last_day="2026-01-31")
    work = grid_workload({"grids": squares(), "incidents": calls}, profile)
    assert work.factors["calls"].tolist() == [0, 1, 1, 0]


def test_calls_of_unknown_grids_are_left_out_and_told():
    calls = incidents(
        ("a", "2026-01-01", "reported", "valid", 4), ("x", "2026-01-01", "reported", "valid", 7)
    )
    work = grid_workload({"grids": squares(), "incidents": calls}, Profile(weights={"calls": 1}))
    assert work.factors["calls"].tolist() == [4, 0, 0, 0]
    assert ("calls_of_unknown_grids", 7) in [(n.code, n.facts.get("count")) for n in work.notes]


def test_calls_that_do_not_say_source_or_basis_all_count_and_it_is_said():
    bare = incidents(("a", "2026-01-01", "patrol", "", 4)).drop(columns="source")
    notes = []
    assert reported_calls(bare, notes=notes)["calls"].tolist() == [4]
    assert codes(notes) == ["calls_without_source", "calls_without_basis"]


def test_a_basis_that_holds_the_other_calls_again_is_not_added_to_them():
    calls = incidents(
        ("a", "2026-01-01", "reported", "接报", 10),
        ("a", "2026-01-01", "reported", "valid", 4),
        ("a", "2026-01-01", "reported", "non_police", 6),
    )
    notes = []
    assert reported_calls(calls, notes=notes)["calls"].sum() == 4
    assert [(n.code, n.facts["count"]) for n in notes] == [("calls_counted_twice", 10)]
    assert reported_calls(calls.iloc[:1], notes=notes)["calls"].sum() == 10


def test_roads_are_measured_inside_each_grid():
    roads = lines(
        [(500, 500), (2500, 500)],  # half of a, all of b, half of c
        [(3200, 100), (3700, 100)],  # inside d
        [(3500, 500), (5000, 500)],  # leaves the district
        [(0, 5000), (900, 5000)],  # outside
    )
    work = grid_workload({"grids": squares(), "roads": roads}, Profile(weights={"road_km": 1}))
    assert work.factors["road_km"].tolist() == pytest.approx([0.5, 1.0, 0.5, 0.5 + 0.5])


def test_a_road_along_a_border_counts_half_for_each_side():
    roads = lines(
        [(1000, 0), (1000, 1000)],  # between a and b
        [(1500, 500), (2000, 500), (2000, 1000)],  # inside b, then between b and c
        [(2100, 0), (2900, 0)],  # along the district's edge: nobody to share it with
    )
    lengths = road_lengths(squares(3).geometry, roads.geometry)
    assert lengths.tolist() == pytest.approx([500, 500 + 500 + 250, 250 + 800])


def test_road_lengths_agree_with_cutting_each_road_by_each_grid():
    rng = np.random.default_rng(3)
    cells = [box(x, y, x + 100, y + 100) for x in range(0, 500, 100) for y in range(0, 500, 100)]
    paths = [LineString(rng.uniform(-50, 550, (rng.integers(2, 6), 2))) for _ in range(60)]
    found = road_lengths(gpd.GeoSeries(cells, crs=CRS), gpd.GeoSeries([*paths, None], crs=CRS))
    brute = [sum(path.intersection(cell).length for path in paths) for cell in cells]
    assert found == pytest.approx(np.array(brute))


def test_a_grid_with_a_hole_leaves_its_roads_to_the_grid_in_the_hole():
    ring = Polygon(box(0, 0, 300, 300).exterior.coords, [box(100, 100, 200, 200).exterior.coords])
    grids = gpd.GeoSeries([ring, box(100, 100, 200, 200)], crs=CRS)
    roads = gpd.GeoSeries([LineString([(0, 150), (300, 150)])], crs=CRS)
    assert road_lengths(grids, roads).tolist() == pytest.approx([200, 100])


def test_area_is_in_square_kilometres_and_missing_shapes_count_as_none():
    grids = squares()
    grids.loc[1, "geometry"] = None
    work = grid_workload({"grids": grids}, Profile(weights={"area_km2": 1}))
    assert work.factors["area_km2"].tolist() == pytest.approx([1, 0, 1, 1])
    assert codes(work.notes) == ["factor_missing", "grids_without_work"]


def test_factors_without_data_are_left_out_and_the_other_weights_rescaled():
    grids = squares(residents=[1, 1, 1, 1], venues=[0, 0, None, 0])
    work = grid_workload({"grids": grids}, DEFAULT_PROFILE)
    left = [n.facts["column"] for n in work.notes if n.code == "factor_without_data"]
    assert left == ["calls", "rented", "venues", "key_units", "road_km"]
    assert work.profile.weights == pytest.approx({"present": 0.25 / 0.3, "area_km2": 0.05 / 0.3})


def test_the_default_gives_half_to_people_and_their_calls():
    weights = DEFAULT_PROFILE.weights
    assert sum(weights.values()) == pytest.approx(1)
    assert weights["present"] + weights["calls"] == pytest.approx(0.5)
    assert set(weights) <= set(known_factors(squares()))


def test_a_weight_of_nothing_leaves_the_factor_out_without_a_note():
    work = grid_workload(
        {"grids": squares(residents=[1, 2, 3, 4])}, Profile(weights={"residents": 1, "calls": 0})
    )
    assert list(work.factors) == ["residents"]
    assert work.notes == ()


def test_what_was_used_gives_the_same_workload_again():
    tables = {"grids": squares(residents=[1, 2, 3, 4], rented=[1, 0, 0, 9])}
    work = grid_workload(tables)
    again = grid_workload(tables, Profile.from_dict(json.loads(json.dumps(work.profile.to_dict()))))
    assert again.total.tolist() == pytest.approx(work.total.tolist())
    assert again.notes == ()


def test_every_value_that_cannot_be_work_is_listed_with_its_grid():
    grids = squares(residents=[-3, 2, 3, 4], floating=[9, 9, 9, 9], mark=[1.0, np.inf, 2.0, -0.5])
    with pytest.raises(SchemaError) as error:
        grid_workload({"grids": grids}, Profile(weights={"present": 1, "mark": 1}))
    assert error.value.code == "workload_values_wrong"
    found = {(r.facts["grid"], r.facts["column"], r.facts["value"]) for r in error.value.reasons}
    assert found == {("a", "residents", "-3"), ("b", "mark", "inf"), ("d", "mark", "-0.5")}


def test_a_text_among_numbers_is_a_fault_and_an_empty_cell_is_not():
    grids = squares(residents=["3", "many", "", None])
    with pytest.raises(SchemaError) as error:
        grid_workload({"grids": grids}, Profile(weights={"residents": 1}))
    assert [r.facts["value"] for r in error.value.reasons] == ["many"]


def test_negative_calls_are_refused_with_their_grid():
    calls = incidents(
        ("a", "2026-01-01", "reported", "valid", 9), ("b", "2026-01-01", "reported", "valid", -1)
    )
    with pytest.raises(SchemaError) as error:
        grid_workload({"grids": squares(), "incidents": calls}, Profile(weights={"calls": 1}))
    assert [r.facts["grid"] for r in error.value.reasons] == ["b"]


@pytest.mark.parametrize(
    ("tables", "weights", "code"),
    [
        ({}, {"residents": 1}, "workload_no_grids"),
        ({"grids": squares().iloc[:0]}, {"residents": 1}, "workload_no_grids"),
        ({"grids": squares(residents=[0, 0, 0, 0])}, {"residents": 1}, "workload_empty"),
        ({"grids": squares()}, {"residents": 1, "calls": 1}, "workload_empty"),
        ({"grids": squares()}, {"residnts": 1}, "factor_unknown"),
        ({"grids": squares(name=list("wxyz"))}, {"name": 1}, "factor_unknown"),  # no numbers
    ],
)
def test_what_no_workload_can_be_made_of_is_explained(tables, weights, code):
    with pytest.raises(SettingError) as error:
        grid_workload(tables, Profile(weights=weights))
    assert error.value.code == code


def test_an_unknown_factor_names_those_there_are():
    with pytest.raises(SettingError) as error:
        grid_workload({"grids": squares(disputes=[1, 2, 3, 4])}, Profile(weights={"x": 1}))
    assert {"present", "calls", "road_km", "area_km2", "residents", "disputes"} <= set(
        error.value.facts["known"].split(", ")
    )


def test_degrees_are_no_measure_of_area_or_roads():
    grids = squares().to_crs("EPSG:4490")
    for weights in ({"area_km2": 1}, {"road_km": 1}):
        with pytest.raises(CrsError):
            grid_workload({"grids": grids, "roads": lines([(0, 0), (9, 9)])}, Profile(weights=weights))


def test_inputs_are_left_alone():
    grids, roads = squares(residents=[1, None, 3, 4]), lines([(0, 500), (4000, 500)])
    calls = incidents(("a", "2026-01-01", "reported", "non_police", 4))
    before = grids.copy(), roads.copy(), calls.copy()
    grid_workload({"grids": grids, "roads": roads, "incidents": calls})
    for frame, old in zip((grids, roads, calls), before, strict=True):
        assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(old))


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.one_of(st.none(), st.integers(0, 9))), min_size=1, max_size=8
    ).filter(lambda rows: sum(a for a, _ in rows) > 0),
    st.floats(0, 10),
    st.randoms(use_true_random=False),
)
def test_workload_sums_to_a_thousand_and_does_not_hang_on_the_order_of_grids(rows, weight, random):
    grids = squares(len(rows), residents=[a for a, _ in rows], venues=[b for _, b in rows])
    profile = Profile(weights={"residents": 1, "venues": weight})
    total = grid_workload({"grids": grids}, profile).total
    assert total.sum() == pytest.approx(1000)
    assert (total >= 0).all()
    order = list(range(len(rows)))
    random.shuffle(order)
    shuffled = grid_workload({"grids": grids.iloc[order]}, profile).total
    assert shuffled.reindex(total.index).tolist() == pytest.approx(total.tolist())


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 4), st.integers(0, 6), st.integers(0, 4)).filter(
            lambda c: c[:2] != c[2:]
        ),
        min_size=1,
        max_size=6,
    )
)
def test_no_metre_of_road_inside_the_district_counts_twice_or_is_lost(coordinates):
    """Roads between lattice points of half a grid, many of them along borders, all inside."""
    grids = gpd.GeoSeries([box(x, y, x + 2, y + 2) for x in (0, 2, 4) for y in (0, 2)], crs=CRS)
    roads = gpd.GeoSeries([LineString([c[:2], c[2:]]) for c in coordinates], crs=CRS)
    assert road_lengths(grids, roads).sum() == pytest.approx(float(shapely.length(roads.array).sum()))
