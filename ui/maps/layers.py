"""Frames as compact layers for the browser: whole numbers for coordinates, texts in columns."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from folium.elements import MacroElement
from folium.template import Template

from geo.crs import to_lonlat
from ui.maps.offline import Inline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

ASSETS = Path(__file__).parent / "assets"
# A millionth of a degree is a tenth of a metre; base layers make do with ten times that.
FINE, COARSE = 1_000_000, 100_000


@dataclass(frozen=True, kw_only=True)
class Style:
    """
    How some features of a layer are drawn.

    Parameters
    ----------
    fill, line
        Colours ``#rrggbb``; None for none.
    opacity
        Of the fill, 0..1.
    weight, dash
        Width of the line in pixels, and its dash array.
    pattern
        Hatching beside the colour: hatch, back, cross, lines, dots.
    mark, size
        Shape of points (circle, square, diamond, triangle, star) and radius in pixels.
    title
        Legend text where a layer has several styles.
    """

    fill: str | None = None
    line: str | None = None
    opacity: float = 0.5
    weight: float = 1
    dash: str | None = None
    pattern: str | None = None
    mark: str | None = None
    size: float = 4
    title: str | None = None


@dataclass(frozen=True, kw_only=True)
class Layer:
    """
    One layer of a map, ready for the browser.

    Parameters
    ----------
    key, title
        Stable name, and the name in the legend.
    frame
        Rows with geometry, any CRS that is known.
    styles, style_of
        The layer's styles and, per row, the index of its own; one style needs no index.
    name, code
        Columns that name a row, for search, hover and details.
    fields
        What the details show: label → texts per row.
    shown
        Whether the layer is on at first.
    group
        Layers of one group exclude each other.
    zoom
        Least zoom at which the layer is drawn.
    label
        (least zoom, CSS class) for names on the map; None for none.
    interactive, searchable, switch
        Whether it answers to the pointer, is found by the search, has a switch in the legend.
    above
        Whether a layer that does not answer is drawn in its turn, instead of under those that do.
    shares
        Key of an earlier layer with the same rows, whose coordinates this one uses.
    scale
        Coordinate units per degree.
    """

    key: str
    title: str
    frame: gpd.GeoDataFrame
    styles: Sequence[Style]
    style_of: Sequence[int] | None = None
    name: Sequence[str] | None = None
    code: Sequence[str] | None = None
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    shown: bool = True
    group: str | None = None
    zoom: int = 0
    label: tuple[int, str] | None = None
    interactive: bool = True
    searchable: bool = False
    switch: bool = True
    above: bool = False
    shares: str | None = None
    scale: int = FINE

    def data(self) -> dict[str, Any]:
        """Return what the browser gets, without what it does not need."""
        shape, coordinates = encode(self.frame, scale=self.scale) if self.shares is None else (None, None)
        content = {
            "key": self.key,
            "title": self.title,
            "shape": shape,
            "xy": coordinates,
            "scale": self.scale,
            "styles": [{k: v for k, v in asdict(s).items() if v is not None} for s in self.styles],
            "styleOf": None if self.style_of is None else [int(i) for i in self.style_of],
            "name": _texts(self.name),
            "code": _texts(self.code),
            "fields": [[label, *_dictionary(_texts(values))] for label, values in self.fields.items()],
            "off": not self.shown,
            "group": self.group,
            "zoom": self.zoom,
            "label": None if self.label is None else {"zoom": self.label[0], "css": self.label[1]},
            "at": self._label_points() if self.label and shape != "point" else None,
            "quiet": not self.interactive,
            "search": self.searchable,
            "hidden": not self.switch,
            "above": self.above,
            "shares": self.shares,
        }
        return {key: value for key, value in content.items() if value not in (None, False, [], 0)}

    def _label_points(self) -> list[list[int]]:
        points = to_lonlat(self.frame.geometry.representative_point())
        numbers = np.rint(shapely.get_coordinates(points) * self.scale).astype(int)
        return numbers.tolist()  # type: ignore[no-any-return]


class Call(MacroElement):
    """
    Call one of our browser functions on the map this is added to.

    Parameters
    ----------
    function
        Its name in `assets/*.js`.
    data
        What it is given besides the map; texts are safe inside a script.
    files
        The asset files it needs, in order.
    """

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "GridBeat.{{ this.function }}({{ this._parent.get_name() }}, {{ this.data }});"
        "{% endmacro %}"
    )

    def __init__(self, function: str, data: object, *, files: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._name = function
        self.function, self.data, self.files = function, script_json(data), files

    def render(self, **kwargs: Any) -> None:
        """Render, and put the asset files into the page once."""
        header = self.get_root().header
        for file in ("map.css", "map.js", *self.files):
            header.add_child(Inline("style" if file.endswith(".css") else "script", asset(file)), name=file)
        super().render(**kwargs)


def add_layer(m: Any, layer: Layer) -> None:
    """Add a layer on top of what the map has; one without any geometry is left out."""
    frame = layer.frame
    present = ~(frame.geometry.isna() | frame.geometry.is_empty).to_numpy()
    if present.any():
        Call("layer", (layer if present.all() else _only(layer, present)).data()).add_to(m)


def encode(frame: gpd.GeoDataFrame, *, scale: int = FINE) -> tuple[str, list[Any]]:
    """
    Return the kind of shape and, per row, its coordinates as whole numbers.

    Each line or ring starts with longitude and latitude times `scale`; the rest are differences.

    Parameters
    ----------
    frame
        Rows with geometry of one dimension.
    scale
        Units per degree.
    """
    geometry = shapely.force_2d(to_lonlat(frame.geometry).to_numpy())
    dimension = int(shapely.get_dimensions(geometry).max(initial=0))
    if dimension == 0:
        points = np.rint(shapely.get_coordinates(shapely.centroid(geometry)) * scale).astype(int)
        return "point", points.tolist()
    return ("line", _paths(geometry, scale)) if dimension == 1 else ("polygon", _paths(geometry, scale))


def _paths(geometry: np.ndarray, scale: int) -> list[list[list[int]]]:
    """Return per row its lines, or its rings part by part (a part's holes follow it)."""
    parts, row = shapely.get_parts(geometry, return_index=True)
    polygonal = shapely.get_dimensions(parts) == 2
    rings, part = shapely.get_rings(parts[polygonal], return_index=True) if polygonal.any() else ([], [])
    if not polygonal.any():
        rings, part, nested = parts, np.arange(len(parts)), False
    else:
        row, nested = row[polygonal], True
    flat = _differences(rings, scale, closed=nested)
    rows: list[Any] = [[] for _ in range(len(geometry))]
    last = -1
    for path, index in zip(flat, part, strict=True):
        target = rows[row[index]]
        if not nested:
            target.append(path)
        elif index != last:
            target.append([path])
        else:
            target[-1].append(path)
        last = index
    return rows


def _differences(paths: Any, scale: int, *, closed: bool) -> list[list[int]]:
    coordinates, owner = shapely.get_coordinates(paths, return_index=True)
    numbers = np.rint(coordinates * scale).astype(np.int64)
    steps = np.diff(numbers, axis=0, prepend=0)
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    steps[starts] = numbers[starts]
    moved = steps.any(axis=1)
    moved[starts] = True
    if closed:
        # The browser closes rings by itself.
        moved[np.append(starts[1:], len(steps)) - 1] = False
    counts = np.add.reduceat(moved, starts) if len(starts) else []
    flat = steps[moved].ravel().tolist()
    ends = np.cumsum(counts) * 2
    return [flat[end - 2 * n : end] for end, n in zip(ends, counts, strict=True)]


def script_json(data: object) -> str:
    """Return `data` as compact JSON that cannot end the script it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


@cache
def asset(name: str) -> str:
    """Return one of our own scripts or style sheets."""
    return (ASSETS / name).read_text(encoding="utf-8")


def _texts(values: Sequence[str] | None) -> list[str] | None:
    return None if values is None else ["" if v is None or v != v else str(v) for v in values]  # noqa: PLR0124


def _dictionary(texts: list[str] | None) -> list[Any]:
    """Return [texts], or [distinct texts, index per row] where that is shorter."""
    texts = texts or []
    distinct = list(dict.fromkeys(texts))
    if len(distinct) * 3 > len(texts):
        return [texts]
    place = {text: i for i, text in enumerate(distinct)}
    return [distinct, [place[text] for text in texts]]


def _only(layer: Layer, keep: np.ndarray) -> Layer:
    from dataclasses import replace

    def pick(values: Sequence[Any] | None) -> list[Any] | None:
        return None if values is None else [v for v, kept in zip(values, keep, strict=True) if kept]

    return replace(
        layer,
        frame=layer.frame[keep],
        style_of=pick(layer.style_of),
        name=pick(layer.name),
        code=pick(layer.code),
        fields={label: pick(values) or [] for label, values in layer.fields.items()},
    )
