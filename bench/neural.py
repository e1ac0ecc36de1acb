"""
CLIP's aesthetic score: photos a second of the stage's scorer beside the naive way.

The naive way calls pyiqa's `laion_aes` for one photo after the other, each on a decode of its own
at full size. Ours decodes in the workers while the process with the models measures a batch. Both
have the same weights, of the real network's size (ViT-L/14) and full of chance, which changes no
speed; both may use every core, and both have loaded before the first round. A second line is the
memory of the process with the models after many photos, with small weights.

Needs the extra `score`; without it the bench says so and measures nothing.
"""

import functools
import io
import math
import statistics
import sys
import tempfile
import types
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
from PIL import Image

from adapters import neural, weights
from adapters.errors import AdapterError
from adapters.workers import WorkerResult, Workers
from bench.embedded import FEW, GOAL_MEMORY, MANY, memory, twelve_megapixels
from bench.measure import line, ratios, seconds
from driver.scoring import Measurements, Scoring
from driver.sections import Score as Settings
from machine import quality
from tests.adapters import pyiqa_reference, small_models

ROUNDS = 2
PHOTOS = 4
WITHIN = 0.2
"""How far both may be apart: pyiqa shrinks the picture as a tensor, open_clip as a picture."""
LAYERS = ((0, 1024), (2, 128), (4, 64), (6, 16), (7, 1))
FUNCTIONS = {**small_models.FUNCTIONS, "memory": "bench.neural:memory_of_models"}
memory_of_models = memory


