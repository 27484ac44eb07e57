"""Ledgers out as Excel lists and back, as villages and posts fill them in."""

import datetime as dt
import io

import pandas as pd
import pytest
from openpyxl import load_workbook

from data import ledgers
from data.ledgers import EntryChanges, read_ledger, write_ledger
from data.workspace import Workspace
from geo.errors import ConflictError, SchemaError
from ui.ledger_lists import read_ledger_list, save_ledger_list, write_ledger_list
from ui.words import words

VILLAGES = pd.Series({"033001": "上村", "033002": "下村"})
MEASURES = [
    {"village_id": "033001", "text": "更换老旧消防栓", "owner": "福全警务站"},
    {"village_id": "033002", "text": "=补装路灯", "owner": "柯岩警务站"},
]


@pytest.fixture
def ws(tmp_path, monkeypatch):
    monkeypatch.setattr(ledgers, "this_day", lambda: dt.date(2026, 11, 20))
    made = Workspace.create(tmp_path / "district.gpkg", name="试验区", crs="EPSG:4549")
    made.write("villages", pd.DataFrame({"village_id": VILLAGES.index, "name": VILLAGES.to_numpy()}))
    days = {"opened": "2026-11-01", "deadline": "2026-12-01"}
    write_ledger(made, "measures", EntryChanges(added=[{**row, **days} for row in MEASURES]))
    return made


class Desk:
    """Someone at a spreadsheet: headings by their words, cells by row from 2."""

    def __init__(self, ws, path, lang="zh"):
        self.ws, self.path = ws, path
        self.t = words(lang)
        content = write_ledger_list("measures", read_ledger(ws, "measures"), VILLAGES, self.t)
        self.book = load_workbook(io.BytesIO(content))
        self.sheet = self.book.worksheets[0]
        self.headings = [cell.value for cell in self.sheet[1]]

    def fill(self, row, **cells):
        for name, value in cells.items():
            heading = self.t.name("column", name)
            self.sheet.cell(row=row, column=self.headings.index(heading) + 1).value = value
        return self

    def back(self):
        self.book.save(self.path)
        return read_ledger_list(self.path, "measures", read_ledger(self.ws, "measures"), VILLAGES)


@pytest.fixture
def desk(ws, tmp_path):
    return Desk(ws, tmp_path / "清单.xlsx")


def told(caught):
    return [(found.code, found.facts["row"]) for found in caught.value.reasons]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_list_comes_back_as_it_went_out(ws, tmp_path, lang):
    returned = Desk(ws, tmp_path / "x.xlsx", lang).back()
    assert (returned.same, returned.lacking) == (2, ())
    assert not returned.changes.changed
    assert not returned.changes.added


def test_what_was_filled_in_is_written(ws, desk):
    done = {"done_on": dt.datetime(2026, 11, 15), "evidence": "照片 3 张"}
    desk.fill(2, status="完成", **done).fill(3, deadline="2026年12月15日")
    desk.fill(4, village_id="033002", text="清理堆物", owner="下村", status="未办结")
    desk.fill(4, opened="2026/11/18", deadline="2026.12.1")
    returned = desk.back()
    assert save_ledger_list(ws, "measures", returned, who="基管中心") == ["M3"]
    held = read_ledger(ws, "measures").set_index("id")
    assert held.loc["M1", ["status", "done_on", "evidence"]].tolist() == ["done", "2026-11-15", "照片 3 张"]
    assert held.loc["M2", ["deadline", "text"]].tolist() == ["2026-12-15", "=补装路灯"]
    assert held.loc["M3", ["opened", "deadline"]].tolist() == ["2026-11-18", "2026-12-01"]


def test_a_row_that_was_deleted_is_told_and_stays_in_the_ledger(ws, desk):
    desk.sheet.delete_rows(2)
    returned = desk.back()
    assert (returned.same, returned.lacking) == (1, ("M1",))
    save_ledger_list(ws, "measures", returned)
    assert len(read_ledger(ws, "measures")) == 2


def test_a_heading_that_was_changed_is_told_with_the_one_that_it_may_be(desk):
    column = desk.headings.index("完成时限") + 1
    desk.sheet.cell(row=1, column=column).value = "完成的时限"
    with pytest.raises(SchemaError, match="list_headings_unknown") as caught:
        desk.back()
    assert caught.value.reasons[0].facts["column"] == "deadline"
    assert caught.value.reasons[0].facts["nearest"] == "完成的时限"


def test_faults_name_the_rows_of_the_sheet_and_nothing_is_written(ws, desk):
    desk.fill(2, village_id="033002").fill(3, id="M7")
    desk.fill(4, village_id="099", text="x", owner="y", status="未办结").fill(5, id="M7", status="大概好了")
    with pytest.raises(SchemaError, match="list_faults") as caught:
        desk.back()
    assert told(caught) == [
        ("list_village_differs", 2),
        ("list_entry_unknown", 3),
        ("list_village_unknown", 4),
        ("list_entry_repeated", 5),
        ("list_entry_unknown", 5),
        ("list_value_unread", 5),
    ]


def test_a_date_of_2062_is_told_by_its_row(ws, desk):
    desk.fill(3, deadline="2062-12-01")
    returned = desk.back()
    with pytest.raises(SchemaError, match="ledger_faults") as caught:
        save_ledger_list(ws, "measures", returned)
    assert told(caught) == [("date_out_of_range", 3)]
    assert read_ledger(ws, "measures")["deadline"].tolist() == ["2026-12-01"] * 2


def test_what_changed_in_the_ledger_since_the_list_went_out_is_not_written_over(ws, desk):
    write_ledger(ws, "measures", EntryChanges(changed={"M1": {"owner": "安昌警务站"}}))
    desk.fill(2, owner="福全中队")
    returned = desk.back()
    with pytest.raises(ConflictError, match="entries_changed"):
        save_ledger_list(ws, "measures", returned)


def test_statuses_are_offered_and_no_text_runs(desk):
    offered = desk.sheet.data_validations.dataValidation
    assert [rule.formula1 for rule in offered] == ['"未办结,已完成,已核销"']
    assert desk.sheet.cell(row=3, column=desk.headings.index("事项") + 1).data_type == "s"
