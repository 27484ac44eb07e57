"""Drawings: the closed outlines of a DXF, layer by layer, with the text that stands inside each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geo.errors import Reason

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TEXTS = ("AcDbText", "AcDbMText")
_BLOCKS = "AcDbBlockReference"
_POLYGONS = (int(shapely.GeometryType.POLYGON), int(shapely.GeometryType.MULTIPOLYGON))
_LINE = int(shapely.GeometryType.LINESTRING)
COLUMNS = ("layer", "text")


def outlines(entities: pd.DataFrame, shapes: NDArray[np.object_]) -> dict[str, tuple[pd.DataFrame, int]]:
    """
    Return each drawing layer's polygons, and how many of its lines are open.

    Parameters
    ----------
    entities
        Of every entity in the drawing its ``Layer``, ``Text`` and ``SubClasses``.
    shapes
        Their shapes, in the same order; None where there is none.

    Returns
    -------
    dict
        Drawing layer → frame with `COLUMNS` and ``geometry``, indexed by ``row`` (the entity's number in
        the drawing, from 1), and the number of lines that enclose nothing. Blocks are left out, and so
        are layers without any outline.
    """
    classes = entities["SubClasses"].fillna("").astype(str)
    is_block = classes.str.contains(_BLOCKS).to_numpy()
    types = shapely.get_type_id(shapes)
    is_area = np.isin(types, _POLYGONS) & ~is_block
    is_line = (types == _LINE) & ~is_block
    closed = is_line & shapely.is_closed(shapes) & (shapely.get_num_coordinates(shapes) >= 4)
    polygons = shapes.copy()
    polygons[closed] = [shapely.Polygon(shapely.get_coordinates(line)) for line in shapes[closed]]
    is_text = classes.str.contains("|".join(_TEXTS)).to_numpy() & (types == 0)
    texts = entities["Text"].to_numpy(dtype=object)
    found = pd.DataFrame(
        {
            "layer": entities["Layer"].fillna("").astype(str).to_numpy(dtype=object),
            "text": _texts_inside(polygons, shapes[is_text], texts[is_text]),
            "geometry": polygons,
        },
        index=pd.RangeIndex(1, len(shapes) + 1, name="row"),
    )
    chosen = found[is_area | closed]
    still_open = found[is_line & ~closed].groupby("layer").size()
    return {
        str(name): (frame, int(still_open.get(name, 0)))
        for name, frame in chosen.groupby("layer", sort=False)
    }


def open_lines_note(layer: str, count: int) -> tuple[Reason, ...]:
    """Return the note on lines that were left out, none where there are none."""
    return (Reason("lines_open", {"layer": layer, "count": count}),) if count else ()


def _texts_inside(
    polygons: NDArray[np.object_], points: NDArray[np.object_], texts: NDArray[np.object_]
) -> NDArray[np.object_]:
    """Return the text inside each polygon, None where there is none or more than one."""
    inside: NDArray[np.object_] = np.full(len(polygons), None, dtype=object)
    # Broken rings can't be asked what they hold; the repair comes later.
    whole = polygons.copy()
    whole[~shapely.is_valid(polygons)] = None
    text_at, polygon_at = shapely.STRtree(whole).query(points, predicate="within")
    alone = np.bincount(polygon_at, minlength=len(polygons)) == 1
    for text, polygon in zip(text_at, polygon_at, strict=True):
        if alone[polygon]:
            inside[polygon] = texts[text]
    return inside
