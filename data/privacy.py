"""The guard at the door: which columns and cells of a file are about persons, not places and counts."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

from data.personal_headers import (
    ACCOUNT,
    ADDRESS,
    BANK_CARD,
    BIRTH,
    EMAIL,
    ID_NUMBER,
    NAME,
    PERMIT,
    PHONE,
    PLATE,
    TEXT,
    TRAIT,
    Header,
    read_header,
)
from data.personal_mentions import mentions
from data.personal_names import name_signs
from data.personal_values import (
    birth_in_id,
    cell_kind,
    has_doors,
    id_checks,
    is_bank_card,
    is_email,
    is_id15,
    is_id18,
    is_masked_number,
    is_mobile,
    is_permit,
    is_phone,
    is_plate,
    is_service_line,
    plain_texts,
    suspects,
    undressed,
)
from data.schemas import COUNT, TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# More values tell nothing new.
_LOOKED_AT = 2_000
# Shares of values from which a column is of a kind, from which it might be.
_MOSTLY, _SOME, _A_FEW = 0.5, 0.3, 0.05
_ID_FIELDS = frozenset(
    name for table in TABLES.values() for name in table.columns if name.endswith("_id") or name in table.key
)
_NUMBER_FIELDS = frozenset(
    name
    for table in TABLES.values()
    for name, column in table.columns.items()
    if column.kind in ("integer", "real")
) | {"lon", "lat"}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """
    What a column is taken to hold; never an example of it.

    Parameters
    ----------
    kind
        One of `data.personal_headers.KINDS`.
    certain
        It is personal and is never read; otherwise it looks like it (short names of villages look
        like names of persons), and the planner may say that it is not.
    share
        Of the values seen, those that look like the kind.
    seen
        How many values were looked at, empty ones left out.
    by
        What told: the column's name, its values, or both.
    """

    kind: str
    certain: bool
    share: float
    seen: int
    by: Literal["name", "values", "both"]


def judge_columns(sample: pd.DataFrame, mapping: Mapping[str, str] | None = None) -> dict[str, Verdict]:
    """
    Judge every column of a sample.

    Parameters
    ----------
    sample
        Rows of a file, its own column names; a geometry is passed over.
    mapping
        GridBeat's field → the file's column, as guessed or chosen.

    Returns
    -------
    dict
        Column → verdict, only of columns that are or may be personal.
    """
    fields = {column: field for field, column in (mapping or {}).items()}
    verdicts = {
        str(column): judge(str(column), sample[column], field=fields.get(str(column)))
        for column in sample.columns
        if not _is_geometry(sample[column])
    }
    return {column: verdict for column, verdict in verdicts.items() if verdict is not None}


def judge(column_name: str, values: pd.Series, *, field: str | None = None) -> Verdict | None:
    """
    Judge one column by its name and a sample of its values.

    Parameters
    ----------
    column_name
        As it stands in the file.
    values
        Some of its values, the more the surer; at most 2,000 of them, evenly spread, are looked at.
    field
        The field of GridBeat's that the column would become: ids are expected to be codes, names to be
        names of places. A column that is plainly personal stays so whatever it is mapped to.

    Returns
    -------
    Verdict or None
        None where nothing speaks of persons.
    """
    texts = _spread(values)
    header = read_header(column_name)
    if not texts:
        return _verdict(header.kind, True, 0.0, 0, "name") if header.kind and header.tells else None
    if header.kind == ID_NUMBER and all(_LAST_DIGITS.fullmatch(text) for text in texts):
        return _verdict(ID_NUMBER, True, 1.0, len(texts), "both")
    if header.kind == PHONE and _is_of_offices(texts, header):
        return None
    if _holds_only_small_numbers(texts) and header.kind != TRAIT:
        return _by_header_of_numbers(texts, header)
    by_value = _by_values(texts, header, field)
    if header.kind is None:
        return by_value
    return _by_header(texts, header, by_value, field)


def personal_cells(values: pd.Series, *, field: str | None = None) -> pd.Series:
    """
    Find cells of a text column that hold something personal: a phone after a clinic's name.

    Parameters
    ----------
    values
        Texts of a column that is kept.
    field
        GridBeat's field; cells of ids and numbers hold codes and are left alone.

    Returns
    -------
    Series
        Kind, or None; same index.
    """
    kinds = pd.Series([None] * len(values), index=values.index, dtype=object)
    if (
        not len(values)
        or field in _NUMBER_FIELDS
        or field in _ID_FIELDS
        or pd.api.types.is_numeric_dtype(values)
    ):
        return kinds
    codes, distinct = pd.factorize(values.astype(object))
    texts = plain_texts(pd.Series(distinct, dtype=object))
    at_first = suspects(texts)
    bare = [text for at in at_first if is_mobile(text := texts[at])]
    passed = frozenset(bare) if _are_codes(bare) else frozenset()
    found = {
        at: kind for at in at_first if texts[at] not in passed and (kind := cell_kind(texts[at])) is not None
    }
    if found:
        kinds[:] = [found.get(code) for code in codes.tolist()]
    return kinds


def table_has_only_persons(
    verdicts: Mapping[str, Verdict], columns: Sequence[str], *, sample: pd.DataFrame | None = None
) -> bool:
    """
    Whether a table without geometry has nothing but persons to offer.

    Parameters
    ----------
    verdicts
        As `judge_columns` returns them.
    columns
        All of the table's columns.
    sample
        Rows of it: running numbers are then known by their values, empty columns as empty.
    """
    certain = [column for column in columns if column in verdicts and verdicts[column].certain]
    rest = [column for column in columns if column not in certain]
    return bool(certain) and all(_says_nothing(column, sample) for column in rest)


def _spread(values: pd.Series) -> list[str]:
    step = max(1, -(-len(values) // _LOOKED_AT))
    return [text for text in plain_texts(values.iloc[::step]) if text and text not in _BLANKS]


_BLANKS = frozenset({"-", "--", "/", "\\", "无", "暂无", "不详", "NULL", "null", "None", "nan", "N/A", "n/a"})


def _is_geometry(values: pd.Series) -> bool:
    return str(values.dtype) == "geometry"


def _verdict(
    kind: str | None, certain: bool, share: float, seen: int, by: Literal["name", "values", "both"]
) -> Verdict | None:
    if kind is None:
        return None
    return Verdict(kind=kind, certain=certain, share=round(share, 4), seen=seen, by=by)


def _holds_only_small_numbers(texts: Sequence[str]) -> bool:
    return all(len(text) <= 6 and _NUMBER.fullmatch(text) for text in texts) or all(
        text.lower() in _FLAGS for text in texts
    )


_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?%?(?:[个名人户条次]|万)?")
_FLAGS = frozenset({"是", "否", "有", "无", "yes", "no", "y", "n", "true", "false", "0", "1", "√", "×"})


# 证件后四位: all of them have four digits, or six, which a number of people has not.
_LAST_DIGITS = re.compile(r"\d{3}[\dXx]|\d{5}[\dXx]")


def _is_of_offices(texts: Sequence[str], header: Header) -> bool:
    """Tell lines of offices, which are a place's, from persons': hotlines, or 值班电话 without a mobile."""
    served = sum(map(is_service_line, texts))
    if served > (1 - _A_FEW) * len(texts) and header.tells:
        return True
    # Offices of a county have one area code; lines from everywhere are those of people who called.
    areas = {found.group(1) for text in texts if (found := _AREA.match(text))}
    return header.office and len(areas) <= 1 and not any(map(_is_own_line, texts))


_AREA = re.compile(r"\(?0(10|2\d|[3-9]\d\d)")


def _is_own_line(text: str) -> bool:
    """Whether it is a mobile number, a short one within a bureau's network, or has a name beside it."""
    short = bool(_NETWORK_NUMBER.fullmatch(text)) and not is_service_line(text)
    return short or is_mobile(text) or (not is_phone(text, said=True) and cell_kind(text) is not None)


