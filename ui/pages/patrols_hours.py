"""View 时段 of the page 巡防: when and where calls come, and the stops that are proposed for it."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from data.editing import Changes, edit_rows
from data.schemas import FORCES, GEOMETRY, STOP_ID, TABLES
from geo.errors import GridBeatError
from planning.heat import DISTRICT, STATION, VILLAGE, ZONE
from planning.patrol.duty import ROUTINE
from ui import cached, cached_patrols, look
from ui.desk import FAULTS, named, session_desk
from ui.names import PlaceNames
from ui.on_page import show_page_error
from ui.patrols import TABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from planning.heat import Heat
    from planning.hot_spots import HotSpots
    from ui.patrols import Patrols
    from ui.words import Words

_BY = (STATION, ZONE, VILLAGE, DISTRICT)
_BY_KEY, _PLACE, _FORCE, _COUNT = (
    "patrol heat by",
    "patrol heat place",
    "patrol hot force",
    "patrol hot count",
)
_EVERYWHERE, _ADDED = "", "patrol hot added"
_PLACES_LISTED = 200
# From few to many, dark enough at the end for white figures; read in grey as well.
_SHADES = ("#fdf6e9", "#fbe3bf", "#f7c98e", "#eea760", "#dc7f3f", "#bf5a2b", "#94381f")
_DARK_FROM = 5


def show(patrols: Patrols) -> None:
    """Show when and where calls come."""
    t, place = patrols.place.t, patrols.place
    if not cached.counts(place.path, place.stamp).get("incidents"):
        st.info(look.plain(t("patrols.heat_needs_calls")))
        return
    try:
        by = _choose_by(t)
        with st.spinner(t("patrols.heat_counting")):
            heat = _heat(patrols, by)
    except GridBeatError as error:
        show_page_error(error, t)
        return
    called = _names(patrols, by)
    left, right = st.columns([2.6, 1], gap="medium")
    with right:
        chosen = _places(heat, called, t)
    with left:
        _table(heat, chosen, called, t)
        _proposed(patrols)


def _choose_by(t: Words) -> str:
    return str(
        st.segmented_control(
            t("patrols.heat_by"),
            _BY,
            default=None if _BY_KEY in st.session_state else STATION,
            required=True,
            format_func=lambda by: t(f"patrols.heat_by_{by}"),
            key=_BY_KEY,
            label_visibility="collapsed",
        )
        or STATION
    )


def _heat(patrols: Patrols, by: str) -> Heat:
    place, workspace = patrols.place, patrols.workspace
    key = cached.plan_key(workspace) if by == ZONE else ""
    return cached_patrols.heat(place.path, place.stamp, json.dumps({"by": by}), key)


def _names(patrols: Patrols, by: str) -> Callable[[str], str]:
    table = {STATION: "stations", ZONE: "zones", VILLAGE: "villages"}.get(by)
    return lambda one: (
        patrols.place.t("patrols.heat_by_district") if table is None else patrols.names(table, one)
    )


def _places(heat: Heat, called: Callable[[str], str], t: Words) -> str | None:
    """List the places, those with most calls first, and return the one that is chosen; None for all."""
    rows = heat.cells.groupby("place").agg(calls=("calls", "sum")).reindex(heat.places)
    hottest = heat.cells.sort_values("per_week", ascending=False).drop_duplicates("place").set_index("place")
    listed = pd.DataFrame(
        {
            t("patrols.heat_place"): [called(place) for place in rows.index],
            t("patrols.heat_a_week"): (rows["calls"] / max(heat.weeks, 1e-9)).round(1).to_numpy(),
            t("patrols.heat_hottest"): [
                t(
                    "patrols.heat_when",
                    weekday=t(f"patrols.weekday_{hottest.at[place, 'weekday']}"),
                    hour=f"{int(hottest.at[place, 'hour']):02}:00",
                )
                for place in rows.index
            ],
        }
    ).head(_PLACES_LISTED)
    st.html(f'<div class="gb-group">{html.escape(t("patrols.heat_places", count=t.number(len(rows))))}</div>')
    event: Any = st.dataframe(
        listed,
        key=f"{_PLACE} {heat.by} {t.lang}",
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        width="stretch",
        height=420,
    )
    picked = event.selection.rows
    return heat.places[picked[0]] if picked and picked[0] < len(heat.places) else None


def _table(heat: Heat, place: str | None, called: Callable[[str], str], t: Words) -> None:
    """Show weekdays by hours of a place, or of all."""
    name = t("patrols.heat_all") if place is None else called(place)
    look.title(name, t("patrols.heat_period", first=heat.first_day, last=heat.last_day))
    st.html(heat_html(heat, place, t))
    notes = [t.reason(note) for note in heat.notes]
    st.caption(look.plain(" ".join([t("patrols.heat_note", least=t.number(heat.least_calls)), *notes])))


def heat_html(heat: Heat, place: str | None, t: Words) -> str:
    """Return calls a week by weekday and hour as a table of shades, thin cells hatched."""
    rates, thin = heat.table(place), heat.table(place, value="thin")
    most = float(rates.to_numpy().max()) or 1.0
    hours = "".join(f"<th>{hour}</th>" for hour in rates.index)
    rows = ""
    for weekday in rates.columns:
        cells = zip(rates[weekday].tolist(), thin[weekday].tolist(), strict=True)
        shown = "".join(_cell(rate, is_thin, most, t) for rate, is_thin in cells)
        name = html.escape(t(f"patrols.weekday_{weekday}"))
        rows += f"<tr><th>{name}</th>{shown}{_sum(rates[weekday], t)}</tr>"
    sums = "".join(_sum(rates.loc[hour], t) for hour in rates.index)
    total = _sum(rates.stack(), t)
    week, whole = html.escape(t("patrols.heat_week")), html.escape(t("patrols.heat_sum"))
    return (
        f'<div class="gb-heat"><table><thead><tr><th></th>{hours}<th>{whole}</th></tr></thead>'
        f"<tbody>{rows}<tr><th>{week}</th>{sums}{total}</tr></tbody></table></div>"
    )


def _sum(rates: pd.Series, t: Words) -> str:
    return f'<td class="gb-sum">{t.number(float(rates.sum()), 1)}</td>'


def _cell(rate: float, thin: bool, most: float, t: Words) -> str:
    shade = min(int(rate / most * len(_SHADES)), len(_SHADES) - 1)
    ink = "#fff" if shade >= _DARK_FROM else "#1c2733"
    text = t.number(rate, 1 if rate < 9.95 else 0) if rate else ""
    mark = ' class="gb-thin"' if thin else ""
    return f'<td{mark} style="background-color:{_SHADES[shade]};color:{ink}">{text}</td>'


# Proposed stops


def _proposed(patrols: Patrols) -> None:
    t, place = patrols.place.t, patrols.place
    st.html(f'<div class="gb-group">{html.escape(t("patrols.hot_title"))}</div>')
    with st.container(horizontal=True, vertical_alignment="center", key="patrol-hot-asked"):
        force = st.segmented_control(
            t("patrols.force"),
            FORCES,
            default=None if _FORCE in st.session_state else FORCES[1],
            required=True,
            format_func=lambda one: t.name("force", one),
            key=_FORCE,
            label_visibility="collapsed",
        )
        count = st.select_slider(
            t("patrols.hot_count"),
            (10, 20, 30, 50),
            value=20,
            format_func=lambda most: t("patrols.hot_at_most", count=most),
            key=_COUNT,
            label_visibility="collapsed",
            width=220,
        )
    try:
        found = cached_patrols.hot_spots(
            place.path, place.stamp, json.dumps({"by": VILLAGE}), int(count), str(force or FORCES[1]), ROUTINE
        )
    except GridBeatError as error:
        show_page_error(error, t)
        return
    if found.why.empty:
        st.caption(t("patrols.hot_none"))
        return
    _choose_stops(patrols, found)


def _choose_stops(patrols: Patrols, found: HotSpots) -> None:
    """Show the proposed stops, all ticked, and a button that takes those that stay ticked into the stops."""
    t, place = patrols.place.t, patrols.place
    villages = PlaceNames.of({"villages": cached.table(place.path, place.stamp, "villages")})
    listed = pd.DataFrame(
        {
            "take": True,
            "place": villages.all("villages", found.why["place"]),
            "hours": found.why["hours"],
            "per_week": found.why["per_week"].round(1),
            "visits": found.why["visits"].round(1),
        }
    )
    config = {name: t(f"patrols.hot_{name}") for name in listed if name != "take"}
    take = st.column_config.CheckboxColumn(t("patrols.hot_take"), width="small")
    edited = st.data_editor(
        listed,
        key=f"patrol hot {place.stamp} {len(listed)} {t.lang}",
        column_config={"take": take, **config},
        disabled=[name for name in listed if name != "take"],
        hide_index=True,
        width="stretch",
        height=260,
    )
    taken = found.stops[edited["take"].to_numpy(dtype=bool)]
    with st.container(horizontal=True, vertical_alignment="center", key="patrol-hot-go"):
        label = t("patrols.hot_add", count=t.number(len(taken)))
        if st.button(label, type="primary", disabled=taken.empty, key="patrol hot add"):
            _add(patrols, taken)
        stamp, added = st.session_state.get(_ADDED, ("", 0))
        if stamp == place.stamp:
            st.caption(t("patrols.hot_added", count=t.number(added)))
            if st.button(t("patrols.to_rosters"), type="tertiary", key="patrol hot to rosters"):
                TABLE.turn_to(place, view="rosters")


def _add(patrols: Patrols, stops: pd.DataFrame) -> None:
    """Take proposed stops into the table of stops."""
    columns = [name for name in (*TABLES["stops"].columns, GEOMETRY) if name != STOP_ID and name in stops]
    rows = [
        {name: value for name, value in row.items() if value is not None and value == value}  # noqa: PLR0124
        for row in stops[columns].to_dict("records")
    ]
    desk, place = session_desk(), patrols.place
    try:
        done = edit_rows(
            patrols.workspace, "stops", Changes(added=tuple(rows)), stamp=place.stamp, who=desk.who
        )
    except FAULTS as fault:
        look.show_error(named(fault, desk.path), place.t)
        return
    st.session_state[_ADDED] = (done.stamp, len(rows))
    st.rerun()
