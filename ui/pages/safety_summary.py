"""View 汇总 of the page 平安: how the villages of each town, station and zone stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from data.plans import plan_rev, read_assignment, today_plan_id
from planning.index.profile import GREY
from planning.index.rollup import NOWHERE, STATION, TOWN, ZONE, places_of_villages, rolled_up
from ui import cached, look
from ui.index_words import grade_name
from ui.tables import write_xlsx

if TYPE_CHECKING:
    from ui.safety import Safety

_BY, _BY_KEY = (TOWN, STATION, ZONE), "safety summary by"
_ROWS_SHOWN, _HEIGHT = 18, 600
_TABLES = {TOWN: "towns", STATION: "stations", ZONE: "zones"}


def show(safety: Safety) -> None:
    """Show the view."""
    t = safety.place.t
    with st.container(horizontal=True, vertical_alignment="center"):
        by = str(
            st.segmented_control(
                t("safety.view_summary"),
                _BY,
                default=None if _BY_KEY in st.session_state else TOWN,
                required=True,
                format_func=lambda one: t.name("table", _TABLES[one]),
                key=_BY_KEY,
                label_visibility="collapsed",
            )
            or TOWN
        )
        table = _table(safety, by)
        st.download_button(
            t("safety_summary.save"),
            lambda: write_xlsx({t.name("table", _TABLES[by]): table}),
            file_name=f"{t('safety.view_summary')}-{safety.story().chapter.period.name}.xlsx",
            on_click="ignore",
        )
    st.dataframe(
        table,
        hide_index=True,
        width="stretch",
        height="auto" if len(table) <= _ROWS_SHOWN else _HEIGHT,
        column_config={
            t(f"safety_summary.{name}"): st.column_config.NumberColumn(format="%.1f")
            for name in ("score", "points")
        },
        key=f"safety summary {by} {t.lang} {safety.chapter}",
        placeholder=t.number(None),
    )
    st.caption(look.plain(t("safety_summary.note")))


def _table(safety: Safety, by: str) -> pd.DataFrame:
    """Return the places as people read them, the lowest score first."""
    t, story, names = safety.place.t, safety.story(), safety.names
    villages, profile = story.index.villages, story.profile
    rows = rolled_up(villages, _places(safety, villages, by), grades=profile.grades.codes)
    rows = rows.sort_values(["score", "points"], na_position="last", kind="stable")
    columns: dict[str, Any] = {
        t.name("table", _TABLES[by]): [
            t("safety_summary.nowhere") if place == NOWHERE else names(_TABLES[by], place)
            for place in rows.index
        ],
        t("safety_summary.villages"): rows["villages"],
    }
    for code in (*profile.grades.codes, GREY):
        columns[grade_name(code, profile, t) if code != GREY else t.name("grade", GREY)] = rows[code]
    columns |= {
        t("safety_summary.unsure"): rows["unsure"],
        t("safety_summary.score"): rows["score"].round(1),
        t("safety_summary.points"): rows["points"].round(1),
        t("safety_summary.worst"): [
            names("villages", worst) if worst else t.number(None) for worst in rows["worst"]
        ],
    }
    return pd.DataFrame({name: list(values) for name, values in columns.items()})


def _places(safety: Safety, villages: pd.DataFrame, by: str) -> pd.Series:
    if by != ZONE:
        return places_of_villages(villages, by)
    place = safety.place
    today = today_plan_id(safety.workspace)
    zones = None
    if today is not None:
        zones = _zones(place.path, today, plan_rev(safety.workspace, today))
    return places_of_villages(
        villages, ZONE, grids=cached.table(place.path, place.stamp, "grids"), zones=zones
    )


@st.cache_data(max_entries=4, show_spinner=False)
def _zones(path: str, plan: str, rev: int | None) -> pd.Series:
    """Return the zone of each grid in a plan of that revision."""
    from data.workspace import Workspace

    return read_assignment(Workspace.open(path), plan)
