"""Which column of a file holds which of ours, and which table a file is: by names, then by content."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import geopandas as gpd

from data.content import NEARLY_ALL, Content
from data.incidents import MOST_CATEGORIES
from data.schemas import (
    BASIS,
    CATEGORY,
    CLASS,
    COUNT,
    DATE,
    GRID_ID,
    HOUR,
    INDICATOR,
    KIND,
    LAT,
    LON,
    MEMBER_NAMES,
    NAME,
    PLACE_ID,
    ROLE,
    SHIFT,
    SKILL,
    SKILLS,
    SOURCE,
    TABLES,
    TIME,
    WKT,
    input_fields,
)
from data.synonyms import (
    ANY_ID,
    ANY_NAME,
    COLUMN_WORDS,
    FILE_WORDS,
    ID_MARKS,
    NAME_MARKS,
    NEVER,
    OTHER_UNITS,
    OWNER_MARKS,
    STEMS,
    TABLE_WORDS,
    VALUE_SYNONYMS,
)
from data.values import known_share

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    import pandas as pd

# How well a header fits a word, best first. GENERIC is a header like 编码 or name.
EXACT, PART, LONGER, CUT, BARE, GENERIC, LAST_RESORT = range(7)
_MARKED = re.compile(r"(?:编码|编号|代码|名称)$")
_HARMLESS_NOTE = re.compile(
    r"(?:单位[:：]?)?(?:人|个|户|家|间|处|所|名|起|件|套|栋|幢|米|m|度|°|十进制度?|必填|选填|数|wgs-?84|cgcs-?2000|2000|"
    r"\d*位?|yyyy.*|gcj-?02|bd-?09|填.*)*"
)
_NOTE = re.compile(r"[(\[【〔{]([^)\]】〕}]*)[)\]】〕}]?")
_COUNTED_TAIL = re.compile(r"(?:数|数量|人数|总数|个数|户数|间数|\d{2,4}年?)")
_LONGITUDE, _LATITUDE = re.compile(r"(?:经度|longitude)$"), re.compile(r"(?:纬度|latitude)$")
_AXIS = re.compile(r"longitude|latitude|经度|纬度|long|lng|lon|lat")
_FREE_TEXT = 30
_FEW = 30


_AXES = {LON: ("lon", "lng", "longitude", "经度", "东经"), LAT: ("lat", "latitude", "纬度", "北纬")}


@dataclass(frozen=True)
class _Header:
    """A column's name in the ways in which it can be read."""

    column: str
    plain: str
    readings: tuple[str, ...]
    parts: tuple[str, ...]
    tokens: tuple[str, ...]

    @property
    def cut(self) -> bool:
        """Whether the name is as long as a shapefile allows, so that its end may be missing."""
        return any(len(self.column.encode(code, "ignore")) in (9, 10) for code in ("utf-8", "gb18030"))


def guess_mapping(
    table: str,
    columns: Iterable[str],
    sample: pd.DataFrame | None = None,
    *,
    exclude: Collection[str] = (),
) -> dict[str, str]:
    """
    Guess which of a file's columns holds which of a table's.

    Names are compared with the words in `data.synonyms`; where there is a sample, a column whose
    values cannot be what its name says is passed over: an id that repeats, a count that is no number,
    a reference that holds names (see `guess_names`), a latitude beyond 90, a category that is free text.

    Parameters
    ----------
    table
        A name in `data.schemas.TABLES`.
    columns
        The file's column names.
    sample
        Its first rows; a GeoDataFrame has its shapes, and nothing is guessed for lon, lat and wkt.
    exclude
        Columns that must not be read.

    Returns
    -------
    dict
        Our column → the file's, in our order; only what could be guessed. No column is used twice.
    """
    content = _contents(sample)
    headers = [_header(column) for column in columns if column not in exclude and not _of_persons(column)]
    apart = {MEMBER_NAMES, *((LON, LAT, WKT) if _has_shapes(sample) else ())}
    fields = [name for name in input_fields(table) if name not in apart]
    candidates = sorted(
        (tier, rank, fields.index(name), place, name, header.column)
        for place, header in enumerate(headers)
        for name in fields
        for tier, rank in _fits(table, name, header, content.get(header.column))
    )
    mapping: dict[str, str] = {}
    for *_, name, column in candidates:
        if name not in mapping and column not in mapping.values():
            mapping[name] = column
    mapping = _with_pairs(_with_clock(mapping, content), content)
    return {name: mapping[name] for name in input_fields(table) if name in mapping}


