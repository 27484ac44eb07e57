import numpy as np
import pandas as pd
import pytest

from data.schemas import CATEGORY, COUNT, DATE
from geo.errors import SettingError
from planning.alerts import ALL, DOWN, DRIFT, JUMP, UP, AlertParams, call_series, find_alerts, series_of
from planning.calls import counted_calls
from planning.periods import parse_period, trailing


def series(seed=0, *, villages=120, months=25, kinds=("theft", "fire"), mean=40.0):
    rng = np.random.default_rng(seed)
    index = pd.Index([f"{village:03d}" for village in range(villages)])
    columns = [str(month) for month in pd.period_range("2024-10", periods=months, freq="M")]
    size = rng.lognormal(np.log(mean), 0.4, (villages, 1))
    parts = {kind: pd.DataFrame(rng.poisson(size, (villages, months)), index, columns) for kind in kinds}
    return {ALL: sum(parts.values()), **parts}


def changed(calls, village, months, times, kind="theft"):
    part = calls[kind].copy()
    part.iloc[village, -months:] = (part.iloc[village, -months:] * times).astype(int)
    others = [calls[name] for name in calls if name not in (ALL, kind)]
    return {**calls, ALL: sum(others, start=part), kind: part}


def of(alerts, village):
    rows = alerts.rows[alerts.rows["place_id"] == f"{village:03d}"]
    return set(zip(rows["series"], rows["kind"], rows["direction"], strict=True))


def test_quiet_villages_are_left_in_peace():
    alarmed = expected = 0
    for seed in range(3):
        found = find_alerts(series(seed, villages=300))
        alarmed += found.rows.loc[found.rows["direction"] == UP, "place_id"].nunique()
        expected += found.expected_false[UP]
    assert expected < 3 * 300 * 0.002
    assert alarmed <= expected + 3 * np.sqrt(expected)


def test_a_jump_is_told_for_the_kind_and_for_all_calls():
    found = find_alerts(changed(series(), 7, 1, 3))
    assert of(found, 7) >= {(ALL, JUMP, UP), ("theft", JUMP, UP)}
    row = found.rows.iloc[0]
    assert (row["place_id"], row["since"], row["direction"]) == ("007", "2026-10", UP)
    assert row["observed"] > row["high"] > row["expected"] > row["low"]
    assert row["p"] < 0.001
    assert np.isnan(row["sums"])


def test_a_fall_is_told_apart_from_alarms():
    found = find_alerts(changed(series(mean=80), 7, 1, 0.2))
    assert ("theft", JUMP, DOWN) in of(found, 7)
    assert not any(direction == UP for _, _, direction in of(found, 7))


def test_what_creeps_up_is_told_as_a_drift_with_its_beginning():
    jumps, begun = 0, []
    for seed in range(3):
        calls = changed(series(seed, villages=40, kinds=("theft",)), 7, 8, 1.3)
        for last in (21, 22, 23, 24, 25):
            found = find_alerts({ALL: calls[ALL].iloc[:, :last]})
            jumps += (ALL, JUMP, UP) in of(found, 7)
            rows = found.rows[found.rows["kind"] == DRIFT]
            begun += rows.loc[rows["place_id"] == "007", "since"].tolist()
    assert len(begun) >= 2 > jumps
    # It began in March 2026; sums may have begun to rise by chance some months before.
    assert min(begun) >= "2025-10"


def test_a_drift_stays_told_until_something_is_done_about_it():
    every = changed(series(0, villages=40, kinds=("theft",), months=31), 7, 14, 1.5)[ALL]

    def drift(months, **options):
        rows = find_alerts({ALL: every.iloc[:, :months]}, **options).rows
        return rows[(rows["place_id"] == "007") & (rows["kind"] == DRIFT)]

    told = {months: drift(months) for months in range(18, 29)}
    first = next(months for months, rows in told.items() if len(rows))
    assert all(len(told[months]) == 1 for months in range(first, 29))
    row = told[first + 2].iloc[0]
    assert row["since"] < row["told"] == every.columns[first - 1]
    # It stands in the period in which something was done, and no more with the next.
    assert len(drift(first, measures={"007": row["told"]})) == 1
    assert drift(first + 1, measures={"007": row["told"]}).empty


def test_pillars_are_judged_as_the_categories_that_they_are_made_of():
    rows = pd.DataFrame(
        [(f"2026-{m:02}-15", kind, 5) for m in range(1, 9) for kind in ("theft", "fraud", "fire")],
        columns=[DATE, CATEGORY, COUNT],
    ).assign(grid_id="G1")
    periods = trailing(parse_period("2026-08"), 8)
    pillars = {
        "criminal": frozenset({"theft", "fraud", "assault"}),
        "fire": frozenset({"fire"}),
        "political": frozenset(),
        "every": frozenset({"theft", "fraud", "fire"}),
    }
    calls = counted_calls(rows)
    found = call_series(calls, calls.rows["grid_id"], ["G1"], periods, pillars=pillars)
    assert list(found) == [ALL, "pillar:criminal", "category:fire", "category:fraud", "category:theft"]
    assert (found["pillar:criminal"] == 10).all(axis=None)
    assert series_of(pillars, ["fire", "fraud", "theft"]) == {
        "pillar:criminal": ["fraud", "theft"],
        "category:fire": ["fire"],
        ALL: ["fire", "fraud", "theft"],
    }


def test_the_more_kinds_are_looked_at_the_surer_each_must_be():
    params = AlertParams()
    for count in (2, 5, 13):
        jumps = params.levels(ALL, count)[0] + (count - 1) * params.levels("theft", count)[0]
        drifts = params.levels(ALL, count)[1] + (count - 1) * params.levels("theft", count)[1]
        assert jumps == pytest.approx(params.jump + params.kinds)
        assert drifts == pytest.approx(params.drift)
    assert params.levels(ALL, 1) == (params.jump, params.drift)


def test_tests_and_the_naive_rule_are_counted():
    calls = series()
    found = find_alerts(calls)
    assert found.tests == 2 * 120 * 3
    assert (found.places, found.periods) == (120, 24)
    every = calls[ALL]
    assert found.naive == (every.iloc[:, -1] / every.iloc[:, -2] > 1.3).sum()


def test_the_same_calls_give_the_same_alerts_and_stay_as_they_are():
    calls = changed(series(), 7, 1, 3)
    before = {name: counts.copy(deep=True) for name, counts in calls.items()}
    pd.testing.assert_frame_equal(find_alerts(calls).rows, find_alerts(calls).rows)
    for name, counts in calls.items():
        pd.testing.assert_frame_equal(counts, before[name])


def test_without_alerts_the_table_is_empty_and_has_its_columns():
    rows = find_alerts(series(3, villages=5)).rows
    assert list(rows.columns[:4]) == ["place_id", "series", "kind", "direction"]


def test_too_little_is_refused():
    with pytest.raises(SettingError, match="alerts_history_short"):
        find_alerts(series(months=6))


@pytest.mark.parametrize("wrong", [{"jump": 0}, {"kinds": 0.5}, {"drift": float("nan")}, {"history": 5}])
def test_settings_that_mean_nothing_are_refused(wrong):
    with pytest.raises(SettingError, match="setting_wrong"):
        AlertParams(**wrong)
