"""Two plans side by side in a browser: maps that move together, and changes accepted or refused."""

import re

import pytest

from data.workspace import Workspace
from ui.painter.compare_words import KEYS, compare_words
from ui.painter.coverage import geometry
from ui.painter.registering import ASSETS
from ui.standing import stand
from ui.words import words

SCRIPT = "<script>alert(1)</script>"
SIDES = ("left", "right")


@pytest.fixture(scope="module")
def ground(make_workspace, tmp_path_factory):
    """The geometry of 6 × 6 squares in zones of 3 × 3; the first grid's name is a script."""
    standing = stand(Workspace(make_workspace(tmp_path_factory.mktemp("compare") / "方格区.gpkg")))
    return geometry(standing.graph, standing.tables, standing.names, today=standing.today)


def plan(title, assignment, order):
    """A plan whose zones are numbered in an order of its own."""
    zones = [{"id": f"Z{k}", "name": f"警区{k}", "station": 0, "colour": -1} for k in order]
    return {"title": title, "assignment": [order.index(k) for k in assignment], "zones": zones, "totals": {}}


def change(number, grids, before, after, state="accepted", reason="减轻负担"):
    return {
        "id": f"C{number}",
        "grids": grids,
        "from": before,
        "to": after,
        "reason": reason,
        "present": 1234,
        "workload": 3.0,
        "state": state,
    }


CHANGES = [
    change(1, [2, 8], "警区0", "警区1"),
    change(2, [33], "警区3", "警区2", "refused", "靠近本所"),
    change(3, [14], "警区0", "警区2", "other"),
]


