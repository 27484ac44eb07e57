import json

import pytest

from geo.errors import SettingError
from geo.speeds import ROAD_CLASSES, TRAVEL_MODES, WHENS, Speeds


def test_walkers_and_bikes_keep_off_motorways_and_cars_off_paths():
    speeds = Speeds()
    for when in WHENS:
        assert speeds.of("walk", when)["motorway"] is None
        assert speeds.of("ebike", when)["motorway"] is None
        assert speeds.of("car", when)["path"] is None
        assert speeds.of("car", when)["motorway"] > speeds.of("car", when)["residential"]


def test_every_class_has_a_speed_for_every_mode_by_day_and_by_night():
    speeds = Speeds()
    assert all(tuple(speeds.of(mode, when)) == ROAD_CLASSES for mode in TRAVEL_MODES for when in WHENS)


def test_an_edited_speed_changes_no_other():
    before = Speeds()
    after = before.replaced("car", "night", {"track": None, "primary": 70})
    assert after.of("car", "night")["track"] is None
    assert after.of("car", "night")["primary"] == 70
    assert after.of("car", "day") == before.of("car", "day")
    assert after.of("walk", "night") == before.of("walk", "night")
    assert before.of("car", "night")["track"] is not None


def test_speeds_come_back_from_json_as_they_were():
    speeds = Speeds(access_kmh=5).replaced("ebike", "day", {"path": None})
    assert Speeds.from_dict(json.loads(json.dumps(speeds.to_dict()))) == speeds


def test_what_an_older_setting_lacks_has_its_default():
    kept = {"kmh": {"car": {"day": {"primary": 33.0}}}}
    speeds = Speeds.from_dict(kept)
    assert speeds.of("car")["primary"] == 33.0
    assert speeds.of("car")["trunk"] == Speeds().of("car")["trunk"]
    assert speeds.access_kmh == Speeds().access_kmh


@pytest.mark.parametrize(
    "kmh",
    [
        0,  # nobody would arrive
        -5,
        0.5,
        200,
        float("nan"),
        float("inf"),
        "40",  # a text
        True,
    ],
)
def test_impossible_speeds_are_refused(kmh):
    with pytest.raises(SettingError, match="speeds_wrong") as caught:
        Speeds().replaced("car", "day", {"primary": kmh})
    (reason,) = caught.value.reasons
    assert reason.code == "speed_wrong"
    assert reason.facts["road_class"] == "primary"


def test_all_faults_are_told_at_once():
    kmh = Speeds().to_dict()["kmh"]
    kmh["car"]["day"]["primary"] = 0
    del kmh["walk"]["night"]["path"]
    with pytest.raises(SettingError) as caught:
        Speeds(kmh=kmh, access_kmh=0)
    assert [reason.code for reason in caught.value.reasons] == [
        "speed_missing",
        "speed_wrong",
        "access_speed_wrong",
    ]


@pytest.mark.parametrize(
    ("travel_mode", "when", "changes"),
    [("tank", "day", {}), ("car", "dusk", {}), ("car", "day", {"canal": 5})],
)
def test_unknown_modes_times_and_classes_are_refused(travel_mode, when, changes):
    with pytest.raises(SettingError, match="setting_wrong"):
        Speeds().replaced(travel_mode, when, changes)


@pytest.mark.parametrize("kept", [{"kmh": 7}, {"kmh": {"car": 7}}, {"kmh": {"car": {"day": 7}}}])
def test_a_setting_of_another_form_is_refused(kept):
    with pytest.raises(SettingError, match="setting_wrong"):
        Speeds.from_dict(kept)


def test_editing_what_was_handed_in_changes_nothing():
    kmh = Speeds().to_dict()["kmh"]
    speeds = Speeds(kmh=kmh)
    kmh["car"]["day"]["primary"] = 1
    assert speeds == Speeds()
