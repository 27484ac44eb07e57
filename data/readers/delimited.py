"""Tables in text files: CSV, TSV and the like, of any encoding, in flat memory."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Self

import pandas as pd

from data.readers.encodings import GB18030, text_encoding
from data.readers.headers import SAMPLE_ROWS, Header, column_letter, find_header, not_data_word
from data.readers.notes import Notes
from data.readers.source import BATCH_ROWS, ROW, SourceLayer
from geo.errors import FileError, Reason, SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SEPARATORS = (",", ";", "\t", "|")
# Enough for an outline as WKT; what is longer is no table, or a quotation mark that nothing closes.
LONGEST_TEXT = 16 * 2**20
MOST_COLUMNS = 16_384
_SAMPLE_LINES = 500
_SAMPLE_TEXT = 2**20

# The module's own limit cuts outlines as WKT short, and it knows no limit per reader.
csv.field_size_limit(max(csv.field_size_limit(), LONGEST_TEXT))


class DelimitedFile:
    """
    A table in a text file, open for reading; see `data.readers.sheets.open_sheets`.

    Attributes
    ----------
    file, layers, notes
        As every source's; there is one layer, named as the file.
    encoding, separator
        What the text was found to be written in.
    """

    def __init__(self, path: Path, *, encoding: str | None = None) -> None:
        self.file = path
        self.notes: list[Reason] = []
        self.encoding = text_encoding(path, stated=encoding)
        lines = _sample_lines(path, self.encoding)
        self.separator = _separator(lines)
        sample = list(islice(self._records(lines, whole=False), SAMPLE_ROWS))
        self._header = _within_header(find_header(sample), sample)
        if not self._header.names:
            raise FileError("file_without_rows", file=path.name)
        self._widest = max(self._header.columns) + 1
        if self._widest > MOST_COLUMNS:
            raise FileError("columns_too_many", file=path.name, found=self._widest, limit=MOST_COLUMNS)
        notes = header_notes(self._header, path.name)
        if encoding is None and self.encoding == GB18030:
            notes = (Reason("encoding_guessed", {"found": "GB18030"}), *notes)
        self.layers = (SourceLayer(name=path.stem, columns=self._header.names, notes=notes),)
        self._notes = Notes(self.notes, file=path.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing stays open between batches."""

    def batches(
        self, layer: SourceLayer, columns: Sequence[str], *, size: int = BATCH_ROWS
    ) -> Iterator[pd.DataFrame]:
        """
        Yield the rows as every source does; rows are numbered as a spreadsheet numbers them.

        A line break inside quotation marks starts no row. Rows with more cells than the header are left
        out: a separator in a text has shifted what follows it. Totals and footnotes are left out, too.

        Raises
        ------
        FileError
            ``text_quotes``, ``text_has_nul``, ``text_too_long``, each with the row.
        SchemaError
            ``column_unknown``.
        """
        picked = positions(self._header, columns, self.file.name)
        self._notes.withdraw()
        notes = self._notes = Notes(self.notes, file=self.file.name)
        lost: Counter[str] = Counter()
        rows = self._rows(notes)
        while batch := list(islice(rows, size)):
            frame = text_frame(batch, columns, picked)
            lost.update(_shortened(frame))
            yield frame
        for column, count in lost.items():
            notes.add("digits_lost", sheet=layer.name, column=column, count=count)
        notes.close()

    def _rows(self, notes: Notes) -> Iterator[tuple[int, list[str]]]:
        width, header = self._widest, self._header
        unnamed = [at for at in range(width) if at not in set(header.columns)]
        strays: Counter[int] = Counter()
        records = self._records(_lines(self.file, self.encoding))
        for number, cells in enumerate(records, start=1):
            if number <= header.body or not any(map(str.strip, cells)):
                continue
            if word := not_data_word(cells):
                notes.add("row_left_out", row=number, word=word)
                continue
            if len(cells) > width and any(cell.strip() for cell in cells[width:]):
                notes.add("row_ragged", row=number, found=len(cells), expected=width)
                continue
            if len(cells) < width:
                notes.add("row_short", row=number, found=len(cells), expected=width)
                cells += [""] * (width - len(cells))
            if unnamed:
                strays.update(at for at in unnamed if cells[at].strip())
            yield number, cells
        for at, count in strays.items():
            notes.add("cells_unnamed", sheet=self.file.stem, column=column_letter(at), count=count)

    def _records(self, lines: Iterator[str] | list[str], *, whole: bool = True) -> Iterator[list[str]]:
        reader = csv.reader(lines, delimiter=self.separator, strict=True)
        number = 0
        while True:
            number += 1
            try:
                yield next(reader)
            except StopIteration:
                return
            except UnicodeError as fault:
                raise FileError(
                    "encoding_wrong", file=self.file.name, encoding=self.encoding, row=number, byte=0
                ) from fault
            except csv.Error as fault:
                if not whole and "unexpected end" in str(fault):
                    return
                raise FileError("text_quotes", file=self.file.name, row=number) from fault
            except OSError as fault:
                raise FileError("file_unreadable", file=self.file.name, why=fault.strerror) from fault


