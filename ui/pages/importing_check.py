"""Steps 3 and 4 of an import: read and checked, shown with all that was found, then kept by one click."""

from __future__ import annotations

import json
import time
from html import escape
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import streamlit as st

from data.importing import prepare
from data.imports import MODES
from data.reporting import WEIGHTS
from data.schemas import TABLES
from geo.cleaning import MENDABLE
from geo.crs import LONLAT
from geo.errors import ConflictError, GridBeatError
from geo.gcj02 import shapes_to_wgs84
from ui import cached, look
from ui.maps.importing import import_map, placed_findings
from ui.pages.importing_look import crs_key, unanswered
from ui.reports import columns_table, field_name, kind_name, report_sheets, report_table
from ui.tables import write_xlsx

if TYPE_CHECKING:
    from collections.abc import Callable

    from data.importing import Draft, Tell
    from data.reporting import Finding, ImportReport
    from ui.pages.importing_bench import Asked, Bench
    from ui.place import Place
    from ui.words import Words

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BEHIND = ("towns", "villages", "zones", "grids", "stations", "areas", "water")
# More shapes than this are drawn as a sample: the map is for looking, the checks have seen all.
_DRAWN_AT_MOST = 4_000
_NUMBERED_AT_MOST = 400
_TELL_EVERY_S = 0.2
_SHORT = {"gcj02": "GCJ-02", "bd09": "BD-09"}
# Suggestions that the coordinates be read as in another system.
_OTHER_SYSTEM = ("crs_fits_better", "crs_stated_in_file")
# Findings that `ImportParams.repair` does something about.
_MENDABLE = frozenset({*MENDABLE, "shape_null", "shape_empty", "shape_not_finite", "shape_kind"})
# At least; the style sheet lets the map grow with the window.
_MAP_HEIGHT = 400


def show_check(place: Place, bench: Bench, asked: Asked | None) -> None:
    """Show the step for what is asked; None where nothing can be asked yet."""
    t = place.t
    if asked is None:
        return
    missing = unanswered(asked)
    fresh = bench.draft is not None and bench.asked == asked
    st.html(f'<h3 class="gb-step">{escape(t("import.step_check"))}</h3>')
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            t("import.check") if bench.draft is None else t("import.check_again"),
            type="secondary" if fresh else "primary",
            disabled=bool(missing),
            key=bench.name("check"),
        )
        if missing:
            st.caption(
                t("import.missing", names=t.listed(field_name(name, asked.table, t) for name in missing))
            )
        elif bench.draft is not None and not fresh:
            st.caption(t("import.settings_changed"))
        elif bench.cancelled and not pressed:
            st.caption(t("import.cancelled"))
    if (pressed or bench.go) and not missing:
        _run(place, bench, asked)
    if bench.fault is not None and bench.asked == asked:
        look.show_error(bench.fault, t)
        if bench.fault.code.startswith("crs_"):
            st.caption(t("import.choose_crs"))
    draft = bench.draft
    if draft is not None and bench.asked == asked:
        _show(place, bench, draft)


def _run(place: Place, bench: Bench, asked: Asked) -> None:
    """Read and check the file; a click on anything ends the run, and what was read is gone."""
    from data.workspace import Workspace

    t = place.t
    bench.drop_draft()
    bench.go = False
    with st.container(horizontal=True, vertical_alignment="center", key="import-progress"):
        bar = st.progress(0.0, text=t("import.reading"))
        st.button(t("import.cancel"), key=bench.name("cancel"), on_click=bench.stop)
    try:
        workspace = Workspace.open(place.path)
        stamp = workspace.stamp
        draft = prepare(
            asked.path, asked.table, params=asked.params, workspace=workspace, tell=_teller(bar, t)
        )
    except GridBeatError as fault:
        bench.fault, bench.asked = fault, asked
    else:
        bench.draft, bench.asked, bench.stamp = draft, asked, stamp
    st.rerun()


