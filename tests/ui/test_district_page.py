"""The page on which a district is opened, made, copied, backed up and restored."""

import json
from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import box
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from data.sample import District
from data.workspace import Workspace
from ui.district_files import make_backup
from ui.look import plain
from ui.recent import key_of, read_recent, remember

APP = str(Path(__file__).resolve().parents[2] / "app.py")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def start(page="district", lang="中文", **address):
    test = AppTest.from_file(APP, default_timeout=60)
    for name, text in {"lang": lang, **address}.items():
        test.query_params[name] = text
    # AppTest cannot follow st.navigation's links of pages that are functions: it asks by their hash.
    test._page_hash = calc_hash(page) if page != "overview" else ""
    return test.run()


@pytest.fixture
def opened(workspace_file, monkeypatch):
    """The page on a district of squares."""
    monkeypatch.setenv("GRIDBEAT_WORKSPACE", str(workspace_file))
    return start


def texts(app):
    elements = [*app.markdown, *app.caption, *app.error, *app.warning, *app.info, *app.success]
    found = [element.value for element in elements]
    return "\n".join([*found, *(str(element.proto.body) for element in app.get("html"))])


def button(page, label, at=-1):
    return [each for each in page.button if each.label == label][at]


def field(page, label):
    return next(each for each in page.text_input if each.label == label)


def session_path(page):
    return page.session_state["desk"].path


@pytest.mark.parametrize(("lang", "word"), [("中文", "当前区县"), ("English", "open now")])
def test_the_open_district_is_described(opened, workspace_file, lang, word):
    page = opened(lang=lang)
    assert not page.exception
    assert not page.error
    shown = texts(page)
    assert word in shown
    assert "方格区" in shown
    assert str(workspace_file) in shown
    assert "EPSG:4549" in shown
    assert "<dd>36</dd>" in shown
    assert page.query_params["district"] == key_of(workspace_file)
    assert [entry.path for entry in read_recent(workspace_file.parent)] == []


def test_an_opened_district_is_remembered(opened, workspace_file, home_folder):
    opened("overview")
    assert [entry.path for entry in read_recent(home_folder)] == [workspace_file]


def test_a_first_start_on_this_page_makes_nothing(home_folder):
    page = start()
    assert not page.exception
    assert "还没有打开区县" in page.info[0].value
    assert not home_folder.exists()


def test_another_district_is_opened_from_the_list(opened, home_folder, make_workspace):
    home_folder.mkdir(parents=True)
    other = make_workspace(home_folder / "乙.gpkg")
    Workspace.open(other).set_setting("name", "乙区")
    gpd.GeoDataFrame({"a": [1]}, geometry=[box(0, 0, 1, 1)], crs=4549).to_file(home_folder / "图层.gpkg")
    page = opened()
    assert "乙区" in texts(page)
    assert "图层.gpkg" not in texts(page), "others' files are not offered"
    page.button(key=f"open {key_of(other)} 0").click().run()
    assert not page.exception
    assert "已打开乙区" in page.success[0].value
    assert session_path(page) == other
    assert page.query_params["district"] == key_of(other)
    assert "网格 36" in texts(page)


def test_two_sessions_have_each_their_own(opened, workspace_file, home_folder, make_workspace):
    home_folder.mkdir(parents=True)
    other = make_workspace(home_folder / "乙.gpkg")
    first, second = opened(), opened()
    first.button(key=f"open {key_of(other)} 0").click().run()
    second.run()
    assert (session_path(first), session_path(second)) == (other, workspace_file)


def test_a_reload_and_a_restart_come_back_to_the_same(opened, home_folder, tmp_path, make_workspace):
    other = make_workspace(tmp_path / "elsewhere.gpkg")
    page = opened()
    field(page, "本机文件的完整路径").input(f'"{other}"')
    page.button(key="typed 0").click().run()
    assert not page.error
    assert session_path(start(district=key_of(other))) == other


def test_without_a_file_the_last_one_is_opened(home_folder, tmp_path, make_workspace, monkeypatch):
    monkeypatch.delenv("GRIDBEAT_WORKSPACE", raising=False)
    for name in ("a", "b"):
        remember(home_folder, make_workspace(tmp_path / f"{name}.gpkg"))
    assert session_path(start()) == tmp_path / "b.gpkg"


def test_an_address_cannot_open_what_is_not_known_here(opened, workspace_file, tmp_path, make_workspace):
    secret = make_workspace(tmp_path / "secret.gpkg")
    page = opened("overview", district=key_of(secret))
    assert session_path(page) == workspace_file
    assert "不在列表" in page.toast[0].value
    assert session_path(opened(district=str(secret))) == workspace_file


@pytest.mark.parametrize(
    ("typed", "said"),
    [("", "请填写路径"), ("{folder}", "是文件夹"), ("{folder}/<script>.gpkg", "找不到工作区文件")],
)
def test_a_typed_path_that_leads_nowhere_is_said_in_words(opened, workspace_file, tmp_path, typed, said):
    page = opened()
    field(page, "本机文件的完整路径").input(typed.replace("{folder}", str(tmp_path)))
    page.button(key="typed 0").click().run()
    assert not page.exception
    assert [said in error.value for error in page.error] == [True]
    assert session_path(page) == workspace_file


