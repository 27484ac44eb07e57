"""The life of a plan: which step follows which, what it needs, and what is kept of it."""

import datetime as dt
import json

import pandas as pd
import pytest

from data.plan_states import TRANSITIONS, move_plan, plan_documents, read_states, read_steps_ahead
from data.plans import STATUSES, change_plan, read_plan, read_plans, save_plan, today_plan_id
from data.workspace import Workspace
from geo.errors import ConflictError, SettingError

FIRST = pd.Series({"g1": "z1", "g2": "z2"})
DOCUMENT = {"document_no": "越公发〔2026〕3号", "effective": "2026-03-01"}
# The steps that lead from the first status to each.
WAYS = {
    "draft": (),
    "consulted": ("consulted",),
    "approved": ("consulted", "approved"),
    "in_force": ("consulted", "approved", "in_force"),
    "retired": ("retired",),
}


@pytest.fixture
def ws(tmp_path):
    ws = Workspace.create(tmp_path / "ws.gpkg", name="x", crs="EPSG:4549")
    save_plan(ws, FIRST, kind="nesting", name="a")
    return ws


def lead(ws, plan_id, *steps, **document):
    for to in steps:
        rev = read_plans(ws).set_index("plan_id").at[plan_id, "rev"]
        move_plan(ws, plan_id, to, rev=int(rev), who="李", **{**DOCUMENT, **document})


def statuses(ws):
    return dict(zip(read_plans(ws)["plan_id"], read_plans(ws)["status"], strict=True))


@pytest.mark.parametrize("was", STATUSES)
@pytest.mark.parametrize("to", STATUSES)
def test_only_the_steps_of_the_table_are_taken(ws, was, to):
    lead(ws, "P1", *WAYS[was])
    rev = len(WAYS[was]) + 1
    if to in TRANSITIONS[was]:
        assert move_plan(ws, "P1", to, rev=rev, who="", **DOCUMENT) == rev + 1
        assert statuses(ws) == {"P1": to}
        return
    with pytest.raises(SettingError, match="plan_step_unknown") as caught:
        move_plan(ws, "P1", to, rev=rev, who="", **DOCUMENT)
    assert caught.value.facts["steps"] == (TRANSITIONS[was] or None)
    assert (statuses(ws), len(read_states(ws, "P1"))) == ({"P1": was}, rev - 1)


def test_the_way_of_a_plan_is_kept_line_by_line(ws):
    move_plan(ws, "P1", "consulted", rev=1, who="李", why="送各所征求意见")
    lead(ws, "P1", "approved", "in_force")
    states = read_states(ws, "P1")
    assert states.columns.tolist() == ["at", "who", "was", "now", "document_no", "effective", "why"]
    assert states[["was", "now"]].to_numpy().tolist() == [
        ["draft", "consulted"],
        ["consulted", "approved"],
        ["approved", "in_force"],
    ]
    assert states.loc[0, ["who", "why", "document_no"]].tolist() == ["李", "送各所征求意见", ""]
    assert states.loc[2, ["document_no", "effective"]].tolist() == [*DOCUMENT.values()]
    assert plan_documents(ws).loc["P1"].tolist() == [*DOCUMENT.values()]
    trail = ws.audit()
    last = json.loads(trail["facts"].iloc[-1])
    assert (trail["action"].iloc[-1], last["was"], last["now"]) == ("plan_state", "approved", "in_force")


def test_the_plan_that_was_in_force_is_retired_with_a_line_that_says_by_which(ws):
    second = save_plan(ws, FIRST.replace("z2", "z1"), kind="redraw", name="b")
    lead(ws, "P1", *WAYS["in_force"])
    lead(ws, second, *WAYS["in_force"])
    assert statuses(ws) == {"P1": "retired", second: "in_force"}
    line = read_states(ws, "P1").iloc[-1]
    assert line[["was", "now", "why", "who"]].tolist() == ["in_force", "retired", second, "李"]
    assert read_plans(ws)["rev"].tolist() == [5, 4]


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({}, "plan_needs_document"),
        ({"document_no": "1"}, "plan_needs_document"),
        ({"document_no": " ", "effective": "2026-03-01"}, "plan_needs_document"),
        ({"document_no": "1", "effective": "明年"}, "plan_date_wrong"),
        ({"document_no": "1", "effective": "2026-02-30"}, "plan_date_wrong"),  # no such day
    ],
)
def test_no_plan_is_in_force_without_a_document_and_a_day(ws, facts, code):
    lead(ws, "P1", *WAYS["approved"])
    with pytest.raises(SettingError, match=code):
        move_plan(ws, "P1", "in_force", rev=3, who="", **facts)
    assert statuses(ws) == {"P1": "approved"}


def test_a_plan_that_breaks_rules_is_consulted_on_but_not_approved(ws):
    assert move_plan(ws, "P1", "consulted", rev=1, who="", violations=3) == 2
    with pytest.raises(ConflictError, match="plan_broken") as caught:
        move_plan(ws, "P1", "approved", rev=2, who="", violations=3)
    assert caught.value.facts["count"] == 3
    move_plan(ws, "P1", "approved", rev=2, who="")
    with pytest.raises(ConflictError, match="plan_broken"):
        move_plan(ws, "P1", "in_force", rev=3, who="", violations=1, **DOCUMENT)


