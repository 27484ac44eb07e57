"""`gridbeat redraw`: a front of plans, kept as drafts and written to files that come back."""

import csv
import json
import shutil
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from data.plans import read_assignment, read_plans, today_plan_id
from data.workspace import Workspace
from geo.errors import SettingError
from planning.plan_changes import BY_HAND, BY_HAND_ALONE, known_reasons
from planning.redraw.feasibility import Unmet
from planning.redraw.params import RedrawParams
from planning.redraw.reasons import CHANGE_REASONS
from planning.redraw.search import AIMS
from ui import cli
from ui.columns import width
from ui.doors.numbers import zone_counts
from ui.names import PlaceNames
from ui.place_codes import place_codes
from ui.proofs import proof_lines
from ui.proposal_tables import change_reason
from ui.proposals import proposal_lines, unmet_sentence
from ui.words import LANGS, words

PLAN_KEYS = {
    "id",
    "name",
    "mark",
    "title",
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
}
PROVED = "做不到 ±10%：整村最小偏差 17%"
NOT_FOUND = "没有找到 ±10% 以内的划法：找到的整村最小偏差 17%"
QUICK = ("--effort", "1", "--weights", "residents=1", "--split-villages")


def run(*typed, lang="zh"):
    return CliRunner().invoke(cli.door, [*map(str, typed), "--lang", lang])


