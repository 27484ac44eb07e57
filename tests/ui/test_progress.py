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


def test_a_script_has_a_line_for_each_stage_and_tenth(monkeypatch, capsys):
    lines = told(monkeypatch, capsys, terminal=False).splitlines()
    assert [line.rpartition("…")[2].strip() for line in lines] == [
        "",
        "",
        *(f"{percent} %" for percent in range(10, 101, 10)),
    ]


def test_a_script_hears_of_slow_work_every_few_seconds(monkeypatch, capsys):
    clock = iter([0.0, 2.0, 6.0, 7.0, 12.0])
    monkeypatch.setattr("ui.doors.progress.time.monotonic", lambda: next(clock))
    tell = Progress(speaker("en", as_json=True))
    for share in (0.01, 0.02, 0.03, 0.04, 0.05):
        tell("search", share)
    lines = capsys.readouterr().err.splitlines()
    assert [line.rpartition("…")[2].strip() for line in lines] == ["1 %", "3 %", "5 %"]


def test_the_line_is_left_also_when_work_fails(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)

    def fail():
        with Progress(speaker("zh", as_json=False)) as tell:
            tell("read", 0.0)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert capsys.readouterr().err.endswith("\n")
