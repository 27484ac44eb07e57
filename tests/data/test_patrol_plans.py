"""Patrol plans as rows: kept, read, changed by one at a time, deleted."""

import pandas as pd
import pytest

from data.patrol_plans import (
    ROUTE_COLUMNS,
    VISIT_COLUMNS,
    change_patrol_plan,
    delete_patrol_plan,
    read_patrol_plan,
    read_patrol_plans,
    save_patrol_plan,
)
from data.workspace import Workspace
from geo.errors import ConflictError, SettingError

ROUTES = pd.DataFrame([("T2", 0, 50, 10, 900), ("T1", 0, 30, 5, 400)], columns=[*ROUTE_COLUMNS])
VISITS = pd.DataFrame(
    [
        ("T2", 1, "S1", 10, 800, 10, 12, 20),
        ("T2", 2, "S1#2", 20, 900, 40, 40, 40),
        ("T1", 1, "S2", 5, 4, 5, 5, 25),
    ],
    columns=[*VISIT_COLUMNS],
)


@pytest.fixture
def ws(tmp_path):
    return Workspace.create(tmp_path / "district.gpkg", name="试验区", crs="EPSG:4549")


def saved(ws, **more):
    asked = {"name": "周二夜巡", "force": "village", "mode": "own", "date": "2026-11-03", **more}
    return save_patrol_plan(ws, ROUTES, VISITS, **asked)


def test_a_plan_comes_back_as_it_was_kept(ws):
    plan_id = saved(ws, params={"seed": 1}, summary={"hours": 2.5}, report={"unvisited": []}, author="勤务科")
    kept = read_patrol_plan(ws, plan_id)
    pd.testing.assert_frame_equal(kept.routes, ROUTES)
    pd.testing.assert_frame_equal(kept.visits, VISITS)
    assert (kept.params, kept.summary, kept.report) == ({"seed": 1}, {"hours": 2.5}, {"unvisited": []})
    assert (kept.kind, kept.force, kept.mode, kept.date, kept.rev) == (
        "day",
        "village",
        "own",
        "2026-11-03",
        1,
    )
    assert read_patrol_plans(ws)["plan_id"].tolist() == [plan_id]
    assert ws.audit().iloc[-1]["action"] == "patrol_save"


def test_keeping_a_plan_leaves_the_tables_as_they_are(ws):
    before = ws.stamp
    saved(ws)
    assert ws.stamp == before


def test_a_plan_of_tables_that_changed_meanwhile_is_not_kept(ws):
    stamp = ws.stamp
    ws.write("villages", pd.DataFrame({"village_id": ["V1"]}))
    with pytest.raises(ConflictError, match="tables_changed"):
        saved(ws, stamp=stamp)
    assert read_patrol_plans(ws).empty


def test_a_change_names_the_revision_that_it_was_made_on(ws):
    plan_id = saved(ws)
    fewer = VISITS[VISITS["team_id"] == "T1"]
    routes = ROUTES[ROUTES["team_id"] == "T1"]
    rev = change_patrol_plan(
        ws, plan_id, rev=1, routes=routes, visits=fewer, changes={"summary": {"teams": 1}}
    )
    assert rev == 2
    with pytest.raises(ConflictError, match="patrol_plan_changed"):
        change_patrol_plan(ws, plan_id, rev=1, changes={"name": "另一个"})
    kept = read_patrol_plan(ws, plan_id)
    assert (kept.rev, kept.name, kept.summary) == (2, "周二夜巡", {"teams": 1})
    assert kept.visits["stop_id"].tolist() == ["S2"]


def test_a_deleted_plan_is_gone_and_its_id_is_not_given_again(ws):
    first, second = saved(ws), saved(ws)
    delete_patrol_plan(ws, second, rev=1)
    with pytest.raises(SettingError, match="patrol_plan_unknown"):
        read_patrol_plan(ws, second)
    with pytest.raises(ConflictError):
        delete_patrol_plan(ws, first, rev=7)
    assert saved(ws) not in (first, second)
    assert len(read_patrol_plan(ws, first).visits) == 3


@pytest.mark.parametrize("more", [{"author": "王建国"}, {"name": "夜巡 13812345678"}])
def test_no_person_gets_into_a_plan(ws, more):
    with pytest.raises(SettingError, match="text_personal"):
        saved(ws, **more)


def test_unknown_fields_are_refused(ws):
    with pytest.raises(SettingError, match="plan_field_unknown"):
        change_patrol_plan(ws, saved(ws), rev=1, changes={"force": "squad"})
