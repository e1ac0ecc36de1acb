"""
`site_rows`: the published rows that were there before and belong to the site, one line each.

Their texts are what visitors read, so quality control compares new ones with them. No row of the
queue is behind a line; `id` is the position at which it was first adopted.
"""

import json
from typing import ClassVar

import msgspec

from journal.records import Recorded
from machine.run_events import RowAdopted
from projections.tables import Line, Lines, Page, Projection, Table

SITE = "site/"
"""How the names of the streams begin."""

SITE_ROWS = Table(
    name="site_rows",
    owner="File_Name",
    key=("File_Name",),
    columns=(
        ("File_Name", "TEXT"),
        ("id", "INTEGER"),
        ("since", "TEXT"),
        ("version", "INTEGER"),
        ("digest", "TEXT"),
        ("Caption", "TEXT"),
        ("alt_text", "TEXT"),
        ("Keywords", "TEXT"),
        ("record", "TEXT"),
        ("files", "TEXT"),
        ("last_position", "INTEGER"),
    ),
)
"""`record`: the 26 columns as JSON, or those that could be read; `files`: path and size, JSON."""


class SiteRows(Projection):
    """What the site had before."""

    name: ClassVar[str] = "site_rows"
    version: ClassVar[int] = 1
    tables: ClassVar[tuple[Table, ...]] = (SITE_ROWS,)
    from_rows: ClassVar[bool] = False

    def apply(self, page: Page, into: Lines) -> None:
        """Put what was adopted; the newest event of a stream counts, the first one dates it."""
        for recorded in page.others:
            if recorded.stream.startswith(SITE):
                before = into.get(SITE_ROWS, recorded.stream.removeprefix(SITE))
                first = (before[1], before[2]) if before else (recorded.position, recorded.at)
                into.put(SITE_ROWS, [line(recorded, *first)])


def line(recorded: Recorded, first: int, since: str) -> Line:
    """Return the line of an adopted row; a redacted one keeps its name alone."""
    name, event = recorded.stream.removeprefix(SITE), recorded.event
    told: dict[str, str] = {}
    digest, files = "", "[]"
    if isinstance(event, RowAdopted):
        told = msgspec.to_builtins(event.record) if event.record else event.readable
        digest, files = event.digest, as_json(msgspec.to_builtins(event.files))
    texts = (told.get(column) or "" for column in ("Caption", "alt_text", "Keywords"))
    return (
        name,
        first,
        since,
        recorded.version,
        digest,
        *texts,
        as_json(told),
        files,
        recorded.position,
    )


def as_json(value: object) -> str:
    """Return a value as the table keeps it."""
    return json.dumps(value, ensure_ascii=False)
