"""
Looking at a workspace, as it is or as it was: nothing here appends, settles or touches a log.

`look` opens a `Seen`: the read models of now, or those of an earlier place in history. `overview`
is what `status` shows, with the one command that leads on.
"""

import contextlib
import shlex
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from driver.blocking import blocked
from driver.errors import Misused
from driver.moments import Place, place_of
from driver.other_settings import addressed_otherwise, resized_otherwise, scored_otherwise
from driver.program import Program
from driver.recovery import is_alive
from driver.selection import resolve
from driver.storage import sizes
from journal import Journal
from machine.evolve import fold
from machine.forgetting import ERASED
from machine.row import Row
from machine.run_events import RunStarted, ScorerChecked, StagePaused
from projections import review_queue
from projections.reader import Reader

_STAGE_VERBS = ("prefill", "score", "resize")
_REVIEW_VERBS = ("approve", "edit")
_MENDING_VERBS = ("retry", "release", "replace")
_SET_ASIDE = ("Error", "Quarantined")


_BRIEF = 60
"""Characters of a command in a listing of runs."""
_BRIEF_WORD = 40
"""Characters of one of its words: of a longer path the middle is cut out."""


class Seen:
    """A workspace as it is or was. Close it after use."""

    def __init__(self, program: Program, place: Place | None) -> None:
        """Keep what is looked at; `place` is None for today."""
        self.program = program
        self.journal: Journal = program.journal
        self.place = place

    @cached_property
    def models(self) -> Reader:
        """The read models; those of then are made when they are first asked."""
        return self.program.models.at(self.place.position) if self.place else self.program.models

    def close(self) -> None:
        """Let go of the read models of then, if they were made."""
        if self.place and "models" in vars(self):
            self.models.close()

    @property
    def until(self) -> int | None:
        """The last position that counts; None: whatever is there."""
        return self.place.position if self.place else None

    def row(self, number: int) -> Row:
        """Return a row's state."""
        history = self.journal.read_stream(f"row/{number}", until_position=self.until)
        return fold(one.event for one in history)

    def number(self, word: str) -> int:
        """
        Return the row that a word means: by today's names, so that nothing has to be made.

        Raises:
            Misused: no row, several, or one that came in later.
        """
        number = resolve(self.program.models, word)
        if self.place and not self.row(number).version:
            msg = f"row {number} came in later than {self.place.words}"
            raise Misused(msg, f"photojournal history {number}")
        return number

    def line(self, number: int) -> dict[str, Any]:
        """Return a row's line of `review_queue`."""
        if not self.place:
            return self.models.line(number) or {"id": number}
        events = self.journal.read_stream(f"row/{number}", until_position=self.until)
        line = review_queue.line(self.row(number), events[-1])
        return dict(zip(review_queue.QUEUE.names, line, strict=True))

    def labelled(self, number: int) -> str:
        """Return a row as a person reads it: `id File_Name`, of then."""
        return f"{number} {self.row(number).happened.file_name}"

    def behind(self) -> str:
        """Say why the read models are not current; empty when they are."""
        if self.place:
            return ""
        for status in self.program.models.status():
            if status.error:
                return f"{status.name} lacks the last {status.behind} events: {status.error}"
        return ""


@contextlib.contextmanager
def look(program: Program, at: str = "") -> Iterator[Seen]:
    """
    Look at a workspace.

    Args:
        program: opened for reading.
        at: a position, a time or a run; empty: now.

    Raises:
        Misused: there is no such place in history.
    """
    with contextlib.closing(Seen(program, place_of(program.journal, at) if at else None)) as seen:
        yield seen


# --- status


def overview(seen: Seen) -> dict[str, Any]:
    """Return where the work stands; the keys are those of `status --json`."""
    counts = seen.models.query(
        "SELECT Review_Status, count(*) AS rows FROM review_queue GROUP BY 1 ORDER BY min(id)"
    )
    runs = seen.models.runs()
    working = [run["run_id"] for run in runs if _is_working(seen, run)]
    waiting = waiting_commands(seen)
    behind = [] if seen.place else _behind(seen.program)
    by_status = {line["Review_Status"]: line["rows"] for line in counts}
    leads_on = next_command(waiting, by_status, working=bool(working))
    if seen.program.workspace.is_incident:
        leads_on = "photojournal triage"
    elif leads_on == "photojournal run" and not seen.place:
        leads_on = _way_out(seen, runs, waiting) or leads_on
    return {
        "workspace": str(seen.program.workspace.root),
        "position": seen.until if seen.place else seen.journal.head.position,
        "rows": sum(line["rows"] for line in counts),
        "by_status": by_status,
        "site_rows": seen.models.query("SELECT count(*) AS rows FROM site_rows")[0]["rows"],
        "last_run": last_run(seen, runs),
        "triage": "" if seen.place else _triage(seen, runs),
        "working": working,
        "waiting": waiting,
        "due": due(seen),
        "blocked": blocked(seen, runs),
        "sizes": None if seen.place else sizes(seen.program),
        "projections": behind,
        "next_command": "photojournal verify" if behind else leads_on,
        "other_settings": 0 if seen.place else scored_otherwise(seen.program),
        "other_addresses": 0 if seen.place else addressed_otherwise(seen.program),
        "other_pictures": 0 if seen.place else resized_otherwise(seen.program),
    }


