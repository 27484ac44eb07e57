import pandas as pd
import pytest

from data import geopackage
from data.plan_states import move_plan
from data.plans import (
    change_plan,
    delete_plan,
    duplicate_plan,
    read_assignment,
    read_plans,
    save_plan,
    today_plan_id,
)
from data.strokes import apply_stroke
from data.workspace import Workspace
from geo.errors import ConflictError, SettingError

FIRST = pd.Series({"g1": "z1", "g2": "z2"})


@pytest.fixture
def ws(tmp_path):
    return Workspace.create(tmp_path / "ws.gpkg", name="x", crs="EPSG:4549")


def put_in_force(ws, plan_id):
    for rev, to in enumerate(("consulted", "approved", "in_force"), start=1):
        move_plan(ws, plan_id, to, rev=rev, who="", document_no="1", effective="2026-01-01")


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
        change_plan(ws, plan_id, rev=1, changes={"name": "b"})
    assert (caught.value.code, caught.value.facts["found"]) == ("plan_changed", 2)
    assert read_assignment(ws, plan_id).to_dict() == {"g1": "z9"}
    assert read_plans(ws)["name"].tolist() == ["a"]


def test_today_is_the_plan_in_force_else_the_newest_nesting_never_a_proposal(ws):
    assert today_plan_id(ws) is None
    first = save_plan(ws, FIRST, kind="nesting", name="a")
    second = save_plan(ws, FIRST.replace("z2", "z1"), kind="nesting", name="b")
    save_plan(ws, FIRST.replace("z2", "z3"), kind="redraw", name="c")
    assert today_plan_id(ws) == second
    put_in_force(ws, first)
    assert today_plan_id(ws) == first
    move_plan(ws, first, "retired", rev=4, who="")
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
    put_in_force(ws, first)
    put_in_force(ws, second)
    assert read_plans(ws)["status"].tolist() == ["retired", "in_force"]
    assert save_plan(ws, FIRST, kind="nesting", name="a") not in (first, second), (
        "a retired twin is no plan to keep"
    )


@pytest.mark.parametrize(
    ("plan", "changes", "code"),
    [
        ("P1", {"name": None}, "plan_field_empty"),
        ("P9", {"name": "x"}, "plan_unknown"),
        ("P1", {"status": "approved"}, "plan_field_unknown"),  # has a door of its own
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


def test_a_plan_that_is_no_draft_keeps_its_assignment_but_not_its_name(ws):
    plan_id = save_plan(ws, FIRST, kind="nesting", name="a")
    move_plan(ws, plan_id, "consulted", rev=1, who="")
    with pytest.raises(ConflictError, match="plan_frozen"):
        change_plan(ws, plan_id, rev=2, assignment=FIRST.replace("z1", "z2"))
    assert read_assignment(ws, plan_id).to_dict() == FIRST.to_dict()
    assert change_plan(ws, plan_id, rev=2, changes={"name": "b"}) == 3


def test_a_copy_is_a_painted_draft_that_follows_its_original(ws):
    first = save_plan(ws, FIRST, kind="redraw", name="a", params={"aim": "x"}, scorecard={"zones": 2})
    put_in_force(ws, first)
    copies = [duplicate_plan(ws, first, name=" 手绘 ", who="李") for _ in range(2)]
    assert copies == ["P2", "P3"], "two copies are two plans"
    plan = read_plans(ws).set_index("plan_id").loc["P2"]
    told = plan[["kind", "name", "parent", "status", "rev", "author", "params", "scorecard", "digest"]]
    assert told.tolist() == ["painted", "手绘", first, "draft", 1, "李", '{"aim": "x"}', "{}", ""]
    assert read_assignment(ws, "P2").to_dict() == FIRST.to_dict()
    assert today_plan_id(ws) == first


def test_a_copy_needs_a_name_and_an_original(ws):
    plan_id = save_plan(ws, FIRST, kind="nesting", name="a")
    with pytest.raises(SettingError, match="plan_field_empty"):
        duplicate_plan(ws, plan_id, name=" ")
    with pytest.raises(SettingError, match="plan_unknown"):
        duplicate_plan(ws, "P9", name="b")


def test_what_is_painted_is_not_replaced_as_a_whole(ws):
    copy = duplicate_plan(ws, save_plan(ws, FIRST, kind="nesting", name="a"), name="b")
    with pytest.raises(ConflictError, match="plan_painted"):
        change_plan(ws, copy, rev=1, assignment=FIRST)


def test_a_deleted_draft_is_gone_with_its_strokes_and_its_children_follow_its_parent(ws):
    first = save_plan(ws, FIRST, kind="nesting", name="a")
    second = duplicate_plan(ws, first, name="b")
    third = duplicate_plan(ws, second, name="c")
    apply_stroke(ws, second, rev=1, token="t", painter="p", kind="paint", grids={"g1": ("z1", "z2")})
    with pytest.raises(ConflictError, match="plan_changed"):
        delete_plan(ws, second, rev=1)
    delete_plan(ws, second, rev=2, who="李")
    assert read_plans(ws)["plan_id"].tolist() == [first, third]
    assert read_plans(ws).set_index("plan_id").at[third, "parent"] == first
    with geopackage.reading(ws.path) as connection:
        for table in ("strokes", "plan_states", "assignment"):
            rows = f"SELECT COUNT(*) FROM {table} WHERE plan_id = ?"
            assert connection.execute(rows, (second,)).fetchone() == (0,)
    assert ws.audit()[["who", "action", "object"]].iloc[-1].tolist() == ["李", "plan_delete", second]
    assert duplicate_plan(ws, first, name="d") == "P4", "ids do not come again"


def test_only_drafts_are_deleted(ws):
    plan_id = save_plan(ws, FIRST, kind="nesting", name="a")
    move_plan(ws, plan_id, "retired", rev=1, who="")
    with pytest.raises(ConflictError, match="plan_frozen"):
        delete_plan(ws, plan_id, rev=2)
    with pytest.raises(SettingError, match="plan_unknown"):
        delete_plan(ws, "P9", rev=1)
