"""`incident`: what a run did, in one signed file for somebody else."""

import shlex
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from commands.bundles import Bundle
from commands.call import Call
from commands.output import RUN_SHOWN, hanging, line, pairs, table, warn, write_json
from commands.progress import progress
from driver.errors import DAMAGED, Misused
from machine.text import size

if TYPE_CHECKING:
    from driver.incident_manifest import Manifest
    from driver.incident_open import Checked, Opened

_LISTED = 20
"""Damages that are named; the manifest has more."""
_VERIFY = "photojournal verify"
_EXPORT, _OPEN = "photojournal incident export RUN FILE", "photojournal incident open FILE"


@dataclass(frozen=True)
class Told(Bundle):
    """What goes into a bundle, and how a bundle is held to what its maker said."""

    thumbnails: Annotated[
        bool, typer.Option("--thumbnails", help="For export: also the thumbnails of the rows.")
    ] = False
    with_private: Annotated[
        bool,
        typer.Option(
            "--with-private", help="For export: also GPS, serial numbers and owner of the photos."
        ),
    ] = False
    sha256: Annotated[
        str,
        typer.Option(
            "--sha256",
            metavar="DIGEST",
            help="For open: what the file has to be.",
            show_default=False,
        ),
    ] = ""
    key: Annotated[
        str,
        typer.Option(
            "--key",
            metavar="FINGERPRINT",
            help="For open: the key that has to have signed.",
            show_default=False,
        ),
    ] = ""


def incident(
    call: Call,
    action: Annotated[
        str, typer.Argument(metavar="ACTION", help="`export` or `open`.", show_default=False)
    ],
    what: Annotated[
        str,
        typer.Argument(
            metavar="RUN|FILE",
            help="For export: the run; `last` is the newest. For open: the bundle.",
            show_default=False,
        ),
    ],
    where: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE|FOLDER",
            help="For export: a new file. For open: a new folder; else a temporary one.",
            show_default=False,
        ),
    ] = None,
    *,
    told: Told,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="For export: only list what is in it. For open: only check it."
        ),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """
    Hand an incident to somebody else, or open what was handed over

    `export RUN FILE` writes one signed file: every event of the rows that the run touched, the read
    models before and after it, its logs, settings without passwords. What it did not touch is
    withheld, and so are GPS and serial numbers; the hash chain still holds. Keep the SHA-256 and
    the fingerprint that it prints elsewhere.

    `open FILE` checks all of it, offline, and opens it in a folder for the verbs that look:

    \b
    photojournal -w FOLDER queue
    photojournal -w FOLDER history ROW

    Exit code 5: the file is not what was made; 3: the chain of its events does not hold, or the
    journal was damaged when the bundle was made, which then says what is damaged.
    """  # noqa: D301  (Typer's mark for lines that stay as they are)
    actions: dict[str, Callable[[], None]] = {
        "export": lambda: _export(call, what, where, told, dry_run=dry_run, json=json),
        "open": lambda: _open(call, Path(what), where, told, dry_run=dry_run, json=json),
    }
    if action not in actions:
        msg = f"there is no `photojournal incident {action}`"
        raise Misused(msg, f"{_EXPORT}, or: {_OPEN}")
    actions[action]()


def _export(
    call: Call, run: str, where: Path | None, told: Told, *, dry_run: bool, json: bool
) -> None:
    """Gather the bundle of a run, list it, and write it."""
    from commands.app import say_error
    from driver.incident_export import Wanted, gather, refuse_existing, write
    from driver.selection import run_named

    if told.sha256 or told.key:
        msg = "--sha256 and --key are for a bundle that is opened"
        raise Misused(msg, _OPEN)
    if where is None and not dry_run:
        msg = "name the file that is to be written"
        raise Misused(msg, _EXPORT)
    with call.opened(heading=not json, readonly=True, accept_head=True) as program:
        named = run_named(program.journal, run)
        target = _target(where, named)
        if target and not dry_run:
            refuse_existing(target)
        with tempfile.TemporaryDirectory(prefix="photojournal-") as folder:
            wanted = Wanted(named, told.thumbnails, told.with_private)
            with progress("events") as shown:
                manifest = gather(program, wanted, Path(folder), shown.count)
            if not json:
                _say_contents(manifest)
            if manifest.damage:
                program.exit_code = DAMAGED
                say_error("the journal is damaged: a bundle tells it as it is stored", _VERIFY)
            if dry_run or target is None:
                _say_rehearsed(manifest, json=json)
                return
            written = write(program, manifest, Path(folder), target)
    if json:
        write_json(msgspec.to_builtins(written))
        return
    line(f"Wrote {target} ({size(target.stat().st_size)})")
    line(f"SHA-256  {written.sha256}")
    line(f"Key      {written.fingerprint}")
    line("Keep both elsewhere. Who gets the file has to get them by another way, and types:")
    words = ["photojournal", "incident", "open", target.name]
    line(shlex.join([*words, "--sha256", written.sha256, "--key", written.fingerprint]))


