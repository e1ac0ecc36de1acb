"""
Making an incident bundle: what a run did and what it met, in one signed file for somebody else.

The chosen events are written as an excerpt of the journal first. Everything else in the bundle, the
read models before and after the run, its logs, its report on the texts, is made from that excerpt
alone; so nothing can be in them that was withheld from it. Nothing is appended, and the same run
gives the same bytes as long as the journal is the same.
"""

import gzip
import platform
import sqlite3
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from adapters.errors import AdapterError
from adapters.files import sha256_of, sync_file, sync_folder, temporary_beside
from driver import incident_manifest as m
from driver.backup_check import Progress
from driver.errors import Damaged, Misused, Unreachable
from driver.incident_choice import Choice, choose
from driver.incident_earlier import begun, last_good_run, versions_of
from driver.incident_file import pack
from driver.incident_models import tables_of, texts_of
from driver.incident_proof import damage_of, proved
from driver.incident_words import readme, told_every
from driver.program import Program
from driver.toml_text import as_toml
from journal import Head, Journal
from journal.chain import FORMAT
from journal.database import beside
from journal.excerpts import line_of, write_excerpt
from journal.signing import PUBLIC, SigningKey, open_key
from machine.evolve import fold
from machine.values import Rendition
from projections.engine import ReadModels
from projections.narrator import told_of_run

_UNSIGNED = "0" * 64
_VERIFY = "photojournal verify"


class Wanted(Struct, frozen=True):
    """What is asked for."""

    run: str
    thumbnails: bool = False
    private: bool = False


class Written(Struct, frozen=True):
    """A bundle that was written."""

    path: str
    sha256: str
    """Of the whole file."""
    fingerprint: str
    """Of the key that signed."""
    manifest: m.Manifest


class _Counted(Struct):
    """What was withheld so far."""

    events: int = 0
    private: int = 0


def gather(
    program: Program, wanted: Wanted, folder: Path, progress: Progress = lambda _done, _all: None
) -> m.Manifest:
    """
    Write the members of a bundle into an empty folder, and return its manifest, not yet signed.

    Args:
        program: the workspace, opened for looking.
        wanted: the run, and what is asked for.
        folder: gets the members.
        progress: is told how many events of how many are written.

    A journal that is damaged is told as it is stored, and the manifest says what is wrong with it,
    be it in an event that is withheld.

    Raises:
        Misused: this is an opened bundle, or too little is known to make one.
        Damaged: the journal is so damaged that it cannot be told.
        JournalError: the journal cannot be read.
    """
    journal, counted = program.journal, _Counted()
    if journal.is_excerpt:
        msg = f"{program.workspace.root} is an opened incident bundle"
        raise Misused(msg, "copy the bundle itself; a new one is made where the journal is")
    head = journal.head
    choice = choose(journal, wanted.run, until=head.position, private=wanted.private)
    excerpt = folder / "journal.db"
    lines = _lines(journal, head, choice, folder / m.EVENTS, counted)
    lines = told_every(lines, head.position, progress)
    write_excerpt(excerpt, journal.uuid, journal.created, FORMAT, lines)
    damage = damage_of(program.workspace.journal)
    if proved(excerpt, damage, _VERIFY).head != head:
        msg = "the journal is damaged, and changes while it is read"
        raise Damaged(msg, _VERIFY)
    with Journal.open(excerpt, readonly=True) as told:
        _render(program, told, choice, wanted.run, folder)
        pictures, missing = 0, 0
        if wanted.thumbnails:
            pictures, missing = _keep_thumbnails(program, told, choice.rows, folder)
    start, config = begun(journal, wanted.run), program.workspace.config
    strangers = sum(1 for _ in journal.streams("row/")) - len(choice.rows)
    manifest = m.Manifest(
        format=m.FORMAT if damage else m.OF_SOUND,
        public_key=_UNSIGNED,
        versions=_versions(),
        journal=journal.uuid,
        journal_format=FORMAT,
        created=journal.created,
        head=head.hash.hex(),
        at=head.at,
        events=head.position,
        run=wanted.run,
        first=choice.first,
        last=choice.last,
        run_versions=versions_of(start) if start else {},
        earlier=last_good_run(journal, wanted.run),
        rows=choice.rows,
        withheld=m.Withheld(rows=strangers, events=counted.events, private=counted.private),
        as_configured=start is not None and start.config_digest == config.digest(),
        thumbnails=pictures,
        missing_thumbnails=missing,
        files=(),
        damage=damage,
    )
    excerpt.unlink()
    (folder / m.README).write_bytes(readme(manifest).encode())
    return replace(manifest, files=tuple(_files(folder)))


def sign(manifest: m.Manifest, key: SigningKey, journal: Path, folder: Path) -> m.Manifest:
    """Put manifest, signature and public key to the members; return what was signed."""
    (folder / m.SIGNER).write_bytes(beside(journal, PUBLIC).read_bytes())
    signed = replace(manifest, public_key=key.public.hex(), files=tuple(_files(folder)))
    text = m.encoded(signed)
    (folder / m.MANIFEST).write_bytes(text)
    (folder / m.SIGNATURE).write_bytes(key.sign(m.signed(text)))
    return signed


