"""A plan and its figures as the map component takes them: zones by number, no more digits than are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data.schemas import STATION_ID, ZONE_ID
from planning.zone_loads import zone_homes
from ui.painter.coverage import stations_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from data.strokes import Stroke
    from ui.names import PlaceNames
    from ui.standing import Standing


def drawn(
    standing: Standing, assignment: pd.Series, names: PlaceNames, *, also: Iterable[str] = ()
) -> dict[str, Any]:
    """
    Return a plan as the map component draws it: its zones, and which of them each grid is in (-1: none).

    Parameters
    ----------
    assignment
        zone_id of each grid, "" for none.
    names
        Of the places, with the plan's own names of zones.
    also
        Zones of the plan that have no grid yet.
    """
    today = set() if standing.today is None else set(standing.today.dropna())
    zones = sorted({*assignment, *today, *also} - {""})
    number = {zone: i for i, zone in enumerate(zones)}
    home = _home_stations(standing, assignment)
    return {
        "zones": [{"id": z, "name": names("zones", z), "station": home.get(z, -1)} for z in zones],
        "assignment": [number.get(zone, -1) for zone in assignment],
    }


def _home_stations(standing: Standing, assignment: pd.Series) -> dict[str, int]:
    """Return the number of each zone's station: where its work lies, else where the table has it."""
    table = standing.tables.get("zones")
    listed = {} if table is None or STATION_ID not in table else dict(table[[ZONE_ID, STATION_ID]].to_numpy())
    number = {station: i for i, station in enumerate(stations_of(standing.graph))}
    homes = {**listed, **zone_homes(assignment, standing.graph)}
    return {str(zone): number[station] for zone, station in homes.items() if station in number}


def stroke_entry(stroke: Stroke, *, at: Mapping[str, int], listed: Mapping[str, str]) -> dict[str, Any]:
    """
    Return a stroke as the browser mirrors it.

    Parameters
    ----------
    at
        The place of each grid; grids that the district no longer has are left out.
    listed
        What zones are called that have no name of the plan's own.
    """
    return {
        "number": stroke.number,
        "token": stroke.token,
        "painter": stroke.painter,
        "kind": stroke.kind,
        "of": stroke.of,
        "grids": [[at[g], old, new] for g, (old, new) in stroke.grids.items() if g in at],
        "names": {
            zone: [name or listed.get(zone, "") for name in pair] for zone, pair in stroke.names.items()
        },
        "locks": {place: list(pair) for place, pair in stroke.locks.items()},
    }


def rounded(totals: Mapping[str, Any]) -> dict[str, Any]:
    """Return totals with as many digits as are ever shown."""
    return {key: round(value, 6) if isinstance(value, float) else value for key, value in totals.items()}


def zone_row(zone: Mapping[str, Any]) -> list[Any]:
    """Return a zone's figures (`LiveScorecard.zones`) in the order in which `assets/session.js` has them."""
    return [
        zone["zone_id"],
        round(zone["workload"], 4),
        round(zone["target"], 4),
        None if zone["deviation"] is None else round(zone["deviation"], 5),
        zone["parts"],
        zone["grids"],
        zone["villages"],
        round(zone["present"]),
        None if zone["polsby_popper"] is None else round(zone["polsby_popper"], 4),
    ]
