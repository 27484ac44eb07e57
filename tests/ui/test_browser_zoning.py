"""The planner's page in a real browser without internet: what is painted stays painted, whatever happens."""

import csv
import io
import os
import re
import zipfile
from contextlib import contextmanager

import pandas as pd
import pytest

from data.plan_states import move_plan, read_states
from data.plans import PAINTED, read_assignment, read_plans, save_plan, today_plan_id
from data.strokes import assignment_at, plan_locks, plan_zone_names, read_strokes
from data.workspace import Workspace
from ui.recent import key_of

CANVAS = ".gbp-canvas"
GRIDS = [f"G{i:02}{j:02}" for j in range(6) for i in range(6)]
TODAY = pd.Series({grid: f"Z{int(grid[1:3]) // 3:02}{int(grid[3:]) // 3:02}" for grid in GRIDS})
PATIENCE = 30
STROKES = 210
# Compiling the search, once on a machine, takes longer than searching.
SEARCH_MS = 120_000
READY = "(h) => h.gbp && h.gbp.px && h.gbp.picture && !h.getRootNode().querySelector('[data-pending]')"


def shot(page, name):
    if os.environ.get("SHOTS"):
        page.screenshot(path=f"/tmp/journey_{name}.png")


class Desk:
    """The page 警务区划 as a planner uses it, and the plan behind it as the file holds it."""

    def __init__(self, page, address, path, **asked):
        self.page, self.path = page, path
        self.workspace = Workspace.open(path)
        asked = {"district": key_of(path), **asked}
        self.address = f"{address}/zoning?" + "&".join(f"{name}={value}" for name, value in asked.items())

    def open(self):
        self.page.goto(self.address)
        return self.ready()

    def ready(self):
        self.canvas.locator("canvas").first.wait_for()
        self.settled()
        return self

    @property
    def canvas(self):
        return self.page.locator(CANVAS)

    @property
    def panel(self):
        return self.page.locator(".gb-score")

    def view(self, name):
        self.page.locator(".st-key-zoning_view").get_by_text(name, exact=True).click()

    def settled(self):
        """Wait until Python has kept and scored all that was painted."""
        self.page.wait_for_function(
            """() => {
                const find = (root) => root.querySelector('.gbp-canvas')
                    || [...root.querySelectorAll('*')].map((n) => n.shadowRoot && find(n.shadowRoot)).find(Boolean);
                const host = find(document), d = host && host.gbp;
                if (!d || !d.px || !d.picture) return false;
                const score = host.getRootNode().querySelector('.gb-score');
                return score && !score.hasAttribute('data-pending') && score.querySelectorAll('.bars .main').length > 0;
            }"""
        )

    def run(self, script, argument=None):
        """Run a script on the map: `d` the canvas, `at(id)` the place of a grid, `a` the argument."""
        return self.canvas.evaluate(
            "(host, a) => { const d = host.gbp, at = (id) => d.geometry.grids.ids.indexOf(id); " + script + " }",
            argument,
        )

    def place(self, grid):
        """Return where on the screen a grid lies."""
        return self.run(
            "const g = at(a), [x, y] = d.pixelOf(d.shapes.atX[g], d.shapes.atY[g]), b = host.getBoundingClientRect();"
            "return [x + b.left, y + b.top]",
            grid,
        )

    def colour(self, grid):
        """Return the colour that a grid has on the screen, as drawn."""
        return self.run(
            "const g = at(a), [x, y] = d.pixelOf(d.shapes.atX[g], d.shapes.atY[g]), s = d.sheets.fills.canvas,"
            " b = s.getBoundingClientRect(), h = host.getBoundingClientRect();"
            "return [...d.sheets.fills.getImageData((x + h.left - b.left) * d.dpr, (y + h.top - b.top) * d.dpr, 1, 1).data]",
            grid,
        )

    def zones(self, *grids):
        """Return the numbers of the zones that grids have in the browser."""
        return self.run("return a.map((id) => d.picture.zoneOf[at(id)])", list(grids))

    def shown(self):
        """Return the zone of every grid in the browser, by the ids of the zones of today."""
        zones = sorted(set(TODAY))
        return {g: zones[n] if n >= 0 else "" for g, n in zip(GRIDS, self.zones(*GRIDS), strict=True)}

    def click(self, grid):
        self.page.mouse.click(*self.place(grid))

    def drag(self, *grids, release=True):
        self.page.mouse.move(*self.place(grids[0]))
        self.page.mouse.down()
        for grid in grids[1:]:
            self.page.mouse.move(*self.place(grid), steps=4)
        if release:
            self.page.mouse.up()

    def key(self, *keys):
        for key in keys:
            self.canvas.press(key)

    def brush(self, grid):
        """Take the brush and the zone of a grid."""
        self.key("p")
        self.click(grid)

    def said(self, text):
        """Wait for what the line on the map says."""
        self.page.locator(".gbp-line").get_by_text(text).wait_for()

    def until_kept(self, plan_id, strokes):
        """Wait until so many strokes are in the file."""
        for _ in range(PATIENCE * 20):
            if len(read_strokes(self.workspace, plan_id)) >= strokes:
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"{len(read_strokes(self.workspace, plan_id))} strokes were kept")

    def kept(self, plan_id):
        """Return the plan as the file has it."""
        return read_assignment(self.workspace, plan_id).reindex(GRIDS).fillna("")

    def moved(self, plan_id):
        """Return the grids that are in another zone than today, and their zone."""
        now = self.kept(plan_id)
        return now[now != TODAY].to_dict()


