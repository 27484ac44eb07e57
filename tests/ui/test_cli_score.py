"""`gridbeat score` and `drift`: today's plan, a saved one, one in a file; in words and as one object."""

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from data.plan_states import move_plan
from data.plans import save_plan
from data.workspace import Workspace
from geo.errors import Reason
from ui import cli
from ui.named_reasons import note_lines
from ui.names import PlaceNames
from ui.words import LANGS, words

KEYS = {
    "id",
    "name",
    "max_deviation",
    "cv",
    "gini",
    "polsby_popper",
    "cut_edges",
    "workload_moved",
    "villages_split",
    "floor",
    "gap",
    "violations",
    "seconds",
    "tolerance",
    "profile",
    "weights",
    "notes",
}
# Only this counts as work: 100 + 10 i + j people in the grid in column i and row j.
RESIDENTS = ("--weights", "residents=1")


@pytest.fixture
def run():
    return lambda *typed, lang="zh": CliRunner().invoke(cli.door, [*map(str, typed), "--lang", lang])


def facts(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def grids_of(workspace):
    return Workspace.open(workspace).read("grids")["grid_id"]


def quarters(workspace, **changed):
    """The zones as they are: 3 × 3 grids each."""
    grids = grids_of(workspace)
    zones = [f"Z{int(g[1:3]) // 3:02}{int(g[3:5]) // 3:02}" for g in grids]
    return pd.Series(zones, index=pd.Index(grids, name="grid_id"), name="zone_id").replace(changed)


def test_todays_plan_is_the_nesting_where_none_is_saved(run, workspace_file):
    told = facts(run("score", workspace_file, *RESIDENTS, "--json"))
    assert told.keys() >= KEYS
    assert (told["id"], told["name"]) == (None, "现状嵌套")
    assert (told["zones"], told["workload_moved"], told["violations"]) == (4, 0.0, [])
    # Nine grids a zone: 1026 people in the south-west; 27 more in the north-west, 270 more in the east.
    sums = [
        sum(100 + 10 * i + j for i in a for j in b)
        for a in ((0, 1, 2), (3, 4, 5))
        for b in ((0, 1, 2), (3, 4, 5))
    ]
    mean = sum(sums) / 4
    assert told["max_deviation"] == pytest.approx(max(abs(w / mean - 1) for w in sums))
    assert told["floor"] == pytest.approx(sum(max(w - 1.1 * mean, 0) for w in sums) / sum(sums))
    assert told["gap"] is None, "a plan beyond the tolerance has no gap"


def test_a_plan_that_moves_a_grid_says_so_in_both_languages(run, workspace_file):
    plan = quarters(workspace_file)
    plan["G0300"] = "Z0000"
    made = Workspace.open(workspace_file)
    plan_id = save_plan(made, plan, kind="redraw", name="试划")
    told = facts(run("score", workspace_file, "--plan", plan_id, *RESIDENTS, "--json"))
    assert (told["id"], told["name"], told["grids_moved"]) == (plan_id, "试划", 1)
    assert told["workload_moved"] == pytest.approx(
        130 / sum(100 + 10 * i + j for i in range(6) for j in range(6))
    )
    zh = run("score", workspace_file, "--plan", plan_id, *RESIDENTS).stdout
    assert "与现状相比：1 个网格、1 个村社换警务区" in zh
    assert "最忙：警务区4（中心派出所）" in zh
    assert "被拆分的村社：1 个（村1-0）" in zh
    en = run("score", workspace_file, "--plan", plan_id, *RESIDENTS, lang="en").stdout
    assert "1 grid in 1 village changes zone" in en
    for said in (zh, en):
        assert "score." not in said
        assert "measure." not in said
    assert facts(run("score", workspace_file, "--json"))["id"] is None, "a proposal is never today's plan"


def test_the_plan_in_force_is_todays(run, workspace_file):
    made = Workspace.open(workspace_file)
    plan_id = save_plan(made, quarters(workspace_file, Z0101="Z0001"), kind="redraw", name="新划")
    rev = 1
    for to in ("consulted", "approved", "in_force"):
        rev = move_plan(made, plan_id, to, rev=rev, who="", document_no="1", effective="2026-01-01")
    told = facts(run("score", workspace_file, "--json"))
    assert (told["id"], told["zones"], told["workload_moved"]) == (plan_id, 3, 0.0)


def test_weights_saved_with_a_plan_are_its_weights(run, workspace_file):
    profile = {"weights": {"floating": 1.0}, "diverted": 1.0, "first_day": None, "last_day": None}
    plan_id = save_plan(
        Workspace.open(workspace_file),
        quarters(workspace_file),
        kind="redraw",
        name="x",
        params={"profile": profile},
    )
    assert facts(run("score", workspace_file, "--plan", plan_id, "--json"))["weights"] == {"floating": 1.0}
    told = facts(run("score", workspace_file, "--plan", plan_id, *RESIDENTS, "--json"))
    assert told["weights"] == {"residents": 1.0}


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@pytest.mark.parametrize("headings", [("grid_id", "zone_id"), ("网格编码", "警务区编码")])
def test_an_assignment_in_a_file_is_scored(run, workspace_file, tmp_path, suffix, headings):
    table = quarters(workspace_file).reset_index().set_axis(list(headings), axis=1).assign(电话="13800000000")
    path = tmp_path / f"手工{suffix}"
    table.to_excel(path, index=False) if suffix == ".xlsx" else table.to_csv(path, index=False)
    told = facts(run("score", workspace_file, "--assignment", path, *RESIDENTS, "--json"))
    assert (told["name"], told["zones"], told["grids_moved"], told["notes"]) == ("手工", 4, 0, [])


def test_grids_that_a_file_lacks_are_told(run, workspace_file, tmp_path):
    path = tmp_path / "a.csv"
    quarters(workspace_file).iloc[:-2].to_csv(path)
    told = facts(run("score", workspace_file, "--assignment", path, "--json"))
    assert told["grids_without_zone"] == 2
    assert [note["code"] for note in told["notes"] if note["code"].startswith("assignment")] == [
        "assignment_file_lacks"
    ]
    assert {found["code"] for found in told["violations"]} == {"grid_orphan"}
    assert "缺 2 个网格：G0405、G0505" in run("score", workspace_file, "--assignment", path).stdout


def test_zones_of_a_file_that_nobody_knows_are_told(run, workspace_file, tmp_path):
    path = tmp_path / "a.csv"
    quarters(workspace_file, Z0101="Z9").to_csv(path)
    told = facts(run("score", workspace_file, "--assignment", path, "--json"))
    found = [note["facts"] for note in told["notes"] if note["code"] == "assignment_zones_unknown"]
    assert found == [{"count": 1, "zones": ["Z9"]}]
    said = run("score", workspace_file, "--assignment", path).stdout
    assert "文件里有现状没有的警务区：Z9" in said
    assert said.startswith("方案：a\n")


def test_factors_without_data_are_one_sentence():
    notes = [Reason("factor_without_data", {"column": c}) for c in ("residents", "calls")]
    notes.insert(1, Reason("redraw_splits", {"villages": ["v"], "above": 1.0}))
    lines = note_lines(notes, words("zh"), PlaceNames({}))
    assert len(lines) == 2
    assert "接报警情（扣除分流）没有数据" in lines[0]
    assert "默认允许拆分（--split-above 可改）：v" in lines[1]


@pytest.mark.parametrize(
    ("lang", "signs"),
    [
        ("zh", ["第 2 行：没有网格 X1", "第 4 行：网格 G0000 已经出现过", "第 5 行"]),
        ("en", ["Row 2: there is no grid X1", "Row 4: grid G0000 was listed before", "Row 5: "]),
    ],
)
def test_every_wrong_row_of_a_file_is_told(run, workspace_file, tmp_path, lang, signs):
    path = tmp_path / "a.csv"
    path.write_text("grid_id,zone_id\nX1,Z\nG0000,Z\nG0000,Z\n,Z\n", encoding="utf-8")
    result = run("score", workspace_file, "--assignment", path, lang=lang)
    assert result.exit_code == 2
    assert [sign for sign in signs if sign not in result.stderr] == []


def test_rules_and_sensitivity_are_told(run, workspace_file):
    typed = ("score", workspace_file, "--rules", "heilongjiang_2007", "--sensitivity")
    told = facts(run(*typed, "--json"))
    assert told["rules_broken"] == 0
    assert told["sensitivity"]["fair"] <= 1
    assert {row["side"] for row in told["sensitivity"]["factors"]} == {"less", "more"}
    said = run(*typed).stdout
    assert "规模标准全部符合" in said
    assert "权重上下浮动三成" in said


def test_tolerance_may_be_typed_as_a_percentage(run, workspace_file):
    tens = [
        facts(run("score", workspace_file, "--tolerance", text, "--json"))
        for text in ("0.15", "15%", "15 ％")
    ]
    assert [told["tolerance"] for told in tens] == [0.15] * 3


def test_drift_has_a_line_for_each_month_and_a_decision(run, workspace_file):
    told = facts(run("drift", workspace_file, "--json"))
    assert (told["months"], told["first_month"], told["last_month"]) == (14, "2025-09", "2026-10")
    assert [row["month"] for row in told["by_month"]][-1] == "2026-10"
    assert told["reasons"]
    for lang in LANGS:
        said = run("drift", workspace_file, lang=lang).stdout
        assert sum(line.startswith(("2025-", "2026-")) for line in said.splitlines()) == 14
        early = words(lang)("drift.too_early", months=6)
        assert [early in line for line in said.splitlines() if line[:3] == "202"] == [True] * 5 + [False] * 9
        assert words(lang).sentence(told["reasons"][0]["code"], told["reasons"][0]["facts"]) in said
        assert "drift." not in said


@pytest.mark.parametrize(
    ("typed", "sign"),
    [
        (("score", "{ws}", "--plan", "P9"), "P9"),
        (("score", "{ws}", "--plan", "P9", "--assignment", "a.csv"), "--assignment"),
        (("score", "{ws}", "--assignment", "none.csv"), "none.csv"),
        (("score", "{ws}", "--assignment", "bare.csv"), "x, y"),
        (("score", "{ws}", "--assignment", "{ws}"), "工作区"),
        (("score", "{ws}", "--weights", "moon=1"), "moon"),
        (("score", "{ws}", "--weights", "residents"), "residents"),
        (("score", "{ws}", "--weights", "residents=-1"), "-1"),
        (("score", "{ws}", "--tolerance", "-1"), "-1"),
        (("score", "{ws}", "--tolerance", "2"), "2"),
        (("score", "{ws}", "--tolerance", "abc"), "abc"),
        (("score", "{ws}", "--tolerance", "nan"), "nan"),
        (("score", "{ws}", "--rules", "moon"), "moon"),
        (("drift", "{ws}", "--weights", "residents=1"), "calls"),
        (("drift", "{ws}", "--plan", "P9"), "P9"),
    ],
)
def test_bad_input_is_told_in_words_and_exits_with_2(run, workspace_file, monkeypatch, typed, sign):
    monkeypatch.chdir(workspace_file.parent)
    (workspace_file.parent / "bare.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    held = workspace_file.read_bytes()
    result = run(*(word.replace("{ws}", str(workspace_file)) for word in typed))
    assert result.exit_code == 2, result.output
    assert sign in result.stderr
    assert "Traceback" not in result.stderr
    assert "error." not in result.stderr, "a sentence is missing"
    assert result.stdout == ""
    assert workspace_file.read_bytes() == held


def test_a_district_without_zones_has_nothing_to_score(run, squares, tmp_path):
    made = Workspace.create(tmp_path / "w.gpkg", name="x", crs="EPSG:4549")
    made.write_all({name: table for name, table in squares.items() if name != "zones"})
    result = run("score", made.path)
    assert result.exit_code == 2
    assert "没有可评分的方案" in result.stderr
