"""A plan that has to change: a team is missing, a road closed, an event added; as little moves as can be."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geo.errors import SettingError
from planning.patrol.params import Limits
from planning.patrol.period.assembling import assembled
from planning.patrol.period.ground import Kept, Varied, ground_of, numbered, rounds_of_plan
from planning.patrol.period.searching import search
from planning.patrol.period.varying import predictability, shared_work

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from planning.patrol.indexed import Indexed
    from planning.patrol.period.problem import PeriodPlan, PeriodProblem

# What a change costs: in ms, so much that none is made to spare time, and as a share of a broken promise.
_CHANGE_MS, _CHANGE_SHARE = 4 * 3_600_000, 1 / 8
# Where too much is moved it is tried again with changes so much dearer, so many times.
_DEARER, _TRIES = 3, 2
# Of a plan that is good but for the change.
_WARM = 0.05
# Who comes within this of the time before comes at the same time.
_SAME_MS = 15 * 60_000
MOVED, OTHER_DAY, ADDED, DROPPED, RETIMED = "moved", "other_day", "added", "dropped", "retimed"
CHANGE_COLUMNS = ("stop_id", "what", "from_day", "from_team", "from_ms", "to_day", "to_team", "to_ms")


@dataclass(frozen=True, kw_only=True)
class Replanned:
    """
    A changed plan, and what is other than before.

    Parameters
    ----------
    plan
        As the checker judged it.
    changes
        A row a visit that changed: `CHANGE_COLUMNS`; what is ``moved`` (to another team on the same day),
        ``other_day``, ``added``, ``dropped`` or ``retimed`` (by more than a quarter of an hour, same team);
        None, and -1 for days and times, where there is none before or after.
    moved
        Visits that are another team's or on another day.
    of
        Visits from the day of the change on.
    limit
        The share of them that was to be moved at most.
    """

    plan: PeriodPlan
    changes: pd.DataFrame
    moved: int
    of: int
    limit: float

    @property
    def share(self) -> float:
        """Share of the visits that is moved."""
        return self.moved / self.of if self.of else 0.0

    @property
    def within(self) -> bool:
        """Whether no more is moved than was promised."""
        return self.share <= self.limit


def replan(
    problem: PeriodProblem,
    before: PeriodPlan,
    *,
    from_day: int = 0,
    most_moved: float = 0.15,
    limits: Limits | None = None,
    seed: int = 1,
    progress: Callable[[str, float], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Replanned:
    """
    Plan anew from a day on, so that little changes.

    Parameters
    ----------
    problem
        As it is now: with the absence, the closed road, the further stop.
    before
        The plan so far, of the same days.
    from_day
        The first day that may change.
    most_moved
        The share of the visits from that day on that is to be moved at most, where promises allow it.
    limits, seed, progress, cancel
        As `planning.patrol.period.solving.plan_period`; 4 s by default.

    Raises
    ------
    SettingError
        ``setting_wrong`` for a share that is none, or a day that is not planned.
    """
    if not 0 <= most_moved <= 1:
        raise SettingError("setting_wrong", name="most_moved", found=most_moved, allowed="0–1")
    if not 0 <= from_day < len(problem.days) or len(before.days) != len(problem.days):
        allowed = f"0–{len(problem.days) - 1}"
        raise SettingError("setting_wrong", name="from_day", found=from_day, allowed=allowed)
    limits, began = limits or Limits(seconds=4.0), time.monotonic()
    say = progress or (lambda stage, share: None)
    ix = numbered(problem)
    effort = None if limits.effort is None else max(1, limits.effort // _TRIES)
    each = replace(limits, seconds=limits.seconds / _TRIES, effort=effort)
    found: Replanned | None = None
    for number in range(_TRIES):
        plan = _searched(
            problem,
            before,
            ix,
            from_day,
            dearer=_DEARER**number,
            limits=each,
            seed=seed,
            began=began,
            say=say,
            cancel=cancel,
        )
        changes = changes_between(before, plan, from_day=from_day)
        moved = int(changes["what"].isin([MOVED, OTHER_DAY]).sum())
        of = int((plan.visits()["day"] >= from_day).sum())
        tried = Replanned(plan=plan, changes=changes, moved=moved, of=of, limit=most_moved)
        if found is None or _better(tried, found):
            found = tried
        if found.within:
            break
    return found  # type: ignore[return-value]


def changes_between(before: PeriodPlan, after: PeriodPlan, *, from_day: int = 0) -> pd.DataFrame:
    """Return what is other in a plan than it was before, stop by stop: see `Replanned`."""
    was, now = (_by_stop(plan, from_day) for plan in (before, after))
    rows: list[tuple[Any, ...]] = []
    for stop in dict.fromkeys([*was, *now]):
        old, new = was.get(stop, {}), now.get(stop, {})
        for day in sorted(set(old) & set(new)):
            (team, ms), (by, at) = old[day], new[day]
            if team != by:
                rows.append((stop, MOVED, day, team, ms, day, by, at))
            elif abs(at - ms) > _SAME_MS:
                rows.append((stop, RETIMED, day, team, ms, day, by, at))
        gone, come = (sorted(set(a) - set(b)) for a, b in ((old, new), (new, old)))
        for day, other in zip(gone, come, strict=False):
            rows.append((stop, OTHER_DAY, day, *old[day], other, *new[other]))
        rows += [(stop, DROPPED, day, *old[day], -1, None, -1) for day in gone[len(come) :]]
        rows += [(stop, ADDED, -1, None, -1, day, *new[day]) for day in come[len(gone) :]]
    frame = pd.DataFrame(rows, columns=[*CHANGE_COLUMNS])
    return frame.sort_values(["to_day", "from_day", "stop_id"], ignore_index=True, kind="stable")


def _by_stop(plan: PeriodPlan, from_day: int) -> dict[str, dict[int, tuple[str, int]]]:
    """Return team and time by stop and day."""
    found: dict[str, dict[int, tuple[str, int]]] = {}
    for number, day in enumerate(plan.days):
        for route in day.routes if number >= from_day else ():
            for visit in route.visits:
                found.setdefault(visit.stop_id, {})[number] = (route.team_id, visit.begin_ms)
    return found


def _better(tried: Replanned, found: Replanned) -> bool:
    """Whether a try is better: promises first, then what is moved."""
    short = len(tried.plan.short), len(found.plan.short)
    return short[0] < short[1] or (short[0] == short[1] and tried.moved < found.moved)


def _searched(
    problem: PeriodProblem,
    before: PeriodPlan,
    ix: Indexed,
    from_day: int,
    *,
    dearer: int,
    limits: Limits,
    seed: int,
    began: float,
    say: Callable[[str, float], None],
    cancel: Callable[[], bool] | None,
) -> PeriodPlan:
    """Return a plan that starts from the one before, at a price for each change."""
    frozen = np.arange(len(problem.days)) < from_day
    params = before.params
    varied = Varied(share=params.unpredictable, seed=before.seed)
    kept = Kept(
        home=_home(problem, ix, before),
        price_ms=_CHANGE_MS * dearer,
        at_most=_CHANGE_SHARE * dearer,
        frozen=frozen,
    )
    found = search(
        ground_of(problem, ix, params, varied=varied, kept=kept),
        limits,
        seed=seed,
        start=rounds_of_plan(ix, before),
        heat=_WARM,
        progress=lambda share: say("replan", share),
        cancel=cancel,
    )
    say("explain", 0.0)
    stays = [day if held else None for day, held in zip(before.days, frozen, strict=True)]
    options: dict[str, Any] = {"seed": before.seed, "began": began, "frozen": stays, "before": before}
    plan = assembled(problem, ix, found.rounds, params, **options)
    facts = {"unpredictable": params.unpredictable, **predictability(problem, plan), **shared_work(plan)}
    return replace(plan, facts=facts)


def _home(problem: PeriodProblem, ix: Indexed, before: PeriodPlan) -> npt.NDArray[np.int64]:
    """Return who visits each stop on each day so far: (stop, day), -1 for nobody."""
    home = np.full((len(ix.stop_ids), len(problem.days)), -1, dtype=np.int64)
    for number, day in enumerate(before.days):
        for route in day.routes:
            for visit in route.visits:
                if visit.stop_id in ix.stop_number:
                    home[ix.stop_number[visit.stop_id], number] = ix.team_number.get(route.team_id, -1)
    return home
