"""Command that tells when and where calls come, and proposes stops."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from geo.errors import FileError, SettingError
from ui.doors.speaking import AsJson, Lang, WorkspacePath, speaker, told

if TYPE_CHECKING:
    import pandas as pd

    from data.workspace import Workspace
    from planning.hot_spots import HotSpots

_TABLES = ("stations", "villages", "grids", "zones", "incidents", "stops")
_SUFFIXES = (".csv", ".xlsx")


@told
def heat(
    workspace: WorkspacePath,
    by: Annotated[
        str, typer.Option(metavar="station|zone|village|grid|district", help="按什么统计 / what places are")
    ] = "station",
    plan: Annotated[
        str | None, typer.Option(metavar="ID", help="按哪个方案的警务区；默认现状 / zones of which plan")
    ] = None,
    place: Annotated[
        str | None, typer.Option(metavar="ID", help="只看这一处 / the table of this place alone")
    ] = None,
    first: Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="起 / first day")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="止 / last day")] = None,
    category: Annotated[
        list[str] | None, typer.Option(metavar="KIND", help="只计这类警情，可重复 / only calls of this kind")
    ] = None,
    propose: Annotated[
        int, typer.Option(min=0, metavar="N", help="提出几个高发必巡点 / how many stops to propose")
    ] = 10,
    force: Annotated[
        str | None, typer.Option(metavar="village|squad", help="为哪支力量提出 / for which force")
    ] = None,
    add: Annotated[bool, typer.Option("--add", help="把提出的存为必巡点 / keep the proposed stops")] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="明细表 / all cells as .csv or .xlsx")
    ] = None,
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """接报警情的时段 × 星期表，高发而少巡的部位 / when calls come; hot places that are thinly covered."""
    from data.exporting import export_bytes
    from data.workspace import Workspace
    from planning.heat import HeatParams, heat_table
    from planning.hot_spots import hot_spots
    from ui.heat_report import heat_facts, heat_lines, heat_rows
    from ui.names import PlaceNames
    from ui.saving import read_tables
    from ui.tables import write_csv, write_xlsx

    say = speaker(lang, as_json)
    params = HeatParams(
        by=by, first_day=first, last_day=last, categories=tuple(category) if category else None
    )
    if out is not None:
        _require_table(out)
    opened = Workspace.open(workspace)
    stamp, tables = opened.stamp, read_tables(opened, _TABLES)
    found = heat_table(tables, params, assignment=_assignment(opened, plan) if by == "zone" else None)
    if place is not None and place not in found.places:
        raise SettingError("heat_place_unknown", found=place, known=found.places[:10])
    proposed = hot_spots(tables, params, count=propose, force=force)
    names = PlaceNames.of(tables)
    facts = heat_facts(found, proposed, names, place)
    facts["added"] = _added(opened, proposed, stamp) if add else []
    facts["file"] = None if out is None else str(out)
    if out is not None:
        rows = heat_rows(found, names, say.t)
        book = out.suffix.lower() == ".xlsx"
        export_bytes(write_xlsx({say.t("heat.sheet"): rows}) if book else write_csv(rows), out)
    say.result(
        facts,
        *heat_lines(found, proposed, names, place, say.t),
        *([say.t("heat.added", count=say.t.number(len(facts["added"])))] if add else []),
    )


def _assignment(workspace: Workspace, plan: str | None) -> pd.Series | None:
    from data.plans import read_assignment, today_plan_id

    plan_id = plan or today_plan_id(workspace)
    return None if plan_id is None else read_assignment(workspace, plan_id)


def _added(workspace: Workspace, proposed: HotSpots, stamp: str) -> list[str]:
    """Keep proposed stops, all of them or none, and return their ids."""
    from data.editing import Changes, edit_rows

    rows = proposed.stops.astype(object).where(proposed.stops.notna(), None).to_dict("records")
    added = [{str(name): value for name, value in row.items() if value is not None} for row in rows]
    return list(edit_rows(workspace, "stops", Changes(added=added), stamp=stamp).added) if added else []


def _require_table(file: Path) -> None:
    from data.exporting import require_export_target

    if file.suffix.lower() not in _SUFFIXES:
        raise FileError("file_kind_unknown", file=str(file), found=file.suffix, known=" ".join(_SUFFIXES))
    require_export_target(file)
