from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from data.schemas import CATEGORY, COUNT, DATE, GRID_ID
from planning.calls import counted_calls
from planning.change_table import CHANGES, WINDOWS, change_table, pieces_of
from planning.periods import parse_period
from planning.small_counts import DISTRICT, publishable, shown_of

MONTHS = [month.strftime("%Y-%m-15") for month in pd.period_range("2024-11", "2026-10", freq="M")]


def calls_of(counts):
    """Calls of places (``{"A": {"2026-10": 12}}``), or of categories in them (``{("A", "fire"): …}``)."""
    rows = []
    for label, months in counts.items():
        place, kind = (label, "theft") if isinstance(label, str) else label
        rows += [(place, kind, f"{month}-15", n) for month, n in months.items()]
    rows += [("known", "theft", day, 1000) for day in MONTHS]
    calls = counted_calls(pd.DataFrame(rows, columns=[GRID_ID, CATEGORY, DATE, COUNT]))
    # The row that makes every month known is no row of the table.
    return replace(calls, rows=calls.rows[calls.rows[GRID_ID] != "known"].reset_index(drop=True))


def table_of(counts, period="2026-10"):
    calls = calls_of(counts)
    return calls, change_table(calls, calls.rows[GRID_ID], parse_period(period))


def published_of(counts, period="2026-10", **levels):
    """The table of villages, where tables of other levels (``town={"A": "T"}``) may be published too."""
    calls, table = table_of(counts, period)
    places = {name: calls.rows[GRID_ID].map(of) for name, of in levels.items()}
    shown = shown_of(calls, pd.DataFrame({**places, "village": calls.rows[GRID_ID]}), table)
    return publishable(table, shown.of("village", None), shown.total(None))


def steady(n, months=MONTHS):
    return {day[:7]: n for day in months}


def shown(published, label):
    return {name for name in WINDOWS if pd.notna(published.table.rows.at[label, name])}


def test_counts_below_ten_are_hidden_and_so_is_what_tells_them():
    october = steady(50) | {"2026-10": 9}
    published = published_of({"A": october, "B": october, "C": steady(50)})
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
    published = published_of({"A": steady(10), "B": few, "C": few, "D": steady(10)})
    assert published.table.rows.at["A", "current"] == 10
    assert pd.isna(published.table.rows.at["B", "current"])


def test_february_is_not_told_by_january_and_the_year_to_date():
    quiet = steady(40) | {"2026-02": 4}
    published = published_of({"A": quiet, "B": quiet, "C": steady(40)}, "2026-02")
    # 累计 is 上期 and 本期 together.
    assert len(shown(published, "A") & {"previous", "cumulative"}) == 1
    assert "current" not in shown(published, "A")


def test_a_few_calls_between_this_month_and_the_year_to_date_are_not_told():
    late = {"2026-10": 30, "2026-03": 4, "2025-10": 30}
    published = published_of({"A": late, "B": late, "C": steady(40)})
    assert len(shown(published, "A") & {"current", "cumulative"}) == 1


def test_one_hidden_row_takes_another_with_it():
    published = published_of({"A": steady(60) | {"2026-10": 3}, "B": steady(50), "C": steady(40)})
    assert published.hidden_rows["current"].to_dict() == {"A": True, "B": False, "C": True}
    assert not published.hidden_total.any()


def test_hidden_rows_together_are_no_small_total_either():
    quiet = steady(50) | {"2026-10": 4}
    published = published_of({"A": steady(60) | {"2026-10": 3}, "B": quiet, "C": steady(40)})
    assert published.hidden_rows["current"].sum() == 3


def test_towns_that_are_told_elsewhere_give_no_village_away():
    quiet = steady(60) | {"2026-10": 3}
    counts = {"A": quiet, "B": steady(50), "C": quiet, "D": steady(40), "E": quiet}
    towns = {"A": "T1", "B": "T1", "C": "T2", "D": "T2", "E": "T3"}
    assert not published_of(counts).hidden_rows.at["B", "current"]
    hidden = published_of(counts, town=towns).hidden_rows["current"]
    # E is all of its town, which is hidden there itself.
    assert hidden.to_dict() == {"A": True, "B": True, "C": True, "D": True, "E": True}


