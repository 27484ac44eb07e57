"""The steps of the plan on the table: the one reached, those allowed with their form, the record."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from data.plan_states import SOUND, TRANSITIONS, read_states, read_steps_ahead
from data.plans import APPROVED, IN_FORCE, RETIRED, STATUSES
from geo.errors import GridBeatError, SettingError
from ui import look
from ui.desk import carry_out
from ui.moments import moment
from ui.pages.signing import ask_who
from ui.pages.zoning_plans_check import broken, told_places
from ui.pages.zoning_plans_history import seen_rev
from ui.plan_steps import step_plan
from ui.zoning import turn_to

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.errors import Reason
    from ui.desk import Desk
    from ui.names import PlaceNames
    from ui.pages.zoning_plans_desk import PlansDesk
    from ui.words import Words
    from ui.zoning import Zoning

# Of the record's columns, in pixels; together no wider than a small screen has.
_WIDTHS = {"at": 128, "step": 168, "who": 108, "why": 258, "document_no": 158, "effective": 96}
_WHY_LENGTH, _DOCUMENT_LENGTH = 400, 60


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step that was asked for: the plan, where it goes, and which plan it takes out of force."""

    plan_id: str
    was: str
    to: str
    replaced: str | None


def steps_row(status: str, states: pd.DataFrame, t: Words, *, ahead: Mapping[str, str] | None = None) -> str:
    """
    Return the five steps as markup, the one reached marked, those passed with their day.

    Parameters
    ----------
    ahead
        The step that waits for its day (`data.plans.steps_ahead`).
    """
    passed = dict(zip(states["now"], states["at"], strict=True)) if len(states) else {}
    been = {*passed, *states["was"]} if len(states) else set()
    cells = []
    for at, name in enumerate(STATUSES, 1):
        here = name == status
        mark = "gb-here" if here else "gb-been" if name in been and _before(name, status) else ""
        day = moment(passed[name])[:10] if name in passed and mark else ""
        if ahead is not None and name == ahead["now"]:
            day = t("plans.from_day", day=ahead["effective"])
        now = ' aria-current="step"' if here else ""
        cells.append(
            f'<li class="{mark}"{now}><i>{at}</i><b>{escape(t.name("state", name))}</b>'
            f"<small>{escape(day)}</small></li>"
        )
    return f'<ol class="gb-steps" aria-label="{escape(t("plans.steps"))}">{"".join(cells)}</ol>'


def _before(name: str, status: str) -> bool:
    return STATUSES.index(name) < STATUSES.index(status)


def show_steps(zoning: Zoning, desk: Desk, mine: PlansDesk, names: PlaceNames) -> None:
    """Show the buttons of the steps that are allowed, the form of the one asked for, and the record."""
    t, plan_id = zoning.place.t, str(zoning.plan_id)
    status = str(zoning.plans.at[plan_id, "status"])
    steps = _in_order(status)
    ahead = read_steps_ahead(zoning.workspace).get(plan_id)
    if ahead is not None:
        st.info(look.plain(told_ahead(zoning, ahead)), icon=":material/event:")
    if steps:
        _buttons(mine, plan_id, status, steps, t, waits=ahead is not None)
    else:
        st.caption(t("plans.no_steps"))
    if mine.asked[0] == plan_id and mine.asked[1] in steps:
        step = Step(plan_id=plan_id, was=status, to=mine.asked[1], replaced=_replaced(zoning, mine.asked[1]))
        _asked(zoning, desk, mine, step, names)
    elif status not in (IN_FORCE, RETIRED) and ahead is None:
        _readiness(zoning, plan_id, names)
    _record(zoning, plan_id)


def told_ahead(zoning: Zoning, ahead: Mapping[str, str]) -> str:
    """Return what comes of a plan on the day that a step of it waits for."""
    t, day = zoning.place.t, ahead["effective"]
    if ahead["now"] == IN_FORCE:
        key = "plans.waits" if zoning.today_id is None else "plans.waits_for_today"
        today = "" if zoning.today_id is None else zoning.plans.at[zoning.today_id, "name"]
        return t(key, document=ahead["document_no"], day=day, today=today)
    if ahead["why"] in zoning.plans.index:
        return t("plans.until_replaced", day=day, name=zoning.plans.at[ahead["why"], "name"])
    return t("plans.until", day=day)


