"""Weeks of patrols in the numbers of the compiled search, and its rounds back as rounds of days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planning.patrol.indexed import Part, indexed, prizes
from planning.patrol.params import TEAMS, TRAVEL
from planning.patrol.period._period_kernel import Ground, Room, State, fits, measure, price_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from planning.patrol.indexed import Indexed
    from planning.patrol.period.problem import PeriodParams, PeriodPlan, PeriodProblem

    Ints = npt.NDArray[np.int64]
    # The stops of a team on a day, and the window that each is visited in.
    Windowed = tuple[tuple[int, int], ...]
    # By day and team.
    PeriodRounds = dict[tuple[int, int], Windowed]

_FAR = 2**40
_NEAREST = 200
# Ways of a week cost up to so much more or less than they take, where plans are to vary most.
_NOISE = 0.4
# What the same weekday as last time costs, and a day at most, in ms.
_HABIT_MS, _WHIM_MS = 400_000, 400_000
_WEEK = 7


@dataclass(frozen=True, kw_only=True)
class Varied:
    """
    What makes weeks differ.

    Parameters
    ----------
    share
        From 0, nothing, to 1.
    seed
        From which all whims come.
    """

    share: float = 0.0
    seed: int = 1


@dataclass(frozen=True, kw_only=True)
class Kept:
    """
    What is to stay as it is in a plan that is changed.

    Parameters
    ----------
    home
        (stop, day): the team that visits it so far, -1 for none.
    price_ms
        What each visit costs that is another team's or on another day, but
    at_most
        no more than this share of what a broken promise does.
    frozen
        Of each day, whether nothing may change.
    """

    home: Ints
    price_ms: int
    at_most: float = 1 / 8
    frozen: npt.NDArray[np.bool_]


def ground_of(
    problem: PeriodProblem,
    ix: Indexed,
    params: PeriodParams,
    *,
    varied: Varied | None = None,
    kept: Kept | None = None,
) -> Ground:
    """Return weeks of patrols in numbers."""
    teams, stops, days = len(ix.team_ids), len(ix.stop_ids), len(problem.days)
    varied = varied or Varied()
    part = Part(teams=tuple(range(teams)), stops=tuple(range(stops)), objective=params.objective)
    shifts = problem.shifts()
    begin, finish = (np.ascontiguousarray(shifts[:, :, end].ravel()) for end in (0, 1))
    ms, way, place = _ways(problem, ix)
    toll, tolled = _tolls(ms, way, params, varied, teams)
    cap = np.maximum(finish - begin, 0)
    if params.cap_ms is not None:
        cap = np.minimum(cap, params.cap_ms)
    windows = [held or ((0, _FAR),) for held in ix.windows]
    flat = [window for held in windows for window in held]
    listed, patterns = _patterns(problem)
    promises = problem.promises
    service = np.zeros((stops, days), dtype=bool)
    for stop, open_ in enumerate(promises["service"]):
        service[stop, list(open_)] = True
    between = ms.min(axis=0)[:stops, :stops]
    between = np.minimum(between, between.T)
    np.fill_diagonal(between, -1)
    team_price = teams * int(cap.max(initial=0)) if params.objective == TEAMS else 0
    prize = prizes(ix, part) if teams else np.ones(stops, dtype=np.int64)
    dearest = 0 if kept is None else int(kept.at_most * prize.min(initial=_FAR))
    change = 0 if kept is None else max(min(kept.price_ms, dearest), 1)
    habit = round(varied.share * _HABIT_MS)
    found = Ground(
        ms=ms,
        toll=toll,
        way=way,
        tolled=tolled,
        begin=begin,
        finish=finish,
        cap=cap,
        kind=_kinds(ix, begin, finish, way, teams, capped=params.total_ms is not None),
        start=place[ix.start],
        end=place[ix.end],
        capacity=ix.capacity,
        total=np.full(teams, _FAR if params.total_ms is None else params.total_ms),
        able=np.ascontiguousarray(ix.able),
        open=service,
        frozen=np.zeros(days, dtype=bool) if kept is None else kept.frozen,
        load=ix.load,
        dwell=ix.dwell,
        prize=prize,
        first=np.cumsum([0, *map(len, windows)]),
        opens=np.array([opens for opens, _ in flat], dtype=np.int64),
        closes=np.array([closes for _, closes in flat], dtype=np.int64),
        near=np.ascontiguousarray(np.argsort(between, axis=1, kind="stable")[:, :_NEAREST]),
        listed=listed,
        patterns=patterns,
        **{
            name: promises[column].to_numpy(dtype=np.int64)
            for name, column in (
                ("visits", "visits"),
                ("block", "block"),
                ("least", "gap_least"),
                ("most", "gap_most"),
                ("last", "last"),
            )
        },
        whim=_whims(stops, days, varied),
        home=np.full((stops, days), -1) if kept is None else kept.home,
        rates=np.array([int(params.objective != TRAVEL), team_price, habit, change]),
    )
    # Arrays of their own: the search is compiled anew for those that are only lent.
    return Ground(*(np.array(values, order="C") for values in found))  # type: ignore[arg-type]


def empty_state(ground: Ground, seed: int) -> State:
    """Return rounds without stops."""
    (rounds,), (stops, days) = ground.begin.shape, ground.open.shape
    most = _most_stops(ground)
    return State(
        stops=np.zeros((rounds, most), dtype=np.int64),
        size=np.zeros(rounds, dtype=np.int64),
        team=np.full((stops, days), -1, dtype=np.int64),
        window=np.zeros((stops, days), dtype=np.int64),
        price=np.zeros(stops, dtype=np.int64),
        duty=np.zeros(rounds, dtype=np.int64),
        cost=np.zeros(rounds, dtype=np.int64),
        toll=np.zeros(rounds, dtype=np.int64),
        load=np.zeros(rounds, dtype=np.int64),
        worked=np.zeros(len(ground.start), dtype=np.int64),
        head=np.zeros((rounds, most + 1, 3), dtype=np.int64),
        tail=np.zeros((rounds, most + 1, 3), dtype=np.int64),
        random=np.random.SeedSequence(seed).generate_state(1, dtype=np.uint64) | np.uint64(1),
    )


def room_for(ground: Ground, state: State) -> Room:
    """Return room to search in."""
    (rounds, most), (stops, days) = state.stops.shape, ground.open.shape
    visits = int(ground.visits.max(initial=0))
    by_day = {name: np.zeros(days, dtype=np.int64) for name in ("cost", "place", "by", "slot")}
    return Room(
        touched=np.zeros(rounds, dtype=bool),
        which=np.zeros(rounds + 1, dtype=np.int64),
        stops=np.zeros((rounds, most), dtype=np.int64),
        size=np.zeros(rounds, dtype=np.int64),
        before=np.zeros(rounds, dtype=np.int64),
        team=np.zeros((stops, days), dtype=np.int64),
        window=np.zeros((stops, days), dtype=np.int64),
        price=np.zeros(stops, dtype=np.int64),
        is_out=np.zeros(stops, dtype=bool),
        out=np.zeros(stops, dtype=np.int64),
        key=np.zeros(stops),
        lacking=np.zeros(stops, dtype=np.int64),
        **by_day,
        kept=np.zeros(days, dtype=bool),
        chosen=np.zeros(days, dtype=bool),
        table=np.zeros((days, visits + 1), dtype=np.int64),
        back=np.zeros((days, visits + 1), dtype=np.int64),
    )


def fill(ground: Ground, state: State, room: Room, rounds: PeriodRounds) -> float:
    """Put rounds into a state, without the stops with which they cannot be driven; return its cost."""
    teams = len(ground.start)
    for (day, team), visits in sorted(rounds.items()):
        at = day * teams + team
        if ground.finish[at] <= ground.begin[at]:
            continue
        for stop, window in visits:
            if state.team[stop, day] >= 0 or state.size[at] == state.stops.shape[1]:
                continue
            state.stops[at, state.size[at]] = stop
            state.size[at] += 1
            state.team[stop, day], state.window[stop, day] = team, window
            measure(ground, state, at)
            if not fits(ground, state, at):
                state.size[at] -= 1
                state.team[stop, day] = -1
                measure(ground, state, at)
    for at in range(len(state.size)):
        measure(ground, state, at)
    for stop in range(len(state.price)):
        state.price[stop] = price_of(ground, state, room, stop)
    return float(state.cost.sum() + state.price.sum())


def rounds_of(state: State) -> PeriodRounds:
    """Return the rounds of a state in which anybody goes out."""
    teams = len(state.worked)
    found: PeriodRounds = {}
    for at in np.flatnonzero(state.size):
        day, team = divmod(int(at), teams)
        stops = state.stops[at, : state.size[at]].tolist()
        found[day, team] = tuple((stop, int(state.window[stop, day])) for stop in stops)
    return found


def rounds_of_plan(ix: Indexed, plan: PeriodPlan, days: Mapping[int, int] | None = None) -> PeriodRounds:
    """
    Return the rounds of a plan, as far as its teams and stops are known here.

    Parameters
    ----------
    days
        Which day here each day of the plan is; the same by default.
    """
    first = np.cumsum([0, *(max(len(held), 1) for held in ix.windows)])
    found: PeriodRounds = {}
    for number, day in enumerate(plan.days):
        here = number if days is None else days.get(number)
        for route in day.routes if here is not None else ():
            if route.team_id not in ix.team_number or here is None:
                continue
            found[here, ix.team_number[route.team_id]] = tuple(
                (stop, int(first[stop]) + _window_at(ix.windows[stop], visit.begin_ms))
                for visit in route.visits
                if (stop := ix.stop_number.get(visit.stop_id, -1)) >= 0
            )
    return found


def numbered(problem: PeriodProblem) -> Indexed:
    """Return teams and stops of a period in numbers; raises ``day_problem_faults``."""
    return indexed(problem.base)


def _window_at(windows: Sequence[tuple[int, int]], begin: int) -> int:
    return next((i for i, (_, closes) in enumerate(windows) if begin <= closes), max(len(windows) - 1, 0))


def _ways(problem: PeriodProblem, ix: Indexed) -> tuple[Ints, Ints, Ints]:
    """Return ms by kind of ways, the kind of each round, and the node of each node of `ix`."""
    teams, stops = len(ix.team_ids), len(ix.stop_ids)
    depots = sorted({int(node) for ends in (ix.start, ix.end) for node in ends})
    place = np.zeros(max([*ix.node.tolist(), *depots, 0]) + 1, dtype=np.int64)
    place[depots] = stops + np.arange(len(depots))
    base, ends = problem.base, problem.base.teams.get("end", problem.base.teams["start"])
    label_of = {
        **dict(zip(ix.end.tolist(), ends.fillna(base.teams["start"]), strict=True)),
        **dict(zip(ix.start.tolist(), base.teams["start"], strict=True)),
    }
    labels = [*base.stops["place"], *(label_of[node] for node in depots)]
    kinds: dict[int, int] = {}
    tables: list[Ints] = []
    way = np.zeros((len(problem.days), teams), dtype=np.int64)
    for day in range(len(problem.days)):
        travel = problem.travel(day)
        for team, mode in enumerate(ix.mode):
            times = travel[mode]
            if id(times) not in kinds:
                kinds[id(times)] = len(tables)
                at = times.labels.get_indexer(pd.Index(labels))
                tables.append(np.minimum(times.ms[np.ix_(at, at)], _FAR))
            way[day, team] = kinds[id(times)]
    size = stops + len(depots)
    return (np.stack(tables) if tables else np.zeros((1, size, size), dtype=np.int64)), way.ravel(), place


def _tolls(ms: Ints, way: Ints, params: PeriodParams, varied: Varied, teams: int) -> tuple[Ints, Ints]:
    """Return what legs cost beyond the time on duty, and which of these each round pays."""
    travel = params.objective == TRAVEL
    if not varied.share:
        return (ms, way) if travel else (np.zeros((1, *ms.shape[1:]), dtype=np.int64), np.zeros_like(way))
    weeks = np.arange(len(way)) // teams // _WEEK
    rng = np.random.default_rng([varied.seed, 1])
    noise = [rng.uniform(-_NOISE, _NOISE, ms.shape[1:]) * varied.share for _ in range(int(weeks.max()) + 1)]
    pairs = {pair: i for i, pair in enumerate(sorted(set(zip(weeks.tolist(), way.tolist(), strict=True))))}
    near = np.where(ms < _FAR, ms, 0)
    tolls = [np.rint(near[kind] * noise[week]).astype(np.int64) + travel * ms[kind] for week, kind in pairs]
    tolled = np.array([pairs[pair] for pair in zip(weeks.tolist(), way.tolist(), strict=True)])
    return np.stack(tolls), tolled


def _whims(stops: int, days: int, varied: Varied) -> Ints:
    """Return what each day costs each stop for no reason."""
    if not varied.share:
        return np.zeros((stops, days), dtype=np.int64)
    drawn = np.random.default_rng([varied.seed, 2]).random((stops, days))
    return np.rint(drawn * varied.share * _WHIM_MS).astype(np.int64)


def _patterns(problem: PeriodProblem) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Return the listed patterns, and from which row on those of each stop are."""
    days = len(problem.days)
    rows: list[npt.NDArray[np.bool_]] = []
    listed = [0]
    columns = ("visits", "block", "gap_least", "service", "patterns")
    for visits, block, least, service, patterns in problem.promises[[*columns]].itertuples(index=False):
        # Whoever is visited daily has one pattern.
        daily = visits == block and least == 1
        for pattern in patterns or ((service,) if daily else ()):
            row = np.zeros(days, dtype=bool)
            row[list(pattern)] = True
            rows.append(row)
        listed.append(len(rows))
    return np.array(listed), np.array(rows, dtype=bool).reshape(len(rows), days)


def _kinds(ix: Indexed, begin: Ints, finish: Ints, way: Ints, teams: int, *, capped: bool) -> Ints:
    """Return the kind of each round: those of like teams with the same shift are one until they differ."""
    known: dict[tuple[object, ...], int] = {}
    found = np.zeros(len(begin), dtype=np.int64)
    for at in range(len(begin)):
        team = at % teams
        key = (
            ix.able[team].tobytes(),
            int(ix.start[team]),
            int(ix.end[team]),
            int(ix.capacity[team]),
            int(begin[at]),
            int(finish[at]),
            int(way[at]),
            team if capped else -1,
        )
        found[at] = known.setdefault(key, len(known))
    return found


def _most_stops(ground: Ground) -> int:
    """Return how many stops fit into any round at most, by their dwell alone."""
    stops = len(ground.dwell)
    longest, least = int(ground.cap.max(initial=0)), int(ground.dwell.min(initial=_FAR))
    return max(min(stops, stops if least <= 0 else longest // least), 1)
