import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import planning.redraw.search as search_module
from geo.errors import SettingError
from planning.redraw.annealing import Aim, Annealer
from planning.redraw.search import AIMS, Limits, reachable, search
from tests.planning.redraw.lattices import (
    all_plans,
    assert_keeps_hard_constraints,
    assert_unchanged,
    energy,
    frozen,
    problem_of,
)
from tests.planning.redraw.random_districts import problems

TINY = {
    "3x3 into 2": "111/112/222",
    "3x3 into 3": "113/123/223",
    "3x4 into 2": "1111/1222/2222",
    "3x4 into 3": "1113/1223/2233",
    "ring of 8 into 3": "111/3.2/322",
}


def uneven(picture, seed):
    places = sum(mark not in "./" for mark in picture)
    return problem_of(picture, work=np.random.default_rng(seed).uniform(0.2, 3.0, places).round(2))


@pytest.fixture
def quick(monkeypatch):
    """Let an annealing of a tiny map take as little as it needs."""
    monkeypatch.setattr(search_module, "_LEAST_MOVES", 20_000)


@pytest.mark.parametrize("picture", TINY.values(), ids=TINY.keys())
def test_search_finds_the_best_of_all_contiguous_plans(monkeypatch, picture):
    monkeypatch.setattr(search_module, "_LEAST_MOVES", 100_000)
    problem = uneven(picture, 2)
    plans, tolerance = all_plans(problem), np.full(problem.zones, 0.25)
    judge = Annealer(problem, tolerance)
    aims = (*AIMS[::2], Aim(name="cut_edges", cut=0.15, hot=0.5, cold=0.01))
    found = search(problem, tolerance, limits=Limits(rounds=4), aims=aims)
    for aim in aims:
        best = min(judge.region_energies(plan, aim).sum() for plan in plans)
        assert judge.region_energies(found.plans[aim.name], aim).sum() == pytest.approx(best), aim.name


@pytest.mark.parametrize("picture", TINY.values(), ids=TINY.keys())
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_reachable_finds_the_smallest_deviation_of_all_contiguous_plans(quick, picture, seed):
    problem = uneven(picture, seed)
    off = [np.abs(problem.zone_weights(plan) / problem.target - 1).max() for plan in all_plans(problem)]
    met, plan = reachable(problem, np.zeros(1), seed=1)
    assert met[0] == pytest.approx(min(off))
    assert np.abs(problem.zone_weights(plan) / problem.target - 1).max() == pytest.approx(met[0])
    assert_keeps_hard_constraints(problem, plan)


def test_reachable_gives_back_what_is_asked_where_it_can_be_met(quick):
    problem = problem_of("1112/1112", stations="aaaa/aaaa")
    met, plan = reachable(problem, np.array([0.3]), seed=1)
    assert met.tolist() == [0.3]
    assert np.abs(problem.zone_weights(plan) / problem.target - 1).max() <= 0.3


def test_reachable_tells_stations_apart(quick):
    # Station a splits evenly; b has three grids of 1, 1, 4 for two zones of 3.
    problem = problem_of("1133/1244", stations="aabb/aabb", work=[1, 1, 1, 1, 1, 1, 4, 0])
    met, plan = reachable(problem, np.zeros(2), seed=1)
    assert met.tolist() == pytest.approx([0.0, 1 / 3])
    assert_keeps_hard_constraints(problem, plan)


@given(problem=problems(), seed=st.integers(0, 99))
@settings(max_examples=15)
def test_whatever_is_found_keeps_the_hard_constraints(problem, seed):
    before = frozen(problem)
    tolerance = np.full(problem.zones, 0.1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_module, "_LEAST_MOVES", 2_000)
        patch.setattr(search_module, "_MOVES_PER_UNIT", 0)
        found = search(problem, tolerance, limits=Limits(rounds=3, seed=seed), aims=AIMS[::3])
        met, plan = reachable(problem, np.zeros(len(problem.region_names)), seed=seed, halvings=2)
    assert_unchanged(problem, before)
    for one in (plan, *found.plans.values(), *(p for pool in found.pools.values() for p in pool)):
        assert_keeps_hard_constraints(problem, one)
    off = np.abs(problem.zone_weights(plan) / problem.target - 1)[~problem.closed]
    assert (off <= met[problem.zone_region[~problem.closed]] + 1e-9).all()


