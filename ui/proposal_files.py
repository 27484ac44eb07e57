"""A redraw in a folder of files: for each plan its assignment, its changes and its map layers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from data.exporting import export_bytes, export_layers, require_export_folder, require_export_target
from ui.proposal_tables import assignment_table, change_table, grids_layer, in_words, zones_layer
from ui.proposals import title
from ui.tables import write_csv, write_xlsx

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from planning.dual_graph import DualGraph
    from planning.redraw.redrawing import Proposal
    from ui.names import PlaceNames
    from ui.words import Words


def require_folder(folder: Path) -> None:
    """Make a folder ready to be written to; raises as `require_export_folder` and `require_export_target`."""
    require_export_folder(folder)
    require_export_target(folder / "summary.json")


def write_proposals(
    folder: Path,
    proposals: Sequence[Proposal],
    summary: Mapping[str, Any],
    graph: DualGraph,
    *,
    t: Words,
    names: PlaceNames,
) -> list[str]:
    """
    Write the plans of a redraw, and return the names of the files.

    For each plan a CSV and a workbook of its assignment and of its changes, and a GeoPackage with its zones
    and grids; summary.json tells what is in them. Files of an earlier redraw are replaced.

    Parameters
    ----------
    summary
        What `gridbeat redraw --json` says.
    """
    files = {}
    for place, proposal in enumerate(proposals, start=1):
        files[proposal.name] = _write_one(folder, f"{place}-{proposal.name}", proposal, graph, t, names)
    plans = [{**plan, "files": files[plan["name"]]} for plan in summary["plans"]]
    content = json.dumps({**summary, "plans": plans}, ensure_ascii=False, indent=1)
    export_bytes(content.encode(), folder / "summary.json")
    return [*(name for written in files.values() for name in written), "summary.json"]


def _write_one(
    folder: Path, stem: str, proposal: Proposal, graph: DualGraph, t: Words, names: PlaceNames
) -> list[str]:
    tables = {
        "assignment": assignment_table(proposal.assignment, graph, names),
        "changes": change_table(proposal, t, names),
    }
    written = []
    for kind, table in tables.items():
        export_bytes(write_csv(table), folder / f"{stem}_{kind}.csv")
        sheet = f"{t(f'redraw.file_{kind}')} {title(proposal, t)}"
        export_bytes(write_xlsx({sheet: in_words(table, t)}), folder / f"{stem}_{kind}.xlsx")
        written += [f"{stem}_{kind}.csv", f"{stem}_{kind}.xlsx"]
    # The grids first: who reads the plan back needs them.
    plan = proposal.assignment
    layers = {
        "grids": grids_layer(plan, proposal.changes, graph, names),
        "zones": zones_layer(plan, proposal.scorecard, graph, names),
    }
    export_layers(layers, folder / f"{stem}.gpkg")
    return [*written, f"{stem}.gpkg"]
