"""
Benchmark `geo.travel_times` beside the engines that people would use instead, on a 338 × 338 matrix.

Run `python benchmarks/travel_times.py` (some minutes; networkx takes most of them; it needs the extra
`peers`); it prints a markdown table. Two networks: the sample's roads with its 338 villages, and a made town
of 50,000 crooked crossings, a fifth of its streets missing, a third of the others one-way and some doubled,
with 338 places. Every engine runs alone in a process of its own, on one thread; its imports, the roads and
the places are loaded before the clock starts. By day it prepares and solves, then it turns to the night, then
200 roads are closed. Ours starts from the networkx graph and finds out where the places hang on it; the
others are handed the arcs, those between places and network included, with their weights, and build their
graph of them. networkx and rustworkx are asked for some of the origins, and their solving is scaled; the
others solve three times, of which the best counts. All times are compared to the millisecond.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import scipy
import shapely
from overlay import peak_mb
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from data.sample import make_district
from geo.road_graph import road_graph
from geo.road_network import UNREACHABLE, RoadNetwork
from geo.spots import links_in, links_out, same_edge_ms
from geo.travel_times import travel_times

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

METRIC = "EPSG:4549"
PLACES, CLOSED = 338, 200
SCENARIOS = ("day", "night", "closed")
# How many of the origins the slow ones are asked for.
SOME = {"networkx": 6, "rustworkx": 30}
SIDE, REPEATS = 224, 3


@dataclass(frozen=True)
class World:
    """
    A network with its places as arcs between numbered nodes, for engines that know no places.

    Arcs out of origins take 1 ms too much: some engines take 0 for no arc at all.
    """

    nodes: int
    tail: Ints
    head: Ints
    ms: Ints
    origins: Ints
    destinations: Ints


def made_town() -> tuple[gpd.GeoDataFrame, gpd.GeoSeries]:
    """Return crooked streets on a grid, and places in it."""
    rng = np.random.default_rng(1)
    xy = np.indices((SIDE, SIDE)).reshape(2, -1).T * 120.0 + rng.uniform(-35, 35, (SIDE * SIDE, 2))
    node = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    links = np.concatenate(
        [np.stack([node[:, :-1], node[:, 1:]], -1), np.stack([node[:-1], node[1:]], -1).swapaxes(0, 1)]
    ).reshape(-1, 2)
    links = links[rng.random(len(links)) < 0.8]
    links = np.concatenate([links, links[rng.random(len(links)) < 0.04]])
    turned = rng.random(len(links)) < 0.5
    links[turned] = links[turned, ::-1]
    a, b = xy[links[:, 0]], xy[links[:, 1]]
    middle = (a + b) / 2 + rng.uniform(-12, 12, a.shape)
    roads = gpd.GeoDataFrame(
        {
            "road_id": np.arange(len(links)).astype(str),
            "class": rng.choice(["primary", "tertiary", "residential", "service"], len(links)),
            "oneway": (rng.random(len(links)) < 0.33).astype(int),
        },
        geometry=shapely.linestrings(np.stack([a, middle, b], axis=1)),
        crs=METRIC,
    )
    places = gpd.GeoSeries(gpd.points_from_xy(*rng.uniform(0, 120 * SIDE, (2, PLACES))), crs=METRIC)
    return roads, places


def sample() -> tuple[gpd.GeoDataFrame, gpd.GeoSeries]:
    """Return the sample's roads, and a point in each of its villages."""
    tables = make_district().tables
    villages = tables["villages"].set_index("village_id").geometry
    return tables["roads"], villages.representative_point()


NETWORKS: dict[str, Callable[[], tuple[gpd.GeoDataFrame, gpd.GeoSeries]]] = {
    "sample": sample,
    "made town": made_town,
}


def changed(network: RoadNetwork, scenario: str, closed: frozenset[str]) -> RoadNetwork:
    """Return the network of a scenario."""
    if scenario == "day":
        return network
    return network.replaced(when="night") if scenario == "night" else network.replaced(closed=closed)


