"""What stands behind the patrols' map: stops moved and given back, roads closed, posts that come twice."""

import json

import pytest

from geo.errors import ConflictError
from tests.ui.patrol_boards import board_of
from ui.painter.patrol_posts import readable
from ui.words import words

T = words("zh")


@pytest.fixture
def kept():
    return []


@pytest.fixture
def board(squad_day, squad_plan, kept):
    made = board_of(squad_day, squad_plan, kept.append)
    told(made)
    return made


def told(board):
    # Whatever the map is given goes over the wire.
    answer = json.loads(json.dumps(board.answer(T)))
    board.delivered()
    return answer


def team_of(plan, stop):
    return next((r.team_id for r in plan.routes if any(v.stop_id == stop for v in r.visits)), None)


def other_team(board, stop):
    own = team_of(board.plan, stop)
    return next(team for team in board.problem.teams.index if team != own)


def move(stop, team, token="t1"):
    return [{"token": token, "kind": "move", "stop": stop, "team": team}]


def test_a_moved_stop_is_in_the_other_route_kept_and_told(board, kept):
    before, team = board.plan, other_team(board, "B1")
    board.take(move("B1", team))
    assert team_of(board.plan, "B1") == team
    assert kept == [board.plan]
    answer = told(board)
    assert answer["acks"] == ["t1"]
    assert answer["plan"] is None
    changed = {board.problem.teams.index[row["team"]] for row in answer["routes"]}
    assert changed == {team_of(before, "B1"), team}
    assert answer["effect"]["title"] == T(
        "patrols.effect_moved", stop="一号点", team=board.called("teams", team)
    )
    assert answer["state"]["can"] == {"undo": True, "redo": False}
    assert told(board)["acks"] == []


def test_the_effect_says_by_how_many_minutes_and_what_is_amiss(board):
    # B7 needs a dog, which only T3 has.
    board.take(move("B7", "T1"))
    effect = told(board)["effect"]
    assert effect["worse"]
    assert any("dog" in line for line in effect["lines"])
    verdict = told(board)["state"]["verdict"]
    assert not verdict["ok"]
    assert verdict["faults"]


def test_undo_and_redo_give_back_the_very_plans(board, kept):
    first = board.plan
    board.take(move("B1", other_team(board, "B1")))
    second = board.plan
    board.take([{"token": "t2", "kind": "undo"}])
    assert board.plan == first
    board.take([{"token": "t3", "kind": "redo"}])
    assert board.plan == second
    assert kept == [second, first, second]
    board.take([{"token": "t4", "kind": "redo"}])
    assert board.plan == second


def test_a_stop_left_to_nobody_is_unvisited_with_reasons(board):
    board.take(move("B1", ""))
    assert team_of(board.plan, "B1") is None
    missed = {each["stop"]: each for each in told(board)["state"]["unvisited"]}
    assert missed["B1"]["why"]


def test_a_post_that_comes_again_is_done_once(board, kept):
    posts = move("B1", other_team(board, "B1"))
    board.take(posts)
    board.take(posts)
    assert len(kept) == 1
    assert told(board)["acks"] == ["t1", "t1"]


def test_what_is_not_delivered_is_told_again(board):
    board.take(move("B1", other_team(board, "B1")))
    first = board.answer(T)
    # The run was cut short before it was handed over; meanwhile something else happened.
    board.take([{"token": "t2", "kind": "undo"}])
    board.delivered()
    second = told(board)
    assert second["acks"] == ["t1", "t2"]
    assert {row["team"] for row in second["routes"]} >= {row["team"] for row in first["routes"]}


def test_a_road_is_closed_by_a_click_and_opened_by_another(board):
    click = {"kind": "close", "at": [120.5, 30.0], "within": 20.0}
    board.take([{"token": "t1", **click}])
    answer = told(board)
    assert [road["id"] for road in answer["state"]["closed"]] == ["R1"]
    assert answer["state"]["stale"] == "走不通"
    assert answer["effect"]["title"] == T("patrols.effect_closed", road="R1 路")
    board.take([{"token": "t2", **click}])
    assert told(board)["state"]["closed"] == []
    board.take([{"token": "t3", "kind": "undo"}])
    assert board.roads.closed == {"R1"}
    board.take([{"token": "t4", "kind": "open", "road": "R1"}])
    assert board.roads.closed == set()


def test_a_click_beside_all_roads_is_told(board):
    board.take([{"token": "t1", "kind": "close", "at": [120.5, 30.0], "within": 0.5}])
    assert board.roads.closed == set()
    assert told(board)["notice"] == T("error.no_road_here")


def test_others_that_could_take_a_stop_are_told_with_the_cost(board):
    board.take([{"token": "t1", "kind": "weigh", "stop": "B1"}])
    weighed = told(board)["weighed"]
    assert weighed["stop"] == "B1"
    assert team_of(board.plan, "B1") not in {option["team"] for option in weighed["options"]}
    assert all(option["text"] for option in weighed["options"])
    assert told(board)["weighed"] is None


def test_a_plan_that_somebody_else_changed_is_told_and_read_anew(board):
    def refuse(plan):
        raise ConflictError("patrol_plan_changed", plan="D1", found=3, expected=2)

    before, board.keep = board.plan, refuse
    board.take(move("B1", other_team(board, "B1")))
    assert board.plan == before
    assert board.lost
    answer = told(board)
    assert answer["acks"] == ["t1"]
    assert answer["notice"] == T.reason(ConflictError("patrol_plan_changed", plan="D1", found=3, expected=2))


def test_planning_anew_keeps_known_teams_alone(board):
    board.take([{"token": "t1", "kind": "replan", "keep": ["T2", "T99"]}])
    assert board.replan == ("T2",)


@pytest.mark.parametrize(
    "post",
    [
        None,
        "move",
        {"kind": "move"},
        {"token": "t", "kind": "fly"},
        {"token": "", "kind": "undo"},
        {"token": "t", "kind": "move", "stop": 3, "team": "T1"},
        {"token": "t", "kind": "move", "stop": "B1", "team": "x" * 400},
        {"token": "t", "kind": "close", "at": [1], "within": 2},
        {"token": "t", "kind": "close", "at": ["a", 2], "within": 2},
        {"token": "t", "kind": "close", "at": [float("nan"), 2], "within": 2},
        {"token": "t", "kind": "close", "at": [500, 2], "within": 2},
        {"token": "t", "kind": "close", "at": [True, 2], "within": 2},
    ],
)
def test_what_cannot_be_read_is_passed_over(post):
    assert list(readable([post])) == []
    assert list(readable(post)) == []


def test_unknown_stops_and_teams_are_told_in_words(board):
    board.take(move("B99", "T1"))
    board.take(move("B1", "T99", token="t2"))
    notice = told(board)["notice"]
    assert "B99" in notice
    assert "T99" in notice
