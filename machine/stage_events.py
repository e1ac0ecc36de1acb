"""
What happens while the stages work on a row: claims, outcomes, failures, retries.

Part of a row's life as `machine.events` tells it; import the events from there.
"""

from typing import ClassVar

from machine.event_base import Event, Salted
from machine.values import (
    Applied,
    Author,
    Change,
    Embedding,
    Finding,
    MissingScore,
    ModelCall,
    Pins,
    Rendition,
    Score,
    Stage,
    Text,
)

# --- A stage works on the row. Each attempt is announced before it begins.


class AttemptStarted(Event, frozen=True, kw_only=True):
    """A run claims one stage of the row; `alone`: nothing else is in flight beside it."""

    tag: ClassVar[str] = "AttemptStarted"
    stage: Stage
    attempt: int
    """Counts this row's tries of this stage; never starts again."""
    input_digest: str
    recipe_digest: str
    """Digest of the configuration that shapes the outcome."""
    claimed_by: str
    """The run. Its lock tells whether it lives."""
    alone: bool = False
    model: str = ""
    """The model that is asked; empty where the stage asks none."""
    fallback_for: str = ""
    """The model that failed this row and that `model` stands in for; empty: it is the first."""


class Prefilled(Salted, frozen=True, kw_only=True):
    """Caption, alt text and keywords were written."""

    tag: ClassVar[str] = "Prefilled"
    attempt: int
    input_digest: str
    recipe_digest: str
    text: Text
    author: Author
    grounded: bool
    """False: written without looking at the picture."""
    findings: tuple[Finding, ...] = ()
    applied: Applied = "applied"
    duration_ms: int = 0
    call: ModelCall | None = None
    """None: no model was asked."""


class TextCleaned(Salted, frozen=True, kw_only=True):
    """Rules mended the text that the `Prefilled` right before it holds; never a person's."""

    tag: ClassVar[str] = "TextCleaned"
    attempt: int
    rules_version: int
    changes: tuple[Change, ...]
    """In the order in which they were made."""
    text: Text
    """What came of it."""
    findings: tuple[Finding, ...] = ()
    applied: Applied = "applied"


class Scored(Event, frozen=True, kw_only=True):
    """The photo was measured."""

    tag: ClassVar[str] = "Scored"
    attempt: int
    input_digest: str
    recipe_digest: str
    profile: str
    required: tuple[str, ...]
    scores: tuple[Score, ...]
    missing: tuple[MissingScore, ...] = ()
    qr: float | None = None
    """Weighted mean of the profile's metrics, 0 to 10, higher is better."""
    tier: str = "NA"
    provisional: bool = False
    """True: the profile leaves out metrics that the full rating has."""
    applied: Applied = "applied"
    duration_ms: int = 0
    embedding: Embedding | None = None
    """None: CLIP was not asked."""


class PartlyScored(Salted, frozen=True, kw_only=True):
    """
    Some of the required metrics were measured; `AttemptFailed` follows and says why not all.

    There is no rating. `suggested`: complete scores of another profile stand and are kept.
    """

    tag: ClassVar[str] = "PartlyScored"
    attempt: int
    input_digest: str
    recipe_digest: str
    profile: str
    required: tuple[str, ...]
    scores: tuple[Score, ...]
    missing: tuple[MissingScore, ...]
    """Each required metric that has no score, with the reason."""
    applied: Applied = "applied"
    duration_ms: int = 0
    embedding: Embedding | None = None


class Resized(Event, frozen=True, kw_only=True):
    """The renditions were made; their bytes lie in `data/objects`."""

    tag: ClassVar[str] = "Resized"
    attempt: int
    input_digest: str
    recipe_digest: str
    renditions: tuple[Rendition, ...]
    applied: Applied = "applied"
    duration_ms: int = 0
    repinned: Pins | None = None
    """The row was approved when its photo was replaced: it stays so, with these pins."""


class AttemptFailed(Salted, frozen=True, kw_only=True):
    """The attempt ended without a result."""

    tag: ClassVar[str] = "AttemptFailed"
    stage: Stage
    attempt: int
    input_digest: str
    code: str
    detail: str = ""
    charged: bool = True
    """False: nobody's fault, the budget is untouched."""
    budget_left: int = 0
    retry_at: str = ""
    """UTC; not due before."""
    alone_next: bool = False
    exit_code: int | None = None
    """Of a worker that died; Windows codes such as 0xC0000005 as unsigned numbers."""
    duration_ms: int = 0
    call: ModelCall | None = None
    """The request that failed; None: it did not come to one."""
    ends_wish: bool = False
    """True: what a person asked for in particular (`Retried`) cannot be done and is dropped."""


class AttemptInterrupted(Event, frozen=True, kw_only=True):
    """
    The program died during the attempt, or a person ended it at once. Not charged.

    After a death the next try runs alone.
    """

    tag: ClassVar[str] = "AttemptInterrupted"
    stage: Stage
    attempt: int
    input_digest: str
    run: str
    """The run that died."""
    deaths_alone: int = 0
    """How often the program died while this row was the only one in flight."""
    asked: bool = False
    """True: a person left at once; nobody is suspected."""


class Quarantined(Salted, frozen=True, kw_only=True):
    """A stage of the row is set aside until a person releases it."""

    tag: ClassVar[str] = "Quarantined"
    stage: Stage
    input_digest: str
    code: str
    reason: str = ""


class Retried(Salted, frozen=True, kw_only=True):
    """A person wants the stage to run again, now."""

    tag: ClassVar[str] = "Retried"
    stage: Stage
    reason: str = ""
    model: str = ""
    """With this model; empty: with those of the configuration."""


class Released(Salted, frozen=True, kw_only=True):
    """A person lets a quarantined stage run again, with a full budget."""

    tag: ClassVar[str] = "Released"
    stage: Stage
    reason: str
