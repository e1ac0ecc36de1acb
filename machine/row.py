"""
What a row is at a moment: two folds of the same events.

*Decided* is the fold of the history that counts: texts, scores, renditions, labels, the decision.
A rollback sets parts of it back. *Happened* is the fold of every event: what stands outside, which
attempts were made and charged, which names the row had, what is still open. It never goes back.

```
stage        due -> running -> done -> stale      (new input)
                       |  +-> failed -> due        (backoff over, or retried)
                       |  +-> quarantined -> due   (released by a person)
                       +--> interrupted -> due     (the program died; next try alone)
decision     undecided <-> picked <-> approved <-> rejected
publication  none -> (open) -> published -> (open) -> withdrawn
```
"""

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from machine.digests import digest_of, labels_digest, pins_of
from machine.events import AttemptStarted
from machine.values import (
    Author,
    Corrections,
    Culling,
    EmbeddedText,
    Embedding,
    Finding,
    Labels,
    Metadata,
    MissingScore,
    ModelCall,
    Pins,
    Record,
    Rendition,
    Score,
    Sidecar,
    Source,
    Stage,
    Step,
    StepReport,
    Text,
    TextField,
)

ResultStatus = Literal["due", "done", "stale"]
StageStatus = Literal["due", "running", "done", "stale", "failed", "quarantined", "interrupted"]


class Suggestion(Struct, frozen=True, kw_only=True, gc=False):
    """A text that a machine offered and that did not become the row's text."""

    text: Text
    author: Author
    grounded: bool


class PhotoPart(Struct, frozen=True, kw_only=True, gc=False):
    """The bytes that the row stands for, and what they say about themselves."""

    sha256: str = ""
    size_bytes: int = 0
    metadata: Metadata = Metadata()
    """As corrected."""
    embedded: EmbeddedText = EmbeddedText()
    culling: Culling = Culling()
    sidecar: Sidecar | None = None
    corrections: Corrections = Corrections()
    perceptual_hash: str = ""


