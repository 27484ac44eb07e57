"""What a redraw proposes, on the page 警务区划: three cards, the whole front, and what cannot be met."""

from __future__ import annotations

import datetime as dt
import html
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from data.plans import DRAFT, PAINTED, REDRAW, duplicate_plan, read_assignment
from planning.dual_graph import stations_of_grids
from planning.scorecard import ScoreParams
from ui import look
from ui.on_page import page_notes
from ui.pages.zoning_propose_outline import as_image, outline_svg
from ui.pages.zoning_propose_unmet import show_unmet
from ui.proposals import extremes, margins
from ui.zoning import turn_to

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from ui.jobs import Job, JobState
    from ui.pages.zoning_propose_form import District
    from ui.standing import Standing
    from ui.words import Words
    from ui.zoning import Zoning


@dataclass(frozen=True, kw_only=True)
class Shown:
    """
    A plan as the page shows it.

    Parameters
    ----------
    plan_id
        Under which it is saved; "" if it is not.
    aim, mark
        What it is best at, and 1, 2 or 3 for 方案一/二/三.
    figures
        Of its scorecard, with its floor and its busiest zone.
    """

    plan_id: str
    aim: str
    mark: int | None
    figures: Mapping[str, Any]

    def called(self, t: Words) -> str:
        """Return what it is called."""
        name = t.name("proposal", self.aim)
        return t(f"redraw.mark_{self.mark}", name=name) if self.mark else name


def show_proposals(zoning: Zoning, district: District, *, job: Job | None, state: JobState | None) -> None:
    """Show what the last redraw came to; after the server was started anew, the proposals that are saved."""
    t = zoning.place.t
    if state is not None and state.outcome is not None and job is not None:
        shown = _of_outcome(state)
        standing = state.outcome.standing
        _headline(zoning, state, len(shown))
        show_unmet(zoning, district, state.outcome.found)
    else:
        shown = _of_saved(zoning)
        if not shown:
            _nothing_yet(t)
            return
        standing = zoning.standing(shown[0].plan_id)
        look.title(t("propose.saved_title"), t("propose.count_plans", count=t.number(len(shown))))
    today = _today(zoning, standing, float(shown[0].figures["tolerance"])) if shown else {}
    marked = sorted((plan for plan in shown if plan.mark), key=lambda plan: plan.mark or 0)
    with st.container(key="propose-cards"):
        for column, plan in zip(st.columns(3), marked, strict=False):
            with column:
                _card(zoning, standing, plan, today)
    if len(shown) > 1:
        show_front(zoning, standing, shown, today)
    if state is not None and state.outcome is not None:
        for line in page_notes((*standing.notes, *state.outcome.found.notes), t, standing.names):
            st.caption(look.plain(line))


def _of_outcome(state: JobState) -> list[Shown]:
    outcome = state.outcome
    assert outcome is not None  # noqa: S101 - asked by the caller
    plans = outcome.found.proposals
    kept = outcome.kept or ("",) * len(plans)
    return [
        Shown(
            plan_id=plan_id,
            aim=plan.name,
            mark=plan.mark,
            figures={**plan.scorecard.summary(), **margins(plan), **extremes(plan.scorecard)},
        )
        for plan, plan_id in zip(plans, kept, strict=True)
    ]


def _of_saved(zoning: Zoning) -> list[Shown]:
    """Return the proposals made from today's plan that are still drafts, the newest of each aim."""
    plans = zoning.plans
    mine = plans[
        (plans["kind"] == REDRAW)
        & (plans["status"] == DRAFT)
        & (plans["parent"].fillna("") == (zoning.today_id or ""))
    ]
    found: dict[str, Shown] = {}
    for plan_id, params, card in zip(mine.index, mine["params"], mine["scorecard"], strict=True):
        asked, figures = json.loads(params), json.loads(card)
        if "aim" not in asked or "workload_moved" not in figures:
            continue
        found[str(asked["aim"])] = Shown(
            plan_id=str(plan_id), aim=str(asked["aim"]), mark=asked.get("mark"), figures=figures
        )
    return sorted(found.values(), key=lambda plan: plan.figures["workload_moved"] or 0.0)


