import time

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from planning.redraw.partitioning import best_partition
from tests.planning.redraw.lattice import all_plans, lattice_problem

ROWS = [0, 0, 0, 1, 1, 1, 2, 2, 2]
SOME = list(all_plans(lattice_problem(3, 3, range(1, 10), ROWS)))[::37]


def columns_of(problem, plans, cost):
    return [
        (np.flatnonzero(plan == zone), zone, cost[tuple(np.flatnonzero(plan == zone)), zone])
        for plan in plans
        for zone in range(problem.zones)
    ]


@settings(max_examples=10)
@given(st.integers(0, 1000))
def test_the_cheapest_of_all_combinations_is_found(seed):
    problem = lattice_problem(3, 3, range(1, 10), ROWS)
    rng = np.random.default_rng(seed)
    cost = {
        (tuple(np.flatnonzero(plan == zone)), zone): float(rng.integers(-20, 100))
        for plan in SOME
        for zone in range(3)
    }
    found = best_partition(problem, 0, columns_of(problem, SOME, cost), seconds=10)

    def total(plan):
        return sum(cost.get((tuple(np.flatnonzero(plan == zone)), zone), np.inf) for zone in range(3))

    assert total(found) == min(total(plan) for plan in all_plans(problem))


def test_zones_of_two_plans_are_put_together():
    # Two halves, each improved by another plan.
    problem = lattice_problem(1, 8, [1] * 8, [0, 0, 1, 1, 2, 2, 3, 3])
    first = [([0], 0, 0.0), ([1, 2, 3], 1, 0.0), ([4], 2, 5.0), ([5, 6, 7], 3, 5.0)]
    second = [([0, 1, 2], 0, 5.0), ([3], 1, 5.0), ([4, 5, 6], 2, 0.0), ([7], 3, 0.0)]
    found = best_partition(problem, 0, [(np.array(u), z, c) for u, z, c in first + second], seconds=5)
    assert found.tolist() == [0, 1, 1, 1, 2, 2, 2, 3]


def test_of_equal_zones_the_cheapest_counts_whatever_the_order_of_units():
    problem = lattice_problem(1, 2, [1, 1], [0, 1])
    columns = [([0], 0, 9.0), ([1], 1, 9.0), ([0], 1, 8.0), ([1], 0, 8.0), ([0], 0, 1.0), ([1], 1, 1.0)]
    found = best_partition(problem, 0, [(np.array(u), z, c) for u, z, c in columns], seconds=5)
    assert found.tolist() == [0, 1]


def test_locks_are_kept_whatever_the_columns():
    free = lattice_problem(1, 4, [1] * 4, [0, 0, 1, 1])
    columns = [([0, 1, 2], 0, 0.0), ([3], 1, 0.0), ([0, 1], 0, 1.0), ([2, 3], 1, 1.0)]
    columns = [(np.array(u), z, c) for u, z, c in columns]
    assert best_partition(free, 0, columns, seconds=5).tolist() == [0, 0, 0, 1]
    for locked in (
        free.replace(fixed=np.array([False, False, True, False])),
        free.replace(closed=np.array([True, False])),
        free.replace(closed=np.array([False, True])),
    ):
        assert best_partition(locked, 0, columns, seconds=5).tolist() == [0, 0, 1, 1]


def test_zones_that_make_no_plan_give_none():
    problem = lattice_problem(1, 2, [1, 1], [0, 1])
    assert best_partition(problem, 0, [], seconds=5) is None
    assert best_partition(problem, 0, [(np.array([0]), 0, 1.0)], seconds=5) is None


def test_a_thousand_zones_take_seconds():
    # Three stripes of a 3 x 30 strip, their two borders anywhere on a random slant.
    problem = lattice_problem(
        3, 30, [1] * 90, [0 if u % 30 < 10 else 1 if u % 30 < 20 else 2 for u in range(90)]
    )
    rng = np.random.default_rng(1)
    columns = []
    for _ in range(1500):
        left = rng.integers(5, 9) + rng.integers(0, 2, 3)
        right = rng.integers(18, 22) + rng.integers(0, 2, 3)
        at, row = np.arange(90) % 30, np.arange(90) // 30
        zone_of = (at >= left[row]).astype(int) + (at >= right[row])
        columns += [
            (np.flatnonzero(zone_of == z), z, abs(float((zone_of == z).sum()) - 30)) for z in range(3)
        ]
    began = time.monotonic()
    found = best_partition(problem, 0, columns, seconds=10)
    assert found is not None
    assert time.monotonic() - began < 10
