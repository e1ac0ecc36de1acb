"""
The darkroom: makes the pictures that are published, bytes in, bytes out.

Promises: upright, sRGB with the profile inside, inside the recipe's boxes, never enlarged; nothing
of the original's metadata is carried over (no place, no serial number, no thumbnail, no comment).
The same bytes and recipe give the same bytes, as long as Pillow and its JPEG library are the same.

One decode, as small as the largest rendition allows (a JPEG is decoded at 1/2, 1/4 or 1/8), then
each smaller rendition is made from the next larger one. Reduced with a Lanczos filter.

Not guaranteed: a photo without a profile is taken for sRGB, whatever the camera's colour space; a
profile that cannot be used likewise (`adapters.exif` notes it).
"""

import hashlib
import io
from typing import Literal

from msgspec import Struct
from PIL import Image

from adapters.colour import PROFILED_MODES, srgb_profile, to_srgb
from adapters.decode import (
    PILLOW_ERRORS,
    TooLarge,
    Unreadable,
    check_decodable,
    displayed_size,
    load,
    open_turn,
    opened,
    reason,
    rgb,
    sniff,
    turned,
)
from adapters.errors import AdapterError
from machine.digests import digest_of
from machine.values import Rendition

__all__ = ["RECIPE", "Recipe", "Size", "check_decodable", "render", "sniff"]

VERSION = 1
"""Part of the recipe's digest: raised when the same recipe would give another picture."""

_LYING = 5
_REDUCING_GAP = 3.0


class Size(Struct, frozen=True, kw_only=True):
    """One rendition: the box that it fits into, and how strongly it is compressed."""

    name: str
    width_px: int
    height_px: int
    quality: int = 92
    """JPEG quality, 1 to 100; above 95 files grow without a visible gain."""


class Recipe(Struct, frozen=True, kw_only=True):
    """How renditions are made. Default sizes: the predecessor's."""

    sizes: tuple[Size, ...] = (
        Size(name="web", width_px=1500, height_px=1000, quality=92),
        Size(name="thumb", width_px=548, height_px=365, quality=88),
    )
    progressive: bool = True
    subsampling: Literal["4:4:4", "4:2:2", "4:2:0"] = "4:4:4"

    @property
    def digest(self) -> str:
        """SHA-256 of everything that the pictures depend on beside the photo."""
        return digest_of({"darkroom": VERSION, "recipe": self})


RECIPE = Recipe()


def render(photo: bytes, recipe: Recipe = RECIPE) -> tuple[tuple[Rendition, bytes], ...]:
    """
    Make the renditions of a photo, in the recipe's order.

    Args:
        photo: The bytes of a photo, any format and mode that `adapters.decode` reads.
        recipe: Sizes and compression.

    Returns:
        For each size the facts and the bytes of a baseline or progressive JPEG.

    Raises:
        AdapterError: `ResizeUnreadable` (not a photo, or damaged: permanent), `ResizeTooLarge`
            (too many pixels, told from the header: permanent), `OutOfMemory`.
    """
    try:
        return _render(photo, recipe)
    except TooLarge as error:
        raise AdapterError(code="ResizeTooLarge", detail=str(error)) from error
    except Unreadable as error:
        raise AdapterError(code="ResizeUnreadable", detail=str(error)) from error
    except MemoryError as error:
        raise AdapterError(code="OutOfMemory") from error


def _render(photo: bytes, recipe: Recipe) -> tuple[tuple[Rendition, bytes], ...]:
    with opened(photo) as image:
        full = displayed_size(image)
        targets = {size.name: fit(full, size) for size in recipe.sizes}
        negative = developed(image, max(targets.values()))
    made: dict[str, Image.Image] = {}
    for size in sorted(recipe.sizes, key=lambda size: targets[size.name], reverse=True):
        made[size.name] = negative = _reduced(negative, targets[size.name])
    return tuple(_encoded(size, made[size.name], recipe) for size in recipe.sizes)


def fit(full: tuple[int, int], size: Size) -> tuple[int, int]:
    """Return the largest width and height in pixels inside the box; never larger than `full`."""
    width, height = full
    scale = min(1.0, size.width_px / width, size.height_px / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def developed(image: Image.Image, target: tuple[int, int]) -> Image.Image:
    """Return the picture at `target` size (as displayed): upright, sRGB, mode RGB."""
    turn = open_turn(image)
    stored = target[::-1] if turn >= _LYING else target
    profile = image.info.get("icc_profile")
    image.draft(None, stored)
    load(image)
    picture = image if image.mode in PROFILED_MODES and not _see_through(image) else rgb(image)
    return to_srgb(turned(_reduced(picture, stored), turn), profile)


def _see_through(image: Image.Image) -> bool:
    return image.has_transparency_data


def _reduced(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    if picture.size == size:
        return picture
    try:
        return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=_REDUCING_GAP)
    except PILLOW_ERRORS as error:
        raise Unreadable(reason(error)) from error


def _encoded(size: Size, picture: Image.Image, recipe: Recipe) -> tuple[Rendition, bytes]:
    clean = picture.copy()
    clean.info = {}
    target = io.BytesIO()
    clean.save(
        target,
        "JPEG",
        quality=size.quality,
        progressive=recipe.progressive,
        subsampling=recipe.subsampling,
        icc_profile=srgb_profile(),
    )
    data = target.getvalue()
    facts = Rendition(
        name=size.name,
        sha256=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
        width_px=picture.width,
        height_px=picture.height,
    )
    return facts, data
