"""Teams and stops edited as tables: what the page's widget tells becomes rows of the district."""

import pytest

from data.editing import edit_rows
from data.workspace import Workspace
from geo.errors import SchemaError
from ui.roster_edits import REMOVE, edit_count, edits, shown_rows


@pytest.fixture
def workspace(tmp_path, make_patrols):
    return Workspace.open(make_patrols(tmp_path / "名册.gpkg"))


def test_rows_are_shown_with_longitude_and_latitude(workspace):
    shown = shown_rows(workspace.read("stops"), "stops")
    assert list(shown["stop_id"]) == [f"B{i}" for i in range(1, 9)]
    assert shown["lon"].between(110, 130).all()
    assert not shown[REMOVE].any()
    assert shown.at[0, "windows"] is None


def test_changed_added_and_removed_rows_reach_the_table(workspace):
    shown = shown_rows(workspace.read("stops"), "stops")
    lon, lat = shown.loc[2, ["lon", "lat"]]
    state = {
        "edited_rows": {
            0: {"name": " 新名 ", "dwell_min": 20},
            1: {REMOVE: True},
            "2": {"lon": lon, "lat": lat},
        },
        "added_rows": [{"name": "加点", "kind": "school", "lon": lon, "lat": lat}, {}],
        "deleted_rows": [7],
    }
    changes = edits(shown, state, "stops", crs=workspace.crs)
    assert edit_count(changes) == 5
    edit_rows(workspace, "stops", changes, stamp=workspace.stamp)
    after = workspace.read("stops").set_index("stop_id")
    assert "B2" not in after.index
    assert "B8" not in after.index
    assert after.at["B1", "name"] == "新名"
    new = after[after["name"] == "加点"].iloc[0]
    assert new.geometry.distance(after.at["B3", "geometry"]) < 0.5


def test_rows_of_a_filtered_table_are_the_table_s_own(workspace):
    shown = shown_rows(workspace.read("stops"), "stops").loc[[4, 6]]
    changes = edits(shown, {"edited_rows": {1: {"name": "七"}}}, "stops", crs=workspace.crs)
    assert list(changes.changed) == ["B7"]


def test_a_position_is_emptied_by_emptying_both(workspace):
    shown = shown_rows(workspace.read("teams"), "teams")
    changes = edits(shown, {"edited_rows": {0: {"lon": None, "lat": None}}}, "teams", crs=workspace.crs)
    assert changes.changed["T1"] == {"geometry": None}


def test_half_a_position_is_refused_with_its_row(workspace):
    shown = shown_rows(workspace.read("teams"), "teams")
    with pytest.raises(SchemaError) as refused:
        edits(shown, {"edited_rows": {1: {"lon": None}}}, "teams", crs=workspace.crs)
    assert [(r.code, r.facts) for r in refused.value.reasons] == [("point_half", {"row": 2})]


def test_a_position_nowhere_on_earth_is_refused_with_its_row(workspace):
    shown = shown_rows(workspace.read("teams"), "teams")
    with pytest.raises(SchemaError) as refused:
        edits(shown, {"added_rows": [{"lon": 30.1, "lat": 120.5}]}, "teams", crs=workspace.crs)
    assert [(r.code, r.facts) for r in refused.value.reasons] == [
        ("point_off_earth", {"row": 4, "lon": 30.1, "lat": 120.5})
    ]


def test_nothing_typed_is_no_change(workspace):
    shown = shown_rows(workspace.read("teams"), "teams")
    assert edit_count(edits(shown, {}, "teams", crs=workspace.crs)) == 0
    assert edit_count(edits(shown, {"added_rows": [{}]}, "teams", crs=workspace.crs)) == 0
