"""
How sure an index is: it is made again a thousand times and more, each time as it might have been as well.

In each run the villages' rates are drawn from what their counts leave open, the weights are off by chance,
and the scale and the mean are drawn from those that would do as well. That places and grades hang on the
counts' chance as well as on the method is what COINr's uncertainty analysis leaves out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from planning.index.normalising import minmax, percentile_rank
from planning.index.scoring import BEST, scale_of
from planning.index.sobol import sobol_design, sobol_indices

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from planning.index.profile import Doubt, IndexProfile, Scale
    from planning.index.scoring import Scored, Yardstick
    from planning.index.smoothing import Smoothed
    from planning.index.structure import Method, Structure

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

# Values held at once: runs times villages times indicators.
_AT_ONCE = 1_500_000
# Alternatives of weights and of the counts' chance in a sensitivity analysis.
_POOL = 512


@dataclass(frozen=True, kw_only=True)
class Model:
    """
    What a run needs, as arrays: a row per indicator, a column per village that is kept.

    Parameters
    ----------
    structure
        The tree.
    smoothed
        By indicator, what its rates or shares are drawn from; those that are not in it stay as they are.
    values
        By indicator, as people read them; for villages whose value stands in for a missing one as well.
    scales
        By indicator, by what a draw is multiplied to be read so.
    yardsticks
        By indicator.
    classes
        Class of each village, numbered from 0.
    floor
        Of the scale.
    doubt
        What is uncertain.
    donors
        By indicator, of each village (its position) whose value stands in for a missing one: the villages of
        its class that have one, whose values it might have as well.
    """

    structure: Structure
    smoothed: Mapping[str, Smoothed]
    values: Mapping[str, Floats]
    scales: Mapping[str, float]
    yardsticks: Mapping[str, Yardstick]
    classes: Ints
    floor: float
    doubt: Doubt
    donors: Mapping[str, Mapping[int, Ints]] = field(default_factory=dict)

    @property
    def villages(self) -> int:
        """How many there are."""
        return len(self.classes)


@dataclass(frozen=True, kw_only=True)
class Runs:
    """
    The villages over all runs: a row per run, a column per village.

    Parameters
    ----------
    ranks
        Place of each village in its class, 1 the best; equal ones share the better place.
    graded
        How often each village had each grade (rows: grades, the best first), in the runs on goalposts.
    on_goalposts
        How many runs those were.
    low, high
        Bounds of each village's score (5 % and 95 %) in those runs.
    """

    ranks: NDArray[np.uint16] | NDArray[np.uint32]
    graded: Ints
    on_goalposts: int
    low: Floats
    high: Floats

    def rank_range(self, share: float = 0.90) -> tuple[Ints, Ints]:
        """Return the places between which each village is in that share of the runs."""
        tail = (1.0 - share) / 2.0
        marks = np.quantile(self.ranks, [tail, 1.0 - tail], axis=0, method="nearest")
        return marks[0].astype(np.int64), marks[1].astype(np.int64)


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """What each run is made with: seed of its draws, scale, method, weights (a column per name)."""

    draws: Sequence[tuple[int, ...]]
    scales: Ints
    methods: Ints
    weights: Floats

    def part(self, first: int, last: int) -> _Plan:
        """Return some of the runs."""
        here = slice(first, last)
        return _Plan(
            draws=self.draws[here],
            scales=self.scales[here],
            methods=self.methods[here],
            weights=self.weights[here],
        )


def model_of(profile: IndexProfile, scored: Scored, classes: pd.Series) -> Model:
    """Return what runs of a scored index need."""
    kept = scored.kept.to_numpy()
    items = {item.code: item for item in profile.indicators}
    names = scored.structure.indicators
    imputed = scored.imputed[kept]
    numbers = pd.factorize(classes[kept], sort=True)[0].astype(np.int64)
    methods = tuple(dict.fromkeys((profile.root.method, *profile.doubt.methods)))
    return Model(
        structure=scored.structure,
        smoothed={
            name: _only(found, kept, imputed[name].to_numpy()) for name, found in scored.observed.items()
        },
        values={name: scored.values.loc[kept, name].to_numpy(dtype=float) for name in names},
        scales={name: scale_of(items[name]) for name in names},
        yardsticks=scored.yardsticks,
        donors={name: _donors(imputed[name].to_numpy(), numbers) for name in names if imputed[name].any()},
        classes=numbers,
        floor=profile.floor,
        doubt=replace(profile.doubt, methods=methods),
    )


def simulate(model: Model, cuts: Sequence[float], *, runs: int | None = None, seed: int = 0) -> Runs:
    """
    Return the villages over many runs.

    Parameters
    ----------
    cuts
        Score that each grade but the worst begins with, the best first.
    runs
        How many; None for as many as the profile says.
    seed
        The same seed gives the same runs, whatever else is computed.
    """
    count = model.doubt.runs if runs is None else runs
    plan = _planned(model, count, seed)
    small = np.uint16 if model.villages < np.iinfo(np.uint16).max else np.uint32
    ranks = np.empty((count, model.villages), dtype=small)
    graded = np.zeros((len(cuts) + 1, model.villages), dtype=np.int64)
    told = []
    on_posts = plan.scales == model.doubt.scales.index("goalposts")
    for first, last, scores in _scored(model, plan):
        ranks[first:last] = class_ranks(scores, model.classes)
        mine = scores[on_posts[first:last]]
        told.append(mine.astype(np.float32))
        # How many cut points lie above the score is the grade's number.
        for row in range(len(cuts) + 1):
            graded[row] += (_grades(mine, cuts) == row).sum(axis=0)
    low, high = _bounds(np.concatenate(told) if told else np.empty((0, model.villages), dtype=np.float32))
    return Runs(ranks=ranks, graded=graded, on_goalposts=int(on_posts.sum()), low=low, high=high)


def sensitivity(
    model: Model, nominal: Floats, *, points: int = 256, resamples: int = 100, seed: int = 0
) -> pd.DataFrame:
    """
    Return which doubt the places hang on: of the mean shift of places inside classes from the nominal ones.

    Parameters
    ----------
    nominal
        Score of each village as published.
    points
        Of each sample, rounded up to a power of 2; there are (factors + 2) times as many runs.

    Returns
    -------
    DataFrame
        As of `planning.index.sobol.sobol_indices`: counts (their chance), weights, scale, method, as far as
        they are uncertain at all.
    """
    doubt = model.doubt
    sizes = {
        "counts": _POOL if model.smoothed else 1,
        "weights": _POOL if doubt.weights > 0 else 1,
        "scale": len(doubt.scales),
        "method": len(doubt.methods),
    }
    names = [name for name, size in sizes.items() if size > 1]
    if not names or model.villages == 0:
        return pd.DataFrame(columns=["first", "total"]).rename_axis("factor")
    design = sobol_design(points, len(names), seed=seed)
    chosen = {name: np.zeros(len(design), dtype=np.int64) for name in sizes}
    for column, name in enumerate(names):
        chosen[name] = (design[:, column] * sizes[name]).astype(np.int64)
    pool = _noise(model, _POOL, np.random.default_rng([seed, 1]))
    plan = _Plan(
        draws=[(seed, 2, int(at)) for at in chosen["counts"]],
        scales=chosen["scale"],
        methods=chosen["method"],
        weights=pool[chosen["weights"]],
    )
    usual = class_ranks(nominal[None, :], model.classes)
    shift = np.empty(len(design))
    for first, last, scores in _scored(model, plan):
        shift[first:last] = np.abs(class_ranks(scores, model.classes) - usual).mean(axis=1)
    return sobol_indices(shift, names, resamples=resamples, seed=seed)


def class_ranks(scores: Floats, classes: Ints) -> Floats:
    """Return the place of each village in its class, 1 the best; equal ones share the better place."""
    places = np.empty(scores.shape)
    for number in range(int(classes.max(initial=-1)) + 1):
        members = classes == number
        places[:, members] = rankdata(-scores[:, members], method="min", axis=1)
    return places


def _only(found: Smoothed, kept: NDArray[np.bool_], imputed: NDArray[np.bool_]) -> Smoothed:
    """Return what the kept villages' rates are drawn from; what stands in for a missing one is not drawn."""
    first, second = found.first[kept].copy(), found.second[kept].copy()
    first[imputed] = np.nan
    return type(found)(kind=found.kind, first=first, second=second, own=found.own[kept])


