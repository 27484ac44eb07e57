"""What stands behind the brush: the plan as Python keeps it, and what the browser is still to be told."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from data.plans import plan_rev, read_assignment, read_plans
from data.schemas import STATION_ID, ZONE_ID
from data.strokes import (
    apply_stroke,
    plan_locks,
    plan_zone_names,
    read_strokes,
    redo_stroke,
    undo_stroke,
    undoable,
)
from geo.errors import ConflictError, SettingError
from planning.live_scorecard import LiveScorecard
from planning.mending import mends
from planning.scorecard import ScoreParams
from planning.zone_loads import zone_homes
from ui.named_reasons import named_reason
from ui.painter.coverage import stations_of
from ui.painter.posts import Post, readable
from ui.recent import key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pandas as pd

    from data.strokes import Applied, Stroke
    from data.workspace import Workspace
    from geo.errors import Reason
    from planning.mending import Mend
    from ui.names import PlaceNames
    from ui.standing import Standing
    from ui.words import Words

# What the browser is told of each painter's strokes: more than it promises to undo.
_LOG_STROKES = 300
# Each of them costs a search; a plan with more broken zones than this is mended one after the other.
_MENDED_AT_ONCE = 4


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
    busy: threading.RLock = field(default_factory=threading.RLock)
    _acks: list[str] = field(default_factory=list)
    _news: list[dict[str, Any]] = field(default_factory=list)
    _dirty: set[str] = field(default_factory=set)
    _notices: list[Reason | ConflictError | SettingError] = field(default_factory=list)
    _last: int = 0
    _whole: bool = True
    _state: int = 0

    def __post_init__(self) -> None:
        self._ids = [str(grid) for grid in self.standing.graph.grids.index]
        self._at = {grid: i for i, grid in enumerate(self._ids)}

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

    def take(self, posts: object) -> None:
        """Keep what the browser painted, in its order; what cannot be kept is told, and nothing is lost."""
        with self.busy:
            self.catch_up()
            for post in readable(posts, len(self._ids)):
                self._take(post)

    def paint(self, token: str, kind: str, grids: Mapping[str, str]) -> None:
        """Keep a change that was not drawn in the browser: grid_id to zone_id."""
        with self.busy:
            now = self.assignment
            changes = {grid: (str(now[grid]), zone) for grid, zone in grids.items() if now[grid] != zone}
            if changes:
                self._absorb(self._apply(token, "page", kind, grids=changes), told=True)

    def catch_up(self) -> None:
        """Take over what others, or another window of the same browser, did to the plan since."""
        with self.busy:
            rev = plan_rev(self.workspace, self.plan_id)
            if rev is None or rev == self.rev:
                return
            self._tell_others(read_strokes(self.workspace, self.plan_id, after=self._last))
            self.rev = rev

    def _take(self, post: Post) -> None:
        try:
            if post.kind == "undo":
                done = undo_stroke(self.workspace, self.plan_id, **self._signed(post))
            elif post.kind == "redo":
                done = redo_stroke(self.workspace, self.plan_id, **self._signed(post))
            else:
                grids = {self._ids[i]: (old, new) for i, old, new in post.grids}
                names, locks = self._own(post.names), post.locks
                done = self._apply(post.token, post.painter, post.kind, grids=grids, names=names, locks=locks)
        except (ConflictError, SettingError) as fault:
            self._notices.append(fault)
            self.show_whole()
        else:
            self._absorb(done, told=post.kind in ("undo", "redo"))
        self._acks.append(post.token)

    def _own(self, names: Mapping[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
        """Return changes of names as the plan keeps them: a name that it does not give itself is ""."""
        return {
            zone: ("" if zone not in self.names and old == self.zone_name(zone) else old, new)
            for zone, (old, new) in names.items()
        }

    def _told_names(self, names: Mapping[str, tuple[str, str]]) -> dict[str, list[str]]:
        """Return changes of names as the browser knows them: a zone of today always has one."""
        if not names:
            return {}
        found = self.standing.names
        today = set() if self.standing.today is None else set(self.standing.today)
        return {
            zone: [name or (found("zones", zone) if zone in today else "") for name in pair]
            for zone, pair in names.items()
        }

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

    def _absorb(self, done: Applied, *, told: bool) -> None:
        """Bring the board to what was kept; `told` has the browser repaint it as well."""
        self._tell_others([stroke for stroke in done.others if stroke.number > self._last])
        if done.stroke is not None:
            self._change(done.stroke)
            if told:
                self._news.append(self._item(done.stroke, by="self"))
        if done.refused:
            put_right = [[self._at[grid], "", zone] for grid, zone in done.refused.items()]
            self._news.append({"by": "other", "grids": put_right, "refused": len(put_right)})
        self.rev = done.rev

    def _tell_others(self, strokes: Sequence[Stroke]) -> None:
        for stroke in strokes:
            self._change(stroke)
            self._news.append(self._item(stroke, by="other"))

    def _change(self, stroke: Stroke) -> None:
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
        return {**self._log_entry(stroke), "by": by, "at": stroke.at, "who": stroke.who}

    def _log_entry(self, stroke: Stroke) -> dict[str, Any]:
        return {
            "number": stroke.number,
            "token": stroke.token,
            "painter": stroke.painter,
            "kind": stroke.kind,
            "of": stroke.of,
            "grids": [[self._at[g], old, new] for g, (old, new) in stroke.grids.items() if g in self._at],
            "names": self._told_names(stroke.names),
            "locks": {place: list(pair) for place, pair in stroke.locks.items()},
        }

    # What the browser is told.

    def answer(self, t: Words) -> dict[str, Any]:
        """Return what the browser may not know yet; `delivered` is to be called once it was handed over."""
        with self.busy:
            whole = self._whole
            return {
                "state_key": self.state_key,
                "plan": self._plan() if whole else None,
                "acks": list(self._acks),
                "news": [_worded(item, t) for item in self._news],
                "score": self._score(t, whole=whole),
                "notice": "\n".join(dict.fromkeys(t.reason(notice) for notice in self._notices)) or None,
            }

    def delivered(self, answer: Mapping[str, Any]) -> None:
        """Forget what an answer told, now that it is on its way."""
        with self.busy:
            del self._acks[: len(answer["acks"])]
            del self._news[: len(answer["news"])]
            self._notices.clear()
            self._dirty.clear()
            self._whole = False

    def zone_name(self, zone: str) -> str:
        """Return what a zone is called in this plan."""
        return self.names.get(zone) or self.standing.names("zones", zone)

    def _plan(self) -> dict[str, Any]:
        strokes = read_strokes(self.workspace, self.plan_id)
        names = self.standing.names.renamed("zones", self.names)
        return {
            "id": self.plan_id,
            "origin": key_of(self.workspace.path),
            **drawn(self.standing, self.assignment, names, also=self.names),
            "locks": sorted(self.locks),
            "tolerance": self.params.tolerance,
            "across": self.params.across_stations,
            "log": list(self._mirror(strokes)),
            "kept": [stroke.token for stroke in strokes[-_LOG_STROKES:]],
        }

    def _mirror(self, strokes: Sequence[Stroke]) -> Iterator[dict[str, Any]]:
        """Yield the shortest log that leaves every painter the same to undo and to redo."""
        by_number = {stroke.number: stroke for stroke in strokes}
        for painter in dict.fromkeys(stroke.painter for stroke in strokes):
            done, undone = undoable(strokes, painter)
            for number in (*done[-_LOG_STROKES:], *reversed(undone)):
                yield self._log_entry(by_number[number])
            for _ in undone:
                yield {"painter": painter, "kind": "undo"}

    def _score(self, t: Words, *, whole: bool) -> dict[str, Any]:
        violations = self.live.violations()
        return {
            "all": whole,
            "zones": [_row(zone) for zone in self.live.zones(None if whole else sorted(self._dirty))],
            "gone": [] if whole else sorted(self._dirty - set(self._zones_now())),
            "totals": rounded(self.live.totals()),
            "violations": [self._violation(reason, t) for reason in violations],
            "mends": [mend for reason in self._broken(violations) for mend in self._mends(reason, t)],
        }

    def _zones_now(self) -> Iterator[str]:
        return (row["zone_id"] for row in self.live.zones(sorted(self._dirty)))

    def _violation(self, reason: Reason, t: Words) -> dict[str, Any]:
        zone = str(reason.facts.get("id", "")) if reason.code != "grid_orphan" else ""
        grids = [reason.facts["id"]] if reason.code == "grid_orphan" else reason.facts.get("grids", [])
        return {
            "code": reason.code,
            "zone": zone,
            "grids": [self._at[grid] for grid in grids],
            "text": named_reason(reason, t, self.standing.names.renamed("zones", self.names)),
        }

    def _broken(self, violations: Iterable[Reason]) -> list[str]:
        broken = [str(v.facts["id"]) for v in violations if v.code == "zone_not_contiguous"]
        return broken[:_MENDED_AT_ONCE]

    def _mends(self, zone: str, t: Words) -> Iterator[dict[str, Any]]:
        found = mends(self.standing.graph, self.assignment, zone, locked=self.locks)
        for mend in found:
            yield {
                "zone": zone,
                "kind": mend.kind,
                "grids": [[self._at[grid], to] for grid, to in mend.grids.items()],
                "text": self._mend_text(mend, t),
            }

    def _mend_text(self, mend: Mend, t: Words) -> str:
        now = self.assignment
        sources = sorted({str(now[grid]) for grid in mend.grids} - {mend.zone, ""})
        targets = sorted(set(mend.grids.values()) - {mend.zone})
        text = t(
            f"painter.mend_{mend.kind}",
            zone=self.zone_name(mend.zone),
            others=t.listed([self.zone_name(z) for z in (sources if mend.kind == "link" else targets)]),
            grids=t.number(len(mend.grids)),
            present=t.number(mend.present),
        )
        if mend.splits:
            names = self.standing.names.all("villages", mend.splits)
            text += t("painter.mend_splits", villages=t.listed(names))
        if mend.breaks:
            text += t("painter.mend_breaks", zones=t.listed([self.zone_name(z) for z in mend.breaks]))
        return text


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


def drawn(
    standing: Standing, assignment: pd.Series, names: PlaceNames, *, also: Iterable[str] = ()
) -> dict[str, Any]:
    """
    Return a plan as the map component draws it: its zones, and which of them each grid is in (-1: none).

    Parameters
    ----------
    assignment
        zone_id of each grid, "" for none.
    names
        Of the places, with the plan's own names of zones.
    also
        Zones of the plan that have no grid yet.
    """
    today = set() if standing.today is None else set(standing.today.dropna())
    zones = sorted({*assignment, *today, *also} - {""})
    number = {zone: i for i, zone in enumerate(zones)}
    home = _home_stations(standing, assignment)
    return {
        "zones": [{"id": z, "name": names("zones", z), "station": home.get(z, -1)} for z in zones],
        "assignment": [number.get(zone, -1) for zone in assignment],
    }


def _home_stations(standing: Standing, assignment: pd.Series) -> dict[str, int]:
    """Return the number of each zone's station: where its work lies, else where the table has it."""
    table = standing.tables.get("zones")
    listed = {} if table is None or STATION_ID not in table else dict(table[[ZONE_ID, STATION_ID]].to_numpy())
    number = {station: i for i, station in enumerate(stations_of(standing.graph))}
    homes = {**listed, **zone_homes(assignment, standing.graph)}
    return {str(zone): number[station] for zone, station in homes.items() if station in number}


