"""What a bureau's rules say of a plan under the brush."""

import pandas as pd
import pytest

from data.plans import PAINTED, save_plan
from data.workspace import Workspace
from planning.rules import check_rules
from ui.painter.board import open_board
from ui.painter.rule_report import rule_report
from ui.standing import score_params, stand
from ui.words import words

PROFILE = "heilongjiang_2007"


@pytest.fixture
def board(workspace_file):
    workspace = Workspace.open(workspace_file)
    people = workspace.read("grids")
    people["residents"] = people["residents"] * 10
    workspace.write("grids", people)
    standing = stand(workspace)
    plan = save_plan(workspace, standing.today, kind=PAINTED, name="手工方案")
    return open_board(workspace, plan, standing, params=score_params({}))


def test_zones_beyond_the_rules_are_told_worst_first_as_the_scorecard_has_them(board):
    report = rule_report(board, PROFILE, words("zh"))
    card = board.standing.scorer(board.params).score(board.assignment)
    found = check_rules(card.zones, board.standing.tables.get("staff"), PROFILE)
    broken = found[~found["ok"].astype(bool)]
    assert len(broken) > 1
    assert report["checked"] == len(found)
    assert sorted(line["zone"] for line in report["broken"]) == sorted(broken["zone_id"])
    excess = (broken["found"] / broken["allowed"]).set_axis(broken["zone_id"])
    told = [excess[[line["zone"]]].max() for line in report["broken"]]
    assert told == sorted(told, reverse=True)


@pytest.mark.parametrize(("lang", "word"), [("zh", "每名民警"), ("en", "officer")])
def test_the_lines_name_the_zone_as_the_plan_does(board, lang, word):
    board.names["Z0000"] = "新名字"
    lines = {line["zone"]: line["text"] for line in rule_report(board, PROFILE, words(lang))["broken"]}
    assert "新名字" in lines["Z0000"]
    assert word in lines["Z0000"]


def test_without_residents_nothing_is_broken(workspace_file):
    workspace = Workspace.open(workspace_file)
    grids = workspace.read("grids").assign(residents=0, floating=0)
    workspace.write("grids", grids)
    standing = stand(workspace)
    plan = save_plan(workspace, pd.Series(standing.today), kind=PAINTED, name="手工方案")
    board = open_board(workspace, plan, standing, params=score_params({}))
    report = rule_report(board, PROFILE, words("zh"))
    assert report["broken"] == []


def test_a_plan_without_zones_breaks_no_rule(board):
    board.paint("t", "accept", dict.fromkeys(board.assignment.index, ""))
    report = rule_report(board, PROFILE, words("zh"))
    assert (report["checked"], report["broken"]) == (0, [])
