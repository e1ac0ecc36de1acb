"""Nights on which several things go wrong, one because of the other or each by itself."""

import subprocess
from collections.abc import Callable, Mapping
from typing import NamedTuple

from tests.crash import workspace as ws
from tests.crash.campaign import Done
from tests.crash.test_disk_full import mounted
from tests.drill import domains, fragile
from tests.drill.batch import Batch
from tests.drill.domains import middle
from tests.standins.ollama_server import Request, Step


def gpu_falls_and_deadlines_pass(batch: Batch) -> Done:
    """At the middle photo the model falls to the CPU, and the next ones are never answered."""
    batch.set(prefill={"first_token_timeout_s": 0.4, "attempts": 1, "recheck_rows": 1})

    def script(row: int, _request: Request) -> Step:
        if row == middle(batch):
            batch.server.go_to_cpu()
        return Step(kind="hang" if row > middle(batch) else "ok")

    batch.models(script)
    return batch.night()


def gpu_is_back(batch: Batch) -> Mapping[str, str]:
    """Restart the driver and Ollama."""
    batch.server.script = None
    batch.server.set_vram(1.0)
    batch.set(prefill={"first_token_timeout_s": 5.0})
    return {"...": domains.REASON}


def ollama_dies_and_ftp_refuses(batch: Batch) -> Done:
    """Ollama dies at the middle photo; those that have texts meet a changed password."""
    assert batch.ftp
    domains.refuse_password(batch.ftp)
    return domains.ollama_dies(batch)


def both_come_back(batch: Batch) -> Mapping[str, str]:
    """Start Ollama, and mend the password."""
    return {**domains.ollama_comes_back(batch), **domains.ftp_forgives(batch)}


def objects_fill_their_disk(batch: Batch) -> Done:
    """`data/objects` lies on a disk of its own, which has room for a few pictures only."""
    batch.running.enter_context(mounted(batch.root / "data" / "objects", "64k"))
    return batch.night()


def disk_is_larger(batch: Batch) -> Mapping[str, str]:
    """Give the disk more room."""
    folder = batch.root / "data" / "objects"
    subprocess.run(["mount", "-o", "remount,size=24m", str(folder)], check=True)
    return {"...": domains.REASON}


def nobody_foresaw_it(batch: Batch) -> Done:
    """The program stumbles at the middle photo."""
    batch.program = fragile.__name__
    batch.environment[fragile.STUMBLES_AT] = str(middle(batch))
    return batch.night()


def good_night(batch: Batch) -> Done:
    """Nothing goes wrong."""
    return batch.night()


def first_hung(batch: Batch) -> int:
    """Return the row whose photo was the first that the model hung on."""
    hung = next(call for call in batch.server.calls if call.kind == "hang")
    assert hung.request
    return batch.row_of(hung.request)


def first_failed(batch: Batch) -> int:
    """Return the row of the first attempt that failed."""
    failed = next(line for line in ws.events(batch.root) if line["type"] == "AttemptFailed")
    return int(failed["stream"].removeprefix("row/"))


class Compound(NamedTuple):
    """A night, and the causes that `triage` has to name, in order."""

    causes: tuple[tuple[str, str], ...]
    """Class and code of each."""
    provoke: Callable[[Batch], Done]
    mend: Callable[[Batch], Mapping[str, str]]
    row: Callable[[Batch], int | None]
    """The row that was hit first."""
    consequences: frozenset[str] = frozenset()
    """Codes of what came of the first cause."""
    servers: bool = False


COMPOUNDS: dict[str, Compound] = {
    "the gpu falls, then deadlines pass": Compound(
        (("ollama-on-cpu", "PrefillOnCpu"),),
        gpu_falls_and_deadlines_pass,
        gpu_is_back,
        first_hung,
        frozenset({"PrefillFirstTokenTimeout"}),
    ),
    "ollama dies, and later the ftp password is refused": Compound(
        (("ollama-unreachable", "PrefillUnreachable"), ("gallery-failed", "PublishRefused")),
        ollama_dies_and_ftp_refuses,
        both_come_back,
        middle,
        servers=True,
    ),
    "the disk is low, and what is made cannot be kept": Compound(
        (("file-failed", "DiskLow"),),
        objects_fill_their_disk,
        disk_is_larger,
        first_failed,
    ),
    "nobody foresaw it": Compound(
        (("unclassified", ""),), nobody_foresaw_it, domains.library_is_mended, middle
    ),
    "a good night": Compound((), good_night, domains.nothing, domains.nobody),
}
