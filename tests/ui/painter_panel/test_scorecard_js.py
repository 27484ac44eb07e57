"""The live scorecard in a browser: what it says of a plan, and that it does no more than it has to."""

import re

import pytest

from ui.painter.panel_words import KEYS, panel_words
from ui.painter.registering import ASSETS
from ui.words import words

HOSTILE = '<img src=x onerror="window.ran=1"><script>window.ran=1</script>'


def zone(zone_id, deviation, **other):
    target = 100.0
    return {
        "id": zone_id,
        "name": f"{zone_id}警区",
        "station": 0,
        "stationName": "东所",
        "colour": "#a6d3f2",
        "workload": target * (1 + (deviation or 0)),
        "target": target,
        "deviation": deviation,
        "parts": 1,
        "grids": 5,
        "villages": 2,
        "present": 1234,
        "pp": 0.4,
        "locked": False,
        **other,
    }


def model(zones, **other):
    totals = {
        "zones": len(zones),
        "max_deviation": 0.25,
        "workload_moved": 0.034,
        "grids_moved": 12,
        "villages_touched": 3,
        "villages_split": 1,
        "not_contiguous": 0,
        "unassigned": 0,
        "cv": 0.1,
    }
    return {
        "zones": zones,
        "totals": totals,
        "today": {**totals, "max_deviation": 0.9, "workload_moved": 0, "grids_moved": 0, "cv": 0.3},
        "reference": None,
        "violations": [],
        "mends": [],
        "tolerance": 0.1,
        "pending": False,
        "editable": True,
        **other,
    }


THREE = [zone("Z1", 0.25), zone("Z2", -0.15, stationName="西所"), zone("Z3", 0.02)]
BREAK = {"code": "zone_not_contiguous", "zone": "Z3", "grids": [4, 5], "text": "Z3 分成 2 块"}
MEND = {"zone": "Z3", "kind": "link", "grids": [[7, "Z3"]], "text": "把 1 个网格划入"}


def many(count):
    return [zone(f"Z{i:04}", ((i * 37) % 61 - 30) / 100, stationName=f"{i % 40}所") for i in range(count)]


def row(page, zone_id):
    return page.locator(f'.main[data-zone="{zone_id}"]')


def listed(page):
    """The rows from top to bottom: ids of zones, names of stations in headings."""
    return page.evaluate(
        """() => [...root.querySelectorAll(".row")].sort((a, b) => a.ariaPosInSet - b.ariaPosInSet)
             .map((row) => row.querySelector(".main")?.dataset.zone ?? row.textContent)"""
    )


TOLD = {
    "zh": (
        *("最忙", "+25.0%", "最闲", "-15.0%", "2 个警务区超出容差 ±10%（共 3 个）"),
        "3 个村社换警务区，调整 3.4% 的工作量",
    ),
    "en": (
        *("Busiest", "+25.0 %", "Idlest", "-15.0 %", "2 of 3 zones are outside ±10 %"),
        "3 villages change zone, with 3.4 % of the work",
    ),
}


@pytest.mark.parametrize(("lang", "said"), TOLD.items())
def test_a_plan_is_told_in_plain_words(panel, lang, said):
    text = panel(model(THREE), lang).locator(".plain").inner_text()
    assert [part for part in said if part not in text] == []
    assert "—" not in text


def test_what_is_broken_is_told_with_a_word_and_a_mark(panel):
    plan = model(THREE, violations=[BREAK], mends=[MEND])
    plan["totals"].update(not_contiguous=1, unassigned=4)
    page = panel(plan)
    assert page.locator(".plain .bad").all_inner_texts() == [
        "2 个警务区超出容差 ±10%（共 3 个）",
        "4 个网格未划入警务区；1 个警务区不连片",
    ]
    assert page.locator(".plain .bad .icon-cross").count() == 2


def test_a_sound_plan_gets_ticks(panel):
    page = panel(model([zone("Z1", 0.05), zone("Z2", -0.05)]))
    assert page.locator(".plain .ok .icon-tick").count() == 2
    assert page.locator(".mending").is_hidden()


