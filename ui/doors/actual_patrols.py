"""The command on what was gone: tracks and check-ins held against a kept plan; counts alone."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geo.errors import SettingError
from ui.doors.numbers import finite
from ui.doors.progress import Progress
from ui.doors.speaking import AsJson, Lang, WorkspacePath, pair, speaker, told

if TYPE_CHECKING:
    from ui.actual_report import ActualReport

_MINUTE_MS = 60_000


@told
def compare(
    workspace: WorkspacePath,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE…", help="轨迹 GPX、北斗/GPS 表格、签到表 / tracks (GPX, CSV, xlsx) and check-ins"
        ),
    ],
    plan: Annotated[str, typer.Option("--plan", metavar="ID", help="巡防方案 / the plan")],
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="FIELD=COL",
            help="device、time、lon、lat、stop 各是哪一列 / which column is which",
        ),
    ] = None,
    team: Annotated[
        list[str] | None,
        typer.Option(metavar="DEVICE=TEAM_ID", help="终端号或文件名属于哪一队 / whose a device or file is"),
    ] = None,
    crs: Annotated[
        str, typer.Option("--crs", metavar="wgs84|gcj02|bd09", help="轨迹的坐标系 / the positions' system")
    ] = "wgs84",
    utc_offset: Annotated[
        float, typer.Option(metavar="HOURS", help="当地时区 / the place's clock, hours from UTC")
    ] = 8.0,
    clock_shift: Annotated[
        float,
        typer.Option(metavar="HOURS", help="不带时区的时间加几小时 / added to times that state no zone"),
    ] = 0.0,
    encoding: Annotated[str | None, typer.Option(help="文本编码 / of text files")] = None,
    radius: Annotated[float, typer.Option(metavar="M", help="多近算到达 / how near is at a stop")] = 60.0,
    share: Annotated[
        float, typer.Option(metavar="0–1", help="停留至少占计划的几成 / least share of the planned stay")
    ] = 0.5,
    late: Annotated[float, typer.Option(metavar="MIN", help="晚多少分钟算迟到 / how late is late")] = 10.0,
    gap: Annotated[float, typer.Option(metavar="MIN", help="多久没有定位算无记录 / how long is a gap")] = 5.0,
    extra: Annotated[
        float, typer.Option(metavar="MIN", help="多久算计划外停留 / how long is a further stop")
    ] = 5.0,
    detour: Annotated[float, typer.Option(metavar="M", help="多长算绕行 / how long is a detour")] = 300.0,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.xlsx|DIR|FILE.zip", help="对照表，文件夹另含图层 / tables, layers"),
    ] = None,
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """实走与计划对照：到了没有、晚了多久、走了多少 / what was gone against what was planned."""
    from data.patrol_plans import read_patrol_plan
    from data.track_files import read_track_file
    from data.workspace import Workspace
    from planning.patrol.actual.planned import ActualParams
    from ui.actual_ground import compared
    from ui.actual_report import ActualReport
    from ui.names import PlaceNames
    from ui.patrol_ground import patrol_ground

    say = speaker(lang, as_json)
    params = ActualParams(
        radius_m=_number("radius", radius),
        dwell_share=_number("share", share),
        late_ms=round(_number("late", late) * _MINUTE_MS),
        gap_ms=round(_number("gap", gap) * _MINUTE_MS),
        extra_ms=round(_number("extra", extra) * _MINUTE_MS),
        detour_m=_number("detour", detour),
    )
    columns = dict(pair("--map", text) for text in map_ or ())
    of_team = dict(pair("--team", text) for text in team or ())
    opened = Workspace.open(workspace)
    saved = read_patrol_plan(opened, plan)
    read = [
        read_track_file(
            file,
            date=dt.date.fromisoformat(saved.date),
            columns=columns,
            system=crs,
            utc_offset_hours=_number("utc-offset", utc_offset),
            clock_shift_hours=_number("clock-shift", clock_shift),
            encoding=encoding,
        )
        for file in files
    ]
    with Progress(say, called=lambda stage: say.t(f"actual_stage.{stage}")) as tell:
        tell("read", 0.0)
        ground = patrol_ground(opened)
        found = compared(
            opened, ground, saved, read, of_team=of_team, system=crs, params=params, progress=tell
        )
    report = ActualReport(found, PlaceNames.of(ground.tables), say.t)
    facts = {**report.facts(), "files": []}
    if out is not None:
        facts["files"] = _write(out, report)
    written = [say.t("patrol.written", files=say.t.listed(facts["files"]), folder=str(out))] if out else []
    say.result(facts, *report.lines(), *written)


def _number(name: str, value: float) -> float:
    number = finite(name, value)
    if number is None:
        raise SettingError("setting_wrong", name=f"--{name}", found=str(value), allowed="…")
    return number


def _write(out: Path, report: ActualReport) -> list[str]:
    """Write the tables, and into a folder or a zip the map layers too; return the names of the files."""
    from data.exporting import export_bytes, export_layers
    from data.files import private_folder
    from ui.paper.bundle import require_bundle_target, write_files
    from ui.tables import write_xlsx

    book = write_xlsx(report.sheets())
    if out.suffix.lower() == ".xlsx":
        export_bytes(book, out)
        return [out.name]
    require_bundle_target(out)
    files = {"actual.xlsx": book}
    if layers := report.layers():
        with private_folder() as private:
            files["actual.gpkg"] = export_layers(layers, Path(private) / "actual.gpkg").read_bytes()
    write_files(files, out)
    return sorted(files)
