"""Repair of the nesting: every zone becomes a union of grids; the grids themselves stay untouched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from data.schemas import GRID_ID, ZONE_ID
from geo.coverage import dissolve_by
from geo.errors import SettingError
from geo.overlay import overlap_areas
from planning.hierarchy import layer_shapes
from planning.nesting import Nesting, best_grids, nest_again

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


_LEAST_M2 = 0.01  # as in `geo.nesting.area_shares`


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
        status before, or ``zone_empty``): land that changes zone, each piece of it once. A grid
        without land has 0.
    zone_changes
        Indexed by zone_id: area_before_m2 (as drawn, or of the grids in the table), area_after_m2,
        gained_m2, lost_m2 (sums of `moved`), outside_m2 (land in no grid, which goes to nobody),
        overlap_m2 (land that another zone, too, was drawn over, and that is counted there), grids.
        Before + gained - lost - outside - overlap = after, wherever grids do not overlap each other.
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
        Empty zones that are to receive the grid in which most of their land lies, or the next best
        where that one is taken; the others stay without a grid. A grid is not taken from a zone that
        would be left with none.

    Raises
    ------
    SettingError
        ``nest_no_overlap`` if no grid lies in any zone; ``zone_unknown`` and ``zone_not_empty`` for a
        zone in `give_to` that is none or wins grids; ``zone_without_land`` for one that overlaps no
        grid, ``zone_last_grid`` where its grids are other zones' only ones.
    """
    assignment = _given(nesting, give_to)
    repaired = _repaired_zones(tables, assignment, nesting)
    settled = assignment.rename(ZONE_ID).rename_axis(GRID_ID).reset_index()
    grids = layer_shapes(tables, "grids")
    if nesting.source == "polygons" and grids is not None:
        # What has a shape is to prove itself; the rest lies where the assignment says.
        settled = settled[~settled[GRID_ID].isin(grids.index)]
    checked = nest_again({**tables, "zones": repaired, "declared_assignment": settled}, nesting)
    claims = _claims(tables, nesting, assignment)
    return Repair(
        assignment=assignment,
        nesting=checked,
        zones=repaired,
        moved=_moved(nesting, claims, assignment, give_to),
        zone_changes=_zone_changes(nesting, checked, claims, assignment),
    )


def _given(nesting: Nesting, give_to: Collection[str]) -> pd.Series:
    assignment = nesting.grids["suggested_zone_id"].dropna().astype("str").rename(ZONE_ID)
    if assignment.empty:
        raise SettingError("nest_no_overlap", zones=len(nesting.zones), grids=len(nesting.grids))
    offers = {zone: _offers(nesting, zone) for zone in sorted(give_to)}
    assignment, refused = _shared_out(assignment, offers)
    for zone in refused:
        grid = offers[zone][0]
        raise SettingError("zone_last_grid", zone=zone, grid=grid, other=assignment[grid])
    return assignment


def givable(nesting: Nesting) -> list[str]:
    """Return the empty zones that can all be given a grid without taking another zone's last one."""
    assignment = nesting.grids["suggested_zone_id"].dropna().astype("str")
    offers = {
        zone: grids for zone in sorted(nesting.empty_zones) if (grids := best_grids(nesting.pairs, zone))
    }
    _, refused = _shared_out(assignment, offers)
    return [zone for zone in offers if zone not in refused]


def _shared_out(assignment: pd.Series, offers: Mapping[str, list[str]]) -> tuple[pd.Series, list[str]]:
    """Return the assignment with a grid for each zone, as far as they go, and the zones that got none."""
    assignment, refused = assignment.copy(), []
    # Who has the least choice chooses first.
    for zone, grids in sorted(offers.items(), key=lambda offer: len(offer[1])):
        counts = assignment.value_counts()
        free = [grid for grid in grids if counts[assignment[grid]] > 1]
        if free:
            assignment[free[0]] = zone
        else:
            refused.append(zone)
    return assignment, refused


def _offers(nesting: Nesting, zone: str) -> list[str]:
    if zone not in nesting.zones.index:
        raise SettingError("zone_unknown", zone=zone, known=tuple(nesting.empty_zones))
    if zone not in nesting.empty_zones:
        raise SettingError("zone_not_empty", zone=zone)
    grids = best_grids(nesting.pairs, zone)
    if not grids:
        raise SettingError("zone_without_land", zone=zone)
    return grids


def _repaired_zones(
    tables: Mapping[str, pd.DataFrame], assignment: pd.Series, nesting: Nesting
) -> pd.DataFrame:
    zones = tables.get("zones")
    if zones is None or zones.empty:
        zones = pd.DataFrame({ZONE_ID: nesting.zones.index})
    grids = layer_shapes(tables, "grids")
    if grids is None:
        return zones
    unions = dissolve_by(grids, assignment)
    attributes = pd.DataFrame(zones).drop(columns="geometry", errors="ignore")
    shapes = unions.reindex(attributes[ZONE_ID]).to_numpy()
    repaired: pd.DataFrame = gpd.GeoDataFrame(attributes, geometry=shapes, crs=grids.crs)
    return repaired


