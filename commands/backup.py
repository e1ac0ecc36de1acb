"""`backup`: a verified copy of the workspace."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.call import Call
from commands.output import counted, line, warn
from commands.progress import progress
from driver.errors import DONE, DRIFT, ROWS_FAILED, Drift, worst
from machine.text import size

if TYPE_CHECKING:
    from driver.backing_up import Lacking, Made

_LISTED = 20


def backup(
    call: Call,
    dest: Annotated[
        Path | None,
        typer.Argument(
            metavar="DEST",
            help="The folder that keeps the backups; by default data/backups.",
            show_default=False,
        ),
    ] = None,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Read the backups in DEST, and make none.")
    ] = False,
) -> None:
    """
    Copy the workspace to a safe place, or check such copies

    The journal, the objects that it names and the settings go into DEST, each is read back, and
    others may go on meanwhile. What an earlier backup in DEST has is not copied again. Originals
    that are only referenced, and passwords, are not in it. With --check every byte is compared with
    what was copied; exit code 5: something differs.
    """
    if check:
        _check(call, dest)
        return
    from driver.backing_up import back_up

    with call.opened() as program:
        try:
            with program.run("backup", call.argv), progress("objects") as shown:
                made = back_up(program, dest, shown.count)
                program.exit_code = ROWS_FAILED if made.lacking else DONE
        except KeyboardInterrupt:
            warn(f"What was copied is kept. To go on: {shlex.join(['photojournal', *call.argv])}")
            raise
        _say(made)
        for words in program.warnings:
            warn(f"Warning: {words}")


def _say(made: "Made") -> None:
    from driver.backups import backups_in

    manifest = made.backup.manifest
    objects = f"{counted(len(manifest.objects), 'object')} ({made.copied:,} new)"
    line(f"Backed up {counted(manifest.position, 'event')} and {objects}, verified:")
    line(f"  {made.backup.folder}")
    kept = backups_in(made.backup.folder.parent)
    if len(kept) > 1:
        there = f"{counted(len(kept), 'backup')} there, the oldest {kept[0].name}"
        line(f"{there}; none is ever removed:")
        line("  to drop one, remove its folder (docs/backup.md)")
    if made.same_disk:
        line("It lies on the same disk as the workspace. Keep a copy on another one.")
    if manifest.originals.files:
        originals = counted(manifest.originals.files, "original")
        line(
            f"Not in it: {originals} ({size(manifest.originals.size_bytes)}) that are only"
            " referenced. Keep copies of them; [ingest] copy = true keeps those to come."
        )
    for one in made.lacking[:_LISTED]:
        _say_lacking(one)
    if len(made.lacking) > _LISTED:
        warn(f"... and {len(made.lacking) - _LISTED} more: photojournal verify")


def _say_lacking(one: "Lacking") -> None:
    saved = "; the backup has it from an earlier one" if one.saved else ""
    warn(f"Error: {one.named}: {one.why}{saved}")
    warn(f"Hint: {one.named.hint}")


def _check(call: Call, dest: Path | None) -> None:
    """Compare the backups in a folder with their manifests; no workspace is needed for that."""
    from driver.backup_check import differences
    from driver.backups import read, some_in

    known: set[str] = set()
    found: list[str] = []
    for folder in some_in(dest or call.find().data / "backups"):
        try:
            one = read(folder)
        except Drift as error:
            found.append(str(error))
            continue
        with progress(folder.name) as shown:
            differing = list(differences(one, shown.count, known))
        if not differing:
            events = counted(one.manifest.position, "event")
            what = f"{events}, {counted(len(one.manifest.objects), 'object')}"
            line(f"{folder}: whole ({what}, {size(one.manifest.size_bytes)})")
        found += differing
    for words in found[:_LISTED]:
        warn(f"Error: {words}")
    if len(found) > _LISTED:
        warn(f"... and {len(found) - _LISTED} more")
    if found:
        warn("Hint: remove what is damaged in objects/, then make a new backup there")
        call.exit_code = worst(call.exit_code, DRIFT)
