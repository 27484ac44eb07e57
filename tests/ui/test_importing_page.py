"""The import page as Streamlit runs it: from a typed path to rows in the district, and every way astray."""

import io
import os
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import box
from streamlit.testing.v1 import AppTest

from data.importing import ImportParams, prepare
from data.imports import read_imports
from data.workspace import Workspace
from geo.errors import FileError
from ui.maps.importing import import_map, placed_findings
from ui.pages.importing_bench import Asked, Bench
from ui.pages.importing_files import keep_uploads, missing_parts, safe_name, to_open, typed_path

APP = str(Path(__file__).resolve().parents[2] / "app.py")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def empty(tmp_path):
    """A district that holds nothing yet."""
    path = tmp_path / "空白县.gpkg"
    Workspace.create(path, name="空白县")
    return path


@pytest.fixture
def page(empty, tmp_path, monkeypatch):
    monkeypatch.setenv("GRIDBEAT_WORKSPACE", str(empty))
    monkeypatch.setenv("GRIDBEAT_HOME", str(tmp_path / "home"))
    return start("中文")


def start(lang):
    from streamlit.util import calc_hash

    test = AppTest.from_file(APP, default_timeout=60)
    test.query_params["lang"] = lang
    test.run()
    test._page_hash = calc_hash("import")
    return test.run()


def grids(ids=("G1", "G2", "G3")):
    shapes = [box(120 + i * 0.01, 30, 120.01 + i * 0.01, 30.01) for i in range(len(ids))]
    columns = {"网格编码": list(ids), "网格名称": [f"东{i}村" for i in range(len(ids))]}
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=4326)


def button(page, label):
    found = [each for each in page.button if each.label == label]
    assert found, [each.label for each in page.button]
    return found[0]


def has_button(page, label):
    return any(each.label == label for each in page.button)


def type_path(page, path):
    [each for each in page.text_input if "完整路径" in each.label][0].set_value(str(path))
    return button(page, "打开").click().run()


def told(page):
    kinds = (page.markdown, page.caption, page.error, page.warning, page.info, page.success)
    texts = [element.value for kind in kinds for element in kind]
    return "\n".join([*texts, *(str(element.proto.body) for element in page.get("html"))])


def plain(page):
    return told(page).replace("\\", "")


@pytest.mark.parametrize("lang", ["中文", "English"])
def test_the_page_stands_on_a_district_that_holds_nothing(page, lang):
    shown = start(lang)
    assert not shown.exception
    assert not shown.error
    assert "空白县" in told(shown)


@pytest.mark.parametrize(
    "typed", ["", "网格.shp", "/no/such/file.shp", "/tmp", "/tmp/a\0.shp", "🙂", "~nobody/x.csv"]
)
def test_nonsense_for_a_path_is_answered_in_words(page, typed):
    shown = type_path(page, typed)
    assert not shown.exception
    assert len(shown.error) == 1
    assert not has_button(shown, "读取并检查")


def test_a_file_goes_in_by_one_click_and_out_by_another(page, empty, tmp_path):
    grids().to_file(tmp_path / "网格.geojson")
    shown = type_path(page, tmp_path / "网格.geojson")
    assert "G1、G2、G3" in told(shown)
    shown = button(shown, "读取并检查").click().run()
    assert "3 行将写入网格" in plain(shown)
    assert Workspace.open(empty).counts() == {}
    shown = button(shown, "导入").click().run()
    assert not shown.exception
    assert "导入网格 3 行" in plain(shown)
    assert Workspace.open(empty).counts() == {"grids": 3}
    shown = button(shown, "撤销这次导入").click().run()
    assert not shown.exception
    assert Workspace.open(empty).counts() == {}
    assert read_imports(Workspace.open(empty))["obstacle"].tolist() == ["import_undone"]


def test_repeated_codes_keep_a_file_out_until_they_are_merged(page, empty, tmp_path):
    grids(("G1", "G1", "G2")).to_file(tmp_path / "网格.geojson")
    shown = button(type_path(page, tmp_path / "网格.geojson"), "读取并检查").click().run()
    assert "编码重复 1" in plain(shown)
    assert button(shown, "导入").disabled
    shown = button(shown, "合并同编码图形，重新检查").click().run()
    assert not shown.exception
    assert not button(shown, "导入").disabled
    button(shown, "导入").click().run()
    assert Workspace.open(empty).counts() == {"grids": 2}


