"""
Benchmark the patrol planner on public routing instances, each put as a day of patrols.

Run `python benchmarks/routing_instances.py FOLDER --seconds 60`; without a folder it looks where
GRIDBEAT_TEST_DATA says. Every `.tsp`, `.vrp` and TOP file below the folder is read: customers become stops,
vehicles teams, demands loads, distances times; what is asked is least travel, or most worth. A file
`NAME.sol` beside an instance, or the table below, holds the best value known; the planner sees neither. Every
plan is checked by `planning.patrol.checking`, and its value recomputed from the coordinates.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.travel_times import TravelTimes
from planning.patrol.params import TRAVEL, DayParams, Limits
from planning.patrol.plan import DayPlan, DayProblem
from planning.patrol.solving import plan_day

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

# Published values of instances without a file of their own.
BEST_KNOWN = {
    "eil51": 426,
    "kroA100": 21282,
    "RC208": 7761,
    "p4.2.a": 206,
    "p4.2.b": 341,
}
# No limit: far beyond any tour, and small enough to be added up.
FOR_EVER = 2**33
# TOP's limits have one decimal; so fine that no rounding decides.
TOP_SCALE = 100_000


@dataclass(frozen=True, kw_only=True)
class Instance:
    """
    A routing problem as a day of patrols, and how a plan of it is valued.

    Parameters
    ----------
    kind
        TSP, CVRP, VRPTW, MDVRPTW or TOP.
    cap
        The longest that a vehicle may be out.
    scale
        Units of the plan in one unit of the published value.
    most
        Whether the value is the worth collected, which is to be large; otherwise travel, to be small.
    """

    name: str
    kind: str
    problem: DayProblem
    best: float | None
    cap: int | None = None
    scale: int = 1
    most: bool = False
    ways: Ints = field(default_factory=lambda: np.empty((0, 0), dtype=np.int64))

    def value(self, plan: DayPlan) -> float:
        """Return the value of a plan, from the ways and the order of stops alone."""
        orders = {r.team_id: [int(v.stop_id) for v in r.visits] for r in plan.routes}
        if self.most:
            return float(self.problem.stops.loc[[str(s) for o in orders.values() for s in o], "worth"].sum())
        at = self.problem.teams[["start", "end"]].astype(int)
        total = 0
        for team, order in orders.items():
            path = [at.at[team, "start"], *order, at.at[team, "end"]]
            total += sum(int(self.ways[a, b]) for a, b in zip(path, path[1:], strict=False))
        return total / self.scale

    def gap(self, value: float) -> float:
        """Return how much worse than the best known a value is, in percent."""
        if self.best is None:
            return math.nan
        return 100 * ((self.best - value) if self.most else (value - self.best)) / self.best


def instances(folder: Path) -> Iterator[Instance]:
    """Yield the instances below a folder."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".tsp", ".vrp"):
            yield _vrplib(path)
        elif path.suffix == ".txt" and path.name.startswith("p") and path.read_text().startswith("n "):
            yield _orienteering(path)


def _vrplib(path: Path) -> Instance:
    """Read TSPLIB and its descendants."""
    heads, sections = _sections(path.read_text())
    xy = np.array([row[1:3] for row in sections["NODE_COORD"]], dtype=float)
    count = len(xy)
    windows = _by_node(sections.get("TIME_WINDOW"), count)
    many = "VEHICLES_DEPOT" in sections
    kind = "TSP" if path.suffix == ".tsp" else "MDVRPTW" if many else "CVRP" if windows is None else "VRPTW"
    way = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    rounded: dict[str, tuple[int, Callable[[NDArray[np.float64]], NDArray[np.float64]]]] = {
        "TSP": (1, lambda d: np.floor(d + 0.5)),
        "CVRP": (1, lambda d: np.floor(d + 0.5)),
        "VRPTW": (10, lambda d: np.floor(10 * d)),
        "MDVRPTW": (1000, lambda d: np.rint(1000 * d)),
    }
    units, rounding = rounded[kind]
    ways = rounding(way).astype(np.int64)
    demand = _by_node(sections.get("DEMAND"), count)
    load = np.zeros(count) if demand is None else demand[:, 0]
    service = _by_node(sections.get("SERVICE_TIME"), count)
    dwell = np.full(count, float(heads.get("SERVICE_TIME", 0))) if service is None else service[:, 0]
    depots = [int(row[0]) - 1 for row in sections.get("DEPOT", [["1"]]) if int(row[0]) > 0]
    homes = [int(row[1]) - 1 for row in sections["VEHICLES_DEPOT"]] if many else []
    capacity = int(heads.get("CAPACITY", FOR_EVER))
    if not homes:
        needed = math.ceil(load.sum() / capacity)
        homes = [0] * (1 if kind == "TSP" else int(heads.get("VEHICLES", needed + 4)))
    customers = [node for node in range(count) if node not in depots]
    open_ = None if windows is None else (windows * units).astype(int)
    limit = heads.get("VEHICLES_MAX_DURATION")
    problem = _day(
        ways,
        customers,
        dwell=(dwell * units).astype(np.int64),
        windows=open_,
        load=load.astype(np.int64),
        homes=[(home, home) for home in homes],
        capacity=capacity,
        shift=FOR_EVER if open_ is None else int(open_[depots, 1].max()),
    )
    return Instance(
        name=path.stem,
        kind=kind,
        problem=problem,
        best=_best(path),
        cap=None if limit is None else int(limit) * units,
        ways=ways,
    )


