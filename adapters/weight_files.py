"""
Reads files of weights as plain numbers, and says which files a model was made of.

Nothing in a file that is read here is run: `weights_only`, whatever the library that shipped the
file would do. OpenAI's CLIP is not read here: it is TorchScript, which can run code, and therefore
pinned in full (`adapters.clip`); TorchScript that nobody pinned is refused (`adapters.offline`).
"""

import hashlib
import pickle
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.errors import AdapterError
from adapters.files import sha256_of
from adapters.neural_device import is_out_of_memory

if TYPE_CHECKING:
    import torch

_REASON_CHARACTERS = 200
_PACKAGES = {
    "clip": "openai-clip",
    "cv2": "opencv-python-headless",
    "open_clip": "open-clip-torch",
    "PIL": "Pillow",
    "pkg_resources": "'setuptools<81'",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
"""What to install for a module of another name."""


def plain_tensors(path: Path, key: str = "") -> "dict[str, torch.Tensor]":
    """
    Return the tensors of a file by their names, without a leading `module.`.

    Args:
        path: the file.
        key: where in the file they lie; empty: at the top.

    Raises:
        AdapterError: `ScoringWeights`: it is no such file, or holds more than numbers.
    """
    import torch

    try:
        held = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, OSError) as error:
        if is_out_of_memory(error):
            raise
        detail = f"{path.name} cannot be read as plain weights: {first_line(error)}"
        raise AdapterError("ScoringWeights", detail) from error
    if key and isinstance(held, dict) and key in held:
        held = held[key]
    if not isinstance(held, dict) or not all(torch.is_tensor(one) for one in held.values()):
        detail = f"{path.name} holds no table of weights"
        raise AdapterError("ScoringWeights", detail)
    return {str(name).removeprefix("module."): tensor for name, tensor in held.items()}


def digest_of_files(paths: Sequence[Path]) -> str:
    """Return what the digest of these files is together, each counted once."""
    return digest_of([sha256_of(path) for path in dict.fromkeys(paths)])


def digest_of(digests: Sequence[str]) -> str:
    """Return the digest of one file; of several, the SHA-256 of theirs, one a line; else empty."""
    if len(digests) < 2:  # noqa: PLR2004  (two or more are several)
        return "".join(digests)
    return hashlib.sha256("".join(f"{one}\n" for one in digests).encode()).hexdigest()


def first_line(error: BaseException) -> str:
    """Return what an error says, in one line that fits a column."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else ""
    name = type(error).__name__
    return (f"{name}: {text}" if text else name)[:_REASON_CHARACTERS]


def package_for(error: ModuleNotFoundError) -> str:
    """Say which package lacks and how to install it, or that a part of one is not there."""
    module = (error.name or "").partition(".")[0]
    if not module or module in sys.modules:
        return first_line(error)
    return f"{module} is not installed: pip install {_PACKAGES.get(module, module)}"
