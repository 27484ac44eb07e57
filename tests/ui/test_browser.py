"""The app in a real browser without internet: one journey, and not one request leaves the machine."""

from ui.maps.offline import offline_html
from ui.maps.overview import elements_map


def test_the_whole_journey_in_two_languages(page, served, tmp_path):
    page.goto(served)
    inside = page.frame_locator("iframe")
    inside.locator(".gb-label", has_text="警务区1").wait_for()
    assert inside.locator("canvas").first.is_visible()
    page.get_by_text("村社善治").wait_for()

    page.get_by_text("English", exact=True).click()
    page.get_by_text("Village governance").wait_for()
    inside.get_by_text("Legend and layers").wait_for()

    page.get_by_role("link", name="Nesting").click()
    page.get_by_text("4 / 36 / 91.7 %").wait_for()
    page.get_by_role("button", name="Repair the nesting").click()
    page.get_by_text("4 / 36 / 100 %").wait_for()
    page.get_by_role("button", name="Save as a plan (draft)").dblclick()
    page.get_by_text("Saved as plan P1").first.wait_for()
    page.get_by_text("Saved plans").wait_for()

    page.reload()
    page.get_by_text("Saved plans").wait_for()
    page.get_by_text("4 / 36 / 100 %").wait_for()

    page.get_by_role("tab", name="Downloads").click()
    with page.expect_download() as waited:
        page.get_by_role("button", name="Map (HTML)").click()
    file = tmp_path / "map.html"
    waited.value.save_as(file)

    page.get_by_role("link", name="Overview").click()
    page.get_by_text("Village governance").wait_for()
    search = page.frame_locator("iframe").get_by_role("combobox")
    search.fill("g0301")
    search.press("ArrowDown")
    search.press("ArrowUp")
    search.press("Enter")
    details = page.frame_locator("iframe").locator(".gb-details")
    details.get_by_text("网格3-1").wait_for()
    details.get_by_text("131").wait_for()

    _assert_opens_from_disk(page, file)


def test_a_click_on_the_map_opens_details_and_runs_no_name(page, served):
    page.goto(served)
    inside = page.frame_locator("iframe")
    inside.locator(".gb-label").first.wait_for()
    inside.get_by_role("combobox").fill("script")
    inside.get_by_role("option").first.wait_for()
    assert inside.get_by_role("option").first.inner_text().startswith("<script>")
    inside.get_by_role("combobox").press("Enter")
    inside.locator(".gb-details strong", has_text="<script>alert(1)</script>").wait_for()
    inside.locator(".leaflet-popup-close-button").click()
    inside.locator(".gb-details").wait_for(state="detached")
    box = page.locator("iframe").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    inside.locator(".gb-details").wait_for()


def test_a_search_without_a_find_says_so_aloud(page, served):
    page.goto(served)
    inside = page.frame_locator("iframe")
    inside.locator(".gb-label").first.wait_for()
    search = inside.get_by_role("combobox")
    search.fill("no such place")
    inside.get_by_role("status").get_by_text("没有找到").wait_for()
    assert search.get_attribute("aria-expanded") == "false"
    search.press("Escape")
    inside.get_by_text("没有找到").wait_for(state="detached")


def test_layers_are_switched_in_the_legend(page, served):
    page.goto(served)
    inside = page.frame_locator("iframe")
    inside.locator(".gb-label", has_text="南镇").wait_for()
    inside.get_by_role("checkbox", name="镇街").uncheck()
    inside.locator(".gb-label", has_text="南镇").wait_for(state="detached")


def test_a_saved_map_fetches_nothing_even_if_a_script_asks(page, tmp_path, squares):
    file = tmp_path / "map.html"
    file.write_text(offline_html(elements_map(squares)), encoding="utf-8")
    refused = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(file.as_uri())
    page.locator("canvas").first.wait_for()
    assert refused == []
    page.evaluate("fetch('http://a.example/x').catch(() => 0)")
    page.evaluate(
        "new Promise((done) => { const i = new Image(); i.onerror = done; i.src = 'http://a.example/x'; })"
    )
    assert sum("violates the following Content Security Policy" in text for text in refused) >= 2
    # Both were asked for here, and refused.
    page.outside.clear()
    page.faults.clear()


def _assert_opens_from_disk(page, file):
    alone = page.context.new_page()
    faults = []
    alone.on("pageerror", lambda fault: faults.append(str(fault)))
    alone.on("console", lambda message: faults.append(message.text))
    alone.goto(file.as_uri())
    alone.get_by_text("Legend and layers").wait_for()
    assert alone.locator("canvas").count() > 0
    alone.close()
    assert faults == []
