"""`gridbeat heat`: when calls come, and stops proposed where they are many."""

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from data.workspace import Workspace
from ui import cli

KEYS = {
    "by",
    "first_day",
    "last_day",
    "weeks",
    "place",
    "table",
    "thin_cells",
    "places",
    "hot",
    "notes",
    "added",
    "file",
}


@pytest.fixture
def run(workspace_file):
    return lambda *typed, lang="zh": CliRunner().invoke(
        cli.door, ["heat", str(workspace_file), *map(str, typed), "--lang", lang]
    )


def facts(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_table_has_a_row_an_hour_and_counts_reported_calls_alone(run, workspace_file):
    told = facts(run("--by", "district", "--from", "2026-01-01", "--to", "2026-10-31", "--json"))
    assert set(told) == KEYS
    assert [len(row) for row in told["table"]] == [7] * 24
    calls = Workspace.open(workspace_file).read("incidents")
    calls = calls[(calls["date"] >= "2026-01-01") & (calls["source"] == "reported")]
    assert told["places"][0]["calls"] == len(calls)
    assert told["weeks"] == pytest.approx(304 / 7)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_plain_lines_show_the_table_and_what_is_proposed(run, lang):
    lines = run("--by", "village", "--propose", "2", lang=lang).stdout.splitlines()
    assert len([line for line in lines if line[:2].isdigit() and "\t" in line]) == 24
    assert sum(line.startswith(("建议必巡", "Proposed stop")) for line in lines) == 2
    assert not any("heat." in line or "error." in line for line in lines)


def test_proposed_stops_are_kept_on_demand(run, workspace_file):
    told = facts(run("--propose", "3", "--force", "squad", "--add", "--json"))
    stops = Workspace.open(workspace_file).read("stops")
    assert stops["stop_id"].tolist() == told["added"]
    assert stops["kind"].tolist() == ["hot_spot"] * 3
    assert stops["windows"].tolist() == [row["hours"] for row in told["hot"]]
    assert stops["force"].tolist() == ["squad"] * 3


def test_the_cells_go_into_a_table(run, tmp_path):
    told = facts(run("--by", "village", "--out", tmp_path / "时段.xlsx", "--json"))
    (cells,) = pd.read_excel(told["file"], sheet_name=None, engine="calamine").values()
    assert cells.iloc[:, 4].sum() == sum(place["calls"] for place in told["places"])
    facts(run("--out", tmp_path / "a.csv", "--json"))


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (("--by", "street"), "station"),
        (("--by", "zone"), "方案"),
        (("--from", "去年"), "2026-10-31"),
        (("--from", "2026-02-01", "--to", "2026-01-01"), "晚于"),
        (("--place", "S9"), "S1"),
        (("--out", "a.pdf"), ".xlsx"),
    ],
)
def test_what_cannot_be_asked_is_said_with_the_remedy(run, typed, says):
    result = run(*typed)
    assert result.exit_code == 2
    assert says in result.output


def test_years_without_calls_are_a_result(run):
    told = facts(run("--from", "2062-01-01", "--to", "2062-12-31", "--json"))
    assert told["hot"] == told["places"] == []
    assert [note["code"] for note in told["notes"]] == ["heat_without_calls"]
