"""Page 打开区县: which district is open; another, a new one, a copy, backups; its name and map credit."""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING

import streamlit as st

from ui import cached, district_files, look, opening
from ui.desk import FAULTS, carry_out, named, note_opened, open_file, session_desk
from ui.pages.district_copies import (
    backups,
    folder_input,
    moment_text,
    recovery,
    save_as,
    size_text,
    typed_folder,
)
from ui.pages.district_links import links
from ui.place import CREDIT_SETTING
from ui.recent import distinct, forget, key_of, read_recent

if TYPE_CHECKING:
    from pathlib import Path

    from data.workspace import Workspace
    from ui.desk import Desk
    from ui.words import Words

_LISTED_AT_MOST = 40
# From as many on, they are searched for rather than looked through.
_SEARCH_FROM = 8
_CREDIT_LENGTH = 120
# CGCS2000 3-degree Gauss-Krueger without zone number, central meridians 75 E to 135 E.
_CGCS2000 = range(4534, 4555)


def show(t: Words, *, overview: st.Page) -> None:
    """Show the page for the session's district, whether it can be opened or not."""
    look.title(t("district.title"), t("district.subtitle"))
    desk = session_desk()
    _tell(desk, overview, t)
    left, right = st.columns([1, 1.3], gap="medium")
    with left:
        workspace = _current(desk, t)
    with right:
        _choices(desk, workspace, t)


def _tell(desk: Desk, overview: st.Page, t: Words) -> None:
    if desk.notice is None:
        return
    text, link = st.columns([5, 1], vertical_alignment="center")
    with text:
        st.success(look.plain(t(desk.notice.key, **desk.notice.facts)))
    with link:
        st.page_link(overview, label=t("district.to_overview"))


def _current(desk: Desk, t: Words) -> Workspace | None:
    """Show the district that is open, or why it is not."""
    if opening.is_sample(desk.path) and not desk.path.is_file():
        st.info(t("district.none_yet"))
        return None
    try:
        workspace = opening.opened(desk.path)
        note_opened(desk)
        _facts(workspace, t)
    except FAULTS as fault:
        look.show_error(named(fault, desk.path), t)
        recovery(desk, t)
        return None
    return workspace


def _facts(workspace: Workspace, t: Words) -> None:
    path, found = workspace.path, workspace.path.stat()
    rows = cached.counts(str(path), workspace.stamp)
    lines = [
        (t("district.file"), str(path)),
        (t("district.size"), size_text(found.st_size, t)),
        (t("district.changed"), moment_text(dt.datetime.fromtimestamp(found.st_mtime))),
        (t("district.crs"), _crs(workspace, t)),
        (t("district.credit"), str(workspace.setting(CREDIT_SETTING) or t("district.credit_default"))),
    ]
    note = "" if os.access(path, os.W_OK) else t("district.read_only")
    look.board(workspace.name, t("district.open_now"), lines, note=note)
    counts = [(t.name("table", name), t.number(count)) for name, count in rows.items() if count]
    with st.container(key="district-rows"):
        total = t("district.total", rows=t.number(sum(rows.values())))
        look.board(t("district.rows"), total, counts, note="" if counts else t("district.empty"))


def _crs(workspace: Workspace, t: Words) -> str:
    if workspace.setting("crs_assumed", False):
        return t("district.crs_open")
    crs = workspace.crs
    code = crs.to_epsg()
    if code is not None and code in _CGCS2000:
        return f"EPSG:{code} · " + t("district.crs_cgcs", meridian=75 + 3 * _CGCS2000.index(code))
    return f"EPSG:{code} · {crs.name}" if code else crs.name


def _choices(desk: Desk, workspace: Workspace | None, t: Words) -> None:
    names = ["open", "new", *(["save_as", "backups", "naming", "links"] if workspace is not None else [])]
    told = {name: t(f"district.tab_{name}") for name in names}
    # Where there is nothing to open yet, one begins with a new one.
    first = told["open" if workspace is not None or _listed(desk) else "new"]
    tabs = dict(zip(names, st.tabs(list(told.values()), default=first), strict=True))
    with tabs["open"]:
        _open_another(desk, t)
    with tabs["new"]:
        _new(desk, t)
    if workspace is None:
        return
    with tabs["save_as"]:
        save_as(desk, workspace, t)
    with tabs["backups"]:
        backups(desk, workspace, t)
    with tabs["naming"]:
        _naming(desk, workspace, t)
    with tabs["links"]:
        links(desk, workspace, t)


def _open_another(desk: Desk, t: Words) -> None:
    found, sought = [district_files.glance(path) for path in _listed(desk)], ""
    if len(found) > _SEARCH_FROM:
        sought = st.text_input(
            t("district.search"), placeholder=t("district.search_hint"), key="district_search"
        )
        found = [each for each in found if _matches(each, sought)]
    with st.container(
        height=380 if len(found) > 5 else "content", border=len(found) > 5, key="district-list"
    ):
        for each in found[:_LISTED_AT_MOST]:
            _entry(desk, each, t)
        if not found:
            st.caption(t("district.no_match" if sought else "district.none_listed"))
        if len(found) > _LISTED_AT_MOST:
            st.caption(t("district.further", count=t.number(len(found) - _LISTED_AT_MOST)))
    key = desk.key("typed")
    with st.form(desk.key("typed", "form"), border=False):
        text, button = st.columns([5, 1], vertical_alignment="bottom")
        with text:
            typed = st.text_input(
                t("district.typed"), placeholder=t("district.typed_hint"), key=desk.key("typed", "path")
            )
        with button:
            pressed = st.form_submit_button(t("district.open"), width="stretch", key=key)
    if pressed:
        carry_out(desk, key, lambda: open_file(desk, opening.typed_path(typed)), t)


