"""
The picture that a model is shown: one small upright JPEG of a photo, bytes in, bytes out.

Promises: upright, sRGB, mode RGB, long side within `Preview.long_side_px`, each side at least
`SIDE_MIN_PX` (models that see fail on less); nothing of the original's metadata inside, not even a
profile. The same bytes and settings give the same bytes, as long as Pillow and its JPEG library are
the same.

A JPEG is decoded at 1/2, 1/4 or 1/8 where that is enough.
"""

import io

from PIL import Image

from adapters.darkroom import developed
from adapters.decode import Unreadable, displayed_size, opened
from adapters.errors import AdapterError
from adapters.tasks import Preview

__all__ = ["SIDE_MIN_PX", "Preview", "blank", "fit", "prepare"]

SIDE_MIN_PX = 32
_GREY = (128, 128, 128)


def prepare(photo: bytes, preview: Preview | None = None) -> bytes:
    """
    Make the picture that a model is shown.

    Args:
        photo: The bytes of a photo, any format and mode that `adapters.decode` reads.
        preview: Size and compression; None for the defaults.

    Returns:
        A JPEG without metadata.

    Raises:
        AdapterError: `PrefillUnreadable` (not a photo, damaged, or too many pixels: permanent),
            `OutOfMemory`.
    """
    wanted = preview or Preview()
    try:
        with opened(photo) as image:
            size = fit(displayed_size(image), wanted.long_side_px)
            picture = developed(image, size)
    except Unreadable as error:
        raise AdapterError(code="PrefillUnreadable", detail=str(error)) from error
    except MemoryError as error:
        raise AdapterError(code="OutOfMemory") from error
    return _encoded(_padded(picture), wanted.quality)


def blank(side_px: int) -> bytes:
    """Return a JPEG of one colour, to try a model with a picture that is nobody's."""
    return _encoded(Image.new("RGB", (side_px, side_px), _GREY), Preview().quality)


def fit(full: tuple[int, int], long_side_px: int) -> tuple[int, int]:
    """
    Return width and height in pixels of the picture before it is padded.

    Smaller than `full` where the long side demands it; larger only where the short side has less
    than `SIDE_MIN_PX`, and then no further than the long side allows.
    """
    longest = max(long_side_px, SIDE_MIN_PX)
    scale = min(1.0, longest / max(full))
    if min(full) * scale < SIDE_MIN_PX:
        scale = min(SIDE_MIN_PX / min(full), longest / max(full))
    width, height = full
    return max(1, round(width * scale)), max(1, round(height * scale))


def _padded(picture: Image.Image) -> Image.Image:
    """Return the picture, in the middle of a grey one where a side is shorter than it may be."""
    width, height = picture.size
    size = (max(width, SIDE_MIN_PX), max(height, SIDE_MIN_PX))
    if size == picture.size:
        return picture
    ground = Image.new("RGB", size, _GREY)
    ground.paste(picture, ((size[0] - width) // 2, (size[1] - height) // 2))
    return ground


def _encoded(picture: Image.Image, quality: int) -> bytes:
    clean = picture.copy()
    clean.info = {}
    target = io.BytesIO()
    clean.save(target, "JPEG", quality=quality)
    return target.getvalue()