class PrefillPart(Struct, frozen=True, kw_only=True, gc=False):
    """The row's texts."""

    status: ResultStatus = "due"
    text: Text = Text()
    author: Author | None = None
    grounded: bool = False
    findings: tuple[Finding, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    recipe_digest: str = ""
    call: ModelCall | None = None
    """The request that the text came from, if a model was asked."""
    waived: str = ""
    """Digest of the text that a person let pass in spite of its findings."""
    left_open: tuple[TextField, ...] = ()
    """What a person did not give before the first prefill, which is to fill it."""
    vouched: tuple[TextField, ...] = ()
    """While not grounded: which of caption and alt text a person gave."""


class ScorePart(Struct, frozen=True, kw_only=True, gc=False):
    """The row's scores."""

    status: ResultStatus = "due"
    profile: str = ""
    required: tuple[str, ...] = ()
    """Metrics that the profile required when it was measured."""
    scores: tuple[Score, ...] = ()
    missing: tuple[MissingScore, ...] = ()
    qr: float | None = None
    tier: str = "NA"
    provisional: bool = False
    recipe_digest: str = ""
    embedding: Embedding | None = None
    photo: str = ""
    """SHA-256 of the bytes that were measured."""


class RatingPart(Struct, frozen=True, kw_only=True, gc=False):
    """A rating that a person gave in the place of the one that was measured; qr None: nobody."""

    qr: float | None = None
    tier: str = ""
    reason: str = ""
    by: str = ""


class ResizePart(Struct, frozen=True, kw_only=True, gc=False):
    """The row's renditions."""

    status: ResultStatus = "due"
    renditions: tuple[Rendition, ...] = ()
    recipe_digest: str = ""
    photo: str = ""
    """SHA-256 of the bytes that the renditions were made from."""


class DecisionPart(Struct, frozen=True, kw_only=True, gc=False):
    """What a person decided. An approval keeps exactly what was approved."""

    value: Literal["undecided", "picked", "approved", "rejected"] = "undecided"
    pins: Pins | None = None
    text: Text = Text()
    renditions: tuple[Rendition, ...] = ()
    allowed_ungrounded: bool = False
    reason: str = ""
    follows_photo: bool = False
    """The photo was replaced since: the approval goes over to the next renditions."""
    without_scores: bool = False
    """A person let the row pass although its scores were set aside."""


class FileFact(Struct, frozen=True, gc=False):
    """A file of ours in the gallery."""

    sha256: str
    size_bytes: int


class PublicationPart(Struct, frozen=True, kw_only=True, gc=False):
    """Whether the row is published, and with what."""

    value: Literal["none", "published", "withdrawn"] = "none"
    pins: Pins | None = None
    files: dict[str, FileFact] = {}
    record: Record | None = None
    gallery: str = ""
    """Where they were put."""

    @property
    def as_it_stood(self) -> bool:
        """Tell whether this was taken over as it stood in the gallery: nobody approved it."""
        return self.value == "published" and self.pins is None


class Decided(Struct, frozen=True, kw_only=True, gc=False):
    """The fold of what counts. Every field is a part that a rollback can set back by itself."""

    intake: bool = False
    """False: the row was never ingested, or its ingestion was rolled back."""
    labels: Labels = Labels()
    photo: PhotoPart = PhotoPart()
    prefill: PrefillPart = PrefillPart()
    score: ScorePart = ScorePart()
    rating: RatingPart = RatingPart()
    resize: ResizePart = ResizePart()
    decision: DecisionPart = DecisionPart()
    publication: PublicationPart = PublicationPart()


PARTS: tuple[str, ...] = Decided.__struct_fields__
"""Names of the parts of a row that can be set back."""


class Ledger(Struct, frozen=True, gc=False):
    """What one input of a stage has cost since it was last released."""

    charged: int = 0
    deaths_alone: int = 0
    quarantined: str = ""
    """The failure code, once it is set aside."""
    crashes: int = 0
    """Workers that died on it; the second one alone sets it aside."""


class Attempts(Struct, frozen=True, kw_only=True, gc=False):
    """One stage's tries."""

    count: int = 0
    open: AttemptStarted | None = None
    digest: str = ""
    """Input of the newest attempt; what follows speaks about it."""
    failed: str = ""
    """Failure code of the newest attempt."""
    detail: str = ""
    retry_at: str = ""
    interrupted: bool = False
    alone_next: bool = False
    wanted: bool = False
    """A person asked for another run: the stage is due although it has a result."""
    model: str = ""
    """The model that a person asked for; empty: those of the configuration."""
    lacking: tuple[MissingScore, ...] = ()
    """What the newest attempt could not measure, where it measured the other metrics."""
    recipe_digest: str = ""
    """Of the newest attempt, where `lacking` says something."""
    ledger: dict[str, Ledger] = {}
    """By input digest."""


SagaKind = Literal["publication", "withdrawal", "rollback", "repair"]


class Saga(Struct, frozen=True, kw_only=True, gc=False):
    """An open publication, withdrawal, rollback or repair."""

    kind: SagaKind
    id: str
    claimed_by: str
    steps: tuple[Step, ...]
    done: int = 0
    """Steps that have an outcome; they are taken in order."""
    reports: tuple[StepReport, ...] = ()
    pins: Pins | None = None
    gallery: str = ""
    files_before: dict[str, FileFact] = {}
    """A publication: what stood outside when it began, less what turned out not to be ours."""
    record_before: Record | None = None
    undoing: bool = False
    """A failed publication: the steps bring the outside back."""
    incomplete: bool = False
    """The end was reached with steps left; `repair` tries those again."""
    to: int = 0
    parts: tuple[str, ...] = ()
    reason: str = ""
    undoes: str = ""


class Companion(Struct, frozen=True, kw_only=True, gc=False):
    """A RAW file that belongs to the row; `Happened.sources` says where it lies."""

    original_name: str
    sha256: str
    size_bytes: int
    media_type: str


class Happened(Struct, frozen=True, kw_only=True, gc=False):
    """The fold of every event. It never goes back."""

    row: int = 0
    set_id: str = ""
    original_name: str = ""
    sources: dict[str, Source] = {}
    """Where originals of the row lie, by SHA-256: today's, those it replaced, its companions."""
    companions: tuple[Companion, ...] = ()
    file_name: str = ""
    former_names: tuple[str, ...] = ()
    needed: tuple[Stage, ...] = ()
    prefill: Attempts = Attempts()
    score: Attempts = Attempts()
    resize: Attempts = Attempts()
    files: dict[str, FileFact] = {}
    """What stands in the gallery, by path."""
    record: Record | None = None
    """What stands in the published table."""
    gallery: str = ""
    """The gallery that files or record were last put into."""
    not_ours: tuple[str, ...] = ()
    """Places in the gallery where somebody else's bytes or row were left, when last looked at."""
    saga: Saga | None = None
    finished: dict[str, tuple[str, str, int]] = {}
    """Finished renditions: name -> (rendition's SHA-256, finished SHA-256, bytes)."""
    ever_published: bool = False
    erasure: Literal["", "open", "done"] = ""
    """Whether a person wanted the row forgotten, and whether it is."""
    publish_failure: str = ""
    publish_detail: str = ""


class Mark(Struct, frozen=True, gc=False):
    """The decided state from `version` on, and whether nothing was open outside then."""

    version: int
    decided: Decided
    settled: bool


class Row(Struct, frozen=True, gc=False):
    """A row: the number of its events, its two folds, and the decided states it went through."""

    version: int = 0
    decided: Decided = Decided()
    happened: Happened = Happened()
    marks: tuple[Mark, ...] = (Mark(0, Decided(), settled=True),)


def mark_at(row: Row, version: int) -> Mark:
    """Return the decided state after event `version`, rolled-back history included."""
    newest = row.marks[0]
    for mark in row.marks:
        if mark.version > version:
            break
        newest = mark
    return newest


def input_digest(row: Row, stage: Stage) -> str:
    """Return the digest of what `stage` works on; another one means the result is out of date."""
    if stage == "prefill":
        return digest_of((row.decided.photo.sha256, labels_digest(row.decided.labels)))
    return row.decided.photo.sha256


def pins_now(row: Row, text: Text, renditions: tuple[Rendition, ...]) -> Pins:
    """Return what an approval of this text and these pictures pins, with the row as it is."""
    decided = row.decided
    name, corrections = row.happened.file_name, decided.photo.corrections
    qr = decided.rating.qr
    return pins_of(text, renditions, decided.labels, name, corrections, qr=qr)


def rating_of(decided: Decided) -> tuple[float | None, str]:
    """Return QR (0 to 10) and tier that count: a person's, else what follows from the scores."""
    if decided.rating.qr is not None:
        return decided.rating.qr, decided.rating.tier
    return decided.score.qr, decided.score.tier


def source_of(row: Row) -> Source:
    """Return where the row's original lies."""
    return row.happened.sources.get(row.decided.photo.sha256, Source(root="", path=""))


def attempts_of(row: Row, stage: Stage) -> Attempts:
    """Return the tries of `stage`."""
    found: Attempts = getattr(row.happened, stage)
    return found


def of_other_pixels(row: Row, stage: Stage) -> bool:
    """Return whether the result of `stage` was made from other bytes than those of today."""
    part = part_of(row, stage)
    return (
        not isinstance(part, PrefillPart)
        and bool(part.photo)
        and part.photo != row.decided.photo.sha256
    )


def part_of(row: Row, stage: Stage) -> PrefillPart | ScorePart | ResizePart:
    """Return the result of `stage` that counts."""
    found: PrefillPart | ScorePart | ResizePart = getattr(row.decided, stage)
    return found


def corrected(metadata: Metadata, corrections: Corrections) -> Metadata:
    """Return what a file says, with what a person put in its place."""
    if corrections == Corrections():
        return metadata
    return replace(
        metadata,
        date_time=metadata.date_time if corrections.date_time is None else corrections.date_time,
        camera=metadata.camera if corrections.camera is None else corrections.camera,
        lens_model=(
            metadata.lens_model if corrections.lens_model is None else corrections.lens_model
        ),
    )
