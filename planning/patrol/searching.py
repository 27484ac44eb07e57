"""The search for good rounds: PyVRP's iterated local search on a part of a day's problem."""

from __future__ import annotations

import time
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from pyvrp import (
    Client,
    ClientGroup,
    Depot,
    IteratedLocalSearch,
    IteratedLocalSearchParams,
    Location,
    PenaltyManager,
    PenaltyParams,
    ProblemData,
    RandomNumberGenerator,
    Route,
    Solution,
    VehicleType,
)
from pyvrp.search import OPERATORS, LocalSearch, compute_neighbours

from planning.patrol.indexed import prizes, team_price
from planning.patrol.params import TRAVEL
from planning.patrol.timing import best_place, timed

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt
    from pyvrp.stop import StoppingCriterion

    from planning.patrol.indexed import Indexed, Part, Rounds

    Ints = npt.NDArray[np.int64]

# A leg that is forbidden takes longer than any shift, and is short enough to be multiplied by penalties.
_FORBIDDEN = 2**29
# Share of a search after which stops that have to be visited may be given up, where not all can be.
_STRICT_SHARE = 0.4
# A shorter memory than PyVRP's own settles sooner: better in 8 and in 40 s of 338 stops and 30 teams.
_ILS = IteratedLocalSearchParams(history_length=100)
_NONE_YET = np.iinfo(np.int64).max


