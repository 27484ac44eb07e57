import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from geo.errors import SettingError
from planning.redraw.building import build_problem
from planning.redraw.params import RedrawParams
from tests.planning.redraw.lattices import assert_keeps_hard_constraints, built, lattice, problem_of
from tests.planning.redraw.random_districts import districts

KNOWN = {
    "lock_breaks_zone", "lock_needs_plan", "lock_needs_zones", "lock_unknown", "redraw_cut_off",
    "redraw_needs_zones", "redraw_station_without_work", "redraw_too_many_zones", "redraw_without_work",
    "redraw_zone_empty", "zones_too_few",
}  # fmt: skip


def units(problem):
    """Return the grids of each unit."""
    grids = pd.Series(problem.grid_ids).groupby(problem.unit_of_grid).agg(list)
    return grids.tolist()


def test_numbers_of_two_villages_by_hand():
    problem = problem_of("112/112", villages="aab/aab", work=[1, 2, 3, 4, 5, 6])
    assert units(problem) == [["00", "01", "10", "11"], ["02", "12"]]
    assert problem.weight.tolist() == [12, 9]
    assert problem.present.tolist() == [120, 90]
    assert problem.area.tolist() == [40_000, 20_000]
    assert problem.outline.tolist() == [800, 600]
    assert (problem.x.tolist(), problem.y.tolist()) == ([100, 250], [-100, -100])
    assert (problem.neighbours.tolist(), problem.shared.tolist()) == ([1, 0], [200, 200])
    assert problem.target.tolist() == [10.5, 10.5]
    assert problem.start.tolist() == [0, 1]
    assert problem.moved(problem.start) == 0
    assert problem.moved(np.array([1, 1])) == pytest.approx(12 / 21)


def test_village_torn_today_is_made_whole_and_its_share_counts_as_moved():
    found = built("1112/1112", villages="abcc/deff", work=[1, 1, 1, 3, 1, 1, 1, 3])
    problem = found.problem
    assert problem.assignment(problem.start)[["02", "03", "12", "13"]].tolist() == ["2"] * 4
    assert problem.moved(problem.start) == pytest.approx(2 / 12)


def test_village_in_two_parts_is_two_units():
    assert units(problem_of("112", villages="aba")) == [["00"], ["01"], ["02"]]


def test_linked_parts_of_a_village_are_one_unit():
    assert ["00", "02"] in units(problem_of("112", villages="aba", links=[("00", "02")]))


def test_village_in_two_stations_is_a_unit_in_each():
    assert units(problem_of("1122", villages="aaaa", stations="aabb")) == [["00", "01"], ["02", "03"]]


def test_split_villages_frees_every_grid():
    problem = problem_of("1122", villages="aabb", params=RedrawParams(split_villages=True))
    assert problem.units == 4


def test_heavy_community_may_be_split_and_a_heavy_village_not():
    drawn = {"villages": "aaab/ccdb", "work": [3, 3, 3, 1, 1, 1, 1, 1]}
    free = built("1112/1122", kinds={"a": "community"}, **drawn)
    assert units(free.problem)[:3] == [["00"], ["01"], ["02"]]
    assert [(n.code, dict(n.facts)) for n in free.notes] == [
        ("redraw_splits", {"villages": ["a"], "above": 1.0})
    ]
    assert units(built("1112/1122", kinds={"a": "village"}, **drawn).problem)[0] == ["00", "01", "02"]
    above = RedrawParams(split_above=2)
    assert units(built("1112/1122", kinds={"a": "community"}, params=above, **drawn).problem)[0] == [
        "00",
        "01",
        "02",
    ]


def test_locked_grid_holds_its_whole_village():
    problem = problem_of("1122", villages="aaab", params=RedrawParams(locked=("02",)))
    assert problem.assignment(problem.start).tolist() == ["2", "2", "2", "1"]
    assert problem.fixed.tolist() == [True, False]


def test_village_with_locks_in_several_zones_is_let_apart():
    problem = problem_of("1122", villages="aaaa", params=RedrawParams(locked=("01", "02")))
    assert problem.units == 4
    assert problem.fixed.tolist() == [False, True, True, False]
    assert problem.start.tolist() == [0, 0, 1, 1]


def test_locked_zone_is_closed_even_in_two_parts():
    problem = problem_of("12133/12133", params=RedrawParams(locked=("1",)))
    assert problem.closed.tolist() == [True, False, False]
    assert problem.assignment(problem.start).tolist() == list("1213312133")


def test_locked_zone_over_two_towns_is_kept():
    problem = problem_of("1112/1122", towns="xxyy/xxyy", params=RedrawParams(locked=("1",)))
    assert_keeps_hard_constraints(problem, problem.start)
    assert problem.assignment(problem.start).tolist() == list("11121122")


def test_everything_locked_is_today():
    problem = problem_of("1122/1122", params=RedrawParams(locked=("1", "2")))
    assert problem.closed.all()
    assert problem.start.tolist() == [0, 0, 1, 1] * 2