def _readiness(zoning: Zoning, plan_id: str, names: PlaceNames) -> None:
    """Say at once whether the plan could be approved, and what stands against it."""
    t = zoning.place.t
    faults = _faults(zoning, plan_id)
    if faults is None:
        return
    if not faults:
        key = "plans.sound_approved" if zoning.plans.at[plan_id, "status"] == APPROVED else "plans.sound"
        st.html(f'<div class="gb-ready"><b>✓</b> {escape(t(key))}</div>')
        return
    lines = "".join(f"<li>{escape(line)}</li>" for line in told_places(faults, t, names))
    head = escape(t("plans.broken", count=t.number(len(faults))))
    st.html(f'<div class="gb-ready gb-not"><b>✗</b> {head}<ul>{lines}</ul></div>')


def _in_order(status: str) -> list[str]:
    """Return the steps allowed: forward first, then back, then out."""
    return sorted(
        TRANSITIONS[status], key=lambda to: (to == RETIRED, STATUSES.index(to) < STATUSES.index(status))
    )


def _buttons(mine: PlansDesk, plan_id: str, status: str, steps: list[str], t: Words, *, waits: bool) -> None:
    with st.container(horizontal=True, key="plans-steps"):
        for at, to in enumerate(steps):
            label = t("plans.step_another_day" if waits and to == IN_FORCE else f"plans.step_{status}_{to}")
            kind = "primary" if at == 0 and to != RETIRED and not waits else "secondary"
            if st.button(label, type=kind, key=f"plans step {plan_id} {status} {to}"):
                mine.asked, mine.told = (plan_id, to), None
                st.rerun()


def _replaced(zoning: Zoning, to: str) -> str | None:
    """Return the plan in force that a step would retire."""
    others = zoning.plans[(zoning.plans["status"] == IN_FORCE) & (zoning.plans["plan_id"] != zoning.plan_id)]
    return str(others["plan_id"].iloc[-1]) if to == IN_FORCE and len(others) else None


def _asked(zoning: Zoning, desk: Desk, mine: PlansDesk, step: Step, names: PlaceNames) -> None:
    t = zoning.place.t
    with st.container(border=True, key="plans-step-form"):
        st.html(f'<div class="gb-formhead">{escape(t(f"plans.step_{step.was}_{step.to}"))}</div>')
        faults = _faults(zoning, step.plan_id) if step.to in SOUND else ()
        if faults is None:
            return
        if faults:
            _refused(zoning, faults, names)
            return
        if note := _consequence(zoning, step):
            st.warning(look.plain(note))
        _form(zoning, desk, mine, step)


def _faults(zoning: Zoning, plan_id: str) -> tuple[Reason, ...] | None:
    """Return what keeps a plan from being approved; None where that cannot be found out, which is said."""
    try:
        with st.spinner(zoning.place.t("plans.checking")):
            return broken(zoning, plan_id)
    except GridBeatError as error:
        look.show_error(error, zoning.place.t)
        return None


def _refused(zoning: Zoning, faults: tuple[Reason, ...], names: PlaceNames) -> None:
    """Say why a broken plan goes no further, and lead to where it is mended."""
    t = zoning.place.t
    lines = [t("plans.broken", count=t.number(len(faults)))]
    lines += [f"- {line}" for line in map(look.plain, told_places(faults, t, names))]
    st.error("\n".join(lines))
    if not zoning.editable:
        st.caption(t("plans.broken_frozen"))
    if st.button(t("plans.to_paint"), type="primary" if zoning.editable else "secondary", key="plans mend"):
        turn_to(zoning, view="paint")


def _consequence(zoning: Zoning, step: Step) -> str:
    t = zoning.place.t
    if step.replaced is not None:
        return t("plans.replaces", name=zoning.plans.at[step.replaced, "name"], plan=step.replaced)
    if step.was == IN_FORCE:
        return t("plans.leaves_none")
    return t("plans.retire_final") if step.to == RETIRED else ""


