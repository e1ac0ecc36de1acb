"""
Checking an incident bundle, and opening it as a workspace that can only be read.

In this order: the SHA-256 of the file, if it is known; that no byte of the container is free; the
signature of the manifest, and whose key it is; every member; then the chain of the events, which
has to lead from the journal's beginning to the head that was signed. Only what held is unpacked,
into a new folder; a bundle that fails leaves nothing there. No network is used.

Not promised: that what happened before the key signed is true. Whoever holds the key can sign
whatever they like; what helps against that is a head, or the SHA-256 of a bundle, noted elsewhere.
"""

import contextlib
import gzip
import re
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct

from adapters.files import sha256_of
from driver import incident_manifest as m
from driver.backup_check import Progress
from driver.errors import Damaged, Drift, Misused, Unreachable
from driver.incident_file import Member, chunks, content, members_of
from driver.incident_manifest import Manifest, Mark
from driver.incident_models import tables_of
from driver.incident_proof import proved
from driver.incident_words import told_every
from driver.program import Program
from driver.workspace import INCIDENT, Workspace
from journal import JournalError
from journal.excerpts import write_excerpt
from journal.signing import check as is_signed
from journal.signing import fingerprint

MAX_LINE_BYTES = 200_000_000
"""Of one event; a payload has 16 MB at most, and its escaped form six times as much."""
_MAX_RATIO = 100
"""What is compressed may become so many times longer; events come to less than ten."""
_SMALL_BYTES = 2_000_000
"""So much of anything harms nobody."""

DIGITS = 64
"""Of a SHA-256."""

ASK = "ask whoever made it for the file again, and for its SHA-256 and the key by another way"


class Checked(Struct, frozen=True):
    """A bundle of which the file, the signature and every member hold."""

    path: Path
    sha256: str
    manifest: Manifest
    members: dict[str, Member]

    @property
    def fingerprint(self) -> str:
        """Return the fingerprint of the key that signed."""
        return fingerprint(bytes.fromhex(self.manifest.public_key))


class Opened(Struct, frozen=True):
    """A bundle that was opened."""

    root: Path
    differing: tuple[str, ...]
    """Tables that this version makes otherwise of the events than the one that made the bundle."""


def check(path: Path, *, digest: str = "", key: str = "") -> Checked:
    """
    Check everything about a bundle that needs no database; see `prove` for the chain.

    Args:
        path: the file.
        digest: the SHA-256 that it has to have; empty: unknown.
        key: the fingerprint of the key that has to have signed; empty: any.

    Raises:
        Misused: there is no such file, or a later version made it.
        Drift: it is not what was made and signed.
    """
    digest, key = _digits("--sha256", digest), _digits("--key", key)
    try:
        found = sha256_of(path)
        if digest and found != digest:
            msg = f"{path} has the SHA-256 {found}, and not the one given"
            raise Drift(msg, ASK)
        with path.open("rb") as file:
            members = members_of(file)
            manifest = _manifest(path, file, members)
            _check_members(file, members, manifest)
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}"
        raise Misused(msg, "photojournal incident open FILE") from error
    except ValueError as error:
        msg = f"{path} is no incident bundle as it was made: {error}"
        raise Drift(msg, ASK) from error
    checked = Checked(path, found, manifest, members)
    if key and checked.fingerprint != key:
        msg = f"{path} was signed with the key {checked.fingerprint}, and not with the one given"
        raise Drift(msg, ASK)
    return checked


def _digits(option: str, text: str) -> str:
    """Return a digest as it is compared. Raises Misused where it is none."""
    digits = text.strip().lower()
    if digits and not re.fullmatch(f"[0-9a-f]{{{DIGITS}}}", digits):
        msg = f"{option} takes the {DIGITS} digits that `photojournal incident export` printed"
        raise Misused(msg, "photojournal incident open FILE --sha256 DIGEST --key FINGERPRINT")
    return digits


def _manifest(path: Path, file: BinaryIO, members: dict[str, Member]) -> Manifest:
    """Return the manifest, once its signature holds."""
    text = content(file, members, m.MANIFEST, m.MAX_MANIFEST_BYTES)
    form, public = m.form_of(text)
    if form > m.FORMAT:
        msg = f"{path} has format {form}, and this version knows up to {m.FORMAT}"
        raise Misused(msg, "install a newer photojournal")
    signature = content(file, members, m.SIGNATURE, m.MAX_MANIFEST_BYTES)
    if not is_signed(public, m.signed(text), signature):
        msg = "the signature of its manifest does not hold"
        raise ValueError(msg)
    return m.decoded(text)


def _check_members(file: BinaryIO, members: dict[str, Member], manifest: Manifest) -> None:
    """Raise ValueError where a member is missing, one too many, or not what was signed."""
    if list(members) != [m.MANIFEST, m.SIGNATURE, *(one.path for one in manifest.files)]:
        msg = "its files are not those of its manifest"
        raise ValueError(msg)
    for one in manifest.files:
        found = sha256()
        for chunk in chunks(file, members[one.path]):
            found.update(chunk)
        if found.hexdigest() != one.sha256 or members[one.path].size_bytes != one.size_bytes:
            msg = f"{one.path} is not what was signed"
            raise ValueError(msg)
        if one.unpacked_bytes > max(_MAX_RATIO * one.size_bytes, _SMALL_BYTES):
            msg = f"{one.path} would become {one.unpacked_bytes:,} bytes"
            raise ValueError(msg)


