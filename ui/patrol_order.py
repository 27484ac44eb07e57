"""Days of patrols as a job outside the page: one plan for each mode that is asked, checked and saved."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from data.patrol_plans import read_patrol_plan
from data.workspace import Workspace
from planning.patrol.moving import replanned
from planning.patrol.params import Limits
from planning.patrol.solving import plan_day
from ui import cached_patrols
from ui.jobs import workers_beside_pages
from ui.patrol_saving import keep_day, kept_plan
from ui.patrols import plan_title
from ui.words import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.errors import GridBeatError
    from ui.jobs import Cancelled, Tell
    from ui.patrol_ground import DayOrder

PATROL = "patrol"
# In the order in which they come, mode by mode.
STAGES = ("read", "travel", "search", "explain")
# The share of a mode's time that is spent on the search; then it is explained what is left out.
_SEARCHED, _LEAST_S = 0.9, 1.0


@dataclass(frozen=True, kw_only=True)
class PatrolOrder:
    """
    What is asked of a day of patrols (`ui.jobs.Order`); its stages are `STAGES`.

    Parameters
    ----------
    day
        What is asked; its mode is the first of `modes`.
    modes
        One plan for each.
    total_s
        How long it may take in all, with what has to be read and worked out before.
    around, keep
        A plan of the same day, and the teams whose routes in it stay as they are.
    lang
        In which language the plans are named.
    form
        What was filled in, for the form to be shown again.
    """

    kind: ClassVar[str] = PATROL

    day: DayOrder
    modes: tuple[str, ...]
    total_s: float
    around: str = ""
    keep: tuple[str, ...] = ()
    lang: str = "zh"
    form: Mapping[str, Any] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """How long it may take."""
        return self.total_s

    def carry_out(
        self, path: str, *, tell: Tell, cancelled: Cancelled
    ) -> tuple[tuple[str, ...], GridBeatError | None]:
        """Plan the day in each mode, and return the ids of the plans; raises as `ordered_day`."""
        ends, workspace = time.monotonic() + self.total_s, Workspace.open(path)
        tell("read", 0.0)
        cached_patrols.ground_of(workspace)
        # Whoever opens a plan afterwards does not wait for its map.
        cached_patrols.drawn_ground(workspace)
        kept: list[str] = []
        for number, mode in enumerate(self.modes):
            # Whoever ends it gets the plans that there are, one at least.
            if kept and cancelled():
                break
            share = _Share(number, len(self.modes), ends, tell)
            kept.append(self._planned(workspace, mode, share, cancelled))
        return tuple(kept), None

    def _planned(self, workspace: Workspace, mode: str, share: _Share, cancelled: Cancelled) -> str:
        asked = replace(self.day, mode=mode)
        share.tell("travel", 0.0)
        day = cached_patrols.day_of(workspace, asked.to_dict())
        how: dict[str, Any] = {
            "params": asked.params(),
            "limits": Limits(seconds=share.seconds_left(), workers=workers_beside_pages()),
            "seed": asked.seed,
            "progress": share.tell,
            "cancel": cancelled,
        }
        if self.around:
            before = kept_plan(read_patrol_plan(workspace, self.around), day.problem)
            plan = replanned(day.problem, before, keep=self.keep, **how)
        else:
            plan = plan_day(day.problem, **how)
        name = plan_title(words(self.lang), date=asked.date.isoformat(), force=asked.force, mode=mode)
        asked_too = {"total_s": self.total_s, "form": dict(self.form)}
        # Tables may have changed meanwhile: whoever opens the plan is told, for it is checked again.
        return keep_day(workspace, day, plan, name=name, asked=asked_too)


@dataclass(frozen=True)
class _Share:
    """The part of an order that one of its modes is."""

    number: int
    of: int
    ends: float
    whole: Tell

    def tell(self, stage: str, done: float) -> None:
        """Tell how far the mode is, as part of the whole."""
        self.whole(stage, (self.number + done) / self.of)

    def seconds_left(self) -> float:
        """Return how long the mode may be searched, so that the others have as long."""
        left = (self.ends - time.monotonic()) / (self.of - self.number)
        return max(left * _SEARCHED, _LEAST_S)
