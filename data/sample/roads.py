"""The `roads` table: links joined into lines between junctions, and the motorways above them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree
from shapely.geometry import LineString
from shapely.ops import substring

from data.sample.frame import COUNTY_CODE, METRIC_CRS, Floats, Ints, place, relaxed, smoothed, stream
from data.sample.names import Namer
from data.sample.network import NO_ROAD, RANK, Network
from data.schemas import BRIDGE, CLASS, LENGTH_M, NAME, ONEWAY, ROAD_CLASSES, ROAD_ID

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from data.sample.streets import Ways
    from data.sample.water import Water

_Row = tuple[Floats, str, str, int, int]  # coordinates, class, name, oneway, bridge


def roads_table(
    seed: int, ways: Ways, network: Network, water: Water, outline: BaseGeometry
) -> gpd.GeoDataFrame:
    """Return roads split at junctions; lines that meet share their end coordinates exactly."""
    rows = _joined(ways, network, water)
    rows += _motorways(seed, ways, network, water, outline)
    lines = _lines([row[0] for row in rows])
    keep = shapely.length(lines) > 0.5
    frame = gpd.GeoDataFrame(
        {
            NAME: [row[2] for row in rows],
            CLASS: [row[1] for row in rows],
            ONEWAY: np.array([row[3] for row in rows], dtype=np.int64),
            BRIDGE: np.array([row[4] for row in rows], dtype=np.int64),
            LENGTH_M: shapely.length(lines),
        },
        geometry=lines,
        crs=METRIC_CRS,
    )[keep].reset_index(drop=True)
    frame.insert(0, ROAD_ID, [f"{COUNTY_CODE}R{i + 1:06d}" for i in range(len(frame))])
    return frame


def _lines(coords: list[Floats]) -> npt.NDArray[np.object_]:
    """Return lines made at once: one by one takes a second."""
    owner = np.repeat(np.arange(len(coords)), [len(c) for c in coords])
    return np.asarray(shapely.linestrings(np.vstack(coords), indices=owner), dtype=object)


def _joined(ways: Ways, network: Network, water: Water) -> list[_Row]:
    """Join links end to end wherever only two alike meet."""
    xy = np.round(ways.xy, 2)
    road = np.flatnonzero(network.rank < NO_ROAD)
    links, rank = ways.links[road], network.rank[road]
    bridge, oneway = ways.over_water[road].astype(int), network.oneway[road]
    name = [network.name[i] for i in road.tolist()]
    at: list[list[int]] = [[] for _ in range(len(xy))]
    for number, (a, b) in enumerate(links.tolist()):
        at[a].append(number)
        at[b].append(number)

    def passes(node: int) -> bool:
        if len(at[node]) != 2:
            return False
        i, j = at[node]
        alike = rank[i] == rank[j] and name[i] == name[j] and not (oneway[i] or oneway[j])
        return bool(alike and not (bridge[i] or bridge[j]))

    through = [passes(node) for node in range(len(xy))]
    done = np.zeros(len(links), dtype=bool)
    chains: list[tuple[list[int], int]] = []
    for start in [n for n in range(len(xy)) if at[n] and not through[n]]:
        for first in at[start]:
            if not done[first]:
                chains.append((_chain(start, first, links, at, through, done), first))
    lines = [xy[nodes] for nodes, _ in chains]
    rows: list[_Row] = []
    bowed = [not bridge[first] and rank[first] > RANK["secondary"] for _, first in chains]
    for line, (nodes, first) in zip(_bent(lines, bowed, water), chains, strict=True):
        ahead = bool(links[first][0] == nodes[0])
        turn = int(oneway[first]) * (1 if ahead else -1)
        coords = line if turn >= 0 else line[::-1]
        rows.append((coords, ROAD_CLASSES[rank[first]], name[first], abs(turn), int(bridge[first])))
    return rows


def _chain(
    start: int,
    first: int,
    links: Ints,
    at: list[list[int]],
    through: list[bool],
    done: np.ndarray[tuple[int], np.dtype[np.bool_]],
) -> list[int]:
    nodes, link = [start], first
    while True:
        done[link] = True
        a, b = links[link].tolist()
        nodes.append(b if nodes[-1] == a else a)
        if not through[nodes[-1]]:
            return nodes
        link = next(other for other in at[nodes[-1]] if other != link)
        if done[link]:
            return nodes


def _bent(lines: list[Floats], bowed: list[bool], water: Water) -> list[Floats]:
    """Smooth the lines and bow the small straight ones, but never across water not crossed before."""
    smooth = list(lines)
    for i, line in enumerate(lines):
        if len(line) > 2:
            smooth[i] = np.round(smoothed(relaxed(line, 2), 2 if len(line) < 12 else 1), 2)
            smooth[i][[0, -1]] = line[[0, -1]]
        elif bowed[i]:
            smooth[i] = _bow(line)
    new = [i for i, line in enumerate(smooth) if len(line) > 2]
    tree = shapely.STRtree(_lines([smooth[i] for i in new]))
    flowing = np.array([water.bodies[0][2], *water.streams, *water.canals], dtype=object)
    for hit in np.unique(tree.query(flowing, predicate="intersects")[1]).tolist():
        smooth[new[hit]] = lines[new[hit]]
    return smooth


def _bow(line: Floats) -> Floats:
    """Bow a lane by a few per cent of its length, by a number that its place decides."""
    (x1, y1), (x2, y2) = line.tolist()
    bow = 0.05 * np.sin(0.013 * (x1 + x2) + 0.029 * (y1 + y2))
    middle = [(x1 + x2) / 2 - bow * (y2 - y1), (y1 + y2) / 2 + bow * (x2 - x1)]
    return np.round(np.array([[x1, y1], middle, [x2, y2]]), 2)


def _motorways(seed: int, ways: Ways, network: Network, water: Water, outline: BaseGeometry) -> list[_Row]:
    namer = Namer(stream(seed, "motorway names"))
    rng = stream(seed, "motorways")
    sway = rng.uniform(-0.012, 0.012, 4)
    courses = (
        [
            (-0.05, 0.735),
            (0.2, 0.765),
            (0.38, 0.795 + sway[0]),
            (0.6, 0.79 + sway[1]),
            (0.8, 0.76),
            (1.05, 0.75),
        ],
        [
            (0.66, 1.05),
            (0.67, 0.88),
            (0.655 + sway[2], 0.77),
            (0.66, 0.65),
            (0.675 + sway[3], 0.575),
            (0.80, 0.525),
            (1.05, 0.5),
        ],
    )
    wet = [s for _, kind, s in water.bodies if kind in ("river", "canal")]
    taken: set[int] = set()
    rows: list[_Row] = []
    for course in courses:
        whole = LineString(smoothed(place(course), 5))
        middle = max(
            shapely.get_parts(shapely.intersection(whole, outline.buffer(-40))), key=lambda p: p.length
        )
        rows += _motorway(middle, namer.draw("{}高速"), ways, network, wet, taken)
    return rows


def _motorway(
    middle: LineString, name: str, ways: Ways, network: Network, wet: list[BaseGeometry], taken: set[int]
) -> list[_Row]:
    great = np.unique(ways.links[network.rank <= RANK["tertiary"]])
    xy = np.round(ways.xy, 2)
    tree = cKDTree(xy[great])
    east, west = _beside(middle, -13), _beside(middle, 13)
    if shapely.Point(west.coords[0]).distance(shapely.Point(middle.coords[0])) > 100:
        west = west.reverse()
    rows: list[_Row] = []
    stops = np.arange(1_800, middle.length - 1_500, 4_600.0)
    joins: list[tuple[float, int]] = []
    for stop in stops.tolist():
        point = np.asarray(middle.interpolate(stop).coords[0])
        far, near = tree.query(point, k=60)
        ramps = [
            int(great[n])
            for f, n in zip(far, near, strict=True)
            if 60 < f < 900 and int(great[n]) not in taken
        ]
        if ramps:
            taken.add(ramps[0])
            joins.append((stop, ramps[0]))
    for carriageway, ahead in ((east, True), (west, False)):
        line = carriageway if ahead else carriageway.reverse()
        cuts = {0.0, line.length}
        for stop, node in joins:
            here = line.project(middle.interpolate(stop))
            leave, enter = round(here - 420, 1), round(here + 420, 1)
            cuts |= {leave, enter}
            end = xy[node]
            for ramp in (
                _ramp(_point(line, leave), end, _point(line, leave + 250)),
                _ramp(end, _point(line, enter), _point(line, enter - 250)),
            ):
                over = any(body.intersects(LineString(ramp)) for body in wet)
                rows.append((ramp, "trunk", name + "匝道", 1, int(over)))
        rows += _carriageway(line, cuts, name, wet)
    return rows


def _beside(middle: LineString, metres: float) -> LineString:
    return LineString(middle.offset_curve(metres).coords)


def _point(line: LineString, at: float) -> Floats:
    return np.round(np.asarray(line.interpolate(at).coords[0], dtype=float), 2)


def _ramp(start: Floats, end: Floats, pull: Floats) -> Floats:
    bend = smoothed(np.vstack([start, pull, end]), 3)
    bend[1:-1] = np.round(bend[1:-1], 2)
    return bend


def _carriageway(line: LineString, cuts: set[float], name: str, wet: list[BaseGeometry]) -> list[_Row]:
    spans: list[tuple[float, float]] = []
    for body in wet:
        for part in shapely.get_parts(shapely.intersection(line, body)):
            if part.is_empty:
                continue
            ends = [line.project(shapely.Point(c)) for c in part.coords]
            spans.append((max(0.0, min(ends) - 25), min(line.length, max(ends) + 25)))
    edges = sorted({min(at, line.length) for at in cuts | {round(s, 1) for span in spans for s in span}})
    rows: list[_Row] = []
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        if high - low < 0.05:
            continue
        coords = np.round(np.asarray(substring(line, low, high).coords, dtype=float), 2)
        coords[[0, -1]] = _point(line, low), _point(line, high)
        over = any(s <= (low + high) / 2 <= e for s, e in spans)
        rows.append((coords, "motorway", name, 1, int(over)))
    return rows
