import numpy as np
import pandas as pd
import pytest

from geo.errors import SettingError
from planning.dual_graph import stations_of_grids
from planning.redraw.locks import Locks
from planning.redraw.params import RedrawParams
from planning.redraw.regions import zone_counts, zone_regions
from tests.planning.redraw.lattices import lattice


def regions_of(zones, *, counts=None, params=None, **drawn):
    graph, today = lattice(zones, **drawn)
    params = params or RedrawParams()
    locks = Locks.read(params.locked, graph.grids, today)
    counts = counts or zone_counts(graph, today, params=params)
    return zone_regions(graph, today, counts, locks, params=params), graph


def codes(regions):
    return [note.code for note in regions.notes]


def test_each_station_is_a_region_with_the_zones_that_lie_most_in_it():
    # Zone 2 has two of its three grids in station b.
    regions, _ = regions_of("11222/11133", stations="aaabb/aaabb")
    assert regions.names == ("a", "b")
    assert regions.zone_ids == ("1", "2", "3")
    assert regions.of_zone.tolist() == [0, 1, 1]
    assert regions.notes == ()


def test_target_is_the_mean_of_the_stations_zones():
    regions, graph = regions_of("1123/1123", stations="aabb/aabb", work=[1, 2, 3, 4, 5, 6, 7, 8])
    assert regions.targets(graph.grids["workload"]).tolist() == [14, 11, 11]


def test_target_is_the_district_mean_across_stations():
    params = RedrawParams(across_stations=True)
    regions, graph = regions_of("1123/1123", stations="aabb/aabb", params=params)
    assert regions.names == ("",)
    assert regions.targets(graph.grids["workload"]).tolist() == pytest.approx([8 / 3] * 3)


def test_towns_of_a_station_are_regions_of_their_own_with_its_target():
    regions, graph = regions_of("112/112", stations="aaa/aaa", towns="xxy/xxy", work=[1, 1, 4, 1, 1, 4])
    assert regions.names == ("a/x", "a/y")
    assert regions.of_zone.tolist() == [0, 1]
    assert regions.targets(graph.grids["workload"]).tolist() == [6, 6]


def test_town_without_a_zone_goes_with_the_neighbour_along_most_of_its_border():
    # Town y touches z along three sides, x along one; no zone lies mostly in it.
    regions, _ = regions_of("1122/1122/1122", stations="aaaa/aaaa/aaaa", towns="xxzz/xxyz/xxzz")
    assert regions.names == ("a/x", "a/z")
    assert regions.names[regions.of_grid["12"]] == "a/z"
    assert [(n.code, dict(n.facts)) for n in regions.notes] == [
        ("town_without_zone", {"place": "a/y", "with": "a/z"})
    ]


def test_zone_lies_where_most_of_its_workload_does_not_its_grids():
    regions, _ = regions_of("1112", stations="abbb", work=[9, 1, 1, 1])
    assert regions.of_zone.tolist() == [0, 1]


def test_locked_grid_whose_zone_lies_in_another_station_goes_there():
    regions, _ = regions_of("112/112", stations="abb/aab", params=RedrawParams(locked=("01",)))
    assert regions.names[regions.of_grid["01"]] == "a"
    assert [(n.code, dict(n.facts)) for n in regions.notes] == [("lock_crosses_station", {"grids": ["01"]})]


def test_locked_grid_whose_zone_lies_in_another_town_goes_there():
    # Zone 1 lies mostly in town x; its grid in y is locked.
    regions, _ = regions_of(
        "1112/1122", stations="aaaa/aaaa", towns="xxyy/xxyy", params=RedrawParams(locked=("02",))
    )
    assert regions.names[regions.of_grid["02"]] == "a/x"
    assert regions.names[regions.of_grid["12"]] == "a/y"


def test_zone_with_something_locked_is_the_last_to_be_given_up():
    # Two of three zones stay; zone 3 has least work but a locked grid.
    regions, _ = regions_of("111223/111223", params=RedrawParams(zones=2, locked=("05",)))
    assert regions.zone_ids == ("1", "3")
    assert [(n.code, dict(n.facts)) for n in regions.notes] == [("zones_changed", {"new": [], "gone": ["2"]})]


