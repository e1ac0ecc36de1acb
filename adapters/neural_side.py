"""
What runs inside the process that holds the neural models: `load`, `infer`, `encode_text`.

The tasks and their encodings are those of `adapters.neural`. The models stay loaded from one task
to the next; a process that was replaced loads them again with the first task that needs them. What
cannot be loaded costs its metric and no other: a library that does not import, weights that are
not there, a model that gives no number.

Importing this module loads no heavy library; the tasks do.
"""

import contextlib
import importlib
import io
import platform
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from adapters import clip, neural, neural_batches, neural_device, offline
from adapters.errors import AdapterError
from adapters.neural import Batch, Equipment, Inferred, Loaded, ReadyMetric
from adapters.neural_batches import Held
from adapters.neural_device import Device, Model
from adapters.weight_files import first_line, package_for
from machine.values import MissingScore


class Models(Struct, frozen=True, kw_only=True):
    """What is loaded."""

    device: Device
    held: dict[str, Held]
    missing: dict[str, MissingScore]
    notes: tuple[str, ...] = ()


_models: dict[Equipment, Models] = {}
"""At most one: other models would not fit beside these."""


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the libraries print and foretell from the terminal; what they raise comes out."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


@_quiet()
def load(_photo: bytes, argument: bytes) -> bytes:
    """
    Return `Loaded` for the `Equipment` that `argument` holds as JSON.

    Raises:
        AdapterError: `OutOfMemory`: the machine has too little memory for the models.
    """
    models = _loaded(argument)
    first = next(iter(models.held.values()), None)
    low = models.device.low if first is None or any(h.low for h in models.held.values()) else ""
    return msgspec.json.encode(
        Loaded(
            device=models.device.label(low),
            batch=models.device.batch,
            threads=models.device.threads,
            versions=_versions(),
            clip_sha256=_clip_sha256(models),
            ready=tuple(held.ready for held in models.held.values()),
            missing=tuple(models.missing.values()),
            notes=models.notes,
        )
    )


@_quiet()
def infer(photo: bytes, argument: bytes) -> bytes:
    """
    Return `Inferred` for the `Batch` that `photo` holds, both as msgpack.

    Raises:
        AdapterError: as `load`.
    """
    models = _loaded(argument)
    photos = msgspec.msgpack.decode(photo, type=Batch).photos
    with offline.no_network():
        scores = neural_batches.measure(photos, models.held, models.missing, models.device)
    return msgspec.msgpack.encode(Inferred(photos=scores))


@_quiet()
def encode_text(photo: bytes, argument: bytes) -> bytes:
    """
    Return the embedding of the text that `photo` holds in UTF-8: L2-normalised, float32.

    Raises:
        AdapterError: as `load`; `ScoringWeights` or `ScoringDependency`: there is no CLIP.
    """
    models = _loaded(argument)
    held = models.held.get(neural.CLIP)
    if held is None or not isinstance(held.model, clip.Clip):
        why = models.missing.get(neural.CLIP)
        code = why.code if why else "ScoringDependency"
        raise AdapterError(code, why.detail if why else f"{neural.CLIP} was not to be loaded")
    with offline.no_network(), neural_device.measuring(models.device.name):
        vector = held.model.text(photo.decode(errors="replace"))
    return neural_batches.as_bytes(vector)[0]


def _clip_sha256(models: Models) -> str:
    held = models.held.get(neural.CLIP)
    return held.model.network_sha256 if held and isinstance(held.model, clip.Clip) else ""


def _loaded(argument: bytes) -> Models:
    equipment = msgspec.json.decode(argument, type=Equipment)
    if equipment not in _models:
        _models.clear()
        _models[equipment] = _load(equipment)
    return _models[equipment]


def _load(equipment: Equipment) -> Models:
    offline.announce()
    try:
        _import("torch")
        device = neural_device.settle(equipment.device)
    except AdapterError as error:
        if error.code == "OutOfMemory":
            raise
        missing = {one: _missing(one, error) for one in equipment.metrics}
        return Models(device=Device(name="cpu"), held={}, missing=missing)
    held: dict[str, Held] = {}
    missing = {}
    notes = [device.note] if device.note else []
    for metric in equipment.metrics:
        try:
            held[metric] = _held(metric, Path(equipment.folder), device, notes)
        except AdapterError as error:
            if error.code == "OutOfMemory":
                raise
            missing[metric] = _missing(metric, error)
    return Models(device=device, held=held, missing=missing, notes=tuple(notes))


def _held(metric: str, folder: Path, device: Device, notes: list[str]) -> Held:
    """Load a metric and try it out. Raises AdapterError."""
    started = time.perf_counter()
    try:
        with offline.no_network():  # A model may want to fetch something at its first picture.
            held = _tried(_model(metric, folder, device), device, notes)
    except AdapterError:
        raise
    except offline.NetworkRefused as error:
        raise AdapterError("ScoringWeights", f"{metric}: {first_line(error)}") from error
    except ModuleNotFoundError as error:
        raise AdapterError("ScoringDependency", f"{metric}: {package_for(error)}") from error
    except Exception as error:
        if neural_device.is_out_of_memory(error):
            neural_device.free(device.name)
            hint = "" if device.name == "cpu" else "; the device cpu may have more"
            detail = f"the model of {metric} does not fit: {first_line(error)}{hint}"
            raise AdapterError("OutOfMemory", detail) from error
        raise AdapterError("ScoringDependency", f"{metric}: {first_line(error)}") from error
    load_ms = round((time.perf_counter() - started) * 1000)
    return msgspec.structs.replace(held, ready=msgspec.structs.replace(held.ready, load_ms=load_ms))


def _model(metric: str, folder: Path, device: Device) -> Model:
    if metric == neural.CLIP:
        _import("open_clip")
        return clip.Clip(folder, device.name)
    _import("pyiqa")
    from adapters import pyiqa_models

    return pyiqa_models.build(metric, folder, device.name)


def _tried(model: Model, device: Device, notes: list[str]) -> Held:
    """Try a model out: are there numbers, and the same in a batch and in half precision."""
    ready = ReadyMetric(
        metric=model.metric, implementation=model.implementation, weights_sha256=model.sha256
    )
    trial = neural_device.try_out(model, device.name)
    if trial.problem:
        raise AdapterError("ScoringDependency", f"{model.metric} cannot be used: {trial.problem}")
    low = device.low
    if low:
        note = neural_device.keeps_its_value(model, device.name, low)
        if note:
            notes.append(note)
            low = ""
    return Held(model=model, ready=ready, low=low, alone=trial.alone)


def _import(name: str) -> None:
    """Import a library. Raises AdapterError `ScoringDependency`, whatever it raises."""
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        detail = f"{name} cannot be imported: {package_for(error)}"
        raise AdapterError("ScoringDependency", detail) from error
    except Exception as error:
        if neural_device.is_out_of_memory(error):
            raise AdapterError("OutOfMemory", f"{name}: {first_line(error)}") from error
        detail = f"{name} cannot be imported: {first_line(error)}"
        raise AdapterError("ScoringDependency", detail) from error


def _missing(metric: str, error: AdapterError) -> MissingScore:
    return MissingScore(metric=metric, code=error.code, detail=error.detail)


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in neural.LIBRARIES:
        version = getattr(sys.modules.get(name), "__version__", None)
        if version is not None:
            found[name] = str(version)
    return found
