"""From one edition of a layer to the next: who follows whom, and what becomes of a plan."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.editions import Carried
from data.schemas import GRID_ID, KIND, NAME, NEW_ID, OLD_ID, SHARE_NEW, SHARE_OLD, ZONE_ID
from data.successions import ENDED, MERGED, NEW, RECUT, RENAMED, SAME, SPLIT, kinds_of, whole_successors
from geo.coverage import repaired
from geo.errors import SettingError
from geo.overlay import overlap_areas

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Why a row is there: shapes, with or without a word of ids and names; ids or names alone; nothing.
OVERLAP, OVERLAP_ID, OVERLAP_NAME = "overlap", "overlap_id", "overlap_name"
BY_ID, BY_NAME, ID_MOVED, NO_MATCH = "id", "name", "id_moved", "no_match"
WHYS = (OVERLAP, OVERLAP_ID, OVERLAP_NAME, BY_ID, BY_NAME, ID_MOVED, NO_MATCH)
WHY, CHECK = "why", "check"

_LEAST_M2 = 0.01  # as in `geo.nesting.area_shares`
_SHARE_DIGITS = 6
_OFFICES = re.compile("(村民委员会|居民委员会|村委会|居委会)$")
# 村改居: the village that became a community is the same place.
_RANKS = re.compile("(社区|行政村|村)$")


@dataclass(frozen=True, kw_only=True)
class SuccessionParams:
    """
    What counts as following.

    Parameters
    ----------
    least_share
        Two places whose overlap is less than this of either have nothing to do with each other: two
        borders digitised twice. In [0, 0.5).
    sure_share
        From this share on, an overlap needs no second look. In (0.5, 1].
    """

    least_share: float = 0.05
    sure_share: float = 0.9

    def __post_init__(self) -> None:
        if not 0 <= self.least_share < 0.5:
            raise SettingError(
                "setting_wrong", name="least_share", found=self.least_share, allowed="[0, 0.5)"
            )
        if not 0.5 < self.sure_share <= 1:
            raise SettingError("setting_wrong", name="sure_share", found=self.sure_share, allowed="(0.5, 1]")


def guess_succession(
    old: pd.DataFrame, new: pd.DataFrame, *, key: str, params: SuccessionParams | None = None
) -> pd.DataFrame:
    """
    Guess which place of an edition follows which of the one before.

    Shapes decide where both places have one, whatever their ids; ids, then names, where they have none.

    Parameters
    ----------
    old, new
        The two editions: `key` with unique ids as a column, perhaps ``name``, perhaps polygons in the
        same metric CRS.

    Returns
    -------
    DataFrame
        old_id and new_id ("" where there is none); share_old, share_new (of the old and of the new
        place's area; what is under `least_share` is noise and no part of the whole; missing without
        shapes); kind (`data.successions.kinds_of`); why (`WHYS`); check (whether a person had better
        look). In the order of the old places; new ones without a predecessor at the end.

    Raises
    ------
    CrsError
        If the shapes are not in the same metric CRS.
    """
    params = params or SuccessionParams()
    old, new = (frame.assign(**{key: frame[key].astype("str")}) for frame in (old, new))
    shapes = _shapes(old, key), _shapes(new, key)
    shaped = [set() if layer is None else set(layer.index) for layer in shapes]
    rows = _by_overlap(*shapes, params.least_share)
    for match, why in ((_same_ids, BY_ID), (_same_names, BY_NAME), (_same_places, BY_NAME)):
        rows = pd.concat([rows, _further(old, new, key, rows, match, why, shaped)], ignore_index=True)
    rows = pd.concat([rows, _alone(old[key], new[key], rows)], ignore_index=True)
    rows = _in_order(rows, old[key], new[key])
    rows[KIND] = kinds_of(rows)
    return _judged(rows, _names(old, key), _names(new, key), params)


def measured(rows: pd.DataFrame, old: pd.DataFrame, new: pd.DataFrame, *, key: str) -> pd.DataFrame:
    """
    Return a code table that was made by hand with the shares that the shapes tell, where it has none.

    An old place with one successor goes there whole, as stated: its share is not doubted.

    Parameters
    ----------
    rows
        old_id, new_id, share_old, share_new (`data.successions.completed`).
    old, new, key
        As for `guess_succession`.
    """
    first, second = (_shapes(frame.assign(**{key: frame[key].astype("str")}), key) for frame in (old, new))
    found = _by_overlap(first, second, 0.0).set_index([OLD_ID, NEW_ID])[[SHARE_OLD, SHARE_NEW]]
    shares = found.reindex(pd.MultiIndex.from_frame(rows[[OLD_ID, NEW_ID]])).set_index(rows.index)
    divided = rows[OLD_ID].duplicated(keep=False) & (rows[OLD_ID] != "")
    return rows.assign(
        **{
            SHARE_OLD: rows[SHARE_OLD].fillna(shares[SHARE_OLD].where(divided)),
            SHARE_NEW: rows[SHARE_NEW].fillna(shares[SHARE_NEW]),
        }
    )


def carry_over(assignment: pd.Series, successions: pd.DataFrame) -> Carried:
    """
    Return a plan on the new grids: each goes to the zone that held the most of its land before.

    Parameters
    ----------
    assignment
        zone_id of each old grid, indexed by grid_id.
    successions
        old_id, new_id, share_new of the grids; where shares are unknown, each old grid counts alike.
        Equal parts go to the zone whose id comes first.
    """
    rows = successions[successions[NEW_ID] != ""]
    zone = assignment.reindex(rows[OLD_ID]).to_numpy()
    claims = pd.DataFrame(
        {GRID_ID: rows[NEW_ID].to_numpy(), ZONE_ID: zone, "share": rows[SHARE_NEW].fillna(1.0).to_numpy()}
    ).dropna(subset=[ZONE_ID])
    held = claims.groupby([GRID_ID, ZONE_ID])["share"].sum().round(_SHARE_DIGITS).reset_index()
    held = held.sort_values([GRID_ID, "share", ZONE_ID], ascending=[True, False, True])
    first = held.drop_duplicates(GRID_ID).set_index(GRID_ID)[ZONE_ID]
    grids = pd.Index(rows[NEW_ID].unique(), name=GRID_ID)
    carried = first.reindex(grids).dropna().astype("str")
    return Carried(
        assignment=carried,
        grids_left=tuple(sorted(set(grids) - set(carried.index))),
        zones_left=tuple(sorted(set(assignment) - set(carried))),
    )


def carry_zones(assignment: pd.Series, successions: pd.DataFrame) -> Carried:
    """
    Return a plan under the new codes of its zones: as far as a zone went whole into one other.

    Grids of a zone that was divided are left over: codes cannot tell on which side they lie.

    Parameters
    ----------
    assignment
        zone_id of each grid, indexed by grid_id.
    successions
        old_id, new_id, share_old of the zones.
    """
    # What was drawn a little differently is still the zone: only a second successor is doubt.
    follows = whole_successors(successions, whole_share=0.0)
    renamed = assignment.map(follows)
    carried = renamed.dropna().astype("str").rename(ZONE_ID)
    left = sorted(renamed.index[renamed.isna()])
    return Carried(
        assignment=carried,
        grids_left=tuple(str(grid) for grid in left),
        zones_left=tuple(sorted(set(assignment[renamed.isna()]))),
    )


def plain_name(name: object) -> str:
    """Return a place's name as it is compared: width, case, blanks, marks and 村委会 do not matter."""
    if not isinstance(name, str):
        return ""
    text = unicodedata.normalize("NFKC", name).casefold()
    return _OFFICES.sub("", "".join(c for c in text if c.isalnum()))


