"""Imports in a real browser without internet: a shapefile's parts, calls with phones, faults mended, undo."""

import time

import geopandas as gpd
import pytest
from shapely.geometry import Polygon, box

from data.workspace import Workspace


@pytest.fixture
def private(tmp_path, monkeypatch):
    """The folder that the app's private files go to."""
    folder = tmp_path / "private"
    folder.mkdir()
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(name, str(folder))
    return folder


@pytest.fixture
def desk(tmp_path, serving, private):
    """An empty district, and the address of the app served on it."""
    path = tmp_path / "空白县.gpkg"
    Workspace.create(path, name="空白县")
    with serving(path, home=tmp_path / "home") as address:
        yield path, f"{address}/import"


def layer(ids, shapes):
    columns = {"网格编码": ids, "网格名称": [f"东{i}村" for i in range(len(ids))]}
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=4326)


def squares(count):
    return [box(120 + i * 0.01, 30, 120.01 + i * 0.01, 30.01) for i in range(count)]


def choose(page, *files):
    page.locator("input[type=file]").set_input_files([str(file) for file in files])


def check(page):
    page.get_by_role("button", name="读取并检查").click()
    page.get_by_role("button", name="重新检查", exact=True).wait_for()


def keep(page):
    page.get_by_role("button", name="导入", exact=True).click()


def left_in(private):
    """Return what the app has left in its private folder, once it has had the time to clean up."""
    deadline = time.monotonic() + 10
    while (found := list(private.glob("gridbeat-*"))) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def test_a_planners_files_go_in_and_out_again(page, desk, tmp_path, private):
    district, address = desk
    folder = tmp_path / "files"
    folder.mkdir()
    layer(["G1", "G2", "G3"], squares(3)).to_file(folder / "网格.shp", encoding="GB18030")
    (folder / "网格.cpg").unlink()
    page.goto(address)
    page.get_by_text("把图层和表格读进空白县").wait_for()
    assert not page.get_by_text("Upload", exact=True).is_visible()
    assert not page.get_by_text("per file").is_visible()

    choose(page, folder / "网格.shp")
    page.get_by_text("还缺 网格.dbf、网格.shx").wait_for()
    choose(page, *sorted(folder.glob("网格.*")))
    page.get_by_text("东0村、东1村、东2村").wait_for()
    check(page)
    page.get_by_text("3 行将写入网格").wait_for()
    page.frame_locator("iframe").locator("canvas").first.wait_for()
    page.get_by_role("button", name="导入", exact=True).dblclick()
    page.get_by_text("已从 网格.shp 导入网格 3 行（I1）。").wait_for()
    assert Workspace.open(district).counts() == {"grids": 3}

    rows = [
        f"王小{'明红刚丽'[i % 4]},1380000{i:04},2026-10-{i % 28 + 1:02} 8:10,盗窃,120.0{i % 3}5,30.005"
        for i in range(60)
    ]
    text = "\n".join(["报警人,联系电话,报警时间,警情类别,经度,纬度", *rows])
    (folder / "110警情.csv").write_text(text, encoding="gb18030")
    choose(page, folder / "110警情.csv")
    page.get_by_text("电话号码：未读取").wait_for()
    assert not page.get_by_text("1380000").first.is_visible()
    check(page)
    page.get_by_text("文件的 60 行").wait_for()
    keep(page)
    page.get_by_text("已从 110警情.csv").wait_for()
    assert Workspace.open(district).read("incidents")["count"].sum() == 60
    assert b"1380000" not in district.read_bytes()

    page.get_by_role("button", name="撤销这次导入").first.click()
    page.get_by_text("已撤销：警情").wait_for()
    assert not Workspace.open(district).counts().get("incidents")
    assert left_in(private) == []


def test_a_fault_is_mended_and_the_report_taken_away(page, desk, tmp_path):
    district, address = desk
    bow = Polygon([(120.02, 30), (120.03, 30.01), (120.03, 30), (120.02, 30.01)])
    layer(["G1", "G1", "G2"], [*squares(2), bow]).to_file(tmp_path / "网格.geojson")
    page.goto(address)
    page.get_by_label("或填写本机文件的完整路径").fill(str(tmp_path / "网格.geojson"))
    page.get_by_role("button", name="打开", exact=True).click()
    check(page)
    page.get_by_text("编码重复 1").wait_for()
    assert page.get_by_role("button", name="导入", exact=True).is_disabled()
    with page.expect_download() as waited:
        page.get_by_role("button", name="下载报告（Excel）").click()
    assert waited.value.suggested_filename == "导入报告 网格.xlsx"
    page.get_by_role("button", name="合并同编码图形，重新检查").click()
    page.get_by_text("1 行已并入同编码的图形").wait_for()
    page.get_by_role("button", name="修复图形，重新检查").click()
    page.get_by_text("2 行将写入网格").wait_for()
    page.get_by_role("button", name="修复图形，重新检查").wait_for(state="detached")
    keep(page)
    page.get_by_text("导入网格 2 行").wait_for()
    assert Workspace.open(district).read("grids").geometry.is_valid.all()

    page.reload()
    page.get_by_text("或填写本机文件的完整路径").wait_for()
    page.get_by_role("tab", name="导入记录").click()
    page.get_by_role("button", name="撤销这次导入").click()
    page.get_by_text("已撤销：网格").wait_for()
    assert Workspace.open(district).counts() == {}


def test_a_check_can_be_stopped_and_leaves_nothing(page, desk, tmp_path, private):
    district, address = desk
    rows = 600_000
    with (tmp_path / "大表.csv").open("w", encoding="utf-8") as file:
        file.write("网格编码,网格名称,户籍人口\n")
        file.writelines(f"G{i},东{i}村,{i % 500}\n" for i in range(rows))
    page.goto(address)
    page.get_by_label("或填写本机文件的完整路径").fill(str(tmp_path / "大表.csv"))
    page.get_by_role("button", name="打开", exact=True).click()
    page.get_by_role("button", name="读取并检查").click()
    page.get_by_text("已读").first.wait_for()
    page.get_by_role("button", name="取消", exact=True).click()
    page.get_by_text("已取消，没有改动任何数据。").wait_for()
    assert left_in(private) == []
    assert Workspace.open(district).counts() == {}
