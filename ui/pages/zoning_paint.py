"""View 绘制: a plan under the brush, with its scorecard beside the map."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any

import streamlit as st

from data.plans import DRAFT
from ui import cached, look
from ui.desk import carry_out, session_desk
from ui.painter import component_words, grid_map
from ui.painter.board import Board, live_scorecard, open_board, rounded, score_params
from ui.painter.panel_words import panel_words
from ui.zoning import plan_label, turn_to

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ui.standing import Standing
    from ui.zoning import Zoning

MAP_KEY = "painter"
# Between two looks at what others did to the plan.
_NEWS_S = 5.0
_REFERENCE = "zoning_reference"


def head(zoning: Zoning) -> None:
    """Show which other plan the figures are set against."""
    others = [
        plan
        for plan in zoning.plans.index[::-1]
        if plan not in (zoning.plan_id, zoning.today_id) and zoning.plans.at[plan, "status"] != "retired"
    ]
    if zoning.plan_id is None or not others:
        return
    t, parent = zoning.place.t, zoning.plans.at[zoning.plan_id, "parent"]
    st.selectbox(
        t("zoning.reference"),
        others,
        index=others.index(parent) if parent in others else None,
        format_func=lambda plan: t("zoning.against", plan=plan_label(zoning, plan)),
        placeholder=t("zoning.no_reference"),
        key=f"{_REFERENCE} {zoning.plan_id}",
        label_visibility="collapsed",
        width=340,
    )


def show(zoning: Zoning) -> None:
    """Show the plan on the table under the brush."""
    t = zoning.place.t
    if zoning.plan_id is None:
        _begin(zoning)
        return
    with st.spinner(t("zoning.reading")):
        standing = zoning.standing()
    if standing.graph.shapes is None:
        st.info(t("zoning.needs_polygons"))
        return
    board = session_board(zoning, standing)
    if not zoning.editable:
        _offer_copy(zoning)
    # This run draws the whole page: what the browser had may be gone with it.
    board.show_whole()
    st.fragment(_canvas, run_every=_NEWS_S if zoning.editable else None)(zoning, board)


def session_board(zoning: Zoning, standing: Standing) -> Board:
    """Return this session's board for the plan on the table."""
    key, plan_id = f"board {zoning.place.path}", str(zoning.plan_id)
    board = st.session_state.get(key)
    kept = isinstance(board, Board) and board.plan_id == plan_id and board.standing is standing
    if not kept:
        params = score_params(zoning.plans.loc[plan_id])
        board = open_board(zoning.workspace, plan_id, standing, params=params, who=session_desk().who)
        st.session_state[key] = board
    board.catch_up()
    return board


def _begin(zoning: Zoning) -> None:
    t = zoning.place.t
    st.info(look.plain(t("zoning.begin_note")))
    begin_from_today(zoning)


def begin_from_today(zoning: Zoning) -> None:
    """Offer to start a plan of the planner's own from today's."""
    t, desk = zoning.place.t, session_desk()

    def begin() -> None:
        from data.plans import PAINTED, save_plan

        standing = zoning.standing()
        today = standing.today
        if today is None:
            today = standing.graph.grids["village_id"].map(lambda _: "")
        plan = save_plan(
            zoning.workspace,
            today.reindex(standing.graph.grids.index).fillna(""),
            kind=PAINTED,
            name=t("zoning.first_name"),
            author=desk.who,
            parent=standing.today_id,
            params={"profile": standing.workload.profile.to_dict()},
            stamp=standing.stamp,
        )
        st.session_state[f"plan {zoning.place.path}"] = plan

    key = desk.key("begin_painting")
    if st.button(t("zoning.begin"), type="primary", key=key):
        carry_out(desk, key, begin, t, doing=t("zoning.beginning"))


