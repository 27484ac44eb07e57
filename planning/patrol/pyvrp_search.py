"""PyVRP's iterated local search of a part of a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

from planning.patrol.pyvrp_model import Model
from planning.patrol.recombining import Seen

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvrp import CostEvaluator

    from planning.patrol.indexed import Indexed, Part, Rounds
    from planning.patrol.recombining import Found

# A shorter memory than PyVRP's own settles sooner; fewer neighbours are tried sooner.
_HISTORY, _NEIGHBOURS = 100, 30
# The rounds are kept every so many iterations.
_SEE_EVERY = 25
# A search that has brought nothing for so many iterations a stop is over.
_PATIENCE = 300


class LocalSearching(IteratedLocalSearchCallbacks):
    """
    One iterated local search.

    Parameters
    ----------
    ix, part
        The problem and the part.
    seed
        From which all randomness comes.

    Attributes
    ----------
    seen
        The rounds that were come upon.
    done
        Iterations done.
    """

    def __init__(self, ix: Indexed, part: Part, *, seed: int) -> None:
        self.model, self.seen, self.done = Model(ix, part), Seen(), 0
        self.random = RandomNumberGenerator(seed)
        data, params = self.model.data, PenaltyParams()
        near = compute_neighbours(data, NeighbourhoodParams(num_neighbours=_NEIGHBOURS))
        self.local = LocalSearch(data, self.random, near)
        for operator in OPERATORS:
            if operator.supports(data):
                self.local.add_operator(operator(data))
        self.penalties = PenaltyManager(params.midpoint_penalties(data), params)

    def run(self, start: Rounds, share: Callable[[int], float]) -> list[Found]:
        """
        Return the best rounds found; nothing where none could be driven.

        Parameters
        ----------
        start
            Rounds to begin with; without any, it begins at random.
        share
            What share of the run is over, given the iterations done; it ends with 1.
        """
        model = self.model
        first = model.solution(start) if start else Solution.make_random(model.data, self.random)
        first = self.local(first, self.penalties.max_cost_evaluator(), exhaustive=True)
        params = IteratedLocalSearchParams(history_length=_HISTORY, callbacks=self)
        algorithm = IteratedLocalSearch(model.data, self.penalties, self.local, first, params)
        patience = _PATIENCE * len(model.part.stops)
        stop = _Stop(lambda: share(self.done), patience)
        best = algorithm.run(stop, collect_stats=False).best
        return [model.found(best)] if best.is_feasible() else []

    def on_best(self, best: Solution) -> None:
        """Keep the rounds of a best solution."""
        self._see(best)

    def on_iteration(
        self, current: Solution, candidate: Solution, best: Solution, cost_evaluator: CostEvaluator
    ) -> None:
        """Keep the rounds of some solutions on the way."""
        self.done += 1
        if self.done % _SEE_EVERY == 0:
            self._see(current)

    def _see(self, solution: Solution) -> None:
        for kind, stops, cost in self.model.drivable(solution):
            self.seen.add(kind, stops, cost)


class _Stop:
    """PyVRP's question whether to stop: when all is over, or nothing has come of it for long."""

    def __init__(self, over: Callable[[], float], patience: int) -> None:
        self.over, self.patience = over, patience
        self.best, self.stale = -1, 0

    def __call__(self, best_cost: int) -> bool:
        """Whether to stop, given the cost of the best plan that can be driven."""
        self.stale = self.stale + 1 if best_cost == self.best else 0
        self.best = best_cost
        return self.stale > self.patience or self.over() >= 1
