"""Calls into counts: nothing lost unsaid, nothing counted twice, the same in batches as at once."""

import time
from unittest import mock

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, box

from data import incidents
from data.incidents import (
    MOST_CATEGORIES,
    Gathered,
    GridFinder,
    Left,
    category_faults,
    counted,
    merge_tallies,
    tally,
)
from data.schemas import validate
from geo.errors import CrsError

CRS = 4549


def grids():
    """Four cells of 100 m, b2 in two parts, one grid without a shape; rows in no order.

    a2 | b2
    ---+---   b2 also far away, at (1000, 1000)
    a1 | b1
    """
    shapes = {
        "b1": box(100, 0, 200, 100),
        "a1": box(0, 0, 100, 100),
        "b2": MultiPolygon([box(100, 100, 200, 200), box(1000, 1000, 1100, 1100)]),
        "a2": box(0, 100, 100, 200),
        "c9": None,
    }
    return gpd.GeoDataFrame({"grid_id": list(shapes)}, geometry=list(shapes.values()), crs=CRS)


def points(*places):
    return gpd.GeoSeries([None if place is None else Point(place) for place in places], crs=CRS)


def calls(places, **columns):
    return gpd.GeoDataFrame(columns, geometry=points(*places), crs=CRS)


@pytest.mark.parametrize(
    ("place", "grid"),
    [
        ((50, 50), "a1"),
        ((150, 150), "b2"),
        ((1050, 1050), "b2"),
        ((100, 50), "a1"),  # on the border of a1 and b1
        ((100, 100), "a1"),  # where four meet
        ((100, 150), "a2"),
        ((200, 0), "b1"),  # a corner of the district
        ((201, 0), None),
        ((500, 500), None),  # inside the box around b2's two parts
        (None, None),
        ((np.nan, np.nan), None),
    ],
)
def test_a_point_is_in_the_first_of_its_grids(place, grid):
    found = GridFinder(grids()).find(points(place))[0]
    assert found == grid if grid else pd.isna(found)


def test_points_keep_their_index_and_may_be_none_at_all():
    series = points((50, 50), (150, 50))
    series.index = [8, 3]
    assert GridFinder(grids()).find(series).to_dict() == {8: "a1", 3: "b1"}
    assert GridFinder(grids()).find(points()).empty


def test_points_in_another_crs_are_refused():
    finder = GridFinder(grids())
    with pytest.raises(CrsError, match="crs_not_metric"):
        finder.find(points((50, 50)).set_crs(4326, allow_override=True))
    with pytest.raises(CrsError, match="crs_differ"):
        finder.find(points((50, 50)).set_crs(4548, allow_override=True))


@given(st.lists(st.tuples(st.integers(-1, 5), st.integers(-1, 5)), min_size=1, max_size=20))
def test_finding_agrees_with_asking_every_grid(places):
    scaled = [(50 * x, 50 * y) for x, y in places]
    layer = grids().dropna(subset="geometry").sort_values("grid_id")
    expected = [
        next((row.grid_id for row in layer.itertuples() if row.geometry.intersects(Point(place))), None)
        for place in scaled
    ]
    found = GridFinder(grids()).find(points(*scaled))
    assert [None if pd.isna(grid) else grid for grid in found] == expected


def test_calls_become_counts_that_suit_the_schema():
    batch = calls(
        [(50, 50), (60, 60), (50, 50), (150, 50)],
        time=["2026-01-05 13:20", "2026-01-05 13:59", "2026-01-05 14:00", "2026-01-06 02:00"],
        category=["theft", "theft ", "theft", ""],
        source=["reported", "reported", "reported", "patrol"],
    )
    tallied, left = counted(batch, GridFinder(grids()))
    validate(tallied, "incidents")
    assert tallied.fillna("").to_dict("list") == {
        "grid_id": ["a1", "a1", "b1"],
        "date": ["2026-01-05", "2026-01-05", "2026-01-06"],
        "hour": [13, 14, 2],
        "category": ["theft", "theft", ""],
        "source": ["reported", "reported", "patrol"],
        "count": [2, 1, 1],
    }
    assert left == Left()
    assert left.reasons() == ()


def test_every_row_that_is_lost_is_told_once():
    batch = calls(
        [(50, 50), (999, 0), None, (50, 50), (50, 50), (50, 50), None, (999, 0), (np.nan, 1)],
        date=["2026-01-05", "2026-01-05", "2026-01-05", "", "1/5/2026", "2026-01-05", "", "x", "2026-01-05"],
        count=["3", "1", "1", "1", "1", "-2", "x", "1", "1"],
    )
    tallied, left = counted(batch, GridFinder(grids()))
    assert tallied["count"].tolist() == [3]
    assert left == Left(
        incidents_outside=2,
        incidents_without_place=3,
        incidents_without_date=1,
        dates_ambiguous=1,
        incidents_without_count=1,
    )
    assert left.rows + 1 == len(batch)
    assert {reason.code: reason.facts["count"] for reason in left.reasons()} == {
        "incidents_outside": 2,
        "incidents_without_place": 3,
        "incidents_without_date": 1,
        "dates_ambiguous": 1,
        "incidents_without_count": 1,
    }


def test_rows_with_a_grid_need_no_point():
    table = pd.DataFrame(
        {
            "grid_id": ["a1", " b1 ", "zz", ""],
            "date": ["2026-01-05"] * 4,
            "hour": ["13", "14时", "1", "1"],
            "count": ["2", "3", "1", "1"],
        }
    )
    tallied, left = counted(table, GridFinder(grids()))
    assert tallied["grid_id"].tolist() == ["a1", "b1"]
    assert tallied["hour"].tolist() == [13, 14]
    assert tallied["count"].tolist() == [2, 3]
    assert left == Left(incidents_grid_unknown=1, incidents_without_place=1)
    # Without grids that are loaded, every grid that is stated is taken.
    assert counted(table)[0]["grid_id"].tolist() == ["a1", "b1", "zz"]


