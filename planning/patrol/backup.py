"""Backup while patrolling: which villages some team reaches in time, minute by minute of the shifts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.travel_times import UNREACHABLE
from planning.patrol.whereabouts import spells

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from geo.travel_times import TravelTimes
    from planning.patrol.plan import DayPlan, DayProblem
    from planning.patrol.whereabouts import Spell

MINUTE_MS = 60_000
QUARTER_MS = 15 * MINUTE_MS


@dataclass(frozen=True, kw_only=True)
class Weakest:
    """
    The quarter of an hour in which the fewest villages are covered, the first of them if there are several.

    Parameters
    ----------
    begin_ms, end_ms
        From and until when.
    share
        Of the villages, on average.
    """

    begin_ms: int
    end_ms: int
    share: float


@dataclass(frozen=True, kw_only=True)
class Backup:
    """
    How soon the nearest team is in each village, at each minute of the shifts.

    Parameters
    ----------
    times
        ms by moment (ms since midnight) and village_id; `UNREACHABLE` where no team gets there.
    teams
        How many teams are on duty, by moment.
    weights
        Of the villages (workload, calls), by village_id; None for none.
    """

    times: pd.DataFrame
    teams: pd.Series
    weights: pd.Series | None = None

    def curve(self, within_ms: int) -> pd.DataFrame:
        """
        Return by moment: teams, villages (how many some team reaches in time) and share (0–1).

        With weights also weight_share, the share of the weight that lies in those villages.
        """
        covered = self.times.to_numpy() <= within_ms
        found = pd.DataFrame({"teams": self.teams, "villages": covered.sum(axis=1)}, index=self.times.index)
        found["share"] = found["villages"] / max(covered.shape[1], 1)
        if self.weights is not None:
            weight = self.weights.reindex(self.times.columns).fillna(0.0).to_numpy(dtype=float)
            found["weight_share"] = covered @ weight / weight.sum() if weight.sum() else np.nan
        return found

    def weakest(self, within_ms: int, *, span_ms: int = QUARTER_MS) -> Weakest | None:
        """
        Return the span with the lowest average share; None without a moment.

        Shifts shorter than the span are one span.
        """
        share = self.curve(within_ms)["share"]
        if share.empty:
            return None
        moments = share.index.to_numpy()
        step = int(moments[1] - moments[0]) if len(moments) > 1 else MINUTE_MS
        size = min(max(span_ms // step, 1), len(share))
        means = np.convolve(share.to_numpy(), np.full(size, 1 / size), mode="valid")
        # Not by the noise of sums: the first of those that are alike.
        first = int(np.flatnonzero(means <= means.min() + 1e-9)[0])
        begin = int(moments[first])
        return Weakest(begin_ms=begin, end_ms=begin + size * step, share=float(means[first]))

    def villages(self, within_ms: int) -> pd.DataFrame:
        """Return by village_id: covered_share (of the moments), longest_gap_ms (without cover), best_ms."""
        covered = self.times.to_numpy() <= within_ms
        moments = self.times.index.to_numpy()
        step = int(moments[1] - moments[0]) if len(moments) > 1 else MINUTE_MS
        gap = np.zeros(covered.shape[1], dtype=np.int64)
        run = gap.copy()
        for row in covered:
            run = np.where(row, 0, run + step)
            gap = np.maximum(gap, run)
        share = covered.mean(axis=0) if len(covered) else np.zeros(covered.shape[1])
        best = self.times.min().to_numpy() if len(covered) else np.full(covered.shape[1], UNREACHABLE)
        return pd.DataFrame(
            {"covered_share": share, "longest_gap_ms": gap, "best_ms": best}, index=self.times.columns
        )

    def never(self, within_ms: int) -> pd.Index:
        """Return the villages that no team reaches in time at any moment."""
        return self.times.columns[(self.times.to_numpy() > within_ms).all(axis=0)]


def backup(
    problem: DayProblem,
    plan: DayPlan,
    villages: pd.Series,
    *,
    weights: pd.Series | None = None,
    idle: bool = False,
    step_ms: int = MINUTE_MS,
) -> Backup:
    """
    Return how soon the nearest team is in each village, by its own travel mode, at each minute of the shifts.

    A team at a stop or at its post sets out from there. A team on a leg either goes on to the leg's end and
    from there to the village, or, where the leg takes as long the other way, turns back to its beginning and
    goes from there: what remains of the leg, or what has passed of it, and the travel times from its end, so
    that no road has to be searched. A shorter way that turns off in the middle of a leg is not seen: a team
    may be sooner than is said, by less than the leg takes, and is never later.

    Parameters
    ----------
    villages
        Label of each village in the travel times, by village_id; one that a travel mode does not know is
        not reached by it.
    weights
        Of the villages (workload, calls), by village_id.
    idle
        Whether teams that do not go out are on duty at their posts.
    step_ms
        Between two moments; they are its multiples.
    """
    out = {route.team_id for route in plan.routes}
    turns = {team: found for team, found in spells(problem, plan).items() if idle or team in out}
    moments = _moments([*turns.values()], step_ms)
    times = np.full((len(moments), len(villages)), UNREACHABLE, dtype=np.int64)
    teams = np.zeros(len(moments), dtype=np.int64)
    targets = {mode: _Targets(travel, villages) for mode, travel in problem.travel.items()}
    for team, found in turns.items():
        first, last = np.searchsorted(moments, (found[0].begin_ms, found[-1].end_ms + 1))
        teams[first:last] += 1
        part = targets[str(problem.teams.at[team, "travel_mode"])].times(found, moments[first:last])
        np.minimum(times[first:last], part, out=times[first:last])
    index = pd.Index(moments, name="at_ms")
    return Backup(
        times=pd.DataFrame(times, index=index, columns=villages.index),
        teams=pd.Series(teams, index=index, name="teams"),
        weights=weights,
    )


class _Targets:
    """Travel times of a mode from every label to the villages."""

    def __init__(self, travel: TravelTimes, villages: pd.Series) -> None:
        self.travel = travel
        columns = travel.labels.get_indexer(villages)
        self.ms = np.where(columns >= 0, travel.ms[:, columns], UNREACHABLE)

    def times(self, found: Sequence[Spell], moments: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return ms by moment and village of the team that does what is found."""
        ends = self.travel.labels.get_indexer([turn.destination for turn in found])
        starts = self.travel.labels.get_indexer([turn.origin for turn in found])
        begin = np.array([turn.begin_ms for turn in found])
        end = np.array([turn.end_ms for turn in found])
        at = np.searchsorted(begin, moments, side="right") - 1
        way = starts != ends
        on = np.where(way, end, 0)[at] - np.where(way[at], moments, 0)
        times: npt.NDArray[np.int64] = on[:, None] + self.ms[ends[at]]
        back = way & (self.travel.ms[starts, ends] == self.travel.ms[ends, starts])
        turned = np.flatnonzero(back[at])
        passed = moments[turned] - begin[at[turned]]
        times[turned] = np.minimum(times[turned], passed[:, None] + self.ms[starts[at[turned]]])
        return np.minimum(times, UNREACHABLE)


def _moments(turns: Sequence[Sequence[Spell]], step_ms: int) -> npt.NDArray[np.int64]:
    if not turns:
        return np.zeros(0, dtype=np.int64)
    first = min(found[0].begin_ms for found in turns)
    last = max(found[-1].end_ms for found in turns)
    return np.arange(-(-first // step_ms) * step_ms, last + 1, step_ms, dtype=np.int64)
