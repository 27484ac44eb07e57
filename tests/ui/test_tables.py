"""Tables that leave the program: nothing in them runs, and WPS reads them."""

import io

import pandas as pd
import pytest
from openpyxl import load_workbook

from planning.nesting import nest_district
from ui.tables import findings_table, guard, write_csv, write_xlsx
from ui.words import words

DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "=cmd|'/c calc'!A1"]
DANGEROUS += ["＝1+1", "＋1", "－1", "＠SUM(A1)", "\u3000=1", "\xa0=1", "\n=1", "\n1", "\u3000＝1"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_csv_texts_are_disarmed(text):
    assert guard(text) == f"'{text}"
    assert f"'{text}" in write_csv(pd.DataFrame({"a": [text]})).decode("utf-8-sig")


@pytest.mark.parametrize("text", ["网格-1", "1+1", "a@b", "  一", "", "\u3000"])
def test_harmless_texts_are_left_alone(text):
    assert guard(text) == text


def test_numbers_stay_numbers_in_csv():
    assert write_csv(pd.DataFrame({"a": [-1.5]})).decode("utf-8-sig") == "a\r\n-1.5\r\n"


@pytest.mark.parametrize("text", DANGEROUS)
def test_workbook_texts_never_become_formulas(text):
    book = load_workbook(io.BytesIO(write_xlsx({"s": pd.DataFrame({text: [text]})})))
    for cell in (book["s"]["A1"], book["s"]["A2"]):
        assert (cell.data_type, cell.value) == ("s", text)


def test_csv_begins_with_a_byte_order_mark():
    assert write_csv(pd.DataFrame({"网格": ["一"]})).startswith(b"\xef\xbb\xbf")


def test_workbook_has_a_header_that_stays_and_a_filter():
    content = write_xlsx({"问题清单": pd.DataFrame({"网格": ["一"] * 3})})
    sheet = load_workbook(io.BytesIO(content))["问题清单"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:A4"
    assert sheet["A1"].font.bold


def test_control_characters_and_nan_are_left_out():
    frame = pd.DataFrame({"a": ["x\x00y", None], "b": [float("nan"), 2.0]})
    sheet = load_workbook(io.BytesIO(write_xlsx({"s": frame})))["s"]
    assert [cell.value for cell in sheet[2]] == ["xy", None]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_findings_name_problem_and_remedy_in_words(squares, lang):
    findings = nest_district(squares).findings
    table = findings_table(findings, words(lang))
    t = words(lang)
    assert len(table) == len(findings) > 0
    assert table[t("column.code")].iloc[0] == t("finding.grid_straddles")
    assert "Z0000" in table[t("column.what")].iloc[0]
    assert not table.astype(str).apply(lambda c: c.str.contains(r"grid_straddles|\{|\}")).any().any()
