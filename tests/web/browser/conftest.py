"""
A real Chromium before a real server with thirty real photos.

`served` is a server of its own for each test, on a copy of one workspace; `page` a fresh tab on it.
Playwright keeps an event loop in the thread that started it, so that it lives no longer than the
tests of one file.
"""

import contextlib
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from adapters.workers import Workers
from driver.program import Program
from driver.workspace import Workspace
from journal import Journal
from tests.browsers import chromium_path
from tests.driver.desk import Desk as Before
from tests.web.browser.album import shoot
from web.app import create_app
from web.desk import Desk
from web.guard import Guard
from web.serving import listening

WIDE = (1440, 900)
PHONE = (390, 844)
SOON_MS = 5_000
"""How long a test waits for what a person would see at once; the machine may be busy."""
LOADED_MS = 30_000
"""How long for the page itself, which comes in fifty files."""


class Served:
    """A workspace with its server."""

    def __init__(self, root: Path, workers: Workers | None = None) -> None:
        """Open the workspace and serve it; `workers` are shared with others."""
        self.root = root
        self._workers = workers
        self.guard: Guard | None = None
        self.start()

    def start(self, *, anew: bool = False) -> None:
        """Serve; again at the address of before, for whom was let in before; `anew`: for nobody."""
        self._open = contextlib.ExitStack()
        program = self._open.enter_context(Program(Workspace(self.root)))
        if self._workers is not None:
            vars(program)["workers"] = self._workers
        self.desk = Desk(program)
        sock = listening(self.guard.port if self.guard else 0)
        if self.guard is None or anew:
            self.guard = Guard(sock.getsockname()[1])
        self.app = create_app(self.desk, self.guard)
        config = uvicorn.Config(
            self.app, lifespan="off", log_config=None, timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        serving = {"sockets": [sock]}
        self._thread = threading.Thread(target=self._server.run, kwargs=serving, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        """Serve no longer, as when somebody pressed Ctrl+C."""
        self._server.should_exit = True
        self.desk.watch.close()
        self._thread.join(10)
        self.app.state.jobs.close(lambda _words: None)
        self.desk.close()
        self._open.close()

    @property
    def link(self) -> str:
        """What opens the page, once."""
        assert self.guard is not None
        return self.guard.url

    def url(self, hash_: str = "") -> str:
        """Return the address of a view, for a tab that has the cookie."""
        assert self.guard is not None
        return f"{self.guard.base}{hash_}"

    def types(self, row: int) -> list[str]:
        """Return what happened to a row, as types of events."""
        with Journal.open(self.root / "data" / "journal.db", readonly=True) as journal:
            return [type(one.event).__name__ for one in journal.read_stream(f"row/{row}")]


@pytest.fixture(scope="session")
def walk(tmp_path_factory: pytest.TempPathFactory, workers: Workers) -> Path:
    """A workspace with thirty photos, worked on up to the review; tests copy it."""
    folder = tmp_path_factory.mktemp("walk")
    before = Before(folder / "work", workers, config="[run]\nworkers = 1\n")
    before.ingest(*shoot(folder / "card"))
    before.work("prefill", "score", "resize")
    return before.root


@pytest.fixture
def served(walk: Path, workers: Workers, tmp_path: Path) -> Iterator[Served]:
    """The thirty photos behind a server."""
    serving = Served(shutil.copytree(walk, tmp_path / "work"), workers)
    try:
        yield serving
    finally:
        serving.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser."""
    path = chromium_path()
    if path is None:
        pytest.skip("needs Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, served: Served) -> Iterator[Page]:
    """A tab on the grid; an error of its scripts, or a request to elsewhere, fails the test."""
    yield from opened(chromium, served, WIDE)


@pytest.fixture
def phone(chromium: Browser, served: Served) -> Iterator[Page]:
    """The same on a telephone."""
    yield from opened(chromium, served, PHONE, touch=True)


def _elsewhere(url: str, base: str) -> list[str]:
    """Return an address that is not of the page's own server: nothing is asked of anybody else."""
    return [] if url.startswith((base, "data:", "blob:")) else [f"asked for {url}"]


def _against_the_policy(words: str) -> list[str]:
    return [words] if "Content Security Policy" in words else []


def opened(
    chromium: Browser, served: Served, size: tuple[int, int], *, touch: bool = False
) -> Iterator[Page]:
    """Open the page by its link."""
    width, height = size
    context = chromium.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark",
        has_touch=touch,
        is_mobile=touch,
        reduced_motion="reduce",
    )
    context.set_default_timeout(SOON_MS)
    context.set_default_navigation_timeout(LOADED_MS)
    tab = context.new_page()
    errors = list[str]()
    tab.on("pageerror", lambda error: errors.append(str(error)))
    context.on("request", lambda asked: errors.extend(_elsewhere(asked.url, served.url())))
    context.on("console", lambda said: errors.extend(_against_the_policy(said.text)))
    tab.goto(served.link)
    tab.locator("[role=gridcell]").first.wait_for()
    try:
        yield tab
        assert errors == []
    finally:
        context.close()
