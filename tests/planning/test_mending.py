"""Ways to make a zone in pieces whole: by hand on small squares, and against every subset of grids."""

from dataclasses import replace
from itertools import combinations

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geo.errors import SettingError
from planning.live_scorecard import LiveScorecard
from planning.mending import GIVE, GIVE_OTHER, LINK, mends


def told(found):
    return [(mend.kind, dict(mend.grids), mend.breaks, mend.splits) for mend in found]


def painted(assignment, mend):
    return assignment.where(~assignment.index.isin(mend.grids), assignment.index.map(mend.grids.get))


def parts(graph, assignment):
    return {row["zone_id"]: row["parts"] for row in LiveScorecard(graph, assignment).zones()}


def worse(before, after):
    """Return the zones but A that are in more parts than before, or gone."""
    return {z for z, count in before.items() if z != "A" and not 1 <= after.get(z, 0) <= count}


def torn(graph, assignment):
    zones = assignment.dropna().groupby(graph.grids["village_id"]).nunique()
    return {village for village, count in zones.items() if village and count > 1}


def test_the_gap_is_taken_or_the_smaller_part_given(lattice, plan):
    """
    C C C     b (0.5) between a and c is dearer to give than to take; B stays whole without it.
    B B B     c goes to B, which it shares two sides with.
    A B A
    """
    graph = lattice(3, 3, workload=[1, 0.5, 1, 1, 1, 1, 1, 1, 1])
    assignment = plan("ABABBBCCC")
    first, second = mends(graph, assignment, "A")
    assert told([first, second]) == [(LINK, {"b": "A"}, (), ()), (GIVE, {"c": "B"}, (), ())]
    assert (first.workload, first.present, second.workload) == (0.5, 1.0, 1.0)
    assert mends(graph, assignment, "A", at_most=1) == (first,)
    assert mends(graph, assignment, "B") == mends(graph, assignment, "nobody") == ()


def test_what_would_break_a_neighbour_comes_last(lattice, plan):
    """B is b alone: it may be given c, but cannot live without b."""
    found = mends(lattice(3, 1, workload=[1, 0, 1]), plan("ABA"), "A")
    assert told(found) == [(GIVE, {"c": "B"}, (), ()), (LINK, {"b": "A"}, ("B",), ())]


def test_a_dearer_way_is_taken_where_the_cheap_one_breaks_a_zone(lattice, plan):
    """
    D B D     k would do, but n would lose h; g h i are the next cheapest and leave B and C whole.
    A k A
    g h i
    C C C
    C C C
    """
    graph, assignment = lattice(3, 5), plan("CCC" + "CCC" + "CBC" + "ABA" + "DBD")
    link = next(mend for mend in mends(graph, assignment, "A") if mend.kind == LINK)
    assert told([link]) == [(LINK, {"g": "A", "h": "A", "i": "A"}, (), ())]
    # With the row below locked there is no way but the neck, and it says so.
    link = next(m for m in mends(graph, assignment, "A", locked=["grid:g"]) if m.kind == LINK)
    assert told([link]) == [(LINK, {"k": "A"}, ("B",), ())]


def test_the_other_way_goes_to_the_second_longest_border(lattice, plan):
    """
    C C D     c touches B on the left, and D above; D holds less than B: of like borders it is first.
    A B A
    """
    graph = lattice(3, 2)
    found = {mend.kind: dict(mend.grids) for mend in mends(graph, plan("ABACDD"), "A")}
    assert found[GIVE] == {"c": "B"}
    assert found[GIVE_OTHER] == {"c": "D"}
    longer = graph.borders.copy()
    longer.loc[(longer["left"] == "c") & (longer["right"] == "f"), "length_m"] = 2.0
    found = {m.kind: dict(m.grids) for m in mends(replace(graph, borders=longer), plan("ABACDD"), "A")}
    assert (found[GIVE], found[GIVE_OTHER]) == ({"c": "D"}, {"c": "B"})


def test_villages_move_as_a_whole_or_are_told_to_split(lattice, plan):
    """b and e are village v: together they weigh more than f, c's way round."""
    graph = lattice(3, 2, villages=["", "v", "", "", "v", ""])
    assignment = plan("ABADBD")
    whole = next(mend for mend in mends(graph, assignment, "A") if mend.kind == LINK)
    assert (dict(whole.grids), whole.splits, whole.breaks) == ({"b": "A", "e": "A"}, (), ("B",))
    single = next(m for m in mends(graph, assignment, "A", whole_villages=False) if m.kind == LINK)
    assert (dict(single.grids), single.splits, single.breaks) == ({"b": "A"}, ("v",), ())


@pytest.mark.parametrize(
    ("lock", "link", "taker"),
    [("grid:b", "def", "B"), ("village:v", "def", "B"), ("zone:B", None, "C"), ("zone:C", "b", "B")],
)
def test_what_is_locked_is_not_taken(lattice, plan, lock, link, taker):
    """
    C B C     b joins the parts; without it only d, e and f do, of which zone B holds e.
    A B A
    """
    graph = lattice(3, 2, villages=["", "v", "", "", "", ""])
    found = {mend.kind: mend for mend in mends(graph, plan("ABACBC"), "A", locked={lock})}
    assert (set(found[LINK].grids) if LINK in found else None) == (set(link) if link else None)
    assert dict(found[GIVE].grids) == {"c": taker}


