"""Pages as Streamlit runs them: both languages, missing tables, the repair and its plan."""

import io
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook
from streamlit.testing.v1 import AppTest

from data.plans import read_assignment, read_plans
from data.workspace import Workspace
from geo.errors import FileError, SettingError

APP = str(Path(__file__).resolve().parents[2] / "app.py")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def app(workspace_file, monkeypatch):
    monkeypatch.setenv("GRIDBEAT_WORKSPACE", str(workspace_file))

    def start(page="overview", lang="中文", **address):
        test = AppTest.from_file(APP, default_timeout=60)
        for name, text in {"lang": lang, **address}.items():
            if text is not None:
                test.query_params[name] = text
        test.run()
        # AppTest cannot follow st.navigation's links of pages that are functions: it asks by their hash.
        if page != "overview":
            test._page_hash = _hash(page)
            test.run()
        return test

    return start


def _hash(page):
    from streamlit.util import calc_hash

    return calc_hash(page)


def texts(app):
    elements = [*app.markdown, *app.caption, *app.error, *app.warning, *app.info, *app.success]
    found = [element.value for element in elements]
    return "\n".join([*found, *(str(element.proto.body) for element in app.get("html"))])


@pytest.mark.parametrize(("lang", "heading"), [("中文", "村社善治"), ("English", "Village governance")])
def test_the_overview_shows_the_four_boards(app, lang, heading):
    page = app(lang=lang)
    assert not page.exception
    assert heading in texts(page)
    assert "方格区" in texts(page)
    assert len(page.get("iframe")) == 1


def test_the_overview_is_found_under_its_own_name_too(workspace_file, monkeypatch):
    monkeypatch.setenv("GRIDBEAT_WORKSPACE", str(workspace_file))
    page = AppTest.from_file(APP, default_timeout=60)
    page._page_hash = _hash("overview")
    page.query_params["lang"] = "中文"
    page.run()
    assert not page.exception
    assert "村社善治" in texts(page)


def test_the_overview_says_what_is_missing(tmp_path, make_workspace, app, monkeypatch):
    path = make_workspace(tmp_path / "w.gpkg")
    workspace = Workspace.open(path)
    workspace.write("incidents", workspace.read("incidents").iloc[:0])
    monkeypatch.setenv("GRIDBEAT_WORKSPACE", str(path))
    page = app()
    assert not page.exception
    assert "缺警情" in texts(page)


def test_the_overview_shows_its_boards_for_tables_of_codes_alone(tmp_path, app, monkeypatch, squares):
    codes = {
        name: pd.DataFrame(squares[name]).drop(columns="geometry")
        for name in ("grids", "zones", "villages", "towns")
    }
    codes["towns"] = codes["towns"].drop(columns="name")
    workspace = Workspace.create(tmp_path / "w.gpkg", name="编码区", crs="EPSG:4549")
    workspace.write_all({**codes, "incidents": squares["incidents"]})
    monkeypatch.setenv("GRIDBEAT_WORKSPACE", str(tmp_path / "w.gpkg"))
    page = app()
    assert not page.exception
    assert not page.error
    assert "正在统计" not in texts(page)
    assert "T1" in texts(page)


def test_an_empty_workspace_says_how_to_import(tmp_path, app, monkeypatch):
    Workspace.create(tmp_path / "w.gpkg", name="空区", crs="EPSG:4549")
    monkeypatch.setenv("GRIDBEAT_WORKSPACE", str(tmp_path / "w.gpkg"))
    assert "“导入”页" in texts(app())
    page = app("nesting")
    assert "缺少网格图形" in texts(page)


def test_a_missing_workspace_is_said_in_words(app, monkeypatch):
    monkeypatch.setenv("GRIDBEAT_WORKSPACE", "/nowhere/w.gpkg")
    page = app()
    assert not page.exception
    assert "找不到工作区文件" in page.error[0].value


