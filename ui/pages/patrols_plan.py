"""View 安排 of the page 巡防: what is asked of a day, how far it is, the modes side by side, what is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui import cached, jobs, look
from ui.on_page import show_page_error
from ui.pages import job_progress
from ui.pages.job_progress import Stage
from ui.pages.patrols_plan_form import WATCHED, show_form
from ui.pages.patrols_plan_found import show_found
from ui.pages.patrols_plan_kept import show_kept
from ui.patrol_order import PATROL
from ui.patrols import TABLE

if TYPE_CHECKING:
    from ui.jobs import Job
    from ui.patrols import Patrols

# Where each stage begins on the bar, in %; the search, which is the longest, moves along its own.
_STAGES = {"read": 2, "travel": 12, "search": 25, "explain": 92}


def show(patrols: Patrols) -> None:
    """Show the view."""
    left, right = st.columns([1, 2.9], gap="medium")
    with left, st.container(key="patrol-form"):
        show_form(patrols)
    with right, st.container(key="patrol-found"):
        _show_right(patrols, jobs.current(patrols.place.path, PATROL))


def _show_right(patrols: Patrols, job: Job | None) -> None:
    t = patrols.place.t
    _lacking(patrols)
    if job is not None and job.state().running:
        st.session_state[WATCHED] = job
        stages = {
            name: Stage(begins=begins, said=t(f"patrols.stage_{name}"), step=t(f"patrols.step_{name}"))
            for name, begins in _STAGES.items()
        }
        job_progress.show_progress(t, job, stages, meanwhile=t("patrols.meanwhile"), key="patrol cancel")
        return
    if job is not None:
        _ended(patrols, job)
    if patrols.plans.empty:
        _empty(patrols)
        return
    show_found(patrols)
    show_kept(patrols)


def _ended(patrols: Patrols, job: Job) -> None:
    """Say what went wrong with a job; put what it found on the table of those who waited for it, once."""
    t, state = patrols.place.t, job.state()
    if state.failed:
        st.error(t("error.unexpected"))
    if state.error is not None:
        show_page_error(state.error, t)
    found = [plan for plan in state.outcome or () if plan in patrols.plans.index]
    if st.session_state.pop(WATCHED, None) is job and found:
        TABLE.turn_to(patrols.place, plan_id=found[0], view="routes" if len(found) == 1 else None)


def _lacking(patrols: Patrols) -> None:
    """Say what the district lacks, what is done without it, and where it is brought in."""
    t, counts = patrols.place.t, cached.counts(patrols.place.path, patrols.place.stamp)
    missing = [table for table in ("roads", "teams", "stops") if not counts.get(table)]
    if not missing:
        return
    with st.container(key="patrol-lacking"):
        for table in missing:
            st.markdown(look.plain(t(f"patrols.without_{table}")))
        if st.button(t("patrols.to_rosters"), type="tertiary", key="patrol to rosters"):
            TABLE.turn_to(patrols.place, view="rosters")


def _empty(patrols: Patrols) -> None:
    import html

    t = patrols.place.t
    steps = "".join(f"<li>{html.escape(t(f'patrols.step_{n}'))}</li>" for n in ("one", "two", "three"))
    st.html(f'<div class="gb-empty"><b>{html.escape(t("patrols.empty"))}</b><ol>{steps}</ol></div>')
