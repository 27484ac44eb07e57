"""A day of patrols in a browser: stops taken in hand, moved, dragged; time; roads closed; all by keyboard."""

import json

import pytest

from data.workspace import Workspace
from tests.ui.patrol_boards import board_of
from ui.names import PlaceNames
from ui.painter.patrol_geometry import GROUND_TABLES, patrol_geometry
from ui.painter.registering import ASSETS
from ui.words import words

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def ground(squad_day):
    tables = Workspace.open(squad_day[1]).read_all(GROUND_TABLES)
    return patrol_geometry(tables, PlaceNames.of(tables))


@pytest.fixture
def board(squad_day, squad_plan):
    return board_of(squad_day, squad_plan, lambda plan: None)


def told(board, lang="zh"):
    answer = json.loads(json.dumps(board.answer(words(lang))))
    board.delivered()
    return {"mode": "patrol", "lang": lang, "geometry_key": "squares", "credit": "", **answer}


@pytest.fixture
def desk(patrol, board, ground):
    opened = patrol(told(board), ground)
    return Desk(opened, board)


class Desk:
    """The mode on a page, with Python's side played by a board."""

    def __init__(self, page, board):
        self.page, self.board = page, board

    def run(self, script, argument=None):
        return self.page.evaluate(f"(a) => {{ const d = window.mode; {script} }}", argument)

    def posts(self):
        return self.page.evaluate("calls.splice(0).flat()")

    def answer(self):
        """Have Python take what was posted, and the browser its answer."""
        posts = self.posts()
        self.board.take(posts)
        data = {**told(self.board), "words": None}
        self.page.evaluate("(data) => mode.update({ ...data, words: mode.words })", data)
        self.page.wait_for_timeout(60)
        return posts

    def at(self, stop):
        """Where on the screen a stop lies."""
        return self.run(
            """const s = d.day.stops[d.day.stopAt.get(a)], box = d.mapHost.getBoundingClientRect();
            const [x, y] = d.canvas.pixelOf(s.x, s.y); return [x + box.left, y + box.top]""",
            stop,
        )

    def chosen(self):
        return self.run("return [d.day.teams[d.team]?.id ?? '', d.day.stops[d.stop]?.id ?? '']")

    def team_of(self, stop):
        return self.run("return d.day.teams[d.day.visitOf.get(d.day.stopAt.get(a))?.team]?.id ?? ''", stop)

    def text(self, part):
        return self.page.locator(part).inner_text()

    def focus(self):
        self.page.locator(".gbp-canvas").focus()


def other(desk, stop):
    return next(team for team in desk.board.problem.teams.index if team != desk.team_of(stop))


def test_every_team_has_a_row_with_its_stops_in_order(desk):
    rows = desk.page.locator(".timeline .row")
    assert rows.count() == 3
    blocks = rows.first.locator(".dwell").all_inner_texts()
    assert blocks == [str(i + 1) for i in range(len(blocks))]
    assert "一队" in desk.text(".timeline")


def test_names_are_text_whatever_they_hold(desk):
    assert SCRIPT in desk.text(".timeline")
    desk.run("d.choose({team: 2, stop: -1})")
    desk.page.wait_for_timeout(60)
    assert SCRIPT in desk.text("section.team")


def test_a_click_on_a_stop_takes_it_and_its_team_in_hand(desk):
    desk.page.mouse.click(*desk.at("B1"))
    assert desk.chosen() == [desk.team_of("B1"), "B1"]
    assert "一号点" in desk.text("section.team li.chosen")
    pressed = desk.page.locator('.timeline .dwell[aria-pressed="true"]')
    assert pressed.count() == 1
    # The time goes where the stop begins.
    assert desk.run("return d.second") == desk.run(
        "const v = d.day.visitOf.get(d.stop); return d.day.routes.get(v.team).visits[v.place].begin"
    )


def test_a_click_on_a_route_takes_its_team_in_hand_and_one_beside_all_gives_it_up(desk):
    x, y = desk.run(
        """const way = d.day.routes.get(0).ways[0], box = d.mapHost.getBoundingClientRect();
        const [wx, wy] = [(way.points[0] + way.points[2]) / 2, (way.points[1] + way.points[3]) / 2];
        const [px, py] = d.canvas.pixelOf(wx, wy); return [px + box.left, py + box.top]"""
    )
    desk.page.mouse.click(x, y)
    assert desk.chosen()[0] != ""
    box = desk.page.locator(".gbp-canvas").bounding_box()
    desk.page.mouse.click(box["x"] + 300, box["y"] + 5)
    assert desk.chosen() == ["", ""]


