"""
Publishing rows: finish the renditions, claim the publication, perform its steps.

Finishing puts caption, alt text and copyright into a copy of each rendition without touching its
pixels. Only what was approved goes out: the approved text and the approved renditions.
"""

from adapters.gallery_paths import paths_for, public_url
from adapters.objects import Objects
from adapters.ports import Gallery
from adapters.xmp import Packet, finish
from driver import clock
from driver.sagas import Sagas
from driver.shell import Shell
from machine.intents import PlannedFile, RecordFinished, StartPublication
from machine.record import record_of
from machine.refusals import Refused
from machine.row import Row
from machine.status import publication_due
from machine.values import Record, Rendition


def targets(row: Row) -> dict[str, str]:
    """
    Return the gallery path of each rendition by name.

    A row that is published keeps its paths, whatever became of its labels.
    """
    happened = row.happened
    web, thumb = paths_for(
        happened.file_name, row.decided.labels.category, happened.metadata.date_time
    )
    for path in happened.files:
        if path.split("/")[1:2] == ["thumbs"]:
            thumb = path
        else:
            web = path
    return {"web": web, "thumb": thumb}


def published_record(shell: Shell, row: Row) -> Record:
    """Return the record that the row would be published with."""
    base = shell.workspace.config.publish.public_url_base
    paths = targets(row)
    return record_of(row, public_url(base, paths["web"]), public_url(base, paths["thumb"]))


def packet_of(shell: Shell, row: Row) -> Packet:
    """Return what the published files say about themselves."""
    settings = shell.workspace.config.publish
    text, embedded = row.decided.decision.text, row.happened.embedded
    author = row.decided.prefill.author
    return Packet(
        caption=text.caption,
        alt_text=text.alt_text,
        keywords=text.keywords,
        creator=settings.creator or embedded.creator,
        copyright=settings.copyright or embedded.copyright,
        reviewer=author.name if author and author.kind == "human" else "",
    )


def finish_renditions(shell: Shell, objects: Objects, number: int) -> tuple[PlannedFile, ...]:
    """Put the metadata packet into copies of the approved renditions; return what is to be sent."""
    row = shell.row(number)
    packet, paths = packet_of(shell, row), targets(row)
    return tuple(
        _finish_one(shell, objects, number, rendition, packet, paths[rendition.name])
        for rendition in row.decided.decision.renditions
        if rendition.name in paths
    )


def _finish_one(
    shell: Shell,
    objects: Objects,
    number: int,
    rendition: Rendition,
    packet: Packet,
    path: str,
) -> PlannedFile:
    data = finish(objects.get(rendition.sha256), packet)
    sha256 = objects.put(data)
    made = (rendition.sha256, sha256, len(data))
    if shell.row(number).happened.finished.get(rendition.name) != made:
        finished = RecordFinished(
            name=rendition.name,
            source_sha256=rendition.sha256,
            sha256=sha256,
            size_bytes=len(data),
        )
        shell.ask(number, finished)
    return PlannedFile(path=path, sha256=sha256, size_bytes=len(data))


def publish_row(shell: Shell, objects: Objects, gallery: Gallery, number: int) -> Row:
    """
    Publish one approved row, or finish the publication that a dead run left open.

    Raises:
        Refused: the row is not approved, is published as approved, or another run is at it.
        AdapterError: a made picture is gone; nothing was sent.
        Unreachable: the gallery is away; what was begun is undone or left open to be resumed.
    """
    sagas = Sagas(shell, objects, gallery)
    row = shell.row(number)
    if row.happened.saga:
        if row.happened.saga.kind != "publication":
            msg = f"cannot publish row {number}: a {row.happened.saga.kind} is open"
            raise Refused(msg, f"photojournal repair {number}")
        sagas.claim(number)
        row = sagas.drive(number)
        if not publication_due(row):
            return row
    if row.decided.decision.value != "approved":
        msg = f"row {number} is not approved"
        raise Refused(msg, f"photojournal approve {number}")
    if not publication_due(row):
        msg = f"row {number} is published as approved"
        raise Refused(msg, nothing=True)
    files = finish_renditions(shell, objects, number)
    start = StartPublication(
        publication=clock.uuid7(),
        gallery=gallery.name,
        claimed_by=shell.run_id,
        files=files,
        record=published_record(shell, shell.row(number)),
    )
    shell.ask(number, start)
    return sagas.drive(number)
