"""
What to type next, in order: what mends each cause, then what brings the rows it hit to their end.

The words are those of the table of failures. Each step has a command of this program; what has to
be done outside of it (start a service, free space) stands in its words.
"""

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from msgspec import Struct

from driver.crash_files import Crash
from driver.looking import typed
from driver.triage_runs import Run
from machine.causes import Cause
from machine.domains import DOMAINS
from machine.failures import FAILURES, hint_for
from machine.signs import DYING, FAILED, Sign
from machine.values import STAGES

_COMMAND = re.compile(r"photojournal [a-z]+(?: (?:'[^']*'|[^\s;.,()']+))*")
_TAIL = re.compile(r"(?:[,;.]? (?:then|Then|check with))?: *$")
"""What leads over from the words of a hint to its command."""
_RESUMING = ("ingest", "prefill", "score", "resize", "publish", "run")
"""Verbs that go on where they stopped when they are typed again."""

_NAMED = 3
"""Files that are named; the others are counted."""

_MAKING_DUE = (["retry"], ["release"], ["replace"])
_LOOKING = (["show"], ["doctor"])
"""What begins with a verb that does nothing yet."""
_LOOKS = (["show"], ["history"])
"""What begins with a verb that tells of a text: there is no hurry."""
_ONE_BY_ONE = ("rename", "replace")
"""Verbs that need a word of their own for each row."""

Line = Mapping[str, Any]
"""A line of `review_queue`."""


class Step(Struct, frozen=True):
    """One thing to do."""

    words: str
    command: str = ""
    """Empty: it is not done with this program."""


DUE = Step("Go on with what is due", "photojournal run")


def next_steps(
    causes: Sequence[Cause],
    lines: Mapping[int, Line],
    runs: Sequence[Run],
    traces: Sequence[Crash],
    *,
    partial: bool,
) -> list[Step]:
    """
    Return what to do.

    Args:
        causes: the first one first.
        lines: the rows that were hit, as they are now, by id.
        runs: those that are looked at.
        traces: what errors that nobody foresaw left behind.
        partial: whether something stands outside half done.
    """
    mended = [step for cause in causes for step in _of_cause(cause, traces)]
    settled = [Step("Settle what is open outside", "photojournal repair")] if partial else []
    again = [step for cause in causes for step in _resumed(cause, runs)]
    looks = [step for step in mended if step.command.split()[1:2] in _LOOKS]
    found = [_as_typed(step, again) for step in dict.fromkeys(mended) if step not in looks]
    rows = _for_rows(causes, lines)
    making_due = any(step.command.split()[1:2] in _MAKING_DUE for step in rows)
    if making_due and not any(_turn(step) == 1 for step in again):
        again.append(DUE)
    for step in (*settled, *sorted([*rows, *again], key=_turn), *looks):
        if all(step.command != one.command for one in found):
            found.append(step)
    return found


def _as_typed(step: Step, again: Iterable[Step]) -> Step:
    """Return a step whose command goes on with the night as it was typed then, where it does."""
    whole = (one.command for one in again if one.command.startswith(f"{step.command} "))
    return Step(step.words, next(whole, step.command)) if step.command else step


def _turn(step: Step) -> int:
    """Return when a step has its turn: what makes rows due, then the work, then the site."""
    words = step.command.split()[1:]
    return 1 if words[:1] == ["run"] else 2 if words[:1] == ["publish"] else 0


def _of_cause(cause: Cause, traces: Sequence[Crash]) -> list[Step]:
    root = cause.root
    known = FAILURES.get(root.code)
    if root.type == "drift":
        return [Step("Make the read models again from the journal", "photojournal replay")]
    if root.type == "missing":
        return [Step("See which are missing, and how each comes back", "photojournal verify")]
    if cause.domain == DOMAINS[13] and not known:
        return [
            Step("See all damage", "photojournal verify"),
            Step("Make a new workspace out of a backup", "photojournal restore BACKUP FOLDER"),
        ]
    if not cause.domain.number:
        return _unforeseen(root, traces)
    if root.type == "FileRefused":
        return []
    if known and known.policy == "nobody" and root.type != "Quarantined":
        hint = known.hint.format(row=root.row or "ROW")
        command = _command(hint) or "photojournal doctor"
        return [Step(_words(hint, command, known.meaning), command)]
    if root.type == "TextCleaned":
        words = "See what rules changed in the text; mend it with edit"
        return [Step(words, f"photojournal history {root.row}")]
    if not known and root.stage == "prefill" and cause.rows:
        return [Step("Look at the text; mend it with edit", f"photojournal show {cause.rows[0]}")]
    return []


def _command(hint: str) -> str:
    """Return the command in a hint, the last one of several; empty where there is none."""
    commands = _COMMAND.findall(hint)
    return str(commands[-1]) if commands else ""


def _sentence(meaning: str) -> str:
    return meaning[:1].upper() + meaning[1:]


