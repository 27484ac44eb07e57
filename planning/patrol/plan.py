"""What a day of patrols is asked in, and what it is answered in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from geo.errors import Reason
    from geo.travel_times import TravelTimes

MS_PER_HOUR = 3_600_000


@dataclass(frozen=True, kw_only=True)
class DayProblem:
    """
    Who may patrol what on one day.

    Times are ms since midnight of the day on which the shifts begin, durations ms, distances m.

    Parameters
    ----------
    force
        ``village`` or ``squad``; the two are never mixed.
    mode
        ``own``, ``shared`` or ``joint``.
    teams
        By team_id: name, station_id, village_id, members, travel_mode, start (label of its place in the
        travel times), shift_start_ms, shift_end_ms, skills (tuple); optional: end (where its round ends, if
        elsewhere), capacity (how much `load` it may take).
    stops
        By stop_id: name, kind, station_id, village_id, dwell_ms, windows (tuple of (open_ms, close_ms)
        within which the visit begins; () for any time), priority (1 has to be visited), skill ("" for none),
        place (label in the travel times); optional: load, worth (how much it counts among stops of its
        priority, a whole number). Several stops may share a place.
    travel
        Travel times by travel mode; their labels hold every start and every place.
    allowed
        Whether a team may serve a stop: (team, stop) in the order of `teams` and `stops`.
    left_out
        Stops and teams that are not in it, and why.
    """

    force: str
    mode: str
    teams: pd.DataFrame
    stops: pd.DataFrame
    travel: Mapping[str, TravelTimes]
    allowed: npt.NDArray[np.bool_]
    left_out: tuple[Reason, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Visit:
    """
    A stop in a route.

    Parameters
    ----------
    stop_id
        The stop.
    leg_ms, leg_m
        Travel from the place before.
    arrive_ms, begin_ms, leave_ms
        When the team comes, begins (after waiting for the window) and goes on.
    """

    stop_id: str
    leg_ms: int
    leg_m: int
    arrive_ms: int
    begin_ms: int
    leave_ms: int


@dataclass(frozen=True, kw_only=True)
class Route:
    """
    A team's round, from its place and back to it.

    Parameters
    ----------
    team_id
        The team.
    visits
        In order; never empty.
    start_ms, end_ms
        When it leaves its place and is back.
    home_ms, home_m
        Travel from the last stop back.
    """

    team_id: str
    visits: tuple[Visit, ...]
    start_ms: int
    end_ms: int
    home_ms: int
    home_m: int

    @property
    def duration_ms(self) -> int:
        """From leaving to being back."""
        return self.end_ms - self.start_ms

    @property
    def travel_ms(self) -> int:
        """Time on the road."""
        return sum(visit.leg_ms for visit in self.visits) + self.home_ms

    @property
    def distance_m(self) -> int:
        """Way on the road."""
        return sum(visit.leg_m for visit in self.visits) + self.home_m

    @property
    def dwell_ms(self) -> int:
        """Time at stops."""
        return sum(visit.leave_ms - visit.begin_ms for visit in self.visits)

    @property
    def wait_ms(self) -> int:
        """Time spent waiting for windows to open."""
        return sum(visit.begin_ms - visit.arrive_ms for visit in self.visits)


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """
    Why a team's route cannot take a stop, at the place where it would cost least.

    Parameters
    ----------
    team_id
        The team.
    why
        What forbids it, with the numbers: ``shift_over`` (by how many ms), ``window_missed``, ``skill``,
        ``not_allowed``, ``unreachable``.
    position
        Before which of its visits it was tried; None where no place was.
    detour_ms
        How much longer the route would take; None where it cannot be said.
    """

    team_id: str
    why: Reason
    position: int | None = None
    detour_ms: int | None = None


@dataclass(frozen=True, kw_only=True)
class Unvisited:
    """
    A stop that no team visits, and why.

    Parameters
    ----------
    stop_id, priority
        The stop.
    refusals
        One a team, the nearest miss first.
    remedies
        What would let it be visited: a longer shift, another window, one more team.
    """

    stop_id: str
    priority: int
    refusals: tuple[Refusal, ...]
    remedies: tuple[Reason, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DayPlan:
    """
    A day of patrols, as the checker confirmed it.

    Parameters
    ----------
    force, mode
        As asked, see `DayProblem`.
    objective
        ``hours``, ``teams``, ``longest`` or ``travel``, see `DayParams`.
    routes
        One for each team that goes out, in the order of the teams.
    unvisited
        Stops left out; those of priority 1 among them make the plan infeasible.
    faults
        What the checker found; () for a plan that can be driven.
    seed, seconds
        How it was searched.
    cap_ms
        The longest that a team was to be out; None for as long as its shift.
    facts
        What the search adds: bounds, price of a cap, iterations.
    """

    force: str
    mode: str
    objective: str
    routes: tuple[Route, ...]
    unvisited: tuple[Unvisited, ...]
    faults: tuple[Reason, ...]
    seed: int
    seconds: float
    cap_ms: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def feasible(self) -> bool:
        """Whether the checker found nothing, and every stop that has to be visited is."""
        return not self.faults and all(stop.priority > 1 for stop in self.unvisited)

    def summary(self) -> dict[str, Any]:
        """Return the figures by the names that the terminal's JSON has."""
        longest = max((route.duration_ms for route in self.routes), default=0)
        return {
            "force": self.force,
            "mode": self.mode,
            "objective": self.objective,
            "teams": len(self.routes),
            "stops": sum(len(route.visits) for route in self.routes),
            "hours": sum(route.duration_ms for route in self.routes) / MS_PER_HOUR,
            "travel_h": sum(route.travel_ms for route in self.routes) / MS_PER_HOUR,
            "wait_h": sum(route.wait_ms for route in self.routes) / MS_PER_HOUR,
            "longest_shift_h": longest / MS_PER_HOUR,
            "distance_km": sum(route.distance_m for route in self.routes) / 1000,
            "feasible": self.feasible,
            "seed": self.seed,
            "seconds": self.seconds,
            **self.facts,
        }
