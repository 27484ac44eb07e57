"""Inside what zones have to stay, how many there are in each, and what work each should have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.schemas import TOWN_ID
from geo.errors import Reason, SettingError
from planning.dual_graph import WORKLOAD, stations_of_grids
from planning.redraw.apportion import webster
from planning.zone_loads import home_places

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from planning.dual_graph import DualGraph
    from planning.redraw.locks import Locks
    from planning.redraw.params import RedrawParams

_EVERYWHERE = ""


@dataclass(frozen=True, kw_only=True)
class Regions:
    """
    The parts of a district inside which zones have to stay: a station, or its share of a town.

    Parameters
    ----------
    of_grid
        Position of its region, by grid_id.
    names
        Name of each region: the station's id, with the town's where a station has several.
    station_of_region
        Station of each region; "" where zones may cross stations.
    zone_ids, of_zone
        The zones, and the region of each.
    notes
        What was decided on the way.
    """

    of_grid: pd.Series
    names: tuple[str, ...]
    station_of_region: tuple[str, ...]
    zone_ids: tuple[str, ...]
    of_zone: NDArray[np.int64]
    notes: tuple[Reason, ...]

    def targets(self, workload: pd.Series) -> NDArray[np.float64]:
        """Return what each zone should have: the mean of its station's zones."""
        stations = pd.Series(self.station_of_region)
        work = workload.groupby(self.of_grid.map(stations)).sum()
        of_zone = stations.iloc[self.of_zone]
        mean = work / of_zone.value_counts()
        return of_zone.map(mean).to_numpy(dtype=float)


def zone_counts(graph: DualGraph, today: pd.Series | None, *, params: RedrawParams) -> dict[str, int]:
    """
    Return how many zones each station has (`_shared_out`), with what was asked for single stations.

    Raises
    ------
    SettingError
        As `_shared_out`, and ``station_unknown`` for stations that have no grid.
    """
    counts = _shared_out(graph, today, params=params)
    asked = dict(params.station_zones)
    if unknown := sorted(set(asked) - set(counts)):
        raise SettingError("station_unknown", ids=", ".join(unknown))
    return {**counts, **asked}


def _shared_out(graph: DualGraph, today: pd.Series | None, *, params: RedrawParams) -> dict[str, int]:
    """
    Return how many zones each station has: as today, or shared out by workload where that is asked for.

    Where zones may cross stations there is one entry, "".

    Raises
    ------
    SettingError
        ``redraw_needs_zones`` without a plan of today and a number of zones; ``redraw_too_many_zones`` if
        there are to be more zones than grids; ``zones_too_few`` if fewer than stations.
    """
    held = today.reindex(graph.grids.index) if today is not None else pd.Series(dtype=object)
    number = params.zones or held.nunique()
    if number < 1:
        raise SettingError("redraw_needs_zones")
    if params.zones is not None and number > len(graph.grids):
        raise SettingError("redraw_too_many_zones", stations=f"{len(graph.grids)} < {number}")
    if params.across_stations:
        return {_EVERYWHERE: number}
    station = stations_of_grids(graph)
    work = graph.grids[WORKLOAD].groupby(station).sum()
    if params.zones is not None or params.recount or today is None:
        if number < len(work):
            raise SettingError("zones_too_few", zones=number, stations=len(work))
        seats = webster(work.to_numpy(dtype=float), number)
        return {str(name): int(n) for name, n in zip(work.index, seats, strict=True)}
    homes = pd.Series(_homes(graph, held, station)).value_counts()
    # A station without any zone gets one: its grids have to lie somewhere.
    return {str(name): int(max(homes.get(name, 0), 1)) for name in work.index}


def zone_regions(
    graph: DualGraph, today: pd.Series, counts: Mapping[str, int], locks: Locks, *, params: RedrawParams
) -> Regions:
    """
    Return the regions, and the zones of each.

    Where a station spans several towns, each town that has the work of a zone of its own is a region; the
    others go with the neighbour along most of their border.

    Parameters
    ----------
    today
        zone_id of each grid, missing where it has none.
    counts
        Zones per station (`zone_counts`).

    Raises
    ------
    SettingError
        ``lock_needs_zones`` if more zones hold something locked than there are to be.
    """
    if params.across_stations:
        station = pd.Series(_EVERYWHERE, index=graph.grids.index)
    else:
        station = stations_of_grids(graph)
    homes = _homes(graph, today, station)
    # What is locked stays in its zone, even where that lies in another station.
    with_locked = _with_locked(station, homes, today, locks)
    strays = sorted(station.index[station != with_locked])
    station = with_locked
    notes = [Reason("lock_crosses_station", {"grids": strays})] if strays else []
    if not params.across_stations:
        place, merged = _by_town(graph, station, today, counts, locks)
        notes.extend(merged)
    else:
        place = station
    names = tuple(sorted(set(place)))
    number = {name: i for i, name in enumerate(names)}
    station_of = station.groupby(place).first()
    zone_ids, of_zone, changed = _zones(graph, place, station, today, counts, locks)
    return Regions(
        of_grid=place.map(number),
        names=names,
        station_of_region=tuple(str(station_of[name]) for name in names),
        zone_ids=tuple(zone_ids),
        of_zone=np.array([number[name] for name in of_zone], dtype=np.int64),
        notes=(*notes, *changed),
    )


