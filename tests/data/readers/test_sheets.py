"""Tables: each cell comes out as people wrote it, under its own row number, nothing lost in silence."""

import datetime as dt
import zipfile

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.styles import PatternFill

from data.readers import delimited, workbook_scan, workbooks
from data.readers.sheets import open_sheets
from data.readers.workbooks import text_of
from geo.errors import FileError, SchemaError


def text_file(folder, text, encoding="utf-8", name="t.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def everything(path, **options):
    with open_sheets(path, **options) as source:
        layer = source.layers[0]
        frames = list(source.batches(layer, layer.columns, size=2))
        frame = pd.concat(frames) if frames else pd.DataFrame(columns=list(layer.columns))
        return frame, layer, list(source.notes)


def told(notes):
    """Codes and facts of notes, without the file's and the sheet's name."""
    return [(n.code, {k: v for k, v in n.facts.items() if k not in ("file", "sheet")}) for n in notes]


def code_of(path, **options):
    with pytest.raises(FileError) as error:
        everything(path, **options)
    return error.value


def book(folder, rows, *, merged=(), name="t.xlsx", then=None):
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    for row in rows:
        sheet.append(row)
    for one in merged:
        sheet.merge_cells(one)
    if then:
        then(workbook)
    workbook.save(folder / name)
    return folder / name


CHINESE = "编码,名称\nG1,柯桥村\nG2,𠮷村\n"


@pytest.mark.parametrize(
    ("encoding", "found"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("gb18030", "gb18030")],
)
def test_text_is_read_in_the_encoding_it_was_written_in(tmp_path, encoding, found):
    path = text_file(tmp_path, CHINESE, encoding)
    frame, layer, _ = everything(path)
    assert frame["名称"].tolist() == ["柯桥村", "𠮷村"]
    assert open_sheets(path).encoding == found
    assert told(layer.notes) == ([("encoding_guessed", {"found": "GB18030"})] if found == "gb18030" else [])


def test_a_long_head_of_plain_letters_does_not_decide_the_encoding(tmp_path):
    path = text_file(tmp_path, "code,name\n" + "G,x\n" * 300_000 + "G9,柯桥\n", "gbk")
    with open_sheets(path) as source:
        assert source.encoding == "gb18030"
        *_, last = source.batches(source.layers[0], ["name"])
    assert last["name"].iloc[-1] == "柯桥"
    assert last.index[-1] == 300_002


def test_a_stated_encoding_counts_and_a_wrong_one_names_row_and_byte(tmp_path):
    path = text_file(tmp_path, "code,name\nG1,é\n", "latin-1")
    assert everything(path, encoding="latin-1")[0]["name"].tolist() == ["é"]
    error = code_of(path, encoding="utf-8")
    assert error.code == "encoding_wrong"
    assert (error.facts["row"], error.facts["byte"]) == (2, 13)


@pytest.mark.parametrize("name", ["martian", "base64", "idna", "a\0b", "undefined"])
def test_names_that_are_no_encoding_are_refused(tmp_path, name):
    assert code_of(text_file(tmp_path, "a,b\n1,2\n"), encoding=name).code == "encoding_unknown"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(tmp_path, separator):
    rows = [["编码", "地址", "类型"], ["G1", "一路, 二号; 三", "a|b"], ["G2", "x", "y"]]
    rows = [[cell if separator not in cell else f'"{cell}"' for cell in row] for row in rows]
    frame, layer, _ = everything(text_file(tmp_path, "\n".join(separator.join(row) for row in rows)))
    assert layer.columns == ("编码", "地址", "类型")
    assert frame["地址"].tolist() == ["一路, 二号; 三", "x"]


def test_a_separator_that_every_cell_of_a_column_holds_does_not_win(tmp_path):
    frame, _, _ = everything(text_file(tmp_path, "name,kind\n" + "学校,教;学;小\n" * 30))
    assert list(frame.columns) == ["name", "kind"]


def test_rows_are_numbered_as_a_spreadsheet_numbers_them(tmp_path):
    frame, _, _ = everything(text_file(tmp_path, 'code,note\nG1,"two\nlines"\n\nG2,x\n'))
    assert frame.index.tolist() == [2, 4]
    assert frame.index.name == "row"
    assert frame["note"].tolist() == ["two\nlines", "x"]


def test_texts_that_look_like_nothing_or_like_numbers_stay_texts(tmp_path):
    frame, _, _ = everything(text_file(tmp_path, "code,n\n007,NA\nnull,1.0\n,=1+1\n"))
    assert frame["code"].tolist() == ["007", "null", ""]
    assert frame["n"].tolist() == ["NA", "1.0", "=1+1"]


def test_a_row_with_a_cell_too_many_is_left_out_and_a_short_one_is_filled_up(tmp_path):
    frame, _, notes = everything(text_file(tmp_path, "a,b,c\nx,1,2\ny,1,2,3\nz,1\nw,1,2,,\n"))
    assert frame.to_numpy().tolist() == [["x", "1", "2"], ["z", "1", ""], ["w", "1", "2"]]
    assert told(notes) == [
        ("row_ragged", {"row": 3, "found": 4, "expected": 3}),
        ("row_short", {"row": 4, "found": 2, "expected": 3}),
    ]


def test_notes_of_one_kind_end_somewhere_and_a_second_pass_does_not_repeat_them(tmp_path):
    path = text_file(tmp_path, "a,b\n" + "1\n" * 150)
    with open_sheets(path) as source:
        for _ in range(2):
            assert sum(map(len, source.batches(source.layers[0], ["a"]))) == 150
        assert len(source.notes) == 101
        assert told(source.notes)[-1] == ("notes_more", {"count": 50})


def test_titles_totals_and_who_filled_it_in_are_no_data_and_persons_are_not_noted(tmp_path):
    text = "柯桥区网格表,,\n填报单位：某局,,\n编码,名称,人口\nG1,张村,5\n合计,,5\n填表人：张三,,\n"
    frame, layer, notes = everything(text_file(tmp_path, text))
    assert frame.to_numpy().tolist() == [["G1", "张村", "5"]]
    assert frame.index.tolist() == [4]
    assert told(layer.notes) == [("header_found", {"first_row": 3, "last_row": 3})]
    assert told(notes) == [
        ("row_left_out", {"row": 5, "word": "合计"}),
        ("row_left_out", {"row": 6, "word": "填表人"}),
    ]


def test_repeated_and_missing_names_of_columns(tmp_path):
    frame, layer, _ = everything(text_file(tmp_path, "name,name,,n\na,b,c,1\n"))
    assert layer.columns == ("name", "name (2)", "C", "n")
    assert frame.iloc[0].tolist() == ["a", "b", "c", "1"]


def test_cells_below_no_name_are_counted(tmp_path):
    _, layer, notes = everything(text_file(tmp_path, "a,,b\n" + "1,,2\n" * 40 + "1,x,2\n"))
    assert layer.columns == ("a", "b")
    assert told(notes) == [("cells_unnamed", {"column": "B", "count": 1})]


def test_a_file_without_header_gets_letters(tmp_path):
    frame, layer, _ = everything(text_file(tmp_path, "330603001,121.5\n330603002,121.6\n"))
    assert layer.columns == ("A", "B")
    assert frame.index.tolist() == [1, 2]
    assert told(layer.notes) == [("header_missing", {"first": "A"})]


def test_ids_that_a_spreadsheet_shortened_are_told(tmp_path):
    _, _, notes = everything(text_file(tmp_path, "id,n\n3.30603E+11,1\nG1,2E+05\n"))
    assert told(notes) == [("digits_lost", {"column": "id", "count": 1})]


@pytest.mark.parametrize(
    ("content", "code", "row"),
    [
        (b"", "file_without_rows", None),
        (b" \n\n ", "file_without_rows", None),
        (b"a,b\nx,\0\n", "text_has_nul", 2),
        ("a,b\nx,1\n".encode("utf-16-le"), "text_has_nul", 1),
        (b'a,b\n"x" y,2\n', "text_quotes", 2),
        (b'a,b\n"x,1\n' + b"y,2\n" * 2000, "text_quotes", 2),  # never closed
        ("a,b\nx,柯桥".encode()[:-1], "file_cut", 2),
        (b"<html><table><tr><td>a</td></tr></table>", "sheet_is_markup", None),
        (b'<?xml version="1.0"?><Workbook/>', "sheet_is_markup", None),
        (b"," * 20_000 + b"x\n", "columns_too_many", None),
        (b"PK\x03\x04junk", "archive_broken", None),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "file_unreadable", None),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "file_encrypted",
            None,
        ),
        (b"\xff\xff\xff", "encoding_wrong", 1),
    ],
)
@pytest.mark.parametrize("name", ["t.csv", "t.xls", "t.et"])
def test_bad_files_are_refused_in_words_whatever_their_ending(tmp_path, content, code, row, name):
    error = code_of(text_file(tmp_path, content, name=name))
    assert error.code == code
    assert row is None or error.facts["row"] == row


