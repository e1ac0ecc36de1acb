"""
The folder gallery: pictures in a local folder, their table in an SQLite file beside them.

What a gallery promises stands in `adapters.ports.Gallery`; how a picture travels:

    look -> temporary, written and fsynced -> read back -> renamed over the target -> folder
    fsynced -> read back

Killed anywhere, the target is the old file or the new one, and doing the step again ends in the
same picture: a temporary left over is overwritten, a new file that stands already is made durable
once more (the dead run may not have come to that) and reported as `already`.

Not guaranteed: somebody who changes the target between our look and our rename loses that change;
a folder has no compare-and-swap.
"""

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from adapters.errors import AdapterError
from adapters.files import (
    PREFIX,
    SUFFIX,
    error_of,
    make_folder,
    replace_synced,
    sha256_of,
    sync_folder,
    sync_standing,
    write_synced,
)
from adapters.gallery_paths import is_safe_target
from adapters.gallery_steps import PROBE_PREFIX, check_files, probe_name, problem_of, report_of
from adapters.gallery_table import FILE_NAME, Table
from adapters.ports import Mark, Probe, PublishedRecord
from journal.crashpoints import point
from machine.record import record_of
from machine.row import Row
from machine.values import Record, Step, StepReport

_UNREACHABLE = {
    getattr(errno, name, errno.ENODEV)
    for name in ("ENODEV", "ENXIO", "EHOSTDOWN", "EHOSTUNREACH", "ENOTCONN", "ESTALE", "ETIMEDOUT")
}
_IN_THE_WAY = {errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ENAMETOOLONG}
"""The step can never succeed: a file stands where a folder must, or the name is too long."""


