"""The plans of a district in the app: listed, led through their steps, restored, brought in from files."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from data.plan_states import move_plan, read_states
from data.plans import (
    IMPORTED,
    NESTING,
    PAINTED,
    REDRAW,
    change_plan,
    delete_plan,
    duplicate_plan,
    read_assignment,
    read_plans,
    save_plan,
)
from data.strokes import Stroke, apply_stroke, plan_zone_names, read_strokes
from data.workspace import Workspace
from ui.names import PlaceNames
from ui.pages.zoning_plans_history import passages, what
from ui.pages.zoning_plans_list import grouped_plans
from ui.pages.zoning_plans_new import by_id, unlocked
from ui.pages.zoning_plans_steps import iso_day
from ui.words import words

APP = str(Path(__file__).resolve().parents[2] / "app.py")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
ALL_GRIDS = [f"G{i:02}{j:02}" for j in range(6) for i in range(6)]


def whole_zones():
    """The four blocks of 3 × 3 grids."""
    return pd.Series({grid: f"Z{int(grid[1:3]) // 3:02}{int(grid[3:]) // 3:02}" for grid in ALL_GRIDS})


@pytest.fixture(scope="module")
def shared_file(tmp_path_factory, make_workspace):
    """A district that tests share, each with plans of its own, and its plan of today's: whole blocks."""
    path = make_workspace(tmp_path_factory.mktemp("plans") / "方格区.gpkg")
    save_plan(Workspace.open(path), whole_zones(), kind=NESTING, name="嵌套")
    return path


@pytest.fixture
def workspace(shared_file, monkeypatch):
    monkeypatch.setenv("GRIDBEAT_WORKSPACE", str(shared_file))
    opened = Workspace.open(shared_file)
    yield opened
    drafts = read_plans(opened).query("status == 'draft'").iloc[1:]
    for plan, revision in zip(drafts["plan_id"], drafts["rev"], strict=True):
        delete_plan(opened, plan, rev=int(revision))


@pytest.fixture
def fresh(workspace_file, monkeypatch):
    """A district without plans."""
    monkeypatch.setenv("GRIDBEAT_WORKSPACE", str(workspace_file))
    return Workspace.open(workspace_file)


@pytest.fixture
def draft(workspace):
    """A painted draft without faults, as today's plan."""
    return begin(workspace)


def begin(workspace, name="第一稿"):
    today = save_plan(workspace, whole_zones(), kind=NESTING, name="嵌套")
    return duplicate_plan(workspace, today, name=name, who="规划科")


def show(plan="", lang="中文"):
    page = AppTest.from_file(APP, default_timeout=60)
    page.query_params["lang"] = lang
    page.query_params["view"] = "plans"
    if plan:
        page.query_params["plan"] = plan
    page._page_hash = calc_hash("zoning")
    return shown(page.run())


def shown(page):
    """The page, on which nothing went wrong unforeseen."""
    unforeseen = [words(lang)("error.unexpected") for lang in ("zh", "en")]
    assert [error.value for error in page.error if error.value in unforeseen] == []
    assert not page.exception
    return page


def texts(page):
    elements = [*page.markdown, *page.caption, *page.error, *page.warning, *page.info, *page.success]
    found = [element.value for element in elements]
    return "\n".join([*found, *(str(element.proto.body) for element in page.get("html"))])


def press(page, label):
    next(each for each in page.button if each.label == label).click()
    return shown(page.run())


def fill(page, label, text):
    next(each for each in page.text_input if each.label == label).input(text)


def state(workspace, plan):
    return read_plans(workspace).set_index("plan_id").at[plan, "status"]


def rev(workspace, plan):
    return int(read_plans(workspace).set_index("plan_id").at[plan, "rev"])


def lead(workspace, plan, *steps):
    for to in steps:
        facts = {"document_no": "旧〔2025〕1号", "effective": "2025-01-01"} if to == "in_force" else {}
        move_plan(workspace, plan, to, rev=rev(workspace, plan), who="科", **facts)


def paint(workspace, plan, token="t1", painter="browser", **grids):
    now = read_assignment(workspace, plan)
    changes = {grid: (now.get(grid, ""), zone) for grid, zone in grids.items()}
    apply_stroke(workspace, plan, rev=0, token=token, painter=painter, kind="paint", grids=changes)


