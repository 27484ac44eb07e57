"""Archives: what would do harm is refused before or while it is unpacked, and nothing stays behind."""

import gzip
import os
import stat
import struct
import tempfile
import zipfile
from pathlib import Path

import pytest

from data.readers import archives
from data.readers.archives import gunzipped, member_names, refuse_bomb, unpacked
from geo.errors import FileError


@pytest.fixture(autouse=True)
def private_folder(tmp_path, monkeypatch):
    """Where temporary folders go in these tests, so that what stays behind is seen."""
    folder = tmp_path / "private"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def zipped(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def code_of(path, **options):
    with pytest.raises(FileError) as caught, unpacked(path, **options):
        pytest.fail("it was unpacked")
    return caught.value.code


def test_what_is_unpacked_is_what_was_packed_and_gone_afterwards(tmp_path):
    path = zipped(tmp_path / "a.zip", [("内/网格.shp", b"1"), ("b.csv", b"2"), ("run.exe", b"3")])
    with unpacked(path, only=(".shp", ".csv")) as folder:
        found = {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*.*")}
        if os.name == "posix":
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert found == {"内/网格.shp": b"1", "b.csv": b"2"}
    assert not folder.exists()


def test_the_folder_goes_also_when_the_reader_fails(tmp_path):
    path = zipped(tmp_path / "a.zip", [("a.csv", b"1")])
    with pytest.raises(KeyError), unpacked(path) as folder:
        raise KeyError
    assert not folder.exists()


@pytest.mark.parametrize(
    "name",
    [
        "../a.shp",  # climbs
        "x/../../a.shp",  # climbs later
        "/etc/a.shp",  # absolute
        "C:/a.shp",  # another drive
        "c:a.shp",  # another drive's present folder
        "x\\..\\a.shp",  # climbs on Windows
        "x\\a.shp",  # another folder on Windows, a strange name elsewhere
        "..",
        ".. /a.shp",  # Windows drops the blank
        "a.shp\0.txt",  # ends elsewhere for zipfile than for others
    ],
)
def test_paths_that_lead_elsewhere_are_refused(tmp_path, name):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        member = zipfile.ZipInfo("placeholder")
        member.filename = name
        archive.writestr(member, b"1")
    assert code_of(path) == "archive_path_unsafe"
    assert not (tmp_path / "a.shp").exists()


def test_links_are_refused(tmp_path):
    member = zipfile.ZipInfo("a.shp")
    member.create_system = 3
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert code_of(zipped(tmp_path / "a.zip", [(member, "/etc/passwd")])) == "archive_link"


def test_a_bomb_is_refused_without_being_unpacked(tmp_path):
    path = zipped(tmp_path / "a.zip", [("a.csv", bytes(archives.HARMLESS_BYTES + 1))])
    with pytest.raises(FileError) as caught:
        refuse_bomb(path)
    assert caught.value.code == "archive_bomb"
    assert code_of(path) == "archive_bomb"


def test_blank_cells_that_pack_well_are_no_bomb(tmp_path):
    refuse_bomb(zipped(tmp_path / "a.zip", [("a.dbf", b" " * (1 << 20))]))


def test_too_much_in_all_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_BYTES", 100)
    assert code_of(zipped(tmp_path / "a.zip", [("a", b"1" * 60), ("b", b"1" * 60)])) == "archive_too_large"


def test_too_many_members_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_MEMBERS", 3)
    path = zipped(tmp_path / "a.zip", [(f"{n}.csv", b"") for n in range(4)])
    assert code_of(path) == "archive_crowded"


def test_a_list_of_members_too_long_to_read_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = zipped(tmp_path / "a.zip", [("a.csv", b"1")])
    monkeypatch.setattr(archives, "_MAX_DIRECTORY", 10)
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("the list was read"))
    assert code_of(path) == "archive_crowded"


def test_a_password_is_said_to_be_one(tmp_path):
    path = zipped(tmp_path / "a.zip", [("a.csv", b"1")])
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert code_of(path) == "archive_encrypted"


def test_a_size_that_lies_is_found_out_while_unpacking(tmp_path):
    path = zipped(tmp_path / "a.zip", [("a.csv", b"1" * 5000)])
    content = bytearray(path.read_bytes())
    for at in (content.index(b"PK\x03\x04") + 22, content.index(b"PK\x01\x02") + 24):
        content[at : at + 4] = struct.pack("<L", 10)
    path.write_bytes(content)
    assert code_of(path) == "archive_broken"


def test_bytes_are_counted_while_they_are_written(tmp_path, monkeypatch):
    path = zipped(tmp_path / "a.zip", [("a.csv", b"1" * 5000)])
    monkeypatch.setattr(archives, "_checked", lambda archive, _: archive.infolist())
    monkeypatch.setattr(archives, "MAX_BYTES", 4999)
    assert code_of(path) == "archive_too_large"


def test_half_an_archive_is_broken(tmp_path):
    path = zipped(tmp_path / "a.zip", [("a.csv", os.urandom(5000))])
    path.write_bytes(path.read_bytes()[:2500])
    assert code_of(path) == "archive_broken"


def test_two_members_of_one_name_are_refused(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = zipped(tmp_path / "a.zip", [("a.csv", b"1"), ("a.csv", b"2")])
    assert code_of(path) == "archive_member_twice"


def test_chinese_names_are_read_with_and_without_their_flag(tmp_path):
    raw_names = ["网格.shp".encode("gbk"), "村社.shp".encode()]
    placeholders = [(f"{n}" * len(raw), b"1") for n, raw in enumerate(raw_names)]
    path = zipped(tmp_path / "a.zip", [*placeholders, ("警务区.shp", b"1")])
    content = path.read_bytes()
    for n, raw in enumerate(raw_names):
        content = content.replace(f"{n}".encode() * len(raw), raw)
    path.write_bytes(content)
    assert member_names(path) == ["网格.shp", "村社.shp", "警务区.shp"]
    with unpacked(path) as folder:
        assert sorted(file.name for file in folder.iterdir()) == ["村社.shp", "网格.shp", "警务区.shp"]


def test_names_that_no_disk_takes_are_made_fit(tmp_path):
    path = zipped(tmp_path / "a.zip", [("网格" * 100 + ".shp", b"1"), ("a<b>|c?.csv", b"2")])
    with unpacked(path) as folder:
        names = sorted(file.name for file in folder.iterdir())
    assert names[0] == "a_b__c_.csv"
    assert names[1].startswith("网格网格")
    assert names[1].endswith(".shp")


def test_what_systems_add_on_their_own_is_left_out(tmp_path):
    path = zipped(tmp_path / "a.zip", [("a.csv", b"1"), ("__MACOSX/._a.csv", b"2"), ("._b.csv", b"3")])
    assert member_names(path) == ["a.csv"]


def test_gz_is_unpacked_under_its_own_name(tmp_path):
    path = tmp_path / "警情.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n"))
    with gunzipped(path) as file:
        assert (file.name, file.read_bytes()) == ("警情.csv", b"a,b\n")
    assert not file.exists()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (gzip.compress(os.urandom(9000))[:4000], "archive_broken"),  # cut in half
        (b"\x1f\x8b\x08" + b"\xff" * 50, "archive_broken"),
        (b"plain,text\n", "archive_broken"),  # no .gz at all
        (gzip.compress(bytes(archives.HARMLESS_BYTES + 1)), "archive_bomb"),
    ],
)
def test_a_gz_that_is_broken_or_a_bomb_is_refused(tmp_path, content, code):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(content)
    with pytest.raises(FileError) as caught, gunzipped(path):
        pytest.fail("it was unpacked")
    assert caught.value.code == code


def test_a_file_that_is_no_zip_is_broken(tmp_path):
    path = Path(tmp_path / "a.zip")
    path.write_bytes(b"not an archive")
    assert code_of(path) == "archive_broken"