def test_categories_that_are_told_elsewhere_give_no_village_away():
    # All calls of A less its thefts are its three fires; all fires less those of B and C are they too.
    counts = {(place, "theft"): steady(60) for place in "ABC"} | {
        (place, "fire"): steady(40) for place in "BC"
    }
    calls, table = table_of({**counts, ("A", "fire"): steady(40) | {"2026-10": 3}})
    shown = shown_of(calls, calls.rows[[GRID_ID]].rename(columns={GRID_ID: "village"}), table)
    fire, theft, every = (shown.of("village", kind)["current"] for kind in ("fire", "theft", None))
    assert not fire["A"]
    assert not (theft["A"] and every["A"])
    assert fire[["B", "C"]].sum() == 1
    assert shown.by_category()["current"].all()
    assert shown.of("village", "fire")["previous"].all()


def test_a_small_total_is_hidden_too():
    published = published_of({"A": {"2026-09": 30, "2026-10": 2}, "B": {"2026-09": 30, "2026-10": 2}})
    assert published.hidden_total["current"]
    assert pd.isna(published.table.total["current"])
    assert pd.isna(published.table.total["previous_change"])


def test_unknown_windows_are_unknown_and_not_hidden():
    published = published_of({"A": steady(3), "B": steady(30)}, "2025-03")
    assert not published.hidden_rows["year_before"].any()
    assert published.table.unknown == {"year_before", "cumulative_before"}


def test_places_without_any_call_show_nothing():
    calls = calls_of({"A": steady(50), "B": steady(50)})
    table = change_table(calls, calls.rows[GRID_ID], parse_period("2026-10"), rows=["Z"])
    shown = shown_of(calls, calls.rows[[GRID_ID]].rename(columns={GRID_ID: "village"}), table)
    published = publishable(table, shown.of("village", None), shown.total(None))
    assert published.hidden_rows.loc["Z"].all()
    assert not shown.total("fire").any()
    assert shown.of("village", "fire").empty


def test_the_table_given_stays_whole():
    calls, table = table_of({"A": steady(3), "B": steady(30)})
    before = table.rows.copy(deep=True)
    published_of({"A": steady(3), "B": steady(30)})
    publishable(table, pd.DataFrame(columns=list(WINDOWS)), pd.Series(data=False, index=list(WINDOWS)))
    pd.testing.assert_frame_equal(table.rows, before)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_shown_only_with_both_of_its_counts(name):
    published = published_of({"A": steady(9), "B": steady(300), "C": steady(30), "D": steady(8)})
    now, before = CHANGES[name]
    rows = published.table.rows
    for what in ("change", "p", "chance", "false"):
        assert (rows[f"{name}_{what}"].isna() == (rows[now].isna() | rows[before].isna())).all()


# Villages lie in towns; a zone may cut across, and one is a town of its own.
VILLAGES = ["A", "B", "C", "D", "E", "F"]
LEVELS = {
    "town": dict(zip(VILLAGES, ["T1", "T1", "T1", "T2", "T2", "T3"], strict=True)),
    "zone": dict(zip(VILLAGES, ["Z1", "Z1", "Z2", "Z2", "Z3", "Z4"], strict=True)),
    "village": {label: label for label in VILLAGES},
}
MONTHS_THAT_COUNT = ["2025-01", "2025-02", "2025-09", "2025-10", "2026-01", "2026-02", "2026-09", "2026-10"]


