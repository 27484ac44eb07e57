"""The search for good plans: many annealings for several aims, and region by region the best of each."""

from __future__ import annotations

import itertools
import os
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from geo.errors import SettingError
from planning.redraw.annealing import Aim, Annealer
from planning.redraw.growing import grown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from planning.redraw.problem import Problem

    Plan = NDArray[np.int64]

# From least change to best balance to best shape; a village torn once more than need be costs as much as an
# eighth of a mean zone's work that changes hands.
AIMS = tuple(
    replace(aim, torn=0.12)
    for aim in (
        Aim(name="change", moved=1, shape=0.02),
        Aim(name="little_change", moved=1, shape=0.4, cut=0.01),
        Aim(name="change_and_shape", moved=1, shape=1.5, cut=0.04, balance=2),
        Aim(name="middle", moved=0.8, shape=0.8, cut=0.03, balance=14),
        Aim(name="change_and_balance", moved=0.6, balance=20, shape=0.1),
        Aim(name="even_handed", moved=1, shape=1.2, cut=0.06, balance=40, hot=0.3, cold=0.01),
        Aim(
            name="balance_and_shape",
            moved=0.8,
            shape=1.5,
            cut=0.14,
            balance=60,
            hot=0.5,
            cold=0.01,
            merge=0.001,
        ),
        Aim(name="balance", moved=0.05, shape=0.3, balance=200, hot=0.5, cold=0.005, merge=0.001),
        Aim(name="short_borders", moved=0.5, shape=2, cut=0.3, balance=15, hot=1.0, cold=0.02, merge=0.001),
        Aim(name="shape", moved=0.2, shape=5, cut=0.15, balance=20, hot=1.0, cold=0.02, merge=0.001),
    )
)
# Where units are as heavy as zones, only a hot start gets one past another.
_REACH = tuple(Aim(name="reach", hot=hot, shape=0.02) for hot in (0.5, 20.0))
# An aim that starts hot may as well start from nothing.
_FROM_NOTHING = 0.5
_STALE_ROUNDS = 4
_GAIN = 1e-3
_LEEWAY = 1e-9
_LEAST_MOVES, _MOVES_PER_UNIT = 100_000, 1_000
# The first rounds are single annealings of so many times the moves, so that there is a whole front early on.
_EARLY = (0.25, 0.5, 1.0)


