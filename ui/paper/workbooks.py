"""Tables on paper as workbooks: titles, repeated headings, sums and lines to sign, ready to be printed."""

from __future__ import annotations

import io
import math
import re
import zipfile
from copy import copy
from typing import TYPE_CHECKING, Any

from ui.columns import width
from ui.paper.layout import SUM, Marked
from ui.tables import put_cell, sheet_title

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

    from ui.paper.layout import Table

_FORMATS = {
    "count": "#,##0",
    "share": "+0.0%;-0.0%;0.0%",
    "percent": "0%",
    "decimal": "0.0#",
    "code": "@",
    "text": "@",
}
# Of a title and the headings of columns alone; height of a line of text, and of one to write in, in points.
_LEAST_HEADS, _LINE, _ROOM_TO_WRITE = 2, 15, 26.0
# The earliest that a zip can state, and the least that may change from day to day.
_FEWEST_STAMP = (1980, 1, 1, 0, 0, 0)


def write_workbook(
    sheets: Mapping[str, Sequence[Table]], *, mark: str, stamp: datetime, by_hand: bool = False
) -> bytes:
    """
    Return a workbook with the tables of each sheet beneath one another, each sheet ready to be printed.

    Parameters
    ----------
    sheets
        Title of each sheet → its tables; the heading of the only one stays in sight and on every page.
    mark
        What stands in the corner of each printed page (内部资料).
    stamp
        When it was made: the same content with the same stamp is the same file.
    by_hand
        Whether the tables are to be filled in by hand: rows are high enough to write in, each table begins
        on a page of its own, and pages are as wide as the columns; otherwise as wide as the paper.
    """
    from openpyxl import Workbook
    from openpyxl.worksheet.pagebreak import Break

    book = Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for title, tables in sheets.items():
        sheet = book.create_sheet(sheet_title(title))
        _widths(sheet, tables)
        row = 1
        for table in tables:
            if by_hand and row > 1:
                sheet.row_breaks.append(Break(id=row - 1))
            row = _write(sheet, table, row, row_height=_ROOM_TO_WRITE if by_hand else None) + 1
        if len(tables) == 1 and tables[0].rows:
            _one_table(sheet, tables[0])
        # Spreadsheets pass over page breaks where they fit the width to the page.
        _print_setup(sheet, mark, fitted=not by_hand)
    buffer = io.BytesIO()
    book.save(buffer)
    return stamped(buffer.getvalue(), stamp)


def _write(sheet: Worksheet, table: Table, row: int, *, row_height: float | None) -> int:
    """Write a table from a row on, and return the row beneath it."""
    from openpyxl.styles import Alignment, Font

    last = max(len(table.columns), 1)
    head = _put(sheet, row, 1, table.title)
    head.font, head.alignment = Font(bold=True, size=13), Alignment(vertical="center", wrap_text=True)
    sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=last)
    sheet.row_dimensions[row].height = 26
    _headings(sheet, table, row + 1)
    row = _body(sheet, table, row + table.heads, row_height=row_height)
    return _noted(sheet, table, _signed(sheet, table.sign, row, last), last)


def _headings(sheet: Worksheet, table: Table, row: int) -> None:
    for place, column in enumerate(table.columns, start=1):
        _put(sheet, row + table.heads - _LEAST_HEADS, place, column.label)
    place = 1
    for label, count in table.groups:
        for at in range(place, place + count):
            _put(sheet, row, at, label or table.columns[at - 1].label)
        place += count
    last = row + table.heads - _LEAST_HEADS
    cells = [cell for line in sheet.iter_rows(row, last, max_col=len(table.columns)) for cell in line]
    _head(cells[0])
    for cell in cells:
        cell._style = copy(cells[0]._style)
    _merge_headings(sheet, table, row)


def _merge_headings(sheet: Worksheet, table: Table, row: int) -> None:
    place, lines = 1, 1
    for label, count in table.groups:
        wide = sum(column.width for column in table.columns[place - 1 : place - 1 + count])
        lines = max(lines, sum(_lines(part, wide) for part in label.split("\n")))
        if label and count > 1:
            sheet.merge_cells(start_row=row, end_row=row, start_column=place, end_column=place + count - 1)
        for alone in () if label else range(place, place + count):
            sheet.merge_cells(start_row=row, end_row=row + 1, start_column=alone, end_column=alone)
        place += count
    if table.groups:
        sheet.row_dimensions[row].height = _LINE * lines


def _lines(text: str, wide: float) -> int:
    """Return how many lines a text takes: merged cells do not grow with it by themselves."""
    return math.ceil(width(text) * 1.1 / wide)