def test_a_line_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "LONGEST_TEXT", 1000)
    assert code_of(text_file(tmp_path, "a,b\nx,1\n" + "y" * 2000)).code == "text_too_long"


def test_an_outline_as_text_may_be_long(tmp_path):
    outline = f'"POLYGON (({",".join("120.5 30.5" for _ in range(30_000))}))"'
    frame, _, _ = everything(text_file(tmp_path, f"id,wkt\nG1,{outline}\n"))
    assert len(frame["wkt"].iloc[0]) == len(outline) - 2


def test_unknown_columns_are_named(tmp_path):
    with open_sheets(text_file(tmp_path, "a,b\n1,2\n")) as source, pytest.raises(SchemaError, match="nope"):
        list(source.batches(source.layers[0], ["nope"]))


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1), min_size=3, max_size=3),
        max_size=6,
    )
)
def test_whatever_is_written_is_read_again(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("any") / "t.csv"
    names = ["编码", "名称", "n"]
    pd.DataFrame([["x", "y", "z"], *rows], columns=names).to_csv(path, index=False, quoting=1)
    frame, layer, notes = everything(path)
    left_out = [note.facts["row"] for note in notes if note.code == "row_left_out"]
    kept = [row for number, row in enumerate([["x", "y", "z"], *rows], start=2) if number not in left_out]
    assert layer.columns == tuple(names)
    assert frame.to_numpy().tolist() == [row for row in kept if any(map(str.strip, row))]


@pytest.mark.parametrize("name", ["t.xlsx", "t.xlsm", "t.et", "t.xls"])
def test_cells_of_a_workbook_come_out_as_people_wrote_them(tmp_path, name):
    values = {
        "whole": 12,
        "part": 120.123456,
        "day": dt.date(2026, 10, 31),
        "moment": dt.datetime(2026, 10, 31, 13, 20),
        "time": dt.time(8, 30),
        "yes": True,
        "code": "0012",
        "formula": "'=1+1",
        "minus": "-x",
    }
    frame, _, _ = everything(book(tmp_path, [list(values), list(values.values())], name=name))
    assert frame.iloc[0].tolist() == [
        "12",
        "120.123456",
        "2026-10-31",
        "2026-10-31T13:20:00",
        "08:30:00",
        "TRUE",
        "0012",
        "'=1+1",
        "-x",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e-7, "1e-07"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (float("inf"), "inf"),
        (dt.timedelta(hours=30, seconds=5), "30:00:05"),
        (dt.datetime(2026, 1, 1, 13, 19, 59, 999_998), "2026-01-01T13:20:00"),
        (dt.datetime.max, "9999-12-31T23:59:59.999999"),
        ("#N/A", ""),
        ("=cmd|x", "=cmd|x"),
    ],
)
def test_text_of_a_value(value, text):
    assert text_of(value) == text