def _teller(bar: st.delta_generator.DeltaGenerator, t: Words) -> Tell:
    last = 0.0

    def tell(done: int, whole: int | None) -> None:
        nonlocal last
        if time.monotonic() - last < _TELL_EVERY_S and done != whole:
            return
        last = time.monotonic()
        if done == whole:
            # What follows takes all rows at once, and cannot be counted.
            bar.progress(1.0, text=t("import.checking"))
        elif whole:
            text = t("import.progress", done=t.number(done), rows=t.number(whole))
            bar.progress(min(done / whole, 1.0), text=text)
        else:
            bar.progress(0.0, text=t("import.progress_unknown", done=t.number(done)))

    return tell


def _show(place: Place, bench: Bench, draft: Draft) -> None:
    t, report = place.t, draft.report
    listed = report_table(report, t)
    left, right = st.columns([1.7, 1], gap="medium")
    located = draft.staged.shape is not None
    with left:
        if located:
            _map(place, bench, draft, listed)
        else:
            _what_happens(report, t)
    with right:
        if located:
            _what_happens(report, t)
        _mode(bench, report, t)
        _suggestions(bench, report, t)
        _keep(place, bench, draft)
    _findings(bench, report, listed, t)


def _what_happens(report: ImportReport, t: Words) -> None:
    """Say in words what the click would do, and what keeps it from being done."""
    facts = {
        "rows": t.number(report.rows),
        "before": t.number(report.replaced),
        "table": t.name("table", report.table),
        "read": t.number(report.rows_read),
    }
    kind = "new" if not report.replaced else report.mode
    lines = [t(f"import.will_{kind}", **facts)]
    if report.table == "incidents":
        lines.append(t("import.will_count", **facts))
    if report.dissolved:
        lines.append(t("import.will_dissolve", count=t.number(report.dissolved)))
    if report.personal:
        lines.append(t("import.will_leave", columns=t.listed(report.personal), count=len(report.personal)))
    text = "  \n".join(look.plain(line) for line in lines)
    faults = report.fault_count()
    if not faults:
        st.success(text)
        return
    kinds = report.counts.get("fault", {})
    told = [f"{kind_name(report, code, t)} {t.number(count)}" for code, count in kinds.items()]
    st.error(look.plain(t("import.faults", count=t.number(faults), kinds=t.listed(told))))
    st.caption(text)


def _mode(bench: Bench, report: ImportReport, t: Words) -> None:
    if not report.replaced:
        return
    key = bench.name(f"mode {report.table} {report.mode}")

    def choose() -> None:
        chosen = st.session_state.get(key)
        if chosen in MODES:
            bench.modes[report.table] = chosen
            bench.go = True

    st.segmented_control(
        t("import.mode"),
        MODES,
        default=report.mode,
        required=True,
        format_func=lambda mode: t(f"import.mode.{mode}"),
        help=t("import.mode_help"),
        key=key,
        on_change=choose,
    )


def _suggestions(bench: Bench, report: ImportReport, t: Words) -> None:
    """Show what waits for a yes, each with the button that does it and checks again."""
    for finding in report.of("suggestion"):
        st.warning(look.plain(t.reason(finding.reason)))
        wish = _wish(bench, finding)
        if wish is not None:
            label, apply = wish
            st.button(
                t(label, system=_SHORT.get(str(finding.reason.facts.get("system")), "")),
                key=bench.name(f"do {finding.reason.code}"),
                on_click=apply,
                type="primary",
                width="stretch",
            )
    if _is_mendable(report) and bench.asked is not None and not bench.asked.params.repair:
        st.button(
            t("import.do_repair"),
            key=bench.name("do repair"),
            on_click=_setting(bench, bench.name("repair"), True),
            width="stretch",
        )


def _is_mendable(report: ImportReport) -> bool:
    """Whether mending would change anything: some shapes are not as they should be, or absent."""
    codes = {*report.counts.get("note", {}), *report.counts.get("fault", {})}
    return TABLES[report.table].shape is not None and not _MENDABLE.isdisjoint(codes)


def _wish(bench: Bench, finding: Finding) -> tuple[str, Callable[[], None]] | None:
    code, facts = finding.reason.code, finding.reason.facts
    if code == "dissolve_offered":
        return "import.do_dissolve", _setting(bench, bench.name("dissolve"), True)
    if code in _OTHER_SYSTEM:
        return "import.do_system", _setting(bench, crs_key(bench), str(facts["system"]))
    return None


