"""Values: words of bureaus into codes, kinds from names and codes, ids from names."""

import pandas as pd
import pytest

from data.sample.calls import CATEGORIES
from data.schemas import COMMUNITY, ROAD_CLASSES, TABLES, VILLAGE
from data.synonyms import VALUE_SYNONYMS
from data.values import apply_value_synonyms, codes_for_names, kind_from_code, kind_from_name, value_reasons


@pytest.mark.parametrize(
    ("table", "column", "written", "kept"),
    [
        ("villages", "kind", "行政村", VILLAGE),
        ("villages", "kind", " 居委会 ", COMMUNITY),
        ("roads", "class", "primary_link", "primary"),
        ("roads", "class", "unclassified", "residential"),
        ("roads", "class", "footway", "path"),
        ("roads", "class", "次干路", "secondary"),
        ("roads", "class", "track_grade3", "track"),
        ("roads", "bridge", "T", 1),
        ("roads", "bridge", "否", 0),
        ("roads", "oneway", "yes", 1),
        ("roads", "oneway", True, 1),
        ("roads", "oneway", 0.0, 0),
        ("roads", "oneway", "双向", 0),
        ("incidents", "source", "１１０报警", "reported"),
        ("incidents", "source", "巡防发现", "patrol"),
        ("incidents", "basis", "非警务警情", "non_police"),
        ("incidents", "category", "盗窃", "theft"),
        ("posts", "kind", "特色警务站", "special"),
        ("facilities", "kind", "科教文化服务;学校;小学", "primary_school"),
        ("staff", "role", "社区民警", "community_officer"),
    ],
)
def test_words_become_codes(table, column, written, kept):
    frame = pd.DataFrame({column: pd.Series([written], dtype=object)})
    assert apply_value_synonyms(frame, table)[column].tolist() == [kept]


@pytest.mark.parametrize(
    ("table", "column", "written"),
    [
        ("villages", "kind", "220"),  # says where a place lies, not what it is
        ("villages", "kind", "1"),  # a code of somebody's own list
        ("incidents", "basis", "接报"),  # all calls together: no class of them
        ("roads", "class", "construction"),
        ("roads", "oneway", "2"),
    ],
)
def test_words_that_are_not_clear_stay_as_they_are(table, column, written):
    frame = pd.DataFrame({column: [written]})
    assert apply_value_synonyms(frame, table)[column].tolist() == [written]


def test_the_rows_given_are_not_changed():
    frame = pd.DataFrame({"kind": ["社区", None]}, index=[7, 9])
    changed = apply_value_synonyms(frame, "villages")
    assert frame["kind"].tolist()[0] == "社区"
    assert changed.index.tolist() == [7, 9]
    assert changed["kind"].isna().tolist() == [False, True]


def test_a_street_against_its_drawing_is_left_out_and_told():
    roads = pd.DataFrame({"oneway": ["yes", "-1", "no", -1]})
    assert apply_value_synonyms(roads, "roads")["oneway"].tolist()[::2] == [1, 0]
    assert apply_value_synonyms(roads, "roads")["oneway"].isna().tolist() == [False, True, False, True]
    assert [(r.code, r.facts["count"]) for r in value_reasons(roads, "roads")] == [("oneway_reversed", 2)]


def test_directions_of_osm_extracts_are_told_by_their_b():
    roads = pd.DataFrame({"oneway": ["B", "F", "T"]})
    kept = apply_value_synonyms(roads, "roads")["oneway"]
    assert kept.tolist()[:2] == [0, 1]
    assert pd.isna(kept[2])
    assert [r.code for r in value_reasons(roads, "roads")] == ["oneway_reversed"]


def test_t_and_f_alone_can_be_read_in_two_ways():
    roads = pd.DataFrame({"oneway": ["T", "F"]})
    assert apply_value_synonyms(roads, "roads")["oneway"].isna().all()
    assert [(r.code, r.facts["count"]) for r in value_reasons(roads, "roads")] == [("oneway_unclear", 2)]
    assert value_reasons(pd.DataFrame({"oneway": ["yes"]}), "roads") == ()


