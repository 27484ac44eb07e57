"""`gridbeat plans` and `plan`: which plans there are, one's way into force, its copies and its history."""

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from data.plans import duplicate_plan, read_assignment, read_plans, save_plan
from data.strokes import apply_stroke
from data.workspace import Workspace
from ui import cli
from ui.words import LANGS

LISTED = {
    "id",
    "name",
    "kind",
    "status",
    "grids",
    "rev",
    "author",
    "created",
    "parent",
    "note",
    "document_no",
    "effective",
    "today",
}
DOCUMENT = ("--document-no", "越公发〔2026〕3号", "--effective", "2026-03-01")


@pytest.fixture
def run():
    return lambda *typed, lang="zh": CliRunner().invoke(cli.door, [*map(str, typed), "--lang", lang])


@pytest.fixture
def plan(run, workspace_file):
    """The command for the painted plan P2, drawn from the zones as they are: 3 × 3 grids each."""
    ws = Workspace.open(workspace_file)
    grids = ws.read("grids")["grid_id"]
    zones = [f"Z{int(g[1:3]) // 3:02}{int(g[3:5]) // 3:02}" for g in grids]
    save_plan(ws, pd.Series(zones, index=list(grids)), kind="nesting", name="现状", author="李")
    duplicate_plan(ws, "P1", name="手绘")
    return lambda *typed, lang="zh": run("plan", workspace_file, "P2", *typed, lang=lang)


def paint(workspace_file, rev, kind="paint", **changes):
    ws = Workspace.open(workspace_file)
    return apply_stroke(ws, "P2", rev=rev, token=f"t{rev}", painter="p", kind=kind, **changes)


