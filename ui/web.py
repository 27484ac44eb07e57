"""The web door: language, district, navigation; each page then does its own."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from geo.errors import FileError, GridBeatError
from ui import look, opening
from ui.desk import UNKNOWN, note_opened, session_desk
from ui.place import Place, credit_line
from ui.words import LANGS, Words, words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_OVERVIEW = "overview"
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
    look.style_for(t.lang)
    pages = _pages(t)
    # Streamlit serves the first page at the root alone, and says in English that its own name leads nowhere.
    typed = st.Page(
        lambda: st.switch_page(pages[0]),
        title=t("nav.overview"),
        url_path=_OVERVIEW,
        visibility="hidden",
    )
    page = st.navigation([*pages, typed], position="top")
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

        _on_place(show, pages[-1], t)

    def nesting() -> None:
        from ui.pages.nesting import show

        _on_place(show, pages[-1], t)

    def zoning() -> None:
        from ui.pages.zoning import show

        _on_place(show, pages[-1], t)

    def patrols() -> None:
        from ui.pages.patrols import show

        _on_place(show, pages[-1], t)

    def safety() -> None:
        from ui.pages.safety import show

        _on_place(show, pages[-1], t)

    def importing() -> None:
        from ui.pages.importing import show

        _on_place(partial(show, overview=pages[0], nesting=pages[1]), pages[-1], t)

    def editions() -> None:
        from ui.pages.editions import show

        _on_place(show, pages[-1], t)

    def district() -> None:
        from ui.pages.district import show

        show(t, overview=pages[0])

    pages = [
        st.Page(overview, title=t("nav.overview"), url_path="", default=True),
        st.Page(nesting, title=t("nav.nesting"), url_path="nesting"),
        st.Page(zoning, title=t("nav.zoning"), url_path="zoning"),
        st.Page(patrols, title=t("nav.patrols"), url_path="patrols"),
        st.Page(safety, title=t("nav.safety"), url_path="safety"),
        st.Page(importing, title=t("nav.import"), url_path="import"),
        st.Page(editions, title=t("nav.editions"), url_path="editions"),
        st.Page(district, title=t("nav.district"), url_path="district"),
    ]
    return pages


def _on_place(show: Callable[[Place], None], elsewhere: st.Page, t: Words) -> None:
    """Show a page for the session's district; where that cannot be opened, say why and where to go."""
    try:
        place = _place(t)
    except FileError as error:
        look.show_error(error, t)
        st.page_link(elsewhere, label=t("nav.to_district"))
        return
    show(place)


def _place(t: Words) -> Place:
    desk = session_desk()
    if desk.notice is not None and desk.notice.key == UNKNOWN:
        st.toast(t(UNKNOWN))
    desk.notice = None
    if opening.is_sample(desk.path) and not desk.path.is_file():
        _make_sample(desk.path, t)
    workspace = opening.opened(desk.path)
    note_opened(desk)
    return Place(
        path=str(desk.path),
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
