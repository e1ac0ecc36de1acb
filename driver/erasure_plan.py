"""
What erasing a row means: every place that holds something of it, and those out of reach.

Made before anything is changed, from the journal and a look at the disk. What other rows refer to
as well, such as a picture of the same bytes, is theirs and stays.
"""

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from adapters.objects import Objects as Store
from adapters.objects import Standing
from driver.drafts import FOLDER, Drafts
from driver.galleries import place
from driver.kept_pictures import FOLDER as THUMBS
from driver.kept_pictures import kept_of
from driver.named_objects import named_by
from driver.program import Program
from driver.shell import Shell
from driver.traces import Traces
from driver.workspace import Workspace, shown_name
from journal import Journal, RawEvent, Recorded
from journal.codec import is_redacted
from journal.schema import JOURNAL_STREAM
from machine import events as e
from machine import step_events as s
from machine.erasure_events import Unreached
from machine.event_base import Event
from machine.forgetting import left_of
from machine.refusals import Refused
from machine.row import Row
from machine.run_events import BackedUp
from machine.status import outside
from machine.values import Source

_DIGEST = re.compile(rb"[0-9a-f]{64}")
ORIGINAL = "original file"
CRASH_LOGS = ("data/crash_runtime.log", "crash_startup.log", "logs/*.old")
"""Files of a workspace that are no projections, and may quote what a row says."""


class Held(Struct, frozen=True):
    """Something of the row in one kind of place."""

    where: str
    """Such as `data/objects`."""
    what: str
    count: int
    size_bytes: int = 0


class Objects(Struct, frozen=True):
    """Files in `data/objects` that events name which are to be forgotten."""

    own: tuple[Standing, ...]
    kinds: dict[str, str]
    """What each is, by SHA-256."""
    shared: int
    """Those that other events refer to: they stay."""

    def kind_of(self, one: Standing) -> str:
        """Return what an object is, in a word or two."""
        return self.kinds.get(one.sha256, "others")


class Plan(Struct, frozen=True, kw_only=True):
    """What erasing one row means."""

    row: int
    file_name: str
    erasure: str
    """As in the row's state: `open` goes on where it stopped, `done` has nothing left to do."""
    outside: bool
    """True: it is taken down first."""
    held: tuple[Held, ...]
    shared: int
    """Objects that stay, since another row refers to them."""
    unreached: tuple[Unreached, ...]
    """What may hold the same and is not touched; paths of originals included."""


def plan_of(program: Program, shell: Shell, number: int, reason: str) -> Plan:
    """
    Say what erasing a row means; nothing is changed, and the gallery is not asked.

    Raises:
        Refused: the reason itself quotes what the row says.
    """
    row, history = shell.row(number), shell.journal.read_stream(f"row/{number}")
    traces = Traces(history)
    elsewhere = unreached_of(program.workspace, shell.journal, row, history)
    if traces.in_text(reason):
        msg = f"the reason quotes what row {number} says, and it is kept"
        raise Refused(msg, "give a reason without names, texts and paths of the row")
    found = objects_of(program, number)
    return Plan(
        row=number,
        file_name=row.happened.file_name,
        erasure=row.happened.erasure,
        outside=outside(row) or row.happened.saga is not None,
        held=tuple(_held(program, row, traces, found)),
        shared=found.shared,
        unreached=(
            *_originals(program.workspace, history),
            *(one for one in elsewhere if one.what != ORIGINAL),
        ),
    )


def forgettable(journal: Journal, number: int, traces: Traces) -> dict[int, Event | None]:
    """Return what will be left of each event that holds something of the row, by position."""
    found: dict[int, Event | None] = {}
    for recorded in journal.read_stream(f"row/{number}"):
        left = left_of(recorded.event)
        if left is not recorded.event:
            found[recorded.position] = left
    return found | dict(traces.elsewhere(journal))


def objects_of(program: Program, number: int) -> Objects:
    """Return the objects that the row's events name and that stand in the store."""
    stream = f"row/{number}"
    history = program.journal.read_stream(stream)
    left = dict.fromkeys((recorded.position for recorded in history), b"")
    return objects_named(program.journal, program.objects, left)


def objects_named(
    journal: Journal, store: Store, left: Mapping[int, bytes], elsewhere: Container[str] = ()
) -> Objects:
    """
    Return the objects that events name which are to be forgotten, and that stand in the store.

    Args:
        journal: where the events stand.
        store: where the objects stand.
        left: what will be left of each payload, by position.
        elsewhere: digests of objects that stay whatever the journal says.
    """
    digests, kinds = set[str](), dict[str, str]()
    for position in left:
        for recorded in journal.read_all(position - 1, position):
            named = named_by(recorded.stream, recorded.event)
            kinds.update((sha, known.kind) for sha, known in named)
    for raw in _lines(journal, left):
        digests.update(digests_in(raw.payload))
    there = {one for one in digests if store.exists(one) and one not in elsewhere}
    shared = _still_named(journal, left, there)
    own = tuple(
        Standing(str(store.path(one)), "object", store.size_bytes(one), 0.0)
        for one in sorted(there - shared)
    )
    return Objects(own, kinds, len(shared))


