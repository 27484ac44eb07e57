"""What only the whole file tells: repeated ids, unknown references, and how it fits the district."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from data.examining import NUMBERED
from data.guarding import blotted
from data.imports import counted_anew
from data.reporting import ImportReport, nested_counts
from data.rosters import one_row_a_team
from data.schemas import MEMBER_NAMES, TABLES
from geo.coverage import dissolve_by, has_shape
from geo.fit import RAW, distance_apart_m, reading_fits, suggested_system
from geo.gcj02 import SYSTEMS

if TYPE_CHECKING:
    from data.examining import Examination
    from data.importing import ImportParams
    from data.incoming import Intake
from data.reporting import Weight

_SHOWN = 5
# What is handed in period by period.
_ACCUMULATING = ("incidents", "indicators")
# How `data.readers.kml` spells what it reads.
_STATED = {"gcj02": "GCJ-02", "bd09": "BD-09"}
_COMPARED_SHAPES = 2_000
_COMPARED_CALLS = 5_000
# A layer whose nearest shape is as far as this from all that is loaded belongs to another place.
_ELSEWHERE_M = 20_000.0


def checked(intake: Intake, looked: Examination, params: ImportParams) -> ImportReport:
    """
    Return the report on rows that are all staged, after the checks that take all of them.

    Repeated ids are merged if `params.dissolve` says so, and told of otherwise.
    """
    dissolved = _repeated(intake, dissolve=params.dissolve)
    mode = params.mode or _mode(intake)
    _shapes(intake, mode)
    _calls(intake, mode)
    _ids(intake, mode)
    _references(intake)
    _stated_in_file(intake, looked)
    _fit(intake)
    _fit_of_calls(intake)
    _dropped(intake, mode)
    findings = intake.findings
    return ImportReport(
        file=looked.file,
        layer=looked.layer.name,
        table=intake.table,
        mode=mode,
        rows=intake.staging.rows,
        rows_read=intake.rows_read,
        replaced=intake.loaded.counts.get(intake.table, 0),
        mapping=dict(intake.mapping),
        left_out=[blotted(name) for name in looked.layer.columns if name not in intake.mapping.values()],
        personal={blotted(name): kind for name, kind in looked.personal.items()},
        file_crs="" if intake.reading is None else intake.reading.label,
        dissolved=dissolved,
        left={reason.code: int(str(reason.facts["count"])) for reason in intake.left.reasons()},
        findings=tuple(findings.kept),
        counts=nested_counts(findings),
    )


def _repeated(intake: Intake, *, dissolve: bool) -> int:
    staged = intake.staging
    repeated = staged.repeated()
    if not repeated:
        return 0
    if MEMBER_NAMES in intake.mapping:
        staged.replace_rows(one_row_a_team(staged.repeated_rows()))
        return 0
    if dissolve and staged.shape == "MULTIPOLYGON":
        staged.replace_rows(_merged(staged.repeated_rows(), TABLES[intake.table].key[0]))
        return len(repeated)
    for name, row, first in repeated:
        intake.findings.add("fault", "id_repeated", id=blotted(name), row=row, first=first)
    if staged.shape == "MULTIPOLYGON":
        ids = {name for name, _, _ in repeated}
        intake.findings.add("suggestion", "dissolve_offered", count=len(ids), rows=len(repeated) + len(ids))
    return 0


def _merged(rows: gpd.GeoDataFrame, key: str) -> gpd.GeoDataFrame:
    """Return one row for each id: the first one's cells, the union of all shapes."""
    shapes = dissolve_by(rows.geometry.reset_index(drop=True), rows[key].reset_index(drop=True))
    first = pd.DataFrame(rows.drop(columns=rows.geometry.name)).drop_duplicates(key)
    return gpd.GeoDataFrame(first, geometry=shapes.reindex(first[key]).to_numpy(), crs=rows.crs)


def _mode(intake: Intake) -> str:
    """Rows without shapes must not take the shapes away that are there, nor this month's the last one's."""
    if intake.table in _ACCUMULATING and intake.loaded.counts.get(intake.table):
        return "update"
    bare = intake.staging.shape is None and TABLES[intake.table].shape is not None
    # Without ids nothing could be told apart: the rows would only come twice.
    return (
        "update"
        if bare and TABLES[intake.table].key and intake.loaded.has_shapes(intake.table)
        else "replace"
    )


def _calls(intake: Intake, mode: str) -> None:
    if mode == "update" and intake.table == "incidents" and intake.loaded.workspace is not None:
        gone = counted_anew(intake.loaded.workspace, intake.staging)
        if gone:
            intake.findings.add("note", "incidents_counted_anew", count=gone)


