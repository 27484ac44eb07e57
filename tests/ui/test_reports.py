"""The import report as people read it: every finding once, the gravest first, back from JSON the same."""

import json

import pandas as pd
import pytest
from openpyxl import load_workbook

from data.reporting import Finding, ImportReport
from geo.errors import Reason
from ui.reports import field_name, kinds_table, read_report, report_sheets, report_table
from ui.tables import write_xlsx
from ui.words import LANGS, words


def finding(weight, code, *, lon=None, lat=None, **facts):
    return Finding(weight=weight, reason=Reason(code, facts), lon=lon, lat=lat)


@pytest.fixture
def report():
    return ImportReport(
        file="网格.shp",
        layer="网格",
        table="grids",
        rows=2,
        rows_read=3,
        replaced=7,
        mapping={"grid_id": "编码", "residents": "人口"},
        left_out=["备注", "电话"],
        personal={"电话": "phone"},
        findings=(
            finding("note", "encoding_guessed", found="GB18030"),
            finding("fault", "id_repeated", id="=A1", row=3, first=2, lon=120.1234567, lat=30.5),
            finding("suggestion", "dissolve_offered", count=1, rows=2),
            finding("fault", "value_wrong", column="residents", row=2, value="x"),
        ),
        counts={
            "note": {"encoding_guessed": 1},
            "fault": {"id_repeated": 1, "value_wrong": 1200},
            "suggestion": {"dissolve_offered": 1},
        },
    )


def test_findings_are_listed_gravest_first_with_row_id_column_and_place(report):
    t = words("zh")
    listed = report_table(report, t)
    assert listed.index.tolist() == [1, 3, 2, 0]
    assert listed[t("column.number")].tolist() == [1, 2, 3, 4]
    assert listed[t("import.row")].tolist()[:2] == [3, 2]
    assert pd.isna(listed[t("import.row")].iloc[3])
    assert listed[t("column.id")].tolist() == ["=A1", "", "", ""]
    assert listed[t("import.column")].tolist() == ["", "户籍人口", "", ""]
    assert listed[t("column.lon")].iloc[0] == 120.123457
    assert "=A1" in listed[t("column.what")].iloc[0]


def test_a_report_without_findings_has_the_same_columns(report):
    t = words("en")
    empty = report_table(ImportReport(file="a", layer="a", table="grids"), t)
    assert empty.columns.tolist() == report_table(report, t).columns.tolist()
    assert empty.empty


def test_kinds_count_what_is_not_listed_too(report):
    t = words("zh")
    kinds = kinds_table(report, t)
    assert kinds[t("column.count")].tolist() == [1, 1200, 1, 1]
    # A kind without a name of its own is told by what the first of it says.
    assert "GB18030" in kinds[t("column.code")].iloc[3]


def test_a_stored_report_reads_as_it_was_kept(report):
    stored = json.loads(json.dumps(report.summary(), ensure_ascii=False))
    assert read_report(stored) == report


def test_lists_among_the_facts_survive_the_storing():
    t = words("en")
    report = ImportReport(
        file="a",
        layer="a",
        table="grids",
        findings=(finding("note", "ids_new", table="grids", count=2, ids=("G1", "G2")),),
    )
    stored = read_report(json.loads(json.dumps(report.summary())))
    assert report_table(stored, t).equals(report_table(report, t))
    assert "G1, G2" in report_table(stored, t)[t("column.what")].iloc[0]


def test_a_report_of_another_version_is_read_as_far_as_it_is_known():
    assert read_report({"table": "grids", "rows": 3, "something_new": 1}).rows == 3
    assert read_report({}).findings == ()


@pytest.mark.parametrize("lang", LANGS)
def test_the_workbook_opens_and_holds_no_formula(report, lang, tmp_path):
    t = words(lang)
    file = tmp_path / "r.xlsx"
    file.write_bytes(write_xlsx(report_sheets(report, t)))
    book = load_workbook(file)
    assert book.sheetnames == [
        t(f"import.sheet_{name}") for name in ("summary", "findings", "kinds", "columns")
    ]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    columns = {row[0].value: row[1].value for row in book[t("import.sheet_columns")].iter_rows(min_row=2)}
    assert columns["编码"] == t("import.field_id")
    assert columns["备注"] == t("import.not_wanted")
    assert columns["电话"] == t("import.personal", kind=t("personal.phone"))


def test_only_a_tables_own_id_is_called_its_code():
    t = words("zh")
    assert field_name("village_id", "villages", t) == "编码"
    assert field_name("village_id", "grids", t) == "村社"
    assert field_name("grid_id", "incidents", t) == "网格编码"
