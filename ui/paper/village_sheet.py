"""平安地图: one village on one sheet, its map and beside it how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from geo.errors import SettingError
from ui.paper import village_said
from ui.paper.layout import breakable
from ui.paper.typeset import Press
from ui.paper.village_book import require_village
from ui.paper.village_map import MapLook, village_map

if TYPE_CHECKING:
    import shapely

    from ui.paper.village_book import VillageBook

TEMPLATE = "village.typ"
SIZES = ("A4", "A3")
PIXELS_WIDE = 1080
_PAGES_MM = {"A4": (210.0, 297.0), "A3": (297.0, 420.0)}
_GROWN = {"A4": 1.0, "A3": 1.4}
# Of an A4 page: its margin, what heading and foot take, and what lies between map and words.
_MARGIN, _HEAD, _FOOT, _GAP = 9.0, 21.0, 10.0, 4.0
# A sheet for the phone: its width and margin, and the least and greatest height of its map.
_PHONE_MM, _PHONE_MARGIN, _PHONE_MAP = 120.0, 5.0, (85.0, 150.0)
_MM_PER_INCH = 25.4
_CHART_INK, _GREY_INK = "#1f5f8b", "#333333"
# Fill and letters of a grade's badge, in colour and in grey.
_BADGES = {
    "green": ("#1b8a43", "#ffffff", "#ececec", "#000000"),
    "blue": ("#2a7ab8", "#ffffff", "#cfcfcf", "#000000"),
    "yellow": ("#f4d35e", "#000000", "#b0b0b0", "#000000"),
    "orange": ("#f0a33f", "#000000", "#8a8a8a", "#000000"),
    "red": ("#a50f15", "#ffffff", "#2a2a2a", "#ffffff"),
    "grey": ("#e3e3e3", "#000000", "#ffffff", "#000000"),
}

Form = Literal["above", "beside", "phone"]


@dataclass(frozen=True, kw_only=True)
class Page:
    """
    How a sheet is laid out, in mm.

    Parameters
    ----------
    form
        The map above the words, or beside them; phone: one above the other, as long as it takes.
    size
        Of the page; a phone's has no height.
    map_size
        Of the map with its legend.
    chart_sizes
        Of the pillars and of the trend, before they are grown.
    grown
        How much larger everything is than on A4.
    """

    form: Form
    size: tuple[float, float]
    map_size: tuple[float, float]
    chart_sizes: tuple[tuple[float, float], tuple[float, float]]
    grown: float


def village_sheet(
    book: VillageBook,
    village: str,
    *,
    size: str = "A4",
    grey: bool = False,
    stamp: datetime | None = None,
    press: Press | None = None,
) -> bytes:
    """
    Return the sheet of a village as PDF.

    Parameters
    ----------
    book
        As `ui.paper.village_book.assessed_book` or `computed_book` returns it.
    size
        One of `SIZES`.
    grey
        Without colours.
    stamp
        When it is made, with its time zone; now if None.
    press
        Of `TEMPLATE`, where many sheets are set.

    Raises
    ------
    SettingError
        ``village_unknown``; ``setting_wrong`` for another size.
    """
    document = sheets_document(book, [sheet_data(book, village, size=size, grey=grey)])
    moment = (stamp or datetime.now(UTC)).replace(microsecond=0)
    return (press or Press(TEMPLATE)).set(document, stamp=moment)


def village_picture(
    book: VillageBook, village: str, *, grey: bool = False, press: Press | None = None
) -> bytes:
    """Return the sheet of a village for a phone: PNG, `PIXELS_WIDE` wide, as long as it takes."""
    document = sheets_document(book, [sheet_data(book, village, size="phone", grey=grey)])
    return (press or Press(TEMPLATE)).picture(document, ppi=PIXELS_WIDE / (_PHONE_MM / _MM_PER_INCH))


def sheets_document(book: VillageBook, sheets: list[dict[str, Any]]) -> dict[str, Any]:
    """Return sheets as the printing template takes them."""
    t = book.t
    return {
        "lang": t.lang,
        "title": t("sheet.title"),
        "district": breakable(book.district),
        "period": village_said.period(book),
        **marks(book),
        "standing": t("sheet.compared"),
        "source": village_said.source(book),
        "sheets": sheets,
    }


def marks(book: VillageBook) -> dict[str, str]:
    """Return how an edition is marked, and what stands across its pages."""
    mark = book.t("paper.mark")
    if book.is_internal:
        return {"mark": mark, "watermark": mark}
    return {"mark": book.t("sheet.open_mark"), "watermark": ""}


def sheet_data(book: VillageBook, village: str, *, size: str, grey: bool) -> dict[str, Any]:
    """Return what is on a village's sheet, as the printing template takes it."""
    require_village(book, village)
    shape = book.ground.villages.get(village)
    page = page_of(shape, size)
    ink = _GREY_INK if grey else _CHART_INK
    look = MapLook(size_mm=page.map_size, grown=page.grown, grey=grey)
    credit, t = book.credit, book.t
    grade = village_said.grade(book, village)
    fill, letters = badge(grade["code"], grey=grey)
    radar, trend = page.chart_sizes
    return {
        "form": page.form,
        "page": page.size,
        "grown": page.grown,
        "map_size": page.map_size,
        "name": breakable(book.index.villages.at[village, "name"] or village),
        "about": village_said.about(book, village),
        "map": village_map(book.ground, village, look, names=book.names, credit=credit, t=t),
        "no_map": t("sheet.no_map"),
        "grade": {**grade, "fill": fill, "ink": letters},
        "facts": village_said.facts(book, village),
        "pillars": _sized(village_said.pillars(book, village, size_mm=radar, ink=ink), radar, page),
        "trend": _sized(village_said.trend(book, village, size_mm=trend, ink=ink), trend, page),
        "lines": village_said.costly(book, village),
        "standing": village_said.standing(book, village),
        "measures": village_said.measures(book, village),
        "grey": grey,
    }


