import pandas as pd
import pytest

from data.plans import change_plan, read_assignment, read_plans, save_plan, today_plan_id
from data.workspace import Workspace
from geo.errors import ConflictError, SettingError

FIRST = pd.Series({"g1": "z1", "g2": "z2"})


@pytest.fixture
def ws(tmp_path):
    return Workspace.create(tmp_path / "ws.gpkg", name="x", crs="EPSG:4549")


def test_plan_is_rows_and_comes_back(ws):
    plan_id = save_plan(ws, FIRST, kind="nesting", name="现状", author="p1", params={"by": "area"})
    assert read_assignment(ws, plan_id).to_dict() == FIRST.to_dict()
    row = read_plans(ws).iloc[0]
    assert (row["plan_id"], row["status"], row["rev"], row["params"]) == ("P1", "draft", 1, '{"by": "area"}')


def test_same_plan_saved_twice_is_one_plan(ws):
    first = save_plan(ws, FIRST, kind="nesting", name="a")
    assert save_plan(ws, FIRST[::-1], kind="nesting", name="b") == first
    assert len(read_plans(ws)) == 1
    assert save_plan(ws, FIRST.replace("z2", "z1"), kind="nesting", name="c") != first


def test_second_writer_of_the_same_revision_is_told(ws):
    plan_id = save_plan(ws, FIRST, kind="nesting", name="a")
    assert change_plan(ws, plan_id, rev=1, assignment=pd.Series({"g1": "z9"})) == 2
    with pytest.raises(ConflictError) as caught:
        change_plan(ws, plan_id, rev=1, changes={"status": "approved"})
    assert (caught.value.code, caught.value.facts["found"]) == ("plan_changed", 2)
    assert read_assignment(ws, plan_id).to_dict() == {"g1": "z9"}
    assert read_plans(ws)["status"].tolist() == ["draft"]


def test_today_is_the_plan_in_force_else_the_newest_nesting_never_a_proposal(ws):
    assert today_plan_id(ws) is None
    first = save_plan(ws, FIRST, kind="nesting", name="a")
    second = save_plan(ws, FIRST.replace("z2", "z1"), kind="nesting", name="b")
    save_plan(ws, FIRST.replace("z2", "z3"), kind="redraw", name="c")
    assert today_plan_id(ws) == second
    change_plan(ws, first, rev=1, changes={"status": "in_force"})
    assert today_plan_id(ws) == first
    change_plan(ws, first, rev=2, changes={"status": "retired"})
    assert today_plan_id(ws) == second


def test_plan_of_tables_that_have_changed_is_not_kept(ws):
    stamp = ws.stamp
    ws.write("declared_assignment", pd.DataFrame({"grid_id": ["g"], "zone_id": ["z"]}))
    with pytest.raises(ConflictError, match="tables_changed"):
        save_plan(ws, FIRST, kind="nesting", name="a", stamp=stamp)
    assert read_plans(ws).empty
    save_plan(ws, FIRST, kind="nesting", name="a", stamp=ws.stamp)


def test_one_plan_is_in_force_at_a_time(ws):
    first = save_plan(ws, FIRST, kind="nesting", name="a")
    second = save_plan(ws, FIRST.replace("z2", "z1"), kind="nesting", name="b")
    change_plan(ws, first, rev=1, changes={"status": "in_force"})
    change_plan(ws, second, rev=1, changes={"status": "in_force"})
    assert read_plans(ws)["status"].tolist() == ["retired", "in_force"]
    assert save_plan(ws, FIRST, kind="nesting", name="a") not in (first, second), (
        "a retired twin is no plan to keep"
    )


@pytest.mark.parametrize(
    ("plan", "changes", "code"),
    [
        ("P1", {"name": None}, "plan_field_empty"),
        ("P9", {"name": "x"}, "plan_unknown"),
        ("P1", {"status": "published"}, "plan_status_unknown"),
        ("P1", {"plan_id": "P7"}, "plan_field_unknown"),  # an id is for good
    ],
)
def test_impossible_changes_are_refused(ws, plan, changes, code):
    save_plan(ws, FIRST, kind="nesting", name="a")
    with pytest.raises(SettingError, match=code):
        change_plan(ws, plan, rev=1, changes=changes)


def test_unknown_plan_names_those_there_are(ws):
    save_plan(ws, FIRST, kind="nesting", name="a")
    with pytest.raises(SettingError) as caught:
        read_assignment(ws, "P7")
    assert caught.value.facts["known"] == "P1"
