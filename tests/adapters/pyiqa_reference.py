"""
pyiqa's own BRISQUE, beside which ours is held; needs the extra `score`.

Run as a program (`python -m tests.adapters.pyiqa_reference FILE ...`) it prints the scores of files
as JSON, null where pyiqa cannot read one. It is a process of its own so that no test shares its
memory and threads with torch. It may not use the network: the weights, which pyiqa would download,
are those in `adapters/weights` (a test holds them to the published ones, number for number).
"""

import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from adapters import brisque

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 600
LACKING = "pyiqa is not installed: it is part of the extra `score`"

Metric = Callable[[Any], Any]
"""Takes a path as text, or a tensor of 1 x 3 x height x width from 0 to 1."""


def installed() -> bool:
    """Whether pyiqa is there, without importing it, which takes seconds."""
    return importlib.util.find_spec("pyiqa") is not None


def metric() -> Metric:
    """Return pyiqa's metric on the CPU, in float32, with torch's own number of threads."""
    import pyiqa
    import torch

    weights = brisque._weights()
    pair = tuple(torch.from_numpy(one) for one in (weights.coefficients, weights.vectors))
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "brisque_svm_weights.pth")
        torch.save(pair, path)
        made: Metric = pyiqa.create_metric("brisque", device="cpu", pretrained_model_path=path)
    return made


def scores(files: Iterable[Path]) -> dict[Path, float | None]:
    """Ask pyiqa, in a process of its own, for the scores of files."""
    asked = [str(file) for file in files]
    done = subprocess.run(
        [sys.executable, "-m", "tests.adapters.pyiqa_reference", *asked],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answer: dict[str, float | None] = json.loads(done.stdout.splitlines()[-1])
    return {Path(file): score for file, score in answer.items()}


def _no_network(event: str, _arguments: tuple[Any, ...]) -> None:
    if event in {"socket.connect", "socket.getaddrinfo"}:
        msg = "the reference does without the network"
        raise ConnectionRefusedError(msg)


def _score(ask: Metric, file: str) -> float | None:
    try:
        return float(ask(file))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{file}: {error}\n")
        return None


def main(files: list[str]) -> None:
    """Print the scores; HEIC is read where Pillow is told how."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    sys.addaudithook(_no_network)
    ask = metric()
    sys.stdout.write(json.dumps({file: _score(ask, file) for file in files}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
