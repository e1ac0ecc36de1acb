"""Where a row's text came from, for `show`: the request, what rules mended, what was let pass."""

from typing import Any

import msgspec

from driver.looking import Seen
from journal import Recorded
from machine import events as e
from machine.digests import text_digest
from machine.row import PrefillPart, Row


def text_details(seen: Seen, number: int, row: Row) -> dict[str, Any]:
    """Return what the row's own events tell about the text that counts."""
    prefill = row.decided.prefill
    found: dict[str, Any] = {
        "call": msgspec.to_builtins(prefill.call),
        "text_attempt": None,
        "changes": [],
        "waived": None,
    }
    by_model = prefill.author is not None and prefill.author.kind == "model"
    if not (by_model or prefill.waived):
        return found
    digest = text_digest(prefill.text)
    for one in seen.journal.read_stream(f"row/{number}", until_position=seen.until):
        match one.event:
            case e.Prefilled() if by_model and _made(one.event, prefill):
                found["text_attempt"] = one.event.attempt
                found["changes"] = []
            case e.TextCleaned() if by_model and one.event.attempt == found["text_attempt"]:
                if one.event.text == prefill.text:
                    found["changes"] = msgspec.to_builtins(one.event.changes)
            case e.QcWaived() if prefill.waived == digest == one.event.text_digest:
                found["waived"] = _waived(one, one.event)
            case _:
                pass
    return found


def _made(event: e.Prefilled, prefill: PrefillPart) -> bool:
    """Tell whether the text that counts came of this attempt."""
    same = event.author == prefill.author and event.call == prefill.call
    return same and event.applied == "applied"


def _waived(one: Recorded, event: e.QcWaived) -> dict[str, Any]:
    return {"codes": list(event.codes), "reason": event.reason, "by": one.actor, "at": one.at}