def drafted(path, name="手工方案"):
    """Keep a draft as today is, to be painted."""
    return save_plan(Workspace.open(path), TODAY, kind=PAINTED, name=name)


@pytest.fixture(scope="module")
def app(serving, tmp_path_factory, make_workspace):
    """Address of the app, and the folder in which it finds districts by their key."""
    home = tmp_path_factory.mktemp("planner") / "home"
    home.mkdir()
    with serving(make_workspace(home / "方格区.gpkg"), home=home) as address:
        yield address, home




def test_a_planner_goes_the_whole_way_from_a_proposal_to_the_papers(app, new_page, tmp_path):
    address, home = app
    path = home / "方格区.gpkg"
    desk = Desk(new_page(), address, path, view="propose")
    page = desk.page
    page.goto(desk.address)
    page.get_by_text("10 秒", exact=True).click()
    page.locator(".st-key-propose-start button").dblclick()
    cards = page.locator("[class*='st-key-propose-card-']").filter(has=page.get_by_text(re.compile("^方案[一二三]$")))
    page.get_by_text(re.compile("^找到 [2-9] 个方案")).wait_for(timeout=SEARCH_MS)
    shot(page, "10cards")
    page.locator(".st-key-propose-pick-1 button").click()
    desk.ready()
    shot(page, "11picked")
    plan = read_plans(desk.workspace).iloc[-1]
    assert plan["kind"] == PAINTED
    print(read_plans(desk.workspace)[["plan_id","kind","name","status","parent"]])
    before = desk.kept(plan["plan_id"])
    # pick
    desk.key("p")
    desk.click("G0000")
    shot(page, "12chosen")
    desk.drag("G0505", "G0405", "G0305", release=False)
    print(desk.zones("G0000","G0505","G0405","G0305"), desk.colour("G0000"), desk.colour("G0505"))
    page.mouse.up()
    desk.settled()
    page.wait_for_timeout(500)
    shot(page, "13broken")
    after = desk.kept(plan["plan_id"])
    print(after[after != before])
    print([m.inner_text() for m in desk.panel.locator(".mend").all()])
    desk.panel.locator(".mend").first.click()
    desk.panel.get_by_text("网格全部划入，警务区都连成一片").wait_for()
    desk.settled()
    shot(page, "14mended")
    desk.key("Control+z")
    desk.panel.locator(".mend").first.wait_for()
    desk.settled()
    desk.key("Control+y")
    desk.panel.get_by_text("网格全部划入，警务区都连成一片").wait_for()
    desk.settled()
    page.wait_for_timeout(500)
    desk.view("比较")
    page.locator(".changes li").first.wait_for()
    page.wait_for_timeout(1500)
    shot(page, "15compare")
    refuse = page.locator(".changes li .refuse")
    print(refuse.count(), [x.inner_text() for x in page.locator(".changes li").all()])
    refuse.first.click()
    page.wait_for_timeout(1500)
    shot(page, "16refused")
    desk.view("方案库")
    page.get_by_text("送征求意见").first.wait_for()
    page.wait_for_timeout(800)
    shot(page, "17plans")
    page.get_by_role("button", name="送征求意见").click()
    page.get_by_role("textbox", name="经手单位或岗位").fill("规划科")
    shot(page, "18step")
    page.get_by_role("button", name="确定").click()
    page.get_by_role("button", name="通过审核").click()
    page.wait_for_timeout(500)
    shot(page, "19approve")
    page.get_by_role("button", name="确定").click()
    page.get_by_role("button", name="发布为现行").click()
    page.get_by_role("textbox", name="文号").fill("方公通〔2026〕12号")
    page.get_by_role("textbox", name="生效日期").fill("2027年1月1日")
    shot(page, "20force")
    page.get_by_role("button", name="确定").click()
    page.get_by_text("已发布为现行").or_(page.get_by_text("已转为：现行")).first.wait_for()
    page.wait_for_timeout(800)
    shot(page, "21inforce")
    desk.view("报批包")
    page.get_by_role("button", name="生成报批包").click()
    with page.expect_download() as waited:
        page.get_by_role("button", name=re.compile("下载报批包")).click(timeout=60000)
    shot(page, "22handover")
    waited.value.save_as(tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as z:
        print(z.namelist())
    other = Desk(new_page(), address, path)
    other.page.goto(f"{address}/zoning")
    other.ready()
    shot(other.page, "23reopened")


def test_the_server_killed_in_the_middle_of_a_stroke_costs_nothing(starting, new_page, tmp_path, make_workspace):
    home = tmp_path / "home"
    home.mkdir()
    path = make_workspace(home / "方格区.gpkg")
    plan = drafted(path)
    with starting(path, home=home) as (address, server):
        port = int(address.rpartition(":")[2])
        desk = Desk(new_page(), address, path, plan=plan).open()
        desk.brush("G0000")
        desk.key("u", "u")
        desk.drag("G0300")
        desk.settled()
        desk.drag("G0301", "G0302", release=False)
        server.kill()
        server.wait()
        desk.page.mouse.up()
        desk.drag("G0003")
        desk.page.wait_for_timeout(200)
        shot(desk.page, "30dead")
        assert desk.zones("G0302", "G0003") == [0, 0]
        assert set(desk.kept(plan)[["G0301", "G0302", "G0003"]]) == {"Z0100", "Z0001"}
    with starting(path, home=home, port=port) as (address, server):
        desk.until_kept(plan, 3)
        desk.settled()
        shot(desk.page, "31again")
        desk.drag("G0103")
        server.kill()
        server.wait()
    with starting(path, home=home, port=port):
        desk.until_kept(plan, 4)
        desk.settled()
        shot(desk.page, "32again")
        moved = desk.moved(plan)
        print(moved)
        assert set(moved) == {"G0300", "G0301", "G0302", "G0003", "G0103"}
        assert set(moved.values()) == {"Z0000"}
        desk.key("Control+z")
        desk.until_kept(plan, 5)
        assert "G0103" not in desk.moved(plan)
        assert desk.zones("G0103") == [1]


def test_two_planners_on_one_plan_hear_of_each_other_and_lose_nothing(app, new_page, make_workspace):
    address, home = app
    path = make_workspace(home / "两人.gpkg")
    plan = drafted(path)
    one, two = (Desk(new_page(), address, path, plan=plan).open() for _ in range(2))
    for desk in (one, two):
        desk.key("u", "u")
    one.brush("G0000")
    two.brush("G0505")
    one.drag("G0300")
    one.settled()
    two.said("改了 1 个网格")
    shot(two.page, "40told")
    assert two.zones("G0300") == [0]
    # Before the other one has heard of it.
    one.drag("G0302")
    two.drag("G0302", "G0202")
    print(two.zones("G0302", "G0202"), desk_line(two))
    one.settled()
    two.settled()
    two.page.wait_for_timeout(500)
    print(two.moved(plan), one.zones("G0302", "G0202"), two.zones("G0302", "G0202"), desk_line(two), desk_line(one))
    shot(two.page, "41clash")
    two.key("Control+z")
    two.settled()
    two.page.wait_for_timeout(500)
    print(two.moved(plan))
    one.key("Control+z")
    one.settled()
    one.page.wait_for_timeout(500)
    print(two.moved(plan))


def desk_line(desk):
    return desk.page.locator(".gbp-line").inner_text()


def test_hundreds_of_strokes_are_undone_and_redone_after_leaving_and_coming_back(app, new_page, make_workspace):
    import time
    t0 = time.time()
    def told(*a): print(round(time.time()-t0, 1), *a)
    address, home = app
    path = make_workspace(home / "多笔.gpkg")
    plan = drafted(path)
    desk = Desk(new_page(), address, path, plan=plan).open()
    desk.key("u", "u")
    desk.brush("G0000")
    told("open")
    keys = desk.page.keyboard
    ways = (["ArrowRight"] * 5 + ["ArrowUp"] + ["ArrowLeft"] * 5 + ["ArrowUp"]) * 3
    ways = ways[:35]
    desk.key("ArrowLeft", *["ArrowLeft"] * 5, *["ArrowDown"] * 5)
    path_ = 0
    for pair in range(STROKES // 2):
        keys.press("e")
        keys.press("Enter")
        keys.press("b")
        keys.press("Enter")
        turn, step = divmod(pair, 35)
        back = {"ArrowRight": "ArrowLeft", "ArrowLeft": "ArrowRight", "ArrowUp": "ArrowDown"}
        keys.press(ways[step] if turn % 2 == 0 else back[ways[34 - step]])
    told("typed")
    desk.until_kept(plan, STROKES)
    told("kept", len(read_strokes(desk.workspace, plan)))
    desk.settled()
    told("painted", len(read_strokes(desk.workspace, plan)))
    desk.view("方案库")
    desk.page.get_by_text("送征求意见").first.wait_for()
    desk.view("绘制")
    desk.ready()
    desk.canvas.focus()
    for _ in range(STROKES // 2):
        keys.press("Control+z")
    told("typed undo")
    desk.until_kept(plan, STROKES + STROKES // 2)
    desk.settled()
    told("undone half")
    half = assignment_at(desk.workspace, plan, STROKES // 2).reindex(GRIDS).fillna("")
    assert (desk.kept(plan) == half).all()
    assert desk.shown() == half.to_dict()
    desk.page.get_by_role("link", name="总览").click()
    desk.page.get_by_text("村社善治").wait_for()
    desk.page.get_by_role("link", name="警务区划").click()
    desk.ready()
    desk.canvas.focus()
    for _ in range(STROKES // 2 + 3):
        keys.press("Control+z")
    desk.until_kept(plan, 2 * STROKES)
    desk.settled()
    told("undone")
    assert desk.moved(plan) == {}
    assert desk.shown() == TODAY.to_dict()
    desk.page.reload()
    desk.ready()
    desk.canvas.focus()
    for _ in range(STROKES + 3):
        keys.press("Control+y")
    told("typed redo")
    desk.until_kept(plan, 3 * STROKES)
    desk.settled()
    told("redone")
    last = assignment_at(desk.workspace, plan, STROKES).reindex(GRIDS).fillna("")
    assert (desk.kept(plan) == last).all()
    assert desk.shown() == last.to_dict()


def test_what_is_locked_or_another_stations_is_not_painted_and_the_keyboard_is_enough(app, new_page, make_workspace):
    address, home = app
    path = make_workspace(home / "two stations.gpkg")
    plan = drafted(path, "By hand")
    workspace = Workspace.open(path)
    for name in ("villages", "zones"):
        table = workspace.read(name)
        table["station_id"] = ["S2" if one[1:3] == "01" else "S1" for one in table.iloc[:, 0]]
        workspace.write(name, table)
    workspace.write("stations", pd.DataFrame({"station_id": ["S1", "S2"], "name": ["Central", "East"]}))
    desk = Desk(new_page(), address, path, plan=plan, lang="en").open()
    shot(desk.page, "50english")
    desk.key(*["ArrowLeft"] * 6, *["ArrowDown"] * 5)
    desk.key("p", "Enter", "u", "u")
    desk.key(*["ArrowRight"] * 3, "Enter")
    shot(desk.page, "51station")
    print(desk_line(desk), desk.zones("G0300"))
    desk.key(*["ArrowLeft"] * 3, *["ArrowUp"] * 3, "Enter")
    desk.settled()
    print(desk.moved(plan))
    desk.key("ArrowUp", "l", "Enter", "b", "Enter")
    print(desk_line(desk), desk.moved(plan))
    desk.key("ArrowUp", "u", "u", "l", "Enter", "b", "Enter")
    print(desk_line(desk), desk.moved(plan))
    desk.key("u", "u", "ArrowRight", "ArrowDown", "l", "Enter", "b", "Enter")
    print(desk_line(desk), desk.moved(plan))
    desk.settled()
    shot(desk.page, "52locks")
    print(plan_locks(workspace, plan))
    desk.page.locator(".gbp-bar [aria-haspopup=menu]").click()
    desk.page.get_by_role("menuitem").first.click()
    shot(desk.page, "53rename")
    desk.page.keyboard.type("South-west")
    desk.page.keyboard.press("Enter")
    desk.settled()
    desk.page.wait_for_timeout(500)
    shot(desk.page, "54renamed")
    print(plan_zone_names(workspace, plan))
    for view in ("Propose", "Compare", "Plans", "Hand-over"):
        pass


def test_a_plan_that_is_no_draft_is_copied_before_it_is_painted(app, new_page, make_workspace):
    address, home = app
    path = make_workspace(home / "定稿.gpkg")
    plan = drafted(path)
    move_plan(Workspace.open(path), plan, "consulted", rev=1, who="规划科")
    desk = Desk(new_page(), address, path, plan=plan).open()
    desk.click("G0000")
    desk.key("b")
    desk.drag("G0300")
    shot(desk.page, "60frozen")
    assert desk.shown() == TODAY.to_dict()
    desk.page.get_by_role("button", name="复制为草案并绘制").dblclick()
    desk.page.locator(".gbp-frozen-note").wait_for(state="hidden")
    desk.ready()
    plans = read_plans(desk.workspace)
    print(plans[["plan_id", "name", "status", "rev"]])
    assert list(plans["status"]) == ["consulted", "draft"]
    desk.brush("G0000")
    desk.drag("G0300")
    desk.settled()
    copy = plans["plan_id"].iloc[-1]
    desk.page.wait_for_timeout(500)
    print(desk.moved(copy))
    shot(desk.page, "61copied")
    assert desk.moved(plan) == {}
