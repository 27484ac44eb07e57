import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import SettingError
from planning.periods import (
    DAY,
    FORMS,
    MONTH,
    QUARTER,
    SHIFTED_MONTH,
    SPAN,
    TEN_DAYS,
    WEEK,
    YEAR,
    compared,
    containing,
    festival_days,
    parse_period,
    period_of,
    spring_festival_day,
    trailing,
)


def named(text):
    return parse_period(text)


@pytest.mark.parametrize(
    ("text", "first", "last", "kind"),
    [
        ("2026-10", "2026-10-01", "2026-10-31", MONTH),
        ("2026-10-05", "2026-10-05", "2026-10-05", DAY),
        ("2026-W41", "2026-10-05", "2026-10-11", WEEK),
        ("2026-W53", "2026-12-28", "2027-01-03", WEEK),
        ("2025-W01", "2024-12-30", "2025-01-05", WEEK),
        ("2026-10-X1", "2026-10-01", "2026-10-10", TEN_DAYS),
        ("2026-10-X2", "2026-10-11", "2026-10-20", TEN_DAYS),
        ("2024-02-X3", "2024-02-21", "2024-02-29", TEN_DAYS),
        ("2026-Q4", "2026-10-01", "2026-12-31", QUARTER),
        ("2026", "2026-01-01", "2026-12-31", YEAR),
        ("2026-09-26..2026-10-25", "2026-09-26", "2026-10-25", SHIFTED_MONTH),
        ("2025-12-26..2026-01-25", "2025-12-26", "2026-01-25", SHIFTED_MONTH),
        ("2026-09-26..2026-10-24", "2026-09-26", "2026-10-24", SPAN),
    ],
)
def test_each_form_names_its_days(text, first, last, kind):
    period = parse_period(text)
    assert (period.first.isoformat(), period.last.isoformat(), period.kind) == (first, last, kind)
    assert period.name == text
    assert parse_period(f"{first}..{last}") == period


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("2026年10月", "2026-10"),
        (" 2026/10 ", "2026-10"),
        ("２０２６－１０", "2026-10"),
        ("2026年10月5日", "2026-10-05"),
        ("2026年10月上旬", "2026-10-X1"),
        ("2026-10下旬", "2026-10-X3"),
        ("2026年第41周", "2026-W41"),
        ("2026年第四季度", "2026-Q4"),
        ("2026年", "2026"),
        ("2026年9月26日至10月25日", "2026-09-26..2026-10-25"),
        ("2026.9.26～2026.10.25", "2026-09-26..2026-10-25"),
    ],
)
def test_periods_are_read_as_chinese_writes_them(text, name):
    assert parse_period(text).name == name


def test_every_form_that_the_error_offers_is_read():
    assert [parse_period(text).name for text in FORMS] == list(FORMS)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "period_unreadable"),
        ("last month", "period_unreadable"),
        ("2026-10-X4", "period_unreadable"),
        ("2026-13", "period_day_impossible"),
        ("2026-02-30", "period_day_impossible"),
        ("2025-W53", "period_week_missing"),
        ("2026-W00", "period_week_missing"),
        ("2026-10-25..2026-09-26", "period_reversed"),
        ("0026-10", "period_year_outside"),
        ("9999-W01", "period_year_outside"),
    ],
)
def test_what_names_no_period_is_refused_with_a_code(text, code):
    with pytest.raises(SettingError) as error:
        parse_period(text)
    assert error.value.code == code


@pytest.mark.parametrize(
    ("text", "previous", "year_before", "cumulative"),
    [
        ("2026-10", "2026-09", "2025-10", "2026-01-01..2026-10-31"),
        ("2026-01", "2025-12", "2025-01", "2026-01"),
        ("2024-02-29", "2024-02-28", "2023-02-28", "2024-01-01..2024-02-29"),
        ("2026-W01", "2025-W52", "2025-W01", "2026-W01"),
        ("2027-W01", "2026-W53", "2026-W01", "2027-W01"),
        ("2026-W53", "2026-W52", "2026-W01", "2025-12-29..2027-01-03"),
        ("2026-10-X1", "2026-09-X3", "2025-10-X1", "2026-01-01..2026-10-10"),
        ("2026-Q1", "2025-Q4", "2025-Q1", "2026-Q1"),
        ("2026", "2025", "2025", "2026"),
        (
            "2025-12-26..2026-01-25",
            "2025-11-26..2025-12-25",
            "2024-12-26..2025-01-25",
            "2025-12-26..2026-01-25",
        ),
        (
            "2026-09-26..2026-10-25",
            "2026-08-26..2026-09-25",
            "2025-09-26..2025-10-25",
            "2025-12-26..2026-10-25",
        ),
        (
            "2026-10-03..2026-10-09",
            "2026-09-26..2026-10-02",
            "2025-10-03..2025-10-09",
            "2026-01-01..2026-10-09",
        ),
        (
            "2024-02-20..2024-02-29",
            "2024-02-10..2024-02-19",
            "2023-02-20..2023-02-28",
            "2024-01-01..2024-02-29",
        ),
    ],
)
def test_neighbours_in_time(text, previous, year_before, cumulative):
    period = parse_period(text)
    assert period.previous().name == previous
    assert period.year_before().name == year_before
    assert period.cumulative().name == cumulative


