"""One HTML text that asks for nothing: what is inlined, what is refused."""

import folium
import pytest
from folium.plugins import Fullscreen

from ui.maps.offline import POLICY, OfflineError, offline_html, outside_references, refuse_outside


def test_a_plain_map_becomes_whole_by_itself():
    html = offline_html(folium.Map([30, 120], tiles=None))
    assert outside_references(html) == []
    assert "Leaflet 1.9" in html
    assert "sourceMappingURL" not in html


def test_popups_bring_jquery_along_and_other_maps_do_not():
    plain = folium.Map([30, 120], tiles=None)
    with_popup = folium.Map([30, 120], tiles=None)
    folium.CircleMarker([30, 120], popup="x").add_to(with_popup)
    assert "jQuery" not in offline_html(plain)
    assert "jQuery" in offline_html(with_popup)


def test_folium_itself_is_left_as_it_was():
    before = list(folium.Map.default_js), list(folium.Map.default_css)
    offline_html(folium.Map([30, 120], tiles=None))
    assert (folium.Map.default_js, folium.Map.default_css) == before


def test_a_map_can_be_rendered_twice():
    m = folium.Map([30, 120], tiles=None)
    assert offline_html(m) == offline_html(m)


@pytest.mark.parametrize(
    "tiles",
    [
        folium.TileLayer("OpenStreetMap"),
        folium.TileLayer("https://t.example/{z}/{x}/{y}.png", attr="x"),
        folium.WmsTileLayer("https://w.example/wms", layers="x"),
    ],
    ids=["named", "by address", "wms"],
)
def test_tiles_from_outside_are_refused_wherever_they_stand(tiles):
    plain, grouped = folium.Map([30, 120], tiles=None), folium.Map([30, 120], tiles=None)
    group = folium.FeatureGroup().add_to(grouped)
    tiles.add_to(plain)
    group.add_child(tiles)
    for m in (plain, grouped):
        with pytest.raises(OfflineError, match="map_not_offline"):
            offline_html(m)


def test_the_default_tiles_are_refused_by_their_address():
    with pytest.raises(OfflineError, match="openstreetmap"):
        offline_html(folium.Map([30, 120]))


def test_the_browser_is_told_to_fetch_nothing():
    html = offline_html(folium.Map([30, 120], tiles=None))
    policy = html.index("Content-Security-Policy")
    assert html.count("Content-Security-Policy") == 1
    assert policy < min(html.index("<script"), html.index("<style"))
    assert "default-src 'none'" in POLICY


def test_a_plugin_that_is_not_brought_along_is_refused():
    m = folium.Map([30, 120], tiles=None)
    Fullscreen().add_to(m)
    with pytest.raises(OfflineError, match="map_plugin_unknown"):
        offline_html(m)


@pytest.mark.parametrize(
    "html",
    [
        '<script src="//a.example/x.js"></script>',
        '<link href="x.css">',  # a second file
        "<style>a { background: url(img/x.png) }</style>",
        "<style>@import 'x.css';</style>",
        '<div style="background: url(http://a.example/x.png)"></div>',
        '<img srcset="x.png 2x">',
    ],
)
def test_outside_references_are_found(html):
    with pytest.raises(OfflineError, match="map_not_offline"):
        refuse_outside(html)


def test_text_inside_scripts_asks_for_nothing():
    assert outside_references("<script>var a = '<a href=\"http://x.example\">';</script>") == []


def test_the_title_is_escaped():
    html = offline_html(folium.Map([30, 120], tiles=None), title="</title><script>x</script>")
    assert "<script>x</script>" not in html
