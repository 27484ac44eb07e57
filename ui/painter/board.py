"""What stands behind the brush: the plan as Python keeps it, and what the browser is still to be told."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from data.plans import plan_rev, read_assignment, read_plans
from data.strokes import (
    REDO,
    UNDO,
    apply_stroke,
    plan_locks,
    plan_zone_names,
    read_strokes,
    redo_stroke,
    undo_stroke,
    undoable,
)
from geo.errors import ConflictError, FileError, SettingError
from planning.live_scorecard import LiveScorecard
from planning.mending import Mender
from ui.named_reasons import named_reason
from ui.painter.board_words import mend_text, news_text
from ui.painter.payload import drawn, rounded, stroke_entry, zone_row
from ui.painter.posts import Post, readable
from ui.recent import key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pandas as pd

    from data.strokes import Applied, Stroke
    from data.workspace import Workspace
    from geo.errors import Reason
    from planning.scorecard import ScoreParams
    from ui.names import PlaceNames
    from ui.standing import Standing
    from ui.words import Words

    _Fault = ConflictError | FileError | SettingError

# What the browser is told of each painter's strokes: more than it promises to undo.
_LOG_STROKES = 300
# Each of them costs a search; a plan with more broken zones than this is mended one after the other.
_MENDED_AT_ONCE = 4
# Grids in no zone that one look at the map can show; a plan may begin with all of them.
_LOST_SHOWN = 300
# After these the plan is not to be painted any more.
_CLOSING = ("plan_frozen", "plan_not_painted", "plan_unknown")


@dataclass
class Board:
    """
    A plan in the hands of one browser session.

    A stroke may come in while the run before it is still at work: whoever reads or changes the board
    holds `busy`. What is to be told stays until it was handed to the browser, for a run may be cut short.

    Parameters
    ----------
    workspace, plan_id
        Where the plan is kept.
    standing
        The district that it is drawn on.
    params
        How it is scored.
    live
        Its scorecard, in step with the strokes.
    rev
        The plan's revision that `live` shows.
    names
        Names of the plan's own zones.
    locks
        What is locked: ``zone:ID``, ``grid:ID``, ``village:ID``.
    who
        Label of the account that paints.
    closed
        Whether a stroke met a plan that is deleted, or no draft any more: the page is to look again.
    """

    workspace: Workspace
    plan_id: str
    standing: Standing
    params: ScoreParams
    live: LiveScorecard
    rev: int
    names: dict[str, str]
    locks: set[str]
    who: str = ""
    closed: bool = False
    busy: threading.RLock = field(default_factory=threading.RLock)
    _acks: list[str] = field(default_factory=list)
    _news: list[dict[str, Any]] = field(default_factory=list)
    _dirty: set[str] = field(default_factory=set)
    _notices: list[_Fault] = field(default_factory=list)
    _last: int = 0
    _whole: bool = True
    _state: int = 0
    _happened: int = 0
    _answered: int = -1
    _runs: int = 0

    def __post_init__(self) -> None:
        graph = self.standing.graph
        self._ids = [str(grid) for grid in graph.grids.index]
        self._at = {grid: i for i, grid in enumerate(self._ids)}
        self._mender = Mender(graph.without_stations() if self.params.across_stations else graph)

    @property
    def assignment(self) -> pd.Series:
        """zone_id of each grid, by grid_id; "" for none."""
        return self.live.assignment.fillna("")

    @property
    def state_key(self) -> str:
        """Which state the browser builds on: when it changes, the browser takes the whole plan anew."""
        return f"{self.plan_id} {id(self)} {self._state}"

    def show_whole(self, *, renew: bool = True) -> None:
        """Have the next answer tell the whole plan: the browser may know nothing of it, or too much."""
        with self.busy:
            self._whole = True
            self._state += renew
            self._happened += 1

    def take(self, posts: object) -> None:
        """Keep what the browser painted, in its order; what cannot be kept is told, and nothing is lost."""
        with self.busy:
            try:
                self.catch_up()
                for post in readable(posts, len(self._ids)):
                    self._take(post)
            except (ConflictError, FileError) as fault:
                # Busy, or no room: without an acknowledgement the browser posts it all again.
                self._note(fault)

    def paint(self, token: str, kind: str, grids: Mapping[str, str]) -> None:
        """Keep a change that was not drawn in the browser: grid_id to zone_id."""
        with self.busy:
            now = self.assignment[list(grids)].to_dict()
            changes = {grid: (str(now[grid]), zone) for grid, zone in grids.items() if now[grid] != zone}
            if not changes:
                return
            try:
                self._absorb(self._apply(token, "page", kind, grids=changes), token=token, told=True)
            except (ConflictError, FileError, SettingError) as fault:
                self._note(fault)

    def catch_up(self) -> None:
        """Take over what others, or another window of the same browser, did to the plan since."""
        with self.busy:
            rev = plan_rev(self.workspace, self.plan_id)
            self.closed = self.closed or rev is None
            if rev is None or rev == self.rev:
                return
            self._tell_others(read_strokes(self.workspace, self.plan_id, after=self._last))
            self.rev = rev

    def _take(self, post: Post) -> None:
        try:
            done = self._kept(post)
        except (ConflictError, SettingError) as fault:
            if fault.code == "workspace_busy":
                raise
            self._note(fault)
            self.show_whole()
        else:
            self._absorb(done, token=post.token, told=post.kind in (UNDO, REDO))
        self._acks.append(post.token)

    def _note(self, fault: _Fault) -> None:
        self._notices.append(fault)
        self._happened += 1
        self.closed = self.closed or fault.code in _CLOSING

    def _kept(self, post: Post) -> Applied:
        if post.kind == UNDO:
            return undo_stroke(self.workspace, self.plan_id, **self._signed(post))
        if post.kind == REDO:
            return redo_stroke(self.workspace, self.plan_id, **self._signed(post))
        grids = {self._ids[i]: (old, new) for i, old, new in post.grids}
        names = {zone: (self._own_name(zone, old), new) for zone, (old, new) in post.names.items()}
        return self._apply(post.token, post.painter, post.kind, grids=grids, names=names, locks=post.locks)

    def _own_name(self, zone: str, shown: str) -> str:
        """Return a name as the plan has it: the browser shows the district's where it has none of its own."""
        own = self.names.get(zone, "")
        return own if shown == (own or self._listed.get(zone, "")) else shown

    @property
    def _listed(self) -> Mapping[str, str]:
        return self.standing.names.known.get("zones", {})

    def _signed(self, post: Post) -> dict[str, Any]:
        return {"rev": self.rev, "token": post.token, "painter": post.painter, "who": self.who}

    def _apply(
        self,
        token: str,
        painter: str,
        kind: str,
        *,
        grids: Mapping[str, tuple[str, str]],
        names: Mapping[str, tuple[str, str]] | None = None,
        locks: Mapping[str, tuple[bool, bool]] | None = None,
    ) -> Applied:
        return apply_stroke(
            self.workspace,
            self.plan_id,
            rev=self.rev,
            token=token,
            painter=painter,
            kind=kind,
            grids=grids,
            names=names or {},
            locks=locks or {},
            who=self.who,
        )

    def _absorb(self, done: Applied, *, token: str, told: bool) -> None:
        """Bring the board to what was kept; `told` has the browser repaint it as well."""
        self._tell_others(self._unseen(done))
        if done.stroke is not None:
            self._change(done.stroke)
            if told:
                self._news.append(self._item(done.stroke, by="self"))
        if done.refused:
            # In the name of the stroke: told twice, it is heard once.
            known = {grid: zone for grid, zone in done.refused.items() if grid in self._at}
            put_right = [[self._at[grid], "", zone] for grid, zone in known.items()]
            self._news.append({"token": token, "by": "self", "grids": put_right, "refused": len(put_right)})
        self.rev = done.rev

    def _unseen(self, done: Applied) -> Sequence[Stroke]:
        """Return what came before a stroke; `Applied.others` lacks what this painter's other windows did."""
        if done.rev == self.rev + (done.stroke is not None):
            return ()
        found = read_strokes(self.workspace, self.plan_id, after=self._last)
        return [stroke for stroke in found if stroke.rev <= done.rev and stroke != done.stroke]

    def _tell_others(self, strokes: Sequence[Stroke]) -> None:
        for stroke in strokes:
            self._change(stroke)
            self._news.append(self._item(stroke, by="other"))

    def _change(self, stroke: Stroke) -> None:
        self._happened += 1
        self._last = max(self._last, stroke.number)
        known = {grid: new for grid, (_, new) in stroke.grids.items() if grid in self._at}
        self._dirty |= set(self.live.paint(known))
        for zone, (_, name) in stroke.names.items():
            if name:
                self.names[zone] = name
            else:
                self.names.pop(zone, None)
        for place, (_, locked) in stroke.locks.items():
            (self.locks.add if locked else self.locks.discard)(place)

    def _item(self, stroke: Stroke, *, by: str) -> dict[str, Any]:
        return {**self._entry(stroke), "by": by, "at": stroke.at, "who": stroke.who}

    def _entry(self, stroke: Stroke) -> dict[str, Any]:
        return stroke_entry(stroke, at=self._at, listed=self._listed)

    # What the browser is told.

    def answer(self, t: Words) -> dict[str, Any]:
        """Return what the browser may not know yet; `delivered` is to be called once it was handed over."""
        with self.busy:
            whole, self._answered = self._whole, self._happened
            self._runs += 1
            return {
                # Makes each answer another: the browser is not told of one that equals the last.
                "run": self._runs,
                "state_key": self.state_key,
                "plan": self._plan() if whole else None,
                "acks": list(self._acks),
                "news": [{**item, "text": news_text(item, t)} for item in self._news],
                "score": self._score(t, whole=whole),
                "notice": "\n".join(dict.fromkeys(t.reason(notice) for notice in self._notices)) or None,
            }

    def delivered(self, answer: Mapping[str, Any]) -> None:
        """Forget what an answer told, now that it is on its way."""
        with self.busy:
            del self._acks[: len(answer["acks"])]
            del self._news[: len(answer["news"])]
            if self._answered == self._happened:
                self._notices.clear()
                self._dirty.clear()
                self._whole = False

    def _plan(self) -> dict[str, Any]:
        strokes = read_strokes(self.workspace, self.plan_id)
        return {
            "id": self.plan_id,
            "origin": key_of(self.workspace.path),
            **drawn(self.standing, self.assignment, self.place_names, also=self.names),
            "locks": sorted(self.locks),
            "tolerance": self.params.tolerance,
            "across": self.params.across_stations,
            "log": list(self._mirror(strokes)),
            "kept": [stroke.token for stroke in strokes[-_LOG_STROKES:]],
        }

    @property
    def place_names(self) -> PlaceNames:
        """What places are called in this plan."""
        return self.standing.names.renamed("zones", self.names)

    def _mirror(self, strokes: Sequence[Stroke]) -> Iterator[dict[str, Any]]:
        """Yield the shortest log that leaves every painter the same to undo and to redo."""
        by_number = {stroke.number: stroke for stroke in strokes}
        for painter in dict.fromkeys(stroke.painter for stroke in strokes):
            done, undone = undoable(strokes, painter)
            for number in (*done[-_LOG_STROKES:], *reversed(undone)):
                yield self._entry(by_number[number])
            for _ in undone:
                yield {"painter": painter, "kind": UNDO}

    def _score(self, t: Words, *, whole: bool) -> dict[str, Any]:
        violations, names = self.live.violations(), self.place_names
        rows = [zone_row(zone) for zone in self.live.zones(None if whole else self._dirty)]
        return {
            "all": whole,
            "zones": rows,
            "gone": [] if whole else sorted(self._dirty - {row[0] for row in rows}),
            "totals": rounded(self.live.totals()),
            "violations": list(self._told(violations, t, names)),
            "mends": list(self._mends(violations, t, names)),
        }

    def _told(self, violations: Iterable[Reason], t: Words, names: PlaceNames) -> Iterator[dict[str, Any]]:
        """Yield violations as the panel shows them: grids in no zone, which may be all, as one."""
        lost = [found for found in violations if found.code == "grid_orphan"]
        if lost:
            text = named_reason(lost[0], t, names)
            if len(lost) > 1:
                text = t("painter.panel.unassigned", count=t.number(len(lost)))
            grids = [self._at[str(found.facts["id"])] for found in lost[:_LOST_SHOWN]]
            yield {"code": lost[0].code, "zone": "", "grids": grids, "text": text}
        for found in violations:
            if found.code != "grid_orphan":
                yield {
                    "code": found.code,
                    "zone": str(found.facts["id"]),
                    "grids": [self._at[grid] for grid in found.facts.get("grids", [])],
                    "text": named_reason(found, t, names),
                }

    def _mends(self, violations: Iterable[Reason], t: Words, names: PlaceNames) -> Iterator[dict[str, Any]]:
        broken = [str(found.facts["id"]) for found in violations if found.code == "zone_not_contiguous"]
        if not broken:
            return
        now = self.assignment
        found = self._mender.mends(now, broken[:_MENDED_AT_ONCE], locked=self.locks)
        for mend in (mend for ways in found.values() for mend in ways):
            yield {
                "zone": mend.zone,
                "kind": mend.kind,
                "grids": [[self._at[grid], to] for grid, to in mend.grids.items()],
                "text": mend_text(mend, t, names, now=now),
            }


def open_board(
    workspace: Workspace, plan_id: str, standing: Standing, *, params: ScoreParams, who: str = ""
) -> Board:
    """Return the board of a plan as it is kept now."""
    plans = read_plans(workspace).set_index("plan_id")
    # Read before the assignment: what somebody paints between the two is told as news once more.
    rev = int(plans.at[plan_id, "rev"])
    strokes = read_strokes(workspace, plan_id)
    return Board(
        workspace=workspace,
        plan_id=plan_id,
        standing=standing,
        params=params,
        live=live_scorecard(standing, read_assignment(workspace, plan_id), params),
        rev=rev,
        names=dict(plan_zone_names(workspace, plan_id)),
        locks=set(plan_locks(workspace, plan_id)),
        who=who,
        _last=strokes[-1].number if strokes else 0,
    )


def live_scorecard(standing: Standing, assignment: pd.Series, params: ScoreParams) -> LiveScorecard:
    """Return the live scorecard of an assignment; grids that it leaves out are in no zone."""
    plan = assignment.reindex(standing.graph.grids.index).fillna("")
    return LiveScorecard(standing.graph, plan, today=standing.today, params=params)