def test_last_year_to_date_ends_with_last_years_same_period():
    assert compared(named("2026-10")).cumulative_before == named("2025-01-01..2025-10-31")
    assert compared(named("2025-02")).cumulative_before == named("2024-01-01..2024-02-29")
    # Week 53 stands against the 53 weeks from last year's week 1 on.
    assert compared(named("2026-W53")).cumulative_before.days == 53 * 7
    shifted = compared(named("2025-12-26..2026-01-25"))
    assert shifted.cumulative_before == named("2024-12-26..2025-01-25")


def test_a_period_that_is_still_running_is_compared_over_as_many_days():
    found = compared(named("2026-10"), days=20)
    assert found.current == named("2026-10-01..2026-10-20")
    assert found.previous == named("2026-09-01..2026-09-20")
    assert found.year_before == named("2025-10-01..2025-10-20")
    assert found.cumulative == named("2026-01-01..2026-10-20")
    assert found.cumulative_before == named("2025-01-01..2025-10-20")
    assert compared(named("2026-03"), days=30).previous.days == 28


def test_spring_festivals_are_those_of_the_calendar():
    # 国务院办公厅 on the holidays of these years.
    days = ["2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17", "2008-02-07", "2020-01-25"]
    assert [spring_festival_day(int(day[:4])).isoformat() for day in days] == days
    with pytest.raises(SettingError, match="period_festival_unknown"):
        spring_festival_day(2101)


def test_the_festival_month_is_aligned_to_the_festival():
    found = compared(named("2026-02"), spring_festival=True)
    assert found.aligned
    # 1 February 2026 is 16 days before the festival, and so is 13 January 2025.
    assert found.year_before == named("2025-01-13..2025-02-09")
    assert found.year_before.days == found.current.days
    assert found.previous == named("2026-01")
    assert found.cumulative_before == named("2025-01-01..2025-02-28")


@pytest.mark.parametrize("text", ["2026-10", "2026-Q1", "2026", "2025-06-26..2025-07-25"])
def test_periods_with_the_same_festival_days_need_no_alignment(text):
    assert compared(named(text), spring_festival=True) == compared(named(text))


def test_january_is_aligned_where_last_years_held_the_festival():
    # January 2026 ends 17 days before the festival, January 2025 two days after it.
    found = compared(named("2026-01"), spring_festival=True)
    assert found.aligned
    assert found.year_before == named("2024-12-13..2025-01-12")


def test_trailing_periods_come_oldest_first():
    names = [period.name for period in trailing(named("2026-02"), 3)]
    assert names == ["2025-12", "2026-01", "2026-02"]


def test_dates_of_a_period_are_told_apart():
    dates = pd.Series(["2026-09-30", "2026-10-01", "2026-10-31", None, "2026-11-01"])
    assert named("2026-10").holds(dates).tolist() == [False, True, True, False, False]


days = st.dates(dt.date(1990, 1, 1), dt.date(2090, 12, 31))
kinds = st.sampled_from([DAY, WEEK, TEN_DAYS, MONTH, QUARTER, YEAR, SHIFTED_MONTH])


@given(day=days, kind=kinds, first_day=st.integers(2, 28))
def test_periods_of_a_kind_tile_the_calendar(day, kind, first_day):
    period = containing(day, kind, first_day=first_day)
    before = period.previous()
    assert period.first <= day <= period.last
    assert before.last + dt.timedelta(days=1) == period.first
    assert containing(before.last, kind, first_day=first_day) == before
    assert parse_period(period.name) == period


@given(day=days, kind=kinds, first_day=st.integers(2, 28))
def test_a_year_before_is_of_the_same_kind_and_a_year_ago(day, kind, first_day):
    period = containing(day, kind, first_day=first_day)
    before = period.year_before()
    assert before.kind == kind
    assert 350 <= (period.first - before.first).days <= 378
    assert abs(before.days - period.days) <= 1


@given(day=days, length=st.integers(1, 500), start=st.integers(-40, 40))
def test_aligned_periods_hold_the_same_festival_days(day, length, start):
    first = spring_festival_day(day.year) + dt.timedelta(days=start)
    period = period_of(first, first + dt.timedelta(days=length % 60))
    found = compared(period, spring_festival=True)
    assert festival_days(found.year_before) == festival_days(found.current)
    assert not found.aligned or found.year_before.days == period.days


def test_no_day_tells_a_span():
    with pytest.raises(ValueError, match="span"):
        containing(dt.date(2026, 10, 1), SPAN)
