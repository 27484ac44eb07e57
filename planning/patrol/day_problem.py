"""A day's problem of patrols: who is on duty, what is due, how far it is, and who may serve what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.clock import MS_PER_DAY, MS_PER_HOUR
from data.schemas import STATION_ID, VILLAGE, VILLAGE_ID
from geo.errors import Reason, SettingError
from geo.speeds import DAY, NIGHT
from planning.patrol.cells import held, looked_up
from planning.patrol.plan import DayProblem
from planning.patrol.sharing import shared_groups
from planning.redraw.apportion import webster

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import numpy.typing as npt

    from geo.travel_times import TravelTimes
    from planning.patrol.on_duty import OnDuty

# 一村一巡, 多村共巡, 片区联巡.
MODES = (OWN, SHARED, JOINT) = ("own", "shared", "joint")
# From seven in the evening to six in the morning roads are as they are at night.
_NIGHT_FROM_MS, _NIGHT_UNTIL_MS = 19 * MS_PER_HOUR, 30 * MS_PER_HOUR


def day_places(on: OnDuty, *, crs: Any) -> gpd.GeoSeries:
    """
    Return the places that travel times are needed between: where teams start, and the stops.

    Parameters
    ----------
    crs
        Of the tables.

    Returns
    -------
    GeoSeries
        Points by label; teams and stops at one spot share its label.
    """
    spots = _spots(on).drop_duplicates("place")
    return gpd.GeoSeries(spots["point"].to_numpy(), index=pd.Index(spots["place"]), crs=crs)


def place_names(on: OnDuty) -> dict[str, str]:
    """Return what stands at each of `day_places`: the name of the first team or stop."""
    spots = _spots(on).drop_duplicates("place")
    return dict(zip(spots["place"], spots["name"], strict=True))


def _spots(on: OnDuty) -> pd.DataFrame:
    """Return name, point and place of the teams, then of the stops, in their order."""
    # Teams and stops may be numbered alike.
    labels = [*(f"team {label}" for label in on.teams.index), *(f"stop {label}" for label in on.stops.index)]
    spots = pd.concat([on.teams[["name", "point"]], on.stops[["name", "point"]]], ignore_index=True)
    keys = [shapely.to_wkb(point) for point in spots["point"]]
    first: dict[bytes, str] = {}
    for key, label in zip(keys, labels, strict=True):
        first.setdefault(key, label)
    return spots.assign(place=held((first[key] for key in keys), spots.index))


def when_of(on: OnDuty) -> str:
    """
    Return whether speeds of the day or of the night hold: the latter where every shift is mostly at night.

    With day and night shifts in one plan those of the day do, at which cars are slower.
    """
    return when_of_shifts(on.teams)


def when_of_shifts(teams: pd.DataFrame) -> str:
    """Return the same for teams with shift_start_ms and shift_end_ms."""
    middle = (teams["shift_start_ms"] + teams["shift_end_ms"]) / 2
    at_night = middle.between(_NIGHT_FROM_MS, _NIGHT_UNTIL_MS) | (middle < _NIGHT_UNTIL_MS - MS_PER_DAY)
    return NIGHT if len(middle) and bool(at_night.all()) else DAY


def day_problem(
    on: OnDuty,
    travel: Mapping[str, TravelTimes],
    *,
    mode: str = OWN,
    groups: pd.Series | None = None,
    most: int | None = None,
    teams_at_most: int | None = None,
    cap_ms: int | None = None,
) -> DayProblem:
    """
    Return a day's problem.

    Parameters
    ----------
    on
        Who is on duty and what is due.
    travel
        By travel mode of the teams, times between `day_places`.
    mode
        ``own``: the stops of a village are served by its team alone, those of a station by its squads.
        ``shared``: neighbouring villages of a station share one team, neighbouring stations their squads
        (`shared_groups`). ``joint``: all teams of a station serve all its stops; squads those of the whole
        district.
    groups
        The group of each village (of each station, for squads), by its id, where it is not to be found
        out: all teams of a group serve all its stops. Places that are not in it have none.
    most
        At most so many villages (stations) share; None for as many as a round allows.
    teams_at_most
        How many teams may be used, shared out among the groups by their stops; all by default.
    cap_ms
        Longest time out, by which rounds are shared.

    Raises
    ------
    SettingError
        ``patrol_mode_unknown``; ``setting_wrong`` for a number of teams below 1.
    """
    if mode not in MODES:
        raise SettingError("patrol_mode_unknown", found=mode, known=list(MODES))
    labels = _spots(on)["place"]
    starts = labels.iloc[: len(on.teams)].set_axis(on.teams.index)
    places = labels.iloc[len(on.teams) :].set_axis(on.stops.index)
    if mode == SHARED and groups is None:
        of_teams, of_stops = shared_groups(on, (starts, places), travel, cap_ms=cap_ms, most=most)
    else:
        of_teams, of_stops = _groups(on, mode, groups)
    kept, told = _fewest(on, of_teams, of_stops, teams_at_most)
    allowed = _same(of_teams[kept], of_stops)
    # Teams without a stop of their own only make the problem larger.
    useful = np.flatnonzero(allowed.any(axis=1))
    teams = on.teams.assign(start=starts).drop(columns="point").loc[kept]
    stops = on.stops.assign(place=places).drop(columns="point")
    return DayProblem(
        force=on.force,
        mode=mode,
        teams=teams.iloc[useful],
        stops=stops,
        travel=travel,
        allowed=np.ascontiguousarray(allowed[useful]),
        left_out=(*on.left_out, *told, *_alone(on.stops, allowed)),
    )


def _groups(on: OnDuty, mode: str, groups: pd.Series | None) -> tuple[pd.Series, pd.Series]:
    """Return the group that each team, and each stop, belongs to; "" for none."""
    place = VILLAGE_ID if on.force == VILLAGE else STATION_ID
    of_teams, of_stops = on.teams[place], on.stops[place]
    if mode == OWN:
        return of_teams, of_stops
    if groups is not None:
        return looked_up(of_teams, groups), looked_up(of_stops, groups)
    stations = on.teams[STATION_ID], on.stops[STATION_ID]
    if (on.force != VILLAGE and mode == JOINT) or not all((known != "").any() for known in stations):
        # Squads help each other out everywhere; and a district without stations is one area.
        return pd.Series("all", index=of_teams.index), pd.Series("all", index=of_stops.index)
    return stations


def _same(of_teams: pd.Series, of_stops: pd.Series) -> npt.NDArray[np.bool_]:
    team, stop = of_teams.to_numpy(dtype=object), of_stops.to_numpy(dtype=object)
    same: npt.NDArray[np.bool_] = (team[:, None] == stop[None, :]) & (team != "")[:, None]
    return same.reshape(len(team), len(stop))


def _fewest(
    on: OnDuty, of_teams: pd.Series, of_stops: pd.Series, most: int | None
) -> tuple[pd.Index, tuple[Reason, ...]]:
    """Return the teams that may be used, and what is told of the others."""
    if most is None or most >= len(on.teams):
        return on.teams.index, ()
    if most < 1:
        raise SettingError("setting_wrong", name="teams", found=most, allowed=">= 1")
    stops = of_stops[of_stops != ""].value_counts()
    there = of_teams.value_counts().reindex(stops.index).fillna(0)
    busy = stops[there > 0].sort_index()
    weights = np.asarray(busy, dtype=np.float64)
    seats = webster(weights, most, least=0).tolist() if len(busy) else []
    kept = [
        team
        for group, count in zip(busy.index, seats, strict=True)
        for team in of_teams.index[of_teams == group][:count]
    ]
    # What a group has no teams for goes to the others, in the order of the teams.
    rest = [team for team in on.teams.index if team not in set(kept)]
    kept += rest[: most - len(kept)]
    index = on.teams.index[on.teams.index.isin(kept)]
    return index, (Reason("teams_not_asked_for", {"count": len(on.teams) - len(index), "teams": len(index)}),)


def _alone(stops: pd.DataFrame, allowed: npt.NDArray[np.bool_]) -> tuple[Reason, ...]:
    """Tell of stops that nobody may serve."""
    alone = stops[~allowed.any(axis=0)]
    if alone.empty:
        return ()
    return (Reason("stops_without_team", {"count": len(alone), "names": alone["name"].head(5).tolist()}),)
