"""A part of a day as PyVRP has it, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pyvrp import (
    Client,
    ClientGroup,
    CostEvaluator,
    Depot,
    Location,
    ProblemData,
    Route,
    Solution,
    VehicleType,
)

from planning.patrol.indexed import kinds_of, prizes, team_price
from planning.patrol.params import TRAVEL
from planning.patrol.recombining import Found
from planning.patrol.timing import timed

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from planning.patrol.indexed import Indexed, Part, Rounds

    Ints = npt.NDArray[np.int64]

# A leg that is forbidden takes longer than any shift, and is short enough to be multiplied by penalties.
_FORBIDDEN = 2**29


class Model:
    """
    A part of a problem as PyVRP has it: a client for each window of a stop, a vehicle type for like teams.

    Parameters
    ----------
    ix, part
        The problem and the part.
    """

    def __init__(self, ix: Indexed, part: Part) -> None:
        self.ix, self.part = ix, part
        self.stop_of: list[int] = []
        self.clients_of: dict[int, list[int]] = {}
        self.groups: list[ClientGroup] = []
        clients = self._clients()
        self.depots = sorted({int(node) for team in part.teams for node in (ix.start[team], ix.end[team])})
        nodes = np.array([*ix.node[list(part.stops)], *self.depots], dtype=np.int64)
        self.teams_of = kinds_of(ix, part)
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

    def must_visit(self, stop: int) -> bool:
        """Return whether a stop may not be left out."""
        return bool(self.part.all_required or self.ix.priority[stop] == 1)

    def found(self, solution: Solution) -> Found:
        """Return a solution that can be driven, and what it costs."""
        return Found(cost=CostEvaluator([0.0], 0.0, 0.0).cost(solution), rounds=self.rounds(solution))

    def drivable(self, solution: Solution) -> Iterator[tuple[int, tuple[int, ...], int]]:
        """Yield kind of team, stops and cost of the rounds of a solution that can be driven."""
        for route in solution.routes():
            stops = tuple(self.stop_of[visit.idx] for visit in route if visit.is_client())
            if stops and route.is_feasible():
                cost = route.duration_cost() + route.distance_cost() + route.fixed_vehicle_cost()
                yield route.vehicle_type(), stops, cost

    def _clients(self) -> list[Client]:
        """Make a client of each window in which a stop can be visited; of several, one is to be visited."""
        shifts = self.ix.shift[list(self.part.teams)]
        begin, finish = int(shifts[:, 0].min()), int(shifts[:, 1].max())
        worth = prizes(self.ix, self.part)
        clients: list[Client] = []
        for place, stop in enumerate(self.part.stops):
            windows = self.ix.windows[stop] or ((begin, finish),)
            usable = [(opens, closes) for opens, closes in windows if opens <= finish and closes >= begin]
            must = self.must_visit(stop)
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
