"""Progress of long work: one line rewritten on a terminal, a line now and then elsewhere."""

import sys

import pytest

from ui.doors.progress import Progress
from ui.doors.speaking import speaker


def told(monkeypatch, capsys, *, terminal):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    with Progress(speaker("en", as_json=True)) as tell:
        tell("reach", 0.0)
        for percent in range(0, 101, 5):
            tell("search", percent / 100)
    said = capsys.readouterr()
    assert said.out == ""
    return said.err


def test_a_terminal_has_one_line_that_is_rewritten(monkeypatch, capsys):
    said = told(monkeypatch, capsys, terminal=True)
    assert said.count("\n") == 1
    assert said.endswith("\n")
    assert said.rstrip().endswith("100 %")
    # What is shorter than the line before it leaves nothing of that behind.
    lengths = [len(line) for line in said.rstrip("\n").split("\r")[1:]]
    assert lengths == sorted(lengths)


def test_a_script_has_a_line_for_each_stage_and_quarter(monkeypatch, capsys):
    lines = told(monkeypatch, capsys, terminal=False).splitlines()
    assert [line.rpartition("…")[2].strip() for line in lines] == ["", "", "25 %", "50 %", "75 %", "100 %"]


def test_the_line_is_left_also_when_work_fails(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)

    def fail():
        with Progress(speaker("zh", as_json=False)) as tell:
            tell("read", 0.0)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert capsys.readouterr().err.endswith("\n")