def _within_header(header: Header, sample: list[list[str]]) -> Header:
    """Return the header without columns that only rows longer than it have: these rows are ragged."""
    lengths = [len(cells) for cells in sample[header.first : header.body]]
    if not lengths:
        return header
    kept = [at for at in header.columns if at < max(lengths)]
    return replace(header, columns=tuple(kept), names=header.names[: len(kept)])


def header_notes(header: Header, file: str, **facts: object) -> tuple[Reason, ...]:
    """Return notes on where the header is, unless it is the first row alone."""
    if not header.rows:
        return (Reason("header_missing", {"file": file, "first": header.names[0], **facts}),)
    if header.body == 1:
        return ()
    return (
        Reason(
            "header_found", {"file": file, "first_row": header.first + 1, "last_row": header.body, **facts}
        ),
    )


def positions(header: Header, columns: Sequence[str], file: str) -> list[int]:
    """
    Return where the columns are in each row, from 0.

    Raises
    ------
    SchemaError
        ``column_unknown``.
    """
    where = dict(zip(header.names, header.columns, strict=True))
    for column in columns:
        if column not in where:
            raise SchemaError("column_unknown", file=file, column=column, known=", ".join(where))
    return [where[column] for column in columns]


def text_frame(
    rows: Sequence[tuple[int, Sequence[str]]], columns: Sequence[str], picked: Sequence[int]
) -> pd.DataFrame:
    """Return numbered rows of texts as a frame with some of their columns."""
    index = pd.Index([number for number, _ in rows], name=ROW)
    values = {name: [cells[at] for _, cells in rows] for name, at in zip(columns, picked, strict=True)}
    return pd.DataFrame(values, index=index, dtype="str")


def _lines(path: Path, encoding: str) -> Iterator[str]:
    with path.open(encoding=encoding, newline="") as text:
        number = 0
        while line := text.readline(LONGEST_TEXT + 1):
            number += 1
            if len(line) > LONGEST_TEXT:
                raise FileError("text_too_long", file=path.name, row=number, limit=LONGEST_TEXT)
            if "\0" in line:
                raise FileError("text_has_nul", file=path.name, row=number)
            yield line


def _sample_lines(path: Path, encoding: str) -> list[str]:
    lines: list[str] = []
    size = 0
    for line in islice(_lines(path, encoding), _SAMPLE_LINES):
        lines.append(line)
        size += len(line)
        if size > _SAMPLE_TEXT:
            break
    return lines


def _separator(lines: list[str]) -> str:
    """Return the sign that parts most rows into equally many cells, more than one."""
    records = {sign: _parted(lines, sign) for sign in SEPARATORS}
    starts = [
        next((at for at, cells in enumerate(rows) if len(cells) > 1), None) for rows in records.values()
    ]
    start = min((at for at in starts if at is not None), default=0)
    return max(SEPARATORS, key=lambda sign: _evenness(records[sign], start))


def _parted(lines: list[str], sign: str) -> list[list[str]]:
    try:
        return [cells for cells in islice(csv.reader(lines, delimiter=sign), SAMPLE_ROWS) if any(cells)]
    except csv.Error:
        return []


def _evenness(rows: list[list[str]], start: int) -> tuple[float, bool, int]:
    counts = Counter(map(len, rows))
    width, most = max(counts.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
    if width < 2:
        return (0, False, 0)
    # Rounded, so that a title or a ragged row does not outweigh a sign that parts the header as well.
    return (round(most / len(rows), 1), start < len(rows) and len(rows[start]) > 1, width)


def _shortened(frame: pd.DataFrame) -> dict[str, int]:
    """Return how many cells of each column are ids that a spreadsheet wrote as 3.30603E+11."""
    found = {}
    for name in frame.columns:
        suspects = frame[name][frame[name].str.contains("E+", regex=False)]
        count = int(suspects.str.fullmatch(r"\d(\.\d+)?E\+(1[0-9]|2[0-9])").sum())
        if count:
            found[name] = count
    return found
