"""Documents set by typst with the fonts that come with the program, whatever the machine has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_FOLDER = Path(__file__).parent


def typeset(template: str, data: Mapping[str, Any], *, stamp: datetime) -> bytes:
    """
    Return a document as PDF.

    Parameters
    ----------
    template
        Name of a ``.typ`` file beside this module, which reads `data` as JSON from ``sys.inputs.data``.
    stamp
        When it was made, with its time zone.
    """
    import typst
    from pylopdf_fonts_zh_cn import sans_path

    content: bytes = typst.compile(
        _FOLDER / template,
        root=_FOLDER,
        font_paths=[sans_path().parent],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        timestamp=stamp,
        # Screen readers aside nobody reads tags, and they cost as much again as the pages.
        pdf_tags=False,
    )
    return content
