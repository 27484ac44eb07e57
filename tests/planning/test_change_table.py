import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.schemas import COUNT, DATE, GRID_ID
from geo.errors import SettingError
from planning.calls import counted_calls, places_of
from planning.change_table import CHANGES, NOWHERE, WINDOWS, change_table
from planning.periods import parse_period

OCTOBER = parse_period("2026-10")


def incidents(*rows, filler=True):
    """Rows of (grid, date, count); the filler makes every day of two years known."""
    frame = pd.DataFrame(rows, columns=[GRID_ID, DATE, COUNT])
    if filler:
        days = pd.date_range("2024-11-01", "2026-10-31").strftime("%Y-%m-%d")
        frame = pd.concat([frame, pd.DataFrame({GRID_ID: "F", DATE: days, COUNT: 1})], ignore_index=True)
    return frame


def table_of(frame, period=OCTOBER, places=None, **options):
    calls = counted_calls(frame)
    places = pd.Series({grid: grid for grid in frame[GRID_ID].unique()}) if places is None else places
    return change_table(calls, places_of(calls.rows, places), period, **options)


def codes(table):
    return [
        note.code for note in table.notes if note.code.startswith(("window", "period", "festival", "chance"))
    ]


A_YEAR_OF_A = incidents(
    ("A", "2026-10-05", 30),
    ("A", "2026-09-30", 20),
    ("A", "2025-10-31", 40),
    ("A", "2026-01-01", 10),
    ("A", "2025-01-01", 25),
    ("A", "2024-12-31", 99),
)


def test_the_row_of_a_place_by_hand():
    row = table_of(A_YEAR_OF_A).rows.loc["A"]
    assert [row[name] for name in WINDOWS] == [30, 20, 40, 60, 65]
    assert row["previous_change"] == pytest.approx(0.5)
    assert row["year_change"] == pytest.approx(-0.25)
    assert row["cumulative_change"] == pytest.approx(60 / 65 - 1)


def test_totals_are_the_sums_of_the_rows():
    table = table_of(A_YEAR_OF_A)
    assert list(table.rows.index) == ["A", "F"]
    for name in WINDOWS:
        assert table.total[name] == table.rows[name].sum()
    assert table.total["current"] == 61
    assert table.total["previous_change"] == pytest.approx(61 / 50 - 1)


def test_a_change_from_nothing_is_no_percentage():
    row = table_of(incidents(("A", "2026-10-05", 3))).rows.loc["A"]
    assert row["previous"] == 0
    assert pd.isna(row["previous_change"])
    # Three against none is within chance all the same: 2 × 1/8.
    assert row["previous_p"] == pytest.approx(0.25, abs=0.02)
    assert row["previous_chance"]


def test_what_is_before_the_first_month_of_data_is_unknown_and_not_zero():
    table = table_of(A_YEAR_OF_A, parse_period("2025-03"))
    assert table.unknown == {"year_before", "cumulative_before"}
    for row in (table.rows.loc["A"], table.total):
        assert row["cumulative"] == 25 or row["cumulative"] == 25 + 90
        assert pd.isna(row["year_before"])
        assert pd.isna(row["year_change"])
        assert pd.isna(row["year_chance"])
    assert codes(table).count("window_unknown") == 2


def test_a_month_that_was_not_imported_is_unknown_too():
    days = pd.date_range("2026-01-01", "2026-10-31")
    days = days[(days.month != 9)].strftime("%Y-%m-%d")
    table = table_of(incidents(*(("A", day, 20) for day in days), filler=False))
    assert "previous" in table.unknown
    assert "cumulative" in table.unknown
    assert table.rows.at["A", "current"] == 620


def test_a_running_month_is_compared_over_as_many_days():
    days = pd.date_range("2025-01-01", "2026-10-20").strftime("%Y-%m-%d")
    table = table_of(incidents(*(("A", day, 20) for day in days), filler=False))
    assert [table.rows.at["A", name] for name in WINDOWS[:3]] == [400, 400, 400]
    assert table.rows.at["A", "cumulative"] == table.rows.at["A", "cumulative_before"]
    assert codes(table)[0] == "period_running"


@pytest.mark.parametrize(
    ("period", "code"),
    [
        ("2026-11", "period_after_calls"),
        ("2030", "period_after_calls"),
        ("2024-10", "period_before_calls"),
        ("2024-10-26..2024-11-25", "period_before_calls"),
    ],
)
def test_a_period_without_calls_is_refused_with_what_there_is(period, code):
    with pytest.raises(SettingError) as error:
        table_of(A_YEAR_OF_A, parse_period(period))
    assert error.value.code == code


