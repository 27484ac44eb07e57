"""What a change to a day of patrols does, in words: hours in all, of the teams concerned, what is amiss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from geo.errors import Reason
    from planning.patrol.plan import DayPlan, Route
    from ui.words import Words

# Changes of less than half a minute are none.
_MINUTE_MS = 60_000


@dataclass(frozen=True, kw_only=True)
class Effect:
    """
    What a change did.

    Parameters
    ----------
    lines
        Sentences, the most important first.
    worse
        Whether it brought faults.
    """

    lines: tuple[str, ...]
    worse: bool


def effect_between(
    before: DayPlan,
    after: DayPlan,
    t: Words,
    *,
    team_name: Callable[[str], str],
    said: Callable[[Reason], str],
) -> Effect:
    """
    Return what turned one plan into the other, as a patrol lead asks it.

    Parameters
    ----------
    team_name
        What a team is called.
    said
        The sentence for a reason.
    """
    new = [fault for fault in after.faults if fault not in before.faults]
    gone = [fault for fault in before.faults if fault not in after.faults]
    lines = [t("patrols.effect_total", change=signed_minutes(total_ms(after) - total_ms(before), t))]
    lines += list(_teams(before, after, t, team_name))
    lines += [t("patrols.effect_gone", what=said(fault)) for fault in gone]
    lines += [said(fault) for fault in new] or [t("patrols.effect_no_fault")]
    return Effect(lines=tuple(lines), worse=bool(new))


def total_ms(plan: DayPlan) -> int:
    """Return how long all teams of a plan are out together."""
    return sum(route.duration_ms for route in plan.routes)


def signed_minutes(ms: int, t: Words) -> str:
    """Return a change of a duration in whole minutes, with its sign in words."""
    rounded = round(ms / _MINUTE_MS) * _MINUTE_MS
    if not rounded:
        return t("patrols.effect_none")
    return t("patrols.effect_more" if rounded > 0 else "patrols.effect_less", time=t.duration(abs(rounded)))


def changed_teams(before: DayPlan, after: DayPlan) -> list[str]:
    """Return the teams whose routes are not what they were."""
    was, now = _by_team(before), _by_team(after)
    return [team for team in dict.fromkeys([*was, *now]) if was.get(team) != now.get(team)]


def _by_team(plan: DayPlan) -> dict[str, Route]:
    return {route.team_id: route for route in plan.routes}


def _teams(before: DayPlan, after: DayPlan, t: Words, team_name: Callable[[str], str]) -> Iterator[str]:
    was, now = _by_team(before), _by_team(after)
    for team in changed_teams(before, after):
        name, then = team_name(team), now.get(team)
        if then is None:
            yield t("patrols.effect_stays_in", team=name)
            continue
        change = then.duration_ms - (was[team].duration_ms if team in was else 0)
        yield t(
            "patrols.effect_team",
            team=name,
            change=signed_minutes(change, t),
            hours=t.duration(then.duration_ms),
            back=t.clock(then.end_ms),
        )
