"""The search of a part: within its budget, whole at any time, the same for the same seed."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import planning.patrol.searching as searching
from planning.patrol.indexed import Part, indexed, prizes, team_price
from planning.patrol.ruining import Tearing, ground_of
from planning.patrol.searching import Budget, drivable, search
from planning.patrol.timing import timed
from tests.planning.patrol.days import MIN, day, days

OBJECTIVES = ["hours", "travel", "teams"]


def whole(ix, **other):
    teams, stops = tuple(range(len(ix.team_ids))), tuple(range(len(ix.stop_ids)))
    return Part(teams=teams, stops=stops, **{"objective": "hours", **other})


def square(count, seed=5, **of_stops):
    """Return a day of stops strewn about, and teams at two places."""
    rng = np.random.default_rng(seed)
    points = {f"p{i}": rng.integers(0, 60, 2) for i in range(count)}
    stops = [{"at": place, **of_stops} for place in points]
    return indexed(day({"a": (0, 0), "b": (60, 60), **points}, [{}, {"at": "b"}, {}], stops))


def after(times):
    """Return what a search asks for the share that is over: it ends at the given question."""
    count = itertools.count()
    return lambda done: next(count) / times


def cost_of(ix, part, rounds):
    """Return the cost of rounds from their times alone."""
    held = [timed(ix, team, stops, cap=part.cap) for team, stops in rounds.items()]
    assert all(time.possible for time in held)
    visited = [stop for stops in rounds.values() for stop in stops]
    assert len(visited) == len(set(visited))
    left = sum(
        prize
        for stop, prize in zip(part.stops, prizes(ix, part).tolist(), strict=True)
        if stop not in visited
    )
    price = team_price(ix, part)
    if part.objective == "travel":
        return left + sum(sum(time.legs) for time in held)
    return left + sum(time.duration + price for time in held)


@given(problem=days(), objective=st.sampled_from(OBJECTIVES))
def test_rounds_torn_and_mended_can_be_driven_and_cost_what_is_told(problem, objective):
    ix = indexed(problem)
    part = whole(ix, objective=objective)
    if not part.stops or not part.teams:
        return
    chain = Tearing(ix, part, ground_of(ix, part), seed=1)
    found = chain.run({}, after(2))
    timed_cost = cost_of(ix, part, found.rounds)
    assert found.cost >= timed_cost if objective == "travel" else found.cost == pytest.approx(timed_cost)
    for kind, stops in chain.seen.held:
        assert stops <= set(part.stops)
        assert 0 <= kind < len(part.teams)


def test_rounds_torn_and_mended_are_never_worse_than_those_it_began_with():
    ix = square(14)
    part = whole(ix)
    ground = ground_of(ix, part)
    good = Tearing(ix, part, ground, seed=1).run({}, after(20))
    again = Tearing(ix, part, ground, seed=2).run(good.rounds, after(1))
    assert again.cost <= good.cost == cost_of(ix, part, good.rounds)


def test_it_ends_as_soon_as_nothing_is_left_out_where_that_is_all_that_counts():
    ix = square(12)
    part = whole(ix)
    found = Tearing(ix, part, ground_of(ix, part), seed=1).run({}, after(10**9), complete=True)
    assert found.count == 12
    rounds = search(ix, part, seed=1, budget=Budget(iterations=10**9), start=found.rounds, complete=True)
    assert rounds == found.rounds


@pytest.mark.parametrize("chains", [1, 2])
def test_the_same_seed_and_iterations_give_the_same_rounds(chains):
    ix = square(16)
    found = [
        search(ix, whole(ix), seed=3, budget=Budget(iterations=400), chains=chains, start=None) for _ in "12"
    ]
    assert found[0] == found[1]


def test_a_cancelled_search_of_many_stops_asks_little_more():
    """It is asked after each stretch: a handful of times for each thread, whatever is left of the time."""
    ix, asked = square(60), []

    def cancelled():
        asked.append(True)
        return len(asked) > 20

    rounds = search(ix, whole(ix), seed=1, budget=Budget(seconds=10**6, cancelled=cancelled), chains=2)
    assert len(asked) < 40
    assert cost_of(ix, whole(ix), rounds) > 0


def test_a_search_ends_when_its_time_is_over(monkeypatch):
    """By a clock that goes on by a second each time it is looked at."""
    looks = itertools.count()
    monkeypatch.setattr(searching.time, "monotonic", lambda: float(next(looks)))
    ix = square(60)
    budget = Budget(seconds=20)
    search(ix, whole(ix), seed=1, budget=budget)
    assert next(looks) < 30


def test_shares_of_a_budget_are_those_of_time_or_of_iterations():
    budget = Budget(iterations=100)
    share = budget.share_until(0.5, 2)
    assert [share(done) for done in (0, 5, 25)] == [0, 0.2, 1]
    budget.done = 50
    assert budget.spent() == 0.5
    assert budget.share_until(1.0, 1)(25) == 0.5
    assert Budget(iterations=9, cancelled=lambda: True).share_until(1.0, 1)(0) >= 1


def test_many_stops_that_do_not_fit_leave_rounds_that_can_be_driven():
    ix = square(150, dwell=60)
    part = whole(ix)
    rounds = search(ix, part, seed=1, budget=Budget(iterations=60), chains=1)
    assert 6 < sum(map(len, rounds.values())) < 30
    assert cost_of(ix, part, rounds) > 0


def test_of_rounds_that_cannot_be_kept_the_stops_that_count_least_are_left_out():
    points = {"a": (0, 0), "b": (100, 0), "c": (0, 100), "d": (200, 200)}
    stops = [{"at": "b", "priority": 2}, {"at": "c"}, {"at": "d", "priority": 3}]
    ix = indexed(day(points, [{}], stops))
    assert drivable(ix, whole(ix), {0: (0, 1, 2)}) == {0: (0, 1)}
    assert drivable(ix, whole(ix, cap=220 * MIN), {0: (0, 1, 2)}) == {0: (1,)}
    some = Part(teams=(0,), stops=(0, 2), objective="hours")
    assert drivable(ix, some, {0: (0, 1)}) == {0: (0,)}
