"""Tables on paper as workbooks: titles, repeated headings, sums and lines to sign, ready to be printed."""

from __future__ import annotations

import io
import re
import zipfile
from copy import copy
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ui.paper.layout import SUM
from ui.tables import put_cell, sheet_title

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

    from ui.paper.layout import Column, Table

_FORMATS = {"count": "#,##0", "share": "+0.0%;-0.0%;0.0%", "code": "@", "text": "@"}
# In points.
_ROOM_TO_WRITE = 26.0
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
    row = _headings(sheet, table.columns, row + 1)
    looks: dict[tuple[str, bool, bool], Any] = {}
    for kind, values in table.rows:
        for place, (value, column) in enumerate(zip(values, table.columns, strict=True), start=1):
            cell = _put(sheet, row, place, _whole(value))
            # The word for a sum may stand in a column of numbers.
            written = "text" if isinstance(value, str) and column.kind != "code" else column.kind
            look = (written, kind == SUM, cell.quotePrefix)
            if look not in looks:
                _plain(cell, written, bold=kind == SUM)
                looks[look] = cell._style
            # Set one by one, the styles of a cell take longer than all the rest.
            cell._style = copy(looks[look])
        sheet.row_dimensions[row].height = row_height
        row += 1
    return _signed(sheet, table.sign, row, last)


def _headings(sheet: Worksheet, columns: Sequence[Column], row: int) -> int:
    """Write the headings, those of a group beneath a shared one, and return the row beneath them."""
    last = row + _heading_rows(columns) - 1
    headed = None
    for at in range(row, last + 1):
        for place, column in enumerate(columns, start=1):
            shared = at < last and column.group
            cell = _put(sheet, at, place, column.group if shared else column.label)
            if headed is None:
                _head(cell)
                headed = cell._style
            else:
                cell._style = copy(headed)
    place = 1
    for group, members in groupby(columns if last > row else (), key=lambda column: column.group):
        wide = len([*members])
        if group:
            sheet.merge_cells(start_row=row, end_row=row, start_column=place, end_column=place + wide - 1)
        else:
            for one in range(place, place + wide):
                sheet.merge_cells(start_row=row, end_row=last, start_column=one, end_column=one)
        place += wide
    return last + 1


def _heading_rows(columns: Sequence[Column]) -> int:
    return 2 if any(column.group for column in columns) else 1


def _signed(sheet: Worksheet, lines: Sequence[str], row: int, last: int) -> int:
    if not lines:
        return row
    _put(sheet, row, 1, "        ".join(f"{text}＿＿＿＿＿＿" for text in lines))
    sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=last)
    sheet.row_dimensions[row].height = 30
    return row + 1


def _one_table(sheet: Worksheet, table: Table) -> None:
    from openpyxl.utils import get_column_letter

    # The title, and the headings.
    above = 1 + _heading_rows(table.columns)
    sheet.freeze_panes = f"A{above + 1}"
    sheet.print_title_rows = f"1:{above}"
    # The sum beneath stays where it is when the rows are sorted.
    rows = sum(kind != SUM for kind, _ in table.rows)
    last = get_column_letter(len(table.columns))
    sheet.auto_filter.ref = f"A{above}:{last}{above + rows}"


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


def _plain(cell: Cell, kind: str, *, bold: bool) -> None:
    from openpyxl.styles import Alignment, Font

    cell.border, cell.number_format = _frame(), _FORMATS[kind]
    cell.alignment = Alignment(vertical="center", wrap_text=kind in ("text", "code"))
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
