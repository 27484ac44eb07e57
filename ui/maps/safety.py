"""平安地图: villages by grade or pillar, period by period, with what a click tells of one (平安画像)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from data.schemas import NAME, STATION_ID, TOWN_ID, VILLAGE_ID
from planning.index.points import RULE
from planning.index.profile import GREY
from ui.index_words import class_name, grade_name, line_text
from ui.maps.base import add_base, base_map, present, simplified
from ui.maps.layers import Call, Layer, Style, add_layer
from ui.maps.legend import add_legend
from ui.maps.overview import names_of, place_layers, texts
from ui.maps.palette import GRADE_COLOURS, touching
from ui.maps.search import add_search
from ui.words import Words, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import folium
    import geopandas as gpd

    from planning.index.profile import IndexProfile
    from ui.safety_story import Chapter, Story

_DRAWN_TOLERANCE_M = 10.0
_NEIGHBOURS_AT_MOST = 8
_GREY_FILL = "#c8ced6"
_COUNT_COLOURS = ("#7b3294", "#b35806", "#0b3d7a", "#8c2d2d")
_LARGEST_PX, _SMALLEST_PX = 13.0, 3.0


@dataclass(frozen=True, kw_only=True)
class Beside:
    """
    What is known of villages beside their index, by village_id.

    Parameters
    ----------
    measures
        What is being mended: lines of text.
    people, posts
        Lines of counts.
    patrols
        When patrols came last, in words; and which villages they came to of late.
    counts
        Events of the period, a column per indicator.
    badges, backlog
        Names of the badges that a village has; lines on what is still open there.
    """

    measures: Mapping[str, Sequence[str]] = field(default_factory=dict)
    people: Mapping[str, Sequence[str]] = field(default_factory=dict)
    patrols: Mapping[str, str] = field(default_factory=dict)
    patrolled: frozenset[str] = frozenset()
    counts: pd.DataFrame = field(default_factory=pd.DataFrame)
    badges: Mapping[str, Sequence[str]] = field(default_factory=dict)
    backlog: Mapping[str, Sequence[str]] = field(default_factory=dict)


def safety_map(
    tables: Mapping[str, Any],
    story: Story,
    beside: Beside,
    *,
    lang: str = "zh",
    credit: str = "",
    mark: str = "",
) -> folium.Map:
    """
    Return the safety map of a district.

    Parameters
    ----------
    tables
        villages with shapes; towns, roads, water, zones, grids, posts, facilities where they are there.
    story
        What is told, period by period.
    beside
        What is known of the villages beside.
    lang
        Language of what the map says itself.
    credit
        Credit line, with the 审图号.
    mark
        What stands on every internal edition.
    """
    t = words(lang)
    villages = present(tables, "villages")
    shapes = _in_story(villages, story)
    m = base_map(shapes, lang=lang, credit=credit)
    add_base(tables, lang=lang, m=m)
    layer = _villages(shapes, tables, t)
    add_layer(m, layer)
    for other in place_layers(tables, t):
        add_layer(m, other)
    for counted in _count_layers(shapes, beside, story.profile, t):
        add_layer(m, counted)
    if (patrolled := _patrol_layer(shapes, beside, t)) is not None:
        add_layer(m, patrolled)
    add_search(m, lang=lang)
    add_legend(m, lang=lang, folded=True)
    spec = safety_spec(shapes, tables, story, beside, t, mark=mark)
    Call("safety", spec, files=("safety.css", "charts.js", "portrait.js", "safety.js")).add_to(m)
    return m


def safety_spec(
    shapes: gpd.GeoDataFrame,
    tables: Mapping[str, Any],
    story: Story,
    beside: Beside,
    t: Words,
    *,
    mark: str = "",
) -> dict[str, Any]:
    """Return what the browser colours the villages by, and what it tells of each, in the shapes' order."""
    ids, profile = shapes[VILLAGE_ID].astype(str).tolist(), story.profile
    grades = profile.grades
    return {
        "mark": mark,
        "grades": [
            {"name": grade_name(code, profile, t), "colour": colour}
            for code, colour in zip(grades.codes, grade_colours(len(grades.codes)), strict=True)
        ]
        + [{"name": t.name("grade", GREY), "colour": _GREY_FILL}],
        "cuts": list(grades.score),
        "pillars": [profile.name_of(pillar.code, t.lang) for pillar in profile.pillars],
        "chapters": [_chapter(chapter, ids, profile, t) for chapter in story.chapters],
        "opened": [chapter.key for chapter in story.chapters].index(story.opened),
        "villages": _portraits(shapes, tables, story, beside, t),
        "words": {name: t(f"safety_map.{name}") for name in _WORDS},
    }