def prove(checked: Checked, journal: Path, progress: Progress = lambda _done, _all: None) -> None:
    """
    Write the events of a bundle as a journal, and check that they are those that were signed.

    `progress` is told how many of them of how many are written.

    Raises:
        Damaged: the chain does not hold, where the bundle does not say so itself, or does not lead
            to the signed head.
        Drift: these are no events.
    """
    manifest = checked.manifest
    try:
        with _unpacked(checked, m.EVENTS) as lines:
            created, form = manifest.created, manifest.journal_format
            told = told_every(lines, manifest.events, progress)
            write_excerpt(journal, manifest.journal, created, form, told)
    except (OSError, EOFError, zlib.error, JournalError, ValueError) as error:
        msg = f"the events in {checked.path} cannot be read: {error}"
        raise Drift(msg, ASK) from error
    report = proved(journal, manifest.damage, ASK)
    kept = manifest.withheld
    signed = (manifest.head, manifest.events, kept.events + kept.private)
    if (report.head.hash.hex(), report.head.position, report.withheld) != signed:
        msg = "the events do not lead to the head that was signed"
        raise Damaged(msg, ASK)


@contextlib.contextmanager
def _unpacked(checked: Checked, name: str) -> Iterator[Iterator[bytes]]:
    """Give the lines of a compressed member, never more bytes than were signed."""
    most = next(one.unpacked_bytes for one in checked.manifest.files if one.path == name)
    with tempfile.TemporaryFile() as packed:
        with checked.path.open("rb") as file:
            for chunk in chunks(file, checked.members[name]):
                packed.write(chunk)
        packed.seek(0)
        with gzip.GzipFile(fileobj=packed) as text:
            yield _lines(text, most)


def _lines(text: gzip.GzipFile, left: int) -> Iterator[bytes]:
    while line := text.readline(min(left, MAX_LINE_BYTES) + 1):
        left -= len(line)
        if left < 0:
            msg = "it is longer than was signed"
            raise ValueError(msg)
        yield line


def unpack(checked: Checked, folder: Path, progress: Progress = lambda _done, _all: None) -> Opened:
    """
    Open a bundle as a workspace in `folder`, which is new or empty; for `progress` see `prove`.

    Raises:
        Misused: something is there.
        Damaged, Drift: the events are not those that were signed; nothing is left in the folder.
        Unreachable: the disk is full or cannot be written.
    """
    root = folder.absolute()
    there = root.is_dir()
    if root.exists() and not (there and not any(root.iterdir())):
        msg = f"{root} is not an empty folder"
        raise Misused(msg, "choose a new one, or none: a temporary folder is taken then")
    try:
        _fill(checked, root, progress)
        return Opened(root.resolve(), tuple(_differing(checked, root)))
    except BaseException as error:
        shutil.rmtree(root, ignore_errors=True)
        if there:
            root.mkdir(exist_ok=True)
        if isinstance(error, OSError):
            msg = f"{root} cannot be written: {error.strerror or error}"
            raise Unreachable(msg, "choose a folder on a disk that has room") from error
        raise


def _fill(checked: Checked, root: Path, progress: Progress) -> None:
    """Write everything; the folder is a workspace when the settings stand there, the last ones."""
    (root / "data" / "objects").mkdir(parents=True)
    prove(checked, root / "data" / "journal.db", progress)
    data = root / "data"
    run_log = root / "logs" / "runs" / f"{checked.manifest.run}.log"
    settled = {m.QC_REPORT: data / m.QC_REPORT, m.ACCOUNT: data / "run_log.txt", m.RUN_LOG: run_log}
    later = (m.EVENTS, m.SETTINGS)
    with checked.path.open("rb") as file:
        for name, member in checked.members.items():
            place = settled.get(name, root / name)
            if name.startswith(f"{m.OBJECTS}/"):
                place = root / "data" / name
            if name not in later:
                _write(place, chunks(file, member))
        mark = Mark(checked.path.name, checked.sha256, checked.manifest)
        _write(root / INCIDENT, iter([m.as_json(mark)]))
        _write(root / m.SETTINGS, chunks(file, checked.members[m.SETTINGS]))


def _write(place: Path, content: Iterator[bytes]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("xb") as file:
        file.writelines(content)


def _differing(checked: Checked, root: Path) -> Iterator[str]:
    """Yield the tables that the events come to otherwise here; also fills the read models."""
    manifest = checked.manifest
    with Program(Workspace(root), readonly=True) as program:
        for name, position in ((m.BEFORE, manifest.first - 1), (m.AFTER, manifest.last)):
            then = _tables(checked, name)
            with program.models.at(position) as seen:
                now = msgspec.json.decode(m.as_json(tables_of(seen, position)), type=_Models).tables
            for table in sorted(then.keys() | now.keys()):
                if then.get(table) != now.get(table):
                    yield f"{table} {name.partition('.')[0]} the run"


class _Models(Struct):
    """What of `before.json.gz` and `after.json.gz` is compared."""

    tables: dict[str, list[dict[str, str | int | float | None]]]


def _tables(checked: Checked, name: str) -> dict[str, list[dict[str, str | int | float | None]]]:
    """Return the read models as they came with the bundle. Raises Drift."""
    try:
        with _unpacked(checked, name) as lines:
            return msgspec.json.decode(b"".join(lines), type=_Models).tables
    except (OSError, EOFError, zlib.error, ValueError) as error:
        msg = f"{name} in {checked.path} cannot be read: {error}"
        raise Drift(msg, ASK) from error
