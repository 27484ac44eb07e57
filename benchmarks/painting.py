"""
Measure painting as a planner feels it: in headless Chromium, with the page, the server and the file at work.

Run `python benchmarks/painting.py` (some three minutes); it needs the extra `dev` and a Chromium on the PATH,
and prints a markdown table. Of 50 single strokes on the sample and on 15,000 grids: from the pointer going
down to the frame in which the pixel under it has its new colour, and to the scorecard that Python worked out;
the bytes that went over the wire each way; and the frames of a drag over a hundred grids. The display's own
delay is in none of them.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from painting_districts import make_large, make_sample
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

STROKES, DRAG_STEPS = 50, 120
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
]
ROOT = Path(__file__).resolve().parents[1]
START = "import sys; sys.argv[0] = 'gridbeat'; from ui.cli import main; main()"
IN_SHADOW = """
const shadows = [...document.querySelectorAll('*')].map((e) => e.shadowRoot);
const root = shadows.find((r) => r?.querySelector('.gbp'));
const host = root.querySelector('.gbp-canvas'), canvas = host.gbp;
const place = (g) => {
  const [x, y] = canvas.pixelOf(canvas.shapes.atX[g], canvas.shapes.atY[g]), r = host.getBoundingClientRect();
  return [r.left + x, r.top + y];
};
"""
# Pairs of grids that can be seen: the second is in another zone of the first one's station.
PAIRS = f"""() => {{ {IN_SHADOW}
  const {{ stations }} = canvas.geometry.grids, {{ zoneOf }} = canvas.picture;
  const r = host.getBoundingClientRect();
  const seen = [...stations.keys()].map((g) => [g, ...place(g)]).filter(([, x, y]) =>
    x > r.left + 90 && x < r.right - 20 && y > r.top + 20 && y < r.bottom - 60);
  const found = [];
  for (const [a, ax, ay] of seen) for (const [b, bx, by] of seen) {{
    const near = Math.hypot(ax - bx, ay - by) < 120;
    if (near && stations[a] === stations[b] && zoneOf[a] !== zoneOf[b]) found.push([[ax, ay], [bx, by], b]);
  }}
  return found;
}}"""
# Resolves with [ms to the new pixel, ms to Python's scorecard].
STROKE = f"""([x, y]) => {{ {IN_SHADOW}
  const sheet = root.querySelector('.gbp-sheet-fills'), ctx = sheet.getContext('2d');
  const r = sheet.getBoundingClientRect();
  const colour = () => ctx.getImageData(Math.round(x - r.left), Math.round(y - r.top), 1, 1).data.join();
  const panel = root.querySelector('.gbp-panel'), was = colour();
  window.stroke = new Promise((done) => host.addEventListener('pointerdown', (event) => {{
    const began = event.timeStamp, took = [null, null];
    const over = setTimeout(() => done(took), 5000);
    let waited = false;
    const look = () => {{
      const now = performance.now() - began;
      if (took[0] === null && colour() !== was) took[0] = now;
      const pending = Boolean(panel.querySelector('[data-pending]'));
      waited ||= pending;
      if (took[1] === null && waited && !pending) took[1] = now;
      if (took.includes(null)) requestAnimationFrame(look);
      else {{ clearTimeout(over); done(took); }}
    }};
    requestAnimationFrame(look);
  }}, {{ once: true, capture: true }}));
}}"""
FRAMES = """() => {
  window.frames_ = []; window.watching = true;
  let last = performance.now();
  const look = (now) => {
    window.frames_.push(now - last);
    last = now;
    if (window.watching) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
TABLE = (
    "| district | clicks | repaint ms, median / p95 | scores ms, median / p95 |"
    " drag frames ms, median / p95 / worst (grids) | bytes a stroke up / down | first map s |\n"
    "|---|---|---|---|---|---|---|"
)


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--strokes", type=int, default=STROKES)
    asked = options.parse_args()
    print(TABLE, flush=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=_chromium(), args=ARGUMENTS)
        for name, make in (("sample, 1,415 grids", make_sample), ("15,000 grids", make_large)):
            path = make(Path(folder) / f"{make.__name__}.gpkg")
            with served(path) as address:
                print(row(name, measured(chromium, address, strokes=asked.strokes)), flush=True)


def _chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        raise SystemExit("no Chromium on the PATH")
    return found


@contextmanager
def served(path: Path) -> Iterator[str]:
    """Serve the app on a district as people start it, and yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GRIDBEAT_HOME": str(path.parent / "home")}
    command = [sys.executable, "-c", START, "app", str(path), "--no-browser", f"--port={port}"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(command, cwd=path.parent, env=environment, **quiet)
    try:
        for _ in range(300):
            with suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).close()
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)


def measured(chromium: Any, address: str, *, strokes: int) -> dict[str, Any]:
    """Paint and return what it took."""
    page = chromium.new_page(viewport={"width": 1366, "height": 768})
    page.set_default_timeout(120_000)
    traffic = Traffic(page)
    page.goto(f"{address}/zoning?lang=zh")
    page.get_by_role("button", name="从现状开始绘制").click()
    page.locator(".gbp-canvas").wait_for()
    page.wait_for_timeout(3000)
    first_map = _first_map(page)
    frames, grids = _drag(page)
    _zoom_in(page)
    clicks = _strokes(page, traffic, strokes)
    page.close()
    return {"clicks": clicks, "frames": frames, "grids": grids, "first_map": first_map}


class Traffic:
    """Counts the bytes that go over the page's sockets."""

    def __init__(self, page: Page) -> None:
        self.up = self.down = 0
        page.on("websocket", self._watch)

    def _watch(self, socket_: Any) -> None:
        socket_.on("framesent", lambda data: self._add("up", data))
        socket_.on("framereceived", lambda data: self._add("down", data))

    def _add(self, way: str, data: str | bytes) -> None:
        setattr(self, way, getattr(self, way) + len(data))


def _first_map(page: Page) -> float:
    """Return how long a reload takes until the map is drawn, with the server warm."""
    began = time.monotonic()
    page.reload()
    page.locator(".gbp-sheet-fills").wait_for(state="attached")
    took = time.monotonic() - began
    page.wait_for_timeout(4000)
    return took


def _zoom_in(page: Page) -> None:
    box = page.locator(".gbp-canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for _ in range(2):
        page.mouse.wheel(0, -240)
        page.wait_for_timeout(900)
    # Single grids, not whole villages.
    page.keyboard.press("u")
    page.keyboard.press("u")


def _strokes(page: Page, traffic: Traffic, count: int) -> list[dict[str, float]]:
    chance, found = random.Random(1), []
    while len(found) < count:
        pairs = page.evaluate(PAIRS)
        (from_x, from_y), to, _ = chance.choice(pairs)
        page.keyboard.press("p")
        page.mouse.click(from_x, from_y)
        page.keyboard.press("b")
        page.wait_for_timeout(250)
        page.evaluate(STROKE, to)
        up, down = traffic.up, traffic.down
        page.mouse.click(*to)
        repaint, scores = page.evaluate("() => window.stroke")
        page.wait_for_timeout(150)
        if repaint is not None and scores is not None:
            sent = {"up": traffic.up - up, "down": traffic.down - down}
            found.append({"repaint": repaint, "scores": scores, **sent})
    return found


def _drag(page: Page) -> tuple[list[float], int]:
    """Drag the largest eraser, which no station stops, over a hundred grids; return frames and grids."""
    box = page.locator(".gbp-canvas").bounding_box()
    zones = f"() => {{ {IN_SHADOW} return [...canvas.picture.zoneOf]; }}"
    before = page.evaluate(zones)
    page.locator(".gbp-canvas").focus()
    page.keyboard.press("e")
    for _ in range(3):
        page.keyboard.press("]")
    x, y = box["x"] + box["width"] * 0.42, box["y"] + box["height"] * 0.35
    page.evaluate(FRAMES)
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(DRAG_STEPS):
        page.mouse.move(x + step % 40 * 4, y + step // 40 * 50)
        page.wait_for_timeout(8)
    after = page.evaluate(zones)
    frames = page.evaluate("() => { window.watching = false; return window.frames_; }")[2:]
    page.mouse.up()
    page.wait_for_timeout(3000)
    page.keyboard.press("Control+z")
    page.wait_for_timeout(3000)
    return frames, sum(a != b for a, b in zip(before, after, strict=True))


def row(name: str, found: dict[str, Any]) -> str:
    """Return a district's line of the table."""
    clicks = found["clicks"]
    spread = {key: _spread([click[key] for click in clicks]) for key in ("repaint", "scores")}
    frames = sorted(found["frames"])
    up, down = (statistics.median(click[way] for click in clicks) for way in ("up", "down"))
    return (
        f"| {name} | {len(clicks)} | {spread['repaint']} | {spread['scores']} |"
        f" {_spread(frames)} / {frames[-1]:.0f} ({found['grids']}) | {up:,.0f} / {down:,.0f} |"
        f" {found['first_map']:.1f} |"
    )


def _spread(values: list[float]) -> str:
    ordered = sorted(values)
    return f"{statistics.median(ordered):.0f} / {ordered[round(0.95 * (len(ordered) - 1))]:.0f}"


if __name__ == "__main__":
    main()
