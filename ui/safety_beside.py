"""What is known of villages beside their index: measures, people and posts, last patrols, counts."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pandas as pd

from data.ledger_columns import DEADLINE, MEASURES, OPEN, OWNER, STATUS, TEXT
from data.ledgers import read_ledger
from data.patrol_plans import STREETS, read_patrol_plan, read_patrol_plans
from data.schemas import COUNT, KIND, PLACE_ID, ROLE, STOP_ID, VILLAGE_ID
from planning.index.badges import backlog, badges
from planning.profile import PRESENT
from ui.maps.safety import Beside

if TYPE_CHECKING:
    from collections.abc import Mapping

    from data.workspace import Workspace
    from planning.index.index import SafetyIndex
    from ui.words import Words

# Patrols within so many days before the last day of the period came of late.
_OF_LATE_DAYS = 7
# Plans of days that are looked through for the last patrol of each village.
_PLANS_AT_MOST = 30


def read_beside(
    workspace: Workspace, tables: Mapping[str, Any], index: SafetyIndex, t: Words, *, today: dt.date
) -> Beside:
    """
    Return what is known of villages beside an index.

    Parameters
    ----------
    tables
        staff, posts, stops, where they are there.
    today
        Measures whose deadline lies before it are overdue.
    """
    last = _last_patrols(workspace, tables)
    late = index.panel.period.last - dt.timedelta(days=_OF_LATE_DAYS)
    return Beside(
        measures=_measures(workspace, t, today),
        people=_people(tables, index, t),
        patrols={village: day.isoformat() for village, day in last.items()},
        patrolled=frozenset(village for village, day in last.items() if day > late),
        counts=index.indicators.pivot_table(index="village_id", columns="indicator", values="count")
        if len(index.indicators)
        else pd.DataFrame(),
        badges=_badges(index, t),
        backlog=_backlog(tables, index, t),
    )


def _badges(index: SafetyIndex, t: Words) -> dict[str, list[str]]:
    table = badges(index).fillna(value=False)
    return {
        str(village): [t.name("badge", badge) for badge in table if row[badge]]
        for village, row in table.iterrows()
    }


def _backlog(tables: Mapping[str, Any], index: SafetyIndex, t: Words) -> dict[str, list[str]]:
    """Return what is still open in each village, by kind; what came to zero is told as well."""
    reports = tables.get("indicators")
    if reports is None or reports.empty:
        return {}
    table = backlog(reports, through=index.panel.period.last)
    return {
        str(village): [
            t("safety_map.backlog_of", name=t.name("backlog", kind), count=t.number(row[kind]))
            for kind in table
        ]
        for village, row in table.iterrows()
    }


def _measures(workspace: Workspace, t: Words, today: dt.date) -> dict[str, list[str]]:
    """Return what is to be mended in each village, what is overdue first."""
    entries = read_ledger(workspace, MEASURES)
    found: dict[str, list[str]] = {}
    for entry in entries[entries[STATUS] == OPEN].sort_values(DEADLINE).to_dict("records"):
        key = "overdue" if entry[DEADLINE] < today.isoformat() else "due"
        line = t(f"safety_map.measure_{key}", text=entry[TEXT], owner=entry[OWNER], day=entry[DEADLINE])
        found.setdefault(str(entry[VILLAGE_ID]), []).append(line)
    return found


def _people(tables: Mapping[str, Any], index: SafetyIndex, t: Words) -> dict[str, list[str]]:
    """Return residents, those who serve there, and posts, as lines of counts."""
    found: dict[str, list[str]] = {}
    for village, present in index.villages[PRESENT].items():
        if not pd.isna(present):
            found[str(village)] = [t("safety_map.present", count=t.number(present))]
    for table, key, names in (("staff", PLACE_ID, ROLE), ("posts", VILLAGE_ID, KIND)):
        frame = tables.get(table)
        if frame is None or frame.empty or key not in frame:
            continue
        rows = pd.DataFrame(frame)[[key, names]].assign(count=frame.get(COUNT, 1))
        group = "role" if table == "staff" else "post"
        sums = rows.groupby([key, names], sort=True)["count"].sum()
        lines = sums.reset_index().groupby(key)
        for place, mine in lines:
            counts = [
                f"{t.name(group, kind)} {t.number(n)}"
                for kind, n in zip(mine[names], mine["count"], strict=True)
            ]
            if str(place) in found:
                found[str(place)].append(t.listed(counts))
    return found


def _last_patrols(workspace: Workspace, tables: Mapping[str, Any]) -> dict[str, dt.date]:
    """Return the last day on which a kept plan of patrols comes to each village."""
    stops = tables.get("stops")
    if stops is None or stops.empty or VILLAGE_ID not in stops:
        return {}
    village_of = dict(zip(stops[STOP_ID].astype(str), stops[VILLAGE_ID], strict=True))
    plans = read_patrol_plans(workspace).sort_values("date", kind="stable")
    found: dict[str, dt.date] = {}
    for plan in plans[plans["kind"] != STREETS].tail(_PLANS_AT_MOST).to_dict("records"):
        first = dt.date.fromisoformat(plan["date"])
        visits = read_patrol_plan(workspace, plan["plan_id"]).visits
        days = visits["day"] if "day" in visits else [0] * len(visits)
        for stop, after in zip(visits["stop_id"], days, strict=True):
            village, day = village_of.get(str(stop).partition("#")[0]), first + dt.timedelta(days=int(after))
            if isinstance(village, str):
                found[village] = max(found.get(village, day), day)
    return found