def test_merged_header_title_and_towns_of_a_bureaus_sheet(tmp_path):
    rows = [
        ["柯桥区网格底数表", None, None, None, None],
        ["序号", "镇街", "网格", "人口", None],
        [None, None, None, "户籍", "流动"],
        [1, "柯桥街道", "G1", 10, 3],
        [2, None, "G2", 20, None],
        [None, None, None, None, None],
        [3, "安昌街道", "G3", 30, 4],
        ["合计", None, None, 60, 7],
    ]
    merged = ("A1:E1", "A2:A3", "B2:B3", "C2:C3", "D2:E2", "B4:B5", "E4:E5", "A8:C8")
    frame, layer, notes = everything(book(tmp_path, rows, merged=merged))
    assert layer.columns == ("序号", "镇街", "网格", "人口/户籍", "人口/流动")
    assert frame.index.tolist() == [4, 5, 7]
    assert frame["镇街"].tolist() == ["柯桥街道", "柯桥街道", "安昌街道"]
    # one figure for two grids is not theirs twice
    assert frame["人口/流动"].tolist() == ["3", "", "4"]
    assert told(notes) == [
        ("row_left_out", {"row": 8, "word": "合计"}),
        ("cells_filled", {"column": "镇街", "count": 1}),
        ("cells_shared", {"column": "人口/流动", "count": 1}),
    ]


