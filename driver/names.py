"""
Proposes row numbers and file names; the journal's reservations decide who gets them.

A number or a name is only a guess until its stream was appended at version 0, so two processes that
ingest at once cannot clash: the loser proposes the next one. Gaps in numbers are normal.
"""

from pathlib import PurePosixPath

from driver.vocabulary import load
from driver.workspace import Workspace
from journal import Journal
from machine.name_template import Series, parse
from machine.naming import name_key
from machine.values import Labels, Metadata


class Names:
    """Names by the template of today; remembers what this process has seen taken."""

    def __init__(self, journal: Journal, workspace: Workspace) -> None:
        """Read the vocabulary, and look nothing else up yet. Raises Misused where it is damaged."""
        self._journal = journal
        self._vocabulary = load(workspace.vocabulary)
        self._template = parse(workspace.config.ingest.file_name)
        self._highest: dict[Series, int] = {}
        self._row = 0

    def series(self, labels: Labels, metadata: Metadata, original_name: str) -> Series:
        """Return the series that a photo with these facts belongs to."""
        words = self._vocabulary.in_names(labels)
        return self._template.series(words, metadata, PurePosixPath(original_name).stem)

    def propose(self, series: Series) -> str:
        """Return the file name after the highest one of the series."""
        return series.file_name(self._highest_in(series) + 1)

    def taken(self, series: Series, file_name: str) -> None:
        """Note that a proposed name is taken, by us or by somebody else."""
        number = series.number_of(key_of(file_name)) or 0
        self._highest[series] = max(self._highest_in(series), number)

    def next_row(self) -> int:
        """Return a row number that was free a moment ago."""
        if not self._row:
            rows = self._journal.streams("row/")
            self._row = max((int(stream.removeprefix("row/")) for stream in rows), default=0)
        self._row += 1
        return self._row

    def _highest_in(self, series: Series) -> int:
        if series not in self._highest:
            streams = self._journal.streams(f"name/{name_key(series.before)}")
            numbers = (series.number_of(stream.removeprefix("name/")) for stream in streams)
            self._highest[series] = max((one for one in numbers if one is not None), default=0)
        return self._highest[series]


def key_of(file_name: str) -> str:
    """Return what makes two file names the same, as in the stream that reserves them."""
    return name_key(PurePosixPath(file_name).stem)