@given(problem=problems(), seed=st.integers(0, 99))
@settings(max_examples=8)
def test_same_seed_and_rounds_give_the_same_plans_whatever_the_workers(problem, seed):
    tolerance, asked = np.full(problem.zones, 0.1), np.zeros(len(problem.region_names))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_module, "_LEAST_MOVES", 2_000)
        patch.setattr(search_module, "_MOVES_PER_UNIT", 0)
        one, three = (
            search(problem, tolerance, limits=Limits(rounds=2, seed=seed, workers=workers), aims=AIMS[::4])
            for workers in (1, 3)
        )
        first, second = (
            reachable(problem, asked, seed=seed, halvings=2, workers=workers) for workers in (1, 3)
        )
    assert list(one.plans) == list(three.plans)
    for name, plan in one.plans.items():
        assert plan.tobytes() == three.plans[name].tobytes()
        assert [p.tobytes() for p in one.pools[name]] == [p.tobytes() for p in three.pools[name]]
    assert first[0].tobytes() == second[0].tobytes()
    assert first[1].tobytes() == second[1].tobytes()


def test_known_plan_is_never_lost(quick):
    problem = uneven("113/123/223", 5)
    aim = Aim(name="balanced", balance=100, hot=1e-6, cold=1e-6, chain=0, merge=0)
    judge = Annealer(problem, np.full(3, 0.05))
    best = min(all_plans(problem), key=lambda plan: judge.region_energies(plan, aim).sum())
    found = search(problem, np.full(3, 0.05), limits=Limits(rounds=1), known=(best,), aims=(aim,))
    assert energy(problem, found.plans["balanced"], aim, 0.05) <= energy(problem, best, aim, 0.05) + 1e-9


def test_each_station_gets_the_best_that_any_annealing_found_for_it(quick):
    # In one plan left is even and right is not, in the other the reverse.
    problem = problem_of("1133/1244", stations="aabb/aabb", work=[1, 1, 1, 1, 1, 1, 1, 1])
    left, right = (np.array([0, 0, 2, 2, 1, 1, 2, 3]), np.array([0, 0, 2, 2, 0, 1, 3, 3]))
    aim = Aim(name="balanced", balance=1, hot=1e-9, cold=1e-9, chain=0, merge=0)
    limits = Limits(rounds=1)
    plan = search(problem, np.full(4, 1.0), limits=limits, known=(left, right), aims=(aim,)).plans["balanced"]
    assert problem.zone_weights(plan).tolist() == [2, 2, 2, 2]


def test_cancelled_search_gives_what_it_has():
    problem = uneven("1113/1223/2233", 1)
    found = search(
        problem, np.full(3, 0.1), limits=Limits(seconds=None), aims=AIMS[:1], cancelled=lambda: True
    )
    assert found.effort.rounds == 0
    assert_keeps_hard_constraints(problem, found.plans["change"])


def test_search_ends_when_nothing_is_gained_any_more(quick):
    problem = problem_of("1122")
    found = search(problem, np.full(2, 0.1), limits=Limits(seconds=None), aims=AIMS[:1])
    assert found.effort.rounds == 3 + 4
    assert found.plans["change"].tolist() == [0, 0, 1, 1]


def test_seconds_of_zero_still_give_a_plan(quick):
    found = search(problem_of("1122"), np.full(2, 0.1), limits=Limits(seconds=0), aims=AIMS[:1])
    assert found.effort.rounds == 1


def test_search_tells_how_far_it_is(quick):
    told = []
    limits = Limits(rounds=3, workers=2, seed=7)
    found = search(problem_of("1122"), np.full(2, 0.1), limits=limits, aims=AIMS[:2], tell=told.append)
    assert told == pytest.approx([1 / 3, 2 / 3, 1])
    assert found.effort.to_dict() == {"rounds": 3, "moves": 2 * 2 * (2_500 + 5_000 + 10_000), "seed": 7, "workers": 2}


@pytest.mark.parametrize(
    "wrong",
    [{"seconds": -1.0}, {"rounds": 0}, {"workers": 0}, {"seed": -1}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_limits_are_checked(wrong):
    with pytest.raises(SettingError, match="setting_wrong"):
        Limits(**wrong)


def test_aims_have_names_of_their_own():
    assert len({aim.name for aim in AIMS}) == len(AIMS)
