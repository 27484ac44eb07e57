"""Redraws of some stations alone: the others stay as they are, and are scored with them."""

import pandas as pd
import pytest

from geo.errors import SettingError
from planning.redraw.chosen import chosen_stations
from planning.redraw.params import RedrawParams
from planning.redraw.redrawing import redraw
from planning.redraw.search import Limits
from tests.planning.redraw.lattices import lattice

ONE = Limits(seconds=None, rounds=1)


def test_only_the_chosen_station_changes_and_keeps_the_tolerance():
    graph, today = lattice("122344/222444", stations="aaabbb/aaabbb", villages="------/------")
    found = redraw(graph, today, params=RedrawParams(stations=("a",)), limits=ONE)
    for proposal in found.proposals:
        plan = proposal.assignment
        assert plan.index.tolist() == graph.grids.index.tolist()
        other = graph.grids.index[graph.grids["station_id"] == "b"]
        assert plan[other].equals(today.reindex(other).astype(plan.dtype))
        mine = plan.drop(other)
        assert mine.value_counts().tolist() == [3, 3]
        # Two of the six grids that there are in all the station's zones have to go: 2 of 12 in the district.
        assert proposal.scorecard.summary()["workload_moved"] == pytest.approx(2 / 12)
        assert proposal.floor <= proposal.bound <= 2 / 12 + 1e-9
        assert set(proposal.changes["grid_id"]) == set(plan.index[plan != today.reindex(plan.index)])
    assert list(found.stations.index) == ["a"]
    assert found.params.stations == ("a",)


def test_all_stations_by_name_are_the_whole_district():
    graph, today = lattice("122344/222444", stations="aaabbb/aaabbb", villages="------/------")
    one = redraw(graph, today, params=RedrawParams(stations=("a", "b")), limits=ONE)
    all_ = redraw(graph, today, params=RedrawParams(), limits=ONE)
    for some, other in zip(one.proposals, all_.proposals, strict=True):
        pd.testing.assert_series_equal(some.assignment, other.assignment)
        assert some.floor == pytest.approx(other.floor)


def test_a_zone_of_another_station_leaves_its_grids_here_without_taking_them_along():
    # Zone 4 is at home in b and holds a grid of a.
    graph, today = lattice("124344/222444", stations="aaabbb/aaabbb", villages="------/------")
    found = redraw(graph, today, params=RedrawParams(stations=("a",), tolerance=0.5), limits=ONE)
    for proposal in found.proposals:
        mine = proposal.assignment[graph.grids["station_id"] == "a"]
        assert set(mine) == {"1", "2"}


def test_what_is_asked_of_other_stations_is_dropped():
    graph, today = lattice("122344/222444", stations="aaabbb/aaabbb", villages="ppprrr/qqqsss")
    asked = RedrawParams(
        stations=("a",), locked=("1", "s", "05"), split=("p", "r"), station_zones=(("a", 2), ("b", 3))
    )
    part = chosen_stations(graph, today, params=asked)
    assert part.params.locked == ("1",)
    assert part.params.split == ("p",)
    assert part.params.station_zones == (("a", 2),)
    assert part.share == pytest.approx(0.5)


def test_a_new_zone_takes_no_name_of_the_others():
    graph, today = lattice("122344/222444", stations="aaabbb/aaabbb", villages="------/------")
    part = chosen_stations(graph, today, params=RedrawParams(stations=("a",)))
    plan = pd.Series("4", index=part.graph.grids.index)
    assert set(part.whole(plan)[plan.index]) == {"4-2"}


@pytest.mark.parametrize(
    ("params", "code"),
    [
        (RedrawParams(stations=("nowhere",)), "station_unknown"),
        (RedrawParams(stations=("a",), locked=("nowhere",)), "lock_unknown"),
    ],
)
def test_unknown_places_are_refused(params, code):
    graph, today = lattice("122344/222444", stations="aaabbb/aaabbb", villages="------/------")
    with pytest.raises(SettingError) as refused:
        redraw(graph, today, params=params, limits=ONE)
    assert refused.value.code == code
