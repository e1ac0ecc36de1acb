"""What a row's photo says about itself by the reading that counts."""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from journal import Recorded, RedactedEvent, WithheldEvent
from machine import events as e
from machine.values import Metadata, PrivateMetadata, Tag


class LastRead(Struct, frozen=True):
    """What a photo said, before anybody corrected it, its tags, and what it said in private."""

    metadata: Metadata = Metadata()
    tags: tuple[Tag, ...] = ()
    private: PrivateMetadata | None = None
    """None: nothing private was found, or it was redacted or withheld."""
    redacted: bool = False
    withheld: bool = False


def last_read(history: Iterable[Recorded]) -> LastRead:
    """
    Return what was read of the photo that a row stands for.

    Going back brings the reading of that moment back. What is private belongs to the `MetadataRead`
    right before it; a reading without it found nothing private.

    Args:
        history: the row's whole stream, from its first event to the moment that is asked about.
    """
    at = [LastRead()]  # by version of the row
    read = False
    for recorded in history:
        now, event = at[-1], recorded.event
        match event:
            case e.RowIngested() | e.PhotoReplaced():
                now = LastRead()
            case e.MetadataRead():
                now = LastRead(metadata=event.metadata, tags=event.tags)
            case e.PrivateMetadataRead() if read:
                now = at[-1] = replace(now, private=event.private)
            case WithheldEvent() if read and recorded.type == e.PrivateMetadataRead.tag:
                now = at[-1] = replace(now, withheld=True)
            case RedactedEvent() if read and recorded.type == e.PrivateMetadataRead.tag:
                now = at[-1] = replace(now, redacted=True)
            case e.RolledBack() if "photo" in event.parts:
                now = at[event.to]
            case _:
                pass
        read = isinstance(event, e.MetadataRead)
        at.append(now)
    return at[-1]
