"""
Benchmark a day of patrols beside OR-Tools and VROOM, every plan judged by our checker.

Run `python benchmarks/patrols.py` (some 8 minutes; it needs the extra `peers`): the sample's 338 villages,
15 minutes each, one in five only within two hours of the day (drawn by `--seed`); its 30 squads at their
posts, 8 hours each, by car on the sample's roads. Twice: fewest hours of duty, from leaving to being back,
waiting included; and fewest teams. Engines run alone, one after the other, each in a process of its own with
the same milliseconds, imports before the clock starts. What an engine returns is only the order of stops of
each team; when it leaves and how long that takes is worked out by `planning.patrol.checking`, which also says
whether it can be driven.

What others cannot be told: VROOM minimises travel, waiting costs it nothing; it counts in whole seconds, so
it gets the ways rounded up.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from data.sample.district import make_district
from geo.road_graph import road_graph
from geo.travel_times import RoadNetwork, travel_times
from planning.patrol.checking import least_duration_ms, plan_faults
from planning.patrol.indexed import Part, indexed
from planning.patrol.params import HOURS, TEAMS, DayParams, Limits
from planning.patrol.plan import MS_PER_HOUR, DayPlan, DayProblem, Route, Visit

if TYPE_CHECKING:
    from collections.abc import Callable

    # Stops of each team in their order.
    Orders = dict[str, list[str]]

MIN = 60_000
SHIFT = (8 * 60 * MIN, 16 * 60 * MIN)
DWELL = 15 * MIN
WINDOW = 120 * MIN


def sample_day(seed: int) -> DayProblem:
    """Return the day that all engines plan."""
    tables = make_district(0).tables
    stops, squads = tables["stops"], tables["teams"]
    villages = stops[stops["kind"] == "village"].set_index("stop_id")
    squads = squads[squads["force"] == "squad"].set_index("team_id")
    posts = tables["posts"].set_index("post_id").loc[squads["post_id"].unique()]
    places = pd.concat([villages.geometry, posts.geometry])
    network = RoadNetwork.from_graph(road_graph(tables["roads"]), travel_mode="car", when="day")
    travel = travel_times(network, gpd.GeoSeries(places, crs=tables["posts"].crs))
    rng = np.random.default_rng(seed)
    opens = SHIFT[0] + MIN * rng.integers(0, 6 * 60 + 1, len(villages))
    narrow = rng.random(len(villages)) < 0.2
    team_frame = pd.DataFrame(
        {
            "start": squads["post_id"],
            "travel_mode": "car",
            "shift_start_ms": SHIFT[0],
            "shift_end_ms": SHIFT[1],
            "skills": [()] * len(squads),
        }
    )
    stop_frame = pd.DataFrame(
        {
            "place": villages.index,
            "dwell_ms": DWELL,
            "windows": [
                ((int(o), int(o) + WINDOW),) if n else () for o, n in zip(opens, narrow, strict=True)
            ],
            "priority": 1,
            "skill": "",
        },
        index=villages.index,
    )
    return DayProblem(
        force="squad",
        mode="joint",
        teams=team_frame,
        stops=stop_frame,
        travel={"car": replace(travel, network=None)},
        allowed=np.ones((len(team_frame), len(stop_frame)), dtype=bool),
    )


def ours(problem: DayProblem, objective: str, seconds: float, threads: int) -> Orders:
    plan = plan_with_ours(problem, objective, seconds, threads)
    return {route.team_id: [visit.stop_id for visit in route.visits] for route in plan.routes}


def plan_with_ours(problem: DayProblem, objective: str, seconds: float, threads: int) -> DayPlan:
    from planning.patrol.solving import plan_day

    limits = Limits(seconds=seconds, workers=threads)
    return plan_day(problem, params=DayParams(objective=objective), limits=limits)


def ortools(problem: DayProblem, objective: str, seconds: float, threads: int) -> Orders:
    """Guided local search, as its guide says for such problems; a wait costs as much as a drive."""
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    ms, starts, stops = nodes(problem)
    manager = pywrapcp.RoutingIndexManager(len(ms), len(problem.teams), starts, starts)
    routing = pywrapcp.RoutingModel(manager)
    dwell = np.zeros(len(ms), dtype=np.int64)
    dwell[: len(stops)] = problem.stops["dwell_ms"]
    drive = routing.RegisterTransitMatrix(ms.tolist())
    pass_ = routing.RegisterTransitMatrix((ms + dwell[:, None]).tolist())
    routing.SetArcCostEvaluatorOfAllVehicles(drive)
    routing.AddDimension(pass_, SHIFT[1], SHIFT[1], False, "time")
    clock = routing.GetDimensionOrDie("time")
    clock.SetSlackCostCoefficientForAllVehicles(1)
    for vehicle in range(len(problem.teams)):
        clock.CumulVar(routing.Start(vehicle)).SetRange(*SHIFT)
        clock.CumulVar(routing.End(vehicle)).SetRange(*SHIFT)
        routing.AddVariableMinimizedByFinalizer(clock.CumulVar(routing.End(vehicle)))
        routing.AddVariableMaximizedByFinalizer(clock.CumulVar(routing.Start(vehicle)))
    for i, windows in enumerate(problem.stops["windows"]):
        opens, closes = windows[0] if windows else SHIFT
        clock.CumulVar(manager.NodeToIndex(i)).SetRange(opens, closes)
    if objective == TEAMS:
        routing.SetFixedCostOfAllVehicles(100_000_000)
    options = pywrapcp.DefaultRoutingSearchParameters()
    options.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    options.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    options.time_limit.FromMilliseconds(int(1000 * seconds))
    found = routing.SolveWithParameters(options)
    orders: Orders = {}
    for vehicle, team in enumerate(problem.teams.index) if found is not None else ():
        index, order = found.Value(routing.NextVar(routing.Start(vehicle))), []
        while not routing.IsEnd(index):
            order.append(stops[manager.IndexToNode(index)])
            index = found.Value(routing.NextVar(index))
        if order:
            orders[team] = order
    return orders


def vroom(problem: DayProblem, objective: str, seconds: float, threads: int) -> Orders:
    """Explore as far as it offers (level 5)."""
    import vroom as engine

    ms, starts, stops = nodes(problem)
    # It reads the raw buffer: a transposed one would be solved without a word.
    seconds_matrix = np.ascontiguousarray(-(-ms // 1000), dtype=np.uint32)
    asked = engine.Input()
    asked.set_durations_matrix("car", seconds_matrix)
    shift = engine.TimeWindow(SHIFT[0] // 1000, SHIFT[1] // 1000)
    costs = engine.VehicleCosts(fixed=100_000 if objective == TEAMS else 0)
    for number, start in enumerate(starts):
        asked.add_vehicle(engine.Vehicle(number, start=start, end=start, time_window=shift, costs=costs))
    for i, (dwell, windows) in enumerate(
        zip(problem.stops["dwell_ms"], problem.stops["windows"], strict=True)
    ):
        open_ = [engine.TimeWindow(a // 1000, b // 1000) for a, b in windows]
        asked.add_job(engine.Job(i, location=i, default_service=int(dwell) // 1000, time_windows=open_))
    found = asked.solve(exploration_level=5, nb_threads=threads, timeout=timedelta(seconds=seconds))
    steps = found.routes[found.routes["type"] == "job"]
    return {
        problem.teams.index[int(vehicle)]: [stops[int(i)] for i in served["id"]]
        for vehicle, served in steps.groupby("vehicle_id", sort=True)
    }


ENGINES: dict[str, tuple[str, Callable[..., Orders], tuple[str, ...]]] = {
    "ours": ("GridBeat", ours, ("planning.patrol.solving",)),
    "ortools": ("OR-Tools, guided local search", ortools, ("ortools.constraint_solver.pywrapcp",)),
    "vroom": ("VROOM, exploration 5", vroom, ("vroom",)),
}


def nodes(problem: DayProblem) -> tuple[np.ndarray[Any, Any], list[int], list[str]]:
    """Return the ways with the stops first, where in them each team starts, and the stops in their order."""
    travel = problem.travel["car"]
    posts = list(dict.fromkeys(problem.teams["start"]))
    at = travel.labels.get_indexer(pd.Index([*problem.stops["place"], *posts]))
    ms = np.ascontiguousarray(travel.ms[np.ix_(at, at)])
    starts = [len(problem.stops) + posts.index(post) for post in problem.teams["start"]]
    return ms, starts, list(problem.stops.index)


def judged(problem: DayProblem, orders: Orders) -> dict[str, Any]:
    """Return the figures of rounds, timed and checked by the checker."""
    routes = tuple(route_of(problem, team, order) for team, order in sorted(orders.items()))
    plan = DayPlan(
        force="squad",
        mode="joint",
        objective=HOURS,
        routes=routes,
        unvisited=(),
        faults=(),
        seed=0,
        seconds=0.0,
    )
    faults = list(plan_faults(problem, plan))
    figures = plan.summary()
    return {
        "hours": figures["hours"],
        "travel_h": figures["travel_h"],
        "wait_h": figures["wait_h"],
        "teams": figures["teams"],
        "stops": figures["stops"],
        "faults": len(faults),
    }


def route_of(problem: DayProblem, team: str, order: list[str]) -> Route:
    """Return a team's route from the start that makes it shortest, or else from the shift's."""
    travel = problem.travel["car"]
    best = least_duration_ms(problem, team, order)
    start = now = SHIFT[0] if best is None else best[0]
    here, visits = problem.teams.at[team, "start"], []
    leg = 0
    for stop in order:
        place, windows = problem.stops.at[stop, "place"], problem.stops.at[stop, "windows"]
        leg = int(travel.ms[travel.labels.get_loc(here), travel.labels.get_loc(place)])
        arrive = now + leg
        begin = next((max(arrive, opens) for opens, closes in windows if arrive <= closes), arrive)
        now = begin + int(problem.stops.at[stop, "dwell_ms"])
        times = {"arrive_ms": arrive, "begin_ms": begin, "leave_ms": now}
        visits.append(Visit(stop_id=stop, leg_ms=leg, leg_m=0, **times))
        here = place
    home = int(travel.ms[travel.labels.get_loc(here), travel.labels.get_loc(problem.teams.at[team, "start"])])
    return Route(
        team_id=team,
        visits=tuple(visits),
        start_ms=start,
        end_ms=now + home,
        home_ms=home,
        home_m=0,
    )


def bound_of(problem: DayProblem, orders: Orders) -> dict[str, float]:
    """Return what no plan that visits all can be below: teams and hours."""
    from planning.patrol.bounds import least_hours_ms, least_teams

    ix = indexed(problem)
    rounds = {
        ix.team_number[team]: tuple(ix.stop_number[stop] for stop in order) for team, order in orders.items()
    }
    whole = Part(teams=tuple(range(len(ix.team_ids))), stops=tuple(range(len(ix.stop_ids))), objective=TEAMS)
    return {
        "teams_bound": least_teams(ix, whole, rounds),
        "hours_bound": least_hours_ms(ix, whole, rounds) / MS_PER_HOUR,
    }


def run_one(asked: argparse.Namespace) -> None:
    """Run one engine, and write its figures and rounds as JSON."""
    problem = sample_day(asked.seed)
    _, engine, modules = ENGINES[asked.engine]
    for module in modules:
        __import__(module)
    began, used = time.perf_counter(), cpu()
    orders = engine(problem, asked.objective, asked.seconds[0], asked.threads)
    wall, used = time.perf_counter() - began, cpu() - used
    print(json.dumps({**judged(problem, orders), "wall_s": wall, "cpu_s": used, "orders": orders}))


def cpu() -> float:
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, nargs="+", default=[10.0, 60.0])
    parser.add_argument("--objective", choices=(HOURS, TEAMS))
    parser.add_argument("--engine", choices=tuple(ENGINES), help="only this one, in this process")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    if asked.engine:
        run_one(asked)
        return
    print("| asked | engine | seconds | hours | travel h | wait h | teams | can be driven | wall s | CPU s |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    least: dict[str, Any] = {}
    for objective in (asked.objective,) if asked.objective else (HOURS, TEAMS):
        for seconds in asked.seconds:
            for name, (title, _, _) in ENGINES.items():
                command = [sys.executable, __file__, "--engine", name, "--objective", objective]
                command += [
                    "--seconds",
                    str(seconds),
                    "--threads",
                    str(asked.threads),
                    "--seed",
                    str(asked.seed),
                ]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                found = json.loads(done.stdout.splitlines()[-1])
                driven = "yes" if found["faults"] == 0 else f"NO: {found['faults']} faults"
                least = found["orders"] if found["faults"] == 0 else least
                print(
                    f"| {objective} | {title} | {seconds:g} | {found['hours']:.2f} | {found['travel_h']:.2f} "
                    f"| {found['wait_h']:.2f} | {found['teams']} | {driven} "
                    f"| {found['wall_s']:.1f} | {found['cpu_s']:.1f} |",
                    flush=True,
                )
    bound = bound_of(sample_day(asked.seed), least)
    print(f"\nNo plan has fewer than {bound['teams_bound']} teams or {bound['hours_bound']:.1f} hours.")


if __name__ == "__main__":
    main()
