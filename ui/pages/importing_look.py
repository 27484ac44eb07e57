"""Step 2 of an import: what the file holds, and how it is to be read."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
import streamlit as st

from data.examining import NUMBERED, examine_file, offered_mapping, remembered_mapping
from data.importing import ImportParams
from data.privacy import personal_cells
from data.schemas import LAT, LON, MEMBER_NAMES, TABLES, WKT, input_fields
from geo.errors import GridBeatError
from ui import look
from ui.pages.importing_bench import Asked
from ui.reports import field_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from data.examining import Examination
    from ui.pages.importing_bench import Bench
    from ui.place import Place
    from ui.words import Words

# As many fields that nothing was guessed for are folded away.
_FOLDED_FROM = 4
_EXAMPLES, _EXAMPLE_LENGTH = 3, 24
_ENCODINGS = ("utf-8", "gb18030", "big5", "utf-16")
_TEXT_SUFFIXES = (".shp", ".zip", ".csv", ".txt", ".tsv", ".gz", ".dxf")
# CGCS2000 3-degree zones: central meridian 75° is EPSG:4534, with the zone's number in front EPSG:4513.
_MERIDIANS = tuple(range(75, 136, 3))
_PLAIN_EPSG, _ZONED_EPSG = 4534, 4513
_AS_FILE, _ZONE, _TYPED = "file", "zone", "typed"
_CRS_CHOICES = (_AS_FILE, _ZONE, "EPSG:4326", "gcj02", "bd09", _TYPED)
_PLACED = (LON, LAT, WKT)
# Of calls these can be made; see data.importing.
_MADE_OF_CALLS = ("grid_id", "date", "count")


def show_look(place: Place, bench: Bench) -> Asked | None:
    """Show the step, and return what is asked for; None where the file cannot be looked into."""
    t = place.t
    st.html(f'<h3 class="gb-step">{escape(t("import.step_look"))}</h3>')
    top = st.columns(3)
    looked = _looked(bench, top, t)
    if looked is None or bench.path is None:
        return None
    with top[0]:
        table = _table(bench, looked, t)
    left, right = st.columns([1, 1.15], gap="medium")
    with right:
        mapping = _fields(place, bench, looked, table)
        crs = _crs(bench, looked, mapping, t)
        doubtful = _doubtful(bench, looked, mapping, t)
        dissolve, repair = _options(bench, table, looked, t)
    with left:
        st.html(_columns(looked, mapping, table, t))
        for note in looked.layer.notes[:8]:
            st.caption(look.plain(t.reason(note)))
    params = ImportParams(
        mapping=mapping,
        layer=looked.layer.name,
        crs=crs,
        encoding=_encoding(bench),
        dissolve=dissolve,
        repair=repair,
        mode=bench.modes.get(table),
        places=doubtful,
    )
    return Asked(path=bench.path, state=_state(bench.path), table=table, params=params)


def _looked(bench: Bench, top: Sequence[st.delta_generator.DeltaGenerator], t: Words) -> Examination | None:
    """Look into the file once, and again when it has changed or another layer is wanted."""
    path = bench.path
    if path is None:
        return None
    layer = st.session_state.get(bench.name(f"layer {path}"))
    wanted = (path, _state(path), layer, _encoding(bench))
    if bench.looked_for != wanted:
        bench.drop_draft()
        bench.looked, bench.looked_for = None, ()
        try:
            with st.spinner(t("import.looking")):
                found = examine_file(path, layer=layer, encoding=_encoding(bench))
        except GridBeatError as error:
            look.show_error(error, t)
            _ask_layer(bench, error, t)
            _ask_encoding(bench, path, t)
            return None
        bench.looked, bench.looked_for = found, wanted
    looked = bench.looked
    if looked is None:
        return None
    with top[1]:
        _layer(bench, looked, t)
    with top[2] if len(looked.layers) > 1 else top[1]:
        _ask_encoding(bench, path, t)
    return looked


def _state(path: Path) -> tuple[int, int]:
    """Return what tells one state of a file from another; of one that is gone, nothing."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


def _layer(bench: Bench, looked: Examination, t: Words) -> None:
    names = [layer.name for layer in looked.layers]
    if len(names) < 2:
        return
    rows = {layer.name: layer.rows for layer in looked.layers}
    st.selectbox(
        t("import.layer_of", count=t.number(len(names))),
        names,
        index=names.index(looked.layer.name),
        format_func=lambda name: f"{name}" if rows.get(name) is None else f"{name} ({t.number(rows[name])})",
        key=bench.name(f"layer {bench.path}"),
    )


