"""The terminal door: the same calls as the pages, for scripts and for those who like it better."""

from __future__ import annotations

import json
import os
import socket
import sys
import traceback
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geo.errors import FileError, GridBeatError, SettingError
from ui.words import LANGS, Words, words

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from data.reporting import ImportReport
    from data.workspace import Workspace
    from planning.nesting import Nesting
    from ui.new_edition import Proposal

door = typer.Typer(
    name="gridbeat",
    help="GridBeat 警格: 警务区、巡防与平安村社规划 / police zones, patrols and village safety.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_REPORT_SUFFIXES = (".xlsx", ".json")
WorkspacePath = Annotated[
    Path, typer.Argument(metavar="WORKSPACE", help="工作区文件 / workspace file (.gpkg)")
]
AsJson = Annotated[bool, typer.Option("--json", help="结果输出为一个 JSON 对象 / one JSON object on stdout")]
Lang = Annotated[str, typer.Option("--lang", help="zh | en", envvar="GRIDBEAT_LANG")]


@dataclass(frozen=True)
class _Speaker:
    """What a command says: one JSON object or plain lines on stdout, messages on stderr."""

    t: Words
    as_json: bool

    def result(self, facts: dict[str, Any], *lines: str) -> None:
        if self.as_json:
            typer.echo(json.dumps(facts, ensure_ascii=False))
        else:
            typer.echo("\n".join(lines))

    def message(self, text: str) -> None:
        typer.echo(text, err=True)


def _speaker(lang: str, as_json: bool) -> _Speaker:
    if lang not in LANGS:
        raise typer.BadParameter(f"--lang: {' | '.join(LANGS)}")
    return _Speaker(words(lang), as_json)


def _told(command: Callable[..., None]) -> Callable[..., None]:
    """Turn our errors, and the system's refusals, into words and exit code 2, anything else into 1."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        t = _speaker(kwargs.get("lang", "zh"), as_json=False).t
        try:
            command(*args, **kwargs)
        except GridBeatError as error:
            lines = t.reasons(error)
            more = [t("cli.more_faults", count=t.number(n))] if (n := _further(error, lines)) else []
            typer.echo("\n".join([t.reason(error), *(f"- {line}" for line in lines), *more]), err=True)
            raise typer.Exit(2) from None
        except OSError as refusal:
            why, file = refusal.strerror or str(refusal), refusal.filename or ""
            typer.echo(t.reason(FileError("file_not_writable", file=str(file), why=why)), err=True)
            raise typer.Exit(2) from None
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except Exception:
            typer.echo(traceback.format_exc() + t("cli.our_fault"), err=True)
            raise typer.Exit(1) from None

    return run


@door.command()
@_told
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

    say = _speaker(lang, as_json)
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


@door.command("import")
@_told
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

    say = _speaker(lang, as_json)
    table = {"assignment": "declared_assignment"}.get(table, table)
    mapping = dict(_pair("--map", text) for text in field or [])
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


@door.command()
@_told
def imports(
    workspace: WorkspacePath,
    undo: Annotated[str | None, typer.Option(metavar="ID", help="撤销这次导入 / undo this import")] = None,
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """导入历史与撤销 / what was imported, and undoing it."""
    from data.imports import read_imports, undo_import
    from data.workspace import Workspace

    say = _speaker(lang, as_json)
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


@door.command()
@_told
def nest(
    workspace: WorkspacePath,
    by: Annotated[str, typer.Option(help="area | residents")] = "area",
    repair: Annotated[
        bool, typer.Option("--repair", help="修复并存为方案 / repair and save as a plan")
    ] = False,
    give: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ZONE",
            help="给空警务区其最大网格 / give an empty zone its best grid (all)",
        ),
    ] = None,
    exempt: Annotated[
        list[str] | None, typer.Option(metavar="GRID", help="飞地豁免 / a grid known to lie apart")
    ] = None,
    source: Annotated[str | None, typer.Option("--from", help="polygons | table")] = None,
    nested_share: Annotated[float, typer.Option(help="视为嵌套的份额 / share that counts as nested")] = 0.99,
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """网格与警务区的嵌套 / how grids nest in zones, and what breaks it."""
    from data.workspace import Workspace
    from geo.nesting import NestingParams
    from planning.nesting import nest_district
    from planning.repair import repair_district
    from ui.saving import NESTING_TABLES, read_tables, save_nesting

    say = _speaker(lang, as_json)
    if source not in (None, "polygons", "table"):
        raise SettingError("setting_wrong", name="--from", found=source, allowed="polygons, table")
    if give and not repair:
        raise SettingError("option_needs", name="--give", other="--repair")
    opened = Workspace.open(workspace)
    stamp, tables = opened.stamp, read_tables(opened, NESTING_TABLES)
    params = NestingParams(by=by, nested_share=nested_share)  # type: ignore[arg-type]
    nesting = nest_district(tables, params=params, exempt=exempt or (), source=source)  # type: ignore[arg-type]
    if unknown := sorted(set(exempt or ()) - set(nesting.grids.index)):
        raise SettingError("grid_unknown", grids=", ".join(unknown))
    plan_id, shown, moved = None, nesting, 0.0
    if repair:
        mended = repair_district(tables, nesting, give_to=_given(say, nesting, give))
        shown, moved = mended.nesting, float(mended.moved["area_m2"].sum())
        plan_id = save_nesting(opened, mended, name=say.t("plan.first_name"), stamp=stamp)
    for zone in shown.empty_zones:
        say.message(say.t("cli.zone_empty", zone=zone))
    facts = {**shown.summary(), "plan": plan_id, "moved_m2": moved, "empty_zone_ids": shown.empty_zones}
    kinds = shown.findings["code"].value_counts()
    say.result(
        {**facts, "findings_by_code": {str(code): int(n) for code, n in kinds.items()}},
        _headline(say.t, shown.summary()),
        *(f"{say.t.name('finding', code)}\t{n}" for code, n in kinds.items()),
        *([say.t("cli.plan_saved", plan=plan_id, area=say.t.area(moved))] if plan_id else []),
    )


@door.command()
@_told
def edition(
    workspace: WorkspacePath,
    layer: Annotated[
        str | None, typer.Option("--as", metavar="LAYER", help="grids, villages, zones, stations, towns")
    ] = None,
    valid_from: Annotated[
        str | None,
        typer.Option("--from", metavar="YYYY-MM-DD", help="新版起始日 / first day of the new edition"),
    ] = None,
    import_id: Annotated[
        str | None,
        typer.Option("--import-id", metavar="ID", help="哪次导入 / which import; 默认最近 / the latest"),
    ] = None,
    codes: Annotated[
        Path | None, typer.Option(metavar="FILE", help="改正过的新旧对照 / corrected code table (.csv .xlsx)")
    ] = None,
    write_codes: Annotated[
        Path | None, typer.Option(metavar="FILE", help="只输出对照供核对 / only write the code table")
    ] = None,
    note: Annotated[str, typer.Option(help="说明 / note")] = "",
    cancel: Annotated[
        str | None, typer.Option(metavar="EDITION", help="取消版本 / take a recorded edition back")
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="列出版本 / list the editions")] = False,
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """把一次导入记为新版 / record an import as a new edition: code table, plans and tables follow."""
    from data.workspace import Workspace
    from ui.edition_report import lines
    from ui.new_edition import counts_by_kind, import_of, propose, read_codes, record, settled

    say, opened = _speaker(lang, as_json), Workspace.open(workspace)
    if listed:
        _list_editions(say, opened)
        return
    if cancel:
        _cancel_edition(say, opened, cancel)
        return
    if layer is None and import_id is None:
        raise SettingError("option_needs", name="edition", other="--as")
    if valid_from is None and write_codes is None:
        raise SettingError("option_needs", name="edition", other="--from")
    proposal = propose(opened, import_id or import_of(opened, str(layer)))
    rows = settled(proposal, None if codes is None else read_codes(codes))
    counts = counts_by_kind(rows)
    facts = {"import": proposal.import_id, "layer": proposal.layer, "kinds": counts}
    told = [f"{say.t.name('succession', kind)}\t{say.t.number(count)}" for kind, count in counts.items()]
    if write_codes is not None:
        _write_codes(say, proposal, rows, write_codes)
        say.result({**facts, "file": str(write_codes)}, *told)
        return
    done = record(opened, proposal, rows, valid_from=str(valid_from), note=note, t=say.t)
    say.result({**facts, **done.summary()}, *told, *lines(done, say.t))


@door.command()
@_told
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

    say = _speaker(lang, as_json)
    rows = export_from(Workspace.open(workspace), what, file, lang=lang)
    say.result(
        {"what": what, "file": str(file), "rows": rows},
        say.t("cli.exported", what=what, rows=rows, file=str(file)),
    )


@door.command()
@_told
def backup(
    workspace: WorkspacePath,
    folder: Annotated[
        Path | None, typer.Option(help="备份文件夹 / folder; 默认在工作区旁 / beside it")
    ] = None,
    keep: Annotated[int, typer.Option(min=1, help="保留份数 / copies to keep")] = 10,
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """备份工作区 / back the workspace up, even while others work in it."""
    from data.workspace import Workspace

    say = _speaker(lang, as_json)
    opened = Workspace.open(workspace)
    copy = opened.backup(folder or opened.path.parent / "backups", keep=keep)
    say.result({"file": str(copy)}, say.t("cli.backed_up", file=str(copy)))


@door.command()
@_told
def restore(
    workspace: WorkspacePath,
    copy: Annotated[Path, typer.Argument(metavar="BACKUP", help="备份文件 / backup to restore")],
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """恢复备份；现状先行备份 / put a backup back; what is there now is backed up first."""
    from data.workspace import Workspace

    say = _speaker(lang, as_json)
    kept = Workspace.open(workspace).restore(copy)
    say.result({"file": str(kept)}, say.t("cli.restored", file=str(copy), kept=str(kept)))


@door.command("app")
@_told
def app(
    workspace: Annotated[Path | None, typer.Argument(metavar="[WORKSPACE]")] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="端口 / port")] = 8501,
    browser: Annotated[bool, typer.Option(help="打开浏览器 / open a browser")] = True,
    lang: Lang = "zh",
) -> None:
    """打开网页 / open the app; without WORKSPACE on the last district, or the sample."""
    if workspace is not None:
        from data.workspace import Workspace

        os.environ["GRIDBEAT_WORKSPACE"] = str(Workspace.open(workspace).path)
    script = Path(__file__).resolve().parent.parent / "app.py"
    if not script.is_file():
        raise FileError("file_missing", file=str(script))
    _require_free(port)
    # In this very process: a child would be left behind when the window is closed.
    from streamlit.web import cli as streamlit_door

    from ui.server import options

    typer.echo(_speaker(lang, as_json=False).t("cli.serving", url=f"http://127.0.0.1:{port}"), err=True)
    sys.argv = ["streamlit", "run", str(script), *options(port=port, browser=browser)]
    sys.exit(streamlit_door.main())


@door.command("warm-up", hidden=True)
def warm_up() -> None:
    """Compile what is compiled on first use, so that the first planner need not wait for it."""
    from geo.overlay import warm_up as compile_overlay

    compile_overlay()


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        # As the server itself will bind: a port that was closed a moment ago is free.
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise SettingError("port_busy", port=port, url=f"http://127.0.0.1:{port}") from None


def _further(error: GridBeatError, shown: list[str]) -> int:
    count = error.facts.get("count", 0)
    return max((count if isinstance(count, int) else 0), len(error.reasons)) - len(shown) if shown else 0


def _progress(say: _Speaker) -> Callable[[int, int | None], None] | None:
    """Return what shows how many rows have been read, on a terminal; nothing in a script."""
    if not sys.stderr.isatty():
        return None

    def tell(done: int, rows: int | None) -> None:
        text = say.t.number(done) + (f" / {say.t.number(rows)}" if rows else "")
        typer.echo(f"\r{say.t('cli.rows_read', rows=text)}", err=True, nl=done == rows)

    return tell


def _tell_import(say: _Speaker, report: ImportReport, *, checked_only: bool) -> None:
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


def _given(say: _Speaker, nesting: Nesting, stated: list[str] | None) -> list[str]:
    """Return the empty zones that get their best grid: as stated, else as the person at the terminal says."""
    from planning.nesting import best_grid
    from planning.repair import givable

    if stated == ["all"]:
        return givable(nesting)
    if stated is not None or say.as_json or not sys.stdin.isatty():
        return stated or []
    best = {zone: best_grid(nesting.pairs, zone) for zone in nesting.empty_zones}
    return [
        zone
        for zone, grid in best.items()
        if grid and typer.confirm(say.t("cli.give_ask", zone=zone, grid=grid), err=True)
    ]


def _list_editions(say: _Speaker, workspace: Workspace) -> None:
    from data.editions import read_editions

    rows = read_editions(workspace).to_dict("records")
    spans = [
        f"{row['edition_id']}\t{say.t.name('table', row['layer'])}\t{_known(row['valid_from'])}"
        f" – {row['valid_to']}\t{say.t.number(row['rows'])}\t{row['import_id']}\t{row['note']}"
        for row in rows
    ]
    plain = [{**row, "valid_from": _known(row["valid_from"]) or None} for row in rows]
    say.result({"editions": plain}, *(spans or [say.t("edition.none")]))


def _cancel_edition(say: _Speaker, workspace: Workspace, edition_id: str) -> None:
    from data.editions import drop_edition

    kept = drop_edition(workspace, edition_id)
    more = [say.t("edition.plans_kept", plans=say.t.listed(kept))] if kept else []
    say.result({"edition": edition_id, "plans_kept": kept}, say.t("edition.cancelled", id=edition_id), *more)


def _write_codes(say: _Speaker, proposal: Proposal, rows: pd.DataFrame, file: Path) -> None:
    from data.exporting import export_bytes, require_export_target
    from ui.new_edition import codes_table
    from ui.tables import write_csv, write_xlsx

    suffix = file.suffix.lower()
    if suffix not in (".csv", ".xlsx"):
        raise FileError("file_kind_unknown", file=str(file), found=suffix, known=".csv .xlsx")
    require_export_target(file)
    table = codes_table(proposal, rows, say.t)
    content = write_xlsx({say.t("table.successions"): table}) if suffix == ".xlsx" else write_csv(table)
    export_bytes(content, file)


def _known(value: object) -> str:
    return value if isinstance(value, str) else ""


def _headline(t: Words, facts: dict[str, Any]) -> str:
    zones, grids = t.number(facts["zones"]), t.number(facts["grids"])
    return f"{zones} / {grids} / {t.percent(facts['share_nested'])}"


def _pair(option: str, text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not (name and sign):
        raise SettingError("setting_wrong", name=option, found=text, allowed="FIELD=COL")
    return name, value


def main() -> None:
    """Run the command that the arguments name."""
    for stream in (sys.stdout, sys.stderr):
        # A Windows console may stand at GBK, and a pipe at ASCII.
        with suppress(AttributeError):
            stream.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    door()
