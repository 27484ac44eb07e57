"""Changing a plan by hand."""

import pytest

from geo.errors import SettingError
from planning.patrol.moving import moved, replanned
from planning.patrol.params import DayParams, Limits
from planning.patrol.solving import plan_day
from tests.planning.patrol.days import MIN, day

FEW = Limits(effort=40, workers=1)
LINE = {"a": (0, 0), "b": (10, 0), "c": (20, 0), "d": (30, 0), "z": (100, 0)}


@pytest.fixture
def asked():
    """Two teams at both ends of a line; stops at b, c, d; T2 is on duty for two hours."""
    teams = [{"at": "a"}, {"at": "z", "until": 10 * 60}]
    return day(LINE, teams, [{"at": "b"}, {"at": "c"}, {"at": "d"}])


def orders(plan):
    return {route.team_id: [visit.stop_id for visit in route.visits] for route in plan.routes}


def test_a_moved_stop_goes_where_it_costs_least_and_the_rest_stays(asked):
    plan = moved(asked, plan_day(asked, limits=FEW), "S2", None)
    assert orders(plan) == {"T1": ["S1", "S3"]}
    assert plan.faults == ()
    assert not plan.feasible
    (out,) = plan.unvisited
    assert (out.refusals[0].team_id, out.refusals[0].why.code, out.refusals[0].position) == (
        "T1",
        "would_fit",
        1,
    )
    back = moved(asked, plan, "S2", "T1")
    assert orders(back) == {"T1": ["S1", "S2", "S3"]}
    assert back.feasible


def test_a_move_that_cannot_be_kept_says_by_how_much(asked):
    """T2 needs 80 minutes to c and back each way: 175 minutes in a shift of 120."""
    plan = moved(asked, plan_day(asked, limits=FEW), "S2", "T2")
    assert orders(plan) == {"T1": ["S1", "S3"], "T2": ["S2"]}
    assert [(f.code, f.facts["team"], f.facts["over_ms"]) for f in plan.faults] == [
        ("shift_over", "T2", 55 * MIN)
    ]
    assert not plan.feasible


def test_a_stop_may_be_moved_within_its_round(asked):
    plan = moved(asked, plan_day(asked, limits=FEW), "S1", "T1", position=2)
    assert orders(plan) == {"T1": ["S2", "S3", "S1"]}
    assert plan.faults == ()


def test_moving_what_there_is_not_is_refused(asked):
    plan = plan_day(asked, limits=FEW)
    with pytest.raises(SettingError, match="visit_stop_unknown"):
        moved(asked, plan, "S9", "T1")
    with pytest.raises(SettingError, match="route_team_unknown"):
        moved(asked, plan, "S1", "T9")


def test_moving_leaves_the_old_plan_as_it_was(asked):
    plan = plan_day(asked, limits=FEW)
    before = orders(plan)
    moved(asked, plan, "S2", "T2")
    assert orders(plan) == before


def test_kept_routes_stay_while_the_rest_is_planned_anew():
    teams = [{"at": "a"}, {"at": "a"}, {"at": "z"}]
    asked = day(LINE, teams, [{"at": "b"}, {"at": "c"}, {"at": "d"}, {"at": "z"}])
    plan = plan_day(asked, limits=FEW)
    for stop in ("S3", "S2"):
        plan = moved(asked, plan, stop, "T2")
    plan = moved(asked, plan, "S3", None)
    anew = replanned(asked, plan, keep=("T2",), params=DayParams(), limits=FEW)
    assert orders(anew) == {"T1": ["S1", "S3"], "T2": ["S2"], "T3": ["S4"]}
    assert anew.feasible


def test_the_cap_of_a_plan_holds_for_moves_too():
    asked = day(LINE, [{"at": "a"}, {"at": "a"}], [{"at": "b"}, {"at": "d"}])
    plan = plan_day(asked, params=DayParams(cap_ms=80 * MIN), limits=FEW)
    assert plan.feasible
    assert orders(plan) == {"T1": ["S1"], "T2": ["S2"]}
    both = moved(asked, plan, "S2", "T1")
    assert [(fault.code, fault.facts["over_ms"]) for fault in both.faults] == [("cap_over", 10 * MIN)]
