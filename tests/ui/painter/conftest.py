"""The component's pure modules, served to a browser and run one by one."""

import http.server
import threading
from functools import partial

import pytest

from ui.painter.registering import ASSETS


class Quiet(http.server.SimpleHTTPRequestHandler):
    extensions_map = {".js": "text/javascript", "": "text/html"}

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(ASSETS)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def run(browser, address):
    """Function that runs a script with one module's exports as `m` and an argument as `a`."""
    page = browser.new_page()
    page.goto(address)

    def ran(module, script, argument=None):
        return page.evaluate(
            f"async (a) => {{ const m = await import('{address}/{module}.js'); {script} }}", argument
        )

    yield ran
    page.close()
