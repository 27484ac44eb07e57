"""The log of strokes: nothing is lost, everything can be undone, and what was can be had again."""

import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from data import geopackage
from data.plans import duplicate_plan, read_assignment, read_plans, save_plan
from data.strokes import (
    apply_stroke,
    assignment_at,
    plan_locks,
    plan_zone_names,
    read_strokes,
    redo_stroke,
    restore_plan,
    undo_stroke,
    undoable,
)
from data.workspace import Workspace
from geo.errors import ConflictError, SettingError

ROOT = Path(__file__).resolve().parents[2]
GRIDS = ("g1", "g2", "g3", "g4")
START = {"g1": "z1", "g2": "z1", "g3": "z2"}


def painted(folder, start=START):
    ws = Workspace.create(Path(folder) / "ws.gpkg", name="x", crs="EPSG:4549")
    shapes = [box(i, 0, i + 1, 1) for i in range(len(GRIDS))]
    ws.write("grids", gpd.GeoDataFrame({"grid_id": GRIDS}, geometry=shapes, crs="EPSG:4549"))
    today = save_plan(ws, pd.Series(start), kind="nesting", name="现状")
    return ws, duplicate_plan(ws, today, name="手绘")


@pytest.fixture
def plan(tmp_path):
    """A painted draft of four grids, the last of them in no zone."""
    return painted(tmp_path)


def paint(plan, painter="a", rev=1, kind="paint", token=None, **options):
    token = token or f"{painter}{time.perf_counter_ns()}"
    return apply_stroke(*plan, rev=rev, token=token, painter=painter, kind=kind, **options)


def undo(plan, painter="a", rev=1, token=None):
    return undo_stroke(*plan, rev=rev, token=token or f"u{time.perf_counter_ns()}", painter=painter)


def redo(plan, painter="a", rev=1, token=None):
    return redo_stroke(*plan, rev=rev, token=token or f"r{time.perf_counter_ns()}", painter=painter)


def zones(plan):
    return read_assignment(*plan).to_dict()


def test_a_stroke_changes_its_grids_and_is_kept(plan):
    found = paint(plan, token="t1", who="lin", grids={"g1": ("z1", "z2"), "g4": ("", "z2"), "g3": ("z2", "")})
    assert zones(plan) == {"g1": "z2", "g2": "z1", "g4": "z2"}
    assert (found.rev, found.refused, found.others) == (2, {}, ())
    (kept,) = read_strokes(*plan)
    assert kept == found.stroke
    assert (kept.number, kept.token, kept.painter, kept.who, kept.kind, kept.of, kept.rev) == (
        1,
        "t1",
        "a",
        "lin",
        "paint",
        None,
        2,
    )
    assert kept.grids == {"g1": ("z1", "z2"), "g4": ("", "z2"), "g3": ("z2", "")}
    assert read_strokes(*plan, after=1) == ()


def test_names_and_locks_are_strokes_too(plan):
    paint(plan, kind="zone", names={"n1": ("", "新区")}, grids={"g1": ("z1", "n1")})
    paint(plan, kind="lock", locks={"zone:z2": (False, True), "grid:g9": (False, False)})
    assert plan_zone_names(*plan) == {"n1": "新区"}
    assert plan_locks(*plan) == {"zone:z2"}
    undo(plan)
    assert plan_locks(*plan) == frozenset()
    undo(plan)
    assert (plan_zone_names(*plan), zones(plan)) == ({}, START)


def test_the_same_token_twice_is_one_stroke(plan):
    paint(plan, token="t", grids={"g1": ("z1", "z2")})
    again = paint(plan, token="t", grids={"g1": ("z1", "z2")})
    assert (again.stroke, again.rev, again.refused, again.others) == (None, 2, {}, ())
    undo(plan, token="u")
    assert undo(plan, token="u").stroke is None
    assert len(read_strokes(*plan)) == 2


def test_what_was_refused_is_told_again_when_the_first_answer_was_lost(plan):
    paint(plan, "b", grids={"g1": ("z1", "z2")})
    for _ in range(2):
        found = paint(plan, token="t", grids={"g1": ("z1", "z3"), "g2": ("z1", "z3")})
        assert found.refused == {"g1": "z2"}
        assert [stroke.painter for stroke in found.others] == ["b"]
    paint(plan, "b", grids={"g2": ("z3", "z2")})
    for _ in range(2):
        assert undo(plan, token="u").refused == {"g2": "z2"}


