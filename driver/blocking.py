"""What stands in the way, for `status`: a full disk, a gallery that is away, failures of rows."""

from typing import TYPE_CHECKING, Any

from driver.program import Program
from journal.disk import free_bytes
from machine.failures import FAILURES, hint_for
from machine.run_events import StagePaused
from machine.text import size

if TYPE_CHECKING:
    from driver.looking import Seen
    from projections.reader import Reader


def blocked(seen: "Seen", runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """
    Return what stands in the way, each with what helps: first what concerns no row alone.

    Args:
        seen: the workspace.
        runs: its runs, the newest first.
    """
    whole = [] if seen.place else _low_disk(seen.program)
    return [*whole, *_restored(seen, runs), *_paused(seen, runs), *_differs(runs), *_rows(seen)]


def _rows(seen: "Seen") -> list[dict[str, Any]]:
    """Return the failures that stand over unfinished rows, with an example of each."""
    found: dict[str, dict[str, Any]] = {}
    query = (
        "SELECT id, File_Name, failure, next_action FROM review_queue"
        " WHERE failure != '' AND next_action != '' ORDER BY id"
    )
    for line in seen.models.query(query):
        code = line["failure"].partition(":")[0]
        entry = found.setdefault(
            code,
            {
                "code": code,
                "rows": 0,
                "id": line["id"],
                "File_Name": line["File_Name"],
                "meaning": FAILURES[code].meaning if code in FAILURES else "",
                "hint": hint_for(code, line["id"], line["next_action"]),
            },
        )
        entry["rows"] += 1
    return sorted(found.values(), key=lambda entry: -int(entry["rows"]))


def _whole(code: str, meaning: str, hint: str, rows: int = 0) -> dict[str, Any]:
    """Return something that concerns no row alone."""
    about = {"code": code, "rows": rows, "id": None, "File_Name": ""}
    return {**about, "meaning": meaning, "hint": hint}


def _low_disk(program: Program) -> list[dict[str, Any]]:
    """Return what keeps everything from going on: less is free than has to stay free."""
    free, least = free_bytes(program.workspace.data), program.workspace.config.min_free_bytes()
    if free >= least:
        return []
    low = FAILURES["DiskLow"]
    words = f"the disk is low: {size(free)} free, of which {size(least)} stay free (min_free)"
    return [_whole(low.code, words, low.hint)]


def is_restored(models: "Reader", runs: list[dict[str, Any]]) -> bool:
    """
    Tell whether the workspace comes from a backup and has not published anything since.

    Then the gallery may know more than the journal, and nobody has looked.
    """
    for run in runs:
        if run["verb"] in ("publish", "repair") and run["outcome"] in ("done", "failed rows"):
            return False
        if run["verb"] == "restore":
            return bool(
                models.query("SELECT id FROM review_queue WHERE Review_Status = 'Published'")
            )
    return False


def _restored(seen: "Seen", runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return that the gallery may have been changed after the backup that this comes from."""
    if not is_restored(seen.models, runs):
        return []
    words = "restored from a backup: the journal may be behind the gallery"
    return [_whole("Restored", words, "photojournal verify --remote")]


def _paused(seen: "Seen", runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return why the newest `publish` did not begin, as long as rows wait for it."""
    newest = next((run for run in runs if run["verb"] == "publish"), None)
    query = "SELECT id FROM review_queue WHERE next_action LIKE 'photojournal publish %'"
    if newest is None or newest["outcome"] != "paused" or not seen.models.query(query):
        return []
    events = (one.event for one in seen.journal.read_stream(f"run/{newest['run_id']}"))
    hint = "photojournal doctor; then: photojournal publish"
    return [
        _whole(one.code, f"nothing could be published to the {one.detail}", hint, one.rows_left)
        for one in events
        if isinstance(one, StagePaused) and one.stage == "publish"
    ][-1:]


def _differs(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return that the newest run, a `repair --remote`, left something that no repair touches."""
    if not runs or (runs[0]["verb"], runs[0]["outcome"]) != ("repair", "drift"):
        return []
    changed = FAILURES["TargetChanged"]
    return [_whole(changed.code, changed.meaning, "photojournal verify --remote")]
