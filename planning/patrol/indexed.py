"""A day's problem as numbers, for the search and for what is worked out at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.errors import Reason, SettingError
from geo.travel_times import UNREACHABLE
from planning.patrol.params import TEAMS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from planning.patrol.plan import DayProblem

    Ints = npt.NDArray[np.int64]
    Windows = tuple[tuple[int, int], ...]
    # The stops of each team that goes out, in their order.
    Rounds = dict[int, tuple[int, ...]]

# What a team without a capacity may take.
_NO_LIMIT = 2**40
# So many stops of one priority one of the next higher outweighs.
_OUTWEIGHS = 20


@dataclass(frozen=True, kw_only=True)
class Indexed:
    """
    A day's problem, its teams and stops numbered in their order.

    Parameters
    ----------
    team_ids, stop_ids
        By number.
    ms
        By travel mode: (node, node) in ms; a node is a place that some team or stop uses.
    mode
        Of each team.
    start, end, node
        Nodes where each team starts and ends, and of each stop.
    shift
        (team, 2): its begin and end.
    dwell, priority, worth, load
        Of each stop.
    windows
        Of each stop; () for any time.
    capacity
        Of each team.
    able
        (team, stop): allowed, of the right skill, and reachable there and back.
    """

    team_ids: tuple[str, ...]
    stop_ids: tuple[str, ...]
    ms: dict[str, Ints]
    mode: tuple[str, ...]
    start: Ints
    end: Ints
    node: Ints
    shift: Ints
    dwell: Ints
    priority: Ints
    worth: Ints
    load: Ints
    windows: tuple[Windows, ...]
    capacity: Ints
    able: npt.NDArray[np.bool_]

    @cached_property
    def team_number(self) -> dict[str, int]:
        """Number by team_id."""
        return {team: i for i, team in enumerate(self.team_ids)}

    @cached_property
    def stop_number(self) -> dict[str, int]:
        """Number by stop_id."""
        return {stop: i for i, stop in enumerate(self.stop_ids)}

    def travel(self, team: int) -> Ints:
        """Return the travel times of a team."""
        return self.ms[self.mode[team]]

    def legs(self, team: int, stops: Sequence[int]) -> list[int]:
        """Return the ms of each leg of a round, the way back among them."""
        nodes = [int(self.start[team]), *(int(self.node[s]) for s in stops), int(self.end[team])]
        ms = self.travel(team)
        return [int(ms[a, b]) for a, b in zip(nodes, nodes[1:], strict=False)]


def indexed(problem: DayProblem) -> Indexed:
    """
    Return a day's problem in numbers.

    Raises
    ------
    SettingError
        ``day_problem_faults``, with each fault among its reasons.
    """
    if faults := tuple(problem_faults(problem)):
        raise SettingError("day_problem_faults", count=len(faults), reasons=faults)
    teams, stops = problem.teams, problem.stops
    ends = teams["end"].fillna(teams["start"]) if "end" in teams else teams["start"]
    labels = pd.Index([*teams["start"], *ends, *stops["place"]]).unique()
    ms = {}
    for name, travel in problem.travel.items():
        if (teams["travel_mode"] == name).any():
            at = travel.labels.get_indexer(labels)
            ms[name] = np.ascontiguousarray(travel.ms[np.ix_(at, at)])
    start, end, node = (labels.get_indexer(places) for places in (teams["start"], ends, stops["place"]))
    mode = tuple(str(name) for name in teams["travel_mode"])
    return Indexed(
        team_ids=tuple(teams.index),
        stop_ids=tuple(stops.index),
        ms=ms,
        mode=mode,
        start=start,
        end=end,
        node=node,
        shift=teams[["shift_start_ms", "shift_end_ms"]].to_numpy(dtype=np.int64),
        dwell=stops["dwell_ms"].to_numpy(dtype=np.int64),
        priority=stops["priority"].to_numpy(dtype=np.int64),
        worth=_whole(stops, "worth", 1),
        load=_whole(stops, "load", 0),
        windows=tuple(tuple(sorted((int(a), int(b)) for a, b in held)) for held in stops["windows"]),
        capacity=_whole(teams, "capacity", _NO_LIMIT),
        able=_able(problem, ms, mode, start, end, node),
    )


@dataclass(frozen=True, kw_only=True)
class Part:
    """
    Teams and stops that are worked out together.

    Parameters
    ----------
    teams, stops
        Their numbers.
    objective
        See `DayParams`.
    cap
        Longest time out; None for the shift.
    all_required
        Whether every stop has to be visited, whatever its priority.
    most
        How many teams may go out, where all that counts is to visit all; None for any number.
    """

    teams: tuple[int, ...]
    stops: tuple[int, ...]
    objective: str
    cap: int | None = None
    all_required: bool = False
    most: int | None = None


def kinds_of(ix: Indexed, part: Part) -> list[list[int]]:
    """Return the teams of a part by kind: those of one kind can stand in for each other."""
    kinds: dict[tuple[object, ...], list[int]] = {}
    for team in part.teams:
        able, places = ix.able[team, list(part.stops)].tobytes(), (int(ix.start[team]), int(ix.end[team]))
        key = (ix.mode[team], able, *places, *ix.shift[team].tolist(), int(ix.capacity[team]))
        kinds.setdefault(key, []).append(team)
    return list(kinds.values())


def shift_length(ix: Indexed, part: Part) -> int:
    """Return how long a team of a part is out at most."""
    longest = int(np.diff(ix.shift[list(part.teams)]).max())
    return longest if part.cap is None else min(part.cap, longest)


def team_price(ix: Indexed, part: Part) -> int:
    """Return what a team costs that goes out, in ms: more than all hours, where teams are to be few."""
    return len(part.teams) * shift_length(ix, part) if part.objective == TEAMS else 0


def prizes(ix: Indexed, part: Part) -> Ints:
    """
    Return what leaving out each stop of a part costs, in ms.

    A stop of the last priority costs more than a team that goes out for its sake alone; one of a higher
    priority as much as all those of the next, up to 20 of them, so that none is left out for several lower
    ones.
    """
    stops = list(part.stops)
    priority, worth = ix.priority[stops], ix.worth[stops]
    unit = shift_length(ix, part) + team_price(ix, part) + 1
    found = np.zeros(len(stops), dtype=np.int64)
    for level in np.unique(priority)[::-1]:
        here = priority == level
        found[here] = unit * worth[here]
        unit *= 1 + min(int(worth[here].sum()), _OUTWEIGHS)
    return found


def problem_faults(problem: DayProblem) -> Iterator[Reason]:
    """Yield what makes a day's problem one that cannot be worked on."""
    teams, stops = problem.teams, problem.stops
    for kind, frame in (("teams", teams), ("stops", stops)):
        for twice in frame.index[frame.index.duplicated()].unique():
            yield Reason("patrol_id_twice", {"table": kind, "id": twice})
    for team, begin, end in zip(teams.index, teams["shift_start_ms"], teams["shift_end_ms"], strict=True):
        if not 0 <= begin < end:
            yield Reason("shift_wrong", {"team": team, "begin_at": begin, "end_at": end})
    for stop, dwell, windows in zip(stops.index, stops["dwell_ms"], stops["windows"], strict=True):
        if not dwell >= 0:
            yield Reason("dwell_negative", {"stop": stop, "dwell_min": dwell / 60_000})
        for opens, closes in windows:
            if not opens <= closes:
                yield Reason("window_wrong", {"stop": stop, "open_at": opens, "close_at": closes})
    for stop, priority in stops["priority"].items():
        if not priority >= 1:
            yield Reason("priority_wrong", {"stop": stop, "found": priority})
    for mode in sorted(set(teams["travel_mode"]) - set(problem.travel)):
        yield Reason("travel_mode_without_times", {"travel_mode": mode})
    for mode in sorted(set(teams["travel_mode"]) & set(problem.travel)):
        known = set(problem.travel[mode].labels)
        ends = [teams[name] for name in ("start", "end") if name in teams]
        used = [
            *stops["place"],
            *(label for end in ends for label in end[teams["travel_mode"] == mode].dropna()),
        ]
        for place in sorted(str(place) for place in set(used) - known):
            yield Reason("patrol_place_unknown", {"place": place, "travel_mode": mode})
    if problem.allowed.shape != (len(teams), len(stops)):
        yield Reason("allowed_wrong", {"found": list(problem.allowed.shape)})


def has_skill(skills: Sequence[str], skill: str) -> bool:
    """Return whether a team of such skills may serve a stop that asks for one ("" asks for none)."""
    return not skill or skill in skills


def _able(
    problem: DayProblem, ms: dict[str, Ints], mode: Sequence[str], start: Ints, end: Ints, node: Ints
) -> npt.NDArray[np.bool_]:
    able = problem.allowed.copy()
    skills = problem.stops["skill"].fillna("").to_numpy()
    for team, held in enumerate(problem.teams["skills"]):
        there, back = ms[mode[team]][start[team], node], ms[mode[team]][node, end[team]]
        fit = np.array([has_skill(held, skill) for skill in skills], dtype=bool)
        able[team] &= fit & (there < UNREACHABLE) & (back < UNREACHABLE)
    return able


def _whole(frame: pd.DataFrame, column: str, otherwise: int) -> Ints:
    if column not in frame:
        return np.full(len(frame), otherwise, dtype=np.int64)
    return frame[column].fillna(otherwise).to_numpy(dtype=np.int64)
