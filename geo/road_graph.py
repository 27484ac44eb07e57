"""Roads as a networkx graph: lines joined where they meet, cut there, and weighed once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pandas as pd
import shapely

from geo.crs import require_metric
from geo.errors import SettingError
from geo.road_junctions import find_junctions
from geo.speeds import CLASS_UNSTATED, ROAD_CLASSES

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

    from geo.road_junctions import Junctions

    Shapes = npt.NDArray[np.object_]
    RoadGraph = nx.MultiDiGraph[int]

# Places on a line that are this near are one place.
_TOUCH_M = 1e-6


def road_graph(
    roads: gpd.GeoDataFrame, *, tolerance_m: float = 0.5, crossings: bool | None = None
) -> RoadGraph:
    """
    Return the graph of a layer of roads, whether or not it is split where its roads meet.

    Ends meet within the tolerance; an end that touches another road's inside splits it; roads meet where
    a vertex of one lies on the other. Bridges, tunnels (both by the column ``bridge``) and motorways are
    not joined to what they cross. Duplicates and lines without length are left out. A two-way road is two
    arcs with the same key, the one against its drawing with ``reversed``; a loop is one.

    Parameters
    ----------
    roads
        LineStrings or MultiLineStrings in a metric CRS, Z ignored. Columns, none of them needed: road_id
        (else the index), class (one of `geo.speeds.ROAD_CLASSES`), oneway (1: in drawing direction
        only), bridge (1: over or under what it crosses), name.
    tolerance_m
        How far ends may miss what they lead to, above 0.
    crossings
        Whether roads that cross without a common vertex meet there. By default the layer decides: where
        such crossings are rare beside its junctions, it is split where its roads meet, and they are none.

    Returns
    -------
    MultiDiGraph
        Nodes 0, 1, … with x, y. Arcs with length_m (above 0, of the drawing), road_class, name, road_id,
        bridge, oneway, reversed, geometry (in the arc's direction). ``graph.graph`` holds crs and
        ``report``: how many roads and edges (an arc and its reverse are one), nodes, lines without_shape,
        without_length, duplicates, class_unstated, and the counts of `geo.road_junctions.Junctions`.

    Raises
    ------
    CrsError
        If the roads are not in a metric CRS.
    SettingError
        ``setting_wrong`` if the tolerance is not above 0.
    """
    if not tolerance_m > 0:
        raise SettingError("setting_wrong", name="tolerance_m", found=tolerance_m, allowed="> 0")
    require_metric(roads.crs, layer="roads")
    lines, report = _lines(roads)
    raised = (lines["bridge"] | (lines["road_class"] == "motorway")).to_numpy()
    found = find_junctions(
        lines["geometry"].to_numpy(), raised=raised, tolerance_m=tolerance_m, crossings=crossings
    )
    edges = _cut(lines, found)
    loops = edges["start"] == edges["end"]
    scraps = ~(edges["length_m"] > 0) | (loops & (edges["length_m"] <= 2 * tolerance_m))
    edges = edges[~scraps].reset_index(drop=True)
    twice = _drawn_twice(edges)
    edges = edges[~twice].reset_index(drop=True)
    graph = _graph(edges, found)
    graph.graph["crs"] = roads.crs
    graph.graph["report"] = {
        "roads": len(roads),
        "edges": len(edges),
        "nodes": graph.number_of_nodes(),
        **report,
        "without_length": report["without_length"] + int(scraps.sum()),
        "duplicates": int(twice.sum()),
        **found.counts,
    }
    return graph


def parts_of(graph: RoadGraph) -> pd.DataFrame:
    """
    Return the parts of a road graph that hang together, one-ways taken as two-ways; the longest first.

    Returns
    -------
    DataFrame
        nodes, edges, km, share_km, x, y (of one of its nodes), indexed by part from 0.
    """
    arcs = [(u, v, d["length_m"]) for u, v, d in graph.edges(data=True) if not d["reversed"]]
    parts = sorted(nx.weakly_connected_components(graph), key=min)
    part_of = {node: number for number, part in enumerate(parts) for node in part}
    sums = pd.DataFrame(
        {"part": [part_of[u] for u, _, _ in arcs], "km": [length / 1000 for _, _, length in arcs]}
    )
    by_part = sums.groupby("part")["km"].agg(edges="size", km="sum").reindex(range(len(parts)), fill_value=0)
    one = [graph.nodes[min(part)] for part in parts]
    by_part = by_part.assign(
        nodes=[len(part) for part in parts],
        share_km=by_part["km"] / by_part["km"].sum(),
        x=[node["x"] for node in one],
        y=[node["y"] for node in one],
    )
    ordered = by_part.sort_values("km", ascending=False, kind="stable").reset_index(drop=True)
    return pd.DataFrame(ordered.rename_axis("part")[["nodes", "edges", "km", "share_km", "x", "y"]])


def _lines(roads: gpd.GeoDataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return single lines with the attributes of their roads, and what was left out."""
    shapes = np.asarray(roads.geometry.array, dtype=object)
    parts, owner = shapely.get_parts(shapely.force_2d(shapes), return_index=True)
    is_line = shapely.get_type_id(parts) == 1
    parts, owner = parts[is_line & ~shapely.is_empty(parts)], owner[is_line & ~shapely.is_empty(parts)]
    parts = shapely.remove_repeated_points(parts)
    parts, again = _simple(parts, _flag(roads, "bridge")[owner])
    owner = owner[again]
    long = shapely.length(parts) > 0
    stated = roads["class"].to_numpy(dtype=object) if "class" in roads else np.full(len(roads), None)
    known = np.isin(stated.astype(str), ROAD_CLASSES)
    columns = {
        "road_id": _texts(roads, "road_id", else_=roads.index.astype(str).to_numpy(dtype=object)),
        "name": _texts(roads, "name", else_=np.full(len(roads), "", dtype=object)),
        "road_class": np.where(known, stated, CLASS_UNSTATED),
        "oneway": _flag(roads, "oneway"),
        "bridge": _flag(roads, "bridge"),
    }
    kept = owner[long]
    lines = pd.DataFrame({name: values[kept] for name, values in columns.items()})
    lines["geometry"] = pd.Series(parts[long], dtype=object)
    report = {
        "without_shape": len(roads) - len(np.unique(owner)),
        "without_length": int((~long).sum()),
        "class_unstated": int((~known).sum()),
    }
    return lines, report


def _simple(parts: Shapes, bridge: npt.NDArray[np.bool_]) -> tuple[Shapes, npt.NDArray[np.int64]]:
    """Return lines, those that touch themselves cut there, and of which one each is a part."""
    # A spiral ramp passes over itself.
    knotted = np.flatnonzero(~shapely.is_simple(parts) & ~bridge)
    if not len(knotted):
        return parts, np.arange(len(parts))
    cut = [_unknotted(parts[line]) for line in knotted.tolist()]
    rest = np.setdiff1d(np.arange(len(parts)), knotted)
    owner = np.concatenate([rest, np.repeat(knotted, [len(pieces) for pieces in cut])])
    order = np.argsort(owner, kind="stable")
    pieces = np.array([piece for pieces in cut for piece in pieces], dtype=object)
    return np.concatenate([parts[rest], pieces])[order], owner[order]


def _unknotted(line: shapely.LineString) -> list[Any]:
    """Return a line cut wherever it comes back to where it has been."""
    noded = shapely.get_parts(shapely.node(line))
    knots = shapely.get_coordinates([shapely.get_point(noded, 0), shapely.get_point(noded, -1)])
    points = shapely.get_coordinates(line)
    step = np.diff(points, axis=0)
    length = np.hypot(*step.T)
    begins = np.concatenate([[0.0], np.cumsum(length)])
    at: dict[float, Any] = {}
    for knot in np.unique(knots, axis=0):
        back = np.einsum("ij,ij->i", knot - points[:-1], step) / np.maximum(length, _TOUCH_M) ** 2
        share = np.clip(back, 0, 1)
        touches = np.hypot(*(points[:-1] + share[:, None] * step - knot).T) < _TOUCH_M
        at |= {round(at_m, 6): knot for at_m in (begins[:-1] + share * length)[touches].tolist()}
    inside = sorted(at_m for at_m in at if _TOUCH_M < at_m < begins[-1] - _TOUCH_M)
    xy = np.vstack([points[0], *(at[at_m] for at_m in inside), points[-1]])
    return _pieces(line, [0.0, *inside, np.inf], xy)


def _flag(roads: gpd.GeoDataFrame, column: str) -> npt.NDArray[np.bool_]:
    if column not in roads:
        return np.zeros(len(roads), dtype=bool)
    return np.asarray((pd.to_numeric(roads[column], errors="coerce").fillna(0) > 0).to_numpy(dtype=bool))


def _texts(roads: gpd.GeoDataFrame, column: str, *, else_: Shapes) -> Shapes:
    if column not in roads:
        return else_
    values = roads[column]
    return np.where(values.isna(), else_, values.astype(str)).astype(object)


def _cut(lines: pd.DataFrame, found: Junctions) -> pd.DataFrame:
    """Return the lines cut at the junctions, with their nodes and lengths; ends lie at their nodes."""
    shapes = lines["geometry"].to_numpy()
    ends = shapely.get_coordinates(
        np.column_stack([shapely.get_point(shapes, 0), shapely.get_point(shapes, -1)]).ravel()
    ).reshape(-1, 4)
    moved = (ends != found.xy[found.ends].reshape(-1, 4)).any(axis=1)
    changed = moved.copy()
    changed[found.cut_line] = True
    pieces: list[Any] = list(shapes[~changed])
    owner: list[int] = np.flatnonzero(~changed).tolist()
    nodes: list[tuple[int, int]] = [tuple(pair) for pair in found.ends[~changed].tolist()]
    start = np.searchsorted(found.cut_line, np.arange(len(lines) + 1))
    for line in np.flatnonzero(changed).tolist():
        cuts = slice(start[line], start[line + 1])
        at_m = [0.0, *found.cut_m[cuts].tolist(), np.inf]
        at = [int(found.ends[line, 0]), *found.cut_node[cuts].tolist(), int(found.ends[line, 1])]
        pieces += _pieces(shapes[line], at_m, found.xy[at])
        owner += [line] * (len(at) - 1)
        nodes += list(zip(at[:-1], at[1:], strict=True))
    order = np.argsort(np.array(owner, dtype=np.int64), kind="stable")
    edges = lines.drop(columns="geometry").iloc[np.array(owner, dtype=np.int64)[order]].reset_index(drop=True)
    both = np.array(nodes, dtype=np.int64).reshape(-1, 2)[order]
    geometry = pd.Series(pieces, dtype=object).iloc[order].reset_index(drop=True)
    return edges.assign(
        start=both[:, 0], end=both[:, 1], geometry=geometry, length_m=shapely.length(geometry)
    )


def _pieces(line: shapely.LineString, at_m: list[float], xy: npt.NDArray[np.float64]) -> list[Any]:
    """Return a line cut at distances along it; the pieces begin and end at the given points."""
    points = shapely.get_coordinates(line)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    along[[0, -1]] = -1.0, np.inf  # its own ends are given
    return [
        shapely.linestrings(
            np.vstack([xy[k], points[(along > low + _TOUCH_M) & (along < high - _TOUCH_M)], xy[k + 1]])
        )
        for k, (low, high) in enumerate(zip(at_m[:-1], at_m[1:], strict=True))
    ]


def _drawn_twice(edges: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which edges repeat another one: the same way, two-way or in the same direction."""
    twice = np.zeros(len(edges), dtype=bool)
    low, high = edges[["start", "end"]].min(axis=1), edges[["start", "end"]].max(axis=1)
    some = edges[pd.DataFrame({"low": low, "high": high}).duplicated(keep=False)]
    if some.empty:
        return twice
    rounded = shapely.transform(some["geometry"].to_numpy(), lambda xy: np.round(xy, 2))
    way = pd.Series(shapely.to_wkb(shapely.normalize(rounded)), index=some.index)
    # Those that are open both ways first: they make the others needless.
    ordered = pd.DataFrame(
        {"way": way, "oneway": some["oneway"], "start": some["start"], "end": some["end"]}
    ).sort_values("oneway", kind="stable")
    two_way = ordered.loc[~ordered["oneway"], "way"]
    needless = ordered["oneway"] & ordered["way"].isin(two_way)
    needless |= ordered["oneway"] & ordered.duplicated(["way", "start", "end", "oneway"])
    needless |= ~ordered["oneway"] & ordered.duplicated(["way", "oneway"])
    twice[needless[needless].index] = True
    return twice


def _graph(edges: pd.DataFrame, found: Junctions) -> RoadGraph:
    used, number = np.unique(edges[["start", "end"]].to_numpy(dtype=np.int64), return_inverse=True)
    start, end = number.reshape(-1, 2).T.tolist() if len(edges) else ([], [])
    graph: Any = nx.MultiDiGraph()
    graph.add_nodes_from((i, {"x": x, "y": y}) for i, (x, y) in enumerate(found.xy[used].tolist()))
    ahead = _attributes(edges, edges["geometry"].to_numpy())
    # A loop leads to where it begins either way: one arc says it.
    again = np.flatnonzero(~edges["oneway"].to_numpy() & (edges["start"] != edges["end"]).to_numpy())
    back = _attributes(
        edges.iloc[again], shapely.reverse(edges["geometry"].to_numpy()[again]), reversed_=True
    )
    graph.add_edges_from(zip(start, end, range(len(edges)), ahead, strict=True))
    graph.add_edges_from((end[k], start[k], k, arc) for k, arc in zip(again.tolist(), back, strict=True))
    made: RoadGraph = graph
    return made


def _attributes(edges: pd.DataFrame, shapes: Shapes, *, reversed_: bool = False) -> list[dict[str, Any]]:
    names = ("length_m", "road_class", "name", "road_id", "bridge", "oneway")
    rows = zip(*(edges[name].tolist() for name in names), shapes.tolist(), strict=True)
    return [dict(zip((*names, "geometry"), row, strict=True)) | {"reversed": reversed_} for row in rows]
