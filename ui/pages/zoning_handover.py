"""View 报批包: what is handed over with the plan on the table, made at one click."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from data.plans import PAINTED
from ui import cached, look
from ui.pages.zoning_paint import begin_from_today
from ui.paper.package import PAPERS
from ui.zoning import turn_to

if TYPE_CHECKING:
    from ui.cached import HandedOver
    from ui.zoning import Zoning

_MIME = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "svg": "image/svg+xml",
    "txt": "text/plain",
    "zip": "application/zip",
}
_MAPS_SHOWN = 2


def show(zoning: Zoning) -> None:
    """Show what there is to hand over, and the files once they were asked for."""
    t = zoning.place.t
    if zoning.plan_id is None:
        st.info(t("zoning.nothing_to_hand_over"))
        begin_from_today(zoning)
        return
    left, right = st.columns([1, 2.2], gap="medium")
    with left:
        papers = _papers(zoning)
        made = _made(zoning, papers)
        if made is not None:
            _files(zoning, made)
    with right:
        if made is not None:
            _maps(made)
        else:
            st.html(f'<div class="gb-board"><p>{t("handover_view.what")}</p></div>')


def _papers(zoning: Zoning) -> tuple[str, ...]:
    t, plan = zoning.place.t, zoning.plans.loc[str(zoning.plan_id)]
    state = t.name("state", plan["status"])
    st.html(f'<div class="gb-step">{escape(str(plan["name"]))} · {plan["plan_id"]} · {escape(state)}</div>')
    if plan["kind"] == PAINTED and plan["status"] == "draft":
        st.caption(t("handover_view.still_draft"))
    chosen = st.pills(
        t("handover_view.papers"),
        PAPERS,
        selection_mode="multi",
        default=[PAPERS[0]],
        key="handover_papers",
    )
    return tuple(paper for paper in PAPERS if paper in chosen) or (PAPERS[0],)


def _made(zoning: Zoning, papers: tuple[str, ...]) -> HandedOver | None:
    """Return the files, made when the button is pressed, and as long as the plan stays as it was."""
    t, place = zoning.place.t, zoning.place
    wanted = (place.path, place.stamp, zoning.plan_id, int(zoning.plans.at[zoning.plan_id, "rev"]), papers)
    asked = st.session_state.get("handover_asked") == wanted
    if not asked:
        if st.session_state.get("handover_asked"):
            st.caption(t("handover_view.plan_changed"))
        asked = st.button(t("handover_view.make"), type="primary", width="stretch", key="handover_make")
        if not asked:
            return None
        st.session_state["handover_asked"] = wanted
    with st.spinner(t("handover_view.making")):
        return cached.handed_over(*zoning.ground(), str(zoning.plan_id), wanted[3], place.lang, papers)


def _files(zoning: Zoning, made: HandedOver) -> None:
    t, facts = zoning.place.t, made.facts
    if facts["violations"]:
        st.warning(look.plain(t("handover.broken", count=t.number(facts["violations"]))))
        if st.button(t("handover_view.to_paint"), width="stretch", key="handover_to_paint"):
            turn_to(zoning, view="paint")
    st.html(
        '<div class="gb-board"><dl>'
        + "".join(
            f"<div><dt>{t(f'handover_view.{name}')}</dt><dd>{t.number(facts[name])}</dd></div>"
            for name in ("grids", "villages", "zones", "residents")
        )
        + "</dl></div>"
    )
    whole = f"{t('handover_view.zip')} {zoning.plan_id}.zip"
    _download(t("handover_view.download_all", count=t.number(len(made.files))), whole, made.zip, primary=True)
    with st.expander(t("handover_view.single"), expanded=True):
        for name in [name for name in made.files if "/" not in name]:
            _download(name, name, made.files[name])
        st.caption(t("handover_view.folders"))


def _download(label: str, name: str, content: bytes, *, primary: bool = False) -> None:
    st.download_button(
        label,
        content,
        file_name=name,
        mime=_MIME.get(name.rpartition(".")[2], "application/octet-stream"),
        on_click="ignore",
        width="stretch",
        type="primary" if primary else "secondary",
        key=f"handover {name}",
    )


def _maps(made: HandedOver) -> None:
    drawn = [content for name, content in made.files.items() if name.endswith(".svg")][:_MAPS_SHOWN]
    for column, content in zip(st.columns(max(len(drawn), 1)), drawn, strict=False):
        with column:
            st.image(content.decode())