def _shapes(intake: Intake, mode: str) -> None:
    spec = TABLES[intake.table]
    if mode == "replace" and spec.shape and spec.shape_required and intake.staging.shape is None:
        intake.findings.add("fault", "geometry_missing", table=intake.table)


def _ids(intake: Intake, mode: str) -> None:
    spec = TABLES[intake.table]
    if mode != "update" or len(spec.key) != 1:
        return
    key = spec.key[0]
    if intake.table in NUMBERED and key not in intake.mapping:
        intake.findings.add("fault", "update_needs_ids", table=intake.table, column=key)
        return
    known = intake.loaded.names(intake.table)
    ids = intake.staging.values(key) - {None}
    new = sorted(ids - set([] if known is None else known["id"]))
    if not new:
        return
    if len(new) == len(ids):
        intake.findings.add(
            "fault", "ids_none_known", table=intake.table, ids=tuple(map(blotted, new[:_SHOWN]))
        )
        return
    # A row that brings no shape can only join one that has it.
    weight: Weight = "fault" if intake.staging.shape is None and spec.shape_required else "note"
    intake.findings.add(
        weight, "ids_new", table=intake.table, count=len(new), ids=tuple(map(blotted, new[:_SHOWN]))
    )


def _references(intake: Intake) -> None:
    for name, column in TABLES[intake.table].columns.items():
        if column.references is None or name not in intake.staging.columns:
            continue
        places = intake.loaded.names(column.references)
        if places is None:
            continue
        unknown = sorted(intake.staging.values(name) - set(places["id"]) - {None})
        if unknown:
            intake.findings.add(
                "note",
                "references_unknown",
                column=name,
                references=column.references,
                count=len(unknown),
                ids=tuple(map(blotted, unknown[:_SHOWN])),
            )


def _stated_in_file(intake: Intake, looked: Examination) -> None:
    """Suggest what 奥维 says of its coordinates: its users set it by hand, and often wrongly."""
    said = {reason.facts.get("system") for reason in looked.layer.notes if reason.code == "ovkml_coordinates"}
    for system in SYSTEMS:
        if _STATED[system] in said and intake.reading is not None and intake.reading.system != system:
            intake.findings.add("suggestion", "crs_stated_in_file", file=looked.file, system=system)


def _fit_of_calls(intake: Intake) -> None:
    """See whether calls that lie in no grid would lie in one, were they read otherwise."""
    reading, grids, shapes = intake.reading, intake.loaded.grids, intake.first_shapes
    if reading is None or grids is None or shapes is None or not has_shape(grids.geometry).any():
        return
    if reading.system is None and reading.crs.is_geographic:
        points = gpd.GeoSeries(shapes[~shapely.is_missing(shapes)], crs=reading.crs)
        fits = reading_fits(points, grids.geometry, max_features=_COMPARED_CALLS)
        _suggest(intake, fits)


def _suggest(intake: Intake, fits: pd.DataFrame) -> bool:
    system = suggested_system(fits)
    if system is None:
        return False
    by_system = fits.set_index("system")["fit"]
    now, then = float(by_system[RAW]), float(by_system[system])
    intake.findings.add("suggestion", "crs_fits_better", system=system, share_now=now, share_then=then)
    return True


def _dropped(intake: Intake, mode: str) -> None:
    """Tell which columns the table has that the file does not bring."""
    if mode != "replace" or not intake.loaded.counts.get(intake.table):
        return
    old = intake.loaded.table(intake.table)
    gone = [
        name
        for name in TABLES[intake.table].columns
        if name in old and name not in intake.staging.columns and old[name].notna().any()
    ]
    if gone:
        intake.findings.add("suggestion", "columns_dropped", table=intake.table, columns=tuple(gone))


def _fit(intake: Intake) -> None:
    """Compare with what is loaded: whether it is the same place, and another reading would fit better."""
    staged, loaded = intake.staging, intake.loaded.layers
    if staged.shape is None or not loaded or intake.reading is None:
        return
    shapes = gpd.GeoSeries(staged.some_shapes(_COMPARED_SHAPES), crs=staged.crs)
    shapes = shapes[has_shape(shapes) & shapely.is_valid(shapes.to_numpy())]
    if shapes.empty:
        return
    apart = min(distance_apart_m(shapes, layer) for layer in loaded.values())
    if apart > _ELSEWHERE_M:
        intake.findings.add("suggestion", "layer_elsewhere", layer=intake.table, distance_m=apart)
        return
    if intake.reading.system is not None or not intake.reading.crs.is_geographic:
        return
    for layer in loaded.values():
        if _suggest(intake, reading_fits(shapes, layer)):
            return
