"""What would let a stop be visited; each remedy is carried out in thought and checked before it is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geo.errors import Reason
from geo.travel_times import UNREACHABLE
from planning.patrol.checking import route_faults
from planning.patrol.due import visit_windows
from planning.patrol.indexed import indexed
from planning.patrol.scheduling import route_without_lengths
from planning.patrol.timing import best_place, latest_start, missing, run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planning.patrol.indexed import Indexed, Rounds, Windows
    from planning.patrol.plan import DayProblem, Refusal

# Told times are whole five minutes.
_STEP = 5 * 60_000
_DAY = 24 * 60 * 60_000
# Of so many teams, the nearest misses, each remedy is tried.
_NEAREST = 3


def remedies(
    problem: DayProblem,
    ix: Indexed,
    rounds: Rounds,
    stop: int,
    refusals: Sequence[Refusal],
    *,
    cap: int | None = None,
) -> tuple[Reason, ...]:
    """
    Return what would let a stop be visited, the smaller changes first; each by itself is enough.

    ``longer_window`` (until_at: when the visit is over), ``earlier_window`` (from_at), ``longer_shift``
    (until_at), ``longer_cap`` (cap_ms), ``lend_team``, ``give_skill``, ``one_more_team`` (like: a team from
    whose place it would go).

    Parameters
    ----------
    problem, ix, rounds
        What was asked, the same in numbers, and who serves what.
    stop
        The stop that is left out.
    refusals
        Why each team does not serve it, the nearest miss first.
    cap
        Longest time out.
    """
    case = _Case(problem=problem, ix=ix, rounds=rounds, stop=stop, cap=cap)
    number = ix.team_number
    near = [number[refusal.team_id] for refusal in refusals if refusal.position is not None][:_NEAREST]
    found = [
        *_other_windows(case, near),
        *_longer_shift(case, near),
        *_longer_cap(case, near),
        *_exemption(case, [number[r.team_id] for r in refusals if r.why.code == "not_allowed"], "lend_team"),
        *_exemption(case, [number[r.team_id] for r in refusals if r.why.code == "skill"], "give_skill"),
        *_one_more_team(case),
    ]
    return tuple(found) if len(ix.team_ids) else (Reason("no_team_on_duty"),)


@dataclass(frozen=True, kw_only=True)
class _Case:
    """A stop that is left out, and the plan that leaves it out."""

    problem: DayProblem
    ix: Indexed
    rounds: Rounds
    stop: int
    cap: int | None

    def stops(self, team: int) -> tuple[int, ...]:
        return self.rounds.get(team, ())

    def longer(self, team: int, place: int) -> tuple[int, ...]:
        stops = self.stops(team)
        return (*stops[:place], self.stop, *stops[place:])

    def works(
        self,
        team: int,
        stops: Sequence[int],
        *,
        cap: int | None = None,
        windows: Windows | None = None,
        **of_team: Any,
    ) -> bool:
        """Return whether the checker finds nothing wrong with a round once team and stop are changed."""
        problem = self.problem
        row: dict[Any, Any] = {**problem.teams.iloc[team].to_dict(), **of_team}
        served = problem.stops.iloc[list(stops)]
        if windows is not None:
            held = [windows if stop == self.stop else self.ix.windows[stop] for stop in stops]
            served = served.assign(windows=pd.Series(held, index=served.index, dtype=object))
        small = replace(
            problem,
            teams=pd.DataFrame([row], index=[self.ix.team_ids[team]]),
            stops=served,
            allowed=np.ones((1, len(stops)), dtype=bool),
        )
        numbers, limit = indexed(small), self.cap if cap is None else cap
        route = route_without_lengths(small, numbers, 0, range(len(stops)), cap=limit)
        return not any(route_faults(small, route, cap_ms=limit))


def _other_windows(case: _Case, near: Sequence[int]) -> Iterator[Reason]:
    """Yield until when the stop would have to be open longer, and from when on earlier."""
    ix, windows = case.ix, case.ix.windows[case.stop]
    if not windows:
        return
    anytime = replace(ix, windows=tuple(() if s == case.stop else w for s, w in enumerate(ix.windows)))
    later, earlier = [], []
    for team in near:
        for place, miss in enumerate(missing(anytime, team, case.stops(team), case.stop)):
            if miss:
                continue
            stops = case.longer(team, place)
            soonest = run(anytime, team, stops, int(ix.shift[team, 0])).begin[place]
            start = latest_start(anytime, team, stops)
            latest = soonest if start is None else run(anytime, team, stops, start).begin[place]
            until, since = _up(soonest), _down(latest)
            later += [(until - b, team, stops, (a, b), (a, until)) for a, b in windows if b < soonest]
            earlier += [(a - since, team, stops, (a, b), (since, b)) for a, b in windows if a > latest]
    for name, fact, side, found in (
        ("longer_window", "until_at", 1, later),
        ("earlier_window", "from_at", 0, earlier),
    ):
        for _, team, stops, old, new in sorted(found)[:_NEAREST]:
            changed = tuple(new if window == old else window for window in windows)
            if case.works(team, stops, windows=changed):
                (told,) = visit_windows((new,), int(ix.dwell[case.stop]))
                facts = {"team": ix.team_ids[team], "stop": ix.stop_ids[case.stop], fact: told[side]}
                yield Reason(name, facts)
                break


def _longer_shift(case: _Case, near: Sequence[int]) -> Iterator[Reason]:
    """Yield until when a shift would have to last."""
    ix, found = case.ix, []
    for team in near:
        begin, finish = ix.shift[team].tolist()
        longer = replace(ix, shift=ix.shift + np.array([0, _DAY]))
        for place, miss in enumerate(missing(longer, team, case.stops(team), case.stop)):
            if not miss:
                stops = case.longer(team, place)
                end = _up(run(longer, team, stops, begin).end)
                found.append((end - finish, team, stops, end))
    for more, team, stops, end in sorted(found)[:_NEAREST]:
        if more > 0 and case.works(team, stops, shift_end_ms=end):
            facts = {"team": ix.team_ids[team], "until_at": end, "more_ms": more}
            yield Reason("longer_shift", facts)
            break


def _longer_cap(case: _Case, near: Sequence[int]) -> Iterator[Reason]:
    """Yield how long a team would have to be out at most."""
    if case.cap is None:
        return
    found = []
    for team in near:
        place, round_ = best_place(case.ix, team, case.stops(team), case.stop)
        found.append((_up(round_.duration), team, case.longer(team, place)))
    for longest, team, stops in sorted(found):
        if longest > case.cap and case.works(team, stops, cap=longest):
            facts = {"team": case.ix.team_ids[team], "cap_ms": longest}
            yield Reason("longer_cap", facts)
            break


def _exemption(case: _Case, teams: Sequence[int], code: str) -> Iterator[Reason]:
    """Yield the nearest team that could serve the stop if it were allowed to, or had the skill."""
    ix, stop = case.ix, case.stop
    needed = case.problem.stops["skill"].iloc[stop]
    apart = sorted((int(ix.travel(team)[ix.start[team], ix.node[stop]]), team) for team in teams)
    for way, team in apart[:_NEAREST]:
        if way >= UNREACHABLE:
            return
        skills = case.problem.teams["skills"].iloc[team]
        place, round_ = best_place(ix, team, case.stops(team), stop, cap=case.cap)
        skills = (*skills, needed) if code == "give_skill" else skills
        if round_.possible and case.works(team, case.longer(team, place), skills=skills):
            yield Reason(code, {"team": ix.team_ids[team], "stop": ix.stop_ids[stop], "needed": needed})
            return


def _one_more_team(case: _Case) -> Iterator[Reason]:
    """Yield from where one more team could serve the stop, and by which travel mode; the nearest that can."""
    problem, stop = case.problem, case.stop
    needed, place = problem.stops["skill"].iloc[stop], problem.stops["place"].iloc[stop]
    places = []
    for mode, travel in problem.travel.items():
        at = travel.labels.get_indexer(pd.Index([*problem.teams["start"], place]))
        if at[-1] < 0:
            continue
        there, back = travel.ms[at[:-1], at[-1]], travel.ms[at[-1], at[:-1]]
        own = (problem.teams["travel_mode"] == mode).to_numpy()
        fit = (at[:-1] >= 0) & (there < UNREACHABLE) & (back < UNREACHABLE)
        places += [(not own[i], int(there[i] + back[i]), int(i), mode) for i in np.flatnonzero(fit)]
    for _, _, team, mode in sorted(places)[:_NEAREST]:
        like = problem.teams.iloc[team]
        skills = (*like["skills"], needed) if needed else like["skills"]
        if case.works(team, (stop,), skills=skills, travel_mode=mode, end=like["start"]):
            facts = {"like": case.ix.team_ids[team], "stop": case.ix.stop_ids[stop], "travel_mode": mode}
            yield Reason("one_more_team", {**facts, "needed": needed})
            return


def _up(ms: int) -> int:
    return -(-ms // _STEP) * _STEP


def _down(ms: int) -> int:
    return ms // _STEP * _STEP