def _donors(imputed: NDArray[np.bool_], classes: Ints) -> dict[int, Ints]:
    """Return whose values each village might have that has none of its own: its class's, else anyone's."""
    found = {}
    for village in np.flatnonzero(imputed):
        alike = np.flatnonzero(~imputed & (classes == classes[village]))
        found[int(village)] = alike if len(alike) else np.flatnonzero(~imputed)
    return found


def _planned(model: Model, runs: int, seed: int) -> _Plan:
    rng = np.random.default_rng([seed, 0])
    return _Plan(
        draws=[(seed, 2, run) for run in range(runs)],
        scales=rng.permutation(np.arange(runs) % len(model.doubt.scales)),
        methods=rng.permutation(np.arange(runs) % len(model.doubt.methods)),
        weights=_noise(model, runs, rng),
    )


def _noise(model: Model, runs: int, rng: np.random.Generator) -> Floats:
    names = list(model.structure.parents)
    given = np.array([model.structure.weight(name) for name in names])
    return given * (1.0 + model.doubt.weights * rng.uniform(-1.0, 1.0, (runs, len(names))))


def _scored(model: Model, plan: _Plan) -> Iterator[tuple[int, int, Floats]]:
    """Yield the scores of the runs, some at a time."""
    size = model.villages * len(model.structure.indicators)
    step = max(1, _AT_ONCE // max(size, 1))
    for first in range(0, len(plan.draws) if size else 0, step):
        last = min(first + step, len(plan.draws))
        part = plan.part(first, last)
        columns = _drawn(model, part)
        for name, values in columns.items():
            columns[name] = _on_scales(model, name, values, part.scales)
        yield first, last, _added_up(model, columns, part)


def _drawn(model: Model, plan: _Plan) -> dict[str, Floats]:
    """Return each indicator's values: a row per run, a column per village."""
    runs, names = len(plan.draws), model.structure.indicators
    shapes = _shapes(model)
    gammas = np.empty((runs, *shapes.shape))
    for run, key in enumerate(plan.draws):
        gammas[run] = np.random.default_rng(key).standard_gamma(shapes)
    columns, at = {}, 0
    for name in names:
        found = model.smoothed.get(name)
        if found is None:
            columns[name] = _stood_in(
                model, name, np.broadcast_to(model.values[name], (runs, model.villages)), plan
            )
            continue
        drawn, at = gammas[:, at], at + 1
        if found.kind == "gamma":
            drawn = drawn / found.second
        else:
            drawn, at = drawn / (drawn + gammas[:, at]), at + 1
        drawn = np.where(np.isnan(found.first), model.values[name], drawn * model.scales[name])
        columns[name] = _stood_in(model, name, drawn, plan)
    return columns


def _stood_in(model: Model, name: str, drawn: Floats, plan: _Plan) -> Floats:
    """Return values in which what stands in for a missing one is, in each run, that of another village."""
    if name not in model.donors:
        return drawn
    lacking = model.donors[name]
    number = model.structure.indicators.index(name)
    picks = np.array([np.random.default_rng((*key, number)).random(len(lacking)) for key in plan.draws])
    found, runs = drawn.copy(), np.arange(len(drawn))
    for at, (village, donors) in enumerate(lacking.items()):
        found[:, village] = drawn[runs, donors[(picks[:, at] * len(donors)).astype(np.int64)]]
    return found


def _shapes(model: Model) -> Floats:
    """Return the shapes of all gamma variates of a run: one row for a rate, two for a share."""
    rows = []
    for name in model.structure.indicators:
        found = model.smoothed.get(name)
        if found is not None:
            rows += [found.first] if found.kind == "gamma" else [found.first, found.second]
    # Drawn also where nothing varies, so that one gap more does not change what all others draw.
    return np.nan_to_num(np.array(rows).reshape(len(rows), model.villages), nan=1.0)


def _on_scales(model: Model, name: str, values: Floats, scales: Ints) -> Floats:
    """Return an indicator's values on the scale of each run."""
    found = np.empty(values.shape)
    kinds: Sequence[Scale] = model.doubt.scales
    for number, kind in enumerate(kinds):
        runs = scales == number
        if not runs.any():
            continue
        if kind == "goalposts":
            found[runs] = model.yardsticks[name].measure(values[runs], model.floor)
            continue
        signed = model.yardsticks[name].treatment.apply(values[runs]) * model.structure.direction(name)
        spread = minmax(signed, low=0.0, high=1.0) if kind == "minmax" else percentile_rank(signed)
        # Where all are equal in a run they share the middle of the scale.
        found[runs] = model.floor + (BEST - model.floor) * np.where(
            np.isnan(spread) & ~np.isnan(signed), 0.5, spread
        )
    return found


def _added_up(model: Model, columns: Mapping[str, Floats], plan: _Plan) -> Floats:
    """Return the root's score: a row per run."""
    tree, found = model.structure, dict(columns)
    place = {name: at for at, name in enumerate(tree.parents)}
    for group in tree.groups[:-1]:
        members = tree.members(group)
        weights = plan.weights[:, [place[name] for name in members]]
        block = [found.pop(name) for name in members]
        found[group] = _mean(block, weights, tree.method(group), tree.powers.get(group, 1.0))
    members, power = tree.members(tree.root), tree.powers.get(tree.root, 1.0)
    whole = np.empty((len(plan.draws), model.villages))
    for number, method in enumerate(model.doubt.methods):
        runs = plan.methods == number
        weights = plan.weights[np.ix_(runs, [place[name] for name in members])]
        whole[runs] = _mean([found[name][runs] for name in members], weights, method, power)
    return whole


def _mean(block: Sequence[Floats], weights: Floats, method: Method, power: float) -> Floats:
    """Return the weighted mean of members with their own weights in each run, without what is missing."""
    total, whole = np.zeros(block[0].shape), np.zeros(block[0].shape)
    for at, values in enumerate(block):
        own = weights[:, at : at + 1]
        missing = np.isnan(values)
        moved = _forward(values, method, power)
        if missing.any():
            total += np.where(missing, 0.0, own * moved)
            whole += np.where(missing, 0.0, own)
        else:
            total += own * moved
            whole += own
    mean = np.divide(total, whole, out=np.full(total.shape, np.nan), where=whole > 0)
    return _back(mean, method, power)


def _forward(values: Floats, method: Method, power: float) -> Floats:
    match method:
        case "geometric":
            return np.asarray(np.log(values))
        case "harmonic":
            return 1.0 / values
        case "generalised":
            return np.asarray(values**power if power else np.log(values))
        case _:
            return values


def _back(mean: Floats, method: Method, power: float) -> Floats:
    match method:
        case "geometric":
            return np.asarray(np.exp(mean))
        case "harmonic":
            return 1.0 / mean
        case "generalised":
            return np.asarray(mean ** (1.0 / power) if power else np.exp(mean))
        case _:
            return mean


def _grades(scores: Floats, cuts: Sequence[float]) -> Ints:
    return np.asarray(sum((scores < cut).astype(np.int64) for cut in cuts))


def _bounds(scores: NDArray[np.float32]) -> tuple[Floats, Floats]:
    if not len(scores):
        nothing = np.full(scores.shape[1], np.nan)
        return nothing, nothing
    low, high = np.quantile(scores, [0.05, 0.95], axis=0)
    return low.astype(float), high.astype(float)
