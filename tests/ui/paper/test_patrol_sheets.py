"""巡防任务单: what is on a team's sheet and on the cover, set whatever is in the names, page by page."""

import json
import re
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from geo.errors import Reason
from planning.patrol.backup import Backup
from planning.patrol.plan import Refusal, Unvisited
from tests.planning.patrol.straight_days import HOUR, MINUTE
from ui.paper import patrol_sheets
from ui.paper.patrol_cover import cover
from ui.paper.patrol_map import PatrolGround, overview_map, team_map
from ui.paper.patrol_sheets import Sheets
from ui.paper.share_chart import share_chart
from ui.words import words

STAMP = datetime(2026, 11, 6, 8, 0, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"
MARKUP = '#panic("x") *_$@\\ `<b>` = [#let x] //'


@pytest.fixture
def set_pages(monkeypatch):
    """What was given to the printing template, in place of the pages."""
    given = []

    class Given:
        def __init__(self, template):
            self.template = template

        def set(self, data, *, stamp):
            given.append(json.loads(json.dumps(data)))
            return b"%PDF"

    monkeypatch.setattr(patrol_sheets, "Press", Given)
    return given


def team(day, set_pages, at=0):
    Sheets(day, stamp=STAMP).whole()
    return set_pages[-1]["teams"][at]


def pages(pdf):
    """How many pages a PDF has."""
    found = len(re.findall(rb"/Type\s*/Page\b", pdf))
    for packed in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            found += len(re.findall(rb"/Type\s*/Page\b", zlib.decompress(packed)))
        except zlib.error:
            continue
    return found


def drawn(svg):
    return ET.fromstring(svg)


def texts(svg):
    return [element.text for element in drawn(svg).iter(f"{SVG}text") if not element.get("aria-hidden")]


def weak_hour(villages=("V0000", "V0001")):
    """An hour in which the second village is covered but from 20:20 to 20:40."""
    minutes = np.arange(61)
    late = np.where((minutes >= 20) & (minutes < 40), 11, 9) * MINUTE
    index = pd.Index(20 * HOUR + minutes * MINUTE, name="at_ms")
    times = pd.DataFrame({villages[0]: 60 * MINUTE, villages[1]: late}, index=index)
    return Backup(times=times, teams=pd.Series(2, index=index))


def test_sheet_says_who_when_where_and_what(night, set_pages):
    sheet = team(night, set_pages)
    facts = dict(sheet["facts"])
    assert facts["日期"] == "2026年11月6日 周五"
    assert facts["班次"] == "20:00–次日 04:00"
    assert facts["出发地"] == "中心警务室"
    assert facts["派出所"] == "中心派出所"
    assert (facts["出行方式"], facts["巡防点"], facts["停留"]) == ("汽车", "3 处", "45 分钟")
    rows = [(row["number"], row["name"], row["times"], row["windows"]) for row in sheet["rows"]]
    assert rows[1] == ("2", "实验小学", ["21:00", "21:15"], "21:00–21:45")
    assert rows[2] == ("3", "夜市路口", ["次日 01:00", "次日 01:15"], "次日 01:00–02:15")
    assert sheet["rows"][1]["waits"].startswith("20:")
    assert sheet["rows"][0]["waits"] == ""
    assert "站岗" in sheet["rows"][1]["task"]
    assert sheet["leaves"] == ["20:00", "中心警务室 出发"]
    assert sheet["returns"][1] == "返回 中心警务室"
    # Three go out, one of whom leads.
    assert sheet["members"] == ["队员", "队员"]
    assert sheet["links"] is None


def test_legs_on_the_sheet_add_up_to_the_way(night, set_pages):
    route = night.plan.routes[0]
    legs = night.legs_of(route)
    assert legs["m"].sum() == route.distance_m
    assert legs["ms"].sum() == route.travel_ms
    sheet = team(night, set_pages)
    said = [row["leg"] for row in sheet["rows"]] + [sheet["returns"][2]]
    assert said == [
        f"路上 {night.t.duration(ms)}，{night.t.length(m)}"
        for ms, m in zip(legs["ms"], legs["m"], strict=True)
    ]


def test_codes_are_on_the_sheet_only_where_they_are_allowed(make_night, set_pages):
    links = team(make_night(services=("amap", "baidu")), set_pages)["links"]
    assert [card["number"] for card in links["cards"]] == ["1", "2", "3", ""]
    assert [code["label"] for code in links["cards"][0]["codes"]] == ["高德地图", "百度地图"]
    assert len(links["whole"]) == 1
    links = team(make_night(services=("baidu",)), set_pages)["links"]
    assert [len(card["codes"]) for card in links["cards"]] == [1] * 4
    assert links["whole"] == []


def test_team_is_known_by_what_sets_its_name_apart(make_night):
    def badges(*names):
        teams = {f"T{i}": {"name": name, "start": "post"} for i, name in enumerate(names)}
        night = make_night(teams=teams, rounds={name: [f"s{i + 1}"] for i, name in enumerate(teams)})
        return [night.badge(route) for route in night.plan.routes]

    assert badges("专职03队", "专职12队") == ["03", "12"]
    assert badges("一队", "二队") == ["一", "二"]
    assert badges("南湖派出所巡防队", "北岭村社巡防队") == ["1", "2"]
    assert badges("巡防队", "巡防队") == ["T0", "T1"]
    assert badges("唯一的队") == ["1"]
    assert badges("", "") == ["T0", "T1"]


def test_team_that_sets_out_from_no_post_does_from_its_village_or_its_station(make_night):
    teams = {"Q1": {"name": "一队", "start": "v"}, "Q2": {"name": "二队", "start": "hot", "station_id": "S1"}}
    rounds = {"Q1": ["s1"], "Q2": ["s2"]}
    assert make_night(teams=teams, rounds=rounds).post("Q1") == "村0-2"
    assert make_night(teams=teams, rounds=rounds, tables={}).post("Q2") == "中心派出所"
    assert make_night(teams=teams, rounds=rounds, tables={}).post("Q1") == "本队驻点"


def test_round_that_ends_elsewhere_says_so(night, set_pages):
    night.problem.teams["end"] = ["east", None]
    assert team(night, set_pages)["returns"][1] == "返回 东警务站"


@pytest.mark.parametrize(("members", "lines"), [(1, 0), (5, 4), (40, 8), (np.nan, 3), (0, 3)])
def test_as_many_lines_for_names_as_go_out(make_night, set_pages, members, lines):
    teams = {"Q1": {"name": "一队", "start": "post", "members": members}}
    assert len(team(make_night(teams=teams, rounds={"Q1": ["s1"]}), set_pages)["members"]) == lines


def test_cover_lists_teams_and_what_is_not_visited_and_why(make_night, set_pages):
    night = make_night()
    why = Refusal(team_id="Q1", why=Reason("shift_over", {"team": "专职01队", "over_ms": 23 * MINUTE}))
    unvisited = Unvisited(stop_id="s4", priority=1, refusals=(why,), remedies=())
    plan = replace(night.plan, unvisited=(unvisited,))
    problem = replace(night.problem, left_out=(Reason("table_unknown", {"table": "a", "known": "b"}),) * 2)
    found = cover(replace(night, plan=plan, problem=problem), PatrolGround(night))
    assert [row[:3] for row in found["teams"]["rows"]] == [
        ["01", "专职01队", "中心警务室"],
        ["02", "专职02队", "东警务站"],
    ]
    ((stop, priority, reason, _),) = found["unvisited"]["rows"]
    assert (stop, priority) == ("湿地公园", "必巡")
    assert "23 分钟" in reason
    # What must be visited and is not makes a plan that may not be carried out.
    assert "不能执行" in found["warning"]
    assert len(found["left_out"]["texts"]) == 1
    assert found["left_out"]["texts"][0].endswith("(×2)")


def test_cover_names_the_weakest_quarter_and_villages_never_reached(make_night):
    night = make_night(backup=weak_hour())
    said = cover(night, PatrolGround(night))["backup"]
    assert "20:20–20:35" in said["texts"][0]
    assert "0%" in said["texts"][0]
    assert "1 个：村0-0" in said["texts"][1]
    assert cover(make_night(), PatrolGround(night))["backup"] is None


def test_chart_is_stepped_and_marks_the_weakest_span():
    share = weak_hour().curve(10 * MINUTE)["share"]
    svg = share_chart(
        share, (20 * HOUR + 20 * MINUTE, 20 * HOUR + 35 * MINUTE), size_mm=(100, 30), t=words("zh")
    )
    assert {"0%", "50%", "100%", "20:00", "21:00"} <= set(texts(svg))
    (hatched,) = [r for r in drawn(svg).iter(f"{SVG}rect") if r.get("fill") == "url(#weak)"]
    # A quarter of an hour, of an hour that is 840 wide.
    assert float(hatched.get("width")) == pytest.approx(210, abs=1)


def test_map_numbers_the_stops_in_order_and_draws_arrows(night):
    ground = PatrolGround(night)
    svg = team_map(ground, night.plan.routes[0], width_mm=186, height_mm=200)
    said = texts(svg)
    assert {"1", "2", "3", "起", "南湖村", "实验小学", "夜市路口", "中心警务室", "N"} <= set(said)
    assert "审图号：测试" in said
    arrows = [p for p in drawn(svg).iter(f"{SVG}path") if "rotate" in (p.get("transform") or "")]
    # Four legs of one to two kilometres each.
    assert len(arrows) >= 4


def test_stops_at_one_place_have_a_marker_each(night):
    svg = team_map(PatrolGround(night), night.plan.routes[1], width_mm=186, height_mm=84)
    circles = [c for c in drawn(svg).iter(f"{SVG}circle") if float(c.get("r")) > 20]
    at = {(c.get("cx"), c.get("cy")) for c in circles}
    assert len(circles) == len(at) == 2
    assert {"1", "2"} <= set(texts(svg))


def test_overview_has_every_team_at_its_farthest_stop(night):
    svg = overview_map(PatrolGround(night), width_mm=186, heights_mm=(100, 170))
    assert {"01", "02"} <= set(texts(svg))
    # The district is as high as it is wide.
    assert 165 < float(drawn(svg).get("height").removesuffix("mm")) <= 170


def test_map_without_villages_roads_and_water_is_no_fault(make_night):
    night = make_night(tables={})
    assert "1" in texts(team_map(PatrolGround(night), night.plan.routes[0], width_mm=186, height_mm=84))
    assert overview_map(PatrolGround(night), width_mm=186, heights_mm=(100, 170))


def test_way_there_and_back_on_one_road_is_two_lines(make_night):
    night = make_night(rounds={"Q1": ["s1"]})
    svg = team_map(PatrolGround(night), night.plan.routes[0], width_mm=186, height_mm=84)
    (way,) = [p for p in drawn(svg).iter(f"{SVG}path") if p.get("stroke") == "#0b3d91"]
    ends = [part.split("L") for part in way.get("d").split("M")[1:]]
    assert len(ends) == 2
    # Each to its right of the middle: what one begins with is not what the other ends with.
    assert ends[0][0] != ends[1][-1]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pages_are_set_in_both_languages(make_night, lang):
    sheets = Sheets(make_night(lang, services=("amap", "baidu"), backup=weak_hour()), stamp=STAMP)
    whole = sheets.whole()
    assert whole.startswith(b"%PDF")
    single = [content for _, content in sheets.each()]
    assert [pages(content) for content in single] == [2, 2]
    # A cover of one page or two, and the sheets.
    assert pages(whole) in (5, 6)


def test_names_are_text_whatever_is_in_them_and_however_long(make_night, squares):
    long = "特别长的地名" * 20 + "W" * 120
    squares["posts"].loc[[1, 2], "name"] = [long, MARKUP]
    night = make_night(
        district=MARKUP,
        teams={"Q1": {"name": long, "start": "post"}, "Q2": {"name": MARKUP, "start": "east"}},
        stops={"s1": {"name": long, "place": "v"}, "s2": {"name": MARKUP, "place": "hot"}},
        rounds={"Q1": ["s1", "s2"]},
        services=("amap", "baidu"),
        credit=MARKUP,
    )
    # Were it markup, setting it would stop at the panic.
    assert Sheets(night, stamp=STAMP).whole().startswith(b"%PDF")


def test_twenty_stops_go_on_over_pages_with_their_headings(make_night, set_pages):
    stops = {f"s{i}": {"name": f"点{i}", "place": place} for i, place in enumerate(["v", "hot"] * 12)}
    night = make_night(stops=stops, rounds={"Q1": list(stops)})
    assert not team(night, set_pages)["one_page"]


def test_nobody_out_makes_a_cover_alone(make_night):
    night = make_night(rounds={})
    sheets = Sheets(night, stamp=STAMP)
    assert pages(sheets.whole()) == 1
    assert list(sheets.each()) == []


def test_same_day_and_stamp_make_the_same_pages(make_night):
    one, other = (Sheets(make_night(), stamp=STAMP).whole() for _ in range(2))
    assert one == other
