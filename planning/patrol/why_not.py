"""Why a stop is not visited: what forbids it to each team, and what would help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo.errors import Reason
from planning.patrol.indexed import has_skill
from planning.patrol.plan import Refusal, Unvisited
from planning.patrol.remedies import remedies
from planning.patrol.timing import best_place, timed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from planning.patrol.indexed import Indexed, Rounds
    from planning.patrol.plan import DayProblem

# What a refusal is about, the nearest miss first; those with numbers are ranked by them.
_BY_NUMBERS = 0
_RANK = {"skill": 1, "not_allowed": 2, "unreachable": 3}
# So many times a stop is tried with a team, the highest priorities first, to tell what forbids it to every
# team and what would help; of further stops only what forbids them to the nearest team.
_TRIALS = 2000


def unvisited_stops(
    problem: DayProblem,
    ix: Indexed,
    rounds: Rounds,
    *,
    cap: int | None = None,
    known: Iterable[Unvisited] = (),
    changed: Collection[int] = (),
) -> tuple[Unvisited, ...]:
    """
    Return the stops that no round visits, with what forbids each to every team, and what would help.

    Where hundreds are left out, of those of lower priority only the nearest team is told, and no help.

    Parameters
    ----------
    problem, ix
        What was asked, and the same in numbers.
    rounds
        Who serves what.
    cap
        Longest time out.
    known, changed
        What was found before some teams' rounds were changed.
    """
    visited = {stop for stops in rounds.values() for stop in stops}
    before = {out.stop_id: out for out in known}
    left = [stop for stop in range(len(ix.stop_ids)) if stop not in visited]
    many = _TRIALS // max(len(ix.team_ids), 1)
    in_full = set(sorted(left, key=lambda stop: int(ix.priority[stop]))[:many])
    return tuple(
        _unvisited(problem, ix, rounds, stop, cap, before.get(ix.stop_ids[stop]), changed)
        if stop in in_full
        else _in_brief(problem, ix, rounds, stop, cap)
        for stop in left
    )


def _unvisited(
    problem: DayProblem,
    ix: Indexed,
    rounds: Rounds,
    stop: int,
    cap: int | None,
    before: Unvisited | None,
    changed: Collection[int],
) -> Unvisited:
    held = () if before is None else before.refusals
    refusals = {r.team_id: r for r in held if ix.team_number[r.team_id] not in changed}
    for team, team_id in enumerate(ix.team_ids):
        if team_id not in refusals:
            refusals[team_id] = trial(problem, ix, team, rounds.get(team, ()), stop, cap)
    ranked = _ranked(ix, refusals.values())
    touched = {ix.team_ids[team] for team in changed}
    # What helps by another team's round still does.
    if before is not None and touched.isdisjoint(str(r.facts.get("team")) for r in before.remedies):
        helps = before.remedies
    else:
        helps = remedies(problem, ix, rounds, stop, ranked, cap=cap)
    return Unvisited(
        stop_id=ix.stop_ids[stop], priority=int(ix.priority[stop]), refusals=ranked, remedies=helps
    )


def _in_brief(problem: DayProblem, ix: Indexed, rounds: Rounds, stop: int, cap: int | None) -> Unvisited:
    """Return what forbids a stop to the nearest team, of those that may serve it if any may."""
    ways = [
        (not ix.able[team, stop], int(ix.travel(team)[start, ix.node[stop]]), team)
        for team, start in enumerate(ix.start.tolist())
    ]
    tried = tuple(
        trial(problem, ix, team, rounds.get(team, ()), stop, cap) for _, _, team in sorted(ways)[:1]
    )
    return Unvisited(stop_id=ix.stop_ids[stop], priority=int(ix.priority[stop]), refusals=tried)


def _ranked(ix: Indexed, refusals: Iterable[Refusal]) -> tuple[Refusal, ...]:
    """Return refusals, the nearest miss first."""
    return tuple(sorted(refusals, key=lambda r: (*_rank(r), ix.team_number[r.team_id])))


def _rank(refusal: Refusal) -> tuple[int, int]:
    facts = refusal.why.facts
    missing = next((facts[name] for name in ("late_ms", "over_ms", "over") if name in facts), 0)
    return _RANK.get(refusal.why.code, _BY_NUMBERS), int(str(missing))


def trial(
    problem: DayProblem, ix: Indexed, team: int, stops: tuple[int, ...], stop: int, cap: int | None
) -> Refusal:
    """Return what comes of giving a stop to a team where in its round it fits best."""
    team_id, needed = ix.team_ids[team], problem.stops["skill"].iloc[stop]
    facts = {"team": team_id, "stop": ix.stop_ids[stop]}
    if not problem.allowed[team, stop]:
        return Refusal(team_id=team_id, why=Reason("not_allowed", facts))
    if not has_skill(problem.teams["skills"].iloc[team], needed):
        return Refusal(team_id=team_id, why=Reason("skill", {**facts, "needed": needed}))
    if not ix.able[team, stop]:
        return Refusal(team_id=team_id, why=Reason("unreachable", facts))
    position, tried = best_place(ix, team, stops, stop, cap=cap)
    detour = tried.duration - (timed(ix, team, stops, cap=cap).duration if stops else 0)
    order = (*stops[:position], stop, *stops[position:])
    late = {other: ms for other, ms in zip(order, tried.late, strict=True) if ms}
    if tried.possible:
        why = Reason("would_fit", {**facts, "more_ms": detour})
    elif stop in late:
        why = Reason("window_missed", {**facts, "late_ms": late[stop]})
    elif late:
        other, late_ms = next(iter(late.items()))
        why = Reason("other_window_missed", {**facts, "other": ix.stop_ids[other], "late_ms": late_ms})
    elif tried.overload:
        why = Reason("capacity_over", {"team": team_id, "over": tried.overload})
    elif tried.end > ix.shift[team, 1]:
        why = Reason("shift_over", {"team": team_id, "over_ms": tried.over})
    else:
        why = Reason("cap_over", {"team": team_id, "over_ms": tried.over})
    return Refusal(team_id=team_id, why=why, position=position, detour_ms=detour)