def score_params(plan: pd.Series) -> ScoreParams:
    """Return how a plan is scored: as it was computed where it was, its zones under their own names."""
    settings = json.loads(plan["params"]).get("settings", {})
    return ScoreParams(
        tolerance=settings.get("tolerance", ScoreParams.tolerance),
        across_stations=settings.get("across_stations", False),
        draws=0,
        keep_names=True,
    )


def rounded(totals: Mapping[str, Any]) -> dict[str, Any]:
    """Return totals with as many digits as are ever shown."""
    return {key: round(value, 6) if isinstance(value, float) else value for key, value in totals.items()}


def _row(zone: Mapping[str, Any]) -> list[Any]:
    return [
        zone["zone_id"],
        round(zone["workload"], 4),
        round(zone["target"], 4),
        None if zone["deviation"] is None else round(zone["deviation"], 5),
        zone["parts"],
        zone["grids"],
        zone["villages"],
        round(zone["present"]),
        None if zone["polsby_popper"] is None else round(zone["polsby_popper"], 4),
    ]


def _worded(item: Mapping[str, Any], t: Words) -> dict[str, Any]:
    if "refused" in item:
        return {**item, "text": t("painter.news_refused", grids=t.number(item["refused"]))}
    if item["by"] == "self":
        return {**item, "text": ""}
    at, grids = str(item["at"])[11:16], t.number(len(item["grids"]))
    return {
        **item,
        "text": t("painter.news_other", at=at, who=item["who"] or t("painter.somebody"), grids=grids),
    }