def test_every_step_is_taken_and_recorded(workspace, draft):
    before = duplicate_plan(workspace, draft, name="去年的")
    lead(workspace, before, "consulted", "approved", "in_force")
    page = show(draft)
    for button, reached in (("送征求意见", "consulted"), ("通过审核", "approved")):
        press(page, button)
        fill(page, "经手单位或岗位", "规划科")
        fill(page, "原因", "年度调整")
        press(page, "确定")
        assert state(workspace, draft) == reached
    press(page, "发布为现行")
    assert "去年的" in page.warning[0].value, "what is replaced is said before"
    fill(page, "文号", "越公通〔2026〕12号")
    fill(page, "生效日期", "2026年1月2日")
    press(page, "确定")
    assert (state(workspace, draft), state(workspace, before)) == ("in_force", "retired")
    assert "去年的" in page.success[0].value
    last = read_states(workspace, draft).iloc[-1]
    assert last[["who", "document_no", "effective"]].tolist() == [
        "规划科",
        "越公通〔2026〕12号",
        "2026-01-02",
    ], "the office is remembered"
    press(page, "停用")
    assert "没有现行方案" in page.warning[0].value
    press(page, "确定")
    assert state(workspace, draft) == "retired"
    assert "复制为草案" in texts(page)
    assert read_states(workspace, draft)["why"].tolist()[:2] == ["年度调整", "年度调整"]


def test_a_plan_that_is_replaced_says_by_which(fresh):
    workspace, draft = fresh, begin(fresh)
    before = duplicate_plan(workspace, draft, name="去年的")
    lead(workspace, before, "consulted", "approved", "in_force")
    lead(workspace, draft, "consulted", "approved", "in_force")
    record = next(table.value for table in show(before).dataframe if "步骤" in table.value)
    assert record["原因"].iloc[0] == f"由 {draft} 第一稿 替换"
    assert record["步骤"].tolist() == ["现行 → 停用", "审核 → 现行", "征求意见 → 审核", "草案 → 征求意见"]


def test_a_step_back_leads_to_the_draft(workspace, draft):
    lead(workspace, draft, "consulted")
    page = press(show(draft), "退回草案")
    fill(page, "经手单位或岗位", "法制大队")
    press(page, "确定")
    assert state(workspace, draft) == "draft"


def test_a_plan_with_a_day_ahead_waits_for_it(workspace, draft):
    before = duplicate_plan(workspace, draft, name="去年的")
    lead(workspace, before, "consulted", "approved", "in_force")
    lead(workspace, draft, "consulted", "approved")
    page = press(show(draft), "发布为现行")
    fill(page, "经手单位或岗位", "规划科")
    fill(page, "文号", "越公通〔2999〕1号")
    fill(page, "生效日期", "2999年1月2日")
    press(page, "确定")
    assert (state(workspace, draft), state(workspace, before)) == ("approved", "in_force")
    assert "从 2999-01-02 起现行" in page.success[0].value
    assert "现状仍是“去年的”" in page.info[0].value
    assert "2999-01-02 起" in texts(page), "in the row of steps"
    assert "2999-01-02 起停用。" in texts(page), "on the card of the plan in force"
    assert "可以发布" not in texts(page)
    assert "由“第一稿”接替" in show(before).info[0].value
    english = show(draft, "English")
    assert "until then “去年的” is today's plan" in english.info[0].value
    assert [each for each in english.button if each.label == "Change document or first day"]
    press(page, "退回征求意见")
    press(page, "确定")
    assert (state(workspace, draft), state(workspace, before)) == ("consulted", "in_force")
    assert not page.info
    reasons = show(before).dataframe[0].value["原因"].tolist()
    assert reasons[:2] == [f"{draft} 第一稿 撤回，照旧执行", f"由 {draft} 第一稿 替换"]


@pytest.mark.parametrize("number", ["", "  "])
def test_a_plan_comes_into_force_by_a_document_alone(workspace, draft, number):
    lead(workspace, draft, "consulted", "approved")
    page = press(show(draft), "发布为现行")
    fill(page, "经手单位或岗位", "规划科")
    fill(page, "文号", number)
    press(page, "确定")
    assert "文号" in page.error[0].value
    assert state(workspace, draft) == "approved"


def test_nobody_in_particular_takes_no_step(workspace, draft):
    page = press(press(show(draft), "送征求意见"), "确定")
    assert "经手单位" in page.error[0].value
    assert state(workspace, draft) == "draft"


