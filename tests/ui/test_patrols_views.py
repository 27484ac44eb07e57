"""The views of the page 巡防 as Streamlit runs them; the browser's part is played by the tests."""

import datetime as dt
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from data.editing import Changes, edit_rows
from data.patrol_plans import read_patrol_plans
from data.workspace import Workspace
from planning.patrol.params import Limits
from ui import jobs, patrol_order, patrols
from ui.pages import patrols_plan_form, patrols_rosters, patrols_routes
from ui.patrol_ground import DayOrder, ordered_day, patrol_ground
from ui.patrol_order import PATROL
from ui.patrol_saving import keep_day
from ui.words import LANGS, words

APP = str(Path(__file__).resolve().parents[2] / "app.py")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
LABELS = {"zh": "中文", "en": "English"}
DAY = dt.date(2026, 12, 1)


@pytest.fixture
def path(tmp_path, make_patrols, monkeypatch):
    made = make_patrols(tmp_path / "巡防.gpkg")
    monkeypatch.setenv("GRIDBEAT_WORKSPACE", str(made))
    # A few rounds are enough for eight stops.
    monkeypatch.setattr(patrol_order, "Limits", lambda **_: Limits(effort=50, workers=1))
    return str(made)


@pytest.fixture
def planned(path, squad_plan):
    """The district with a plan of the squads' evening."""
    workspace = Workspace.open(path)
    order = DayOrder(date=DAY, force="squad", mode="joint", objective="longest")
    day = ordered_day(patrol_ground(workspace), order)
    keep_day(workspace, day, squad_plan, name="今晚")
    return path


@pytest.fixture
def browser_side(monkeypatch):
    """What the map was given last, and what it is to post in the next run."""
    side = SimpleNamespace(data=None, posts=None, now=None)

    def grid_map(data, *, key, on_post):
        side.data = json.loads(json.dumps(data))
        side.now, side.posts = side.posts, None
        if side.now:
            on_post()

    monkeypatch.setattr(patrols_routes, "grid_map", grid_map)
    monkeypatch.setattr(patrols_routes, "posted", lambda _: side.now)
    return side


def view(name, lang="zh"):
    app = AppTest.from_file(APP, default_timeout=60)
    app.query_params["lang"] = LABELS[lang]
    app.session_state[patrols.VIEW_KEY] = name
    app._page_hash = calc_hash("patrols")
    return shown(app.run())


def shown(app):
    """The page, on which nothing went wrong unforeseen."""
    unforeseen = [words(lang)("error.unexpected") for lang in LANGS]
    assert [error.value for error in app.error if error.value in unforeseen] == []
    assert not app.exception
    return app


def said(app):
    elements = [*app.markdown, *app.caption, *app.error, *app.warning, *app.info]
    bodies = [str(each.proto.body) for each in app.get("html")]
    return "\n".join([*(each.value for each in elements), *bodies])


def press(app, key):
    return shown(next(button for button in app.button if button.key.startswith(key)).click().run())


def fill(app, path, **fields):
    app.session_state[f"patrol form {path}"] = dict(fields)
    return shown(app.run())


@pytest.mark.parametrize("lang", LANGS)
def test_a_day_is_planned_in_two_modes_which_stand_side_by_side(path, lang):
    app = AppTest.from_file(APP, default_timeout=60)
    app.query_params["lang"] = LABELS[lang]
    app.session_state[f"patrol form {path}"] = {"force": "squad", "modes": ["own", "joint"], "seconds": 15}
    app._page_hash = calc_hash("patrols")
    app = press(shown(app.run()), "patrol start")
    job = jobs.current(path, PATROL)
    assert job.wait(60)
    app = shown(app.run())
    plans = read_patrol_plans(Workspace.open(path))
    assert list(plans["mode"]) == ["own", "joint"]
    assert job.state().outcome == tuple(plans["plan_id"])
    t = words(lang)
    for mode in ("own", "joint"):
        assert t.name("patrol_mode", mode) in said(app)
    assert t("patrols.measure_longest_shift_h") in said(app)
    assert len([button for button in app.button if button.key.startswith("patrol open D")]) == 2


