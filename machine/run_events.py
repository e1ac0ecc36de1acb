"""
What happens around the rows: sets, runs, the site that was there before, and the journal itself.

Streams: `set/<yyyymmdd-n>`, `run/<uuid7>`, `site/<File_Name>`, `name/<stem>`, `journal`. The life
of a row is told in `machine.events`.
"""

from typing import ClassVar, Literal

from machine.event_base import Event, Salted
from machine.values import Labels, MissingScore, PublishedFile, Record, Source

# --- A set comes in. Stream `set/<yyyymmdd-n>`.


class SetCreated(Salted, frozen=True, kw_only=True):
    """A person brought a batch of photos and said what they have in common."""

    tag: ClassVar[str] = "SetCreated"
    set_id: str
    labels: Labels
    paths: tuple[str, ...] = ()
    """What was asked for, as typed."""


class FileRefused(Salted, frozen=True, kw_only=True):
    """A file of the set did not become a row, and why."""

    tag: ClassVar[str] = "FileRefused"
    source: Source
    code: str
    detail: str = ""


class FileSkipped(Salted, frozen=True, kw_only=True):
    """A file of the set has the same bytes as a live row."""

    tag: ClassVar[str] = "FileSkipped"
    source: Source
    sha256: str
    row: int


class SetRelabelled(Salted, frozen=True, kw_only=True):
    """A person corrected what the photos of the set have in common."""

    tag: ClassVar[str] = "SetRelabelled"
    labels: Labels


# --- A run, as a process. Stream `run/<uuid7>`.


class RunStarted(Salted, frozen=True, kw_only=True):
    """A process is about to append."""

    tag: ClassVar[str] = "RunStarted"
    verb: str
    argv: tuple[str, ...]
    """Secrets are refused before they get here."""
    pid: int
    host: str
    program: str
    versions: dict[str, str]
    config_digest: str
    effects: bool
    """True: the run works on stages or the outside; it holds a lock and has a log of its own."""
    dry_run: bool = False


class StageStarted(Salted, frozen=True, kw_only=True):
    """A stage began on this many rows; `marker` is what its adapter said about itself."""

    tag: ClassVar[str] = "StageStarted"
    stage: str
    rows: int
    marker: str = ""


class StagePaused(Salted, frozen=True, kw_only=True):
    """A failure of the host or a service stopped the whole stage; no row was charged."""

    tag: ClassVar[str] = "StagePaused"
    stage: str
    code: str
    detail: str = ""
    rows_left: int = 0


class StageWaiting(Salted, frozen=True, kw_only=True):
    """A service is away: the stage begins nothing and asks again until it answers."""

    tag: ClassVar[str] = "StageWaiting"
    stage: str
    code: str
    detail: str = ""
    limit_s: float = 0.0
    """After so long the stage is paused."""


class StageResumed(Event, frozen=True, kw_only=True):
    """The service that a stage waited for answers again."""

    tag: ClassVar[str] = "StageResumed"
    stage: str
    waited_ms: int


class ModelChecked(Salted, frozen=True, kw_only=True):
    """The service was asked what the model runs on."""

    tag: ClassVar[str] = "ModelChecked"
    stage: str
    occasion: Literal["startup", "recheck", "slow", "changed"]
    """`slow`: tokens came three times slower than before; `changed`: since the last check."""
    model: str
    model_digest: str = ""
    processor: str = "unknown"
    """`GPU`, `CPU`, `GPU 63%` or `unknown`."""
    context: int | None = None
    """Tokens, as loaded."""
    context_asked: int = 0
    size_bytes: int = 0
    vram_bytes: int = 0
    host: str = ""
    server_version: str = ""
    in_flight: int = 1
    """Requests that the program sends at once."""
    load_ms: int | None = None
    tokens_per_s: float | None = None
    """Of the newest answers; None before the first."""
    warnings: tuple[str, ...] = ()


class ScorerChecked(Salted, frozen=True, kw_only=True):
    """The process that holds the neural models said what it has, before the first photo."""

    tag: ClassVar[str] = "ScorerChecked"
    profile: str
    device: str = ""
    """With its precision, such as `cpu fp32`; empty: nothing could be loaded."""
    python: str = ""
    """Version and interpreter."""
    versions: dict[str, str]
    """Of the libraries, by package."""
    threads: int = 0
    batch: int = 0
    """Photos that are measured at once."""
    load_ms: int = 0
    weights: dict[str, str]
    """SHA-256 by metric; empty where the metric needs none."""
    missing: tuple[MissingScore, ...] = ()
    """Metrics that cannot be measured in this run, and why."""
    warnings: tuple[str, ...] = ()


class QcReported(Event, frozen=True, kw_only=True):
    """The report on the texts was written; it can be made again from the journal."""

    tag: ClassVar[str] = "QcReported"
    rules_version: int
    rows: int
    flagged: int
    suspicious: int
    caption_groups: int
    alt_groups: int
    keyword_groups: int
    near_groups: int
    identical_captions: int
    """Different photos with one caption: above 0, the model may have been lying."""
    report_digest: str


class ScoresChecked(Event, frozen=True, kw_only=True):
    """After the stage `score`: whether the rows of the run have the scores they should have."""

    tag: ClassVar[str] = "ScoresChecked"
    profile: str
    """In use now; a row is measured against its own."""
    rows: int
    complete: int
    """Rows with every score that their profile requires."""
    failed: int
    """Rows whose scores failed, or that are set aside; the rest is not scored yet."""
    not_measured: int
    """Complete rows whose profile leaves out metrics of the rating: it is provisional."""


