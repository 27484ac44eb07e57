"""The search over all days at once: chains of ruin and recreate, from nothing or from a plan there is."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planning.patrol.period._period_kernel import improve
from planning.patrol.period.ground import empty_state, fill, room_for, rounds_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from planning.patrol.params import Limits
    from planning.patrol.period._period_kernel import Ground
    from planning.patrol.period.ground import PeriodRounds

# Chains whose best counts; as many whatever the machine, so that a seed means the same everywhere.
_CHAINS = 2
# Steps between two looks at the clock.
_STEPS = 50
# How much worse than now a step may be at first and at last, in usual legs.
_HOT, _COLD = 1.0, 0.005
# Steps in which a visit may change its day, those in which stops get all days anew; stops torn out at a time.
_SHARES = (0.25, 0.25, 10.0)


@dataclass(frozen=True, kw_only=True)
class Found:
    """
    What a search found.

    Parameters
    ----------
    rounds
        Who visits what on each day.
    cost
        Of the rounds and of what is missing.
    steps
        How many times was torn and mended.
    """

    rounds: PeriodRounds
    cost: float
    steps: int


def search(
    ground: Ground,
    limits: Limits,
    *,
    seed: int,
    start: PeriodRounds | None = None,
    heat: float = 1.0,
    progress: Callable[[float], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Found:
    """
    Search the best rounds for all days.

    Parameters
    ----------
    limits
        How long; with `effort` the result can be repeated.
    start
        Rounds to start from; stops with which they cannot be driven are put elsewhere.
    heat
        How freely it wanders at first, 1 from nothing, less from rounds that are good already.
    """
    stop = threading.Event()
    done = [0.0] * _CHAINS
    workers = min(limits.workers or os.cpu_count() or 1, _CHAINS)

    def chain(number: int) -> Found:
        def tell(share: float) -> bool:
            done[number] = share
            return stop.is_set()

        # With fewer workers than chains these run one after the other.
        seconds = None if limits.effort is not None else limits.seconds * workers / _CHAINS
        steps = None if limits.effort is None else max(1, limits.effort // _CHAINS)
        return _chain(
            ground, seed * _CHAINS + number, seconds=seconds, steps=steps, start=start, heat=heat, tell=tell
        )

    with ThreadPoolExecutor(workers) as pool:
        open_ = set(futures := [pool.submit(chain, number) for number in range(_CHAINS)])
        while open_:
            _, open_ = wait(open_, timeout=0.2)
            if cancel is not None and cancel():
                stop.set()
            if progress is not None:
                progress(sum(done) / _CHAINS)
    return min((future.result() for future in futures), key=lambda found: found.cost)


def _chain(
    ground: Ground,
    seed: int,
    *,
    seconds: float | None,
    steps: int | None,
    start: PeriodRounds | None,
    heat: float,
    tell: Callable[[float], bool],
) -> Found:
    """Search once, cooling down as time, or the steps, are spent."""
    state, best = empty_state(ground, seed), empty_state(ground, seed)
    room = room_for(ground, state)
    cost = fill(ground, state, room, start or {})
    fill(ground, best, room, start or {})
    figures, shares = np.array([cost, cost]), np.array(_SHARES)
    far = ground.ms[:, ground.start, : len(ground.load)].min(axis=(0, 1), initial=2**40)
    leg = _usual_leg(ground)
    began, taken, spent = time.monotonic(), 0, 0.0
    if not len(ground.load) or not len(ground.start):
        return Found(rounds=rounds_of(best), cost=cost, steps=0)
    while spent < 1.0 and not tell(spent):
        warm = leg * heat * _HOT * (_COLD / (heat * _HOT)) ** spent
        number = _STEPS if steps is None else min(_STEPS, steps - taken)
        improve(ground, state, best, room, far, figures, shares, number, warm)
        taken += number
        spent = taken / steps if steps is not None else (time.monotonic() - began) / (seconds or 1e-9)
    return Found(rounds=rounds_of(best), cost=float(figures[1]), steps=taken)


def _usual_leg(ground: Ground) -> float:
    """Return the way to a near stop, as a rule, in ms."""
    stops = len(ground.load)
    near = ground.near[:, 1 : 1 + min(5, stops - 1)]
    if not near.size:
        return 1.0
    legs = ground.ms[0][np.arange(stops)[:, None], near]
    return float(max(np.median(legs), 1.0))
