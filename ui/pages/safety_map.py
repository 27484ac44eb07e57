"""View 地图 of the page 平安: villages by grade, period and pillar; a click tells all of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui import cached_safety, look

if TYPE_CHECKING:
    from ui.safety import Safety


def show(safety: Safety) -> None:
    """Show the view."""
    place, t = safety.place, safety.place.t
    with st.spinner(t("safety.drawing")):
        html = cached_safety.safety_html(
            *safety.story_key, cached_safety.beside_key(safety.workspace), place.lang, place.credit
        )
    with st.container(key="safety-map"):
        st.iframe(html, height=look.MAP_HEIGHT, alt=t("safety_map.title"))
    st.download_button(
        t("safety.save_map"),
        html,
        file_name=t("safety.map_file", name=place.name),
        mime="text/html",
        on_click="ignore",
        type="tertiary",
    )
