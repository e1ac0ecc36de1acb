"""
What can go wrong with a journal. Every error says in `hint` what to type next.

    JournalError
    +-- VersionConflict       another append was first; load the stream again and decide again
    +-- KeyReused             the append key was used for something else
    +-- UnwritableEvent       an event that would not come back as it is
    +-- UnreadableEvent       an event that this version cannot decode
    +-- JournalBusy           another program holds the journal
    +-- DiskLow               not appended: too little space left
    +-- OutcomeUnknown        appended or not: the disk failed at the commit
    +-- SegmentRefused        an export that is foreign, changed, gapped or cut off
    +-- SigningKeyUnusable    the key that signs is gone, unreadable, open to others or another one
    +-- CannotOpen
        +-- JournalMissing    there is no journal; none is made in silence
        +-- NotAJournal       the file is something else
        +-- JournalTooNew     written by a later version of the program
        +-- NetworkFileSystem WAL is not safe there
        +-- JournalDamaged    what is stored is not what was appended
"""

from machine.text import size


class JournalError(Exception):
    """The root: the journal did not do what it was asked."""

    hint: str = ""

    def __init__(self, message: str, hint: str = "") -> None:
        """Keep the message; an empty hint means the hint of the class."""
        super().__init__(message)
        if hint:
            self.hint = hint


class VersionConflict(JournalError):
    """Nothing of the append was written: a stream is not at the expected version."""

    hint = "Something else changed it in the meantime; look again, then repeat the command."

    def __init__(self, stream: str, expected: int, actual: int) -> None:
        """Name the stream and both versions."""
        super().__init__(f"{stream} is at version {actual}, not {expected}")
        self.stream = stream
        self.expected = expected
        self.actual = actual


class KeyReused(JournalError):
    """Nothing was written: this append key already stands for other content."""

    hint = "A key names one append for ever; this is an error of the program, please report it."

    def __init__(self, key: str, position: int, reason: str = "has other content") -> None:
        """Name the key and the first position that it stands for."""
        super().__init__(f"append key {key!r} was used at position {position}, which {reason}")
        self.key = key
        self.position = position


class UnwritableEvent(JournalError):
    """Nothing was written: the event, a name or a key cannot be stored and read back unchanged."""

    hint = "Escape names that are not UTF-8 and leave out unknown numbers; please report it."


class UnreadableEvent(JournalError):
    """An event has an unknown type, a newer schema or a payload that does not fit its type."""

    hint = "Install a newer photojournal; `photojournal events --raw` shows the event as it is."

    def __init__(self, position: int, type: str, reason: str) -> None:
        """Name the position, the wire tag and the reason."""
        super().__init__(f"event {position} ({type}) cannot be read: {reason}")
        self.position = position
        self.type = type


class JournalBusy(JournalError):
    """Nothing was written: another program kept the journal locked for too long."""

    hint = "Close the other program (an SQLite browser?) and repeat the command."


class DiskLow(JournalError):
    """Nothing of the append was written: less space is left than has to stay free."""

    hint = "Free some space on the disk of data/, then repeat the command."

    def __init__(self, free_bytes: int, needed_bytes: int) -> None:
        """Name the bytes that are free and the bytes that have to stay free."""
        super().__init__(
            f"only {size(free_bytes)} are free, {size(needed_bytes)} have to stay free"
        )
        self.free_bytes = free_bytes
        self.needed_bytes = needed_bytes


class OutcomeUnknown(JournalError):
    """The disk failed at the commit and the journal cannot be asked; `lookup(key)` tells later."""

    hint = "Check the disk, then run `photojournal verify`."


class SegmentRefused(JournalError):
    """What should be taken in is not the export of a journal, or not one that goes on from here."""

    hint = "Nothing of it was written. Take another copy of the export, or export again."


class SigningKeyUnusable(JournalError):
    """Nothing was signed: the key beside the journal cannot be used as it is."""

    hint = (
        "Bring journal.key back from a backup. To go on with a new key, which those who know the"
        " old one will not trust, move journal.pub elsewhere, and journal.key if it is there."
    )


class CannotOpen(JournalError):
    """The journal cannot be opened."""


class JournalMissing(CannotOpen):
    """There is no journal at this path."""

    hint = "`photojournal init` makes a workspace; `-w` names another one."


class NotAJournal(CannotOpen):
    """The file is no journal of photojournal."""

    hint = "Check the path; restore a backup if the file was overwritten."


class JournalTooNew(CannotOpen):
    """The journal has a format that this version does not know."""

    hint = "Install a newer photojournal."


class NetworkFileSystem(CannotOpen):
    """The journal lies on a network file system, where locks and WAL are not safe."""

    hint = "Put the workspace on a local disk; backups may go to the network."


class JournalDamaged(CannotOpen):
    """What is stored is not what was appended. `position` is the first bad one, 0 if unknown."""

    hint = "`photojournal verify` shows all damage; then restore a backup."

    def __init__(self, message: str, position: int = 0, hint: str = "") -> None:
        """Keep what is wrong and the first bad position."""
        super().__init__(message, hint)
        self.position = position
