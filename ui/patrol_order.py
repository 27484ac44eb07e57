"""Days of patrols as a job outside the page: one plan for each mode that is asked, checked and saved."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from data.workspace import Workspace
from planning.patrol.params import Limits
from planning.patrol.solving import plan_day
from ui import cached_patrols
from ui.jobs import workers_beside_pages
from ui.patrol_saving import keep_day
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
    search_s
        How long to search for each plan.
    lang
        In which language the plans are named.
    form
        What was filled in, for the form to be shown again.
    """

    kind: ClassVar[str] = PATROL

    day: DayOrder
    modes: tuple[str, ...]
    search_s: float
    lang: str = "zh"
    form: Mapping[str, Any] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """How long it searches in all."""
        return self.search_s * len(self.modes)

    def carry_out(
        self, path: str, *, tell: Tell, cancelled: Cancelled
    ) -> tuple[tuple[str, ...], GridBeatError | None]:
        """Plan the day in each mode, and return the ids of the plans; raises as `ordered_day`."""
        workspace, kept = Workspace.open(path), []
        tell("read", 0.0)
        cached_patrols.ground_of(workspace)
        for number, mode in enumerate(self.modes):
            # Whoever ends it gets the plans that there are, one at least.
            if kept and cancelled():
                break
            kept.append(self._planned(workspace, mode, number, tell=tell, cancelled=cancelled))
        return tuple(kept), None

    def _planned(
        self, workspace: Workspace, mode: str, number: int, *, tell: Tell, cancelled: Cancelled
    ) -> str:
        asked = replace(self.day, mode=mode)
        tell("travel", number / len(self.modes))
        day = cached_patrols.day_of(workspace, asked.to_dict())

        def told(stage: str, share: float) -> None:
            tell(stage, (number + share) / len(self.modes))

        plan = plan_day(
            day.problem,
            params=asked.params(),
            limits=Limits(seconds=self.search_s, workers=workers_beside_pages()),
            seed=asked.seed,
            progress=told,
            cancel=cancelled,
        )
        name = plan_title(words(self.lang), date=asked.date.isoformat(), force=asked.force, mode=mode)
        asked_too = {"search_s": self.search_s, "form": dict(self.form)}
        # Tables may have changed meanwhile: whoever opens the plan is told, for it is checked again.
        return keep_day(workspace, day, plan, name=name, asked=asked_too)
