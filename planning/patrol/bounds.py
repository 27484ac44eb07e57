"""
What no plan of a part can beat: fewest teams, fewest hours, shortest longest time out.

Whatever the windows, rounds that visit all stops are a graph in which each stop has two legs, and so has the
place of each team that goes out; with the teams' places taken as one it hangs together. Cheapest spanning
trees with prices on the number of legs (Held and Karp, Oper. Res. 18:1138-1162, 1970) bound its travel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from geo.travel_times import UNREACHABLE
from planning.patrol.timing import timed

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from planning.patrol.indexed import Indexed, Part, Rounds

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

# Fewer for many stops, whose pairs are the work.
_STEPS, _PAIRS = 400, 4e7
# Halve the step after so many that did not help.
_PATIENCE = 12
# What rounding in sums of floats may pretend at most.
_LEEWAY_MS = 2.0


def least_teams(ix: Indexed, part: Part, rounds: Rounds) -> int:
    """Return how many teams are needed at least to visit what some rounds visit."""
    stops = _visited(rounds)
    if not stops:
        return 0
    dwell = int(ix.dwell[stops].sum())
    room = np.cumsum(np.sort(_most_out(ix, part))[::-1]) - dwell
    count = int(np.argmax(room >= 0)) + 1
    travel = _Travel(ix, part, stops)
    while count < len(rounds) and travel.rises_above(count, float(room[count - 1])):
        count += 1
    return count


def least_hours_ms(ix: Indexed, part: Part, rounds: Rounds) -> int:
    """Return how long all rounds take at least that visit what some rounds visit."""
    stops = _visited(rounds)
    if not stops:
        return 0
    travel = _Travel(ix, part, stops)
    found = sum(sum(ix.legs(team, served)) for team, served in rounds.items())
    travel.rises_above(None, float(found))
    return int(ix.dwell[stops].sum()) + travel.least()


def least_longest_ms(ix: Indexed, part: Part, rounds: Rounds) -> int:
    """Return how long the longest round takes at least of rounds that visit what some rounds visit."""
    stops = _visited(rounds)
    if not stops:
        return 0
    alone = max(
        min(timed(ix, team, (stop,)).duration for team in part.teams if ix.able[team, stop]) for stop in stops
    )
    dwell, travel = int(ix.dwell[stops].sum()), _Travel(ix, part, stops)
    longest = max(timed(ix, team, served).duration for team, served in rounds.items())
    travel.rises_above(travel.most, float(travel.most * longest - dwell))
    shares = [(dwell + least) / count for count, least in enumerate(travel.bounds.tolist(), start=1)]
    return max(alone, int(np.ceil(min(shares) - _LEEWAY_MS)))


def _visited(rounds: Rounds) -> list[int]:
    return sorted(stop for stops in rounds.values() for stop in stops)


def _most_out(ix: Indexed, part: Part) -> Ints:
    lengths = ix.shift[list(part.teams), 1] - ix.shift[list(part.teams), 0]
    return np.minimum(lengths, part.cap) if part.cap is not None else lengths


class _Travel:
    """
    Bounds on the travel of rounds that visit some stops.

    Attributes
    ----------
    bounds
        For 1, 2… rounds, what their travel is at least in ms; as many as there are teams, or stops.
    """

    def __init__(self, ix: Indexed, part: Part, stops: list[int]) -> None:
        self.ways, self.home = _least_ways(ix, part, stops)
        self.most = min(len(part.teams), len(stops))
        self.bounds = np.zeros(self.most)
        self.price, self.team_price = np.zeros(len(stops)), np.zeros(len(part.teams))

    def least(self) -> int:
        """Return the bound for any number of rounds."""
        return max(int(np.ceil(self.bounds.min() - _LEEWAY_MS)), 0)

    def rises_above(self, rounds: int | None, target: float) -> bool:
        """Raise the bound for a number of rounds, or for any, and return whether it gets above a target."""
        step, stale, best = 2.0, 0, -np.inf
        for _ in range(int(np.clip(_PAIRS / len(self.ways) ** 2, 20, _STEPS))):
            values, degrees = self._relaxed()
            self.bounds = np.maximum(self.bounds, values)
            held = int(values.argmin()) if rounds is None else rounds - 1
            if self._reached(rounds) > target + _LEEWAY_MS:
                return True
            stale = 0 if values[held] > best else stale + 1
            best = max(best, float(values[held]))
            if stale == _PATIENCE:
                step, stale = step / 2, 0
            excess, of_teams = degrees(held + 1)
            norm = float((excess**2).sum() + (of_teams**2).sum())
            if norm == 0 or step < 1e-3:
                break
            length = step * max(target * 1.01 - float(values[held]), 1.0) / norm
            self.price += length * excess
            self.team_price += length * of_teams
        return False

    def _reached(self, rounds: int | None) -> float:
        return float(self.bounds.min() if rounds is None else self.bounds[rounds - 1])

    def _relaxed(self) -> tuple[Floats, Callable[[int], tuple[Floats, Floats]]]:
        """Return the relaxed travel for each number of rounds, and how far the legs of one are off."""
        stops, teams = self.home.shape
        nearest = (self.home + self.team_price).argmin(axis=1)
        here = np.arange(stops)
        ways = np.empty((stops + 1, stops + 1))
        ways[:-1, :-1] = self.ways + self.price[:, None] + self.price[None, :]
        ways[-1, :-1] = ways[:-1, -1] = (self.home + self.team_price)[here, nearest] + self.price
        ways[-1, -1] = 0.0
        parent = _cheapest_tree(ways)
        one, other, cost = self._extras(ways, parent)
        order = np.argsort(cost, kind="stable")[: self.most]
        dearest = np.argsort(-self.team_price, kind="stable")
        given = np.cumsum(self.team_price[dearest])[: self.most]
        tree = float(ways[here, parent[:-1]].sum() - 2 * self.price.sum())
        values = tree + np.cumsum(cost[order]) - 2 * given

        def off(rounds: int) -> tuple[Floats, Floats]:
            ends = np.concatenate([one[order[:rounds]], here])
            others = np.concatenate([other[order[:rounds]], parent[:-1]])
            legs = np.bincount(np.concatenate([ends, others]), minlength=stops + 1)[:-1].astype(float) - 2.0
            of_teams = np.bincount(nearest[ends[others == stops]], minlength=teams).astype(float)
            of_teams[dearest[:rounds]] -= 2
            return legs, of_teams

        return values, off

    def _extras(self, ways: Floats, parent: Ints) -> tuple[Ints, Ints, Floats]:
        """Return the cheapest edges beside the tree; one to the teams' places may stand twice."""
        stops = len(parent) - 1
        one, other = np.triu_indices(stops, 1)
        free = (parent[one] != other) & (parent[other] != one)
        one, other = one[free], other[free]
        cost = ways[one, other]
        if len(cost) > self.most:
            near = np.argpartition(cost, self.most)[: self.most]
            one, other, cost = one[near], other[near], cost[near]
        ends = np.arange(stops)
        taken = parent[:-1] == stops
        again = np.concatenate([ends[~taken], ends])
        depot = np.full(len(again), stops)
        return (
            np.concatenate([one, again]),
            np.concatenate([other, depot]),
            np.concatenate([cost, ways[again, -1]]),
        )


