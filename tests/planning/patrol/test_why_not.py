"""Why a stop is not visited, and what would help."""

from dataclasses import replace

import numpy as np
import pandas as pd
from hypothesis import given, settings

from planning.patrol import why_not
from planning.patrol.moving import moved
from planning.patrol.params import DayParams, Limits
from planning.patrol.solving import plan_day
from tests.planning.patrol.days import MIN, Tried, day, days

FEW = Limits(effort=40, workers=1)
LINE = {"a": (0, 0), "b": (10, 0), "c": (20, 0), "d": (30, 0), "i": (50, 50)}


def out_of(problem, **params):
    plan = plan_day(problem, params=DayParams(**params), limits=FEW)
    assert plan.faults == ()
    (out,) = plan.unvisited
    return out


def told(reasons):
    return [(reason.code, dict(reason.facts)) for reason in reasons]


def test_a_shift_that_is_too_short_says_by_how_much_and_until_when():
    """To c and back 40 minutes, 15 minutes there: 55 minutes in a shift of 32."""
    out = out_of(day(LINE, [{"from": 480, "until": 512}], [{"at": "c"}]))
    (refusal,) = out.refusals
    assert told([refusal.why]) == [("shift_over", {"team": "T1", "over_ms": 23 * MIN})]
    assert told(out.remedies)[0] == (
        "longer_shift",
        {"team": "T1", "until_at": 535 * MIN, "more_ms": 23 * MIN},
    )


def test_a_window_that_closes_too_early_says_by_how_much_and_until_when():
    """T1 begins at 8:00, is at c at 8:20 and stays 15 minutes; no visit was to begin after 8:12."""
    out = out_of(day(LINE, [{}], [{"at": "c", "windows": [(400, 492)]}]))
    facts = {"team": "T1", "stop": "S1"}
    assert told([out.refusals[0].why]) == [("window_missed", {**facts, "late_ms": 8 * MIN})]
    assert told(out.remedies) == [("longer_window", {**facts, "until_at": 515 * MIN})]


def test_a_window_after_the_shift_could_open_earlier_or_the_shift_last_longer():
    out = out_of(day(LINE, [{}], [{"at": "c", "windows": [(1200, 1260)]}]))
    assert [code for code, _ in told(out.remedies)] == ["earlier_window", "longer_shift"]
    assert out.remedies[0].facts["from_at"] == (16 * 60 - 35) * MIN
    assert out.remedies[1].facts["until_at"] == (1200 + 35) * MIN


def test_another_stop_that_would_be_missed_is_named():
    """S2 at b is open at 8:10 only, S1 at c at 8:25 only: one stays 15 minutes at b and is late at c."""
    stops = [{"at": "c", "windows": [(505, 505)]}, {"at": "b", "windows": [(490, 490)], "priority": 2}]
    out = out_of(day(LINE, [{}], stops))
    assert out.stop_id == "S2"
    why = {"team": "T1", "stop": "S2", "other": "S1", "late_ms": 10 * MIN}
    assert told([out.refusals[0].why]) == [("other_window_missed", why)]
    assert ("one_more_team", "T1") in [(r.code, r.facts.get("like")) for r in out.remedies]


def test_a_skill_that_nobody_has_can_be_given_or_come_with_one_more_team():
    out = out_of(day(LINE, [{}, {"at": "d"}], [{"at": "c", "skill": "k"}]))
    assert {r.why.code for r in out.refusals} == {"skill"}
    assert told(out.remedies) == [
        ("give_skill", {"team": "T2", "stop": "S1", "needed": "k"}),
        ("one_more_team", {"like": "T2", "stop": "S1", "travel_mode": "car", "needed": "k"}),
    ]


def test_a_neighbour_that_is_not_responsible_can_be_lent():
    problem = day(LINE, [{}, {"at": "d", "until": 500}], [{"at": "b"}], allowed=[[0], [1]])
    out = out_of(problem)
    assert [(r.team_id, r.why.code) for r in out.refusals] == [("T2", "shift_over"), ("T1", "not_allowed")]
    assert ("lend_team", "T1") in [(r.code, r.facts["team"]) for r in out.remedies if "team" in r.facts]


def test_an_island_cannot_be_helped_and_other_means_can():
    """i is cut off for cars; on foot it can be reached, at three times the time, in eight hours."""
    out = out_of(day(LINE, [{}], [{"at": "i"}], cut="i"))
    assert told([out.refusals[0].why]) == [("unreachable", {"team": "T1", "stop": "S1"})]
    assert out.remedies == ()


def test_another_travel_mode_is_proposed_where_only_it_gets_there():
    problem = day(LINE, [{}], [{"at": "c"}], speeds={"car": 1.0, "walk": 3.0})
    car = problem.travel["car"]
    ms = car.ms.copy()
    ms[2, :] = ms[:, 2] = 2**40
    np.fill_diagonal(ms, 0)
    problem = replace(problem, travel={**problem.travel, "car": replace(car, ms=ms)})
    out = out_of(problem)
    assert [(r.code, r.facts["travel_mode"]) for r in out.remedies] == [("one_more_team", "walk")]


