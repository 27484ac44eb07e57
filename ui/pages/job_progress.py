"""How far a job outside the page is: its stages, a bar, and a button that ends it with what there is."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ui.jobs import Job, JobState
    from ui.words import Words

_EVERY_S = 1.0


@dataclass(frozen=True, kw_only=True)
class Stage:
    """
    A stage of a job.

    Parameters
    ----------
    begins
        Where it begins on the bar, in %; within it the bar moves along with its share.
    said
        What goes on meanwhile.
    step
        What it is called below the bar.
    """

    begins: int
    said: str
    step: str


def show_progress(t: Words, job: Job, stages: Mapping[str, Stage], *, meanwhile: str, key: str) -> None:
    """
    Show how far a job is until it ends; then run the page anew.

    Parameters
    ----------
    stages
        By the names that the job tells, in order.
    meanwhile
        What may be done until then.
    key
        Of the button.
    """
    _progress(t, job, stages, meanwhile, key)


@st.fragment(run_every=_EVERY_S)
def _progress(t: Words, job: Job, stages: Mapping[str, Stage], meanwhile: str, key: str) -> None:
    state = job.state()
    if not state.running:
        st.rerun(scope="app")
    said = stages[state.stage].said if state.stage in stages else ""
    said = t("job.cancelling") if state.cancelled else said
    limit = job.order.seconds
    so_far = "job.elapsed" if state.seconds <= (limit or 0) else "job.elapsed_longer"
    time = t(so_far, seconds=t.number(state.seconds), limit=t.number(limit))
    steps = "".join(
        f'<li class="{_class(name, state.stage, stages)}">{html.escape(stage.step)}</li>'
        for name, stage in stages.items()
    )
    done = _done(state, stages)
    st.html(
        f'<div class="gb-run" role="status"><div class="gb-run-head"><b>{html.escape(said)}</b>'
        f"<span>{html.escape(time)}</span></div>"
        f'<div class="gb-run-bar" role="progressbar" aria-valuemin="0" aria-valuemax="100"'
        f' aria-valuenow="{done}">'
        f'<i style="width:{done}%"></i></div><ol>{steps}</ol>'
        f"<p>{html.escape(meanwhile)}</p></div>"
    )
    st.button(t("job.cancel"), on_click=job.cancel, disabled=state.cancelled, key=key)


def _done(state: JobState, stages: Mapping[str, Stage]) -> int:
    begins = stages[state.stage].begins if state.stage in stages else 0
    ends = min((stage.begins for stage in stages.values() if stage.begins > begins), default=100)
    return round(begins + (ends - begins) * min(max(state.share, 0.0), 1.0))


def _class(name: str, now: str, stages: Mapping[str, Stage]) -> str:
    if name == now:
        return "gb-now"
    begun = stages[now].begins if now in stages else 0
    return "gb-past" if stages[name].begins < begun else ""