def world_of(network: RoadNetwork, places: gpd.GeoSeries) -> World:
    """Return a network with its places as plain arcs."""
    layout, spots = network.layout, network.snapped(places)
    count, each = len(layout.xy), np.arange(len(spots))
    walk = network.access_ms(spots["snap_m"].to_numpy())[:, None]
    out, in_ = links_out(network, spots), links_in(network, spots)
    edge = spots["edge"].to_numpy()
    one, other = np.nonzero((edge[:, None] == edge[None, :]) & (each[:, None] != each[None, :]))
    direct = same_edge_ms(network, spots.iloc[one], spots.iloc[other]).min(axis=0)
    origins, destinations = count + each, count + len(each) + each
    arcs = [
        (
            np.concatenate([layout.start, layout.end]),
            np.concatenate([layout.end, layout.start]),
            network.arc_ms,
        ),
        (np.repeat(origins, 2), out.node.ravel(), (out.ms + walk + 1).ravel()),
        (in_.node.ravel(), np.repeat(destinations, 2), (in_.ms + walk).ravel()),
        (origins[one], destinations[other], direct + 1),
    ]
    tail, head, ms = (np.concatenate(column) for column in zip(*arcs, strict=True))
    open_ = ms < UNREACHABLE
    return World(count + 2 * len(each), tail[open_], head[open_], ms[open_], origins, destinations)


class NetworkX:
    """`single_source_dijkstra_path_length` from each origin."""

    def __init__(self, world: World) -> None:
        self.world, self.graph = world, nx.MultiDiGraph()
        columns = (world.tail.tolist(), world.head.tolist(), world.ms.tolist())
        self.graph.add_weighted_edges_from(zip(*columns, strict=True), weight="ms")

    def solve(self, some: int) -> Any:
        found = np.full((some, PLACES), UNREACHABLE)
        for i, origin in enumerate(self.world.origins[:some].tolist()):
            ms = nx.single_source_dijkstra_path_length(self.graph, origin, weight="ms")
            found[i] = [ms.get(node, UNREACHABLE + 1) - 1 for node in self.world.destinations.tolist()]
        return found


class RustworkX:
    """`digraph_dijkstra_shortest_path_lengths` from each origin."""

    def __init__(self, world: World) -> None:
        import rustworkx

        self.world, self.graph = world, rustworkx.PyDiGraph()
        self.graph.add_nodes_from([None] * world.nodes)
        columns = (world.tail.tolist(), world.head.tolist(), world.ms.astype(float).tolist())
        self.graph.add_edges_from(list(zip(*columns, strict=True)))

    def solve(self, some: int) -> Any:
        import rustworkx

        found = np.full((some, PLACES), UNREACHABLE)
        for i, origin in enumerate(self.world.origins[:some].tolist()):
            ms = dict(rustworkx.digraph_dijkstra_shortest_path_lengths(self.graph, origin, float))
            found[i] = [ms.get(node, UNREACHABLE + 1) - 1 for node in self.world.destinations.tolist()]
        return found


class SciPy:
    """`dijkstra` for all origins at once, parallel arcs reduced to the fastest."""

    def __init__(self, world: World) -> None:
        self.world = world
        arcs = pd.DataFrame({"tail": world.tail, "head": world.head, "ms": world.ms.astype(float)})
        least = arcs.groupby(["tail", "head"], as_index=False)["ms"].min()
        shape = (world.nodes, world.nodes)
        self.graph = sparse.csr_matrix((least["ms"], (least["tail"], least["head"])), shape=shape)

    def solve(self, some: int) -> Any:
        ms = dijkstra(self.graph, indices=self.world.origins[:some])[:, self.world.destinations]
        return np.where(np.isfinite(ms), ms - 1, UNREACHABLE).astype(np.int64)


PEERS = {"networkx": NetworkX, "rustworkx": RustworkX, "scipy": SciPy}
ENGINES = (*PEERS, "ours, scipy", "ours, cch")


def timed(work: Callable[[], Any], *, repeats: int = 1) -> tuple[Any, dict[str, float]]:
    """Return what some work gives, and the least that it takes."""
    walls, cpus = [], []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return result, {"wall": min(walls), "cpu": min(cpus)}


def run_peer(engine: str, worlds: list[World]) -> tuple[list[dict[str, Any]], list[Any]]:
    """Return what a peer takes in each scenario, and the matrices."""
    some, taken, found = SOME.get(engine, PLACES), [], []
    for world in worlds:
        made, prepare = timed(lambda world=world: PEERS[engine](world))
        ms, solve = timed(lambda made=made: made.solve(some), repeats=1 if engine in SOME else REPEATS)
        taken.append({"prepare": prepare, "solve": {k: v * PLACES / some for k, v in solve.items()}})
        ms[np.arange(some), np.arange(some)] = 0  # the way from a place to itself is none
        found.append(ms)
        # What it takes at a time counts as memory.
        del made
    return taken, found


