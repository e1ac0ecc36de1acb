"""
A process with models that needs no torch, and whose mood depends on the photo or on a file.

It answers plain numbers in the true wire format and keeps the contract of the real one
(`test_models_contract`). The weights are checked like the real ones; they are a few bytes each. A
photo's mood is its tint, since the models see nothing else of it: `painted` makes such photos. The
files `mood` and, once, `slow load` in the folder of the weights spoil the loading, `slow`, `once`
and `weary` the measuring; what was asked stands in `asked.jsonl`.
"""

import io
import json
import math
import os
import random
import signal
import struct
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
from PIL import Image

from adapters import neural, weights
from adapters.errors import AdapterError
from adapters.files import sha256_of
from adapters.neural import (
    Batch,
    Equipment,
    Inferred,
    InputPicture,
    Loaded,
    PhotoInputs,
    PhotoScores,
    ReadyMetric,
)
from adapters.weight_files import digest_of_files
from machine.quality import PROFILES
from machine.values import MissingScore, Score
from tests.adapters import small_models

FUNCTIONS = {
    "load": "tests.driver.moody_models:load",
    "infer": "tests.driver.moody_models:infer",
}
TINTS = {
    (1, 0, 0): "crash",
    (0, 1, 0): "hang",
    (0, 0, 1): "killed",
    (1, 1, 0): "memory",
    (1, 0, 1): "bug",
    (0, 1, 1): "nan",
}
"""Which channels are strong, and what the process does with such a photo."""
NUMBERS = 32
"""Of an embedding."""
_IMPLEMENTATION = "moody 1"
_DEVICE = "cpu fp32"
BATCH = 4
"""Photos that are best sent at once."""
_STRONG, _WEAK = 200, 60


# --- what a test prepares


def make(folder: Path) -> Path:
    """Make weights of a few bytes for every metric of the profile `full`."""
    folder.mkdir(parents=True, exist_ok=True)
    for entry in weights.needed_by(PROFILES["full"]):
        (folder / entry.file).write_bytes(f"weights of {entry.name}".encode())
        small_models.accept(folder, entry.name)
    return folder


def painted(mood: str = "", seed: int = 1) -> bytes:
    """Return a small photo; it spoils the mood of the models if one is named."""
    strong = next((tint for tint, name in TINTS.items() if name == mood), (0, 0, 0))
    chance = random.Random(seed)
    tops = [_STRONG + 55 * one if mood else 255 for one in strong]
    pixels = bytes(
        chance.randrange(_STRONG, top) if one else chance.randrange(_WEAK if mood else 255)
        for _ in range(24 * 16)
        for one, top in zip(strong, tops, strict=True)
    )
    target = io.BytesIO()
    picture = Image.frombytes("RGB", (24, 16), pixels).resize((360, 240))
    picture.save(target, "JPEG", quality=95)
    return target.getvalue()


def asked(folder: Path, task: str = "infer") -> list[dict[str, Any]]:
    """Return what the process was asked so far, in order."""
    path = folder / "asked.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [one for one in map(json.loads, lines) if one["task"] == task]


# --- what runs in the process


def load(_photo: bytes, argument: bytes) -> bytes:
    """Return `Loaded`, or do as the file `mood` says."""
    equipment = msgspec.json.decode(argument, type=Equipment)
    folder = Path(equipment.folder)
    _note(folder, task="load")
    path = folder / "mood"
    _do(path.read_text(encoding="utf-8") if path.exists() else "")
    _wait(folder / "slow load")
    (folder / "slow load").unlink(missing_ok=True)
    ready, missing = _ready(equipment)
    clip = any(one.metric == neural.CLIP for one in ready)
    network = folder / weights.of_metric(neural.CLIP)[0].file
    return msgspec.json.encode(_loaded(ready, missing, sha256_of(network) if clip else ""))


def nonsense(_photo: bytes, _argument: bytes) -> bytes:
    """Answer what nobody can read."""
    return b"nonsense"


def infer(photo: bytes, argument: bytes) -> bytes:
    """Return `Inferred`, or do as one of the photos says."""
    equipment = msgspec.json.decode(argument, type=Equipment)
    folder = Path(equipment.folder)
    photos = msgspec.msgpack.decode(photo, type=Batch).photos
    ready, missing = _ready(equipment)
    moods = [_mood(one) for one in photos]
    embeddings = sum(bool(one.embedding) for one in photos)
    _note(folder, task="infer", photos=len(photos), embeddings=embeddings, moods=moods)
    _wait(folder / "slow")
    if (folder / "weary").exists():
        _do("crash")
    if (folder / "once").exists():
        (folder / "once").unlink()
        _do("crash")
    for mood in moods:
        _do(mood)
    known = {one.metric: one for one in ready}
    reasons = {one.metric: one for one in missing}
    found = tuple(
        _measured(one, mood, known, reasons) for one, mood in zip(photos, moods, strict=True)
    )
    return msgspec.msgpack.encode(Inferred(photos=found))


