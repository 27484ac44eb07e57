"""`gridbeat duty`: levels shown, edited, kept."""

import json

import pytest
from typer.testing import CliRunner

from data.workspace import Workspace
from planning.patrol.duty import DutySettings
from ui import cli


@pytest.fixture
def run(tmp_path):
    file = tmp_path / "县.gpkg"
    Workspace.create(file, name="县", crs="EPSG:4549")
    return lambda *typed, lang="zh": CliRunner().invoke(cli.door, ["duty", str(file), *typed, "--lang", lang])


def kept(result):
    assert result.exit_code == 0, result.output
    return DutySettings.from_dict(json.loads(result.stdout))


def test_levels_are_edited_kept_and_reset(run):
    assert kept(run("--json")) == DutySettings()
    changes = ["routine.village.hot_spot=5", "second.team_share.squad=0.9", "first.shift_longer_min=30"]
    changes += ["dwell.school=20", "shift.squad=07:00-19:00"]
    run(*(part for change in changes for part in ("--set", change)))
    edited = kept(run("--json"))
    assert edited.level("routine").visits_a_week["village"]["hot_spot"] == 5
    assert edited.level("second").team_share["squad"] == 0.9
    assert edited.level("first").shift_longer_min == 30
    assert (edited.dwell_min["school"], edited.shifts["squad"]) == (20, ("07:00", "19:00"))
    assert kept(run("--reset", "--json")) == DutySettings()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_plain_lines_show_a_table_for_each_force(run, lang):
    lines = run(lang=lang).stdout.splitlines()
    assert sum(line.count("\t") == 4 for line in lines) == 2 * 12 + 2
    assert not any("duty." in line or "stop_kind." in line for line in lines)


@pytest.mark.parametrize(
    "change",
    [
        "routine.squad.ufo=3",
        "tenth.squad.school=3",
        "routine.squad.school=每天",
        "routine.team_share.squad=3",
        "shift.squad=25:00-19:00",
        "shift.squad=夜班",
        "dwell.school=-1",
        "routine",
    ],
)
def test_what_cannot_be_set_is_refused_and_nothing_is_kept(run, change):
    result = run("--set", change)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert kept(run("--json")) == DutySettings()
