"""
Pictures for the eyes of who reviews: a rendition where there is one, else made from the original.

Culling comes before anything else is done with a photo, so a row may have no rendition yet. What is
made for looking is kept in `data/thumbs`, by the photo's SHA-256; deleting that folder is safe at
any time. Of an opened incident bundle it is kept in a temporary folder until the end. Pictures are
made by workers, a few at a time, the one wanted last first: a person who scrolls does not wait for
what has left the screen.
"""

import contextlib
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from adapters.errors import AdapterError
from adapters.files import write_atomically
from adapters.objects import Objects
from adapters.recipes import Order, Recipe, Size
from adapters.sniffing import sniff
from adapters.tasks import Rendered
from adapters.workers import WorkerFailure, Workers
from driver.errors import Unreachable
from driver.kept_pictures import FOLDER, kept_at
from driver.originals import read_original
from driver.worker_failures import code_of, last_line
from driver.workspace import Workspace
from machine.row import Row

Name = Literal["thumb", "web", "full"]

SIZES: dict[Name, Size] = {
    "thumb": Size(name="thumb", width_px=548, height_px=365, quality=80),
    "web": Size(name="web", width_px=1500, height_px=1000, quality=85),
    "full": Size(name="full", width_px=20_000, height_px=20_000, quality=92),
}
"""What is made where there is no rendition; upright, sRGB, never enlarged."""
SHOWN_AS_IS = ("image/jpeg", "image/png", "image/webp", "image/avif", "image/gif")
"""Formats that every browser shows; all but JPEG only where they need no turning."""
AT_ONCE = 2
"""A run may be at work beside."""
WAITING_MAX = 64
"""Pictures wanted at once, some screen of them; the oldest are let go."""
DEADLINE_S = 60.0
FAILED_KEPT = 1_000


class Shown(Struct, frozen=True):
    """A picture as a browser gets it."""

    data: bytes
    media_type: str


class Versions(Struct, frozen=True):
    """Which pictures a row has: SHA-256 of each; of the photo's bytes, where it is made of them."""

    thumb: str
    web: str
    full: str


def versions_of(row: Row) -> Versions:
    """Return which pictures a row has today."""
    resize, photo = row.decided.resize, row.decided.photo.sha256
    made = {one.name: one.sha256 for one in resize.renditions} if resize.photo == photo else {}
    return Versions(made.get("thumb", photo), made.get("web", photo), photo)


class NoPicture(Unreachable):
    """There is no picture of a row: its original is away, or cannot be decoded."""