class FolderGallery:
    """
    A gallery in the folder `root`, made by the first put.

    `workspace` identifies who publishes here (the journal's UUID), so that two workspaces sharing
    a gallery never take over each other's rows.
    """

    def __init__(self, root: Path, *, workspace: str) -> None:
        self.root = root
        self.table = Table(root / FILE_NAME, workspace=workspace)

    @property
    def name(self) -> str:
        """What events call it."""
        return "folder"

    def look(self, target: str) -> str | None:
        """See `Gallery.look`."""
        try:
            return self._look(self._path(target))
        except OSError as error:
            raise _error_of(error, f"look at {target}") from error

    def _look(self, path: Path) -> str | None:
        try:
            mode = path.lstat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            return None
        if not stat.S_ISREG(mode):
            kind = "a folder" if stat.S_ISDIR(mode) else "a link or a device"
            raise AdapterError(code="TargetChanged", detail=f"{kind} stands at {path.name}")
        return sha256_of(path)

    def fetch(self, target: str) -> bytes | None:
        """See `Gallery.fetch`."""
        try:
            return self._path(target).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _error_of(error, f"fetch {target}") from error

    def files(self) -> Iterator[tuple[str, int]]:
        """See `Gallery.files`; the table is none of them."""
        try:
            for folder, _, names in os.walk(self.root, onerror=_raise):
                for path in (Path(folder, name) for name in names):
                    status = path.lstat()
                    ours = path.parent == self.root and path.name.startswith(FILE_NAME)
                    if stat.S_ISREG(status.st_mode) and not ours:
                        yield path.relative_to(self.root).as_posix(), status.st_size
        except OSError as error:
            raise _error_of(error, "list the files") from error

    def put_file(self, step: Step, data: bytes) -> StepReport:
        """See `Gallery.put_file`."""
        problem = problem_of(step, data)
        if problem:
            return report_of(step, "impossible", problem)
        path = self._path(step.target)
        temporary = self._path(step.temporary) if step.temporary else _beside(path)
        try:
            return self._put(step, data, path, temporary)
        except AdapterError as error:
            if error.code != "TargetChanged":
                raise
            return report_of(step, "changed", error.detail)
        except OSError as error:
            if error.errno in _IN_THE_WAY:
                return report_of(step, "impossible", error.strerror or str(error))
            raise _error_of(error, f"put {step.target}") from error
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)

    def _put(self, step: Step, data: bytes, path: Path, temporary: Path) -> StepReport:
        standing = self._look(path)
        if standing == step.sha256:
            sync_standing(path)
            return report_of(step, "already")
        if standing is not None and standing != step.expected:
            return report_of(step, "changed", f"other bytes stand there: SHA-256 {standing}")
        make_folder(path.parent)
        make_folder(temporary.parent)
        write_synced(temporary, data, where="gallery.put_file")
        _read_back(temporary, step)
        replace_synced(temporary, path, where="gallery.put_file")
        _read_back(path, step)
        return report_of(step, "done")

    def remove_file(self, step: Step) -> StepReport:
        """See `Gallery.remove_file`; folders that became empty go too."""
        if not is_safe_target(step.target) or not is_safe_target(step.temporary or step.target):
            return report_of(step, "impossible", "the target leaves the gallery")
        path = self._path(step.target)
        try:
            if step.temporary:
                self._path(step.temporary).unlink(missing_ok=True)
            standing = self._look(path)
            if standing is not None and standing != step.expected:
                return report_of(step, "changed", f"other bytes stand there: SHA-256 {standing}")
            if standing is not None:
                point("gallery.remove_file.before_unlink")
                path.unlink()
            self._tidy(path.parent)
        except AdapterError as error:
            return report_of(step, "changed", error.detail)
        except OSError as error:
            raise _error_of(error, f"remove {step.target}") from error
        return report_of(step, "already" if standing is None else "done")

    def _tidy(self, folder: Path) -> None:
        """Make a removal durable; remove the folders that it left empty, never the root."""
        while not folder.is_dir():  # A dead run came further than its event.
            folder = folder.parent
        point("gallery.remove_file.before_folder_fsync")
        sync_folder(folder)
        point("gallery.remove_file.after_folder_fsync")
        while folder != self.root and self.root in folder.parents:
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent
            sync_folder(folder)

    def look_record(self, key: str) -> PublishedRecord | None:
        """See `Gallery.look_record`."""
        return self.table.look(key)

    def put_record(self, step: Step, *, row: int, mark: Mark) -> StepReport:
        """See `Gallery.put_record`."""
        try:
            make_folder(self.root)
            outcome, detail = self.table.put(step, row=row, mark=mark)
        except UnicodeEncodeError:
            return report_of(step, "impossible", "a text holds what is not Unicode")
        except OSError as error:
            raise _error_of(error, f"put the record of {step.target}") from error
        return report_of(step, outcome, detail)

    def remove_record(self, step: Step, *, row: int, mark: Mark) -> StepReport:
        """See `Gallery.remove_record`."""
        outcome, detail = self.table.remove(step, row=row, mark=mark)
        if outcome == "already" and self.root.is_dir():
            sync_folder(self.root)  # A dead run may not have come to that.
        return report_of(step, outcome, detail)

    def mark(self) -> Mark | None:
        """See `Gallery.mark`."""
        return self.table.mark()

    def accept(self, mark: Mark) -> None:
        """See `Gallery.accept`."""
        self.table.accept(mark)

    def sweep(self) -> None:
        """See `Gallery.sweep`."""
        for left in self.root.glob(f"{PROBE_PREFIX}{self.table.workspace}-*{SUFFIX}"):
            with contextlib.suppress(OSError):
                left.unlink()

    def records(self) -> Iterator[PublishedRecord]:
        """See `Gallery.records`."""
        return self.table.records()

    def check(self) -> tuple[Probe, ...]:
        """See `Gallery.check`."""
        name = probe_name(f"{self.table.workspace}-")
        files = check_files(self, "folder", f"{name}{SUFFIX}")
        return files, self._check_table()

    def _check_table(self) -> Probe:
        """Try the table that stands there, or a new one under a temporary name."""
        spare = Table(_beside(self.table.path), workspace="probe")
        try:
            make_folder(self.root)
            (self.table if self.table.path.exists() else spare).probe(_probe_record())
        except AdapterError as error:
            return Probe(name="table", ok=False, code=error.code, detail=str(error))
        except OSError as error:
            detail = error.strerror or str(error)
            return Probe(name="table", ok=False, code="PublishRefused", detail=detail)
        finally:
            with contextlib.suppress(OSError):
                spare.path.unlink(missing_ok=True)
        return Probe(name="table", ok=True, detail="inserted a row and rolled it back")

    def _path(self, target: str) -> Path:
        """Return the place of a target; a caller's mistake may not leave the gallery."""
        if not is_safe_target(target):
            msg = f"not a path in a gallery: {target!r}"
            raise ValueError(msg)
        return self.root.joinpath(*target.split("/"))


def _read_back(path: Path, step: Step) -> None:
    point("gallery.put_file.before_read_back")
    size = path.stat().st_size
    if size != step.size_bytes or sha256_of(path) != step.sha256:
        detail = f"{step.target}: {size} of {step.size_bytes} bytes, or other ones, came back"
        raise AdapterError(code="PublishFailed", detail=detail)


def _beside(path: Path) -> Path:
    return path.with_name(f"{PREFIX}{secrets.token_hex(8)}{SUFFIX}")


def _raise(error: OSError) -> None:
    """Tell of a folder that cannot be read; one that is not there holds nothing."""
    if not isinstance(error, FileNotFoundError):
        raise error


def _error_of(error: OSError, doing: str) -> AdapterError:
    if error.errno in _UNREACHABLE:
        return AdapterError(code="PublishUnreachable", detail=f"{doing}: {error.strerror}")
    return error_of(error, doing=doing, forbidden="PublishRefused", other="PublishFailed")


def _probe_record() -> Record:
    empty = record_of(Row(), path="", thumb_path="")
    return replace(empty, file_name=f"photojournal-probe-{secrets.token_hex(8)}")
