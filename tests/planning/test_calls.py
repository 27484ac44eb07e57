import datetime as dt

import numpy as np
import pandas as pd
import pytest

from data.schemas import BASIS, CATEGORY, COUNT, DATE, GRID_ID, SOURCE
from geo.errors import SchemaError, SettingError
from planning.calls import (
    RECEIVED,
    KnownDays,
    can_be_added,
    counted_calls,
    known_days,
    places_of,
    running_days,
)
from planning.periods import parse_period, trailing


def incidents(*rows):
    """Rows of (basis, count) or (basis, count, category), of one grid and day."""
    return pd.DataFrame(
        {
            GRID_ID: "G1",
            DATE: "2026-10-01",
            CATEGORY: [row[2] if len(row) > 2 else "theft" for row in rows],
            SOURCE: "reported",
            BASIS: [row[0] for row in rows],
            COUNT: [row[1] for row in rows],
        }
    )


def daily(first, last):
    """20 rows a day."""
    days = pd.date_range(first, last).strftime("%Y-%m-%d").repeat(20)
    return pd.DataFrame({GRID_ID: "G1", DATE: days, COUNT: 1})


def counted(frame, **options):
    found = counted_calls(frame, **options)
    return found.basis, int(found.rows[COUNT].sum())


PARTED = incidents(("valid", 5), ("non_police", 3), ("invalid", 1))


def test_the_parts_together_are_the_calls_received():
    assert counted(PARTED) == (RECEIVED, 9)
    assert counted(PARTED, basis="接报") == (RECEIVED, 9)
    assert counted(PARTED, basis="valid") == ("valid", 5)
    assert counted(PARTED, basis="non_police") == ("non_police", 3)


def test_calls_received_are_not_counted_again_beside_their_parts():
    frame = incidents(("valid", 5), ("non_police", 3), ("接报", 8), ("刑事立案", 2))
    assert counted(frame) == (RECEIVED, 8)
    assert counted(frame, basis="刑事立案") == ("刑事立案", 2)


def test_a_table_of_calls_received_alone_is_that():
    assert counted(incidents(("接报", 8), ("刑事立案", 2))) == (RECEIVED, 8)


def test_a_table_of_valid_calls_alone_does_not_know_what_was_received():
    assert counted(incidents(("valid", 5))) == ("valid", 5)
    with pytest.raises(SettingError) as error:
        counted_calls(incidents(("valid", 5)), basis=RECEIVED)
    assert error.value.code == "calls_basis_unknown"
    assert error.value.facts["count_bases"] == ("valid",)


def test_bases_that_are_no_parts_are_never_added_up():
    assert counted(incidents(("立案", 5), ("破案", 3))) == ("立案", 5)


def test_a_table_without_bases_counts_as_received_and_says_so():
    found = counted_calls(incidents((None, 4), (None, 2)))
    assert (found.basis, found.rows[COUNT].sum()) == (RECEIVED, 6)
    assert [note.code for note in found.notes] == ["calls_basis_unstated"]
    with pytest.raises(SettingError, match="calls_basis_unknown"):
        counted_calls(incidents((None, 4)), basis="valid")


def test_calls_without_a_basis_are_received_but_not_known_to_be_valid():
    frame = incidents(("valid", 5), ("invalid", 2), (None, 3))
    assert counted(frame) == (RECEIVED, 10)
    found = counted_calls(frame, basis="valid")
    assert [(note.code, note.facts["count"]) for note in found.notes] == [("calls_basis_missing", 3)]


def test_what_patrols_found_is_never_counted():
    frame = PARTED.assign(source=["reported", "patrol", None])
    assert counted(frame) == (RECEIVED, 6)
    found = counted_calls(PARTED.drop(columns=SOURCE))
    assert not found.source_known
    assert [note.code for note in found.notes] == ["calls_without_source"]


def test_one_category_is_counted_and_an_unknown_one_is_named():
    frame = incidents(("valid", 5, "theft"), ("valid", 2, "fire"), ("invalid", 1, "fire"))
    assert counted(frame, category="fire") == (RECEIVED, 3)
    # No theft was invalid: none, not unknown.
    assert counted(frame, category="theft", basis="invalid") == ("invalid", 0)
    with pytest.raises(SettingError) as error:
        counted_calls(frame, category="thefts")
    assert error.value.facts == {"category": "thefts", "categories": ("fire", "theft")}


@pytest.mark.parametrize(
    "frame", [None, PARTED.iloc[:0], PARTED.assign(source="patrol"), PARTED.assign(count=0)]
)
def test_without_calls_there_is_nothing_to_count(frame):
    with pytest.raises(SettingError, match="calls_none"):
        counted_calls(frame)


def test_inputs_stay_as_they_are():
    before = PARTED.copy(deep=True)
    counted_calls(PARTED, basis="valid", category="theft")
    pd.testing.assert_frame_equal(PARTED, before)


