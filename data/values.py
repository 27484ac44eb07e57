"""What bureaus write in the cells into what we keep: codes for words, kinds and ids for names."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import pandas as pd

from data.schemas import BRIDGE, COMMUNITY, ONEWAY, TABLES, VILLAGE
from data.synonyms import VALUE_SYNONYMS
from geo.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

_REVERSED = frozenset({"-1", "reverse", "reversed", "tf"})
# Extracts of OSM write F along the drawing, T against it, B both; elsewhere T and F are true and false.
_DIRECTIONS = frozenset({"f", "t", "b", "ft", "tf"})
_LAST_PART = re.compile(r"[;；|/>]+")
_BODY = re.compile(r"^.*(?:公安局|分局|公安处)(?=.)")
_COMMITTEES = (
    (re.compile(r"村?(?:村民委员会|村委会|村民委会|村委)$"), "村"),
    (re.compile(r"(?:社区)?(?:居民委员会|居委会|居民委会|居委)$"), "社区"),
    (re.compile(r"(?:街道办事处|街道办)$"), "街道"),
    (re.compile(r"(?:人民政府|公安派出所|派出所)$"), ""),
)
_BARE = re.compile(r"(?:社区|村|街道|镇|乡|警务区|网格)$")


def apply_value_synonyms(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """
    Return the rows with the words that bureaus write as the codes that we keep.

    Words without a code stay as they are. Streets that run against their drawing (-1) and one-way marks
    that can be read in two ways become missing: `value_reasons` counts them.

    Parameters
    ----------
    frame
        Rows under our column names.
    table
        A name in `data.schemas.TABLES`.
    """
    changed = frame.copy()
    for name, codes in VALUE_SYNONYMS.get(table, {}).items():
        if name not in frame:
            continue
        if name == ONEWAY:
            changed[name] = _oneway(frame[name], codes)
        elif name == BRIDGE:
            changed[name] = _flags(_recoded(frame[name], {**codes, "t": "1", "f": "0"}))
        else:
            changed[name] = _recoded(frame[name], codes)
    return changed


def value_reasons(frame: pd.DataFrame, table: str) -> tuple[Reason, ...]:
    """
    Return what `apply_value_synonyms` will leave out of these rows, to be told.

    ``oneway_reversed`` (count): streets that run against their drawing; ``oneway_unclear`` (count): T and
    F, which mean true and false in some files and directions in others.
    """
    if table != "roads" or ONEWAY not in frame:
        return ()
    words = frame[ONEWAY].map(_plain)
    against, unclear = _against(words), _unclear(words)
    counts = {"oneway_reversed": int(against.sum()), "oneway_unclear": int(unclear.sum())}
    return tuple(Reason(code, {"column": ONEWAY, "count": count}) for code, count in counts.items() if count)


def known_share(values: pd.Series, table: str, column: str) -> float:
    """Return the share of the distinct values that are codes of the column, or words for one."""
    codes = {_plain(word) for word in VALUE_SYNONYMS.get(table, {}).get(column, {})}
    codes |= set(TABLES[table].columns[column].choices or ())
    if column == ONEWAY:
        codes |= _DIRECTIONS | _REVERSED
    if column == BRIDGE:
        codes |= {"t", "f"}
    words = {_plain(value) for value in values.dropna().unique()} - {""}
    return sum(word in codes for word in words) / len(words) if words else 0.0


def kind_from_name(names: pd.Series) -> pd.Series:
    """Return village or community as the name ends (村委会, 社区, 居委会); missing where it tells neither."""
    text = names.astype("string").str.strip()
    community = text.str.contains(r"(?:社区|居委会|居民委员会|居民区|居委|里委会)$", regex=True).fillna(False)
    village = text.str.contains(r"(?:村|村委会|村民委员会|村委|嘎查|嘎查委员会)$", regex=True).fillna(False)
    kinds = pd.Series(None, index=names.index, dtype="str")
    return kinds.mask(village.astype(bool), VILLAGE).mask(community.astype(bool), COMMUNITY)


def kind_from_code(ids: pd.Series) -> pd.Series:
    """
    Return village or community as the last three of a 12-digit division code say; missing otherwise.

    001-199 and 400-499 are residents' committees, 200-399 and 500-599 villagers' (统计用区划代码). The
    class of town and country (111 … 220) tells where a place lies, not which of the two it is.
    """
    last = pd.to_numeric(ids.astype("string").str.extract(r"^\d{9}(\d{3})$")[0], errors="coerce")
    community = last.between(1, 199) | last.between(400, 499)
    village = last.between(200, 399) | last.between(500, 599)
    kinds = pd.Series(None, index=ids.index, dtype="str")
    return kinds.mask(community.fillna(False), COMMUNITY).mask(village.fillna(False), VILLAGE)


def codes_for_names(values: pd.Series, places: pd.DataFrame) -> pd.Series:
    """
    Return the id of the place that each name names.

    Names are compared as they stand, then without what they are called by office (村民委员会, 居委会,
    街道办事处, 派出所), then without 村, 社区, 镇 and the like; the first way that finds any place decides.

    Parameters
    ----------
    values
        Names, or ids of the places themselves.
    places
        Columns ``id`` and ``name``.

    Returns
    -------
    Series
        Ids on the values' index; missing where no place, or more than one, is meant.
    """
    ids = set(places["id"].dropna().astype(str))
    lists = [_by_name(places, way) for way in range(len(_WAYS))]
    found = {value: _id_of(str(value), ids, lists) for value in values.dropna().unique()}
    return values.map(found).astype("str").where(values.map(found).notna())


def _by_name(places: pd.DataFrame, way: int) -> dict[str, set[str]]:
    known: dict[str, set[str]] = {}
    for place, name in zip(places["id"], places["name"], strict=True):
        if isinstance(name, str) and (text := _WAYS[way](name)):
            known.setdefault(text, set()).add(str(place))
    return known


def _id_of(value: str, ids: set[str], lists: list[dict[str, set[str]]]) -> str | None:
    if value.strip() in ids:
        return value.strip()
    for way, known in enumerate(lists):
        meant = known.get(_WAYS[way](value), set())
        if meant:
            return next(iter(meant)) if len(meant) == 1 else None
    return None


def _without_office(name: str) -> str:
    text = _BODY.sub("", _plain(name))
    for pattern, kind in _COMMITTEES:
        shorter = pattern.sub("", text)
        if shorter != text and shorter:
            # 管墅社区居委会 is 管墅社区, 竹海村委会 is 竹海村: the office names the kind of place.
            return shorter if shorter.endswith(kind) else shorter + kind
    return text


def _without_kind(name: str) -> str:
    text = _without_office(name)
    return _BARE.sub("", text) or text


def _recoded(values: pd.Series, codes: Mapping[str, str]) -> pd.Series:
    plain = {_plain(word): code for word, code in codes.items()}
    found = {value: _code_of(value, plain) for value in values.dropna().unique()}
    return values.map(lambda value: found.get(value, value), na_action="ignore")


def _code_of(value: object, codes: Mapping[str, str]) -> object:
    word = _plain(value)
    if word in codes:
        return codes[word]
    # Maps write the whole path of a class: 科教文化服务;学校;小学.
    return codes.get(_LAST_PART.split(word)[-1], value)


def _oneway(values: pd.Series, codes: Mapping[str, str]) -> pd.Series:
    words = values.map(_plain)
    directed = {**codes, "f": "1", "ft": "1", "b": "0"}
    left_out = _against(words) | _unclear(words)
    return _flags(_recoded(values, directed).mask(left_out))


def _flags(values: pd.Series) -> pd.Series:
    return values.map(lambda value: int(value) if value in ("0", "1") else value, na_action="ignore")


def _against(words: pd.Series) -> pd.Series:
    return words.isin(_REVERSED) | (words.eq("t") & bool(words.eq("b").any()))


def _unclear(words: pd.Series) -> pd.Series:
    return words.isin({"t", "f"}) & (not bool(words.eq("b").any()))


def _plain(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if value is None or value is pd.NA or value != value:
        return ""
    text = unicodedata.normalize("NFKC", str(value)).lower()
    return re.sub(r"\s+", "", text)


_WAYS = (_plain, _without_office, _without_kind)
