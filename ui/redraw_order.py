"""A redraw as a job outside the page: what is asked, and its plans saved."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from data.plans import REDRAW
from data.workspace import Workspace
from geo.errors import GridBeatError
from planning.redraw import redrawing
from planning.scorecard import ScoreParams
from ui.jobs import workers_beside_pages
from ui.saving import save_proposals
from ui.standing import stand
from ui.superseding import retire_superseded
from ui.words import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planning.profile import Profile
    from planning.redraw.params import RedrawParams
    from planning.redraw.redrawing import Redraw
    from planning.redraw.search import Limits
    from ui.jobs import Cancelled, Tell
    from ui.standing import Standing


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """
    What a redraw came to.

    Parameters
    ----------
    found
        The plans.
    standing
        How the district stood.
    kept
        Id under which each plan is saved; () if none could be.
    """

    found: Redraw
    standing: Standing
    kept: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RedrawOrder:
    """
    What a redraw is asked for (`ui.jobs.Order`); its stages are read, reach, explain, search, score.

    Parameters
    ----------
    profile
        What counts as work.
    params
        What is asked.
    limits
        How long it may take, with all that has to be read and worked out before.
    lang
        In which language the plans are named.
    form
        What was filled in, for the form to be shown again.
    """

    kind: ClassVar[str] = REDRAW

    profile: Profile
    params: RedrawParams
    limits: Limits
    lang: str = "zh"
    form: Mapping[str, Any] = field(default_factory=dict)

    @property
    def seconds(self) -> float | None:
        """How long it may take."""
        return self.limits.seconds

    def carry_out(
        self, path: str, *, tell: Tell, cancelled: Cancelled
    ) -> tuple[Outcome, GridBeatError | None]:
        """Redraw, and save the plans; raises as `planning.redraw.redrawing.redraw`."""
        began, workspace = time.monotonic(), Workspace.open(path)
        standing = stand(workspace, self.profile)
        scoring = ScoreParams(tolerance=self.params.tolerance, across_stations=self.params.across_stations)
        found = redrawing.redraw(
            standing.graph,
            standing.today,
            params=self.params,
            limits=_left(self.limits, time.monotonic() - began),
            scorer=standing.scorer(scoring),
            tell=tell,
            cancelled=cancelled,
        )
        try:
            kept = _kept(workspace, standing, found, lang=self.lang)
            # Ended early it may have found little: what an earlier one found is not given up for it.
            if not cancelled():
                retire_superseded(workspace, parent=standing.today_id, kept=kept)
        except GridBeatError as refused:
            return Outcome(found=found, standing=standing, kept=()), refused
        return Outcome(found=found, standing=standing, kept=kept), None


def _left(limits: Limits, spent: float) -> Limits:
    """Return what is left for the redraw after so many seconds, with a core left to the pages."""
    seconds = None if limits.seconds is None else max(limits.seconds - spent, 0.0)
    return replace(limits, seconds=seconds, workers=limits.workers or workers_beside_pages())


def _kept(workspace: Workspace, standing: Standing, found: Redraw, *, lang: str) -> tuple[str, ...]:
    kept = save_proposals(
        workspace,
        found,
        profile=standing.workload.profile,
        t=words(lang),
        parent=standing.today_id,
        stamp=standing.stamp,
    )
    return tuple(kept)
