"""Which links become roads: routes between towns, village roads, streets, lanes, tracks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import Delaunay, cKDTree

from data.sample.frame import Flags, Floats, Ints, stream
from data.sample.names import Namer
from data.sample.settle import CORE, HILLS, PLAIN, TOWN_KINDS
from data.sample.streets import COUNTRY, LANES, MAIN_EVERY, Ways
from data.schemas import ROAD_CLASSES

RANK = {name: rank for rank, name in enumerate(ROAD_CLASSES)}
NO_ROAD = len(ROAD_CLASSES)
_RIVER_M, _WATER_M = 1_900.0, 160.0
_CLOSED = 1e9
_BRIDGE_GAP_M = 1_500.0
_FARMS = 520


@dataclass(kw_only=True)
class Network:
    """
    The roads so far, one entry a link of the ways; filled in from the great to the small.

    Parameters
    ----------
    rank
        Position of each link's class in `ROAD_CLASSES`, or `NO_ROAD`.
    name
        Name of each link's road, "" for none.
    oneway
        1 where traffic runs only along the link's direction, -1 only against it.
    """

    rank: Ints
    name: list[str]
    oneway: Ints


class _Router:
    """Cheapest routes over the ways; links already built are cheaper, so that routes merge."""

    def __init__(self, ways: Ways) -> None:
        self.ways = ways
        main = _main_streets(ways)
        country = (ways.lattice[ways.links] == COUNTRY).any(axis=1)
        factor = np.where(main, 0.55, np.where(country, 0.85, 1.15))
        self.cost = ways.length_m * factor * (1 + 14 * np.minimum(ways.grade, 0.6))
        self.cost += _RIVER_M * ways.over_river + _WATER_M * ways.over_water
        key = ways.links.min(axis=1) * len(ways.xy) + ways.links.max(axis=1)
        self._order = np.argsort(key)
        self._keys = key[self._order]

    def tree(self, sources: Ints, limit: float = np.inf) -> tuple[Floats, Ints]:
        """Return cost and predecessor of every place from the nearest source."""
        a, b = self.ways.links.T
        count = len(self.ways.xy)
        graph = sparse.csr_matrix((self.cost, (a, b)), shape=(count, count))
        far, before, _ = dijkstra(
            graph, directed=False, indices=sources, min_only=True, return_predecessors=True, limit=limit
        )
        return np.where(far < _CLOSED, far, np.inf), before.astype(np.int64)

    def links_back(self, before: Ints, at: int) -> Ints:
        """Return the links from a place back to the source of its tree."""
        trail = [at]
        while before[trail[-1]] >= 0:
            trail.append(int(before[trail[-1]]))
        return self.numbers(np.array(trail[:-1]), np.array(trail[1:]))

    def numbers(self, a: Ints, b: Ints) -> Ints:
        """Return the links between pairs of neighbouring places."""
        if len(a) == 0:
            return np.zeros(0, dtype=np.int64)
        key = np.minimum(a, b) * len(self.ways.xy) + np.maximum(a, b)
        return np.asarray(self._order[np.searchsorted(self._keys, key)], dtype=np.int64)

    def close_river(self) -> None:
        """Let the river be crossed only on the bridges that are there."""
        self.cost[self.ways.over_river & (self.cost > _RIVER_M)] = _CLOSED

    def built(self, links: Ints) -> None:
        """Make links that are roads now cheap, bridges included."""
        self.cost[links] = np.minimum(self.cost[links], self.ways.length_m[links] * 0.5)


def make_network(seed: int, ways: Ways, centres: Floats, village_xy: Floats, hilly: Flags) -> Network:
    """
    Return the class, name and direction of every link.

    Parameters
    ----------
    seed
        The district's seed.
    ways
        Links that roads may take.
    centres
        Town centres.
    village_xy, hilly
        The villages' centres, and whether they lie in the hills.
    """
    rng, namer = stream(seed, "network"), Namer(stream(seed, "road names"))
    network = Network(
        rank=np.full(len(ways.links), NO_ROAD, dtype=np.int64),
        name=[""] * len(ways.links),
        oneway=np.zeros(len(ways.links), dtype=np.int64),
    )
    router = _Router(ways)
    towns, villages = cKDTree(ways.xy).query(centres)[1], cKDTree(ways.xy).query(village_xy)[1]
    _through_routes(router, network, namer, towns)
    _town_routes(router, network, namer, towns, centres)
    _bridge_routes(router, network, namer, towns)
    router.close_river()
    _village_roads(router, network, namer, villages)
    _village_loops(rng, router, network, villages, village_xy, hilly)
    _streets(rng, ways, network, namer)
    _lanes(rng, ways, network)
    _farm_tracks(rng, router, network)
    _join(router, network)
    _one_ways(ways, network)
    return network


def _main_streets(ways: Ways) -> Flags:
    a, b = ways.links.T
    lined = (ways.lattice[a] == ways.lattice[b]) & (ways.lattice[a] >= 0)
    along_row = (ways.row[a] == ways.row[b]) & (ways.row[a] % MAIN_EVERY == 0)
    along_column = (ways.column[a] == ways.column[b]) & (ways.column[a] % MAIN_EVERY == 0)
    return np.asarray(lined & (along_row | along_column))


def _build(router: _Router, network: Network, links: Ints, kind: str, name: str = "") -> None:
    new = links[network.rank[links] > RANK[kind]]
    network.rank[new] = RANK[kind]
    for link in new.tolist():
        network.name[link] = name or network.name[link]
    router.built(links)


def _through_routes(router: _Router, network: Network, namer: Namer, towns: Ints) -> None:
    xy = router.ways.xy
    rim = [
        int(np.argmin(xy @ np.array(way))) for way in ((1.0, -0.1), (-1.0, -0.05), (0.05, -1.0), (-0.05, 1.0))
    ]
    for start, middle, end in ((rim[0], towns[1], rim[1]), (rim[2], towns[0], rim[3])):
        name = namer.draw("{}大道")
        _, before = router.tree(np.array([middle]))
        for other in (start, end):
            _build(router, network, router.links_back(before, other), "trunk", name)


def _town_routes(router: _Router, network: Network, namer: Namer, towns: Ints, centres: Floats) -> None:
    corners = Delaunay(centres).simplices
    pairs = {tuple(sorted((int(s[i]), int(s[j])))) for s in corners for i, j in ((0, 1), (1, 2), (2, 0))}
    ordered = sorted(pairs, key=lambda p: float(np.hypot(*(centres[p[0]] - centres[p[1]]))))
    linked: set[int] = set()
    for a, b in ordered:
        kinds = {TOWN_KINDS[a], TOWN_KINDS[b]}
        gap = float(np.hypot(*(centres[a] - centres[b])))
        if gap > 15_000:
            continue
        # Hill towns get one good road each; further ones only join where the country allows.
        great = kinds <= {CORE, PLAIN} or not {a, b} <= linked
        far, before = router.tree(np.array([towns[a]]))
        if far[towns[b]] > 3.2 * gap + 4_000 and not great:
            continue
        linked |= {a, b}
        pattern = "{}路" if HILLS not in kinds else "{}线"
        _build(
            router,
            network,
            router.links_back(before, int(towns[b])),
            "primary" if great else "secondary",
            namer.draw(pattern),
        )


def _bridge_routes(router: _Router, network: Network, namer: Namer, towns: Ints) -> None:
    """Join the southern bank to the core and the plain by bridges of its own."""
    ways = router.ways
    middle = ways.xy[ways.links].mean(axis=1)
    river = np.flatnonzero(ways.over_river)
    for a, b, kind in ((5, 1, "primary"), (5, 2, "primary"), (11, 6, "secondary"), (12, 10, "secondary")):
        usual = router.cost[river].copy()
        bridges = river[network.rank[river] < NO_ROAD]
        gap, _ = cKDTree(middle[bridges]).query(middle[river])
        router.cost[river] = np.where(gap < _BRIDGE_GAP_M, _CLOSED, usual)
        far, before = router.tree(np.array([towns[a]]))
        router.cost[river] = usual
        if np.isfinite(far[towns[b]]):
            _build(router, network, router.links_back(before, int(towns[b])), kind, namer.draw("{}路"))


def _village_roads(router: _Router, network: Network, namer: Namer, villages: Ints) -> None:
    on_road = np.unique(router.ways.links[network.rank < NO_ROAD])
    far, before = router.tree(on_road)
    served = np.bincount(villages, minlength=len(far)).astype(float)
    for place in np.argsort(-np.where(np.isfinite(far), far, -1.0), kind="stable").tolist():
        if before[place] >= 0 and served[place] > 0:
            served[before[place]] += served[place]
    names: dict[int, str] = {}
    places = [
        p
        for p in np.argsort(far, kind="stable").tolist()
        if served[p] > 0 and before[p] >= 0 and np.isfinite(far[p])
    ]
    links = router.numbers(np.array(places), before[places])
    best: dict[int, int] = {}
    for place in places:
        up = int(before[place])
        if served[place] > served[best[up]] if up in best else True:
            best[up] = place
    for place, link in zip(places, links.tolist(), strict=True):
        up = int(before[place])
        # A road keeps its name along its busier branch.
        names[place] = names[up] if best[up] == place and up in names else namer.draw("{}线")
        kind = "secondary" if served[place] >= 7 else "tertiary"
        _build(router, network, np.array([link]), kind, names[place])


def _village_loops(
    rng: np.random.Generator,
    router: _Router,
    network: Network,
    villages: Ints,
    village_xy: Floats,
    hilly: Flags,
) -> None:
    corners = Delaunay(village_xy).simplices
    pairs = {tuple(sorted((int(s[i]), int(s[j])))) for s in corners for i, j in ((0, 1), (1, 2), (2, 0))}
    by_first: dict[int, list[int]] = {}
    for a, b in sorted(pairs):
        steep = bool(hilly[a] or hilly[b])
        if rng.random() < (0.4 if steep else 0.65):
            by_first.setdefault(a, []).append(b)
    for a, others in by_first.items():
        far, before = router.tree(np.array([villages[a]]), limit=5_500)
        for b in others:
            gap = float(np.hypot(*(village_xy[a] - village_xy[b])))
            if np.isfinite(far[villages[b]]) and gap > 300:
                links = router.links_back(before, int(villages[b]))
                kind = "tertiary"
                if hilly[a] and hilly[b]:
                    kind = "path" if far[villages[b]] > 3.4 * gap else "track"
                _build(router, network, links, kind)


def _streets(rng: np.random.Generator, ways: Ways, network: Network, namer: Namer) -> None:
    a, b = ways.links.T
    lined = (ways.lattice[a] == ways.lattice[b]) & (ways.lattice[a] >= 0)
    main = _main_streets(ways)
    along_row = ways.row[a] == ways.row[b]
    line = np.where(along_row, ways.row[a], ways.column[a])
    chance = rng.random(len(a))
    keep = lined & ~ways.over_river & (main | (~ways.over_water & (chance < 0.90)))
    rank = np.where(
        main, np.where(line % (2 * MAIN_EVERY) == 0, RANK["secondary"], RANK["tertiary"]), RANK["residential"]
    )
    rank = np.where(~main & (line % MAIN_EVERY == 2) & (chance < 0.42), RANK["service"], rank)
    network.rank = np.where(keep, np.minimum(network.rank, rank), network.rank)
    names: dict[tuple[int, bool, int], str] = {}
    for link in np.flatnonzero(keep & main).tolist():
        street = (int(ways.lattice[a[link]]), bool(along_row[link]), int(line[link]))
        if street not in names:
            names[street] = namer.draw("{}街" if along_row[link] else "{}路")
        network.name[link] = network.name[link] or names[street]


def _lanes(rng: np.random.Generator, ways: Ways, network: Network) -> None:
    kinds = ways.lattice[ways.links]
    local = (kinds >= LANES).all(axis=1) & ((kinds == LANES).any(axis=1) | (kinds[:, 0] != kinds[:, 1]))
    chance = rng.random(len(kinds))
    some = local & (ways.length_m < 135) & ~ways.over_water & (ways.near & (chance < 0.95) | (chance < 0.16))
    rank = np.where(chance % 0.1 < 0.035, RANK["service"], RANK["residential"])
    network.rank = np.where(some, np.minimum(network.rank, rank), network.rank)


def _farm_tracks(rng: np.random.Generator, router: _Router, network: Network) -> None:
    ways = router.ways
    country = np.flatnonzero(ways.lattice == COUNTRY)
    far, before = router.tree(np.unique(ways.links[network.rank < NO_ROAD]))
    reachable = country[np.isfinite(far[country]) & (far[country] < 3_500)]
    steep = np.zeros(len(ways.xy))
    np.maximum.at(steep, ways.links[:, 0], ways.grade)
    for place in rng.choice(reachable, min(_FARMS, len(reachable)), replace=False).tolist():
        links = router.links_back(before, place)
        kind = "service" if steep[place] < 0.03 and rng.random() < 0.35 else "track"
        _build(router, network, links, "path" if steep[place] > 0.45 else kind)


def _join(router: _Router, network: Network) -> None:
    """Join settlements that no road has reached yet; drop scraps of lanes."""
    ways = router.ways
    piece, largest, size = _pieces(ways, network)
    on_road = np.unique(ways.links[network.rank < NO_ROAD])
    far, before = router.tree(np.flatnonzero(piece == largest))
    ordered = on_road[np.lexsort((far[on_road], piece[on_road]))]
    _, first = np.unique(piece[ordered], return_index=True)
    for place in ordered[first].tolist():
        if piece[place] != largest and size[piece[place]] >= 5 and np.isfinite(far[place]):
            links = router.links_back(before, place)
            _build(router, network, links, "residential" if far[place] < 900 else "track")
    piece, largest, size = _pieces(ways, network)
    # A few farms on islands and beyond the river stay apart, as in any real file.
    scrap = (piece[ways.links[:, 0]] != largest) & (size[piece[ways.links[:, 0]]] < 4)
    network.rank = np.where(scrap, NO_ROAD, network.rank)


def _pieces(ways: Ways, network: Network) -> tuple[Ints, int, Ints]:
    a, b = ways.links[network.rank < NO_ROAD].T
    count = len(ways.xy)
    graph = sparse.csr_matrix((np.ones(len(a)), (a, b)), shape=(count, count))
    piece = connected_components(graph, directed=False)[1].astype(np.int64)
    size = np.bincount(piece)
    return piece, int(size.argmax()), size


def _one_ways(ways: Ways, network: Network) -> None:
    a, b = ways.links.T
    core = (ways.lattice[a] == 0) & (ways.lattice[b] == 0) & (ways.row[a] == ways.row[b])
    quiet = core & (network.rank == RANK["residential"])
    up = np.where(ways.column[b] > ways.column[a], 1, -1)
    turn = np.where(ways.row[a] % MAIN_EVERY == 2, 1, np.where(ways.row[a] % MAIN_EVERY == 3, -1, 0))
    network.oneway = np.where(quiet & (ways.row[a] % 3 != 0), up * turn, 0)
    strong = _strong(ways, network)
    # Where a one-way street would lock somebody in or out, it carries both ways.
    network.oneway = np.where(strong[a] & strong[b], network.oneway, 0)


def _strong(ways: Ways, network: Network) -> Flags:
    road = network.rank < NO_ROAD
    a, b = ways.links.T
    ahead, back = road & (network.oneway >= 0), road & (network.oneway <= 0)
    starts, stops = np.concatenate([a[ahead], b[back]]), np.concatenate([b[ahead], a[back]])
    graph = sparse.csr_matrix((np.ones(len(starts)), (starts, stops)), shape=(len(ways.xy),) * 2)
    piece = connected_components(graph, directed=True, connection="strong")[1]
    return np.asarray(piece == np.bincount(piece).argmax())
