"""
`photos_info`: the mirror of what is published, one line per row that stands in the site's table.

Made from what has *happened*: the record as it was read back from the gallery. A rollback of
decisions does not touch it; a withdrawal removes its line. `id` is the row's id here; the other
columns are those of the site's table, in their order and formats (`machine.values.Record`).
"""

from types import UnionType
from typing import ClassVar, get_args, get_type_hints

from msgspec.structs import astuple, fields

from machine.values import Record
from projections.tables import Line, Lines, Page, Projection, Table

_SQL_TYPES = {str: "TEXT", int: "INTEGER", float: "REAL"}


def _columns() -> tuple[tuple[str, str], ...]:
    """Return the columns of the record with their types, under their names in the table."""
    hints = get_type_hints(Record)
    found = [("id", "INTEGER")]
    for field in fields(Record):
        hint = hints[field.name]
        kind = get_args(hint)[0] if isinstance(hint, UnionType) else hint
        found.append((field.encode_name, _SQL_TYPES[kind]))
    return tuple(found)


PHOTOS = Table(name="photos_info", owner="id", key=("id",), columns=_columns())


def line(number: int, record: Record) -> Line:
    """Return the line of a published record."""
    return (number, *astuple(record))


class PhotosInfo(Projection):
    """The mirror of the published table."""

    name: ClassVar[str] = "photos_info"
    version: ClassVar[int] = 1
    tables: ClassVar[tuple[Table, ...]] = (PHOTOS,)

    def apply(self, page: Page, into: Lines) -> None:
        """Put what is published, and remove what is not."""
        moved = [change for change in page.rows if change.has(_MOVING)]
        gone = [change.number for change in moved if change.row.happened.record is None]
        if gone:
            into.delete(PHOTOS, gone)
        into.put(
            PHOTOS,
            [
                line(change.number, record)
                for change in moved
                if (record := change.row.happened.record) is not None
            ],
        )


_MOVING = frozenset(("RecordUpserted", "RecordRemoved", "OutsideObserved"))
