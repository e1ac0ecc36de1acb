"""Originals: their bytes, where the journal says that they lie, and which are there."""

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from adapters.errors import AdapterError
from adapters.files import read_verified
from adapters.objects import Objects
from driver.workspace import Workspace
from journal import Journal
from machine import events as e
from machine.row import Row, source_of
from machine.values import Source

_TYPES = ("RowIngested", "PhotoReplaced", "CompanionAdded", "OriginalMoved")


def read_original(workspace: Workspace, objects: Objects, row: Row) -> bytes:
    """
    Return a row's own bytes, by hash, from where they lie or from our copy.

    Where a whole folder is gone, a drive was unplugged: that is no row's fault.

    Raises:
        AdapterError: it cannot be read, or is not what it was.
    """
    source, sha256 = source_of(row), row.decided.photo.sha256
    if source.copied and objects.exists(sha256):
        return objects.get(sha256)
    path = workspace.path_of(source)
    try:
        return read_verified(path, sha256)
    except AdapterError as error:
        if error.code != "OriginalMissing" or path.parent.is_dir():
            raise
        folder = PurePosixPath(source.path).parent.name or path.parent.name
        raise AdapterError("OriginalsAway", folder) from error


def referenced(journal: Journal) -> list[Source]:
    """Return where every original and RAW file lies that no object is a copy of."""
    sources: dict[tuple[str, str], Source] = {}
    for _, stream, event in journal.read_types(_TYPES):
        match event:
            case (
                e.RowIngested(source=source, sha256=sha256)
                | e.PhotoReplaced(source=source, sha256=sha256)
                | e.CompanionAdded(source=source, sha256=sha256)
                | e.OriginalMoved(source=source, sha256=sha256)
            ):
                sources[stream, sha256] = source
            case _:
                pass
    return list({source: None for source in sources.values() if not source.copied})


def sizes_of(workspace: Workspace, sources: Iterable[Source]) -> Iterator[int]:
    """Yield the size of each original that is where it lay, in bytes."""
    for source in sources:
        try:
            yield workspace.path_of(source).stat().st_size
        except OSError:
            continue


def missing_of(workspace: Workspace, sources: Iterable[Source]) -> list[Path]:
    """Return the paths at which nothing lies any more."""
    paths = (workspace.path_of(source) for source in sources)
    return sorted(path for path in paths if not path.is_file())