def _setting(bench: Bench, key: str, value: object) -> Callable[[], None]:
    """Return what a click does: a widget above is set, and the file is checked again."""

    def apply() -> None:
        st.session_state[key] = value
        bench.go = True

    return apply


def _keep(place: Place, bench: Bench, draft: Draft) -> None:
    t, report = place.t, draft.report
    blocked = report.fault_count() > 0
    # Where something better is suggested, that comes first to the eye.
    better = any(_wish(bench, finding) is not None for finding in report.of("suggestion"))
    pressed = st.button(
        t("import.keep"),
        type="secondary" if better else "primary",
        disabled=blocked,
        width="stretch",
        key=bench.name("keep"),
        help=t("import.keep_blocked") if blocked else None,
    )
    if not pressed:
        return
    try:
        _bring_in(place, bench, draft)
    except GridBeatError as error:
        look.show_error(error, t)
        return
    st.rerun()


def _bring_in(place: Place, bench: Bench, draft: Draft) -> None:
    from data.workspace import Workspace

    with bench.busy:
        if bench.draft is not draft:
            return  # an earlier click has brought it in
        workspace = Workspace.open(place.path)
        if workspace.stamp != bench.stamp:
            # What was checked against has changed: ids that were known, places that were there.
            raise ConflictError("import_stale")
        kept = draft.keep(workspace)
        # From here to the end without a call of Streamlit's: a second click finds nothing left to import.
        bench.clear()
        bench.kept, bench.undone = kept, None


def _map(place: Place, bench: Bench, draft: Draft, listed: pd.DataFrame) -> None:
    t = place.t
    focus = _focus(bench, draft.report, listed, t)
    key = (place.lang, place.stamp, place.credit, focus)
    if key not in bench.drawn:
        with st.spinner(t("map.drawing")):
            bench.drawn = {key: _html(place, draft, listed, focus)}
    with st.container(key="import-map"):
        st.iframe(bench.drawn[key], height=_MAP_HEIGHT, alt=t("import.map_alt"))
    if draft.report.rows > _DRAWN_AT_MOST:
        st.caption(t("import.map_sample", drawn=t.number(_DRAWN_AT_MOST), rows=t.number(draft.report.rows)))


def _html(place: Place, draft: Draft, listed: pd.DataFrame, focus: tuple[float, float] | None) -> str:
    from ui.maps.offline import offline_html

    t, report = place.t, draft.report
    rows = draft.staged.some_rows(_DRAWN_AT_MOST)
    system = _better_system(report)
    tables = {
        name: cached.table(place.path, place.stamp, name)
        for name in _BEHIND
        if cached.counts(place.path, place.stamp).get(name)
    }
    m = import_map(
        tables,
        rows,
        table=report.table,
        findings=placed_findings(_to_place(report, listed, t), rows).head(_NUMBERED_AT_MOST),
        other=None if system is None else _read_as(rows, system),
        other_title="" if system is None else t("import.map_other", system=_SHORT.get(system, system)),
        focus=focus,
        with_loaded=any(f.reason.code == "layer_elsewhere" for f in report.of("suggestion")),
        lang=place.lang,
        credit=place.credit,
    )
    return offline_html(m, title=t("import.title"))


def _better_system(report: ImportReport) -> str | None:
    """Return the system that the coordinates seem to be in, where another one fits better."""
    found = (finding.reason for finding in report.of("suggestion"))
    return next((str(reason.facts["system"]) for reason in found if reason.code in _OTHER_SYSTEM), None)


def _read_as(rows: gpd.GeoDataFrame, system: str) -> gpd.GeoSeries:
    lonlat = rows.geometry.to_crs(LONLAT)
    shapes = np.asarray(lonlat.array, dtype=object)
    return gpd.GeoSeries(shapes_to_wgs84(shapes, system=system), index=rows.index, crs=LONLAT)


def _to_place(report: ImportReport, listed: pd.DataFrame, t: Words) -> pd.DataFrame:
    """Return the findings as the map wants them, numbered as in the table."""
    found = [report.findings[place] for place in listed.index]
    return pd.DataFrame(
        {
            "number": listed[t("column.number")],
            "weight": [finding.weight for finding in found],
            "what": listed[t("column.what")],
            "row": listed[t("import.row")],
            "lon": pd.to_numeric(listed[t("column.lon")]),
            "lat": pd.to_numeric(listed[t("column.lat")]),
        },
        index=listed.index,
    )


