"""
What every gallery does with a step alike: refuse one that cannot be, report, try the files out.

Knows nothing of folders, servers or tables.
"""

import contextlib
import hashlib
import re
import secrets
import time
from typing import Protocol

import msgspec

from adapters.errors import AdapterError
from adapters.files import PREFIX, SUFFIX, SWEEP_AGE_S
from adapters.gallery_paths import is_safe_target
from adapters.ports import Probe
from machine.values import Outcome, Step, StepReport

PROBE_BYTES = 4096
_PROBE = re.compile(rf"{re.escape(PREFIX)}probe-(?P<began>[0-9a-f]{{8}})[0-9a-f]{{8}}")


class Files(Protocol):
    """The part of a gallery that `check_files` needs."""

    def put_file(self, step: Step, data: bytes) -> StepReport:
        """See `adapters.ports.Gallery.put_file`."""
        ...

    def remove_file(self, step: Step) -> StepReport:
        """See `adapters.ports.Gallery.remove_file`."""
        ...


def problem_of(step: Step, data: bytes) -> str:
    """Return why a `put_file` can never be done; empty when it can."""
    if not is_safe_target(step.target) or not is_safe_target(step.temporary or step.target):
        return "the target leaves the gallery"
    if len(data) != step.size_bytes:
        return f"planned were {step.size_bytes} bytes, given {len(data)}"
    if hashlib.sha256(data).hexdigest() != step.sha256:
        return "the bytes are not those that were planned"
    return ""


def report_of(step: Step, outcome: Outcome, detail: str = "") -> StepReport:
    """Return how `step` ended."""
    return StepReport(action=step.action, target=step.target, outcome=outcome, detail=detail)


def probe_name() -> str:
    """Return a name for a trial that tells when it began (`is_dead_probe`), should we die there."""
    return f"{PREFIX}probe-{int(time.time()):08x}{secrets.token_hex(4)}"


def is_trial(target: str) -> bool:
    """Tell whether a step with this target is one of `check_files`."""
    return target.startswith(f"{PREFIX}probe-")


def is_dead_probe(name: str) -> bool:
    """Tell whether a name is one of `probe_name`, and so old that nobody is at it any more."""
    found = _PROBE.fullmatch(name)
    return found is not None and time.time() - int(found["began"], 16) > SWEEP_AGE_S


def check_files(files: Files, name: str, target: str) -> Probe:
    """
    Put a file, replace it and remove it; where that fails, remove what it left.

    Args:
        files: what is tried out.
        name: what the answer is called.
        target: of the file: a `probe_name` and `SUFFIX`, maybe in a folder of its own.
    """
    temporary = f"{target.removesuffix(SUFFIX)}.0{SUFFIX}"
    first, second = secrets.token_bytes(PROBE_BYTES), secrets.token_bytes(PROBE_BYTES)
    put, last = _put(target, temporary, first), hashlib.sha256(second).hexdigest()
    replace = _put(target, temporary, second, expected=put.sha256)
    remove = Step(action="remove_file", target=target, sha256=last, expected=last)
    problem = ""
    try:
        for report in (
            files.put_file(put, first),
            files.put_file(replace, second),
            files.remove_file(remove),
        ):
            if report.outcome != "done":
                problem = problem or f"{report.action} ended as {report.outcome}: {report.detail}"
    except AdapterError as error:
        problem = str(error)
    if problem:
        with contextlib.suppress(AdapterError):
            for one in (put.sha256, last):
                files.remove_file(msgspec.structs.replace(remove, expected=one))
        return Probe(name=name, ok=False, detail=problem)
    return Probe(name=name, ok=True, detail="wrote, read back, replaced and removed a file")


def _put(target: str, temporary: str, data: bytes, expected: str = "") -> Step:
    return Step(
        action="put_file",
        target=target,
        temporary=temporary,
        sha256=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
        expected=expected,
    )
