"""Roads from OpenStreetMap: files of every kind, and, with a network, places, boxes and outlines."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.crs import LONLAT
from geo.errors import FileError, GridBeatError, SettingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import networkx as nx
    from shapely.geometry.base import BaseGeometry

    Box = tuple[float, float, float, float]

# Class of road → values of OSM's tag highway. What is not listed is no road that is in use.
HIGHWAYS: Mapping[str, str] = {
    "motorway": "motorway motorway_link",
    "trunk": "trunk trunk_link",
    "primary": "primary primary_link",
    "secondary": "secondary secondary_link",
    "tertiary": "tertiary tertiary_link",
    "residential": "residential living_street unclassified road",
    "service": "service services alley driveway parking_aisle busway",
    "track": "track",
    "path": "path footway pedestrian steps cycleway bridleway corridor",
}
_FORMATS = {".osm": "xml", ".osm.gz": "xml.gz", ".osm.bz2": "xml.bz2", ".osm.pbf": "pbf", ".pbf": "pbf"}
OSM_SUFFIXES = tuple(_FORMATS)
_CLASS_OF = {value: name for name, values in HIGHWAYS.items() for value in values.split()}
# Where these differ, osmnx must not merge two ways into one edge.
_KEPT_APART = ("osmid", "highway", "name", "ref", "bridge", "tunnel", "oneway")
_TAGS = ("access", "area", "bridge", "highway", "junction", "name", "oneway", "ref", "tunnel")
# Parts of a way that the file cuts into several get ids of their own, far above OSM's.
_PART_ID = 10**13
_SECONDS = 60
# What osmium and osmnx raise at the sight of nonsense.
_UNREADABLE = (RuntimeError, ValueError, KeyError, TypeError, IndexError)


def is_osm(path: Path | str) -> bool:
    """Return whether a file is OpenStreetMap's by its name."""
    return Path(path).name.lower().endswith(OSM_SUFFIXES)


def read_osm(path: Path | str, *, bbox: Box | None = None, incomplete: bool = False) -> gpd.GeoDataFrame:
    """
    Return the roads of an OpenStreetMap file, split where they meet.

    osmium picks the highways out of files of any kind, osmnx makes the graph of them. Of a province's
    file a box should be taken: osmnx needs some 5 kB for each node.

    Parameters
    ----------
    path
        .osm, .osm.gz, .osm.bz2 or .osm.pbf.
    bbox
        West, south, east, north in degrees: only roads that have a point in it, and these whole.
    incomplete
        Take what is there of roads of which the file lacks points; by default they are a fault.

    Returns
    -------
    GeoDataFrame
        As `fetch_osm` gives it.

    Raises
    ------
    FileError
        ``file_missing``; ``file_kind_unknown``; ``osm_unreadable`` (file, why); ``osm_clipped`` (file,
        roads, count: how many of how many lack points); ``osm_without_roads`` (file).
    SettingError
        ``setting_wrong`` for a box that is none.
    """
    import osmium

    path = Path(path)
    if not path.is_file():
        raise FileError("file_missing", file=str(path))
    if not is_osm(path):
        raise FileError("file_kind_unknown", file=str(path), found=path.suffix, known=" ".join(OSM_SUFFIXES))
    box = None if bbox is None else _box(bbox)
    with tempfile.TemporaryDirectory(prefix="gridbeat-") as folder:
        highways = Path(folder) / "highways.osm"
        try:
            ways, clipped = _pick(path, highways, box)
        except (*_UNREADABLE, osmium.InvalidLocationError) as fault:
            raise FileError("osm_unreadable", file=str(path), why=str(fault)) from fault
        if clipped and not incomplete:
            raise FileError("osm_clipped", file=str(path), roads=ways, count=clipped)
        if not ways:
            raise FileError("osm_without_roads", file=str(path))
        try:
            with _osmnx() as ox:
                return _roads(ox, ox.graph_from_xml(highways, simplify=False, retain_all=True))
        except _UNREADABLE as fault:
            raise FileError("osm_unreadable", file=str(path), why=str(fault)) from fault


