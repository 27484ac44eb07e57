import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from planning.cusum import average_run_length, cumulative_sums, limit_for, time_held

# Lucas & Crosier (1982), Technometrics 24: 199–205: h = 4 and 5, k = 0.5, two-sided.
PUBLISHED = {
    0.0: (168, 465),
    0.25: (74.2, 139),
    0.5: (26.6, 38.0),
    0.75: (13.3, 17.0),
    1.0: (8.38, 10.4),
    1.5: (4.75, 5.75),
    2.0: (3.34, 4.01),
    2.5: (2.62, 3.11),
    3.0: (2.19, 2.57),
    4.0: (1.71, 2.01),
}


@pytest.mark.parametrize("shift", PUBLISHED)
def test_run_lengths_are_the_published_ones(shift):
    for limit, published in zip((4.0, 5.0), PUBLISHED[shift], strict=True):
        rates = [1 / average_run_length(limit, shift=side) for side in (shift, -shift)]
        assert 1 / sum(rates) == pytest.approx(published, rel=0.004)


def test_limits_are_found_back_from_the_share_of_time_that_alarms_stand():
    held = time_held()
    assert limit_for(held / (held + 930.89)) == pytest.approx(5.0, abs=1e-4)
    for share in (0.01, 1e-4, 1e-6):
        run = average_run_length(limit_for(share))
        assert held / (held + run) == pytest.approx(share, rel=1e-6)


def test_alarms_stand_as_often_as_the_limit_says_if_nothing_changed():
    rng = np.random.default_rng(4)
    sums = cumulative_sums(rng.normal(0.0, 1.0, (500, 3000)), limit=limit_for(0.005))
    assert sums.stands.mean() == pytest.approx(0.005, rel=0.12)
    assert sums.stands.sum() / (np.diff(sums.stands.astype(int), axis=1) > 0).sum() == pytest.approx(
        time_held(), rel=0.12
    )


def test_run_lengths_are_what_simulation_finds():
    rng = np.random.default_rng(2)
    sums = cumulative_sums(rng.normal(0.0, 1.0, (4000, 1200)), limit=3.0)
    assert 1 + sums.signals.argmax(axis=1).mean() == pytest.approx(average_run_length(3.0), rel=0.05)


def test_sums_by_hand():
    found = cumulative_sums(np.array([[1.0, -2.0, 2.0, 1.5, 3.0, 1.0, -2.5, 0.0]]), limit=4.0)
    assert found.sums.tolist() == [[0.5, 0.0, 1.5, 2.5, 5.0, 2.5, 0.0, 0.0]]
    assert found.signals.tolist() == [[False, False, False, False, True, False, False, False]]
    # The run began with the third; after the signal it goes on from 2.
    assert found.since.tolist() == [[0, 0, 2, 2, 2, 2, 2, 7]]
    # The alarm stands until the sum is back at zero.
    assert found.stands.tolist() == [[False, False, False, False, True, True, False, False]]
    assert found.told.tolist() == [[-1, -1, -1, -1, 4, 4, -1, -1]]


def test_a_lasting_change_stays_told_and_a_measure_begins_anew():
    scores = np.full((2, 12), 1.5)
    anew = np.zeros((2, 12), dtype=bool)
    anew[1, 6] = True
    found = cumulative_sums(scores, limit=4.5, anew=anew)
    assert found.stands[0].tolist() == [False] * 4 + [True] * 8
    assert found.told[0, -1] == 4
    assert found.stands[1].tolist() == [False] * 4 + [True] * 2 + [False] * 4 + [True] * 2
    assert found.since[1, -1] == 6


def test_a_certain_score_does_not_make_sums_infinite():
    found = cumulative_sums(np.array([[np.inf, -np.inf, 0.0]]), limit=4.0)
    assert np.isfinite(found.sums).all()
    assert found.signals[0, 0]


@given(arrays(float, (3, 20), elements=st.floats(-5, 5)))
def test_sums_are_those_of_a_plain_loop(scores):
    found = cumulative_sums(scores, limit=3.0)
    for place in range(3):
        running = 0.0
        for at in range(20):
            running = max(0.0, running + scores[place, at] - 0.5)
            assert found.sums[place, at] == pytest.approx(running)
            assert found.signals[place, at] == (running > 3.0)
            running = 2.0 if running > 3.0 else running
