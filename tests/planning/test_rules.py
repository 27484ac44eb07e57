import numpy as np
import pandas as pd
import pytest

from geo.errors import SettingError
from planning.rules import PROFILES, Rule, RuleProfile, check_rules, rule_profile


def zones(**columns):
    frame = {
        "kind": ["community", "village", ""],
        "present": [6600.0, 5000.0, 9000.0],
        "villages": [9, 5, 9],
    }
    return pd.DataFrame({**frame, **columns}, index=pd.Index(["a", "b", "c"], name="zone_id"))


def by_rule(checked):
    return {(r.zone_id, r.rule): (r.found, r.allowed, r.ok) for r in checked.itertuples()}


def test_norms_of_an_officer_are_for_town_or_country_and_unknown_zones_are_not_judged():
    checked = check_rules(zones(), None, "heilongjiang_2007")
    assert by_rule(checked) == {
        ("a", "urban_residents"): (6600, 3000, False),
        ("b", "rural_residents"): (5000, 5000, True),
        ("b", "rural_villages"): (5, 4, False),
    }
    assert checked["officers_source"].tolist() == ["assumed"] * 3


def test_officers_of_the_zone_share_its_work_and_others_do_not_count():
    staff = pd.DataFrame(
        {
            "place_id": ["a", "a", "a", "b", "elsewhere"],
            "role": ["officer", "community_officer", "auxiliary", "community_officer", "officer"],
            "count": [1, 1, 40, 0, 9],
        }
    )
    checked = check_rules(zones(), staff, "heilongjiang_2007")
    # 3,300 each: "about 3,000" is read as up to a tenth more.
    assert by_rule(checked)["a", "urban_residents"] == (3300, 3000, True)
    assert checked.set_index("zone_id")["officers_source"].to_dict() == {"a": "told", "b": "assumed"}
    more = check_rules(zones(present=[6602.0, 5001.0, 0.0]), staff, "heilongjiang_2007")
    assert not by_rule(more)["a", "urban_residents"][2]
    assert not by_rule(more)["b", "rural_residents"][2]


def test_a_bureau_may_bring_rules_of_its_own():
    own = RuleProfile(name="own", source="", rules=(Rule(name="grids", measure="grids", most=10),))
    checked = check_rules(zones(grids=[10.0, 11.0, np.nan]), None, own)
    assert by_rule(checked) == {("a", "grids"): (10, 10, True), ("b", "grids"): (11, 10, False)}
    assert check_rules(zones(), None, RuleProfile(name="none", source="", rules=())).empty


def test_an_unknown_profile_names_those_there_are():
    with pytest.raises(SettingError) as error:
        rule_profile("柯桥")
    assert error.value.facts["allowed"] == ", ".join(PROFILES)
    with pytest.raises(SettingError):
        check_rules(zones(), None, "")


@pytest.mark.parametrize("wrong", [{"most": 0}, {"slack": -1}, {"kind": "town"}])
def test_rules_out_of_range_are_refused(wrong):
    with pytest.raises(SettingError, match="setting_wrong"):
        Rule(**{"name": "r", "measure": "present", "most": 1, **wrong})


def test_inputs_are_left_as_they_are():
    staff = pd.DataFrame({"place_id": ["a"], "role": ["officer"], "count": [2]})
    before, those = zones(), staff.copy()
    check_rules(before, staff, "heilongjiang_2007")
    assert before.equals(zones())
    assert staff.equals(those)
