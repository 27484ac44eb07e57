"""Who else could take a stop, and at what cost: agreed with moving it there."""

import pytest

from geo.errors import SettingError
from planning.patrol.moving import moved
from planning.patrol.offers import offers
from planning.patrol.params import Limits
from planning.patrol.solving import plan_day
from tests.planning.patrol.days import EIGHT, day

POINTS = {"a": (0, 0), "b": (10, 0), "c": (20, 0), "d": (0, 30)}
TEAMS = [{"at": "a"}, {"at": "c"}, {"at": "d", "until": EIGHT + 40}, {"at": "b", "skills": ()}]
STOPS = [{"at": "b"}, {"at": "c"}, {"at": "a"}]


@pytest.fixture
def problem():
    return day(POINTS, TEAMS, STOPS, allowed=[[1, 1, 1], [1, 1, 1], [1, 1, 1], [0, 1, 1]])


@pytest.fixture
def plan(problem):
    return plan_day(problem, limits=Limits(effort=50, workers=1))


def total(plan):
    return sum(route.duration_ms for route in plan.routes)


def test_each_offer_says_what_moving_there_does(problem, plan):
    found = offers(problem, plan, "S1")
    assert found
    for offer in found:
        after = moved(problem, plan, "S1", offer.team_id)
        assert total(after) - total(plan) == offer.change_ms
        assert (offer.why_not is None) == (not after.faults)


def test_the_own_team_and_those_that_may_not_are_not_offered(problem, plan):
    own = next(r.team_id for r in plan.routes if any(v.stop_id == "S1" for v in r.visits))
    teams = [offer.team_id for offer in offers(problem, plan, "S1")]
    assert own not in teams
    assert "T4" not in teams


def test_those_that_can_keep_it_come_first_then_the_cheaper(problem, plan):
    found = offers(problem, plan, "S1")
    keys = [(offer.why_not is not None, offer.change_ms) for offer in found]
    assert keys == sorted(keys)
    assert found[-1].why_not.code == "shift_over"


def test_of_many_teams_the_nearest_are_asked(problem, plan):
    assert len(offers(problem, plan, "S1", at_most=1)) == 1


def test_an_unknown_stop_is_refused(problem, plan):
    with pytest.raises(SettingError, match="visit_stop_unknown"):
        offers(problem, plan, "S9")
