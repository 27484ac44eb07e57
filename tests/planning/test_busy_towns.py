import numpy as np
import pandas as pd
import pytest

from geo.errors import SettingError
from planning.busy_towns import BUSY, JOINS, LEAVES, QUIET, BusyRule, busy_towns
from planning.periods import parse_period, trailing

OCTOBER = parse_period("2026-10")


def judged(*rates, **options):
    """Judge a town with so many calls a day in each of the months up to October."""
    periods = trailing(OCTOBER, len(rates))
    counts = pd.DataFrame(
        [[rate * period.days for rate, period in zip(rates, periods, strict=True)]], index=["T"]
    )
    return busy_towns(counts, periods, **options).loc["T"]


@pytest.mark.parametrize(
    ("rates", "state"),
    [
        ((14, 14, 14, 14), QUIET),
        ((14, 14, 14, 16.5), QUIET),  # one busy month makes no team
        ((14, 14, 14, 18), JOINS),
        ((16, 16, 16, 16), BUSY),
        ((16, 16, 16, 14), BUSY),
        ((16, 16, 16, 14, 14, 14), BUSY),  # between 13.5 and 15 it stays what it was
        ((12, 12, 12, 14, 14, 14), QUIET),
        ((16, 16, 16, 16, 14, 9), LEAVES),
        ((16, 16, 16, 16, 14, 9, 16), QUIET),  # and comes back at 15 only
        ((16, 16, 16), BUSY),  # the first that is known is no news
        ((10, 10, 10), QUIET),
    ],
)
def test_a_town_joins_at_the_threshold_and_leaves_below_a_lower_one(rates, state):
    assert judged(*rates)["state"] == state


def test_the_mean_is_of_days_and_not_of_months():
    row = judged(15, 0, 15, rule=BusyRule(a_day=10, stays_from=9))
    days = [period.days for period in trailing(OCTOBER, 3)]
    assert row["a_day"] == pytest.approx(15 * (days[0] + days[2]) / sum(days))
    assert row["last"] == pytest.approx(15)


def test_the_month_since_which_it_is_busy_is_told():
    assert judged(10, 10, 10, 30, 16, 16)["since"] == "2026-08-01"
    assert pd.isna(judged(10, 10, 10)["since"])


def test_the_interval_is_the_exact_poisson_one():
    # Garwood 1936: of 10 counts 4.795–18.39, of none 0–3.689.
    counts = pd.DataFrame([[10, 0, 0], [0, 0, 0]], index=["A", "B"])
    rows = busy_towns(counts, trailing(OCTOBER, 3))
    assert rows.loc["A", ["low", "high"]].to_numpy(dtype=float) * 92 == pytest.approx(
        [4.795, 18.39], rel=1e-3
    )
    assert rows.at["B", "low"] == 0.0
    assert rows.at["B", "high"] * 92 == pytest.approx(3.689, rel=1e-3)


def test_months_too_few_to_judge_are_refused():
    with pytest.raises(SettingError, match="busy_history_short"):
        judged(20, 20)


@pytest.mark.parametrize(
    "wrong", [{"a_day": 0}, {"a_day": np.inf}, {"stays_from": 16}, {"stays_from": -1}, {"periods": 0}]
)
def test_rules_that_mean_nothing_are_refused(wrong):
    with pytest.raises(SettingError, match="setting_wrong"):
        BusyRule(**wrong)
