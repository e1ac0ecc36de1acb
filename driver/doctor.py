"""
Tries out what the program needs, one thing after the other; one that fails never stops the next.

Nothing is appended, no lock is held for longer than a moment, and what was written for a trial is
removed again. `warn` means that work goes on; `fail` that a verb will not work.
"""

import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Literal

from msgspec import Struct

from adapters.errors import AdapterError
from driver import backups, clock, galleries
from driver.backup_room import same_disk
from driver.errors import DAMAGED, DONE, UNREACHABLE, DriverError, journal_exit_code
from driver.patience import patiently
from driver.program import Program
from driver.recovery import is_alive
from driver.standing import BEHIND_HINT, why_behind
from driver.workspace import unescape_name
from journal import JournalError
from machine.run_events import BackedUp

State = Literal["ok", "warn", "fail"]

WAL_RESET_MENDED = (3, 51, 3)
"""SQLite before this can lose commits when two connections checkpoint at once."""

BACKUP_DAYS = 7
"""An older backup is warned about."""

IMPORT_S = 60.0
"""How long a library may take to load, cold disk included."""

_OF_BACKUP = 3
"""Events that a backup appends itself."""

ROOM = 4
"""Warn below so many times `[journal] min_free`."""

_NEED_JOURNAL = {"runs", "backup", "gallery"}

_LOOK_AT = {
    "ftp": "check [publish.ftp], the account's rights and quota, and the certificate",
    "mysql": "check [publish.mysql] and the account's rights; photojournal doctor --create-table"
    " makes tables that are missing",
}
"""Where to look when a half of a gallery on servers fails."""

_LIBRARIES = ("PIL", "cv2", "exiv2", "numpy", "pebble", "msgspec", "sqlite_utils")
_PACKAGES = (
    "pillow",
    "opencv-python-headless",
    "exiv2",
    "numpy",
    "pebble",
    "msgspec",
    "sqlite-utils",
)


class Trial(Struct, frozen=True, kw_only=True):
    """One thing that was tried out."""

    name: str
    state: State
    detail: str
    hint: str = ""
    damaged: bool = False
    """It is the journal, and it is not what was appended."""


def trials(program: Program, told: Callable[[str], None] = lambda _words: None) -> Iterator[Trial]:
    """Try everything out, the cheap things first; `told` is told in a line what takes long."""
    checks: tuple[tuple[str, Callable[[Program], Iterator[Trial]]], ...] = (
        ("versions", _versions),
        ("workspace", _workspace),
        ("disk", _disk),
        ("journal", _journal),
        ("runs", _runs),
        ("backup", _backup),
        ("crashes", _crashes),
        ("libraries", _libraries),
        ("gallery", lambda one: _gallery(one, told)),
        ("exiftool", _exiftool),
        ("ollama", _ollama),
        ("scoring", lambda one: _scoring(one, told)),
    )
    unread = False
    for name, check in checks:
        if unread and name in _NEED_JOURNAL:
            continue
        try:
            yield from check(program)
        except (JournalError, AdapterError, DriverError) as error:
            unread = unread or name == "journal"
            damaged = isinstance(error, JournalError) and journal_exit_code(error) == DAMAGED
            hint = getattr(error, "hint", "")
            yield Trial(name=name, state="fail", detail=str(error), hint=hint, damaged=damaged)
        except Exception as error:  # noqa: BLE001  (one trial that fails never stops the next)
            detail = f"{type(error).__name__}: {error}"
            yield Trial(name=name, state="fail", detail=detail)


def exit_code(found: list[Trial]) -> int:
    """Return 4 if something does not work that the program depends on, 3 for a damaged journal."""
    if any(one.damaged for one in found):
        return DAMAGED
    return UNREACHABLE if any(one.state == "fail" for one in found) else DONE


def _versions(_program: Program) -> Iterator[Trial]:
    program = metadata.version("photojournal")
    detail = f"photojournal {program}, Python {platform.python_version()}, {platform.platform()}"
    yield Trial(name="versions", state="ok", detail=detail)
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < WAL_RESET_MENDED:
        detail = (
            f"SQLite {version}: before 3.51.3 two checkpoints at once can lose commits;"
            " photojournal makes them one at a time. Leave journal.db to photojournal alone."
        )
    else:
        detail = f"SQLite {version}"
    yield Trial(name="sqlite", state="ok", detail=detail)


