"""Ledgers as lists (Excel) for villages and posts that have no account: out, filled in, and back."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from data.guarding import blotted
from data.ledger_columns import ID, LEDGERS
from data.ledgers import EntryChanges, write_ledger
from data.readers import opened
from data.schemas import DATE, VILLAGE_ID
from data.times import parse_times
from geo.errors import Reason, SchemaError
from ui.tables import unguarded, write_xlsx
from ui.words import LANGS, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from data.ledger_columns import Ledger
    from data.workspace import Workspace
    from ui.words import Words

REV, VILLAGE_NAME = "rev", "village_name"
_SHOWN = 6
_CLOSE = 0.4


@dataclass(frozen=True, kw_only=True)
class ReturnedList:
    """
    A list that came back.

    Parameters
    ----------
    changes
        What is otherwise than in the ledger, by the revision that the list was written from, and new rows.
    same
        How many entries came back as they were.
    lacking
        Ids that were not on the list; they stay as they are.
    rows
        In which row of the sheet an entry stands, by id, or by number from 1 for new ones.
    """

    changes: EntryChanges
    same: int
    lacking: tuple[str, ...]
    rows: Mapping[str | int, int]


def list_columns(spec: Ledger) -> tuple[str, ...]:
    """Return the columns of a list: the id and its revision, what the ledger holds, the village's name."""
    names = [name for name in spec.columns if name != VILLAGE_ID]
    return (ID, VILLAGE_ID, VILLAGE_NAME, *names, REV)


def write_ledger_list(ledger: str, entries: pd.DataFrame, villages: pd.Series, t: Words) -> bytes:
    """
    Return a ledger's entries as a workbook: statuses to choose from, dates as dates.

    Parameters
    ----------
    entries
        As `data.ledgers.read_ledger` returns them, those that go out.
    villages
        Names by village_id.
    """
    spec = LEDGERS[ledger]
    rows = entries.assign(**{VILLAGE_NAME: entries[VILLAGE_ID].map(villages)})
    rows = rows[list(list_columns(spec))].astype(object).where(lambda held: held.notna(), None)
    for name, column in spec.columns.items():
        if column.choices:
            rows[name] = rows[name].map(lambda code: code and t.name("entry_status", code))
    choices = {
        t.name("column", name): [t.name("entry_status", code) for code in column.choices]
        for name, column in spec.columns.items()
        if column.choices
    }
    rows.columns = [t.name("column", name) for name in rows.columns]
    return write_xlsx({t.name("ledger", ledger): rows}, choices=choices)


def read_ledger_list(
    path: Path, ledger: str, entries: pd.DataFrame, villages: Mapping[str, str]
) -> ReturnedList:
    """
    Return what a list that was sent out says now; only the ledger's own columns are read.

    Parameters
    ----------
    path
        A workbook or CSV with the headings of either language.
    entries
        The ledger as it is now.
    villages
        Names by village_id.

    Raises
    ------
    SchemaError
        ``list_headings_unknown`` with each heading that is missing and the nearest one that is there;
        ``list_faults`` with a reason for each row that names another village than its entry, an entry that
        there is not, one twice, a status or a date that cannot be read.
    FileError
        As `data.readers.opened`.
    """
    spec = LEDGERS[ledger]
    rows = _rows(path, spec)
    held = entries.set_index(ID)
    faults = tuple(_faults(rows, held, villages, spec))
    rows, unread = _read(rows, spec)
    if faults := (*faults, *unread):
        faults = tuple(sorted(faults, key=lambda fault: int(str(fault.facts.get("row", 0)))))
        raise SchemaError("list_faults", file=path.name, count=len(faults), reasons=faults)
    return _compared(rows, held, spec)


def _rows(path: Path, spec: Ledger) -> pd.DataFrame:
    """Return the list's cells as texts by our names, without empty lines, by the rows of the sheet."""
    with opened(path) as source:
        layer = max(source.layers, key=lambda layer: len(_headings(layer.columns, spec)))
        found = _headings(layer.columns, spec)
        wanted = [name for name in list_columns(spec) if name != VILLAGE_NAME]
        if missing := [name for name in wanted if name not in found]:
            rest = [blotted(name) for name in layer.columns if name not in found.values()]
            reasons = tuple(_unheard(name, rest) for name in missing)
            raise SchemaError("list_headings_unknown", file=path.name, count=len(missing), reasons=reasons)
        parts = [
            pd.DataFrame(part)[[*found.values()]].set_axis([*found], axis=1)
            for part in source.batches(layer, [*found.values()])
        ]
    if not parts:
        return pd.DataFrame(columns=[*found])
    rows = pd.concat(parts).map(lambda cell: "" if pd.isna(cell) else unguarded(str(cell).strip()))
    return rows[(rows != "").any(axis=1)]


def _headings(columns: tuple[str, ...], spec: Ledger) -> dict[str, str]:
    """Return which of a sheet's headings stands for which of our columns, in either language."""
    plain = {"".join(name.split()): name for name in reversed(columns)}
    found = {}
    for name in list_columns(spec):
        for lang in LANGS:
            said = "".join(words(lang).name("column", name).split())
            if said in plain:
                found[name] = plain[said]
    return found


