"""The stations that are redrawn, cut out of a district whose other stations stay as they are."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from data.schemas import VILLAGE_ID, ZONE_ID
from geo.errors import SettingError
from planning.dual_graph import WORKLOAD, stations_of_grids
from planning.zone_loads import home_places

if TYPE_CHECKING:
    from planning.dual_graph import DualGraph
    from planning.redraw.params import RedrawParams


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """
    What is redrawn, and what stays.

    Parameters
    ----------
    graph
        The grids that are redrawn.
    today
        Their zones today, without zones that are at home in other stations; None without a plan.
    params
        What is asked of them.
    rest
        zone_id by grid_id of all grids that stay as they are.
    order
        All grids.
    share
        Share of the district's workload that the redrawn grids have.
    """

    graph: DualGraph
    today: pd.Series | None
    params: RedrawParams
    rest: pd.Series
    order: pd.Index
    share: float

    def whole(self, plan: pd.Series) -> pd.Series:
        """Return a plan of the redrawn grids with all the others; new zones bear no name of theirs."""
        known = set() if self.today is None else set(self.today)
        taken = set(self.rest)
        names = {zone: _unused(zone, taken) for zone in plan.unique() if zone in taken and zone not in known}
        whole = pd.concat([plan.replace(names), self.rest]).rename(ZONE_ID).astype("str")
        here = self.order.intersection(whole.index, sort=False).rename(plan.index.name)
        return whole.reindex(here)


def chosen_stations(graph: DualGraph, today: pd.Series | None, *, params: RedrawParams) -> Chosen:
    """
    Cut out what is redrawn: all of a district, or the stations that `params` names.

    Locks and villages to be split that lie in other stations are dropped: what lies there stays anyway.

    Raises
    ------
    SettingError
        ``station_unknown`` for stations that have no grid; ``lock_unknown``.
    """
    if not params.stations:
        rest, order = pd.Series(dtype="str"), graph.grids.index
        return Chosen(graph=graph, today=today, params=params, rest=rest, order=order, share=1.0)
    station = stations_of_grids(graph)
    if unknown := sorted(set(params.stations) - set(station)):
        raise SettingError("station_unknown", ids=", ".join(unknown))
    inside = station.index[station.isin(params.stations)]
    part = graph.within(inside)
    work = graph.grids[WORKLOAD]
    held = today.reindex(graph.grids.index) if today is not None else pd.Series(None, graph.grids.index)
    homes = held.map(home_places(held, station, work)) if today is not None else held
    mine = held[inside][homes[inside].isin(params.stations)]
    return Chosen(
        graph=part,
        today=None if today is None else mine.dropna(),
        params=_within(params, graph, part, held, mine),
        rest=held.drop(inside).dropna().astype("str"),
        order=graph.grids.index,
        share=float(part.grids[WORKLOAD].sum() / work.sum()),
    )


def _within(
    params: RedrawParams, graph: DualGraph, part: DualGraph, held: pd.Series, mine: pd.Series
) -> RedrawParams:
    """Return what is asked of the part."""
    places = {*graph.grids.index, *graph.grids[VILLAGE_ID], *held.dropna()}
    if lost := sorted(set(params.locked) - places):
        raise SettingError("lock_unknown", ids=", ".join(lost))
    inside = {*part.grids.index, *part.grids[VILLAGE_ID], *mine.dropna()}
    return replace(
        params,
        stations=(),
        locked=tuple(place for place in params.locked if place in inside),
        split=tuple(village for village in params.split if village in inside),
        station_zones=tuple(pair for pair in params.station_zones if pair[0] in params.stations),
    )


def _unused(zone: str, taken: set[str]) -> str:
    return next(name for number in itertools.count(2) if (name := f"{zone}-{number}") not in taken)
