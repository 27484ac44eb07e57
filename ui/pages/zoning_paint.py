"""View 绘制: a plan under the brush, with its scorecard beside the map."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import streamlit as st

from data.plans import DRAFT, RETIRED
from data.schemas import VILLAGE_ID, ZONE_ID
from planning.rules import PROFILES
from ui import cached, look
from ui.desk import carry_out, session_desk
from ui.painter import grid_map
from ui.painter.board import Board, live_scorecard, open_board
from ui.painter.map_words import map_words
from ui.painter.panel_words import panel_words
from ui.painter.payload import rounded
from ui.painter.rule_report import rule_report
from ui.standing import score_params
from ui.zoning import plan_label, put_on_table, turn_to

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from ui.standing import Standing
    from ui.words import Words
    from ui.zoning import Zoning

MAP_KEY = "painter"
_REFERENCE, _RULES, _RULES_TOLD = "zoning_reference", "zoning_rules", "zoning rules told"


def head(zoning: Zoning) -> None:
    """Show which other plan the figures are set against."""
    others = [
        plan
        for plan in zoning.plans.index[::-1]
        if plan not in (zoning.plan_id, zoning.today_id) and zoning.plans.at[plan, "status"] != RETIRED
    ]
    if zoning.plan_id is None:
        return
    _choose_rules(zoning)
    if not others:
        return
    t, key = zoning.place.t, f"{_REFERENCE} {zoning.plan_id}"
    kept = st.session_state.get(key, zoning.plans.at[zoning.plan_id, "parent"])
    # The widget is new in each language, for it keeps the labels it was made with; the choice stays.
    st.session_state[key] = st.selectbox(
        t("zoning.reference"),
        others,
        index=others.index(kept) if kept in others else None,
        format_func=lambda plan: t("zoning.against", plan=plan_label(zoning, plan)),
        placeholder=t("zoning.no_reference"),
        key=f"{key} {t.lang}",
        label_visibility="collapsed",
        width=340,
    )


def _choose_rules(zoning: Zoning) -> None:
    t, known = zoning.place.t, list(PROFILES)
    kept = st.session_state.get(_RULES)
    st.session_state[_RULES] = st.selectbox(
        t("zoning.rules"),
        known,
        index=known.index(kept) if kept in known else None,
        format_func=lambda profile: t.name("rule_profile", profile),
        placeholder=t("zoning.no_rules"),
        key=f"{_RULES} {t.lang}",
        label_visibility="collapsed",
        width=240,
    )


def show(zoning: Zoning) -> None:
    """Show the plan on the table under the brush."""
    if zoning.plan_id is None:
        _begin(zoning)
        return
    standing = drawable_standing(zoning)
    if standing is None:
        return
    board = session_board(zoning, standing)
    if not zoning.editable:
        _offer_copy(zoning)
    # This run draws the whole page: what the browser had may be gone with it.
    board.show_whole()
    st.fragment(_canvas)(zoning, board)


def drawable_standing(zoning: Zoning) -> Standing | None:
    """Return how the district stands; None, once that is said, where its grids have no polygons."""
    t = zoning.place.t
    with st.spinner(t("zoning.reading")):
        standing = zoning.standing()
    if standing.graph.shapes is None:
        st.info(t("zoning.needs_polygons"))
        return None
    return standing


def session_board(zoning: Zoning, standing: Standing) -> Board:
    """Return this session's board for the plan on the table."""
    key, plan_id = f"board {zoning.place.path}", str(zoning.plan_id)
    board = st.session_state.get(key)
    kept = isinstance(board, Board) and board.plan_id == plan_id and board.standing is standing
    if not kept:
        params = score_params(zoning.params(plan_id))
        board = open_board(zoning.workspace, plan_id, standing, params=params, who=session_desk().who)
        st.session_state[key] = board
    board.closed = False
    board.catch_up()
    return board


def _begin(zoning: Zoning) -> None:
    t = zoning.place.t
    st.info(look.plain(t("zoning.begin_note")))
    with st.container(horizontal=True):
        begin_from_today(zoning)
        if st.button(t("zoning.to_propose"), key="zoning to propose"):
            turn_to(zoning, view="propose")


def begin_from_today(zoning: Zoning) -> None:
    """Offer to start a plan of the planner's own from today's."""
    t, desk = zoning.place.t, session_desk()

    def begin() -> None:
        from data.plans import PAINTED, save_plan

        standing = zoning.standing()
        plan = save_plan(
            zoning.workspace,
            _placed_today(standing),
            kind=PAINTED,
            name=t("zoning.first_name"),
            author=desk.who,
            parent=standing.today_id,
            params={"profile": standing.workload.profile.to_dict()},
            stamp=standing.stamp,
        )
        put_on_table(zoning.place, plan)

    key = desk.key("begin_painting")
    if st.button(t("zoning.begin"), type="primary", key=key):
        carry_out(desk, key, begin, t, doing=t("zoning.beginning"))


