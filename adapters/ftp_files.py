"""
The files of a gallery on an FTP server.

What is promised stands in `adapters.ports.Gallery`; how a file travels, in `adapters.ftp_upload`.
One conversation serves for everything. If the server or a router has ended it, it is opened again
before a question, never within an upload.

Not guaranteed: FTP has no fsync, so what a server that loses power keeps is the server's affair;
somebody who changes the target between our look and our rename loses that change; a link that
leads nowhere looks like no file. One conversation at a time: not for several threads.
"""

import contextlib
import ftplib
import time
from collections.abc import Callable, Iterator
from itertools import takewhile

from adapters.errors import AdapterError
from adapters.files import SUFFIX
from adapters.ftp_connection import HASHES, FtpConnection, FtpServer, connect
from adapters.ftp_faults import code_of, fault_of, refuses_a_path
from adapters.ftp_upload import Upload, file_at, folders_of, path_of, standing_at
from adapters.gallery_paths import is_safe_target
from adapters.gallery_steps import (
    PROBE_PREFIX,
    check_files,
    is_trial,
    probe_name,
    problem_of,
    report_of,
)
from adapters.ports import Probe
from journal.crashpoints import point
from machine.values import Step, StepReport

IDLE_S = 20.0
"""After so long without a word the server is asked whether it still listens."""


