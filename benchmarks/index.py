"""
What the safety index costs: 2,000 Monte-Carlo runs over 338 villages, and how that grows to 30,000.

Run `python benchmarks/index.py` (some minutes; `--sizes 338` for one size). Each size runs alone in a process
of its own; told are CPU seconds, which other work on the machine does not lengthen, and the peak of memory
above what was loaded. Beside them the way that COINr goes: the index made anew, stage by stage, for every run
(measured on 40 runs and multiplied; the sampling of counts, which COINr does not do, is left out of it).
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from planning.index.aggregating import ranks
from planning.index.composing import Recipe, compose
from planning.index.index import index_of
from planning.index.montecarlo import model_of, sensitivity, simulate
from planning.index.panel import BASE, CURRENT, PREVIOUS, WINDOW, YEAR_BEFORE, Panel, Span
from planning.index.points import score_points
from planning.index.profile_reading import load_profile
from planning.index.scoring import score
from planning.index.weighting import noisy_weights
from planning.periods import parse_period

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = (338, 1_000, 3_000, 10_000, 30_000)
RUNS = 2_000
REGENERATED = 40
# Per 10,000 people and year, and of shares the usual one.
_USUAL = {"share": 0.93, "rate": 50.0}
_DAYS = {
    CURRENT: ("2026-10", 31),
    PREVIOUS: ("2026-09", 30),
    YEAR_BEFORE: ("2025-10", 31),
    WINDOW: ("2025-11-01..2026-10-31", 365),
    BASE: ("2025", 365),
}


def drawn_panel(villages: int, seed: int = 0) -> Panel:
    """Return a panel of villages whose rates and shares are drawn, for the profile of the six elements."""
    rng, profile = np.random.default_rng(seed), load_profile("pingan_village")
    index = pd.Index([f"{i:012d}" for i in range(villages)], name="village_id", dtype="str")
    present = np.round(rng.lognormal(np.log(2000), 0.6, villages))
    kind = np.where(rng.random(villages) < 0.37, "community", "village")
    table = pd.DataFrame(
        {"name": index, "kind": kind, "town_id": "", "station_id": "", "present": present, "class": kind},
        index=index,
    )
    spans = {}
    items = [item for item in profile.indicators if item.measure != "level"]
    lasting = {item.code: rng.gamma(3, 1 / 3, villages) for item in items}
    for name, (text, days) in _DAYS.items():
        counts, exposure = pd.DataFrame(index=index), pd.DataFrame(index=index)
        for item in profile.indicators:
            if item.measure == "level":
                counts[item.code] = exposure[item.code] = np.nan
                continue
            if item.measure == "rate":
                exposure[item.code] = present * days / 365.25
                rate = _USUAL["rate"] / 1e4 * lasting[item.code]
                counts[item.code] = rng.poisson(rate * exposure[item.code]).astype(float)
            else:
                exposure[item.code] = rng.poisson(days / 3, villages) + 1.0
                share = rng.beta(40 * _USUAL["share"], 40 * (1 - _USUAL["share"]), villages)
                counts[item.code] = rng.binomial(exposure[item.code].astype(int), share).astype(float)
        spans[name] = Span(days=parse_period(text), counts=counts, exposure=exposure)
    carried = pd.DataFrame(data=False, index=index, columns=spans[WINDOW].counts.columns)
    return Panel(
        villages=table,
        spans=spans,
        carried=carried,
        period=parse_period("2026-10"),
        basis="valid",
        profile=profile,
    )


def measure(villages: int) -> dict[str, Any]:
    """Return the CPU seconds of each part for so many villages."""
    panel = drawn_panel(villages)
    # Imports and first calls are nobody's seconds.
    index_of(drawn_panel(40), runs=4)
    loaded = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    scored, score_s = timed(lambda: score(panel))
    model = model_of(panel.profile, scored, panel.villages["class"])
    runs, runs_s = timed(lambda: simulate(model, panel.profile.grades.score, runs=RUNS))
    (low, high), range_s = timed(runs.rank_range)
    _, points_s = timed(lambda: score_points(panel))
    _, whole_s = timed(lambda: index_of(panel, runs=RUNS))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    nominal = scored.scores[scored.structure.root].to_numpy()
    sobol_s = timed(lambda: sensitivity(model, nominal, points=256))[1] if villages <= 1_000 else None
    return {
        "villages": villages,
        "score": score_s,
        "runs": runs_s,
        "ranges": range_s,
        "points": points_s,
        "whole": whole_s,
        "sobol": sobol_s,
        "regenerated": regenerate(scored, panel) if villages <= 3_000 else None,
        "peak_mb": (peak - loaded) / 1024,
        "places": float(np.median(high - low)),
    }


def regenerate(scored: Any, panel: Panel) -> float:
    """Return the CPU seconds of as many runs, each made anew stage by stage from the smoothed rates."""
    recipe = Recipe(structure=scored.structure, imputing="median", settings={"low": 1.0, "high": 100.0})
    noise = noisy_weights(scored.structure, {1: 0.25, 2: 0.25}, draws=REGENERATED, seed=0)
    root, classes = scored.structure.root, panel.villages["class"]

    def run() -> None:
        for weights in noise.to_dict("records"):
            changed = replace(recipe, structure=recipe.structure.with_weights(weights))
            made = compose(scored.values, changed).scores[root]
            made.groupby(classes).transform(ranks)

    return timed(run)[1] / REGENERATED * RUNS


def timed(run: Callable[[], Any]) -> tuple[Any, float]:
    """Return what a call gives, and its CPU seconds."""
    began = time.process_time()
    found = run()
    return found, time.process_time() - began


def row(found: dict[str, Any]) -> str:
    """Return one line of the table."""

    def cell(value: float | None) -> str:
        return "" if value is None else f"{value:,.2f}"

    parts = ("score", "points", "runs", "ranges", "whole", "sobol", "regenerated")
    ratio = "" if found["regenerated"] is None else f"{found['regenerated'] / found['runs']:,.0f}"
    cells = [f"{found['villages']:,}", *(cell(found[part]) for part in parts), ratio]
    cells += [f"{found['peak_mb']:,.0f}", f"{found['places']:,.0f}"]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print the table, one process per size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure(asked.one)))
        return
    heads = ("villages", "index", "points", "2,000 runs", "ranges", "whole", "Sobol'", "stage by stage")
    print(f"| {' | '.join([*heads, '×', 'MB', 'places'])} |")
    print("|---" * 11 + "|")
    for size in asked.sizes:
        command = [sys.executable, __file__, "--one", str(size)]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        print(row(json.loads(told)), flush=True)


if __name__ == "__main__":
    main()
