"""Tearing and mending rounds: the second way of searching, and what it needs in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planning.patrol._ruin_kernel import Ground, State, improve, measure
from planning.patrol.indexed import prizes, team_price
from planning.patrol.params import TRAVEL
from planning.patrol.timing import timed

if TYPE_CHECKING:
    from planning.patrol.indexed import Indexed, Part, Rounds

_FAR = 2**40
_NEAREST = 200


def ground_of(ix: Indexed, part: Part) -> Ground:
    """Return a part in the numbers of the compiled search."""
    teams, stops = list(part.teams), list(part.stops)
    modes = sorted({ix.mode[team] for team in teams})
    depots = sorted({int(node) for team in teams for node in (ix.start[team], ix.end[team])})
    nodes = np.array([*ix.node[stops], *depots], dtype=np.int64)
    place = {node: len(stops) + i for i, node in enumerate(depots)}
    ms = np.stack([np.minimum(ix.ms[mode][np.ix_(nodes, nodes)], _FAR) for mode in modes])
    begin, finish = ix.shift[teams].T
    windows = [ix.windows[stop] or ((0, _FAR),) for stop in stops]
    flat = [window for held in windows for window in held]
    between = ms.min(axis=0)[: len(stops), : len(stops)]
    between = np.minimum(between, between.T)
    np.fill_diagonal(between, -1)
    keys = [ix.team_kind(team, part.stops) for team in teams]
    kinds = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    return Ground(
        ms=ms,
        mode=np.array([modes.index(ix.mode[team]) for team in teams]),
        start=np.array([place[int(ix.start[team])] for team in teams]),
        end=np.array([place[int(ix.end[team])] for team in teams]),
        begin=np.ascontiguousarray(begin),
        finish=np.ascontiguousarray(finish),
        cap=np.minimum(finish - begin, part.cap if part.cap is not None else _FAR),
        capacity=ix.capacity[teams],
        kind=np.array([kinds[key] for key in keys]),
        able=np.ascontiguousarray(ix.able[np.ix_(teams, stops)]),
        load=ix.load[stops],
        dwell=ix.dwell[stops],
        prize=prizes(ix, part),
        first=np.cumsum([0, *map(len, windows)]),
        opens=np.array([opens for opens, _ in flat]),
        closes=np.array([closes for _, closes in flat]),
        near=np.argsort(between, axis=1, kind="stable")[:, :_NEAREST],
        rates=np.array([int(part.objective != TRAVEL), int(part.objective == TRAVEL), team_price(ix, part)]),
    )


def empty_state(ground: Ground, seed: int) -> State:
    teams, stops = ground.able.shape
    random = np.random.SeedSequence(seed).generate_state(1, dtype=np.uint64) | np.uint64(1)
    return State(
        stops=np.zeros((teams, stops + 1), dtype=np.int64),
        count=np.zeros(teams, dtype=np.int64),
        team=np.full(stops, -1, dtype=np.int64),
        window=np.zeros(stops, dtype=np.int64),
        cost=np.zeros(teams, dtype=np.int64),
        load=np.zeros(teams, dtype=np.int64),
        travel=np.zeros(teams, dtype=np.int64),
        head=np.zeros((teams, stops + 2, 3), dtype=np.int64),
        tail=np.zeros((teams, stops + 2, 3), dtype=np.int64),
        missed=np.ones(stops, dtype=np.int64),
        random=random,
    )
