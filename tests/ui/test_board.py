"""The plan behind the brush: strokes are kept, the browser is told what it lacks, and nothing is lost."""

import json

import numpy as np
import pandas as pd
import pytest

from data import geopackage
from data.plan_states import move_plan
from data.plans import PAINTED, delete_plan, plan_rev, read_assignment, save_plan
from data.strokes import apply_stroke, plan_locks, plan_zone_names, read_strokes
from data.workspace import Workspace
from geo.errors import ConflictError
from planning.scorecard import ScoreParams
from ui.painter.board import open_board
from ui.standing import stand
from ui.words import LANGS, words

PARAMS = ScoreParams(keep_names=True, draws=0)
ZH = words("zh")


@pytest.fixture(scope="module")
def district(tmp_path_factory, make_workspace):
    """A district that the tests share, and how it stands; each has a plan of its own."""
    workspace = Workspace.open(make_workspace(tmp_path_factory.mktemp("board") / "方格区.gpkg"))
    return workspace, stand(workspace)


@pytest.fixture
def plan(district):
    """A draft with the four blocks of 3 × 3 grids, 警务区1 to 4."""
    workspace, standing = district
    return save_plan(workspace, blocks(standing), kind=PAINTED, name="第一稿", author="")


@pytest.fixture
def board(district, plan):
    """The plan in a browser that knows all of it."""
    return opened(district, plan)


def opened(district, plan, *, who="", params=PARAMS):
    workspace, standing = district
    board = open_board(workspace, plan, standing, params=params, who=who)
    told(board)
    return board


def blocks(standing):
    grids = standing.graph.grids.index
    return pd.Series([f"Z{int(g[1:3]) // 3:02}{int(g[3:]) // 3:02}" for g in grids], index=grids)


def place(board, grid):
    return list(board.standing.graph.grids.index).index(grid)


def post(board, token="t1", kind="paint", painter="here", grids=None, **more):
    """A stroke as the browser posts it; `grids` is the zone before and after by grid_id."""
    changes = [[place(board, grid), old, new] for grid, (old, new) in (grids or {}).items()]
    return {"token": token, "painter": painter, "kind": kind, "grids": changes, **more}


def told(board, t=ZH):
    """What the browser is told, and gets."""
    answer = json.loads(json.dumps(board.answer(t)))
    board.delivered(answer)
    return answer


def kept(board):
    return read_assignment(board.workspace, board.plan_id)


def test_a_stroke_is_kept_and_answered_with_the_zones_that_changed(board):
    board.take([post(board, grids={"G0200": ("Z0000", "Z0100")})])
    assert kept(board)["G0200"] == board.assignment["G0200"] == "Z0100"
    answer = told(board)
    assert answer["acks"] == ["t1"]
    assert answer["news"] == []
    assert answer["plan"] is None
    assert answer["notice"] is None
    figures = {row[0]: row[5] for row in answer["score"]["zones"]}
    assert (figures["Z0000"], figures["Z0100"]) == (8, 10)
    assert not answer["score"]["all"]
    assert told(board)["acks"] == []


def test_strokes_are_kept_in_the_order_in_which_they_were_drawn(board):
    board.take(
        [
            post(board, "a", grids={"G0200": ("Z0000", "Z0100")}),
            post(board, "b", grids={"G0200": ("Z0100", "Z0001")}),
        ]
    )
    assert kept(board)["G0200"] == "Z0001"
    assert told(board)["acks"] == ["a", "b"]


def test_malformed_posts_are_passed_over_and_the_others_kept(board):
    good = post(board, "good", grids={"G0200": ("Z0000", "Z0100")})
    board.take(
        [{**good, "token": "bad", "grids": [[99, "Z0000", "Z0100"]]}, None, {**good, "token": ""}, good]
    )
    assert told(board)["acks"] == ["good"]
    assert [stroke.token for stroke in read_strokes(board.workspace, board.plan_id)] == ["good"]
    board.take("nonsense")
    assert told(board)["acks"] == []


