"""Sheets of villages from the terminal: of a period and of an assessment, with an atlas, and wrong input."""

import json

import pytest
from typer.testing import CliRunner

from data.workspace import Workspace
from tests.called_district import make_district
from ui import cli


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("sheets") / "district.gpkg"
    Workspace.create(path, name="试验区").write_all(make_district(6))
    return path


@pytest.fixture
def run(path, tmp_path):
    def invoke(*typed, command="sheets", out=tmp_path / "平安地图"):
        options = ["--out", out] if command == "sheets" else []
        return CliRunner().invoke(cli.door, [command, str(path), *map(str, [*typed, *options])])

    return invoke


def test_all_villages_of_an_assessment_have_a_sheet_and_an_atlas_binds_them(run, path, tmp_path):
    opened = run("--period", "2026-10", "--to", "settled", "--json", command="assess")
    digest = json.loads(opened.stdout)["digest"]
    result = run("--assessment", "A1", "--json")
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    count = len(Workspace.open(path).read_all(("villages",))["villages"])
    assert (facts["digest"], facts["complete"], len(facts["made"])) == (digest, True, count + 1)
    for name in facts["made"]:
        assert (tmp_path / "平安地图" / name).read_bytes().startswith(b"%PDF")
    again = json.loads(run("--assessment", "A1", "--json").stdout)
    assert (again["made"], len(again["kept"])) == ([], count + 1)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ((), "--period"),
        (("--period", "2026-10", "--assessment", "A1"), "--assessment"),
        (("--assessment", "A9"), "A9"),
        (("--period", "1999-01"), "1999-01"),
        (("--period", "2026-10", "--village", "乌有村"), "乌有村"),
        (("--period", "2026-10", "--size", "A5"), "A5"),
        (("--period", "2026-10", "--edition", "secret"), "secret"),
    ],
)
def test_wrong_input_is_refused_in_words(run, typed, said):
    result = run(*typed)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_folder_that_cannot_be_written_is_named(run, tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    result = run("--period", "2026-10", out=tmp_path / "file")
    assert result.exit_code == 2
    assert str(tmp_path / "file") in result.stderr