def _ask_layer(bench: Bench, error: GridBeatError, t: Words) -> None:
    """Let another layer be chosen where the one that was looked at is of no use."""
    from data.readers import opened

    if error.code not in ("file_without_rows", "table_only_personal") or bench.path is None:
        return
    try:
        with opened(bench.path, encoding=_encoding(bench)) as source:
            names = [layer.name for layer in source.layers]
    except GridBeatError:
        return
    if len(names) > 1:
        st.selectbox(
            t("import.layer_of", count=t.number(len(names))),
            names,
            index=None,
            placeholder=t("import.choose"),
            key=bench.name(f"layer {bench.path}"),
        )


def _encoding(bench: Bench) -> str | None:
    chosen = st.session_state.get(bench.name(f"encoding {bench.path}"))
    return chosen if chosen in _ENCODINGS else None


def _ask_encoding(bench: Bench, path: Path, t: Words) -> None:
    if path.suffix.lower() not in _TEXT_SUFFIXES:
        return
    st.selectbox(
        t("import.encoding"),
        ("", *_ENCODINGS),
        format_func=lambda name: name.upper() if name else t("import.encoding_auto"),
        key=bench.name(f"encoding {path}"),
    )


def _table(bench: Bench, looked: Examination, t: Words) -> str:
    names = [*looked.tables, *(name for name in TABLES if name not in looked.tables)]
    chosen = st.selectbox(
        t("import.into"),
        names,
        format_func=lambda name: t.name("table", name),
        key=bench.name(f"table {bench.path} {looked.layer.name}"),
    )
    return chosen if chosen in TABLES else names[0]


def _fields(place: Place, bench: Bench, looked: Examination, table: str) -> dict[str, str]:
    """Let every field of the table be given a column; return field → column, "" for none."""
    from data.workspace import Workspace

    t = place.t
    guess = offered_mapping(
        looked,
        table,
        stated={},
        remembered=remembered_mapping(Workspace.open(place.path), table, looked.layer.columns),
    )
    required = _required(table)
    names = sorted(_asked_fields(looked, table), key=lambda name: name not in required)
    first = [name for name in names if name in required or guess.get(name)]
    rest = [name for name in names if name not in first]
    if len(rest) < _FOLDED_FROM:
        first, rest = names, []

    st.caption(t("import.fields_note"))
    mapping = _ask_columns(bench, looked, table, first, guess, t)
    if rest:
        with st.expander(t("import.fields_more", count=t.number(len(rest)))):
            mapping |= _ask_columns(bench, looked, table, rest, guess, t)
    return mapping


def _ask_columns(
    bench: Bench, looked: Examination, table: str, names: Sequence[str], guess: Mapping[str, str], t: Words
) -> dict[str, str]:
    """Show a choice of columns for each field, three in a line; return field → column, "" for none."""
    named = ["", *looked.layer.columns]
    impersonal = [name for name in named if name not in looked.personal]
    required, mapping = _required(table), {}
    for start in range(0, len(names), 3):
        for slot, name in zip(st.columns(3), names[start : start + 3], strict=False):
            label = field_name(name, table, t)
            # Names of members are counted, not read.
            columns = named if name == MEMBER_NAMES else impersonal
            mapping[name] = slot.selectbox(
                t("import.field_required", name=label) if name in required else label,
                columns,
                index=columns.index(guess[name]) if guess.get(name) in columns else 0,
                format_func=lambda column: column or t("import.not_read"),
                key=bench.name(f"field {bench.path} {looked.layer.name} {table} {name}"),
            )
    return {name: column or "" for name, column in mapping.items()}


def unanswered(asked: Asked) -> list[str]:
    """Return the fields that need a column and have none."""
    return [
        name
        for name in TABLES[asked.table].columns
        if name in _required(asked.table) and not asked.params.mapping.get(name)
    ]


def _required(table: str) -> set[str]:
    free = {"incidents": _MADE_OF_CALLS}.get(table, ())
    numbered = TABLES[table].key if table in NUMBERED else ()
    return {
        name
        for name, column in TABLES[table].columns.items()
        if column.required and name not in (*free, *numbered)
    }


def _asked_fields(looked: Examination, table: str) -> list[str]:
    """Return the table's fields; where rows have shapes of their own, coordinates need not be asked for."""
    located = looked.layer.shape is not None
    return [name for name in input_fields(table) if not (located and name in _PLACED)]


def _crs(bench: Bench, looked: Examination, mapping: dict[str, str], t: Words) -> str | None:
    """Return what the coordinates are to be taken for; None to go by the file."""
    if looked.layer.shape is None and not any(mapping.get(name) for name in _PLACED):
        return None
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    with left:
        chosen = st.selectbox(
            t("import.crs"),
            _CRS_CHOICES,
            format_func=lambda choice: _crs_text(choice, looked, t),
            key=crs_key(bench),
        )
    with right:
        if chosen == _ZONE:
            meridian = st.selectbox(
                t("import.meridian"),
                _MERIDIANS,
                index=_MERIDIANS.index(120),
                format_func=lambda degrees: f"{degrees}°E",
                key=bench.name("meridian"),
            )
            first = _ZONED_EPSG if _has_zone_numbers(looked, mapping) else _PLAIN_EPSG
            return f"EPSG:{first + _MERIDIANS.index(meridian)}"
        if chosen == _TYPED:
            typed = st.text_input(t("import.epsg"), placeholder="EPSG:4549", key=bench.name("epsg"))
            return typed.strip() or None
    return None if chosen == _AS_FILE else chosen


