"""The checker: accepts what was planned well, and catches each fault that is planted."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from planning.patrol.checking import checked, least_duration_ms, plan_faults
from planning.patrol.params import DayParams, Limits
from planning.patrol.plan import Unvisited
from planning.patrol.solving import plan_day
from tests.planning.patrol.days import MIN, Tried, day, days

FEW = Limits(effort=40, workers=1)
#   e <- 10 -> a <- 10 -> b <- 10 -> c <- 10 -> d
LINE = {"a": (0, 0), "b": (10, 0), "c": (20, 0), "d": (30, 0), "e": (-10, 0)}


def codes(problem, plan):
    return {fault.code for fault in plan_faults(problem, plan)}


def with_route(plan, number, **changes):
    routes = [*plan.routes]
    routes[number] = replace(routes[number], **changes)
    return replace(plan, routes=tuple(routes))


def with_visit(plan, route, number, **changes):
    visits = [*plan.routes[route].visits]
    visits[number] = replace(visits[number], **changes)
    return with_route(plan, route, visits=tuple(visits))


def shifted(route, ms):
    """The same round, all of it later."""
    later = tuple(
        replace(v, arrive_ms=v.arrive_ms + ms, begin_ms=v.begin_ms + ms, leave_ms=v.leave_ms + ms)
        for v in route.visits
    )
    return replace(route, visits=later, start_ms=route.start_ms + ms, end_ms=route.end_ms + ms)


@pytest.fixture
def asked():
    """Two teams at a and e; S2 at c is open from 10:00 to 10:30, S4 at e asks for a skill of T2's."""
    teams = [{"at": "a"}, {"at": "e", "skills": ("k",)}]
    stops = [
        {"at": "b"},
        {"at": "c", "windows": [(600, 630)]},
        {"at": "d"},
        {"at": "e", "skill": "k"},
        {"at": "e"},
    ]
    return day(LINE, teams, stops, allowed=[[1, 1, 1, 1, 1], [0, 0, 1, 1, 1]])


@pytest.fixture
def plan(asked):
    found = plan_day(asked, limits=FEW)
    assert found.faults == ()
    assert [[v.stop_id for v in r.visits] for r in found.routes] == [["S1", "S2", "S3"], ["S4", "S5"]]
    return found


def test_a_leg_that_takes_longer_than_told_is_caught(asked, plan):
    assert codes(asked, with_visit(plan, 0, 1, leg_ms=9 * MIN)) == {"leg_mistaken", "arrival_mistaken"}


def test_a_team_that_is_somewhere_at_once_is_caught(asked, plan):
    """Teleporting: the leg takes nothing, and all times agree with that."""
    route = plan.routes[0]
    visits = (
        *route.visits[:2],
        replace(
            route.visits[2], leg_ms=0, arrive_ms=route.visits[1].leave_ms, begin_ms=route.visits[1].leave_ms
        ),
    )
    visits = (*visits[:2], replace(visits[2], leave_ms=visits[2].begin_ms + 15 * MIN))
    moved = with_route(plan, 0, visits=visits, end_ms=visits[2].leave_ms + route.home_ms)
    assert codes(asked, moved) == {"leg_mistaken"}


def test_a_route_from_another_place_is_caught(asked, plan):
    """Wrong depot: T1 starts at a; from e the first leg would take 20 minutes."""
    route = plan.routes[0]
    early = with_visit(plan, 0, 0, leg_ms=20 * MIN)
    assert codes(asked, with_route(early, 0, start_ms=route.start_ms - 10 * MIN)) == {"leg_mistaken"}


def test_a_route_that_does_not_go_home_is_caught(asked, plan):
    route = plan.routes[0]
    stays = with_route(plan, 0, home_ms=0, end_ms=route.end_ms - route.home_ms)
    assert codes(asked, stays) == {"leg_mistaken"}


def test_a_stop_visited_twice_is_caught(asked, plan):
    one, other = plan.routes
    twice = with_route(plan, 1, visits=(*other.visits, one.visits[2]))
    assert "stop_visited_twice" in codes(asked, twice)
    again = with_route(plan, 0, visits=(*one.visits, one.visits[2]))
    assert "stop_visited_twice" in codes(asked, again)


def test_a_stop_that_is_skipped_without_a_word_is_caught(asked, plan):
    route = plan.routes[1]
    skipped = with_route(plan, 1, visits=route.visits[:1], end_ms=route.end_ms - 15 * MIN)
    assert codes(asked, skipped) == {"stop_forgotten"}


def test_a_stop_visited_and_left_out_is_caught(asked, plan):
    both = replace(plan, unvisited=(Unvisited(stop_id="S1", priority=1, refusals=()),))
    assert codes(asked, both) == {"stop_both"}


def test_a_visit_after_its_window_or_before_is_caught(asked, plan):
    late = replace(plan, routes=(shifted(plan.routes[0], 31 * MIN), plan.routes[1]))
    early = replace(plan, routes=(shifted(plan.routes[0], -MIN), plan.routes[1]))
    assert codes(asked, late) == {"window_missed"}
    assert codes(asked, early) == {"window_not_open"}


