"""
Where the models run: device, threads, precision; and what counts as too little memory.

On a GPU a metric is measured in half precision if that gives the same numbers: at load, every
metric is measured in both on a few made-up pictures. Where they differ by more than the metric's
tolerance, it stays in float32. A CPU computes in float32.
"""

import contextlib
import errno
import gc
import math
import os
import random
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

import numpy as np
from msgspec import Struct

from adapters.errors import AdapterError
from adapters.neural import MODEL_INPUTS, ModelInput

if TYPE_CHECKING:
    import torch

MAX_THREADS = 16
EXIT_DEVICE_LOST = 114
"""Exit code of a process whose GPU answers no more."""
BATCH_CPU = 4
BATCH_GPU = 32
SEED = 123
"""Before every forward pass: a metric that draws crops draws the same ones for a photo."""
_SHORT = {"": "fp32", "float16": "fp16", "bfloat16": "bf16"}
TOLERANCE = 0.002
"""By how much of its range a metric may change with the precision, or with the batch."""
TOLERANCE_MAX = 0.02
"""And by how much at most, however wide its range is."""
MIN_COSINE = 0.999
"""How alike the embeddings of a picture in two precisions have to be."""
_HAS_BF16 = (8, 0)
"""Older GPUs only imitate it, slowly."""
_PROBE_LONG_PX = 512
_PROBE_SHORT_PX = 384
_CHAIN = 8
_PAGING_FILE_TOO_SMALL = 1455
"""What Windows says when the DLLs of torch find no room."""
_NO_MEMORY = (
    "out of memory",
    "not enough memory",
    "can't allocate memory",
    "cannot allocate memory",
    "alloc_failed",
)


class Model(Protocol):
    """A model that is loaded."""

    @property
    def metric(self) -> str:
        """What it measures."""
        ...

    @property
    def implementation(self) -> str:
        """Package and version."""
        ...

    @property
    def sha256(self) -> str:
        """What `neural.ReadyMetric` says about its files."""
        ...

    @property
    def input(self) -> ModelInput:
        """What it is shown."""
        ...

    @property
    def range_top(self) -> float:
        """The upper end of its scale, roughly."""
        ...

    def measure(self, pictures: "torch.Tensor") -> "tuple[torch.Tensor, torch.Tensor | None]":
        """
        Return a value for each picture, and an embedding if it makes any.

        Args:
            pictures: RGB, N x 3 x height x width, 0 to 1, float32, on the device.
        """
        ...


class Device(Struct, frozen=True, kw_only=True):
    """What the models run on."""

    name: str
    """As torch calls it: `cpu`, `cuda:0`, `mps`."""
    low: str = ""
    """The half precision that is tried, as torch calls it; empty: none."""
    batch: int = BATCH_CPU
    threads: int = 1
    hardware: str = ""
    """Such as `NVIDIA H200`."""
    note: str = ""
    """What a person should know about the choice."""

    def label(self, low: str) -> str:
        """Return the device and a precision for people: `cuda:0 NVIDIA H200 bf16`."""
        return " ".join(part for part in (self.name, self.hardware, _SHORT[low]) if part)


def settle(wanted: str) -> Device:
    """
    Choose the device and limit the threads; call it once, before anything is computed.

    Raises:
        AdapterError: `ScoringDependency`: the device that was asked for is not there.
    """
    import torch

    threads = _threads()
    torch.set_num_threads(threads)
    with contextlib.suppress(RuntimeError):  # It can be set once, before the first operation.
        torch.set_num_interop_threads(1)
    kind, problem = wanted, ""
    if wanted == "auto":
        has = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
        kind = next((name for name in has if has[name]), "cpu")
    if kind != "cpu":
        problem = _problem_with(kind)
    if problem and wanted != "auto":
        detail = f"device {kind!r} was asked for, and torch {torch.__version__} says: {problem}"
        raise AdapterError("ScoringDependency", detail)
    if kind == "cpu" or problem:
        note = f"{kind} is there but cannot be used: {problem}" if problem else ""
        return Device(name="cpu", threads=threads, note=note)
    if kind == "mps":
        return Device(name="mps", low="float16", batch=BATCH_GPU, threads=threads)
    # Else convolutions are rounded to ten bits even where float32 was chosen.
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.deterministic = True
    return Device(
        name="cuda:0",
        low="bfloat16" if torch.cuda.get_device_capability(0) >= _HAS_BF16 else "float16",
        batch=BATCH_GPU,
        threads=threads,
        hardware=torch.cuda.get_device_name(0),
    )


def _problem_with(kind: str) -> str:
    """Return why a device cannot compute; empty: it can."""
    import torch

    try:
        if float(torch.ones(2, device=kind).sum()) > 1:
            return ""
    except (AssertionError, NotImplementedError, RuntimeError) as error:
        if is_out_of_memory(error):
            raise AdapterError("OutOfMemory", f"{kind}: {error}") from error
        return str(error).splitlines()[0] if str(error) else type(error).__name__
    return "it counts wrong"


def end_if_lost(device: str) -> None:
    """End this process if its device has broken down: only a new one can use it again."""
    if device != "cpu" and _problem_with(device):
        os._exit(EXIT_DEVICE_LOST)


def _threads() -> int:
    allowed = getattr(os, "sched_getaffinity", None)
    cores = len(allowed(0)) if allowed else os.cpu_count() or 1
    return min(cores, MAX_THREADS)