def _focus(bench: Bench, report: ImportReport, listed: pd.DataFrame, t: Words) -> tuple[float, float] | None:
    """Return where the finding lies that was clicked in the table below."""
    shown = st.session_state.get(bench.name("findings"))
    chosen = list(shown.get("selection", {}).get("rows", [])) if shown else []
    table = _of_weight(bench, listed, t)
    if not chosen or chosen[0] >= len(table) or bench.draft is None:
        return None
    one = _to_place(report, table.iloc[[chosen[0]]], t)
    placed = placed_findings(one, bench.draft.staged.some_rows(_DRAWN_AT_MOST))
    if placed.empty:
        return None
    point = placed.geometry.iloc[0]
    return (round(float(point.x), 6), round(float(point.y), 6))


def _of_weight(bench: Bench, listed: pd.DataFrame, t: Words) -> pd.DataFrame:
    wanted = st.session_state.get(bench.name("weights")) or list(WEIGHTS)
    return listed[listed[t("import.weight")].isin([t(f"import_weight.{weight}") for weight in wanted])]


def _findings(bench: Bench, report: ImportReport, listed: pd.DataFrame, t: Words) -> None:
    tabs = st.tabs(
        [t("import.findings", count=t.number(sum(_counts(report).values()))), t("import.columns_tab")]
    )
    with tabs[0]:
        if listed.empty:
            st.caption(t("import.nothing_found"))
        else:
            _finding_list(bench, report, listed, t)
        downloads(report, t, key=bench.name("report"))
    with tabs[1]:
        st.dataframe(columns_table(report, t), hide_index=True, height=320)


def _counts(report: ImportReport) -> dict[str, int]:
    found = {weight: sum(report.counts.get(weight, {}).values()) for weight in WEIGHTS}
    return {weight: count for weight, count in found.items() if count}


def _finding_list(bench: Bench, report: ImportReport, listed: pd.DataFrame, t: Words) -> None:
    counts = _counts(report)
    if len(counts) > 1:
        st.pills(
            t("import.weight"),
            list(counts),
            selection_mode="multi",
            format_func=lambda weight: f"{t(f'import_weight.{weight}')} {t.number(counts[weight])}",
            label_visibility="collapsed",
            key=bench.name("weights"),
        )
    table = _of_weight(bench, listed, t)
    total = sum(counts.values())
    if total > len(listed):
        st.caption(t("import.more_found", listed=t.number(len(listed)), count=t.number(total)))
    st.dataframe(
        table,
        hide_index=True,
        height=min(38 + 34 * len(table), 360),
        row_height=34,
        column_config={
            t("column.number"): st.column_config.NumberColumn(width=60),
            t("import.weight"): st.column_config.TextColumn(width=70),
            t("column.what"): st.column_config.TextColumn(width=640),
            t("import.row"): st.column_config.NumberColumn(format="%d", width=80),
            t("column.lon"): st.column_config.NumberColumn(format="%.6f"),
            t("column.lat"): st.column_config.NumberColumn(format="%.6f"),
        },
        placeholder="",
        on_select="rerun",
        selection_mode="single-row",
        key=bench.name("findings"),
    )
    if TABLES[report.table].shape is not None:
        st.caption(t("import.click_row"))


def downloads(report: ImportReport, t: Words, *, key: str) -> None:
    """Offer the report as a workbook and as JSON."""
    name = t("import.report_file", file=report.file.rsplit(".", 1)[0])
    with st.container(horizontal=True):
        st.download_button(
            t("import.report_xlsx"),
            lambda: write_xlsx(report_sheets(report, t)),
            file_name=f"{name}.xlsx",
            mime=_XLSX,
            on_click="ignore",
            key=f"{key} xlsx",
        )
        st.download_button(
            t("import.report_json"),
            lambda: json.dumps(report.summary(), ensure_ascii=False, indent=1).encode(),
            file_name=f"{name}.json",
            mime="application/json",
            on_click="ignore",
            key=f"{key} json",
        )
