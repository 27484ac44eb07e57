"""Old and new codes of a layer: which place of an edition follows which of the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from data.schemas import KIND, NEW_ID, OLD_ID, SHARE_NEW, SHARE_OLD, SUCCESSION_KINDS
from geo.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

SAME, RENAMED, MERGED, SPLIT, RECUT, NEW, ENDED = SUCCESSION_KINDS
# From this share of its area on, an old place is wholly in its one successor; as with nesting.
WHOLE_SHARE = 0.99
_TOLERANCE = 1e-6


def completed(rows: pd.DataFrame, *, old_ids: Collection[str], new_ids: Collection[str]) -> pd.DataFrame:
    """
    Return a code table with every place in it and the kind of every row as the pairs tell it.

    An old place that no row names and whose id goes on follows itself; a new one that no row names has
    no predecessor. Old places that vanish must be named: see `succession_faults`.

    Parameters
    ----------
    rows
        old_id, new_id (blank where a place is new or has ended), perhaps share_old and share_new.
    old_ids, new_ids
        The places of the older and the newer edition, in their order.

    Returns
    -------
    DataFrame
        old_id and new_id ("" where there is none), share_old, share_new (missing where unknown), kind.
    """
    given = _plain(rows)
    known = set(new_ids)
    named = set(given[OLD_ID])
    going_on = [place for place in old_ids if place not in named and place in known]
    named_new = {*given[NEW_ID], *going_on}
    beginning = [place for place in new_ids if place not in named_new]
    added = pd.DataFrame(
        {
            OLD_ID: [*going_on, *[""] * len(beginning)],
            NEW_ID: [*going_on, *beginning],
            SHARE_OLD: np.nan,
            SHARE_NEW: np.nan,
        }
    ).astype(given.dtypes.to_dict())
    table = pd.concat([given, added], ignore_index=True) if len(given) else added
    return table.assign(**{KIND: kinds_of(table)})


def kinds_of(rows: pd.DataFrame) -> pd.Series:
    """
    Return the kind of each row of old_id and new_id, by what hangs together with it.

    One to one is ``same`` or, under another id, ``renamed``; many to one ``merged``, one to many
    ``split``, many to many ``recut``; without a new id ``ended``, without an old one ``new``.
    """
    old, new = rows[OLD_ID].to_numpy(dtype=object), rows[NEW_ID].to_numpy(dtype=object)
    both = (old != "") & (new != "")
    olds, news = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    olds[both], news[both] = _group_sizes(old[both], new[both])
    kinds = np.select(
        [
            old == "",
            new == "",
            (olds == 1) & (news == 1) & (old == new),
            (olds == 1) & (news == 1),
            news == 1,
            olds == 1,
        ],
        [NEW, ENDED, SAME, RENAMED, MERGED, SPLIT],
        default=RECUT,
    )
    return pd.Series(kinds, index=rows.index, name=KIND, dtype="str")


def whole_successors(rows: pd.DataFrame, *, whole_share: float = WHOLE_SHARE) -> pd.Series:
    """Return the new id of each old place that is wholly in one successor; unknown shares count as whole."""
    paired = rows[(rows[OLD_ID] != "") & (rows[NEW_ID] != "")]
    alone = ~paired[OLD_ID].duplicated(keep=False)
    whole = paired[SHARE_OLD].isna() | (paired[SHARE_OLD] >= whole_share - _TOLERANCE)
    found = paired[alone & whole]
    return pd.Series(found[NEW_ID].to_numpy(), index=pd.Index(found[OLD_ID]), name=NEW_ID, dtype="str")


def succession_faults(
    rows: pd.DataFrame, *, old_ids: Collection[str], new_ids: Collection[str]
) -> tuple[Reason, ...]:
    """
    Return all that keeps a code table from being used.

    ``succession_blank``, ``succession_unknown_id``, ``succession_twice``, ``succession_ended_too`` (it
    has a successor as well), ``succession_new_too`` (it has a predecessor as well),
    ``succession_share_wrong``, ``succession_incomplete`` (an old place that no row names).
    """
    table = _plain(rows).assign(row=range(1, len(rows) + 1))
    return tuple(_faults(table, set(old_ids), set(new_ids)))


def _faults(table: pd.DataFrame, old_ids: set[str], new_ids: set[str]) -> Iterator[Reason]:
    old, new = table[OLD_ID], table[NEW_ID]
    for row in table.loc[(old == "") & (new == ""), "row"]:
        yield Reason("succession_blank", {"row": int(row)})
    for column, known in ((OLD_ID, old_ids), (NEW_ID, new_ids)):
        for place in table.loc[(table[column] != "") & ~table[column].isin(known), column].unique():
            yield Reason("succession_unknown_id", {"column": column, "id": place})
    repeated = table.duplicated([OLD_ID, NEW_ID]) & ((old != "") | (new != ""))
    for first, second in table.loc[repeated, [OLD_ID, NEW_ID]].drop_duplicates().to_numpy():
        yield Reason("succession_twice", {"old": first, "new": second})
    for column, other, code in (
        (OLD_ID, NEW_ID, "succession_ended_too"),
        (NEW_ID, OLD_ID, "succession_new_too"),
    ):
        alone = set(table.loc[table[other] == "", column]) - {""}
        for place in sorted(alone & set(table.loc[table[other] != "", column])):
            yield Reason(code, {"id": place})
    for column in (SHARE_OLD, SHARE_NEW):
        wrong = table[column].notna() & ~table[column].between(0, 1 + _TOLERANCE)
        for row, value in table.loc[wrong, ["row", column]].to_numpy():
            yield Reason("succession_share_wrong", {"row": int(row), "column": column, "value": float(value)})
    for place in sorted(old_ids - set(old)):
        yield Reason("succession_incomplete", {"id": place})


def _plain(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs alone: blanks as "", unknown shares as missing."""
    # As objects, for an empty column may be of any kind.
    ids = {name: rows[name].astype(object).fillna("").astype("str").str.strip() for name in (OLD_ID, NEW_ID)}
    shares = {}
    for name in (SHARE_OLD, SHARE_NEW):
        share = rows[name] if name in rows else pd.Series(np.nan, index=rows.index)
        shares[name] = pd.to_numeric(share, errors="coerce").astype("float64")
    return pd.DataFrame({**ids, **shares}).reset_index(drop=True)


def _group_sizes(
    old: np.ndarray[tuple[int], np.dtype[np.object_]], new: np.ndarray[tuple[int], np.dtype[np.object_]]
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Return, for each pair, how many old and how many new places hang together with it."""
    i, olds = pd.factorize(old)
    j, news = pd.factorize(new)
    size = len(olds) + len(news)
    links = coo_array((np.ones(len(i)), (i, j + len(olds))), shape=(size, size))
    _, group = connected_components(links, directed=False)
    old_sizes = np.bincount(group[: len(olds)], minlength=size)
    new_sizes = np.bincount(group[len(olds) :], minlength=size)
    return old_sizes[group[i]], new_sizes[group[i]]
