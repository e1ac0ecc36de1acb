"""
Proposes row numbers and file names; the journal's reservations decide who gets them.

A number or a name is only a guess until its stream was appended at version 0, so two processes that
ingest at once cannot clash: the loser proposes the next one. Gaps in numbers are normal.
"""

from journal import Journal
from machine.naming import name_key, number_in, numbered, series
from machine.values import Labels, Metadata


class Names:
    """Remembers what this process has seen taken."""

    def __init__(self, journal: Journal) -> None:
        """Look nothing up yet."""
        self._journal = journal
        self._highest: dict[str, int] = {}
        self._row = 0

    @staticmethod
    def series(labels: Labels, metadata: Metadata, original_stem: str) -> str:
        """Return the name that all photos of the series share."""
        return series(labels, metadata, original_stem)

    def propose(self, series_name: str) -> str:
        """Return the file name after the highest one of the series."""
        if series_name not in self._highest:
            self._highest[series_name] = self._look_up(series_name)
        return numbered(series_name, self._highest[series_name] + 1)

    def taken(self, series_name: str, file_name: str) -> None:
        """Note that a proposed name is taken, by us or by somebody else."""
        number = number_in(series_name, name_key(file_name.rpartition(".")[0]))
        self._highest[series_name] = max(self._highest.get(series_name, 0), number or 0)

    def next_row(self) -> int:
        """Return a row number that was free a moment ago."""
        if not self._row:
            rows = self._journal.streams("row/")
            self._row = max((int(stream.removeprefix("row/")) for stream in rows), default=0)
        self._row += 1
        return self._row

    def _look_up(self, series_name: str) -> int:
        prefix = f"name/{name_key(series_name)}_"
        found = (
            number_in(series_name, stream.removeprefix("name/"))
            for stream in self._journal.streams(prefix)
        )
        return max((number for number in found if number is not None), default=0)
