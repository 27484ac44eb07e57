"""The command on speeds: what travel times are computed with, shown and edited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from geo.errors import SettingError
from ui.doors.speaking import AsJson, Lang, WorkspacePath, pair, speaker, told

if TYPE_CHECKING:
    from geo.speeds import Speeds
    from ui.words import Words

_FORM = "MODE.WHEN.CLASS=KMH"


@told
def speeds(
    workspace: WorkspacePath,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar=_FORM,
            help="如 car.night.primary=50，留空不可通行 / km/h; blank: may not go there",
        ),
    ] = None,
    access: Annotated[
        float | None,
        typer.Option(metavar="KMH", help="从道路步行到地点 / walking between a road and a place"),
    ] = None,
    reset: Annotated[bool, typer.Option("--reset", help="先恢复默认值 / start from the defaults")] = False,
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """查看、修改各等级道路的速度 / show and edit the speeds on each class of road."""
    from dataclasses import replace

    from data.workspace import Workspace
    from geo.speeds import Speeds
    from ui.patrol_ground import SPEEDS_SETTING

    say = speaker(lang, as_json)
    opened = Workspace.open(workspace)
    known = Speeds() if reset else Speeds.from_dict(opened.setting(SPEEDS_SETTING, {}))
    for text in changes or []:
        known = _changed(known, text)
    if access is not None:
        known = replace(known, access_kmh=access)
    if changes or reset or access is not None:
        opened.set_setting(SPEEDS_SETTING, known.to_dict())
        say.message(say.t("roads.speeds_kept"))
    say.result(known.to_dict(), *_lines(known, say.t))


def _changed(speeds: Speeds, text: str) -> Speeds:
    from geo.speeds import require_travel

    name, value = pair("--set", text) if not text.endswith("=") else (text[:-1], "")
    travel_mode, when, road_class = (*name.split("."), "", "")[:3]
    require_travel(travel_mode, when)
    try:
        kmh = float(value) if value else None
    except ValueError:
        raise SettingError("setting_wrong", name="--set", found=text, allowed=_FORM) from None
    return speeds.replaced(travel_mode, when, {road_class: kmh})


def _lines(speeds: Speeds, t: Words) -> list[str]:
    """Return the speeds as a table: a class of road a line."""
    from geo.speeds import ROAD_CLASSES, TRAVEL_MODES, WHENS

    columns = [(mode, when) for mode in TRAVEL_MODES for when in WHENS]
    heads = [f"{t.name('travel_mode', mode)} {t.name('when', when)}" for mode, when in columns]
    lines = ["\t".join([t("roads.speeds_class"), *heads])]
    for name in ROAD_CLASSES:
        kmh = [speeds.kmh[mode][when][name] for mode, when in columns]
        lines.append("\t".join([t.name("road", name), *(f"{v:g}" if v is not None else "—" for v in kmh)]))
    return [*lines, t("roads.speeds_access", kmh=f"{speeds.access_kmh:g}")]
