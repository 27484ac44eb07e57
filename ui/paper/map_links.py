"""
Links into map apps, and their QR codes: to the next stop (Amap, Baidu) and along a whole route (Amap).

Addresses are built here and nothing is sent: they go onto paper only where an administrator allows it
(`data.map_services`). What a phone opens, it sends to the map service: the destination's coordinates and
name, and where the phone is.

Sources
-------
Amap: https://lbs.amap.com/api/uri-api/guide/travel/route (3 March 2025): longitude first, GCJ-02, the
phone's own position where ``from`` is left out, one ``via`` at most and for cars only; and
https://lbs.amap.com/api/amap-mobile/guide/android/route (15 October 2025): ``amapuri://route/plan/`` with
``dev=0`` for coordinates that are shifted already.
Baidu: https://lbsyun.baidu.com/index.php?title=uri/api/web: latitude first, an origin is required, and
without ``coord_type`` any coordinates are taken for BD-09.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import numpy as np

from geo.gcj02 import from_wgs84

if TYPE_CHECKING:
    from collections.abc import Sequence

    # Longitude and latitude in WGS84, and a name.
    Spot = tuple[float, float, str]

# As https://lbs.amap.com asks callers to name themselves.
_CALLER = "gridbeat"
_AMAP_MODES = {"walk": "walk", "ebike": "ride", "car": "car"}
_BAIDU_MODES = {"walk": "walking", "ebike": "riding", "car": "driving"}
# What an app takes between a beginning and an end.
VIAS_AT_MOST = 16
# About a decimetre.
_DIGITS = 6
_BORDER = 2
# Trying all eight patterns takes four fifths of the time; of addresses like ours this one was the best in two
# of five, and 2 % behind the best (by the standard's penalties) on average.
_MASK = 6


def amap_link(to: Spot, *, travel_mode: str) -> str:
    """Return the address that leads from where the phone is to a spot, with Amap."""
    lon, lat, name = _shown(to)
    return "https://uri.amap.com/navigation?" + _query(
        to=f"{lon},{lat},{name}", mode=_AMAP_MODES[travel_mode], src=_CALLER, callnative="1"
    )


def baidu_link(start: Spot, to: Spot, *, travel_mode: str, region: str) -> str:
    """
    Return the address that leads from a spot to another, with Baidu.

    Parameters
    ----------
    region
        Name of the district: Baidu asks for it.
    """
    ends = {}
    for end, spot in (("origin", start), ("destination", to)):
        lon, lat, name = _shown(spot)
        ends[end] = f"latlng:{lat},{lon}|name:{name}"
    return "https://api.map.baidu.com/direction?" + _query(
        **ends,
        mode=_BAIDU_MODES[travel_mode],
        region=region,
        coord_type="gcj02",
        output="html",
        src=f"webapp.{_CALLER}.{_CALLER}",
    )


def amap_route_links(spots: Sequence[Spot]) -> list[str]:
    """
    Return the addresses that lead a car along all spots in their order, with Amap's app.

    As many spots as an app takes are one address; the next begins where it ends.
    """
    step = VIAS_AT_MOST + 1
    return [_amap_route(spots[i : i + step + 1]) for i in range(0, max(len(spots) - 1, 0), step)]


def qr_svg(link: str) -> str:
    """Return a link as QR code (SVG), dark on light."""
    import segno

    buffer = io.BytesIO()
    # Medium correction: it still reads with a seventh of it smudged or creased.
    segno.make(link, error="m", micro=False, mask=_MASK).save(
        buffer, kind="svg", border=_BORDER, xmldecl=False
    )
    return buffer.getvalue().decode()


def _amap_route(spots: Sequence[Spot]) -> str:
    (first, *between, last), query = [_shown(spot) for spot in spots], {}
    for mark, (lon, lat, name) in (("s", first), ("d", last)):
        query |= {f"{mark}lat": lat, f"{mark}lon": lon, f"{mark}name": name}
    query |= {"dev": "0", "t": "0", "sourceApplication": _CALLER}
    if between:
        lons, lats, names = zip(*between, strict=True)
        query["vian"] = str(len(between))
        query |= {"vialons": "|".join(lons), "vialats": "|".join(lats), "vianames": "|".join(names)}
    return "amapuri://route/plan/?" + _query(**query)


def _shown(spot: Spot) -> tuple[str, str, str]:
    """Return longitude and latitude in GCJ-02, and a name without the marks that part names."""
    lon, lat = (float(value) for value in from_wgs84(np.float64(spot[0]), spot[1], system="gcj02"))
    name = spot[2].replace(",", "，").replace("|", "／").strip()
    return f"{lon:.{_DIGITS}f}", f"{lat:.{_DIGITS}f}", name


def _query(**facts: str) -> str:
    return urlencode(facts, quote_via=quote, safe=",:")
