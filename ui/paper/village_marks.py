"""Signs of posts and facilities on a village's map: each kind its own letter, told apart without colour."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ui.figures import POST_KINDS
from ui.maps.kinds import FACILITY_KINDS
from ui.paper.drawing import plain, stroke
from ui.paper.map_labels import text_width

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import geopandas as gpd

    from ui.paper.drawing import Sheet
    from ui.paper.map_labels import Box, LabelRoom
    from ui.words import Words

POST_INK, GREY_INK = "#123a6b", "#222222"
# Half a sign's side, in tenths of a millimetre; how far from its place it may stand, in sides, and the
# directions that are tried.
HALF = 17.0
_RINGS, _WAYS_AROUND = (1.15, 1.7, 2.4), 12
_OTHER_INK = "#8a4b08"
_INKS = {
    **dict.fromkeys(("kindergarten", "primary_school", "middle_school", "college"), "#1b6e3a"),
    **dict.fromkeys(("hospital", "clinic"), "#b3124f"),
    **dict.fromkeys(("petrol_station", "bus_station"), "#5b3794"),
    **dict.fromkeys(("governance_centre", "mediation_room", "police_school"), "#1f5f8b"),
}


@dataclass(frozen=True, kw_only=True)
class Mark:
    """
    A sign on a map.

    Parameters
    ----------
    table, kind
        Of what: posts or facilities, and which of them.
    name
        Of the place.
    at
        Where the place is, on paper.
    box
        Where the sign stands; None where it found no room and is a dot.
    """

    table: str
    kind: str
    name: str
    at: tuple[float, float]
    box: Box | None


def placed_marks(
    places: gpd.GeoDataFrame, table: str, sheet: Sheet, room: LabelRoom, *, half: float
) -> list[Mark]:
    """Return the signs of places in the order of their kinds, each where it found room."""
    marks = []
    order = {kind: number for number, kind in enumerate(known_kinds(table))}
    rows = places.assign(_turn=places["kind"].map(order).fillna(len(order)))
    rows = rows.sort_values(["_turn", "kind", "name"], kind="stable")
    spots = sheet.placed(rows.geometry.get_coordinates().to_numpy()) if len(rows) else []
    for kind, name, (x, y) in zip(rows["kind"], rows["name"], spots, strict=True):
        at = (float(x), float(y))
        box = room.take(_around(*at, half))
        marks.append(Mark(table=table, kind=kind, name=name, at=at, box=box))
    return marks


def known_kinds(table: str) -> Sequence[str]:
    """Return the kinds of posts or facilities that we know by name, in order."""
    return POST_KINDS if table == "posts" else FACILITY_KINDS


def drawn_mark(mark: Mark, *, half: float, grey: bool, t: Words) -> str:
    """Return a sign, with a line to its place where it stands aside."""
    x, y = mark.at
    ink = _ink(mark, grey)
    if mark.box is None:
        return f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{half / 3:.0f}" fill="{ink}" {_PALE}/>'
    to = (mark.box[0] + mark.box[2]) / 2, (mark.box[1] + mark.box[3]) / 2
    lead = ""
    if math.dist(mark.at, to) > 1:
        way = f"M{x:.0f} {y:.0f}L{to[0]:.0f} {to[1]:.0f}"
        lead = f'<path d="{way}" {stroke("#ffffff", 6)}/><path d="{way}" {stroke(ink, 2.5)}/>'
        lead += f'<circle cx="{x:.0f}" cy="{y:.0f}" r="5" fill="{ink}"/>'
    return lead + sign(mark.table, mark.kind, *to, half=half, grey=grey, t=t)


def sign(table: str, kind: str, x: float, y: float, *, half: float, grey: bool, t: Words) -> str:
    """Return the sign of a kind around a point: a dark square for posts, a ring for facilities."""
    letter = sign_letter(kind, t)
    size = half * (1.25 if text_width(letter) <= 1 else 0.92)
    ink = _ink(Mark(table=table, kind=kind, name="", at=(x, y), box=None), grey)
    if table == "posts":
        side = f'x="{x - half:.0f}" y="{y - half:.0f}" width="{2 * half:.0f}" height="{2 * half:.0f}"'
        shape, colour = f'<rect {side} rx="{half / 4:.0f}" fill="{ink}" {_PALE}/>', "#ffffff"
    else:
        ring = f'r="{half * 0.9:.1f}" fill="#ffffff" stroke="{ink}" stroke-width="3.5"'
        shape, colour = f'<circle cx="{x:.0f}" cy="{y:.0f}" {ring}/>', ink
    return shape + plain(letter, x, y + 0.37 * size, size, anchor="middle", colour=colour)


def sign_letter(kind: str, t: Words) -> str:
    """Return the letter that stands for a kind: its own, else the first of its name."""
    return t(f"sheet_sign.{kind}") if t.has(f"sheet_sign.{kind}") else kind[:1].upper() or "·"


def _ink(mark: Mark, grey: bool) -> str:
    if grey:
        return GREY_INK
    return POST_INK if mark.table == "posts" else _INKS.get(mark.kind, _OTHER_INK)


def _around(x: float, y: float, half: float) -> Iterator[Box]:
    for distance in (0.0, *_RINGS):
        for turn in range(_WAYS_AROUND if distance else 1):
            angle = 2 * math.pi * turn / _WAYS_AROUND - math.pi / 2
            at, up = x + distance * 2 * half * math.cos(angle), y + distance * 2 * half * math.sin(angle)
            yield at - half, up - half, at + half, up + half


_PALE = 'stroke="#ffffff" stroke-width="3"'
