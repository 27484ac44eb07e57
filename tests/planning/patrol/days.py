"""Days small enough to be tried through, drawn on a square of one hour's way."""

import itertools

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from geo.travel_times import UNREACHABLE, TravelTimes
from planning.patrol.plan import DayProblem

MIN = 60_000
EIGHT, SIXTEEN = 8 * 60, 16 * 60


def day(points, teams, stops, *, allowed=None, cut=(), mode="joint", speeds=None):
    """
    Make a day's problem; times in minutes, places by letters at (x, y) in minutes of way.

    `teams` and `stops` are dicts of what differs from a team at ``a`` on an 8 h shift from 8:00, and from a
    stop of 15 minutes that is open all day and has to be visited. Places in `cut` cannot be reached.
    """
    labels = pd.Index(sorted(points))
    at = np.array([points[label] for label in labels], dtype=float)
    way = np.abs(at[:, None] - at[None]).sum(axis=2)
    travel = {}
    for name, factor in (speeds or {"car": 1.0}).items():
        ms = np.round(way * factor * MIN).astype(np.int64)
        for place in cut:
            ms[labels.get_loc(place), :] = ms[:, labels.get_loc(place)] = UNREACHABLE
        np.fill_diagonal(ms, 0)
        travel[name] = TravelTimes(labels=labels, ms=ms)
    first = next(iter(travel))
    team_rows = {
        f"T{i + 1}": {
            "name": f"{i + 1} 队",
            "station_id": "",
            "village_id": "",
            "members": 2,
            "travel_mode": team.get("by", first),
            "start": team.get("at", "a"),
            "end": team.get("end", team.get("at", "a")),
            "shift_start_ms": round(team.get("from", EIGHT) * MIN),
            "shift_end_ms": round(team.get("until", SIXTEEN) * MIN),
            "skills": tuple(team.get("skills", ())),
            "capacity": team.get("capacity", 1000),
        }
        for i, team in enumerate(teams or [{}])
    }
    stop_rows = {
        f"S{i + 1}": {
            "name": f"{i + 1} 点",
            "kind": "village",
            "station_id": "",
            "village_id": "",
            "dwell_ms": round(stop.get("dwell", 15) * MIN),
            "windows": tuple((round(a * MIN), round(b * MIN)) for a, b in stop.get("windows", ())),
            "priority": stop.get("priority", 1),
            "skill": stop.get("skill", ""),
            "place": stop["at"],
            "worth": stop.get("worth", 1),
            "load": stop.get("load", 1),
        }
        for i, stop in enumerate(stops or [{"at": labels[0]}])
    }
    team_frame = pd.DataFrame.from_dict(team_rows, orient="index").iloc[: len(teams)]
    stop_frame = pd.DataFrame.from_dict(stop_rows, orient="index").iloc[: len(stops)]
    may = np.ones((len(teams), len(stops)), dtype=bool) if allowed is None else np.array(allowed, dtype=bool)
    return DayProblem(
        force="squad", mode=mode, teams=team_frame, stops=stop_frame, travel=travel, allowed=may
    )


