"""Commands that tell what changed: the fixed table of a period, and what is beyond chance."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from data.schemas import CATEGORY
from ui.doors.speaking import AsJson, Lang, WorkspacePath, pair, speaker, told

if TYPE_CHECKING:
    from ui.call_places import CallPlaces
    from ui.change_tables import TableAnswer
    from ui.doors.speaking import Speaker
    from ui.words import Words

PeriodText = Annotated[
    str,
    typer.Option(
        "--period",
        metavar="2026-10|2026-W41|2026-10-X1|A..B",
        help="月、周、旬、季、年、日或起止日 / month, week, ten days, quarter, year, day, from..to",
    ),
]
BasisText = Annotated[
    str | None,
    typer.Option(
        metavar="BASIS",
        help="统计口径：接报、有效、非警务… / received, valid, non_police…; widest by default",
    ),
]
Edition = Annotated[
    str, typer.Option(metavar="internal|external", help="对外版不列 10 以下的数 / external: none under 10")
]


@told
def table(
    workspace: WorkspacePath,
    period: PeriodText,
    by: Annotated[
        str,
        typer.Option(
            "--by", metavar="station|town|zone|village|category", help="按什么分行 / what the rows are"
        ),
    ] = "station",
    category: Annotated[
        str | None, typer.Option(metavar="C", help="只计这类警情 / only calls of this category")
    ] = None,
    basis: BasisText = None,
    spring_festival: Annotated[
        bool, typer.Option("--spring-festival", help="去年同期按春节对齐 / last year aligned to the festival")
    ] = False,
    per_day: Annotated[bool, typer.Option("--per-day", help="按日均比较 / compare calls a day")] = False,
    edition: Edition = "internal",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.xlsx|csv", help="写入文件 / write a workbook or CSV")
    ] = None,
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """统计表：本期、环比、同比、累计 / the fixed table of a period, with what is within chance."""
    from data.workspace import Workspace
    from planning.periods import parse_period
    from ui.call_places import CallPlaces
    from ui.change_tables import TableAsked, table_answer, table_facts, table_lines

    began, say = time.monotonic(), speaker(lang, as_json)
    asked = TableAsked(
        period=parse_period(period),
        by=by,
        category=_code("category", category),
        basis=_code("basis", basis),
        spring_festival=spring_festival,
        per_day=per_day,
        edition=edition,
    )
    if out is not None:
        _require_table_file(out)
    _counting(say)
    answer = table_answer(CallPlaces.of(Workspace.open(workspace)), asked, say.t)
    written = [] if out is None else [_write(answer, out, say.t)]
    facts = {**table_facts(answer), "file": None if out is None else str(out)}
    lines = table_lines(answer, say.t) if out is None else written
    say.result({**facts, "seconds": round(time.monotonic() - began, 3)}, *lines)


def _code(column: str, text: str | None) -> str | None:
    """Return the code of what a bureau writes (盗窃), and what has none as it is."""
    from data.synonyms import VALUE_SYNONYMS

    return None if text is None else VALUE_SYNONYMS["incidents"][column].get(text.strip(), text.strip())


def _require_table_file(path: Path) -> None:
    from data.exporting import require_export_target
    from geo.errors import FileError

    require_export_target(path)
    if path.suffix.lower() not in (".xlsx", ".csv"):
        raise FileError("file_kind_unknown", file=str(path), found=path.suffix, known=".xlsx .csv")


def _write(answer: TableAnswer, path: Path, t: Words) -> str:
    from data.exporting import export_bytes
    from ui.change_tables import table_rows, table_sheet, table_title
    from ui.paper.workbooks import write_workbook
    from ui.tables import write_csv

    if path.suffix.lower() == ".csv":
        content = write_csv(table_rows(answer))
    else:
        mark = t(f"table.mark_{answer.asked.edition}")
        sheets = {t("table.sheet"): [table_sheet(answer, t)]}
        content = write_workbook(sheets, mark=mark, stamp=datetime.now(UTC).replace(microsecond=0))
    export_bytes(content, path)
    rows = t.number(len(answer.table.rows))
    return t("table.written", title=table_title(answer, t), file=str(path), rows=rows)


@told
def alerts(
    workspace: WorkspacePath,
    period: PeriodText,
    basis: BasisText = None,
    a_day: Annotated[
        float, typer.Option("--a-day", metavar="N", help="忙镇街的日均警情 / calls a day of a busy town")
    ] = 15.0,
    design_effect: Annotated[
        float, typer.Option("--design-effect", metavar="X", help="抽样设计效应 / of the survey")
    ] = 1.0,
    profile: Annotated[
        str,
        typer.Option(metavar="NAME|FILE", help="要素取自哪个指数方案 / the index profile with the pillars"),
    ] = "pingan_village",
    measure: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VILLAGE=DATE",
            help="村社已采取措施的日期，持续变化从下期重新累计 / done about a village then",
        ),
    ] = None,
    edition: Edition = "internal",
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """异常提示：超出正常波动的村社 / villages that changed by more than chance, with the false alarms."""
    from data.workspace import Workspace
    from geo.errors import SettingError
    from planning.alert_report import AlertsAsked, alert_report, pillar_categories
    from planning.busy_towns import BusyRule
    from planning.calls import counted_calls
    from planning.index.profile_reading import load_profile
    from planning.periods import parse_period
    from ui.alert_words import AlertAnswer, alert_facts, alert_lines
    from ui.call_places import CallPlaces
    from ui.change_tables import EDITIONS

    began, say = time.monotonic(), speaker(lang, as_json)
    if edition not in EDITIONS:
        raise SettingError("setting_wrong", name="--edition", found=edition, allowed=" | ".join(EDITIONS))
    asked_for, pillars, rule = (
        parse_period(period),
        load_profile(profile),
        BusyRule(a_day=a_day, stays_from=0.9 * a_day),
    )
    _counting(say)
    places = CallPlaces.of(Workspace.open(workspace))
    calls = counted_calls(places.tables.get("incidents"), basis=_code("basis", basis))
    asked = AlertsAsked(
        period=asked_for,
        rule=rule,
        design_effect=design_effect,
        pillars=pillar_categories(pillars, calls.rows[CATEGORY].unique()),
        measures=dict(_measure(text, places) for text in measure or ()),
    )
    report = alert_report(calls, places.watched(asked_for), asked, indicators=places.tables.get("indicators"))
    answer = AlertAnswer(
        report=report,
        names=places.names,
        district=places.workspace.name,
        edition=edition,
        profile=pillars,
        basis_given=basis is not None,
    )
    facts, lines = alert_facts(answer, say.t), alert_lines(answer, say.t)
    say.result({**facts, "seconds": round(time.monotonic() - began, 3)}, *lines)


def _measure(text: str, places: CallPlaces) -> tuple[str, str]:
    """Return the village, by code or name, and the day (ISO) of ``VILLAGE=DATE``."""
    from geo.errors import SettingError
    from planning.periods import DAY, parse_period
    from ui.place_codes import place_codes

    village, day = pair("--measure", text)
    (code,) = place_codes("--measure", [village], places.tables, "villages")
    if code not in set(places.ids("village", parse_period(day))):
        raise SettingError("village_unknown", ids=village)
    found = parse_period(day)
    if found.kind != DAY:
        raise SettingError("setting_wrong", name="--measure", found=day, allowed="2026-10-15")
    return code, found.first.isoformat()


def _counting(say: Speaker) -> None:
    """Tell somebody who watches that it takes some seconds."""
    if sys.stderr.isatty():
        say.message(say.t("table.counting"))
