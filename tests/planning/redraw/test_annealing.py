import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import SettingError
from planning.redraw import _kernel
from planning.redraw.annealing import Aim, Annealer, warm_up
from planning.redraw.params import RedrawParams
from tests.planning.redraw.lattices import (
    all_plans,
    assert_keeps_hard_constraints,
    assert_unchanged,
    energy,
    frozen,
    problem_of,
)
from tests.planning.redraw.random_districts import problems

AIMS = st.builds(
    Aim,
    name=st.just("any"),
    moved=st.floats(0, 2),
    balance=st.floats(0, 50),
    shape=st.floats(0, 3),
    cut=st.floats(0, 1),
    torn=st.sampled_from([0.0, 0.3]),
    hot=st.sampled_from([0.01, 1.0, 100.0]),
    cold=st.just(0.01),
    chain=st.sampled_from([0.0, 0.3]),
    merge=st.sampled_from([0.0, 0.3, 0.7]),
)


def annealer_of(problem, tolerance=0.1):
    return Annealer(problem, np.full(problem.zones, tolerance))


@given(problem=problems(), aim=AIMS, seed=st.integers(0, 999))
@settings(max_examples=20)
def test_annealing_keeps_the_hard_constraints_and_its_inputs(problem, aim, seed):
    before, start = frozen(problem), problem.start.copy()
    plan = annealer_of(problem).anneal(start, aim, moves=3_000, seed=seed)
    assert_keeps_hard_constraints(problem, plan)
    assert_unchanged(problem, before)
    assert start.tobytes() == problem.start.tobytes()
    again = annealer_of(problem).anneal(start, aim, moves=3_000, seed=seed)
    assert plan.tobytes() == again.tobytes()


@given(problem=problems(), aim=AIMS, tolerance=st.sampled_from([0.0, 0.1, 0.5]))
@settings(max_examples=12)
def test_energy_is_what_adding_up_cell_by_cell_gives(problem, aim, tolerance):
    annealer = annealer_of(problem, tolerance)
    plan = annealer.anneal(problem.start, aim, moves=500, seed=1)
    assert annealer.region_energies(plan, aim).sum() == pytest.approx(energy(problem, plan, aim, tolerance))


@given(problem=problems(), seed=st.integers(0, 999), aim=AIMS)
@settings(max_examples=20)
def test_energy_never_rises_in_the_cold(problem, seed, aim):
    cold = Aim(
        name="cold", moved=aim.moved, balance=aim.balance, shape=aim.shape, cut=aim.cut, torn=aim.torn,
        over=1e4, hot=1e-12, cold=1e-12, chain=aim.chain, merge=aim.merge,
    )  # fmt: skip
    plan = problem.start
    costs = [energy(problem, plan, cold, 0.1)]
    for step in range(3):
        plan = annealer_of(problem).anneal(plan, cold, moves=200, seed=seed + step)
        costs.append(energy(problem, plan, cold, 0.1))
    assert (np.diff(costs) <= 1e-6 + 1e-9 * np.abs(costs[:-1])).all()


def test_each_part_of_the_energy_by_hand():
    # Two rows of three: zone 1 has the four to the left, zone 2 the two to the right; 3 would be fair.
    problem = problem_of("112/112")
    annealer = annealer_of(problem, 0.1)
    figures = annealer.figures(problem.start)
    assert figures.deviation.tolist() == pytest.approx([1 / 3, -1 / 3])
    assert figures.polsby_popper.tolist() == pytest.approx([np.pi / 4, 4 * np.pi * 2 / 36])
    assert figures.cut_edges.tolist() == [2, 2]
    other = annealer.figures(np.array([0, 0, 0, 0, 1, 1]))
    assert other.moved.tolist() == [1.0, 1.0]
    assert other.cut_edges.tolist() == [3, 3]
    aim = Aim(name="one", balance=9, cut=1)
    fair = Annealer(problem, np.full(2, 1.0))
    assert fair.region_energies(problem.start, aim).tolist() == pytest.approx([2 + 2])
    # A third of a mean zone changes hands for each grid.
    assert fair.region_energies(np.array([0, 0, 0, 0, 1, 1]), Aim(name="m", moved=3)).tolist() == [2.0]


