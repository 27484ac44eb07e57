"""
The external edition: what leaves the building tells no count, nor anything that one can be worked out from.

Whoever keeps the external files of many months can subtract them from each other and solve them for what is
not told. Rounding does not help: a pillar of one indicator falls by the same step for each case, and two
windows of twelve months that lie a month apart differ by two months' counts. Nor does leaving out the small
ones: what a table of calls hides beside a total would be told here. So of all that is worked out from counts
only grades and bands leave, in which many counts come to the same; counts are told by the table of changes
alone, which knows what it hides.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.errors import SettingError
from planning.index.points import BASE_LINE, RULE
from planning.index.treating import Treatment

if TYPE_CHECKING:
    from planning.index.index import SafetyIndex
    from planning.index.panel import Panel
    from planning.index.points import Points
    from planning.index.scoring import Scored

_OF_VILLAGES = ["points", "score", "score_low", "score_high", "grade_probability"]
_OF_LINES = ["count", "compared", "quantity", "effect"]
_OF_INDICATORS = ["count", "window_count", "raw", "value", "low", "high", "normalised"]
# How many rows of the bureau's own tables were wrong is nobody else's business, and may be few.
_HOUSEKEEPING = (
    "calls_repeated",
    "calls_basis_missing",
    "calls_of_unknown_villages",
    "reports_of_unknown_villages",
    "reports_without_exposure",
)


def suppressed(index: SafetyIndex) -> SafetyIndex:
    """
    Return an index from which no count can be read or worked out.

    Grades, whether they are sure, vetoes and bands stay; places are those of the band. Of the calculation the
    rules stay, and values that are no counts (levels). Neither the panel's counts nor the stages of the score
    come along.
    """
    levels = [item.code for item in index.profile.indicators if item.measure == "level"]
    return replace(
        index,
        villages=_villages(index.villages),
        indicators=_without(index.indicators, ~index.indicators["indicator"].isin(levels), _OF_INDICATORS),
        points=_points(index.points),
        scored=_emptied(index.scored),
        yardsticks=_yardsticks(index.yardsticks),
        panel=_without_counts(index.panel),
        edition="external",
        notes=tuple(note for note in index.notes if note.code not in _HOUSEKEEPING),
    )


def require_internal(index: SafetyIndex, name: str) -> None:
    """
    Raise unless an index may tell what stays in the house.

    Parameters
    ----------
    name
        Of what is asked for.

    Raises
    ------
    SettingError
        ``edition_internal_only``.
    """
    if index.edition == "external":
        raise SettingError("edition_internal_only", name=name)


def _villages(villages: pd.DataFrame) -> pd.DataFrame:
    telling = ("pillar_", "points_", "probability_")
    stay = ("points_grade", "points_coverage")
    scores = [name for name in map(str, villages) if name.startswith(telling) and name not in stay]
    found = villages.assign(**dict.fromkeys((*_OF_VILLAGES, *scores), np.nan), rank=None)
    # The places of a band follow from how many villages the bands have.
    judged = found[found["band"].notna()]
    sizes = judged.groupby(["class", "band"]).size()
    last = sizes.groupby(level="class").cumsum()
    keys = pd.MultiIndex.from_frame(judged[["class", "band"]])
    low, high = (
        pd.Series(places.reindex(keys).to_numpy(), index=judged.index).reindex(found.index)
        for places in (last - sizes + 1, last)
    )
    places = dict.fromkeys(("rank", "rank_low", "rank_high"), "Int64")
    return found.assign(rank_low=low, rank_high=high).astype(places)


def _points(points: Points) -> Points:
    lines = points.lines
    # Caps stand where the sum of what they cap is large: that they do would tell.
    lines = lines[lines["kind"].isin([BASE_LINE, RULE])]
    lines = lines.assign(line=lines.groupby("village_id").cumcount() + 1)
    counted = (lines["kind"] == RULE) & (lines["what"] != "level")
    told = _without(lines, counted, _OF_LINES).reset_index(drop=True)
    after = told["suppressed"].groupby(told["village_id"]).cummax()
    return replace(
        points,
        total=points.total * np.nan,
        pillars=points.pillars * np.nan,
        lines=told.assign(running=told["running"].mask(after)),
    )


def _without(rows: pd.DataFrame, counted: pd.Series, figures: list[str]) -> pd.DataFrame:
    """Return rows without their figures where these are counts, and whether any were taken away."""
    hidden = counted & rows["count"].notna()
    return rows.assign(**{name: rows[name].mask(counted) for name in figures}, suppressed=hidden)


def _yardsticks(yardsticks: pd.DataFrame) -> pd.DataFrame:
    found = yardsticks.copy()
    found.loc[found["origin"] != "profile", ["worst", "best"]] = np.nan
    return found


def _emptied(scored: Scored) -> Scored:
    """Return the tree and where its yardsticks come from, without any village."""
    frames = ("raw", "values", "low", "high", "imputed", "coverage", "kept", "normalised", "scores")
    posts = {
        name: found
        if found.origin == "profile"
        else replace(found, treatment=Treatment(), worst=np.nan, best=np.nan)
        for name, found in scored.yardsticks.items()
    }
    nothing = {name: getattr(scored, name).iloc[:0] for name in frames}
    return replace(scored, observed={}, yardsticks=posts, **nothing)


def _without_counts(panel: Panel) -> Panel:
    spans = {
        name: replace(span, counts=span.counts.iloc[:0], exposure=span.exposure.iloc[:0])
        for name, span in panel.spans.items()
    }
    return replace(panel, spans=spans, carried=panel.carried.iloc[:0], notes=())
