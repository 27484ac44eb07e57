"""Documents set by typst with the fonts that come with the program, whatever the machine has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from typst import Compiler

_FOLDER = Path(__file__).parent


class Press:
    """
    Sets a template again and again, with its fonts read once.

    Parameters
    ----------
    template
        Name of a ``.typ`` file beside this module, which reads its data as JSON from ``sys.inputs.data``.
    root
        Folder of the files that it binds in; None for that of the template.
    """

    def __init__(self, template: str, *, root: Path | None = None) -> None:
        import typst
        from pylopdf_fonts_zh_cn import sans_path

        self._compiler: Compiler = typst.Compiler(
            _FOLDER / template if root is None else template_bytes(template),
            root=root or _FOLDER,
            font_paths=[sans_path().parent],
            ignore_system_fonts=True,
        )

    def set(self, data: Mapping[str, Any], *, stamp: datetime) -> bytes:
        """
        Return a document as PDF.

        Parameters
        ----------
        stamp
            When it was made, with its time zone.
        """
        content: bytes = self._compiler.compile(
            format="pdf",
            sys_inputs=_inputs(data),
            timestamp=stamp,
            # Screen readers aside nobody reads tags, and they cost as much again as the pages.
            pdf_tags=False,
        )
        return content

    def picture(self, data: Mapping[str, Any], *, ppi: float) -> bytes:
        """
        Return a document of one page as PNG.

        Parameters
        ----------
        ppi
            Dots per inch.
        """
        content: bytes = self._compiler.compile(format="png", ppi=ppi, sys_inputs=_inputs(data))
        return content


def typeset(template: str, data: Mapping[str, Any], *, stamp: datetime) -> bytes:
    """Return a document as PDF, see `Press`."""
    return Press(template).set(data, stamp=stamp)


def template_bytes(template: str) -> bytes:
    """Return a template as it is."""
    return (_FOLDER / template).read_bytes()


def _inputs(data: Mapping[str, Any]) -> dict[str, str]:
    return {"data": json.dumps(data, ensure_ascii=False)}
