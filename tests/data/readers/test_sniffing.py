"""What files hold, whatever their names say."""

import struct

import pytest

from data.readers.sniffing import CONTENTS, content_of, require_content, require_whole
from geo.errors import FileError


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"SQLite format 3\0", "SQLite"),
        (struct.pack(">i", 9994) + bytes(96), "SHP"),
        (b"PK\x03\x04", "ZIP"),
        (b"PK\x05\x06" + bytes(18), "ZIP"),  # an empty archive
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "XLS"),
        (b"  {", "JSON"),
        (b"\xef\xbb\xbf[", "JSON"),
        ('{"a": 1}'.encode("utf-16"), "JSON"),
        (b"<?xml version='1.0'?><kml>", "XML"),
        (b"<OGRVRTDataSource>", "XML"),  # would make GDAL read other files
        (b"\r\n<!DOCTYPE html><html>", "HTML"),
        (b"<?xml version='1.0'?>\n<html xmlns='x'>", "HTML"),
        (b"<table>", "XML"),
        (b"  0\r\nSECTION\r\n  2\r\nHEADER\r\n", "DXF"),
        (b"999\nmade by x\n0\nSECTION\n", "DXF"),
        (b"0\nSELECTION\n", "TXT"),
        (b"AutoCAD Binary DXF\r\n\x1a\0", "binary DXF"),
        (b"AC1032", "DWG"),
        (b"BZh91AY", "BZIP2"),
        (b"\0\0\0\x0d\n\tOSMHeader\x18", "OSM PBF"),
        (b"a,b\n1,2\n", "TXT"),
        ("名称,编号\n".encode("gbk"), "TXT"),
        ("名称,编号\n".encode("utf-16"), "TXT"),
        (b"\x01\x02\x03\x04", "?"),
    ],
)
def test_the_first_bytes_tell_what_a_file_is(tmp_path, content, found):
    (tmp_path / "a").write_bytes(content)
    assert content_of(tmp_path / "a") == found


@pytest.mark.parametrize("suffix", CONTENTS)
@pytest.mark.parametrize(
    "content", [b"<OGRVRTDataSource><OGRVRTLayer>", b"\x01\x02\x03\x04", b"%PDF-1.4", b"MZ\x90\0"]
)
def test_what_the_name_belies_is_refused(tmp_path, suffix, content):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    if suffix in {".kml", ".kmz", ".ovkml", ".osm"} and content.startswith(b"<"):
        require_content(path, suffix)
        return
    with pytest.raises(FileError) as caught:
        require_content(path, suffix)
    assert caught.value.code == "file_kind_differs"


@pytest.mark.parametrize("content", [b"", b"a,b\n", b'{"a": 1}\n', b"[]", b"0\nSECTION\n0\nENDSEC\n0\nEOF\n"])
def test_what_is_whole_passes(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    require_whole(tmp_path / "a")


@pytest.mark.parametrize("content", [b'{"a": [1, 2', b"[", b"0\nSECTION\n0\nENDSEC\n", b"PAR1abc"])
def test_what_ends_too_early_does_not(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(FileError) as caught:
        require_whole(tmp_path / "a")
    assert caught.value.code == "file_cut"