def test_a_share_is_refused_in_english_too(opened):
    page = opened(lang="English")
    field(page, "Full path of a file on this PC").input(r"\\server\share\x.gpkg")
    page.button(key="typed 0").click().run()
    assert "network share" in page.error[0].value


def test_a_file_that_has_gone_is_said_and_the_list_is_offered(
    opened, workspace_file, home_folder, make_workspace
):
    home_folder.mkdir(parents=True)
    other = make_workspace(home_folder / "乙.gpkg")
    workspace_file.unlink()
    page = opened()
    assert not page.exception
    assert "找不到工作区文件" in page.error[0].value
    page.button(key=f"open {key_of(other)} 0").click().run()
    assert session_path(page) == other
    assert not page.error


@pytest.mark.parametrize("where", ["overview", "nesting"])
def test_other_pages_lead_here_when_the_file_has_gone(opened, workspace_file, where):
    workspace_file.unlink()
    page = opened(where)
    assert not page.exception
    assert "找不到工作区文件" in page.error[0].value
    assert [link.proto.label for link in page.get("page_link")] == ["去“打开区县”页选择或新建"]


def test_what_has_gone_can_be_taken_off_the_list(opened, home_folder, tmp_path):
    remember(home_folder, tmp_path / "gone.gpkg")
    page = opened()
    assert "文件不在了" in texts(page)
    page.button(key=f"forget {key_of(tmp_path / 'gone.gpkg')} 0").click().run()
    assert "gone.gpkg" not in "".join(str(e.proto.body) for e in page.get("html"))
    assert all(entry.path.name != "gone.gpkg" for entry in read_recent(home_folder))


def test_a_broken_list_is_no_fault(opened, home_folder):
    home_folder.mkdir(parents=True)
    (home_folder / "recent.json").write_text("{broken")
    assert not opened().exception
    assert json.loads((home_folder / "recent.json").read_text())["recent"]


def test_a_district_is_made_once_however_often_clicked(opened, home_folder):
    page = opened()
    field(page, "区县名称").input(" 新 区 ")
    page.button(key="create 0").click().run()
    assert not page.exception
    assert "已新建新 区" in page.success[0].value
    assert session_path(page) == home_folder / "新 区.gpkg"
    assert "由第一个图层确定" in texts(page)
    assert [each.key for each in page.button if each.key == "create 0"] == [], "the button of before is gone"
    assert sorted(file.name for file in home_folder.iterdir()) == ["recent.json", "新 区.gpkg"]


def test_a_hostile_name_makes_a_harmless_file(opened, home_folder, hostile):
    page = opened()
    field(page, "区县名称").input(hostile[0])
    page.button(key="create 0").click().run()
    assert not page.exception
    assert (home_folder / "script-alert(1)-script.gpkg").is_file()
    shown = "".join(str(each.proto.body) for each in page.get("html"))
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>" not in shown


def test_a_crs_may_be_stated(opened, home_folder):
    page = opened()
    field(page, "区县名称").input("甲")
    field(page, "坐标系（可不填）").input("EPSG:4546")
    page.button(key="create 0").click().run()
    assert Workspace.open(home_folder / "甲.gpkg").crs.to_epsg() == 4546
    assert "111°" in texts(page)


@pytest.mark.parametrize(
    ("label", "typed", "said"),
    [
        ("区县名称", "", "请填写名称"),
        ("坐标系（可不填）", "4326", "不能用来量面积"),
        ("坐标系（可不填）", "北京54", "不是已知的 EPSG 代码"),
        ("存放的文件夹", "/no/such/folder", "文件夹不存在"),
        ("存放的文件夹", r"\\server\share", "网络共享盘"),
        ("存放的文件夹", "half/a/path", "不是完整路径"),
    ],
)
def test_a_wrong_field_is_said_and_makes_nothing(opened, home_folder, label, typed, said):
    page = opened()
    field(page, "区县名称").input("甲")
    field(page, label).input(typed)
    page.button(key="create 0").click().run()
    assert not page.exception
    assert said in page.error[0].value
    assert list(home_folder.glob("*.gpkg")) == []


def test_the_sample_is_made_here_too(home_folder, squares, monkeypatch):
    made = District(name="样例", crs=squares["grids"].crs, tables=squares)
    monkeypatch.setattr("data.sample.make_district", lambda seed=0: made)
    page = start()
    page.button(key="sample 0").click().run()
    assert not page.exception
    assert session_path(page) == home_folder / "sample.gpkg"
    page.button(key="sample 1").click().run()
    assert session_path(page) == home_folder / "sample-2.gpkg"


@pytest.mark.parametrize("turn", [False, True])
def test_a_copy_is_saved_and_perhaps_gone_on_with(opened, workspace_file, turn):
    page = opened()
    assert field(page, "副本的名称").value == "方格区 副本"
    page.checkbox[0].set_value(turn)
    page.button(key="copy 0").click().run()
    assert not page.exception
    copy = workspace_file.parent / "方格区 副本.gpkg"
    assert Workspace.open(copy).counts()["grids"] == 36
    assert session_path(page) == (copy if turn else workspace_file)
    assert plain(str(copy)) in page.success[0].value


