"""The administrator's say on links to outside maps, from the terminal and on the page."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash
from typer.testing import CliRunner

from data.map_services import allowed_services, last_allowed
from data.workspace import Workspace
from ui import cli

APP = str(Path(__file__).resolve().parents[2] / "app.py")


def run(*typed):
    return CliRunner().invoke(cli.door, ["map-links", *map(str, typed)])


@pytest.mark.parametrize(
    ("lang", "word"), [("zh", "不允许任何外部地图链接"), ("en", "no links to outside maps")]
)
def test_terminal_says_what_holds_and_what_it_means(workspace_file, lang, word):
    told = run(workspace_file, "--lang", lang)
    assert told.exit_code == 0
    assert word in told.stdout
    assert len(told.stdout.splitlines()) == 2


def test_terminal_allows_and_forbids(workspace_file):
    allowed = json.loads(run(workspace_file, "--allow", "amap", "--who", "科信科", "--json").stdout)
    assert (allowed["allowed"], allowed["who"]) == (["amap"], "科信科")
    assert "高德地图" in run(workspace_file).stdout
    assert run(workspace_file, "--forbid", "--who", "保密办").exit_code == 0
    assert allowed_services(Workspace.open(workspace_file)) == ()


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        (["--allow", "tencent", "--who", "科信科"], "没有地图服务 tencent"),
        (["--allow", "amap"], "请写明由谁决定"),
        (["--allow", "amap", "--forbid", "--who", "科信科"], "不能同时使用"),
    ],
)
def test_terminal_refuses_in_words(workspace_file, typed, word):
    refused = run(workspace_file, *typed)
    assert refused.exit_code == 2
    assert word in refused.stderr
    assert allowed_services(Workspace.open(workspace_file)) == ()


@pytest.fixture
def page(workspace_file, monkeypatch):
    monkeypatch.setenv("GRIDBEAT_WORKSPACE", str(workspace_file))
    test = AppTest.from_file(APP, default_timeout=60)
    test.query_params["lang"] = "中文"
    test._page_hash = calc_hash("district")
    return test.run()


def press(page, *, who, **ticked):
    for box in page.checkbox:
        if box.label in ticked:
            box.set_value(ticked[box.label])
    next(field for field in page.text_input if field.label == "由谁决定").set_value(who)
    saves = [button for button in page.button if "links" in button.key]
    saves[-1].click()
    return page.run()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_page_says_what_it_means_and_keeps_who_decided(page, workspace_file):
    assert any("涉密勤务应保持不允许" in caption.value for caption in page.caption)
    page = press(page, who="", 高德地图=True)
    assert "请写明由谁决定" in page.error[0].value
    page = press(page, who="科信科", 高德地图=True)
    assert not page.exception
    workspace = Workspace.open(workspace_file)
    assert allowed_services(workspace) == ("amap",)
    assert last_allowed(workspace).who == "科信科"
    assert "高德地图" in page.success[0].value
