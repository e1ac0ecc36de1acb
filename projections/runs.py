"""
`runs` and `sets`: what the processes did, and what came in together.

A run's line holds its whole state, and the events of other streams that it appended are added to
that state; so it is the same whatever order the streams were read in. `events` counts what the run
appended to rows, sets and its own stream (reservations are not counted), `rows` the rows that it
touched. `outcome` is empty while nothing is known of the end, and `died` for a run that was gone
without a word and was settled by a later one. Of a run that an excerpt of a journal withholds,
`outcome` says `withheld`, and what is in no event's envelope is empty.
"""

import json
import shlex
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, ClassVar

from journal.records import Recorded, WithheldEvent
from machine import run_events as r
from projections.tables import Line, Lines, Page, Projection, Table, Tally

RUNS = Table(
    name="runs",
    owner="run_id",
    key=("run_id",),
    columns=(
        ("run_id", "TEXT"),
        ("verb", "TEXT"),
        ("argv", "TEXT"),
        ("actor", "TEXT"),
        ("started_at", "TEXT"),
        ("ended_at", "TEXT"),
        ("outcome", "TEXT"),
        ("exit_code", "INTEGER"),
        ("detail", "TEXT"),
        ("pid", "INTEGER"),
        ("host", "TEXT"),
        ("rows", "INTEGER"),
        ("events", "INTEGER"),
        ("first_position", "INTEGER"),
        ("last_position", "INTEGER"),
        ("dry_run", "INTEGER"),
        ("effects", "INTEGER"),
        ("processor", "TEXT"),
        ("marked", "TEXT"),
        ("log_hold", "TEXT"),
    ),
)
"""
`processor`: what the caption model ran on, `GPU, CPU` if it fell. `marked`: why to doubt it.
`log_hold`: `held` or `released` where a person said so about the run's log.
"""

SETS = Table(
    name="sets",
    owner="set_id",
    key=("set_id",),
    columns=(
        ("set_id", "TEXT"),
        ("Folder", "TEXT"),
        ("Subject", "TEXT"),
        ("Location", "TEXT"),
        ("created_at", "TEXT"),
        ("run_id", "TEXT"),
        ("actor", "TEXT"),
        ("paths", "TEXT"),
        ("refused", "INTEGER"),
        ("skipped", "INTEGER"),
        ("last_position", "INTEGER"),
    ),
)
"""`paths`: what was asked for, as a JSON list. The rows of a set are counted when it is listed."""

DIED = "died"
WITHHELD = "withheld"
_ENDS = (r.RunEnded.tag, r.RunDied.tag)

State = dict[str, Any]


def _run(number: str) -> State:
    names = ("verb", "argv", "actor", "started_at", "ended_at", "outcome", "processor", "marked")
    texts = dict.fromkeys((*names, "log_hold"), "")
    counts = dict.fromkeys(("rows", "events", "first_position", "last_position"), 0)
    unknown = dict.fromkeys(("exit_code", "pid", "dry_run", "effects"))
    return {"run_id": number, "detail": "", "host": "", **texts, **counts, **unknown}


def _counted(state: State, tally: Tally) -> State:
    first = min(state["first_position"] or tally.first, tally.first)
    return state | {
        "rows": state["rows"] + tally.rows,
        "events": state["events"] + tally.events,
        "first_position": first,
        "last_position": max(state["last_position"], tally.last),
    }