def _nothing_yet(t: Words) -> None:
    lines = "".join(f"<li>{html.escape(t(f'propose.empty_{n}'))}</li>" for n in (1, 2, 3))
    title, note = html.escape(t("propose.empty")), html.escape(t("propose.empty_note"))
    st.html(f'<div class="gb-empty"><b>{title}</b><ol>{lines}</ol><p>{note}</p></div>')


def _headline(zoning: Zoning, state: JobState, count: int) -> None:
    t, outcome = zoning.place.t, state.outcome
    assert outcome is not None  # noqa: S101 - asked by the caller
    tolerance = t.percent(outcome.found.params.tolerance, 0)
    said = t("propose.found", count=t.number(count), tolerance=tolerance)
    if state.cancelled:
        said = t("propose.found_cancelled", found=said)
    effort = outcome.found.effort
    note = t(
        "propose.effort", seconds=t.number(state.seconds), moves=t.number(effort.moves), seed=str(effort.seed)
    )
    look.title(said, note)


def _today(zoning: Zoning, standing: Standing, tolerance: float) -> dict[str, Any]:
    """Return the figures of today's plan, to stand beside those of the proposals."""
    if standing.today is None:
        return {}
    profile = json.dumps(standing.workload.profile.to_dict(), sort_keys=True)
    key = f"propose today {zoning.place.path} {standing.stamp} {standing.today_id} {tolerance} {profile}"
    if key not in st.session_state:
        card = standing.scorer(ScoreParams(tolerance=tolerance)).score(standing.today)
        st.session_state[key] = {**card.summary(), **extremes(card)}
    found: dict[str, Any] = st.session_state[key]
    return found


def _card(
    zoning: Zoning, standing: Standing, plan: Shown, today: Mapping[str, Any], *, where: str = ""
) -> None:
    """Show a plan: its outline, what a planner asks first, and what can be done with it."""
    t = zoning.place.t
    key = f"propose-card{where}-{plan.mark or plan.aim}"
    with st.container(border=True, key=key):
        badge = html.escape(t(f"propose.mark_{plan.mark}")) if plan.mark else ""
        name = html.escape(t.name("proposal", plan.aim))
        st.html(
            f'<div class="gb-card"><h3>{f"<em>{badge}</em>" if badge else ""}{name}</h3>'
            f"{_picture(zoning, standing, plan)}<dl>{_rows(plan, standing, today, t)}</dl></div>"
        )
        if plan.plan_id:
            _buttons(zoning, plan, key)


def _buttons(zoning: Zoning, plan: Shown, key: str) -> None:
    t = zoning.place.t
    with st.container(horizontal=True):
        if st.button(t("propose.pick"), type="primary", key=key.replace("card", "pick")):
            pick(zoning, plan)
        if st.button(t("propose.compare"), key=key.replace("card", "compare")):
            turn_to(zoning, plan_id=plan.plan_id, view="compare")


def pick(zoning: Zoning, plan: Shown) -> None:
    """Put a copy of a proposal on the table, to be painted on; asked twice, the first copy."""
    plans = zoning.plans
    copies = plans[
        (plans["parent"] == plan.plan_id) & (plans["kind"] == PAINTED) & (plans["status"] == DRAFT)
    ]
    if len(copies):
        turn_to(zoning, plan_id=str(copies.index[-1]), view="paint")
    name = f"{plan.called(zoning.place.t)} {dt.date.today().isoformat()}"
    turn_to(zoning, plan_id=duplicate_plan(zoning.workspace, plan.plan_id, name=name), view="paint")


def _rows(plan: Shown, standing: Standing, today: Mapping[str, Any], t: Words) -> str:
    return "".join(
        f"<div><dt>{html.escape(what)}</dt><dd>{html.escape(value)}{_quiet(note)}</dd></div>"
        for what, value, note in figure_rows(plan, standing, today, t)
    )


def _quiet(note: str) -> str:
    return f"<small>{html.escape(note)}</small>" if note else ""


