"""Page 平安: the safety map, the fixed table, alerts, the loop from gathering to closed, its ledgers."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import streamlit as st

from geo.errors import GridBeatError
from ui import cached, look
from ui.on_page import show_page_error
from ui.safety import TABLE, chapter_label, read_safety

if TYPE_CHECKING:
    from ui.place import Place
    from ui.safety import Safety

_CHAPTER_WIDTH = 340


def show(place: Place) -> None:
    """Show the page for the workspace at `place`."""
    t, counts = place.t, cached.counts(place.path, place.stamp)
    if not (counts.get("villages") or counts.get("grids")):
        look.title(t("nav.safety"))
        st.info(look.plain(t("safety.needs_villages")))
        return
    TABLE.take_turn(place)
    safety = read_safety(place)
    with st.container(key="safety-head", horizontal=True, vertical_alignment="center"):
        view = TABLE.choose_view(label=t("safety.view"), called=lambda view: t(f"safety.view_{view}"))
        _chapter(safety)
    if safety.chapter is None:
        st.info(look.plain(t("safety.needs_figures")))
        return
    try:
        import_module(f"ui.pages.safety_{view}").show(safety)
    except GridBeatError as error:
        show_page_error(error, t)


def _chapter(safety: Safety) -> None:
    """Show which chapter is on the table, for another to be chosen; newest first."""
    t, told = safety.place.t, safety.told
    if not told:
        return
    chosen = st.selectbox(
        t("safety.chapter"),
        told,
        index=told.index(safety.chapter) if safety.chapter in told else None,
        format_func=lambda chapter: chapter_label(safety, chapter),
        # New with each step: a widget keeps the labels that it was made with.
        key=f"safety chapter {safety.chapter} {safety.place.lang} {[chapter_label(safety, c) for c in told]}",
        label_visibility="collapsed",
        width=_CHAPTER_WIDTH,
    )
    if chosen is not None and chosen != safety.chapter:
        TABLE.turn_to(safety.place, plan_id=chosen)