def _do(mood: str) -> None:
    if mood == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif mood == "killed" and sys.platform != "win32":
        os.kill(os.getpid(), signal.SIGKILL)
    elif mood == "hang":
        time.sleep(3600)
    elif mood == "memory":
        raise MemoryError
    elif mood == "bug":
        msg = "an ordinary bug"
        raise KeyError(msg)
    elif mood.startswith("exit "):
        os._exit(int(mood.removeprefix("exit ")))


def _wait(path: Path) -> None:
    if path.exists():
        time.sleep(float(path.read_text(encoding="utf-8")))


def _note(folder: Path, **what: object) -> None:
    with (folder / "asked.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"pid": os.getpid(), **what}) + "\n")


def _loaded(
    ready: list[ReadyMetric], missing: list[MissingScore], network_sha256: str = ""
) -> Loaded:
    return Loaded(
        device=_DEVICE,
        batch=BATCH,
        threads=1,
        versions={"python": "3", "moody": "1"},
        clip_sha256=network_sha256,
        ready=tuple(ready),
        missing=tuple(missing),
    )


def _ready(equipment: Equipment) -> tuple[list[ReadyMetric], list[MissingScore]]:
    ready, missing = [], []
    folder = Path(equipment.folder)
    with small_models.accepted(folder):
        for metric in equipment.metrics:
            try:
                files = [weights.find(one.name, folder) for one in weights.of_metric(metric)]
            except AdapterError as error:
                missing.append(MissingScore(metric=metric, code=error.code, detail=error.detail))
                continue
            sha256 = digest_of_files(files)
            ready.append(
                ReadyMetric(metric=metric, implementation=_IMPLEMENTATION, weights_sha256=sha256)
            )
    return ready, missing


def _mood(photo: PhotoInputs) -> str:
    if not photo.pictures:
        return ""
    data = next(iter(photo.pictures.values())).data
    means = [sum(data[channel::3]) / max(len(data) // 3, 1) for channel in range(3)]
    if not all(mean < _WEAK or mean > _STRONG - 10 for mean in means):
        return ""
    red, green, blue = (int(mean > _WEAK) for mean in means)
    return TINTS.get((red, green, blue), "")


def _measured(
    photo: PhotoInputs,
    mood: str,
    ready: dict[str, ReadyMetric],
    reasons: dict[str, MissingScore],
) -> PhotoScores:
    scores, missing = [], []
    embedding = b""
    for metric in photo.metrics:
        if metric not in ready:
            lack = reasons.get(metric) or _failed(metric, "this process was not told to load it")
            missing.append(lack)
            continue
        picture = photo.pictures.get(neural.input_of(metric).name)
        fits = metric == neural.CLIP and len(photo.embedding) == 4 * NUMBERS
        held = photo.embedding if fits else b""
        whole = picture and len(picture.data) == picture.width_px * picture.height_px * 3
        if not held and not whole:
            missing.append(_failed(metric, "its picture is not there, or damaged"))
        elif mood == "nan" and metric != neural.CLIP:
            missing.append(_failed(metric, "measured nan"))
        elif metric == neural.CLIP:
            embedding = held or _embedding(picture)
            scores.append(_score(ready[metric], 5 + sum(_floats(embedding)), picture))
        else:
            assert picture is not None
            scores.append(_score(ready[metric], sum(picture.data) % 9000 / 1000, picture))
    return PhotoScores(scores=tuple(scores), missing=tuple(missing), embedding=embedding)


def _embedding(picture: InputPicture | None) -> bytes:
    assert picture is not None
    values = [1.0 + one for one in picture.data[: 7 * NUMBERS : 7]]
    norm = math.sqrt(sum(one * one for one in values))
    return struct.pack(f"<{NUMBERS}f", *(one / norm for one in values))


def _floats(embedding: bytes) -> tuple[float, ...]:
    return struct.unpack(f"<{NUMBERS}f", embedding)


def _score(ready: ReadyMetric, value: float, picture: InputPicture | None) -> Score:
    edge = neural.input_of(ready.metric).edge_px
    return Score(
        metric=ready.metric,
        value=round(min(value, 10.0), 4),
        implementation=ready.implementation,
        weights_sha256=ready.weights_sha256,
        device=_DEVICE,
        width_px=picture.width_px if picture else edge,
        height_px=picture.height_px if picture else edge,
        duration_ms=1,
    )


def _failed(metric: str, detail: str) -> MissingScore:
    return MissingScore(metric=metric, code="ScoringFailed", detail=detail)
