from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.schemas import COUNT, DATE, GRID_ID
from planning.calls import counted_calls
from planning.change_table import CHANGES, WINDOWS, change_table, pieces_of
from planning.periods import parse_period
from planning.small_counts import publishable

MONTHS = [month.strftime("%Y-%m-15") for month in pd.period_range("2024-11", "2026-10", freq="M")]


def table_of(counts, period="2026-10", **options):
    """A table of places with calls in some months (``{"A": {"2026-10": 12}}``), known to be 0 in others."""
    rows = [(place, f"{month}-15", n) for place, months in counts.items() for month, n in months.items()]
    rows += [("known", day, 1000) for day in MONTHS]
    calls = counted_calls(pd.DataFrame(rows, columns=[GRID_ID, DATE, COUNT]))
    labels = calls.rows[GRID_ID]
    # The row that makes every month known is no row of the table.
    kept = labels != "known"
    calls = type(calls)(**{**vars(calls), "rows": calls.rows[kept].reset_index(drop=True)})
    return change_table(calls, labels[kept].reset_index(drop=True), parse_period(period), **options)


def steady(n, months=MONTHS):
    return {day[:7]: n for day in months}


def shown(published, label):
    return {name for name in WINDOWS if pd.notna(published.table.rows.at[label, name])}


def test_counts_below_ten_are_hidden_and_so_is_what_tells_them():
    october = steady(50) | {"2026-10": 9}
    published = publishable(table_of({"A": october, "B": october, "C": steady(50)}))
    # Without September 2026, 累计 less the months before is no total that is shown.
    assert shown(published, "A") == {"previous", "year_before", "cumulative", "cumulative_before"}
    assert published.hidden_rows.loc["A"].tolist() == [True, False, False, False, False]
    for name in ("previous", "year"):
        assert pd.isna(published.table.rows.at["A", f"{name}_change"])
        assert pd.isna(published.table.rows.at["A", f"{name}_chance"])
    assert pd.notna(published.table.rows.at["A", "cumulative_change"])
    assert shown(published, "C") == set(WINDOWS)


def test_ten_are_shown_and_five_are_hidden():
    few = steady(10) | {"2026-10": 5}
    published = publishable(table_of({"A": steady(10), "B": few, "C": few, "D": steady(10)}))
    assert published.table.rows.at["A", "current"] == 10
    assert pd.isna(published.table.rows.at["B", "current"])


def test_february_is_not_told_by_january_and_the_year_to_date():
    quiet = steady(40) | {"2026-02": 4}
    published = publishable(table_of({"A": quiet, "B": quiet, "C": steady(40)}, "2026-02"))
    # 累计 is 上期 and 本期 together.
    assert len(shown(published, "A") & {"previous", "cumulative"}) == 1
    assert "current" not in shown(published, "A")


def test_a_few_calls_between_this_month_and_the_year_to_date_are_not_told():
    late = {"2026-10": 30, "2026-03": 4, "2025-10": 30}
    published = publishable(table_of({"A": late, "B": late, "C": steady(40)}))
    assert len(shown(published, "A") & {"current", "cumulative"}) == 1


def test_one_hidden_row_takes_another_with_it():
    table = table_of({"A": steady(60) | {"2026-10": 3}, "B": steady(50), "C": steady(40)})
    published = publishable(table)
    assert published.hidden_rows["current"].to_dict() == {"A": True, "B": False, "C": True}
    assert not published.hidden_total.any()


def test_hidden_rows_together_are_no_small_total_either():
    table = table_of({"A": steady(60) | {"2026-10": 3}, "B": steady(50) | {"2026-10": 4}, "C": steady(40)})
    assert publishable(table).hidden_rows["current"].sum() == 3


