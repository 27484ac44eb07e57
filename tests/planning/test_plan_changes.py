"""What a painted plan changes and why: reasons that hold, and the deviation that a hand changed."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geo.errors import SettingError
from planning.plan_changes import (
    BY_HAND,
    BY_HAND_ALONE,
    change_groups,
    kept_reasons,
    known_reasons,
    plan_changes,
)
from planning.redraw.reasons import NEW_ZONE, UNASSIGNED, ZONE_GONE


def test_what_was_painted_tells_the_deviation_it_changes_most(lattice, plan):
    """A 1 + 1, B 3, C 7: the target is 4. b from C to A: A 2 instead of 1, C 7 instead of 8."""
    graph = lattice(4, 1, workload=[1, 1, 3, 7], villages="uuvv")
    found = plan_changes(graph, plan("AABC"), plan("ACBC"))
    assert found.drop(columns="facts").to_dict("records") == [
        {
            "grid_id": "b",
            "village_id": "u",
            "from_zone": "C",
            "to_zone": "A",
            "present": 2.0,
            "workload": 1.0,
            "reason": BY_HAND,
        }
    ]
    # Both change by 1 of 4: told is the zone that gained.
    assert found["facts"].tolist() == [{"zone": "A", "with": -0.5, "without": -0.75}]


def test_targets_of_the_stations_decide_which_zone_is_told(lattice, plan):
    """s has one zone of 12, t one of 2 with b's 1: 1 is half of t's work and a twelfth of s's."""
    graph = lattice(4, 1, workload=[11, 1, 1, 0], stations="sstt")
    found = plan_changes(graph, plan("AAAB"), plan("AABB"))
    assert found["facts"].tolist() == [{"zone": "B", "with": -1.0, "without": 0.0}]


def test_grids_that_go_together_are_put_back_together(lattice, plan):
    """b and c go from B to A, e from B to A apart from them: 2 of 3 and 1 of 3 of the target."""
    found = plan_changes(lattice(6, 1), plan("AAABAB"), plan("ABBBBB"))
    facts = [{"zone": "A", "with": 1 / 3, "without": back} for back in (-1 / 3, -1 / 3, 0.0)]
    assert found["facts"].tolist() == [pytest.approx(fact, abs=1e-6) for fact in facts]
    assert change_groups(found, lattice(6, 1)).tolist() == [0, 0, 1]


def test_a_proposals_reason_holds_while_from_and_to_are_the_same(lattice, plan):
    graph, today = lattice(4, 1), plan("AABB")
    known = {
        "b": ("A", "B", "relieves", {"zone": "A", "with": 0.0, "without": 0.5}),
        "c": ("B", "A", "shape", {"zone": "A"}),
        "d": ("B", "A", "shape", {"zone": "A"}),
    }
    found = plan_changes(graph, plan("ABCB"), today, known=known).set_index("grid_id")
    assert found["reason"].to_dict() == {"b": "relieves", "c": NEW_ZONE}
    assert found.loc["b", "facts"] == known["b"][3]
    assert found.loc["c", "facts"] == {}


def test_what_both_plans_show_is_told_before_the_hand(lattice, plan):
    """b was in none, c's zone is gone, d's is new, e goes from one to another that both have."""
    found = plan_changes(lattice(6, 1), plan("AAANAB"), plan("A CABB")).set_index("grid_id")
    assert found["reason"].to_dict() == {"b": UNASSIGNED, "c": ZONE_GONE, "d": NEW_ZONE, "e": BY_HAND}
    assert found["facts"].map(bool).to_dict() == {"b": False, "c": False, "d": False, "e": True}


def test_grids_that_leave_every_zone_or_come_from_none_are_told(lattice, plan):
    found = plan_changes(lattice(4, 1), plan("A BB"), plan("AAB "))
    assert found[["grid_id", "from_zone", "to_zone"]].to_numpy().tolist() == [["b", "A", ""], ["d", "", "B"]]
    assert found["facts"].tolist() == [
        {"zone": "A", "with": -0.5, "without": 0.0},
        {},
    ]
    assert found["reason"].tolist() == [BY_HAND, UNASSIGNED]


def test_without_any_work_there_is_nothing_to_tell(lattice, plan):
    found = plan_changes(lattice(3, 1, workload=[0, np.nan, 0]), plan("AAB"), plan("ABB"))
    assert (found["reason"].tolist(), found["facts"].tolist()) == ([BY_HAND_ALONE], [{}])
    gone = plan_changes(lattice(2, 1), plan("  "), plan("AA"))
    assert gone["reason"].tolist() == [BY_HAND_ALONE] * 2


def test_a_plan_that_changes_nothing_has_no_changes(lattice, plan):
    graph = lattice(3, 1)
    found = plan_changes(graph, plan("AAB"), plan("AAB"))
    assert list(found.columns) == [
        "grid_id",
        "village_id",
        "from_zone",
        "to_zone",
        "present",
        "workload",
        "reason",
        "facts",
    ]
    assert len(found) == len(change_groups(found, graph)) == 0
    with pytest.raises(SettingError, match="assignment_unknown_grids"):
        plan_changes(lattice(2, 1), plan("AAB"), plan("AA"))


def test_one_change_hangs_together_and_goes_one_way(lattice, plan):
    """
    A A A     a, b and d, e go from A to B and touch; c goes to C; g from D to B; i touches none of them.
    """
    graph = lattice(3, 3)
    found = plan_changes(graph, plan("BBCBBABAB"), plan("AAAAAADAA"))
    assert dict(zip(found["grid_id"], change_groups(found, graph), strict=True)) == {
        "a": 0,
        "b": 0,
        "c": 1,
        "d": 0,
        "e": 0,
        "g": 2,
        "i": 3,
    }
    shuffled = found.sample(frac=1, random_state=1)
    groups = change_groups(shuffled, graph)
    assert groups.index.equals(shuffled.index)
    assert groups.iloc[0] == 0


def test_a_link_makes_one_change_of_two(lattice, plan):
    graph = lattice(4, 1)
    link = pd.DataFrame({"left": ["a"], "right": ["d"], "length_m": [0.0], "link": [True]})
    linked = replace(graph, borders=pd.concat([graph.borders, link], ignore_index=True))
    found = plan_changes(graph, plan("BAAB"), plan("AAAA"))
    assert [change_groups(found, g).tolist() for g in (graph, linked)] == [[0, 1], [0, 0]]


def test_reasons_come_back_from_json_as_they_were_kept(lattice, plan):
    found = plan_changes(lattice(4, 1), plan("ABBB"), plan("AABB"))
    params = json.loads(json.dumps({"reasons": kept_reasons(found)}, allow_nan=False))
    known = known_reasons(params)
    assert known == {"b": ("A", "B", BY_HAND, found["facts"].iloc[0])}
    assert known_reasons({}) == known_reasons({"reasons": None}) == {}
    again = plan_changes(lattice(4, 1), plan("ABBB"), plan("AABB"), known=known)
    assert again.equals(found)