_NETWORK_NUMBER = re.compile(r"\d{5,6}")


def _by_header_of_numbers(texts: Sequence[str], header: Header) -> Verdict | None:
    """How many of them, not who: 辅警 3, 电话 12. But own lines have five digits or six, births a year."""
    short = header.kind == PHONE and _median_length(texts) >= _NUMERIC_KINDS[PHONE]
    short = short or (header.kind == ACCOUNT and _median_length(texts) >= 4)
    year = header.kind == BIRTH and all(_BIRTH_YEAR.fullmatch(text) for text in texts)
    return _verdict(header.kind, True, 1.0, len(texts), "both") if header.tells and (short or year) else None


_BIRTH_YEAR = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])?")


def _by_header(
    texts: Sequence[str], header: Header, by_value: Verdict | None, field: str | None
) -> Verdict | None:
    """Weigh the values against what the column's name says."""
    kind = header.kind
    if kind is None:
        return by_value
    if kind == TEXT:
        return _free_text(texts, header, by_value)
    share = _share_of(kind, texts)
    agrees = share >= _SOME or (by_value is not None and by_value.certain)
    shown: Literal["name", "both"] = "both" if agrees else "name"
    if agrees and kind == ADDRESS and not header.tells:
        return _verdict(ADDRESS, True, share, len(texts), "both")
    if kind == NAME:
        return _named_by_header(texts, header, by_value, share)
    if header.tells:
        if _NUMERIC_KINDS.get(kind) and not agrees and _median_length(texts) < _NUMERIC_KINDS[kind]:
            return by_value  # 电话 as one of the ways of calling, 车牌识别 as a number of devices
        return _verdict(kind, True, share, len(texts), shown)
    if kind == ADDRESS:
        return _verdict(ADDRESS, False, share, len(texts), "both") if share >= _A_FEW else by_value
    return _verdict(kind, share >= _SOME, share, len(texts), "both") if share >= _A_FEW else by_value


