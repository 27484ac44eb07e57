"""`gridbeat table` and `alerts`: in words, as one object, as a workbook, and what they refuse."""

import csv
import json
import sqlite3
from contextlib import closing

import numpy as np
import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from data.workspace import Workspace
from planning.change_table import CHANGES, WINDOWS
from ui import cli


@pytest.fixture(scope="module")
def district(make_workspace, tmp_path_factory):
    """A district of squares that is only read."""
    return make_workspace(tmp_path_factory.mktemp("calls") / "方格区.gpkg")


@pytest.fixture(scope="module")
def doubled(make_workspace, tmp_path_factory):
    """One with many calls, many more of them in V0001 in its last month, and only read."""
    path = make_workspace(tmp_path_factory.mktemp("doubled") / "方格区.gpkg")
    with_a_doubling(path)
    return path


@pytest.fixture
def run():
    return lambda *typed, lang="zh": CliRunner().invoke(cli.door, [*map(str, typed), "--lang", lang])


def facts(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def reported(workspace, month, **kept):
    rows = Workspace.open(workspace).read("incidents")
    rows = rows[(rows["source"] == "reported") & rows["date"].str.startswith(month)]
    for column, value in kept.items():
        rows = rows[rows[column] == value]
    return rows


@pytest.mark.parametrize(
    ("by", "rows"), [("station", 1), ("town", 2), ("zone", 4), ("village", 12), ("category", 2)]
)
def test_rows_add_up_to_the_calls_of_the_month(run, district, by, rows):
    told = facts(run("table", district, "--period", "2026-10", "--by", by, "--json"))
    assert len(told["rows"]) == rows
    assert [row["id"] for row in told["rows"]] == sorted(row["id"] for row in told["rows"])
    assert told["total"]["current"] == reported(district, "2026-10")["count"].sum()
    for name in WINDOWS:
        assert told["total"][name] is None or told["total"][name] == sum(row[name] for row in told["rows"])
    assert (told["period"], told["by"], told["basis"], told["source"]) == (
        "2026-10",
        by,
        "received",
        "reported",
    )
    assert told["windows"]["previous"] == {"first": "2026-09-01", "last": "2026-09-30", "known": True}


def test_what_is_before_the_calls_is_unknown_in_every_form(run, district, tmp_path):
    told = facts(run("table", district, "--period", "2026-10", "--json"))
    # Calls begin in September 2025: October 2025 is known, the year to date of 2025 is not.
    assert told["windows"]["year_before"]["known"]
    assert not told["windows"]["cumulative_before"]["known"]
    assert told["total"]["cumulative_before"] is None
    assert told["total"]["cumulative_change"] is None
    row = run("table", district, "--period", "2026-10").stdout.splitlines()[2]
    assert row.split()[-2:] == ["—", "—"]
    path = tmp_path / "表.csv"
    run("table", district, "--period", "2026-10", "--out", path)
    (kept,) = csv.DictReader(path.read_text("utf-8-sig").splitlines())
    assert kept["cumulative_before"] == ""
    assert int(kept["current"]) == told["total"]["current"]


def test_the_sheet_has_merged_heads_marks_and_footnotes(run, district, tmp_path):
    path = tmp_path / "表.xlsx"
    said = run("table", district, "--period", "2026-10", "--by", "town", "--out", path)
    assert said.exit_code == 0, said.output
    assert "方格区2026年10月警情统计表（按镇街）" in said.stdout
    sheet = openpyxl.load_workbook(path).active
    merged = {str(area) for area in sheet.merged_cells.ranges}
    assert merged >= {"A1:J1", "A2:A3", "B2:B3", "D2:E2", "F2:G2", "H2:J2"}
    assert sheet["D2"].value == "上期\n2026年9月1日至30日"
    assert [cell.value for cell in sheet[3][2:]] == [
        "本期", "上期", "环比", "去年同期", "同比", "累计", "去年累计", "累计同比",
    ]  # fmt: skip
    assert [sheet.cell(row, 2).value for row in (4, 5, 6)] == ["南镇", "北街道", "合计"]
    assert sheet["C6"].value == sheet["C4"].value + sheet["C5"].value
    change = sheet["E4"]
    assert isinstance(change.value, float)
    assert change.number_format.count('"≈"') in (0, 3)
    assert sheet["I4"].value == "—"
    notes = [sheet.cell(row, 1).value for row in range(7, sheet.max_row + 1)]
    assert notes[0] == "统计口径：接报；来源：群众报警，不含巡逻发现；警情类别：全部。"
    assert sheet.oddHeader.left.text == "内部资料"
    assert (sheet.freeze_panes, sheet.print_title_rows) == ("A4", "$1:$3")


def test_the_external_edition_shows_no_count_under_ten_anywhere(run, district, tmp_path):
    asked = ("table", district, "--period", "2026-10", "--by", "village", "--edition", "external")
    told = facts(run(*asked, "--json"))
    shown = [row[name] for row in [*told["rows"], told["total"]] for name in WINDOWS if row[name] is not None]
    assert shown
    assert min(shown) >= 10
    for row in told["rows"]:
        for name, (now, before) in CHANGES.items():
            if row[now] is None or row[before] is None:
                assert row[f"{name}_change"] is row[f"{name}_p"] is row[f"{name}_chance"] is None
    assert any("current" in row["hidden"] for row in told["rows"])
    assert "※" in run(*asked).stdout
    path = tmp_path / "表.xlsx"
    run(*asked, "--out", path)
    sheet = openpyxl.load_workbook(path).active
    counts = [sheet.cell(row, column).value for row in range(4, 17) for column in (3, 4, 6, 8, 9)]
    assert min(count for count in counts if isinstance(count, int)) >= 10
    assert sheet.oddHeader.left.text == "对外版"


def test_a_category_is_asked_for_as_the_bureau_writes_it(run, district):
    told = facts(run("table", district, "--period", "2026-10", "--category", "盗窃", "--json"))
    assert told["category"] == "theft"
    assert told["total"]["current"] == reported(district, "2026-10", category="theft")["count"].sum()
    assert "盗窃警情统计表" in run("table", district, "--period", "2026-10", "--category", "盗窃").stdout


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "asked",
    [
        ("--period", "2026-02", "--spring-festival", "--per-day"),
        ("--period", "2026-W41", "--by", "category", "--edition", "external"),
        ("--period", "2026-09-26..2026-10-25", "--by", "zone"),
    ],
)
def test_every_table_is_said_in_words(run, district, asked, lang):
    said = run("table", district, *asked, lang=lang)
    assert said.exit_code == 0, said.output
    for group in ("table.", "window.", "change.", "period.", "error.", "count_basis."):
        assert group not in said.stdout


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        (("--period", "2027-01"), "2026-10-31"),
        (("--period", "2024-10"), "2025-09-01"),
        (("--period", "2026-10-25..2026-09-26"), "颠倒"),
        (("--period", "someday"), "2026-W41"),
        (("--period", "2026-10", "--by", "planet"), "village"),
        (("--period", "2026-10", "--category", "外星"), "盗窃、交通"),
        (("--period", "2026-10", "--basis", "立案"), "接报"),
        (("--period", "2026-10", "--edition", "secret"), "external"),
        (("--period", "2026-10", "--out", "表.pdf"), ".xlsx"),
    ],
)
def test_what_cannot_be_counted_is_refused_in_words(run, district, asked, word):
    said = run("table", district, *asked)
    assert said.exit_code == 2
    assert word in said.stderr
    assert "error." not in said.stderr


