"""移交清单: for each station, what each of its zones gives up to which other, with lines to be signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from data.schemas import GRID_ID, NAME, POST_ID
from ui.paper.comparison import changed_zones, columns, zone_texts
from ui.paper.layout import Table, table_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ui.paper.handing import HandOver

_SUM_COLUMNS = (
    ("zone_name", 24, "text"),
    ("grids_before", 11, "count"),
    ("grids_out", 11, "count"),
    ("grids_in", 11, "count"),
    ("grids_after", 11, "count"),
    ("present_before", 12, "count"),
    ("present_after", 12, "count"),
)
_GRID_COLUMNS = (
    ("number", 6, "count"),
    ("grid_id", 18, "code"),
    ("grid_name", 20, "text"),
    ("village_name", 18, "text"),
    ("present", 10, "count"),
    ("key_units", 9, "count"),
    ("posts", 24, "text"),
)


@dataclass(frozen=True, kw_only=True)
class Transfers:
    """
    What is handed over in a station.

    Parameters
    ----------
    station_id, station
        Which, "" and the district where no stations are known.
    zones
        Its zones that give or take: what they hold before and after.
    lists
        For each pair of zones the grids that go from one to the other.
    grids
        How many grids are handed over.
    """

    station_id: str
    station: str
    zones: Table
    lists: tuple[Table, ...]
    grids: int


def transfers(handing: HandOver, changed: pd.DataFrame, zones: pd.DataFrame) -> tuple[Transfers, ...]:
    """
    Return what is handed over, by station code.

    What goes from a zone of one station to a zone of another is in the lists of both.

    Parameters
    ----------
    changed, zones
        As `ui.paper.comparison.changed_rows` and `zone_rows` give them.
    """
    rows, zones = changed, zones.set_index("zone_id", drop=False)
    rows = rows.assign(posts=_posts_in(handing, rows))
    if not rows["posts"].any():
        rows = rows.drop(columns="posts")
    # A grid that comes from no zone, or goes to none, is handed over where it lies.
    for end in ("from_zone", "to_zone"):
        rows[f"{end}_station"] = rows[end].map(zones["station_id"]).fillna(rows["station_id"])
    stations = sorted({*rows["from_zone_station"], *rows["to_zone_station"]})
    return tuple(_of_station(handing, station, rows, zones) for station in stations)


def _of_station(handing: HandOver, station: str, rows: pd.DataFrame, zones: pd.DataFrame) -> Transfers:
    t = handing.t
    mine = rows[(rows["from_zone_station"] == station) | (rows["to_zone_station"] == station)]
    own = changed_zones(zones[zones["station_id"] == station])
    return Transfers(
        station_id=station,
        station=handing.names("stations", station) if station else handing.district,
        zones=table_of(
            own, columns(_SUM_COLUMNS, t), title=t("paper.transfer_zones"), total=t("paper.total")
        ),
        lists=tuple(_lists(handing, mine)),
        grids=len(mine),
    )


def _lists(handing: HandOver, rows: pd.DataFrame) -> Iterator[Table]:
    t = handing.t
    sign = (t("paper.giver"), t("paper.taker"), t("paper.witness"), t("paper.sign_date"))
    for (giver, taker), part in rows.groupby(["from_zone", "to_zone"], sort=True):
        old, new = zone_texts(handing, [giver, taker])
        villages = part["village_id"].where(part["village_id"] != "").nunique()
        title = t(
            "paper.transfer_list" if villages else "paper.transfer_list_grids",
            giver=old,
            taker=new,
            grids=t.number(len(part)),
            villages=t.number(villages),
        )
        numbered = part.assign(number=range(1, len(part) + 1))
        total = t("paper.total") if len(part) > 1 else ""
        yield table_of(numbered, columns(_GRID_COLUMNS, t), title=title, total=total, sign=sign)


def _posts_in(handing: HandOver, rows: pd.DataFrame) -> list[str]:
    """Return the names of the posts that lie in each grid."""
    shapes, posts, t = handing.standing.graph.shapes, handing.posts, handing.t
    if shapes is None or posts is None or posts.empty:
        return [""] * len(rows)
    there = posts[posts.geometry.notna()]
    points = gpd.GeoDataFrame(geometry=there.geometry.to_crs(shapes.crs).to_numpy(), crs=shapes.crs)
    grids = gpd.GeoDataFrame({GRID_ID: shapes.index}, geometry=shapes.to_numpy(), crs=shapes.crs)
    found = grids.sjoin(points, predicate="contains")
    called = there[NAME].where(there[NAME].notna() & (there[NAME] != ""), there[POST_ID]).to_numpy()
    texts = pd.Series(called[found["index_right"]], index=found[GRID_ID].to_numpy(), dtype=object)
    in_grid = texts.groupby(level=0).agg(lambda names: t.listed(sorted(map(str, names)), at_most=20))
    return in_grid.reindex(rows["grid_id"]).fillna("").tolist()
