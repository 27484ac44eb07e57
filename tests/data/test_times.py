"""Days and hours: every manner of writing, nothing invented, the same for batches as for the whole."""

import datetime as dt
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.times import day_comes_first, parse_hours, parse_times


def read(*values, **options):
    times = parse_times(pd.Series(values, dtype=object), **options)
    known = times["date"].notna()
    return [
        (day, None if pd.isna(hour) else int(hour)) if there else why
        for day, hour, why, there in zip(times["date"], times["hour"], times["why"], known, strict=True)
    ]


@pytest.mark.parametrize(
    ("written", "day", "hour"),
    [
        ("2026-01-05", "2026-01-05", None),
        ("2026-01-05T13:20:00", "2026-01-05", 13),
        ("2026-01-05 13:20:11.5", "2026-01-05", 13),
        ("2026-01-05T13:20:00+08:00", "2026-01-05", 13),
        ("2026-01-05T23:20:00Z", "2026-01-06", 7),
        ("2026-01-05 23:20:00+00:00", "2026-01-06", 7),
        ("2026-01-05 03:20:00+12:00", "2026-01-04", 23),
        ("2026/1/5 13:20", "2026-01-05", 13),
        ("2026.1.5 9：05", "2026-01-05", 9),
        ("2026/1/5 下午 1:20", "2026-01-05", 13),
        ("2026/1/5 上午12:20", "2026-01-05", 0),
        ("2026年1月5日", "2026-01-05", None),
        ("2026年1月5日 13时20分", "2026-01-05", 13),
        ("2026年01月05日13时20分08秒", "2026-01-05", 13),
        ("20260105", "2026-01-05", None),
        ("2026010513", "2026-01-05", 13),
        ("202601051320", "2026-01-05", 13),
        ("20260105132000", "2026-01-05", 13),
        ("20260105132000123", "2026-01-05", 13),
        ("20260105 13:20:00", "2026-01-05", 13),
        ("46027.5555", "2026-01-05", 13),
        ("46027", "2026-01-05", None),
        ("1767590400", "2026-01-05", 13),
        ("1767590400000", "2026-01-05", 13),
        ("13/1/2026 8:01 PM", "2026-01-13", 20),
        ("5/5/2026", "2026-05-05", None),
        ("2026-01-05 24:00", "2026-01-06", 0),
        ("２０２６－０１－０５　１３：２０", "2026-01-05", 13),
        (20260105, "2026-01-05", None),
        (46027.5555, "2026-01-05", 13),
        (dt.datetime(2026, 1, 5, 13, 20), "2026-01-05", 13),
        (dt.date(2026, 1, 5), "2026-01-05", None),
    ],
)
def test_a_time_is_read_however_it_is_written(written, day, hour):
    # The second value has a clock: alone, a midnight would count as a day without one.
    assert read(written, "2026-01-01 05:30")[0] == (day, hour)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "date_missing"),
        ("   ", "date_missing"),
        (None, "date_missing"),
        ("abc", "date_unreadable"),
        ("2026-02-30", "date_unreadable"),
        ("2026-13-01", "date_unreadable"),
        ("2026-01-05 99:20", "date_unreadable"),
        ("13:20", "date_unreadable"),
        ("9999-12-31", "date_unreadable"),
        ("1900-01-01", "date_unreadable"),
        ("330603001001", "date_unreadable"),
        ("330602199001011234", "date_unreadable"),
        ("13800000000", "date_unreadable"),
        ("1/5/2026", "date_ambiguous"),
        ("-5", "date_unreadable"),
    ],
)
def test_what_is_no_time_is_told(written, why):
    assert read(written) == [why]


def test_day_and_month_are_told_apart_by_the_rest_of_the_column():
    assert read("1/5/2026", "13/5/2026")[0] == ("2026-05-01", None)
    assert read("1/5/2026", "5/13/2026")[0] == ("2026-01-05", None)
    assert read("1/5/2026", "13/5/2026", "5/13/2026") == [
        "date_ambiguous",
        ("2026-05-13", None),
        ("2026-05-13", None),
    ]
    assert read("1/5/2026", day_first=False) == [("2026-01-05", None)]
    assert day_comes_first(pd.Series(["1/5/2026", "13/5/2026"])) is True
    assert day_comes_first(pd.Series(["1/5/2026", "5/13/2026"])) is False
    assert day_comes_first(pd.Series(["1/5/2026", "2026-01-05"])) is None


def test_days_written_out_with_midnight_have_no_hour():
    assert read("2026-01-05 00:00:00", "2026-01-06 00:00:00") == [("2026-01-05", None), ("2026-01-06", None)]
    assert read("2026-01-05 00:00:00", "2026-01-06 07:00:00")[0] == ("2026-01-05", 0)


def test_columns_of_times_are_read_as_they_are():
    moments = pd.Series(pd.to_datetime(["2026-01-05 13:20", None]), index=[4, 2])
    times = parse_times(moments)
    assert times.index.tolist() == [4, 2]
    assert times["date"].tolist()[0] == "2026-01-05"
    assert times["hour"].tolist()[0] == 13
    assert times["why"].tolist()[1] == "date_missing"
    utc = parse_times(moments.dt.tz_localize("UTC"))
    assert utc["hour"].tolist()[0] == 21


def test_nothing_gives_nothing():
    assert parse_times(pd.Series([], dtype="str")).empty
    assert parse_hours(pd.Series([], dtype="str")).empty


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        ("13", 13),
        ("8.0", 8),
        ("13时", 13),
        ("13:20", 13),
        ("下午1点", 13),
        ("24", 0),
        ("25", None),
        ("x", None),
        ("", None),
    ],
)
def test_an_hour_is_read_however_it_is_written(written, hour):
    found = parse_hours(pd.Series([written]))[0]
    assert found == hour if hour is not None else pd.isna(found)


@given(
    st.datetimes(dt.datetime(1980, 1, 1), dt.datetime(2099, 12, 31)),
    st.sampled_from(
        [
            "%Y-%m-%d %H:%M:%S",
            "%Y/%m/%d %H:%M",
            "%Y年%m月%d日 %H时%M分",
            "%Y%m%d%H%M%S",
            "%Y-%m-%dT%H:%M:%S.%f",
        ]
    ),
)
def test_whatever_is_written_in_a_known_manner_comes_back(moment, manner):
    assert read(moment.strftime(manner), "2026-01-01 05:30")[0] == (moment.strftime("%Y-%m-%d"), moment.hour)


@given(st.lists(st.one_of(st.text(max_size=20), st.integers(), st.floats(), st.none()), max_size=8))
def test_no_value_ends_in_an_error(values):
    times = parse_times(pd.Series(values, dtype=object))
    assert len(times) == len(values)
    assert (times["date"].notna() == times["why"].isna()).all()
    parse_hours(pd.Series(values, dtype=object))


def test_half_a_million_times_take_a_moment():
    rng = np.random.default_rng(0)
    moments = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 6e7, 500_000), unit="s")
    text = pd.Series(moments.strftime("%Y/%m/%d %H:%M:%S"))
    start = time.perf_counter()
    times = parse_times(text)
    # 0.5-1.0 s on two cores; the bound leaves room for a machine that is busy.
    assert time.perf_counter() - start < 5
    assert (times["hour"].to_numpy(dtype=int) == moments.hour).all()
