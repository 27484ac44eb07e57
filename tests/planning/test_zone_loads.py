"""What zones carry and what they should: sums, homes and targets."""

import numpy as np
import pandas as pd
import pytest

from geo.errors import SettingError
from planning.zone_loads import relative_loads, station_codes, zone_homes, zone_sums, zone_targets


def test_zone_sums_pass_over_foreign_grids_and_tell_of_those_left_out():
    values = pd.DataFrame({"w": [1.0, 2.0, 4.0, 8.0]}, index=list("abcd"))
    sums, notes = zone_sums(values, pd.Series({"a": "z2", "b": "z1", "c": "z2", "q": "z9", "d": ""}))
    assert sums["w"].to_dict() == {"z1": 2.0, "z2": 5.0}
    assert [(n.code, n.facts["count"]) for n in notes] == [("grids_unassigned", 1)]


def test_a_plan_of_another_district_is_refused():
    with pytest.raises(SettingError, match="assignment_foreign"):
        zone_sums(pd.DataFrame({"w": [1.0]}, index=["a"]), pd.Series({"q": "z"}))


def test_targets_are_the_means_of_the_stations(lattice, plan):
    graph = lattice(6, 1, workload=[1, 2, 3, 4, 5, 6], stations="sssttt")
    assert zone_targets(plan("AABCDD"), graph).to_dict() == {"A": 3, "B": 3, "C": 7.5, "D": 7.5}
    assert zone_targets(plan("AABCDD"), lattice(6, 1)).tolist() == [1.5] * 4
    # Work in no zone is the station's all the same.
    assert zone_targets(plan("A BCDD"), graph)["A"] == 3


def test_a_zone_is_at_home_where_most_of_its_work_is(lattice, plan):
    graph = lattice(6, 1, workload=[1, 2, 4, 4, 1, 1], stations=["s", "s", "t", "t", "", ""])
    assert zone_homes(plan("AAABBC"), graph).to_dict() == {"A": "t", "B": "t", "C": ""}


def test_zones_of_one_home_bear_one_number():
    zones = pd.Series({"a": "z1", "b": "z1", "c": "z1", "d": "z2", "e": "z3", "f": "z4", "g": "z4"})
    stations = pd.Series({"a": "s2", "b": "s1", "c": "s2", "d": "s1", "e": "", "f": "s2", "g": "s1"})
    work = pd.Series(1.0, index=zones.index)
    found = station_codes(pd.Index(["z1", "z2", "z3", "z4"]), zones, stations, work)
    # z3 of no known station is alone; z4 is of s1, the first of two alike.
    assert found[1] == found[3]
    assert len({found[0], found[1], found[2]}) == 3
    # Most work, not most grids.
    found = station_codes(pd.Index(["z1", "z2"]), zones, stations, work.mask(work.index == "b", 3.0))
    assert found[0] == found[1]
    assert station_codes(pd.Index(["z1", "z2"]), zones, None, work).tolist() == [0, 0]


def test_loads_are_over_the_mean_of_the_station():
    work = np.array([[1.0], [3.0], [10.0], [0.0], [0.0]])
    groups = np.array([0, 0, 1, 2, 2])
    assert relative_loads(work, groups)[:, 0].tolist() == [0.5, 1.5, 1.0, 1.0, 1.0]