def test_a_district_that_has_changed_since_the_check_is_left_alone(page, empty, tmp_path):
    grids().to_file(tmp_path / "网格.geojson")
    shown = button(type_path(page, tmp_path / "网格.geojson"), "读取并检查").click().run()
    Workspace.open(empty).write("stations", pd.DataFrame({"station_id": ["S1"], "name": ["所"]}))
    shown = button(shown, "导入").click().run()
    assert "请重新检查" in told(shown)
    assert Workspace.open(empty).counts() == {"stations": 1}


def test_persons_are_named_as_columns_and_never_shown(page, empty, tmp_path):
    with (tmp_path / "派出所.csv").open("w", encoding="gb18030") as file:
        file.write("派出所编码,派出所名称,所长,联系电话\n")
        for i in range(40):
            file.write(f"S{i},第{i}派出所,王小{'明红刚丽'[i % 4]},1380000{i:04}\n")
    shown = type_path(page, tmp_path / "派出所.csv")
    assert "电话号码：未读取" in told(shown)
    assert "1380000" not in told(shown)
    assert "王小" not in told(shown)
    shown = button(shown, "读取并检查").click().run()
    button(shown, "导入").click().run()
    assert Workspace.open(empty).counts() == {"stations": 40}
    assert b"1380000" not in empty.read_bytes()


def test_a_file_that_goes_away_in_between_is_told_of(page, tmp_path):
    file = tmp_path / "网格.geojson"
    grids().to_file(file)
    shown = type_path(page, file)
    file.unlink()
    shown = button(shown, "读取并检查").click().run()
    assert not shown.exception
    assert "找不到文件" in told(shown)
    assert button(shown, "换一个文件").click().run().error == []


def test_a_needed_field_without_a_column_is_asked_for_first(page, tmp_path):
    grids().rename(columns={"网格编码": "甲", "网格名称": "乙"}).assign(甲=["x", "x", "x"]).to_file(
        tmp_path / "a.geojson"
    )
    shown = type_path(page, tmp_path / "a.geojson")
    table = [each for each in shown.selectbox if each.label == "导入为"][0]
    shown = table.set_value("grids").run()
    assert button(shown, "读取并检查").disabled
    assert "请先为必填的字段选择列：编码" in told(shown)


def test_history_tells_why_an_import_cannot_be_undone(page, empty, tmp_path):
    from data.importing import import_file

    grids().to_file(tmp_path / "网格.geojson")
    import_file(empty, tmp_path / "网格.geojson", "grids")
    import_file(empty, tmp_path / "网格.geojson", "grids")
    states = start("中文").dataframe[0].value["状态"].tolist()
    assert states == ["可撤销", "不能撤销"]


def test_a_stored_report_that_is_broken_harms_nothing(page, empty, tmp_path):
    import sqlite3

    from data.importing import import_file

    grids().to_file(tmp_path / "网格.geojson")
    import_file(empty, tmp_path / "网格.geojson", "grids")
    with sqlite3.connect(empty) as connection:
        connection.execute("UPDATE imports SET report = '{'")
    connection.close()
    assert not start("中文").exception


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("网格.SHP", "网格.shp"),
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\Users\\x\\..\\网格.dbf", "网格.dbf"),
        ("con.csv", "_con.csv"),
        ("LPT1.gdb.zip", "_LPT1.gdb.zip"),
        ("a\u202egpj.csv", "agpj.csv"),  # turns the reading round
        ("a\0b\n.csv", "ab.csv"),
        ('a<b>:"|?*.csv', "a_b______.csv"),
        (".csv", "_.csv"),
        ("..", "_"),
        ("", "_"),
        (" . a. .csv", "a.csv"),
        ("点.csv.gz", "点.csv.gz"),
    ],
)
def test_names_of_uploads_are_made_harmless(name, safe):
    assert safe_name(name) == safe


def test_long_names_keep_their_ending_and_their_parts_together():
    names = [safe_name("网" * 200 + ending) for ending in (".shp", ".dbf")]
    assert len({Path(name).stem for name in names}) == 1
    assert max(len(name.encode()) for name in names) < 120
    assert [Path(name).suffix for name in names] == [".shp", ".dbf"]


