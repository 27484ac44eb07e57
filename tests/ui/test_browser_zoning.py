"""The planner's page in a real browser without internet: what is painted stays painted, whatever happens."""

import csv
import io
import re
import zipfile
from functools import partial
from itertools import cycle, repeat

import networkx as nx
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
WHOLE = "网格全部划入，警务区都连成一片"
# Over all 36 squares and back to the first.
_THERE = [*(["ArrowRight"] * 5 + ["ArrowUp"] + ["ArrowLeft"] * 5 + ["ArrowUp"]) * 3][:-1]
_BACK = {"ArrowRight": "ArrowLeft", "ArrowLeft": "ArrowRight", "ArrowUp": "ArrowDown"}
SNAKE = [*_THERE, *(_BACK[step] for step in reversed(_THERE))]
# Compiling the search, once on a machine, takes longer than searching.
SEARCH_MS = 120_000
# The shadow root of the map is found from the page, wherever Streamlit puts it.
SETTLED = """() => {
    const find = (root) => root.querySelector('.gbp-canvas')
        || [...root.querySelectorAll('*')].map((n) => n.shadowRoot && find(n.shadowRoot)).find(Boolean);
    const host = find(document), canvas = host && host.gbp;
    const score = host && host.getRootNode().querySelector('.gb-score');
    const queued = Object.keys(localStorage).some((key) => key.startsWith('gridbeat:'));
    return Boolean(!queued && canvas && canvas.px && canvas.picture && score
        && !score.hasAttribute('data-pending') && score.querySelector('.bars .main'));
}"""
AT = "const d = host.gbp, at = (id) => d.geometry.grids.ids.indexOf(id);"
PLACE = "const g = at(a), [x, y] = d.pixelOf(d.shapes.atX[g], d.shapes.atY[g]);"


