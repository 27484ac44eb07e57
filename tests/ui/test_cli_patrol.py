"""`gridbeat patrol`: a day planned, told, kept and written; and what a tired person may type."""

import json

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Point
from typer.testing import CliRunner

from data.patrol_plans import read_patrol_plan, read_patrol_plans
from data.workspace import Workspace
from ui import cli
from ui.patrol_ground import DayOrder, ordered_day, patrol_ground
from ui.patrol_saving import keep_changed_day, kept_plan

KEYS = {
    "force",
    "mode",
    "duty",
    "date",
    "objective",
    "teams",
    "members",
    "teams_on_duty",
    "stops",
    "stops_due",
    "hours",
    "travel_h",
    "dwell_h",
    "wait_h",
    "longest_shift_h",
    "distance_km",
    "cap_h",
    "feasible",
    "unvisited",
    "faults",
    "notes",
    "routes",
    "when",
    "by_road",
    "seed",
    "seconds",
    "id",
    "files",
    "compared",
}
DAY = ("--date", "2026-11-03", "--duty", "second", "--effort", "30")
CRS = "EPSG:4549"
WEST, SOUTH = 540_000.0, 3_310_000.0


@pytest.fixture
def run():
    return lambda *typed, lang="zh": CliRunner().invoke(cli.door, [*map(str, typed), "--lang", lang])


@pytest.fixture
def plan_day(run, workspace_file):
    """Function that plans a day of the squares' district by the terminal."""
    return lambda *typed, **more: run("patrol", "day", workspace_file, *DAY, *typed, **more)


def facts(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def write(file, **tables):
    workspace = Workspace.open(file)
    workspace.write_all(tables)
    return workspace


def codes(reasons):
    return [reason["code"] for reason in reasons]


def test_villages_and_roads_alone_give_a_plan_that_can_be_kept(plan_day, workspace_file):
    told = facts(plan_day("--json"))
    assert set(told) >= KEYS
    assert (told["force"], told["mode"], told["feasible"], told["by_road"]) == ("village", "own", True, True)
    assert told["teams"] == told["stops"] == told["stops_due"] == 12
    assert told["unvisited"] == []
    assert codes(told["notes"]) == ["teams_assumed", "stops_assumed"]
    assert told["dwell_h"] == pytest.approx(12 * 0.25)
    kept = read_patrol_plan(Workspace.open(workspace_file), told["id"])
    assert kept.summary["hours"] == told["hours"]
    assert len(kept.visits) == 12


def test_the_three_modes_need_ever_fewer_teams_or_hours(plan_day):
    by_mode = {
        mode: facts(plan_day("--mode", mode, "--json", "--no-save")) for mode in ("own", "shared", "joint")
    }
    assert all(told["feasible"] and told["id"] is None for told in by_mode.values())
    assert by_mode["shared"]["teams"] < by_mode["own"]["teams"]
    few = facts(plan_day("--mode", "joint", "--objective", "teams", "--json", "--no-save"))
    assert few["teams"] <= by_mode["shared"]["teams"]
    assert few["distance_km"] > 0


def test_the_three_modes_are_shown_side_by_side_and_kept(plan_day, workspace_file):
    told = facts(plan_day("--mode", "joint", "--compare", "--json"))
    assert told["mode"] == "joint"
    assert [one["mode"] for one in told["compared"]] == ["own", "shared", "joint"]
    assert {one["id"] for one in told["compared"]} == set(
        read_patrol_plans(Workspace.open(workspace_file))["plan_id"]
    )
    joint = told["compared"][-1]
    assert (joint["hours"], joint["id"]) == (told["hours"], told["id"])
    assert all(one["stops"] == one["stops_due"] == 12 for one in told["compared"])
    assert all(one["member_hours"] == pytest.approx(one["hours"]) for one in told["compared"])
    lines = plan_day("--compare", "--no-save").stdout.splitlines()
    assert [line.split("\t")[0] for line in lines[1:4]] == ["一村一巡", "多村共巡", "片区联巡"]


def test_the_same_seed_and_effort_give_the_same_plan(plan_day):
    one, other = (facts(plan_day("--mode", "joint", "--json", "--no-save")) for _ in range(2))
    assert one["routes"] == other["routes"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_plain_lines_say_what_it_is_who_goes_and_what_was_assumed(plan_day, lang):
    result = plan_day(lang=lang)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert "2026-11-03" in lines[0]
    assert ("一村一巡" if lang == "zh" else "one team a village") in lines[0]
    assert any("村0-0" in line and "19:00" in line for line in lines)
    assert not any("error." in line or "patrol." in line for line in lines)


def test_files_hold_the_plan_the_rounds_and_the_visits(plan_day, tmp_path):
    out = tmp_path / "夜巡"
    told = facts(plan_day("--mode", "joint", "--objective", "teams", "--out", out, "--json"))
    assert {"plan.json", "routes.gpkg", "routes.geojson", "01_巡防任务单.pdf"} <= set(told["files"])
    assert all((out / name).is_file() for name in told["files"])
    assert json.loads((out / "plan.json").read_text(encoding="utf-8"))["hours"] == told["hours"]
    routes = gpd.read_file(out / "routes.gpkg", layer="routes")
    visits = gpd.read_file(out / "routes.gpkg", layer="visits")
    assert routes.crs.to_epsg() == 4549
    assert routes["metres"].sum() / 1000 == pytest.approx(told["distance_km"])
    assert len(visits) == told["stops"]
    assert len(routes) == told["stops"] + told["teams"]
    assert gpd.read_file(out / "routes.geojson").total_bounds[0] == pytest.approx(120.4, abs=0.1)


def test_without_roads_ways_are_straight_and_that_is_said(plan_day, workspace_file):
    write(workspace_file, roads=Workspace.open(workspace_file).read("roads").iloc[:0])
    told = facts(plan_day("--mode", "joint", "--objective", "teams", "--json"))
    assert not told["by_road"]
    assert "roads_missing" in codes(told["notes"])
    assert told["feasible"]
    assert told["distance_km"] > 0


def test_a_stop_beyond_all_shifts_is_left_out_with_its_reason_and_remedy(plan_day, workspace_file):
    stop = gpd.GeoDataFrame(
        {
            "stop_id": ["k1"],
            "name": ["早市"],
            "kind": ["checkpoint"],
            "windows": ["05:00-06:00"],
            "force": ["village"],
        },
        geometry=[Point(WEST + 100, SOUTH + 100)],
        crs=CRS,
    )
    write(workspace_file, stops=stop)
    told = facts(plan_day("--json"))
    assert not told["feasible"]
    (left,) = told["unvisited"]
    assert (left["stop_id"], left["name"], left["priority"]) == ("k1", "早市", 1)
    assert left["reasons"][0]["code"] != "not_allowed"
    assert left["reasons"][0]["text"]
    assert {"code", "facts", "text"} <= set(left["remedies"][0])


def test_a_closed_road_makes_the_way_longer_and_one_that_is_not_there_is_told(plan_day, workspace_file):
    stop = gpd.GeoDataFrame(
        {"stop_id": ["k1"], "name": ["对岸"], "kind": ["checkpoint"], "force": ["squad"]},
        geometry=[Point(WEST + 1750, SOUTH + 500)],
        crs=CRS,
    )
    team = gpd.GeoDataFrame(
        {"team_id": ["t1"], "name": ["一队"], "force": ["squad"], "station_id": ["S1"]},
        geometry=[Point(WEST + 100, SOUTH + 500)],
        crs=CRS,
    )
    write(workspace_file, stops=stop, teams=team)
    squad = ("--force", "squad", "--json", "--no-save")
    open_ = facts(plan_day(*squad))
    write(workspace_file, closed_roads=pd.DataFrame({"road_id": ["R1", "X9"]}))
    closed = facts(plan_day(*squad))
    assert closed["distance_km"] > open_["distance_km"] + 0.5
    assert "closed_roads_unknown" in codes(closed["notes"])
    later = pd.DataFrame({"road_id": ["R1"], "closed_from": ["2026-12-01"]})
    write(workspace_file, closed_roads=later)
    assert facts(plan_day(*squad))["distance_km"] == open_["distance_km"]
    assert facts(plan_day(*squad, "--close", "R1"))["distance_km"] == closed["distance_km"]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (("--force", "army"), "village"),
        (("--mode", "mixed"), "own"),
        (("--duty", "fifth"), "routine"),
        (("--date", "11月3日"), "2026-11-03"),
        (("--date", "2150-01-01"), "2150"),
        (("--objective", "fun"), "hours"),
        (("--cap", "0"), "--cap"),
        (("--cap", "nan"), "--cap"),
        (("--teams", "0"), "--teams"),
        (("--most", "-1"), "--most"),
        (("--effort", "0"), "--effort"),
    ],
)
def test_what_cannot_be_asked_is_said_with_the_remedy(plan_day, workspace_file, typed, says):
    result = plan_day(*typed)
    assert result.exit_code == 2
    assert says in result.output
    assert "Traceback" not in result.output
    assert read_patrol_plans(Workspace.open(workspace_file)).empty


