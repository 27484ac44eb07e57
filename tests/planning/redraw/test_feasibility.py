import numpy as np
import pytest

from planning.redraw.building import build_problem
from planning.redraw.feasibility import explain_unmet
from planning.redraw.params import RedrawParams
from planning.redraw.search import reachable
from tests.planning.redraw.lattices import lattice


def unmet_of(zones, *, tolerance=0.1, cancelled=None, **drawn):
    graph, today = lattice(zones, **drawn)
    params = RedrawParams(tolerance=tolerance, split_above=9)
    built = build_problem(graph, today, params=params)
    asked = np.full(len(built.problem.region_names), tolerance)
    met, kept = reachable(built.problem, asked, seed=1)
    return explain_unmet(graph, today, built, met, kept, params=params, seed=1, cancelled=cancelled)


def test_a_village_too_heavy_for_a_zone_is_named_and_its_split_helps():
    # Six of eight grids are one village: whole, the zones can be no evener than 6 to 2.
    (unmet,) = unmet_of("1122/1122", villages="aaab/aaab", stations="ssss/ssss")
    assert (unmet.station, unmet.zones, unmet.asked) == ("s", 2, 0.1)
    assert unmet.met == pytest.approx(0.5)
    assert unmet.bound == pytest.approx(0.5, abs=1e-3)
    assert unmet.proved
    assert unmet.split == ("a",)
    assert unmet.zones_needed == 1


def test_another_number_of_zones_is_offered_where_it_helps():
    # Three villages of four grids each do not go into two zones.
    (unmet,) = unmet_of("1111/1122/2222", villages="aaaa/bbbb/cccc")
    assert unmet.met == pytest.approx(1 / 3)
    assert unmet.proved
    assert unmet.zones_needed == 3
    assert unmet.split == ("b",)


def test_only_stations_that_fail_are_told():
    drawn = {"villages": "aaabcdef/aaabcdef", "stations": "sssstttt/sssstttt"}
    (unmet,) = unmet_of("11223344/11223344", **drawn)
    assert unmet.station == "s"


def test_nothing_more_is_tried_once_it_is_cancelled():
    (unmet,) = unmet_of("1111/1122/2222", villages="aaaa/bbbb/cccc", cancelled=lambda: True)
    assert unmet.met == pytest.approx(1 / 3)
    assert (unmet.zones_needed, unmet.split) == (None, ())


def test_a_village_split_in_one_station_leaves_the_others_their_remedy():
    graph, today = lattice("11223344/11223344", villages="aaabcccd/aaabcccd", stations="sssstttt/sssstttt")
    params = RedrawParams(split_above=9, split=("a",))
    built = build_problem(graph, today, params=params)
    met, kept = reachable(built.problem, np.full(2, 0.1), seed=1)
    (unmet,) = explain_unmet(graph, today, built, met, kept, params=params, seed=1)
    assert (unmet.station, unmet.split) == ("t", ("c",))