def test_the_same_token_twice_is_one_stroke(board):
    stroke = post(board, grids={"G0200": ("Z0000", "Z0100")})
    board.take([stroke, stroke])
    board.take([stroke])
    assert told(board)["acks"] == ["t1"] * 3
    assert len(read_strokes(board.workspace, board.plan_id)) == 1


def test_undo_and_redo_tell_the_browser_what_was_applied(board):
    board.take([post(board, grids={"G0200": ("Z0000", "Z0100")})])
    told(board)
    board.take([post(board, "u", "undo")])
    assert kept(board)["G0200"] == "Z0000"
    (news,) = told(board)["news"]
    assert (news["by"], news["kind"], news["text"]) == ("self", "undo", "")
    assert news["grids"] == [[place(board, "G0200"), "Z0100", "Z0000"]]
    board.take([post(board, "r", "redo")])
    (news,) = told(board)["news"]
    assert news["grids"] == [[place(board, "G0200"), "Z0000", "Z0100"]]
    assert kept(board)["G0200"] == "Z0100"


def test_nothing_to_undo_is_no_fault(board):
    board.take([post(board, "u", "undo"), post(board, "r", "redo")])
    answer = told(board)
    assert answer["acks"] == ["u", "r"]
    assert (answer["news"], answer["notice"]) == ([], None)


@pytest.mark.parametrize(("lang", "who"), [("zh", "规划科"), ("en", "planning")])
def test_the_strokes_of_others_come_as_news_with_words(district, plan, board, lang, who):
    other = opened(district, plan, who=who)
    other.take([post(other, "o", painter="there", grids={"G0200": ("Z0000", "Z0100")})])
    board.catch_up()
    answer = told(board, words(lang))
    (news,) = answer["news"]
    assert news["by"] == "other"
    assert news["grids"] == [[place(board, "G0200"), "Z0000", "Z0100"]]
    assert who in news["text"]
    assert "1" in news["text"]
    assert {row[0] for row in answer["score"]["zones"]} >= {"Z0000", "Z0100"}
    board.catch_up()
    assert told(board)["news"] == []


def test_news_of_names_and_locks_alone_speak_of_no_grids(district, plan, board):
    other = opened(district, plan)
    other.take([post(other, "o", "lock", painter="there", locks={"zone:Z0000": [False, True]})])
    board.catch_up()
    (news,) = told(board)["news"]
    assert "0 个" not in news["text"]
    assert "锁定" in news["text"]
    assert board.locks == {"zone:Z0000"}


def test_another_window_of_the_same_browser_is_heard_even_between_two_looks(
    district, plan, board, monkeypatch
):
    other = opened(district, plan)
    # It paints just after this one has looked for news.
    monkeypatch.setattr(
        board,
        "catch_up",
        lambda: other.take([post(other, "o", grids={"G0000": ("Z0000", "Z0100")})]),
    )
    board.take([post(board, "t", grids={"G0200": ("Z0000", "Z0100")})])
    monkeypatch.undo()
    assert [news["token"] for news in told(board)["news"]] == ["o"]
    assert board.assignment.to_dict() == kept(board).to_dict()
    board.catch_up()
    assert told(board)["news"] == []


def test_a_grid_that_others_changed_is_put_right_and_told_each_time(district, plan, board):
    other = opened(district, plan)
    theirs = {"G0200": ("Z0000", "Z0101"), "G0201": ("Z0000", "Z0101")}
    other.take([post(other, "o", painter="there", grids=theirs)])
    tokens = []
    for number, grid in enumerate(theirs):
        mine = {grid: ("Z0000", "Z0100"), f"G010{number}": ("Z0000", "Z0100")}
        board.take([post(board, f"t{number}", grids=mine)])
        refused = [news for news in told(board)["news"] if "refused" in news]
        assert [news["grids"] for news in refused] == [[[place(board, grid), "", "Z0101"]]]
        assert refused[0]["by"] == "self"
        assert "1 个网格" in refused[0]["text"]
        assert kept(board)[grid] == "Z0101"
        assert kept(board)[f"G010{number}"] == "Z0100"
        tokens.append(refused[0]["token"])
    # The browser hears a token once: a second refusal must not look like the first.
    assert tokens == ["t0", "t1"]


