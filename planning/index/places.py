"""The villages that are judged: who they are, what they are measured against, which are like each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from data.schemas import (
    FLOATING,
    GRID_ID,
    KIND,
    NAME,
    RESIDENTS,
    STATION_ID,
    TOWN_ID,
    VALID_FROM,
    VALID_TO,
    VILLAGE_ID,
)
from geo.crs import require_metric
from geo.errors import SettingError
from geo.nesting import NestingParams
from planning.hierarchy import Layers, grid_villages, layer_shapes
from planning.profile import AREA_KM2, PRESENT, ROAD_KM
from planning.workload import road_lengths

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from planning.periods import Period

CLASS = "class"
ABOUT = (NAME, KIND, TOWN_ID, STATION_ID)


def villages_of(tables: Mapping[str, pd.DataFrame], period: Period | None = None) -> pd.DataFrame:
    """
    Return the villages and communities of a district.

    They are those of the villages' table that are there in the period, else those that the grids name.

    Returns
    -------
    DataFrame
        Indexed by village_id, in the order of the codes: name, kind, town_id, station_id ("": not known).

    Raises
    ------
    SettingError
        ``index_without_villages``.
    """
    table = tables.get("villages")
    if table is not None and not table.empty:
        rows = _in_force(pd.DataFrame(table), period).drop_duplicates(VILLAGE_ID)
        about = {name: rows[name].astype("str").fillna("") if name in rows else "" for name in ABOUT}
        villages = pd.DataFrame({VILLAGE_ID: rows[VILLAGE_ID].astype("str"), **about}).set_index(VILLAGE_ID)
    else:
        named = village_of_grid(tables).dropna().unique()
        villages = pd.DataFrame("", index=pd.Index(named, name=VILLAGE_ID, dtype="str"), columns=list(ABOUT))
    if villages.empty:
        raise SettingError("index_without_villages")
    return villages.sort_index()


def village_of_grid(tables: Mapping[str, pd.DataFrame]) -> pd.Series:
    """Return the village of each grid, indexed by grid_id; see `planning.hierarchy.grid_villages`."""
    grids = tables.get("grids")
    if grids is None or grids.empty:
        return pd.Series(dtype="str", index=pd.Index([], name=GRID_ID, dtype="str"), name=VILLAGE_ID)
    ids = pd.Index(grids[GRID_ID].astype("str").unique(), name=GRID_ID, dtype="str")
    return grid_villages(Layers(tables, NestingParams()), ids).rename(VILLAGE_ID)


def people_present(grids: pd.DataFrame | None, home: pd.Series) -> pd.Series | None:
    """
    Return the people present in each village (实有人口), residents and floating; None where nothing tells.

    Parameters
    ----------
    grids
        With residents or floating, either of which may lack.
    home
        Village of each grid, indexed by grid_id.
    """
    parts = [_summed(grids, home, part) for part in (RESIDENTS, FLOATING)]
    known = [part for part in parts if part is not None]
    return pd.concat(known, axis=1).sum(axis=1, min_count=1) if known else None


def denominators(
    tables: Mapping[str, pd.DataFrame], villages: pd.Index, names: Collection[str]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """
    Return what counts are measured against: a row per village, a column per name that is known.

    Parameters
    ----------
    names
        present, residents, floating, area_km2, road_km, or other numeric columns of the grids or villages.

    Returns
    -------
    denominators, unknown
        Names of which nothing is known are in the second.
    """
    grids = tables.get("grids")
    home = village_of_grid(tables)
    columns = {}
    for name in names:
        found = _denominator(tables, grids, home, name)
        if found is not None:
            columns[name] = found.reindex(villages)
    unknown = tuple(name for name in names if name not in columns)
    return pd.DataFrame(columns, index=villages, dtype=float), unknown


def known_denominators(tables: Mapping[str, pd.DataFrame]) -> tuple[str, ...]:
    """Return the names that `denominators` can answer of these tables."""
    found = [PRESENT, RESIDENTS, FLOATING, AREA_KM2, ROAD_KM]
    for table in ("grids", "villages"):
        frame = tables.get(table)
        if frame is not None:
            found += [str(c) for c in frame.columns if pd.api.types.is_numeric_dtype(frame[c])]
    return tuple(dict.fromkeys(found))


def classes_of(
    villages: pd.DataFrame, present: pd.Series, by: Sequence[str], *, size_bands: int = 1
) -> pd.Series:
    """
    Return the class of each village: those that are alike are compared with each other.

    Parameters
    ----------
    villages
        As of `villages_of`.
    present
        People present in each village.
    by
        Columns that villages of a class have in common.
    size_bands
        Bands of equal number into which each class is divided by people present, the smallest first.

    Returns
    -------
    Series
        E.g. ``community``, ``village/2``; "" where all are one class.
    """
    parts = [villages[name].astype("str") for name in by]
    label = pd.Series("", index=villages.index, dtype="str")
    for part in parts:
        label = part if (label == "").all() else label + "/" + part
    if size_bands > 1:
        order = present.fillna(0.0).groupby(label).rank(method="first")
        size = label.map(label.value_counts())
        band = np.ceil(order / size * size_bands).astype(int).astype("str")
        label = (label + "/" + band).str.removeprefix("/")
    return label.rename(CLASS)


def _in_force(rows: pd.DataFrame, period: Period | None) -> pd.DataFrame:
    if period is None:
        return rows
    kept = pd.Series(data=True, index=rows.index)
    if VALID_FROM in rows:
        begins = rows[VALID_FROM].astype("str").fillna("")
        kept &= begins <= period.last.isoformat()
    if VALID_TO in rows:
        ends = rows[VALID_TO].astype("str").fillna("")
        kept &= (ends == "") | (ends >= period.first.isoformat())
    return rows[kept]


def _denominator(
    tables: Mapping[str, pd.DataFrame], grids: pd.DataFrame | None, home: pd.Series, name: str
) -> pd.Series | None:
    if name == PRESENT:
        return people_present(grids, home)
    if name == AREA_KM2:
        return _area_km2(tables, home)
    if name == ROAD_KM:
        return _road_km(tables, home)
    villages = tables.get("villages")
    if villages is not None and name in villages and pd.api.types.is_numeric_dtype(villages[name]):
        return villages.drop_duplicates(VILLAGE_ID).set_index(VILLAGE_ID)[name].astype(float)
    return _summed(grids, home, name)


def _summed(grids: pd.DataFrame | None, home: pd.Series, name: str) -> pd.Series | None:
    if grids is None or name not in grids:
        return None
    rows = grids.drop_duplicates(GRID_ID)
    values = pd.to_numeric(rows[name], errors="coerce").astype(float)
    values = values.set_axis(rows[GRID_ID].astype("str")).reindex(home.index)
    return values.groupby(home).sum(min_count=1) if values.notna().any() else None


def _area_km2(tables: Mapping[str, pd.DataFrame], home: pd.Series) -> pd.Series | None:
    shapes = layer_shapes(tables, "villages")
    own = shapes is not None
    shapes = shapes if shapes is not None else layer_shapes(tables, "grids")
    if shapes is None:
        return None
    require_metric(shapes.crs, layer="villages" if own else "grids")
    area = pd.Series(shapely.area(shapes.array) / 1e6, index=shapes.index.astype("str"))
    return area.groupby(level=0).sum() if own else area.groupby(home.reindex(area.index)).sum()


def _road_km(tables: Mapping[str, pd.DataFrame], home: pd.Series) -> pd.Series | None:
    shapes, roads = layer_shapes(tables, "grids"), tables.get("roads")
    if shapes is None or roads is None or roads.empty or "geometry" not in roads:
        return None
    km = pd.Series(road_lengths(shapes, roads.geometry) / 1000, index=shapes.index.astype("str"))
    return km.groupby(home.reindex(km.index)).sum()
