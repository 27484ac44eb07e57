"""The chief's page in a real browser without internet: from gathering to the published map."""

import pytest
from playwright.sync_api import expect

from data.assessments import read_assessment
from data.workspace import Workspace
from tests.called_district import make_drawn_district
from ui.recent import key_of

PATIENCE_MS = 60_000


class Chief:
    """The page 平安 as one person uses it, and the assessments behind it as the file holds them."""

    def __init__(self, page, address, path):
        self.page, self.workspace = page, Workspace.open(path)
        self.address = f"{address}/safety?district={key_of(path)}"
        self.map = page.frame_locator("iframe")

    def open(self, view, chapter=""):
        self.page.goto(f"{self.address}&view={view}" + (f"&plan={chapter}" if chapter else ""))

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).click()

    def ask(self, name):
        """Open the form of a step of the loop and sign it."""
        self.page.get_by_role("button", name=name, exact=True).click(timeout=PATIENCE_MS)
        self.form.get_by_role("textbox", name="经手单位或岗位").fill("情指中心")

    def confirm(self):
        self.form.get_by_role("button", name="确定").click()

    @property
    def form(self):
        return self.page.locator(".st-key-safety-step-form")

    def villages_told(self):
        """How many villages the map counts, over all grades."""
        return sum(int(count) for count in self.map.locator(".gb-chips b").all_inner_texts())

    def told(self, text):
        self.page.get_by_text(text).first.wait_for(timeout=PATIENCE_MS)


@pytest.fixture
def served_district(serving, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    path = home / "平安.gpkg"
    Workspace.create(path, name="平安区", crs="EPSG:4549").write_all(make_drawn_district(12))
    with serving(path, home=home) as address:
        yield address, path


def test_a_month_goes_from_gathering_to_the_published_map(served_district, new_page):
    chief, other = (Chief(new_page(), *served_district) for _ in range(2))
    _looked_at(chief)
    _settled(chief)
    # Two at once: the second has the month before them as it was.
    other.open("loop")
    other.ask("开始核对")
    chief.ask("通报发布")
    chief.confirm()
    chief.told("2026-10 现在是：已发布")
    other.confirm()
    other.told("A1 刚被别人改为“已发布”")
    held = read_assessment(chief.workspace, "A1")
    assert (held.status, held.issue) == ("published", "flash")
    chief.open("map", "A1")
    expect(chief.map.locator(".gb-period output")).to_have_text("2026-10 已发布", timeout=PATIENCE_MS)


def _looked_at(chief):
    chief.open("map")
    bar = chief.map.locator(".gb-safety")
    bar.wait_for(timeout=PATIENCE_MS)
    expect(chief.map.locator(".gb-period output")).to_have_text("2026-10 现算")
    assert chief.villages_told() == 12
    bar.get_by_role("button", name="刑事安全").click()
    expect(bar.get_by_role("button", name="刑事安全")).to_have_attribute("aria-pressed", "true")
    assert chief.villages_told() == 12
    search = chief.map.locator(".gb-search input")
    search.fill("村V05")
    search.press("Enter")
    portrait = chief.map.locator(".gb-portrait")
    expect(portrait.locator("header strong")).to_have_text("村V05")
    expect(portrait.locator(".gb-near button")).to_have_count(5)
    portrait.get_by_role("button", name="村V06").click()
    expect(portrait.locator("header strong")).to_have_text("村V06")
    portrait.get_by_role("button", name="关闭").click()
    expect(portrait).to_have_count(0)


def _settled(chief):
    chief.open("loop")
    chief.page.get_by_role("button", name="开始归集").click(timeout=PATIENCE_MS)
    chief.told("已新开一期：2026-10")
    chief.ask("核算确定")
    chief.confirm()
    chief.told("2026-10 现在是：核算确定")
    chief.press("重算核对")
    chief.told("结果与封存的完全一致")
