"""Who shares a round in the mode ``shared``: neighbouring villages one team, neighbouring stations theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.schemas import STATION_ID, VILLAGE, VILLAGE_ID
from geo.travel_times import UNREACHABLE
from planning.patrol.grouping import village_groups

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from geo.travel_times import TravelTimes
    from planning.patrol.on_duty import OnDuty

# Stations whose squads help each other out, where no number is asked for.
_STATIONS_TOGETHER = 2
_QUICKNESS = {"walk": 0, "ebike": 1, "car": 2}


def shared_groups(
    on: OnDuty,
    places: tuple[pd.Series, pd.Series],
    travel: Mapping[str, TravelTimes],
    *,
    cap_ms: int | None = None,
    most: int | None = None,
) -> tuple[pd.Series, pd.Series]:
    """
    Return the group that each team, and each stop, is in; "" for none.

    Of each group of villages one team goes, that of the village nearest to the others, and one that is as
    quick as the round was reckoned where there is any; of a group of stations all squads do. Rounds are
    reckoned by the usual travel mode and whatever the windows: a stop that the group's team cannot make is
    left out by the plan, which says why and what would help.

    Parameters
    ----------
    on
        Who is on duty and what is due.
    places
        Labels in the travel times, of the teams and of the stops.
    travel
        By travel mode.
    cap_ms
        Longest time out, where shifts are longer.
    most
        At most so many villages, or stations, a group; None for as many as a round allows.
    """
    by_village = on.force == VILLAGE
    key = VILLAGE_ID if by_village else STATION_ID
    if on.teams.empty or (on.stops[key] == "").all():
        return pd.Series("", index=on.teams.index), pd.Series("", index=on.stops.index)
    usual = str(on.teams["travel_mode"].mode().iloc[0])
    groups = village_groups(
        _members(on, key, *places, travel, usual=usual),
        travel[usual],
        shift_ms=_round_ms(on, cap_ms),
        most=most if by_village or most is not None else _STATIONS_TOGETHER,
    )
    known = groups["group_id"].to_dict()
    of_stops = on.stops[key].map(lambda label: known.get(label, ""))
    of_teams = on.teams[key].map(lambda label: known.get(label, ""))
    return of_teams.where(_leads(on, groups), "") if by_village else of_teams, of_stops


def _leads(on: OnDuty, groups: pd.DataFrame) -> pd.Series:
    """Return which team of each group of villages goes."""
    villages = on.teams[VILLAGE_ID]
    of_group = villages.map(groups["group_id"].to_dict())
    led = groups.loc[groups["lead"] != "", "group_id"]
    # Where none is as quick, the first that there is.
    first = ~of_group.duplicated() & of_group.notna() & ~of_group.isin(set(led))
    return (villages.isin(set(groups["lead"])) & ~villages.duplicated()) | first


def _members(
    on: OnDuty,
    key: str,
    of_teams: pd.Series,
    of_stops: pd.Series,
    travel: Mapping[str, TravelTimes],
    *,
    usual: str,
) -> pd.DataFrame:
    """Return the villages, or stations, that have anything due: where they are, and how long it takes."""
    stops = on.stops.assign(place=of_stops)[on.stops[key] != ""]
    # A village is where it is run from, not at its farthest shop.
    stops = stops.sort_values("kind", key=lambda kinds: kinds != "village", kind="stable")
    first = stops.groupby(key)["place"].transform("first")
    stops["dwell_ms"] += _ways(travel[usual], first, stops["place"])
    due = stops.groupby(key, sort=True)
    members = pd.DataFrame({"place": due["place"].first(), "dwell_ms": due["dwell_ms"].sum()})
    teams = on.teams.assign(place=of_teams).drop_duplicates(key).set_index(key)
    quick = teams["travel_mode"].map(_QUICKNESS) >= _QUICKNESS[usual]
    members["has_team"] = members.index.isin(teams.index[quick])
    if key == STATION_ID:
        members["place"] = teams["place"].reindex(members.index).fillna(members["place"])
        return members.assign(**{STATION_ID: ""})
    return members.assign(**{STATION_ID: due[STATION_ID].first()})


def _ways(travel: TravelTimes, from_: pd.Series, to: pd.Series) -> npt.NDArray[np.int64]:
    """Return what going about inside each village takes: once to each stop; 0 where there is no way."""
    at = [travel.labels.get_indexer(pd.Index(places)) for places in (from_, to)]
    ms = travel.ms[at[0], at[1]]
    return np.where(ms < UNREACHABLE, ms, 0)


def _round_ms(on: OnDuty, cap_ms: int | None) -> int:
    shift = int((on.teams["shift_end_ms"] - on.teams["shift_start_ms"]).median())
    return shift if cap_ms is None else min(shift, cap_ms)
