import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import SettingError
from planning.dual_graph import DualGraph
from planning.scorecard import ScoreParams, Scorer, score

QUICK = ScoreParams(draws=0)
QUARTERS = "xxyyxxyyzzwwzzww"


def without_shapes(graph):
    bare = graph.grids.assign(area_m2=np.nan, x=np.nan, y=np.nan, outline_m=np.nan)
    return DualGraph(grids=bare, borders=graph.borders.iloc[:0], shapes=None)


def codes(card):
    return [found.code for found in card.violations]


def test_four_quarters_of_a_square_by_hand(lattice, plan):
    """
    z z w w     4 squares of 2 × 2: PP π/4, Reock 2/π; the two axes cut 4 borders each;
    z z w w     every grid is √½ from the middle of its zone: Σ w d² = 16 · ½.
    x x y y
    x x y y
    """
    card = score(lattice(4, 4), plan(QUARTERS), params=QUICK)
    assert card.zones["polsby_popper"].tolist() == pytest.approx([math.pi / 4] * 4)
    assert card.zones["reock"].tolist() == pytest.approx([2 / math.pi] * 4)
    assert card.zones["inertia"].tolist() == pytest.approx([2.0] * 4)
    assert (card.shape.cut_edges, card.shape.cut_length_m) == (8, 8.0)
    assert card.shape.inertia == pytest.approx(8.0)
    assert card.shape.rms_distance_m == pytest.approx(math.sqrt(0.5))
    assert (card.balance.max_deviation, card.balance.cv, card.balance.gini) == (0, 0, 0)
    assert (card.not_contiguous, card.violations) == (0, ())


def test_balance_by_hand_against_the_station_and_the_district(lattice, plan):
    """Zones of 1 and 3 in s (mean 2), 4 and 4 in t: ±50 % of the station, -67 %…+33 % of 3."""
    graph = lattice(4, 1, workload=[1, 3, 4, 4], stations="sstt")
    card = score(graph, plan("ABCD"), params=QUICK)
    assert card.zones["deviation"].tolist() == [-0.5, 0.5, 0, 0]
    assert card.zones["district_deviation"].tolist() == pytest.approx([-2 / 3, 0, 1 / 3, 1 / 3])
    assert card.zones["station_id"].tolist() == list("sstt")
    assert card.balance.max_deviation == 0.5
    assert card.balance.within == 0.5
    assert card.district_balance.max_deviation == pytest.approx(2 / 3)
    assert card.district_balance.within == 0.25


def test_gini_of_one_and_three_is_a_quarter(lattice, plan):
    assert score(lattice(2, 1, workload=[1, 3]), plan("AB"), params=QUICK).balance.gini == 0.25


def test_a_zone_in_two_parts_is_named_with_what_lies_outside_its_main_part(lattice, plan):
    card = score(lattice(3, 3), plan("AABAABBBA"), params=QUICK)
    assert card.zones["parts"].to_dict() == {"A": 2, "B": 2}
    assert card.not_contiguous == 2
    assert dict(card.violations[0].facts) == {"id": "A", "parts": 2, "grids": ["i"]}
    # Of two parts with as many grids the one with the first grid is the main one.
    assert dict(card.violations[1].facts) == {"id": "B", "parts": 2, "grids": ["g", "h"]}


def test_grids_that_meet_in_a_corner_do_not_hang_together(lattice, plan):
    assert score(lattice(2, 2), plan("ABBA"), params=QUICK).not_contiguous == 2


def test_a_link_joins_but_is_no_border(lattice, plan):
    graph = lattice(4, 1)
    link = pd.DataFrame({"left": ["a"], "right": ["d"], "length_m": [0.0], "link": [True]})
    linked = replace(graph, borders=pd.concat([graph.borders, link], ignore_index=True))
    assert score(graph, plan("ABBA"), params=QUICK).not_contiguous == 1
    card = score(linked, plan("ABBA"), params=QUICK)
    assert (card.not_contiguous, card.shape.cut_edges, card.shape.cut_length_m) == (0, 2, 2.0)
    assert card.zones.loc["A", "perimeter_m"] == 8
    assert score(linked, plan("ABBC"), params=QUICK).shape.cut_edges == 2


