"""Processes with models that do not load, each in its way; they run in a process of their own."""

import os

import msgspec

from adapters.errors import AdapterError
from adapters.neural import Equipment, Loaded, ReadyMetric
from machine.values import MissingScore


def dies(_photo: bytes, _argument: bytes) -> bytes:
    """End as a library does that is not made for this processor."""
    os._exit(132)


def refuses(_photo: bytes, _argument: bytes) -> bytes:
    """Say that there is too little memory."""
    raise AdapterError("OutOfMemory", "the model of nima_score does not fit: not enough memory")


def breaks(_photo: bytes, _argument: bytes) -> bytes:
    """Fail as an import does."""
    msg = "libcudart.so.12: cannot open shared object file: No such file or directory"
    raise ImportError(msg)


def loads_one(_photo: bytes, argument: bytes) -> bytes:
    """Load the first metric, and say why the others cannot be."""
    first, *others = msgspec.json.decode(argument, type=Equipment).metrics
    why = "torch cannot be imported: [WinError 126] The specified module could not be found"
    return msgspec.json.encode(
        Loaded(
            device="cuda:0 NVIDIA H200 bf16",
            batch=32,
            threads=16,
            versions={"python": "3.12.1", "torch": "2.9.0"},
            ready=(
                ReadyMetric(
                    metric=first,
                    implementation="pyiqa 1.2.3",
                    weights_sha256="ab" * 32,
                    load_ms=4321,
                ),
            ),
            missing=tuple(
                MissingScore(metric=one, code="ScoringDependency", detail=why) for one in others
            ),
            notes=("topiq_nr is measured in fp32: bfloat16 changes it by up to 0.01",),
        )
    )


def lacks_files(_photo: bytes, argument: bytes) -> bytes:
    """Say of each metric which file it needs."""
    missing = tuple(
        MissingScore(
            metric=one,
            code="ScoringWeights",
            detail=f"{one} needs f.pth: copy it to /w from /u",
        )
        for one in msgspec.json.decode(argument, type=Equipment).metrics
    )
    return msgspec.json.encode(
        Loaded(device="cpu fp32", batch=1, threads=1, versions={}, missing=missing)
    )