def _run_after(state: State, recorded: Recorded) -> State:
    """Return a run's state after an event of its own stream."""
    event = recorded.event
    match event:
        case r.RunStarted():
            return state | {
                "verb": event.verb,
                "argv": shlex.join(event.argv),
                "actor": recorded.actor,
                "started_at": recorded.at,
                "pid": event.pid,
                "host": event.host,
                "dry_run": int(event.dry_run),
                "effects": int(event.effects),
            }
        case r.RunEnded():
            return state | {
                "ended_at": recorded.at,
                "outcome": event.outcome,
                "exit_code": event.exit_code,
                "detail": event.detail,
            }
        case r.ModelChecked():
            ran_on = [one for one in state["processor"].split(", ") if one]
            if [event.processor] != ran_on[-1:]:
                ran_on.append(event.processor)
            return state | {"processor": ", ".join(ran_on)}
        case r.QcReported():
            alike = event.identical_captions
            words = "1 photo shares its caption" if alike == 1 else f"{alike} photos share captions"
            return state | {"marked": words if alike else ""}
        case r.RunDied():
            by = f"settled by {event.settled_by}"
            return state | {"ended_at": recorded.at, "outcome": DIED, "detail": by}
        case WithheldEvent():
            return state | {
                "actor": recorded.actor,
                "started_at": state["started_at"] or recorded.at,
                "ended_at": recorded.at if recorded.type in _ENDS else state["ended_at"],
                "outcome": WITHHELD,
            }
        case r.LogsHeld():
            return state | {"log_hold": "held"}
        case r.LogsReleased():
            return state | {"log_hold": "released"}
        case _:
            return state


def told_by_itself(run_id: str, own: Iterable[Recorded]) -> State:
    """
    Return a run's line as far as its own stream tells it: `rows` and `events` count that alone.

    For a run that the read model lacks, because it cannot take an event before it.
    """
    state = _run(run_id)
    for recorded in own:
        tally = Tally(rows=0, events=1, first=recorded.position, last=recorded.position)
        state = _run_after(_counted(state, tally), recorded)
    return state


def _set(set_id: str) -> State:
    texts = dict.fromkeys(("Folder", "Subject", "Location", "created_at", "run_id", "actor"), "")
    return {"set_id": set_id, "paths": "[]", "refused": 0, "skipped": 0, **texts}


def _set_after(state: State, recorded: Recorded) -> State:
    """Return a set's state after an event of its stream."""
    event = recorded.event
    state = state | {"last_position": recorded.position}
    if isinstance(event, r.SetCreated | r.SetRelabelled):
        labels = event.labels
        state |= {
            "Folder": labels.category,
            "Subject": labels.subject,
            "Location": labels.location,
        }
    match event:
        case r.SetCreated():
            return state | {
                "created_at": recorded.at,
                "run_id": recorded.run_id,
                "actor": recorded.actor,
                "paths": json.dumps(event.paths, ensure_ascii=False),
            }
        case r.FileRefused():
            return state | {"refused": state["refused"] + 1}
        case r.FileSkipped():
            return state | {"skipped": state["skipped"] + 1}
        case _:
            return state


class Runs(Projection):
    """The runs and the sets."""

    name: ClassVar[str] = "runs"
    version: ClassVar[int] = 3
    tables: ClassVar[tuple[Table, ...]] = (RUNS, SETS)
    from_rows: ClassVar[bool] = False

    def apply(self, page: Page, into: Lines) -> None:
        """Bring the lines of the runs and sets of this page up to date."""
        runs: dict[str, State] = {}
        for run_id, tally in page.tallies.items():
            runs[run_id] = _counted(_load(RUNS, run_id, into) or _run(run_id), tally)
        for run_id, events in _by_stream(page, "run/"):
            state = runs.get(run_id) or _load(RUNS, run_id, into) or _run(run_id)
            for recorded in events:
                state = _run_after(state, recorded)
            runs[run_id] = state
        into.put(RUNS, [_line(RUNS, state) for state in runs.values()])
        for set_id, events in _by_stream(page, "set/"):
            state = _load(SETS, set_id, into) or _set(set_id)
            for recorded in events:
                state = _set_after(state, recorded)
            into.put(SETS, [_line(SETS, state)])


def _by_stream(page: Page, prefix: str) -> Iterator[tuple[str, list[Recorded]]]:
    found = [recorded for recorded in page.others if recorded.stream.startswith(prefix)]
    found.sort(key=lambda recorded: (recorded.stream, recorded.version))
    for stream, events in groupby(found, key=lambda recorded: recorded.stream):
        yield stream.removeprefix(prefix), list(events)


def _load(table: Table, key: str, tables: Lines) -> State | None:
    line = tables.get(table, key)
    return None if line is None else dict(zip(table.names, line, strict=True))


def _line(table: Table, state: State) -> Line:
    return tuple(state[name] for name in table.names)
