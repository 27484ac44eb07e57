"""The history of the plan on the table: its strokes, grouped to be read, and the way back to any state."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from data.plans import read_assignment
from data.strokes import assignment_at, restore_plan, undo_stroke, undoable
from geo.errors import ConflictError
from ui import look
from ui.desk import carry_out
from ui.moments import moment
from ui.pages.zoning_plans_desk import OWN_PAINTER
from ui.pages.zoning_plans_list import strokes_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from data.strokes import Stroke
    from ui.desk import Desk
    from ui.names import PlaceNames
    from ui.pages.zoning_plans_desk import PlansDesk
    from ui.words import Words
    from ui.zoning import Zoning

_PAUSE = dt.timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class Passage:
    """
    Strokes of one kind by one browser, one after the other without a long pause.

    Parameters
    ----------
    strokes
        Oldest first, at least one.
    moves
        How many grids went from a zone to another, over all strokes.
    """

    strokes: tuple[Stroke, ...]
    moves: Mapping[tuple[str, str], int]

    @property
    def last(self) -> Stroke:
        """Return the last stroke: a plan can go back to what it was after it."""
        return self.strokes[-1]

    @property
    def grids(self) -> int:
        """Return how many grids were touched."""
        return len({grid for stroke in self.strokes for grid in stroke.grids})


def passages(strokes: Sequence[Stroke], *, pause: dt.timedelta = _PAUSE) -> list[Passage]:
    """Return strokes in groups that read as one thing done, oldest first; those of the view stand alone."""
    groups: list[list[Stroke]] = [[stroke] for stroke in strokes[:1]]
    for before, stroke in pairwise(strokes):
        if _goes_on(before, stroke, pause):
            groups[-1].append(stroke)
        else:
            groups.append([stroke])
    return [Passage(strokes=tuple(group), moves=_moves(group)) for group in groups]


def _goes_on(before: Stroke, stroke: Stroke, pause: dt.timedelta) -> bool:
    same = (before.painter, before.who, before.kind) == (stroke.painter, stroke.who, stroke.kind)
    if not same or stroke.painter.startswith(OWN_PAINTER):
        return False
    return dt.datetime.fromisoformat(stroke.at) - dt.datetime.fromisoformat(before.at) <= pause


def _moves(strokes: Sequence[Stroke]) -> Counter[tuple[str, str]]:
    return Counter(change for stroke in strokes for change in stroke.grids.values())


def show_history(zoning: Zoning, desk: Desk, mine: PlansDesk, names: PlaceNames) -> None:
    """Show what was drawn, newest first, and for the state that is chosen what going back would change."""
    t, plan_id = zoning.place.t, str(zoning.plan_id)
    strokes = strokes_of(zoning, plan_id)
    if not strokes:
        st.caption(t("plans.no_history"))
        return
    found = passages(strokes)[::-1]
    # Another table after each stroke: a row that was chosen in it would be another state.
    key = f"plans history {plan_id} {strokes[-1].number}"
    shown = st.dataframe(
        _listed(zoning, found, names),
        hide_index=True,
        height=min(38 + 32 * (len(found) + 1), 300),
        row_height=32,
        on_select="rerun",
        selection_mode="single-row",
        key=key,
        column_config={
            t("plans.what"): st.column_config.TextColumn(width="large"),
            t("plans.grids"): st.column_config.NumberColumn(width="small"),
        },
        placeholder="",
    )
    rows = shown.selection.rows if shown is not None else []
    if rows:
        mine.preview = (plan_id, found[rows[0]].last.number if rows[0] < len(found) else 0)
    elif mine.listed == key:
        mine.preview = None
    mine.listed = key
    _ways_back(zoning, desk, mine, strokes)
    if mine.preview is None or mine.preview[0] != plan_id:
        st.caption(t("plans.choose_state"))
        return
    _restoring(zoning, desk, mine, mine.preview[1], names)


def _listed(zoning: Zoning, found: list[Passage], names: PlaceNames) -> pd.DataFrame:
    t, plan = zoning.place.t, zoning.plans.loc[zoning.plan_id]
    who = browsers(strokes_of(zoning, str(zoning.plan_id)), t)
    rows = [
        (
            _when(passage),
            passage.last.who or who[passage.last.painter],
            _kind(passage, t),
            passage.grids or None,
            what(passage, names, t),
        )
        for passage in found
    ]
    rows.append((moment(plan["created"]), plan["author"], t("plans.first"), None, ""))
    columns = [t(f"plans.{name}") for name in ("at", "by", "kind", "grids", "what")]
    return pd.DataFrame(rows, columns=columns)


def browsers(strokes: Sequence[Stroke], t: Words) -> dict[str, str]:
    """Return what each painter is called: browsers by the order in which they came, and this view."""
    found: dict[str, str] = {}
    for painter in dict.fromkeys(stroke.painter for stroke in strokes):
        if painter.startswith(OWN_PAINTER):
            found[painter] = t("plans.this_view")
        else:
            number = 1 + sum(not known.startswith(OWN_PAINTER) for known in found)
            found[painter] = t("plans.browser", number=number)
    return found


def _when(passage: Passage) -> str:
    began, ended = moment(passage.strokes[0].at), moment(passage.last.at)
    return began if began == ended else f"{began}–{ended[-5:]}"


def _kind(passage: Passage, t: Words) -> str:
    text, count = t.name("stroke", passage.last.kind), len(passage.strokes)
    return text if count == 1 else f"{text} ×{count}"


def what(passage: Passage, names: PlaceNames, t: Words) -> str:
    """Return in words what a passage changed: zones, names, locks."""
    parts = []
    if passage.moves:
        parts.append(moves_text(passage.moves, names, t))
    for stroke in passage.strokes:
        parts += [_renamed(was, now, t) for was, now in stroke.names.values()]
    on = sum(is_ for stroke in passage.strokes for _, is_ in stroke.locks.values())
    off = sum(len(stroke.locks) for stroke in passage.strokes) - on
    parts += [t("plans.locked", count=t.number(on))] * bool(on)
    parts += [t("plans.unlocked", count=t.number(off))] * bool(off)
    return t.listed(parts, at_most=4)


def moves_text(moves: Mapping[tuple[str, str], int], names: PlaceNames, t: Words) -> str:
    """Return from which zone how many grids went to which, the most first."""
    told = [
        t("plans.move", was=_zone(was, names, t), now=_zone(now, names, t), count=t.number(count))
        for (was, now), count in sorted(moves.items(), key=lambda item: (-item[1], item[0]))
    ]
    return t.listed(told, at_most=3)


def _zone(zone: str, names: PlaceNames, t: Words) -> str:
    return names("zones", zone) if zone else t("plans.no_zone")


def _renamed(was: str, now: str, t: Words) -> str:
    if not was:
        return t("plans.zone_made", name=now)
    return t("plans.zone_renamed", was=was, now=now) if now else t("plans.zone_gone", name=was)


def _ways_back(zoning: Zoning, desk: Desk, mine: PlansDesk, strokes: Sequence[Stroke]) -> None:
    """Offer to undo what this view did to the plan last."""
    t, plan_id = zoning.place.t, str(zoning.plan_id)
    done, _ = undoable(strokes, mine.painter)
    if not done or not zoning.editable:
        return
    stroke = next(stroke for stroke in strokes if stroke.number == done[-1])
    key = desk.key("plans-undo", plan_id, str(stroke.number))
    if st.button(t("plans.undo", what=t.name("stroke", stroke.kind)), key=key):
        carry_out(desk, key, lambda: _undo(zoning, mine, stroke), t)


def _undo(zoning: Zoning, mine: PlansDesk, stroke: Stroke) -> None:
    plan_id, t = str(zoning.plan_id), zoning.place.t
    applied = undo_stroke(
        zoning.workspace,
        plan_id,
        rev=zoning.rev(plan_id),
        token=uuid.uuid4().hex,
        painter=mine.painter,
        who=mine.who,
    )
    mine.done(
        "plans.undone_partly" if applied.refused else "plans.undone",
        what=t.name("stroke", stroke.kind),
        refused=t.number(len(applied.refused)),
    )


def _restoring(zoning: Zoning, desk: Desk, mine: PlansDesk, number: int, names: PlaceNames) -> None:
    """Say what going back to a state would change, and do it."""
    t, plan_id = zoning.place.t, str(zoning.plan_id)
    changes = _going_back(zoning, number)
    later = sum(stroke.number > number for stroke in strokes_of(zoning, plan_id))
    if not later:
        st.caption(t("plans.state_now"))
        return
    facts = {"strokes": t.number(later), "grids": t.number(sum(changes.values()))}
    text = t("plans.restore_changes", **facts)
    with st.container(border=True, key="plans-restore"):
        st.markdown(look.plain(text))
        if changes:
            st.caption(look.plain(moves_text(changes, names, t)))
        if not zoning.editable:
            st.caption(t("plans.restore_frozen"))
            return
        key = desk.key("plans-restore", plan_id, str(number))
        if st.button(t("plans.restore"), type="primary", key=key):
            carry_out(desk, key, lambda: _restore(zoning, mine, number), t)


def _going_back(zoning: Zoning, number: int) -> Counter[tuple[str, str]]:
    plan_id = str(zoning.plan_id)
    now = read_assignment(zoning.workspace, plan_id)
    then = assignment_at(zoning.workspace, plan_id, number)
    grids = now.index.union(then.index)
    pairs = zip(now.reindex(grids).fillna(""), then.reindex(grids).fillna(""), strict=True)
    return Counter((str(old), str(new)) for old, new in pairs if old != new)


def _restore(zoning: Zoning, mine: PlansDesk, number: int) -> None:
    plan_id = str(zoning.plan_id)
    restore_plan(
        zoning.workspace,
        plan_id,
        number,
        rev=seen_rev(zoning, mine),
        token=uuid.uuid4().hex,
        painter=mine.painter,
        who=mine.who,
    )
    mine.done("plans.restored", name=str(zoning.plans.at[plan_id, "name"]))


def seen_rev(zoning: Zoning, mine: PlansDesk) -> int:
    """
    Return the revision of the plan on the table, which the session has had before it when it pressed.

    Raises
    ------
    ConflictError
        ``plan_unseen``: it was another one. What is shown now is what is.
    """
    plan_id = str(zoning.plan_id)
    rev = zoning.rev(plan_id)
    if mine.seen.get(plan_id, rev) != rev:
        raise ConflictError("plan_unseen", plan=plan_id)
    return rev
