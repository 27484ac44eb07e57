"""The command on roads: into the district from any file, or from OpenStreetMap's servers."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from geo.errors import SettingError
from ui.doors.speaking import AsJson, Lang, Speaker, WorkspacePath, speaker, told

if TYPE_CHECKING:
    from data.reporting import ImportReport
    from data.workspace import Workspace
    from planning.road_report import RoadReport

    Box = tuple[float, float, float, float]

# Roads that far beyond the district's border still shorten ways inside it.
_MARGIN_M = 5_000.0
_LISTED = 10
# What was done to the layer, in the order in which it is told.
_MENDS = (
    "touches",
    "vertices",
    "crossings",
    "crossings_passed",
    "ends_joined",
    "duplicates",
    "without_length",
    "without_shape",
    "class_unstated",
)


@told
def roads(
    workspace: WorkspacePath,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help=".osm .osm.gz .osm.bz2 .osm.pbf 或任何道路图层 / or any road layer"
        ),
    ] = None,
    place: Annotated[
        str | None, typer.Option(metavar="NAME", help="联网下载此地的道路 / download the roads of a place")
    ] = None,
    bbox: Annotated[
        str | None,
        typer.Option(
            metavar="W,S,E,N", help="经纬度范围：从文件截取，没有文件则联网下载 / from the file, or online"
        ),
    ] = None,
    around: Annotated[
        bool,
        typer.Option(
            "--around", help="联网下载区县范围及周边 5 公里 / download the district and 5 km around"
        ),
    ] = False,
    whole: Annotated[
        bool,
        typer.Option(
            "--whole", help="读取整个文件，不按区县范围截取 / all of the file, also far from the district"
        ),
    ] = False,
    incomplete: Annotated[
        bool,
        typer.Option("--incomplete", help="裁剪过的文件只用其中有的部分 / of a clipped file what there is"),
    ] = False,
    district: Annotated[
        str | None, typer.Option(metavar="NAME", help="新工作区的区县名 / name of a new district")
    ] = None,
    as_json: AsJson = False,
    lang: Lang = "zh",
) -> None:
    """导入道路，报告里程与连通 / bring in roads, and tell how they hang together."""
    from data.workspace import Workspace
    from geo.speeds import Speeds
    from planning.road_report import road_report
    from ui.patrol_ground import SPEEDS_SETTING

    say = speaker(lang, as_json)
    box = None if bbox is None else _box(bbox)
    _require_one_source(file, place, bbox, around)
    known = Workspace.open(workspace) if workspace.exists() else None
    if file is not None:
        kept = _from_file(
            say, workspace, known, file, box, whole=whole, incomplete=incomplete, district=district
        )
    else:
        kept = _from_servers(say, workspace, known, place, box, district=district)
    say.message(say.t("roads.reporting"))
    opened = Workspace.open(workspace)
    speeds = Speeds.from_dict(opened.setting(SPEEDS_SETTING, {}))
    report = road_report(opened.read_all(["roads", "villages", "posts"]), speeds=speeds)
    _tell(say, workspace, kept, report)


def _require_one_source(file: Path | None, place: str | None, bbox: str | None, around: bool) -> None:
    online = [name for name, given in (("--place", place), ("--around", around)) if given]
    if file is None and bbox is not None:
        online.append("--bbox")
    sources = [*(["FILE"] if file is not None else []), *online]
    if len(sources) != 1:
        raise SettingError("roads_one_source", found=", ".join(sources))


def _box(text: str) -> Box:
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise SettingError("setting_wrong", name="--bbox", found=text, allowed="W,S,E,N") from None
    return west, south, east, north


def _from_file(
    say: Speaker,
    workspace: Path,
    known: Workspace | None,
    file: Path,
    box: Box | None,
    *,
    whole: bool,
    incomplete: bool,
    district: str | None,
) -> ImportReport:
    from data.importing import import_file
    from data.road_files import district_box, keep_roads
    from geo.osm import is_osm, read_osm

    if not is_osm(file):
        if box is not None:
            raise SettingError("roads_box_needs_osm", file=file.name)
        return import_file(known or workspace, file, "roads", district=district)
    if box is None and known is not None and not whole:
        box = district_box(known, margin_m=_MARGIN_M)
        if box is not None:
            say.message(say.t("roads.clipped_to_district", km=say.t.number(_MARGIN_M / 1000)))
    say.message(say.t("roads.reading", file=file.name))
    found = read_osm(file, bbox=box, incomplete=incomplete)
    return keep_roads(known or workspace, found, source=file.name, district=district)


def _from_servers(
    say: Speaker,
    workspace: Path,
    known: Workspace | None,
    place: str | None,
    box: Box | None,
    *,
    district: str | None,
) -> ImportReport:
    from data.road_files import district_box, keep_roads
    from geo.osm import fetch_osm

    if place is None and box is None:
        box = None if known is None else district_box(known, margin_m=_MARGIN_M)
        if box is None:
            raise SettingError("roads_around_nothing")
    source = (
        f"OpenStreetMap: {place}" if place else "OpenStreetMap: " + ",".join(f"{x:.5f}" for x in box or ())
    )
    say.message(say.t("roads.fetching"))
    found = fetch_osm(place=place, bbox=box)
    return keep_roads(known or workspace, found, source=source, district=district or place)


def _tell(say: Speaker, workspace: Path, kept: ImportReport, report: RoadReport) -> None:
    t = say.t
    facts = {
        "workspace": str(workspace),
        "source": kept.file,
        "import_id": kept.import_id,
        "rows": kept.rows,
        "replaced": kept.replaced,
        **report.summary(),
    }
    joined = [f"{t(f'roads.{name}')} {t.number(report.graph[name])}" for name in _MENDS if report.graph[name]]
    lines = [
        t("roads.kept", file=kept.file, rows=t.number(kept.rows), id=kept.import_id),
        *(f"{t.name('road', name)}\t{t.length(km * 1000)}" for name, km in report.km.items()),
        t(
            "roads.lengths",
            oneway=t.length(report.oneway_km * 1000),
            bridge=t.length(report.bridge_km * 1000),
        ),
        *([t("roads.mended", listed=t.listed(joined, at_most=len(joined)))] if joined else []),
        t("roads.parts", count=t.number(len(report.parts)), share=t.percent(facts["largest_share"])),
    ]
    for mode, reasons in report.missed.items() if report.places else ():
        served = report.places - len(reasons)
        lines.append(
            t(
                "roads.served",
                mode=t.name("travel_mode", mode),
                served=t.number(served),
                places=t.number(report.places),
            )
        )
        lines += [f"- {t.reason(reason)}" for reason in reasons[:_LISTED]]
        if len(reasons) > _LISTED:
            lines.append(t("roads.more", count=t.number(len(reasons) - _LISTED)))
    say.result(facts, *lines)
