"""A look into a file before anything is read: layers, columns, who they speak of, what they may be."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from data.guessing import guess_mapping, guess_members, guess_names, guess_table
from data.imports import reports_of
from data.privacy import judge_columns, table_has_only_persons
from data.readers import opened
from data.schemas import GEOMETRY, MEMBER_NAMES, MEMBERS, TABLES, input_fields
from geo.errors import FileError, SchemaError, SettingError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from data.privacy import Verdict
    from data.readers.source import Source, SourceLayer
    from data.workspace import Workspace

SAMPLE_ROWS = 2_000
# Features that nobody refers to are numbered; those that others refer to must bring their ids.
NUMBERED = ("roads", "areas", "facilities", "posts", "teams", "stops")


@dataclass(frozen=True, kw_only=True)
class Examination:
    """
    What a file holds, by its first rows.

    Parameters
    ----------
    file
        Its name.
    layers, layer
        All its layers or sheets, and the one looked at.
    sample
        The first rows of that one, without the columns that speak of persons.
    verdicts
        Columns that do, or may; see `data.privacy`.
    tables
        What the layer may be for, likeliest first.
    """

    file: str
    layers: tuple[SourceLayer, ...]
    layer: SourceLayer
    sample: pd.DataFrame
    verdicts: Mapping[str, Verdict]
    tables: tuple[str, ...]

    @property
    def personal(self) -> dict[str, str]:
        """Columns that are never read, and what they hold."""
        return {column: verdict.kind for column, verdict in self.verdicts.items() if verdict.certain}


def examine_file(path: Path, *, layer: str | None = None, encoding: str | None = None) -> Examination:
    """
    Look into a file.

    Parameters
    ----------
    layer
        The layer to look at; its only one, or the likeliest to be wanted, by default.

    Raises
    ------
    FileError
        As `examine`, and whatever keeps the file from being opened.
    """
    with opened(path, encoding=encoding) as source:
        wanted = layer or (_fullest(source) if source.layers else None)
        return examine(source, layer=wanted)


def examine(source: Source, *, layer: str | None = None) -> Examination:
    """
    Look into an open file.

    Raises
    ------
    FileError
        ``layer_unknown``, ``layer_ambiguous``, ``file_without_rows``.
    SchemaError
        ``table_only_personal``: there is nothing in it but persons.
    """
    chosen = _chosen(source, layer)
    sample = next(iter(source.batches(chosen, chosen.columns, size=SAMPLE_ROWS)), None)
    if sample is None or not len(sample):
        raise FileError("file_without_rows", file=source.file.name)
    cells = pd.DataFrame(sample.drop(columns=GEOMETRY, errors="ignore"))
    verdicts = judge_columns(cells)
    personal = [column for column, verdict in verdicts.items() if verdict.certain]
    located = isinstance(sample, gpd.GeoDataFrame)
    if not located and table_has_only_persons(verdicts, chosen.columns, sample=cells):
        raise SchemaError("table_only_personal", file=source.file.name, columns=", ".join(personal))
    tables = guess_table(source.file.stem, chosen.name, chosen.columns, shape=chosen.shape)
    return Examination(
        file=source.file.name,
        layers=source.layers,
        layer=chosen,
        sample=sample.drop(columns=personal),
        verdicts=verdicts,
        tables=tuple(tables),
    )


def settled_mapping(
    examination: Examination,
    table: str,
    *,
    stated: Mapping[str, str],
    remembered: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """
    Return the table's field → the file's column: as stated, else as remembered, else as guessed.

    Parameters
    ----------
    stated
        → "" for a field that is not to be read, whatever could be guessed.

    Raises
    ------
    SettingError
        ``table_unknown``, ``field_unknown``.
    SchemaError
        ``column_unknown``, ``column_twice``, ``id_column_unknown``.
    """
    _require_stated(examination, table, stated)
    mapping = offered_mapping(examination, table, stated=stated, remembered=remembered)
    _require_needed(examination, table, mapping)
    return mapping


def offered_mapping(
    examination: Examination,
    table: str,
    *,
    stated: Mapping[str, str],
    remembered: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return what `settled_mapping` does, also where it is not enough: a planner may yet complete it."""
    columns = list(examination.layer.columns)
    taken = {column for column in stated.values() if column}
    known = {
        name: column
        for name, column in (remembered or {}).items()
        # A blank is remembered too: what was not to be read before is not guessed now.
        if (column in columns or not column) and name not in stated and column not in taken
    }
    free = [column for column in columns if column not in taken and column not in known.values()]
    sample = examination.sample[[name for name in examination.sample if name in free or name == GEOMETRY]]
    guessed = guess_mapping(table, free, sample, exclude=examination.personal)
    # Tables often name the village where its code is wanted; the names are then looked up.
    named = guess_names(table, free, sample, exclude=examination.personal)
    guessed = {
        **{name: column for name, column in named.items() if column not in guessed.values()},
        **guessed,
    }
    merged = {**guessed, **known, **stated}
    if table == "teams" and not {MEMBERS, MEMBER_NAMES} & merged.keys():
        # The one column of names that is of use, and only for how many there are.
        merged[MEMBER_NAMES] = guess_members(free) or ""
    order = [name for name in input_fields(table) if merged.get(name)]
    return {name: merged[name] for name in order}


