"""
Tries out what scoring needs, for `doctor`.

Where the profile needs no model this is only told, and no heavy library is imported. Else the
models are loaded, in a process of their own as a run does it: a library that kills its process
kills nothing else. No photo is measured.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from pathlib import Path

import msgspec

from adapters import neural
from adapters.neural import Equipment, Loaded, ReadyMetric
from adapters.weights import folder_of, names, of_metric
from adapters.workers import Answer, WorkerFailure
from driver.doctor import Trial
from driver.model_process import LOAD_DEADLINE_S, model_workers
from driver.score_plan import NeededFile, needed_files, reason_of
from driver.sections import Score
from driver.worker_failures import no_memory
from driver.workspace import Workspace
from machine.failures import FAILURES
from machine.values import MissingScore

_PACKAGES = ("torch", "torchvision", "pyiqa", "open-clip-torch")
"""Distributions of the extra `score`."""

_RENAME = "mend [score] metrics in photojournal.toml: docs/metrics.md"
_DIGEST_SHOWN = 12
_MEGABYTE = 1_000_000


def trials_of(workspace: Workspace, told: Callable[[str], None]) -> Iterator[Trial]:
    """
    Try profile, packages, weights and models.

    Args:
        workspace: where, and how it is set.
        told: told in a line what takes long.
    """
    settings = workspace.config.score
    required = neural.required(settings.profile, settings.metrics)
    models = neural.neural(required)
    folder = folder_of(settings.weights, workspace.root)
    more = f" with {', '.join(settings.metrics)}" if settings.metrics else ""
    about = f"profile {settings.profile}{more}"
    if not models:
        detail = f"{about}: needs no model; {_packages()}"
        yield Trial(name="scoring", state="ok", detail=detail)
        return
    yield Trial(name="scoring", state="ok", detail=f"{about}: {', '.join(models)} need models")
    unavailable = neural.unavailable(models, folder)
    misnamed = neural.misnamed(models)
    absent = [
        one
        for one in unavailable.values()
        if one.code == "ScoringDependency" and one.detail != misnamed.get(one.metric)
    ]
    yield _installed(absent[0] if absent else None)
    for metric, why in misnamed.items():
        yield Trial(name="score metrics", state="fail", detail=f"{metric}: {why}", hint=_RENAME)
    yield _weights(needed_files(settings, folder), folder)
    yield from _by_hand([one for one in models if one not in misnamed], folder)
    if len(unavailable) < len(models):
        told(f"Loads the models of scoring; at most {LOAD_DEADLINE_S:.0f} s ...")
        yield from _loaded(settings, models, folder, workspace, unavailable)


def _packages() -> str:
    """Return which packages are installed, without importing one."""
    found = []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    lacking = [name for name in _PACKAGES if not any(one.startswith(f"{name} ") for one in found)]
    if not found:
        return "the neural libraries are not installed"
    return ", ".join(found) + (f"; not installed: {', '.join(lacking)}" if lacking else "")


def _installed(absent: MissingScore | None) -> Trial:
    if absent is None:
        return Trial(name="score packages", state="ok", detail=_packages())
    hint = f"for {sys.executable}: {neural.INSTALL}; in a clone: make neural"
    return Trial(name="score packages", state="fail", detail=absent.detail, hint=hint)


def _weights(files: Sequence[NeededFile], folder: Path) -> Trial:
    """Return which weights of the catalogue are there, judged by their size."""
    if not files:
        return Trial(name="score weights", state="ok", detail=f"none of the catalogue; {folder}")
    shown = ", ".join(_file(one) for one in files)
    lacking = any(one.state != "present" for one in files)
    hint = "photojournal models pull; without a network: docs/models.md"
    return Trial(
        name="score weights",
        state="fail" if lacking else "ok",
        detail=f"{folder}: {shown}",
        hint=hint if lacking else "",
    )


def _file(one: NeededFile) -> str:
    if one.state == "damaged":
        return f"{one.file} is damaged ({one.detail})"
    if one.state == "absent":
        return f"{one.file} is missing"
    amount = one.size_bytes or 0
    size = f"{amount / 1e6:,.1f} MB" if amount >= _MEGABYTE else f"{amount:,} bytes"
    return f"{one.file} ({size})"


def _by_hand(models: Sequence[str], folder: Path) -> Iterator[Trial]:
    others = [metric for metric in models if not of_metric(metric)]
    if others:
        detail = f"{', '.join(others)}: in no catalogue; files that they need are copied to"
        detail += f" {folder} by hand, under their own names"
        yield Trial(name="score weights", state="ok", detail=detail)


# --- loading


def _loaded(
    settings: Score,
    models: tuple[str, ...],
    folder: Path,
    workspace: Workspace,
    unavailable: dict[str, MissingScore],
) -> Iterator[Trial]:
    """Load the models and say what is ready; what lacks weights or libraries was said."""
    equipment = Equipment(metrics=models, folder=str(folder), device=settings.device)
    answer = _answer(equipment, workspace.data / "crash_runtime.log")
    if isinstance(answer, WorkerFailure):
        yield _died(answer)
        return
    loaded = msgspec.json.decode(answer.data, type=Loaded)
    if loaded.ready:
        yield _device(settings, loaded)
    for ready in loaded.ready:
        yield _ready(ready)
    by_reason: dict[str, list[MissingScore]] = {}
    for lack in loaded.missing:
        if lack.metric not in unavailable:
            by_reason.setdefault(lack.detail or FAILURES[lack.code].meaning, []).append(lack)
    for reason, lacks in by_reason.items():
        yield _missing(reason, lacks)
    for note in loaded.notes:
        yield Trial(name="score models", state="warn", detail=note)


def _answer(equipment: Equipment, crash_log: Path) -> Answer:
    with model_workers(deadline_s=LOAD_DEADLINE_S, crash_log=crash_log) as workers:
        try:
            return workers.submit("load", b"", msgspec.json.encode(equipment)).result()
        except BaseException:
            workers.kill()  # Ctrl+C: it need not be waited for.
            raise


def _died(answer: WorkerFailure) -> Trial:
    """Return what ended the process with the models, in the words of the library."""
    last = answer.detail.strip().rpartition("\n")[2]
    if no_memory(answer):
        hint = "close other programs, or leave a metric out of [score]"
    else:
        again = f"{neural.INSTALL} --force-reinstall"
        hint = f"install them again: {again}; the traceback: crash_runtime.log"
    detail = f"the models could not be loaded: {last}"
    return Trial(name="score models", state="fail", detail=detail, hint=hint)


def _device(settings: Score, loaded: Loaded) -> Trial:
    versions = ", ".join(f"{name} {version}" for name, version in loaded.versions.items())
    threads = f"{loaded.threads} thread{'' if loaded.threads == 1 else 's'}"
    detail = f"{loaded.device}, {threads}, {loaded.batch} photos at once; {versions}"
    if loaded.device.startswith("cpu") and settings.device == "auto":
        detail += "; no GPU was found"
    return Trial(name="score device", state="ok", detail=detail)


def _ready(ready: ReadyMetric) -> Trial:
    digest = f", weights {ready.weights_sha256[:_DIGEST_SHOWN]}" if ready.weights_sha256 else ""
    detail = (
        f"{ready.metric}: {ready.implementation}{digest}, ready in {ready.load_ms / 1000:.1f} s"
    )
    return Trial(name="score models", state="ok", detail=detail)


def _missing(reason: str, lacks: Sequence[MissingScore]) -> Trial:
    """Return which metrics cannot be measured for the same reason, and what helps."""
    metrics = [lack.metric for lack in lacks]
    codes = {lack.code for lack in lacks}
    known = names([entry for metric in metrics for entry in of_metric(metric)])
    if "ScoringWeights" in codes and known:
        hint = f"photojournal models pull {' '.join(known)}"
    elif "ScoringWeights" in codes:
        hint = "copy the file, or leave the metric out of [score] metrics; docs/models.md"
    else:
        hint = f"mend what the message says, or install the libraries again: {neural.INSTALL}"
    return Trial(name="score models", state="fail", detail=reason_of(metrics, reason), hint=hint)