def test_a_locked_zone_gives_and_takes_nothing(lattice, plan):
    assignment = plan("ABACCC")
    assert mends(lattice(3, 2), assignment, "A", locked=["zone:A"]) == ()
    found = mends(lattice(3, 2), assignment, "A", locked=["zone:B"])
    assert all("B" not in mend.grids.values() for mend in found)
    locked = mends(lattice(3, 2), assignment, "A", locked=["grid:c"])
    assert [mend.kind for mend in locked] == [LINK]


@pytest.mark.parametrize("units", ["stations", "towns"])
def test_nothing_crosses_the_border_of_a_station_or_a_town(lattice, plan, units):
    """The upper row is another unit's: b alone joins the parts, and c has B alone to go to."""
    graph = lattice(3, 2, **{units: "sssttt"}, workload=[1, 9, 1, 0, 0, 0])
    found = mends(graph, plan("ABACCC"), "A")
    assert {(mend.kind, tuple(mend.grids.items())) for mend in found} == {
        (LINK, (("b", "A"),)),
        (GIVE, (("c", "B"),)),
    }


def test_three_parts_are_joined_one_after_another(lattice, plan):
    link = next(m for m in mends(lattice(5, 2), plan("ABABABBBBB"), "A") if m.kind == LINK)
    assert set(link.grids) == {"b", "d"}


def test_grids_in_no_zone_join_parts_too_and_foreign_grids_are_refused(lattice, plan):
    assert told(mends(lattice(3, 1), plan("A A"), "A")) == [(LINK, {"b": "A"}, (), ())]
    with pytest.raises(SettingError, match="assignment_unknown_grids"):
        mends(lattice(2, 1), plan("ABA"), "A")


def least_link(graph, assignment):
    """Return the grids of least workload that join the parts of A, of all there are."""
    others = [grid for grid in assignment.index if assignment[grid] != "A"]
    near = {grid: set() for grid in assignment.index}
    for left, right in zip(graph.borders["left"], graph.borders["right"], strict=True):
        near[left].add(right)
        near[right].add(left)
    mine = set(assignment.index) - set(others)
    best = None
    for count in range(1, len(others) + 1):
        for taken in combinations(others, count):
            work = graph.grids.loc[list(taken), "workload"].sum()
            if (best is None or work < best[0]) and whole(mine | set(taken), near):
                best = (work, set(taken))
    return best


def whole(grids, near):
    front = [next(iter(grids))]
    seen = set(front)
    while front:
        found = (near[front.pop()] & grids) - seen
        seen |= found
        front.extend(found)
    return seen == grids


@given(st.lists(st.sampled_from("AABC"), min_size=9, max_size=9), st.permutations(range(9)))
@settings(max_examples=25)
def test_a_link_of_two_parts_is_the_one_of_least_workload(lattice, plan, zones, order):
    # Powers of two: no two sets of grids weigh the same.
    graph, assignment = lattice(3, 3, workload=[2.0**i for i in order]), plan(zones)
    assume(parts(graph, assignment).get("A") == 2)
    work, taken = least_link(graph, assignment)
    link = next(m for m in mends(graph, assignment, "A", whole_villages=False) if m.kind == LINK)
    assert link.workload >= work
    cheapest = assignment.where(~assignment.index.isin(taken), "A")
    if not worse(parts(graph, assignment), parts(graph, cheapest)):
        assert set(link.grids) == taken


@given(
    st.lists(st.sampled_from("AABCD "), min_size=16, max_size=16),
    st.lists(st.sampled_from(["u", "v", "w", ""]), min_size=16, max_size=16),
    st.booleans(),
    st.sets(st.sampled_from(["grid:c", "zone:B", "village:v", "grid:n"]), max_size=2),
)
@settings(max_examples=40)
def test_a_mend_does_what_it_says(lattice, plan, zones, villages, whole_villages, locked):
    graph = lattice(4, 4, villages=villages, stations="sssstttt" * 2, workload=range(16))
    assignment = plan(zones)
    before = parts(graph, assignment)
    for mend in mends(graph, assignment, "A", locked=locked, whole_villages=whole_villages):
        new = painted(assignment, mend)
        after = parts(graph, new)
        assert after["A"] == 1
        assert worse(before, after) == set(mend.breaks)
        assert all(assignment[grid] != zone for grid, zone in mend.grids.items())
        assert torn(graph, new) - torn(graph, assignment) == set(mend.splits)
        rows = graph.grids.loc[list(mend.grids)]
        assert mend.workload == rows["workload"].sum()
        zones_of_it = {*mend.grids.values(), *assignment[rows.index].dropna()}
        assert not locked & {f"zone:{zone}" for zone in zones_of_it}
        assert not locked & ({f"grid:{g}" for g in rows.index} | {f"village:{v}" for v in rows["village_id"]})


def test_inputs_stay_as_they_are(lattice, plan):
    graph, assignment = lattice(3, 1), plan("ABA")
    before = (graph.grids.copy(), assignment.copy())
    mends(graph, assignment, "A")
    assert graph.grids.equals(before[0])
    assert assignment.equals(before[1])
    assert isinstance(assignment, pd.Series)