def test_a_plan_that_somebody_changed_since_is_not_moved(ws):
    change_plan(ws, "P1", rev=1, changes={"note": "改过"})
    with pytest.raises(ConflictError, match="plan_changed"):
        move_plan(ws, "P1", "consulted", rev=1, who="")
    assert statuses(ws) == {"P1": "draft"}


def test_unknown_plans_and_statuses_are_refused(ws):
    with pytest.raises(SettingError, match="plan_status_unknown"):
        move_plan(ws, "P1", "published", rev=1, who="")
    with pytest.raises(SettingError, match="plan_unknown"):
        move_plan(ws, "P9", "consulted", rev=1, who="")
    with pytest.raises(SettingError, match="plan_unknown"):
        read_states(ws, "P9")


@pytest.mark.parametrize(
    "wrong",
    [
        {"who": "张伟 13800001234"},
        {"who": "王建国"},
        {"who": "规划科", "why": "联系 13800001234"},
        {"who": "规划科", "why": "11010519491231002X"},  # an ID number
    ],
)
def test_the_record_takes_posts_and_never_persons(ws, wrong):
    with pytest.raises(SettingError, match="text_personal"):
        move_plan(ws, "P1", "consulted", rev=1, **wrong)
    assert statuses(ws) == {"P1": "draft"}
    assert read_states(ws, "P1").empty


@pytest.fixture
def calendar(monkeypatch):
    """Function that turns the calendar on the wall to a day; it begins on the last of November."""

    def turn(day):
        monkeypatch.setattr("data.plans.this_day", lambda: dt.date.fromisoformat(day))

    turn("2026-11-30")
    return turn


@pytest.fixture
def successor(ws, calendar):
    """A plan that is to follow P1, which is in force, on the first of January."""
    second = save_plan(ws, FIRST.replace("z2", "z1"), kind="redraw", name="b")
    lead(ws, "P1", *WAYS["in_force"])
    lead(ws, second, *WAYS["in_force"], document_no="越公发〔2026〕9号", effective="2027-01-01")
    return second


def test_a_plan_comes_into_force_on_its_day_and_not_before(ws, successor, calendar):
    for day in ("2026-11-30", "2026-12-31"):
        calendar(day)
        assert (statuses(ws), today_plan_id(ws)) == ({"P1": "in_force", successor: "approved"}, "P1")
        assert [read_plan(ws, plan)["status"] for plan in ("P1", successor)] == ["in_force", "approved"]
    assert plan_documents(ws).loc[successor].tolist() == ["越公发〔2026〕9号", "2027-01-01"]
    calendar("2027-01-01")
    assert (statuses(ws), today_plan_id(ws)) == ({"P1": "retired", successor: "in_force"}, successor)
    assert read_steps_ahead(ws) == {}


def test_what_waits_for_its_day_is_told_with_it(ws, successor):
    ahead = read_steps_ahead(ws)
    assert {plan: (step["was"], step["now"], step["effective"]) for plan, step in ahead.items()} == {
        "P1": ("in_force", "retired", "2027-01-01"),
        successor: ("approved", "in_force", "2027-01-01"),
    }
    assert ahead["P1"]["why"] == successor


@pytest.mark.parametrize("to", ["consulted", "retired"])
def test_a_plan_taken_back_before_its_day_leaves_the_other_in_force(ws, successor, calendar, to):
    lead(ws, successor, to)
    for day in ("2026-12-01", "2027-06-01"):
        calendar(day)
        assert statuses(ws) == {"P1": "in_force", successor: to}
    assert plan_documents(ws)["document_no"].to_dict() == {"P1": DOCUMENT["document_no"]}
    line = read_states(ws, "P1").iloc[-1]
    assert line[["was", "now", "why"]].tolist() == ["retired", "in_force", successor]


@pytest.mark.parametrize("day", ["2026-11-30", "2026-12-15", "2027-03-01"])
def test_a_plan_that_waits_can_be_given_another_day(ws, successor, calendar, day):
    lead(ws, successor, "in_force", effective=day)
    before = dt.date.fromisoformat(day) - dt.timedelta(days=1)
    calendar(before.isoformat())
    assert statuses(ws) == {"P1": "in_force", successor: "approved"}
    calendar(day)
    assert statuses(ws) == {"P1": "retired", successor: "in_force"}


def test_one_plan_at_a_time_waits_for_its_day(ws, successor):
    third = save_plan(ws, FIRST.replace("z1", "z2"), kind="redraw", name="c")
    lead(ws, third, "consulted", "approved")
    with pytest.raises(ConflictError, match="plan_waiting") as caught:
        lead(ws, third, "in_force")
    assert caught.value.facts == {"plan": successor, "effective": "2027-01-01"}
    assert statuses(ws) == {"P1": "in_force", successor: "approved", third: "approved"}


def test_a_plan_retired_by_hand_does_not_come_back_with_its_successor(ws, successor, calendar):
    lead(ws, "P1", "retired")
    assert statuses(ws) == {"P1": "retired", successor: "approved"}
    lead(ws, successor, "consulted")
    assert statuses(ws) == {"P1": "retired", successor: "consulted"}


def test_days_are_kept_in_one_way_of_writing(ws, calendar):
    lead(ws, "P1", *WAYS["in_force"], effective="20270101")
    assert read_states(ws, "P1")["effective"].iloc[-1] == "2027-01-01"
    assert statuses(ws) == {"P1": "approved"}
