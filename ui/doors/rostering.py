"""The command that shares out turns of duty (值班备勤)."""

from __future__ import annotations

import datetime as dt
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated, Any

import typer

from geo.errors import SettingError
from ui.doors.patrolling import Force  # noqa: TC001 - typer reads the annotations
from ui.doors.progress import Progress
from ui.doors.speaking import AsJson, Lang, WorkspacePath, speaker, told
from ui.doors.weeks import Absent, From, absences_of, date_of_option, days_of

door = typer.Typer()
_POOLS = ("station", "all")


@door.command("roster")
@told
def roster(
    workspace: WorkspacePath,
    from_: From = None,
    weeks: Annotated[
        int | None, typer.Option(metavar="N", help="几周；默认 4 / how many weeks; default 4")
    ] = None,
    days: Annotated[int | None, typer.Option(metavar="N", help="或几天 / or how many days")] = None,
    force: Force = "squad",
    pool: Annotated[
        str,
        typer.Option(
            metavar="station|all",
            help="各所自排，或全区合排（集约用警） / by station, or all stations together",
        ),
    ] = "station",
    shift: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME:N[/M][:night]",
            help="班名、工作日几队、休息日几队、是否夜班，可重复；默认 白班:1 夜班:1:night / "
            "a shift, teams on working days and days off, whether at night; repeatable",
        ),
    ] = None,
    gap: Annotated[
        int, typer.Option(metavar="DAYS", help="几天以上一班 / at most one turn in so many days")
    ] = 4,
    absent: Absent = None,
    seconds: Annotated[
        float, typer.Option(min=0.1, help="每份表找多久（秒） / how long to search each")
    ] = 10.0,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.xlsx", help="值班备勤表 / the duty roster as a workbook")
    ] = None,
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """排值班备勤表：谁在哪天上哪个班，公平且隔够天数 / share out turns, fairly and far enough apart."""
    from data.exporting import export_bytes, require_export_target
    from data.workspace import Workspace
    from planning.patrol.period.roster import fair_roster
    from ui.patrol_ground import PATROL_TABLES
    from ui.rosters import roster_book, roster_facts, roster_lines, roster_problems

    say = speaker(lang, as_json)
    if pool not in _POOLS:
        raise SettingError("setting_wrong", name="--pool", found=pool, allowed=", ".join(_POOLS))
    first = date_of_option("--from", from_) if from_ else dt.date.today()
    dates = [first + dt.timedelta(days=number) for number in range(days_of(weeks, days, usual=4))]
    shifts = _shifts(shift or ["白班:1", "夜班:1:night"])
    if out is not None:
        require_export_target(out)
    tables = Workspace.open(workspace).read_all(PATROL_TABLES)
    asked = roster_problems(
        tables,
        force=force,
        dates=dates,
        shifts=shifts,
        gap=gap,
        absences=[*absences_of(absent)],
        pooled=pool == "all",
    )
    found = {}
    with Progress(say, called=lambda stage: say.t(f"weeks_stage.{stage}")) as tell:
        for number, (key, group) in enumerate(asked.groups.items()):
            tell("roster", number / len(asked.groups))
            found[key] = fair_roster(group, seconds=seconds)
    facts: dict[str, Any] = roster_facts(asked, found, say.t)
    if out is not None:
        export_bytes(roster_book(asked, found, say.t), out)
    say.result(
        facts,
        *roster_lines(asked, found, say.t),
        *([say.t("weeks.roster_written", file=str(out))] if out else []),
    )


def _shifts(texts: list[str]) -> list[Any]:
    """Return shifts as people write them: 夜班:2/1:night."""
    from planning.patrol.period.roster import Shift

    found = []
    for text in texts:
        name, _, rest = text.replace("：", ":").partition(":")
        counts, _, mark = rest.partition(":")
        on, _, off = counts.partition("/")
        right = name.strip() and on.strip().isdigit() and (not off or off.strip().isdigit())
        if not right or mark.strip() not in ("", "night", "夜", "夜班"):
            raise SettingError("setting_wrong", name="--shift", found=text, allowed="夜班:2[/1][:night]")
        found.append(
            Shift(
                code=name.strip(),
                needs=int(on),
                needs_off=int(off) if off else None,
                night=bool(mark.strip()),
            )
        )
    return found
