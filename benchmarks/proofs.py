"""
Prove, station by station, how good a redraw of the sample is: what no peer of `benchmarks/redraw.py` tells.

Run `python benchmarks/proofs.py --seconds 600`. First with whole villages (the default): the smallest
tolerance that a plan keeps in each station, and the proved bound under it. Then at grid level: the workload
that the least-change plan moves, the floor, the unrestricted bound, and the least within some hops of the
zones' cores, with whether CP-SAT closed it.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from redraw_instances import Instance, sample

from planning.redraw.bounds import least_deviation
from planning.redraw.building import build_problem
from planning.redraw.front import LEAST_CHANGE
from planning.redraw.params import RedrawParams
from planning.redraw.proof import prove
from planning.redraw.redrawing import redraw
from planning.redraw.search import Limits, reachable


def tolerances(instance: Instance, *, seconds: float, seed: int, workers: int) -> None:
    """Print what tolerance each station can keep with whole villages, and what is proved of it."""
    problem = build_problem(instance.graph, instance.assignment, params=RedrawParams()).problem
    regions = len(problem.region_names)
    met, kept = reachable(problem, np.zeros(regions), seed=seed, starts=8, halvings=10, workers=workers)
    print("| station | zones | units | found % | proved at least % | how | closed | seconds |")
    print("|---|---|---|---|---|---|---|---|")
    closed = 0
    for region, name in enumerate(problem.region_names):
        began = time.perf_counter()
        answer = least_deviation(
            problem.replace(start=kept), region, seconds=seconds / regions, workers=workers, seed=seed
        )
        best = min(met[region], answer.value)
        shut = answer.kind == "exact" or best <= answer.bound
        closed += shut
        zones, units = int((problem.zone_region == region).sum()), int((problem.region == region).sum())
        took = time.perf_counter() - began
        print(
            f"| {name} | {zones} | {units} | {best:.1%} | {answer.bound:.1%} | {answer.kind}"
            f" | {'yes' if shut else 'no'} | {took:.1f} |"
        )
    print(f"\n{closed} of {regions} closed\n")


def changes(instance: Instance, *, seconds: float, search: float, hops: int, seed: int, workers: int) -> None:
    """Print how near the least-change plan at grid level is to what is proved of each station."""
    found = redraw(
        instance.graph,
        instance.assignment,
        params=RedrawParams(split_villages=True),
        limits=Limits(seconds=search, seed=seed, workers=workers),
    )
    problem = found.built.problem
    plan = next(p.assignment for p in found.proposals if p.name == LEAST_CHANGE)
    number = {zone: i for i, zone in enumerate(problem.zone_ids)}
    zone_of = np.empty(problem.units, dtype=np.int64)
    zone_of[problem.unit_of_grid] = plan.reindex(list(problem.grid_ids)).map(number).to_numpy()
    proof = prove(
        problem, zone_of, tolerances=found.tolerances, seconds=seconds, hops=hops, workers=workers, seed=seed
    )
    work = np.bincount(problem.region, problem.weight, minlength=len(problem.region_names))
    share = dict(zip(problem.region_names, work, strict=True))
    print(f"least-change plan found in {found.seconds:.0f} s, {found.effort.rounds} rounds\n")
    print("| station | grids | zones | floor % | bound % | within hops % | ours % | closed | optimum | s |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    near = 0
    for row in proof.regions.to_dict("records"):
        whole = share[row["region"]]
        figures = (f"{row[key] / whole:.2%}" for key in ("floor", "bound", "within", "value"))
        near += row["closed"] and row["value"] - row["within"] <= 0.01 * whole
        closed = f"{'yes' if row['closed'] else 'no'} ({row['hops']})"
        print(
            f"| {row['region']} | {row['units']} | {row['zones']} | {' | '.join(figures)} | {closed}"
            f" | {'proved' if row['optimal'] else 'open'} | {row['seconds']:.0f} |"
        )
    shut = int(proof.regions["closed"].sum())
    print(f"\n{shut} closed within their hops, our plan within 1 point of the proved value in {near}")


def main() -> None:
    """Run both parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="seconds of the proofs at grid level")
    parser.add_argument("--village-seconds", type=float, default=120, help="seconds of those of tolerances")
    parser.add_argument("--search", type=float, default=30, help="seconds of the search")
    parser.add_argument("--hops", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workspace", type=Path, help="a sample made before")
    options = parser.parse_args()
    workers = os.cpu_count() or 1
    print(f"{date.today()}, {workers} cores, seed {options.seed}\n")
    district = sample(options.workspace)
    tolerances(district, seconds=options.village_seconds, seed=options.seed, workers=workers)
    changes(
        district,
        seconds=options.seconds,
        search=options.search,
        hops=options.hops,
        seed=options.seed,
        workers=workers,
    )


if __name__ == "__main__":
    main()
