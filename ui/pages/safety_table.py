"""View 对照表 of the page 平安: the fixed table (本期、环比、同比、累计), with what is within chance."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from data.synonyms import VALUE_SYNONYMS
from geo.errors import GridBeatError
from planning.periods import parse_period
from ui import cached, cached_safety, look
from ui.change_tables import (
    BY,
    EDITIONS,
    INTERNAL,
    TableAsked,
    table_grid,
    table_notes,
    table_sheet,
    table_title,
)
from ui.on_page import show_page_error
from ui.paper.workbooks import write_workbook

if TYPE_CHECKING:
    from ui.change_tables import TableAnswer
    from ui.safety import Safety
    from ui.words import Words

_BY_KEY, _EDITION_KEY, _FESTIVAL_KEY, _PER_DAY_KEY, _CATEGORY_KEY = (
    "safety table by",
    "safety table edition",
    "safety table festival",
    "safety table per day",
    "safety table category",
)
_EVERY = ""


def show(safety: Safety) -> None:
    """Show the view."""
    t, place = safety.place.t, safety.place
    asked = _asked(safety)
    try:
        with st.spinner(t("table.counting")):
            answer = cached_safety.change_table(
                place.path, place.stamp, asked, place.lang, cached.plan_key(safety.workspace)
            )
    except GridBeatError as error:
        show_page_error(error, t)
        return
    st.html(table_html(answer, t))
    st.caption(look.plain("\n".join(table_notes(answer, t))).replace("\n", "  \n"))
    st.download_button(
        t("safety_table.save"),
        lambda: _workbook(answer, t),
        file_name=f"{table_title(answer, t)}.xlsx",
        on_click="ignore",
        key="safety table save",
    )


def _asked(safety: Safety) -> TableAsked:
    t = safety.place.t
    with st.container(horizontal=True, vertical_alignment="center", key="safety-table-asked"):
        by = st.segmented_control(
            t("safety_table.by"),
            BY,
            default=None if _BY_KEY in st.session_state else "town",
            required=True,
            format_func=lambda one: t(f"table.by_{one}"),
            key=_BY_KEY,
            label_visibility="collapsed",
        )
        category = st.selectbox(
            t("column.category"),
            [_EVERY, *sorted(set(VALUE_SYNONYMS["incidents"]["category"].values()))],
            format_func=lambda one: t.name("category", one) if one else t("table.every"),
            key=_CATEGORY_KEY,
            label_visibility="collapsed",
            width=150,
        )
        edition = st.segmented_control(
            t("safety_table.edition"),
            EDITIONS,
            default=None if _EDITION_KEY in st.session_state else INTERNAL,
            required=True,
            format_func=lambda one: t(f"safety_table.edition_{one}"),
            key=_EDITION_KEY,
            label_visibility="collapsed",
        )
        festival = st.toggle(t("safety_table.festival"), key=_FESTIVAL_KEY)
        per_day = st.toggle(t("safety_table.per_day"), key=_PER_DAY_KEY)
    return TableAsked(
        period=parse_period(safety.shown_period),
        by=str(by or "town"),
        category=category or None,
        spring_festival=festival,
        per_day=per_day,
        edition=str(edition or INTERNAL),
    )


def table_html(answer: TableAnswer, t: Words) -> str:
    """Return the table as markup: merged headings, a row a place, the sums last."""
    heads, rows = table_grid(answer, t)
    groups = "".join(f'<th colspan="{len(names)}">{escape(group)}</th>' for group, names in heads)
    first = escape(t(f"table.by_{answer.asked.by}"))
    below = "".join(f"<th>{escape(name)}</th>" for _, names in heads for name in names)
    lines = "".join(
        f'<tr{" class=gb-sum" if is_sum else ""}><th scope="row">{escape(name)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        + "</tr>"
        for is_sum, name, cells in rows
    )
    return (
        f'<div class="gb-fixed"><table><caption>{escape(table_title(answer, t))}</caption>'
        f'<thead><tr><th rowspan="2">{first}</th>{groups}</tr><tr>{below}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
    )


def _workbook(answer: TableAnswer, t: Words) -> bytes:
    mark = t(f"table.mark_{answer.asked.edition}")
    stamp = datetime.now(UTC).replace(microsecond=0)
    return write_workbook({t("table.sheet"): [table_sheet(answer, t)]}, mark=mark, stamp=stamp)
