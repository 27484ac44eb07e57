"""The command on duty levels: how often places are visited and who goes out, shown and edited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from geo.errors import SettingError
from ui.doors.speaking import AsJson, Lang, WorkspacePath, pair, speaker, told

if TYPE_CHECKING:
    from planning.patrol.duty import DutySettings
    from ui.words import Words

_FORMS = "routine.village.hot_spot=5, second.team_share.squad=0.9, dwell.school=20, shift.squad=07:00-19:00"


@told
def duty(
    workspace: WorkspacePath,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="可重复，如 / repeatable, e.g. " + _FORMS,
        ),
    ] = None,
    reset: Annotated[bool, typer.Option("--reset", help="先恢复默认值 / start from the defaults")] = False,
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """查看、修改勤务等级：每周几次、上勤几成、班次与停留 / show and edit the duty levels."""
    from data.workspace import Workspace
    from planning.patrol.duty import DutySettings
    from ui.patrol_ground import DUTY_SETTING

    say = speaker(lang, as_json)
    opened = Workspace.open(workspace)
    known = DutySettings() if reset else DutySettings.from_dict(opened.setting(DUTY_SETTING, {}))
    for text in changes or []:
        known = _changed(known, text)
    if changes or reset:
        opened.set_setting(DUTY_SETTING, known.to_dict())
        say.message(say.t("duty.kept"))
    say.result(known.to_dict(), *_lines(known, say.t))


def _changed(settings: DutySettings, text: str) -> DutySettings:
    from planning.patrol.duty import DutySettings

    name, value = pair("--set", text)
    kept = settings.to_dict()
    where, key = _place(kept, name.split("."))
    if where is None or key not in where:
        raise SettingError("setting_wrong", name="--set", found=text, allowed=_FORMS)
    where[key] = value.split("-") if name.startswith("shift.") else _number(text, value)
    return DutySettings.from_dict(kept)


def _place(kept: dict[str, Any], path: list[str]) -> tuple[dict[str, Any] | None, str]:
    """Return the mapping in which a value stands, and its key there."""
    level = kept["levels"].get(path[0])
    match path:
        case ["dwell", kind]:
            return kept["dwell_min"], kind
        case ["shift", force]:
            return kept["shifts"], force
        case [_, ("shift_longer_min" | "dwell_factor") as key]:
            return level, key
        case [_, "team_share", force] if level:
            return level["team_share"], force
        case [_, force, kind] if level:
            return level["visits_a_week"].get(force), kind
    return None, ""


def _number(text: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        raise SettingError("setting_wrong", name="--set", found=text, allowed=_FORMS) from None
    return int(number) if number.is_integer() else number


def _lines(settings: DutySettings, t: Words) -> list[str]:
    """Return a table for each force: a kind of stop a line, a level a column; then who goes out how long."""
    from data.schemas import FORCES, STOP_KINDS

    levels = settings.levels
    heads = [t.name("duty", code) for code in levels]
    lines: list[str] = []
    for force in FORCES:
        lines.append("\t".join([t("duty.visits", force=t.name("force", force)), *heads]))
        for kind in STOP_KINDS:
            visits = (f"{level.visits_a_week[force][kind]:g}" for level in levels.values())
            lines.append("\t".join([t.name("stop_kind", kind), *visits]))
        shares = (t.percent(level.team_share[force], 0) for level in levels.values())
        lines.append("\t".join([t("duty.team_share"), *shares]))
        start, end = settings.shifts[force]
        lines.append(t("duty.shift", force=t.name("force", force), start=start, end=end))
    for name in ("shift_longer_min", "dwell_factor"):
        values = (f"{getattr(level, name):g}" for level in levels.values())
        lines.append("\t".join([t(f"duty.{name}"), *values]))
    dwell = (f"{t.name('stop_kind', kind)} {settings.dwell_min[kind]:g}" for kind in STOP_KINDS)
    return [*lines, t("duty.dwell", kinds=t.listed(dwell, at_most=len(STOP_KINDS)))]
