"""
What changed in the villages by more than chance, with the number of false alarms to be expected of it.

A village whose calls have not changed is alarmed over with a probability that is set, however many kinds of
calls are looked at: one part of it for a jump of all its calls in the period, one for jumps of single kinds,
one for sums that creep up over several periods.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from data.schemas import CATEGORY
from geo.errors import SettingError
from planning.calls import count_by_period
from planning.cusum import cumulative_sums, limit_for
from planning.exceedance import LEAST_PERIODS, Prediction, normal_scores, predicted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from planning.calls import Calls
    from planning.periods import Period

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

# All calls of a village together, beside the kinds of them.
ALL = "all"
JUMP, DRIFT = "jump", "drift"
UP, DOWN = "up", "down"
# "Red if up 30 %": what the alerts are told beside.
_NAIVE = 1.3


@dataclass(frozen=True, kw_only=True)
class AlertParams:
    """
    How often a village that has not changed may be alarmed over, in a period and direction.

    Parameters
    ----------
    jump
        Probability for all its calls together.
    kinds
        For all the kinds of calls together.
    drift
        For the alarms of all the cumulative sums together, as long as they stand: half of it for that of all
        calls, half for those of the kinds.
    history
        Past periods that predictions rest on, at most; from 6.
    """

    jump: float = 0.001
    kinds: float = 0.00025
    drift: float = 0.0005
    history: int = 24

    def __post_init__(self) -> None:
        for name in (JUMP, "kinds", DRIFT):
            if not 0 < getattr(self, name) < 0.5:
                raise SettingError("setting_wrong", name=name, found=getattr(self, name), allowed="0–0.5")
        if self.history < LEAST_PERIODS:
            allowed = f">= {LEAST_PERIODS}"
            raise SettingError("setting_wrong", name="history", found=self.history, allowed=allowed)

    def levels(self, name: str, series: int) -> tuple[float, float]:
        """Return the probabilities for a jump and for a drift of one of so many series."""
        kinds = max(series - 1, 1)
        if name == ALL:
            return self.jump, self.drift / 2 if series > 1 else self.drift
        return self.kinds / kinds, self.drift / 2 / kinds


@dataclass(frozen=True, kw_only=True)
class Alerts:
    """
    What changed by more than chance.

    Parameters
    ----------
    rows
        place_id, series (`ALL` or a kind), kind (`JUMP` or `DRIFT`), direction (`UP` or `DOWN`), observed,
        expected, low, high (of the period), p (of a jump; missing for a drift), sums (of a drift, in units
        of its limit; missing for a jump), since (first period of what it is made of), told (period in which
        it was first told: an alarm over a drift stands until its sum is back at zero). The surest first.
    expected_false
        By direction, how many of `rows` there would be if nothing had changed anywhere.
    tests
        How many counts and sums were judged in each direction.
    places, periods
        How many places were judged, by how many past periods.
    naive
        How many places "red if up 30 %" would have named.
    excess
        Variance k of the rates from period to period, by series.
    """

    rows: pd.DataFrame
    expected_false: Mapping[str, float]
    tests: int
    places: int
    periods: int
    naive: int
    excess: Mapping[str, float]


def call_series(
    calls: Calls,
    places: pd.Series,
    ids: Sequence[str],
    periods: Sequence[Period],
    *,
    pillars: Mapping[str, frozenset[str]] | None = None,
) -> dict[str, pd.DataFrame]:
    """
    Return the counts that `find_alerts` judges: all calls, each pillar and each category of them.

    Parameters
    ----------
    calls
        Of one 统计口径.
    places
        Place of each call, on the index of ``calls.rows``.
    ids
        Places to be judged, each once.
    periods
        In order, the last one to be judged.
    pillars
        Categories of each pillar.

    Returns
    -------
    dict
        By name: `ALL`, ``category:<code>``, and ``pillar:<code>`` of those pillars that are neither one
        category alone nor all of them (`series_of`).
    """
    kinds = calls.rows[CATEGORY]
    there = sorted(set(kinds) - {""}) if calls.category is None else []
    single = {
        f"category:{kind}": count_by_period(calls.rows[kinds == kind], places[kinds == kind], ids, periods)
        for kind in there
    }
    found = {ALL: count_by_period(calls.rows, places, ids, periods)}
    for name, members in series_of(pillars or {}, there).items():
        if name.startswith("pillar:"):
            found[name] = sum(
                (single[f"category:{kind}"] for kind in members[1:]), single[f"category:{members[0]}"]
            )
    return {**found, **single}


def series_of(pillars: Mapping[str, frozenset[str]], there: Sequence[str]) -> dict[str, list[str]]:
    """
    Return the series that tells of each pillar, with its categories among those that there are.

    A pillar of one category is that category's series, one of all categories that of all calls: what is the
    same is not judged twice. A pillar without any has none.
    """
    found = {}
    for code, categories in pillars.items():
        members = [kind for kind in there if kind in categories]
        if len(members) == 1:
            found[f"category:{members[0]}"] = members
        elif members:
            found[ALL if len(members) == len(there) else f"pillar:{code}"] = members
    return found


def find_alerts(
    series: Mapping[str, pd.DataFrame],
    *,
    exposure: pd.Series | None = None,
    params: AlertParams | None = None,
    measures: Mapping[str, str] | None = None,
) -> Alerts:
    """
    Return what changed in the last period by more than chance.

    Parameters
    ----------
    series
        Counts by name, `ALL` for all calls among them: a row per place, a column per period (its first day),
        from the earliest to the one that is judged. All with the same rows and columns.
    exposure
        Residents of each place (`planning.exceedance.predicted`).
    params
        How often to be wrong.
    measures
        Day (ISO) on which something was done about a place: its sums begin from zero with the next period.

    Raises
    ------
    SettingError
        As `planning.exceedance.predicted`.
    """
    params = params or AlertParams()
    rows: list[dict[str, Any]] = []
    false, excess, first = {UP: 0.0, DOWN: 0.0}, {}, next(iter(series.values()))
    for name, counts in series.items():
        level, drift = params.levels(name, len(series))
        found = predicted(counts.iloc[:, -1 - params.history :], exposure=exposure, level=level)
        scores = normal_scores(counts, exposure=exposure, history=params.history)
        rows += _jumps(name, found, str(counts.columns[-1]))
        rows += _drifts(name, found, scores, limit_for(drift), counts.columns, _anew(counts, measures or {}))
        for direction, chance in ((UP, "chance_of_alarm"), (DOWN, "chance_of_fall")):
            false[direction] += float(found.rows[chance].sum()) + drift * len(counts)
        excess[name] = found.excess
    every = series.get(ALL, first)
    return Alerts(
        rows=_in_order(rows),
        expected_false=false,
        tests=2 * len(first) * len(series),
        places=len(first),
        periods=min(first.shape[1] - 1, params.history),
        naive=int((every.iloc[:, -1] > _NAIVE * every.iloc[:, -2]).sum()),
        excess=excess,
    )


def _jumps(name: str, found: Prediction, period: str) -> Iterator[dict[str, Any]]:
    for direction, mark, p in ((UP, "alarm", "p_upper"), (DOWN, "fall", "p_lower")):
        for place, row in found.rows[found.rows[mark]].iterrows():
            yield {
                **_told(name, JUMP, direction, str(place), row),
                "p": float(row[p]),
                "sums": np.nan,
                "since": period,
                "told": period,
            }


def _anew(counts: pd.DataFrame, measures: Mapping[str, str]) -> Flags:
    """Return with which periods, of those that scores are of, the sums of a place begin from zero."""
    firsts = [str(first) for first in counts.columns]
    done = np.array(
        [[day < first for first in firsts] for day in (measures.get(place, "~") for place in counts.index)]
    )
    return np.asarray(np.diff(done.astype(int), axis=1, prepend=0)[:, LEAST_PERIODS:] > 0)


def _drifts(
    name: str, found: Prediction, scores: Floats, limit: float, periods: pd.Index, anew: Flags
) -> Iterator[dict[str, Any]]:
    for direction, sign in ((UP, 1.0), (DOWN, -1.0)):
        sums = cumulative_sums(sign * scores, limit=limit, anew=anew)
        for at in np.flatnonzero(sums.stands[:, -1]).tolist():
            yield {
                **_told(name, DRIFT, direction, str(found.rows.index[at]), found.rows.iloc[at]),
                "p": np.nan,
                "sums": float(sums.sums[at, -1]) / limit,
                "since": str(periods[LEAST_PERIODS + sums.since[at, -1]]),
                "told": str(periods[LEAST_PERIODS + sums.told[at, -1]]),
            }


def _told(name: str, kind: str, direction: str, place: str, row: pd.Series) -> dict[str, Any]:
    return {
        "place_id": place,
        "series": name,
        "kind": kind,
        "direction": direction,
        "observed": int(row["observed"]),
        "expected": float(row["expected"]),
        "low": int(row["low"]),
        "high": int(row["high"]),
    }


def _in_order(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Jumps before drifts, upwards before downwards, the surest first."""
    columns = [*_told("", "", "", "", pd.Series({"observed": 0, "expected": 0, "low": 0, "high": 0}))]
    table = pd.DataFrame(rows, columns=[*columns, "p", "sums", "since", "told"])
    order = table.assign(
        down=table["direction"] == DOWN, drift=table["kind"] == DRIFT, less=-table["sums"].astype(float)
    )
    keys = ["down", "drift", "p", "less", "place_id", "series"]
    return table.loc[order.sort_values(keys, kind="stable").index].reset_index(drop=True)
