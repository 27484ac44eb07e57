"""View 队伍与点位 of the page 巡防: teams, stops and closed roads, edited as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from data.editing import EDITABLE, edit_rows
from data.schemas import (
    CLOSED_FROM,
    CLOSED_TO,
    DUE,
    DWELL_MIN,
    FORCE,
    FORCES,
    KIND,
    LAT,
    LEAST,
    LON,
    MEMBERS,
    MUST,
    NAME,
    POST_ID,
    PRIORITY,
    ROAD_ID,
    STATION_ID,
    STOP_KINDS,
    TABLES,
    TRAVEL_MODE,
    TRAVEL_MODES,
    VILLAGE_ID,
)
from geo.errors import GridBeatError
from ui import cached, look
from ui.desk import FAULTS, named, session_desk
from ui.pages.patrols_settings import show_duty, show_speeds
from ui.roster_edits import REMOVE, edit_count, edits, shown_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd
    from streamlit.delta_generator import DeltaGenerator

    from data.editing import Changes
    from data.workspace import Workspace
    from ui.patrols import Patrols
    from ui.place import Place

_CHOICES: Mapping[str, tuple[str, tuple[Any, ...]]] = {
    FORCE: ("force", FORCES),
    TRAVEL_MODE: ("travel_mode", TRAVEL_MODES),
    KIND: ("stop_kind", STOP_KINDS),
    PRIORITY: ("priority", tuple(range(MUST, LEAST + 1))),
}
_PLACES = {VILLAGE_ID: "villages", STATION_ID: "stations", POST_ID: "posts"}
_SETTINGS: Mapping[str, Callable[[Patrols], None]] = {"duty": show_duty, "speeds": show_speeds}
_DATES = (DUE, CLOSED_FROM, CLOSED_TO)
_WIDE = (NAME, POST_ID, VILLAGE_ID)
_TABLE, _FIND, _STATION = "patrol_roster", "patrol_roster_find", "patrol_roster_station"
# Not the key of the button, which Streamlit keeps for itself.
_UNDO = "patrol_roster_undo"
_EVERYWHERE = ""
# Rows that are seen at once, and how high each is.
_ROWS_AT_MOST, _ROW_PX = 18, 32


def show(patrols: Patrols) -> None:
    """Show one of the tables, or the settings that plans are made by."""
    head = st.container(key="roster-head", horizontal=True, vertical_alignment="center")
    with head:
        table = _choose_table(patrols.place)
    if table in _SETTINGS:
        _SETTINGS[table](patrols)
        return
    _edit(patrols, table, head)


def _edit(patrols: Patrols, table: str, head: DeltaGenerator) -> None:
    place, workspace, t = patrols.place, patrols.workspace, patrols.place.t
    editor = _editor_key(place, table)
    # The widget tells what was typed before it is drawn: the buttons stand above it, always in sight.
    typed = st.session_state.get(editor) or {}
    with head:
        rows = _chosen_rows(place, table, busy=any(typed.values()))
    shown = shown_rows(cached.table(place.path, place.stamp, table), table).loc[rows]
    changes, wrong = None, None
    try:
        changes = edits(shown, typed, table, crs=workspace.crs)
    except GridBeatError as error:
        wrong = error
    with head:
        wrong = _buttons(place, workspace, table, changes) or wrong
    if wrong is not None:
        _show_faults(place, table, wrong)
    st.caption(look.plain(t(f"rosters.help_{table}", count=t.number(len(shown)))))
    st.data_editor(
        shown,
        key=editor,
        height=_height(len(shown)),
        row_height=_ROW_PX,
        width="stretch",
        hide_index=True,
        num_rows="dynamic",
        column_order=_order(table),
        column_config=_columns(place, table),
        placeholder="",
    )


def _choose_table(place: Place) -> str:
    t, counts = place.t, cached.counts(place.path, place.stamp)

    def called(table: str) -> str:
        if table in _SETTINGS:
            return t(f"rosters.{table}")
        return t("rosters.table_count", table=t.name("table", table), count=t.number(counts.get(table, 0)))

    chosen = st.segmented_control(
        t("rosters.table"),
        (*EDITABLE, *_SETTINGS),
        default=None if _TABLE in st.session_state else EDITABLE[0],
        required=True,
        format_func=called,
        key=_TABLE,
        label_visibility="collapsed",
    )
    return str(chosen or EDITABLE[0])


def _chosen_rows(place: Place, table: str, *, busy: bool) -> pd.Index:
    """Show what narrows the table down, and return the rows that are left."""
    t, frame = place.t, cached.table(place.path, place.stamp, table)
    kept = frame.index
    # Another choice would show other rows, and what was typed would be gone.
    hint = t("rosters.save_first") if busy else None
    if STATION_ID in frame or VILLAGE_ID in frame:
        stations = cached.labels(place.path, place.stamp, "stations", STATION_ID)
        chosen = st.selectbox(
            t("rosters.station"),
            [_EVERYWHERE, *stations],
            format_func=lambda one: stations.get(one, t("rosters.everywhere")),
            key=f"{_STATION} {place.path}",
            disabled=busy,
            help=hint,
            label_visibility="collapsed",
            width=240,
        )
        if chosen:
            kept = frame.index[_station_of(place, frame) == chosen]
    text = st.text_input(
        t("rosters.find"),
        key=f"{_FIND} {place.path} {table}",
        placeholder=t("rosters.find"),
        disabled=busy,
        label_visibility="collapsed",
        width=220,
    )
    if text:
        plain = frame.loc[kept].drop(columns="geometry", errors="ignore").astype("str")
        kept = kept[
            plain.apply(lambda column: column.str.contains(text, case=False, regex=False)).any(axis=1)
        ]
    return kept


def _station_of(place: Place, frame: pd.DataFrame) -> pd.Series:
    """Return the station of each row: its own, else its village's."""
    villages = cached.table(place.path, place.stamp, "villages")
    station = frame[VILLAGE_ID].map(
        dict(villages.get([VILLAGE_ID, STATION_ID], villages.iloc[:, :0]).to_numpy())
    )
    return frame[STATION_ID].fillna(station) if STATION_ID in frame else station


