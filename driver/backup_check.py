"""Is a backup what its manifest says? Every byte is read, nothing is changed."""

from collections.abc import Callable, Iterator
from pathlib import Path

from adapters.files import sha256_of
from driver.backups import JOURNAL, Backup
from journal import JournalError
from journal.verify import verify

Progress = Callable[[int, int], None]


def differences(backup: Backup, progress: Progress, known: set[str] | None = None) -> Iterator[str]:
    """
    Say in words what of a backup is gone, damaged, or not what it was.

    Args:
        backup: which.
        progress: is told how many files of how many were read.
        known: objects that were read already, and are not again; those read are added.
    """
    manifest, known = backup.manifest, set() if known is None else known
    done, total = 0, len(manifest.files) + len(manifest.objects)
    for file in manifest.files:
        problem = _problem(backup.folder / file.path, file.sha256)
        if problem:
            yield f"{backup.folder / file.path} {problem}"
        elif file.path == JOURNAL:
            yield from _about_journal(backup)
        progress(done := done + 1, total)
    for one in manifest.objects:
        if one.sha256 not in known:
            known.add(one.sha256)
            problem = _problem(backup.objects.path(one.sha256), one.sha256)
            if problem:
                yield f"{backup.objects.path(one.sha256)} {problem}"
        progress(done := done + 1, total)


def _problem(path: Path, sha256: str) -> str:
    try:
        found = sha256_of(path)
    except FileNotFoundError:
        return "is not there"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return "" if found == sha256 else f"has SHA-256 {found[:12]}…, the manifest {sha256[:12]}…"


def _about_journal(backup: Backup) -> Iterator[str]:
    """Check the chain, and that the manifest is of this journal."""
    path, manifest = backup.folder / JOURNAL, backup.manifest
    try:
        report = verify(path)
    except JournalError as error:
        yield f"{path}: {error}"
        return
    for damage in report.damages:
        yield f"{path}: position {damage.position}: {damage.kind}, {damage.detail}"
    ends = (report.uuid, report.head.position, report.head.hash.hex())
    if ends != (manifest.journal, manifest.position, manifest.head):
        yield f"{path} ends at {report.head.position}, the manifest is of another journal or end"
