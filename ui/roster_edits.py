"""Teams, stops and closed roads as a page's table shows them, and what was changed in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from data.editing import Changes
from data.schemas import GEOMETRY, LAT, LON, TABLES
from geo.crs import LONLAT, to_lonlat
from geo.errors import Reason, SchemaError

if TYPE_CHECKING:
    from collections.abc import Mapping

# The cell that takes a row away.
REMOVE = "remove"
# Of its place on earth, digits that are worth typing: some decimetres.
_DIGITS = 6


def shown_rows(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """
    Return a table's rows as they are edited: columns of the schema, longitude and latitude, `REMOVE`.

    Parameters
    ----------
    frame
        As the workspace has it; its index counts from 0.
    """
    columns = list(TABLES[table].columns)
    rows = pd.DataFrame(frame).reindex(columns=columns)
    for name, column in TABLES[table].columns.items():
        if column.kind in ("integer", "real"):
            rows[name] = pd.to_numeric(rows[name], errors="coerce")
        elif column.kind == "date":
            rows[name] = pd.to_datetime(rows[name], errors="coerce").dt.date
        else:
            rows[name] = rows[name].astype(object).where(rows[name].notna(), None)
    if TABLES[table].shape == "point":
        rows[[LON, LAT]] = _degrees(frame)
    rows[REMOVE] = False
    return rows


def _degrees(frame: pd.DataFrame) -> pd.DataFrame:
    found = pd.DataFrame({LON: float("nan"), LAT: float("nan")}, index=frame.index)
    if isinstance(frame, gpd.GeoDataFrame) and len(frame):
        placed = ~(frame.geometry.isna() | frame.geometry.is_empty)
        points = to_lonlat(gpd.GeoSeries(frame.geometry[placed], crs=frame.crs))
        found.loc[placed, LON], found.loc[placed, LAT] = points.x.round(_DIGITS), points.y.round(_DIGITS)
    return found


def edits(shown: pd.DataFrame, state: Mapping[str, Any], table: str, *, crs: Any) -> Changes:
    """
    Return what was changed in a table on the page.

    Parameters
    ----------
    shown
        The rows as they were shown; their index says which of the table's they are.
    state
        What the page's widget tells: ``edited_rows`` by position, ``added_rows``, ``deleted_rows``.
    crs
        The district's.

    Raises
    ------
    SchemaError
        ``table_faults`` with ``point_half`` where only longitude or latitude is given, ``point_off_earth``
        where they are none.
    """
    key = TABLES[table].key[0]
    ids = shown[key].astype(str).tolist()
    changed, added, removed, faults = {}, [], [ids[i] for i in state.get("deleted_rows", ())], []
    for at, cells in state.get("edited_rows", {}).items():
        row = shown.iloc[int(at)]
        if cells.get(REMOVE):
            removed.append(ids[int(at)])
            continue
        if found := _cells(cells, row.to_dict(), faults, row=int(row.name) + 1, crs=crs):
            changed[ids[int(at)]] = found
    for i, cells in enumerate(state.get("added_rows", ())):
        if found := _cells(cells, {}, faults, row=len(shown) + i + 1, crs=crs):
            added.append({name: value for name, value in found.items() if value is not None})
    if faults:
        raise SchemaError("table_faults", table=table, file=None, count=len(faults), reasons=tuple(faults))
    return Changes(
        changed=changed, added=tuple(row for row in added if row), removed=tuple(dict.fromkeys(removed))
    )


def edit_count(changes: Changes) -> int:
    """Return how many rows are concerned."""
    return len({*changes.changed} - {*changes.removed}) + len(changes.added) + len(changes.removed)


def _cells(
    cells: Mapping[str, Any], before: Mapping[str, Any], faults: list[Reason], *, row: int, crs: Any
) -> dict[str, Any]:
    """Return cells as the table takes them; a place from its longitude and latitude."""
    found = {name: _plain(value) for name, value in cells.items() if name not in (LON, LAT, REMOVE)}
    if LON not in cells and LAT not in cells:
        return found
    lon, lat = (_number(cells.get(name, before.get(name))) for name in (LON, LAT))
    if (lon is None) != (lat is None):
        faults.append(Reason("point_half", {"row": row}))
    elif lon is None:
        found[GEOMETRY] = None
    elif abs(lon) > 180 or abs(lat) > 90:
        faults.append(Reason("point_off_earth", {"row": row, "lon": lon, "lat": lat}))
    else:
        found[GEOMETRY] = gpd.GeoSeries([shapely.Point(lon, lat)], crs=LONLAT).to_crs(crs).iloc[0]
    return found


def _plain(value: Any) -> Any:
    return value.strip() or None if isinstance(value, str) else value


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