def last_run(seen: Seen, runs: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the newest run and how it ended: `outcome` is never empty."""
    if not runs:
        return None
    return runs[0] | {"outcome": ending(seen, runs[0])}


def _triage(seen: Seen, runs: list[dict[str, Any]]) -> str:
    """Return the command that explains the newest run with effects; empty where it ended well."""
    newest = next((run for run in runs if run["effects"] and not run["dry_run"]), None)
    well = newest is None or ending(seen, newest) in ("done", "working")
    return "" if well else "photojournal triage"


def ending(seen: Seen, run: dict[str, Any]) -> str:
    """
    Return how a run ended.

    `working` while it lives, `died` when nobody settled it yet; `unfinished` for a short run, one
    without effects, that did not come to its end or still is at it.
    """
    if run["outcome"]:
        return str(run["outcome"])
    if not run["effects"] or seen.place:
        return "unfinished"
    return "working" if _is_working(seen, run) else "died"


def typed(run: dict[str, Any]) -> str:
    """Return the command of a run as it would be typed; the verb alone where words were erased."""
    words = [] if ERASED in run["argv"] else shlex.split(run["argv"])
    given = 2 if words[:1] in (["-w"], ["--workspace"]) else 0  # a folder may be called like a verb
    verb = words.index(run["verb"], given) if run["verb"] in words[given:] else len(words)
    return shlex.join(["photojournal", *(words[verb:] or [run["verb"]])])


def briefly(command: str) -> str:
    """Return a command for a listing: of a long one the first words, and how many more."""
    if len(command) <= _BRIEF:
        return command
    shown, more = "", shlex.split(command)
    while more and len(longer := f"{shown} {_cut(shlex.quote(more[0]))}".lstrip()) <= _BRIEF:
        shown = longer
        more.pop(0)
    return f"{shown} ... and {len(more)} more" if more else shown


def _cut(word: str) -> str:
    half = (_BRIEF_WORD - 3) // 2
    return word if len(word) <= _BRIEF_WORD else f"{word[:half]}...{word[-half:]}"


def _is_working(seen: Seen, run: dict[str, Any]) -> bool:
    if run["outcome"] or not run["effects"] or seen.place:
        return False
    return is_alive(seen.program.workspace, str(run["run_id"]))


def waiting_commands(seen: Seen) -> dict[str, int]:
    """Return how many rows wait for each verb."""
    counts: dict[str, int] = {}
    query = "SELECT next_action FROM review_queue WHERE next_action != ''"
    for line in seen.models.query(query):
        verb = line["next_action"].split()[1]
        counts[verb] = counts.get(verb, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def due(seen: Seen) -> dict[str, int]:
    """Return how many rows wait for `publish`: approved ones, and published ones that changed."""
    lines = seen.models.query(
        "SELECT Review_Status = 'Published' AS again, count(*) AS rows FROM review_queue"
        " WHERE next_action LIKE 'photojournal publish %' GROUP BY 1"
    )
    rows = {bool(line["again"]): int(line["rows"]) for line in lines}
    return {"approved": rows.get(False, 0), "published": rows.get(True, 0)}


def next_command(waiting: Mapping[str, int], by_status: Mapping[str, int], *, working: bool) -> str:
    """
    Return the one command that leads on; empty when nothing waits.

    What an interrupted run left open comes first, then machine work, then the review, then
    publishing, then failures.
    """
    if "repair" in waiting and not working:
        return "photojournal repair"
    if "erase" in waiting:
        return "photojournal queue --status Erased"
    if any(verb in waiting for verb in _STAGE_VERBS):
        return "photojournal run"
    reviewed = any(verb in waiting for verb in _REVIEW_VERBS)
    if reviewed and "Pending" in by_status:
        return "photojournal queue --status Pending"
    if "publish" in waiting:
        return "photojournal publish"
    if any(status in by_status for status in _SET_ASIDE):
        return "photojournal queue --status Error --status Quarantined"
    if "withdraw" in waiting or "rename" in waiting:
        return "photojournal queue --qc TargetChanged"
    if reviewed or any(verb in waiting for verb in _MENDING_VERBS):
        return "photojournal queue --status Approved --status Published"
    if working or by_status:
        return ""
    return "photojournal ingest FOLDER --category '...' --subject '...' --location '...'"


def _way_out(seen: Seen, runs: list[dict[str, Any]], waiting: dict[str, int]) -> str:
    """Return what helps where the newest run paused for want of weights or libraries, else none."""
    if "prefill" in waiting or "resize" in waiting or not runs:
        return ""
    events = [one.event for one in seen.journal.read_stream(f"run/{runs[0]['run_id']}")]
    codes = {one.code for one in events if isinstance(one, StagePaused) and one.stage == "score"}
    if not codes & {"ScoringWeights", "ScoringDependency"}:
        return ""
    from adapters import neural, weights

    workspace = seen.program.workspace
    settings = workspace.config.score
    required = neural.required(settings.profile, settings.metrics)
    folder = weights.folder_of(settings.weights, workspace.root)
    lacks = neural.unavailable(neural.neural(required), folder)
    to_pull = [one for one in lacks.values() if one.code == "ScoringWeights"]
    if lacks and len(to_pull) == len(lacks):
        return "photojournal models pull"
    begun = [one.config_digest for one in events if isinstance(one, RunStarted)]
    loaded = any(one.load_ms for one in events if isinstance(one, ScorerChecked))
    as_then = loaded and begun == [workspace.config.digest()]  # A quick look does not see all.
    return "photojournal doctor" if lacks or as_then else ""


def _behind(program: Program) -> list[dict[str, Any]]:
    return [
        {"name": one.name, "position": one.position, "behind": one.behind, "error": one.error}
        for one in program.models.status()
        if one.error
    ]
