import numpy as np
import pytest

from planning.redraw import _kernel
from planning.redraw.annealing import Annealer
from planning.redraw.params import RedrawParams
from tests.planning.redraw.lattices import assert_keeps_hard_constraints, problem_of


def anneal(
    problem, *, costs=(0, 0, 0, 0, 0), moves=2_000, hot=1.0, chain=0.0, merge=0.0, seed=1, tolerance=0.1
):
    """Run the compiled annealing on a problem; return the plan and how many moves were proposed."""
    annealer = Annealer(problem, np.full(problem.zones, tolerance))
    plan, costs = problem.start.astype(np.int32), np.array(costs, dtype=float)
    schedule = (moves, hot, hot, chain, merge, seed, annealer.stop)
    proposed = _kernel.anneal(plan, *annealer._arrays, costs, *schedule)
    return plan.astype(np.int64), proposed


@pytest.mark.parametrize(("chain", "merge"), [(0, 0), (1, 0), (0, 1), (0.4, 0.4)])
def test_each_kind_of_move_reaches_balance(chain, merge):
    # A comb: 9 grids in zone 1, 1 in zone 2, 2 in zone 3; 4 each can be had.
    problem = problem_of("1111/1111/1233")
    plan, proposed = anneal(problem, costs=(1, 1, 0, 0, 0), chain=chain, merge=merge, hot=0.2, moves=20_000)
    assert proposed == 20_000
    assert_keeps_hard_constraints(problem, plan)
    plan, _ = anneal(problem.replace(start=plan), costs=(1, 1, 0, 0, 0), chain=0.2, merge=0.2, hot=1e-6)
    assert problem.zone_weights(plan).tolist() == [4, 4, 4]


@pytest.mark.parametrize(
    ("picture", "why"),
    [
        ("1", "one grid"),
        ("11/11", "one zone"),
        ("12", "two zones with one grid each"),
        ("1.2", "nothing touches"),
    ],
)
def test_nothing_to_move_ends_at_once(picture, why):
    stations = picture.replace("1", "a").replace("2", "b" if "." in picture else "a")
    problem = problem_of(picture, stations=stations)
    plan, _ = anneal(problem, chain=0.3, hot=10.0)
    assert plan.tolist() == problem.start.tolist(), why


def test_no_moves_change_nothing():
    problem = problem_of("1112")
    plan, proposed = anneal(problem, moves=0)
    assert (plan.tolist(), proposed) == ([0, 0, 0, 1], 0)


def test_unit_in_the_middle_of_a_strip_never_leaves():
    # Only the ends of a strip may go: zone 1 stays in one piece whatever the temperature.
    problem = problem_of("11112222")
    for seed in range(20):
        plan, _ = anneal(problem, hot=1e9, moves=500, seed=seed, chain=0.3, merge=0.1)
        assert_keeps_hard_constraints(problem, plan)


def test_zone_round_a_hole_is_seen_to_hang_together_the_other_way():
    # Zone 1's ring without the grid above the hole is still whole; a look at its neighbours alone denies it.
    locked = RedrawParams(locked=("10", "12"))
    problem = problem_of("222/111/1.1/111", params=locked)
    plan, _ = anneal(problem, costs=(0, 1, 0, 0, 0), hot=1e-9, moves=5_000)
    assert problem.zone_weights(plan).tolist() == [7, 4]
    assert_keeps_hard_constraints(problem, plan)


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1, 2**31])
def test_any_seed_draws_numbers(seed):
    problem = problem_of("1112")
    plan, _ = anneal(problem, costs=(1, 1, 0, 0, 0), hot=1e-6, seed=seed)
    assert plan.tolist() == [0, 0, 1, 1]


def test_draws_are_even():
    state = np.array([88172645463325252], dtype=np.uint64)
    drawn = np.array([_kernel._random(state) for _ in range(5_000)])
    assert ((drawn >= 0) & (drawn < 1)).all()
    assert np.histogram(drawn, 10, (0, 1))[0] == pytest.approx(500, abs=120)
