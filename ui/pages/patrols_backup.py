"""View 增援 of the page 巡防: how soon help is there while a plan is patrolled, minute by minute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from geo.errors import GridBeatError
from geo.travel_times import UNREACHABLE
from ui import cached_patrols, look
from ui.on_page import show_page_error

if TYPE_CHECKING:
    import pandas as pd

    from planning.patrol.backup import Backup, Weakest
    from ui.patrols import Patrols
    from ui.words import Words

_WITHIN_MIN = (5, 8, 10, 15, 20, 30)
_USUAL_MIN = 10
_MINUTE_MS = 60_000
_WITHIN, _IDLE = "patrol backup within", "patrol backup idle"
_WORST_SHOWN = 40


def show(patrols: Patrols) -> None:
    """Show the view for the plan on the table."""
    t = patrols.place.t
    try:
        with st.spinner(t("patrols.reading")):
            kept = patrols.kept_day()
        within_ms, idle = _asked(t)
        if not kept.day.by_road:
            st.caption(look.plain(t("patrols.backup_straight")))
        with st.spinner(t("patrols.backup_counting")):
            found = cached_patrols.backup(*kept.key, idle=idle)
    except GridBeatError as error:
        show_page_error(error, t)
        return
    if found.times.empty:
        nobody = found.times.index.empty
        st.info(look.plain(t("patrols.backup_nobody" if nobody else "patrols.backup_needs_villages")))
        return
    _show(patrols, found, within_ms)


def within_minutes() -> int:
    """Return within how many minutes help is asked for."""
    return int(st.session_state.get(_WITHIN) or _USUAL_MIN)


def _asked(t: Words) -> tuple[int, bool]:
    with st.container(horizontal=True, vertical_alignment="center", key="patrol-backup-asked"):
        st.html(f'<div class="gb-field">{t("patrols.backup_within")}</div>', width="content")
        within = st.segmented_control(
            t("patrols.backup_within"),
            _WITHIN_MIN,
            default=None if _WITHIN in st.session_state else _USUAL_MIN,
            required=True,
            format_func=lambda minutes: t("patrols.minutes", minutes=str(minutes)),
            key=_WITHIN,
            label_visibility="collapsed",
        )
        idle = st.checkbox(t("patrols.backup_idle"), key=_IDLE)
    return int(within or _USUAL_MIN) * _MINUTE_MS, idle


def _show(patrols: Patrols, found: Backup, within_ms: int) -> None:
    t, curve = patrols.place.t, found.curve(within_ms)
    weakest, never = found.weakest(within_ms), found.never(within_ms)
    look.figures(_figures(curve, weakest, never, len(found.times.columns), t), label=t("patrols.view_backup"))
    st.vega_lite_chart(curve_spec(curve, weakest, t), width="stretch", theme=None, key="patrol backup chart")
    left, right = st.columns([1.9, 1], gap="medium")
    with left:
        st.html(f'<div class="gb-group">{t("patrols.backup_worst")}</div>')
        st.dataframe(_worst(patrols, found, within_ms), width="stretch", hide_index=True, height=300)
    with right:
        st.html(f'<div class="gb-group">{t("patrols.backup_never", count=t.number(len(never)))}</div>')
        if len(never):
            st.markdown(look.plain(t.listed(patrols.names.all("villages", never), at_most=60)))
        else:
            st.caption(t("patrols.backup_never_none"))


def _figures(
    curve: pd.DataFrame, weakest: Weakest | None, never: pd.Index, villages: int, t: Words
) -> list[tuple[str, str, str]]:
    found = [
        (t.percent(float(curve["share"].mean())), t("patrols.backup_mean"), t("patrols.backup_mean_note")),
        (
            t.number(len(never)),
            t("patrols.backup_unreached"),
            t("patrols.backup_of_villages", count=t.number(villages)),
        ),
    ]
    if weakest is not None:
        span = t("patrols.from_to", start=t.clock(weakest.begin_ms), end=t.clock(weakest.end_ms))
        found.insert(1, (span, t("patrols.backup_weakest"), t("patrols.backup_weakest_note")))
        found.insert(2, (t.percent(weakest.share), t("patrols.backup_weakest_share"), ""))
    return found


def curve_spec(curve: pd.DataFrame, weakest: Weakest | None, t: Words) -> dict[str, Any]:
    """Return the share of villages within reach, by the minute, as a Vega-Lite chart."""
    points = [
        {
            "at": round(int(at) / _MINUTE_MS),
            "time": t.clock(int(at)),
            "share": round(float(row["share"]), 4),
            "teams": int(row["teams"]),
            "villages": int(row["villages"]),
        }
        for at, row in curve.iterrows()
    ]
    quiet = {
        "labelColor": "#48586a",
        "titleColor": "#35475a",
        "gridColor": "#e9edf2",
        "titleFontWeight": "normal",
    }
    hours = "format(floor(datum.value / 60) % 24, '02') + ':' + format(datum.value % 60, '02')"
    x = {
        "field": "at",
        "type": "quantitative",
        "title": None,
        "scale": {"nice": False, "zero": False},
        "axis": {**quiet, "labelExpr": hours, "values": _hours(points)},
    }
    y = {
        "field": "share",
        "type": "quantitative",
        "title": t("patrols.backup_axis"),
        "scale": {"domain": [0, 1]},
        "axis": {**quiet, "format": ".0%", "tickCount": 5},
    }
    told = [
        {"field": name, "type": "nominal", "title": t(f"patrols.backup_tip_{name}"), **how}
        for name, how in (
            ("time", {}),
            ("share", {"type": "quantitative", "format": ".1%"}),
            ("villages", {}),
            ("teams", {}),
        )
    ]
    layers: list[dict[str, Any]] = []
    if weakest is not None:
        span = [{"from": weakest.begin_ms / _MINUTE_MS, "to": weakest.end_ms / _MINUTE_MS}]
        layers.append(
            {
                "data": {"values": span},
                "mark": {"type": "rect", "color": "#c4261d", "opacity": 0.16},
                "encoding": {"x": {"field": "from", "type": "quantitative"}, "x2": {"field": "to"}},
            }
        )
    area = {"type": "area", "interpolate": "step-after", "color": "#9db7d5", "opacity": 0.45, "line": False}
    line = {"type": "line", "interpolate": "step-after", "color": "#1f4e8c", "strokeWidth": 1.8}
    layers += [{"mark": mark, "encoding": {"x": x, "y": y}} for mark in (area, line)]
    layers.append(
        {"mark": {"type": "rule", "opacity": 0, "strokeWidth": 6}, "encoding": {"x": x, "tooltip": told}}
    )
    return {
        "data": {"values": points},
        "height": 230,
        "usermeta": {"embedOptions": {"actions": False}},
        "layer": layers,
        "config": {"view": {"stroke": "#d9dfe7"}, "font": "Noto Sans SC, Microsoft YaHei, sans-serif"},
    }


def _hours(points: list[dict[str, Any]]) -> list[int]:
    first, last = points[0]["at"], points[-1]["at"]
    step = 60 if last - first <= 14 * 60 else 120
    return list(range(-(-first // step) * step, last + 1, step))


def _worst(patrols: Patrols, found: Backup, within_ms: int) -> pd.DataFrame:
    """Return the villages that are within reach for the least time, as people read them."""
    t = patrols.place.t
    rows = found.villages(within_ms).sort_values(["covered_share", "longest_gap_ms"], ascending=[True, False])
    rows = rows.head(_WORST_SHOWN)
    best = np.where(rows["best_ms"] >= UNREACHABLE, np.nan, rows["best_ms"])
    return rows.assign(
        **{
            t("patrols.backup_village"): patrols.names.all("villages", rows.index),
            t("patrols.backup_covered"): [t.percent(share) for share in rows["covered_share"]],
            t("patrols.backup_gap"): [t.duration(gap) for gap in rows["longest_gap_ms"]],
            t("patrols.backup_best"): [t.duration(ms) for ms in best],
        }
    )[[t(f"patrols.backup_{name}") for name in ("village", "covered", "gap", "best")]]
