"""The patrol lead's page in a real browser without internet: from the question to the papers."""

import contextlib
import zipfile

import pytest
from playwright.sync_api import TimeoutError

from data.patrol_plans import read_patrol_plan, read_patrol_plans
from data.workspace import Workspace
from ui.recent import key_of

CANVAS = ".gb-patrol .gbp-canvas"
# The first plan on a machine waits for the solver's libraries.
PATIENCE_MS = 60_000


class Lead:
    """The page 巡防 as a patrol lead uses it, and the plans behind it as the file holds them."""

    def __init__(self, page, address, path):
        self.page, self.workspace = page, Workspace.open(path)
        self.address = f"{address}/patrols?district={key_of(path)}"

    def open(self, view="plan"):
        self.page.goto(f"{self.address}&view={view}")
        self.page.locator(".st-key-patrol-go button").wait_for(timeout=PATIENCE_MS)

    def plans(self):
        return list(read_patrol_plans(self.workspace)["plan_id"])

    def until_plans(self, count):
        """Wait until the file holds so many plans; a search that still runs is ended with what it has."""
        for _ in range(PATIENCE_MS // 500):
            if len(self.plans()) >= count:
                return
            self.cancel()
            self.page.wait_for_timeout(500)

    def cancel(self):
        """Press the button that ends a search, if there is one and it does not go meanwhile."""
        button = self.page.locator(".st-key-patrol-cancel button")
        with contextlib.suppress(TimeoutError):
            if button.is_visible():
                button.click(timeout=2_000, no_wait_after=True)

    def plan(self):
        """Ask for a plan as the form stands."""
        self.page.locator(".st-key-patrol-go button").click()
        self.running()

    def running(self):
        """Wait until a plan is being made, or is there already."""
        seen = self.page.locator(".gb-run").or_(self.page.locator(".gb-patrol .dwell"))
        seen.first.wait_for(timeout=PATIENCE_MS)

    def end(self):
        """End the search with what there is, unless it has ended, and wait for the plan on the map."""
        cancel = self.page.locator(".st-key-patrol-cancel button")
        cancel.or_(self.page.locator(".gb-patrol .dwell")).first.wait_for(timeout=PATIENCE_MS)
        self.cancel()
        self.routes()

    def routes(self):
        self.page.locator(".gb-patrol .dwell").first.wait_for(timeout=PATIENCE_MS)
        # The map fits itself once it has its size.
        self.page.wait_for_function(
            """() => {
              const inside = (root) => [...root.querySelectorAll('*')].map((node) => node.shadowRoot);
              const find = (root) => root.querySelector('.gb-patrol .gbp-canvas')
                || inside(root).map((shadow) => shadow && find(shadow)).find(Boolean);
              return Boolean(find(document)?.patrol?.canvas.px);
            }"""
        )

    def text(self, part):
        return self.page.locator(f".gb-patrol {part}").inner_text()

    def until(self, part, text):
        self.page.locator(f".gb-patrol {part}").get_by_text(text).first.wait_for()

    def stops_of(self, plan):
        visits = read_patrol_plan(self.workspace, plan).visits
        return visits.groupby("team_id")["stop_id"].agg(list).to_dict()

    def focus(self):
        self.page.locator(CANVAS).focus()


@pytest.fixture
def lead(serving, new_page, tmp_path, make_patrols):
    home = tmp_path / "home"
    home.mkdir()
    path = make_patrols(home / "巡防.gpkg")
    with serving(path, home=home) as address:
        yield Lead(new_page(), address, path)


def test_a_patrol_lead_goes_from_the_question_to_the_papers(lead):
    _planned_through_a_reload(lead)
    _slid_through_time(lead)
    _moved_and_taken_back(lead)
    _closed_a_road_and_planned_anew(lead)
    _handed_over(lead)


def _planned_through_a_reload(lead):
    page = lead.page
    lead.open()
    page.locator(".st-key-patrol-form").get_by_text("专职巡防队", exact=True).click()
    for mode in ("一村一巡", "多村共巡"):
        page.locator(".st-key-patrol-form").get_by_role("button", name=mode).click()
    page.locator(".st-key-patrol-form").get_by_text("最长一班最短", exact=True).click()
    lead.plan()
    page.reload()
    lead.running()
    lead.end()
    assert lead.plans() == ["D1"]
    assert "3" in lead.text(".figures")


def _slid_through_time(lead):
    slider = lead.page.locator(".gb-patrol .timeline input[type=range]")
    slider.fill(str(18 * 3600 + 1800))
    assert lead.text(".timeline .flag") == "18:30"
    slider.press("ArrowRight")
    assert lead.text(".timeline .flag") == "18:31"
    lead.focus()
    lead.page.keyboard.press("Space")
    lead.page.wait_for_timeout(300)
    lead.page.keyboard.press("Space")
    assert lead.text(".timeline .flag") > "18:31"


def _moved_and_taken_back(lead):
    before = lead.stops_of("D1")
    lead.focus()
    lead.page.keyboard.press("]")
    lead.page.keyboard.press("n")
    lead.page.keyboard.press("m")
    lead.page.locator(".gb-patrol .mover li button[style]").first.click()
    lead.until("section.effect", "总时长")
    after = lead.stops_of("D1")
    assert after != before
    assert sorted(sum(after.values(), [])) == sorted(sum(before.values(), []))
    lead.page.keyboard.press("Control+z")
    lead.until("section.effect", "已撤销")
    assert lead.stops_of("D1") == before


def _closed_a_road_and_planned_anew(lead):
    page = lead.page
    # Where the map flew to when a stop was taken in hand.
    page.wait_for_timeout(700)
    # On the way of a team between its first two stops.
    at = page.locator(CANVAS).evaluate(
        """(host) => {
          const { day, canvas } = host.patrol, box = host.getBoundingClientRect();
          const out = [...day.routes.values()].find((route) => route.visits.length > 1);
          const { team, ways: [, { points }] } = out;
          canvas.fitBox(day.box([team]), { animate: false });
          const [px, py] = canvas.pixelOf((points[0] + points[2]) / 2, (points[1] + points[3]) / 2);
          return [px + box.left, py + box.top];
        }"""
    )
    lead.focus()
    page.keyboard.press("c")
    page.mouse.click(*at)
    lead.until("section.roads", "恢复通行")
    assert len(lead.workspace.read("closed_roads")) == 1
    page.keyboard.press("Escape")
    page.locator(".gb-patrol .stale button").click()
    # The routes of the old plan stay on the page until the new one is there.
    lead.until_plans(2)
    lead.routes()
    assert lead.plans() == ["D1", "D2"]


def _handed_over(lead):
    page = lead.page
    page.locator(".st-key-patrols_view").get_by_text("下发", exact=True).click()
    page.locator(".st-key-patrol-handover-make button").click()
    button = page.locator(".st-key-patrol-handover-zip button")
    button.wait_for(timeout=PATIENCE_MS)
    with page.expect_download() as found:
        button.click()
    with zipfile.ZipFile(found.value.path()) as package:
        names = package.namelist()
    assert any(name.endswith(".pdf") for name in names)
    assert any(name.endswith(".gpx") for name in names)
    assert any(name.endswith(".kml") for name in names)
    assert any("签到" in name for name in names)
