"""
CLIP, and the aesthetic head on top of it; runs in the process with the models.

Both files are pinned. The network is OpenAI's, read by open_clip's own loader, which takes its
shape from the file. The head is LAION's improved aesthetic predictor: linear layers without
anything between them, as many and as wide as its file says; it is loaded as plain numbers.

The embedding is computed in the precision that is asked for; its norm and the head always in
float32.
"""

import contextlib
import pickle
import warnings as noise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from adapters import neural, weights
from adapters.errors import AdapterError
from adapters.files import sha256_of
from adapters.neural_device import is_out_of_memory
from adapters.weight_files import digest_of, first_line, plain_tensors

if TYPE_CHECKING:
    import torch

NETWORK = "clip-vit-l-14-openai"
HEAD = "laion-aesthetic-l14"
_FLOAT_BYTES = 4


class Clip:
    """
    The loaded network and head.

    Attributes:
        sha256: what `neural.ReadyMetric` says about both files.
        network_sha256: of the network alone; embeddings of another one can not be compared.
        dimension: how many numbers an embedding has.
    """

    metric = neural.CLIP
    input = neural.input_of(neural.CLIP)
    range_top = 10.0

    def __init__(self, folder: Path, device: str) -> None:
        """
        Load both files.

        Raises:
            AdapterError: `ScoringWeights`: one of them is not there, damaged or of another shape.
        """
        import open_clip

        network = weights.find(NETWORK, folder)
        head = weights.find(HEAD, folder)
        self._model = _network(network, device)
        self.dimension = int(self._model.text_projection.shape[1])
        self._head = [
            (weight.to(device), bias.to(device)) for weight, bias in _head(head, self.dimension)
        ]
        self._device = device
        self.implementation = f"open_clip {open_clip.__version__}"
        self.network_sha256 = _digest(NETWORK, network)
        self.sha256 = digest_of([self.network_sha256, _digest(HEAD, head)])

    def embed(self, pictures: "torch.Tensor") -> "torch.Tensor":
        """Return the embeddings of pictures, L2-normalised, N x dimension."""
        mean, std = (
            pictures.new_tensor(three).view(1, 3, 1, 1)
            for three in (self._model.visual.image_mean, self._model.visual.image_std)
        )
        return _normalised(self._model.encode_image((pictures - mean) / std))

    def measure(self, pictures: "torch.Tensor") -> "tuple[torch.Tensor, torch.Tensor | None]":
        """Return the aesthetic scores and the embeddings of pictures."""
        embeddings = self.embed(pictures)
        return self.value(embeddings), embeddings

    def value(self, embeddings: "torch.Tensor") -> "torch.Tensor":
        """Return the aesthetic scores of normalised embeddings."""
        import torch

        values = embeddings.float().to(self._device)
        kind = values.device.type
        exact = torch.autocast(kind, enabled=False) if torch.is_autocast_enabled(kind) else None
        with exact or contextlib.nullcontext():
            for weight, bias in self._head:
                values = torch.nn.functional.linear(values, weight, bias)
        return values[:, 0]

    def fits(self, embedding: bytes) -> bool:
        """Tell whether these bytes can be an embedding of this network."""
        if len(embedding) != self.dimension * _FLOAT_BYTES:
            return False
        return bool(np.isfinite(np.frombuffer(embedding, "<f4")).all())

    def text(self, words: str) -> "torch.Tensor":
        """Return the embedding of a text, L2-normalised, 1 x dimension; what is too long is cut."""
        import open_clip

        context = int(self._model.positional_embedding.shape[0])
        tokens = open_clip.tokenize([words], context_length=context).to(self._device)
        return _normalised(self._model.encode_text(tokens))


def _digest(name: str, path: Path) -> str:
    """Return the digest of a file that `weights.find` has just checked; mostly it is pinned."""
    return weights.named(name).sha256 or sha256_of(path)


def _network(path: Path, device: str) -> "torch.nn.Module":
    from open_clip.openai import load_openai_model

    try:
        with noise.catch_warnings():
            # It says that TorchScript is on its way out; OpenAI's file stays what it is.
            noise.simplefilter("ignore", FutureWarning)
            model = load_openai_model(str(path), precision="fp32", device=device)
    except (pickle.UnpicklingError, EOFError, LookupError, RuntimeError, ValueError) as error:
        if is_out_of_memory(error):
            raise
        detail = f"{path.name} holds no CLIP of OpenAI's: {first_line(error)}"
        raise AdapterError("ScoringWeights", detail) from error
    edge = Clip.input.edge_px
    size = model.visual.image_size
    found = size[0] if isinstance(size, tuple) else size
    if found != edge:
        detail = f"{path.name} is for pictures of {found} pixels, not of {edge}"
        raise AdapterError("ScoringWeights", detail)
    return model


def _head(path: Path, dimension: int) -> "list[tuple[torch.Tensor, torch.Tensor]]":
    """Return the layers of the head, first to last. Raises AdapterError `ScoringWeights`."""
    tensors = plain_tensors(path)
    numbers = sorted({int(key.split(".")[1]) for key in tensors if _is_layer(key)})
    expected = {f"layers.{number}.{part}" for number in numbers for part in ("weight", "bias")}
    if not numbers or expected != set(tensors):
        detail = f"{path.name} is no aesthetic head: it holds {', '.join(sorted(tensors)[:4])}"
        raise AdapterError("ScoringWeights", detail)
    layers = [
        (tensors[f"layers.{number}.weight"].float(), tensors[f"layers.{number}.bias"].float())
        for number in numbers
    ]
    wide = dimension
    for number, (weight, bias) in zip(numbers, layers, strict=True):
        if weight.ndim != 2 or weight.shape[1] != wide or bias.shape != weight.shape[:1]:  # noqa: PLR2004  (a matrix)
            detail = (
                f"{path.name} does not fit: layer {number} is {tuple(weight.shape)}"
                f" and gets {wide} numbers"
            )
            raise AdapterError("ScoringWeights", detail)
        wide = int(weight.shape[0])
    if wide != 1:
        detail = f"{path.name} is no aesthetic head: it gives {wide} numbers"
        raise AdapterError("ScoringWeights", detail)
    return layers


def _is_layer(key: str) -> bool:
    parts = key.split(".")
    return len(parts) == 3 and parts[0] == "layers" and parts[1].isdigit()  # noqa: PLR2004  (layers.N.part)


def _normalised(values: "torch.Tensor") -> "torch.Tensor":
    import torch

    return torch.nn.functional.normalize(values.float(), dim=-1)
