"""What recording an edition did, in words: the same for the page and the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from data.editions import CarriedPlan, RecordedEdition
    from ui.words import Words


def lines(done: RecordedEdition, t: Words) -> list[str]:
    """Return what was done, and what is left to do, a sentence a line."""
    table = t.name("table", done.layer)
    told = [t("edition.recorded", id=done.edition_id, table=table, valid_to=done.valid_to)]
    told += [_plan_line(plan, t) for plan in done.plans]
    if done.rekeyed:
        told.append(t("edition.rekeyed", tables=_counts(done.rekeyed, t)))
    if done.left_old:
        told.append(t("edition.left_old", tables=_counts(done.left_old, t)))
    if done.approval_needed:
        before, after = done.approval_needed
        told.append(t("edition.approval_needed", plan=before, follower=after))
    return told


def _plan_line(plan: CarriedPlan, t: Words) -> str:
    facts = {"plan": plan.plan_id, "name": plan.name, "follower": plan.follower}
    text = t("edition.plan_carried", **facts) if plan.follower else t("edition.plan_lost", **facts)
    if plan.grids_left:
        count, grids = t.number(len(plan.grids_left)), t.listed(plan.grids_left)
        text += t("edition.grids_left", count=count, grids=grids)
    if plan.zones_left:
        text += t("edition.zones_left", zones=t.listed(plan.zones_left))
    return text


def _counts(by_table: Mapping[str, int], t: Words) -> str:
    return t.listed(f"{t.name('table', name)} {t.number(n)}" for name, n in by_table.items())
