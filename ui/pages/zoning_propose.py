"""View 生成方案 of the page 警务区划: what is asked of a redraw, how far it is, and what it proposes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from data.plans import REDRAW
from geo.errors import GridBeatError
from ui import jobs, look
from ui.on_page import show_page_error
from ui.pages import zoning_propose_form as form
from ui.pages.zoning_propose_cards import show_proposals
from ui.pages.zoning_propose_run import show_progress

if TYPE_CHECKING:
    from ui.jobs import Job
    from ui.pages.zoning_propose_form import District
    from ui.zoning import Zoning


def show(zoning: Zoning) -> None:
    """Show the view."""
    t = zoning.place.t
    try:
        with st.spinner(t("propose.reading")):
            district = form.read_district(zoning)
    except GridBeatError as error:
        show_page_error(error, t)
        return
    job = jobs.current(zoning.place.path, REDRAW)
    running = job is not None and job.state().running
    left, right = st.columns([1, 2.9], gap="medium")
    with left, st.container(key="propose-form"):
        form.show_form(zoning, district, running=running)
    with right, st.container(key="propose-found"):
        _show_found(zoning, district, job)


def _show_found(zoning: Zoning, district: District, job: Job | None) -> None:
    t = zoning.place.t
    if job is not None and job.state().running:
        show_progress(zoning, job)
        return
    state = None if job is None else job.state()
    if state is not None and state.failed:
        st.error(t("error.unexpected"))
    if state is not None and state.error is not None:
        show_page_error(state.error, t)
    if state is not None and state.outcome is not None and job is not None:
        if state.outcome.standing.stamp != zoning.place.stamp:
            st.warning(look.plain(t("propose.tables_changed")))
        show_proposals(zoning, district, job=job, state=state)
        return
    show_proposals(zoning, district, job=None, state=None)
