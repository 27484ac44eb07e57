"""View 比较: two plans side by side, and a proposal's changes accepted or refused one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from data.plans import REDRAW, read_assignment
from planning.plan_changes import known_reasons
from ui.pages.zoning_paint import (
    begin_from_today,
    common,
    drawable_standing,
    look_again,
    posted,
    session_board,
)
from ui.painter import grid_map
from ui.painter.board import live_scorecard
from ui.painter.compare_words import compare_words
from ui.painter.map_words import map_words
from ui.painter.payload import drawn, rounded
from ui.painter.posts import readable
from ui.plan_comparison import change_facts, changes_between, differences
from ui.standing import score_params
from ui.zoning import plan_label

if TYPE_CHECKING:
    import pandas as pd

    from ui.painter.board import Board
    from ui.plan_comparison import PlanChange
    from ui.words import Words
    from ui.zoning import Zoning

_TODAY = ""
_SIDES = ("left", "right")
MAP_KEY = "comparison"
_ACKS, _ACKS_TOLD = "comparison acks", 50


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """
    What is compared.

    Parameters
    ----------
    left, right
        The assignments.
    titles
        What they are called.
    changes
        From left to right; where the right one was drawn from a proposal, also what it has put back.
    table
        The plan on the table, which takes or refuses them; None if it may not be painted.
    """

    left: pd.Series
    right: pd.Series
    titles: tuple[str, str]
    changes: tuple[PlanChange, ...]
    table: pd.Series | None


def head(zoning: Zoning) -> None:
    """Show which two plans are compared."""
    t = zoning.place.t
    shown = [_TODAY, *zoning.plans.index[::-1]]
    for side, default in zip(_SIDES, (_TODAY, zoning.plan_id or shown[-1]), strict=True):
        key = _key(zoning, side)
        kept = st.session_state.get(key, default)
        # The widget is new in each language, for it keeps the labels it was made with; the choice stays.
        st.session_state[key] = st.selectbox(
            t(f"zoning.compare_{side}"),
            shown,
            index=shown.index(kept if kept in shown else default),
            # The widget's own label would take a line of its own.
            format_func=lambda plan, side=side: t(f"zoning.on_the_{side}", plan=_called(zoning, plan)),
            key=f"{key} {t.lang}",
            label_visibility="collapsed",
            width=270,
        )


def compare_with(zoning: Zoning, left: str, right: str) -> None:
    """Have the view compare these plans ("" for today's) when it is next shown; before it is drawn only."""
    for side, plan in zip(_SIDES, (left, right), strict=True):
        st.session_state[_key(zoning, side)] = plan


def show(zoning: Zoning) -> None:
    """Show the two plans side by side."""
    t = zoning.place.t
    if zoning.plans.empty:
        st.info(t("zoning.nothing_to_compare"))
        begin_from_today(zoning)
        return
    standing = drawable_standing(zoning)
    if standing is None:
        return
    if standing.today is None and _TODAY in (_chosen(zoning, side) for side in _SIDES):
        st.info(t("zoning.no_today"))
        return
    board = session_board(zoning, standing) if zoning.editable else None
    st.fragment(_canvas)(zoning, board)


def _key(zoning: Zoning, side: str) -> str:
    return f"zoning compare {side} {zoning.place.path} {zoning.plan_id}"


def _chosen(zoning: Zoning, side: str) -> str:
    chosen = st.session_state.get(_key(zoning, side), _TODAY)
    return chosen if chosen in zoning.plans.index else _TODAY


def _called(zoning: Zoning, plan_id: str) -> str:
    return plan_label(zoning, plan_id) if plan_id else zoning.place.t("zoning.today")


def _canvas(zoning: Zoning, board: Board | None) -> None:
    if board is not None:
        look_again(board)
    key = f"{MAP_KEY} {zoning.place.path}"
    compared = _compared(zoning, board)
    standing, t = zoning.standing(), zoning.place.t
    called = [_names(zoning, board, _chosen(zoning, side)) for side in _SIDES]
    both = standing.names.renamed("zones", {**called[0], **called[1]})
    at = {str(grid): i for i, grid in enumerate(standing.graph.grids.index)}
    params = score_params(zoning.params(zoning.plan_id or zoning.plans.index[-1]))
    totals = [
        rounded(live_scorecard(standing, plan, params).totals()) for plan in (compared.left, compared.right)
    ]
    sides = zip(compared.titles, (compared.left, compared.right), totals, called, strict=True)
    grid_map(
        {
            "mode": "compare",
            **common(zoning, key, words=_words),
            "plans": [
                {
                    "title": title,
                    **drawn(standing, plan, standing.names.renamed("zones", own)),
                    "totals": total,
                }
                for title, plan, total, own in sides
            ],
            "differences": differences(*totals, t),
            "changes": list(change_facts(list(compared.changes), compared.table, t, both, at=at)),
            "decidable": compared.table is not None,
            "acks": list(st.session_state.get(_ACKS, ())),
        },
        key=key,
        on_post=lambda: _decide(board, compared, posted(key)),
    )


def _words(t: Words) -> dict[str, str]:
    return {**map_words(t), **compare_words(t)}


def _compared(zoning: Zoning, board: Board | None) -> Comparison:
    standing = zoning.standing()
    chosen = [_chosen(zoning, side) for side in _SIDES]
    left, right = (_assignment(zoning, board, plan) for plan in chosen)
    drawn_from = _proposal_of(zoning, chosen[1])
    proposed = _assignment(zoning, board, drawn_from) if drawn_from else right
    known = known_reasons(zoning.params(drawn_from or chosen[1])) if chosen[1] else {}
    changes = changes_between(standing.graph, left, proposed, known=known)
    if drawn_from:
        own = right.where((right != proposed) & (right != left), left)
        changes += changes_between(standing.graph, left, own)
    titles = [_called(zoning, plan) for plan in chosen]
    return Comparison(
        left=left,
        right=right,
        titles=(titles[0], titles[1]),
        changes=tuple(changes),
        table=None if board is None else board.assignment,
    )


def _assignment(zoning: Zoning, board: Board | None, plan_id: str) -> pd.Series:
    """Return a plan as zone_id by grid, "" for none, of the grids that there are."""
    standing = zoning.standing()
    if board is not None and plan_id == board.plan_id:
        found = board.assignment
    elif plan_id == _TODAY:
        found = standing.today
    else:
        found = read_assignment(zoning.workspace, plan_id)
    return found.reindex(standing.graph.grids.index).fillna("")


def _names(zoning: Zoning, board: Board | None, plan_id: str) -> dict[str, str]:
    """Return the names that a plan gives its zones itself."""
    if board is not None and plan_id == board.plan_id:
        return board.names
    return {} if plan_id == _TODAY else zoning.zone_names(plan_id)


def _proposal_of(zoning: Zoning, plan_id: str) -> str | None:
    """Return the proposal that the plan on the table was copied from."""
    if plan_id != zoning.plan_id:
        return None
    parent = zoning.plans.at[plan_id, "parent"]
    found = parent in zoning.plans.index and zoning.plans.at[parent, "kind"] == REDRAW
    return str(parent) if found else None


def _decide(board: Board | None, compared: Comparison, posts: object) -> None:
    """Take changes into the plan on the table, or put their grids back where they were."""
    if board is None:
        return
    by_label = {change.label: change for change in compared.changes}
    for post in readable(posts, 0):
        if post.kind not in ("accept", "refuse"):
            continue
        grids: dict[str, str] = {}
        for label in post.changes:
            if (change := by_label.get(label)) is not None:
                zone = change.after if post.kind == "accept" else change.before
                grids.update(dict.fromkeys(change.grids, zone))
        board.paint(post.token, post.kind, grids)
        # The last ones are told again and again: a run may be cut short before it told them.
        st.session_state[_ACKS] = [*st.session_state.get(_ACKS, ()), post.token][-_ACKS_TOLD:]