def fetch_osm(
    *, place: str | None = None, bbox: Box | None = None, polygon: BaseGeometry | None = None
) -> gpd.GeoDataFrame:
    """
    Return the roads of a place from OpenStreetMap's servers, split where they meet.

    Parameters
    ----------
    place
        A name that its geocoder knows as an area, such as ``柯桥区, 绍兴市``.
    bbox
        West, south, east, north in degrees.
    polygon
        An outline in longitude and latitude. One of the three is given.

    Returns
    -------
    GeoDataFrame
        road_id (of the way, numbered where it is split), name (else its number), class (one of
        `geo.speeds.ROAD_CLASSES`), oneway (1: in drawing direction only), bridge (1: bridge or tunnel),
        length_m (on the ellipsoid), geometry: LineStrings in longitude and latitude.

    Raises
    ------
    SettingError
        ``osm_place_unknown`` (place); ``setting_wrong`` for a box that is none.
    GridBeatError
        ``osm_no_network`` (why); ``osm_server_refused`` (why); ``osm_without_roads`` (file: the place).
    """
    import requests

    box = None if bbox is None else _box(bbox)
    area = polygon if box is None else shapely.box(*box)
    asked = place or (str(bbox) if bbox else "polygon")
    with _osmnx() as ox:
        options: dict[str, Any] = {
            "custom_filter": f'["highway"~"^({"|".join(_CLASS_OF)})$"]["area"!~"^yes$"]["access"!~"^no$"]',
            "simplify": False,
            "retain_all": True,
            "truncate_by_edge": True,
        }
        try:
            if area is None:
                area = _outline(ox, place or "")
            graph = ox.graph_from_polygon(area, **options)
        except ox._errors.InsufficientResponseError as fault:
            raise FileError("osm_without_roads", file=asked) from fault
        except ox._errors.ResponseStatusCodeError as fault:
            raise GridBeatError("osm_server_refused", why=str(fault)[:200]) from fault
        except requests.exceptions.RequestException as fault:
            raise GridBeatError("osm_no_network", why=type(fault).__name__) from fault
        return _roads(ox, graph)


def _outline(ox: Any, place: str) -> Any:
    try:
        return ox.geocode_to_gdf(place).geometry.union_all()
    except (ox._errors.InsufficientResponseError, TypeError) as fault:
        raise SettingError("osm_place_unknown", place=place) from fault


def _box(bbox: Box) -> Box:
    west, south, east, north = bbox
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise SettingError("setting_wrong", name="bbox", found=str(bbox), allowed="W,S,E,N (W < E, S < N, °)")
    return bbox


@contextmanager
def _osmnx() -> Iterator[Any]:
    """Yield osmnx with settings of our own, which leaves neither a cache nor logs in people's folders."""
    import osmnx

    ours: dict[str, Any] = {
        "use_cache": False,
        "log_file": False,
        "log_console": False,
        "requests_timeout": _SECONDS,
    }
    ours |= {"useful_tags_way": list(_TAGS), "all_oneway": False}
    theirs = {name: getattr(osmnx.settings, name) for name in ours}
    try:
        for name, value in ours.items():
            setattr(osmnx.settings, name, value)
        yield osmnx
    finally:
        for name, value in theirs.items():
            setattr(osmnx.settings, name, value)


