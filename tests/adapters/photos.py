"""Photos to test with: real ones where they are at hand, small made ones for odd cases."""

import functools
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "photos"
SAMPLES = ROOT / "samples"
GOLDEN = ROOT / "tests" / "golden"


def real(name: str) -> bytes:
    """The bytes of a real photo; skips where it is not at hand."""
    for folder in (SAMPLES, SHARED):
        if (folder / name).is_file():
            return (folder / name).read_bytes()
    return pytest.skip(f"{name} is not at hand")


def golden(name: str) -> dict[str, Any]:
    """A file of recorded values."""
    values: dict[str, Any] = json.loads((GOLDEN / name).read_text(encoding="utf-8"))
    return values


def recorded(name: str, sha256: str) -> bytes:
    """A real photo that values were recorded for, checked to be that one."""
    photo = real(name)
    assert sha256 == hashlib.sha256(photo).hexdigest()
    return photo


@functools.cache
def scene(width: int = 320, height: int = 240) -> Image.Image:
    """A made picture with structure, RGB: gradients, edges and noise; the same every time."""
    noise = np.random.default_rng(1).normal(0, 6, (height, width, 3))
    y, x = np.mgrid[0:height, 0:width]
    base = np.stack([x * 200 / width, y * 200 / height, 90 + 60 * np.sin(x / 9)], axis=2)
    base[height // 3 : height // 2, width // 4 : width // 2] = (230, 40, 40)
    return Image.fromarray(np.clip(base + noise, 0, 255).astype(np.uint8))


def encoded(picture: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The picture as a file; HEIC by the library that also reads it."""
    if kind == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener()
    target = io.BytesIO()
    picture.save(target, kind, **options)
    return target.getvalue()


def with_exif(tags: dict[int, Any], exif: dict[int, Any] | None = None) -> bytes:
    """A small JPEG with EXIF tags in its main and its EXIF directory."""
    written = Image.Exif()
    for tag, value in tags.items():
        written[tag] = value
    for tag, value in (exif or {}).items():
        written.get_ifd(0x8769)[tag] = value
    return encoded(scene(64, 48), exif=written)


def pixels(picture: bytes) -> np.ndarray[Any, Any]:
    """The decoded pixels of a file, as stored."""
    with Image.open(io.BytesIO(picture)) as image:
        return np.asarray(image)


def wide_gamut_profile() -> bytes:
    """A profile whose green and red change places: its effect can not be overlooked."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red], profile[green] = profile[green], profile[red]
    start = profile.index("sRGB".encode("utf-16-be"))
    profile[start : start + 8] = "test".encode("utf-16-be")
    return bytes(profile)
