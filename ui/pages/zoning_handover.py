"""View 报批包: what is handed over with the plan on the table, made at one click."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from ui import cached, look
from ui.pages.downloads import download, size_text
from ui.pages.zoning_paint import begin_from_today
from ui.paper.package import PAPERS
from ui.zoning import turn_to

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ui.cached import HandedOver
    from ui.words import Words
    from ui.zoning import Zoning

# The parts of a package by the number that their names begin with, in every language.
_PARTS = ("01", "02", "03", "04", "05", "06")
_FACTS = ("grids", "villages", "zones", "residents")
# Kept for other views, where the widget is not: what was asked for, by plan, and on which papers.
_ASKED, _PAPERS = "handover asked", "handover papers kept"


def show(zoning: Zoning) -> None:
    """Show what there is to hand over, and the files once they were asked for."""
    t = zoning.place.t
    if zoning.plan_id is None:
        st.info(t("zoning.nothing_to_hand_over"))
        begin_from_today(zoning)
        return
    left, right = st.columns([1, 1.9], gap="medium")
    with left, st.container(key="handover-form"):
        papers = _papers(zoning)
        made = _made(zoning, papers)
        if made is not None:
            _package(zoning, made)
    with right:
        if made is None:
            _contents(t)
        else:
            _maps(zoning, made)


def _papers(zoning: Zoning) -> tuple[str, ...]:
    t, plan = zoning.place.t, zoning.plans.loc[str(zoning.plan_id)]
    state = t.name("state", plan["status"])
    st.html(f'<div class="gb-pack-head"><b>{escape(str(plan["name"]))}</b><em>{escape(state)}</em></div>')
    if zoning.editable:
        st.caption(t("handover_view.still_draft"))
    chosen = st.pills(
        t("handover_view.papers"),
        PAPERS,
        selection_mode="multi",
        default=st.session_state.get(_PAPERS, PAPERS),
        key="handover_papers",
    )
    papers = tuple(paper for paper in PAPERS if paper in chosen) or PAPERS[:1]
    st.session_state[_PAPERS] = papers
    return papers


def _made(zoning: Zoning, papers: tuple[str, ...]) -> HandedOver | None:
    """Return the files, made when the button is pressed, and as long as the plan stays as it was."""
    t, plan_id = zoning.place.t, str(zoning.plan_id)
    rev = zoning.rev(plan_id)
    ground = zoning.ground()
    wanted = (*ground, plan_id, rev, papers)
    before = _asked().get((ground[0], plan_id))
    if before != wanted:
        if before is not None:
            st.caption(t("handover_view.plan_changed"))
        # By callback: the button is gone in the run that makes the files, and cannot be pressed twice.
        st.button(
            t("handover_view.make" if before is None else "handover_view.make_anew"),
            type="primary",
            width="stretch",
            key="handover_make",
            on_click=lambda: _asked().update({(ground[0], plan_id): wanted}),
        )
        return None
    with st.spinner(t("handover_view.making")):
        return cached.handed_over(*ground, plan_id, rev, zoning.place.lang, papers)


def _asked() -> dict[tuple[str, str], tuple[object, ...]]:
    asked: dict[tuple[str, str], tuple[object, ...]] = st.session_state.setdefault(_ASKED, {})
    return asked


def _contents(t: Words) -> None:
    """Show what will be in the package."""
    rows = "".join(
        f"<li><i>{part}</i><b>{escape(t(f'handover_part.{part}'))}</b>"
        f"<span>{escape(t(f'handover_about.{part}'))}</span></li>"
        for part in _PARTS
    )
    notes = "".join(f"<p>{escape(t(f'handover_view.{key}'))}</p>" for key in ("privacy", "back"))
    title = escape(t("handover_view.holds"))
    st.html(f'<section class="gb-pack"><h2>{title}</h2><ol>{rows}</ol>{notes}</section>')


def _package(zoning: Zoning, made: HandedOver) -> None:
    t, facts = zoning.place.t, made.facts
    if facts["violations"]:
        st.warning(look.plain(t("handover.broken", count=t.number(facts["violations"]))))
        mend = zoning.editable and st.button(
            t("handover_view.to_paint"), width="stretch", key="handover_to_paint"
        )
        if mend:
            turn_to(zoning, view="paint")
    cells = "".join(
        f"<div><dd>{t.number(facts[name])}</dd><dt>{escape(t(f'handover_view.{name}'))}</dt></div>"
        for name in _FACTS
        # Nothing is moved, or nothing is known: of districts without villages or counts.
        if facts[name] or name in ("grids", "zones")
    )
    st.html(f'<dl class="gb-pack-facts">{cells}</dl>')
    size = size_text(len(made.zip), t)
    label = t("handover_view.download_all", count=t.number(len(made.files)), size=size)
    whole = f"{t('handover_view.zip')} {zoning.plan_id}.zip"
    download(label, whole, made.zip, key=f"handover {whole}", primary=True)
    st.html(f'<div class="gb-group">{escape(t("handover_view.single"))}</div>')
    with st.container(key="handover-files"):
        single = [name for name in made.files if "/" not in name and name[:2] in _PARTS]
        for name in sorted(single, key=lambda name: name[:2]):
            about = t(f"handover_about.{name[:2]}")
            content = made.files[name]
            label = look.plain(f"{name} · {size_text(len(content), t)}")
            download(label, name, content, key=f"handover {name}", about=about)
    st.caption(t("handover_view.folders"))
    st.caption(t("handover_view.back"))


def _maps(zoning: Zoning, made: HandedOver) -> None:
    """Show the maps of a place before and after, side by side."""
    t, places = zoning.place.t, _by_place(made.files)
    if not places:
        st.info(t("handover_view.no_maps"))
        return
    shown = st.selectbox(
        t("handover_view.map_of"),
        list(places),
        format_func=lambda number: _place_of(places[number][0]),
        key=f"handover map {zoning.plan_id}",
        label_visibility="collapsed",
    )
    for column, name in zip(st.columns(max(len(places[shown]), 2), gap="small"), places[shown], strict=False):
        column.image(made.files[name].decode())


def _by_place(files: Mapping[str, bytes]) -> dict[str, list[str]]:
    """Return the names of the maps by the number of their place: the first is the district."""
    places: dict[str, list[str]] = {}
    for name in _drawings(files):
        places.setdefault(name.rpartition("/")[2].partition("-")[0], []).append(name)
    return places


def _drawings(files: Iterable[str]) -> list[str]:
    return sorted(name for name in files if name.endswith(".svg"))


def _place_of(name: str) -> str:
    """Return the title of a map without which side it shows."""
    title = name.rpartition("/")[2].partition("_")[2].removesuffix(".svg")
    return title.replace("（", "(").rpartition("(")[0].strip() or title
