"""
Which rows the files of an ingest may have to do with, as the read models tell.

Rows that came in since the read models were caught up are not found.
"""

from driver.reading_in import Photo, row_beside
from driver.shell import Shell
from machine.values import Metadata
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
        return row_beside(self._shell, self._models, photo)

    def version_of(self, name: str, metadata: Metadata) -> int | None:
        """
        Return the row that a photo seems to be another version of.

        It has the same original name, the same time to the second and the same camera; rows that
        were rejected do not count.
        """
        if self._as_new or not metadata.date_time or not metadata.camera:
            return None
        query = (
            "SELECT min(id) AS id FROM review_queue WHERE Original_File_Name = ? AND DateTime = ?"
            " AND Camera = ? AND Review_Status <> 'Rejected'"
        )
        found = self._models.query(query, (name, metadata.date_time, metadata.camera))
        row: int | None = found[0]["id"]
        return row