def _claims(tables: Mapping[str, pd.DataFrame], nesting: Nesting, assignment: pd.Series) -> pd.DataFrame:
    """
    Return what each zone held of each grid: grid_id, zone_id, area_m2, own_m2, keeps (gets the grid).

    `own_m2` counts land that several zones were drawn over once: for the zone that gets the grid, then
    for the one that held most of it.
    """
    claims = nesting.pairs.rename(columns={"child": GRID_ID, "parent": ZONE_ID})[
        [GRID_ID, ZONE_ID, "area_m2"]
    ]
    claims["keeps"] = claims[ZONE_ID] == assignment.reindex(claims[GRID_ID]).to_numpy()
    claims = claims.sort_values(
        [GRID_ID, "keeps", "area_m2", ZONE_ID], ascending=[True, False, False, True], ignore_index=True
    )
    if nesting.source == "table":
        claims["area_m2"] = nesting.grids["area_m2"].reindex(claims[GRID_ID]).fillna(0.0).to_numpy()
        return claims.assign(own_m2=claims["area_m2"].where(claims.groupby(GRID_ID).cumcount() == 0, 0.0))
    claims["own_m2"] = claims["area_m2"]
    grids, zones = layer_shapes(tables, "grids"), layer_shapes(tables, "zones")
    if grids is None or zones is None:
        return claims
    contested = claims[claims[GRID_ID].isin(_contested(claims, zones)) & (claims["area_m2"] > 0)]
    rest = grids[contested[GRID_ID].unique()]
    for _, rows in contested.groupby(contested.groupby(GRID_ID).cumcount()):
        # Each grid's first claim, then each one's second...: what it takes away is its own.
        before = rest[rows[GRID_ID]]
        left = shapely.difference(before.to_numpy(), zones[rows[ZONE_ID]].to_numpy())
        claims.loc[rows.index, "own_m2"] = before.area.to_numpy() - shapely.area(left)
        rest[rows[GRID_ID]] = left
    return claims


def _contested(claims: pd.DataFrame, zones: gpd.GeoSeries) -> set[str]:
    """Return the grids of which two zones that overlap each other hold land."""
    doubled = overlap_areas(zones, zones, min_area_m2=_LEAST_M2)
    doubled = doubled[doubled["left"] != doubled["right"]]
    rivals = claims.merge(doubled, left_on=ZONE_ID, right_on="left")[[GRID_ID, "right"]]
    return set(rivals.merge(claims, left_on=[GRID_ID, "right"], right_on=[GRID_ID, ZONE_ID])[GRID_ID])


def _moved(
    nesting: Nesting, claims: pd.DataFrame, assignment: pd.Series, give_to: Collection[str]
) -> pd.DataFrame:
    area = nesting.grids["area_m2"]
    # A grid without land still moves: the table says from where.
    landless = claims[GRID_ID].isin(area.index[~(area > 0)])
    elsewhere = claims[~claims["keeps"] & ((claims["own_m2"] > 0) | landless)]
    elsewhere = elsewhere.drop(columns="area_m2").rename(
        columns={ZONE_ID: "from_zone_id", "own_m2": "area_m2"}
    )
    moved = pd.concat([elsewhere, _uncovered(nesting, claims)], ignore_index=True)
    moved = moved.assign(
        to_zone_id=assignment.reindex(moved["grid_id"]).to_numpy(),
        reason=nesting.grids["status"].reindex(moved["grid_id"]).to_numpy(),
    )
    moved.loc[moved["to_zone_id"].isin(list(give_to)), "reason"] = "zone_empty"
    ordered: pd.DataFrame = moved[["grid_id", "from_zone_id", "to_zone_id", "area_m2", "reason"]]
    return ordered.sort_values(["area_m2", "grid_id"], ascending=[False, True]).reset_index(drop=True)


def _uncovered(nesting: Nesting, claims: pd.DataFrame) -> pd.DataFrame:
    """Land of grids that no zone covered before: what is left of a grid's area after all its claims."""
    rest = nesting.grids["area_m2"] - claims.groupby(GRID_ID)["own_m2"].sum().reindex(
        nesting.grids.index
    ).fillna(0.0)
    rest = rest[rest > _LEAST_M2]
    return pd.DataFrame({"grid_id": rest.index, "from_zone_id": None, "area_m2": rest.to_numpy()})


def _zone_changes(
    before: Nesting, after: Nesting, claims: pd.DataFrame, assignment: pd.Series
) -> pd.DataFrame:
    zones = after.zones.index

    def per_zone(area: pd.Series, zone: pd.Series) -> pd.Series:
        return area.groupby(zone.to_numpy()).sum().reindex(zones).fillna(0.0)

    held = per_zone(claims["area_m2"], claims[ZONE_ID])
    own = per_zone(claims["own_m2"], claims[ZONE_ID])
    kept = per_zone(claims["own_m2"].where(claims["keeps"], 0.0), claims[ZONE_ID])
    received = per_zone(before.grids["area_m2"].reindex(assignment.index), assignment)
    drawn = before.zones["area_m2"].reindex(zones)
    if before.source == "table":
        drawn = held.where(after.zones["area_m2"].notna() | (held > 0))
    return pd.DataFrame(
        {
            "area_before_m2": drawn,
            "area_after_m2": after.zones["area_m2"],
            "gained_m2": (received - kept).clip(lower=0.0),
            "lost_m2": own - kept,
            "outside_m2": (drawn - held).clip(lower=0.0).fillna(0.0),
            "overlap_m2": held - own,
            "grids": after.zones["grids"],
        }
    )
