"""值班备勤表: everything manned, nobody too soon, fair; and the check that says so."""

import datetime as dt

import pandas as pd
import pytest

from geo.errors import SettingError
from planning.patrol.period.roster import (
    ROSTER_COLUMNS,
    RosterProblem,
    Shift,
    fair_roster,
    roster_faults,
    teams_needed,
)

MONDAY = dt.date(2026, 12, 7)
DAY, NIGHT = Shift(code="day"), Shift(code="night", night=True)


def days(count):
    return [MONDAY + dt.timedelta(days=number) for number in range(count)]


def roster(teams, count, **asked):
    off = {date for date in days(count) if date.weekday() > 4}
    return RosterProblem(
        teams=[f"T{number}" for number in range(1, teams + 1)],
        dates=days(count),
        **{"shifts": (DAY,), "days_off": off, **asked},
    )


def rows(*turns):
    return pd.DataFrame(
        [(MONDAY + dt.timedelta(days=day), s, t) for day, s, t in turns], columns=[*ROSTER_COLUMNS]
    )


def test_four_teams_take_turns_of_one_day_in_four():
    problem = roster(4, 12)
    found = fair_roster(problem)
    assert found.faults == ()
    assert found.turns(problem)["all"].tolist() == [3, 3, 3, 3]
    assert teams_needed(problem) == 4


def test_nights_and_days_off_are_shared_evenly():
    problem = roster(9, 18, shifts=(DAY, NIGHT))
    found = fair_roster(problem, seconds=5)
    assert found.faults == ()
    assert found.turns(problem)["night"].tolist() == [2] * 9
    assert found.turns(problem)["all"].tolist() == [4] * 9


def test_absences_and_turns_before_are_heeded():
    away = {("T1", date) for date in days(3)}
    problem = roster(5, 5, away=away, last=(("T2", MONDAY - dt.timedelta(days=2)),))
    found = fair_roster(problem)
    assert found.faults == ()
    first = dict(zip(found.rows["team_id"], found.rows["date"], strict=True))
    assert first["T1"] >= MONDAY + dt.timedelta(days=3)
    assert first["T2"] >= MONDAY + dt.timedelta(days=2)


def test_days_off_may_need_fewer_teams():
    problem = roster(8, 7, shifts=(Shift(code="day", needs=2, needs_off=1),))
    found = fair_roster(problem)
    assert found.faults == ()
    assert found.rows.groupby("date").size().tolist() == [2, 2, 2, 2, 2, 1, 1]


def test_what_cannot_be_manned_is_told():
    found = fair_roster(roster(3, 4))
    assert [fault.code for fault in found.faults] == ["roster_not_manned"]
    alone = roster(1, 4, shifts=(DAY, NIGHT))
    assert len(fair_roster(alone).rows) == 1
    assert teams_needed(alone) == 8


@pytest.mark.parametrize(
    ("turns", "code"),
    [
        ([(0, "day", "T1"), (1, "day", "T2")], "roster_not_manned"),
        ([(0, "day", "T1"), (1, "day", "T2"), (2, "day", "T1")], "roster_too_soon"),
        ([(0, "day", "T1"), (1, "day", "T2"), (2, "day", "T9")], "roster_team_unknown"),
        ([(0, "day", "T1"), (1, "day", "T3"), (2, "day", "T2")], "roster_team_away"),
    ],
)
def test_planted_faults_are_found(turns, code):
    problem = roster(4, 3, away={("T3", MONDAY + dt.timedelta(days=1))})
    assert code in {fault.code for fault in roster_faults(problem, rows(*turns))}


def test_nobody_has_a_turn_right_after_a_night():
    problem = roster(3, 3, shifts=(DAY, NIGHT), gap=1)
    assert fair_roster(problem).faults == ()
    planted = rows((0, "night", "T1"), (1, "day", "T1"))
    assert "roster_too_soon" in {fault.code for fault in roster_faults(problem, planted)}


def test_no_days_are_no_turns_and_wrong_numbers_are_refused():
    assert fair_roster(roster(2, 0)).rows.empty
    for wrong in ({"needs": -1}, {"needs_off": -2}):
        with pytest.raises(SettingError):
            Shift(code="day", **wrong)
    with pytest.raises(SettingError):
        roster(2, 2, gap=0)