class Budget:
    """
    What the searches of a part may spend, one after the other: seconds or iterations.

    Parameters
    ----------
    seconds, iterations
        Whichever is given.
    cancelled
        Asked before each iteration.
    """

    def __init__(
        self,
        *,
        seconds: float | None = None,
        iterations: int | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> None:
        self.seconds, self.iterations, self.cancelled = seconds, iterations, cancelled
        self.began: float | None = None
        self.done = 0

    def spent(self) -> float:
        """Return the share that is spent since this was first asked, 1 or more when all has to end."""
        now = time.monotonic()
        self.began = now if self.began is None else self.began
        if self.cancelled is not None and self.cancelled():
            return 1.0
        if self.iterations is not None:
            return self.done / self.iterations
        return 1.0 if not self.seconds else (now - self.began) / self.seconds

    def until(self, share: float, *, strict: float, feasible: bool) -> StoppingCriterion:
        """Return what PyVRP asks: whether to stop, by `strict` if no plan can be driven by then."""

        def stop(best_cost: int) -> bool:
            spent, none_yet = self.spent(), best_cost == _NONE_YET
            self.done += 1
            return spent >= (strict if none_yet else share) or (feasible and not none_yet)

        return stop


def search(
    ix: Indexed,
    part: Part,
    *,
    seed: int,
    budget: Budget,
    until: float = 1.0,
    start: Rounds | None = None,
    feasible: bool = False,
) -> Rounds:
    """
    Search the best rounds of some teams for some stops; what is returned can be driven.

    Parameters
    ----------
    part
        Teams and stops; each stop can be visited by one of them at least.
    seed
        From which all randomness comes.
    budget, until
        How long, as a share of the budget.
    start
        Rounds to start from.
    feasible
        Whether to stop at the first plan that visits every stop that has to be visited, or at `until` with
        less.
    """
    model = _Model(ix, part, strict=True)
    spent = budget.spent()
    strict = until if feasible else spent + _STRICT_SHARE * max(until - spent, 0.0)
    best = model.searched(start, seed=seed, stop=budget.until(until, strict=strict, feasible=feasible))
    found = model.rounds(best)
    if not best.is_feasible() and not feasible and budget.spent() < until:
        model = _Model(ix, part, strict=False)
        best = model.searched(found, seed=seed, stop=budget.until(until, strict=until, feasible=False))
        found = model.rounds(best)
    return filled(ix, part, found if best.is_feasible() else drivable(ix, part, found))


def drivable(ix: Indexed, part: Part, rounds: Rounds) -> Rounds:
    """Return rounds without the stops that make them impossible to keep, those that count least first."""
    worth = dict(zip(part.stops, prizes(ix, part).tolist(), strict=True))
    kept: Rounds = {}
    for team, stops in rounds.items():
        held = [stop for stop in stops if ix.able[team, stop]]
        while held and not timed(ix, team, held, cap=part.cap).possible:
            tries = [held[:i] + held[i + 1 :] for i in range(len(held))]
            rest = [timed(ix, team, stops_left, cap=part.cap) for stops_left in tries]
            i = min(range(len(held)), key=lambda i: (worth[held[i]], rest[i].badness, rest[i].duration))
            held = tries[i]
        if held:
            kept[team] = tuple(held)
    return kept


def filled(ix: Indexed, part: Part, rounds: Rounds) -> Rounds:
    """Return rounds with the stops put in that still fit, those that count most first."""
    visited = {stop for stops in rounds.values() for stop in stops}
    worth = dict(zip(part.stops, prizes(ix, part).tolist(), strict=True))
    for stop in sorted(set(part.stops) - visited, key=lambda stop: (-worth[stop], stop)):
        tries = []
        for team in part.teams:
            if ix.able[team, stop]:
                stops = rounds.get(team, ())
                place, longer = best_place(ix, team, stops, stop, cap=part.cap)
                before = timed(ix, team, stops, cap=part.cap).duration if stops else 0
                if longer.possible:
                    tries.append((longer.duration - before, team, (*stops[:place], stop, *stops[place:])))
        if tries:
            _, team, stops = min(tries)
            rounds = {**rounds, team: stops}
    return rounds


class _Model:
    """A part of a problem as PyVRP has it; `strict` where stops of priority 1 have to be visited."""

    def __init__(self, ix: Indexed, part: Part, *, strict: bool) -> None:
        self.ix, self.part, self.strict = ix, part, strict
        self.stop_of: list[int] = []
        self.clients_of: dict[int, list[int]] = {}
        self.groups: list[ClientGroup] = []
        clients = self._clients()
        self.depots = sorted({int(node) for team in part.teams for node in (ix.start[team], ix.end[team])})
        nodes = np.array([*ix.node[list(part.stops)], *self.depots], dtype=np.int64)
        keys = {team: self._key(team) for team in part.teams}
        ordered = sorted(part.teams, key=lambda team: (keys[team], team))
        self.teams_of = [list(teams) for _, teams in groupby(ordered, key=keys.__getitem__)]
        self.type_of = {team: i for i, teams in enumerate(self.teams_of) for team in teams}
        durations, distances, profile = self._matrices(nodes)
        self.data = ProblemData(
            locations=[Location(0, 0)] * len(nodes),
            clients=clients,
            depots=[Depot(len(part.stops) + i) for i in range(len(self.depots))],
            vehicle_types=[self._vehicles(teams, profile[teams[0]]) for teams in self.teams_of],
            distance_matrices=distances,
            duration_matrices=durations,
            groups=self.groups,
        )

    def searched(self, start: Rounds | None, *, seed: int, stop: StoppingCriterion) -> Solution:
        """Return the best solution found, from some rounds or from random ones."""
        rng = RandomNumberGenerator(seed)
        local = LocalSearch(self.data, rng, compute_neighbours(self.data))
        for operator in OPERATORS:
            if operator.supports(self.data):
                local.add_operator(operator(self.data))
        params = PenaltyParams()
        penalties = PenaltyManager(params.midpoint_penalties(self.data), params)
        first = Solution.make_random(self.data, rng) if start is None else self.solution(start)
        first = local(first, penalties.max_cost_evaluator(), exhaustive=True)
        return (
            IteratedLocalSearch(self.data, penalties, local, first, _ILS).run(stop, collect_stats=False).best
        )

    def solution(self, rounds: Rounds) -> Solution:
        """Return rounds as PyVRP has them; of a stop's windows the first that is still open is chosen."""
        routes = []
        for team, stops in rounds.items():
            begins = timed(self.ix, team, stops, cap=self.part.cap).begin
            visits = [self._client_at(stop, begin) for stop, begin in zip(stops, begins, strict=True)]
            routes.append(Route(self.data, visits, self.type_of[team]))
        return Solution(self.data, routes)

    def rounds(self, solution: Solution) -> Rounds:
        """Return PyVRP's routes as rounds."""
        free = [list(teams) for teams in self.teams_of]
        found: Rounds = {}
        for route in solution.routes():
            stops = tuple(self.stop_of[visit.idx] for visit in route if visit.is_client())
            if stops:
                found[free[route.vehicle_type()].pop(0)] = stops
        return dict(sorted(found.items()))

    def _clients(self) -> list[Client]:
        """Make a client of each window in which a stop can be visited; of several, one is to be visited."""
        shifts = self.ix.shift[list(self.part.teams)]
        begin, finish = int(shifts[:, 0].min()), int(shifts[:, 1].max())
        worth = prizes(self.ix, self.part)
        clients: list[Client] = []
        for place, stop in enumerate(self.part.stops):
            windows = self.ix.windows[stop] or ((begin, finish),)
            usable = [(opens, closes) for opens, closes in windows if opens <= finish and closes >= begin]
            must = self.strict and (self.part.all_required or self.ix.priority[stop] == 1)
            self.clients_of[stop] = list(range(len(clients), len(clients) + len(usable)))
            several = len(usable) > 1
            if several:
                self.groups.append(ClientGroup(self.clients_of[stop], required=must))
            for opens, closes in usable:
                self.stop_of.append(stop)
                clients.append(
                    Client(
                        location=place,
                        delivery=[int(self.ix.load[stop])],
                        service_duration=int(self.ix.dwell[stop]),
                        tw_early=max(opens, 0),
                        tw_late=closes,
                        prize=0 if must else int(worth[place]),
                        required=must and not several,
                        group=len(self.groups) - 1 if several else None,
                    )
                )
        return clients

    def _client_at(self, stop: int, begin: int) -> int:
        clients = self.clients_of[stop]
        return next((c for c in clients if self.data.client(c).tw_late >= begin), clients[-1])

    def _key(self, team: int) -> tuple[object, ...]:
        """Return what makes a team another one than the next; like teams are vehicles of one type."""
        ix = self.ix
        begin, finish = ix.shift[team].tolist()
        able = ix.able[team, list(self.part.stops)].tobytes()
        return (
            ix.mode[team],
            able,
            int(ix.start[team]),
            int(ix.end[team]),
            begin,
            finish,
            int(ix.capacity[team]),
        )

    def _vehicles(self, teams: list[int], profile: int) -> VehicleType:
        ix, team = self.ix, teams[0]
        begin, finish = ix.shift[team].tolist()
        first = self.depots.index
        travel = self.part.objective == TRAVEL
        return VehicleType(
            num_available=len(teams),
            capacity=[int(ix.capacity[team])],
            start_depot=first(int(ix.start[team])),
            end_depot=first(int(ix.end[team])),
            fixed_cost=team_price(ix, self.part),
            tw_early=begin,
            tw_late=finish,
            shift_duration=finish - begin if self.part.cap is None else min(self.part.cap, finish - begin),
            unit_distance_cost=1,
            unit_duration_cost=0 if travel else 1,
            profile=profile,
        )

    def _matrices(self, nodes: Ints) -> tuple[list[Any], list[Any], dict[int, int]]:
        """Return durations and distances of each profile, and the profile of each team."""
        durations: list[Any] = []
        distances: list[Any] = []
        known: dict[tuple[str, bytes], int] = {}
        profile: dict[int, int] = {}
        stops = list(self.part.stops)
        for team in self.part.teams:
            key = (self.ix.mode[team], self.ix.able[team, stops].tobytes())
            if key not in known:
                known[key] = len(durations)
                ms = np.minimum(self.ix.travel(team)[np.ix_(nodes, nodes)], _FORBIDDEN)
                closed = np.flatnonzero(~self.ix.able[team, stops])
                ms[closed, :] = ms[:, closed] = _FORBIDDEN
                np.fill_diagonal(ms, 0)
                durations.append(ms)
                distances.append(ms if self.part.objective == TRAVEL else np.where(ms < _FORBIDDEN, 0, ms))
            profile[team] = known[key]
        return durations, distances, profile
