"""Page 打开区县: which district is open; another, a new one, a copy, backups; its name and map credit."""

from __future__ import annotations

import datetime as dt
import os
from contextlib import nullcontext
from typing import TYPE_CHECKING

import streamlit as st

from geo.errors import FileError, GridBeatError
from ui import cached, district_files, look, opening
from ui.desk import note_opened, session_desk
from ui.place import CREDIT_SETTING
from ui.recent import distinct, forget, key_of, read_recent

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from data.workspace import Workspace
    from ui.desk import Desk
    from ui.words import Words

_LISTED_AT_MOST = 40
# From as many on, they are searched for rather than looked through.
_SEARCH_FROM = 8
# Streamlit holds a download in memory while the session lasts.
_DOWNLOAD_BYTES = 300_000_000
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
    except GridBeatError as error:
        look.show_error(error, t)
        _recovery(desk, t)
        return None
    return workspace


def _facts(workspace: Workspace, t: Words) -> None:
    path, found = workspace.path, workspace.path.stat()
    rows = cached.counts(str(path), workspace.stamp)
    lines = [
        (t("district.file"), str(path)),
        (t("district.size"), _size(found.st_size, t)),
        (t("district.changed"), _moment(dt.datetime.fromtimestamp(found.st_mtime))),
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
    if code in _CGCS2000:
        return f"EPSG:{code} · " + t("district.crs_cgcs", meridian=75 + 3 * _CGCS2000.index(code))
    return f"EPSG:{code} · {crs.name}" if code else crs.name


def _choices(desk: Desk, workspace: Workspace | None, t: Words) -> None:
    tabs = {"open": _open_another, "new": _new}
    if workspace is not None:
        tabs |= {"save_as": _save_as, "backups": _backups, "naming": _naming}
    names = [t(f"district.tab_{name}") for name in tabs]
    # Where there is nothing to open yet, one begins with a new one.
    first = names[0] if workspace is not None or _listed(desk) else names[1]
    for tab, fill in zip(st.tabs(names, default=first), tabs.values(), strict=True):
        with tab:
            fill(desk, workspace, t)


def _open_another(desk: Desk, workspace: Workspace | None, t: Words) -> None:
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
    with st.form(f"typed {desk.deeds}", border=False):
        text, button = st.columns([5, 1], vertical_alignment="bottom")
        with text:
            typed = st.text_input(
                t("district.typed"), placeholder=t("district.typed_hint"), key=f"path {desk.deeds}"
            )
        with button:
            pressed = st.form_submit_button(
                t("district.open"), width="stretch", key=f"open typed {desk.deeds}"
            )
    if pressed:
        _do(desk, lambda: _open(desk, opening.typed_path(typed)), t)


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
        look.entry(name, _entry_notes(found, t), mark=t("district.open_mark") if is_open else "")
    with button:
        key = f"{key_of(found.path)} {desk.deeds}"
        if found.fault == "workspace_missing":
            if st.button(t("district.forget"), key=f"forget {key}", width="stretch"):
                _do(desk, lambda: _forget(desk, found.path), t)
        elif not is_open and st.button(t("district.open"), key=f"open {key}", width="stretch"):
            _do(desk, lambda: _open(desk, found.path), t)


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
        shown.append(_moment(found.changed))
    return [" · ".join(shown), str(found.path)]


def _open(desk: Desk, path: Path) -> None:
    workspace = opening.opened(path)
    desk.turn_to(workspace.path)
    desk.done("district.opened", name=workspace.name, file=str(workspace.path))


def _forget(desk: Desk, path: Path) -> None:
    forget(opening.home(), path)
    desk.done("district.forgotten", file=str(path))


def _new(desk: Desk, workspace: Workspace | None, t: Words) -> None:
    with st.form(f"new {desk.deeds}", border=False):
        name = st.text_input(
            t("district.name"),
            placeholder=t("district.name_hint"),
            max_chars=district_files.NAME_LENGTH,
            key=f"name {desk.deeds}",
        )
        crs = st.text_input(
            t("district.crs_wanted"), placeholder=t("district.crs_hint"), key=f"crs {desk.deeds}"
        )
        folder = _folder_input(f"new folder {desk.deeds}", opening.home(), t)
        st.caption(t("district.file_named"))
        pressed = st.form_submit_button(t("district.create"), type="primary", key=f"create {desk.deeds}")
    if pressed:
        _do(desk, lambda: _create(desk, name, crs, folder), t)
    st.divider()
    text, button = st.columns([3, 1], vertical_alignment="center")
    text.caption(t("district.sample_note"))
    with button:
        pressed = st.button(t("district.sample"), width="stretch", key=f"sample {desk.deeds}")
    if pressed:
        _make_sample(desk, t)


def _folder_input(key: str, folder: Path, t: Words) -> str:
    return st.text_input(t("district.folder"), value=str(folder), key=key)


def _create(desk: Desk, name: str, crs: str, folder: str) -> None:
    metric = district_files.metric_crs(crs)
    name = district_files.district_name(name)
    path = district_files.create_district(name, folder=_folder(folder), crs=metric)
    desk.turn_to(path)
    desk.done("district.created", name=name, file=str(path))


def _folder(text: str) -> Path:
    """Return the folder that was typed; the home folder is made where it is missing, others are not."""
    folder = opening.typed_path(text)
    if key_of(folder) == key_of(opening.home()):
        district_files.make_folder(folder)
    return folder


def _make_sample(desk: Desk, t: Words) -> None:
    with st.status(t("district.sample_making"), expanded=True) as status:

        def make() -> None:
            district_files.make_folder(opening.home())
            wanted = opening.sample_path()
            path = (
                wanted if not wanted.exists() else next(district_files.free_paths(wanted.parent, wanted.stem))
            )
            opening.make_sample(path, tell=lambda stage: status.write(t(f"opening.{stage}")))
            _open(desk, path)

        _do(desk, make, t)
        status.update(state="error")


def _save_as(desk: Desk, workspace: Workspace | None, t: Words) -> None:
    if workspace is None:
        return
    with st.form(f"copy {desk.deeds}", border=False):
        name = st.text_input(
            t("district.copy_name"),
            value=t("district.copy_of", name=workspace.name)[: district_files.NAME_LENGTH],
            max_chars=district_files.NAME_LENGTH,
            key=f"copy name {desk.deeds} {key_of(desk.path)}",
        )
        folder = _folder_input(f"copy folder {desk.deeds}", workspace.path.parent, t)
        turn = st.checkbox(t("district.copy_turn"), key=f"copy turn {desk.deeds}")
        st.caption(t("district.file_named"))
        pressed = st.form_submit_button(t("district.copy"), type="primary", key=f"save {desk.deeds}")
    if pressed:
        _do(desk, lambda: _copy(desk, workspace, name, folder, turn=turn), t, doing=t("district.copying"))
    st.divider()
    text, button = st.columns([3, 1], vertical_alignment="center")
    if workspace.path.stat().st_size > _DOWNLOAD_BYTES:
        text.caption(t("district.download_large", size=_size(_DOWNLOAD_BYTES, t)))
        return
    text.caption(t("district.download_note"))
    with button:
        st.download_button(
            t("district.download"),
            lambda: district_files.copy_bytes(workspace.path),
            file_name=f"{district_files.file_stem(workspace.name)}{district_files.SUFFIX}",
            mime="application/geopackage+sqlite3",
            on_click="ignore",
            width="stretch",
            key="download_copy",
        )


def _copy(desk: Desk, workspace: Workspace, name: str, folder: str, *, turn: bool) -> None:
    path = district_files.save_as(workspace, name, folder=_folder(folder))
    if turn:
        desk.turn_to(path)
    desk.done("district.copied_turned" if turn else "district.copied", file=str(path))


def _backups(desk: Desk, workspace: Workspace | None, t: Words) -> None:
    if workspace is None:
        return
    text, button = st.columns([3, 1], vertical_alignment="center")
    text.caption(
        look.plain(
            t(
                "district.backup_note",
                folder=str(workspace.path.parent / district_files.BACKUP_FOLDER),
                keep=t.number(district_files.BACKUPS_KEPT),
            )
        )
    )
    with button:
        pressed = st.button(t("district.backup"), type="primary", width="stretch", key=f"backup {desk.deeds}")
    if pressed:
        _do(desk, lambda: _back_up(desk, workspace), t, doing=t("district.backing_up"))
    chosen = _chosen_backup(desk, t)
    if chosen is None:
        return
    if st.button(t("district.restore"), key=f"restore {desk.deeds}"):
        desk.asked = chosen.path
    # What was asked for is done only once it is confirmed, below: a double click cannot reach it.
    if desk.asked == chosen.path:
        st.warning(look.plain(t("district.restore_sure", made=_moment(chosen.made, seconds=True))))
        yes, no, _ = st.columns([1.4, 1, 2])
        with yes:
            sure = st.button(
                t("district.restore_yes"), type="primary", width="stretch", key=f"sure {desk.deeds}"
            )
        with no:
            if st.button(t("district.restore_no"), width="stretch", key=f"unsure {desk.deeds}"):
                desk.asked = None
                st.rerun()
        if sure:
            _do(desk, lambda: _restore(desk, workspace, chosen), t, doing=t("district.restoring"))


def _chosen_backup(desk: Desk, t: Words) -> district_files.Backup | None:
    found = district_files.backups_of(desk.path)
    if not found:
        st.caption(t("district.no_backups"))
        return None
    told = {
        backup.path: f"{_moment(backup.made, seconds=True)} · {_size(backup.size, t)}" for backup in found
    }
    with st.container(height=280 if len(found) > 8 else "content", border=len(found) > 8):
        path = st.radio(
            t("district.backups", count=t.number(len(found))),
            list(told),
            format_func=lambda path: told.get(path, str(path)),
            key=f"backups {desk.deeds} {key_of(desk.path)}",
        )
    return next((backup for backup in found if backup.path == path), None)


def _back_up(desk: Desk, workspace: Workspace) -> None:
    desk.done("district.backed_up", file=str(district_files.make_backup(workspace)))


def _restore(desk: Desk, workspace: Workspace, backup: district_files.Backup) -> None:
    kept = workspace.restore(backup.path)
    desk.done("district.restored", made=_moment(backup.made, seconds=True), kept=str(kept))


def _recovery(desk: Desk, t: Words) -> None:
    """Offer the backups of a file that is gone or damaged."""
    if not district_files.backups_of(desk.path):
        return
    st.caption(t("district.recover_note"))
    chosen = _chosen_backup(desk, t)
    if chosen is not None and st.button(t("district.recover"), type="primary", key=f"recover {desk.deeds}"):
        _do(desk, lambda: _open(desk, district_files.recover(desk.path, chosen.path)), t)


def _naming(desk: Desk, workspace: Workspace | None, t: Words) -> None:
    if workspace is None:
        return
    credit = str(workspace.setting(CREDIT_SETTING) or "")
    suffix = f"{desk.deeds} {key_of(desk.path)}"
    with st.form(f"naming {suffix}", border=False):
        name = st.text_input(
            t("district.name"),
            value=workspace.name,
            max_chars=district_files.NAME_LENGTH,
            key=f"rename {suffix}",
        )
        line = st.text_input(
            t("district.credit_line"),
            value=credit,
            placeholder=t("map.credit", name=workspace.name),
            max_chars=_CREDIT_LENGTH,
            key=f"credit {suffix}",
        )
        st.caption(f"{t('district.credit_help')} {t('district.naming_note')}")
        pressed = st.form_submit_button(
            t("district.naming_save"), type="primary", key=f"name it {desk.deeds}"
        )
    if pressed:
        _do(desk, lambda: _rename(desk, workspace, name, line), t)


def _rename(desk: Desk, workspace: Workspace, name: str, credit: str) -> None:
    name, credit = district_files.district_name(name), " ".join(credit.split())
    if name != workspace.name:
        workspace.set_setting("name", name)
    if credit != (workspace.setting(CREDIT_SETTING) or ""):
        workspace.set_setting(CREDIT_SETTING, credit)
    desk.done("district.naming_saved", name=name)


def _do(desk: Desk, deed: Callable[[], None], t: Words, *, doing: str = "") -> None:
    """Do what a button asks for, and show the page anew; what goes wrong is said below the button."""
    try:
        with st.spinner(doing) if doing else nullcontext():
            deed()
    except GridBeatError as error:
        look.show_error(error, t)
    except OSError as refusal:
        why, file = refusal.strerror or str(refusal), refusal.filename or ""
        look.show_error(FileError("file_not_writable", file=str(file), why=why), t)
    else:
        st.rerun()


def _size(size: int, t: Words) -> str:
    return f"{t.number(size / 1e6, 1)} MB" if size >= 1e6 else f"{t.number(max(size / 1e3, 1))} kB"


def _moment(moment: dt.datetime, *, seconds: bool = False) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if seconds else f"{moment:%Y-%m-%d %H:%M}"
