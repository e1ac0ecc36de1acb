"""What was there before, in words: the events by which an earlier program's work is taken over."""

from collections.abc import Callable
from typing import Any

from machine import run_events as r
from machine.event_base import Event
from machine.events import PastAdopted


def _past(x: PastAdopted) -> str:
    past = x.past
    by = "a person" if past.author and past.author.kind == "human" else "nobody knows whom"
    text = f"text by {by}" if past.text else "no text that counts"
    scores = f", {len(past.scores)} scores" if past.scores else ""
    scores += f", rating {past.qr}" if past.qr is not None else ""
    left = f"; {'; '.join(past.notes)}" if past.notes else ""
    return f"was row {past.row} of another program, {past.status}: {text}{scores}{left}"


WORDS: dict[type[Event], Callable[[Any], str]] = {
    PastAdopted: _past,
    r.NameAdopted: lambda x: (
        f"the name {x.file_name} belongs to the site (found in {', '.join(x.found_in)})"
    ),
    r.RowAdopted: lambda x: f"{x.file_name} is published and belongs to the site",
    r.SiteAdopted: lambda x: (
        f"taken over: {x.rows} published rows, {x.names} names, {x.photos} photos;"
        f" {x.left} rows of the earlier queue are left"
    ),
}
"""Words by event; they stand among those of `driver.words`."""
