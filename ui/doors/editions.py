"""Command on editions: what follows what after a re-cut or a merger."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from geo.errors import FileError, SettingError
from ui.doors.speaking import AsJson, Lang, Speaker, WorkspacePath, speaker, told

if TYPE_CHECKING:
    import pandas as pd

    from data.workspace import Workspace
    from ui.new_edition import Proposal


@told
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

    say, opened = speaker(lang, as_json), Workspace.open(workspace)
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


def _list_editions(say: Speaker, workspace: Workspace) -> None:
    from data.editions import read_editions

    rows = read_editions(workspace).to_dict("records")
    spans = [
        f"{row['edition_id']}\t{say.t.name('table', row['layer'])}\t{_known(row['valid_from'])}"
        f" – {row['valid_to']}\t{say.t.number(row['rows'])}\t{row['import_id']}\t{row['note']}"
        for row in rows
    ]
    plain = [{**row, "valid_from": _known(row["valid_from"]) or None} for row in rows]
    say.result({"editions": plain}, *(spans or [say.t("edition.none")]))


def _cancel_edition(say: Speaker, workspace: Workspace, edition_id: str) -> None:
    from data.editions import drop_edition

    kept = drop_edition(workspace, edition_id)
    more = [say.t("edition.plans_kept", plans=say.t.listed(kept))] if kept else []
    say.result({"edition": edition_id, "plans_kept": kept}, say.t("edition.cancelled", id=edition_id), *more)


def _write_codes(say: Speaker, proposal: Proposal, rows: pd.DataFrame, file: Path) -> None:
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
