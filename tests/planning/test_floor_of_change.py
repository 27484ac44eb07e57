import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import SettingError
from planning.change import change_from
from planning.floor_of_change import floor_of_change, unavoidable
from planning.zone_loads import station_codes, zone_homes, zone_sums, zone_targets

NINE = st.lists(st.sampled_from("xyz"), min_size=9, max_size=9)
WORK = st.lists(st.integers(0, 20), min_size=9, max_size=9)


def test_the_floor_by_hand(lattice, plan):
    """
    Zones of 6, 2, 1 and a mean of 3: at 0 % 3 leave A, at 10 % 2.7; B and C lack 1 + 2, at 10 % 0.7 + 1.7.
    """
    graph, today = lattice(3, 1, workload=[6, 2, 1]), plan("ABC")
    assert unavoidable(graph, today, tolerance=0.0) == pytest.approx(3 / 9)
    assert unavoidable(graph, today, tolerance=0.1) == pytest.approx(2.7 / 9)
    assert unavoidable(graph, today, tolerance=1.0) == 0.0


def test_the_floor_takes_the_larger_sum_of_each_station(lattice, plan):
    """Station s: 2, 2, 5 of mean 3 (2 leave, 1 + 1 come); t: 1, 4, 4 (1 + 1 leave, 2 come), at 0 %."""
    graph = lattice(6, 1, workload=[2, 2, 5, 1, 4, 4], stations="sssttt")
    assert unavoidable(graph, plan("ABCDEF"), tolerance=0.0) == pytest.approx(4 / 18)
    # At 20 % 1.4 leave and 0.8 come in s, 0.8 leave and 1.4 come in t: more than over all together.
    assert unavoidable(graph, plan("ABCDEF"), tolerance=0.2) == pytest.approx(2.8 / 18)
    pooled = lattice(6, 1, workload=[2, 2, 5, 1, 4, 4])
    assert unavoidable(pooled, plan("ABCDEF"), tolerance=0.2) == pytest.approx(2.2 / 18)


def test_what_lies_in_no_zone_or_in_another_station_has_to_move(lattice, plan):
    graph = lattice(4, 1, stations="sstt")
    assert unavoidable(graph, plan("AAB "), tolerance=0.9) == pytest.approx(1 / 4)
    assert unavoidable(graph, plan("AAAB"), tolerance=0.9) == pytest.approx(1 / 4)


def test_a_zone_may_live_on_in_the_station_of_its_smaller_part(lattice, plan):
    """
    A has 10 in s and 9 in t; with two zones in each, C and D may share the 10, and A keep the 9 in t.

    That moves 10 of 40, though 9 lie outside the station of most of A's work and s loses a zone of 5.
    """
    graph = lattice(6, 1, workload=[5, 5, 5, 5, 9, 11], stations="sssstt")
    today, new = plan("AACDAB"), plan("CDCDAB")
    counts = zone_homes(new, graph).value_counts()
    assert change_from(new, today, graph).workload_moved == pytest.approx(10 / 40)
    # In s the lighter of C and D is given up; in t 9 and 11 are within a tenth of their mean.
    assert unavoidable(graph, today, tolerance=0.1, zones_per_station=counts) == pytest.approx(5 / 40)


def test_fewer_zones_give_up_the_lightest_and_more_are_filled(lattice, plan):
    """9 in two zones: 1 is given up and shared, T = 4.5; in four: T = 2.25, one is new."""
    graph, today = lattice(3, 1, workload=[4, 4, 1]), plan("ABC")
    assert unavoidable(graph, today, tolerance=0.0, zones_per_station={"": 2}) == pytest.approx(1 / 9)
    assert unavoidable(graph, today, tolerance=0.0, zones_per_station={"": 4}) == pytest.approx(3.5 / 9)


def test_a_station_without_zones_asks_for_no_change_that_can_be_told(lattice, plan):
    graph = lattice(4, 1, stations="sstt")
    assert unavoidable(graph, plan("AA  "), tolerance=0.1) == 0.0
    # Stations known in part: c counts with its zone, so targets are 3 and 1, then 1.5, 1.5 and 1.
    partly = lattice(4, 1, stations=["s", "s", "", "t"])
    assert unavoidable(partly, plan("AAAB"), tolerance=0.0) == 0.0
    assert unavoidable(partly, plan("ABBC"), tolerance=0.0) == pytest.approx(0.5 / 4)


