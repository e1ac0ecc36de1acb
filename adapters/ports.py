"""
What the program expects of its devices: read this first.

A *gallery* is where photos are published. It takes one planned `Step` at a time, looks before it
touches anything, and says how the step ended, so that a publication which died anywhere is finished
by doing its steps again: twice gives the same result as once. A *task* is work that can crash or
hang natively: bytes in, bytes out, no file and no name, so that it can run in a worker.

Devices raise `adapters.errors.AdapterError` and nothing else on purpose.
"""

from collections.abc import Iterator
from typing import Protocol

from msgspec import Struct

from machine.values import Record, Step, StepReport


class Task(Protocol):
    """Work for a worker process (`adapters.workers`)."""

    def __call__(self, photo: bytes, argument: bytes, /) -> bytes:
        """Return the answer to `argument` about `photo`; both ends agree on the encoding."""
        ...


class PublishedRecord(Struct, frozen=True, kw_only=True):
    """A row of the published table, as it stands there now."""

    key: str
    record: Record | None
    """None: what stands there is no row of ours, a column holds what no record can hold."""
    digest: str
    """`machine.digests.record_digest` of what stands there, never of what we once wrote."""
    readable: dict[str, str] = {}
    """Where `record` is None: what could be read all the same, by column."""
    workspace: str = ""
    """Who says the row is theirs; empty: nobody does."""
    row: int | None = None
    written: str = ""
    """The digest of what its owner wrote; that of what stands there, unless somebody changed it."""


class Mark(Struct, frozen=True, kw_only=True):
    """Where the journal of a workspace stood when it last changed the gallery."""

    position: int
    hash: str
    """Of the event at that position, 64 hex digits."""


class Probe(Struct, frozen=True, kw_only=True):
    """One thing that was tried out on a device, for `doctor`."""

    name: str
    ok: bool
    detail: str = ""
    """What happened; where it failed, what to look at."""
    code: str = ""
    """Where it failed: that of the `AdapterError` that a publication would meet."""
    hint: str = ""
    """Where it failed or warns, and it is known: what a person can change."""
    warning: str = ""
    """Where it went well: what may be otherwise than a person thinks."""


class Gallery(Protocol):
    """
    Where photos are published.

    Targets are paths with forward slashes below the gallery's root, keys are File_Names. Every
    method is durable on return, as far as the device can be, and read back.

    Steps end as `done`, `already` (it stands as planned without us), `changed` (somebody else's
    bytes or row stand there, which includes a row that another workspace or another row of this
    one owns; left alone) or `impossible` (the step itself cannot be: the detail says why). A step
    never removes or replaces anything but what `step.expected` names. A file or row that we
    expected and that is gone does not stop a put: nothing is lost by it.

    Raises `AdapterError`: `DiskLow`, `RemoteFull`, `PublishRefused` (no permission, damaged table),
    `PublishUnreachable` (no answer) or `PublishFailed` (tried, failed, may go better next time).
    After an error it is unknown whether the step took effect: do it again. One publisher at a time
    is the caller's duty; the guards hold against others all the same, but for the moment between
    a look and a rename.
    """

    @property
    def name(self) -> str:
        """What events call it: `folder`, `ftp`."""
        ...

    def look(self, target: str) -> str | None:
        """
        Return the SHA-256 of the file at `target`, None if nothing stands there.

        Raises AdapterError `TargetChanged` where something stands that is no file.
        """
        ...

    def fetch(self, target: str) -> bytes | None:
        """Return the bytes of the file at `target`, None if nothing stands there."""
        ...

    def files(self) -> Iterator[tuple[str, int]]:
        """
        Yield every file's target and size in bytes, temporaries and strangers' files included.

        Links and devices are left out. A stranger's file may have a name that no step could have.
        """
        ...

    def put_file(self, step: Step, data: bytes) -> StepReport:
        """
        Make `data` stand at `step.target`, never half, never over bytes that are not expected.

        The bytes travel under `step.temporary`; whatever a dead run left there is overwritten or
        removed, whatever the outcome.
        """
        ...

    def remove_file(self, step: Step) -> StepReport:
        """
        Remove the file at `step.target` if its SHA-256 is `step.expected`; gone is `already`.

        What a put that is taken back left at `step.temporary` is removed, whatever the outcome.
        """
        ...

    def look_record(self, key: str) -> PublishedRecord | None:
        """Return the row of the published table with this File_Name, None if there is none."""
        ...

    def put_record(self, step: Step, *, row: int, mark: Mark) -> StepReport:
        """
        Make `step.record` stand in the published table as the queue's `row`; one transaction.

        `mark` is left in the same transaction, unless this workspace left a later one before.
        """
        ...

    def remove_record(self, step: Step, *, row: int, mark: Mark) -> StepReport:
        """
        Remove the record if it is `row`'s and its digest is `step.expected`; leave `mark`.

        Where none stands, what the table says of its owner is removed all the same.
        """
        ...

    def mark(self) -> Mark | None:
        """Return the latest mark that this workspace left, also when all its rows are gone."""
        ...

    def accept(self, mark: Mark) -> None:
        """Leave `mark` in place of a later one: a person takes the gallery as it is."""
        ...

    def sweep(self) -> None:
        """Remove what trials of this workspace could not remove themselves; raises nothing."""
        ...

    def records(self) -> Iterator[PublishedRecord]:
        """Yield every row of the published table, ours or not, in the order of File_Name."""
        ...

    def check(self) -> tuple[Probe, ...]:
        """Try everything a publication needs and leave nothing behind; raises nothing."""
        ...
