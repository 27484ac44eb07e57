"""What a plan tears: villages among zones, stations and towns by zones that lie in several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from data.schemas import STATION_ID, TOWN_ID, VILLAGE_ID

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Splits:
    """
    What a plan tears; terms are None where the layer is not known.

    Parameters
    ----------
    villages_split
        Villages with grids in several zones.
    village_splits
        Σ (zones that have a part of the village - 1) over the villages: what reaches the count above where
        none is torn into more than two.
    zones_crossing_stations, zones_crossing_towns
        Zones with grids of several stations, of several towns.
    stations_split, towns_split
        Stations, towns that have to share some zone with another.
    """

    villages_split: int | None = None
    village_splits: int | None = None
    zones_crossing_stations: int | None = None
    zones_crossing_towns: int | None = None
    stations_split: int | None = None
    towns_split: int | None = None


def splits(grids: pd.DataFrame, plan: pd.Series) -> Splits:
    """
    Count what a plan tears.

    Parameters
    ----------
    grids
        village_id, station_id, town_id by grid_id, "" where not known.
    plan
        zone_id of each of them, missing for none.
    """
    return Splits(
        **_torn(grids[VILLAGE_ID], plan),
        **_crossed("stations", grids[STATION_ID], plan),
        **_crossed("towns", grids[TOWN_ID], plan),
    )


def split_villages(villages: pd.Series, plan: pd.Series) -> list[str]:
    """Return the villages with grids in several zones, ascending; both are by grid_id."""
    zones = _zones_in(villages, plan)
    return [str(village) for village in zones.index[zones > 1]]


def _torn(villages: pd.Series, plan: pd.Series) -> dict[str, int]:
    if not (villages != "").any():
        return {}
    zones = _zones_in(villages, plan)
    return {"villages_split": int((zones > 1).sum()), "village_splits": int((zones - 1).clip(lower=0).sum())}


def _zones_in(villages: pd.Series, plan: pd.Series) -> pd.Series:
    """Return how many zones lie in each village."""
    return plan.groupby(villages.where(villages != "")).nunique()


def _crossed(name: str, units: pd.Series, plan: pd.Series) -> dict[str, int]:
    units = units[units != ""]
    if units.empty:
        return {}
    zone = plan[units.index]
    crossing = units.groupby(zone).nunique().loc[lambda count: count > 1].index
    return {
        f"zones_crossing_{name}": len(crossing),
        f"{name}_split": int(units[zone.isin(crossing)].nunique()),
    }
