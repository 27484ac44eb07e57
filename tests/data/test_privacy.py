"""The privacy guard: what is personal is found however it is written, what is a code or a place is not."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.guarding import Guard
from data.personal_headers import KINDS, read_header
from data.personal_values import id_checks, luhn_checks
from data.privacy import (
    Verdict,
    judge,
    judge_columns,
    personal_cells,
    table_has_only_persons,
)
from data.reporting import Findings
from ui.words import LANGS, words

NAMES = ["张伟", "李秀英", "王建国", "欧阳娜", "刘洋", "陈志强", "赵敏", "孙丽华"]
# The example number of GB 11643 itself.
ID = "11010519491231002X"


def cells(*texts, field=None):
    return personal_cells(pd.Series(texts), field=field).tolist()


def test_check_digits_are_those_of_the_standards():
    assert id_checks(ID)
    assert id_checks(ID.lower())
    assert not id_checks("110105194912310021")
    assert luhn_checks("4111111111111111")
    assert not luhn_checks("4111111111111112")


@pytest.mark.parametrize(
    ("header", "kind", "tells"),
    [
        ("姓名", "name", True),
        ("姓　名(必填)", "name", True),
        ("网格长", "name", True),
        ("网格长电话", "phone", True),
        ("报警人身份证号", "id_number", True),
        ("\ufeff联系方式", "phone", True),
        ("出生年月", "birth_date", True),
        ("CallerName", "name", True),
        ("officer_name", "name", True),
        ("LXDH", "phone", True),
        ("cell", "phone", False),
        ("家庭住址", "address", True),
        ("民警", "name", False),
        ("Officer", "name", False),
        ("地址", "address", False),
        ("简要警情", "text", False),
        ("网格长度", None, False),
        ("报警人数", None, False),
        ("报警时间", None, False),
        ("出生率", None, False),
        ("发生日期", None, False),
        ("案件发生日", None, False),
        ("生日", "birth_date", True),
        ("籍贯分布", None, False),
        ("警号", "account", True),
        ("JH", "account", True),
        ("证件后四位", "id_number", True),
        ("reported by", "name", False),
        ("微信群", None, False),
        ("telephone_poles", None, False),
        ("法人单位", None, False),
        ("名称", None, False),
        ("street name", None, False),
        ("filename", None, False),
    ],
)
def test_headers_say_who_and_not_how_many_or_when(header, kind, tells):
    found = read_header(header)
    assert (found.kind, found.tells) == (kind, tells)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([ID] * 3, "id_number"),
        (["１１０１０５１９４９１２３１００２Ｘ"] * 3, "id_number"),
        (["110105 19491231 002x"] * 3, "id_number"),
        (["110105********002X"] * 3, "id_number"),
        (["13812345678", "+86 159-0575-1234", "0575-84120110", "189 0000 1111"], "phone"),
        ([13812345678.0, 15905751234.0], "phone"),
        (["138****5678"] * 2, "phone"),
        (["浙D·12345", "浙D12345F", "浙DF12345", "浙D1234警", "沪a1234b"], "plate"),
        (["a.b@example.org"] * 2, "email"),
        (
            ["6222 0212 3456 7890 128", "4111111111111111", "5500005555555559", "4012888888881881"],
            "bank_card",
        ),
        (NAMES, "name"),
        (["张*", "李**", "王某某", "赵某", "孙某"], "name"),
        (["张 伟", "李　娜", "王 芳", "刘 洋", "陈 静"], "name"),
        (["John Smith", "Garcia, Maria", "David J. Brown", "Susan Miller", "Karen White"], "name"),
        (["柯桥花园3幢2单元501室", "群贤路12号4号楼1203室"], "address"),
        (["柯桥花园3-2-501", "镜湖新村11-1-1202"], "address"),
        (["13812345678.0", "15905751234.0"], "phone"),
        (["支书：陈建国", "文书：王秀英", "主任：赵敏"], "name"),
        (["1号网格（陈建国）", "2号网格（王秀英）", "3号网格（刘志强）"], "name"),
        (["陈指导员", "王副所长", "李教导员", "赵警长", "孙局长"], "name"),
        (["陈建国家庭纠纷", "王秀英走失求助", "2025.3.2刘志强盗窃案"], "text"),
        (["陈阿姨反映路灯不亮", "王先生来电称噪音扰民"], "name"),
        (["民警陈建国带领辅警王秀英到达现场", "民警刘志强赶到现场"], "text"),
        (["柯岩村陈建国家三楼", "湖塘村王秀英家隔壁"], "address"),
        (["PC D. Miller", "Sgt Oakes", "Det. Insp. Carter", "DC Jane Hollis", "PCSO Wright"], "name"),
    ],
)
def test_values_tell_without_a_header(values, kind):
    verdict = judge("f7", pd.Series(values))
    assert verdict is not None
    assert (verdict.kind, verdict.certain, verdict.by) == (kind, True, "values")


@pytest.mark.parametrize(
    ("header", "values", "field"),
    [
        ("网格编码", [f"330603{t:03d}{v:03d}001" for t in (1, 100, 112) for v in range(1, 31)], "grid_id"),
        ("c", [f"330603001{v:03d}{g:03d}" for v in range(201, 211) for g in range(1, 6)], None),  # 15 digits
        ("c", [f"33060320261031{n:04d}" for n in range(300)], None),  # 18 digits, a date, some right by luck
        ("c", ["913306211234567890", "91330621MA2XXXXX0X"], None),  # unified credit codes
        ("c", [f"13010251{n:03d}" for n in range(100)], None),  # begin like mobiles: Hebei
        ("c", ["17031842400", "17031840300", "17031841100", "17031010100"], None),  # Illinois
        ("c", ["120.13812345678", "120.13912345678"], None),  # coordinates
        ("辅警", [2, 1, 3, 2], None),  # how many
        ("民警", ["2名", "1名", "3名"], None),
        ("电话亭", [3, 12, 5], None),
        ("网格长度", ["1520", "860"], None),
        ("报警人数", ["12", "3"], None),
        ("成立日期", ["1951-03-01", "1978-09-01", "2003-05-06", "1962-10-01"], None),
        ("date", ["2025-01-02", "2025-03-09", "2026-02-14"], "date"),
        ("名称", ["李宁体育园", "王府井", "孙端路", "张家桥警务室", "马山小学"], "name"),
        ("名称", ["王家桥", "张家塘", "陈家埠", "沈家畈"], "name"),
        ("线路", ["K12路", "B3路"], None),
        ("community", ["Lincoln Park", "Jackson", "Morgan Park", "Washington Heights", "Austin"], "name"),
        ("地址", ["柯桥街道群贤路12号", "钱清街道江南路3号附近"], None),
        ("备注", ["已核实", "新增"], None),
        ("发生日期", ["2024-06-04", "2023-05-17"], "date"),
        ("osm_id", [str(13_000_000_007 + 9_999_991 * n) for n in range(60)], None),
        ("报警电话", ["110", "119", "12345", "96110"], None),
        ("联系电话", ["110", "119", "122"], None),
        ("值班电话", ["0575-84120110", "84120112"], None),
        ("名称", ["柯岩小区（南门）", "湖塘新村（二期）"], "name"),
        ("线路", ["渡口3-2", "桩号11-2-300", "工期2025-3-2"], None),
        ("标题", ["平水盗窃案", "马鞍被盗案", "经济纠纷"], None),
        ("名称", ["渔家", "江南人家", "王坛农家乐"], "name"),
        ("备注", [f"第{n}处路灯不亮，已转有关部门处理完毕" for n in range(120)], "note"),
    ],
)
def test_codes_counts_dates_and_places_are_left_alone(header, values, field):
    assert judge(header, pd.Series(values), field=field) is None


def test_short_names_of_villages_are_doubtful_never_certain():
    villages = pd.Series(["安昌", "钱清", "马鞍", "平水", "华舍", "王坛"])
    for header in ("名称", "镇街", "村", "name", "c"):
        for field in ("name", None):
            verdict = judge(header, villages, field=field)
            assert verdict is None or not verdict.certain
    assert judge("名称", villages).kind == "name"


def test_names_of_persons_under_a_header_of_places_are_asked_about():
    verdict = judge("社区", pd.Series(NAMES))
    assert (verdict.kind, verdict.certain) == ("name", False)


def test_persons_stay_personal_whatever_they_are_mapped_to():
    for field in ("grid_id", "name", "category", "kind"):
        assert judge("c", pd.Series([ID] * 4), field=field).certain
        assert judge("姓名", pd.Series(NAMES), field=field).certain


def test_old_numbers_of_fifteen_digits_are_told_from_grid_codes():
    born = [
        f"3306{c:02d}{y}{m:02d}1{m % 9}{n:03d}"
        for n, (c, y, m) in enumerate(
            (c, y, m) for c in (3, 21) for y in (34, 47, 52, 58, 63, 66, 71, 75, 79, 82) for m in (2, 7, 11)
        )
    ]
    assert judge("c", pd.Series(born)).certain
    assert not judge("c", pd.Series(born), field="grid_id").certain


def test_a_line_of_an_office_turns_personal_with_one_mobile_or_short_number_of_its_own():
    office = ["0575-84120110", "0575-84120112"]
    assert judge("办公电话", pd.Series(office)) is None
    for own in ("13812345678", "661234", "陈建国15905751234"):
        assert judge("办公电话", pd.Series([*office, own])).certain
    assert judge("联系电话", pd.Series(office)).certain
    assert judge("办公电话", pd.Series([*office, "010-84120110", "0571-84120110"])).certain


def test_numbers_of_officers_and_last_digits_are_known_by_their_header():
    assert judge("警号", pd.Series(["012345", "067890"])).kind == "account"
    assert judge("证件后四位", pd.Series(["4762", "226X"])).certain
    assert judge("csny", pd.Series(["197202", "198511"])).kind == "birth_date"


def test_names_of_officers_under_a_header_of_theirs_are_certain():
    officers = pd.Series(["Sgt Oakes", "DC O. Hollis", "PC Wright"])
    assert judge("Officer in charge", officers).certain
    assert judge("reported_by", pd.Series(["Angela Firth", "Nigel Upton", "Priya Nair"])).certain


def test_running_numbers_of_one_range_are_doubtful_and_no_phones_under_a_header_of_ids():
    numbers = pd.Series([str(13_000_000_007 + 9_999_991 * n) for n in range(60)])
    assert judge("osm_id", numbers) is None
    assert not judge("c", numbers).certain
    assert judge("osm_id", pd.Series([*numbers, "15905751234"])).certain


def test_offices_under_a_header_of_persons_are_doubtful():
    verdict = judge("负责人", pd.Series(["安昌派出所", "钱清派出所"]))
    assert (verdict.kind, verdict.certain, verdict.by) == ("name", False, "name")


def test_a_telling_header_is_enough_for_an_empty_column():
    verdict = judge("身份证号", pd.Series([None, "", " "], dtype=object))
    assert (verdict.certain, verdict.seen, verdict.share) == (True, 0, 0.0)
    assert judge("c", pd.Series([], dtype=object)) is None


def test_spoilt_id_numbers_are_known_by_their_header():
    assert judge("身份证号", pd.Series([1.1010519491231e17, 3.306031980010112e17])).certain


def test_one_wrong_check_digit_in_twenty_changes_nothing():
    verdict = judge("c", pd.Series([ID] * 19 + ["110105194912310021"]))
    assert verdict.certain
    assert verdict.share == 1.0


def test_tellings_are_personal_once_one_in_ten_names_somebody():
    told = [f"第{n}起：在安昌老街发生纠纷，民警到场后双方自行离开" for n in range(18)]
    assert judge("处警结果", pd.Series([*told, "报警人张伟称钱包被盗", "回电13812345678"])).certain
    verdict = judge("处警结果", pd.Series(told))
    assert (verdict.kind, verdict.certain) == ("text", False)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("张三诊所 13812345678", "phone"),
        ("门卫0575-84120110转802", "phone"),
        ("服务电话84120110", "phone"),
        (f"报警人身份证{ID}", "id_number"),
        ("身份证330603198001010011", "id_number"),  # said to be one: a slip in it makes it no code
        ("报警人李某某称车被撞", "name"),
        ("王某与张某某", "name"),
        ("联系人：陈建国", "name"),
        ("接王女士报警", "name"),
        ("浙D12345违停", "plate"),
        ("投稿 a_b@mail.example.org", "email"),
        ("加微信abc_12345", "account"),
        ("转账至6222021234567890128", "bank_card"),
        ("护照E12345678", "permit"),
        ("5幢2单元301室", "address"),
        ("柯桥花园3-2-501", "address"),
        ("支书：陈建国", "name"),
        ("陈阿姨反映路灯不亮", "name"),
        ("民警陈建国带领辅警到场", "name"),
        ("ＴＥＬ：１３８１２３４５６７８", "phone"),
    ],
)
def test_cells_that_hold_something_personal_are_found(text, kind):
    assert cells(text) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "张家桥警务室",
        "李宁体育园",
        "孙中山先生故居",
        "周先生牛肉面",
        "浙江大学",
        "某小区",
        "B12路",
        "李先生牛肉面",
        "民警于今晨到达现场",
        "民警前往现场",
        "主任办公室",
        "网格3-2-501",
        "人民路138号",
        "3号楼",
        "网格330603001201001",
        "330603202610310001",
        "330603001201",
        "913306211234567890",
        "33060313812345678",  # eleven digits of a longer run
        "330603138123456781",
        "120.13812345678",
        "2026-10-31 12:00:00",
        "ZJ13812345678",
        "550e8400-e29b-41d4-a716-446655440000",
        "浙B2-20080224",
        "Lincoln Park",
        "",
    ],
)
def test_cells_of_places_and_codes_are_left_alone(text):
    assert cells(text) == [None]


def test_cells_keep_their_index_and_missing_ones_stay_nothing():
    values = pd.Series(["安昌", None, "13812345678", float("nan"), "张某某"], index=[9, 7, 7, 2, 0])
    found = personal_cells(values)
    assert found.index.tolist() == [9, 7, 7, 2, 0]
    assert found.tolist() == [None, None, "phone", None, "name"]
    assert values.isna().sum() == 2


def test_cells_of_ids_and_numbers_are_left_alone():
    assert cells("13812345678", field="grid_id") == [None]
    assert cells("13812345678", field="count") == [None]
    assert cells("13812345678", field="name") == ["phone"]
    assert personal_cells(pd.Series([13812345678])).tolist() == [None]


def test_cells_of_codes_that_begin_alike_are_no_phones():
    assert set(cells(*[f"170318{n:05d}" for n in range(50)])) == {None}


def test_a_table_of_persons_alone_is_known():
    sample = pd.DataFrame(
        {"序号": ["1", "2", "3"], "姓名": NAMES[:3], "联系电话": ["13812345678"] * 3, "备用": ["", "", ""]}
    )
    verdicts = judge_columns(sample)
    assert list(verdicts) == ["姓名", "联系电话"]
    assert table_has_only_persons(verdicts, list(sample.columns), sample=sample)
    assert table_has_only_persons(verdicts, ["序号", "姓名", "联系电话"])
    assert not table_has_only_persons(verdicts, ["序号", "姓名", "网格编码"])
    assert not table_has_only_persons({}, ["序号"])


def test_a_column_of_codes_named_like_a_serial_number_is_not_one():
    sample = pd.DataFrame({"编号": ["330603001201001", "330603001201002"], "姓名": NAMES[:2]})
    assert not table_has_only_persons(judge_columns(sample), ["编号", "姓名"], sample=sample)


def test_a_doubtful_column_keeps_a_table_open_to_question():
    verdicts = {
        "名称": Verdict(kind="name", certain=False, share=0.7, seen=9, by="values"),
        "姓名": Verdict(kind="name", certain=True, share=1.0, seen=9, by="both"),
    }
    assert not table_has_only_persons(verdicts, ["名称", "姓名"])


def test_columns_are_judged_by_what_they_are_mapped_to():
    codes = [f"1301025{n:04d}" for n in range(4)]
    sample = pd.DataFrame({"id": codes, "网格长": NAMES[:4]})
    assert list(judge_columns(sample, {"grid_id": "id"})) == ["网格长"]


@pytest.mark.parametrize("lang", LANGS)
def test_reasons_are_told_in_words_without_any_value(lang):
    sample = pd.DataFrame({"姓名": NAMES, "镇街": NAMES})
    t, findings = words(lang), Findings()
    guard = Guard({"name": "姓名", "town": "镇街", "kind": "类型"}, (), findings)
    guard.columns(judge_columns(sample))
    guard.rows(pd.DataFrame({"kind": ["安昌 13812345678", *["柯桥"] * 30]}))
    assert [finding.reason.code for finding in findings.kept] == [
        "column_personal",
        "column_doubtful",
        "cells_personal",
    ]
    found = [t.reason(finding.reason) for finding in findings.kept]
    assert not any("—" in text or "{" in text or name in text for text in found for name in [*NAMES, "138"])
    assert all(t.has(f"personal.{kind}") for kind in KINDS)


def test_cells_are_counted_by_kind():
    findings = Findings()
    names = ["13812345678", "13912345678", "浙D12345", *["安昌"] * 100]
    kept = Guard({"name": "名称"}, (), findings).rows(pd.DataFrame({"name": names}))
    assert kept["name"].notna().tolist() == [False] * 3 + [True] * 100
    facts = [finding.reason.facts for finding in findings.kept]
    assert [(one["column"], one["personal_kind"], one["count"]) for one in facts] == [
        ("名称", "phone", 2),
        ("名称", "plate", 1),
    ]


anything = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="0123456789Xx-+ .*浙D·张某伟路号室@", max_size=30),
    st.none(),
    st.floats(),
    st.integers(),
    st.dates(),
    st.binary(max_size=5),
)


@given(
    st.text(max_size=12), st.lists(anything, max_size=12), st.sampled_from([None, "grid_id", "name", "count"])
)
def test_whatever_a_column_holds_it_is_judged_twice_alike(name, values, field):
    column = pd.Series(values, dtype=object)
    first = judge(name, column, field=field)
    assert judge(name, column, field=field) == first
    if first is not None:
        assert first.kind in KINDS
        assert 0.0 <= first.share <= 1.0
        assert 0 <= first.seen <= len(values)
    assert personal_cells(column, field=field).index.equals(column.index)


@given(st.integers(0, 10**10 - 1), st.sampled_from("3456789"), st.text(alphabet="安昌柯桥 ，。", max_size=6))
def test_a_mobile_number_is_found_in_any_text_of_a_place(rest, second, around):
    assert cells(f"{around}1{second}{rest % 10**9:09d}{around}") == ["phone"]