def guess_names(
    table: str,
    columns: Iterable[str],
    sample: pd.DataFrame,
    *,
    exclude: Collection[str] = (),
) -> dict[str, str]:
    """
    Guess which columns name the places that a table refers to, where it does not give their ids.

    For `data.values.codes_for_names`. A reference whose id can be guessed is left out.

    Returns
    -------
    dict
        Our reference column → the file's column of names.
    """
    columns = list(columns)
    content = _contents(sample)
    mapping = guess_mapping(table, columns, sample, exclude=exclude)
    found: dict[str, str] = {}
    for name, column in TABLES[table].columns.items():
        if column.references is None or name in mapping:
            continue
        words = _naming(name)
        fits = [
            (words[reading], place, header.column)
            for place, header in enumerate(map(_header, columns))
            for reading in header.readings
            if reading in words
            and header.column not in {*exclude, *mapping.values(), *found.values()}
            and not _of_persons(header.column)
            and header.column in content
            and content[header.column].names
        ]
        if fits:
            found[name] = min(fits)[2]
    return found


def guess_members(columns: Iterable[str]) -> str | None:
    """Return the column that names the members of teams, for them to be counted, if there is one."""
    words = {word: rank for word, (_, rank) in _words("teams", MEMBER_NAMES).items()}
    fits = [
        (words[reading], header.column)
        for header in map(_header, columns)
        for reading in header.readings
        if reading in words
    ]
    return min(fits)[1] if fits else None


def guess_table(
    file_name: str, layer_name: str, columns: Iterable[str], *, shape: str | None = None
) -> list[str]:
    """
    Return the tables that a layer may go into, best first.

    Parameters
    ----------
    file_name, layer_name
        Names of the file and of the layer or sheet.
    columns
        Its column names.
    shape
        ``polygon``, ``line``, ``point``, ``mixed``; None for a table without geometry. Tables of another
        shape are left out.
    """
    columns = list(columns)
    possible = [table for table in TABLES if _can_hold(table, columns, shape)]
    named = {table: max(_named(table, layer_name), _named(table, file_name)) for table in possible}
    score = {
        table: named[table] + _fitting(table, columns) - _unlikely(table, named[table]) for table in possible
    }
    return sorted(possible, key=lambda table: -score[table])


def _contents(sample: pd.DataFrame | None) -> dict[str, Content]:
    if sample is None or not len(sample):
        return {}
    shapes = sample.geometry.name if _has_shapes(sample) else None
    return {name: Content(sample[name]) for name in sample.columns if name != shapes}


def _has_shapes(sample: pd.DataFrame | None) -> bool:
    return isinstance(sample, gpd.GeoDataFrame) and sample._geometry_column_name in sample


def _of_persons(column: str) -> bool:
    plain = _plain(column)
    if _LONGITUDE.search(plain) or _LATITUDE.search(plain):
        return False  # 报警地址经度 is a place
    return any(word in plain for word in NEVER.split())


def _plain(name: str) -> str:
    text = unicodedata.normalize("NFKC", name).strip().lower()
    return re.sub(r"[\s_\-.、:：*]+", "", re.sub(r"^\d+[.、]\s*", "", text))


