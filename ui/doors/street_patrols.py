"""The command on patrols of streets: every street of an area, once or on both sides, by one team or more."""

from __future__ import annotations

import datetime as dt
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.doors.numbers import finite
from ui.doors.patrolling import Date, Effort, Force, Papers, Save, Seconds, Seed, cap_in_ms, date_of
from ui.doors.progress import Progress, interruptible
from ui.doors.speaking import AsJson, Lang, WorkspacePath, speaker, told

if TYPE_CHECKING:
    from data.workspace import Workspace
    from ui.doors.speaking import Speaker
    from ui.street_report import StreetReport

Ids = list[str] | None


@told
def streets(
    workspace: WorkspacePath,
    zone: Annotated[
        Ids, typer.Option(metavar="ID", help="警务区编码或名称，可重复 / zone, repeatable")
    ] = None,
    village: Annotated[Ids, typer.Option(metavar="ID", help="村社 / village, repeatable")] = None,
    station: Annotated[Ids, typer.Option(metavar="ID", help="派出所辖区 / station, repeatable")] = None,
    road: Annotated[
        Ids, typer.Option(metavar="ROAD_ID", help="只巡这些道路，可重复 / these roads alone, repeatable")
    ] = None,
    road_class: Annotated[
        Ids,
        typer.Option("--class", metavar="CLASS", help="只巡这些等级的道路 / roads of these classes alone"),
    ] = None,
    travel_mode: Annotated[
        str, typer.Option(metavar="walk|ebike|car", help="步行、电动自行车、汽车 / how they go")
    ] = "walk",
    sides: Annotated[
        str,
        typer.Option(
            metavar="both|once", help="both 两侧都巡（往返各一次） | once 走一遍 / both sides, or once along"
        ),
    ] = "once",
    teams: Annotated[int, typer.Option(min=1, max=99, help="队数 / how many teams")] = 1,
    team: Annotated[
        Ids, typer.Option(metavar="TEAM_ID", help="用表里的队伍及其驻点、班次 / teams of the table")
    ] = None,
    post: Annotated[
        str | None, typer.Option(metavar="ID", help="出发返回的警务站室 / post they leave from and return to")
    ] = None,
    shift: Annotated[
        str | None, typer.Option(metavar="19:00-21:30", help="班次 / shift; default the force's")
    ] = None,
    force: Force = "village",
    date: Date = None,
    kmh: Annotated[
        float | None, typer.Option(metavar="KM/H", help="巡看时最快多少 / no faster than this while looking")
    ] = None,
    objective: Annotated[
        str,
        typer.Option(
            metavar="longest|hours",
            help="各队均衡（最长一队最短）、总工时最省 / even shares, or fewest hours",
        ),
    ] = "longest",
    cap: Annotated[
        float | None, typer.Option(metavar="HOURS", help="每队最长在外几小时 / longest time out, in hours")
    ] = None,
    close: Annotated[
        Ids, typer.Option(metavar="ROAD_ID", help="另外封闭的道路，可重复 / a further closed road")
    ] = None,
    seconds: Seconds = 30.0,
    effort: Effort = None,
    seed: Seed = 1,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR|FILE.zip", help="任务单、转向表、轨迹、图层 / sheets, turns, tracks, layers"
        ),
    ] = None,
    papers: Papers = True,
    save: Save = True,
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """巡遍一片区域的街道：谁沿哪条路、怎么走 / cover the streets of an area: who goes along which."""
    from data.workspace import Workspace
    from planning.patrol.params import Limits
    from planning.patrol.streets.solving import plan_streets
    from ui.paper.bundle import require_bundle_target
    from ui.patrol_ground import patrol_ground
    from ui.street_ground import StreetOrder, ordered_streets, street_tables
    from ui.street_report import StreetReport
    from ui.street_saving import keep_streets

    say = speaker(lang, as_json)
    order = StreetOrder(
        date=date_of(date),
        zones=tuple(zone or ()),
        villages=tuple(village or ()),
        stations=tuple(station or ()),
        roads=tuple(road or ()),
        classes=tuple(road_class or ()),
        travel_mode=travel_mode,
        sides=sides,
        patrol_kmh=finite("kmh", kmh),
        teams=teams,
        team_ids=tuple(team or ()),
        post=post,
        shift=shift,
        force=force,
        objective=objective,
        cap_ms=cap_in_ms(cap),
        closed=tuple(close or ()),
        seed=seed,
    )
    params = order.params()
    opened = Workspace.open(workspace)
    if out is not None:
        require_bundle_target(out)
    with (
        Progress(say, called=lambda stage: say.t(f"street_stage.{stage}")) as tell,
        interruptible(say) as cancelled,
    ):
        tell("read", 0.0)
        ground = patrol_ground(opened)
        asked = ordered_streets(ground, street_tables(opened), order)
        limits = Limits(seconds=seconds, effort=effort)
        plan = plan_streets(
            asked.problem, params=params, limits=limits, seed=seed, progress=tell, cancel=cancelled
        )
    report = StreetReport(asked, plan, say.t)
    named = say.t.listed(asked.areas) or say.t("street.listed_roads")
    kept = None
    if save and plan.routes:
        name = say.t("street.name", date=order.date.isoformat(), areas=named)
        kept = keep_streets(opened, report, name=name, stamp=ground.stamp)
    facts: dict[str, Any] = {**report.facts(), "id": kept, "files": []}
    if out is not None:
        facts["files"] = _write(out, opened, report, facts, papers=papers, say=say)
    say.result(
        facts,
        *report.lines(),
        *([say.t("patrol.kept", id=kept)] if kept else []),
        *([say.t("patrol.written", files=say.t.listed(facts["files"]), folder=str(out))] if out else []),
    )


def _write(
    out: Path,
    workspace: Workspace,
    report: StreetReport,
    facts: dict[str, Any],
    *,
    papers: bool,
    say: Speaker,
) -> list[str]:
    """Write the files of a patrol of streets, with its sheets if asked for, and return their names."""
    from ui.names import PlaceNames
    from ui.paper.bundle import write_files
    from ui.paper.patrol_day import DRAWN
    from ui.paper.street_sheets import StreetPapers, street_sheets
    from ui.place import credit_line
    from ui.street_files import street_files

    stamp = dt.datetime.now(dt.UTC).replace(microsecond=0)
    files = street_files(report, facts, district=workspace.name, stamp=stamp)
    if papers and report.plan.routes:
        tables = workspace.read_all(DRAWN)
        printed = StreetPapers(
            district=workspace.name,
            report=report,
            names=PlaceNames.of(tables),
            credit=credit_line(workspace, say.t),
            t=say.t,
            tables=tables,
        )
        files["streets.pdf"] = street_sheets(printed, stamp=stamp)
    write_files(files, out)
    return sorted(files)
