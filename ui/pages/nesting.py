"""Page 嵌套: how the grids nest in the zones, what breaks it, and the repair that becomes the first plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from data.schemas import GRID_ID, ZONE_ID
from geo.errors import GridBeatError
from planning.findings import SEVERITY
from ui import cached, look
from ui.maps.nesting import substantial
from ui.pages import nesting_tables as listed

if TYPE_CHECKING:
    from planning.nesting import Nesting
    from planning.repair import Repair
    from ui.place import Place

_REPAIR, _LEAVE = "repair", "-"


@dataclass(frozen=True, kw_only=True)
class Found:
    """What the page shows: the nesting, and the repair once it was asked for."""

    by: str
    nesting: Nesting
    repair: Repair | None
    give_to: tuple[str, ...] | None
    # Why the repair that was asked for could not be made.
    fault: GridBeatError | None = None


def show(place: Place) -> None:
    """Show the page for the workspace at `place`."""
    t = place.t
    look.title(t("nesting.title"), t("nesting.subtitle", name=place.name))
    head = st.container()
    left, right = st.columns([2.15, 1])
    with right:
        by = _basis(place)
    try:
        found = _find(place, by)
    except GridBeatError as error:
        look.show_error(error, t)
        st.info(t("nesting.how_to_import"))
        return
    with head:
        _headline(place, found)
    with left:
        html = _map(place, found)
    with right:
        _controls(place, found)
    _tables(place, found, html)


def _basis(place: Place) -> str:
    t = place.t
    with_points = len(cached.table(place.path, place.stamp, "population")) > 0
    choices = ["area", "residents"] if with_points else ["area"]
    chosen = st.segmented_control(
        t("nesting.basis"),
        choices,
        default="area",
        required=True,
        format_func=lambda by: t(f"basis.{by}"),
        key="nesting_basis",
        help=t("nesting.basis_help"),
    )
    if not with_points:
        st.caption(t("nesting.residents_missing"))
    return chosen if chosen in choices else "area"


def _find(place: Place, by: str) -> Found:
    nesting = _computed(place, by)
    give_to = _asked_repair(place, nesting)
    try:
        repair = None if give_to is None else cached.repaired(place.path, place.stamp, by, give_to)
    except GridBeatError as fault:
        # An address may ask for what cannot be done: the nesting is still shown, and the choice dropped.
        _choose_repair(place, None)
        return Found(by=by, nesting=nesting, repair=None, give_to=None, fault=fault)
    return Found(by=by, nesting=nesting, repair=repair, give_to=give_to)


def _computed(place: Place, by: str) -> Nesting:
    with st.spinner(place.t("nesting.computing")):
        return cached.nesting(place.path, place.stamp, by)


def _asked_repair(place: Place, nesting: Nesting) -> tuple[str, ...] | None:
    """Return the empty zones to be given a grid, or None before the repair; the address survives a reload."""
    text = st.session_state.get(_key(place, _REPAIR), st.query_params.get(_REPAIR))
    if text is None:
        return None
    _choose_repair(place, text)
    empty = set(nesting.empty_zones)
    return tuple(sorted(zone for zone in text.split(",") if zone in empty))


def _choose_repair(place: Place, text: str | None) -> None:
    """Keep the choice of a repair in the session and in the address, or drop it."""
    if text is None:
        st.session_state.pop(_key(place, _REPAIR), None)
        st.query_params.pop(_REPAIR, None)
        return
    st.session_state[_key(place, _REPAIR)] = st.query_params[_REPAIR] = text


def _key(place: Place, name: str) -> str:
    """Return the session's key for something that is chosen for this workspace alone."""
    return f"{name} {place.path}"


def _headline(place: Place, found: Found) -> None:
    t = place.t
    before = found.nesting.summary()
    st.html(listed.headline(before, found.repair.nesting.summary() if found.repair else None, t))


def _map(place: Place, found: Found) -> str:
    t = place.t
    with st.spinner(t("map.drawing")):
        html = cached.nesting_html(place.path, place.stamp, place.lang, place.credit, found.by, found.give_to)
    with st.container(key="nesting-map"):
        st.iframe(html, height=look.MAP_HEIGHT, alt=t("nesting.map_alt"))
    return html


def _controls(place: Place, found: Found) -> None:
    pending = _exemptions(place, found)
    give_to = _empty_zones(place, found)
    t = place.t
    if found.fault is not None:
        look.show_error(found.fault, t)
    if found.repair is None:
        st.caption(look.plain(t("nesting.repair_hint")))
    if st.button(
        t("nesting.repair") if found.repair is None else t("nesting.repair_again"),
        type="primary" if found.repair is None else "secondary",
        width="stretch",
        key="repair_button",
    ):
        # What was chosen above counts, saved or not: it is saved along with the repair.
        if pending is None:
            _run_repair(place, found, give_to)
        elif _save_exemptions(place, *pending):
            _choose_repair(place, ",".join(give_to) or _LEAVE)
            st.rerun()
    if found.repair is not None:
        _back(place)
        _report(place, found.repair)
        _save(place, found.repair)
    _plans(place)
    if found.repair is None:
        st.caption(t("nesting.hierarchy"))
        _checks(place, found)


