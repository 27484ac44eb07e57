"""A small district whose calls and reports are drawn by a seed."""

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import box

MONTHS = pd.period_range("2024-11", "2026-10", freq="M")
CATEGORIES = ("theft", "fraud", "assault", "public_order", "noise", "traffic", "fire")


def make_district(villages=24, *, seed=0, months=MONTHS):
    """Villages V01…, a grid each, every other a community; calls up to each 28th, reports by month."""
    rng = np.random.default_rng(seed)
    ids = [f"V{i + 1:02}" for i in range(villages)]
    people = rng.integers(600, 4000, villages)
    table = pd.DataFrame(
        {
            "village_id": ids,
            "name": [f"村{i}" for i in ids],
            "kind": ["community" if i % 2 else "village" for i in range(villages)],
            "town_id": "T1",
            "station_id": "S1",
        }
    )
    grids = pd.DataFrame(
        {"grid_id": [f"G{i}" for i in ids], "village_id": ids, "residents": people, "floating": people // 4}
    )
    rate = rng.gamma(3, 1 / 3, (villages, len(CATEGORIES))) * 12e-4
    parts = []
    for month in months:
        for day in range(1, 29):
            count = rng.poisson(rate * people[:, None] / 28)
            at, kind = np.nonzero(count)
            parts.append(
                pd.DataFrame(
                    {
                        "grid_id": [f"G{ids[i]}" for i in at],
                        "date": f"{month}-{day:02}",
                        "category": [CATEGORIES[k] for k in kind],
                        "source": "reported",
                        "basis": "valid",
                        "count": count[at, kind],
                    }
                )
            )
    return {
        "villages": table,
        "grids": grids,
        "incidents": pd.concat(parts, ignore_index=True),
        "indicators": reports(rng, ids, people * 5 // 4, months),
    }


def make_drawn_district(villages=12, *, side_m=1_000, **how):
    """The same with villages as squares in rows of four."""
    district = make_district(villages, **how)
    corners = [(500_000 + i % 4 * side_m, 3_300_000 + i // 4 * side_m) for i in range(villages)]
    squares = [box(x, y, x + side_m, y + side_m) for x, y in corners]
    drawn = gpd.GeoDataFrame(district["villages"], geometry=squares, crs="EPSG:4549")
    return {**district, "villages": drawn}


def reports(rng, ids, people, months):
    rows = []
    for month in months:
        first, last = month.start_time.strftime("%Y-%m-%d"), month.end_time.strftime("%Y-%m-%d")
        for village, present in zip(ids, people.tolist(), strict=True):
            opened = int(rng.poisson(6)) + 1
            sample = 20
            rows += [
                (village, first, last, "petition", float(rng.poisson(0.4)), float(present)),
                (village, first, last, "disputes_opened", float(opened), float(present)),
                (village, first, last, "disputes_closed", float(rng.binomial(opened, 0.9)), float(opened)),
                (village, first, last, "hazards_opened", float(opened), float(present)),
                (village, first, last, "hazards_closed", float(rng.binomial(opened, 0.85)), float(opened)),
                (village, first, last, "satisfied", float(rng.binomial(sample, 0.95)), float(sample)),
            ]
    columns = ["village_id", "period_start", "period_end", "indicator", "value", "exposure"]
    return pd.DataFrame(rows, columns=columns)