def _body(sheet: Worksheet, table: Table, row: int, *, row_height: float | None) -> int:
    looks: dict[tuple[str, bool, bool, str], Any] = {}
    for kind, values in table.rows:
        for place, (given, column) in enumerate(zip(values, table.columns, strict=True), start=1):
            value, mark = (given.value, given.mark) if isinstance(given, Marked) else (given, "")
            cell = _put(sheet, row, place, mark if value is None and mark else _whole(value))
            # The word for a sum may stand in a column of numbers.
            text = isinstance(cell.value, str) and column.kind != "code"
            look = ("text" if text else column.kind, kind == SUM, cell.quotePrefix, mark)
            if look not in looks:
                _plain(cell, look[0], bold=kind == SUM, mark=mark)
                looks[look] = cell._style
            # Set one by one, the styles of a cell take longer than all the rest.
            cell._style = copy(looks[look])
        sheet.row_dimensions[row].height = row_height
        row += 1
    return row


def _signed(sheet: Worksheet, lines: Sequence[str], row: int, last: int) -> int:
    if not lines:
        return row
    _across(sheet, "        ".join(f"{text}＿＿＿＿＿＿" for text in lines), row, last)
    sheet.row_dimensions[row].height = 30
    return row + 1


def _noted(sheet: Worksheet, table: Table, row: int, last: int) -> int:
    from openpyxl.styles import Alignment

    wide = sum(column.width for column in table.columns)
    for note in table.notes:
        cell = _across(sheet, note, row, last)
        cell.alignment = Alignment(vertical="top", wrap_text=True)
        sheet.row_dimensions[row].height = _LINE * _lines(note, wide)
        row += 1
    return row


def _across(sheet: Worksheet, text: str, row: int, last: int) -> Cell:
    cell = _put(sheet, row, 1, text)
    sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=last)
    return cell


def _one_table(sheet: Worksheet, table: Table) -> None:
    from openpyxl.utils import get_column_letter

    sheet.freeze_panes = f"A{table.heads + 1}"
    sheet.print_title_rows = f"1:{table.heads}"
    # The sum beneath stays where it is when the rows are sorted.
    rows = sum(kind != SUM for kind, _ in table.rows)
    last = get_column_letter(len(table.columns))
    sheet.auto_filter.ref = f"A{table.heads}:{last}{table.heads + rows}"


def _print_setup(sheet: Worksheet, mark: str, *, fitted: bool) -> None:
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = int(sheet.PAPERSIZE_A4)
    if fitted:
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top, sheet.page_margins.bottom = 0.7, 0.6
    # A single & would begin a code.
    sheet.oddHeader.left.text = mark.replace("&", "&&")
    sheet.oddFooter.center.text = "&P / &N"


def _widths(sheet: Worksheet, tables: Sequence[Table]) -> None:
    from openpyxl.utils import get_column_letter

    most = max((len(table.columns) for table in tables), default=0)
    for place in range(most):
        widths = [table.columns[place].width for table in tables if place < len(table.columns)]
        sheet.column_dimensions[get_column_letter(place + 1)].width = max(widths)


def _put(sheet: Worksheet, row: int, place: int, value: object) -> Cell:
    cell = sheet.cell(row=row, column=place)
    put_cell(cell, value)
    return cell  # type: ignore[return-value]


def _head(cell: Cell) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill

    cell.font, cell.border = Font(bold=True), _frame()
    cell.fill = PatternFill("solid", fgColor="DCE6F1")
    cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)


def _plain(cell: Cell, kind: str, *, bold: bool, mark: str) -> None:
    from openpyxl.styles import Alignment, Font

    cell.border, cell.number_format = _frame(), _FORMATS[kind]
    cell.alignment = Alignment(vertical="center", wrap_text=kind in ("text", "code"))
    if mark:
        # A sign alone stands where the numbers do; one behind a number belongs to how that is written.
        cell.alignment = Alignment(vertical="center", horizontal="right")
        if kind != "text":
            cell.number_format = ";".join(f'{part}"{mark}"' for part in _FORMATS[kind].split(";"))
    if bold:
        cell.font = Font(bold=True)


def _frame() -> object:
    from openpyxl.styles import Border, Side

    line = Side(style="thin", color="7F7F7F")
    return Border(left=line, right=line, top=line, bottom=line)


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value == value and value.is_integer() else value  # noqa: PLR0124


def stamped(book: bytes, stamp: datetime) -> bytes:
    """Return a workbook as if it had been made at another moment."""
    moment = stamp.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            content = old.read(info)
            if info.filename == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", moment, content)
            new.writestr(zipfile.ZipInfo(info.filename, _FEWEST_STAMP), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