def _shapes(frame: pd.DataFrame, key: str) -> gpd.GeoSeries | None:
    if not isinstance(frame, gpd.GeoDataFrame):
        return None
    shapes = repaired(np.asarray(frame.geometry.array, dtype=object))
    layer = gpd.GeoSeries(shapes, index=pd.Index(frame[key]), crs=frame.crs)
    return layer[shapely.area(shapes) > 0]


def _by_overlap(old: gpd.GeoSeries | None, new: gpd.GeoSeries | None, least_share: float) -> pd.DataFrame:
    if old is None or new is None or old.empty or new.empty:
        return _rows([], [], OVERLAP)
    pairs = overlap_areas(old, new, min_area_m2=_LEAST_M2)
    old_area, new_area = old.area[pairs["left"]].to_numpy(), new.area[pairs["right"]].to_numpy()
    area = pairs["area_m2"].to_numpy()
    # A small place that goes into a large one is a small part of it, but all of itself.
    kept = np.maximum(area / old_area, area / new_area) >= least_share
    rows: pd.DataFrame = pd.DataFrame(
        {
            OLD_ID: pairs["left"].astype("str"),
            NEW_ID: pairs["right"].astype("str"),
            SHARE_OLD: _shares(pairs["left"], area, kept, old_area, least_share),
            SHARE_NEW: _shares(pairs["right"], area, kept, new_area, least_share),
            WHY: OVERLAP,
        }
    )
    return rows.iloc[np.flatnonzero(kept)].reset_index(drop=True)


def _shares(
    place: pd.Series,
    area: np.ndarray[tuple[int], np.dtype[np.float64]],
    kept: np.ndarray[tuple[int], np.dtype[np.bool_]],
    whole: np.ndarray[tuple[int], np.dtype[np.float64]],
    least_share: float,
) -> pd.Series:
    """Return each overlap's share of its place, of which slivers, inside or outside, are no part."""
    areas = pd.DataFrame({"all": area, "kept": np.where(kept, area, 0.0)}, index=place.index)
    sums = areas.groupby(place).transform("sum")
    uncovered = np.maximum(whole - sums["all"], 0.0)
    uncovered = np.where(uncovered >= least_share * whole, uncovered, 0.0)
    shares: pd.Series = (areas["kept"] / (sums["kept"] + uncovered)).fillna(0.0).clip(upper=1.0)
    return shares.round(_SHARE_DIGITS)