def test_a_backup_is_made_and_restored_after_asking(opened, workspace_file):
    page = opened()
    assert "还没有备份" in texts(page)
    page.button(key="backup 0").click().run()
    assert "已备份到" in page.success[0].value
    workspace = Workspace.open(workspace_file)
    workspace.write("grids", workspace.read("grids").iloc[:5])
    page.run()
    assert "<dd>5</dd>" in texts(page)
    page.button(key="restore 0").click().run()
    assert len(workspace.read("grids")) == 5, "not before it is confirmed"
    page.button(key="restore sure 0").click().run()
    assert not page.exception
    assert not page.error
    assert "已恢复到" in page.success[0].value
    assert "<dd>36</dd>" in texts(page)
    assert len(page.radio[0].options) == 2, "what was there is among the backups"
    assert workspace.audit()["action"].iloc[-1] == "restore"


def test_backups_of_the_same_second_are_told_apart(opened, workspace_file):
    made = [make_backup(Workspace.open(workspace_file)) for _ in range(4)]
    page = opened()
    assert page.radio[0].value == made[-1], "the latest, to begin with"
    page.radio[0].set_value(made[1]).run()
    page.button(key="restore 0").click().run()
    assert page.session_state["desk"].asked == made[1]
    assert len(set(page.radio[0].options)) == 4


def test_restoring_can_be_called_off(opened, workspace_file):
    page = opened()
    page.button(key="backup 0").click().run()
    before = workspace_file.read_bytes()
    page.button(key="restore 0").click().run()
    page.button(key="restore unsure 0").click().run()
    assert not page.warning
    assert workspace_file.read_bytes() == before


def test_a_damaged_backup_is_refused_in_words(opened, workspace_file):
    page = opened()
    page.button(key="backup 0").click().run()
    backup = next((workspace_file.parent / "backups").iterdir())
    backup.write_bytes(backup.read_bytes()[:5000])
    page.button(key="restore 0").click().run()
    page.button(key="restore sure 0").click().run()
    assert not page.exception
    assert "损坏" in page.error[0].value
    assert Workspace.open(workspace_file).counts()["grids"] == 36


def test_a_file_that_has_gone_is_recovered_from_its_backup(opened, workspace_file):
    page = opened()
    page.button(key="backup 0").click().run()
    workspace_file.unlink()
    page.run()
    assert "找不到工作区文件" in page.error[0].value
    page.button(key="recover 0").click().run()
    assert not page.exception
    assert not page.error
    assert Workspace.open(workspace_file).counts()["grids"] == 36


def test_a_file_that_is_broken_further_in_is_said_in_words(opened, workspace_file):
    content = bytearray(workspace_file.read_bytes())
    content[40 * 4096 :] = b"\xa5" * (len(content) - 40 * 4096)
    workspace_file.write_bytes(bytes(content))
    page = opened()
    assert not page.exception
    assert "可能已损坏" in page.error[0].value
    assert [tab.label for tab in page.tabs] == ["打开", "新建"]


def test_the_name_and_the_credit_line_are_kept(opened, workspace_file):
    page = opened()
    next(each for each in page.text_input if each.value == "方格区").input("改名区")
    field(page, "地图图注（审图号等）").input("审图号：GS(2026)1号")
    page.button(key="naming 0").click().run()
    assert not page.exception
    workspace = Workspace.open(workspace_file)
    assert (workspace.name, workspace.setting("map_credit")) == ("改名区", "审图号：GS(2026)1号")
    assert workspace.audit()["action"].tolist()[-2:] == ["set", "set"]
    assert "改名区" in texts(page)


def test_what_did_not_change_is_not_written(opened, workspace_file):
    page = opened()
    before = len(Workspace.open(workspace_file).audit())
    page.button(key="naming 0").click().run()
    assert len(Workspace.open(workspace_file).audit()) == before


def test_a_disk_that_refuses_is_said_in_words(opened, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied", "w.gpkg")

    page = opened()
    monkeypatch.setattr("ui.district_files.make_backup", refuse)
    page.button(key="backup 0").click().run()
    assert not page.exception
    assert "无法写入" in page.error[0].value


def test_a_read_only_file_is_marked(opened, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: False)
    page = opened()
    assert not page.exception
    assert "文件是只读的" in texts(page)


def test_many_districts_are_searched(opened, home_folder, make_workspace):
    home_folder.mkdir(parents=True)
    for number in range(10):
        Workspace.create(home_folder / f"d{number}.gpkg", name=f"第{number}区", crs=4549)
    page = opened()
    page.text_input(key="district_search").input("第7").run()
    listed = [each.label for each in page.button if (each.key or "").startswith("open ")]
    assert len(listed) == 1
    page.text_input(key="district_search").input("没有").run()
    assert "没有符合的区县" in texts(page)
