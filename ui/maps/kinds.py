"""Colour and mark of kinds: a kind looks the same on every map, however many of it there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planning.findings import SEVERITY
from ui.figures import POST_KINDS
from ui.maps.layers import Style

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

# Marks for points by kind: the shape tells kinds apart where colours do not.
_MARKS = ("circle", "square", "triangle", "diamond", "star")
_PROBLEM_MARKS = ("triangle", "diamond", "square", "star", "circle")
POST_COLOURS = ("#0b3d7a", "#b2182b", "#1b7837", "#7b3294", "#8c510a", "#35475a")
FACILITY_COLOURS = ("#e7298a", "#1b9e77", "#7570b3", "#d95f02", "#66a61e", "#a6761d")
PROBLEM_COLOURS = ("#c4261d", "#b35806", "#7b3294", "#1f78b4", "#1b7837", "#8c510a")
# The kinds we know by name; others follow in the order of their names.
FACILITY_KINDS = (
    "enterprise",
    "kindergarten",
    "primary_school",
    "middle_school",
    "college",
    "hospital",
    "clinic",
    "market",
    "mall",
    "bank",
    "petrol_station",
    "bus_station",
    "police_school",
    "mediation_room",
    "governance_centre",
)
PROBLEM_KINDS = tuple(SEVERITY)


def kind_styles(
    kinds: Iterable[str],
    order: Sequence[str],
    *,
    colours: Sequence[str],
    name: Callable[[str], str],
    size: float,
    marks: Sequence[str] = _MARKS,
    weight: float = 1,
) -> dict[str, Style]:
    """
    Return kind → style, in the fixed order, for the kinds that there are.

    Parameters
    ----------
    kinds
        The kind of each feature.
    order
        Kinds that are known; each has its place whether or not it occurs.
    colours, marks
        Taken in turn; their numbers share no divisor but one, or a pair would soon come back.
    name
        Names a kind in the legend.
    size, weight
        Radius and border in pixels; the first kind of the order, the plainest, is drawn smaller.
    """
    present = set(kinds)
    places = [*order, *sorted(present - set(order))]
    return {
        kind: Style(
            fill=colours[i % len(colours)],
            opacity=0.95,
            line="#ffffff",
            weight=weight,
            mark=marks[i % len(marks)],
            size=size + (1.2 if i else 0),
            title=name(kind),
        )
        for i, kind in enumerate(places)
        if kind in present
    }


def post_styles(kinds: Iterable[str], name: Callable[[str], str]) -> dict[str, Style]:
    """Return kind → style for posts."""
    return kind_styles(kinds, POST_KINDS, colours=POST_COLOURS, name=name, size=3.6)


def facility_styles(kinds: Iterable[str], name: Callable[[str], str]) -> dict[str, Style]:
    """Return kind → style for facilities."""
    return kind_styles(kinds, FACILITY_KINDS, colours=FACILITY_COLOURS, name=name, size=3.4)


def problem_styles(kinds: Iterable[str], name: Callable[[str], str]) -> dict[str, Style]:
    """Return kind → style for findings, the gravest first."""
    return kind_styles(
        kinds,
        PROBLEM_KINDS,
        colours=PROBLEM_COLOURS,
        name=name,
        size=3.8,
        marks=_PROBLEM_MARKS,
        weight=1.2,
    )
