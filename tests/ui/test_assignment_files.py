"""Assignments read back from files that people have worked on."""

import pandas as pd
import pytest

from geo.errors import SchemaError
from ui.assignment_files import read_assignment_file

NAMES = ["王小明", "李建国", "陈秀英", "赵丽", "刘洋", "张伟"]
GRIDS = pd.Index(["g1", "g2", "g3", "g4"])


@pytest.fixture
def read(tmp_path):
    """Read an assignment from a CSV of these lines."""

    def read_lines(*lines):
        path = tmp_path / "plan.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return read_assignment_file(path, GRIDS)

    return read_lines


def test_rows_that_are_shifted_are_faults_and_not_left_out(read):
    with pytest.raises(SchemaError) as refused:
        read("grid_id,zone_id", "g1,a", "g2,a,x", "g3,b", "g4,b")
    assert refused.value.code == "assignment_file_faults"
    assert [(why.code, why.facts["row"]) for why in refused.value.reasons] == [("row_ragged", 3)]


def test_zones_that_bear_names_of_persons_are_refused_unsaid(read):
    with pytest.raises(SchemaError) as refused:
        read("grid_id,zone_id", *(f"g{i},{name}" for i, name in enumerate(NAMES * 3)))
    assert refused.value.code == "column_personal"
    assert "王小明" not in str(refused.value)


def test_names_of_places_are_zones(read):
    plan, notes = read("网格编码,警务区", "g1,柯桥一区", "g2,柯桥一区", "g3,平水南区", "g4,平水南区")
    assert (plan.tolist(), notes) == (["柯桥一区", "柯桥一区", "平水南区", "平水南区"], ())


def test_headings_that_may_name_persons_are_not_repeated(read):
    with pytest.raises(SchemaError) as refused:
        read("编号,李建国", "g1,a")
    assert refused.value.code == "assignment_columns_unknown"
    assert refused.value.facts["known"] == "编号, ***"
