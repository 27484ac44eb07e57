import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import SettingError
from planning.proportions import wilson_interval


@pytest.mark.parametrize(
    ("successes", "asked", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_are_the_published_ones(successes, asked, low, high):
    # Newcombe (1998), Statistics in Medicine 17: 857–872, table I, method 3.
    found = wilson_interval([successes], [asked]).iloc[0]
    assert [found["low"], found["high"]] == pytest.approx([low, high], abs=5e-5)
    assert found["share"] == successes / asked


def test_a_clustered_sample_counts_for_less():
    alike = wilson_interval([97], [100], design_effect=2.0).iloc[0]
    halved = wilson_interval([48.5], [50]).iloc[0]
    assert alike.to_numpy() == pytest.approx(halved.to_numpy())


def test_where_nobody_was_asked_nothing_is_known():
    found = wilson_interval(pd.Series({"A": 0, "B": 5}), pd.Series({"A": 0, "B": 5}))
    assert found.loc["A"].isna().all()
    assert found.loc["B", ["share", "high"]].tolist() == [1.0, 1.0]
    assert found.at["B", "low"] == pytest.approx(0.5655, abs=1e-4)


def test_more_who_agree_than_were_asked_are_refused():
    for successes in (6, -1):
        with pytest.raises(SettingError, match="proportion_impossible"):
            wilson_interval([successes], [5])


@pytest.mark.parametrize(
    "wrong", [{"level": 0}, {"level": 1}, {"design_effect": 0}, {"design_effect": np.nan}]
)
def test_settings_that_mean_nothing_are_refused(wrong):
    with pytest.raises(SettingError, match="setting_wrong"):
        wilson_interval([1], [2], **wrong)


@given(asked=st.integers(1, 2000), part=st.floats(0, 1), effect=st.floats(1, 5))
def test_the_interval_holds_the_share_and_widens_with_the_design(asked, part, effect):
    successes = round(part * asked)
    plain = wilson_interval([successes], [asked]).iloc[0]
    clustered = wilson_interval([successes], [asked], design_effect=effect).iloc[0]
    assert 0 <= clustered["low"] <= plain["low"] + 1e-12
    assert plain["low"] <= plain["share"] <= plain["high"]
    assert plain["high"] - 1e-12 <= clustered["high"] <= 1
