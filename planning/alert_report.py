"""What is beyond chance in a period, put together: alerts, the funnel, busy towns, satisfaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.schemas import CATEGORY, EXPOSURE, INDICATOR, MOST, PERIOD_END, PERIOD_START, VALUE, VILLAGE_ID
from geo.errors import Reason, SchemaError, SettingError
from planning.alerts import AlertParams, Alerts, call_series, find_alerts, series_of
from planning.busy_towns import BusyRule, busy_towns
from planning.calls import count_by_period, places_of, right_days, running_days
from planning.funnel import Funnel, funnel
from planning.index.profile import Group, Indicator
from planning.periods import MONTH, SHIFTED_MONTH, Period, containing, trailing
from planning.proportions import wilson_interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from planning.calls import Calls
    from planning.index.profile import IndexProfile

# Counts by village and period that no calls tell; the others of the table are shares, or made of calls.
_COUNTED = ("disputes_opened", "hazards_opened", "petition")
_SATISFIED = "satisfied"
# Of hundreds of villages, one in a thousand is below by chance.
_SURE = 0.998
# Sums run over a year and more beyond what the first prediction rests on.
_PERIODS = 37


@dataclass(frozen=True, kw_only=True)
class AlertsAsked:
    """
    What is asked for.

    Parameters
    ----------
    period
        The one that is judged.
    params
        How often to be wrong.
    rule
        Which towns are busy.
    design_effect
        Of the survey of satisfaction.
    pillars
        Call categories of each pillar (`pillar_categories`).
    measures
        As for `planning.alerts.find_alerts`, by village.
    """

    period: Period
    params: AlertParams = AlertParams()
    rule: BusyRule = BusyRule()
    design_effect: float = 1.0
    pillars: Mapping[str, frozenset[str]] = field(default_factory=dict)
    measures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Watched:
    """
    The places that are watched.

    Parameters
    ----------
    villages
        Village of each grid.
    ids
        Villages to be judged, those without a call too.
    residents, kinds
        Of each village, as far as they are known; kinds are compared among themselves.
    towns, town_ids
        Town of each grid, and the towns to be judged; None where no town is known.
    """

    villages: pd.Series
    ids: Sequence[str]
    residents: pd.Series
    kinds: pd.Series
    towns: pd.Series | None = None
    town_ids: Sequence[str] = ()


def pillar_categories(profile: IndexProfile, there: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return which of the call categories that there are each pillar of a profile counts."""
    every = frozenset(there) - {""}
    found = {}
    for pillar in profile.pillars:
        parts = [*pillar.walk()] if isinstance(pillar, Group) else [pillar]
        counted = [part for part in parts if isinstance(part, Indicator) and part.source == "incidents"]
        found[pillar.code] = frozenset[str]().union(*(part.categories or every for part in counted)) & every
    return found


@dataclass(frozen=True, kw_only=True)
class AlertReport:
    """
    What is beyond chance.

    Parameters
    ----------
    asked
        What was.
    calls
        What was counted.
    alerts
        By village.
    pillars
        The series that tells of each pillar: its name, and the categories that it is made of.
    funnels
        By kind of village ("" where it is not known); {} where nothing could be made of it.
    towns
        As `planning.busy_towns.busy_towns` returns; None where towns are not known, or too few months are.
    satisfied
        By village, "" for the district: share, low, high (95 %), asked, below (the district, by 99.8 %); None
        where nobody was asked in the period.
    notes
        What was left out.
    """

    asked: AlertsAsked
    calls: Calls
    alerts: Alerts
    pillars: Mapping[str, tuple[str, Sequence[str]]]
    funnels: Mapping[str, Funnel]
    towns: pd.DataFrame | None
    satisfied: pd.DataFrame | None
    notes: tuple[Reason, ...]


def alert_report(
    calls: Calls, places: Watched, asked: AlertsAsked, *, indicators: pd.DataFrame | None = None
) -> AlertReport:
    """
    Return what is beyond chance in a period.

    Parameters
    ----------
    calls
        What is counted (`planning.calls.counted_calls`).
    indicators
        The table of them, or none.

    Raises
    ------
    SettingError
        As `planning.calls.running_days`, `planning.alerts.find_alerts`, and
        `planning.proportions.wilson_interval`.
    SchemaError
        ``indicators_wrong`` with a reason for each row that is wrong.
    """
    reports = _right(indicators)
    days, running = running_days(calls.known, asked.period)
    notes = [*calls.doubts, *running]
    past = [p for p in trailing(asked.period.previous(), _PERIODS - 1) if calls.known.covers(p)]
    periods = [*past, asked.period if days is None else asked.period.head(days)]
    ids = list(places.ids)
    residents = places.residents.reindex(ids)
    of_calls = places_of(calls.rows, places.villages)
    series = call_series(calls, of_calls, ids, periods, pillars=asked.pillars)
    funnels = dict(_funnels(series["all"].iloc[:, -1], residents, places.kinds, notes))
    series |= dict(_indicator_series(reports, ids, periods, notes))
    if lost := int((residents.fillna(0) <= 0).sum()):
        notes.append(Reason("alerts_without_residents", {"count": lost}))
    return AlertReport(
        asked=asked,
        calls=calls,
        alerts=find_alerts(series, exposure=residents, params=asked.params, measures=asked.measures),
        pillars={
            code: found
            for code, kinds in asked.pillars.items()
            for found in series_of({code: kinds}, sorted(set(calls.rows[CATEGORY]) - {""})).items()
        },
        funnels=funnels,
        towns=_towns(places, calls, asked, notes),
        satisfied=_satisfied(reports, asked),
        notes=tuple(notes),
    )


