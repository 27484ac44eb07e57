"""What a patrol of streets is asked in: who covers which streets, on which sides, from where."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import breadth_first_order

from geo.arc_graph import ArcGraph
from geo.errors import SettingError
from geo.road_network import MS_PER_HOUR_KM, UNREACHABLE
from geo.speeds import NO_STOPPING, ROAD_CLASSES
from geo.spots import links_in, links_out

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

    from geo.road_network import RoadNetwork

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]

BOTH, ONCE = SIDES = ("both", "once")
# Why a street that was asked for is not in the problem.
CLOSED, NOT_FOR_MODE, NO_STOP, CUT_OFF = ("closed", "not_for_mode", "no_stopping", "cut_off")
# Arcs between a team's place and the roads: out to the edge's end and its start, home from its start and end.
LINKS = 4
_LEFT = ("code", "edge", "road_id", "length_m")


@dataclass(frozen=True, kw_only=True, eq=False)
class StreetProblem:
    """
    Who may cover which streets.

    Parameters
    ----------
    graph
        What teams move on. On roads its arcs are numbered as `geo.road_network.RoadNetwork.arc_ms`, and
        after them come `LINKS` arcs for each of `spots`.
    tasks
        Streets to be covered, a row a street, or a row a side of it: forth, back (arcs that cover it; -1
        where only one does), ms (what covering it takes, at least as much as passing); on roads also edge,
        road_id, length_m; optional: load.
    teams
        By team_id: name, out, home (nodes), shift_start_ms, shift_end_ms; optional: members, capacity (how
        much `load` it may take).
    sides
        ``both``: each street once in each direction that is open, so that both sides are seen. ``once``: in
        either direction.
    metres
        Length of each arc.
    network, spots
        The roads, and where on them the teams' places lie (see `RoadNetwork.snapped`, a row a place); None
        for a graph from elsewhere.
    left
        Streets that were asked for and cannot be covered: code (`CLOSED`, `NOT_FOR_MODE`, `NO_STOP`,
        `CUT_OFF`), edge, road_id, length_m.
    """

    graph: ArcGraph
    tasks: pd.DataFrame
    teams: pd.DataFrame
    sides: str
    metres: Floats
    network: RoadNetwork | None = None
    spots: pd.DataFrame | None = None
    left: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=[*_LEFT]))


def street_problem(
    network: RoadNetwork,
    wanted: Flags,
    teams: gpd.GeoDataFrame,
    *,
    sides: str = ONCE,
    patrol_kmh: float | None = None,
    limit_m: float = 1_000.0,
) -> StreetProblem:
    """
    Return the problem of covering some edges of a road network.

    Parameters
    ----------
    network
        Roads, travel mode, day or night, closed roads. The way to the streets and between them may lead over
        all of them.
    wanted
        For each edge, whether it is to be covered.
    teams
        By team_id, points in the network's CRS: name, shift_start_ms, shift_end_ms; optional: members.
    sides
        One of `SIDES`.
    patrol_kmh
        Streets are covered no faster than this; None for as fast as they are travelled.
    limit_m
        How far a team's place may lie from its road.

    Raises
    ------
    SettingError
        ``setting_wrong`` for sides or a speed that there are not; ``streets_without_teams``;
        ``street_team_off_roads`` (team, snap_m); as `RoadNetwork.snapped`.
    """
    if sides not in SIDES:
        raise SettingError("setting_wrong", name="sides", found=sides, allowed=", ".join(SIDES))
    if patrol_kmh is not None and not patrol_kmh > 0:
        raise SettingError("setting_wrong", name="patrol_kmh", found=patrol_kmh, allowed="> 0")
    if teams.empty:
        raise SettingError("streets_without_teams")
    spots, places = _placed(network, teams, limit_m)
    graph, metres = _graph(network, spots)
    first = len(network.layout.xy)
    based = teams.drop(columns=teams.geometry.name).assign(
        out=first + 2 * places, home=first + 2 * places + 1
    )
    edges, left = _usable(network, wanted)
    tasks = _tasks(network, edges, sides=sides, patrol_kmh=patrol_kmh)
    tasks, lost = _reached(graph, tasks, pd.DataFrame(based))
    left = pd.concat([left, _rows(network, lost, CUT_OFF)], ignore_index=True)
    return StreetProblem(
        graph=graph,
        tasks=tasks,
        teams=pd.DataFrame(based),
        sides=sides,
        metres=metres,
        network=network,
        spots=spots,
        left=left,
    )


def _placed(network: RoadNetwork, teams: gpd.GeoDataFrame, limit_m: float) -> tuple[pd.DataFrame, Ints]:
    """Return where the teams' places lie on the roads, each place once, and which is each team's."""
    points = teams.geometry
    texts = points.to_wkb()
    distinct = points[~texts.duplicated()]
    spots = network.snapped(distinct, limit_m=limit_m)
    for team, edge, snap_m in zip(spots.index, spots["edge"], spots["snap_m"], strict=True):
        if edge < 0:
            raise SettingError("street_team_off_roads", team=str(team), snap_m=float(snap_m))
    return spots, np.asarray(pd.Index(texts[distinct.index]).get_indexer(texts), dtype=np.int64)


def _graph(network: RoadNetwork, spots: pd.DataFrame) -> tuple[ArcGraph, Floats]:
    """Return the roads in both directions with arcs from and to the teams' places, and their lengths."""
    layout, first = network.layout, len(network.layout.xy)
    out, in_ = links_out(network, spots), links_in(network, spots)
    walk = network.access_ms(spots["snap_m"].to_numpy())[:, None]
    link_ms = np.column_stack([out.ms + walk, in_.ms + walk])
    link_ms = np.where(np.column_stack([out.ms, in_.ms]) < UNREACHABLE, np.maximum(link_ms, 1), UNREACHABLE)
    place = first + 2 * np.arange(len(spots))
    tails = np.column_stack([place, place, in_.node])
    heads = np.column_stack([out.node, place + 1, place + 1])
    graph = ArcGraph(
        nodes=first + 2 * len(spots),
        tail=np.concatenate([layout.start, layout.end, tails.ravel()]),
        head=np.concatenate([layout.end, layout.start, heads.ravel()]),
        ms=np.concatenate([network.arc_ms, link_ms.ravel()]),
    )
    at_m, snap_m = spots["at_m"].to_numpy(), spots["snap_m"].to_numpy()
    rest_m = np.maximum(layout.length_m[spots["edge"].to_numpy()] - at_m, 0)
    links_m = np.column_stack([rest_m, at_m, at_m, rest_m]) + snap_m[:, None]
    return graph, np.concatenate([layout.length_m, layout.length_m, links_m.ravel()])


