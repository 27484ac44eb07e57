"""Tearing and mending rounds: a search whose rounds can be driven at any time (see `_ruin_kernel`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planning.patrol import _ruin_kernel as kernel
from planning.patrol.indexed import Indexed, Part, kinds_of, prizes, team_price
from planning.patrol.params import HOURS, TRAVEL
from planning.patrol.recombining import Found, Seen
from planning.patrol.timing import timed

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from planning.patrol.indexed import Rounds

    Ints = npt.NDArray[np.int64]

# No limit; and longer than any shift, for a way that there is not.
_FAR = 2**40
# Stops to which a tear can spread, from the nearest on.
_NEAREST = 200
# An iteration is so many times of tearing and mending, to take as long as one of PyVRP; after a stretch of
# iterations, shorter where there are more stops, it is asked whether to go on.
_TIMES, _LONGEST_STRETCH, _STOPS_A_STRETCH = 50, 20, 8_000
# Heat at first and at last, in ways between near stops: from nothing, from rounds that are good already, and
# where only leaving out counts.
_FROM_NOTHING, _FROM_GOOD, _TO_COMPLETE = (2.0, 0.2), (0.5, 0.1), (1.0, 0.1)
# More times for a stop bring nothing.
_ENOUGH = 10_000


def ground_of(ix: Indexed, part: Part) -> kernel.Ground:
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
    kind = {team: i for i, like in enumerate(kinds_of(ix, part)) for team in like}
    by = np.array([modes.index(ix.mode[team]) for team in teams])
    start = np.array([place[int(ix.start[team])] for team in teams])
    able = np.ascontiguousarray(ix.able[np.ix_(teams, stops)])
    return kernel.Ground(
        ms=ms,
        mode=by,
        start=start,
        end=np.array([place[int(ix.end[team])] for team in teams]),
        begin=np.ascontiguousarray(begin),
        finish=np.ascontiguousarray(finish),
        cap=np.minimum(finish - begin, part.cap if part.cap is not None else _FAR),
        capacity=ix.capacity[teams],
        kind=np.array([kind[team] for team in teams]),
        able=able,
        load=ix.load[stops],
        dwell=ix.dwell[stops],
        prize=prizes(ix, part),
        far=np.where(able, ms[by, start, : len(stops)], _FAR).min(axis=0),
        first=np.cumsum([0, *map(len, windows)]),
        opens=np.array([opens for opens, _ in flat]),
        closes=np.array([closes for _, closes in flat]),
        near=_near(ms[:, : len(stops), : len(stops)].min(axis=0)),
        rates=np.array([int(part.objective != TRAVEL), int(part.objective == TRAVEL), team_price(ix, part)]),
        most=len(teams) if part.most is None else part.most,
    )


def _near(ways: Ints) -> Ints:
    """Return of each stop the nearest ones, from the nearest on, itself first."""
    between = np.minimum(ways, ways.T)
    np.fill_diagonal(between, -1)
    count = min(_NEAREST, len(between))
    nearest = np.argpartition(between, count - 1, axis=1)[:, :count]
    nearest.sort(axis=1)
    order = np.argsort(np.take_along_axis(between, nearest, axis=1), axis=1, kind="stable")
    return np.take_along_axis(nearest, order, axis=1)


def warm_up() -> None:
    """Compile the search, or load it from its cache."""
    none, one, two = np.zeros(1, dtype=np.int64), np.ones(1, dtype=np.int64), np.ones(2, dtype=np.int64)
    ix = Indexed(
        team_ids=("team",),
        stop_ids=("a", "b"),
        ms={"car": np.ones((3, 3), dtype=np.int64)},
        mode=("car",),
        start=none,
        end=none,
        node=np.arange(1, 3, dtype=np.int64),
        shift=np.array([[0, 100]], dtype=np.int64),
        dwell=two,
        priority=two,
        worth=two,
        load=0 * two,
        windows=((), ()),
        capacity=100 * one,
        able=np.ones((1, 2), dtype=np.bool_),
    )
    part = Part(teams=(0,), stops=(0, 1), objective=HOURS)
    Tearing(ix, part, ground_of(ix, part), seed=0).run({}, float)


class Tearing:
    """
    One search by tearing and mending.

    Parameters
    ----------
    ix, part, ground
        The problem, the part, and the same for the compiled search.
    seed
        From which all randomness comes.

    Attributes
    ----------
    seen
        The rounds that were come upon.
    done
        Iterations of the last run.
    """

    def __init__(self, ix: Indexed, part: Part, ground: kernel.Ground, *, seed: int) -> None:
        self.ix, self.part, self.ground = ix, part, ground
        self.random = np.random.SeedSequence(seed).generate_state(1, dtype=np.uint64) | np.uint64(1)
        self.seen, self.done = Seen(), 0
        near = ground.ms[0, ground.near[:, :1], ground.near[:, 1:4]]
        self.leg = float(near[near < _FAR].mean()) if (near < _FAR).any() else 1.0

    def run(self, start: Rounds, share: Callable[[int], float], *, complete: bool = False) -> Found:
        """
        Return the best rounds found.

        Parameters
        ----------
        start
            Rounds to begin with, which can be driven.
        share
            What share of the run is over, given the iterations done; it ends with 1.
        complete
            Whether to end as soon as no stop is left out.
        """
        state, best, spare = self._state(start), self._kept(), self._kept()
        costs = np.full(2, kernel.cost_of(self.ground, state))
        kernel.copy(state, best)
        hot, cold = _TO_COMPLETE if complete else _FROM_GOOD if start else _FROM_NOTHING
        enough = _ENOUGH * len(self.part.stops)
        stretch = max(1, min(_LONGEST_STRETCH, _STOPS_A_STRETCH // len(self.part.stops)))
        asked, times, self.done = _TIMES * stretch, 0, 0
        while (over := max(share(self.done), times / enough)) < 1:
            heat = self.leg * hot * (cold / hot) ** over
            happened = kernel.improve(self.ground, state, best, spare, costs, asked, heat, complete)
            times, self.done = times + happened, self.done + stretch
            self._see(state)
            if happened < asked:
                break
        best.touched[:] = True
        kernel.restore(self.ground, state, best)
        self._fill(state, spare)
        self._see(state)
        return Found(cost=int(kernel.cost_of(self.ground, state)), rounds=self._rounds(state))

    def _fill(self, state: kernel.State, spare: kernel.Kept) -> None:
        """Put in what still fits, what counts more first, no place overlooked."""
        missing = np.flatnonzero(state.team < 0)
        missing = missing[np.argsort(-self.ground.prize[missing], kind="stable")]
        kernel.mend(self.ground, state, spare, missing, len(missing), 0.0)

    def _state(self, start: Rounds) -> kernel.State:
        """Return rounds for the compiled search, each stop in the window in which it is visited."""
        teams, stops = self.ground.able.shape
        places = {stop: i for i, stop in enumerate(self.part.stops)}
        state = kernel.State(
            stops=np.zeros((teams, stops), dtype=np.int64),
            visits=np.zeros(teams, dtype=np.int64),
            team=np.full(stops, -1, dtype=np.int64),
            place=np.zeros(stops, dtype=np.int64),
            window=np.zeros(stops, dtype=np.int64),
            cost=np.zeros(teams, dtype=np.int64),
            load=np.zeros(teams, dtype=np.int64),
            travel=np.zeros(teams, dtype=np.int64),
            wait=np.zeros(teams, dtype=np.int64),
            head=np.zeros((teams, stops + 1, 3), dtype=np.int64),
            tail=np.zeros((teams, stops + 1, 3), dtype=np.int64),
            missed=np.ones(stops, dtype=np.int64),
            tries=np.zeros((2, 2 * teams + stops + 2 * _NEAREST), dtype=np.int64),
            random=self.random,
        )
        for number, team in enumerate(self.part.teams):
            order = start.get(team, ())
            begins = timed(self.ix, team, order, cap=self.part.cap).begin if order else ()
            for i, (stop, begin) in enumerate(zip(order, begins, strict=True)):
                place = places[stop]
                state.stops[number, i], state.team[place] = place, number
                closes = [closes for _, closes in self.ix.windows[stop]]
                first = next((w for w, close in enumerate(closes) if close >= begin), 0)
                state.window[place] = self.ground.first[place] + first
            state.visits[number] = len(order)
            kernel.measure(self.ground, state, number)
        return state

    def _kept(self) -> kernel.Kept:
        teams, stops = self.ground.able.shape
        return kernel.Kept(
            stops=np.zeros((teams, stops), dtype=np.int64),
            visits=np.zeros(teams, dtype=np.int64),
            window=np.zeros(stops, dtype=np.int64),
            touched=np.zeros(teams, dtype=np.bool_),
        )

    def _rounds(self, state: kernel.State) -> Rounds:
        return {
            team: tuple(self.part.stops[place] for place in state.stops[number, : state.visits[number]])
            for number, team in enumerate(self.part.teams)
            if state.visits[number]
        }

    def _see(self, state: kernel.State) -> None:
        for number in np.flatnonzero(state.visits).tolist():
            stops = tuple(self.part.stops[i] for i in state.stops[number, : state.visits[number]].tolist())
            self.seen.add(int(self.ground.kind[number]), stops, int(state.cost[number]))
