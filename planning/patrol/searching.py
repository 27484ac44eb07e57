"""The search for good rounds: chains of PyVRP's local search, and the best of all rounds they come upon."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
from pyvrp import (
    IteratedLocalSearch,
    IteratedLocalSearchParams,
    PenaltyManager,
    PenaltyParams,
    RandomNumberGenerator,
    Solution,
)
from pyvrp.IteratedLocalSearch import IteratedLocalSearchCallbacks
from pyvrp.search import OPERATORS, LocalSearch, NeighbourhoodParams, compute_neighbours

from planning.patrol.indexed import prizes
from planning.patrol.pyvrp_model import Model
from planning.patrol.recombining import recombined
from planning.patrol.timing import best_place, timed

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvrp import Activity, CostEvaluator
    from pyvrp.stop import StoppingCriterion

    from planning.patrol.indexed import Indexed, Part, Rounds
    from planning.patrol.pyvrp_model import Column

# Shares of a search after each of which its chains go on from the best of all. After the first, stops that
# have to be visited may be given up, where not all can be.
_EPOCHS = (0.4, 0.6, 0.8, 1.0)
# A shorter memory than PyVRP's own settles sooner; fewer neighbours are tried sooner.
_HISTORY, _NEIGHBOURS = 100, 30
# Rounds are kept every so many iterations, so many of each chain: the last ones, which are the best.
_SEE_EVERY, _MOST_SEEN = 25, 2000
# A search that has brought nothing for so many iterations a stop is over.
_PATIENCE = 300
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

    def quota(self, until: float, chains: int) -> int | None:
        """Return how many iterations each of some chains has until a share is spent; None for no limit."""
        if self.iterations is None:
            return None
        return max(round((until - self.spent()) * self.iterations / chains), 1)


def search(
    ix: Indexed,
    part: Part,
    *,
    seed: int,
    budget: Budget,
    chains: int = 1,
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
    chains
        Searches that run at once and share what they find.
    start
        Rounds to start from.
    feasible
        Whether to stop at the first plan that visits every stop that has to be visited, or at `until` with
        less.
    """
    chosen = _Chains(Model(ix, part, strict=True), seed=seed, budget=budget, count=chains)
    spent = budget.spent()
    shares = (1.0,) if feasible else _EPOCHS
    untils = [spent + share * max(until - spent, 0.0) for share in shares]
    first = None if start is None else chosen.model.solution(start)
    best = chosen.improved(first, until=untils[0], feasible=feasible)
    for share in untils[1:]:
        if budget.spent() >= until:
            break
        if chosen.model.strict and not best.is_feasible():
            rounds = chosen.model.rounds(best)
            chosen = _Chains(Model(ix, part, strict=False), seed=seed, budget=budget, count=chains)
            best = chosen.model.solution(rounds)
        best = chosen.improved(best, until=share, feasible=feasible)
    rounds = chosen.model.rounds(best)
    return filled(ix, part, rounds if best.is_feasible() else drivable(ix, part, rounds))


class _Chains:
    """Searches of one model that run at once, each with its own random numbers."""

    def __init__(self, model: Model, *, seed: int, budget: Budget, count: int) -> None:
        self.model, self.budget = model, budget
        near = compute_neighbours(model.data, NeighbourhoodParams(num_neighbours=_NEIGHBOURS))
        self.chains = [_Chain(model, near, seed=seed * 1009 + number) for number in range(count)]

    def improved(self, start: Solution | None, *, until: float, feasible: bool) -> Solution:
        """Return the best solution that a chain finds, or that is made of the rounds of all."""
        quota = self.budget.quota(until, len(self.chains))
        # Which chain is first depends on the machine: only where time counts anyway.
        first = threading.Event() if feasible and quota is None else None

        def run(chain: _Chain) -> Solution:
            stop = _Stop(
                self.budget,
                until=until,
                quota=quota,
                patience=_PATIENCE * len(self.model.part.stops),
                feasible=feasible,
                first=first,
            )
            return chain.run(start, stop)

        with ThreadPoolExecutor(len(self.chains)) as threads:
            found = list(threads.map(run, self.chains))
        self.budget.done += sum(chain.done for chain in self.chains)
        if not feasible and self.budget.spent() < 1:
            found += recombined(self.model, [column for chain in self.chains for column in chain.columns()])
        return min(found, key=self.model.cost)


class _Chain(IteratedLocalSearchCallbacks):
    """PyVRP's iterated local search, which may be gone on with from elsewhere; keeps the rounds it sees."""

    def __init__(self, model: Model, near: dict[Activity, list[Activity]], *, seed: int) -> None:
        self.model, self.done = model, 0
        self.random = RandomNumberGenerator(seed)
        self.local = LocalSearch(model.data, self.random, near)
        for operator in OPERATORS:
            if operator.supports(model.data):
                self.local.add_operator(operator(model.data))
        params = PenaltyParams()
        self.penalties = PenaltyManager(params.midpoint_penalties(model.data), params)
        self.seen: dict[tuple[int, frozenset[int]], Column] = {}

    def run(self, start: Solution | None, stop: StoppingCriterion) -> Solution:
        """Return the best solution found from one, or from a random one."""
        self.done = 0
        first = Solution.make_random(self.model.data, self.random) if start is None else start
        first = self.local(first, self.penalties.max_cost_evaluator(), exhaustive=True)
        params = IteratedLocalSearchParams(history_length=_HISTORY, callbacks=self)
        algorithm = IteratedLocalSearch(self.model.data, self.penalties, self.local, first, params)
        return algorithm.run(stop, collect_stats=False).best

    def on_best(self, best: Solution) -> None:
        self._see(best)

    def on_iteration(
        self, current: Solution, candidate: Solution, best: Solution, cost_evaluator: CostEvaluator
    ) -> None:
        self.done += 1
        if self.done % _SEE_EVERY == 0:
            self._see(current)

    def columns(self) -> list[Column]:
        """Return the last rounds seen, each once."""
        return list(self.seen.values())[-_MOST_SEEN:]

    def _see(self, solution: Solution) -> None:
        for column in self.model.columns(solution):
            held = self.seen.pop(column.key, column)
            self.seen[column.key] = min(held, column, key=lambda column: column.cost)


class _Stop:
    """
    PyVRP's question whether to stop.

    Parameters
    ----------
    budget, until, quota
        What may be spent: a share of the budget, or so many iterations.
    patience
        Iterations that may bring nothing.
    feasible, first
        Whether to stop at the first plan that can be driven, and which chains stop when one has it.
    """

    def __init__(
        self,
        budget: Budget,
        *,
        until: float,
        quota: int | None,
        patience: int,
        feasible: bool,
        first: threading.Event | None,
    ) -> None:
        self.budget, self.until, self.quota, self.patience = budget, until, quota, patience
        self.feasible, self.first = feasible, first
        self.asked = self.stale = 0
        self.best = _NONE_YET

    def __call__(self, best_cost: int) -> bool:
        """Whether to stop, given the cost of the best plan that can be driven."""
        self.asked += 1
        self.stale = self.stale + 1 if best_cost == self.best else 0
        self.best = best_cost
        if self.stale > self.patience:
            return True
        if self.feasible and best_cost != _NONE_YET:
            if self.first is not None:
                self.first.set()
            return True
        if self.first is not None and self.first.is_set():
            return True
        if self.quota is not None and self.asked > self.quota:
            return True
        return self.budget.spent() >= (1.0 if self.quota is not None else self.until)


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
