"""
Benchmark the fewest cut edges of contiguous plans within population bounds, against published optima.

Run `python benchmarks/cut_edges.py FOLDER --seconds 60`; without a folder it looks where GRIDBEAT_TEST_DATA
says. The folder holds one dual graph per file (`.json` or `.json.gz`: nodes with `pop`, edges as pairs, k,
L, U) and may hold `published_optima.csv` (Validi and Buchanan: values proved optimal, or bounds). No solver
sees a published value or plan. Every plan is checked here: contiguous, within bounds, its edges recounted.
`--published` checks the plans in the files instead, where there are any: a check of the check.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from planning.redraw.annealing import Aim, Annealer
from planning.redraw.growing import grown
from planning.redraw.problem import Problem
from planning.redraw.search import Limits, reachable, search

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

USUAL_DEVIATION = 0.005  # the bounds of Validi and Buchanan, for files that state none
# The tighter the bounds, the steeper the price of breaking them has to be; which is best no one knows before.
CUT_AIMS = tuple(
    Aim(name=f"cut {over} {merge}", cut=1.0, over=over, hot=5.0, cold=0.15, merge=merge)
    for over in (200.0, 1000.0, 5000.0)
    for merge in (0.0, 0.005)
)
OPTIMUM, BOUND = "opt_cut_edges_contiguous", "bound"


@dataclass(frozen=True, kw_only=True)
class Districting:
    """
    A dual graph to cut into k contiguous parts of low to high inhabitants.

    Parameters
    ----------
    name
        State and level.
    edges
        m × 2, each pair once, nodes counted from 0.
    population
        Of each node.
    best, bound
        Fewest cut edges known and proved lower bound; None where not published.
    plan
        A published plan, part by node; None where there is none.
    """

    name: str
    edges: NDArray[np.int64]
    population: NDArray[np.int64]
    k: int
    low: int
    high: int
    best: float | None
    bound: float | None
    plan: NDArray[np.int64] | None


def gridbeat_cut_edges(
    indptr: NDArray[np.int64],
    neighbours: NDArray[np.int64],
    population: NDArray[np.int64],
    k: int,
    low: int,
    high: int,
    seconds: float,
    seed: int,
) -> NDArray[np.int64]:
    """Return the part of each node; the neighbours of u are ``neighbours[indptr[u]:indptr[u + 1]]``."""
    n, middle = len(population), (low + high) / 2
    problem = Problem(
        grid_ids=tuple(map(str, range(n))),
        unit_of_grid=np.arange(n),
        weight=population.astype(float),
        present=population.astype(float),
        area=np.zeros(n),
        outline=np.zeros(n),
        x=np.arange(n, dtype=float),
        y=np.zeros(n),
        first=indptr,
        neighbours=neighbours,
        shared=np.ones(len(neighbours)),
        region=np.zeros(n, dtype=np.int64),
        region_names=("",),
        zone_ids=tuple(map(str, range(k))),
        zone_region=np.zeros(k, dtype=np.int64),
        target=np.full(k, middle),
        start=np.full(n, -1),
        stay_first=np.zeros(n + 1, dtype=np.int64),
        stay_zone=np.zeros(0, dtype=np.int64),
        stay_weight=np.zeros(0),
        fixed=np.zeros(n, dtype=bool),
        closed=np.zeros(k, dtype=bool),
    )
    problem = problem.replace(start=grown(problem, seed=seed))
    limits = Limits(seconds=seconds, seed=seed)
    tolerance = np.full(k, (high - low) / 2 / middle)
    _, fair = reachable(problem, tolerance[:1], seed=seed)
    found = search(problem, tolerance, limits=limits, known=(fair,), aims=CUT_AIMS)
    best = Annealer(problem, tolerance)
    return min(found.plans.values(), key=lambda plan: best.region_energies(plan, CUT_AIMS[0]).sum())


def gridbeat_warm() -> None:
    """Compile what numba compiles, or load it from its cache, before any clock starts."""


def districtings(folder: Path) -> Iterator[Districting]:
    """Read every dual graph of a folder, by name."""
    listed = folder / "published_optima.csv"
    rows = list(csv.DictReader(listed.open(encoding="utf-8-sig"))) if listed.exists() else []
    published = {f"{row.get('state')}_{row.get('level')}": row for row in rows}
    for path in sorted([*folder.glob("*.json"), *folder.glob("*.json.gz")]):
        content = path.read_bytes()
        raw = json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)
        name = path.name.split(".")[0]
        if "nodes" in raw and "edges" in raw:
            yield _districting(name, raw, published.get(name, {}))


def _districting(name: str, raw: dict[str, Any], listed: dict[str, str]) -> Districting:
    def stated(key: str) -> float | None:
        value = raw.get(key) if raw.get(key) is not None else listed.get(key)
        return float(value) if value not in (None, "") else None

    at = {node.get("id", number): number for number, node in enumerate(raw["nodes"])}
    pairs = np.array([sorted((at[edge[0]], at[edge[1]])) for edge in raw["edges"]], dtype=np.int64)
    edges = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)
    population = np.array([node["pop"] for node in raw["nodes"]], dtype=np.int64)
    k = int(stated("k") or 2)
    low, high = stated("L"), stated("U")
    mean = population.sum() / k
    return Districting(
        name=name,
        edges=edges,
        population=population,
        k=k,
        low=int(np.ceil(mean * (1 - USUAL_DEVIATION)) if low is None else low),
        high=int(np.floor(mean * (1 + USUAL_DEVIATION)) if high is None else high),
        best=stated(OPTIMUM),
        bound=stated(BOUND),
        plan=_plan(raw, at),
    )


def _plan(raw: dict[str, Any], at: dict[Any, int]) -> NDArray[np.int64] | None:
    found = raw.get("published_solution")
    if found is None:
        return None
    if isinstance(found, dict):
        found = [found[str(node)] for node in at]
    return np.array(found, dtype=np.int64)


def compressed(case: Districting) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the neighbourhood in compressed rows, neighbours ascending."""
    ends = np.concatenate([case.edges, case.edges[:, ::-1]]).T
    size = (len(case.population),) * 2
    rows = csr_array(coo_array((np.ones(ends.shape[1]), (ends[0], ends[1])), shape=size))
    rows.sort_indices()
    return rows.indptr.astype(np.int64), rows.indices.astype(np.int64)


