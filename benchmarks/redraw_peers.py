"""
The engines that `benchmarks/redraw.py` runs: what others offer, each as its manual says, and ours.

Balance and cut edges go into every score that can hold them, in one formula: 20 Σ(deviation²) + 0.1 × cut
edges. Other constraints go in as far as an engine can express them; `Method.lacks` names what it cannot.
"""

from __future__ import annotations

import signal
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from redraw_instances import Instance

    from planning.dual_graph import DualGraph

TOLERANCE, BALANCE, CUT = 0.10, 20.0, 0.1
BURST, BETA = 10, 50.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A plan: its name, zone by grid, after how many seconds it was found, steps of the whole search."""

    name: str
    labels: NDArray[np.int64]
    found_s: float
    steps: int | None = None


@dataclass(frozen=True, kw_only=True)
class Method:
    """
    One engine with one set of options.

    Parameters
    ----------
    run
        Called with the district, seconds and seed.
    modules
        Imported before the clock starts.
    lacks
        What the engine cannot be told.
    warm
        Called before the clock starts: compiles what is compiled once.
    sample_only
        Left out of the large district: another row shows that its kind of start takes too long there.
    """

    run: Callable[[Instance, float, int], list[Plan]]
    modules: tuple[str, ...]
    lacks: str
    warm: Callable[[], None] | None = None
    sample_only: bool = False


class TimeUp(BaseException):  # noqa: N818 - no error, and no `except Exception` of an engine may catch it
    """The engine's time is over."""


@contextmanager
def stopped_after(seconds: float) -> Iterator[None]:
    """Break off what runs inside after so many seconds; where the platform cannot, the caller waits."""
    if not hasattr(signal, "setitimer"):
        with suppress(TimeUp):
            yield
        return

    def ring(*_: Any) -> None:
        raise TimeUp

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        with suppress(TimeUp):
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def pairs_kept(instance: Instance, *, inside_stations: bool) -> NDArray[np.bool_]:
    """Mark the pairs of neighbours an engine is told about: all, or those of one station."""
    same = instance.station[instance.left] == instance.station[instance.right]
    return same if inside_stations else np.ones_like(same)


def matrix(instance: Instance) -> csr_array:
    """Return the neighbourhood as a symmetric 0/1 matrix in compressed rows."""
    ends = np.concatenate([instance.left, instance.right]), np.concatenate([instance.right, instance.left])
    return csr_array(coo_array((np.ones(len(ends[0])), ends), shape=(instance.grids, instance.grids)))


def contiguous_today(instance: Instance) -> NDArray[np.int64]:
    """Return today's plan, stray parts given to the lightest neighbour: chains refuse broken zones."""
    zone = instance.today.copy()
    links = matrix(instance)
    inside = zone[instance.left] == zone[instance.right]
    ends = (instance.left[inside], instance.right[inside])
    joined = coo_array((np.ones(len(ends[0])), ends), shape=links.shape)
    count, part = connected_components(joined, directed=False)
    size = np.bincount(part, minlength=count)
    load = np.bincount(zone, instance.weight)
    for number in np.argsort(size, kind="stable"):
        members = np.flatnonzero(part == number)
        rest = (zone == zone[members[0]]) & (part != number)
        if not rest.any() or size[number] > size[part[rest]].max():
            continue
        around = np.unique(zone[links[members].indices])
        around = around[around != zone[members[0]]]
        zone[members] = around[np.argmin(load[around])]
    return zone


# --- GerryChain


def _gerry_graph(instance: Instance, *, inside_stations: bool) -> Any:
    import networkx as nx
    from gerrychain import Graph

    kept = pairs_kept(instance, inside_stations=inside_stations)
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from((number, {"workload": load}) for number, load in enumerate(instance.weight.tolist()))
    graph.add_edges_from(zip(instance.left[kept].tolist(), instance.right[kept].tolist(), strict=True))
    return Graph.from_networkx(graph)


def _gerry_updaters(instance: Instance) -> dict[str, Any]:
    from gerrychain.updaters import Tally, cut_edges

    mean = instance.weight.sum() / instance.zones

    def score(plan: Any) -> float:
        load = np.fromiter(plan["load"].values(), dtype=float) / mean
        return float(BALANCE * ((load - 1.0) ** 2).sum() + CUT * len(plan["cut_edges"]))

    # As an updater it is computed once per plan, not once per question.
    return {"load": Tally("workload", alias="load"), "cut_edges": cut_edges, "score": score}