# Least length that a value of the kind has at the median.
_NUMERIC_KINDS: Mapping[str, int] = {
    ID_NUMBER: 6,
    PHONE: 3,
    PLATE: 5,
    BANK_CARD: 6,
    PERMIT: 6,
    BIRTH: 4,
    EMAIL: 3,
}


def _median_length(texts: Sequence[str]) -> int:
    return sorted(map(len, texts))[len(texts) // 2]


def _named_by_header(
    texts: Sequence[str], header: Header, by_value: Verdict | None, share: float
) -> Verdict | None:
    if by_value is not None and by_value.kind != NAME and by_value.certain:
        return _verdict(by_value.kind, True, by_value.share, by_value.seen, "both")
    signs = name_signs(sorted(set(texts)))
    if signs.placelike > _MOSTLY or _holds_numbers(texts):
        # 负责人 may be an office, 网格员 a class of calls: somebody has to say.
        return _verdict(NAME, False, share, len(texts), "name") if header.tells else by_value
    if header.tells:
        return _verdict(NAME, True, share, len(texts), "both" if share >= _SOME else "name")
    if share >= _SOME:
        return _verdict(NAME, True, share, len(texts), "both")
    # Names that no list holds, under 民警 or Officer: somebody has to say.
    shaped = sum(1 for text in texts if _NAME_SHAPE.fullmatch(text)) > _MOSTLY * len(texts)
    if share >= _A_FEW or (shaped and len(set(texts)) > _FEW_CLASSES):
        return _verdict(NAME, False, share, len(texts), "both" if share >= _A_FEW else "name")
    return by_value


_NAME_SHAPE = re.compile(r"[\u4e00-\u9fff]{2,4}|[A-Z][a-z'’-]+(?:,? [A-Z][a-z'’.-]*){0,2}")
_FEW_CLASSES = 3


def _holds_numbers(texts: Sequence[str]) -> bool:
    return sum(1 for text in texts if _NUMBER.fullmatch(text)) > _MOSTLY * len(texts)


def _free_text(texts: Sequence[str], header: Header, by_value: Verdict | None) -> Verdict | None:
    if by_value is not None and by_value.certain:
        return _verdict(by_value.kind, True, by_value.share, by_value.seen, "values")
    share = _share_of(TEXT, texts)
    if share >= _A_FEW:
        return _verdict(TEXT, True, share, len(texts), "both")
    # A telling that happens to name nobody in the sample may do so further down.
    long = _median_length(texts) >= _TELLING_LENGTH and len(set(texts)) > _MOSTLY * len(texts)
    # Of mere remarks a good many are proof enough, and every cell is looked at again when it is read.
    open_still = long and (header.told or len(texts) < _ENOUGH_REMARKS)
    return _verdict(TEXT, False, share, len(texts), "name") if share > 0 or open_still else None


_TELLING_LENGTH = 16
_ENOUGH_REMARKS = 100


def _share_of(kind: str, texts: Sequence[str]) -> float:
    looks = _LOOKS[kind]
    counts = Counter(texts)
    return sum(count for text, count in counts.items() if looks(text)) / len(texts)


def _looks_like_birth(text: str) -> bool:
    return _year(text) is not None


def _looks_like_name(text: str) -> bool:
    return name_signs([text]).share > 0


_LOOKS: Mapping[str, Callable[[str], bool]] = {
    NAME: _looks_like_name,
    ID_NUMBER: lambda text: is_id18(text) or is_id15(text) or is_masked_number(text),
    PERMIT: is_permit,
    PHONE: lambda text: is_phone(text, said=True),
    PLATE: is_plate,
    BIRTH: _looks_like_birth,
    EMAIL: is_email,
    ACCOUNT: lambda text: bool(re.fullmatch(r"[A-Za-z0-9_\-@.]{5,30}", text)),
    BANK_CARD: is_bank_card,
    ADDRESS: has_doors,
    TRAIT: lambda text: len(text) <= 12,
    TEXT: lambda text: cell_kind(text) is not None,
}


def _by_values(texts: Sequence[str], header: Header, field: str | None) -> Verdict | None:
    """Judge by the values alone, the column's name only telling what else they may be."""
    for rule in (_id_numbers, _old_id_numbers, _phones, _plain_kinds, _births, _telling):
        verdict = rule(texts, header, field)
        if verdict is not None:
            return verdict
    return _names(texts, header, field)


def _id_numbers(texts: Sequence[str], header: Header, field: str | None) -> Verdict | None:
    numbers = [undressed(text) for text in texts if is_id18(text)]
    masked = sum(map(is_masked_number, texts))
    if masked >= _SOME * len(texts):
        kind = PHONE if sum(map(is_mobile, texts)) > masked / 2 else ID_NUMBER
        return _verdict(kind, True, masked / len(texts), len(texts), "values")
    share = len(numbers) / len(texts)
    if share < _A_FEW:
        return None
    # A case number with a date inside has the right last digit once in eleven.
    right = sum(map(id_checks, numbers)) / len(numbers)
    if right >= _MOSTLY:
        return _verdict(ID_NUMBER, True, share, len(texts), "values")
    born = {birth.year for number in numbers if (birth := birth_in_id(number))}
    spread = max(born) - min(born) >= _LIVES and share >= _SOME
    return _verdict(ID_NUMBER, False, share, len(texts), "values") if spread else None


# Years over which births of a population spread, and hardly anything else that is dated.
_LIVES = 40


def _old_id_numbers(texts: Sequence[str], header: Header, field: str | None) -> Verdict | None:
    """Tell 15-digit ID numbers from grid codes: 12 digits of the village and three of the grid."""
    numbers = [undressed(text) for text in texts if len(text) >= 15 and len(undressed(text)) == 15]
    numbers = [number for number in numbers if number.isdigit()]
    if len(numbers) < _SOME * len(texts) or not numbers:
        return None
    births = [birth for number in numbers if (birth := birth_in_id(number))]
    share = len(births) / len(texts)
    # Town codes 001 to 199 read as the years 1900 to 1919: nobody that old is on a list.
    plausible = sum(1 for birth in births if birth.year >= 1920) / len(numbers)
    villages = Counter(number[:12] for number in numbers)
    repeated = sum(count for count in villages.values() if count > 1) / len(numbers)
    if plausible < 0.9 or repeated > _SOME:
        return None
    years = {birth.year for birth in births}
    wide = len(years) >= min(10, 0.5 * len(numbers)) and max(years) - min(years) >= 15
    certain = wide and len(numbers) >= 5 and field not in _ID_FIELDS
    return _verdict(ID_NUMBER, certain, share, len(texts), "values") if wide else None


def _phones(texts: Sequence[str], header: Header, field: str | None) -> Verdict | None:
    found = [text for text in texts if is_phone(text)]
    share = len(found) / len(texts)
    if share < _A_FEW or _are_codes(found):
        return None
    if _are_of_one_range(found):
        return None if header.code else _verdict(PHONE, False, share, len(texts), "values")
    # 05758… without a dash may as well be a code with a leading zero.
    undivided = sum(1 for text in found if text[0] == "0" and text.isdigit())
    certain = share >= _SOME and undivided <= _MOSTLY * len(found)
    return _verdict(PHONE, certain, share, len(texts), "values")


def _are_codes(mobiles: Sequence[str]) -> bool:
    """
    Tell 11-digit codes from the mobile numbers that they look like.

    Codes of Hebei, Shanxi and Inner Mongolia, or of counties in Illinois, begin alike; they share the
    digits of their county, mobile numbers begin in a thousand ways.
    """
    bare = Counter(text[:5] for text in mobiles if len(text) == 11 and text.isdigit() and text[0] == "1")
    plain = sum(bare.values())
    return plain > max(2, _MOSTLY * len(mobiles)) and max(bare.values()) > _MOSTLY * plain


def _are_of_one_range(mobiles: Sequence[str]) -> bool:
    """Tell running ids of 11 digits, 13… all of them; of twenty persons some have 15… or 18…."""
    bare = [text[:2] for text in mobiles if len(text) == 11 and text.isdigit() and text[0] == "1"]
    return len(bare) == len(mobiles) >= 20 and len(set(bare)) == 1


def _plain_kinds(texts: Sequence[str], header: Header, field: str | None) -> Verdict | None:
    for kind in (PLATE, EMAIL, BANK_CARD):
        share = _share_of(kind, texts)
        # One code in ten has a card's right last digit.
        least = 0.7 if kind == BANK_CARD else _SOME
        if share >= least and (kind != BANK_CARD or len(set(texts)) > 1):
            return _verdict(kind, kind != BANK_CARD or len(set(texts)) > 3, share, len(texts), "values")
    doors = sum(map(has_doors, texts)) / len(texts)
    if doors >= _SOME and field not in _ID_FIELDS:
        return _verdict(ADDRESS, True, doors, len(texts), "values")
    return None


def _births(texts: Sequence[str], header: Header, field: str | None) -> Verdict | None:
    """Dates that spread over lives; only the column's name can make it certain."""
    if header.since or header.place:
        return None
    years = sorted(year for text in texts if (year := _year(text)) is not None)
    share = len(years) / len(texts)
    if share < 0.8 or len(years) < 3:
        return None
    early, late = years[len(years) // 10], years[-1 - len(years) // 10]
    spread = late - early >= _LIVES - 10 and early < 1985 and years[0] > 1900
    return _verdict(BIRTH, False, share, len(texts), "values") if spread else None


_DAY = re.compile(
    r"(1[89]\d\d|20\d\d)[-/.年]?(0?[1-9]|1[0-2])[-/.月]?(0?[1-9]|[12]\d|3[01])?日?"
    r"(?:[ T]0?0:00(:00)?(\.0+)?)?"
)
_DAY_LAST = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.](1[89]\d\d|20\d\d)")


def _year(text: str) -> int | None:
    found = _DAY.fullmatch(text) if len(text) >= 6 else None
    found = found or _DAY_LAST.fullmatch(text)
    return int(found.group(1)) if found else None


def _telling(texts: Sequence[str], header: Header, field: str | None) -> Verdict | None:
    """Texts with something personal in them, or with persons named where a person would be."""
    held, named = _holding(texts, header, field), _mentioning(texts, field)
    if held is None or (named is not None and named.certain and not held.certain):
        return named
    return held


def _mentioning(texts: Sequence[str], field: str | None) -> Verdict | None:
    if field in _ID_FIELDS or field in _NUMBER_FIELDS or field == COUNT:
        return None
    found = mentions(texts)
    if found.share < _OFTEN or found.likely < _MOSTLY:
        return None
    certain = found.share >= _MOSTLY and found.likely >= _NEARLY_ALL
    return _verdict(found.kind, certain, found.share, len(texts), "values")


# Shares: of texts that name somebody, and of names where a person's would be that are a person's.
_OFTEN, _NEARLY_ALL = 0.15, 0.75


def _holding(texts: Sequence[str], header: Header, field: str | None) -> Verdict | None:
    """Texts that hold something personal among other words."""
    if field in _ID_FIELDS or field in _NUMBER_FIELDS or field == COUNT:
        return None
    # What is nothing but a number or a code was judged as such, all of the column together.
    kinds = Counter(
        kind for text in texts if not _CODE.fullmatch(text) and (kind := cell_kind(text)) is not None
    )
    share = sum(kinds.values()) / len(texts)
    long = _median_length(texts) >= _TELLING_LENGTH
    if not kinds or share < (_A_FEW if not long else 0.02):
        return None
    certain = share >= (_SOME if not long else 0.1)
    kind, count = kinds.most_common(1)[0]
    # Short cells that hold a phone and a name are phones; a telling holds whatever it tells of.
    kind = TEXT if long or count <= _MOSTLY * sum(kinds.values()) else kind
    return _verdict(kind, certain, share, len(texts), "values")


_CODE = re.compile(r"[0-9A-Za-z\-_.#/ ]+")


def _names(texts: Sequence[str], header: Header, field: str | None) -> Verdict | None:
    distinct = sorted(set(texts))
    # Names repeat little; a list of classes repeats much, unless it is a short list of people.
    signs = name_signs(distinct)
    if signs.share < _MOSTLY or signs.placelike > _SOME:
        return None
    share = _share_of(NAME, texts)
    expected_place = header.place
    telling = signs.share >= 0.75 and signs.log_odds >= 1.2 and (signs.long >= _SOME or signs.log_odds >= 1.8)
    certain = telling and not expected_place and len(distinct) >= 5
    return _verdict(NAME, certain, share, len(texts), "values")


# A running number, a row of a geometry's file, a name that spreadsheets make up: they say nothing.
_RUNNING = re.compile(
    r"序号|行号|编号|号|no\.?|num|number|#|index|fid|objectid|rowid|oid|unnamed: ?\d+|\d*", re.IGNORECASE
)


def _says_nothing(column: str, sample: pd.DataFrame | None) -> bool:
    named = bool(_RUNNING.fullmatch(column.strip()))
    if sample is None or column not in sample:
        return named
    texts = [text for text in plain_texts(sample[column]) if text]
    if not texts:
        return True
    if not all(text.isdecimal() and len(text) < 10 for text in texts):
        return False
    numbers = [int(text) for text in texts]
    running = all(after - before == 1 for before, after in zip(numbers, numbers[1:], strict=False))
    return running and (named or len(numbers) > 1)
