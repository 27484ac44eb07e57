"""Encodings by whatever name people and files call them."""

import pytest

from data.readers.encodings import codec_named


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("65001", "utf-8"),
        ("ANSI 936", "gb18030"),
        ("GB_2312-80", "gb18030"),
        ("Big5", "cp950"),
        ("koi8-r", "koi8-r"),  # an 8 in a name is not always UTF-8's
        ("windows-1252", "cp1252"),
        ("base64", None),
        ("", None),
    ],
)
def test_codec_is_found_by_what_people_call_it(name, codec):
    """Numbers of code pages, old names of GBK, and no codec that does not stand for text."""
    assert codec_named(name) == codec
