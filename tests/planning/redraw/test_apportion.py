import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import SettingError
from planning.redraw.apportion import webster


def test_webster_shares_out_a_published_election():
    # 53,000, 24,000 and 23,000 votes for 7 seats, as worked in Wikipedia, "Sainte-Laguë method".
    assert webster(np.array([53_000, 24_000, 23_000]), 7).tolist() == [3, 2, 2]


def test_equal_claims_go_to_the_first_station():
    assert webster(np.array([10.0, 10.0, 10.0]), 4).tolist() == [2, 1, 1]


def test_every_station_gets_its_least():
    assert webster(np.array([1000.0, 0.0, 1.0]), 5).tolist() == [3, 1, 1]
    assert webster(np.array([1000.0, 0.0, 1.0]), 5, least=0).tolist() == [5, 0, 0]


@given(st.lists(st.floats(1.0, 1e6), min_size=1, max_size=12), st.integers(0, 60))
def test_no_transfer_brings_two_stations_nearer_in_zones_per_workload(weights, more):
    shares = webster(np.array(weights), len(weights) + more)
    assert shares.sum() == len(weights) + more
    # Webster's test: the last zone of any station is claimed no more strongly by another.
    last = np.array(weights) / (2 * shares - 1)
    next_ = np.array(weights) / (2 * shares + 1)
    assert last[shares > 1].min(initial=np.inf) >= next_.max() * (1 - 1e-12)


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=8, unique=True), st.integers(1, 40))
def test_shares_agree_with_the_apportionment_package(weights, seats):
    methods = pytest.importorskip("apportionment.methods")
    theirs = methods.compute("saintelague", weights, seats, tiesallowed=True, verbose=False)
    claims = sorted((w / (2 * n + 1) for w in weights for n in range(seats)), reverse=True)
    if seats == len(claims) or claims[seats - 1] > claims[seats]:
        assert webster(np.array(weights), seats, least=0).tolist() == list(theirs)


def test_too_few_zones_are_refused_with_numbers():
    with pytest.raises(SettingError, match="seats_too_few") as caught:
        webster(np.array([5.0, 4.0, 3.0]), 2)
    assert caught.value.facts == {"seats": 2, "stations": 3, "least": 1}


@pytest.mark.parametrize("wrong", [-1.0, np.nan, np.inf])
def test_workload_that_is_none_is_refused(wrong):
    with pytest.raises(SettingError, match="setting_wrong"):
        webster(np.array([5.0, wrong]), 4)


def test_no_stations_share_no_zones():
    assert webster(np.array([]), 0).tolist() == []
