"""What of the gallery the journal ever named: paths, names that files travelled by, records."""

from msgspec import Struct

from adapters.gallery_paths import aside_of
from journal import Journal
from machine import events as e
from machine.digests import record_digest
from machine.event_base import Event
from machine.repair_events import RepairStarted
from machine.values import Step

_STARTING = (
    "PublicationStarted",
    "WithdrawalStarted",
    "RollbackStarted",
    "RepairStarted",
    "PublicationFailed",
)


class KnownPuts(Struct):
    """All that a journal ever planned to put into the gallery."""

    put: dict[str, tuple[int, set[str]]]
    """By path: the newest row that put a file there, and the SHA-256 of all that it put."""
    travelled: dict[str, int]
    records: dict[tuple[int, str], set[str]]
    """By row and File_Name: the digests of all records that it put there."""


def known_puts(journal: Journal) -> KnownPuts:
    """Read what every publication, withdrawal, rollback and repair planned to put."""
    known = KnownPuts(put={}, travelled={}, records={})
    for _, stream, event in journal.read_types(_STARTING):
        number = int(stream.removeprefix("row/"))
        for step in steps_of(event):
            if step.action == "put_file":
                digests = known.put.get(step.target, (0, set[str]()))[1]
                known.put[step.target] = number, digests | {step.sha256}
                known.travelled[step.temporary] = number
                known.travelled[aside_of(step.temporary)] = number
            elif step.record and step.action == "put_record":
                digests = known.records.setdefault((number, step.target), set())
                digests.add(record_digest(step.record))
    return known


def steps_of(event: Event) -> tuple[Step, ...]:
    """Return the steps that an event plans; none of one that was redacted."""
    if isinstance(event, e.PublicationFailed):
        return event.undo
    if isinstance(event, e.PublicationStarted | e.WithdrawalStarted):
        return event.steps
    return event.steps if isinstance(event, e.RollbackStarted | RepairStarted) else ()