def test_a_floor_needs_a_tolerance_and_work(lattice, plan):
    with pytest.raises(SettingError, match="tolerance"):
        unavoidable(lattice(2, 1), plan("AB"), tolerance=-0.1)
    assert unavoidable(lattice(2, 1, workload=[0, 0]), plan("AB"), tolerance=0.1) == 0.0
    assert unavoidable(lattice(2, 1, workload=[1, 1]), plan("  "), tolerance=0.1) == 0.0


@given(NINE, NINE, WORK, st.sampled_from([0.0, 0.1, 0.5]), st.booleans(), st.booleans())
@settings(max_examples=60)
def test_every_plan_moves_at_least_the_floor_of_the_tolerance_it_keeps(
    lattice, new, old, work, tolerance, stationed, crossing
):
    """The tolerance that a plan keeps is its largest deviation, so that every plan is a case."""
    graph = lattice(9, 1, workload=work, stations="ssstttuuu" if stationed else "")
    if stationed:
        new = [s + z for s, z in zip("ssstttuuu", new, strict=True)]
        old = old if crossing else [s + z for s, z in zip("ssstttuuu", old, strict=True)]
    today, assignment = (pd.Series(zones, index=graph.grids.index) for zones in (old, new))
    counts = zone_homes(assignment, graph).value_counts()
    load, target = graph.grids["workload"].groupby(assignment).sum(), zone_targets(assignment, graph)
    worst = float(((load - target).abs() / target.where(target > 0)).max())
    reached = max(tolerance, 0.0 if np.isnan(worst) else worst)
    floor = unavoidable(graph, today, tolerance=reached, zones_per_station=counts)
    assert floor <= change_from(assignment, today, graph).workload_moved + 1e-9


def test_the_floor_leaves_its_inputs_as_they_are(lattice, plan):
    graph, today = lattice(3, 2, stations="sssttt"), plan("AABBB ")
    before = (graph.grids.copy(), graph.borders.copy(), today.copy())
    unavoidable(graph, today, tolerance=0.1)
    for frame, was in zip((graph.grids, graph.borders, today), before, strict=True):
        assert frame.equals(was)


def test_the_floor_is_the_larger_of_what_is_too_much_and_what_is_lacking():
    work = np.array([[10.0, 20.0, 9.0], [10.0, 5.0, 10.0], [10.0, 5.0, 11.0]])
    floor = floor_of_change(work, np.zeros(3, dtype=int), tolerance=0.1)
    assert floor.tolist() == pytest.approx([0.0, 9 / 30, 0.0])
    lacking = np.array([[2.0], [14.0], [14.0]])
    # Two zones have 3 too much, one lacks 7.
    assert floor_of_change(lacking, np.zeros(3, dtype=int), tolerance=0.1)[0] == pytest.approx(7 / 30)
    assert floor_of_change(np.zeros((2, 1)), np.zeros(2, dtype=int), tolerance=0.1).tolist() == [0.0]


def test_no_assignment_of_six_grids_moves_less_than_the_floor():
    weights, today = np.array([5.0, 1.0, 1.0, 1.0, 2.0, 2.0]), np.array([0, 0, 0, 1, 1, 1])
    work = np.bincount(today, weights)[:, None]
    floor = floor_of_change(work, np.zeros(2, dtype=int), tolerance=0.1)[0]
    moved = [
        weights[np.array(plan) != today].sum() / 12
        for plan in itertools.product((0, 1), repeat=6)
        if np.abs(np.bincount(plan, weights, minlength=2) / 6 - 1).max() <= 0.1 + 1e-9
    ]
    assert 0 < floor <= min(moved)


@given(NINE, WORK.filter(any), st.sampled_from([0.0, 0.1, 0.5]))
@settings(max_examples=20)
def test_many_cases_at_once_have_the_floor_of_each(lattice, zones, work, tolerance):
    graph = lattice(9, 1, workload=work, stations="ssstttuuu")
    today = pd.Series([s + z for s, z in zip("ssstttuuu", zones, strict=True)], index=graph.grids.index)
    sums, _ = zone_sums(graph.grids[["workload"]], today)
    groups = station_codes(sums.index, today, graph.grids["station_id"], graph.grids["workload"])
    floor = floor_of_change(sums.to_numpy(), groups, tolerance=tolerance)
    assert floor.tolist() == pytest.approx([unavoidable(graph, today, tolerance=tolerance)])
