"""
Finishing what is to be published: what each picture has to say, and the worker that puts it in.

Only what was approved is said, and of the original only what `[publish] keep` names: the place and
serial numbers stay in the journal. docs/published-metadata.md has the fields.
"""

from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from adapters.captioner import UNNAMED_WRITER
from adapters.errors import AdapterError
from adapters.objects import Objects
from adapters.packet import Packet
from adapters.workers import Answer, WorkerFailure, WorkerResult, Workers
from driver.last_read import last_read
from driver.shell import Shell
from driver.worker_failures import last_line
from journal.crashpoints import point
from machine.events import Approved
from machine.failures import FAILURES
from machine.intents import RecordFinished, RecordFinishingFailure
from machine.row import Row
from machine.values import PrivateMetadata, Rendition

DEADLINE_S = 120.0
"""Seconds that one picture may take; it takes some hundredths, an AVIF less than one."""

TRIES = 2
"""Of a worker that dies or does not answer: it may have been killed for another's sake."""


class Finisher:
    """Puts texts and rights into copies of renditions."""

    def __init__(self, shell: Shell, objects: Objects, workers: Workers) -> None:
        """Keep the devices."""
        self.shell = shell
        self.objects = objects
        self._workers = workers

    def finish(self, row: Row) -> Iterator[tuple[str, str, int]]:
        """
        Yield name, SHA-256 and bytes of each approved rendition's finished copy, which is kept.

        A failure of the row is recorded; those of the whole workspace (a full disk) are not its.

        Raises:
            AdapterError: a rendition is gone or cannot be finished.
        """
        packet = packet_of(self.shell, row)
        for rendition in row.decided.decision.renditions:
            try:
                yield rendition.name, *self._one(row.happened.row, rendition, packet)
            except AdapterError as error:
                if FAILURES[error.code].policy != "nobody":
                    failed = RecordFinishingFailure(
                        name=rendition.name, code=error.code, detail=error.detail
                    )
                    self.shell.ask(row.happened.row, failed)
                raise

    def _one(self, number: int, rendition: Rendition, packet: Packet) -> tuple[str, int]:
        point("publish.finish.before")
        data = self._finished(number, rendition, packet)
        sha256 = self.objects.put(data)
        made = (rendition.sha256, sha256, len(data))
        if self.shell.row(number).happened.finished.get(rendition.name) != made:
            finished = RecordFinished(
                name=rendition.name,
                source_sha256=rendition.sha256,
                sha256=sha256,
                size_bytes=len(data),
            )
            self.shell.ask(number, finished)
        point("publish.finish.after")
        return sha256, len(data)

    def _finished(self, number: int, rendition: Rendition, packet: Packet) -> bytes:
        picture, argument = self.objects.get(rendition.sha256), msgspec.json.encode(packet)
        for left in reversed(range(TRIES)):
            submitted = self._workers.submit("finish", picture, argument, deadline_s=DEADLINE_S)
            answer: Answer = submitted.result()
            if isinstance(answer, WorkerResult):
                return answer.data
            if not left or answer.kind not in ("died", "timeout"):
                raise self._error(number, rendition, answer)
        raise AssertionError

    def _error(self, number: int, rendition: Rendition, answer: WorkerFailure) -> AdapterError:
        log = self.shell.workspace.data / "crash_runtime.log"
        about = f"publish id={number} {rendition.name} run={self.shell.run_id}"
        why = last_line(log, about, answer)
        return AdapterError(answer.code or "FinishingFailed", f"{rendition.name}: {why}")


# --- What is said


def packet_of(shell: Shell, row: Row) -> Packet:
    """Return what the published pictures of a row say about themselves."""
    settings = shell.workspace.config.publish
    text, embedded = row.decided.decision.text, row.decided.photo.embedded
    packet = Packet(
        caption=text.caption,
        alt_text=text.alt_text,
        keywords=text.keywords,
        language=text.language,
        creator=settings.creator or embedded.creator,
        credit=settings.credit,
        copyright=settings.copyright or embedded.copyright,
        licence_url=settings.licence_url,
        caption_writer=_writer(shell, row),
    )
    return _with_kept(shell, row, packet) if settings.keep else packet


def _writer(shell: Shell, row: Row) -> str:
    """
    Return the person who stands for the texts: who wrote them, else who approved a machine's.

    Nobody, where the owner's setting let through what nobody held against the picture.
    """
    author, decision = row.decided.prefill.author, row.decided.decision
    if author and author.kind == "human":
        return author.name
    if author and author.kind == "file" and author.name != UNNAMED_WRITER:
        return author.name
    if decision.allowed_ungrounded or decision.pins is None:
        return ""
    approved = ""
    for recorded in shell.journal.read_intact(f"row/{row.happened.row}"):
        event = recorded.event
        if isinstance(event, Approved) and event.pins.text == decision.pins.text:
            approved = recorded.actor
    return approved


def _with_kept(shell: Shell, row: Row, packet: Packet) -> Packet:
    """Add the facts of the original that the settings keep, as a person corrected them."""
    keep, metadata = shell.workspace.config.publish.keep, row.decided.photo.metadata
    if "date" in keep:
        packet = replace(packet, date_time=metadata.date_time)
    if "camera" in keep:
        packet = replace(packet, camera=metadata.camera)
    if "lens" in keep:
        packet = replace(packet, lens=metadata.lens_model)
    if "exposure" in keep:
        packet = replace(
            packet,
            exposure=metadata.exposure,
            aperture=metadata.aperture,
            iso=metadata.iso,
            focal_length=metadata.focal_length,
        )
    if "gps" in keep:
        read = last_read(shell.journal.read_intact(f"row/{row.happened.row}"))
        place = read.private or PrivateMetadata()
        packet = replace(
            packet,
            latitude_deg=place.latitude_deg,
            longitude_deg=place.longitude_deg,
            altitude_m=place.altitude_m,
        )
    return packet