def _gerry_start(instance: Instance, start: str, seed: int, *, inside_stations: bool = False) -> Any:
    from gerrychain import Partition

    graph, updaters = _gerry_graph(instance, inside_stations=inside_stations), _gerry_updaters(instance)
    if start == "seed":
        return Partition.from_random_assignment(
            graph, instance.zones, TOLERANCE, "workload", updaters=updaters, rng=seed
        )
    own = dict(enumerate(contiguous_today(instance).tolist()))
    return Partition(graph, own, updaters)


def _gerry_labels(plan: Any) -> NDArray[np.int64]:
    graph = plan.graph
    labels = np.empty(len(plan.assignment.mapping), dtype=np.int64)
    for node, part in plan.assignment.mapping.items():
        labels[graph.original_nx_node_id_for_internal_node_id(node)] = part
    return labels


def _follow(make: Callable[[], tuple[Any, Any]], seconds: float) -> list[Plan]:
    """Follow an optimizer until time is up; `make` returns it and what it yields."""
    began, steps, best, found = time.perf_counter(), 0, None, 0.0
    score = np.inf
    with stopped_after(seconds):
        optimizer, chain = make()
        best = optimizer._initial_part
        for _ in chain:
            steps += 1
            if optimizer.best_score is not None and optimizer.best_score < score:
                score, best, found = optimizer.best_score, optimizer.best_part, time.perf_counter() - began
    return [] if best is None else [Plan(name="", labels=_gerry_labels(best), found_s=found, steps=steps)]


def gerrychain_recom(
    instance: Instance, seconds: float, seed: int, *, start: str, reach: float
) -> list[Plan]:
    """Short bursts of ReCom; a pair of zones that no tree splits within `reach` is left for another."""
    from gerrychain.constraints import contiguous
    from gerrychain.optimization import SingleMetricOptimizer
    from gerrychain.proposals import recom
    from gerrychain.tree import bipartition_tree

    def make() -> tuple[Any, Any]:
        plan = _gerry_start(instance, start, seed)
        split = partial(bipartition_tree, max_attempts=30, allow_pair_reselection=True)
        mean = float(instance.weight.sum() / instance.zones)
        propose = partial(
            recom, pop_col="workload", pop_target=mean, epsilon=reach, bipartition_tree_fn=split
        )
        # A tree cut in two leaves two contiguous halves: checked once, not at every step.
        assert contiguous(plan)
        optimizer = SingleMetricOptimizer(
            propose, [_always], plan, lambda plan: plan["score"], maximize=False, rng=seed
        )
        return optimizer, optimizer.short_bursts(BURST, 10**9)

    return _follow(make, seconds)


def _always(_: Any) -> bool:
    return True


def gerrychain_flips(
    instance: Instance,
    seconds: float,
    seed: int,
    *,
    start: str,
    inside_stations: bool = False,
    annealed: bool = False,
) -> list[Plan]:
    """Single flips: never to a worse score (a tilted run at p = 0), or annealed from warm to cold."""
    from gerrychain.constraints import single_flip_contiguous
    from gerrychain.optimization import SingleMetricOptimizer
    from gerrychain.proposals import propose_random_flip

    def make() -> tuple[Any, Any]:
        plan = _gerry_start(instance, start, seed, inside_stations=inside_stations)
        optimizer = SingleMetricOptimizer(
            propose_random_flip,
            [single_flip_contiguous],
            plan,
            lambda plan: plan["score"],
            maximize=False,
            rng=seed,
        )
        if annealed:
            return optimizer, optimizer.simulated_annealing(10**9, _cooling(seconds), BETA)
        return optimizer, optimizer.tilted_run(10**9, p=0.0)

    return _follow(make, seconds)


def _cooling(seconds: float) -> Callable[[int], float]:
    """Return the share of the coldest: from a fifth to all of it, by the clock, as steps differ in length."""
    began = time.perf_counter()
    return lambda _: min(1.0, 0.2 + 0.8 * (time.perf_counter() - began) / (0.9 * seconds))


# --- METIS


def metis(instance: Instance, seconds: float, seed: int, *, ufactor: int) -> list[Plan]:
    """K-way partition with contiguous parts."""
    began = time.perf_counter()
    labels = _metis_parts(instance, np.arange(instance.grids), instance.zones, ufactor, seed)
    return [Plan(name="", labels=labels, found_s=time.perf_counter() - began)]


def metis_in_stations(instance: Instance, seconds: float, seed: int, *, ufactor: int) -> list[Plan]:
    """K-way partition of each station alone, into as many zones as it has today."""
    began = time.perf_counter()
    labels = np.zeros(instance.grids, dtype=np.int64)
    used = 0
    for station in range(int(instance.station.max()) + 1):
        members = np.flatnonzero(instance.station == station)
        count = len(np.unique(instance.today[members]))
        labels[members] = used + _metis_parts(instance, members, count, ufactor, seed)
        used += count
    return [Plan(name="", labels=labels, found_s=time.perf_counter() - began)]


