"""
The files of a gallery on an FTP server.

What is promised stands in `adapters.ports.Gallery`; how a file travels:

    look -> temporary, uploaded -> size, and hash or read back -> renamed over the target
    -> size, and hash

Where the server does not rename over a file, the old one steps aside first, under a name derived
from the temporary's, and goes when the new one stands. Should the program or the line die in
between, whoever comes next with this step, or with the one that takes it back, first puts the old
file back in its place. So the target is the old file or the new one, or it is named by what stands
aside, and doing the step again ends in the same picture.

Not guaranteed: FTP has no fsync, so what a server that loses power keeps is the server's affair;
somebody who changes the target between our look and our rename loses that change; a link that
leads nowhere looks like no file. One conversation at a time: not for several threads.
"""

import contextlib
import ftplib
import hashlib
import secrets
import time
from collections.abc import Callable, Iterator

from adapters.errors import AdapterError
from adapters.files import PREFIX, SUFFIX
from adapters.ftp_connection import HASHES, FtpConnection, FtpServer, connect
from adapters.ftp_faults import BAD_NAME, NAME_TAKEN, code_of, fault_of
from adapters.ftp_listing import Entry
from adapters.ftp_wire import BLOCK_BYTES
from adapters.gallery_paths import is_safe_target
from adapters.gallery_steps import check_files, problem_of, report_of
from adapters.ports import Probe
from journal.crashpoints import point
from machine.values import Step, StepReport

IDLE_S = 20.0
"""After so long without a word the server is asked whether it still listens."""
_ASIDE = ".old-"


class FtpFiles:
    """The files below `remote_base`; connects when first asked, and again if need be."""

    def __init__(self, server: FtpServer, progress: Callable[[int], None] | None = None) -> None:
        """Tell `progress` of each block that was sent, in bytes."""
        self.server = server
        self._progress = progress or (lambda _: None)
        self._connection: FtpConnection | None = None
        self._spoke_at = 0.0

    def look(self, target: str) -> str | None:
        """See `Gallery.look`."""
        _require_safe(target)
        with self._conversation(f"look at {target}") as ftp:
            return _standing(ftp, _path(ftp, target))

    def fetch(self, target: str) -> bytes | None:
        """See `Gallery.fetch`."""
        _require_safe(target)
        with self._conversation(f"fetch {target}") as ftp:
            path = _path(ftp, target)
            entry = _file(ftp, path)
            if entry is None:
                return None
            received = bytearray()
            ftp.wire.receive(f"RETR {path}", received.extend)
            if entry.size_bytes not in {None, len(received)}:
                detail = f"fetch {target}: {len(received)} of {entry.size_bytes} bytes came"
                raise AdapterError("PublishFailed", detail)
            return bytes(received)

    def files(self) -> Iterator[tuple[str, int]]:
        """See `Gallery.files`; a folder is listed when its turn comes."""
        waiting, seen = [""], set[str]()
        while waiting:
            below = waiting.pop()
            with self._conversation(f"list {below or 'the gallery'}") as ftp:
                folder = f"{ftp.root}/{below}".rstrip("/")
                there = bool(below) or ftp.enters(folder)
                entries = ftp.entries(folder) if there else []
            for entry in entries:
                target = f"{below}{entry.name}"
                if entry.kind == "folder" and entry.unique not in seen:
                    seen.update({entry.unique} - {""})
                    waiting.append(f"{target}/")
                elif entry.kind == "file":
                    yield target, entry.size_bytes or 0

    def put_file(self, step: Step, data: bytes) -> StepReport:
        """See `Gallery.put_file`."""
        problem = problem_of(step, data)
        if problem:
            return report_of(step, "impossible", problem)
        upload = _Upload(step, data, read_back=self.server.read_back, progress=self._progress)
        try:
            with self._conversation(f"put {step.target}") as ftp:
                report = upload.perform(ftp)
        except AdapterError as error:
            if upload.begun:
                self._clear(upload)
            if error.code != "TargetChanged":
                raise
            return report_of(step, "changed", error.detail)
        if report.outcome != "done":
            self._clear(upload)
        return report

    def _clear(self, upload: "_Upload") -> None:
        """Leave the old picture in its place and nothing of ours beside it, as far as it goes."""
        with contextlib.suppress(AdapterError), self._conversation("clear up") as ftp:
            upload.clear(ftp)

    def remove_file(self, step: Step) -> StepReport:
        """See `Gallery.remove_file`; folders that became empty go too."""
        if not is_safe_target(step.target):
            return report_of(step, "impossible", "the target leaves the gallery")
        try:
            with self._conversation(f"remove {step.target}") as ftp:
                return _remove(ftp, step)
        except AdapterError as error:
            if error.code != "TargetChanged":
                raise
            return report_of(step, "changed", error.detail)

    def check(self) -> Probe:
        """Try a file out, as `Gallery.check` does, and tell how the server is spoken to."""
        probe = check_files(self, "ftp")
        if not probe.ok:
            return probe
        try:
            with self._conversation("look at the server") as ftp:
                hashes = ", ".join(HASHES[one] for one in ftp.hashes)
        except AdapterError as error:
            return Probe(name="ftp", ok=False, detail=str(error))
        how = "TLS" if self.server.tls else "no TLS: password and pictures travel in the open"
        checked = f"the server tells {hashes}" if hashes else "the server tells no hash"
        return Probe(name="ftp", ok=True, detail=f"{probe.detail}; {how}; {checked}")

    def close(self) -> None:
        """End the conversation, if there is one."""
        if self._connection:
            self._connection.close()
        self._connection = None

    @contextlib.contextmanager
    def _conversation(self, doing: str) -> Iterator[FtpConnection]:
        """
        Give the conversation with the server; one that broke off is never spoken in again.

        A refusal is an answer, and leaves the conversation as it was, but for 421 (goodbye).
        """
        ftp = self._connected()
        orderly = False
        try:
            yield ftp
            orderly = True
        except AdapterError:
            orderly = True
            raise
        except (ftplib.error_perm, ftplib.error_temp) as error:
            orderly = code_of(error) != "421"
            raise fault_of(error, doing) from error
        except (ftplib.Error, OSError, EOFError, ValueError) as error:
            raise fault_of(error, doing) from error
        finally:
            self._spoke_at = time.monotonic()
            if not orderly:
                ftp.wire.close()
                self._connection = None

    def _connected(self) -> FtpConnection:
        if self._connection:
            idle = time.monotonic() - self._spoke_at > IDLE_S
            if not self._connection.is_alive(asked=idle):
                self._connection.wire.close()
                self._connection = None
        if self._connection is None:
            self._connection = connect(self.server)
        return self._connection


