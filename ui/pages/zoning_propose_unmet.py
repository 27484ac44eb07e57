"""What cannot be met, on the page 警务区划: in words, with the ways out as buttons that fill in the form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui import look
from ui.pages.zoning_propose_form import BY_STATION, SHARED, Form
from ui.proposals import no_way, unmet_said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planning.redraw.feasibility import Unmet
    from planning.redraw.redrawing import Redraw
    from ui.pages.zoning_propose_form import District
    from ui.zoning import Zoning

# So many are read at a glance; more are folded up under one sentence.
_OPEN = 2


def show_unmet(zoning: Zoning, district: District, found: Redraw) -> None:
    """Say which stations cannot meet what was asked, why, and what would help."""
    if not found.unmet:
        return
    t = zoning.place.t
    form = Form(zoning.place.path)
    said = t(
        "propose.unmet",
        count=t.number(len(found.unmet)),
        asked=t.percent(found.params.tolerance, 0),
    )
    with st.expander(look.plain(said), expanded=len(found.unmet) <= _OPEN, icon=None):
        helped = [unmet for unmet in found.unmet if unmet.zones_needed is not None or unmet.split]
        if len(helped) > 1:
            st.button(
                t("propose.take_all", count=t.number(len(helped))),
                on_click=_take_all,
                args=(form, found, helped),
                key="propose take all",
            )
        for unmet in found.unmet:
            _row(zoning, district, form, found, unmet)


def _row(zoning: Zoning, district: District, form: Form, found: Redraw, unmet: Unmet) -> None:
    t, names = zoning.place.t, district.names
    said = unmet_said(unmet, found.params, t, names)
    ways = unmet.zones_needed is not None or bool(unmet.split)
    text = said if ways else said + no_way(unmet, found.built, t, names)
    with st.container(horizontal=True, vertical_alignment="center", key=f"propose-unmet-{unmet.station}"):
        st.markdown(look.plain(text))
        if unmet.zones_needed is not None:
            zones, now = t.number(unmet.zones_needed), t.number(unmet.zones)
            st.button(
                t("propose.way_zones", zones=zones, now=now),
                on_click=_take_zones,
                args=(form, found, unmet),
                key=f"propose zones {unmet.station}",
            )
        if unmet.split:
            torn = t.listed(names.all("villages", unmet.split), at_most=3)
            st.button(
                t("propose.way_split", villages=torn),
                on_click=_take_split,
                args=(form, unmet),
                key=f"propose split {unmet.station}",
            )


def _take_zones(form: Form, found: Redraw, unmet: Unmet) -> None:
    if not unmet.station:
        form.set("count", SHARED)
        form.set(f"total {form.get('scope')}", unmet.zones_needed)
        return
    if form.get("count") != BY_STATION:
        for station, zones in found.stations["zones"].items():
            form.set(f"zones {station}", int(zones))
    form.set("count", BY_STATION)
    form.set(f"zones {unmet.station}", unmet.zones_needed)


def _take_split(form: Form, unmet: Unmet) -> None:
    form.set("split", list(dict.fromkeys([*form.get("split"), *unmet.split])))


def _take_all(form: Form, found: Redraw, helped: Sequence[Unmet]) -> None:
    for unmet in helped:
        if unmet.split:
            _take_split(form, unmet)
        else:
            _take_zones(form, found, unmet)
