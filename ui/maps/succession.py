"""Two editions of a layer on one map: the new one by what became of its places, the old one dashed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data.schemas import KIND, NAME, NEW_ID, OLD_ID
from ui.maps.base import add_base, base_map, present, simplified
from ui.maps.layers import Layer, Style, add_layer
from ui.maps.legend import add_legend
from ui.maps.overview import texts
from ui.maps.palette import INK
from ui.maps.search import add_search
from ui.words import Words, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    import folium
    import geopandas as gpd
    import pandas as pd

# Fill and pattern by kind: the pattern alone tells them apart, on grey paper too.
SUCCESSION_STYLES: dict[str, tuple[str, str | None]] = {
    "same": ("#dfe6ec", None),
    "renamed": ("#4da3e0", "lines"),
    "merged": ("#1b9e4b", "cross"),
    "split": ("#e08214", "hatch"),
    "recut": ("#8073ac", "back"),
    "new": ("#f2c14e", "dots"),
    "ended": ("#b2182b", "dots"),
}
_OLD_INK = "#a3195b"
_DRAWN_TOLERANCE_M = 4.0


def succession_map(
    old: Any,
    new: Any,
    rows: pd.DataFrame,
    *,
    key: str,
    base: Mapping[str, Any],
    lang: str = "zh",
    credit: str = "",
) -> folium.Map | None:
    """
    Return the map of a change of editions, or None where the new one has no shapes.

    Parameters
    ----------
    old, new
        The two editions, with `key` as a column.
    rows
        old_id, new_id, kind (`data.successions.completed`).
    base
        Water and towns to draw below.
    """
    t = words(lang)
    after, before = present({"new": new}, "new"), present({"old": old}, "old")
    if after is None:
        return None
    m = base_map(after, lang=lang, credit=credit)
    add_base({name: base.get(name) for name in ("water", "towns")}, lang=lang, m=m)
    add_layer(m, _new_places(after, rows, key, t))
    if before is not None:
        gone = before[before[key].astype("str").isin(rows.loc[rows[KIND] == "ended", OLD_ID])]
        if len(gone):
            add_layer(m, _ended(gone, key, t))
        # All of them would bury the few that matter.
        changed = before[before[key].astype("str").isin(rows.loc[rows[KIND] != "same", OLD_ID])]
        if len(changed):
            add_layer(m, _old_outlines(changed, key, t))
    add_search(m, lang=lang)
    add_legend(m, lang=lang)
    return m


def edition_map(frame: Any, *, key: str, title: str, lang: str = "zh", credit: str = "") -> folium.Map | None:
    """Return the map of one edition by itself, or None where it has no shapes."""
    located = present({"edition": frame}, "edition")
    if located is None:
        return None
    m = base_map(located, lang=lang, credit=credit)
    layer = Layer(
        key="edition",
        title=title,
        frame=simplified(located, _DRAWN_TOLERANCE_M),
        styles=[Style(fill="#cfe0e8", opacity=0.6, line=INK, weight=0.9)],
        name=texts(located, NAME),
        code=texts(located, key),
        searchable=True,
    )
    add_layer(m, layer)
    add_search(m, lang=lang)
    add_legend(m, lang=lang)
    return m


def _new_places(frame: gpd.GeoDataFrame, rows: pd.DataFrame, key: str, t: Words) -> Layer:
    ids = frame[key].astype("str")
    named = rows[rows[NEW_ID] != ""]
    kind_of = named.drop_duplicates(NEW_ID).set_index(NEW_ID)[KIND]
    before = named.groupby(NEW_ID)[OLD_ID].agg(list)
    found = [str(kind) for kind in ids.map(kind_of).fillna("new")]
    kinds = [kind for kind in SUCCESSION_STYLES if kind in found]
    return Layer(
        key="new",
        title=t("edition.map_new"),
        frame=simplified(frame, _DRAWN_TOLERANCE_M),
        styles=[_style(kind, t) for kind in kinds],
        style_of=[kinds.index(kind) for kind in found],
        name=texts(frame, NAME),
        code=ids.tolist(),
        fields={
            t("column.succession"): [t.name("succession", kind) for kind in found],
            t("column.old_id"): [t.listed(old for old in before.get(place, []) if old) for place in ids],
        },
        searchable=True,
    )


def _style(kind: str, t: Words) -> Style:
    fill, pattern = SUCCESSION_STYLES[kind]
    return Style(
        fill=fill,
        pattern=pattern,
        opacity=0.45 if kind == "same" else 0.75,
        line="#8b9aab" if kind == "same" else INK,
        weight=0.5 if kind == "same" else 1.1,
        title=t(f"succession.{kind}"),
    )


def _ended(frame: gpd.GeoDataFrame, key: str, t: Words) -> Layer:
    return Layer(
        key="ended",
        title=t("succession.ended"),
        frame=frame,
        styles=[_style("ended", t)],
        name=texts(frame, NAME),
        code=texts(frame, key),
        searchable=True,
    )


def _old_outlines(frame: gpd.GeoDataFrame, key: str, t: Words) -> Layer:
    return Layer(
        key="old",
        title=t("edition.map_old"),
        frame=simplified(frame, _DRAWN_TOLERANCE_M),
        styles=[Style(line=_OLD_INK, weight=1.2, dash="5 4")],
        name=texts(frame, NAME),
        code=texts(frame, key),
        interactive=False,
        above=True,
    )
