"""Duty levels, the calendar, and which places are due on a day."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import SettingError
from planning.patrol.calendar import day_kind
from planning.patrol.due import as_visits, split_windows, visits_due
from planning.patrol.duty import LEVELS, DutySettings

MONDAY = dt.date(2026, 11, 2)
HOUR = 3_600_000


def stops(count=14, *, kind="village", stations=("S1",), windows=(), due=""):
    ids = [f"P{number}" for number in range(count)]
    return pd.DataFrame(
        {
            "name": [f"{number} 点" for number in range(count)],
            "kind": kind,
            "station_id": [stations[number % len(stations)] for number in range(count)],
            "windows": pd.Series([windows] * count, index=ids, dtype=object),
            "due": due,
        },
        index=pd.Index(ids, name="stop_id"),
    )


def visits(frame, date, *, level="routine", force="village", seed=1):
    found, told = visits_due(
        frame, level=DutySettings().level(level), force=force, day=day_kind(date), seed=seed
    )
    return found, [reason.code for reason in told]


@pytest.mark.parametrize(
    ("date", "no_school", "festive"),
    [
        ("2026-11-02", None, False),  # Monday
        ("2026-11-07", "weekend", False),
        ("2026-10-01", "holiday", True),
        ("2026-10-04", "holiday", True),  # the Sunday inside the National Day week
        ("2026-10-10", None, False),  # a Saturday that is worked for it
        ("2026-10-08", None, False),
        ("2026-07-20", "break", False),
        ("2026-02-02", "break", False),
    ],
)
def test_days_are_told_as_the_published_calendar_has_them(date, no_school, festive):
    day = day_kind(dt.date.fromisoformat(date))
    assert (day.no_school, day.festive) == (no_school, festive)
    assert day.school == (no_school is None)


def test_a_break_may_go_over_new_year_and_none_may_be_set():
    assert day_kind(dt.date(2026, 12, 30), breaks=[("12-20", "01-10")]).no_school == "break"
    assert day_kind(dt.date(2026, 7, 20), breaks=[]).school


def test_years_beyond_the_calendar_are_told():
    assert day_kind(dt.date(2062, 3, 1)).school
    with pytest.raises(SettingError, match="holidays_unknown"):
        day_kind(dt.date(2101, 3, 1))


def test_settings_come_back_from_what_is_kept_and_what_is_absent_has_its_default():
    usual = DutySettings()
    assert DutySettings.from_dict(usual.to_dict()) == usual
    kept = {
        "levels": {"routine": {"visits_a_week": {"village": {"village": 2}}}},
        "shifts": {"squad": ["6:00", "14:00"]},
    }
    own = DutySettings.from_dict(kept)
    assert own.level("routine").visits_a_week["village"]["village"] == 2
    assert own.level("routine").visits_a_week["squad"] == usual.level("routine").visits_a_week["squad"]
    assert own.shifts == {"village": ("19:00", "21:30"), "squad": ("6:00", "14:00")}
    assert tuple(usual.levels) == LEVELS


@pytest.mark.parametrize(
    "kept",
    [
        {"levels": {"routine": {"dwell_factor": 0}}},
        {"levels": {"routine": {"team_share": {"squad": 1.5}}}},
        {"levels": {"routine": {"visits_a_week": {"village": {"village": -1}}}}},
        {"levels": {"routine": {"visits_a_week": {"village": {"village": "每周"}}}}},
        {"shifts": {"village": ["25:00", "21:00"]}},
        {"dwell_min": {"school": None}},
    ],
)
def test_settings_that_cannot_be_are_refused_with_each_fault(kept):
    with pytest.raises(SettingError, match="duty_wrong") as caught:
        DutySettings.from_dict(kept)
    assert len(caught.value.reasons) == 1


@pytest.mark.parametrize("kept", [{"levels": []}, {"levels": {"routine": 3}}, {"shifts": {"village": 3}}])
def test_settings_of_another_form_are_refused(kept):
    with pytest.raises(SettingError, match="setting_wrong"):
        DutySettings.from_dict(kept)


@pytest.mark.parametrize(("level", "a_week"), [("routine", 1), ("third", 3), ("second", 7), ("first", 14)])
def test_any_seven_days_hold_as_many_visits_as_are_asked_a_week(level, a_week):
    frame = stops(20, stations=("S1", "S2", "S3"))
    for begin in (0, 3, 5):
        days = [MONDAY + dt.timedelta(days=begin + day) for day in range(7)]
        total = sum(visits(frame, day, level=level)[0] for day in days)
        assert (total == a_week).all()


def test_visits_are_spread_over_the_days_and_stations():
    frame = stops(28, stations=("S1", "S2"))
    for day in range(7):
        found = visits(frame, MONDAY + dt.timedelta(days=day))[0]
        # 14 villages of a station in 7 days: two a day each.
        assert found.groupby(frame["station_id"]).sum().tolist() == [2, 2]


def test_the_same_date_and_seed_give_the_same_stops_and_another_seed_others():
    frame = stops(60)
    assert visits(frame, MONDAY)[0].equals(visits(frame, MONDAY)[0])
    assert not visits(frame, MONDAY)[0].equals(visits(frame, MONDAY, seed=2)[0])
    shuffled = frame.sample(frac=1, random_state=0)
    assert visits(shuffled, MONDAY)[0].sort_index().equals(visits(frame, MONDAY)[0].sort_index())


def test_schools_are_guarded_in_each_window_of_school_days_alone():
    twice = ((7 * HOUR, 8 * HOUR), (16 * HOUR, 17 * HOUR))
    frame = stops(3, kind="school", windows=twice)
    assert visits(frame, MONDAY, force="squad")[0].tolist() == [2, 2, 2]
    found, told = visits(frame, dt.date(2026, 10, 1), force="squad")
    assert found.tolist() == [0, 0, 0]
    assert told == ["no_school_today"]


def test_festivals_are_visited_on_holidays_alone():
    frame = stops(2, kind="festival")
    assert visits(frame, MONDAY, force="squad")[0].tolist() == [0, 0]
    assert visits(frame, dt.date(2026, 10, 4), force="squad")[0].tolist() == [1, 1]


def test_an_inspection_has_one_working_day_of_the_week_before_its_date():
    frame = stops(5, kind="inspection", due="2026-11-08")
    days = [dt.date(2026, 10, 30) + dt.timedelta(days=day) for day in range(10)]
    made = pd.DataFrame({day: visits(frame, day, force="squad")[0] for day in days})
    assert (made.sum(axis=1) == 1).all()
    assert made.loc[:, made.any()].columns.min() >= dt.date(2026, 11, 2)
    assert made.loc[:, made.any()].columns.max() <= dt.date(2026, 11, 6)  # the 7th and 8th are a weekend


def test_an_overdue_inspection_is_due_until_it_has_a_new_date():
    found, told = visits(stops(2, kind="inspection", due="2026-10-01"), MONDAY, force="squad")
    assert found.tolist() == [1, 1]
    assert told == ["inspections_overdue"]


def test_each_visit_has_its_own_part_of_the_day():
    frame = stops(2, windows=())
    rows = as_visits(frame, pd.Series([2, 0], index=frame.index), span=(18 * HOUR, 22 * HOUR))
    assert rows.index.tolist() == ["P0", "P0#2"]
    assert rows["name"].tolist() == ["0 点 (1)", "0 点 (2)"]
    assert rows["windows"].tolist() == [((18 * HOUR, 20 * HOUR),), ((20 * HOUR, 22 * HOUR),)]
    assert rows["visit"].tolist() == [1, 2]
    once = as_visits(frame, pd.Series([1, 0], index=frame.index), span=(0, 1))
    assert once["windows"].tolist() == [()]


@given(st.integers(1, 9), st.integers(1, 3))
def test_parts_of_windows_add_up_to_the_windows(count, number):
    windows = tuple((10 * k, 10 * k + 3 + k) for k in range(number))
    parts = split_windows(windows, count, (0, 100))
    assert len(parts) == count
    pieces = [piece for part in parts for piece in part]
    assert sum(closes - opens for opens, closes in pieces) == sum(b - a for a, b in windows)
    assert pieces == sorted(pieces)
