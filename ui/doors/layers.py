"""Commands on layers and tables: the sample, imports and their undo, exports."""

from __future__ import annotations

import json
import sys
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from geo.errors import FileError
from ui.doors.speaking import AsJson, Lang, Speaker, WorkspacePath, pair, speaker, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from data.reporting import ImportReport
    from ui.words import Words

_REPORT_SUFFIXES = (".xlsx", ".json")


@told
def sample(
    workspace: WorkspacePath,
    seed: Annotated[int, typer.Option(min=0, help="随机种子 / seed")] = 0,
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """生成示例区县 / make the sample district."""
    from data.files import require_target
    from data.workspace import Workspace
    from ui.opening import make_sample

    say = speaker(lang, as_json)
    if workspace.exists():
        raise FileError("file_exists", file=str(workspace))
    require_target(workspace)
    made = Workspace.open(
        make_sample(workspace, seed=seed, tell=lambda stage: say.message(say.t(f"opening.{stage}")))
    )
    counts = made.counts()
    lines = [f"{say.t.name('table', name)}\t{say.t.number(count)}" for name, count in counts.items()]
    facts = {"workspace": str(workspace), "name": made.name, "crs": made.crs.to_string(), "tables": counts}
    say.result(facts, say.t("cli.sample_made", name=made.name, file=str(workspace)), *lines)


@told
def import_(
    workspace: WorkspacePath,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="文件 / file")],
    table: Annotated[str, typer.Option("--as", metavar="TABLE", help="grids, zones, villages, …")],
    id_column: Annotated[str | None, typer.Option("--id", metavar="COL", help="编码列 / id column")] = None,
    name_column: Annotated[
        str | None, typer.Option("--name", metavar="COL", help="名称列 / name column")
    ] = None,
    field: Annotated[list[str] | None, typer.Option("--map", metavar="FIELD=COL")] = None,
    crs: Annotated[
        str | None,
        typer.Option(metavar="EPSG:n|gcj02|bd09", help="文件的坐标系 / what the coordinates are in"),
    ] = None,
    district: Annotated[
        str | None, typer.Option(metavar="NAME", help="新工作区的区县名 / name of a new district")
    ] = None,
    district_crs: Annotated[
        str | None,
        typer.Option(metavar="EPSG:n", help="新工作区的米制坐标系 / metric CRS of a new workspace"),
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="编码 / text encoding")] = None,
    layer: Annotated[str | None, typer.Option(help="图层或工作表 / layer or sheet")] = None,
    mode: Annotated[
        str | None,
        typer.Option(help="replace 整表替换 | update 按编码更新 / by id; 默认自动 / chosen by default"),
    ] = None,
    dissolve: Annotated[
        bool, typer.Option("--dissolve", help="合并同编码图形 / merge shapes that repeat an id")
    ] = False,
    repair: Annotated[
        bool,
        typer.Option("--repair", help="修复图形，剔除无图形的行 / mend shapes, leave out rows without"),
    ] = False,
    places: Annotated[
        list[str] | None,
        typer.Option(metavar="COL", help="此列是地名而非人名 / names of places, not of persons"),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="只检查，不导入 / check only, import nothing")
    ] = False,
    report_file: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="检查报告 / report as .xlsx or .json")
    ] = None,
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """导入图层或表格 / import a layer or a table; a new workspace is made where there is none."""
    from data.importing import ImportParams, open_or_create, prepare
    from data.schemas import NAME, TABLES
    from data.workspace import Workspace

    say = speaker(lang, as_json)
    table = {"assignment": "declared_assignment"}.get(table, table)
    mapping = dict(pair("--map", text) for text in field or [])
    if id_column and table in TABLES:
        mapping[next(iter(TABLES[table].columns))] = id_column
    if name_column:
        mapping[NAME] = name_column
    params = ImportParams(
        mapping=mapping,
        layer=layer,
        crs=crs,
        encoding=encoding,
        dissolve=dissolve,
        repair=repair,
        mode=mode,  # type: ignore[arg-type]
        places=tuple(places or ()),
    )
    known = Workspace.open(workspace) if workspace.exists() else None
    if report_file is not None:
        _require_report(report_file)
    with prepare(
        file, table, params=params, workspace=known, district_crs=district_crs, tell=_progress(say)
    ) as draft:
        report = draft.report
        if not (check or report.faults):
            kept_in = known or open_or_create(workspace, name=district, crs=district_crs)
            report = draft.keep(kept_in)
        if report_file is not None:
            _write_report(report, report_file, say.t)
        _tell_import(say, report, checked_only=check)
        if report.faults:
            if not as_json:
                draft.require_right()
            raise typer.Exit(2)


