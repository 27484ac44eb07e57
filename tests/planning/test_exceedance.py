import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest, nbinom, norm, poisson

from geo.errors import SettingError
from planning.exceedance import normal_scores, predicted


def counts(table):
    table = np.asarray(table)
    return pd.DataFrame(
        table,
        index=[f"V{place}" for place in range(len(table))],
        columns=[f"{period:03d}" for period in range(table.shape[1])],
    )


def quiet(seed, *, places=300, periods=25, excess=0.02, mean=25.0):
    rng = np.random.default_rng(seed)
    size = rng.lognormal(np.log(mean), 0.6, (places, 1))
    season = 1 + 0.3 * np.sin(np.arange(periods) / 2)
    waver = rng.gamma(1 / excess, excess, (places, periods)) if excess else 1.0
    return counts(rng.poisson(size * season * waver))


def test_a_place_like_all_others_is_expected_to_have_their_mean():
    found = predicted(counts(np.full((50, 13), 20)))
    assert found.excess == 0.0
    assert found.periods == 12
    assert found.rows["expected"].to_numpy() == pytest.approx(20.0, rel=0.002)
    # Little but Poisson is left of the spread: 12 periods tell the rate, 49 places the period.
    spread = 1 / (12 * 20) + 1 / (49 * 20)
    threshold = nbinom.isf(0.001, 1 / spread, 1 / (1 + spread * 20)) + 1
    assert found.rows["alarm_from"].to_numpy() == pytest.approx(threshold, abs=1)
    assert (poisson.isf(0.001, 20) + 1 <= found.rows["alarm_from"]).all()


def test_what_all_places_share_is_no_alarm():
    size = np.random.default_rng(1).lognormal(3, 0.6, (300, 1))
    season = np.array([*np.ones(24), 3.0])
    table = counts(np.random.default_rng(2).poisson(size * season))
    assert (table.iloc[:, -1] > 1.3 * table.iloc[:, -2]).mean() > 0.9
    assert predicted(table).rows["alarm"].sum() <= 3


def test_a_doubling_is_an_alarm_and_a_halving_a_fall_where_many_call():
    table = counts(np.full((60, 20), 60))
    table.iloc[4, -1], table.iloc[7, -1] = 120, 20
    rows = predicted(table).rows
    assert rows.index[rows["alarm"]].tolist() == ["V4"]
    assert rows.index[rows["fall"]].tolist() == ["V7"]


def test_few_calls_have_no_fall_to_make():
    rows = predicted(counts(np.ones((40, 12), dtype=int))).rows
    assert (rows["fall_to"] == -1).all()
    assert (rows["chance_of_fall"] == 0).all()


def test_alarms_and_falls_are_what_the_probabilities_say():
    rows = predicted(quiet(2), level=0.05).rows
    # A few counts are met exactly at the level.
    assert (rows["alarm"] == (rows["p_upper"] <= 0.05)).all()
    assert (rows["fall"] == (rows["p_lower"] < 0.05)).all()
    assert (rows["chance_of_alarm"] <= 0.05).all()
    assert (rows["low"] <= rows["expected"]).all()
    assert (rows["expected"] <= rows["high"]).all()


def test_places_that_waver_have_wider_limits():
    calm, wild = predicted(quiet(3, excess=0)), predicted(quiet(3, excess=0.2))
    assert calm.excess < 0.005
    assert wild.excess == pytest.approx(0.2, rel=0.2)
    width = [(found.rows["high"] - found.rows["low"]).mean() for found in (calm, wild)]
    assert width[1] > 1.5 * width[0]


def test_alarms_come_as_often_as_expected_if_nothing_changed():
    alarms = falls = expected = expected_falls = 0.0
    for seed in range(25):
        rows = predicted(quiet(seed), level=0.01).rows
        alarms, falls = alarms + rows["alarm"].sum(), falls + rows["fall"].sum()
        expected, expected_falls = (
            expected + rows["chance_of_alarm"].sum(),
            expected_falls + rows["chance_of_fall"].sum(),
        )
    assert alarms == pytest.approx(expected, abs=3 * np.sqrt(expected))
    assert falls == pytest.approx(expected_falls, abs=3 * np.sqrt(expected_falls))
    # Counts are whole, so that the level is not quite used up.
    assert 0.006 < expected / (25 * 300) < 0.01


