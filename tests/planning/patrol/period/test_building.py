"""Weeks from tables and duty levels: who is on duty, what is promised, what a tired person may ask."""

import datetime as dt

import geopandas as gpd
import pytest
from shapely.geometry import Point

from geo.errors import SettingError
from planning.patrol.period.building import (
    Absence,
    Event,
    PeriodSettings,
    gaps_for,
    period_duty,
    with_events,
)

CRS = "EPSG:4549"
MONDAY = dt.date(2026, 11, 2)


@pytest.fixture
def tables():
    """Four squads of one station, and a stop of each of some kinds."""
    kinds = {"checkpoint": "", "hospital": "", "enterprise": "", "school": "", "inspection": "2026-11-06"}
    return {
        "teams": gpd.GeoDataFrame(
            {
                "team_id": [f"T{i}" for i in range(4)],
                "name": [f"{i} 队" for i in range(4)],
                "force": "squad",
                "station_id": "S",
                "geometry": [Point(0, 0)] * 4,
            },
            crs=CRS,
        ),
        "stops": gpd.GeoDataFrame(
            {
                "stop_id": list(kinds),
                "name": list(kinds),
                "kind": list(kinds),
                "force": "squad",
                "due": list(kinds.values()),
                "windows": ["", "", "", "07:20-08:10;15:40-16:30", ""],
                "geometry": [Point(i, 1) for i in range(5)],
            },
            crs=CRS,
        ),
    }


def built(tables, *, days=14, duty="routine", **settings):
    return period_duty(
        tables, first=MONDAY, days=days, force="squad", duty=duty, period=PeriodSettings(**settings)
    )


def test_each_kind_is_promised_what_its_duty_level_says(tables):
    promises = built(tables).promises
    assert promises.loc["checkpoint", ["visits", "block", "gap_least", "gap_most"]].tolist() == [7, 7, 1, 1]
    assert promises.loc["hospital", ["visits", "block", "gap_least", "gap_most"]].tolist() == [3, 7, 2, 3]
    assert promises.loc["enterprise", ["visits", "block", "gap_least", "gap_most"]].tolist() == [1, 14, 2, 14]


def test_schools_are_visited_in_each_window_of_each_school_day(tables):
    promises = built(tables).promises
    assert {"school", "school#2"} <= set(promises.index)
    assert promises.at["school", "patterns"] == ((0, 1, 2, 3, 4, 7, 8, 9, 10, 11),)


def test_an_inspection_is_due_once_in_the_working_days_up_to_its_date(tables):
    assert built(tables).promises.at["inspection", "patterns"] == ((0,), (1,), (2,), (3,), (4,))
    tables["stops"]["due"] = ["", "", "", "", "2026-10-20"]
    assert built(tables).promises.at["inspection", "patterns"] == ((0,), (1,), (2,))
    tables["stops"]["due"] = ["", "", "", "", "2027-10-20"]
    assert "inspection" not in built(tables).promises.index


def test_what_is_due_more_than_daily_has_its_own_part_of_the_day_each_time(tables):
    duty = built(tables, duty="first")
    assert duty.promises.loc[["hospital", "hospital#2"], "visits"].tolist() == [7, 7]
    first, second = duty.on.stops.loc[["hospital", "hospital#2"], "windows"]
    assert first[-1][1] <= second[0][0]


def test_teams_rest_by_turns_and_are_away_as_said(tables):
    duty = built(
        tables,
        days=4,
        off=(MONDAY,),
        absences=(Absence(team_id="T0", first=MONDAY, until=MONDAY, half="am"),),
    )
    away = duty.absences
    assert (away["why"] == "off").sum() == 4
    assert away[away["why"] == "away"].values.tolist() == [["T0", 0, "am", "away"]]
    resting = away[away["why"] == "rest"].groupby("day")["team_id"].agg(list)
    assert [len(teams) for teams in resting] == [1, 1, 1]
    assert len({teams[0] for teams in resting}) == 3


def test_the_last_visit_before_is_counted_from_the_first_day(tables):
    duty = built(tables, last={"hospital": MONDAY - dt.timedelta(days=2), "gone": MONDAY})
    assert duty.promises["last"].to_dict() == {
        "checkpoint": 0,
        "hospital": -2,
        "enterprise": 0,
        "school": 0,
        "school#2": 0,
        "inspection": 0,
    }


@pytest.mark.parametrize(
    ("visits", "block", "asked", "gaps"),
    [
        (1, 7, {}, (2, 7)),
        (5, 7, {}, (1, 2)),
        (1, 7, {"gap_least": 3, "gap_most": 9}, (3, 9)),
        (3, 7, {"gap_least": 5}, (2, 3)),  # more visits than such gaps leave room for
        (1, 7, {"gap_most": 3}, (2, 7)),  # a limit that one visit a week cannot keep
        (1, 7, {"gap_most": 0}, (2, 0)),
    ],
)
def test_gaps_follow_from_the_visits_and_never_contradict_them(visits, block, asked, gaps):
    assert gaps_for(visits, block, PeriodSettings(**asked)) == gaps


def test_an_event_is_a_stop_of_its_day(tables):
    duty = with_events(built(tables), [Event(date=MONDAY, place="hospital", dwell_min=45)])
    assert duty.promises.at["event:1", "patterns"] == ((0,),)
    assert duty.on.stops.at["event:1", "dwell_ms"] == 45 * 60_000
    assert duty.on.stops.at["event:1", "name"] == "11-02 hospital"
    for place, date, code in (
        ("nowhere", MONDAY, "event_place_unknown"),
        ("hospital", dt.date(2027, 1, 1), "day_outside"),
    ):
        with pytest.raises(SettingError) as caught:
            with_events(built(tables), [Event(date=date, place=place)])
        assert caught.value.code == code


def test_what_cannot_be_asked_is_refused(tables):
    for days in (0, 63):
        with pytest.raises(SettingError) as caught:
            built(tables, days=days)
        assert caught.value.code == "period_days_wrong"
    away = Absence(team_id="T9", first=MONDAY, until=MONDAY)
    with pytest.raises(SettingError) as caught:
        built(tables, absences=(away,))
    assert caught.value.code == "absence_team_unknown"
