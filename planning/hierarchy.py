"""Whether each level rolls up into the next: grid ⊂ village ⊂ town, zone inside one station."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.schemas import GRID_ID, STATION_ID, TABLES, TOWN_ID, VILLAGE_ID, ZONE_ID
from geo.coverage import dissolved, repaired
from geo.nesting import NESTED, ORPHAN, SHARE_TOLERANCE, TIE, NestingParams, area_shares, best_parents
from planning.codes import town_codes, village_codes
from planning.findings import finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_KEYS = {table: TABLES[table].key[0] for table in ("grids", "villages", "towns", "stations", "zones")}
# child table, parent table, and the codes of: in another, in several, in none.
_LEVELS = (
    ("grids", "villages", "grid_village_mismatch", "grid_cut_by_village", "grid_village_missing"),
    ("villages", "towns", "village_town_mismatch", "village_cut_by_town", "village_town_missing"),
)


class Layers:
    """
    The polygons of a district's tables and how they nest in one another, each worked out once.

    Parameters
    ----------
    tables
        The district's tables by name.
    params
        What counts as nested.
    """

    def __init__(self, tables: Mapping[str, pd.DataFrame], params: NestingParams) -> None:
        self.tables = tables
        self.params = params
        self._shapes: dict[str, gpd.GeoSeries | None] = {}
        self._pairs: dict[tuple[str, str], pd.DataFrame] = {}

    def shapes(self, table: str) -> gpd.GeoSeries | None:
        """Return `layer_shapes` of a table."""
        if table not in self._shapes:
            self._shapes[table] = layer_shapes(self.tables, table)
        return self._shapes[table]

    def pairs(self, child: str, parent: str) -> pd.DataFrame | None:
        """Return `area_shares` of one table's polygons in another's; None without either."""
        inner, outer = self.shapes(child), self.shapes(parent)
        if inner is None or outer is None:
            return None
        if (child, parent) not in self._pairs:
            self._pairs[child, parent] = area_shares(inner, outer)
        return self._pairs[child, parent]

    def winners(self, child: str, parent: str) -> pd.Series | None:
        """Return the parent of each polygon by largest share, indexed by child; None without either."""
        inner, pairs = self.shapes(child), self.pairs(child, parent)
        if inner is None or pairs is None:
            return None
        return best_parents(pairs, inner.index, self.params)["parent"]


def layer_shapes(tables: Mapping[str, pd.DataFrame], table: str) -> gpd.GeoSeries | None:
    """
    Return a table's polygons by id, invalid ones repaired; None if there is none at all.

    Rows without a geometry, or with one that has no area, are left out.
    """
    frame = tables.get(table)
    if frame is None or "geometry" not in frame or frame.empty:
        return None
    drawn = frame.set_index(_KEYS[table]).geometry
    shapes = gpd.GeoSeries(repaired(np.asarray(drawn.array, dtype=object)), index=drawn.index, crs=drawn.crs)
    shapes = shapes[shapely.area(shapes.array) > 0]
    return None if shapes.empty else shapes


def level_findings(layers: Layers) -> Iterator[dict[str, Any]]:
    """Yield where grids do not lie in their village, and villages not in their town, by polygons."""
    for child, parent, mismatch, cut, missing in _LEVELS:
        inner, pairs = layers.shapes(child), layers.pairs(child, parent)
        if inner is None or pairs is None:
            continue
        best = best_parents(pairs, inner.index, layers.params)
        stated = _column(layers.tables[child], _KEYS[child], _KEYS[parent]).reindex(inner.index)
        for label, row in best[best["status"] != NESTED].to_dict("index").items():
            code = missing if row["status"] == ORPHAN else cut
            yield finding(
                code,
                child,
                label,
                other=row["parent"] or "",
                share=row["share"],
                geometry=inner[label],
                second=row["second"] or "",
                second_share=row["second_share"],
            )
        differs = stated.notna() & best["parent"].notna() & (stated != best["parent"])
        for label in best.index[differs & ~_among_tied(stated, best, pairs, layers.params)]:
            yield finding(
                mismatch,
                child,
                label,
                other=best.at[label, "parent"],
                share=float(best["share"][label]),
                geometry=inner[label],
                stated=stated[label],
            )


def _among_tied(
    stated: pd.Series, best: pd.DataFrame, pairs: pd.DataFrame, params: NestingParams
) -> pd.Series:
    """Return whether a piece is tied between parents of which the stated one is one."""
    mine = pairs[pairs["parent"].to_numpy() == stated.reindex(pairs["child"]).to_numpy()]
    held = mine.set_index("child")["share"].reindex(best.index).fillna(0.0)
    tied: pd.Series = (best["status"] == TIE) & (best["share"] - held < params.tie_margin - SHARE_TOLERANCE)
    return tied


def reference_findings(tables: Mapping[str, pd.DataFrame]) -> Iterator[dict[str, Any]]:
    """Yield the ids that a table names and the table they belong to does not know."""
    for table, key in _KEYS.items():
        frame = tables.get(table)
        if frame is None:
            continue
        for column, spec in TABLES[table].columns.items():
            known = tables.get(spec.references or "")
            if column not in frame or known is None or known.empty:
                continue
            unknown = (
                frame[column].notna()
                & (frame[column] != "")
                & ~frame[column].isin(known[_KEYS[spec.references or ""]])
            )
            for label, value in zip(frame.loc[unknown, key], frame.loc[unknown, column], strict=True):
                yield finding("id_unknown", table, label, other=value, column=column, table=spec.references)
    declared = tables.get("declared_assignment")
    if declared is not None:
        for column, table, strange in _strangers(tables, declared):
            for label, value in declared.loc[strange, [GRID_ID, column]].drop_duplicates().to_numpy():
                yield finding(
                    "id_unknown", "declared_assignment", label, other=value, column=column, table=table
                )


def known_assignment(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame | None:
    """Return the rows of the assignment table whose grid and zone the district knows; None without one."""
    declared = tables.get("declared_assignment")
    if declared is None:
        return None
    rows = declared[[GRID_ID, ZONE_ID]].dropna().drop_duplicates().reset_index(drop=True)
    for _, _, strange in _strangers(tables, rows):
        rows = rows[~strange.reindex(rows.index)]
    return rows


def _strangers(
    tables: Mapping[str, pd.DataFrame], declared: pd.DataFrame
) -> Iterator[tuple[str, str, pd.Series]]:
    """Yield column, table and which rows name an id that the table, where there is one, does not know."""
    for column, table in ((GRID_ID, "grids"), (ZONE_ID, "zones")):
        known = tables.get(table)
        if known is not None and not known.empty:
            yield column, table, declared[column].notna() & ~declared[column].isin(known[column])


def grid_villages(layers: Layers, grids: pd.Index) -> pd.Series:
    """Return each grid's village: as stated, else by polygons, else by its code; missing if none says."""
    villages = _column(layers.tables.get("grids"), GRID_ID, VILLAGE_ID).reindex(grids)
    if villages.isna().any() and (found := layers.winners("grids", "villages")) is not None:
        villages = villages.fillna(found.reindex(grids))
    return villages.fillna(village_codes(grids))


