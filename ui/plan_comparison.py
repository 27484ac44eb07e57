"""Two plans side by side: what differs in their scorecards, and which grids change zone and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from data.schemas import GRID_ID
from planning.plan_changes import change_groups, plan_changes
from ui.proposal_tables import change_reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from planning.dual_graph import DualGraph
    from ui.names import PlaceNames
    from ui.words import Words

ACCEPTED, REFUSED, OTHER = "accepted", "refused", "other"
# Of the totals (planning.live_scorecard): how each is written, and whether less of it is better.
_MEASURES: Mapping[str, tuple[str, bool | None]] = {
    "zones": ("count", None),
    "outside": ("count", True),
    "max_deviation": ("share", True),
    "mean_deviation": ("share", True),
    "cv": ("ratio", True),
    "villages_touched": ("count", True),
    "grids_moved": ("count", True),
    "workload_moved": ("share", True),
    "residents_moved": ("count", True),
    "zones_touched": ("count", True),
    "villages_split": ("count", True),
    "unassigned": ("count", True),
    "not_contiguous": ("count", True),
    "zones_crossing_stations": ("count", True),
    "polsby_popper": ("ratio", False),
    "cut_edges": ("count", True),
}
_SAME = 1e-6


@dataclass(frozen=True, kw_only=True)
class PlanChange:
    """
    Grids that hang together and go from one zone to the same other.

    Parameters
    ----------
    label
        Its own, the same as long as the two plans are.
    grids
        Their ids.
    before, after
        The zones, "" for none.
    present, workload
        Of the grids together.
    reason, facts
        Why they go (`planning.redraw.reasons`).
    """

    label: str
    grids: tuple[str, ...]
    before: str
    after: str
    present: float
    workload: float
    reason: str
    facts: Mapping[str, Any]


def changes_between(
    graph: DualGraph, left: pd.Series, right: pd.Series, *, known: Mapping[str, Any] | None = None
) -> list[PlanChange]:
    """Return what goes from one zone to another between two plans, most workload first."""
    rows = plan_changes(graph, right, left, known=known)
    if rows.empty:
        return []
    groups = rows.groupby(change_groups(rows, graph).to_numpy(), sort=False)
    found = [_change(group) for _, group in groups]
    return sorted(found, key=lambda change: (-change.workload, change.label))


def _change(rows: pd.DataFrame) -> PlanChange:
    # The reason that most of its work goes for speaks for the whole.
    heaviest = rows.groupby("reason")["workload"].sum().idxmax()
    speaker = rows[rows["reason"] == heaviest].iloc[0]
    grids = tuple(sorted(rows[GRID_ID]))
    return PlanChange(
        label=f"{speaker['from_zone']}>{speaker['to_zone']}>{grids[0]}",
        grids=grids,
        before=str(speaker["from_zone"]),
        after=str(speaker["to_zone"]),
        present=float(rows["present"].sum()),
        workload=float(rows["workload"].sum()),
        reason=str(speaker["reason"]),
        facts=speaker["facts"],
    )


def state_of(change: PlanChange, plan: pd.Series) -> str:
    """Return whether a plan has a change, has it not, or has put the grids elsewhere."""
    now = set(plan.reindex(list(change.grids)).fillna(""))
    if now == {change.after}:
        return ACCEPTED
    return REFUSED if now == {change.before} else OTHER


def differences(left: Mapping[str, Any], right: Mapping[str, Any], t: Words) -> list[dict[str, Any]]:
    """Return the totals of two plans in words, and which of them is better in each."""
    return [
        {
            "key": key,
            "label": t(f"painter.panel.measure_{key}"),
            "left": _written(left.get(key), kind, t),
            "right": _written(right.get(key), kind, t),
            "better": _better(left.get(key), right.get(key), less=less),
        }
        for key, (kind, less) in _MEASURES.items()
        if left.get(key) is not None or right.get(key) is not None
    ]


def _better(left: float | None, right: float | None, *, less: bool | None) -> str | None:
    if less is None or left is None or right is None or abs(left - right) < _SAME:
        return None
    return "left" if (left < right) == less else "right"


def _written(value: float | None, kind: str, t: Words) -> str:
    if kind == "share":
        return t.percent(value)
    return t.number(value, 3 if kind == "ratio" else 0)


def change_facts(
    changes: list[PlanChange], plan: pd.Series | None, t: Words, names: PlaceNames, *, at: Mapping[str, int]
) -> Iterator[dict[str, Any]]:
    """Yield the changes as the map component takes them; `plan` is the one that is decided on."""
    for change in changes:
        yield {
            "id": change.label,
            "grids": [at[grid] for grid in change.grids],
            "from": names("zones", change.before) if change.before else t("zoning.no_zone"),
            "to": names("zones", change.after) if change.after else t("zoning.no_zone"),
            "reason": change_reason(change.reason, dict(change.facts), t, names),
            "present": round(change.present),
            "workload": round(change.workload, 3),
            "state": OTHER if plan is None else state_of(change, plan),
        }
