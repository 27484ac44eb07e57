from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Transformer

from geo.crs_guess import guess_crs, guess_reasons

KEQIAO = (120.48, 30.08)


@cache
def from_lonlat(epsg):
    return Transformer.from_crs(4326, epsg, always_xy=True)


def in_crs(epsg, lon, lat, *, spread=0.1):
    """Corners of a district around a place, x first."""
    lons, lats = np.array([lon - spread, lon + spread, lon]), np.array([lat - spread, lat + spread, lat])
    return from_lonlat(epsg).transform(lons, lats)


@pytest.mark.parametrize(
    ("epsg", "lon", "lat", "why"),
    [
        (4490, *KEQIAO, "degrees"),
        (4528, *KEQIAO, "zone_number"),  # 3-degree zone 40
        (4513, 75.9, 39.5, "zone_number"),  # Kashgar: zone 25, the first
        (4533, 134.3, 48.3, "zone_number"),  # Fuyuan: zone 45, the last
        (4498, *KEQIAO, "zone_number"),  # 6-degree zone 20, CM 117: 336 km off the meridian
        (4494, 91.1, 29.6, "zone_number"),  # Lhasa: zone 16
        (3857, *KEQIAO, "mercator"),
        (3857, 87.6, 43.8, "mercator"),  # Urumqi
        (3857, 110.3, 20.0, "mercator"),  # Haikou
    ],
)
def test_magnitudes_alone_tell_it(epsg, lon, lat, why):
    x, y = in_crs(epsg, lon, lat)
    best = guess_crs(x, y)[0]
    assert (best.crs.to_epsg(), best.why, best.swapped) == (epsg, why, False)
    assert best.certain
    assert (best.lon, best.lat) == pytest.approx((lon, lat), abs=0.02)


@pytest.mark.parametrize("epsg", [4490, 4528, 4498, 3857])
def test_northing_in_x_is_seen_and_changed_back(epsg):
    x, y = in_crs(epsg, *KEQIAO)
    best = guess_crs(y, x)[0]
    assert (best.crs.to_epsg(), best.swapped, best.certain) == (epsg, True, True)
    assert (best.lon, best.lat) == pytest.approx(KEQIAO, abs=0.02)


def test_without_zone_number_every_meridian_of_china_is_possible():
    x, y = in_crs(4549, *KEQIAO)
    guesses = guess_crs(x, y)
    meridians = [guess.crs.to_epsg() for guess in guesses if guess.why == "meridian"]
    assert 4549 in meridians
    assert meridians == sorted(meridians)
    assert 10 <= len(meridians) <= 21
    assert not any(guess.certain for guess in guesses)
    assert {guess.why for guess in guesses[len(meridians) :]} == {"utm"}


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(("epsg", "lon"), [(4549, 120.48), (4548, 117.2), (4547, 113.4), (4550, 121.6)])
def test_what_is_loaded_settles_the_meridian(epsg, lon, swapped):
    x, y = in_crs(epsg, lon, 30.08)
    best, *others = guess_crs(*((y, x) if swapped else (x, y)), near=(lon + 0.2, 30.0))
    assert (best.crs.to_epsg(), best.swapped, best.certain) == (epsg, swapped, True)
    assert not any(other.certain for other in others)


def test_six_degree_grid_is_given_where_no_three_degree_zone_reaches():
    x, y = in_crs(4509, 119.6, 30.0)  # 2.6 degrees off meridian 117
    best = guess_crs(x, y, near=(119.5, 30.0))[0]
    assert (best.crs.to_epsg(), best.certain) == (4509, True)


def test_three_degree_crs_stands_for_the_six_degree_one_of_the_same_meridian():
    x, y = in_crs(4509, 117.3, 30.0)
    best = guess_crs(x, y, near=(117.2, 30.0))[0]
    assert best.crs.to_epsg() == 4548
    np.testing.assert_allclose(in_crs(4548, 117.3, 30.0), (x, y), rtol=0, atol=1e-6)


def test_layer_far_from_what_is_loaded_is_not_certain():
    x, y = in_crs(4549, *KEQIAO)
    assert not guess_crs(x, y, near=(120.5, 41.5))[0].certain
    assert guess_crs(*in_crs(4528, *KEQIAO), near=(104.0, 30.6))[0].certain  # its zone number says so


def test_utm_comes_after_the_chinese_grid_and_is_never_certain_in_china():
    x, y = in_crs(32651, *KEQIAO)
    guesses = guess_crs(x, y, near=KEQIAO)
    assert [guess.crs.to_epsg() for guess in guesses if guess.why == "utm"][0] in (32650, 32651)
    assert guesses[0].why == "meridian"
    assert not any(guess.certain for guess in guesses if guess.why == "utm")