def _placed_today(standing: Standing) -> pd.Series:
    """Return today's zone of the grids that have one."""
    grids = standing.graph.grids
    today = grids[VILLAGE_ID].iloc[:0] if standing.today is None else standing.today.dropna()
    return today[(today != "") & today.index.isin(grids.index)].rename(ZONE_ID)


def _offer_copy(zoning: Zoning) -> None:
    """Say why the plan is only shown, and offer a copy that can be painted."""
    t, desk = zoning.place.t, session_desk()
    plan = zoning.plans.loc[str(zoning.plan_id)]

    def copy() -> None:
        from data.plans import duplicate_plan

        name = t("zoning.copy_name", name=plan["name"])
        made = duplicate_plan(zoning.workspace, str(zoning.plan_id), name=name, who=desk.who)
        put_on_table(zoning.place, made)

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
    look_again(board)
    state: Mapping[str, Any] = st.session_state.get(key) or {}
    if state.get("want") == board.state_key:
        board.show_whole(renew=False)
    answer = board.answer(zoning.place.t)
    plan = answer["plan"]
    grid_map(
        {
            "mode": "paint",
            **common(zoning, key, words=_words),
            **answer,
            "plan": plan and {**plan, "editable": zoning.editable, "name": _plan_name(zoning)},
            "score": {**answer["score"], **_references(zoning, board)},
            "focus": None,
        },
        key=key,
        on_post=lambda: board.take(posted(key)),
    )
    board.delivered(answer)


def look_again(board: Board) -> None:
    """Run the page anew where the plan was deleted, or is no draft any more: it is shown as it is now."""
    if board.closed:
        st.rerun(scope="app")


def _words(t: Words) -> dict[str, str]:
    return {**map_words(t), **panel_words(t)}


def _plan_name(zoning: Zoning) -> str:
    return str(zoning.plans.at[str(zoning.plan_id), "name"])


def posted(key: str) -> object:
    """Return what the browser just posted."""
    state: Mapping[str, Any] = st.session_state.get(key) or {}
    return state.get("posts")


def common(zoning: Zoning, key: str, *, words: Callable[[Words], dict[str, str]]) -> dict[str, Any]:
    """
    Return what every mode of the map needs; geometry and words only where the browser has not got them yet.

    Parameters
    ----------
    words
        Makes those of the mode.
    """
    ground, place = zoning.ground(), zoning.place
    geometry_key = hashlib.sha256(repr(ground).encode()).hexdigest()[:20]
    state: Mapping[str, Any] = st.session_state.get(key) or {}
    known = state.get("have") == f"{geometry_key} {place.lang}"
    return {
        "lang": place.lang,
        "words": None if known else words(place.t),
        "credit": place.credit,
        "geometry_key": geometry_key,
        "geometry": None if known else cached.painter_geometry(*ground),
    }


def _references(zoning: Zoning, board: Board) -> dict[str, Any]:
    """Return what the plan is held against: today's totals, those of a chosen plan, a bureau's rules."""
    chosen = st.session_state.get(f"{_REFERENCE} {zoning.plan_id}")
    today, rules = board.standing.today, st.session_state.get(_RULES)
    return {
        "rules": _rules(board, rules, zoning.place.t) if rules in PROFILES else None,
        "today": None if today is None else rounded(_totals(board, "", 0)),
        "reference": None
        if chosen not in zoning.plans.index
        else {
            "name": zoning.plans.at[chosen, "name"],
            "totals": rounded(_totals(board, chosen, zoning.rev(chosen))),
        },
    }


def _rules(board: Board, profile: str, t: Words) -> dict[str, Any]:
    """Return what a bureau's rules say of the plan, worked out once for each of its states."""
    key = (board.plan_id, board.rev, profile, t.lang)
    if st.session_state.get(_RULES_TOLD, (None,))[0] != key:
        st.session_state[_RULES_TOLD] = key, rule_report(board, profile, t)
    told: dict[str, Any] = st.session_state[_RULES_TOLD][1]
    return told


def _totals(board: Board, plan_id: str, rev: int) -> dict[str, Any]:
    """Return the totals of another plan on the same ground (today's for ""), worked out once a session."""
    from data.plans import read_assignment

    kept = st.session_state.setdefault(f"totals {id(board.standing)} {board.params}", {})
    if (plan_id, rev) not in kept:
        plan = read_assignment(board.workspace, plan_id) if plan_id else board.standing.today
        kept[plan_id, rev] = live_scorecard(board.standing, plan, board.params).totals()
    found: dict[str, Any] = kept[plan_id, rev]
    return found