@pytest.mark.parametrize("lang", LANGS)
def test_a_frozen_plan_is_told_and_the_browser_gets_it_anew(board, lang):
    key = board.state_key
    rev = plan_rev(board.workspace, board.plan_id)
    move_plan(board.workspace, board.plan_id, "consulted", rev=rev, who="")
    board.take([post(board, grids={"G0200": ("Z0000", "Z0100")})])
    answer = told(board, words(lang))
    assert answer["acks"] == ["t1"]
    assert answer["notice"]
    assert board.closed
    assert answer["state_key"] != key
    zones, shown = answer["plan"]["zones"], answer["plan"]["assignment"]
    assert zones[shown[place(board, "G0200")]]["id"] == "Z0000"
    assert told(board)["notice"] is None


def test_a_plan_that_was_deleted_is_noticed(board):
    delete_plan(board.workspace, board.plan_id, rev=plan_rev(board.workspace, board.plan_id))
    board.catch_up()
    assert board.closed


def test_a_stroke_that_finds_the_file_busy_is_not_acknowledged(board, monkeypatch):
    def busy(*_, **__):
        raise ConflictError("workspace_busy", file="x.gpkg")

    stroke = post(board, grids={"G0200": ("Z0000", "Z0100")})
    with monkeypatch.context() as patched:
        patched.setattr(geopackage, "writing", busy)
        board.take([stroke, {**stroke, "token": "t2"}])
    answer = told(board)
    assert answer["acks"] == []
    assert answer["notice"]
    assert answer["plan"] is None
    board.take([stroke])
    assert told(board)["acks"] == ["t1"]
    assert kept(board)["G0200"] == "Z0100"


def test_answers_that_were_not_delivered_are_told_again(board):
    board.take([post(board, grids={"G0200": ("Z0000", "Z0100")}), post(board, "u", "undo")])
    lost = board.answer(ZH)
    again = told(board)
    # Else the browser would not be told that it was answered.
    assert again.pop("run") != lost.pop("run")
    assert again == json.loads(json.dumps(lost))
    assert again["acks"] == ["t1", "u"]
    assert again["score"]["zones"]


def test_what_happens_between_an_answer_and_its_delivery_is_not_forgotten(board):
    board.take([post(board, "a", grids={"G0200": ("Z0000", "Z0100")})])
    answer = board.answer(ZH)
    board.take([post(board, "b", grids={"G0303": ("Z0101", "Z0001")}), post(board, "u", "undo")])
    board.show_whole()
    board.delivered(answer)
    later = told(board)
    assert later["acks"] == ["b", "u"]
    assert [news["kind"] for news in later["news"]] == ["undo"]
    assert later["plan"] is not None
    assert later["score"]["all"]


def test_a_whole_plan_holds_all_that_the_browser_draws(district, plan):
    workspace, standing = district
    board = open_board(workspace, plan, standing, params=PARAMS)
    board.take([post(board, grids={"G0200": ("Z0000", "")}, locks={"grid:G0000": [False, True]})])
    answer = told(board)
    drawn = answer["plan"]
    ids = [zone["id"] for zone in drawn["zones"]]
    shown = [ids[at] if at >= 0 else "" for at in drawn["assignment"]]
    assert shown == list(board.assignment)
    assert shown[place(board, "G0200")] == ""
    assert {zone["name"] for zone in drawn["zones"]} == {f"警务区{n}" for n in range(1, 5)}
    assert {zone["station"] for zone in drawn["zones"]} == {0}
    assert drawn["locks"] == ["grid:G0000"]
    assert [stroke["grids"] for stroke in drawn["log"]] == [[[place(board, "G0200"), "Z0000", ""]]]
    assert answer["score"]["all"]
    assert len(answer["score"]["zones"]) == 4


