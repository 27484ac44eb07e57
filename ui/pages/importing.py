"""Page 导入: a file chosen, looked into, checked, kept; what came in before, and its undoing."""

from __future__ import annotations

from glob import escape as escape_glob
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from data.readers import SUFFIXES
from geo.errors import FileError, GridBeatError
from ui import look
from ui.pages.district_copies import size_text
from ui.pages.importing_bench import session_bench
from ui.pages.importing_check import show_check
from ui.pages.importing_files import missing_parts, typed_path
from ui.pages.importing_history import show_history, undo
from ui.pages.importing_look import show_look

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from ui.pages.importing_bench import Bench
    from ui.place import Place
    from ui.words import Words


def show(place: Place, *, overview: st.Page, nesting: st.Page) -> None:
    """Show the page for the workspace at `place`."""
    t = place.t
    look.title(t("import.title"), t("import.subtitle", name=place.name))
    bench = session_bench(place.path)
    _result(place, bench, overview, nesting)
    new, past = st.tabs([t("import.tab_new"), t("import.tab_history")], key="import_tabs")
    with new:
        _choose(bench, t)
        if bench.path is not None:
            asked = show_look(place, bench)
            show_check(place, bench, asked)
    with past:
        show_history(place, bench)


def _result(place: Place, bench: Bench, overview: st.Page, nesting: st.Page) -> None:
    """Say what the last click did, with ways to go on and the way back."""
    t, report = place.t, bench.kept
    if bench.undone is not None:
        st.info(look.plain(t("import.undone", table=t.name("table", bench.undone))))
    if report is None:
        return
    with st.container(key="import-result", horizontal=True, vertical_alignment="center"):
        st.success(
            look.plain(
                t(
                    "import.kept",
                    file=report.file,
                    table=t.name("table", report.table),
                    rows=t.number(report.rows),
                    id=report.import_id,
                )
            )
        )
        st.page_link(overview, label=t("import.to_overview"))
        st.page_link(nesting, label=t("import.to_nesting"))
        pressed = st.button(t("import.undo"), key=f"import undo last {report.import_id}")
    if pressed and report.import_id is not None:
        undo(place, bench, report.import_id)


def _choose(bench: Bench, t: Words) -> None:
    """Step 1: the file, from the browser or by its path on this PC."""
    if bench.path is not None:
        _chosen(bench, t)
        return
    translate_uploader(t)
    left, right = st.columns([1.4, 1], gap="large")
    with left:
        uploads = st.file_uploader(
            t("import.upload"), accept_multiple_files=True, key=bench.name("upload"), help=None
        )
        st.caption(t("import.upload_note"))
        if uploads:
            _take(bench, uploads, t)
    with right:
        with st.form(bench.name("typed"), border=False):
            typed = st.text_input(
                t("import.typed"), placeholder=t("import.typed_hint"), key=bench.name("path")
            )
            pressed = st.form_submit_button(t("import.open"))
        st.caption(t("import.typed_note"))
        if pressed:
            _type(bench, typed, t)
        st.caption(t("import.kinds", known=" ".join(SUFFIXES)))


def _take(bench: Bench, uploads: Sequence[UploadedFile], t: Words) -> None:
    names = [upload.name for upload in uploads]
    missing = missing_parts(names)
    if missing:
        st.warning(look.plain(t("import.parts_missing", names=t.listed(missing))))
        if not st.button(t("import.parts_anyway"), key=bench.name("anyway")):
            return
    try:
        with st.spinner(t("import.copying")):
            bench.take([(upload.name, upload) for upload in uploads])
    except GridBeatError as error:
        look.show_error(error, t)
        return
    if bench.path is None:
        known = " ".join(SUFFIXES)
        none = FileError("file_kind_unknown", file=t.listed(names), found=_endings(names), known=known)
        look.show_error(none, t)
        return
    st.rerun()


def _endings(names: Sequence[str]) -> str:
    return " ".join(sorted({f".{name.rsplit('.', 1)[-1]}" if "." in name else "—" for name in names}))


def _type(bench: Bench, typed: str, t: Words) -> None:
    from data.readers import opened

    try:
        path = typed_path(typed)
        with st.spinner(t("import.looking")), opened(path):
            pass
    except GridBeatError as error:
        look.show_error(error, t)
        return
    bench.clear()
    bench.choose([path])
    st.rerun()


def _chosen(bench: Bench, t: Words) -> None:
    path = bench.path
    if path is None:
        return
    with st.container(key="import-file", horizontal=True, vertical_alignment="center"):
        if len(bench.paths) > 1:
            bench.path = st.selectbox(
                t("import.which_file", count=t.number(len(bench.paths))),
                bench.paths,
                format_func=lambda path: path.name,
                key=bench.name("which"),
            )
        else:
            name, size = escape(path.name), escape(_size(path, t))
            st.html(f'<div class="gb-file"><b>{name}</b><span>{size}</span></div>')
        if st.button(t("import.another"), key=bench.name("another")):
            bench.clear()
            st.rerun()


def _size(path: Path, t: Words) -> str:
    """Return how large a file is, with what belongs to it; blank where it is gone."""
    try:
        if path.is_dir():
            parts = list(path.iterdir())
        elif path.suffix.lower() == ".shp":
            parts = list(path.parent.glob(f"{escape_glob(path.stem)}.*"))
        else:
            parts = [path]
        size = sum(part.stat().st_size for part in parts)
    except OSError:
        return ""
    return size_text(size, t)


def translate_uploader(t: Words) -> None:
    """Streamlit's uploader speaks English only: its words are hidden, and ours put in their place."""
    drop, browse = _css_text(t("import.drop")), _css_text(t("import.browse"))
    st.html(
        "<style>"
        f'[data-testid="stFileUploaderDropzoneInstructions"]::after {{ content: "{drop}"; }}'
        f'[data-testid="stFileUploaderDropzone"] button::after {{ content: "{browse}"; }}'
        "</style>"
    )


def _css_text(text: str) -> str:
    return "".join(c if c.isalnum() or c in " .,:;()/" else f"\\{ord(c):x} " for c in text)
