"""
Taking in photos of the predecessor's queue: with their names, texts and scores, once and for all.

What cannot be taken in is told and leaves no event, so that the same command again finds the same
and appends nothing.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from adapters.tasks import PhotoFacts
from driver.ingest import Intake, Taken
from driver.known_rows import KnownRows
from driver.listing import Found
from driver.old_past import past_of
from driver.old_queue import OldRow
from driver.program import Program
from driver.reading_in import Photo
from driver.workspace import shown_name
from machine.intents import IngestRow
from machine.name_template import Series
from machine.values import Labels

_TIME = re.compile(r"[0-9]{4}(:[0-9]{2}){2} [0-9]{2}(:[0-9]{2}){2}")
"""A time as EXIF writes it."""


class Wanted(Struct, frozen=True):
    """A photo of the old queue that is to come in."""

    old: OldRow
    path: Path
    file_name: str
    """The name that it keeps; empty: the next one of its series."""


class QueueIntake(Intake):
    """Takes in the photos of the old queue that have the same labels."""

    def __init__(self, program: Program, labels: Labels, queue: Path) -> None:
        """Prepare; `queue` is the old `review.db`, which the set is named by."""
        super().__init__(
            program.shell,
            program.objects,
            program.workers,
            labels,
            [queue],
            copy=program.workspace.config.ingest.copy,
            known=KnownRows(program.shell, program.models, as_new=False),
        )
        self._limits = program.workspace.config.prefill.text_limits()
        self._wanted: dict[Path, Wanted] = {}
        self._to_try: dict[Path, str] = {}
        """Names that were not tried yet."""

    def bring_in(
        self,
        wanted: Sequence[Wanted],
        progress: Callable[[], None],
        stopping: Callable[[], bool],
    ) -> list[Taken]:
        """
        Take photos in and say what became of each, in their order; fewer where it was stopped.

        Raises as `Intake.run`.
        """
        self._wanted = {one.path: one for one in wanted}
        self._to_try = {one.path: one.file_name for one in wanted if one.file_name}
        before = len(self.taken)
        files = [Found(one.path) for one in wanted]
        return self.run(files, lambda _done, _all: progress(), stopping)[before:]

    def _take(self, photo: Photo, facts: PhotoFacts) -> Taken:
        """Take a photo in, unless it is another one of the same name."""
        said, read = self._wanted[photo.path].old.date_time, facts.metadata.date_time
        if _TIME.fullmatch(said) and read and read != said:
            detail = f"another photo is called so: taken {read}, the old queue says {said}"
            return Taken(shown_name(str(photo.path)), "refused", detail=detail)
        return super()._take(photo, facts)

    def _refuse(self, path: Path, code: str, detail: str) -> Taken:
        """Say why a file is no row, and journal nothing."""
        return Taken(shown_name(str(path)), "refused", code=code, detail=detail)

    def _propose(self, photo: Photo, series: Series) -> str:
        return self._to_try.pop(photo.path, "") or super()._propose(photo, series)

    def _intent(self, photo: Photo, facts: PhotoFacts, number: int, file_name: str) -> IngestRow:
        intent = super()._intent(photo, facts, number, file_name)
        past = past_of(self._wanted[photo.path].old)
        return replace(intent, past=past, limits=self._limits)
