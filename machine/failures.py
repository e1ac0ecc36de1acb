"""
The one table of failure codes.

A code says what went wrong, in which domain, what it costs, and what a person can type. Adapters
raise codes; `decide` turns them into events by `policy`; `QC_Status`, the logs and the hints read
them from here. Policies: `machine.failure`.
"""

from machine.failure import MENDED, RELEASE, RETRY
from machine.failure import Failure as Failure
from machine.failure import Policy as Policy
from machine.failures_prefill import PREFILL

_TABLE: tuple[Failure, ...] = (
    *PREFILL,
    Failure("ScoringFailed", "score", 6, "transient", "scores could not be measured", RETRY),
    Failure("ScoreIncomplete", "score", 7, "transient", "a required score is missing", RETRY),
    Failure(
        "ScoringDependency",
        "score",
        6,
        "nobody",
        "a scoring library is missing or cannot be loaded",
        "photojournal doctor",
    ),
    Failure(
        "ScoringWeights",
        "score",
        6,
        "nobody",
        "the weights of a model are missing or damaged",
        "photojournal models pull",
    ),
    Failure(
        "ScoringOutOfMemory",
        "score",
        8,
        "native",
        "the scoring worker was killed, most likely for want of memory",
        "Close other programs, or ingest a smaller copy, then: photojournal retry {row}",
    ),
    Failure("ScoringTimeout", "score", 4, "transient", "no scores within the time limit", RETRY),
    Failure("ScoringUnreadable", "score", 8, "permanent", "the photo cannot be decoded", MENDED),
    Failure("ScoringNativeCrash", "score", 4, "native", "the scoring worker died", RETRY),
    Failure(
        "ScoringInterrupted",
        "score",
        12,
        "nobody",
        "the program died three times on this row alone",
        RELEASE,
    ),
    Failure("ResizeFailed", "resize", 8, "transient", "the renditions could not be made", RETRY),
    Failure(
        "ResizeTimeout", "resize", 4, "transient", "no renditions within the time limit", RETRY
    ),
    Failure(
        "ResizeSettings",
        "resize",
        8,
        "nobody",
        "the settings ask for pictures that cannot be made",
        "Mend [resize] in photojournal.toml, then: photojournal resize",
    ),
    Failure("ResizeUnreadable", "resize", 8, "permanent", "the photo cannot be decoded", MENDED),
    Failure(
        "ResizeTooLarge",
        "resize",
        8,
        "permanent",
        "the photo has too many pixels",
        "Put a smaller copy in its place: photojournal replace {row} FILE",
    ),
    Failure("ResizeNativeCrash", "resize", 4, "native", "the darkroom worker died", RETRY),
    Failure(
        "ResizeInterrupted",
        "resize",
        12,
        "nobody",
        "the program died three times on this row alone",
        RELEASE,
    ),
    Failure(
        "OriginalMissing",
        "any",
        8,
        "transient",
        "the original is not where it was",
        "If it was moved: photojournal relink OLD NEW. If not, bring the file or its drive back."
        " Then: photojournal retry {row}",
    ),
    Failure(
        "OriginalsAway",
        "any",
        8,
        "nobody",
        "the folder of the originals is not there",
        "Connect the drive, or say where the folder lies now: photojournal relink OLD NEW; then:"
        " photojournal run",
    ),
    Failure(
        "OriginalChanged",
        "any",
        8,
        "permanent",
        "the original's bytes have changed",
        "Bring the original back, then: photojournal release {row} --reason '...'; or take the"
        " changed file: photojournal replace {row} FILE",
    ),
    Failure(
        "OriginalUnreadable",
        "any",
        8,
        "transient",
        "the original cannot be read from the disk",
        "Check the permissions of the file, then: photojournal retry {row}",
    ),
    Failure(
        "WriteFailed",
        "any",
        8,
        "nobody",
        "a file of the workspace cannot be written",
        "Check the permissions of the workspace, then: photojournal run",
    ),
    Failure(
        "DiskLow",
        "any",
        8,
        "nobody",
        "the workspace's disk is full",
        "Free some space, then: photojournal run",
    ),
    Failure(
        "OutOfMemory",
        "any",
        8,
        "nobody",
        "the host ran out of memory",
        "Close other programs, then: photojournal run",
    ),
    Failure("NotAPhoto", "ingest", 8, "permanent", "the file is not a photo that can be read", ""),
    Failure(
        "RawNeedsExtra",
        "ingest",
        8,
        "permanent",
        "the file is a RAW photo, and what reads those is not installed",
        "pip install 'photojournal[raw]', then ingest it again; or ingest the camera's JPEG",
    ),
    Failure("EmptyFile", "ingest", 8, "permanent", "the file has no bytes", ""),
    Failure(
        "FolderUnreadable",
        "ingest",
        8,
        "permanent",
        "the folder cannot be listed",
        "Check the permissions of the folder, then ingest it again",
    ),
    Failure("NotAFile", "ingest", 8, "permanent", "there is no file to read here", ""),
    Failure(
        "AnotherVersion",
        "ingest",
        10,
        "permanent",
        "it seems to be another version of a photo that is here already",
        "photojournal replace ROW FILE; or ingest it --as-new",
    ),
    Failure(
        "PublishedBefore",
        "ingest",
        10,
        "permanent",
        "it seems to be published already, by a row that the journal lost",
        "compare the two; if it is another photo: the same command with --as-new",
    ),
    Failure(
        "IngestTimeout",
        "ingest",
        4,
        "transient",
        "the photo could not be read within the time limit",
        "Close other programs, then ingest it again",
    ),
    Failure(
        "IngestNativeCrash",
        "ingest",
        4,
        "native",
        "the worker that read the photo died",
        "Close other programs, then ingest it again",
    ),
    Failure(
        "IngestFailed",
        "ingest",
        4,
        "transient",
        "an error of the program; data/crash_runtime.log has the details",
        "Ingest it again; if it stays so, report it with data/crash_runtime.log",
    ),
    Failure(
        "FileUnreadable",
        "ingest",
        8,
        "permanent",
        "the file cannot be read",
        "Check the permissions of the file, then ingest it again",
    ),
    Failure(
        "PublishUnreachable",
        "publish",
        9,
        "nobody",
        "the gallery does not answer",
        "photojournal doctor",
    ),
    Failure(
        "PublishRefused",
        "publish",
        9,
        "nobody",
        "the gallery refuses the login, or to be written to",
        "See what it refuses, such as a login or a folder, and mend that: photojournal doctor",
    ),
    Failure(
        "RemoteFull",
        "publish",
        9,
        "nobody",
        "the gallery's disk or quota is full",
        "Free some space where the photos are published, then: photojournal publish",
    ),
    Failure(
        "PublishFailed",
        "publish",
        9,
        "transient",
        "the publication failed",
        "photojournal publish {row}",
    ),
    Failure(
        "FinishingFailed",
        "publish",
        9,
        "transient",
        "the texts could not be put into the picture, so nothing was sent",
        "Shorten the texts if they are too long, then: photojournal publish {row}",
    ),
    Failure(
        "ExiftoolMissing",
        "publish",
        9,
        "transient",
        "texts are put into AVIF by exiftool, which is not installed",
        "Install exiftool (exiftool.org) or choose WebP, then: photojournal publish {row}",
    ),
    Failure(
        "ObjectMissing",
        "publish",
        13,
        "permanent",
        "a made picture is gone from data/objects",
        "photojournal retry {row} --stage resize",
    ),
    Failure(
        "TargetChanged",
        "publish",
        10,
        "permanent",
        "what stands in the gallery is not what this program put there",
        "Look at the file, move it away, then see what to type: photojournal show {row}",
    ),
)

