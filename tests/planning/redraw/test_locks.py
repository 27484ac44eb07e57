import pytest

from geo.errors import SettingError
from planning.redraw.locks import Locks
from tests.planning.redraw.lattices import lattice


def read(*ids, zones="112/122", villages="aab/cbb"):
    graph, today = lattice(zones, villages=villages)
    return Locks.read(ids, graph.grids, today)


def test_nothing_locked_is_nothing():
    assert read() == Locks(grids=frozenset(), zones=frozenset(), shut_grids=frozenset())


def test_grid_is_locked_alone():
    assert read("01") == Locks(grids=frozenset({"01"}), zones=frozenset(), shut_grids=frozenset())


def test_village_locks_its_grids_where_they_are():
    assert read("b").grids == {"02", "11", "12"}
    assert read("b").zones == frozenset()


def test_zone_locks_its_grids_and_is_shut():
    locks = read("1", "12")
    assert locks.zones == {"1"}
    assert locks.shut_grids == {"00", "01", "10"}
    assert locks.grids == {"00", "01", "10", "12"}


def test_id_of_both_a_zone_and_a_village_is_the_zone():
    locks = read("a", zones="aa2/a22")
    assert locks.zones == {"a"}
    assert locks.grids == {"00", "01", "10"}


def test_all_unknown_ids_are_told_at_once():
    with pytest.raises(SettingError, match="lock_unknown") as err:
        read("99", "1", "nowhere")
    assert err.value.facts == {"ids": "99, nowhere"}


def test_grid_in_no_zone_cannot_be_locked():
    with pytest.raises(SettingError, match="lock_needs_plan") as err:
        read("01", "b", zones="1?2/1??")
    assert err.value.facts == {"ids": "01, 11, 12"}


def test_zone_cannot_be_locked_without_a_plan():
    with pytest.raises(SettingError, match="lock_needs_plan"):
        read("1", zones="???/???")


def test_empty_id_locks_not_every_grid_without_a_village():
    with pytest.raises(SettingError, match="lock_unknown"):
        read("", villages="---/aaa")