def test_the_card_tells_of_the_stop_under_the_pointer(desk):
    desk.page.mouse.move(*desk.at("B2"))
    desk.page.wait_for_timeout(80)
    card = desk.text(".gbp-card")
    assert "二号点" in card
    assert "19:00–20:00" in card
    assert "必巡" in card


def test_a_stop_is_moved_by_the_menu_that_tells_what_it_costs(desk):
    desk.focus()
    desk.run("d.chooseStop(d.day.stopAt.get('B1'))")
    desk.page.keyboard.press("m")
    assert [post["kind"] for post in desk.answer()] == ["weigh"]
    option = desk.page.locator(".mover li button").first
    team = option.get_attribute("data-key").removeprefix("to ")
    option.click()
    assert [(post["kind"], post["stop"]) for post in desk.answer()] == [("move", "B1")]
    assert desk.team_of("B1") == desk.run("return d.day.teams[a].id", int(team))
    assert "一号点" in desk.text("section.effect")
    # The keys go on working.
    desk.page.keyboard.press("Control+z")
    assert [post["kind"] for post in desk.answer()] == ["undo"]
    assert "已撤销" in desk.text("section.effect")


def test_a_stop_is_dragged_onto_another_team_s_row(desk):
    team = other(desk, "B1")
    row = desk.page.locator(f'.timeline .row[data-team="{desk.run("return d.day.teamAt.get(a)", team)}"]')
    desk.page.mouse.move(*desk.at("B1"))
    desk.page.mouse.down()
    box = row.bounding_box()
    desk.page.mouse.move(box["x"] + 300, box["y"] + 10, steps=5)
    assert row.evaluate("(node) => node.classList.contains('aimed')")
    desk.page.mouse.up()
    posts = desk.answer()
    assert [(post["kind"], post["stop"], post["team"]) for post in posts] == [("move", "B1", team)]
    assert desk.team_of("B1") == team


def test_a_bar_is_dragged_to_another_row_and_escape_gives_it_up(desk):
    block = desk.page.locator(f'.dwell[data-stop="{desk.run("return d.day.stopAt.get(a)", "B1")}"]')
    row = desk.page.locator(
        f'.timeline .row[data-team="{desk.run("return d.day.teamAt.get(a)", other(desk, "B1"))}"]'
    )
    for gives_up in (True, False):
        box, target = block.bounding_box(), row.bounding_box()
        desk.page.mouse.move(box["x"] + 4, box["y"] + 6)
        desk.page.mouse.down()
        desk.page.mouse.move(target["x"] + 250, target["y"] + 12, steps=5)
        if gives_up:
            desk.page.keyboard.press("Escape")
        desk.page.mouse.up()
        assert len(desk.posts()) == (0 if gives_up else 1)


def test_a_team_that_may_not_take_a_stop_is_told_and_nothing_is_posted(desk):
    desk.run("d.day.circles[d.day.stops[0].circle].clear()")
    desk.run("d.move(0, d.day.visitOf.get(0).team === 0 ? 1 : 0)")
    assert desk.posts() == []
    assert "不能接" in desk.text(".gbp-line")


def test_time_is_set_played_and_paused(desk):
    slider = desk.page.locator(".timeline input[type=range]")
    slider.fill("68400")
    assert desk.text(".timeline .flag") == "19:00"
    desk.focus()
    desk.page.keyboard.press("Space")
    desk.page.wait_for_timeout(300)
    desk.page.keyboard.press("Space")
    later = desk.run("return d.second")
    assert later > 68400
    desk.page.wait_for_timeout(120)
    assert desk.run("return d.second") == later
    desk.page.keyboard.press(",")
    assert desk.run("return d.second") == pytest.approx(later - 300)


def test_a_road_is_closed_by_a_click_and_at_the_cross_by_the_keyboard(desk):
    desk.focus()
    desk.page.keyboard.press("c")
    box = desk.page.locator(".gbp-canvas").bounding_box()
    desk.page.mouse.click(box["x"] + 400, box["y"] + 200)
    (post,) = desk.answer()
    assert post["kind"] == "close"
    lon, lat = post["at"]
    assert 119 < lon < 122
    assert 29 < lat < 31
    assert post["within"] > 0
    assert "R1 路" in desk.text("section.roads")
    assert "走不通" in desk.text("section.summary")
    desk.page.keyboard.press("ArrowRight")
    desk.page.keyboard.press("Enter")
    assert [post["kind"] for post in desk.answer()] == ["close"]
    desk.page.keyboard.press("Escape")
    assert not desk.run("return d.closing")