def test_a_plan_of_one_mode_is_opened_at_once(path, browser_side):
    app = AppTest.from_file(APP, default_timeout=60)
    app.query_params["lang"] = "中文"
    app.session_state[f"patrol form {path}"] = {"force": "squad", "modes": ["joint"]}
    app._page_hash = calc_hash("patrols")
    app = press(shown(app.run()), "patrol start")
    assert jobs.current(path, PATROL).wait(60)
    app = shown(app.run())
    assert app.session_state[patrols.VIEW_KEY] == "routes"
    assert len(browser_side.data["plan"]["routes"]) >= 1
    # Who comes later finds what the address says, not what somebody waited for before.
    assert view("plan").session_state[patrols.VIEW_KEY] == "plan"


def test_what_has_to_be_filled_in_is_said(path):
    app = AppTest.from_file(APP, default_timeout=60)
    app.session_state[f"patrol form {path}"] = {"modes": []}
    app._page_hash = calc_hash("patrols")
    app = shown(app.run())
    assert words("zh")("patrols.needs_mode") in said(app)
    assert next(button for button in app.button if button.key == "patrol start").disabled


def test_a_district_without_roads_teams_and_stops_is_told_what_is_assumed(workspace_file, monkeypatch):
    monkeypatch.setenv("GRIDBEAT_WORKSPACE", str(workspace_file))
    workspace = Workspace.open(workspace_file)
    workspace.write("roads", workspace.read("roads").iloc[:0])
    app = view("plan")
    for table in ("roads", "teams", "stops"):
        assert words("zh")(f"patrols.without_{table}") in said(app).replace("\\", "")


def test_a_district_without_places_is_sent_to_the_import(tmp_path, monkeypatch):
    path = tmp_path / "空.gpkg"
    Workspace.create(path, name="空")
    monkeypatch.setenv("GRIDBEAT_WORKSPACE", str(path))
    assert words("zh")("patrols.needs_places") in said(view("plan"))


@pytest.mark.parametrize("name", ["routes", "backup", "handover"])
def test_views_of_a_plan_lead_to_the_planning_while_there_is_none(path, name):
    app = view(name)
    assert words("zh")("patrols.nothing_yet") in said(app)
    app = press(app, "patrols to plan")
    assert app.session_state[patrols.VIEW_KEY] == "plan"


def test_a_stop_moved_on_the_map_is_kept_and_told(planned, browser_side):
    app = view("routes")
    data = browser_side.data
    assert (data["mode"], data["lang"]) == ("patrol", "zh")
    assert len(data["plan"]["routes"]) == 3
    assert data["geometry"]["grids"]["ids"]
    before = read_patrol_plans(Workspace.open(planned)).iloc[0]
    stop = data["plan"]["routes"][0]["visits"][0][0]
    frame = data["plan"]["frame"]
    post = {
        "token": "t1",
        "kind": "move",
        "stop": frame["stops"][stop]["id"],
        "team": frame["teams"][1]["id"],
    }
    browser_side.posts = [post]
    app.run()
    after = read_patrol_plans(Workspace.open(planned)).iloc[0]
    assert after["rev"] == before["rev"] + 1
    shown(app.run())
    assert browser_side.data["state"]["can"]["undo"]


def test_a_plan_changed_by_somebody_else_is_read_anew(planned, browser_side):
    from data.patrol_plans import change_patrol_plan

    app = view("routes")
    first = browser_side.data["state_key"]
    change_patrol_plan(Workspace.open(planned), "D1", rev=1, changes={"note": "改"})
    shown(app.run())
    assert browser_side.data["state_key"] != first


def test_planning_anew_keeps_the_routes_that_are_to_stay(planned, browser_side):
    app = view("routes")
    browser_side.posts = [{"token": "t1", "kind": "replan", "keep": ["T2"]}]
    app.run()
    app.run()
    job = jobs.current(planned, PATROL)
    assert job.wait(60)
    assert job.state().error is None
    (plan,) = job.state().outcome
    workspace = Workspace.open(planned)
    assert plan == "D2"
    kept = [stops_of(workspace, each, "T2") for each in ("D1", "D2")]
    assert kept[0] == kept[1]