def test_grids_that_somebody_else_painted_are_refused_and_told_and_the_rest_is_kept(plan):
    first = paint(plan, "b", grids={"g1": ("z1", "z2"), "g2": ("z1", "z9")})
    found = paint(plan, "a", grids={"g1": ("z1", "z3"), "g2": ("z1", "z9"), "g3": ("z2", "z3")})
    assert found.refused == {"g1": "z2"}, "g2 is already what it is to be"
    assert found.others == (first.stroke,)
    assert found.stroke.grids == {"g3": ("z2", "z3")}
    assert zones(plan) == {"g1": "z2", "g2": "z9", "g3": "z3"}
    assert paint(plan, "a", rev=found.rev, grids={"g1": ("z1", "z3")}).stroke is None


def test_a_stroke_that_changes_nothing_is_not_kept(plan):
    assert paint(plan, grids={"g1": ("z1", "z1"), "g2": ("z7", "z1")}).stroke is None
    assert undo(plan).stroke is None
    assert redo(plan).stroke is None
    assert read_plans(plan[0])["rev"].tolist() == [1, 1]


def test_undo_leaves_what_others_painted_over_and_goes_a_step_further_next_time(plan):
    paint(plan, "a", grids={"g3": ("z2", "z1")})
    paint(plan, "a", grids={"g1": ("z1", "z2")})
    paint(plan, "b", grids={"g1": ("z2", "z3")})
    first = undo(plan, "a")
    assert (first.refused, first.stroke.of, first.stroke.grids) == ({"g1": "z3"}, 2, {})
    assert undo(plan, "a").stroke.of == 1
    assert zones(plan) == {"g1": "z3", "g2": "z1", "g3": "z2"}


def test_a_painter_undoes_only_his_own_and_a_new_stroke_drops_what_could_be_redone(plan):
    paint(plan, "a", grids={"g1": ("z1", "z2")})
    paint(plan, "b", grids={"g2": ("z1", "z2")})
    paint(plan, "a", grids={"g3": ("z2", "z1")})
    undo(plan, "a")
    undo(plan, "a")
    assert zones(plan) == {"g1": "z1", "g2": "z2", "g3": "z2"}
    log = read_strokes(*plan)
    assert undoable(log, "a") == ([], [3, 1])
    assert undoable(log, "b") == ([2], [])
    assert redo(plan, "a").stroke.of == 1
    paint(plan, "a", grids={"g4": ("", "z1")})
    assert redo(plan, "a").stroke is None
    assert undoable(read_strokes(*plan), "a") == ([1, 7], [])


def test_two_hundred_steps_are_undone_and_redone(plan):
    states = [zones(plan)]
    for step in range(200):
        before = states[-1]["g1"]
        paint(plan, grids={"g1": (before, f"n{step}")})
        states.append({**states[-1], "g1": f"n{step}"})
    for state in reversed(states[:-1]):
        undo(plan)
        if state["g1"] in ("z1", "n0", "n150"):
            assert zones(plan) == state
    for _ in states[1:]:
        redo(plan)
    assert zones(plan) == states[-1]


def test_an_earlier_state_is_looked_at_and_put_back_and_that_is_undone(plan):
    paint(plan, "a", grids={"g1": ("z1", "n1")}, names={"n1": ("", "新区")})
    paint(plan, "b", grids={"g1": ("n1", "z2"), "g4": ("", "z2")}, locks={"zone:z2": (False, True)})
    assert assignment_at(*plan, 0).to_dict() == START
    assert assignment_at(*plan, 1).to_dict() == {**START, "g1": "n1"}
    after = zones(plan)
    assert assignment_at(*plan, 2).to_dict() == after
    found = restore_plan(*plan, 0, rev=3, token="r", painter="c")
    assert (zones(plan), plan_zone_names(*plan), plan_locks(*plan)) == (START, {}, frozenset())
    assert (found.stroke.kind, found.stroke.note, found.refused) == ("restore", "0", {})
    undo(plan, "c")
    assert (zones(plan), plan_zone_names(*plan), plan_locks(*plan)) == (after, {"n1": "新区"}, {"zone:z2"})


