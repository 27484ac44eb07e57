"""The list of plans in the view 方案库: in force, drafts, on their way, computed, retired."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from data.plan_states import plan_documents, read_steps_ahead
from data.plans import APPROVED, CONSULTED, IN_FORCE, OWN, RETIRED
from data.strokes import read_strokes
from ui import look
from ui.moments import moment
from ui.pages.zoning_plans_check import moved
from ui.zoning import turn_to

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from data.strokes import Stroke
    from ui.pages.zoning_plans_check import Moved
    from ui.pages.zoning_plans_desk import PlansDesk
    from ui.words import Words
    from ui.zoning import Zoning

# In the order in which they are shown; the last two stay closed until asked for.
GROUPS = (IN_FORCE, "drafts", "on_the_way", "computed", RETIRED)
_CLOSED = ("computed", RETIRED)
_ON_THE_WAY = (CONSULTED, APPROVED)


def show_list(zoning: Zoning, desk: PlansDesk) -> None:
    """Show the plans by group, newest first, each of them to be put on the table."""
    t = zoning.place.t
    grouped = grouped_plans(zoning.plans, zoning.today_id)
    documents, ahead = plan_documents(zoning.workspace), read_steps_ahead(zoning.workspace)
    ends = {plan: step["effective"] for plan, step in ahead.items() if step["now"] == RETIRED}
    for group in GROUPS:
        plans = grouped[group]
        heading = t(f"plans.group_{group}", count=t.number(len(plans)))
        if group in _CLOSED:
            if plans:
                with st.expander(heading, expanded=zoning.plan_id in plans, key=f"plans-{group}"):
                    _cards(zoning, desk, plans, documents, ends)
            continue
        st.html(f'<div class="gb-group">{heading}</div>')
        if plans:
            _cards(zoning, desk, plans, documents, ends)
        else:
            st.caption(t(f"plans.none_{group}"))


def grouped_plans(plans: pd.DataFrame, today_id: str | None) -> dict[str, list[str]]:
    """Return the ids of the plans of each group, newest first; what holds today counts as in force."""
    found: dict[str, list[str]] = {group: [] for group in GROUPS}
    for plan_id in plans.index[::-1]:
        found[_group(plans.loc[plan_id], today_id)].append(str(plan_id))
    return found


def _group(plan: pd.Series, today_id: str | None) -> str:
    if plan["status"] in (IN_FORCE, RETIRED):
        return str(plan["status"])
    if plan["status"] in _ON_THE_WAY:
        return "on_the_way"
    if plan["plan_id"] == today_id:
        return IN_FORCE
    return "drafts" if plan["kind"] in OWN else "computed"


def _cards(
    zoning: Zoning, desk: PlansDesk, plans: list[str], documents: pd.DataFrame, ends: Mapping[str, str]
) -> None:
    for plan_id in plans:
        on_table = plan_id == zoning.plan_id
        with st.container(key=f"plans-card-{plan_id}{'-on' if on_table else ''}"):
            _card(zoning, plan_id, documents, ends.get(plan_id, ""))
            # The whole card is the button; its label is read out, not shown.
            label = zoning.place.t("plans.choose", name=zoning.plans.at[plan_id, "name"])
            if st.button(look.plain(label), key=f"plans choose {plan_id}", disabled=on_table):
                desk.chose()
                turn_to(zoning, plan_id=plan_id)


def _card(zoning: Zoning, plan_id: str, documents: pd.DataFrame, end: str) -> None:
    t, plan = zoning.place.t, zoning.plans.loc[plan_id]
    about = [plan_id, kind_text(plan, t), _who_when(zoning, plan_id)]
    lines = [" · ".join(part for part in about if part)]
    if plan_id in documents.index:
        number, day = documents.loc[plan_id]
        lines.append(t("plans.in_force_by", document=number, day=day))
    if end:
        lines.append(t("plans.until", day=end))
    lines += _figures(zoning, plan_id)
    mark = t.name("state", plan["status"]) if plan["status"] in _ON_THE_WAY else ""
    if plan_id == zoning.today_id and plan["status"] != IN_FORCE:
        mark = t("plans.today_mark")
    look.entry(plan["name"], lines, mark=mark)


def kind_text(plan: pd.Series, t: Words) -> str:
    """Return in words how a plan came to be."""
    return t.name("plan_kind", plan["kind"])


def _figures(zoning: Zoning, plan_id: str) -> list[str]:
    t, found, plan = zoning.place.t, moved(zoning, plan_id), zoning.plans.loc[plan_id]
    lines = []
    if found is not None and plan_id != zoning.today_id:
        lines.append(_moved(found, t))
    if plan["parent"] in zoning.plans.index:
        parent = zoning.plans.loc[plan["parent"]]
        lines.append(t("plans.parent", name=parent["name"], plan=parent["plan_id"]))
    return lines


def _moved(found: Moved, t: Words) -> str:
    if not found.grids:
        return t("plans.unmoved")
    facts = {"grids": t.number(found.grids), "workload": t.percent(found.workload)}
    if found.villages is None:
        return t("plans.moved_grids", **facts)
    return t("plans.moved", **facts, villages=t.number(found.villages))


def _who_when(zoning: Zoning, plan_id: str) -> str:
    plan, last = zoning.plans.loc[plan_id], last_stroke(zoning, plan_id)
    at = plan["created"] if last is None else last.at
    who = plan["author"] if last is None or not last.who else last.who
    return " ".join(part for part in (moment(at), who) if part)


def last_stroke(zoning: Zoning, plan_id: str) -> Stroke | None:
    """Return the last stroke of a plan, None where nobody has drawn in it."""
    found = strokes_of(zoning, plan_id)
    return found[-1] if found else None


def strokes_of(zoning: Zoning, plan_id: str) -> tuple[Stroke, ...]:
    """Return a plan's strokes, oldest first; only what people paint has any."""
    plan = zoning.plans.loc[plan_id]
    if plan["kind"] not in OWN:
        return ()
    return _strokes(zoning, zoning.place.path, zoning.place.stamp, plan_id, int(plan["rev"]))


@st.cache_resource(max_entries=64, show_spinner=False)
def _strokes(_zoning: Zoning, path: str, stamp: str, plan_id: str, rev: int) -> tuple[Stroke, ...]:
    return read_strokes(_zoning.workspace, plan_id)
