"""Duty levels and speeds as tables to be edited, and back: the bureau's own settings."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pandas as pd

from data.schemas import ROAD_CLASSES, STOP_KINDS, TRAVEL_MODES
from geo.speeds import WHENS, Speeds
from planning.patrol.duty import DutySettings

if TYPE_CHECKING:
    from ui.words import Words

WHAT, DWELL = "what", "dwell"
# What a level asks besides how often kinds of stops are visited; the share of teams is told in percent.
SHARE, LONGER, FACTOR = _OF_LEVEL = ("team_share", "shift_longer_min", "dwell_factor")


def duty_rows(settings: DutySettings, force: str, t: Words) -> pd.DataFrame:
    """
    Return what the duty levels ask of a force, by kind of stop and by what else a level sets.

    Returns
    -------
    DataFrame
        `WHAT` in words, a column a level, `DWELL` (minutes of a visit; of kinds alone).
    """
    rows = {
        kind: {
            WHAT: t.name("stop_kind", kind),
            **{code: level.visits_a_week[force][kind] for code, level in settings.levels.items()},
            DWELL: settings.dwell_min[kind],
        }
        for kind in STOP_KINDS
    }
    for name in _OF_LEVEL:
        rows[name] = {WHAT: t(f"rosters.duty_{name}"), DWELL: None}
        for code, level in settings.levels.items():
            value = level.team_share[force] * 100 if name == SHARE else getattr(level, name)
            rows[name][code] = value
    frame = pd.DataFrame.from_dict(rows, orient="index")
    return frame.astype({code: float for code in (*settings.levels, DWELL)})


def duty_settings(rows: pd.DataFrame, settings: DutySettings, force: str) -> DutySettings:
    """Return settings with what was edited in `duty_rows`; raises ``duty_wrong`` with every fault."""
    kept = asdict(settings)
    for code in settings.levels:
        level = kept["levels"][code]
        level["visits_a_week"][force] = {kind: _number(rows.at[kind, code]) for kind in STOP_KINDS}
        share = _number(rows.at[SHARE, code])
        level["team_share"][force] = None if share is None else share / 100
        level[LONGER], level[FACTOR] = _number(rows.at[LONGER, code]), _number(rows.at[FACTOR, code])
    kept["dwell_min"] = {kind: _number(rows.at[kind, DWELL]) for kind in STOP_KINDS}
    return DutySettings.from_dict(kept)


def speed_rows(speeds: Speeds, t: Words) -> pd.DataFrame:
    """Return km/h by class of road: `WHAT` in words, a column a travel mode by day and by night."""
    columns = {
        speed_column(mode, when): [speeds.kmh[mode][when][name] for name in ROAD_CLASSES]
        for mode in TRAVEL_MODES
        for when in WHENS
    }
    frame = pd.DataFrame(columns, index=[*ROAD_CLASSES], dtype=float)
    frame.insert(0, WHAT, [t.name("road", name) for name in ROAD_CLASSES])
    return frame


def speed_settings(rows: pd.DataFrame, speeds: Speeds) -> Speeds:
    """Return speeds with what was edited in `speed_rows`; raises ``speeds_wrong`` with every fault."""
    kmh: dict[str, Any] = {
        mode: {
            when: {name: _number(rows.at[name, speed_column(mode, when)]) for name in ROAD_CLASSES}
            for when in WHENS
        }
        for mode in TRAVEL_MODES
    }
    return Speeds(kmh=kmh, access_kmh=speeds.access_kmh)


def speed_column(mode: str, when: str) -> str:
    """Return the column of `speed_rows` for a travel mode by day or by night."""
    return f"{mode} {when}"


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
