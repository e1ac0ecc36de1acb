"""Rows for tests, told from the beginning: `Told` asks the machine and keeps what it answers."""

from collections.abc import Sequence

import pytest

from machine import intents as i
from machine.decide import decide
from machine.event_base import Event
from machine.evolve import evolve
from machine.record import record_of
from machine.refusals import Refused
from machine.row import Row, attempts_of
from machine.values import (
    STAGES,
    Author,
    EmbeddedText,
    Labels,
    Metadata,
    Outcome,
    Rendition,
    Score,
    Source,
    Stage,
    Text,
)

LABELS = Labels(category="Harbour", subject="Cranes", location="Rotterdam")
TEXT = Text(
    caption="Cranes over the water", alt_text="Four cranes at dawn", keywords=("a", "b", "c")
)
MODEL = Author(kind="model", name="llava")
RULE = Author(kind="rule", name="metadata")
FILE = Author(kind="file", name="IPTC")
SCORES = {
    "brisque_score": 20.0,
    "blur_score": 8.0,
    "brightness_score": 7.0,
    "contrast_score": 6.0,
}
CODES: dict[str, dict[Stage, str]] = {
    "transient": {
        "prefill": "PrefillTimeout",
        "score": "ScoringFailed",
        "resize": "ResizeFailed",
    },
    "nobody": {
        "prefill": "PrefillUnreachable",
        "score": "ScoringDependency",
        "resize": "DiskLow",
    },
    "native": {
        "prefill": "PrefillNativeCrash",
        "score": "ScoringNativeCrash",
        "resize": "ResizeNativeCrash",
    },
    "permanent": {
        "prefill": "PrefillUnreadable",
        "score": "ScoringUnreadable",
        "resize": "ResizeTooLarge",
    },
}


def photo(*, needed: tuple[Stage, ...] = STAGES) -> i.IngestRow:
    """Return the intent to take a photo in."""
    return i.IngestRow(
        row=7,
        set_id="20240501-1",
        labels=LABELS,
        original_name="IMG_0007.jpg",
        source=Source(root="home", path="photos/IMG_0007.jpg"),
        sha256="aa" * 32,
        size_bytes=1_000,
        file_name="Cranes_001.JPG",
        needed=needed,
        metadata=Metadata(date_time="2024:05:01 05:10:00", camera="Canon EOS R5"),
        embedded=EmbeddedText(),
    )


def web_and_thumb(made_of: str = "") -> tuple[Rendition, ...]:
    """Return renditions; others for another `made_of`."""
    return tuple(
        Rendition(name=name, sha256=f"{name}{made_of}", size_bytes=9, width_px=9, height_px=6)
        for name in ("web", "thumb")
    )


