"""
Everything that can happen to a row, in the order of its life.

Read from top to bottom: a photo comes in, three stages work on it independently, a person decides,
the row is published, and anything done can be taken back. A fact never changes (`event_base`).
"""

from typing import ClassVar

from machine import (  # noqa: F401  (they fill the table of events)
    repair_events,
    run_events,
    step_events,
)
from machine.adoption_events import PastAdopted as PastAdopted
from machine.erasure_events import ErasureStarted as ErasureStarted
from machine.erasure_events import RowErased as RowErased
from machine.event_base import Event, Salted
from machine.rating_events import RatingOverridden as RatingOverridden
from machine.stage_events import AttemptFailed as AttemptFailed
from machine.stage_events import AttemptInterrupted as AttemptInterrupted
from machine.stage_events import AttemptStarted as AttemptStarted
from machine.stage_events import PartlyScored as PartlyScored
from machine.stage_events import Prefilled as Prefilled
from machine.stage_events import Quarantined as Quarantined
from machine.stage_events import Released as Released
from machine.stage_events import Resized as Resized
from machine.stage_events import Retried as Retried
from machine.stage_events import Scored as Scored
from machine.stage_events import TextCleaned as TextCleaned
from machine.values import (
    Author,
    Corrections,
    Culling,
    EmbeddedText,
    Finding,
    Labels,
    Metadata,
    Pins,
    PrivateMetadata,
    Sidecar,
    Source,
    Stage,
    Step,
    StepReport,
    Tag,
    Text,
    TextField,
)

# --- A photo becomes a row. Stream `row/<id>`; its name and its bytes are reserved with it.


class RowIngested(Salted, frozen=True, kw_only=True):
    """A photo came in: these bytes, under this name, needing these stages."""

    tag: ClassVar[str] = "RowIngested"
    row: int
    set_id: str
    labels: Labels
    original_name: str
    source: Source
    sha256: str
    size_bytes: int
    file_name: str
    needed: tuple[Stage, ...]
    """The stages that must be done before the row can be approved."""


class MetadataRead(Salted, frozen=True, kw_only=True):
    """What the camera and earlier software wrote into the photo."""

    tag: ClassVar[str] = "MetadataRead"
    metadata: Metadata
    embedded: EmbeddedText
    perceptual_hash: str = ""
    """64 bits of how the picture looks, as 16 hex digits; empty: it was not computed."""
    culling: Culling = Culling()
    sidecar: Sidecar | None = None
    """The file beside the photo that was read with it."""
    tags: tuple[Tag, ...] = ()
    """All that is there, as stored; what is private is in the event of that name."""


class PrivateMetadataRead(Salted, frozen=True, kw_only=True):
    """Place and serial numbers, apart from the rest: this event may be redacted."""

    tag: ClassVar[str] = "PrivateMetadataRead"
    private: PrivateMetadata


class EmbeddedTextDiscounted(Salted, frozen=True, kw_only=True):
    """The text in the photo does not count as a person's, whatever it says about itself."""

    tag: ClassVar[str] = "EmbeddedTextDiscounted"
    reason: str


class PhotoReplaced(Salted, frozen=True, kw_only=True):
    """
    A person put other bytes in the place of the row's: another version of the same photo.

    Name, labels and texts stay. What was made from the former pixels is stale, and an approval goes
    over to the new renditions once they are made. What the new bytes say follows (`MetadataRead`).
    """

    tag: ClassVar[str] = "PhotoReplaced"
    former: str
    """SHA-256 of the bytes that stood for the row."""
    sha256: str
    size_bytes: int
    original_name: str
    source: Source
    reason: str = ""


class OriginalMoved(Salted, frozen=True, kw_only=True):
    """These bytes of the row lie elsewhere now; they were read there and are the same."""

    tag: ClassVar[str] = "OriginalMoved"
    sha256: str
    source: Source


class CompanionAdded(Salted, frozen=True, kw_only=True):
    """
    A RAW file of the same name, beside the photo, belongs to the row.

    The photo stays what is judged and published. Stream `bytes/<sha256>` of the RAW file names the
    row, too.
    """

    tag: ClassVar[str] = "CompanionAdded"
    original_name: str
    source: Source
    sha256: str
    size_bytes: int
    media_type: str


