"""Duty levels and speeds as tables: back and forth without loss, faults told with what is wrong."""

import pytest

from geo.errors import SettingError
from geo.speeds import Speeds
from planning.patrol.duty import DutySettings
from ui.patrol_settings import (
    DWELL,
    WHAT,
    duty_rows,
    duty_settings,
    speed_column,
    speed_rows,
    speed_settings,
)
from ui.words import LANGS, words


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("force", ["village", "squad"])
def test_duty_levels_come_back_as_they_were(force, lang):
    settings = DutySettings()
    rows = duty_rows(settings, force, words(lang))
    assert rows[WHAT].is_unique
    assert duty_settings(rows, settings, force) == settings


def test_a_level_is_edited_for_one_force_alone():
    settings = DutySettings()
    rows = duty_rows(settings, "squad", words("zh"))
    rows.loc["venue", "third"] = 5
    rows.loc["team_share", "first"] = 90
    rows.loc["school", DWELL] = 25
    changed = duty_settings(rows, settings, "squad")
    assert changed.level("third").visits_a_week["squad"]["venue"] == 5
    assert changed.level("third").visits_a_week["village"] == settings.level("third").visits_a_week["village"]
    assert changed.level("first").team_share == {"village": 1.0, "squad": 0.9}
    assert changed.dwell_min["school"] == 25


def test_an_emptied_cell_of_duty_is_told():
    settings = DutySettings()
    rows = duty_rows(settings, "squad", words("zh"))
    rows.loc["venue", "third"] = None
    with pytest.raises(SettingError, match="duty_wrong"):
        duty_settings(rows, settings, "squad")


def test_speeds_come_back_as_they_were():
    speeds = Speeds()
    assert speed_settings(speed_rows(speeds, words("zh")), speeds) == speeds


def test_a_speed_is_edited_and_an_empty_cell_bars_the_class():
    rows = speed_rows(Speeds(), words("en"))
    rows.loc["residential", speed_column("car", "night")] = 30
    rows.loc["track", speed_column("walk", "day")] = None
    changed = speed_settings(rows, Speeds())
    assert changed.of("car", "night")["residential"] == 30
    assert changed.of("walk", "day")["track"] is None


def test_an_impossible_speed_is_refused():
    rows = speed_rows(Speeds(), words("en"))
    rows.loc["residential", speed_column("car", "night")] = 900
    with pytest.raises(SettingError, match="speeds_wrong"):
        speed_settings(rows, Speeds())