def test_a_table_away_from_the_corner_keeps_its_row_numbers(tmp_path):
    frame, layer, _ = everything(book(tmp_path, [[], [], [None, "编码", "名称"], [None, "G1", "x"]]))
    assert layer.columns == ("编码", "名称")
    assert frame.index.tolist() == [4]


def test_merged_cells_are_found_where_the_sheet_begins_further_down(tmp_path):
    rows = [[], [None, "镇", "n"], [None, "柯桥", "a"], [None, None, "b"]]
    frame, _, _ = everything(book(tmp_path, rows, merged=("B3:B4",)))
    assert frame["镇"].tolist() == ["柯桥", "柯桥"]


def test_long_ids_stored_as_numbers_are_told_and_error_cells_are_blank_and_counted(tmp_path):
    rows = [["id", "n"], [330603001001001001, 1], [330603, "#N/A"], [5, "#REF!"]]

    def fail(workbook):
        for row in (3, 4):
            workbook.active.cell(row, 2).data_type = "e"

    frame, _, notes = everything(book(tmp_path, rows, then=fail))
    assert frame["n"].tolist() == ["1", "", ""]
    assert told(notes) == [
        ("cells_error", {"column": "n", "count": 2}),
        ("digits_lost", {"column": "id", "count": 1}),
    ]


def test_hidden_and_empty_sheets_are_told_and_passed_over(tmp_path):
    def more(workbook):
        workbook.create_sheet("空")
        workbook.create_sheet("藏").append(["a", "b"])
        workbook["藏"].sheet_state = "hidden"
        workbook.create_sheet("二").append(["x", "y"])
        workbook.create_chartsheet("图")

    with open_sheets(book(tmp_path, [["a", "b"], [1, 2]], then=more)) as source:
        assert [layer.name for layer in source.layers] == ["Sheet", "二"]
        assert [note.code for note in source.notes] == ["sheet_empty", "sheet_hidden"]
        assert list(source.batches(source.layers[1], ["x"])) == []
        assert [len(frame) for frame in source.batches(source.layers[0], ["b"])] == [1]


def test_a_workbook_of_nothing_is_refused(tmp_path):
    assert code_of(book(tmp_path, [])).code == "file_without_rows"


def test_one_cell_far_away_does_not_fill_the_memory(tmp_path):
    def far(workbook):
        workbook.active["XFD1048576"] = 1

    assert code_of(book(tmp_path, [["a"], [1]], then=far)).code == "sheet_too_large"


def test_colour_alone_far_away_does_no_harm(tmp_path):
    def far(workbook):
        workbook.active["XFD1048576"].fill = PatternFill("solid", fgColor="FF0000")

    assert len(everything(book(tmp_path, [["a"], [1]], then=far))[0]) == 1


def test_a_far_cell_cannot_hide_behind_its_other_attributes(tmp_path):
    path = book(tmp_path, [["a"], [1]])
    rewrite(path, lambda xml: xml.replace(b"</row>", b"<c s='>' r='XFD1048576'><v>1</v></c></row>", 1))
    assert code_of(path).code == "sheet_too_large"