def badge(grade: str, *, grey: bool) -> tuple[str, str]:
    """Return the fill of a grade's badge, and the colour of the letters on it."""
    held = _BADGES.get(grade, _BADGES["grey"])
    return (held[2], held[3]) if grey else (held[0], held[1])


def page_of(shape: shapely.Geometry | None, size: str) -> Page:
    """
    Return the page on which a village is drawn largest.

    Raises
    ------
    SettingError
        ``setting_wrong`` for another size.
    """
    if size == "phone":
        return _phone(shape)
    if size not in SIZES:
        raise SettingError("setting_wrong", name="--size", found=size, allowed=" | ".join(SIZES))
    grown = _GROWN[size]
    wide, high = _PAGES_MM[size]
    pages = [
        _page("above", (wide, high), grown, share=0.52),
        _page("beside", (high, wide), grown, share=0.62),
        _page("beside", (wide, high), grown, share=0.56),
    ]
    if shape is None:
        return pages[0]
    west, south, east, north = shape.bounds

    def scale(page: Page) -> float:
        return min(page.map_size[0] / max(east - west, 1), page.map_size[1] / max(north - south, 1))

    return max(pages, key=scale)


def _page(form: Form, size: tuple[float, float], grown: float, *, share: float) -> Page:
    """Return a page whose map takes a share of its height (above) or width (beside)."""
    wide = size[0] - 2 * _MARGIN * grown
    high = size[1] - (2 * _MARGIN + _HEAD + _FOOT + 2 * _GAP) * grown
    if form == "above":
        column = wide * 0.44
        charts = ((column / grown, 46.0), (column / grown, 30.0))
        return Page(form=form, size=size, map_size=(wide, high * share), chart_sizes=charts, grown=grown)
    rest = wide * (1 - share) / grown - _GAP
    # On a lying page there is no height for one beneath the other.
    lying = size[0] > size[1]
    charts = ((rest * 0.48, 42.0), (rest * 0.48, 36.0)) if lying else ((rest, 46.0), (rest, 32.0))
    return Page(form=form, size=size, map_size=(wide * share, high), chart_sizes=charts, grown=grown)


def _sized(chart: dict[str, Any] | None, size_mm: tuple[float, float], page: Page) -> dict[str, Any] | None:
    """Return a chart with how wide it is printed, its letters grown with it."""
    return chart and {**chart, "width": size_mm[0] * page.grown}


def _phone(shape: shapely.Geometry | None) -> Page:
    wide, (least, most) = _PHONE_MM - 2 * _PHONE_MARGIN, _PHONE_MAP
    asked = least
    if shape is not None:
        west, south, east, north = shape.bounds
        asked = wide * (north - south) / max(east - west, 1) + 20
    return Page(
        form="phone",
        size=(_PHONE_MM, 0.0),
        map_size=(wide, min(max(asked, least), most)),
        chart_sizes=((wide * 0.48, 44), (wide * 0.48, 40)),
        grown=1.0,
    )