def _right(rows: pd.DataFrame | None) -> pd.DataFrame | None:
    """Return the indicators that are judged, as numbers; refuse those that cannot be counts."""
    if rows is None or rows.empty:
        return None
    mine = rows[INDICATOR].isin((*_COUNTED, _SATISFIED))
    values = pd.to_numeric(rows[VALUE], errors="coerce").astype(float)
    # A report that is still to come has no value.
    given = rows[VALUE].notna()
    whole = (values % 1 == 0) | (rows[INDICATOR] == _SATISFIED)
    days = right_days(rows[PERIOD_START]) & right_days(rows[PERIOD_END])
    wrong: dict[str, pd.Series] = {
        "indicator_value_wrong": given & ~((values >= 0) & (values <= MOST) & whole),
        "indicator_dates_wrong": ~((rows[PERIOD_START].astype(str) <= rows[PERIOD_END].astype(str)) & days),
        "indicator_repeated": rows.duplicated([VILLAGE_ID, INDICATOR, PERIOD_START, PERIOD_END]),
    }
    reasons = tuple(
        Reason(code, _where(rows, at))
        for code, found in wrong.items()
        for at in np.flatnonzero((found & mine).to_numpy()).tolist()
    )
    if reasons:
        raise SchemaError("indicators_wrong", table="indicators", count=len(reasons), reasons=reasons)
    exposure = pd.to_numeric(rows[EXPOSURE], errors="coerce") if EXPOSURE in rows else np.nan
    return rows.assign(**{VALUE: values, EXPOSURE: exposure})[mine]


def _where(rows: pd.DataFrame, at: int) -> dict[str, object]:
    row = rows.iloc[at]
    return {
        "table": "indicators",
        "row": at + 1,
        "id": str(row[VILLAGE_ID]),
        "indicator": str(row[INDICATOR]),
        "first": str(row[PERIOD_START]),
        "last": str(row[PERIOD_END]),
        "found": "" if pd.isna(row[VALUE]) else str(row[VALUE]),
    }


def _indicator_series(
    rows: pd.DataFrame | None, ids: list[str], periods: list[Period], notes: list[Reason]
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the counts of the table of indicators, where it is kept by such periods."""
    if rows is None:
        return
    spans = pd.MultiIndex.from_tuples([(p.first.isoformat(), p.last.isoformat()) for p in periods])
    for code in _COUNTED:
        mine = rows[rows[INDICATOR] == code]
        if not ((mine[PERIOD_START] == spans[-1][0]) & (mine[PERIOD_END] == spans[-1][1])).any():
            continue
        table = mine.pivot_table(
            index=VILLAGE_ID, columns=[PERIOD_START, PERIOD_END], values=VALUE, aggfunc="sum"
        )
        table = table.reindex(index=ids, columns=spans)
        if table.isna().any(axis=None):
            notes.append(Reason("alerts_indicator_incomplete", {"indicator": code}))
            continue
        table.columns = pd.Index([first for first, _ in spans])
        yield f"indicator:{code}", table.astype(int)


def _funnels(
    observed: pd.Series, residents: pd.Series, kinds: pd.Series, notes: list[Reason]
) -> Iterator[tuple[str, Funnel]]:
    """Yield a funnel for each kind of village: like are compared with like."""
    kinds = kinds.reindex(observed.index).fillna("")
    for kind in sorted(set(kinds)):
        mine = kinds == kind
        try:
            yield kind, funnel(observed[mine], residents[mine])
        except SettingError as lack:
            notes.append(Reason(lack.code, lack.facts))


def _towns(places: Watched, calls: Calls, asked: AlertsAsked, notes: list[Reason]) -> pd.DataFrame | None:
    """Judge the towns by the months up to the period's end."""
    period = asked.period
    last = period if period.kind == SHIFTED_MONTH else containing(period.last, MONTH)
    months: list[Period] = []
    for month in reversed(trailing(last, _PERIODS)):
        if calls.known.covers(month) and month.last <= period.last:
            months.insert(0, month)
        elif months:
            # A month that is missing ends the row.
            break
    if places.towns is None:
        notes.append(Reason("places_unknown", {"table": "towns"}))
        return None
    labels = places_of(calls.rows, places.towns)
    counts = count_by_period(calls.rows, labels, list(places.town_ids), months)
    try:
        return busy_towns(counts, months, rule=asked.rule)
    except SettingError as lack:
        if lack.code != "busy_history_short":
            raise
        notes.append(Reason(lack.code, lack.facts))
        return None


def _satisfied(rows: pd.DataFrame | None, asked: AlertsAsked) -> pd.DataFrame | None:
    if rows is None:
        return None
    first, last = asked.period.first.isoformat(), asked.period.last.isoformat()
    inside = (rows[PERIOD_START] >= first) & (rows[PERIOD_END] <= last)
    # Of those who were not asked, nobody is satisfied or not.
    mine = rows[(rows[INDICATOR] == _SATISFIED) & inside].dropna(subset=[VALUE, EXPOSURE])
    sums = mine.groupby(VILLAGE_ID)[[VALUE, EXPOSURE]].sum().sort_index()
    if not (sums[EXPOSURE] > 0).any():
        return None
    sums.loc[""] = sums.sum()
    shares, sure = (
        wilson_interval(sums[VALUE], sums[EXPOSURE], level=level, design_effect=asked.design_effect)
        for level in (0.95, _SURE)
    )
    return shares.assign(asked=sums[EXPOSURE], below=sure["high"] < shares.at["", "share"])