def _offer_copy(zoning: Zoning) -> None:
    """Say why the plan is only shown, and offer a copy that can be painted."""
    t, desk = zoning.place.t, session_desk()
    plan = zoning.plans.loc[str(zoning.plan_id)]

    def copy() -> None:
        from data.plans import duplicate_plan

        name = t("zoning.copy_name", name=plan["name"])
        made = duplicate_plan(zoning.workspace, str(zoning.plan_id), name=name, who=desk.who)
        st.session_state[f"plan {zoning.place.path}"] = made

    key = desk.key("copy_plan", str(zoning.plan_id))
    with st.container(key="zoning-frozen", horizontal=True, vertical_alignment="center"):
        key_told = "zoning.frozen" if plan["status"] != DRAFT else "zoning.frozen_computed"
        said = t(key_told, name=plan["name"], state=t.name("state", plan["status"]))
        st.markdown(look.plain(said))
        if st.button(t("zoning.copy"), type="primary", key=key):
            carry_out(desk, key, copy, t)


def _canvas(zoning: Zoning, board: Board) -> None:
    key = f"{MAP_KEY} {zoning.place.path}"
    board.catch_up()
    state: Mapping[str, Any] = st.session_state.get(key) or {}
    if state.get("want") == board.state_key:
        board.show_whole(renew=False)
    answer = board.answer(zoning.place.t)
    plan = answer["plan"]
    grid_map(
        {
            "mode": "paint",
            **common(zoning, key),
            **answer,
            "plan": plan and {**plan, "editable": zoning.editable, "name": _plan_name(zoning)},
            "score": {**answer["score"], **_references(zoning, board)},
            "focus": None,
        },
        key=key,
        on_post=lambda: board.take(posted(key)),
    )
    board.delivered(answer)


def _plan_name(zoning: Zoning) -> str:
    return str(zoning.plans.at[str(zoning.plan_id), "name"])


def posted(key: str) -> object:
    """Return what the browser just posted."""
    state: Mapping[str, Any] = st.session_state.get(key) or {}
    return state.get("posts")


def common(zoning: Zoning, key: str) -> dict[str, Any]:
    """Return what every mode of the map needs; the geometry only where the browser has not got it yet."""
    ground, place = zoning.ground(), zoning.place
    name = hashlib.sha256(repr(ground).encode()).hexdigest()[:20]
    state: Mapping[str, Any] = st.session_state.get(key) or {}
    return {
        "lang": place.lang,
        "words": {**component_words(place.t), **panel_words(place.t)},
        "credit": place.credit,
        "geometry_key": name,
        "geometry": None if state.get("have") == name else cached.painter_geometry(*ground),
    }


def _references(zoning: Zoning, board: Board) -> dict[str, Any]:
    """Return the totals of today's plan and of the one chosen to compare with."""
    chosen = st.session_state.get(f"{_REFERENCE} {zoning.plan_id}")
    today = board.standing.today
    return {
        "today": None if today is None else rounded(_totals(board, "", 0)),
        "reference": None
        if chosen not in zoning.plans.index
        else {
            "name": zoning.plans.at[chosen, "name"],
            "totals": rounded(_totals(board, chosen, int(zoning.plans.at[chosen, "rev"]))),
        },
    }


def _totals(board: Board, plan_id: str, rev: int) -> dict[str, Any]:
    """Return the totals of another plan on the same ground (today's for ""), worked out once a session."""
    from data.plans import read_assignment

    kept = st.session_state.setdefault(f"totals {id(board.standing)} {board.params}", {})
    if (plan_id, rev) not in kept:
        plan = read_assignment(board.workspace, plan_id) if plan_id else board.standing.today
        kept[plan_id, rev] = live_scorecard(board.standing, plan, board.params).totals()
    found: dict[str, Any] = kept[plan_id, rev]
    return found


def new_token() -> str:
    """Return a token for a stroke that is made on the page."""
    return secrets.token_hex(8)


def open_plan(zoning: Zoning, plan_id: str) -> None:
    """Put a plan on the table and paint it."""
    turn_to(zoning, plan_id=plan_id, view="paint")
