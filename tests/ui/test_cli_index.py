"""`gridbeat index`: villages in words and as one object, one village line by line, files, and wrong input."""

import json

import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from data.workspace import Workspace
from planning.index.profile_reading import profile_text
from tests.called_district import make_district
from ui import cli
from ui.words import LANGS

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
    assert "数小，不显示" in text


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
    lines = pd.read_csv(folder / "points.csv")
    total = lines.groupby("village_id")["effect"].sum().round(2)
    assert total.to_dict() == villages.set_index("village_id")["points"].to_dict()
    assert (folder / "profile.toml").read_bytes() == profile_text("pingan_village")
    book = openpyxl.load_workbook(folder / "villages.xlsx")
    about = [row[0] for row in book["说明"].iter_rows(values_only=True)]
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