def test_scores_are_standard_normal_and_independent_if_nothing_changed():
    scores = normal_scores(quiet(5))
    assert scores.shape == (300, 19)
    assert kstest(scores.ravel(), norm.cdf).statistic < 0.02
    assert abs(np.corrcoef(scores[:, :-1].ravel(), scores[:, 1:].ravel())[0, 1]) < 0.03


def test_the_last_score_is_of_the_last_prediction():
    table = quiet(6, excess=0)
    table.iloc[0, -1] *= 4
    row = predicted(table.iloc[:, -25:]).rows.iloc[0]
    score = normal_scores(table)[0, -1]
    assert norm.sf(score) <= row["p_upper"]


def test_residents_tell_what_a_short_past_does_not():
    rng = np.random.default_rng(8)
    people = rng.lognormal(8, 0.8, 200)
    table = counts(rng.poisson(people[:, None] * 2e-4, (200, 7)))
    blind, informed = predicted(table), predicted(table, exposure=pd.Series(people, index=table.index))
    true = people * 2e-4
    errors = [np.abs(found.rows["expected"] - true).mean() for found in (blind, informed)]
    assert errors[1] < 0.5 * errors[0]


def test_places_without_residents_are_told_by_their_own_past():
    table = quiet(9, places=30)
    people = pd.Series(1000.0, index=table.index)
    people.iloc[0], people.iloc[1] = 0, np.nan
    rows = predicted(table, exposure=people).rows
    assert np.isfinite(rows[["expected", "p_upper", "p_lower"]].to_numpy()).all()
    own = table.iloc[[0, 1], :-1].sum(axis=1) / table.iloc[:, :-1].to_numpy().sum() * table.iloc[:, -1].sum()
    assert rows["expected"].iloc[[0, 1]].to_numpy() == pytest.approx(own.to_numpy(), rel=0.15)


@pytest.mark.parametrize("table", [np.zeros((5, 9)), np.eye(9, dtype=int)[:5], np.full((2, 7), 3)])
def test_next_to_nothing_is_judged_without_complaint(table):
    rows = predicted(counts(table.astype(int))).rows
    assert np.isfinite(rows[["expected", "p_upper", "p_lower", "chance_of_alarm"]].to_numpy()).all()
    assert np.isfinite(normal_scores(counts(table.astype(int)))).all() or table.sum() == 0


def test_a_first_call_ever_is_no_alarm_but_many_are():
    table = np.zeros((30, 13), dtype=int)
    table[:20] = 5
    table[25, -1], table[26, -1] = 1, 9
    rows = predicted(counts(table)).rows
    assert not rows.at["V25", "alarm"]
    assert rows.at["V26", "alarm"]


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (counts(np.ones((5, 6))), "alerts_history_short"),
        (counts(np.ones((1, 20))), "alerts_few_places"),
        (
            counts(np.ones((5, 9)))[["002", "001", "000", *(f"{at:03d}" for at in range(3, 9))]],
            "alerts_disordered",
        ),
    ],
)
def test_what_cannot_be_judged_is_refused_with_a_code(table, code):
    for ask in (predicted, normal_scores):
        with pytest.raises(SettingError) as error:
            ask(table)
        assert error.value.code == code


@pytest.mark.parametrize("level", [0, 1, float("nan")])
def test_a_level_that_means_nothing_is_refused(level):
    with pytest.raises(SettingError, match="setting_wrong"):
        predicted(quiet(1), level=level)


def test_inputs_stay_as_they_are():
    table = quiet(4)
    before = table.copy(deep=True)
    predicted(table)
    normal_scores(table)
    pd.testing.assert_frame_equal(table, before)