def test_a_cap_says_by_how_much_it_is_exceeded():
    out = out_of(day(LINE, [{}], [{"at": "c"}]), cap_ms=50 * MIN)
    assert told([out.refusals[0].why]) == [("cap_over", {"team": "T1", "over_ms": 5 * MIN})]
    assert told(out.remedies) == [("longer_cap", {"team": "T1", "cap_ms": 55 * MIN})]


def test_without_teams_every_stop_says_that_nobody_is_on_duty():
    plan = plan_day(day(LINE, [], [{"at": "b"}, {"at": "c"}]), limits=FEW)
    assert (plan.routes, plan.faults, plan.feasible) == ((), (), False)
    assert [told(out.remedies) for out in plan.unvisited] == [[("no_team_on_duty", {})]] * 2


def test_the_nearest_miss_comes_first():
    teams = [{"until": 500}, {"until": 530}, {"until": 520}]
    out = out_of(day(LINE, teams, [{"at": "c"}]))
    assert [refusal.team_id for refusal in out.refusals] == ["T2", "T3", "T1"]


def test_of_many_stops_only_the_first_priorities_are_told_in_full(monkeypatch):
    """Three teams at a, two at d, none of which has time; three stops, of which one is told in full."""
    monkeypatch.setattr(why_not, "_TRIALS", 5)
    teams = [{"until": 490}] * 3 + [{"until": 490, "at": "d"}] * 2
    stops = [{"at": "c", "priority": 2}, {"at": "b"}, {"at": "a", "priority": 2}]
    outs = {out.stop_id: out for out in plan_day(day(LINE, teams, stops), limits=FEW).unvisited}
    assert [len(outs[stop].refusals) for stop in ("S1", "S2", "S3")] == [1, 5, 1]
    assert [refusal.team_id for refusal in outs["S1"].refusals] == ["T4"]
    assert outs["S2"].remedies
    assert outs["S3"].remedies == ()


def remedied(problem, plan, out, remedy):
    """Yield the problem, team and cap of a remedy carried out; of several windows each may be meant."""
    teams, stops, facts = problem.teams, problem.stops, remedy.facts
    team, cap, here = facts.get("team"), facts.get("cap_ms", plan.cap_ms), teams.index == facts.get("team")
    if remedy.code == "longer_shift":
        teams = teams.assign(shift_end_ms=teams["shift_end_ms"].mask(here, facts["until_at"]))
    elif remedy.code == "give_skill":
        teams = with_value(teams, team, "skills", (*teams.at[team, "skills"], facts["needed"]))
    elif remedy.code == "one_more_team":
        team, like = "T9", facts["like"]
        held = {"end": teams.at[like, "start"], "travel_mode": facts["travel_mode"]}
        teams = pd.concat([teams, teams.loc[[like]].rename(index={like: team}).assign(**held)])
        teams = with_value(teams, team, "skills", (facts["needed"],))
    may = pd.DataFrame(problem.allowed, problem.teams.index, stops.index).reindex(
        teams.index, fill_value=True
    )
    if remedy.code == "lend_team":
        may.loc[team, out.stop_id] = True
    changed = replace(problem, teams=teams, allowed=may.to_numpy(dtype=bool))
    if "window" not in remedy.code:
        yield changed, team, cap
        return
    windows = stops.at[out.stop_id, "windows"]
    dwell = int(stops.at[out.stop_id, "dwell_ms"])
    for old in windows:
        longer = remedy.code == "longer_window"
        new = (old[0], facts["until_at"] - dwell) if longer else (facts["from_at"], old[1])
        if new[0] <= new[1]:
            kept = tuple(new if window == old else window for window in windows)
            yield replace(changed, stops=with_value(stops, out.stop_id, "windows", kept)), team, cap


def with_value(frame, row, column, value):
    held = [value if label == row else kept for label, kept in frame[column].items()]
    return frame.assign(**{column: pd.Series(held, frame.index, dtype=object)})


@given(problem=days(most_stops=6))
@settings(max_examples=15)
def test_every_remedy_works_when_it_is_carried_out(problem):
    plan = plan_day(problem, params=DayParams(cap_ms=100 * MIN), limits=FEW)
    for out in plan.unvisited:
        for remedy in out.remedies:
            after = [
                moved(changed, replace(plan, cap_ms=cap, unvisited=()), out.stop_id, team)
                for changed, team, cap in remedied(problem, plan, out, remedy)
            ]
            assert any({f.code for f in new.faults} <= {"stop_forgotten"} for new in after), remedy


@given(problem=days(most_stops=5))
@settings(max_examples=25)
def test_no_team_could_have_taken_what_it_refuses(problem):
    """Every place in every round is tried by other code."""
    plan, tried = plan_day(problem, limits=FEW), Tried(problem)
    rounds = {route.team_id: [visit.stop_id for visit in route.visits] for route in plan.routes}
    for out in plan.unvisited:
        assert [refusal.team_id for refusal in out.refusals if refusal.why.code == "would_fit"] == []
        for team in problem.teams.index:
            held = rounds.get(team, [])
            orders = [held[:i] + [out.stop_id] + held[i:] for i in range(len(held) + 1)]
            if tried.serves(team, out.stop_id):
                assert [tried.least_duration(team, order) for order in orders] == [None] * len(orders)