def _target(where: Path | None, run: str) -> Path | None:
    """Return the file to write; in a folder, one called after the run."""
    if where is None:
        return None
    where = where.expanduser().absolute()
    return where / f"incident-{run[:RUN_SHOWN]}.zip" if where.is_dir() else where


def _say_rehearsed(manifest: "Manifest", *, json: bool) -> None:
    if json:
        write_json(msgspec.to_builtins(manifest))
    else:
        line("Dry run: nothing was written.")


def _say_contents(manifest: "Manifest") -> None:
    """List what is in a bundle, and what is withheld."""
    from driver import incident_words as words
    from driver.incident_manifest import MEANING, OBJECTS

    files = [one for one in manifest.files if not one.path.startswith(f"{OBJECTS}/")]
    pictures = [one for one in manifest.files if one.path.startswith(f"{OBJECTS}/")]
    listed = [(one.path, size(one.size_bytes), MEANING[one.path]) for one in files]
    if pictures:
        total = sum(one.size_bytes for one in pictures)
        listed.append((f"{OBJECTS}/", size(total), "thumbnails of the rows"))
    table(("file", "size", "what it is"), listed, right=("size",), keep=("file",))
    line()
    entries: list[tuple[str, object]] = [
        ("Run", manifest.run),
        ("In it", words.told(manifest)),
        ("Withheld", words.withheld(manifest)),
        ("Changed", words.since(manifest)),
    ]
    if not manifest.as_configured:
        entries.append(("Settings", "those of today; the run had others"))
    if manifest.missing_thumbnails:
        entries.append(("Missing", f"{manifest.missing_thumbnails} thumbnails are gone or damaged"))
    pairs(entries)
    _say_flaws(manifest)


def _say_flaws(manifest: "Manifest") -> None:
    """List what is wrong with the journal that a bundle is made of."""
    for flaw in manifest.flaws[:_LISTED]:
        hanging("Damaged  ", str(flaw))
    left = (manifest.damage.count if manifest.damage else 0) - len(manifest.flaws[:_LISTED])
    if left:
        line(f"... and {left:,} more")


def _open(
    call: Call, file: Path, where: Path | None, told: Told, *, dry_run: bool, json: bool
) -> None:
    """Check a bundle, and open it in a folder."""
    from commands.app import say_error
    from driver.incident_open import check, prove, unpack

    if told.thumbnails or told.with_private:
        msg = "--thumbnails and --with-private are for a bundle that is made"
        raise Misused(msg, _EXPORT)
    checked = check(file.expanduser().absolute(), digest=told.sha256, key=told.key)
    if dry_run:
        scratch = tempfile.TemporaryDirectory(prefix="photojournal-")
        with scratch as folder, progress("events") as shown:
            prove(checked, Path(folder) / "journal.db", shown.count)
        opened = None
    else:
        root = where.expanduser() if where else Path(tempfile.mkdtemp(prefix="incident-"))
        with progress("events") as shown:
            opened = unpack(checked, root, shown.count)
    if json:
        write_json(_as_json(checked, opened))
    else:
        _say_checked(checked, told, opened)
    if checked.manifest.damage:
        call.exit_code = DAMAGED
        msg = "the journal was damaged when this bundle was made, which tells it as it was stored"
        say_error(msg, "believe nothing of the events that are named; ask for a backup from before")


def _as_json(checked: "Checked", opened: "Opened | None") -> dict[str, Any]:
    return {
        "workspace": str(opened.root) if opened else None,
        "sha256": checked.sha256,
        "fingerprint": checked.fingerprint,
        "differing": list(opened.differing) if opened else [],
        "manifest": msgspec.to_builtins(checked.manifest),
    }


def _say_checked(checked: "Checked", told: Told, opened: "Opened | None") -> None:
    """Say what holds, what nobody has compared yet, and where to look."""
    from driver import incident_words as words

    manifest = checked.manifest
    asked = "" if told.sha256 else "; is it the one you were told? --sha256 compares"
    whose = "" if told.key else "; whose is it? --key compares"
    chain = "is as it was signed, damage included," if manifest.damage else "holds"
    pairs(
        [
            ("Run", manifest.run),
            ("In it", words.told(manifest)),
            ("Withheld", words.withheld(manifest)),
            ("Changed", words.since(manifest)),
            ("Chain", f"{chain} from the first event to the head {manifest.head} ({manifest.at})"),
            ("Signature", f"holds; key {checked.fingerprint}{whose}"),
            ("SHA-256", f"{checked.sha256}{asked}"),
        ]
    )
    _say_flaws(manifest)
    if opened is None:
        line("Dry run: nothing was unpacked.")
        return
    for one in opened.differing:
        by = manifest.versions.get("photojournal", "")
        warn(f"Warning: {one} comes out otherwise here than with photojournal {by}")
    line(f"Opened in {opened.root}; it can only be looked at.")
    line(f"Next: {shlex.join(['photojournal', '-w', str(opened.root), 'status'])}")