def _workspace(program: Program) -> Iterator[Trial]:
    workspace = program.workspace
    for folder in (workspace.root, workspace.data, workspace.logs):
        probe = folder / f".photojournal-probe-{os.getpid()}"
        try:
            probe.write_bytes(b"probe")
        except OSError as error:
            detail = f"{folder} cannot be written to: {error.strerror}"
            hint = "change the folder's owner or permissions"
            yield Trial(name="workspace", state="fail", detail=detail, hint=hint)
            return
        finally:
            probe.unlink(missing_ok=True)
    yield Trial(name="workspace", state="ok", detail=f"{workspace.root} can be written to")


def _disk(program: Program) -> Iterator[Trial]:
    free = shutil.disk_usage(program.workspace.data).free
    needed = program.workspace.config.min_free_bytes()
    detail = f"{free / 1e9:,.1f} GB free, [journal] min_free is {needed / 1e6:,.0f} MB"
    hint = "free some space on the disk of data/"
    state: State = "fail" if free < needed else "warn" if free < ROOM * needed else "ok"
    yield Trial(name="disk", state=state, detail=detail, hint="" if state == "ok" else hint)


def _journal(program: Program) -> Iterator[Trial]:
    head = program.journal.head
    detail = f"{head.position:,} events, the last one at {head.at}; photojournal verify reads all"
    yield Trial(name="journal", state="ok", detail=detail)
    for status in program.models.status():
        if status.error:
            detail = f"{status.name} stays at position {status.position}: {status.error}"
            hint = "photojournal verify"
            yield Trial(name="read models", state="warn", detail=detail, hint=hint)
            return
    yield Trial(name="read models", state="ok", detail=f"as of position {head.position:,}")


def _runs(program: Program) -> Iterator[Trial]:
    query = "SELECT run_id FROM runs WHERE effects = 1 AND outcome = ''"
    unended = [line["run_id"] for line in program.models.query(query)]
    working = [run for run in unended if is_alive(program.workspace, run)]
    dead = [run for run in unended if run not in working]
    open_rows = program.models.query(
        "SELECT id FROM review_queue WHERE next_action LIKE 'photojournal repair %' ORDER BY id"
    )
    if dead or (open_rows and not working):
        runs, rows = _counted(len(dead), "run"), _counted(len(open_rows), "row")
        detail = f"{runs} died without a word; something is open on {rows}"
        yield Trial(name="runs", state="warn", detail=detail, hint="photojournal repair")
    else:
        at_work = f"{len(working)} at work" if working else "none at work"
        yield Trial(name="runs", state="ok", detail=f"{at_work}, nothing was left open")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _backup(program: Program) -> Iterator[Trial]:
    newest = backups.newest(program.journal)
    events = program.journal.head.position
    hint = "photojournal backup FOLDER-ON-ANOTHER-DISK"
    if newest is None:
        state: State = "warn" if events else "ok"
        yield Trial(name="backup", state=state, detail="none yet", hint=hint if events else "")
        return
    at, made = newest
    days = (datetime.now(UTC) - clock.parse(at)).days
    later = events - made.position - _OF_BACKUP
    age = f"{_counted(days, 'day')} ago, {_counted(max(later, 0), 'event')} since"
    whole, contents = _contents(made)
    old = days >= BACKUP_DAYS and later > 0
    bad = old or not whole
    yield Trial(
        name="backup",
        state="warn" if bad else "ok",
        detail=f"{age}, {contents}: {made.target}{_standing(program, made)}",
        hint=hint if bad else "",
    )


def _contents(made: BackedUp) -> tuple[bool, str]:
    """Tell whether all objects are in a backup, and say so in words."""
    if made.objects is None:
        return False, "the journal alone, without the objects"
    objects = f"with {_counted(made.objects, 'object')}"
    return not made.missing, f"{objects}, {made.missing:,} missing" if made.missing else objects


