"""How sure a grade by points is: the period's counts drawn again, from the rates that the villages have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planning.index.panel import CURRENT
from planning.index.points import HUNDREDTHS, Facts, facts_of, total_points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planning.index.panel import Panel
    from planning.index.scoring import Scored

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_AT_ONCE = 2_000_000


def points_graded(panel: Panel, scored: Scored, cuts: Sequence[float], *, runs: int, seed: int = 0) -> Ints:
    """
    Return how often each village has each grade by points over many runs: a row per grade, the best first.

    In each run every count of the period is drawn anew: from the rate or share that the window leaves open
    for the village, then by chance. What it is compared with, and levels, stay as they are.

    Parameters
    ----------
    cuts
        Points that each grade but the worst begins with.
    """
    facts, villages = facts_of(panel), len(panel.villages)
    graded = np.zeros((len(cuts) + 1, villages), dtype=np.int64)
    step = max(1, _AT_ONCE // max(villages * len(panel.profile.indicators), 1))
    limits = np.array([round(cut * HUNDREDTHS) for cut in cuts])
    for first in range(0, runs, step):
        count = min(step, runs - first)
        drawn = _drawn(panel, scored, facts, count, np.random.default_rng([seed, 3, first]))
        total = total_points(panel.profile, drawn)
        grade = (total[..., None] < limits).sum(axis=-1)
        for row in range(len(cuts) + 1):
            graded[row] += (grade == row).sum(axis=0)
    return graded


def _drawn(panel: Panel, scored: Scored, facts: Facts, runs: int, rng: np.random.Generator) -> Facts:
    counts = dict(facts.counts)
    for code, found in scored.observed.items():
        now, open_ = facts.counts[code], ~np.isnan(found.first)
        first, second = np.where(open_, found.first, 1.0), np.where(open_, found.second, 1.0)
        shape = (runs, len(now))
        exposure = np.nan_to_num(panel.spans[CURRENT].exposure[code].to_numpy(dtype=float))
        if found.kind == "gamma":
            drawn = rng.poisson(rng.standard_gamma(first, shape) / second * exposure).astype(float)
        else:
            drawn = rng.binomial(exposure.astype(np.int64), rng.beta(first, second, shape)).astype(float)
        counts[code] = np.where(open_ & ~np.isnan(now), drawn, now)
    return Facts(counts=counts, trials=facts.trials, before=facts.before, denominators=facts.denominators)
