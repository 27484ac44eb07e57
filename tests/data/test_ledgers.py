"""Ledgers of the safety loop: entries of places and posts, right or not kept at all."""

import datetime as dt

import pandas as pd
import pytest

from data import ledgers
from data.ledger_columns import LEDGERS
from data.ledgers import EntryChanges, read_ledger, write_ledger
from data.workspace import Workspace
from geo.errors import ConflictError, SchemaError, SettingError

MEASURE = {
    "village_id": "V1",
    "text": "更换老旧消防栓",
    "owner": "福全警务站",
    "opened": "2026-10-20",
    "deadline": dt.date(2026, 11, 30),
}


@pytest.fixture
def ws(tmp_path, monkeypatch):
    monkeypatch.setattr(ledgers, "this_day", lambda: dt.date(2026, 11, 3))
    made = Workspace.create(tmp_path / "district.gpkg", name="试验区", crs="EPSG:4549")
    made.write("villages", pd.DataFrame({"village_id": ["V1", "V2"], "name": ["上村", "下村"]}))
    return made


def add(ws, *rows, ledger="measures", **more):
    return write_ledger(ws, ledger, EntryChanges(added=rows), **more)


def change(ws, label, cells, ledger="measures", **more):
    return write_ledger(ws, ledger, EntryChanges(changed={label: cells}, **more))


def faults(caught):
    return [(found.code, found.facts.get("row"), found.facts.get("column")) for found in caught.value.reasons]


def test_an_entry_comes_back_as_it_was_written(ws):
    assert add(ws, MEASURE, {**MEASURE, "village_id": "V2"}, who="基管中心") == ["M1", "M2"]
    held = read_ledger(ws, "measures").set_index("id")
    assert held.loc["M1", ["text", "deadline", "status", "rev", "author"]].tolist() == [
        "更换老旧消防栓",
        "2026-11-30",
        "open",
        1,
        "基管中心",
    ]
    assert ws.audit()["action"].iloc[-1] == "ledger"


def test_a_change_counts_up_the_revision_and_leaves_the_rest(ws):
    add(ws, MEASURE)
    change(ws, "M1", {"status": "done", "done_on": "2026-11-02", "evidence": "照片 3 张"}, revs={"M1": 1})
    held = read_ledger(ws, "measures").iloc[0]
    assert held[["status", "done_on", "owner", "rev"]].tolist() == ["done", "2026-11-02", "福全警务站", 2]


def test_what_somebody_else_changed_meanwhile_is_not_written_over(ws):
    add(ws, MEASURE)
    change(ws, "M1", {"deadline": "2026-12-15"})
    with pytest.raises(ConflictError, match="entries_changed") as caught:
        change(ws, "M1", {"deadline": "2026-12-31"}, revs={"M1": 1})
    assert caught.value.facts["ids"] == ["M1"]
    assert read_ledger(ws, "measures")["deadline"].tolist() == ["2026-12-15"]


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ({"text": " "}, ("value_missing", 1, "text")),
        ({"village_id": "V7"}, ("reference_unknown", 1, "village_id")),
        ({"deadline": "2062-11-30"}, ("date_out_of_range", 1, "deadline")),
        ({"deadline": "十一月底"}, ("value_wrong", 1, "deadline")),
        ({"deadline": "2026-10-01"}, ("dates_backwards", 1, "deadline")),
        ({"opened": "2026-11-04", "deadline": "2026-12-01"}, ("date_out_of_range", 1, "opened")),
        ({"status": "finished"}, ("value_wrong", 1, "status")),
        ({"status": "done", "evidence": "照片"}, ("entry_needs", 1, "done_on")),
        ({"text": "联系 13812345678 更换"}, ("cell_personal", 1, "text")),
        ({"assessment_id": "A7"}, ("reference_unknown", 1, "assessment_id")),
    ],
)
def test_an_entry_that_cannot_be_is_told_and_nothing_is_written(ws, cells, fault):
    with pytest.raises(SchemaError, match="ledger_faults") as caught:
        add(ws, {**MEASURE, **cells}, {**MEASURE, "village_id": "V2"})
    assert faults(caught) == [fault]
    assert read_ledger(ws, "measures").empty


def test_all_faults_are_told_at_once_by_the_entry(ws):
    add(ws, MEASURE)
    changes = EntryChanges(
        changed={"M1": {"deadline": "2062-01-01"}}, added=[MEASURE, {**MEASURE, "owner": None}]
    )
    with pytest.raises(SchemaError) as caught:
        write_ledger(ws, "measures", changes)
    assert faults(caught) == [("value_missing", 2, "owner"), ("date_out_of_range", "M1", "deadline")]


def test_an_answer_belongs_to_a_decision_on_an_objection(ws):
    ws_id = "A1"
    from data.assessments import open_assessment

    days = {"first": dt.date(2026, 10, 1), "last": dt.date(2026, 10, 31)}
    open_assessment(ws, period="2026-10", **days, profile="pingan_village")
    row = {"assessment_id": ws_id, "village_id": "V1", "text": "火灾多计一起"}
    assert add(ws, row, ledger="objections") == ["O1"]
    with pytest.raises(SchemaError) as caught:
        change(ws, "O1", {"status": "accepted"}, ledger="objections")
    assert faults(caught) == [("entry_needs", "O1", "answer")]
    change(ws, "O1", {"status": "accepted", "answer": "已核减一起"}, ledger="objections")


@pytest.mark.parametrize(
    ("row", "ledger", "fault"),
    [
        (
            {"kind": "risk", "addressee": "福全街道", "text": "电诈上升", "status": "sent"},
            "notices",
            ("entry_needs", 1, "issued"),
        ),
        (
            {"village_id": "V1", "period": "2026-10", "due_on": "2026-11-20", "score": 101},
            "field_checks",
            ("value_wrong", 1, "score"),
        ),
    ],
)
def test_notices_and_visits_have_rules_of_their_own(ws, row, ledger, fault):
    with pytest.raises(SchemaError) as caught:
        add(ws, row, ledger=ledger)
    assert faults(caught) == [fault]


def test_what_there_is_not_is_told(ws):
    with pytest.raises(SettingError, match="ledger_unknown"):
        read_ledger(ws, "wishes")
    with pytest.raises(SettingError, match="entry_unknown"):
        change(ws, "M4", {"text": "x"})
    with pytest.raises(SettingError, match="entry_column_unknown"):
        add(ws, {**MEASURE, "rev": 7})


def test_every_ledger_begins_its_ids_with_a_letter_of_its_own():
    letters = [spec.letter for spec in LEDGERS.values()]
    assert len(set(letters)) == len(letters)
