"""
What an incident left beside its events: damage, tracebacks, unusable settings, a full disk.

Each gives a sign like those of events. The hash chain is checked for what the runs appended, and
for everything where the journal is short.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from msgspec import to_builtins
from msgspec.structs import replace

from driver import clock, crash_files
from driver.crash_files import Crash
from driver.looking import Seen
from driver.named_objects import Named, named_by
from driver.recovery import row_number
from driver.triage_runs import Run
from driver.workspace import MARKER, Workspace
from journal import Journal, UnreadableEvent
from journal.disk import free_bytes
from journal.scan import Damage
from journal.span import check_span
from machine.signs import Place, Sign
from machine.text import counted, size

SPAN = 30_000
"""Events of which the hash chain is checked, about 0.1 s: all, or the newest of the runs."""

DRIFT = 20_000
"""Events of a journal with which the read models are compared, about 0.1 s; `replay --check`."""

NAMING = 20_000
"""Events, the newest, whose objects are looked for, about 0.1 s; `verify` looks for all."""

LISTED = 20
"""Damages that are named; the others are counted."""


def damage_of(
    seen: Seen, meant: Sequence[Run], unreadable: Sequence[UnreadableEvent]
) -> list[Damage]:
    """Return what is wrong with what the runs appended; with all of a short journal."""
    first, last = span_of(seen, meant)
    found = check_span(seen.program.workspace.journal, first - 1, last)
    known = {one.position for one in found}
    lost = [one for one in unreadable if one.position not in known]
    return found + [Damage(one.position, "undecodable", str(one)) for one in lost]


def span_of(seen: Seen, meant: Sequence[Run]) -> tuple[int, int]:
    """Return the first and the last position that are checked."""
    head = seen.journal.head.position
    if head <= SPAN or not meant:
        return max(head - SPAN, 0) + 1, head
    last = meant[-1]["last_position"]
    return max(meant[0]["first_position"], last - SPAN + 1), last


def signs_of_drift(seen: Seen) -> list[Sign]:
    """Return the first cell that is not what the journal says; a long journal is not asked."""
    if seen.place or seen.behind() or seen.journal.head.position > DRIFT:
        return []
    differences = seen.program.models.check()
    if not differences:
        return []
    first = differences[0]
    where = "/".join(filter(None, (first.table, first.key, first.column)))
    more = f" and {len(differences) - 1} more" if len(differences) > 1 else ""
    detail = f"{where}{more} is not what the journal says"
    row = int(first.key) if first.table == "review_queue" and first.key.isdecimal() else None
    place = Place(0, clock.now(), "", row)
    return [Sign(place=place, type="drift", level="error", domain=13, detail=detail)]


def signs_of_missing(seen: Seen) -> list[Sign]:
    """
    Return a sign of the objects that events name and that are not there; none where all are.

    After an import all are missing. An opened bundle has none on purpose.
    """
    workspace, journal = seen.program.workspace, seen.journal
    if seen.place or workspace.is_incident:
        return []
    named: dict[str, Named] = {}
    for page in journal.read_events(max(journal.head.position - NAMING, 0)):
        for _, stream, event in page:
            named.update(named_by(stream, event))
    missing = [one for sha, one in named.items() if not seen.program.objects.exists(sha)]
    if not missing:
        return []
    detail = f"{len(missing)} of {counted(len(named), 'object')} not in data/objects: {missing[0]}"
    more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
    place = Place(0, clock.now(), "")
    return [Sign(place=place, type="missing", level="warning", domain=13, detail=detail + more)]


def damage_as_json(span: tuple[int, int], damages: Sequence[Damage]) -> dict[str, Any]:
    """Return what was checked and what was found."""
    return {
        "first_checked": span[0],
        "last_checked": span[1],
        "problems": [to_builtins(one) for one in damages[:LISTED]],
        "more": max(len(damages) - LISTED, 0),
    }


def signs_of_damage(damages: Iterable[Damage], journal: Journal | None = None) -> list[Sign]:
    """Return a sign for each damage, with its row where the journal tells; about every run."""
    return [
        Sign(
            place=Place(one.position, "", "", _row_at(journal, one.position)),
            type="damage",
            level="fatal",
            domain=13,
            detail=f"{one.kind}: {one.detail}",
        )
        for one in damages
    ]


def _row_at(journal: Journal | None, position: int) -> int | None:
    """Return the row whose stream has this event; what is read is not decoded."""
    if journal is None or not position:
        return None
    streams = (one.stream for one in journal.read_raw(after=position - 1, until=position))
    return next((row_number(one) for one in streams), None)


def crashes_of(root: Path, meant: Sequence[Run]) -> list[Crash]:
    """Return the tracebacks that the runs and their workers left."""
    runtime = crash_files.crashes(root, crash_files.RUNTIME)
    return [one for one in runtime if any(_is_of(one, run) for run in meant)]


def _is_of(crash: Crash, run: Run) -> bool:
    """Tell whether a traceback is of a run or of its workers, not of who only looked meanwhile."""
    if crash.run:
        return bool(crash.run == run["run_id"])
    verb = crash.about.partition(" ")[2].partition(" ")[0]
    mine = not crash.about.startswith("photojournal ") or verb == run["verb"]
    return mine and crash_files.within(crash, run["started_at"], run["ended_at"])


def with_rows(signs: Iterable[Sign], crashes: Sequence[Crash]) -> list[Sign]:
    """Return the signs; where an unforeseen error ended a run, with the row of its traceback."""
    rows = {one.run: one.row for one in crashes if one.run and one.row}
    return [
        replace(one, place=replace(one.place, row=rows[one.place.run]))
        if one.type == "RunEnded" and not one.domain and one.place.run in rows
        else one
        for one in signs
    ]


def startup_crashes(root: Path, runs: Iterable[Run]) -> list[Crash]:
    """
    Return what kept verbs from beginning, since the newest run with effects began.

    What came before is over: that run could begin.
    """
    newest = next((one["started_at"] for one in runs if one["effects"]), "")
    found = crash_files.crashes(root, crash_files.STARTUP)
    return [one for one in found if not newest or crash_files.within(one, newest, "")]


_SETTINGS = "Misconfigured: "


def is_mended(crash: Crash, settings: str) -> bool:
    """Tell whether an entry is about the file of the settings, which can be used by now."""
    return not settings and _SETTINGS in crash.error and MARKER in crash.error


def signs_of_startup(crashes: Iterable[Crash], settings: str) -> list[Sign]:
    """
    Return a sign for each failure at the start; those of runs and workers have events.

    `settings` is what is wrong with photojournal.toml now; what was mended since is a note.
    """
    return [
        Sign(
            place=Place(0, one.at, ""),
            type="settings" if _SETTINGS in one.error else "traceback",
            level="note" if is_mended(one, settings) else "fatal",
            domain=0,
            detail=one.error.partition(_SETTINGS)[2] or one.error,
            step=f"{one.file}:{one.line}",
        )
        for one in crashes
    ]


def signs_of_disk(workspace: Workspace) -> list[Sign]:
    """Return the sign of a disk that has no room for a run to begin; none while it has."""
    if workspace.is_incident:
        return []
    free, least = free_bytes(workspace.data), workspace.config.min_free_bytes()
    if free >= least:
        return []
    detail = f"{size(free)} free, {size(least)} have to stay free ([journal] min_free)"
    place = Place(0, clock.now(), "")
    return [Sign(place=place, type="disk", level="fatal", domain=8, code="DiskLow", detail=detail)]


def signs_of_settings(problem: str) -> list[Sign]:
    """Return the sign of settings that cannot be used; none where they can."""
    if not problem:
        return []
    place = Place(0, clock.now(), "")
    return [Sign(place=place, type="settings", level="fatal", domain=0, detail=problem)]
