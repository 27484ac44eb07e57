"""Assessments of a period: their way to the public, and files that stay as they were."""

import datetime as dt
import sqlite3
from contextlib import closing

import pytest

from data import assessments
from data.assessments import (
    correct_assessment,
    open_assessment,
    read_assessment,
    read_assessment_files,
    read_assessment_steps,
    read_assessments,
    settle_assessment,
    step_assessment,
)
from data.workspace import Workspace
from geo.errors import ConflictError, FileError, SettingError

FILES = {"inputs": {"counts.csv": b"a,b\n1,2\n"}, "internal": {"villages.parquet": b"\x00\x01" * 50}}
OTHER = {"inputs": {"counts.csv": b"a,b\n1,3\n"}, "internal": {"villages.parquet": b"\x00\x01" * 50}}
TODAY = dt.date(2026, 11, 3)
LATER = "2026-11-05"


@pytest.fixture
def calendar(monkeypatch):
    """Today, which a test may change."""
    held = {"day": TODAY}
    monkeypatch.setattr(assessments, "this_day", lambda: held["day"])
    return held


@pytest.fixture
def ws(tmp_path, calendar):
    return Workspace.create(tmp_path / "district.gpkg", name="试验区", crs="EPSG:4549")


def opened(ws, period="2026-10", **more):
    days = {"first": dt.date(2026, 10, 1), "last": dt.date(2026, 10, 31)}
    return open_assessment(ws, period=period, **days, profile="pingan_village", who="情指中心", **more)


def settled(ws, files=FILES, **more):
    made = opened(ws, **more)
    return settle_assessment(ws, made, files, rev=1, who="情指中心")


def go(ws, held, to, **more):
    return step_assessment(
        ws, held.assessment_id, to, rev=read_assessment(ws, held.assessment_id).rev, **more
    )


def published(ws, calendar):
    held = go(ws, settled(ws), "review", until=LATER)
    calendar["day"] = dt.date(2026, 11, 6)
    return go(ws, held, "published", issue="final", document_no="越公通〔2026〕8号")


def test_a_month_goes_from_gathering_to_closed_with_a_line_for_each_step(ws, calendar):
    held = published(ws, calendar)
    assert (held.status, held.issue, held.is_out) == ("published", "final", True)
    held = go(ws, held, "mending")
    held = go(ws, held, "closed", who="基管中心")
    assert held.steps == ()
    steps = read_assessment_steps(ws, "A1")
    assert steps["now"].tolist() == ["gathering", "settled", "review", "published", "mending", "closed"]
    assert steps["who"].tolist()[:2] == ["情指中心"] * 2
    assert steps.loc[2, "until"] == LATER
    assert steps.loc[3, "document_no"] == "越公通〔2026〕8号"
    assert steps.loc[3, "digest"] == held.digest
    assert ws.audit()["action"].tolist().count("assessment") == 6


def test_files_come_back_byte_by_byte(ws):
    held = settled(ws)
    assert read_assessment_files(ws, "A1", "inputs") == FILES["inputs"]
    assert read_assessment_files(ws, "A1", "internal") == FILES["internal"]
    assert read_assessment_files(ws, "A1", "external") == {}
    assert len(held.digest) == 64


def test_the_digest_tells_files_apart_and_nothing_else(ws, tmp_path):
    first = settled(ws).digest
    other = Workspace.create(tmp_path / "b.gpkg", name="乙区", crs="EPSG:4549")
    backwards = {part: dict(reversed(held.items())) for part, held in reversed(FILES.items())}
    assert settled(other, backwards).digest == first
    third = Workspace.create(tmp_path / "c.gpkg", name="丙区", crs="EPSG:4549")
    assert settled(third, OTHER).digest != first


@pytest.mark.parametrize("part", ["content", "digest"])
def test_bytes_that_changed_on_the_disk_are_refused(ws, part):
    settled(ws)
    with closing(sqlite3.connect(ws.path)) as connection, connection:
        value = b"x" if part == "content" else "0" * 64
        connection.execute(f"UPDATE assessment_files SET {part} = ? WHERE part = 'inputs'", (value,))
    with pytest.raises(FileError, match="assessment_damaged"):
        read_assessment_files(ws, "A1", "inputs")


def test_a_final_report_waits_for_the_end_of_the_review_and_for_every_answer(ws, calendar):
    held = go(ws, settled(ws), "review", until=LATER)
    calendar["day"] = dt.date(2026, 11, 5)
    with pytest.raises(ConflictError, match="review_open"):
        go(ws, held, "published", issue="final")
    calendar["day"] = dt.date(2026, 11, 6)
    with pytest.raises(ConflictError, match="objections_open") as caught:
        go(ws, held, "published", issue="final", open_objections=2)
    assert caught.value.facts["count"] == 2
    assert go(ws, held, "published", issue="final").status == "published"


