"""Repair of the nesting: every zone becomes a union of grids; the grids themselves stay untouched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from data.schemas import GRID_ID, ZONE_ID
from geo.coverage import dissolve_by
from geo.errors import SettingError
from planning.hierarchy import layer_shapes
from planning.nesting import Nesting, best_grid, nest_district

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


@dataclass(frozen=True, kw_only=True)
class Repair:
    """
    A repaired nesting, and what the repair moved.

    Parameters
    ----------
    assignment
        zone_id of every grid, indexed by grid_id.
    nesting
        The nesting of the repaired zones, computed anew from them.
    zones
        zone_id, name, station_id and whatever the zones had, with the unions of their grids; as
        given, where there are no polygons. Zones without a grid have no geometry.
    moved
        grid_id, from_zone_id (none: uncovered before), to_zone_id, area_m2, reason (the grid's
        status before, or ``zone_empty``): land that changes zone.
    zone_changes
        Indexed by zone_id: area_before_m2, area_after_m2, gained_m2, lost_m2, grids.
    """

    assignment: pd.Series
    nesting: Nesting
    zones: pd.DataFrame
    moved: pd.DataFrame
    zone_changes: pd.DataFrame

    @property
    def empty_zones(self) -> list[str]:
        """The zones that are left without a grid."""
        return self.nesting.empty_zones


def repair_district(
    tables: Mapping[str, pd.DataFrame], nesting: Nesting, *, give_to: Collection[str] = ()
) -> Repair:
    """
    Make every zone a union of whole grids.

    Parameters
    ----------
    tables
        What `nesting` was made from.
    nesting
        `nest_district` of the tables.
    give_to
        Empty zones that are to receive the grid in which most of their land lies; the others stay
        without a grid. A grid is not taken from a zone that would be left with none.

    Raises
    ------
    SettingError
        ``zone_not_empty`` for a zone in `give_to` that wins grids; ``zone_without_land`` for one
        that overlaps no grid, ``zone_last_grid`` where its grid is another zone's only one.
    """
    assignment = _given(nesting, give_to)
    repaired = _repaired_zones(tables, assignment)
    after = {**tables, "zones": repaired}
    after.pop("declared_assignment", None)
    if nesting.source == "table":
        after["declared_assignment"] = assignment.rename(ZONE_ID).rename_axis(GRID_ID).reset_index()
    checked = nest_district(
        after,
        params=nesting.params,
        exempt=nesting.grids.index[nesting.grids["exempt"]],
        source=nesting.source,
    )
    moved = _moved(nesting, assignment, give_to)
    return Repair(
        assignment=assignment,
        nesting=checked,
        zones=repaired,
        moved=moved,
        zone_changes=_zone_changes(nesting, checked, moved),
    )


def _given(nesting: Nesting, give_to: Collection[str]) -> pd.Series:
    assignment = nesting.grids["suggested_zone_id"].dropna().astype("str").rename(ZONE_ID)
    for zone in sorted(give_to):
        if zone not in nesting.empty_zones:
            raise SettingError("zone_not_empty", zone=zone)
        grid = best_grid(nesting.pairs, zone)
        if grid is None:
            raise SettingError("zone_without_land", zone=zone)
        if (assignment == assignment[grid]).sum() == 1:
            raise SettingError("zone_last_grid", zone=zone, grid=grid, other=assignment[grid])
        assignment[grid] = zone
    return assignment


def _repaired_zones(tables: Mapping[str, pd.DataFrame], assignment: pd.Series) -> pd.DataFrame:
    zones = tables.get("zones")
    if zones is None or zones.empty:
        zones = pd.DataFrame({ZONE_ID: sorted(assignment.unique())})
    grids = layer_shapes(tables, "grids")
    if grids is None:
        return zones
    unions = dissolve_by(grids, assignment)
    attributes = pd.DataFrame(zones).drop(columns="geometry", errors="ignore")
    shapes = unions.reindex(attributes[ZONE_ID]).to_numpy()
    repaired: pd.DataFrame = gpd.GeoDataFrame(attributes, geometry=shapes, crs=grids.crs)
    return repaired


def _moved(nesting: Nesting, assignment: pd.Series, give_to: Collection[str]) -> pd.DataFrame:
    pairs = nesting.pairs
    elsewhere = pairs[pairs["parent"] != assignment.reindex(pairs["child"]).to_numpy()]
    moved = elsewhere.rename(columns={"child": "grid_id", "parent": "from_zone_id"})[
        ["grid_id", "from_zone_id", "area_m2"]
    ]
    uncovered = _uncovered(nesting)
    moved = pd.concat([moved, uncovered], ignore_index=True)
    moved = moved.assign(
        to_zone_id=assignment.reindex(moved["grid_id"]).to_numpy(),
        reason=nesting.grids["status"].reindex(moved["grid_id"]).to_numpy(),
    )
    moved.loc[moved["to_zone_id"].isin(list(give_to)), "reason"] = "zone_empty"
    ordered: pd.DataFrame = moved[["grid_id", "from_zone_id", "to_zone_id", "area_m2", "reason"]]
    return ordered.sort_values(["area_m2", "grid_id"], ascending=[False, True]).reset_index(drop=True)


def _uncovered(nesting: Nesting) -> pd.DataFrame:
    """Land of grids that no zone covered before: what is left of a grid's area after all its pairs."""
    pairs = nesting.pairs[nesting.pairs["area_m2"] > 0]
    rest = nesting.grids["area_m2"] - pairs.groupby("child")["area_m2"].sum().reindex(
        nesting.grids.index
    ).fillna(0.0)
    rest = rest[rest > 1.0]
    return pd.DataFrame({"grid_id": rest.index, "from_zone_id": None, "area_m2": rest.to_numpy()})


def _zone_changes(before: Nesting, after: Nesting, moved: pd.DataFrame) -> pd.DataFrame:
    zones = after.zones.index
    gained = moved.groupby("to_zone_id")["area_m2"].sum()
    lost = moved.dropna(subset="from_zone_id").groupby("from_zone_id")["area_m2"].sum()
    return pd.DataFrame(
        {
            "area_before_m2": before.zones["area_m2"].reindex(zones),
            "area_after_m2": after.zones["area_m2"].reindex(zones),
            "gained_m2": gained.reindex(zones).fillna(0.0),
            "lost_m2": lost.reindex(zones).fillna(0.0),
            "grids": after.zones["grids"],
        }
    )
