"""Who follows whom between two editions of a layer, and what becomes of plans: squares known by heart."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import box

from data.successions import completed, kinds_of, succession_faults, whole_successors
from geo.coverage import dissolve_by
from geo.errors import SettingError
from planning.succession import (
    SuccessionParams,
    carry_over,
    carry_zones,
    guess_succession,
    measured,
    plain_name,
)

CRS = "EPSG:4549"


def strip(**cells):
    """Squares of 100 m height, id=(from, to) in hundreds of metres along a strip."""
    return gpd.GeoDataFrame(
        {"grid_id": list(cells)},
        geometry=[box(100 * a, 0, 100 * b, 100) for a, b in cells.values()],
        crs=CRS,
    )


def guess(old, new, **params):
    return guess_succession(old, new, key="grid_id", params=SuccessionParams(**params))


def told(rows, *columns):
    return [tuple(row) for row in rows[["old_id", "new_id", *columns]].to_numpy()]


OLD = strip(a=(0, 1), b=(1, 2), c=(2, 3), d=(3, 4))


def test_nothing_changed_is_the_same_and_sure():
    rows = guess(OLD, OLD)
    assert told(rows, "kind", "why", "check") == [(i, i, "same", "overlap_id", False) for i in "abcd"]
    assert (rows[["share_old", "share_new"]] == 1).all(axis=None)


def test_two_that_were_merged():
    rows = guess(OLD, strip(a=(0, 2), c=(2, 3), d=(3, 4)))
    assert told(rows, "share_old", "share_new", "kind")[:2] == [
        ("a", "a", 1, 0.5, "merged"),
        ("b", "a", 1, 0.5, "merged"),
    ]
    assert rows["kind"].tolist()[2:] == ["same", "same"]
    assert not rows["check"].any()


def test_one_that_was_split():
    rows = guess(OLD, strip(a1=(0, 0.25), a2=(0.25, 1), b=(1, 2), c=(2, 3), d=(3, 4)))
    assert told(rows, "share_old", "share_new", "kind")[:2] == [
        ("a", "a1", 0.25, 1, "split"),
        ("a", "a2", 0.75, 1, "split"),
    ]
    assert rows["kind"].tolist()[2:] == ["same"] * 3


def test_grids_that_were_cut_anew_are_one_recut_and_want_a_look():
    rows = guess(OLD, strip(x=(0, 1.5), y=(1.5, 2), c=(2, 3), d=(3, 4)))
    assert told(rows, "share_old", "kind", "check") == [
        ("a", "x", 1, "recut", True),
        ("b", "x", 0.5, "recut", True),
        ("b", "y", 0.5, "recut", True),
        ("c", "c", 1, "same", False),
        ("d", "d", 1, "same", False),
    ]


def test_other_code_for_the_same_place_is_a_renaming():
    rows = guess(OLD, strip(a=(0, 1), b=(1, 2), c=(2, 3), e=(3, 4)))
    assert told(rows, "kind", "why", "check")[-1] == ("d", "e", "renamed", "overlap", False)


def test_places_that_ended_and_began():
    rows = guess(OLD, strip(a=(0, 1), b=(1, 2), c=(2, 3), e=(9, 10)))
    assert told(rows, "kind", "why", "check")[-2:] == [
        ("d", "", "ended", "no_match", True),
        ("", "e", "new", "no_match", True),
    ]


@pytest.mark.parametrize(("dx", "dy"), [(2, 0), (2, 2), (-2, 1.5)])
def test_two_metres_of_digitising_noise_change_nothing(dx, dy):
    old = gpd.GeoDataFrame(
        {"grid_id": [f"{i}{j}" for i in range(3) for j in range(3)]},
        geometry=[box(100 * i, 100 * j, 100 * i + 100, 100 * j + 100) for i in range(3) for j in range(3)],
        crs=CRS,
    )
    rows = guess(old, old.set_geometry(old.translate(dx, dy)))
    assert told(rows, "kind", "check") == [(i, i, "same", False) for i in old["grid_id"]]
    assert (rows[["share_old", "share_new"]] == 1).all(axis=None)


def test_land_that_really_goes_elsewhere_is_told():
    """A tenth of `a` goes to `b`: more than noise."""
    rows = guess(OLD, strip(a=(0, 0.9), b=(0.9, 2), c=(2, 3), d=(3, 4)))
    assert told(rows, "share_old", "kind")[:3] == [
        ("a", "a", 0.9, "recut"),
        ("a", "b", 0.1, "recut"),
        ("b", "b", 1, "recut"),
    ]


def test_small_place_that_goes_into_a_large_one_is_no_sliver():
    rows = guess(strip(a=(0, 0.02), b=(0.02, 1)), strip(b=(0, 1)))
    assert told(rows, "share_old", "share_new", "kind") == [
        ("a", "b", 1, 0.02, "merged"),
        ("b", "b", 1, 0.98, "merged"),
    ]


def test_where_codes_were_swapped_the_shapes_win_and_it_is_said():
    rows = guess(OLD, strip(b=(0, 1), a=(1, 2), c=(2, 3), d=(3, 4)))
    assert told(rows, "kind", "why", "check")[:2] == [
        ("a", "b", "renamed", "id_moved", True),
        ("b", "a", "renamed", "id_moved", True),
    ]


def test_code_given_to_a_place_elsewhere_is_said_on_both_sides():
    rows = guess(OLD, strip(a=(0, 1), b=(1, 2), c=(2, 3), d=(7, 8)))
    assert told(rows, "kind", "why")[-2:] == [("d", "", "ended", "id_moved"), ("", "d", "new", "id_moved")]


def test_names_confirm_shapes():
    old = OLD.assign(name=["东村", "西村", "南村", "北村"])
    new = strip(a=(0, 1), b=(1, 2), c=(2, 3), e=(3, 4)).assign(name=["东村", "西村", "南村", "北村村委会"])
    assert guess(old, new)["why"].tolist() == ["overlap_id"] * 3 + ["overlap_name"]


def test_tables_without_shapes_go_by_ids_then_by_names():
    old = pd.DataFrame({"grid_id": ["1", "2", "3", "4"], "name": ["东村", "幸福村", "西 村", "老村"]})
    new = pd.DataFrame({"grid_id": ["1", "12", "13", "14"], "name": ["东村", "幸福社区", "西村", "新村"]})
    rows = guess(old, new)
    assert told(rows, "kind", "why", "check") == [
        ("1", "1", "same", "id", False),
        ("2", "12", "renamed", "name", True),
        ("3", "13", "renamed", "name", True),
        ("4", "", "ended", "no_match", True),
        ("", "14", "new", "no_match", True),
    ]
    assert rows["share_old"].isna().all()


def test_names_that_are_not_unique_tell_nothing():
    old = pd.DataFrame({"grid_id": ["1", "2"], "name": ["第一网格", "第一网格"]})
    new = pd.DataFrame({"grid_id": ["8", "9"], "name": ["第一网格", "第一网格"]})
    assert guess(old, new)["kind"].tolist() == ["ended", "ended", "new", "new"]


def test_same_id_under_another_name_wants_a_look():
    old = pd.DataFrame({"grid_id": ["1"], "name": ["东村"]})
    assert guess(old, old.assign(name="西村"))["check"].tolist() == [True]


def test_row_without_a_shape_is_matched_by_its_id_beside_those_that_have_one():
    new = OLD.copy()
    new.loc[3, "geometry"] = None
    assert told(guess(OLD, new), "kind", "why")[-1] == ("d", "d", "same", "id")


def test_layers_may_be_empty_and_stay_as_they_are():
    old, before = OLD.copy(), OLD.copy()
    rows = guess(old, OLD.iloc[:0])
    assert rows["kind"].tolist() == ["ended"] * 4
    assert guess(OLD.iloc[:0], OLD.iloc[:0]).empty
    assert_geodataframe_equal(old, before)


@pytest.mark.parametrize("wrong", [{"least_share": 0.5}, {"least_share": -0.1}, {"sure_share": 0.5}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(SettingError, match="setting_wrong"):
        SuccessionParams(**wrong)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("幸福 村", "幸福村"),
        ("幸福村村民委员会", "幸福村"),
        ("ＡＢ－１", "ab1"),
        (None, ""),
        (float("nan"), ""),
    ],
)
def test_names_are_compared_without_what_does_not_matter(name, plain):
    assert plain_name(name) == plain


cuts = st.lists(st.integers(1, 39), min_size=1, max_size=6, unique=True).map(sorted)


def cut_strip(at, prefix):
    ends = [0, *at, 40]
    return gpd.GeoDataFrame(
        {"grid_id": [f"{prefix}{k}" for k in range(len(ends) - 1)]},
        geometry=[box(10 * a, 0, 10 * b, 50) for a, b in zip(ends, ends[1:], strict=False)],
        crs=CRS,
    )


@settings(max_examples=40, deadline=None)
@given(cuts, cuts)
def test_every_place_is_told_once_for_all_and_shares_of_a_strip_sum_to_one(old_cuts, new_cuts):
    old, new = cut_strip(old_cuts, "o"), cut_strip(new_cuts, "n")
    rows = guess(old, new, least_share=0.0)
    assert set(rows["old_id"]) == set(old["grid_id"])
    assert set(rows["new_id"]) == set(new["grid_id"])
    np.testing.assert_allclose(rows.groupby("old_id")["share_old"].sum(), 1, atol=1e-5)
    np.testing.assert_allclose(rows.groupby("new_id")["share_new"].sum(), 1, atol=1e-5)
    assert succession_faults(rows, old_ids=old["grid_id"], new_ids=new["grid_id"]) == ()
    # One to one is what no other row touches: by hand, row by row.
    for row in rows.to_dict("records"):
        single = (rows["old_id"] == row["old_id"]).sum() == 1 and (rows["new_id"] == row["new_id"]).sum() == 1
        assert (row["kind"] in ("same", "renamed")) == single


def test_kinds_come_from_what_hangs_together():
    pairs = [("a", "a"), ("b", "x"), ("c", "y"), ("d", "y"), ("e", "e"), ("e", "f"), ("g", ""), ("", "h")]
    pairs += [("p", "q"), ("p", "r"), ("s", "r")]
    rows = pd.DataFrame(pairs, columns=["old_id", "new_id"])
    assert kinds_of(rows).tolist() == [
        *("same", "renamed", "merged", "merged", "split", "split", "ended", "new"),
        *("recut", "recut", "recut"),
    ]


def test_table_of_changes_alone_is_completed():
    rows = pd.DataFrame({"old_id": ["b"], "new_id": ["a"]})
    table = completed(rows, old_ids=["a", "b", "c"], new_ids=["a", "c", "n"])
    assert told(table, "kind") == [
        ("b", "a", "merged"),
        ("a", "a", "merged"),
        ("c", "c", "same"),
        ("", "n", "new"),
    ]


def test_faults_of_a_code_table_are_all_listed():
    rows = pd.DataFrame(
        {
            "old_id": ["a", "a", "b", "", None, "zz", "c", "", "c"],
            "new_id": ["x", "x", "y", "y", " ", "x", "nn", "x", None],
            "share_old": [1.2, None, 1, None, None, None, None, None, None],
        }
    )
    found = succession_faults(rows, old_ids=["a", "b", "c", "d"], new_ids=["x", "y"])
    assert [(r.code, *r.facts.values()) for r in found] == [
        ("succession_blank", 5),
        ("succession_unknown_id", "old_id", "zz"),
        ("succession_unknown_id", "new_id", "nn"),
        ("succession_twice", "a", "x"),
        ("succession_ended_too", "c"),
        ("succession_new_too", "x"),
        ("succession_new_too", "y"),
        ("succession_share_wrong", 1, "share_old", 1.2),
        ("succession_incomplete", "d"),
    ]


def test_only_places_that_are_wholly_in_one_other_are_followed():
    rows = guess(OLD, strip(x=(0, 2), c1=(2, 2.5), c2=(2.5, 3), d=(3, 4)))
    assert whole_successors(rows).to_dict() == {"a": "x", "b": "x", "d": "d"}


def plan(**zones):
    return pd.Series(zones, name="zone_id", dtype="str").rename_axis("grid_id")


def test_new_grid_goes_to_the_zone_that_held_most_of_it():
    rows = guess(OLD, strip(x=(0, 1.4), y=(1.4, 3), d=(3, 4)))
    carried = carry_over(plan(a="z2", b="z1", c="z1", d="z3"), rows)
    assert carried.assignment.to_dict() == {"x": "z2", "y": "z1", "d": "z3"}
    assert carried.grids_left == ()
    assert carried.zones_left == ()


def test_zone_counts_with_all_its_old_grids_together():
    """x is half of a, 30 % b and 20 % c as drawn; b and c are of one zone, and so are as much as a."""
    rows = guess(strip(a=(0, 0.4), b=(0.4, 0.7), c=(0.7, 1)), strip(x=(0, 1)))
    assert carry_over(plan(a="z1", b="z2", c="z2"), rows).assignment.to_dict() == {"x": "z2"}


def test_equal_parts_go_to_the_zone_whose_id_comes_first():
    rows = guess(OLD, strip(x=(0, 2), c=(2, 3), d=(3, 4)))
    assert carry_over(plan(a="z9", b="z1", c="z1", d="z1"), rows).assignment["x"] == "z1"


def test_grids_without_a_predecessor_and_zones_without_a_grid_are_listed():
    rows = guess(OLD, strip(x=(0, 2), c=(2, 3), n=(8, 9)))
    carried = carry_over(plan(a="z1", b="z1", c="z2", d="z3"), rows)
    assert carried.assignment.to_dict() == {"x": "z1", "c": "z2"}
    assert carried.grids_left == ("n",)
    assert carried.zones_left == ("z3",)


def test_plan_under_new_zone_codes_follows_whole_zones_and_leaves_divided_ones():
    rows = completed(
        pd.DataFrame({"old_id": ["z1", "z2", "z3", "z3"], "new_id": ["y1", "y1", "y3", "y4"]}),
        old_ids=["z1", "z2", "z3"],
        new_ids=["y1", "y3", "y4"],
    )
    carried = carry_zones(plan(a="z1", b="z2", c="z3"), rows)
    assert carried.assignment.to_dict() == {"a": "y1", "b": "y1"}
    assert (carried.grids_left, carried.zones_left) == (("c",), ("z3",))


def test_shares_of_a_code_table_made_by_hand_are_measured():
    new = strip(x=(0, 2), c1=(2, 2.25), c2=(2.25, 3), d=(3, 4))
    rows = completed(
        pd.DataFrame({"old_id": ["a", "b", "c", "c"], "new_id": ["x", "x", "c1", "c2"]}),
        old_ids=OLD["grid_id"],
        new_ids=new["grid_id"],
    )
    shares = measured(rows, OLD, new, key="grid_id")
    assert shares["share_new"].tolist() == [0.5, 0.5, 1, 1, 1]
    assert shares["share_old"].fillna(-1).tolist() == [-1, -1, 0.25, 0.75, -1]


def test_chicagos_district_13_went_whole_into_12_and_nothing_else_moved(real_data):
    folder = real_data / "police/chicago"
    before = gpd.read_file(folder / "districts_before_dec2012_shp").to_crs(32616)
    since = gpd.read_file(folder / "districts_since_dec2012.gpkg").to_crs(32616)
    old, new = (
        dissolve_by(layer.geometry, layer[column].astype(str))
        .rename_axis("station_id")
        .rename("geometry")
        .reset_index()
        for layer, column in ((before, "DIST_NUM"), (since, "dist_num"))
    )
    rows = guess_succession(old, new, key="station_id")
    changed = rows[rows["kind"] != "same"]
    assert told(changed, "kind", "share_old") == [("12", "12", "merged", 1), ("13", "12", "merged", 1)]
    assert changed["share_new"].sum() == pytest.approx(1, abs=0.01)
    assert len(rows) == len(old)


def test_places_turned_about_are_as_good_as_others():
    old = OLD.set_geometry([affinity.rotate(shape, 30, origin=(0, 0)) for shape in OLD.geometry])
    assert guess(old, old)["kind"].tolist() == ["same"] * 4
