"""
What can be asked of a row, in the imperative. `decide` answers with events or refuses.

*Record...* intents carry the outcome of something that was already done; they are facts from
outside and are never refused.
"""

from msgspec import Struct

from machine.erasure_events import Unreached
from machine.values import (
    Author,
    Change,
    Corrections,
    Culling,
    EmbeddedText,
    Embedding,
    Labels,
    Metadata,
    MissingScore,
    ModelCall,
    ObservedFile,
    Outcome,
    Past,
    PrivateMetadata,
    Record,
    Rendition,
    Score,
    Sidecar,
    Source,
    Stage,
    Tag,
    Text,
    TextLimits,
)


class Intent(Struct, frozen=True, kw_only=True):
    """What is asked."""


class IngestRow(Intent, frozen=True, kw_only=True):
    """Take a photo in."""

    row: int
    set_id: str
    labels: Labels
    original_name: str
    source: Source
    sha256: str
    size_bytes: int
    file_name: str
    needed: tuple[Stage, ...]
    metadata: Metadata
    embedded: EmbeddedText
    culling: Culling = Culling()
    sidecar: Sidecar | None = None
    tags: tuple[Tag, ...] = ()
    private: PrivateMetadata | None = None
    perceptual_hash: str = ""
    past: Past | None = None
    """What an earlier program knew of it; None: it comes from nowhere else."""
    limits: TextLimits = TextLimits()


class ReopenRow(Intent, frozen=True, kw_only=True):
    """The bytes of this row came in again, as part of this set."""

    set_id: str
    labels: Labels = Labels()
    """Those of the set; they count if the row had lost its own."""


class DiscountEmbeddedText(Intent, frozen=True, kw_only=True):
    """Let the text in the photo not count as a person's."""

    reason: str


class ReplacePhoto(Intent, frozen=True, kw_only=True):
    """Put another version of the same photo in the place of the row's bytes."""

    original_name: str
    source: Source
    sha256: str
    size_bytes: int
    metadata: Metadata
    embedded: EmbeddedText
    culling: Culling = Culling()
    sidecar: Sidecar | None = None
    tags: tuple[Tag, ...] = ()
    private: PrivateMetadata | None = None
    perceptual_hash: str = ""
    reason: str = ""


class MoveOriginal(Intent, frozen=True, kw_only=True):
    """Say where bytes of the row lie now; they were read there."""

    sha256: str
    source: Source


class AddCompanion(Intent, frozen=True, kw_only=True):
    """Say that a RAW file beside the row's photo belongs to it."""

    original_name: str
    source: Source
    sha256: str
    size_bytes: int
    media_type: str


class CorrectMetadata(Intent, frozen=True, kw_only=True):
    """Mend what the file says wrongly; None leaves a fact as it is."""

    corrections: Corrections


class StartAttempt(Intent, frozen=True, kw_only=True):
    """Claim a stage."""

    stage: Stage
    recipe_digest: str
    claimed_by: str
    alone: bool = False
    model: str = ""
    fallback_for: str = ""


class RecordPrefilled(Intent, frozen=True, kw_only=True):
    """The captioner answered."""

    attempt: int
    input_digest: str
    recipe_digest: str
    text: Text
    """As it was written."""
    author: Author
    grounded: bool
    duration_ms: int = 0
    call: ModelCall | None = None
    cleaned: Text | None = None
    """What the cleaning rules made of it; None: nothing."""
    changes: tuple[Change, ...] = ()
    limits: TextLimits = TextLimits()


class RecordScored(Intent, frozen=True, kw_only=True):
    """The scorer answered; metrics that it could not measure are in `missing`."""

    attempt: int
    input_digest: str
    recipe_digest: str
    profile: str
    scores: tuple[Score, ...]
    missing: tuple[MissingScore, ...] = ()
    extra: tuple[str, ...] = ()
    """Metrics that the configuration requires beside the profile's."""
    embedding: Embedding | None = None
    exit_code: int | None = None
    """Of a worker that died, where that is why metrics are missing."""
    budget: int = 3
    retry_at: str = ""
    duration_ms: int = 0


class RecordResized(Intent, frozen=True, kw_only=True):
    """The darkroom answered."""

    attempt: int
    input_digest: str
    recipe_digest: str
    renditions: tuple[Rendition, ...]
    duration_ms: int = 0


class RecordFailure(Intent, frozen=True, kw_only=True):
    """An attempt failed. `budget` is what the configuration grants one input in all."""

    stage: Stage
    attempt: int
    input_digest: str
    code: str
    detail: str = ""
    cause: str = ""
    """The code whose policy says what it costs; empty: `code` itself."""
    budget: int = 3
    retry_at: str = ""
    exit_code: int | None = None
    duration_ms: int = 0
    call: ModelCall | None = None


class RecordInterruption(Intent, frozen=True, kw_only=True):
    """The run that had claimed the stage is dead, or a person ends it at once (`asked`)."""

    stage: Stage
    run: str
    asked: bool = False