def test_a_broken_plan_is_refused_with_its_places(workspace, draft):
    paint(workspace, draft, G0202="Z0101", G0505="Z0000", G0303="")
    lead(workspace, draft, "consulted")
    page = press(show(draft), "通过审核")
    told = page.error[0].value
    assert "不能审核" in told
    assert "网格3-3" in told
    assert "警务区1" in told
    assert not [each for each in page.button if each.label == "确定"]
    assert [each for each in page.button if each.label == "去绘制视图修补"]
    assert "退回草案" in texts(page)


def test_what_somebody_painted_meanwhile_stops_the_step(workspace, draft):
    lead(workspace, draft, "consulted")
    page = press(show(draft), "通过审核")
    fill(page, "经手单位或岗位", "规划科")
    change_plan(workspace, draft, rev=rev(workspace, draft), changes={"note": "别人写的"})
    press(page, "确定")
    assert "再按一次" in page.error[0].value
    assert state(workspace, draft) == "consulted"
    press(page, "确定")
    assert state(workspace, draft) == "approved", "once it was told, the step can be taken"


def select(page, workspace, plan, row):
    last = read_strokes(workspace, plan)[-1].number
    page.session_state[f"plans history {plan} {last}"] = {
        "selection": {"rows": [row], "columns": [], "cells": []}
    }
    return shown(page.run())


def test_a_former_state_is_restored_and_the_restoring_undone(workspace, draft):
    paint(workspace, draft, "t1", G0202="Z0100")
    paint(workspace, draft, "t2", "other", G0201="Z0100")
    page = select(show(draft), workspace, draft, 1)
    assert "1 个网格换警务区" in texts(page)
    assert "警务区2 → 警务区1 1 个" in texts(page)
    press(page, "恢复到此状态")
    now = read_assignment(workspace, draft)
    assert (now["G0202"], now["G0201"]) == ("Z0100", "Z0000")
    press(page, "撤销刚才的恢复")
    assert read_assignment(workspace, draft)["G0201"] == "Z0100"
    assert [stroke.kind for stroke in read_strokes(workspace, draft)] == ["paint", "paint", "restore", "undo"]


def test_what_was_painted_after_the_preview_is_not_taken_back_unseen(workspace, draft):
    paint(workspace, draft, "t1", G0202="Z0100")
    page = select(show(draft), workspace, draft, 1)
    paint(workspace, draft, "t2", "other", G0201="Z0100")
    press(page, "恢复到此状态")
    assert "再按一次" in page.error[0].value
    assert "撤回其后的 2 笔" in texts(page), "what would be changed now is shown for another look"
    assert len(read_strokes(workspace, draft)) == 2


def test_a_plan_that_is_sent_round_is_not_restored(workspace, draft):
    paint(workspace, draft, G0202="Z0100")
    lead(workspace, draft, "consulted")
    page = select(show(draft), workspace, draft, 1)
    assert "只有草案可以恢复" in texts(page)
    assert not [each for each in page.button if each.label == "恢复到此状态"]


def test_a_copy_comes_on_the_table_with_a_name_of_its_own(workspace):
    page = press(press(show(begin(workspace, "抄件")), "复制为草案"), "复制为草案")
    plans = read_plans(workspace).iloc[-2:]
    assert plans["name"].tolist() == ["抄件 副本", "抄件 副本 副本"]
    assert (
        page.query_params["plan"] == [plans["plan_id"].iloc[-1]]
        or page.query_params["plan"] == plans["plan_id"].iloc[-1]
    )


def test_a_draft_is_deleted_once_it_is_asked_twice(workspace, draft):
    page = press(show(draft), "删除草案")
    assert draft in set(read_plans(workspace)["plan_id"])
    press(page, "确定删除")
    assert draft not in set(read_plans(workspace)["plan_id"])
    assert "已删除草案" in page.success[0].value


def test_a_draft_begins_as_today(workspace, draft):
    press(press(show(), "从现状新建草案"), "从现状新建草案")
    made = read_plans(workspace).iloc[-2:]
    assert made["name"].tolist() == ["新草案", "新草案 2"]
    assert made["kind"].tolist() == [PAINTED, PAINTED]
    assert read_assignment(workspace, made["plan_id"].iloc[0]).to_dict() == whole_zones().to_dict()


def test_without_a_plan_a_draft_begins_as_the_nesting(fresh):
    press(show(), "从现状新建草案")
    assert read_plans(fresh)["kind"].tolist() == [PAINTED]
    assert len(read_assignment(fresh, "P1")) == 36


