"""The modes of a day of patrols side by side, on the page 巡防."""

from __future__ import annotations

import html
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from planning.patrol.day_problem import MODES
from ui import look
from ui.named_reasons import named_reason
from ui.pages.patrols_plan_form import day_text
from ui.patrols import TABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ui.patrol_ground import DayOrder
    from ui.patrols import Patrols
    from ui.words import Words


@dataclass(frozen=True)
class Measure:
    """
    A figure by which plans are compared.

    Parameters
    ----------
    name
        In the plan's summary, and of its words.
    write
        How it is written.
    best
        1 where more is better, -1 where less is, 0 where neither.
    of
        The figure that it is a part of; "" for none.
    """

    name: str
    write: Callable[[Words, float], str]
    best: int
    of: str = ""


def _hours(t: Words, value: float) -> str:
    return t("patrols.hours_of", hours=t.number(value, 1))


MEASURES = (
    Measure("teams", lambda t, value: t.number(value), -1),
    Measure("members", lambda t, value: t.number(value), -1),
    Measure("hours", _hours, -1),
    Measure("longest_shift_h", _hours, -1),
    Measure("travel_h", _hours, -1),
    Measure("distance_km", lambda t, value: t.length(value * 1000), -1),
    Measure("stops", lambda t, value: t.number(value), 1, "stops_due"),
    Measure("villages", lambda t, value: t.number(value), 1, "villages_due"),
)


def show_found(patrols: Patrols) -> None:
    """Show the plan on the table beside those that answer the same question in other modes."""
    if patrols.plan_id is None:
        return
    t, shown = patrols.place.t, side_by_side(patrols)
    look.title(t("patrols.side_by_side"), asked_text(patrols, patrols.order()))
    best = best_of([patrols.summary(plan) for plan in shown])
    for column, plan in zip(st.columns(len(MODES)), shown, strict=False):
        with column, st.container(key=f"patrol-card-{plan}", border=True):
            _card(patrols, plan, best)
    _notes(patrols)


def side_by_side(patrols: Patrols) -> list[str]:
    """Return the newest plan of each mode that answers the same question as the plan on the table."""
    asked = _question(patrols.order())
    newest = {
        patrols.plans.at[plan, "mode"]: str(plan)
        for plan in patrols.plans.index
        if _question(patrols.order(plan)) == asked
    }
    newest[patrols.plans.at[patrols.plan_id, "mode"]] = str(patrols.plan_id)
    return [newest[mode] for mode in MODES if mode in newest]


def _question(order: DayOrder) -> DayOrder:
    return replace(order, mode=MODES[0])


def best_of(summaries: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return the best value of each measure among plans that can be driven, where they differ in it."""
    found, drivable = {}, [summary for summary in summaries if not summary.get("faults")]
    for measure in MEASURES:
        values = [s[measure.name] for s in drivable if s.get(measure.name) is not None]
        if measure.best and len(set(values)) > 1 and len(values) == len(drivable):
            found[measure.name] = max(values) if measure.best > 0 else min(values)
    return found


def asked_text(patrols: Patrols, order: DayOrder) -> str:
    """Return in words what was asked, the mode aside."""
    t = patrols.place.t
    parts = [
        day_text(order.date.isoformat(), t),
        t.name("force", order.force),
        t.name("duty", order.duty),
        t(f"patrols.objective_{order.objective}"),
    ]
    if order.stations:
        parts.append(t.listed(patrols.names.all("stations", order.stations), at_most=3))
    return " · ".join(parts)


def _card(patrols: Patrols, plan: str, best: Mapping[str, float]) -> None:
    t, summary, row = patrols.place.t, patrols.summary(plan), patrols.plans.loc[plan]
    mark = f"<em>{html.escape(t('patrols.on_table'))}</em>" if plan == patrols.plan_id else ""
    good = "gb-ok" if summary.get("feasible") else "gb-bad"
    lines = "".join(_line(measure, summary, best, t) for measure in MEASURES)
    st.html(
        f'<div class="gb-card"><h3><span>{html.escape(t.name("patrol_mode", row["mode"]))}</span>{mark}</h3>'
        f'<p class="{good}">{html.escape(verdict(summary, t))}</p>'
        f"<dl>{lines}</dl></div>"
    )
    if st.button(t("patrols.open"), key=f"patrol open {plan}", type="primary", width="stretch"):
        TABLE.turn_to(patrols.place, plan_id=plan, view="routes")


def verdict(summary: Mapping[str, Any], t: Words) -> str:
    """Return in one line whether a plan can be driven."""
    if summary.get("faults"):
        return t("patrols.verdict_faults", count=t.number(summary["faults"]))
    if summary.get("unvisited_must"):
        return t("patrols.verdict_missed", count=t.number(summary["unvisited_must"]))
    return t("patrols.verdict_fine")


def _line(measure: Measure, summary: Mapping[str, Any], best: Mapping[str, float], t: Words) -> str:
    value = summary.get(measure.name)
    written = t.number(None) if value is None else measure.write(t, value)
    if measure.of and summary.get(measure.of):
        written = t("patrols.part_of", part=written, whole=measure.write(t, summary[measure.of]))
    is_best = not summary.get("faults") and measure.name in best and value == best[measure.name]
    # Unseen where it is not the best: the figures stand in line all the same.
    blank, best_mark = "" if is_best else ' class="gb-blank"', html.escape(t("patrols.best_mark"))
    mark = f'<i{blank} title="{html.escape(t("patrols.best"))}">{best_mark}</i>'
    return (
        f"<div><dt>{html.escape(t(f'patrols.measure_{measure.name}'))}</dt>"
        f"<dd>{html.escape(written)}{mark}</dd></div>"
    )


def _notes(patrols: Patrols) -> None:
    """Say what was assumed for the plan on the table and what is not in it."""
    t = patrols.place.t
    told = list(dict.fromkeys(named_reason(note, t, patrols.names) for note in patrols.notes()))
    if told:
        with st.expander(t("patrols.notes", count=t.number(len(told)))):
            st.markdown("\n".join(f"- {look.plain(line)}" for line in told))