def test_mercator_and_six_degree_zone_13_are_told_apart_by_what_is_loaded():
    """x 13.4 million, y 4.2 million: Qingdao on the web's map, or a valley in the far west."""
    x, y = in_crs(3857, 120.4, 35.2)
    open_question = guess_crs(x, y)
    assert {guess.crs.to_epsg() for guess in open_question} == {3857, 4491}
    assert not any(guess.certain for guess in open_question)
    assert [guess.certain for guess in guess_crs(x, y, near=(120.4, 36.0))] == [True, False]
    west = guess_crs(x, y, near=(74.2, 38.0))
    assert (west[0].crs.to_epsg(), west[0].certain) == (4491, True)


def test_outside_china_degrees_stand_as_they_are_unless_what_is_loaded_lies_the_other_way():
    x, y = in_crs(4326, -87.6, 41.8)
    # Both ways are EPSG:4326: to ask which one is meant would be to ask nothing.
    assert [(guess.swapped, guess.certain) for guess in guess_crs(x, y)] == [(False, True)]
    best = guess_crs(x, y, near=(-87.7, 41.9))[0]
    assert (best.crs.to_epsg(), best.swapped, best.certain) == (4326, False, True)
    best = guess_crs(y, x, near=(-87.7, 41.9))[0]
    assert (best.crs.to_epsg(), best.swapped, best.certain) == (4326, True, True)
    best = guess_crs(*in_crs(32616, -87.6, 41.8), near=(-87.7, 41.9))[0]
    assert (best.crs.to_epsg(), best.certain) == (32616, True)


def test_feet_of_illinois_are_not_taken_for_anything_certain():
    x, y = in_crs(3435, -87.6, 41.8)
    assert not any(guess.certain for guess in guess_crs(x, y, near=(-87.7, 41.9)))
    assert not any(guess.certain for guess in guess_crs(x, y))


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([], []),
        ([np.nan, np.inf], [1.0, 2.0]),
        ([0.0, 0.0], [0.0, 0.0]),  # missing values written as zero
        ([1e12, 2e12], [1e12, 2e12]),
        ([57_122.0, 58_000.0], [25_000.0, 26_000.0]),  # a city's own grid
        ([-5e6, -4e6], [-5e6, -4e6]),
    ],
)
def test_magnitudes_that_fit_nothing_give_nothing(x, y):
    assert guess_crs(x, y) == []
    assert guess_reasons([]) == ()


def test_a_few_strays_and_zeros_change_nothing():
    x, y = in_crs(4528, *KEQIAO)
    many = np.repeat(x, 20), np.repeat(y, 20)
    many[0][0], many[1][0] = 1.0, 7.0
    many[0][1:20], many[1][1:20] = 0.0, 0.0
    many[0][20] = np.nan
    assert guess_crs(*many)[0].crs.to_epsg() == 4528


def test_bounds_are_enough():
    x, y = in_crs(4528, *KEQIAO)
    assert guess_crs([x.min(), x.max()], [y.min(), y.max()])[0].crs.to_epsg() == 4528


def test_old_datums_are_never_guessed_but_warned_of():
    x, y = in_crs(4528, *KEQIAO)
    guesses = guess_crs(x, y)
    reason = guess_reasons(guesses)[0]
    assert reason.code == "crs_guessed"
    assert reason.facts["found"].startswith("EPSG:4528 ")
    assert (reason.facts["lon"], reason.facts["lat"]) == pytest.approx(KEQIAO, abs=0.02)
    plain = guess_crs(*in_crs(4549, *KEQIAO))
    assert all("CGCS2000" in guess.crs.name or "WGS 84" in guess.crs.name for guess in guesses + plain)


def test_reasons_name_the_candidates_and_the_swap():
    x, y = in_crs(4549, *KEQIAO)
    ambiguous, swapped = guess_reasons(guess_crs(y, x))
    assert (ambiguous.code, swapped.code) == ("crs_ambiguous", "axes_swapped")
    assert any(name.startswith("EPSG:4549 ") for name in ambiguous.facts["candidates"])


@given(lon=st.floats(98, 122), lat=st.floats(29, 40), swapped=st.booleans())
def test_every_place_is_found_again_with_its_zone_number(lon, lat, swapped):
    epsg = 4513 + round(lon / 3) - 25
    x, y = in_crs(epsg, lon, lat, spread=0.05)
    best = guess_crs(*((y, x) if swapped else (x, y)))[0]
    assert CRS.from_epsg(epsg) == best.crs
    assert best.swapped == swapped
    assert (best.lon, best.lat) == pytest.approx((lon, lat), abs=0.01)


@given(x=st.floats(allow_nan=True), y=st.floats(allow_nan=True), near=st.sampled_from([None, KEQIAO, (0, 0)]))
def test_any_number_is_answered(x, y, near):
    for guess in guess_crs([x], [y], near=near):
        assert -180 <= guess.lon <= 180
        assert -90 <= guess.lat <= 90
