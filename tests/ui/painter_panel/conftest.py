"""The component's own modules, served to a browser; mounted in a shadow root, as Streamlit does."""

import functools
import http.server
import json
import threading

import pytest

from ui.painter.compare_words import compare_words
from ui.painter.panel_words import panel_words
from ui.painter.patrol_words import patrol_words
from ui.painter.registering import ASSETS, LEAFLET
from ui.words import words

PAGE = """<!doctype html><html><head><meta charset="utf-8"></head><body style="margin:0"><div id="host"></div>
<script type="module">
const shadow = document.querySelector("#host").attachShadow({mode: "open"});
for (const sheet of ["painter/map", "painter/scorecard", "painter/compare", "painter/patrol"]) {
  const link = document.createElement("link");
  link.rel = "stylesheet"; link.href = `/${sheet}.css`; shadow.append(link);
}
const root = document.createElement("div");
root.style.position = "relative";
shadow.append(root);
window.root = root; window.calls = [];
const noted = (name) => (...given) => window.calls.push([name, ...given]);
window.noting = (names) => Object.fromEntries(names.map((name) => [name, noted(name)]));
const loaded = (link) => new Promise((done) => { link.onload = done; });
window.ready = Promise.all([...shadow.querySelectorAll("link")].map(loaded));
</script></body></html>"""


class _Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/":
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(PAGE.encode())
        else:
            super().do_GET()

    def translate_path(self, path):
        folders = {"painter": ASSETS, "gridbeat.leaflet": LEAFLET}
        _, name, *rest = path.split("?")[0].split("/")
        return str(folders.get(name, ASSETS).joinpath(*rest)) if rest else str(ASSETS / "none")

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def modules_at():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Handler))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def bench(page, modules_at):
    """A page with an empty `root` in a shadow root; calls back are noted in `window.calls`."""
    page.goto(modules_at)
    page.evaluate("window.ready")
    return page


@pytest.fixture
def calls(bench):
    """Function that returns what was called back so far, and forgets it."""
    return lambda: bench.evaluate("window.calls.splice(0)")


@pytest.fixture
def panel(bench):
    """Function that opens the scorecard on a model."""

    def opened(model, lang="zh", height=700):
        bench.evaluate(
            """async ([words, lang, model, height]) => {
              const { scorecard } = await import("/painter/scorecard.js");
              Object.assign(root.style, { width: "340px", height: `${height}px` });
              window.model = model;
              const on = noting(["go", "choose", "mend", "lock", "goGrids"]);
              window.card = scorecard(root, { words, lang, on });
              window.card.update(model);
              await new Promise(requestAnimationFrame);
            }""",
            [panel_words(words(lang)), lang, model, height],
        )
        return bench

    return opened


@pytest.fixture
def comparison(bench):
    """Function that opens the comparison on its data and a geometry."""

    def opened(data, geometry, before=""):
        lang = data["lang"]
        bench.evaluate(before)
        bench.evaluate(
            """async ([data, geometry]) => {
              const { open } = await import("/painter/compare.js");
              Object.assign(root.style, { width: "1300px", height: "640px" });
              window.data = data;
              window.mode = open(root, { data, geometry, post: (posts) => calls.push(posts) });
              await new Promise((done) => setTimeout(done, 250));
            }""",
            [{**data, "words": compare_words(words(lang))}, json.loads(json.dumps(geometry, default=float))],
        )
        return bench

    return opened


@pytest.fixture
def patrol(bench):
    """Function that opens a day of patrols on what Python sends: `mode` is its desk, `calls` its posts."""

    def opened(data, geometry):
        bench.evaluate(
            """async ([data, geometry]) => {
              const { open } = await import("/painter/patrol.js");
              sessionStorage.clear();
              root.className = "gbp";
              Object.assign(root.style, { width: "1200px", height: "640px" });
              window.data = data;
              const post = (posts) => calls.push(JSON.parse(JSON.stringify(posts)));
              window.mode = open(root, { data, geometry, post, want: (what) => calls.push(what) });
              await new Promise((done) => setTimeout(done, 250));
            }""",
            [{**data, "words": patrol_words(words(data["lang"]))}, geometry],
        )
        return bench

    return opened