def rewrite(path, change, member="xl/worksheets/sheet1.xml"):
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[member] = change(parts[member])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def test_entities_in_a_workbook_are_refused(tmp_path):
    path = book(tmp_path, [["a"], [1]])
    rewrite(path, lambda xml: b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + xml)
    assert code_of(path).code == "xml_entities"


def test_sheets_beyond_the_limit_are_refused_before_they_are_loaded(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook_scan, "MAX_SHEET_BYTES", 100)
    assert code_of(book(tmp_path, [["a"], [1]])).code == "sheet_too_large"


class PanicException(BaseException):  # noqa: N818 - the loader's own name
    """What a Rust panic looks like to Python."""


@pytest.mark.parametrize(
    ("fault", "seen"), [(PanicException, FileError), (KeyboardInterrupt, KeyboardInterrupt)]
)
def test_a_panic_of_the_loader_is_an_error_in_words_and_nothing_else_is_swallowed(
    tmp_path, monkeypatch, fault, seen
):
    def panics(*_):
        raise fault

    path = book(tmp_path, [["a"], [1]])
    monkeypatch.setattr(workbooks, "_book", panics)
    with pytest.raises(seen):
        open_sheets(path)


def cell(text, attributes=""):
    kind = 'office:value-type="string"'
    return f"<table:table-cell {kind} {attributes}><text:p>{text}</text:p></table:table-cell>"


def table(repeat):
    names = "".join(
        f' xmlns:{one}="urn:oasis:names:tc:opendocument:xmlns:{one}:1.0"'
        for one in ("office", "table", "text")
    )
    number = (
        '<table:table-cell office:value-type="float" office:value="3"><text:p>3</text:p></table:table-cell>'
    )
    rows = [cell("编码") + cell("人口"), cell("G1", repeat) + number]
    body = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    blank = (
        '<table:table-row table:number-rows-repeated="1048574">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    return (
        f'<?xml version="1.0"?><office:document-content{names}><office:body><office:spreadsheet>'
        f'<table:table table:name="t">{body}{blank}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )


def ods(path, repeat=""):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", table(repeat))
    return path


def test_open_document_sheets_are_read_whatever_blank_rows_follow(tmp_path):
    frame, layer, _ = everything(ods(tmp_path / "t.ods"))
    assert layer.columns == ("编码", "人口")
    assert frame.to_numpy().tolist() == [["G1", "3"]]


def test_an_open_document_that_repeats_a_cell_without_end_is_refused(tmp_path):
    path = ods(tmp_path / "t.ods", repeat='table:number-columns-repeated="900000000"')
    assert code_of(path).code == "sheet_too_large"


def test_an_open_document_that_breaks_off_is_refused_before_its_loader_hangs(tmp_path):
    path = ods(tmp_path / "t.ods")
    rewrite(path, lambda xml: xml[: len(xml) // 2] + b"</t:body></office:document-content>", "content.xml")
    assert code_of(path).code == "xml_broken"


def test_real_lists_are_read_alike_in_every_encoding(real_data):
    codes = real_data / "china" / "division_codes"
    lists = [everything(path)[0] for path in sorted(codes.glob("keqiao_villages*.csv"))]
    assert len(lists) == 3
    for other in lists[1:]:
        pd.testing.assert_frame_equal(lists[0], other)
    assert len(lists[0]) == 341


def test_real_names_beyond_gbk_survive_gb18030(real_data, tmp_path):
    path = real_data / "china" / "division_codes" / "villages_needing_gb18030.csv"
    frame, _, _ = everything(path)
    again = text_file(tmp_path, path.read_text(encoding="utf-8"), "gb18030")
    pd.testing.assert_frame_equal(frame, everything(again)[0])
    assert len(frame) == 131


def test_the_real_schools_are_read(real_data):
    frame, layer, notes = everything(next((real_data / "china").glob("*_gbk.csv")))
    assert (len(frame), notes) == (931, [])
    assert {"name", "lon", "lat"} <= set(layer.columns)