def test_uploads_land_in_the_folder_and_nowhere_else(tmp_path):
    folder = tmp_path / "in" / "here"
    folder.mkdir(parents=True)
    names = ["../../a.csv", "a.csv", "/etc/b.shp", "b.dbf", "run.exe", "b.shp.xml"]
    keep_uploads([(name, io.BytesIO(name.encode())) for name in names], folder)
    assert sorted(path.name for path in folder.iterdir()) == ["a.csv", "b.dbf", "b.shp"]
    assert [path.name for path in to_open(folder)] == ["a.csv", "b.shp"]
    # Chosen again, the later one counts.
    assert (folder / "a.csv").read_text() == "a.csv"
    assert [path for path in tmp_path.rglob("*") if path.is_file() and folder not in path.parents] == []


def test_missing_parts_of_shapefiles_are_named():
    assert missing_parts(["A.SHP", "a.dbf", "b.shp", "b.dbf", "b.shx", "c.csv"]) == ["a.shx"]
    assert missing_parts(["c.csv"]) == []


def test_a_path_pasted_with_quotes_is_understood(tmp_path):
    assert typed_path(f' "{tmp_path}" ') == tmp_path
    with pytest.raises(FileError, match="file_missing"):
        typed_path("half/a/path.csv")


def test_what_a_session_had_in_hand_is_gone_when_it_ends(tmp_path):
    grids().to_file(tmp_path / "a.geojson")
    bench = Bench("k")
    bench.take([("a.geojson", io.BytesIO((tmp_path / "a.geojson").read_bytes()))])
    folder = bench.path.parent
    bench.draft = prepare(bench.path, "grids", params=ImportParams(mapping={}))
    staged = Path(bench.draft.staged._folder.name)
    assert folder.is_dir()
    assert staged.is_dir()
    bench.clear()
    assert not folder.exists()
    assert not staged.exists()
    assert bench.draft is None


def test_another_district_makes_the_checked_rows_worthless(tmp_path):
    grids().to_file(tmp_path / "a.geojson")
    bench = Bench("k", district="one")
    bench.choose([tmp_path / "a.geojson"])
    params = ImportParams(mapping={})
    bench.draft = prepare(bench.path, "grids", params=params)
    bench.asked = Asked(path=bench.path, state=(0, 0), table="grids", params=params)
    bench.turn_to("one")
    assert bench.draft is not None
    bench.turn_to("two")
    assert bench.draft is None
    assert bench.path is not None


def test_a_finding_stands_where_it_says_or_else_on_its_row():
    shapes = grids().rename_axis("row").set_index(pd.Index([5, 6, 7], name="row"))
    listed = pd.DataFrame(
        {
            "number": [1, 2, 3, 4],
            "weight": "fault",
            "what": "x",
            "row": pd.array([6, 7, 99, None], dtype="Int64"),
            "lon": [None, 121.0, None, None],
            "lat": [None, 31.0, None, None],
        }
    ).astype({"lon": float, "lat": float})
    placed = placed_findings(listed, shapes)
    assert placed["number"].tolist() == [1, 2]
    assert shapes.geometry.loc[6].contains(placed.geometry.iloc[0])
    assert (placed.geometry.iloc[1].x, placed.geometry.iloc[1].y) == (121, 31)
    assert placed_findings(listed, None)["number"].tolist() == [2]


def test_the_map_draws_what_has_a_shape_and_runs_no_name(hostile):
    script, _ = hostile
    shapes = grids().assign(grid_id=["1", "2", "3"], name=script)
    shapes.loc[2, "geometry"] = None
    html = import_map({}, shapes, table="grids", focus=(120.0, 30.0)).get_root().render()
    assert script not in html
    assert script.replace("<", "\\u003c") in html
    empty = shapes.iloc[:0]
    assert import_map({}, empty, table="grids").get_root().render()


def test_the_bench_leaves_typed_files_where_they_are(tmp_path):
    grids().to_file(tmp_path / "a.geojson")
    bench = Bench("k")
    bench.choose([tmp_path / "a.geojson"])
    bench.clear()
    assert os.path.exists(tmp_path / "a.geojson")
