"""What came with a row's photo, for `show`: marks, sidecar, text and why it counts, all tags."""

from typing import Any

import msgspec

from adapters.captioner import text_in_file, why_not_counted
from driver.last_read import last_read
from driver.looking import Seen
from machine.row import Row


def photo_details(seen: Seen, number: int, row: Row) -> dict[str, Any]:
    """
    Return what the photo and its sidecar said by the reading that counts.

    `private` is None where nothing private was found; it says so where it was redacted or withheld.
    """
    photo = row.decided.photo
    read = last_read(seen.journal.read_stream(f"row/{number}", until_position=seen.until))
    private = msgspec.to_builtins(read.private)
    if read.redacted or read.withheld:
        private = {"redacted" if read.redacted else "withheld": True}
    return {
        "culling": msgspec.to_builtins(photo.culling),
        "sidecar": msgspec.to_builtins(photo.sidecar),
        "embedded": msgspec.to_builtins(photo.embedded),
        "embedded_text": text_in_file(photo.embedded),
        "embedded_not_used": why_not_counted(photo.embedded),
        "tags": msgspec.to_builtins(read.tags),
        "private": private,
    }
