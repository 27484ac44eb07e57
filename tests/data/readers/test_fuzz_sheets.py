"""Damaged tables and KML: a clear refusal or rows, never anything else. GRIDBEAT_FUZZ sets how many."""

import os
import random
import zipfile

import openpyxl
import pytest

from data.readers.kml import open_kml
from data.readers.sheets import open_sheets
from geo.errors import GridBeatError

MUTATIONS = int(os.environ.get("GRIDBEAT_FUZZ", "60"))
CSV = '编码,名称,人口\nG1,"柯桥, 村",12\nG2,x,3.5\n合计,,15\n'
KML = (
    '<?xml version="1.0" encoding="UTF-8"?><kml xmlns:gx="g"><Document>'
    "<name>d</name><Folder><name>网格</name><Placemark><name>一</name>"
    "<description><![CDATA[<table><tr><td>a</td><td>1</td></tr></table>]]></description>"
    '<ExtendedData><Data name="c"><value>v</value></Data></ExtendedData>'
    "<Polygon><outerBoundaryIs><LinearRing><coordinates>0,0 4,0 4,4 0,0</coordinates>"
    "</LinearRing></outerBoundaryIs></Polygon></Placemark>"
    "<Placemark><gx:Track><gx:coord>1 2 3</gx:coord><gx:coord>2 3 4</gx:coord></gx:Track></Placemark>"
    "</Folder></Document></kml>"
)
TRICKS = (
    b"\0",
    b"\xff\xfe",
    b'"',
    b"<",
    b"&x;",
    b"]]>",
    b"<!DOCTYPE a>",
    b"-1",
    b"99999999999",
    b"\r",
    b"\xb0\xa1",
    b",",
)


def workbook(path):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["表", None, None],
        ["编码", "人口", None],
        [None, "户籍", "流动"],
        ["G1", 1, 2.5],
        ["G2", 3, None],
    ):
        sheet.append(row)
    for one in ("A1:C1", "A2:A3", "B2:C2", "C4:C5"):
        sheet.merge_cells(one)
    book.save(path)


def opendocument(path):
    names = "".join(
        f' xmlns:{one}="urn:oasis:names:tc:opendocument:xmlns:{one}:1.0"'
        for one in ("office", "table", "text")
    )
    cell = '<table:table-cell office:value-type="string"><text:p>a</text:p></table:table-cell>'
    row = f'<table:table-row table:number-rows-repeated="2">{cell * 3}</table:table-row>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            f"<office:document-content{names}><office:body><office:spreadsheet><table:table table:name='t'>"
            f"{row * 3}</table:table></office:spreadsheet></office:body></office:document-content>",
        )


def plain(text, encoding):
    return lambda path: path.write_bytes(text.encode(encoding))


def packed(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doc.kml", KML)


SEEDS = {
    "utf8.csv": plain(CSV, "utf-8"),
    "gbk.csv": plain(CSV, "gbk"),
    "utf16.txt": plain(CSV.replace(",", "\t"), "utf-16"),
    "t.xlsx": workbook,
    "t.xls": workbook,
    "t.ods": opendocument,
    "t.kml": plain(KML, "utf-8"),
    "t.ovkml": plain(KML.replace("UTF-8", "GBK"), "gbk"),
    "t.kmz": packed,
}


def damaged(content, chance):
    """A few bytes changed, cut out, doubled or put in."""
    content = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        at, to = sorted(chance.randrange(len(content) + 1) for _ in range(2))
        to = min(to, at + 40)
        match chance.randrange(6):
            case 0:
                content[at:to] = bytes(chance.randrange(256) for _ in range(to - at))
            case 1:
                del content[at:to]
            case 2:
                content[at:at] = content[at:to] * chance.randint(1, 50)
            case 3:
                content[at:at] = chance.choice(TRICKS)
            case 4:
                del content[at:]
            case _ if at < len(content):
                content[at] ^= 1 << chance.randrange(8)
    return bytes(content)


def damage_inside(source, target, chance):
    """One member of an archive damaged, the archive itself whole, so that its reader is reached."""
    with zipfile.ZipFile(source) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    hit = chance.choice([name for name in parts if name.endswith((".xml", ".kml", ".rels"))])
    parts[hit] = damaged(parts[hit], chance)
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def read_all(path):
    opener = open_kml if "k" in path.suffix else open_sheets
    with opener(path) as source:
        for layer in source.layers:
            for frame in source.batches(layer, layer.columns):
                assert list(frame.columns)[: len(layer.columns)] == list(layer.columns)


@pytest.mark.parametrize("name", SEEDS)
def test_damaged_files_are_read_or_refused(tmp_path, name):
    seed, path = tmp_path / "seed", tmp_path / name
    SEEDS[name](seed)
    seed.rename(path)
    read_all(path)
    content, original = path.read_bytes(), tmp_path / f"whole{path.suffix}"
    original.write_bytes(content)
    refused = 0
    for number in range(MUTATIONS):
        chance = random.Random(f"{name} {number}")
        if content.startswith(b"PK") and chance.random() < 0.7:
            damage_inside(original, path, chance)
        else:
            path.write_bytes(damaged(content, chance))
        try:
            read_all(path)
        except GridBeatError:
            refused += 1
    assert 0 < refused <= MUTATIONS