def test_stations_do_not_touch():
    problem = problem_of("1122", stations="aabb")
    assert problem.neighbours.tolist() == [1, 0, 3, 2]


@pytest.mark.parametrize("picture", ["1", "12", "1/2", "11/11"])
def test_smallest_districts_can_be_built(picture):
    problem = problem_of(picture)
    assert_keeps_hard_constraints(problem, problem.start)


def test_zones_drawn_from_nothing():
    problem = problem_of("????/????", draw=True, params=RedrawParams(zones=3))
    assert problem.zone_ids == ("N001", "N002", "N003")
    assert_keeps_hard_constraints(problem, problem.start)
    assert problem.moved(problem.start) == 0


def test_idle_grids_are_dealt_out_too():
    problem = problem_of("11?/2??", work=[1, 0, 0, 1, 0, 0])
    assert_keeps_hard_constraints(problem, problem.start)


@pytest.mark.parametrize(
    ("code", "picture", "options"),
    [
        ("redraw_without_work", "12", {"work": [0, 0]}),
        ("redraw_without_work", "12", {"work": [1, -1]}),
        ("redraw_without_work", "12", {"work": [1, np.nan]}),
        ("redraw_without_work", "12", {"work": [1, np.inf]}),
        ("redraw_station_without_work", "12", {"work": [0, 1], "stations": "ab"}),
        ("redraw_too_many_zones", "1122", {"params": RedrawParams(zones=5)}),
        ("redraw_too_many_zones", "123", {"villages": "aab"}),
        ("redraw_too_many_zones", "12", {"params": RedrawParams(zones=10**12)}),
        ("redraw_too_many_zones", "12", {"params": RedrawParams(zones=10**12, across_stations=True)}),
        ("redraw_needs_zones", "12", {"draw": True}),
        ("zones_too_few", "12", {"stations": "ab", "params": RedrawParams(zones=1)}),
        ("lock_unknown", "12", {"params": RedrawParams(locked=("nowhere",))}),
        ("lock_needs_plan", "1?2", {"params": RedrawParams(locked=("01",))}),
        ("lock_needs_zones", "123", {"params": RedrawParams(locked=("1", "2", "3"), zones=2)}),
        ("lock_breaks_zone", "121", {"params": RedrawParams(locked=("00", "02"))}),
        ("redraw_cut_off", "1.?", {}),
        ("redraw_cut_off", "12?", {"params": RedrawParams(locked=("2",))}),
        ("redraw_zone_empty", "11", {"params": RedrawParams(zones=2, locked=("00", "01"))}),
    ],
)
def test_what_cannot_be_built_is_told(code, picture, options):
    with pytest.raises(SettingError) as err:
        built(picture, **options)
    assert err.value.code == code


def test_grids_without_polygons_are_told():
    graph, today = lattice("112")
    graph.grids.loc["01", "area_m2"] = np.nan
    with pytest.raises(SettingError, match="redraw_needs_polygons") as err:
        build_problem(graph, today, params=RedrawParams())
    assert err.value.facts == {"grids": "01", "count": 1}


@given(district=districts())
@settings(max_examples=40)
def test_any_district_becomes_a_sound_plan_or_a_known_fault(district):
    graph, today, params = district
    grids, borders = graph.grids.copy(), graph.borders.copy()
    held = None if today is None else today.copy()
    fault = found = None
    try:
        found = build_problem(graph, today, params=params)
    except SettingError as err:
        fault = err.code
    pd.testing.assert_frame_equal(graph.grids, grids)
    pd.testing.assert_frame_equal(graph.borders, borders)
    if today is not None:
        pd.testing.assert_series_equal(today, held)
    if fault:
        assert fault in KNOWN
        return
    problem = found.problem
    assert_keeps_hard_constraints(problem, problem.start)
    _check_grids(graph, today, params, found, problem.assignment(problem.start))


def _check_grids(graph, today, params, found, plan):
    """Check a plan grid by grid: zones hang together, stations are kept, villages whole, locks held."""
    neighbours = nx.Graph(list(zip(graph.borders["left"], graph.borders["right"], strict=True)))
    neighbours.add_nodes_from(graph.grids.index)
    locked = set(params.locked)
    for zone, members in plan.groupby(plan).groups.items():
        if zone not in locked:
            assert nx.is_connected(neighbours.subgraph(members))
        if not params.across_stations and (graph.grids["station_id"] != "").all() and not locked:
            assert graph.grids.loc[members, "station_id"].nunique() == 1
    for name in locked & set(graph.grids.index) - set(today if today is not None else ()):
        assert plan[name] == today[name]
    for zone in locked & set(today if today is not None else ()):
        assert plan.index[plan == zone].tolist() == today.index[today == zone].tolist()
    split = {v for n in found.notes if n.code == "redraw_splits" for v in n.facts["villages"]}
    if params.split_villages or locked or not params.across_stations:
        return
    for village, members in graph.grids.groupby("village_id").groups.items():
        if village not in split:
            for part in nx.connected_components(neighbours.subgraph(members)):
                assert plan[sorted(part)].nunique() == 1
