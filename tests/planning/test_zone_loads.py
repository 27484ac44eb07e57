"""What zones carry and what they should: sums, station means, the floor of change."""

import itertools

import numpy as np
import pandas as pd
import pytest

from geo.errors import SettingError
from planning.zone_loads import floor_of_change, relative_loads, station_codes, zone_sums


def test_zone_sums_pass_over_foreign_grids_and_tell_of_those_left_out():
    values = pd.DataFrame({"w": [1.0, 2.0, 4.0, 8.0]}, index=list("abcd"))
    sums, notes = zone_sums(values, pd.Series({"a": "z2", "b": "z1", "c": "z2", "q": "z9", "d": ""}))
    assert sums["w"].to_dict() == {"z1": 2.0, "z2": 5.0}
    assert [(n.code, n.facts["count"]) for n in notes] == [("grids_unassigned", 1)]


def test_a_plan_of_another_district_is_refused():
    with pytest.raises(SettingError, match="assignment_foreign"):
        zone_sums(pd.DataFrame({"w": [1.0]}, index=["a"]), pd.Series({"q": "z"}))


def test_a_zone_is_of_the_station_most_of_its_grids_are_of():
    zones = pd.Series({"a": "z1", "b": "z1", "c": "z1", "d": "z2", "e": "z3", "f": "z4", "g": "z4"})
    stations = pd.Series({"a": "s2", "b": "s1", "c": "s2", "d": "s1", "e": "", "f": "s2", "g": "s1"})
    found = station_codes(pd.Index(["z1", "z2", "z3", "z4"]), zones, stations)
    # z3 of no known station is alone; z4 is of s1, the first of two alike.
    assert found[1] == found[3]
    assert len({found[0], found[1], found[2]}) == 3
    assert station_codes(pd.Index(["z1", "z2"]), zones, None).tolist() == [0, 0]


def test_loads_are_over_the_mean_of_the_station():
    work = np.array([[1.0], [3.0], [10.0], [0.0], [0.0]])
    groups = np.array([0, 0, 1, 2, 2])
    assert relative_loads(work, groups)[:, 0].tolist() == [0.5, 1.5, 1.0, 1.0, 1.0]


def test_the_floor_is_the_larger_of_what_is_too_much_and_what_is_lacking():
    work = np.array([[10.0, 20.0, 9.0], [10.0, 5.0, 10.0], [10.0, 5.0, 11.0]])
    floor = floor_of_change(work, np.zeros(3, dtype=int), tolerance=0.1)
    assert floor.tolist() == pytest.approx([0.0, 9 / 30, 0.0])
    lacking = np.array([[2.0], [14.0], [14.0]])
    # Two zones have 3 too much, one lacks 7.
    assert floor_of_change(lacking, np.zeros(3, dtype=int), tolerance=0.1)[0] == pytest.approx(7 / 30)
    assert floor_of_change(np.zeros((2, 1)), np.zeros(2, dtype=int), tolerance=0.1).tolist() == [0.0]


def test_no_assignment_of_six_grids_moves_less_than_the_floor():
    weights, today = np.array([5.0, 1.0, 1.0, 1.0, 2.0, 2.0]), np.array([0, 0, 0, 1, 1, 1])
    work = np.bincount(today, weights)[:, None]
    floor = floor_of_change(work, np.zeros(2, dtype=int), tolerance=0.1)[0]
    moved = [
        weights[np.array(plan) != today].sum() / 12
        for plan in itertools.product((0, 1), repeat=6)
        if np.abs(np.bincount(plan, weights, minlength=2) / 6 - 1).max() <= 0.1 + 1e-9
    ]
    assert 0 < floor <= min(moved)