def test_every_code_is_one_that_the_schema_or_the_sample_knows():
    for table, columns in VALUE_SYNONYMS.items():
        for name, words in columns.items():
            choices = TABLES[table].columns[name].choices
            if choices:
                assert set(words.values()) <= set(choices)
    assert set(VALUE_SYNONYMS["roads"]["class"].values()) == set(ROAD_CLASSES)
    assert set(VALUE_SYNONYMS["incidents"]["category"].values()) == set(CATEGORIES)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("管墅社区居委会", COMMUNITY),
        ("柯福社区", COMMUNITY),
        ("光明居委会", COMMUNITY),
        ("湖㳇社区居民委员会", COMMUNITY),
        ("竹海村村民委员会", VILLAGE),
        ("双梅村委会", VILLAGE),
        ("大和村", VILLAGE),
        ("村口社区", COMMUNITY),
        ("柯桥街道", None),
        ("", None),
        (None, None),
    ],
)
def test_kind_is_told_by_the_end_of_the_name(name, kind):
    found = kind_from_name(pd.Series([name], dtype="str"))[0]
    assert found == kind if kind else pd.isna(found)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("330603001008", COMMUNITY),
        ("330603001201", VILLAGE),
        ("330603001401", COMMUNITY),
        ("330603001501", VILLAGE),
        ("330603001000", None),
        ("330603001", None),  # a town's
        ("330603001008001", None),  # a grid's
    ],
)
def test_kind_is_told_by_the_last_digits_of_the_code(code, kind):
    found = kind_from_code(pd.Series([code]))[0]
    assert found == kind if kind else pd.isna(found)


@pytest.mark.parametrize("file", ["keqiao_villages_utf8.csv", "villages_needing_gb18030.csv"])
def test_names_and_codes_of_real_villages_tell_the_same_kind(real_data, file):
    rows = pd.read_csv(real_data / "china/division_codes" / file, dtype=str)
    kinds = kind_from_name(rows["name"])
    assert kinds.notna().all()
    assert kinds.tolist() == kind_from_code(rows["code"]).tolist()


PLACES = pd.DataFrame(
    {
        "id": ["1", "2", "3", "4", "5", "6"],
        "name": ["管墅社区居委会", "竹海村村民委员会", "柯桥派出所", "湖塘街道", "新华村", "新华社区"],
    }
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("管墅社区居委会", "1"),
        ("管墅社区", "1"),
        ("管墅", "1"),
        (" 管墅 社区居民委员会", "1"),
        ("竹海村", "2"),
        ("竹海村委会", "2"),
        ("竹海", "2"),
        ("柯桥区公安分局柯桥派出所", "3"),
        ("湖塘街道办事处", "4"),
        ("新华村", "5"),
        ("新华社区居委会", "6"),
        ("新华", None),  # the village or the community
        ("未名村", None),
        ("", None),
        ("3", "3"),  # the id itself
    ],
)
def test_a_name_finds_its_place_if_only_one_is_meant(written, meant):
    found = codes_for_names(pd.Series([written], index=[5]), PLACES)
    assert found.index.tolist() == [5]
    assert found[5] == meant if meant else pd.isna(found[5])


def test_real_villages_are_found_by_their_names_without_their_offices(real_data):
    rows = pd.read_csv(real_data / "china/division_codes/keqiao_villages_utf8.csv", dtype=str)
    places = rows[["code", "name"]].set_axis(["id", "name"], axis=1)
    assert codes_for_names(rows["name"], places).tolist() == rows["code"].tolist()
    short = rows["name"].str.replace("居委会|委会", "", regex=True)
    found = codes_for_names(short, places)
    right = found == rows["code"]
    assert right[found.notna()].all()
    assert right.mean() > 0.97  # what repeats inside the county without its office stays open