class Retry(Intent, frozen=True, kw_only=True):
    """Run a stage again now."""

    stage: Stage
    reason: str = ""
    model: str = ""


class Release(Intent, frozen=True, kw_only=True):
    """Let a quarantined stage run again."""

    stage: Stage
    reason: str


class EditText(Intent, frozen=True, kw_only=True):
    """Change texts; None leaves one as it is. `based_on`: `text_digest` of what was seen."""

    caption: str | None = None
    alt_text: str | None = None
    keywords: tuple[str, ...] | None = None
    by: str = ""
    based_on: str = ""
    limits: TextLimits = TextLimits()
    unseen: bool = False
    """Many rows were edited at once: nobody looked at this photo, or stands by its text."""


class Relabel(Intent, frozen=True, kw_only=True):
    """Correct category, subject or location."""

    labels: Labels
    limits: TextLimits = TextLimits()


class Rename(Intent, frozen=True, kw_only=True):
    """Give the row another file name, which is reserved beside it."""

    file_name: str


class OverrideRating(Intent, frozen=True, kw_only=True):
    """Rate the photo otherwise than its scores do; None: let those count again."""

    qr: float | None
    reason: str = ""
    by: str = ""


class Pick(Intent, frozen=True, kw_only=True):
    """Mark the photo as liked."""

    by_marks: bool = False
    """True: for the marks that it came with."""
    label: str = ""
    """The label among them, where the settings name it as one of a pick."""


class Approve(Intent, frozen=True, kw_only=True):
    """Allow publication of exactly what is there now."""

    allow_ungrounded: bool = False
    reason: str = ""
    waive: str = ""
    """Why the findings on the text may stand, or scores that are set aside be lacking."""


class Reject(Intent, frozen=True, kw_only=True):
    """Keep the photo from being published."""

    reason: str = ""


class RecordFinished(Intent, frozen=True, kw_only=True):
    """A rendition was given its metadata packet."""

    name: str
    source_sha256: str
    sha256: str
    size_bytes: int


class RecordFinishingFailure(Intent, frozen=True, kw_only=True):
    """A rendition could not be finished."""

    name: str
    code: str
    detail: str = ""


class PlannedFile(Struct, frozen=True, kw_only=True):
    """A file that shall stand in the gallery."""

    path: str
    sha256: str
    size_bytes: int


class StartPublication(Intent, frozen=True, kw_only=True):
    """Claim the publication: these files and this record shall stand outside."""

    publication: str
    gallery: str
    claimed_by: str
    files: tuple[PlannedFile, ...]
    record: Record
    forced: str = ""
    """A person's reason to publish what would be refused."""


class ResumeSaga(Intent, frozen=True, kw_only=True):
    """Take over what a dead or finished run left open."""

    gallery: str = ""
    claimed_by: str


class RecordStep(Intent, frozen=True, kw_only=True):
    """The next step of the open saga ended so, read back; `impossible`: nothing was done."""

    outcome: Outcome
    code: str = ""
    detail: str = ""


class RecordPublicationFailure(Intent, frozen=True, kw_only=True):
    """The next step of the publication failed; bring the outside back."""

    code: str
    detail: str = ""
    untouched: bool = False
    """True: the step surely did nothing; else its answer may have been lost after its effect."""


class CloseSaga(Intent, frozen=True, kw_only=True):
    """
    Every step has an outcome: say how it ended.

    `untouched`: whatever was left is surely as it was; a repair that lacks only that is over.
    """

    untouched: bool = False


class Withdraw(Intent, frozen=True, kw_only=True):
    """Take the row down."""

    withdrawal: str
    gallery: str = ""
    claimed_by: str
    reason: str = ""


class ObserveOutside(Intent, frozen=True, kw_only=True):
    """So it stands outside, whatever the journal knew; only what is the row's own."""

    gallery: str
    files: tuple[ObservedFile, ...] = ()
    record_seen: bool = False
    record: Record | None = None
    accepted: bool = False
    """A person takes it as it is."""


class StartRepair(Intent, frozen=True, kw_only=True):
    """Bring the outside back to what the row's publication says."""

    repair: str
    gallery: str
    claimed_by: str


class RollBack(Intent, frozen=True, kw_only=True):
    """Set parts of the row back to what they were at version `to`; all parts by default."""

    to: int
    rollback: str
    gallery: str = ""
    claimed_by: str
    parts: tuple[str, ...] = ()
    reason: str = ""
    undoes: str = ""


class StartErasure(Intent, frozen=True, kw_only=True):
    """Forget the row; nothing of it may be outside, and nothing under way."""

    reason: str
    unreached: tuple[Unreached, ...] = ()


class FinishErasure(Intent, frozen=True, kw_only=True):
    """Everything that the row said and showed is gone."""

    events: int
    objects: int
    size_bytes: int
