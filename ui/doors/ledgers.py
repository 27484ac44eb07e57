"""Command on the ledgers of the safety loop: listed, sent out as Excel, taken back, written to by hand."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geo.errors import SettingError
from ui.doors.rows import records
from ui.doors.speaking import AsJson, Lang, Speaker, WorkspacePath, pair, speaker, told

if TYPE_CHECKING:
    import pandas as pd

    from data.ledgers import EntryChanges
    from data.workspace import Workspace


@told
def ledger(
    workspace: WorkspacePath,
    name: Annotated[
        str,
        typer.Argument(
            metavar="LEDGER",
            help="台账 / objections 核对意见, measures 整改, notices 提示函, field_checks 实地评估",
        ),
    ],
    entry: Annotated[
        str | None, typer.Option(metavar="ID", help="要修改的一条 / the entry to change")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="填写；无 --entry 则新增 / fields of an entry"),
    ] = None,
    village: Annotated[str | None, typer.Option(metavar="ID", help="只看一个村社 / one village")] = None,
    still_open: Annotated[bool, typer.Option("--open", help="只看未办结 / those that are open")] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.xlsx", help="导出清单，供填写 / write a list to fill in")
    ] = None,
    back: Annotated[
        Path | None, typer.Option(metavar="FILE", help="收回填好的清单 / take a filled-in list back")
    ] = None,
    who: Annotated[str, typer.Option(metavar="LABEL", help="经办 / who does it")] = "",
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """核对意见、整改、提示函、实地评估的台账与清单 / the loop's ledgers, and lists out and back."""
    from data.exporting import export_bytes
    from data.ledgers import read_ledger, write_ledger
    from data.workspace import Workspace
    from ui.ledger_lists import read_ledger_list, save_ledger_list, write_ledger_list

    say, opened = speaker(lang, as_json), Workspace.open(workspace)
    if back is not None and (set_ or entry):
        raise SettingError("options_clash", name="--back", other="--set")
    if entry is not None and not set_:
        raise SettingError("option_needs", name="--entry", other="--set")
    villages, facts, lines = _villages(opened), {}, []
    if set_:
        ids = write_ledger(opened, name, _asked(entry, set_), who=who)
        facts["added"] = ids
    if back is not None:
        returned = read_ledger_list(back, name, read_ledger(opened, name), villages)
        ids = save_ledger_list(opened, name, returned, who=who)
        facts |= {
            "added": ids,
            "changed": sorted(returned.changes.changed),
            "same": returned.same,
            "lacking": list(returned.lacking),
        }
        lines += _told(facts, say)
    entries = _chosen(read_ledger(opened, name), village, still_open=still_open)
    facts |= {"ledger": name, "entries": records(entries)}
    lines += [_line(row, villages, say) for row in records(entries)] or [say.t("ledgers.none")]
    if out is not None:
        export_bytes(write_ledger_list(name, entries, villages, say.t), out)
        lines.append(say.t("ledgers.written", count=say.t.number(len(entries)), file=str(out)))
    say.result(facts, *lines)


def _villages(workspace: Workspace) -> pd.Series:
    table = workspace.read("villages")
    return table.set_index("village_id")["name"].fillna("")


def _asked(entry: str | None, pairs: list[str]) -> EntryChanges:
    from data.ledgers import EntryChanges

    cells: dict[str, Any] = {key: value or None for key, value in (pair("--set", text) for text in pairs)}
    return EntryChanges(changed={entry: cells}) if entry else EntryChanges(added=(cells,))


def _chosen(entries: pd.DataFrame, village: str | None, *, still_open: bool) -> pd.DataFrame:
    if village is not None:
        entries = entries[entries["village_id"] == village]
    return entries[entries["status"].isin(["open", "due", "draft", "sent"])] if still_open else entries


def _told(facts: dict[str, Any], say: Speaker) -> list[str]:
    t = say.t
    counts = {name: t.number(len(facts[name])) for name in ("changed", "added")}
    lines = [t("ledgers.back", same=t.number(facts["same"]), **counts)]
    if facts["lacking"]:
        lines.append(
            t("ledgers.lacking", count=t.number(len(facts["lacking"])), ids=t.listed(facts["lacking"]))
        )
    return lines


def _line(row: dict[str, Any], villages: pd.Series, say: Speaker) -> str:
    t, village = say.t, row.get("village_id") or ""
    place = " ".join(text for text in (village, villages.get(village, "")) if text)
    day = row.get("deadline") or row.get("due_on") or row.get("reply_due") or ""
    said = (row["id"], place, t.name("entry_status", row["status"]), day, row.get("owner"), row.get("text"))
    return " ".join(str(text) for text in said if text)
