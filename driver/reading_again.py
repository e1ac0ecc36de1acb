"""Reading the photo of a row again, because its sidecar is new or says something else."""

from pathlib import Path

import msgspec

from adapters.tasks import PhotoFacts
from adapters.workers import WorkerFailure, Workers
from driver.shell import Shell
from driver.sidecars import Sidecars
from driver.workspace import shown_name
from machine.intents import ReadAgain
from machine.refusals import Refused


def read_again(
    shell: Shell, workers: Workers, sidecars: Sidecars, number: int, *, path: Path, photo: bytes
) -> bool:
    """
    Read photo and sidecar if the sidecar is not the one that the row knows; tell whether it was.

    A sidecar that was taken away changes nothing: what it said stays.
    """
    known = shell.row(number).decided.photo.sidecar
    beside = sidecars.changed(path, known)
    if not beside:
        return False
    answer = workers.submit("read_photo", photo, beside).result()
    if isinstance(answer, WorkerFailure):
        sidecars.forget(path)
        name = shown_name(path.name)
        sidecars.warnings.append(f"{name} could not be read again with its sidecar")
        return False
    facts = sidecars.settle(path, msgspec.json.decode(answer.data, type=PhotoFacts))
    if facts.sidecar is None:
        return False
    intent = ReadAgain(
        metadata=facts.metadata,
        embedded=facts.embedded,
        culling=facts.culling,
        sidecar=facts.sidecar,
        tags=facts.tags,
        private=facts.private,
        perceptual_hash=facts.perceptual_hash,
    )
    try:
        shell.ask(number, intent)
    except Refused as refused:
        sidecars.warnings.append(f"the sidecar of {shown_name(path.name)} was not read: {refused}")
        return False
    return True