@dataclass(frozen=True, kw_only=True)
class Effort:
    """
    How much was searched; the same seed and as many rounds give the same plans on any machine.

    Parameters
    ----------
    rounds
        Rounds of annealings, each for every aim.
    moves
        Moves proposed in all.
    seed
        From which all randomness comes.
    workers
        Annealings that ran at once; has no bearing on the plans.
    """

    rounds: int
    moves: int
    seed: int
    workers: int

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, JSON-able."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """
    How long to search.

    Parameters
    ----------
    seconds
        The search ends after the last round that fits into it; None for as long as it pays.
    rounds
        Just so many rounds, whatever the time: with `seed` they make a run repeatable.
    seed
        From which all randomness comes.
    workers
        Annealings that run at once; None for as many as there are cores.
    """

    seconds: float | None = 30.0
    rounds: int | None = None
    seed: int = 1
    workers: int | None = None

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name, least in (("seconds", 0), ("rounds", 1), ("workers", 1), ("seed", 0)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise SettingError("setting_wrong", name=name, found=value, allowed=f">= {least}")


@dataclass(frozen=True, kw_only=True)
class Found:
    """
    What a search found.

    Parameters
    ----------
    plans
        The best plan for each aim, by its name.
    pools
        Other good plans for each aim, best first, to recombine.
    effort
        How much was searched.
    """

    plans: dict[str, Plan]
    pools: dict[str, tuple[Plan, ...]]
    effort: Effort


def search(
    problem: Problem,
    tolerance: NDArray[np.float64],
    *,
    limits: Limits,
    asked: float | None = None,
    known: Sequence[Plan] = (),
    aims: Sequence[Aim] = AIMS,
    tell: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Found:
    """
    Search the best plan for each aim; every plan found keeps the hard constraints.

    Regions do not touch each other, so the best of each region over all annealings make up one plan.

    Parameters
    ----------
    tolerance
        Of each zone, as a share of its target.
    limits
        How long.
    asked
        The tolerance that was asked for, where `tolerance` had to be larger.
    known
        Plans that are known to be good for something, such as one that keeps the tolerance.
    tell
        Called now and then with the share of the time or the rounds that is spent.
    cancelled
        Asked now and then; once it says True the search ends with what there is.
    """
    began = time.monotonic()
    workers = limits.workers or os.cpu_count() or 1
    annealer = Annealer(problem, tolerance, asked=asked)
    whole = max(_LEAST_MOVES, _MOVES_PER_UNIT * problem.units)
    champions = {aim.name: _Champion(annealer, aim) for aim in aims}
    for plan in known:
        for champion in champions.values():
            champion.offer(plan)
    rounds = stale = proposed = 0
    with ThreadPoolExecutor(workers) as pool:
        while True:
            started = time.monotonic()
            early = rounds < len(_EARLY)
            moves = int(whole * _EARLY[rounds]) if early else whole
            tasks = [
                task
                for i, aim in enumerate(aims)
                for task in _tasks(champions[aim.name], rounds, i, limits.seed)
            ]
            futures = [pool.submit(_anneal, annealer, *task, moves) for task in tasks]
            if not _all_done(futures, annealer, cancelled):
                break
            better = False
            for task, future in zip(tasks, futures, strict=True):
                better |= champions[task[1].name].offer(future.result())
            rounds += 1
            proposed += moves * len(tasks)
            fair = any(champion.is_fair() for champion in champions.values())
            stale = 0 if better or not fair or early else stale + 1
            now = time.monotonic()
            spent = _spent(limits, rounds, now - began, now - started)
            if tell is not None:
                tell(min(spent, 1.0))
            if spent >= 1.0 or (limits.rounds is None and stale >= _STALE_ROUNDS):
                break
    return Found(
        plans={name: champion.plan for name, champion in champions.items()},
        pools={name: tuple(champion.pool) for name, champion in champions.items()},
        effort=Effort(rounds=rounds, moves=proposed, seed=limits.seed, workers=workers),
    )


def reachable(
    problem: Problem,
    tolerance: NDArray[np.float64],
    *,
    seed: int,
    starts: int = 4,
    halvings: int = 6,
    workers: int | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[NDArray[np.float64], Plan]:
    """
    Return for each region the smallest tolerance found that some plan keeps, and a plan that keeps them.

    Parameters
    ----------
    tolerance
        Of each region, what is asked for; where it can be met it comes back as it is.
    seed
        From which all randomness comes.
    starts, halvings
        How hard to try: annealings a step, and steps of the bisection.
    cancelled
        Asked before each step but the first; once it says True what was met so far comes back.
    """
    moves = max(_LEAST_MOVES, _MOVES_PER_UNIT * problem.units // 2)
    plan = problem.start
    met = _largest_deviation(problem, plan)
    low = tolerance.copy()
    workers = workers or os.cpu_count() or 1
    with ThreadPoolExecutor(workers) as pool:
        for step in range(halvings + 1):
            open_ = met > tolerance + _LEEWAY
            if not open_.any() or (step > 0 and cancelled is not None and cancelled()):
                break
            aimed = np.where(open_, low if step == 0 else (low + met) / 2, tolerance)
            annealer = Annealer(problem, aimed[problem.zone_region])
            seeds = [(seed * 131 + step) * 131 + s for s in range(starts)]
            begin = [plan] * starts + ([grown(problem, seed=s) for s in seeds] if step == 0 else [])
            futures = [
                pool.submit(_anneal, annealer, begun, aim, s, moves)
                for begun, s, aim in zip(begin, itertools.cycle(seeds), itertools.cycle(_REACH), strict=False)
            ]
            tries = [future.result() for future in futures]
            worst = np.array([_largest_deviation(problem, z) for z in tries])
            best = worst.min(axis=0)
            low = np.where(open_ & (best > aimed + _LEEWAY), aimed, low)
            better = best < met
            plan = np.where(better[problem.region], _picked(problem, tries, worst.argmin(axis=0)), plan)
            met = np.minimum(met, best)
    return np.maximum(met, tolerance), plan


class _Champion:
    """The best plan for an aim so far, and the other good ones."""

    # Enough for a recombination to choose from, few enough for it to be quick.
    most = 24

    def __init__(self, annealer: Annealer, aim: Aim) -> None:
        self.annealer, self.aim = annealer, aim
        self.plan = annealer.renamed(annealer.problem.start)
        self.energies = annealer.region_energies(self.plan, aim)
        self.pool: list[Plan] = []
        self._values: list[float] = []

    def is_fair(self) -> bool:
        """Return whether every zone is within its tolerance."""
        off = np.abs(self.annealer.figures(self.plan).deviation) - self.annealer.tolerance
        return bool((off <= _LEEWAY).all())

    def offer(self, plan: Plan) -> bool:
        """Take over the regions in which a plan is better; return whether the whole got better."""
        energies = self.annealer.region_energies(plan, self.aim)
        before = float(self.energies.sum())
        better = energies < self.energies - 1e-12
        problem = self.annealer.problem
        self.plan = np.where(better[problem.region], plan, self.plan)
        self.energies = np.where(better, energies, self.energies)
        place = int(np.searchsorted(self._values, energies.sum(), side="right"))
        self._values.insert(place, float(energies.sum()))
        self.pool.insert(place, plan)
        del self._values[self.most :], self.pool[self.most :]
        return before - float(self.energies.sum()) > _GAIN * abs(before)


def _tasks(champion: _Champion, number: int, place: int, seed: int) -> list[tuple[Plan, Aim, int]]:
    """Return where the annealings of a round start, what they aim at and their seeds."""
    aim, problem = champion.aim, champion.annealer.problem
    seeds = np.random.SeedSequence([seed, number, place]).generate_state(2).tolist()
    if number < len(_EARLY):
        return [(problem.start, aim, seeds[0])]
    fresh = grown(problem, seed=seeds[0]) if aim.hot >= _FROM_NOTHING and number % 2 else problem.start
    gently = replace(aim, hot=max(aim.hot / 3, aim.cold))
    return [(fresh, aim, seeds[0]), (champion.plan, gently, seeds[1])]


def _anneal(annealer: Annealer, start: Plan, aim: Aim, seed: int, moves: int) -> Plan:
    return annealer.anneal(start, aim, moves=moves, seed=seed)


def _all_done(futures: list[Any], annealer: Annealer, cancelled: Callable[[], bool] | None) -> bool:
    """Wait for a round; return False, with every annealing ended, if it was cancelled."""
    open_ = set(futures)
    while open_:
        _, open_ = wait(open_, timeout=0.2, return_when=FIRST_COMPLETED)
        if cancelled is not None and cancelled():
            annealer.stop[0] = 1
            wait(open_)
            return False
    return True


def _spent(limits: Limits, rounds: int, seconds: float, last: float) -> float:
    """Return the share of the search that is done, 1 or more if the next round would not fit."""
    if limits.rounds is not None:
        return rounds / limits.rounds
    if limits.seconds is None:
        return 0.0
    following = last * 2 if rounds <= len(_EARLY) else last
    return (seconds + following) / max(limits.seconds, 1e-9)


def _largest_deviation(problem: Problem, plan: Plan) -> NDArray[np.float64]:
    off = np.abs(problem.zone_weights(plan) / problem.target - 1.0)
    largest = np.zeros(len(problem.region_names))
    # What is locked cannot be mended, and does not count.
    free = ~problem.closed
    np.maximum.at(largest, problem.zone_region[free], off[free])
    return largest


def _picked(problem: Problem, plans: list[Plan], best: NDArray[np.int64]) -> Plan:
    """Return for each region the units' zones in the plan chosen for it."""
    picked: Plan = np.array(plans)[best[problem.region], np.arange(problem.units)]
    return picked
