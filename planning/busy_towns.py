"""
Towns with so many calls a day that they should have a team of their own (日均 110 警情 15 起以上的镇街).

One busy month makes no team, and one quiet month ends none. A town qualifies when the mean of three months is
at the threshold or above, and keeps its team until that mean falls below a lower one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import chi2

from geo.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planning.periods import Period

# States of a town.
BUSY, JOINS, LEAVES, QUIET = "busy", "joins", "leaves", "quiet"


@dataclass(frozen=True, kw_only=True)
class BusyRule:
    """
    When a town counts as busy.

    Parameters
    ----------
    a_day
        Calls a day from which it does, above 0.
    stays_from
        Calls a day from which it still does once it did; at most `a_day`.
    periods
        How many months in a row are judged together, from 1.
    """

    a_day: float = 15.0
    stays_from: float = 13.5
    periods: int = 3

    def __post_init__(self) -> None:
        if not 0 < self.a_day < np.inf:
            raise SettingError("setting_wrong", name="a_day", found=self.a_day, allowed="> 0")
        if not 0 <= self.stays_from <= self.a_day:
            allowed = f"0–{self.a_day:g}"
            raise SettingError("setting_wrong", name="stays_from", found=self.stays_from, allowed=allowed)
        if self.periods < 1:
            raise SettingError("setting_wrong", name="periods", found=self.periods, allowed=">= 1")


def busy_towns(
    counts: pd.DataFrame, periods: Sequence[Period], *, rule: BusyRule | None = None
) -> pd.DataFrame:
    """
    Return how each town stands after the last period.

    Parameters
    ----------
    counts
        Calls: a row per town, a column for each of `periods`.
    periods
        Months in a row, from the earliest known on: what a town was before counts.
    rule
        When a town counts as busy.

    Returns
    -------
    DataFrame
        By town: state (`BUSY`, `JOINS` for newly so, `LEAVES` for no longer so, `QUIET`), a_day (mean of the
        last periods together), low, high (95 % interval of it, Poisson), last (calls a day of the last
        period), since (first day, ISO, of the period at whose end it became busy; missing if it is not).

    Raises
    ------
    SettingError
        ``busy_history_short`` with fewer periods than the rule judges; ``setting_wrong``.
    """
    rule = rule or BusyRule()
    if len(periods) < rule.periods:
        raise SettingError("busy_history_short", found=len(periods), needed=rule.periods)
    days = np.array([period.days for period in periods], dtype=float)
    sums = np.cumsum(np.pad(counts.to_numpy(dtype=float), ((0, 0), (1, 0))), axis=1)
    lengths = np.cumsum(np.pad(days, (1, 0)))
    calls = sums[:, rule.periods :] - sums[:, : -rule.periods]
    length = lengths[rule.periods :] - lengths[: -rule.periods]
    states, since = _states(calls / length, rule)
    firsts = np.array(
        [period.first.isoformat() for period in periods[rule.periods - 1 :]] + [None], dtype=object
    )
    last = calls[:, -1]
    return pd.DataFrame(
        {
            "state": states,
            "a_day": last / length[-1],
            # Garwood 1936.
            "low": chi2.ppf(0.025, 2 * last) / 2 / length[-1],
            "high": chi2.ppf(0.975, 2 * last + 2) / 2 / length[-1],
            "last": counts.iloc[:, -1].to_numpy() / days[-1],
            "since": firsts[since],
        },
        index=counts.index,
    ).fillna({"low": 0.0})


def _states(a_day: np.ndarray, rule: BusyRule) -> tuple[list[str], np.ndarray]:
    """Return each town's state at the end, and the column in which it became busy (-1 if it is not)."""
    busy, before = np.zeros(len(a_day), dtype=bool), np.zeros(len(a_day), dtype=bool)
    since = np.full(len(a_day), -1)
    for at in range(a_day.shape[1]):
        before = busy
        busy = np.where(before, a_day[:, at] >= rule.stays_from, a_day[:, at] >= rule.a_day)
        since = np.where(busy & before, since, np.where(busy, at, -1))
    names = {(False, False): QUIET, (False, True): JOINS, (True, False): LEAVES, (True, True): BUSY}
    # What the first known months show is no news.
    news = a_day.shape[1] > 1
    states = [
        names[was or (now and not news), now] for was, now in zip(before.tolist(), busy.tolist(), strict=True)
    ]
    return states, since
