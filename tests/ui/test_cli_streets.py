"""`gridbeat patrol streets` and `gridbeat patrol compare`: planned, kept, written, held against a track."""

import datetime as dt
import json
import zipfile

import gpxpy
import pytest
from typer.testing import CliRunner

from data.patrol_plans import read_patrol_plan
from data.workspace import Workspace
from ui import cli

ASKED = ("--village", "V0000", "--date", "2026-11-03", "--seconds", "3")


@pytest.fixture
def run():
    return lambda *typed, lang="zh": CliRunner().invoke(cli.door, [*map(str, typed), "--lang", lang])


def facts(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_streets_of_a_village_are_planned_kept_written_and_compared(run, workspace_file, tmp_path):
    out = tmp_path / "streets.zip"
    told = facts(run("patrol", "streets", workspace_file, *ASKED, "--json", "--out", out))
    assert (told["feasible"], told["exact"], told["teams"], told["sides"]) == (True, True, 1, "once")
    assert told["street_km"] == pytest.approx(1.5 + 1.5 + 4 * 0.5, abs=0.2)
    assert sum(leg["m"] for leg in told["routes"][0]["legs"]) == pytest.approx(
        1000 * told["distance_km"], abs=20
    )
    with zipfile.ZipFile(out) as whole:
        names = set(whole.namelist())
        track = whole.read("gpx/第 1 队.gpx")
    assert (
        names
        == {*told["files"]}
        >= {"plan.json", "streets.gpkg", "streets.xlsx", "streets.pdf", "streets.kml"}
    )
    assert read_patrol_plan(Workspace.open(workspace_file), told["id"]).kind == "streets"
    # The round as it was written, gone on foot at 4.5 km/h.
    document = gpxpy.parse(track)
    points = [point for segment in document.tracks[0].segments for point in segment.points]
    rows, seconds = ["时间,经度,纬度"], 19 * 3600.0
    for one, other in zip(points, points[1:], strict=False):
        steps = max(round(one.distance_2d(other) / 12.5), 1)
        for step in range(steps):
            at = seconds + step * 10
            lon, lat = (
                getattr(one, c) + (getattr(other, c) - getattr(one, c)) * step / steps
                for c in ("longitude", "latitude")
            )
            moment = dt.datetime(2026, 11, 3) + dt.timedelta(seconds=round(at))
            rows.append(f"{moment},{lon:.7f},{lat:.7f}")
        seconds += steps * 10
    file = tmp_path / "轨迹.csv"
    file.write_text("\n".join(rows))
    compared = facts(
        run(
            "patrol",
            "compare",
            workspace_file,
            file,
            "--plan",
            told["id"],
            "--json",
            "--out",
            tmp_path / "o.xlsx",
        )
    )
    assert compared["covered_share"] == pytest.approx(1, abs=0.02)
    assert compared["driven_km"] == pytest.approx(told["distance_km"], rel=0.05)
    assert (compared["teams_recorded"], compared["stops"], compared["detours"]) == (1, 0, 0)
    assert run("patrol", "compare", workspace_file, file, "--plan", told["id"], lang="en").exit_code == 0


def test_several_teams_and_what_does_not_fit(run, workspace_file):
    told = facts(
        run(
            "patrol",
            "streets",
            workspace_file,
            *ASKED,
            "--teams",
            2,
            "--sides",
            "both",
            "--shift",
            "19:00-19:30",
            "--json",
            "--no-save",
        )
    )
    assert not told["feasible"]
    assert told["uncovered"]
    assert "streets_uncovered" in {note["code"] for note in told["notes"]}
    lines = run("patrol", "streets", workspace_file, *ASKED, "--teams", 2, "--no-save").stdout
    assert "第 2 队" in lines


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ((), "--zone"),
        (("--zone", "ZZ"), "ZZ"),
        (("--village", "V0000", "--class", "lane"), "lane"),
        (("--village", "V0000", "--sides", "left"), "left"),
        (("--village", "V0000", "--shift", "夜里"), "夜里"),
        (("--village", "V0000", "--post", "P9"), "P9"),
        (("--village", "V0000", "--team", "T9"), "T9"),
        (("--village", "V0000", "--travel-mode", "horse"), "horse"),
        (("--village", "V0000", "--class", "path"), "道路"),
    ],
)
def test_what_a_tired_person_types_is_answered_in_words(run, workspace_file, typed, said):
    result = run("patrol", "streets", workspace_file, *typed)
    assert result.exit_code == 2
    assert said in result.output


def test_tracks_of_a_day_are_compared_and_wrong_input_is_told(run, workspace_file, tmp_path):
    plan = facts(
        run(
            "patrol",
            "day",
            workspace_file,
            "--date",
            "2026-11-03",
            "--duty",
            "second",
            "--effort",
            10,
            "--json",
        )
    )
    signs = tmp_path / "签到.csv"
    route = plan["routes"][0]
    visit = route["visits"][0]
    signs.write_text(
        f"team_id,stop,time\n{route['team_id']},https://x/?id={visit['stop_id']},{visit['begin']}\nT9,甲,19:00\n"
    )
    told = facts(run("patrol", "compare", workspace_file, signs, "--plan", plan["id"], "--json"))
    assert (told["visited"], told["teams_recorded"]) == (1, 1)
    assert {note["code"] for note in told["notes"]} >= {"track_device_unknown", "teams_without_record"}
    assert next(v for v in told["visits"] if v["status"] == "visited")["late_min"] == pytest.approx(0, abs=1)
    for wrong in (
        ("--plan", "D99"),
        ("--plan", plan["id"], "--radius", 0),
        ("--plan", plan["id"], "--team", "X=Y"),
        ("--plan", plan["id"], "--crs", "mars"),
    ):
        assert run("patrol", "compare", workspace_file, signs, *wrong).exit_code == 2