def _unforeseen(root: Sign, traces: Sequence[Crash]) -> list[Step]:
    """Nobody knows what helps: say where to read on."""
    if root.type == "settings":
        return [Step(f"Mend the settings: {root.detail}", "photojournal status")]
    where = [f"{one.file}:{one.line}" for one in traces if root.detail in one.error]
    if where:
        return [Step(f"Read the traceback in {where[-1]}, and report it")]
    return [Step(f"See how the run ended: {root.detail}", "photojournal runs")]


def _resumed(cause: Cause, runs: Sequence[Run]) -> list[Step]:
    """Return what takes in what was refused, and what goes on where a stage or a run stopped."""
    by_id, found = {one["run_id"]: one for one in runs}, list[str]()
    for sign in (*cause.signs, *cause.consequences):
        run = by_id.get(sign.place.run)
        if run is None or sign.name:
            continue
        resuming = run["verb"] in _RESUMING
        if sign.type == "StagePaused" and (not resuming or sign.stage not in STAGES):
            found.append(f"photojournal {sign.stage}")
        elif sign.type in DYING:
            found.append(typed(run) if resuming else "photojournal status")
        elif sign.level in FAILED and resuming:
            found.append(_again(run))
    steps = [Step("Go on where it stopped", command) for command in dict.fromkeys(found)]
    return [*_refused(cause, by_id), *steps]


def _again(run: Run) -> str:
    """Return what brings a run's rows to its end; its photos have been taken in."""
    words = shlex.split(typed(run))
    if run["verb"] != "run" or not any(one.startswith("--category") for one in words):
        return shlex.join(words)
    meant = _meant(words)
    return shlex.join(["photojournal", "run", *(["--run", run["run_id"], *meant] if meant else [])])


def _meant(words: Sequence[str]) -> list[str]:
    """Return how far a run was to go: what was to be approved, and whether it was to go out."""
    found = list[str]()
    for word, value in pairwise([*words, ""]):
        if word == "--approve-at":
            found += [word, value]
        elif word == "--publish" or word.startswith("--approve-at="):
            found.append(word)
    return found


def _refused(cause: Cause, runs: Mapping[str, Run]) -> list[Step]:
    """Return what takes in the files that were refused."""
    refused = [one for one in cause.signs if one.name and one.place.run in runs]
    if not refused:
        return []
    names = list(dict.fromkeys(one.name for one in refused))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    code = refused[0].code
    hint = FAILURES[code].hint if code in FAILURES else ""
    words = f"Refused: {', '.join(names[:_NAMED])}{more}. "
    command = _command(hint) or typed(runs[refused[0].place.run])
    return [Step(words + (hint or "Mend them, then ingest them again"), command)]


def _for_rows(causes: Iterable[Cause], lines: Mapping[int, Line]) -> list[Step]:
    """Return a step for each kind of failure that still stands over rows."""
    groups: dict[tuple[str, str], list[Line]] = {}
    rows = dict.fromkeys(row for cause in causes for row in cause.rows)
    steps = list[Step]()
    for line in (lines[row] for row in rows if row in lines):
        code = str(line["failure"]).partition(":")[0]
        verb = next(iter(str(line["next_action"]).split()[1:2]), "")
        if code and verb in STAGES:
            steps = [DUE]
        elif verb and code in FAILURES and FAILURES[code].policy != "nobody":
            groups.setdefault((code, verb), []).append(line)
    for (code, verb), group in groups.items():
        steps += _for_group(code, verb, group)
    return steps


def _for_group(code: str, verb: str, group: Sequence[Line]) -> list[Step]:
    """Return what helps rows with one failure; after a mere look, also what goes on."""
    if len(group) <= (_NAMED if verb in _ONE_BY_ONE else 1):
        return [step for line in group for step in _for_row(code, line)]
    first = group[0]
    words, _ = _parted(code, first)
    such = f"{len(group)} rows, such as {first['id']} {first['File_Name']}"
    meaning = FAILURES[code].meaning
    more = "" if words == _sentence(meaning) else f". {words}"
    rest = {"release": " --reason '...'", "approve": " --waive '...'"}.get(verb, "")
    alike = f"photojournal {'queue' if verb in _ONE_BY_ONE else verb} --qc {code}{rest}"
    return [Step(f"{such}: {meaning}{more}", alike)]


def _for_row(code: str, line: Line) -> list[Step]:
    words, command = _parted(code, line)
    found, action = Step(words, command), str(line["next_action"])
    return [found] if command == action else [found, Step("Go on with it", action)]


def _parted(code: str, line: Line) -> tuple[str, str]:
    """Return what to do about a row in words, and the command: a look comes before what goes on."""
    action = str(line["next_action"])
    hint = hint_for(code, line["id"], action)
    command = _command(hint)
    if command.split()[1:2] not in _LOOKING and (action in hint or not command):
        command = action
    return _words(hint, command, FAILURES[code].meaning), command


def _words(hint: str, command: str, meaning: str) -> str:
    """Return a hint without the command that it ends or begins with; else what it means."""
    before, found, after = hint.rpartition(command)
    if found and not after:
        return _TAIL.sub("", before) or _sentence(meaning)
    if found and not before:
        return f"{_sentence(meaning)}{after}"
    return hint or _sentence(meaning)