def crs_key(bench: Bench) -> str:
    """Return the key of the choice of coordinates, which a suggestion may set."""
    return bench.name("crs")


def _crs_text(choice: str, looked: Examination, t: Words) -> str:
    if choice == _AS_FILE:
        crs = looked.layer.crs
        return t("import.crs_guess") if crs is None else t("import.crs_file", crs=f"{crs.to_string()}")
    if choice in ("gcj02", "bd09"):
        return t(f"system.{choice}")
    return t("import.crs_wgs84") if choice == "EPSG:4326" else t(f"import.crs_{choice}")


def _has_zone_numbers(looked: Examination, mapping: dict[str, str]) -> bool:
    """Whether eastings have the zone's number in front: 40,557,122 rather than 557,122."""
    sample = looked.sample
    if isinstance(sample, gpd.GeoDataFrame):
        x = shapely.get_coordinates(np.asarray(sample.geometry.array, dtype=object))[:, 0]
    else:
        import pandas as pd

        column = mapping.get(LON, "")
        x = pd.to_numeric(sample[column], errors="coerce").to_numpy() if column in sample else np.empty(0)
    x = x[np.isfinite(x)]
    return bool(x.size and np.median(x) > 1_000_000)


def _doubtful(bench: Bench, looked: Examination, mapping: Mapping[str, str], t: Words) -> tuple[str, ...]:
    """Let columns that look like names of persons be told to be names of places."""
    chosen = []
    for column, verdict in looked.verdicts.items():
        if verdict.certain or column not in mapping.values():
            continue
        text = t(
            "import.doubtful",
            column=column,
            share=t.percent(verdict.share, 0),
            kind=t.name("personal", verdict.kind),
        )
        if st.checkbox(look.plain(text), key=bench.name(f"places {looked.layer.name} {column}")):
            chosen.append(column)
    return tuple(chosen)


def _options(bench: Bench, table: str, looked: Examination, t: Words) -> tuple[bool, bool]:
    dissolve = repair = False
    kind = TABLES[table].shape
    if kind is None:
        return dissolve, repair
    left, right = st.columns(2)
    with left:
        repair = st.checkbox(t("import.repair"), key=bench.name("repair"), help=t("import.repair_help"))
    if kind == "polygon":
        with right:
            dissolve = st.checkbox(
                t("import.dissolve"), key=bench.name("dissolve"), help=t("import.dissolve_help")
            )
    return dissolve, repair


def _columns(looked: Examination, mapping: dict[str, str], table: str, t: Words) -> str:
    """Return the file's columns as a table: name, first values, what they become. All escaped."""
    field_of = {column: name for name, column in mapping.items() if column}
    heads = (t("import.column"), t("import.examples"), t("import.read_as"))
    lines = "".join(f"<th>{escape(head)}</th>" for head in heads)
    body = "".join(_line(column, looked, field_of, table, t) for column in looked.layer.columns)
    rows = looked.layer.rows
    shape = t.name("shape", looked.layer.shape) if looked.layer.shape else t("import.no_shape")
    counted = t("import.rows_unknown") if rows is None else t("import.rows_count", rows=t.number(rows))
    caption = " · ".join((looked.layer.name, counted, shape))
    return (
        f'<div class="gb-columns"><small>{escape(caption)}</small>'
        f"<table><thead><tr>{lines}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _line(column: str, looked: Examination, field_of: dict[str, str], table: str, t: Words) -> str:
    if column in looked.personal:
        told = t("import.personal", kind=t.name("personal", looked.personal[column]))
        return f'<tr class="gb-never"><td>{escape(column)}</td><td colspan="2">{escape(told)}</td></tr>'
    name = field_of.get(column)
    read = escape(field_name(name, table, t)) if name else f"<i>{escape(t('import.not_wanted'))}</i>"
    mark = ' class="gb-read"' if name else ""
    examples = t.listed(_examples(looked, column))
    return f"<tr{mark}><td>{escape(column)}</td><td>{escape(examples)}</td><td>{read}</td></tr>"


def _examples(looked: Examination, column: str) -> Sequence[str]:
    """Return the first few different values, without those that speak of persons."""
    if column not in looked.sample:
        return ()
    values = looked.sample[column].head(200)
    texts = values[values.notna()].astype(str).str.strip()
    texts = texts[(texts != "") & personal_cells(texts).isna()].drop_duplicates().head(_EXAMPLES)
    return [text if len(text) <= _EXAMPLE_LENGTH else f"{text[:_EXAMPLE_LENGTH]}…" for text in texts]