def test_names_and_notes_of_others_are_not_overwritten(workspace, draft):
    page = show(draft)
    fill(page, "方案名称", "我的名字")
    change_plan(workspace, draft, rev=rev(workspace, draft), changes={"name": "别人的名字"})
    press(page, "保存")
    assert "别人的名字" in page.error[0].value
    assert next(each for each in page.text_input if each.label == "方案名称").value == "我的名字"
    press(page, "保存")
    assert read_plans(workspace).set_index("plan_id").at[draft, "name"] == "我的名字"


def test_strokes_of_others_do_not_stop_a_note(workspace, draft):
    page = show(draft)
    page.text_area[0].input("待议")
    paint(workspace, draft, G0202="Z0100")
    press(page, "保存")
    assert read_plans(workspace).set_index("plan_id").at[draft, "note"] == "待议"


def upload(page, name, text):
    page.file_uploader[0].set_value((name, text.encode(), "text/csv"))
    return shown(page.run())


def test_a_file_becomes_a_stroke_of_the_plan_on_the_table(workspace, draft):
    apply_stroke(
        workspace, draft, rev=0, token="l", painter="b", kind="lock", locks={"grid:G0000": (False, True)}
    )
    page = upload(show(draft), "改.csv", "网格编码,警务区\nG0202,警务区2\nG0000,警务区2\nG0505,新区\n")
    assert "文件里有现状没有的警务区：新区" in "".join(each.value for each in page.warning)
    assert "33" in "".join(each.value for each in page.warning), "what the file lacks is told"
    assert "已锁定的（1 个）不动" in texts(page)
    press(page, "写入桌上的方案")
    now = read_assignment(workspace, draft)
    assert (now["G0202"], now["G0000"], now["G0505"], len(now)) == ("Z0100", "Z0000", "新区", 36)
    assert plan_zone_names(workspace, draft) == {"新区": "新区"}
    stroke = read_strokes(workspace, draft)[-1]
    assert (stroke.kind, len(stroke.grids)) == ("import", 2)


def test_a_file_becomes_a_draft(workspace, draft):
    lines = [f"{grid},{zone}" for grid, zone in whole_zones().items()]
    page = upload(show(draft), "来稿.csv", "\n".join(["grid_id,zone_id", *lines[:-1], "G0505,"]))
    press(page, "存为新草案")
    made = read_plans(workspace).iloc[-1]
    assert made[["name", "kind", "note"]].tolist() == ["来稿", IMPORTED, "来自文件 来稿.csv"]
    assert len(read_assignment(workspace, made["plan_id"])) == 35
    assert "导入方案" in texts(page)
    assert [each for each in page.button if each.label == "去绘制"], "it can be painted on"
    paint(workspace, made["plan_id"], G0202="Z0100")
    assert read_assignment(workspace, made["plan_id"])["G0202"] == "Z0100"
    assert (
        made["plan_id"]
        in grouped_plans(read_plans(workspace).set_index("plan_id", drop=False), None)["drafts"]
    )


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("坏.csv", "grid_id,zone_id\nG0000,Z1\nG9999,Z1\nG0000,Z2\n", "G9999"),  # unknown, repeated
        ("无列.csv", "a,b\n1,2\n", "a, b"),  # no such columns
        ("空.csv", "", ""),  # nothing at all
    ],
)
def test_a_bad_file_changes_nothing(workspace, draft, name, text, told):
    page = upload(show(draft), name, text)
    assert told in page.error[0].value
    assert not [each for each in page.button if each.label in ("存为新草案", "写入桌上的方案")]
    assert read_strokes(workspace, draft) == ()


@pytest.mark.parametrize("lang", ["中文", "English"])
def test_plans_are_listed_by_state_and_hostile_names_are_escaped(fresh, lang, hostile):
    workspace, draft, (script, formula) = fresh, begin(fresh), hostile
    evil = duplicate_plan(workspace, draft, name=script, who=script)
    change_plan(workspace, evil, rev=1, changes={"note": script})
    save_plan(workspace, whole_zones(), kind=REDRAW, name=formula, scorecard={"grids_moved": 7})
    lead(workspace, duplicate_plan(workspace, draft, name="在途"), "consulted")
    lead(workspace, duplicate_plan(workspace, draft, name="旧的"), "retired")
    paint(workspace, evil, G0202="Z0100")
    page = show(evil, lang)
    body = "".join(str(element.proto.body) for element in page.get("html"))
    assert "<script>" not in body
    assert "&lt;script&gt;" in body
    assert r"\<script\>" in "".join(each.value for each in page.caption)
    heads = {
        "中文": ["我的草案 2", "征求意见与审核 1"],
        "English": ["My drafts 2", "In consultation and approval 1"],
    }
    assert [head for head in heads[lang] if head not in body] == []
    assert {each.label for each in page.expander} == {
        "中文": {"计算出的方案（1）", "停用（1）"},
        "English": {"Computed proposals (1)", "Retired (1)"},
    }[lang]
    assert not page.error


