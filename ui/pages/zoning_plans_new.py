"""New plans: a draft from today's, and assignments from files, as a draft or into the plan on the table."""

from __future__ import annotations

import uuid
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from data.files import private_folder
from data.plans import IMPORTED, PAINTED, duplicate_plan, read_assignment, save_plan, save_plans
from data.schemas import GRID_ID, VILLAGE_ID, ZONE_ID
from data.strokes import apply_stroke, plan_locks
from geo.errors import FileError
from ui import cached, look
from ui.assignment_files import read_assignment_file, unknown_zones
from ui.desk import FAULTS, carry_out, named
from ui.pages.importing import translate_uploader
from ui.pages.importing_files import keep_uploads, to_open
from ui.pages.zoning_plans_about import NAME_LENGTH, free_name
from ui.pages.zoning_plans_desk import Upload

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from ui.desk import Desk
    from ui.names import PlaceNames
    from ui.pages.zoning_plans_desk import PlansDesk
    from ui.words import Words
    from ui.zoning import Zoning

# Files that hold a table; what one cannot make an assignment of is not offered.
_MB = 200
_KINDS = ("csv", "txt", "xlsx", "xls", "gpkg", "geojson", "zip")


def show_new(zoning: Zoning, desk: Desk, mine: PlansDesk) -> None:
    """Offer a new draft from today's plan."""
    t, key = zoning.place.t, desk.key("plans-new")
    if st.button(t("plans.new"), width="stretch", key=key, help=t("plans.new_help")):
        carry_out(desk, key, lambda: _new(zoning, mine), t, doing=t("plans.making"))


def _new(zoning: Zoning, mine: PlansDesk) -> None:
    name = free_name(zoning, zoning.place.t("plans.new_name"))
    if zoning.today_id is not None:
        made = duplicate_plan(zoning.workspace, zoning.today_id, name=name, who=mine.who)
    else:
        today = zoning.standing().today
        assignment = pd.Series(dtype="str") if today is None else today
        made = save_plan(zoning.workspace, assignment, kind=PAINTED, name=name, author=mine.who)
    mine.done("plans.made", turn=made, name=name)


def show_import(zoning: Zoning, desk: Desk, mine: PlansDesk, names: PlaceNames) -> None:
    """Take an assignment from a file and tell what it says, to be kept as a draft or in a plan."""
    t = zoning.place.t
    st.caption(t("plans.import_note"))
    if mine.upload is not None:
        _put_away(desk, mine, mine.upload, t)
        _tell(mine.upload, t)
        _keep(zoning, desk, mine, mine.upload)
        return
    translate_uploader(t)
    key = desk.key("plans-import", "file", str(mine.uploads))
    upload = st.file_uploader(t("plans.import_file"), type=list(_KINDS), key=key, max_upload_size=_MB)
    if upload is not None:
        with st.spinner(t("import.looking")):
            _take(zoning, mine, upload, names)
        st.rerun()
    if mine.fault is not None:
        look.show_error(mine.fault, t)


def _take(zoning: Zoning, mine: PlansDesk, upload: UploadedFile, names: PlaceNames) -> None:
    """Read a file; the browser's copy can go, the uploader is another one afterwards."""
    mine.upload = mine.fault = mine.told = None
    try:
        mine.upload = _read(zoning, upload, names)
    except FAULTS as fault:
        mine.fault = named(fault, Path(upload.name))
    mine.uploads += 1


def _put_away(desk: Desk, mine: PlansDesk, found: Upload, t: Words) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(f'<div class="gb-file"><b>{escape(found.file)}</b></div>')
        if st.button(t("import.another"), key=desk.key("plans-import", "another", str(mine.uploads))):
            mine.upload = None
            st.rerun()


def _read(zoning: Zoning, upload: UploadedFile, names: PlaceNames) -> Upload:
    place = zoning.place
    grids = pd.Index(cached.table(place.path, place.stamp, "grids")[GRID_ID].astype(str), name=GRID_ID)
    with private_folder() as folder:
        keep_uploads([(upload.name, upload)], Path(folder))
        paths = to_open(Path(folder))
        if not paths:
            known = " ".join(f".{kind}" for kind in _KINDS)
            found = Path(upload.name).suffix or "—"
            raise FileError("file_kind_unknown", file=upload.name, found=found, known=known)
        assignment, notes = read_assignment_file(paths[0], grids)
    assignment = by_id(assignment, names.known.get("zones", {}))
    new = unknown_zones(assignment, _known_zones(zoning), _zone_table(zoning))
    return Upload(file=upload.name, assignment=assignment, notes=(*notes, *new))


def by_id(assignment: pd.Series, zones: Mapping[str, str]) -> pd.Series:
    """Return an assignment with zones by id where the file calls them by name (id → name in `zones`)."""
    ids = {name: zone for zone, name in zones.items() if name not in zones}
    return assignment.map(lambda zone: ids.get(zone, zone))


def _zone_table(zoning: Zoning) -> pd.DataFrame | None:
    table: pd.DataFrame = cached.table(zoning.place.path, zoning.place.stamp, "zones")
    return table if ZONE_ID in table else None