def _form(zoning: Zoning, desk: Desk, mine: PlansDesk, step: Step) -> None:
    t = zoning.place.t
    key = desk.key("plans-move", step.plan_id, step.to)
    with st.form(f"{key} form", border=False):
        left, right = st.columns([1, 1.6])
        with left:
            who = ask_who(t, mine.who, key=f"{key} who", help=t("plans.who_help"))
        why = right.text_input(t("plans.why"), max_chars=_WHY_LENGTH, key=f"{key} why")
        document = _document(key, t) if step.to == IN_FORCE else {}
        with st.container(horizontal=True):
            pressed = st.form_submit_button(t("plans.confirm"), type="primary", key=key)
            left_off = st.form_submit_button(t("plans.cancel"), key=f"{key} cancel")
    if left_off:
        mine.asked = ("", "")
        st.rerun()
    if pressed:
        mine.who = who
        carry_out(desk, key, lambda: _move(zoning, mine, step, why=why.strip(), document=document), t)


def _document(key: str, t: Words) -> dict[str, str]:
    left, right = st.columns([1.6, 1])
    number = left.text_input(
        t("plans.document_no"),
        max_chars=_DOCUMENT_LENGTH,
        placeholder=t("plans.document_no_hint"),
        key=f"{key} document",
    )
    day = right.text_input(
        t("plans.effective"),
        value=dt.date.today().isoformat(),
        placeholder="2027-01-01",
        max_chars=20,
        key=f"{key} day",
    )
    return {"document_no": number.strip(), "effective": iso_day(day)}


def iso_day(text: str) -> str:
    """Return a day as 2027-01-01 where it was typed in one of the usual ways, else as it was typed."""
    typed = text.strip()
    found = re.fullmatch(r"(\d{4})\D{0,2}(\d{1,2})\D{0,2}(\d{1,2})日?", typed)
    return "{}-{:0>2}-{:0>2}".format(*found.groups()) if found else typed


def _move(zoning: Zoning, mine: PlansDesk, step: Step, *, why: str, document: Mapping[str, str]) -> None:
    if not mine.who:
        raise SettingError("plan_who_missing")
    step_plan(
        zoning.workspace,
        step.plan_id,
        step.to,
        rev=seen_rev(zoning, mine),
        who=mine.who,
        standing=zoning.standing(step.plan_id) if step.to in SOUND else None,
        why=why,
        **document,
    )
    name, t = str(zoning.plans.at[step.plan_id, "name"]), zoning.place.t
    if (ahead := read_steps_ahead(zoning.workspace).get(step.plan_id)) is not None:
        mine.done("plans.moved_ahead", name=name, day=ahead["effective"])
        return
    if step.replaced is not None:
        other = str(zoning.plans.at[step.replaced, "name"])
        mine.done("plans.replaced", name=name, other=other, plan=step.replaced)
        return
    mine.done("plans.moved_on", name=name, state=t.name("state", step.to))


def _record(zoning: Zoning, plan_id: str) -> None:
    t, states = zoning.place.t, read_states(zoning.workspace, plan_id)
    if states.empty:
        st.caption(t("plans.no_record"))
        return
    states = states.iloc[::-1]
    st.dataframe(
        pd.DataFrame(
            {
                t("plans.at"): [moment(at) for at in states["at"]],
                t("plans.step"): [
                    f"{t.name('state', was)} → {t.name('state', now)}"
                    for was, now in zip(states["was"], states["now"], strict=True)
                ],
                t("plans.who"): states["who"],
                t("plans.why"): [_reason(row, zoning) for _, row in states.iterrows()],
                t("plans.document_no"): states["document_no"],
                t("plans.effective"): states["effective"],
            }
        ),
        hide_index=True,
        height="auto",
        row_height=32,
        key=f"plans record {plan_id}",
        column_config={
            t(f"plans.{name}"): st.column_config.TextColumn(width=width) for name, width in _WIDTHS.items()
        },
        placeholder="",
    )


def _reason(line: pd.Series, zoning: Zoning) -> str:
    """Return why a step was taken; of a plan that another one replaced, or failed to, which."""
    if line["why"] not in zoning.plans.index:
        return str(line["why"])
    other = zoning.plans.loc[line["why"]]
    key = "plans.replaced_by" if line["now"] == RETIRED else "plans.not_replaced_by"
    return zoning.place.t(key, name=other["name"], plan=other["plan_id"])
