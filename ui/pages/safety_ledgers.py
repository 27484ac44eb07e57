"""View 台账 of the page 平安: objections, measures, notices, field checks; lists out to villages and back."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from data.ledger_columns import DRAFT, DUE, ID, LEDGERS, OPEN, SENT, STATUS
from data.ledgers import EntryChanges, read_ledger, write_ledger
from data.schemas import NAME, TOWN_ID, VILLAGE_ID
from data.workspace import this_day
from geo.errors import GridBeatError
from ui import cached, look
from ui.desk import carry_out, session_desk
from ui.ledger_lists import read_ledger_list, save_ledger_list, write_ledger_list
from ui.pages.signing import ask_who

if TYPE_CHECKING:
    from data.ledger_columns import Ledger
    from data.schemas import Column
    from ui.desk import Desk
    from ui.safety import Safety

_LEDGER, _OPEN, _TOLD = "safety ledger", "safety ledger open", "safety ledger told"
_STILL_OPEN = (OPEN, DUE, DRAFT, SENT)
_KEPT = ("rev", "author", "created", "changed")


def show(safety: Safety) -> None:
    """Show the view."""
    t, desk = safety.place.t, session_desk()
    if told := st.session_state.pop(_TOLD, None):
        st.success(look.plain(told))
    with st.container(horizontal=True, vertical_alignment="center"):
        ledger = str(
            st.segmented_control(
                t("safety.view_ledgers"),
                [*LEDGERS],
                default=None if _LEDGER in st.session_state else "measures",
                required=True,
                format_func=lambda one: t.name("ledger", one),
                key=_LEDGER,
                label_visibility="collapsed",
            )
            or "measures"
        )
        only_open = st.toggle(t("safety_ledgers.only_open"), value=True, key=_OPEN)
    held = read_ledger(safety.workspace, ledger)
    shown = held[held[STATUS].isin(_STILL_OPEN)] if only_open else held
    _editor(safety, desk, ledger, shown)
    left, right = st.columns(2, gap="medium")
    with left:
        _out(safety, ledger, shown)
    with right:
        _back(safety, desk, ledger, held)


def _editor(safety: Safety, desk: Desk, ledger: str, shown: pd.DataFrame) -> None:
    """Show the entries to be changed and added to; all of it is written at once or nothing."""
    t, spec = safety.place.t, LEDGERS[ledger]
    table = shown[[ID, *spec.columns]].reset_index(drop=True)
    for name, column in spec.columns.items():
        if column.kind == "date":
            table[name] = pd.to_datetime(table[name], errors="coerce").dt.date
        elif column.kind == "text":
            # The editor writes None into cells that hold nothing.
            table[name] = table[name].astype("str").fillna("")
    version = int(shown["rev"].sum())
    edited = st.data_editor(
        table,
        key=f"{desk.key('safety-ledger', ledger)} {t.lang} {len(shown)} {version}",
        column_config={ID: st.column_config.TextColumn(t("column.id"), disabled=True, width=70)}
        | {name: _column(safety, spec, name, column) for name, column in spec.columns.items()},
        num_rows="dynamic",
        placeholder="",
        hide_index=True,
        width="stretch",
        height=min(420, 120 + 35 * len(table)),
    )
    changes = _changes(table, edited, shown, spec)
    count = len(changes.changed) + len(changes.added)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        who = ask_who(t, desk.who, key="safety ledger who", width=220)
        key = desk.key("safety-ledger-save", ledger)
        pressed = st.button(
            t("safety_ledgers.save", count=t.number(count)), type="primary", disabled=not count, key=key
        )
    if pressed:
        desk.who = who

        def save() -> None:
            write_ledger(safety.workspace, ledger, changes, who=who)
            desk.rounds["safety-ledger"] += 1
            st.session_state[_TOLD] = t("safety_ledgers.saved", count=t.number(count))

        carry_out(desk, key, save, t)


def _column(safety: Safety, spec: Ledger, name: str, column: Column) -> Any:
    t, config = safety.place.t, st.column_config
    label, required, default = t.name("column", name), column.required, spec.defaults.get(name)
    if column.choices:
        return config.SelectboxColumn(
            label,
            options=list(column.choices),
            format_func=lambda code: t.name("entry_status", code),
            required=required,
            default=default,
            width=100,
        )
    if name in (VILLAGE_ID, TOWN_ID):
        table = "villages" if name == VILLAGE_ID else "towns"
        known = cached.labels(safety.place.path, safety.place.stamp, table, name)
        return config.SelectboxColumn(
            label, options=[*known], format_func=lambda one: known.get(one, one), required=required, width=195
        )
    if name == "assessment_id":
        ids = [one.assessment_id for one in safety.assessments]
        return config.SelectboxColumn(label, options=ids, required=required, width=80)
    if column.kind == "date":
        return config.DateColumn(label, format="YYYY-MM-DD", required=required, width=110)
    if column.kind == "real":
        return config.NumberColumn(label, min_value=column.minimum, max_value=column.maximum, width=80)
    return config.TextColumn(label, required=required, max_chars=400, width="medium")


def _changes(before: pd.DataFrame, after: pd.DataFrame, shown: pd.DataFrame, spec: Ledger) -> EntryChanges:
    """Return what was changed in a table of entries; rows that were taken out stay in the ledger."""
    revs = dict(zip(shown[ID], shown["rev"].tolist(), strict=True))
    old = before.set_index(ID)
    changed: dict[str, dict[str, Any]] = {}
    added = []
    for row in after.to_dict("records"):
        cells = {name: _plain(row[name]) for name in spec.columns}
        label = _plain(row[ID])
        if label is None:
            given = {name: value for name, value in cells.items() if value is not None}
            if given:
                added.append(given)
        elif other := {name: cells[name] for name in cells if cells[name] != _plain(old.at[label, name])}:
            changed[label] = other
    return EntryChanges(changed=changed, revs=revs, added=tuple(added))


def _plain(value: Any) -> Any:
    if value is None or pd.isna(value) or value == "":
        return None
    return value.isoformat() if hasattr(value, "isoformat") else value


def _out(safety: Safety, ledger: str, shown: pd.DataFrame) -> None:
    """Offer the entries as a list to be filled in by villages and posts."""
    t = safety.place.t
    st.html(f'<div class="gb-group">{t("safety_ledgers.out")}</div>')
    st.caption(t("safety_ledgers.out_about"))
    villages = _village_names(safety)
    st.download_button(
        t("safety_ledgers.out_button", count=t.number(len(shown))),
        lambda: write_ledger_list(ledger, shown, villages, t),
        file_name=f"{t.name('ledger', ledger)}-{this_day().isoformat()}.xlsx",
        on_click="ignore",
        key=f"safety ledger out {ledger}",
    )


def _back(safety: Safety, desk: Desk, ledger: str, held: pd.DataFrame) -> None:
    """Take a filled-in list back: what it changes is told before it is written."""
    t = safety.place.t
    st.html(f'<div class="gb-group">{t("safety_ledgers.back")}</div>')
    uploaded = st.file_uploader(
        t("safety_ledgers.back_about"),
        type=["xlsx", "xls", "ods", "csv"],
        key=desk.key("safety-ledger-back", ledger),
    )
    if uploaded is None:
        return
    with tempfile.TemporaryDirectory(prefix="gridbeat-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / Path(uploaded.name).name
        path.write_bytes(uploaded.getvalue())
        try:
            returned = read_ledger_list(path, ledger, held, _village_names(safety))
        except GridBeatError as error:
            look.show_error(error, t)
            return
    changed, added = len(returned.changes.changed), len(returned.changes.added)
    counts = {"changed": t.number(changed), "added": t.number(added), "same": t.number(returned.same)}
    st.info(look.plain(t("safety_ledgers.found", **counts)))
    if returned.lacking:
        st.caption(
            look.plain(
                t("ledgers.lacking", count=t.number(len(returned.lacking)), ids=t.listed(returned.lacking))
            )
        )
    key = desk.key("safety-ledger-take", ledger)
    if st.button(t("safety_ledgers.take"), type="primary", disabled=not changed + added, key=key):

        def take() -> None:
            save_ledger_list(safety.workspace, ledger, returned, who=desk.who)
            for deed in ("safety-ledger", "safety-ledger-back"):
                desk.rounds[deed] += 1
            st.session_state[_TOLD] = t("ledgers.back", **counts)

        carry_out(desk, key, take, t)


def _village_names(safety: Safety) -> pd.Series:
    villages = cached.table(safety.place.path, safety.place.stamp, "villages")
    return villages.set_index(VILLAGE_ID)[NAME].fillna("")