def _standing(program: Program, made: BackedUp) -> str:
    """Say where a backup is, as far as it can be seen now."""
    folder = Path(unescape_name(made.target))
    if not folder.exists():
        return " (not there now)"
    kept = backups.backups_in(folder.parent)
    older = [f"1 of {len(kept)}, since {kept[0].name}"] if len(kept) > 1 else []
    where = ["on the same disk"] if same_disk(program.workspace, folder) else []
    return f" ({', '.join((*where, *older))})" if where or older else ""


def _crashes(program: Program) -> Iterator[Trial]:
    root = program.workspace.root
    for path in (program.workspace.data / "crash_runtime.log", root / "crash_startup.log"):
        if path.is_file() and path.stat().st_size:
            hours = (time.time() - path.stat().st_mtime) / 3600
            detail = f"{path} was written to {_ago(hours)}"
            hint = "look at its end, report it, and remove the file"
            yield Trial(name="crashes", state="warn", detail=detail, hint=hint)
            return
    yield Trial(name="crashes", state="ok", detail="no traceback was left behind")


def _ago(hours: float) -> str:
    return f"{hours:.0f} hours ago" if hours < 48 else f"{hours / 24:.0f} days ago"  # noqa: PLR2004


def _libraries(_program: Program) -> Iterator[Trial]:
    """Load what the workers load, in a process of its own: a broken library may kill it."""
    command = [sys.executable, "-c", f"import {', '.join(_LIBRARIES)}"]
    hint = "install again: pip install --force-reinstall photojournal"
    try:
        done = subprocess.run(  # noqa: S603  (our own interpreter, fixed words)
            command, capture_output=True, text=True, timeout=IMPORT_S, check=False, errors="replace"
        )
    except subprocess.TimeoutExpired:
        detail = f"did not load within {IMPORT_S:.0f} s"
        yield Trial(name="libraries", state="fail", detail=detail, hint=hint)
        return
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        yield Trial(name="libraries", state="fail", detail=last, hint=hint)
        return
    detail = ", ".join(f"{name} {metadata.version(name)}" for name in _PACKAGES)
    yield Trial(name="libraries", state="ok", detail=detail)


def _gallery(program: Program, told: Callable[[str], None]) -> Iterator[Trial]:
    with patiently(told, "doctor", program.workspace.config.publish.answer_s):
        probes = list(program.gallery.check())
    for probe in probes:
        where = galleries.place(program.workspace, probe.name)
        look = _LOOK_AT.get(probe.name, f"check who may write to {where}, and its disk")
        state: State = "fail" if not probe.ok else "warn" if probe.warning else "ok"
        yield Trial(
            name=f"gallery {probe.name}",
            state=state,
            detail=f"{where}: {probe.warning or probe.detail}",
            hint=probe.hint if probe.ok else probe.hint or look,
        )
    behind = why_behind(program.journal, program.gallery) if all(one.ok for one in probes) else ""
    if behind:
        detail = f"the journal is behind the gallery: {behind}"
        yield Trial(name="gallery", state="fail", detail=detail, hint=BEHIND_HINT)


def _exiftool(program: Program) -> Iterator[Trial]:
    """Look for what puts texts into AVIF; where no rendition is that, only for information."""
    path = shutil.which("exiftool")
    if path:
        yield Trial(name="exiftool", state="ok", detail=path)
        return
    tables = program.workspace.config.resize.tables()
    avif = [name for name, table in tables.items() if table.format == "avif"]
    if not avif:
        detail = "not here, and not needed: no rendition is AVIF"
        yield Trial(name="exiftool", state="ok", detail=detail)
        return
    detail = f"not on the PATH: {', '.join(avif)} cannot be published as AVIF"
    hint = "install it (exiftool.org), or choose another format in [resize.renditions]"
    yield Trial(name="exiftool", state="fail", detail=detail, hint=hint)


def _ollama(program: Program) -> Iterator[Trial]:
    """Try the caption service; as long as captions come from metadata, only for information."""
    from driver.doctor_ollama import trials_of

    yield from trials_of(program.workspace.config.prefill)


def _scoring(program: Program, told: Callable[[str], None]) -> Iterator[Trial]:
    """Try the models of scoring; where the profile needs none, only for information."""
    from driver.doctor_score import trials_of

    yield from trials_of(program.workspace, told)
