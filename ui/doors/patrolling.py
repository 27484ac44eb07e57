"""Commands that plan patrols: a day, as asked, checked and kept; and the plans that are kept."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geo.errors import SettingError
from ui.doors.numbers import finite
from ui.doors.progress import Progress, interruptible
from ui.doors.speaking import AsJson, Lang, WorkspacePath, speaker, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from data.workspace import Workspace
    from planning.patrol.plan import DayPlan
    from ui.doors.speaking import Speaker
    from ui.patrol_ground import Day, PatrolGround

door = typer.Typer(
    help="巡防：一日的路线 / patrols: the rounds of a day.", no_args_is_help=True, add_completion=False
)
_MS_PER_HOUR = 3_600_000

Force = Annotated[
    str,
    typer.Option(metavar="village|squad", help="village 村社巡防队 | squad 专职巡防队 / the full-time squad"),
]
Mode = Annotated[
    str,
    typer.Option(
        metavar="own|shared|joint",
        help="own 一村一巡 | shared 多村共巡 | joint 片区联巡 / by village, by group of villages, by area",
    ),
]
Date = Annotated[
    str | None, typer.Option(metavar="YYYY-MM-DD", help="班次开始的日期；默认今天 / day; default today")
]
Duty = Annotated[
    str,
    typer.Option(
        metavar="LEVEL", help="勤务等级 / duty level: routine 平时 | third 三级 | second 二级 | first 一级"
    ),
]
Seed = Annotated[int, typer.Option(min=0, max=2**31 - 1, help="随机种子 / seed")]
Save = Annotated[bool, typer.Option("--save/--no-save", help="存入工作区 / keep the plan in the workspace")]
Papers = Annotated[
    bool,
    typer.Option("--papers/--no-papers", help="导出时是否排印 / whether papers are among the files"),
]
Seconds = Annotated[float, typer.Option(min=0.1, help="找多久（秒） / how long to search")]
Effort = Annotated[
    int | None, typer.Option(metavar="N", help="只找这么多轮，结果可重现 / iterations, repeatable")
]


@door.command("day")
@told
def day(
    workspace: WorkspacePath,
    force: Force = "village",
    mode: Mode = "own",
    date: Date = None,
    duty: Duty = "routine",
    objective: Annotated[
        str,
        typer.Option(
            metavar="hours|teams|longest|travel",
            help="最省工时、用队最少、最长一班最短、路上最短 / fewest hours, fewest teams, "
            "shortest longest shift, least travel",
        ),
    ] = "hours",
    cap: Annotated[
        float | None, typer.Option(metavar="HOURS", help="每队最长在外几小时 / longest time out, in hours")
    ] = None,
    teams: Annotated[
        int | None, typer.Option(metavar="N", help="最多用几队 / how many teams may be used")
    ] = None,
    most: Annotated[
        int | None,
        typer.Option(metavar="N", help="多村共巡时每组最多几村 / most villages that share a team"),
    ] = None,
    close: Annotated[
        list[str] | None,
        typer.Option(metavar="ROAD_ID", help="另外封闭的道路，可重复 / a further closed road, repeatable"),
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="三种方式并排 / the three modes side by side")
    ] = False,
    seconds: Seconds = 30.0,
    effort: Effort = None,
    seed: Seed = 1,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR|FILE.zip",
            help="任务单、签到表、轨迹等，导出到文件夹或 zip / papers and files of the plan",
        ),
    ] = None,
    papers: Papers = True,
    within: Annotated[
        float, typer.Option(min=0.1, metavar="MIN", help="增援多少分钟内到 / within how long backup is there")
    ] = 10.0,
    save: Save = True,
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """安排一日巡防：谁在何时按什么顺序去哪里 / plan a day: who goes where, when, in which order."""
    from data.workspace import Workspace
    from planning.patrol.comparing import plan_figures
    from planning.patrol.day_problem import MODES
    from planning.patrol.params import Limits
    from ui.names import PlaceNames
    from ui.paper.bundle import require_bundle_target
    from ui.patrol_ground import DayOrder, ordered_day, patrol_ground
    from ui.patrol_report import compared_lines, day_facts, day_lines, round_lines
    from ui.patrol_saving import keep_day

    say = speaker(lang, as_json)
    order = DayOrder(
        date=date_of(date),
        force=force,
        mode=mode,
        duty=duty,
        objective=objective,
        cap_ms=cap_in_ms(cap),
        most=_above(0, "most", most),
        teams_at_most=_above(0, "teams", teams),
        closed=tuple(close or ()),
        seed=seed,
    )
    order.params()
    opened = Workspace.open(workspace)
    if out is not None:
        require_bundle_target(out)
    modes = [mode, *(other for other in MODES if other != mode)] if compare else [mode]
    limits = Limits(seconds=seconds / len(modes), effort=_above(0, "effort", effort))
    planned: dict[str, tuple[Day, DayPlan]] = {}
    with (
        Progress(say, called=lambda stage: say.t(f"patrol_stage.{stage}")) as tell,
        interruptible(say) as cancelled,
    ):
        tell("read", 0.0)
        ground = patrol_ground(opened)
        for each in modes:
            if planned and cancelled():
                break
            tell("ways", 0.0)
            asked = ordered_day(ground, replace(order, mode=each))
            planned[each] = asked, _planned(asked, limits, tell, cancelled)
    kept = {}
    for each, (asked, plan) in planned.items() if save else ():
        name = say.t("patrol.name", date=order.date.isoformat(), mode=say.t.name("patrol_mode", each))
        kept[each] = keep_day(opened, asked, plan, name=name, stamp=ground.stamp)
    asked, plan = planned[mode]
    names = PlaceNames.of(ground.tables)
    compared = [
        {**plan_figures(planned[each][0].problem, planned[each][1]), "id": kept.get(each)}
        for each in MODES
        if each in planned
    ]
    facts = {
        **day_facts(asked, plan, say.t, names),
        "id": kept.get(mode),
        "compared": compared if compare else [],
    }
    facts["files"] = []
    if out is not None:
        within_ms = round(60_000 * (finite("within", within) or 0))
        facts["files"] = _write(out, opened, ground, asked, plan, facts, within_ms if papers else None, say)
    say.result(
        facts,
        *(compared_lines(compared, say.t) if compare else ()),
        *day_lines(asked, plan, say.t, names),
        *(() if compare else round_lines(asked, plan, say.t)),
        *([say.t("patrol.kept", id=say.t.listed(kept.values()))] if kept else []),
        *([say.t("patrol.written", files=say.t.listed(facts["files"]), folder=str(out))] if out else []),
    )


@door.command("plans")
@told
def plans(
    workspace: WorkspacePath,
    delete: Annotated[str | None, typer.Option(metavar="ID", help="删除这个方案 / delete this plan")] = None,
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """存下的巡防方案 / the patrol plans that are kept."""
    import json

    from data.patrol_plans import delete_patrol_plan, read_patrol_plans
    from data.workspace import Workspace

    say = speaker(lang, as_json)
    opened = Workspace.open(workspace)
    if delete is not None:
        delete_patrol_plan(opened, delete)
        say.result({"id": delete, "deleted": True}, say.t("patrol.deleted", id=delete))
        return
    kept = read_patrol_plans(opened).to_dict("records")
    listed = [
        {
            **{
                name: row[name]
                for name in ("name", "force", "mode", "date", "rev", "author", "created", "note")
            },
            "id": row["plan_id"],
            **{name: json.loads(row["summary"]).get(name) for name in ("teams", "hours", "feasible")},
        }
        for row in kept
    ]
    lines = [
        f"{row['id']}\t{row['date']}\t{say.t.name('force', row['force'])}\t"
        f"{say.t.name('patrol_mode', row['mode'])}\t{row['name']}"
        for row in listed
    ]
    say.result({"plans": listed}, *(lines or [say.t("patrol.none_kept")]))


def _planned(
    asked: Day, limits: Any, tell: Callable[[str, float], None], cancelled: Callable[[], bool]
) -> DayPlan:
    from planning.patrol.solving import plan_day

    return plan_day(
        asked.problem,
        params=asked.order.params(),
        limits=limits,
        seed=asked.order.seed,
        progress=tell,
        cancel=cancelled,
    )


def _write(
    out: Path,
    workspace: Workspace,
    ground: PatrolGround,
    asked: Day,
    plan: DayPlan,
    facts: dict[str, Any],
    within_ms: int | None,
    say: Speaker,
) -> list[str]:
    """Write a plan's files, with its papers unless `within_ms` is None, and return their names."""
    from ui.paper.bundle import write_files
    from ui.paper.patrol_day import day_papers
    from ui.paper.patrol_package import patrol_files
    from ui.patrol_files import day_files
    from ui.patrol_ground import day_backup

    files = day_files(asked.problem, plan, asked.places, facts)
    if within_ms is not None:
        with Progress(say, called=lambda stage: say.t(f"patrol_stage.{stage}")) as tell:
            tell("backup", 0.0)
            help_there = day_backup(ground, asked, plan)
            day = day_papers(workspace, asked, plan, backup=help_there, within_ms=within_ms, t=say.t)
            files |= patrol_files(day, layers=False, progress=tell)
    write_files(files, out)
    return sorted(files)


def date_of(text: str | None) -> dt.date:
    """Return the day that was typed, today for none; raises ``setting_wrong``."""
    if text is None:
        return dt.date.today()
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise SettingError("setting_wrong", name="--date", found=text, allowed="2026-11-03") from None


def cap_in_ms(hours: float | None) -> int | None:
    """Return the longest time out in ms; raises ``setting_wrong``."""
    if hours is None:
        return None
    if not (finite("cap", hours) or 0) > 0:
        raise SettingError("setting_wrong", name="--cap", found=str(hours), allowed="> 0")
    return round(hours * _MS_PER_HOUR)


def _above(least: int, name: str, number: int | None) -> int | None:
    if number is not None and number <= least:
        raise SettingError("setting_wrong", name=f"--{name}", found=str(number), allowed=f"> {least}")
    return number