def test_a_period_in_a_gap_is_refused():
    days = [*pd.date_range("2026-01-01", "2026-04-30"), *pd.date_range("2026-07-01", "2026-10-31")]
    frame = incidents(*(("A", day.strftime("%Y-%m-%d"), 20) for day in days), filler=False)
    with pytest.raises(SettingError, match="period_in_gap"):
        table_of(frame, parse_period("2026-05"))


@pytest.mark.parametrize("level", [0, 1, -0.1, float("nan")])
def test_a_level_that_means_nothing_is_refused(level):
    with pytest.raises(SettingError, match="setting_wrong"):
        table_of(A_YEAR_OF_A, level=level)


def test_rows_come_in_the_order_of_codes_and_quiet_places_have_one():
    frame = incidents(("330603102", "2026-10-01", 1), ("330603004", "2026-10-01", 1), filler=False)
    table = table_of(frame, rows=["330603200", "330603101"])
    assert list(table.rows.index) == ["330603004", "330603101", "330603102", "330603200"]
    assert table.rows.at["330603101", "current"] == 0


def test_calls_of_no_place_have_a_row_so_that_totals_add_up():
    places = pd.Series({"A": "V1"})
    table = table_of(A_YEAR_OF_A, places=places)
    assert list(table.rows.index) == ["V1", NOWHERE]
    assert table.rows.at[NOWHERE, "current"] == 31
    assert table.total["current"] == 61


def test_changes_a_day_allow_for_the_length_of_months():
    days = pd.date_range("2024-11-01", "2026-10-31").strftime("%Y-%m-%d")
    frame = incidents(*(("A", day, 10) for day in days), filler=False)
    february = parse_period("2026-02")
    plain, daily = table_of(frame, february), table_of(frame, february, per_day=True)
    assert plain.rows.at["A", "previous_change"] == pytest.approx(280 / 310 - 1)
    # Ten calls a day in both: February is no better, it is shorter.
    assert plain.rows.at["A", "previous_chance"]
    assert "window_days_differ" in codes(plain)
    assert daily.rows.at["A", "previous_change"] == pytest.approx(0.0)
    assert "window_days_differ" not in codes(daily)


def test_the_festival_month_is_compared_with_last_years():
    rows = [("A", "2026-02-17", 7), ("A", "2025-01-29", 5), ("A", "2025-02-17", 1)]
    plain = table_of(incidents(*rows), parse_period("2026-02"))
    aligned = table_of(incidents(*rows), parse_period("2026-02"), spring_festival=True)
    assert plain.rows.at["A", "year_before"] == 1
    assert aligned.rows.at["A", "year_before"] == 5
    assert "festival_aligned" in codes(aligned)
    assert "festival_alike" in codes(table_of(A_YEAR_OF_A, spring_festival=True))


def test_a_doubling_of_many_is_no_chance_and_a_doubling_of_few_is():
    months = pd.period_range("2024-11", "2026-10", freq="M").strftime("%Y-%m-15")
    rows = [(grid, day, 50) for grid in "ABCDEFGH" for day in months]
    rows += [("A", "2026-10-20", 50), ("Z", "2026-09-15", 2), ("Z", "2026-10-15", 4)]
    table = table_of(incidents(*rows))
    assert not table.rows.at["A", "previous_chance"]
    assert table.rows.at["Z", "previous_change"] == pytest.approx(1.0)
    assert table.rows.at["Z", "previous_chance"]
    assert table.rows.at["B", "previous_chance"]


def test_false_marks_are_expected_of_those_changes_that_can_bear_one():
    months = pd.period_range("2024-11", "2026-10", freq="M").strftime("%Y-%m-15")
    rare = [(f"G{g}", day, 1) for g in range(9) for day in months[::6]]
    table = table_of(incidents(*rare, *(("A", day, 90) for day in months)))
    told = pd.concat([table.rows, table.total.to_frame().T])
    told = told[[f"{name}_false" for name in CHANGES]].astype(float).fillna(0)
    # Of so few calls in two periods all may be in one of them by chance: they bear no mark.
    rare_ones = [str(label).startswith("G") for label in told.index]
    assert sum(rare_ones) == 9
    assert (told[rare_ones] == 0).all(axis=None)
    assert told.loc["A", "previous_false"] > 0.02
    assert table.expected_false == pytest.approx(told.to_numpy().sum())
    assert table.expected_false < 0.05 * 3 * len(CHANGES) < 0.05 * len(table.rows) * len(CHANGES)


