"""Whether each level rolls up into the next: grid ⊂ village ⊂ town, zone inside one station."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from data.schemas import GRID_ID, STATION_ID, TABLES, TOWN_ID, VILLAGE_ID, ZONE_ID
from geo.coverage import has_shape
from geo.nesting import NESTED, ORPHAN, STRADDLING, TIE, NestingParams, area_shares, best_parents
from planning.codes import town_codes, village_codes
from planning.findings import finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import geopandas as gpd

_KEYS = {"grids": GRID_ID, "villages": VILLAGE_ID, "towns": TOWN_ID, "stations": STATION_ID, "zones": ZONE_ID}
# child table, parent table, and the codes of: in another, in several, in none.
_LEVELS = (
    ("grids", "villages", "grid_village_mismatch", "grid_cut_by_village", "grid_village_missing"),
    ("villages", "towns", "village_town_mismatch", "village_cut_by_town", "village_town_missing"),
)


def layer_shapes(tables: Mapping[str, pd.DataFrame], table: str) -> gpd.GeoSeries | None:
    """Return a table's polygons by id, without null and empty ones; None if there is none at all."""
    frame = tables.get(table)
    if frame is None or "geometry" not in frame or frame.empty:
        return None
    shapes = frame.set_index(_KEYS[table]).geometry
    shapes = shapes[has_shape(shapes)]
    return None if shapes.empty else shapes


def level_findings(tables: Mapping[str, pd.DataFrame], params: NestingParams) -> Iterator[dict[str, Any]]:
    """Yield where grids do not lie in their village, and villages not in their town, by polygons."""
    for child, parent, mismatch, cut, missing in _LEVELS:
        inner, outer = layer_shapes(tables, child), layer_shapes(tables, parent)
        if inner is None or outer is None:
            continue
        best = best_parents(area_shares(inner, outer), inner.index, params)
        stated = _column(tables[child], _KEYS[child], _KEYS[parent]).reindex(inner.index)
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
        for label in best.index[differs & best["status"].isin([NESTED, STRADDLING, TIE])]:
            yield finding(
                mismatch,
                child,
                label,
                other=best.at[label, "parent"],
                share=float(best["share"][label]),
                geometry=inner[label],
                stated=stated[label],
            )


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


def grid_villages(tables: Mapping[str, pd.DataFrame], grids: pd.Index, params: NestingParams) -> pd.Series:
    """Return each grid's village: as stated, else by polygons, else by its code; missing if none says."""
    villages = _column(tables.get("grids"), GRID_ID, VILLAGE_ID).reindex(grids)
    inner, outer = layer_shapes(tables, "grids"), layer_shapes(tables, "villages")
    if villages.isna().any() and inner is not None and outer is not None:
        villages = villages.fillna(_winners(inner, outer, params).reindex(grids))
    return villages.fillna(village_codes(grids))


def grid_units(
    tables: Mapping[str, pd.DataFrame], villages: pd.Series, params: NestingParams
) -> tuple[pd.Series, pd.Series]:
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
        stated = _column(tables.get("grids"), GRID_ID, key).reindex(villages.index)
        through = _column(tables.get("villages"), VILLAGE_ID, key)
        unit = stated.fillna(villages.map(through) if len(through) else stated)
        inner, outer = layer_shapes(tables, "grids"), layer_shapes(tables, table)
        if unit.isna().any() and inner is not None and outer is not None:
            unit = unit.fillna(_winners(inner, outer, params).reindex(unit.index))
        units.append(unit)
    station, town = units
    return station, town.fillna(town_codes(villages.index))


def zone_findings(
    zones: pd.Series, stations: pd.Series, towns: pd.Series, shapes: gpd.GeoSeries | None
) -> Iterator[dict[str, Any]]:
    """
    Yield the zones whose grids lie under several stations, or, where no station is known, in several towns.

    Parameters
    ----------
    zones, stations, towns
        Zone, station and town of each grid, indexed by grid.
    shapes
        Polygons of the grids, to show where.
    """
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
        where = None if shapes is None else shapes.reindex(strays.index).union_all()
        yield finding(
            code,
            "zones",
            zone,
            other=home,
            geometry=where,
            share=1 - counts[home] / counts.sum(),
            grids=", ".join(strays.index),
            units=", ".join(sorted(counts.index)),
        )


def _winners(inner: gpd.GeoSeries, outer: gpd.GeoSeries, params: NestingParams) -> pd.Series:
    return best_parents(area_shares(inner, outer), inner.index, params)["parent"]


def _column(frame: pd.DataFrame | None, key: str, column: str) -> pd.Series:
    if frame is None or column not in frame:
        return pd.Series(dtype=object)
    values = frame.drop_duplicates(key).set_index(key)[column].astype(object)
    return values.where(values.notna() & (values != ""), None)