def _metis_parts(
    instance: Instance, members: NDArray[np.int64], count: int, ufactor: int, seed: int
) -> NDArray[np.int64]:
    import pymetis

    if count == 1:
        return np.zeros(len(members), dtype=np.int64)
    links = matrix(instance)[members][:, members]
    # METIS counts in 32 bits; a million steps in all lose less than a hundredth of a percent of a zone.
    weights = np.maximum(1, np.rint(instance.weight[members] * (2e6 / instance.weight.sum()))).astype(int)
    options = pymetis.Options(contig=1, ufactor=ufactor, seed=seed)
    _, parts = pymetis.part_graph(
        count,
        pymetis.CSRAdjacency(adj_starts=links.indptr, adjacent=links.indices),
        vweights=weights.tolist(),
        recursive=False,
        options=options,
    )
    return np.asarray(parts, dtype=np.int64)


# --- spopt


def spopt_azp(instance: Instance, seconds: float, seed: int, *, start: str) -> list[Plan]:
    """
    Automatic zoning procedure under the common score, its labels taken when time is up.

    Its own objective, homogeneity, knows neither balance nor shape: it is an argument, so ours is given.
    """
    from spopt.region.azp import AZPOrig
    from spopt.region.azp_util import AllowMoveAZP

    began = time.perf_counter()
    links = matrix(instance)
    last: dict[str, Any] = {"labels": None, "found": 0.0, "steps": 0}

    class Watched(AllowMoveAZP):
        def start_new_component(self, initial_labels: Any, *rest: Any) -> None:
            last["labels"], last["found"] = initial_labels, time.perf_counter() - began
            super().start_new_component(initial_labels, *rest)

        def __call__(self, moving_area: int, new_region: int, labels: Any) -> bool:
            allowed = super().__call__(moving_area, new_region, labels)
            last["labels"], last["steps"] = labels, last["steps"] + 1
            if allowed:
                last["found"] = time.perf_counter() - began
            return allowed

    with stopped_after(seconds):
        model = AZPOrig(Watched(), seed)
        model.fit_from_scipy_sparse_matrix(
            _as_matrix(links),
            instance.weight.reshape(-1, 1),
            instance.zones,
            initial_labels=contiguous_today(instance) if start == "today" else None,
            objective_func=_common_score(instance, links),
        )
    if last["labels"] is None or len(last["labels"]) != instance.grids:
        return []
    labels = np.asarray(last["labels"]).astype(np.int64)
    return [Plan(name="", labels=labels, found_s=last["found"], steps=last["steps"])]


def _as_matrix(links: csr_array) -> Any:
    from scipy.sparse import csr_matrix

    return csr_matrix(links)


def _common_score(instance: Instance, links: csr_array) -> Any:
    from spopt.region.objective_function import ObjectiveFunction

    load = instance.weight / (instance.weight.sum() / instance.zones)
    first, others = links.indptr, links.indices

    class CommonScore(ObjectiveFunction):
        def __call__(self, labels: Any, attr: Any) -> float:
            zone = np.asarray(labels).astype(np.int64)
            sums = np.bincount(zone, load, instance.zones)
            cut = int((zone[instance.left] != zone[instance.right]).sum())
            return float(BALANCE * ((sums - 1.0) ** 2).sum() + CUT * cut)

        def update(self, moving_area: int, recipient_region: int, labels: Any, attr: Any) -> float:
            donor = labels[moving_area]
            moved = load[moving_area]
            gives = load[labels == donor].sum() - 1.0
            takes = load[labels == recipient_region].sum() - 1.0
            around = labels[others[first[moving_area] : first[moving_area + 1]]]
            cut = int((around == donor).sum()) - int((around == recipient_region).sum())
            return float(BALANCE * 2.0 * moved * (takes - gives + moved) + CUT * cut)

    return CommonScore()


def spopt_k_means(instance: Instance, seconds: float, seed: int) -> list[Plan]:
    """Region k-means on coordinates: compact parts. It gives no plan before it ends."""
    from libpysal.weights import W
    from spopt.region import RegionKMeansHeuristic

    began = time.perf_counter()
    links = matrix(instance)
    around = {
        grid: links.indices[links.indptr[grid] : links.indptr[grid + 1]].tolist()
        for grid in range(instance.grids)
    }
    labels = None
    with stopped_after(seconds):
        model = RegionKMeansHeuristic(
            np.column_stack([instance.x, instance.y]),
            instance.zones,
            W(around, silence_warnings=True),
            seed=seed,
        )
        model.solve()
        labels = np.asarray(model.labels_, dtype=np.int64)
    return [] if labels is None else [Plan(name="", labels=labels, found_s=time.perf_counter() - began)]