def write(program: Program, manifest: m.Manifest, folder: Path, target: Path) -> Written:
    """
    Sign what was gathered, and write the bundle.

    Raises:
        Misused: the file exists, or would be too large.
        Unreachable: the disk is full or cannot be written.
        SigningKeyUnusable: the key of the journal cannot be used.
    """
    refuse_existing(target)
    journal = program.workspace.journal
    key = open_key(journal)
    manifest = sign(manifest, key, journal, folder)
    names = [m.MANIFEST, m.SIGNATURE, *(one.path for one in manifest.files)]
    try:
        with temporary_beside(target) as temporary:
            with temporary.open("wb") as file:
                pack(file, folder, names)
                sync_file(file)
            digest = sha256_of(temporary)
            refuse_existing(target)
            temporary.rename(target)
            sync_folder(target.parent)
    except ValueError as error:
        raise Misused(str(error), "leave the thumbnails out") from error
    except OSError as error:
        msg = f"{target} cannot be written: {error.strerror or error}"
        raise Unreachable(msg, "choose a folder that can be written and has room") from error
    return Written(str(target), digest, key.fingerprint, manifest)


def refuse_existing(target: Path) -> None:
    """Raise Misused where the bundle cannot be put."""
    if target.exists():
        msg = f"{target} exists"
        raise Misused(msg, "choose another name; a bundle never replaces a file")
    if not target.parent.is_dir():
        msg = f"there is no folder {target.parent}"
        raise Misused(msg, "make it first, or choose another one")


def _lines(
    journal: Journal, head: Head, choice: Choice, target: Path, counted: _Counted
) -> Iterator[bytes]:
    """Write the events to `target`, and yield each line."""
    with target.open("wb") as file, gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
        for event in journal.read_raw(0, head.position):
            told = choice.tells(event)
            if choice.is_private(event):
                counted.private += 1
            elif not told:
                counted.events += 1
            line = line_of(event, withheld=not told)
            packed.write(line)
            yield line


def _render(program: Program, told: Journal, choice: Choice, run: str, folder: Path) -> None:
    """Write what is made from the events: read models, logs, report on the texts; and settings."""
    with ReadModels.open(folder / "review.db", told) as models:
        for name, position in ((m.BEFORE, choice.first - 1), (m.AFTER, choice.last)):
            with models.at(position) as seen:
                _compress(folder / name, m.as_json(tables_of(seen, position)))
    for left in folder.glob("review.*"):
        left.unlink()
    known, config = program.workspace.credentials, program.workspace.config
    (folder / m.SETTINGS).write_bytes(known.redacted(as_toml(config)).encode())
    texts = texts_of(told, run, choice, config.prefill)
    if texts is not None:
        (folder / m.QC_REPORT).write_bytes(m.as_json(texts))
    logs: dict[str, list[str]] = {m.RUN_LOG: [], m.UPLOADER: [], m.ACCOUNT: []}
    for one in told_of_run(told, run):
        logs[m.RUN_LOG] += one.by_run.get(run, ())
        logs[m.UPLOADER] += one.uploader
        logs[m.ACCOUNT] += one.account
    (folder / m.RUN_LOG).parent.mkdir()
    for name, lines in logs.items():
        if lines:
            text = "".join(f"{known.redacted(line)}\n" for line in lines)
            (folder / name).write_bytes(text.encode())


def _compress(target: Path, content: bytes) -> None:
    with target.open("wb") as file, gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
        packed.write(content)


def _keep_thumbnails(
    program: Program, told: Journal, rows: tuple[int, ...], folder: Path
) -> tuple[int, int]:
    """Copy the newest thumbnail of each row; return how many there are, and how many lack."""
    kept, missing = set[str](), 0
    for number in rows:
        thumb = _thumbnail(told, number)
        if thumb is None:
            continue
        try:
            content = program.objects.get(thumb.sha256)
        except AdapterError:
            missing += 1
            continue
        target = folder / m.OBJECTS / thumb.sha256[:2] / thumb.sha256
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        kept.add(thumb.sha256)
    return len(kept), missing


def _thumbnail(journal: Journal, number: int) -> Rendition | None:
    row = fold(one.event for one in journal.read_stream(f"row/{number}"))
    made = row.decided.resize.renditions
    return next((one for one in made if one.name == "thumb"), None)


def _files(folder: Path) -> Iterator[m.File]:
    """Yield what lies in the folder, in the order of the names, manifest and signature apart."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in (m.MANIFEST, m.SIGNATURE):
            size = path.stat().st_size
            unpacked = _unpacked_bytes(path) if path.suffix == ".gz" else size
            yield m.File(
                path=name, sha256=sha256_of(path), size_bytes=size, unpacked_bytes=unpacked
            )


def _unpacked_bytes(path: Path) -> int:
    with gzip.open(path) as file:
        return sum(len(chunk) for chunk in iter(lambda: file.read(1 << 20), b""))


def _versions() -> dict[str, str]:
    return {
        "photojournal": metadata.version("photojournal"),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "platform": sys.platform,
    }
