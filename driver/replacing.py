"""
Replacing a photo: another version of it, such as a new export, in the place of a row's bytes.

The row keeps its name, its URL, its labels and the texts that a person wrote; what was made from
the former pixels is due again. Bytes belong to one row for ever, so those of another row are
refused, and the former ones still find this row. The way back is `undo`, or a rollback.
"""

import hashlib
import os
import shlex
from pathlib import Path

import msgspec
from msgspec import Struct

from adapters.errors import AdapterError
from adapters.objects import Objects
from adapters.tasks import PhotoFacts
from adapters.workers import WorkerFailure, Workers
from driver.errors import Misused, Unreachable
from driver.reading_in import lives, owner_of_bytes, read_file
from driver.shell import Shell
from driver.sidecars import Sidecars
from driver.worker_failures import code_of, last_line
from driver.workspace import escape_name, shown_name
from journal import Entry, VersionConflict
from journal.crashpoints import point
from machine.decide import decide
from machine.event_base import Event
from machine.events import BytesReserved
from machine.failures import FAILURES
from machine.intents import ReplacePhoto
from machine.row import Row
from machine.status import due_stages, outside, stage_status
from machine.values import STAGES, Metadata

_HINT = "photojournal replace {} FILE, with a photo that can be read"


class Replacement(Struct, frozen=True, kw_only=True):
    """What replacing the photo of a row means, or has meant."""

    row: int
    file_name: str
    path: str
    former_px: tuple[int | None, int | None]
    px: tuple[int | None, int | None]
    """Width and height as displayed."""
    due: tuple[str, ...]
    """Stages that are to be done again."""
    published: bool
    differs: tuple[str, ...] = ()
    """Facts that the two files tell differently: perhaps it is another photo."""


class Replacing:
    """Replaces the photo of one row with a file."""

    def __init__(
        self, shell: Shell, objects: Objects, workers: Workers, number: int, path: Path
    ) -> None:
        """
        Read the file; nothing is appended yet.

        Raises:
            Misused: the file is no photo that can be read, or is another row's.
            Unreachable: the machine has no memory or no worker for it.
        """
        self.shell, self.objects, self.number, self.path = shell, objects, number, path
        shown = shown_name(str(path))
        try:
            self.photo = read_file(path)
        except AdapterError as error:
            msg = f"row {number} keeps its photo: {shown}: {error.detail}"
            raise Misused(msg, FAILURES[error.code].hint or _HINT.format(number)) from error
        self.sha256 = hashlib.sha256(self.photo).hexdigest()
        self._refuse_of_another()
        self.facts = self._facts(workers)

    def _refuse_of_another(self) -> None:
        """Refuse bytes that stand for another row. Raises Misused."""
        owner = owner_of_bytes(self.shell, self.sha256)
        if owner is not None and owner != self.number:
            name = shown_name(str(self.path))
            msg = f"row {self.number} keeps its photo: {name} is the photo of row {owner}"
            raise Misused(msg, self._way_out(owner, name))
        self.known = owner is not None

    def _way_out(self, owner: int, name: str) -> str:
        """Return what to type where the bytes are another row's: one of the two rows is enough."""
        row = self.shell.row(owner)
        if row.happened.erasure or lives(row, self.sha256):
            return f"photojournal show {owner}"
        back = f"photojournal ingest {shlex.quote(name)} brings row {owner} back"
        return f"{back}; then: photojournal reject {self.number}"

    def _facts(self, workers: Workers) -> PhotoFacts:
        sidecars = Sidecars(self.shell.workspace)
        answer = workers.submit("read_photo", self.photo, sidecars.data(self.path)).result()
        if not isinstance(answer, WorkerFailure):
            return sidecars.settle(self.path, msgspec.json.decode(answer.data, type=PhotoFacts))
        code = code_of("ingest", answer)
        if answer.kind in ("host", "stopped") or FAILURES[code].policy == "nobody":
            raise Unreachable(answer.detail, FAILURES["OutOfMemory"].hint)
        about = f"replace {escape_name(os.fspath(self.path))} run={self.shell.run_id}"
        told = last_line(self.shell.workspace.data / "crash_runtime.log", about, answer)
        msg = f"row {self.number} keeps its photo: {shown_name(str(self.path))}: {told}"
        raise Misused(msg, FAILURES[code].hint or _HINT.format(self.number))

    def plan(self) -> Replacement:
        """
        Say what it means; changes nothing.

        Raises:
            Refused: the machine does not do it.
        """
        row = self.shell.row(self.number)
        decide(row, self._intent(copied=False, reason=""))
        return self._told(row)

    def carry_out(self, reason: str, *, copy: bool) -> Replacement:
        """
        Replace the photo, and reserve its bytes in the same append.

        Raises:
            Refused: the machine does not do it.
            Misused: another process made the bytes another row's meanwhile.
            Unreachable: the copy cannot be kept.
        """
        before = self.shell.row(self.number)
        intent = self._intent(copied=copy, reason=reason)

        def decider(row: Row) -> tuple[Event, ...]:
            return decide(row, intent)

        decider(before)
        if copy:
            try:
                self.objects.put(self.photo)
            except AdapterError as error:
                raise Unreachable(str(error), FAILURES[error.code].hint) from error
        reserve = Entry(f"bytes/{self.sha256}", 0, BytesReserved(row=self.number))
        try:
            point("replace.before")
            self.shell.change(self.number, decider, () if self.known else (reserve,))
        except VersionConflict:
            self._refuse_of_another()
            self.shell.change(self.number, decider)
        point("replace.after")
        return self._told(before)

    def _intent(self, *, copied: bool, reason: str) -> ReplacePhoto:
        return ReplacePhoto(
            original_name=escape_name(self.path.name),
            source=self.shell.workspace.source_of(self.path, copied=copied),
            sha256=self.sha256,
            size_bytes=len(self.photo),
            metadata=self.facts.metadata,
            embedded=self.facts.embedded,
            culling=self.facts.culling,
            sidecar=self.facts.sidecar,
            tags=self.facts.tags,
            private=self.facts.private,
            perceptual_hash=self.facts.perceptual_hash,
            reason=reason,
        )

    def _told(self, before: Row) -> Replacement:
        """Say what the replacement of the photo of `before` comes to."""
        then, now = before.decided.photo.metadata, self.facts.metadata
        again = {*due_stages(before, {}, ""), "score", "resize"}
        again |= {"prefill"} if _by_model(before) else set()
        return Replacement(
            row=self.number,
            file_name=before.happened.file_name,
            path=shown_name(str(self.path)),
            former_px=(then.width_px, then.height_px),
            px=(now.width_px, now.height_px),
            due=tuple(stage for stage in STAGES if stage in again),
            published=outside(before),
            differs=_differing(then, now),
        )


def _by_model(row: Row) -> bool:
    author = row.decided.prefill.author
    done = stage_status(row, "prefill") == "done"
    return done and author is not None and author.kind == "model"


def _differing(then: Metadata, now: Metadata) -> tuple[str, ...]:
    """Return the facts that both files tell, and tell differently."""
    pairs = (
        ("date", then.date_time, now.date_time),
        ("camera", then.camera, now.camera),
    )
    return tuple(f"{name} {was} -> {is_}" for name, was, is_ in pairs if was and is_ and was != is_)
