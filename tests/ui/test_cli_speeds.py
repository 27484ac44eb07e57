"""`gridbeat speeds`: shown, edited, kept."""

import json

import pytest
from typer.testing import CliRunner

from data.workspace import Workspace
from geo.speeds import ROAD_CLASSES, Speeds
from ui import cli


@pytest.fixture
def run(tmp_path):
    Workspace.create(tmp_path / "县.gpkg", name="县", crs="EPSG:4549")

    def call(*words, lang="zh"):
        return CliRunner().invoke(cli.door, ["speeds", str(tmp_path / "县.gpkg"), *words, "--lang", lang])

    return call


def test_the_defaults_are_shown_by_class(run):
    assert json.loads(run("--json").stdout) == Speeds().to_dict()
    lines = run(lang="en").stdout.splitlines()
    assert len(lines) == 1 + len(ROAD_CLASSES) + 1
    assert lines[0].count("\t") == 6


def test_edited_speeds_are_kept_until_they_are_reset(run):
    run("--set", "car.night.primary=50", "--set", "ebike.day.trunk=", "--access", "3")
    kept = json.loads(run("--json").stdout)
    assert kept["kmh"]["car"]["night"]["primary"] == 50
    assert kept["kmh"]["ebike"]["day"]["trunk"] is None
    assert kept["access_kmh"] == 3
    assert json.loads(run("--reset", "--json").stdout) == Speeds().to_dict()
    assert json.loads(run("--json").stdout) == Speeds().to_dict()


@pytest.mark.parametrize(
    "words",
    [
        ("--set", "car.night.primary"),  # no speed
        ("--set", "car.night.primary=fast"),
        ("--set", "car.night.primary=500"),
        ("--set", "car.night.primary=nan"),
        ("--set", "car.noon.primary=50"),
        ("--set", "tank.night.primary=50"),
        ("--set", "car.night.canal=50"),
        ("--set", "car=50"),
        ("--set", "="),
        ("--access", "0"),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_impossible_speeds_are_refused_and_change_nothing(run, words, lang):
    done = run(*words, lang=lang)
    assert done.exit_code == 2
    assert "Traceback" not in done.output
    assert json.loads(run("--json").stdout) == Speeds().to_dict()
