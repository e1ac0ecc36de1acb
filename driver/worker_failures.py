"""What a worker's failure is called, and where its traceback goes."""

import contextlib
from pathlib import Path
from typing import Literal

from adapters.workers import WorkerFailure
from driver import clock
from machine.values import Stage

NO_MEMORY = (-9, 0xC0000017)
"""Exit codes of a process that got no memory: SIGKILL by the system, and Windows' own word."""


_CODES = {
    "prefill": {"timeout": "PrefillTimeout", "died": "PrefillNativeCrash"},
    "score": {"timeout": "ScoringTimeout", "died": "ScoringNativeCrash"},
    "resize": {"timeout": "ResizeTimeout", "died": "ResizeNativeCrash"},
    "ingest": {"timeout": "IngestTimeout", "died": "IngestNativeCrash"},
}
_OTHER = {
    "prefill": "PrefillFailed",
    "score": "ScoringFailed",
    "resize": "ResizeFailed",
    "ingest": "IngestFailed",
}


def code_of(stage: Stage | Literal["ingest"], answer: WorkerFailure) -> str:
    """Return the failure code of a worker that did not answer as it should."""
    if stage == "score" and no_memory(answer) and answer.kind != "host":
        return "ScoringOutOfMemory"
    return answer.code or _CODES[stage].get(answer.kind, _OTHER[stage])


def no_memory(answer: WorkerFailure) -> bool:
    """Tell whether a worker failed for want of memory."""
    return answer.exit_code in NO_MEMORY or answer.code == "OutOfMemory"


def last_line(log: Path | None, about: str, answer: WorkerFailure) -> str:
    """Return what to say about a worker that failed; a traceback goes to the crash file `log`."""
    if answer.kind != "bug":
        return answer.detail
    if log is not None:
        with contextlib.suppress(OSError), log.open("a", encoding="utf-8") as file:
            file.write(f"--- {clock.now()} {about}\n{answer.detail}\n")
    return answer.detail.strip().rpartition("\n")[2]
