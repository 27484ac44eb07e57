"""Weeks planned: the best of all that keep their promises, repeatable, and honest where they cannot."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.errors import SettingError
from planning.patrol.params import Limits
from planning.patrol.period.problem import PeriodParams
from planning.patrol.period.solving import plan_period
from tests.planning.patrol.days import MIN
from tests.planning.patrol.period.weeks import least_hours_ms, weeks

POINTS = {"a": (0, 0), "b": (20, 0), "c": (20, 10), "d": (0, 30), "e": (5, 30), "f": (-20, 0)}
LITTLE = Limits(effort=600)


def worked(plan):
    return sum(plan.worked_ms().values())


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_plan_that_keeps_all_promises_takes_fewer_hours(data):
    promises = [
        {
            "visits": data.draw(st.integers(1, 2)),
            "block": 4,
            "gap_least": data.draw(st.integers(1, 2)),
            "gap_most": data.draw(st.sampled_from([0, 3])),
            "last": data.draw(st.sampled_from([0, -1])),
        }
        for _ in range(3)
    ]
    stops = [{"at": data.draw(st.sampled_from("bcdef"))} for _ in promises]
    until = 8 * 60 + data.draw(st.sampled_from([100, 160]))
    problem = weeks(POINTS, [{"until": until}], stops, promises, days=4, absences=[("T1", 1)])
    best, plan = least_hours_ms(problem), plan_period(problem, limits=LITTLE)
    assert plan.faults == ()
    if best is None:
        assert plan.short
    else:
        assert plan.short == ()
        assert worked(plan) == best


def test_neighbours_are_visited_on_the_same_days():
    stops = [{"at": "b"}, {"at": "c"}, {"at": "d"}, {"at": "e"}]
    problem = weeks(POINTS, [{"until": 8 * 60 + 110}], stops, [{"visits": 2, "gap_least": 2}] * 4, days=4)
    pattern = plan_period(problem, limits=LITTLE).pattern()
    assert pattern["S1"] == pattern["S2"]
    assert pattern["S3"] == pattern["S4"]
    assert not set(pattern["S1"]) & set(pattern["S3"])


def test_the_same_seed_gives_the_same_plan_on_one_core_as_on_two():
    stops = [{"at": place} for place in "bcdef"]
    problem = weeks(POINTS, [{}, {}], stops, [{"visits": 1, "block": 7, "gap_most": 7}] * 5, days=14)
    params = PeriodParams(unpredictable=0.5)
    one, two = (
        plan_period(problem, params=params, limits=replace(LITTLE, workers=workers), seed=3)
        for workers in (1, 2)
    )
    assert one.days == two.days
    assert one.pattern() != plan_period(problem, params=params, limits=LITTLE, seed=4).pattern()


def test_a_stop_nobody_may_visit_is_told_of_with_the_reason_and_the_remedy():
    problem = weeks(POINTS, [{}], [{"at": "b"}, {"at": "c", "skill": "drone"}], [{}, {}], days=2)
    plan = plan_period(problem, limits=LITTLE)
    assert plan.faults == ()
    assert not plan.feasible
    (short,) = plan.short
    assert (short.stop_id, short.why.code) == ("S2", "visits_short")
    assert (short.why.facts["promised"], short.why.facts["planned"]) == (1, 0)
    assert [refusal.why.code for refusal in short.refusals] == ["skill"]
    assert "give_skill" in {remedy.code for remedy in short.remedies}


def test_what_cannot_all_be_kept_is_kept_in_part():
    problem = weeks(
        POINTS, [{}], [{"at": "b"}], [{"visits": 3, "gap_least": 2}], days=4, absences=[("T1", 0)]
    )
    plan = plan_period(problem, limits=LITTLE)
    assert plan.pattern() == {"S1": (1, 3)}
    assert [short.why.facts["planned"] for short in plan.short] == [2]


def test_half_days_absences_and_the_last_visit_before_are_heeded():
    stops = [{"at": "b", "windows": [(13 * 60, 14 * 60)]}, {"at": "c"}]
    promises = [{"visits": 2, "gap_least": 1}, {"visits": 1, "gap_least": 3, "last": -1}]
    problem = weeks(POINTS, [{}], stops, promises, days=4, halves={0: "am"}, absences=[("T1", 2, "pm")])
    plan = plan_period(problem, limits=LITTLE)
    assert plan.feasible
    assert plan.pattern()["S1"] == (1, 3)
    assert plan.pattern()["S2"][0] >= 2


def test_nobody_is_out_for_longer_in_all_than_may_be():
    stops = [{"at": place} for place in "bcdef"]
    promises = [{"visits": 2, "gap_least": 2}] * 5
    free = plan_period(weeks(POINTS, [{}, {}], stops, promises, days=4), limits=LITTLE)
    total = 240 * MIN
    assert max(free.worked_ms().values()) > total
    shared = plan_period(
        weeks(POINTS, [{}, {}], stops, promises, days=4), params=PeriodParams(total_ms=total), limits=LITTLE
    )
    assert shared.feasible
    assert max(shared.worked_ms().values()) <= total


def test_listed_patterns_are_chosen_from():
    listed = {"visits": 2, "patterns": ((0, 2), (1, 3))}
    problem = weeks(
        POINTS, [{}], [{"at": "b"}, {"at": "c"}], [listed, {"visits": 1, "service": (3,)}], days=4
    )
    assert plan_period(problem, limits=LITTLE).pattern() == {"S1": (1, 3), "S2": (3,)}


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"unpredictable": 1.5}, "setting_wrong"),
        ({"objective": "longest"}, "setting_wrong"),  # a longest shift is capped, not minimised, over weeks
        ({"cap_ms": 0}, "setting_wrong"),
        ({"total_ms": -1}, "setting_wrong"),
    ],
)
def test_what_cannot_be_asked_is_refused(wrong, code):
    with pytest.raises(SettingError) as caught:
        PeriodParams(**wrong)
    assert caught.value.code == code


def test_weeks_without_teams_or_stops_are_plans_without_rounds():
    nobody = weeks(POINTS, [], [{"at": "b"}], [{}], days=2)
    plan = plan_period(nobody, limits=LITTLE)
    assert [short.stop_id for short in plan.short] == ["S1"]
    nothing = weeks(POINTS, [{}], [], [], days=2)
    assert plan_period(nothing, limits=LITTLE).visits().empty