FAILURES: dict[str, Failure] = {failure.code: failure for failure in _TABLE}
"""Failure by code. Codes are part of the events: they are never renamed."""


_AWAY = {"PublishUnreachable", "PublishRefused"}
"""Failures of the gallery as a whole: over as soon as a publication goes well."""
_WIDER = {"ScoreIncomplete": "ScoringFailed", "ScoringWeights": "ScoringFailed"}
"""Codes that QC_Status calls by a wider one."""


def qc_of(code: str) -> str:
    """Return what QC_Status calls a failure: its code, or the wider one that it belongs to."""
    return _WIDER.get(code, code)


def hint_for(code: str, row: int | str, action: str = "") -> str:
    """
    Return what a person can do about `code` on `row`; empty when nothing is known.

    `action` is the row's next command: a row that is set aside is released or gets another file,
    and is not retried; one whose scores wait for weights or libraries is scored when they are
    there.
    """
    failure = FAILURES.get(code)
    hint = failure.hint.format(row=row) if failure else ""
    if action.startswith("photojournal release"):
        hint = hint.replace(RETRY.format(row=row), action)
        return hint + unscored(row) if code == "ScoreIncomplete" else hint
    if action.startswith("photojournal replace") and not hint.endswith(action):
        return MENDED.format(row=row)
    if action.startswith("photojournal approve") and code == "ScoreIncomplete":
        again = f"photojournal release {row} --stage score --reason '...'"
        return f"If trying again is no help ({again}), do without: {action}"
    if action.startswith("photojournal publish") and failure and failure.code in _AWAY:
        return f"{action} (if that fails again: photojournal doctor)"
    if action.startswith("photojournal rename"):
        return f"if it is another photo: {action}; what stands there: photojournal show {row}"
    if action.startswith("photojournal withdraw"):
        return f"photojournal show {row} says how to take it down; then: {action}"
    if action.startswith("photojournal score") and code == "ScoreIncomplete":
        return f"photojournal doctor says what is missing; then: {action}"
    return hint


def unscored(row: int | str) -> str:
    """Return the other way of a row whose scores are set aside, as the end of a hint."""
    return f" (or, without these scores: photojournal approve {row} --waive '...')"


def tries_left(code: str, *, charged: bool, budget_left: int) -> str:
    """Return in words what a failure means for further tries."""
    failure = FAILURES.get(code)
    if failure and failure.policy == "permanent":
        return "another try would not help"
    if not charged:
        return "not charged"
    return f"{budget_left} {'try' if budget_left == 1 else 'tries'} left"
