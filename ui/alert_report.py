"""What is beyond chance in a workspace's period: alerts, the funnel, busy towns, satisfaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from data.schemas import EXPOSURE, INDICATOR, KIND, PERIOD_END, PERIOD_START, VALUE, VILLAGE_ID
from geo.errors import Reason, SettingError
from planning.alerts import AlertParams, Alerts, call_series, find_alerts
from planning.busy_towns import BusyRule, busy_towns
from planning.calls import count_by_period, counted_calls, places_of, running_days
from planning.funnel import Funnel, funnel
from planning.periods import MONTH, SHIFTED_MONTH, Period, containing, trailing
from planning.proportions import wilson_interval

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from planning.calls import Calls
    from ui.call_places import CallPlaces

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
    period, basis
        As for `ui.change_tables.TableAsked`.
    params
        How often to be wrong.
    rule
        Which towns are busy.
    design_effect
        Of the survey of satisfaction.
    """

    period: Period
    basis: str | None = None
    params: AlertParams = AlertParams()
    rule: BusyRule = BusyRule()
    design_effect: float = 1.0


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
    funnels: Mapping[str, Funnel]
    towns: pd.DataFrame | None
    satisfied: pd.DataFrame | None
    notes: tuple[Reason, ...]


def alert_report(places: CallPlaces, asked: AlertsAsked) -> AlertReport:
    """
    Return what is beyond chance in a period.

    Raises
    ------
    SettingError
        As `planning.calls.counted_calls`, `planning.calls.running_days`, `planning.alerts.find_alerts`,
        `planning.proportions.wilson_interval` and `ui.call_places.CallPlaces.by_grid`.
    """
    calls = counted_calls(places.tables.get("incidents"), basis=asked.basis)
    days, running = running_days(calls.known, asked.period)
    notes = [*calls.notes, *running]
    past = [p for p in trailing(asked.period.previous(), _PERIODS - 1) if calls.known.covers(p)]
    current = asked.period if days is None else asked.period.head(days)
    periods = [*past, current]
    ids = places.ids("village", asked.period)
    residents = places.residents().reindex(ids)
    series = call_series(calls, places_of(calls.rows, places.by_grid("village")), ids, periods)
    funnels = dict(_funnels(places, series["all"].iloc[:, -1], residents, notes))
    series |= dict(_indicator_series(places, ids, periods, notes))
    if lost := int((residents.fillna(0) <= 0).sum()):
        notes.append(Reason("alerts_without_residents", {"count": lost}))
    return AlertReport(
        asked=asked,
        calls=calls,
        alerts=find_alerts(series, exposure=residents, params=asked.params),
        funnels=funnels,
        towns=_towns(places, calls, asked, notes),
        satisfied=_satisfied(places, asked),
        notes=tuple(notes),
    )


def _indicator_series(
    places: CallPlaces, ids: list[str], periods: list[Period], notes: list[Reason]
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the counts of the table of indicators, where it is kept by such periods."""
    rows = places.tables.get("indicators")
    if rows is None or rows.empty:
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
    places: CallPlaces, observed: pd.Series, residents: pd.Series, notes: list[Reason]
) -> Iterator[tuple[str, Funnel]]:
    """Yield a funnel for each kind of village: like are compared with like."""
    villages = places.tables.get("villages")
    kinds = pd.Series("", index=observed.index)
    if villages is not None and KIND in villages:
        known = villages.drop_duplicates(VILLAGE_ID).set_index(VILLAGE_ID)[KIND]
        kinds = known.reindex(observed.index).fillna("")
    for kind in sorted(set(kinds)):
        mine = kinds == kind
        try:
            yield kind, funnel(observed[mine], residents[mine])
        except SettingError as lack:
            notes.append(Reason(lack.code, lack.facts))


def _towns(places: CallPlaces, calls: Calls, asked: AlertsAsked, notes: list[Reason]) -> pd.DataFrame | None:
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
    try:
        by_grid = places.by_grid("town")
        ids = places.ids("town", period)
        counts = count_by_period(calls.rows, places_of(calls.rows, by_grid), ids, months)
        return busy_towns(counts, months, rule=asked.rule)
    except SettingError as lack:
        if lack.code not in ("places_unknown", "busy_history_short"):
            raise
        notes.append(Reason(lack.code, lack.facts))
        return None


def _satisfied(places: CallPlaces, asked: AlertsAsked) -> pd.DataFrame | None:
    rows = places.tables.get("indicators")
    if rows is None or EXPOSURE not in rows:
        return None
    first, last = asked.period.first.isoformat(), asked.period.last.isoformat()
    inside = (rows[PERIOD_START] >= first) & (rows[PERIOD_END] <= last)
    mine = rows[(rows[INDICATOR] == _SATISFIED) & inside]
    sums = mine.groupby(VILLAGE_ID)[[VALUE, EXPOSURE]].sum().sort_index()
    if not (sums[EXPOSURE] > 0).any():
        return None
    sums.loc[""] = sums.sum()
    shares, sure = (
        wilson_interval(sums[VALUE], sums[EXPOSURE], level=level, design_effect=asked.design_effect)
        for level in (0.95, _SURE)
    )
    return shares.assign(asked=sums[EXPOSURE], below=sure["high"] < shares.at["", "share"])
