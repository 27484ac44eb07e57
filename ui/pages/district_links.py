"""Whether papers may bear links to outside maps: what that means, what holds, and the administrator's say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from data.map_services import MAP_SERVICES, allow_services, allowed_services
from ui import look
from ui.desk import carry_out
from ui.map_services import services_text, state_text

if TYPE_CHECKING:
    from data.workspace import Workspace
    from ui.desk import Desk
    from ui.words import Words


def links(desk: Desk, workspace: Workspace, t: Words) -> None:
    """Show what holds, and let it be changed."""
    allowed = allowed_services(workspace)
    st.caption(look.plain(t("map_links.means")))
    st.write(look.plain(state_text(workspace, t)))
    # Fields that somebody else's change makes anew, lest it be undone unseen.
    key, state = desk.key("links"), (str(workspace.path), *allowed)
    with st.form(desk.key("links", "form", *state), border=False):
        st.markdown(f"**{t('map_links.title')}**")
        chosen = [
            service
            for service in MAP_SERVICES
            if st.checkbox(
                t.name("map_service", service),
                value=service in allowed,
                key=desk.key("links", service, *state),
            )
        ]
        who = st.text_input(
            t("map_links.who"),
            value=desk.who,
            placeholder=t("map_links.who_hint"),
            key=desk.key("links", "who", *state),
        )
        pressed = st.form_submit_button(t("map_links.save"), type="primary", key=key)
    if pressed:
        carry_out(desk, key, lambda: _allow(desk, workspace, chosen, who, t), t)


def _allow(desk: Desk, workspace: Workspace, chosen: list[str], who: str, t: Words) -> None:
    allow_services(workspace, chosen, who=who)
    desk.who = who.strip()
    desk.done("map_links.saved", services=services_text(allowed_services(workspace), t))