def _pick(path: Path, target: Path, box: Box | None) -> tuple[int, int]:
    """Write the highways of a file, and the nodes they have; return how many, and how many lack nodes."""
    import osmium
    from osmium.osm.mutable import Node, Way

    # osmium's own sets of ids take half a gigabyte for a town whose nodes are old and new.
    nodes: dict[int, tuple[float, float]] = {}
    ways = clipped = 0
    format_ = next(name for suffix, name in _FORMATS.items() if path.name.lower().endswith(suffix))
    reader = osmium.FileProcessor(osmium.io.File(str(path), format_)).with_locations()
    reader.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
    with osmium.SimpleWriter(target, overwrite=True) as writer:
        found: Any = reader.with_filter(osmium.filter.KeyFilter("highway"))
        for way in found:
            if not _is_road(way.tags) or not (box is None or _reaches(way, box)):
                continue
            runs = _runs(way)
            ways += 1
            clipped += sum(map(len, runs)) < len(way.nodes)
            tags = {tag.k: tag.v for tag in way.tags if tag.k in _TAGS}
            for number, run in enumerate(run for run in runs if len(run) > 1):
                nodes.update(run)
                part_id = way.id + (number if way.id > 0 else -number) * _PART_ID
                writer.add(Way(id=part_id, nodes=[ref for ref, _ in run], tags=tags))
        for ref, place in nodes.items():
            writer.add(Node(id=ref, location=place))
    return ways, clipped


def _is_road(tags: Any) -> bool:
    return tags.get("highway") in _CLASS_OF and tags.get("area") != "yes" and tags.get("access") != "no"


def _reaches(way: Any, box: Box) -> bool:
    west, south, east, north = box
    return any(
        west <= node.lon <= east and south <= node.lat <= north for node in way.nodes if node.location.valid()
    )


def _runs(way: Any) -> list[list[tuple[int, tuple[float, float]]]]:
    """Return the nodes of a way that the file has, and where they are, in unbroken runs."""
    runs: list[list[tuple[int, tuple[float, float]]]] = [[]]
    for node in way.nodes:
        if node.location.valid():
            runs[-1].append((node.ref, (node.lon, node.lat)))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _roads(ox: Any, graph: nx.MultiDiGraph[Any]) -> gpd.GeoDataFrame:
    """Return the edges of an osmnx graph, two-way ones once, as rows of roads."""
    graph = ox.simplify_graph(graph, edge_attrs_differ=_KEPT_APART, remove_rings=False)
    edges = ox.graph_to_gdfs(graph, nodes=False).reset_index()
    edges = edges[~_mirrored(edges)]
    lines = edges.geometry.to_numpy()
    roads = gpd.GeoDataFrame(
        {
            # What an editor has not sent up yet has numbers below 0.
            "way": np.fmod(edges["osmid"].to_numpy(dtype=np.int64), _PART_ID),
            "name": _first_text(edges, "name", "ref"),
            "class": [_CLASS_OF[value] for value in edges["highway"]],
            "oneway": edges["oneway"].to_numpy(dtype=np.int64),
            "bridge": (_is_set(edges, "bridge") | _is_set(edges, "tunnel")).astype(np.int64),
            "length_m": edges["length"].to_numpy(dtype=float),
        },
        geometry=lines,
        crs=LONLAT,
    )
    order = np.lexsort((*shapely.bounds(lines).T[::-1], roads["way"]))
    roads = roads.iloc[order].reset_index(drop=True)
    number = roads.groupby("way").cumcount() + 1
    several = roads["way"].map(roads["way"].value_counts()) > 1
    ids = roads["way"].astype(str)
    roads.insert(0, "road_id", ids.where(~several, ids + "-" + number.astype(str)))
    return roads.drop(columns="way")


def _mirrored(edges: gpd.GeoDataFrame) -> pd.Series:
    """Return which edges are the second direction of a two-way road."""
    line = shapely.to_wkb(shapely.normalize(edges.geometry.to_numpy()))
    ways = pd.DataFrame({"way": edges["osmid"], "oneway": edges["oneway"], "line": line})
    return ways.duplicated() & ~ways["oneway"].astype(bool)


def _first_text(edges: gpd.GeoDataFrame, *columns: str) -> list[str]:
    texts = pd.Series("", index=edges.index, dtype=object)
    for name in reversed(columns):
        if name in edges:
            texts = edges[name].where(edges[name].notna(), texts)
    return [str(text) for text in texts]


def _is_set(edges: gpd.GeoDataFrame, column: str) -> Any:
    if column not in edges:
        return np.zeros(len(edges), dtype=bool)
    return (edges[column].notna() & (edges[column] != "no")).to_numpy()
