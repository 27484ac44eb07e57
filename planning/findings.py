"""Findings (问题清单): what is wrong, where, how much of it, in one table for page, paper and file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyproj import CRS

ERROR, WARNING = "error", "warning"
# In the order in which they are shown: what stops "every grid in exactly one zone" comes first.
SEVERITY = {
    "grid_orphan": ERROR,
    "assignment_repeated": ERROR,
    "grid_tie": ERROR,
    "grid_straddles": ERROR,
    "zone_empty": ERROR,
    "grid_enclave": ERROR,
    "zone_crosses_station": ERROR,
    "zone_crosses_town": WARNING,
    "zone_station_mismatch": WARNING,
    "assignment_differs": WARNING,
    "grid_village_mismatch": WARNING,
    "grid_cut_by_village": WARNING,
    "grid_village_missing": WARNING,
    "village_town_mismatch": WARNING,
    "village_cut_by_town": WARNING,
    "village_town_missing": WARNING,
    "grid_code_odd": WARNING,
    "grid_code_mismatch": WARNING,
    "id_unknown": WARNING,
    "geometry_invalid": WARNING,
    "geometry_absent": WARNING,
    "geometry_no_area": WARNING,
    "population_outside": WARNING,
    "layer_overlap": WARNING,
    "layer_gap": WARNING,
    "layer_slivers": WARNING,
}
COLUMNS = ("code", "severity", "layer", "id", "other_id", "area_m2", "share", "facts")


def finding(
    code: str,
    layer: str,
    label: object,
    *,
    other: object = "",
    area_m2: float | None = None,
    share: float | None = None,
    geometry: Any = None,
    **facts: Any,
) -> dict[str, Any]:
    """
    Return one finding, a row for `findings_frame`.

    Parameters
    ----------
    code
        A key of `SEVERITY`.
    layer, label
        The table and the id of the row at fault.
    other
        The id of the other row concerned, if any.
    area_m2, share
        How much of it, if that can be said.
    geometry
        Where, in the district's CRS.
    **facts
        Whatever else the sentence needs.
    """
    # Twice: as columns to sort and filter by, and in the facts, from which alone a sentence is filled.
    known = {"layer": layer, "id": label, "other_id": other, "area_m2": area_m2, "share": share}
    return {
        "code": code,
        "severity": SEVERITY[code],
        **known,
        "facts": {**known, **facts},
        "geometry": geometry,
    }


def findings_frame(rows: Iterable[dict[str, Any]], crs: CRS | None) -> gpd.GeoDataFrame:
    """Return findings as one table, gravest kind first, then largest area, then by id."""
    rows = list(rows)
    frame = pd.DataFrame({name: [row[name] for row in rows] for name in COLUMNS}, columns=list(COLUMNS))
    frame["area_m2"] = frame["area_m2"].astype(float)
    frame["share"] = frame["share"].astype(float)
    rank = frame["code"].map({code: place for place, code in enumerate(SEVERITY)})
    order = frame.assign(rank=rank).sort_values(
        ["rank", "area_m2", "id"],
        ascending=[True, False, True],
        key=lambda v: v.astype(str) if v.name == "id" else v,
    )
    shapes = [rows[position]["geometry"] for position in order.index]
    return gpd.GeoDataFrame(frame.loc[order.index].reset_index(drop=True), geometry=shapes, crs=crs)
