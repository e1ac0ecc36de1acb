"""
Bringing a gallery back to what the journal says, or the journal to what the gallery says.

`mend` puts back what is missing or half and removes what is left over, row by row, as steps of a
repair in the journal; what somebody else put there is left alone. `accept` is for a journal that
was restored from an old backup: it notes what stands outside of each row, and changes nothing
there.
"""

import contextlib
from collections.abc import Iterable, Sequence

from adapters.errors import AdapterError
from adapters.gallery_paths import path_of_url
from adapters.ports import Gallery, PublishedRecord
from driver import clock
from driver.program import Program
from driver.remote_check import Finding
from driver.shell import answers_of
from driver.standing import stream_of, unreachable
from driver.taking_back import Returned, TakingBack
from journal import Entry
from machine.event_base import Event
from machine.intents import ObserveOutside, StartRepair
from machine.refusals import Refused
from machine.row import Row
from machine.run_events import GalleryAccepted
from machine.values import ObservedFile


def by_row(findings: Iterable[Finding]) -> dict[int, list[Finding]]:
    """Return what can be repaired, by row."""
    found: dict[int, list[Finding]] = {}
    for one in findings:
        if one.repair and one.row is not None:
            found.setdefault(one.row, []).append(one)
    return found


def mend(back: TakingBack, number: int, findings: Sequence[Finding]) -> Returned:
    """
    Note what stands outside of a row, and bring it back to what is published.

    Raises:
        Unreachable: the gallery is away; the repair stays open and `repair` goes on with it.
    """
    records = [one for one in findings if one.part == "record"]
    observed = ObserveOutside(
        gallery=back.gallery.name,
        files=tuple(
            ObservedFile(path=one.target, sha256=one.sha256, size_bytes=one.size_bytes)
            for one in findings
            if one.part == "file"
        ),
        record_seen=bool(records),
        record=records[0].record if records else None,
    )
    start = StartRepair(
        repair=clock.uuid7(), gallery=back.gallery.name, claimed_by=back.shell.run_id
    )

    def decider(row: Row) -> list[Event]:
        return answers_of(row, (observed, start))

    return back.begin(number, decider)


def accept(
    program: Program, gallery: Gallery, numbers: Iterable[int], reason: str
) -> tuple[list[int], list[int]]:
    """
    Take the gallery as it is: note what stands outside of each row, and say that a person did so.

    Returns:
        The rows of which something else stood there than the journal knew, and those that were left
        because something is open on them.

    Raises:
        Unreachable: the gallery does not answer; what was noted stays noted.
    """
    shell, noted, left = program.shell, list[int](), list[int]()
    base = program.workspace.config.publish.public_url_base
    try:
        mark = gallery.mark()
        ours = {one.key: one for one in gallery.records() if one.workspace == program.journal.uuid}
        sizes = dict(gallery.files())
        for number in numbers:
            row = shell.row(number)
            if row.happened.saga:
                left.append(number)
                continue
            standing = ours.get(row.happened.file_name)
            mine = standing if standing and standing.row == number else None
            with contextlib.suppress(Refused):  # it stands as the journal knew it
                shell.ask(number, _outside_of(gallery, row, mine, base, sizes))
                noted.append(number)
    except AdapterError as error:
        raise unreachable(error) from error
    if mark:
        stream = stream_of(gallery)
        accepted = GalleryAccepted(position=mark.position, hash=mark.hash, reason=reason)
        shell.append([Entry(stream, len(program.journal.read_stream(stream)), accepted)])
    return noted, left


def _outside_of(
    gallery: Gallery, row: Row, standing: PublishedRecord | None, base: str, sizes: dict[str, int]
) -> ObserveOutside:
    """Say what stands outside of a row, whoever knew of it."""
    record = standing.record if standing else None
    paths = set(row.happened.files)
    if record:
        paths |= {path_of_url(base, url) for url in (record.path, record.thumb_path)} - {""}
    files = tuple(
        ObservedFile(path=path, sha256=gallery.look(path) or "", size_bytes=sizes.get(path, 0))
        for path in sorted(paths)
    )
    return ObserveOutside(gallery=gallery.name, files=files, record_seen=True, record=record)
