"""Private folders are gone when their work is done, also when it was killed."""

import os
import subprocess
import sys
import time

import pytest

from data.files import private_folder


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_folder_is_gone_after_its_block(scratch):
    with private_folder() as folder:
        assert os.listdir(scratch) == [os.path.basename(folder)]
    assert os.listdir(scratch) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot be asked for a process")
def test_what_a_killed_process_left_is_swept_and_what_others_use_is_not(scratch):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (scratch / f"gridbeat-{gone.pid}-x").mkdir()
    (scratch / f"gridbeat-{gone.pid}-x" / "calls.csv").write_text("x", encoding="utf-8")
    (scratch / f"gridbeat-{os.getppid()}-y").mkdir()
    (scratch / "another-1-z").mkdir()
    with private_folder() as folder:
        left = set(os.listdir(scratch))
    assert left == {"another-1-z", f"gridbeat-{os.getppid()}-y", os.path.basename(folder)}


def test_folder_without_a_process_is_swept_after_a_day(scratch):
    for name, age in (("gridbeat-abc", 2 * 86_400), ("gridbeat-def", 60)):
        (scratch / name).mkdir()
        os.utime(scratch / name, (time.time() - age,) * 2)
    with private_folder() as folder:
        assert sorted(os.listdir(scratch)) == sorted(["gridbeat-def", os.path.basename(folder)])
