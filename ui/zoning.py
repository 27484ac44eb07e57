"""The plan on the planner's table: which one it is, and what is known of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from data.plans import DRAFT, OWN, RETIRED, read_plans, today_plan_id
from data.workspace import Workspace
from planning.profile import DEFAULT_PROFILE
from ui import cached
from ui.on_table import OnTable

if TYPE_CHECKING:
    import pandas as pd

    from ui.place import Place
    from ui.standing import Standing

VIEWS = ("paint", "propose", "compare", "plans", "handover")
VIEW_KEY = "zoning_view"
TABLE = OnTable(name="zoning", views=VIEWS, view_key=VIEW_KEY)


@dataclass(frozen=True, kw_only=True)
class Zoning:
    """
    The plan on the table.

    Parameters
    ----------
    place
        The district.
    workspace
        Its file.
    plans
        All plans by plan_id, oldest first (`data.plans.read_plans`).
    plan_id
        The plan on the table; None where there is none yet.
    today_id
        The saved plan that holds today; None where that is the nesting, or nothing.
    """

    place: Place
    workspace: Workspace
    plans: pd.DataFrame
    plan_id: str | None
    today_id: str | None

    @property
    def editable(self) -> bool:
        """Whether the plan on the table may be painted: a draft of the planner's own."""
        return self.plan_id is not None and is_editable(self.plans.loc[self.plan_id])

    @property
    def today_key(self) -> str:
        """The saved plan that holds today and its revision; "" for none."""
        return "" if self.today_id is None else f"{self.today_id} {self.rev(self.today_id)}"

    def rev(self, plan_id: str) -> int:
        """Return the revision of a plan."""
        return int(self.plans.at[plan_id, "rev"])

    def params(self, plan_id: str) -> dict[str, Any]:
        """Return what was saved with a plan: settings, profile, reasons."""
        found: dict[str, Any] = json.loads(self.plans.at[plan_id, "params"])
        return found

    def zone_names(self, plan_id: str) -> dict[str, str]:
        """Return the names by zone_id that a plan gives itself."""
        found: dict[str, str] = json.loads(self.plans.at[plan_id, "zone_names"])
        return found

    def ground(self, plan_id: str | None = None) -> tuple[str, str, str, str]:
        """Return the key of what plans are drawn on: tables, today's plan, what a plan counts as work."""
        chosen = plan_id or self.plan_id
        saved = self.params(chosen).get("profile") if chosen else None
        profile = json.dumps(saved or DEFAULT_PROFILE.to_dict(), sort_keys=True)
        return self.place.path, self.place.stamp, self.today_key, profile

    def standing(self, plan_id: str | None = None) -> Standing:
        """Return how the district stands, its work counted as for a plan (the one on the table)."""
        return cached.standing(*self.ground(plan_id))


def is_editable(plan: pd.Series) -> bool:
    """Whether a plan may be painted: today's and what was computed is copied instead."""
    return bool(plan["kind"] in OWN and plan["status"] == DRAFT)


def read_zoning(place: Place) -> Zoning:
    """Return the plan on the table: the one chosen, else the address's, else the newest of people's own."""
    workspace = Workspace.open(place.path)
    plans = read_plans(workspace).set_index("plan_id", drop=False)
    own = plans[plans["kind"].isin(OWN) & (plans["status"] != RETIRED)]
    newest = str(own["plan_id"].iloc[-1]) if len(own) else None
    chosen = TABLE.plan(place, plans.index, else_=newest)
    return Zoning(
        place=place, workspace=workspace, plans=plans, plan_id=chosen, today_id=today_plan_id(workspace)
    )


def turn_to(zoning: Zoning, *, plan_id: str | None = None, view: str | None = None) -> None:
    """Put another plan on the table or show another view, and run the page anew."""
    TABLE.turn_to(zoning.place, plan_id=plan_id, view=view)


def plan_label(zoning: Zoning, plan_id: str) -> str:
    """Return what a plan is called in lists: its name, id and state."""
    t, plan = zoning.place.t, zoning.plans.loc[plan_id]
    return f"{plan['name']} · {plan_id} · {t.name('state', plan['status'])}"


def put_on_table(place: Place, plan_id: str | None) -> None:
    """Remember which plan is on the table, from the next run on; None for none."""
    TABLE.put(place, plan_id)