class StageEnded(Event, frozen=True, kw_only=True):
    """A stage ended; the counts equal those of the events."""

    tag: ClassVar[str] = "StageEnded"
    stage: str
    done: int
    failed: int
    skipped: int
    duration_ms: int


class RunEnded(Salted, frozen=True, kw_only=True):
    """The process ended by itself."""

    tag: ClassVar[str] = "RunEnded"
    outcome: str
    """`done`, `failed rows`, `refused`, `paused`, `drift`, `damaged`, `interrupted` or `bug`."""
    exit_code: int
    detail: str = ""


class RunDied(Event, frozen=True, kw_only=True):
    """The process was gone and had not said so; a later run settled what it left open."""

    tag: ClassVar[str] = "RunDied"
    settled_by: str
    attempts: int
    sagas: int


class LogsHeld(Salted, frozen=True, kw_only=True):
    """A person keeps the log of this run, which has ended; appended by another run."""

    tag: ClassVar[str] = "LogsHeld"
    reason: str = ""


class LogsReleased(Salted, frozen=True, kw_only=True):
    """A person no longer needs the log of this run, however it ended; appended by another run."""

    tag: ClassVar[str] = "LogsReleased"
    reason: str = ""


class PruningStarted(Event, frozen=True, kw_only=True):
    """What nothing refers to is about to be removed from `data/objects`."""

    tag: ClassVar[str] = "PruningStarted"
    files: int
    size_bytes: int
    grace_s: int
    """Younger files were left alone."""


class ObjectsPruned(Event, frozen=True, kw_only=True):
    """This is gone from `data/objects`; no event had named any of it."""

    tag: ClassVar[str] = "ObjectsPruned"
    objects: int
    """Files named by their SHA-256."""
    temporaries: int
    """Files that were never finished."""
    size_bytes: int
    """Of what is gone."""
    failed: int
    """Files that could not be removed."""


# --- A gallery as a whole. Stream `gallery/<name>`.


class GalleryAccepted(Salted, frozen=True, kw_only=True):
    """A person took the gallery as it is, although another journal changed it last."""

    tag: ClassVar[str] = "GalleryAccepted"
    position: int
    """Where the journal stood that changed it last, and the hash of its event there."""
    hash: str
    reason: str


# --- A website that was there before. What it has is its own: never overwritten, never withdrawn.


class NameAdopted(Salted, frozen=True, kw_only=True):
    """Stream `name/<stem>`: the stem belongs to the site for ever; no row can have it."""

    tag: ClassVar[str] = "NameAdopted"
    file_name: str
    found_in: tuple[str, ...]
    """`table`, `files`, `used names`, `queue`: where the name was seen."""


class RowAdopted(Salted, frozen=True, kw_only=True):
    """
    Stream `site/<File_Name>`: this row stands in the published table and is none of ours.

    The newest event of the stream counts: what the site's owner changed is adopted again.
    """

    tag: ClassVar[str] = "RowAdopted"
    file_name: str
    digest: str
    """As in `adapters.ports.PublishedRecord`; empty: the line is gone, and was so when adopted."""
    record: Record | None
    """None: what stands there is no record that this program can write."""
    readable: dict[str, str]
    """Where `record` is None: what could be read, by column."""
    files: tuple[PublishedFile, ...] = ()
    """Of this name in the gallery."""
    row: int = 0
    """Of this workspace, says the table, though its journal does not know it: it was lost."""


class SiteAdopted(Event, frozen=True, kw_only=True):
    """A run took over what an earlier program left; stream `run/<uuid7>`."""

    tag: ClassVar[str] = "SiteAdopted"
    names: int
    rows: int
    """Of the published table."""
    photos: int
    """Of the earlier program's queue, rows of ours now."""
    left: int
    """Rows of that queue that could not be brought in."""


# --- The journal itself. Stream `journal`.


class Redacted(Salted, frozen=True, kw_only=True):
    """
    The payload at `position` was forgotten; its digest stays in the chain.

    What is no content of it (ids, names, codes, counts) is `kept`, so that folds go on as before.
    """

    tag: ClassVar[str] = "Redacted"
    position: int
    reason: str
    kept: str = ""
    """The event without its content, as JSON; empty: nothing of it is left."""
    kept_schema: int = 0
    """The version of the shape of `kept`."""


class HeadAccepted(Salted, frozen=True, kw_only=True):
    """The journal ends before the head that was noted; a person restored it on purpose."""

    tag: ClassVar[str] = "HeadAccepted"
    position: int
    """The last position that exists."""
    noted: int
    """The last position that was noted."""
    reason: str = ""


class StoppedDiskLow(Event, frozen=True, kw_only=True):
    """The run stopped before the disk was full; written with the reserve's space."""

    tag: ClassVar[str] = "StoppedDiskLow"
    free_bytes: int
    needed_bytes: int


class BackedUp(Salted, frozen=True, kw_only=True):
    """A verified copy of the journal was made up to `position`."""

    tag: ClassVar[str] = "BackedUp"
    position: int
    target: str
    objects: int | None = None
    """How many objects are in it; None: it is of the journal alone."""
    missing: int = 0
    """Objects that should be in it and were gone or damaged."""


class Restored(Salted, frozen=True, kw_only=True):
    """This workspace was made from a backup; what the first one did since is not in it."""

    tag: ClassVar[str] = "Restored"
    position: int
    """The last position of the backup."""
    backup: str
    """Its name, which is the time it was made."""
    missing: int = 0
    """Objects that the backup lacks."""
