"""签到表: blank where it is to be filled in, headed and merged as spreadsheets expect, texts alone."""

import io
from datetime import UTC, datetime

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from ui.paper.sign_in import sign_in_book

STAMP = datetime(2026, 11, 6, 8, 0, tzinfo=UTC)


def book(day):
    return openpyxl.load_workbook(io.BytesIO(sign_in_book(day, stamp=STAMP)))


def test_first_sheet_lists_the_teams_with_blanks_for_who_goes_out(night):
    sheet = book(night)["签到总表"]
    assert sheet["A1"].value == "方格区巡防签到总表　2026年11月6日 周五"
    heads = [cell.value for cell in sheet[2]]
    assert heads == ["队号", "队", "出发地", "计划", None, "实际", None, "带队", "队员", "情况"]
    assert [cell.value for cell in sheet[3]][3:7] == ["出发", "返回", "出发", "返回"]
    row = [cell.value for cell in sheet[4]]
    assert row[:4] == ["01", "专职01队", "中心警务室", "20:00"]
    assert row[4].startswith("次日 01:")
    assert row[5:] == [None] * 5
    assert {str(merged) for merged in sheet.merged_cells.ranges} >= {"A1:J1", "D2:E2", "F2:G2", "A2:A3"}
    assert (sheet.print_title_rows, sheet.freeze_panes) == ("$1:$3", "A4")


def test_each_team_has_a_page_in_its_stations_sheet(make_night):
    night = make_night(
        teams={name: {"name": f"{name}队", "start": "post", "station_id": "S1"} for name in ("A", "B", "C")},
        rounds={"A": ["s1"], "B": ["s2", "s3"], "C": ["s4"]},
    )
    sheet = book(night)["中心派出所"]
    titles = [cell.value for cell in sheet["A"] if isinstance(cell.value, str) and "签到表" in cell.value]
    assert [title.partition("签")[0] for title in titles] == ["A队", "B队", "C队"]
    assert len(sheet.row_breaks.brk) == 2
    assert not sheet.sheet_properties.pageSetUpPr.fitToPage
    assert int(sheet.page_setup.paperSize) == 9
    # As wide as A4 lying, in characters of a spreadsheet.
    assert sum(sheet.column_dimensions[letter].width for letter in "ABCDEFGHI") < 138
    row = [cell.value for cell in sheet[4]]
    assert row[:5] == [1, "南湖村", "村社", row[3], row[4]]
    assert row[5:] == [None] * 4
    assert sheet.row_dimensions[4].height > 20
    # Lines to sign beneath.
    assert sheet["A5"].value.startswith("带队：＿")


def test_teams_of_no_station_have_a_sheet_too(night):
    assert book(night).sheetnames == ["签到总表", "中心派出所", "未分派出所"]


def test_texts_never_become_formulas(make_night, hostile):
    night = make_night(
        teams={"Q1": {"name": hostile[1], "start": "post", "station_id": hostile[1]}},
        stops={"s": {"name": hostile[1], "place": "v"}},
        rounds={"Q1": ["s"]},
    )
    sheets = book(night)
    cells = [cell for sheet in sheets for row in sheet.iter_rows() for cell in row]
    assert hostile[1] in [cell.value for cell in cells]
    assert not [cell for cell in cells if cell.data_type == "f"]


def test_another_reader_reads_the_same(night):
    whole = CalamineWorkbook.from_filelike(io.BytesIO(sign_in_book(night, stamp=STAMP)))
    rows = whole.get_sheet_by_name("签到总表").to_python()
    assert rows[3][:3] == ["01", "专职01队", "中心警务室"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_same_day_and_stamp_make_the_same_book(make_night, lang):
    one, other = (sign_in_book(make_night(lang), stamp=STAMP) for _ in range(2))
    assert one == other
