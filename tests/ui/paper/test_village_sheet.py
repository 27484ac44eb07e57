"""平安地图: what is on a village's sheet, what stays in the house, and a folder of them begun again."""

import json
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from data.ledger_columns import MEASURES
from data.ledgers import EntryChanges, write_ledger
from data.workspace import Workspace
from geo.errors import FileError, SettingError
from planning.index.trend import monthly_calls
from planning.periods import parse_period
from tests.called_district import make_district
from ui.paper import village_atlas
from ui.paper.village_atlas import MANIFEST, SheetOrder, make_sheets, sheet_names
from ui.paper.village_book import computed_book
from ui.paper.village_ground import VillageGround
from ui.paper.village_map import MapLook, village_map
from ui.paper.village_sheet import page_of, sheet_data, village_picture, village_sheet
from ui.words import words

MARKUP = '#panic("x") *_$@\\ <b> 村'
STAMP = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"


def kept(tables, path):
    Workspace.create(path, name="试验区").write_all(tables)
    return Workspace.open(path)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A district of 16 villages; what is to be mended in the first, one of them long due."""
    workspace = kept(make_district(6), tmp_path_factory.mktemp("sheets") / "district.gpkg")
    village = first_village(workspace)
    added = [
        {"text": "增设护学岗", "owner": "城东派出所", "opened": "2026-10-03", "deadline": "2027-03-01"},
        {"text": "整治消防通道", "owner": "城东派出所", "opened": "2026-10-03", "deadline": "2026-10-10"},
    ]
    changes = EntryChanges(added=[{"village_id": village, **entry} for entry in added])
    write_ledger(workspace, MEASURES, changes)
    return workspace


def first_village(workspace):
    return workspace.read_all(("villages",))["villages"]["village_id"].iloc[0]


@pytest.fixture(scope="module")
def books(workspace):
    """The book of a month, by edition."""
    return {edition: book_of(workspace, edition=edition) for edition in ("internal", "external")}


def book_of(workspace, period="2026-10", *, lang="zh", **options):
    return computed_book(workspace, period, profile="pingan_village", t=words(lang), **options)


@pytest.fixture(scope="module")
def book(books):
    return books["internal"]


@pytest.fixture
def quick(monkeypatch):
    """Files at once: what was asked of the press, in place of the pages."""
    asked = []

    def made(book, village, **options):
        asked.append(village)
        return f"%PDF {village} {options['size']} {options['grey']}".encode()

    class Given:
        def __init__(self, template, **options):
            pass

        def set(self, data, *, stamp):
            asked.append("atlas")
            return json.dumps(data, ensure_ascii=False).encode()

    monkeypatch.setattr(village_atlas, "village_sheet", made)
    monkeypatch.setattr(village_atlas, "Press", Given)
    return asked


def texts(svg):
    return [e.text for e in ET.fromstring(svg).iter(f"{SVG}text") if not e.get("aria-hidden")]


def test_a_sheet_says_what_the_index_found(book, workspace):
    village = first_village(workspace)
    data, row = sheet_data(book, village, size="A4", grey=False), book.index.villages.loc[village]
    assert data["name"] == row["name"]
    assert f"{row['points']:.2f}" in data["grade"]["lines"][0]
    assert data["grade"]["code"] == row["grade"]
    facts = {label: value for label, value, _ in data["facts"]}
    grids = workspace.read_all(("grids",))["grids"]
    mine = grids[grids["village_id"] == village]
    assert facts["户籍"] == f"{int(mine['residents'].sum()):,} 人"
    assert facts["网格"] == str(len(mine))
    lines = book.index.points.of(village)
    worst = lines[lines["kind"] == "rule"]["effect"].min()
    assert data["lines"]["rows"][0][1] == f"−{-worst:.2f}"
    assert [(text, late) for text, _, _, late in data["measures"]["rows"]] == [
        ("整治消防通道", True),
        ("增设护学岗", False),
    ]
    assert data["measures"]["rows"][0][1] == "城东派出所"


def test_the_external_edition_tells_nothing_that_a_count_can_be_worked_out_from(books, workspace):
    village = first_village(workspace)
    inside, outside = (sheet_data(books[name], village, size="A4", grey=False) for name in books)
    kept_inside = ("trend", "pillars", "lines")
    assert all(inside[part] for part in kept_inside)
    assert [outside[part] for part in kept_inside] == [None, None, None]
    assert (outside["standing"], outside["grade"]["word"]) == ([], inside["grade"]["word"])
    assert "%" not in outside["grade"]["chance"]
    assert not any("分" in line or "指数" in line for line in outside["grade"]["lines"])
    assert all(owner == "" for _, owner, _, _ in outside["measures"]["rows"])
    assert "力量" not in [label for label, _, _ in outside["facts"]]


def test_every_sheet_can_be_set_whatever_its_village_is_called(tmp_path):
    tables = make_district(6)
    villages = tables["villages"]
    villages.loc[villages.index[0], "name"] = MARKUP
    villages.loc[villages.index[1], "name"] = "新疆维吾尔自治区塔什库尔干塔吉克民族团结示范社区居民委员会"
    book = book_of(kept(tables, tmp_path / "d.gpkg"), lang="en")
    for village in villages["village_id"].iloc[:2]:
        assert village_sheet(book, village, size="A3", grey=True, stamp=STAMP).startswith(b"%PDF")
    picture = village_picture(book, villages["village_id"].iloc[0])
    assert picture[:4] == b"\x89PNG"
    assert int.from_bytes(picture[16:20]) == 1080


def test_a_village_without_polygon_has_a_sheet_that_says_so(book):
    empty = VillageGround({})
    assert village_map(empty, "V1", MapLook(size_mm=(100, 100)), names=book.names, credit="", t=book.t) == ""
    assert page_of(None, "A4").form == "above"


def test_the_page_is_the_one_on_which_a_village_is_drawn_largest():
    assert page_of(shapely.box(0, 0, 3000, 1000), "A4").form == "above"
    square, tall = page_of(shapely.box(0, 0, 1000, 1000), "A4"), page_of(shapely.box(0, 0, 500, 2000), "A4")
    assert square.size == (297.0, 210.0)
    assert (tall.form, tall.size) == ("beside", (210.0, 297.0))
    assert page_of(None, "A3").size == (297.0, 420.0)


def test_a_map_shows_codes_roads_posts_and_neighbours_and_holes_stay_holes(squares, book):
    squares["roads"]["name"] = "中心路"
    squares["posts"].loc[0, "name"] = "村0-0警务室"
    hole = squares["villages"].geometry[0].centroid.buffer(50)
    squares["villages"].loc[[0], "geometry"] = gpd.GeoSeries(
        [squares["villages"].geometry[0].difference(hole)], crs=squares["villages"].crs
    )
    ground, look = VillageGround(squares), MapLook(size_mm=(180, 140))
    svg = village_map(ground, "V0000", look, names=book.names, credit="审图号 1", t=words("zh"))
    said = texts(svg)
    assert "审图号 1" in said
    assert "中心路" in said
    assert [text for text in said if text.startswith("网格")]
    assert svg.count('fill-rule="evenodd"') >= 2
    assert "警" in said
    grey = village_map(
        ground, "V0000", MapLook(size_mm=(180, 140), grey=True), names=book.names, credit="", t=words("en")
    )
    fills = {e.get("fill") for e in ET.fromstring(grey).iter() if (e.get("fill") or "").startswith("#")}
    # Ink is all but grey.
    assert [fill for fill in fills if spread(fill) > 40] == []


def spread(colour):
    """How far the parts of a colour lie apart."""
    parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return max(parts) - min(parts)


def test_months_are_smoothed_towards_their_class_and_unknown_ones_left_out(book, workspace):
    tables = workspace.read_all(("grids", "incidents", "villages"))
    months = monthly_calls(tables, book.index.villages, parse_period("2026-10"), basis=book.index.panel.basis)
    assert months["month"].is_monotonic_increasing
    assert months["month"].iloc[-1] == "2026-10-01"
    known = months.dropna()
    assert (known["low"] <= known["smoothed"]).all()
    assert (known["smoothed"] <= known["high"]).all()
    one = known[known["month"] == "2026-10-01"]
    assert one["smoothed"].std() <= one["count"].std()
    assert monthly_calls({}, book.index.villages, parse_period("2026-10")).empty


def test_files_are_named_by_code_and_name_and_no_two_alike(book, workspace):
    village = first_village(workspace)
    villages = book.index.villages.rename(index={village: "a/1"})
    twin = villages.iloc[[0]].rename(index={villages.index[0]: "A 1"})
    villages = pd.concat(
        [villages.iloc[[villages.index.get_loc("a/1")]].assign(name='坏:名*"<>|'), twin.assign(name="坏 名")]
    )
    named = sheet_names(_with_villages(book, villages), ["a/1", "A 1"], SheetOrder(size="A3", grey=True))
    assert named == {"a/1": "a 1_坏 名_2026-10_A3_灰度", "A 1": "A 1_坏 名_2026-10_A3_灰度_2"}


def _with_villages(book, villages):
    from dataclasses import replace

    return replace(book, index=replace(book.index, villages=villages))


def test_a_folder_is_gone_on_with_and_what_was_changed_is_made_again(book, quick, tmp_path):
    count = len(book.index.villages)
    first = make_sheets(book, tmp_path, SheetOrder(), cancelled=lambda: len(quick) >= 3)
    assert not first.is_whole
    assert 3 <= len(first.made) < count
    second = make_sheets(book, tmp_path, SheetOrder())
    assert second.is_whole
    assert set(second.kept) == set(first.made)
    assert len(second.made) == count - len(first.made) + 1
    bound = json.loads((tmp_path / second.atlas).read_text(encoding="utf-8"))
    assert sum(len(town["villages"]) for town in bound["towns"]) == count
    (tmp_path / first.made[0]).write_bytes(b"spoilt")
    third = make_sheets(book, tmp_path, SheetOrder())
    assert third.made == (first.made[0],)
    (tmp_path / MANIFEST).write_text("{", encoding="utf-8")
    assert len(make_sheets(book, tmp_path, SheetOrder()).made) == count + 1


def test_some_villages_have_no_atlas_and_another_look_is_another_file(book, quick, tmp_path, workspace):
    village = first_village(workspace)
    made = make_sheets(book, tmp_path, SheetOrder(villages=[village, village]))
    assert (len(made.made), made.atlas) == (1, "")
    grey = make_sheets(book, tmp_path, SheetOrder(villages=[village], grey=True))
    assert grey.made != made.made
    assert make_sheets(book, tmp_path, SheetOrder(villages=[village])).kept == made.made


def test_what_cannot_be_made_is_refused_before_anything_is_written(book, tmp_path):
    with pytest.raises(SettingError, match="village_unknown"):
        make_sheets(book, tmp_path / "out", SheetOrder(villages=["nowhere"]))
    with pytest.raises(SettingError, match="setting_wrong"):
        make_sheets(book, tmp_path / "out", SheetOrder(size="A5"))
    assert not (tmp_path / "out").exists()
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(FileError, match="file_not_writable"):
        make_sheets(book, tmp_path / "file", SheetOrder())