def grid_units(layers: Layers, villages: pd.Series) -> tuple[pd.Series, pd.Series]:
    """
    Return the station and the town of each grid, indexed by grid; missing where nothing says.

    As stated for the grid, else for its village, else by polygons, else (towns) by code.

    Parameters
    ----------
    villages
        Village of each grid (`grid_villages`).
    """
    units = []
    for table, key in (("stations", STATION_ID), ("towns", TOWN_ID)):
        stated = _column(layers.tables.get("grids"), GRID_ID, key).reindex(villages.index)
        through = _column(layers.tables.get("villages"), VILLAGE_ID, key)
        unit = stated.fillna(villages.map(through) if len(through) else stated)
        if unit.isna().any() and (found := layers.winners("grids", table)) is not None:
            unit = unit.fillna(found.reindex(unit.index))
        units.append(unit)
    station, town = units
    return station, town.fillna(town_codes(villages.index))


def zone_findings(
    zones: pd.Series,
    stations: pd.Series,
    towns: pd.Series,
    shapes: gpd.GeoSeries | None,
    *,
    stated: pd.Series,
) -> Iterator[dict[str, Any]]:
    """
    Yield the zones whose grids lie under several stations, or, where no station is known, in several towns.

    Also the zones that are listed under another station than the one that most of their grids lie under.

    Parameters
    ----------
    zones, stations, towns
        Zone, station and town of each grid, indexed by grid.
    shapes
        Polygons of the grids, to show where.
    stated
        Station of each zone as its table says, indexed by zone; missing where it does not.
    """
    claimed = zones.map(stated)
    for zone in sorted(zones[claimed.notna() & stations.notna() & (claimed != stations)].unique()):
        members = zones.index[zones == zone]
        counts = stations.reindex(members).value_counts()
        said = stated[zone]
        if counts.get(said, 0) == counts.max():
            continue
        yield finding(
            "zone_station_mismatch",
            "zones",
            zone,
            other=sorted(counts[counts == counts.max()].index)[0],
            geometry=_where(shapes, members),
            share=1 - counts.get(said, 0) / counts.sum(),
            stated=said,
        )
    units, code = (
        (stations, "zone_crosses_station") if stations.notna().any() else (towns, "zone_crosses_town")
    )
    for zone, members in zones.dropna().groupby(zones.dropna()).groups.items():
        counts = units.reindex(members).value_counts()
        if len(counts) < 2:
            continue
        home = sorted(counts[counts == counts.max()].index)[0]
        strays = units.reindex(members)
        strays = strays[strays.notna() & (strays != home)]
        yield finding(
            code,
            "zones",
            zone,
            other=home,
            geometry=_where(shapes, strays.index),
            share=1 - counts[home] / counts.sum(),
            grids=", ".join(strays.index),
            units=", ".join(sorted(counts.index)),
        )


def zone_stations(tables: Mapping[str, pd.DataFrame]) -> pd.Series:
    """Return the station of each zone as its table says, indexed by zone; missing where it does not."""
    return _column(tables.get("zones"), ZONE_ID, STATION_ID)


def _where(shapes: gpd.GeoSeries | None, members: pd.Index) -> Any:
    return None if shapes is None else dissolved(shapes.reindex(members))


def _column(frame: pd.DataFrame | None, key: str, column: str) -> pd.Series:
    if frame is None or column not in frame:
        return pd.Series(dtype=object)
    values = frame.drop_duplicates(key).set_index(key)[column].astype(object)
    return values.where(values.notna() & (values != ""), None)
