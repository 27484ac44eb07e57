"""What a patrol of streets is answered in, and what may be asked of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from geo.errors import SettingError
from planning.patrol.params import HOURS, LONGEST
from planning.patrol.plan import MS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.errors import Reason

OBJECTIVES = (LONGEST, HOURS)
# A piece of a way that covers nothing.
PASSING = -1


@dataclass(frozen=True, kw_only=True)
class StreetParams:
    """
    What is asked of a patrol of streets; whatever it is, no street is left out to spare time.

    Parameters
    ----------
    objective
        ``longest``: the teams share the streets so that the longest is out as short as can be, then fewest
        hours. ``hours``: fewest hours in all, by as few teams as that takes.
    cap_ms
        No team is out for longer than this; None for as long as its shift.
    """

    objective: str = LONGEST
    cap_ms: int | None = None

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.objective not in OBJECTIVES:
            allowed = ", ".join(OBJECTIVES)
            raise SettingError("setting_wrong", name="objective", found=self.objective, allowed=allowed)
        if self.cap_ms is not None and self.cap_ms <= 0:
            raise SettingError("setting_wrong", name="cap_ms", found=self.cap_ms, allowed="> 0")

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as JSON-able values."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Step:
    """
    An arc of a route.

    Parameters
    ----------
    arc
        Its number in the problem's graph.
    task
        What it covers, by the row of the problem's tasks; `PASSING` if it only leads on.
    ms
        What it takes.
    """

    arc: int
    task: int
    ms: int


@dataclass(frozen=True, kw_only=True)
class StreetRoute:
    """
    A team's round along streets, from its place and back to it.

    Parameters
    ----------
    team_id
        The team.
    start_ms
        When it leaves, since midnight.
    steps
        In order.
    """

    team_id: str
    start_ms: int
    steps: tuple[Step, ...]

    @property
    def duration_ms(self) -> int:
        """From leaving to being back."""
        return sum(step.ms for step in self.steps)

    @property
    def passing_ms(self) -> int:
        """Time on the way to streets and between them."""
        return sum(step.ms for step in self.steps if step.task == PASSING)


@dataclass(frozen=True, kw_only=True)
class StreetPlan:
    """
    Streets shared out among teams, as the checker confirmed it.

    Parameters
    ----------
    objective, cap_ms
        As asked.
    routes
        One for each team that goes out.
    uncovered
        Rows of the problem's tasks for which the shifts do not suffice.
    faults
        What the checker found; () for a plan that can be gone.
    exact
        Whether nothing better is possible.
    bound_ms
        What the objective (the longest round, or all of them) cannot be below; None where it is not known.
    seed, seconds
        How it was searched.
    facts
        What the search adds.
    """

    objective: str
    cap_ms: int | None
    routes: tuple[StreetRoute, ...]
    uncovered: tuple[int, ...]
    faults: tuple[Reason, ...]
    exact: bool
    bound_ms: int | None
    seed: int
    seconds: float
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def feasible(self) -> bool:
        """Whether the checker found nothing, and every street that can be covered is."""
        return not (self.faults or self.uncovered)

    @property
    def value_ms(self) -> int:
        """What the objective comes to."""
        durations = [route.duration_ms for route in self.routes]
        return max(durations, default=0) if self.objective == LONGEST else sum(durations)

    def summary(self) -> dict[str, Any]:
        """Return the figures by the names that the terminal's JSON has."""
        durations = [route.duration_ms for route in self.routes]
        passing = sum(route.passing_ms for route in self.routes)
        return {
            "objective": self.objective,
            "teams": len(self.routes),
            "hours": sum(durations) / MS_PER_HOUR,
            "longest_shift_h": max(durations, default=0) / MS_PER_HOUR,
            "shortest_shift_h": min(durations, default=0) / MS_PER_HOUR,
            "passing_time_share": passing / sum(durations) if durations else 0.0,
            "exact": self.exact,
            "bound_h": None if self.bound_ms is None else self.bound_ms / MS_PER_HOUR,
            "feasible": self.feasible,
            "seed": self.seed,
            "seconds": self.seconds,
            **self.facts,
        }
