"""
The search for good rounds: PyVRP's local search and tearing and mending side by side, then the best of both.

PyVRP keeps Python to itself while it works, tearing and mending does not; so one thread has the first, all
others the second. Where they meet, a better plan is put together from the rounds that all have seen, and torn
and mended from there.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from planning.patrol.indexed import prizes
from planning.patrol.pyvrp_search import LocalSearching
from planning.patrol.recombining import Found, recombined
from planning.patrol.ruining import Tearing, ground_of
from planning.patrol.timing import timed

if TYPE_CHECKING:
    from collections.abc import Callable

    from planning.patrol.indexed import Indexed, Part, Rounds

# After this share of a search its threads meet.
_MEET = 0.5
# PyVRP's first plan of more stops takes longer than there is time.
_MOST_LOCAL = 800
# What is put together at the end takes this share of a search at most.
_LAST = 0.96
_LONGEST_S = 2.0
_NONE = 2**62


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
        """Return what tells each of some chains, by its iterations, what share of a stretch is over."""
        begun = self.spent()
        span = max(until - begun, 1e-9)
        quota = None if self.iterations is None else max(round(span * self.iterations / chains), 1)

        def share(done: int) -> float:
            spent = self.spent()
            if quota is None or spent >= 1:
                return (spent - begun) / span
            return done / quota

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
    span = max(until - spent, 0.0)
    met = chosen.both(first, until=spent + _MEET * span)
    return chosen.torn(met.rounds, until=spent + _LAST * span, end=until).rounds


class _Chains:
    """Searches of one part that run at once, each with its own random numbers."""

    def __init__(self, ix: Indexed, part: Part, *, seed: int, budget: Budget, count: int) -> None:
        self.ix, self.part, self.budget, self.seed = ix, part, budget, seed * 1009
        ground = ground_of(ix, part)
        self.tearing = [Tearing(ix, part, ground, seed=self.seed + number) for number in range(count)]
        self.seen = [chain.seen for chain in self.tearing]

    def both(self, start: Rounds, *, until: float) -> Found:
        """Return the best rounds that PyVRP finds in one thread, tearing and mending in the others."""
        if len(self.part.stops) > _MOST_LOCAL:
            return self.torn(start, until=until, end=until)
        share = self.budget.share_until(until, len(self.tearing))
        others = self.tearing[1:]
        with ThreadPoolExecutor(len(self.tearing)) as threads:
            torn = [threads.submit(chain.run, start, share) for chain in others]
            local = LocalSearching(self.ix, self.part, seed=self.seed)
            found = local.run(start, share) + [future.result() for future in torn]
        self.seen.append(local.seen)
        self.budget.done += local.done + sum(chain.done for chain in others)
        # Where PyVRP has nothing that can be driven, and is alone, what it was given is all there is.
        return self._best(found, until) if found else Found(cost=_NONE, rounds=start)

    def torn(self, start: Rounds, *, until: float, end: float) -> Found:
        """Return the best rounds that tearing and mending finds, or that come of putting them together."""
        share = self.budget.share_until(until, len(self.tearing))
        return self._best(self._run(lambda chain: chain.run(start, share)), end)

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

    def _run(self, run: Callable[[Tearing], Found]) -> list[Found]:
        """Run all chains that tear and mend."""
        with ThreadPoolExecutor(len(self.tearing)) as threads:
            found = list(threads.map(run, self.tearing))
        self.budget.done += sum(chain.done for chain in self.tearing)
        return found

    def _best(self, found: list[Found], until: float) -> Found:
        """Return the best of what was found, and of what can be put together from the rounds seen."""
        left = self.budget.left_s(until)
        if left != 0 and self.budget.spent() < 1:
            seconds = None if left is None else min(left, _LONGEST_S)
            found = found + recombined(self.ix, self.part, self.seen, seconds=seconds)
        return min(found, key=lambda found: found.cost)


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
