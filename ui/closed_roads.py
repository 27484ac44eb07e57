"""Roads closed on a day: found where somebody clicked, kept with the district, held against a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import shapely

from data.editing import Changes, edit_rows
from data.schemas import CLASS, CLOSED_FROM, CLOSED_TO, NAME, ROAD_ID
from geo.crs import LONLAT
from planning.patrol.whereabouts import route_legs
from ui.painter.ground import paths
from ui.patrol_ground import closed_on

if TYPE_CHECKING:
    import datetime as dt

    from data.workspace import Workspace
    from planning.patrol.plan import DayPlan, DayProblem
    from ui.names import PlaceNames
    from ui.words import Words

# Two lines that run together for less only meet or cross.
_TOGETHER_M = 5.0
_BESIDE_M = 0.5


class ClosedRoads:
    """
    The roads that are closed on a day.

    Parameters
    ----------
    workspace
        The district's.
    roads
        Its roads, by road_id; never changed.
    date
        The day.
    also
        Closed for the plan alone, besides those of the table.
    who
        Label of the account that closes and opens them.
    """

    def __init__(
        self,
        workspace: Workspace,
        roads: gpd.GeoDataFrame,
        *,
        date: dt.date,
        also: tuple[str, ...] = (),
        who: str = "",
    ) -> None:
        self.workspace = workspace
        self.roads = roads
        self.date = date
        self.also = frozenset(also)
        self.who = who
        # What this session did to the tables itself: no reason to read them anew.
        self.stamps = {workspace.stamp}
        self._closed = self._read()
        # As the plan's travel times know them.
        self._then = self._closed
        self._passing: tuple[object, frozenset[str], list[str]] | None = None

    def _read(self) -> frozenset[str]:
        table = self.workspace.read("closed_roads")
        return (closed_on(table, self.date) | self.also) & frozenset(self.roads.index)

    def near(self, lon: float, lat: float, within_m: float) -> str | None:
        """Return the road nearest to a point; None where none is near enough."""
        if self.roads.empty or within_m <= 0:
            return None
        point = gpd.GeoSeries([shapely.Point(lon, lat)], crs=LONLAT).to_crs(self.roads.crs).iloc[0]
        at = self.roads.sindex.nearest(point, return_all=False, max_distance=within_m)[1]
        return str(self.roads.index[at[0]]) if len(at) else None

    def is_closed(self, road: str) -> bool:
        """Whether a road is closed on the day."""
        return road in self._closed

    def put(self, road: str, *, closed: bool) -> None:
        """Close a road from the day on, or open it again; raises as `data.editing.edit_rows`."""
        listed = self.workspace.read("closed_roads")
        day = self.date.isoformat()
        if road not in set(listed[ROAD_ID]):
            changes = Changes(added=({ROAD_ID: road, CLOSED_FROM: day},) if closed else ())
        elif closed:
            changes = Changes(changed={road: {CLOSED_FROM: day, CLOSED_TO: None}})
        else:
            changes = Changes(removed=(road,))
        done = edit_rows(self.workspace, "closed_roads", changes, stamp=self.workspace.stamp, who=self.who)
        self.stamps.add(done.stamp)
        self._closed = self._read()

    def told(self, t: Words) -> list[dict[str, Any]]:
        """Return the closed roads as the browser draws them: id, name, way."""
        found = self.roads.loc[self.roads.index.isin(self._closed)]
        if found.empty:
            return []
        lines = shapely.line_merge(found.geometry.to_numpy())
        # A road in several pieces is drawn by its longest.
        longest = [max(shapely.get_parts(line), key=shapely.length) for line in lines]
        ways = paths(longest, found.crs)
        return [
            {"id": str(road), "name": self.name(str(road), t), "way": way}
            for road, way in zip(found.index, ways, strict=True)
        ]

    def name(self, road: str, t: Words) -> str:
        """Return what a road is called: its name, else its class and id."""
        row = self.roads.loc[road]
        called = row.get(NAME)
        if isinstance(called, str) and called:
            return called
        return t("patrols.road_unnamed", kind=t.name("road", row.get(CLASS)), id=road)

    def stale(self, problem: DayProblem, plan: DayPlan, t: Words, names: PlaceNames) -> str:
        """Return what speaks against a plan since roads were closed or opened; "" for nothing."""
        closed, opened = self._closed - self._then, self._then - self._closed
        if closed:
            teams = self._teams_through(problem, plan, closed)
            if teams:
                said = t.listed(names.all("teams", teams), at_most=4)
                return t("patrols.stale_closed", count=t.number(len(closed)), teams=said)
            return t("patrols.stale_closed_aside", count=t.number(len(closed)))
        return t("patrols.stale_opened", count=t.number(len(opened))) if opened else ""

    def _teams_through(self, problem: DayProblem, plan: DayPlan, closed: frozenset[str]) -> list[str]:
        """Return the teams whose ways run along closed roads, in the order of the routes."""
        if self._passing is None or self._passing[:2] != (plan.routes, closed):
            self._passing = (plan.routes, closed, list(self._through(problem, plan, closed)))
        return self._passing[2]

    def _through(self, problem: DayProblem, plan: DayPlan, closed: frozenset[str]) -> dict[str, None]:
        legs = route_legs(problem, plan)
        legs = legs[legs.geometry.notna()]
        band = shapely.union_all(self.roads.loc[list(closed)].geometry.to_numpy()).buffer(_BESIDE_M)
        along = shapely.length(shapely.intersection(legs.geometry.to_numpy(), band))
        return dict.fromkeys(str(team) for team in legs["team_id"][along > _TOGETHER_M])
