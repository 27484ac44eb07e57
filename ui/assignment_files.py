"""Assignments in files of their own: grid → zone as CSV, Excel or GeoPackage, read back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from data.guarding import blotted
from data.guessing import guess_mapping
from data.privacy import judge
from data.readers import ROW, opened
from data.schemas import GRID_ID, ZONE_ID
from geo.errors import Reason, SchemaError
from ui.tables import unguarded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from data.readers import Source, SourceLayer


def read_assignment_file(path: Path, grids: pd.Index) -> tuple[pd.Series, tuple[Reason, ...]]:
    """
    Return the zone_id of each grid as a file has it, and what it leaves out.

    Columns are known by our names in either language, and by what the import takes for them; no others are
    read. A zone may be blank: the grid is then in none.

    Parameters
    ----------
    path
        Of any kind that can be imported; the first layer or sheet with both columns counts.
    grids
        The district's grids.

    Raises
    ------
    SchemaError
        ``assignment_file_faults``, with a reason for each row that has more cells than the header
        or whose grid is blank, unknown or repeated;
        ``assignment_columns_unknown`` where there are no such columns; ``column_personal`` where one of
        them names persons.
    FileError
        As `data.readers.opened`.
    """
    with opened(path) as source:
        layer, columns = _layer(source, path)
        parts = [
            pd.DataFrame(part)[columns].set_axis([GRID_ID, ZONE_ID], axis=1)
            for part in source.batches(layer, columns)
        ]
        shifted = tuple(note for note in source.notes if note.code == "row_ragged")
    rows = (
        pd.concat(parts) if parts else pd.DataFrame(columns=[GRID_ID, ZONE_ID], index=pd.Index([], name=ROW))
    )
    rows = rows.map(lambda cell: "" if pd.isna(cell) else unguarded(str(cell).strip()))
    _require_places(rows, columns)
    # Spreadsheets are full of empty lines.
    rows = rows[(rows[GRID_ID] != "") | (rows[ZONE_ID] != "")]
    if faults := (*shifted, *_faults(rows, grids)):
        raise SchemaError("assignment_file_faults", file=path.name, count=len(faults), reasons=faults)
    missing = grids.difference(rows[GRID_ID])
    notes = [Reason("assignment_file_lacks", {"count": len(missing), "grids": list(missing)})]
    plan = pd.Series(rows[ZONE_ID].to_numpy(), index=pd.Index(rows[GRID_ID], name=GRID_ID), name=ZONE_ID)
    return plan, tuple(notes) if len(missing) else ()


def unknown_zones(
    assignment: pd.Series, today: pd.Series | None, zones: pd.DataFrame | None
) -> tuple[Reason, ...]:
    """Return a note of the zones of an assignment that neither today's plan nor the table of zones has."""
    known = {"", *(today if today is not None else ()), *(zones[ZONE_ID] if zones is not None else ())}
    new = sorted(set(assignment) - known)
    return (Reason("assignment_zones_unknown", {"count": len(new), "zones": new}),) if new else ()


def _require_places(rows: pd.DataFrame, columns: list[str]) -> None:
    """Raise if a column names persons: its cells would be said as the names of zones."""
    for field, column in zip((GRID_ID, ZONE_ID), columns, strict=True):
        verdict = judge(column, rows[field], field=field)
        if verdict is not None and verdict.certain:
            raise SchemaError("column_personal", column=column, personal_kind=verdict.kind)


def _layer(source: Source, path: Path) -> tuple[SourceLayer, list[str]]:
    for layer in source.layers:
        found = guess_mapping("declared_assignment", layer.columns)
        if GRID_ID in found and ZONE_ID in found:
            return layer, [found[GRID_ID], found[ZONE_ID]]
    raise SchemaError(
        "assignment_columns_unknown",
        file=path.name,
        # Without a header the first row is taken for it, and may name persons.
        known=", ".join(blotted(name) for layer in source.layers for name in layer.columns),
    )


def _faults(rows: pd.DataFrame, grids: pd.Index) -> Iterator[Reason]:
    known, seen = set(grids), set()
    for row, grid in zip(rows.index, rows[GRID_ID], strict=True):
        if grid == "":
            yield Reason("value_missing", {"row": int(row), "column": GRID_ID})
        elif grid not in known:
            yield Reason("assignment_grid_unknown", {"row": int(row), "grid": grid})
        elif grid in seen:
            yield Reason("assignment_grid_repeated", {"row": int(row), "grid": grid})
        seen.add(grid)
