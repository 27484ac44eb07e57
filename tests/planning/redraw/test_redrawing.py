import copy

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings

from geo.errors import SettingError
from planning.redraw.params import RedrawParams
from planning.redraw.redrawing import redraw
from planning.redraw.search import Limits
from tests.planning.redraw.lattices import lattice
from tests.planning.redraw.random_districts import districts

ONE = Limits(seconds=None, rounds=1)


def costs_of(found):
    cards = [proposal.scorecard.summary() for proposal in found.proposals]
    return np.array(
        [
            (c["workload_moved"] or 0, c["cv"], 1 - (c["polsby_popper"] or 0), c["cut_edges"] or 0)
            for c in cards
        ]
    )


def assert_sound(graph, assignment):
    """Every grid in one zone, every zone in one piece."""
    assert assignment.index.tolist() == graph.grids.index.tolist()
    assert assignment.notna().all()
    near = nx.Graph()
    near.add_nodes_from(graph.grids.index)
    near.add_edges_from(zip(graph.borders["left"], graph.borders["right"], strict=True))
    for _, members in assignment.groupby(assignment).groups.items():
        assert nx.is_connected(near.subgraph(members))


@given(districts(locks=False))
@settings(max_examples=6)
def test_every_plan_is_sound_and_its_changes_add_up(district):
    graph, today, params = district
    before = copy.deepcopy((graph, today))
    try:
        found = redraw(graph, today, params=params, limits=ONE)
    except SettingError:
        assume(False)
    costs = costs_of(found)
    held = (today if today is not None else pd.Series(dtype=object)).reindex(graph.grids.index)
    for proposal, cost in zip(found.proposals, costs, strict=True):
        assert_sound(graph, proposal.assignment)
        changed = proposal.assignment.index[proposal.assignment != held]
        assert proposal.changes["grid_id"].tolist() == changed.tolist()
        assert proposal.floor <= proposal.bound + 1e-12
        if today is not None:
            assert proposal.bound <= cost[0] + 1e-9
    for i, cost in enumerate(costs):
        others = np.delete(costs, i, axis=0)
        assert not ((others <= cost + 1e-12).all(axis=1) & (others < cost - 1e-9).any(axis=1)).any()
    pd.testing.assert_frame_equal(graph.grids, before[0].grids)
    pd.testing.assert_frame_equal(graph.borders, before[0].borders)
    if today is not None:
        pd.testing.assert_series_equal(today, before[1])


@pytest.fixture(scope="module")
def uneven():
    return lattice("111122/111122/111122/333344/333344", work=[1, 2, 1, 3, 1, 1] * 5)


def test_the_three_marked_plans_are_what_they_are_called(uneven):
    graph, today = uneven
    found = redraw(graph, today, params=RedrawParams(tolerance=0.3), limits=ONE)
    costs = costs_of(found)
    marks = {proposal.mark: i for i, proposal in enumerate(found.proposals) if proposal.mark}
    assert costs[marks[1], 0] == costs[:, 0].min()
    assert found.proposals[marks[1]].name == "least_change"
    assert costs[marks[2], 1] == costs[:, 1].min()
    assert all(p.scorecard.summary()["max_deviation"] <= 0.3 + 1e-9 for p in found.proposals)
    assert not found.unmet


def test_an_effort_repeats_a_redraw_whatever_the_workers(uneven):
    graph, today = uneven
    first = redraw(graph, today, limits=Limits(seconds=None, rounds=2, seed=5, workers=1))
    again = redraw(graph, today, limits=Limits(seconds=None, rounds=2, seed=5, workers=2))
    assert [p.name for p in first.proposals] == [p.name for p in again.proposals]
    for one, other in zip(first.proposals, again.proposals, strict=True):
        assert one.assignment.tolist() == other.assignment.tolist()


def test_cancelled_at_once_it_still_gives_a_sound_plan(uneven):
    graph, today = uneven
    found = redraw(graph, today, limits=ONE, cancelled=lambda: True)
    assert found.effort.rounds == 0
    for proposal in found.proposals:
        assert_sound(graph, proposal.assignment)


def test_no_time_at_all_is_one_round(uneven):
    graph, today = uneven
    found = redraw(graph, today, limits=Limits(seconds=0.0))
    assert found.effort.rounds == 1


def test_the_split_that_is_offered_lets_the_tolerance_be_met():
    graph, today = lattice("1122/1122", villages="aaab/aaab")
    asked = RedrawParams(split_above=9)
    first = redraw(graph, today, params=asked, limits=ONE)
    assert first.unmet[0].split == ("a",)
    then = redraw(graph, today, params=RedrawParams(split_above=9, split=first.unmet[0].split), limits=ONE)
    assert not then.unmet
    assert then.proposals[0].scorecard.summary()["max_deviation"] <= 0.1 + 1e-9


def test_stages_are_told_in_order(uneven):
    graph, today = uneven
    told = []
    redraw(graph, today, limits=ONE, tell=lambda stage, share: told.append((stage, share)))
    assert list(dict.fromkeys(stage for stage, _ in told)) == ["reach", "explain", "search", "score"]
    assert all(0 <= share <= 1 for _, share in told)


def test_zones_that_may_cross_stations_are_judged_by_the_district():
    graph, today = lattice("1122/1122", stations="abbb/abbb")
    params = RedrawParams(across_stations=True)
    found = redraw(graph, today, params=params, limits=ONE)
    summary = found.proposals[0].scorecard.summary()
    assert summary["max_deviation"] == pytest.approx(0)
    assert summary["violations"] == []
