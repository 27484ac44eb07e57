"""What a redraw proposes, in words and as tables: the plans, their changes, what cannot be met."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from data.schemas import GRID_ID, NAME, STATION_ID, VILLAGE_ID, ZONE_ID
from geo.coverage import dissolve_by
from geo.errors import SettingError
from ui.words import NOTHING

if TYPE_CHECKING:
    from planning.dual_graph import DualGraph
    from planning.redraw.feasibility import Unmet
    from planning.redraw.params import RedrawParams
    from planning.redraw.proving import Proved
    from planning.redraw.redrawing import Proposal, Redraw
    from ui.names import PlaceNames
    from ui.words import Words

_ZONE_MEASURES = ("grids", "villages", "present", "workload", "target", "deviation", "polsby_popper")


def title(proposal: Proposal, t: Words) -> str:
    """Return what a plan is called: its mark, if it has one, and what it is best at or aimed at."""
    called = t.name("proposal", proposal.name)
    return t(f"redraw.mark_{proposal.mark}", name=called) if proposal.mark else called


def proposal_facts(proposal: Proposal, t: Words, *, plan_id: str | None) -> dict[str, Any]:
    """Return the figures of a plan under stable keys."""
    return {
        **proposal.scorecard.summary(),
        "id": plan_id,
        "name": proposal.name,
        "mark": proposal.mark,
        "title": title(proposal, t),
        **margins(proposal),
    }


def margins(proposal: Proposal) -> dict[str, float | None]:
    """Return a plan's floor, the greatest bound known and the gap to it; None without a plan of today."""
    if proposal.scorecard.change is None:
        return dict.fromkeys(("floor", "bound", "gap"))
    return {"floor": proposal.floor, "bound": proposal.bound, "gap": proposal.gap}


def proposal_line(proposal: Proposal, t: Words, *, plan_id: str | None) -> str:
    """Return a plan in one line: what it moves, and what that brings."""
    figures = proposal.scorecard.summary()
    called = t("redraw.plan", title=title(proposal, t), id=plan_id or NOTHING)
    change = t(
        "redraw.plan_change",
        moved=t.percent(figures["workload_moved"]),
        villages=t.number(figures["villages_touched"]),
        floor=t.percent(proposal.bound),
        gap=t.number(proposal.gap * 100, 1),
    )
    measures = t(
        "redraw.plan_measures",
        deviation=t.percent(figures["max_deviation"]),
        cv=t.number(figures["cv"], 3),
        shape=t.number(figures["polsby_popper"], 3),
        cut=t.number(figures["cut_edges"]),
    )
    return called + (change if proposal.scorecard.change else "") + measures


def unmet_sentence(unmet: Unmet, params: RedrawParams, t: Words, names: PlaceNames) -> str:
    """Return what a station's zones cannot meet, how near they come, and what would help."""
    station = names("stations", unmet.station) if unmet.station else t("redraw.whole_district")
    said = t(
        "redraw.unmet_proved" if unmet.proved else "redraw.unmet_not_found",
        station=station,
        zones=t.number(unmet.zones),
        asked=t.percent(unmet.asked),
        whole="" if params.split_villages else t("redraw.whole_villages"),
        met=t.percent(unmet.met),
    )
    zones, torn = t.number(unmet.zones_needed), t.listed(names.all("villages", unmet.split))
    count = t.number(len(unmet.split))
    if unmet.zones_needed is not None and unmet.split:
        return said + t("redraw.unmet_either", zones=zones, count=count, villages=torn)
    if unmet.split:
        return said + t("redraw.unmet_split", count=count, villages=torn)
    return said + (
        t("redraw.unmet_no_way") if unmet.zones_needed is None else t("redraw.unmet_zones", zones=zones)
    )


def unmet_facts(unmet: Unmet) -> dict[str, Any]:
    """Return what cannot be met under stable keys."""
    return {
        "station_id": unmet.station,
        "zones": unmet.zones,
        "asked": unmet.asked,
        "met": unmet.met,
        "bound": unmet.bound,
        "proved": unmet.proved,
        "zones_needed": unmet.zones_needed,
        "split": list(unmet.split),
    }


