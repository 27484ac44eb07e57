"""`gridbeat patrol week` and `replan`: planned, told, kept, written; and what a tired person may type."""

import io
import json

import openpyxl
import pytest
from typer.testing import CliRunner

from data.patrol_plans import read_patrol_plan
from data.workspace import Workspace
from ui import cli
from ui.patrol_ground import patrol_ground
from ui.weeks_order import WeeksOrder, ordered_weeks
from ui.weeks_saving import kept_weeks, last_visits

KEYS = {
    "days",
    "visits",
    "hours",
    "longest_shift_h",
    "distance_km",
    "promises_kept",
    "faults",
    "fairness",
    "overlap",
    "spread",
    "entropy",
    "price",
}
FROM = ("--from", "2026-12-01", "--mode", "joint", "--effort", "60")


@pytest.fixture
def run():
    return lambda *typed, lang="zh": CliRunner().invoke(cli.door, [*map(str, typed), "--lang", lang])


@pytest.fixture
def week(run, workspace_file):
    """Function that plans weeks of the squares' district by the terminal."""
    return lambda *typed, **more: run("patrol", "week", workspace_file, *FROM, *typed, **more)


def facts(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_every_village_is_visited_once_a_week_and_the_plan_is_kept(week, workspace_file):
    told = facts(week("--weeks", 2, "--json"))
    assert set(told) >= KEYS
    assert (len(told["days"]), told["visits"], told["promises_kept"], told["faults"]) == (14, 24, True, [])
    workspace = Workspace.open(workspace_file)
    saved = read_patrol_plan(workspace, told["id"])
    assert (saved.kind, saved.date, len(saved.visits)) == ("period", "2026-12-01", 24)
    order = WeeksOrder.from_dict(saved.params)
    plan = kept_weeks(saved, ordered_weeks(patrol_ground(workspace), order))
    assert plan.faults == ()
    assert sum(plan.worked_ms().values()) / 3_600_000 == pytest.approx(told["hours"])
    assert len(last_visits(saved)) == 12


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_plain_lines_say_what_is_kept_and_what_can_be_foreseen(week, lang):
    result = week("--weeks", 2, "--unpredictable", 0.5, "--no-save", lang=lang)
    assert result.exit_code == 0, result.output
    assert "2026-12-01" in result.stdout
    assert ("承诺全部兑现" if lang == "zh" else "Every promise is kept") in result.stdout
    assert not any(mark in result.stdout for mark in ("error.", "weeks.", "weeks_", "patrol."))


def test_a_workbook_holds_calendar_and_duty_table_under_merged_headings(week, tmp_path):
    told = facts(
        week("--weeks", 2, "--out", tmp_path / "月", "--json", "--no-save", "--half", "2026-12-05:am")
    )
    assert told["files"] == ["weeks.json", "weeks.xlsx"]
    book = openpyxl.load_workbook(io.BytesIO((tmp_path / "月" / "weeks.xlsx").read_bytes()))
    assert book.sheetnames == ["巡防日历", "值班备勤表"]
    merged = {str(cell) for cell in book["值班备勤表"].merged_cells.ranges}
    assert {"E2:K2", "L2:R2"} <= merged
    assert "2026-12-01 至 2026-12-14" in book["巡防日历"]["A1"].value
    assert "上午" in book["巡防日历"]["I3"].value


def test_a_team_that_is_missing_is_stood_in_for_with_each_change_told(run, week, workspace_file, tmp_path):
    told = facts(week("--json"))
    day = max(told["days"], key=lambda day: day["visits"])
    team = day["routes"][0]["team_id"]
    away = f"{team}:{day['date']}"
    found = facts(
        run(
            "patrol",
            "replan",
            workspace_file,
            told["id"],
            "--absent",
            away,
            "--effort",
            60,
            "--json",
            "--out",
            tmp_path / "改",
        )
    )
    assert (found["promises_kept"], found["faults"], found["of"]) == (True, [], told["id"])
    assert found["moved"] >= 1
    assert all(row["from_date"] >= day["date"] for row in found["changes"])
    again = next(other for other in found["days"] if other["date"] == day["date"])
    assert team not in {route["team_id"] for route in again["routes"]}
    assert read_patrol_plan(Workspace.open(workspace_file), found["id"]).kind == "period"
    book = openpyxl.load_workbook(io.BytesIO((tmp_path / "改" / "weeks.xlsx").read_bytes()))
    assert book["改动清单"].max_row >= 3 + found["moved"]


def test_the_next_weeks_go_on_from_those_before_and_are_compared(run, week, workspace_file):
    first = facts(week("--json"))
    second = facts(
        run(
            "patrol",
            "week",
            workspace_file,
            *FROM[2:],
            "--from",
            "2026-12-08",
            "--after",
            first["id"],
            "--json",
        )
    )
    assert second["promises_kept"]
    assert second["compared"]["all"]["visits_before"] == second["compared"]["all"]["visits"] == 12


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (("--days", 63), "62"),
        (("--weeks", 1, "--days", 3), "--weeks"),
        (("--from", "12月1日"), "2026-12-01"),
        (("--unpredictable", 2), "0–1"),
        (("--absent", "T1"), "TEAM:2026-12-02"),
        (("--absent", "没有的队:2026-12-02"), "没有巡防队"),
        (("--absent", "team:V0000:2026-12-04..2026-12-02"), "早于"),
        (("--half", "2026-12-02:noon"), "am, pm"),
        (("--gap-least", 5, "--gap-most", 3), "互相矛盾"),
        (("--cap", 0), "> 0"),
        (("--after", "D9"), "D9"),
    ],
)
def test_what_cannot_be_is_refused_in_words(week, typed, says):
    result = week(*typed)
    assert result.exit_code != 0
    assert says in result.output
    assert "Traceback" not in result.output


def test_what_cannot_be_replanned_is_refused_in_words(run, week, workspace_file):
    day = facts(run("patrol", "day", workspace_file, "--date", "2026-12-01", "--effort", 5, "--json"))
    wrong = run("patrol", "replan", workspace_file, day["id"], "--absent", "team:V1:2026-12-02")
    assert wrong.exit_code != 0
    assert "一日方案" in wrong.output
    plan = facts(week("--json"))["id"]
    for typed, says in (
        ((), "--absent"),
        (("--event", "2026-12-03:没有的村"), "没有村"),
        (("--event", "2027-01-03:没有的村"), "不在方案"),
        (("--absent", "team:V0000:2026-12-30", "--from", "2026-12-30"), "不在方案"),
    ):
        result = run("patrol", "replan", workspace_file, plan, *typed)
        assert (result.exit_code != 0, says in result.output) == (True, True), result.output