# --- GridBeat


def gridbeat_front(instance: Instance, seconds: float, seed: int, *, regions: str) -> list[Plan]:
    """Our whole front, from today's plan; villages may be split, as no other engine knows them."""
    from planning.redraw.params import RedrawParams
    from planning.redraw.redrawing import redraw
    from planning.redraw.search import Limits

    began = time.perf_counter()
    across = regions == "district"
    params = RedrawParams(split_villages=True, across_stations=across, tolerance=TOLERANCE)
    limits = Limits(seconds=seconds, seed=seed)
    front = redraw(without_villages(instance.graph), instance.assignment, params=params, limits=limits)
    took = time.perf_counter() - began
    return [
        Plan(name=plan.name, labels=labels_of(instance, plan.assignment), found_s=took)
        for plan in front.proposals
    ]


def without_villages(graph: DualGraph) -> DualGraph:
    """Return the same graph with no village known."""
    return replace(graph, grids=graph.grids.assign(village_id="", kind=""))


def labels_of(instance: Instance, assignment: pd.Series) -> NDArray[np.int64]:
    """Return zone_id by grid_id as numbers in the order of the grids; -1, a zone too many, where missing."""
    codes, _ = pd.factorize(assignment.reindex(instance.graph.grids.index), sort=True)
    return codes.astype(np.int64)


def gridbeat_warm() -> None:
    """Compile what numba compiles, or load it from its cache."""
    from planning.redraw.annealing import warm_up

    warm_up()


GERRYCHAIN = (
    "networkx",
    *(f"gerrychain.{part}" for part in ("constraints", "optimization", "proposals", "tree")),
)
METIS, SPOPT = ("pymetis",), ("spopt.region", "libpysal.weights")
METHODS = {
    "GerryChain ReCom short bursts, from a random seed plan": Method(
        run=partial(gerrychain_recom, start="seed", reach=TOLERANCE),
        modules=GERRYCHAIN,
        lacks="stations, today",
    ),
    "GerryChain ReCom short bursts, from today": Method(
        run=partial(gerrychain_recom, start="today", reach=0.6),
        modules=GERRYCHAIN,
        lacks="stations, ±10 % (today breaks it: ±60 %)",
    ),
    "GerryChain flips, from a random seed plan": Method(
        run=partial(gerrychain_flips, start="seed"),
        modules=GERRYCHAIN,
        lacks="stations, today; ±10 % in the score",
        sample_only=True,
    ),
    "GerryChain flips, from today": Method(
        run=partial(gerrychain_flips, start="today"), modules=GERRYCHAIN, lacks="stations; ±10 % in the score"
    ),
    "GerryChain flips annealed, from today": Method(
        run=partial(gerrychain_flips, start="today", annealed=True),
        modules=GERRYCHAIN,
        lacks="stations; ±10 % in the score",
    ),
    "GerryChain flips, from today, inside stations": Method(
        run=partial(gerrychain_flips, start="today", inside_stations=True),
        modules=GERRYCHAIN,
        lacks="±10 % in the score",
    ),
    "METIS k-way, ufactor 100": Method(
        run=partial(metis, ufactor=100), modules=METIS, lacks="stations, today"
    ),
    "METIS k-way, ufactor 30": Method(run=partial(metis, ufactor=30), modules=METIS, lacks="stations, today"),
    "METIS k-way, ufactor 100, inside stations": Method(
        run=partial(metis_in_stations, ufactor=100), modules=METIS, lacks="today"
    ),
    "spopt AZP, common score, from random": Method(
        run=partial(spopt_azp, start="random"),
        modules=SPOPT,
        lacks="stations, today; ±10 % in the score",
        sample_only=True,
    ),
    "spopt AZP, common score, from today": Method(
        run=partial(spopt_azp, start="today"), modules=SPOPT, lacks="stations; ±10 % in the score"
    ),
    "spopt RegionKMeansHeuristic, coordinates": Method(
        run=spopt_k_means, modules=SPOPT, lacks="stations, today, balance"
    ),
    "GridBeat front": Method(
        run=partial(gridbeat_front, regions="district"),
        modules=("planning.redraw",),
        lacks="stations (left out, as above)",
        warm=gridbeat_warm,
    ),
    "GridBeat front, inside stations": Method(
        run=partial(gridbeat_front, regions="station"),
        modules=("planning.redraw",),
        lacks="",
        warm=gridbeat_warm,
    ),
}
