"""The views 绘制, 比较 and 报批包 as Streamlit runs them; the browser's part is played by the tests."""

import json
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from data.plan_states import move_plan
from data.plans import PAINTED, REDRAW, duplicate_plan, plan_rev, read_assignment, read_plans, save_plan
from data.workspace import Workspace
from ui import zoning
from ui.pages import zoning_compare, zoning_paint
from ui.words import words

APP = str(Path(__file__).resolve().parents[2] / "app.py")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
LANG = {"中文": "zh", "English": "en"}


@pytest.fixture
def workspace(workspace_file, monkeypatch):
    monkeypatch.setenv("GRIDBEAT_WORKSPACE", str(workspace_file))
    return Workspace.open(workspace_file)


@pytest.fixture
def browser_side(monkeypatch):
    """What the map was given last, and what it is to post in the next run."""
    side = SimpleNamespace(data=None, posts=None)

    def grid_map(data, *, key, on_post):
        # Whatever the map is given goes over the wire.
        side.data = json.loads(json.dumps(data))
        posts, side.posts = side.posts, None
        if posts:
            side.now = posts
            on_post()

    for page in (zoning_paint, zoning_compare):
        monkeypatch.setattr(page, "grid_map", grid_map)
        monkeypatch.setattr(page, "posted", lambda _: side.now)
    return side


def show(view, *, plan="", lang="中文"):
    page = AppTest.from_file(APP, default_timeout=60)
    page.query_params["lang"] = lang
    page.session_state[zoning.VIEW_KEY] = view
    if plan:
        page.query_params["plan"] = plan
    page._page_hash = calc_hash("zoning")
    return shown(page.run())


def shown(page):
    """The page, on which nothing went wrong unforeseen."""
    unforeseen = [words(lang)("error.unexpected") for lang in ("zh", "en")]
    assert [error.value for error in page.error if error.value in unforeseen] == []
    assert not page.exception
    return page


def said(page):
    elements = [*page.markdown, *page.caption, *page.error, *page.warning, *page.info]
    return "\n".join(
        [*(each.value for each in elements), *(str(each.proto.body) for each in page.get("html"))]
    )


def press(page, label, times=1):
    button = next(each for each in page.button if each.label == label)
    for _ in range(times):
        button.click()
        page.run()
    return shown(page)


def painted(workspace):
    return read_plans(workspace).query("kind == 'painted'")


def all_grids(n=6):
    return [f"G{i:02}{j:02}" for j in range(n) for i in range(n)]


def saved(workspace, kind=PAINTED, name="第一稿", **moves):
    plan = {g: f"Z{int(g[1:3]) // 3:02}{int(g[3:]) // 3:02}" for g in all_grids()} | moves
    return save_plan(workspace, pd.Series(plan), kind=kind, name=name, author="")


@pytest.mark.parametrize("lang", LANG)
def test_a_plan_is_begun_from_today_s(workspace, browser_side, lang):
    t = words(LANG[lang])
    page = press(show("paint", lang=lang), t("zoning.begin"))
    (plan,) = painted(workspace)["plan_id"]
    assert painted(workspace)["name"].iloc[0] == t("zoning.first_name")
    assert len(read_assignment(workspace, plan)) == 36
    data = browser_side.data
    assert (data["mode"], data["lang"]) == ("paint", LANG[lang])
    assert data["plan"]["editable"]
    assert data["words"]["tool_brush"] == t("painter.tool_brush")
    assert len(data["geometry"]["grids"]["ids"]) == 36
    assert data["score"]["today"]["grids_moved"] == 0
    assert page.query_params["plan"] in (plan, [plan])


def test_a_double_click_begins_one_plan(workspace, browser_side):
    page = show("paint")
    button = next(each for each in page.button if each.label == words("zh")("zoning.begin"))
    button.click()
    page.run()
    # The second click of the same button, as the first run left it.
    page.session_state[zoning.VIEW_KEY] = "paint"
    button.click()
    page.run()
    assert len(painted(workspace)) == 1


