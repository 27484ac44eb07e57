"""Tables of every kind that bureaus hand over: text files and workbooks, told apart by their content."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from data.readers.delimited import DelimitedFile
from data.readers.workbook_scan import workbook_kind
from data.readers.workbooks import WorkbookFile
from geo.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path

_MARKUP = re.compile(rb"\s*<(\?xml|!doctype|html|table|head|meta|body|style|div|mso)", re.IGNORECASE)


def open_sheets(path: Path, *, encoding: str | None = None) -> DelimitedFile | WorkbookFile:
    """
    Open a table for reading: a text file, or a workbook with its sheets as layers.

    The content decides, not the ending: systems write text or web pages and call them .xls.

    Parameters
    ----------
    encoding
        Of a text file, where the guess is wrong.

    Returns
    -------
    DelimitedFile or WorkbookFile
        A `data.readers.source.Source`, to be closed.

    Raises
    ------
    FileError
        ``file_without_rows``, ``file_encrypted``, ``file_unreadable``, ``sheet_is_markup``,
        ``sheet_kind_unknown``, ``sheet_too_large``, ``columns_too_many``, ``xml_entities``,
        ``xml_broken``;
        ``encoding_unknown``, ``encoding_wrong``, ``file_cut``, ``text_quotes``, ``text_has_nul``,
        ``text_too_long``; those of `data.readers.archives.refuse_bomb`.
    """
    try:
        kind = workbook_kind(path)
        if kind is not None:
            return WorkbookFile(path, kind)
        with path.open("rb") as file:
            head = file.read(1024)
        if not head.strip():
            raise FileError("file_without_rows", file=path.name)
        if _MARKUP.match(head.removeprefix(b"\xef\xbb\xbf")):
            raise FileError("sheet_is_markup", file=path.name)
        return DelimitedFile(path, encoding=encoding)
    except OSError as fault:
        raise FileError("file_unreadable", file=path.name, why=fault.strerror or str(fault)) from fault