def test_known_days_run_from_the_first_call_to_the_last():
    known = known_days(daily("2024-11-03", "2026-10-20"))
    assert (known.first, known.last) == (dt.date(2024, 11, 3), dt.date(2026, 10, 20))
    assert known.covers(parse_period("2026-09"))
    assert not known.covers(parse_period("2026-10"))
    assert not known.covers(parse_period("2024-11"))
    assert known.elapsed(parse_period("2026-10")) == 20
    assert known.elapsed(parse_period("2026-11")) == 0


def test_a_month_that_was_not_imported_is_unknown_and_not_quiet():
    rows = pd.concat([daily("2025-01-01", "2025-05-31"), daily("2025-07-01", "2025-12-31")])
    known = known_days(rows)
    assert known.gaps == ((dt.date(2025, 6, 1), dt.date(2025, 6, 30)),)
    assert not known.covers(parse_period("2025-06"))
    assert not known.covers(parse_period("2025-Q2"))
    assert known.covers(parse_period("2025-07"))


def test_calls_that_come_in_lumps_do_not_make_silences_unlikely():
    rng = np.random.default_rng(0)
    days = pd.date_range("2025-01-01", "2026-10-31")[rng.random(669) < 0.7]
    rows = pd.DataFrame({DATE: days.strftime("%Y-%m-%d"), COUNT: 50})
    assert np.diff(days).max() > pd.Timedelta(days=4)
    assert known_days(rows).gaps == ()


def test_a_quiet_district_may_be_silent_for_days():
    # A call every fifth day: silences of 20 days come by chance, months begin and end with some.
    days = pd.date_range("2025-01-04", "2025-12-27", freq="5D").strftime("%Y-%m-%d")
    rows = pd.DataFrame({DATE: [*days[:20], *days[24:]], COUNT: 1})
    known = known_days(rows)
    assert (known.first, known.last, known.gaps) == (dt.date(2025, 1, 1), dt.date(2025, 12, 31), ())


@pytest.mark.parametrize("day", ["01", "15", "28"])
def test_calls_that_are_dated_by_the_month_are_known_by_the_month(day):
    months = [f"{month}-{day}" for month in pd.period_range("2025-01", "2026-10", freq="M")]
    rows = pd.DataFrame({DATE: months, COUNT: 8000})
    known = known_days(rows)
    assert known == KnownDays(first=dt.date(2025, 1, 1), last=dt.date(2026, 10, 31), step=28)
    assert running_days(known, parse_period("2026-02")) == (None, ())
    with pytest.raises(SettingError, match="period_too_short"):
        running_days(known, parse_period("2026-W41"))
    without_may = known_days(rows.drop(index=4))
    assert [month.name for month in trailing(parse_period("2025-06"), 3) if without_may.covers(month)] == [
        "2025-04",
        "2025-06",
    ]


def test_every_call_is_placed_or_told_to_have_no_place():
    calls = pd.DataFrame({GRID_ID: ["G1", "G2", "G9", "G3"]})
    places = pd.Series({"G1": "V1", "G2": "V2", "G3": None})
    assert places_of(calls, places).tolist() == ["V1", "V2", "", ""]


def test_rows_of_other_bases_are_not_added_to_the_parts():
    assert can_be_added(incidents(("valid", 1), ("接报", 9), (None, 2))).tolist() == [True, False, True]
    assert can_be_added(incidents(("a", 1), ("b", 9), (None, 2))).tolist() == [False, True, True]
    assert can_be_added(pd.DataFrame({COUNT: [1, 2]})).all()


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        (COUNT, -1, "calls_count_wrong"),
        (COUNT, None, "calls_count_wrong"),
        (COUNT, "many", "calls_count_wrong"),
        (COUNT, 1.5, "calls_count_wrong"),
        (COUNT, 1e12, "calls_count_wrong"),
        (COUNT, float("inf"), "calls_count_wrong"),
        (DATE, "2026-02-30", "calls_date_wrong"),
        (DATE, None, "calls_date_wrong"),
        (DATE, "yesterday", "calls_date_wrong"),
        (DATE, "0026-10-01", "calls_date_wrong"),
    ],
)
def test_rows_that_are_wrong_are_refused_with_their_place(column, value, code):
    frame = PARTED.astype({column: object})
    frame.loc[1, column] = value
    with pytest.raises(SchemaError) as error:
        counted_calls(frame)
    assert error.value.code == "calls_wrong"
    (reason,) = error.value.reasons
    assert reason.code == code
    assert (reason.facts["table"], reason.facts["row"], reason.facts["id"]) == ("incidents", 2, "G1")


def test_counts_kept_as_texts_are_numbers():
    assert counted(PARTED.astype({COUNT: "str"})) == (RECEIVED, 9)


def test_rows_that_are_there_twice_are_counted_and_told_of():
    found = counted_calls(pd.concat([PARTED, PARTED.iloc[:1]]))
    assert found.rows[COUNT].sum() == 14
    assert ("calls_repeated", {"count": 1}) in [(note.code, note.facts) for note in found.doubts]
    assert counted_calls(PARTED).repeated == 0
