"""View 下发 of the page 巡防: sheets, sign-in tables, tracks and links of the plan on the table."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from data.map_services import allowed_services
from geo.errors import GridBeatError
from ui import cached_patrols, look
from ui.map_services import services_text
from ui.on_page import show_page_error
from ui.pages.downloads import download, size_text
from ui.pages.patrols_backup import within_minutes
from ui.pages.patrols_plan_found import asked_text, verdict
from ui.paper.bundle import zipped
from ui.patrols import TABLE, plan_label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planning.patrol.plan import Route
    from ui.cached_patrols import KeptDay
    from ui.patrols import Patrols
    from ui.words import Words

_ASKED = "patrol handover asked"
# The parts of a package by the number that their names begin with, in every language.
_PARTS = ("01", "02", "03", "04", "05", "06", "07", "08")
_LINKS = "08"
# Folders with a file a team.
_OF_TEAMS = ("02", "04", "05")


def show(patrols: Patrols) -> None:
    """Show what there is to hand over, and the files once they were asked for."""
    t = patrols.place.t
    try:
        with st.spinner(t("patrols.reading")):
            kept = patrols.kept_day()
        left, right = st.columns([1, 1.9], gap="medium")
        with left, st.container(key="handover-form"):
            files = _made(patrols, kept)
            if files is not None:
                _whole(patrols, files)
        with right:
            if files is None:
                _contents(patrols)
            else:
                _by_team(patrols, kept, files)
    except GridBeatError as error:
        show_page_error(error, t)


def _made(patrols: Patrols, kept: KeptDay) -> Mapping[str, bytes] | None:
    """Return the files, made when the button is pressed, and as long as the plan stays as it was."""
    t, plan_id = patrols.place.t, str(patrols.plan_id)
    summary = patrols.summary(plan_id)
    name = escape(plan_label(patrols, plan_id))
    st.html(f'<div class="gb-pack-head"><b>{name}</b></div>')
    st.caption(look.plain(asked_text(patrols, kept.day.order)))
    if not kept.plan.feasible:
        st.warning(look.plain(t("patrols.handover_not_feasible", why=verdict(summary, t))))
        if st.button(t("patrols.to_routes"), width="stretch", key="patrol handover to routes"):
            TABLE.turn_to(patrols.place, view="routes")
    within, services = within_minutes(), allowed_services(patrols.workspace)
    st.caption(look.plain(t("patrols.handover_links", services=services_text(services, t))))
    wanted = (kept.key, within, services, patrols.place.lang)
    asked = st.session_state.setdefault(_ASKED, {})
    before = asked.get(patrols.place.path)
    if before != wanted:
        # By callback: the button is gone in the run that makes the files, and cannot be pressed twice.
        st.button(
            t("patrols.handover_make"),
            type="primary",
            width="stretch",
            key="patrol handover make",
            on_click=lambda: asked.update({patrols.place.path: wanted}),
        )
        return None
    with st.spinner(t("patrols.handover_making", teams=t.number(len(kept.plan.routes)))):
        return cached_patrols.papers(
            *kept.key,
            lang=patrols.place.lang,
            within_min=within,
            credit=patrols.place.credit,
            services=services,
        )


def _contents(patrols: Patrols) -> None:
    """Show what will be in the package."""
    t = patrols.place.t
    parts = [part for part in _PARTS if part != _LINKS or allowed_services(patrols.workspace)]
    rows = "".join(
        f"<li><i>{part}</i><b>{escape(t(f'patrols.part_{part}'))}</b>"
        f"<span>{escape(t.name('patrol_about', part))}</span></li>"
        for part in parts
    )
    title, note = escape(t("patrols.handover_holds")), escape(t("patrols.handover_privacy"))
    st.html(f'<section class="gb-pack"><h2>{title}</h2><ol>{rows}</ol><p>{note}</p></section>')


def _whole(patrols: Patrols, files: Mapping[str, bytes]) -> None:
    t = patrols.place.t
    whole = zipped(files)
    label = t("patrols.handover_download", count=t.number(len(files)), size=size_text(len(whole), t))
    name = f"{t('patrols.handover_zip')} {patrols.plan_id}.zip"
    download(label, name, whole, key="patrol handover zip", primary=True)
    st.html(f'<div class="gb-group">{escape(t("handover_view.single"))}</div>')
    with st.container(key="handover-files"):
        for name in sorted(name for name in files if "/" not in name):
            _single(name, files[name], t.name("patrol_about", name[:2]), t)


def _single(name: str, content: bytes, about: str, t: Words) -> None:
    label = look.plain(f"{name.rpartition('/')[2]} · {size_text(len(content), t)}")
    download(label, name.rpartition("/")[2], content, key=f"patrol handover {name}", about=about)


def _by_team(patrols: Patrols, kept: KeptDay, files: Mapping[str, bytes]) -> None:
    """Show one team's files, for a phone or a late joiner."""
    t, teams = patrols.place.t, kept.day.problem.teams
    st.html(f'<div class="gb-group">{escape(t("patrols.handover_by_team"))}</div>')
    own = [name for name in files if "/" in name and name[:2] in _OF_TEAMS]
    stems = list(dict.fromkeys(_stem(name) for name in own if name.startswith("02")))
    routes = dict(zip(stems, kept.plan.routes, strict=False))
    if not routes:
        st.info(t("patrols.handover_nobody"))
        return
    chosen = st.selectbox(
        t("patrols.handover_team"),
        list(routes),
        format_func=lambda stem: str(teams.at[routes[stem].team_id, "name"] or stem),
        key=f"patrol handover team {patrols.plan_id}",
        label_visibility="collapsed",
    )
    with st.container(key="handover-team"):
        for name in own:
            if _stem(name) == chosen:
                _single(name, files[name], t(f"patrols.part_{name[:2]}"), t)
    st.dataframe(_stops(kept, routes[chosen], t), width="stretch", hide_index=True)


def _stops(kept: KeptDay, route: Route, t: Words) -> pd.DataFrame:
    """Return a route's stops with their times, as people read them."""
    stops = kept.day.problem.stops
    rows = [
        (
            number,
            str(stops.at[visit.stop_id, "name"] or visit.stop_id),
            t.name("stop_kind", stops.at[visit.stop_id, "kind"]),
            *(t.clock(ms) for ms in (visit.arrive_ms, visit.begin_ms, visit.leave_ms)),
        )
        for number, visit in enumerate(route.visits, start=1)
    ]
    heads = ("number", "stop", "kind", "arrive", "begin", "leave")
    return pd.DataFrame(rows, columns=[t.name("patrol_column", name) for name in heads])


def _stem(name: str) -> str:
    return name.rpartition("/")[2].rpartition(".")[0]
