"""Rows changed in the app: whole or not at all, on what was seen, and back again."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Point

from data.editing import Changes, edit_rows
from data.workspace import Workspace
from geo.errors import ConflictError, SchemaError, SettingError

CRS = "EPSG:4549"


@pytest.fixture
def ws(tmp_path):
    made = Workspace.create(tmp_path / "district.gpkg", name="试验区", crs=CRS)
    made.write("villages", pd.DataFrame({"village_id": ["V1", "V2"], "name": ["甲村", "乙村"]}))
    made.write(
        "teams",
        pd.DataFrame(
            {
                "team_id": ["T1", "T2"],
                "name": ["甲村巡防队", "乙村巡防队"],
                "village_id": ["V1", "V2"],
                "members": [5, 10],
                "shift_start": ["19:00", "19:00"],
            }
        ),
    )
    return made


def rows(ws, table="teams"):
    frame = ws.read(table)
    return pd.DataFrame(frame.drop(columns="geometry", errors="ignore")).set_index(frame.columns[0])


def faults(error):
    return [(reason.code, reason.facts.get("row"), reason.facts.get("column")) for reason in error.reasons]


def test_cells_rows_and_points_are_changed_at_once_and_audited(ws):
    changes = Changes(
        changed={"T1": {"shift_start": "8：30", "travel_mode": "电动车", "members": 6}},
        added=[{"name": "机动队", "force": "squad", "geometry": Point(500_000, 3_300_000)}],
        removed=["T2"],
    )
    edited = edit_rows(ws, "teams", changes, stamp=ws.stamp, who="规划科")
    assert edited.stamp == ws.stamp
    assert edited.added == ("T3",)
    teams = ws.read("teams").set_index("team_id")
    assert teams.index.tolist() == ["T1", "T3"]
    assert teams.loc["T1", ["shift_start", "travel_mode", "members"]].tolist() == ["08:30", "ebike", 6]
    assert teams.geometry["T3"].equals(Point(500_000, 3_300_000))
    last = ws.audit().iloc[-1]
    assert (last["action"], last["object"], last["who"]) == ("edit", "teams", "规划科")
    assert '"added": 1' in last["facts"]


def test_what_is_undone_is_as_it_was(ws):
    before = rows(ws)
    changes = Changes(
        changed={"T1": {"members": None, "name": "新名队"}, "T2": {"members": 3}},
        added=[{"team_id": "T9", "name": "机动队"}],
        removed=["T2"],
    )
    edited = edit_rows(ws, "teams", changes, stamp=ws.stamp)
    edit_rows(ws, "teams", edited.undo, stamp=edited.stamp)
    after = rows(ws)[before.columns].sort_index()
    pd.testing.assert_frame_equal(after, before, check_dtype=False)


def test_a_table_that_is_not_there_is_made(ws):
    point = Point(500_000, 3_300_000)
    added = [
        {"name": "小学", "kind": "school", "windows": "7:20-8:10", "priority": "必巡", "geometry": point}
    ]
    edited = edit_rows(ws, "stops", Changes(added=added), stamp=ws.stamp)
    stops = ws.read("stops")
    assert isinstance(stops, gpd.GeoDataFrame)
    assert stops["stop_id"].tolist() == list(edited.added) == ["S1"]
    assert stops[["windows", "priority"]].iloc[0].tolist() == ["07:20-08:10", 1]
    edit_rows(ws, "closed_roads", Changes(added=[{"road_id": "R1"}]), stamp=edited.stamp)
    assert rows(ws, "closed_roads").index.tolist() == ["R1"]


def test_two_who_change_at_the_same_time_do_not_overwrite_each_other(ws):
    seen = ws.stamp
    edit_rows(ws, "teams", Changes(changed={"T1": {"members": 6}}), stamp=seen)
    with pytest.raises(ConflictError, match="rows_changed"):
        edit_rows(ws, "teams", Changes(changed={"T1": {"members": 7}}), stamp=seen)
    assert rows(ws).at["T1", "members"] == 6


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ({"shift_start": "25:00"}, ("clock_wrong", 1, "shift_start")),
        ({"members": -1}, ("value_wrong", 1, "members")),
        ({"force": "army"}, ("value_wrong", 1, "force")),
        ({"village_id": "V9"}, ("reference_unknown", 1, "village_id")),
        ({"name": "王建国"}, ("cell_personal", 1, "name")),
        ({"name": "甲村队 13812345678"}, ("cell_personal", 1, "name")),
    ],
)
def test_a_wrong_cell_is_told_and_nothing_is_written(ws, cells, fault):
    stamp, before = ws.stamp, rows(ws)
    changes = Changes(changed={"T1": cells, "T2": {"members": 99}})
    with pytest.raises(SchemaError) as caught:
        edit_rows(ws, "teams", changes, stamp=stamp)
    assert faults(caught.value) == [fault]
    assert ws.stamp == stamp
    pd.testing.assert_frame_equal(rows(ws), before)


def test_rows_are_told_by_the_number_that_they_were_seen_under(ws):
    """The first of two goes: the second stays number 2, a new one is number 3."""
    changes = Changes(
        changed={"T2": {"members": -1}},
        added=[{"team_id": "T9", "force": "village", "members": -2}],
        removed=["T1"],
    )
    with pytest.raises(SchemaError) as caught:
        edit_rows(ws, "teams", changes, stamp=ws.stamp)
    assert [(reason.facts["row"], reason.facts["row_id"]) for reason in caught.value.reasons] == [
        (2, "T2"),
        (3, "T9"),
    ]


def test_an_id_that_is_there_already_is_told(ws):
    with pytest.raises(SchemaError) as caught:
        edit_rows(ws, "teams", Changes(added=[{"team_id": "T1"}]), stamp=ws.stamp)
    assert faults(caught.value) == [("id_repeated", 3, None)]


@pytest.mark.parametrize(
    ("table", "changes", "code"),
    [
        ("grids", Changes(), "table_not_editable"),
        ("teams", Changes(changed={"T7": {"members": 1}}), "row_unknown"),
        ("teams", Changes(removed=["T7"]), "row_unknown"),
        ("teams", Changes(changed={"T1": {"phone": "1"}}), "column_not_editable"),
        ("teams", Changes(changed={"T1": {"team_id": "T5"}}), "column_not_editable"),
    ],
)
def test_what_cannot_be_edited_is_refused(ws, table, changes, code):
    with pytest.raises(SettingError, match=code):
        edit_rows(ws, table, changes, stamp=ws.stamp)


def test_an_import_that_was_edited_since_is_not_undone(ws, tmp_path):
    from data.importing import import_file
    from data.imports import undo_import

    (tmp_path / "a.csv").write_text("编号,名称,人数\nA1,一队,5\n", encoding="utf-8")
    report = import_file(ws, tmp_path / "a.csv", "teams")
    edit_rows(ws, "teams", Changes(changed={"A1": {"members": 6}}), stamp=ws.stamp)
    with pytest.raises(ConflictError, match="import_changed_since"):
        undo_import(ws, report.import_id)
