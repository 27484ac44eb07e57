"""Command on how grids nest in zones."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geo.errors import SettingError
from ui.doors.speaking import AsJson, Lang, Speaker, WorkspacePath, speaker, told

if TYPE_CHECKING:
    from planning.nesting import Nesting
    from ui.words import Words


@told
def nest(
    workspace: WorkspacePath,
    by: Annotated[str, typer.Option(help="area | residents")] = "area",
    repair: Annotated[
        bool, typer.Option("--repair", help="修复并存为方案 / repair and save as a plan")
    ] = False,
    give: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ZONE",
            help="给空警务区其最大网格 / give an empty zone its best grid (all)",
        ),
    ] = None,
    exempt: Annotated[
        list[str] | None, typer.Option(metavar="GRID", help="飞地豁免 / a grid known to lie apart")
    ] = None,
    source: Annotated[str | None, typer.Option("--from", help="polygons | table")] = None,
    nested_share: Annotated[float, typer.Option(help="视为嵌套的份额 / share that counts as nested")] = 0.99,
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """网格与警务区的嵌套 / how grids nest in zones, and what breaks it."""
    from data.workspace import Workspace
    from geo.nesting import NestingParams
    from planning.nesting import nest_district
    from planning.repair import repair_district
    from ui.saving import NESTING_TABLES, read_tables, save_nesting

    say = speaker(lang, as_json)
    if source not in (None, "polygons", "table"):
        raise SettingError("setting_wrong", name="--from", found=source, allowed="polygons, table")
    if give and not repair:
        raise SettingError("option_needs", name="--give", other="--repair")
    opened = Workspace.open(workspace)
    stamp, tables = opened.stamp, read_tables(opened, NESTING_TABLES)
    params = NestingParams(by=by, nested_share=nested_share)  # type: ignore[arg-type]
    nesting = nest_district(tables, params=params, exempt=exempt or (), source=source)  # type: ignore[arg-type]
    if unknown := sorted(set(exempt or ()) - set(nesting.grids.index)):
        raise SettingError("grid_unknown", grids=", ".join(unknown))
    plan_id, shown, moved = None, nesting, 0.0
    if repair:
        mended = repair_district(tables, nesting, give_to=_given(say, nesting, give))
        shown, moved = mended.nesting, float(mended.moved["area_m2"].sum())
        plan_id = save_nesting(opened, mended, name=say.t("plan.first_name"), stamp=stamp)
    for zone in shown.empty_zones:
        say.message(say.t("cli.zone_empty", zone=zone))
    facts = {**shown.summary(), "plan": plan_id, "moved_m2": moved, "empty_zone_ids": shown.empty_zones}
    kinds = shown.findings["code"].value_counts()
    say.result(
        {**facts, "findings_by_code": {str(code): int(n) for code, n in kinds.items()}},
        _headline(say.t, shown.summary()),
        *(f"{say.t.name('finding', code)}\t{n}" for code, n in kinds.items()),
        *([say.t("cli.plan_saved", plan=plan_id, area=say.t.area(moved))] if plan_id else []),
    )


def _given(say: Speaker, nesting: Nesting, stated: list[str] | None) -> list[str]:
    """Return the empty zones that get their best grid: as stated, else as the person at the terminal says."""
    from planning.nesting import best_grid
    from planning.repair import givable

    if stated == ["all"]:
        return givable(nesting)
    if stated is not None or say.as_json or not sys.stdin.isatty():
        return stated or []
    best = {zone: best_grid(nesting.pairs, zone) for zone in nesting.empty_zones}
    return [
        zone
        for zone, grid in best.items()
        if grid and typer.confirm(say.t("cli.give_ask", zone=zone, grid=grid), err=True)
    ]


def _headline(t: Words, facts: dict[str, Any]) -> str:
    zones, grids = t.number(facts["zones"]), t.number(facts["grids"])
    return f"{zones} / {grids} / {t.percent(facts['share_nested'])}"
