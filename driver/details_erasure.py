"""What is known of a row that was erased, for `show`."""

from typing import Any

import msgspec

from driver.looking import Seen
from machine.events import ErasureStarted, RowErased


def erasure_details(seen: Seen, number: int) -> dict[str, Any]:
    """
    Return who wanted a row forgotten, when and why, what went, and what could not be reached.

    `erased_at` is empty, and the counts are 0, while the erasure is not over.
    """
    found: dict[str, Any] = {"erased_at": "", "events": 0, "objects": 0, "size_bytes": 0}
    for one in seen.journal.read_stream(f"row/{number}", until_position=seen.until):
        match one.event:
            case ErasureStarted(reason=reason, unreached=unreached):
                found |= {"wanted_at": one.at, "by": one.actor, "reason": reason}
                found["unreached"] = msgspec.to_builtins(unreached)
            case RowErased(events=events, objects=objects, size_bytes=size_bytes):
                found |= {"erased_at": one.at, "events": events, "objects": objects}
                found["size_bytes"] = size_bytes
            case _:
                pass
    return found
