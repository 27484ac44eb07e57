"""The safety map: what the browser is given, what is told beside it, and that it needs nothing else."""

import datetime as dt

import pandas as pd
import pytest

from data import ledgers
from data.ledgers import EntryChanges, write_ledger
from data.patrol_plans import PERIOD, save_patrol_plan
from data.workspace import Workspace
from tests.called_district import make_drawn_district
from ui.assessing import begin_assessment, settle
from ui.maps.offline import offline_html, outside_references
from ui.maps.safety import safety_map, safety_spec
from ui.safety_beside import read_beside
from ui.safety_story import PRESENT, latest_month, open_story, present_index
from ui.words import words


@pytest.fixture(scope="module")
def tables():
    """Twelve villages in three rows of four, the fifth named as a script would be."""
    district = make_drawn_district(12)
    district["villages"].loc[4, "name"] = "</script><b>甲村"
    return district


@pytest.fixture(scope="module")
def ws(tables, tmp_path_factory):
    path = tmp_path_factory.mktemp("safety") / "district.gpkg"
    made = Workspace.create(path, name="试验区", crs="EPSG:4549")
    made.write_all(tables)
    for period in ("2026-08", "2026-09"):
        settle(made, begin_assessment(made, period, profile="pingan_village"), rev=1)
    return made


@pytest.fixture(scope="module")
def present(ws):
    return present_index(ws, latest_month(ws))


@pytest.fixture(scope="module")
def story(ws, present):
    return open_story(ws, PRESENT, present=present)


def beside(ws, tables, story, lang="zh"):
    return read_beside(ws, tables, story.index, words(lang), today=dt.date(2026, 11, 20))


def spec(ws, tables, story, lang="zh"):
    shapes = tables["villages"]
    return safety_spec(shapes, tables, story, beside(ws, tables, story, lang), words(lang), mark="内部资料")


def test_calls_that_end_on_the_28th_leave_the_month_before_as_the_last_whole_one(ws):
    # Reports reach to the last of October.
    assert latest_month(ws).name == "2026-10"


def test_a_story_goes_by_period_with_frozen_months_and_the_present_one(ws, story):
    assert [(one.key, one.period.name) for one in story.chapters] == [
        ("A1", "2026-08"),
        ("A2", "2026-09"),
        (PRESENT, "2026-10"),
    ]
    opened = open_story(ws, "A1", present=None)
    assert [one.key for one in opened.chapters] == ["A1", "A2"]
    pd.testing.assert_frame_equal(opened.index.villages, opened.chapters[0].villages)


def test_the_browser_gets_the_grades_and_pillars_of_each_period(ws, tables, story):
    told = spec(ws, tables, story)
    assert [chapter["name"] for chapter in told["chapters"]] == ["2026-08", "2026-09", "2026-10"]
    assert told["opened"] == 2
    codes = [*story.profile.grades.codes, "grey"]
    grades = [codes[place] for place in told["chapters"][2]["grade"]]
    assert grades == story.index.villages["grade"].tolist()
    assert told["chapters"][2]["pillars"][0] == [None] * 12, "political security is never computed"
    criminal = story.index.villages["pillar_criminal"].round(1).tolist()
    assert told["chapters"][2]["pillars"][2] == criminal


def test_neighbours_are_those_that_touch(ws, tables, story):
    told = spec(ws, tables, story)
    assert sorted(told["villages"][0]["near"]) == [1, 4, 5]
    assert sorted(told["villages"][5]["near"]) == [0, 1, 2, 4, 6, 8, 9, 10]


def test_lines_are_the_calculation_of_the_village_costliest_first(ws, tables, story):
    told = spec(ws, tables, story)["villages"][0]["lines"]
    rows = story.index.points.of("V01")
    costs = rows.loc[(rows["kind"] == "rule") & (rows["effect"] < 0), "effect"].sort_values()
    assert [effect for _, effect in told][: len(costs)] == [f"{cost:.2f}".replace("-", "−") for cost in costs]


def test_open_measures_are_told_and_overdue_ones_said_so(ws, tables, story, monkeypatch):
    monkeypatch.setattr(ledgers, "this_day", lambda: dt.date(2026, 11, 20))
    entry = {"village_id": "V03", "text": "补装路灯", "owner": "警务站", "opened": "2026-10-01"}
    rows = [{**entry, "deadline": "2026-11-01"}, {**entry, "text": "清堆物", "deadline": "2026-12-01"}]
    write_ledger(ws, "measures", EntryChanges(added=rows))
    told = beside(ws, tables, story).measures["V03"]
    assert told == ["已超期：补装路灯（警务站，应于 2026-11-01）", "清堆物（警务站，2026-12-01 前）"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_map_is_one_page_that_asks_for_nothing_and_runs_no_name(ws, tables, story, lang):
    known = beside(ws, tables, story, lang)
    m = safety_map(tables, story, known, lang=lang, credit="试验区", mark="内部资料")
    html = offline_html(m)
    assert outside_references(html) == []
    assert "</script><b>甲村" not in html
    assert "GridBeat.safety(" in html


def test_a_district_without_shapes_has_an_empty_map(ws, tables, story):
    bare = {**tables, "villages": pd.DataFrame(tables["villages"].drop(columns="geometry"))}
    assert "GridBeat.safety(" in offline_html(safety_map(bare, story, beside(ws, tables, story)))


def test_the_last_patrol_is_told_of_days_and_of_weeks(ws, tables, story):
    stops = pd.DataFrame({"stop_id": ["S1", "S2"], "village_id": ["V01", "V02"], "kind": "village"})
    clock = {"leg_ms": 0, "leg_m": 0, "arrive_ms": 0, "begin_ms": 0, "leave_ms": 0}
    routes = pd.DataFrame({"team_id": ["T1"], "start_ms": 0, "end_ms": 0, "home_ms": 0, "home_m": 0})
    visits = pd.DataFrame({"team_id": "T1", "number": [1, 2], "stop_id": ["S1", "S2"], **clock})
    plain = {"name": "巡", "force": "village", "mode": "own"}
    save_patrol_plan(ws, routes, visits, date="2026-10-26", **plain)
    weeks = visits.assign(day=[3, 9]), pd.concat([routes, routes], ignore_index=True).assign(day=[3, 9])
    save_patrol_plan(ws, weeks[1], weeks[0], date="2026-10-20", kind=PERIOD, **plain)
    known = beside(ws, {**tables, "stops": stops}, story)
    assert known.patrols == {"V01": "2026-10-26", "V02": "2026-10-29"}
    assert known.patrolled == {"V01", "V02"}