class ReviewPictures:
    """Makes and keeps them. For all threads, until it is closed."""

    def __init__(
        self, workspace: Workspace, objects: Objects, workers: Callable[[], Workers]
    ) -> None:
        """Keep the devices; nothing is started yet."""
        self.workspace = workspace
        self._objects = objects
        self._workers = workers
        self._open = contextlib.ExitStack()
        self._folder = workspace.data / FOLDER
        if workspace.is_incident:
            temporary = tempfile.TemporaryDirectory(prefix="photojournal-thumbs-")
            self._folder = Path(self._open.enter_context(temporary))
        self._wanted: OrderedDict[tuple[str, Name], tuple[Row, Future[Shown]]] = OrderedDict()
        self._making: dict[tuple[str, Name], Future[Shown]] = {}
        self._failed: OrderedDict[tuple[str, Name], str] = OrderedDict()
        self._news = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._closed = False

    def at_hand(self, row: Row, name: Name) -> Shown | None:
        """Return a picture that needs no decoding; None where it has to be made."""
        if name != "full":
            return self._rendition(row, name) or self._kept(row, name)
        media_type = row.decided.photo.metadata.media_type
        upright = media_type == "image/jpeg" or row.decided.photo.metadata.orientation == 1
        if media_type not in SHOWN_AS_IS or not upright:
            return None
        photo = self._original(row)
        return Shown(photo, media_type) if sniff(photo) == media_type else None

    def make(self, row: Row, name: Name) -> "Future[Shown]":
        """
        Have a picture made; the future raises NoPicture where there is none.

        Raises:
            NoPicture: it failed before, and would again.
        """
        key = (row.decided.photo.sha256, name)
        with self._news:
            if why := self._failed.get(key):
                raise NoPicture(why, f"photojournal show {row.happened.row}")
            if key in self._making:
                return self._making[key]
            future = self._wanted.pop(key)[1] if key in self._wanted else Future[Shown]()
            self._wanted[key] = (row, future)
            if len(self._wanted) > WAITING_MAX:
                _, (_, oldest) = self._wanted.popitem(last=False)
                _let_go(oldest, "too many pictures are wanted at once")
            self._start()
            self._news.notify()
        return future

    def close(self) -> None:
        """Let go of what waits."""
        with self._news:
            self._closed = True
            for _, future in self._wanted.values():
                _let_go(future, "the server ends")
            self._wanted.clear()
            self._news.notify_all()
        for thread in self._threads:
            thread.join(DEADLINE_S)
        self._open.close()

    # --- where they come from

    def _rendition(self, row: Row, name: Name) -> Shown | None:
        resize = row.decided.resize
        if resize.photo != row.decided.photo.sha256:
            return None
        for one in resize.renditions:
            if one.name == name:
                with contextlib.suppress(AdapterError):
                    return Shown(self._objects.get(one.sha256), one.media_type)
        return None

    def _kept(self, row: Row, name: Name) -> Shown | None:
        try:
            data = kept_at(self._folder, row.decided.photo.sha256, name).read_bytes()
        except OSError:
            return None
        return Shown(data, "image/jpeg") if sniff(data) == "image/jpeg" else None

    def _original(self, row: Row) -> bytes:
        try:
            return read_original(self.workspace, self._objects, row)
        except AdapterError as error:
            hint = error.hint or f"photojournal show {row.happened.row}"
            raise NoPicture(str(error), hint) from error

    # --- making

    def _start(self) -> None:
        if not self._threads:
            self._threads = [
                threading.Thread(target=self._work, name=f"picture-{number}", daemon=True)
                for number in range(AT_ONCE)
            ]
            for thread in self._threads:
                thread.start()

    def _work(self) -> None:
        while True:
            with self._news:
                while not self._wanted and not self._closed:
                    self._news.wait()
                if self._closed:
                    return
                key, (row, future) = self._wanted.popitem()
                if not future.set_running_or_notify_cancel():
                    continue
                self._making[key] = future
            try:
                future.set_result(self._made(row, key[1]))
            except Exception as error:  # noqa: BLE001  (whoever waits for it gets it)
                future.set_exception(error)
            finally:
                with self._news:
                    self._making.pop(key, None)

    def _made(self, row: Row, name: Name) -> Shown:
        order = msgspec.json.encode(Order(recipe=Recipe(sizes=(SIZES[name],))))
        photo = self._original(row)
        answer = self._workers().submit("resize", photo, order, deadline_s=DEADLINE_S).result()
        if isinstance(answer, WorkerFailure):
            raise self._failure(row, name, answer)
        (picture,) = msgspec.msgpack.decode(answer.data, type=Rendered).pictures
        if name != "full":
            with contextlib.suppress(AdapterError):
                write_atomically(
                    kept_at(self._folder, row.decided.photo.sha256, name), picture.data
                )
        return Shown(picture.data, picture.rendition.media_type)

    def _failure(self, row: Row, name: Name, answer: WorkerFailure) -> NoPicture:
        """Return why there is no picture; a photo that cannot be decoded costs a worker once."""
        number = row.happened.row
        log = self.workspace.data / "crash_runtime.log"
        why = last_line(log, f"review id={number}", answer)
        msg = f"no picture of row {number}: {code_of('resize', answer)}: {why}"
        if answer.kind not in ("host", "stopped"):
            with self._news:
                self._failed[row.decided.photo.sha256, name] = msg
                while len(self._failed) > FAILED_KEPT:
                    self._failed.popitem(last=False)
        return NoPicture(msg, f"photojournal show {number}")


def _let_go(future: "Future[Shown]", why: str) -> None:
    """Say that a picture is not made, unless whoever wanted it has gone."""
    with contextlib.suppress(InvalidStateError):
        future.set_exception(NoPicture(why))