def test_a_day_far_ahead_is_planned_as_any_other(run, workspace_file):
    told = facts(run("patrol", "day", workspace_file, "--date", "2062-03-01", "--effort", 10, "--json"))
    assert told["feasible"]


def test_a_district_with_nothing_to_patrol_is_told_what_it_needs(run, tmp_path):
    file = tmp_path / "空.gpkg"
    Workspace.create(file, name="空", crs=CRS)
    result = run("patrol", "day", file)
    assert result.exit_code == 2
    assert "村社" in result.output


def test_kept_plans_are_listed_and_deleted(run, plan_day, workspace_file):
    told = facts(plan_day("--json"))
    (listed,) = facts(run("patrol", "plans", workspace_file, "--json"))["plans"]
    assert (listed["id"], listed["mode"], listed["teams"]) == (told["id"], "own", 12)
    assert told["id"] in run("patrol", "plans", workspace_file).stdout
    assert facts(run("patrol", "plans", workspace_file, "--delete", told["id"], "--json"))["deleted"]
    assert "patrol day" in run("patrol", "plans", workspace_file).stdout
    assert run("patrol", "plans", workspace_file, "--delete", "D9").exit_code == 2


def test_a_kept_plan_comes_back_and_is_checked_against_what_is_there_now(plan_day, workspace_file):
    told = facts(plan_day("--json"))
    workspace = Workspace.open(workspace_file)
    saved = read_patrol_plan(workspace, told["id"])
    order = DayOrder.from_dict(saved.params)
    day = ordered_day(patrol_ground(workspace), order)
    plan = kept_plan(saved, day.problem)
    assert plan.feasible
    assert plan.summary()["hours"] == told["hours"]
    assert keep_changed_day(workspace, told["id"], day, plan, rev=1) == 2
    slower = ordered_day(
        patrol_ground(workspace), DayOrder.from_dict({**saved.params, "closed": ["R0", "R1", "R6", "R7"]})
    )
    villages = workspace.read("villages")
    workspace.write("villages", villages.iloc[1:])
    gone = ordered_day(patrol_ground(workspace), order)
    assert "visit_stop_unknown" in [fault.code for fault in kept_plan(saved, gone.problem).faults]
    assert slower.problem.stops.equals(day.problem.stops)