def test_a_home_that_cannot_be_written_is_said_in_words(app, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.delenv("GRIDBEAT_WORKSPACE")
    monkeypatch.setenv("GRIDBEAT_HOME", str(tmp_path / "file" / "GridBeat"))
    page = app()
    assert not page.exception
    assert "无法写入" in page.error[0].value


def test_a_disk_that_refuses_is_said_in_words(app, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied", "w.gpkg")

    monkeypatch.setattr("ui.opening.workspace_path", refuse)
    assert "无法写入" in app().error[0].value


def test_the_environment_names_the_first_language(app, monkeypatch):
    monkeypatch.setenv("GRIDBEAT_LANG", "en")
    assert "Village governance" in texts(app(lang=None))
    assert "村社善治" in texts(app(lang="中文"))


@pytest.mark.parametrize(
    ("lang", "repair", "save"),
    [("中文", "修复嵌套", "保存为方案（草案）"), ("English", "Repair the nesting", "Save as a plan (draft)")],
)
def test_the_nesting_is_repaired_and_saved_once(app, workspace_file, lang, repair, save):
    page = app("nesting", lang)
    assert not page.exception
    assert "4 / 36 / 91.7" in texts(page)
    button(page, repair).click().run()
    assert not page.exception
    assert "4 / 36 / 100" in texts(page)
    button(page, save).click().run()
    button(page, save).click().run()
    plans = read_plans(Workspace.open(workspace_file))
    assert len(plans) == 1
    assert len(read_assignment(Workspace.open(workspace_file), plans["plan_id"].iloc[0])) == 36


def test_the_basis_can_be_chosen_only_with_population_points(app, workspace_file):
    assert len(app("nesting").get("button_group")) == 3  # language, basis, kinds of finding
    assert "没有人口点数据" in texts(app("nesting"))


def test_exemptions_are_kept(app, workspace_file):
    workspace = Workspace.open(workspace_file)
    zones = workspace.read("zones")
    grids = workspace.read("grids").set_index("grid_id").geometry
    # The corner grid is drawn into the zone of the opposite corner: an enclave.
    far, near = grids["G0505"], zones.loc[zones["zone_id"] == "Z0000", "geometry"].iloc[0]
    zones.loc[zones["zone_id"] == "Z0000", "geometry"] = near.union(far)
    rest = zones.loc[zones["zone_id"] == "Z0101", "geometry"].iloc[0]
    zones.loc[zones["zone_id"] == "Z0101", "geometry"] = rest.difference(far)
    workspace.write("zones", zones)
    page = app("nesting")
    assert not page.exception
    page.multiselect[0].set_value(["G0505"]).run()
    button(page, "保存豁免名单").click().run()
    assert Workspace.open(workspace_file).read("exemptions")["grid_id"].tolist() == ["G0505"]
    assert not page.exception


def test_an_empty_zone_is_asked_about_and_given_a_grid(app, workspace_file):
    workspace = Workspace.open(workspace_file)
    zones = workspace.read("zones")
    small = zones.iloc[[0]].assign(zone_id="Z9", name="新设警务区")
    small["geometry"] = small.geometry.representative_point().buffer(40)
    zones["geometry"] = zones.geometry.difference(small.geometry.iloc[0])
    workspace.write("zones", pd.concat([zones, small], ignore_index=True))
    page = app("nesting")
    assert "新设警务区" in page.warning[0].value
    page.multiselect(key=f"give_to {workspace_file}").set_value(["Z9"])
    button(page, "修复嵌套").click().run()
    assert not page.exception
    assert "5 / 36 / 100" in texts(page)
    assert "仍空 0 个警务区" in page.success[0].value


def test_what_is_left_after_the_repair_is_listed(app):
    page = app("nesting")
    button(page, "修复嵌套").click().run()
    choice = next(group for group in page.get("button_group") if "findings_moment" in str(group.proto.id))
    assert [option.content for option in choice.proto.options] == ["修复前的问题", "修复后尚余的问题"]


def test_checks_of_shapes_are_not_passed_without_shapes(tmp_path, app, monkeypatch):
    workspace = Workspace.create(tmp_path / "w.gpkg", name="编码区", crs="EPSG:4549")
    workspace.write("declared_assignment", pd.DataFrame({"grid_id": ["g1", "g2"], "zone_id": ["z", "z"]}))
    monkeypatch.setenv("GRIDBEAT_WORKSPACE", str(tmp_path / "w.gpkg"))
    page = app("nesting")
    assert not page.exception
    assert texts(page).count("未检查：没有图形") == 2
    assert "1 / 2 / 100%" in texts(page)


def test_a_repair_of_tables_that_changed_meanwhile_is_not_saved(app, workspace_file):
    page = app("nesting")
    button(page, "修复嵌套").click().run()
    workspace = Workspace.open(workspace_file)
    workspace.write("zones", workspace.read("zones"), who="somebody else")
    button(page, "保存为方案（草案）").click().run()
    assert not page.exception
    assert "出错" not in texts(page)
    assert len(page.error) == 1
    assert read_plans(workspace).empty
    # What is shown by now is the repair of the new tables.
    button(page, "保存为方案（草案）").click().run()
    assert len(page.error) == 0
    assert len(read_plans(workspace)) == 1


def test_a_plan_that_cannot_be_saved_says_so_in_words(app, monkeypatch):
    def refuse(*_, **__):
        raise FileError("file_not_writable", file="w.gpkg", why="read-only")

    page = app("nesting")
    button(page, "修复嵌套").click().run()
    monkeypatch.setattr("ui.saving.save_nesting", refuse)
    button(page, "保存为方案（草案）").click().run()
    assert not page.exception
    assert "无法写入" in page.error[0].value
    assert "嵌套率" in texts(page)


def test_an_impossible_repair_in_the_address_leaves_the_nesting(app, workspace_file, monkeypatch):
    def refuse(*_, **__):
        raise SettingError("setting_wrong", name="give_to", found="Z9", allowed="-")

    monkeypatch.setattr("planning.repair.repair_district", refuse)
    page = app("nesting", repair="Z9")
    assert not page.exception
    assert len(page.error) == 1
    assert "4 / 36 / 91.7" in texts(page)
    assert "repair" not in page.query_params
    page.run()
    assert len(page.error) == 0


def test_one_can_go_back_to_before_the_repair(app):
    page = app("nesting")
    button(page, "修复嵌套").click().run()
    assert "4 / 36 / 100" in texts(page)
    button(page, "返回修复前").click().run()
    assert not page.exception
    assert "4 / 36 / 100" not in texts(page)
    assert "repair" not in page.query_params


def test_the_assignment_is_offered_as_a_spreadsheet_before_the_csv(app):
    labels = [each.proto.label for each in app("nesting").get("download_button")]
    assert labels.index("编组对应表 Excel") < labels.index("编组对应表 CSV")


def test_codes_in_the_spreadsheet_stay_texts(workspace_file):
    from ui import cached

    workspace = Workspace.open(workspace_file)
    xlsx, _ = cached.assignment_files(str(workspace_file), workspace.stamp, "zh", "area", None)
    cell = load_workbook(io.BytesIO(xlsx)).active["A2"]
    assert (cell.data_type, cell.value) == ("s", "G0000")


def button(page, label):
    return next(each for each in page.button if each.label == label)
