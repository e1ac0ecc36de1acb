"""Small photos that no other photo looks like, with what a camera says about them."""

import io
import random
from pathlib import Path

from PIL import Image, ImageChops, ImageStat
from PIL.TiffImagePlugin import IFDRational

SIZE = (48, 32)
_MODEL, _MAKE, _EXIF = 0x0110, 0x010F, 0x8769


def paint(path: Path, seed: int, taken: str, size: tuple[int, int] = SIZE) -> Path:
    """
    Write a JPEG of colours that `seed` chooses.

    Args:
        path: where.
        seed: another one makes another photo.
        taken: when, such as `2008:05:02 10:15:00`.
        size: width and height in pixels.
    """
    exif = Image.Exif()
    exif[_MAKE], exif[_MODEL] = "Canon", "Canon EOS R5"
    exif.get_ifd(_EXIF).update(
        {
            0x9003: taken,
            0x829A: IFDRational(1, 250),
            0x829D: IFDRational(28, 10),
            0x8827: 200,
            0x920A: IFDRational(35, 1),
            0xA434: "RF24-105mm F4 L IS USM",
        }
    )
    colours = random.Random(seed).randbytes(8 * 6 * 3)
    picture = Image.frombytes("RGB", (8, 6), colours).resize(size)
    picture.save(path, "JPEG", quality=90, exif=exif)
    return path


def likeness(picture: bytes, photo: Path) -> float:
    """Return how far a picture is from a photo at the picture's size: mean of 0 to 255."""
    with Image.open(io.BytesIO(picture)) as shown, Image.open(photo) as original:
        there = shown.convert("RGB")
        wanted = original.convert("RGB").resize(there.size, Image.Resampling.LANCZOS)
        return max(ImageStat.Stat(ImageChops.difference(there, wanted)).mean)
