"""Roads cut at the border of an area, so that what lies inside is neither more nor less than the area's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo.legs import stretch

if TYPE_CHECKING:
    import numpy.typing as npt

    from geo.road_layout import RoadLayout

    Flags = npt.NDArray[np.bool_]
    Ints = npt.NDArray[np.int64]
    Spans = list[tuple[float, float]]


def cut_at_border(
    layout: RoadLayout, area: shapely.Geometry, *, least_m: float = 30.0
) -> tuple[RoadLayout, Flags]:
    """
    Return a layout whose edges end where they leave or enter an area, and which of them lie inside.

    Parameters
    ----------
    area
        Polygons in the layout's CRS.
    least_m
        Shorter pieces are not cut off: a road that touches the area for less lies outside, one that leaves
        it for less inside.
    """
    shapes = layout.shapes
    touched = np.zeros(len(shapes), dtype=bool)
    touched[shapely.STRtree(shapes).query(area, predicate="intersects")] = True
    shapely.prepare(area)
    inside = np.zeros(len(shapes), dtype=bool)
    inside[touched] = shapely.covers(area, shapes[touched])
    cuts: dict[int, Spans] = {}
    for edge in np.flatnonzero(touched & ~inside).tolist():
        length_m = float(shapely.length(shapes[edge]))
        spans = _spans_inside(shapes[edge], area, least_m)
        if spans == [(0.0, length_m)]:
            inside[edge] = True
        elif spans:
            cuts[edge] = spans
    return _with_cuts(layout, inside, cuts)


def _spans_inside(line: shapely.LineString, area: shapely.Geometry, least_m: float) -> Spans:
    """Return from where to where a line runs inside an area, in metres along it."""
    parts = shapely.get_parts(shapely.line_merge(shapely.intersection(line, area)))
    lengths = shapely.length(parts)
    parts, lengths = parts[lengths > 0], lengths[lengths > 0]
    # The middle of a piece is on the line once, its ends may be where a loop begins and ends.
    middles = shapely.line_locate_point(line, shapely.line_interpolate_point(parts, 0.5, normalized=True))
    whole = float(shapely.length(line))
    spans: Spans = []
    for middle, length in sorted(zip(middles.tolist(), lengths.tolist(), strict=True)):
        low, high = max(middle - length / 2, 0.0), min(middle + length / 2, whole)
        low, high = 0.0 if low < least_m else low, whole if whole - high < least_m else high
        if spans and low - spans[-1][1] < least_m:
            spans[-1] = (spans[-1][0], max(high, spans[-1][1]))
        else:
            spans.append((low, high))
    return [(low, high) for low, high in spans if high - low >= min(least_m, whole)]


def _with_cuts(layout: RoadLayout, inside: Flags, cuts: dict[int, Spans]) -> tuple[RoadLayout, Flags]:
    """Return the layout with pieces in the place of the edges that are cut; they come last."""
    if not cuts:
        return layout, inside
    whole = np.setdiff1d(np.arange(len(layout.start)), [*cuts])
    pieces: list[tuple[int, int, int, float, Any, bool]] = []
    xy = [layout.xy]
    nodes = len(layout.xy)
    for edge, spans in cuts.items():
        at_m = sorted(
            {0.0, *(end for span in spans for end in span), float(shapely.length(layout.shapes[edge]))}
        )
        points = [stretch(layout.shapes[edge], low, high) for low, high in zip(at_m, at_m[1:], strict=False)]
        new = [*range(nodes, nodes + len(points) - 1)]
        nodes += len(new)
        xy += [run[-1:] for run in points[:-1]]
        ends = [int(layout.start[edge]), *new, int(layout.end[edge])]
        # A road's stated length may differ from that of its drawing.
        scale = layout.length_m[edge] / at_m[-1]
        for k, run in enumerate(points):
            length_m = (at_m[k + 1] - at_m[k]) * scale
            pieces.append(
                (
                    edge,
                    ends[k],
                    ends[k + 1],
                    length_m,
                    shapely.linestrings(run),
                    (at_m[k], at_m[k + 1]) in spans,
                )
            )
    owner = np.array([piece[0] for piece in pieces], dtype=np.int64)
    of_edge = np.concatenate([whole, owner])
    shapes = np.empty(len(pieces), dtype=object)
    shapes[:] = [piece[4] for piece in pieces]
    made = replace(
        layout,
        xy=np.vstack(xy),
        start=np.concatenate([layout.start[whole], [piece[1] for piece in pieces]]),
        end=np.concatenate([layout.end[whole], [piece[2] for piece in pieces]]),
        length_m=np.concatenate([layout.length_m[whole], [piece[3] for piece in pieces]]),
        road_class=layout.road_class[of_edge],
        road_id=layout.road_id[of_edge],
        bridge=layout.bridge[of_edge],
        oneway=layout.oneway[of_edge],
        shapes=np.concatenate([layout.shapes[whole], shapes]),
    )
    return made, np.concatenate([inside[whole], [piece[5] for piece in pieces]])
