"""Exemptions: what others listed meanwhile stays."""

from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

from data.workspace import Workspace
from ui.exempting import change_exemptions


@pytest.fixture
def workspace(workspace_file):
    return Workspace.open(workspace_file)


def listed(workspace):
    table = workspace.read("exemptions").fillna("")
    return dict(zip(table["grid_id"], table["note"], strict=True))


def test_what_others_listed_meanwhile_stays(workspace):
    workspace.write("exemptions", pd.DataFrame({"grid_id": ["G0000", "G0101"], "note": ["山上", "岛上"]}))
    change_exemptions(workspace, add={"G0202"}, remove={"G0000"}, who="page")
    assert listed(workspace) == {"G0101": "岛上", "G0202": ""}
    assert workspace.audit()["who"].iloc[-1] == "page"


def test_the_first_exemption_needs_no_table(workspace):
    change_exemptions(workspace, add={"G0202"})
    assert listed(workspace) == {"G0202": ""}


def test_a_list_without_notes_is_kept(workspace):
    workspace.write("exemptions", pd.DataFrame({"grid_id": ["G0000"]}))
    change_exemptions(workspace, add={"G0000", "G0101"})
    assert listed(workspace) == {"G0000": "", "G0101": ""}


def test_pages_that_exempt_at_once_lose_nothing(workspace):
    grids = [f"G{i:02}00" for i in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda grid: change_exemptions(workspace, add={grid}), grids))
    assert set(listed(workspace)) == set(grids)
