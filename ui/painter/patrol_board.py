"""What stands behind the patrols' map: the plan as Python keeps it, and what the browser is to be told."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from geo.errors import GridBeatError, SettingError
from planning.patrol.moving import moved
from ui.named_reasons import named_reason
from ui.painter.patrol_payload import day_frame, route_rows
from ui.painter.patrol_posts import CLOSE, MOVE, OPEN, REDO, REPLAN, UNDO, WEIGH, readable
from ui.painter.patrol_state import options_told, plan_state
from ui.patrol_effects import changed_teams, effect_between
from ui.patrol_names import day_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd

    from planning.patrol.plan import DayPlan, DayProblem
    from ui.names import PlaceNames
    from ui.painter.patrol_posts import PatrolPost
    from ui.words import Words

# A post comes again until it is acknowledged, and never after so many others.
_TOKENS_KEPT = 200


class Roads(Protocol):
    """The roads that are closed on the day, kept with the district."""

    def near(self, lon: float, lat: float, within_m: float) -> str | None:
        """Return the road nearest to a point; None where none is near enough."""

    def is_closed(self, road: str) -> bool:
        """Whether a road is closed on the day."""

    def put(self, road: str, *, closed: bool) -> None:
        """Close a road, or open it again; raises as `data.editing.edit_rows`."""

    def name(self, road: str, t: Words) -> str:
        """Return what a road is called."""

    def told(self, t: Words) -> list[dict[str, Any]]:
        """Return the closed roads as the browser draws them: id, name, way."""

    def stale(self, problem: DayProblem, plan: DayPlan, t: Words, names: PlaceNames) -> str:
        """Return what speaks against a plan since roads were closed or opened; "" for nothing."""


@dataclass(frozen=True)
class _Move:
    """A stop was given to a team, "" for none; the plan before and after it."""

    stop: str
    team: str
    before: DayPlan
    after: DayPlan


@dataclass(frozen=True)
class _Closure:
    """A road was closed, or opened again."""

    road: str
    closed: bool


@dataclass
class PatrolBoard:
    """
    A day of patrols in the hands of one browser session.

    A post may come in while the run before it is still at work: whoever reads or changes the board holds
    `busy`. What is to be told stays until it was handed to the browser, for a run may be cut short.

    Parameters
    ----------
    plan_id, origin
        Under which the plan is saved, and a key of the district.
    problem
        What was asked.
    plan
        The answer, as it stands.
    places
        Point of each label of the travel times.
    names
        Of the district's places.
    roads
        Those that are closed.
    keep
        Saves a plan that was changed; raises `ConflictError` where somebody else changed it first.
    replan
        The teams whose routes stay, once the rest is to be planned anew; None while nothing is.
    lost
        Whether the saved plan is not what the board shows: the page is to read it again.
    """

    plan_id: str
    origin: str
    problem: DayProblem
    plan: DayPlan
    places: gpd.GeoSeries
    names: PlaceNames
    roads: Roads
    keep: Callable[[DayPlan], None]
    replan: tuple[str, ...] | None = None
    lost: bool = False
    busy: threading.RLock = field(default_factory=threading.RLock)
    _done: list[_Move | _Closure] = field(default_factory=list)
    _undone: list[_Move | _Closure] = field(default_factory=list)
    _tokens: list[str] = field(default_factory=list)
    _acks: list[str] = field(default_factory=list)
    _dirty: set[str] = field(default_factory=set)
    _effect: tuple[str, str, _Move | _Closure] | None = None
    _weighed: str | None = None
    _notices: list[GridBeatError] = field(default_factory=list)
    _whole: bool = True
    _happened: int = 0
    _answered: int = -1

    def __post_init__(self) -> None:
        self.called = day_names(self.problem, self.names)

    @property
    def state_key(self) -> str:
        """Which day the browser builds on: when it changes, the browser takes the whole plan anew."""
        return f"{self.plan_id} {id(self)}"

    def show_whole(self) -> None:
        """Have the next answer tell the whole plan: the browser may know nothing of it."""
        with self.busy:
            self._whole = True
            self._happened += 1

    def take(self, posts: object) -> None:
        """Do what was asked in the browser, in its order; what cannot be done is told."""
        with self.busy:
            for post in readable(posts):
                if post.token not in self._tokens:
                    self._tokens = [*self._tokens[-_TOKENS_KEPT:], post.token]
                    self._take(post)
                self._acks.append(post.token)
                self._happened += 1

    def _take(self, post: PatrolPost) -> None:
        try:
            if post.kind == MOVE:
                self._do(self._move_of(post), post)
            elif post.kind in (CLOSE, OPEN):
                self._do(self._closure_of(post), post)
            elif post.kind in (UNDO, REDO):
                self._again(post)
            elif post.kind == WEIGH:
                self._weighed = post.stop
            elif post.kind == REPLAN:
                self.replan = tuple(team for team in post.keep if team in self.problem.teams.index)
        except GridBeatError as fault:
            self._notices.append(fault)
            # Somebody else was first, or the plan is gone.
            self.lost = self.lost or fault.code in (
                "patrol_plan_changed",
                "patrol_plan_unknown",
                "rows_changed",
            )

    def _move_of(self, post: PatrolPost) -> _Move | None:
        after = moved(self.problem, self.plan, post.stop, post.team or None)
        return None if after.routes == self.plan.routes else _Move(post.stop, post.team, self.plan, after)

    def _closure_of(self, post: PatrolPost) -> _Closure:
        road = post.road or self.roads.near(*post.at, post.within_m)
        if not road:
            raise SettingError("no_road_here")
        return _Closure(road, closed=post.kind == CLOSE and not self.roads.is_closed(road))

    def _do(self, deed: _Move | _Closure | None, post: PatrolPost) -> None:
        if deed is None:
            return
        self._apply(deed, forward=True)
        self._done.append(deed)
        self._undone.clear()
        self._effect = (post.token, post.kind, deed)

    def _again(self, post: PatrolPost) -> None:
        source, target = (self._done, self._undone) if post.kind == UNDO else (self._undone, self._done)
        if not source:
            return
        self._apply(source[-1], forward=post.kind == REDO)
        target.append(source.pop())
        self._effect = (post.token, post.kind, target[-1])

    def _apply(self, deed: _Move | _Closure, *, forward: bool) -> None:
        if isinstance(deed, _Closure):
            self.roads.put(deed.road, closed=deed.closed == forward)
            return
        plan = deed.after if forward else deed.before
        self.keep(plan)
        self._dirty |= set(changed_teams(self.plan, plan))
        self.plan = plan

    # What the browser is told.

    def answer(self, t: Words) -> dict[str, Any]:
        """Return what the browser may not know yet; `delivered` is to be called once it was handed over."""
        with self.busy:
            self._answered = self._happened
            return {
                "state_key": self.state_key,
                "plan": self._told_plan(t) if self._whole else None,
                "routes": [] if self._whole else self._told_routes(),
                "state": self._state(t),
                "effect": self._told_effect(t),
                "weighed": self._told_options(t),
                "acks": list(self._acks),
                "notice": "\n".join(dict.fromkeys(t.reason(notice) for notice in self._notices)) or None,
            }

    def delivered(self) -> None:
        """Forget what the last answer told, now that it is on its way."""
        with self.busy:
            if self._answered != self._happened:
                return
            self._acks.clear()
            self._dirty.clear()
            self._notices.clear()
            self._effect = self._weighed = None
            self._whole = False

    def _told_plan(self, t: Words) -> dict[str, Any]:
        return {
            "id": self.plan_id,
            "origin": self.origin,
            "editable": True,
            "frame": day_frame(self.problem, self.places, names=self.names, t=t),
            "routes": route_rows(self.problem, self.plan.routes),
        }

    def _told_routes(self) -> list[dict[str, Any]]:
        """Return the routes that changed; of a team that stays in now, one without visits."""
        if not self._dirty:
            return []
        now = [route for route in self.plan.routes if route.team_id in self._dirty]
        numbers = {str(team): i for i, team in enumerate(self.problem.teams.index)}
        gone = self._dirty - {route.team_id for route in now}
        return [
            *route_rows(self.problem, now),
            *({"team": numbers[team], "visits": [], "ways": []} for team in sorted(gone)),
        ]

    def _state(self, t: Words) -> dict[str, Any]:
        return {
            **plan_state(self.problem, self.plan, t, self.called),
            "can": {"undo": bool(self._done), "redo": bool(self._undone)},
            "closed": self.roads.told(t),
            "stale": self.roads.stale(self.problem, self.plan, t, self.called),
        }

    def _told_effect(self, t: Words) -> dict[str, Any] | None:
        if self._effect is None:
            return None
        token, kind, deed = self._effect
        if isinstance(deed, _Closure):
            return {"token": token, **self._closure_told(deed, undone=kind == UNDO, t=t)}
        before, after = (deed.after, deed.before) if kind == UNDO else (deed.before, deed.after)
        found = effect_between(
            before,
            after,
            t,
            team_name=lambda team: self.called("teams", team),
            said=lambda reason: named_reason(reason, t, self.called),
        )
        title = {UNDO: "patrols.effect_undone", REDO: "patrols.effect_redone"}.get(kind)
        said = t("patrols.effect_moved" if deed.team else "patrols.effect_dropped", **self._facts(deed))
        return {
            "token": token,
            "title": t(title, what=said) if title else said,
            "lines": list(found.lines),
            "worse": found.worse,
            "stop": deed.stop,
        }

    def _facts(self, deed: _Move) -> Mapping[str, str]:
        return {"stop": self.called("stops", deed.stop), "team": self.called("teams", deed.team)}

    def _closure_told(self, deed: _Closure, *, undone: bool, t: Words) -> dict[str, Any]:
        closed = deed.closed != undone
        said = t(
            "patrols.effect_closed" if closed else "patrols.effect_opened",
            road=self.roads.name(deed.road, t),
        )
        return {"title": said, "lines": [], "worse": False}

    def _told_options(self, t: Words) -> dict[str, Any] | None:
        if self._weighed is None:
            return None
        return {
            "stop": self._weighed,
            "options": options_told(self.problem, self.plan, self._weighed, t, self.called),
        }
