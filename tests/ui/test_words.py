"""Words: every key that is used exists in both languages, every key that exists is used, facts agree."""

import ast
import re
import string
from pathlib import Path

import pytest

from data.plans import STATUSES
from data.schemas import COMMUNITY, FORCES, ROAD_CLASSES, STOP_KINDS, TABLES, TRAVEL_MODES, VILLAGE
from geo.errors import FileError, Reason, SchemaError
from planning.findings import ERROR, SEVERITY, WARNING
from ui.maps.palette import STATUS_STYLES
from ui.words import _NAMED as NAMED_FACTS
from ui.words import LANGS, NOTHING, catalog, words

ROOT = Path(__file__).resolve().parents[2]
# Groups of names for codes that come from data: the sample's and the schema's.
NAMED_BY_DATA = (
    "post.",
    "facility.",
    "area.",
    "role.",
    "stop_kind.",
    "priority.",
    "indicator.",
    "category.",
    "count_basis.",
    "severity.",
)


def texts(lang):
    return {message.id: message.string for message in catalog(lang) if message.id}


def modules(*folders):
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*.py")):
            yield file, ast.parse(file.read_text(encoding="utf-8"))


def used_keys():
    """Literal keys, and the beginnings of keys that end in a code."""
    exact, prefixes = set(), {f"{group}." for group in NAMED_FACTS.values()}
    for _, tree in modules("ui"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                exact.add(node.value)
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                prefixes.add(str(node.values[0].value))
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "name" and node.args:
                group = node.args[0]
                if isinstance(group, ast.Constant):
                    prefixes.add(f"{group.value}.")
    return exact, {prefix for prefix in prefixes if prefix.endswith((".", "_"))}


def literal_calls():
    for file, tree in modules("ui"):
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            key = node.args[0]
            if called == "t" and isinstance(key, ast.Constant):
                facts = {keyword.arg for keyword in node.keywords}
                yield file.name, key.value, facts


def raised_codes():
    for _, tree in modules("geo", "data", "planning", "ui"):
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if called.endswith("Error") or called == "Reason":
                yield from (n.value for n in ast.walk(node.args[0]) if isinstance(n, ast.Constant))


def bare_text(text):
    return re.sub(r"\{.*?\}", "", text).strip("（）–/ ")


def placeholders(text):
    """The facts that a text shows; not those by which it only chooses between a word for one and for many."""
    return {name for _, name, form, _ in string.Formatter().parse(text) if name and "|" not in form}


def test_both_languages_hold_the_same_keys():
    assert set(texts("zh")) == set(texts("en"))


@pytest.mark.parametrize("lang", LANGS)
def test_no_text_is_empty(lang):
    assert [key for key, text in texts(lang).items() if not text] == []


def test_placeholders_agree_between_the_languages():
    zh, en = texts("zh"), texts("en")
    assert {key: zh[key] for key in zh if placeholders(zh[key]) != placeholders(en[key])} == {}


def test_every_literal_key_exists_and_gets_its_facts():
    known = texts("zh")
    missing = [(file, key) for file, key, _ in literal_calls() if key not in known]
    assert missing == []
    starved = [
        (file, key)
        for file, key, facts in literal_calls()
        if None not in facts and placeholders(known[key]) - facts
    ]
    assert starved == []


def test_no_key_is_unused():
    exact, prefixes = used_keys()
    schema = {f"column.{name}" for table in TABLES.values() for name in table.columns}
    unused = [
        key
        for key in texts("zh")
        if key not in exact
        and key not in schema
        and not key.startswith(NAMED_BY_DATA)
        and not any(key.startswith(prefix) and prefix != "." for prefix in prefixes)
    ]
    assert unused == []


@pytest.mark.parametrize("lang", LANGS)
def test_every_error_and_finding_code_has_a_sentence(lang):
    known = texts(lang)
    codes = {code for code in raised_codes() if isinstance(code, str) and re.fullmatch(r"[a-z_]+", code)}
    codes |= set(SEVERITY) | {"value_wrong", "value_missing", "workspace_unreadable"}
    assert sorted(code for code in codes if f"error.{code}" not in known) == []


@pytest.mark.parametrize("lang", LANGS)
def test_every_code_of_the_schema_has_a_name(lang):
    known = texts(lang)
    wanted = [f"table.{name}" for name in TABLES]
    wanted += [f"column.{name}" for table in TABLES.values() for name in table.columns]
    wanted += [f"road.{name}" for name in ROAD_CLASSES] + [f"village.{VILLAGE}", f"village.{COMMUNITY}"]
    wanted += [f"force.{name}" for name in FORCES] + [f"travel_mode.{name}" for name in TRAVEL_MODES]
    wanted += [f"stop_kind.{name}" for name in STOP_KINDS] + [f"priority.{n}" for n in (1, 2, 3)]
    wanted += [f"state.{status}" for status in STATUSES] + [f"status.{status}" for status in STATUS_STYLES]
    wanted += [f"finding.{code}" for code in SEVERITY] + [f"severity.{ERROR}", f"severity.{WARNING}"]
    assert [key for key in wanted if key not in known] == []


@pytest.mark.parametrize("lang", LANGS)
def test_every_finding_names_a_remedy(lang):
    assert [code for code in SEVERITY if f"remedy.{code}" not in texts(lang)] == []


def test_chinese_texts_are_chinese_and_english_texts_are_not():
    han = re.compile(r"[\u4e00-\u9fff]")
    assert [key for key, text in texts("en").items() if han.search(text)] == []
    bare = [key for key, text in texts("zh").items() if not han.search(text) and bare_text(text)]
    assert bare == []


def test_errors_are_rendered_with_their_facts():
    error = FileError("workspace_missing", file="a.gpkg")
    assert "a.gpkg" in words("zh").reason(error)
    assert "a.gpkg" in words("en").reason(error)


def test_reasons_behind_an_error_are_rendered_each():
    faults = (Reason("value_wrong", {"column": "residents", "row": 1200, "value": -1, "allowed": "0, 1 …"}),)
    error = SchemaError("table_faults", table="grids", file=None, count=1, reasons=faults)
    assert words("en").reasons(error) == ["Row 1200: Registered residents cannot be -1; allowed: 0, 1 …"]
    assert words("zh").reason(error).startswith("网格有 1 处错误")


def test_a_missing_fact_shows_as_a_dash_and_an_unknown_code_as_itself():
    t = words("zh")
    assert NOTHING in t.sentence("grid_straddles", {"id": "G1"})
    assert "never_heard_of" in t.sentence("never_heard_of", {"a": 1})


def test_only_what_is_whole_reads_hundred_percent():
    t = words("zh")
    assert t.percent(1.0) == "100%"
    assert t.percent(0.99999) == "99.9%"
    assert t.percent(0.00001) == "0.1%"
    assert words("en").percent(-0.127, signed=True) == "-12.7 %"


def test_numbers_areas_and_lengths_are_written_as_people_do():
    t = words("zh")
    assert t.number(1415) == "1,415"
    assert t.number(None) == NOTHING
    assert t.area(2500.4) == "2,500 平方米"
    assert t.area(1_039_510_000) == "1,039.51 平方公里"
    assert words("en").length(4386.9) == "4.4 km"


@pytest.mark.parametrize(
    ("count", "said"),
    [
        ("0", "0 grids are in no zone: —"),
        ("1", "1 grid is in no zone: —"),
        (1, "1 grid is in no zone: —"),
        ("1,001", "1,001 grids are in no zone: —"),
        (None, "— grids are in no zone: —"),
    ],
)
def test_english_says_one_grid_and_two_grids(count, said):
    facts = {} if count is None else {"count": count}
    assert words("en")("plans.orphans", **facts) == said


def test_only_english_has_words_for_one_and_for_many():
    assert [key for key, text in texts("zh").items() if re.search(r"{\w+:[^}]*\|", text)] == []
    # "{count} grids" would be said of one grid as well.
    counted = r"{(count|grids|villages|zones|stations|rows)} (grids|villages|zones|rows|files|stations)\b"
    assert [key for key, text in texts("en").items() if re.search(counted, text)] == [
        "painter.panel.all_inside"
    ]


def test_texts_for_the_browser_keep_their_places():
    assert words("en").raw("plans.count_plans") == "plans.count_plans", "an unknown key is its own text"
    assert words("en").raw("propose.count_plans") == "{count} {count:draft|drafts}"


def test_an_unknown_language_gives_chinese():
    assert words("fr").lang == "zh"


def test_the_readme_and_the_app_call_statuses_the_same():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    row = next(line for line in readme.splitlines() if line.startswith("| nested, "))
    english, chinese = (cell.strip() for cell in row.strip("|").split("|")[:2])
    known = {lang: texts(lang) for lang in LANGS}
    for code, name in zip(english.split(", "), chinese.split("、"), strict=True):
        assert known["zh"][f"status.{code}"] == name
    pages = [(known["zh"][key], known["en"][key]) for key in ("nav.overview", "nav.nesting", "nav.district")]
    assert [f"**{zh} {en}**" for zh, en in pages if f"**{zh} {en}**" not in readme] == []
