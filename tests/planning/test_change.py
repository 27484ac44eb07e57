from itertools import permutations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planning.change import change_from, relabelled

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


def test_inputs_are_left_as_they_are(lattice, plan):
    graph, new, today = lattice(3, 2, stations="sssttt"), plan("AAB BC"), plan("AABBB ")
    before = (graph.grids.copy(), graph.borders.copy(), new.copy(), today.copy())
    change_from(new, today, graph)
    for frame, was in zip((graph.grids, graph.borders, new, today), before, strict=True):
        assert frame.equals(was)


def test_names_that_are_kept_are_the_zones_whatever_they_hold(lattice, plan):
    graph, before = lattice(4, 1, workload=[1, 2, 3, 4], villages="uuvv"), plan("AABB")
    own = change_from(plan("BBBA"), before, graph, keep_names=True)
    assert own.renamed == {"A": "A", "B": "B"}
    assert (own.grids_moved, own.workload_moved, own.villages_moved) == (3, pytest.approx(0.7), 1)
    assert own.core_kept.to_dict() == {"A": 0.0, "B": pytest.approx(3 / 7)}
    # The best renaming takes B for today's A.
    assert change_from(plan("BBBA"), before, graph).grids_moved == 1
