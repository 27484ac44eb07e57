"""Tables in workbooks: xlsx, xlsm, xls and ods, whatever their ending, sheet by sheet."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Self, TypeVar

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from data.readers.delimited import MOST_COLUMNS, header_notes, positions, text_frame
from data.readers.headers import SAMPLE_ROWS, Header, MergedRange, column_letter, find_header, not_data_word
from data.readers.notes import Notes
from data.readers.source import BATCH_ROWS, SourceLayer
from data.readers.workbook_scan import WorkbookKind, scan_ods, scan_xlsx
from geo.errors import FileError, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

# Excel keeps 15 digits of a number; of a longer id the last ones are zeros or wrong.
_EXACT_NUMBERS = 1e15
# Shorter numbers are figures, of which each row would get its own if they were filled down.
_SHORTEST_CODE = 1e8
_ERRORS = ("#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!")
_SUFFIXES: Mapping[WorkbookKind, tuple[str, ...]] = {
    "xlsx": (".xlsx", ".xlsm"),
    "xls": (".xls",),
    "ods": (".ods",),
}
_Result = TypeVar("_Result")


class WorkbookFile:
    """
    A workbook, open for reading; see `data.readers.sheets.open_sheets`.

    Macros are never run, formulas never computed: what was last shown is read.

    Attributes
    ----------
    file, layers, notes
        As every source's; a layer per visible sheet that holds something.
    """

    def __init__(self, path: Path, kind: WorkbookKind) -> None:
        self.file = path
        self.notes: list[Reason] = []
        self._errors: Mapping[str, Mapping[int, int]] = {}
        if kind == "xlsx":
            self._errors = scan_xlsx(path)
        elif kind == "ods":
            scan_ods(path)
        self._book = self._called(lambda: _book(path, kind))
        self._loaded: tuple[str, CalamineSheet] | None = None
        self._headers: dict[str, Header] = {}
        self._noted: dict[str, Notes] = {}
        self.layers = tuple(self._layers())
        if not self.layers:
            raise FileError("file_without_rows", file=path.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file and of the sheet that was last read."""
        self._loaded = None
        self._called(self._book.close)

    def batches(
        self, layer: SourceLayer, columns: Sequence[str], *, size: int = BATCH_ROWS
    ) -> Iterator[pd.DataFrame]:
        """
        Yield the rows as every source does, under the spreadsheet's own row numbers.

        Numbers are written without needless digits, dates as ISO. Texts and codes of merged cells stand
        in each of their rows; a figure stays in the first, since it is one for all of them. Totals and
        footnotes are left out.

        Raises
        ------
        FileError
            ``file_unreadable``, ``file_encrypted``.
        SchemaError
            ``column_unknown``.
        """
        header = self._headers[layer.name]
        picked = positions(header, columns, self.file.name)
        if layer.name in self._noted:
            self._noted[layer.name].withdraw()
        notes = self._noted[layer.name] = Notes(self.notes, file=self.file.name)
        tally = _Tally(columns=dict(zip(picked, columns, strict=True)))
        tally.errors.update({at: self._errors.get(layer.name, {}).get(at, 0) for at in picked})
        rows = self._rows(layer.name, header, notes, tally)
        while batch := list(islice(rows, size)):
            yield text_frame(batch, columns, picked)
        tally.tell(notes, layer.name)
        notes.close()

    def _layers(self) -> Iterator[SourceLayer]:
        for sheet in self._called(lambda: self._book.sheets_metadata):
            facts = {"file": self.file.name, "sheet": sheet.name}
            if sheet.typ != SheetTypeEnum.WorkSheet:
                continue
            if sheet.visible != SheetVisibleEnum.Visible:
                self.notes.append(Reason("sheet_hidden", facts))
                continue
            loaded = self._sheet(sheet.name)
            header = find_header(self._sample(loaded), merged=_merged(loaded))
            if not header.names:
                self.notes.append(Reason("sheet_empty", facts))
                continue
            if max(header.columns) >= MOST_COLUMNS:
                found = max(header.columns) + 1
                raise FileError("columns_too_many", file=self.file.name, found=found, limit=MOST_COLUMNS)
            self._headers[sheet.name] = header
            rows = max(loaded.end[0] + 1 - header.body, 0) if loaded.end else 0
            notes = header_notes(header, self.file.name)
            yield SourceLayer(name=sheet.name, columns=header.names, rows=rows, notes=notes)

    def _sheet(self, name: str) -> CalamineSheet:
        if self._loaded is None or self._loaded[0] != name:
            # Only one at a time: each is as large as its rectangle of cells.
            self._loaded = None
            self._loaded = (name, self._called(lambda: self._book.get_sheet_by_name(name)))
        return self._loaded[1]

    def _sample(self, sheet: CalamineSheet) -> list[list[str]]:
        if sheet.start is None:
            return []
        return [[text_of(value) for value in row] for row in islice(self._values(sheet), SAMPLE_ROWS)]

    def _values(self, sheet: CalamineSheet) -> Iterator[list[Any]]:
        # Rows come from the first of the sheet on, their cells from the first column that holds any.
        blank = [""] * (sheet.start[1] if sheet.start else 0)
        rows = self._called(sheet.iter_rows)
        while (row := self._called(lambda: next(rows, None))) is not None:
            yield [*blank, *row]

    def _rows(
        self, name: str, header: Header, notes: Notes, tally: _Tally
    ) -> Iterator[tuple[int, list[str]]]:
        sheet = self._sheet(name)
        starts = _downwards(_merged(sheet), header)
        spans: dict[int, tuple[int, Any]] = {}
        named = set(header.columns)
        for at, values in enumerate(self._values(sheet)):
            if at < header.body or not any(value != "" for value in values):
                continue
            spans = {column: span for column, span in spans.items() if span[0] >= at}
            tally.fill(values, spans)
            spans |= {column: (bottom, values[column]) for column, bottom in starts.get(at, ())}
            cells = [text_of(value) for value in values]
            if word := not_data_word(cells):
                notes.add("row_left_out", row=at + 1, word=word)
                continue
            if not any(map(str.strip, cells)):
                continue
            tally.look(values, named)
            yield at + 1, cells

    def _called(self, call: Callable[[], _Result]) -> _Result:
        """Return what the loader says, its faults and panics as errors that people can read."""
        try:
            return call()
        except PasswordError as fault:
            raise FileError("file_encrypted", file=self.file.name) from fault
        except (CalamineError, OSError, ValueError, OverflowError, MemoryError) as fault:
            raise FileError("file_unreadable", file=self.file.name, why=str(fault)) from fault
        except BaseException as fault:
            # A panic of the loader is no Exception to Python, and of a class that nobody can import.
            if type(fault).__name__ != "PanicException":
                raise
            raise FileError("file_unreadable", file=self.file.name, why=str(fault)) from fault