def test_names_and_texts_are_never_markup(panel):
    zones = [zone("Z1", 0.25, name=HOSTILE, stationName=HOSTILE), zone("Z2", -0.15)]
    broken = {**BREAK, "zone": "Z1", "text": HOSTILE}
    plan = model(zones, violations=[broken], mends=[{**MEND, "zone": "Z1", "text": HOSTILE}])
    page = panel({**plan, "reference": {"name": HOSTILE, "totals": plan["totals"]}})
    page.evaluate("card.select('Z1')")
    page.locator('[data-sort="station"]').click()
    page.wait_for_timeout(100)
    assert page.evaluate("[root.querySelectorAll('img, script').length, window.ran]") == [0, None]
    assert page.locator(".chosen b").inner_text() == HOSTILE
    assert page.locator(".mend").inner_text() == HOSTILE


def test_an_update_touches_only_the_rows_that_changed(panel):
    page = panel(model(many(20)))
    page.locator('[data-sort="code"]').click()
    touched = page.evaluate(
        """async () => {
          const seen = new Set();
          const observer = new MutationObserver((records) => records.forEach(({ target }) => {
            const node = target.nodeType === 1 ? target : target.parentElement;
            seen.add(node.closest(".row")?.querySelector(".main").dataset.zone ?? node.className);
          }));
          const all = { subtree: true, childList: true, attributes: true, characterData: true };
          observer.observe(root.querySelector(".rows"), all);
          const zones = model.zones.map((zone) => ({ ...zone }));
          for (const zone of zones) if (["Z0003", "Z0005"].includes(zone.id)) zone.deviation = 0.01;
          card.update({ ...model, zones });
          await new Promise((done) => setTimeout(done, 50));
          observer.disconnect();
          return [...seen].sort();
        }"""
    )
    assert touched == ["Z0003", "Z0005"]
    assert row(page, "Z0003").locator(".value").inner_text() == "+1.0%"


def test_clicks_call_back_with_the_right_ids(panel, calls):
    page = panel(model(THREE, violations=[BREAK], mends=[MEND]))
    row(page, "Z2").click()
    page.locator(".extreme.busiest").click()
    page.get_by_role("button", name="锁定Z3警区").click()
    page.locator(".mending .go").click()
    page.locator(".mend").click()
    assert calls() == [
        ["choose", "Z2"],
        ["go", "Z2"],
        ["go", "Z1"],
        ["lock", "Z3"],
        ["goGrids", [4, 5]],
        ["mend", MEND],
    ]


def test_a_mend_is_taken_once(panel, calls):
    page = panel(model(THREE, violations=[BREAK], mends=[MEND]))
    page.evaluate("() => { const mend = root.querySelector('.mend'); mend.click(); mend.click(); }")
    assert calls() == [["mend", MEND]]


def test_grids_without_a_zone_are_one_thing_to_mend(panel, calls):
    lost = [{"code": "grid_orphan", "zone": "", "grids": [i], "text": f"网格 {i}"} for i in (3, 8, 9)]
    page = panel(model(THREE, violations=[*lost, BREAK], mends=[MEND]))
    assert page.locator(".mending h3").inner_text() == "需要处理：4 处"
    page.locator(".mending .go", has_text="3 个网格未划入").click()
    assert calls() == [["goGrids", [3, 8, 9]]]


def test_many_breaks_are_shown_a_few_at_first(panel):
    breaks = [{**BREAK, "zone": f"Z{i}", "text": f"第 {i} 处"} for i in range(9)]
    page = panel(model(THREE, violations=breaks))
    assert page.locator(".mending li").count() == 3
    page.get_by_role("button", name="另有 6 处").click()
    assert page.locator(".mending li").count() == 9


def test_a_plan_that_cannot_be_painted_offers_no_mend_and_no_lock(panel, calls):
    page = panel(model(THREE, violations=[BREAK], mends=[MEND], editable=False))
    assert page.locator(".mend").is_disabled()
    assert page.get_by_role("button", name="锁定Z3警区").count() == 0
    row(page, "Z3").click()
    assert calls() == [["choose", "Z3"], ["go", "Z3"]]


def test_zones_are_sorted_by_deviation_code_or_station(panel):
    page = panel(model(THREE))
    assert listed(page) == ["Z1", "Z3", "Z2"]
    page.locator('[data-sort="code"]').click()
    assert listed(page) == ["Z1", "Z2", "Z3"]
    page.locator('[data-sort="station"]').click()
    assert listed(page) == ["东所", "Z1", "Z3", "西所", "Z2"]