def remembered_mapping(workspace: Workspace | None, table: str, columns: Collection[str]) -> dict[str, str]:
    """
    Return the mapping that a file with these columns was last brought into the table by.

    Fields that were not read then are blank.
    """
    if workspace is None:
        return {}
    wanted = signature(table, columns)
    found = next((one for one in reports_of(workspace, table) if one.get("signature") == wanted), None)
    return {} if found is None else {name: found["mapping"].get(name, "") for name in input_fields(table)}


def _chosen(source: Source, name: str | None) -> SourceLayer:
    known = ", ".join(layer.name for layer in source.layers)
    if not source.layers:
        raise FileError("file_without_rows", file=source.file.name)
    if name is not None:
        found = [layer for layer in source.layers if layer.name == name]
        if not found:
            raise FileError("layer_unknown", file=source.file.name, found=name, known=known)
        return found[0]
    if len(source.layers) > 1:
        raise FileError("layer_ambiguous", file=source.file.name, known=known)
    return source.layers[0]


def _fullest(source: Source) -> str:
    return max(source.layers, key=lambda layer: (layer.rows or 0, len(layer.columns))).name


def _require_stated(examination: Examination, table: str, stated: Mapping[str, str]) -> None:
    if table not in TABLES:
        raise SettingError("table_unknown", table=table, known=", ".join(TABLES))
    fields, columns = input_fields(table), examination.layer.columns
    for name, column in stated.items():
        if name not in fields:
            raise SettingError("field_unknown", table=table, found=name, known=", ".join(fields))
        if column and column not in columns:
            raise SchemaError(
                "column_unknown", file=examination.file, column=column, known=", ".join(columns)
            )
    used = [column for column in stated.values() if column]
    if twice := sorted({column for column in used if used.count(column) > 1}):
        raise SchemaError("column_twice", file=examination.file, column=", ".join(twice))


def _require_needed(examination: Examination, table: str, mapping: Mapping[str, str]) -> None:
    spec = TABLES[table]
    # Single calls are counted on the way in: they need neither a grid nor a count of their own.
    free = ("grid_id", "date", "count") if table == "incidents" else ()
    numbered = spec.key if table in NUMBERED else ()
    missing = [
        name
        for name, column in spec.columns.items()
        if column.required and name not in mapping and name not in (*numbered, *free)
    ]
    if missing:
        raise SchemaError(
            "id_column_unknown",
            file=examination.file,
            table=table,
            column=", ".join(missing),
            known=", ".join(examination.layer.columns),
        )


def signature(table: str, columns: Collection[str]) -> str:
    """Return a hash by which files with the same columns are known again."""
    return hashlib.sha256("\0".join([table, *sorted(columns)]).encode()).hexdigest()[:16]
