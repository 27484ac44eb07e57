"""What is asked of a day of patrols, filled in on the page 巡防."""

from __future__ import annotations

import datetime as dt
import html
from typing import TYPE_CHECKING, Any

import streamlit as st

from data.schemas import FORCE, FORCES, SQUAD, VILLAGE
from planning.patrol.day_problem import JOINT, MODES, OWN, SHARED
from planning.patrol.duty import DutySettings
from planning.patrol.params import HOURS, OBJECTIVES
from ui import cached, jobs
from ui.kept_form import KeptForm
from ui.patrol_ground import DUTY_SETTING, DayOrder
from ui.patrol_order import PATROL, PatrolOrder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ui.patrols import Patrols
    from ui.words import Words

ALL, CHOSEN = "all", "chosen"
# The job whose end a session waits for.
WATCHED = "patrols watched"
# What it takes in all, roads and all modes included.
_SECONDS = (15, 30, 60, 120)
# Days that may be planned: some behind, for what is to be explained, and a season ahead.
_DAYS_BACK, _DAYS_AHEAD = 14, 120
_MS_PER_HOUR = 3_600_000
# The kind of stop by which people know what a duty level asks of a force.
_TYPICAL = {VILLAGE: "village", SQUAD: "checkpoint"}
# Greatest of what experts set.
_EXPERT = {"most": 99, "teams_at_most": 9_999, "seed": 2**31 - 1}
_DEFAULTS: Mapping[str, Any] = {
    "force": FORCES[0],
    "date": "",
    "duty": "routine",
    "modes": [OWN, SHARED, JOINT],
    "objective": HOURS,
    "cap": False,
    "cap_hours": 4.0,
    "scope": ALL,
    "stations": [],
    "seconds": 30,
    "most": 0,
    "teams_at_most": 0,
    "seed": 1,
}