_WORDS = (
    "whole",
    "unsure",
    "sure",
    "chance",
    "points",
    "score",
    "interval",
    "place",
    "grey",
    "vetoed",
    "radar",
    "trend",
    "lines",
    "lines_of",
    "no_lines",
    "measures",
    "no_measures",
    "people",
    "backlog",
    "patrols",
    "never",
    "neighbours",
    "close",
    "period",
    "pillar",
    "earlier",
    "later",
)


def grade_colours(count: int) -> list[str]:
    """Return a colour for each grade, the best first."""
    if count == len(GRADE_COLOURS):
        return list(GRADE_COLOURS)
    last = len(GRADE_COLOURS) - 1
    return [GRADE_COLOURS[round(i * last / max(count - 1, 1))] for i in range(count)]


def _in_story(villages: gpd.GeoDataFrame | None, story: Story) -> gpd.GeoDataFrame:
    """Return the shapes of villages that any chapter tells of, in the order of their codes."""
    import geopandas as gpd

    if villages is None:
        return gpd.GeoDataFrame({VILLAGE_ID: pd.Series(dtype="str")}, geometry=[], crs=4326)
    known = set().union(*(chapter.villages.index for chapter in story.chapters))
    told = villages[villages[VILLAGE_ID].astype(str).isin(known)]
    return told.drop_duplicates(VILLAGE_ID).sort_values(VILLAGE_ID, ignore_index=True)


def _villages(shapes: gpd.GeoDataFrame, tables: Mapping[str, Any], t: Words) -> Layer:
    return Layer(
        key="safety",
        title=t("table.villages"),
        frame=simplified(shapes, _DRAWN_TOLERANCE_M) if len(shapes) else shapes,
        styles=[Style(fill=_GREY_FILL, opacity=0.82, line="#ffffff", weight=1)],
        name=texts(shapes, NAME),
        code=texts(shapes, VILLAGE_ID),
        label=(12, "small"),
        searchable=True,
        switch=False,
    )


def _chapter(chapter: Chapter, ids: Sequence[str], profile: IndexProfile, t: Words) -> dict[str, Any]:
    """Return a chapter's figures, a list per figure, in the order of the villages."""
    rows = chapter.villages.reindex(ids)
    codes = (*profile.grades.codes, GREY)
    status = t.name("assessment_status", chapter.status)
    return {
        "name": chapter.period.name,
        "status": status,
        "grade": [codes.index(code) if code in codes else len(codes) - 1 for code in rows["grade"]],
        "sure": [int(value is True or value == 1) for value in rows["sure"].tolist()],
        "chance": [None if pd.isna(v) else t.percent(v, 0) for v in rows["grade_probability"]],
        **{
            name: _rounded(rows[name], digits)
            for name, digits in (("score", 1), ("score_low", 1), ("score_high", 1), ("points", 2))
        },
        "place": [
            None if pd.isna(low) else [int(low), int(high), int(of)]
            for low, high, of in zip(rows["rank_low"], rows["rank_high"], rows["of"], strict=True)
        ],
        "vetoed": [int(value is True or value == 1) for value in rows["vetoed"].tolist()],
        "pillars": [
            _rounded(rows[name], 1) if (name := f"pillar_{pillar.code}") in rows else [None] * len(rows)
            for pillar in profile.pillars
        ],
    }


def _rounded(values: pd.Series, digits: int) -> list[float | None]:
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float)
    return [None if value != value else round(float(value), digits) for value in numbers]  # noqa: PLR0124


def _portraits(
    shapes: gpd.GeoDataFrame, tables: Mapping[str, Any], story: Story, beside: Beside, t: Words
) -> list[dict[str, Any]]:
    """Return what is told of each village beside the figures of the chapters."""
    ids = shapes[VILLAGE_ID].astype(str).tolist()
    towns, stations = names_of(tables, "towns", TOWN_ID), names_of(tables, "stations", STATION_ID)
    about = zip(texts(shapes, TOWN_ID, towns), texts(shapes, STATION_ID, stations), strict=True)
    lines, near = _lines(story, t), _neighbours(shapes)
    classes = story.index.villages["class"].reindex(ids)
    return [
        {
            "about": [text for text in (_class(own, t), town, station) if text],
            "lines": lines.get(one, []),
            "measures": list(beside.measures.get(one, ())),
            "people": list(beside.people.get(one, ())),
            "badges": list(beside.badges.get(one, ())),
            "backlog": list(beside.backlog.get(one, ())),
            "patrols": beside.patrols.get(one, ""),
            "near": near[place],
        }
        for place, (one, (town, station), own) in enumerate(zip(ids, about, classes, strict=True))
    ]


