"""The package in the app: made at one click and once, kept through other views, anew after a change."""

from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from data.plans import duplicate_plan, plan_rev, save_plan
from data.strokes import apply_stroke
from data.workspace import Workspace
from ui.paper import package

APP = str(Path(__file__).resolve().parents[2] / "app.py")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def workspace(workspace_file, monkeypatch):
    monkeypatch.setenv("GRIDBEAT_WORKSPACE", str(workspace_file))
    return Workspace.open(workspace_file)


@pytest.fixture
def draft(workspace):
    grids = workspace.read("grids")["grid_id"]
    plan = pd.Series([f"Z{int(g[1:3]) // 3:02}{int(g[3:]) // 3:02}" for g in grids], index=grids)
    return duplicate_plan(workspace, save_plan(workspace, plan, kind="nesting", name="嵌套"), name="一号")


@pytest.fixture
def pages(monkeypatch):
    """What was set, in place of the pages."""
    found = []
    monkeypatch.setattr(package, "typeset", lambda name, data, stamp: found.append(data["paper"]) or b"%PDF")
    return found


def show(plan_id, lang="中文"):
    page = AppTest.from_file(APP, default_timeout=60)
    page.query_params.update({"lang": lang, "view": "handover", "plan": plan_id})
    page._page_hash = calc_hash("zoning")
    return shown(page.run())


def shown(page):
    assert not page.exception
    return page


def press(page, key):
    page.button(key=key).click()
    return shown(page.run())


def turn(page, view):
    page.session_state["zoning_view"] = view
    return shown(page.run())


def offered(page):
    return [each.proto.label for each in page.get("download_button")]


def html(page):
    return "".join(str(each.proto.body) for each in page.get("html"))


def test_package_is_made_once_and_kept_while_other_views_are_looked_at(draft, pages):
    page = show(draft)
    assert "移交清单" in html(page)
    assert offered(page) == []
    page = press(page, "handover_make")
    assert pages == ["A4", "A3"]
    whole, *single = offered(page)
    assert whole.startswith("下载报批包（")
    assert [label[:2] for label in single] == ["01", "01", "02", "04", "04"]
    assert not [button for button in page.button if button.key == "handover_make"]
    page = turn(turn(page, "plans"), "handover")
    assert offered(page) == [whole, *single]
    # The same in another session: nothing is set twice.
    press(show(draft), "handover_make")
    assert pages == ["A4", "A3"]


def test_package_is_asked_for_anew_when_the_plan_or_the_paper_changed(workspace, draft, pages):
    page = press(show(draft), "handover_make")
    grids = {"G0000": ("Z0000", "Z0100"), "G0100": ("Z0000", "Z0100"), "G0200": ("Z0000", "Z0100")}
    apply_stroke(
        workspace,
        draft,
        rev=plan_rev(workspace, draft),
        token="a",
        painter="p",
        kind="paint",
        grids=grids,
    )
    page = shown(page.run())
    assert (offered(page), len(pages)) == ([], 2)
    assert page.button(key="handover_make").label == "重新生成报批包"
    page = press(page, "handover_make")
    assert len(pages) == 4
    assert any(label.startswith("03") for label in offered(page))
    page.get("button_group")[-1].set_value(["A4"])
    page = shown(page.run())
    assert offered(page) == []
    assert turn(turn(page, "plans"), "handover").session_state["handover papers kept"] == ("A4",)


def test_view_speaks_english_too(draft, pages):
    page = press(show(draft, "English"), "handover_make")
    assert offered(page)[0].startswith("Download the package (")
    assert "Grids moved" in html(page)