def test_by_road_only_grids_with_a_road_have_to_hang_together(lattice, plan):
    """Roads a–b, c–d; b and c are neighbours without a road between; e has none at all."""
    roads = pd.DataFrame({"left": ["a", "c"], "right": ["b", "d"]})
    card = score(lattice(5, 1), plan("AAAAA"), params=QUICK, road_links=roads)
    assert card.zones["road_parts"].tolist() == [2]
    assert (card.not_contiguous, card.not_contiguous_by_road) == (0, 1)
    assert "contiguity_by_road" not in card.unknown
    apart = score(lattice(5, 1), plan("AABBB"), params=QUICK, road_links=roads)
    assert apart.not_contiguous_by_road == 0


def test_villages_stations_and_towns_that_are_torn(lattice, plan):
    """
    Villages u u v v v w: u in A; v in A, B and C; w in C. A has one grid of town q besides p's.
    """
    graph = lattice(6, 1, villages="uuvvvw", stations="ssstts", towns="ppqqqq")
    card = score(graph, plan("AAABCC"), params=QUICK)
    assert (card.splits.villages_split, card.splits.village_splits) == (1, 2)
    assert card.villages_split_ids == ("v",)
    assert (card.splits.zones_crossing_stations, card.splits.stations_split) == (1, 2)
    assert (card.splits.zones_crossing_towns, card.splits.towns_split) == (1, 2)
    assert codes(card) == ["zone_crosses_station", "zone_crosses_town"]
    assert dict(card.violations[0].facts) == {"id": "C", "other_id": "s", "units": ["s", "t"]}
    assert dict(card.violations[1].facts) == {"id": "A", "other_id": "p", "units": ["p", "q"]}
    assert card.zones["villages"].tolist() == [2, 1, 2]


def test_grids_in_no_zone_are_violations_and_in_no_border(lattice, plan):
    card = score(lattice(3, 1), plan("A B"), params=QUICK)
    assert [(found.code, found.facts["id"]) for found in card.violations] == [("grid_orphan", "b")]
    assert (card.grids_without_zone, card.shape.cut_edges) == (1, 0)
    # The work of the grid in no zone is still to be done.
    assert card.zones["target"].tolist() == [1.5, 1.5]
    missing = score(lattice(3, 1), plan("A B").drop("b"), params=QUICK)
    assert missing.summary() == card.summary()


def test_change_is_measured_after_renaming_and_zones_tell_whom_they_succeed(lattice, plan):
    card = score(lattice(4, 1), plan("xxxq"), today=plan("AABB"), params=QUICK)
    assert card.zones["today_zone_id"].to_dict() == {"q": "B", "x": "A"}
    assert card.zones["core_kept"].to_dict() == {"q": 0.5, "x": 1.0}
    assert card.zones["touched"].tolist() == [True, True]
    assert card.change.workload_moved == 0.25
    assert card.floor == 0.0
    new = score(lattice(4, 1), plan("AABq"), today=plan("AABB"), params=QUICK)
    assert new.zones["today_zone_id"].to_dict() == {"A": "A", "B": "B", "q": ""}
    assert math.isnan(new.zones.loc["q", "core_kept"])
    assert new.zones["touched"].to_dict() == {"A": False, "B": True, "q": True}


def test_what_is_not_there_is_unknown_with_a_reason_and_the_rest_is_told(lattice, plan):
    card = score(without_shapes(lattice(4, 1, workload=[1, 1, 3, 3])), plan("AABB"), params=QUICK)
    assert {term: why.code for term, why in card.unknown.items()} == {
        "shape": "score_needs_polygons",
        "contiguity": "score_needs_polygons",
        "contiguity_by_road": "score_needs_roads",
        "villages": "score_needs_villages",
        "stations": "score_needs_stations",
        "towns": "score_needs_towns",
        "change": "score_needs_today",
        "floor": "score_needs_today",
        "rules": "score_rules_off",
        "robustness": "score_draws_off",
        "travel": "score_needs_posts",
        "response": "score_needs_posts",
    }
    assert card.balance.max_deviation == 0.5
    assert card.violations == ()
    absent = ("polsby_popper", "cut_edges", "not_contiguous", "villages_split", "workload_moved", "floor")
    assert [card.summary()[key] for key in absent] == [None] * len(absent)


def test_a_grid_without_a_polygon_does_not_part_its_zone(lattice, plan):
    graph = lattice(3, 1)
    bare = graph.grids.copy()
    bare.loc["c", ["area_m2", "x", "y", "outline_m"]] = np.nan
    halved = DualGraph(grids=bare, borders=graph.borders.iloc[:1], shapes=graph.shapes.drop("c"))
    card = score(halved, plan("AAA"), params=QUICK)
    assert card.not_contiguous == 0
    assert card.zones.loc["A", ["area_m2", "perimeter_m", "grids"]].tolist() == [2, 6, 3]


