"""Page 警务区划: a plan on the table, painted, proposed, compared, settled and handed over."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import streamlit as st

from data.plans import RETIRED
from ui import cached, look
from ui.zoning import TABLE, plan_label, read_zoning

if TYPE_CHECKING:
    from ui.place import Place
    from ui.zoning import Zoning

_PLAN_WIDTH = 340


def show(place: Place) -> None:
    """Show the page for the workspace at `place`."""
    t = place.t
    if not cached.counts(place.path, place.stamp).get("grids"):
        look.title(t("nav.zoning"))
        st.info(t("zoning.needs_grids"))
        return
    TABLE.take_turn(place)
    zoning = read_zoning(place)
    with st.container(key="zoning-head", horizontal=True, vertical_alignment="center"):
        view = TABLE.choose_view(label=t("zoning.view"), called=lambda view: t(f"zoning.view_{view}"))
        _plan(zoning)
        shown = import_module(f"ui.pages.zoning_{view}")
        if hasattr(shown, "head"):
            shown.head(zoning)
    shown.show(zoning)


def _plan(zoning: Zoning) -> None:
    """Show which plan is on the table, for another to be chosen; newest first."""
    t, plans = zoning.place.t, zoning.plans
    kept = plans.index[(plans["status"] != RETIRED) | (plans.index == zoning.plan_id)]
    TABLE.choose_plan(
        zoning.place,
        list(kept[::-1]),
        zoning.plan_id,
        called=lambda plan: plan_label(zoning, plan),
        label=t("zoning.plan"),
        placeholder=t("zoning.no_plan"),
        width=_PLAN_WIDTH,
    )
