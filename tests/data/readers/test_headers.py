"""Headers: found among titles, units and groups, and named so that each column has one name."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.readers.headers import cleaned, column_letter, find_header, not_data_word

DATA = ["1", "G001", "12", "30"]


def sheet(text):
    """Rows drawn with | between cells; ~ stands for a line break inside a cell."""
    return [
        [cell.strip(" ").replace("~", "\n") for cell in line.split("|")]
        for line in text.strip("\n").split("\n")
    ]


SHAPES = {
    "plain": ("code|name|n\nA1|x|3", (), 0, 1, ("code", "name", "n")),
    "all_text": ("code|name\nA1|x\nA2|y", (), 0, 1, ("code", "name")),
    "title_then_header": ("柯桥区网格表||\n编码|名称|人口\nA1|x|3", (), 1, 1, ("编码", "名称", "人口")),
    "merged_title": (
        "柯桥区网格表||\n编码|名称|人口\nA1|x|3",
        ((0, 0, 0, 2),),
        1,
        1,
        ("编码", "名称", "人口"),
    ),
    "title_over_two_rows": ("柯桥区|\n|\n编码|人口\nA1|3", ((0, 0, 1, 1),), 2, 1, ("编码", "人口")),
    "attachment_and_title": (
        "附件1|||\n网格底数表|||\n编码|名称|人口|房屋\nA1|x|3|4",
        ((1, 0, 1, 3),),
        2,
        1,
        ("编码", "名称", "人口", "房屋"),
    ),
    "two_rows_merged": (
        "网格表||||\n填报单位：某局||||单位：人\n编码|名称|人口||房屋\n||户籍|流动|\nA1|x|3|4|5",
        ((0, 0, 0, 4), (2, 0, 3, 0), (2, 1, 3, 1), (2, 2, 2, 3), (2, 4, 3, 4)),
        2,
        2,
        ("编码", "名称", "人口/户籍", "人口/流动", "房屋"),
    ),
    "two_rows_of_a_text_file": (
        "编码|名称|人口||房屋\n||户籍|流动|\nA1|x|3|4|5",
        (),
        0,
        2,
        ("编码", "名称", "人口/户籍", "人口/流动", "房屋"),
    ),
    "groups_alone": (
        "人口||房屋|\n户籍|流动|自有|出租\n3|4|5|6",
        ((0, 0, 0, 1), (0, 2, 0, 3)),
        0,
        2,
        ("人口/户籍", "人口/流动", "房屋/自有", "房屋/出租"),
    ),
    "three_rows": (
        "编码|人口|||\n|户籍||流动|\n|男|女|男|女\nA1|1|2|3|4",
        ((0, 0, 2, 0), (0, 1, 0, 4), (1, 1, 1, 2), (1, 3, 1, 4)),
        0,
        3,
        ("编码", "人口/户籍/男", "人口/户籍/女", "人口/流动/男", "人口/流动/女"),
    ),
    "header_merged_across_over_data": (
        "编码|地址||人口\nA1|张家村|1组|3",
        ((0, 1, 0, 2),),
        0,
        1,
        ("编码", "地址", "地址 (2)", "人口"),
    ),
    "units_below": ("编码|人口|面积\n|（人）|（平方米）\nA1|3|4.5", (), 0, 2, ("编码", "人口", "面积")),
    "column_numbers_below": (
        "名称|编码|人口|户\n甲|乙|1|2\nx|A1|3|4",
        (),
        0,
        2,
        ("名称", "编码", "人口", "户"),
    ),
    "breaks_and_wide_blanks": ("姓　名|户籍~人口|Grid~ID\nx|3|7", (), 0, 1, ("姓名", "户籍人口", "Grid ID")),
    "unnamed_column": ("code|name||county\nA1|x|y|z", (), 0, 1, ("code", "name", "C", "county")),
    "blank_column": ("code||name\nA1||x", (), 0, 1, ("code", "name")),
    "repeated": ("name|name|name (2)\nx|y|z", (), 0, 1, ("name", "name (2)", "name (2) (2)")),
    "years": ("指标|2024|2025\n人口|5|6", (), 0, 1, ("指标", "2024", "2025")),
    "no_header": ("330603001|121.4|31.2\n330603002|121.5|31.3", (), 0, 0, ("A", "B", "C")),
    "serial_column": ("序号|名称\n1|x\n2|y", (), 0, 1, ("序号", "名称")),
    "one_column": ("名称\nx\ny", (), 0, 1, ("名称",)),
    "blank_rows_above": ("|\n|\n编码|人口\nA1|3", (), 2, 1, ("编码", "人口")),
    "header_alone": ("编码|名称|人口", (), 0, 1, ("编码", "名称", "人口")),
    "short_header_over_data": ("code|\nA1|121.5", (), 0, 1, ("code", "B")),
    "date_lines": (
        "统计表||||\n2026年10月||||\n编码|a|b|c|d\nA1|1|2|3|4",
        (),
        2,
        1,
        ("编码", "a", "b", "c", "d"),
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_header_is_found_and_named(shape):
    text, merged, first, rows, names = SHAPES[shape]
    header = find_header(sheet(text), merged=merged)
    assert (header.first, header.rows, header.names) == (first, rows, names)
    assert len(header.columns) == len(names)


def test_blank_columns_are_passed_over():
    assert find_header(sheet("code||name\nA1||x")).columns == (0, 2)


def test_nothing_has_no_header():
    assert find_header([]).names == ()
    assert find_header([["", " "], []]).names == ()


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        (["合计", "", "120"], "合计"),
        (["", "总 计", "120"], "总计"),
        (["12", "柯桥街道小计", "3"], "小计"),
        (["Total", "5"], "Total"),
        (["填表人：张三", "", "", "审核人：李四"], "填表人"),
        (["备注", "", ""], "备注"),
        (["注：人口为年末数", "", ""], "注"),
        (["G1", "合计村", "3"], None),  # a village's name
        (["备注", "a", "b", "c"], None),  # as full as data is
        (["说明村", "", ""], None),
        (["G1", "x", "备注"], None),
        ([], None),
    ],
)
def test_totals_and_footnotes_are_told_by_their_word_alone(cells, word):
    assert not_data_word(cells) == word


@pytest.mark.parametrize(("at", "letter"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_letters_are_those_of_a_spreadsheet(at, letter):
    assert column_letter(at) == letter


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from(["", "a", "人口", "1", "2.5", "合计：", " \n"]), max_size=5), max_size=8
    )
)
def test_any_sheet_has_unique_names_for_ascending_columns(rows):
    header = find_header(rows)
    assert len(header.names) == len(header.columns) == len(set(header.names))
    assert list(header.columns) == sorted(set(header.columns))
    assert all(header.names)
    assert header.body <= len(rows)


@settings(deadline=None)
@given(st.text())
def test_cleaning_twice_changes_nothing_more(text):
    assert cleaned(cleaned(text)) == cleaned(text)