class Attacker:
    """Somebody who holds the tables of every level and category, and knows that no count is below zero."""

    def __init__(self, counts, period):
        self.calls, self.table = table_of(counts, period)
        places = {name: self.calls.rows[GRID_ID].map(of) for name, of in LEVELS.items()}
        self.shown = shown_of(self.calls, pd.DataFrame(places), self.table)
        self.firsts = self.table.pieces.columns
        self.kinds = sorted(set(self.calls.rows[CATEGORY]))
        self.villages = sorted(set(self.calls.rows[GRID_ID]))
        self.truth = np.array(
            [
                change_table(
                    replace(self.calls, rows=rows), rows[GRID_ID], parse_period(period), rows=self.villages
                )
                .pieces.reindex(self.villages)
                .to_numpy()
                for rows in (self.calls.rows[self.calls.rows[CATEGORY] == kind] for kind in self.kinds)
            ]
        ).transpose(1, 0, 2)

    def cells(self):
        """Which villages and categories make up each cell, and which of its windows are shown."""
        for row in self.shown.cells.to_dict("records"):
            mine = [
                row["level"] == DISTRICT or LEVELS[row["level"]][v] == row["place"] for v in self.villages
            ]
            kinds = [pd.isna(row["category"]) or kind == row["category"] for kind in self.kinds]
            yield np.outer(mine, kinds).astype(float).ravel(), {name for name in WINDOWS if row[name]}

    def window(self, name):
        return np.isin(self.firsts, pieces_of(self.firsts, getattr(self.table.comparison, name))).astype(
            float
        )

    def equations(self):
        """Every figure that is printed, over the calls of each village, category and piece of time."""
        told = [np.kron(cell, self.window(name)) for cell, names in self.cells() for name in names]
        return np.array(told).reshape(-1, self.truth.size)

    def bounds(self, wanted, equations):
        ends = [
            linprog(sign * wanted, A_eq=equations, b_eq=equations @ self.truth.ravel(), method="highs")
            for sign in (1, -1)
        ]
        return [
            np.inf if end.status == 3 else sign * end.fun for sign, end in zip((1, -1), ends, strict=True)
        ]


small = st.sampled_from([0, 1, 4, 9, 10, 11, 30, 200])


@settings(max_examples=6, deadline=None)
@given(
    data=st.data(),
    kinds=st.integers(1, 3),
    period=st.sampled_from(["2026-10", "2026-02", "2026-01", "2025-12-26..2026-01-25", "2026-Q1"]),
)
def test_no_small_total_can_be_worked_out_of_all_tables_together(data, kinds, period):
    months = st.lists(small, min_size=8, max_size=8)
    counts = {
        (village, kind): dict(zip(MONTHS_THAT_COUNT, data.draw(months), strict=True))
        for village in VILLAGES
        for kind in ["theft", "fire", "noise"][:kinds]
    }
    reader = Attacker(counts, period)
    equations, calls = reader.equations(), reader.truth.ravel()
    known = np.linalg.pinv(equations) @ equations if len(equations) else np.zeros((calls.size,) * 2)
    size = len(reader.firsts)
    for cell, names in reader.cells():
        assert all(np.kron(cell, reader.window(name)) @ calls >= 10 for name in names)
        for count in range(1, size + 1):
            for union in combinations(range(size), count):
                total = np.kron(cell, np.isin(np.arange(size), union))
                assert total @ calls >= 10 or not np.allclose(total @ known, total, atol=1e-7)


@pytest.mark.parametrize("seed", range(3))
def test_no_hidden_count_can_be_pinned_by_bounds_either(seed):
    rng = np.random.default_rng(seed)
    counts = {
        (village, kind): {month: int(rng.poisson(mean)) for month in MONTHS_THAT_COUNT}
        for village in VILLAGES
        for kind, mean in (("theft", 14), ("fire", 4))
    }
    reader = Attacker(counts, "2026-10")
    equations = reader.equations()
    hidden = [
        np.kron(cell, reader.window(name))
        for cell, names in reader.cells()
        for name in WINDOWS
        if name not in names
    ]
    assert 20 < len(hidden) < len(equations) + len(hidden)
    for wanted in hidden[:: len(hidden) // 20]:
        low, high = reader.bounds(wanted, equations)
        assert high - low > 1.5


def test_nothing_is_hidden_that_is_large_and_far_from_anything_small():
    shown = Attacker(
        {(village, kind): steady(20) for village in VILLAGES for kind in ("theft", "fire")}, "2026-10"
    ).shown
    assert shown.cells[list(WINDOWS)].all(axis=None)