@told
def imports(
    workspace: WorkspacePath,
    undo: Annotated[str | None, typer.Option(metavar="ID", help="撤销这次导入 / undo this import")] = None,
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """导入历史与撤销 / what was imported, and undoing it."""
    from data.imports import read_imports, undo_import
    from data.workspace import Workspace

    say = speaker(lang, as_json)
    opened = Workspace.open(workspace)
    if undo is not None:
        table = undo_import(opened, undo)
        rows = opened.counts().get(table, 0)
        say.result(
            {"undone": undo, "table": table, "rows": rows},
            say.t("cli.undone", id=undo, table=say.t.name("table", table), rows=say.t.number(rows)),
        )
        return
    listed = read_imports(opened).drop(columns="report").to_dict("records")
    lines = [
        f"{row['import_id']}\t{row['at']}\t{say.t.name('table', row['layer'])}\t{say.t.number(row['rows'])}"
        f"\t{row['file']}\t{say.t('cli.import_undone') if isinstance(row['undone'], str) else ''}"
        for row in listed
    ]
    plain = [{str(k): v if v == v else None for k, v in row.items()} for row in listed]  # noqa: PLR0124
    say.result({"imports": plain}, *(lines or [say.t("cli.no_imports")]))


@told
def export(
    workspace: WorkspacePath,
    what: Annotated[
        str, typer.Argument(metavar="LAYER|PLAN", help="grids…, plan:ID, findings, map:nesting, map:overview")
    ],
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".csv .xlsx .gpkg .geojson .shp .html")],
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """导出图层、方案、问题清单或单文件地图 / export a layer, a plan, the findings or a one-file map."""
    from data.workspace import Workspace
    from ui.exports import export_from

    say = speaker(lang, as_json)
    rows = export_from(Workspace.open(workspace), what, file, lang=lang)
    say.result(
        {"what": what, "file": str(file), "rows": rows},
        say.t("cli.exported", what=what, rows=rows, file=str(file)),
    )


def _progress(say: Speaker) -> Callable[[int, int | None], None] | None:
    """Return what shows how many rows have been read, on a terminal; nothing in a script."""
    if not sys.stderr.isatty():
        return None

    def tell(done: int, rows: int | None) -> None:
        text = say.t.number(done) + (f" / {say.t.number(rows)}" if rows else "")
        typer.echo(f"\r{say.t('cli.rows_read', rows=text)}", err=True, nl=done == rows)

    return tell


def _tell_import(say: Speaker, report: ImportReport, *, checked_only: bool) -> None:
    t = say.t
    for finding in report.findings:
        if finding.weight == "suggestion":
            say.message(f"{t('import_weight.suggestion')}: {t.reason(finding.reason)}")
    if not say.as_json:
        for code, count in report.counts.get("note", {}).items():
            first = next(f.reason for f in report.of("note") if f.reason.code == code)
            more = t("cli.and_more", count=t.number(count - 1)) if count > 1 else ""
            say.message(f"{t('import_weight.note')}: {t.reason(first)}{more}")
    if report.faults and not say.as_json:
        return
    read = [f"{t.name('column', name)} ← {column}" for name, column in report.mapping.items()]
    facts = {"rows": t.number(report.rows), "table": t.name("table", report.table), "file": report.file}
    say.result(
        report.summary(),
        t("cli.checked", **facts) if checked_only else t("cli.imported", id=report.import_id, **facts),
        t("cli.import_read", columns=t.listed(read, at_most=20)),
        t("cli.import_left", columns=t.listed(report.left_out, at_most=20) or "—"),
        *(
            [t("cli.import_replaced", count=t.number(report.replaced))]
            if report.replaced and report.mode == "replace" and not checked_only
            else []
        ),
        *([t("cli.import_dissolved", count=report.dissolved)] if report.dissolved else []),
    )


def _require_report(file: Path) -> None:
    from data.exporting import require_export_target

    if file.suffix.lower() not in _REPORT_SUFFIXES:
        raise FileError(
            "file_kind_unknown", file=str(file), found=file.suffix, known=" ".join(_REPORT_SUFFIXES)
        )
    require_export_target(file)


def _write_report(report: ImportReport, file: Path, t: Words) -> None:
    from data.exporting import export_bytes
    from ui.reports import report_sheets
    from ui.tables import write_xlsx

    if file.suffix.lower() == ".xlsx":
        export_bytes(write_xlsx(report_sheets(report, t)), file)
    else:
        export_bytes(json.dumps(report.summary(), ensure_ascii=False, indent=1).encode(), file)
