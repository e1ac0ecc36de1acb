"""
The metrics of pyiqa, built without a network; runs in the process with the models.

Those of the catalogue are built from pyiqa's own class and settings, with every download turned
off, and then filled from the pinned file, which has to hold all of the network: nothing in it can
have stayed random. Any other metric without a reference is built by pyiqa itself (`adapters.
offline`); each file that it asks for has to lie in the folder of the weights, under its own name.
"""

import copy
import pickle
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters import neural, offline, pyiqa_names, weights
from adapters.errors import AdapterError
from adapters.neural_device import is_out_of_memory
from adapters.weight_files import digest_of_files, first_line, plain_tensors

if TYPE_CHECKING:
    import torch

_KEY = "params"
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


class Metric:
    """A metric of pyiqa that is loaded."""

    def __init__(self, metric: str, net: Any, files: list[Path], device: str) -> None:  # noqa: ANN401
        import pyiqa

        self.metric = metric
        self.input = neural.input_of(metric)
        self.implementation = f"pyiqa {pyiqa.__version__}"
        self.sha256 = digest_of_files(files)
        self.range_top = _range_top(_settings(metric))
        self._net = net.to(device).eval()

    def measure(self, pictures: "torch.Tensor") -> "tuple[torch.Tensor, torch.Tensor | None]":
        """Return a value for each picture."""
        values = self._net(pictures)
        if isinstance(values, list | tuple):
            values = values[0]
        return values.float().reshape(pictures.shape[0]), None


def build(metric: str, folder: Path, device: str) -> Metric:
    """
    Load a metric.

    Raises:
        AdapterError: `ScoringWeights` or `ScoringDependency`, with what to do.
    """
    settings = _settings(metric)
    entries = weights.of_metric(metric)
    if entries:
        path = weights.find(entries[0].name, folder)
        return Metric(metric, _filled(settings, path), [path], device)
    net, files = _built_by_pyiqa(metric, settings, folder)
    return Metric(metric, net, files, device)


def _settings(metric: str) -> dict[str, Any]:
    """Return what pyiqa knows about a metric. Raises AdapterError `ScoringDependency`."""
    import pyiqa
    from pyiqa.default_model_configs import DEFAULT_CONFIGS

    version = pyiqa.__version__
    if why := pyiqa_names.unsuitable(metric, DEFAULT_CONFIGS, version, neural.MODEL_INPUTS):
        raise AdapterError("ScoringDependency", why)
    settings: dict[str, Any] = DEFAULT_CONFIGS[pyiqa_names.NAMES.get(metric, metric)]
    return settings


def _range_top(settings: dict[str, Any]) -> float:
    """Return the upper end of a metric's scale, as pyiqa gives it; 1 where it gives none."""
    numbers = [float(one) for one in _NUMBER.findall(str(settings.get("score_range", "")))]
    return max(numbers, default=0.0) or 1.0


def _network(settings: dict[str, Any], **changed: object) -> "torch.nn.Module":
    from pyiqa.archs import build_network

    return build_network({**copy.deepcopy(settings["metric_opts"]), **changed})


def _filled(settings: dict[str, Any], path: Path) -> "torch.nn.Module":
    """Build a metric of the catalogue and fill all of it from its file."""
    tensors = plain_tensors(path, _KEY)
    with offline.sealed(offline.Files(path.parent), backbones="empty"):
        net = _network(settings, pretrained=False)
    try:
        net.load_state_dict(tensors, strict=True)
    except RuntimeError as error:
        if is_out_of_memory(error):
            raise
        lines = str(error).splitlines()
        reason = (lines[1] if len(lines) > 1 else lines[0]).strip()
        detail = f"{path.name} does not fill its network: {reason[:200]}"
        raise AdapterError("ScoringWeights", detail) from error
    return net


def _built_by_pyiqa(
    metric: str, settings: dict[str, Any], folder: Path
) -> "tuple[torch.nn.Module, list[Path]]":
    """
    Let pyiqa build a metric from files that are here; return it and the files.

    A backbone is first left empty: mostly the metric's own file fills it. Only where it does not,
    the backbone has to be in the cache of Hugging Face.
    """
    files = offline.Files(folder)
    try:
        net = _sealed(metric, settings, files, "empty")
        if offline.unfilled(net, files):
            files = offline.Files(folder)
            net = _sealed(metric, settings, files, "local")
    except (pickle.UnpicklingError, EOFError, RuntimeError) as error:
        if is_out_of_memory(error):
            raise
        names = ", ".join(dict.fromkeys(path.name for path in files.found)) or "its weights"
        detail = f"{metric} cannot be made of {names}: {first_line(error)}"
        raise AdapterError("ScoringWeights", detail) from error
    return net, files.found


def _sealed(
    metric: str, settings: dict[str, Any], files: offline.Files, backbones: offline.Backbones
) -> "torch.nn.Module":
    """Build a metric with the files that are here. Raises AdapterError for one that is not."""
    try:
        with offline.sealed(files, backbones=backbones):
            net = _network(settings)
    except ModuleNotFoundError:
        raise
    except Exception as error:
        if is_out_of_memory(error) or not files.lacking:
            raise
        raise AdapterError("ScoringWeights", f"{metric} {files.lacking[0]}") from error
    if files.refused:  # pyiqa went on without it.
        raise AdapterError("ScoringWeights", f"{metric} {files.refused[0]}")
    return net
