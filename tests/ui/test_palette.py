"""Colours: neighbours differ, and colour-blind eyes tell them apart."""

import re
from itertools import combinations
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import box

from ui import look
from ui.maps.palette import GRADE_COLOURS, STATUS_STYLES, ZONE_COLOURS, zone_colours, zone_neighbours

# Machado, Oliveira & Fernandes (2009), severity 1.0, on linear RGB.
BLINDNESS = {
    "normal": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritan": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def lab(colour, eyes):
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(BLINDNESS[eyes] @ linear, 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ seen
    f = np.cbrt(xyz / np.array([0.9505, 1.0, 1.089]))
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def board(n):
    cells = [(i, j) for j in range(n) for i in range(n)]
    return gpd.GeoDataFrame(
        {"zone_id": [f"Z{i}{j}" for i, j in cells]},
        geometry=[box(i * 100, j * 100, i * 100 + 100, j * 100 + 100) for i, j in cells],
        crs="EPSG:4549",
    )


@pytest.mark.parametrize("eyes", BLINDNESS)
@pytest.mark.parametrize(
    ("colours", "least"),
    [(ZONE_COLOURS, 9), (GRADE_COLOURS, 15)],
    ids=["zones", "grades"],
)
def test_colours_stay_apart_for_all_eyes(eyes, colours, least):
    distances = [np.linalg.norm(lab(a, eyes) - lab(b, eyes)) for a, b in combinations(colours, 2)]
    assert min(distances) > least


def test_grades_differ_in_lightness():
    lightness = [lab(colour, "normal")[0] for colour in GRADE_COLOURS]
    assert min(abs(a - b) for a, b in combinations(lightness, 2)) > 5


def test_statuses_differ_by_pattern_too():
    patterns = [pattern for _, pattern in STATUS_STYLES.values()]
    assert len(set(patterns)) == len(patterns)


def test_neighbours_never_share_a_colour():
    zones = board(6)
    colours = zone_colours(zones)
    assert all(colours[a] != colours[b] for a, b in zone_neighbours(zones))
    assert set(colours) <= set(ZONE_COLOURS)


def test_neighbours_digitised_apart_by_a_metre_still_differ():
    zones = board(2)
    zones["geometry"] = zones.geometry.buffer(-0.5)
    colours = zone_colours(zones)
    assert len({colours[z] for z in zones["zone_id"]}) >= 2
    assert len(zone_neighbours(zones)) >= 4


def test_zones_without_geometry_get_a_colour():
    zones = board(2)
    zones.loc[0, "geometry"] = None
    assert zone_colours(zones).notna().all()


def test_colours_do_not_depend_on_the_order_of_rows():
    zones = board(4)
    again = zone_colours(zones.sample(frac=1, random_state=1))
    assert zone_colours(zones).to_dict() == again.to_dict()


def contrast(colour, ground="#ffffff"):
    def luminance(text):
        rgb = np.array([int(text[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return float(linear @ (0.2126, 0.7152, 0.0722))

    light, dark = sorted((luminance(colour), luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("file", ["assets/look.css", "maps/assets/map.css"])
def test_quiet_texts_are_still_readable(file):
    """WCAG 2.2, 1.4.3: 4.5 to 1 for small text."""
    sheet = (Path(look.__file__).parent / file).read_text(encoding="utf-8")
    rules = re.findall(r"([^{}]*\.gb-(?:far|none|axis)[^{}]*)\{([^}]*)\}", sheet)
    colours = [found.group(1) for _, body in rules if (found := re.search(r"(?<!-)color: (#\w{6})", body))]
    assert colours
    assert [colour for colour in colours if contrast(colour, "#f3f5f8") < 4.5] == []
