"""Routes for phones and handsets: GPX, one file a team, and KML, in WGS84."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import shapely

from geo.crs import to_lonlat
from ui.paper.drawing import writable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from planning.patrol.plan import Route
    from ui.paper.patrol_day import PatrolDay

_CREATOR = "GridBeat"
# Centimetres.
_DIGITS = 7
_KML = "http://www.opengis.net/kml/2.2"
# KML has alpha, blue, green, red.
_LINE, _LINE_WIDTH = "ff8b3a0b", "4"


@dataclass(frozen=True, kw_only=True)
class TrackPoint:
    """
    A place that a route calls at: its post, a stop, its post again.

    Parameters
    ----------
    lon, lat
        WGS84.
    name
        With its number in the round.
    about
        Times and what to do, in one line each.
    kind
        Of the stop; ``post`` for the post.
    """

    lon: float
    lat: float
    name: str
    about: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class Track:
    """
    A team's route in WGS84.

    Parameters
    ----------
    name, about
        Of the team, and what there is to say of its round.
    calls
        Where it calls, in order, the post at both ends.
    ways
        Longitude and latitude along the road, one array a leg.
    """

    name: str
    about: str
    calls: tuple[TrackPoint, ...]
    ways: tuple[NDArray[np.float64], ...]


def track(day: PatrolDay, route: Route) -> Track:
    """Return a route of a day as it goes onto a phone."""
    t, legs = day.t, to_lonlat(day.legs_of(route))
    stops = day.problem.stops
    points = shapely.get_coordinates(to_lonlat(day.places.loc[day.calls(route)]).to_numpy())
    said = [(day.post(route.team_id), t("patrol_paper.leaves", time=t.clock(route.start_ms)), "post")]
    for number, visit in enumerate(route.visits, start=1):
        kind = str(stops.at[visit.stop_id, "kind"])
        lines = (day.span(visit.begin_ms, visit.leave_ms), t.name("patrol_task", kind))
        said.append((f"{number} {day.stop(visit.stop_id)}", "\n".join(lines), kind))
    said.append((day.end(route.team_id), t("patrol_paper.returns", time=t.clock(route.end_ms)), "post"))
    calls = [
        TrackPoint(lon=float(lon), lat=float(lat), name=writable(name), about=writable(about), kind=kind)
        for (lon, lat), (name, about, kind) in zip(points, said, strict=True)
    ]
    ways = (shapely.get_coordinates(way) for way in legs.geometry)
    return Track(
        name=writable(day.team(route.team_id)),
        about=writable(f"{day.district} {day.day()} {day.span(route.start_ms, route.end_ms)}"),
        calls=tuple(calls),
        ways=tuple(way for way in ways if len(way) > 1),
    )


def gpx(found: Track) -> bytes:
    """
    Return a track as GPX: its calls as waypoints and as a route, its way on the road as a track.

    The post is one waypoint, and both ends of the route. Each leg is a segment of the track.
    """
    from gpxpy import gpx as xml

    document = xml.GPX()
    document.creator, document.name, document.description = _CREATOR, found.name, found.about
    for call in found.calls[:-1]:
        document.waypoints.append(xml.GPXWaypoint(**_gpx_point(call), type=call.kind))
    document.routes.append(route := xml.GPXRoute(name=found.name, description=found.about))
    route.points = [xml.GPXRoutePoint(**_gpx_point(call)) for call in found.calls]
    document.tracks.append(road := xml.GPXTrack(name=found.name))
    for way in found.ways:
        points = [xml.GPXTrackPoint(round(lat, _DIGITS), round(lon, _DIGITS)) for lon, lat in way]
        road.segments.append(xml.GPXTrackSegment(points))
    return document.to_xml(version="1.1").encode()  # type: ignore[no-any-return]


def kml(tracks: Sequence[Track], *, name: str) -> bytes:
    """
    Return tracks as KML, a folder each: its calls as points and its way as one line.

    Parameters
    ----------
    name
        Of the document.
    """
    # ElementTree writes a tag's own namespace as the default one.
    root = ET.Element("kml", xmlns=_KML)
    document = ET.SubElement(root, "Document")
    _put(document, name=writable(name))
    style = ET.SubElement(document, "Style", id="way")
    _put(ET.SubElement(style, "LineStyle"), color=_LINE, width=_LINE_WIDTH)
    for found in tracks:
        folder = ET.SubElement(document, "Folder")
        _put(folder, name=found.name, description=_plain(found.about))
        for call in found.calls[:-1]:
            placemark = ET.SubElement(folder, "Placemark")
            _put(placemark, name=call.name, description=_plain(call.about))
            _put(ET.SubElement(placemark, "Point"), coordinates=_text([(call.lon, call.lat)]))
        if found.ways:
            placemark = ET.SubElement(folder, "Placemark")
            _put(placemark, name=found.name, description=_plain(found.about), styleUrl="#way")
            line = ET.SubElement(placemark, "LineString")
            _put(line, tessellate="1", coordinates=_text(_joined(found.ways)))
    ET.indent(root, space=" ")
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content


def _gpx_point(call: TrackPoint) -> dict[str, object]:
    return {
        "latitude": round(call.lat, _DIGITS),
        "longitude": round(call.lon, _DIGITS),
        "name": call.name,
        "description": call.about,
    }


def _joined(ways: Sequence[NDArray[np.float64]]) -> Iterator[tuple[float, float]]:
    """Yield the points of all legs as one way; where a leg goes on from the one before, once."""
    last: tuple[float, float] | None = None
    for way in ways:
        for lon, lat in way.tolist():
            if (lon, lat) != last:
                yield (last := (lon, lat))


def _text(points: Sequence[tuple[float, float]] | Iterator[tuple[float, float]]) -> str:
    return " ".join(f"{lon:.{_DIGITS}f},{lat:.{_DIGITS}f}" for lon, lat in points)


def _plain(text: str) -> str:
    """Return a text for what globes show as HTML."""
    return html.escape(text, quote=False)


def _put(element: ET.Element, **texts: str) -> None:
    for tag, text in texts.items():
        ET.SubElement(element, tag).text = text