def test_without_zones_or_towns_the_table_says_what_is_missing(run, workspace_file):
    workspace = Workspace.open(workspace_file)
    for table in ("zones", "towns"):
        workspace.write(table, workspace.read(table).iloc[:0])
    workspace.write("villages", workspace.read("villages").drop(columns=["town_id"]))
    assert "警务区" in run("table", workspace_file, "--period", "2026-10", "--by", "zone").stderr
    assert "镇街" in run("table", workspace_file, "--period", "2026-10", "--by", "town").stderr


def test_without_calls_there_is_nothing_to_tell(run, workspace_file):
    workspace = Workspace.open(workspace_file)
    workspace.write("incidents", workspace.read("incidents").iloc[:0])
    for command in ("table", "alerts"):
        said = run(command, workspace_file, "--period", "2026-10")
        assert (said.exit_code, "导入警情" in said.stderr) == (2, True)


def with_a_doubling(path, village="V0001", times=6):
    """The district of squares with more calls, and many more in one village in the last month."""
    workspace = Workspace.open(path)
    rng = np.random.default_rng(1)
    rows = workspace.read("incidents")
    rows["count"] = rng.poisson(4, len(rows))
    villages = workspace.read("grids").set_index("grid_id")["village_id"]
    mine = (rows["grid_id"].map(villages) == village) & rows["date"].str.startswith("2026-10")
    rows.loc[mine, "count"] *= times
    workspace.write("incidents", rows[rows["count"] > 0])
    months = pd.period_range("2025-09", "2026-10", freq="M")
    workspace.write(
        "indicators",
        pd.DataFrame(
            [
                (label, f"{month}-01", month.end_time.strftime("%Y-%m-%d"), indicator, value, 20.0)
                for label in sorted(villages.unique())
                for month in months
                for indicator, value in (("satisfied", 19), ("petition", 2), ("disputes_closed", 5))
            ],
            columns=["village_id", "period_start", "period_end", "indicator", "value", "exposure"],
        ),
    )


