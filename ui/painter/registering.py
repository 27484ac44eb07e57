"""Registers the map component with Streamlit, from its own folder and Leaflet's: no copies, no routes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
import xstatic.pkg.leaflet
from streamlit.components.v2 import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

ASSETS = Path(__file__).parent / "assets"
LEAFLET = Path(xstatic.pkg.leaflet.BASE_DIR)
NAME = "gridbeat.painter"
# In place from the first moment: on a remount the scripts run before the style sheet is there.
HTML = (
    '<div class="gbp" style="position:relative;width:100%;height:100%;overflow:hidden">'
    '<div class="gbp-bar" style="position:relative"></div>'
    '<div class="gbp-map" style="position:absolute;overflow:hidden"></div>'
    '<div class="gbp-panel" style="position:absolute"></div>'
    "</div>"
)


def registered() -> ComponentRenderer:
    """
    Return the map component, registered with the runtime that runs this script.

    Streamlit's own scan finds a component in a wheel, but not in an editable install; this finds it in both.
    Called on every run: each runtime (a test's too) has a registry of its own.
    """
    for name, folder in (("painter", ASSETS), ("leaflet", LEAFLET)):
        _register(name, folder)
    return st.components.v2.component(NAME, js="map.js", css="map.css", html=HTML)


def _register(name: str, folder: Path) -> None:
    manager = get_bidi_component_manager()
    if manager.get_component_asset_root(f"gridbeat.{name}") is None:
        manifest = ComponentManifest("gridbeat", "0", [ComponentConfig(name, folder.name)])
        manager.register_from_manifest(manifest, folder.parent)
