"""Districts in a real browser without internet: made, opened, copied, backed up, restored, found again."""

import re

import pytest

from data.workspace import Workspace


@pytest.fixture
def desk(tmp_path, make_workspace, serving):
    """Home folder with one district in it, and the app served there."""
    home = tmp_path / "家" / "GridBeat"
    home.mkdir(parents=True)
    make_workspace(home / "方格区.gpkg")
    return home


def go(page, address):
    page.goto(f"{address}/district")
    page.get_by_role("tab", name="新建").wait_for()


def tab(page, name):
    page.get_by_role("tab", name=name).click()
    return page.get_by_role("tabpanel").filter(visible=True)


def listed(page, file):
    return page.locator(".st-key-district-list [data-testid=stHorizontalBlock]").filter(has_text=file)


def told(page, text):
    page.get_by_test_id("stAlert").filter(has_text=text).wait_for()
    assert page.locator(".stException").count() == 0


def test_a_district_is_made_opened_copied_backed_up_and_restored(page, desk, serving, tmp_path):
    with serving(home=desk) as address:
        go(page, address)
        panel = tab(page, "新建")
        panel.get_by_label("区县名称").fill("越湖/新区")
        panel.get_by_role("button", name="新建区县").dblclick()
        told(page, "已新建越湖/新区")
        page.get_by_text("由第一个图层确定", exact=True).wait_for()
        assert page.get_by_text("已经存在").count() == 0
        assert sorted(file.name for file in desk.glob("*.gpkg")) == ["方格区.gpkg", "越湖-新区.gpkg"]

        page.get_by_role("tab", name="打开", exact=True).click()
        listed(page, "方格区.gpkg").get_by_role("button", name="打开").dblclick()
        told(page, "已打开方格区")

        panel = tab(page, "备份与恢复")
        panel.get_by_role("button", name="立即备份").dblclick()
        told(page, "已备份到")
        assert len(list((desk / "backups").iterdir())) == 1

        panel = tab(page, "名称与图注")
        panel.get_by_label("区县名称").fill("<b>改名区</b>")
        panel.get_by_label("地图图注（审图号等）").fill("审图号：GS(2026)1号")
        panel.get_by_role("button", name="保存").dblclick()
        told(page, "<b>改名区</b>")
        page.get_by_role("link", name="总览", exact=True).click()
        page.frame_locator("iframe").get_by_text("审图号：GS(2026)1号").wait_for()

        page.get_by_role("link", name="打开区县").click()
        panel = tab(page, "备份与恢复")
        panel.get_by_role("button", name="恢复到所选备份").dblclick()
        assert Workspace.open(desk / "方格区.gpkg").name == "<b>改名区</b>", "not before it is confirmed"
        panel.get_by_role("button", name="确认恢复").dblclick()
        told(page, "已恢复到")
        assert Workspace.open(desk / "方格区.gpkg").name == "方格区"
        assert len(list((desk / "backups").iterdir())) == 2

        panel = tab(page, "另存与下载")
        panel.get_by_text("另存后在副本上继续工作").click()
        panel.get_by_role("button", name="另存为").dblclick()
        told(page, "现在打开的是副本")
        assert [file.name for file in desk.glob("*副本*")] == ["方格区 副本.gpkg"]
        with page.expect_download() as waited:
            tab(page, "另存与下载").get_by_role("button", name="下载副本").click()
        waited.value.save_as(tmp_path / "down.gpkg")
        assert waited.value.suggested_filename == "方格区 副本.gpkg"
        assert Workspace.open(tmp_path / "down.gpkg").counts()["grids"] == 36

        page.get_by_text("English", exact=True).click()
        page.get_by_role("tab", name="Backups").wait_for()
        (desk / "方格区 副本.gpkg").unlink()
        page.get_by_role("link", name="Nesting").click()
        told(page, "was not found")
        page.get_by_role("link", name="Go to").click()
        # What is typed while the page is still being made is lost.
        page.get_by_label("Full path of a file on this PC").wait_for()
        page.locator('[data-test-script-state="notRunning"]').wait_for()
        page.get_by_label("Full path of a file on this PC").fill(r"\\server\share\x.gpkg")
        page.get_by_label("Full path of a file on this PC").press("Enter")
        told(page, "network share")
        listed(page, "越湖-新区.gpkg").get_by_role("button", name="Open").click()
        told(page, "Opened 越湖/新区")
        listed(page, "方格区 副本.gpkg").get_by_role("button", name="Remove").click()
        told(page, "Removed from the list")


def test_each_window_has_its_own_district_also_after_a_restart(page, desk, serving, tmp_path, make_workspace):
    elsewhere = make_workspace(tmp_path / "别处.gpkg")
    Workspace.open(elsewhere).set_setting("name", "别处区")
    with serving(elsewhere, home=desk) as address:
        go(page, address)
        page.get_by_role("heading", name="别处区").wait_for()
        other = page.context.new_page()
        go(other, address)
        listed(other, "方格区.gpkg").get_by_role("button", name="打开").click()
        told(other, "已打开方格区")
        other.get_by_role("link", name="嵌套").click()
        other.get_by_text("方格区").first.wait_for()
        other.get_by_role("link", name="打开区县").click()
        other.get_by_role("tab", name="新建").wait_for()
        page.reload()
        page.get_by_role("heading", name="别处区").wait_for()
        other.reload()
        other.get_by_role("heading", name="方格区").wait_for()
        port = int(re.search(r":(\d+)$", address)[1])
    with serving(home=desk, port=port) as address:
        page.goto(page.url)
        page.get_by_role("heading", name="别处区").wait_for()
        other.goto(other.url)
        other.get_by_role("heading", name="方格区").wait_for()
        # A new window starts where the last one was: the one that was opened last.
        page.goto(f"{address}/")
        page.get_by_role("heading", name="方格区").wait_for()
