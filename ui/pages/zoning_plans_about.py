"""The plan on the table: its name and note, its copy, its deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from data.plans import DRAFT, change_plan, delete_plan, duplicate_plan, read_plans
from geo.errors import ConflictError, SettingError
from ui import look
from ui.desk import carry_out
from ui.pages.zoning_plans_history import seen_rev
from ui.zoning import turn_to

if TYPE_CHECKING:
    from ui.desk import Desk
    from ui.pages.zoning_plans_desk import PlansDesk
    from ui.zoning import Zoning

NAME_LENGTH, _NOTE_LENGTH = 80, 2000
_DELETE = "delete"


def show_actions(zoning: Zoning, desk: Desk, mine: PlansDesk) -> None:
    """Show what can be done with the plan as a whole: paint, duplicate, delete."""
    t, plan_id = zoning.place.t, str(zoning.plan_id)
    plan = zoning.plans.loc[plan_id]
    copy = desk.key("plans-copy", plan_id)
    with st.container(horizontal=True, horizontal_alignment="right", key="plans-actions"):
        if zoning.editable and st.button(t("plans.paint"), type="primary", key="plans paint"):
            turn_to(zoning, view="paint")
        kind = "secondary" if zoning.editable else "primary"
        copied = st.button(t("plans.copy"), type=kind, key=copy, help=t("plans.copy_help"))
        if plan["status"] == DRAFT and st.button(t("plans.delete"), key=f"plans delete {plan_id}"):
            mine.asked, mine.told = (plan_id, _DELETE), None
            st.rerun()
    if copied:
        carry_out(desk, copy, lambda: _copy(zoning, mine), t)


def show_deletion(zoning: Zoning, desk: Desk, mine: PlansDesk) -> None:
    """Ask once more where a draft is to be deleted: away from the first button, for the double clicks."""
    plan_id = str(zoning.plan_id)
    if mine.asked == (plan_id, _DELETE) and zoning.plans.at[plan_id, "status"] == DRAFT:
        _confirm(zoning, desk, mine)


def _copy(zoning: Zoning, mine: PlansDesk) -> None:
    t, name = zoning.place.t, str(zoning.plans.at[zoning.plan_id, "name"])
    called = free_name(zoning, t("plans.copy_name", name=name))
    made = duplicate_plan(zoning.workspace, str(zoning.plan_id), name=called, who=mine.who)
    mine.done("plans.copied", turn=made, name=name, copy=called)


def free_name(zoning: Zoning, name: str) -> str:
    """Return a name that no plan has yet: numbered where it is taken."""
    short = name[: NAME_LENGTH - 4]
    taken, found, number = set(zoning.plans["name"]), short, 1
    while found in taken:
        number += 1
        found = f"{short} {number}"
    return found


def _confirm(zoning: Zoning, desk: Desk, mine: PlansDesk) -> None:
    t, plan_id = zoning.place.t, str(zoning.plan_id)
    st.warning(look.plain(t("plans.delete_sure", name=zoning.plans.at[plan_id, "name"], plan=plan_id)))
    key = desk.key("plans-delete", plan_id)
    with st.container(horizontal=True):
        sure = st.button(t("plans.delete_yes"), type="primary", key=key)
        if st.button(t("plans.cancel"), key=f"{key} cancel"):
            mine.asked = ("", "")
            st.rerun()
    if sure:
        carry_out(desk, key, lambda: _delete(zoning, mine), t)


def _delete(zoning: Zoning, mine: PlansDesk) -> None:
    plan_id = str(zoning.plan_id)
    name = str(zoning.plans.at[plan_id, "name"])
    delete_plan(zoning.workspace, plan_id, rev=seen_rev(zoning, mine), who=mine.who)
    mine.done("plans.deleted", name=name, plan=plan_id)


def show_about(zoning: Zoning, desk: Desk, mine: PlansDesk) -> None:
    """Show the plan's name and note, to be changed."""
    t, plan_id = zoning.place.t, str(zoning.plan_id)
    plan = zoning.plans.loc[plan_id]
    key = desk.key("plans-name", plan_id)
    # What the fields began with: later texts of others must not be overwritten by those.
    if f"{key} name" not in st.session_state:
        mine.texts[key] = (plan["name"], plan["note"])
    with st.form(f"{key} form", border=False):
        name = st.text_input(t("plans.name"), value=plan["name"], max_chars=NAME_LENGTH, key=f"{key} name")
        note = st.text_area(
            t("plans.note"),
            value=plan["note"],
            max_chars=_NOTE_LENGTH,
            height=150,
            placeholder=t("plans.note_hint"),
            key=f"{key} note",
        )
        pressed = st.form_submit_button(t("plans.save"), type="primary", key=key)
    if pressed:
        carry_out(desk, key, lambda: _rename(zoning, mine, key, (name.strip(), note.strip())), t)


def _rename(zoning: Zoning, mine: PlansDesk, key: str, after: tuple[str, str]) -> None:
    """Keep a name and a note, unless somebody else wrote others meanwhile; strokes do not matter."""
    plan_id = str(zoning.plan_id)
    if not after[0]:
        raise SettingError("plan_field_empty", found="name")
    plans = read_plans(zoning.workspace).set_index("plan_id")
    if plan_id not in plans.index:
        raise SettingError("plan_unknown", plan=plan_id, known=", ".join(plans.index))
    now = plans.loc[plan_id]
    if (now["name"], now["note"]) != mine.texts[key]:
        mine.texts[key] = (now["name"], now["note"])
        raise ConflictError("plan_text_changed", name=now["name"], text=now["note"])
    change_plan(
        zoning.workspace,
        plan_id,
        rev=int(now["rev"]),
        who=mine.who,
        changes={"name": after[0], "note": after[1]},
    )
    mine.done("plans.named", name=after[0])
