"""View 路线 of the page 巡防: a day of patrols on the map and as bars, changed by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from geo.errors import GridBeatError
from ui import cached_patrols
from ui.closed_roads import ClosedRoads
from ui.desk import session_desk
from ui.on_page import show_page_error
from ui.pages.patrols_plan_form import start
from ui.painter import grid_map
from ui.painter.patrol_board import PatrolBoard
from ui.painter.patrol_words import patrol_words
from ui.patrol_order import PatrolOrder
from ui.patrol_saving import keep_changed_day
from ui.patrols import TABLE
from ui.recent import key_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planning.patrol.plan import DayPlan
    from ui.patrols import Patrols

MAP_KEY = "patrol map"
# How long a plan may take that was not ordered on this page.
_USUAL_S = 20.0


@dataclass
class Held:
    """
    What a session has of the plan on the table.

    Parameters
    ----------
    board
        The plan under its hands.
    roads
        Those that are closed.
    rev
        The revision that the board shows.
    """

    board: PatrolBoard
    roads: ClosedRoads
    rev: int


def show(patrols: Patrols) -> None:
    """Show the plan on the table."""
    t = patrols.place.t
    try:
        with st.spinner(t("patrols.reading")):
            board = session_board(patrols)
            cached_patrols.drawn_ground(patrols.workspace)
    except GridBeatError as error:
        show_page_error(error, t)
        return
    # This run draws the whole page: what the browser had may be gone with it.
    board.show_whole()
    st.fragment(_canvas)(patrols, board)


def session_board(patrols: Patrols) -> PatrolBoard:
    """Return this session's board for the plan on the table."""
    key, plan_id = f"patrol board {patrols.place.path}", str(patrols.plan_id)
    held = st.session_state.get(key)
    row = patrols.plans.loc[plan_id]
    if (
        not isinstance(held, Held)
        or held.board.lost
        or (held.board.plan_id, held.rev) != (plan_id, int(row["rev"]))
        or patrols.place.stamp not in held.roads.stamps
    ):
        held = _opened(patrols)
        st.session_state[key] = held
    return held.board


def _opened(patrols: Patrols) -> Held:
    """Return the plan on the table as it is kept, checked against the day as it is now."""
    workspace, kept, desk = patrols.workspace, patrols.kept_day(), session_desk()
    order = kept.day.order
    roads = ClosedRoads(
        workspace,
        cached_patrols.roads(str(workspace.path), workspace.version_of("roads")),
        date=order.date,
        also=order.closed,
        who=desk.who,
    )

    def keep(plan: DayPlan) -> None:
        held.rev = keep_changed_day(
            workspace, held.board.plan_id, kept.day, plan, rev=held.rev, who=session_desk().who
        )

    board = PatrolBoard(
        plan_id=str(patrols.plan_id),
        origin=key_of(workspace.path),
        problem=kept.day.problem,
        plan=kept.plan,
        places=kept.day.places,
        names=patrols.names,
        roads=roads,
        keep=keep,
    )
    held = Held(board=board, roads=roads, rev=kept.key[-1])
    return held


def _canvas(patrols: Patrols, board: PatrolBoard) -> None:
    if board.replan is not None:
        _replan(patrols, board)
    if board.lost:
        st.rerun(scope="app")
    key, place = f"{MAP_KEY} {patrols.place.path}", patrols.place
    state: Mapping[str, Any] = st.session_state.get(key) or {}
    if state.get("want") == board.state_key:
        board.show_whole()
    geometry_key, geometry = cached_patrols.drawn_ground(patrols.workspace)
    known = state.get("have") == f"{geometry_key} {place.lang}"
    grid_map(
        {
            "mode": "patrol",
            "lang": place.lang,
            "words": None if known else patrol_words(place.t),
            "credit": place.credit,
            "geometry_key": geometry_key,
            "geometry": None if known else geometry,
            **board.answer(place.t),
        },
        key=key,
        on_post=lambda: board.take(posted(key)),
    )
    board.delivered()


def posted(key: str) -> object:
    """Return what the browser just posted."""
    state: Mapping[str, Any] = st.session_state.get(key) or {}
    return state.get("posts")


def _replan(patrols: Patrols, board: PatrolBoard) -> None:
    """Plan the day of the plan on the table anew, around what is kept, under the roads as they are now."""
    keep, board.replan = board.replan or (), None
    params = patrols.params(board.plan_id)
    order = PatrolOrder(
        day=patrols.order(board.plan_id),
        modes=(board.plan.mode,),
        total_s=float(params.get("total_s", _USUAL_S)),
        lang=patrols.place.lang,
        form=params.get("form", {}),
        around=board.plan_id if keep else "",
        keep=keep,
    )
    start(patrols, order)
    TABLE.turn_to(patrols.place, view="plan")
