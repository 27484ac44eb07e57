"""What came in before: every import with its report, and the way back where there is one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from geo.errors import ConflictError, GridBeatError
from ui import look
from ui.moments import moment
from ui.pages.importing_check import downloads
from ui.reports import read_report, report_table

if TYPE_CHECKING:
    from ui.pages.importing_bench import Bench
    from ui.place import Place
    from ui.words import Words


def undo(place: Place, bench: Bench, import_id: str) -> None:
    """Undo an import and show the page anew; what keeps it from being undone is said in words."""
    from data.imports import undo_import
    from data.workspace import Workspace

    try:
        with bench.busy:
            if import_id not in bench.taken_back:  # else an earlier click has done it
                table = undo_import(Workspace.open(place.path), import_id)
                bench.taken_back.add(import_id)
                bench.kept, bench.undone = None, table
                bench.drop_draft()
    except GridBeatError as error:
        look.show_error(error, place.t)
        return
    st.rerun()


def show_history(place: Place, bench: Bench) -> None:
    """Show the imports, newest first, and for the one that is chosen its report and its undoing."""
    t = place.t
    imports = _imports(place.path, place.stamp)
    if imports.empty:
        st.caption(t("import.no_history"))
        return
    shown = st.dataframe(
        _listed(imports, t),
        hide_index=True,
        height=min(38 + 34 * len(imports), 300),
        row_height=34,
        on_select="rerun",
        selection_mode="single-row",
        selection_default={"selection": {"rows": [0]}},
        key=f"import history {place.path} {len(imports)}",
        column_config={t("import.file"): st.column_config.TextColumn(width="large")},
        placeholder="",
    )
    st.caption(t("import.choose_row"))
    rows = shown.selection.rows if shown is not None else []
    if rows and rows[0] < len(imports):
        _one(place, bench, imports.iloc[rows[0]])


@st.cache_data(max_entries=4, show_spinner=False)
def _imports(path: str, stamp: str) -> pd.DataFrame:
    """Return the imports, newest first; an import and its undoing change the stamp."""
    from data.imports import read_imports
    from data.workspace import Workspace

    return read_imports(Workspace.open(path)).iloc[::-1].reset_index(drop=True)


def _listed(imports: pd.DataFrame, t: Words) -> pd.DataFrame:
    return pd.DataFrame(
        {
            t("import.id"): imports["import_id"],
            t("column.created"): [moment(at) for at in imports["at"]],
            t("import.file"): imports["file"],
            t("import.table"): [t.name("table", table) for table in imports["layer"]],
            t("import.mode"): [t.name("import.mode", mode) for mode in imports["mode"]],
            t("import.rows"): imports["rows"],
            t("import.state"): [_state(row, t) for _, row in imports.iterrows()],
        }
    )


def _state(row: Any, t: Words) -> str:
    if isinstance(row["undone"], str) and row["undone"]:
        return t("import.state_undone", at=moment(row["undone"]))
    return t("import.state_undoable") if row["undoable"] else t("import.state_final")


def _one(place: Place, bench: Bench, row: Any) -> None:
    t = place.t
    report = read_report(_stored(row["report"]))
    head = t("import.one", id=row["import_id"], file=row["file"], table=t.name("table", row["layer"]))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{look.plain(head)}**")
        if row["undoable"] and st.button(t("import.undo"), key=f"import undo {row['import_id']}"):
            undo(place, bench, row["import_id"])
    if not row["undoable"]:
        st.caption(look.plain(_why_not(row, t)))
    listed = report_table(report, t)
    if len(listed):
        st.dataframe(
            listed,
            hide_index=True,
            height=min(38 + 34 * len(listed), 300),
            row_height=34,
            column_config={t("column.what"): st.column_config.TextColumn(width=640)},
            placeholder="",
            key=f"import report {row['import_id']}",
        )
    downloads(report, t, key=f"import report {row['import_id']}")


def _why_not(row: Any, t: Words) -> str:
    code = row["obstacle"]
    if not isinstance(code, str):
        return ""
    return t.reason(ConflictError(code, id=row["import_id"], table=row["layer"]))


def _stored(text: object) -> dict[str, Any]:
    try:
        found = json.loads(text) if isinstance(text, str) else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