def test_a_zone_of_the_district_s_can_be_renamed_and_named_back(district, plan, board):
    board.take([post(board, kind="zone", names={"Z0000": ["警务区1", "湖东警务区"]})])
    assert plan_zone_names(board.workspace, plan) == {"Z0000": "湖东警务区"}
    assert told(board)["news"] == []
    again = open_board(*district[:1], plan, district[1], params=PARAMS)
    drawn = told(again)["plan"]
    assert {zone["id"]: zone["name"] for zone in drawn["zones"]}["Z0000"] == "湖东警务区"
    assert drawn["log"][0]["names"] == {"Z0000": ["警务区1", "湖东警务区"]}
    again.take([post(again, "u", "undo")])
    assert plan_zone_names(board.workspace, plan) == {}
    # Not "", which would be no such zone.
    board.catch_up()
    assert told(board)["news"][0]["names"] == {"Z0000": ["湖东警务区", "警务区1"]}
    assert told(again)["news"][0]["names"] == {"Z0000": ["湖东警务区", "警务区1"]}


def test_a_new_zone_comes_with_its_name_and_goes_with_its_last_grid(board):
    board.take([post(board, "n", "zone", names={"S1-new": ["", "新区"]})])
    board.take([post(board, "p", grids={"G0200": ("Z0000", "S1-new")})])
    answer = told(board)
    assert {row[0]: row[5] for row in answer["score"]["zones"]}["S1-new"] == 1
    board.take([post(board, "b", grids={"G0200": ("S1-new", "Z0000")})])
    answer = told(board)
    assert answer["score"]["gone"] == ["S1-new"]
    board.show_whole()
    names = {zone["id"]: zone["name"] for zone in told(board)["plan"]["zones"]}
    assert names["S1-new"] == "新区"


def test_locks_are_kept_and_taken_off(board):
    board.take([post(board, "l", "lock", locks={"zone:Z0000": [False, True], "grid:G0505": [False, True]})])
    assert plan_locks(board.workspace, board.plan_id) == board.locks == {"zone:Z0000", "grid:G0505"}
    board.take([post(board, "o", "lock", locks={"zone:Z0000": [True, False]})])
    assert plan_locks(board.workspace, board.plan_id) == board.locks == {"grid:G0505"}


@pytest.mark.parametrize(("lang", "mended"), [("zh", "连起来"), ("en", "one piece")])
def test_mends_of_a_broken_zone_are_told_in_words(board, lang, mended):
    # The far corner of 警务区1's neighbour goes to it: two pieces.
    board.take([post(board, grids={"G0500": ("Z0100", "Z0000")})])
    score = told(board, words(lang))["score"]
    (broken,) = [found for found in score["violations"] if found["code"] == "zone_not_contiguous"]
    assert broken["zone"] == "Z0000"
    assert broken["grids"] == [place(board, "G0500")]
    assert "警务区1" in broken["text"]
    assert {mend["kind"] for mend in score["mends"]} == {"link", "give"}
    texts = {mend["kind"]: mend["text"] for mend in score["mends"]}
    assert mended in texts["link"]
    assert all("警务区2" in text and "警务区1" in text for text in texts.values())
    give = next(mend for mend in score["mends"] if mend["kind"] == "give")
    assert give["grids"] == [[place(board, "G0500"), "Z0100"]]
    board.take([post(board, "m", "repair", grids={"G0500": ("Z0000", "Z0100")})])
    score = told(board)["score"]
    assert (score["mends"], score["violations"]) == ([], [])


def test_a_mend_through_grids_of_no_zone_says_so(board):
    row = {f"G0{i}00": ("Z0100", "") for i in (3, 4)}
    board.take([post(board, grids={**row, "G0500": ("Z0100", "Z0000")})])
    texts = [mend["text"] for mend in told(board)["score"]["mends"] if mend["kind"] == "link"]
    assert texts
    assert all("从未编组划入" in text for text in texts)