def _known_zones(zoning: Zoning) -> pd.Series | None:
    """Return the zones of today's plan and of the one on the table."""
    plans = [plan for plan in (zoning.today_id, zoning.plan_id) if plan is not None]
    found = [read_assignment(zoning.workspace, plan) for plan in plans]
    return pd.concat(found) if found else None


def _tell(found: Upload, t: Words) -> None:
    inside = found.assignment[found.assignment != ""]
    facts = {"grids": t.number(len(inside)), "zones": t.number(inside.nunique())}
    st.success(look.plain(t("plans.import_read", **facts)))
    lines = [t.reason(note) for note in found.notes]
    if blank := len(found.assignment) - len(inside):
        lines.append(t("plans.import_blank", count=t.number(blank)))
    if lines:
        st.warning("\n".join(f"- {look.plain(line)}" for line in lines))


def _keep(zoning: Zoning, desk: Desk, mine: PlansDesk, found: Upload) -> None:
    t = zoning.place.t
    draft, into = desk.key("plans-import", "draft"), desk.key("plans-import", "into")
    changes, held = _changes(zoning, found) if zoning.editable else ({}, 0)
    if zoning.editable:
        plan = str(zoning.plans.at[zoning.plan_id, "name"])
        facts = {"name": plan, "grids": t.number(len(changes)), "held": t.number(held)}
        st.caption(look.plain(t("plans.import_held" if held else "plans.import_changes", **facts)))
    with st.container(horizontal=True):
        as_draft = st.button(t("plans.import_draft"), type="primary", key=draft)
        if zoning.editable:
            written = st.button(t("plans.import_into"), key=into, disabled=not changes)
    if as_draft:
        carry_out(desk, draft, lambda: _as_draft(zoning, mine, found), t)
    if zoning.editable and written:
        carry_out(desk, into, lambda: _into(zoning, mine, found, changes), t)


def _as_draft(zoning: Zoning, mine: PlansDesk, found: Upload) -> None:
    name = free_name(zoning, Path(found.file).stem[:NAME_LENGTH])
    plan = found.assignment[found.assignment != ""]
    note = zoning.place.t("plans.import_source", file=found.file)
    facts = {
        "kind": IMPORTED,
        "name": name,
        "author": mine.who,
        "note": note,
        "zone_names": _new_names(found),
    }
    (made,) = save_plans(zoning.workspace, [(plan, facts)])
    mine.upload = None
    mine.done("plans.imported_draft", turn=made, file=found.file, name=name)


def _into(zoning: Zoning, mine: PlansDesk, found: Upload, changes: Mapping[str, tuple[str, str]]) -> None:
    used = {new for _, new in changes.values()}
    applied = apply_stroke(
        zoning.workspace,
        str(zoning.plan_id),
        rev=zoning.rev(str(zoning.plan_id)),
        token=uuid.uuid4().hex,
        painter=mine.painter,
        kind="import",
        grids=dict(changes),
        names={zone: ("", name) for zone, name in _new_names(found).items() if zone in used},
        who=mine.who,
        note=found.file,
    )
    mine.upload = None
    t = zoning.place.t
    kept = 0 if applied.stroke is None else len(applied.stroke.grids)
    mine.done(
        "plans.imported_partly" if applied.refused else "plans.imported",
        file=found.file,
        name=str(zoning.plans.at[zoning.plan_id, "name"]),
        grids=t.number(kept),
        refused=t.number(len(applied.refused)),
    )


def _new_names(found: Upload) -> dict[str, str]:
    """Return the zones that nobody knows: what the file calls them is their name."""
    new = [
        zone
        for note in found.notes
        if note.code == "assignment_zones_unknown"
        for zone in note.facts["zones"]
    ]
    return {str(zone): str(zone) for zone in new}


def _changes(zoning: Zoning, found: Upload) -> tuple[dict[str, tuple[str, str]], int]:
    """Return what a file changes in the plan on the table, and how many grids are locked against it."""
    plan_id = str(zoning.plan_id)
    now = read_assignment(zoning.workspace, plan_id).to_dict()
    wanted = {
        str(grid): (str(now.get(grid, "")), str(zone))
        for grid, zone in found.assignment.items()
        if now.get(grid, "") != zone
    }
    grids = cached.table(zoning.place.path, zoning.place.stamp, "grids")
    villages = (
        dict(zip(grids[GRID_ID], grids[VILLAGE_ID].fillna(""), strict=True)) if VILLAGE_ID in grids else {}
    )
    free = unlocked(wanted, plan_locks(zoning.workspace, plan_id), villages)
    return free, len(wanted) - len(free)


def unlocked(
    changes: Mapping[str, tuple[str, str]], locks: Collection[str], villages: Mapping[str, str]
) -> dict[str, tuple[str, str]]:
    """Return those of the changes that no lock forbids: of the grid, its village, either zone."""
    return {
        grid: (old, new)
        for grid, (old, new) in changes.items()
        if not {f"grid:{grid}", f"village:{villages.get(grid, '')}", f"zone:{old}", f"zone:{new}"} & {*locks}
    }