def checked(case: Districting, labels: NDArray[np.int64]) -> tuple[int, list[str]]:
    """Return how many edges a plan cuts, and what is wrong with it."""
    names, part = np.unique(np.asarray(labels), return_inverse=True)
    faults = [] if len(part) == len(case.population) else [f"{len(part)} nodes"]
    if faults:
        return 0, faults
    if len(names) != case.k:
        faults.append(f"{len(names)} parts")
    people = np.bincount(part, case.population).astype(int)
    if people.min() < case.low or people.max() > case.high:
        faults.append(f"{people.min():,}–{people.max():,} inhabitants")
    inside = part[case.edges[:, 0]] == part[case.edges[:, 1]]
    kept = case.edges[inside].T
    links = coo_array((np.ones(kept.shape[1]), (kept[0], kept[1])), shape=(len(part), len(part)))
    pieces = connected_components(links, directed=False)[0]
    if pieces != len(names):
        faults.append(f"{pieces - len(names)} parts too many")
    return int((~inside).sum()), faults


def row_of(case: Districting, *, seconds: float, seed: int, published: bool) -> str:
    """Solve one case, check the plan, and return its row."""
    head = f"| {case.name} | {len(case.population)} | {len(case.edges)} | {case.k} | {_published(case)} |"
    labels, clock = case.plan, time.perf_counter()
    if not published:
        indptr, neighbours = compressed(case)
        try:
            labels = gridbeat_cut_edges(
                indptr, neighbours, case.population, case.k, case.low, case.high, seconds, seed
            )
        except NotImplementedError as fault:
            return f"{head} {fault} | | |"
    took = time.perf_counter() - clock
    if labels is None:
        return f"{head} no plan | | {took:.2f} |"
    cut, faults = checked(case, labels)
    if faults:
        return f"{head} not valid: {'; '.join(faults)} | | {took:.2f} |"
    return f"{head} {cut} | {_gap(case, cut)} | {took:.2f} |"


def _published(case: Districting) -> str:
    if case.best is None:
        return "none" if case.bound is None else f"≥ {case.bound:g}"
    # Cut edges are whole: a bound above best - 1 proves it.
    proved = case.bound is None or case.bound > case.best - 1
    return f"{case.best:g}" if proved else f"{case.bound:g} to {case.best:g}"


def _gap(case: Districting, cut: int) -> str:
    if case.best:
        return f"{100 * (cut / case.best - 1):.1f}"
    return f"{100 * (cut / case.bound - 1):.1f} over the bound" if case.bound else "–"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each dual graph")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--published", action="store_true", help="check the published plans, solve nothing")
    options = parser.parse_args()
    data = os.environ.get("GRIDBEAT_TEST_DATA")
    folder = options.folder or (Path(data) / "redistricting" / "cut_edges" if data else None)
    if folder is None or not folder.is_dir():
        parser.exit(2, f"no folder of dual graphs: {folder or 'name one, or set GRIDBEAT_TEST_DATA'}\n")
    if not options.published:
        gridbeat_warm()
    print(f"{date.today()}, {os.cpu_count()} cores, seed {options.seed}, {options.seconds:g} s each\n")
    print("| dual graph | nodes | edges | k | published | ours | gap % | seconds |")
    print("|---|---|---|---|---|---|---|---|")
    for case in districtings(folder):
        print(
            row_of(case, seconds=options.seconds, seed=options.seed, published=options.published), flush=True
        )


if __name__ == "__main__":
    main()
