"""
Fetches weights: resumed where they broke off, checked while they come, whole or not there.

Bytes travel in `<file>.part` beside the target, are hashed as they are written, fsynced, and
renamed only if the digest is the pinned one. A download that stops leaves its part; the next one
goes on behind it. Two processes: the second waits for the first.

Only https is followed from the first redirect on. Proxies and certificates come from the
environment (HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE), as httpx reads it.
"""

import contextlib
import hashlib
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

import httpx
from msgspec import Struct

from adapters.errors import AdapterError
from adapters.files import error_of, make_folder, replace_synced, sync_file
from adapters.weights import Weights, hold, unlike, verify, wanted
from journal.locks import ProcessLock

SPARE_BYTES = 64 << 20
"""So much stays free on the disk."""

_TIMEOUT = httpx.Timeout(60.0, connect=10.0)
_REDIRECTS = 5
_CHUNK_BYTES = 1 << 20
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_HEADERS = {"User-Agent": "photojournal", "Accept-Encoding": "identity"}

_TRY_LATER = "try again later; or fetch it elsewhere and copy it: {url}"
_NETWORK = "check the network and its proxy; or fetch it elsewhere and copy it: {url}"
_NOT_IT = "a proxy or a sign-in page may have answered; or fetch it elsewhere and copy it: {url}"
_FREE = "free some space, or name another folder in [score] weights"
_WRONG = "try once more; if it stays so, do not use the file: what the source has was replaced"


class PullFailed(AdapterError):
    """A download that failed, with what a person can do about it."""

    def __init__(self, detail: str, hint: str, code: str = "ScoringWeights") -> None:
        super().__init__(code, detail)
        self.hint = hint


class Pulled(Struct, frozen=True, kw_only=True):
    """Weights that are there now."""

    path: Path
    sha256: str
    size_bytes: int
    fetched_bytes: int
    """Over the network; 0: they were there already."""


def free_bytes(folder: Path) -> int:
    """Return how much may be written to the disk of `folder`. Raises OSError."""
    return shutil.disk_usage(folder).free


def pull(
    entry: Weights,
    folder: Path,
    *,
    told: Callable[[int, int], None] = lambda _done, _total: None,
    waits: Callable[[], None] = lambda: None,
    free: Callable[[Path], int] = free_bytes,
    transport: httpx.BaseTransport | None = None,
) -> Pulled:
    """
    Fetch weights into `folder`, unless they are there.

    Args:
        entry: what to fetch.
        folder: made where it is missing.
        told: called with the bytes that are there and those there will be, 0 if not known.
        waits: called once if another process fetches the same file, before waiting for it.
        free: how many bytes may be written to the folder's disk.
        transport: how to reach the server; None: by the network.

    Raises:
        PullFailed: `ScoringWeights` (network, server, other bytes) or `DiskLow`.
        AdapterError: `ScoringWeights`, `DiskLow` or `WriteFailed`.
    """
    path = folder / entry.file
    found = verify(path, entry)
    try:
        if found.state != "present":
            make_folder(folder)
            with _alone(path, waits) as waited:
                found = verify(path, entry) if waited else found
                if found.state != "present":
                    return _Download(entry, path, told, free).run(transport)
    except OSError as error:
        raise error_of(error, doing=f"write {entry.file} to {folder}") from error
    with contextlib.suppress(AdapterError):  # a folder that others look after
        hold(path, entry, found.sha256)
    size = found.size_bytes or 0
    return Pulled(path=path, sha256=found.sha256, size_bytes=size, fetched_bytes=0)


def part_path(path: Path) -> Path:
    """Return where the bytes of a download lie until it is complete."""
    return path.with_name(f"{path.name}.part")


@contextlib.contextmanager
def _alone(path: Path, waits: Callable[[], None]) -> Iterator[bool]:
    """Keep other processes from fetching the same file; gives whether we had to wait for one."""
    lock = ProcessLock(path.with_name(f"{path.name}.lock"))
    try:
        waited = not lock.try_acquire()
        if waited:
            waits()
            lock.acquire()
        yield waited
    finally:
        lock.close()


