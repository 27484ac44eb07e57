import csv
import json
import shutil
import socket

import geopandas as gpd
import pandas as pd
import pytest
from openpyxl import load_workbook
from shapely.geometry import box
from typer.testing import CliRunner

from data.plans import read_plans
from data.workspace import Workspace
from ui import cli

CRS = "EPSG:4549"


@pytest.fixture
def run():
    def call(*words, lang="zh"):
        return CliRunner().invoke(cli.door, [*map(str, words), "--lang", lang])

    return call


@pytest.fixture
def drawn(tmp_path):
    """Four grids of 100 m; z1 takes 20 m of the third, nothing covers the last, z3 wins none."""
    at = [(500_000 + 100 * i, 3_300_000) for i in range(4)]
    squares = [box(x, y, x + 100, y + 100) for x, y in at]
    grids = gpd.GeoDataFrame({"网格编码": ["甲1", "002", "a,b", "=1+1"]}, geometry=squares, crs=CRS)
    shapes = [box(500_000, 3_300_000, 500_220, 3_300_100), box(500_220, 3_300_000, 500_300, 3_300_100)]
    shapes.append(box(500_000, 3_300_000, 500_010, 3_300_100))
    zones = gpd.GeoDataFrame({"zone_id": ["z1", "z2", "z3"]}, geometry=shapes, crs=CRS)
    grids.to_file(tmp_path / "网格.geojson", driver="GeoJSON")
    zones.to_file(tmp_path / "zones.gpkg")
    return tmp_path


@pytest.fixture
def nested(run, drawn):
    for file, table in (("网格.geojson", "grids"), ("zones.gpkg", "zones")):
        assert run("import", drawn / "县.gpkg", drawn / file, "--as", table, "--crs", CRS).exit_code == 0
    return drawn / "县.gpkg"


def facts(result):
    assert result.exit_code == 0, result.output
    (line,) = result.stdout.strip().splitlines()
    return json.loads(line)


def test_import_tells_what_it_read(run, drawn):
    told = facts(
        run("import", drawn / "县.gpkg", drawn / "网格.geojson", "--as", "grids", "--crs", CRS, "--json")
    )
    assert (told["table"], told["rows"], told["mapping"]) == ("grids", 4, {"grid_id": "网格编码"})


def test_nest_counts_and_repair_saves_one_plan(run, nested):
    before = facts(run("nest", nested, "--json"))
    assert {
        key: before[key] for key in ("zones", "grids", "nested", "straddling", "orphans", "empty_zones")
    } == {
        "zones": 3,
        "grids": 4,
        "nested": 2,
        "straddling": 1,
        "orphans": 1,
        "empty_zones": 1,
    }
    assert before["plan"] is None
    after = facts(run("nest", nested, "--repair", "--json"))
    assert (after["share_nested"], after["empty_zone_ids"], after["plan"]) == (1.0, ["z3"], "P1")
    assert facts(run("nest", nested, "--repair", "--json"))["plan"] == "P1"
    given = facts(run("nest", nested, "--repair", "--give", "z3", "--json"))
    assert (given["empty_zones"], given["plan"]) == (0, "P2")
    assert len(read_plans(Workspace.open(nested))) == 2


