"""
Publishing rows: finish the renditions, claim the publication, perform its steps.

Only what was approved goes out: the approved text and the approved renditions (`driver.finishing`).
"""

from collections.abc import Mapping
from functools import cached_property

from adapters.errors import AdapterError
from adapters.gallery_paths import THUMBS, beside, paths_for, public_url, web_path
from adapters.objects import Objects
from adapters.ports import Gallery
from adapters.workers import Workers
from driver import clock
from driver.finishing import Finisher
from driver.names import key_of
from driver.sagas import Sagas
from driver.shell import CONFLICTS_MAX, Shell
from journal import Journal
from journal.crashpoints import point
from machine.decide import decide
from machine.decide_outside import refuse_former_pixels, refuse_unready
from machine.event_base import Event
from machine.intents import PlannedFile, StartPublication
from machine.next_action import next_action
from machine.record import record_of
from machine.refusals import Refused
from machine.row import Decided, Row
from machine.status import addressed_otherwise, publication_due, review_status
from machine.values import Record

SUFFIXES = {"image/webp": ".webp", "image/avif": ".avif"}
"""Of files that are no JPEG."""


def targets(row: Row) -> dict[str, str]:
    """
    Return the gallery path of each approved rendition by name; web and thumb are always there.

    A row that is published keeps its paths, whatever became of its labels.
    """
    happened = row.happened
    category, taken = row.decided.labels.category, row.decided.photo.metadata.date_time
    web = web_path(happened.files) or paths_for(happened.file_name, category, taken)[0]
    found = {"web": web, "thumb": beside(web, THUMBS)}
    for one in row.decided.decision.renditions:
        found.setdefault(one.name, beside(web, one.name, SUFFIXES.get(one.media_type, "")))
    return found


def published_record(shell: Shell, row: Row) -> Record:
    """Return the record that the row would be published with."""
    base = shell.workspace.config.publish.public_url_base
    paths = targets(row)
    return record_of(row, public_url(base, paths["web"]), public_url(base, paths["thumb"]))


def is_due(shell: Shell, row: Row) -> bool:
    """Tell whether an approved row has to go out, be it for its address alone."""
    return publication_due(row) or has_other_address(shell, row)


def has_other_address(shell: Shell, row: Row) -> bool:
    """Tell whether a row is published under another `public_url_base` than that of today."""
    published = row.decided.publication.record
    return published is not None and addressed_otherwise(row, published_record(shell, row))


def names_of_the_site(journal: Journal) -> dict[str, str]:
    """Return the names of the published rows that were there before, by `key_of`."""
    names = (stream.removeprefix("site/") for stream in journal.streams("site/"))
    return {key_of(name): name for name in names}


def refuse_a_name_of_the_site(row: Row, names: Mapping[str, str]) -> None:
    """Raise Refused where the row is new and called like one of the site, in whatever case."""
    number, name = row.happened.row, names.get(key_of(row.happened.file_name))
    if row.happened.record is None and name:
        msg = f"row {number} cannot be published: {name} belongs to the site"
        raise Refused(msg, f"photojournal rename {number} --to NAME")


class Publisher:
    """Publishes rows for one run, which has to be the only publisher of the gallery."""

    def __init__(
        self,
        shell: Shell,
        objects: Objects,
        gallery: Gallery,
        workers: Workers,
        *,
        forced: str = "",
    ) -> None:
        """
        Keep the devices; the workers finish pictures.

        `forced` is a person's reason to publish rows although something stands against it.
        """
        self.forced = forced
        self.shell = shell
        self.objects = objects
        self.gallery = gallery
        self.overcome: list[AdapterError] = []
        """Faults of the gallery that passed when tried again."""
        self._finisher = Finisher(shell, objects, workers)

    def publish(self, number: int) -> Row:
        """
        Publish one approved row, or finish the publication that a dead run left open.

        Raises:
            Refused: the row is not approved, is published as approved, or another run is at it.
            AdapterError: a picture is gone or cannot be finished; nothing was sent.
            Unreachable: the gallery is away; what was begun is undone or left open to be resumed.
        """
        sagas = Sagas(self.shell, self.objects, self.gallery, self.overcome)
        row = self.shell.row(number)
        saga = row.happened.saga
        if saga:
            if saga.kind != "publication":
                msg = f"cannot publish row {number}: a {saga.kind} is open"
                raise Refused(msg, f"photojournal repair {number}")
            sagas.claim(number)
            row = sagas.drive(number)
            if row.happened.saga or not publication_due(row):
                return row
        self._start(number)
        return sagas.drive(number)

    def _start(self, number: int) -> None:
        """Finish the renditions and claim the publication; again if the approval changes."""
        for _ in range(CONFLICTS_MAX):
            row = self.shell.row(number)
            may_be_published(self.shell, row, forced=self.forced)
            refuse_a_name_of_the_site(row, self._names_of_the_site)
            start = StartPublication(
                publication=clock.uuid7(),
                gallery=self.gallery.name,
                claimed_by=self.shell.run_id,
                files=self._finish(row),
                record=published_record(self.shell, row),
                forced=self.forced,
            )

            def decider(
                now: Row, start: StartPublication = start, then: Decided = row.decided
            ) -> tuple[Event, ...]:
                return decide(now, start) if now.decided == then else ()

            point("publish.start.before")
            if self.shell.change(number, decider)[0]:
                return
        msg = f"row {number} changes faster than it can be published"
        raise Refused(msg, f"photojournal publish {number}")

    @cached_property
    def _names_of_the_site(self) -> dict[str, str]:
        return names_of_the_site(self.shell.journal)

    def _finish(self, row: Row) -> tuple[PlannedFile, ...]:
        """Finish the approved renditions and say where they go."""
        paths = targets(row)
        return tuple(
            PlannedFile(path=paths[name], sha256=sha256, size_bytes=size_bytes)
            for name, sha256, size_bytes in self._finisher.finish(row)
        )


def may_be_published(shell: Shell, row: Row, *, forced: str = "") -> None:
    """Raise Refused, with the reason, where nothing of the row is to be published."""
    number = row.happened.row
    if row.decided.decision.value != "approved" or not row.decided.intake:
        msg = f"row {number} is not approved, it is {review_status(row)}"
        action = next_action(row)
        raise Refused(msg, action.command if action else f"photojournal show {number}")
    if not is_due(shell, row):
        msg = f"row {number} is published as approved"
        raise Refused(msg, nothing=True)
    refuse_former_pixels(row)
    if not forced:
        refuse_unready(row)
