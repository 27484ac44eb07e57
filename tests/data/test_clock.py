"""Times of a day as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.clock import (
    MS_PER_DAY,
    MS_PER_MINUTE,
    clock_ms,
    clock_text,
    windows_fault,
    windows_ms,
    windows_text,
)


@pytest.mark.parametrize(
    ("written", "minutes"),
    [
        ("08:30", 510),
        ("8：30", 510),
        ("8点半", 510),
        ("8时05分", 485),
        ("8点", 480),
        ("下午2点", 840),
        ("次日02:00", 120),
        ("0830", 510),
        ("08:30:00", 510),  # a spreadsheet's time
        ("0.354166", 510),  # a spreadsheet's time without its format
        ("00:00", 0),
        ("24:00", 1440),
        ("24:01", None),
        ("25:00", None),
        ("12:60", None),
        ("早上", None),
        ("", None),
    ],
)
def test_a_time_is_read_as_people_write_it(written, minutes):
    assert clock_ms(written) == (None if minutes is None else minutes * MS_PER_MINUTE)


@given(st.integers(0, 1440))
def test_every_minute_of_the_day_comes_back_from_its_text(minute):
    assert clock_ms(clock_text(minute * MS_PER_MINUTE)) == minute * MS_PER_MINUTE


def test_a_moment_after_midnight_reads_as_the_clock_on_the_wall():
    assert clock_text(MS_PER_DAY + 90 * MS_PER_MINUTE) == "01:30"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("07:20-08:10;15:40-16:30", "07:20-08:10;15:40-16:30"),
        ("15:40～16:30、7：20至8：10", "07:20-08:10;15:40-16:30"),
        ("7:20 - 8:10 / 15:40 - 16:30", "07:20-08:10;15:40-16:30"),
        ("22:00-02:00", "22:00-02:00"),
        ("20:00-24:00", "20:00-24:00"),
        ("全天", ""),
        ("", ""),
    ],
)
def test_windows_are_kept_in_one_form_and_in_order(written, kept):
    windows = windows_ms(written)
    assert windows_text(windows) == kept
    assert windows_ms(kept) == windows
    assert windows_fault(written) is None


def test_a_window_over_midnight_ends_on_the_next_day():
    assert windows_ms("22:00-02:00") == ((22 * 60 * MS_PER_MINUTE, 26 * 60 * MS_PER_MINUTE),)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("16:30-15:40", "windows_backwards"),  # would be 23 hours
        ("08:00-08:00", "windows_backwards"),
        ("07:20-08:10;16:30-15:40", "windows_backwards"),
        ("放学时", "windows_wrong"),
        ("07:20-25:00", "windows_wrong"),
        ("07:20", "windows_wrong"),
        ("07:20-08:10-09:00", "windows_wrong"),
    ],
)
def test_windows_that_are_none_are_told_apart(written, code):
    assert windows_ms(written) is None
    assert windows_fault(written) == code
