"""Registering: the component is found by every runtime, with Leaflet beside it."""

import re

from streamlit.testing.v1 import AppTest

from ui.painter.registering import ASSETS, HTML, LEAFLET


def mounted():
    import streamlit as st

    from ui.painter import grid_map

    def noted():
        st.session_state.noted = True

    grid_map({"mode": "paint"}, key="map", on_post=noted)
    st.write("after")


def test_a_page_with_the_map_runs_in_a_runtime_of_its_own_each_time():
    for _ in range(2):
        app = AppTest.from_function(mounted).run()
        assert not app.exception
        assert app.markdown[0].value == "after"


def test_every_module_that_is_imported_is_there():
    for script in ASSETS.glob("*.js"):
        for name in re.findall(r"from '\./([^']+)'", script.read_text(encoding="utf-8")):
            assert (ASSETS / name).is_file(), f"{script.name} imports {name}"
    assert (LEAFLET / "leaflet-src.esm.js").is_file()
    assert (LEAFLET / "leaflet.css").is_file()


def test_the_places_are_positioned_before_any_style_sheet_is_there():
    assert re.findall(r'class="gbp-(\w+)" style="position:(\w+)', HTML) == [
        ("bar", "relative"),
        ("map", "absolute"),
        ("panel", "absolute"),
    ]


def test_scripts_put_no_text_into_the_page_as_html():
    for script in ASSETS.glob("*.js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", script.read_text("utf-8")
        )
