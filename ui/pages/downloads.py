"""Files that a page hands out: a button each, with what it holds and how large it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from ui.words import Words

_MIME = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "svg": "image/svg+xml",
    "txt": "text/plain",
    "zip": "application/zip",
}
_MEGABYTE = 1e6


def download(
    label: str, name: str, content: bytes, *, key: str, about: str = "", primary: bool = False
) -> None:
    """
    Show a button that hands out a file.

    Parameters
    ----------
    name
        Of the file.
    key
        Of the button.
    about
        What the file is, told by the button.
    """
    st.download_button(
        label,
        content,
        file_name=name,
        mime=_MIME.get(name.rpartition(".")[2], "application/octet-stream"),
        on_click="ignore",
        width="stretch",
        type="primary" if primary else "tertiary",
        icon=":material/download:",
        help=about or None,
        key=key,
    )


def size_text(size: int, t: Words) -> str:
    """Return how large a file is."""
    return t("handover_view.megabytes", size=t.number(max(size / _MEGABYTE, 0.1), 1))
