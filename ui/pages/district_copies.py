"""Copies of the open district: saved under another name, downloaded, backed up, restored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui import district_files, look, opening
from ui.desk import carry_out, open_file
from ui.recent import key_of

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from data.workspace import Workspace
    from ui.desk import Desk
    from ui.words import Words

_BACKUPS_SHOWN = 12
# Streamlit holds a download in memory while the session lasts.
_DOWNLOAD_BYTES = 300_000_000


def folder_input(key: str, folder: Path, t: Words) -> str:
    """Ask for the folder that a new file is kept in."""
    return st.text_input(t("district.folder"), value=str(folder), key=key)


def typed_folder(text: str) -> Path:
    """Return the folder that was typed; the home folder is made where it is missing, others are not."""
    folder = opening.typed_path(text)
    if key_of(folder) == key_of(opening.home()):
        district_files.make_folder(folder)
    return folder


def save_as(desk: Desk, workspace: Workspace, t: Words) -> None:
    """Offer a copy under another name, and one for download."""
    key = desk.key("copy")
    with st.form(desk.key("copy", "form"), border=False):
        name = st.text_input(
            t("district.copy_name"),
            value=t("district.copy_of", name=workspace.name)[: district_files.NAME_LENGTH],
            max_chars=district_files.NAME_LENGTH,
            key=desk.key("copy", "name", key_of(desk.path), workspace.name),
        )
        folder = folder_input(desk.key("copy", "folder", key_of(desk.path)), workspace.path.parent, t)
        turn = st.checkbox(t("district.copy_turn"), key=desk.key("copy", "turn"))
        st.caption(t("district.file_named"))
        pressed = st.form_submit_button(t("district.copy"), type="primary", key=key)
    if pressed:
        carry_out(
            desk,
            key,
            lambda: _copy(desk, workspace, name, folder, turn=turn),
            t,
            doing=t("district.copying"),
        )
    st.divider()
    text, button = st.columns([3, 1], vertical_alignment="center")
    if workspace.path.stat().st_size > _DOWNLOAD_BYTES:
        text.caption(t("district.download_large", size=size_text(_DOWNLOAD_BYTES, t)))
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
    path = district_files.save_as(workspace, name, folder=typed_folder(folder))
    if turn:
        desk.turn_to(path)
    desk.done("district.copied_turned" if turn else "district.copied", file=str(path))


def backups(desk: Desk, workspace: Workspace, t: Words) -> None:
    """Offer to back up, and to restore one of the backups."""
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
    key = desk.key("backup")
    with button:
        pressed = st.button(t("district.backup"), type="primary", width="stretch", key=key)
    if pressed:
        carry_out(desk, key, lambda: _back_up(desk, workspace), t, doing=t("district.backing_up"))
    chosen = _chosen_backup(desk, t)
    if chosen is None:
        return
    if st.button(t("district.restore"), key=desk.key("restore")):
        desk.asked = chosen.path
    # What was asked for is done only once it is confirmed, below: a double click cannot reach it.
    if desk.asked == chosen.path:
        _confirm(desk, workspace, chosen, t)


def _confirm(desk: Desk, workspace: Workspace, chosen: district_files.Backup, t: Words) -> None:
    st.warning(look.plain(t("district.restore_sure", made=moment_text(chosen.made, seconds=True))))
    yes, no, _ = st.columns([1.4, 1, 2])
    key = desk.key("restore", "sure")
    with yes:
        sure = st.button(t("district.restore_yes"), type="primary", width="stretch", key=key)
    with no:
        if st.button(t("district.restore_no"), width="stretch", key=desk.key("restore", "unsure")):
            desk.asked = None
            st.rerun()
    if sure:
        carry_out(desk, key, lambda: _restore(desk, workspace, chosen), t, doing=t("district.restoring"))


def _back_up(desk: Desk, workspace: Workspace) -> None:
    desk.done("district.backed_up", file=str(district_files.make_backup(workspace)))


def _restore(desk: Desk, workspace: Workspace, backup: district_files.Backup) -> None:
    kept = workspace.restore(backup.path)
    desk.done("district.restored", made=moment_text(backup.made, seconds=True), kept=str(kept))


def recovery(desk: Desk, t: Words) -> None:
    """Offer the backups of a file that is gone or damaged."""
    if not district_files.backups_of(desk.path):
        return
    st.caption(t("district.recover_note"))
    chosen = _chosen_backup(desk, t)
    key = desk.key("recover")
    if chosen is not None and st.button(t("district.recover"), type="primary", key=key):
        carry_out(desk, key, lambda: open_file(desk, district_files.recover(desk.path, chosen.path)), t)


def _chosen_backup(desk: Desk, t: Words) -> district_files.Backup | None:
    found = district_files.backups_of(desk.path)
    if not found:
        st.caption(t("district.no_backups"))
        return None
    told = _labels(found, t)
    many = len(found) > _BACKUPS_SHOWN
    with st.container(height=340 if many else "content", border=many):
        path = st.radio(
            t("district.backups", count=t.number(len(found))),
            list(told),
            format_func=lambda path: told.get(path, str(path)),
            key=f"backups {key_of(desk.path)} {len(found)} {found[0].path.name}",
        )
    return next((backup for backup in found if backup.path == path), None)


def _labels(found: list[district_files.Backup], t: Words) -> dict[Path, str]:
    """Return what each backup is called, no two alike: Streamlit tells choices apart by that."""
    labels: dict[Path, str] = {}
    for backup in found:
        label = f"{moment_text(backup.made, seconds=True)} · {size_text(backup.size, t)}"
        same = sum(told.startswith(label) for told in labels.values())
        labels[backup.path] = f"{label} ({same + 1})" if same else label
    return labels


def size_text(size: int, t: Words) -> str:
    """Return the size of a file as people write it."""
    return f"{t.number(size / 1e6, 1)} MB" if size >= 1e6 else f"{t.number(max(size / 1e3, 1))} kB"


def moment_text(moment: dt.datetime, *, seconds: bool = False) -> str:
    """Return a moment by the clock of this PC."""
    return f"{moment:%Y-%m-%d %H:%M:%S}" if seconds else f"{moment:%Y-%m-%d %H:%M}"