def facts(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_plans_are_listed(run, plan, workspace_file):
    told = facts(run("plans", workspace_file, "--json"))
    assert [row["id"] for row in told["plans"]] == ["P1", "P2"]
    first, second = told["plans"]
    assert first.keys() == LISTED
    assert (first["grids"], first["today"], first["author"], first["parent"]) == (36, True, "李", "")
    assert (second["kind"], second["status"], second["parent"], second["today"]) == (
        "painted",
        "draft",
        "P1",
        False,
    )
    zh, en = (run("plans", workspace_file, lang=lang).stdout.splitlines() for lang in LANGS)
    assert zh[0].startswith("P1\t现状\t现状嵌套\t草案 (现状)\t36 个网格\t\t20")
    assert en[1].startswith("P2\t手绘\tpainted\tDraft\t36 grids\tP1\t20")


def test_a_district_without_plans_says_so(run, workspace_file):
    assert facts(run("plans", workspace_file, "--json")) == {"plans": []}
    assert "没有方案" in run("plans", workspace_file).stdout


def test_a_plan_goes_step_by_step_into_force(run, plan, workspace_file):
    told = facts(plan("--to", "consulted", "--why", "送各所", "--who", "李", "--json"))
    assert (told["status"], told["rev"]) == ("consulted", 2)
    assert [(s["was"], s["now"], s["why"], s["who"]) for s in told["states"]] == [
        ("draft", "consulted", "送各所", "李")
    ]
    assert "方案 P2 已改为“审核”" in plan("--to", "approved").stdout
    lacking = plan("--to", "in_force")
    assert (lacking.exit_code, "文号" in lacking.stderr) == (2, True)
    told = facts(plan("--to", "in_force", *DOCUMENT, "--json"))
    assert (told["document_no"], told["effective"], told["today"]) == (
        "越公发〔2026〕3号",
        "2026-03-01",
        True,
    )
    assert "越公发〔2026〕3号 2026-03-01" in run("plans", workspace_file).stdout
    said = plan(lang="en").stdout
    assert "Status\tIn force" in said
    assert "plan." not in said
    assert "state." not in said


@pytest.mark.parametrize(("lang", "said"), [("zh", "在此之前仍为“审核”"), ("en", "until then “Approved”")])
def test_a_plan_with_a_day_ahead_waits_for_it(run, plan, workspace_file, lang, said):
    plan("--to", "consulted")
    plan("--to", "approved")
    ahead = ("--to", "in_force", "--document-no", "1", "--effective", "2999-01-02")
    assert said in plan(*ahead, lang=lang).stdout
    told = facts(plan("--json"))
    assert (told["status"], told["effective"], told["today"]) == ("approved", "2999-01-02", False)
    assert "1 2999-01-02" in run("plans", workspace_file).stdout


def test_a_wrong_step_names_the_steps_there_are(plan):
    said = plan("--to", "in_force", *DOCUMENT)
    assert said.exit_code == 2
    assert "草案" in said.stderr
    assert "征求意见" in said.stderr
    assert plan("--to", "published").exit_code == 2
    assert "In consultation" in plan("--to", "approved", lang="en").stderr


def test_a_broken_plan_is_refused_with_the_places_named(plan, workspace_file):
    # Grid 0-5 lies in the north-west; the new zone in the south-east has it as its second part.
    paint(
        workspace_file,
        1,
        grids={"G0005": ("Z0001", "N1"), "G0500": ("Z0100", "N1"), "G0300": ("Z0100", "")},
        names={"N1": ("", "湖东<b>警务区")},
    )
    assert plan("--to", "consulted").exit_code == 0, "what is broken may be talked about"
    for lang in LANGS:
        said = plan("--to", "approved", lang=lang)
        assert said.exit_code == 2
        assert "湖东<b>警务区" in said.stderr
        assert "G0300" in said.stderr
    assert facts(plan("--json"))["status"] == "consulted"


def test_names_and_notes_change(plan):
    told = facts(plan("--name", " 一稿 ", "--note", "待核", "--json"))
    assert (told["name"], told["note"], told["rev"]) == ("一稿", "待核", 2)
    told = facts(plan("--name", "二稿", "--to", "consulted", "--json"))
    assert (told["name"], told["status"], told["rev"]) == ("二稿", "consulted", 4)
    assert plan("--name", " ").exit_code == 2


def test_a_plan_is_copied_and_deleted(plan, workspace_file):
    told = facts(plan("--copy", "另一份", "--who", "李", "--json"))
    assert (told["id"], told["name"], told["parent"], told["author"]) == ("P3", "另一份", "P2", "李")
    assert "已复制为手绘草案 P4" in plan("--copy", "再一份").stdout
    assert facts(plan("--delete", "--json")) == {"id": "P2", "deleted": True}
    assert read_plans(Workspace.open(workspace_file))["plan_id"].tolist() == ["P1", "P3", "P4"]
    assert plan("--delete").exit_code == 2


def test_the_history_is_told_and_an_earlier_state_put_back(plan, workspace_file):
    paint(workspace_file, 1, grids={"G0300": ("Z0100", "Z0000")})
    paint(workspace_file, 2, kind="lock", locks={"zone:Z0000": (False, True)})
    told = facts(plan("--history", "--json"))
    assert (told["strokes"], told["locked"], told["zone_names"]) == (2, ["zone:Z0000"], {})
    assert [(s["number"], s["kind"], s["grids"], s["locks"]) for s in told["history"]] == [
        (1, "paint", 1, 0),
        (2, "lock", 0, 1),
    ]
    assert told["history"][0].keys() == {
        *("number", "at", "who", "painter", "kind", "of", "rev", "note", "grids", "names", "locks")
    }
    assert "已恢复到第 0 步" in plan("--restore", 0).stdout
    ws = Workspace.open(workspace_file)
    assert read_assignment(ws, "P2").to_dict() == read_assignment(ws, "P1").to_dict()
    assert "本来就是" in plan("--restore", 0).stdout
    assert "\t恢复\t1 个网格\t0" in plan("--history").stdout
    assert "history" not in facts(plan("--json"))
    assert plan("--restore", 9).exit_code == 2


@pytest.mark.parametrize(
    "typed",
    [
        ("--copy", "x", "--delete"),
        ("--restore", 0, "--to", "consulted"),
        ("--name", "x", "--delete"),
        ("--copy", "x", "--name", "y"),
        ("--document-no", "1"),  # of what?
    ],
)
def test_options_that_do_not_go_together_are_refused(plan, workspace_file, typed):
    said = plan(*typed)
    assert said.exit_code == 2
    assert typed[0] in said.stderr
    assert read_plans(Workspace.open(workspace_file))[["plan_id", "rev", "name"]].to_numpy().tolist() == [
        ["P1", 1, "现状"],
        ["P2", 1, "手绘"],
    ]


def test_an_unknown_plan_names_those_there_are(run, plan, workspace_file):
    said = run("plan", workspace_file, "P9")
    assert (said.exit_code, "P1, P2" in said.stderr) == (2, True)


@pytest.mark.parametrize("lang", LANGS)
def test_halves_of_characters_are_refused_in_words(plan, lang):
    """What a terminal in GBK hands over where UTF-8 is meant."""
    refused = plan("--name", "a\udcd4b", lang=lang)
    assert (refused.exit_code, "\\udcd4" in refused.stderr) == (2, True)
    assert "Traceback" not in refused.stderr