def test_missing_workload_counts_as_none_and_is_told(lattice, plan):
    card = score(lattice(3, 1, workload=[1, np.nan, 1]), plan("AAB"), params=QUICK)
    assert card.grids_without_workload == 1
    assert card.zones["workload"].tolist() == [1, 1]
    idle = score(lattice(2, 1, workload=[0, 0]), plan("AB"), today=plan("AB"), params=QUICK)
    assert idle.balance is None
    assert idle.unknown["balance"].code == "score_needs_workload"
    assert idle.summary()["max_deviation"] is None


def test_a_plan_without_zones_is_scored(lattice, plan):
    card = score(lattice(2, 1), plan("  "), today=plan("AB"), params=replace(QUICK, draws=2))
    assert codes(card) == ["grid_orphan"] * 2
    assert len(card.zones) == 0
    json.dumps(card.summary(), allow_nan=False)


def test_the_summary_is_json_and_has_its_keys_whatever_is_known(lattice, plan):
    graph = lattice(4, 4, villages=QUARTERS, stations="s" * 16)
    params = ScoreParams(draws=5, rules="heilongjiang_2007")
    full = score(graph, plan(QUARTERS), today=plan(QUARTERS), params=params).summary()
    bare = score(without_shapes(lattice(4, 4)), plan(QUARTERS), params=QUICK).summary()
    assert full.keys() == bare.keys()
    named = {"max_deviation", "cv", "gini", "polsby_popper", "cut_edges", "workload_moved", "villages_split"}
    assert named | {"floor", "violations", "district_max_deviation", "unknown"} <= full.keys()
    assert json.loads(json.dumps(full, allow_nan=False)) == full
    assert [level["noise"] for level in full["robustness"]] == [0.1, 0.2]
    assert full["rules_broken"] == 0


def test_grids_that_nobody_knows_or_that_come_twice_are_refused_by_name(lattice, plan):
    with pytest.raises(SettingError, match="assignment_unknown_grids") as strangers:
        score(lattice(2, 1), plan("ABCD"), params=QUICK)
    assert strangers.value.facts == {"grids": ["c", "d"], "count": 2}
    with pytest.raises(SettingError, match="assignment_repeats") as twice:
        score(lattice(2, 1), pd.concat([plan("AB"), plan("B")]), params=QUICK)
    assert twice.value.facts["grids"] == ["a"]
    # A plan in force may be older than the grids.
    assert score(lattice(2, 1), plan("AB"), today=plan("ABCD"), params=QUICK).change.grids_moved == 0


@pytest.mark.parametrize(
    "wrong", [{"tolerance": 1.0}, {"tolerance": -0.1}, {"noise": (2.0,)}, {"draws": -1}, {"rules": "柯桥"}]
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(SettingError, match="setting_wrong"):
        ScoreParams(**wrong)


def test_a_scorer_gives_every_plan_what_score_gives_it(lattice, plan):
    graph, today = lattice(4, 4, workload=range(16)), plan(QUARTERS)
    scorer = Scorer(graph, today=today, params=ScoreParams(draws=3))
    for zones in (QUARTERS, "xxxxxxxxyyyyyyyy", QUARTERS):
        alone = score(graph, plan(zones), today=today, params=ScoreParams(draws=3))
        assert scorer.score(plan(zones)).summary() == alone.summary()


@given(st.lists(st.sampled_from("AB "), min_size=9, max_size=9), st.permutations(range(9)))
@settings(max_examples=15)
def test_neither_the_order_of_rows_nor_names_matter_and_inputs_stay(lattice, plan, zones, order):
    graph, assignment = lattice(3, 3, workload=range(9), villages="uuuvvvwww"), plan(zones)
    before = (graph.grids.copy(), graph.borders.copy(), assignment.copy())
    first = score(graph, assignment, today=plan("AAABBBBBB"), params=QUICK).summary()
    renamed = assignment.map({"A": "Z", "B": "Y"}).iloc[list(order)]
    second = score(graph, renamed, today=plan("AAABBBBBB"), params=QUICK).summary()
    assert first.keys() == second.keys()
    assert first["unknown"] == second["unknown"]
    for key in first.keys() - {"violations", "unknown", "robustness"}:
        assert first[key] == pytest.approx(second[key]), key
    for frame, was in zip((graph.grids, graph.borders, assignment), before, strict=True):
        assert frame.equals(was)
