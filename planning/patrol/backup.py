"""Backup while patrolling: which villages some team reaches in time, minute by minute of the shifts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.travel_times import SPOT, UNREACHABLE
from planning.patrol.whereabouts import spells, whereabouts

if TYPE_CHECKING:
    from collections.abc import Collection

    import geopandas as gpd
    import numpy.typing as npt

    from geo.travel_times import TravelTimes
    from planning.patrol.plan import DayPlan, DayProblem

    Ints = npt.NDArray[np.int64]

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
        counts = self.curve(within_ms)["villages"]
        if counts.empty:
            return None
        moments = counts.index.to_numpy()
        step = int(moments[1] - moments[0]) if len(moments) > 1 else MINUTE_MS
        size = min(max(span_ms // step, 1), len(counts))
        sums = np.convolve(counts.to_numpy(), np.ones(size, dtype=np.int64), mode="valid")
        begin = int(moments[sums.argmin()])
        share = float(sums.min() / (size * max(self.times.shape[1], 1)))
        return Weakest(begin_ms=begin, end_ms=begin + size * step, share=share)

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
        uncovered = (self.times.to_numpy() > within_ms).all(axis=0)
        return self.times.columns[np.flatnonzero(uncovered)]


def backup(
    problem: DayProblem,
    plan: DayPlan,
    villages: gpd.GeoSeries,
    *,
    weights: pd.Series | None = None,
    idle: bool = False,
    step_ms: int = MINUTE_MS,
) -> Backup:
    """
    Return how soon the nearest team is in each village, by its own travel mode, at each minute of the shifts.

    A team sets out from where it is: from its post, from a stop, or from the very point of the road that
    it has come to on a leg, on along the road or back where that is allowed. So the times are exact, and
    cost one search for each spot that some team is at on some minute.

    Parameters
    ----------
    villages
        Point of each village, by village_id, in the CRS of the roads.
    weights
        Of the villages (workload, calls), by village_id.
    idle
        Whether teams that do not go out are on duty at their posts.
    step_ms
        Between two moments; they are its multiples.

    Raises
    ------
    SettingError
        ``legs_without_roads`` if nobody knows where the ways of the travel times lie.
    """
    out = {route.team_id for route in plan.routes}
    on_duty = [str(team) for team in problem.teams.index if idle or team in out]
    moments = _moments(problem, plan, on_duty, step_ms)
    times = np.full((len(moments), len(villages)), UNREACHABLE, dtype=np.int64)
    teams = np.zeros(len(moments), dtype=np.int64)
    for mode, travel in problem.travel.items():
        own = {team for team in on_duty if problem.teams.at[team, "travel_mode"] == mode}
        there = whereabouts(problem, plan, moments, teams=own)
        ms = _ms_to(travel, there, villages)
        at = np.searchsorted(moments, there["at_ms"].to_numpy(dtype=np.int64))
        for rows in there.groupby("team_id", sort=False).indices.values():
            times[at[rows]] = np.minimum(times[at[rows]], ms[rows])
            teams[at[rows]] += 1
    index = pd.Index(moments, name="at_ms")
    return Backup(
        times=pd.DataFrame(times, index=index, columns=villages.index),
        teams=pd.Series(teams, index=index, name="teams"),
        weights=weights,
    )


def _ms_to(travel: TravelTimes, there: pd.DataFrame, villages: gpd.GeoSeries) -> Ints:
    """Return what the way from each row's spot to each village takes."""
    if there.empty:
        return np.zeros((0, len(villages)), dtype=np.int64)
    # Teams stand most of the time, each minute at the same spot.
    spots, row = np.unique(there[SPOT].to_numpy(dtype=float), axis=0, return_inverse=True)
    from_ = pd.DataFrame(spots, columns=SPOT).astype({"edge": np.int64})
    return travel.ms_from(from_, villages)[row]


def _moments(problem: DayProblem, plan: DayPlan, teams: Collection[str], step_ms: int) -> Ints:
    found = [turns for team, turns in spells(problem, plan).items() if team in teams]
    if not found:
        return np.zeros(0, dtype=np.int64)
    first = min(turns[0].begin_ms for turns in found)
    last = max(turns[-1].end_ms for turns in found)
    return np.arange(-(-first // step_ms) * step_ms, last + 1, step_ms, dtype=np.int64)