class FtpFiles:
    """The files below `remote_base`; connects when first asked, and again if need be."""

    def __init__(
        self,
        server: FtpServer,
        progress: Callable[[int], None] | None = None,
        *,
        workspace: str = "",
    ) -> None:
        """
        Connect to nothing yet.

        Args:
            server: where the files go.
            progress: told of each block that was sent, in bytes.
            workspace: whose trials are cleared away, should they die.
        """
        self.server = server
        self._owner = f"{workspace}-"
        self._progress = progress or (lambda _: None)
        self._connection: FtpConnection | None = None
        self._spoke_at = 0.0

    def look(self, target: str) -> str | None:
        """See `Gallery.look`."""
        _require_safe(target)
        with self._conversation(f"look at {target}") as ftp:
            return standing_at(ftp, path_of(ftp, target))

    def fetch(self, target: str) -> bytes | None:
        """See `Gallery.fetch`."""
        _require_safe(target)
        with self._conversation(f"fetch {target}") as ftp:
            path = path_of(ftp, target)
            entry = file_at(ftp, path)
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
                there = below or not folder or ftp.enters(folder) or ftp.find(folder)
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
        upload = Upload(step, data, read_back=self.server.read_back, progress=self._progress)
        try:
            with self._conversation(f"put {step.target}") as ftp:
                report = upload.perform(ftp)
        except AdapterError as error:
            if upload.begun:
                self._clear(upload)
            return self._report_of(step, error)
        if report.outcome != "done":
            with self._conversation(f"clear up after {step.target}") as ftp:
                upload.clear(ftp)
        return report

    def _clear(self, upload: Upload) -> None:
        """
        Leave the old picture in its place and nothing of ours beside it, as far as it goes.

        What it does not come to is done by the next try, or by the step that takes this one back.
        """
        with contextlib.suppress(AdapterError), self._conversation("clear up") as ftp:
            upload.clear(ftp)

    def remove_file(self, step: Step) -> StepReport:
        """See `Gallery.remove_file`; folders that became empty go too."""
        if not is_safe_target(step.target) or not is_safe_target(step.temporary or step.target):
            return report_of(step, "impossible", "the target leaves the gallery")
        try:
            with self._conversation(f"remove {step.target}") as ftp:
                return _remove(ftp, step)
        except AdapterError as error:
            return self._report_of(step, error)

    def _report_of(self, step: Step, error: AdapterError) -> StepReport:
        """
        Return how a step ended that cannot be done at its target.

        A refusal concerns this path alone if a trial elsewhere goes well.

        Raises:
            AdapterError: `error` itself: another try may help, or the whole account is refused.
        """
        if error.code == "TargetChanged":
            return report_of(step, "changed", error.detail)
        alone = refuses_a_path(error) and not is_trial(step.target)
        if alone and self._try_out(probe_name(self._owner)).ok:
            return report_of(step, "impossible", f"refused for this path alone: {error.detail}")
        raise error

    def check(self) -> Probe:
        """
        Try a file in a folder of its own out, as `Gallery.check` does.

        The answer also tells how the server is spoken to, and warns of a gallery whose folder is
        not there: it is made when it is needed, and `remote_base` may be misspelt.
        """
        folder, missing = probe_name(self._owner), list[str]()
        try:
            missing = self._missing_folders()
            self._remove_probes()
            probe = self._try_out(folder)
            if not probe.ok:
                return probe
            with self._conversation("look at the server") as ftp:
                stays = ftp.enters(path_of(ftp, folder))
                hashes = ", ".join(HASHES[one] for one in ftp.hashes)
        except AdapterError as error:
            return Probe(name="ftp", ok=False, code=error.code, detail=str(error), hint=error.hint)
        finally:
            self._unmake(missing)
        if stays:
            detail = f"the account may make folders, and not remove them (RMD): {folder} stays"
            return Probe(name="ftp", ok=False, code="PublishRefused", detail=detail)
        how = "TLS" if self.server.tls else "no TLS: password and pictures travel in the open"
        checked = f"the server tells {hashes}" if hashes else "the server tells no hash"
        detail = f"{probe.detail}; {how}; {checked}"
        if not missing:
            return Probe(name="ftp", ok=True, detail=detail)
        warning = f"the folder {missing[0]} was not there: the first photo that goes out makes it"
        hint = "is remote_base in [publish.ftp] as it should be?"
        return Probe(name="ftp", ok=True, detail=detail, warning=warning, hint=hint)

    def _missing_folders(self) -> list[str]:
        """Return the gallery's own folder and those above it that are not there, lowest first."""
        with self._conversation("look for the gallery's folder") as ftp:
            parts = ftp.root.split("/")
            folders = ("/".join(parts[:end]) for end in range(len(parts), 1, -1))
            return list(takewhile(lambda one: not ftp.enters(one), folders))

    def _unmake(self, folders: list[str]) -> None:
        """Remove folders that a trial had to make, as far as it goes: not those in use by now."""
        for folder in folders:
            with contextlib.suppress(AdapterError), self._conversation("clear up") as ftp:
                ftp.enters(folder.rpartition("/")[0])  # Some servers keep the one that we are in.
                ftp.wire.rmd(folder)

    def _try_out(self, folder: str) -> Probe:
        return check_files(self, "ftp", f"{folder}/{folder}{SUFFIX}")

    def sweep(self) -> None:
        """See `Gallery.sweep`."""
        with contextlib.suppress(AdapterError):
            self._remove_probes()

    def _remove_probes(self) -> None:
        """Remove what trials of this workspace left that died; nobody else knows of it."""
        with self._conversation("look for what a trial left") as ftp:
            for probe in ftp.entries(ftp.root) if ftp.enters(ftp.root) else ():
                if probe.name.startswith(f"{PROBE_PREFIX}{self._owner}"):
                    folder = path_of(ftp, probe.name)
                    for one in ftp.entries(folder) if probe.kind == "folder" else ():
                        ftp.delete(f"{folder}/{one.name}")
                    _tidy(ftp, folder)

    def close(self) -> None:
        """End the conversation, if there is one."""
        if self._connection:
            self._connection.close()
        self._connection = None

    @contextlib.contextmanager
    def _conversation(self, doing: str) -> Iterator[FtpConnection]:
        """
        Give the conversation with the server; one that broke off is never spoken in again.

        A refusal is an answer, and leaves the conversation as it was, but for 421 (goodbye) and 530
        (the session is over).
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
            orderly = code_of(error) not in {"421", "530"}
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


def _require_safe(target: str) -> None:
    """Stop a caller's mistake: nothing outside the gallery is looked at."""
    if not is_safe_target(target):
        msg = f"not a path in a gallery: {target!r}"
        raise ValueError(msg)


def _remove(ftp: FtpConnection, step: Step) -> StepReport:
    path = path_of(ftp, step.target)
    if step.temporary:
        ftp.delete(path_of(ftp, step.temporary))
    standing = standing_at(ftp, path)
    if standing is not None and standing != step.expected:
        return report_of(step, "changed", f"other bytes stand there: SHA-256 {standing}")
    if standing is not None:
        point("gallery.remove_file.before_unlink")
        ftp.delete(path)
    point("gallery.remove_file.before_tidying")
    _tidy(ftp, path.rpartition("/")[0])
    return report_of(step, "already" if standing is None else "done")


def _tidy(ftp: FtpConnection, folder: str) -> None:
    """
    Remove the folders that a removal left empty, whoever made them; others refuse.

    Done even if the file was gone: whoever removed it may have died before.
    """
    ftp.enters(ftp.root)  # Not every server removes the folder that we are in.
    for one in folders_of(ftp, folder):
        try:
            ftp.wire.rmd(one)
        except (ftplib.error_perm, ftplib.error_temp):
            if ftp.enters(one):
                return
        point("gallery.remove_file.after_folder")
