"""Duty levels and speeds on the page 巡防, edited as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from data.schemas import FORCES, TRAVEL_MODES
from geo.errors import GridBeatError
from geo.speeds import WHENS, Speeds
from planning.patrol.duty import DutySettings
from ui import look
from ui.desk import carry_out, session_desk
from ui.patrol_ground import DUTY_SETTING, SPEEDS_SETTING
from ui.patrol_settings import (
    DWELL,
    WHAT,
    duty_rows,
    duty_settings,
    speed_column,
    speed_rows,
    speed_settings,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from ui.patrols import Patrols

_FORCE = "patrol duty force"


def show_duty(patrols: Patrols) -> None:
    """Show what each duty level asks of a force."""
    t = patrols.place.t
    settings = DutySettings.from_dict(patrols.workspace.setting(DUTY_SETTING, {}))
    force = st.segmented_control(
        t("patrols.force"),
        FORCES,
        default=None if _FORCE in st.session_state else FORCES[0],
        required=True,
        format_func=lambda one: t.name("force", one),
        key=_FORCE,
        label_visibility="collapsed",
    )
    force = str(force or FORCES[0])
    st.caption(look.plain(t("rosters.help_duty")))
    columns = {code: t.name("duty", code) for code in settings.levels}
    columns[DWELL] = t("rosters.duty_dwell")
    rows = _edited(patrols, f"duty {force}", duty_rows(settings, force, t), columns)
    _buttons(patrols, DUTY_SETTING, lambda: duty_settings(rows, settings, force).to_dict())


def show_speeds(patrols: Patrols) -> None:
    """Show how fast teams go on each class of road."""
    t = patrols.place.t
    speeds = Speeds.from_dict(patrols.workspace.setting(SPEEDS_SETTING, {}))
    st.caption(look.plain(t("rosters.help_speeds")))
    columns = {
        speed_column(mode, when): t(
            "rosters.speed_of", travel=t.name("travel_mode", mode), when=t.name("when", when)
        )
        for mode in TRAVEL_MODES
        for when in WHENS
    }
    rows = _edited(patrols, "speeds", speed_rows(speeds, t), columns)
    _buttons(patrols, SPEEDS_SETTING, lambda: speed_settings(rows, speeds).to_dict())


def _edited(patrols: Patrols, name: str, rows: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Show a table whose numbers may be changed, and return it as it stands."""
    t, desk = patrols.place.t, session_desk()
    config = {
        key: st.column_config.NumberColumn(label, min_value=0, step=0.1) for key, label in columns.items()
    }
    return st.data_editor(
        rows,
        # Another one after each saving: it begins with what is kept.
        key=f"patrol {name} {patrols.place.path} {t.lang} {desk.rounds['patrol_settings']}",
        column_config={WHAT: st.column_config.TextColumn(t("rosters.what"), disabled=True), **config},
        hide_index=True,
        width="stretch",
        height="content",
        placeholder="",
    )


def _buttons(patrols: Patrols, setting: str, made: Callable[[], dict[str, Any]]) -> None:
    """Show the buttons that keep a setting, and that go back to how it is delivered."""
    t, desk, workspace = patrols.place.t, session_desk(), patrols.workspace
    try:
        wanted = made()
    except GridBeatError as error:
        look.show_error(error, t)
        return

    def keep() -> None:
        workspace.set_setting(setting, wanted, who=desk.who)

    def reset() -> None:
        workspace.set_setting(setting, {}, who=desk.who)

    with st.container(horizontal=True, vertical_alignment="center"):
        key = desk.key("patrol_settings", setting, "keep")
        if st.button(t("rosters.keep_setting"), type="primary", key=key):
            carry_out(desk, key, keep, t)
        key = desk.key("patrol_settings", setting, "reset")
        if st.button(t("rosters.reset_setting"), disabled=not workspace.setting(setting, {}), key=key):
            carry_out(desk, key, reset, t)