def test_a_flash_report_goes_out_at_once_and_is_looked_at_afterwards(ws, calendar):
    held = go(ws, settled(ws), "published", issue="flash")
    digest = held.digest
    assert held.steps == ("review",)
    held = go(ws, held, "review", until=LATER)
    # What people have read is not taken back.
    for to in ("gathering", "dropped"):
        with pytest.raises(SettingError, match="assessment_step_unknown"):
            go(ws, held, to, why="算错了")
    calendar["day"] = dt.date(2026, 11, 6)
    held = go(ws, held, "published", issue="final")
    assert (held.issue, held.digest) == ("final", digest)
    assert held.steps == ("mending", "closed")


def test_before_it_is_out_figures_are_gathered_anew(ws):
    held = go(ws, settled(ws), "review", until=LATER)
    with pytest.raises(SettingError, match="assessment_needs_why"):
        go(ws, held, "gathering")
    held = go(ws, held, "gathering", why="采纳核对意见")
    assert (held.digest, held.until) == ("", "")
    with pytest.raises(SettingError, match="assessment_not_settled"):
        read_assessment_files(ws, "A1", "inputs")
    again = settle_assessment(ws, "A1", OTHER, rev=held.rev)
    assert read_assessment_files(ws, "A1", "inputs") == OTHER["inputs"]
    assert read_assessment_steps(ws, "A1")["digest"].iloc[-1] == again.digest


def test_a_correction_is_a_new_version_and_the_old_one_stands_until_it_is_out(ws, calendar):
    old = published(ws, calendar)
    new = correct_assessment(ws, "A1", why="补报两村火灾数据", who="情指中心")
    assert read_assessment(ws, "A1").status == "published"
    made = read_assessment(ws, new)
    assert (made.version, made.corrects, made.period, made.status) == (2, "A1", "2026-10", "gathering")
    with pytest.raises(ConflictError, match="assessment_exists"):
        correct_assessment(ws, "A1", why="又一次")
    held = settle_assessment(ws, new, OTHER, rev=1)
    held = go(ws, held, "published", issue="flash")
    before = read_assessment(ws, "A1")
    assert (before.status, before.digest) == ("corrected", old.digest)
    assert read_assessment_files(ws, "A1", "inputs") == FILES["inputs"]
    assert read_assessment_files(ws, new, "inputs") == OTHER["inputs"]


def test_only_what_is_out_is_corrected_and_with_a_reason(ws, calendar):
    settled(ws)
    with pytest.raises(SettingError, match="assessment_not_out"):
        correct_assessment(ws, "A1", why="算错了")
    with pytest.raises(SettingError, match="assessment_needs_why"):
        correct_assessment(ws, "A1", why=" ")


def test_a_period_has_one_assessment_by_a_profile(ws):
    opened(ws)
    with pytest.raises(ConflictError, match="assessment_exists") as caught:
        opened(ws)
    assert caught.value.facts["assessment"] == "A1"
    opened(ws, period="2026-09")
    go(ws, read_assessment(ws, "A1"), "dropped", why="开错了")
    assert opened(ws) == "A3"
    assert [held.status for held in read_assessments(ws)] == ["dropped", "gathering", "gathering"]


@pytest.mark.parametrize(
    ("to", "more", "code"),
    [
        ("printed", {}, "assessment_status_unknown"),
        ("mending", {}, "assessment_step_unknown"),
        ("settled", {}, "assessment_step_unknown"),
        ("published", {}, "assessment_needs_issue"),
        ("published", {"issue": "final"}, "assessment_step_unknown"),
        ("review", {}, "assessment_needs_until"),
        ("review", {"until": "下周五"}, "assessment_needs_until"),
        ("review", {"until": "2026-11-02"}, "assessment_needs_until"),
        ("dropped", {}, "assessment_needs_why"),
    ],
)
def test_a_step_that_cannot_be_taken_changes_nothing(ws, to, more, code):
    held = settled(ws)
    with pytest.raises(SettingError, match=code):
        go(ws, held, to, **more)
    assert read_assessment(ws, "A1") == held


def test_two_people_at_once_the_second_is_told(ws):
    held = settled(ws)
    step_assessment(ws, "A1", "review", rev=held.rev, until=LATER)
    with pytest.raises(ConflictError, match="assessment_changed") as caught:
        step_assessment(ws, "A1", "published", rev=held.rev, issue="flash")
    assert caught.value.facts["assessment_status"] == "review"


def test_figures_of_tables_that_changed_meanwhile_are_not_settled(ws):
    made, stamp = opened(ws), ws.stamp
    import pandas as pd

    ws.write("villages", pd.DataFrame({"village_id": ["V1"]}))
    with pytest.raises(ConflictError, match="tables_changed"):
        settle_assessment(ws, made, FILES, rev=1, stamp=stamp)
    assert read_assessment(ws, made).status == "gathering"


def test_nobody_is_named(ws):
    with pytest.raises(SettingError, match="text_personal"):
        opened(ws, note="请联系 13812345678")
    assert read_assessments(ws) == []


def test_an_unknown_assessment_is_told_with_those_there_are(ws):
    opened(ws)
    with pytest.raises(SettingError, match="assessment_unknown") as caught:
        read_assessment(ws, "A9")
    assert caught.value.facts["known"] == ["A1"]
