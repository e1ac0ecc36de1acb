"""
Which rows the files of an ingest may have to do with, as the read models tell.

Rows that came in since the read models were caught up are not found.
"""

from driver.last_read import last_read
from driver.reading_in import Photo, row_beside
from driver.shell import Shell
from machine.values import Corrections, Metadata
from projections.reader import Reader


class KnownRows:
    """The rows that were there before the ingest."""

    def __init__(self, shell: Shell, models: Reader, *, as_new: bool) -> None:
        """Keep where to look; `as_new`: a version of a photo is a photo of its own."""
        self._shell = shell
        self._models = models
        self._as_new = as_new

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


def _said(shell: Shell, number: int) -> Metadata:
    """Return what the file of a row says, uncorrected."""
    row = shell.row(number)
    if row.decided.photo.corrections == Corrections():
        return row.decided.photo.metadata
    return last_read(shell.journal.read_stream(f"row/{number}")).metadata