def test_a_stated_grid_comes_before_the_point_and_c9_without_a_shape_is_known():
    batch = calls([(50, 50), (50, 50)], grid_id=["c9", ""], date=["2026-01-05"] * 2)
    tallied, left = counted(batch, GridFinder(grids()))
    assert tallied["grid_id"].tolist() == ["a1", "c9"]
    assert left == Left()


def test_days_without_hours_have_no_column_of_hours():
    tallied, _ = counted(calls([(50, 50)], date=["2026-01-05"]), GridFinder(grids()))
    assert list(tallied) == ["grid_id", "date", "count"]
    validate(tallied, "incidents")


def test_merging_keeps_what_only_one_batch_knows():
    finder = GridFinder(grids())
    hours, _ = counted(calls([(50, 50)], time=["2026-01-05 13:20"]), finder)
    days, _ = counted(calls([(50, 50), (50, 50)], date=["2026-01-05"] * 2), finder)
    merged = merge_tallies(hours, days)
    assert merged["count"].tolist() == [1, 2]
    assert merged["hour"].isna().tolist() == [False, True]
    validate(merged, "incidents")
    nothing, _ = counted(calls([(999, 0)], date=["2026-01-05"]), finder)
    assert merge_tallies(nothing, days)["count"].sum() == 2
    assert merge_tallies(nothing, nothing).empty


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a1", "b1", "zz", ""]),
        st.sampled_from(["2026-01-05", "2026-01-06 07:00", "2026-01-06 08:30", "?"]),
        st.sampled_from(["theft", "fire", ""]),
    ),
    min_size=1,
    max_size=30,
)


@given(ROWS, st.integers(1, 30))
@settings(deadline=None, max_examples=40)
def test_batches_add_up_to_the_whole(rows, size):
    table = pd.DataFrame(rows, columns=["grid_id", "time", "category"])
    finder = GridFinder(grids())
    whole, left = counted(table, finder)
    assert whole["count"].sum() + left.rows == len(table)
    parts = [counted(table.iloc[at : at + size], finder) for at in range(0, len(table), size)]
    merged, lost = parts[0]
    for tallied, more in parts[1:]:
        merged, lost = merge_tallies(merged, tallied), lost + more
    assert lost == left
    with mock.patch.object(incidents, "_WAITING_AT_LEAST", 3):
        gathered = Gathered()
        for tallied, _ in parts:
            gathered.add(tallied)
    pd.testing.assert_frame_equal(gathered.summed(), merged)
    pd.testing.assert_frame_equal(merged, whole, check_like=True)
    brute = {}
    for grid, when, category in rows:
        if grid in ("a1", "b1") and when != "?":
            hour = int(when[11:13]) if len(when) > 10 else None
            brute[grid, when[:10], hour, category] = brute.get((grid, when[:10], hour, category), 0) + 1
    assert sorted(brute.values()) == sorted(whole["count"])


def test_tally_sums_counts_and_counts_rows_without_them():
    rows = pd.DataFrame(
        {"grid_id": ["a", "a", "b"], "date": ["2026-01-05"] * 3, "category": ["x", "x", None]}
    )
    assert tally(rows)["count"].tolist() == [2, 1]
    assert tally(rows.assign(count=[5, 0, 7]))["count"].tolist() == [5, 7]
    assert list(rows) == ["grid_id", "date", "category"]


def test_free_text_is_not_taken_for_a_category():
    rows = pd.DataFrame({"category": [f"type {n}" for n in range(MOST_CATEGORIES)]})
    assert category_faults(rows) == ()
    more = pd.concat([rows, pd.DataFrame({"category": ["one more"]})])
    assert [(r.code, r.facts["count"]) for r in category_faults(more)] == [("categories_many", 201)]
    assert category_faults(pd.DataFrame({"count": [1]})) == ()


def test_real_calls_are_counted_by_tract(real_data):
    """50,000 calls of Chicago; 266 have no coordinates, 149 lie in no tract (COMPUTED with sjoin)."""
    folder = real_data / "police/chicago"
    rows = pd.read_csv(folder / "incidents_2019_sample50k.csv.gz", dtype=str, keep_default_na=False)
    tracts = gpd.read_file(folder / "census_tracts_2010.gpkg").rename(columns={"geoid10": "grid_id"})
    tracts = tracts.to_crs(32616)
    lon, lat = (pd.to_numeric(rows[name], errors="coerce") for name in ("longitude", "latitude"))
    places = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=4326).to_crs(32616)
    named = rows[["date", "hour", "primary_type"]].rename(columns={"primary_type": "category"})
    batch = gpd.GeoDataFrame(named, geometry=places)
    start = time.perf_counter()
    tallied, left = counted(batch, GridFinder(tracts))
    assert time.perf_counter() - start < 3  # 0.12 s on two cores
    validate(tallied, "incidents")
    assert tallied["count"].sum() + left.rows == 50_000
    assert left == Left(incidents_outside=149, incidents_without_place=266)
    joined = gpd.sjoin(gpd.GeoDataFrame(geometry=places), tracts, predicate="intersects")
    first = joined.groupby(level=0)["grid_id"].min().value_counts()
    by_tract = tallied.groupby("grid_id")["count"].sum()
    assert by_tract.sort_index().to_dict() == first.sort_index().to_dict()
