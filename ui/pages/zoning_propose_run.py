"""How far a redraw is, on the page 警务区划."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from ui.jobs import Job, JobState
    from ui.zoning import Zoning

_EVERY_S = 1.0
# Where each stage begins on the bar, in %; the search, which is the longest, moves along its own.
_STAGES = {"read": 2, "reach": 10, "explain": 16, "search": 22, "score": 88}


def show_progress(zoning: Zoning, job: Job) -> None:
    """Show how far a redraw is until it ends; then run the page anew."""
    _progress(zoning, job)


@st.fragment(run_every=_EVERY_S)
def _progress(zoning: Zoning, job: Job) -> None:
    t, state = zoning.place.t, job.state()
    if not state.running:
        st.rerun(scope="app")
    limit = job.order.limits.seconds
    said = t("propose.cancelling") if state.cancelled else t(f"redraw_stage.{state.stage}")
    key = "propose.elapsed" if state.seconds <= (limit or 0) else "propose.elapsed_longer"
    time = t(key, seconds=t.number(state.seconds), limit=t.number(limit))
    steps = "".join(
        f'<li class="{_class(stage, state.stage)}">{html.escape(t(f"propose.step_{stage}"))}</li>'
        for stage in _STAGES
    )
    done = _done(state)
    st.html(
        f'<div class="gb-run" role="status"><div class="gb-run-head"><b>{html.escape(said)}</b>'
        f"<span>{html.escape(time)}</span></div>"
        f'<div class="gb-run-bar" role="progressbar" aria-valuemin="0" aria-valuemax="100"'
        f' aria-valuenow="{done}">'
        f'<i style="width:{done}%"></i></div><ol>{steps}</ol>'
        f"<p>{html.escape(t('propose.meanwhile'))}</p></div>"
    )
    st.button(t("propose.cancel"), on_click=job.cancel, disabled=state.cancelled, key="propose cancel")


def _done(state: JobState) -> int:
    begins = _STAGES.get(state.stage, 0)
    ends = min((b for b in _STAGES.values() if b > begins), default=100)
    return round(begins + (ends - begins) * min(max(state.share, 0.0), 1.0))


def _class(stage: str, now: str) -> str:
    if stage == now:
        return "gb-now"
    return "gb-past" if _STAGES[stage] < _STAGES.get(now, 0) else ""
