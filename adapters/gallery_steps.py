"""
What every gallery does with a step alike: refuse one that cannot be, report, try the files out.

Knows nothing of folders, servers or tables.
"""

import contextlib
import hashlib
import secrets
from typing import Protocol

from adapters.errors import AdapterError
from adapters.files import PREFIX, SUFFIX
from adapters.gallery_paths import is_safe_target
from adapters.ports import Probe
from machine.values import Outcome, Step, StepReport

PROBE_BYTES = 4096
PROBE_PREFIX = f"{PREFIX}probe-"
"""Of the names of what is only tried out."""


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


def probe_name(owner: str = "") -> str:
    """Return a name for a trial; `owner`: who may clear it away, should it die."""
    return f"{PROBE_PREFIX}{owner}{secrets.token_hex(8)}"


def is_trial(target: str) -> bool:
    """Tell whether a step with this target is one of `check_files`."""
    return target.startswith(PROBE_PREFIX)


def check_files(files: Files, name: str, target: str) -> Probe:
    """
    Put a file, replace it and remove it; where that fails, remove what it left.

    Args:
        files: what is tried out.
        name: what the answer is called.
        target: of the file: a `probe_name` and `SUFFIX`, maybe in a folder of its own.
    """
    temporary = f"{target.removesuffix(SUFFIX)}-new{SUFFIX}"
    first, second = secrets.token_bytes(PROBE_BYTES), secrets.token_bytes(PROBE_BYTES)
    put, last = _put(target, temporary, first), hashlib.sha256(second).hexdigest()
    replace = _put(target, temporary, second, expected=put.sha256)
    removals = [_removal(target, temporary, one) for one in (put.sha256, last)]
    code = detail = hint = ""
    try:
        for report in (
            files.put_file(put, first),
            files.put_file(replace, second),
            files.remove_file(removals[1]),
        ):
            if report.outcome != "done" and not code:
                code = "PublishRefused"
                detail = f"{report.action} ended as {report.outcome}: {report.detail}"
    except AdapterError as error:
        code, detail, hint = error.code, str(error), error.hint
    if not code:
        return Probe(name=name, ok=True, detail="wrote, read back, replaced and removed a file")
    with contextlib.suppress(AdapterError):  # Its answer was lost, perhaps, and it was done.
        for removal in removals:
            files.remove_file(removal)
    return Probe(name=name, ok=False, code=code, detail=detail, hint=hint)


def _removal(target: str, temporary: str, expected: str) -> Step:
    return Step(
        action="remove_file",
        target=target,
        temporary=temporary,
        sha256=expected,
        expected=expected,
    )


def _put(target: str, temporary: str, data: bytes, expected: str = "") -> Step:
    return Step(
        action="put_file",
        target=target,
        temporary=temporary,
        sha256=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
        expected=expected,
    )