class _Part:
    """The bytes that came so far, on the disk and in the hash."""

    def __init__(self, path: Path) -> None:
        """Open what an earlier download left, or begin. Raises OSError."""
        self.path = path
        self.size = 0
        self._hash = hashlib.sha256()
        self._file = path.open("a+b")
        self._file.seek(0)
        while chunk := self._file.read(_CHUNK_BYTES):
            self._hash.update(chunk)
            self.size += len(chunk)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self._hash.update(chunk)
        self.size += len(chunk)

    def clear(self) -> None:
        """Begin again from nothing."""
        self._file.truncate(0)
        self._hash = hashlib.sha256()
        self.size = 0

    def become(self, path: Path) -> None:
        """Stand under the final name, durably."""
        sync_file(self._file)
        self._file.close()
        replace_synced(self.path, path, where="downloads")

    def remove(self) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Keep what came, for the next time."""
        if not self._file.closed:
            self._file.close()
            if not self.size:
                self.path.unlink(missing_ok=True)


class _Download:
    """One file on its way."""

    def __init__(
        self,
        entry: Weights,
        path: Path,
        told: Callable[[int, int], None],
        free: Callable[[Path], int],
    ) -> None:
        self._entry = entry
        self._path = path
        self._told = told
        self._free = free
        self._fetched = 0

    def run(self, transport: httpx.BaseTransport | None) -> Pulled:
        """Fetch until everything is there, or until a connection brings nothing."""
        pin = wanted(self._path, self._entry)
        with _client(transport) as client, _Part(part_path(self._path)) as part:
            if part.size and not part.sha256.startswith(pin):
                self._drop_if_too_long(part)
            while not (part.size and part.sha256.startswith(pin)):
                before = part.size
                broke = self._stream(client, part)
                if not broke:
                    break
                if part.size <= before:
                    kept = f" after {part.size:,} bytes, which are kept" if part.size else ""
                    self._fail(f"the download broke off{kept}: {broke}", _NETWORK)
            size, sha256 = part.size, part.sha256
            if not sha256.startswith(pin):
                part.remove()
                self._fail(f"not the pinned bytes, removed: {unlike(sha256, pin)}", _WRONG)
            part.become(self._path)
        hold(self._path, self._entry, sha256)
        return Pulled(path=self._path, sha256=sha256, size_bytes=size, fetched_bytes=self._fetched)

    def _drop_if_too_long(self, part: _Part) -> None:
        """A part that has all bytes, and is not the file, leads nowhere."""
        if self._entry.size_bytes is not None and part.size >= self._entry.size_bytes:
            part.clear()

    def _stream(self, client: httpx.Client, part: _Part) -> str:
        """Fetch once, from where `part` ends; return why it broke off, empty: it did not."""
        response = self._answer(client, part)
        try:
            if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and part.size:
                part.clear()
                response.close()
                response = self._answer(client, part)
            if _begin(response) not in (None, part.size):
                part.clear()
                response.close()
                response = self._answer(client, part)
            total = self._judged(response, part)
            self._told(part.size, total)
            for chunk in response.iter_raw():
                part.write(chunk)
                self._fetched += len(chunk)
                if part.size > (total or part.size):
                    part.clear()
                    self._fail("the server sends more than it said", _NOT_IT)
                if part.size // SPARE_BYTES > (part.size - len(chunk)) // SPARE_BYTES:
                    self._check_room(max(total - part.size, 0))
                self._told(part.size, total)
        except httpx.HTTPError as error:
            return _words(error)
        finally:
            response.close()
        return "the server ended it too early" if part.size < total else ""

    def _answer(self, client: httpx.Client, part: _Part) -> httpx.Response:
        """Ask for what `part` lacks and return the answer's beginning, redirects followed."""
        headers = {"Range": f"bytes={part.size}-"} if part.size else {}
        try:
            request = client.build_request("GET", self._entry.url, headers=headers)
            for _ in range(_REDIRECTS + 1):
                response = client.send(request, stream=True)
                if response.next_request is None:
                    return response
                response.close()
                request = response.next_request
                if request.url.scheme != "https":
                    where = f"{request.url.scheme}://{request.url.host}"
                    self._fail(f"the server sends us on to {where}, which is not https", _NOT_IT)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self._fail(f"{_host(self._entry)} cannot be reached: {_words(error)}", _NETWORK)
        return self._fail(f"the server sends us on more than {_REDIRECTS} times", _NOT_IT)

    def _judged(self, response: httpx.Response, part: _Part) -> int:
        """Return how long the file will be, 0 if that is not said; what leads nowhere fails."""
        if response.status_code == httpx.codes.OK:
            part.clear()
            length = response.headers.get("Content-Length", "")
            total = int(length) if length.isdecimal() else 0
        elif _begin(response) == part.size:
            found = _RANGE.fullmatch(response.headers["Content-Range"])
            total = int(found[2]) if found and found[2].isdecimal() else 0
        else:
            status = f"{response.status_code} {response.reason_phrase}".strip()
            return self._fail(f"{_host(self._entry)} answers {status}", _TRY_LATER)
        if response.headers.get("Content-Encoding", "identity") != "identity":
            self._fail("the server sends it compressed, against our wish", _NOT_IT)
        known = self._entry.size_bytes
        if known is not None and total not in (0, known):
            self._fail(f"the server has {total:,} bytes, not the {known:,} expected", _NOT_IT)
        total = total or known or 0
        self._check_room(max(total - part.size, 0))
        return total

    def _check_room(self, missing: int) -> None:
        """Fail before the disk is full."""
        free = self._free(self._path.parent)
        if free < missing + SPARE_BYTES:
            detail = (
                f"{missing:,} bytes are to come and {SPARE_BYTES:,} have to stay free,"
                f" {free:,} are free in {self._path.parent}"
            )
            msg = f"{self._entry.file}: {detail}"
            raise PullFailed(msg, _FREE, "DiskLow")

    def _fail(self, detail: str, hint: str) -> NoReturn:
        msg = f"{self._entry.file}: {detail}"
        raise PullFailed(msg, hint.format(url=self._entry.url))


def _client(transport: httpx.BaseTransport | None) -> httpx.Client:
    """Return a client that heeds the environment's proxies. Raises PullFailed."""
    try:
        return httpx.Client(timeout=_TIMEOUT, headers=_HEADERS, transport=transport)
    except (ValueError, ImportError, OSError) as error:
        detail = f"the proxy or certificate settings of the environment cannot be used: {error}"
        hint = "mend or unset HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE"
        raise PullFailed(detail, hint) from error


def _begin(response: httpx.Response) -> int | None:
    """Return where the bytes of a partial answer begin; None: it is none."""
    if response.status_code != httpx.codes.PARTIAL_CONTENT:
        return None
    found = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    return int(found[1]) if found else -1


def _host(entry: Weights) -> str:
    return httpx.URL(entry.url).host


def _words(error: Exception) -> str:
    """Return an error's own words, on one line."""
    return " ".join(str(error).split()) or type(error).__name__