def test_a_village_that_jumped_is_alarmed_over_and_no_other(run, doubled):
    told = facts(run("alerts", doubled, "--period", "2026-10", "--json"))
    assert {row["village_id"] for row in told["alerts"]} == {"V0001"}
    first = told["alerts"][0]
    assert (first["series"], first["kind"], first["direction"]) == ("all", "jump", "up")
    assert first["observed"] > first["high"] > first["expected"]
    assert told["falls"] == []
    assert 0 < told["expected_false"]["alerts"] < 0.05
    # All calls, two categories, petitions; jumps and sums; the 12 villages.
    assert told["tests"] == 4 * 2 * 12
    assert told["history"] == 13
    assert told["red_if_up_30_percent"] >= 1
    assert told["satisfaction"]["district"]["share"] == pytest.approx(0.95)
    assert {"T1", "T2"} == {row["town_id"] for row in told["busy_towns"]["towns"]}
    assert [one["kind"] for one in told["funnels"]] == ["community", "village"]


def test_a_survey_that_does_not_say_how_many_were_asked_is_left_out(run, doubled, tmp_path):
    copy = Workspace.open(doubled).copy_to(tmp_path / "copy.gpkg")
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("UPDATE indicators SET exposure = NULL WHERE village_id = 'V0001'")
    told = facts(run("alerts", copy, "--period", "2026-10", "--json"))
    assert told["satisfaction"]["district"]["share"] == pytest.approx(0.95)
    assert "V0001" not in {row["village_id"] for row in told["satisfaction"]["villages"]}


@pytest.mark.parametrize(("period", "lang"), [("2026-10", "zh"), ("2026-W41", "en")])
def test_alerts_are_said_in_words(run, doubled, period, lang):
    said = run("alerts", doubled, "--period", period, lang=lang)
    assert said.exit_code == 0, said.output
    for group in ("alerts.", "error.", "period.", "table.", "indicator.", "village.", "category."):
        assert group not in said.stdout


def test_the_external_edition_tells_no_counts_of_villages(run, doubled):
    asked = ("alerts", doubled, "--period", "2026-10", "--edition", "external")
    told = facts(run(*asked, "--json"))
    assert set(told["alerts"][0]) == {
        "village_id",
        "name",
        "series",
        "series_name",
        "kind",
        "direction",
        "since",
        "told",
    }
    assert told["satisfaction"]["villages"] == []
    assert all(
        set(row) == {"village_id", "name", "position"} for one in told["funnels"] for row in one["outside"]
    )
    assert run(*asked).exit_code == 0


def test_villages_without_residents_are_judged_and_told_of(run, workspace_file):
    with_a_doubling(workspace_file)
    workspace = Workspace.open(workspace_file)
    grids = workspace.read("grids")
    grids.loc[grids["village_id"] == "V0001", ["residents", "floating"]] = 0
    workspace.write("grids", grids)
    told = facts(run("alerts", workspace_file, "--period", "2026-10", "--json"))
    assert {row["village_id"] for row in told["alerts"]} == {"V0001"}
    assert {"code": "alerts_without_residents", "facts": {"count": 1}} in told["notes"]


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        (("--period", "2026-01"), "6"),
        (("--period", "2027-01"), "2026-10-31"),
        (("--period", "2026-10", "--a-day", "0"), "a_day"),
        (("--period", "2026-10", "--design-effect", "-1"), "design_effect"),
        (("--period", "2026-10", "--edition", "secret"), "external"),
    ],
)
def test_alerts_that_cannot_be_told_are_refused_in_words(run, doubled, asked, word):
    said = run("alerts", doubled, *asked)
    assert said.exit_code == 2
    assert word in said.stderr


