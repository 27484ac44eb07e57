"""Page 历史版本: what a new edition changed, corrected by hand and recorded; older editions to look at."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from data.files import private_folder
from data.schemas import NEW_ID, OLD_ID, SHARE_NEW, SHARE_OLD, TABLES
from geo.errors import GridBeatError
from ui import look
from ui.new_edition import changed_first, codes_table, counts_by_kind, propose, read_codes, record, settled
from ui.tables import write_csv, write_xlsx

if TYPE_CHECKING:
    from data.editions import RecordedEdition
    from data.workspace import Workspace
    from ui.new_edition import Proposal
    from ui.place import Place
    from ui.words import Words

_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_CODE_KINDS = ["csv", "xlsx"]


@st.cache_resource(max_entries=4, show_spinner=False)
def _proposal(path: str, stamp: str, import_id: str) -> Proposal:
    return propose(_opened(path), import_id)


@st.cache_data(max_entries=6, show_spinner=False)
def _change_html(path: str, stamp: str, lang: str, credit: str, import_id: str) -> str | None:
    from ui.maps.offline import offline_html
    from ui.maps.succession import succession_map
    from ui.words import words

    proposal = _proposal(path, stamp, import_id)
    base = _opened(path).read_all(["water", "towns"])
    m = succession_map(
        proposal.old, proposal.new, proposal.rows, key=proposal.key, base=base, lang=lang, credit=credit
    )
    return None if m is None else offline_html(m, title=words(lang)("edition.title"))


@st.cache_resource(max_entries=4, show_spinner=False)
def _edition(path: str, stamp: str, edition_id: str) -> Any:
    from data.editions import read_edition

    return read_edition(_opened(path), edition_id)


@st.cache_data(max_entries=6, show_spinner=False)
def _edition_html(path: str, stamp: str, lang: str, credit: str, edition_id: str, layer: str) -> str | None:
    from ui.maps.offline import offline_html
    from ui.maps.succession import edition_map
    from ui.words import words

    title = f"{words(lang).name('table', layer)} {edition_id}"
    frame = _edition(path, stamp, edition_id)
    m = edition_map(frame, key=TABLES[layer].key[0], title=title, lang=lang, credit=credit)
    return None if m is None else offline_html(m, title=title)


@st.cache_data(max_entries=6, show_spinner=False)
def _edition_file(path: str, stamp: str, edition_id: str, layer: str, suffix: str) -> bytes:
    from pathlib import Path

    from data.exporting import export_layer

    frame = _edition(path, stamp, edition_id)
    if suffix == ".xlsx":
        return write_xlsx({layer: pd.DataFrame(frame).drop(columns="geometry", errors="ignore")})
    with private_folder() as folder:
        return export_layer(frame, Path(folder) / f"{layer}{suffix}", name=layer).read_bytes()


def show(place: Place) -> None:
    """Show the page for the workspace at `place`."""
    from data.editions import possible_imports, read_editions

    t, workspace = place.t, _opened(place.path)
    look.title(t("edition.title"), t("edition.subtitle"))
    _told(place)
    waiting, editions = possible_imports(workspace), read_editions(workspace)
    if waiting.empty and editions.empty:
        st.info(look.plain(t("edition.none")))
        return
    views = [*(["waiting"] if len(waiting) else []), *(["past"] if len(editions) else [])]
    counts = {"waiting": len(waiting), "past": len(editions)}
    view = st.segmented_control(
        t("edition.view"),
        views,
        default=views[0],
        required=True,
        format_func=lambda view: t(f"edition.view_{view}", count=t.number(counts[view])),
        label_visibility="collapsed",
        key=_key(place, "edition_view"),
    )
    if view == "past":
        _past(place, editions)
    elif len(waiting):
        _waiting(place, waiting)


def _waiting(place: Place, waiting: pd.DataFrame) -> None:
    t = place.t
    left, right = st.columns([2.15, 1])
    with right:
        import_id = _chosen_import(place, waiting)
    try:
        with st.spinner(t("edition.comparing")):
            proposal = _proposal(place.path, place.stamp, import_id)
    except GridBeatError as error:
        look.show_error(error, t)
        return
    with left:
        _counts(place, proposal)
        html = _change_html(place.path, place.stamp, place.lang, place.credit, import_id)
        if html is None:
            st.info(look.plain(t("edition.no_shapes")))
        else:
            st.iframe(html, height=look.MAP_HEIGHT - 60, alt=t("edition.map_alt"))
    with right:
        if not proposal.changed:
            st.success(look.plain(t("edition.nothing_changed")))
        form = st.container()
        stated = _uploaded(place, proposal)
    rows = _edited(place, proposal, stated)
    with form:
        _record(place, proposal, rows)


def _chosen_import(place: Place, waiting: pd.DataFrame) -> str:
    t = place.t
    rows = waiting.iloc[::-1].set_index("import_id")

    def told(import_id: str) -> str:
        row = rows.loc[import_id]
        at = str(row["at"])[:16].replace("T", " ")
        return f"{t.name('table', row['layer'])} · {row['file']} · {at}"

    # Attributes that came in after the shapes are no new edition: the last change of places is.
    first = next((k for k, one in enumerate(rows.index) if _changes(place, one)), 0)
    chosen = st.selectbox(
        t("edition.import"),
        list(rows.index),
        index=first,
        format_func=told,
        key=_key(place, f"edition_import {place.stamp}"),
    )
    return str(chosen)


def _changes(place: Place, import_id: str) -> bool:
    try:
        return _proposal(place.path, place.stamp, import_id).changed
    except GridBeatError:
        return False


def _counts(place: Place, proposal: Proposal) -> None:
    t = place.t
    look.figures(
        [
            (t.number(count), t(f"succession.{kind}"), _places(proposal.rows, kind, t))
            for kind, count in counts_by_kind(proposal.rows).items()
        ],
        label=t("edition.counts"),
    )


def _places(rows: pd.DataFrame, kind: str, t: Words) -> str:
    """Return what a kind is, with the number of old and of new places where these differ."""
    mine, text = rows[rows["kind"] == kind], t(f"succession_note.{kind}")
    before, after = mine[OLD_ID].nunique(), mine[NEW_ID].nunique()
    if before == after or kind in ("new", "ended"):
        return text
    return f"{text} {t.number(before)} → {t.number(after)}"


def _uploaded(place: Place, proposal: Proposal) -> pd.DataFrame | None:
    """Offer the code table as files, and return the one that came back corrected, if any."""
    from pathlib import Path

    t = place.t
    table = codes_table(proposal, proposal.rows, t)
    name = f"{t('table.successions')}-{t.name('table', proposal.layer)}"
    for column, suffix, content, mime in zip(
        st.columns(2),
        _CODE_KINDS[::-1],
        (write_xlsx({t("table.successions"): table}), write_csv(table)),
        (_SPREADSHEET, "text/csv"),
        strict=True,
    ):
        with column:
            st.download_button(
                t(f"edition.codes_{suffix}"),
                content,
                file_name=f"{name}.{suffix}",
                mime=mime,
                on_click="ignore",
                width="stretch",
            )
    file = st.file_uploader(
        t("edition.upload"), type=_CODE_KINDS, key=_key(place, f"codes {proposal.import_id}")
    )
    if file is None:
        return None
    with private_folder() as folder:
        # Never under the name that the browser gives.
        copy = Path(folder) / f"codes.{file.name.rsplit('.', 1)[-1].lower()}"
        copy.write_bytes(file.getvalue())
        try:
            return read_codes(copy)
        except GridBeatError as error:
            look.show_error(error, t)
            return None


def _edited(place: Place, proposal: Proposal, stated: pd.DataFrame | None) -> pd.DataFrame | None:
    """Show the code table to be corrected, and return it settled; None where it has faults."""
    t = place.t
    try:
        begun = settled(proposal, stated)
    except GridBeatError as error:
        look.show_error(error, t)
        begun = proposal.rows
    st.caption(look.plain(t("edition.edit_hint")))
    everything = st.toggle(t("edition.show_same"), key=_key(place, "edition_same"))
    order = changed_first(begun)
    shown = codes_table(proposal, begun, t).set_axis(order)
    same = begun.index[[kind == "same" for kind in begun["kind"]]]
    hidden = (
        pd.Index([]) if everything else same.intersection([i for i in order if not _wants_look(begun, i)])
    )
    old, new = t("column.old_id"), t("column.new_id")
    edited = st.data_editor(
        shown.drop(index=hidden).reset_index(drop=True),
        num_rows="dynamic",
        placeholder=t.number(None),
        hide_index=True,
        height=380,
        disabled=[name for name in shown.columns if name not in (old, new)],
        column_config={
            t(f"column.{share}"): st.column_config.NumberColumn(format="percent")
            for share in (SHARE_OLD, SHARE_NEW)
        },
        key=_key(place, f"codes {proposal.import_id} {place.stamp} {everything} {stated is not None}"),
    )
    pairs = pd.DataFrame({OLD_ID: edited[old], NEW_ID: edited[new]}).fillna("")
    # An empty line at the end of the editor is no row yet.
    pairs = pairs[(pairs[OLD_ID] != "") | (pairs[NEW_ID] != "")]
    kept = begun.loc[hidden, [OLD_ID, NEW_ID]]
    kept = kept[~kept[OLD_ID].isin(pairs[OLD_ID])]
    try:
        return settled(proposal, pd.concat([pairs, kept], ignore_index=True))
    except GridBeatError as error:
        look.show_error(error, t)
        return None


def _wants_look(rows: pd.DataFrame, label: int) -> bool:
    return "check" in rows and bool(rows.at[label, "check"])


def _record(place: Place, proposal: Proposal, rows: pd.DataFrame | None) -> None:
    t = place.t
    day = st.date_input(
        t("edition.valid_from"),
        value=dt.date.fromisoformat(proposal.today),
        format="YYYY-MM-DD",
        key=_key(place, f"edition_from {proposal.import_id}"),
    )
    note = st.text_input(t("column.note"), key=_key(place, f"edition_note {proposal.import_id}"))
    st.caption(look.plain(t("edition.record_note", table=t.name("table", proposal.layer))))
    if st.button(
        t("edition.record"), type="primary", width="stretch", disabled=rows is None, key="record_edition"
    ):
        try:
            with st.spinner(t("edition.recording")):
                done = record(
                    _opened(place.path), proposal, rows, valid_from=day.isoformat(), note=note or "", t=t
                )
        except GridBeatError as error:
            look.show_error(error, t)
            return
        st.session_state[_key(place, "edition_done")] = done
        st.rerun()


def _told(place: Place) -> None:
    """Say what the last recording did, and what is left to do."""
    done: RecordedEdition | None = st.session_state.get(_key(place, "edition_done"))
    if done is None:
        return
    from ui.edition_report import lines

    first, *rest = lines(done, place.t)
    st.success("\n".join([look.plain(first), *(f"- {look.plain(line)}" for line in rest)]))
    if st.button(place.t("edition.understood"), key="edition_understood"):
        del st.session_state[_key(place, "edition_done")]
        st.rerun()


def _past(place: Place, editions: pd.DataFrame) -> None:
    t = place.t
    rows = editions.iloc[::-1].set_index("edition_id", drop=False)
    left, right = st.columns([2.15, 1])
    with right:
        chosen = st.selectbox(
            t("edition.which"),
            list(rows.index),
            format_func=lambda one: (
                f"{one} · {t.name('table', rows.at[one, 'layer'])} · {_span(rows.loc[one], t)}"
            ),
            key=_key(place, "edition_chosen"),
        )
        row = rows.loc[chosen]
        _edition_files(place, row)
        _cancel(place, row)
    with left:
        html = _edition_html(place.path, place.stamp, place.lang, place.credit, chosen, row["layer"])
        if html is None:
            st.info(look.plain(t("edition.no_shapes")))
        else:
            st.iframe(html, height=look.MAP_HEIGHT, alt=t("edition.map_alt"))
    st.dataframe(
        pd.DataFrame(
            {
                t("edition.edition"): rows["edition_id"],
                t("column.layer"): [t.name("table", layer) for layer in rows["layer"]],
                t("edition.valid"): [_span(one, t) for _, one in rows.iterrows()],
                t("edition.rows"): rows["rows"],
                t("edition.by_import"): rows["import_id"],
                t("column.note"): rows["note"],
            }
        ),
        hide_index=True,
        key="editions",
    )


def _span(row: pd.Series, t: Words) -> str:
    begun = row["valid_from"] if isinstance(row["valid_from"], str) else t("edition.unknown_day")
    return f"{begun} – {row['valid_to']}"


def _edition_files(place: Place, row: pd.Series) -> None:
    t, layer, edition = place.t, str(row["layer"]), str(row["edition_id"])
    frame = _edition(place.path, place.stamp, edition)
    located = "geometry" in frame and bool(frame.geometry.notna().any())
    kinds = ((".gpkg", "application/geopackage+sqlite3"), (".geojson", "application/geo+json"))
    for suffix, mime in (*(kinds if located else ()), (".xlsx", _SPREADSHEET)):
        st.download_button(
            t("edition.download", kind=suffix),
            _edition_file(place.path, place.stamp, edition, layer, suffix),
            file_name=f"{t.name('table', layer)}-{row['valid_to']}{suffix}",
            mime=mime,
            on_click="ignore",
            width="stretch",
            key=f"edition{suffix}",
        )


def _cancel(place: Place, row: pd.Series) -> None:
    from data.editions import drop_edition

    t = place.t
    with st.expander(t("edition.cancel")):
        st.caption(look.plain(t("edition.cancel_note")))
        if st.button(t("edition.cancel_button", id=row["edition_id"]), width="stretch", key="drop_edition"):
            try:
                kept = drop_edition(_opened(place.path), str(row["edition_id"]))
            except GridBeatError as error:
                look.show_error(error, t)
                return
            st.session_state.pop(_key(place, "edition_done"), None)
            told = t("edition.cancelled", id=row["edition_id"])
            st.toast(f"{told} {t('edition.plans_kept', plans=t.listed(kept))}" if kept else told)
            st.rerun()


def _opened(path: str) -> Workspace:
    from data.workspace import Workspace

    return Workspace.open(path)


def _key(place: Place, name: str) -> str:
    """Return the session's key for something that is chosen for this workspace alone."""
    return f"{name} {place.path}"
