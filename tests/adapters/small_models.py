"""
Small weights for the neural metrics, and the tasks of the process with the models that take them.

The files have the names and the layout of the real ones, so that the real loading code reads
them; what is in them is chance. `accepted` lets the catalogue of a process accept them: the digests
stand in a file beside the weights, which a spawned process reads through the task wrappers here. A
test of the whole program sets `adapters.neural.FUNCTIONS` to `FUNCTIONS` and runs in `accepted`.
"""

import contextlib
import json
import math
import warnings as noise
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from adapters import neural_side, weights
from adapters.files import sha256_of
from adapters.neural import Equipment
from adapters.weights import Weights

FUNCTIONS = {
    name: f"tests.adapters.small_models:{name}" for name in ("load", "infer", "encode_text")
}
CATALOGUE_FILE = "small.json"
DIMENSION = 32
"""Of the small CLIP's embeddings."""
_WIDTH = 64
_PATCH_PX = 32
_EDGE_PX = 224
_SPREAD = 0.05
"""Standard deviation of the numbers that NIMA's layers share."""


def make_clip(folder: Path, *, archive: bool = False, seed: int = 1) -> None:
    """
    Write a CLIP of two thin layers and its aesthetic head.

    Args:
        folder: of the weights.
        archive: write a TorchScript archive as OpenAI's is, else a table of weights.
        seed: of the chance in it.
    """
    import torch

    network = folder / weights.named("clip-vit-l-14-openai").file
    model = clip_model(seed)
    if archive:
        mask = model._buffers.pop("attn_mask")
        model.attn_mask = mask  # OpenAI's is no part of the archive's weights either.
        picture = torch.rand(1, 3, _EDGE_PX, _EDGE_PX)
        words = torch.randint(0, 100, (1, 77))
        with noise.catch_warnings():
            noise.simplefilter("ignore")  # It is on its way out, but it is what OpenAI used.
            traced = torch.jit.trace_module(
                model, {"encode_image": (picture,), "encode_text": (words,)}, check_trace=False
            )
            torch.jit.save(traced, str(network))
    else:
        torch.save(model.state_dict(), network)
    accept(folder, "clip-vit-l-14-openai")
    make_head(folder, DIMENSION, seed=seed)


def clip_model(seed: int = 1) -> Any:
    """Return the network that `make_clip` writes."""
    import torch
    from open_clip.model import CLIP, CLIPTextCfg, CLIPVisionCfg

    torch.manual_seed(seed)
    vision = CLIPVisionCfg(layers=2, width=_WIDTH, patch_size=_PATCH_PX, image_size=_EDGE_PX)
    text = CLIPTextCfg(context_length=77, vocab_size=49408, width=_WIDTH, heads=1, layers=2)
    return CLIP(DIMENSION, vision_cfg=vision, text_cfg=text, quick_gelu=True).eval()


def make_head(folder: Path, dimension: int, *, seed: int = 1) -> None:
    """Write an aesthetic head of the layout of LAION's for embeddings of `dimension` numbers."""
    import torch

    torch.manual_seed(seed)
    tensors = {}
    wide = dimension
    for number, out in ((0, 64), (2, 16), (4, 8), (6, 4), (7, 1)):
        tensors[f"layers.{number}.weight"] = torch.randn(out, wide) / math.sqrt(wide) * 1.5
        tensors[f"layers.{number}.bias"] = torch.randn(out) * 0.1
        wide = out
    tensors["layers.7.bias"] = torch.tensor([5.0])
    torch.save(tensors, folder / weights.named("laion-aesthetic-l14").file)
    accept(folder, "laion-aesthetic-l14")


def make_nima(folder: Path, *, seed: int = 1) -> None:
    """
    Write weights of NIMA's real shape, which is fixed, in 13 MB instead of 218.

    All layers are views of the same numbers; the statistics of the batch norms keep them in range.
    """
    tensors = nima_tensors(seed)
    import torch

    torch.save({"params": tensors}, folder / weights.named("nima-inception-resnet-v2-ava").file)
    accept(folder, "nima-inception-resnet-v2-ava")