def test_zones_are_found_by_name_and_kept_to_those_outside(panel, calls):
    page = panel(model(THREE))
    page.get_by_role("button", name="只看容差外").click()
    assert listed(page) == ["Z1", "Z2"]
    page.get_by_role("searchbox").fill("西")
    assert listed(page) == ["Z2"]
    page.get_by_role("searchbox").press("Enter")
    assert calls() == [["choose", "Z2"], ["go", "Z2"]]
    page.get_by_role("searchbox").fill("no such zone")
    assert page.locator(".none").is_visible()


def test_the_list_is_walked_by_keyboard(panel, calls):
    page = panel(model(many(300)))
    page.locator('[data-sort="code"]').click()
    row(page, "Z0000").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert calls() == [["choose", "Z0002"], ["go", "Z0002"]]
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    assert calls() == [["choose", "Z0299"], ["go", "Z0299"]]
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert calls() == [["lock", "Z0299"]]


def test_the_chosen_zone_is_told_and_stays_in_view(panel):
    page = panel(model(many(300)))
    page.locator('[data-sort="code"]').click()
    page.evaluate("card.select('Z0200')")
    assert row(page, "Z0200").is_visible()
    assert "工作量 " in page.locator(".chosen").inner_text()
    page.locator('[data-sort="deviation"]').click()
    place = row(page, "Z0200").bounding_box()
    frame = page.locator(".rows").bounding_box()
    assert frame["y"] <= place["y"] <= frame["y"] + frame["height"] - place["height"]
    page.evaluate("card.select(null)")
    assert page.locator(".chosen").is_hidden()


def test_figures_of_a_stroke_are_shown_at_once_and_marked_as_provisional(panel):
    page = panel(model(THREE, violations=[BREAK], mends=[MEND]))
    page.evaluate(
        """() => {
          const foreseen = { Z1: 0.1, Z2: -0.05 };
          const guess = (zone) => ({ ...zone, deviation: foreseen[zone.id], provisional: true });
          const zones = model.zones.map((zone) => (zone.id in foreseen ? guess(zone) : zone));
          card.update({ ...model, zones, pending: true });
        }"""
    )
    assert row(page, "Z1").locator(".value").inner_text() == "≈+10.0%"
    assert row(page, "Z2").locator(".value").inner_text() == "≈-5.0%"
    assert row(page, "Z3").locator(".value").inner_text() == "+2.0%"
    assert page.locator(".status").inner_text() == "正在核算…"
    assert page.locator(".plain li").first.inner_text() == "3 个警务区全部在容差 ±10% 以内"
    assert page.locator(".mend").is_disabled()
    page.evaluate("card.update(model)")
    assert page.locator(".status").inner_text() == ""
    assert page.locator(".mend").is_enabled()


def test_totals_stand_beside_todays_and_the_reference_and_the_best_is_marked(panel):
    reference = {
        "name": "方案二",
        "totals": {"max_deviation": 0.09, "workload_moved": 0.08, "villages_split": 1},
    }
    page = panel(model(THREE, reference=reference))
    told = page.evaluate(
        """() => {
          const told = (cell) => [cell.textContent, cell.querySelector("[role=img]")?.ariaLabel ?? ""];
          const lines = [...root.querySelectorAll(".totals tbody tr:not([hidden])")];
          return Object.fromEntries(lines.map((line) => [
            line.querySelector("th").textContent, [...line.querySelectorAll("td")].map(told)]));
        }"""
    )
    assert told["最大偏差"] == [["25%", ""], ["90%", "最差"], ["9%", "最好"]]
    # Today's plan changes nothing and so takes no part where changes are counted.
    assert told["调整工作量"] == [["3.4%", "最好"], ["0%", ""], ["8%", "最差"]]
    assert told["拆分村社"] == [["1", ""], ["1", ""], ["1", ""]]
    assert "基尼系数" not in told


def test_expert_measures_are_one_click_away_and_explained(panel):
    page = panel(model(THREE), "en")
    page.get_by_text("More measures").click()
    page.get_by_role("button", name="Unevenness (CV)", exact=True).click()
    assert page.locator(".about").last.inner_text().startswith("Standard deviation of the zones")


