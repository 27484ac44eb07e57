"""A plan as tables and map layers: who goes where and why, and the zones that come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from data.schemas import GRID_ID, NAME, STATION_ID, VILLAGE_ID, ZONE_ID
from geo.coverage import dissolve_by
from geo.errors import SettingError
from planning.zone_loads import placed

if TYPE_CHECKING:
    from planning.dual_graph import DualGraph
    from planning.redraw.redrawing import Proposal
    from planning.scorecard import Scorecard
    from ui.names import PlaceNames
    from ui.words import Words

_ZONE_COUNTS = ("grids", "villages", "present")
_ZONE_MEASURES = ("workload", "target", "deviation", "polsby_popper")


def assignment_table(assignment: pd.Series, graph: DualGraph, names: PlaceNames) -> pd.DataFrame:
    """Return a plan as grid_id, zone_id and the names of the grid, its zone, village and station."""
    plan = assignment.fillna("").astype(str).sort_index()
    rows = graph.grids.loc[plan.index]
    return pd.DataFrame(
        {
            GRID_ID: plan.index,
            ZONE_ID: plan.to_numpy(),
            "grid_name": names.all("grids", plan.index),
            "zone_name": names.all("zones", plan),
            "village_name": names.all("villages", rows[VILLAGE_ID]),
            "station_name": names.all("stations", rows[STATION_ID]),
        }
    )


def change_table(proposal: Proposal, t: Words, names: PlaceNames) -> pd.DataFrame:
    """Return a row for each grid that changes its zone: from where, to where, how many people, and why."""
    rows = proposal.changes.sort_values(GRID_ID, kind="stable")
    return pd.DataFrame(
        {
            GRID_ID: rows[GRID_ID],
            "grid_name": names.all("grids", rows[GRID_ID]),
            VILLAGE_ID: rows[VILLAGE_ID],
            "village_name": names.all("villages", rows[VILLAGE_ID]),
            "from_zone_id": rows["from_zone"],
            "from_zone_name": names.all("zones", rows["from_zone"]),
            "to_zone_id": rows["to_zone"],
            "to_zone_name": names.all("zones", rows["to_zone"]),
            "present": rows["present"],
            "workload": rows["workload"].round(3),
            "reason": [
                change_reason(code, facts, t, names)
                for code, facts in zip(rows["reason"], rows["facts"], strict=True)
            ],
            "reason_code": rows["reason"],
        }
    )


def change_reason(code: str, facts: dict[str, Any], t: Words, names: PlaceNames) -> str:
    """Return in words why a grid changes its zone."""
    shown = {key: t.percent(facts[key], signed=True) for key in ("with", "without") if key in facts}
    zone = names("zones", facts["zone"]) if "zone" in facts else ""
    return t(f"change_reason.{code}", zone=zone, **shown)


def in_words(table: pd.DataFrame, t: Words) -> pd.DataFrame:
    """Return a table as people read it: headings in words, reasons without their codes."""
    shown = table.drop(columns="reason_code", errors="ignore")
    return shown.rename(columns={name: t.name("column", name) for name in shown.columns})


def zones_layer(
    assignment: pd.Series, card: Scorecard, graph: DualGraph, names: PlaceNames
) -> gpd.GeoDataFrame:
    """Return the zones of a plan as unions of their grids, with what they hold by its scorecard."""
    shapes = _shapes(graph)
    unions = dissolve_by(shapes, placed(assignment)).sort_index()
    rows = card.zones.reindex(unions.index)
    counts = {name: _whole(rows[name]) for name in _ZONE_COUNTS}
    measures = {name: rows[name].astype(float).to_numpy() for name in _ZONE_MEASURES}
    return gpd.GeoDataFrame(
        {
            ZONE_ID: unions.index.astype(str),
            NAME: names.all("zones", unions.index),
            STATION_ID: rows[STATION_ID].astype(str).to_numpy(),
            **counts,
            **measures,
        },
        geometry=unions.to_numpy(),
        crs=shapes.crs,
    )


def grids_layer(
    assignment: pd.Series, changes: pd.DataFrame, graph: DualGraph, names: PlaceNames
) -> gpd.GeoDataFrame:
    """
    Return the grids with their zone in a plan, and the one that they leave ("" if none).

    Parameters
    ----------
    changes
        grid_id, from_zone of the grids that change their zone.
    """
    shapes = _shapes(graph).sort_index()
    rows = graph.grids.loc[shapes.index]
    plan = assignment.reindex(shapes.index).fillna("").astype(str)
    left = changes.set_index(GRID_ID)["from_zone"]
    return gpd.GeoDataFrame(
        {
            GRID_ID: shapes.index.astype(str),
            ZONE_ID: plan.to_numpy(),
            NAME: names.all("grids", shapes.index),
            VILLAGE_ID: rows[VILLAGE_ID].astype(str).to_numpy(),
            "workload": rows["workload"].to_numpy(dtype=float),
            "changed": shapes.index.isin(left.index),
            "from_zone_id": left.reindex(shapes.index).fillna("").astype(str).to_numpy(),
        },
        geometry=shapes.to_numpy(),
        crs=shapes.crs,
    )


def _whole(counts: pd.Series) -> Any:
    """Return counts as whole numbers; as they are where one is not known."""
    known = counts.astype(float)
    return known.to_numpy() if known.isna().any() else known.round().astype("int64").to_numpy()


def _shapes(graph: DualGraph) -> gpd.GeoSeries:
    if graph.shapes is None:
        raise SettingError("redraw_needs_polygons", grids="", count=len(graph.grids))
    return graph.shapes