def _header(column: str) -> _Header:
    text = unicodedata.normalize("NFKC", column)
    parts = tuple(filter(None, (_plain(_NOTE.sub("", part)) for part in re.split(r"[/|\\\n]", text))))
    notes = [_plain(note) for note in _NOTE.findall(text)]
    whole = _plain(re.sub(r"[/|\\()\[\]【】〔〕{}]", "", text))
    readings = [whole, "".join(reversed(parts))] if len(parts) > 1 else [whole]
    bare = _plain(_NOTE.sub("", re.sub(r"[/|\\]", "", text)))
    if notes and all(_HARMLESS_NOTE.fullmatch(note) for note in notes):
        readings.append(bare)
    readings += [note + bare for note in notes]
    tokens = tuple(re.split(r"[_\-\s.]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text).lower()))
    unique = tuple(dict.fromkeys(filter(None, readings)))
    return _Header(column, whole, unique, parts if len(parts) > 1 else (), tokens)


@lru_cache(maxsize=256)
def _words(table: str, name: str) -> dict[str, tuple[int, int]]:
    """Return each word for a column with its tier (EXACT, BARE, GENERIC) and its place in the list."""
    column = TABLES[table].columns.get(name)
    key = TABLES[table].key
    stated = [*TABLE_WORDS.get((table, name), "").split(), *COLUMN_WORDS.get(name, "").split()]
    tiers: dict[int, list[str]] = {EXACT: stated, BARE: [], GENERIC: []}
    own = key[0] if len(key) == 1 and key[0] in STEMS else ""
    if name in STEMS:
        referring = column is not None and column.references is not None
        tiers[EXACT] += _marked(name, ID_MARKS, owned=True)
        # A place alone (社区) is its id in its own table; in another it mostly is its name.
        tiers[LAST_RESORT if referring else BARE] = _stems(name, owned=referring)
        if name == own:
            tiers[GENERIC] = ANY_ID.split()
    if name == NAME:
        tiers[GENERIC] = ANY_NAME.split()
        if own:
            tiers[EXACT] += _marked(own, NAME_MARKS, owned=False)
            tiers[LAST_RESORT] = _stems(own, owned=False)
    if name in (CATEGORY, KIND, CLASS, INDICATOR, ROLE):
        tiers[EXACT] += [word + "名称" for word in stated if not word.isascii()]
    tiers[EXACT].append(name)
    words: dict[str, tuple[int, int]] = {}
    for tier, listed in sorted(tiers.items()):
        for rank, word in enumerate(listed):
            words.setdefault(_plain(word), (tier, rank))
    return words


@lru_cache(maxsize=64)
def _naming(name: str) -> dict[str, int]:
    """Return the words for the name of a place that is referred to."""
    words = [*_marked(name, NAME_MARKS, owned=True), *_stems(name, owned=True)]
    return {_plain(word): rank for rank, word in reversed(list(enumerate(words)))}


def _marked(name: str, marks: tuple[str, str, str], *, owned: bool) -> list[str]:
    words = []
    for stems, ends, owners in zip(STEMS[name], marks, OWNER_MARKS, strict=True):
        before = ["", *(owners.split() if owned else ())]
        words += [owner + stem + end for owner in before for stem in stems.split() for end in ends.split()]
    # Pinyin and English mixed: CUN_NAME.
    return words + [stem + end for stem in STEMS[name][2].split() for end in marks[1].split()]


def _stems(name: str, *, owned: bool) -> list[str]:
    chinese, english, _ = STEMS[name]
    before = ["", *(OWNER_MARKS[0].split() if owned else ())]
    return [owner + stem for owner in before for stem in chinese.split()] + english.split()


def _fits(table: str, name: str, header: _Header, content: Content | None) -> list[tuple[int, int]]:
    """Return how well the column fits, at most once: its tier and rank; nothing if its values do not."""
    if _counts_something(table, name) and any(unit in header.plain for unit in OTHER_UNITS.split()):
        return []
    fit = _fit_of_name(table, name, header)
    if name == HOUR and fit is None and content is not None and content.clock_alone:
        fit = _fit_of_name(table, TIME, header)
    if fit is None or content is None:
        return [] if fit is None or _needs_content(table, name, fit[0]) else [fit]
    tier = _after_content(table, name, fit[0], content)
    return [] if tier is None else [(tier, fit[1])]


def _counts_something(table: str, name: str) -> bool:
    column = TABLES[table].columns.get(name)
    return column is not None and column.kind in ("integer", "real")


def _needs_content(table: str, name: str, tier: int) -> bool:
    column = TABLES[table].columns.get(name)
    return tier == LAST_RESORT and column is not None and column.references is not None


def _fit_of_name(table: str, name: str, header: _Header) -> tuple[int, int] | None:
    if header.column.strip().lower() == name:
        return EXACT, -1
    words = _words(table, name)
    found = [words[reading] for reading in header.readings if reading in words]
    if found:
        return min(found)
    telling = {word: rank for word, (tier, rank) in words.items() if tier == EXACT and _tells(word)}
    ranks = [telling[part] for part in reversed(header.parts) if part in telling]
    if ranks:
        return PART, ranks[0]
    if name in (LON, LAT):
        # Short as they are, these say all: 定位经度, WGS84_lng.
        telling = {word: words[word][1] for word in _AXES[name]}
    ranks = [rank for word, rank in telling.items() if _longer(word, header)]
    if ranks:
        return LONGER, min(ranks)
    if header.cut and len(header.plain) >= 2:
        ranks = [rank for word, (tier, rank) in words.items() if tier == EXACT and _cut(word, header)]
        if ranks:
            return CUT, min(ranks)
    return None


def _tells(word: str) -> bool:
    """Whether a word says enough to be found inside a longer header."""
    if word.isascii():
        return len(word) >= 6
    return len(word) >= 4 or (len(word) == 3 and bool(_MARKED.search(word)))


def _longer(word: str, header: _Header) -> bool:
    plain = header.plain
    if plain.endswith(word) and len(plain) > len(word):
        before = plain[: -len(word)]
        if word.isascii():
            # A whole word of the header, not the tail of another.
            return any("".join(header.tokens[at:]) == word for at in range(1, len(header.tokens)))
        return before[-1] not in "非无未不与和及"
    return plain.startswith(word) and bool(_COUNTED_TAIL.fullmatch(plain[len(word) :]))


def _cut(word: str, header: _Header) -> bool:
    if not word.startswith(header.plain) or len(word) == len(header.plain):
        return False
    return not word.isascii() or len(header.column) == 10


def _after_content(table: str, name: str, tier: int, content: Content) -> int | None:
    """Return the tier that is left once the values are seen; None where they cannot be what the name says."""
    column = TABLES[table].columns.get(name)
    if content.empty:
        # Nothing speaks against it, but any other column is a better guess.
        return None if tier > PART or column is None or column.required else LAST_RESORT
    if TABLES[table].key == (name,):
        return _as_own_id(tier, content)
    if name == PLACE_ID or (column is not None and column.references is not None):
        return None if content.names or not content.codes else min(tier, BARE)
    if column is not None and column.choices is not None:
        return tier if known_share(content.words, table, name) >= 0.5 else None
    if name in _CHECKS:
        return tier if _CHECKS[name](content) else None
    if column is None:
        return tier
    if column.kind in ("integer", "real"):
        suits = content.counts if column.kind == "integer" else content.numeric
        if name in VALUE_SYNONYMS.get(table, {}):
            suits = known_share(content.words, table, name) >= 0.5
        return tier if suits else None
    if column.kind == "date":
        return tier if content.days else None
    if column.kind in ("clock", "windows"):
        return tier if _is_of_day(column.kind, tier, content) else None
    return tier


def _is_of_day(kind: str, tier: int, content: Content) -> bool:
    share = content.times_of_day if kind == "clock" else content.windows
    # Under a header that says so outright, slips are for the report.
    return share > 0 if tier in (EXACT, PART) else share >= NEARLY_ALL


def _as_own_id(tier: int, content: Content) -> int | None:
    unique = 0.51 if tier in (EXACT, PART) else 0.9
    if content.wkt:
        return None
    if content.filled < 0.9 or content.uniqueness < unique:
        # Under a header that says so outright, repeated and missing ids are for the report.
        return LAST_RESORT if tier == EXACT else None
    if content.names or not content.codes:
        # Names are taken for ids only where the header says that they are.
        return LAST_RESORT if tier in (EXACT, PART) else None
    return tier


def _is_name(content: Content) -> bool:
    return content.names or not (content.numeric or content.days)


def _is_class(content: Content) -> bool:
    return content.longest <= _FREE_TEXT and content.distinct <= MOST_CATEGORIES


def _is_list(content: Content) -> bool:
    return content.distinct <= _FEW and content.longest <= _FREE_TEXT


_CHECKS: Mapping[str, Callable[[Content], bool]] = {
    NAME: _is_name,
    CATEGORY: _is_class,
    KIND: _is_class,
    ROLE: _is_class,
    INDICATOR: _is_class,
    SOURCE: _is_list,
    BASIS: _is_list,
    HOUR: lambda content: content.hours,
    TIME: lambda content: content.days,
    SHIFT: lambda content: content.windows > 0 or content.longest <= _FREE_TEXT,
    SKILL: _is_list,
    SKILLS: _is_list,
    LON: lambda content: content.located,
    LAT: lambda content: content.located,
    WKT: lambda content: content.wkt,
}


def _with_clock(mapping: dict[str, str], content: dict[str, Content]) -> dict[str, str]:
    """Read a column of days for its clock too, and no day twice."""
    if TIME in mapping:
        return {name: column for name, column in mapping.items() if name != DATE}
    day = content.get(mapping.get(DATE, ""))
    if day is not None and day.clocks and HOUR not in mapping:
        mapping = {TIME if name == DATE else name: column for name, column in mapping.items()}
    return mapping


def _with_pairs(mapping: dict[str, str], content: dict[str, Content]) -> dict[str, str]:
    """Keep longitude and latitude together, and the right way round."""
    if (LON in mapping) != (LAT in mapping):
        return {name: column for name, column in mapping.items() if name not in (LON, LAT)}
    if LON in mapping and _of_two_pairs(mapping[LON], mapping[LAT]):
        return {name: column for name, column in mapping.items() if name not in (LON, LAT)}
    if LON not in mapping or mapping[LON] not in content or mapping[LAT] not in content:
        return mapping
    lon, lat = mapping[LON], mapping[LAT]
    if _is_pair(content[lon], content[lat]):
        return mapping
    if _is_pair(content[lat], content[lon]):
        # China's surveyors call the northing x; and headers are mistaken.
        return {**mapping, LON: lat, LAT: lon}
    return {name: column for name, column in mapping.items() if name not in (LON, LAT)}


def _of_two_pairs(lon: str, lat: str) -> bool:
    """Whether one is of a GCJ-02 pair and the other of a WGS 84 pair, as their other words tell."""
    plain = (_plain(lon), _plain(lat))
    return all(map(_AXIS.search, plain)) and len({_AXIS.sub("", text) for text in plain}) > 1


def _is_pair(x: Content, y: Content) -> bool:
    """Whether these can be longitudes and latitudes, or eastings and northings."""
    if x.within(-180, 180) and y.within(-90, 90):
        # Both ways are possible for small numbers: in China the longitude is the larger one.
        china = y.within(73, 136) and x.within(3, 54)
        return not china
    if x.within(-180, 180) or y.within(-90, 90):
        return False
    eastings = x.within(1e5, 9e5) or x.within(1.3e7, 4.6e7)
    return eastings or not (y.within(1e5, 9e5) or y.within(1.3e7, 4.6e7))


def _can_hold(table: str, columns: list[str], shape: str | None) -> bool:
    spec = TABLES[table]
    if shape is None:
        if spec.shape is None or not spec.shape_required:
            return True
        mapping = guess_mapping(table, columns)
        return (spec.shape == "point" and LON in mapping) or WKT in mapping
    if shape == "mixed":
        return True
    return spec.shape == shape or (table == "incidents" and shape == "point")


def _unlikely(table: str, named: float) -> float:
    """Return what speaks against a table that asks for no column, so that any layer would fit it."""
    return 3.0 if table == "barriers" and not named else 0.0


def _named(table: str, text: str) -> float:
    """Return how well a name speaks for a table: Chinese and English names end in what they name."""
    plain = unicodedata.normalize("NFKC", text).lower().rsplit(".", 1)[0]
    plain = re.sub(r"[\s\-]+", "_", plain)
    ends = [
        (plain.rfind(word) + len(word), len(word))
        for word in FILE_WORDS.get(table, "").split()
        if word in plain
    ]
    if not ends:
        return 0.0
    end, length = max(ends)
    return 4.0 + 2.0 * end / len(plain) + 0.1 * length


def _fitting(table: str, columns: list[str]) -> float:
    """Return how well the columns speak for a table."""
    spec = TABLES[table]
    mapping = guess_mapping(table, columns)
    score = 0.0
    for name, column in mapping.items():
        fit = _fit_of_name(table, name, _header(column))
        telling = fit is not None and fit[0] <= CUT
        required = name in spec.columns and spec.columns[name].required
        score += (3.0 if required else 1.0) if telling else 0.3
    made = {COUNT} if table == "incidents" else set()
    made |= {DATE} if TIME in mapping else set()
    made |= {GRID_ID} if table == "incidents" and LON in mapping else set()
    lacking = {name for name, column in spec.columns.items() if column.required} - made - mapping.keys()
    return score - 2.0 * len(lacking)
