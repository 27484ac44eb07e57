"""The web door: language, workspace, navigation; each page then does its own."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import streamlit as st

from geo.errors import FileError, GridBeatError
from ui import look, opening
from ui.place import Place, credit_line
from ui.words import LANGS, Words, words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_LABELS = {"zh": "中文", "en": "English"}
_LOG = logging.getLogger("gridbeat")


def main() -> None:
    """Show the app: called by app.py once a run."""
    st.set_page_config(
        page_title="警格 GridBeat",
        page_icon=str(look.ASSETS / "gridbeat.png"),
        layout="wide",
        initial_sidebar_state="collapsed",
    )
    st.logo(str(look.ASSETS / "logo.svg"), size="large")
    look.style()
    t = words(_language())
    page = st.navigation(_pages(t), position="top")
    _guarded(page.run, t)


def _language() -> str:
    # Streamlit writes the option's label into the address; the short code is understood as well.
    short = st.query_params.get("lang", "")
    if short in _LABELS:
        st.session_state["lang"] = short
        st.query_params["lang"] = _LABELS[short]
    with st.container(key="language"):
        chosen = st.segmented_control(
            "语言 Language",
            LANGS,
            default=None if "lang" in st.session_state else opening.first_language(),
            required=True,
            format_func=_LABELS.__getitem__,
            key="lang",
            bind="query-params",
            label_visibility="collapsed",
        )
    return str(chosen or opening.first_language())


def _pages(t: Words) -> list[st.Page]:  # type: ignore[valid-type]
    def overview() -> None:
        from ui.pages.overview import show

        show(_place(t))

    def nesting() -> None:
        from ui.pages.nesting import show

        show(_place(t))

    def importing() -> None:
        from ui.pages.importing import show

        show(_place(t), overview=pages[0], nesting=pages[1])

    pages = [
        st.Page(overview, title=t("nav.overview"), url_path="overview", default=True),
        st.Page(nesting, title=t("nav.nesting"), url_path="nesting"),
        st.Page(importing, title=t("nav.import"), url_path="import"),
    ]
    return pages


def _place(t: Words) -> Place:
    path = opening.workspace_path()
    if opening.is_sample(path) and not path.is_file():
        _make_sample(path, t)
    from data.workspace import Workspace

    workspace = Workspace.open(path)
    return Place(
        path=str(path),
        stamp=workspace.stamp,
        name=workspace.name,
        lang=t.lang,
        t=t,
        credit=credit_line(workspace, t),
    )


def _make_sample(path: Path, t: Words) -> None:
    with st.status(t("opening.title"), expanded=True) as status:
        opening.make_sample(path, tell=lambda stage: status.write(t(f"opening.{stage}")))
        status.update(label=t("opening.done"), state="complete")
    st.rerun()


def _guarded(run: Callable[[], None], t: Words) -> None:
    """Run a page; what goes wrong is said in words, and a fault of ours goes to the log."""
    try:
        run()
    except GridBeatError as error:
        look.show_error(error, t)
    except OSError as refusal:
        _LOG.exception("a page could not read or write")
        why, file = refusal.strerror or str(refusal), refusal.filename or ""
        look.show_error(FileError("file_not_writable", file=str(file), why=why), t)
    except Exception:
        _LOG.exception("a page failed")
        st.error(t("error.unexpected"))
