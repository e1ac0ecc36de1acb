"""
What taking over an existing website means, before anything is appended.

Read are the gallery (its published table, its files) and what the predecessor kept (its queue, its
list of used names). The gallery is read before the journal: a name that a run of ours publishes
meanwhile is one that the journal knows.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import msgspec
from msgspec import Struct, to_builtins

from adapters.errors import AdapterError
from adapters.ports import PublishedRecord
from driver.claims import Claims
from driver.errors import Unreachable
from driver.names import key_of
from driver.old_photos import OldPhotos
from driver.old_queue import OldRow, read_names, read_queue
from driver.program import Program
from driver.queue_intake import Wanted
from driver.reading_in import owner_of_bytes, read_photo
from driver.renaming import SITE, owner_of_name
from driver.shell import Shell
from driver.workspace import escape_name
from machine.events import PastAdopted
from machine.failures import FAILURES
from machine.naming import EXTENSION, unsafe
from machine.run_events import NameAdopted, RowAdopted
from machine.values import PublishedFile, Record
from projections.site_rows import as_json

UNPUBLISHED = ("Queued", "Pending", "Metadata_Needs_Work", "Error", "Approved")
"""Review_Status of the rows of the old queue that come in."""
_PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif", ".heic", ".tif", ".tiff")

_NAME_MAX_BYTES = 255
"""Of a name in the name of a stream; files have no longer ones."""

Outcome = Literal[
    "new", "ingested", "here", "published", "rejected", "missing", "refused", "malformed", "left"
]
"""`here`: its bytes are a row already. `left`: a person stopped before it."""
BAD: tuple[Outcome, ...] = ("missing", "refused", "malformed")
"""Could not be brought in, although it should be."""


class Given(Struct, frozen=True, kw_only=True):
    """What the predecessor kept, as far as it was named."""

    review_db: Path | None = None
    used_names: Path | None = None
    originals: Path | None = None


class QueueRow(Struct, frozen=True, kw_only=True):
    """What becomes, or became, of a row of the old queue."""

    old_id: int
    old_file_name: str
    original_name: str
    old_status: str
    outcome: Outcome
    row: int | None = None
    file_name: str = ""
    detail: str = ""


class Clash(Struct, frozen=True, kw_only=True):
    """A row of ours that is called like a published row which is not ours."""

    row: int
    file_name: str


class Plan(Struct, kw_only=True):
    """What is to be appended, and what is there already."""

    names: dict[str, NameAdopted]
    """By stream."""
    known_names: int
    rows: dict[str, tuple[int, RowAdopted]]
    """By stream; the version after which it is appended."""
    known_rows: int
    queue: list[QueueRow]
    wanted: dict[int, Wanted]
    """Photos that come in, by id in the old queue."""
    clashes: list[Clash]
    odd: list[str]
    """Names that no row could ever have and no stream can be called by."""

    @property
    def nothing(self) -> bool:
        """Tell whether nothing is to be appended."""
        return not (self.names or self.rows or self.wanted)


class _Site(Struct, frozen=True):
    """What the gallery has."""

    records: list[PublishedRecord]
    files: dict[str, list[PublishedFile]]
    """Pictures by the key of their name."""


def plan_adoption(
    program: Program, shell: Shell, given: Given, progress: Callable[[int, int], None]
) -> Plan:
    """
    Say what taking over means; `progress(done, total)` counts the photos of the old queue.

    Raises:
        Misused: a file of the predecessor is not there, or not what it should be.
        Unreachable: the gallery does not answer.
    """
    queue = read_queue(given.review_db) if given.review_db else []
    used = read_names(given.used_names) if given.used_names else []
    photos, site = OldPhotos(given.originals), _site(program)
    names = _names(site, used, queue)
    taken = {stream.removeprefix("name/") for stream in program.journal.streams("name/")}
    told, wanted = _looked_at(shell, queue, photos, _published(site), progress)
    kept = _kept(queue, site, taken)
    wanted = {
        number: Wanted(old=one.old, path=one.path, file_name=kept.get(number, ""))
        for number, one in wanted.items()
    }
    ours = {key_of(one.file_name) for one in wanted.values() if one.file_name}
    claims = Claims(shell)
    rows, known_rows = _rows(program, site, claims)
    odd = [key for key in names if _is_odd(key)] + [name for name in rows if _is_odd(name)]
    new_names = names.keys() - taken - ours - set(odd)
    return Plan(
        names={f"name/{key}": names[key] for key in sorted(new_names)},
        known_names=len(names.keys() & taken),
        rows={f"site/{name}": rows[name] for name in rows if name not in odd},
        known_rows=known_rows,
        queue=told,
        wanted=wanted,
        clashes=_clashes(shell, site, taken, claims),
        odd=odd,
    )


def _is_odd(name: str) -> bool:
    """Tell whether a name cannot be part of the name of a stream."""
    return "\0" in name or len(name.encode()) > _NAME_MAX_BYTES


# --- the site


def _site(program: Program) -> _Site:
    """Read the gallery."""
    files: dict[str, list[PublishedFile]] = {}
    try:
        records = list(program.gallery.records())
        for target, size in program.gallery.files():
            path = PurePosixPath(target)
            if path.suffix.casefold() in _PICTURES and not path.name.startswith("."):
                file = PublishedFile(target=escape_name(target), size_bytes=size)
                files.setdefault(key_of(path.name), []).append(file)
    except AdapterError as error:
        raise Unreachable(str(error), FAILURES[error.code].hint) from error
    return _Site(records, {key: _sorted(found) for key, found in files.items()})


def _sorted(files: Iterable[PublishedFile]) -> list[PublishedFile]:
    return sorted(files, key=lambda one: one.target)


def _published(site: _Site) -> set[str]:
    return {key_of(one.key) for one in site.records}


def _rows(
    program: Program, site: _Site, claims: Claims
) -> tuple[dict[str, tuple[int, RowAdopted]], int]:
    """Return what the published table has that is not ours and not known as it stands."""
    query = "SELECT File_Name, version, digest, record, files FROM site_rows"
    known = {line["File_Name"]: line for line in program.models.query(query)}
    found: dict[str, tuple[int, RowAdopted]] = {}
    same = 0
    for event in (*_standing(site, claims), *_gone(site, known)):
        before = known.get(event.file_name)
        files = as_json(to_builtins(event.files))
        if before and (before["digest"], before["files"]) == (event.digest, files):
            same += 1
        else:
            found[event.file_name] = (before["version"] if before else 0, event)
    return found, same


def _standing(site: _Site, claims: Claims) -> Iterator[RowAdopted]:
    """Yield the lines that are none of ours, or that our journal lost."""
    for one in site.records:
        if not claims.is_ours(one):
            yield RowAdopted(
                file_name=escape_name(one.key),
                digest=one.digest,
                record=one.record,
                readable=one.readable,
                files=tuple(site.files.get(key_of(one.key), ())),
                row=(one.row or 0) if claims.is_lost(one) else 0,
            )


def _gone(site: _Site, known: Mapping[str, Mapping[str, Any]]) -> Iterator[RowAdopted]:
    """Yield the adopted lines that stand there no more: their texts stay known."""
    for name in known.keys() - {escape_name(one.key) for one in site.records}:
        told = json.loads(known[name]["record"])
        try:
            record, readable = msgspec.convert(told, Record), {}
        except msgspec.ValidationError:
            record, readable = None, told
        files = tuple(site.files.get(key_of(name), ()))
        yield RowAdopted(file_name=name, digest="", record=record, readable=readable, files=files)


def _clashes(shell: Shell, site: _Site, taken: set[str], claims: Claims) -> list[Clash]:
    """Return the rows of ours that are called like a published row of somebody else."""
    found: list[Clash] = []
    for one in site.records:
        if key_of(one.key) in taken and not claims.is_ours(one):
            owner = owner_of_name(shell, one.key)
            if owner and key_of(shell.row(owner).happened.file_name) == key_of(one.key):
                found.append(Clash(row=owner, file_name=one.key))
    return found


# --- names


def _names(site: _Site, used: Sequence[str], queue: Sequence[OldRow]) -> dict[str, NameAdopted]:
    """Return every name that was seen anywhere, by its key; spelt as the first place spells it."""
    seen: dict[str, tuple[str, list[str]]] = {}
    places = (
        ("table", [one.key for one in site.records]),
        ("files", [PurePosixPath(one.target).name for f in site.files.values() for one in f]),
        ("used names", used),
        ("queue", [one.file_name for one in queue]),
    )
    for place, names in places:
        for name in names:
            if key := key_of(name):
                found = seen.setdefault(key, (escape_name(name), []))[1]
                found += [] if place in found else [place]
    return {
        key: NameAdopted(file_name=name, found_in=tuple(found))
        for key, (name, found) in seen.items()
    }


def _kept(queue: Sequence[OldRow], site: _Site, taken: set[str]) -> dict[int, str]:
    """Return the names that rows of the old queue can keep: safe, theirs alone, not public."""
    counts = Counter(key_of(one.file_name) for one in queue)
    public = _published(site) | site.files.keys()
    found: dict[int, str] = {}
    for one in queue:
        key = key_of(one.file_name)
        name = f"{PurePosixPath(one.file_name).stem}{EXTENSION}"
        if counts[key] == 1 and key not in public | taken and not unsafe(name):
            found[one.id] = name
    return found


# --- the old queue


def _looked_at(
    shell: Shell,
    queue: Sequence[OldRow],
    photos: OldPhotos,
    published: set[str],
    progress: Callable[[int, int], None],
) -> tuple[list[QueueRow], dict[int, Wanted]]:
    """Say of each row of the old queue what becomes of it; return the photos that come in, too."""
    told: list[QueueRow] = []
    wanted: dict[int, Wanted] = {}
    seen: dict[str, int] = {}
    for done, old in enumerate(queue, start=1):
        one, path = _look_at(shell, old, photos, published, seen)
        told.append(one)
        if path is not None:
            wanted[old.id] = Wanted(old=old, path=path, file_name="")
        progress(done, len(queue))
    return told, wanted


def _look_at(
    shell: Shell, old: OldRow, photos: OldPhotos, published: set[str], seen: dict[str, int]
) -> tuple[QueueRow, Path | None]:
    """Say what becomes of a row; with the photo, if it comes in."""
    if old.malformed:
        return _told(old, "malformed", old.malformed), None
    owner = owner_of_name(shell, old.file_name) if old.file_name else None
    if key_of(old.file_name) in published and owner in (None, SITE):
        return _told(old, "published", "its name stands in the published table"), None
    if old.status not in UNPUBLISHED:
        said = old.status or "empty"
        outcome: Outcome = "rejected" if old.status == "Rejected" else "malformed"
        return _told(old, outcome, f"its Review_Status is {said}"), None
    path, why = photos.find(old)
    if path is None and owner and _came_from(shell, owner, old):
        return _told(old, "here", f"it is row {owner}", row=owner, file_name=old.file_name), None
    if path is None:
        return _told(old, "missing", why), None
    try:
        photo = read_photo(path)
    except AdapterError as error:
        return _told(old, "missing", f"{path}: {error.detail}"), None
    row = owner_of_bytes(shell, photo.sha256)
    if row is not None:
        there = shell.row(row)
        gone = "" if there.decided.intake else ", which was taken back"
        name = there.happened.file_name
        return _told(old, "here", f"its photo is row {row}{gone}", row=row, file_name=name), None
    if photo.sha256 in seen:
        return _told(old, "here", f"the same photo as {seen[photo.sha256]} there"), None
    seen[photo.sha256] = old.id
    return _told(old, "new", "was approved" if old.status == "Approved" else ""), path


def _came_from(shell: Shell, row: int, old: OldRow) -> bool:
    """Tell whether a row came in from this very row of the old queue."""
    history = shell.journal.read_stream(f"row/{row}")
    pasts = [one.event.past for one in history if isinstance(one.event, PastAdopted)]
    return [old.id] == [past.row for past in pasts]


def _told(
    old: OldRow, outcome: Outcome, detail: str, *, row: int | None = None, file_name: str = ""
) -> QueueRow:
    return QueueRow(
        old_id=old.id,
        old_file_name=old.file_name,
        original_name=old.original_name,
        old_status=old.status,
        outcome=outcome,
        row=row,
        file_name=file_name,
        detail=detail,
    )
