"""
The journal on its way: exported into a file or a folder of segments, and taken in from one.

A file holds all segments, and is never written over. A folder holds one file a segment, named by
its positions; those that are there are left as they are, so that the next export into it adds what
is new. Objects, settings and passwords stay behind: that is what a backup is for.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from adapters.files import (
    error_of,
    make_folder,
    replace_synced,
    sha256_of,
    sync_file,
    temporary_beside,
    write_atomically,
)
from driver.erasing import renew, renew_report
from driver.errors import Misused
from driver.forgetting_along import forget_along
from driver.program import Program
from journal.database import beside
from journal.exporting import segments
from journal.importing import Plan, plan, take_in
from journal.reading_segments import Checked, checked
from journal.signing import PUBLIC, fingerprint, open_key, read_public

ENDING = ".jsonl"
_NAME = re.compile(r"(\d{12})-(\d{12})\.jsonl")

Progress = Callable[[int, int], None]
"""Told up to which position of how many."""


class Exported(Struct, frozen=True, kw_only=True):
    """What was exported, or would be."""

    target: str
    after: int
    """Events up to here were there already."""
    until: int
    segments: int = 0
    key: str = ""
    """Fingerprint of the key that signed."""
    sha256: str = ""
    """Of the file; empty for a folder."""


def to_export(program: Program, target: Path) -> Exported:
    """
    Say what an export would write.

    Args:
        program: the workspace.
        target: a file whose name ends in `.jsonl`, or a folder.

    Raises:
        Misused: the file is there already, or the folder holds another export.
    """
    hint = "photojournal journal export FILE.jsonl, or FOLDER"
    if not target.absolute().parent.is_dir():
        msg = f"there is no folder {target.absolute().parent}"
        raise Misused(msg, "make it first")
    after = 0
    if target.suffix == ENDING:
        if target.exists():
            msg = f"{target} is there already, and is never written over"
            raise Misused(msg, hint)
    elif target.exists() and not target.is_dir():
        msg = f"{target} is a file, and its name does not end in {ENDING}"
        raise Misused(msg, hint)
    else:
        after = _reached(program, target)
    return Exported(target=str(target), after=after, until=program.journal.head.position)


def export(program: Program, planned: Exported, progress: Progress) -> Exported:
    """
    Write what `to_export` planned.

    Raises:
        AdapterError: the target cannot be written.
        SigningKeyUnusable: there is no key, or it cannot be used.
        JournalDamaged: the journal is not what was appended; a folder keeps the segments before.
    """
    target, key = Path(planned.target), open_key(program.workspace.journal)
    made, until = 0, planned.after
    with _writer(target) as write:
        for segment in segments(program.journal, key, planned.after):
            write(f"{segment.after + 1:012}-{segment.until:012}{ENDING}", segment.content)
            made, until = made + 1, segment.until
            progress(until, max(until, planned.until))
    return Exported(
        target=planned.target,
        after=planned.after,
        until=until,
        segments=made,
        key=key.fingerprint,
        sha256=sha256_of(target) if target.suffix == ENDING else "",
    )


@contextmanager
def _writer(target: Path) -> Iterator[Callable[[str, bytes], None]]:
    """Give what writes a segment; a file gets its name when all of them are in it."""
    if target.suffix != ENDING:
        make_folder(target)
        yield lambda name, content: write_atomically(target / name, content)
        return
    try:
        with temporary_beside(target) as draft:
            with draft.open("xb") as file:
                yield lambda _name, content: _write_all(file.write, content)
                sync_file(file)
            replace_synced(draft, target, where="journal.export")
    except OSError as error:
        raise error_of(error, doing=f"write {target.name}") from error


def _write_all(write: Callable[[bytes], int], content: bytes) -> None:
    write(content)


def _reached(program: Program, folder: Path) -> int:
    """Return the position that the segments in a folder reach. Raises Misused."""
    files = segment_files(folder) if folder.exists() else []
    if not files:
        return 0
    last = _last_of(files[-1])
    until, journal = last.closing.until, program.journal
    stored = next(journal.read_raw(until - 1, until), None)
    same = stored is not None and stored.hash == last.events[-1].hash
    if last.opening.journal != journal.uuid or not same:
        msg = f"{files[-1]} is of another journal, or of another past of this one"
        raise Misused(msg, "name another folder")
    return until


def _last_of(file: Path) -> Checked:
    (*_, last) = checked([file])
    return last


def segment_files(source: Path) -> list[Path]:
    """
    Return the files with segments that a path stands for, in their order.

    A file stands for itself, a folder for those in it that are named by positions.
    """
    if not source.is_dir():
        return [source]
    return sorted(one for one in source.iterdir() if _NAME.fullmatch(one.name))


def to_take_in(program: Program, source: Path, key: str, progress: Progress) -> Plan:
    """
    Check an export and say what taking it in would do; the journal must not be open yet.

    Args:
        program: the workspace.
        source: a file or a folder with segments.
        key: fingerprint of the key that must have signed; empty: any.
        progress: is told how many events were read.

    Raises:
        Misused: there is nothing to read, or another key signed.
        SegmentRefused: it is foreign, changed, gapped or cut off; names file, line and position.
    """
    try:
        found = plan(
            segment_files(source), program.workspace.journal, lambda done: progress(done, done)
        )
    except OSError as error:
        msg = f"{source} cannot be read: {error.strerror or error}"
        raise Misused(msg, "photojournal journal import FILE, or FOLDER") from error
    strange = [one for one in found.keys if key and fingerprint(one) != key.lower()]
    if strange:
        msg = f"{source} was signed by key {fingerprint(strange[0])}, not by {key}"
        raise Misused(msg, "ask whoever exported it for the fingerprint of their key")
    return found


def knows_keys(program: Program, found: Plan) -> bool:
    """Tell whether the key of this workspace signed all of an export."""
    return set(found.keys) == {read_public(beside(program.workspace.journal, PUBLIC))}


def bring_in(program: Program, found: Plan, progress: Progress) -> None:
    """
    Take in what `to_take_in` found, and make read models and logs current.

    What was forgotten in the journal of the export is forgotten here, too, as there: in the
    objects, in crash logs, and in all that is made from events.

    Raises as `journal.importing.take_in`, and:
        Misused: another run is at work, and objects have to go.
        Unreachable: an object or an old byte cannot be removed.
    """
    path, least = program.workspace.journal, program.min_free_bytes
    if found.redacted:
        forget_along(program, found)
    take_in(found, path, least, lambda done: progress(done, found.until))
    with program.run("journal"):  # which appends nothing
        if found.redacted:
            renew(program)
        else:
            renew_report(program)