def _editor_key(place: Place, table: str) -> str:
    """Return the key of the table: new with each state of the district, choice of rows and giving up."""
    chosen = [
        st.session_state.get(f"{_STATION} {place.path}"),
        st.session_state.get(f"{_FIND} {place.path} {table}"),
    ]
    return f"roster {table} {place.path} {place.stamp} {place.lang} {chosen} {session_desk().rounds[_TABLE]}"


def _height(rows: int) -> int:
    # The heads, the rows, and the empty one in which rows are added.
    return min(rows + 2, _ROWS_AT_MOST) * _ROW_PX + 3


def _order(table: str) -> list[str]:
    key = TABLES[table].key[0]
    if table == "closed_roads":
        return [REMOVE, *TABLES[table].columns]
    return [REMOVE, *(name for name in TABLES[table].columns if name != key), LON, LAT, key]


def _columns(place: Place, table: str) -> dict[str, Any]:
    t, key = place.t, TABLES[table].key[0]
    config: dict[str, Any] = {REMOVE: st.column_config.CheckboxColumn(t("rosters.remove"), width=80)}
    for name in TABLES[table].columns:
        config[name] = _column(place, table, name, disabled=name == key and name != ROAD_ID)
    if TABLES[table].shape == "point":
        # Without limits: Streamlit would put another number in the place of a wrong one and say nothing.
        config[LON] = st.column_config.NumberColumn(t("column.lon"), format="%.6f")
        config[LAT] = st.column_config.NumberColumn(t("column.lat"), format="%.6f")
    return config


def _column(place: Place, table: str, name: str, *, disabled: bool) -> Any:
    t, label = place.t, place.t.name("column", name)
    if name in _CHOICES:
        group, codes = _CHOICES[name]
        return st.column_config.SelectboxColumn(
            label, options=codes, format_func=lambda code: t.name(group, code), width=110
        )
    if name in _PLACES and (known := cached.labels(place.path, place.stamp, _PLACES[name], name)):
        return st.column_config.SelectboxColumn(
            label, options=list(known), format_func=lambda one: known.get(one, one), width="medium"
        )
    if name in _DATES:
        return st.column_config.DateColumn(label, format="YYYY-MM-DD")
    if name in (MEMBERS, DWELL_MIN):
        return st.column_config.NumberColumn(label, step=1)
    return st.column_config.TextColumn(
        label,
        disabled=disabled,
        width="medium" if name in _WIDE else None,
        help=t(f"rosters.how_{name}") if t.has(f"rosters.how_{name}") else None,
    )


def _show_faults(place: Place, table: str, error: GridBeatError) -> None:
    """Say what is wrong, each row by its name: where some rows are shown only, a number finds none."""
    t, frame = place.t, cached.table(place.path, place.stamp, table)
    if not error.reasons or NAME not in frame:
        look.show_error(error, t)
        return
    named = dict(zip(frame[TABLES[table].key[0]], frame[NAME], strict=True))
    lines = [t("rosters.faults", table=t.name("table", table), count=t.number(len(error.reasons)))]
    for reason, fault in zip(error.reasons, t.reasons(error), strict=False):
        name = named.get(reason.facts.get("row_id"))
        lines.append("- " + (t("rosters.fault_of", name=name, fault=fault) if name else fault))
    st.error("\n".join(look.plain(line) for line in lines))


def _buttons(place: Place, workspace: Workspace, table: str, changes: Changes | None) -> GridBeatError | None:
    """
    Show what is not saved yet, and the buttons that save it, give it up, or take the last one back.

    What went wrong in saving is returned.
    """
    wrong = None
    t, count = place.t, 0 if changes is None else edit_count(changes)
    label = t("rosters.save", count=t.number(count)) if count else t("rosters.nothing_to_save")
    if st.button(label, type="primary", disabled=not count, key="roster save") and changes is not None:
        wrong = _save(place, workspace, table, changes, note="")
    if not count and changes is not None:
        return _offer_undo(place, workspace)
    if st.button(t("rosters.give_up"), key="roster give up"):
        # The table is another one then: a browser keeps what was typed into the one that it has.
        session_desk().rounds[_TABLE] += 1
        st.rerun()
    return wrong


def _offer_undo(place: Place, workspace: Workspace) -> GridBeatError | None:
    t = place.t
    path, stamp, table, undo = st.session_state.get(_UNDO, (None, None, None, None))
    if (path, stamp) != (place.path, place.stamp):
        return None
    st.caption(look.plain(t("rosters.saved", count=t.number(edit_count(undo)), table=t.name("table", table))))
    if st.button(t("rosters.undo"), key="roster undo"):
        return _save(place, workspace, table, undo, note="undo")
    return None


def _save(
    place: Place, workspace: Workspace, table: str, changes: Changes, *, note: str
) -> GridBeatError | None:
    """Save, and show the page anew; what went wrong is returned."""
    desk = session_desk()
    try:
        done = edit_rows(workspace, table, changes, stamp=place.stamp, who=desk.who, note=note)
    except FAULTS as fault:
        return named(fault, desk.path)
    st.session_state[_UNDO] = (place.path, done.stamp, table, done.undo)
    return st.rerun()
