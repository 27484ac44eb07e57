"""What can be taken out of a workspace by name: layers, plans, the findings, whole maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from data.exporting import LAYER_SUFFIXES, export_bytes, export_layer, require_export_target
from data.plans import read_assignment, today_plan_id
from data.schemas import TABLES, ZONE_ID
from geo.coverage import dissolve_by
from geo.errors import FileError, SettingError
from planning.hierarchy import layer_shapes
from planning.nesting import nest_district
from ui.place import credit_line
from ui.saving import NESTING_TABLES, read_tables
from ui.tables import findings_table, write_csv, write_xlsx
from ui.words import words

if TYPE_CHECKING:
    from pathlib import Path

    from data.workspace import Workspace

_MAPS = ("nesting", "overview")
_TABLE_SUFFIXES = (".csv", ".xlsx")


def export_from(workspace: Workspace, what: str, path: Path, *, lang: str) -> int:
    """
    Write what is named into a file of its own, and return the number of its rows.

    Parameters
    ----------
    what
        A table's name; ``plan`` (today's: the one in force, else the nesting's) or ``plan:ID``: grid_id and
        zone_id as a table, the zones as unions of their grids as a layer; ``findings``; ``map:nesting`` or
        ``map:overview``.
    lang
        Language of findings and maps.

    Raises
    ------
    SettingError
        ``export_unknown``, ``plan_unknown``, ``plan_none``, ``plan_grids_unknown`` (the grids were
        imported anew since).
    FileError
        ``file_kind_unknown``, or as `data.exporting.require_export_target`.
    """
    require_export_target(path)
    kind, _, label = what.partition(":")
    if kind == "plan":
        return _export_plan(workspace, label, path)
    if what == "findings":
        findings = nest_district(read_tables(workspace, NESTING_TABLES)).findings
        return _write_table(findings_table(findings, words(lang)), path, words(lang)("findings.title"))
    if kind == "map" and label in _MAPS:
        return _write_map(workspace, label, path, lang)
    present = [name for name in TABLES if name in workspace.counts()]
    if what not in present:
        known = ", ".join([*present, "plan:ID", "findings", *(f"map:{name}" for name in _MAPS)])
        raise SettingError("export_unknown", found=what, known=known)
    return _write_frame(workspace.read(what), path, what)


def _export_plan(workspace: Workspace, label: str, path: Path) -> int:
    plan_id = label or today_plan_id(workspace)
    if plan_id is None:
        raise SettingError("plan_none")
    assignment = read_assignment(workspace, plan_id)
    if path.suffix.lower() in _TABLE_SUFFIXES:
        return _write_table(assignment.reset_index(), path, plan_id)
    grids = layer_shapes({"grids": workspace.read("grids")}, "grids")
    if grids is None:
        raise SettingError("nest_needs_layers", missing="grids")
    if lost := sorted(set(assignment.index) - set(grids.index)):
        raise SettingError("plan_grids_unknown", plan=plan_id, count=len(lost), grids=", ".join(lost[:5]))
    unions = dissolve_by(grids, assignment)
    named = pd.DataFrame(workspace.read("zones")).drop(columns="geometry", errors="ignore")
    counts = assignment.value_counts().rename("grids")
    zones = (
        pd.DataFrame({ZONE_ID: unions.index}).merge(named, on=ZONE_ID, how="left").join(counts, on=ZONE_ID)
    )
    return _write_frame(gpd.GeoDataFrame(zones, geometry=unions.to_numpy(), crs=grids.crs), path, plan_id)


def _write_frame(frame: pd.DataFrame, path: Path, name: str) -> int:
    if path.suffix.lower() in _TABLE_SUFFIXES:
        return _write_table(pd.DataFrame(frame).drop(columns="geometry", errors="ignore"), path, name)
    if not isinstance(frame, gpd.GeoDataFrame):
        raise FileError(
            "file_kind_unknown", file=str(path), found=path.suffix, known=" ".join(_TABLE_SUFFIXES)
        )
    export_layer(frame, path, name=name)
    return len(frame)


def _write_table(frame: pd.DataFrame, path: Path, title: str) -> int:
    suffix = path.suffix.lower()
    if suffix not in _TABLE_SUFFIXES:
        known = " ".join((*_TABLE_SUFFIXES, *LAYER_SUFFIXES))
        raise FileError("file_kind_unknown", file=str(path), found=suffix, known=known)
    export_bytes(write_xlsx({title: frame}) if suffix == ".xlsx" else write_csv(frame), path)
    return len(frame)


def _write_map(workspace: Workspace, label: str, path: Path, lang: str) -> int:
    from ui.maps.nesting import nesting_map
    from ui.maps.offline import offline_html
    from ui.maps.overview import elements_map

    if path.suffix.lower() not in (".html", ".htm"):
        raise FileError("file_kind_unknown", file=str(path), found=path.suffix, known=".html")
    tables = read_tables(workspace)
    credit = credit_line(workspace, words(lang))
    if label == "overview":
        m = elements_map(tables, lang=lang, credit=credit)
    else:
        m = nesting_map(tables, nest_district(tables), lang=lang, credit=credit)
    title = words(lang)("overview.map_title" if label == "overview" else "nesting.title")
    export_bytes(offline_html(m, title=title).encode(), path)
    return 1
