"""
The search for good rounds: PyVRP's local search and tearing and mending side by side, then the best of both.

PyVRP keeps Python to itself while it works, tearing and mending does not; so one thread has the first for a
while, all others the second throughout. Where they meet, a better plan is put together from the rounds that
all have seen, and torn and mended from there.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from planning.patrol.indexed import prizes
from planning.patrol.pyvrp_search import LocalSearching
from planning.patrol.recombining import Found, recombined
from planning.patrol.ruining import Tearing, ground_of
from planning.patrol.timing import timed

if TYPE_CHECKING:
    from collections.abc import Callable

    from planning.patrol.indexed import Indexed, Part, Rounds

_Result = TypeVar("_Result")

# Shares of a search: by the first its threads are done with one search from the start, by the second with
# another, which differs as chance will have it; by the third the best plan is put together from both, by the
# fourth it is torn and mended. Of the first, PyVRP has a share in its thread.
_ONCE, _AGAIN, _TOGETHER, _TORN, _PYVRP = 0.38, 0.76, 0.83, 0.95, 0.2
# PyVRP's first plan of more stops takes longer than there is time.
_MOST_PYVRP = 500


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

    def left_s(self, until: float) -> float | None:
        """Return the seconds until a share is spent; None where iterations count."""
        return None if self.seconds is None else max(until - self.spent(), 0.0) * self.seconds

    def share_until(self, until: float, chains: int) -> Callable[[int], float]:
        """Return what tells each of some chains, by its iterations, how far it is on its way to a share."""
        begun = self.spent()
        span = max(until - begun, 1e-9)
        quota = None if self.iterations is None else max(round(span * self.iterations / chains), 1)

        def share(done: int) -> float:
            spent = self.spent()
            if spent >= 1:
                return 1.0
            return (spent - begun) / span if quota is None else done / quota

        return share


def search(
    ix: Indexed,
    part: Part,
    *,
    seed: int,
    budget: Budget,
    chains: int = 1,
    until: float = 1.0,
    start: Rounds | None = None,
    complete: bool = False,
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
        Rounds to start from; what cannot be driven of them is left out.
    complete
        Whether to stop at the first plan that visits all, or at `until` with less.
    """
    chosen = _Chains(ix, part, seed=seed, budget=budget, count=chains)
    first = drivable(ix, part, start or {})
    if complete:
        return chosen.completed(first, until=until).rounds
    spent = budget.spent()
    left = max(until - spent, 0.0)
    once, again, together, torn = (spent + share * left for share in (_ONCE, _AGAIN, _TOGETHER, _TORN))
    found = chosen.both(first, until=once) + chosen.torn(first, until=again)
    best = chosen.best(found, until=together)
    return chosen.best([best, *chosen.torn(best.rounds, until=torn)], until=until).rounds


class _Chains:
    """Searches of one part that run at once, each with its own random numbers."""

    def __init__(self, ix: Indexed, part: Part, *, seed: int, budget: Budget, count: int) -> None:
        self.ix, self.part, self.budget, self.seed = ix, part, budget, seed * 1009
        ground = ground_of(ix, part)
        self.tearing = [Tearing(ix, part, ground, seed=self.seed + number) for number in range(count)]
        self.seen = [chain.seen for chain in self.tearing]

    def both(self, start: Rounds, *, until: float) -> list[Found]:
        """Return the best rounds of each search; the first has PyVRP's before it tears and mends."""
        share, first = self.budget.share_until(until, len(self.tearing)), self.tearing[0]
        begun: list[LocalSearching] = []

        def run(chain: Tearing) -> list[Found]:
            if chain is not first or len(self.part.stops) > _MOST_PYVRP:
                return [chain.run(start, share)]
            local = LocalSearching(self.ix, self.part, seed=self.seed)
            begun.append(local)
            found = local.run(start, lambda done: share(done) / _PYVRP)
            return [*found, chain.run(start, lambda done: _rest(share(local.done + done)))]

        found = [found for of_chain in self._run(run) for found in of_chain]
        self.seen += [local.seen for local in begun]
        self.budget.done += sum(local.done for local in begun)
        return found

    def torn(self, start: Rounds, *, until: float) -> list[Found]:
        """Return the best rounds that each search finds from some by tearing and mending."""
        share = self.budget.share_until(until, len(self.tearing))
        return self._run(lambda chain: chain.run(start, share))

    def completed(self, start: Rounds, *, until: float) -> Found:
        """Return the first rounds that visit all; or at the end those that come nearest to it."""
        share = self.budget.share_until(until, len(self.tearing))
        # Which chain is first depends on the machine: only where time counts anyway.
        first = threading.Event()

        def run(chain: Tearing) -> Found:
            found = chain.run(start, lambda done: 1.0 if first.is_set() else share(done), complete=True)
            if self.budget.iterations is None and found.count == len(self.part.stops):
                first.set()
            return found

        return min(self._run(run), key=lambda found: found.cost)

    def best(self, found: list[Found], *, until: float) -> Found:
        """Return the best of what was found, and of what can be put together by then from the rounds seen."""
        best, left = min(found, key=lambda found: found.cost), self.budget.left_s(until)
        if left == 0 or self.budget.spent() >= 1:
            return best
        return recombined(self.ix, self.part, self.seen, best, seconds=left)

    def _run(self, run: Callable[[Tearing], _Result]) -> list[_Result]:
        """Run all searches at once."""
        with ThreadPoolExecutor(len(self.tearing)) as threads:
            found = list(threads.map(run, self.tearing))
        self.budget.done += sum(chain.done for chain in self.tearing)
        return found


def _rest(share: float) -> float:
    """Return what share of the rest is over once PyVRP has had its own."""
    return max((share - _PYVRP) / (1 - _PYVRP), 0.0)


def drivable(ix: Indexed, part: Part, rounds: Rounds) -> Rounds:
    """Return rounds without foreign stops, and those that forbid keeping them, what counts least first."""
    worth = dict(zip(part.stops, prizes(ix, part).tolist(), strict=True))
    kept: Rounds = {}
    for team, stops in rounds.items():
        held = [stop for stop in stops if stop in worth and ix.able[team, stop]]
        while held and not timed(ix, team, held, cap=part.cap).possible:
            tries = [held[:i] + held[i + 1 :] for i in range(len(held))]
            rest = [timed(ix, team, stops_left, cap=part.cap) for stops_left in tries]
            i = min(range(len(held)), key=lambda i: (worth[held[i]], rest[i].badness, rest[i].duration))
            held = tries[i]
        if held:
            kept[team] = tuple(held)
    return kept
