"""
Which rows the files of an ingest may have to do with, as the read models tell.

Rows that came in since the read models were caught up are not found.
"""

from driver.claims import adopted_rows
from driver.last_read import last_read
from driver.reading_in import Photo, row_beside
from driver.shell import Shell
from machine.run_events import RowAdopted
from machine.values import Corrections, Metadata, Record
from projections.reader import Reader

_Taken = tuple[str, str, str, str, str, str, int | None]
"""Time, camera, lens, exposure, aperture, focal length and ISO."""


class KnownRows:
    """The rows that were there before the ingest."""

    def __init__(self, shell: Shell, models: Reader, *, as_new: bool) -> None:
        """Keep where to look; `as_new`: a version of a photo is a photo of its own."""
        self._shell = shell
        self._models = models
        self._as_new = as_new
        self._lost: dict[_Taken, RowAdopted] | None = None

    def unless_as_new(self, row: int | None) -> int | None:
        """Return the row, or None where versions are photos of their own."""
        return None if self._as_new else row

    def photo_of(self, photo: Photo) -> int | None:
        """Return the row that has the JPEG or HEIC of a RAW file, or the RAW file of those."""
        return self.unless_as_new(row_beside(self._shell, self._models, photo))

    def version_of(self, name: str, metadata: Metadata) -> int | None:
        """
        Return the row that a photo seems to be another version of.

        Its file has the same name, and the same time to the second and the same camera stand in it,
        whatever a person put in their place since; rows that were rejected do not count.
        """
        if self._as_new or not metadata.date_time or not metadata.camera:
            return None
        query = (
            "SELECT id FROM review_queue WHERE Original_File_Name = ?"
            " AND Review_Status <> 'Rejected' ORDER BY id"
        )
        for one in self._models.query(query, (name,)):
            said = _said(self._shell, one["id"])
            if (said.date_time, said.camera) == (metadata.date_time, metadata.camera):
                row: int = one["id"]
                return row
        return None

    def published_as(self, metadata: Metadata) -> RowAdopted | None:
        """
        Return the published line that a photo seems to stand behind, although no row does.

        That is one which names this workspace, and whose row the journal lost: the same time to the
        second, and the same camera, lens and exposure.
        """
        if self._as_new or not metadata.date_time or not metadata.camera:
            return None
        if self._lost is None:
            adopted = adopted_rows(self._shell.journal).values()
            lines = ((one, one.record) for one in adopted if one.row)
            self._lost = {_of_record(record): one for one, record in lines if record}
        return self._lost.get(_of_metadata(metadata))


def _of_record(record: Record) -> _Taken:
    return (
        record.date_time or "",
        record.camera or "",
        record.lens_model or "",
        record.exposure or "",
        record.aperture or "",
        record.focal_length or "",
        record.iso,
    )


def _of_metadata(metadata: Metadata) -> _Taken:
    """Return how and when a photo was taken, as a record says it."""
    return (
        metadata.date_time,
        metadata.camera,
        metadata.lens_model,
        metadata.exposure,
        metadata.aperture,
        metadata.focal_length,
        metadata.iso,
    )


def _said(shell: Shell, number: int) -> Metadata:
    """Return what the file of a row says, uncorrected."""
    row = shell.row(number)
    if row.decided.photo.corrections == Corrections():
        return row.decided.photo.metadata
    return last_read(shell.journal.read_stream(f"row/{number}")).metadata