def nima_tensors(seed: int = 1) -> dict[str, Any]:
    """Return what `make_nima` writes."""
    import timm
    import torch

    with torch.device("meta"):
        net = timm.create_model("inception_resnet_v2", pretrained=False, features_only=True)
    shapes = {f"base_model.{name}": tuple(one.shape) for name, one in net.state_dict().items()}
    wide = net.feature_info.channels()[-1]
    tensors = _shared(shapes, seed)
    tensors["classifier.2.weight"] = torch.randn(10, wide) * 0.1
    tensors["classifier.2.bias"] = torch.zeros(10)
    return tensors


def make_topiq_iaa(folder: Path, *, seed: int = 1) -> None:
    """Write weights of the shape of TOPIQ's for aesthetics, likewise."""
    import torch
    from pyiqa.archs.topiq_arch import CFANet

    with torch.device("meta"):
        net = CFANet(
            backbone_pretrain=False,
            use_ref=False,
            inter_dim=512,
            num_heads=8,
            num_class=10,
            pretrained=False,
        )
    shapes = {name: tuple(one.shape) for name, one in net.state_dict().items()}
    path = folder / weights.named("topiq_iaa_res50").file
    torch.save({"params": _shared(shapes, seed)}, path)
    accept(folder, "topiq_iaa_res50")


def _shared(shapes: dict[str, tuple[int, ...]], seed: int) -> dict[str, Any]:
    """Return tensors that are views of the same numbers, so that a file of them is small."""
    import torch

    torch.manual_seed(seed)
    shared = torch.randn(max(math.prod(shape) for shape in shapes.values())) * _SPREAD
    normed = {name.rpartition(".")[0] for name in shapes if name.endswith(".running_var")}
    tensors: dict[str, Any] = {}
    incoming = 1
    for place, (name, shape) in enumerate(shapes.items()):
        count = math.prod(shape)
        owner, _, part = name.rpartition(".")
        if part == "num_batches_tracked":
            tensors[name] = torch.tensor(1)
        elif part == "running_var":
            tensors[name] = torch.full(shape, incoming * _SPREAD**2 / 2)
        elif part in {"running_mean", "weight", "bias"} and owner in normed:
            tensors[name] = torch.full(shape, float(part == "weight"))
        else:
            start = place * 977 % (shared.numel() - count + 1)
            tensors[name] = shared[start : start + count].view(shape)
            if len(shape) > 1:
                incoming = math.prod(shape[1:])
    return tensors


def accept(folder: Path, name: str) -> None:
    """Note the digest of a small file, so that the catalogue takes it."""
    path = folder / CATALOGUE_FILE
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    known[name] = sha256_of(folder / weights.named(name).file)
    path.write_text(json.dumps(known), encoding="utf-8")


def catalogue(folder: Path) -> tuple[Weights, ...]:
    """Return the catalogue with the digests and sizes of the small files in `folder`."""
    path = folder / CATALOGUE_FILE
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return tuple(
        msgspec.structs.replace(
            entry,
            sha256=known[entry.name],
            sha256_prefix="",
            size_bytes=(folder / entry.file).stat().st_size,
        )
        if entry.name in known and (folder / entry.file).exists()
        else entry
        for entry in weights.CATALOGUE
    )


@contextlib.contextmanager
def accepted(folder: Path) -> Iterator[None]:
    """Let this process take the small files in `folder` for the real ones."""
    before = weights.CATALOGUE
    weights.CATALOGUE = catalogue(folder)
    try:
        yield
    finally:
        weights.CATALOGUE = before


def load(photo: bytes, argument: bytes) -> bytes:
    """Do `neural_side.load` with small weights."""
    with accepted(_folder(argument)):
        return neural_side.load(photo, argument)


def infer(photo: bytes, argument: bytes) -> bytes:
    """Do `neural_side.infer` with small weights."""
    with accepted(_folder(argument)):
        return neural_side.infer(photo, argument)


def encode_text(photo: bytes, argument: bytes) -> bytes:
    """Do `neural_side.encode_text` with small weights."""
    with accepted(_folder(argument)):
        return neural_side.encode_text(photo, argument)


def _folder(argument: bytes) -> Path:
    return Path(msgspec.json.decode(argument, type=Equipment).folder)
