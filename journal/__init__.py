"""
The append-only store: what was appended stays, in order, and can be checked.

Start at `store.Journal`. `records` says what goes in and comes out, `errors` what can go wrong.
The format is frozen in docs/decisions/0001-journal-format.md.
"""

from journal.errors import (
    CannotOpen,
    DiskLow,
    JournalBusy,
    JournalDamaged,
    JournalError,
    JournalMissing,
    JournalTooNew,
    KeyReused,
    NetworkFileSystem,
    NotAJournal,
    OutcomeUnknown,
    SegmentRefused,
    SigningKeyUnusable,
    UnreadableEvent,
    UnwritableEvent,
    VersionConflict,
)
from journal.locks import ProcessLock
from journal.records import (
    AfterEntry,
    Entry,
    Head,
    RawEvent,
    Recorded,
    RedactedEvent,
    Sealed,
    Touch,
    WithheldEvent,
    is_withheld,
)
from journal.store import Journal

__all__ = [
    "AfterEntry",
    "CannotOpen",
    "DiskLow",
    "Entry",
    "Head",
    "Journal",
    "JournalBusy",
    "JournalDamaged",
    "JournalError",
    "JournalMissing",
    "JournalTooNew",
    "KeyReused",
    "NetworkFileSystem",
    "NotAJournal",
    "OutcomeUnknown",
    "ProcessLock",
    "RawEvent",
    "Recorded",
    "RedactedEvent",
    "Sealed",
    "SegmentRefused",
    "SigningKeyUnusable",
    "Touch",
    "UnreadableEvent",
    "UnwritableEvent",
    "VersionConflict",
    "WithheldEvent",
    "is_withheld",
]
