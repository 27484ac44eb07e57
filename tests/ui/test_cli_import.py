"""`gridbeat import`, `imports` and `restore`: told in words or as one object, undone, put back."""

import json

import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from data.workspace import Workspace
from ui import cli


@pytest.fixture
def run():
    return lambda *words, lang="zh": CliRunner().invoke(cli.door, [*map(str, words), "--lang", lang])


@pytest.fixture
def people(tmp_path):
    path = tmp_path / "人口.csv"
    path.write_text("网格编码,户籍人口,网格长\nG1,5,王伟\nG2,x,李芳\nG2,7,张敏\n", encoding="gb18030")
    return path


STATED = ("--as", "grids", "--map", "residents=户籍人口")


def test_check_writes_nothing_and_names_every_fault(run, tmp_path, people):
    done = run("import", tmp_path / "县.gpkg", people, *STATED, "--check", "--json")
    assert done.exit_code == 2
    told = json.loads(done.stdout)
    faults = [(f["code"], f["facts"]["row"]) for f in told["findings"] if f["weight"] == "fault"]
    assert faults == [("value_wrong", 3), ("id_repeated", 4)]
    assert told["personal"] == {"网格长": "name"}
    assert not (tmp_path / "县.gpkg").exists()


@pytest.mark.parametrize(("lang", "words"), [("zh", "第 3 行"), ("en", "row 3")])
def test_faults_are_said_in_both_languages(run, tmp_path, people, lang, words):
    done = run("import", tmp_path / "县.gpkg", people, *STATED, lang=lang)
    assert done.exit_code == 2
    assert words in done.stderr.lower()
    assert "Traceback" not in done.stderr


def test_report_is_written_also_of_what_is_refused(run, tmp_path, people):
    run("import", tmp_path / "县.gpkg", people, *STATED, "--report", tmp_path / "报告.xlsx")
    sheets = openpyxl.load_workbook(tmp_path / "报告.xlsx")
    cells = [str(cell.value) for sheet in sheets for row in sheet.iter_rows() for cell in row]
    assert any("重复" in cell for cell in cells)
    run("import", tmp_path / "县.gpkg", people, *STATED, "--report", tmp_path / "r.json")
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["counts"]["fault"] == {
        "value_wrong": 1,
        "id_repeated": 1,
    }
    done = run("import", tmp_path / "县.gpkg", people, *STATED, "--report", tmp_path / "r.doc")
    assert done.exit_code == 2


def test_import_is_listed_and_undone(run, tmp_path, people):
    people.write_text("网格编码,户籍人口\nG1,5\n", encoding="utf-8")
    workspace = tmp_path / "县.gpkg"
    done = json.loads(run("import", workspace, people, *STATED, "--json").stdout)
    assert (done["rows"], done["import_id"]) == (1, "I1")
    listed = json.loads(run("imports", workspace, "--json").stdout)["imports"]
    assert [(row["import_id"], row["file"], row["undoable"]) for row in listed] == [("I1", "人口.csv", True)]
    undone = json.loads(run("imports", workspace, "--undo", "I1", "--json").stdout)
    assert undone == {"undone": "I1", "table": "grids", "rows": 0}
    again = run("imports", workspace, "--undo", "I1", lang="en")
    assert again.exit_code == 2
    assert "undone already" in again.stderr


def test_backup_is_restored(run, tmp_path, people):
    people.write_text("网格编码\nG1\n", encoding="utf-8")
    workspace = tmp_path / "县.gpkg"
    run("import", workspace, people, "--as", "grids")
    kept = json.loads(run("backup", workspace, "--json").stdout)["file"]
    Workspace.open(workspace).write("grids", pd.DataFrame({"grid_id": ["x", "y"]}))
    assert run("restore", workspace, kept).exit_code == 0
    assert Workspace.open(workspace).read("grids")["grid_id"].tolist() == ["G1"]
    assert run("restore", workspace, people).exit_code == 2
