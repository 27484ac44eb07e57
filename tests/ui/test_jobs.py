"""Redraws that run outside the page: one for each workspace, cancelled, failed, kept, superseded."""

import threading
from dataclasses import replace

import pytest

from data.plans import REDRAW, change_plan, read_plans
from data.workspace import Workspace
from geo.errors import SettingError
from planning.profile import Profile
from planning.redraw import redrawing
from planning.redraw.params import RedrawParams
from planning.redraw.search import Limits
from ui import jobs, redraw_order
from ui.redraw_order import RedrawOrder

BY_RESIDENTS = Profile(weights={"residents": 1.0})


def order(**settings):
    limits = Limits(seconds=None, rounds=1, seed=1, workers=1)
    params = RedrawParams(**{"tolerance": 0.5, **settings})
    return RedrawOrder(profile=BY_RESIDENTS, params=params, limits=limits)


@pytest.fixture
def district(tmp_path, make_workspace):
    return str(make_workspace(tmp_path / "w.gpkg"))


@pytest.fixture
def held(monkeypatch):
    """Redraws that wait until they are let go or cancelled."""
    go, true = threading.Event(), redrawing.redraw

    def waiting(*args, tell, cancelled, **options):
        tell("search", 0.4)
        while not go.wait(0.01) and not cancelled():
            pass
        return true(*args, tell=lambda *_: None, cancelled=cancelled, **options)

    monkeypatch.setattr(redrawing, "redraw", waiting)
    yield go
    go.set()


def until_it_searches(job):
    for _ in range(2000):
        if job.state().stage == "search":
            return
        threading.Event().wait(0.01)
    raise AssertionError(job.state())


def test_a_redraw_ends_with_its_plans_saved(district):
    job, new = jobs.start(district, order())
    assert new
    assert job.wait(60)
    state = job.state()
    assert not state.running
    assert state.error is None
    plans = read_plans(Workspace.open(district)).set_index("plan_id")
    assert state.outcome.kept
    assert set(state.outcome.kept) == set(plans.index[plans["kind"] == "redraw"])
    assert state.seconds == job.state().seconds > 0
    assert jobs.current(district, REDRAW) is job


def test_a_second_click_attaches_to_the_redraw_that_runs(district, held, tmp_path):
    job, _ = jobs.start(district, order())
    until_it_searches(job)
    assert job.state().share == 0.4
    again, new = jobs.start(str(tmp_path / "." / "w.gpkg"), order(tolerance=0.2))
    assert again is job
    assert not new
    held.set()
    assert job.wait(60)
    assert jobs.start(district, order())[1]
    assert jobs.current(district, REDRAW).wait(60)


def test_a_cancelled_redraw_ends_with_what_there_is(district, held):
    job, _ = jobs.start(district, order())
    until_it_searches(job)
    job.cancel()
    assert job.wait(60)
    assert job.state().cancelled
    assert job.state().outcome.kept


def test_a_cancelled_redraw_leaves_earlier_proposals_as_they_are(district, held):
    held.set()
    jobs.start(district, order())[0].wait(60)
    first = jobs.current(district, REDRAW).state().outcome.kept
    held.clear()
    job, _ = jobs.start(district, order(split_villages=True, tolerance=0.02))
    until_it_searches(job)
    job.cancel()
    assert job.wait(60)
    plans = read_plans(Workspace.open(district)).set_index("plan_id")
    assert {plans.at[plan, "status"] for plan in (*first, *job.state().outcome.kept)} == {"draft"}


def test_two_workspaces_are_redrawn_at_once(district, held, tmp_path, make_workspace):
    other = str(make_workspace(tmp_path / "other.gpkg"))
    first, second = jobs.start(district, order())[0], jobs.start(other, order())[0]
    assert first is not second
    until_it_searches(first)
    until_it_searches(second)
    held.set()
    assert first.wait(60)
    assert second.wait(60)
    assert first.state().outcome.kept
    assert second.state().outcome.kept


def test_all_that_runs_is_cancelled_at_once(district, held, tmp_path, make_workspace):
    running = [jobs.start(path, order())[0] for path in (district, str(make_workspace(tmp_path / "v.gpkg")))]
    jobs.cancel_all()
    assert all(job.wait(60) and job.state().cancelled for job in running)


def test_what_cannot_be_asked_is_kept_as_an_error(district):
    job, _ = jobs.start(district, order(locked=("nowhere",)))
    assert job.wait(60)
    state = job.state()
    assert isinstance(state.error, SettingError)
    assert state.error.code == "lock_unknown"
    assert state.outcome is None
    assert not state.failed
    assert jobs.current(district, REDRAW) is job


def test_a_fault_of_ours_is_told_as_one(district, monkeypatch):
    monkeypatch.setattr(redrawing, "redraw", lambda *_, **__: 1 / 0)
    job, _ = jobs.start(district, order())
    assert job.wait(60)
    assert job.state().failed
    assert job.state().error is None


def test_plans_of_tables_that_changed_meanwhile_are_shown_but_not_saved(district, held):
    job, _ = jobs.start(district, order())
    until_it_searches(job)
    workspace = Workspace.open(district)
    workspace.write("staff", workspace.read("staff").iloc[:1])
    held.set()
    assert job.wait(60)
    assert job.state().error.code == "tables_changed"
    assert job.state().outcome.kept == ()
    assert job.state().outcome.found.proposals


def test_earlier_proposals_give_way_but_not_those_that_somebody_took_up(district):
    jobs.start(district, order())[0].wait(60)
    workspace = Workspace.open(district)
    first = jobs.current(district, REDRAW).state().outcome.kept
    named = first[0]
    change_plan(workspace, named, rev=1, changes={"name": "我们的"})
    jobs.start(district, order(split_villages=True, tolerance=0.02))[0].wait(60)
    second = jobs.current(district, REDRAW).state().outcome.kept
    status = read_plans(workspace).set_index("plan_id")["status"]
    assert set(second) - set(first)
    assert {status[plan] for plan in second} == {"draft"}
    assert status[named] == "draft"
    assert {status[plan] for plan in set(first) - set(second) - {named}} <= {"retired"}


def test_what_is_read_first_counts_into_the_time_asked_for(district, monkeypatch):
    true, given = redraw_order.stand, []

    def slowly(*args):
        threading.Event().wait(0.3)
        return true(*args)

    def noted(*_, limits, **__):
        given.append(limits.seconds)
        raise SettingError("lock_unknown")

    monkeypatch.setattr(redraw_order, "stand", slowly)
    monkeypatch.setattr(redrawing, "redraw", noted)
    for seconds in (60.0, 0.1):
        asked = replace(order(), limits=Limits(seconds=seconds))
        assert jobs.start(district, asked)[0].wait(60)
    assert 0 < given[0] < 59.71
    assert given[1] == 0.0


def test_only_the_outcome_is_forgotten(district, held):
    job, _ = jobs.start(district, order())
    jobs.forget(district, REDRAW)
    assert jobs.current(district, REDRAW) is job
    held.set()
    assert job.wait(60)
    jobs.forget(district, REDRAW)
    assert jobs.current(district, REDRAW) is None