class _Upload:
    """One `put_file`: the step, its bytes, and the names that they pass."""

    def __init__(
        self, step: Step, data: bytes, *, read_back: bool, progress: Callable[[int], None]
    ) -> None:
        folder, slash, name = step.target.rpartition("/")
        self.step = step
        self.data = data
        self.read_back = read_back
        self.progress = progress
        self.begun = False
        """Something of ours may stand on the server."""
        beside = f"{folder}{slash}{PREFIX}{secrets.token_hex(8)}{SUFFIX}"
        self.temporary = step.temporary or beside
        folder, slash, name = self.temporary.rpartition("/")
        self.aside = f"{folder}{slash}{_ASIDE}{name.lstrip('.')}"

    def perform(self, ftp: FtpConnection) -> StepReport:
        """Do the step; may leave the temporary behind, and in trouble the old file aside."""
        self.begun = True
        step, path = self.step, _path(ftp, self.step.target)
        self._bring_back(ftp)
        standing = _standing(ftp, path)
        if standing == step.sha256:
            return report_of(step, "already")
        if standing is not None and standing != step.expected:
            return report_of(step, "changed", f"other bytes stand there: SHA-256 {standing}")
        try:
            for folder in {one.rpartition("/")[0] for one in (path, _path(ftp, self.temporary))}:
                self._make_folder(ftp, folder)
            self._send(ftp)
            self._rename(ftp, path, over=standing is not None)
        except _InTheWay as error:
            return report_of(step, "impossible", str(error))
        except ftplib.error_perm as error:
            if code_of(error) not in BAD_NAME:
                raise
            return report_of(step, "impossible", f"the server does not take the name: {error}")
        self._compare(ftp, path, read_back=False)
        return report_of(step, "done")

    def clear(self, ftp: FtpConnection) -> None:
        """Put the old file back should it stand aside, and remove the temporary."""
        self._bring_back(ftp)
        ftp.delete(_path(ftp, self.temporary))

    def _bring_back(self, ftp: FtpConnection) -> None:
        """Put back, or where the target stands remove, the old file that a dead try left aside."""
        if not self.step.expected:
            return
        aside, path = _path(ftp, self.aside), _path(ftp, self.step.target)
        if ftp.size(aside) is None:
            return
        if ftp.find(path) is None:
            ftp.rename(aside, path)
        elif ftp.sha256(aside) in {self.step.expected, self.step.sha256}:
            ftp.delete(aside)

    def _make_folder(self, ftp: FtpConnection, folder: str) -> None:
        try:
            ftp.make_folder(folder)
        except ftplib.error_perm as error:
            if any(ftp.size(above) is not None for above in _folders(ftp, folder)):
                raise _InTheWay("a file stands where a folder must be") from error
            raise

    def _send(self, ftp: FtpConnection) -> None:
        temporary = _path(ftp, self.temporary)
        point("gallery.put_file.before_write")
        ftp.wire.send(f"STOR {temporary}", self._blocks())
        point("gallery.put_file.after_write")
        self._compare(ftp, temporary, read_back=self.read_back)

    def _blocks(self) -> Iterator[bytes]:
        half = len(self.data) // 2
        yield from self._part(self.data[:half])
        point("gallery.put_file.half_written")
        yield from self._part(self.data[half:])

    def _part(self, part: bytes) -> Iterator[bytes]:
        """Yield the bytes in blocks; whoever asks for the next one has sent the last."""
        for begin in range(0, len(part), BLOCK_BYTES):
            block = part[begin : begin + BLOCK_BYTES]
            yield block
            self.progress(len(block))

    def _compare(self, ftp: FtpConnection, path: str, *, read_back: bool) -> None:
        """
        Compare what stands at `path` with our bytes: the size, and a hash where there is one.

        Raises:
            AdapterError: `PublishFailed`: they differ.
        """
        point("gallery.put_file.before_read_back")
        size = ftp.size(path)
        if size != self.step.size_bytes or not self._is_same(ftp, path, read_back=read_back):
            detail = f"{self.step.target}: {size} of {self.step.size_bytes} bytes, or other ones"
            raise AdapterError("PublishFailed", f"{detail}, came back")

    def _is_same(self, ftp: FtpConnection, path: str, *, read_back: bool) -> bool:
        for algorithm in ftp.hashes:
            told = ftp.hash(path, algorithm)
            if told:
                return told == hashlib.new(algorithm, self.data, usedforsecurity=False).hexdigest()
        return not read_back or ftp.sha256(path) == self.step.sha256

    def _rename(self, ftp: FtpConnection, path: str, *, over: bool) -> None:
        temporary = _path(ftp, self.temporary)
        point("gallery.put_file.before_rename")
        try:
            ftp.rename(temporary, path)
        except ftplib.error_perm as refusal:
            if not over or code_of(refusal) not in NAME_TAKEN:
                raise
            self._swap(ftp, temporary, path)
        point("gallery.put_file.after_rename")

    def _swap(self, ftp: FtpConnection, temporary: str, path: str) -> None:
        """Rename where the server does not rename over a file."""
        aside = _path(ftp, self.aside)
        point("gallery.put_file.before_aside")
        ftp.rename(path, aside)
        point("gallery.put_file.after_aside")
        ftp.rename(temporary, path)
        point("gallery.put_file.before_aside_removed")
        ftp.delete(aside)