class Tried:
    """A day small enough to try every start of every order of every set of stops of every team."""

    def __init__(self, problem, *, cap=None, step=5 * MIN):
        self.teams = problem.teams.to_dict("index")
        self.stops = problem.stops.to_dict("index")
        self.allowed = {
            (team, stop): bool(problem.allowed[i, j])
            for i, team in enumerate(self.teams)
            for j, stop in enumerate(self.stops)
        }
        self.ms = {
            (mode, a, b): int(times.ms[i, j])
            for mode, times in problem.travel.items()
            for i, a in enumerate(times.labels)
            for j, b in enumerate(times.labels)
        }
        self.cap, self.step = cap, step

    def end(self, team_id, stop_ids, start):
        """Simulate a round from a start; None if a window, the shift or the way forbids it."""
        team, now = self.teams[team_id], start
        mode, here = team["travel_mode"], team["start"]
        for stop_id in stop_ids:
            stop = self.stops[stop_id]
            now += self.ms[mode, here, stop["place"]]
            if stop["windows"]:
                now = min((max(now, a) for a, b in stop["windows"] if now <= b), default=UNREACHABLE)
            now += stop["dwell_ms"]
            here = stop["place"]
        now += self.ms[mode, here, team["end"]]
        return now if now <= team["shift_end_ms"] else None

    def least_duration(self, team_id, stop_ids):
        """Try every start of the shift and return the shortest time out; None if there is none."""
        team = self.teams[team_id]
        starts = range(team["shift_start_ms"], team["shift_end_ms"] + 1, self.step)
        found = [end - start for start in starts if (end := self.end(team_id, stop_ids, start)) is not None]
        return min(found, default=None)

    def serves(self, team_id, stop_id):
        skill = self.stops[stop_id]["skill"]
        return self.allowed[team_id, stop_id] and (not skill or skill in self.teams[team_id]["skills"])

    def tours(self, team_id):
        """Return the shortest time out for every set of stops that a team can serve."""
        mine = [stop for stop in self.stops if self.serves(team_id, stop)]
        tours = {frozenset(): 0}
        for count in range(1, len(mine) + 1):
            for chosen in itertools.combinations(mine, count):
                times = [self.least_duration(team_id, order) for order in itertools.permutations(chosen)]
                least = min((time for time in times if time is not None), default=None)
                if least is not None and (self.cap is None or least <= self.cap):
                    tours[frozenset(chosen)] = least
        return tours

    def plans(self):
        """Yield the stops left out and the times out of every plan there is."""
        for chosen in itertools.product(*(self.tours(team).items() for team in self.teams)):
            visited = frozenset().union(*(stops for stops, _ in chosen))
            if sum(len(stops) for stops, _ in chosen) == len(visited):
                yield set(self.stops) - visited, [time for stops, time in chosen if stops]


def best_of_all(problem, objective, *, cap=None):
    """Return the figures of the best plan there is."""
    priority = problem.stops["priority"].to_dict()
    plans = Tried(problem, cap=cap).plans()
    return min(_figures([priority[stop] for stop in left], times, objective) for left, times in plans)


def figures_of(plan):
    """Return what a plan leaves out, by priority, and then what its objective asks for."""
    times = [route.duration_ms for route in plan.routes]
    return _figures([stop.priority for stop in plan.unvisited], times, plan.objective)


def _figures(left, times, objective):
    wanted = {
        "hours": (sum(times),),
        "teams": (len(times), sum(times)),
        "longest": (max(times, default=0), sum(times)),
    }
    return (*(left.count(priority) for priority in (1, 2, 3)), *wanted[objective])


@st.composite
def days(draw, *, most_stops=4, most_teams=2, priorities=(1, 2, 3)):
    """Draw a day; everything falls on five minutes."""
    letters = "abcdefgh"

    def minutes(least, most):
        return draw(st.integers(least // 5, most // 5)) * 5

    points = {letter: (minutes(0, 40), minutes(0, 40)) for letter in letters}
    teams, stops = [], []
    for _ in range(draw(st.integers(1, most_teams))):
        begin = minutes(8 * 60, 9 * 60)
        until = begin + minutes(60, 300)
        skills = draw(st.sampled_from([(), ("k",)]))
        teams.append({"at": draw(st.sampled_from("ab")), "from": begin, "until": until, "skills": skills})
    for _ in range(draw(st.integers(1, most_stops))):
        opens = [minutes(8 * 60, 12 * 60) for _ in range(draw(st.integers(0, 2)))]
        stops.append(
            {
                "at": draw(st.sampled_from(letters)),
                "dwell": minutes(0, 20),
                "windows": [(a, a + minutes(0, 90)) for a in opens],
                "priority": draw(st.sampled_from(priorities)),
                "skill": draw(st.sampled_from(["", "", "k"])),
            }
        )
    allowed = [[draw(st.integers(0, 3)) > 0 for _ in stops] for _ in teams]
    return day(points, teams, stops, allowed=allowed, cut=draw(st.sampled_from(["", "", "h"])))