def _with_locked(place: pd.Series, homes: Mapping[str, str], today: pd.Series, locks: Locks) -> pd.Series:
    """Return the place of each grid, of locked ones that of their zone."""
    locked = sorted(locks.grids)
    place = place.copy()
    place[locked] = [homes[today[grid]] for grid in locked]
    return place


def _homes(
    graph: DualGraph, today: pd.Series, place: pd.Series, within: pd.Series | None = None
) -> dict[str, str]:
    """Return the home of each zone among places; with `within`, among those inside its home there."""
    if within is not None:
        today = today.where(today.map(_homes(graph, today, within)) == within)
    found = home_places(today, place, graph.grids[WORKLOAD])
    return {str(zone): str(home) for zone, home in found.items()}


def _by_town(
    graph: DualGraph, station: pd.Series, today: pd.Series, counts: Mapping[str, int], locks: Locks
) -> tuple[pd.Series, list[Reason]]:
    town = graph.grids[TOWN_ID].astype(str)
    several = town.groupby(station).transform("nunique") > 1
    place = station.where(~several, station + "/" + town)
    place = _with_locked(place, _homes(graph, today, place, station), today, locks)
    notes: list[Reason] = []
    while several.any():
        seats = _seats(graph, place, station, today, counts)
        without = [name for name in sorted(set(place[several])) if seats.get(name, 0) == 0]
        if not without:
            break
        name = without[0]
        taker = _longest_border(graph, place, station, name)
        if taker is None:
            break
        notes.append(Reason("town_without_zone", {"place": name, "with": taker}))
        place = place.where(place != name, taker)
    return place, notes


def _seats(
    graph: DualGraph, place: pd.Series, station: pd.Series, today: pd.Series, counts: Mapping[str, int]
) -> dict[str, int]:
    """Return the zones of each region: as many as lie there today, else the station's by workload."""
    homes = pd.Series(_homes(graph, today, place, station), dtype=object).value_counts()
    work = graph.grids[WORKLOAD].groupby(place).sum()
    parts = station.groupby(place).first()
    seats: dict[str, int] = {}
    for name, regions in parts.groupby(parts).groups.items():
        now = [int(homes.get(region, 0)) for region in regions]
        if sum(now) != counts[str(name)]:
            now = webster(work[regions].to_numpy(dtype=float), counts[str(name)], least=0).tolist()
        seats.update(zip(regions, now, strict=True))
    return seats


def _longest_border(graph: DualGraph, place: pd.Series, station: pd.Series, name: str) -> str | None:
    sides = pd.DataFrame(
        {side: place.reindex(graph.borders[side]).to_numpy() for side in ("left", "right")}
    ).assign(length=graph.borders["length_m"].to_numpy())
    swapped = sides.rename(columns={"left": "right", "right": "left"})
    sides = pd.concat([sides, swapped], ignore_index=True)
    home = station[place == name].iloc[0]
    kin = set(place[station == home]) - {name}
    sides = sides[(sides["left"] == name) & sides["right"].isin(kin)]
    if sides.empty:
        return min(kin) if kin else None
    return str(sides.groupby("right")["length"].sum().sort_values(ascending=False, kind="stable").index[0])


def _zones(
    graph: DualGraph,
    place: pd.Series,
    station: pd.Series,
    today: pd.Series,
    counts: Mapping[str, int],
    locks: Locks,
) -> tuple[list[str], list[str], list[Reason]]:
    """Return zone ids, the region of each, and which zones are new or gone."""
    homes = _homes(graph, today, place, station)
    seats = _seats(graph, place, station, today, counts)
    work = graph.grids[WORKLOAD].groupby(today).sum()
    held = {today[grid] for grid in locks.grids}
    ids: list[str] = []
    of_zone: list[str] = []
    gone: list[str] = []
    fresh: list[str] = []
    for name in sorted(set(place)):
        mine = sorted((z for z in homes if homes[z] == name), key=lambda z: (z not in held, -work[z], z))
        if len(bound := [z for z in mine if z in held]) > seats[name]:
            raise SettingError("lock_needs_zones", place=name, zones=", ".join(bound), asked=seats[name])
        kept, made = sorted(mine[: seats[name]]), max(seats[name] - len(mine), 0)
        gone.extend(sorted(set(mine) - set(kept)))
        new = _new_ids(name, made, {*homes, *fresh})
        fresh.extend(new)
        ids.extend([*kept, *new])
        of_zone.extend([name] * (len(kept) + made))
    notes = []
    if today.notna().any() and (gone or fresh):
        notes.append(Reason("zones_changed", {"new": fresh, "gone": gone}))
    return ids, of_zone, notes


def _new_ids(place: str, count: int, taken: set[str]) -> list[str]:
    stem = place.replace("/", "-")
    found: list[str] = []
    number = 1
    while len(found) < count:
        name = f"{stem}-N{number:02d}" if stem else f"N{number:03d}"
        if name not in taken:
            found.append(name)
        number += 1
    return found