def proof_facts(proof: Proved, names: PlaceNames) -> list[dict[str, Any]]:
    """Return what is proved of each station, workload as a share of the district's."""
    total = float(proof.redraw.built.problem.weight.sum())
    return [
        {
            "station_id": row["region"],
            NAME: names.region(row["region"]),
            **{key: int(row[key]) for key in ("units", "zones", "hops")},
            **{key: bool(row[key]) for key in ("feasible", "closed", "optimal")},
            "moved": _share(row["value"], total),
            **{key: _share(row[key], total) for key in ("floor", "bound", "best", "within")},
            "gap": _share(row["gap_of_all"], 1.0),
            "seconds": round(float(row["seconds"]), 3),
        }
        for row in proof.regions.to_dict("records")
    ]


def proof_lines(proof: Proved, t: Words, names: PlaceNames) -> list[str]:
    """Return a line for each station: what moves, what has to, what is proved, and inside what limits."""
    lines = [
        t(
            "redraw.proof",
            station=row[NAME] or t("redraw.whole_district"),
            moved=t.percent(row["best"], 2),
            floor=t.percent(row["floor"], 2),
            bound=t.percent(row["bound"], 2),
            gap=NOTHING if row["gap"] is None else t.number(row["gap"] * 100, 2),
        )
        + _verdict(row, t)
        for row in proof_facts(proof, names)
    ]
    return [t("redraw.proof_title"), *lines, *([t("redraw.proof_better")] if proof.better else [])]


def _verdict(row: dict[str, Any], t: Words) -> str:
    if row["optimal"]:
        return t("redraw.proof_optimal")
    key = "redraw.proof_closed" if row["closed"] else "redraw.proof_open"
    return t(key, hops=t.number(row["hops"]), within=t.percent(row["within"], 2))


def _share(value: float, total: float) -> float | None:
    # Differences of sums may end up a hair below nothing.
    return max(float(value) / total, 0.0) if math.isfinite(value) else None


def station_facts(found: Redraw, names: PlaceNames) -> list[dict[str, Any]]:
    """Return the zones and the tolerance of each station."""
    return [
        {
            STATION_ID: str(row.Index),
            NAME: names("stations", row.Index),
            "zones": int(row.zones),  # type: ignore[arg-type]
            "tolerance": float(row.tolerance),  # type: ignore[arg-type]
        }
        for row in found.stations.itertuples()
    ]


def assignment_table(proposal: Proposal, graph: DualGraph, names: PlaceNames) -> pd.DataFrame:
    """Return a plan as grid_id, zone_id and the names of the grid, its zone, village and station."""
    rows = graph.grids.loc[proposal.assignment.index]
    plan = proposal.assignment.astype(str)
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
    rows = proposal.changes
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
    """Return a table with its headings in words."""
    return table.rename(columns={name: t.name("column", name) for name in table.columns})


def zones_layer(proposal: Proposal, graph: DualGraph, names: PlaceNames) -> gpd.GeoDataFrame:
    """Return the zones of a plan as unions of their grids, with what they hold."""
    shapes = _shapes(graph)
    unions = dissolve_by(shapes, proposal.assignment)
    rows = proposal.scorecard.zones.reindex(unions.index)
    measures = {name: rows[name].astype(float).to_numpy() for name in _ZONE_MEASURES}
    return gpd.GeoDataFrame(
        {
            ZONE_ID: unions.index.astype(str),
            NAME: names.all("zones", unions.index),
            STATION_ID: rows[STATION_ID].astype(str).to_numpy(),
            **measures,
        },
        geometry=unions.to_numpy(),
        crs=shapes.crs,
    )


def grids_layer(proposal: Proposal, graph: DualGraph, names: PlaceNames) -> gpd.GeoDataFrame:
    """Return the grids with their zone in a plan, and the one that they leave ("" if none)."""
    shapes = _shapes(graph)
    rows = graph.grids.loc[shapes.index]
    plan = proposal.assignment.reindex(shapes.index).astype(str)
    left = proposal.changes.set_index(GRID_ID)["from_zone"]
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


def _shapes(graph: DualGraph) -> gpd.GeoSeries:
    if graph.shapes is None:
        raise SettingError("redraw_needs_polygons", grids="", count=len(graph.grids))
    return graph.shapes