def figure_rows(
    plan: Shown, standing: Standing, today: Mapping[str, Any], t: Words
) -> list[tuple[str, str, str]]:
    """Return what a planner asks first of a plan: (what, value, what it is today)."""
    figures, rows = plan.figures, []

    def was(name: str, digits: int = 0) -> str:
        return t("propose.today", value=t.number(today[name], digits)) if today.get(name) is not None else ""

    def measure(label: str, name: str, digits: int = 0) -> tuple[str, str, str]:
        return t(label), t.number(figures[name], digits), was(name, digits)

    # Without villages nothing is known of their splits.
    has_villages = figures["villages_split"] is not None
    if figures.get("workload_moved") is not None:
        rows += [_moved_row(figures, t, has_villages=has_villages), _workload_row(figures, t)]
    busiest = figures.get("busiest")
    if busiest is not None:
        deviation = t.percent(figures["busiest_deviation"], 0, signed=True)
        rows.append((t("propose.busiest"), f"{standing.names('zones', busiest)} {deviation}", ""))
    outside = f"{t.number(figures.get('outside'))} / {t.number(figures['zones'])}"
    rows.append((t("propose.outside"), outside, was("outside")))
    if has_villages:
        rows.append(measure("propose.villages_split", "villages_split"))
    return [*rows, measure("propose.cv", "cv", 3), measure("propose.shape", "polsby_popper", 3)]


def _moved_row(figures: Mapping[str, Any], t: Words, *, has_villages: bool) -> tuple[str, str, str]:
    villages, grids = t.number(figures["villages_touched"]), t.number(figures["grids_moved"])
    if not has_villages:
        return t("propose.zone_grids_moved"), grids, ""
    return t("propose.villages_moved"), villages, t("propose.grids_moved", grids=grids)


def _workload_row(figures: Mapping[str, Any], t: Words) -> tuple[str, str, str]:
    floor = t("propose.floor", floor=t.percent(figures["floor"])) if figures.get("floor") else ""
    return t("propose.workload_moved"), t.percent(figures["workload_moved"]), floor


def _picture(zoning: Zoning, standing: Standing, plan: Shown) -> str:
    if not plan.plan_id or standing.graph.shapes is None:
        return ""
    place, t = zoning.place, zoning.place.t
    today = "" if standing.today_id is None else f"{standing.today_id} {_rev(zoning, standing.today_id)}"
    source = _outline(place.path, standing.stamp, today, plan.plan_id, _rev(zoning, plan.plan_id), standing)
    alt = html.escape(t("propose.outline_alt", title=plan.called(t)))
    return f'<img src="{source}" alt="{alt}">'


def _rev(zoning: Zoning, plan_id: str) -> int:
    return zoning.rev(plan_id) if plan_id in zoning.plans.index else 0


@st.cache_data(max_entries=48, show_spinner=False)
def _outline(path: str, stamp: str, today: str, plan_id: str, rev: int, _standing: Standing) -> str:
    """Return the outline of a saved plan as the address of an image; `_standing` is that of the keys."""
    from data.workspace import Workspace

    graph = _standing.graph
    zones: pd.Series = read_assignment(Workspace.open(path), plan_id)
    svg = outline_svg(graph.shapes, zones=zones, today=_standing.today, stations=stations_of_grids(graph))
    return as_image(svg)


@st.fragment
def show_front(zoning: Zoning, standing: Standing, shown: Sequence[Shown], today: Mapping[str, Any]) -> None:
    """Show all plans as points and as a list; the one that is pointed at as a card."""
    t = zoning.place.t
    aims = {plan.aim: plan for plan in shown}
    key = f"propose front {zoning.place.path}"
    if st.session_state.get(key) not in aims:
        st.session_state[key] = next((plan.aim for plan in shown if not plan.mark), shown[0].aim)
    st.html(f'<div class="gb-step">{html.escape(t("propose.front", count=t.number(len(shown))))}</div>')
    plot, listed, detail = st.columns([1.25, 0.95, 1], gap="medium")
    with listed:
        aim = st.radio(
            t("propose.front_list"),
            list(aims),
            format_func=lambda one: aims[one].called(t),
            captions=[_caption(plan, t) for plan in shown],
            key=key,
            label_visibility="collapsed",
        )
    with plot:
        _plot(shown, t, chosen=aim, key=key)
    with detail:
        _card(zoning, standing, aims[aim], today, where="-chosen")


