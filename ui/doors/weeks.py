"""Commands that plan weeks of patrols, and plan them anew when something happens."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geo.errors import SettingError
from ui.doors.numbers import finite
from ui.doors.patrolling import (  # noqa: TC001 - typer reads the annotations
    Duty,
    Effort,
    Force,
    Mode,
    Save,
    Seconds,
    Seed,
)
from ui.doors.progress import Progress, interruptible
from ui.doors.speaking import AsJson, Lang, WorkspacePath, speaker, told

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planning.patrol.period.building import Absence

door = typer.Typer()
_MS_PER_HOUR = 3_600_000
_HALF_WORDS = {"am": "am", "上午": "am", "pm": "pm", "下午": "pm"}

From = Annotated[
    str | None,
    typer.Option("--from", metavar="YYYY-MM-DD", help="第一天；默认今天 / the first day; default today"),
]
Absent = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TEAM:DATE[..DATE][:am|pm]", help="缺勤的巡防队，可重复 / a team that is away, repeatable"
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(metavar="DIR|FILE.zip", help="日历、值班备勤表和 JSON / calendar, duty table and JSON"),
]


@door.command("week")
@told
def week(
    workspace: WorkspacePath,
    from_: From = None,
    weeks: Annotated[
        int | None, typer.Option(metavar="N", help="几周；默认 1 / how many weeks; default 1")
    ] = None,
    days: Annotated[
        int | None, typer.Option(metavar="N", help="或几天，如一个月 31 天 / or how many days, a month say")
    ] = None,
    force: Force = "village",
    mode: Mode = "own",
    duty: Duty = "routine",
    objective: Annotated[
        str,
        typer.Option(
            metavar="hours|teams|travel",
            help="最省工时、出动队次最少、路上最短 / fewest hours, fewest teams a day, least travel",
        ),
    ] = "hours",
    unpredictable: Annotated[
        float,
        typer.Option(
            metavar="0..1", help="0 每周相同，1 最难预料 / from the same each week to hard to foresee"
        ),
    ] = 0.0,
    gap_least: Annotated[
        int | None,
        typer.Option(metavar="DAYS", help="两次巡访至少隔几天 / least days between two visits of a place"),
    ] = None,
    gap_most: Annotated[
        int | None,
        typer.Option(metavar="DAYS", help="至多隔几天，0 不限 / most days between visits, 0 for no limit"),
    ] = None,
    cap: Annotated[
        float | None, typer.Option(metavar="HOURS", help="每队每日最长在外 / longest time out a day")
    ] = None,
    total: Annotated[
        float | None,
        typer.Option(
            metavar="HOURS", help="每队整个周期最长在外 / longest time out in all, so that work is shared"
        ),
    ] = None,
    teams: Annotated[
        int | None, typer.Option(metavar="N", help="最多用几队 / how many teams may be used")
    ] = None,
    most: Annotated[
        int | None,
        typer.Option(metavar="N", help="多村共巡时每组最多几村 / most villages that share a team"),
    ] = None,
    station: Annotated[
        list[str] | None,
        typer.Option(metavar="STATION_ID", help="只排这些派出所，可重复 / these stations only, repeatable"),
    ] = None,
    absent: Absent = None,
    half: Annotated[
        list[str] | None,
        typer.Option(metavar="DATE:am|pm", help="只上半天的日子，可重复 / days of which half is worked"),
    ] = None,
    off: Annotated[
        list[str] | None,
        typer.Option(metavar="DATE", help="不出勤的日子，可重复 / days on which nobody goes out"),
    ] = None,
    close: Annotated[
        list[str] | None,
        typer.Option(metavar="ROAD_ID", help="另外封闭的道路，可重复 / a further closed road, repeatable"),
    ] = None,
    after: Annotated[
        str | None,
        typer.Option(
            metavar="PLAN_ID",
            help="接着这个周期方案排，并与它比较 / the plan before: gaps go on, figures are compared",
        ),
    ] = None,
    seconds: Seconds = 60.0,
    effort: Effort = None,
    seed: Seed = 1,
    out: Out = None,
    save: Save = True,
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """安排一周或数周巡防：每处几时、由谁去 / plan weeks: who goes where on which day."""
    from data.workspace import Workspace
    from planning.patrol.params import Limits
    from planning.patrol.period.comparing import compared
    from planning.patrol.period.solving import plan_period
    from ui.names import PlaceNames
    from ui.paper.bundle import require_bundle_target, write_files
    from ui.patrol_ground import patrol_ground
    from ui.weeks_files import weeks_files
    from ui.weeks_order import WeeksOrder, ordered_weeks
    from ui.weeks_report import compared_facts, compared_lines, day_rows, weeks_facts, weeks_lines
    from ui.weeks_saving import keep_weeks, last_visits, read_weeks

    say = speaker(lang, as_json)
    order = WeeksOrder(
        first=date_of_option("--from", from_) if from_ else dt.date.today(),
        days=days_of(weeks, days),
        force=force,
        mode=mode,
        duty=duty,
        objective=objective,
        cap_ms=_ms("--cap", cap),
        total_ms=_ms("--total", total),
        unpredictable=finite("unpredictable", unpredictable) or 0.0,
        most=_above(0, "--most", most),
        teams_at_most=_above(0, "--teams", teams),
        stations=tuple(station or ()),
        closed=tuple(close or ()),
        gap_least=gap_least,
        gap_most=gap_most,
        absences=tuple(absences_of(absent)),
        halves=tuple(
            (date_of_option("--half", day), _half("--half", which)) for day, which in _pairs("--half", half)
        ),
        off=tuple(date_of_option("--off", text) for text in off or ()),
        seed=seed,
    )
    order.params()
    order.settings()
    opened = Workspace.open(workspace)
    saved = None if after is None else read_weeks(opened, after)
    if saved is not None:
        order = replace(order, last=last_visits(saved))
    if out is not None:
        require_bundle_target(out)
    limits = Limits(seconds=seconds, effort=_above(0, "--effort", effort))
    with (
        Progress(say, called=lambda stage: say.t(f"weeks_stage.{stage}")) as tell,
        interruptible(say) as cancelled,
    ):
        tell("read", 0.0)
        ground = patrol_ground(opened)
        asked = ordered_weeks(ground, order)
        plan = plan_period(
            asked.problem, params=order.params(), limits=limits, seed=seed, progress=tell, cancel=cancelled
        )
    names = PlaceNames.of(ground.tables)
    facts: dict[str, Any] = weeks_facts(asked, plan, say.t, names)
    frame = None
    if saved is not None:
        frame = compared(saved.visits, plan, days_before=int(saved.params["days"]))
        facts["compared"] = compared_facts(asked, frame)
    plan_name = say.t("weeks.name", first=order.first.isoformat(), days=order.days)
    facts["id"] = keep_weeks(opened, asked, plan, name=plan_name, stamp=ground.stamp) if save else None
    facts["files"] = []
    if out is not None:
        files = weeks_files(asked, plan, facts, say.t, compared=frame)
        write_files(files, out)
        facts["files"] = sorted(files)
    say.result(
        facts,
        *weeks_lines(asked, plan, say.t, names),
        *day_rows(asked, plan, say.t),
        *(compared_lines(asked, frame, say.t) if frame is not None else ()),
        *([say.t("patrol.kept", id=facts["id"])] if save else []),
        *([say.t("patrol.written", files=say.t.listed(facts["files"]), folder=str(out))] if out else []),
    )


@door.command("replan")
@told
def replan_(
    workspace: WorkspacePath,
    plan_id: Annotated[str, typer.Argument(metavar="PLAN_ID", help="周期方案 / the plan of weeks")],
    from_: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="YYYY-MM-DD",
            help="从哪天起可改；默认最早的变动 / from when on; default the first change",
        ),
    ] = None,
    absent: Absent = None,
    close: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ROAD_ID[:DATE]", help="从某日起封闭的道路 / a road that is closed from a day on"
        ),
    ] = None,
    event: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DATE:PLACE[:MIN]",
            help="某日在某村或某点增加一次巡防 / a further visit on a day, at a village or stop",
        ),
    ] = None,
    most_moved: Annotated[
        float, typer.Option(metavar="0..1", help="至多改动几成的巡访 / share of visits that may move")
    ] = 0.15,
    seconds: Annotated[float, typer.Option(min=0.1, help="找多久（秒） / how long to search")] = 4.0,
    effort: Effort = None,
    seed: Seed = 1,
    out: Out = None,
    save: Save = True,
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """有队缺勤、道路封闭、临时增加任务：少改动地重排 / plan anew with few changes when something happens."""
    from data.workspace import Workspace
    from planning.patrol.params import Limits
    from planning.patrol.period.building import Event
    from planning.patrol.period.replanning import replan
    from ui.names import PlaceNames
    from ui.paper.bundle import require_bundle_target, write_files
    from ui.patrol_ground import patrol_ground
    from ui.weeks_files import weeks_files
    from ui.weeks_order import WeeksOrder, ordered_weeks
    from ui.weeks_report import change_facts, change_lines, weeks_facts, weeks_lines
    from ui.weeks_saving import keep_weeks, kept_weeks, read_weeks

    say = speaker(lang, as_json)
    opened = Workspace.open(workspace)
    saved = read_weeks(opened, plan_id)
    if out is not None:
        require_bundle_target(out)
    order = WeeksOrder.from_dict(saved.params)
    absences = tuple(absences_of(absent))
    events = tuple(
        Event(date=date_of_option("--event", day), place=place, dwell_min=_minutes(minutes))
        for day, place, minutes in _triples("--event", event)
    )
    closings = [
        (road, date_of_option("--close", day) if day else None)
        for road, day in _pairs("--close", close, least=1)
    ]
    dates = [*(a.first for a in absences), *(e.date for e in events), *(day for _, day in closings if day)]
    if not (absences or events or closings):
        raise SettingError("replan_nothing")
    first = date_of_option("--from", from_) if from_ else max(min(dates, default=order.first), order.first)
    last = order.first + dt.timedelta(days=order.days - 1)
    if not order.first <= first <= last:
        raise SettingError("day_outside", date=str(first), first=str(order.first), until=str(last))
    changed = replace(
        order,
        absences=(*order.absences, *absences),
        events=(*order.events, *events),
        closed_on=(*order.closed_on, *((day or first, road) for road, day in closings)),
    )
    limits = Limits(seconds=seconds, effort=_above(0, "--effort", effort))
    with (
        Progress(say, called=lambda stage: say.t(f"weeks_stage.{stage}")) as tell,
        interruptible(say) as cancelled,
    ):
        tell("read", 0.0)
        ground = patrol_ground(opened)
        asked = ordered_weeks(ground, changed)
        found = replan(
            asked.problem,
            kept_weeks(saved, asked),
            from_day=(first - order.first).days,
            most_moved=finite("most_moved", most_moved) or 0.0,
            limits=limits,
            seed=seed,
            progress=tell,
            cancel=cancelled,
        )
    names = PlaceNames.of(ground.tables)
    facts = {
        **weeks_facts(asked, found.plan, say.t, names),
        **change_facts(asked, found, say.t),
        "hours_before": saved.summary.get("hours"),
        "of": plan_id,
    }
    name = say.t("weeks.name_changed", name=saved.name, day=first.isoformat())
    facts["id"] = keep_weeks(opened, asked, found.plan, name=name, stamp=ground.stamp) if save else None
    facts["files"] = []
    if out is not None:
        files = weeks_files(asked, found.plan, facts, say.t, changed=found)
        write_files(files, out)
        facts["files"] = sorted(files)
    say.result(
        facts,
        *weeks_lines(asked, found.plan, say.t, names),
        *change_lines(asked, found, say.t),
        *([say.t("patrol.kept", id=facts["id"])] if save else []),
        *([say.t("patrol.written", files=say.t.listed(facts["files"]), folder=str(out))] if out else []),
    )


def date_of_option(option: str, text: str) -> dt.date:
    """Return the day that an option names; raises ``setting_wrong``."""
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise SettingError("setting_wrong", name=option, found=text, allowed="2026-12-01") from None


def days_of(weeks: int | None, days: int | None, *, usual: int = 1) -> int:
    """Return how many days are asked for, in weeks or in days."""
    if weeks is not None and days is not None:
        raise SettingError("setting_wrong", name="--days", found=str(days), allowed="--weeks | --days")
    if days is not None:
        return _above(0, "--days", days) or 0
    return 7 * (_above(0, "--weeks", weeks) or usual)


def _ms(option: str, hours: float | None) -> int | None:
    if hours is None:
        return None
    if not (finite(option.strip("-"), hours) or 0) > 0:
        raise SettingError("setting_wrong", name=option, found=str(hours), allowed="> 0")
    return round(hours * _MS_PER_HOUR)


def _above(least: int, option: str, number: int | None) -> int | None:
    if number is not None and number <= least:
        raise SettingError("setting_wrong", name=option, found=str(number), allowed=f"> {least}")
    return number


def _half(option: str, text: str) -> str:
    half = _HALF_WORDS.get(text.strip().lower())
    if half is None:
        raise SettingError("setting_wrong", name=option, found=text, allowed="am, pm")
    return half


def _minutes(text: str) -> float:
    if not text:
        return 30.0
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0
    if not 0 < minutes <= 24 * 60:
        raise SettingError("setting_wrong", name="--event", found=text, allowed="1–1440")
    return minutes


def absences_of(texts: list[str] | None) -> Iterable[Absence]:
    """Yield absences as people write them: 队号:2026-12-02..2026-12-04:am."""
    from planning.patrol.period.building import Absence

    for text in texts or ():
        # Ids may hold colons; dates do not.
        parts = text.replace("：", ":").split(":")
        half = (
            _half("--absent", parts.pop())
            if len(parts) > 2 and parts[-1].strip().lower() in _HALF_WORDS
            else ""
        )
        if len(parts) < 2:
            raise SettingError(
                "setting_wrong", name="--absent", found=text, allowed="TEAM:2026-12-02[..2026-12-04][:am]"
            )
        first, _, until = parts.pop().partition("..")
        yield Absence(
            team_id=":".join(parts).strip(),
            first=date_of_option("--absent", first),
            until=date_of_option("--absent", until or first),
            half=half,
        )


def _pairs(option: str, texts: list[str] | None, *, least: int = 2) -> Iterable[tuple[str, str]]:
    for text in texts or ():
        one, mark, two = text.replace("：", ":").partition(":")
        if least > 1 and not (mark and two):
            raise SettingError("setting_wrong", name=option, found=text, allowed="…:…")
        yield one.strip(), two.strip()


def _triples(option: str, texts: list[str] | None) -> Iterable[tuple[str, str, str]]:
    """Yield date, place and minutes; places may hold colons."""
    for text in texts or ():
        date, _, rest = text.replace("：", ":").partition(":")
        place, mark, minutes = rest.rpartition(":")
        if not mark or not minutes.replace(".", "").isdigit() or not place:
            place, minutes = rest, ""
        if not place.strip():
            raise SettingError("setting_wrong", name=option, found=text, allowed="2026-12-03:PLACE[:30]")
        yield date.strip(), place.strip(), minutes.strip()