def test_a_copy_begins_as_its_original_is_and_goes_its_own_way(plan):
    paint(plan, grids={"g1": ("z1", "n1")}, names={"n1": ("", "新区")}, locks={"zone:z2": (False, True)})
    ws, first = plan
    second = duplicate_plan(ws, first, name="另一份")
    assert plan_zone_names(ws, second) == {"n1": "新区"}
    assert plan_locks(ws, second) == {"zone:z2"}
    assert read_strokes(ws, second) == ()
    paint((ws, second), grids={"g2": ("z1", "z2")})
    assert zones(plan) == {**START, "g1": "n1"}


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"grids": {"g9": ("", "z1")}}, "grids_unknown"),
        ({"grids": {"g1": ("z1", "z2")}, "kind": "undo"}, "stroke_kind_unknown"),  # has a door of its own
        ({"grids": {"g1": ("z1", "z2")}, "kind": "scribble"}, "stroke_kind_unknown"),
    ],
)
def test_impossible_strokes_are_refused(plan, options, code):
    with pytest.raises(SettingError, match=code):
        paint(plan, **options)
    assert zones(plan) == START


def test_only_painted_drafts_of_the_district_are_painted(plan):
    ws, made = plan
    with pytest.raises(SettingError, match="plan_unknown"):
        paint((ws, "P9"), grids={"g1": ("z1", "z2")})
    with pytest.raises(SettingError, match="plan_unknown"):
        read_strokes(ws, "P9")
    with pytest.raises(ConflictError, match="plan_not_painted"):
        paint((ws, "P1"), grids={"g1": ("z1", "z2")})
    for number in (-1, 1):
        with pytest.raises(SettingError, match="stroke_unknown"):
            restore_plan(ws, made, number, rev=1, token="r", painter="a")
    with geopackage.writing(ws.path) as connection:
        connection.execute("UPDATE plans SET status = 'consulted'")
    for change in (
        lambda: paint(plan, grids={"g1": ("z1", "z2")}),
        lambda: undo(plan),
        lambda: restore_plan(*plan, 0, rev=1, token="r", painter="a"),
    ):
        with pytest.raises(ConflictError, match="plan_frozen") as caught:
            change()
        assert caught.value.facts == {"plan": made, "status": "consulted"}


STEP = st.one_of(
    st.tuples(
        st.just("paint"),
        st.sampled_from("ab"),
        st.dictionaries(st.sampled_from(GRIDS), st.sampled_from(["", "z1", "z2", "z3"]), min_size=1),
        st.booleans(),
    ),
    st.tuples(st.sampled_from(["undo", "redo"]), st.sampled_from("ab")),
    st.tuples(st.just("restore"), st.sampled_from("ab"), st.integers(0, 12)),
)


def take(plan, step, seen):
    """Do one step; a painter who is late states what the grids were at the start."""
    kind, painter, *what = step
    if kind == "paint":
        stale = START if what[1] else seen
        paint(plan, painter, grids={grid: (stale.get(grid, ""), new) for grid, new in what[0].items()})
    elif kind == "restore":
        last = len(read_strokes(*plan))
        restore_plan(*plan, what[0] % (last + 1), rev=1, token=f"{time.perf_counter_ns()}", painter=painter)
    else:
        {"undo": undo, "redo": redo}[kind](plan, painter)


def replayed(strokes):
    state = dict(START)
    for stroke in strokes:
        for grid, (old, new) in stroke.grids.items():
            assert state.get(grid, "") == old, "a stroke says what really was"
            state[grid] = new
    return {grid: zone for grid, zone in state.items() if zone}


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(STEP, min_size=1, max_size=12))
def test_the_log_leads_to_what_the_plan_is_and_to_all_that_it_was(steps):
    with tempfile.TemporaryDirectory() as folder:
        plan = painted(folder)
        states = {0: zones(plan)}
        for step in steps:
            take(plan, step, zones(plan))
            states[len(read_strokes(*plan))] = zones(plan)
        log = read_strokes(*plan)
        assert replayed(log) == zones(plan)
        assert [stroke.number for stroke in log] == list(range(1, len(log) + 1))
        for number, state in states.items():
            assert assignment_at(*plan, number).to_dict() == state
        assert read_plans(plan[0]).set_index("plan_id").at[plan[1], "rev"] == len(log) + 1


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(STEP, min_size=1, max_size=10))
def test_one_painter_who_undoes_all_is_back_at_the_start_and_redoes_it(steps):
    with tempfile.TemporaryDirectory() as folder:
        plan = painted(folder)
        for step in steps:
            take(plan, (step[0], "a", *step[2:]), zones(plan))
        end, (done, undone) = zones(plan), undoable(read_strokes(*plan), "a")
        for number in reversed(done):
            assert undo(plan).stroke.of == number
        assert undo(plan).stroke is None
        assert zones(plan) == START
        for _ in done:
            redo(plan)
        assert zones(plan) == end
        assert undoable(read_strokes(*plan), "a") == (done, undone)