class MetadataCorrected(Salted, frozen=True, kw_only=True):
    """A person mended what the file says wrongly, such as the time of a clock that was off."""

    tag: ClassVar[str] = "MetadataCorrected"
    corrections: Corrections
    """All that counts from now on, earlier ones included."""
    repinned: Pins | None = None
    """The row was approved and stays so, with these pins."""


class RowReopened(Salted, frozen=True, kw_only=True):
    """The bytes of a rejected or rolled-back row came in again: the row lives again, same name."""

    tag: ClassVar[str] = "RowReopened"
    set_id: str
    labels: Labels


class NameReserved(Salted, frozen=True, kw_only=True):
    """Stream `name/<stem>`: the stem belongs to this row for ever."""

    tag: ClassVar[str] = "NameReserved"
    row: int
    file_name: str


class BytesReserved(Event, frozen=True, kw_only=True):
    """Stream `bytes/<sha256>`: these bytes are this row, whatever set they come in with."""

    tag: ClassVar[str] = "BytesReserved"
    row: int


# --- The three stages work on it: `machine.stage_events`.


# --- A person edits and decides.


class TextEdited(Salted, frozen=True, kw_only=True):
    """A person changed the texts."""

    tag: ClassVar[str] = "TextEdited"
    text: Text
    author: Author
    based_on: str
    """`text_digest` of what the person saw."""
    findings: tuple[Finding, ...] = ()
    grounded: bool = True
    """False: caption or alt text is still one that nobody checked against the picture."""
    repinned: Pins | None = None
    """The row was approved and stays so, with these pins."""
    left_open: tuple[TextField, ...] = ()
    """What the person did not give, and the prefill, which did not run yet, is to fill."""
    completed: bool = False
    """True: the person's text, with what they left open filled by the text before."""
    vouched: tuple[TextField, ...] = ()
    """While not grounded: which of caption and alt text a person gave, in this or earlier edits."""


class Relabelled(Salted, frozen=True, kw_only=True):
    """Category, subject or location of the row changed; machine text becomes stale."""

    tag: ClassVar[str] = "Relabelled"
    labels: Labels
    repinned: Pins | None = None
    findings: tuple[Finding, ...] | None = None
    """What the rules say about the text beside the new labels; None: they were not asked."""


class Renamed(Salted, frozen=True, kw_only=True):
    """The row has another file name. The former one still finds it."""

    tag: ClassVar[str] = "Renamed"
    file_name: str
    former: str
    repinned: Pins | None = None


class QcWaived(Salted, frozen=True, kw_only=True):
    """A person lets this very text pass although quality control has something against it."""

    tag: ClassVar[str] = "QcWaived"
    text_digest: str
    codes: tuple[str, ...]
    """Of the findings that are let pass."""
    reason: str


class Picked(Event, frozen=True, kw_only=True):
    """A person likes the photo; the texts may still be missing."""

    tag: ClassVar[str] = "Picked"
    rating: int | None = None
    """Stars that it came with, where an ingest picked it for its marks."""
    tagged: bool = False
    """Likewise: it came with Photo Mechanic's tag."""
    label: str = ""
    """Likewise: the label, where the settings name it as one of a pick."""


class Approved(Salted, frozen=True, kw_only=True):
    """A person approved exactly this text and these renditions for publication."""

    tag: ClassVar[str] = "Approved"
    pins: Pins
    allowed_ungrounded: bool = False
    """True: the owner's setting let through a text that nobody checked against the picture."""
    reason: str = ""
    without_scores: bool = False
    """True: the scores were set aside, and a person let the row pass without them."""


class Rejected(Salted, frozen=True, kw_only=True):
    """A person does not want the photo published."""

    tag: ClassVar[str] = "Rejected"
    reason: str = ""


# --- The row goes out. A saga: planned, done step by step (`machine.step_events`), confirmed.


