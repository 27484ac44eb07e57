"""The zone–grid nesting (编组对应) of a district: every grid in exactly one zone, and what breaks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from data.schemas import GRID_ID, RESIDENTS, ZONE_ID
from geo.adjacency import detached, shared_borders
from geo.errors import SettingError
from geo.nesting import (
    NESTED,
    ORPHAN,
    STRADDLING,
    TIE,
    NestingParams,
    best_parents,
    point_shares,
)
from planning.codes import code_findings
from planning.findings import finding, findings_frame
from planning.hierarchy import (
    Layers,
    grid_units,
    grid_villages,
    known_assignment,
    level_findings,
    reference_findings,
    zone_findings,
    zone_stations,
)
from planning.layer_faults import layer_findings, population_findings
from planning.settling import settled_zones

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    import geopandas as gpd

Source = Literal["polygons", "table"]
_NO_BORDERS = pd.DataFrame({"left": pd.Series(dtype="str"), "right": pd.Series(dtype="str"), "length_m": []})
_FINDING_OF_STATUS = {ORPHAN: "grid_orphan", TIE: "grid_tie", STRADDLING: "grid_straddles"}


@dataclass(frozen=True, kw_only=True)
class Ground:
    """
    What grids, villages and people are by themselves: the same whatever the zones.

    Parameters
    ----------
    borders
        left, right, length_m: neighbouring grids.
    units
        village_id, station_id, town_id, indexed by grid_id.
    findings
        What is wrong with them, as rows for `findings_frame`.
    """

    borders: pd.DataFrame
    units: pd.DataFrame
    findings: tuple[dict[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class Nesting:
    """
    How a district's grids nest in its zones.

    Parameters
    ----------
    source
        From the polygons of both layers, or from a table of codes alone.
    params
        What counted as nested.
    grids
        Indexed by grid_id: zone_id (largest share; none for orphans), status, share, second_zone_id,
        second_share, covered, area_m2, village_id, station_id, town_id, enclave (apart from its zone), exempt
        (known to be), suggested_zone_id (what a repair would give it).
    zones
        Indexed by zone_id: grids (won), area_m2 (as drawn; missing without polygons).
    pairs
        child (grid), parent (zone), area_m2, share: a row for every overlap.
    ground
        What does not depend on the zones.
    findings
        The list of what is wrong (`planning.findings`).
    """

    source: Source
    params: NestingParams
    grids: pd.DataFrame
    zones: pd.DataFrame
    pairs: pd.DataFrame
    ground: Ground
    findings: gpd.GeoDataFrame

    @property
    def borders(self) -> pd.DataFrame:
        """left, right, length_m: neighbouring grids."""
        return self.ground.borders

    @property
    def empty_zones(self) -> list[str]:
        """The zones that win no grid."""
        return list(self.zones.index[self.zones["grids"] == 0])

    @property
    def complete(self) -> bool:
        """Whether every grid lies in exactly one zone."""
        return bool((self.grids["status"] == NESTED).all()) and not self.grids.empty

    def summary(self) -> dict[str, Any]:
        """Return the counts of the headline: zones / grids / share nested, and what is left."""
        status = self.grids["status"].value_counts()
        nested = int(status.get(NESTED, 0))
        return {
            "zones": len(self.zones),
            "grids": len(self.grids),
            "nested": nested,
            "straddling": int(status.get(STRADDLING, 0)),
            "ties": int(status.get(TIE, 0)),
            "orphans": int(status.get(ORPHAN, 0)),
            "enclaves": int((self.grids["enclave"] & ~self.grids["exempt"]).sum()),
            "enclaves_exempt": int((self.grids["enclave"] & self.grids["exempt"]).sum()),
            "empty_zones": len(self.empty_zones),
            "share_nested": nested / len(self.grids) if len(self.grids) else 0.0,
            "findings": len(self.findings),
            "source": self.source,
            "by": self.params.by,
        }


def nest_district(
    tables: Mapping[str, pd.DataFrame],
    *,
    params: NestingParams | None = None,
    exempt: Collection[str] = (),
    source: Source | None = None,
) -> Nesting:
    """
    Find the zone of every grid, and everything that keeps the district from being nested.

    Parameters
    ----------
    tables
        The district's tables by name; only grids and zones with polygons, or a
        ``declared_assignment`` (grid_id, zone_id), are needed. Villages, towns, stations,
        population and exemptions are used where they are there.
    params
        What counts as nested, and whether by area or by residents.
    exempt
        Grids known to lie apart from their zone (飞地), besides those of the table.
    source
        Polygons or table; by default polygons where both layers have them.

    Raises
    ------
    SettingError
        ``nest_needs_layers`` if neither source is there; ``nest_needs_table`` if the table is asked for
        and there is none; ``nest_needs_population`` if shares of
        residents are asked for without points, ``nest_table_by_residents`` if of a table.
    """
    return _nest(Layers(tables, params or NestingParams()), exempt, source, None)


def nest_again(tables: Mapping[str, pd.DataFrame], before: Nesting) -> Nesting:
    """
    Find the nesting of other zones, or of another assignment, over the same grids.

    Parameters
    ----------
    tables
        The tables of `before` with other zones or another ``declared_assignment``.
    before
        The nesting whose settings, exemptions, and findings on all but the zones still hold.
    """
    exempt = before.grids.index[before.grids["exempt"]]
    return _nest(Layers(tables, before.params), exempt, before.source, before.ground)


def _nest(layers: Layers, exempt: Collection[str], source: Source | None, ground: Ground | None) -> Nesting:
    tables, params = layers.tables, layers.params
    source = source or _source(layers)
    grids, zones = layers.shapes("grids"), layers.shapes("zones")
    pairs = _pairs(layers, source)
    grid_ids = _ids(tables, "grids", GRID_ID, pairs["child"])
    zone_ids = _ids(tables, "zones", ZONE_ID, pairs["parent"])
    ground = ground or _ground(layers, grid_ids)
    described = _describe(layers, best_parents(pairs, grid_ids, params), pairs, ground, exempt)
    won = described["zone_id"].value_counts().reindex(zone_ids).fillna(0).astype(int)
    drawn = pd.Series(float("nan"), index=zone_ids) if zones is None else zones.area.reindex(zone_ids)
    rows = [
        *_grid_findings(described, pairs, grids, known_assignment(tables), source),
        *_empty_zone_findings(won, pairs, zones),
        *zone_findings(
            described["suggested_zone_id"],
            described["station_id"],
            described["town_id"],
            grids,
            stated=zone_stations(tables),
        ),
        *reference_findings(tables),
        *layer_findings(layers, "zones", set(won.index[won == 0])),
        *ground.findings,
    ]
    crs = grids.crs if grids is not None else None
    return Nesting(
        source=source,
        params=params,
        grids=described,
        zones=pd.DataFrame({"grids": won, "area_m2": drawn}).rename_axis(ZONE_ID),
        pairs=pairs,
        ground=ground,
        findings=findings_frame(rows, crs),
    )


def district_ground(tables: Mapping[str, pd.DataFrame]) -> Ground:
    """Return what grids, villages and people are by themselves, for a district that need have no zones."""
    layers = Layers(tables, NestingParams())
    return _ground(layers, _ids(tables, "grids", GRID_ID, ()))


def _ground(layers: Layers, grid_ids: pd.Index) -> Ground:
    grids = layers.shapes("grids")
    villages = grid_villages(layers, grid_ids)
    stations, towns = grid_units(layers, villages)
    return Ground(
        borders=_NO_BORDERS if grids is None else shared_borders(grids),
        units=pd.DataFrame({"village_id": villages, "station_id": stations, "town_id": towns}),
        findings=(
            *code_findings(grid_ids, villages),
            *level_findings(layers),
            *layer_findings(layers, "grids"),
            *layer_findings(layers, "villages"),
            *population_findings(layers),
        ),
    )


def _source(layers: Layers) -> Source:
    shapes = {table: layers.shapes(table) for table in ("grids", "zones")}
    if all(layer is not None for layer in shapes.values()):
        return "polygons"
    if (declared := layers.tables.get("declared_assignment")) is not None and not declared.empty:
        return "table"
    raise SettingError("nest_needs_layers", missing="grids" if shapes["grids"] is None else "zones")


def _pairs(layers: Layers, source: Source) -> pd.DataFrame:
    declared = _declared_pairs(known_assignment(layers.tables))
    if source == "table":
        stated = layers.tables.get("declared_assignment")
        if stated is None or stated.empty:
            raise SettingError("nest_needs_table")
        if layers.params.by == "residents":
            raise SettingError("nest_table_by_residents")
        return declared
    grids, zones = layers.shapes("grids"), layers.shapes("zones")
    pairs = layers.pairs("grids", "zones")
    if pairs is None or grids is None or zones is None:
        raise SettingError("nest_needs_layers", missing="grids" if grids is None else "zones")
    if layers.params.by == "residents":
        people = layers.tables.get("population")
        if people is None or people.empty:
            raise SettingError("nest_needs_population")
        pairs = point_shares(grids, zones, people.geometry, people[RESIDENTS], by_area=pairs)
    # A grid without a polygon can still be placed by the table.
    return pd.concat([pairs, declared[~declared["child"].isin(grids.index)]], ignore_index=True)


def _declared_pairs(declared: pd.DataFrame | None) -> pd.DataFrame:
    if declared is None or declared.empty:
        columns = {"child": "str", "parent": "str", "area_m2": "float64", "share": "float64"}
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})
    # A grid listed under several zones belongs to each of them alike: a tie.
    claims = declared.groupby(GRID_ID)[ZONE_ID].transform("size")
    return pd.DataFrame(
        {"child": declared[GRID_ID], "parent": declared[ZONE_ID], "area_m2": 0.0, "share": 1.0 / claims}
    ).reset_index(drop=True)


def _ids(tables: Mapping[str, pd.DataFrame], table: str, key: str, used: Iterable[str]) -> pd.Index:
    frame = tables.get(table)
    listed = [] if frame is None or frame.empty else list(frame[key])
    extra = sorted(set(used) - set(listed))
    ids: pd.Index = pd.Index(listed + extra, name=key, dtype="str")
    return ids


def _describe(
    layers: Layers, best: pd.DataFrame, pairs: pd.DataFrame, ground: Ground, exempt: Collection[str]
) -> pd.DataFrame:
    shapes, borders = layers.shapes("grids"), ground.borders
    zones = settled_zones(
        best, pairs, borders, villages=ground.units["village_id"], params=layers.params, places=shapes
    )
    listed = layers.tables.get("exemptions")
    known = set(exempt) | (set() if listed is None else set(listed[GRID_ID]))
    size = None if shapes is None else shapes.area.reindex(best.index).fillna(0.0)
    drawn = zones.index if shapes is None else zones.index.intersection(shapes.index)
    apart = detached(zones[drawn], borders, size=size).reindex(zones.index).fillna(False).astype(bool)
    if shapes is None:
        apart[:] = False
    named = best.rename(columns={"parent": "zone_id", "second": "second_zone_id"})
    return named.assign(
        area_m2=float("nan") if size is None else size,
        **{str(name): unit for name, unit in ground.units.items()},
        enclave=apart,
        exempt=named.index.isin(known),
        suggested_zone_id=zones,
    ).rename_axis(GRID_ID)


def _grid_findings(
    grids: pd.DataFrame,
    pairs: pd.DataFrame,
    shapes: gpd.GeoSeries | None,
    declared: pd.DataFrame | None,
    source: Source,
) -> Iterator[dict[str, Any]]:
    where = {} if shapes is None else shapes.to_dict()
    for grid, row in grids[grids["status"] != NESTED].iterrows():
        code = _FINDING_OF_STATUS[row["status"]]
        yield finding(
            "assignment_repeated" if source == "table" and code == "grid_tie" else code,
            "grids",
            grid,
            other=row["zone_id"] or "",
            area_m2=None if shapes is None else row["area_m2"] * (1 - row["share"]),
            share=row["share"],
            geometry=where.get(grid),
            second=row["second_zone_id"] or "",
            second_share=row["second_share"],
            suggested=_text(row["suggested_zone_id"]),
        )
    for grid, row in grids[grids["enclave"] & ~grids["exempt"]].iterrows():
        yield finding(
            "grid_enclave", "grids", grid, other=_text(row["suggested_zone_id"]), geometry=where.get(grid)
        )
    if source == "polygons" and declared is not None and not declared.empty:
        stated = declared.drop_duplicates(GRID_ID).set_index(GRID_ID)[ZONE_ID].reindex(grids.index)
        for grid in grids.index[stated.notna() & (stated != grids["suggested_zone_id"])]:
            suggested = _text(grids.at[grid, "suggested_zone_id"])
            yield finding(
                "assignment_differs",
                "grids",
                grid,
                other=suggested,
                stated=stated[grid],
                geometry=where.get(grid),
            )


def _empty_zone_findings(
    won: pd.Series, pairs: pd.DataFrame, zones: gpd.GeoSeries | None
) -> Iterator[dict[str, Any]]:
    where = {} if zones is None else zones.to_dict()
    for zone in won.index[won == 0]:
        best = best_grid(pairs, str(zone))
        yield finding(
            "zone_empty", "zones", zone, other=best or "", geometry=where.get(zone), best=best or ""
        )


def best_grid(pairs: pd.DataFrame, zone: str) -> str | None:
    """Return the grid in which a zone has most of its land, or None where it has none."""
    return next(iter(best_grids(pairs, zone)), None)


def best_grids(pairs: pd.DataFrame, zone: str) -> list[str]:
    """Return the grids in which a zone has land, those with most of it first."""
    mine = pairs[pairs["parent"] == zone].sort_values(
        ["area_m2", "share", "child"], ascending=[False, False, True]
    )
    return [str(grid) for grid in mine["child"]]


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)