def test_a_stroke_is_kept_and_answered(workspace, browser_side):
    plan = saved(workspace)
    page = show("paint", plan=plan)
    at = browser_side.data["geometry"]["grids"]["ids"].index("G0200")
    browser_side.posts = [
        {"token": "t1", "painter": "b", "kind": "paint", "grids": [[at, "Z0000", "Z0100"]]},
    ]
    shown(page.run())
    assert read_assignment(workspace, plan)["G0200"] == "Z0100"
    shown(page.run())
    assert browser_side.data["acks"] == ["t1"]


def test_words_and_geometry_are_sent_until_the_browser_has_them(monkeypatch):
    place = SimpleNamespace(lang="zh", credit="", t=words("zh"))
    on_table = SimpleNamespace(ground=lambda: ("a", "b", "c", "d"), place=place)
    monkeypatch.setattr(zoning_paint.cached, "painter_geometry", lambda *_: {"grids": {}})
    state = {}
    monkeypatch.setattr(zoning_paint, "st", SimpleNamespace(session_state=state))

    def made(t):
        return {"brush": t("painter.tool_brush")}

    first = zoning_paint.common(on_table, "k", words=made)
    assert first["geometry"] == {"grids": {}}
    assert first["words"] == made(words("zh"))
    state["k"] = {"have": f"{first['geometry_key']} zh"}
    again = zoning_paint.common(on_table, "k", words=made)
    assert (again["geometry"], again["words"]) == (None, None)
    place.lang, place.t = "en", words("en")
    assert zoning_paint.common(on_table, "k", words=made)["words"] == made(words("en"))


@pytest.mark.parametrize(("lang", "frozen"), [("中文", "proposal"), ("English", "consulted")])
def test_what_cannot_be_painted_is_shown_and_copied_once(workspace, browser_side, lang, frozen):
    t, plan = words(LANG[lang]), saved(workspace, REDRAW if frozen == "proposal" else PAINTED)
    if frozen == "consulted":
        move_plan(workspace, plan, "consulted", rev=plan_rev(workspace, plan), who="")
    before = len(read_plans(workspace))
    page = show("paint", plan=plan, lang=lang)
    assert not browser_side.data["plan"]["editable"]
    assert "第一稿" in said(page)
    button = next(each for each in page.button if each.label == t("zoning.copy"))
    button.click()
    shown(page.run())
    assert len(read_plans(workspace)) == before + 1
    copy = read_plans(workspace).iloc[-1]
    assert (copy["kind"], copy["parent"], copy["status"]) == (PAINTED, plan, "draft")
    assert page.query_params["plan"] in (copy["plan_id"], [copy["plan_id"]])
    assert browser_side.data["plan"]["editable"]
    button.click()
    page.run()
    assert len(read_plans(workspace)) == before + 1


def test_a_plan_that_is_frozen_meanwhile_is_shown_as_frozen(workspace, browser_side):
    plan = saved(workspace)
    page = show("paint", plan=plan)
    move_plan(workspace, plan, "consulted", rev=plan_rev(workspace, plan), who="")
    # The page does not know it yet: the stroke was drawn before.
    browser_side.posts = [{"token": "t1", "painter": "b", "kind": "paint", "grids": [[2, "Z0000", "Z0100"]]}]
    shown(page.run())
    shown(page.run())
    assert read_assignment(workspace, plan)["G0200"] == "Z0000"
    assert browser_side.data["acks"] == ["t1"]
    assert not browser_side.data["plan"]["editable"]
    assert words("zh")("zoning.copy") in [each.label for each in page.button]


@pytest.mark.parametrize(("lang", "view"), [("中文", "paint"), ("English", "compare")])
def test_a_district_without_polygons_says_what_it_lacks(tmp_path, squares, monkeypatch, lang, view):
    bare = {
        name: pd.DataFrame(table.drop(columns="geometry", errors="ignore")) for name, table in squares.items()
    }
    for name in ("roads", "water", "posts"):
        bare.pop(name)
    workspace = made(tmp_path, bare, monkeypatch)
    saved(workspace)
    assert words(LANG[lang])("zoning.needs_polygons") in said(show(view, lang=lang))


