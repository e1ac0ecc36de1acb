"""
Whose a line of the published table is: ours, one that the journal lost, or somebody else's.

The table beside it says so, as long as it is there. A website that moved without it has lines that
nobody claims; of these, the journal knows its own, and claims them again.
"""

from collections.abc import Iterable
from functools import cached_property

from adapters.errors import AdapterError
from adapters.ports import Gallery, Mark, PublishedRecord
from driver.known_puts import KnownPuts, known_puts
from driver.renaming import owner_of_name
from driver.shell import Shell
from driver.standing import unreachable, why_behind
from journal import Journal
from machine.digests import record_digest
from machine.row import Row
from machine.run_events import RowAdopted
from machine.status import left_outside
from machine.values import Record, Step, StepReport


class Claims:
    """What the journal knows of the owners of lines."""

    def __init__(self, shell: Shell) -> None:
        """Keep what to ask; nothing is read yet."""
        self._shell = shell
        self._workspace = shell.journal.uuid

    def is_ours(self, standing: PublishedRecord) -> bool:
        """Tell whether a row of this journal is, or once was, published as that line."""
        if standing.workspace not in ("", self._workspace):
            return False
        if standing.workspace and self._shell.row(standing.row or 0).happened.erasure:
            return True
        number = owner_of_name(self._shell, standing.key)
        row = self._shell.row(number) if number else None
        if number is None or row is None or row.happened.file_name != standing.key:
            return False
        if published_record_of(row) or standing.key in left_outside(row):
            return True
        return standing.digest in self._puts.records.get((number, standing.key), ())

    def is_lost(self, standing: PublishedRecord) -> bool:
        """Tell whether a line names this workspace and its journal knows nothing of it."""
        return standing.workspace == self._workspace and not self.is_ours(standing)

    @cached_property
    def _puts(self) -> KnownPuts:
        return known_puts(self._shell.journal)


def published_record_of(row: Row) -> Record | None:
    """Return the record that stands for a row as far as is known, or that should stand."""
    return row.happened.record or row.decided.publication.record


def adopted_rows(journal: Journal) -> dict[str, RowAdopted]:
    """Return the published rows that belong to the site, as adopted last, by escaped name."""
    return {
        stream.removeprefix("site/"): event
        for _, stream, event in journal.read_types(("RowAdopted",))
        if isinstance(event, RowAdopted)
    }


def claim(shell: Shell, gallery: Gallery, number: int) -> StepReport:
    """
    Say in the gallery that a line, which stands as published, belongs to its row.

    Raises:
        AdapterError: the gallery is away, or lacks a table.
    """
    record = published_record_of(shell.row(number))
    assert record is not None
    head = shell.journal.head
    step = Step(
        action="put_record",
        target=record.file_name,
        record=record,
        expected=record_digest(record),
    )
    mark = Mark(position=head.position, hash=head.hash.hex())
    return gallery.put_record(step, row=number, mark=mark)


def claim_again(shell: Shell, gallery: Gallery, numbers: Iterable[int]) -> list[int]:
    """
    Claim the lines that stand as published and that nobody claims; return their rows.

    Nothing is claimed by a journal that is behind the gallery.

    Raises:
        Unreachable: the gallery does not answer.
    """
    if why_behind(shell.journal, gallery):
        return []
    try:
        unclaimed = {one.key: one.digest for one in gallery.records() if not one.workspace}
        rows = [row for row in map(shell.row, numbers) if row.happened.gallery == gallery.name]
        found = [
            row.happened.row
            for row in rows
            if row.happened.saga is None
            and (record := row.happened.record)
            and unclaimed.get(record.file_name) == record_digest(record)
        ]
        for number in found:
            claim(shell, gallery, number)
    except AdapterError as error:
        raise unreachable(error) from error
    return found