def test_energy_counts_each_region_apart():
    # The border between the stations is no cut: no plan could do without it.
    problem = problem_of("1233/1233", stations="aabb/aabb")
    energies = annealer_of(problem, 1.0).region_energies(problem.start, Aim(name="cut", cut=1))
    assert energies.tolist() == [2, 0]


def test_renamed_keeps_most_workload_in_place():
    problem = problem_of("1122/3344")
    swapped = np.array([3, 3, 2, 2, 0, 0, 1, 1])
    assert annealer_of(problem).renamed(swapped).tolist() == problem.start.tolist()


def test_locked_zones_keep_their_names():
    problem = problem_of("1122/1122", params=RedrawParams(locked=("1",)))
    same = annealer_of(problem).renamed(problem.start)
    assert same.tolist() == problem.start.tolist()


def test_kept_is_the_workload_in_old_and_new_zone():
    problem = problem_of("12/12", work=[1, 2, 3, 4])
    kept = annealer_of(problem).kept(np.array([0, 0, 0, 1]))
    assert kept.tolist() == [[4, 2], [0, 4]]


def test_raised_flag_ends_an_annealing_at_once_with_a_sound_plan():
    problem = problem_of("1122/1122")
    annealer = annealer_of(problem)
    annealer.stop[0] = 1
    plan = annealer.anneal(problem.start, Aim(name="long"), moves=10**11, seed=1)
    assert_keeps_hard_constraints(problem, plan)


def test_moves_are_drawn_from_all_contiguous_plans():
    # Hot and long enough, every plan of a tiny lattice is met: no move is missing.
    problem = problem_of("112/122")
    aim = Aim(name="hot", hot=1e6, cold=1e6)
    free = Annealer(problem, np.full(2, 10.0))
    # Without names of today's zones, which would be given back.
    nameless = problem.replace(
        stay_first=np.zeros(7, dtype=np.int64), stay_zone=np.empty(0, np.int64), stay_weight=np.empty(0)
    )
    free = Annealer(nameless, np.full(2, 10.0))
    met = {tuple(free.anneal(problem.start, aim, moves=300, seed=seed)) for seed in range(600)}
    assert met == {tuple(plan) for plan in all_plans(problem)}


@pytest.mark.parametrize("name", ["moved", "balance", "shape", "cut", "over"])
def test_negative_costs_are_refused(name):
    with pytest.raises(SettingError, match="setting_wrong"):
        Aim(name="wrong", **{name: -1})


@pytest.mark.parametrize(
    "wrong",
    [
        {"hot": 0.1, "cold": 0.2},  # gets warmer
        {"hot": 0.1, "cold": 0.0},  # never moves on a geometric schedule
        {"chain": -0.1},
        {"chain": 1.1},
        {"merge": 1.5},
        {"chain": 0.7, "merge": 0.7},  # more than all proposals
    ],
)
def test_temperatures_and_shares_outside_their_range_are_refused(wrong):
    with pytest.raises(SettingError, match="setting_wrong"):
        Aim(name="wrong", **wrong)


def test_warming_up_compiles_what_is_run():
    warm_up()
    known = len(_kernel.anneal.signatures)
    problem = problem_of("1122/1122")
    for array in (problem.shared, problem.target, problem.weight):
        array.flags.writeable = False
    annealer_of(problem).anneal(problem.start, Aim(name="any"), moves=10, seed=1)
    assert len(_kernel.anneal.signatures) == known


def test_a_village_is_torn_no_more_than_it_has_to_be():
    # Today's zones cut both villages; as even a plan is one that gives each its own.
    problem = problem_of("1112/1222", villages="aabb/aabb", params=RedrawParams(split_villages=True))
    annealer = annealer_of(problem, 0.0)
    whole = annealer.anneal(problem.start, Aim(name="whole", torn=1, hot=5), moves=5_000, seed=1)
    assert len(set(whole[:2])) == len(set(whole[2:4])) == 1
    assert annealer.figures(problem.start).villages.tolist() == [2, 2]
    assert annealer.figures(whole).villages.tolist() == [1, 1]