class Form(KeptForm):
    """
    What is asked of a day, as it is filled in.

    Parameters
    ----------
    path
        The workspace's file.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path, "patrol", job=PATROL, defaults=_DEFAULTS)


@st.fragment
def show_form(patrols: Patrols) -> None:
    """Show what may be asked; it is kept as it is filled in."""
    form, t = Form(patrols.place.path), patrols.place.t
    _force(form, patrols, t)
    _day(form, t)
    _duty(form, patrols, t)
    _modes(form, t)
    _title(t("patrols.objective"))
    form.note("objective", _choice(form, "objective", OBJECTIVES, t))
    _cap(form, t)
    _scope(form, patrols, t)
    _search(form, t)
    _button(form, patrols)


def _title(text: str, note: str = "") -> None:
    st.html(f'<div class="gb-field">{html.escape(text)}<small>{html.escape(note)}</small></div>')


def _force(form: Form, patrols: Patrols, t: Words) -> None:
    teams = cached.table(patrols.place.path, patrols.place.stamp, "teams")
    counts = teams[FORCE].value_counts() if len(teams) else {}
    if "force" not in form.kept and counts.get(SQUAD) and not counts.get(VILLAGE):
        form.set("force", SQUAD)
    _title(t("patrols.force"), t("patrols.force_note"))
    chosen = st.radio(
        t("patrols.force"),
        FORCES,
        format_func=lambda force: t.name("force", force),
        captions=[t(f"patrols.force_{force}", teams=t.number(counts.get(force, 0))) for force in FORCES],
        key=form.key("force", among=FORCES),
        label_visibility="collapsed",
    )
    form.note("force", chosen)


def _day(form: Form, t: Words) -> None:
    today = dt.date.today()
    days = [(today + dt.timedelta(days=n)).isoformat() for n in range(-_DAYS_BACK, _DAYS_AHEAD)]
    if form.get("date") not in days:
        form.set("date", today.isoformat())
    _title(t("patrols.date"), t("patrols.date_note"))
    chosen = st.selectbox(
        t("patrols.date"),
        days,
        format_func=lambda day: day_text(day, t),
        key=form.key("date", among=days),
        label_visibility="collapsed",
    )
    form.note("date", chosen)


def day_text(day: str, t: Words) -> str:
    """Return a day (ISO) with its weekday, and whether it is today or tomorrow."""
    date = dt.date.fromisoformat(day)
    near = {0: "patrols.today", 1: "patrols.tomorrow"}.get((date - dt.date.today()).days)
    text = t("patrols.day", day=day, weekday=t(f"patrols.weekday_{date.isoweekday()}"))
    return f"{text} · {t(near)}" if near else text


def _duty(form: Form, patrols: Patrols, t: Words) -> None:
    settings = DutySettings.from_dict(patrols.workspace.setting(DUTY_SETTING, {}))
    levels = tuple(settings.levels)
    _title(t("patrols.duty"))
    chosen = st.segmented_control(
        t("patrols.duty"),
        levels,
        format_func=lambda level: t.name("duty", level),
        key=form.key("duty", among=levels),
        required=True,
        label_visibility="collapsed",
        width="stretch",
    )
    form.note("duty", chosen)
    level, force = settings.level(chosen), str(form.get("force"))
    visited = _TYPICAL[force]
    facts = {
        "share": t.percent(level.team_share.get(force, 1.0), 0),
        "place": t.name("stop_kind", visited),
        "visits": t.number(level.visits_a_week.get(force, {}).get(visited, 0)),
        "longer": t.number(level.shift_longer_min),
    }
    st.caption(t("patrols.duty_asks" if level.shift_longer_min <= 0 else "patrols.duty_asks_longer", **facts))


def _modes(form: Form, t: Words) -> None:
    _title(t("patrols.modes"), t("patrols.modes_note"))
    chosen = st.pills(
        t("patrols.modes"),
        MODES,
        selection_mode="multi",
        format_func=lambda mode: t.name("patrol_mode", mode),
        key=form.key("modes", among=MODES),
        label_visibility="collapsed",
        width="stretch",
    )
    form.note("modes", [mode for mode in MODES if mode in chosen])


def _cap(form: Form, t: Words) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="patrol-cap"):
        capped = st.checkbox(t("patrols.cap"), key=form.key("cap"), help=t("patrols.cap_help"))
        hours = st.number_input(
            t("patrols.cap_hours"),
            step=0.5,
            format="%.1f",
            key=form.key("cap_hours", within=(0.5, 24.0)),
            label_visibility="collapsed",
            disabled=not capped,
            width=110,
        )
    form.note("cap", capped)
    form.note("cap_hours", hours)


def _scope(form: Form, patrols: Patrols, t: Words) -> None:
    if len(patrols.stations) < 2:
        form.set("scope", ALL)
        return
    _title(t("patrols.scope"))
    scope = form.note("scope", _choice(form, "scope", (ALL, CHOSEN), t))
    if scope == CHOSEN:
        chosen = st.multiselect(
            t("patrols.stations"),
            patrols.stations,
            format_func=lambda one: patrols.names("stations", one),
            key=form.key("stations", among=patrols.stations),
            placeholder=t("patrols.stations_none"),
            label_visibility="collapsed",
        )
        form.note("stations", chosen)


def _search(form: Form, t: Words) -> None:
    _title(t("patrols.seconds"), t("patrols.seconds_note"))
    value = st.segmented_control(
        t("patrols.seconds"),
        _SECONDS,
        format_func=lambda seconds: t("patrols.seconds_of", seconds=str(seconds)),
        key=form.key("seconds", among=_SECONDS),
        required=True,
        label_visibility="collapsed",
        width="stretch",
    )
    form.note("seconds", value)
    with st.expander(t("patrols.expert")):
        for name, most in _EXPERT.items():
            number = st.number_input(
                t(f"patrols.{name}"),
                step=1,
                key=form.key(name, within=(0, most)),
                help=t(f"patrols.{name}_help"),
            )
            form.note(name, number)


def _choice(form: Form, name: str, options: Sequence[str], t: Words) -> str:
    return str(
        st.radio(
            t(f"patrols.{name}"),
            options,
            format_func=lambda one: t(f"patrols.{name}_{one}"),
            key=form.key(name, among=options),
            label_visibility="collapsed",
        )
    )


def _button(form: Form, patrols: Patrols) -> None:
    t = patrols.place.t
    lacking = _lacking(form, t)
    job = jobs.current(patrols.place.path, PATROL)
    running = job is not None and job.state().running
    with st.container(key="patrol-go"):
        # Inside what stays in sight while the form is scrolled.
        if lacking:
            st.caption(lacking)
        if st.button(
            t("patrols.running" if running else "patrols.start"),
            type="primary",
            width="stretch",
            disabled=bool(lacking) or running,
            key="patrol start",
        ):
            start(patrols, order_of(form, patrols))
            st.rerun(scope="app")


def _lacking(form: Form, t: Words) -> str:
    """Return what has to be filled in first."""
    if not form.get("modes"):
        return t("patrols.needs_mode")
    if form.get("scope") == CHOSEN and not form.get("stations"):
        return t("patrols.needs_station")
    return ""


def start(patrols: Patrols, order: PatrolOrder) -> None:
    """Start planning what is ordered, or attach to what runs."""
    st.session_state[WATCHED], new = jobs.start(patrols.place.path, order)
    if not new:
        st.toast(patrols.place.t("patrols.attached"))


def order_of(form: Form, patrols: Patrols) -> PatrolOrder:
    """Return what is filled in as an order."""
    modes = tuple(form.get("modes"))
    return PatrolOrder(
        day=DayOrder(
            date=dt.date.fromisoformat(form.get("date")),
            force=form.get("force"),
            mode=modes[0],
            duty=form.get("duty"),
            objective=form.get("objective"),
            cap_ms=round(form.get("cap_hours") * _MS_PER_HOUR) if form.get("cap") else None,
            stations=tuple(form.get("stations")) if form.get("scope") == CHOSEN else (),
            most=form.get("most") or None,
            teams_at_most=form.get("teams_at_most") or None,
            seed=int(form.get("seed")),
        ),
        modes=modes,
        total_s=float(form.get("seconds")),
        lang=patrols.place.lang,
        form=dict(form.kept),
    )