def facts(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def redrawn(tmp_path_factory, make_workspace):
    """A district of squares, redrawn once: the workspace, the folder of files, what was said."""
    folder = tmp_path_factory.mktemp("redraw")
    path = make_workspace(folder / "方格区.gpkg")
    shutil.copy2(path, folder / "twin.gpkg")
    told = facts(run("redraw", path, *QUICK, "--out", folder / "out" / "new", "--json"))
    return path, folder / "out" / "new", told


def test_redraw_tells_the_documented_keys(redrawn):
    _, _, told = redrawn
    assert {
        "seconds",
        "tolerance",
        "floor",
        "seed",
        "effort",
        "stations",
        "unmet",
        "notes",
        "plans",
    } <= told.keys()
    assert told["effort"].keys() == {"rounds", "moves", "workers", "seed"}
    assert told["stations"] == [{"station_id": "S1", "name": "中心派出所", "zones": 4, "tolerance": 0.1}]
    assert all(plan.keys() >= PLAN_KEYS for plan in told["plans"])
    assert told["plans"][0]["title"] == "方案一 变动最少"
    assert all(plan["violations"] == [] and plan["max_deviation"] <= 0.1 + 1e-9 for plan in told["plans"])
    assert all(plan["gap"] == pytest.approx(plan["workload_moved"] - plan["floor"]) for plan in told["plans"])


def test_every_plan_is_kept_as_a_draft_and_none_becomes_todays(redrawn):
    path, _, told = redrawn
    kept = read_plans(Workspace.open(path))
    assert kept["plan_id"].tolist() == [plan["id"] for plan in told["plans"]]
    assert set(kept["kind"]) == {"redraw"}
    assert set(kept["status"]) == {"draft"}
    params = json.loads(kept["params"].iloc[0])
    assert params["profile"]["weights"] == {"residents": 1.0}
    assert params["settings"]["split_villages"] is True
    assert params["effort"] == told["effort"]
    assert (params["aim"], params["mark"]) == ("least_change", 1)
    moved = known_reasons(params)
    assert len(moved) == told["plans"][0]["grids_moved"] > 0
    assert {reason for _, _, reason, _ in moved.values()} <= set(CHANGE_REASONS)
    assert json.loads(kept["scorecard"].iloc[0])["gap"] == told["plans"][0]["gap"]
    assert today_plan_id(Workspace.open(path)) is None


def test_same_seed_and_effort_give_the_same_plans_and_keep_them_once(redrawn):
    path, folder, told = redrawn
    before = path.read_bytes()
    again = facts(run("redraw", path, *QUICK, "--json"))
    for plan in (*again["plans"], *told["plans"]):
        plan.pop("files", None)
    assert again["plans"] == told["plans"]
    assert path.read_bytes() == before
    twin = folder.parents[1] / "twin.gpkg"
    unsaved = facts(run("redraw", twin, *QUICK, "--no-save", "--json"))
    assert [{**plan, "id": None} for plan in told["plans"]] == unsaved["plans"]
    assert read_plans(Workspace.open(twin)).empty


def test_files_hold_the_plan_its_changes_and_its_layers(redrawn):
    path, folder, told = redrawn
    assert sorted(told["files"]) == sorted(file.name for file in folder.iterdir())
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    plan, stem = summary["plans"][0], folder / "1-least_change"
    assert len(plan["files"]) == 5
    assignment = read_assignment(Workspace.open(path), plan["id"])
    with open(f"{stem}_changes.csv", encoding="utf-8-sig", newline="") as file:
        changes = list(csv.DictReader(file))
    assert len(changes) == plan["grids_moved"] > 0
    for row in changes:
        assert assignment[row["grid_id"]] == row["to_zone_id"] != row["from_zone_id"]
        assert row["reason_code"] in CHANGE_REASONS
        assert row["to_zone_name"].startswith("警务区")
        assert row["reason"]
        assert "change_reason" not in row["reason"]
    headings = [cell.value for cell in next(load_workbook(f"{stem}_changes.xlsx").active.iter_rows())]
    assert headings[:4] == ["网格编码", "网格名称", "村社", "村社名称"]
    assert headings[-2:] == ["工作量（全区县=1000）", "原因"]
    zones = gpd.read_file(f"{stem}.gpkg", layer="zones").set_index("zone_id")
    grids = gpd.read_file(f"{stem}.gpkg", layer="grids").set_index("grid_id")
    assert zones.area.round().to_dict() == (assignment.value_counts() * 250_000.0).to_dict()
    assert grids["zone_id"].to_dict() == assignment.to_dict()
    assert int(grids["changed"].sum()) == len(changes)
    assert [zones[name].dtype.kind for name in ("grids", "villages", "present")] == ["i", "i", "i"]
    for codes in (zones.index, grids.index, [row["grid_id"] for row in changes]):
        assert [*codes] == sorted(codes)
    assert zones["workload"].sum() == pytest.approx(1000)


@pytest.mark.parametrize("suffix", ["_assignment.csv", "_assignment.xlsx", ".gpkg"])
def test_what_went_out_comes_back_with_the_same_score(redrawn, suffix):
    path, folder, told = redrawn
    file = f"{folder / '2-'}{told['plans'][1]['name']}{suffix}"
    back = facts(run("score", path, "--assignment", file, "--weights", "residents=1", "--json"))
    for key in ("workload_moved", "max_deviation", "cv", "polsby_popper", "cut_edges", "villages_split"):
        assert back[key] == pytest.approx(told["plans"][1][key]), key
    kept = facts(run("score", path, "--plan", told["plans"][1]["id"], "--json"))
    assert kept["cv"] == pytest.approx(told["plans"][1]["cv"])


def test_what_cannot_be_met_is_said_first_and_a_locked_zone_stays(redrawn, tmp_path):
    path, _, _ = redrawn
    typed = ("redraw", path, "--effort", "1", "--weights", "residents=1", "--tolerance", "1%", "--no-save")
    said = run(*typed, "--lock", "Z0000", "--out", tmp_path, lang="en")
    assert said.exit_code == 0, said.output
    assert "中心派出所" in said.stdout.splitlines()[0]
    assert "±1 %" in said.stdout.splitlines()[0]
    assert "Plan 1, Least change" in said.stdout
    assert "Searching" in said.stderr
    assert "redraw" not in said.stdout
    for file in tmp_path.glob("*_assignment.csv"):
        with open(file, encoding="utf-8-sig", newline="") as opened:
            stays = {row["grid_id"] for row in csv.DictReader(opened) if row["zone_id"] == "Z0000"}
        assert stays == {f"G{i:02}{j:02}" for i in range(3) for j in range(3)}


def test_a_district_without_zones_is_drawn_from_nothing(tmp_path, squares):
    made = Workspace.create(tmp_path / "w.gpkg", name="x", crs="EPSG:4549")
    made.write_all({name: table for name, table in squares.items() if name != "zones"})
    lacking = run("redraw", made.path, *QUICK)
    assert lacking.exit_code == 2
    assert "--zones" in lacking.stderr
    unproved = run("redraw", made.path, *QUICK, "--zones", "4", "--prove", "1")
    assert (unproved.exit_code, "--prove" in unproved.stderr) == (2, True)
    told = facts(run("redraw", made.path, *QUICK, "--zones", "4", "--json"))
    assert {plan["zones"] for plan in told["plans"]} == {4}
    assert {(plan["workload_moved"], plan["floor"], plan["gap"]) for plan in told["plans"]} == {
        (None, None, None)
    }
    assert today_plan_id(made) is None


def test_proofs_have_a_row_for_each_station_and_raise_the_bound(redrawn, tmp_path):
    path, folder, _ = redrawn
    typed = ("redraw", folder.parents[1] / "twin.gpkg", *QUICK, "--prove", "5", "--no-save")
    told = facts(run(*typed, "--json"))
    assert [row["name"] for row in told["proof"]] == ["中心派出所/南镇", "中心派出所/北街道"]
    for row in told["proof"]:
        assert row["floor"] - 1e-9 <= row["bound"] <= row["best"] + 1e-9
        assert row["gap"] == pytest.approx(row["best"] - row["bound"], abs=1e-9)
    bound = sum(row["bound"] for row in told["proof"])
    least = told["plans"][0]
    assert least["bound"] == pytest.approx(max(bound, least["floor"]))
    assert least["workload_moved"] == pytest.approx(sum(row["best"] for row in told["proof"]))
    said = run(*typed).stdout
    assert "中心派出所/南镇：调整" in said
    assert "redraw." not in said


def test_ctrl_c_ends_with_what_there_is(redrawn, monkeypatch):
    import signal

    from planning.redraw import redrawing

    path, _, _ = redrawn
    plain = redrawing.redraw

    def interrupted(*args, cancelled, **options):
        signal.raise_signal(signal.SIGINT)
        assert cancelled()
        return plain(*args, cancelled=cancelled, **options)

    monkeypatch.setattr(redrawing, "redraw", interrupted)
    before = signal.getsignal(signal.SIGINT)
    result = run("redraw", path, *QUICK, "--no-save", "--json")
    assert facts(result)["cancelled"] is True
    assert facts(result)["plans"]
    assert "Ctrl-C" in result.stderr
    assert signal.getsignal(signal.SIGINT) is before


def test_a_crash_while_plans_are_kept_keeps_none(redrawn, tmp_path, monkeypatch):
    from data import plans

    twin = tmp_path / "crashed.gpkg"
    shutil.copy2(redrawn[1].parents[1] / "twin.gpkg", twin)
    plain, calls = plans.insert_plan, []

    def crashing(*args, **facts):
        calls.append(facts)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return plain(*args, **facts)

    monkeypatch.setattr(plans, "insert_plan", crashing)
    assert run("redraw", twin, *QUICK).exit_code != 0
    assert len(calls) == 2
    assert read_plans(Workspace.open(twin)).empty


@pytest.mark.parametrize(
    ("typed", "sign"),
    [
        (("--lock", "X9"), "X9"),
        (("--split", "V9"), "V9"),
        (("--tolerance", "-1"), "-1"),
        (("--tolerance", "2"), "2"),
        (("--tolerance", "abc"), "abc"),
        (("--zones", "0"), "0"),
        (("--zones", "37"), "36 < 37"),
        (("--zones", "NIL=4"), "NIL"),
        (("--zones", "4.5"), "4.5"),
        (("--weights", "moon=1"), "moon"),
        (("--weights", "residents=x"), "residents=x"),
        (("--seconds", "-1"), "-1"),
        (("--seconds", "nan"), "nan"),
        (("--effort", "0"), "0"),
        (("--seed", "4294967296"), "4294967295"),
        (("--split-above", "0"), "0"),
        (("--split-above", "inf"), "inf"),
        (("--prove", "0"), "--prove"),
        (("--out", "taken"), "taken"),
    ],
)
@pytest.mark.parametrize("lang", LANGS)
def test_bad_input_is_told_in_words_and_exits_with_2(redrawn, tmp_path, monkeypatch, lang, typed, sign):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("")
    path, _, _ = redrawn
    held = path.read_bytes()
    result = run("redraw", path, "--across-stations", "--split-villages", *typed, lang=lang)
    assert result.exit_code == 2, result.output
    assert sign in result.stderr
    assert "Traceback" not in result.stderr
    assert "error." not in result.stderr, "a sentence is missing"
    assert result.stdout == ""
    assert path.read_bytes() == held


def test_a_fault_of_ours_exits_with_1(redrawn, monkeypatch):
    monkeypatch.setattr("planning.redraw.redrawing.redraw", lambda *a, **k: 1 / 0)
    assert run("redraw", redrawn[0], *QUICK).exit_code == 1


@pytest.mark.parametrize(
    ("bound", "zones", "split", "how", "way"),
    [
        (
            0.16,
            9,
            ("v1", "v2"),
            "做不到 ±10%：整村最小偏差 17%",
            "办法：把警务区由 8 个改为 9 个（--zones s=9），"
            "或允许拆分 2 个村社（甲村、v2）：--split v1 --split v2",
        ),
        (0.16, 9, (), "做不到 ±10%：整村最小偏差 17%", "办法：把警务区由 8 个改为 9 个（--zones s=9）"),
        (
            0.0,
            None,
            ("v1",),
            "没有找到 ±10% 以内的划法：找到的整村最小偏差 17%",
            "办法：允许拆分 1 个村社（甲村）：--split v1",
        ),
        (
            0.0,
            None,
            (),
            "没有找到 ±10% 以内的划法：找到的整村最小偏差 17%",
            "没有找到增减警务区或拆分村社的办法",
        ),
    ],
)
def test_what_a_station_cannot_meet_is_one_sentence(bound, zones, split, how, way):
    names = PlaceNames({"stations": {"s": "平水所"}, "villages": {"v1": "甲村"}})
    unmet = Unmet(station="s", zones=8, asked=0.1, met=0.17, bound=bound, zones_needed=zones, split=split)
    said = unmet_sentence(unmet, RedrawParams(), words("zh"), names)
    assert said == f"平水所 8 个警务区{how}；{way}"
    en = unmet_sentence(unmet, RedrawParams(split_villages=True), words("en"), names)
    assert "whole villages" not in en
    assert "{" not in en


def test_a_grid_that_is_too_much_for_any_zone_is_named():
    # Targets of 10 each; grid c alone has 25.4.
    problem = SimpleNamespace(
        region_names=("r",),
        zone_region=np.array([0, 0]),
        target=np.array([10.0, 10.0]),
        units=3,
        unit_of_grid=np.array([0, 0, 1, 2]),
        weight=np.array([40.0, 25.4, 3.0]),
        region=np.array([0, 0, 0]),
        grid_ids=("a", "b", "c", "d"),
    )
    built = SimpleNamespace(problem=problem, station_of_region=("s",))
    unmet = Unmet(station="s", zones=2, asked=0.1, met=1.6, bound=1.5, zones_needed=None, split=())
    said = unmet_sentence(unmet, RedrawParams(), words("zh"), PlaceNames({}), built=built)
    assert said.endswith("；网格 c 单独就超出应有工作量 154%，须先请网格主管部门拆分该网格")
    problem.weight[1] = 11.0
    said = unmet_sentence(unmet, RedrawParams(), words("zh"), PlaceNames({}), built=built)
    assert said.endswith("没有找到增减警务区或拆分村社的办法")


def test_places_may_be_typed_by_the_names_that_are_printed(squares):
    assert place_codes("--lock", ["警务区1", "Z0100", "村1-0", "nowhere"], squares, "zones", "villages") == (
        "Z0000",
        "Z0100",
        "V0100",
        "nowhere",
    )
    villages = squares["villages"].assign(name="河村")
    with pytest.raises(SettingError) as told:
        place_codes("--split", ["河村"], {"villages": villages}, "villages")
    assert told.value.code == "place_ambiguous"
    assert "V0000, V0001" in told.value.facts["ids"]
    assert place_codes("--split", ["河村 V0001"], {"villages": villages}, "villages") == ("V0001",)


def test_zones_are_asked_for_in_all_or_by_station():
    assert zone_counts(["142"]) == (142, {})
    assert zone_counts(["33990101=4", "平水所 ＝ 5"]) == (None, {"33990101": 4, "平水所": 5})
    for wrong in (["0"], ["4", "5"], ["=4"], ["a=0"], ["a=1", "a=2"], ["a="], ["1.5"]):
        with pytest.raises(SettingError):
            zone_counts(wrong)


def test_plans_are_a_table_with_the_marked_ones_first(redrawn):
    lines = run("redraw", redrawn[0], *QUICK, "--no-save").stdout.splitlines()
    heading = next(i for i, line in enumerate(lines) if line.startswith("方案 "))
    assert lines[heading].split("  ")[0] == "方案"
    assert lines[heading].endswith("不均衡系数 CV  形状紧凑度 PP")
    plans = [line for line in lines if "0/4" in line]
    assert plans == lines[heading + 1 : heading + 1 + len(plans)]
    assert plans[0].startswith("方案一 变动最少")
    marks = [line[:3] for line in plans]
    marked = [mark for mark in marks if mark in ("方案一", "方案二", "方案三")]
    assert marks[: len(marked)] == marked == ["方案一", "方案二", "方案三"][: len(marked)]
    assert {width(line) for line in plans} == {width(lines[heading])}
    assert "编号 —" not in "".join(lines)


def test_zones_that_keep_little_of_their_work_and_relaxed_floors_are_told():
    t, summary = words("zh"), dict.fromkeys(("workload_moved", "villages_split", "cv", "polsby_popper"), 0.0)
    zones = pd.DataFrame({"deviation": [0.05, -0.2, 0.1], "core_kept": [0.19, 0.9, float("nan")]})
    card = SimpleNamespace(zones=zones, change=object(), tolerance=0.1, summary=lambda: summary)
    plan = SimpleNamespace(name="balanced", mark=2, scorecard=card, floor=0.0, bound=0.01, gap=0.0)
    stations = pd.DataFrame({"tolerance": [0.1, 0.3]})
    found = SimpleNamespace(proposals=(plan,), stations=stations, params=RedrawParams())
    _, row, *told = proposal_lines(found, [None], t)
    assert row.split() == ["方案二", "最均衡", "—", "0%", "1%", "0", "1/3", "0.000", "0.000"]
    assert told == [
        "方案二 最均衡：1 个警务区整体换址（留在原地的工作量不足五分之一）",
        "“至少”一列：1 个所按放宽后的容差计",
    ]


def test_a_proof_says_where_the_plan_goes_beyond_its_hops_and_hides_no_gap():
    row = {"region": "s", "units": 9, "zones": 2, "hops": 4, "feasible": True, "closed": True}
    row |= {"optimal": False, "value": 10.0, "floor": 9.0, "bound": 9.998, "best": 10.0, "within": 12.0}
    row |= {"gap_of_all": 0.00002, "seconds": 1.0}
    problem = SimpleNamespace(weight=np.array([100.0]))
    redraw = SimpleNamespace(built=SimpleNamespace(problem=problem))
    proof = SimpleNamespace(redraw=redraw, regions=pd.DataFrame([row]), better=False)
    beyond = proof_lines(proof, words("zh"), PlaceNames({}))[1]
    assert "差距 <0.01 个百分点" in beyond
    assert beyond.endswith("方案有越出离区中心 4 跳的地方，比 4 跳以内的最少 12% 还少")
    proof.regions["within"] = 10.0
    assert "4 跳以内证明最少为 10%" in proof_lines(proof, words("zh"), PlaceNames({}))[1]


def test_a_station_gets_the_zones_asked_for_by_its_name(redrawn):
    told = facts(run("redraw", redrawn[0], *QUICK, "--no-save", "--json", "--zones", "中心派出所=3"))
    assert [row["zones"] for row in told["stations"]] == [3]
    assert told["settings"]["station_zones"] == {"S1": 3}
    twice = run("redraw", redrawn[0], *QUICK, "--zones", "中心派出所=3", "--zones", "S1=4")
    assert (twice.exit_code, "--zones" in twice.stderr) == (2, True)


def test_a_lock_by_name_is_a_lock_by_code(redrawn):
    typed = ("redraw", redrawn[0], *QUICK, "--no-save", "--json")
    told = facts(run(*typed, "--lock", "警务区1", "--split", "村1-0"))
    assert (told["settings"]["locked"], told["settings"]["split"]) == (["Z0000"], ["V0100"])


@pytest.mark.parametrize("lang", LANGS)
def test_every_reason_and_every_aim_has_words(lang):
    t = words(lang)
    for code in (*CHANGE_REASONS, BY_HAND, BY_HAND_ALONE):
        told = change_reason(
            code, {"zone": "z1", "with": 0.05, "without": 0.21}, t, PlaceNames({"zones": {"z1": "甲区"}})
        )
        assert not told.startswith("change_reason")
        assert "z1" not in told
    assert "+21" in change_reason(
        "relieves", {"zone": "z1", "with": 0.05, "without": 0.21}, t, PlaceNames({})
    )
    aims = {aim.name for aim in AIMS} | {"least_change", "balanced", "between", "best_shape"}
    assert sorted(name for name in aims if not t.has(f"proposal.{name}")) == []