class Desk:
    """The page 警务区划 as a planner uses it, and the plan behind it as the file holds it."""

    def __init__(self, page, address, path, **asked):
        self.page, self.path = page, path
        self.workspace = Workspace.open(path)
        asked = {"district": key_of(path), **asked}
        self.address = f"{address}/zoning?" + "&".join(f"{name}={value}" for name, value in asked.items())

    def open(self):
        """Go to the page."""
        self.page.goto(self.address)
        return self.ready()

    def ready(self):
        """Wait until the map and its scorecard are there."""
        self.canvas.locator("canvas").first.wait_for()
        self.settled()
        return self

    @property
    def canvas(self):
        """The map."""
        return self.page.locator(CANVAS)

    @property
    def panel(self):
        """The scorecard beside it."""
        return self.page.locator(".gb-score")

    def view(self, name):
        """Go to another view of the page."""
        self.page.locator(".st-key-zoning_view").get_by_text(name, exact=True).click()

    def settled(self):
        """Wait until Python has kept and scored all that was painted."""
        self.page.wait_for_function(SETTLED)

    def run(self, script, argument=None):
        """Run a script on the map: `d` its canvas, `at(id)` the number of a grid, `a` the argument."""
        script = f"(host, a) => {{ {AT} {script} }}"
        try:
            return self.canvas.evaluate(script, argument)
        except Exception as lost:
            # A page that has found its server again mounts its map anew, perhaps just now.
            if "_leaflet_pos" not in str(lost):
                raise
            return self.ready().canvas.evaluate(script, argument)

    def place(self, grid):
        """Return where on the screen a grid lies."""
        box = "const box = host.getBoundingClientRect();"
        return self.run(f"{PLACE} {box} return [x + box.left, y + box.top]", grid)

    def colour(self, grid):
        """Return the colour that a grid is filled with on the screen."""
        script = """
            const sheet = d.sheets.fills, from = host.getBoundingClientRect();
            const to = sheet.canvas.getBoundingClientRect();
            const pixel = [x + from.left - to.left, y + from.top - to.top].map((v) => v * d.dpr);
            return [...sheet.getImageData(...pixel, 1, 1).data];
        """
        return tuple(self.run(PLACE + script, grid))

    def zones(self, *grids):
        """Return the numbers of the zones that grids have in the browser."""
        return self.run("return a.map((id) => d.picture.zoneOf[at(id)])", list(grids))

    def shown(self, zones=TODAY):
        """Return the zone of every grid in the browser, which numbers the zones of today and its own."""
        ids = sorted(set(zones))
        numbers = zip(GRIDS, self.zones(*GRIDS), strict=True)
        return {grid: ids[number] if number >= 0 else "" for grid, number in numbers}

    def click(self, grid):
        """Click on a grid."""
        self.page.mouse.click(*self.place(grid))

    def drag(self, *grids, release=True):
        """Draw over grids with the pointer held."""
        self.page.mouse.move(*self.place(grids[0]))
        self.page.mouse.down()
        for grid in grids[1:]:
            self.page.mouse.move(*self.place(grid), steps=4)
        if release:
            self.page.mouse.up()

    def key(self, *keys):
        """Press keys on the map."""
        for key in keys:
            self.canvas.press(key)

    def press(self, *keys):
        """Press keys where the focus is, as fast as they go."""
        for key in keys:
            self.page.keyboard.press(key)

    def press_until(self, plan_id, strokes, keys):
        """Press keys, a stroke each, until so many are kept: a busy browser may not hear all of them."""
        for _ in range(10):
            lacking = strokes - len(read_strokes(self.workspace, plan_id))
            if lacking <= 0:
                return
            self.canvas.focus()
            self.press(*keys(lacking))
            self.settled()
        pytest.fail(f"{lacking} strokes were not kept")

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
    desk = Desk(new_page(), address, home / "方格区.gpkg", view="propose")
    villages = desk.workspace.read("villages")
    # One town, for a mend may give a village to a zone of the next one.
    desk.workspace.write("villages", villages.assign(town_id="T1"))
    plan = _proposed_and_picked(desk)
    proposed = desk.kept(plan)
    _broken_and_mended(desk, plan, proposed)
    _changes_taken_back(desk, plan)
    approved = desk.kept(plan)
    strokes = len(read_strokes(desk.workspace, plan))
    _put_in_force(desk, plan)
    _handed_over(desk, tmp_path, approved)

    reopened = Desk(new_page(), address, desk.path)
    reopened.page.goto(f"{address}/zoning")
    reopened.ready()
    assert today_plan_id(desk.workspace) == plan
    assert reopened.shown(approved) == approved.to_dict() == reopened.kept(plan).to_dict()
    reopened.panel.get_by_text("与现状相同").wait_for()
    assert len(read_strokes(desk.workspace, plan)) == strokes


def _proposed_and_picked(desk):
    page = desk.page
    page.goto(desk.address)
    page.get_by_text("15 秒", exact=True).click()
    page.locator(".st-key-propose-start button").dblclick()
    told = page.get_by_text(re.compile("^找到 [2-9] 个方案"))
    told.wait_for(timeout=SEARCH_MS)
    cards = page.locator(".st-key-propose-cards .gb-card")
    cards.nth(1).wait_for()
    assert cards.count() == min(int(told.inner_text()[3]), 3)
    proposals = read_plans(desk.workspace)
    page.locator(".st-key-propose-pick-1 button").dblclick()
    desk.ready()
    plans = read_plans(desk.workspace)
    assert len(plans) == len(proposals) + 1
    picked = plans.iloc[-1]
    assert (picked["kind"], picked["status"]) == (PAINTED, "draft")
    assert desk.kept(picked["plan_id"]).equals(desk.kept(picked["parent"]))
    return picked["plan_id"]


def _far_village(kept):
    """Return the grids of a village (no community) that A, the zone of G0000, is cut by if it takes it."""
    lattice = nx.grid_2d_graph(2, 6)
    zone = {(i, j): kept[f"G{3 * i:02}{j:02}"] for i, j in lattice}
    for i, j in lattice:
        rest = [node for node in lattice if zone[node] == zone[i, j] and node != (i, j)]
        beside = {zone[node] for node in lattice[i, j]}
        far = "Z0000" not in {zone[i, j], *beside}
        if (i + j) % 2 == 0 and far and rest and nx.is_connected(lattice.subgraph(rest)):
            return [f"G{3 * i + k:02}{j:02}" for k in range(3)]
    return pytest.fail("every village is beside the first zone")