@contextlib.contextmanager
def measuring(device: str, low: str = "") -> Iterator[None]:
    """Compute without gradients, from a fixed seed, in float32 or in the half precision `low`."""
    import torch

    seed()
    kind = torch.device(device).type
    dtype = getattr(torch, low) if low else None
    with torch.inference_mode(), torch.autocast(kind, dtype=dtype, enabled=bool(low)):
        yield


def seed() -> None:
    """Begin all random numbers anew."""
    import torch

    torch.manual_seed(SEED)
    random.seed(SEED)
    np.random.seed(SEED)  # noqa: NPY002  (it is what pyiqa draws from)


def dice() -> tuple[object, ...]:
    """Return where the random numbers stand: something that changes when one is drawn."""
    import torch

    legacy = np.random.get_state(legacy=False)  # noqa: NPY002  (it is what pyiqa draws from)
    states = [torch.get_rng_state().numpy().tobytes(), random.getstate(), repr(legacy)]
    if torch.cuda.is_available():
        states.append(torch.cuda.get_rng_state().numpy().tobytes())
    return tuple(states)


def probes(model_input: ModelInput) -> "torch.Tensor":
    """Return three made-up pictures for a model, the same every time: 3 x 3 x H x W, 0 to 1."""
    import torch

    edge = model_input.edge_px
    height, width = (edge, edge) if model_input.crop else (_PROBE_SHORT_PX, _PROBE_LONG_PX)
    down, across = np.mgrid[0:height, 0:width] / np.array([[[height]], [[width]]])
    slope = np.stack([down, across, 1 - across])
    chance = np.random.default_rng(SEED)
    noise = chance.random((3, height, width))
    coarse = np.kron(chance.random((3, height // 16 + 1, width // 16 + 1)), np.ones((16, 16)))
    shapes = 0.8 * coarse[:, :height, :width] + 0.2 * noise
    return torch.from_numpy(np.stack([slope, noise, shapes]).astype(np.float32))


class Trial(Struct, frozen=True, kw_only=True):
    """How a model did on made-up pictures."""

    problem: str = ""
    """Why it cannot be used."""
    alone: bool = False
    """It has to be shown one picture at a time."""


def try_out(model: Model, device: str) -> Trial:
    """
    Show a model a grey picture, and one that is not known here two others, alone and together.

    Raises whatever the model raises on a single picture.
    """
    import torch

    pictures = probes(model.input).to(device)
    with measuring(device):
        before = dice()
        value = float(model.measure(torch.full_like(pictures[:1], 0.5))[0][0])
    if not math.isfinite(value):
        return Trial(problem=f"a grey picture measures {value}")
    if model.metric in MODEL_INPUTS:
        return Trial()
    singles = []
    for picture in pictures[1:]:
        with measuring(device):
            singles.append(float(model.measure(picture[None])[0][0]))
            if dice() != before:
                return Trial(alone=True)
    try:
        with measuring(device):
            together = model.measure(pictures[1:])[0].tolist()
    except (RuntimeError, ValueError, TypeError, IndexError, AssertionError):
        return Trial(alone=True)
    off = max(abs(one - other) for one, other in zip(singles, together, strict=True))
    return Trial(alone=not off <= tolerance(model))  # True for nan, too.


def tolerance(model: Model) -> float:
    """Return by how much two measurements of the same picture may differ."""
    return min(TOLERANCE_MAX, TOLERANCE * model.range_top)


def keeps_its_value(model: Model, device: str, low: str) -> str:
    """
    Compare half precision with float32 on the made-up pictures.

    Returns:
        Empty if half precision will do, else a line for people.
    """
    import torch

    pictures = probes(model.input).to(device)
    with measuring(device):
        exact, exact_vectors = _on_cpu(model.measure(pictures))
    try:
        with measuring(device, low):
            rough, rough_vectors = _on_cpu(model.measure(pictures))
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        return f"{model.metric} is measured in fp32: {low} fails ({reason})"
    off = float((exact - rough).abs().max())
    if not off <= tolerance(model):  # True for nan, too.
        return f"{model.metric} is measured in fp32: {low} changes it by up to {off:.3g}"
    if exact_vectors is None or rough_vectors is None:
        return ""
    like = float(torch.cosine_similarity(exact_vectors, rough_vectors).min())
    if like >= MIN_COSINE:  # False for nan, too.
        return ""
    return f"{model.metric} is measured in fp32: {low} turns embeddings (cosine {like:.4f})"


def _on_cpu(
    measured: "tuple[torch.Tensor, torch.Tensor | None]",
) -> "tuple[torch.Tensor, torch.Tensor | None]":
    values, embeddings = measured
    return values.float().cpu(), None if embeddings is None else embeddings.float().cpu()


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error says that there is too little memory."""
    one: BaseException | None = error
    for _ in range(_CHAIN):  # A library may have answered it with an error of its own.
        if one is None:
            return False
        text = str(one).lower() if isinstance(one, RuntimeError) else ""
        if isinstance(one, MemoryError) or any(words in text for words in _NO_MEMORY):
            return True
        if isinstance(one, OSError):
            number = getattr(one, "winerror", None)
            if one.errno == errno.ENOMEM or number == _PAGING_FILE_TOO_SMALL:
                return True
        one = one.__cause__ or one.__context__
    return False


def free(device: str) -> None:
    """Give back what memory can be given back."""
    import torch

    gc.collect()
    if device.startswith("cuda"):
        torch.cuda.empty_cache()
    elif device == "mps":
        torch.mps.empty_cache()
