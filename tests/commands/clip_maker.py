"""Makes a small CLIP inside a worker, which has to load the neural libraries anyway."""

from pathlib import Path

from tests.adapters import small_models


def make(_photo: bytes, argument: bytes) -> bytes:
    """Write its weights to the folder that `argument` names; a `ports.Task`."""
    small_models.make_clip(Path(argument.decode()))
    return b"made"
