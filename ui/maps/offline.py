"""A folium map as one HTML text that needs nothing else: no server, no network, no second file."""

from __future__ import annotations

import base64
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import xstatic.pkg.jquery
import xstatic.pkg.leaflet
from branca.element import CssLink, Element, JavascriptLink
from folium.raster_layers import TileLayer, WmsTileLayer
from folium.template import Template

from geo.errors import GridBeatError

if TYPE_CHECKING:
    import folium

# What folium's own pages link to, by the names it gives them: what we bring along, what no map of ours uses.
_VENDOR = {
    "leaflet": (xstatic.pkg.leaflet, "leaflet.js"),
    "leaflet_css": (xstatic.pkg.leaflet, "leaflet.css"),
    "jquery": (xstatic.pkg.jquery, "jquery.min.js"),
}
_LEFT_OUT = frozenset(
    {
        "bootstrap",
        "bootstrap_css",
        "glyphicons_css",
        "awesome_markers",
        "awesome_markers_css",
        "awesome_markers_font_css",
        "awesome_rotate_css",
    }
)
# What a browser lets a map do: its own scripts and styles, images that stand in it or that it draws.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'unsafe-inline'",
        "style-src 'unsafe-inline'",
        "img-src data: blob:",
        "base-uri 'none'",
        "form-action 'none'",
    )
)
_CSS_URL = re.compile(r"url\(\s*['\"]?([^'\")]+)['\"]?\s*\)")


class OfflineError(GridBeatError):
    """A map refers to something outside its own HTML."""


class Inline(Element):
    """A script or style sheet that stands in the page itself."""

    _template = Template("<{{ this.tag }}>{{ this.text }}</{{ this.tag }}>")

    def __init__(self, tag: str, text: str) -> None:
        super().__init__()
        self.tag, self.text = tag, text


def offline_html(m: folium.Map, *, title: str = "") -> str:
    """
    Return the map as one self-contained HTML text.

    Parameters
    ----------
    m
        Any folium map without outside tiles or plugins.
    title
        Title of the page, for a map that is saved as a file.

    Raises
    ------
    OfflineError
        ``map_plugin_unknown`` if the map needs a library that is not brought along,
        ``map_not_offline`` if the map has outside tiles, or its HTML still names an outside address.
    """
    _refuse_tiles(m)
    root = m.get_root()
    root.title = _escape(title)
    for child in root._children.values():
        child.render()
    header = root.header._children
    for name, link in list(header.items()):
        if not isinstance(link, (JavascriptLink, CssLink)):
            continue
        if name in _LEFT_OUT or (name == "jquery" and not _uses_jquery(root)):
            del header[name]
        elif name in _VENDOR:
            header[name] = Inline("script" if isinstance(link, JavascriptLink) else "style", _vendor(name))
        else:
            raise OfflineError("map_plugin_unknown", plugin=name)
    html: str = root._template.render(this=root, kwargs={})
    refuse_outside(html)
    # Before everything else in the page, so that it holds for all of it.
    policy = f'<head>\n<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    return re.sub("<head>", lambda _: policy, html, count=1)


def _refuse_tiles(m: folium.Map) -> None:
    """Raise if tiles stand anywhere on the map: their addresses are put together by scripts."""
    waiting, found = [m], []
    while waiting:
        children = list(waiting.pop()._children.values())
        found += [child for child in children if isinstance(child, (TileLayer, WmsTileLayer))]
        waiting += children
    if found:
        addresses = (getattr(tiles, "tiles", None) or getattr(tiles, "url", "") for tiles in found)
        raise OfflineError("map_not_offline", addresses=tuple(map(str, addresses)))


def outside_references(html: str) -> list[str]:
    """Return every outside address that a browser would ask for when it shows `html`."""
    walker = _References()
    walker.feed(html)
    return walker.found


def refuse_outside(html: str) -> None:
    """
    Raise unless `html` is whole by itself.

    Raises
    ------
    OfflineError
        ``map_not_offline`` with the addresses found.
    """
    found = outside_references(html)
    if found:
        raise OfflineError("map_not_offline", addresses=tuple(found))


class _References(HTMLParser):
    """Collects what tags and style sheets ask for; text inside scripts asks for nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"
        for name, value in attrs:
            if name in ("src", "href", "srcset", "data", "action", "poster") and value:
                self._note(value)
            elif name == "style" and value:
                self._note_style(value)

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self._note_style(data)

    def _note_style(self, text: str) -> None:
        for address in _CSS_URL.findall(text):
            self._note(address)
        self.found.extend(re.findall(r"@import[^;]+", text))

    def _note(self, address: str) -> None:
        if not address.startswith(("data:", "#", "javascript:", "about:")):
            self.found.append(address)


@cache
def _vendor(name: str) -> str:
    package, file = _VENDOR[name]
    folder = Path(package.BASE_DIR)
    text = (folder / file).read_text(encoding="utf-8")
    if file.endswith(".css"):
        return _CSS_URL.sub(lambda found: _data_url(folder, found), text)
    # Without the line that sends a browser's developer tools looking for a map of the source.
    return re.sub(r"//# sourceMappingURL=.*", "", text).replace("</script", r"<\/script")


def _data_url(folder: Path, found: re.Match[str]) -> str:
    address = found.group(1)
    if address.startswith(("#", "data:")):
        return found.group(0)
    content = base64.b64encode((folder / address).read_bytes()).decode("ascii")
    return f"url(data:image/png;base64,{content})"


def _uses_jquery(root: Element) -> bool:
    # folium's own popups are the only part of it that calls jQuery.
    return "$(" in "".join(child.render() for child in root.script._children.values())


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