def paint_many(path, plan_id, painter, times):
    """Paint without looking, as a browser does that hears of others only with each answer."""
    ws, rev, mine = Workspace.open(path), 1, dict.fromkeys(GRIDS, "")
    mine |= START
    heard, refused = [], 0
    for step in range(times):
        grid, new = GRIDS[step % len(GRIDS)], f"{painter}{step}"
        found = apply_stroke(
            ws,
            plan_id,
            rev=rev,
            token=new,
            painter=painter,
            kind="paint",
            grids={grid: (mine[grid], new)},
        )
        assert (found.stroke is None) == bool(found.refused)
        mine |= {grid: new for grid in found.stroke.grids} if found.stroke else {}
        for other in found.others:
            mine |= {grid: new for grid, (_, new) in other.grids.items()}
        mine |= found.refused
        heard += [other.number for other in found.others]
        refused += len(found.refused)
        rev = found.rev
    return painter, refused, heard, rev


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_painters_at_once_lose_nothing_and_hear_of_each_other(plan, kind):
    ws, plan_id = plan
    pool = (
        ThreadPoolExecutor(3)
        if kind == "threads"
        else ProcessPoolExecutor(2, mp_context=get_context("spawn"))
    )
    painters, times = ("abc", 40) if kind == "threads" else ("ab", 60)
    with pool:
        jobs = [pool.submit(paint_many, ws.path, plan_id, painter, times) for painter in painters]
        told = [job.result() for job in jobs]
    log = read_strokes(*plan)
    assert replayed(log) == zones(plan)
    kept = Counter(stroke.painter for stroke in log)
    for painter, refused, heard, rev in told:
        assert kept[painter] == times - refused
        assert heard == [one.number for one in log if one.painter != painter and one.rev <= rev]


def test_a_process_killed_while_it_paints_leaves_the_plan_before_a_stroke_or_after_it(plan):
    script = (
        "import itertools, sys; from data.workspace import Workspace; from data.strokes import apply_stroke\n"
        "ws, old = Workspace.open(sys.argv[1]), ('z1', 'z1', 'z2', '')\n"
        "from data.plans import read_assignment\n"
        "was = read_assignment(ws, 'P2').to_dict(); print(1, flush=True)\n"
        "for step in itertools.count():\n"
        "    new = str(step % 7)\n"
        "    grids = {g: (was.get(g, ''), new) for g in ('g1', 'g2', 'g3', 'g4')}\n"
        "    apply_stroke(ws, 'P2', rev=1, token=sys.argv[2] + str(step), painter=sys.argv[2], kind='fill',\n"
        "                 grids=grids)\n"
        "    was = dict.fromkeys(grids, new)\n"
    )
    for wait in (0.01, 0.05, 0.11):
        worker = subprocess.Popen(
            [sys.executable, "-c", script, str(plan[0].path), str(wait)], cwd=ROOT, stdout=subprocess.PIPE
        )
        worker.stdout.readline()
        time.sleep(wait)
        worker.kill()
        worker.communicate()
        log = read_strokes(*plan)
        assert replayed(log) == zones(plan)
        assert read_plans(plan[0]).set_index("plan_id").at["P2", "rev"] == len(log) + 1
    assert log


def test_a_process_that_dies_inside_a_stroke_leaves_the_plan_as_it_was(plan):
    paint(plan, grids={"g1": ("z1", "z2")})
    script = (
        "import os, sys; from data import strokes; from data.workspace import Workspace\n"
        "strokes.record = lambda *args, **facts: os._exit(9)\n"
        "strokes.apply_stroke(Workspace.open(sys.argv[1]), 'P2', rev=1, token='x', painter='a',\n"
        "                     kind='paint', grids={'g2': ('z1', 'z2')})\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(plan[0].path)], cwd=ROOT, check=False)
    assert done.returncode == 9
    assert (zones(plan), len(read_strokes(*plan))) == ({**START, "g1": "z2"}, 1)
    assert paint(plan, token="x", grids={"g2": ("z1", "z2")}).rev == 3
