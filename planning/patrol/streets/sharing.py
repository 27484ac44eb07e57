"""Streets shared out among teams by PyVRP: each is a group of clients, one a direction; one is visited."""

from __future__ import annotations

import warnings
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
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.search import OPERATORS, LocalSearch, compute_neighbours

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from planning.patrol.searching import Budget
    from planning.patrol.streets.rounds import Choices, Rounds

    Ints = npt.NDArray[np.int64]

# A way that there is not takes longer than any shift, and is short enough to be multiplied by penalties.
_FORBIDDEN = 2**29
_NO_LIMIT = 2**40
# What the best cost is to PyVRP as long as nothing keeps to the limits.
_NONE_YET = np.iinfo(np.int64).max
_ILS = IteratedLocalSearchParams(history_length=100)
# Leaving a street out costs more than any round; of streets that cannot all be covered, long ones come first.
_PRIZE_A_ROUND = 4


def share_streets(
    choices: Choices,
    *,
    most_ms: Ints,
    seed: int,
    budget: Budget,
    until: float = 1.0,
    start: Rounds | None = None,
    required: bool = True,
    first: bool = False,
) -> Rounds | None:
    """
    Return rounds of fewest hours that cover the streets.

    Parameters
    ----------
    most_ms
        How long each team may be out.
    seed
        From which all randomness comes.
    budget, until
        How long, as a share of the budget.
    start
        Rounds to begin with, which may be too long.
    required
        Whether all streets have to be covered; otherwise as many as can be, the long ones first.
    first
        Whether to stop at the first rounds that nobody is out for too long.

    Returns
    -------
    dict or None
        None where no rounds were found that keep to the limits.
    """
    model = _Model(choices, most_ms, required=required)
    best = model.searched(start, seed=seed, stop=_stop(budget, until, first=first))
    return model.rounds(best) if best.is_feasible() else None


def _stop(budget: Budget, until: float, *, first: bool) -> Callable[[int], bool]:
    """Return what PyVRP asks before each iteration: whether to stop."""

    def stop(best_cost: int) -> bool:
        budget.done += 1
        return budget.spent() >= until or (first and best_cost != _NONE_YET)

    return stop


class _Model:
    """A problem as PyVRP has it; locations are the choices, then the teams' places."""

    def __init__(self, choices: Choices, most_ms: Ints, *, required: bool) -> None:
        self.choices = choices
        problem, count = choices.problem, len(choices.task)
        teams = problem.teams
        bases = teams.groupby(["out", "home"], sort=False).ngroup().to_numpy()
        distinct = np.unique(bases, return_index=True)[1]
        capacity = teams["capacity"].to_numpy() if "capacity" in teams else np.full(len(teams), _NO_LIMIT)
        keys = [*zip(bases.tolist(), most_ms.tolist(), capacity.tolist(), strict=True)]
        self.teams_of = [[i for i, k in enumerate(keys) if k == key] for key in dict.fromkeys(keys)]
        self.type_of = {team: i for i, members in enumerate(self.teams_of) for team in members}
        groups, clients = self._clients(required=required, longest=int(most_ms.max()))
        ms: Any = self._matrix(distinct)
        self.data = ProblemData(
            locations=[Location(0, 0)] * (count + len(distinct)),
            clients=clients,
            depots=[Depot(count + base) for base in range(len(distinct))],
            vehicle_types=[
                VehicleType(
                    num_available=len(members),
                    capacity=[int(capacity[members[0]])],
                    start_depot=int(bases[members[0]]),
                    end_depot=int(bases[members[0]]),
                    shift_duration=int(min(most_ms[members[0]], _NO_LIMIT)),
                    unit_distance_cost=0,
                    unit_duration_cost=1,
                )
                for members in self.teams_of
            ],
            distance_matrices=[np.zeros_like(ms)],
            duration_matrices=[ms],
            groups=groups,
        )

    def searched(self, start: Rounds | None, *, seed: int, stop: Any) -> Solution:
        """Return the best solution found, from some rounds or from random ones."""
        rng = RandomNumberGenerator(seed)
        local = LocalSearch(self.data, rng, compute_neighbours(self.data))
        for operator in OPERATORS:
            if operator.supports(self.data):
                local.add_operator(operator(self.data))
        params = PenaltyParams()
        penalties = PenaltyManager(params.midpoint_penalties(self.data), params)
        given = Solution.make_random(self.data, rng) if start is None else self._solution(start)
        first = local(given, penalties.max_cost_evaluator(), exhaustive=True)
        search = IteratedLocalSearch(self.data, penalties, local, first, _ILS)
        with warnings.catch_warnings():
            # Limits that cannot be kept are tried on purpose, and PyVRP warns of them.
            warnings.simplefilter("ignore", PenaltyBoundWarning)
            best = search.run(stop, collect_stats=False).best
        known = [one for one in (given, best) if one.is_feasible()]
        return min(known, key=penalties.cost_evaluator().cost) if known else best

    def rounds(self, solution: Solution) -> Rounds:
        """Return PyVRP's routes as rounds, each street in its best direction."""
        free = [list(members) for members in self.teams_of]
        found: Rounds = {}
        for route in solution.routes():
            order = [visit.idx for visit in route if visit.is_client()]
            if order:
                team = free[route.vehicle_type()].pop(0)
                found[team] = self.choices.directed(team, order)
        return dict(sorted(found.items()))

    def _solution(self, rounds: Rounds) -> Solution:
        routes = [Route(self.data, [*order], self.type_of[team]) for team, order in rounds.items()]
        return Solution(self.data, routes)

    def _clients(self, *, required: bool, longest: int) -> tuple[list[ClientGroup], list[Client]]:
        choices, tasks = self.choices, self.choices.problem.tasks
        load = tasks["load"].to_numpy() if "load" in tasks else np.zeros(len(tasks), dtype=np.int64)
        prize = np.minimum(
            _PRIZE_A_ROUND * min(longest, _FORBIDDEN) // 1000 + tasks["ms"].to_numpy() * 10, _NO_LIMIT
        )
        pairs = [
            (choice, int(other)) for choice, other in enumerate(choices.other.tolist()) if other > choice
        ]
        group_of = {choice: group for group, pair in enumerate(pairs) for choice in pair}
        groups = [ClientGroup([*pair], required=required) for pair in pairs]
        clients = [
            Client(
                location=choice,
                delivery=[int(load[task])],
                service_duration=int(choices.ms[choice]),
                required=required and choice not in group_of,
                prize=0 if required else int(prize[task]),
                group=group_of.get(choice),
            )
            for choice, task in enumerate(choices.task.tolist())
        ]
        return groups, clients

    def _matrix(self, bases: Ints) -> Ints:
        """Return the ways between all locations."""
        choices = self.choices
        count = len(choices.task)
        ms = np.zeros((count + len(bases),) * 2, dtype=np.int64)
        ms[:count, :count] = choices.between
        ms[count:, :count], ms[:count, count:] = choices.out[bases], choices.home[:, bases]
        ms = np.minimum(ms, _FORBIDDEN)
        np.fill_diagonal(ms, 0)
        return ms
