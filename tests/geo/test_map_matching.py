"""Tracks matched to roads: known ways are found again in spite of noise, parallels and gaps."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString

from geo.map_matching import match_track
from geo.road_graph import road_graph
from geo.road_network import RoadNetwork

CRS = "EPSG:4549"
# A grid of streets 100 m apart, 5 × 5 blocks.
GRID = [[(0, 100 * k), (500, 100 * k)] for k in range(6)] + [[(100 * k, 0), (100 * k, 500)] for k in range(6)]


def network(lines=GRID, **columns):
    frame = gpd.GeoDataFrame(
        {"road_id": [f"R{k}" for k in range(len(lines))], "class": "residential"},
        geometry=[LineString(line) for line in lines],
        crs=CRS,
    )
    return RoadNetwork.from_graph(road_graph(frame.assign(**columns), crossings=True), travel_mode="car")


def track(points, *, step_m=10.0, step_ms=2_000, noise=0.0, seed=0):
    line = LineString(points)
    at = np.arange(0, line.length + 1e-6, step_m)
    xy = np.array([line.interpolate(m).coords[0] for m in at])
    xy = xy + np.random.default_rng(seed).normal(0, noise, xy.shape) if noise else xy
    return pd.DataFrame({"at_ms": np.arange(len(at)) * step_ms, "x": xy[:, 0], "y": xy[:, 1]})


@pytest.mark.parametrize("noise", [0.0, 8.0])
def test_a_way_round_corners_is_found_again(noise):
    way = [(0, 0), (200, 0), (200, 300), (500, 300)]
    found = match_track(network(), track(way, noise=noise))
    assert found.metres == pytest.approx(800, abs=5 + 6 * noise)
    gone = found.stretches.geometry.union_all()
    assert gone.intersection(LineString(way).buffer(1)).length >= 800 - 5 - 6 * noise
    assert (found.positions["chain"] == 0).all()


def test_the_way_is_told_in_order_and_in_the_time_it_took():
    found = match_track(network(), track([(0, 0), (200, 0), (200, 100)]))
    pieces = found.stretches
    assert pieces["begin_ms"].is_monotonic_increasing
    assert (pieces["begin_ms"].iloc[1:].to_numpy() == pieces["end_ms"].iloc[:-1].to_numpy()).all()
    assert pieces["end_ms"].iloc[-1] == 60_000
    ends = (
        [line.coords[-1] for line in pieces.geometry[:-1]],
        [line.coords[0] for line in pieces.geometry[1:]],
    )
    assert np.allclose(ends[0], ends[1], atol=0.01)


def test_positions_on_a_carriageway_are_not_matched_to_its_opposite():
    roads = network([[(0, 0), (400, 0)], [(400, 12), (0, 12)], [(400, 0), (400, 12)]], oneway=[1, 1, 0])
    there = match_track(roads, track([(0, 5), (400, 5)]))  # nearer to its own, but not by much
    assert set(there.stretches["edge"]) == {0}
    back = match_track(roads, track([(400, 5), (0, 5)]))  # 5 m from the wrong one, 7 m from the right one
    assert 1 in set(back.stretches["edge"])
    assert back.metres == pytest.approx(400, abs=40)


def test_a_gap_in_time_breaks_the_way():
    whole = track([(0, 0), (500, 0), (500, 500)])
    gap = whole[(whole["x"] < 200) | (whole["y"] > 300)].copy()
    gap.loc[gap["y"] > 300, "at_ms"] += 600_000
    found = match_track(network(), gap)
    assert sorted(set(found.positions["chain"])) == [0, 1]
    assert found.metres == pytest.approx(390, abs=40)


def test_who_is_far_from_any_road_is_matched_to_none():
    found = match_track(network(), track([(1000, 1000), (1200, 1000)]))
    assert (found.positions["chain"] == -1).all()
    assert found.metres == 0
    assert len(match_track(network(), track([(0, 0), (10, 0)]).iloc[:0]).stretches) == 0


def test_the_track_itself_is_left_alone():
    given = track([(0, 0), (300, 0)])
    kept = given.copy()
    match_track(network(), given)
    pd.testing.assert_frame_equal(given, kept)
