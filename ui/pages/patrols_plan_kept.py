"""The patrol plans that are kept, on the page 巡防: opened again, named, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from data.patrol_plans import change_patrol_plan, delete_patrol_plan
from ui import look
from ui.desk import carry_out, session_desk
from ui.moments import moment
from ui.pages.patrols_plan_found import asked_text, verdict
from ui.patrols import TABLE

if TYPE_CHECKING:
    from ui.patrols import Patrols

_SHOWN = 6
_ASKED = "patrol delete asked"


def show_kept(patrols: Patrols) -> None:
    """Show the plans, newest first."""
    t, plans = patrols.place.t, [*patrols.plans.index[::-1]]
    st.html(f'<div class="gb-group">{t("patrols.kept", count=t.number(len(plans)))}</div>')
    for plan in plans[:_SHOWN]:
        _row(patrols, str(plan))
    if len(plans) > _SHOWN:
        with st.expander(t("patrols.kept_more", count=t.number(len(plans) - _SHOWN))):
            for plan in plans[_SHOWN:]:
                _row(patrols, str(plan))


def _row(patrols: Patrols, plan: str) -> None:
    t, row, summary = patrols.place.t, patrols.plans.loc[plan], patrols.summary(plan)
    figures = t(
        "patrols.kept_figures",
        teams=t.number(summary["teams"]),
        hours=t.number(summary["hours"], 1),
        stops=t.number(summary["stops"]),
        km=t.number(summary["distance_km"]),
    )
    lines = [asked_text(patrols, patrols.order(plan)), f"{figures} · {verdict(summary, t)}"]
    lines.append(
        " · ".join(part for part in (plan, moment(row["created"]), row["author"], row["note"]) if part)
    )
    with st.container(horizontal=True, vertical_alignment="center", key=f"patrol-kept-{plan}"):
        look.entry(row["name"], lines, mark=t("patrols.on_table") if plan == patrols.plan_id else "")
        if st.button(t("patrols.open"), key=f"patrol open kept {plan}"):
            TABLE.turn_to(patrols.place, plan_id=plan, view="routes")
        with st.popover(t("patrols.about"), key=f"patrol about {plan}"):
            _about(patrols, plan)


def _about(patrols: Patrols, plan: str) -> None:
    """Show a plan's name and note, to be changed, and a way to delete it."""
    t, desk, row = patrols.place.t, session_desk(), patrols.plans.loc[plan]
    name = st.text_input(t("patrols.name"), row["name"], key=f"patrol name {plan} {row['rev']}", max_chars=80)
    note = st.text_input(
        t("patrols.note"), row["note"], key=f"patrol note {plan} {row['rev']}", max_chars=200
    )

    def change() -> None:
        changes = {"name": name.strip() or row["name"], "note": note.strip()}
        change_patrol_plan(patrols.workspace, plan, rev=int(row["rev"]), who=desk.who, changes=changes)

    def delete() -> None:
        delete_patrol_plan(patrols.workspace, plan, rev=int(row["rev"]), who=desk.who)

    key = desk.key("patrol_change", plan)
    if st.button(t("patrols.keep_name"), key=key):
        carry_out(desk, key, change, t)
    # Asked once more before anything is gone.
    sure = st.checkbox(t("patrols.delete_sure"), key=f"{_ASKED} {plan}")
    key = desk.key("patrol_delete", plan)
    if st.button(t("patrols.delete"), key=key, disabled=not sure):
        carry_out(desk, key, delete, t)