class _Tally:
    """Counts by column of what one pass over a sheet came across."""

    def __init__(self, *, columns: Mapping[int, str]) -> None:
        self._columns = columns
        self.errors: Counter[int] = Counter()
        self.filled: Counter[int] = Counter()
        self.shared: Counter[int] = Counter()
        self.lost: Counter[int] = Counter()
        self.unnamed: Counter[int] = Counter()

    def fill(self, values: list[Any], spans: Mapping[int, tuple[int, Any]]) -> None:
        """Put the value of merged cells into a row below their first, unless it is a figure."""
        for column, (_, value) in spans.items():
            if values[column] != "" or value == "":
                continue
            if _is_figure(value):
                self.shared[column] += 1
            else:
                values[column] = value
                self.filled[column] += 1

    def look(self, values: list[Any], named: set[int]) -> None:
        """Count ids that lost digits, errors written as text, and cells without a column's name."""
        for at, value in enumerate(values):
            if value == "":
                continue
            if at not in named:
                self.unnamed[at] += 1
            elif isinstance(value, float):
                if abs(value) >= _EXACT_NUMBERS:
                    self.lost[at] += 1
            elif isinstance(value, str) and value in _ERRORS:
                self.errors[at] += 1

    def tell(self, notes: Notes, sheet: str) -> None:
        """Note the counts of the columns that were read."""
        kinds = {
            "cells_error": self.errors,
            "cells_filled": self.filled,
            "cells_shared": self.shared,
            "digits_lost": self.lost,
        }
        for code, counts in kinds.items():
            for at, column in self._columns.items():
                if counts[at]:
                    notes.add(code, sheet=sheet, column=column, count=counts[at])
        for at, count in sorted(self.unnamed.items()):
            notes.add("cells_unnamed", sheet=sheet, column=column_letter(at), count=count)


def text_of(value: Any) -> str:
    """
    Return a cell's value as text: 12 rather than 12.0, dates and times as ISO, errors as nothing.

    Dates without a time of day are dates alone; a span of time is hours, minutes and seconds.
    """
    if isinstance(value, str):
        return "" if value in _ERRORS else value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if math.isfinite(value) and value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return _to_milliseconds(value).isoformat(timespec="auto")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours:02}:{minutes:02}:{seconds:02}"
    return str(value)


def _to_milliseconds(moment: datetime) -> datetime:
    # A workbook's days are floats: 13:20 comes out a few microseconds off.
    off = moment.microsecond % 1000
    shift = -off if off < 500 else 1000 - off
    return moment + timedelta(microseconds=shift) if off and moment < datetime.max - timedelta(1) else moment


def _is_figure(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return not (float(value).is_integer() and value >= _SHORTEST_CODE)


def _book(path: Path, kind: WorkbookKind) -> CalamineWorkbook:
    if path.suffix.lower() in _SUFFIXES[kind]:
        return CalamineWorkbook.from_path(path)
    # By name the loader would take it for what it is not.
    with path.open("rb") as file:
        return CalamineWorkbook.from_filelike(file)


def _merged(sheet: CalamineSheet) -> list[MergedRange]:
    ranges = sheet.merged_cell_ranges or []
    return [(top, left, bottom, right) for (top, left), (bottom, right) in ranges]


def _downwards(merged: list[MergedRange], header: Header) -> Mapping[int, list[tuple[int, int]]]:
    """Return the columns and last rows of merged cells by the row in which they begin."""
    starts: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for top, left, bottom, _ in merged:
        if bottom > top >= header.body and left in header.columns:
            starts[top].append((left, bottom))
    return starts
