"""
What a publication, a withdrawal or a rollback did outside, step by step, read back from the target.

The sagas that these steps belong to are told in `machine.events`.
"""

from typing import ClassVar

from machine.event_base import Event, Salted
from machine.values import Outcome, Record, StepReport


class SagaResumed(Event, frozen=True, kw_only=True):
    """Another run took over a publication, withdrawal or rollback whose run had ended."""

    tag: ClassVar[str] = "SagaResumed"
    saga: str
    claimed_by: str


class FileUploaded(Salted, frozen=True, kw_only=True):
    """A file stands in the gallery under its final name, read back."""

    tag: ClassVar[str] = "FileUploaded"
    saga: str
    target: str
    sha256: str
    size_bytes: int
    outcome: Outcome = "done"
    replaced: str = ""
    """SHA-256 of our file that stood there before; empty: nothing did."""


class FileRemoved(Salted, frozen=True, kw_only=True):
    """A file of ours stands in the gallery no longer."""

    tag: ClassVar[str] = "FileRemoved"
    saga: str
    target: str
    sha256: str
    """What stood there, as we knew it."""
    outcome: Outcome = "done"


class RecordUpserted(Salted, frozen=True, kw_only=True):
    """The row stands in the published table, commit confirmed."""

    tag: ClassVar[str] = "RecordUpserted"
    saga: str
    target: str
    record: Record
    outcome: Outcome = "done"
    replaced: Record | None = None


class RecordRemoved(Salted, frozen=True, kw_only=True):
    """The row stands in the published table no longer."""

    tag: ClassVar[str] = "RecordRemoved"
    saga: str
    target: str
    outcome: Outcome = "done"


class StepLeft(Salted, frozen=True, kw_only=True):
    """A step could not be done: what stands there is not ours, or it cannot be reached."""

    tag: ClassVar[str] = "StepLeft"
    saga: str
    report: StepReport