def _least_ways(ix: Indexed, part: Part, stops: list[int]) -> tuple[Floats, Floats]:
    """Return the least travel between stops, whoever goes and whichever way; and to each team's place."""
    nodes = ix.node[stops]
    least = np.full((len(stops), len(stops)), float(UNREACHABLE))
    for ms in {ix.mode[team]: ix.travel(team) for team in part.teams}.values():
        between = ms[np.ix_(nodes, nodes)].astype(float)
        least = np.minimum(least, np.minimum(between, between.T))
    home = np.empty((len(stops), len(part.teams)))
    for place, team in enumerate(part.teams):
        ms = ix.travel(team)
        near = np.minimum(ms[ix.start[team], nodes], ms[nodes, ix.end[team]])
        home[:, place] = np.where(ix.able[team, stops], near, UNREACHABLE)
    return least, home


@njit(cache=True, nogil=True)
def _cheapest_tree(ways: Floats) -> Ints:
    """Return the parent of each node in the cheapest spanning tree from the last one (Prim)."""
    count = len(ways)
    parent = np.full(count, count - 1, dtype=np.int64)
    nearest = ways[count - 1].copy()
    reached = np.zeros(count, dtype=np.bool_)
    reached[count - 1] = True
    parent[count - 1] = -1
    for _ in range(count - 1):
        node, least = -1, np.inf
        for other in range(count):
            if not reached[other] and nearest[other] < least:
                node, least = other, nearest[other]
        reached[node] = True
        for other in range(count):
            if not reached[other] and ways[node, other] < nearest[other]:
                nearest[other] = ways[node, other]
                parent[other] = node
    return parent


def warm_up() -> None:
    """Compile, so that the first plan need not wait for it."""
    _cheapest_tree(np.zeros((2, 2)))
