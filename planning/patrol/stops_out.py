"""The stops of a force as the tables give them, and those taken for granted where they give none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import shapely

from data.clock import windows_ms
from data.schemas import (
    DUE,
    DWELL_MIN,
    FACILITY_ID,
    FORCE,
    KIND,
    MUST,
    NAME,
    PRIORITY,
    SKILL,
    SQUAD,
    STATION_ID,
    STOP_ID,
    VILLAGE,
    VILLAGE_ID,
    WINDOWS,
)
from geo.errors import Reason
from planning.patrol.cells import (
    held,
    known_villages,
    looked_up,
    minutes_as_ms,
    names,
    numbers,
    placed,
    texts,
)
from planning.patrol.places import containing, own_points

if TYPE_CHECKING:
    from planning.patrol.cells import Tables
    from planning.patrol.duty import DutySettings

# Whose task a stop is where it does not say; what is not listed is visited by both, each on its own.
_FORCE_OF_KIND = {"village": VILLAGE, "school": SQUAD, "inspection": SQUAD, "festival": SQUAD}
# What squads visit where no stop is stated: facilities by kind.
_FACILITIES = {
    "kindergarten": "school",
    "primary_school": "school",
    "middle_school": "school",
    "college": "school",
    "hospital": "hospital",
    "bank": "key_unit",
    "petrol_station": "key_unit",
    "bus_station": "venue",
    "mall": "venue",
    "market": "venue",
}
_SHOWN = 5
_SCHOOL_WINDOWS = "07:20-08:10;15:40-16:30"


def force_stops(
    tables: Tables, villages: pd.DataFrame, force: str, settings: DutySettings, told: list[Reason]
) -> pd.DataFrame:
    """
    Return the stops of a force: the stated ones, and what it visits where nothing is stated.

    Parameters
    ----------
    villages
        As `planning.patrol.places.village_places` returns them.
    told
        What was taken for granted, or had to be left out, is added to it.

    Returns
    -------
    DataFrame
        name, kind, village_id, station_id, point, dwell_ms, windows, priority, skill, due, by stop_id.
    """
    rows = tables.get("stops")
    parts = [_nothing(settings)]
    if rows is not None:
        parts.append(_stated_stops(rows, tables, villages, force, settings, told))
    stated = parts[-1]
    if force == VILLAGE:
        seen = set(stated.loc[stated[KIND] == "village", VILLAGE_ID])
        assumed, layer = _village_stops(villages[~villages.index.isin(seen)], settings), "villages"
    elif len(stated):
        assumed, layer = _nothing(settings), ""
    else:
        assumed, layer = _facility_stops(tables, villages, settings), "facilities"
        if assumed.empty:
            assumed, layer = _village_stops(villages, settings), "villages"
    if len(assumed):
        told.append(Reason("stops_assumed", {"count": len(assumed), "layer": layer}))
    stops = pd.concat([part for part in (*parts, assumed) if len(part)] or parts)
    stops["point"] = stops["point"].fillna(looked_up(stops[VILLAGE_ID], villages["point"], else_=None))
    found = placed(stops, "stops_without_place", told)
    told.extend(_told_of_alike(found))
    return found


def _told_of_alike(stops: pd.DataFrame) -> tuple[Reason, ...]:
    """Tell of stops of one name at one spot: each is visited, which may not be what was meant."""
    spots = stops[[NAME, KIND]].assign(at=[shapely.to_wkb(point) for point in stops["point"]])
    again = spots.duplicated()
    if not again.any():
        return ()
    called = list(dict.fromkeys(spots.loc[again, NAME]))
    return (Reason("stops_alike", {"count": int(again.sum()), "names": called[:_SHOWN]}),)


def _stated_stops(
    rows: pd.DataFrame,
    tables: Tables,
    villages: pd.DataFrame,
    force: str,
    settings: DutySettings,
    told: list[Reason],
) -> pd.DataFrame:
    kind = texts(rows, KIND)
    kind = kind.where(kind != "", "checkpoint")
    whose = texts(rows, FORCE)
    whose = whose.where(whose != "", looked_up(kind, pd.Series(_FORCE_OF_KIND), else_=force))
    mine = whose == force
    kinds, rows = kind[mine].to_numpy(), rows[mine].set_index(STOP_ID)
    stops = pd.DataFrame({NAME: names(rows), KIND: kinds, VILLAGE_ID: texts(rows, VILLAGE_ID)})
    stops[VILLAGE_ID] = known_villages(stops, villages.index, "stops_village_unknown", told)
    stops["point"] = own_points(rows)
    stops["dwell_ms"] = minutes_as_ms(numbers(rows, DWELL_MIN).fillna(stops[KIND].map(settings.dwell_min)))
    stops["windows"] = held((windows_ms(text) or () for text in texts(rows, WINDOWS)), stops.index)
    stops["priority"] = numbers(rows, PRIORITY).fillna(MUST).astype("int64")
    stops["skill"], stops["due"] = texts(rows, SKILL), texts(rows, DUE)
    return _located(stops, tables, villages)


def _village_stops(villages: pd.DataFrame, settings: DutySettings) -> pd.DataFrame:
    stops = pd.DataFrame(
        {NAME: villages[NAME], KIND: "village", VILLAGE_ID: villages.index, "point": villages["point"]}
    )
    stops[STATION_ID] = villages[STATION_ID]
    stops.index = pd.Index([f"village:{label}" for label in villages.index], name=STOP_ID, dtype=object)
    return _plain(stops, settings)


def _facility_stops(tables: Tables, villages: pd.DataFrame, settings: DutySettings) -> pd.DataFrame:
    """Return the facilities that squads look after, as stops."""
    facilities = tables.get("facilities")
    kinds = texts(facilities, KIND).map(_FACILITIES) if facilities is not None else pd.Series(dtype=object)
    if facilities is None or kinds.isna().all():
        return _nothing(settings)
    rows = facilities[kinds.notna()].set_index(FACILITY_ID)
    stops = pd.DataFrame(
        {NAME: names(rows), KIND: kinds.dropna().to_numpy(), VILLAGE_ID: texts(rows, VILLAGE_ID)}
    )
    stops["point"] = own_points(rows)
    stops.index = pd.Index([f"facility:{label}" for label in rows.index], name=STOP_ID, dtype=object)
    return _plain(_located(stops, tables, villages), settings)


def _nothing(settings: DutySettings) -> pd.DataFrame:
    index = pd.Index([], name=STOP_ID, dtype=object)
    columns = [NAME, KIND, VILLAGE_ID, STATION_ID, "point"]
    return _plain(pd.DataFrame(columns=columns, index=index, dtype=object), settings)


def _plain(stops: pd.DataFrame, settings: DutySettings) -> pd.DataFrame:
    """Return stops that nobody stated anything of: usual dwell, any time but for schools, to be visited."""
    at_school = windows_ms(_SCHOOL_WINDOWS) or ()
    stops["dwell_ms"] = minutes_as_ms(stops[KIND].map(settings.dwell_min))
    windows = (at_school if kind == "school" else () for kind in stops[KIND])
    stops["windows"] = held(windows, stops.index)
    stops["priority"], stops["skill"], stops["due"] = MUST, "", ""
    return stops


def _located(stops: pd.DataFrame, tables: Tables, villages: pd.DataFrame) -> pd.DataFrame:
    """Return stops with the village and the station that they lie in, where they do not say."""
    blank = stops[VILLAGE_ID] == ""
    stops.loc[blank, VILLAGE_ID] = containing(stops.loc[blank, "point"], tables, "villages", VILLAGE_ID)
    stops[STATION_ID] = looked_up(stops[VILLAGE_ID], villages[STATION_ID])
    blank = stops[STATION_ID] == ""
    stops.loc[blank, STATION_ID] = containing(stops.loc[blank, "point"], tables, "stations", STATION_ID)
    return stops
