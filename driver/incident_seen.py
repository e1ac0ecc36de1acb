"""What looking at an opened incident bundle has to know: what is in it, and what is withheld."""

from typing import TYPE_CHECKING

import msgspec

from driver.errors import Damaged, Misused
from driver.incident_manifest import Manifest, Mark
from driver.incident_words import heading
from driver.names import key_of
from driver.selection import UnknownRow
from driver.workspace import INCIDENT, Workspace
from machine.text import counted

if TYPE_CHECKING:
    from driver.program import Program


def manifest_of(workspace: Workspace) -> Manifest:
    """Return the manifest of the bundle that was opened here. Raises Damaged."""
    path = workspace.root / INCIDENT
    try:
        return msgspec.json.decode(path.read_bytes(), type=Mark).manifest
    except (OSError, ValueError) as error:
        msg = f"{path} cannot be read: {error}"
        raise Damaged(msg, "photojournal incident open FILE") from error


def heading_of(workspace: Workspace) -> str:
    """Return the line that stands above whatever is looked at."""
    return heading(manifest_of(workspace))


def withheld_row(program: "Program", error: Misused) -> Misused | None:
    """Return what to say in place of `error` about a row that the journal has; else None."""
    if not isinstance(error, UnknownRow):
        return None
    journal, word = program.journal, error.word
    stream = f"row/{word}" if word.isdecimal() else f"name/{key_of(word)}"
    lines = journal.read_stream(stream)
    if not lines:
        return None
    msg = f"row {word} is withheld from this bundle: {counted(len(lines), 'event')} in the journal"
    run = manifest_of(program.workspace).run
    hint = f"run {run} did not touch it; what is left of it: photojournal events --stream {stream}"
    return Misused(msg, hint)
