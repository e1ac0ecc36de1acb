"""
Clean rows: those that can be approved without a second look.

A row is clean when `approve` would pass it as it is, the rules have nothing at all to say about its
texts, somebody or some model that wrote the caption looked at the picture, and nothing of it has
failed. Where the caption stood in the file, the alt text may be made from it by rule. A sample of
them is shown before all are approved.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from random import SystemRandom
from typing import Any

from msgspec import Struct

DECIDED = "decided already"
UNSEEN = "nobody looked at the picture"


class Clean(Struct, frozen=True, kw_only=True):
    """Which rows are clean, and why the others are not."""

    rows: tuple[int, ...]
    not_clean: dict[str, int]
    """Rows by reason, most first."""


def clean_rows(lines: Iterable[Mapping[str, Any]]) -> Clean:
    """Return the clean ones among rows; `lines` are theirs of `review_queue`."""
    clean, reasons = list[int](), Counter[str]()
    for line in lines:
        reason = _against(line)
        if reason:
            reasons[reason] += 1
        else:
            clean.append(line["id"])
    return Clean(rows=tuple(clean), not_clean=dict(reasons.most_common()))


def sample_of(rows: Sequence[int], size: int) -> list[int]:
    """Return up to `size` of the rows, drawn at random, in their order."""
    return sorted(SystemRandom().sample(list(rows), min(size, len(rows))))


def _against(line: Mapping[str, Any]) -> str:
    """Return what a line of the queue has against its row; empty: nothing."""
    if line["failure"]:
        return f"failed: {str(line['failure']).partition(':')[0]}"
    if line["Review_Status"] == "Queued":
        waiting = [one for one in ("prefill", "score", "resize") if line[f"{one}_status"] != "done"]
        return f"waits for {', '.join(waiting)}"
    if line["Review_Status"] != "Pending":
        return DECIDED
    if line["findings"]:
        return "findings on its text"
    if not line["grounded"]:
        return UNSEEN
    action = f"photojournal approve {line['id']}"
    return "" if line["next_action"] == action else f"first: {line['next_action']}"


def told(lines: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield what a person reads about the rows of a sample."""
    for line in lines:
        names = ("id", "File_Name", "QR", "quality_tier", "Caption", "alt_text", "Keywords")
        yield {name: line[name] for name in names}