class RenditionFinished(Event, frozen=True, kw_only=True):
    """Texts and rights were put into a copy of a rendition, pixels untouched, and read back."""

    tag: ClassVar[str] = "RenditionFinished"
    name: str
    source_sha256: str
    sha256: str
    size_bytes: int


class FinishingFailed(Salted, frozen=True, kw_only=True):
    """A rendition could not be finished: nothing of the row was sent."""

    tag: ClassVar[str] = "FinishingFailed"
    name: str
    """Of the rendition."""
    code: str
    detail: str = ""


class PublicationStarted(Salted, frozen=True, kw_only=True):
    """A run claims the publication of the row; these are the steps."""

    tag: ClassVar[str] = "PublicationStarted"
    publication: str
    gallery: str
    claimed_by: str
    pins: Pins
    steps: tuple[Step, ...]
    forced: str = ""
    """Why a person had it published although something stood against it."""


class Published(Event, frozen=True, kw_only=True):
    """Every step of the publication is done and was read back."""

    tag: ClassVar[str] = "Published"
    publication: str
    pins: Pins


class PublicationFailed(Salted, frozen=True, kw_only=True):
    """The publication stops; `undo` brings the outside back to what it was before."""

    tag: ClassVar[str] = "PublicationFailed"
    publication: str
    step: str
    """The step of the saga that failed, such as `put_file 2008/harbour/x.jpg`."""
    code: str
    detail: str = ""
    undo: tuple[Step, ...] = ()


class PublicationUndone(Event, frozen=True, kw_only=True):
    """Nothing of a failed publication is left outside."""

    tag: ClassVar[str] = "PublicationUndone"
    publication: str


class PublicationUndoIncomplete(Salted, frozen=True, kw_only=True):
    """Something of a failed publication is still outside; `repair` tries again."""

    tag: ClassVar[str] = "PublicationUndoIncomplete"
    publication: str
    reports: tuple[StepReport, ...]


# --- Going back. Steps are those above; the end says what counts from now on.


class WithdrawalStarted(Salted, frozen=True, kw_only=True):
    """A person takes the row down; these are the steps."""

    tag: ClassVar[str] = "WithdrawalStarted"
    withdrawal: str
    gallery: str = ""
    claimed_by: str
    steps: tuple[Step, ...]
    reason: str = ""


class Withdrawn(Event, frozen=True, kw_only=True):
    """The row is down; its decision is open again."""

    tag: ClassVar[str] = "Withdrawn"
    withdrawal: str


class WithdrawalIncomplete(Salted, frozen=True, kw_only=True):
    """Something of the row is still outside; `repair` tries again."""

    tag: ClassVar[str] = "WithdrawalIncomplete"
    withdrawal: str
    reports: tuple[StepReport, ...]


class RollbackStarted(Salted, frozen=True, kw_only=True):
    """The row goes back to an earlier version; first the outside is brought to that version's."""

    tag: ClassVar[str] = "RollbackStarted"
    rollback: str
    gallery: str = ""
    claimed_by: str
    to: int
    parts: tuple[str, ...]
    steps: tuple[Step, ...]
    reason: str = ""
    undoes: str = ""


class RolledBack(Salted, frozen=True, kw_only=True):
    """These parts of the row are what they were at version `to`. Nothing is erased."""

    tag: ClassVar[str] = "RolledBack"
    to: int
    parts: tuple[str, ...]
    reason: str = ""
    rollback: str = ""
    undoes: str = ""
    """`undo <run>#<step>` or `redo <run>#<step>`: the step taken back or brought again."""


class RollbackIncomplete(Salted, frozen=True, kw_only=True):
    """The outside could not be brought to the target's; the row stays what it was."""

    tag: ClassVar[str] = "RollbackIncomplete"
    rollback: str
    reports: tuple[StepReport, ...]


def _tagged(*bases: type[Event]) -> dict[str, type[Event]]:
    return {event.tag: event for base in bases for event in base.__subclasses__() if event.tag}


EVENTS: dict[str, type[Event]] = _tagged(Event, Salted)
"""Every event class by its tag, those of the two other modules included: what can be decoded."""
