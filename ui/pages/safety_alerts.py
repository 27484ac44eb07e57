"""View 预警 of the page 平安: villages that changed by more than chance, and how often that is wrong."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from geo.errors import GridBeatError
from ui import cached, cached_safety, look
from ui.alert_words import alert_facts, alert_figures, alert_sentences
from ui.on_page import show_page_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ui.alert_words import AlertAnswer
    from ui.safety import Safety
    from ui.words import Words


def show(safety: Safety) -> None:
    """Show the view."""
    t, place = safety.place.t, safety.place
    try:
        with st.spinner(t("table.counting")):
            answer = cached_safety.alerts(
                place.path,
                place.stamp,
                safety.shown_period,
                cached.plan_key(safety.workspace),
                cached_safety.beside_key(safety.workspace),
            )
    except GridBeatError as error:
        show_page_error(error, t)
        return
    facts = alert_facts(answer, t)
    left, right = st.columns(2, gap="medium")
    for column, what in ((left, "alerts"), (right, "falls")):
        with column:
            _rows(facts, what, t)
    _rest(answer, t)


def _rows(facts: Mapping[str, Any], what: str, t: Words) -> None:
    rows = facts[what]
    head = t(f"alerts.{what}", count=t.number(len(rows)), expected=t.number(facts["expected_false"][what], 1))
    st.html(f'<div class="gb-group">{escape(head)}</div>')
    if not rows:
        return
    months = len(facts["period"]) == len("2026-10")
    cells = [[row["name"], row["series_name"], *alert_figures(row, t, months=months)] for row in rows]
    names = ("place", "series", "how", "observed", "expected", "surely")
    table = pd.DataFrame(cells).reindex(columns=range(len(names))).fillna("")
    table.columns = [t(f"safety_alerts.{name}") for name in names]
    st.dataframe(
        table, hide_index=True, width="stretch", height="auto" if len(rows) < 16 else 560, placeholder=""
    )


def _rest(answer: AlertAnswer, t: Words) -> None:
    """Say the rest in sentences: how it was judged, funnels, busy towns, satisfaction, notes."""
    st.html("".join(f'<p class="gb-line">{escape(line)}</p>' for line in alert_sentences(answer, t)))
    st.caption(look.plain(t("safety_alerts.note")))