def test_plan_goes_out_as_codes_and_as_zones(run, nested, tmp_path):
    facts(run("nest", nested, "--repair", "--json"))
    assert facts(run("export", nested, "plan:P1", tmp_path / "p.csv", "--json"))["rows"] == 4
    with open(tmp_path / "p.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["zone_id"] for row in rows] == ["z1", "z1", "z2", "z2"]
    assert [row["grid_id"] for row in rows] == ["甲1", "002", "a,b", "'=1+1"]
    run("export", nested, "plan", tmp_path / "p.gpkg")
    zones = gpd.read_file(tmp_path / "p.gpkg").set_index("zone_id")
    assert zones.area.round().to_dict() == {"z1": 20_000, "z2": 20_000}
    # What went out comes back, codes unharmed.
    again = facts(run("import", tmp_path / "new.gpkg", tmp_path / "p.csv", "--as", "assignment", "--json"))
    assert again["rows"] == 4
    table = Workspace.open(tmp_path / "new.gpkg").read("declared_assignment")
    assert table["grid_id"].tolist() == ["甲1", "002", "a,b", "=1+1"]


@pytest.mark.parametrize(("lang", "word"), [("zh", "跨区"), ("en", "Straddling")])
def test_findings_go_out_in_either_language(run, nested, tmp_path, lang, word):
    told = run("export", nested, "findings", tmp_path / "f.xlsx", "--json", lang=lang)
    assert facts(told)["rows"] > 0
    cells = [cell.value for row in load_workbook(tmp_path / "f.xlsx").active.iter_rows() for cell in row]
    assert any(word in str(cell) for cell in cells)


@pytest.mark.parametrize("which", ["map:nesting", "map:overview"])
def test_map_goes_out_as_one_whole_file(run, nested, tmp_path, which):
    facts(run("export", nested, which, tmp_path / "m.html", "--json"))
    html = (tmp_path / "m.html").read_text(encoding="utf-8")
    assert "<html" in html
    assert 'src="http' not in html
    assert "内部资料" in html


@pytest.mark.parametrize(
    ("words", "sign"),
    [
        (("nest", "none.gpkg"), "none.gpkg"),
        (("nest", "{ws}", "--by", "moon"), "moon"),
        (("nest", "{ws}", "--by", "residents"), "人口"),
        (("nest", "{ws}", "--from", "table"), "编组"),
        (("nest", "{ws}", "--repair", "--give", "z1"), "z1"),
        (("nest", "{ws}", "--give", "z1"), "--repair"),
        (("nest", "{ws}", "--exempt", "g9"), "g9"),
        (("export", "{ws}", "plan", "p.csv"), "方案"),
        (("export", "{ws}", "plan:P9", "p.csv"), "P9"),
        (("export", "{ws}", "nothing", "p.csv"), "nothing"),
        (("export", "{ws}", "grids", "{ws}"), "工作区"),
        (("export", "{ws}", "grids", "no/p.gpkg"), "文件夹"),
        (("export", "{ws}", "grids", "p.pdf"), "pdf"),
        (("export", "{ws}", "map:nesting", "p.csv"), ".html"),
        (("import", "{ws}", "none.shp", "--as", "grids"), "none.shp"),
        (("import", "{ws}", "{ws}", "--as", "grids"), "工作区"),
        (("import", "{ws}", "zones.gpkg", "--as", "people"), "people"),
        (("import", "{ws}", "zones.gpkg", "--as", "zones", "--map", "x"), "x"),
        (("import", "{ws}", "zones.gpkg", "--as", "zones", "--id", "nr"), "nr"),
        (("import", "x" * 300 + ".gpkg", "zones.gpkg", "--as", "zones"), "x"),
        (("sample", "{ws}"), "县.gpkg"),
        (("backup", "{ws}", "--folder", "zones.gpkg"), "zones.gpkg"),
    ],
)
def test_bad_input_is_told_in_words_and_exits_with_2(run, nested, monkeypatch, words, sign):
    monkeypatch.chdir(nested.parent)
    held = nested.read_bytes()
    result = run(*(word.replace("{ws}", str(nested)) for word in words))
    assert result.exit_code == 2, result.output
    assert sign in result.stderr
    assert "Traceback" not in result.stderr
    assert "error." not in result.stderr, "a sentence is missing"
    assert result.stdout == ""
    assert nested.read_bytes() == held


def test_code_table_alone_is_enough(run, tmp_path):
    pd.DataFrame({"网格编码": ["339901001001001", "339901001001002"], "警务区编码": ["一", "二"]}).to_excel(
        tmp_path / "编组.xlsx", index=False
    )
    facts(run("import", tmp_path / "县.gpkg", tmp_path / "编组.xlsx", "--as", "assignment", "--json"))
    told = facts(run("nest", tmp_path / "县.gpkg", "--json"))
    assert (told["zones"], told["grids"], told["share_nested"], told["source"]) == (2, 2, 1.0, "table")
    assert told["plan"] is None, "a check writes nothing"
    assert facts(run("nest", tmp_path / "县.gpkg", "--repair", "--json"))["plan"] == "P1"


def test_id_column_can_be_named_for_a_code_table_too(run, tmp_path):
    (tmp_path / "a.csv").write_text("nr,zone_id\n1,z\n", encoding="utf-8")
    told = facts(
        run("import", tmp_path / "w.gpkg", tmp_path / "a.csv", "--as", "assignment", "--id", "nr", "--json")
    )
    assert told["mapping"]["grid_id"] == "nr"


def test_same_input_gives_the_same_words(run, nested, tmp_path):
    shutil.copy2(nested, tmp_path / "twin.gpkg")
    assert run("nest", nested, "--json").stdout == run("nest", tmp_path / "twin.gpkg", "--json").stdout


def test_second_import_says_what_it_replaced_and_a_district_has_a_name(run, drawn):
    words = (
        "import",
        drawn / "县.gpkg",
        drawn / "zones.gpkg",
        "--as",
        "zones",
        "--district",
        "云县",
        "--json",
    )
    assert [facts(run(*words))["replaced"] for _ in range(2)] == [0, 3]
    assert Workspace.open(drawn / "县.gpkg").name == "云县"


def test_busy_port_is_said(run, nested):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("app", nested, "--port", port, "--no-browser")
    assert result.exit_code == 2
    assert str(port) in result.stderr


def test_backup_stands_beside_the_workspace(run, nested):
    copy = facts(run("backup", nested, "--json"))["file"]
    assert Workspace.open(copy).counts() == {"grids": 4, "zones": 3}


def test_fault_of_ours_exits_with_1(run, nested, monkeypatch):
    monkeypatch.setattr("planning.nesting.nest_district", lambda *a, **k: 1 / 0)
    result = run("nest", nested)
    assert result.exit_code == 1
    assert "ZeroDivisionError" in result.stderr


def test_unknown_language_is_a_usage_error(run, nested):
    assert run("nest", nested, lang="fr").exit_code == 2
