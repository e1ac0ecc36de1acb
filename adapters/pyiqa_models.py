"""
The metrics of pyiqa, built without a network; runs in the process with the models.

Those of the catalogue are built from pyiqa's own class and settings, with every download turned
off, and then filled from the pinned file, which has to hold all of the network: nothing in it can
have stayed random. Any other metric without a reference is built by pyiqa itself; each file that it
asks for has to lie in the folder of the weights, under its own name.
"""

import contextlib
import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters import neural, offline, weights
from adapters.errors import AdapterError
from adapters.weight_files import digest_of, first_line, plain_tensors

if TYPE_CHECKING:
    import torch

NAMES = {"nima_score": "nima"}
"""What pyiqa calls a metric that we call otherwise."""
_KEY = "params"
_FIRST_NUMBERS = re.compile(r"-?\d+(?:\.\d+)?")


class Metric:
    """A metric of pyiqa that is loaded."""

    def __init__(self, metric: str, net: Any, files: list[Path], device: str) -> None:  # noqa: ANN401
        import pyiqa

        self.metric = metric
        self.input = neural.input_of(metric)
        self.implementation = f"pyiqa {pyiqa.__version__}"
        self.sha256 = digest_of(files)
        self.range_top = range_top(NAMES.get(metric, metric))
        self._net = net.to(device).eval()

    def measure(self, pictures: "torch.Tensor") -> "tuple[torch.Tensor, torch.Tensor | None]":
        """Return a value for each picture."""
        return self._net(pictures).float().reshape(pictures.shape[0]), None


def range_top(name: str) -> float:
    """Return the upper end of a metric's scale, as pyiqa gives it; 1 where it gives none."""
    from pyiqa.default_model_configs import DEFAULT_CONFIGS

    stated = str(DEFAULT_CONFIGS[name].get("score_range", ""))
    numbers = [abs(float(one)) for one in _FIRST_NUMBERS.findall(stated)]
    return max(numbers, default=0.0) or 1.0


def build(metric: str, folder: Path, device: str) -> Metric:
    """
    Load a metric.

    Raises:
        AdapterError: `ScoringWeights` or `ScoringDependency`, with what to do.
    """
    entries = weights.of_metric(metric)
    if entries:
        path = weights.find(entries[0].name, folder)
        return Metric(metric, _filled(metric, path), [path], device)
    detail = f"{metric} is not known"
    raise AdapterError("ScoringDependency", detail)


def _filled(metric: str, path: Path) -> "torch.nn.Module":
    """Build a metric of the catalogue and fill all of it from its file."""
    from pyiqa.archs import build_network
    from pyiqa.default_model_configs import DEFAULT_CONFIGS

    tensors = plain_tensors(path, _KEY)
    options = copy.deepcopy(DEFAULT_CONFIGS[NAMES.get(metric, metric)]["metric_opts"])
    with offline.no_network(), _empty_backbones():
        net = build_network({**options, "pretrained": False})
    try:
        net.load_state_dict(tensors, strict=True)
    except RuntimeError as error:
        lines = [line.strip() for line in str(error).splitlines()[1:]]
        detail = f"{path.name} does not fill {metric}: {first_line(RuntimeError(*lines[:1]))}"
        raise AdapterError("ScoringWeights", detail) from error
    return net


@contextlib.contextmanager
def _empty_backbones() -> Iterator[None]:
    """Let timm build networks without their weights."""
    import timm

    original = timm.create_model

    def create(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401  (it passes on what it gets)
        return original(*arguments, **{**named, "pretrained": False})

    with offline.replaced(original, create):
        yield