def test_fifteen_hundred_zones_stay_quick(panel):
    page = panel(model(many(1500)))
    assert page.locator(".row").count() < 60
    page.evaluate("root.querySelector('.rows').scrollTop = 1e6")
    page.wait_for_function("[...root.querySelectorAll('.row')].some((row) => row.ariaPosInSet === '1500')")
    median = page.evaluate(
        """() => {
          const times = [];
          for (let round = 0; round < 31; round++) {
            const zones = model.zones.slice();
            for (let k = 0; k < 10; k++) {
              const at = (round * 53 + k * 149) % zones.length;
              zones[at] = { ...zones[at], deviation: Math.sin(round + k) / 3 };
            }
            model = { ...model, zones };
            const start = performance.now();
            card.update(model);
            times.push(performance.now() - start);
          }
          return times.sort((a, b) => a - b)[15];
        }"""
    )
    # Measured 2 ms; what would be a fault is a list drawn anew, 50 ms and more.
    assert median < 20


WRITTEN = {
    "deviation(0.1002, 0.1)": "+10.02%",  # not +10.0%: it is outside
    "deviation(0.1, 0.1)": "+10.0%",
    "deviation(-0.5)": "-50.0%",
    "deviation(0)": "0.0%",
    "deviation(null)": "—",
    "share(0.99999)": "99.9%",
    "share(1)": "100%",
    "count(12345.6)": "12,346",
    "amount(7.84)": "7.8",
}


def test_numbers_are_written_as_people_do(bench):
    asked = ", ".join(f"format.{what}" for what in WRITTEN)
    told = bench.evaluate(
        f"""async () => {{
          const format = (await import("/painter/saying.js")).formats("zh");
          return [{asked}];
        }}"""
    )
    assert dict(zip(WRITTEN, told, strict=True)) == WRITTEN


def test_before_python_has_said_anything_the_panel_says_what_it_knows(panel):
    page = panel(model([zone("Z1", None), zone("Z2", None)], totals={}, today=None))
    assert page.locator(".extreme.busiest").is_disabled()
    assert page.locator(".plain li:visible").count() == 1


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_text_that_the_panel_asks_for_is_there_and_none_besides(lang):
    source = "".join(
        (ASSETS / f"{name}.js").read_text(encoding="utf-8") for name in ("bars", "scorecard", "totals")
    )
    asked = set(re.findall(r"tell\('(\w+)'", source)) | set(re.findall(r"'panel\.(\w+)'", source))
    asked |= set(re.findall(r"\?\s*'(\w+)' : '\w+', (?:facts|\{)", source)) | set(
        re.findall(r"' : '(\w+)', facts", source)
    )
    asked |= {"unassigned", "apart", "across", "busiest", "idlest", "best", "worst"}
    asked |= {f"size_{what}" for what in ("grids", "villages", "present")}
    asked |= {f"by_{sort}" for sort in ("deviation", "code", "station")}
    measures = set(re.findall(r"key: '(\w+)', kind", source))
    asked |= {f"{kind}_{key}" for kind in ("measure", "about") for key in measures}
    assert asked == set(KEYS)
    texts = panel_words(words(lang))
    assert [key for key, text in texts.items() if "—" in text or text == f"painter.{key}"] == []


def test_a_bureaus_rules_are_shown_where_some_were_chosen_and_lead_to_the_zone(panel):
    page = panel(model(THREE))
    assert page.locator(".rules").is_hidden()
    page.evaluate(
        """() => card.update({ ...model, rules: { title: "标准：", checked: 3, exceeded: 40, broken: [
          { zone: "Z2", text: "<b>二警区</b> 9,960" }] } })"""
    )
    assert page.locator(".rules summary").inner_text() == "标准： 40 处超出"
    page.locator(".rules summary").click()
    page.locator(".rules button").click()
    assert page.locator(".rules button").inner_text() == "<b>二警区</b> 9,960"
    assert page.evaluate("calls") == [["go", "Z2"]]
    page.evaluate(
        'card.update({ ...model, rules: { title: "标准：", checked: 3, exceeded: 0, broken: [] } })'
    )
    assert page.locator(".rules summary").inner_text() == "标准： 全部符合"


def test_a_zone_that_lost_its_last_grid_is_told(panel):
    page = panel(model(THREE))
    told = page.locator(".plain li", has_text="没有网格")
    assert told.count() == 0
    page.evaluate(
        "card.update({ ...model, zones: model.zones.map((z) => z.id === 'Z2' ? { ...z, grids: 0 } : z) })"
    )
    assert told.is_visible()