def _broken_and_mended(desk, plan, proposed):
    grids = _far_village(proposed)
    desk.brush("G0000")
    # Not a community: the brush takes all of the village.
    desk.drag(*grids[:2], release=False)
    assert desk.zones(*grids) == desk.zones("G0000") * 3
    desk.page.mouse.up()
    desk.panel.get_by_text("1 个警务区不连片").wait_for()
    desk.panel.locator(".mend").first.wait_for()
    desk.settled()
    assert {desk.colour(grid) for grid in grids} == {desk.colour("G0000")}
    broken = desk.kept(plan)
    assert list(broken[broken != proposed].index) == grids
    assert set(broken[broken != proposed]) == {"Z0000"}
    desk.panel.locator(".mend").first.click()
    desk.panel.get_by_text(WHOLE).wait_for()
    desk.settled()
    mended = desk.kept(plan)
    assert not mended.equals(broken)
    assert desk.shown() == mended.to_dict()

    desk.key("Control+z")
    desk.panel.locator(".mend").first.wait_for()
    desk.until_kept(plan, 3)
    assert desk.kept(plan).equals(broken)
    desk.settled()
    desk.key("Control+y")
    desk.panel.get_by_text(WHOLE).wait_for()
    desk.until_kept(plan, 4)
    assert desk.kept(plan).equals(mended)


def _changes_taken_back(desk, plan):
    desk.view("比较")
    taken = desk.page.locator(".changes li.accepted")
    taken.first.wait_for()
    assert desk.canvas.count() == 0
    assert desk.page.locator(".leaflet-container").count() == 2
    before, count = desk.moved(plan), taken.count()
    taken.first.locator(".refuse").click()
    desk.until_kept(plan, 5)
    assert len(desk.moved(plan)) < len(before)
    assert set(desk.moved(plan).items()) < set(before.items())
    desk.page.locator(".changes li.refused").first.wait_for()
    assert taken.count() == count - 1


def _put_in_force(desk, plan):
    page = desk.page
    desk.view("方案库")
    page.get_by_text("可以审核").wait_for()
    for step, state in (("送征求意见", "征求意见"), ("通过审核", "审核"), ("发布为现行", "现行")):
        page.get_by_role("button", name=step).click()
        who = page.get_by_role("textbox", name="经手单位或岗位")
        who.fill("规划科")
        if state == "现行":
            page.get_by_role("textbox", name="文号").fill("方公通〔2026〕12号")
            page.get_by_role("textbox", name="生效日期").fill("2026年1月1日")
        page.get_by_role("button", name="确定").dblclick()
        page.get_by_text(f"已转为：{state}").wait_for()
    states = read_states(desk.workspace, plan)
    assert list(states["now"]) == ["consulted", "approved", "in_force"]
    assert list(states["document_no"])[-1] == "方公通〔2026〕12号"
    assert list(states["effective"])[-1] == "2026-01-01"


def _handed_over(desk, folder, approved):
    desk.view("报批包")
    desk.page.get_by_role("button", name="生成报批包").click()
    with desk.page.expect_download() as waited:
        desk.page.get_by_role("button", name=re.compile("下载报批包")).click()
    waited.value.save_as(folder / "报批包.zip")
    with zipfile.ZipFile(folder / "报批包.zip") as package:
        assert "01_通知及附件_A4.pdf" in package.namelist()
        text = package.read("04_编组对应.csv").decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(text))
    assert {row[0]: row[header.index("zone_id")] for row in rows} == approved.to_dict()