def rounds() -> list[dict[str, Any]]:
    """Return the speed beside pyiqa's own call, and the growth of memory."""
    if not pyiqa_reference.installed():
        return [line("CLIP, images a second", math.nan, "", detail="the extra score is missing")]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_vit_l_14(folder)
        speed = _speed(folder, [twelve_megapixels()] * PHOTOS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small_models.make_clip(folder)
        return [speed, _memory(folder)]


def make_vit_l_14(folder: Path) -> None:
    """Write a CLIP of the size of ViT-L/14 and a head of LAION's shape, full of chance."""
    import torch
    from open_clip.model import CLIP, CLIPTextCfg, CLIPVisionCfg

    torch.manual_seed(7)
    vision = CLIPVisionCfg(layers=24, width=1024, patch_size=14, image_size=224)
    text = CLIPTextCfg(context_length=77, vocab_size=49408, width=768, heads=12, layers=12)
    model = CLIP(768, vision_cfg=vision, text_cfg=text, quick_gelu=True).half()
    torch.save(model.state_dict(), folder / weights.named("clip-vit-l-14-openai").file)
    small_models.accept(folder, "clip-vit-l-14-openai")
    head, wide = {}, 768
    for number, out in LAYERS:
        spread = math.sqrt(wide) if number else 1.0  # an embedding has length 1 already
        head[f"layers.{number}.weight"] = torch.randn(out, wide) / spread
        head[f"layers.{number}.bias"] = torch.zeros(out)
        wide = out
    torch.save(head, folder / weights.named("laion-aesthetic-l14").file)
    small_models.accept(folder, "laion-aesthetic-l14")


def _speed(folder: Path, photos: Sequence[bytes]) -> dict[str, Any]:
    ours: list[float] = []
    theirs: list[float] = []
    found: list[float] = []
    expected: list[float] = []
    naive = Workers(1, functions={"naive": "bench.neural:naive"})
    with naive, scorer(folder) as scoring:
        where = str(folder).encode()
        _together(scoring, photos[:1])
        _one_by_one(naive, where, photos[:1])
        for _ in range(ROUNDS):
            ours.append(seconds(lambda: found.extend(_together(scoring, photos))))
            theirs.append(seconds(lambda: expected.extend(_one_by_one(naive, where, photos))))
    apart = max(abs(one - other) for one, other in zip(found, expected, strict=True))
    assert apart <= WITHIN, f"{apart} apart"
    each, beside = (statistics.median(took) / len(photos) for took in (ours, theirs))
    detail = f"{1 / each:.2f} images/s, naive {1 / beside:.2f}; at most {apart:.3f} apart"
    return line("CLIP aesthetic, 12 MP", ratios(theirs, ours), "x naive", detail=detail)


@contextmanager
def scorer(folder: Path) -> Iterator[Scoring]:
    """Give the stage's scorer, for CLIP alone."""
    settings = Settings(metrics=(neural.CLIP,), weights=str(folder), deadline_s=600.0)
    with (
        small_models.accepted(folder),
        patch.dict(quality.PROFILES, {"embedded": ()}),
        patch.object(neural, "FUNCTIONS", FUNCTIONS),
        Workers() as workers,
    ):
        scoring = Scoring(settings, workers, folder, stored=_nothing)
        scoring.open()
        try:
            yield scoring
        finally:
            scoring.close()


def _nothing(sha256: str) -> bytes:
    raise AdapterError("ObjectMissing", sha256)


def _together(scoring: Scoring, photos: Sequence[bytes]) -> list[float]:
    answers = [scoring.begin(photo, None) for photo in photos]
    return [_value(answer.result()) for answer in answers]


def _value(answer: object) -> float:
    assert isinstance(answer, Measurements), answer
    (score,) = answer.scores
    return score.value


def _one_by_one(naive: Workers, folder: bytes, photos: Sequence[bytes]) -> list[float]:
    found = []
    for photo in photos:
        answer = naive.submit("naive", photo, folder, deadline_s=600).result()
        assert isinstance(answer, WorkerResult), answer
        found.append(msgspec.json.decode(answer.data, type=float))
    return found


def naive(photo: bytes, folder: bytes) -> bytes:
    """Measure one photo as pyiqa does it, from a decode of its own."""
    import torch
    from torchvision.transforms.functional import to_tensor

    with torch.inference_mode():
        picture = to_tensor(Image.open(io.BytesIO(photo)).convert("RGB"))[None]
        return msgspec.json.encode(float(_pyiqa(folder.decode())(picture)))


@functools.cache
def _pyiqa(folder: str) -> Any:  # noqa: ANN401
    """Return pyiqa's own network; the package `clip` that it wants is given open_clip's loader."""
    import torch
    from open_clip.openai import load_openai_model

    def load(_name: str) -> tuple[Any, None]:
        path = Path(folder) / weights.named("clip-vit-l-14-openai").file
        model = load_openai_model(str(path), precision="fp32", device="cpu")
        model.visual.input_resolution = neural.input_of(neural.CLIP).edge_px
        return model, None

    package: Any = types.ModuleType("clip")
    package.load = load
    tokens: Any = types.ModuleType("clip.simple_tokenizer")
    tokens.SimpleTokenizer = None
    sys.modules.update({"clip": package, "clip.simple_tokenizer": tokens})
    from pyiqa.archs.laion_aes_arch import LAIONAes

    net = LAIONAes(pretrained=False)
    head = torch.load(Path(folder) / weights.named("laion-aesthetic-l14").file)
    net.mlp.load_state_dict(head)
    return net.eval()


def _memory(folder: Path) -> dict[str, Any]:
    """Return how much the process with the models grew between few photos and many."""
    sizes = []
    photo = twelve_megapixels()
    small = Image.open(io.BytesIO(photo)).reduce(8)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG")
    with scorer(folder) as scoring:
        for count in (FEW, MANY - FEW):
            done = 0
            while done < count:
                some = min(20, count - done)
                _together(scoring, [buffer.getvalue()] * some)
                done += some
            models = scoring.models.workers
            assert models is not None
            answer = models.submit("memory", b"", b"").result()
            assert isinstance(answer, WorkerResult), answer
            sizes.append(int(answer.data))
    few, many = sizes
    detail = f"{few / 2**20:.0f} MiB after {FEW} photos, {many / 2**20:.0f} after {MANY}"
    what = "memory of the process with the models"
    return line(
        what, many / few if few else math.nan, "x", goal=GOAL_MEMORY, at_most=True, detail=detail
    )
