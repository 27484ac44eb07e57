"""Profiles from TOML: what ships is whole, every fault is told at once with the nearest name."""

import pytest

from geo.errors import FileError, SettingError
from planning.index.profile import Group
from planning.index.profile_reading import load_profile, profile_text, read_profile, shipped_profiles

SMALL = """
code = "small"
name = { zh = "小", en = "Small" }
[[pillar]]
code = "crime"
name = "治安"
[[pillar.indicator]]
code = "theft"
name = "盗窃"
source = "incidents"
categories = ["theft"]
rule = [{ kind = "each", points = -1, cap = 5 }]
"""


def faults(text):
    with pytest.raises(SettingError) as raised:
        read_profile(text.encode(), file="p.toml")
    assert raised.value.code == "profile_faults"
    assert raised.value.facts["count"] == len(raised.value.reasons)
    return raised.value.reasons


@pytest.mark.parametrize("name", shipped_profiles())
def test_every_shipped_profile_is_whole(name):
    profile = load_profile(name)
    assert profile.code == name
    assert set(profile.name) == {"zh", "en"}
    for part in (*profile.groups[1:], *profile.indicators):
        assert set(part.name) == {"zh", "en"}, part.code
    assert len(profile.structure().indicators) == len(profile.indicators)


def test_the_six_elements_are_shipped_and_political_security_is_only_entered():
    profile = load_profile("pingan_village")
    names = [pillar.name["zh"] for pillar in profile.pillars]
    assert names == ["政治安全", "社会稳定", "刑事安全", "治安安全", "交通安全", "消防安全"]
    political = profile.pillars[0]
    assert political.optional
    assert all(leaf.entered and leaf.optional and leaf.measure == "level" for leaf in political.members)


def test_the_zhejiang_example_has_eight_first_and_nineteen_second_level_groups():
    profile = load_profile("zhejiang")
    assert len(profile.pillars) == 8
    seconds = [part for pillar in profile.pillars for part in pillar.members if isinstance(part, Group)]
    assert len(seconds) == 19
    assert profile.structure().height("index") == 4
    assert profile.pillar_of("theft" if "theft" in profile.structure().parents else "criminal_calls") == (
        "public_security"
    )


def test_huizhou_weighs_60_20_20_and_gansu_calls_its_colours_by_name():
    huizhou = load_profile("huizhou")
    assert [pillar.weight for pillar in huizhou.pillars] == [60, 20, 20, 0]
    assert huizhou.points.days == (8, 11)
    gansu = load_profile("gansu")
    assert [gansu.grades.names[code]["zh"] for code in gansu.grades.codes] == ["优秀", "良好", "提醒", "预警"]
    assert gansu.points.veto == 59.99


def test_a_file_is_read_in_utf8_with_or_without_a_mark_and_in_gb18030(tmp_path):
    for encoding in ("utf-8", "utf-8-sig", "gb18030"):
        path = tmp_path / f"{encoding}.toml"
        path.write_bytes(SMALL.replace("\n", "\r\n").encode(encoding))
        assert load_profile(path).pillars[0].name["zh"] == "治安"
    assert profile_text(path) == path.read_bytes()


def test_slips_of_the_pen_are_told_with_the_nearest_name_all_at_once():
    text = SMALL.replace("categories", "catgories").replace("cap = 5", "capp = 5")
    text = text.replace('code = "small"', 'code = "small"\nwindow_month = 6')
    found = {reason.facts["entry"]: reason for reason in faults(text)}
    assert found["window_month"].facts["nearest"] == "window_months"
    assert found["catgories"].facts["nearest"] == "categories"
    assert found["catgories"].facts["where"] == "crime › theft"
    assert found["capp"].facts["nearest"] == "cap"
    assert found["capp"].facts["where"] == "crime › theft › rule 1"


