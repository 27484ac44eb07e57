"""Rosters of patrol teams as teams: members counted and never named, shifts taken apart, forces told."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from data.clock import clock_ends, clock_text
from data.schemas import (
    FORCE,
    MEMBERS,
    NAME,
    SHIFT,
    SHIFT_END,
    SHIFT_START,
    SQUAD,
    STATION_ID,
    TEAM_ID,
    VILLAGE,
    VILLAGE_ID,
)

if TYPE_CHECKING:
    from data.reporting import Findings

_STATED = re.compile(r"(\d+)\s*[人名]")
_MARKS = re.compile(r"[、,;/|\n]+")
_HAN = re.compile(r"[\u3400-\u9fff]")
_SHIFT_NAME = re.compile(r"[白夜早中晚日]班|[()\[\]【】]|^\s*:")
_OF_SQUADS = r"专职|派出所|所队|中队|巡特警|特巡警"


def team_rows(frame: pd.DataFrame, names: pd.Series | None, findings: Findings) -> pd.DataFrame:
    """
    Return rows of a roster as rows of the table `teams`.

    Parameters
    ----------
    frame
        The table's fields, with a `SHIFT` perhaps.
    names
        Cells that name members, on the same index: they are counted, and nothing else of them is kept.
    findings
        Shifts that cannot be read are added to it.
    """
    result = frame.drop(columns=SHIFT, errors="ignore").copy()
    if names is not None and MEMBERS not in result:
        result[MEMBERS] = members_counted(names)
    if names is not None and TEAM_ID not in result and NAME in result:
        # One row a member, and nothing but the team's name says which are together.
        result.insert(0, TEAM_ID, result[NAME])
    if SHIFT in frame:
        result = _with_shift(result, frame[SHIFT], findings)
    told = _force_told(result)
    result[FORCE] = result[FORCE].fillna(told) if FORCE in result else told
    return result


def members_counted(cells: pd.Series) -> pd.Series:
    """Return how many members each cell names, 5 for 张三等5人; missing where it names none."""
    counts = cells.astype("string").str.normalize("NFKC").str.strip().map(_count, na_action="ignore")
    return counts.astype("Int64").rename(MEMBERS)


def one_row_a_team(rows: pd.DataFrame) -> pd.DataFrame:
    """
    Return one row for each team of a roster that has a row for each member.

    Members are summed; of other cells the first that is not blank stays.

    Parameters
    ----------
    rows
        Of the table `teams`, indexed by row number.
    """
    groups = rows.groupby(TEAM_ID, sort=False)
    first: pd.DataFrame = groups.first().reset_index()
    first[MEMBERS] = groups[MEMBERS].sum(min_count=1).to_numpy()
    first.index = pd.Index(rows.index[~rows[TEAM_ID].duplicated()], name=rows.index.name)
    if not isinstance(rows, gpd.GeoDataFrame):
        return first
    located: pd.DataFrame = gpd.GeoDataFrame(first, geometry=rows.geometry.name, crs=rows.crs)
    return located


def _count(text: str) -> int | None:
    if stated := _STATED.search(text) or re.fullmatch(r"(\d+)", text):
        return int(stated.group(1)) or None
    parts = [part for part in _MARKS.split(text) if part.strip()]
    if len(parts) == 1 and _HAN.search(text):
        parts = text.split()
    return len(parts) or None


def _with_shift(frame: pd.DataFrame, shifts: pd.Series, findings: Findings) -> pd.DataFrame:
    """Return the rows with the two ends of shifts that one cell states: 白班(08:00-20:00)."""
    texts = shifts.astype("string").str.strip().fillna("")
    ends = [_ends(text) or (None, None) for text in texts]
    for name, moments in zip((SHIFT_START, SHIFT_END), zip(*ends, strict=True), strict=True):
        told = pd.Series(
            [None if ms is None else clock_text(ms) for ms in moments], index=frame.index, dtype="str"
        )
        frame[name] = frame[name].fillna(told) if name in frame else told
    unread = (texts != "") & frame[SHIFT_START].isna()
    if count := int(unread.sum()):
        findings.add("note", "shift_unreadable", column=SHIFT, count=count)
    return frame


def _ends(text: str) -> tuple[int, int] | None:
    return clock_ends(_SHIFT_NAME.sub("", unicodedata.normalize("NFKC", text)))


def _force_told(frame: pd.DataFrame) -> pd.Series:
    """Tell squads, by their station or their name, from the teams of villages."""
    blank = pd.Series(None, index=frame.index, dtype="str")
    stations, villages, names = (frame.get(name, blank) for name in (STATION_ID, VILLAGE_ID, NAME))
    squads = stations.notna() & villages.isna()
    squads |= names.astype("string").str.contains(_OF_SQUADS, regex=True).fillna(False).astype(bool)
    return squads.map({True: SQUAD, False: VILLAGE}).astype("str")
