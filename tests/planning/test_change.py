from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import SettingError
from planning.change import change_from, relabelled, unavoidable, zone_homes, zone_targets

LETTERS = "abcdefghi"
NINE = st.lists(st.sampled_from("xyz"), min_size=9, max_size=9)
WORK = st.lists(st.integers(0, 20), min_size=9, max_size=9)


def kept(assignment, today, workload):
    return float(workload[assignment == today].sum())


def test_zones_take_the_names_under_which_most_work_stays(plan):
    """x holds 3 of A and 2 of B, y holds 4 of A: 4 + 2 = 6 stays, where x→A would keep 3 + 0."""
    today, new = plan("AABA"), plan("xxxy")
    workload = pd.Series([1.0, 2.0, 2.0, 4.0], index=today.index)
    assert relabelled(new, today, workload).tolist() == ["B", "B", "B", "A"]


def test_names_that_were_swapped_are_swapped_back(plan):
    today = plan("AABB")
    assert relabelled(plan("BBAA"), today, pd.Series(1.0, index=today.index)).tolist() == list("AABB")


def test_new_zones_keep_their_name_unless_one_of_todays_bears_it(plan):
    today, even = plan("AAAAB"), pd.Series(1.0, index=plan("AAAAB").index)
    assert relabelled(plan("AAqqB"), today, even).tolist() == ["A", "A", "q", "q", "B"]
    # The larger part of A follows it, though the smaller one is named so.
    assert relabelled(plan("Aqqqq"), today, even).tolist() == ["A-2", "A", "A", "A", "A"]
    numbered = pd.Series(["A", "A-2", "q", "q", "B"], index=today.index)
    assert relabelled(numbered, today, even).tolist() == ["A-3", "A-2", "A", "A", "B"]


def test_without_workload_the_grids_decide(plan):
    today = plan("AABBB")
    nothing = pd.Series(0.0, index=today.index)
    assert relabelled(plan("xxyyx"), today, nothing).tolist() == ["A", "A", "B", "B", "A"]


def test_grids_without_zone_stay_without(plan):
    result = relabelled(plan("x  x"), plan("AA B"), pd.Series(1.0, index=list("abcd")))
    assert result.isna().tolist() == [False, True, True, False]
    assert result.index.equals(plan("x  x").index)


@given(NINE, NINE, WORK)
@settings(max_examples=40)
def test_no_other_renaming_keeps_more_work(new, old, work):
    index = pd.Index(list(LETTERS))
    today, assignment = pd.Series([z.upper() for z in old], index=index), pd.Series(new, index=index)
    workload = pd.Series(work, index=index, dtype=float)
    result = relabelled(assignment, today, workload)
    zones = sorted(set(new))
    assert len(set(result)) == len(zones)
    assert result.groupby(assignment).nunique().eq(1).all()
    common = {(n, o): 0 for n in zones for o in (*"XYZ", "", " ", "-")}
    for n, o, w in zip(new, today, work, strict=True):
        common[n, o] += w
    best = max(
        sum(common[pair] for pair in zip(zones, names, strict=True))
        for names in permutations((*"XYZ", "", " ", "-"), len(zones))
    )
    assert kept(result, today, workload) == pytest.approx(best)


def test_change_by_hand(lattice, plan):
    """
    Of six grids 1 2 3 4 5 6 in villages v v w w u u, c (3) and d (4) go from A and B to the other.

        today A A A | B B B      plan A A B | A B B
    """
    graph = lattice(6, 1, workload=[1, 2, 3, 4, 5, 6], villages="vvwwuu")
    change = change_from(plan("AABABB"), plan("AAABBB"), graph)
    assert change.summary() == {
        "workload_moved": pytest.approx(7 / 21),
        "residents_moved": 14.0,
        "residents_moved_share": pytest.approx(14 / 42),
        "grids_moved": 2,
        "villages_touched": 1,
        "villages_moved": 1,
        "zones_touched": 2,
        "core_kept_mean": pytest.approx((3 / 6 + 11 / 15) / 2),
        "core_kept_min": pytest.approx(0.5),
    }
    assert change.core_kept.to_dict() == {"A": pytest.approx(0.5), "B": pytest.approx(11 / 15)}
    assert change.grids.to_numpy().tolist() == [
        ["c", "w", "A", "B", 6.0, 3.0],
        ["d", "w", "B", "A", 8.0, 4.0],
    ]


def test_other_names_are_no_change(lattice, plan):
    change = change_from(plan("yyyxxx"), plan("AAABBB"), lattice(6, 1))
    assert (change.workload_moved, change.grids_moved, change.zones_touched) == (0, 0, 0)
    assert change.renamed == {"y": "A", "x": "B"}
    assert change.grids.empty


def test_grids_that_gain_or_lose_a_zone_change_hands(lattice, plan):
    change = change_from(plan("AA BB "), plan("AAA B "), lattice(6, 1))
    listed = change.grids[["grid_id", "from_zone", "to_zone"]].to_numpy().tolist()
    assert listed == [["d", "", "B"], ["c", "A", ""]]
    assert change.zones_touched == 2


def test_a_zone_that_is_given_up_keeps_no_core(lattice, plan):
    change = change_from(plan("AAAA"), plan("AAAB"), lattice(4, 1))
    assert change.core_kept.to_dict() == {"A": 1.0, "B": 0.0}


def test_targets_are_the_means_of_the_stations(lattice, plan):
    graph = lattice(6, 1, workload=[1, 2, 3, 4, 5, 6], stations="sssttt")
    assert zone_targets(plan("AABCDD"), graph).to_dict() == {"A": 3, "B": 3, "C": 7.5, "D": 7.5}
    assert zone_targets(plan("AABCDD"), lattice(6, 1)).tolist() == [1.5] * 4
    # Work in no zone is the station's all the same.
    assert zone_targets(plan("A BCDD"), graph)["A"] == 3


def test_a_zone_is_at_home_where_most_of_its_work_is(lattice, plan):
    graph = lattice(6, 1, workload=[1, 2, 4, 4, 1, 1], stations=["s", "s", "t", "t", "", ""])
    assert zone_homes(plan("AAABBC"), graph).to_dict() == {"A": "t", "B": "t", "C": ""}


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


def test_inputs_are_left_as_they_are(lattice, plan):
    graph, new, today = lattice(3, 2, stations="sssttt"), plan("AAB BC"), plan("AABBB ")
    before = (graph.grids.copy(), graph.borders.copy(), new.copy(), today.copy())
    change_from(new, today, graph)
    unavoidable(graph, today, tolerance=0.1)
    for frame, was in zip((graph.grids, graph.borders, new, today), before, strict=True):
        assert frame.equals(was)
