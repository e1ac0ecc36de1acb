"""
How long a person waits before the page, with 10,000 photos in a real Chromium.

Scrolling: the time from frame to frame while the grid is scrolled through. Deciding: from the key
to the next photo on the screen, its decision committed; the server is a process of its own, as
`photojournal review` starts it. The photos are thirty real ones, each many times.

    python -m bench.review_page [ROWS]
"""

import hashlib
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from playwright.sync_api import Page, sync_playwright

from bench.measure import line
from driver.workspace import Workspace
from journal import Entry, Journal
from machine.event_base import Event
from machine.events import MetadataRead, RowIngested
from tests.driver.desk import Desk
from tests.web.browser.album import PHOTOS, shoot

ROWS = 10_000
DECISIONS = 200
SCROLL_S = 6
LOOKING_PX, FLYING_PX = 25, 150
"""
Scrolled in each frame: at 60 frames a second six rows of photos a second, with their pictures; or
37, where pictures are fetched once the grid comes to rest.
"""
FRAME_GOAL_MS, MEDIAN_GOAL_MS, SLOW_GOAL_MS = 50, 100, 250

_SCROLL = """
([seconds, step]) => new Promise((resolve) => {
  const box = document.querySelector(".scroller"), frames = [];
  const end = performance.now() + seconds * 1000;
  let last = performance.now();
  const frame = (now) => {
    frames.push(now - last);
    last = now;
    box.scrollTop += step;
    if (now < end) requestAnimationFrame(frame); else resolve(frames.slice(2));
  };
  requestAnimationFrame(frame);
})
"""

_WATCH = """
() => {
  window.waits = [];
  performance.setResourceTimingBufferSize(100000);
  addEventListener("keydown", ({ timeStamp }) => {
    const before = location.hash;
    const look = () => {
      const picture = document.querySelector(".zoom-place img:nth-child(2)");
      const row = location.hash.match(/row\\/(\\d+)/)?.[1];
      const isIt = picture?.complete && picture.src.includes(`/${row}/web`);
      const shown = location.hash !== before && isIt;
      if (!shown) requestAnimationFrame(look);
      else requestAnimationFrame(() => waits.push(performance.now() - timeStamp));
    };
    requestAnimationFrame(look);
  }, true);
}
"""

# Asked once, so that the browser is not kept busy by who measures.
_WAITED = """
(count) => new Promise((resolve) => {
  const look = () => { if (waits.length >= count) resolve(); else setTimeout(look, 20); };
  look();
})
"""

_ANSWERED = """
() => performance.getEntriesByName(`${location.origin}/api/decisions`).map((one) => one.duration)
"""


def rounds(rows: int = ROWS) -> list[dict[str, Any]]:
    """Return the lines of the table; empty without Chromium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-headless-shell")
    if chromium is None:
        return []
    with tempfile.TemporaryDirectory() as folder:
        root = many(Path(folder), rows)
        with served(root) as link, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(link)
            page.locator("[role=gridcell] img").first.wait_for()
            looking = page.evaluate(_SCROLL, [SCROLL_S, LOOKING_PX])
            flying = page.evaluate(_SCROLL, [SCROLL_S, FLYING_PX])
            waits = decided(page)
            answered = statistics.median(page.evaluate(_ANSWERED))
            browser.close()
    detail = f"{rows:,} photos, 1440 x 900"
    return [
        _line("scrolling the grid: frame, p95", looking, 95, FRAME_GOAL_MS, detail),
        _line("flying past the grid: frame, p95", flying, 95, FRAME_GOAL_MS, detail),
        _line(
            "decision to next photo, median",
            waits,
            50,
            MEDIAN_GOAL_MS,
            f"{detail}, the browser had its answer after {answered:.0f} ms",
        ),
        _line("decision to next photo, p99", waits, 99, SLOW_GOAL_MS, detail),
    ]


def _line(
    what: str, times_ms: list[float], percent: int, goal: float, detail: str
) -> dict[str, Any]:
    figure = statistics.quantiles(times_ms, n=100, method="inclusive")[percent - 1]
    said = f"{detail}; {len(times_ms)} times, longest {max(times_ms):.0f} ms"
    return line(what, figure, "ms", goal=goal, at_most=True, detail=said)


def decided(page: Page) -> list[float]:
    """Pick one photo after the other in the loupe; return how long each took, in ms."""
    page.goto(re.sub("#.*", "", page.url) + "#/row/1")
    page.locator(".zoom-place img").nth(1).wait_for()
    page.evaluate(_WATCH)
    for count in range(1, DECISIONS + 1):
        page.keyboard.press("p")
        page.evaluate(_WAITED, count)
    waits: list[float] = page.evaluate("waits")
    return waits


def many(folder: Path, rows: int) -> Path:
    """Make a workspace with thirty photos, worked on, and their lives copied up to `rows` rows."""
    desk = Desk(folder / "work", config="[run]\nworkers = 2\n")
    desk.ingest(*shoot(folder / "card"))
    desk.work()
    with Journal.open(Workspace(desk.root).journal) as journal:
        lives = [
            [one.event for one in journal.read_stream(f"row/{n}")] for n in range(1, PHOTOS + 1)
        ]
        run = journal.read_stream("row/1")[0].run_id
        for number in range(PHOTOS + 1, rows + 1):
            entries = [
                Entry(f"row/{number}", version, _as_row(number, event))
                for version, event in enumerate(lives[number % PHOTOS])
            ]
            journal.append(entries, key=f"{run}/copy{number}", run_id=run, step=1, actor="bench")
    return desk.root


def _as_row(number: int, event: Event) -> Event:
    """Return an event as one of another row, with another name, that looks like no other."""
    if isinstance(event, RowIngested):
        name = f"COPY_{number:05}.jpg"
        return msgspec.structs.replace(event, row=number, file_name=name, original_name=name)
    if isinstance(event, MetadataRead):
        looks = hashlib.sha256(str(number).encode()).hexdigest()[:16]
        return msgspec.structs.replace(event, perceptual_hash=looks)
    return event


@contextmanager
def served(root: Path) -> Iterator[str]:
    """Start the server as a person does; give the link that it prints."""
    command = [
        sys.executable,
        "-m",
        "photojournal",
        "-w",
        str(root),
        "review",
        "--no-browser",
        "--port",
        "0",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        said = iter(server.stdout.readline, "")
        yield next(found[0] for one in said if (found := re.search(r"http://\S+", one)))
        server.terminate()


if __name__ == "__main__":
    for found in rounds(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS):
        print(json.dumps(found))
