"""
Finding photos by words: the words' vector, made by the CLIP that made those of the photos.

CLIP lives in a process of its own, as when photos are scored (`adapters.neural`); this one never
loads it. The process is ended with the search. Nothing is appended.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from adapters import neural
from adapters.neural import Equipment, Loaded
from adapters.weights import names, of_metric
from adapters.workers import WorkerFailure, WorkerResult
from driver.errors import Unreachable
from driver.model_process import LOAD_DEADLINE_S, model_workers

if TYPE_CHECKING:
    from concurrent.futures import Future

    from adapters.workers import Answer

_DEADLINE_S = 120.0
_COMMAND = re.compile(r": (?:photojournal|pip) ")
"""How a detail goes on to what helps; that is the hint here."""


def check(folder: Path) -> None:
    """
    Look whether CLIP can be asked, without loading anything.

    Raises:
        Unreachable: a library or the weights are missing.
    """
    lacking = neural.unavailable((neural.CLIP,), folder).get(neural.CLIP)
    if lacking:
        raise _cannot(lacking.code, lacking.detail)


def vector_of(
    words: str, folder: Path, device: Literal["auto", "cpu", "cuda", "mps"]
) -> tuple[bytes, str]:
    """
    Return the vector of words, float32 little-endian of length one, and the SHA-256 of the CLIP.

    Args:
        words: what CLIP has no room for (77 tokens) is cut off.
        folder: of the weights.
        device: what CLIP runs on.

    Raises:
        Unreachable: CLIP cannot be loaded, or does not answer.
    """
    check(folder)
    equipment = msgspec.json.encode(
        Equipment(metrics=(neural.CLIP,), folder=str(folder), device=device)
    )
    with model_workers(deadline_s=_DEADLINE_S) as models:
        try:
            answer = models.submit("load", b"", equipment, deadline_s=LOAD_DEADLINE_S)
            clip_sha256 = _clip_of(_data(answer))
            encoded = words.encode("utf-8", "replace")
            answer = models.submit("encode_text", encoded, equipment)
            return _data(answer), clip_sha256
        except BaseException:
            models.kill()  # a person who leaves does not wait for the libraries
            raise


def _clip_of(answer: bytes) -> str:
    loaded = msgspec.json.decode(answer, type=Loaded)
    for lacking in loaded.missing:
        raise _cannot(lacking.code, lacking.detail)
    return loaded.clip_sha256


def _data(answer: "Future[Answer]") -> bytes:
    result = answer.result()
    if isinstance(result, WorkerResult):
        return result.data
    assert isinstance(result, WorkerFailure)
    raise _cannot(result.code, result.detail.strip().rpartition("\n")[2])


def _cannot(code: str, detail: str) -> Unreachable:
    hints = {
        "ScoringDependency": neural.INSTALL,
        "ScoringWeights": f"photojournal models pull {' '.join(names(of_metric(neural.CLIP)))}",
        "OutOfMemory": "close other programs, then try again",
    }
    msg = f"CLIP cannot be asked: {_COMMAND.split(detail)[0]}"
    return Unreachable(msg, hints.get(code, "photojournal doctor"))
