"""How far a redraw is, on the page 警务区划."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.pages import job_progress
from ui.pages.job_progress import Stage

if TYPE_CHECKING:
    from ui.jobs import Job
    from ui.zoning import Zoning

# Where each stage begins on the bar, in %; the search, which is the longest, moves along its own.
_STAGES = {"read": 2, "reach": 10, "explain": 16, "search": 22, "score": 88}


def show_progress(zoning: Zoning, job: Job) -> None:
    """Show how far a redraw is until it ends; then run the page anew."""
    t = zoning.place.t
    stages = {
        name: Stage(begins=begins, said=t(f"redraw_stage.{name}"), step=t(f"propose.step_{name}"))
        for name, begins in _STAGES.items()
    }
    job_progress.show_progress(t, job, stages, meanwhile=t("propose.meanwhile"), key="propose cancel")
