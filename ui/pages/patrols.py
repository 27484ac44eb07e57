"""Page 巡防: a day of patrols asked for, looked at, changed by hand, judged and handed over."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import streamlit as st

from ui import cached, look
from ui.patrols import TABLE, plan_label, read_patrols

if TYPE_CHECKING:
    from ui.patrols import Patrols
    from ui.place import Place

_PLAN_WIDTH = 380
# Views of the plan on the table; the others do without one.
_OF_PLAN = ("routes", "backup", "handover")


def show(place: Place) -> None:
    """Show the page for the workspace at `place`."""
    t, counts = place.t, cached.counts(place.path, place.stamp)
    if not any(counts.get(table) for table in ("villages", "stops", "teams")):
        look.title(t("nav.patrols"))
        st.info(look.plain(t("patrols.needs_places")))
        return
    TABLE.take_turn(place)
    patrols = read_patrols(place)
    with st.container(key="patrols-head", horizontal=True, vertical_alignment="center"):
        view = TABLE.choose_view(label=t("patrols.view"), called=lambda view: t(f"patrols.view_{view}"))
        _plan(patrols)
    if view in _OF_PLAN and patrols.plan_id is None:
        _nothing_yet(patrols)
        return
    import_module(f"ui.pages.patrols_{view}").show(patrols)


def _plan(patrols: Patrols) -> None:
    """Show which plan is on the table, for another to be chosen; newest first."""
    TABLE.choose_plan(
        patrols.place,
        list(patrols.plans.index[::-1]),
        patrols.plan_id,
        called=lambda plan: plan_label(patrols, plan),
        label=patrols.place.t("patrols.plan"),
        placeholder=patrols.place.t("patrols.no_plan"),
        width=_PLAN_WIDTH,
    )


def _nothing_yet(patrols: Patrols) -> None:
    t = patrols.place.t
    st.info(look.plain(t("patrols.nothing_yet")))
    if st.button(t("patrols.to_plan"), type="primary", key="patrols to plan"):
        TABLE.turn_to(patrols.place, view="plan")