def _rows(old: list[str], new: list[str], why: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            OLD_ID: pd.Series(old, dtype="str"),
            NEW_ID: pd.Series(new, dtype="str"),
            SHARE_OLD: pd.Series(np.nan, index=range(len(old)), dtype="float64"),
            SHARE_NEW: pd.Series(np.nan, index=range(len(old)), dtype="float64"),
            WHY: pd.Series([why] * len(old), dtype="str"),
        }
    )


def _further(
    old: pd.DataFrame,
    new: pd.DataFrame,
    key: str,
    rows: pd.DataFrame,
    match: Callable[[pd.Series, pd.Series], list[tuple[str, str]]],
    why: str,
    shaped: Sequence[set[str]],
) -> pd.DataFrame:
    """Return matches of places that have none so far; two places with shapes were matched by these."""
    free_old = _names(old[~old[key].isin(rows[OLD_ID])], key)
    free_new = _names(new[~new[key].isin(rows[NEW_ID])], key)
    found = [
        (first, second)
        for first, second in match(free_old, free_new)
        if not (first in shaped[0] and second in shaped[1])
    ]
    return _rows([first for first, _ in found], [second for _, second in found], why)


def _same_ids(old: pd.Series, new: pd.Series) -> list[tuple[str, str]]:
    return [(place, place) for place in old.index if place in new.index]


def _same_names(old: pd.Series, new: pd.Series) -> list[tuple[str, str]]:
    return _unique_matches(old, new)


def _same_places(old: pd.Series, new: pd.Series) -> list[tuple[str, str]]:
    return _unique_matches(old.map(_without_rank), new.map(_without_rank))


def _without_rank(name: str) -> str:
    return _RANKS.sub("", name)


def _unique_matches(old: pd.Series, new: pd.Series) -> list[tuple[str, str]]:
    firsts, seconds = (
        {name: place for place, name in side[(side != "") & ~side.duplicated(keep=False)].items()}
        for side in (old, new)
    )
    return [(str(place), str(seconds[name])) for name, place in firsts.items() if name in seconds]


def _names(frame: pd.DataFrame, key: str) -> pd.Series:
    """Return the compared name of each place, indexed by id; "" where it has none."""
    names = [plain_name(name) for name in frame[NAME]] if NAME in frame else [""] * len(frame)
    return pd.Series(names, index=pd.Index(frame[key]), dtype="str")


def _alone(old: pd.Series, new: pd.Series, rows: pd.DataFrame) -> pd.DataFrame:
    ended = list(old[~old.isin(rows[OLD_ID])])
    begun = list(new[~new.isin(rows[NEW_ID])])
    return _rows([*ended, *[""] * len(begun)], [*[""] * len(ended), *begun], NO_MATCH)


def _in_order(rows: pd.DataFrame, old: pd.Series, new: pd.Series) -> pd.DataFrame:
    places = [
        rows[column].map({place: i for i, place in enumerate(ids)}).fillna(len(ids))
        for column, ids in ((OLD_ID, old), (NEW_ID, new))
    ]
    return rows.iloc[np.lexsort([places[1], places[0]])].reset_index(drop=True)


def _judged(
    rows: pd.DataFrame, old_names: pd.Series, new_names: pd.Series, params: SuccessionParams
) -> pd.DataFrame:
    """Return the rows with why they are there, ids and names heard, and whether to look again."""
    first, second = _looked_up(rows[OLD_ID], old_names), _looked_up(rows[NEW_ID], new_names)
    shaped, one_id = rows[WHY] == OVERLAP, rows[OLD_ID] == rows[NEW_ID]
    one_name = (first != "") & (first == second)
    moved = _moved_ids(rows, set(old_names.index), set(new_names.index))
    why = np.select(
        [moved, shaped & one_id, shaped & one_name], [ID_MOVED, OVERLAP_ID, OVERLAP_NAME], default=rows[WHY]
    )
    kind, low = rows[KIND], params.sure_share
    weak = (rows[SHARE_OLD] < low) & kind.isin([SAME, RENAMED, MERGED])
    weak |= (rows[SHARE_NEW] < low) & kind.isin([SAME, RENAMED, SPLIT])
    unsure = moved | weak | kind.isin([RECUT, ENDED, NEW]) | (rows[WHY] == BY_NAME)
    unsure |= (rows[WHY] == BY_ID) & (first != second) & (first != "") & (second != "")
    ordered = [OLD_ID, NEW_ID, SHARE_OLD, SHARE_NEW, KIND, WHY, CHECK]
    return rows.assign(**{WHY: pd.Series(why, index=rows.index, dtype="str"), CHECK: unsure})[ordered]


def _looked_up(places: pd.Series, names: pd.Series) -> pd.Series:
    return pd.Series(names.reindex(places).to_numpy(), index=places.index, dtype="str").fillna("")


def _moved_ids(rows: pd.DataFrame, old_ids: set[str], new_ids: set[str]) -> pd.Series:
    """Return whether a row's id is also in the other edition, but names another place there."""
    kept = set(rows.loc[rows[OLD_ID] == rows[NEW_ID], OLD_ID])
    moved = (old_ids & new_ids) - kept
    both: pd.Series = rows[OLD_ID].isin(moved) | rows[NEW_ID].isin(moved)
    return both