def _orienteering(path: Path) -> Instance:
    """Read a team orienteering problem (Chao): from the first point to the last within tmax, most score."""
    lines = [line.split() for line in path.read_text().splitlines() if line.strip()]
    heads = {line[0]: float(line[1]) for line in lines[:3]}
    points = np.array(lines[3:], dtype=float)
    way = np.hypot(*(points[:, None, :2] - points[None, :, :2]).transpose(2, 0, 1))
    ways = np.ceil(TOP_SCALE * way - 1e-6).astype(np.int64)
    np.fill_diagonal(ways, 0)
    last = len(points) - 1
    problem = _day(
        ways,
        [node for node in range(1, last) if points[node, 2] > 0],
        dwell=np.zeros(len(points), dtype=np.int64),
        windows=None,
        load=np.zeros(len(points), dtype=np.int64),
        homes=[(0, last)] * int(heads["m"]),
        capacity=FOR_EVER,
        shift=round(heads["tmax"] * TOP_SCALE),
        worth=points[:, 2].astype(np.int64),
    )
    return Instance(name=path.stem, kind="TOP", problem=problem, best=_best(path), most=True, ways=ways)


def _day(
    ways: Ints,
    customers: list[int],
    *,
    dwell: Ints,
    windows: Ints | None,
    load: Ints,
    homes: list[tuple[int, int]],
    capacity: int,
    shift: int,
    worth: Ints | None = None,
) -> DayProblem:
    """Put an instance as a day of patrols; nodes are labels."""
    labels = [str(node) for node in range(len(ways))]
    teams = pd.DataFrame(
        {
            "start": [labels[start] for start, _ in homes],
            "end": [labels[end] for _, end in homes],
            "travel_mode": "car",
            "shift_start_ms": 0,
            "shift_end_ms": shift,
            "skills": [()] * len(homes),
            "capacity": capacity,
        },
        index=[f"team {i + 1}" for i in range(len(homes))],
    )
    stops = pd.DataFrame(
        {
            "place": [labels[node] for node in customers],
            "dwell_ms": dwell[customers],
            "windows": [() if windows is None else (tuple(windows[n].tolist()),) for n in customers],
            "priority": 1 if worth is None else 2,
            "worth": 1 if worth is None else worth[customers],
            "skill": "",
            "load": load[customers],
        },
        index=[labels[node] for node in customers],
    )
    travel = {"car": TravelTimes(labels=pd.Index(labels), ms=np.ascontiguousarray(ways))}
    allowed = np.ones((len(teams), len(stops)), dtype=bool)
    return DayProblem(force="squad", mode="joint", teams=teams, stops=stops, travel=travel, allowed=allowed)


def _sections(text: str) -> tuple[dict[str, str], dict[str, list[list[str]]]]:
    """Return the heads (NAME: value) and the sections (NAME_SECTION and rows) of a file."""
    heads: dict[str, str] = {}
    sections: dict[str, list[list[str]]] = {}
    rows: list[list[str]] | None = None
    for line in text.splitlines():
        words = line.split()
        if not words or words == ["EOF"]:
            continue
        if words[0].endswith("_SECTION"):
            rows = sections.setdefault(words[0].removesuffix("_SECTION"), [])
        elif ":" in line and rows is None:
            name, value = line.split(":", 1)
            heads[name.strip()] = value.strip()
        elif rows is not None:
            rows.append(words)
    return heads, sections


def _by_node(rows: list[list[str]] | None, count: int) -> NDArray[np.float64] | None:
    if rows is None:
        return None
    values = np.array([row[1:] for row in rows], dtype=float)
    assert len(values) == count
    return values


def _best(path: Path) -> float | None:
    """Return the best value known: of a solution beside the instance, or of the table."""
    solution = path.with_suffix(".sol")
    if solution.exists():
        found = re.search(r"^cost:?\s+([\d.]+)", solution.read_text(), re.MULTILINE | re.IGNORECASE)
        return None if found is None else float(found[1])
    return BEST_KNOWN.get(path.stem)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--effort", type=int, help="iterations instead of seconds")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="names that contain this")
    asked = parser.parse_args()
    data = os.environ.get("GRIDBEAT_TEST_DATA")
    folder = asked.folder or (Path(data) / "routing" if data else None)
    if folder is None:
        parser.error("name a folder of instances, or set GRIDBEAT_TEST_DATA")
    print("| kind | instance | best known | found | gap % | checked | seconds | CPU s |")
    print("|---|---|---|---|---|---|---|---|")
    for instance in instances(folder):
        if asked.only and asked.only not in instance.name:
            continue
        began, used = time.perf_counter(), time.process_time()
        plan = plan_day(
            instance.problem,
            params=DayParams(objective=TRAVEL, cap_ms=instance.cap, price_cap=False),
            limits=Limits(seconds=asked.seconds, effort=asked.effort),
            seed=asked.seed,
        )
        seconds, used = time.perf_counter() - began, time.process_time() - used
        value, whole = instance.value(plan), plan.feasible and (instance.most or not plan.unvisited)
        print(
            f"| {instance.kind} | {instance.name} | {instance.best or 0:,g} | {value:,g} "
            f"| {instance.gap(value):.2f} | {'yes' if whole else 'NO'} | {seconds:.1f} | {used:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