def _unheard(name: str, rest: list[str]) -> Reason:
    said = [words(lang).name("column", name) for lang in LANGS]
    near = next((match for text in said for match in difflib.get_close_matches(text, rest, 1, _CLOSE)), None)
    return Reason("list_heading_missing", {"column": name, "nearest": near, "found": rest[:_SHOWN]})


def _faults(
    rows: pd.DataFrame, held: pd.DataFrame, villages: Mapping[str, str], spec: Ledger
) -> Iterator[Reason]:
    seen: dict[str, int] = {}
    for row, cells in rows.iterrows():
        label, village = cells[ID], cells[VILLAGE_ID]
        if label and label in seen:
            yield Reason("list_entry_repeated", {"row": row, "id": label, "other": seen[label]})
        seen.setdefault(label, int(str(row)))
        if label and label not in held.index:
            yield Reason("list_entry_unknown", {"row": row, "id": label})
        elif label and village != (held.at[label, VILLAGE_ID] or ""):
            facts = {"row": row, "id": label, "found": village, "village": held.at[label, VILLAGE_ID]}
            yield Reason("list_village_differs", facts)
        elif not label and village not in villages and spec.columns[VILLAGE_ID].required:
            yield Reason("list_village_unknown", {"row": row, "found": village})


def _read(rows: pd.DataFrame, spec: Ledger) -> tuple[pd.DataFrame, list[Reason]]:
    """Return the cells as a ledger keeps them, and a reason for each that cannot be read."""
    read, faults = rows.mask(rows == "").astype(object), []
    for name, column in spec.columns.items():
        texts = rows[name]
        if column.choices:
            read[name] = texts.map(lambda text, choices=column.choices: _code(text, choices))
        elif column.kind == "date":
            read[name] = parse_times(texts)[DATE].astype(object)
        elif column.kind == "real":
            read[name] = pd.to_numeric(texts.replace("", None), errors="coerce").astype(object)
        read[name] = read[name].astype(object)
        allowed = [words(LANGS[0]).name("entry_status", code) for code in column.choices or ()] or None
        faults += [
            Reason(
                "list_value_unread",
                {"row": row, "column": name, "value": blotted(texts[row]), "allowed": allowed},
            )
            for row in rows.index[(texts != "") & read[name].isna()]
        ]
    return read, faults


def _code(text: str, choices: tuple[str, ...]) -> str | None:
    """Return the status that a text names: in either language, or as people shorten it (完成)."""
    plain = text.strip().casefold()
    said = {words(lang).name("entry_status", code).casefold(): code for lang in LANGS for code in choices}
    if plain in choices:
        return plain
    if plain in said:
        return said[plain]
    inside = {code for name, code in said.items() if plain in name and len(plain) > 1}
    return inside.pop() if len(inside) == 1 else None


def _compared(rows: pd.DataFrame, held: pd.DataFrame, spec: Ledger) -> ReturnedList:
    changed: dict[str, dict[str, Any]] = {}
    revs, added, same = {}, [], 0
    standing: dict[str | int, int] = {}
    for row, read in rows.iterrows():
        cells = {name: None if pd.isna(value) else value for name, value in read.items()}
        label = cells[ID]
        if not label:
            added.append({name: cells[name] for name in spec.columns if cells[name] is not None})
        standing[label or len(added)] = int(str(row))
        if not label:
            continue
        before = held.loc[label]
        other = {name: cells[name] for name in spec.columns if not _is_same(cells[name], before[name])}
        if not other:
            same += 1
            continue
        changed[label] = other
        if str(cells[REV] or "").isdigit():
            revs[label] = int(cells[REV])
    return ReturnedList(
        changes=EntryChanges(changed=changed, revs=revs, added=tuple(added)),
        same=same,
        lacking=tuple(label for label in held.index if label not in set(rows[ID])),
        rows=standing,
    )


def _is_same(now: Any, before: Any) -> bool:
    return bool(now == (None if pd.isna(before) else before))


def save_ledger_list(
    workspace: Workspace, ledger: str, returned: ReturnedList, *, who: str = ""
) -> list[str]:
    """
    Write what came back into a ledger, all of it or nothing, and return the ids of new entries.

    Raises
    ------
    SchemaError
        ``ledger_faults``, by the rows of the sheet; and as `data.ledgers.write_ledger`.
    """
    try:
        return write_ledger(workspace, ledger, returned.changes, who=who)
    except SchemaError as error:
        reasons = tuple(_on_the_sheet(found, returned) for found in error.reasons)
        raise SchemaError(error.code, reasons=reasons, **error.facts) from error


def _on_the_sheet(found: Reason, returned: ReturnedList) -> Reason:
    row = found.facts.get("row")
    known = isinstance(row, (str, int)) and row in returned.rows
    return Reason(found.code, {**found.facts, "row": returned.rows[row]}) if known else found  # type: ignore[index]