def stops_of(workspace, plan, team):
    from data.patrol_plans import read_patrol_plan

    visits = read_patrol_plan(workspace, plan).visits
    return visits[visits["team_id"] == team]["stop_id"].tolist()


def test_a_plan_is_named_and_deleted(planned):
    app = view("plan")
    field = next(each for each in app.text_input if each.key.startswith("patrol name D1"))
    field.set_value("周二夜巡")
    app = press(shown(app.run()), "patrol_change")
    workspace = Workspace.open(planned)
    assert list(read_patrol_plans(workspace)["name"]) == ["周二夜巡"]
    next(each for each in app.checkbox if each.key.startswith("patrol delete asked")).check()
    press(shown(app.run()), "patrol_delete")
    assert read_patrol_plans(workspace).empty


def test_backup_without_villages_says_what_is_missing(planned):
    workspace = Workspace.open(planned)
    workspace.write("villages", workspace.read("villages").iloc[:0])
    assert words("zh")("patrols.backup_needs_villages") in said(view("backup"))


def test_backup_is_reckoned_without_roads_too(planned):
    workspace = Workspace.open(planned)
    workspace.write("roads", workspace.read("roads").iloc[:0])
    assert words("zh")("patrols.backup_weakest") in said(view("backup"))


@pytest.mark.parametrize("lang", LANGS)
def test_backup_names_the_weakest_quarter_of_an_hour(planned, lang):
    app = view("backup", lang)
    t = words(lang)
    assert t("patrols.backup_weakest") in said(app)
    assert t("patrols.backup_worst") in said(app)


@pytest.mark.parametrize("lang", LANGS)
def test_hours_show_weekdays_by_hours_and_take_proposed_stops(path, lang):
    app = view("hours", lang)
    t = words(lang)
    assert t("patrols.weekday_7") in said(app)
    workspace = Workspace.open(path)
    before = len(workspace.read("stops"))
    press(app, "patrol hot add")
    after = workspace.read("stops")
    assert len(after) > before
    assert set(after["kind"][before:]) == {"hot_spot"}


def rosters(table):
    app = AppTest.from_file(APP, default_timeout=60)
    app.session_state[patrols.VIEW_KEY] = "rosters"
    app.session_state["patrol_roster"] = table
    app._page_hash = calc_hash("patrols")
    return shown(app.run())


@pytest.mark.parametrize(("setting", "name"), [("duty", "duty"), ("speeds", "speeds")])
def test_settings_are_kept_and_given_back(path, setting, name):
    app = press(rosters(name), f"patrol_settings {setting} keep")
    workspace = Workspace.open(path)
    assert workspace.setting(setting)
    press(app, f"patrol_settings {setting} reset")
    assert workspace.setting(setting) == {}


@pytest.mark.parametrize("table", ["teams", "stops", "closed_roads"])
def test_tables_are_shown_to_be_edited(path, table):
    app = rosters(table)
    assert next(button for button in app.button if button.key == "roster save").disabled


def test_what_was_saved_in_a_table_is_taken_back_at_a_click(path):
    workspace = Workspace.open(path)
    done = edit_rows(workspace, "stops", Changes(changed={"B1": {"dwell_min": 25}}), stamp=workspace.stamp)
    app = rosters("stops")
    app.session_state[patrols_rosters._UNDO] = (path, done.stamp, "stops", done.undo)
    press(shown(app.run()), "roster undo")
    assert workspace.read("stops").set_index("stop_id").at["B1", "dwell_min"] == 15


def test_the_package_is_made_at_a_click(planned):
    app = view("handover")
    assert words("zh")("patrols.handover_holds") in said(app)
    app = press(app, "patrol handover make")
    labels = [each.proto.label for each in app.get("download_button")]
    assert any(".zip" in label or "全部" in label or "下载" in label for label in labels)
    assert len(labels) >= 5


def test_days_are_told_with_their_weekday_in_both_languages():
    assert patrols_plan_form.day_text("2026-12-01", words("zh")).startswith("2026-12-01 周二")
    assert patrols_plan_form.day_text("2026-12-01", words("en")).startswith("2026-12-01 Tue")