def _class(label: object, t: Words) -> str:
    return class_name(label, t) if isinstance(label, str) else ""


def _lines(story: Story, t: Words) -> dict[str, list[list[str]]]:
    """Return the lines of each village's calculation that take or give something, the costliest first."""
    lines = story.index.points.lines
    told = lines[(lines["kind"] != RULE) | (lines["effect"] != 0) | lines["effect"].isna()]
    told = told[told["kind"] != "base"]
    found: dict[str, list[list[str]]] = {}
    for line in told.sort_values(["village_id", "effect"], kind="stable").to_dict("records"):
        effect = line["effect"]
        signed = t.number(None) if pd.isna(effect) else f"{effect:+.2f}".replace("-", "−")
        found.setdefault(str(line["village_id"]), []).append([line_text(line, story.profile, t), signed])
    return found


def _neighbours(shapes: gpd.GeoDataFrame) -> list[list[int]]:
    """Return, by place, the places of the villages that it touches."""
    found: list[list[int]] = [[] for _ in range(len(shapes))]
    if not len(shapes):
        return found
    left, right = touching(shapes)
    for a, b in zip(left.tolist(), right.tolist(), strict=True):
        if a != b and len(found[a]) < _NEIGHBOURS_AT_MOST:
            found[a].append(b)
    return found


def _count_layers(shapes: gpd.GeoDataFrame, beside: Beside, profile: IndexProfile, t: Words) -> list[Layer]:
    """Return a layer of circles for each count that is reported (disputes, hazards): the larger, the more."""
    reported = [
        item.code for item in profile.indicators if (item.source, item.measure) == ("indicators", "rate")
    ]
    layers: list[Layer] = []
    for code in reported:
        if code not in beside.counts or not len(shapes):
            continue
        counts = beside.counts[code].reindex(shapes[VILLAGE_ID].astype(str)).fillna(0).to_numpy()
        some = counts > 0
        if not some.any():
            continue
        dots = shapes[some].set_geometry(shapes[some].geometry.representative_point())
        most = float(counts.max())
        # The area tells the count.
        reach = (counts[some] / most) ** 0.5
        sizes = (_SMALLEST_PX + (_LARGEST_PX - _SMALLEST_PX) * reach).round(1).tolist()
        distinct = sorted(set(sizes))
        colour, name = _COUNT_COLOURS[len(layers) % len(_COUNT_COLOURS)], profile.name_of(code, t.lang)
        layers.append(
            Layer(
                key=f"count-{code}",
                title=name,
                frame=dots,
                styles=[
                    Style(fill=colour, opacity=0.55, line="#ffffff", weight=1, mark="circle", size=size)
                    for size in distinct
                ],
                style_of=[distinct.index(size) for size in sizes],
                name=texts(dots, NAME),
                fields={name: [t.number(count) for count in counts[some]]},
                shown=False,
            )
        )
    return layers


def _patrol_layer(shapes: gpd.GeoDataFrame, beside: Beside, t: Words) -> Layer | None:
    """Return the villages with whether patrols came of late; None where no patrols are planned."""
    if not beside.patrols or not len(shapes):
        return None
    ids = shapes[VILLAGE_ID].astype(str).tolist()
    dots = shapes.set_geometry(shapes.geometry.representative_point())
    return Layer(
        key="patrols",
        title=t("safety_map.patrol_layer"),
        frame=dots,
        styles=[
            Style(fill=fill, opacity=0.95, line=line, mark="diamond", size=4, title=t(f"safety_map.{key}"))
            for fill, line, key in (
                ("#1b7837", "#ffffff", "patrolled"),
                ("#ffffff", "#b2182b", "not_patrolled"),
            )
        ],
        style_of=[0 if one in beside.patrolled else 1 for one in ids],
        name=texts(dots, NAME),
        fields={t("safety_map.patrols"): [beside.patrols.get(one, t("safety_map.never")) for one in ids]},
        shown=False,
    )