class _InTheWay(Exception):
    """What stands there keeps the step from ever being done."""


def _require_safe(target: str) -> None:
    """Stop a caller's mistake: nothing outside the gallery is looked at."""
    if not is_safe_target(target):
        msg = f"not a path in a gallery: {target!r}"
        raise ValueError(msg)


def _path(ftp: FtpConnection, target: str) -> str:
    return f"{ftp.root}/{target}"


def _file(ftp: FtpConnection, path: str) -> Entry | None:
    """
    Return what stands at `path` if it is a file, None if nothing does.

    Raises:
        AdapterError: `TargetChanged`: something else does.
    """
    entry = ftp.find(path)
    if entry and entry.kind != "file":
        kind = "a folder" if entry.kind == "folder" else "a link or a device"
        raise AdapterError("TargetChanged", f"{kind} stands at {path.rpartition('/')[2]}")
    return entry


def _standing(ftp: FtpConnection, path: str) -> str | None:
    return ftp.sha256(path) if _file(ftp, path) else None


def _folders(ftp: FtpConnection, folder: str) -> Iterator[str]:
    """Yield `folder` and the folders above it, the gallery's root left out."""
    while folder.startswith(f"{ftp.root}/"):
        yield folder
        folder = folder.rpartition("/")[0]


def _remove(ftp: FtpConnection, step: Step) -> StepReport:
    path = _path(ftp, step.target)
    standing = _standing(ftp, path)
    if standing is not None and standing != step.expected:
        return report_of(step, "changed", f"other bytes stand there: SHA-256 {standing}")
    if standing is not None:
        point("gallery.remove_file.before_unlink")
        ftp.delete(path)
    point("gallery.remove_file.before_tidying")
    _tidy(ftp, path.rpartition("/")[0])
    return report_of(step, "already" if standing is None else "done")


def _tidy(ftp: FtpConnection, folder: str) -> None:
    """Remove the folders that a removal left empty; one that holds something refuses."""
    ftp.enters(ftp.root)  # Not every server removes the folder that we are in.
    for one in _folders(ftp, folder):
        try:
            ftp.wire.rmd(one)
        except (ftplib.error_perm, ftplib.error_temp):
            if ftp.enters(one):
                return
        point("gallery.remove_file.after_folder")