def test_places_that_waver_are_granted_more_chance():
    rng = np.random.default_rng(3)
    months = pd.period_range("2025-01", "2026-10", freq="M").strftime("%Y-%m-15")
    steady = [(f"G{g}", day, 60) for g in range(20) for day in months]
    counts = rng.poisson(60 * rng.gamma(8, 1 / 8, (20, len(months))))
    wavering = [(f"G{g}", day, int(counts[g, m])) for g in range(20) for m, day in enumerate(months)]
    for rows in (steady, wavering):
        rows += [("A", day, 60) for day in months] + [("A", "2026-10-20", 35)]
    calm, wild = table_of(incidents(*steady)), table_of(incidents(*wavering))
    assert calm.excess["A"] < 0.01
    assert wild.excess["A"] == pytest.approx(1 / 8, rel=0.4)
    assert not calm.rows.at["A", "previous_chance"]
    assert wild.rows.at["A", "previous_chance"]
    # Over ten months waverings cancel out: a district's total of many places wavers least of all.
    assert wild.total["previous_p"] < wild.rows.at["A", "previous_p"]


def test_without_history_chance_is_poisson_and_the_table_says_so():
    frame = incidents(
        *(("A", day.strftime("%Y-%m-%d"), 20) for day in pd.date_range("2026-08-01", "2026-10-31"))
    )
    table = table_of(frame[frame[GRID_ID] == "A"])
    assert table.excess["A"] == 0.0
    assert "chance_without_history" in codes(table)


def test_categories_waver_by_what_places_do_apart_and_not_by_their_season():
    months = pd.period_range("2024-11", "2026-10", freq="M")
    rows = [
        (f"G{g}", month.strftime("%Y-%m-15"), 30 + 25 * (month.month in (6, 7, 8)), kind)
        for g in range(10)
        for month in months
        for kind in ("fire", "noise")
    ]
    frame = pd.DataFrame(rows, columns=[GRID_ID, DATE, COUNT, "category"])
    frame.loc[frame["category"] == "noise", COUNT] = 40
    calls = counted_calls(frame)
    found = change_table(calls, calls.rows["category"], OCTOBER, units=calls.rows[GRID_ID])
    assert (found.excess == 0).all()
    as_places = change_table(calls, calls.rows["category"], OCTOBER)
    assert (as_places.excess > 0.01).all()


def test_inputs_stay_as_they_are():
    calls = counted_calls(A_YEAR_OF_A)
    labels = calls.rows[GRID_ID]
    before = calls.rows.copy(deep=True), labels.copy(deep=True)
    change_table(calls, labels, OCTOBER)
    pd.testing.assert_frame_equal(calls.rows, before[0])
    pd.testing.assert_series_equal(labels, before[1])


grids = st.sampled_from(["A", "B", "C", "D"])
days = st.dates(pd.Timestamp("2025-01-01").date(), pd.Timestamp("2026-10-31").date())
periods = st.sampled_from(
    [
        "2026-10",
        "2026-W40",
        "2026-09-26..2026-10-25",
        "2026-10-31",
        "2026-Q3",
        "2026-10-X3",
        "2026-07-04..2026-08-20",
    ]
)


@settings(max_examples=10, deadline=None)
@given(rows=st.lists(st.tuples(grids, days, st.integers(1, 9)), min_size=1, max_size=40), text=periods)
def test_every_window_is_what_a_filter_counts(rows, text):
    frame = incidents(*((grid, day.isoformat(), count) for grid, day, count in rows))
    places = pd.Series({"A": "V1", "B": "V1", "C": "V2"})
    table = table_of(frame, parse_period(text), places=places)
    village = frame[GRID_ID].map(places).fillna(NOWHERE)
    for name in WINDOWS:
        window = getattr(table.comparison, name)
        inside = window.holds(frame[DATE])
        if name in table.unknown:
            assert table.rows[name].isna().all()
            continue
        assert table.total[name] == frame.loc[inside, COUNT].sum() == table.rows[name].sum()
        for label in table.rows.index:
            assert table.rows.at[label, name] == frame.loc[inside & (village == label), COUNT].sum()
