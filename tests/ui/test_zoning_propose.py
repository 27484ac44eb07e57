"""View 生成方案 as Streamlit runs it: from the form to the cards, in both languages, and what goes wrong."""

import json
import threading
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from data.plans import PAINTED, REDRAW, read_plans
from data.workspace import Workspace
from planning.redraw import redrawing
from planning.redraw.feasibility import Unmet
from planning.redraw.params import RedrawParams
from planning.redraw.search import Limits
from ui import jobs, zoning
from ui.names import PlaceNames
from ui.on_page import page_notes
from ui.pages import zoning_propose_form as form
from ui.pages.zoning_propose_cards import Shown, front_spec
from ui.pages.zoning_propose_outline import outline_svg
from ui.proposals import unmet_said
from ui.words import LANGS, words

APP = str(Path(__file__).resolve().parents[2] / "app.py")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def held(monkeypatch):
    """A redraw that goes on until it is let go."""
    go, true = threading.Event(), redrawing.redraw
    monkeypatch.setattr(
        redrawing, "redraw", lambda *args, **options: (go.wait(60), true(*args, **options))[1]
    )
    yield go
    go.set()


@pytest.fixture
def district(tmp_path, make_workspace, monkeypatch):
    path = make_workspace(tmp_path / "w.gpkg")
    monkeypatch.setenv("GRIDBEAT_WORKSPACE", str(path))
    # One round is enough for 36 squares.
    monkeypatch.setattr(form, "Limits", lambda **_: Limits(seconds=None, rounds=1, workers=1))
    return str(path)


def view(lang="中文"):
    app = AppTest.from_file(APP, default_timeout=60)
    app.query_params["lang"] = lang
    app.session_state[zoning.VIEW_KEY] = "propose"
    app.run()
    app._page_hash = calc_hash("zoning")
    return app.run()


def said(app):
    elements = [*app.markdown, *app.caption, *app.error, *app.warning, *app.info]
    found = [element.value for element in elements]
    return "\n".join([*found, *(str(element.proto.body) for element in app.get("html"))])


def field(app, path, name):
    key = f"propose {path} {name}"
    kinds = ("number_input", "radio", "slider", "multiselect", "checkbox")
    return next(one for kind in kinds for one in app.get(kind) if one.key == key)


def press(app, key):
    return next(button for button in app.button if button.key == key).click().run()


@pytest.mark.parametrize(
    ("lang", "empty", "card"),
    [("中文", "还没有生成方案", "变动最少"), ("English", "No proposals yet", "least change")],
)
def test_a_redraw_is_asked_for_and_its_plans_are_shown(district, lang, empty, card):
    app = view(lang)
    assert not app.exception
    assert empty in said(app)
    field(app, district, "tolerance").set_value(5)
    field(app, district, "villages").set_value("free")
    app.run()
    app = press(app, "propose start")
    assert jobs.current(district, REDRAW).wait(60)
    assert jobs.current(district, REDRAW).order.params.tolerance == 0.05
    app = app.run()
    assert not app.exception
    assert card in said(app).lower()
    kept = jobs.current(district, REDRAW).state().outcome.kept
    assert set(kept) == set(read_plans(Workspace.open(district)).query("kind == 'redraw'")["plan_id"])


def test_a_picked_proposal_is_copied_once_and_put_on_the_table(district):
    app = press(view(), "propose start")
    assert jobs.current(district, REDRAW).wait(60)
    app = app.run()
    first = next(button.key for button in app.button if button.key.startswith("propose-pick"))
    app = press(app, first)
    assert not app.exception
    plans = read_plans(Workspace.open(district)).set_index("plan_id")
    (copy,) = plans.index[plans["kind"] == PAINTED]
    proposal = plans.loc[plans.at[copy, "parent"]]
    assert proposal["kind"] == REDRAW
    assert plans.at[copy, "name"].startswith("方案一")
    assert app.session_state[zoning.VIEW_KEY] == "paint"
    assert app.query_params["plan"] in (copy, [copy])
    app.session_state[zoning.VIEW_KEY] = "propose"
    press(app.run(), first)
    assert (read_plans(Workspace.open(district))["kind"] == PAINTED).sum() == 1
    # What the server knows of the search goes with it; what it saved stays.
    jobs.forget(district, REDRAW)
    again = view()
    assert "已保存的方案" in said(again)
    assert "变动最少" in said(again)


def test_a_click_that_meets_somebody_else_s_search_shows_how_far_it_is(district, held):
    mine, other = view(), view("English")
    press(other, "propose start")
    assert "You may leave this page" in said(other)
    app = press(mine, "propose start")
    assert not app.exception
    assert "可以离开本页" in said(app)
    assert next(button for button in app.button if button.key == "propose start").disabled
    held.set()
    assert jobs.current(district, REDRAW).wait(60)