def test_a_district_without_zones_begins_with_none(tmp_path, squares, monkeypatch, browser_side):
    workspace = made(tmp_path, {k: v for k, v in squares.items() if k not in ("zones", "staff")}, monkeypatch)
    press(show("paint"), words("zh")("zoning.begin"))
    (plan,) = painted(workspace)["plan_id"]
    assert read_assignment(workspace, plan).empty
    assert set(browser_side.data["plan"]["assignment"]) == {-1}
    (lost,) = browser_side.data["score"]["violations"]
    assert "36" in lost["text"]
    assert browser_side.data["score"]["today"] is None
    page = show("compare", plan=plan)
    assert words("zh")("zoning.no_today") in said(page)


@pytest.mark.parametrize(("lang", "view"), [("中文", "paint"), ("English", "handover")])
def test_a_district_without_grids_says_so(tmp_path, squares, monkeypatch, view, lang):
    made(tmp_path, {"towns": squares["towns"]}, monkeypatch)
    assert words(LANG[lang])("zoning.needs_grids") in said(show(view, lang=lang))


def made(tmp_path, tables, monkeypatch):
    workspace = Workspace.create(tmp_path / "其他.gpkg", name="其他", crs="EPSG:4549")
    workspace.write_all(tables)
    monkeypatch.setenv("GRIDBEAT_WORKSPACE", str(workspace.path))
    return workspace


@pytest.mark.parametrize(
    ("lang", "view", "key"),
    [("中文", "compare", "nothing_to_compare"), ("English", "handover", "nothing_to_hand_over")],
)
def test_without_plans_a_first_one_is_offered(workspace, browser_side, view, key, lang):
    t = words(LANG[lang])
    page = show(view, lang=lang)
    assert t(f"zoning.{key}") in said(page)
    press(page, t("zoning.begin"))
    assert len(painted(workspace)) == 1


@pytest.mark.parametrize("lang", LANG)
def test_a_proposal_s_changes_are_refused_and_accepted_one_by_one(workspace, browser_side, lang):
    proposal = saved(workspace, REDRAW, "方案一", G0200="Z0100", G0303="Z0001")
    plan = duplicate_plan(workspace, proposal, name="我的稿")
    page = show("compare", plan=plan, lang=lang)
    data = browser_side.data
    assert data["mode"] == "compare"
    assert data["decidable"]
    assert data["plans"][0]["title"] == words(LANG[lang])("zoning.today")
    sides = [box.options[0] for box in page.selectbox if box.label.startswith(("左图", "右图", "Plan on"))]
    today = {"中文": "：现状", "English": ": Today's plan"}[lang]
    assert [side.endswith(today) for side in sides] == [True, True], "each says which side it is"
    assert len({*sides}) == 2
    assert {change["state"] for change in data["changes"]} == {"accepted"}
    at = data["geometry"]["grids"]["ids"].index("G0200")
    change = next(each for each in data["changes"] if each["grids"] == [at])
    assert (change["from"], change["to"]) == ("警务区1", "警务区2")
    browser_side.posts = [{"token": "r", "kind": "refuse", "changes": [change["id"], "no such"]}]
    shown(page.run())
    shown(page.run())
    assert read_assignment(workspace, plan)["G0200"] == "Z0000"
    assert browser_side.data["acks"] == ["r"]
    states = {each["id"]: each["state"] for each in browser_side.data["changes"]}
    assert sorted(states.values()) == ["accepted", "refused"]
    assert states[change["id"]] == "refused"
    browser_side.posts = [{"token": "a", "kind": "accept", "changes": [change["id"]]}]
    shown(page.run())
    assert read_assignment(workspace, plan)["G0200"] == "Z0100"


def test_a_plan_s_own_names_of_zones_are_shown_though_it_is_frozen(workspace, browser_side):
    from data.strokes import apply_stroke

    plan = saved(workspace)
    grids, names = {"G0200": ("Z0000", "S1-ab")}, {"S1-ab": ("", "湖东警务区")}
    apply_stroke(workspace, plan, rev=1, token="t", painter="b", kind="zone", grids=grids, names=names)
    move_plan(workspace, plan, "consulted", rev=plan_rev(workspace, plan), who="")
    show("compare", plan=plan)
    data = browser_side.data
    assert not data["decidable"]
    (change,) = data["changes"]
    assert change["to"] == "湖东警务区"
    assert "湖东警务区" in {zone["name"] for zone in data["plans"][1]["zones"]}