def digests_in(payload: bytes) -> Iterator[str]:
    """Yield every SHA-256 that stands in a payload."""
    return (one.decode() for one in _DIGEST.findall(payload))


def crash_logs(workspace: Workspace) -> Iterator[Path]:
    """Yield the files that may quote a row and are made again from nothing."""
    for pattern in CRASH_LOGS:
        yield from sorted(workspace.root.glob(pattern))


def redacted_in(journal: Journal, number: int) -> int:
    """Return how many of the row's events are redacted."""
    payloads = (raw.payload.decode("utf-8", "replace") for raw in _of_row(journal, number))
    return sum(map(is_redacted, payloads))


def unreached_of(
    workspace: Workspace, journal: Journal, row: Row, history: Iterable[Recorded]
) -> Iterator[Unreached]:
    """Yield what a person has to see to, for the journal: without the path of any original."""
    events = [recorded.event for recorded in history]
    for target in row.happened.not_ours:
        yield Unreached(what="somebody else's in the gallery", where=target)
    if any(isinstance(one, e.RowIngested) for one in events):
        yield Unreached(what=ORIGINAL)
    if any(isinstance(one, e.PastAdopted) for one in events):
        yield Unreached(what="queue of the earlier program")
    addresses = dict[str, None]()
    for one in events:
        if isinstance(one, s.RecordUpserted):
            addresses |= dict.fromkeys((one.record.path, one.record.thumb_path))
    for address in addresses:
        yield Unreached(what="published copy", where=address)
    if addresses and workspace.config.publish.gallery != "folder":
        for half in ("ftp", "mysql"):
            yield Unreached(what="logs and backups of the server", where=place(workspace, half))
    targets = (
        recorded.event.target
        for recorded in journal.read_stream(JOURNAL_STREAM)
        if isinstance(recorded.event, BackedUp)
    )
    for target in dict.fromkeys(targets):
        yield Unreached(what="backup", where=target)


def _originals(workspace: Workspace, history: Iterable[Recorded]) -> Iterator[Unreached]:
    """Yield where originals and sidecars lie or lay, for the person who erases."""
    sources: dict[Source, None] = {}
    for recorded in history:
        event = recorded.event
        match event:
            case e.RowIngested() | e.PhotoReplaced() | e.OriginalMoved() | e.CompanionAdded() if (
                event.source.root
            ):
                sources[event.source] = None
            case e.MetadataRead() if event.sidecar:
                sources[event.sidecar.source] = None
            case _:
                pass
    for source in sources:
        where = shown_name(str(workspace.path_of(source)))
        yield Unreached(what=ORIGINAL, where=where)


def _held(program: Program, row: Row, traces: Traces, found: Objects) -> Iterator[Held]:
    """Yield what lies where, in the order in which it goes."""
    number, happened = row.happened.row, row.happened
    if happened.files:
        size = sum(fact.size_bytes for fact in happened.files.values())
        yield Held(f"gallery {happened.gallery}", "files", len(happened.files), size)
    if happened.record:
        yield Held(f"gallery {happened.gallery}", "record", 1)
    sizes: dict[str, list[int]] = {}
    for one in found.own:
        sizes.setdefault(found.kind_of(one), []).append(one.size_bytes)
    for kind, of_kind in sizes.items():
        yield Held("data/objects", kind, len(of_kind), sum(of_kind))
    forgotten = forgettable(program.journal, number, traces)
    if forgotten:
        size = sum(len(raw.payload) for raw in _lines(program.journal, forgotten))
        yield Held("data/journal.db", "events", len(forgotten), size)
    if draft := Drafts(program.workspace.data).size_bytes(number):
        yield Held(f"data/{FOLDER}", "draft", 1, draft)
    pictures = [one for sha in happened.sources for one in kept_of(program.workspace, sha)]
    if pictures:
        size = sum(one.stat().st_size for one in pictures)
        yield Held(f"data/{THUMBS}", "pictures", len(pictures), size)
    for path in crash_logs(program.workspace):
        lines = [line for line in _text(path).splitlines() if traces.in_text(line)]
        if lines:
            where = path.relative_to(program.workspace.root).as_posix()
            size = sum(len(one.encode(errors="surrogateescape")) for one in lines)
            yield Held(where, "lines", len(lines), size)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


def _lines(journal: Journal, positions: Iterable[int]) -> Iterator[RawEvent]:
    """Yield events as they are stored."""
    for position in positions:
        yield from journal.read_raw(position - 1, position)


def _of_row(journal: Journal, number: int) -> Iterator[RawEvent]:
    positions = [recorded.position for recorded in journal.read_stream(f"row/{number}")]
    return _lines(journal, positions)


def _still_named(journal: Journal, left: Mapping[int, bytes], digests: set[str]) -> set[str]:
    """Return those of the digests that an event of a row holds, or holds still when all is done."""
    found: set[str] = set()
    for raw in journal.read_raw() if digests else ():
        if raw.stream.startswith("row/"):
            found.update(digests_in(left.get(raw.position, raw.payload)))
    return found & digests
