"""A month settled, published and corrected from the terminal."""

import json
import sqlite3
from contextlib import closing

import pytest
from typer.testing import CliRunner

from data.workspace import Workspace
from tests.called_district import make_district
from ui import cli


@pytest.fixture(scope="module")
def district():
    return make_district(6)


@pytest.fixture
def path(tmp_path, district):
    path = tmp_path / "district.gpkg"
    Workspace.create(path, name="试验区").write_all(district)
    return path


@pytest.fixture
def run(path):
    def invoke(command, *typed):
        return CliRunner().invoke(cli.door, [command, str(path), *map(str, typed)])

    return invoke


@pytest.fixture
def facts(run):
    def invoke(command, *typed):
        result = run(command, *typed, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    return invoke


def change(path, sql):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(sql)


def test_a_month_that_was_published_opens_the_same_after_its_tables_changed(path, facts, tmp_path):
    first = facts("assess", "--period", "2026-10", "--to", "settled", "--verify", "--who", "情指中心")
    assert (first["status"], first["reproduced"], first["author"]) == ("settled", True, "情指中心")
    facts("assess", "A1", "--to", "published", "--issue", "flash", "--out", tmp_path / "before")
    change(path, "UPDATE incidents SET count = count + 5")
    again = facts("assess", "A1", "--verify", "--out", tmp_path / "after")
    assert again["digest"] == first["digest"]
    assert again["reproduced"]
    files = {file.name: file.read_bytes() for file in (tmp_path / "before").iterdir()}
    assert files == {file.name: file.read_bytes() for file in (tmp_path / "after").iterdir()}
    assert set(files) >= {"inputs-counts.csv", "inputs-profile.toml", "external-villages.parquet"}
    new = facts("assess", "A1", "--correct", "--why", "补报警情", "--to", "settled")
    assert (new["id"], new["version"], new["corrects"]) == ("A2", 2, "A1")
    assert new["digest"] != first["digest"]


def test_a_final_report_waits_for_answers(path, facts, run):
    facts("assess", "--period", "2026-10", "--to", "settled")
    facts("assess", "A1", "--to", "review", "--until", "2099-12-31")
    said = ("assessment_id=A1", "village_id=V01", "text=火灾多计一起")
    assert facts("ledger", "objections", *(word for pair in said for word in ("--set", pair)))["added"] == [
        "O1"
    ]
    change(path, "UPDATE assessments SET until = '2020-01-01'")
    refused = run("assess", "A1", "--to", "published", "--issue", "final")
    assert refused.exit_code == 2
    assert "1 条核对意见没有答复" in refused.stderr
    facts("ledger", "objections", "--entry", "O1", "--set", "status=refused", "--set", "answer=属实")
    done = facts("assess", "A1", "--to", "published", "--issue", "final")
    assert (done["status"], done["issue"]) == ("published", "final")


def test_without_an_id_the_list_is_told(run):
    assert "--period" in run("assess").stdout
    refused = run("assess", "--to", "settled", "--lang", "en")
    assert refused.exit_code == 2
    assert "ID" in refused.stderr


def test_a_list_goes_out_and_comes_back(facts, run, tmp_path):
    row = ("village_id=V01", "text=补装路灯", "owner=福全警务站", "opened=2026-01-05", "deadline=2026-02-01")
    facts("ledger", "measures", *(word for pair in row for word in ("--set", pair)))
    run("ledger", "measures", "--out", tmp_path / "整改.xlsx")
    back = facts("ledger", "measures", "--back", tmp_path / "整改.xlsx")
    assert (back["same"], back["changed"], back["added"], back["lacking"]) == (1, [], [], [])