@pytest.mark.parametrize(
    ("was", "now", "code", "key"),
    [
        ('code = "theft"', 'code = "Theft!"', "profile_value_wrong", "code"),
        ('code = "theft"', 'code = "crime"', "profile_code_repeated", None),
        ('name = "盗窃"', "", "profile_key_missing", "name"),
        ('source = "incidents"', 'source = "calls"', "profile_value_wrong", "source"),
        ('source = "incidents"', 'source = "indicators"', "profile_value_wrong", "categories"),
        ('source = "incidents"', 'source = "incidents"\nmeasure = "share"', "profile_value_wrong", "measure"),
        ('source = "incidents"', 'source = "incidents"\nweight = -1', "profile_value_wrong", "weight"),
        ('source = "incidents"', 'source = "incidents"\nweight = 0', "profile_weights_zero", None),
        ('source = "incidents"', 'source = "incidents"\nweight = true', "profile_value_wrong", "weight"),
        # Less is better, so the worst value is the greater one.
        (
            'source = "incidents"',
            'source = "incidents"\ngoalposts = [1, 9]',
            "profile_value_wrong",
            "goalposts",
        ),
        ('source = "incidents"', 'source = "incidents"\nentered = true', "profile_value_wrong", "measure"),
        ('kind = "each"', 'kind = "share"', "profile_value_wrong", "kind"),
        ('kind = "each"', 'kind = "veto"', "profile_key_missing", "veto"),
        ("points = -1", "points = -1, step = 0", "profile_value_wrong", "step"),
        # Finer than a hundredth of a point, and beyond what whole numbers hold.
        ("points = -1", "points = -1, step = 0.001", "profile_value_wrong", "step"),
        ("points = -1", "points = -1e14", "profile_value_wrong", "points"),
        ('[{ kind = "each", points = -1, cap = 5 }]', "[1]", "profile_value_wrong", "rule"),
        ('name = { zh = "小", en = "Small" }', "name = 3", "profile_value_wrong", "name"),
        ('code = "small"', 'code = "small"\nquantiles = [0.9, 0.1]', "profile_value_wrong", "quantiles"),
        ('code = "small"', 'code = "small"\nfloor = 0', "profile_value_wrong", "floor"),
        # Its scores hang on who is there, so no cut point fits.
        ('code = "small"', 'code = "small"\nmethod = "copeland"', "profile_value_wrong", "method"),
        ('code = "small"', 'code = "small"\npairwise = [["3"]]', "judgements_shape", None),
        ('code = "small"', 'code = "small"\ngrades = 3', "profile_value_wrong", "grades"),
        ("[[pillar]]", "[grades]\nscore = [60, 75, 45]\n[[pillar]]", "profile_value_wrong", "score"),
        (
            "[[pillar]]",
            '[grades]\ncodes = ["grey", "b", "c", "d"]\n[[pillar]]',
            "profile_value_wrong",
            "codes",
        ),
        ("[[pillar]]", "[grades.names]\ngren = 'x'\n[[pillar]]", "profile_key_unknown", "gren"),
        ("[[pillar]]", "[points]\nfloor = 200\n[[pillar]]", "profile_value_wrong", "floor"),
        ("[[pillar]]", '[doubt]\nscales = ["minmax"]\n[[pillar]]', "profile_value_wrong", "scales"),
    ],
)
def test_faults_are_told_where_they_are(was, now, code, key):
    assert was in SMALL
    found = faults(SMALL.replace(was, now, 1))
    assert any(reason.code == code and reason.facts.get("entry") == key for reason in found), found


def test_an_empty_profile_is_told_what_it_lacks():
    assert {reason.facts["entry"] for reason in faults("")} == {"code", "name", "[[pillar]]"}
    empty = faults('code = "a"\nname = "b"\n[[pillar]]\ncode = "c"\nname = "d"')
    assert [reason.code for reason in empty] == ["profile_group_empty"]


def test_what_is_no_toml_is_told_with_its_row():
    with pytest.raises(SettingError) as raised:
        read_profile(b'code = "a"\nname = "b\n')
    assert (raised.value.code, raised.value.facts["row"]) == ("profile_unreadable", 2)
    with pytest.raises(SettingError, match="profile_unreadable"):
        read_profile(b"x = " + b"[" * 5_000)


def test_unknown_profiles_are_told_with_the_nearest_name(tmp_path):
    with pytest.raises(SettingError) as raised:
        load_profile("pingan_vilage")
    assert raised.value.facts["nearest"] == "pingan_village"
    with pytest.raises(FileError, match="file_missing"):
        load_profile(tmp_path / "none.toml")
