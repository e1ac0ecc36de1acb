"""
One file on its way to an FTP server, and what it passes: `put_file` of `adapters.ftp_files`.

    look -> temporary, uploaded -> size, and hash or read back -> renamed over the target
    -> size, and hash

Where the server does not rename over a file, the old one steps aside first, under a name derived
from the temporary's, and goes when the new one stands. Should the program or the line die in
between, whoever comes next with this step, or with the one that takes it back, first puts the old
file back in its place. So the target is the old file or the new one, or the old one stands aside,
and doing the step again ends in the same picture.
"""

import ftplib
import hashlib
import secrets
from collections.abc import Callable, Iterator

from adapters.errors import AdapterError
from adapters.files import PREFIX, SUFFIX
from adapters.ftp_connection import FtpConnection
from adapters.ftp_faults import (
    BAD_NAME,
    GONE,
    NAME_TAKEN,
    code_of,
    fault_of,
    gone_meanwhile,
)
from adapters.ftp_listing import Entry
from adapters.ftp_wire import BLOCK_BYTES
from adapters.gallery_paths import aside_of
from adapters.gallery_steps import report_of
from journal.crashpoints import point
from machine.values import Step, StepReport


class Upload:
    """One `put_file`: the step, its bytes, and the names that they pass."""

    def __init__(
        self, step: Step, data: bytes, *, read_back: bool, progress: Callable[[int], None]
    ) -> None:
        folder, slash, _ = step.target.rpartition("/")
        self.step = step
        self.data = data
        self.read_back = read_back
        self.progress = progress
        self.begun = False
        """Something of ours may stand on the server."""
        beside = f"{folder}{slash}{PREFIX}{secrets.token_hex(8)}{SUFFIX}"
        self.temporary = step.temporary or beside
        self.aside = aside_of(self.temporary)

    def perform(self, ftp: FtpConnection) -> StepReport:
        """Do the step; may leave the temporary behind, and in trouble the old file aside."""
        self.begun = True
        step, path = self.step, path_of(ftp, self.step.target)
        self._bring_back(ftp)
        standing = standing_at(ftp, path)
        if standing == step.sha256:
            return report_of(step, "already")
        if standing is not None and standing != step.expected:
            return report_of(step, "changed", f"other bytes stand there: SHA-256 {standing}")
        try:
            for folder in {one.rpartition("/")[0] for one in (path, path_of(ftp, self.temporary))}:
                self._make_folder(ftp, folder)
            self._send(ftp)
            self._rename(ftp, path, over=standing is not None)
        except _InTheWay as error:
            return report_of(step, "impossible", str(error))
        except ftplib.error_perm as error:
            folder = path.rpartition("/")[0]
            if code_of(error) == GONE and not ftp.enters(folder):
                raise gone_meanwhile(folder) from error
            if code_of(error) not in BAD_NAME:
                raise
            return report_of(
                step, "impossible", f"the server does not store it by this name: {error}"
            )
        self._compare(ftp, path, read_back=False)
        return report_of(step, "done")

    def clear(self, ftp: FtpConnection) -> None:
        """Put the old file back should it stand aside, and remove the temporary."""
        self._bring_back(ftp)
        ftp.delete(path_of(ftp, self.temporary))

    def _bring_back(self, ftp: FtpConnection) -> None:
        """Put back, or where the target stands remove, the old file that a dead try left aside."""
        if not self.step.expected:
            return
        aside, path = path_of(ftp, self.aside), path_of(ftp, self.step.target)
        if ftp.find(aside) is None:
            return
        if ftp.find(path) is None:
            ftp.rename(aside, path)
        elif ftp.sha256(aside) in {self.step.expected, self.step.sha256}:
            ftp.delete(aside)

    def _make_folder(self, ftp: FtpConnection, folder: str) -> None:
        try:
            ftp.make_folder(folder)
        except ftplib.error_perm as error:
            if any(ftp.size(above) is not None for above in folders_of(ftp, folder)):
                raise _InTheWay("a file stands where a folder must be") from error
            if code_of(error) == GONE:
                name = folder.removeprefix(f"{ftp.root}/")
                raise fault_of(error, f"make the folder {name}") from error
            raise

    def _send(self, ftp: FtpConnection) -> None:
        temporary = path_of(ftp, self.temporary)
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
        temporary = path_of(ftp, self.temporary)
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
        aside = path_of(ftp, self.aside)
        point("gallery.put_file.before_aside")
        ftp.rename(path, aside)
        point("gallery.put_file.after_aside")
        ftp.rename(temporary, path)
        point("gallery.put_file.before_aside_removed")
        ftp.delete(aside)


class _InTheWay(Exception):
    """What stands there keeps the step from ever being done."""


def path_of(ftp: FtpConnection, target: str) -> str:
    """Return the path on the server of a target, which has to be a safe one."""
    return f"{ftp.root}/{target}"


def file_at(ftp: FtpConnection, path: str) -> Entry | None:
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


def standing_at(ftp: FtpConnection, path: str) -> str | None:
    """Return the SHA-256 of the file at `path`, None if nothing stands there; see `file_at`."""
    return ftp.sha256(path) if file_at(ftp, path) else None


def folders_of(ftp: FtpConnection, folder: str) -> Iterator[str]:
    """Yield `folder` and the folders above it, the gallery's root left out."""
    while folder.startswith(f"{ftp.root}/"):
        yield folder
        folder = folder.rpartition("/")[0]