def run_ours(engine: str, roads: Any) -> tuple[list[dict[str, Any]], list[Any]]:
    """Return what ours takes in each scenario, and the matrices."""
    graph, places, closed = roads
    asked = engine.removeprefix("ours, ")
    network, layout = timed(lambda: RoadNetwork.from_graph(graph, travel_mode="car"))
    taken, found = [], []
    for scenario in SCENARIOS:
        now, made = timed(lambda s=scenario: prepared(changed(network, s, closed), places, asked))
        times, solve = timed(lambda now=now: travel_times(now, places, engine=asked), repeats=REPEATS)
        if scenario == "day":
            made = {key: value + layout[key] for key, value in made.items()}
        taken.append({"prepare": made, "solve": solve})
        found.append(times.ms)
    pairs = [(a, b) for a, b in zip(places.index, np.roll(places.index, 1), strict=True)]
    taken[-1]["legs"] = timed(lambda: times.legs(pairs))[1]
    return taken, found


def prepared(network: RoadNetwork, places: gpd.GeoSeries, engine: str) -> RoadNetwork:
    """Return the network with all that is made but once."""
    _ = network.least_arcs if engine == "scipy" else network.cch_metric
    network.snapped(places)
    return network


def measure(engine: str, folder: Path) -> None:
    """Run one engine in this process; print what it took and save what it found."""
    if engine == "rustworkx":
        import rustworkx  # noqa: F401 - before the clock starts
    if engine == "ours, cch":
        import routingkit_cch  # noqa: F401
    names = SCENARIOS if engine in PEERS else ("roads",)
    loaded = [pickle.loads((folder / name).read_bytes()) for name in names]
    before = peak_mb()
    taken, found = run_peer(engine, loaded) if engine in PEERS else run_ours(engine, loaded[0])
    (folder / "found").write_bytes(pickle.dumps(found))
    print(json.dumps({"taken": taken, "extra": peak_mb() - before}))


def write_problem(name: str, folder: Path) -> str:
    """Write what the engines start from; return what to call it."""
    roads, places = NETWORKS[name]()
    graph = road_graph(roads)
    rng = np.random.default_rng(2)
    closed = frozenset(rng.choice(roads["road_id"].astype(str), CLOSED, replace=False).tolist())
    (folder / "roads").write_bytes(pickle.dumps((graph, places, closed)))
    network = RoadNetwork.from_graph(graph, travel_mode="car")
    for scenario in SCENARIOS:
        world = world_of(changed(network, scenario, closed), places)
        (folder / scenario).write_bytes(pickle.dumps(world))
    return f"{name}, {graph.number_of_nodes():,} nodes, {graph.number_of_edges():,} arcs"


def rows_of(name: str) -> None:
    """Measure every engine on one network, and compare what they found."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        title = write_problem(name, folder)
        answers: dict[str, list[Any]] = {}
        slowest = None
        for engine in ENGINES:
            command = [sys.executable, __file__, "--measure", engine, scratch]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            got = json.loads(done.stdout)
            answers[engine] = pickle.loads((folder / "found").read_bytes())
            day, night, closed = got["taken"]
            slowest = slowest or day["solve"]["cpu"]
            scaled = f" ({SOME[engine]} of {PLACES})" if engine in SOME else ""
            legs = f"{closed['legs']['cpu']:.2f}" if "legs" in closed else ""
            print(
                f"| {title} | {engine}{scaled} | {day['prepare']['cpu']:.2f} | {night['prepare']['cpu']:.3f} "
                f"| {closed['prepare']['cpu']:.3f} | {day['solve']['cpu']:.3f} | {day['solve']['wall']:.3f} "
                f"| {slowest / day['solve']['cpu']:,.0f} | {legs} | {got['extra']:.0f} |",
                flush=True,
            )
        for engine, found in answers.items():
            for scenario, ms, ours in zip(SCENARIOS, found, answers["ours, cch"], strict=True):
                assert (ms == ours[: len(ms)]).all(), f"{engine}, {name}, {scenario}: other times"
        reached = (answers["ours, cch"][0] < UNREACHABLE).mean()
        print(f"{title}: all times the same to the millisecond; {reached:.1%} of pairs have a way\n")


def main() -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--network", choices=[*NETWORKS, "all"], default="all")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure[0], Path(options.measure[1]))
        return
    print(f"{date.today()}, {os.cpu_count()} cores, networkx {nx.__version__}, scipy {scipy.__version__}\n")
    print(
        "| network | engine | prepare CPU s | to night CPU s | close roads CPU s | 338 × 338 CPU s | wall s "
        "| × networkx | 338 legs CPU s | extra MB |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name in NETWORKS if options.network == "all" else [options.network]:
        rows_of(name)


if __name__ == "__main__":
    main()
