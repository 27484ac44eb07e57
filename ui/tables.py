"""Tables that leave the program: spreadsheets that WPS and Excel open, and in which no text runs."""

from __future__ import annotations

import io
import unicodedata
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openpyxl.worksheet.worksheet import Worksheet

    from ui.words import Words

# What a spreadsheet would take for the beginning of a formula, also in full width and after blanks.
_FORMULA_STARTS = ("=", "+", "-", "@")
_LINE_STARTS = ("\t", "\r", "\n")
_HEADER_FILL, _HEADER_INK = "1F4E8C", "FFFFFF"
_WIDEST, _NARROWEST = 60, 8
_ROWS_TO_COME = 200


def findings_table(findings: pd.DataFrame, t: Words) -> pd.DataFrame:
    """Return the findings as people read them: what, where, how much, and what to do about it."""
    rows = findings.drop(columns="geometry", errors="ignore").to_dict("records")
    columns = {
        t("column.number"): [*range(1, len(rows) + 1)],
        t("column.severity"): [t.name("severity", row.get("severity", "error")) for row in rows],
        t("column.code"): [t.name("finding", row["code"]) for row in rows],
        t("column.layer"): [t.name("table", row["layer"]) for row in rows],
        t("column.id"): [_text(row["id"]) for row in rows],
        t("column.other_id"): [_text(row["other_id"]) for row in rows],
        t("column.area_m2"): [_rounded(row["area_m2"], 1) for row in rows],
        t("column.share_percent"): [_rounded(row["share"], 2, times=100) for row in rows],
        t("column.what"): [t.sentence(row["code"], row["facts"]) for row in rows],
        t("column.remedy"): [t.remedy(row["code"], row["facts"]) for row in rows],
    }
    return pd.DataFrame(columns)


def write_xlsx(
    sheets: Mapping[str, pd.DataFrame], *, choices: Mapping[str, Sequence[str]] | None = None
) -> bytes:
    """
    Return a workbook with one sheet per frame: styled header, fitting widths, a filter, no formulas.

    Parameters
    ----------
    sheets
        Sheet title → frame with readable column names; texts are written as texts, whatever they
        begin with.
    choices
        By column name, what may be filled in there; the spreadsheet offers it.
    """
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for title, frame in sheets.items():
        sheet = book.create_sheet(sheet_title(title))
        _fill(sheet, frame)
        _offer(sheet, frame, choices or {})
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def write_csv(frame: pd.DataFrame) -> bytes:
    """Return a CSV that Excel and WPS read as UTF-8, texts that look like formulas disarmed."""
    guarded = frame.map(lambda value: guard(value) if isinstance(value, str) else value)
    guarded.columns = [guard(str(name)) for name in frame.columns]
    text = guarded.to_csv(index=False, lineterminator="\r\n")
    # The mark that spreadsheets need for Chinese would trip up scripts that read plain codes.
    return text.encode("utf-8" if text.isascii() else "utf-8-sig")


def guard(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if _looks_like_formula(text) else text


def unguarded(text: str) -> str:
    """Return a text without the mark that keeps spreadsheets from taking it for a formula."""
    return text[1:] if text.startswith("'") and guard(text[1:]) == text else text


def _looks_like_formula(text: str) -> bool:
    plain = unicodedata.normalize("NFKC", text).lstrip()
    return plain.startswith(_FORMULA_STARTS) or text.startswith(_LINE_STARTS)


def _fill(sheet: Worksheet, frame: pd.DataFrame) -> None:
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
    from openpyxl.utils import get_column_letter

    line = Side(style="thin", color="D0D7DE")
    for place, name in enumerate(frame.columns, start=1):
        cell = sheet.cell(row=1, column=place)
        put_cell(cell, str(name))
        cell.font = Font(bold=True, color=_HEADER_INK)
        cell.fill = PatternFill("solid", fgColor=_HEADER_FILL)
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        values = frame.iloc[:, place - 1].tolist()
        for row, value in enumerate(values, start=2):
            cell = sheet.cell(row=row, column=place)
            put_cell(cell, value)
            cell.alignment = Alignment(vertical="top", wrap_text=isinstance(value, str))
            cell.border = Border(bottom=line)
        sheet.column_dimensions[get_column_letter(place)].width = _width([str(name), *values])
    sheet.freeze_panes = "A2"
    if frame.shape[0] and frame.shape[1]:
        sheet.auto_filter.ref = sheet.dimensions
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"


def _offer(sheet: Worksheet, frame: pd.DataFrame, choices: Mapping[str, Sequence[str]]) -> None:
    """Let the spreadsheet offer what may be filled into a column, in new rows too."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    for name in frame.columns.intersection([*choices]):
        offered = DataValidation(type="list", formula1=f'"{",".join(choices[name])}"', allow_blank=True)
        letter = get_column_letter(frame.columns.get_loc(name) + 1)
        offered.add(f"{letter}2:{letter}{len(frame) + _ROWS_TO_COME}")
        sheet.add_data_validation(offered)


def put_cell(cell: object, value: object) -> None:
    """Write a value into a cell of a workbook: texts as texts, whatever they begin with."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if value is None or value is pd.NA or (isinstance(value, float) and value != value):  # noqa: PLR0124
        return
    if not isinstance(value, str):
        cell.value = value  # type: ignore[attr-defined]
        return
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)  # type: ignore[attr-defined]
    # A string stays a string, also if it begins as a formula does or looks like a number.
    cell.data_type = "s"  # type: ignore[attr-defined]
    if _looks_like_formula(value):
        cell.quotePrefix = True  # type: ignore[attr-defined]


def _width(values: list[object]) -> float:
    widest = max((sum(2 if ord(c) > 255 else 1 for c in str(v)) for v in values if v is not None), default=0)
    return min(max(widest + 2, _NARROWEST), _WIDEST)


def sheet_title(title: str) -> str:
    """Return a title that a workbook takes for a sheet: without its marks, and short enough."""
    return "".join(c for c in title if c not in "[]:*?/\\'")[:31] or "1"


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value)  # noqa: PLR0124


def _rounded(value: object, digits: int, *, times: float = 1.0) -> float | None:
    if not isinstance(value, (int, float)) or value != value:  # noqa: PLR0124
        return None
    return round(float(value) * times, digits)