def test_what_is_posted_goes_again_with_what_follows_until_it_is_answered(desk):
    desk.run("d.send({kind: 'undo'})")
    desk.run("d.send({kind: 'redo'})")
    first = desk.posts()
    assert [post["kind"] for post in first] == ["undo"]
    desk.page.evaluate(
        "(token) => mode.update({ ...mode.data, plan: null, routes: [], acks: [token] })", first[0]["token"]
    )
    desk.page.wait_for_timeout(80)
    assert [post["kind"] for post in desk.posts()] == ["redo"]


def test_stops_and_teams_are_walked_through_by_keys(desk):
    desk.focus()
    desk.page.keyboard.press("]")
    team = desk.chosen()[0]
    assert team
    desk.page.keyboard.press("n")
    assert desk.run("return d.day.visitOf.get(d.stop).place") == 0
    desk.page.keyboard.press("n")
    assert desk.run("return d.day.visitOf.get(d.stop).place") == 1
    desk.page.keyboard.press("u")
    assert desk.chosen() == ["", "B8"]
    desk.page.keyboard.press("ArrowLeft")
    assert desk.chosen()[1] != "B8"
    desk.page.locator(".timeline .dwell[tabindex='0']").focus()
    before = desk.chosen()[1]
    desk.page.keyboard.press("ArrowRight")
    assert desk.chosen()[1] != before


def test_what_is_left_out_is_listed_with_reason_and_remedy_and_gone_to(desk):
    missed = desk.text("section.missed")
    assert "八号点" in missed
    assert "时间窗" in missed
    desk.page.locator("section.missed .missing").click()
    assert desk.chosen() == ["", "B8"]


def test_teams_and_stops_are_found_by_name(desk):
    desk.page.locator(".gbp-search input").fill("六号")
    desk.page.keyboard.press("Enter")
    assert desk.chosen()[1] == "B6"


def test_planning_anew_posts_the_teams_whose_routes_stay(desk):
    desk.run("d.choose({team: 1, stop: -1})")
    desk.page.wait_for_timeout(60)
    desk.page.locator(".keeper input").check()
    desk.run("d.replan()")
    (post,) = desk.posts()
    assert (post["kind"], post["keep"]) == ("replan", ["T2"])


def test_it_comes_back_as_it_was_left_and_asks_for_a_plan_that_it_lacks(desk, ground):
    desk.run("d.choose({team: 1, stop: -1}); d.setTime(70000)")
    desk.page.wait_for_timeout(500)
    found = desk.page.evaluate(
        """async (geometry) => {
          const { open } = await import("/painter/patrol.js");
          mode.destroy();
          const wanted = [], data = { ...window.data, words: mode.words, plan: null };
          const again = open(root, { data, geometry, post: () => {}, want: (what) => wanted.push(what) });
          const unknown = { ...data, state_key: "never heard of" };
          const want = (what) => wanted.push(what);
          const none = open(root, { data: unknown, geometry, post: () => {}, want });
          const state = [again.team, again.second, none, wanted, root.querySelectorAll(".gb-patrol").length];
          again.destroy();
          return state;
        }""",
        ground,
    )
    assert found == [1, 70000, None, ["never heard of"], 1]


def test_english_has_no_chinese_left(patrol, board, ground):
    page = patrol(told(board, "en"), ground)
    shown = page.locator(".gb-patrol").inner_text()
    for name in [*board.problem.teams["name"], *board.problem.stops["name"], "中心派出所"]:
        shown = shown.replace(name, "")
    assert [char for char in shown if "\u4e00" <= char <= "\u9fff"] == []


def test_texts_that_the_scripts_ask_for_are_there():
    import re

    from ui.painter.patrol_words import KEYS

    asked = set()
    for file in ASSETS.glob("patrol*.js"):
        text = file.read_text(encoding="utf-8")
        asked |= set(re.findall(r"tell\('(\w+)'", text)) | set(re.findall(r"'(keys_\w+)'", text))
    assert asked - set(KEYS) == set()