def test_the_server_killed_in_the_middle_of_a_stroke_costs_nothing(
    starting, new_page, tmp_path, make_workspace
):
    home = tmp_path / "home"
    home.mkdir()
    path = make_workspace(home / "方格区.gpkg")
    plan = drafted(path)
    with starting(path, home=home) as (address, server):
        port = int(address.rpartition(":")[2])
        desk = Desk(new_page(), address, path, plan=plan).open()
        desk.key("u", "u")
        desk.brush("G0000")
        desk.drag("G0300")
        desk.settled()
        desk.drag("G0301", "G0302", release=False)
        server.kill()
        server.wait()
        desk.page.mouse.up()
        desk.drag("G0003")
        assert desk.zones("G0301", "G0302", "G0003") == [0, 0, 0]
        assert desk.moved(plan) == {"G0300": "Z0000"}
    with starting(path, home=home, port=port) as (_, server):
        desk.until_kept(plan, 3)
        desk.settled()
        desk.drag("G0103")
        server.kill()
        server.wait()
    with starting(path, home=home, port=port):
        desk.until_kept(plan, 4)
        desk.settled()
        drawn = ["G0003", "G0103", "G0300", "G0301", "G0302"]
        assert desk.moved(plan) == dict.fromkeys(drawn, "Z0000")
        assert desk.shown() == desk.kept(plan).to_dict()
        assert [sorted(one.grids) for one in read_strokes(desk.workspace, plan)] == [
            ["G0300"],
            ["G0301", "G0302"],
            ["G0003"],
            ["G0103"],
        ]
        desk.key("Control+z")
        desk.until_kept(plan, 5)
        drawn.remove("G0103")
        assert desk.moved(plan) == dict.fromkeys(drawn, "Z0000")


def test_two_planners_on_one_plan_hear_of_each_other_and_lose_nothing(app, new_page, make_workspace):
    address, home = app
    path = make_workspace(home / "两人.gpkg")
    plan = drafted(path)
    one, two = (Desk(new_page(), address, path, plan=plan).open() for _ in range(2))
    for desk, grid in ((one, "G0000"), (two, "G0505")):
        desk.key("u", "u")
        desk.brush(grid)
    one.drag("G0300")
    two.said("改了 1 个网格")
    assert two.zones("G0300") == [0]

    # Before the second one can have heard of it.
    one.drag("G0302")
    one.until_kept(plan, 2)
    two.drag("G0302", "G0202")
    two.said("有 1 个网格刚被别人改过")
    assert two.zones("G0302", "G0202") == [0, 3]
    assert two.moved(plan) == {"G0300": "Z0000", "G0302": "Z0000", "G0202": "Z0101"}
    one.said("改了 1 个网格")
    assert one.shown() == two.shown() == one.kept(plan).to_dict()

    two.key("Control+z")
    two.until_kept(plan, 4)
    assert two.moved(plan) == {"G0300": "Z0000", "G0302": "Z0000"}
    one.key("Control+z")
    one.until_kept(plan, 5)
    assert one.moved(plan) == {"G0300": "Z0000"}


