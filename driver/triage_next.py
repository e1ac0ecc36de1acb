"""
What to type next, in order: what mends each cause, then what brings the rows it hit to their end.

The words are those of the table of failures. Each step has a command of this program; what has to
be done outside of it (start a service, free space) stands in its words.
"""

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from driver.crash_files import Crash
from driver.triage_runs import Run
from machine.causes import Cause
from machine.failures import FAILURES, hint_for
from machine.signs import Sign

_COMMAND = re.compile(r"photojournal [a-z]+(?: (?:'[^']*'|[^\s;.,()']+))*")
_RESUMING = ("ingest", "prefill", "score", "resize", "publish", "run")
"""Verbs that go on where they stopped when they are typed again."""

Line = Mapping[str, Any]
"""A line of `review_queue`."""


class Step(Struct, frozen=True):
    """One thing to do."""

    words: str
    command: str = ""
    """Empty: it is not done with this program."""


def next_steps(
    causes: Sequence[Cause],
    lines: Mapping[int, Line],
    runs: Sequence[Run],
    traces: Sequence[Crash],
    *,
    partial: bool,
) -> list[Step]:
    """
    Return what to do, each command once.

    Args:
        causes: the first one first.
        lines: the rows that were hit, as they are now, by id.
        runs: those that are looked at.
        traces: what errors that nobody foresaw left behind.
        partial: whether something stands outside half done.
    """
    steps = [step for cause in causes for step in _of_cause(cause, traces)]
    if partial:
        steps.append(Step("Settle what is open outside", "photojournal repair"))
    resumed = _resumed(causes, lines, runs)
    found: dict[str, Step] = {}
    for step in [*steps, *resumed]:
        found.setdefault(step.command or step.words, step)
    return list(found.values())


def _of_cause(cause: Cause, traces: Sequence[Crash]) -> list[Step]:
    root = cause.root
    known = FAILURES.get(root.code)
    if root.type == "damage":
        return [
            Step("See all damage", "photojournal verify"),
            Step("Make a new workspace out of a backup", "photojournal restore BACKUP FOLDER"),
        ]
    if not cause.domain.number:
        return _unforeseen(root, traces)
    if known and known.policy == "nobody" and root.type != "Quarantined":
        hint = known.hint.format(row=root.row or "ROW")
        commands = _COMMAND.findall(hint)
        return [Step(hint, commands[-1] if commands else "photojournal doctor")]
    if not known and root.stage == "prefill" and cause.rows:
        return [Step("Look at the text; mend it with edit", f"photojournal show {cause.rows[0]}")]
    return []


def _unforeseen(root: Sign, traces: Sequence[Crash]) -> list[Step]:
    """Nobody knows what helps: say where to read on."""
    if root.type == "settings":
        return [Step(root.detail, "photojournal status")]
    where = [f"{one.file}:{one.line}" for one in traces if one.error == root.detail]
    if root.type == "traceback":
        where = [root.step]
    if where:
        return [Step(f"Read the traceback in {where[-1]}, and report it")]
    return [Step(f"See how the run ended: {root.detail}", "photojournal runs")]


def _resumed(causes: Sequence[Cause], lines: Mapping[int, Line], runs: Sequence[Run]) -> list[Step]:
    """Return what brings the rows to their end, those of the first cause first."""
    steps = _for_rows(causes, lines)
    stopped = any(
        one.level == "fatal" or one.type == "RunEnded" for cause in causes for one in cause.signs
    )
    waiting = any(
        str(line["next_action"]).split()[1:2] and line["next_action"].split()[1] in _RESUMING
        for line in lines.values()
    )
    if runs and (stopped or waiting or not lines):
        steps.insert(0, Step("Go on where it stopped", _again(runs[-1])))
    return steps


def _again(run: Run) -> str:
    """Return the command of a run, to be typed again; `run` does the same for single stages."""
    if run["verb"] not in _RESUMING:
        return "photojournal status"
    words = shlex.split(run["argv"])
    words = words[1:] if words[:1] == ["photojournal"] else words
    return shlex.join(["photojournal", *(words or [run["verb"]])])


def _for_rows(causes: Iterable[Cause], lines: Mapping[int, Line]) -> list[Step]:
    """Return a step for each kind of failure that still stands over rows."""
    groups: dict[tuple[str, str], list[Line]] = {}
    rows = dict.fromkeys(row for cause in causes for row in cause.rows)
    for line in (lines[row] for row in rows if row in lines):
        code = str(line["failure"]).partition(":")[0]
        verb = str(line["next_action"]).split()[1:2]
        if code and verb and (known := FAILURES.get(code)) and known.policy != "nobody":
            groups.setdefault((code, verb[0]), []).append(line)
    return [_for_group(code, verb, group) for (code, verb), group in groups.items()]


def _for_group(code: str, verb: str, group: Sequence[Line]) -> Step:
    first = group[0]
    hint = hint_for(code, first["id"], first["next_action"])
    commands = _COMMAND.findall(hint)
    command = commands[0] if commands else str(first["next_action"])
    if len(group) == 1:
        return Step(hint or command, command)
    rest = " --reason '...'" if verb == "release" else ""
    words = (
        f"{len(group)} rows, such as {first['id']} {first['File_Name']}: {FAILURES[code].meaning}"
    )
    return Step(words, f"photojournal {verb} --qc {code}{rest}")
