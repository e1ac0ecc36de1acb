"""
Removing from `data/objects` what nothing refers to: what dead runs put there and never named.

An object is needed while any event anywhere holds its SHA-256, whatever the event is; so going back
to any version stays possible, and what is only there for that is never removed. Temporaries were
never finished and are nobody's. Files that are younger than `GRACE_S` stay.

Nobody may be about to name an object that is being removed. A run with effects holds its own lock
and then waits until nobody prunes (`Shell`); whoever prunes holds the lock on the objects and then
looks whether a run lives. So one of the two sees the other, and no run begins meanwhile.
"""

import contextlib
import re
import time
from collections.abc import Iterable, Iterator
from typing import Literal, get_args

from msgspec import Struct

from adapters.errors import AdapterError
from adapters.objects import Standing
from driver.errors import Damaged, Misused
from driver.named_objects import in_use, named_by
from driver.program import Program
from driver.recovery import is_alive, runs_with_lock_file
from driver.shell import pruning_lock
from driver.storage import LOOSE
from driver.workspace import Workspace
from journal.locks import ProcessLock
from journal.verify import verify
from machine.evolve import evolve
from machine.row import Row
from machine.run_events import ObjectsPruned, PruningStarted

GRACE_S = 3600
"""Seconds. Nobody should write meanwhile; this is for who does it without this program."""

Fate = Literal["in use", "of before", "named", "unneeded", "young", "not ours"]
"""
What becomes of a file, and why. Only what is `unneeded` goes.

of before: going back may need it. named: an event holds its SHA-256 in another way. young: it is
younger than `GRACE_S`. not ours: its name is none that this program gives.
"""

FATES: tuple[Fate, ...] = get_args(Fate)

_DIGEST = re.compile(rb"[0-9a-f]{64}")


class Group(Struct, frozen=True):
    """Files of one kind that have one fate."""

    kind: str
    fate: Fate
    files: int
    size_bytes: int


class Plan(Struct, frozen=True):
    """What lies in `data/objects`, and what of it goes."""

    groups: tuple[Group, ...]
    unneeded: tuple[Standing, ...]

    @property
    def size_bytes(self) -> int:
        """Return the size of what goes."""
        return sum(one.size_bytes for one in self.unneeded)


class Pruned(Struct, frozen=True):
    """What is gone, and what the system did not let go of."""

    removed: tuple[Standing, ...]
    failed: tuple[str, ...]
    """In words."""

    @property
    def size_bytes(self) -> int:
        """Return the size of what is gone."""
        return sum(one.size_bytes for one in self.removed)


def plan(program: Program) -> Plan:
    """
    Say what becomes of every file in `data/objects`; nothing is changed.

    Raises:
        Damaged: the journal is not what was appended, so that it cannot tell what is needed.
    """
    damages = verify(program.workspace.journal).damages
    if damages:
        msg = f"the journal is damaged ({damages[0].kind}): it cannot tell which objects are needed"
        raise Damaged(msg, "photojournal verify")
    return _looked_through(program)


def prune(program: Program) -> Pruned:
    """
    Remove what nothing refers to, inside a run: said in the journal before and after.

    What is needed is looked up again first. After a crash in between, the next time removes the
    rest.

    Raises:
        Misused: another run is at work.
    """
    shell = program.shell
    with alone_with_objects(program):
        unneeded = _looked_through(program).unneeded
        if not unneeded:
            return Pruned((), ())
        size_bytes = sum(one.size_bytes for one in unneeded)
        shell.note(PruningStarted(files=len(unneeded), size_bytes=size_bytes, grace_s=GRACE_S))
        pruned = remove_all(program, unneeded)
        shell.note(_outcome(pruned))
        return pruned


@contextlib.contextmanager
def alone_with_objects(program: Program) -> Iterator[None]:
    """
    Keep every other process from naming or removing objects.

    Raises:
        Misused: another process removes objects, or another run with effects is at work.
    """
    with contextlib.closing(ProcessLock(pruning_lock(program.workspace))) as lock:
        if not lock.try_acquire():
            msg = "another process removes objects"
            raise Misused(msg, "wait for it to end: photojournal status")
        refuse_beside_others(program.workspace, program.run_id)
        yield


def refuse_beside_others(workspace: Workspace, own: str = "") -> None:
    """
    Make sure that no run with effects but our own is at work.

    Raises:
        Misused: with the run.
    """
    living = [run for run in runs_with_lock_file(workspace) if is_alive(workspace, run)]
    others = [run for run in living if run != own]
    if others:
        msg = f"run {others[0]} is at work and may need what no event names yet"
        raise Misused(msg, "wait for it to end, then repeat the command: photojournal status")


def remove_all(program: Program, unneeded: Iterable[Standing]) -> Pruned:
    """Remove files until somebody asks to stop; one that cannot be removed stops no other."""
    removed: list[Standing] = []
    failed: list[str] = []
    for one in unneeded:
        if program.stopping():
            break
        try:
            program.objects.remove(one)
        except AdapterError as error:
            failed.append(error.detail)
        else:
            removed.append(one)
    return Pruned(tuple(removed), tuple(failed))


def _outcome(pruned: Pruned) -> ObjectsPruned:
    objects = sum(one.kind == "object" for one in pruned.removed)
    return ObjectsPruned(
        objects=objects,
        temporaries=len(pruned.removed) - objects,
        size_bytes=pruned.size_bytes,
        failed=len(pruned.failed),
    )


def _looked_through(program: Program) -> Plan:
    """Look at every file and every event."""
    kinds, today = _known(program)
    standing = sorted(program.objects.standing(), key=lambda one: one.place)
    strange = {one.sha256 for one in standing if one.kind == "object"} - kinds.keys()
    held, now = _held_by_any_event(program, strange), time.time()
    counts: dict[tuple[str, Fate], tuple[int, int]] = {}
    unneeded = []
    for one in standing:
        known = kinds.get(one.sha256) if one.kind == "object" else None
        if known:
            fate: Fate = "in use" if one.sha256 in today else "of before"
        else:
            fate = _fate_of_unknown(one, held, now)
        kind = known or LOOSE[one.kind]
        files, size_bytes = counts.get((kind, fate), (0, 0))
        counts[kind, fate] = (files + 1, size_bytes + one.size_bytes)
        if fate == "unneeded":
            unneeded.append(one)
    groups = [Group(*which, *many) for which, many in counts.items()]
    groups.sort(key=lambda one: (FATES.index(one.fate), -one.size_bytes))
    return Plan(tuple(groups), tuple(unneeded))


def _fate_of_unknown(one: Standing, held: set[str], now: float) -> Fate:
    if one.kind == "stray":
        return "not ours"
    if one.kind == "object" and one.sha256 in held:
        return "named"
    return "unneeded" if now - one.changed_at >= GRACE_S else "young"


def _known(program: Program) -> tuple[dict[str, str], set[str]]:
    """Return the kind of every object that a row's event names, and those that rows show today."""
    kinds: dict[str, str] = {}
    today: set[str] = set()
    for stream in program.journal.streams("row/"):
        row = Row()
        for recorded in program.journal.read_stream(stream):
            kinds.update((sha, known.kind) for sha, known in named_by(stream, recorded.event))
            row = evolve(row, recorded.event)
        today.update(in_use(row))
    return kinds, today


def _held_by_any_event(program: Program, wanted: set[str]) -> set[str]:
    """Return those of the digests that stand anywhere in the journal, as it is stored."""
    found: set[str] = set()
    for raw in program.journal.read_raw() if wanted else ():
        found.update(one.decode() for one in _DIGEST.findall(raw.payload))
    return found & wanted
