"""The patrol plan on the page's table: which one it is, what was asked, the day that it stands on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from data.patrol_plans import DAY, read_patrol_plans
from data.schemas import STATION_ID
from data.workspace import Workspace
from geo.errors import Reason
from ui import cached, cached_patrols
from ui.names import PlaceNames
from ui.on_table import OnTable
from ui.patrol_ground import DayOrder

if TYPE_CHECKING:
    import pandas as pd

    from ui.cached_patrols import KeptDay
    from ui.place import Place
    from ui.words import Words

VIEWS = ("plan", "routes", "backup", "hours", "rosters", "handover")
VIEW_KEY = "patrols_view"
TABLE = OnTable(name="patrols", views=VIEWS, view_key=VIEW_KEY)
_NAMED = ("stations", "villages", "towns", "zones")


@dataclass(frozen=True, kw_only=True)
class Patrols:
    """
    The patrol plan on the table.

    Parameters
    ----------
    place
        The district.
    workspace
        Its file.
    plans
        All plans of days by plan_id, oldest first (`data.patrol_plans.read_patrol_plans`).
    plan_id
        The plan on the table; None where there is none yet.
    """

    place: Place
    workspace: Workspace
    plans: pd.DataFrame
    plan_id: str | None

    def params(self, plan_id: str) -> dict[str, Any]:
        """Return what was asked for a plan, the day's order among it."""
        found: dict[str, Any] = json.loads(self.plans.at[plan_id, "params"])
        return found

    def order(self, plan_id: str | None = None) -> DayOrder:
        """Return the order of a plan (of the one on the table)."""
        return DayOrder.from_dict(self.params(str(plan_id or self.plan_id)))

    def summary(self, plan_id: str) -> dict[str, Any]:
        """Return the figures of a plan."""
        found: dict[str, Any] = json.loads(self.plans.at[plan_id, "summary"])
        return found

    def kept_day(self) -> KeptDay:
        """Return the plan on the table as it is kept, with its day as the district is now."""
        plan_id = str(self.plan_id)
        return cached_patrols.kept_day(self.workspace, plan_id, int(self.plans.at[plan_id, "rev"]))

    def notes(self) -> list[Reason]:
        """Return what was left out of the plan on the table, or assumed for it."""
        kept = json.loads(self.plans.at[self.plan_id, "report"]).get("left_out", [])
        return [Reason(**note) for note in kept]

    @cached_property
    def names(self) -> PlaceNames:
        """What places are called."""
        return PlaceNames.of(cached.tables(self.place.path, self.place.stamp, _NAMED))

    @cached_property
    def stations(self) -> list[str]:
        """The stations, by id."""
        table = cached.table(self.place.path, self.place.stamp, "stations")
        return [] if table.empty else table[STATION_ID].astype(str).tolist()


def read_patrols(place: Place) -> Patrols:
    """Return the plan on the table: the one chosen, else the one in the address, else the newest."""
    workspace = Workspace.open(place.path)
    plans = read_patrol_plans(workspace)
    plans = plans[plans["kind"] == DAY].set_index("plan_id", drop=False)
    newest = str(plans.index[-1]) if len(plans) else None
    chosen = TABLE.plan(place, plans.index, else_=newest)
    return Patrols(place=place, workspace=workspace, plans=plans, plan_id=chosen)


def plan_label(patrols: Patrols, plan_id: str) -> str:
    """Return what a plan is called in lists: its name and id."""
    return f"{patrols.plans.at[plan_id, 'name']} · {plan_id}"


def plan_title(t: Words, *, date: str, force: str, mode: str) -> str:
    """Return the name that a plan is given at first."""
    return t("patrols.plan_name", date=date, force=t.name("force", force), mode=t.name("patrol_mode", mode))
