"""
Benchmark the patrols of streets: CARP instances, and the zones of the sample district.

Run `python benchmarks/streets.py carp FOLDER --seconds 40` on files of CARPLIB (Valencia): each street a task
of two directions, vehicles teams with a capacity, costs times; what is asked is fewest hours. The best values
known stand below; the planner does not see them. It is given a sixteenth of the time, a quarter, all of it,
until it gets there. Run `python benchmarks/streets.py zones WORKSPACE` for one team over all streets of
zones, once along and on both sides: what is proved, and in what time. Every plan is checked by
`planning.patrol.streets.checking`.
"""

from __future__ import annotations

import argparse
import os
import re
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from data.workspace import Workspace
from geo.arc_graph import ArcGraph
from geo.road_cutting import cut_at_border
from geo.road_network import RoadNetwork
from planning.patrol.params import HOURS, Limits
from planning.patrol.streets.plan import StreetParams, StreetPlan
from planning.patrol.streets.problem import SIDES, StreetProblem, street_problem
from planning.patrol.streets.solving import plan_streets
from ui.patrol_ground import road_layout

# Published optima (Belenguer and Benavent 2003).
BEST_KNOWN = {"gdb1": 316, "gdb10": 275, "val1A": 173}
SHIFT_MS = 2**33
_EDGE = re.compile(r"\(\s*(\d+)\s*,\s*(\d+)\s*\)\s*coste\s+(\d+)(?:\s+demanda\s+(\d+))?")


def carp_instance(path: Path) -> tuple[str, StreetProblem]:
    """Read an instance; the depot's links to its node take 1 each where a cost of 1 is `SCALE`."""
    text = path.read_text(encoding="latin-1")
    heads = dict(re.findall(r"^\s*([A-Z_]+)\s*:\s*(\S+)", text, re.MULTILINE))
    edges = np.array([[int(cell or 0) for cell in row] for row in _EDGE.findall(text)])
    tail, head, cost, demand = edges.T
    nodes, depot, count = int(heads["VERTICES"]), int(heads["DEPOSITO"]) - 1, len(edges)
    out, home = nodes, nodes + 1
    graph = ArcGraph(
        nodes=nodes + 2,
        tail=np.concatenate([tail - 1, head - 1, [out, depot]]),
        head=np.concatenate([head - 1, tail - 1, [depot, home]]),
        ms=np.concatenate([cost, cost, [0, 0]]) * SCALE + np.repeat([0, 1], [2 * count, 2]),
    )
    asked = np.flatnonzero(demand > 0)
    tasks = pd.DataFrame(
        {"forth": asked, "back": asked + count, "ms": cost[asked] * SCALE, "load": demand[asked]}
    )
    vehicles = int(heads["VEHICULOS"])
    teams = pd.DataFrame(
        {"name": "", "out": out, "home": home, "shift_start_ms": 0, "shift_end_ms": SHIFT_MS}
        | {"capacity": int(heads["CAPACIDAD"])},
        index=[str(number + 1) for number in range(vehicles)],
    )
    problem = StreetProblem(
        graph=graph, tasks=tasks, teams=teams, sides="once", metres=np.zeros(len(graph.tail))
    )
    return heads["NOMBRE"], problem


SCALE = 1_000


def carp(folder: Path, seconds: float, seed: int) -> None:
    print("| instance | streets | vehicles | best known | found | checked | seconds until | CPU s |")
    print("|---|---|---|---|---|---|---|---|")
    for path in sorted(folder.rglob("*.dat")):
        name, problem = carp_instance(path)
        for tried in (seconds / 16, seconds / 4, seconds):
            began, used = time.perf_counter(), time.process_time()
            plan = plan_streets(
                problem, params=StreetParams(objective=HOURS), limits=Limits(seconds=tried), seed=seed
            )
            took, used = time.perf_counter() - began, time.process_time() - used
            # Recomputed from the arcs alone; the links of the depot are not of the instance.
            value = carp_value(problem, plan)
            if value == BEST_KNOWN.get(name):
                break
        print(
            f"| {name} | {len(problem.tasks)} | {len(problem.teams)} | {BEST_KNOWN.get(name)} | {value} "
            f"| {'yes' if plan.feasible else 'NO'} | {took:.1f} | {used:.1f} |",
            flush=True,
        )


def carp_value(problem: StreetProblem, plan: StreetPlan) -> int:
    cost = problem.graph.ms // SCALE
    return int(sum(cost[step.arc] for route in plan.routes for step in route.steps))


def zones(workspace: Path, count: int, seconds: float) -> None:
    opened = Workspace.open(workspace)
    layout, table = road_layout(opened), opened.read("zones")
    assert layout is not None
    print("| zone | sides | by | streets | hours | on the way % | proved | gap % | seconds |")
    print("|---|---|---|---|---|---|---|---|---|")
    for row in np.linspace(0, len(table) - 1, count).astype(int).tolist():
        shape = table.geometry.iloc[row]
        cut, inside = cut_at_border(layout, shape.buffer(10))
        base = gpd.GeoDataFrame(
            {"name": "1", "shift_start_ms": 0, "shift_end_ms": SHIFT_MS},
            index=["1"],
            geometry=[shape.representative_point()],
            crs=table.crs,
        )
        for mode in ("walk", "car"):
            for sides in SIDES:
                network = RoadNetwork(layout=cut, travel_mode=mode)
                began = time.perf_counter()
                problem = street_problem(network, inside, base, sides=sides)
                plan = plan_streets(problem, limits=Limits(seconds=seconds))
                took = time.perf_counter() - began
                figures = plan.summary()
                gap = 100 * (plan.value_ms / plan.bound_ms - 1) if plan.bound_ms else 0.0
                print(
                    f"| {table['zone_id'].iloc[row]} | {sides} | {mode} | {len(problem.tasks)} "
                    f"| {figures['hours']:.2f} | {100 * figures['passing_time_share']:.1f} "
                    f"| {'yes' if plan.exact else 'no'} | {gap:.2f} | {took:.1f} |",
                    flush=True,
                )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["carp", "zones"])
    parser.add_argument("path", nargs="?", type=Path)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--count", type=int, default=5, help="zones")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    data = os.environ.get("GRIDBEAT_TEST_DATA")
    path = asked.path or (Path(data) / "routing" / "CARP" if data and asked.what == "carp" else None)
    if path is None:
        parser.error("name a folder of instances or a workspace, or set GRIDBEAT_TEST_DATA")
    if asked.what == "carp":
        carp(path, asked.seconds, asked.seed)
    else:
        zones(path, asked.count, asked.seconds)


if __name__ == "__main__":
    main()
