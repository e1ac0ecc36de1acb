"""
Rows whose results were made by other settings than today's, counted without reading a photo.

What a verb would do with them is decided by the verb; here it is only told that they are there.
"""

from collections.abc import Iterable

from driver.errors import Misused
from driver.program import Program
from driver.recipe import recipe_of
from driver.shell import Shell
from driver.workspace import Workspace
from machine.stage_events import Resized


def scored_otherwise(program: Program) -> int:
    """Return how many rows were scored with another profile and are due again for it."""
    query = (
        "SELECT count(*) AS rows FROM review_queue WHERE score_status = 'done'"
        " AND score_profile NOT IN ('', ?) AND decision NOT IN ('approved', 'rejected')"
        " AND Review_Status IN ('Queued', 'Pending', 'Error')"
    )
    (found,) = program.models.query(query, [program.workspace.config.score.profile])
    return int(found["rows"])


def resized_otherwise(program: Program) -> int:
    """
    Return how many rows are due again for their pictures; those that are approved are not.

    The newest pictures of a row count, also where a rollback brought back earlier ones.
    """
    query = (
        "SELECT id FROM review_queue WHERE resize_status = 'done'"
        " AND decision NOT IN ('approved', 'rejected') AND Review_Status != 'Rejected'"
    )
    rows = {f"row/{line['id']}" for line in program.models.query(query)}
    wanted = _wanted(program.workspace) if rows else ""
    if not wanted:
        return 0
    newest: dict[str, str] = {}
    for _, stream, event in program.journal.read_types((Resized.tag,)):
        if stream in rows and isinstance(event, Resized) and event.applied == "applied":
            newest[stream] = event.recipe_digest
    return sum(digest != wanted for digest in newest.values())


def addressed_otherwise(program: Program) -> int:
    """Return how many rows are published under another `public_url_base` than that of today."""
    base = program.workspace.config.publish.public_url_base.rstrip("/")
    known = program.models.query("SELECT Path FROM photos_info")
    return sum(
        not one["Path"].startswith(f"{base}/") if base else "://" in one["Path"] for one in known
    )


def with_other_pictures(shell: Shell, numbers: Iterable[int]) -> list[int]:
    """Return the rows whose pictures were made by other settings."""
    wanted = _wanted(shell.workspace)
    parts = ((number, shell.row(number).decided.resize) for number in numbers)
    return [
        number
        for number, part in parts
        if wanted and part.status == "done" and part.recipe_digest != wanted
    ]


def _wanted(workspace: Workspace) -> str:
    """Return the digest of today's recipe; empty: the settings ask for what cannot be made."""
    try:
        return recipe_of(workspace).digest
    except Misused:
        return ""