@pytest.mark.parametrize("command", ["table", "alerts"])
def test_rows_that_are_wrong_are_refused_with_their_place_and_a_remedy(run, workspace_file, command):
    with closing(sqlite3.connect(workspace_file)) as connection, connection:
        connection.execute("PRAGMA writable_schema = ON")
        for name in [
            row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        ]:
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE incidents SET count = -4 WHERE rowid = 2")
        connection.execute("UPDATE incidents SET date = '2026-02-30' WHERE rowid = 5")
    said = run(command, workspace_file, "--period", "2026-10")
    assert said.exit_code == 2, said.output
    for word in ("警情第 2 行", "“-4”", "警情第 5 行", "“2026-02-30”", "请改正"):
        assert word in said.stderr


def test_indicators_that_are_no_counts_are_refused(run, workspace_file):
    with_a_doubling(workspace_file)
    workspace = Workspace.open(workspace_file)
    rows = workspace.read("indicators")
    rows.loc[rows["indicator"] == "petition", "value"] = -1
    workspace.write("indicators", rows)
    said = run("alerts", workspace_file, "--period", "2026-10")
    assert said.exit_code == 2
    assert "“-1.0”" in said.stderr
    assert "村社指标第 2 行" in said.stderr


def test_pillars_are_named_and_told_by_the_profile(run, doubled):
    told = facts(run("alerts", doubled, "--period", "2026-10", "--json"))
    assert [(one["pillar"], one["series"]) for one in told["pillars"]] == [
        ("criminal", "category:theft"),
        ("traffic", "category:traffic"),
    ]
    assert "盗窃（即刑事安全）" in run("alerts", doubled, "--period", "2026-10").stdout
    said = run("alerts", doubled, "--period", "2026-10", "--profile", "nowhere")
    assert (said.exit_code, "pingan_village" in said.stderr) == (2, True)


@pytest.mark.parametrize(
    ("measure", "word"), [("V0001", "FIELD=COL"), ("V0001=soon", "soon"), ("无此村=2026-10-01", "无此村")]
)
def test_measures_that_cannot_be_read_are_refused(run, doubled, measure, word):
    said = run("alerts", doubled, "--period", "2026-10", "--measure", measure)
    assert said.exit_code == 2
    assert word in said.stderr


def test_a_basis_that_differs_from_the_indexs_is_warned_of(run, district):
    asked = ("table", district, "--period", "2026-10")
    assert "平安村社指数默认按“有效”计" in run(*asked).stdout
    assert "平安村社指数默认" not in run(*asked, "--basis", "received").stdout


def test_small_towns_are_told_without_figures_outside(run, workspace_file):
    workspace = Workspace.open(workspace_file)
    rows = workspace.read("incidents")
    rows["count"] = 3
    towns = workspace.read("villages").set_index("village_id")["town_id"]
    home = rows["grid_id"].map(workspace.read("grids").set_index("grid_id")["village_id"].map(towns))
    # Busy for two months, next to nothing in the last one.
    rows = rows[~((home == "T1") & rows["date"].str.startswith("2026-10"))]
    last = rows[home.reindex(rows.index) == "T1"].iloc[:1].assign(date="2026-10-20")
    workspace.write("incidents", pd.concat([rows, last]))
    asked = ("alerts", workspace_file, "--period", "2026-10", "--json")
    inside, outside = (facts(run(*asked, *more)) for more in ((), ("--edition", "external")))
    told = [{row["town_id"]: row for row in one["busy_towns"]["towns"]}["T1"] for one in (inside, outside)]
    assert 0 < told[0]["last"] * 31 < 10 < told[0]["a_day"] * 28
    assert told[1]["last"] is told[1]["a_day"] is told[1]["low"] is None


def test_names_do_not_break_lines_nor_turn_them_round(run, workspace_file):
    workspace = Workspace.open(workspace_file)
    towns = workspace.read("towns")
    towns["name"] = ["南\n镇", "北\u202e街道"][: len(towns)]
    workspace.write("towns", towns)
    said = run("table", workspace_file, "--period", "2026-10", "--by", "town").stdout
    assert {line.split("  ")[0].strip() for line in said.splitlines()[2:4]} == {"南 镇", "北街道"}
