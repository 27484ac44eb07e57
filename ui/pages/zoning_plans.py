"""View 方案库 of the page 警务区划: all plans, and the one on the table with its steps and its history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from data.plan_states import read_states, read_steps_ahead
from ui import cached, look
from ui.desk import session_desk
from ui.moments import moment
from ui.names import KEYS, PlaceNames
from ui.pages.zoning_plans_about import show_about, show_actions, show_deletion
from ui.pages.zoning_plans_check import moved
from ui.pages.zoning_plans_desk import session_plans_desk
from ui.pages.zoning_plans_history import show_history
from ui.pages.zoning_plans_list import kind_text, show_list, strokes_of
from ui.pages.zoning_plans_new import show_import, show_new
from ui.pages.zoning_plans_steps import show_steps, steps_row
from ui.zoning import turn_to

if TYPE_CHECKING:
    from ui.desk import Desk
    from ui.pages.zoning_plans_desk import PlansDesk
    from ui.zoning import Zoning

_TABS = ("steps", "history", "about", "import")


def show(zoning: Zoning) -> None:
    """Show the view."""
    desk, mine = session_desk(), session_plans_desk(zoning.place.path)
    if mine.turn is not None:
        turn, mine.turn = mine.turn, None
        turn_to(zoning, plan_id=turn)
    left, right = st.columns([1, 2.35], gap="medium")
    # First: it is there at once, while the list may have to count.
    with right:
        _table(zoning, desk, mine)
    with left, st.container(key="plans-list"):
        show_new(zoning, desk, mine)
        show_list(zoning, mine)
    # What is on the screen from here on; the deeds above were meant for what was there before.
    if zoning.plan_id is not None:
        mine.seen[zoning.plan_id] = zoning.rev(zoning.plan_id)


def _table(zoning: Zoning, desk: Desk, mine: PlansDesk) -> None:
    t = zoning.place.t
    if mine.told is not None:
        st.success(look.plain(t(mine.told.key, **mine.told.facts)))
    names = _names(zoning)
    if zoning.plan_id is None:
        st.info(t("plans.none_on_table"))
        show_import(zoning, desk, mine, names)
        return
    _head(zoning, desk, mine)
    told = {name: t(f"plans.tab_{name}") for name in _TABS}
    tabs = dict(zip(_TABS, st.tabs(list(told.values()), key="plans_tabs"), strict=True))
    with tabs["steps"]:
        show_steps(zoning, desk, mine, names)
    with tabs["history"]:
        show_history(zoning, desk, mine, names)
    with tabs["about"]:
        show_about(zoning, desk, mine)
    with tabs["import"]:
        show_import(zoning, desk, mine, names)


def _names(zoning: Zoning) -> PlaceNames:
    """Return what places are called in the plan on the table."""
    tables = cached.tables(zoning.place.path, zoning.place.stamp, tuple(KEYS))
    names = PlaceNames.of({name: table for name, table in tables.items() if len(table)})
    return names if zoning.plan_id is None else names.renamed("zones", zoning.zone_names(zoning.plan_id))


def _head(zoning: Zoning, desk: Desk, mine: PlansDesk) -> None:
    t, plan = zoning.place.t, zoning.plans.loc[zoning.plan_id]
    left, right = st.columns([1.75, 1], vertical_alignment="center")
    note = " · ".join(
        part
        for part in (plan["plan_id"], kind_text(plan, t), moment(plan["created"]), plan["author"])
        if part
    )
    with left:
        look.title(plan["name"], note)
    with right:
        show_actions(zoning, desk, mine)
    show_deletion(zoning, desk, mine)
    if plan["note"]:
        st.caption(look.plain(plan["note"]))
    ahead = read_steps_ahead(zoning.workspace).get(plan["plan_id"])
    st.html(steps_row(plan["status"], read_states(zoning.workspace, plan["plan_id"]), t, ahead=ahead))
    _figures(zoning)


def _figures(zoning: Zoning) -> None:
    """Show what the plan changes against today's, and how much was drawn in it."""
    t, plan_id = zoning.place.t, str(zoning.plan_id)
    with st.spinner(t("plans.checking")):
        found = moved(zoning, plan_id)
    if found is None or plan_id == zoning.today_id:
        return
    grids, villages, strokes = found.grids, found.villages, len(strokes_of(zoning, plan_id))
    shown = [(t.number(grids), t("plans.figure_grids", count=grids), "")]
    if villages is not None:
        shown.append((t.number(villages), t("plans.figure_villages", count=villages), ""))
    shown.append((t.percent(found.workload), t("plans.figure_workload"), ""))
    if strokes:
        shown.append((t.number(strokes), t("plans.figure_strokes", count=strokes), ""))
    look.figures(shown, label=t("plans.figures"))