def test_what_is_lacking_is_said_before_anything_starts(district):
    app = view()
    for name in form.read_factors(district, Workspace.open(district).stamp):
        field(app, district, f"weight {name}").set_value(0)
    app.run()
    assert "至少一个因素" in said(app)
    assert next(button for button in app.button if button.key == "propose start").disabled
    app = press(app, "propose default weights")
    assert "至少一个因素" not in said(app)
    assert field(app, district, "weight calls").value == 25


@pytest.mark.parametrize(
    ("name", "typed", "kept"),
    [
        ("weight calls", -5, 0),
        ("weight calls", 10**9, 100),
        ("diverted", 101, 100),
        ("above", 0, 50),
        ("seed", 2**40, 2**32 - 1),
        ("total all", 0, 1),
        ("total all", 10**9, 36),  # as many zones as there are grids
    ],
)
def test_a_number_out_of_range_is_put_right_where_everybody_sees_it(district, name, typed, kept):
    app = view()
    field(app, district, "count").set_value("shared")
    app.run()
    field(app, district, name).set_value(typed)
    app.run()
    assert not app.exception
    assert field(app, district, name).value == kept


def test_what_a_district_has_not_is_not_asked_for(district, squares):
    bare = squares["grids"].drop(columns="village_id")
    workspace = Workspace.open(district)
    for table in ("villages", "stations", "towns", "posts"):
        workspace.write(table, squares[table].iloc[:0])
    workspace.write("grids", bare)
    workspace.write("zones", squares["zones"].drop(columns="station_id"))
    app = view()
    assert not app.exception
    names = [
        one.key.partition(f"{district} ")[2] for kind in ("radio", "multiselect") for one in app.get(kind)
    ]
    assert names == ["count", "lock_zones", "lock_grids"]
    assert field(app, district, "count").options == ["与现状相同", "指定总数"]
    press(app, "propose start")
    assert jobs.current(district, REDRAW).wait(60)
    told = said(app.run())
    assert not app.exception
    assert "换区网格" in told
    assert "村社" not in told.replace("村社完整", "")


def test_what_cannot_be_drawn_is_said_without_a_terminal_s_options(district):
    app = view()
    field(app, district, "count").set_value("shared")
    app.run()
    field(app, district, "total all").set_value(36)
    app.run()
    app = press(app, "propose start")
    assert jobs.current(district, REDRAW).wait(60)
    app = app.run()
    assert "警务区比可划分的单元还多" in said(app)
    assert "--" not in "".join(error.value for error in app.error)


def test_a_form_is_as_it_was_left_and_after_a_reload_as_it_was_sent(district):
    app = view()
    field(app, district, "tolerance").set_value(7)
    app.run()
    app.session_state[zoning.VIEW_KEY] = "plans"
    app.run()
    app.session_state[zoning.VIEW_KEY] = "propose"
    app.run()
    assert field(app, district, "tolerance").value == 7
    press(app, "propose start")
    assert jobs.current(district, REDRAW).wait(60)
    assert field(view(), district, "tolerance").value == 7


@pytest.mark.parametrize("lang", LANGS)
def test_what_cannot_be_met_names_no_option_of_a_terminal(lang, squares):
    names = PlaceNames.of(squares)
    unmet = Unmet(station="S1", zones=4, asked=0.1, met=0.3, bound=0.2, zones_needed=5, split=("V0000",))
    text = unmet_said(unmet, RedrawParams(), words(lang), names)
    assert "30" in text
    assert "--" not in text


@pytest.mark.parametrize("lang", LANGS)
def test_notes_name_villages_and_no_option_of_a_terminal(lang, squares):
    from geo.errors import Reason

    note = Reason("redraw_splits", {"villages": ["V0000"], "above": 1.0})
    (line,) = page_notes([note], words(lang), PlaceNames.of(squares))
    assert "村0-0" in line
    assert "--" not in line


def test_the_outline_marks_what_changes_hands(squares):
    grids = squares["grids"].set_index("grid_id")
    today = grids["village_id"].astype(object)
    one = grids["village_id"].iloc[0]
    svg = {
        moved: outline_svg(
            grids.geometry,
            zones=today.where(today != one, moved),
            today=today,
            stations=today.map(lambda _: "S1"),
        )
        for moved in (one, "other")
    }
    assert svg["other"].count("#e08214") == 1
    assert svg[one].count("#e08214") == 0
    # One changed village of 3 × 1 squares is a rectangle: its outline has four corners.
    changed = svg["other"].split("#e08214")[0].split('d="')[-1]
    assert changed.count("L") == 3


def test_the_front_is_a_chart_without_a_menu_and_without_addresses():
    figures = {"workload_moved": 0.1234, "cv": 0.05, "polsby_popper": 0.4}
    shown = [Shown(plan_id="P1", aim="least_change", mark=1, figures=figures)]
    spec = front_spec(shown, words("zh"), chosen="least_change")
    (point,) = spec["data"]["values"]
    assert point["moved"] == 12.34
    assert point["title"] == "方案一 变动最少"
    assert point["chosen"]
    assert spec["usermeta"]["embedOptions"]["actions"] is False
    assert "http" not in json.dumps(spec)