class Told:
    """A row and the events that made it."""

    def __init__(self, *, needed: tuple[Stage, ...] = STAGES) -> None:
        """Take the photo in."""
        self.row = Row()
        self.history: list[Event] = []
        self.sagas = 0
        self.ask(photo(needed=needed))

    def ask(self, intent: i.Intent) -> tuple[Event, ...]:
        """Ask for something that is allowed; return what follows."""
        events = decide(self.row, intent)
        for event in events:
            self.row = evolve(self.row, event)
        self.history += events
        return events

    def refused(self, intent: i.Intent) -> Refused:
        """Ask for something that is not allowed; return the answer."""
        with pytest.raises(Refused) as refusal:
            decide(self.row, intent)
        return refusal.value

    def start(self, stage: Stage, *, alone: bool = False, recipe: str = "recipe") -> int:
        """Claim a stage; return the number of the attempt."""
        claim = i.StartAttempt(stage=stage, recipe_digest=recipe, claimed_by="run-1", alone=alone)
        self.ask(claim)
        return attempts_of(self.row, stage).count

    def fail(self, stage: Stage, policy: str, *, alone: bool = False) -> tuple[Event, ...]:
        """Try a stage and fail; return what follows from the failure."""
        self.start(stage, alone=alone)
        return self.ask(self.failure(stage, policy))

    def failure(self, stage: Stage, policy: str) -> i.RecordFailure:
        """Return the failure of the newest attempt."""
        attempts = attempts_of(self.row, stage)
        return i.RecordFailure(
            stage=stage,
            attempt=attempts.count,
            input_digest=attempts.digest,
            code=CODES[policy][stage],
            detail="why",
            budget=3,
            retry_at="2024-05-01T06:00:00.000000Z",
        )

    def die(self, stage: Stage, *, alone: bool) -> tuple[Event, ...]:
        """Try a stage, and let the program die meanwhile."""
        self.start(stage, alone=alone)
        return self.ask(i.RecordInterruption(stage=stage, run="run-1"))

    def result(
        self, stage: Stage, *, text: Text = TEXT, author: Author = MODEL, made_of: str = ""
    ) -> i.Intent:
        """Return the good end of the newest attempt."""
        attempts = attempts_of(self.row, stage)
        number, digest = attempts.count, attempts.digest
        if stage == "prefill":
            return i.RecordPrefilled(
                attempt=number,
                input_digest=digest,
                recipe_digest="recipe",
                text=text,
                author=author,
                grounded=author.kind != "rule",
            )
        if stage == "score":
            scores = tuple(Score(metric=metric, value=value) for metric, value in SCORES.items())
            return i.RecordScored(
                attempt=number,
                input_digest=digest,
                recipe_digest="recipe",
                profile="embedded",
                scores=scores,
            )
        return i.RecordResized(
            attempt=number,
            input_digest=digest,
            recipe_digest="recipe",
            renditions=web_and_thumb(made_of),
        )

    def done(
        self,
        *stages: Stage,
        text: Text = TEXT,
        author: Author = MODEL,
        made_of: str = "",
    ) -> "Told":
        """Do stages well, all of them by default, again where they are done; return the story."""
        for stage in stages or STAGES:
            self.start(stage, recipe=f"recipe-{len(self.history)}")
            self.ask(self.result(stage, text=text, author=author, made_of=made_of))
        return self

    def approved(self) -> "Told":
        """Do what is needed and approve; return the story."""
        self.done()
        self.ask(i.Approve())
        return self

    def published(self) -> "Told":
        """Approve and publish; return the story."""
        self.approved()
        self.publish()
        self.finish()
        return self

    def publish(self, folder: str = "2024") -> None:
        """Start a publication of what is approved; another caption makes other bytes."""
        self.sagas += 1
        decision, name = self.row.decided.decision, self.row.happened.file_name
        text = decision.text.caption
        files = tuple(
            i.PlannedFile(
                path=f"{folder}/{one.name}/{name}", sha256=f"{one.sha256}+{text}", size_bytes=9
            )
            for one in decision.renditions
        )
        start = i.StartPublication(
            publication=f"publication-{self.sagas}",
            gallery="folder",
            claimed_by="run-1",
            files=files,
            record=record_of(self.row, f"https://x/{name}", f"https://x/t/{name}"),
        )
        self.ask(start)

    def finish(self, outcomes: Sequence[Outcome] = ()) -> tuple[Event, ...]:
        """End the open saga: steps end as `outcomes` say, then as done; return the last events."""
        told = iter(outcomes)
        while (saga := self.row.happened.saga) and saga.done < len(saga.steps):
            self.ask(i.RecordStep(outcome=next(told, "done")))
        return self.ask(i.CloseSaga()) if self.row.happened.saga else ()

    def withdraw(self) -> None:
        """Start to take the row down."""
        self.sagas += 1
        self.ask(i.Withdraw(withdrawal=f"withdrawal-{self.sagas}", claimed_by="run-1"))

    def roll_back(self, to: int, *parts: str) -> tuple[Event, ...]:
        """Go back, or begin to."""
        self.sagas += 1
        back = i.RollBack(to=to, rollback=f"rollback-{self.sagas}", claimed_by="run-1", parts=parts)
        return self.ask(back)

    def edit(self, caption: str) -> None:
        """A person writes another caption."""
        self.ask(i.EditText(caption=caption, by="amir"))
