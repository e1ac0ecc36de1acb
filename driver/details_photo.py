"""What came with a row's photo, for `show`: marks, sidecar, text and why it counts, all tags."""

from typing import Any

import msgspec

from adapters.captioner import text_in_file, why_not_counted
from driver.looking import Seen
from journal import RedactedEvent
from machine import events as e
from machine.row import Row


def photo_details(seen: Seen, number: int, row: Row) -> dict[str, Any]:
    """
    Return what the photo and its sidecar said when they were read last.

    `private` is None where nothing private was found, and says so where it was redacted.
    """
    photo = row.decided.photo
    found: dict[str, Any] = {
        "culling": msgspec.to_builtins(photo.culling),
        "sidecar": msgspec.to_builtins(photo.sidecar),
        "embedded": msgspec.to_builtins(photo.embedded),
        "embedded_text": text_in_file(photo.embedded),
        "embedded_not_used": why_not_counted(photo.embedded),
        "tags": [],
        "private": None,
    }
    for one in seen.journal.read_stream(f"row/{number}", until_position=seen.until):
        match one.event:
            case e.MetadataRead():
                found["tags"] = msgspec.to_builtins(one.event.tags)
                found["private"] = None
            case e.PrivateMetadataRead():
                found["private"] = msgspec.to_builtins(one.event.private)
            case RedactedEvent() if one.type == e.PrivateMetadataRead.tag:
                found["private"] = {"redacted": True}
            case _:
                pass
    return found
