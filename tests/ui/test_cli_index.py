"""`gridbeat index`: villages in words and as one object, one village line by line, files, and wrong input."""

import codecs
import json
import re
from dataclasses import replace

import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from data.workspace import Workspace
from planning.index.index import safety_index
from planning.index.profile_reading import load_profile, profile_text
from planning.periods import parse_period
from tests.called_district import make_district
from ui import cli
from ui.index_words import index_lines, village_lines
from ui.names import PlaceNames
from ui.words import LANGS, words

VILLAGE_KEYS = {
    "village_id",
    "points",
    "score",
    "grade",
    "grade_probability",
    "rank_low",
    "rank_high",
    "coverage",
    "pillars",
    "pillar_points",
    "grade_probabilities",
    "band",
    "of",
    "vetoed",
    "sure",
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    path = tmp_path_factory.mktemp("index") / "district.gpkg"
    Workspace.create(path, name="测试区").write_all(make_district())
    return path


@pytest.fixture
def run(workspace):
    def invoke(*typed, lang="zh"):
        words = ["index", str(workspace), *map(str, typed), "--lang", lang]
        return CliRunner().invoke(cli.door, words)

    return invoke


def facts(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_object_tells_every_village(run):
    found = facts(run("--period", "2026-10", "--json", "--seed", 4))
    assert found["seed"] == 4
    assert len(found["villages"]) == found["count"] == 24
    for village in found["villages"]:
        assert set(village) >= VILLAGE_KEYS
        assert 0 <= village["grade_probability"] <= 1
        assert 1 <= village["rank_low"] <= village["rank_high"] <= village["of"]
        assert sum(village["grade_probabilities"].values()) == pytest.approx(1)
        assert village["pillars"]["political"] is None
        assert isinstance(village["pillars"]["criminal"], float)
    assert [pillar["code"] for pillar in found["pillars"]][0] == "political"
    assert (found["period"], found["basis"], found["edition"]) == ("2026-10", "valid", "internal")
    assert {"notes", "yardsticks", "seconds", "files", "seed", "runs", "window"} <= set(found)


@pytest.mark.parametrize("lang", LANGS)
def test_the_headline_tells_basis_grades_and_how_sure_they_are(run, lang):
    text = run("--period", "2026-10", lang=lang).output
    wanted = {
        "zh": ("内部资料", "统计口径：有效", "24 个村社", "有把握", "不分先后"),
        "en": ("Internal", "Basis: valid", "24 villages", "sure", "tied"),
    }
    for word in wanted[lang]:
        assert word in text
    assert "{" not in text


@pytest.mark.parametrize("lang", LANGS)
def test_one_village_is_told_line_by_line(run, lang):
    text = run("--period", "2026-10", "--village", "村V03", lang=lang).output
    found = facts(run("--period", "2026-10", "--village", "V03", "--json", lang=lang))
    assert found["village"] == "V03"
    points = next(v["points"] for v in found["villages"] if v["village_id"] == "V03")
    assert found["lines"][-1]["running"] == points
    assert round(sum(line["effect"] for line in found["lines"]), 2) == points
    assert f"{points:,.2f}" in text
    for line in found["lines"]:
        assert line["text"] in text
    assert {"strengths", "weaknesses", "indicators"} <= set(found)


def test_the_external_edition_says_so_and_hides_small_counts(run):
    text = run("--period", "2026-10", "--village", "V03", "--edition", "external").output
    assert "内部资料" not in text
    assert "对外版" in text
    assert "盗窃警情：不列件数；超过 2 件/万人" in text
    assert "赋分 " not in text
    found = facts(run("--period", "2026-10", "--village", "V03", "--edition", "external", "--json"))
    assert all(village["score"] is village["points"] is None for village in found["villages"])
    assert {village["grade"] for village in found["villages"]} <= {"green", "blue", "orange", "red"}
    assert all(1 <= v["rank_low"] <= v["rank_high"] <= v["of"] for v in found["villages"])
    assert {line["count"] for line in found["lines"]} == {None}


@pytest.mark.parametrize("option", [("--audit",), ("--against", "gansu")])
def test_what_needs_the_scores_is_refused_to_the_external_edition(run, option):
    for lang, word in (("zh", "只用于内部版"), ("en", "internal edition")):
        result = run("--period", "2026-10", "--edition", "external", *option, lang=lang)
        assert result.exit_code == 2
        assert word in result.stderr
        assert option[0] in result.stderr


def test_the_external_files_hold_no_figures_but_bands_and_coverage(run, tmp_path):
    found = facts(run("--period", "2026-10", "--out", tmp_path / "x", "--edition", "external", "--json"))
    assert sorted(found["files"]) == ["index.json", "profile.toml", "villages.csv", "villages.xlsx"]
    sheet = openpyxl.load_workbook(tmp_path / "x" / "villages.xlsx").worksheets[0]
    heads = [cell.value for cell in sheet[2]]
    assert "等级" in heads
    assert not {"赋分", "指数", "等级的概率", "刑事安全"} & set(heads)
    assert sheet["A1"].value.startswith("平安村社指数")
    assert "对外版" in sheet["A1"].value


def test_the_basis_may_be_typed_as_a_bureau_writes_it(run):
    assert facts(run("--period", "2026-10", "--basis", "有效", "--json"))["basis"] == "valid"


def test_a_basis_other_than_that_of_the_table_is_told(run):
    assert "统计表和异常提示默认按接报" in run("--period", "2026-10").output


def test_rates_say_of_whom_and_per_how_many(run, tmp_path):
    text = run("--period", "2026-10", "--village", "V03").output
    assert re.search(
        r"盗窃警情 \d+ 件，按实有人口 [\d,]+ 人计，每万人 [\d.]+ 件；超过 2 件/万人 的部分", text
    )
    mine = tmp_path / "mine.toml"
    per = 'kind = "rate", per = 1000, points = -0.5, beyond = 2, step = 1, cap = 8'
    shipped = profile_text("pingan_village").decode()
    mine.write_text(
        shipped.replace('kind = "rate", points = -0.5, beyond = 2, step = 1, cap = 8', per), "utf-8"
    )
    text = run("--period", "2026-10", "--village", "V03", "--profile", mine).output
    assert re.search(r"每1,000 人 [\d.]+ 件；超过 2 件/1,000 人 的部分", text)


def test_points_of_a_shifted_month_say_which_indicators_lack(run):
    result = run("--period", "2026-09-26..2026-10-25", "--village", "V03")
    assert "13 项计分指标中有 6 项的报送不落在本期之内" in result.output
    assert "信访事项" in result.output
    assert "部分：计分指标只有 54% 有本期数据" in result.output
    assert "按分值为灰色（数据不足）" in result.output


def test_names_that_would_break_or_turn_a_line_are_shown_without_that(tmp_path):
    tables = make_district(villages=8)
    tables["villages"].loc[0, "name"] = "甲\u202e村\n乙"
    path = tmp_path / "odd.gpkg"
    Workspace.create(path, name="x").write_all(tables)
    typed = ["index", str(path), "--period", "2026-10", "--against", "gansu", "--village", "V01"]
    text = CliRunner().invoke(cli.door, typed).output
    assert "甲村 乙" in text
    assert "\u202e" not in text


def test_worst_villages_that_are_more_likely_better_are_told_apart(small_index):
    table = small_index.villages
    first, second = table.index[:2]
    grades = small_index.profile.grades.codes
    chances = {f"probability_{code}": 0.0 for code in grades}
    table = table.assign(grade="green", grade_probability=1.0)
    for village, red in ((first, 0.8), (second, 0.3)):
        mine = {**chances, "probability_red": red, "probability_orange": 1 - red}
        table.loc[village, [*mine, "grade", "grade_probability"]] = [*mine.values(), "red", red]
    index = replace(small_index, villages=table)
    text = index_lines(index, words("zh"), PlaceNames({}))
    assert f"评为红色的：{first}（概率 80%）" in text
    assert f"评为红色、但把握不大，更可能好于此的：{second}（概率 30%）" in text
    told = village_lines(index, second, words("zh"), PlaceNames({}))
    assert any(line.startswith("更可能是橙色（概率 70%）") for line in told)


@pytest.fixture(scope="module")
def small_index():
    return safety_index(make_district(), load_profile("pingan_village"), parse_period("2026-10"), runs=20)


def test_two_profiles_are_compared_and_one_is_audited(run):
    found = facts(run("--period", "2026-10", "--against", "gansu", "--audit", "--json"))
    assert found["against"]["profile"] == "gansu"
    assert {"rank", "rank_against", "rank_change"} <= set(found["against"]["villages"][0])
    assert {row["factor"] for row in found["audit"]["factors"]} == {"counts", "weights", "scale", "method"}
    text = run("--period", "2026-10", "--against", "zhejiang", "--audit").output
    assert "仿平安浙江指数" in text
    assert "名次取决于什么" in text


def test_files_hold_the_villages_the_calculations_and_how_it_was_made(run, tmp_path):
    found = facts(run("--period", "2026-10", "--out", tmp_path / "指数", "--json"))
    folder = tmp_path / "指数"
    assert sorted(found["files"]) == sorted(path.name for path in folder.iterdir())
    villages = pd.read_csv(folder / "villages.csv")
    assert {"village_id", "points", "score", "grade", "rank_low"} <= set(villages.columns)
    for name in ("villages.csv", "points.csv", "indicators.csv"):
        content = (folder / name).read_bytes()
        assert content.startswith(codecs.BOM_UTF8)
        assert not re.search(rb"\d\.\d{12}", content)
    assert not re.search(r"\d\.\d{12}", (folder / "index.json").read_text(encoding="utf-8"))
    lines = pd.read_csv(folder / "points.csv")
    total = lines.groupby("village_id")["effect"].sum().round(2)
    assert total.to_dict() == villages.set_index("village_id")["points"].to_dict()
    assert (folder / "profile.toml").read_bytes() == profile_text("pingan_village")
    book = openpyxl.load_workbook(folder / "villages.xlsx")
    sheet = book.worksheets[0]
    assert sheet["A1"].value.startswith("内部资料")
    heads = {cell.value: cell.column for cell in sheet[2]}
    assert {"镇街", "派出所"} <= set(heads)
    chance = sheet.cell(row=3, column=heads["等级的概率"])
    assert isinstance(chance.value, float)
    assert chance.number_format == "0%"
    about = [row[0] for row in book["说明"].iter_rows(values_only=True) if row[0]]
    assert "内部资料" in about
    assert any("统计口径" in line for line in about)
    assert json.loads((folder / "index.json").read_text(encoding="utf-8"))["count"] == 24


def test_a_profile_can_be_kept_changed_and_used(run, tmp_path):
    mine = tmp_path / "我的.toml"
    facts(run("--period", "2026-10", "--save-profile", mine, "--json"))
    text = mine.read_text(encoding="utf-8").replace('code = "pingan_village"', 'code = "mine"')
    mine.write_text(text, encoding="utf-8")
    assert facts(run("--period", "2026-10", "--profile", mine, "--json"))["profile"] == "mine"


@pytest.mark.parametrize(
    ("typed", "zh", "en"),
    [
        (("--period", "2019-01"), "没有数据", "no data"),
        (("--period", "2026-13"), "2026-13", "2026-13"),
        (("--period", "2026-10", "--profile", "pingan"), "最接近", "nearest"),
        (("--period", "2026-10", "--profile", "zzzzzz"), "随附的有", "shipped"),
        (("--period", "2026-10", "--profile", "none.toml"), "找不到", "not found"),
        (("--period", "2026-10", "--basis", "police"), "有效", "valid"),
        (("--period", "2026-10", "--edition", "secret"), "internal, external", "internal, external"),
        (("--period", "2026-10", "--village", "没有村"), "没有这些村社", "no such villages"),
    ],
)
def test_wrong_input_is_said_in_words(run, typed, zh, en):
    for lang, word in (("zh", zh), ("en", en)):
        result = run(*typed, lang=lang)
        assert result.exit_code == 2
        assert word in result.stderr
        assert "{" not in result.stderr


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_computed(run, tmp_path):
    (tmp_path / "file").write_text("x")
    result = run("--period", "2026-10", "--out", tmp_path / "file" / "folder")
    assert result.exit_code == 2
    assert "file" in result.stderr


def test_a_profile_with_slips_is_told_all_of_them(run, tmp_path):
    bad = tmp_path / "bad.toml"
    text = profile_text("pingan_village").decode().replace("window_months", "window_month", 1)
    bad.write_text(text.replace('code = "theft"', 'code = "theft"\nwieght = 2', 1), encoding="utf-8")
    result = run("--period", "2026-10", "--profile", bad)
    assert result.exit_code == 2
    for word in ("2 处错误", "window_months", "criminal › theft", "是不是 weight"):
        assert word in result.stderr


def test_broken_reports_are_told_with_the_village(tmp_path, workspace):
    tables = make_district(villages=4)
    tables["indicators"].loc[0, "value"] = -3.0
    path = tmp_path / "broken.gpkg"
    Workspace.create(path, name="x").write_all(tables)
    result = CliRunner().invoke(cli.door, ["index", str(path), "--period", "2026-10"])
    assert result.exit_code == 2
    assert "V01" in result.stderr
