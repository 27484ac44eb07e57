"""Who else could take a stop, and what that would cost: asked before it is moved by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geo.errors import SettingError
from planning.patrol.indexed import indexed
from planning.patrol.moving import rounds_of
from planning.patrol.timing import timed
from planning.patrol.why_not import trial

if TYPE_CHECKING:
    from geo.errors import Reason
    from planning.patrol.indexed import Indexed, Rounds
    from planning.patrol.plan import DayPlan, DayProblem

FITS = "would_fit"


@dataclass(frozen=True, kw_only=True)
class Offer:
    """
    What comes of giving a stop to a team.

    Parameters
    ----------
    team_id
        The team.
    change_ms
        By how much all teams together are out longer, what the stop's own team saves taken off.
    why_not
        What the team could not keep; None where it fits.
    """

    team_id: str
    change_ms: int
    why_not: Reason | None


def offers(problem: DayProblem, plan: DayPlan, stop_id: str, *, at_most: int = 12) -> list[Offer]:
    """
    Return at what cost other teams could take a stop, those that can keep it first.

    Parameters
    ----------
    problem, plan
        What was asked, and the answer.
    stop_id
        A stop, visited or not.
    at_most
        Of many teams only so many, whose rounds come nearest to the stop.

    Raises
    ------
    SettingError
        ``visit_stop_unknown``.
    """
    ix = indexed(problem)
    if stop_id not in ix.stop_number:
        raise SettingError("visit_stop_unknown", stop=stop_id)
    stop, rounds = ix.stop_number[stop_id], rounds_of(ix, plan)
    own = next((team for team, stops in rounds.items() if stop in stops), None)
    saved = 0 if own is None else _saved(ix, own, rounds, stop, plan.cap_ms)
    found = []
    for team in _near(ix, rounds, stop, own)[:at_most]:
        tried = trial(problem, ix, team, rounds.get(team, ()), stop, plan.cap_ms)
        fits = tried.why.code == FITS
        change = (tried.detour_ms or 0) - saved
        found.append(Offer(team_id=tried.team_id, change_ms=change, why_not=None if fits else tried.why))
    return sorted(found, key=lambda offer: (offer.why_not is not None, offer.change_ms))


def _saved(ix: Indexed, own: int, rounds: Rounds, stop: int, cap: int | None) -> int:
    """Return how much shorter the round of a stop's own team gets without it."""
    left = [other for other in rounds[own] if other != stop]
    without = timed(ix, own, left, cap=cap).duration if left else 0
    return timed(ix, own, rounds[own], cap=cap).duration - without


def _near(ix: Indexed, rounds: Rounds, stop: int, own: int | None) -> list[int]:
    """Return the teams that are able to serve a stop, those first that come nearest to it."""
    able = [int(team) for team in np.flatnonzero(ix.able[:, stop]) if team != own]
    return sorted(able, key=lambda team: (_nearest(ix, team, rounds.get(team, ()), stop), team))


def _nearest(ix: Indexed, team: int, stops: tuple[int, ...], stop: int) -> int:
    nodes = [int(ix.start[team]), *(int(ix.node[other]) for other in stops)]
    return int(ix.travel(team)[nodes, int(ix.node[stop])].min())
