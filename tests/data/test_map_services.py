"""Links to outside maps are off until somebody says so, and who did is on record."""

import json

import pytest

from data.map_services import allow_services, allowed_services, last_allowed
from data.workspace import Workspace
from geo.errors import SettingError


@pytest.fixture
def workspace(tmp_path):
    return Workspace.create(tmp_path / "a.gpkg", name="甲", crs="EPSG:4549")


def test_nothing_is_allowed_until_somebody_says_so(workspace):
    assert allowed_services(workspace) == ()
    assert last_allowed(workspace) is None


def test_who_allowed_what_and_when_is_on_record(workspace):
    allow_services(workspace, ["baidu", "amap"], who=" 科信科 ")
    allow_services(workspace, [], who="保密办")
    assert allowed_services(workspace) == ()
    trail = workspace.audit()
    rows = trail[trail["object"] == "map_services"]
    assert rows["who"].tolist() == ["科信科", "保密办"]
    assert [json.loads(facts) for facts in rows["facts"]] == [
        {"before": [], "now": ["amap", "baidu"]},
        {"before": ["amap", "baidu"], "now": []},
    ]
    last = last_allowed(workspace)
    assert (last.who, last.at) == ("保密办", rows["at"].iloc[-1])


def test_saying_the_same_again_is_no_change(workspace):
    allow_services(workspace, ["amap"], who="科信科")
    allow_services(workspace, ["amap"], who="别人")
    assert last_allowed(workspace).who == "科信科"
    assert allowed_services(workspace) == ("amap",)


@pytest.mark.parametrize(
    ("services", "who", "code"),
    [
        (["tencent"], "科信科", "map_service_unknown"),
        (["amap"], "  ", "map_service_who"),
    ],
)
def test_what_cannot_be_said_changes_nothing(workspace, services, who, code):
    with pytest.raises(SettingError, match=code):
        allow_services(workspace, services, who=who)
    assert allowed_services(workspace) == ()


def test_services_of_a_later_version_are_passed_over(workspace):
    workspace.set_setting("map_services", ["amap", "unheard"])
    assert allowed_services(workspace) == ("amap",)
