"""
Which events name which objects: what the files in `data/objects` are, and for what they are kept.

One table for all who ask: `verify` (is everything there?), `status` (what takes the space?) and
`prune` (what does nothing refer to?).
"""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from journal import Journal
from machine import events as e
from machine.event_base import Event
from machine.row import Row, source_of

Kind = Literal["renditions", "finished pictures", "originals", "raw replies", "embeddings"]
"""What an object is. A file of ours that was replaced in the gallery is a finished picture."""

NAMING = (
    *(
        "RowIngested",
        "PhotoReplaced",
        "CompanionAdded",
        "Resized",
        "Scored",
        "PartlyScored",
        "RenditionFinished",
    ),
    *("Prefilled", "AttemptFailed"),
)
"""The types of the events that name objects."""


class Named(Struct, frozen=True):
    """What an object is, as an event that names it says."""

    row: str
    kind: Kind
    what: str
    remade: bool = False
    """True: it can be made again from the original."""
    stage: str = "resize"
    """The stage that makes it again."""

    def __str__(self) -> str:
        """Return it in words."""
        return f"row {self.row}: {self.what}"

    @property
    def hint(self) -> str:
        """Return how to get it back."""
        if self.remade:
            made = "pictures are" if self.stage == "resize" else "it is"
            return f"{made} made again: photojournal retry {self.row} --stage {self.stage}"
        return "copy it back into data/objects from a backup"


def named_by(stream: str, event: Event) -> Iterator[tuple[str, Named]]:
    """Yield the SHA-256 of every object that an event names, and what it is."""
    row = stream.removeprefix("row/")
    match event:
        case (
            e.RowIngested(source=source, sha256=sha256)
            | e.PhotoReplaced(source=source, sha256=sha256)
        ) if source.copied:
            yield sha256, Named(row, "originals", "copied original")
        case e.CompanionAdded(source=source, sha256=sha256) if source.copied:
            yield sha256, Named(row, "originals", "copied RAW file")
        case e.Resized(renditions=renditions):
            for one in renditions:
                yield one.sha256, Named(row, "renditions", f"picture {one.name}", remade=True)
        case e.Scored(embedding=one) | e.PartlyScored(embedding=one) if one:
            what = "embedding by CLIP"
            yield one.sha256, Named(row, "embeddings", what, remade=True, stage="score")
        case e.RenditionFinished(name=name, sha256=sha256):
            yield sha256, Named(row, "finished pictures", f"finished picture {name}")
        case e.Prefilled(author=author) if author.reply_digest:
            yield author.reply_digest, Named(row, "raw replies", "raw reply of the model")
        case e.AttemptFailed(call=call) if call and call.reply_digest:
            what = "raw reply of a failed attempt"
            yield call.reply_digest, Named(row, "raw replies", what)
        case _:
            pass


def named_objects(journal: Journal) -> dict[str, Named]:
    """Return every object that an event names, as the newest one says, by SHA-256."""
    found: dict[str, Named] = {}
    for _, stream, event in journal.read_types(NAMING):
        found.update(named_by(stream, event))
    return found


def in_use(row: Row) -> Iterator[str]:
    """Yield the SHA-256 of what the row shows today; all else that it named is of before."""
    decided, happened = row.decided, row.happened
    if source_of(row).copied:
        yield decided.photo.sha256
    for companion in happened.companions:
        if happened.sources[companion.sha256].copied:
            yield companion.sha256
    for one in (*decided.resize.renditions, *decided.decision.renditions):
        yield one.sha256
    for _, finished, _ in happened.finished.values():
        yield finished
    for fact in happened.files.values():
        yield fact.sha256
    if decided.score.embedding:
        yield decided.score.embedding.sha256
    if decided.prefill.author:
        yield decided.prefill.author.reply_digest
