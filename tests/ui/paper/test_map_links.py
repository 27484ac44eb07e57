"""Links into map apps: the right coordinates in the right order, and names that cannot break out."""

import re
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import segno

from geo.gcj02 import from_wgs84, to_wgs84
from tests.ui.paper.conftest import lonlat
from ui.paper.map_links import amap_link, amap_route_links, baidu_link, qr_svg
from ui.paper.patrol_links import stop_links, whole_route_links

HOSTILE = 'a,b|c&to=1,2#<script>"村 #1'
KEQIAO = (120.4925, 30.0783, "柯桥")


def query(link):
    return {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}


def shifted(spot):
    return tuple(float(x) for x in from_wgs84(np.float64(spot[0]), spot[1], system="gcj02"))


def metres(one, other):
    return np.hypot((one[0] - other[0]) * 96_000, (one[1] - other[1]) * 111_000)


@pytest.mark.parametrize(("travel_mode", "mode"), [("car", "car"), ("ebike", "ride"), ("walk", "walk")])
def test_amap_takes_longitude_first_in_gcj02(travel_mode, mode):
    link = amap_link(KEQIAO, travel_mode=travel_mode)
    assert urlsplit(link)[:3] == ("https", "uri.amap.com", "/navigation")
    asked = query(link)
    lon, lat, name = asked["to"].split(",")
    assert (name, asked["mode"], asked["callnative"]) == ("柯桥", mode, "1")
    # Shifted by hundreds of metres, and back to where it was within a decimetre.
    there = (float(lon), float(lat))
    assert metres(there, KEQIAO) > 300
    back = to_wgs84(np.float64(there[0]), there[1], system="gcj02")
    assert metres((float(back[0]), float(back[1])), KEQIAO) < 0.1
    # Without a beginning the phone's own position is meant.
    assert "from" not in asked


def test_baidu_takes_latitude_first_and_is_told_the_system():
    asked = query(baidu_link((120.5, 30.1, "甲"), KEQIAO, travel_mode="car", region="越湖区"))
    lat, lon = asked["destination"].removeprefix("latlng:").removesuffix("|name:柯桥").split(",")
    assert (float(lon), float(lat)) == pytest.approx(shifted(KEQIAO), abs=1e-6)
    assert asked["origin"].startswith("latlng:30.")
    assert (asked["coord_type"], asked["mode"], asked["region"]) == ("gcj02", "driving", "越湖区")
    assert asked["output"] == "html"


def test_whole_route_names_beginning_end_and_all_between():
    (link,) = amap_route_links([KEQIAO, (120.51, 30.08, "1"), (120.52, 30.09, "2"), KEQIAO])
    assert link.startswith("amapuri://route/plan/?")
    asked = query(link)
    assert (asked["vian"], asked["vianames"], asked["dev"], asked["t"]) == ("2", "1|2", "0", "0")
    lons, lats = (asked[name].split("|") for name in ("vialons", "vialats"))
    assert [float(x) for x in lons] == pytest.approx(
        [shifted((x, 30.08))[0] for x in (120.51, 120.52)], abs=1e-4
    )
    assert len(lats) == 2
    assert (float(asked["slon"]), float(asked["slat"])) == pytest.approx(shifted(KEQIAO), abs=1e-6)
    assert (asked["dlon"], asked["dname"]) == (asked["slon"], "柯桥")


def test_two_spots_have_nothing_between():
    (link,) = amap_route_links([KEQIAO, (120.51, 30.08, "1")])
    assert "vian" not in query(link)
    assert amap_route_links([KEQIAO]) == []


def test_more_stops_than_an_app_takes_are_several_links_that_join():
    spots = [(120.5 + i / 1000, 30.0, str(i)) for i in range(40)]
    links = [query(link) for link in amap_route_links(spots)]
    assert [len(link.get("vianames", "").split("|")) for link in links] == [16, 16, 4]
    assert [(link["sname"], link["dname"]) for link in links] == [("0", "17"), ("17", "34"), ("34", "39")]
    through = [name for link in links for name in [link["sname"], *link["vianames"].split("|")]]
    assert [*through, links[-1]["dname"]] == [spot[2] for spot in spots]


@pytest.mark.parametrize(
    "make",
    [
        lambda spot: amap_link(spot, travel_mode="car"),
        lambda spot: baidu_link(spot, spot, travel_mode="car", region=HOSTILE),
        lambda spot: amap_route_links([spot, spot, spot])[0],
    ],
)
def test_names_cannot_break_out_of_their_field(make):
    plain, hostile = (query(make((*KEQIAO[:2], name))) for name in ("甲", HOSTILE))
    assert set(plain) == set(hostile)
    link = make((*KEQIAO[:2], HOSTILE))
    assert link.isascii()
    assert not set(link) & set('<>"\\ |')
    assert urlsplit(link).fragment == ""
    if "to" in hostile:
        assert len(hostile["to"].split(",")) == 3


def test_outside_china_nothing_is_shifted():
    asked = query(amap_link((7.42, 43.73, "Monaco"), travel_mode="car"))
    assert asked["to"] == "7.420000,43.730000,Monaco"


def modules(svg):
    """The dark modules of a code as it is drawn: x and y of each."""
    path = re.search(r' d="([^"]+)"', svg).group(1)
    x, y, found = 0, 0.0, set()
    for letter, numbers in re.findall(r"([MmhH])([^MmhH]*)", path):
        values = [float(value) for value in re.split(r"[ ,]", numbers.strip())]
        if letter == "h":
            found |= {(x + i, int(y)) for i in range(int(values[0]))}
            x += int(values[0])
        else:
            x, y = (int(values[0]), values[1]) if letter == "M" else (x + int(values[0]), y + values[1])
    return found


def test_code_is_drawn_as_the_link_is_encoded():
    link = amap_link(KEQIAO, travel_mode="car")
    matrix = segno.make(link, error="m", micro=False, mask=6).matrix
    dark = {(x, y) for y, row in enumerate(matrix) for x, bit in enumerate(row) if bit}
    drawn = modules(qr_svg(link))
    # Two modules of border around it.
    assert {(x - 2, y - 2) for x, y in drawn} == dark


def test_links_of_a_round_lead_to_each_stop_and_back(make_night):
    night = make_night(services=("amap", "baidu"))
    links = stop_links(night, night.plan.routes[0])
    assert [(link.number, link.name) for link in links] == [
        ("1", "南湖村"),
        ("2", "实验小学"),
        ("3", "夜市路口"),
        ("", "中心警务室"),
    ]
    at = lonlat(night.places)
    for link, label in zip(links, ("v", "school", "hot", "post"), strict=True):
        lon, lat, _ = query(link.addresses["amap"])["to"].split(",")
        assert (float(lon), float(lat)) == pytest.approx(shifted(at[label]), abs=1e-6)
        assert f"latlng:{lat},{lon}" in query(link.addresses["baidu"])["destination"]
    assert len(whole_route_links(night, night.plan.routes[0])) == 1
    # Apps take vias for cars alone.
    assert whole_route_links(night, night.plan.routes[1]) == []


def test_without_leave_there_are_no_links(night, make_night):
    assert stop_links(night, night.plan.routes[0]) == []
    assert whole_route_links(night, night.plan.routes[0]) == []
    baidu = make_night(services=("baidu",))
    assert whole_route_links(baidu, baidu.plan.routes[0]) == []
    assert set(stop_links(baidu, baidu.plan.routes[0])[0].addresses) == {"baidu"}
