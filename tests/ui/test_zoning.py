"""Which plan is on the planner's table: the one chosen, the one in the address, else the newest painted."""

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from data.plan_states import move_plan
from data.plans import NESTING, PAINTED, REDRAW, plan_rev, save_plan
from data.workspace import Workspace


def table():
    """A page that tells which plan is on the table, and turns to another if it is told so."""
    import os

    import streamlit as st

    from data.workspace import Workspace
    from ui.place import Place
    from ui.words import words
    from ui.zoning import TABLE, VIEW_KEY, plan_label, read_zoning, turn_to

    workspace = Workspace.open(os.environ["GRIDBEAT_WORKSPACE"])
    stamp, t = workspace.stamp, words("zh")
    place = Place(path=str(workspace.path), stamp=stamp, name="", lang="zh", t=t, credit="")
    TABLE.take_turn(place)
    zoning = read_zoning(place)
    st.write(str(zoning.plan_id))
    st.write(str(zoning.editable))
    st.write(str(st.session_state.get(VIEW_KEY)))
    st.write(plan_label(zoning, zoning.plan_id) if zoning.plan_id else "")
    st.write(str(zoning.today_id))
    if wanted := st.session_state.pop("wanted", None):
        turn_to(zoning, **wanted)


@pytest.fixture
def workspace(workspace_file, monkeypatch):
    monkeypatch.setenv("GRIDBEAT_WORKSPACE", str(workspace_file))
    return Workspace.open(workspace_file)


def saved(workspace, kind=PAINTED, name="稿", zone="Z0000"):
    return save_plan(workspace, pd.Series({"G0000": zone, "G0100": "Z0100"}), kind=kind, name=name)


def shown(app=None, plan=""):
    app = app or AppTest.from_function(table, default_timeout=30)
    if plan:
        app.query_params["plan"] = plan
    app.run()
    assert not app.exception
    return app


def told(app):
    return [each.value for each in app.markdown]


def address(app):
    found = app.query_params.get("plan", [])
    return [found] if isinstance(found, str) else found


def test_without_plans_the_table_is_empty(workspace):
    app = shown(plan="P7")
    assert told(app)[:2] == ["None", "False"]
    assert address(app) == []


def test_the_newest_painted_plan_that_is_not_retired_lies_on_the_table(workspace):
    saved(workspace, name="旧稿")
    newest = saved(workspace, name="新稿", zone="Z0001")
    retired = saved(workspace, name="停用稿", zone="Z0101")
    saved(workspace, REDRAW, "方案一")
    move_plan(workspace, retired, "retired", rev=plan_rev(workspace, retired), who="")
    app = shown()
    assert told(app)[0] == newest
    assert told(app)[1] == "True"
    assert told(app)[3] == f"新稿 · {newest} · 草案"
    assert address(app) == [newest]


def test_the_plan_in_the_address_goes_before_the_newest_and_the_chosen_before_both(workspace):
    first, proposal, newest = saved(workspace), saved(workspace, REDRAW), saved(workspace, zone="Z0001")
    app = shown(plan=proposal)
    assert told(app)[:2] == [proposal, "False"]
    app.session_state["wanted"] = {"plan_id": first, "view": "compare"}
    shown(app)
    assert told(app)[0] == first
    assert told(app)[2] == "compare"
    assert address(app) == [first]
    assert told(shown(app, plan=newest))[0] == first


def test_a_plan_that_is_gone_makes_room_for_the_newest(workspace):
    first = saved(workspace)
    assert told(shown(plan="P99"))[0] == first


def test_a_turn_to_a_view_alone_leaves_the_plan(workspace):
    saved(workspace)
    proposal = saved(workspace, REDRAW)
    app = shown(plan=proposal)
    app.session_state["wanted"] = {"view": "handover"}
    shown(app)
    assert (told(app)[0], told(app)[2]) == (proposal, "handover")


def test_today_s_plan_and_what_is_no_draft_are_not_painted(workspace):
    today = saved(workspace, NESTING, "嵌套")
    plan = saved(workspace, zone="Z0001")
    move_plan(workspace, plan, "consulted", rev=plan_rev(workspace, plan), who="")
    for each in (today, plan):
        app = shown(plan=each)
        assert told(app)[:2] == [each, "False"]
        assert told(app)[4] == today