def _exemptions(place: Place, found: Found) -> tuple[set[str], set[str]] | None:
    """Return the exemptions to add and to remove that were chosen but not saved yet, or None."""
    t, grids = place.t, found.nesting.grids
    exempt = sorted(grids.index[grids["exempt"]])
    candidates = sorted(grids.index[grids["enclave"] | grids["exempt"]])
    if not candidates:
        return None
    names = _names(place, "grids", GRID_ID)
    chosen = st.multiselect(
        t("nesting.exemptions", count=t.number(len(candidates))),
        candidates,
        default=exempt,
        format_func=lambda grid: names.get(grid, grid),
        placeholder=t("nesting.exemptions_hint"),
        help=t("nesting.exemptions_help"),
        select_all=False,
        key=_key(place, f"exempt {place.stamp}"),
    )
    if sorted(chosen) == exempt:
        return None
    pending = set(chosen) - set(exempt), set(exempt) - set(chosen)
    if st.button(t("nesting.exemptions_save"), width="stretch") and _save_exemptions(place, *pending):
        st.rerun()
    return pending


def _save_exemptions(place: Place, add: set[str], remove: set[str]) -> bool:
    from data.workspace import Workspace
    from ui.exempting import change_exemptions

    try:
        change_exemptions(Workspace.open(place.path), add=add, remove=remove)
    except GridBeatError as error:
        look.show_error(error, place.t)
        return False
    return True


def _empty_zones(place: Place, found: Found) -> tuple[str, ...]:
    t, empty = place.t, found.nesting.empty_zones
    if not empty:
        return ()
    names = _names(place, "zones", ZONE_ID)
    texts = [names.get(zone, zone) for zone in empty]
    st.warning(
        look.plain(t("nesting.empty_zones", count=t.number(len(empty)), names=t.listed(texts, at_most=8)))
    )
    chosen = st.multiselect(
        t("nesting.give_to"),
        empty,
        default=list(found.give_to or ()),
        format_func=lambda zone: names.get(zone, zone),
        placeholder=t("nesting.give_to_hint"),
        select_all=False,
        key=_key(place, "give_to"),
    )
    return tuple(sorted(chosen))


def _run_repair(place: Place, found: Found, give_to: tuple[str, ...]) -> None:
    t = place.t
    with st.status(t("nesting.repairing"), expanded=True) as status:
        status.write(t("nesting.repairing_zones"))
        try:
            cached.repaired(place.path, place.stamp, found.by, give_to)
        except GridBeatError as error:
            status.update(label=t("nesting.repair_failed"), state="error")
            look.show_error(error, t)
            return
        status.write(t("nesting.repairing_map"))
        cached.nesting_html(place.path, place.stamp, place.lang, place.credit, found.by, give_to)
    # A mark even where no zone is given a grid: the address must tell "repaired" from "not yet".
    _choose_repair(place, ",".join(give_to) or _LEAVE)
    st.rerun()


def _back(place: Place) -> None:
    if st.button(place.t("nesting.back"), width="stretch", key="back_button"):
        _choose_repair(place, None)
        st.rerun()


def _report(place: Place, repair: Repair) -> None:
    t, moved = place.t, repair.moved
    decided = substantial(moved)
    zones = pd.concat([decided["from_zone_id"], decided["to_zone_id"]]).nunique()
    facts = {
        "grids": t.number(decided[GRID_ID].nunique()),
        "area": t.area(float(decided["area_m2"].sum())),
        "zones": t.number(zones),
        "slivers": t.area(float(moved["area_m2"].sum() - decided["area_m2"].sum())),
        "left": t.number(len(repair.empty_zones)),
    }
    st.success(look.plain(t("nesting.report", **facts)))


def _save(place: Place, repair: Repair) -> None:
    """Keep the repair as a draft; the same assignment comes back as the same plan, however often clicked."""
    from data.workspace import Workspace
    from ui.saving import save_nesting

    t, shown = place.t, _key(place, "shown")
    # What was looked at when the button was pressed: by now the tables may be others.
    stamp = st.session_state.get(shown, place.stamp)
    if st.button(t("nesting.save"), type="primary", width="stretch", key="save_plan"):
        try:
            plan = save_nesting(Workspace.open(place.path), repair, name=t("plan.first_name"), stamp=stamp)
        except GridBeatError as error:
            look.show_error(error, t)
        else:
            st.toast(t("nesting.saved", plan=plan))
    st.session_state[shown] = place.stamp