@pytest.fixture
def data(ground):
    today = [(i % 6) // 3 + 2 * (i // 18) for i in range(36)]
    drawn = list(today)
    for grid, zone in ((2, 1), (8, 1), (33, 2), (14, 2)):
        drawn[grid] = zone
    return {
        "mode": "compare",
        "lang": "zh",
        "geometry_key": "squares",
        "plans": [plan("现状", today, [0, 1, 2, 3]), plan("方案一", drawn, [3, 1, 0, 2])],
        "differences": [
            {"key": "cv", "label": "不均衡系数 CV", "left": "0.300", "right": "0.100", "better": "right"},
            {"key": "zones", "label": "警务区数", "left": "4", "right": "4", "better": None},
        ],
        "changes": CHANGES,
        "decidable": True,
        "acks": [],
    }


def rows(page):
    return page.locator("li:not([hidden]) .main")


def shown(page):
    return page.evaluate(
        "() => [...root.querySelectorAll('li:not([hidden]) .main')].map((row) => row.dataset.change)"
    )


def states(page):
    return page.evaluate("() => [...root.querySelectorAll('li')].map((row) => row.className)")


def in_use(page):
    return page.evaluate("root.getRootNode().activeElement?.dataset.change")


def told_at(page, side, share):
    """What is said of the grid at a share of a map's width and height."""
    box = page.locator(".host").nth(side).bounding_box()
    page.mouse.move(box["x"] + box["width"] * share[0], box["y"] + box["height"] * share[1])
    page.wait_for_timeout(60)
    return page.locator(".pointed").inner_text()


def test_the_same_zone_has_the_same_colour_on_both_maps_and_neighbours_differ(bench, data, ground):
    common = bench.evaluate(
        """async ([plans, borders]) => {
          const { commonPlan, zoneColour } = await import("/painter/twins.js");
          const common = commonPlan(plans, { borders });
          const colours = common.zones.map((_, zone) => zoneColour(common, zone));
          const of = common.of.map((zones) => [...zones]);
          return { zones: common.zones.map(({ id }) => id), of, changed: [...common.changed], colours };
        }""",
        [data["plans"], ground["borders"]],
    )
    assert common["zones"] == ["Z0", "Z1", "Z2", "Z3"]
    beside = [(0, 1), (0, 2), (1, 2), (1, 3), (2, 3)]  # 1 and 2 on the right alone
    assert [pair for pair in beside if len({common["colours"][zone] for zone in pair}) == 1] == []
    assert [grid for grid, changed in enumerate(common["changed"]) if changed] == [2, 8, 14, 33]
    assert [common["of"][1][grid] for grid in (2, 8, 14, 33)] == [1, 1, 2, 2]


def test_a_grid_that_is_pointed_at_is_told_in_both_plans_from_either_map(comparison, data, ground):
    page = comparison(data, ground)
    told = [told_at(page, side, (0.42, 0.8)) for side in (0, 1)]
    assert told[0] == told[1]
    assert re.search(r"网格\d-0", told[0])
    assert "斜线" in told_at(page, 0, (0.5, -0.5))


def test_maps_zoom_and_move_together(comparison, data, ground):
    page = comparison(data, ground)
    box = page.locator(".host").nth(1).bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    before = page.locator(".leaflet-control-scale-line").all_inner_texts()
    page.mouse.move(*middle)
    page.mouse.wheel(0, -400)
    page.wait_for_timeout(700)
    after = page.locator(".leaflet-control-scale-line").all_inner_texts()
    assert after[0] == after[1] != before[1]
    page.mouse.down()
    page.mouse.move(middle[0] + 120, middle[1] + 90, steps=5)
    page.mouse.up()
    page.wait_for_timeout(500)
    for share in ((0.3, 0.3), (0.6, 0.7), (0.5, 0.2)):
        assert told_at(page, 0, share) == told_at(page, 1, share)


def test_only_grids_that_differ_are_hatched(comparison, data, ground):
    page = comparison(data, ground)
    drawn = """() => [...root.querySelectorAll(".gbp-sheet-lines")].map((sheet) => {
      const { data } = sheet.getContext("2d").getImageData(0, 0, sheet.width, sheet.height);
      let count = 0;
      for (let i = 3; i < data.length; i += 4) count += data[i] > 0;
      return count;
    })"""
    hatched = page.evaluate(drawn)
    same = {**data, "plans": [data["plans"][0], data["plans"][0]]}
    page.evaluate("(plans) => mode.update({ ...data, plans })", same["plans"])
    plain = page.evaluate(drawn)
    assert all(with_ > without * 1.2 for with_, without in zip(hatched, plain, strict=True))


@pytest.mark.parametrize(
    ("lang", "said"),
    [("zh", ["改动 3 处", "2 个网格，1,234 人", "已采纳", "未采纳", "另有改动"]),
     ("en", ["3 changes", "2 grids, 1,234 residents", "accepted", "refused", "changed otherwise"])],
)  # fmt: skip
def test_figures_and_changes_are_told_in_words(comparison, data, ground, lang, said):
    page = comparison({**data, "lang": lang}, ground)
    text = page.locator("aside").inner_text()
    assert [part for part in said if part not in text] == []
    assert page.locator("td.better").all_inner_texts() == ["0.100"]
    assert (
        page.locator("td.better [role=img]").get_attribute("aria-label")
        == compare_words(words(lang))["compare.better"]
    )
    assert page.locator("figcaption").all_inner_texts() == ["现状", "方案一"]


def test_a_change_is_accepted_or_refused_and_posted_until_it_is_kept(comparison, data, ground, calls):
    page = comparison(data, ground)
    page.get_by_role("button", name="不采纳：警区0 → 警区1").click()
    page.get_by_role("button", name="采纳：警区3 → 警区2", exact=True).click()
    first, second = calls()
    assert [(post["kind"], post["changes"]) for post in first] == [("refuse", ["C1"])]
    assert [(post["kind"], post["changes"]) for post in second] == [("refuse", ["C1"]), ("accept", ["C2"])]
    assert len({post["token"] for post in second}) == 2
    assert states(page) == ["refused", "accepted", "other"]
    # Python has kept the first and knows nothing of the second yet.
    kept = [{**CHANGES[0], "state": "refused"}, *CHANGES[1:]]
    page.evaluate(
        "(next) => mode.update({ ...data, ...next })", {"acks": [first[0]["token"]], "changes": kept}
    )
    assert states(page) == ["refused", "accepted", "other"]
    page.get_by_role("button", name="采纳：警区0 → 警区2", exact=True).click()
    assert [post["changes"] for post in calls()[0]] == [["C2"], ["C3"]]


def test_what_is_decided_already_is_not_posted_again(comparison, data, ground, calls):
    page = comparison(data, ground)
    page.get_by_role("button", name="采纳：警区0 → 警区1", exact=True).click()
    assert calls() == []


def test_all_that_is_shown_is_decided_at_once_and_nothing_else(comparison, data, ground, calls):
    page = comparison(data, ground)
    page.get_by_role("combobox", name="按警务区筛选").select_option("警区0")
    assert shown(page) == ["C1", "C3"]
    page.get_by_role("button", name="不采纳列出的 2 处").click()
    assert [post["changes"] for post in calls()[0]] == [["C1", "C3"]]
    assert states(page) == ["refused", "refused", "refused"]
    assert page.get_by_role("button", name="不采纳列出的 0 处").is_disabled()


def test_changes_are_filtered_by_state_and_text(comparison, data, ground):
    page = comparison(data, ground)
    page.get_by_role("combobox", name="按状态筛选").select_option("refused")
    assert shown(page) == ["C2"]
    page.get_by_role("combobox", name="按状态筛选").select_option("")
    page.get_by_role("searchbox").fill("减轻")
    assert shown(page) == ["C1", "C3"]
    page.get_by_role("searchbox").fill("nothing like it")
    assert page.get_by_text("没有符合条件的改动").is_visible()


def test_the_list_is_worked_by_keyboard(comparison, data, ground, calls):
    page = comparison(data, ground)
    rows(page).first.focus()
    page.keyboard.press("ArrowDown")
    assert in_use(page) == "C2"
    page.keyboard.press("a")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("x")
    assert [(posts[-1]["kind"], posts[-1]["changes"]) for posts in calls()] == [
        ("accept", ["C2"]),
        ("refuse", ["C1"]),
    ]


def test_a_change_that_leaves_the_list_hands_the_keyboard_on(comparison, data, ground):
    accepted = [{**one, "state": "accepted"} for one in CHANGES]
    page = comparison({**data, "changes": accepted}, ground)
    page.get_by_role("combobox", name="按状态筛选").select_option("accepted")
    rows(page).first.focus()
    page.keyboard.press("x")
    assert (shown(page), in_use(page)) == (["C2", "C3"], "C2")


def test_a_click_on_a_change_goes_there_and_a_click_on_the_map_finds_it(comparison, data, ground):
    page = comparison(data, ground)
    rows(page).nth(1).click()
    page.wait_for_timeout(700)
    assert "网格3-5" in told_at(page, 1, (0.5, 0.5))
    rows(page).first.focus()
    box = page.locator(".host").nth(1).bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_timeout(400)
    assert in_use(page) == "C2"


def test_a_comparison_that_decides_nothing_has_no_buttons(comparison, data, ground):
    page = comparison({**data, "decidable": False}, ground)
    assert page.locator(".decide:visible, .bulk:visible, .keys:visible").count() == 0
    rows(page).first.focus()
    page.keyboard.press("x")
    assert states(page) == ["accepted", "refused", "other"]


def test_names_and_reasons_are_never_markup(comparison, data, ground):
    hostile = change(9, [0], SCRIPT, SCRIPT, reason=SCRIPT)
    plans = [{**one, "title": SCRIPT} for one in data["plans"]]
    page = comparison({**data, "plans": plans, "changes": [hostile]}, ground)
    told_at(page, 0, (0.1, 0.8))
    assert SCRIPT in page.locator(".pointed").inner_text()
    assert page.evaluate("root.querySelectorAll('script').length") == 0
    assert page.locator(".reason").inner_text() == SCRIPT


def test_equal_plans_are_told_so(comparison, data, ground):
    page = comparison({**data, "plans": [data["plans"][0]] * 2, "changes": []}, ground)
    assert page.get_by_text("两个方案的网格归属完全相同").is_visible()


def test_a_decision_changes_its_own_row_and_builds_none_of_four_hundred_anew(comparison, data, ground):
    page = comparison(
        {**data, "changes": [change(k, [k % 36], "警区0", "警区1") for k in range(400)]}, ground
    )
    rows, kept, told = page.evaluate(
        """() => {
          const rows = () => [...root.querySelectorAll("[data-change]")];
          const before = rows(), was = before[3].textContent;
          const changes = data.changes.map((one) => ({ ...one }));
          changes[3].state = "refused";
          mode.update({ ...data, changes });
          return [before.length, rows().every((row, k) => row === before[k]), before[3].textContent !== was];
        }"""
    )
    assert (rows, kept, told) == (400, True, True)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_text_that_the_comparison_asks_for_is_there_and_none_besides(lang):
    source = "".join((ASSETS / f"{name}.js").read_text(encoding="utf-8") for name in ("changes", "compare"))
    asked = set(re.findall(r"(?<=[\s({\[])tell\((?:[^'()]*\? )?'(\w+)'", source)) | set(
        re.findall(r"\.tell\('(\w+)'", source)
    )
    asked |= set(re.findall(r"tell\([^'()]+(?:\.length|\[grid\]|side) \? '(\w+)' : '(?:\w+)'", source))
    asked |= {second for second in re.findall(r"tell\([^()]+\? '\w+' : '(\w+)'", source)}
    asked |= {first for first in re.findall(r"tell\([^()]+\? '(\w+)' : '\w+'", source)}
    asked |= {f"{kind}{what}" for kind in ("accept", "refuse") for what in ("", "_one", "_shown")}
    asked |= {f"state_{state}" for state in ("any", "accepted", "refused", "other")}
    asked |= {f"size_{what}" for what in ("grids", "present")}
    assert asked == set(KEYS)
    texts = compare_words(words(lang))
    assert [key for key, text in texts.items() if "—" in text or text == f"painter.{key}"] == []


def test_the_other_modes_places_are_given_back_when_it_closes(comparison, data, ground):
    bar = "root.insertAdjacentHTML('beforeend', '<div class=\"bar\" style=\"display: flex\"></div>')"
    page = comparison(data, ground, before=bar)
    display = "root.querySelector('.bar').style.display"
    assert page.evaluate(display) == "none"
    page.evaluate("mode.destroy()")
    assert page.evaluate(display) == "flex"
    assert page.locator(".gb-compare").count() == 0
