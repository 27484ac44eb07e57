"""Names that bureaus give to our columns, in Chinese and English, most telling first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.schemas import (
    COMMUNITY,
    FLOATING,
    GRID_ID,
    HOUSES,
    KEY_UNITS,
    KIND,
    NAME,
    PATROL,
    RENTED,
    REPORTED,
    RESIDENTS,
    SOURCE,
    STATION_ID,
    TABLES,
    TOWN_ID,
    VENUES,
    VILLAGE,
    VILLAGE_ID,
    ZONE_ID,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    GRID_ID: ("grid_id", "网格编码", "网格编号", "网格代码", "网格号", "网格id", "gridcode", "grid"),
    ZONE_ID: (
        "zone_id",
        "警务区编码",
        "警务区编号",
        "警务区代码",
        "警格编码",
        "警格编号",
        "警务区",
        "警格",
        "zone",
        "beat",
    ),
    VILLAGE_ID: (
        "village_id",
        "村社编码",
        "村社代码",
        "村居代码",
        "社区代码",
        "行政村代码",
        "villcode",
        "villagecode",
    ),
    STATION_ID: ("station_id", "派出所编码", "派出所代码", "派出所编号", "stationcode"),
    TOWN_ID: ("town_id", "镇街编码", "镇街代码", "乡镇代码", "街道代码", "towncode", "townid"),
    NAME: (
        "name",
        "名称",
        "网格名称",
        "警务区名称",
        "村社名称",
        "村居名称",
        "派出所名称",
        "villname",
        "townname",
    ),
    KIND: ("kind", "类型", "类别", "type"),
    RESIDENTS: ("residents", "户籍人口", "户籍人数", "人口", "population", "pop"),
    FLOATING: ("floating", "流动人口", "流动人数", "外来人口"),
    HOUSES: ("houses", "实有房屋", "房屋数"),
    RENTED: ("rented", "出租房", "出租房屋", "出租房数"),
    VENUES: ("venues", "行业场所", "场所数"),
    KEY_UNITS: ("key_units", "重点单位", "重点单位数"),
}
# What bureaus write for the values that we keep as codes.
VALUE_SYNONYMS: Mapping[str, Mapping[str, str]] = {
    KIND: {"行政村": VILLAGE, "村": VILLAGE, "农村": VILLAGE, "社区": COMMUNITY, "居委会": COMMUNITY},
    SOURCE: {"接报": REPORTED, "群众报警": REPORTED, "巡逻发现": PATROL, "巡防发现": PATROL},
}
# What a layer's own id may be called when nothing names it outright.
_ANY_ID = ("编码", "编号", "代码", "code", "id")


def guess_mapping(table: str, columns: Iterable[str]) -> dict[str, str]:
    """
    Guess which of a file's columns holds which of a table's.

    Parameters
    ----------
    table
        A name in `data.schemas.TABLES`.
    columns
        The file's column names.

    Returns
    -------
    dict
        The table's column → the file's; only what could be guessed. No column is used twice.
    """
    given = {_plain(column): column for column in reversed(list(columns))}
    spec = TABLES[table]
    mapping: dict[str, str] = {}
    for name in spec.columns:
        wanted = (name, *_SYNONYMS.get(name, ()), *(_ANY_ID if spec.key == (name,) else ()))
        found = next((given[_plain(word)] for word in wanted if _plain(word) in given), None)
        if found is not None and found not in mapping.values():
            mapping[name] = found
    return mapping


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", "").replace(" ", "")