def _plans(place: Place) -> None:
    from data.plans import read_plans
    from data.workspace import Workspace

    plans = read_plans(Workspace.open(place.path))
    if plans.empty:
        return
    t = place.t
    st.caption(t("nesting.plans"))
    st.dataframe(
        pd.DataFrame(
            {
                t("column.plan_id"): plans["plan_id"],
                t("column.name"): plans["name"],
                t("column.status"): [t.name("state", status) for status in plans["status"]],
                t("column.created"): [str(at)[:16].replace("T", " ") for at in plans["created"]],
            }
        ).iloc[::-1],
        hide_index=True,
        height="auto" if len(plans) <= 4 else 175,
        key="plans",
    )


def _tables(place: Place, found: Found, html: str) -> None:
    t = place.t
    count = t.number(len(found.nesting.findings))
    if found.repair is not None:
        count += f" → {t.number(len(found.repair.nesting.findings))}"
    names = [t("findings.tab", count=count), t("nesting.downloads")]
    if found.repair is not None:
        names[1:1] = [t("nesting.moved_grids"), t("nesting.changed_zones"), t("nesting.hierarchy")]
    tabs = dict(zip(names, st.tabs(names), strict=True))
    with tabs[names[0]]:
        _findings(place, found)
    if found.repair is not None:
        with tabs[t("nesting.moved_grids")]:
            st.dataframe(
                listed.moved_table(found.repair, _names(place, "zones", ZONE_ID), t),
                hide_index=True,
                height=360,
            )
        with tabs[t("nesting.changed_zones")]:
            st.dataframe(
                listed.zones_table(found.repair, _names(place, "zones", ZONE_ID), t),
                hide_index=True,
                height=360,
            )
    if found.repair is not None:
        with tabs[t("nesting.hierarchy")]:
            _checks(place, found)
    with tabs[t("nesting.downloads")]:
        _downloads(place, found, html)


def _checks(place: Place, found: Found) -> None:
    levels = ("villages", "towns", "stations")
    present = [name for name in levels if len(cached.table(place.path, place.stamp, name))]
    st.html(
        listed.hierarchy_checks(found.repair.nesting if found.repair else found.nesting, present, place.t)
    )


def _findings(place: Place, found: Found) -> None:
    from ui.tables import findings_table

    t, findings = place.t, found.nesting.findings
    if found.repair is not None and _shows_what_is_left(place):
        findings = found.repair.nesting.findings
    if findings.empty:
        st.success(t("findings.none"))
        return
    counts = findings["code"].value_counts()
    # Gravest first, and always in the same order.
    codes = [code for code in SEVERITY if code in counts]
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        kinds = st.pills(
            t("findings.kinds"),
            codes,
            selection_mode="multi",
            format_func=lambda code: f"{t.name('finding', code)} {t.number(int(counts[code]))}",
            key=_key(place, "finding_kinds"),
        )
    with right:
        wanted = st.text_input(
            t("findings.search"), placeholder=t("findings.search_hint"), key="finding_search"
        )
    table = findings_table(findings, t)
    table = table[listed.matching(findings, table, kinds or [], wanted or "")]
    st.dataframe(
        table,
        hide_index=True,
        height=380,
        row_height=32,
        column_config={
            t("column.area_m2"): st.column_config.NumberColumn(format="%.1f"),
            t("column.share_percent"): st.column_config.NumberColumn(format="%.2f"),
            t("column.what"): st.column_config.TextColumn(width="large"),
            t("column.remedy"): st.column_config.TextColumn(width="large"),
        },
        placeholder=t.number(None),
    )
    if table.empty:
        st.caption(t("findings.no_match"))


def _shows_what_is_left(place: Place) -> bool:
    t = place.t
    moment = st.segmented_control(
        t("findings.moment"),
        ["before", "after"],
        default="after",
        required=True,
        format_func=lambda moment: t(f"findings.moment_{moment}"),
        label_visibility="collapsed",
        key=_key(place, "findings_moment"),
    )
    return moment == "after"


def _downloads(place: Place, found: Found, html: str) -> None:
    t, state = place.t, (place.path, place.stamp, place.lang)
    xlsx, csv = cached.findings_files(*state, found.by, found.give_to)
    assigned_xlsx, assigned_csv = cached.assignment_files(*state, found.by, found.give_to)
    spreadsheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    files = (
        ("findings_xlsx", xlsx, f"{t('findings.title')}.xlsx", spreadsheet),
        ("findings_csv", csv, f"{t('findings.title')}.csv", "text/csv"),
        ("assignment_xlsx", assigned_xlsx, f"{t('nesting.assignment')}.xlsx", spreadsheet),
        ("assignment_csv", assigned_csv, f"{t('nesting.assignment')}.csv", "text/csv"),
        ("map_html", html, f"{t('nesting.title')}.html", "text/html"),
    )
    for column, (key, content, name, mime) in zip(st.columns(len(files)), files, strict=True):
        with column:
            st.download_button(
                t(f"download.{key}"),
                content,
                file_name=name,
                mime=mime,
                on_click="ignore",
                width="stretch",
                key=key,
            )
            st.caption(t(f"download.{key}_note"))


def _names(place: Place, table: str, key: str) -> dict[str, str]:
    return cached.labels(place.path, place.stamp, table, key)
