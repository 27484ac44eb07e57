"""Plans that have to change: little does, and each change is told."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geo.errors import SettingError
from geo.travel_times import TravelTimes
from planning.patrol.params import Limits
from planning.patrol.period.building import ABSENCE_COLUMNS
from planning.patrol.period.comparing import compared
from planning.patrol.period.replanning import changes_between, replan
from planning.patrol.period.solving import plan_period
from tests.planning.patrol.period.weeks import weeks

LITTLE = Limits(effort=400)


@pytest.fixture(scope="module")
def problem():
    """A week of ten places and three teams, at two places."""
    rng = np.random.default_rng(8)
    points = {"a": (0, 0), "z": (10, 10)} | {f"p{i}": tuple(rng.integers(-30, 31, 2)) for i in range(10)}
    teams = [{"until": 12 * 60}, {"until": 12 * 60, "at": "z"}, {"until": 12 * 60}]
    promises = [{"visits": 2, "gap_least": 2}] * 10
    return weeks(points, teams, [{"at": f"p{i}"} for i in range(10)], promises, days=7)


@pytest.fixture(scope="module")
def before(problem):
    return plan_period(problem, limits=Limits(effort=1_500))


def away(problem, *rows):
    return replace(
        problem, absences=pd.DataFrame([(*row, "away") for row in rows], columns=[*ABSENCE_COLUMNS])
    )


def busiest(plan, since):
    return max(
        ((number, route) for number, day in enumerate(plan.days) if number >= since for route in day.routes),
        key=lambda found: len(found[1].visits),
    )


def test_a_team_that_drops_out_is_stood_in_for_and_little_else_changes(problem, before):
    number, route = busiest(before, 1)
    found = replan(away(problem, (route.team_id, number, "")), before, from_day=number, limits=LITTLE)
    assert found.plan.feasible
    assert all(other.team_id != route.team_id for other in found.plan.days[number].routes)
    assert found.plan.days[:number] == before.days[:number]
    assert found.moved >= len(route.visits)
    assert found.moved <= len(route.visits) + 3
    assert set(found.changes["what"]) <= {"moved", "other_day", "retimed"}


def test_nothing_changes_where_nothing_has(problem, before):
    found = replan(problem, before, limits=LITTLE)
    assert found.changes.empty
    assert found.plan.days == before.days
    assert (found.moved, found.within) == (0, True)


def test_a_further_stop_is_added_on_its_day(problem, before):
    base = problem.base
    event = base.stops.iloc[[0]].set_axis(["event:1"])
    wider = replace(
        problem,
        base=replace(
            base, stops=pd.concat([base.stops, event]), allowed=np.c_[base.allowed, base.allowed[:, :1]]
        ),
        promises=pd.concat(
            [
                problem.promises,
                problem.promises.iloc[[0]]
                .set_axis(["event:1"])
                .assign(visits=1, block=7, patterns=[((4,),)]),
            ]
        ),
    )
    found = replan(wider, before, from_day=3, limits=LITTLE)
    assert found.plan.feasible
    added = found.changes[found.changes["what"] == "added"]
    assert added[["stop_id", "to_day"]].values.tolist() == [["event:1", 4]]


def test_a_closed_road_is_driven_around_or_the_day_changed(problem, before):
    number, route = busiest(before, 0)
    stop = route.visits[0].stop_id
    place = problem.base.stops.at[stop, "place"]
    travel = problem.base.travel["car"]
    ms = travel.ms.copy()
    at = travel.labels.get_loc(place)
    ms[at, :] = ms[:, at] = 2**40
    detours = {number: {"car": TravelTimes(labels=travel.labels, ms=ms)}}
    found = replan(replace(problem, detours=detours), before, limits=LITTLE)
    assert found.plan.feasible
    assert number not in found.plan.pattern()[stop]
    assert "other_day" in set(found.changes.loc[found.changes["stop_id"] == stop, "what"])


def test_what_has_to_move_beyond_the_share_is_told(problem, before):
    number, route = busiest(before, 0)
    found = replan(away(problem, (route.team_id, number, "")), before, most_moved=0.0, limits=LITTLE)
    assert not found.within
    assert found.share > 0


def test_changes_are_told_from_what_to_what(before):
    number, route = busiest(before, 0)
    less = replace(before.days[number], routes=())
    gone = changes_between(
        before, replace(before, days=tuple(less if i == number else d for i, d in enumerate(before.days)))
    )
    first = gone[gone["stop_id"] == route.visits[0].stop_id].iloc[0]
    assert first.drop("stop_id").tolist() == [
        "dropped",
        number,
        route.team_id,
        route.visits[0].begin_ms,
        -1,
        None,
        -1,
    ]


def test_this_period_is_compared_with_another_by_the_week(before):
    frame = compared(before.visits(), before, days_before=14)
    assert (frame["visits_before"] == frame["visits"] / 2).all()
    assert frame["visits"].sum() == len(before.visits())
    spent = sum(r.duration_ms - r.home_ms for day in before.days for r in day.routes) / 3_600_000
    assert frame["hours"].sum() == pytest.approx(spent)


@pytest.mark.parametrize("wrong", [{"most_moved": 1.1}, {"from_day": 7}, {"from_day": -1}])
def test_what_cannot_be_asked_is_refused(problem, before, wrong):
    with pytest.raises(SettingError):
        replan(problem, before, **wrong)