def _listed(desk: Desk) -> list[Path]:
    """Return the districts to choose from: the open one, recent ones, and those in the home folder."""
    home = opening.home()
    recent = [entry.path for entry in read_recent(home)]
    here = [path for path in opening.in_folder(home) if not district_files.is_foreign(path)]
    current = [] if opening.is_sample(desk.path) and not desk.path.is_file() else [desk.path]
    return distinct([*current, *recent, *here])


def _matches(found: district_files.Glance, sought: str) -> bool:
    return sought.strip().casefold() in f"{found.name} {found.path}".casefold()


def _entry(desk: Desk, found: district_files.Glance, t: Words) -> None:
    text, button = st.columns([5, 1], vertical_alignment="center")
    is_open = key_of(found.path) == key_of(desk.path)
    with text:
        name = found.name or found.path.name
        mark = t("district.open_mark") if is_open and not found.fault else ""
        look.entry(name, _entry_notes(found, t), mark=mark)
    if is_open:
        return
    with button:
        if found.fault == "workspace_missing":
            key = desk.key("forget", key_of(found.path))
            if st.button(t("district.forget"), key=key, width="stretch"):
                carry_out(desk, key, lambda: _forget(desk, found.path), t)
            return
        key = desk.key("open", key_of(found.path))
        if st.button(t("district.open"), key=key, width="stretch"):
            carry_out(desk, key, lambda: open_file(desk, found.path), t)


def _entry_notes(found: district_files.Glance, t: Words) -> list[str]:
    if found.fault:
        return [t.name("fault", found.fault), str(found.path)]
    shown = [
        f"{t(f'table.{name}')} {t.number(found.rows[name])}"
        for name in ("grids", "zones")
        if found.rows.get(name)
    ]
    shown.append(t("district.total", rows=t.number(sum(found.rows.values()))))
    if found.changed:
        shown.append(moment_text(found.changed))
    return [" · ".join(shown), str(found.path)]


def _forget(desk: Desk, path: Path) -> None:
    forget(opening.home(), path)
    desk.done("district.forgotten", file=str(path))


def _new(desk: Desk, t: Words) -> None:
    key = desk.key("create")
    with st.form(desk.key("create", "form"), border=False):
        name = st.text_input(
            t("district.name"),
            placeholder=t("district.name_hint"),
            max_chars=district_files.NAME_LENGTH,
            key=desk.key("create", "name"),
        )
        crs = st.text_input(
            t("district.crs_wanted"), placeholder=t("district.crs_hint"), key=desk.key("create", "crs")
        )
        folder = folder_input(desk.key("create", "folder"), opening.home(), t)
        st.caption(t("district.file_named"))
        pressed = st.form_submit_button(t("district.create"), type="primary", key=key)
    if pressed:
        carry_out(desk, key, lambda: _create(desk, name, crs, folder), t)
    st.divider()
    _sample(desk, t)


def _create(desk: Desk, name: str, crs: str, folder: str) -> None:
    metric = district_files.metric_crs(crs)
    name = district_files.district_name(name)
    path = district_files.create_district(name, folder=typed_folder(folder), crs=metric)
    desk.turn_to(path)
    desk.done("district.created", name=name, file=str(path))


def _sample(desk: Desk, t: Words) -> None:
    text, button = st.columns([3, 1], vertical_alignment="center")
    text.caption(t("district.sample_note"))
    key = desk.key("sample")
    with button:
        pressed = st.button(t("district.sample"), width="stretch", key=key)
    if pressed:
        carry_out(desk, key, lambda: _make_sample(desk), t, doing=t("district.sample_making"))


def _make_sample(desk: Desk) -> None:
    home, wanted = opening.home(), opening.sample_path()
    district_files.make_folder(home)
    path = next(district_files.free_paths(home, wanted.stem)) if wanted.exists() else wanted
    open_file(desk, opening.make_sample(path))


def _naming(desk: Desk, workspace: Workspace, t: Words) -> None:
    credit = str(workspace.setting(CREDIT_SETTING) or "")
    # Fields that somebody else's change makes anew, lest the old name be saved over theirs.
    state = (key_of(desk.path), workspace.name, credit)
    key = desk.key("naming")
    with st.form(desk.key("naming", "form", *state), border=False):
        name = st.text_input(
            t("district.name"),
            value=workspace.name,
            max_chars=district_files.NAME_LENGTH,
            key=desk.key("naming", "name", *state),
        )
        line = st.text_input(
            t("district.credit_line"),
            value=credit,
            placeholder=t("map.credit", name=workspace.name),
            max_chars=_CREDIT_LENGTH,
            key=desk.key("naming", "credit", *state),
        )
        st.caption(f"{t('district.credit_help')} {t('district.naming_note')}")
        pressed = st.form_submit_button(t("district.naming_save"), type="primary", key=key)
    if pressed:
        carry_out(desk, key, lambda: _rename(desk, workspace, name, line), t)


def _rename(desk: Desk, workspace: Workspace, name: str, credit: str) -> None:
    name, credit = district_files.district_name(name), " ".join(credit.split())
    if name != workspace.name:
        workspace.set_setting("name", name)
    if credit != (workspace.setting(CREDIT_SETTING) or ""):
        workspace.set_setting(CREDIT_SETTING, credit)
    desk.done("district.naming_saved", name=name)
