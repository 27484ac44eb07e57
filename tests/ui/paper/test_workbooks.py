"""Workbooks: headings over several columns, signs behind numbers, footnotes; text stays text."""

import io
from dataclasses import replace
from datetime import UTC, datetime

import openpyxl
import pytest

from ui.paper.layout import ROW, SUM, Column, Marked, Table, printed
from ui.paper.workbooks import write_workbook
from ui.words import words

STAMP = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
COLUMNS = (
    Column(name="id", label="编码", width=12, kind="code"),
    Column(name="now", label="本期", width=10, kind="count"),
    Column(name="before", label="上期", width=10, kind="count"),
    Column(name="change", label="环比", width=10, kind="share"),
)


def table(**changed):
    rows = (
        (ROW, ("330603001", 12, 10, Marked(0.2, "≈"))),
        (ROW, ("330603002", 5, 0, Marked(None, "—"))),
        (SUM, ("合计", 17, 10, Marked(0.7, ""))),
    )
    return Table(**{"title": "统计表", "columns": COLUMNS, "rows": rows, **changed})


def sheet_of(*tables):
    content = write_workbook({"表": tables}, mark="内部资料", stamp=STAMP)
    return openpyxl.load_workbook(io.BytesIO(content)).active


def test_headings_over_several_columns_are_merged():
    groups = ("", "本期\n10月", "与上期相比", "与上期相比")
    columns = tuple(replace(column, group=group) for column, group in zip(COLUMNS, groups, strict=True))
    sheet = sheet_of(table(columns=columns, notes=("口径：接报。",)))
    # No area of a single cell: Excel takes such a file for a broken one.
    assert {str(area) for area in sheet.merged_cells.ranges} == {"A1:D1", "A2:A3", "C2:D2", "A7:D7"}
    assert [sheet["A2"].value, sheet["B2"].value, sheet["C2"].value] == ["编码", "本期\n10月", "与上期相比"]
    assert [cell.value for cell in sheet[3]][1:] == ["本期", "上期", "环比"]
    assert sheet["A7"].value == "口径：接报。"
    assert sheet.row_dimensions[2].height >= 30
    assert (sheet.freeze_panes, sheet.print_title_rows, sheet.auto_filter.ref) == ("A4", "$1:$3", "A3:D5")


def test_without_groups_the_table_is_as_it_was():
    sheet = sheet_of(table())
    assert [cell.value for cell in sheet[2]] == ["编码", "本期", "上期", "环比"]
    assert (sheet.freeze_panes, sheet.print_title_rows) == ("A3", "$1:$2")


def test_a_number_with_a_sign_stays_a_number():
    sheet = sheet_of(table())
    assert sheet["D3"].value == 0.2
    assert sheet["D3"].number_format == '+0.0%"≈";-0.0%"≈";0.0%"≈"'
    assert sheet["D5"].number_format == "+0.0%;-0.0%;0.0%"
    assert (sheet["D4"].value, sheet["D4"].alignment.horizontal) == ("—", "right")


@pytest.mark.parametrize("note", ["=1+1", "@SUM(A1)", "＝cmd"])
def test_a_footnote_is_no_formula(note):
    cell = sheet_of(table(notes=(note,)))["A6"]
    assert (cell.value, cell.data_type) == (note, "s")


def test_signs_are_printed_behind_their_numbers():
    rows = printed(table(), words("zh"))["rows"]
    assert [row["cells"][3] for row in rows] == ["+20.0%≈", "—", "+70.0%"]


def test_the_same_content_and_stamp_make_the_same_file():
    made = [write_workbook({"表": [table()]}, mark="", stamp=STAMP) for _ in range(2)]
    assert made[0] == made[1]