def test_towns_that_are_told_elsewhere_give_no_village_away():
    quiet = steady(60) | {"2026-10": 3}
    table = table_of({"A": quiet, "B": steady(50), "C": quiet, "D": steady(40), "E": quiet})
    towns = pd.Series({"A": "T1", "B": "T1", "C": "T2", "D": "T2", "E": "T3"})
    assert not publishable(table).hidden_rows.at["B", "current"]
    hidden = publishable(table, groups=[towns]).hidden_rows["current"]
    # E is all of its town, which is hidden there itself.
    assert hidden.to_dict() == {"A": True, "B": True, "C": True, "D": True, "E": True}


def test_a_small_total_is_hidden_too():
    published = publishable(
        table_of({"A": {"2026-09": 30, "2026-10": 2}, "B": {"2026-09": 30, "2026-10": 2}})
    )
    assert published.hidden_total["current"]
    assert pd.isna(published.table.total["current"])
    assert pd.isna(published.table.total["previous_change"])


def test_unknown_windows_are_unknown_and_not_hidden():
    published = publishable(table_of({"A": steady(3), "B": steady(30)}, "2025-03"))
    assert not published.hidden_rows["year_before"].any()
    assert published.table.unknown == {"year_before", "cumulative_before"}


def test_the_table_given_stays_whole():
    table = table_of({"A": steady(3), "B": steady(30)})
    before = table.rows.copy(deep=True)
    publishable(table)
    pd.testing.assert_frame_equal(table.rows, before)


def known_to_a_reader(published, table):
    """Every sum that is printed, as an equation over the calls of each row in each piece of time."""
    firsts = table.pieces.columns
    rows, size = len(table.rows), len(table.pieces.columns)
    equations = []
    for name in WINDOWS:
        window = np.isin(firsts, pieces_of(firsts, getattr(table.comparison, name))).astype(float)
        for at, label in enumerate(table.rows.index):
            if pd.notna(published.table.rows.at[label, name]):
                equations.append(np.kron(np.eye(rows)[at], window))
        if pd.notna(published.table.total[name]):
            equations.append(np.kron(np.ones(rows), window))
    return np.array(equations).reshape(-1, rows * size)


def unions(table):
    size = table.pieces.shape[1]
    for count in range(1, size + 1):
        for chosen in combinations(range(size), count):
            yield np.isin(np.arange(size), chosen).astype(float)


small = st.sampled_from([0, 1, 4, 9, 10, 11, 30, 200])
MONTHS_THAT_COUNT = ["2025-01", "2025-02", "2025-09", "2025-10", "2026-01", "2026-02", "2026-09", "2026-10"]


@settings(max_examples=20, deadline=None)
@given(
    counts=st.lists(st.lists(small, min_size=8, max_size=8), min_size=1, max_size=5),
    period=st.sampled_from(["2026-10", "2026-02", "2026-01", "2025-12-26..2026-01-25", "2026-Q1"]),
)
def test_no_small_total_can_be_worked_out_by_any_sum_or_difference(counts, period):
    table = table_of(
        {f"P{i}": dict(zip(MONTHS_THAT_COUNT, row, strict=True)) for i, row in enumerate(counts)}, period
    )
    published = publishable(table)
    equations, pieces = known_to_a_reader(published, table), table.pieces.to_numpy()
    known = np.linalg.pinv(equations) @ equations if len(equations) else np.zeros((pieces.size,) * 2)
    told = []
    for union in unions(table):
        for rows in [*np.eye(len(pieces)), np.ones(len(pieces))]:
            total = np.kron(rows, union)
            if rows @ pieces @ union < 10 and np.allclose(total @ known, total, atol=1e-7):
                told.append((rows, union))
    assert told == []
    # Nothing is hidden that is large and far from anything small.
    if (table.pieces.to_numpy() >= 10).all():
        assert not published.hidden_rows.to_numpy().any()


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_shown_only_with_both_of_its_counts(name):
    published = publishable(table_of({"A": steady(9), "B": steady(300), "C": steady(30), "D": steady(8)}))
    now, before = CHANGES[name]
    rows = published.table.rows
    assert (rows[f"{name}_change"].isna() == (rows[now].isna() | rows[before].isna())).all()