@pytest.mark.parametrize("locked", [("1", "2", "3"), ("00", "02", "03")], ids=["zones", "grids"])
def test_more_zones_with_locks_than_are_wanted_is_told(locked):
    with pytest.raises(SettingError, match="lock_needs_zones") as err:
        regions_of("1123/1123", params=RedrawParams(zones=2, locked=locked))
    assert err.value.facts == {"place": "", "zones": "1, 2, 3", "asked": 2}


def test_more_zones_than_today_are_named_after_their_region():
    regions, _ = regions_of("12/12", stations="aa/aa", params=RedrawParams(zones=4))
    assert regions.zone_ids == ("1", "2", "a-N01", "a-N02")
    assert codes(regions) == ["zones_changed"]


def test_new_names_do_not_repeat_those_of_today():
    graph, today = lattice("12/12")
    today = today.replace({"1": "N001"})
    params = RedrawParams(zones=3)
    locks = Locks.read((), graph.grids, today)
    regions = zone_regions(graph, today, {"": 3}, locks, params=params)
    assert regions.zone_ids == ("2", "N001", "N002")


def test_counts_are_as_today_unless_freed():
    graph, today = lattice("12344/12344", stations="aaabb/aaabb")
    assert zone_counts(graph, today, params=RedrawParams()) == {"a": 3, "b": 1}
    # Six grids to four: 2.4 and 1.6 of four zones.
    assert zone_counts(graph, today, params=RedrawParams(recount=True)) == {"a": 2, "b": 2}
    assert zone_counts(graph, today, params=RedrawParams(zones=5)) == {"a": 3, "b": 2}
    assert zone_counts(graph, None, params=RedrawParams(zones=5)) == {"a": 3, "b": 2}
    assert zone_counts(graph, today, params=RedrawParams(across_stations=True)) == {"": 4}


def test_station_without_a_zone_gets_one():
    graph, today = lattice("1111/1111", stations="aaab/aaab")
    assert zone_counts(graph, today, params=RedrawParams()) == {"a": 1, "b": 1}


def test_no_plan_and_no_number_is_told():
    graph, today = lattice("??/??")
    for given in (None, today):
        with pytest.raises(SettingError, match="redraw_needs_zones"):
            zone_counts(graph, given, params=RedrawParams())


def test_fewer_zones_than_stations_is_told():
    graph, today = lattice("12", stations="ab")
    with pytest.raises(SettingError, match="zones_too_few") as err:
        zone_counts(graph, today, params=RedrawParams(zones=1))
    assert err.value.facts == {"zones": 1, "stations": 2}


def test_grid_without_a_station_takes_that_of_most_of_its_border():
    graph, _ = lattice("111/111/111", stations="aab/b-b/bbb")
    assert stations_of_grids(graph)["11"] == "b"
    # Of equals the first by name; then what lies behind it.
    graph, _ = lattice("111/111", stations="a--/abb")
    assert stations_of_grids(graph).tolist() == ["a", "a", "b", "a", "b", "b"]


def test_island_without_a_station_takes_the_largest():
    graph, _ = lattice("111.1", stations="abb.-")
    assert stations_of_grids(graph)["04"] == "b"


def test_no_station_anywhere_is_one_region():
    regions, _ = regions_of("12/12")
    assert regions.names == ("",)
    assert regions.station_of_region == ("",)


def test_inputs_are_left_alone():
    graph, today = lattice("1112/1122", stations="aaab/aab-", towns="xxyy/xxyy")
    grids, held = graph.grids.copy(), today.copy()
    params = RedrawParams(locked=("03",))
    zone_regions(graph, today, {"a": 1, "b": 1}, Locks.read(params.locked, graph.grids, today), params=params)
    pd.testing.assert_frame_equal(graph.grids, grids)
    pd.testing.assert_series_equal(today, held)
    assert np.isfinite(grids["workload"]).all()


def test_single_stations_may_be_given_their_number_of_zones():
    graph, today = lattice("12344/12344", stations="aaabb/aaabb")
    asked = RedrawParams(station_zones=(("a", 2),))
    assert zone_counts(graph, today, params=asked) == {"a": 2, "b": 1}
    with pytest.raises(SettingError, match="station_unknown"):
        zone_counts(graph, today, params=RedrawParams(station_zones=(("z", 2),)))
