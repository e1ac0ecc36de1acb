"""
Measures the photos of a batch with the models that are loaded.

Pictures of one shape go through a model together. What fails together is tried again one by one, so
that one photo costs no other its score; what is too much for the memory is halved. A value that is
no number is no score.
"""

import math
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from adapters import neural_device
from adapters.clip import Clip
from adapters.neural import InputPicture, PhotoInputs, PhotoScores, ReadyMetric
from adapters.neural_device import Device, Model
from adapters.weight_files import first_line
from machine.values import MissingScore, Score

if TYPE_CHECKING:
    import torch

_DECIMALS = 4


class Held(Struct, frozen=True, kw_only=True):
    """A model that is loaded, and how it is to be used."""

    model: Model
    ready: ReadyMetric
    low: str = ""
    """The precision; empty: float32."""
    alone: bool = False
    """It draws random numbers or minds its neighbours: one picture at a time."""


class Value(Struct, frozen=True, kw_only=True):
    """What a model said about a picture."""

    value: float
    duration_ms: int
    embedding: bytes = b""


Outcome = Value | MissingScore


def measure(
    photos: Sequence[PhotoInputs],
    held: Mapping[str, Held],
    missing: Mapping[str, MissingScore],
    device: Device,
) -> tuple[PhotoScores, ...]:
    """Return what was measured of each photo; `missing`: the metrics that are not there."""
    found: list[list[Score | MissingScore]] = [[] for _ in photos]
    embeddings = [b""] * len(photos)
    for metric in dict.fromkeys(name for photo in photos for name in photo.metrics):
        asked = [place for place, photo in enumerate(photos) if metric in photo.metrics]
        holder = held.get(metric)
        if holder is None:
            why = missing.get(metric) or _failed(metric, "this process was not told to load it")
            for place in asked:
                found[place].append(why)
            continue
        outcomes = _measure_one(holder, {place: photos[place] for place in asked}, device)
        for place, outcome in outcomes.items():
            if isinstance(outcome, Value):
                embeddings[place] = outcome.embedding or embeddings[place]
                picture = photos[place].pictures.get(holder.model.input.name)
                found[place].append(_score(holder, outcome, picture, device))
            else:
                found[place].append(outcome)
    return tuple(
        PhotoScores(
            scores=tuple(one for one in outcomes if isinstance(one, Score)),
            missing=tuple(one for one in outcomes if isinstance(one, MissingScore)),
            embedding=embedding,
        )
        for outcomes, embedding in zip(found, embeddings, strict=True)
    )


def _measure_one(
    holder: Held, photos: Mapping[int, PhotoInputs], device: Device
) -> dict[int, Outcome]:
    """Measure one metric of several photos, by their place in the batch."""
    outcomes: dict[int, Outcome] = {}
    groups: dict[tuple[int, int], dict[int, InputPicture]] = {}
    name = holder.model.input.name
    for place, photo in photos.items():
        if isinstance(holder.model, Clip) and holder.model.fits(photo.embedding):
            outcomes[place] = _from_embedding(holder.model, photo.embedding)
            continue
        picture = photo.pictures.get(name)
        if picture is None or len(picture.data) != picture.width_px * picture.height_px * 3:
            detail = f"its picture {name!r} is {'not there' if picture is None else 'damaged'}"
            outcomes[place] = _failed(holder.model.metric, detail)
            continue
        groups.setdefault((picture.width_px, picture.height_px), {})[place] = picture
    for group in groups.values():
        outcomes |= _measure_alike(holder, group, device)
    return {place: outcomes[place] for place in photos}


def _measure_alike(
    holder: Held, pictures: Mapping[int, InputPicture], device: Device
) -> dict[int, Outcome]:
    """Measure pictures of one shape, as many at once as goes well."""
    outcomes: dict[int, Outcome] = {}
    size = 1 if holder.alone else device.batch
    todo = deque(_parts(list(pictures), size))
    while todo:
        places = todo.popleft()
        try:
            values = forward(holder, [pictures[place] for place in places], device)
        except Exception as error:  # noqa: BLE001  (a model may raise anything: it becomes a missing score)
            enough = not neural_device.is_out_of_memory(error)
            detail = first_line(error)
        else:
            outcomes |= dict(zip(places, values, strict=True))
            continue
        neural_device.end_if_lost(device.name)
        neural_device.free(device.name)  # Outside `except`: the traceback holds the tensors.
        if len(places) > 1:
            todo.extendleft(reversed(_parts(places, 1 if enough else (len(places) + 1) // 2)))
        elif enough:
            outcomes[places[0]] = _failed(holder.model.metric, detail)
        else:
            outcomes[places[0]] = MissingScore(
                metric=holder.model.metric, code="ScoringOutOfMemory", detail=detail
            )
    return outcomes


def _parts(places: list[int], size: int) -> list[list[int]]:
    return [places[start : start + size] for start in range(0, len(places), size)]


def forward(holder: Held, pictures: Sequence[InputPicture], device: Device) -> list[Outcome]:
    """Show a model pictures of one shape, all at once. Raises whatever the model raises."""
    started = time.perf_counter()
    with neural_device.measuring(device.name, holder.low):
        values, embeddings = holder.model.measure(stacked(pictures).to(device.name))
        numbers = values.float().cpu().tolist()
    each = round((time.perf_counter() - started) * 1000 / len(pictures))
    vectors = [b""] * len(pictures) if embeddings is None else as_bytes(embeddings)
    return [
        Value(value=number, duration_ms=each, embedding=vector)
        if math.isfinite(number)
        else _failed(holder.model.metric, f"measured {number}")
        for number, vector in zip(numbers, vectors, strict=True)
    ]


def stacked(pictures: Iterable[InputPicture]) -> "torch.Tensor":
    """Return pictures of one shape as N x 3 x height x width, 0 to 1, as torchvision does."""
    import torch

    arrays = [
        np.frombuffer(picture.data, np.uint8).reshape(picture.height_px, picture.width_px, 3)
        for picture in pictures
    ]
    return torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2).contiguous().float().div(255)


def as_bytes(embeddings: "torch.Tensor") -> list[bytes]:
    """Return each row as float32, little-endian."""
    return [row.tobytes() for row in embeddings.float().cpu().numpy().astype("<f4")]


def _from_embedding(model: Clip, embedding: bytes) -> Outcome:
    import torch

    started = time.perf_counter()
    with torch.inference_mode():
        vector = torch.from_numpy(np.frombuffer(embedding, "<f4").astype(np.float32))
        number = float(model.value(vector[None])[0])
    if not math.isfinite(number):
        return _failed(model.metric, f"measured {number}")
    duration_ms = round((time.perf_counter() - started) * 1000)
    return Value(value=number, duration_ms=duration_ms, embedding=embedding)


def _score(holder: Held, outcome: Value, picture: InputPicture | None, device: Device) -> Score:
    edge = holder.model.input.edge_px
    return Score(
        metric=holder.model.metric,
        value=round(outcome.value, _DECIMALS),
        implementation=holder.ready.implementation,
        weights_sha256=holder.ready.weights_sha256,
        device=device.label(holder.low),
        width_px=picture.width_px if picture else edge,
        height_px=picture.height_px if picture else edge,
        duration_ms=outcome.duration_ms,
    )


def _failed(metric: str, detail: str) -> MissingScore:
    return MissingScore(metric=metric, code="ScoringFailed", detail=detail)