def _caption(plan: Shown, t: Words) -> str:
    figures = plan.figures
    return t(
        "propose.front_caption",
        moved=t.percent(figures["workload_moved"]),
        cv=t.number(figures["cv"], 3),
        shape=t.number(figures["polsby_popper"], 2),
    )


def _plot(shown: Sequence[Shown], t: Words, *, chosen: str, key: str) -> None:
    def point_at() -> None:
        picked = st.session_state[f"{key} plot"].selection.get("point") or []
        if picked and any(plan.aim == picked[0].get("aim") for plan in shown):
            st.session_state[key] = picked[0]["aim"]

    st.vega_lite_chart(
        front_spec(shown, t, chosen=chosen),
        width="stretch",
        key=f"{key} plot",
        on_select=point_at,
        selection_mode="point",
        theme=None,
    )


def front_spec(shown: Sequence[Shown], t: Words, *, chosen: str) -> dict[str, Any]:
    """Return the front as a Vega-Lite chart: change against unevenness, larger points for better shapes."""
    kinds = [t(f"propose.mark_{mark}") for mark in (1, 2, 3)] + [t("propose.others")]
    moved, cv, shape = t("propose.axis_moved"), t("propose.axis_cv"), t("propose.axis_shape")
    points = [
        {
            "aim": plan.aim,
            "kind": kinds[plan.mark - 1] if plan.mark else kinds[3],
            "title": plan.called(t),
            "moved": round(100 * (plan.figures["workload_moved"] or 0), 2),
            "cv": round(plan.figures["cv"], 4),
            "shape": round(plan.figures["polsby_popper"] or 0, 3),
            "chosen": plan.aim == chosen,
        }
        for plan in shown
    ]
    quiet = {
        "labelColor": "#48586a",
        "titleColor": "#35475a",
        "gridColor": "#e9edf2",
        "titleFontWeight": "normal",
    }
    return {
        "data": {"values": points},
        "height": 330,
        "usermeta": {"embedOptions": {"actions": False}},
        "params": [{"name": "point", "select": {"type": "point", "fields": ["aim"]}}],
        "mark": {"type": "point", "filled": True, "opacity": 0.95, "cursor": "pointer"},
        "encoding": {
            "x": {
                "field": "moved",
                "type": "quantitative",
                "title": moved,
                "scale": {"zero": False, "padding": 24},
                "axis": {**quiet, "tickCount": 5},
            },
            "y": {
                "field": "cv",
                "type": "quantitative",
                "title": cv,
                "scale": {"zero": False},
                "axis": quiet,
            },
            "size": {
                "field": "shape",
                "type": "quantitative",
                "title": shape,
                "scale": {"range": [110, 460], "zero": False},
                "legend": None,
            },
            "color": {
                "field": "kind",
                "type": "nominal",
                "title": None,
                "scale": {"domain": kinds, "range": ["#0072b2", "#009e73", "#d55e00", "#93a1b1"]},
                "legend": {"orient": "top", "labelColor": "#35475a", "symbolSize": 90, "columns": 5},
            },
            "shape": {
                "field": "kind",
                "type": "nominal",
                "scale": {"domain": kinds, "range": ["diamond", "square", "triangle-up", "circle"]},
            },
            "stroke": {"condition": {"test": "datum.chosen", "value": "#14263c"}, "value": "#ffffff"},
            "strokeWidth": {"condition": {"test": "datum.chosen", "value": 2.5}, "value": 1},
            "tooltip": [
                {"field": "title", "title": t("propose.axis_title")},
                {"field": "moved", "title": moved, "format": ".1f"},
                {"field": "cv", "title": cv, "format": ".3f"},
                {"field": "shape", "title": shape, "format": ".3f"},
            ],
        },
        "config": {"view": {"stroke": "#d9dfe7"}, "font": "inherit", "background": "transparent"},
    }
