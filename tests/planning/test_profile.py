import json

import pytest

from geo.errors import SettingError
from planning.profile import Profile


@pytest.mark.parametrize(
    "settings_",
    [
        {"weights": {}},
        {"weights": {"a": 0}},
        {"weights": {"a": -1, "b": 2}},
        {"weights": {"a": float("nan")}},
        {"weights": {"a": float("inf")}},
        {"weights": {"a": "1"}},
        {"weights": ["a"]},
        {"weights": {"a": 1}, "diverted": 1.1},
        {"weights": {"a": 1}, "diverted": None},
        {"weights": {"a": 1}, "first_day": "2026-02-30"},
        {"weights": {"a": 1}, "first_day": "20260201"},  # sorts apart from 2026-02-01
        {"weights": {"a": 1}, "first_day": "2026-02-02", "last_day": "2026-02-01"},
    ],
)
def test_a_profile_refuses_what_means_nothing(settings_):
    with pytest.raises(SettingError, match="setting_wrong"):
        Profile(**settings_)


def test_a_saved_profile_with_a_foreign_field_is_refused():
    for saved in ({"weights": {"a": 1}, "colour": 1}, {}):
        with pytest.raises(SettingError, match="setting_wrong"):
            Profile.from_dict(saved)


def test_profiles_survive_json_and_compare_by_value():
    profile = Profile(weights={"calls": 2, "present": 1}, diverted=0.5, first_day="2026-01-01")
    again = Profile.from_dict(json.loads(json.dumps(profile.to_dict())))
    assert again == profile
    assert hash(again) == hash(profile)
    assert again != Profile(weights={"calls": 2, "present": 1})


def test_later_changes_to_the_callers_weights_do_not_reach_the_profile():
    weights = {"a": 1.0}
    profile = Profile(weights=weights)
    weights["a"] = 9.0
    profile.to_dict()["weights"]["a"] = 9.0
    assert profile.weights == {"a": 1.0}


def test_weights_are_read_as_a_terminal_states_them():
    profile = Profile.from_texts(["calls=2", " present = 0.5"], diverted=0.0)
    assert profile == Profile(weights={"calls": 2.0, "present": 0.5}, diverted=0.0)


@pytest.mark.parametrize("text", ["calls", "=2", "calls=", "calls=two", "present=1"])
def test_weights_that_cannot_be_read_are_named(text):
    with pytest.raises(SettingError) as error:
        Profile.from_texts(["present=1", text])
    assert (error.value.code, error.value.facts["found"]) == ("weights_unreadable", text)