def test_hundreds_of_strokes_are_undone_and_redone_after_coming_back(app, new_page, make_workspace):
    address, home = app
    path = make_workspace(home / "多笔.gpkg")
    plan = drafted(path)
    desk = Desk(new_page(), address, path, plan=plan).open()
    desk.key("u", "u")
    desk.brush("G0000")
    # The first step puts the cursor into the middle.
    desk.key(*["ArrowLeft"] * 6, *["ArrowDown"] * 5)
    steps = cycle(SNAKE)

    def rubbed_and_painted(strokes):
        return [key for _ in range((strokes + 1) // 2) for key in ("e", "Enter", "b", "Enter", next(steps))]

    desk.press_until(plan, STROKES, rubbed_and_painted)
    drawn = len(read_strokes(desk.workspace, plan))

    desk.view("方案库")
    desk.page.get_by_text("送征求意见").first.wait_for()
    desk.view("绘制")
    desk.ready()
    undone = drawn // 2
    desk.press_until(plan, drawn + undone, partial(repeat, "Control+z"))
    left = assignment_at(desk.workspace, plan, drawn - undone).reindex(GRIDS).fillna("")
    assert desk.shown() == desk.kept(plan).to_dict() == left.to_dict()

    desk.page.get_by_role("link", name="总览").click()
    desk.page.get_by_text("村社善治").wait_for()
    desk.page.get_by_role("link", name="警务区划").click()
    desk.ready()
    desk.press_until(plan, 2 * drawn, partial(repeat, "Control+z"))
    assert desk.moved(plan) == {}
    assert desk.shown() == TODAY.to_dict()
    assert not desk.page.locator(".gbp-bar button[title*='Ctrl+Z']").is_enabled()

    # More strokes by now than the browser is told of: what comes next is the first one all the same.
    desk.page.reload()
    desk.ready()
    desk.press_until(plan, 2 * drawn + 3, partial(repeat, "Control+y"))
    third = assignment_at(desk.workspace, plan, 3).reindex(GRIDS).fillna("")
    assert desk.shown() == desk.kept(plan).to_dict() == third.to_dict()
    assert desk.moved(plan)


def test_what_is_locked_or_another_stations_is_not_painted_and_the_keyboard_is_enough(
    app, new_page, make_workspace
):
    address, home = app
    path = make_workspace(home / "two stations.gpkg")
    workspace = Workspace.open(path)
    for name in ("villages", "zones"):
        table = workspace.read(name)
        table["station_id"] = ["S2" if one[1:3] == "01" else "S1" for one in table.iloc[:, 0]]
        workspace.write(name, table)
    workspace.write("stations", pd.DataFrame({"station_id": ["S1", "S2"], "name": ["Central", "East"]}))
    plan = drafted(path, "By hand")
    desk = Desk(new_page(), address, path, plan=plan, lang="en").open()
    desk.panel.get_by_text("Busiest").first.wait_for()
    desk.canvas.focus()
    desk.press(*["ArrowLeft"] * 6, *["ArrowDown"] * 5, "p", "Enter", "u", "u")
    desk.press(*["ArrowRight"] * 3, "Enter")
    desk.said("Belongs to East")
    desk.press(*["ArrowLeft"] * 3, *["ArrowUp"] * 3, "Enter")
    desk.until_kept(plan, 1)
    assert desk.moved(plan) == {"G0003": "Z0000"}

    # A grid, then a whole village, then a whole zone.
    desk.press("ArrowUp", "l", "Enter", "b", "Enter")
    desk.said("Locked")
    desk.press("ArrowUp", "u", "u", "l", "Enter", "b", "Enter")
    desk.press("u", "u", "ArrowRight", "ArrowDown", "l", "Enter", "b", "Enter")
    desk.until_kept(plan, 4)
    assert plan_locks(workspace, plan) == {"grid:G0004", "village:V0005", "zone:Z0001"}
    assert desk.moved(plan) == {"G0003": "Z0000"}

    desk.page.locator(".gbp-bar [aria-haspopup=menu]").click()
    desk.page.get_by_role("menuitem", name="Rename").click()
    desk.page.keyboard.type("South-west")
    desk.page.keyboard.press("Enter")
    desk.until_kept(plan, 5)
    assert plan_zone_names(workspace, plan) == {"Z0000": "South-west"}
    desk.settled()
    desk.key("Control+z")
    desk.until_kept(plan, 6)
    assert plan_zone_names(workspace, plan) == {}
    assert desk.page.locator(".gbp-chosen option:checked").inner_text() == "警务区1"


def test_a_plan_that_is_no_draft_is_copied_before_it_is_painted(app, new_page, make_workspace):
    address, home = app
    path = make_workspace(home / "定稿.gpkg")
    plan = drafted(path)
    move_plan(Workspace.open(path), plan, "consulted", rev=1, who="规划科")
    desk = Desk(new_page(), address, path, plan=plan).open()
    desk.brush("G0000")
    desk.key("b")
    desk.said("本方案只供查看")
    desk.drag("G0300")
    assert desk.shown() == TODAY.to_dict()

    desk.page.get_by_role("button", name="复制为草案并绘制").dblclick()
    desk.page.locator(".gbp-frozen-note").wait_for(state="hidden")
    desk.ready()
    plans = read_plans(desk.workspace)
    assert list(plans["status"]) == ["consulted", "draft"]
    copy = plans["plan_id"].iloc[-1]
    desk.brush("G0000")
    desk.drag("G0300")
    desk.until_kept(copy, 1)
    assert "G0300" in desk.moved(copy)
    assert desk.moved(plan) == {}
