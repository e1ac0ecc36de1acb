"""A scorer whose mood depends on the last bytes of the photo; runs in worker processes."""

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path

from adapters import tasks
from adapters.errors import AdapterError
from adapters.tasks import Measured
from adapters.workers import FUNCTIONS as REAL
from machine.quality import PROFILES
from machine.values import MissingScore

FUNCTIONS: Mapping[str, str] = {**REAL, "score": "tests.driver.moody:score"}
READING: Mapping[str, str] = {
    **REAL,
    "read_metadata": "tests.driver.moody:read_metadata",
    "read_photo": "tests.driver.moody:read_metadata",
}


def read_metadata(photo: bytes, argument: bytes) -> bytes:
    """Do as the photo says, else read it; what dies once leaves a file that it names."""
    _do(photo)
    _, once, path = photo.rpartition(b"<crash once>")
    if once and not Path(os.fsdecode(path)).exists():
        Path(os.fsdecode(path)).touch()
        os.kill(os.getpid(), signal.SIGSEGV)
    return tasks.read_metadata(photo, argument)


def score(photo: bytes, argument: bytes) -> bytes:
    """Do as the photo says, else measure it."""
    _do(photo)
    return _score(photo, argument)


def _do(photo: bytes) -> None:
    if photo.endswith(b"<crash>"):
        os.kill(os.getpid(), signal.SIGSEGV)
    if photo.endswith(b"<hang>"):
        time.sleep(3600)
    if photo.endswith(b"<bug>"):
        msg = "an ordinary bug"
        raise KeyError(msg)


def _score(photo: bytes, argument: bytes) -> bytes:
    if photo.endswith(b"<missing library>"):
        raise AdapterError("ScoringDependency", "no cv2 here")
    if photo.endswith(b"<nothing>"):
        import msgspec

        lacks = tuple(
            MissingScore(metric=metric, code="ScoringDependency", detail="cv2 is broken")
            for metric in PROFILES["embedded"]
        )
        return msgspec.msgpack.encode(Measured(scores=(), missing=lacks))
    if photo.endswith(b"<half>"):
        import msgspec

        found = msgspec.msgpack.decode(tasks.score(photo, argument), type=Measured)
        return msgspec.msgpack.encode(Measured(scores=found.scores[1:]))
    return tasks.score(photo, argument)
