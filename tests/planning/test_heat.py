"""Hours by weekdays of reported calls, and stops proposed where they are many and visits few."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, box

from geo.errors import SettingError
from planning.heat import HeatParams, heat_table
from planning.hot_spots import hot_spots, smoothed

# Two weeks and a Monday: 2026-10-05 is a Monday.
FIRST, LAST = "2026-10-05", "2026-10-19"
PERIOD = {"first_day": FIRST, "last_day": LAST}


def calls(*rows, **columns):
    frame = pd.DataFrame(rows, columns=["grid_id", "date", "hour", "count"])
    return frame.assign(**{"source": "reported", **columns})


def district(incidents, **more):
    grids = gpd.GeoDataFrame(
        {
            "grid_id": ["g1", "g2", "g3"],
            "name": ["甲一", "甲二", None],
            "village_id": ["v1", "v1", "v2"],
            "station_id": ["s1", "s1", "s2"],
        },
        geometry=[box(i, 0, i + 1, 1) for i in range(3)],
        crs="EPSG:4549",
    )
    return {"grids": grids, "incidents": incidents, **more}


def test_rates_are_calls_per_weekday_of_the_period():
    incidents = calls(("g1", "2026-10-05", 21, 2), ("g2", "2026-10-12", 21, 4), ("g3", "2026-10-06", 8, 3))
    heat = heat_table(district(incidents), HeatParams(by="station", **PERIOD))
    # Three Mondays, two of each other day.
    assert heat.days == (3, 2, 2, 2, 2, 2, 2)
    assert heat.weeks == pytest.approx(15 / 7)
    assert heat.places == ["s1", "s2"]
    table = heat.table("s1")
    assert table.shape == (24, 7)
    assert table.at[21, 1] == 2.0
    assert table.to_numpy().sum() == 2.0
    assert heat.table("s2").at[8, 2] == 1.5
    assert heat.table().at[21, 1] == 2.0
    assert heat.table("s1", value="calls").at[21, 1] == 6


def test_what_patrols_found_is_never_counted():
    incidents = pd.concat(
        [
            calls(("g1", "2026-10-05", 21, 1)),
            calls(("g1", "2026-10-05", 21, 100), source="patrol"),
            calls(("g2", "2026-10-05", 3, 100), source="patrol"),
        ]
    )
    assert heat_table(district(incidents), HeatParams(by="grid", **PERIOD)).cells["calls"].tolist() == [1.0]
    proposed = hot_spots(district(incidents), HeatParams(**PERIOD))
    assert proposed.why[["place", "calls"]].to_numpy().tolist() == [["g1", 1]]


def test_false_alarms_and_other_kinds_are_left_out():
    incidents = pd.concat(
        [
            calls(("g1", "2026-10-05", 21, 1), basis="valid", category="theft"),
            calls(("g1", "2026-10-05", 21, 5), basis="invalid", category="theft"),
            calls(("g1", "2026-10-05", 21, 7), basis="valid", category="help"),
        ]
    )
    assert heat_table(district(incidents), HeatParams(**PERIOD)).cells["calls"].tolist() == [8.0]
    theft = HeatParams(categories=("theft",), **PERIOD)
    assert heat_table(district(incidents), theft).cells["calls"].tolist() == [1.0]


def test_thin_cells_are_told():
    incidents = calls(("g1", "2026-10-05", 21, 4), ("g1", "2026-10-06", 21, 5))
    heat = heat_table(district(incidents), HeatParams(least_calls=5, **PERIOD))
    assert heat.cells["thin"].tolist() == [True, False]
    thin = heat.table("s1", value="thin")
    assert thin.at[21, 1]
    assert not thin.at[21, 2]
    assert thin.to_numpy().sum() == 24 * 7 - 1


@pytest.mark.parametrize(
    ("by", "places"),
    [
        ("district", {"district": 6.0}),
        ("station", {"s1": 3.0, "s2": 3.0}),
        ("village", {"v1": 3.0, "v2": 3.0}),
        ("grid", {"g1": 1.0, "g2": 2.0, "g3": 3.0}),
        ("zone", {"z1": 1.0, "z2": 5.0}),
    ],
)
def test_calls_are_added_up_by_place(by, places):
    incidents = calls(("g1", FIRST, 1, 1), ("g2", FIRST, 1, 2), ("g3", FIRST, 1, 3))
    plan = pd.Series({"g1": "z1", "g2": "z2", "g3": "z2"})
    heat = heat_table(district(incidents), HeatParams(by=by, **PERIOD), assignment=plan)
    assert heat.cells.set_index("place")["calls"].to_dict() == places


def test_stations_come_from_the_villages_where_grids_do_not_say():
    tables = district(calls(("g3", FIRST, 1, 3)))
    tables["grids"] = tables["grids"].drop(columns="station_id")
    tables["villages"] = pd.DataFrame({"village_id": ["v1", "v2"], "station_id": ["s1", "s9"]})
    assert heat_table(tables, HeatParams(**PERIOD)).places == ["s9"]


def test_calls_without_hour_or_place_are_told():
    incidents = calls(("g1", FIRST, None, 2), ("g9", FIRST, 3, 4), ("g1", FIRST, 3, 1))
    heat = heat_table(district(incidents), HeatParams(**PERIOD))
    told = {note.code: note.facts["count"] for note in heat.notes}
    assert told == {"calls_without_hour": 2, "calls_without_place": 4}
    assert heat.cells["calls"].tolist() == [1.0]


def test_by_default_the_last_year_of_calls_is_shown():
    incidents = calls(("g1", "2020-01-01", 1, 50), ("g1", "2026-10-19", 1, 1))
    heat = heat_table(district(incidents))
    assert (heat.first_day, heat.last_day) == ("2025-10-21", "2026-10-19")
    assert heat.weeks == 52
    assert heat.cells["calls"].tolist() == [1.0]
    young = heat_table(district(calls(("g1", "2026-10-01", 1, 1), ("g1", "2026-10-19", 1, 1))))
    assert (young.first_day, young.last_day) == ("2026-10-01", "2026-10-19")


@pytest.mark.parametrize("incidents", [None, calls(), calls(("g1", "2026-10-05", 1, 3))])
def test_a_time_without_calls_is_a_result(incidents):
    heat = heat_table(district(incidents), HeatParams(first_day="2062-01-01", last_day="2062-12-31"))
    assert heat.cells.empty
    assert heat.places == []
    assert (heat.table() == 0).all(axis=None)
    assert [note.code for note in heat.notes] == ["heat_without_calls"]
    assert hot_spots(district(incidents), HeatParams(first_day="2062-01-01")).stops.empty


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"by": "street"}, "setting_wrong"),
        ({"first_day": "10月5日"}, "setting_wrong"),
        ({"first_day": LAST, "last_day": FIRST}, "period_backwards"),
        ({"least_calls": -1}, "setting_wrong"),
    ],
)
def test_what_cannot_be_asked_is_refused(asked, code):
    with pytest.raises(SettingError, match=code):
        HeatParams(**asked)
    with pytest.raises(SettingError, match="heat_needs_plan"):
        heat_table(district(None), HeatParams(by="zone"))


def test_smoothing_draws_small_counts_more_than_large_ones():
    counts = np.array([[30.0, 0.0], [0.0, 30.0], [2.0, 0.0], [0.0, 2.0]])
    drawn = smoothed(counts)
    # Expected 15 and 1: ratios of 2 drawn to (c + a) / (e + a) of them.
    assert 15 < drawn[0, 0] < 30
    assert 1 < drawn[2, 0] < 2
    assert drawn[0, 0] / 30 > drawn[2, 0] / 2


def test_counts_that_differ_by_no_more_than_chance_become_what_is_expected():
    counts = np.array([[4.0, 5.0], [5.0, 4.0]])
    assert smoothed(counts) == pytest.approx(np.full((2, 2), 4.5))
    assert smoothed(np.zeros((2, 3))).tolist() == np.zeros((2, 3)).tolist()


@given(st.lists(st.lists(st.integers(0, 50), min_size=3, max_size=3), min_size=1, max_size=5))
def test_smoothed_counts_lie_between_the_count_and_what_is_expected(rows):
    counts = np.array(rows, dtype=float)
    if counts.sum() == 0:
        return
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    drawn = smoothed(counts)
    low, high = np.minimum(counts, expected), np.maximum(counts, expected)
    assert (drawn >= low - 1e-9).all()
    assert (drawn <= high + 1e-9).all()


def test_stops_are_proposed_in_the_hot_hours_of_the_hottest_places():
    incidents = calls(("g1", FIRST, 21, 40), ("g1", FIRST, 4, 2), ("g2", FIRST, 9, 10), ("g3", FIRST, 13, 1))
    proposed = hot_spots(district(incidents), HeatParams(**PERIOD), count=2)
    assert proposed.why["place"].tolist() == ["g1", "g2"]
    assert proposed.why["hours"].tolist() == ["21:00-24:00", "09:00-12:00"]
    assert proposed.why["calls"].tolist() == [40, 10]
    stops = proposed.stops
    assert stops["name"].tolist() == ["甲一", "甲二"]
    assert stops["kind"].tolist() == ["hot_spot", "hot_spot"]
    assert stops["windows"].tolist() == ["21:00-24:00", "09:00-12:00"]
    assert stops["village_id"].tolist() == ["v1", "v1"]
    assert [point.within(box(i, 0, i + 1, 1)) for i, point in enumerate(stops.geometry)] == [True, True]


def test_hours_beside_the_hottest_belong_to_its_window_where_they_are_nearly_as_hot():
    incidents = calls(("g1", FIRST, 19, 40), ("g1", FIRST, 22, 39), ("g1", FIRST, 16, 10))
    why = hot_spots(district(incidents), HeatParams(**PERIOD)).why
    assert why["hours"].tolist() == ["18:00-24:00"]


def test_where_patrols_are_already_comes_after_where_they_are_not():
    incidents = calls(("g1", FIRST, 21, 20), ("g2", FIRST, 21, 15))
    stops = gpd.GeoDataFrame(
        {"stop_id": ["k1"], "kind": ["hot_spot"], "force": ["squad"], "windows": ["21:00-24:00"]},
        geometry=[Point(0.5, 0.5)],
        crs="EPSG:4549",
    )
    bare = hot_spots(district(incidents), HeatParams(**PERIOD))
    assert bare.why["place"].tolist() == ["g1", "g2"]
    guarded = hot_spots(district(incidents, stops=stops), HeatParams(**PERIOD))
    assert guarded.why["place"].tolist() == ["g2", "g1"]
    # A squad's hot spot is visited daily while all is calm.
    assert guarded.why["visits"].tolist() == [0.0, 7.0]
    others = hot_spots(district(incidents, stops=stops), HeatParams(**PERIOD), force="village")
    assert others.why["place"].tolist() == ["g1", "g2"]
    assert others.stops["force"].tolist() == ["village", "village"]


def test_proposed_stops_are_ready_for_the_table(tmp_path):
    from data.editing import Changes, edit_rows
    from data.workspace import Workspace

    ws = Workspace.create(tmp_path / "district.gpkg", name="试验区", crs="EPSG:4549")
    proposed = hot_spots(district(calls(("g1", FIRST, 21, 20))), HeatParams(**PERIOD)).stops
    ws.write("villages", pd.DataFrame({"village_id": ["v1"]}))
    rows = [{k: v for k, v in row.items() if v is not None} for row in proposed.to_dict("records")]
    edit_rows(ws, "stops", Changes(added=rows), stamp=ws.stamp)
    assert ws.read("stops")[["name", "kind", "windows"]].to_numpy().tolist() == [
        ["甲一", "hot_spot", "21:00-24:00"]
    ]


def test_odd_slots_are_refused():
    with pytest.raises(SettingError, match="setting_wrong"):
        hot_spots(district(calls(("g1", FIRST, 21, 20))), HeatParams(**PERIOD), slot_hours=5)


def test_villages_stand_in_for_grids_without_shapes_and_without_any_nothing_is_proposed():
    tables = district(calls(("g1", FIRST, 21, 20), ("g2", FIRST, 21, 5)))
    tables["grids"] = pd.DataFrame(tables["grids"].drop(columns="geometry"))
    bare = hot_spots(tables, HeatParams(**PERIOD))
    assert bare.stops.empty
    assert [note.code for note in bare.notes] == ["hot_spots_need_shapes"]
    tables["villages"] = gpd.GeoDataFrame(
        {"village_id": ["v1"], "name": ["甲村"]}, geometry=[box(0, 0, 2, 1)], crs="EPSG:4549"
    )
    proposed = hot_spots(tables, HeatParams(**PERIOD))
    assert proposed.why[["place", "calls"]].to_numpy().tolist() == [["v1", 25]]