def test_a_round_outside_its_shift_is_caught(asked, plan):
    early = replace(plan, routes=(plan.routes[0], shifted(plan.routes[1], -1)))
    over = replace(plan, routes=(plan.routes[0], shifted(plan.routes[1], 8 * 60 * MIN)))
    assert codes(asked, early) == {"shift_begins_later"}
    (fault,) = plan_faults(asked, over)
    assert (fault.code, fault.facts["over_ms"]) == ("shift_over", 30 * MIN)


def test_a_round_over_the_cap_is_caught(asked, plan):
    assert codes(asked, replace(plan, cap_ms=plan.routes[0].duration_ms)) == set()
    assert codes(asked, replace(plan, cap_ms=plan.routes[0].duration_ms - 1)) == {"cap_over"}


def test_a_team_that_may_not_or_cannot_serve_a_stop_is_caught(asked, plan):
    one, other = plan.routes
    swapped = replace(plan, routes=(replace(one, team_id="T2"), replace(other, team_id="T1")))
    assert {"not_allowed", "skill", "leg_mistaken"} <= codes(asked, swapped)


def test_one_team_on_two_routes_and_unknown_ones_are_caught(asked, plan):
    one, other = plan.routes
    assert "route_team_twice" in codes(asked, replace(plan, routes=(one, replace(other, team_id="T1"))))
    assert "route_team_unknown" in codes(asked, replace(plan, routes=(one, replace(other, team_id="T9"))))
    assert "visit_stop_unknown" in codes(asked, with_visit(plan, 0, 0, stop_id="S9"))
    assert "route_empty" in codes(asked, with_route(plan, 0, visits=()))


def test_a_shortened_stay_and_a_hasty_beginning_are_caught(asked, plan):
    first = plan.routes[0].visits[0]
    assert codes(asked, with_visit(plan, 0, 0, leave_ms=first.leave_ms - MIN)) == {
        "dwell_mistaken",
        "arrival_mistaken",
    }
    hasty = with_visit(plan, 0, 0, begin_ms=first.begin_ms - MIN, leave_ms=first.leave_ms)
    assert "begins_before_arrival" in codes(asked, hasty)


def test_a_plan_for_the_other_force_or_mode_is_caught(asked, plan):
    assert codes(asked, replace(plan, force="village")) == {"plan_of_other_problem"}
    assert codes(asked, replace(plan, mode="own")) == {"plan_of_other_problem"}


def test_a_way_that_is_closed_meanwhile_is_caught(plan):
    teams = [{"at": "a"}, {"at": "e", "skills": ("k",)}]
    stops = [
        {"at": "b"},
        {"at": "c", "windows": [(600, 630)]},
        {"at": "d"},
        {"at": "e", "skill": "k"},
        {"at": "e"},
    ]
    closed = day(LINE, teams, stops, cut="d")
    assert codes(closed, plan) == {"leg_unreachable"}


def test_a_load_beyond_capacity_is_caught(asked, plan):
    light = replace(asked, teams=asked.teams.assign(capacity=[2, 9]))
    assert codes(light, plan) == {"capacity_over"}


def test_checking_forgets_old_faults_and_finds_them_again(asked, plan):
    bad = checked(asked, with_visit(plan, 0, 0, leg_m=-1))
    assert [fault.code for fault in bad.faults] == ["leg_length_mistaken"]
    assert not bad.feasible
    assert checked(asked, with_visit(bad, 0, 0, leg_m=0)).feasible


@given(problem=days(most_stops=5), data=st.data())
@settings(max_examples=25)
def test_plans_are_accepted_and_spoilt_ones_are_not(problem, data):
    plan = plan_day(problem, params=DayParams(), limits=FEW)
    assert plan.faults == ()
    assume(plan.routes)
    number = data.draw(st.integers(0, len(plan.routes) - 1))
    route = plan.routes[number]
    place = data.draw(st.integers(0, len(route.visits) - 1))
    visit = route.visits[place]
    off = data.draw(st.integers(1, 60)) * MIN
    spoilt = [
        with_visit(plan, number, place, leg_ms=visit.leg_ms + off),
        with_visit(plan, number, place, begin_ms=visit.arrive_ms - off),
        with_visit(plan, number, place, leave_ms=visit.leave_ms + off),
        with_route(plan, number, visits=(*route.visits, visit)),
        with_route(plan, number, visits=route.visits[:place] + route.visits[place + 1 :]),
        with_route(plan, number, end_ms=route.end_ms + off),
        with_route(plan, number, start_ms=route.start_ms - off),
        replace(
            plan, routes=plan.routes[:number] + (shifted(route, 24 * 60 * MIN),) + plan.routes[number + 1 :]
        ),
        replace(plan, routes=(*plan.routes, route)),
    ]
    assert all(checked(problem, bad).faults for bad in spoilt)


@given(problem=days(most_stops=4, most_teams=1), data=st.data())
@settings(max_examples=40)
def test_the_least_duration_of_an_order_is_that_of_trying_every_start(problem, data):
    order = data.draw(st.permutations(list(problem.stops.index)))
    found = least_duration_ms(problem, "T1", order)
    assert (None if found is None else found[1]) == Tried(problem).least_duration("T1", order)