def test_grids_in_no_zone_are_told_as_one(board):
    board.take([post(board, grids={"G0000": ("Z0000", "")})])
    (one,) = told(board)["score"]["violations"]
    assert (one["code"], one["grids"]) == ("grid_orphan", [place(board, "G0000")])
    board.take([post(board, "t2", grids={"G0100": ("Z0000", "")})])
    score = told(board)["score"]
    (both,) = [found for found in score["violations"] if found["code"] == "grid_orphan"]
    assert both["grids"] == [place(board, "G0000"), place(board, "G0100")]
    assert "2" in both["text"]
    assert score["totals"]["unassigned"] == 2


def test_a_change_from_the_page_is_kept_and_told(board):
    board.paint("p", "accept", {"G0200": "Z0100", "G0000": "Z0000"})
    (news,) = told(board)["news"]
    assert news["by"] == "self"
    assert news["grids"] == [[place(board, "G0200"), "Z0000", "Z0100"]]
    board.paint("q", "refuse", {"G0200": "Z0100"})
    assert len(read_strokes(board.workspace, board.plan_id)) == 1


def test_a_change_from_the_page_to_a_frozen_plan_is_told(board):
    rev = plan_rev(board.workspace, board.plan_id)
    move_plan(board.workspace, board.plan_id, "consulted", rev=rev, who="")
    board.paint("p", "accept", {"G0200": "Z0100"})
    assert board.closed
    assert told(board)["notice"]


def test_the_figures_are_the_scorer_s_after_many_strokes(board):
    rng = np.random.default_rng(7)
    grids = list(board.standing.graph.grids.index)
    for number in range(25):
        now = board.assignment
        picked = rng.choice(grids, 3, replace=False)
        zones = rng.choice(["Z0000", "Z0100", "Z0001", "Z0101", "S1-new"], 3)
        changes = {str(g): (now[g], str(z)) for g, z in zip(picked, zones, strict=True)}
        board.take([post(board, f"t{number}", grids=changes)])
        if number % 5 == 4:
            board.take([post(board, f"u{number}", "undo")])
    board.show_whole()
    answer = told(board)
    pd.testing.assert_series_equal(
        kept(board).sort_index(),
        board.assignment.sort_index(),
        check_names=False,
        check_dtype=False,
        check_index_type=False,
    )
    card = board.standing.scorer(PARAMS).score(kept(board))
    zones = card.zones
    assert {row[0] for row in answer["score"]["zones"]} == set(zones.index)
    for zone, workload, target, deviation, parts, count, villages, present, pp in answer["score"]["zones"]:
        expected = zones.loc[zone]
        assert workload == pytest.approx(expected["workload"], abs=1e-4)
        assert target == pytest.approx(expected["target"], abs=1e-4)
        assert deviation == pytest.approx(expected["deviation"], abs=1e-5)
        assert (parts, count, villages) == tuple(expected[["parts", "grids", "villages"]])
        assert present == round(expected["present"])
        assert pp == pytest.approx(expected["polsby_popper"], abs=1e-4)
    totals = answer["score"]["totals"]
    assert totals["max_deviation"] == pytest.approx(card.balance.max_deviation, abs=1e-6)
    assert totals["workload_moved"] == pytest.approx(card.change.workload_moved, abs=1e-6)
    assert totals["not_contiguous"] == card.not_contiguous


def test_a_refused_grid_that_the_district_no_longer_has_is_not_told(district):
    """It was painted, and by others again, before an import took it away; then the first stroke is undone."""
    workspace, standing = district
    plan = save_plan(workspace, pd.Series({"GONE": "Z0000", "G0201": "Z0000"}), kind=PAINTED, name="旧")
    mine = {"GONE": ("Z0000", "Z0100"), "G0201": ("Z0000", "Z0100")}
    for rev, painter, grids in ((1, "here", mine), (2, "they", {"GONE": ("Z0100", "Z0001")})):
        apply_stroke(workspace, plan, rev=rev, token=painter, painter=painter, kind="paint", grids=grids)
    board = opened(district, plan)
    board.take([post(board, "t2", kind="undo")])
    assert "t2" in told(board)["acks"]
    assert kept(board).to_dict() == {"GONE": "Z0001", "G0201": "Z0000"}