def _usable(network: RoadNetwork, wanted: Flags) -> tuple[Ints, pd.DataFrame]:
    """Return the edges that the travel mode may cover, and those that it may not."""
    layout = network.layout
    shut = np.isin(layout.road_id.astype(str), list(network.closed))
    no_stop = np.array([name in NO_STOPPING for name in ROAD_CLASSES])[layout.road_class]
    lost = {CLOSED: wanted & shut, NOT_FOR_MODE: wanted & ~shut & (network.kmh <= 0)}
    lost[NO_STOP] = wanted & no_stop & (network.kmh > 0)
    rows = [_rows(network, np.flatnonzero(flags), code) for code, flags in lost.items()]
    return np.flatnonzero(wanted & (network.kmh > 0) & ~no_stop), pd.concat(rows, ignore_index=True)


def _rows(network: RoadNetwork, edges: Ints, code: str) -> pd.DataFrame:
    layout = network.layout
    columns = {"edge": edges, "road_id": layout.road_id[edges], "length_m": layout.length_m[edges]}
    return pd.DataFrame({"code": pd.Series([code] * len(edges), dtype=object), **columns})


def _tasks(network: RoadNetwork, edges: Ints, *, sides: str, patrol_kmh: float | None) -> pd.DataFrame:
    """Return what there is to do: a row a street, or one for each of its open directions."""
    layout, count = network.layout, len(network.layout.start)
    ms = network.arc_ms[edges]
    if patrol_kmh is not None:
        slow = np.rint(layout.length_m[edges] * MS_PER_HOUR_KM / patrol_kmh).astype(np.int64)
        ms = np.maximum(ms, slow)
    back = np.where(network.open_back[edges], edges + count, -1)
    tasks = pd.DataFrame({"forth": edges, "back": back, "ms": ms, "edge": edges})
    tasks["road_id"], tasks["length_m"] = layout.road_id[edges], layout.length_m[edges]
    if sides == BOTH:
        other = tasks[tasks["back"] >= 0].assign(forth=lambda rows: rows["back"])
        tasks = pd.concat([tasks, other], ignore_index=True).assign(back=-1)
        tasks = tasks.sort_values("edge", kind="stable", ignore_index=True)
    return tasks


def _reached(graph: ArcGraph, tasks: pd.DataFrame, teams: pd.DataFrame) -> tuple[pd.DataFrame, Ints]:
    """Return the tasks from which some team can come and go back, and the edges of those that none can."""
    there = np.zeros(len(graph.tail), dtype=bool)
    for out, home in set(zip(teams["out"], teams["home"], strict=True)):
        reached, returns = np.zeros((2, graph.nodes), dtype=bool)
        reached[breadth_first_order(graph.matrix, out, return_predecessors=False)] = True
        returns[breadth_first_order(graph.matrix.T.tocsr(), home, return_predecessors=False)] = True
        there |= reached[graph.tail] & returns[graph.head]
    forth, back = tasks["forth"].to_numpy(), tasks["back"].to_numpy()
    goes, comes = there[forth], (back >= 0) & there[back]
    kept = tasks.assign(forth=np.where(goes, forth, back), back=np.where(goes & comes, back, -1))
    lost = np.unique(tasks.loc[~(goes | comes), "edge"].to_numpy(dtype=np.int64))
    return kept[goes | comes].reset_index(drop=True), lost