def test_a_card_puts_its_plan_on_the_table(workspace, draft):
    other = duplicate_plan(workspace, draft, name="第二稿")
    page = show(draft)
    press(page, "打开方案：第二稿")
    assert other in str(page.query_params["plan"])


def test_groups_hold_every_plan_once_newest_first():
    rows = [
        ("P1", NESTING, "draft"),  # holds today
        ("P2", PAINTED, "draft"),
        ("P3", REDRAW, "draft"),
        ("P4", PAINTED, "draft"),
        ("P5", REDRAW, "approved"),
        ("P6", PAINTED, "retired"),
        ("P7", PAINTED, "in_force"),
    ]
    plans = pd.DataFrame(rows, columns=["plan_id", "kind", "status"]).set_index("plan_id", drop=False)
    assert grouped_plans(plans, "P1") == {
        "in_force": ["P7", "P1"],
        "drafts": ["P4", "P2"],
        "on_the_way": ["P5"],
        "computed": ["P3"],
        "retired": ["P6"],
    }


def stroke(number, kind="paint", painter="a", minute=0, **more):
    at = (dt.datetime(2026, 11, 1, 10, tzinfo=dt.UTC) + dt.timedelta(minutes=minute)).isoformat()
    facts = {"grids": {"G1": ("Z1", "Z2")}, "names": {}, "locks": {}, **more}
    return Stroke(
        number=number,
        token=str(number),
        painter=painter,
        who="",
        at=at,
        kind=kind,
        of=None,
        rev=number,
        **facts,
    )


def test_strokes_of_one_hand_read_as_one_thing_until_it_pauses():
    drawn = [
        stroke(1),
        stroke(2, minute=4),
        stroke(3, minute=10),  # after a pause
        stroke(4, kind="fill", minute=11),
        stroke(5, kind="fill", painter="b", minute=11),
        stroke(6, kind="import", painter="plans-x", minute=12),
        stroke(7, kind="import", painter="plans-x", minute=12),  # each for itself
    ]
    assert [[one.number for one in found.strokes] for found in passages(drawn)] == [
        [1, 2],
        [3],
        [4],
        [5],
        [6],
        [7],
    ]
    assert passages(drawn)[0].moves == {("Z1", "Z2"): 2}
    assert passages([]) == []


def test_what_a_stroke_did_is_said_in_words():
    names = {"Z1": ("", "新区"), "Z2": ("旧名", "新名"), "Z3": ("没了", "")}
    found = passages([stroke(1, grids={"G1": ("", "Z9")}, names=names, locks={"zone:Z1": (False, True)})])[0]
    told = what(found, PlaceNames({"zones": {"Z9": "九区"}}), words("zh"))
    assert told == "未分配 → 九区 1 个、新建“新区”、“旧名”改名“新名”、撤掉“没了” 等 5 项"


def test_locks_hold_against_a_file():
    changes = {grid: ("Z1", "Z2") for grid in ("a", "b", "c")} | {"d": ("Z3", "Z2"), "e": ("Z1", "Z4")}
    locks = {"grid:a", "village:V", "zone:Z3", "zone:Z4"}
    assert unlocked(changes, locks, {"b": "V"}) == {"c": ("Z1", "Z2")}


def test_zones_are_known_by_name_unless_the_name_is_an_id():
    plan = pd.Series({"a": "甲区", "b": "Z1", "c": "Z2", "d": "丙区"})
    assert by_id(plan, {"Z1": "甲区", "Z3": "Z2", "Z2": "乙区"}).to_dict() == {
        "a": "Z1",
        "b": "Z1",
        "c": "Z2",
        "d": "丙区",
    }


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2027-01-02", "2027-01-02"),
        ("2027/1/2", "2027-01-02"),
        ("2027年1月2日", "2027-01-02"),
        ("20270102", "2027-01-02"),
        (" 明天 ", "明天"),
        ("", ""),
    ],
)
def test_days_are_read_as_they_are_typed(typed, day):
    assert iso_day(typed) == day
